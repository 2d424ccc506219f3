/* Broker sessions of the live world, against a real mosquitto.
 * covers: live_tap live_session live_pending live_house live_effect access_plugin */
#include "tests/live_fixture.h"

#include "sim/world/live.h"

#include <arpa/inet.h>
#include <signal.h>

static struct live_fixture f;

static void open_clients(unsigned n, const struct wp_access *access)
{
    fixture_open(&f, (struct wp_world_setup){.access = access});
    for (unsigned i = 0; i < n; i++) {
        char name[16];

        snprintf(name, sizeof name, "c%u", i);
        fixture_client(&f, name);
    }
    fixture_start(&f);
}

static void log_in_with(wp_machine m, struct wp_login login)
{
    unsigned n = probes[m].opens + probes[m].closes + 1, now;

    act(&f, m, (struct wp_effect){.kind = WP_LOGIN, .login = &login});
    do {
        run_for(&f, WP_MS(1));
        now = probes[m].opens + probes[m].closes;
    } while (now < n && world_now(f.world) < WP_SEC(30));
    ck_assert_uint_eq(now, n);
}

static void hang_up(wp_machine m, bool abort)
{
    act(&f, m, (struct wp_effect){.kind = WP_HANG_UP, .port = probes[m].port, .abort = abort});
}

START_TEST(messages_go_from_client_to_client)
{
    open_clients(2, NULL);
    log_in(&f, 0, "alice");
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "x/#", 2);
    for (uint8_t qos = 0; qos <= 2; qos++)
        publish(&f, 0, "x/y", "hello", qos, false);
    run_until(&f, &probes[1].messages, 3);
    run_until(&f, &probes[0].acked, 3);
    ck_assert(log_has(&f, "c1-broker subscribe x/# q2\nc1-broker suback x/# q2\n"
                          "c0-broker publish x/y=hello q0\nc0-broker publish x/y=hello q1\n"
                          "c0-broker publish x/y=hello q2\n"));
    ck_assert(log_has(&f, "c1-broker deliver x/y=hello q0\n"));
    ck_assert(log_has(&f, "c1-broker deliver x/y=hello q1\n"));
    ck_assert(log_has(&f, "c1-broker deliver x/y=hello q2\n"));
    fixture_close(&f);
}
END_TEST

START_TEST(a_retained_message_waits_for_a_subscriber)
{
    open_clients(2, NULL);
    log_in(&f, 0, "alice");
    publish(&f, 0, "state", "on", 1, true);
    run_until(&f, &probes[0].acked, 1);
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "state", 0);
    run_until(&f, &probes[1].messages, 1);
    ck_assert(log_has(&f, "c1-broker deliver state=on q0 retain\n"));
    fixture_close(&f);
}
END_TEST

static const struct wp_login mourned = {.client_id = {(const uint8_t *)"alice", 5},
                                        .clean = true,
                                        .has_will = true,
                                        .will = {.topic = {(const uint8_t *)"state", 5},
                                                 .payload = {(const uint8_t *)"gone", 4},
                                                 .qos = 1,
                                                 .retain = true}};

/* A will is recorded before its deliveries, as what it is. */
START_TEST(a_client_that_vanishes_has_its_will)
{
    open_clients(2, NULL);
    log_in_with(0, mourned);
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "#", 1);
    publish(&f, 0, "last", "words", 0, false);
    hang_up(0, true);
    run_until(&f, &probes[1].messages, 2);
    ck_assert(log_has(&f, "c0-broker publish state=gone q1 retain will\nc1-broker deliver "));
    ck_assert(log_has(&f, "c1-broker deliver state=gone q1\n"));
    fixture_close(&f);
}
END_TEST

START_TEST(a_goodbye_leaves_no_will)
{
    open_clients(2, NULL);
    log_in_with(0, mourned);
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "#", 1);
    publish(&f, 0, "last", "words", 1, false);
    hang_up(0, false);
    run_until(&f, &probes[1].messages, 1);
    run_for(&f, WP_MS(50));
    ck_assert_uint_eq(probes[1].messages, 1);
    ck_assert_uint_eq(probes[0].closes, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_OWN);
    fixture_close(&f);
}
END_TEST

/* The newcomer keeps the id; the one before it is cut off and has its will. */
START_TEST(an_id_belongs_to_who_came_last)
{
    open_clients(3, NULL);
    log_in_with(0, mourned);
    log_in(&f, 2, "bob");
    subscribe(&f, 2, "#", 1);
    log_in(&f, 1, "alice");
    run_until(&f, &probes[0].closes, 1);
    run_until(&f, &probes[2].messages, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_RESET);
    ck_assert(log_has(&f, "c0-broker publish state=gone q1 retain will\n"));
    fixture_close(&f);
}
END_TEST

START_TEST(a_kept_session_is_found_again)
{
    const struct wp_login keeping = {.client_id = wp_text("alice")};

    open_clients(2, NULL);
    log_in_with(0, keeping);
    ck_assert(!probes[0].session_present);
    subscribe(&f, 0, "x", 1);
    hang_up(0, false);
    log_in(&f, 1, "bob");
    publish(&f, 1, "x", "kept", 1, false);
    run_until(&f, &probes[1].acked, 1);
    log_in_with(0, keeping);
    ck_assert(probes[0].session_present);
    run_until(&f, &probes[0].messages, 1);
    fixture_close(&f);
}
END_TEST

/* ---- access ---------------------------------------------------------------------------------------- */

static const struct wp_access_user users[] = {{"alice", "secret"}};
static const struct wp_access_rule rules[] = {{NULL, WP_ACCESS_SUBSCRIBE, "N/id1/#"},
                                              {"alice", WP_ACCESS_PUBLISH, "N/id1/+"}};
static const struct wp_access access_rules = {
    .anonymous = true, .users = users, .n_users = 1, .rules = rules, .n_rules = 2};

START_TEST(a_wrong_password_is_refused)
{
    open_clients(2, &access_rules);
    log_in_with(0, (struct wp_login){.client_id = wp_text("a"),
                                     .user = wp_text("alice"),
                                     .password = wp_text("guess"),
                                     .clean = true});
    ck_assert_uint_eq(probes[0].opens, 0);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_REFUSED);
    ck_assert_uint_eq(probes[0].code, 5);
    ck_assert(log_has(&f, "c0-broker connack 5\n"));
    log_in_with(0, (struct wp_login){.client_id = wp_text("a"),
                                     .user = wp_text("alice"),
                                     .password = wp_text("secret"),
                                     .clean = true});
    ck_assert_uint_eq(probes[0].opens, 1);
    log_in(&f, 1, "anonymous");
    fixture_close(&f);
}
END_TEST

START_TEST(a_filter_beyond_the_rules_is_refused)
{
    open_clients(1, &access_rules);
    log_in(&f, 0, "a");
    subscribe(&f, 0, "#", 1);
    ck_assert_uint_eq(probes[0].granted, WP_SUBACK_REFUSED);
    subscribe(&f, 0, "N/+/x", 1);
    ck_assert_uint_eq(probes[0].granted, WP_SUBACK_REFUSED);
    subscribe(&f, 0, "N/id1/#", 1);
    ck_assert_uint_eq(probes[0].granted, 1);
    fixture_close(&f);
}
END_TEST

START_TEST(a_denied_publish_is_acknowledged_and_dropped)
{
    open_clients(2, &access_rules);
    log_in(&f, 0, "a");
    log_in_with(1, (struct wp_login){.client_id = wp_text("b"),
                                     .user = wp_text("alice"),
                                     .password = wp_text("secret"),
                                     .clean = true});
    subscribe(&f, 1, "N/id1/#", 1);
    publish(&f, 0, "N/id1/x", "denied", 1, false);
    run_until(&f, &probes[0].acked, 1);
    publish(&f, 0, "N/id1/x", "denied", 0, false);
    publish(&f, 0, "N/id1/x", "again", 1, false);
    run_until(&f, &probes[0].acked, 3);
    publish(&f, 1, "N/id1/x", "granted", 1, false);
    run_until(&f, &probes[1].messages, 1);
    ck_assert_str_eq(probes[1].last, "granted");
    fixture_close(&f);
}
END_TEST

START_TEST(a_denied_publish_may_cost_the_connection)
{
    struct wp_access strict = access_rules;

    strict.close_on_denied = true;
    open_clients(1, &strict);
    log_in(&f, 0, "a");
    publish(&f, 0, "N/id1/x", "denied", 0, false);
    run_until(&f, &probes[0].closes, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_RESET);
    fixture_close(&f);
}
END_TEST

/* ---- the broker comes and goes --------------------------------------------------------------------- */

START_TEST(a_killed_broker_comes_back_empty)
{
    struct wp_addr before, after;

    open_clients(2, NULL);
    before = world_broker_addr(f.world, false);
    log_in(&f, 0, "alice");
    publish(&f, 0, "state", "on", 1, true);
    run_until(&f, &probes[0].acked, 1);
    world_restart_broker(f.world, false, WP_MS(100));
    run_until(&f, &probes[0].closes, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_RESET);
    log_in_with(0, (struct wp_login){.client_id = wp_text("alice"), .clean = true});
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_REFUSED);
    for (int i = 0; i < 100 && probes[0].opens < 2; i++) { /* how soon it is back is the machine's affair */
        run_for(&f, WP_MS(100));
        log_in_with(0, (struct wp_login){.client_id = wp_text("alice"), .clean = true});
    }
    ck_assert_uint_eq(probes[0].opens, 2);
    subscribe(&f, 0, "state", 0);
    run_for(&f, WP_MS(50));
    ck_assert_uint_eq(probes[0].messages, 0);
    after = world_broker_addr(f.world, false);
    ck_assert_uint_eq(before.port, after.port);
    fixture_close(&f);
}
END_TEST

/* As mosquitto does at SIGTERM; the plugin tells these wills from what was published before. */
START_TEST(a_broker_that_ends_in_good_order_publishes_the_wills)
{
    open_clients(2, NULL);
    log_in_with(0, mourned);
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "#", 1);
    publish(&f, 0, "last", "words", 0, false);
    run_until(&f, &probes[1].messages, 1);
    world_restart_broker(f.world, true, 0);
    run_until(&f, &probes[1].closes, 1);
    ck_assert(log_has(&f, "broker fault restart orderly 0\nc0-broker publish state=gone q1 retain will\n"));
    ck_assert(log_has(&f, "c1-broker deliver state=gone q1\n"));
    fixture_close(&f);
}
END_TEST

START_TEST(a_broker_that_dies_by_itself_is_an_error)
{
    struct live *w;

    open_clients(1, NULL);
    w = (struct live *)(void *)f.world;
    kill(w->house.daemon.pid, SIGKILL);
    ck_assert_int_eq(world_run(f.world, world_now(f.world) + WP_SEC(5)), WP_WORLD_ERROR);
    ck_assert_ptr_nonnull(strstr(world_error(f.world), "the broker has ended by itself: signal 9"));
    fixture_close(&f);
}
END_TEST

START_TEST(nothing_is_queued_for_a_port_that_is_gone)
{
    wp_port port;

    open_clients(1, NULL);
    log_in(&f, 0, "alice");
    port = probes[0].port;
    hang_up(0, false);
    act(&f, 0,
        (struct wp_effect){.kind = WP_PUBLISH,
                           .port = port,
                           .publish = {.topic = wp_text("x"), .payload = wp_text("y"), .qos = 1, .tag = 3}});
    run_until(&f, &probes[0].refused, 1);
    fixture_close(&f);
}
END_TEST

/* While the broker takes nothing, the machine's TCP is not read; a note says so. */
START_TEST(a_broker_that_does_not_read_chokes_the_machine)
{
    enum { PIECE = 256 << 10 };
    static uint8_t bytes[PIECE];
    struct live *w;

    open_clients(1, NULL);
    f.quiet = true;
    w = (struct live *)(void *)f.world;
    log_in(&f, 0, "alice");
    kill(w->house.daemon.pid, SIGSTOP);
    for (unsigned i = 0; i < 48; i++)
        act(&f, 0,
            (struct wp_effect){
                .kind = WP_PUBLISH,
                .port = probes[0].port,
                .publish = {.topic = wp_text("x"), .payload = wp_slice(bytes, PIECE), .tag = 1}});
    run_for(&f, WP_MS(50));
    ck_assert(w->seat[0]->choked);
    ck_assert_uint_eq(f.count[WP_REC_NOTE], 1);
    ck_assert_uint_lt(probes[0].acked, 48);
    kill(w->house.daemon.pid, SIGCONT);
    run_until(&f, &probes[0].acked, 48);
    ck_assert(!w->seat[0]->choked);
    ck_assert_uint_eq(w->seat[0]->unsent, 0);
    fixture_close(&f);
}
END_TEST

/* ---- faults of the line ---------------------------------------------------------------------------- */

/* Of the publisher, from it; then it publishes "one" and "two". The virtual world is held to the same. */
static const struct {
    struct wp_link_fault fault;
    const char *gets;
} faults[] = {
    {{.kind = WP_LINK_DROP}, "two"},
    {{.kind = WP_LINK_DUPLICATE}, "one one two"},
    {{.kind = WP_LINK_DELAY, .duration = WP_MS(20)}, "one two"},
    {{.kind = WP_LINK_SPLIT, .at = 3, .duration = WP_MS(20)}, "one two"},
    {{.kind = WP_LINK_MERGE}, "one two"},
    /* fixed header 2, length 2, topic 1, number 2: the payload begins at 7 */
    {{.kind = WP_LINK_CORRUPT, .at = 7, .mask = 0x20}, "One two"},
    {{.kind = WP_LINK_CORRUPT, .at = 4, .mask = 1}, "two"},
};

/* Before the login, or while the session stands: the line is the same. */
START_TEST(a_fault_strikes_publish_packets)
{
    bool early = (size_t)_i < sizeof faults / sizeof faults[0];
    struct wp_link_fault fault = faults[(size_t)_i % (sizeof faults / sizeof faults[0])].fault;
    const char *gets = faults[(size_t)_i % (sizeof faults / sizeof faults[0])].gets;
    char got[64] = "", *line;

    fault.times = 1;
    fault.direction = WP_LINK_FROM;
    open_clients(2, NULL);
    if (early)
        world_fault(f.world, 0, &fault);
    log_in(&f, 0, "alice");
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "x", 2);
    if (!early)
        world_fault(f.world, 0, &fault);
    publish(&f, 0, "x", "one", 1, false);
    publish(&f, 0, "x", "two", 1, false);
    run_for(&f, WP_MS(100));
    for (line = strtok(f.trace.text, "\n"); line; line = strtok(NULL, "\n"))
        if (strstr(line, "deliver"))
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s%.3s", *got ? " " : "",
                     strchr(line, '=') + 1);
    ck_assert_str_eq(got, gets);
    fixture_close(&f);
}
END_TEST

START_TEST(a_fault_strikes_deliveries_too)
{
    const struct wp_link_fault drop = {.kind = WP_LINK_DROP, .direction = WP_LINK_TO, .times = 1};

    open_clients(2, NULL);
    log_in(&f, 0, "alice");
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "x", 2);
    world_fault(f.world, 1, &drop);
    publish(&f, 0, "x", "one", 0, false);
    publish(&f, 0, "x", "two", 0, false);
    run_until(&f, &probes[1].messages, 1);
    ck_assert_str_eq(probes[1].last, "two");
    fixture_close(&f);
}
END_TEST

/* A line with latency: from the login to the goodbye, everything is late, and nothing is lost. */
START_TEST(a_long_line_loses_nothing)
{
    const struct wp_link_setup line = {.latency = WP_MS(20)};
    wp_us sent;

    fixture_open(&f, (struct wp_world_setup){0});
    fixture_add(&f, "c0", 0, broker_endpoint, 1, &line);
    fixture_client(&f, "c1");
    fixture_start(&f);
    log_in_with(0, mourned);
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "#", 2);
    sent = world_now(f.world);
    publish(&f, 0, "x", "1", 2, false);
    run_until(&f, &probes[0].acked, 1);
    ck_assert_int_ge(world_now(f.world) - sent, WP_MS(80));
    publish(&f, 0, "x", "2", 0, false);
    hang_up(0, true);
    run_until(&f, &probes[1].messages, 3);
    ck_assert_str_eq(probes[1].last, "gone");
    fixture_close(&f);
}
END_TEST

START_TEST(a_cut_session_leaves_its_will)
{
    const struct wp_link_fault now = {.kind = WP_LINK_CUT, .direction = WP_LINK_BOTH, .times = 1};
    const struct wp_link_fault later = {.kind = WP_LINK_CUT, .direction = WP_LINK_FROM, .times = 1, .n = 3};

    open_clients(2, NULL);
    log_in_with(0, mourned);
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "#", 2);
    world_fault(f.world, 0, &now);
    run_until(&f, &probes[0].closes, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_RESET);
    run_until(&f, &probes[1].messages, 1);
    log_in_with(0, mourned);
    world_fault(f.world, 0, &later);
    publish(&f, 0, "x", "cut", 1, false);
    run_until(&f, &probes[0].closes, 2);
    ck_assert_uint_eq(probes[0].refused, 1);
    run_until(&f, &probes[1].messages, 2);
    ck_assert_str_eq(probes[1].last, "gone");
    fixture_close(&f);
}
END_TEST

START_TEST(a_stream_that_is_no_mqtt_any_more_ends_the_session)
{
    const struct wp_link_fault flip = {
        .kind = WP_LINK_CORRUPT, .direction = WP_LINK_FROM, .at = 0, .mask = 0xC0, .times = 1};

    open_clients(1, NULL);
    log_in(&f, 0, "alice");
    world_fault(f.world, 0, &flip);
    publish(&f, 0, "x", "", 0, false);
    run_until(&f, &probes[0].closes, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_RESET);
    fixture_close(&f);
}
END_TEST

/* ---- sizes and numbers ----------------------------------------------------------------------------- */

START_TEST(a_mebibyte_is_one_message)
{
    enum { SIZE = 1 << 20 };
    static uint8_t bytes[SIZE];

    open_clients(2, NULL);
    f.quiet = true;
    log_in(&f, 0, "alice");
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "big", 1);
    act(&f, 0,
        (struct wp_effect){.kind = WP_PUBLISH,
                           .port = probes[0].port,
                           .publish = {.topic = wp_text("big"), .payload = wp_slice(bytes, SIZE), .qos = 1}});
    run_until(&f, &probes[1].messages, 1);
    ck_assert_uint_eq(probes[1].bytes, SIZE);
    fixture_close(&f);
}
END_TEST

START_TEST(three_hundred_clients_log_in)
{
    enum { MANY = 300 };
    unsigned opens = 0;

    open_clients(MANY, NULL);
    f.quiet = true;
    for (wp_machine m = 0; m < MANY; m++) {
        const struct wp_login login = {.clean = true}; /* the broker names them */

        act(&f, m, (struct wp_effect){.kind = WP_LOGIN, .login = &login});
    }
    for (int i = 0; i < 5000 && opens < MANY; i++) {
        run_for(&f, WP_MS(1));
        opens = 0;
        for (unsigned m = 0; m < MANY; m++)
            opens += probes[m].opens;
    }
    ck_assert_uint_eq(opens, MANY);
    fixture_close(&f);
}
END_TEST

/* Nobody but the clients of the scenario counts as connected. */
START_TEST(the_harness_is_no_client)
{
    open_clients(2, NULL);
    log_in(&f, 0, "alice");
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "$SYS/broker/clients/connected", 0);
    run_for(&f, WP_MS(2500));
    ck_assert_str_eq(probes[1].last, "2");
    fixture_close(&f);
}
END_TEST

/* ---- with a stranger ------------------------------------------------------------------------------- */

static int stranger_logs_in(const char *packet, size_t n)
{
    struct wp_addr at = world_broker_addr(f.world, false);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(at.port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(at.ip);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_eq(write(fd, packet, n), (ssize_t)n);
    return fd;
}

/* What somebody else publishes is in the transcript too, before its deliveries; and so is the will. */
START_TEST(a_strangers_messages_are_recorded)
{
    static const char connect_packet[] =
        "\x10\x18\x00\x04MQTT\x04\x06\x00\x3C\x00\x03sut\x00\x01w\x00\x04gone";
    static const char publish_packet[] = "\x31\x08\x00\x03"
                                         "a/b"
                                         "123";
    int fd;

    open_clients(1, NULL);
    log_in(&f, 0, "bob");
    subscribe(&f, 0, "#", 1);
    fd = stranger_logs_in(connect_packet, sizeof connect_packet - 1);
    ck_assert_int_eq(write(fd, publish_packet, sizeof publish_packet - 1), sizeof publish_packet - 1);
    run_until(&f, &probes[0].messages, 1);
    ck_assert(log_has(&f, "broker note client-login sut from 127.0.0.1 0\n"
                          "sut-broker publish a/b=123 q0 retain\nc0-broker deliver a/b=123 q0\n"));
    close(fd);
    run_until(&f, &probes[0].messages, 2);
    ck_assert(log_has(&f, "sut-broker publish w=gone q0 will\nc0-broker deliver w=gone q0\n"));
    ck_assert(log_has(&f, "broker note client-gone sut from 127.0.0.1 0\n"));
    fixture_close(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("live_mqtt");
    TCase *t = tcase_create("live_mqtt");
    SRunner *r;
    int failed;

    if (!has_mosquitto()) {
        puts("skipped: mosquitto is not installed");
        return 0;
    }
    tcase_set_timeout(t, 30);
    tcase_add_test(t, messages_go_from_client_to_client);
    tcase_add_test(t, a_retained_message_waits_for_a_subscriber);
    tcase_add_test(t, a_client_that_vanishes_has_its_will);
    tcase_add_test(t, a_goodbye_leaves_no_will);
    tcase_add_test(t, an_id_belongs_to_who_came_last);
    tcase_add_test(t, a_kept_session_is_found_again);
    tcase_add_test(t, a_wrong_password_is_refused);
    tcase_add_test(t, a_filter_beyond_the_rules_is_refused);
    tcase_add_test(t, a_denied_publish_is_acknowledged_and_dropped);
    tcase_add_test(t, a_denied_publish_may_cost_the_connection);
    tcase_add_test(t, a_killed_broker_comes_back_empty);
    tcase_add_test(t, a_broker_that_ends_in_good_order_publishes_the_wills);
    tcase_add_test(t, a_broker_that_dies_by_itself_is_an_error);
    tcase_add_test(t, nothing_is_queued_for_a_port_that_is_gone);
    tcase_add_test(t, a_broker_that_does_not_read_chokes_the_machine);
    tcase_add_loop_test(t, a_fault_strikes_publish_packets, 0, 2 * (int)(sizeof faults / sizeof faults[0]));
    tcase_add_test(t, a_fault_strikes_deliveries_too);
    tcase_add_test(t, a_long_line_loses_nothing);
    tcase_add_test(t, a_cut_session_leaves_its_will);
    tcase_add_test(t, a_stream_that_is_no_mqtt_any_more_ends_the_session);
    tcase_add_test(t, a_mebibyte_is_one_message);
    tcase_add_test(t, three_hundred_clients_log_in);
    tcase_add_test(t, the_harness_is_no_client);
    tcase_add_test(t, a_strangers_messages_are_recorded);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
