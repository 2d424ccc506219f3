/* The virtual world: broker sessions as captures show them. covers: virtual_wire_packet */
#include "tests/virtual_sessions.h"
#include "tests/wire_trace.h"

static struct wire_trace seen;

static void setup(void)
{
    wires = true;
    start_with(NULL);
    seen = (struct wire_trace){.sink = {wire_trace_take}, .with_times = true};
    wp_transcript_add(&transcript, &seen.sink);
}

static void expect_wire(const char *text)
{
    ck_assert_str_eq(seen.text, text);
    seen.n = 0;
    seen.text[0] = 0;
}

static void forget_wire(void)
{
    seen.n = 0;
    seen.text[0] = 0;
}

/* a and b are logged in, b has subscribed x with QoS 2; it is 10 ms. */
static void begin(void)
{
    login_as(A, &plain[A]);
    login_as(B, &plain[B]);
    run(WP_MS(1));
    subscribe(B, "x", 2);
    run(WP_MS(10));
}

START_TEST(a_session_from_the_login_to_the_goodbye)
{
    login_as(A, &plain[A]);
    run(WP_MS(1));
    subscribe(A, "y/#", 1);
    run(WP_MS(2));
    hang_up(A, false);
    run(WP_MS(3));
    expect_wire("[  0.000200] 1 open\n"
                "[  0.000200] 1 named\n"
                "[  0.000200] 1 up CONNECT a\n"
                "[  0.000400] 1 down CONNACK 0\n"
                "[  0.001200] 1 up SUBSCRIBE id=1\n"
                "[  0.001400] 1 down SUBACK id=1\n"
                "[  0.002200] 1 up DISCONNECT\n"
                "[  0.002200] 1 up fin\n"
                "[  0.002200] 1 down fin\n");
}
END_TEST

static const char *const of_qos[] = {
    "[  0.010200] 1 up PUBLISH x=one q0\n"
    "[  0.010400] 2 down PUBLISH x=one q0\n",
    "[  0.010200] 1 up PUBLISH x=one q1 id=1\n"
    "[  0.010400] 2 down PUBLISH x=one q1 id=1\n"
    "[  0.010400] 2 up PUBACK id=1\n"
    "[  0.010400] 1 down PUBACK id=1\n",
    "[  0.010200] 1 up PUBLISH x=one q2 id=1\n"
    "[  0.010600] 1 down PUBREC id=1\n"
    "[  0.010600] 1 up PUBREL id=1\n"
    "[  0.010800] 2 down PUBLISH x=one q2 id=1\n"
    "[  0.010800] 2 up PUBREC id=1\n"
    "[  0.010800] 1 down PUBCOMP id=1\n"
    "[  0.011200] 2 down PUBREL id=1\n"
    "[  0.011200] 2 up PUBCOMP id=1\n",
};

START_TEST(a_publish_is_answered_as_its_qos_asks)
{
    begin();
    forget_wire();
    publish(A, "x", "one", (uint8_t)_i, false, 7);
    run(WP_MS(20));
    expect_wire(of_qos[_i]);
    ck_assert_uint_eq(seen.n_topics, 2);
}
END_TEST

START_TEST(numbers_are_never_two_things_at_once)
{
    begin();
    forget_wire();
    publish(A, "x", "one", 1, false, 7);
    subscribe(A, "y", 0);
    publish(A, "x", "two", 1, true, 8);
    run(WP_MS(20));
    ck_assert_ptr_nonnull(strstr(seen.text, "1 up PUBLISH x=one q1 id=1\n"));
    ck_assert_ptr_nonnull(strstr(seen.text, "1 up SUBSCRIBE id=2\n"));
    ck_assert_ptr_nonnull(strstr(seen.text, "1 up PUBLISH x=two q1 retain id=3\n"));
    ck_assert_ptr_nonnull(strstr(seen.text, "1 down PUBACK id=1\n"));
    ck_assert_ptr_nonnull(strstr(seen.text, "1 down SUBACK id=2\n"));
    ck_assert_ptr_nonnull(strstr(seen.text, "1 down PUBACK id=3\n"));
}
END_TEST

/* What its own library refuses is never on the wire. */
START_TEST(no_filter_no_packet)
{
    begin();
    forget_wire();
    subscribe(A, "x/#/y", 0);
    publish(A, "x/+", "", 1, false, 3);
    run(WP_MS(20));
    expect_wire("");
}
END_TEST

START_TEST(a_kept_session_gets_its_message_again_under_the_same_number)
{
    const struct wp_login kept = {.client_id = wp_text("b"), .keepalive_s = 10};

    login_as(A, &plain[A]);
    login_as(B, &kept);
    run(WP_MS(1));
    subscribe(B, "x", 1);
    run(WP_MS(10));
    publish(A, "x", "one", 1, false, 0);
    run(WP_MS(10) + 300);
    hang_up(B, true); /* the message is under way */
    login_as(B, &kept);
    forget_wire();
    run(WP_MS(20));
    ck_assert_ptr_nonnull(strstr(seen.text, "3 down PUBLISH x=one q1 dup id=1\n"));
    ck_assert_ptr_nonnull(strstr(seen.text, "3 up PUBACK id=1\n"));
}
END_TEST

START_TEST(a_login_that_is_refused_and_the_password_in_it)
{
    static const struct wp_access_user users[] = {{.name = "u", .password = "right"}};
    const struct wp_access access = {.users = users, .n_users = 1};
    const struct wp_login wrong = {
        .client_id = wp_text("a"), .user = wp_text("u"), .password = wp_text("wrong"), .clean = true};

    teardown();
    start_with(&access);
    seen.n = 0;
    wp_transcript_add(&transcript, &seen.sink);
    login_as(A, &wrong);
    run(WP_MS(1));
    expect_wire("[  0.000200] 1 open\n"
                "[  0.000200] 1 up CONNECT a *****\n"
                "[  0.000200] 1 down CONNACK 5\n"
                "[  0.000200] 1 down fin\n"
                "[  0.000200] 1 up fin\n");
}
END_TEST

START_TEST(who_breaks_off_sends_a_reset_and_who_is_left_a_fin)
{
    begin();
    forget_wire();
    hang_up(A, true);
    run(WP_MS(11));
    expect_wire("[  0.010200] 1 up rst\n");
    world_restart_broker(world, false, WP_MS(1));
    run(WP_MS(20));
    expect_wire("[  0.011200] 2 down fin\n[  0.011200] 2 up fin\n");
}
END_TEST

START_TEST(pings_when_nothing_is_said_for_a_keep_alive)
{
    begin();
    forget_wire();
    publish(A, "y", "", 0, false, 0);
    run(WP_SEC(25));
    publish(A, "y", "", 0, false, 0);
    run(WP_SEC(26));
    expect_wire("[  0.010200] 1 up PUBLISH y= q0\n"
                "[ 10.001200] 2 up PINGREQ\n"
                "[ 10.001600] 2 down PINGRESP\n"
                "[ 10.010200] 1 up PINGREQ\n"
                "[ 10.010600] 1 down PINGRESP\n"
                "[ 20.001200] 2 up PINGREQ\n"
                "[ 20.001600] 2 down PINGRESP\n"
                "[ 20.010200] 1 up PINGREQ\n"
                "[ 20.010600] 1 down PINGRESP\n"
                "[ 25.000200] 1 up PUBLISH y= q0\n");
}
END_TEST

/* A fault strikes the very bytes that the capture has. */
START_TEST(a_line_with_faults_is_seen_behind_them)
{
    static const struct {
        enum wp_link_fault_kind kind;
        const char *up;
    } faults[] = {
        {WP_LINK_DROP, "[  0.010200] 1 up PUBLISH x=two q1 id=2\n"},
        {WP_LINK_DUPLICATE, "[  0.010200] 1 up PUBLISH x=one q1 id=1\n"
                            "[  0.010200] 1 up PUBLISH x=one q1 id=1\n"
                            "[  0.010200] 1 up PUBLISH x=two q1 id=2\n"},
        {WP_LINK_SPLIT, "[  0.011200] 1 up PUBLISH x=one q1 id=1\n"
                        "[  0.011200] 1 up PUBLISH x=two q1 id=2\n"},
    };
    char got[1024] = "";

    begin();
    forget_wire();
    fault(A,
          (struct wp_link_fault){
              .kind = faults[_i].kind, .at = 3, .duration = WP_MS(1), .times = 1, .direction = WP_LINK_FROM});
    publish(A, "x", "one", 1, false, 1);
    publish(A, "x", "two", 1, false, 2);
    run(WP_MS(20));
    for (char *line = strtok(seen.text, "\n"); line; line = strtok(NULL, "\n"))
        if (strstr(line, "1 up PUBLISH"))
            strcat(strcat(got, line), "\n");
    ck_assert_str_eq(got, faults[_i].up);
}
END_TEST

/* The story is the same with and without. */
START_TEST(nobody_hears_of_it_in_the_transcript)
{
    char with[sizeof trace.text];
    uint64_t seq;

    begin();
    publish(A, "x", "one", 2, false, 1);
    run(WP_SEC(60));
    world_end(world);
    memcpy(with, trace.text, sizeof with);
    seq = transcript.seq;
    teardown();
    wires = false;
    start_with(NULL);
    begin();
    publish(A, "x", "one", 2, false, 1);
    run(WP_SEC(60));
    world_end(world);
    ck_assert_str_eq(trace.text, with);
    ck_assert_uint_eq(transcript.seq, seq);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("virtual_wire");
    TCase *t = tcase_create("virtual_wire");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_session_from_the_login_to_the_goodbye);
    tcase_add_loop_test(t, a_publish_is_answered_as_its_qos_asks, 0, 3);
    tcase_add_test(t, numbers_are_never_two_things_at_once);
    tcase_add_test(t, no_filter_no_packet);
    tcase_add_test(t, a_kept_session_gets_its_message_again_under_the_same_number);
    tcase_add_test(t, a_login_that_is_refused_and_the_password_in_it);
    tcase_add_test(t, who_breaks_off_sends_a_reset_and_who_is_left_a_fin);
    tcase_add_test(t, pings_when_nothing_is_said_for_a_keep_alive);
    tcase_add_loop_test(t, a_line_with_faults_is_seen_behind_them, 0, 3);
    tcase_add_test(t, nobody_hears_of_it_in_the_transcript);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
