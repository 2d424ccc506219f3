/* A line between two machines: its delays, and the faults that strike what it carries. */
#include "sim/world/link.h"

#include <check.h>
#include <stdio.h>

enum { PORT = 7 };

static struct wp_lines lines;
static struct wp_link *the_link;
static char trace[4096];

static void on_piece(struct wp_link_out *out, wp_us at, struct wp_slice bytes, bool joined)
{
    size_t n = strlen(trace);

    (void)out;
    snprintf(trace + n, sizeof trace - n, "[%lld] %s%.*s\n", (long long)at, joined ? "+" : "", WP_FMT(bytes));
}

static void on_cut(struct wp_link_out *out, wp_us at)
{
    on_piece(out, at, wp_text("RST"), false);
}

static void on_fault(struct wp_link_out *out, enum wp_link_fault_kind kind, const char *what, uint32_t count)
{
    size_t n = strlen(trace);

    (void)out;
    snprintf(trace + n, sizeof trace - n, "%s %s %u\n", wp_link_fault_text(kind), what, count);
}

static struct wp_link_out out = {.piece = on_piece, .cut = on_cut, .fault = on_fault};

static void line(const struct wp_link_setup *setup)
{
    the_link = wp_link_new(&lines, setup, 1);
    trace[0] = 0;
}

static void teardown(void)
{
    wp_link_free(the_link);
    wp_lines_free(&lines);
    the_link = NULL;
}

static void from(wp_us now, const char *bytes)
{
    wp_link_carry(the_link, WP_LINK_FROM, PORT, now, wp_text(bytes), &out);
}

static void to(wp_us now, const char *bytes)
{
    wp_link_carry(the_link, WP_LINK_TO, PORT, now, wp_text(bytes), &out);
}

static void fault(struct wp_link_fault f)
{
    if (!f.direction)
        f.direction = WP_LINK_BOTH;
    wp_link_add_fault(the_link, &f);
}

static const struct wp_link_setup clean = {.latency = 1000};

START_TEST(a_clean_line_only_delays)
{
    line(&clean);
    from(0, "abc");
    to(500, "x");
    ck_assert_str_eq(trace, "[1000] abc\n[1500] x\n");
}
END_TEST

/* 2400 baud, 11 bits per byte: 12 bytes take 55 ms. The second send waits for the first. */
START_TEST(bytes_are_clocked_out_one_after_the_other)
{
    line(&(struct wp_link_setup){.latency = 1000, .baud = 2400});
    from(0, "123456789012");
    from(10000, "123456789012");
    ck_assert_str_eq(trace, "[56000] 123456789012\n[111000] 123456789012\n");
}
END_TEST

START_TEST(machines_on_a_shared_line_take_turns)
{
    const struct wp_link_setup bus = {.name = "bus", .baud = 11000, .shared = true};
    struct wp_link *other = wp_link_new(&lines, &bus, 2);

    line(&bus);
    from(0, "12345");
    wp_link_carry(other, WP_LINK_TO, PORT + 1, 0, wp_text("abc"), &out);
    to(20000, "x");
    ck_assert_str_eq(trace, "[5000] 12345\n[8000] abc\n[21000] x\n");
    wp_link_free(other);
}
END_TEST

START_TEST(jitter_never_reorders)
{
    wp_us last = 0;

    line(&(struct wp_link_setup){.latency = 1000, .jitter = 5000});
    for (int i = 0; i < 200; i++) {
        long long at;

        trace[0] = 0;
        from(i * 100, "x");
        ck_assert_int_eq(sscanf(trace, "[%lld]", &at), 1);
        ck_assert_int_ge(at, last);
        ck_assert_int_ge(at, i * 100 + 1000);
        last = at;
    }
}
END_TEST

START_TEST(a_line_may_deliver_in_pieces)
{
    line(&(struct wp_link_setup){.latency = 1000, .split = 4});
    from(0, "123456789");
    ck_assert_str_eq(trace, "[1000] 1234\n[1000] 5678\n[1000] 9\n");
}
END_TEST

START_TEST(a_fault_passes_some_sends_then_strikes_some)
{
    line(&clean);
    fault((struct wp_link_fault){.kind = WP_LINK_DROP, .times = 2, .skip = 1, .direction = WP_LINK_FROM});
    from(0, "a");
    to(0, "A");
    from(1, "b");
    from(2, "c");
    from(3, "d");
    ck_assert_str_eq(trace, "[1000] a\n"
                            "[1000] A\n"
                            "drop strikes 1\n"
                            "drop strikes 2\n"
                            "drop ends 2\n"
                            "[1003] d\n");
}
END_TEST

START_TEST(a_fault_without_times_strikes_until_the_end)
{
    line(&clean);
    fault((struct wp_link_fault){.kind = WP_LINK_CORRUPT, .at = 1, .mask = 0x20});
    from(0, "abc");
    to(0, "ABC");
    from(0, "x");
    ck_assert_str_eq(trace, "corrupt strikes 1\n[1000] aBc\n"
                            "corrupt strikes 2\n[1000] AbC\n"
                            "corrupt strikes 3\n[1000] x\n");
}
END_TEST

static const struct {
    struct wp_link_fault fault;
    const char *arrives; /* of "abcdef" sent at 0 */
} once[] = {
    {{.kind = WP_LINK_DROP}, ""},
    {{.kind = WP_LINK_DROP, .at = 2, .n = 3}, "[1000] abf\n"},
    {{.kind = WP_LINK_DROP, .at = 5, .n = 9}, "[1000] abcde\n"},
    {{.kind = WP_LINK_DROP, .at = 6, .n = 1}, "[1000] abcdef\n"},
    {{.kind = WP_LINK_INSERT, .at = 2, .bytes = {(const uint8_t *)"--", 2}}, "[1000] ab--cdef\n"},
    {{.kind = WP_LINK_INSERT, .at = 99, .bytes = {(const uint8_t *)"--", 2}}, "[1000] abcdef--\n"},
    {{.kind = WP_LINK_DUPLICATE}, "[1000] abcdef\n[1000] abcdef\n"},
    {{.kind = WP_LINK_DELAY, .duration = 500}, "[1500] abcdef\n"},
    {{.kind = WP_LINK_SPLIT, .at = 4, .duration = 70}, "[1000] abcd\n[1070] ef\n"},
    {{.kind = WP_LINK_SPLIT, .at = 6, .duration = 70}, "[1000] abcdef\n"},
    {{.kind = WP_LINK_CUT, .n = 2}, "[1000] ab\n[1000] RST\n"},
    {{.kind = WP_LINK_CUT, .n = 99}, "[1000] abcdef\n[1000] RST\n"},
};

START_TEST(each_fault_does_what_it_says)
{
    struct wp_link_fault f = once[_i].fault;
    char *rest;

    f.times = 1;
    line(&clean);
    fault(f);
    from(0, "abcdef");
    rest = strstr(trace, " ends 1\n");
    ck_assert_ptr_nonnull(rest);
    ck_assert_str_eq(rest + strlen(" ends 1\n"), once[_i].arrives);
}
END_TEST

START_TEST(what_follows_a_delayed_send_does_not_overtake_it)
{
    line(&clean);
    fault((struct wp_link_fault){.kind = WP_LINK_DELAY, .times = 1, .duration = 5000});
    from(0, "a");
    from(100, "b");
    from(9000, "c");
    ck_assert_str_eq(trace, "delay strikes 1\ndelay ends 1\n[6000] a\n[6000] b\n[10000] c\n");
}
END_TEST

START_TEST(merged_sends_arrive_as_one)
{
    line(&clean);
    fault((struct wp_link_fault){.kind = WP_LINK_MERGE});
    from(0, "a");
    from(100, "b");
    from(200, "c");
    ck_assert_str_eq(trace, "merge strikes 1\n[1100] ab\nmerge strikes 2\n");
    wp_link_flush(the_link, WP_LINK_FROM, PORT, 300, &out);
    wp_link_flush(the_link, WP_LINK_FROM, PORT, 300, &out);
    ck_assert_str_eq(trace, "merge strikes 1\n[1100] ab\nmerge strikes 2\n[1300] c\n");
}
END_TEST

START_TEST(what_is_held_back_stays_with_its_connection)
{
    line(&clean);
    fault((struct wp_link_fault){.kind = WP_LINK_MERGE, .times = 1});
    from(0, "a");
    wp_link_carry(the_link, WP_LINK_FROM, PORT + 1, 50, wp_text("other"), &out);
    wp_link_flush(the_link, WP_LINK_FROM, PORT, 100, NULL); /* the connection is reset */
    from(200, "b");
    ck_assert_str_eq(trace, "merge strikes 1\nmerge ends 1\n[1050] other\n[1200] b\n");
}
END_TEST

START_TEST(a_stalled_reader_gets_everything_at_once)
{
    line(&clean);
    fault((struct wp_link_fault){.kind = WP_LINK_STALL, .times = 1, .duration = 50000});
    from(0, "a");
    from(10000, "b");
    to(10000, "B");
    from(49500, "c");
    ck_assert_str_eq(trace, "stall strikes 1\nstall ends 1\n"
                            "[50000] a\n[50000] +b\n[11000] B\n[50500] c\n");
}
END_TEST

START_TEST(several_faults_strike_one_send_in_their_order)
{
    line(&clean);
    fault((struct wp_link_fault){.kind = WP_LINK_DROP, .n = 1, .times = 1});
    fault((struct wp_link_fault){.kind = WP_LINK_CORRUPT, .mask = 0x20, .times = 1});
    fault((struct wp_link_fault){.kind = WP_LINK_DUPLICATE, .times = 1});
    from(0, "abc");
    ck_assert_str_eq(strstr(trace, "["), "[1000] Bc\n[1000] Bc\n");
}
END_TEST

/* ---- datagrams ------------------------------------------------------------------------------------- */

static struct wp_link_out datagrams = {
    .datagrams = true, .piece = on_piece, .cut = on_cut, .fault = on_fault};

static void datagram(wp_us now, const char *bytes)
{
    wp_link_carry(the_link, WP_LINK_FROM, PORT, now, wp_text(bytes), &datagrams);
}

static const struct {
    struct wp_link_fault fault;
    const char *arrives; /* of "abcdef" sent at 0 */
} to_one[] = {
    {{.kind = WP_LINK_DROP}, ""},
    {{.kind = WP_LINK_DROP, .at = 2, .n = 3}, ""},
    {{.kind = WP_LINK_CORRUPT, .at = 2, .mask = 0x20}, "[1000] abCdef\n"},
    {{.kind = WP_LINK_INSERT, .at = 2, .bytes = {(const uint8_t *)"--", 2}}, "[1000] ab--cdef\n"},
    {{.kind = WP_LINK_DUPLICATE}, "[1000] abcdef\n[1000] abcdef\n"},
    {{.kind = WP_LINK_DELAY, .duration = 500}, "[1500] abcdef\n"},
    {{.kind = WP_LINK_SPLIT, .at = 4, .duration = 70}, "[1000] abcd\n[1070] ef\n"},
    {{.kind = WP_LINK_SPLIT, .at = 6, .duration = 70}, "[1000] abcdef\n"},
    {{.kind = WP_LINK_CUT, .n = 2}, "[1000] ab\n"},
    {{.kind = WP_LINK_CUT, .n = 99}, "[1000] abcdef\n"},
};

START_TEST(each_fault_does_to_a_datagram_what_it_says)
{
    struct wp_link_fault f = to_one[_i].fault;
    char *rest;

    f.times = 1;
    line(&clean);
    fault(f);
    datagram(0, "abcdef");
    rest = strstr(trace, " ends 1\n");
    ck_assert_ptr_nonnull(rest);
    ck_assert_str_eq(rest + strlen(" ends 1\n"), to_one[_i].arrives);
}
END_TEST

START_TEST(datagrams_overtake_one_that_is_delayed)
{
    line(&clean);
    fault((struct wp_link_fault){.kind = WP_LINK_DELAY, .times = 1, .duration = 5000});
    datagram(0, "a");
    datagram(100, "b");
    from(200, "c"); /* bytes of a connection are not held up by them either */
    ck_assert_str_eq(trace, "delay strikes 1\ndelay ends 1\n[6000] a\n[1100] b\n[1200] c\n");
}
END_TEST

START_TEST(a_datagram_is_whole_on_a_line_that_splits)
{
    line(&(struct wp_link_setup){.latency = 1000, .split = 4});
    datagram(0, "123456789");
    datagram(0, "");
    ck_assert_str_eq(trace, "[1000] 123456789\n[1000] \n");
}
END_TEST

START_TEST(datagrams_are_clocked_out_one_after_the_other)
{
    line(&(struct wp_link_setup){.latency = 1000, .baud = 2400});
    fault((struct wp_link_fault){.kind = WP_LINK_DUPLICATE, .times = 1});
    datagram(0, "123456789012");
    datagram(0, "123456789012");
    ck_assert_str_eq(strstr(trace, "["),
                     "[56000] 123456789012\n[111000] 123456789012\n[166000] 123456789012\n");
}
END_TEST

START_TEST(after_a_stall_datagrams_are_read_one_by_one)
{
    line(&clean);
    fault((struct wp_link_fault){.kind = WP_LINK_STALL, .times = 1, .duration = 50000});
    datagram(0, "a");
    datagram(10000, "b");
    datagram(49500, "c");
    ck_assert_str_eq(trace, "stall strikes 1\nstall ends 1\n[50000] a\n[50000] b\n[50500] c\n");
}
END_TEST

START_TEST(merged_datagrams_are_one)
{
    line(&clean);
    fault((struct wp_link_fault){.kind = WP_LINK_MERGE});
    datagram(0, "a");
    datagram(100, "b");
    datagram(200, "c");
    wp_link_flush(the_link, WP_LINK_FROM, PORT, 300, &datagrams);
    ck_assert_str_eq(trace, "merge strikes 1\n[1100] ab\nmerge strikes 2\n[1300] c\n");
}
END_TEST

START_TEST(what_became_too_long_for_a_datagram_gets_nowhere)
{
    static uint8_t full[WP_DATAGRAM_MAX];

    line(&clean);
    fault((struct wp_link_fault){.kind = WP_LINK_INSERT, .bytes = wp_text("x"), .times = 1});
    wp_link_carry(the_link, WP_LINK_FROM, PORT, 0, wp_slice(full, sizeof full), &datagrams);
    ck_assert_str_eq(trace, "insert strikes 1\ninsert ends 1\n");
    wp_link_carry(the_link, WP_LINK_FROM, PORT, 0, wp_slice(full, sizeof full), &datagrams);
    ck_assert_ptr_nonnull(strstr(trace, "[1000] "));
}
END_TEST

START_TEST(only_a_cut_or_close_that_waits_for_nothing_is_immediate)
{
    ck_assert(wp_link_fault_is_immediate(&(struct wp_link_fault){.kind = WP_LINK_CLOSE}));
    ck_assert(wp_link_fault_is_immediate(&(struct wp_link_fault){.kind = WP_LINK_CUT}));
    ck_assert(!wp_link_fault_is_immediate(&(struct wp_link_fault){.kind = WP_LINK_CUT, .n = 1}));
    ck_assert(!wp_link_fault_is_immediate(&(struct wp_link_fault){.kind = WP_LINK_CUT, .skip = 1}));
    ck_assert(!wp_link_fault_is_immediate(&(struct wp_link_fault){.kind = WP_LINK_STALL}));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("link");
    TCase *t = tcase_create("link");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, a_clean_line_only_delays);
    tcase_add_test(t, bytes_are_clocked_out_one_after_the_other);
    tcase_add_test(t, machines_on_a_shared_line_take_turns);
    tcase_add_test(t, jitter_never_reorders);
    tcase_add_test(t, a_line_may_deliver_in_pieces);
    tcase_add_test(t, a_fault_passes_some_sends_then_strikes_some);
    tcase_add_test(t, a_fault_without_times_strikes_until_the_end);
    tcase_add_loop_test(t, each_fault_does_what_it_says, 0, (int)(sizeof once / sizeof once[0]));
    tcase_add_test(t, what_follows_a_delayed_send_does_not_overtake_it);
    tcase_add_test(t, merged_sends_arrive_as_one);
    tcase_add_test(t, what_is_held_back_stays_with_its_connection);
    tcase_add_test(t, a_stalled_reader_gets_everything_at_once);
    tcase_add_test(t, several_faults_strike_one_send_in_their_order);
    tcase_add_loop_test(t, each_fault_does_to_a_datagram_what_it_says, 0,
                        (int)(sizeof to_one / sizeof to_one[0]));
    tcase_add_test(t, datagrams_overtake_one_that_is_delayed);
    tcase_add_test(t, a_datagram_is_whole_on_a_line_that_splits);
    tcase_add_test(t, datagrams_are_clocked_out_one_after_the_other);
    tcase_add_test(t, after_a_stall_datagrams_are_read_one_by_one);
    tcase_add_test(t, merged_datagrams_are_one);
    tcase_add_test(t, what_became_too_long_for_a_datagram_gets_nowhere);
    tcase_add_test(t, only_a_cut_or_close_that_waits_for_nothing_is_immediate);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
