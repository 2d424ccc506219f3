/* Options as written in files, addresses, and the order in which a transcript reaches its sinks.
 * covers: option machine decode transcript */
#include "sim/core/transcript.h"

#include <check.h>

static const struct wp_option options[] = {
    {.name = "interval", .type = WP_OPT_DURATION, .fallback = "60s", .min = 1000000, .max = 86400000000},
    {.name = "limit", .type = WP_OPT_DECIMAL, .unit = "V", .fallback = "250", .min = 0, .max = 999900000},
    {.name = "count", .type = WP_OPT_INT, .min = 1, .max = 10},
    {.name = "mode", .type = WP_OPT_ENUM, .choices = "auto|silent|fixed"},
    {.name = "on", .type = WP_OPT_BOOL},
    {.name = "key", .type = WP_OPT_HEX},
};

enum { N_OPTIONS = sizeof options / sizeof options[0] };

static bool reads(const char *name, const char *text, struct wp_value *out, char *why)
{
    struct wp_writer w = wp_writer(why, 200);
    bool good = wp_option_read(wp_option_find(options, N_OPTIONS, wp_text(name)), wp_text(text), out, &w);

    wp_put_end(&w);
    return good;
}

START_TEST(durations_have_units)
{
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {{"250ms", 250000}, {"1h30min", 5400000000}, {"0", 0},
                {"1.5s", 1500000}, {"-2s", -2000000},       {"7us", 7}};
    static const char *const bad[] = {"", "5", "5 s", "s", "1.0000001s", "1h-5s", "99999999999999d", "five"};
    int64_t us;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(wp_duration_read(wp_text(good[i].text), &us) && us == good[i].us, "%s", good[i].text);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!wp_duration_read(wp_text(bad[i]), &us), "%s was read", bad[i]);
}
END_TEST

START_TEST(what_is_out_of_range_is_refused_with_what_is_allowed)
{
    struct wp_value v;
    char why[200];

    ck_assert(reads("interval", "2s", &v, why) && v.num == 2000000);
    ck_assert(!reads("interval", "2ms", &v, why));
    ck_assert_str_eq(why, "a duration such as 250ms from 1s to 1d");
    ck_assert(reads("limit", "240.5", &v, why));
    ck_assert(!reads("limit", "1000", &v, why));
    ck_assert_str_eq(why, "a decimal number from 0 to 999.9");
    ck_assert(!reads("count", "1.5", &v, why));
    ck_assert(!reads("mode", "loud", &v, why));
    ck_assert_str_eq(why, "one of auto|silent|fixed");
    ck_assert(!reads("on", "yes", &v, why));
    ck_assert(!reads("key", "0g", &v, why));
    ck_assert(reads("key", "00 ff", &v, why));
}
END_TEST

START_TEST(the_last_given_value_wins_and_the_fallback_is_last)
{
    struct wp_option_value given[] = {{&options[1], wp_int(200)}, {&options[1], wp_int(240)}};
    struct wp_setup setup = {.given = given, .n_given = 2};

    ck_assert(wp_value_eq(wp_setup_get(&setup, options, N_OPTIONS, "limit"), wp_int(240)));
    ck_assert(wp_value_eq(wp_setup_get(&setup, options, N_OPTIONS, "interval"), wp_int(60000000)));
    ck_assert_int_eq(wp_setup_get(&setup, options, N_OPTIONS, "count").kind, WP_NULL);
}
END_TEST

/* Of a fleet, which shares the list. */
START_TEST(what_one_machine_alone_is_given_wins)
{
    struct wp_option_value given[] = {{&options[1], wp_int(200)}}, own = {&options[1], wp_int(201)};
    struct wp_setup first = {.given = given, .n_given = 1}, second = first;

    second.own = &own;
    ck_assert(wp_value_eq(wp_setup_get(&first, options, N_OPTIONS, "limit"), wp_int(200)));
    ck_assert(wp_value_eq(wp_setup_get(&second, options, N_OPTIONS, "limit"), wp_int(201)));
    ck_assert(wp_value_eq(wp_setup_get(&second, options, N_OPTIONS, "interval"), wp_int(60000000)));
}
END_TEST

START_TEST(addresses_are_four_numbers_and_a_port)
{
    static const char *const bad[] = {"",         "127.0.0", "127.0.0.256", "1.2.3.4:", "1.2.3.4:70000",
                                      "1.2.3.4x", "a.b.c.d"};
    struct wp_addr a;

    ck_assert(wp_addr_read(wp_text("127.0.2.1:8899"), &a) && a.ip == 0x7F000201 && a.port == 8899);
    ck_assert(wp_addr_read(wp_text("10.0.0.1"), &a) && a.port == 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!wp_addr_read(wp_text(bad[i]), &a), "%s", bad[i]);
}
END_TEST

struct noting {
    struct wp_sink sink;
    struct wp_transcript *writes_to;
    uint64_t seen[4];
    size_t n;
};

static void note_number(struct wp_sink *sink, const struct wp_record *r)
{
    struct noting *n = (struct noting *)(void *)sink;
    struct wp_record more = {.kind = WP_REC_CHECK};

    n->seen[n->n++] = r->seq;
    if (n->writes_to && r->kind != WP_REC_CHECK)
        wp_transcript_write(n->writes_to, &more);
}

START_TEST(who_only_keeps_records_sees_them_in_order)
{
    struct wp_transcript t = {0};
    struct noting file = {.sink = {note_number}}, judge = {.sink = {note_number}, .writes_to = &t};
    struct wp_record r = {.kind = WP_REC_NOTE};

    wp_transcript_add(&t, &file.sink);
    wp_transcript_add(&t, &judge.sink);
    wp_transcript_write(&t, &r);
    ck_assert_uint_eq(file.n, 2);
    ck_assert(file.seen[0] == 1 && file.seen[1] == 2);
    ck_assert_str_eq(wp_record_text(WP_REC_CHECK), "check");
    ck_assert_str_eq(wp_fault_text(WP_FAULT_CHECKSUM), "checksum");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("option");
    TCase *t = tcase_create("option");
    SRunner *r;
    int failed;

    tcase_add_test(t, durations_have_units);
    tcase_add_test(t, what_is_out_of_range_is_refused_with_what_is_allowed);
    tcase_add_test(t, the_last_given_value_wins_and_the_fallback_is_last);
    tcase_add_test(t, what_one_machine_alone_is_given_wins);
    tcase_add_test(t, addresses_are_four_numbers_and_a_port);
    tcase_add_test(t, who_only_keeps_records_sees_them_in_order);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
