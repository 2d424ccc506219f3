/* Random datagram operations that play in any world, and what each machine did and heard after each of them, as text:
 * two worlds agree when the texts are equal. Times are left out, and so are the numbers of source ports, which the
 * system gives: the first one seen is 1, the next one 2. What several machines do at one time has no order. */
#ifndef WP_DIFF_UDP_H
#define WP_DIFF_UDP_H

#include "sim/core/random.h"
#include "tests/world_trace.h"

#include <stdarg.h>
#include <stdlib.h>

enum {
    DIFF_LISTENERS = 2,
    DIFF_MACHINES = 5,
    DIFF_PORTS = 64,
    DIFF_SOURCES = 512,
    DIFF_LOG_BYTES = 1 << 20,
    DIFF_HEARD_BYTES = 32768,
    DIFF_QUIET = 7, /* rounds without a record */
    DIFF_BURST = 3,
};

#define DIFF_ROUND WP_MS(3) /* DIFF_QUIET of them are longer than any delay */
/* A stall is longer than all that the others can add up to: then nothing depends on what a clean line takes. */
#define DIFF_DELAY WP_MS(5)
#define DIFF_SPLIT WP_MS(2)
#define DIFF_STALL WP_MS(16)
#define DIFF_DOWN  WP_MS(50)

struct diff_udp {
    struct wp_sink sink;
    struct wp_transcript transcript;
    struct wp_world *world;
    struct wp_random random;
    uint32_t step;
    unsigned n_records, n_starts;
    wp_port port[DIFF_MACHINES][DIFF_PORTS]; /* that are open */
    size_t n_ports[DIFF_MACHINES];
    struct wp_addr source[DIFF_SOURCES];
    size_t n_sources;
    char heard[2 * DIFF_MACHINES][DIFF_HEARD_BYTES]; /* by machines, then faults of their lines */
    size_t n_log;
    char log[DIFF_LOG_BYTES];
};

/* What a machine is to send in one step, so that it is all sent at one time. */
struct diff_plan {
    wp_port port;
    struct wp_slice datagram[DIFF_BURST];
    size_t n;
};

static struct diff_plan diff_plan[DIFF_MACHINES];

static const struct wp_option diff_option = {
    .name = "burst", .type = WP_OPT_INT, .use = WP_USE_SET, .unit = "", .help = "the plan is carried out"};

struct diff_machine {
    const struct diff_plan *plan;
};

static inline size_t diff_size(const struct wp_setup *setup)
{
    (void)setup;
    return sizeof(struct diff_machine);
}

static inline void diff_init(const struct wp_setup *setup, void *memory)
{
    struct diff_machine *m = memory;

    m->plan = setup->plan;
}

/* "!" is answered. */
static inline void diff_machine_step(void *machine, const struct wp_event *e, struct wp_outbox *out)
{
    const struct diff_plan *plan = ((struct diff_machine *)machine)->plan;

    if (e->kind == WP_EV_START || e->kind == WP_EV_STOP)
        wp_note(out, e->kind == WP_EV_START ? "start" : "stop", wp_text(""), 0);
    if (e->kind == WP_EV_SET)
        for (size_t i = 0; i < plan->n; i++)
            wp_send(out, plan->port, plan->datagram[i]);
    if (e->kind == WP_EV_BYTES && wp_slice_is(e->bytes, "!"))
        wp_send(out, e->port, wp_text("ok"));
}

static inline wp_us diff_deadline(const void *machine)
{
    (void)machine;
    return WP_NEVER;
}

static const struct wp_class diff_class = {
    .name = "diff",
    .help = "sends what it is told",
    .options = &diff_option,
    .n_options = 1,
    .size = diff_size,
    .init = diff_init,
    .step = diff_machine_step,
    .deadline = diff_deadline,
};

/* The second one hears TCP, too, at the same address; the last machine has a slow line. */
static const struct wp_endpoint diff_hub[] = {{"line", WP_UDP, true, {0, 4059}}};
static const struct wp_endpoint diff_both[] = {{"line", WP_UDP, true, {0, 4059}},
                                               {"stream", WP_TCP, true, {0, 4059}}};
static const struct wp_endpoint diff_dials[] = {{"line", WP_UDP, false, {0x7F000101, 4059}}};
static const struct wp_setup diff_setups[DIFF_MACHINES] = {
    {.name = "h0", .plan = &diff_plan[0], .endpoints = diff_hub, .n_endpoints = 1, .ip = 0x7F000101},
    {.name = "h1", .plan = &diff_plan[1], .endpoints = diff_both, .n_endpoints = 2, .ip = 0x7F000102},
    {.name = "m2", .plan = &diff_plan[2], .endpoints = diff_dials, .n_endpoints = 1, .ip = 0x7F000201},
    {.name = "m3", .plan = &diff_plan[3], .endpoints = diff_dials, .n_endpoints = 1, .ip = 0x7F000202},
    {.name = "m4", .plan = &diff_plan[4], .endpoints = diff_dials, .n_endpoints = 1, .ip = 0x7F000203},
};
static const struct wp_link_setup diff_slow = {.latency = WP_MS(2), .split = 3};
/* Where they dial: the listeners, somebody who only hears TCP, nobody at all. */
static const struct wp_addr diff_places[] = {
    {0x7F000101, 4059}, {0x7F000101, 4059}, {0x7F000102, 4059}, {0x7F000109, 4059}};

static inline void diff_say(struct diff_udp *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void diff_say(struct diff_udp *d, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(d->log + d->n_log, sizeof d->log - d->n_log, format, args);
    va_end(args);
    ck_assert_int_lt(n, (int)(sizeof d->log - d->n_log));
    d->n_log += (size_t)n;
}

static inline uint32_t diff_below(struct diff_udp *d, uint32_t n)
{
    return (uint32_t)wp_random_below(&d->random, n);
}

/* ---- what is heard --------------------------------------------------------------------------------- */

static inline struct wp_addr diff_named(struct diff_udp *d, struct wp_addr addr)
{
    size_t i = 0;

    if (addr.port == 4059)
        return addr;
    while (i < d->n_sources && (d->source[i].ip != addr.ip || d->source[i].port != addr.port))
        i++;
    ck_assert_uint_lt(i, DIFF_SOURCES);
    if (i == d->n_sources)
        d->source[d->n_sources++] = addr;
    return (struct wp_addr){addr.ip, (uint16_t)(i + 1)};
}

static inline void diff_note_port(struct diff_udp *d, int m, const struct wp_record *r)
{
    size_t i = 0;

    if (r->kind == WP_REC_OPEN) {
        ck_assert_uint_lt(d->n_ports[m], DIFF_PORTS);
        d->port[m][d->n_ports[m]++] = r->port;
        return;
    }
    while (i < d->n_ports[m] && d->port[m][i] != r->port)
        i++;
    ck_assert_uint_lt(i, d->n_ports[m]);
    memmove(&d->port[m][i], &d->port[m][i + 1], (--d->n_ports[m] - i) * sizeof d->port[m][0]);
}

static inline void diff_take(struct wp_sink *sink, const struct wp_record *r)
{
    struct diff_udp *d = (struct diff_udp *)(void *)sink;
    struct wp_record shown = *r;
    struct wp_writer w;
    int m = 0, at;

    if (r->kind == WP_REC_WIRE || strcmp(r->machine, "broker") == 0)
        return;
    while (strcmp(r->machine, diff_setups[m].name) != 0)
        m++;
    d->n_records++;
    d->n_starts += r->kind == WP_REC_NOTE && strcmp(r->note.what, "start") == 0;
    if (r->kind == WP_REC_OPEN) {
        shown.open.own = diff_named(d, r->open.own);
        shown.open.peer = diff_named(d, r->open.peer);
    }
    if (r->kind == WP_REC_OPEN || r->kind == WP_REC_CLOSE)
        diff_note_port(d, m, r);
    at = r->kind == WP_REC_FAULT ? DIFF_MACHINES + m : m;
    w = wp_writer(d->heard[at] + strlen(d->heard[at]), DIFF_HEARD_BYTES - strlen(d->heard[at]));
    wp_put_text(&w, "    ");
    wp_put_text(&w, r->machine);
    if (r->peer) {
        wp_put_char(&w, '-');
        wp_put_text(&w, r->peer);
    }
    wp_put_char(&w, ' ');
    wp_put_text(&w, wp_record_text(r->kind));
    if (r->kind == WP_REC_OPEN && r->open.transport != WP_UDP)
        wp_put_text(&w, " no udp");
    if ((r->kind == WP_REC_SEND || r->kind == WP_REC_RECEIPT) && r->bytes.n > 99)
        shown.bytes.n = 99;
    trace_print(&w, &shown);
    wp_put_char(&w, '\n');
    wp_put_end(&w);
    ck_assert(!w.full);
}

/* Until nothing happens any more and everybody is there. */
static inline void diff_settle(struct diff_udp *d, unsigned starts)
{
    unsigned quiet = 0, seen = d->n_records;
    wp_us limit = world_now(d->world) + WP_SEC(20);

    while (quiet < DIFF_QUIET || d->n_starts < starts) {
        ck_assert(world_run(d->world, world_now(d->world) + DIFF_ROUND) != WP_WORLD_ERROR);
        ck_assert(world_now(d->world) < limit);
        quiet = d->n_records == seen ? quiet + 1 : 0;
        seen = d->n_records;
    }
    for (int m = 0; m < 2 * DIFF_MACHINES; m++) {
        diff_say(d, "%s", d->heard[m]);
        d->heard[m][0] = 0;
    }
}

/* ---- operations ------------------------------------------------------------------------------------- */

static inline wp_machine diff_dialler(struct diff_udp *d)
{
    return (wp_machine)(DIFF_LISTENERS + diff_below(d, DIFF_MACHINES - DIFF_LISTENERS));
}

/* One of a machine's ports; 0: it has none. */
static inline wp_port diff_port(struct diff_udp *d, wp_machine m)
{
    return d->n_ports[m] ? d->port[m][diff_below(d, (uint32_t)d->n_ports[m])] : 0;
}

static inline void diff_dial(struct diff_udp *d)
{
    wp_machine m = diff_dialler(d);
    const struct wp_effect e = {
        .kind = WP_DIAL, .dial.to = diff_places[diff_below(d, sizeof diff_places / sizeof *diff_places)]};

    if (d->n_ports[m] < 8)
        world_act(d->world, m, &e);
}

/* Datagrams of one port, one behind the other. */
static inline void diff_send(struct diff_udp *d)
{
    static uint8_t much[WP_DATAGRAM_MAX + 1];
    static const char *const texts[] = {"!", "!", "one", "two", "three", "", "abcdef"};
    wp_machine m = (wp_machine)diff_below(d, DIFF_MACHINES);
    const struct wp_event set = {.kind = WP_EV_SET, .set = {.option = &diff_option, .value = wp_int(m)}};
    struct diff_plan *plan = &diff_plan[m];

    memset(much, 'x', sizeof much);
    plan->port = diff_port(d, m);
    plan->n = 1 + diff_below(d, DIFF_BURST);
    for (size_t i = 0; i < plan->n; i++) {
        uint32_t pick = diff_below(d, 40);

        plan->datagram[i] = wp_text(texts[pick % (sizeof texts / sizeof *texts)]);
        if (pick > 37)
            plan->datagram[i] = wp_slice(much, (size_t)WP_DATAGRAM_MAX + (pick == 38));
    }
    world_event(d->world, m, &set);
}

static inline void diff_hang_up(struct diff_udp *d)
{
    wp_machine m = (wp_machine)diff_below(d, DIFF_MACHINES);
    const struct wp_effect e = {.kind = WP_HANG_UP, .port = diff_port(d, m), .abort = diff_below(d, 2) == 0};

    if (e.port)
        world_act(d->world, m, &e);
}

static inline void diff_fault(struct diff_udp *d)
{
    struct wp_link_fault f = {
        .kind = (enum wp_link_fault_kind)diff_below(d, WP_LINK_CLOSE + 1),
        .direction = (enum wp_link_direction)(1 + diff_below(d, 3)),
        .times = 1 + diff_below(d, 2),
        .skip = diff_below(d, 2),
        .at = diff_below(d, 4),
        .n = diff_below(d, 4),
        .mask = 0x20,
        .bytes = wp_text("++"),
    };

    f.duration = f.kind == WP_LINK_STALL ? DIFF_STALL : f.kind == WP_LINK_SPLIT ? DIFF_SPLIT : DIFF_DELAY;
    world_fault(d->world, diff_dialler(d), &f);
}

/* A datagram to a listener that is down is lost; a machine without a link of its own sends it at once. */
static inline unsigned diff_restart(struct diff_udp *d)
{
    wp_machine m = (wp_machine)diff_below(d, DIFF_MACHINES);
    unsigned starts = d->n_starts;

    world_restart(d->world, m, diff_below(d, 2) == 0, DIFF_DOWN);
    diff_send(d);
    return starts + 1;
}

static inline void diff_step(struct diff_udp *d)
{
    unsigned starts = 0;
    uint32_t pick = diff_below(d, 100);

    diff_say(d, "step %u\n", ++d->step);
    if (pick < 20)
        diff_dial(d);
    else if (pick < 70)
        diff_send(d);
    else if (pick < 80)
        diff_hang_up(d);
    else if (pick < 96)
        diff_fault(d);
    else
        starts = diff_restart(d);
    diff_settle(d, starts);
}

static inline void diff_udp_play(struct diff_udp *d, struct wp_world *w, unsigned steps)
{
    d->world = w;
    for (int m = 0; m < DIFF_MACHINES; m++)
        world_add(w, &diff_class, &diff_setups[m], m == DIFF_MACHINES - 1 ? &diff_slow : NULL);
    ck_assert_msg(world_start(w), "%s", world_error(w));
    diff_settle(d, 0);
    while (d->step < steps)
        diff_step(d);
    world_end(w);
    diff_settle(d, 0);
}

static inline void diff_udp_init(struct diff_udp *d, uint64_t seed)
{
    memset(d, 0, sizeof *d);
    d->sink.take = diff_take;
    d->random = wp_random(seed);
    wp_transcript_add(&d->transcript, &d->sink);
}

#endif
