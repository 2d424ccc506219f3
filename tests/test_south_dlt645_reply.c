/* Replies of one meter: which frame answers, what becomes of it, answers in several frames, blocks.
 * covers: south_dlt645_outcome, south_dlt645_block
 *
 * Follow-up frames: vectors/ivy-and-dlt645.json has them as built from the specification; no public sample
 * exists. */
#include "tests/gateway_requests.h"

/* ---- which frame answers -------------------------------------------------------------------------- */

/* IVY-B13. */
START_TEST(only_the_matching_frame_answers)
{
    ask("a", READ_VOLTAGE);
    r.show = RIG_PARTS | RIG_NOTES;
    rig_clear(&r);
    rig_read_reply(&r, METER, 1, 0x02010200, "9722");     /* another register: of the meter's own accord */
    rig_read_reply(&r, METER, 2, 0x02010100, "9722");     /* another meter */
    follow_reply(0x02010100, "9722", 1, false);           /* another function */
    rig_error_reply(&r, METER, 1, DLT645_READ_FOLLOW, 2); /* refuses what was not asked */
    done_reply(DLT645_WRITE);                             /* done: what? */
    rig_expect(&r, "[     0.000] reading 000000000001 pushed 02010200=229.7V\n"
                   "[     0.000] note foreign-address: 000000000001 1\n"
                   "[     0.000] note unexpected-reply: 000000000001 1\n"
                   "[     0.000] note unexpected-reply: 000000000001 2\n"
                   "[     0.000] note unexpected-reply: 000000000001 3\n");
    rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    rig_expect(&r, "[     0.000] reading 000000000001 asked 02010100=229.7V\n"
                   "[     0.000] answer 000000000001 ok 02010100=229.7V\n");
}
END_TEST

START_TEST(a_late_reply_answers_nobody)
{
    ask("a", READ_VOLTAGE);
    rig_run(&r, WP_SEC(10));
    r.show = RIG_PARTS | RIG_NOTES;
    rig_clear(&r);
    rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    rig_error_reply(&r, METER, 1, DLT645_READ, DLT645_ERROR_NO_DATA);
    rig_expect(&r, "[ 10000.000] reading 000000000001 pushed 02010100=229.7V\n"
                   "[ 10000.000] note unexpected-reply: 000000000001 1\n");
}
END_TEST

START_TEST(a_part_of_nothing_is_unexpected)
{
    r.show = RIG_NOTES | RIG_PARTS;
    first_piece(0x00010000, "6745");
    rig_expect(&r, "[     0.000] note unexpected-reply: 000000000001 1\n");
}
END_TEST

START_TEST(a_reply_without_identifier_is_malformed)
{
    r.show = RIG_NOTES | RIG_PARTS;
    rig_hex(&r, METER, "68010000000000689103333333FE16");
    rig_expect(&r, "[     0.000] note malformed-reply: 000000000001 1\n");
}
END_TEST

START_TEST(a_follow_up_frame_without_its_number_is_malformed)
{
    uint8_t wire[DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct dlt645_frame f;

    dlt645_reply_follow(&f, 1, 0x00010000, wp_slice(NULL, 0), 1, false);
    f.n_data--;
    dlt645_encode(&w, &f);
    ask("a", READ_ENERGY);
    first_piece(0x00010000, "6745");
    r.show = RIG_NOTES | RIG_PARTS;
    rig_clear(&r);
    rig_bytes(&r, METER, wp_written(&w));
    rig_expect(&r, "[     0.000] note malformed-reply: 000000000001 1\n");
}
END_TEST

/* IVY-B16: every bit of the error byte by name; the next command works. */
START_TEST(a_refusal_names_all_its_reasons)
{
    ask("a", READ_VOLTAGE);
    rig_error_reply(&r, METER, 1, DLT645_READ, 0x02);
    ck_assert(payload_has("\"success\":false"));
    ck_assert(payload_has("\"error\":\"Meter error: no requested data\"}"));
    ask("b", READ_VOLTAGE);
    rig_error_reply(&r, METER, 1, DLT645_READ, 0x06);
    ck_assert(payload_has("\"error\":\"Meter error: no requested data, wrong password or not authorised\"}"));
    ask("c", READ_VOLTAGE);
    rig_error_reply(&r, METER, 1, DLT645_READ, 0x00);
    ck_assert(payload_has("\"error\":\"Meter error: no reason given\"}"));
    ask("d", READ_VOLTAGE);
    rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    ck_assert(payload_has("\"requestId\":\"d\",\"success\":true"));
}
END_TEST

/* IVY-B22. */
START_TEST(data_without_a_value_are_not_a_number)
{
    r.show = RIG_TELEMETRY;
    ask("a", READ_VOLTAGE);
    rig_read_reply(&r, METER, 1, 0x02010100, "FFFF");
    ck_assert(payload_has("\"error\":\"Invalid data\"}"));
    ask("b", READ_VOLTAGE);
    rig_read_reply(&r, METER, 1, 0x02010100, "9A22");
    ck_assert(payload_has("\"error\":\"Invalid data\"}"));
    ask("c", READ_VOLTAGE);
    rig_read_reply(&r, METER, 1, 0x02010100, "97");
    ck_assert(payload_has("\"error\":\"Invalid data\"}"));
    rig_expect(&r, "");
    ask("d", READ_GROUP);
    rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    rig_read_reply(&r, METER, 1, 0x02010200, "FFFF");
    rig_read_reply(&r, METER, 1, 0x02010300, "FFFF");
    ck_assert_str_eq(r.last_payload,
                     "{\"requestId\":\"d\",\"success\":true,\"timestamp\":1705320000000,\"data\":["
                     "{\"register\":\"voltageA\",\"value\":229.7,\"unit\":\"V\"},"
                     "{\"register\":\"voltageB\",\"error\":\"Invalid data\"},"
                     "{\"register\":\"voltageC\",\"error\":\"Invalid data\"}]}");
}
END_TEST

/* ---- several frames ------------------------------------------------------------------------------- */

/* IVY-B17. */
START_TEST(an_answer_in_two_frames_is_joined)
{
    ask("a", READ_ENERGY);
    rig_clear(&r);
    first_piece(0x00010000, "6745");
    rig_expect(&r, "[     0.000] 2> 680100000000006812053333343334E916\n");
    r.show = RIG_PARTS;
    follow_reply(0x00010000, "2301", 1, false);
    rig_expect(&r, "[     0.000] reading 000000000001 asked 00010000=12345.67kWh\n"
                   "[     0.000] answer 000000000001 ok 00010000=12345.67kWh\n");
}
END_TEST

START_TEST(each_piece_has_its_own_time_limit)
{
    ask("a", READ_ENERGY);
    rig_run(&r, WP_SEC(9));
    first_piece(0x00010000, "67");
    rig_run(&r, WP_SEC(18));
    follow_reply(0x00010000, "45", 1, true);
    rig_run(&r, WP_SEC(27));
    follow_reply(0x00010000, "2301", 2, false);
    ck_assert(payload_has("\"value\":12345.67"));
    ask("b", READ_ENERGY);
    first_piece(0x00010000, "67");
    rig_run(&r, WP_SEC(37));
    ck_assert(payload_has("\"error\":\"Command timeout\"}"));
}
END_TEST

START_TEST(a_piece_out_of_turn_ends_the_read)
{
    ask("a", READ_ENERGY);
    first_piece(0x00010000, "6745");
    follow_reply(0x00010000, "2301", 2, false);
    ck_assert(payload_has("\"success\":false"));
    ck_assert(payload_has("\"error\":\"Follow-up frame out of sequence\"}"));
    ask("b", READ_ENERGY);
    first_piece(0x00010000, "6745");
    rig_error_reply(&r, METER, 1, DLT645_READ_FOLLOW, 0x02);
    ck_assert(payload_has("\"error\":\"Meter error: no requested data\"}"));
    ask("c", READ_ENERGY);
    rig_read_reply(&r, METER, 1, 0x00010000, "67452301");
    ck_assert(payload_has("\"value\":12345.67"));
}
END_TEST

/* Pieces that came on the old connection are asked for again on the new one. */
START_TEST(a_joined_answer_begins_anew_on_a_newer_connection)
{
    uint8_t wire[DLT645_FRAME_MAX];

    ask("a", READ_ENERGY);
    first_piece(0x00010000, "6745");
    rig_connect(&r, 1);
    rig_session(&r, 3, IVY_LOGIN, "000000000001");
    rig_bytes(&r, 3, rig_reply(wire, 1, 0x00010000, "67452301", false));
    ck_assert(payload_has("\"value\":12345.67"));
}
END_TEST

START_TEST(an_answer_without_end_is_cut_off)
{
    char data[401];
    uint8_t seq = 0;

    memset(data, '1', 400);
    data[400] = 0;
    ask("a", "\"command\":\"read\",\"dataId\":\"06010000\"");
    first_piece(0x06010000, data);
    while (r.n_published == 0) {
        ck_assert_uint_lt(seq, 21);
        follow_reply(0x06010000, data, ++seq, true);
    }
    ck_assert_uint_eq(seq, 20); /* 21 times 200 bytes are more than 4096 */
    ck_assert(payload_has("\"error\":\"Answer too long\"}"));
}
END_TEST

START_TEST(an_answer_has_at_most_255_pieces)
{
    ask("a", "\"command\":\"read\",\"dataId\":\"06010000\"");
    first_piece(0x06010000, "00");
    for (unsigned seq = 1; seq < 255; seq++)
        follow_reply(0x06010000, "00", (uint8_t)seq, true);
    ck_assert_uint_eq(r.n_published, 0);
    follow_reply(0x06010000, "00", 255, true);
    ck_assert(payload_has("\"error\":\"Answer too long\"}"));
}
END_TEST

START_TEST(a_poll_joins_frames_too)
{
    rig_end(&r);
    rig_start(&r, "polling.ids", "00010000,00010100", NULL);
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_PARTS;
    rig_run(&r, WP_SEC(60));
    first_piece(0x00010000, "6745");
    follow_reply(0x00010000, "2301", 1, false);
    first_piece(0x00010100, "6745");
    follow_reply(0x00010100, "2301", 2, false); /* out of turn: tried again from its beginning */
    rig_run(&r, WP_SEC(61));
    first_piece(0x00010100, "0000");
    follow_reply(0x00010100, "8000", 1, false);
    rig_expect(&r, "[ 60000.000] poll 000000000001 00010000 00010100\n"
                   "[ 60000.000] reading 000000000001 polled 00010000=12345.67kWh\n"
                   "[ 61000.000] reading 000000000001 polled 00010100=8000.00kWh\n"
                   "[ 61000.000] answer 000000000001 ok\n");
}
END_TEST

/* ---- blocks --------------------------------------------------------------------------------------- */

/* A block of the meter's own accord is many registers at one moment. The frame: public-index 1530649508
 * (Java meter test), vectors/ivy-and-dlt645.json. */
START_TEST(a_pushed_block_is_read_member_by_member)
{
    rig_connect(&r, 2);
    r.show = RIG_PARTS;
    rig_hex(&r, 3, "6802000000102068911833323433675c3333993a333348393333b3373333a44333335d16");
    rig_expect(&r,
               "[     0.000] presence 201000000002 online\n"
               "[     0.000] reading 201000000002 pushed 00010000=29.34kWh 00010100=7.66kWh 00010200=6.15kWh "
               "00010300=4.80kWh 00010400=10.71kWh\n");
}
END_TEST

/* IVY-153: the output is the same as with single reads. */
START_TEST(neighbours_are_read_as_one_block)
{
    restart("dlt645.block_reads", "true");
    ask("a", READ_GROUP);
    rig_read_reply(&r, METER, 1, 0x0201FF00, "9722FFFF1923");
    rig_expect(&r,
               "[     0.000] command 000000000001 02010100 02010200 02010300\n"
               "[     0.000] 2> 6801000000000068110433323435B416\n"
               "[     0.000] reading 000000000001 asked 02010100=229.7V\n"
               "[     0.000] reading 000000000001 asked 02010200=no valueV\n"
               "[     0.000] reading 000000000001 asked 02010300=231.9V\n"
               "[     0.000] answer 000000000001 ok 02010100=229.7V 02010200=no valueV 02010300=231.9V\n");
}
END_TEST

START_TEST(a_refused_block_is_read_one_by_one)
{
    restart("dlt645.block_reads", "true");
    ask("a", READ_GROUP);
    rig_error_reply(&r, METER, 1, DLT645_READ, DLT645_ERROR_NO_DATA);
    rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    rig_read_reply(&r, METER, 1, 0x02010200, "9722");
    rig_read_reply(&r, METER, 1, 0x02010300, "9722");
    ck_assert(payload_has("\"success\":true"));
    ck_assert_uint_eq(r.n_sent, 4);
    rig_clear(&r);
    ask("b", READ_GROUP); /* it is not asked for a block again */
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "2> 6801000000000068110433343435B616\n"));
}
END_TEST

START_TEST(a_short_block_leaves_the_others_without_value)
{
    restart("dlt645.block_reads", "true");
    ask("a", READ_GROUP);
    rig_read_reply(&r, METER, 1, 0x0201FF00, "9722");
    ck_assert(payload_has("{\"register\":\"voltageA\",\"value\":229.7,\"unit\":\"V\"},"
                          "{\"register\":\"voltageB\",\"error\":\"Invalid data\"}"));
}
END_TEST

START_TEST(a_block_may_come_in_several_frames)
{
    restart("dlt645.block_reads", "true");
    ask("a", "\"command\":\"readGroup\",\"group\":\"energy\"");
    first_piece(0x0001FF00, "6745230100");
    follow_reply(0x0001FF00, "00800000003000", 1, false);
    rig_read_reply(&r, METER, 1, 0x00020000, "93300200");
    ck_assert_str_eq(r.last_payload,
                     "{\"requestId\":\"a\",\"success\":true,\"timestamp\":1705320000000,\"data\":["
                     "{\"register\":\"totalActiveEnergy\",\"value\":12345.67,\"unit\":\"kWh\"},"
                     "{\"register\":\"totalActiveEnergyForward\",\"value\":8000.00,\"unit\":\"kWh\"},"
                     "{\"register\":\"totalActiveEnergyReverse\",\"value\":3000.00,\"unit\":\"kWh\"},"
                     "{\"register\":\"totalReactiveEnergy\",\"value\":230.93,\"unit\":\"kvarh\"}]}");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("south_dlt645_reply");
    TCase *tc = tcase_create("reply");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, only_the_matching_frame_answers);
    tcase_add_test(tc, a_late_reply_answers_nobody);
    tcase_add_test(tc, a_part_of_nothing_is_unexpected);
    tcase_add_test(tc, a_reply_without_identifier_is_malformed);
    tcase_add_test(tc, a_follow_up_frame_without_its_number_is_malformed);
    tcase_add_test(tc, a_refusal_names_all_its_reasons);
    tcase_add_test(tc, data_without_a_value_are_not_a_number);
    tcase_add_test(tc, an_answer_in_two_frames_is_joined);
    tcase_add_test(tc, each_piece_has_its_own_time_limit);
    tcase_add_test(tc, a_piece_out_of_turn_ends_the_read);
    tcase_add_test(tc, a_joined_answer_begins_anew_on_a_newer_connection);
    tcase_add_test(tc, an_answer_without_end_is_cut_off);
    tcase_add_test(tc, an_answer_has_at_most_255_pieces);
    tcase_add_test(tc, a_poll_joins_frames_too);
    tcase_add_test(tc, a_pushed_block_is_read_member_by_member);
    tcase_add_test(tc, neighbours_are_read_as_one_block);
    tcase_add_test(tc, a_refused_block_is_read_one_by_one);
    tcase_add_test(tc, a_short_block_leaves_the_others_without_value);
    tcase_add_test(tc, a_block_may_come_in_several_frames);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
