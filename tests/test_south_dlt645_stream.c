/* Bytes of a meter's connection: however they come, the same readings; whatever comes, bounded memory.
 * covers: session_buffer
 *
 * Frames and wrappers: vectors/ivy-and-dlt645.json (gathered from public code); the stream cases are those
 * of the research, section h. */
#include "tests/gateway_rig.h"

#include "sim/gateway/session_buffer.h"

#define VOLTAGE "683412000000006891063334343538550a16"   /* 02010100 = 220.5 V of 000000001234 */
#define CURRENT "68341200000000689107333435356785339e16" /* 02020100 = 5.234 A */
#define LOGIN                                                                                                \
    "00010001000100120a020c3030303030303030313233340000"                                                     \
    "00"                                  /* zero CRC */
#define APDU "0001000100010005c401050104" /* GET error 4 */

#define VOLTAGE_READ "reading 000000001234 pushed 02010100=220.5V\n"
#define CURRENT_READ "reading 000000001234 pushed 02020100=5.234A\n"

static struct rig r;

static void setup(void)
{
    rig_start(&r, "polling.enabled", "false", NULL);
    rig_connect(&r, 1);
    r.show = RIG_PARTS;
}

static void teardown(void)
{
    rig_end(&r);
}

static size_t count_of(const char *what)
{
    size_t n = 0;

    for (const char *at = rig_trace(&r); (at = strstr(at, what)); at++)
        n++;
    return n;
}

static void expect_both(void)
{
    ck_assert_uint_eq(count_of(VOLTAGE_READ), 1);
    ck_assert_uint_eq(count_of(CURRENT_READ), 1);
    ck_assert_uint_eq(count_of("reading"), 2);
    rig_clear(&r);
}

/* Case 1. */
START_TEST(two_frames_in_one_segment)
{
    rig_hex(&r, 2, VOLTAGE CURRENT);
    expect_both();
}
END_TEST

/* Case 2, and every other way to cut two frames and a login. IVY-B21. */
START_TEST(any_segmentation_gives_the_same)
{
    uint8_t bytes[512];
    size_t n;

    ck_assert(wp_hex_read(wp_text(LOGIN VOLTAGE APDU "FEFEFEFE" CURRENT), bytes, sizeof bytes, &n));
    for (size_t piece = 1; piece <= n; piece++) {
        wp_port port = rig_connect(&r, 1);

        for (size_t at = 0; at < n; at += piece)
            rig_bytes(&r, port, wp_slice(bytes + at, n - at < piece ? n - at : piece));
        expect_both();
    }
}
END_TEST

/* Case 3. */
START_TEST(wake_up_bytes_are_skipped)
{
    static const char *const wakeup[] = {"", "FE", "FEFEFEFE", "FEFEFEFEFEFEFEFEFE"};

    r.show |= RIG_NOTES;
    for (size_t i = 0; i < 4; i++) {
        rig_hex(&r, 2, wakeup[i]);
        rig_hex(&r, 2, VOLTAGE);
        rig_hex(&r, 2, wakeup[i]);
        rig_hex(&r, 2, CURRENT);
        ck_assert_uint_eq(count_of("garbage"), 0);
        expect_both();
    }
}
END_TEST

/* Case 4: an echo answers nothing. */
START_TEST(the_echo_of_a_request_is_not_a_reply)
{
    rig_hex(&r, 2, VOLTAGE);
    rig_message(&r, "ivy/v1/meters/000000001234/command/request",
                "{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"voltageA\"}");
    rig_clear(&r);
    r.show |= RIG_NOTES;
    rig_bytes(&r, 2, wp_slice(r.last_sent, r.n_last_sent));
    rig_expect(&r, "[     0.000] note echo: 000000001234 1\n");
    rig_hex(&r, 2, VOLTAGE);
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "answer 000000001234 ok"));
}
END_TEST

/* Case 5. IVY-B19: one byte is dropped, not the frame. */
START_TEST(a_good_frame_follows_a_bad_checksum)
{
    r.show |= RIG_NOTES;
    rig_hex(&r, 2, "683412000000006891063334343538550b16" VOLTAGE);
    ck_assert_uint_eq(count_of("note bad-checksum: 127.0.2.1 1\n"), 1);
    ck_assert_uint_eq(count_of(VOLTAGE_READ), 1);
    ck_assert_uint_eq(count_of("garbage: 000000001234 18\n"), 1);
}
END_TEST

/* Case 6, and a whole frame that begins inside a false one. */
START_TEST(a_good_frame_inside_a_false_start_is_found)
{
    rig_hex(&r, 2, "68ABCDEF01020368" VOLTAGE "0000" CURRENT);
    rig_run(&r, WP_SEC(3));
    expect_both();
}
END_TEST

/* Case 7: the wait is bounded. IVY-B20. */
START_TEST(a_false_length_waits_two_seconds_at_most)
{
    rig_hex(&r, 2, "683412000000006891FF" VOLTAGE);
    rig_expect(&r, "");
    rig_run(&r, WP_SEC(2) - 1);
    rig_expect(&r, "");
    rig_run(&r, WP_SEC(2));
    rig_expect(&r, "[  2000.000] presence 000000001234 online\n"
                   "[  2000.000] " VOLTAGE_READ);
    rig_hex(&r, 2, CURRENT);
    ck_assert_uint_eq(count_of(CURRENT_READ), 1);
}
END_TEST

/* Two false starts behind each other do not wait twice. */
START_TEST(false_starts_do_not_add_up)
{
    rig_hex(&r, 2,
            "683412000000006891FF683412000000006891FF"
            "0001000100010FFF" VOLTAGE);
    rig_run(&r, WP_SEC(2));
    ck_assert_uint_eq(count_of(VOLTAGE_READ), 1);
}
END_TEST

/* A frame that comes slowly is not given up while it makes progress. */
START_TEST(a_slow_frame_is_waited_for)
{
    uint8_t bytes[64];
    size_t n;

    ck_assert(wp_hex_read(wp_text(VOLTAGE), bytes, sizeof bytes, &n));
    for (size_t i = 0; i < n; i++) {
        rig_bytes(&r, 2, wp_slice(bytes + i, 1));
        rig_run(&r, r.now + WP_MS(1900));
    }
    ck_assert_uint_eq(count_of(VOLTAGE_READ), 1);
}
END_TEST

/* Cases 8 and 9. */
START_TEST(login_and_apdu_come_in_any_pieces)
{
    r.show |= RIG_NOTES | RIG_SENDS;
    rig_hex(&r, 2, LOGIN APDU);
    ck_assert_uint_eq(count_of("presence 000000001234 online"), 1);
    ck_assert_uint_eq(count_of("note not-yet: 000000001234 1\n"), 1);
    rig_clear(&r);
    rig_connect(&r, 1);
    rig_hex(&r, 3, "000100");
    rig_hex(&r, 3, "01000100120a020c313131313131313131313131000000");
    ck_assert_uint_eq(count_of("presence 111111111111 online"), 1);
    ck_assert_uint_eq(count_of("3> 0001000100010012AA03"), 1);
}
END_TEST

/* Case 10. */
START_TEST(trailing_bytes_do_no_harm)
{
    rig_hex(&r, 2, VOLTAGE "FFFF");
    rig_hex(&r, 2, "00");
    rig_hex(&r, 2, CURRENT "00000000");
    expect_both();
    rig_hex(&r, 2, VOLTAGE);
    ck_assert_uint_eq(count_of(VOLTAGE_READ), 1);
}
END_TEST

/* What is DLMS is recognised, skipped by its length, and keeps the session alive. */
START_TEST(hdlc_and_bare_apdus_are_not_yet)
{
    r.show |= RIG_NOTES;
    rig_hex(&r, 2, "7EA0084102030405067E" VOLTAGE);
    ck_assert_uint_eq(count_of("note not-yet: 127.0.2.1 1\n"), 1);
    ck_assert_uint_eq(count_of("garbage"), 0);
    ck_assert_uint_eq(count_of(VOLTAGE_READ), 1);
    rig_clear(&r);
    rig_connect(&r, 1);
    rig_hex(&r, 3, "C401C1000904AABBCCDD55555555");
    ck_assert_uint_eq(count_of("note not-yet: 127.0.2.1 2\n"), 1);
    ck_assert_uint_eq(count_of("garbage"), 0);
    rig_run(&r, WP_SEC(30));
    ck_assert_uint_eq(r.n_sent, 0); /* such a meter is not asked for a DL/T 645 address */
}
END_TEST

/* 7E alone, with another format, a length that cannot be, without its end: each costs one byte. */
START_TEST(what_only_looks_like_hdlc_is_garbage)
{
    static const char *const starts[] = {"7E", "7E00", "7EA000", "7EA0084102030405060000", "7E7E7E"};

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        rig_hex(&r, 2, starts[i]);
        rig_hex(&r, 2, VOLTAGE);
        rig_run(&r, r.now + WP_SEC(2));
        ck_assert_msg(count_of(VOLTAGE_READ) == 1, "%s", starts[i]);
        rig_clear(&r);
    }
}
END_TEST

/* IVY-B20. */
START_TEST(garbage_without_end_closes_the_connection)
{
    static uint8_t noise[4095];

    memset(noise, 0x55, sizeof noise);
    r.show |= RIG_NOTES | RIG_SENDS;
    rig_bytes(&r, 2, wp_slice(noise, sizeof noise));
    rig_expect(&r, "[     0.000] note garbage: 127.0.2.1 4095\n");
    rig_hex(&r, 2, VOLTAGE); /* a frame in between begins the count anew */
    rig_clear(&r);
    rig_bytes(&r, 2, wp_slice(noise, sizeof noise));
    rig_clear(&r);
    rig_hex(&r, 2, "55");
    rig_expect(&r, "[     0.000] note garbage-limit: 000000001234 1\n"
                   "[     0.000] hang up 2\n"
                   "[     0.000] presence 000000001234 offline\n");
}
END_TEST

START_TEST(false_starts_count_as_garbage_too)
{
    static uint8_t noise[8192];

    memset(noise, 0x68, sizeof noise);
    for (size_t i = 9; i < sizeof noise; i += 2)
        noise[i] = 0x01;
    r.show = RIG_SENDS;
    rig_bytes(&r, 2, wp_slice(noise, sizeof noise));
    rig_expect(&r, "[     0.000] hang up 2\n");
}
END_TEST

/* A wrapper may be as long as it says, up to what a wrapper can have, and needs a big buffer then. */
START_TEST(a_long_wrapper_is_skipped_whole)
{
    static uint8_t wire[IVY_FRAME_MAX];
    static const uint8_t payload[IVY_PAYLOAD_MAX] = {0xC4, 0x68};
    struct wp_writer w = wp_writer(wire, sizeof wire);

    ivy_encode(&w, 1, 1, wp_slice(payload, sizeof payload));
    r.show |= RIG_NOTES;
    for (size_t at = 0; at < w.n; at += 100)
        rig_bytes(&r, 2, wp_slice(wire + at, w.n - at < 100 ? w.n - at : 100));
    rig_hex(&r, 2, VOLTAGE);
    ck_assert_uint_eq(count_of("note not-yet"), 1);
    ck_assert_uint_eq(count_of("garbage"), 0);
    ck_assert_uint_eq(count_of(VOLTAGE_READ), 1);
}
END_TEST

/* More wrappers that never end than there are buffers: refused by name, and the others live on. */
START_TEST(an_empty_pool_refuses_and_counts)
{
    static const uint8_t half[1000] = {0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x0F, 0x00};
    size_t refused;

    for (int i = 0; i < 500; i++)
        rig_bytes(&r, rig_connect(&r, 1), wp_slice(half, sizeof half));
    r.show |= RIG_NOTES;
    rig_bytes(&r, rig_connect(&r, 1), wp_slice(half, sizeof half));
    refused = count_of("note no-cell");
    ck_assert_uint_eq(refused, 1);
    rig_hex(&r, 2, VOLTAGE CURRENT);
    expect_both();
    rig_run(&r, WP_SEC(2)); /* all given up: the buffers are back */
    rig_clear(&r);
    rig_bytes(&r, rig_connect(&r, 1), wp_slice(half, sizeof half));
    ck_assert_uint_eq(count_of("no-cell"), 0);
}
END_TEST

/* The 1997 edition is told apart, and identifies all the same. */
START_TEST(a_frame_of_1997_is_not_read_as_2007)
{
    r.show |= RIG_NOTES;
    /* source: icprog/dlt698.45 read485.c, by way of the published vectors */
    rig_hex(&r, 2, "6875000000000068811f52c363c63a345b685333b7c86333b48b5b336a365b333333333333333333dd5f16");
    rig_expect(&r, "[     0.000] presence 000000000075 online\n"
                   "[     0.000] note edition-1997: 000000000075 1\n");
}
END_TEST

/* ---- buffers -------------------------------------------------------------------------------------- */

START_TEST(a_small_buffer_grows_into_a_big_one)
{
    static uint8_t bytes[8192];
    const struct session_buffer_plan plan = {.small = 320, .n_small = 2, .big = sizeof bytes, .n_big = 16};
    struct wp_carve count = {NULL, 0}, room;
    struct session_buffers pools;
    struct session_buffer *b = NULL;
    void *memory;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    session_buffers_lay_out(&pools, &count, &plan);
    memory = malloc(count.n);
    room = (struct wp_carve){memory, 0};
    session_buffers_lay_out(&pools, &room, &plan);
    ck_assert(session_buffer_append(&pools, &b, wp_slice(bytes, 300)));
    session_buffer_drop(b, 100);
    ck_assert(session_buffer_append(&pools, &b, wp_slice(bytes + 300, 100)));
    ck_assert_uint_eq(pools.small.n_free, pools.small.n - 1);
    ck_assert(wp_slice_eq(session_buffered(b), wp_slice(bytes + 100, 300)));
    ck_assert(session_buffer_append(&pools, &b, wp_slice(bytes + 400, 4000)));
    ck_assert_uint_eq(pools.small.n_free, pools.small.n);
    ck_assert(wp_slice_eq(session_buffered(b), wp_slice(bytes + 100, 4300)));
    ck_assert(!session_buffer_append(&pools, &b, wp_slice(bytes, 4000)));
    ck_assert(wp_slice_eq(session_buffered(b), wp_slice(bytes + 100, 4300)));
    session_buffer_return(&pools, &b);
    ck_assert_uint_eq(pools.big.n_free, pools.big.n);
    ck_assert_ptr_null(b);
    free(memory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("south_dlt645_stream");
    TCase *tc = tcase_create("stream");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, two_frames_in_one_segment);
    tcase_add_test(tc, any_segmentation_gives_the_same);
    tcase_add_test(tc, wake_up_bytes_are_skipped);
    tcase_add_test(tc, the_echo_of_a_request_is_not_a_reply);
    tcase_add_test(tc, a_good_frame_follows_a_bad_checksum);
    tcase_add_test(tc, a_good_frame_inside_a_false_start_is_found);
    tcase_add_test(tc, a_false_length_waits_two_seconds_at_most);
    tcase_add_test(tc, false_starts_do_not_add_up);
    tcase_add_test(tc, a_slow_frame_is_waited_for);
    tcase_add_test(tc, login_and_apdu_come_in_any_pieces);
    tcase_add_test(tc, trailing_bytes_do_no_harm);
    tcase_add_test(tc, hdlc_and_bare_apdus_are_not_yet);
    tcase_add_test(tc, what_only_looks_like_hdlc_is_garbage);
    tcase_add_test(tc, garbage_without_end_closes_the_connection);
    tcase_add_test(tc, false_starts_count_as_garbage_too);
    tcase_add_test(tc, a_long_wrapper_is_skipped_whole);
    tcase_add_test(tc, an_empty_pool_refuses_and_counts);
    tcase_add_test(tc, a_frame_of_1997_is_not_read_as_2007);
    tcase_add_test(tc, a_small_buffer_grows_into_a_big_one);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
