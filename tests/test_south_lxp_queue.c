/* Commands of the LuxPower south: what goes to the datalog, which reply answers what, and when nothing does.
 * covers: south_lxp_queue, south_lxp_reply, south_lxp_command */
#include "tests/south_lxp_rig.h"

#include "tests/lxp_vectors.h"

static struct rig r;

static void setup(void)
{
    rig_start_open(&r, RIG_FIRST, NULL);
    r.hides_notes = true;
}

static void teardown(void)
{
    rig_end(&r);
}

static void at(wp_us time)
{
    rig_run(&r, time);
}

/* ---- reads ---------------------------------------------------------------------------------------- */

START_TEST(a_read_gives_the_reading_and_then_the_answer)
{
    rig_read(&r, 7, "hold 65");
    rig_expect(&r, "[  0.000] 1> read-hold 65 1\n");
    at(WP_MS(800));
    rig_reply_hold(&r, 65, 50);
    rig_expect(&r, "[  0.800] asked hold 65=50\n[  0.800] answer 7 ok\n");
    rig_read(&r, 8, "input 0/40");
    rig_expect(&r, "[  0.800] 1> read-input 0 40\n");
    rig_reply_block(&r, LXP_READ_INPUT, 0, 40);
    rig_clear(&r);
    rig_read(&r, 9, "input 80/40");
    rig_expect(&r, "[  0.800] 1> read-input 80 40\n");
}
END_TEST

START_TEST(a_read_is_sent_once_more_and_then_given_up)
{
    rig_read(&r, 7, "hold 65");
    at(WP_SEC(60));
    rig_expect(&r, "[  0.000] 1> read-hold 65 1\n"
                   "[  3.000] 1> read-hold 65 1\n"
                   "[  5.000] answer 7: No reply from the inverter\n");
}
END_TEST

/* Its limit counts from the request, whatever else comes. */
START_TEST(other_traffic_does_not_lengthen_the_wait)
{
    rig_write(&r, 7, "hold 65", 50);
    for (int i = 1; i < 10; i++) {
        at(WP_MS(500) * i);
        rig_reply_hold(&r, 1, 1);
    }
    rig_clear(&r);
    at(WP_SEC(6));
    rig_expect(&r, "[  5.000] answer 7: No reply from the inverter\n");
}
END_TEST

START_TEST(a_long_read_goes_in_parts)
{
    rig_read(&r, 7, "hold 100/90");
    rig_reply_block(&r, LXP_READ_HOLD, 100, 40);
    rig_reply_block(&r, LXP_READ_HOLD, 140, 40);
    rig_reply_block(&r, LXP_READ_HOLD, 180, 10);
    rig_expect(&r, "[  0.000] 1> read-hold 100 40\n"
                   "[  0.000] asked hold 100=100 hold 101=101 of 40\n"
                   "[  0.000] 1> read-hold 140 40\n"
                   "[  0.000] asked hold 140=140 hold 141=141 of 40\n"
                   "[  0.000] 1> read-hold 180 10\n"
                   "[  0.000] asked hold 180=180 hold 181=181 of 10\n"
                   "[  0.000] answer 7 ok\n");
}
END_TEST

START_TEST(an_exception_is_an_answer)
{
    rig_read(&r, 7, "hold 240");
    rig_reply_exception(&r, LXP_READ_HOLD, 241); /* of another register: somebody else's */
    rig_reply_exception(&r, LXP_READ_INPUT, 240);
    rig_expect(&r, "[  0.000] 1> read-hold 240 1\n");
    rig_reply_exception(&r, LXP_READ_HOLD, 240);
    rig_expect(&r, "[  0.000] answer 7: The inverter refused\n");
    rig_write(&r, 8, "hold 65", 50);
    rig_reply_exception(&r, LXP_WRITE_SINGLE, 65);
    rig_expect(&r, "[  0.000] 1> write-single 65 50\n[  0.000] answer 8: The inverter refused\n");
}
END_TEST

/* ---- writes --------------------------------------------------------------------------------------- */

START_TEST(a_write_gives_the_answer_and_then_the_reading)
{
    rig_write(&r, 7, "hold 65", 50);
    rig_expect(&r, "[  0.000] 1> write-single 65 50\n");
    rig_reply_write(&r, 65, 50);
    rig_expect(&r, "[  0.000] answer 7 ok\n[  0.000] asked hold 65=50\n");
}
END_TEST

START_TEST(a_write_is_never_repeated)
{
    rig_write(&r, 7, "hold 65", 50);
    at(WP_SEC(60));
    rig_expect(&r, "[  0.000] 1> write-single 65 50\n[  5.000] answer 7: No reply from the inverter\n");
}
END_TEST

START_TEST(another_value_in_the_echo_is_a_failure)
{
    rig_write(&r, 7, "hold 65", 50);
    rig_reply_write(&r, 65, 49);
    rig_expect(&r, "[  0.000] 1> write-single 65 50\n"
                   "[  0.000] answer 7: The inverter has another value\n"
                   "[  0.000] asked hold 65=49\n");
}
END_TEST

/* ---- bits ----------------------------------------------------------------------------------------- */

/* source: vectors lxp-151..155 */
START_TEST(a_bit_is_changed_on_a_fresh_read)
{
    rig_switch(&r, 7, "hold 21.7", true);
    rig_reply_hold(&r, 21, 62292);
    rig_reply_write(&r, 21, 62420);
    rig_expect(&r, "[  0.000] 1> read-hold 21 1\n"
                   "[  0.000] 1> write-single 21 62420\n"
                   "[  0.000] answer 7 ok\n"
                   "[  0.000] asked hold 21=62420\n");
    rig_switch(&r, 8, "hold 21.10", true);
    rig_reply_hold(&r, 21, 62292); /* changed back elsewhere: what was known before does not count */
    rig_reply_write(&r, 21, 63316);
    rig_expect(&r, "[  0.000] 1> read-hold 21 1\n"
                   "[  0.000] 1> write-single 21 63316\n"
                   "[  0.000] answer 8 ok\n"
                   "[  0.000] asked hold 21=63316\n");
    rig_switch(&r, 9, "hold 21.15", false);
    rig_reply_hold(&r, 21, 65535);
    rig_reply_write(&r, 21, 32767);
    rig_expect(&r, "[  0.000] 1> read-hold 21 1\n"
                   "[  0.000] 1> write-single 21 32767\n"
                   "[  0.000] answer 9 ok\n"
                   "[  0.000] asked hold 21=32767\n");
}
END_TEST

START_TEST(a_bit_that_is_right_is_not_written)
{
    rig_switch(&r, 7, "hold 21.7", false);
    rig_reply_hold(&r, 21, 62292);
    rig_expect(&r, "[  0.000] 1> read-hold 21 1\n[  0.000] answer 7 ok\n[  0.000] asked hold 21=62292\n");
}
END_TEST

START_TEST(nothing_comes_between_the_read_and_the_write)
{
    rig_switch(&r, 7, "hold 21.7", true);
    rig_write(&r, 8, "hold 65", 50);
    rig_expect(&r, "[  0.000] 1> read-hold 21 1\n");
    rig_reply_hold(&r, 21, 0);
    rig_expect(&r, "[  0.000] 1> write-single 21 128\n");
    rig_reply_write(&r, 21, 128);
    rig_expect(&r, "[  0.000] answer 7 ok\n[  0.000] asked hold 21=128\n[  0.000] 1> write-single 65 50\n");
}
END_TEST

START_TEST(a_bit_fails_at_either_step)
{
    rig_switch(&r, 7, "hold 21.7", true);
    rig_reply_exception(&r, LXP_READ_HOLD, 21);
    rig_expect(&r, "[  0.000] 1> read-hold 21 1\n[  0.000] answer 7: The inverter refused\n");
    rig_switch(&r, 8, "hold 21.7", true);
    rig_reply_hold(&r, 21, 0);
    rig_reply_exception(&r, LXP_WRITE_SINGLE, 21);
    rig_expect(&r, "[  0.000] 1> read-hold 21 1\n"
                   "[  0.000] 1> write-single 21 128\n"
                   "[  0.000] answer 8: The inverter refused\n");
    rig_switch(&r, 9, "hold 21.7", true);
    at(WP_MS(2900));
    rig_reply_hold(&r, 21, 0);
    at(WP_SEC(20));
    rig_expect(&r, "[  0.000] 1> read-hold 21 1\n"
                   "[  2.900] 1> write-single 21 128\n"
                   "[  7.900] answer 9: No reply from the inverter\n");
}
END_TEST

/* What was read in the last moment is not written any more: its command has failed by then. */
START_TEST(a_bit_whose_time_is_over_is_not_written)
{
    rig_write(&r, 7, "hold 65", 50);
    rig_switch(&r, 8, "hold 21.7", true);
    at(WP_MS(9499));
    rig_clear(&r);
    r.now = WP_MS(9500); /* the reply comes before the timer */
    rig_reply_hold(&r, 21, 0);
    at(WP_SEC(20));
    rig_expect(&r, "[  9.500] answer 8: No reply from the inverter\n");
}
END_TEST

/* ---- which reply ---------------------------------------------------------------------------------- */

/* Another register, count, function or serial: it is a reading, or nothing, and the command goes on waiting. */
START_TEST(only_the_matching_reply_answers)
{
    rig_read(&r, 7, "hold 65");
    rig_clear(&r);
    rig_reply_hold(&r, 64, 1);
    rig_reply_block(&r, LXP_READ_HOLD, 65, 2);
    rig_reply_write(&r, 65, 3);
    rig_expect(&r, "[  0.000] pushed hold 64=1\n"
                   "[  0.000] pushed hold 65=65 hold 66=66\n"
                   "[  0.000] pushed hold 65=3\n");
    r.head.inverter = "5555555556";
    rig_reply_hold(&r, 65, 4);
    r.head.inverter = RIG_SERIAL;
    r.head.datalog = "BA55555556";
    rig_reply_hold(&r, 65, 5);
    rig_expect(&r, "");
    r.head.datalog = RIG_DATALOG;
    rig_reply_hold(&r, 65, 6);
    rig_expect(&r, "[  0.000] asked hold 65=6\n[  0.000] answer 7 ok\n");
}
END_TEST

START_TEST(a_read_reply_without_length_byte_answers_too)
{
    r.head.protocol = 1;
    rig_read(&r, 7, "hold 65");
    rig_reply_hold(&r, 65, 50);
    rig_expect(&r, "[  0.000] 1> read-hold 65 1\n[  0.000] asked hold 65=50\n[  0.000] answer 7 ok\n");
    r.head.protocol = 5;
    r.head.address = 0;
    rig_read(&r, 8, "hold 65");
    rig_reply_hold(&r, 65, 51);
    rig_expect(&r, "[  0.000] 1> read-hold 65 1\n[  0.000] asked hold 65=51\n[  0.000] answer 8 ok\n");
}
END_TEST

START_TEST(a_late_reply_answers_nothing)
{
    rig_read(&r, 7, "hold 65");
    rig_read(&r, 8, "hold 67");
    at(WP_SEC(5));
    rig_clear(&r);
    rig_reply_hold(&r, 65, 50);
    rig_expect(&r, "[  5.000] pushed hold 65=50\n");
    rig_reply_hold(&r, 67, 51);
    rig_expect(&r, "[  5.000] asked hold 67=51\n[  5.000] answer 8 ok\n");
}
END_TEST

/* The echo of a write that was given up does not fail the next write of the same register. */
START_TEST(a_late_echo_does_not_answer_the_next_write)
{
    rig_write(&r, 7, "hold 65", 50);
    at(WP_SEC(5));
    rig_write(&r, 8, "hold 65", 60);
    rig_clear(&r);
    r.hides_notes = false;
    rig_reply_write(&r, 65, 50);
    rig_expect(&r, "[  5.000] note late-reply: 5555555555 1\n[  5.000] pushed hold 65=50\n");
    rig_reply_write(&r, 65, 60);
    rig_expect(&r, "[  5.000] answer 8 ok\n[  5.000] asked hold 65=60\n");
    rig_write(&r, 9, "hold 65", 70);
    rig_reply_write(&r, 65, 50); /* not late any more: the inverter has it otherwise */
    rig_expect(&r, "[  5.000] 1> write-single 65 70\n"
                   "[  5.000] answer 9: The inverter has another value\n"
                   "[  5.000] asked hold 65=50\n");
}
END_TEST

/* The datalog answers both requests: the second reply is no second reading, and not the next command's. */
START_TEST(the_second_reply_to_a_read_is_passed_over)
{
    rig_switch(&r, 7, "hold 21.7", true);
    at(WP_MS(3500));
    rig_reply_hold(&r, 21, 62292);
    r.hides_notes = false;
    rig_reply_hold(&r, 21, 62292);
    rig_reply_write(&r, 21, 62420);
    rig_expect(&r, "[  0.000] 1> read-hold 21 1\n"
                   "[  3.000] 1> read-hold 21 1\n"
                   "[  3.500] 1> write-single 21 62420\n"
                   "[  3.500] note double-reply: 5555555555 1\n"
                   "[  3.500] answer 7 ok\n"
                   "[  3.500] asked hold 21=62420\n");
    r.hides_notes = true;
    rig_read(&r, 8, "hold 65");
    at(WP_SEC(7));
    rig_reply_hold(&r, 65, 50);
    rig_read(&r, 9, "hold 65");
    rig_clear(&r);
    rig_reply_hold(&r, 65, 50);
    rig_expect(&r, "");
    rig_reply_hold(&r, 65, 50);
    rig_expect(&r, "[  7.000] asked hold 65=50\n[  7.000] answer 9 ok\n");
}
END_TEST

/* Once one of two replies was lost, the next read waits in vain for it to come; those behind it do not. */
START_TEST(a_second_reply_that_was_lost_delays_one_read)
{
    rig_read(&r, 7, "hold 65");
    at(WP_MS(3100));
    rig_reply_hold(&r, 65, 50);
    rig_read(&r, 8, "hold 65");
    rig_reply_hold(&r, 65, 50);
    at(WP_MS(6200));
    rig_reply_hold(&r, 65, 50);
    rig_read(&r, 9, "hold 65");
    rig_reply_hold(&r, 65, 50);
    rig_expect(&r, "[  0.000] 1> read-hold 65 1\n"
                   "[  3.000] 1> read-hold 65 1\n"
                   "[  3.100] asked hold 65=50\n"
                   "[  3.100] answer 7 ok\n"
                   "[  3.100] 1> read-hold 65 1\n"
                   "[  6.100] 1> read-hold 65 1\n"
                   "[  6.200] asked hold 65=50\n"
                   "[  6.200] answer 8 ok\n"
                   "[  6.200] 1> read-hold 65 1\n"
                   "[  6.200] asked hold 65=50\n"
                   "[  6.200] answer 9 ok\n");
}
END_TEST

/* It is news when it is another one, or comes when nobody waits for it any more. */
START_TEST(another_reply_is_no_second_one)
{
    rig_read(&r, 7, "hold 65");
    at(WP_MS(3500));
    rig_reply_hold(&r, 65, 50);
    rig_clear(&r);
    rig_reply_hold(&r, 65, 51);
    rig_expect(&r, "[  3.500] pushed hold 65=51\n");
    at(WP_MS(8500));
    rig_reply_hold(&r, 65, 50);
    rig_expect(&r, "[  8.500] pushed hold 65=50\n");
}
END_TEST

/* ---- the queue ------------------------------------------------------------------------------------ */

START_TEST(one_request_is_out_at_a_time)
{
    for (uint32_t i = 0; i < 50; i++)
        rig_write(&r, i, "hold 65", i);
    rig_expect(&r, "[  0.000] 1> write-single 65 0\n");
    for (uint16_t i = 0; i < 50; i++) {
        ck_assert_uint_eq(r.n_answers, i);
        rig_reply_write(&r, 65, i);
        ck_assert_uint_eq(r.n_sent, i < 49 ? i + 1u : 49u);
    }
    ck_assert_uint_eq(r.n_answers, 50);
    ck_assert_ptr_nonnull(strstr(wp_put_end(&r.w), "answer 49 ok\n[  0.000] asked hold 65=49\n"));
}
END_TEST

START_TEST(a_full_queue_answers_at_once)
{
    for (uint32_t i = 0; i < 65; i++)
        rig_read(&r, i, "hold 65");
    rig_expect(&r, "[  0.000] 1> read-hold 65 1\n");
    rig_read(&r, 65, "hold 65");
    rig_expect(&r, "[  0.000] answer 65: Command queue full\n");
    rig_reply_hold(&r, 65, 1);
    rig_clear(&r);
    rig_read(&r, 66, "hold 65");
    rig_expect(&r, "");
}
END_TEST

/* Behind commands that get no reply one has less time: its answer is there within 10 s all the same. */
START_TEST(a_command_has_its_time_in_all)
{
    rig_write(&r, 1, "hold 65", 1);
    rig_write(&r, 2, "hold 65", 2);
    rig_write(&r, 3, "hold 65", 3);
    at(WP_SEC(30));
    rig_expect(&r, "[  0.000] 1> write-single 65 1\n"
                   "[  5.000] answer 1: No reply from the inverter\n"
                   "[  5.000] 1> write-single 65 2\n"
                   "[  9.500] answer 2: No reply from the inverter\n"
                   "[  9.500] answer 3: Commands before it took too long\n");
}
END_TEST

/* A north may give the next command while it hears an answer. */
START_TEST(a_command_may_come_out_of_an_answer)
{
    rig_write(&r, 7, "hold 65", 50);
    r.asks_on_answer = 8;
    rig_reply_write(&r, 65, 50);
    rig_expect(&r, "[  0.000] 1> write-single 65 50\n"
                   "[  0.000] answer 7 ok\n"
                   "[  0.000] 1> read-hold 99 1\n"
                   "[  0.000] asked hold 65=50\n");
    rig_reply_hold(&r, 99, 1);
    rig_expect(&r, "[  0.000] asked hold 99=1\n[  0.000] answer 8 ok\n");
}
END_TEST

START_TEST(what_waits_fails_with_the_connection)
{
    rig_read(&r, 7, "hold 65");
    rig_read(&r, 8, "hold 66");
    rig_clear(&r);
    rig_close(&r, 1);
    rig_expect(&r, "[  0.000] answer 7: Connection to the inverter was lost\n"
                   "[  0.000] answer 8: Connection to the inverter was lost\n"
                   "[  0.000] offline 5555555555 127.0.2.1\n");
    rig_read(&r, 9, "hold 65");
    rig_expect(&r, "[  0.000] answer 9: Inverter not connected\n");
}
END_TEST

START_TEST(what_is_no_command_is_refused)
{
    static const char *const reads[] = {"",          "hold",    "hold ",     "hold 65536", "hold -1",
                                        "hold 1/0",  "hold 1/", "input 0/x", "input",      "hold 65535/2",
                                        "hold 21.7", "hold 1 ", "00010000",  "hold 000065"};

    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        rig_read(&r, 7, reads[i]);
        rig_expect(&r, "[  0.000] answer 7: Unknown register or value\n");
    }
    rig_write(&r, 7, "hold 65", 65536);
    rig_write(&r, 7, "hold 65", -1);
    rig_write(&r, 7, "input 65", 1);
    rig_write(&r, 7, "hold 21.7", 1);
    rig_switch(&r, 7, "hold 21.16", true);
    rig_switch(&r, 7, "hold 21", true);
    rig_command(&r, 7, WP_WRITE, "hold 65", wp_decimal(505, -1));
    rig_command(&r, 7, WP_EXECUTE, "hold 65", wp_null());
    ck_assert_uint_eq(r.n_answers, 8);
    ck_assert_uint_eq(r.n_sent, 0);
    rig_clear(&r);
    rig_command(&r, 7, WP_WRITE, "hold 65", wp_decimal(500, -1));
    rig_read(&r, 8, "hold 65535");
    rig_expect(&r, "[  0.000] 1> write-single 65 50\n");
}
END_TEST

/* ---- writes of others ----------------------------------------------------------------------------- */

START_TEST(what_somebody_wrote_is_read_back)
{
    rig_reply_write_multi(&r, 64, 2);
    rig_expect(&r, "[  0.000] 1> read-hold 64 2\n");
    rig_reply_block(&r, LXP_READ_HOLD, 64, 2);
    rig_expect(&r, "[  0.000] pushed hold 64=64 hold 65=65\n");
    rig_reply_write_multi(&r, 0, 0);
    rig_expect(&r, "");
}
END_TEST

/* It waits its turn like a command; the same range waits once. */
START_TEST(reading_back_waits_and_has_a_bound)
{
    rig_read(&r, 7, "hold 65");
    rig_clear(&r);
    for (int i = 0; i < 3; i++)
        rig_reply_write_multi(&r, 12, 3);
    for (uint16_t i = 0; i < 10; i++)
        rig_reply_write_multi(&r, (uint16_t)(100 + i), 1);
    rig_reply_hold(&r, 65, 1);
    rig_reply_block(&r, LXP_READ_HOLD, 12, 3);
    for (uint16_t i = 0; i < 3; i++)
        rig_reply_hold(&r, (uint16_t)(100 + i), i);
    at(WP_SEC(60));
    rig_expect(&r, "[  0.000] asked hold 65=1\n"
                   "[  0.000] answer 7 ok\n"
                   "[  0.000] 1> read-hold 12 3\n"
                   "[  0.000] pushed hold 12=12 hold 13=13 of 3\n"
                   "[  0.000] 1> read-hold 100 1\n"
                   "[  0.000] pushed hold 100=0\n"
                   "[  0.000] 1> read-hold 101 1\n"
                   "[  0.000] pushed hold 101=1\n"
                   "[  0.000] 1> read-hold 102 1\n"
                   "[  0.000] pushed hold 102=2\n");
}
END_TEST

/* ---- the bytes ------------------------------------------------------------------------------------ */

/* One request can write 127 registers at most, and none beyond the last one. */
START_TEST(what_nobody_can_have_written_is_not_read)
{
    r.hides_notes = false;
    rig_reply_write_multi(&r, 0, 65535);
    rig_reply_write_multi(&r, 10, 128);
    rig_reply_write_multi(&r, 65535, 2);
    rig_reply_write_multi(&r, 10, 0);
    rig_expect(&r, "[  0.000] note bad-length: 5555555555 1\n"
                   "[  0.000] note bad-length: 5555555555 2\n"
                   "[  0.000] note bad-length: 5555555555 3\n"
                   "[  0.000] note bad-length: 5555555555 4\n");
    rig_reply_write_multi(&r, 65535, 1);
    rig_expect(&r, "[  0.000] 1> read-hold 65535 1\n");
}
END_TEST

/* The serials of the published requests, which this project does not have. */
static void start_as(const struct lxp_vector *v)
{
    char serial[LXP_SERIAL + 1] = {0}, datalog[LXP_SERIAL + 1] = {0};

    memcpy(datalog, v->bytes.p + 8, LXP_SERIAL);
    memcpy(serial, v->bytes.p + 22, LXP_SERIAL);
    rig_end(&r);
    rig_start_open(&r, "lxp.host", "127.0.2.1", "lxp.serial", serial, "lxp.datalog", datalog, NULL);
}

static void expect_bytes(const char *id, enum wp_operation operation, const char *what, struct wp_value value)
{
    struct lxp_vector v;
    struct wp_slice ids[] = {wp_text(what)}, serial;
    struct wp_command command = {.operation = operation, .ids = ids, .n_ids = 1, .value = value};

    if (!lxp_vectors_find(&v, id))
        return;
    start_as(&v);
    serial = wp_slice(v.bytes.p + 22, LXP_SERIAL);
    command.device = serial;
    rig_step(&r, (struct wp_event){.kind = WP_EV_COMMAND, .command = &command});
    ck_assert_msg(wp_slice_eq(wp_slice(r.last_sent, r.n_last_sent), v.bytes), "%s", id);
}

START_TEST(requests_are_the_published_bytes)
{
    expect_bytes("lxp-147", WP_WRITE, "hold 65", wp_int(50));
    expect_bytes("lxp-149", WP_READ, "hold 65", wp_null());
    expect_bytes("lxp-151", WP_WRITE, "hold 21.7", wp_bool(true));
    expect_bytes("lxp-156", WP_WRITE, "hold 64", wp_int(100));
    expect_bytes("lxp-157", WP_WRITE, "hold 67", wp_int(50));
    expect_bytes("lxp-158", WP_READ, "input 0/40", wp_null());
    expect_bytes("lxp-159", WP_READ, "input 40/40", wp_null());
    expect_bytes("lxp-160", WP_READ, "input 80/40", wp_null());
}
END_TEST

int main(void)
{
    Suite *s = suite_create("south_lxp_queue");
    TCase *t = tcase_create("south_lxp_queue");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_read_gives_the_reading_and_then_the_answer);
    tcase_add_test(t, a_read_is_sent_once_more_and_then_given_up);
    tcase_add_test(t, other_traffic_does_not_lengthen_the_wait);
    tcase_add_test(t, a_long_read_goes_in_parts);
    tcase_add_test(t, an_exception_is_an_answer);
    tcase_add_test(t, a_write_gives_the_answer_and_then_the_reading);
    tcase_add_test(t, a_write_is_never_repeated);
    tcase_add_test(t, another_value_in_the_echo_is_a_failure);
    tcase_add_test(t, a_bit_is_changed_on_a_fresh_read);
    tcase_add_test(t, a_bit_that_is_right_is_not_written);
    tcase_add_test(t, nothing_comes_between_the_read_and_the_write);
    tcase_add_test(t, a_bit_fails_at_either_step);
    tcase_add_test(t, a_bit_whose_time_is_over_is_not_written);
    tcase_add_test(t, only_the_matching_reply_answers);
    tcase_add_test(t, a_read_reply_without_length_byte_answers_too);
    tcase_add_test(t, a_late_reply_answers_nothing);
    tcase_add_test(t, a_late_echo_does_not_answer_the_next_write);
    tcase_add_test(t, the_second_reply_to_a_read_is_passed_over);
    tcase_add_test(t, a_second_reply_that_was_lost_delays_one_read);
    tcase_add_test(t, another_reply_is_no_second_one);
    tcase_add_test(t, one_request_is_out_at_a_time);
    tcase_add_test(t, a_full_queue_answers_at_once);
    tcase_add_test(t, a_command_has_its_time_in_all);
    tcase_add_test(t, a_command_may_come_out_of_an_answer);
    tcase_add_test(t, what_waits_fails_with_the_connection);
    tcase_add_test(t, what_is_no_command_is_refused);
    tcase_add_test(t, what_somebody_wrote_is_read_back);
    tcase_add_test(t, reading_back_waits_and_has_a_bound);
    tcase_add_test(t, what_nobody_can_have_written_is_not_read);
    tcase_add_test(t, requests_are_the_published_bytes);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
