/* The load switch: commands, their password and validity, and what an open relay does to load and energy.
 *
 * Replies are written "control data". */
#include "tests/dlt645_meter_rig.h"

static struct rig f;

static void setup(void)
{
    rig_start(&f, "address", "000000001234", "login", "silent", "password", "112233", NULL);
}

static void teardown(void)
{
    rig_free(&f);
}

#define AUTH   "0211223300000000"
#define VALID  "000000010125" /* until 2025-01-01 00:00:00 */
#define STATUS rig_read(&f, 0x04000503)

/* (vectors) a public relay tool: password 000000, valid until 2099-12-31 23:59:59. */
START_TEST(a_public_tool_trips_and_closes_the_relay)
{
    teardown();
    rig_start(&f, "address", "260305510009", "login", "silent", NULL);
    rig_hex(&f, "FEFEFEFE68090051050326681C1035333333333333334D348C8C566445CC8216");
    rig_run(&f, WP_SEC(1));
    ck_assert_str_eq(STATUS, "0050");
    rig_hex(&f, "FEFEFEFE68090051050326681C1035333333333333334E348C8C566445CC8316");
    rig_run(&f, WP_SEC(2));
    ck_assert_str_eq(STATUS, "0000");
    rig_expect(&f, "[    50.000] > 68090051050326689C00F416\n"
                   "[  1050.000] > 68090051050326689C00F416\n");
}
END_TEST

START_TEST(an_open_relay_carries_no_current_and_counts_nothing)
{
    int64_t before;

    f.now = WP_SEC(3600);
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "1A00" VALID), "9C");
    ck_assert_str_eq(STATUS, "0050"); /* open, and told so */
    ck_assert_str_eq(rig_read(&f, 0x02020100), "0.000");
    ck_assert_str_eq(rig_read(&f, 0x02030000), "0.0000");
    ck_assert_str_eq(rig_read(&f, 0x02060000), "1.000");
    ck_assert_str_eq(rig_read(&f, 0x02010100), "230.0");
    before = rig_number(&f, 0x00010000);
    ck_assert_int_eq(before, 432100 + 327); /* the hour before the trip was counted */
    f.now += WP_SEC(36000);
    ck_assert_int_eq(rig_number(&f, 0x00010000), before);
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "1C00" VALID), "9C");
    ck_assert_str_eq(STATUS, "0000");
    ck_assert_str_eq(rig_read(&f, 0x02020100), "5.000");
    f.now += WP_SEC(36000);
    ck_assert_int_gt(rig_number(&f, 0x00010000), before + 3200);
    ck_assert_str_eq(rig_ask_di(&f, 0x1D000001), "91 0100001D010000");
    ck_assert_str_eq(rig_ask_di(&f, 0x1E000001), "91 0100001E010000");
}
END_TEST

START_TEST(a_permitted_close_may_wait_for_the_button)
{
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "1A00" VALID), "9C");
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "1B00" VALID), "9C");
    ck_assert_str_eq(STATUS, "0000");
    teardown();
    rig_start(&f, "address", "000000001234", "login", "silent", "password", "112233", "relay.button", "true",
              "relay", "open", NULL);
    ck_assert_str_eq(STATUS, "0050");
    rig_set(&f, "button", "true", 0); /* not permitted yet */
    ck_assert_str_eq(STATUS, "0050");
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "1B00" VALID), "9C");
    ck_assert_str_eq(STATUS, "0010"); /* told to close, still open */
    rig_set(&f, "button", "true", 0);
    ck_assert_str_eq(STATUS, "0000");
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "1A00" VALID), "9C"); /* a trip takes the permission back */
    rig_set(&f, "button", "true", 0);
    ck_assert_str_eq(STATUS, "0050");
    rig_set(&f, "relay", "closed", 0);
    ck_assert_str_eq(STATUS, "0000");
}
END_TEST

START_TEST(a_relay_command_expires_by_the_meters_clock)
{
    ck_assert_str_eq(rig_raw(&f, 0x1C,
                             AUTH "1A00"
                                  "000012150124"),
                     "DC 01"); /* noon; it is a blink later */
    ck_assert_str_eq(rig_raw(&f, 0x1C,
                             AUTH "1A00"
                                  "000013150124"),
                     "9C");
    ck_assert_str_eq(rig_raw(&f, 0x1C,
                             AUTH "1C00"
                                  "000013150124"),
                     "9C");
    rig_set(&f, "clock", "2h", 0);
    ck_assert_str_eq(rig_raw(&f, 0x1C,
                             AUTH "1A00"
                                  "000013150124"),
                     "DC 01");
    ck_assert_str_eq(STATUS, "0000");
    ck_assert_str_eq(rig_raw(&f, 0x1C,
                             AUTH "1A00"
                                  "000000320124"),
                     "DC 01"); /* no such day */
}
END_TEST

START_TEST(alarm_and_kept_power)
{
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "2A00" VALID), "9C");
    ck_assert_str_eq(STATUS, "0080");
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "2B00" VALID), "9C");
    ck_assert_str_eq(STATUS, "0000");
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "3A00" VALID), "9C");
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "1A00" VALID), "DC 01");
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "3B00" VALID), "9C");
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "1A00" VALID), "9C");
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "7700" VALID), "DC 01");
    ck_assert_str_eq(rig_raw(&f, 0x1C,
                             "0200000000000000"
                             "1C00" VALID),
                     "DC 04");
    ck_assert_str_eq(rig_raw(&f, 0x1C, "1A"), "DC 01"); /* (vectors) the original gateway's L = 1 */
}
END_TEST

START_TEST(a_trip_can_be_delayed)
{
    teardown();
    rig_start(&f, "address", "000000001234", "login", "silent", "password", "112233", "relay.delay", "true",
              NULL);
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "1A02" VALID), "9C"); /* 2 * 5 min */
    ck_assert_str_eq(STATUS, "0040");
    rig_run(&f, WP_SEC(600));
    ck_assert_str_eq(STATUS, "0040");
    rig_run(&f, WP_SEC(601));
    ck_assert_str_eq(STATUS, "0050");
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "1C00" VALID), "9C");
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "1A01" VALID), "9C");
    ck_assert_str_eq(rig_raw(&f, 0x1C, AUTH "1C00" VALID), "9C"); /* thought better of it */
    rig_run(&f, f.now + WP_SEC(3600));
    ck_assert_str_eq(STATUS, "0000");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dlt645_meter_relay");
    TCase *t = tcase_create("relay");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_public_tool_trips_and_closes_the_relay);
    tcase_add_test(t, an_open_relay_carries_no_current_and_counts_nothing);
    tcase_add_test(t, a_permitted_close_may_wait_for_the_button);
    tcase_add_test(t, a_relay_command_expires_by_the_meters_clock);
    tcase_add_test(t, alarm_and_kept_power);
    tcase_add_test(t, a_trip_can_be_delayed);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
