/* Every DL/T 645 and IVY entry of the published vectors, field for field.     covers: catalog
 *
 * vectors/ivy-and-dlt645.json: frames that others recorded, printed or built, with what they mean. */
#include "harness/fields.h"
#include "harness/frames.h"
#include "sim/catalog.h"
#include "sim/codec/dlt645.h"
#include "sim/codec/ivy.h"
#include "sim/codec/wrapper.h"

#include <cjson/cJSON.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { INPUT_MAX = 8192, TEXT_MAX = 32768 };

static const char *testdata(void)
{
    const char *folder = getenv("WATTPROOF_TESTDATA");

    return folder ? folder : "../shared";
}

/* The parsed file; NULL, and a line that says so, when it is not there. */
static cJSON *load(void)
{
    char path[1024];
    FILE *in;
    char *text;
    long n;
    cJSON *entries;

    snprintf(path, sizeof path, "%s/vectors/ivy-and-dlt645.json", testdata());
    in = fopen(path, "rb");
    if (!in) {
        printf("skipped: no test data at %s\n", path);
        return NULL;
    }
    fseek(in, 0, SEEK_END);
    n = ftell(in);
    rewind(in);
    text = malloc((size_t)n);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(fread(text, 1, (size_t)n, in), (size_t)n);
    fclose(in);
    entries = cJSON_ParseWithLength(text, (size_t)n);
    free(text);
    ck_assert_msg(cJSON_IsArray(entries), "%s is no JSON array", path);
    return entries;
}

static const char *text_of(const cJSON *entry, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, key));
}

/* The codec of the entry's kind, NULL when the entry is another codec's. */
static const struct wp_codec *codec_of(const cJSON *entry)
{
    const char *proto = text_of(entry, "proto");

    if (strcmp(proto, "dlt645") == 0)
        return wp_codec_find("dlt645");
    if (strcmp(proto, "ivy-heartbeat") == 0 || strcmp(proto, "ivy-wrapper") == 0)
        return wp_codec_find("ivy");
    return NULL;
}

/* ---- comparison --------------------------------------------------------------------------------------- */

/* What is wrong with `is`; "" when it is as expected. Hex digits match in either case. */
static const char *difference(const cJSON *is, const cJSON *expect);

static const char *array_difference(const cJSON *is, const cJSON *expect)
{
    if (!cJSON_IsArray(is) || cJSON_GetArraySize(is) != cJSON_GetArraySize(expect))
        return "another number of elements";
    for (int i = 0; i < cJSON_GetArraySize(expect); i++) {
        const char *why = difference(cJSON_GetArrayItem(is, i), cJSON_GetArrayItem(expect, i));

        if (*why)
            return why;
    }
    return "";
}

/* {"type":"uint16","value":230} of the author is {"long-unsigned":230} of ours, by the standard's name. */
static const char *data_difference(const cJSON *is, const cJSON *expect)
{
    static const char *const names[][2] = {{"uint16", "long-unsigned"}, {"uint32", "double-long-unsigned"}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text_of(expect, "type"), names[i][0]) == 0)
            return difference(cJSON_GetObjectItem(is, names[i][1]), cJSON_GetObjectItem(expect, "value"));
    return "type";
}

static const char *object_difference(const cJSON *is, const cJSON *expect)
{
    const cJSON *member;

    if (!cJSON_IsObject(is))
        return "no object";
    if (cJSON_HasObjectItem(expect, "type") && cJSON_HasObjectItem(expect, "value"))
        return data_difference(is, expect);
    cJSON_ArrayForEach(member, expect)
    {
        const cJSON *ours = cJSON_GetObjectItemCaseSensitive(is, member->string);

        if (!ours || *difference(ours, member))
            return member->string;
    }
    return "";
}

static const char *difference(const cJSON *is, const cJSON *expect)
{
    if (cJSON_IsObject(expect))
        return object_difference(is, expect);
    if (cJSON_IsArray(expect))
        return array_difference(is, expect);
    if (cJSON_IsString(expect))
        return cJSON_IsString(is) && strcasecmp(is->valuestring, expect->valuestring) == 0 ? "" : "text";
    return cJSON_Compare(is, expect, true) ? "" : "value";
}

/* What our table knows and the author's did not; nothing else may be there that is not expected. */
static bool may_be_more(const cJSON *expect, const char *name)
{
    static const char *const always[] = {"when"}; /* the moment in a freeze command */
    static const char *const of_apdu[] = {"apdu",        "priorityHigh", "confirmed",
                                          "dlmsVersion", "unusedBits",   "services",
                                          "class",       "name",         "attributeName"};
    static const char *const of_register[] = {"quantity",         "unit", "value", "values", "text", "note",
                                              "data_len_mismatch"};

    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        if (strcmp(name, always[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof of_apdu / sizeof of_apdu[0]; i++)
        if (strcmp(name, of_apdu[i]) == 0)
            return cJSON_HasObjectItem(expect, "tag");
    for (size_t i = 0; i < sizeof of_register / sizeof of_register[0]; i++)
        if (strcmp(name, of_register[i]) == 0)
            return !cJSON_HasObjectItem(expect, "quantity");
    return false;
}

static void expect_nothing_more(int number, const cJSON *is, const cJSON *expect)
{
    const cJSON *member;

    cJSON_ArrayForEach(member, is)
    {
        const cJSON *wanted = cJSON_GetObjectItemCaseSensitive(expect, member->string);

        ck_assert_msg(wanted || may_be_more(expect, member->string), "entry %d: unexpected member %s", number,
                      member->string);
        if (cJSON_IsObject(member) && wanted && !cJSON_HasObjectItem(wanted, "type"))
            expect_nothing_more(number, member, wanted);
    }
}

/* ---- one entry ------------------------------------------------------------------------------------------ */

struct entry {
    int number;
    const struct wp_codec *codec;
    struct wp_slice in;
    const char *error; /* of the last gap */
    unsigned n_frames;
    size_t skipped;
    char text[TEXT_MAX];
    struct wp_writer w;
    struct fields_json json;
};

static void put_member(struct entry *e, const char *name, struct wp_value value)
{
    struct wp_field field = {.path = name, .value = value, .unit = ""};

    fields_json_visit(&e->json, &field);
}

/* The first frame as an object; a second one would be a finding. */
static void read_part(void *ctx, const struct frames_part *part)
{
    struct entry *e = ctx;

    if (part->kind == FRAMES_GAP) {
        e->error = frames_gap_text(part);
        if (e->n_frames)
            put_member(e, "trailing", wp_bytes_value(wp_slice(e->in.p + part->at, part->n)));
        else
            e->skipped = part->n;
        return;
    }
    ck_assert_uint_eq(e->n_frames++, 0);
    fields_json_begin(&e->json, &e->w);
    if (e->skipped)
        put_member(e, "skipped", wp_int((int64_t)e->skipped));
    e->codec->fields(part->frame, fields_json_visit, &e->json);
}

static void check_valid(struct entry *e, const cJSON *expect)
{
    cJSON *is;
    const char *why;

    ck_assert_msg(e->n_frames == 1, "entry %d: no frame, %s", e->number, e->error);
    fields_json_end(&e->json);
    is = cJSON_Parse(wp_put_end(&e->w));
    ck_assert_msg(is != NULL, "entry %d: no JSON: %s", e->number, e->text);
    why = object_difference(is, expect);
    ck_assert_msg(!*why, "entry %d: %s differs in %s", e->number, why, e->text);
    expect_nothing_more(e->number, is, expect);
    cJSON_Delete(is);
}

static void check_entry(int number, const cJSON *entry)
{
    static struct entry e;
    static uint8_t bytes[INPUT_MAX];
    const cJSON *expect = cJSON_GetObjectItemCaseSensitive(entry, "expect");
    size_t n;

    ck_assert(wp_hex_read(wp_text(text_of(entry, "hex")), bytes, sizeof bytes, &n));
    e = (struct entry){.number = number, .codec = codec_of(entry), .in = wp_slice(bytes, n)};
    e.w = wp_writer(e.text, sizeof e.text);
    frames_walk(e.codec, WP_SIDE_UNKNOWN, e.in, read_part, &e);
    if (strcmp(text_of(entry, "kind"), "valid") == 0) {
        check_valid(&e, expect);
        return;
    }
    ck_assert_msg(e.n_frames == 0, "entry %d: a frame in a bad input", number);
    ck_assert_msg(strcmp(e.error, text_of(expect, "error")) == 0, "entry %d: %s, expected %s", number,
                  e.error, text_of(expect, "error"));
}

START_TEST(every_entry_is_read_field_for_field)
{
    cJSON *entries = load(), *entry;
    int number = 0, n_dlt645 = 0, n_ivy = 0;

    cJSON_ArrayForEach(entry, entries)
    {
        const struct wp_codec *codec = codec_of(entry);

        if (codec) {
            check_entry(number, entry);
            n_dlt645 += codec == &dlt645_codec;
            n_ivy += codec == &ivy_codec;
        }
        number++;
    }
    if (entries) {
        ck_assert_int_eq(n_dlt645, 175);
        ck_assert_int_eq(n_ivy, 21);
    }
    cJSON_Delete(entries);
}
END_TEST

/* ---- and back again --------------------------------------------------------------------------------- */

static void encode_again(struct wp_slice in, const struct wp_codec *codec, struct wp_writer *w)
{
    static struct dlt645_frame meter;
    static struct ivy_frame ivy;

    if (codec == &dlt645_codec) {
        ck_assert_int_eq(dlt645_decode(in, &meter).status, WP_OK);
        dlt645_encode(w, &meter);
        return;
    }
    ck_assert_int_eq(ivy_decode(in, &ivy).status, WP_OK);
    if (ivy.kind == IVY_SESSION && ivy_crc_ok(&ivy.session))
        ivy_encode_session(w, ivy.source, ivy.destination, &ivy.session);
    else
        ivy_encode(w, ivy.source, ivy.destination, ivy.payload);
}

/* What others sent is what we would send: an encoder that is wrong the same way as the decoder fails here. */
START_TEST(every_good_frame_is_encoded_to_its_own_bytes)
{
    cJSON *entries = load(), *entry;

    cJSON_ArrayForEach(entry, entries)
    {
        uint8_t bytes[INPUT_MAX], again[INPUT_MAX];
        struct wp_writer w = wp_writer(again, sizeof again);
        size_t n;

        if (!codec_of(entry) || strcmp(text_of(entry, "kind"), "valid") != 0 ||
            cJSON_HasObjectItem(cJSON_GetObjectItem(entry, "expect"), "skipped"))
            continue;
        ck_assert(wp_hex_read(wp_text(text_of(entry, "hex")), bytes, sizeof bytes, &n));
        encode_again(wp_slice(bytes, n), codec_of(entry), &w);
        ck_assert_msg(memcmp(bytes, again, w.n) == 0, "%s", text_of(entry, "hex"));
    }
    cJSON_Delete(entries);
}
END_TEST

/* IVY reads what stands in its wrappers, but an APDU there belongs to who knows them all. */
static const struct wp_codec *owner_of(const cJSON *entry, struct wp_slice bytes)
{
    const struct wp_codec *wrapper = wp_codec_find("wrapper");

    if (codec_of(entry) == &ivy_codec && ivy_codec.probe(bytes) == WP_PROBE_MAYBE)
        return wrapper->probe(bytes) == WP_PROBE_YES ? wrapper : NULL;
    return codec_of(entry);
}

/* The bytes alone tell which codec they belong to. */
START_TEST(every_good_frame_is_claimed_by_its_codec_alone)
{
    cJSON *entries = load(), *entry;

    cJSON_ArrayForEach(entry, entries)
    {
        uint8_t bytes[INPUT_MAX];
        size_t n;

        if (!codec_of(entry) || strcmp(text_of(entry, "kind"), "valid") != 0 ||
            cJSON_HasObjectItem(cJSON_GetObjectItem(entry, "expect"), "skipped"))
            continue;
        ck_assert(wp_hex_read(wp_text(text_of(entry, "hex")), bytes, sizeof bytes, &n));
        for (size_t i = 0; i < wp_n_codecs; i++)
            ck_assert_msg((wp_codecs[i]->probe(wp_slice(bytes, n)) == WP_PROBE_YES) ==
                              (wp_codecs[i] == owner_of(entry, wp_slice(bytes, n))),
                          "%s: %s", wp_codecs[i]->name, text_of(entry, "hex"));
    }
    cJSON_Delete(entries);
}
END_TEST

/* Every beginning of a good frame says MORE, whoever made it. */
START_TEST(every_prefix_of_a_good_frame_says_more)
{
    cJSON *entries = load(), *entry;

    cJSON_ArrayForEach(entry, entries)
    {
        uint8_t bytes[INPUT_MAX];
        struct dlt645_frame meter;
        struct ivy_frame ivy;
        const cJSON *expect = cJSON_GetObjectItem(entry, "expect");
        bool is_ivy;
        size_t n;

        if (!codec_of(entry) || strcmp(text_of(entry, "kind"), "valid") != 0 ||
            cJSON_HasObjectItem(expect, "skipped") || cJSON_HasObjectItem(expect, "trailing"))
            continue;
        ck_assert(wp_hex_read(wp_text(text_of(entry, "hex")), bytes, sizeof bytes, &n));
        is_ivy = codec_of(entry) == &ivy_codec;
        for (size_t have = 0; have < n; have++) {
            struct wp_slice part = wp_slice(bytes, have);
            struct wp_decode d = is_ivy ? ivy_decode(part, &ivy) : dlt645_decode(part, &meter);

            ck_assert_msg(d.status == WP_MORE && d.need >= 1, "%s: %zu bytes", text_of(entry, "hex"), have);
        }
    }
    cJSON_Delete(entries);
}
END_TEST

/* No wrong bit in a recorded frame, between its first 68 and its 16, lets a frame through. */
START_TEST(no_wrong_bit_passes)
{
    cJSON *entries = load(), *entry;

    cJSON_ArrayForEach(entry, entries)
    {
        uint8_t bytes[INPUT_MAX];
        size_t n;

        if (codec_of(entry) != &dlt645_codec || strcmp(text_of(entry, "kind"), "valid") != 0)
            continue;
        ck_assert(wp_hex_read(wp_text(text_of(entry, "hex")), bytes, sizeof bytes, &n));
        for (size_t bit = 0; bit < n * 8; bit++) {
            size_t wakeup = 0;
            struct dlt645_frame f;

            while (bytes[wakeup] == DLT645_WAKEUP)
                wakeup++;
            if (bit < wakeup * 8)
                continue;
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            for (size_t at = 0; at < n; at++)
                ck_assert_msg(dlt645_decode(wp_slice(bytes + at, n - at), &f).status != WP_OK, "%s: bit %zu",
                              text_of(entry, "hex"), bit);
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    cJSON_Delete(entries);
}
END_TEST

START_TEST(the_catalog_finds_by_name)
{
    for (size_t i = 0; i < wp_n_codecs; i++)
        ck_assert_ptr_eq(wp_codec_find(wp_codecs[i]->name), wp_codecs[i]);
    ck_assert_ptr_null(wp_codec_find("dlt64"));
    ck_assert_ptr_null(wp_codec_find(""));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("published");
    TCase *t = tcase_create("vectors");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 120);
    tcase_add_test(t, every_entry_is_read_field_for_field);
    tcase_add_test(t, every_good_frame_is_encoded_to_its_own_bytes);
    tcase_add_test(t, every_good_frame_is_claimed_by_its_codec_alone);
    tcase_add_test(t, every_prefix_of_a_good_frame_says_more);
    tcase_add_test(t, no_wrong_bit_passes);
    tcase_add_test(t, the_catalog_finds_by_name);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
