/* Captures that others made, replayed. */
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
    ck_assert_str_eq(lines_with("frames"), "frames dlt645 568\nframes mqtt 340\n");
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
        {"luxpower/derived_lxp-bridge_fixtures_split7.pcap", 93, 0},
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

/* DLMS in wrappers over TCP, on the loopback link: 266 of them (INDEX.md). */
START_TEST(wrappers_on_the_loopback_link)
{
    const char *name = shared("dlms/htanwar922__Output-Ciphered-HLS-AuthEnc.pcap");

    if (!name)
        return;
    ck_assert_int_eq(replay((struct replay_file){.path = name}), REPLAY_CLEAN);
    ck_assert_str_eq(lines_with("frames"), "frames ivy 266\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("replay_captures");
    TCase *t = tcase_create("replay_captures");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_original_gateways_capture_decodes_completely);
    tcase_add_test(t, nothing_foreign_is_claimed);
    tcase_add_test(t, wrappers_on_the_loopback_link);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
