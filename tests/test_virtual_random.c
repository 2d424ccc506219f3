/* The virtual world under random dials, sends, sessions, faults and restarts: what every record must obey, whatever
 * happens, and that the same seed gives the same records. */
#include "sim/core/random.h"
#include "tests/world_trace.h"

#include <stdlib.h>

enum { MACHINES = 8, STEPS = 3000, PORTS_MAX = 20000 };

enum port_state { NEVER, OPEN, CLOSED };

/* Watches the records go by. */
struct watch {
    struct wp_sink sink;
    wp_us last;
    uint64_t hash;
    int machine_of[PORTS_MAX];
    enum port_state state[PORTS_MAX];
    size_t opened, closed, receipts, delivers;
};

static struct watch watch;
static struct wp_transcript transcript;
static struct wp_world *world;
static struct wp_random r;
static struct wp_setup setups[MACHINES];
static char names[MACHINES][4];

/* Even machines listen and have a session, odd ones dial. */
static const struct wp_endpoint listens[] = {{"line", WP_TCP, true, {0, 8899}},
                                             {"broker", WP_BROKER, false, {0, 0}}};
static const struct wp_endpoint dials[] = {{"line", WP_TCP, false, {0x7F000101, 8899}}};
static const struct wp_link_setup rough = {
    .name = "bus", .latency = WP_MS(3), .jitter = WP_MS(9), .baud = 19200, .shared = true, .split = 7};

static uint32_t below(uint32_t n)
{
    return (uint32_t)wp_random_below(&r, n);
}

static void note_hash(const void *p, size_t n)
{
    watch.hash = (watch.hash ^ wp_slice_hash(wp_slice(p, n))) * 0x9E3779B97F4A7C15u;
}

static void take(struct wp_sink *sink, const struct wp_record *rec)
{
    int m = rec->machine[0] == 'm' ? rec->machine[1] - '0' : -1;

    (void)sink;
    ck_assert_int_ge(rec->at, watch.last);
    watch.last = rec->at;
    note_hash(&rec->at, sizeof rec->at);
    note_hash(&rec->kind, sizeof rec->kind);
    note_hash(&rec->port, sizeof rec->port);
    if (rec->kind == WP_REC_RECEIPT)
        note_hash(rec->bytes.p, rec->bytes.n);
    ck_assert_uint_lt(rec->port, PORTS_MAX);
    if (rec->port == 0)
        return;
    if (rec->kind == WP_REC_OPEN || (rec->kind == WP_REC_CONNACK && rec->connack.code == 0)) {
        ck_assert_int_eq(watch.state[rec->port], NEVER); /* no number is given twice */
        watch.state[rec->port] = OPEN;
        watch.machine_of[rec->port] = m;
        watch.opened++;
        return;
    }
    ck_assert_int_eq(watch.state[rec->port], OPEN); /* nothing happens on a port that is not open */
    ck_assert_int_eq(watch.machine_of[rec->port], m);
    watch.receipts += rec->kind == WP_REC_RECEIPT;
    watch.delivers += rec->kind == WP_REC_DELIVER;
    if (rec->kind == WP_REC_CLOSE) {
        watch.state[rec->port] = CLOSED;
        watch.closed++;
    }
}

static void act_on_line(wp_machine m)
{
    static const uint8_t bytes[200];
    struct wp_effect e = {.port = world_port(world, m, "line")};

    if (e.port == 0 || below(10) == 0) {
        e.kind = WP_DIAL;
        e.dial.to = (struct wp_addr){0x7F000100 + 2 * below(MACHINES / 2 + 1), 8899};
        if (m % 2 == 0)
            return;
    } else if (below(12) == 0) {
        e.kind = WP_HANG_UP;
        e.abort = below(2);
    } else {
        e.kind = WP_SEND;
        e.bytes = below(4) ? wp_slice(bytes, 1 + below(sizeof bytes)) : wp_text("!");
    }
    world_act(world, m, &e);
}

static void act_on_session(wp_machine m)
{
    struct wp_login login = {.client_id = wp_text(names[below(3) ? (uint32_t)m : below(MACHINES)]),
                             .clean = below(2),
                             .keepalive_s = 5,
                             .has_will = below(2)};
    struct wp_effect e = {.endpoint = 1, .port = world_port(world, m, "broker")};

    login.will.topic = e.publish.topic = wp_text(below(2) ? "t/1" : "t/2");
    if (e.port == 0) {
        e.kind = WP_LOGIN;
        e.login = &login;
    } else if (below(10) == 0) {
        e.kind = WP_HANG_UP;
        e.abort = below(2);
    } else if (below(4) == 0) {
        e.kind = WP_SUBSCRIBE;
        e.subscribe.filter = wp_text(below(2) ? "t/+" : "#");
        e.subscribe.qos = (uint8_t)below(3);
    } else {
        e.kind = WP_PUBLISH;
        e.publish.topic = wp_text(below(2) ? "t/1" : "t/2");
        e.publish.payload = wp_text("payload");
        e.publish.qos = (uint8_t)below(3);
        e.publish.retain = below(4) == 0;
    }
    world_act(world, m, &e);
}

static void strike(wp_machine m)
{
    const struct wp_link_fault f = {.kind = (enum wp_link_fault_kind)below(WP_LINK_CLOSE + 1),
                                    .direction = (enum wp_link_direction)(1 + below(3)),
                                    .times = 1 + below(3),
                                    .skip = below(3),
                                    .at = below(40),
                                    .n = below(10),
                                    .mask = (uint8_t)(1 + below(255)),
                                    .bytes = wp_text("noise"),
                                    .duration = WP_MS(1 + below(9000))};

    world_fault(world, m, &f);
}

static void play(uint64_t seed)
{
    struct wp_world_setup setup = {.seed = seed, .transcript = &transcript};

    watch = (struct watch){.sink = {take}};
    transcript = (struct wp_transcript){0};
    wp_transcript_add(&transcript, &watch.sink);
    r = wp_random(seed);
    world = world_virtual_new(&setup);
    for (int m = 0; m < MACHINES; m++) {
        snprintf(names[m], sizeof names[m], "m%d", m);
        setups[m] = (struct wp_setup){.name = names[m],
                                      .endpoints = m % 2 ? dials : listens,
                                      .n_endpoints = m % 2 ? 1 : 2,
                                      .ip = 0x7F000100 + (uint32_t)m};
        world_add(world, &puppet_class, &setups[m], below(3) == 0 ? &rough : NULL);
    }
    ck_assert(world_start(world));
    for (int step = 0; step < STEPS; step++) {
        wp_machine m = (wp_machine)below(MACHINES);
        uint32_t what = below(100);

        if (what < 90 && m % 2 == 0 && below(2))
            act_on_session(m);
        else if (what < 90)
            act_on_line(m);
        else if (what < 96)
            strike(m);
        else if (what < 99)
            world_restart(world, m, below(2), WP_MS(below(50)));
        else
            world_restart_broker(world, below(2), WP_MS(below(50)));
        ck_assert_int_ne(world_run(world, world_now(world) + WP_MS(below(20))), WP_WORLD_ERROR);
    }
    if (seed % 2)
        world_end(world); /* else it is freed with everything under way */
    if (seed % 2)
        ck_assert_uint_eq(watch.opened, watch.closed);
    world_free(world);
}

START_TEST(every_port_opens_once_and_closes_once)
{
    play((uint64_t)_i);
    ck_assert_uint_gt(watch.opened, 50);
    ck_assert_uint_gt(watch.receipts, 100);
    ck_assert_uint_gt(watch.delivers, 30);
}
END_TEST

START_TEST(a_seed_gives_the_same_records)
{
    uint64_t first;

    play(3);
    first = watch.hash;
    play(3);
    ck_assert_uint_eq(watch.hash, first);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("virtual_random");
    TCase *t = tcase_create("virtual_random");
    SRunner *runner;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, every_port_opens_once_and_closes_once, 0, 20);
    tcase_add_test(t, a_seed_gives_the_same_records);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
