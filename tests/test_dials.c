/* Dials in both worlds: several of one endpoint under way at once, and each one's end says where it went. */
#include "harness/pattern.h"
#include "harness/record_file.h"
#include "tests/live_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>

enum { DEVICES_MAX = 10000, DONGLE = 8000, SLOW = 100, PATIENCE = 150 /* ms; less than there and back */ };

#define GATEWAY_IP 0x7F000101u /* 127.0.1.1 */
#define FIRST_IP   0x7F010001u /* 127.1.0.1 */
#define NOBODY_IP  0x7F000909u /* 127.0.9.9 */

/* ---- one that dials what it is told, and writes down how each one ended ------------------------------- */

struct target {
    struct wp_addr to;
    wp_us within;
    unsigned opens, closes;
    enum wp_close_reason reason;
    wp_us at; /* of its end */
};

static struct target targets[DEVICES_MAX];
static size_t n_targets;
static unsigned n_ended, n_strange, n_accepted;

static const struct wp_option go = {
    .name = "go", .type = WP_OPT_INT, .use = WP_USE_SET, .unit = "", .help = "all targets are dialled"};

static struct target *target_of(struct wp_addr to)
{
    for (size_t i = 0; i < n_targets; i++)
        if (targets[i].to.ip == to.ip && targets[i].to.port == to.port)
            return &targets[i];
    n_strange++;
    return &targets[DEVICES_MAX - 1];
}

static void dial_all(struct wp_outbox *out)
{
    for (size_t i = 0; i < n_targets; i++)
        out->emit(out, &(struct wp_effect){
                           .kind = WP_DIAL, .endpoint = 1, .dial = {targets[i].to, targets[i].within}});
}

static void dialler_step(void *memory, const struct wp_event *e, struct wp_outbox *out)
{
    struct target *t;

    (void)memory;
    if (e->kind == WP_EV_SET) {
        dial_all(out);
    } else if (e->kind == WP_EV_OPEN) {
        t = target_of(e->open.peer);
        t->opens++;
        t->at = e->now;
        n_ended++;
    } else if (e->kind == WP_EV_CLOSE && e->port == 0) {
        t = target_of(e->close.peer);
        t->closes++;
        t->reason = e->close.reason;
        t->at = e->now;
        n_ended++;
    }
}

static void accepter_step(void *memory, const struct wp_event *e, struct wp_outbox *out)
{
    (void)memory;
    (void)out;
    n_accepted += e->kind == WP_EV_OPEN;
}

static size_t no_size(const struct wp_setup *setup)
{
    (void)setup;
    return 0;
}

static void no_init(const struct wp_setup *setup, void *memory)
{
    (void)setup;
    (void)memory;
}

static wp_us no_deadline(const void *machine)
{
    (void)machine;
    return WP_NEVER;
}

static const struct wp_class dialler_class = {.name = "dialler",
                                              .options = &go,
                                              .n_options = 1,
                                              .size = no_size,
                                              .init = no_init,
                                              .step = dialler_step,
                                              .deadline = no_deadline};
static const struct wp_class accepter_class = {
    .name = "accepter", .size = no_size, .init = no_init, .step = accepter_step, .deadline = no_deadline};

/* With a broker endpoint, so that the lines are the devices'. */
static const struct wp_endpoint gateway_endpoints[] = {{.name = "broker", .transport = WP_BROKER},
                                                       {.name = "dongles", .transport = WP_TCP}};
static const struct wp_setup gateway_setup = {
    .name = "gateway", .endpoints = gateway_endpoints, .n_endpoints = 2, .ip = GATEWAY_IP};

/* ---- a world of one kind or the other ------------------------------------------------------------------ */

static struct live_fixture f; /* the record counts and the trace of either */
static struct wp_setup device_setup[DEVICES_MAX];
static struct wp_endpoint device_endpoint[DEVICES_MAX];

static void forget(void)
{
    memset(targets, 0, sizeof targets);
    n_targets = n_ended = n_strange = n_accepted = 0;
}

static void open_world(bool live)
{
    forget();
    if (live) {
        fixture_open(&f, (struct wp_world_setup){0});
    } else {
        f = (struct live_fixture){.sink = {take_record}};
        wp_transcript_add(&f.transcript, &f.sink);
        f.world = world_virtual_new(&(struct wp_world_setup){.seed = 1, .transcript = &f.transcript});
    }
    ck_assert_int_eq(world_add(f.world, &dialler_class, &gateway_setup, NULL), 0);
}

static struct wp_addr place(size_t i)
{
    return (struct wp_addr){FIRST_IP + (uint32_t)i, DONGLE};
}

static wp_machine add_device(size_t i, const struct wp_link_setup *link)
{
    device_endpoint[i] =
        (struct wp_endpoint){.name = "dongle", .transport = WP_TCP, .listen = true, .addr = place(i)};
    device_setup[i] =
        (struct wp_setup){.name = "m", .endpoints = &device_endpoint[i], .n_endpoints = 1, .ip = place(i).ip};
    return world_add(f.world, &accepter_class, &device_setup[i], link);
}

static struct target *add_target(struct wp_addr to, wp_us within)
{
    targets[n_targets] = (struct target){.to = to, .within = within};
    return &targets[n_targets++];
}

static void dial_now(void)
{
    world_event(f.world, 0,
                &(struct wp_event){.kind = WP_EV_SET, .set = {.option = &go, .value = wp_int(1)}});
}

static void play_until_ended(void)
{
    dial_now();
    run_until(&f, &n_ended, (unsigned)n_targets);
    run_for(&f, WP_MS(5));
    ck_assert_uint_eq(n_strange, 0);
}

static bool may_play(int live)
{
    if (live && !has_mosquitto()) {
        puts("skipped: mosquitto is not installed");
        return false;
    }
    return true;
}

/* ---- the tests: 0 virtual, 1 live ---------------------------------------------------------------------- */

START_TEST(each_end_says_where_the_dial_went)
{
    const struct wp_link_setup slow = {.latency = WP_MS(SLOW)};
    struct target *there, *patient, *hasty, *down, *nobody;
    wp_machine fallen;

    if (!may_play(_i))
        return;
    open_world(_i);
    add_device(0, NULL);
    add_device(1, &slow);
    add_device(2, &slow);
    fallen = add_device(3, NULL);
    fixture_start(&f);
    world_restart(f.world, fallen, false, WP_SEC(100));
    there = add_target(place(0), WP_MS(PATIENCE));
    patient = add_target(place(1), WP_SEC(10));
    hasty = add_target(place(2), WP_MS(PATIENCE));
    down = add_target(place(3), WP_SEC(10));
    nobody = add_target((struct wp_addr){NOBODY_IP, 1}, 0);
    play_until_ended();

    ck_assert(there->opens == 1 && there->closes == 0);
    ck_assert(patient->opens == 1 && patient->closes == 0);
    ck_assert_int_ge(patient->at, WP_MS(2 * SLOW));
    ck_assert(hasty->opens == 0 && hasty->closes == 1 && hasty->reason == WP_CLOSE_TIMEOUT);
    ck_assert(hasty->at >= WP_MS(PATIENCE) && hasty->at < patient->at);
    ck_assert(down->closes == 1 && down->reason == WP_CLOSE_REFUSED);
    ck_assert(nobody->closes == 1 && nobody->reason == WP_CLOSE_REFUSED);
    ck_assert_uint_eq(n_accepted, 2); /* the hasty one's device hears nothing */
    ck_assert(log_has(&f, "gateway close timeout to 127.1.0.3:8000\n"));
    ck_assert(log_has(&f, "gateway close refused to 127.1.0.4:8000\n"));
    ck_assert(log_has(&f, "gateway close refused to 127.0.9.9:1\n"));
    fixture_close(&f);
}
END_TEST

START_TEST(many_are_under_way_at_once)
{
    size_t n = _i ? 300 : DEVICES_MAX;

    if (!may_play(_i))
        return;
    open_world(_i);
    f.quiet = true;
    for (size_t i = 0; i < n; i++) {
        add_device(i, NULL);
        add_target(place(i), WP_SEC(20));
    }
    fixture_start(&f);
    dial_now();
    run_until(&f, &n_ended, (unsigned)n);
    run_until(&f, &n_accepted, (unsigned)n);
    for (size_t i = 0; i < n; i++)
        ck_assert(targets[i].opens == 1 && targets[i].closes == 0);
    ck_assert_uint_eq(n_strange, 0);
    fixture_close(&f);
}
END_TEST

/* What was dialled in an earlier life is nobody's. */
START_TEST(a_restart_forgets_what_is_under_way)
{
    const struct wp_link_setup slow = {.latency = WP_MS(20)};

    if (!may_play(_i))
        return;
    open_world(_i);
    add_device(0, &slow);
    add_device(1, &slow);
    fixture_start(&f);
    add_target(place(0), WP_SEC(1));
    add_target(place(1), WP_MS(30));
    add_target((struct wp_addr){NOBODY_IP, 1}, 0);
    dial_now();
    world_restart(f.world, 0, false, 0);
    run_for(&f, WP_MS(100));
    ck_assert_uint_eq(n_ended, 0);
    fixture_close(&f);
}
END_TEST

/* A listener whose queue is full answers no SYN. */
static int silent_listener(struct wp_addr *ret_at, int waiting[2])
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t n = sizeof a;

    ck_assert(bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 0) == 0 &&
              getsockname(fd, (struct sockaddr *)&a, &n) == 0);
    for (int i = 0; i < 2; i++) {
        waiting[i] = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert_int_ge(fcntl(waiting[i], F_SETFL, O_NONBLOCK), 0);
        (void)connect(waiting[i], (struct sockaddr *)&a, sizeof a);
    }
    *ret_at = (struct wp_addr){INADDR_LOOPBACK, ntohs(a.sin_port)};
    return fd;
}

START_TEST(a_silent_address_fails_in_time)
{
    struct wp_addr at;
    struct target *t;
    int waiting[2], fd;
    wp_us began;

    if (!may_play(1))
        return;
    fd = silent_listener(&at, waiting);
    open_world(true);
    fixture_start(&f);
    t = add_target(at, WP_MS(PATIENCE));
    began = world_now(f.world);
    play_until_ended();
    ck_assert(t->closes == 1 && t->reason == WP_CLOSE_TIMEOUT);
    ck_assert_int_ge(t->at - began, WP_MS(PATIENCE));
    fixture_close(&f);
    close(waiting[0]);
    close(waiting[1]);
    close(fd);
}
END_TEST

/* What is written down of it: in the run's records, and in the line about a failure. */
START_TEST(a_record_of_a_failed_dial_names_the_address)
{
    const struct wp_record r = {.kind = WP_REC_CLOSE,
                                .machine = "gateway",
                                .close = {.reason = WP_CLOSE_TIMEOUT, .peer = {FIRST_IP, DONGLE}}};
    char text[400];
    struct wp_writer w = wp_writer(text, sizeof text);

    record_put_json(&w, &r);
    ck_assert_ptr_nonnull(
        strstr(wp_put_end(&w), "\"reason\":\"timeout\",\"code\":0,\"peer_addr\":\"127.1.0.1:8000\""));
    w = wp_writer(text, sizeof text);
    pattern_put_record(&w, &r);
    ck_assert_str_eq(wp_put_end(&w), "close gateway dial to 127.1.0.1:8000");
}
END_TEST

/* UDP needs a source port of its own: when all have been taken, that dial says so, and where it went. */
START_TEST(a_datagram_dial_without_a_source_fails)
{
    static const struct wp_endpoint endpoints[] = {{.name = "broker", .transport = WP_BROKER},
                                                   {.name = "dongles", .transport = WP_UDP}};
    static const struct wp_setup setup = {
        .name = "gateway", .endpoints = endpoints, .n_endpoints = 2, .ip = GATEWAY_IP};
    const struct wp_addr to = {NOBODY_IP, 1};

    forget();
    f = (struct live_fixture){.sink = {take_record}, .quiet = true};
    wp_transcript_add(&f.transcript, &f.sink);
    f.world = world_virtual_new(&(struct wp_world_setup){.seed = 1, .transcript = &f.transcript});
    world_add(f.world, &dialler_class, &setup, NULL);
    fixture_start(&f);
    add_target(to, 0);
    for (unsigned i = 0; i < 65536 && targets[0].closes == 0; i++) {
        dial_now();
        run_for(&f, 0);
    }
    ck_assert_uint_eq(targets[0].opens, 65536 - 40000);
    ck_assert(targets[0].closes == 1 && targets[0].reason == WP_CLOSE_REFUSED);
    ck_assert_uint_eq(n_strange, 0);
    fixture_close(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dials");
    TCase *t = tcase_create("dials");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, each_end_says_where_the_dial_went, 0, 2);
    tcase_add_loop_test(t, many_are_under_way_at_once, 0, 2);
    tcase_add_loop_test(t, a_restart_forgets_what_is_under_way, 0, 2);
    tcase_add_test(t, a_silent_address_fails_in_time);
    tcase_add_test(t, a_record_of_a_failed_dial_names_the_address);
    tcase_add_test(t, a_datagram_dial_without_a_source_fails);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
