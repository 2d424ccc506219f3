/* M-Bus frames with DLMS/COSEM in them.       covers: mbus_fields
 *
 * Bytes and meanings are those of vectors/dlms.json. */
#include "sim/codec/mbus.h"
#include "tests/dlms_transport_rig.h"

/* d0540: one frame, FIN */
static const char SINGLE[] = "681A1A6853FF1001670F0000000700020209060100010700FF06000001232516";

/* ---- published frames ------------------------------------------------------------------------------- */

/* All frames of an entry, joined: what is wrong, as the vectors call it, "" for nothing. */
static const char *read_entry(const struct dlms_vector *v, struct mbus_join *join, int *ret_n)
{
    const cJSON *segments = cJSON_GetObjectItemCaseSensitive(v->expect, "segments");
    size_t at = 0;

    for (*ret_n = 0; at < v->bytes.n; (*ret_n)++) {
        struct mbus_frame f;
        struct wp_decode d = mbus_decode(wp_slice_from(v->bytes, at), &f);
        enum wp_fault fault;
        struct wp_slice out;

        if (d.status != WP_OK)
            return d.status == WP_MORE ? "truncated" : wp_fault_text(d.fault);
        if (v->is_valid)
            rig_expect_fields(v->id, &mbus_codec, &f, cJSON_GetArrayItem(segments, *ret_n));
        if (mbus_join_add(join, &f, &out, &fault) == WP_BAD)
            return wp_fault_text(fault);
        at += d.used;
    }
    return join->is_open ? wp_fault_text(WP_FAULT_MBUS_INCOMPLETE) : "";
}

START_TEST(published_frames_are_read_and_faults_named)
{
    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "mbus");) {
        uint8_t memory[1024];
        struct mbus_join join;
        const char *fault;
        int n;

        mbus_join_init(&join, memory, sizeof memory);
        fault = read_entry(&v, &join, &n);
        ck_assert_msg(strcmp(fault, v.error) == 0, "%s: %s", v.id, fault);
        if (!v.is_valid)
            continue;
        ck_assert_int_eq(n, cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(v.expect, "segments")));
        ck_assert_uint_eq(join.dropped, 0);
        rig_expect_splits(v.id, &mbus_codec, v.bytes, (size_t)n);
    }
}
END_TEST

START_TEST(published_frames_are_sent_as_they_came)
{
    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "mbus");) {
        uint8_t memory[MBUS_FRAME_MAX];
        struct wp_writer w = wp_writer(memory, sizeof memory);
        struct mbus_frame f;
        struct wp_decode d = mbus_decode(v.bytes, &f);

        if (!v.is_valid)
            continue;
        mbus_encode(&w, &f);
        ck_assert_msg(wp_slice_eq(wp_written(&w), wp_slice(v.bytes.p, d.used)), "%s", v.id);
    }
}
END_TEST

/* ---- one frame -------------------------------------------------------------------------------------- */

START_TEST(every_prefix_says_more)
{
    struct wp_slice in = rig_hex(SINGLE);
    struct mbus_frame f;

    for (size_t n = 0; n < in.n; n++) {
        struct wp_decode d = mbus_decode(wp_slice(in.p, n), &f);

        ck_assert_msg(d.status == WP_MORE && d.need >= 1 && d.need <= in.n - n, "%zu", n);
        if (n > 3)
            ck_assert_uint_eq(d.need, in.n - n);
    }
}
END_TEST

/* 1 to 4 stand for 257 to 260. */
START_TEST(a_length_below_five_stands_for_256_more)
{
    static uint8_t data[255];

    for (size_t n = 240; n <= sizeof data; n++) {
        uint8_t memory[MBUS_FRAME_MAX];
        struct wp_writer w = wp_writer(memory, sizeof memory);
        struct mbus_frame f = {.kind = MBUS_IS_LONG, .ci = 0x10, .payload = wp_slice(data, n)}, got;
        struct wp_decode d;

        mbus_encode(&w, &f);
        d = mbus_decode(wp_written(&w), &got);
        ck_assert_msg(d.status == WP_OK && d.used == w.n, "%zu", n);
        ck_assert_uint_eq(got.length, n + 5);
        ck_assert_uint_eq(got.l, (n + 5) % 256);
        ck_assert_uint_eq(got.payload.n, n);
    }
}
END_TEST

START_TEST(short_frames_and_acknowledges_stand_between)
{
    struct wp_slice in = rig_hex("10 5B 01 5C 16 E5 10 7B 01 7C 16");
    struct mbus_frame f;
    struct wp_decode d = mbus_decode(in, &f);
    uint8_t memory[8];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct mbus_join join = {0};
    struct wp_slice out;
    enum wp_fault fault;

    ck_assert(d.status == WP_OK && d.used == 5 && f.kind == MBUS_IS_SHORT && f.c == 0x5B && f.a == 1);
    mbus_encode(&w, &f);
    ck_assert(wp_slice_eq(wp_written(&w), wp_slice(in.p, 5)));
    ck_assert_int_eq(mbus_join_add(&join, &f, &out, &fault), WP_MORE);
    d = mbus_decode(wp_slice_from(in, 5), &f);
    ck_assert(d.status == WP_OK && d.used == 1 && f.kind == MBUS_IS_ACKNOWLEDGE);
    rig_expect_splits("short", &mbus_codec, in, 3);
    /* they are too short to say whose stream this is */
    ck_assert_int_eq(mbus_codec.probe(in), WP_PROBE_NO);
    ck_assert_int_eq(mbus_codec.probe(rig_hex("E5")), WP_PROBE_NO);
    ck_assert_int_eq(mbus_codec.probe(rig_hex(SINGLE)), WP_PROBE_YES);
}
END_TEST

/* Begins with 68 too, and is DL/T 645 or IEC 60870-5-104. */
START_TEST(other_protocols_with_68_are_no_m_bus)
{
    static const char *const other[] = {
        "68 01 00 01 01 24 20 68 11 04 33 33 34 33 B6 16",
        "68 04 07 00 00 00",
        "68 0E 0E 00 02 00 64 01 06 00 01 00 00 00 00 14",
    };

    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        struct mbus_frame f;

        ck_assert_int_eq(mbus_codec.probe(rig_hex(other[i])), WP_PROBE_NO);
        ck_assert_int_eq(mbus_codec.decode(NULL, WP_SIDE_UNKNOWN, rig_hex(other[i]), &f).fault,
                         WP_FAULT_START);
    }
}
END_TEST

START_TEST(every_changed_byte_is_seen_and_repaired)
{
    const struct wp_slice in = rig_hex(SINGLE);

    for (size_t i = 0; i < in.n; i++) {
        uint8_t bytes[64];
        struct mbus_frame f;

        memcpy(bytes, in.p, in.n);
        bytes[i] ^= 0x40;
        ck_assert_msg(mbus_decode(wp_slice(bytes, in.n), &f).status != WP_OK, "byte %zu", i);
        ck_assert_int_eq(mbus_repair(bytes, in.n), i > 3);
        if (i > 3)
            ck_assert_int_eq(mbus_decode(wp_slice(bytes, in.n), &f).status, WP_OK);
    }
}
END_TEST

START_TEST(the_search_goes_on_at_the_next_start)
{
    static const char *const front[] = {"00", "68", "6868", "681A1A", "1016", "681A1A6853FF", "7EA0"};

    for (size_t i = 0; i < sizeof front / sizeof front[0]; i++) {
        uint8_t memory[128];
        struct wp_writer w = wp_writer(memory, sizeof memory);

        wp_put_slice(&w, rig_hex(front[i]));
        wp_put_slice(&w, rig_hex(SINGLE));
        wp_put_slice(&w, rig_hex(SINGLE));
        rig_expect_splits(front[i], &mbus_codec, wp_written(&w), 2);
    }
}
END_TEST

/* ---- several frames --------------------------------------------------------------------------------- */

/* An APDU cut as both makers do, and smaller, joined again. */
START_TEST(cut_and_joined_is_the_same)
{
    static const size_t sizes[] = {100, MBUS_DATA_USUAL, MBUS_DATA_WRAPPED, 255};
    uint8_t apdu[1200];

    for (size_t i = 0; i < sizeof apdu; i++)
        apdu[i] = (uint8_t)(i * 7 + 3);
    for (size_t k = 0; k < 4; k++) {
        for (size_t n = 0; n <= sizeof apdu; n += 50) {
            struct mbus_split split = {.data_max = sizes[k]};
            uint8_t wire[MBUS_FRAME_MAX], memory[sizeof apdu];
            struct wp_writer w = wp_writer(wire, sizeof wire);
            struct wp_slice out = {NULL, 0};
            enum wp_status status = WP_MORE;
            enum wp_fault fault;
            struct mbus_join join;

            split.frame =
                (struct mbus_frame){.c = MBUS_SND_UD, .a = MBUS_BROADCAST, .stsap = 1, .dtsap = 103};
            split.frame.payload = wp_slice(apdu, n);
            mbus_join_init(&join, memory, sizeof memory);
            for (; mbus_split_next(&split, &w); w.n = 0) {
                struct mbus_frame f;

                ck_assert_int_eq(status, WP_MORE);
                ck_assert_int_eq(mbus_decode(wp_written(&w), &f).status, WP_OK);
                status = mbus_join_add(&join, &f, &out, &fault);
            }
            ck_assert_int_eq(status, WP_OK);
            ck_assert(wp_slice_eq(out, wp_slice(apdu, n)));
        }
    }
}
END_TEST

struct join_rig {
    struct mbus_join join;
    uint8_t memory[8];
    struct wp_slice out;
    enum wp_fault fault;
};

static enum wp_status add(struct join_rig *r, uint8_t ci, uint8_t dtsap, const char *digits)
{
    struct mbus_frame f = {.kind = MBUS_IS_LONG, .ci = ci, .dtsap = dtsap, .payload = rig_hex(digits)};

    return mbus_join_add(&r->join, &f, &r->out, &r->fault);
}

START_TEST(numbers_rise_by_one)
{
    struct join_rig r = {0};

    mbus_join_init(&r.join, r.memory, sizeof r.memory);
    ck_assert_int_eq(add(&r, 0x00, 103, "DB01"), WP_MORE);
    ck_assert_int_eq(add(&r, 0x12, 103, "03"), WP_BAD);
    ck_assert_int_eq(r.fault, WP_FAULT_MBUS_SEQUENCE);
    ck_assert_int_eq(add(&r, 0x11, 103, "02"), WP_BAD); /* what it continues is gone */
    ck_assert_int_eq(add(&r, 0x00, 103, "DB01"), WP_MORE);
    ck_assert_int_eq(add(&r, 0x00, 103, "DB02"), WP_MORE); /* begins anew */
    ck_assert_int_eq(add(&r, 0x11, 102, "03"), WP_BAD);    /* of somebody else */
    ck_assert_uint_eq(r.join.dropped, 3);
    add(&r, 0x00, 103, "DB02");
    ck_assert_int_eq(add(&r, 0x11, 103, "03"), WP_OK);
    ck_assert(wp_slice_eq(r.out, rig_hex("DB0203")));
}
END_TEST

START_TEST(a_payload_is_bounded_by_its_memory)
{
    struct join_rig r = {0};

    mbus_join_init(&r.join, r.memory, sizeof r.memory);
    add(&r, 0x00, 103, "DB01020304050607");
    ck_assert_int_eq(add(&r, 0x11, 103, "08"), WP_BAD);
    ck_assert_int_eq(r.fault, WP_FAULT_TOO_LARGE);
    ck_assert_int_eq(add(&r, 0x10, 103, "DB0102030405060708"), WP_OK); /* alone it is borrowed */
    for (uint8_t i = 0; i < MBUS_SEGMENTS_MAX; i++)
        ck_assert_int_eq(add(&r, i, 103, ""), WP_MORE);
    ck_assert_int_eq(add(&r, 0x10, 103, "DB"), WP_OK); /* there is no seventeenth */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mbus");
    TCase *t = tcase_create("mbus");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, published_frames_are_read_and_faults_named);
    tcase_add_test(t, published_frames_are_sent_as_they_came);
    tcase_add_test(t, every_prefix_says_more);
    tcase_add_test(t, a_length_below_five_stands_for_256_more);
    tcase_add_test(t, short_frames_and_acknowledges_stand_between);
    tcase_add_test(t, other_protocols_with_68_are_no_m_bus);
    tcase_add_test(t, every_changed_byte_is_seen_and_repaired);
    tcase_add_test(t, the_search_goes_on_at_the_next_start);
    tcase_add_test(t, cut_and_joined_is_the_same);
    tcase_add_test(t, numbers_rise_by_one);
    tcase_add_test(t, a_payload_is_bounded_by_its_memory);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
