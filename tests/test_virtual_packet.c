/* The virtual world: what faults of a line do to broker sessions. */
#include "tests/virtual_sessions.h"

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

START_TEST(a_goodbye_does_not_overtake_a_delayed_publish)
{
    start();
    fault(A, (struct wp_link_fault){
                 .kind = WP_LINK_DELAY, .duration = WP_MS(50), .times = 1, .direction = WP_LINK_FROM});
    publish(A, "x", "late", 0, false, 0);
    hang_up(A, false);
    run(WP_MS(100));
    ck_assert_ptr_nonnull(strstr(trace.text, "[  0.060400] b-broker deliver x=late q0\n"));
}
END_TEST

START_TEST(the_end_does_not_overtake_a_delayed_delivery)
{
    start();
    fault(B, (struct wp_link_fault){
                 .kind = WP_LINK_DELAY, .duration = WP_MS(50), .times = 1, .direction = WP_LINK_TO});
    publish(A, "x", "late", 0, false, 0);
    run(WP_MS(20));
    trace.n = 0;
    login_as(A, &plain[B]); /* takes over */
    run(WP_MS(100));
    expect("[  0.020000] a-broker login b\n"
           "[  0.020400] a-broker connack 0\n"
           "[  0.060400] b-broker deliver x=late q0\n"
           "[  0.060400] b-broker close reset\n");
}
END_TEST

START_TEST(qos_2_sorts_out_what_a_line_sends_twice)
{
    start();
    fault(A, (struct wp_link_fault){.kind = WP_LINK_DUPLICATE, .times = 1, .direction = WP_LINK_FROM});
    fault(B, (struct wp_link_fault){.kind = WP_LINK_DUPLICATE, .times = 1, .direction = WP_LINK_TO});
    publish(A, "x", "once", 2, false, 1);
    run(WP_MS(20));
    ck_assert_ptr_nonnull(strstr(trace.text, "deliver x=once q2"));
    ck_assert_ptr_null(strstr(strstr(trace.text, "deliver x=once q2") + 1, "deliver"));
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
    Suite *s = suite_create("virtual_packet");
    TCase *t = tcase_create("virtual_packet");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_loop_test(t, a_fault_strikes_publish_packets, 0, (int)(sizeof faults / sizeof faults[0]));
    tcase_add_test(t, a_goodbye_does_not_overtake_a_delayed_publish);
    tcase_add_test(t, the_end_does_not_overtake_a_delayed_delivery);
    tcase_add_test(t, qos_2_sorts_out_what_a_line_sends_twice);
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
