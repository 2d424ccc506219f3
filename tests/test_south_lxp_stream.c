/* What comes from a datalog: cut anywhere, wrong, foreign or not asked for, and what becomes of it.
 * covers: south_lxp_stream, south_lxp_frame */
#include "tests/south_lxp_rig.h"

#include "sim/codec/lxp_input.h"

static struct rig r;

static void setup(void)
{
    rig_start_open(&r, RIG_FIRST, NULL);
}

static void teardown(void)
{
    rig_end(&r);
}

/* ---- readings ------------------------------------------------------------------------------------- */

START_TEST(a_push_is_a_reading)
{
    rig_reply_block(&r, LXP_READ_INPUT, 0, 40);
    rig_expect(&r, "[  0.000] pushed input 0=0 input 4=0.4 of 43\n");
    rig_reply_block(&r, LXP_READ_HOLD, 20, 3);
    rig_expect(&r, "[  0.000] pushed hold 20=20 hold 21=21 of 3\n");
    rig_reply_write(&r, 65, 62420);
    rig_expect(&r, "[  0.000] pushed hold 65=62420\n");
    rig_reply_exception(&r, LXP_READ_HOLD, 300);
    rig_expect(&r, "[  0.000] note unasked-exception: 5555555555 1\n");
}
END_TEST

/* Sets that it covers whole come first, in their order; then the single registers. */
START_TEST(a_long_push_has_all_its_sets)
{
    r.shows_points = r.hides_notes = true;
    rig_reply_block(&r, LXP_READ_INPUT, 0, 127);
    ck_assert_uint_eq(r.n_readings, 1);
    ck_assert_uint_gt(r.n_points, LXP_SET_1_KEYS + LXP_SET_2_KEYS + LXP_SET_3_KEYS);
    rig_clear(&r);
    rig_reply_block(&r, LXP_READ_INPUT, 127, 127);
    rig_reply_block(&r, LXP_READ_INPUT, 254, 127);
    ck_assert_uint_eq(r.n_readings, 1); /* from 254 on no register is known: no reading */
}
END_TEST

START_TEST(what_sums_and_divides_is_an_option)
{
    rig_end(&r);
    rig_start_open(&r, RIG_FIRST, "lxp.pv_sum", "1", "lxp.current_divisor", "10", NULL);
    r.shows_points = true;
    rig_reply_block(&r, LXP_READ_INPUT, 0, 40);
    ck_assert_ptr_nonnull(strstr(wp_put_end(&r.w), " input 7=7 "));
    rig_clear(&r);
    rig_reply_block(&r, LXP_READ_INPUT, 80, 40);
    ck_assert_ptr_nonnull(strstr(wp_put_end(&r.w), " input 81=8.1 "));
}
END_TEST

/* Seen in newer firmware: 80 hold registers each minute. */
START_TEST(hold_registers_may_be_told_when_they_change)
{
    rig_end(&r);
    rig_start_open(&r, RIG_FIRST, "lxp.publish_hold", "on_change", NULL);
    rig_reply_block(&r, LXP_READ_HOLD, 20, 3);
    rig_reply_block(&r, LXP_READ_HOLD, 20, 3);
    rig_reply_hold(&r, 21, 5);
    rig_reply_block(&r, LXP_READ_HOLD, 20, 3);
    rig_reply_hold(&r, 300, 5);
    rig_reply_hold(&r, 300, 5); /* beyond what is remembered */
    rig_expect(&r, "[  0.000] pushed hold 20=20 hold 21=21 of 3\n"
                   "[  0.000] pushed hold 21=5\n"
                   "[  0.000] pushed hold 21=21\n"
                   "[  0.000] pushed hold 300=5\n"
                   "[  0.000] pushed hold 300=5\n");
    rig_read(&r, 7, "hold 20");
    rig_reply_hold(&r, 20, 20); /* who asks is told */
    rig_expect(&r, "[  0.000] 1> read-hold 20 1\n[  0.000] asked hold 20=20\n[  0.000] answer 7 ok\n");
    rig_close(&r, 1);
    rig_run(&r, WP_SEC(5));
    rig_open(&r, RIG_IP);
    rig_clear(&r);
    rig_reply_hold(&r, 20, 20); /* a new connection begins anew */
    rig_expect(&r, "[  5.000] pushed hold 20=20\n");
}
END_TEST

/* ---- what publishes nothing ----------------------------------------------------------------------- */

START_TEST(other_serials_are_not_ours)
{
    r.head.inverter = "5555555556";
    rig_reply_hold(&r, 1, 1);
    rig_reply_hold(&r, 1, 1);
    rig_reply_write_multi(&r, 1, 1);
    rig_expect(&r, "[  0.000] note foreign-serial: 5555555556 behind BA55555555, "
                   "expected 5555555555 behind BA55555555 1\n"); /* told once */
    rig_set(&r, "lxp.accept_any_serial", "true");
    rig_read(&r, 7, "hold 1");
    rig_clear(&r);
    rig_reply_hold(&r, 1, 1);
    rig_expect(&r, "[  0.000] pushed hold 1=1\n"); /* it answers nothing all the same */
    r.head.inverter = RIG_SERIAL;
    rig_reply_hold(&r, 1, 2);
    rig_expect(&r, "[  0.000] asked hold 1=2\n[  0.000] answer 7 ok\n");
}
END_TEST

/* Of a datalog without a name of its own, as over Bluetooth. source: vectors lxp-107, lxp-108 */
START_TEST(ten_zeros_are_every_datalog)
{
    r.head.datalog = "\0\0\0\0\0\0\0\0\0";
    rig_reply_hold(&r, 1, 1);
    rig_expect(&r, "[  0.000] pushed hold 1=1\n");
}
END_TEST

/* Params are the datalog's own affair; a reply to a C4 reaches every client (seen: vectors lxp-075). */
START_TEST(params_and_firmware_are_passed_over)
{
    uint8_t wire[128];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    lxp_put_param_write_reply(&w, &r.head, 7, 0);
    lxp_put_param_read_reply(&w, &r.head, 0, wp_slice("\x78\0", 2));
    rig_bytes(&r, wp_written(&w));
    rig_expect(&r, "");
    rig_reply_hold(&r, 1, 1);
    rig_expect(&r, "[  0.000] pushed hold 1=1\n");
}
END_TEST

START_TEST(a_wrong_checksum_publishes_nothing)
{
    uint8_t wire[256];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    rig_put_block(&r, &w, LXP_READ_HOLD, 20, 3);
    wire[36] ^= 1;
    rig_bytes(&r, wp_written(&w));
    rig_expect(&r, "[  0.000] note bad-crc: 5555555555 1\n[  0.000] note skipped-bytes: 5555555555 43\n");
    rig_reply_hold(&r, 1, 1);
    rig_expect(&r, "[  0.000] note resync: 5555555555 1\n[  0.000] pushed hold 1=1\n");
}
END_TEST

START_TEST(lengths_that_contradict_each_other_publish_nothing)
{
    uint8_t wire[256];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    rig_put_block(&r, &w, LXP_READ_HOLD, 20, 3);
    wire[18]++;
    rig_bytes(&r, wp_written(&w));
    rig_expect(&r, "[  0.000] note bad-length: 5555555555 1\n[  0.000] note skipped-bytes: 5555555555 43\n");
}
END_TEST

/* A checksum that is right vouches for the length: nothing is skipped. */
START_TEST(an_unknown_function_is_passed_over)
{
    uint8_t wire[256];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    rig_put_block(&r, &w, LXP_READ_HOLD, 20, 3);
    wire[21] = 0x55;
    ck_assert(lxp_repair(wire, w.n));
    rig_bytes(&r, wp_written(&w));
    rig_expect(&r, "[  0.000] note unknown-function: 5555555555 1\n");
    rig_reply_hold(&r, 1, 1);
    rig_expect(&r, "[  0.000] pushed hold 1=1\n");
}
END_TEST

/* ---- cut and joined ------------------------------------------------------------------------------- */

/* Three frames of an old datalog's push, and an echo. */
static struct wp_slice burst(uint8_t *wire, size_t cap)
{
    struct wp_writer w = wp_writer(wire, cap);

    rig_put_block(&r, &w, LXP_READ_INPUT, 0, 40);
    lxp_put_heartbeat(&w, 5, RIG_DATALOG, 0);
    rig_put_block(&r, &w, LXP_READ_HOLD, 0, 80);
    r.head.protocol = 5;
    rig_put_block(&r, &w, LXP_READ_INPUT, 40, 40);
    r.head.protocol = 1;
    rig_put_block(&r, &w, LXP_READ_HOLD, 64, 2);
    r.head.protocol = 2;
    ck_assert(!w.full);
    return wp_written(&w);
}

START_TEST(frames_may_be_cut_and_joined_anywhere)
{
    static char whole[4096];
    uint8_t wire[2048];
    struct wp_slice bytes = burst(wire, sizeof wire);

    rig_bytes(&r, bytes);
    ck_assert_uint_eq(r.n_readings, 4);
    snprintf(whole, sizeof whole, "%s", wp_put_end(&r.w));
    rig_clear(&r);
    for (size_t cut = 0; cut <= bytes.n; cut++) {
        rig_bytes(&r, wp_slice(bytes.p, cut));
        rig_bytes(&r, wp_slice_from(bytes, cut));
        rig_expect(&r, whole);
    }
    for (size_t step = 1; step < 60; step++) {
        for (size_t i = 0; i < bytes.n; i += step)
            rig_bytes(&r, wp_slice(bytes.p + i, bytes.n - i < step ? bytes.n - i : step));
        rig_expect(&r, whole);
    }
}
END_TEST

/* seen: vectors lxp-083, modem text in the middle of the stream */
START_TEST(foreign_bytes_between_frames_are_skipped)
{
    uint8_t wire[512];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    rig_put_block(&r, &w, LXP_READ_HOLD, 1, 1);
    wp_put_text(&w, "AT+QUIT\r");
    rig_put_block(&r, &w, LXP_READ_HOLD, 2, 1);
    wp_put_u8(&w, 0xA1);
    rig_put_block(&r, &w, LXP_READ_HOLD, 3, 1);
    rig_bytes(&r, wp_written(&w));
    rig_expect(&r, "[  0.000] pushed hold 1=1\n"
                   "[  0.000] note resync: 5555555555 1\n"
                   "[  0.000] pushed hold 2=2\n"
                   "[  0.000] note resync: 5555555555 2\n"
                   "[  0.000] pushed hold 3=3\n"
                   "[  0.000] note skipped-bytes: 5555555555 9\n");
}
END_TEST

/* source: vectors lxp-130 */
START_TEST(a_good_frame_inside_a_cut_one_is_found)
{
    uint8_t wire[512];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    rig_put_block(&r, &w, LXP_READ_HOLD, 20, 3);
    w.n = 24;
    rig_put_block(&r, &w, LXP_READ_HOLD, 1, 1);
    rig_bytes(&r, wp_written(&w));
    rig_expect(&r, "[  0.000] note bad-crc: 5555555555 1\n"
                   "[  0.000] note resync: 5555555555 1\n"
                   "[  0.000] pushed hold 1=1\n"
                   "[  0.000] note skipped-bytes: 5555555555 24\n");
}
END_TEST

/* The beginning of a frame of 4086 bytes, in which nothing is wrong so far. */
#define LONG_HEAD                                                                                            \
    "A11A0200F00F01C2"                                                                                       \
    "42413535353535353535"                                                                                   \
    "E20F"

enum { LONG_HEAD_BYTES = 20 };

static void put_long_head(struct wp_writer *w)
{
    size_t n;

    ck_assert(wp_hex_read(wp_text(LONG_HEAD), w->p + w->n, w->cap - w->n, &n));
    w->n += n;
}

/* What waits behind a length that never comes true is found when its time is over, whatever comes meanwhile. */
START_TEST(a_beginning_that_stays_one_is_given_up)
{
    uint8_t wire[512];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    put_long_head(&w);
    rig_put_block(&r, &w, LXP_READ_HOLD, 1, 1);
    rig_bytes(&r, wp_written(&w));
    rig_run(&r, WP_SEC(3));
    rig_reply_hold(&r, 2, 2);
    rig_run(&r, WP_MS(4999));
    rig_expect(&r, "");
    rig_run(&r, WP_SEC(60));
    rig_expect(&r, "[  5.000] note partial-timeout: 5555555555 1\n"
                   "[  5.000] note resync: 5555555555 1\n"
                   "[  5.000] pushed hold 1=1\n"
                   "[  5.000] pushed hold 2=2\n"
                   "[  5.000] note skipped-bytes: 5555555555 20\n");
}
END_TEST

/* A piece without its rest holds up nothing that comes later. seen: vectors lxp-080 */
START_TEST(beginnings_do_not_wait_in_a_row)
{
    for (int i = 0; i < 3; i++)
        rig_hex(&r, LONG_HEAD);
    rig_run(&r, WP_SEC(5));
    rig_expect(&r, "[  5.000] note partial-timeout: 5555555555 1\n"
                   "[  5.000] note partial-timeout: 5555555555 2\n"
                   "[  5.000] note partial-timeout: 5555555555 3\n"
                   "[  5.000] note skipped-bytes: 5555555555 60\n");
}
END_TEST

START_TEST(a_reply_in_pieces_answers_in_time)
{
    uint8_t wire[64];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    rig_read(&r, 7, "hold 65");
    rig_put_block(&r, &w, LXP_READ_HOLD, 65, 1);
    rig_bytes(&r, wp_slice(wire, 20));
    rig_run(&r, WP_MS(2999));
    rig_bytes(&r, wp_slice(wire + 20, w.n - 20));
    rig_expect(&r, "[  0.000] 1> read-hold 65 1\n[  2.999] asked hold 65=65\n[  2.999] answer 7 ok\n");
}
END_TEST

/* A long frame borrows a big buffer; when those are all lent its bytes are lost, and the next frame is found. */
START_TEST(an_empty_pool_loses_a_frame_and_nothing_else)
{
    static uint8_t half[2000];
    struct wp_writer w = wp_writer(half, sizeof half);

    rig_end(&r);
    rig_start(&r, "lxp.more", "h1=5555555555:BA55555555@127.0.2.1*6", NULL);
    put_long_head(&w);
    for (uint32_t i = 0; i < 6; i++)
        rig_open(&r, RIG_IP + i);
    rig_clear(&r);
    for (r.last_port = 2; r.last_port <= 6; r.last_port++)
        rig_bytes(&r, wp_slice(half, sizeof half));
    rig_expect(&r, "[  0.000] note no-cell: 5555555560 1\n[  0.000] note skipped-bytes: 5555555560 2000\n");
    r.last_port = 1;
    rig_reply_hold(&r, 1, 1);
    rig_expect(&r, "[  0.000] pushed hold 1=1\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("south_lxp_stream");
    TCase *t = tcase_create("south_lxp_stream");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_push_is_a_reading);
    tcase_add_test(t, a_long_push_has_all_its_sets);
    tcase_add_test(t, what_sums_and_divides_is_an_option);
    tcase_add_test(t, hold_registers_may_be_told_when_they_change);
    tcase_add_test(t, other_serials_are_not_ours);
    tcase_add_test(t, ten_zeros_are_every_datalog);
    tcase_add_test(t, params_and_firmware_are_passed_over);
    tcase_add_test(t, a_wrong_checksum_publishes_nothing);
    tcase_add_test(t, lengths_that_contradict_each_other_publish_nothing);
    tcase_add_test(t, an_unknown_function_is_passed_over);
    tcase_add_test(t, frames_may_be_cut_and_joined_anywhere);
    tcase_add_test(t, foreign_bytes_between_frames_are_skipped);
    tcase_add_test(t, a_good_frame_inside_a_cut_one_is_found);
    tcase_add_test(t, a_beginning_that_stays_one_is_given_up);
    tcase_add_test(t, beginnings_do_not_wait_in_a_row);
    tcase_add_test(t, a_reply_in_pieces_answers_in_time);
    tcase_add_test(t, an_empty_pool_loses_a_frame_and_nothing_else);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
