/* Requests of one meter: one at a time, in order, each answered once. */
#include "tests/gateway_requests.h"

/* ---- one after the other -------------------------------------------------------------------------- */

/* IVY-B14: in order of arrival, never two outstanding. */
START_TEST(five_requests_are_served_in_order)
{
    for (int i = 0; i < 5; i++)
        ask((char[]){(char)('a' + i), 0}, READ_VOLTAGE);
    r.show = RIG_SENDS | RIG_PUBLISHES;
    rig_clear(&r);
    for (int i = 0; i < 5; i++) {
        char id[32];

        rig_clear(&r);
        rig_read_reply(&r, METER, 1, 0x02010100, "9722");
        snprintf(id, sizeof id, "\"requestId\":\"%c\"", 'a' + i);
        ck_assert(payload_has(id));
        ck_assert_uint_eq(r.n_sent, i < 4);
    }
}
END_TEST

START_TEST(the_34th_command_is_refused)
{
    for (int i = 0; i < 33; i++)
        ask("x", READ_VOLTAGE);
    ck_assert_uint_eq(r.n_published, 0);
    ask("one too many", READ_VOLTAGE);
    ck_assert_str_eq(r.last_payload,
                     "{\"requestId\":\"one too many\",\"success\":false,\"timestamp\":1705320000000,"
                     "\"error\":\"Command queue full\"}");
    r.n_published = 0;
    for (int i = 0; i < 33; i++)
        rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    ck_assert_uint_eq(r.n_published, 66);
    rig_clear(&r);
    ask("again", READ_VOLTAGE);
    ck_assert_uint_eq(r.n_sent, 1);
}
END_TEST

/* A command overtakes the poll, between two of its registers. */
START_TEST(a_command_goes_before_the_poll)
{
    rig_end(&r);
    rig_start(&r, "polling.ids", "02010100,02010200,02010300", NULL);
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_SENDS;
    rig_run(&r, WP_SEC(60));
    ask("a", READ_ENERGY);
    rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    rig_read_reply(&r, METER, 1, 0x00010000, "67452301");
    rig_read_reply(&r, METER, 1, 0x02010200, "9722");
    rig_expect(&r, "[ 60000.000] 2> 6801000000000068110433343435B616\n"
                   "[ 60000.000] 2> 6801000000000068110433333433B316\n"
                   "[ 60000.000] 2> 6801000000000068110433353435B716\n"
                   "[ 60000.000] 2> 6801000000000068110433363435B816\n");
}
END_TEST

/* And in the pause before a poll's next try. */
START_TEST(a_command_uses_the_pause_of_a_poll)
{
    rig_end(&r);
    rig_start(&r, "polling.ids", "02010100", "polling.pause", "5s", NULL);
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_SENDS;
    rig_run(&r, WP_SEC(60));
    rig_error_reply(&r, METER, 1, DLT645_READ, DLT645_ERROR_OTHER);
    rig_clear(&r);
    ask("a", READ_ENERGY);
    ck_assert_uint_eq(r.n_sent, 1);
    rig_read_reply(&r, METER, 1, 0x00010000, "67452301");
    rig_run(&r, WP_SEC(65) - 1);
    ck_assert_uint_eq(r.n_sent, 1);
    rig_run(&r, WP_SEC(65));
    ck_assert_uint_eq(r.n_sent, 2);
}
END_TEST

/* IVY-B12: the clock runs from the transmission, not from the request. */
START_TEST(a_lost_reply_costs_one_time_limit)
{
    ask("a", READ_VOLTAGE);
    ask("b", READ_ENERGY);
    rig_clear(&r);
    r.show = RIG_SENDS | RIG_PUBLISHES;
    rig_run(&r, WP_SEC(20));
    rig_expect(&r, "[ 10000.000] publish ivy/v1/meters/000000000001/command/response q1 {\"requestId\":\"a\","
                   "\"success\":false,\"timestamp\":1705320010000,\"error\":\"Command timeout\"}\n"
                   "[ 10000.000] 2> 6801000000000068110433333433B316\n"
                   "[ 20000.000] publish ivy/v1/meters/000000000001/command/response q1 {\"requestId\":\"b\","
                   "\"success\":false,\"timestamp\":1705320020000,\"error\":\"Command timeout\"}\n");
}
END_TEST

/* IVY-B18. */
START_TEST(a_lost_connection_ends_what_runs_and_what_waits)
{
    ask("a", READ_GROUP);
    ask("b", READ_ENERGY);
    rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    r.show = RIG_PUBLISHES;
    rig_clear(&r);
    rig_close(&r, METER);
    rig_expect(&r, "[     0.000] publish ivy/v1/meters/000000000001/command/response q1 {\"requestId\":\"a\","
                   "\"success\":false,\"timestamp\":1705320000000,\"error\":\"Meter not connected\"}\n"
                   "[     0.000] publish ivy/v1/meters/000000000001/command/response q1 {\"requestId\":\"b\","
                   "\"success\":false,\"timestamp\":1705320000000,\"error\":\"Meter not connected\"}\n"
                   "[     0.000] publish ivy/v1/meters/000000000001/status q1r {\"meterId\":\"000000000001\","
                   "\"online\":false,\"timestamp\":1705320000000}\n"
                   "[     0.000] publish ivy/v1/meters/000000000001/events q1 {\"meterId\":\"000000000001\","
                   "\"timestamp\":1705320000000,\"type\":\"info\",\"event\":\"meter_disconnected\","
                   "\"message\":\"Meter went offline\",\"data\":{}}\n");
}
END_TEST

START_TEST(wake_up_bytes_go_before_requests_when_wanted)
{
    restart("dlt645.wakeup", "4");
    ask("a", READ_VOLTAGE);
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "2> FEFEFEFE6801000000000068110433343435B616\n"));
}
END_TEST

/* ---- bounds --------------------------------------------------------------------------------------- */

START_TEST(commands_of_all_meters_share_a_bound)
{
    restart("dlt645.max_commands", "2");
    rig_meter(&r, 2, "000000000002");
    r.show = RIG_NOTES;
    ask("a", READ_VOLTAGE);
    ask("b", READ_VOLTAGE);
    rig_message(&r, "ivy/v1/meters/000000000002/command/request", "{\"requestId\":\"c\"," READ_VOLTAGE "}");
    rig_expect(&r, "[     0.000] note no-cell: 000000000002 1\n");
    ck_assert(payload_has("\"requestId\":\"c\",\"success\":false"));
    ck_assert(payload_has("\"error\":\"Command queue full\"}"));
}
END_TEST

/* Sixty-four registers, each with its own outcome, in one answer. */
START_TEST(the_longest_command_is_answered_whole)
{
    char text[4096];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_text(&w, "{\"requestId\":\"a\",\"command\":\"readMultiple\",\"registers\":[\"voltageA\"");
    for (int i = 1; i < 64; i++)
        wp_put_text(&w, ",\"voltageA\"");
    wp_put_text(&w, "]}");
    rig_request(&r, wp_put_end(&w));
    for (int i = 0; i < 64; i++) {
        if (i % 2)
            rig_error_reply(&r, METER, 1, DLT645_READ, 0xFF);
        else
            rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    }
    ck_assert(
        payload_has("{\"register\":\"voltageA\",\"value\":229.7,\"unit\":\"V\"},{\"register\":\"voltageA\","
                    "\"error\":\"Meter error: other error, "));
    ck_assert(payload_has("reserved bit 7\"}]}"));
}
END_TEST

/* All big buffers are lent: an answer that outgrows its small one loses what does not fit, by name, and no
 * more. */
START_TEST(an_answer_may_run_out_of_room)
{
    static const uint8_t half[1000] = {0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x0F, 0x00};
    char text[4096];
    struct wp_writer w = wp_writer(text, sizeof text);

    for (int i = 0; i < 100; i++)
        rig_bytes(&r, rig_connect(&r, 1), wp_slice(half, sizeof half));
    wp_put_text(&w, "{\"requestId\":\"a\",\"command\":\"readMultiple\",\"registers\":[\"currentA\","
                    "\"currentA\",\"currentA\"");
    for (int i = 0; i < 48; i++)
        wp_put_text(&w, ",\"voltageA\"");
    wp_put_text(&w, ",\"totalActiveEnergy\"]}");
    rig_request(&r, wp_put_end(&w));
    for (int i = 0; i < 3; i++)
        rig_read_reply(&r, METER, 1, 0x02020100, "345200");
    for (int i = 0; i < 48; i++)
        rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    rig_read_reply(&r, METER, 1, 0x00010000, "67452301");
    ck_assert(payload_has("\"success\":true"));
    ck_assert(payload_has("{\"register\":\"voltageA\",\"value\":229.7,\"unit\":\"V\"},"
                          "{\"register\":\"totalActiveEnergy\",\"error\":\"Answer too long\"}]}"));
    ask("b", "\"command\":\"readMultiple\",\"registers\":[" LIST_64 "]");
    for (int i = 0; i < 64; i++)
        rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    ck_assert(payload_has("\"requestId\":\"b\",\"success\":false"));
    ck_assert(payload_has("\"error\":\"Gateway out of buffers\"}"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("south_dlt645_queue");
    TCase *tc = tcase_create("queue");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, five_requests_are_served_in_order);
    tcase_add_test(tc, the_34th_command_is_refused);
    tcase_add_test(tc, a_command_goes_before_the_poll);
    tcase_add_test(tc, a_command_uses_the_pause_of_a_poll);
    tcase_add_test(tc, a_lost_reply_costs_one_time_limit);
    tcase_add_test(tc, a_lost_connection_ends_what_runs_and_what_waits);
    tcase_add_test(tc, wake_up_bytes_go_before_requests_when_wanted);
    tcase_add_test(tc, commands_of_all_meters_share_a_bound);
    tcase_add_test(tc, the_longest_command_is_answered_whole);
    tcase_add_test(tc, an_answer_may_run_out_of_room);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
