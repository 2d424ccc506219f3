/* A-XDR there and back: what is written is read as it was meant, what is read is written as it came. */
#include "sim/codec/axdr.h"
#include "sim/core/random.h"

#include "tests/dlms_vectors.h"

#include <check.h>

enum { ROOM = 65536 };

static uint8_t octets[ROOM];
static char text[4 * ROOM];

static const char *canonical(struct wp_slice in)
{
    struct wp_writer w = wp_writer(text, sizeof text);
    const struct wp_decode d = axdr_put_canonical(&w, in);

    ck_assert_int_eq(d.status, WP_OK);
    ck_assert_uint_eq(d.used, in.n);
    return wp_put_end(&w);
}

#define CHECK(put, expected)                                                                                 \
    do {                                                                                                     \
        struct wp_writer w = wp_writer(octets, sizeof octets);                                               \
        put;                                                                                                 \
        ck_assert_str_eq(canonical(wp_written(&w)), expected);                                               \
    } while (0)

static void put_raw(struct wp_writer *w, enum axdr_tag tag, int64_t bits)
{
    axdr_put_scalar(w, tag, (uint64_t)bits);
}

START_TEST(every_type_is_written_as_it_is_read)
{
    CHECK(axdr_put_null(&w), "n");
    CHECK(axdr_put_bool(&w, true), "b:1");
    CHECK(axdr_put_i8(&w, INT8_MIN), "i8:-128");
    CHECK(axdr_put_i16(&w, INT16_MIN), "i16:-32768");
    CHECK(axdr_put_i32(&w, INT32_MIN), "i32:-2147483648");
    CHECK(axdr_put_i64(&w, INT64_MIN), "i64:-9223372036854775808");
    CHECK(axdr_put_i64(&w, -1), "i64:-1");
    CHECK(axdr_put_u8(&w, UINT8_MAX), "u8:255");
    CHECK(axdr_put_u16(&w, UINT16_MAX), "u16:65535");
    CHECK(axdr_put_u32(&w, UINT32_MAX), "u32:4294967295");
    CHECK(axdr_put_u64(&w, UINT64_MAX), "u64:18446744073709551615");
    CHECK(axdr_put_enum(&w, 35), "e:35");
    CHECK(axdr_put_float32(&w, 10.0F), "f32:41200000");
    CHECK(axdr_put_float64(&w, 1.5), "f64:3FF8000000000000");
    CHECK(put_raw(&w, AXDR_BCD, -103), "bcd:-103");
    CHECK(put_raw(&w, AXDR_DELTA_I8, -1), "di8:-1");
    CHECK(put_raw(&w, AXDR_DELTA_I16, -2), "di16:-2");
    CHECK(put_raw(&w, AXDR_DELTA_I32, -3), "di32:-3");
    CHECK(put_raw(&w, AXDR_DELTA_U8, 1), "du8:1");
    CHECK(put_raw(&w, AXDR_DELTA_U16, 2), "du16:2");
    CHECK(put_raw(&w, AXDR_DELTA_U32, 3), "du32:3");
    CHECK(put_raw(&w, AXDR_DONT_CARE, 0), "x");
    CHECK(axdr_put_octets(&w, wp_text("ab")), "os:6162");
    CHECK(axdr_put_visible(&w, wp_text("ab")), "vs:6162");
    CHECK(axdr_put_utf8(&w, wp_text("é")), "us:C3A9");
    CHECK(axdr_put_bits(&w, (const uint8_t *)"\xAB\xC0", 12), "bs:12:ABC0");
    CHECK(axdr_put_date_time(&w, (const uint8_t *)"\x07\xE9\6\xF\7\xE\x1E\0\0\0\x78\x80"),
          "dt:07E9060F070E1E0000007880");
    CHECK(axdr_put_date(&w, (const uint8_t *)"\x07\xE8\x0B\x15\xFF"), "d:07E80B15FF");
    CHECK(axdr_put_time(&w, (const uint8_t *)"\x08\x1E\x0F\x17"), "t:081E0F17");
    CHECK(axdr_put_compact(&w, wp_text("\x11"), wp_text("\1\2\3")), "ca:11:010203");
    CHECK(axdr_put_scaler_unit(&w, -1, 35), "S2[i8:-1 e:35]");
    CHECK((axdr_put_array(&w, 2), axdr_put_structure(&w, 0), axdr_put_null(&w)), "A2[S0[] n]");
}
END_TEST

START_TEST(lengths_take_as_few_octets_as_they_can)
{
    static const struct {
        uint32_t n;
        size_t octets;
    } rows[] = {{0, 1},      {0x7F, 1},    {0x80, 2},     {0xFF, 2},      {0x100, 3},
                {0xFFFF, 3}, {0x10000, 4}, {0xFFFFFF, 4}, {0x1000000, 5}, {UINT32_MAX, 5}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wp_writer w = wp_writer(octets, sizeof octets);
        struct wp_decode d;
        uint32_t n = 0;

        axdr_put_length(&w, rows[i].n);
        ck_assert_uint_eq(w.n, rows[i].octets);
        for (size_t cut = 0; cut < w.n; cut++) {
            d = axdr_length(wp_slice(octets, cut), &n);
            ck_assert(d.status == WP_MORE && d.need == (cut == 0 ? 1 : w.n - cut));
        }
        d = axdr_length(wp_written(&w), &n);
        ck_assert(d.status == WP_OK && d.used == w.n && n == rows[i].n);
    }
}
END_TEST

START_TEST(what_does_not_fit_is_not_written_beyond)
{
    uint8_t small[4] = {0};
    struct wp_writer w = wp_writer(small, 3);

    axdr_put_u32(&w, 1);
    ck_assert(w.full && small[3] == 0);
}
END_TEST

/* ---- what came, again ------------------------------------------------------------------------------- */

static struct wp_slice again(struct wp_slice in)
{
    struct wp_writer w = wp_writer(octets, sizeof octets);
    struct axdr_cursor c;
    struct axdr_item item;

    axdr_open(&c, in, NULL);
    while (axdr_next(&c, &item))
        axdr_put_item(&w, &item);
    ck_assert(axdr_end(&c).status == WP_OK && !w.full);
    return wp_written(&w);
}

/* All but the two that spend more octets on a length than it needs. */
START_TEST(published_values_are_written_as_they_came)
{
    size_t n = 0, longer = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "axdr");) {
        struct wp_slice out;

        if (!v.is_valid)
            continue;
        n++;
        out = again(v.bytes);
        if (out.n < v.bytes.n) {
            longer++;
            ck_assert_str_eq(canonical(out), dlms_vector_text(v.expect, "value"));
        } else {
            ck_assert_msg(wp_slice_eq(out, v.bytes), "%s", v.id);
        }
    }
    ck_assert(!dlms_vectors() || n > 50);
    ck_assert_uint_eq(longer, n ? 2 : 0);
}
END_TEST

/* ---- any value -------------------------------------------------------------------------------------- */

static const uint8_t tags[] = {
#define X(name, tag, octets, form, prefix, name_text) tag,
    AXDR_TYPES(X)
#undef X
};

/* One value without a container inside; a compact-array of two strings. */
static void put_leaf(struct wp_writer *w, struct wp_random *r, uint8_t tag)
{
    uint8_t any[300];
    const uint32_t n = (uint32_t)wp_random_below(r, wp_random_below(r, 8) == 0 ? sizeof any : 12);
    struct axdr_item item = {.tag = tag, .count = n, .content = wp_slice(any, axdr_type(tag)->octets)};

    for (size_t i = 0; i < sizeof any; i++)
        any[i] = (uint8_t)wp_random_next(r);
    switch ((enum axdr_form)axdr_type(tag)->form) {
    case AXDR_COMPACT: axdr_put_compact(w, wp_text("\x09"), wp_text("\1A\2BC")); return;
    case AXDR_STRING: item.content.n = n; break;
    case AXDR_BITS: item.content.n = n / 8 + (n % 8 != 0); break;
    default: break;
    }
    axdr_put_item(w, &item);
}

/* A tree of at most so many elements; returns how many. */
static unsigned put_any(struct wp_writer *w, struct wp_random *r)
{
    unsigned nodes = 0, depth = 0, left[AXDR_DEPTH_MAX + 1] = {1};

    for (;;) {
        uint8_t tag = tags[wp_random_below(r, sizeof tags)];
        unsigned count = (unsigned)wp_random_below(r, 6);

        while (left[depth] == 0) {
            if (depth == 0)
                return nodes;
            depth--;
        }
        left[depth]--;
        nodes++;
        if (wp_random_below(r, 3) == 0)
            tag = AXDR_STRUCTURE;
        if (!axdr_is_container(tag)) {
            put_leaf(w, r, tag);
            continue;
        }
        if (depth == AXDR_DEPTH_MAX || nodes > 300) {
            put_leaf(w, r, AXDR_U16);
            continue;
        }
        axdr_put_item(w, &(struct axdr_item){.tag = tag, .count = count});
        left[++depth] = count;
    }
}

START_TEST(any_value_is_read_as_it_was_written)
{
    static uint8_t written[ROOM];
    struct wp_random r = wp_random(645);
    unsigned most = 0;

    for (int round = 0; round < 2000; round++) {
        struct wp_writer w = wp_writer(written, sizeof written);
        const unsigned nodes = put_any(&w, &r);
        struct axdr_cursor c;
        struct axdr_item item;
        unsigned n = 0;

        ck_assert(!w.full);
        axdr_open(&c, wp_written(&w), NULL);
        while (axdr_next(&c, &item))
            n++;
        ck_assert_uint_eq(axdr_end(&c).used, w.n);
        ck_assert_uint_eq(n, nodes);
        ck_assert(wp_slice_eq(again(wp_written(&w)), wp_written(&w)));
        for (size_t cut = 0; cut < w.n; cut += 1 + w.n / 50) {
            const struct wp_decode d = axdr_decode(wp_slice(written, cut), NULL);

            ck_assert(d.status == WP_MORE && d.need >= 1 && d.need <= w.n - cut);
        }
        most = nodes > most ? nodes : most;
    }
    ck_assert_uint_ge(most, 100);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("axdr_put");
    TCase *t = tcase_create("axdr_put");
    SRunner *r;
    int failed;

    tcase_add_test(t, every_type_is_written_as_it_is_read);
    tcase_add_test(t, lengths_take_as_few_octets_as_they_can);
    tcase_add_test(t, what_does_not_fit_is_not_written_beyond);
    tcase_add_test(t, published_values_are_written_as_they_came);
    tcase_add_test(t, any_value_is_read_as_it_was_written);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
