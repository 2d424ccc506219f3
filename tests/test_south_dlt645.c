/* Sessions of meters: who they are, how they begin, how they end.
 * covers: south_dlt645_session
 *
 * Logins, heartbeats and the reply to 13: vectors/ivy-and-dlt645.json (captured by others). */
#include "tests/gateway_rig.h"

#define LOGIN            "00010001000100120a020c323130363030343032393431005a4c"
#define LOGIN_ANSWER     "0001000100010012AA030C323130363030343032393431007004"
#define LOGIN_ZERO_CRC   "00010001000100120a020c333131353031313134303730000000"
#define HEARTBEAT        "00010001000100110c010c3231313230303530343337374002"
#define HEARTBEAT_ANSWER "0001000100010011CC030C32313132303035303433373794FF"
#define ADDRESS_REPLY    "683412000000006893066745333333332716"
#define READ_REPLY       "683412000000006891063334343538550a16" /* 02010100 = 220.5 V of 000000001234 */

static struct rig r;

static void setup(void)
{
    rig_start(&r, "polling.enabled", "false", NULL);
    r.show = RIG_SENDS | RIG_PARTS;
}

static void teardown(void)
{
    rig_end(&r);
}

static void restart(const char *name, const char *value)
{
    rig_end(&r);
    rig_start(&r, "polling.enabled", "false", name, value, NULL);
    r.show = RIG_SENDS | RIG_PARTS;
}

/* ---- identification ------------------------------------------------------------------------------- */

/* IVY-036: a bare connection says nothing, and nothing is said to it. */
START_TEST(a_connection_alone_is_nobody)
{
    rig_connect(&r, 1);
    rig_run(&r, WP_SEC(2) - 1);
    rig_expect(&r, "");
    ck_assert_uint_eq(r.n_published, 0);
}
END_TEST

/* IVY-B27. */
START_TEST(login_identifies_and_is_answered)
{
    rig_connect(&r, 1);
    rig_hex(&r, 2, LOGIN);
    rig_expect(&r, "[     0.000] presence 210600402941 online\n"
                   "[     0.000] 2> " LOGIN_ANSWER "\n");
    rig_hex(&r, 2, LOGIN);
    rig_expect(&r, "[     0.000] 2> " LOGIN_ANSWER "\n");
}
END_TEST

START_TEST(heartbeat_identifies_and_is_answered)
{
    rig_connect(&r, 1);
    rig_hex(&r, 2, HEARTBEAT);
    rig_expect(&r, "[     0.000] presence 211200504377 online\n"
                   "[     0.000] 2> " HEARTBEAT_ANSWER "\n");
}
END_TEST

/* The wrapper's ports come back swapped. */
START_TEST(answers_go_to_the_port_that_asked)
{
    rig_connect(&r, 1);
    rig_hex(&r, 2, "00010001003000120a020c323130363030343032393431005a4c");
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "2> 0001003000010012AA03"));
}
END_TEST

START_TEST(a_wrong_crc_is_counted_and_accepted)
{
    r.show |= RIG_NOTES;
    rig_connect(&r, 1);
    rig_hex(&r, 2, LOGIN_ZERO_CRC);
    rig_expect(&r, "[     0.000] note bad-crc: 127.0.2.1 1\n"
                   "[     0.000] presence 311501114070 online\n"
                   "[     0.000] 2> 0001000100010012AA030C333131353031313134303730005561\n");
}
END_TEST

START_TEST(a_wrong_crc_is_dropped_in_strict_mode)
{
    restart("meters.crc", "strict");
    rig_connect(&r, 1);
    rig_hex(&r, 2, LOGIN_ZERO_CRC);
    rig_expect(&r, "");
    rig_hex(&r, 2, LOGIN);
    ck_assert_uint_eq(r.n_sent, 1);
}
END_TEST

START_TEST(logins_may_stay_unanswered)
{
    restart("meters.ack", "silent");
    rig_connect(&r, 1);
    rig_hex(&r, 2, LOGIN);
    rig_expect(&r, "[     0.000] presence 210600402941 online\n");
}
END_TEST

START_TEST(logins_may_get_fixed_bytes)
{
    rig_end(&r);
    rig_start(&r, "meters.ack", "fixed", "meters.ack_bytes", "C0FFEE", NULL);
    r.show = RIG_SENDS;
    rig_connect(&r, 1);
    rig_hex(&r, 2, LOGIN);
    rig_expect(&r, "[     0.000] 2> C0FFEE\n");
}
END_TEST

START_TEST(the_first_frame_of_a_meter_identifies)
{
    rig_connect(&r, 1);
    rig_hex(&r, 2, READ_REPLY);
    rig_expect(&r, "[     0.000] presence 000000001234 online\n"
                   "[     0.000] reading 000000001234 pushed 02010100=220.5V\n");
}
END_TEST

/* IVY-B28. */
START_TEST(a_silent_meter_is_asked_three_times)
{
    rig_connect(&r, 1);
    rig_run(&r, WP_SEC(60));
    rig_expect(&r, "[  2000.000] 2> FEFEFEFE68AAAAAAAAAAAA681300DF16\n"
                   "[  4000.000] 2> FEFEFEFE68AAAAAAAAAAAA681300DF16\n"
                   "[  6000.000] 2> FEFEFEFE68AAAAAAAAAAAA681300DF16\n");
    rig_hex(&r, 2, ADDRESS_REPLY);
    rig_expect(&r, "[ 60000.000] presence 000000001234 online\n");
}
END_TEST

/* Some answer to 13 under the address they were asked by; their own stands in the data. */
START_TEST(a_reply_to_13_may_hide_its_sender)
{
    uint8_t wire[DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct dlt645_frame f;

    dlt645_reply_address(&f, 0x1234);
    f.address = DLT645_ADDRESS_ANY;
    dlt645_encode(&w, &f);
    rig_connect(&r, 1);
    rig_bytes(&r, 2, wp_written(&w));
    rig_expect(&r, "[     0.000] presence 000000001234 online\n");
}
END_TEST

START_TEST(an_answer_to_a_login_is_an_echo)
{
    rig_meter(&r, 1, "210600402941");
    r.show |= RIG_NOTES;
    rig_hex(&r, 2, LOGIN_ANSWER);
    rig_expect(&r, "[     0.000] note echo: 210600402941 1\n");
}
END_TEST

START_TEST(a_meter_that_speaks_is_not_asked)
{
    rig_connect(&r, 1);
    r.now = WP_MS(1900);
    rig_hex(&r, 2, "FF");
    rig_run(&r, WP_MS(3899));
    rig_expect(&r, "");
    rig_run(&r, WP_MS(3900));
    ck_assert_uint_eq(r.n_sent, 1);
    rig_hex(&r, 2, ADDRESS_REPLY);
    rig_clear(&r);
    rig_run(&r, WP_SEC(30));
    ck_assert_uint_eq(r.n_sent, 0);
}
END_TEST

/* IVY-B29: what is no meter's address reaches no topic. */
START_TEST(hostile_addresses_are_refused)
{
    static const char *const logins[] = {"00000000000+", "00000000000#", "0000/0000000", "      000001",
                                         "00000000000A", "999999999999", "0000000001",   "0000000000001"};
    static const uint64_t frames[] = {0x00000000000A, 0xF00000000001, DLT645_ADDRESS_ANY, 0xAA0000000001,
                                      DLT645_ADDRESS_BROADCAST};

    rig_connect(&r, 1);
    for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++)
        rig_session(&r, 2, IVY_LOGIN, logins[i]);
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++)
        rig_read_reply(&r, 2, frames[i], 0x02010100, "9722");
    rig_expect(&r, "");
    ck_assert_uint_eq(r.n_published, 0);
    rig_session(&r, 2, IVY_LOGIN, "000000000001");
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "presence 000000000001 online"));
}
END_TEST

START_TEST(a_login_with_a_zero_byte_is_refused)
{
    uint8_t wire[64];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct ivy_session s = ivy_session(IVY_LOGIN, IVY_DEVICE_METER, wp_slice("00000000000\0", 12));

    rig_connect(&r, 1);
    ivy_encode_session(&w, 1, 1, &s);
    rig_bytes(&r, 2, wp_written(&w));
    rig_expect(&r, "");
}
END_TEST

/* IVY-162. */
START_TEST(the_zero_address_is_a_meter_unless_refused)
{
    rig_connect(&r, 1);
    rig_session(&r, 2, IVY_LOGIN, "000000000000");
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "presence 000000000000 online"));
    restart("meters.zero_address", "refuse");
    rig_connect(&r, 1);
    rig_session(&r, 2, IVY_LOGIN, "000000000000");
    rig_expect(&r, "");
}
END_TEST

/* IVY-B29: the first address stays. */
START_TEST(another_address_on_the_same_connection_is_ignored)
{
    rig_meter(&r, 1, "000000000001");
    r.show |= RIG_NOTES;
    rig_session(&r, 2, IVY_LOGIN, "000000000002");
    rig_read_reply(&r, 2, 3, 0x02010100, "9722");
    rig_session(&r, 2, IVY_LAST_GASP, "000000000004");
    rig_expect(&r, "[     0.000] note foreign-address: 000000000001 1\n"
                   "[     0.000] note foreign-address: 000000000001 2\n"
                   "[     0.000] note foreign-address: 000000000001 3\n");
}
END_TEST

/* ---- the end -------------------------------------------------------------------------------------- */

/* IVY-B26: exactly when the time is over, counted from the latest byte. */
START_TEST(a_quiet_connection_is_closed)
{
    rig_meter(&r, 1, "000000000001");
    rig_run(&r, WP_SEC(60));
    rig_session(&r, 2, IVY_HEARTBEAT, "000000000001");
    rig_clear(&r);
    rig_run(&r, WP_SEC(180) - 1);
    rig_expect(&r, "");
    rig_run(&r, WP_SEC(180));
    rig_expect(&r, "[180000.000] hang up 2\n"
                   "[180000.000] presence 000000000001 offline\n");
    rig_step(&r, (struct wp_event){.kind = WP_EV_CLOSE, .port = 2, .close = {.reason = WP_CLOSE_OWN}});
    rig_expect(&r, "");
}
END_TEST

/* Each from its own latest byte, in whatever order they speak. */
START_TEST(quiet_connections_are_closed_each_in_its_time)
{
    rig_meter(&r, 1, "000000000001");
    rig_run(&r, WP_SEC(1));
    rig_meter(&r, 2, "000000000002");
    rig_run(&r, WP_SEC(2));
    rig_meter(&r, 3, "000000000003");
    rig_run(&r, WP_SEC(60));
    rig_session(&r, 2, IVY_HEARTBEAT, "000000000001");
    rig_run(&r, WP_SEC(70));
    rig_session(&r, 3, IVY_HEARTBEAT, "000000000002");
    rig_session(&r, 3, IVY_HEARTBEAT, "000000000002");
    r.show = RIG_SENDS;
    rig_clear(&r);
    rig_run(&r, WP_SEC(200));
    rig_expect(&r, "[122000.000] hang up 4\n"
                   "[180000.000] hang up 2\n"
                   "[190000.000] hang up 3\n");
}
END_TEST

START_TEST(an_unknown_connection_is_closed_without_a_word)
{
    rig_connect(&r, 1);
    rig_run(&r, WP_SEC(200));
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "[120000.000] hang up 2\n"));
    ck_assert_ptr_null(strstr(rig_trace(&r), "presence"));
}
END_TEST

START_TEST(a_last_gasp_ends_the_session)
{
    rig_meter(&r, 1, "000000000001");
    rig_session(&r, 2, IVY_LAST_GASP, "000000000001");
    rig_expect(&r, "[     0.000] hang up 2\n"
                   "[     0.000] presence 000000000001 offline\n");
    rig_session(&r, 2, IVY_HEARTBEAT, "000000000001"); /* sent before the hang-up arrived */
    rig_expect(&r, "");
}
END_TEST

/* IVY-B25: ten times in thirty seconds, strictly alternating. */
START_TEST(coming_and_going_alternates)
{
    for (int i = 0; i < 10; i++) {
        wp_port port = rig_connect(&r, 1);

        rig_session(&r, port, IVY_LOGIN, "000000000001");
        r.show = RIG_PARTS;
        ck_assert_ptr_nonnull(strstr(rig_trace(&r), "presence 000000000001 online\n"));
        rig_clear(&r);
        rig_run(&r, r.now + WP_MS(1500));
        rig_close(&r, port);
        ck_assert_ptr_nonnull(strstr(rig_trace(&r), "presence 000000000001 offline\n"));
        ck_assert_uint_eq(r.n_published, 2);
        rig_clear(&r);
        rig_run(&r, r.now + WP_MS(1500));
    }
}
END_TEST

/* ---- one meter, two connections ------------------------------------------------------------------- */

/* IVY-B24: nothing is published, and what was on its way is asked again on the newer connection. */
START_TEST(a_newer_connection_takes_over)
{
    rig_meter(&r, 1, "000000000001");
    rig_request(&r, "{\"requestId\":\"a\",\"command\":\"readGroup\",\"group\":\"voltage\"}");
    rig_read_reply(&r, 2, 1, 0x02010100, "9722");
    rig_clear(&r);
    rig_connect(&r, 1);
    rig_session(&r, 3, IVY_LOGIN, "000000000001");
    r.show &= ~(unsigned)RIG_PARTS;
    ck_assert_uint_eq(r.n_published, 0);
    rig_expect(&r, "[     0.000] hang up 2\n"
                   "[     0.000] 3> 0001000100010012AA030C303030303030303030303031005181\n"
                   "[     0.000] 3> 6801000000000068110433353435B716\n");
    rig_close(&r, 2);
    rig_expect(&r, "");
    rig_read_reply(&r, 3, 1, 0x02010200, "9722");
    rig_read_reply(&r, 3, 1, 0x02010300, "9722");
    ck_assert_str_eq(r.last_payload,
                     "{\"requestId\":\"a\",\"success\":true,\"timestamp\":1705320000000,\"data\":["
                     "{\"register\":\"voltageA\",\"value\":229.7,\"unit\":\"V\"},"
                     "{\"register\":\"voltageB\",\"value\":229.7,\"unit\":\"V\"},"
                     "{\"register\":\"voltageC\",\"value\":229.7,\"unit\":\"V\"}]}");
}
END_TEST

/* A poll that was under way has all its tries on the newer connection. */
START_TEST(a_poll_moves_too)
{
    rig_end(&r);
    rig_start(&r, "polling.ids", "02010100", "polling.timeout", "1s", NULL);
    rig_meter(&r, 1, "000000000001");
    rig_run(&r, WP_SEC(60));
    rig_connect(&r, 1);
    rig_session(&r, 3, IVY_LOGIN, "000000000001");
    rig_clear(&r);
    r.show = RIG_SENDS;
    rig_run(&r, WP_SEC(70));
    rig_expect(&r, "[ 61100.000] 3> 6801000000000068110433343435B616\n"
                   "[ 62200.000] 3> 6801000000000068110433343435B616\n");
}
END_TEST

/* From another address the status would lie, so it is told anew. */
START_TEST(a_meter_that_moved_goes_and_comes)
{
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_SENDS | RIG_PUBLISHES;
    rig_connect(&r, 9);
    rig_read_reply(&r, 3, 1, 0x02800002, "0350");
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "hang up 2\n"));
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "\"online\":false"));
    ck_assert_ptr_nonnull(strstr(strstr(rig_trace(&r), "\"online\":false"), "\"online\":true"));
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "\"ip\":\"127.0.2.9\""));
}
END_TEST

/* ---- limits --------------------------------------------------------------------------------------- */

/* IVY-B40. */
START_TEST(one_connection_too_many_is_closed_at_accept)
{
    restart("meters.max_connections", "3");
    r.show |= RIG_NOTES;
    for (uint8_t i = 1; i <= 4; i++)
        rig_connect(&r, i);
    rig_expect(&r, "[     0.000] note too-many-connections: 127.0.2.4: no connection is left 1\n"
                   "[     0.000] hang up 5\n");
    rig_hex(&r, 5, LOGIN);
    rig_close(&r, 5);
    rig_expect(&r, "");
    rig_session(&r, 2, IVY_LOGIN, "000000000001");
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "presence 000000000001 online"));
    rig_close(&r, 3);
    rig_clear(&r);
    rig_session(&r, rig_connect(&r, 4), IVY_LOGIN, "000000000002");
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "presence 000000000002 online"));
}
END_TEST

START_TEST(an_address_with_too_many_connections_is_blocked)
{
    restart("meters.rate_limit", "true");
    r.show |= RIG_NOTES;
    for (int i = 0; i < 11; i++)
        rig_connect(&r, 1);
    rig_expect(&r, "[     0.000] note rate-limited: 127.0.2.1: Max connections per IP exceeded 1\n"
                   "[     0.000] hang up 12\n");
    rig_connect(&r, 2);
    rig_expect(&r, "");
    rig_connect(&r, 1);
    rig_expect(&r, "[     0.000] note rate-limited: 127.0.2.1: IP blocked 2\n"
                   "[     0.000] hang up 14\n");
    for (wp_port p = 2; p < 12; p++)
        rig_close(&r, p);
    rig_run(&r, WP_SEC(300));
    rig_clear(&r);
    rig_connect(&r, 1);
    rig_expect(&r, "");
}
END_TEST

/* A connection that finds no room does not count for its address. */
START_TEST(both_limits_agree)
{
    rig_end(&r);
    rig_start(&r, "polling.enabled", "false", "meters.rate_limit", "true", "meters.max_connections", "2",
              NULL);
    r.show = RIG_SENDS;
    rig_connect(&r, 1);
    rig_connect(&r, 2);
    for (int i = 0; i < 15; i++)
        rig_connect(&r, 3);
    rig_close(&r, 2);
    rig_clear(&r);
    rig_connect(&r, 3);
    rig_expect(&r, "");
}
END_TEST

START_TEST(without_the_limit_one_address_may_have_them_all)
{
    for (int i = 0; i < 500; i++)
        rig_connect(&r, 1);
    rig_expect(&r, "");
}
END_TEST

/* 1 000 meters at once, each found among all. */
START_TEST(a_thousand_meters_are_told_apart)
{
    char address[13];

    r.show = RIG_PARTS;
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(address, sizeof address, "%012u", i);
        rig_session(&r, rig_connect(&r, 1), IVY_LOGIN, address);
    }
    rig_clear(&r);
    rig_read_reply(&r, 2 + 777, 0x777, 0x02010100, "9722");
    rig_expect(&r, "[     0.000] reading 000000000777 pushed 02010100=229.7V\n");
    for (wp_port p = 2; p < 1002; p++)
        rig_close(&r, p);
    rig_clear(&r);
    rig_session(&r, rig_connect(&r, 1), IVY_LOGIN, "000000000777");
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "presence 000000000777 online"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("south_dlt645");
    TCase *tc = tcase_create("south_dlt645");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_connection_alone_is_nobody);
    tcase_add_test(tc, login_identifies_and_is_answered);
    tcase_add_test(tc, heartbeat_identifies_and_is_answered);
    tcase_add_test(tc, answers_go_to_the_port_that_asked);
    tcase_add_test(tc, a_wrong_crc_is_counted_and_accepted);
    tcase_add_test(tc, a_wrong_crc_is_dropped_in_strict_mode);
    tcase_add_test(tc, logins_may_stay_unanswered);
    tcase_add_test(tc, logins_may_get_fixed_bytes);
    tcase_add_test(tc, the_first_frame_of_a_meter_identifies);
    tcase_add_test(tc, a_silent_meter_is_asked_three_times);
    tcase_add_test(tc, a_reply_to_13_may_hide_its_sender);
    tcase_add_test(tc, an_answer_to_a_login_is_an_echo);
    tcase_add_test(tc, a_meter_that_speaks_is_not_asked);
    tcase_add_test(tc, hostile_addresses_are_refused);
    tcase_add_test(tc, a_login_with_a_zero_byte_is_refused);
    tcase_add_test(tc, the_zero_address_is_a_meter_unless_refused);
    tcase_add_test(tc, another_address_on_the_same_connection_is_ignored);
    tcase_add_test(tc, a_quiet_connection_is_closed);
    tcase_add_test(tc, quiet_connections_are_closed_each_in_its_time);
    tcase_add_test(tc, an_unknown_connection_is_closed_without_a_word);
    tcase_add_test(tc, a_last_gasp_ends_the_session);
    tcase_add_test(tc, coming_and_going_alternates);
    tcase_add_test(tc, a_newer_connection_takes_over);
    tcase_add_test(tc, a_poll_moves_too);
    tcase_add_test(tc, a_meter_that_moved_goes_and_comes);
    tcase_add_test(tc, one_connection_too_many_is_closed_at_accept);
    tcase_add_test(tc, an_address_with_too_many_connections_is_blocked);
    tcase_add_test(tc, both_limits_agree);
    tcase_add_test(tc, without_the_limit_one_address_may_have_them_all);
    tcase_add_test(tc, a_thousand_meters_are_told_apart);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
