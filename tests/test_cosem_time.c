/* COSEM date-time: special values, the deviation's sign, hostile dates. */
#include "sim/codec/cosem_time.h"

#include <check.h>

static struct cosem_time from_hex(const char *digits)
{
    uint8_t octets[COSEM_TIME_OCTETS];
    struct cosem_time t;
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), octets, sizeof octets, &n), "%s", digits);
    ck_assert_msg(cosem_time_read(wp_slice(octets, n), &t), "%s", digits);
    return t;
}

static const char *iso(const char *digits)
{
    static char text[COSEM_TIME_TEXT_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct cosem_time t = from_hex(digits);

    if (!cosem_time_put_iso(&w, &t)) {
        ck_assert_uint_eq(w.n, 0);
        return cosem_time_reason_text(cosem_time_judge(&t));
    }
    return wp_put_end(&w);
}

/* Seconds are those of `date -u -d ... +%s`. */
START_TEST(a_deviation_is_added_to_local_time)
{
    static const struct {
        const char *octets;
        int64_t seconds;
        const char *iso;
    } rows[] = {
        {"07E30C1F0217000000FFC400", 1577829600, "2019-12-31T23:00:00+01:00"}, /* Berlin, winter */
        {"07E90615070E1E00FFFF8880", 1750509000, "2025-06-21T14:30:00+02:00"}, /* Berlin, summer */
        {"07E9010103000000000000FF", 1735689600, "2025-01-01T00:00:00Z"},
        {"07E9010103000000FFFF4C00", 1735678800, "2025-01-01T00:00:00+03:00"}, /* Moscow */
        {"07E9010103000000FFFED400", 1735671600, "2025-01-01T00:00:00+05:00"}, /* Yekaterinburg */
        {"07E9010103000000FF014A00", 1735709400,
         "2025-01-01T00:00:00-05:30"}, /* the wrong sign of some meters */
        {"07D0021D02173B3BFF000000", 951868799, "2000-02-29T23:59:59Z"},
        {"07B20101040000000000001E", 0, "1970-01-01T00:00:00Z"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cosem_time t = from_hex(rows[i].octets);
        int64_t ms = -1;

        ck_assert_int_eq(cosem_time_utc(&t, COSEM_ANY_DEVIATION, &ms), COSEM_TIME_GOOD);
        ck_assert_int_eq(ms, rows[i].seconds * 1000);
        ck_assert_str_eq(iso(rows[i].octets), rows[i].iso);
    }
}
END_TEST

START_TEST(hundredths_count_when_there_are_any)
{
    struct cosem_time t = from_hex("07E9010103000000 19 000000");
    int64_t ms;

    ck_assert_int_eq(cosem_time_utc(&t, COSEM_ANY_DEVIATION, &ms), COSEM_TIME_GOOD);
    ck_assert_int_eq(ms, INT64_C(1735689600250));
    ck_assert_str_eq(iso("07E9010103000000 19 000000"), "2025-01-01T00:00:00.25Z");
}
END_TEST

/* The first push of the published Kaifa list: 2017-09-14 19:31:02, and nobody says where. */
START_TEST(without_deviation_the_zone_of_the_device_decides)
{
    const char *kaifa = "07E1090E04131F02FF800000";
    struct cosem_time t = from_hex(kaifa);
    int64_t ms = -1;

    ck_assert_str_eq(iso(kaifa), "2017-09-14T19:31:02");
    ck_assert_int_eq(cosem_time_utc(&t, COSEM_ANY_DEVIATION, &ms), COSEM_TIME_LOCAL);
    ck_assert_int_eq(ms, -1);
    ck_assert_int_eq(cosem_time_utc(&t, -120, &ms), COSEM_TIME_GOOD);
    ck_assert_int_eq(ms, INT64_C(1505410262000));
}
END_TEST

START_TEST(a_clock_that_calls_itself_invalid_gives_no_moment)
{
    struct cosem_time t = from_hex("07E9010103000000FF000081");
    int64_t ms;

    ck_assert_int_eq(cosem_time_utc(&t, 0, &ms), COSEM_TIME_FLAGGED);
    t.status = COSEM_STATUS_ANY;
    ck_assert_int_eq(cosem_time_utc(&t, 0, &ms), COSEM_TIME_GOOD);
    t.status = COSEM_STATUS_DOUBTFUL | COSEM_STATUS_DST;
    ck_assert_int_eq(cosem_time_utc(&t, 0, &ms), COSEM_TIME_GOOD);
}
END_TEST

START_TEST(what_no_calendar_has_is_not_specified)
{
    static const char *const rows[][2] = {
        {"07E9000103000000FF000000", "no-such-date"},
        {"07E90D0103000000FF000000", "no-such-date"},
        {"07E9021F03000000FF000000", "no-such-date"},
        {"07E9021D03000000FF000000", "no-such-date"},
        {"076C021D03000000FF000000", "no-such-date"},
        {"07E9010003000000FF000000", "no-such-date"},
        {"0000010103000000FF000000", "no-such-date"},
        {"FFFE010103000000FF000000", "no-such-date"},
        {"07E9010103180000FF000000", "no-such-time"},
        {"07E90101030 03C00FF000000", "no-such-time"},
        {"07E901010300003CFF000000", "no-such-time"},
        {"07E901010300000064000000", "no-such-time"},
        {"07E9010103000000FF02D100", "deviation-out-of-range"},
        {"07E9010103000000FFFD2F00", "deviation-out-of-range"},
        {"FFFFFFFFFFFFFFFFFF8000FF", "unspecified"},
        {"07E9FEFDFF020000FF800000", "unspecified"},
        {"07E901FE03000000FF000000", "unspecified"},
        {"07E9010103FF0000FF000000", "unspecified"},
        {"07E901010300FF00FF000000", "unspecified"},
        {"07E90101030000FFFF000000", "unspecified"},
        {"07E9010100000000FF02D000", "2025-01-01T00:00:00-12:00"},
        {"07E9010109000000FFFD3000", "2025-01-01T00:00:00+12:00"}, /* a weekday 9: it is never judged */
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char digits[32];
        size_t n = 0;

        for (const char *p = rows[i][0]; *p; p++)
            if (*p != ' ')
                digits[n++] = *p;
        digits[n] = 0;
        ck_assert_msg(strcmp(iso(digits), rows[i][1]) == 0, "%s is %s", digits, iso(digits));
    }
}
END_TEST

START_TEST(a_date_and_a_time_leave_the_rest_unspecified)
{
    struct cosem_time date = from_hex("07E80B15FF"), time = from_hex("081E0F17");

    ck_assert(date.year == 2024 && date.month == 11 && date.day == 21 && date.hour == COSEM_ANY);
    ck_assert(time.year == COSEM_ANY_YEAR && time.hour == 8 && time.minute == 30 && time.hundredths == 23);
    ck_assert_int_eq(cosem_time_judge(&date), COSEM_TIME_UNSPECIFIED);
    ck_assert_int_eq(cosem_time_judge(&time), COSEM_TIME_UNSPECIFIED);
    ck_assert(!cosem_time_read(wp_slice("\x07\xE9", 2), &date));
}
END_TEST

/* A moment as a meter tells it is that moment again, weekdays included: 2025-06-21 was a Saturday. */
START_TEST(a_moment_there_and_back)
{
    static const int16_t zones[] = {-720, -120, -60, 0, 300, 720, COSEM_ANY_DEVIATION};
    struct cosem_time t = cosem_time_of_utc(INT64_C(1750509000000), -120, COSEM_STATUS_DST);

    ck_assert(t.year == 2025 && t.month == 6 && t.day == 21 && t.weekday == 6 && t.hour == 14 &&
              t.minute == 30);
    for (int64_t ms = INT64_C(-62135596800000); ms < INT64_C(253402300800000);
         ms += INT64_C(86399876543210) / 997)
        for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
            int64_t back = 0;

            t = cosem_time_of_utc(ms, zones[i], 0);
            if (t.year == COSEM_ANY_YEAR)
                continue; /* the other side of the first or last midnight */
            ck_assert_int_eq(cosem_time_utc(&t, 0, &back), COSEM_TIME_GOOD);
            ck_assert_int_eq(back, ms - ms % 10 - (ms % 10 < 0 ? 10 : 0));
        }
    t = cosem_time_of_utc(INT64_MAX, 0, 0);
    ck_assert_uint_eq(t.year, COSEM_ANY_YEAR);
    t = cosem_time_of_utc(INT64_MIN, -60, 0);
    ck_assert_uint_eq(t.year, COSEM_ANY_YEAR);
}
END_TEST

START_TEST(octets_are_written_as_they_were_read)
{
    static const char *const rows[] = {"07E1090E04131F02FF800000", "FFFFFFFFFFFFFFFFFF8000FF",
                                       "07E9FEFDFF0203040506FF88"};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t octets[COSEM_TIME_OCTETS];
        char text[2 * COSEM_TIME_OCTETS + 1];
        struct wp_writer w = wp_writer(octets, sizeof octets), digits = wp_writer(text, sizeof text);
        struct cosem_time t = from_hex(rows[i]);

        cosem_time_put(&w, &t);
        wp_put_hex(&digits, wp_written(&w));
        ck_assert_str_eq(wp_put_end(&digits), rows[i]);
    }
}
END_TEST

START_TEST(twelve_octets_are_a_time_only_when_they_can_be)
{
    uint8_t kaifa[] = {0x07, 0xE1, 9, 14, 4, 19, 31, 2, 0xFF, 0x80, 0, 0};

    ck_assert(cosem_time_is_likely(wp_slice(kaifa, 12)));
    ck_assert(!cosem_time_is_likely(wp_slice(kaifa, 11)));
    ck_assert(!cosem_time_is_likely(wp_slice("202312345678", 12)));
    kaifa[5] = 24;
    ck_assert(!cosem_time_is_likely(wp_slice(kaifa, 12)));
    kaifa[5] = COSEM_ANY;
    kaifa[2] = COSEM_DST_BEGIN;
    ck_assert(cosem_time_is_likely(wp_slice(kaifa, 12)));
    kaifa[2] = 13;
    ck_assert(!cosem_time_is_likely(wp_slice(kaifa, 12)));
}
END_TEST

START_TEST(wildcards_are_told_to_people)
{
    static const char *const rows[][2] = {
        {"07E1090E04131F02FF800000", "2017-09-14 19:31:02"},
        {"FFFFFFFFFFFFFFFFFF8000FF", "*-*-* *:*:*"},
        {"FFFFFEFE07020000FF800000", "*-dst-begin-last 02:00:00"},
        {"07E9FDFDFFFF00C8FF800000", "2025-dst-end-second-last *:00:200"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[COSEM_TIME_TEXT_MAX];
        struct wp_writer w = wp_writer(text, sizeof text);
        struct cosem_time t = from_hex(rows[i][0]);

        cosem_time_put_text(&w, &t);
        ck_assert_str_eq(wp_put_end(&w), rows[i][1]);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cosem_time");
    TCase *t = tcase_create("cosem_time");
    SRunner *r;
    int failed;

    tcase_add_test(t, a_deviation_is_added_to_local_time);
    tcase_add_test(t, hundredths_count_when_there_are_any);
    tcase_add_test(t, without_deviation_the_zone_of_the_device_decides);
    tcase_add_test(t, a_clock_that_calls_itself_invalid_gives_no_moment);
    tcase_add_test(t, what_no_calendar_has_is_not_specified);
    tcase_add_test(t, a_date_and_a_time_leave_the_rest_unspecified);
    tcase_add_test(t, a_moment_there_and_back);
    tcase_add_test(t, octets_are_written_as_they_were_read);
    tcase_add_test(t, twelve_octets_are_a_time_only_when_they_can_be);
    tcase_add_test(t, wildcards_are_told_to_people);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
