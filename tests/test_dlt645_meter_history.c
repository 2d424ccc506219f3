/* What the meter knows of its past: settlements, freezes, load profile; and the clock that all of it hangs on.
 *
 * covers: dlt645_meter_clock dlt645_meter_profile
 * Expected values are reckoned here in other ways than the meter's: by hand, by summing minutes, from the registers. */
#include "tests/dlt645_meter_rig.h"

static struct rig f;

#define MINUTE WP_SEC(60)
#define HOUR   WP_SEC(3600)
#define DAY    WP_SEC(86400)

static void start(const char *name, const char *value)
{
    rig_start(&f, "login", "silent", "energy.forward", "0", "energy.reactive", "0", name, value, NULL);
}

static void teardown(void)
{
    rig_free(&f);
}

/* ---- history ---------------------------------------------------------------------------------------------- */

/* The counters at the moment of the settlement stay; the maximum demand begins anew. */
START_TEST(a_settlement_keeps_what_was_counted)
{
    rig_start(&f, "login", "silent", "energy.forward", "1000.00", "settlements", "2", "tariffs", "1", NULL);
    rig_run(&f, 16 * DAY + 12 * HOUR - 1); /* 1 February 00:00 is 16.5 days away */
    ck_assert_str_eq(rig_read(&f, 0x01010000), "752703"
                                               "1512150124");
    rig_run(&f, 17 * DAY); /* 16.5 * 24 * 3.2775 = 1297.89 */
    ck_assert_str_eq(rig_read(&f, 0x00010001), "2297.89");
    ck_assert_str_eq(rig_read(&f, 0x00010101), "2297.89");
    ck_assert_str_eq(rig_read(&f, 0x00000001), "2297.89");
    ck_assert_str_eq(rig_read(&f, 0x01010001), "752703"
                                               "1512150124");
    ck_assert_str_eq(rig_read(&f, 0x01010000), "752703"
                                               "1500010224");
    ck_assert_str_eq(rig_read(&f, 0x01020001), "0000000000000000");
    ck_assert_str_eq(rig_read(&f, 0x00010000), "2337.22");
    /* before the run: reckoned back, 14.5 days before the start: 1000 - 1140.57, so nothing yet */
    ck_assert_str_eq(rig_read(&f, 0x00010002), "0.00");
    rig_set(&f, "load.current", "0", 0);
    rig_run(&f, 46 * DAY); /* 1 March */
    ck_assert_str_eq(rig_read(&f, 0x00010001), "2337.22");
    ck_assert_str_eq(rig_read(&f, 0x00010002), "2297.89");
    rig_run(&f, 77 * DAY); /* 1 April: the oldest has fallen out, and the cells were two */
    ck_assert_str_eq(rig_read(&f, 0x00010002), "2337.22");
    ck_assert_str_eq(rig_read(&f, 0x00010003), "none");
    ck_assert_str_eq(rig_read(&f, 0x00010004), "0.00");
}
END_TEST

/* From 20 December on: 12 days to the new year, 31 to February. */
START_TEST(settlements_cross_the_year)
{
    rig_init(&f, "login", "silent", "energy.forward", "5000.00", "settlements", "3", "tariffs", "1", NULL);
    f.setup.epoch_us = RIG_EPOCH_US - 26 * DAY - DAY / 2; /* 2023-12-20 00:00 */
    rig_step(&f, (struct wp_event){.kind = WP_EV_START});
    rig_run(&f, 12 * DAY - HOUR);
    ck_assert_str_eq(rig_read(&f, 0x00010001),
                     "3505.46"); /* 1 December, 19 days of 78.66 kWh before the start */
    rig_run(&f, 45 * DAY);
    ck_assert_str_eq(rig_read(&f, 0x00010001), "8382.38"); /* 1 February: 5000 + 43 * 78.66 */
    ck_assert_str_eq(rig_read(&f, 0x00010002), "5943.92"); /* 1 January: 5000 + 12 * 78.66 */
    ck_assert_str_eq(rig_read(&f, 0x00010003), "3505.46"); /* 1 December */
    ck_assert_str_eq(rig_read(&f, 0x00010004), "1145.66"); /* 1 November, 30 days more */
}
END_TEST

/* The last minute of the last year that two digits can say: time goes on, nothing hangs. */
START_TEST(the_century_ends)
{
    struct dlt645_time last = {99, 12, 31, 23, 59, 0};

    start("clock.broadcast", "always");
    ck_assert(dlt645_meter_sync(f.machine, 0, &last));
    rig_run(&f, 40 * DAY);
    ck_assert_str_eq(rig_read(&f, 0x00010000), "3146.40");
    ck_assert_str_eq(rig_read(&f, 0x05060001), "2000-02-09 00:00");
    (void)rig_read(&f, 0x0001000C);
}
END_TEST

START_TEST(history_before_the_run_never_falls)
{
    int64_t last = INT64_MAX;

    start("settlement", "1506");
    teardown();
    rig_start(&f, "login", "silent", "energy.forward", "9999.99", NULL);
    for (uint32_t day = 0; day <= 12; day++) {
        int64_t now = rig_number(&f, 0x00010000 | day);

        ck_assert_int_le(now, last);
        last = now;
    }
    ck_assert_str_eq(rig_read(&f, 0x00010001), "8859.42"); /* 14.5 * 24 * 3.2775 = 1140.57 */
    ck_assert_str_eq(rig_read(&f, 0x0001000D), "none");
}
END_TEST

START_TEST(days_and_hours_are_frozen)
{
    rig_start(&f, "login", "silent", "energy.forward", "0", "freezes", "2", "tariffs", "1", NULL);
    rig_run(&f, 11 * HOUR);
    ck_assert_str_eq(rig_read(&f, 0x05060001), "none");
    ck_assert_str_eq(rig_read(&f, 0x05040001), "2024-01-15 23:00");
    ck_assert_str_eq(rig_read(&f, 0x05040101), "36.05");
    rig_run(&f, 37 * HOUR);
    ck_assert_str_eq(rig_read(&f, 0x05060001), "2024-01-17 00:00");
    ck_assert_str_eq(rig_read(&f, 0x05060002), "2024-01-16 00:00");
    ck_assert_str_eq(rig_read(&f, 0x05060101), "99170100"
                                               "99170100"); /* 36 h: 117.99, total and tariff 1 */
    ck_assert_str_eq(rig_read(&f, 0x05060003), "none");
}
END_TEST

static const char *profile(uint32_t di, unsigned count, const struct dlt645_time *from)
{
    static char text[2 * METER_LONG_MAX + 1];
    uint8_t bytes[METER_LONG_MAX];
    struct wp_writer w = wp_writer(bytes, sizeof bytes), t = wp_writer(text, sizeof text);

    dlt645_meter_settle(f.machine, f.now);
    if (!dlt645_meter_read_profile(f.machine, di, count, from, &w))
        return "none";
    wp_put_hex(&t, wp_written(&w));
    return wp_put_end(&t);
}

/* All classes at noon, byte for byte; then the counters before, at and after a change of load. */
START_TEST(load_profile_records_know_the_past)
{
    struct dlt645_time t = {.year = 24, .month = 1, .day = 15, .hour = 12};

    rig_start(&f, "login", "silent", "energy.forward", "100.00", "energy.reactive", "0", "profile.interval",
              "15min", "profile.records", "16", NULL);
    rig_run(&f, HOUR);
    rig_set(&f, "load.current", "10", 0);
    rig_run(&f, 3 * HOUR + MINUTE);
    ck_assert_str_eq(profile(0x06000001, 1, &t), "A0A062"
                                                 "0012150124" /* 98 bytes; 12:00 */
                                                 "002300230023"
                                                 "005000"
                                                 "005000"
                                                 "005000"
                                                 "0050"
                                                 "AA" /* 230.0 V, 5.000 A, 50.00 Hz */
                                                 "752703"
                                                 "250901"
                                                 "250901"
                                                 "250901"
                                                 "730701"
                                                 "913500"
                                                 "913500"
                                                 "913500"
                                                 "AA"
                                                 "5009"
                                                 "5009"
                                                 "5009"
                                                 "5009"
                                                 "AA" /* 0.950 */
                                                 "00000100"
                                                 "00000000"
                                                 "00000000"
                                                 "00000000"
                                                 "AA" /* 100.00 kWh */
                                                 "00000000"
                                                 "00000000"
                                                 "00000000"
                                                 "00000000"
                                                 "AA"
                                                 "752703"
                                                 "730701"
                                                 "AA"
                                                 "69"
                                                 "E5");
    /* 100 + 1 h * 3.2775 = 103.27; from then on twice as much: 14:00 109.83, 14:45 114.74, 15:00 116.38 */
    t.hour = 13;
    ck_assert_str_eq(profile(0x06040001, 1, &t), "A0A016"
                                                 "0013150124"
                                                 "27030100"
                                                 "00000000"
                                                 "07010000"
                                                 "00000000"
                                                 "AA"
                                                 "2AE5");
    t.minute = 46;
    ck_assert_str_eq(profile(0x06040001, 1, &t), "A0A016"
                                                 "0014150124"
                                                 "83090100"
                                                 "00000000"
                                                 "23030000"
                                                 "00000000"
                                                 "AA"
                                                 "ABE5");
    ck_assert_str_eq(profile(0x06040002, 2, NULL), "A0A016"
                                                   "4514150124"
                                                   "74140100"
                                                   "00000000"
                                                   "84040000"
                                                   "00000000"
                                                   "AA"
                                                   "4EE5"
                                                   "A0A016"
                                                   "0015150124"
                                                   "38160100"
                                                   "00000000"
                                                   "38050000"
                                                   "00000000"
                                                   "AA"
                                                   "85E5");
    /* the earliest of 16 records is 11:15: 100 - 0.75 h * 3.2775 = 97.54 */
    ck_assert_str_eq(profile(0x06040000, 1, NULL), "A0A016"
                                                   "1511150124"
                                                   "54970000"
                                                   "00000000"
                                                   "00000000"
                                                   "00000000"
                                                   "AA"
                                                   "F5E5");
    t.hour = 16;
    ck_assert_str_eq(profile(0x06000001, 1, &t), "none"); /* not yet */
    t = (struct dlt645_time){.year = 24, .month = 1, .day = 15, .hour = 10};
    ck_assert_ptr_nonnull(
        strstr(profile(0x06040001, 1, &t), "A0A0161511150124")); /* no longer: the earliest */
    ck_assert_str_eq(profile(0x06000001, 1, NULL), "none");
    ck_assert_str_eq(profile(0x06070002, 1, NULL), "none");
    teardown();
    start("phases", "3");
    ck_assert_str_eq(profile(0x06000002, 1, NULL), "none"); /* a meter without load profile */
}
END_TEST

/* ---- the clock -------------------------------------------------------------------------------------------- */

START_TEST(dates_go_there_and_back)
{
    static const struct {
        struct dlt645_time t;
        unsigned weekday;
    } row[] = {{{0, 1, 1, 0, 0, 0}, 6},   {{0, 2, 29, 23, 59, 59}, 2},   {{24, 1, 15, 12, 0, 0}, 1},
               {{24, 2, 29, 0, 0, 0}, 4}, {{24, 12, 31, 23, 59, 59}, 2}, {{99, 12, 31, 23, 59, 59}, 4},
               {{26, 3, 1, 6, 7, 8}, 0}};
    static const struct dlt645_time bad[] = {{24, 13, 1, 0, 0, 0}, {23, 2, 29, 0, 0, 0},
                                             {24, 4, 31, 0, 0, 0}, {24, 1, 0, 0, 0, 0},
                                             {24, 1, 1, 24, 0, 0}, {24, 1, 1, 0, 60, 0}};
    int64_t ms;

    start("phases", "3");
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct dlt645_time back;

        ck_assert(dlt645_meter_moment(&row[i].t, &ms));
        back = dlt645_meter_date(ms + 999);
        ck_assert_mem_eq(&back, &row[i].t, sizeof back);
        ck_assert_uint_eq(dlt645_meter_weekday(ms), row[i].weekday);
        ck_assert_int_eq(dlt645_meter_minute_ms(dlt645_meter_minute(ms)), ms - row[i].t.second * 1000);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert(!dlt645_meter_moment(&bad[i], &ms));
    ck_assert(dlt645_meter_moment(&row[2].t, &ms));
    ck_assert_int_eq(ms, RIG_EPOCH_US / 1000); /* 2024-01-15T12:00:00Z */
}
END_TEST

START_TEST(its_clock_runs_in_local_time_and_can_be_ahead)
{
    start("phases", "3");
    f.setup.utc_offset_s = 8 * 3600;
    rig_run(&f, 5 * HOUR);
    ck_assert_str_eq(rig_read(&f, 0x04000102), "01:00:00");
    ck_assert_str_eq(rig_read(&f, 0x04000101), "2024-01-16 2");
    rig_set(&f, "clock", "-1h30min", 0);
    ck_assert_str_eq(rig_read(&f, 0x0400010C), "2024-01-15 23:30:00 1");
    rig_set(&f, "clock", NULL, 0);
    ck_assert_str_eq(rig_read(&f, 0x04000102), "01:00:00");
}
END_TEST

/* Once a day, at most five minutes, not around midnight. */
START_TEST(broadcast_time_is_taken_by_its_rules)
{
    struct dlt645_time t = {24, 1, 15, 12, 4, 59};
    struct dlt645_meter *m;

    start("phases", "3");
    m = rig_meter(&f);
    t.minute = 6;
    ck_assert(!dlt645_meter_sync(m, 0, &t));
    t.minute = 4;
    ck_assert(dlt645_meter_sync(m, 0, &t));
    ck_assert_str_eq(rig_read(&f, 0x04000102), "12:04:59");
    ck_assert(!dlt645_meter_sync(m, 0, &t)); /* the same day again */
    f.now = 11 * HOUR + 51 * MINUTE;         /* 23:55:59 */
    m->synced_day = 0;
    t = (struct dlt645_time){24, 1, 15, 23, 57, 0};
    ck_assert(!dlt645_meter_sync(m, f.now, &t));
    f.now -= 2 * HOUR;
    t = (struct dlt645_time){24, 1, 15, 21, 50, 58};
    ck_assert(!dlt645_meter_sync(m, f.now, &t)); /* back by 5 min 1 s */
    t.second = 59;
    ck_assert(dlt645_meter_sync(m, f.now, &t)); /* by 5 min */
    rig_set(&f, "clock", "4min59s", 0);
    f.now = 12 * HOUR; /* 00:04:59 of the next day */
    t = (struct dlt645_time){24, 1, 16, 0, 5, 0};
    ck_assert(!dlt645_meter_sync(m, f.now, &t));
    f.now += MINUTE;
    t.minute = 1;
    ck_assert(dlt645_meter_sync(m, f.now, &t));
    teardown();
    start("clock.broadcast", "always");
    t = (struct dlt645_time){25, 5, 5, 5, 5, 5};
    ck_assert(dlt645_meter_sync(f.machine, 0, &t));
    ck_assert_str_eq(rig_read(&f, 0x0400010C), "2025-05-05 05:05:05 1");
    teardown();
    start("clock.broadcast", "never");
    ck_assert(!dlt645_meter_sync(f.machine, 0, &t));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dlt645_meter_history");
    TCase *t = tcase_create("history");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, a_settlement_keeps_what_was_counted);
    tcase_add_test(t, settlements_cross_the_year);
    tcase_add_test(t, the_century_ends);
    tcase_add_test(t, history_before_the_run_never_falls);
    tcase_add_test(t, days_and_hours_are_frozen);
    tcase_add_test(t, load_profile_records_know_the_past);
    tcase_add_test(t, dates_go_there_and_back);
    tcase_add_test(t, its_clock_runs_in_local_time_and_can_be_ahead);
    tcase_add_test(t, broadcast_time_is_taken_by_its_rules);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
