/* Segments to bytes: what is delivered, in which order, and what is called missing. */
#include "harness/reassembly.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- one direction ---------------------------------------------------------------------------------- */

static struct {
    struct reassembly_out out; /* first */
    struct reassembly r;
    struct reassembly_budget budget;
    char log[4096];
    size_t n;
} f;

static void log_bytes(struct reassembly_out *out, struct wp_slice bytes)
{
    (void)out;
    f.n += (size_t)snprintf(f.log + f.n, sizeof f.log - f.n, "%s%.*s", f.n ? " " : "", WP_FMT(bytes));
}

static void log_gap(struct reassembly_out *out, uint64_t n)
{
    (void)out;
    f.n += (size_t)snprintf(f.log + f.n, sizeof f.log - f.n, "%sgap(%llu)", f.n ? " " : "",
                            (unsigned long long)n);
}

static void setup(void)
{
    memset(&f, 0, sizeof f);
    f.out = (struct reassembly_out){log_bytes, log_gap};
    f.budget = (struct reassembly_budget){.total = 1000, .per_stream = 100};
}

static void teardown(void)
{
    reassembly_drop(&f.r, &f.budget);
    ck_assert_uint_eq(f.budget.used, 0);
}

static void data(uint32_t seq, const char *text)
{
    reassembly_data(&f.r, &f.budget, seq, wp_text(text), &f.out);
}

static void ack(uint32_t seq)
{
    reassembly_ack(&f.r, &f.budget, seq, &f.out);
}

static void finish(void)
{
    reassembly_finish(&f.r, &f.budget, &f.out);
}

START_TEST(bytes_in_order_pass_at_once)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(103, "de");
    ck_assert_str_eq(f.log, "abc de");
}
END_TEST

START_TEST(a_retransmission_is_never_delivered_twice)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(100, "abc");
    data(101, "bc");
    ck_assert_str_eq(f.log, "abc");
    ck_assert_uint_eq(f.r.counts.retransmitted, 2);
}
END_TEST

/* An injected or broken copy: the first one was delivered, and that they differ is counted. */
START_TEST(another_content_of_what_was_delivered_is_a_conflict)
{
    f.budget.sent = reassembly_sent_new();
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(103, "def");
    data(100, "abc");
    ck_assert_uint_eq(f.r.counts.conflicts, 0);
    data(101, "bCDe");
    ck_assert_uint_eq(f.r.counts.conflicts, 2);
    data(104, "eXgh"); /* old bytes and new ones */
    ck_assert_uint_eq(f.r.counts.conflicts, 3);
    data(107, "?"); /* a keep-alive */
    ck_assert_uint_eq(f.r.counts.conflicts, 3);
    ck_assert_str_eq(f.log, "abc def gh");
    reassembly_sent_free(f.budget.sent);
    f.budget.sent = NULL;
}
END_TEST

/* What was delivered long ago is not known any more; what others were sent is never compared. */
START_TEST(what_was_delivered_is_known_for_a_while)
{
    struct reassembly_sent *sent = reassembly_sent_new();
    static uint8_t bytes[1000];
    uint64_t mine = 0, others = 0;

    reassembly_sent_put(sent, &mine, 0, wp_text("abc"));
    for (int i = 0; i < 200; i++) {
        reassembly_sent_put(sent, &others, i * 1000, wp_slice(bytes, sizeof bytes));
        ck_assert_uint_eq(reassembly_sent_compare(sent, mine, 0, wp_text("aXc")), 1);
    }
    for (int i = 200; i < 300; i++)
        reassembly_sent_put(sent, &others, i * 1000, wp_slice(bytes, sizeof bytes));
    ck_assert_uint_eq(reassembly_sent_compare(sent, mine, 0, wp_text("aXc")), 0);
    ck_assert_uint_eq(reassembly_sent_compare(sent, others, 250500, wp_text("ab")), 2);
    ck_assert_uint_eq(reassembly_sent_compare(sent, others, 299999, wp_text("ab")), 1);
    reassembly_sent_free(sent);
}
END_TEST

START_TEST(only_the_new_part_of_an_overlap_is_delivered)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(102, "cde");
    ck_assert_str_eq(f.log, "abc de");
    ck_assert_uint_eq(f.r.counts.overlaps, 1);
}
END_TEST

START_TEST(what_comes_early_waits_for_what_comes_late)
{
    reassembly_syn(&f.r, 99);
    data(103, "d");
    data(106, "g");
    data(104, "ef");
    ck_assert_str_eq(f.log, "");
    data(100, "abc");
    ck_assert_str_eq(f.log, "abc d ef g");
    ck_assert_uint_eq(f.r.counts.reordered, 3);
    ck_assert_uint_eq(f.r.counts.gaps, 0);
}
END_TEST

/* A later segment covers several waiting ones: each byte once, those that came first. */
START_TEST(waiting_segments_do_not_overlap)
{
    reassembly_syn(&f.r, 99);
    data(102, "c");
    data(105, "f");
    data(101, "bCdefG");
    data(100, "a");
    ck_assert_str_eq(f.log, "a b c de f G");
    ck_assert_uint_eq(f.r.counts.conflicts, 1);
    data(102, "c");
    ck_assert_uint_eq(f.r.counts.retransmitted, 1);
}
END_TEST

START_TEST(an_acknowledged_hole_is_a_gap)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(108, "ij");
    ack(103);
    ck_assert_str_eq(f.log, "abc");
    ack(110);
    ck_assert_str_eq(f.log, "abc gap(5) ij");
    data(103, "defgh"); /* too late: it was called missing */
    ck_assert_str_eq(f.log, "abc gap(5) ij");
}
END_TEST

/* The acknowledgement may be captured before the segment that shows the hole. */
START_TEST(a_hole_that_was_acknowledged_before_is_a_gap_at_once)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    ack(108);
    data(103, "de"); /* merely captured late */
    data(108, "ij");
    ck_assert_str_eq(f.log, "abc de gap(3) ij");
}
END_TEST

START_TEST(the_end_tells_what_is_missing)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(105, "fg");
    reassembly_fin(&f.r, 109);
    ck_assert(!reassembly_is_complete(&f.r));
    finish();
    ck_assert_str_eq(f.log, "abc gap(2) fg gap(2)");
    ck_assert(reassembly_is_complete(&f.r));
}
END_TEST

START_TEST(what_was_acknowledged_and_never_seen_is_a_gap_at_the_end)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    ack(110);
    finish();
    ck_assert_str_eq(f.log, "abc gap(7)");
}
END_TEST

/* The acknowledgement of a FIN that was not captured counts one more than there are bytes. */
START_TEST(an_unseen_fin_is_no_gap)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    ack(104);
    finish();
    ck_assert_str_eq(f.log, "abc");
}
END_TEST

START_TEST(sequence_numbers_wrap_around)
{
    reassembly_syn(&f.r, UINT32_MAX - 3);
    data(UINT32_MAX - 2, "abc");
    data(3, "gh");
    data(0, "def");
    data(UINT32_MAX - 2, "abc");
    ck_assert_str_eq(f.log, "abc def gh");
    ck_assert_uint_eq(f.r.counts.retransmitted, 1);
    ck_assert_int_eq(f.r.offset, 8);
}
END_TEST

START_TEST(a_stream_may_begin_anywhere)
{
    data(5000, "abc");
    data(4990, "earlier");
    data(5003, "de");
    ck_assert_str_eq(f.log, "abc de");
}
END_TEST

/* A keep-alive repeats the last byte, or sends none. */
START_TEST(a_keep_alive_is_a_retransmission)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(102, "?");
    data(102, "");
    data(103, "d");
    ck_assert_str_eq(f.log, "abc d");
}
END_TEST

START_TEST(what_the_capture_cut_off_is_a_gap_at_once)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    reassembly_cut(&f.r, 103, 7, &f.out);
    data(110, "k");
    ck_assert_str_eq(f.log, "abc gap(7) k");
}
END_TEST

START_TEST(a_segment_far_off_is_none_of_this_connection)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(103 + 0x50000000u, "x");
    data(103, "d");
    ck_assert_str_eq(f.log, "abc d");
    ck_assert_uint_eq(f.r.counts.strays, 1);
}
END_TEST

/* When too much waits, the first hole is given up: named and counted, and nothing is lost that was captured. */
START_TEST(a_spent_budget_makes_the_first_hole_a_gap)
{
    f.budget.per_stream = 4;
    reassembly_syn(&f.r, 99);
    data(102, "cd");
    data(106, "gh");
    ck_assert_str_eq(f.log, "");
    data(110, "kl");
    ck_assert_str_eq(f.log, "gap(2) cd");
    data(104, "ef");
    ck_assert_str_eq(f.log, "gap(2) cd ef gh");
    data(120, "too long to wait");
    ck_assert_str_eq(f.log, "gap(2) cd ef gh gap(2) kl gap(8) too long to wait");
    ck_assert_uint_eq(f.r.counts.given_up, 3);
}
END_TEST

/* A segment before the first waiting one is not lost with the hole that it stands in. */
START_TEST(the_hole_given_up_is_the_one_before_the_segment)
{
    f.budget.per_stream = 4;
    reassembly_syn(&f.r, 99);
    data(110, "klm");
    data(104, "ef");
    ck_assert_str_eq(f.log, "gap(4) ef");
    finish();
    ck_assert_str_eq(f.log, "gap(4) ef gap(4) klm");
}
END_TEST

/* ---- any order gives the same bytes ------------------------------------------------------------------ */

static uint32_t random_state;

static uint32_t any(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

static uint8_t sent[400], got[400];
static size_t n_got;

static void keep_bytes(struct reassembly_out *out, struct wp_slice bytes)
{
    (void)out;
    ck_assert(n_got + bytes.n <= sizeof got);
    memcpy(got + n_got, bytes.p, bytes.n);
    n_got += bytes.n;
}

static void refuse_gap(struct reassembly_out *out, uint64_t n)
{
    (void)out;
    ck_abort_msg("a gap of %llu bytes although everything was sent", (unsigned long long)n);
}

/* Pieces of any size, sent in any order near their place and again, until all have been sent. */
static void send_shuffled(struct reassembly *r, struct reassembly_budget *budget, uint32_t seq,
                          struct reassembly_out *out)
{
    bool have[sizeof sent] = {0};
    size_t left = sizeof sent;

    while (left > 0) {
        size_t at = any(sizeof sent), n = 1 + any(60);

        n = at + n > sizeof sent ? sizeof sent - at : n;
        reassembly_data(r, budget, seq + (uint32_t)at, wp_slice(sent + at, n), out);
        for (size_t i = at; i < at + n; i++) {
            left -= !have[i];
            have[i] = true;
        }
    }
}

START_TEST(any_order_gives_the_same_bytes)
{
    struct reassembly_out out = {keep_bytes, refuse_gap};

    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)any(256);
    for (uint32_t seed = 1; seed <= 200; seed++) {
        struct reassembly r = {0};
        struct reassembly_budget budget = {.total = 1000, .per_stream = 1000};
        uint32_t seq = any(UINT32_MAX);

        random_state = seed;
        n_got = 0;
        reassembly_syn(&r, seq - 1);
        send_shuffled(&r, &budget, seq, &out);
        ck_assert_uint_eq(n_got, sizeof sent);
        ck_assert(memcmp(got, sent, sizeof sent) == 0);
        ck_assert_uint_eq(budget.used, 0);
        ck_assert_uint_eq(r.counts.conflicts, 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("reassembly");
    TCase *t = tcase_create("reassembly");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, bytes_in_order_pass_at_once);
    tcase_add_test(t, a_retransmission_is_never_delivered_twice);
    tcase_add_test(t, another_content_of_what_was_delivered_is_a_conflict);
    tcase_add_test(t, what_was_delivered_is_known_for_a_while);
    tcase_add_test(t, only_the_new_part_of_an_overlap_is_delivered);
    tcase_add_test(t, what_comes_early_waits_for_what_comes_late);
    tcase_add_test(t, waiting_segments_do_not_overlap);
    tcase_add_test(t, an_acknowledged_hole_is_a_gap);
    tcase_add_test(t, a_hole_that_was_acknowledged_before_is_a_gap_at_once);
    tcase_add_test(t, the_end_tells_what_is_missing);
    tcase_add_test(t, what_was_acknowledged_and_never_seen_is_a_gap_at_the_end);
    tcase_add_test(t, an_unseen_fin_is_no_gap);
    tcase_add_test(t, sequence_numbers_wrap_around);
    tcase_add_test(t, a_stream_may_begin_anywhere);
    tcase_add_test(t, a_keep_alive_is_a_retransmission);
    tcase_add_test(t, what_the_capture_cut_off_is_a_gap_at_once);
    tcase_add_test(t, a_segment_far_off_is_none_of_this_connection);
    tcase_add_test(t, a_spent_budget_makes_the_first_hole_a_gap);
    tcase_add_test(t, the_hole_given_up_is_the_one_before_the_segment);
    tcase_add_test(t, any_order_gives_the_same_bytes);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
