/* DLMS/COSEM in captures: beside the other protocols of meters on one connection, cut anywhere, with keys beside it. */
#include "harness/keys.h"
#include "tests/replay_rig.h"

#define LOGIN "00010001000100120A020C323130363030343032393431005A4C"
/* Aidon, captures/dlms/hdlc.vec */
#define HDLC "7EA02A410883130413E6E7000F40000000000101020309060100010700FF060000020002020F00161BC12C7E"
#define PUSH "0F0000000700020209060100010700FF0600000123"

static void send_hex(unsigned side, const char *digits)
{
    uint8_t bytes[512];
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), bytes, sizeof bytes, &n), "%s", digits);
    send_bytes(side, wp_slice(bytes, n));
}

/* What IVY's session messages and APDUs have in common is the wrapper; each has its own reader. */
START_TEST(one_connection_speaks_everything_that_meters_do)
{
    send_hex(0, LOGIN);
    send_hex(1, "000100010001000DC001C100030100200700FF0200");
    send_hex(0, "0001000100010007C401C1001208FE");
    send_hex(0, HDLC);
    send_hex(0, PUSH);
    send_hex(0, LOGIN);
    send_hex(0, HDLC);
    ck_assert_int_eq(replay_it(), REPLAY_CLEAN);
    ck_assert_str_eq(lines_with("frames "),
                     "frames ivy 2\nframes wrapper 2\nframes hdlc 2\nframes cosem 1\n");
    ck_assert_str_eq(lines_with("questions "), "questions 1: 1 answered, 0 unanswered; 0 answers unasked\n");
}
END_TEST

/* Also byte by byte, with every byte a segment of its own. */
START_TEST(segments_may_cut_it_anywhere)
{
    for (const char *p = LOGIN HDLC "0001000100010015" PUSH HDLC LOGIN; *p; p += 2) {
        char one[3] = {p[0], p[1], 0};

        send_hex(0, one);
    }
    ck_assert_int_eq(replay_it(), REPLAY_CLEAN);
    ck_assert_str_eq(lines_with("frames "), "frames ivy 2\nframes wrapper 1\nframes hdlc 2\n");
}
END_TEST

static void write_keys(const char *lines)
{
    char name[200];
    FILE *f;

    snprintf(name, sizeof name, "%s.keys", path);
    f = fopen(name, "w");
    ck_assert_ptr_nonnull(f);
    fputs(lines, f);
    fclose(f);
}

/* For this capture alone; and what cannot be read there is told. */
START_TEST(keys_may_stand_beside_the_capture)
{
    write_keys("4D4D4D0000BC614E 000102030405060708090A0B0C0D0E0F D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF\n");
    send_hex(0, "0001000100010031DB084D4D4D0000BC614E2610010203040F0000000700020209060100010700FF06000001"
                "2326C39C5EB499E3395551A469");
    ck_assert_int_eq(replay_it(), REPLAY_CLEAN);
    ck_assert_str_eq(lines_with("ciphered "),
                     "ciphered 1: 1 deciphered and authenticated, 0 deciphered and not "
                     "authenticated, 0 not deciphered\n");
    ck_assert_uint_eq(keys_given()->n, 0);
    write_keys("4D4D4D\n");
    ck_assert_int_eq(replay((struct replay_file){.path = path}), REPLAY_UNREADABLE);
    ck_assert_ptr_nonnull(strstr(problems, ".keys:1: a sender without a key"));
}
END_TEST

/* The wrapper is good, the APDU in it ends too early: a finding, and the connection goes on. */
START_TEST(what_a_good_frame_carries_may_be_wrong)
{
    send_hex(0, "0001000100010015" PUSH);
    send_hex(0, "0001000100010006C401C1001208");
    send_hex(0, "0001000100010015" PUSH);
    ck_assert_int_eq(replay_it(), REPLAY_FINDINGS);
    ck_assert_str_eq(lines_with("frames "), "frames wrapper 3\n");
    ck_assert_str_eq(lines_with("content refused"), "content refused in 1 frames: truncated 1\n");
    ck_assert_uint_eq(replay_findings(&sum), 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("replay_dlms");
    TCase *t = tcase_create("replay_dlms");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_checked_fixture(t, NULL, keys_forget);
    tcase_add_test(t, one_connection_speaks_everything_that_meters_do);
    tcase_add_test(t, segments_may_cut_it_anywhere);
    tcase_add_test(t, keys_may_stand_beside_the_capture);
    tcase_add_test(t, what_a_good_frame_carries_may_be_wrong);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
