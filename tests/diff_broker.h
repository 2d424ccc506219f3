/* Random broker operations that play in any world, and what each client heard after each of them, as text: two worlds
 * agree when the texts are equal. Times are left out, so are close reasons and dup, which a client cannot see.
 *
 * After each operation every client publishes a fence to all, three times, each time when all have got the last: one
 * round brings what the operation set off, the others bring the ends of QoS 2 handshakes. So nothing waits by the
 * clock but after a hang-up, which the broker may notice later than another client's fence, and after a login, which
 * may bring what the client has missed. */
#ifndef WP_DIFF_BROKER_H
#define WP_DIFF_BROKER_H

#include "sim/core/random.h"
#include "tests/world_trace.h"

#include <stdarg.h>

enum {
    DIFF_CLIENTS = 5,
    DIFF_ROUNDS = 3,
    DIFF_LOG_BYTES = 1 << 20,
    DIFF_HEARD_BYTES = 16384,
};

#define DIFF_LIMIT    WP_SEC(5) /* for a fence */
#define DIFF_CALM     WP_MS(20) /* until the broker has noticed a hang-up, and a client got what it had missed */
#define DIFF_DOWNTIME WP_MS(50)   /* of a restarted broker */
#define DIFF_RESTART  WP_MS(1000) /* until it is back */

struct diff_broker {
    struct wp_sink sink;
    struct wp_transcript transcript;
    struct wp_world *world;
    struct wp_random random;
    struct wp_access access;
    bool has_access, has_vrm;
    bool broker_ends; /* in good order: which of its last messages still arrive is a matter of luck */
    char names[DIFF_CLIENTS][4];
    struct wp_setup setups[DIFF_CLIENTS];
    uint32_t step, tag, fences;
    uint32_t connected, publishers, waits_for_answer; /* a bit per client */
    uint32_t got[DIFF_CLIENTS];
    char heard[DIFF_CLIENTS][DIFF_HEARD_BYTES];
    char wills[DIFF_CLIENTS]
              [DIFF_HEARD_BYTES]; /* published for it: when, beside what it hears, is nobody's to say */
    size_t n_log;
    char log[DIFF_LOG_BYTES];
};

static const struct wp_endpoint diff_endpoint[] = {{"broker", WP_BROKER, false, {0, 0}}};

static const struct wp_access_user diff_users[] = {{"u", "right"}, {"v", ""}};
static const struct wp_access_rule diff_rules[] = {
    {NULL, WP_ACCESS_SUBSCRIBE | WP_ACCESS_PUBLISH, "fence/#"},
    {"u", WP_ACCESS_SUBSCRIBE | WP_ACCESS_PUBLISH, "a/#"},
    {"u", WP_ACCESS_SUBSCRIBE, "+/b"},
    {"v", WP_ACCESS_SUBSCRIBE, "#"},
    {"v", WP_ACCESS_PUBLISH, "b"},
    {NULL, WP_ACCESS_PUBLISH, "will/+"},
};

/* Two VRM users who share an installation, and what feeds it. */
static const struct wp_access_rule diff_vrm_rules[] = {
    {NULL, WP_ACCESS_SUBSCRIBE | WP_ACCESS_PUBLISH, "fence/#"},
    {"u", WP_ACCESS_SUBSCRIBE | WP_ACCESS_PUBLISH, "fence/#"},
    {"v", WP_ACCESS_SUBSCRIBE | WP_ACCESS_PUBLISH, "fence/#"},
    {NULL, WP_ACCESS_SUBSCRIBE, "N/id1/#"}, /* not for them */
    {"gx", WP_ACCESS_SUBSCRIBE | WP_ACCESS_PUBLISH, "#"},
};
static const struct wp_access_user diff_vrm_users[] = {{"gx", "right"}};
static const struct wp_vrm_login diff_logins[] = {
    {"u", "right", false}, {"u", "1f", true}, {"v", "2f", true}};
static const struct wp_vrm_site diff_sites[] = {
    {"u", "id1", true}, {"u", "id2", false}, {"v", "id2", true}, {"v", "id3", true}};

static const char *const diff_vrm_topics[] = {"N/id1/a/0/P", "N/id2/a/0/P", "N/id3/a/0/P",     "N/id2",
                                              "R/id1/a/0/P", "R/id2/a/0/P", "R/id2/a/0/P",     "W/id1/a/0/P",
                                              "W/id2/a/0/P", "W/id3/a/0/P", "R/id3/keepalive", "X/id1/a"};
static const char *const diff_vrm_filters[] = {
    "N/id1/#",   "N/id2/#",   "N/id3/#",     "N/id2/a/+/P",      "N/id2",   "#",       "N/#",
    "N/+/a/0/P", "+/id1/#",   "$share/g/#",  "$share/g/N/id2/#", "R/id1/#", "R/id2/#", "W/id2/#",
    "X/id1/#",   "+/+/a/0/P", "N/id1/+/0/#", "N/ID1/#",          "$SYS/x",  "N/id2/#"};

static const char *const diff_topics[] = {"a",      "a/b", "a/b/c",  "a//b", "/a",     "b",
                                          "$own/x", "a/",  "will/x", "a/+",  "$SYS/x", "b/b"};
static const char *const diff_filters[] = {
    "#",   "+",     "a/#",    "a/+",    "+/b",   "a/b",    "a/b/c", "+/+", "/+",           "a//b",
    "+/#", "a/+/c", "$own/#", "will/#", "a/#/b", "$SYS/x", "b",     "a",   "$share/g/a/#", "$share/g/+/b"};

#define DIFF_PICK(d, table) (table)[wp_random_below(&(d)->random, sizeof(table) / sizeof *(table))]

static inline void diff_say(struct diff_broker *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void diff_say(struct diff_broker *d, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(d->log + d->n_log, sizeof d->log - d->n_log, format, args);
    va_end(args);
    ck_assert_int_lt(n, (int)(sizeof d->log - d->n_log));
    d->n_log += (size_t)n;
}

/* ---- what is heard --------------------------------------------------------------------------------- */

static inline bool diff_is_fence(const struct wp_record *r)
{
    return r->message.topic.n > 6 && memcmp(r->message.topic.p, "fence/", 6) == 0;
}

static inline bool diff_is_settled(const struct diff_broker *d)
{
    for (int m = 0; m < DIFF_CLIENTS; m++)
        if ((d->connected >> m & 1) && (d->publishers & d->connected & ~d->got[m]))
            return false;
    return d->waits_for_answer == 0;
}

static inline void diff_hear(struct diff_broker *d, int m, const struct wp_record *r)
{
    char *heard = r->kind == WP_REC_PUBLISH ? d->wills[m] : d->heard[m];
    size_t n = strlen(heard);
    struct wp_record shown = *r;
    struct wp_writer w = wp_writer(heard + n, DIFF_HEARD_BYTES - n);

    if (r->kind == WP_REC_DELIVER)
        shown.message.dup = false;
    wp_put_text(&w, "    ");
    wp_put_text(&w, d->names[m]);
    wp_put_char(&w, ' ');
    wp_put_text(&w, wp_record_text(r->kind));
    if (r->kind == WP_REC_CLOSE && r->close.reason == WP_CLOSE_REFUSED)
        wp_put_text(&w, " refused");
    else if (r->kind != WP_REC_CLOSE)
        trace_print(&w, &shown);
    wp_put_char(&w, '\n');
    wp_put_end(&w);
    ck_assert(!w.full);
}

static inline bool diff_is_heard(const struct diff_broker *d, const struct wp_record *r)
{
    switch (r->kind) {
    case WP_REC_CONNACK:
    case WP_REC_SUBACK:
    case WP_REC_CLOSE: return true;
    case WP_REC_PUBLISH: return r->message.will;
    case WP_REC_DELIVER: return !diff_is_fence(r) && !d->broker_ends;
    case WP_REC_NOTE: return strcmp(r->note.what, "acked") == 0 || strcmp(r->note.what, "refused") == 0;
    default: return false;
    }
}

static inline void diff_take(struct wp_sink *sink, const struct wp_record *r)
{
    struct diff_broker *d = (struct diff_broker *)sink;
    bool was_settled = diff_is_settled(d);
    int m = r->machine[0] == 'c' ? r->machine[1] - '0' : -1;
    uint32_t bit;

    if (m < 0 || m >= DIFF_CLIENTS)
        return;
    bit = 1u << m;
    if (r->kind == WP_REC_CONNACK && r->connack.code == 0)
        d->connected |= bit;
    if (r->kind == WP_REC_CLOSE)
        d->connected &= ~bit;
    if (r->kind == WP_REC_CONNACK || r->kind == WP_REC_CLOSE || r->kind == WP_REC_SUBACK)
        d->waits_for_answer &= ~bit;
    if (r->kind == WP_REC_DELIVER && diff_is_fence(r) && r->message.payload.n == 1)
        d->got[m] |= 1u << (r->message.payload.p[0] - '0');
    if (diff_is_heard(d, r))
        diff_hear(d, m, r);
    if (!was_settled && diff_is_settled(d))
        world_stop(d->world);
}

/* ---- waiting --------------------------------------------------------------------------------------- */

/* Until what is awaited has come; false: it has not. */
static inline bool diff_await(struct diff_broker *d)
{
    wp_us until = world_now(d->world) + DIFF_LIMIT;

    while (!diff_is_settled(d) && world_now(d->world) < until)
        if (world_run(d->world, until) == WP_WORLD_ERROR)
            return false;
    return diff_is_settled(d);
}

static inline void diff_pass(struct diff_broker *d, wp_us time)
{
    wp_us until = world_now(d->world) + time;

    while (world_now(d->world) < until && world_run(d->world, until) != WP_WORLD_ERROR)
        continue;
}

static inline void diff_publish_fence(struct diff_broker *d, int m)
{
    char topic[32], payload[2] = {(char)('0' + m), 0};
    struct wp_effect e = {.kind = WP_PUBLISH, .port = world_port(d->world, m, "broker")};

    snprintf(topic, sizeof topic, "fence/%u", (unsigned)d->fences);
    e.publish.topic = wp_text(topic);
    e.publish.payload = wp_text(payload);
    world_act(d->world, m, &e);
}

static inline bool diff_settle(struct diff_broker *d)
{
    for (int round = 0; round < DIFF_ROUNDS; round++) {
        d->fences++;
        memset(d->got, 0, sizeof d->got);
        d->publishers = d->connected;
        for (int m = 0; m < DIFF_CLIENTS; m++)
            if (d->publishers >> m & 1)
                diff_publish_fence(d, m);
        if (!diff_await(d))
            return false;
        d->publishers = 0;
    }
    return true;
}

/* ---- operations ------------------------------------------------------------------------------------ */

static inline bool diff_chance(struct diff_broker *d, unsigned percent)
{
    return wp_random_below(&d->random, 100) < percent;
}

static inline const char *diff_topic(struct diff_broker *d)
{
    return d->has_vrm ? DIFF_PICK(d, diff_vrm_topics) : DIFF_PICK(d, diff_topics);
}

static inline const char *diff_filter(struct diff_broker *d)
{
    return d->has_vrm ? DIFF_PICK(d, diff_vrm_filters) : DIFF_PICK(d, diff_filters);
}

static inline bool diff_subscribe(struct diff_broker *d, int m, const char *filter, uint8_t qos)
{
    const struct wp_effect e = {.kind = WP_SUBSCRIBE,
                                .port = world_port(d->world, m, "broker"),
                                .subscribe = {.filter = wp_text(filter), .qos = qos, .tag = ++d->tag}};

    d->waits_for_answer |= 1u << m;
    world_act(d->world, m, &e);
    return diff_await(d);
}

static inline void diff_put_vrm_user(struct diff_broker *d, struct wp_login *l)
{
    static const char *const names[] = {"u", "u", "v", "v", "gx"};
    static const char *const passwords[] = {"right",    "Token 1f",  "Token 2f", "1f",
                                            "token 1f", "Token  1f", "Token "};
    static const char *const good[] = {"Token 1f", "right", "Token 2f", "Token 2f", "right"};
    size_t k = wp_random_below(&d->random, 5);

    l->user = wp_text(names[k]);
    l->password = wp_text(diff_chance(d, 80) ? good[k] : DIFF_PICK(d, passwords));
}

static inline void diff_put_user(struct diff_broker *d, struct wp_login *l)
{
    static const char *const passwords[] = {"right", "right", "right", "wrong", ""};

    if (!d->has_access || diff_chance(d, 10))
        return;
    if (d->has_vrm) {
        diff_put_vrm_user(d, l);
        return;
    }
    l->user = wp_text(diff_chance(d, 60) ? "u" : "v");
    if (diff_chance(d, 95))
        l->password = wp_text(wp_slice_is(l->user, "v") && diff_chance(d, 80) ? "" : DIFF_PICK(d, passwords));
}

static inline bool diff_login(struct diff_broker *d, int m)
{
    static const char empty[] = "";
    const char *id = d->names[diff_chance(d, 85) ? m : (int)wp_random_below(&d->random, DIFF_CLIENTS)];
    struct wp_login l = {.client_id = wp_text(diff_chance(d, 4) ? empty : id),
                         .clean =
                             diff_chance(d, d->has_vrm ? 15 : 60), /* who comes back may be another user */
                         .keepalive_s = 60,
                         .has_will = diff_chance(d, 40)};
    struct wp_effect e = {.kind = WP_LOGIN, .login = &l};

    l.will.topic = wp_text(diff_chance(d, 80) ? "will/x" : "a/b");
    l.will.payload = wp_text(d->names[m]);
    l.will.qos = (uint8_t)wp_random_below(&d->random, 3);
    l.will.retain = diff_chance(d, 30);
    diff_put_user(d, &l);
    diff_say(d, "login as \"%.*s\"%s%s\n", WP_FMT(l.client_id), l.clean ? " clean" : "",
             l.has_will ? " with a will" : "");
    d->waits_for_answer |= 1u << m;
    world_act(d->world, m, &e);
    if (!diff_await(d))
        return false;
    diff_pass(d, DIFF_CALM);
    return !(d->connected >> m & 1) || diff_subscribe(d, m, "fence/#", 0);
}

/* At most one QoS 2 message at a time: how the handshakes of two mix is nobody's to say. */
static inline void diff_publish(struct diff_broker *d, int m, bool first)
{
    char payload[16];
    struct wp_effect e = {.kind = WP_PUBLISH, .port = world_port(d->world, m, "broker")};

    snprintf(payload, sizeof payload, "%u", (unsigned)++d->tag);
    e.publish.topic = wp_text(diff_topic(d));
    e.publish.payload = wp_text(diff_chance(d, 85) ? payload : "");
    e.publish.qos = (uint8_t)wp_random_below(&d->random, first ? 3 : 2);
    e.publish.retain = diff_chance(d, 35);
    e.publish.tag = e.publish.qos > 0 ? d->tag : 0;
    diff_say(d, "publish %.*s=%.*s q%u%s ", WP_FMT(e.publish.topic), WP_FMT(e.publish.payload), e.publish.qos,
             e.publish.retain ? " retain" : "");
    world_act(d->world, m, &e);
}

static inline bool diff_operate(struct diff_broker *d, int m)
{
    struct wp_effect e = {.port = world_port(d->world, m, "broker")};
    uint64_t what = wp_random_below(&d->random, 100);

    diff_say(d, "step %u: %s ", (unsigned)d->step, d->names[m]);
    if (!(d->connected >> m & 1))
        return diff_login(d, m);
    if (what < 30) {
        const char *filter = diff_filter(d);
        uint8_t qos = (uint8_t)wp_random_below(&d->random, 3);

        diff_say(d, "subscribe %s q%u\n", filter, qos);
        return diff_subscribe(d, m, filter, qos);
    }
    if (what < 40) {
        e.kind = WP_UNSUBSCRIBE;
        e.subscribe.filter = wp_text(diff_filter(d));
        diff_say(d, "unsubscribe %.*s\n", WP_FMT(e.subscribe.filter));
        world_act(d->world, m, &e);
        return true;
    }
    if (what < 88) {
        for (uint64_t i = 0, n = 1 + wp_random_below(&d->random, 3); i < n; i++)
            diff_publish(d, m, i == 0);
        diff_say(d, "\n");
        return true;
    }
    e.kind = WP_HANG_UP;
    e.abort = what < 95;
    diff_say(d, "%s\n", e.abort ? "abort" : "hang up");
    world_act(d->world, m, &e);
    diff_pass(d, DIFF_CALM);
    return true;
}

static inline void diff_restart_broker(struct diff_broker *d)
{
    bool orderly = diff_chance(d, 50);

    diff_say(d, "step %u: the broker restarts%s\n", (unsigned)d->step, orderly ? " in good order" : "");
    d->broker_ends = orderly;
    world_restart_broker(d->world, orderly, DIFF_DOWNTIME);
    diff_pass(d, DIFF_RESTART);
    d->broker_ends = false;
}

/* ---- a whole play ---------------------------------------------------------------------------------- */

/* Give the world `transcript` and, where has_access, `access`. */
static inline void diff_broker_init(struct diff_broker *d, uint64_t seed)
{
    memset(d, 0, sizeof *d);
    d->sink.take = diff_take;
    wp_transcript_add(&d->transcript, &d->sink);
    d->random = wp_random(seed);
    d->has_access = seed % 3 > 0;
    d->has_vrm = seed % 3 == 1;
    d->access = (struct wp_access){.anonymous = true,
                                   .users = diff_users,
                                   .n_users = sizeof diff_users / sizeof *diff_users,
                                   .rules = diff_rules,
                                   .n_rules = sizeof diff_rules / sizeof *diff_rules};
    if (d->has_vrm)
        d->access =
            (struct wp_access){.anonymous = true,
                               .users = diff_vrm_users,
                               .n_users = 1,
                               .rules = diff_vrm_rules,
                               .n_rules = sizeof diff_vrm_rules / sizeof *diff_vrm_rules,
                               .vrm = {diff_logins, sizeof diff_logins / sizeof *diff_logins, diff_sites,
                                       sizeof diff_sites / sizeof *diff_sites, seed % 2 == 0}};
}

/* On a world that is not started. `log` is the result; false: it stopped halfway, and the log says why. */
static inline bool diff_broker_play(struct diff_broker *d, struct wp_world *world, uint32_t steps)
{
    uint32_t restart_at = diff_chance(d, 30) ? (uint32_t)wp_random_below(&d->random, steps) : UINT32_MAX;

    d->world = world;
    for (int m = 0; m < DIFF_CLIENTS; m++) {
        snprintf(d->names[m], sizeof d->names[m], "c%d", m);
        d->setups[m] = (struct wp_setup){.name = d->names[m],
                                         .endpoints = diff_endpoint,
                                         .n_endpoints = 1,
                                         .ip = 0x7F000101 + (uint32_t)m};
        world_add(world, &puppet_class, &d->setups[m], NULL);
    }
    if (!world_start(world)) {
        diff_say(d, "no start: %s\n", world_error(world));
        return false;
    }
    for (d->step = 0; d->step < steps; d->step++) {
        bool good = true;

        memset(d->heard, 0, sizeof d->heard);
        memset(d->wills, 0, sizeof d->wills);
        if (d->step == restart_at)
            diff_restart_broker(d);
        else
            good = diff_operate(d, (int)wp_random_below(&d->random, DIFF_CLIENTS));
        good = good && diff_settle(d);
        for (int m = 0; m < DIFF_CLIENTS; m++)
            diff_say(d, "%s%s", d->heard[m], d->wills[m]);
        if (!good) {
            diff_say(d, "    no answer: %s\n", world_error(world) ? world_error(world) : "time is over");
            return false;
        }
    }
    return true;
}

#endif
