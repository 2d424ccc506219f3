/* When the site's services come, show their values and leave.
 *
 *     START     all that are due come to the bus, with the values of the moment
 *     a turn    each service has one in every period: it counts what happened, comes or leaves (night, vanish), and shows
 *               what changed; turns lie alike over the period, or all at its beginning
 *     a write   decides at once, and its service shows what follows; see venus_system_controls.c
 *
 * Periods begin at whole ones of local time, as the physics' seconds do: between two of them all services show the same
 * moment. Messages that cannot be read (WP_BAD) are passed over. */
#include "sim/device/venus_system_inside.h"

static int64_t local_us(const struct venus_system *m, wp_us now)
{
    return m->setup->epoch_us + now + m->setup->utc_offset_s * INT64_C(1000000);
}

void venus_system_count(struct venus_system *m, wp_us now)
{
    m->now = now;
    venus_physics_advance(&m->physics, sun_floor_div(local_us(m, now), 1000));
}

/* ---- turns ------------------------------------------------------------------------------------------------------ */

static wp_us offset_of(const struct venus_system *m, uint32_t turn)
{
    return m->is_staggered ? m->interval * turn / m->n_services : 0;
}

/* The first turn after now, whichever service's it is. */
static void begin_turns(struct venus_system *m, wp_us now)
{
    const int64_t local = local_us(m, now), begin = sun_floor_div(local, m->interval) * m->interval;

    m->turn = 0;
    while (m->turn < m->n_services && begin + offset_of(m, m->turn) <= local)
        m->turn++;
    m->next = now + begin - local + (m->turn < m->n_services ? offset_of(m, m->turn) : m->interval);
    m->turn %= m->n_services;
}

static void end_turn(struct venus_system *m)
{
    m->next +=
        (m->turn + 1 < m->n_services ? offset_of(m, m->turn + 1) : m->interval) - offset_of(m, m->turn);
    m->turn = (m->turn + 1) % m->n_services;
}

static bool is_due(const struct venus_system_service *s)
{
    const struct venus_system *m = s->site;
    const bool sleeps = m->leaves_at_night && wp_slice_is(wp_text(s->profile->type), "pvinverter") &&
                        m->physics.flow.sun_pv == 0;

    return !sleeps && !venus_faults_has(s, SYSTEM_VANISH);
}

/* It comes with the values of the moment, and leaves with those it has. */
static void come_or_leave(struct venus_system_service *s, wp_us now, struct wp_outbox *out)
{
    if (is_due(s) == s->is_present)
        return;
    s->is_present = !s->is_present;
    if (s->is_present)
        venus_system_show(s, NULL);
    venus_items_present(s->items, s->is_present, now, out);
}

static void take_turn(struct venus_system_service *s, wp_us now, struct wp_outbox *out)
{
    come_or_leave(s, now, out);
    if (s->is_present && !venus_faults_has(s, SYSTEM_FREEZE))
        venus_system_show(s, out);
    venus_faults_tick(s);
}

static void timer(struct venus_system *m, wp_us now, struct wp_outbox *out)
{
    for (uint32_t i = 0; i < m->n_services; i++)
        if (venus_items_due(m->service[i].items) <= now)
            venus_items_timer(m->service[i].items, now, out);
    while (m->next <= now) {
        venus_system_count(m, now);
        take_turn(&m->service[m->turn], now, out);
        end_turn(m);
    }
}

/* ---- what is set --------------------------------------------------------------------------------------------------- */

static void set(struct venus_system *m, enum venus_system_row row, const struct wp_event *event,
                struct wp_outbox *out)
{
    const struct wp_value v = event->set.value;

    switch (row) {
    case SYSTEM_INTERVAL: m->interval = v.num; break;
    case SYSTEM_STAGGERED: m->is_staggered = v.yes; break;
    case SYSTEM_NIGHT_LEAVE: m->leaves_at_night = v.yes; break;
    case SYSTEM_FLIPS: m->flips = v.yes; break;
    case SYSTEM_VALUE:
    case SYSTEM_QUIET: venus_pins_set(m, v, row == SYSTEM_QUIET, out); break;
    default:
        assert(row >= SYSTEM_VANISH);
        venus_faults_set(m, row, v, event->set.times, out);
        break;
    }
    begin_turns(m, event->now);
}

static void take_set(struct venus_system *m, const struct wp_event *event, struct wp_outbox *out)
{
    const enum venus_system_row row = (enum venus_system_row)(event->set.option - venus_system_options);

    assert(row < SYSTEM_ROWS);
    venus_system_count(m, event->now);
    if (row < SYSTEM_SERVICES)
        venus_physics_set(&m->physics, (enum venus_physics_row)row, event->set.value);
    else if (event->set.value.kind != WP_NULL || !event->set.option->fallback)
        set(m, row, event, out);
}

/* ---- the machine --------------------------------------------------------------------------------------------------- */

static size_t aligned(size_t n)
{
    return (n + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
}

static size_t scratch_size(const struct venus_system *m)
{
    size_t most = 0;

    for (uint32_t i = 0; i < m->n_services; i++) {
        const size_t n = venus_items_scratch(&m->service[i].plan);

        most = n > most ? n : most;
    }
    return aligned(most);
}

static size_t pins_size(const struct wp_setup *setup)
{
    return aligned((size_t)venus_system_given(setup, SYSTEM_PINS).num * sizeof(struct venus_system_pin));
}

static size_t system_size(const struct wp_setup *setup)
{
    struct venus_system m = {.setup = setup};
    size_t n = aligned(sizeof m) + pins_size(setup);

    venus_system_plan(&m, setup);
    for (uint32_t i = 0; i < m.n_services; i++)
        n += aligned(venus_items_size(&m.service[i].plan));
    return n + scratch_size(&m);
}

static void begin_physics(struct venus_system *m)
{
    struct wp_value given[VENUS_PHYSICS_ROWS];

    for (unsigned row = 0; row < VENUS_PHYSICS_ROWS; row++)
        given[row] = venus_system_given(m->setup, (enum venus_system_row)row);
    venus_physics_begin(&m->physics, given, m->setup->seed, sun_floor_div(local_us(m, 0), 1000));
    venus_physics_equip(&m->physics, venus_system_has(m, "pvinverter"), venus_system_has(m, "solarcharger"));
}

static void begin_service(struct venus_system_service *s, void *memory, void *scratch)
{
    struct venus_item *instance;

    s->plan.scratch = scratch;
    s->items = venus_items_init(&s->plan, memory);
    venus_items_conduct(s->items)->signals =
        venus_system_tells_each(s->profile) ? VENUS_SIGNALS_PROPERTIES : VENUS_SIGNALS_USUAL;
    instance = venus_items_find(s->items, "/DeviceInstance");
    if (instance)
        (void)venus_items_put(s->items, instance, wp_int(s->instance));
    venus_controls_begin(s);
    venus_items_quiet(s->items);
}

static void system_init(const struct wp_setup *setup, void *memory)
{
    struct venus_system *m = memory;
    uint8_t *at = (uint8_t *)memory + aligned(sizeof *m), *scratch;

    *m = (struct venus_system){.setup = setup, .next = WP_NEVER};
    venus_system_plan(m, setup);
    m->interval = venus_system_given(setup, SYSTEM_INTERVAL).num;
    m->is_staggered = venus_system_given(setup, SYSTEM_STAGGERED).yes;
    m->leaves_at_night = venus_system_given(setup, SYSTEM_NIGHT_LEAVE).yes;
    m->flips = venus_system_given(setup, SYSTEM_FLIPS).yes;
    m->pin = (struct venus_system_pin *)(void *)at;
    at += pins_size(setup);
    begin_physics(m);
    scratch = at;
    at += scratch_size(m);
    for (uint32_t i = 0; i < m->n_services; i++) {
        begin_service(&m->service[i], at, scratch);
        at += aligned(venus_items_size(&m->service[i].plan));
    }
}

/* What was given at the start and is neither the physics' nor a plain setting. */
static void begin_given(struct venus_system *m, struct wp_outbox *out)
{
    for (enum venus_system_row row = SYSTEM_VALUE; row <= SYSTEM_QUIET; row++) {
        const struct wp_value v = venus_system_given(m->setup, row);

        if (v.kind == WP_TEXT)
            venus_pins_set(m, v, true, out);
    }
    for (enum venus_system_row row = SYSTEM_VANISH; row < SYSTEM_ROWS; row++) {
        const struct wp_value v = venus_system_given(m->setup, row);

        if (v.kind == WP_TEXT)
            venus_faults_set(m, row, v, 0, out);
    }
}

static void start(struct venus_system *m, wp_us now, struct wp_outbox *out)
{
    m->now = now;
    venus_physics_wake(&m->physics, sun_floor_div(local_us(m, now), 1000));
    begin_given(m, out);
    for (uint32_t i = 0; i < m->n_services; i++) {
        venus_system_show(&m->service[i], NULL);
        come_or_leave(&m->service[i], now, out);
    }
    begin_turns(m, now);
}

static void stop(struct venus_system *m, wp_us now, struct wp_outbox *out)
{
    m->next = WP_NEVER;
    for (uint32_t i = 0; i < m->n_services; i++)
        venus_items_present(m->service[i].items, false, now, out);
}

static void system_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct venus_system *m = machine;

    m->out = out;
    switch (event->kind) {
    case WP_EV_START: start(m, event->now, out); break;
    case WP_EV_TIMER: timer(m, event->now, out); break;
    case WP_EV_SET: take_set(m, event, out); break;
    case WP_EV_STOP: stop(m, event->now, out); break;
    default:
        for (uint32_t i = 0; i < m->n_services; i++)
            if (venus_items_is_mine(m->service[i].items, event)) {
                venus_items_event(m->service[i].items, event, out);
                break;
            }
        break;
    }
    m->out = NULL;
}

/* At most one look at each service, of which there are few. */
static wp_us system_deadline(const void *machine)
{
    const struct venus_system *m = machine;
    wp_us due = m->next;

    for (uint32_t i = 0; i < m->n_services; i++) {
        const wp_us of_items = venus_items_due(m->service[i].items);

        due = of_items < due ? of_items : due;
    }
    return due;
}

const struct wp_class venus_system_class = {
    .name = "venus-system",
    .help = "a whole Victron site on the message bus, whose values add up",
    .options = venus_system_options,
    .n_options = SYSTEM_ROWS,
    .endpoints = venus_system_endpoints,
    .n_endpoints = VENUS_SERVICES_MAX,
    .check = venus_system_check,
    .size = system_size,
    .init = system_init,
    .step = system_step,
    .deadline = system_deadline,
};
