/* Requests of one meter: one at a time, in order, each answered once. covers: south_dlt645_reply,
 * south_dlt645_outcome, south_dlt645_block
 *
 * Follow-up frames: vectors/ivy-and-dlt645.json has them as built from the specification; no public sample
 * exists. */
#include "tests/gateway_rig.h"

enum { METER = 2 }; /* the meter's port */

static struct rig r;

static void begin(const char *name, const char *value)
{
    rig_start(&r, "polling.enabled", "false", name, value, NULL);
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_SENDS | RIG_PARTS;
}

static void setup(void)
{
    begin(NULL, NULL);
}

static void teardown(void)
{
    rig_end(&r);
}

static void restart(const char *name, const char *value)
{
    rig_end(&r);
    begin(name, value);
}

static void ask(const char *id, const char *what)
{
    char text[512];

    snprintf(text, sizeof text, "{\"requestId\":\"%s\",%s}", id, what);
    rig_request(&r, text);
}

#define READ_VOLTAGE "\"command\":\"read\",\"register\":\"voltageA\""
#define READ_ENERGY  "\"command\":\"read\",\"register\":\"totalActiveEnergy\""
#define READ_GROUP   "\"command\":\"readGroup\",\"group\":\"voltage\""

static void follow_reply(uint32_t di, const char *data, uint8_t seq, bool more)
{
    uint8_t wire[DLT645_FRAME_MAX], bytes[256];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct dlt645_frame f;
    size_t n;

    ck_assert(wp_hex_read(wp_text(data), bytes, sizeof bytes, &n));
    dlt645_reply_follow(&f, 1, di, wp_slice(bytes, n), seq, more);
    dlt645_encode(&w, &f);
    rig_bytes(&r, METER, wp_written(&w));
}

static void done_reply(enum dlt645_function function)
{
    uint8_t wire[DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct dlt645_frame f;

    dlt645_reply_done(&f, 1, function);
    dlt645_encode(&w, &f);
    rig_bytes(&r, METER, wp_written(&w));
}

static void first_piece(uint32_t di, const char *data)
{
    uint8_t wire[DLT645_FRAME_MAX];

    rig_bytes(&r, METER, rig_reply(wire, 1, di, data, true));
}

static bool payload_has(const char *text)
{
    return strstr(r.last_payload, text) != NULL;
}

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

START_TEST(a_reply_without_identifier_is_malformed)
{
    r.show = RIG_NOTES | RIG_PARTS;
    rig_hex(&r, METER,
            "680100000000006891033333"
            "33"
            "FE16");
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
    wp_put_text(&w, "{\"requestId\":\"a\",\"command\":\"readMultiple\",\"registers\":[\"currentA\"");
    for (int i = 0; i < 50; i++)
        wp_put_text(&w, ",\"voltageA\"");
    wp_put_text(&w, ",\"totalActiveEnergy\"]}");
    rig_request(&r, wp_put_end(&w));
    rig_read_reply(&r, METER, 1, 0x02020100, "345200");
    for (int i = 0; i < 50; i++)
        rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    rig_read_reply(&r, METER, 1, 0x00010000, "67452301");
    ck_assert(payload_has("\"success\":true"));
    ck_assert(payload_has("{\"register\":\"voltageA\",\"value\":229.7,\"unit\":\"V\"},"
                          "{\"register\":\"totalActiveEnergy\",\"error\":\"Answer too long\"}]}"));
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
    tcase_add_test(tc, only_the_matching_frame_answers);
    tcase_add_test(tc, a_late_reply_answers_nobody);
    tcase_add_test(tc, a_reply_without_identifier_is_malformed);
    tcase_add_test(tc, a_refusal_names_all_its_reasons);
    tcase_add_test(tc, data_without_a_value_are_not_a_number);
    tcase_add_test(tc, an_answer_in_two_frames_is_joined);
    tcase_add_test(tc, each_piece_has_its_own_time_limit);
    tcase_add_test(tc, a_piece_out_of_turn_ends_the_read);
    tcase_add_test(tc, an_answer_without_end_is_cut_off);
    tcase_add_test(tc, an_answer_has_at_most_255_pieces);
    tcase_add_test(tc, a_poll_joins_frames_too);
    tcase_add_test(tc, a_pushed_block_is_read_member_by_member);
    tcase_add_test(tc, neighbours_are_read_as_one_block);
    tcase_add_test(tc, a_refused_block_is_read_one_by_one);
    tcase_add_test(tc, a_short_block_leaves_the_others_without_value);
    tcase_add_test(tc, a_block_may_come_in_several_frames);
    tcase_add_test(tc, commands_of_all_meters_share_a_bound);
    tcase_add_test(tc, the_longest_command_is_answered_whole);
    tcase_add_test(tc, an_answer_may_run_out_of_room);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
