/* Pieces of IP packets: put together in any order, in bounded memory, and what contradicts is named. */
#include "harness/fragments.h"

#include <check.h>
#include <stdlib.h>

enum { UDP = 17, SECOND = 1000000000 };

static struct fragments *f;
static struct packet whole;
static int64_t now_ns;
static uint8_t sent[65535];

static void setup(void)
{
    f = fragments_new();
    now_ns = 0;
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i * 7 + i / 256);
}

static void teardown(void)
{
    fragments_free(f);
}

static struct packet piece_of(uint32_t id, size_t offset, size_t n, bool more)
{
    return (struct packet){
        .from = {.ip = {10, 0, 0, 1}, .version = 4},
        .to = {.ip = {10, 0, 0, 2}, .version = 4},
        .payload = wp_slice(sent + offset, n),
        .n_wire = n,
        .piece = {.id = id, .offset = (uint32_t)offset, .more = more, .protocol = UDP},
    };
}

static bool add(const struct packet *piece)
{
    return fragments_add(f, piece, now_ns, &whole);
}

static bool put(uint32_t id, size_t offset, size_t n, bool more)
{
    struct packet piece = piece_of(id, offset, n, more);

    return add(&piece);
}

static void expect_whole(size_t n)
{
    ck_assert_uint_eq(whole.payload.n, n);
    ck_assert_uint_eq(whole.n_wire, n);
    ck_assert(memcmp(whole.payload.p, sent, n) == 0);
    ck_assert_uint_eq(whole.piece.protocol, UDP);
    ck_assert_uint_eq(whole.from.ip[3], 1);
}

START_TEST(the_last_missing_piece_makes_it_whole)
{
    ck_assert(!put(1, 0, 16, true));
    ck_assert(!put(1, 16, 8, true));
    ck_assert(put(1, 24, 5, false));
    expect_whole(29);
    ck_assert_uint_eq(fragments_counted(f).pieces, 3);
    ck_assert_uint_eq(fragments_counted(f).whole, 1);
    ck_assert_uint_eq(fragments_counted(f).lost, 0);
}
END_TEST

/* Pieces of 1..64 units in any order, some of them twice. */
START_TEST(any_order_makes_the_same_packet)
{
    uint32_t random = 1;

    for (uint32_t id = 0; id < 50; id++) {
        size_t n = 1 + (random >> 8) % sizeof sent, done = 0;
        bool is_whole = false;

        for (unsigned tries = 0; !is_whole && tries < 100000; tries++) {
            size_t offset, part;

            random = random * 1664525u + 1013904223u;
            offset = (random >> 8) % n / 8 * 8;
            part = ((random >> 3) % 64 + 1) * 8;
            part = offset + part > n ? n - offset : part;
            if (tries == 3000) /* enough chance */
                offset = 0, part = n;
            is_whole = put(id, offset, part, offset + part < n);
            done++;
        }
        ck_assert_msg(is_whole, "%zu bytes after %zu pieces", n, done);
        expect_whole(n);
    }
    ck_assert_uint_eq(fragments_counted(f).conflicts, 0);
}
END_TEST

START_TEST(packets_are_kept_apart)
{
    struct packet other = piece_of(1, 8, 8, false);

    ck_assert(!put(1, 0, 8, true));
    ck_assert(!put(2, 8, 8, false));
    other.piece.protocol = 6;
    ck_assert(!add(&other));
    other = piece_of(1, 8, 8, false);
    other.from.ip[3] = 9;
    ck_assert(!add(&other));
    ck_assert(put(1, 8, 8, false));
    expect_whole(16);
    ck_assert_uint_eq(fragments_counted(f).lost, 3);
}
END_TEST

/* In IPv6 the protocol stands in each piece, and that of the first one counts. */
START_TEST(the_first_pieces_protocol_counts_in_ipv6)
{
    struct packet first = piece_of(1, 0, 8, true), last = piece_of(1, 8, 3, false);

    first.from.version = first.to.version = last.from.version = last.to.version = 6;
    last.piece.protocol = 60;
    ck_assert(!add(&last));
    ck_assert(add(&first));
    ck_assert_uint_eq(whole.piece.protocol, UDP);
}
END_TEST

START_TEST(the_first_copy_counts_and_the_difference_is_told)
{
    static const uint8_t lie[8] = "LIE LIE";
    struct packet again = piece_of(1, 0, 8, true);

    again.payload = wp_slice(lie, sizeof lie);
    ck_assert(!put(1, 0, 16, true));
    ck_assert(!add(&again));
    ck_assert_uint_eq(fragments_counted(f).conflicts, 8);
    ck_assert(!put(1, 0, 16, true));
    ck_assert_uint_eq(fragments_counted(f).conflicts, 8);
    ck_assert(put(1, 16, 4, false));
    expect_whole(20);
}
END_TEST

START_TEST(a_piece_beyond_the_last_one_is_not_taken)
{
    ck_assert(!put(1, 8, 8, false));
    ck_assert(!put(1, 16, 8, true));
    ck_assert(!put(1, 0, 64, true));
    ck_assert(!put(1, 8, 16, false));
    ck_assert_uint_eq(fragments_counted(f).conflicts, 3);
    ck_assert(put(1, 0, 8, true));
    expect_whole(16);
    ck_assert(!put(2, 8, 16, true));
    ck_assert(!put(2, 8, 8, false)); /* the last one ends before what has come */
    ck_assert_uint_eq(fragments_counted(f).conflicts, 4);
}
END_TEST

/* A capture cut to a snapshot length: what was captured up to the first hole. */
START_TEST(cut_pieces_leave_the_beginning)
{
    struct packet cut = piece_of(1, 16, 16, true);

    cut.payload.n = 5;
    ck_assert(!put(1, 0, 16, true));
    ck_assert(!add(&cut));
    ck_assert(put(1, 32, 8, false));
    ck_assert_uint_eq(whole.payload.n, 21);
    ck_assert_uint_eq(whole.n_wire, 40);
    ck_assert(memcmp(whole.payload.p, sent, 21) == 0);
}
END_TEST

START_TEST(after_half_a_minute_of_the_capture_it_is_given_up)
{
    put(1, 0, 8, true);
    now_ns = INT64_C(30) * SECOND;
    ck_assert(put(1, 8, 8, false));
    put(2, 0, 8, true);
    now_ns += INT64_C(31) * SECOND;
    ck_assert(!put(2, 8, 8, false));
    ck_assert_uint_eq(fragments_counted(f).lost, 2);
    now_ns -= INT64_C(100) * SECOND; /* a clock that was set back gives nothing up */
    ck_assert(put(2, 0, 8, true));
}
END_TEST

START_TEST(of_too_many_the_oldest_is_given_up)
{
    for (uint32_t id = 0; id < 257; id++)
        ck_assert(!put(id, 0, 8, true));
    ck_assert(!put(0, 8, 8, false));
    ck_assert(put(256, 8, 8, false));
    ck_assert_uint_eq(fragments_counted(f).whole, 1);
    ck_assert_uint_eq(fragments_counted(f).lost, 257); /* all but the two of the last */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fragments");
    TCase *t = tcase_create("fragments");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_last_missing_piece_makes_it_whole);
    tcase_add_test(t, any_order_makes_the_same_packet);
    tcase_add_test(t, packets_are_kept_apart);
    tcase_add_test(t, the_first_pieces_protocol_counts_in_ipv6);
    tcase_add_test(t, the_first_copy_counts_and_the_difference_is_told);
    tcase_add_test(t, a_piece_beyond_the_last_one_is_not_taken);
    tcase_add_test(t, cut_pieces_leave_the_beginning);
    tcase_add_test(t, after_half_a_minute_of_the_capture_it_is_given_up);
    tcase_add_test(t, of_too_many_the_oldest_is_given_up);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
