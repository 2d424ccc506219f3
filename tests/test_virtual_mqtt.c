/* The virtual world: broker sessions.
 * covers: virtual_house, virtual_login, virtual_sys */
#include "tests/virtual_sessions.h"

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

START_TEST(the_last_restart_decides_when_the_broker_is_back)
{
    start();
    world_restart_broker(world, false, WP_SEC(1));
    run(WP_MS(500));
    world_restart_broker(world, false, WP_SEC(2));
    run(WP_MS(1500));
    trace.n = 0;
    login_as(A, &plain[A]);
    run(WP_MS(2600));
    login_as(A, &plain[A]);
    run(WP_MS(2700));
    expect("[  1.500000] a-broker login a\n"
           "[  1.500400] a-broker close refused\n"
           "[  2.600000] a-broker login a\n"
           "[  2.600400] a-broker connack 0\n");
}
END_TEST

/* The broker has accepted; when its answer arrives, who logged in is somebody else. */
START_TEST(a_client_that_restarts_during_its_login_gets_no_session)
{
    start_with(NULL);
    login_as(A, &plain[A]);
    world_restart(world, A, false, WP_MS(0));
    run(WP_MS(10));
    ck_assert_uint_eq(world_port(world, A, "broker"), 0);
    expect("[  0.000000] a-broker login a\n"
           "[  0.000000] a fault restart killed 0\n"
           "[  0.000000] a note start  0\n");
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

/* While the broker takes nothing, the machine does not read, and so time stands still for it: what waits to be read comes
 * before its timer, however late. */
START_TEST(a_choked_machine_is_never_late)
{
    enum { M = 2, LONG = 600 << 10 };
    static char text[LONG + 1];
    const struct wp_event wake = {.kind = WP_EV_SET,
                                  .set = {.option = puppet_options, .value = wp_int(-100000)}};
    struct wp_effect send = {.kind = WP_SEND, .bytes = wp_text("word")},
                     push = {.kind = WP_SEND, .bytes = wp_text("push")};

    memset(text, 'x', LONG);
    start();
    world_act(world, M, &(const struct wp_effect){.kind = WP_DIAL});
    world_act(world, M, &(const struct wp_effect){.kind = WP_DIAL, .endpoint = 1});
    run(WP_MS(20));
    fault(A, (struct wp_link_fault){.kind = WP_LINK_STALL, .duration = WP_SEC(5), .times = 1});
    publish(A, "x", text, 0, false, 0);
    publish(A, "x", text, 0, false, 0);
    world_event(world, A, &wake);
    send.port = world_port(world, M, "line");
    push.port = world_port(world, M, "push");
    trace.n = 0;
    trace.text[0] = 0;
    world_act(world, M, &send);
    world_act(world, M, &push);
    run(WP_SEC(2));
    expect("[  0.020000] m-a send word\n"
           "[  0.020000] m-a send push\n");
    run(WP_SEC(6));
    expect("[  5.020000] a-m receipt word\n"
           "[  5.020000] a-m open 127.0.0.1:8899 to 127.0.0.3:40001\n"
           "[  5.020000] a-m receipt push\n"
           "[  5.020000] a note timer  -100000\n");
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
    tcase_add_test(t, the_last_restart_decides_when_the_broker_is_back);
    tcase_add_test(t, a_client_that_restarts_during_its_login_gets_no_session);
    tcase_add_test(t, a_restarted_client_is_missed_by_the_broker);
    tcase_add_test(t, a_choked_machine_is_never_late);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
