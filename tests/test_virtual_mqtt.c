/* The virtual world: broker sessions, and what faults do to them.
 * covers: virtual_house, virtual_packet, virtual_login, virtual_sys */
#include "tests/world_trace.h"

#include <stdlib.h>

enum { A, B };

static const struct wp_endpoint endpoints[] = {
    {"broker", WP_BROKER, false, {0, 0}},
    {"meters", WP_TCP, true, {0, 8899}},
};
static const struct wp_endpoint dials[] = {{"line", WP_TCP, false, {0x7F000001, 8899}}};
static const struct wp_setup setups[] = {
    {.name = "a", .endpoints = endpoints, .n_endpoints = 2, .ip = 0x7F000001},
    {.name = "b", .endpoints = endpoints, .n_endpoints = 1, .ip = 0x7F000002},
    {.name = "m", .endpoints = dials, .n_endpoints = 1, .ip = 0x7F000003},
};

static struct wp_world *world;
static struct wp_transcript transcript;
static struct trace trace;

static void start_with(const struct wp_access *access)
{
    const struct wp_world_setup s = {.seed = 1, .transcript = &transcript, .access = access};

    trace = (struct trace){.sink = {trace_take}, .with_times = true};
    transcript = (struct wp_transcript){0};
    wp_transcript_add(&transcript, &trace.sink);
    world = world_virtual_new(&s);
    for (int i = 0; i < 3; i++)
        world_add(world, &puppet_class, &setups[i], NULL);
    ck_assert(world_start(world));
    trace.n = 0;
}

static void teardown(void)
{
    world_free(world);
    world = NULL;
}

static void expect(const char *text)
{
    ck_assert_str_eq(trace.text, text);
    trace.n = 0;
    trace.text[0] = 0;
}

static void run(wp_us until)
{
    ck_assert_int_ne(world_run(world, until), WP_WORLD_ERROR);
}

static void login_as(wp_machine m, const struct wp_login *login)
{
    const struct wp_effect e = {.kind = WP_LOGIN, .login = login};

    world_act(world, m, &e);
}

static const struct wp_login plain[] = {
    {.client_id = {(const uint8_t *)"a", 1}, .clean = true, .keepalive_s = 10},
    {.client_id = {(const uint8_t *)"b", 1}, .clean = true, .keepalive_s = 10},
};

static void subscribe(wp_machine m, const char *filter, uint8_t qos)
{
    const struct wp_effect e = {.kind = WP_SUBSCRIBE,
                                .port = world_port(world, m, "broker"),
                                .subscribe = {.filter = wp_text(filter), .qos = qos, .tag = 1}};

    world_act(world, m, &e);
}

static void publish(wp_machine m, const char *topic, const char *payload, uint8_t qos, bool retain,
                    uint32_t tag)
{
    const struct wp_effect e = {
        .kind = WP_PUBLISH,
        .port = world_port(world, m, "broker"),
        .publish = {
            .topic = wp_text(topic), .payload = wp_text(payload), .qos = qos, .retain = retain, .tag = tag}};

    world_act(world, m, &e);
}

static void hang_up(wp_machine m, bool abort)
{
    const struct wp_effect e = {.kind = WP_HANG_UP, .port = world_port(world, m, "broker"), .abort = abort};

    world_act(world, m, &e);
}

static void fault(wp_machine m, struct wp_link_fault f)
{
    if (!f.direction)
        f.direction = WP_LINK_BOTH;
    world_fault(world, m, &f);
}

/* a and b are logged in, b has subscribed x with QoS 2; it is 10 ms. */
static void start(void)
{
    start_with(NULL);
    login_as(A, &plain[A]);
    login_as(B, &plain[B]);
    run(WP_MS(1));
    subscribe(B, "x", 2);
    run(WP_MS(10));
    trace.n = 0;
    trace.text[0] = 0;
}

START_TEST(a_login_and_a_subscription_take_a_round_trip)
{
    start_with(NULL);
    login_as(A, &plain[A]);
    run(WP_MS(1));
    subscribe(A, "x/+", 1);
    run(WP_MS(2));
    expect("[  0.000000] a-broker login a\n"
           "[  0.000400] a-broker connack 0\n"
           "[  0.001000] a-broker subscribe x/+ q1\n"
           "[  0.001400] a-broker suback x/+ q1\n"
           "[  0.001400] a note subacked  1\n");
}
END_TEST

START_TEST(a_refused_login_has_its_code_and_no_password_is_shown)
{
    static const struct wp_access_user user = {"u", "secret"};
    static const struct wp_access locked = {.users = &user, .n_users = 1};
    struct wp_login l = plain[A];

    l.user = wp_text("u");
    l.password = wp_text("wrong");
    start_with(&locked);
    login_as(A, &l);
    run(WP_MS(1));
    expect("[  0.000000] a-broker login a ***\n"
           "[  0.000400] a-broker connack 5\n"
           "[  0.000400] a-broker close refused 5\n");
}
END_TEST

/* QoS 0 is acknowledged at once, QoS 1 when the broker has it, QoS 2 after four hops; QoS 2 is delivered when it has
 * been released on both sides. */
START_TEST(each_qos_takes_its_hops)
{
    start();
    publish(A, "x", "0", 0, false, 7);
    run(WP_MS(20));
    expect("[  0.010000] a-broker publish x=0 q0\n"
           "[  0.010000] a note acked  7\n"
           "[  0.010400] b-broker deliver x=0 q0\n");
    publish(A, "x", "1", 1, false, 8);
    run(WP_MS(30));
    expect("[  0.020000] a-broker publish x=1 q1\n"
           "[  0.020400] b-broker deliver x=1 q1\n"
           "[  0.020400] a note acked  8\n");
    publish(A, "x", "2", 2, false, 9);
    run(WP_MS(40));
    expect("[  0.030000] a-broker publish x=2 q2\n"
           "[  0.030800] a note acked  9\n"
           "[  0.031200] b-broker deliver x=2 q2\n");
}
END_TEST

START_TEST(a_publish_without_session_is_refused)
{
    start_with(NULL);
    publish(A, "x", "", 1, false, 3);
    publish(A, "x", "", 0, false, 0);
    run(WP_MS(1));
    expect("[  0.000000] a note refused  3\n");
}
END_TEST

START_TEST(a_publish_that_the_session_does_not_survive_is_refused)
{
    start();
    publish(A, "x", "1", 1, false, 3);
    publish(A, "x", "2", 2, false, 4);
    publish(A, "x", "0", 0, false, 5);
    hang_up(A, false);
    run(WP_MS(20));
    expect("[  0.010000] a-broker publish x=1 q1\n"
           "[  0.010000] a-broker publish x=2 q2\n"
           "[  0.010000] a-broker publish x=0 q0\n"
           "[  0.010000] a-broker close own\n"
           "[  0.010000] a note acked  5\n"
           "[  0.010000] a note refused  3\n"
           "[  0.010000] a note refused  4\n"
           "[  0.010400] b-broker deliver x=1 q1\n"
           "[  0.010400] b-broker deliver x=0 q0\n");
}
END_TEST

START_TEST(a_goodbye_lets_what_was_published_pass)
{
    start();
    publish(A, "x", "last", 0, false, 0);
    hang_up(A, false);
    run(WP_MS(20));
    expect("[  0.010000] a-broker publish x=last q0\n"
           "[  0.010000] a-broker close own\n"
           "[  0.010400] b-broker deliver x=last q0\n");
}
END_TEST

START_TEST(an_aborted_session_leaves_its_will)
{
    struct wp_login l = plain[A];

    start();
    hang_up(A, false);
    l.has_will = true;
    l.will.topic = wp_text("x");
    l.will.payload = wp_text("gone");
    login_as(A, &l);
    run(WP_MS(20));
    trace.n = 0;
    hang_up(A, true);
    run(WP_MS(30));
    expect("[  0.020000] a-broker close own\n"
           "[  0.020200] a-broker publish x=gone q0 will\n"
           "[  0.020400] b-broker deliver x=gone q0\n");
}
END_TEST

START_TEST(another_client_takes_over)
{
    start();
    login_as(A, &plain[B]);
    run(WP_MS(20));
    expect("[  0.010000] a-broker login b\n"
           "[  0.010400] b-broker close reset\n"
           "[  0.010400] a-broker connack 0\n");
}
END_TEST

/* As the client library does: nothing is sent. */
START_TEST(an_invalid_topic_or_filter_is_refused)
{
    start();
    publish(A, "x/+", "", 1, false, 5);
    subscribe(A, "x#", 0);
    run(WP_MS(20));
    expect("[  0.010000] a-broker publish x/+= q1\n"
           "[  0.010000] a-broker subscribe x# q0\n"
           "[  0.010000] a note refused  5\n"
           "[  0.010000] a-broker suback x# q128\n"
           "[  0.010000] a note subacked  1\n");
}
END_TEST

START_TEST(a_denied_publish_may_end_the_session)
{
    static const struct wp_access_rule rule = {NULL, WP_ACCESS_SUBSCRIBE, "#"};
    static const struct wp_access readers = {
        .anonymous = true, .rules = &rule, .n_rules = 1, .close_on_denied = true};

    start_with(&readers);
    login_as(A, &plain[A]);
    run(WP_MS(1));
    trace.n = 0;
    publish(A, "x", "", 1, false, 5);
    run(WP_MS(2));
    expect("[  0.001000] a-broker publish x= q1\n"
           "[  0.001400] a-broker close reset\n"
           "[  0.001400] a note refused  5\n");
}
END_TEST

START_TEST(the_number_of_clients_is_published_when_it_changes)
{
    start();
    subscribe(A, "$SYS/broker/clients/connected", 0);
    run(WP_SEC(5));
    hang_up(B, false);
    run(WP_SEC(70));
    subscribe(A, "$SYS/broker/clients/connected", 0); /* what is retained has expired */
    run(WP_SEC(71));
    expect("[  0.010000] a-broker subscribe $SYS/broker/clients/connected q0\n"
           "[  0.010400] a-broker suback $SYS/broker/clients/connected q0\n"
           "[  0.010400] a note subacked  1\n"
           "[  0.010400] a-broker deliver $SYS/broker/clients/connected=0 q0 retain\n"
           "[  2.000200] a-broker deliver $SYS/broker/clients/connected=2 q0\n"
           "[  5.000000] b-broker close own\n"
           "[  6.000200] a-broker deliver $SYS/broker/clients/connected=1 q0\n"
           "[ 70.000000] a-broker subscribe $SYS/broker/clients/connected q0\n"
           "[ 70.000400] a-broker suback $SYS/broker/clients/connected q0\n"
           "[ 70.000400] a note subacked  1\n");
}
END_TEST

START_TEST(a_killed_broker_forgets_everything)
{
    start();
    publish(A, "x", "kept", 1, true, 1);
    run(WP_MS(20));
    trace.n = 0;
    world_restart_broker(world, false, WP_SEC(1));
    run(WP_MS(100));
    login_as(A, &plain[A]);
    run(WP_SEC(2));
    login_as(B, &plain[B]);
    run(WP_SEC(3));
    subscribe(B, "x", 0);
    run(WP_SEC(4));
    expect("[  0.020000] broker fault restart killed 1000000\n"
           "[  0.020200] b-broker close reset\n"
           "[  0.020200] a-broker close reset\n"
           "[  0.100000] a-broker login a\n"
           "[  0.100400] a-broker close refused\n"
           "[  2.000000] b-broker login b\n"
           "[  2.000400] b-broker connack 0\n"
           "[  3.000000] b-broker subscribe x q0\n"
           "[  3.000400] b-broker suback x q0\n"
           "[  3.000400] b note subacked  1\n");
}
END_TEST

/* As mosquitto does at SIGTERM. */
START_TEST(a_broker_that_ends_in_good_order_publishes_the_wills)
{
    struct wp_login l = plain[A];

    start();
    hang_up(A, false);
    l.has_will = true;
    l.will.topic = wp_text("x");
    l.will.payload = wp_text("gone");
    login_as(A, &l);
    run(WP_MS(20));
    trace.n = 0;
    world_restart_broker(world, true, WP_SEC(1));
    run(WP_MS(30));
    expect("[  0.020000] broker fault restart orderly 1000000\n"
           "[  0.020000] a-broker publish x=gone q0 will\n"
           "[  0.020200] b-broker deliver x=gone q0\n"
           "[  0.020200] a-broker close reset\n"
           "[  0.020200] b-broker close reset\n");
}
END_TEST

START_TEST(a_restarted_client_is_missed_by_the_broker)
{
    start();
    world_restart(world, B, false, WP_MS(5));
    publish(A, "x", "nobody", 0, false, 0);
    run(WP_MS(20));
    login_as(B, &plain[B]);
    run(WP_MS(30));
    expect("[  0.010000] b fault restart killed 5000\n"
           "[  0.010000] b-broker close own\n"
           "[  0.010000] a-broker publish x=nobody q0\n"
           "[  0.015000] b note start  0\n"
           "[  0.020000] b-broker login b\n"
           "[  0.020400] b-broker connack 0\n");
}
END_TEST

/* ---- faults of the line ------------------------------------------------------------------------------ */

static const struct {
    struct wp_link_fault fault; /* of a, FROM; then a publishes "one" and "two" on x with QoS 1 */
    const char *b_gets;
} faults[] = {
    {{.kind = WP_LINK_DROP}, "[  0.010400] b-broker deliver x=two q1\n"},
    {{.kind = WP_LINK_DUPLICATE},
     "[  0.010400] b-broker deliver x=one q1\n[  0.010400] b-broker deliver x=one q1\n"
     "[  0.010400] b-broker deliver x=two q1\n"},
    {{.kind = WP_LINK_DELAY, .duration = WP_MS(1)},
     "[  0.011400] b-broker deliver x=one q1\n[  0.011400] b-broker deliver x=two q1\n"},
    {{.kind = WP_LINK_SPLIT, .at = 3, .duration = WP_MS(1)},
     "[  0.011400] b-broker deliver x=one q1\n[  0.011400] b-broker deliver x=two q1\n"},
    {{.kind = WP_LINK_MERGE},
     "[  0.010400] b-broker deliver x=one q1\n[  0.010400] b-broker deliver x=two q1\n"},
    /* fixed header 2, length 2, topic 1, number 2: the payload begins at 7 */
    {{.kind = WP_LINK_CORRUPT, .at = 7, .mask = 0x20},
     "[  0.010400] b-broker deliver x=One q1\n[  0.010400] b-broker deliver x=two q1\n"},
    {{.kind = WP_LINK_CORRUPT, .at = 4, .mask = 1}, "[  0.010400] b-broker deliver x=two q1\n"},
};

START_TEST(a_fault_strikes_publish_packets)
{
    struct wp_link_fault f = faults[_i].fault;
    char got[1024] = "";

    start();
    f.times = 1;
    f.direction = WP_LINK_FROM;
    fault(A, f);
    publish(A, "x", "one", 1, false, 1);
    publish(A, "x", "two", 1, false, 2);
    run(WP_MS(20));
    for (char *line = strtok(trace.text, "\n"); line; line = strtok(NULL, "\n"))
        if (strstr(line, "deliver"))
            strcat(strcat(got, line), "\n");
    ck_assert_str_eq(got, faults[_i].b_gets);
}
END_TEST

START_TEST(a_stream_that_is_no_mqtt_any_more_ends_the_session)
{
    start();
    fault(A, (struct wp_link_fault){.kind = WP_LINK_CORRUPT, .at = 0, .mask = 0xC0, .times = 1});
    publish(A, "x", "", 0, false, 0);
    run(WP_MS(20));
    expect("[  0.010000] a fault corrupt begins 0\n"
           "[  0.010000] a-broker publish x= q0\n"
           "[  0.010000] a fault corrupt strikes 1\n"
           "[  0.010000] a fault corrupt ends 1\n"
           "[  0.010400] a-broker close reset\n");
}
END_TEST

START_TEST(a_delivery_may_be_struck_too)
{
    start();
    fault(B, (struct wp_link_fault){.kind = WP_LINK_DROP, .times = 1, .direction = WP_LINK_TO});
    fault(B, (struct wp_link_fault){
                 .kind = WP_LINK_CUT, .n = 3, .skip = 1, .times = 1, .direction = WP_LINK_TO});
    publish(A, "x", "lost", 0, false, 0);
    publish(A, "x", "cut", 0, false, 0);
    run(WP_MS(20));
    expect("[  0.010000] b fault drop begins 0\n"
           "[  0.010000] b fault cut begins 0\n"
           "[  0.010000] a-broker publish x=lost q0\n"
           "[  0.010000] a-broker publish x=cut q0\n"
           "[  0.010200] b fault drop strikes 1\n"
           "[  0.010200] b fault drop ends 1\n"
           "[  0.010200] b fault cut strikes 1\n"
           "[  0.010200] b fault cut ends 1\n"
           "[  0.010200] b-broker close reset\n");
}
END_TEST

START_TEST(a_cut_of_a_machine_with_a_broker_strikes_its_session_alone)
{
    start();
    world_act(world, 2, &(struct wp_effect){.kind = WP_DIAL});
    run(WP_MS(20));
    trace.n = 0;
    fault(A, (struct wp_link_fault){.kind = WP_LINK_CUT, .times = 1});
    run(WP_MS(30));
    expect("[  0.020000] a fault cut begins 0\n"
           "[  0.020000] a-broker close reset\n");
    ck_assert_uint_ne(world_port(world, A, "meters"), 0);
}
END_TEST

/* Keep-alive 10 s: the broker gives up after 15 s without a sign. */
START_TEST(a_client_that_stalls_too_long_is_given_up)
{
    start();
    fault(A, (struct wp_link_fault){
                 .kind = WP_LINK_STALL, .duration = WP_SEC(20), .times = 1, .direction = WP_LINK_FROM});
    publish(A, "x", "never seen", 0, false, 0);
    run(WP_SEC(30));
    expect("[  0.010000] a fault stall begins 0\n"
           "[  0.010000] a-broker publish x=never seen q0\n"
           "[  0.010000] a fault stall strikes 1\n"
           "[  0.010000] a fault stall ends 1\n"
           "[ 15.010200] a-broker close reset\n");
}
END_TEST

/* More than 1 MiB on its way to a broker that does not read: the machine's meters wait, and lose nothing. */
START_TEST(a_machine_that_cannot_publish_reads_no_meters)
{
    enum { BIG = 300 << 10 };
    static char big[BIG + 1];

    memset(big, 'x', BIG);
    start();
    world_act(world, 2, &(struct wp_effect){.kind = WP_DIAL});
    run(WP_MS(20));
    fault(A, (struct wp_link_fault){
                 .kind = WP_LINK_STALL, .duration = WP_SEC(5), .times = 1, .direction = WP_LINK_FROM});
    for (int i = 0; i < 4; i++)
        publish(A, "big", big, 0, false, 0);
    trace.n = 0;
    for (int i = 0; i < 2; i++) {
        const struct wp_effect e = {
            .kind = WP_SEND, .port = world_port(world, 2, "line"), .bytes = wp_text(i ? "two" : "one")};

        world_act(world, 2, &e);
    }
    run(WP_SEC(5));
    expect("[  0.020000] m-a send one\n[  0.020000] m-a send two\n");
    run(WP_SEC(6));
    expect("[  5.020000] a-m receipt one\n[  5.020000] a-m receipt two\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("virtual_mqtt");
    TCase *t = tcase_create("virtual_mqtt");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, a_login_and_a_subscription_take_a_round_trip);
    tcase_add_test(t, a_refused_login_has_its_code_and_no_password_is_shown);
    tcase_add_test(t, each_qos_takes_its_hops);
    tcase_add_test(t, a_publish_without_session_is_refused);
    tcase_add_test(t, a_publish_that_the_session_does_not_survive_is_refused);
    tcase_add_test(t, a_goodbye_lets_what_was_published_pass);
    tcase_add_test(t, an_aborted_session_leaves_its_will);
    tcase_add_test(t, another_client_takes_over);
    tcase_add_test(t, an_invalid_topic_or_filter_is_refused);
    tcase_add_test(t, a_denied_publish_may_end_the_session);
    tcase_add_test(t, the_number_of_clients_is_published_when_it_changes);
    tcase_add_test(t, a_killed_broker_forgets_everything);
    tcase_add_test(t, a_broker_that_ends_in_good_order_publishes_the_wills);
    tcase_add_test(t, a_restarted_client_is_missed_by_the_broker);
    tcase_add_loop_test(t, a_fault_strikes_publish_packets, 0, (int)(sizeof faults / sizeof faults[0]));
    tcase_add_test(t, a_stream_that_is_no_mqtt_any_more_ends_the_session);
    tcase_add_test(t, a_delivery_may_be_struck_too);
    tcase_add_test(t, a_cut_of_a_machine_with_a_broker_strikes_its_session_alone);
    tcase_add_test(t, a_client_that_stalls_too_long_is_given_up);
    tcase_add_test(t, a_machine_that_cannot_publish_reads_no_meters);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
