/* Lists that are no A-XDR, read as they were meant where the profile allows it. */
#include "tests/push_said.h"

/* source: EG.D, "ega_2025_komunikacni_rozhrani_rs485", example of a push, as corrected by esphome-libs/dlms_parser
 * (tests/expected/raw_egd_example.h), which gives the same 26 values */
#define EGD                                                                                                  \
    "0202 1601 011B "                                                                                        \
    "0202 0001 00002A0000FF 02 0909 454744303132333435 "                                                     \
    "0202 0028 0002190900FF 01 0906 0002190900FF "                                                           \
    "0202 0001 0000600100FF 02 090A 30313233343536373839 "                                                   \
    "0202 0046 000060030AFF 03 1601 0202 0047 0000110000FF 03 0600000000 "                                   \
    "0202 0046 000160030AFF 03 1601 0202 0046 000260030AFF 03 1601 0202 0046 000360030AFF 03 1600 "          \
    "0202 0046 000460030AFF 03 1600 0202 0046 000560030AFF 03 1600 0202 0046 000660030AFF 03 1600 "          \
    "0202 0001 0000600E00FF 02 0902 5433 "                                                                   \
    "0202 0003 0100010700FF 02 0600000003 0202 0003 0100150700FF 02 0600000001 "                             \
    "0202 0003 0100290700FF 02 0600000001 0202 0003 01003D0700FF 02 0600000001 "                             \
    "0202 0003 0100020700FF 02 0600000003 0202 0003 0100160700FF 02 0600000001 "                             \
    "0202 0003 01002A0700FF 02 0600000001 0202 0003 01003E0700FF 02 0600000001 "                             \
    "0202 0003 0100010800FF 02 0600000008 0202 0003 0100010801FF 02 0600000000 "                             \
    "0202 0003 0100010802FF 02 0600000004 0202 0003 0100010803FF 02 0600000004 "                             \
    "0202 0003 0100010804FF 02 0600000000 0202 0003 0100020800FF 02 0600000004 "                             \
    "0202 0001 0000600D00FF 02 0900"

START_TEST(untagged_descriptors_of_a_czech_meter)
{
    push_hex("egd-untagged", EGD);
    ck_assert_str_eq(cosem_shape_text(push.shape), "untagged-descriptor");
    ck_assert_str_eq(
        push_said(),
        "0-0:42.0.0.255=EGD012345, 0-0:96.1.0.255=0123456789, 0-0:96.3.10.255=1, 0-0:17.0.0.255=0, "
        "0-1:96.3.10.255=1, 0-2:96.3.10.255=1, 0-3:96.3.10.255=0, 0-4:96.3.10.255=0, 0-5:96.3.10.255=0, "
        "0-6:96.3.10.255=0, 0-0:96.14.0.255=T3, 1-0:1.7.0.255=3 W, 1-0:21.7.0.255=1 W, 1-0:41.7.0.255=1 W, "
        "1-0:61.7.0.255=1 W, 1-0:2.7.0.255=3 W, 1-0:22.7.0.255=1 W, 1-0:42.7.0.255=1 W, 1-0:62.7.0.255=1 W, "
        "1-0:1.8.0.255=8 Wh, 1-0:1.8.1.255=0 Wh, 1-0:1.8.2.255=4 Wh, 1-0:1.8.3.255=4 Wh, 1-0:1.8.4.255=0 Wh, "
        "1-0:2.8.0.255=4 Wh, 0-0:96.13.0.255=");
    ck_assert_uint_eq(push_points[2].class_id, 70);
    ck_assert_int_eq(push_points[2].attribute, 3);
    ck_assert(wp_slice_is(push.serial, "0123456789"));
    ck_assert(wp_slice_is(push.ldn, "EGD012345"));
}
END_TEST

/* One octet more, one less, one element that has tags: it is no such list, and nobody guesses. */
START_TEST(untagged_descriptors_fit_to_the_last_octet_or_not_at_all)
{
    push_hex("egd-untagged", EGD " 00");
    ck_assert_uint_eq(push.n_points, 0);
    push_hex("egd-untagged", "0202 1601 0102 0202 0003 0100010700FF 02 06000000");
    ck_assert_uint_eq(push.n_points, 0);
    push_hex("egd-untagged",
             "0202 1601 0102 0202 0003 0100010700FF 02 0600000003 0202 0906 0100010800FF 0600000003");
    ck_assert_uint_eq(push.n_points, 0);
    push_hex("egd-untagged",
             "0102 0202 0003 0100010700FF 02 0600000003 0202 0003 0100010700FF 21 0600000003");
    ck_assert_uint_eq(push.n_points, 0);
    push_hex("egd-untagged", "0101 0202 0003 0100010700FF 02 0600000003");
    ck_assert_str_eq(push_said(), "1-0:1.7.0.255=3 W");
}
END_TEST

/* source: esphome-libs/dlms_parser, tests/dumps/hdlc_landis_gyr_zmf100.log; values in tests/expected of the same name */
#define ZMF                                                                                                  \
    "0112 0202 0906 0101000281FF 0A0B 454D425249515F56315F31 "                                               \
    "0202 0906 0000600100FF 0A10 34303739393339300000000000000000 0202 0906 0000600107FF 0A04 5A4D4631 "     \
    "0203 0906 0100010700FF 06 00000230 0202 0F00 161B 0203 0906 0100020700FF 06 00000000 0202 0F00 161B "   \
    "0203 0906 0100030700FF 06 00000000 0202 0F00 161D 0203 0906 0100040700FF 06 00000000 0202 0F00 161D "   \
    "0203 0609 01001F0700FF 10 00F4 0202 0FFE 1621 0203 0609 0100330700FF 10 0000 0202 0FFE 1621 "           \
    "0203 0609 0100470700FF 10 0000 0202 0FFE 1621 0203 0906 0100200700FF 12 091A 0202 0FFF 1623 "           \
    "0203 0906 0100340700FF 12 091A 0202 0FFF 1623 0203 0906 0100480700FF 12 091A 0202 0FFF 1623 "           \
    "0202 0906 0000010000FF 090C 07E3 04 01 00 0D0006 FF000000 "                                             \
    "0203 0906 0000010800FF 06 000086AF 0202 0F00 161E 0203 0906 0000020800FF 06 00017466 0202 0F00 161E "   \
    "0203 0906 0000030800FF 06 000029E4 0202 0F00 1620 0203 0906 0000040800FF 06 000005DB 0202 0F00 1620"

START_TEST(swapped_headers_of_a_landis_gyr)
{
    push_hex("zmf100-swapped", ZMF);
    ck_assert_str_eq(cosem_shape_text(push.shape), "array-of-obis-structs");
    ck_assert_str_eq(
        push_said(),
        "1-1:0.2.129.255=EMBRIQ_V1_1, 0-0:96.1.0.255=40799390, 0-0:96.1.7.255=ZMF1, 1-0:1.7.0.255=560 W, "
        "1-0:2.7.0.255=0 W, 1-0:3.7.0.255=0 var, 1-0:4.7.0.255=0 var, 1-0:31.7.0.255=2.44 A, "
        "1-0:51.7.0.255=0.00 A, 1-0:71.7.0.255=0.00 A, 1-0:32.7.0.255=233.0 V, 1-0:52.7.0.255=233.0 V, "
        "1-0:72.7.0.255=233.0 V, 0-0:1.0.0.255=2019-04-01T13:00:06Z, 0-0:1.8.0.255=34479 Wh, "
        "0-0:2.8.0.255=95334 Wh, 0-0:3.8.0.255=10724 varh, 0-0:4.8.0.255=1499 varh");
    ck_assert(wp_slice_is(push.serial, "40799390"));
    ck_assert(wp_slice_is(push.list_id, "EMBRIQ_V1_1"));
}
END_TEST

/* As it stands a swapped header is a number and rubbish: who is not told reads up to there, and no further. */
START_TEST(swapped_headers_are_read_by_their_profile_alone)
{
    push_hex("generic", ZMF);
    ck_assert_uint_eq(push.n_points, 7);
    ck_assert_uint_gt(push.n_unmapped, 0);
    push_hex("zmf100-swapped", "0101 0202 0609 01001F0700FF 10 00F4"); /* no scaler behind it */
    ck_assert_uint_eq(push.n_points, 0);
    push_hex("generic", EGD);
    ck_assert_uint_eq(push.n_points, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cosem_push_raw");
    TCase *tcase = tcase_create("raw");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, untagged_descriptors_of_a_czech_meter);
    tcase_add_test(tcase, untagged_descriptors_fit_to_the_last_octet_or_not_at_all);
    tcase_add_test(tcase, swapped_headers_of_a_landis_gyr);
    tcase_add_test(tcase, swapped_headers_are_read_by_their_profile_alone);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
