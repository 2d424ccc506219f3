/* The DLMS/COSEM wrapper. Bytes and meanings are those of vectors/dlms.json and vectors/ivy-and-dlt645.json. */
#include "sim/codec/wrapper.h"
#include "tests/dlms_transport_rig.h"

/* The public client asks for its release. */
static const char RELEASE[] = "0001001000010005 6203800100";

START_TEST(published_wrappers_are_read)
{
    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "dlms-wrapper");) {
        const cJSON *wrappers = cJSON_GetObjectItemCaseSensitive(v.expect, "wrappers");
        size_t at = 0;
        int n = 0;

        if (!v.is_valid)
            continue;
        for (; at < v.bytes.n; n++) {
            struct wrapper_frame f;
            struct wp_decode d = wrapper_decode(wp_slice_from(v.bytes, at), &f);
            uint8_t memory[DLMS_VECTOR_MAX];
            struct wp_writer w = wp_writer(memory, sizeof memory);

            ck_assert_msg(d.status == WP_OK, "%s", v.id);
            rig_expect_fields(v.id, &wrapper_codec, &f, cJSON_GetArrayItem(wrappers, n));
            wrapper_encode(&w, &f);
            ck_assert(wp_slice_eq(wp_written(&w), wp_slice(v.bytes.p + at, d.used)));
            at += d.used;
        }
        ck_assert_int_eq(n, cJSON_GetArraySize(wrappers));
        rig_expect_splits(v.id, &wrapper_codec, v.bytes, (size_t)n);
    }
}
END_TEST

/* Those that the header alone decides; of the others the APDU is none. */
START_TEST(published_faults_are_named)
{
    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "dlms-wrapper");) {
        struct wrapper_frame f;
        struct wp_decode d = wrapper_decode(v.bytes, &f);
        const char *fault = d.status == WP_MORE ? "truncated" : wp_fault_text(d.fault);

        if (v.is_valid || strcmp(v.error, "apdu-tag") == 0)
            continue;
        if (d.status == WP_OK)
            ck_assert_msg(f.payload.n == 0 && strcmp(v.error, "truncated") == 0, "%s", v.id);
        else
            ck_assert_msg(strcmp(fault, v.error) == 0, "%s: %s", v.id, fault);
    }
}
END_TEST

/* The other file's, whose members say the header in other words. */
START_TEST(wrappers_of_the_other_vectors_are_read)
{
    const cJSON *entries = dlms_vectors_load("ivy-and-dlt645.json"), *entry;

    cJSON_ArrayForEach(entry, entries)
    {
        static uint8_t bytes[DLMS_VECTOR_MAX];
        const cJSON *expect = cJSON_GetObjectItemCaseSensitive(entry, "expect");
        struct wrapper_frame f;
        struct wp_decode d;
        size_t n;

        if (strcmp(dlms_vector_text(entry, "proto"), "dlms-wrapper") != 0)
            continue;
        n = dlms_vector_hex(entry, "hex", bytes, sizeof bytes);
        d = wrapper_decode(wp_slice(bytes, n), &f);
        ck_assert(d.status == WP_OK && d.used == n);
        ck_assert_int_eq(f.source, cJSON_GetObjectItem(expect, "source")->valueint);
        ck_assert_int_eq(f.destination, cJSON_GetObjectItem(expect, "destination")->valueint);
        ck_assert_int_eq((int)f.payload.n, cJSON_GetObjectItem(expect, "length")->valueint);
    }
    cJSON_Delete((cJSON *)entries);
}
END_TEST

START_TEST(every_prefix_says_more)
{
    struct wp_slice in = rig_hex(RELEASE);
    struct wrapper_frame f;

    for (size_t n = 0; n < in.n; n++) {
        struct wp_decode d = wrapper_decode(wp_slice(in.p, n), &f);

        ck_assert_msg(d.status == WP_MORE && d.need >= 1 && d.need <= in.n - n, "%zu", n);
        if (n >= WRAPPER_HEADER)
            ck_assert_uint_eq(d.need, in.n - n);
    }
}
END_TEST

/* Any port and the largest payload are read by the decoder; a stream of several protocols asks for more. */
START_TEST(what_a_stream_takes_for_a_wrapper)
{
    static const struct {
        const char *digits;
        enum wp_status any, stream;
    } header[] = {
        {"000100000006010300", WP_MORE, WP_BAD}, /* a request of Modbus TCP */
        {"000100000001000162", WP_OK, WP_OK},    /* source 0, as d0382 has it */
        {"0001000000010000", WP_OK, WP_BAD},     /* and nothing in it */
        {"0001020000010000", WP_OK, WP_BAD},     /* a wPort that nobody has */
        {"0001000100000000", WP_OK, WP_BAD},     /* to no station */
        {"00010001FFFF0000", WP_OK, WP_BAD},     {"0001007F01FF0000", WP_OK, WP_OK},
        {"00010001000AFFFF", WP_MORE, WP_MORE},  {"0002000100010000", WP_BAD, WP_BAD},
    };

    for (size_t i = 0; i < sizeof header / sizeof header[0]; i++) {
        struct wp_slice in = rig_hex(header[i].digits);
        struct wrapper_frame f;

        ck_assert_int_eq(wrapper_decode(in, &f).status, header[i].any);
        ck_assert_int_eq(wrapper_codec.decode(NULL, WP_SIDE_UNKNOWN, in, &f).status, header[i].stream);
    }
}
END_TEST

/* Only what reads as an APDU to its end says whose stream this is. */
START_TEST(the_apdu_tells_whose_stream_it_is)
{
    static const struct {
        const char *digits;
        enum wp_probe probe;
    } first[] = {
        {"00010010000100036201 00", WP_PROBE_MAYBE},   /* RLRQ, cut within */
        {"0001001000010005 6203800100", WP_PROBE_YES}, /* RLRQ */
        {"0001007000C20003 010210", WP_PROBE_MAYBE},   /* EtherNet/IP */
        {"00010070002C0000", WP_PROBE_NO},             /* the same */
        {"0001001000010005 62038001", WP_PROBE_MORE},
        {"00010001000100120A020C333131353031313134303730000000", WP_PROBE_NO}, /* d0397: no APDU */
    };

    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        ck_assert_msg(wrapper_codec.probe(rig_hex(first[i].digits)) == first[i].probe, "%s", first[i].digits);
}
END_TEST

START_TEST(the_search_goes_on_at_the_next_00_01)
{
    static const char *const front[] = {"FF", "00", "0000", "DEADBEEF", "0002", "00000001", "00010000"};

    for (size_t i = 0; i < sizeof front / sizeof front[0]; i++) {
        uint8_t memory[64];
        struct wp_writer w = wp_writer(memory, sizeof memory);

        wp_put_slice(&w, rig_hex(front[i]));
        wp_put_slice(&w, rig_hex(RELEASE));
        wp_put_slice(&w, rig_hex(RELEASE));
        rig_expect_splits(front[i], &wrapper_codec, wp_written(&w), 2);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("wrapper");
    TCase *t = tcase_create("wrapper");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, published_wrappers_are_read);
    tcase_add_test(t, published_faults_are_named);
    tcase_add_test(t, wrappers_of_the_other_vectors_are_read);
    tcase_add_test(t, every_prefix_says_more);
    tcase_add_test(t, what_a_stream_takes_for_a_wrapper);
    tcase_add_test(t, the_apdu_tells_whose_stream_it_is);
    tcase_add_test(t, the_search_goes_on_at_the_next_00_01);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
