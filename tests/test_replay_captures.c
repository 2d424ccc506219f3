/* Captures that others made, replayed. */
#include "harness/keys.h"
#include "tests/replay_rig.h"

/* The original gateway, five meters and a subscriber. Counted by another program over tshark's payloads: 270 requests,
 * 298 replies, each request with its reply; and by tshark itself: 340 MQTT packets, of which CONNECT, SUBSCRIBE and a
 * delivery of QoS 1 are answered. */
START_TEST(the_original_gateways_capture_decodes_completely)
{
    const char *name = shared("dlt645/ivy-4g-gateway_5meters_dlt645_mqtt.pcap");

    if (!name)
        return;
    ck_assert_int_eq(replay((struct replay_file){.path = name}), REPLAY_CLEAN);
    ck_assert_uint_eq(sum.packets, 1334);
    ck_assert_str_eq(lines_with("frames "), "frames dlt645 568\nframes mqtt 340\n");
    ck_assert_uint_eq(sum.n_frames, 270 + 298 + 340);
    ck_assert_uint_eq(sum.questions, 270 + 3);
    ck_assert_uint_eq(sum.answered, 270 + 3);
    ck_assert_uint_eq(sum.unasked, 298 - 270);
    ck_assert_uint_eq(sum.bad + sum.gaps, 0);
    ck_assert_uint_eq(sum.ours, 6);
    ck_assert_uint_eq(sum.foreign, 0);
}
END_TEST

/* IEC 60870-5-104 begins with 68, too. Neither it nor anything else of other protocols is ours; counts of packets and
 * retransmissions as in INDEX.md. */
START_TEST(nothing_foreign_is_claimed)
{
    static const struct {
        const char *name;
        uint64_t packets, retransmitted;
    } row[] = {
        {"negative/ITI__pcaps_IEC60870-5-104_090813_diverse.pcap", 173, 0},
        {"negative/ITI__pcaps_IEC60870-5-104_JavaRMI_and_IEC_Misc.pcap", 357, 1},
        {"negative/ITI__pcaps_IEC60870-5-104_TestDissectIec104.pcap", 147, 0},
        {"negative/the-tcpdump-group__HDLC.pcap", 38, 0},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const char *name = shared(row[i].name);

        if (!name)
            return;
        ck_assert_int_eq(replay((struct replay_file){.path = name}), REPLAY_NOTHING);
        ck_assert_uint_eq(sum.packets, row[i].packets);
        ck_assert_uint_eq(sum.n_frames, 0);
        ck_assert_uint_eq(sum.ours, 0);
        ck_assert_uint_eq(sum.retransmitted, row[i].retransmitted);
    }
}
END_TEST

/* The same frames of a dongle whole, in pieces of seven bytes, and joined without the requests (INDEX.md). */
START_TEST(frames_of_a_dongle_however_they_are_cut)
{
    static const struct {
        const char *name;
        uint64_t frames, questions, unasked;
    } row[] = {
        {"luxpower/derived_lxp-bridge_fixtures.pcap", 10, 4, 0},
        {"luxpower/derived_lxp-bridge_fixtures_split7.pcap", 10, 4, 0},
        {"luxpower/derived_lxp-bridge_fixtures_coalesced.pcap", 5, 0, 4},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const char *name = shared(row[i].name);

        if (!name)
            return;
        ck_assert_int_eq(replay((struct replay_file){.path = name}), REPLAY_CLEAN);
        ck_assert_uint_eq(sum.n_frames, row[i].frames);
        ck_assert_uint_eq(sum.questions, row[i].questions);
        ck_assert_uint_eq(sum.answered, row[i].questions);
        ck_assert_uint_eq(sum.unasked, row[i].unasked);
        ck_assert_uint_eq(sum.foreign, 0);
    }
}
END_TEST

/* A dongle that dials a cloud, at its port and at another one: what it is follows from what it says. */
START_TEST(a_dongle_is_known_at_any_port)
{
    ck_assert_int_eq(replay((struct replay_file){.path = "captures/lxp/cloud.pcap"}), REPLAY_FINDINGS);
    ck_assert_uint_eq(sum.n_frames, 38);
    ck_assert_uint_eq(sum.ours, 2);
    ck_assert_uint_eq(sum.unanswered, 0);
    for (int i = 0; i < 2; i++) {
        static const char *const to[] = {"127.0.0.1:4346 lxp ", "127.0.0.1:45678 lxp "};
        static const char *const from[] = {"127.0.0.1:4346 > ", "127.0.0.1:45678 > "};

        for (const char *line = text; line && *line;
             line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
            const char *end = line + strcspn(line, "\n"), *direction = strstr(line, " direction=");
            const char *by_dongle = strstr(line, to[i]), *by_cloud = strstr(line, from[i]);

            if (!direction || direction > end)
                continue;
            if (by_dongle && by_dongle < end)
                ck_assert_int_eq(strncmp(direction, " direction=dongle-to-gateway ", 29), 0);
            if (by_cloud && by_cloud < end)
                ck_assert_int_eq(strncmp(direction, " direction=gateway-to-dongle ", 29), 0);
        }
    }
}
END_TEST

/* DLMS in wrappers over TCP, on the loopback link (INDEX.md): 266 of them, 260 ciphered as a whole. Two begin with 00
 * where an APDU has its tag, and the RLRE has a length that is too small, so that nobody answers the RLRQ. */
#define CIPHERED "dlms/htanwar922__Output-Ciphered-HLS-AuthEnc.pcap"
#define KEY      "000102030405060708090A0B0C0D0E0F"
#define AUTH     "D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"

START_TEST(ciphered_wrappers_open_with_their_keys)
{
    const char *name = shared(CIPHERED);

    if (!name)
        return;
    ck_assert(keys_take(KEYS_KEY, KEY) && keys_take(KEYS_AUTH_KEY, AUTH));
    ck_assert_int_eq(replay((struct replay_file){.path = name}), REPLAY_FINDINGS);
    ck_assert_str_eq(lines_with("frames wrapper"), "frames wrapper 266\n");
    ck_assert_str_eq(lines_with("ciphered 260"),
                     "ciphered 260: 260 deciphered and authenticated, 0 deciphered and not authenticated, "
                     "0 not deciphered\n");
    ck_assert_str_eq(lines_with("content refused"),
                     "content refused in 3 frames: length-form 1, apdu-tag 2\n");
    ck_assert_str_eq(lines_with("questions "),
                     "questions 132: 131 answered, 1 unanswered; 0 answers unasked\n");
    ck_assert_uint_eq(replay_findings(&sum), 4);
}
END_TEST

/* Without keys that is no finding; with wrong ones it is, in one line. */
START_TEST(what_does_not_open_is_counted_by_reason)
{
    const char *name = shared(CIPHERED);

    if (!name)
        return;
    replay((struct replay_file){.path = name});
    ck_assert_str_eq(lines_with("ciphered 260"),
                     "ciphered 260: 0 deciphered and authenticated, 0 deciphered and not authenticated, "
                     "260 not deciphered: no-key 260 (--key, --keys)\n");
    ck_assert_uint_eq(replay_findings(&sum), 4);
    ck_assert(keys_take(KEYS_KEY, AUTH) && keys_take(KEYS_AUTH_KEY, AUTH));
    replay((struct replay_file){.path = name});
    ck_assert_str_eq(lines_with("ciphered 260"),
                     "ciphered 260: 0 deciphered and authenticated, 0 deciphered and not authenticated, "
                     "260 not deciphered: auth-tag 260 (a wrong key?)\n");
    ck_assert_uint_eq(replay_findings(&sum), 264);
    keys_forget();
    ck_assert(keys_take(KEYS_KEY, KEY)); /* without an authentication key nobody can tell */
    replay((struct replay_file){.path = name});
    ck_assert_str_eq(lines_with("ciphered 260"),
                     "ciphered 260: 0 deciphered and authenticated, 260 deciphered and not authenticated, "
                     "0 not deciphered\n");
}
END_TEST

/* 129 GETs and their answers, 127 of which tshark takes for STUN; ACCESS; an RLRE as wrong as above. */
START_TEST(wrappers_in_clear)
{
    const char *name = shared("dlms/htanwar922__Output.pcap");

    if (!name)
        return;
    replay((struct replay_file){.path = name});
    ck_assert_str_eq(lines_with("frames wrapper"), "frames wrapper 264\n");
    ck_assert_str_eq(lines_with("questions "),
                     "questions 131: 130 answered, 1 unanswered; 0 answers unasked\n");
    ck_assert_uint_eq(replay_findings(&sum), 2);
}
END_TEST

/* One flow of datagrams, both sides in one direction: 41 HDLC frames, one of them with a bad FCS, and APDUs behind an
 * LLC of power lines. The SNRM has its UA, the DISC has none. */
START_TEST(hdlc_and_bare_apdus_in_datagrams)
{
    const char *name = shared("dlms/bearxiong99__sample.pcap");

    if (!name)
        return;
    replay((struct replay_file){.path = name});
    ck_assert_str_eq(lines_with("frames "), "frames hdlc 40\nframes cosem 10\n");
    ck_assert_str_eq(lines_with("bad 70"),
                     "bad 70 bytes in 1 places, gaps 0 of 0 bytes, retransmitted 0, reordered 0\n");
    ck_assert_str_eq(lines_with("questions "),
                     "questions 17: 15 answered, 2 unanswered; 1 answers unasked\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("replay_captures");
    TCase *t = tcase_create("replay_captures");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_checked_fixture(t, NULL, keys_forget);
    tcase_add_test(t, the_original_gateways_capture_decodes_completely);
    tcase_add_test(t, nothing_foreign_is_claimed);
    tcase_add_test(t, frames_of_a_dongle_however_they_are_cut);
    tcase_add_test(t, a_dongle_is_known_at_any_port);
    tcase_add_test(t, ciphered_wrappers_open_with_their_keys);
    tcase_add_test(t, what_does_not_open_is_counted_by_reason);
    tcase_add_test(t, wrappers_in_clear);
    tcase_add_test(t, hdlc_and_bare_apdus_in_datagrams);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
