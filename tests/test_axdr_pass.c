/* What is passed over is judged exactly as what is read element by element: lists whole, cut off everywhere, with every
 * octet spoiled, under every bound. */
#include "sim/codec/axdr.h"

#include <check.h>

enum { OCTETS_MAX = 512 };

/* The same words, by the long way: each element is taken. */
static struct wp_decode by_elements(struct wp_slice in, const struct axdr_limits *limits)
{
    struct axdr_cursor c;
    struct axdr_item item;

    axdr_open(&c, in, limits);
    while (axdr_next(&c, &item))
        ;
    return axdr_end(&c);
}

static void both_ways(struct wp_slice in, const struct axdr_limits *limits)
{
    const struct wp_decode quick = axdr_decode(in, limits), slow = by_elements(in, limits);

    ck_assert_int_eq(quick.status, slow.status);
    ck_assert_uint_eq(quick.used, slow.used);
    ck_assert_uint_eq(quick.need, slow.need);
    ck_assert_int_eq(quick.fault, slow.fault);
    ck_assert_uint_eq(quick.at, slow.at);
}

/* ---- lists ------------------------------------------------------------------------------------------ */

/* Of entries that are alike, but for one in the middle that has a member more. */
static void put_object_list(struct wp_writer *w)
{
    enum { ENTRIES = 9, ODD = 5 };

    axdr_put_structure(w, 2);
    axdr_put_array(w, ENTRIES);
    for (unsigned i = 0; i < ENTRIES; i++) {
        const uint8_t ln[6] = {1, 0, (uint8_t)i, 7, 0, 255};

        axdr_put_structure(w, i == ODD ? 5 : 4);
        axdr_put_u16(w, 3);
        axdr_put_octets(w, wp_slice(ln, 6));
        axdr_put_i8(w, 2);
        axdr_put_u16(w, 0);
        if (i == ODD)
            axdr_put_null(w);
    }
    axdr_put_u32(w, 77);
}

/* Structures in structures, texts of different lengths, rows of one octet and long ones. */
static void put_mixed(struct wp_writer *w)
{
    static const char *const texts[] = {"a", "bb", "bb",
                                        "a text that makes a row longer than rows may be, and more"};

    axdr_put_array(w, 8);
    for (unsigned i = 0; i < 4; i++) {
        axdr_put_structure(w, 3);
        axdr_put_visible(w, wp_text(texts[i]));
        axdr_put_i64(w, -1);
        axdr_put_scaler_unit(w, -1, 35);
    }
    axdr_put_array(w, 2);
    axdr_put_null(w);
    axdr_put_bool(w, true);
    axdr_put_structure(w, 0);
    axdr_put_bits(w, (const uint8_t *)"\xA0", 3);
    axdr_put_float64(w, 1.5);
}

typedef void put_list(struct wp_writer *w);

static put_list *const lists[] = {put_object_list, put_mixed};

enum { LISTS = sizeof lists / sizeof lists[0] };

static size_t make(put_list *put, uint8_t octets[OCTETS_MAX])
{
    struct wp_writer w = wp_writer(octets, OCTETS_MAX);

    put(&w);
    ck_assert(!w.full);
    return w.n;
}

START_TEST(lists_are_whole)
{
    for (size_t i = 0; i < LISTS; i++) {
        uint8_t octets[OCTETS_MAX];
        const size_t n = make(lists[i], octets);
        const struct wp_decode d = axdr_decode(wp_slice(octets, n), NULL);

        ck_assert_int_eq(d.status, WP_OK);
        ck_assert_uint_eq(d.used, n);
        both_ways(wp_slice(octets, n), NULL);
    }
}
END_TEST

START_TEST(lists_are_cut_off_everywhere)
{
    for (size_t i = 0; i < LISTS; i++) {
        uint8_t octets[OCTETS_MAX];
        const size_t n = make(lists[i], octets);

        for (size_t cut = 0; cut < n; cut++) {
            ck_assert_int_eq(axdr_decode(wp_slice(octets, cut), NULL).status, WP_MORE);
            both_ways(wp_slice(octets, cut), NULL);
        }
    }
}
END_TEST

/* Tags, counts and lengths become others; so do values, and then nothing happens. */
START_TEST(every_octet_is_spoiled)
{
    static const uint8_t with[] = {0x00, 0x01, 0x02, 0x09, 0x13, 0x7F, 0x80, 0x82, 0xFE, 0xFF};

    for (size_t i = 0; i < LISTS; i++) {
        uint8_t octets[OCTETS_MAX];
        const size_t n = make(lists[i], octets);

        for (size_t at = 0; at < n; at++) {
            const uint8_t was = octets[at];

            for (size_t k = 0; k < sizeof with; k++) {
                octets[at] = with[k];
                both_ways(wp_slice(octets, n), NULL);
            }
            octets[at] = was;
        }
    }
}
END_TEST

START_TEST(bounds_are_met_where_they_are)
{
    for (size_t i = 0; i < LISTS; i++) {
        uint8_t octets[OCTETS_MAX];
        const size_t n = make(lists[i], octets);

        for (uint8_t depth = 1; depth < 5; depth++)
            both_ways(wp_slice(octets, n), &(struct axdr_limits){.depth = depth});
        for (uint32_t nodes = 1; nodes < 64; nodes++)
            both_ways(wp_slice(octets, n), &(struct axdr_limits){.nodes = nodes});
        for (size_t bytes = 1; bytes <= n; bytes++)
            both_ways(wp_slice(octets, n), &(struct axdr_limits){.bytes = bytes});
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("axdr_pass");
    TCase *t = tcase_create("axdr_pass");
    SRunner *runner;
    int failed;

    tcase_add_test(t, lists_are_whole);
    tcase_add_test(t, lists_are_cut_off_everywhere);
    tcase_add_test(t, every_octet_is_spoiled);
    tcase_add_test(t, bounds_are_met_where_they_are);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
