/* One machine joined of parts: souths, norths, the poller.
 *
 *     world --open, close, bytes, message, acked--> the part that owns the endpoint
 *     south --reading, presence--> every north (presence: roster and poller too)
 *     north --command--> the south that has the device          poller --command--> the same
 *     south --answer--> who gave the command
 *
 * What passes between the parts goes to the world's outbox first, so the transcript has it before what follows from
 * it, and then at once to the part that it is for. So a part may be stepped while another one's step is under way,
 * and a giver of commands while it gives one (a device that is not there is answered at once): parts give a command as
 * the last thing that they do.
 *
 * The gateway itself waits for nothing but its parts and decodes nothing; WP_BAD never reaches it. */
#include "sim/gateway/gateway.h"

#include "sim/gateway/carve.h"
#include "sim/gateway/polling.h"
#include "sim/gateway/roster.h"

#include <assert.h>

enum { PARTS_MAX = 16, ENDPOINTS_MAX = 32, FROM_POLLER = 0 };

const struct wp_option gateway_options[GATEWAY_N_OPTIONS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#include "sim/gateway/gateway_options.def"
#undef OPTION
};

struct part {
    struct wp_outbox outbox; /* first: what the part emits into */
    struct gateway *gateway;
    const struct wp_class *class;
    void *machine;
    uint16_t number; /* index among the parts; commands say it + 1 as `from` */
};

struct gateway {
    struct gateway_part_setup setup; /* what the parts got */
    struct gateway_facts facts;
    int64_t epoch_us; /* without the clock's offset */
    struct part part[PARTS_MAX];
    size_t n_souths, n_parts; /* the souths stand first */
    uint8_t owner[ENDPOINTS_MAX];
    struct roster roster;
    struct polling polling;
    struct wp_outbox *out; /* the world's, while a step is under way */
    wp_us now;
};

/* ---- effects of the parts ---------------------------------------------------------------------------- */

static void step_part(struct part *p, const struct wp_event *event)
{
    p->class->step(p->machine, event, &p->outbox);
}

static void step_norths(struct gateway *g, const struct wp_event *event)
{
    for (size_t i = g->n_souths; i < g->n_parts; i++)
        step_part(&g->part[i], event);
}

static void give_answer(struct gateway *g, const struct wp_effect *effect)
{
    uint16_t from = effect->answer->from;

    g->out->emit(g->out, effect);
    if (from != FROM_POLLER) {
        const struct wp_event e = {.kind = WP_EV_ANSWER, .now = g->now, .answer = effect->answer};

        assert(from <= g->n_parts);
        step_part(&g->part[from - 1], &e);
    }
}

/* `to` NULL: the device is not there. */
static void give_command(struct gateway *g, uint16_t from, const struct roster_device *to,
                         const struct wp_command *given)
{
    struct wp_command command = *given;
    const struct wp_effect effect = {.kind = WP_COMMAND, .command = &command};
    const struct wp_event event = {.kind = WP_EV_COMMAND, .now = g->now, .command = &command};
    const struct wp_answer nobody = {
        .tag = command.tag, .from = from, .device = command.device, .fault = wp_text(GATEWAY_NOT_CONNECTED)};
    const struct wp_effect refusal = {.kind = WP_ANSWER, .answer = &nobody};

    command.from = from;
    g->out->emit(g->out, &effect);
    if (to)
        step_part(&g->part[to->south], &event);
    else
        give_answer(g, &refusal);
}

static void give_poll(void *ctx, const struct roster_device *to, const struct wp_command *command)
{
    give_command(ctx, FROM_POLLER, to, command);
}

static void take_command(struct gateway *g, const struct part *p, const struct wp_command *command)
{
    give_command(g, (uint16_t)(p->number + 1), roster_find(&g->roster, command->device), command);
}

static void give_reading(struct gateway *g, const struct wp_effect *effect)
{
    const struct wp_event e = {.kind = WP_EV_READING, .now = g->now, .reading = effect->reading};

    g->out->emit(g->out, effect);
    step_norths(g, &e);
}

static void give_presence(struct gateway *g, uint16_t south, const struct wp_effect *effect)
{
    const struct wp_presence *presence = effect->presence;
    const struct wp_event e = {.kind = WP_EV_PRESENCE, .now = g->now, .presence = presence};
    struct roster_device *d = roster_find(&g->roster, presence->device);

    g->out->emit(g->out, effect);
    if (presence->online) {
        if (!roster_add(&g->roster, presence->device, presence->protocol, south))
            wp_note(g->out, "roster-full", presence->device, (int64_t)g->roster.cells.refused);
    } else if (d && d->south == south) {
        polling_forget(&g->polling, d);
        roster_remove(&g->roster, d);
    }
    step_norths(g, &e);
}

static void part_emit(struct wp_outbox *outbox, const struct wp_effect *effect)
{
    struct part *p = (struct part *)(void *)outbox;
    struct gateway *g = p->gateway;

    switch (effect->kind) {
    case WP_READING: give_reading(g, effect); break;
    case WP_PRESENCE: give_presence(g, p->number, effect); break;
    case WP_COMMAND: take_command(g, p, effect->command); break;
    case WP_ANSWER: give_answer(g, effect); break;
    default: g->out->emit(g->out, effect); break;
    }
}

/* ---- setup --------------------------------------------------------------------------------------------- */

static const struct wp_class *part_class(const struct wp_parts *parts, size_t i)
{
    return i < parts->n_souths ? parts->souths[i] : parts->norths[i - parts->n_souths];
}

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), n_end = strlen(end);

    return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

size_t gateway_max_devices(const struct wp_setup *setup)
{
    size_t sum = 0;

    for (size_t i = 0; i < setup->parts->n_souths; i++) {
        const struct wp_class *south = setup->parts->souths[i];

        for (size_t k = 0; k < south->n_options; k++)
            if (ends_in(south->options[k].name, ".max_connections"))
                sum += (size_t)wp_setup_value(setup, &south->options[k]).num;
    }
    return sum;
}

/* The part that lists the endpoint; PARTS_MAX: nobody. */
static uint8_t endpoint_owner(const struct wp_parts *parts, const char *name)
{
    for (size_t i = 0; i < parts->n_souths + parts->n_norths; i++) {
        const struct wp_class *class = part_class(parts, i);

        for (size_t k = 0; k < class->n_endpoints; k++)
            if (strcmp(class->endpoints[k].name, name) == 0)
                return (uint8_t)i;
    }
    return PARTS_MAX;
}

/* n.n.n */
static bool is_version(struct wp_slice text)
{
    size_t dots = 0;

    for (size_t i = 0; i < text.n; i++) {
        bool digit = text.p[i] >= '0' && text.p[i] <= '9';

        if (!digit && (text.p[i] != '.' || i == 0 || i + 1 == text.n || text.p[i - 1] == '.'))
            return false;
        dots += !digit;
    }
    return dots == 2;
}

static bool say(struct wp_writer *why, const char *sentence)
{
    wp_put_text(why, sentence);
    return false;
}

static bool gateway_check(const struct wp_setup *setup, struct wp_writer *why)
{
    const struct wp_parts *parts = setup->parts;

    if (!parts || parts->n_souths + parts->n_norths == 0)
        return say(why, "a gateway needs a south or a north");
    if (parts->n_souths + parts->n_norths > PARTS_MAX || setup->n_endpoints > ENDPOINTS_MAX)
        return say(why, "a gateway has at most 16 parts and 32 endpoints");
    for (size_t i = 0; i < setup->n_endpoints; i++)
        if (endpoint_owner(parts, setup->endpoints[i].name) == PARTS_MAX)
            return say(why, "an endpoint belongs to none of the gateway's parts");
    if (!is_version(gateway_given(setup, GATEWAY_VERSION).bytes))
        return say(why, "gateway.version takes three numbers with dots between them");
    if (gateway_given(setup, GATEWAY_NAME).bytes.n == 0)
        return say(why, "gateway.name takes a text that is not empty");
    if (!polling_check(setup, why))
        return false;
    for (size_t i = 0; i < parts->n_souths + parts->n_norths; i++)
        if (part_class(parts, i)->check && !part_class(parts, i)->check(setup, why))
            return false;
    return true;
}

static void init_part(struct gateway *g, size_t i, void *memory)
{
    struct part *p = &g->part[i];

    *p = (struct part){
        .outbox = {.emit = part_emit},
        .gateway = g,
        .class = part_class(g->setup.setup.parts, i),
        .machine = memory,
        .number = (uint16_t)i,
    };
    p->class->init(&g->setup.setup, memory);
}

/* Counts the memory, or hands it out and makes everything. */
static void lay_out(const struct wp_setup *setup, struct wp_carve *memory)
{
    const struct wp_parts *parts = setup->parts;
    struct gateway *g = wp_carve(memory, sizeof *g);
    struct gateway_part_setup sizing = {.setup = *setup};
    struct roster none;

    if (g) {
        *g = (struct gateway){.setup = {.setup = *setup, .facts = &g->facts}};
        g->epoch_us = setup->epoch_us;
        g->n_souths = parts->n_souths;
        g->n_parts = parts->n_souths + parts->n_norths;
        for (size_t i = 0; i < setup->n_endpoints; i++)
            g->owner[i] = endpoint_owner(parts, setup->endpoints[i].name);
    }
    roster_lay_out(g ? &g->roster : &none, memory, gateway_max_devices(setup));
    for (size_t i = 0; i < parts->n_souths + parts->n_norths; i++) {
        void *part = wp_carve(memory, part_class(parts, i)->size(&sizing.setup));

        if (g)
            init_part(g, i, part);
    }
}

static size_t gateway_size(const struct wp_setup *setup)
{
    struct wp_carve count = {NULL, 0};

    lay_out(setup, &count);
    return count.n;
}

static void gateway_init(const struct wp_setup *setup, void *memory)
{
    struct wp_carve room = {memory, 0};
    struct gateway *g = memory;

    lay_out(setup, &room);
    polling_init(&g->polling, setup, &g->roster, &g->facts);
    g->facts.name = gateway_given(setup, GATEWAY_NAME).bytes;
    g->facts.version = gateway_given(setup, GATEWAY_VERSION).bytes;
    g->facts.epoch_us = setup->epoch_us + gateway_given(setup, GATEWAY_CLOCK).num;
}

/* ---- events ----------------------------------------------------------------------------------------------- */

static void on_start(struct gateway *g, const struct wp_event *event)
{
    g->facts.started = event->now;
    polling_start(&g->polling, event->now);
    for (size_t i = 0; i < g->n_parts; i++)
        step_part(&g->part[i], event);
}

static void on_timer(struct gateway *g, const struct wp_event *event)
{
    polling_step(&g->polling, event->now, give_poll, g);
    for (size_t i = 0; i < g->n_parts; i++) {
        struct part *p = &g->part[i];

        if (p->class->deadline(p->machine) <= event->now)
            step_part(p, event);
    }
}

static bool has_option(const struct wp_option *table, size_t n, const struct wp_option *option)
{
    return option >= table && option < table + n;
}

static void on_set(struct gateway *g, const struct wp_event *event)
{
    const struct wp_option *option = event->set.option;

    if (option == &gateway_options[GATEWAY_CLOCK])
        g->facts.epoch_us = g->epoch_us + gateway_set_value(event).num;
    else if (has_option(gateway_options, GATEWAY_N_OPTIONS, option))
        polling_set(&g->polling, option, gateway_set_value(event), event->now);
    for (size_t i = 0; i < g->n_parts; i++)
        if (has_option(g->part[i].class->options, g->part[i].class->n_options, option))
            step_part(&g->part[i], event);
}

/* The souths say goodbye first, so that the norths can still tell. */
static void on_stop(struct gateway *g, const struct wp_event *event)
{
    for (size_t i = 0; i < g->n_parts; i++)
        step_part(&g->part[i], event);
}

static void gateway_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct gateway *g = machine;

    g->out = out;
    g->now = event->now;
    switch (event->kind) {
    case WP_EV_START: on_start(g, event); break;
    case WP_EV_TIMER: on_timer(g, event); break;
    case WP_EV_SET: on_set(g, event); break;
    case WP_EV_STOP: on_stop(g, event); break;
    case WP_EV_COMMAND:
    case WP_EV_ANSWER:
    case WP_EV_READING:
    case WP_EV_PRESENCE: break; /* only ever from part to part */
    default: step_part(&g->part[g->owner[event->endpoint]], event); break;
    }
    g->out = NULL;
}

static wp_us gateway_deadline(const void *machine)
{
    const struct gateway *g = machine;
    wp_us earliest = polling_deadline(&g->polling);

    for (size_t i = 0; i < g->n_parts; i++) {
        wp_us at = g->part[i].class->deadline(g->part[i].machine);

        if (at < earliest)
            earliest = at;
    }
    return earliest;
}

const struct wp_class wp_gateway_class = {
    .name = "gateway",
    .help = "the reference gateway: any south behind any north",
    .options = gateway_options,
    .n_options = GATEWAY_N_OPTIONS,
    .check = gateway_check,
    .size = gateway_size,
    .init = gateway_init,
    .step = gateway_step,
    .deadline = gateway_deadline,
};
