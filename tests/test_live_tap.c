/* Broker sessions of the live world over a line with faults, and their bytes as captures have them. covers: live_seen */
#include "tests/live_sessions.h"
#include "tests/wire_trace.h"

#include <signal.h>

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

/* ---- the bytes of our own sessions ------------------------------------------------------------------ */

static struct wire_trace seen;

static void open_seen(unsigned n)
{
    seen = (struct wire_trace){.sink = {wire_trace_take}};
    open_world(n, (struct wp_world_setup){.wires = true});
    wp_transcript_add(&f.transcript, &seen.sink);
}

/* One direction; how the two interleave is the broker's affair. */
static void expect_way(const char *way, const char *lines)
{
    char got[1024] = "", text[sizeof seen.text];

    memcpy(text, seen.text, sizeof text);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (strstr(line, way))
            strcat(strcat(got, strstr(line, way) + strlen(way)), "\n");
    ck_assert_str_eq(got, lines);
}

/* True from the first byte to the last; the library numbers as it likes. */
START_TEST(a_session_is_seen_from_the_login_to_the_goodbye)
{
    open_seen(1);
    log_in_with(0, (struct wp_login){.client_id = wp_text("alice"),
                                     .clean = true,
                                     .user = wp_text("u"),
                                     .password = wp_text("secret")});
    subscribe(&f, 0, "x", 1);
    publish(&f, 0, "x", "hello", 1, false);
    run_until(&f, &probes[0].messages, 1);
    run_until(&f, &probes[0].acked, 1);
    world_end(f.world);
    expect_way(
        " up ",
        "CONNECT alice ******\nSUBSCRIBE id=1\nPUBLISH x=hello q1 id=2\nPUBACK id=1\nDISCONNECT\nfin\n");
    expect_way(" down ", "CONNACK 0\nSUBACK id=1\nPUBLISH x=hello q1 id=1\nPUBACK id=2\nfin\n");
    ck_assert_uint_eq(seen.n_topics, 2);
    fixture_close(&f);
}
END_TEST

START_TEST(a_fault_is_seen_in_the_bytes)
{
    const struct wp_link_fault flip = {
        .kind = WP_LINK_CORRUPT, .direction = WP_LINK_FROM, .at = 7, .mask = 0x20, .times = 1};

    open_seen(1);
    log_in(&f, 0, "alice");
    world_fault(f.world, 0, &flip);
    publish(&f, 0, "x", "one", 1, false);
    run_until(&f, &probes[0].acked, 1);
    ck_assert_ptr_nonnull(strstr(seen.text, "1 up PUBLISH x=One q1 id=1\n"));
    ck_assert(log_has(&f, "c0-broker publish x=one q1\n"));
    fixture_close(&f);
}
END_TEST

START_TEST(a_refused_login_is_seen_too)
{
    const struct wp_access_user users[] = {{"alice", "right"}};
    const struct wp_access access = {.users = users, .n_users = 1};

    seen = (struct wire_trace){.sink = {wire_trace_take}};
    open_world(1, (struct wp_world_setup){.wires = true, .access = &access});
    wp_transcript_add(&f.transcript, &seen.sink);
    log_in_with(0, (struct wp_login){.client_id = wp_text("a"), .clean = true});
    world_end(f.world);
    ck_assert_int_eq(strncmp(seen.text, "1 open\n1 up CONNECT a\n1 down CONNACK 5\n", 39), 0);
    ck_assert_ptr_nonnull(strstr(seen.text, "1 up fin\n"));
    ck_assert_ptr_nonnull(strstr(seen.text, "1 down fin\n"));
    fixture_close(&f);
}
END_TEST

/* A broker that is not there: no connection, and the machine is told as ever. */
START_TEST(no_broker_is_a_refused_login)
{
    open_seen(1);
    world_restart_broker(f.world, false, WP_SEC(20));
    run_for(&f, WP_MS(100));
    log_in_with(0, (struct wp_login){.client_id = wp_text("a"), .clean = true});
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_REFUSED);
    ck_assert_ptr_null(strstr(seen.text, "CONNACK"));
    fixture_close(&f);
}
END_TEST

/* The tap takes no more than it can pass on: the machine is choked as it is without. */
START_TEST(a_broker_that_does_not_read_chokes_a_tapped_machine)
{
    enum { PIECE = 256 << 10 };
    static uint8_t bytes[PIECE];
    struct live *w;

    open_seen(1);
    f.quiet = true;
    w = (struct live *)(void *)f.world;
    log_in(&f, 0, "alice");
    f.transcript.n_sinks = 1; /* so much is not to be read */
    kill(w->house.daemon.pid, SIGSTOP);
    for (unsigned i = 0; i < 48; i++)
        act(&f, 0,
            (struct wp_effect){
                .kind = WP_PUBLISH,
                .port = probes[0].port,
                .publish = {.topic = wp_text("x"), .payload = wp_slice(bytes, PIECE), .tag = 1}});
    run_for(&f, WP_MS(100));
    ck_assert(w->seat[0]->choked);
    ck_assert_uint_lt(probes[0].acked, 48);
    kill(w->house.daemon.pid, SIGCONT);
    run_until(&f, &probes[0].acked, 48);
    ck_assert(!w->seat[0]->choked);
    fixture_close(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("live_tap");
    TCase *t = tcase_create("live_tap");
    SRunner *r;
    int failed;

    if (!has_mosquitto()) {
        puts("skipped: mosquitto is not installed");
        return 0;
    }
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, a_fault_strikes_publish_packets, 0, 2 * (int)(sizeof faults / sizeof faults[0]));
    tcase_add_test(t, a_fault_strikes_deliveries_too);
    tcase_add_test(t, a_long_line_loses_nothing);
    tcase_add_test(t, a_cut_session_leaves_its_will);
    tcase_add_test(t, a_stream_that_is_no_mqtt_any_more_ends_the_session);
    tcase_add_test(t, a_session_is_seen_from_the_login_to_the_goodbye);
    tcase_add_test(t, a_fault_is_seen_in_the_bytes);
    tcase_add_test(t, a_refused_login_is_seen_too);
    tcase_add_test(t, no_broker_is_a_refused_login);
    tcase_add_test(t, a_broker_that_does_not_read_chokes_a_tapped_machine);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
