/* Random operations on the message bus that play in any world, and what each machine did and heard after each of them,
 * as text: two worlds agree when the texts are equal. Times are left out, and so is what the bus says in an error and how
 * it numbers its own messages. What several machines do at one time has no order. */
#ifndef WP_DIFF_BUS_H
#define WP_DIFF_BUS_H

#include "sim/core/random.h"
#include "tests/bus_puppet.h"

#include <stdarg.h>

enum {
    DIFF_MACHINES = 5,
    DIFF_LOG_BYTES = 2 << 20,
    DIFF_HEARD_BYTES = 1 << 16,
    DIFF_QUIET = 4, /* rounds without a record */
    DIFF_CALLS = 8,
    DIFF_NAMES = 6, /* well-known ones; behind them unique ones */
    DIFF_UNIQUES = 24,
};

#define DIFF_ROUND WP_MS(3)
#define DIFF_DOWN  WP_MS(20)

/* One that a machine got and may answer. */
struct diff_call {
    uint32_t serial;
    char sender[32];
};

struct diff_bus {
    struct wp_sink sink;
    struct wp_transcript transcript;
    struct wp_world *world;
    struct wp_random random;
    uint32_t step, serial;
    unsigned n_records, n_starts;
    wp_port port[DIFF_MACHINES]; /* 0: none */
    struct diff_call call[DIFF_MACHINES][DIFF_CALLS];
    size_t n_calls[DIFF_MACHINES];
    char heard[DIFF_MACHINES + 1][DIFF_HEARD_BYTES]; /* by machines, then the bus */
    size_t n_log;
    char log[DIFF_LOG_BYTES];
};

static const struct wp_endpoint diff_dials[] = {{"bus", WP_BUS, false, {0, 0}}};
static const struct wp_setup diff_setups[DIFF_MACHINES] = {
    {.name = "m0", .endpoints = diff_dials, .n_endpoints = 1},
    {.name = "m1", .endpoints = diff_dials, .n_endpoints = 1},
    {.name = "m2", .endpoints = diff_dials, .n_endpoints = 1},
    {.name = "m3", .endpoints = diff_dials, .n_endpoints = 1},
    {.name = "m4", .endpoints = diff_dials, .n_endpoints = 1},
};

static inline void diff_say(struct diff_bus *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void diff_say(struct diff_bus *d, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(d->log + d->n_log, sizeof d->log - d->n_log, format, args);
    va_end(args);
    ck_assert_int_lt(n, (int)(sizeof d->log - d->n_log));
    d->n_log += (size_t)n;
}

static inline uint32_t diff_below(struct diff_bus *d, uint32_t n)
{
    return (uint32_t)wp_random_below(&d->random, n);
}

/* ---- what is heard --------------------------------------------------------------------------------- */

static inline void diff_note_call(struct diff_bus *d, int m, struct wp_slice bytes)
{
    struct dbus_message call;
    struct diff_call *at = &d->call[m][d->n_calls[m] % DIFF_CALLS];

    if (dbus_decode(bytes, &call).status != WP_OK || call.type != DBUS_CALL)
        return;
    at->serial = call.serial;
    snprintf(at->sender, sizeof at->sender, "%.*s", (int)call.sender.n, (const char *)call.sender.p);
    d->n_calls[m]++;
}

/* Who eavesdrops may have it before its sender is known by its new name. */
static inline bool diff_is_hello(const struct wp_record *r)
{
    struct dbus_message m;

    return r->kind == WP_REC_RECEIPT && dbus_decode(r->bytes, &m).status == WP_OK &&
           dbus_is(&m, DBUS_CALL, DBUS_BUS, "Hello");
}

static inline void diff_take(struct wp_sink *sink, const struct wp_record *r)
{
    struct diff_bus *d = (struct diff_bus *)(void *)sink;
    struct wp_writer w;
    int m = 0;

    if (r->kind == WP_REC_WIRE || strcmp(r->machine, "broker") == 0)
        return;
    while (m < DIFF_MACHINES && strcmp(r->machine, diff_setups[m].name) != 0)
        m++;
    d->n_records++;
    d->n_starts += r->kind == WP_REC_NOTE && strcmp(r->note.what, "start") == 0;
    if (r->kind == WP_REC_OPEN || r->kind == WP_REC_CLOSE)
        d->port[m] = r->kind == WP_REC_OPEN ? r->port : 0;
    if (r->kind == WP_REC_RECEIPT)
        diff_note_call(d, m, r->bytes);
    w = wp_writer(d->heard[m] + strlen(d->heard[m]), DIFF_HEARD_BYTES - strlen(d->heard[m]));
    wp_put_text(&w, "    ");
    wp_put_text(&w, r->machine);
    if (r->peer && !diff_is_hello(r)) {
        wp_put_char(&w, '-');
        wp_put_text(&w, r->peer);
    }
    wp_put_char(&w, ' ');
    wp_put_text(&w, wp_record_text(r->kind));
    if (r->kind == WP_REC_OPEN || r->kind == WP_REC_SEND || r->kind == WP_REC_RECEIPT)
        wp_put_char(&w, ' ');
    if (r->kind == WP_REC_OPEN)
        wp_put_slice(&w, r->open.bus_name);
    else if (r->kind == WP_REC_SEND || r->kind == WP_REC_RECEIPT)
        bus_put_message(&w, r->bytes);
    else
        trace_print(&w, r);
    wp_put_char(&w, '\n');
    wp_put_end(&w);
    ck_assert(!w.full);
}

/* Until nothing happens any more and everybody is there. */
static inline void diff_settle(struct diff_bus *d, unsigned starts)
{
    unsigned quiet = 0, seen = d->n_records;
    wp_us limit = world_now(d->world) + WP_SEC(20);

    while (quiet < DIFF_QUIET || d->n_starts < starts) {
        ck_assert_msg(world_run(d->world, world_now(d->world) + DIFF_ROUND) != WP_WORLD_ERROR, "%s",
                      world_error(d->world));
        ck_assert(world_now(d->world) < limit);
        quiet = d->n_records == seen ? quiet + 1 : 0;
        seen = d->n_records;
    }
    for (int m = 0; m <= DIFF_MACHINES; m++) {
        diff_say(d, "%s", d->heard[m]);
        d->heard[m][0] = 0;
    }
}

/* ---- operations ------------------------------------------------------------------------------------- */

static inline void diff_send(struct diff_bus *d, wp_machine m, struct wp_slice bytes)
{
    const struct wp_effect e = {.kind = WP_SEND, .port = d->port[m], .bytes = bytes};

    if (e.port)
        world_act(d->world, m, &e);
}

/* One that somebody may have; or nobody. */
static inline const char *diff_name(struct diff_bus *d)
{
    static const char *const names[DIFF_NAMES] = {"a.One",     "a.One",  "a.Two",
                                                  "a.b.Three", "b.Four", "nobody.Has"};
    static char unique[16];
    uint32_t i = diff_below(d, DIFF_NAMES + DIFF_UNIQUES);

    if (i < DIFF_NAMES || diff_below(d, 2) == 0)
        return names[i % DIFF_NAMES];
    snprintf(unique, sizeof unique, ":1.%u", (unsigned)(i - DIFF_NAMES));
    return unique;
}

static inline void diff_dial(struct diff_bus *d, wp_machine m)
{
    const struct wp_effect e = {.kind = WP_DIAL};

    if (d->port[m] == 0)
        world_act(d->world, m, &e);
}

static inline void diff_hang_up(struct diff_bus *d, wp_machine m)
{
    const struct wp_effect e = {.kind = WP_HANG_UP, .port = d->port[m], .abort = diff_below(d, 2) == 0};

    if (e.port)
        world_act(d->world, m, &e);
}

static inline void diff_ask_for_name(struct diff_bus *d, wp_machine m)
{
    static const char *const names[] = {"a.One", "a.One", "a.Two", "a.b.Three", "b.Four"};
    const char *name = names[diff_below(d, 5)];
    uint32_t flags = diff_below(d, 8);
    uint8_t bytes[512];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);

    ck_assert(diff_below(d, 3) ? dbus_put_request_name(&w, ++d->serial, wp_text(name), flags)
                               : dbus_put_release_name(&w, ++d->serial, wp_text(name)));
    diff_send(d, m, wp_written(&w));
}

static inline void diff_match(struct diff_bus *d, wp_machine m)
{
    static const char *const rules[] = {
        "type='signal'",
        "member='Changed'",
        "type='signal',sender='a.One'",
        "sender='org.freedesktop.DBus'",
        "path='/Dc'",
        "path_namespace='/Ac'",
        "arg0='x'",
        "arg0namespace='a'",
        "interface='com.victronenergy.BusItem'",
        "type='signal',member='NameOwnerChanged'",
        "type='method_call',eavesdrop='true'",
        "type='signal',eavesdrop='true'",
        "type='error',eavesdrop='true'",
        "destination=':1.0'",
        "arg0path='/Ac/'",
        "member=Changed",
        "type='nothing'",
        "member=",
        "",
    };
    const char *rule = rules[diff_below(d, sizeof rules / sizeof *rules)];
    uint8_t bytes[512];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);

    ck_assert(diff_below(d, 3) ? dbus_put_add_match(&w, ++d->serial, wp_text(rule))
                               : dbus_put_remove_match(&w, ++d->serial, wp_text(rule)));
    diff_send(d, m, wp_written(&w));
}

/* A question to the bus, with the right arguments or others. */
static inline void diff_ask(struct diff_bus *d, wp_machine m)
{
    static const char *const members[] = {"GetNameOwner", "NameHasOwner",         "ListQueuedOwners",
                                          "ListNames",    "ListActivatableNames", "Hello",
                                          "NoSuchThing",  "ReleaseName"};
    static const char *const interfaces[] = {"org.freedesktop.DBus", "org.freedesktop.DBus", "",
                                             "a.Interface"};
    static const char *const odd[] = {"", "not a name", DBUS_BUS, ":1.0", "a"};
    const char *member = members[diff_below(d, sizeof members / sizeof *members)];
    const char *interface = interfaces[diff_below(d, 4)];
    bool is_plain = strncmp(member, "List", 4) == 0 && strcmp(member, "ListQueuedOwners") != 0;
    uint8_t bytes[512];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);
    struct dbus_out out;

    if (diff_below(d, 8) == 0)
        is_plain = !is_plain;
    dbus_begin_call(&out, &w, ++d->serial, wp_text(DBUS_BUS), wp_text(DBUS_BUS_PATH), wp_text(interface),
                    wp_text(member), is_plain ? "" : "s");
    if (!is_plain)
        dbus_put_text(&out, wp_text(diff_below(d, 5) ? diff_name(d) : odd[diff_below(d, 5)]));
    ck_assert(dbus_end(&out));
    diff_send(d, m, wp_written(&w));
}

static inline void diff_put(struct diff_bus *d, wp_machine m, const struct dbus_head *head)
{
    static const char *const texts[] = {"x", "a.One", "/Ac/", "", "y"};
    uint8_t bytes[512];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);
    bool has_text = diff_below(d, 3) > 0;
    struct dbus_out out;

    dbus_begin(&out, &w, head, has_text ? "s" : "");
    if (has_text)
        dbus_put_text(&out, wp_text(texts[diff_below(d, 5)]));
    ck_assert(dbus_end(&out));
    diff_send(d, m, wp_written(&w));
}

static inline void diff_call(struct diff_bus *d, wp_machine m)
{
    struct dbus_head head = {.type = DBUS_CALL,
                             .flags = (uint8_t)(diff_below(d, 3) ? 0 : diff_below(d, 4)),
                             .serial = ++d->serial,
                             .path = wp_text("/Ac/Power"),
                             .member = wp_text("GetValue"),
                             .destination = wp_text(diff_name(d))};

    diff_put(d, m, &head);
    if (diff_below(d, 10) == 0)
        diff_put(d, m, &head); /* with the same serial */
}

/* Of a call that came, which may have been answered already. */
static inline void diff_reply(struct diff_bus *d, wp_machine m)
{
    size_t n = d->n_calls[m] < DIFF_CALLS ? d->n_calls[m] : DIFF_CALLS;
    const struct diff_call *call = n ? &d->call[m][diff_below(d, (uint32_t)n)] : NULL;
    struct dbus_head head = {.type = diff_below(d, 3) ? DBUS_RETURN : DBUS_ERROR, .serial = ++d->serial};

    if (!call)
        return;
    head.reply_serial = call->serial;
    head.destination = wp_text(call->sender);
    if (head.type == DBUS_ERROR)
        head.error_name = wp_text("a.b.Wrong");
    diff_put(d, m, &head);
}

static inline void diff_signal(struct diff_bus *d, wp_machine m)
{
    static const char *const paths[] = {"/Ac/Power", "/Ac", "/Dc", "/"};
    struct dbus_head head = {.type = DBUS_SIGNAL,
                             .serial = ++d->serial,
                             .path = wp_text(paths[diff_below(d, 4)]),
                             .interface = wp_text(diff_below(d, 3) ? "com.victronenergy.BusItem" : "a.b"),
                             .member = wp_text(diff_below(d, 3) ? "Changed" : "Other")};

    if (diff_below(d, 4) == 0)
        head.destination = wp_text(diff_name(d));
    diff_put(d, m, &head);
}

static inline unsigned diff_restart(struct diff_bus *d, wp_machine m)
{
    unsigned starts = d->n_starts;

    world_restart(d->world, m, diff_below(d, 2) == 0, DIFF_DOWN);
    return starts + 1;
}

static inline void diff_restart_bus(struct diff_bus *d)
{
    world_restart_bus(d->world, DIFF_DOWN);
    ck_assert(world_run(d->world, world_now(d->world) + 3 * DIFF_DOWN) != WP_WORLD_ERROR);
}

static inline void diff_step(struct diff_bus *d)
{
    wp_machine m = (wp_machine)diff_below(d, DIFF_MACHINES);
    uint32_t pick = diff_below(d, 200);
    unsigned starts = 0;

    diff_say(d, "step %u\n", ++d->step);
    if (pick < 30)
        diff_dial(d, m);
    else if (pick < 36)
        diff_hang_up(d, m);
    else if (pick < 70)
        diff_ask_for_name(d, m);
    else if (pick < 95)
        diff_match(d, m);
    else if (pick < 120)
        diff_ask(d, m);
    else if (pick < 145)
        diff_call(d, m);
    else if (pick < 165)
        diff_reply(d, m);
    else if (pick < 193)
        diff_signal(d, m);
    else if (pick < 195)
        diff_send(d, m, wp_text("this is no message"));
    else if (pick < 198)
        starts = diff_restart(d, m);
    else
        diff_restart_bus(d);
    diff_settle(d, starts);
}

static inline void diff_bus_play(struct diff_bus *d, struct wp_world *w, unsigned steps)
{
    d->world = w;
    for (int m = 0; m < DIFF_MACHINES; m++)
        world_add(w, &puppet_class, &diff_setups[m], NULL);
    ck_assert_msg(world_start(w), "%s", world_error(w));
    for (int m = 0; m < DIFF_MACHINES; m++) {
        diff_dial(d, m);
        diff_settle(d, 0);
    }
    while (d->step < steps)
        diff_step(d);
    world_end(w);
    diff_settle(d, 0);
}

static inline void diff_bus_init(struct diff_bus *d, uint64_t seed)
{
    memset(d, 0, sizeof *d);
    d->sink.take = diff_take;
    d->random = wp_random(seed);
    wp_transcript_add(&d->transcript, &d->sink);
}

#endif
