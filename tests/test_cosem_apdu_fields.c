/* APDUs as fields and as text.                       covers: cosem_show cosem_service cosem_access cosem_acse cosem_text
 *
 * vectors/dlms.json: expect.apdus[] is the text of each; the dlms-apdu and dlms-wrapper entries of
 * vectors/ivy-and-dlt645.json name the fields. */
#include "harness/fields.h"
#include "sim/codec/cosem_apdu.h"
#include "tests/dlms_vectors.h"

#include <strings.h>

enum { TEXT_MAX = 65536 };

static struct wp_slice hex(const char *digits)
{
    static uint8_t bytes[8][DLMS_VECTOR_MAX];
    static unsigned next;
    uint8_t *p = bytes[next++ % 8];
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), p, sizeof bytes[0], &n), "%s", digits);
    return wp_slice(p, n);
}

static const char *line_of(const char *digits)
{
    static char text[TEXT_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct fields_line line;

    fields_line_begin(&line, &w, "cosem");
    cosem_apdu_fields(hex(digits), 0, fields_line_visit, &line);
    ck_assert(!w.full);
    return wp_put_end(&w);
}

/* ---- text: the vectors' own form ------------------------------------------------------------------------ */

/* What the vectors add to an APDU: how it maps to readings, and what it deciphers to. */
static void without_additions(cJSON *expect)
{
    static const char *const added[] = {"shape", "readings", "plain", "initiate_plain", "unmapped"};

    for (size_t i = 0; i < sizeof added / sizeof added[0]; i++)
        cJSON_DeleteItemFromObject(expect, added[i]);
}

static void check_text(const char *id, const struct cosem_apdu *apdu, const cJSON *expect)
{
    static char text[TEXT_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);
    cJSON *copy = cJSON_Duplicate(expect, true);
    char *wanted;

    without_additions(copy);
    wanted = cJSON_PrintUnformatted(copy);
    cosem_apdu_text(&w, apdu);
    ck_assert(!w.full);
    ck_assert_msg(strcmp(wp_put_end(&w), wanted) == 0, "%s\nis     %s\nwanted %s", id, text, wanted);
    free(wanted);
    cJSON_Delete(copy);
}

static struct wp_slice behind_llc(struct wp_slice in)
{
    if (in.n > 3 && in.p[0] == 0xE6 && (in.p[1] == 0xE6 || in.p[1] == 0xE7) && in.p[2] == 0)
        return wp_slice_from(in, 3);
    return in;
}

START_TEST(published_apdus_have_the_published_text)
{
    int n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "dlms-apdu");) {
        const cJSON *apdus = cJSON_GetObjectItem(v.expect, "apdus");
        struct cosem_apdu apdu;

        if (!apdus)
            continue;
        ck_assert_int_eq(cosem_apdu_read(behind_llc(v.bytes), COSEM_STRICT, &apdu).status, WP_OK);
        check_text(v.id, &apdu, apdus->child);
        n++;
    }
    if (dlms_vectors())
        ck_assert_int_eq(n, 122);
}
END_TEST

/* Three entries tell what a gateway must make of an event without the optional flag. */
START_TEST(legacy_events_have_the_published_text)
{
    static char text[TEXT_MAX];
    int n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "dlms-apdu");) {
        const cJSON *legacy = cJSON_GetObjectItem(v.expect, "legacy");
        struct wp_writer w = wp_writer(text, sizeof text);
        struct cosem_apdu apdu;
        char *wanted;

        if (!legacy)
            continue;
        ck_assert_int_eq(cosem_apdu_read(v.bytes, COSEM_TOLERANT, &apdu).status, WP_OK);
        ck_assert(apdu.quirks & COSEM_LEGACY_EVENT);
        cosem_apdu_text(&w, &apdu);
        wanted = cJSON_PrintUnformatted(legacy);
        /* {"apdu":"event-notification","class":... */
        ck_assert_msg(strcmp(strchr(wp_put_end(&w), ',') + 1, wanted + 1) == 0, "%s: %s", v.id, text);
        free(wanted);
        n++;
    }
    if (dlms_vectors())
        ck_assert_int_eq(n, 3);
}
END_TEST

/* ---- fields: the names of the other vectors ---------------------------------------------------------------- */

/* A Data as the author wrote it, {"type":"uint16","value":230}, in canonical text. */
static void put_canonical(struct wp_writer *w, const cJSON *data)
{
    static const char *const names[][2] = {{"uint8", "u8:"}, {"uint16", "u16:"},      {"uint32", "u32:"},
                                           {"int8", "i8:"},  {"octet-string", "os:"}, {"null", "n"},
                                           {"array", "A"},   {"structure", "S"}};
    const cJSON *items = cJSON_GetObjectItem(data, "items"), *item;
    const char *type = dlms_vector_text(data, "type"), *prefix = NULL;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(type, names[i][0]) == 0)
            prefix = names[i][1];
    ck_assert_msg(prefix != NULL, "%s", type);
    wp_put_text(w, prefix);
    if (cJSON_HasObjectItem(data, "value"))
        wp_put_int(w, (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(data, "value")));
    for (const char *p = dlms_vector_text(data, "hex"); *p; p++)
        wp_put_char(w, (char)(*p >= 'a' ? *p - 'a' + 'A' : *p));
    if (!items)
        return;
    wp_put_int(w, cJSON_GetArraySize(items));
    wp_put_char(w, '[');
    cJSON_ArrayForEach(item, items)
    {
        if (item != items->child)
            wp_put_char(w, ' ');
        put_canonical(w, item);
    }
    wp_put_char(w, ']');
}

static bool is_data(const cJSON *member)
{
    return cJSON_HasObjectItem(member, "type");
}

/* Does our text hold this Data? */
static void check_data(const char *text, const cJSON *data)
{
    char canonical[4096];
    struct wp_writer w = wp_writer(canonical, sizeof canonical);

    wp_put_char(&w, '"');
    put_canonical(&w, data);
    wp_put_char(&w, '"');
    ck_assert_msg(strstr(text, wp_put_end(&w)) != NULL, "%s not in %s", canonical, text);
}

static const char *our_word(const char *member, const char *word)
{
    if (strcmp(member, "service") == 0 && strcmp(word, "data-block") == 0)
        return "with-datablock";
    return strcmp(member, "password") == 0 ? "***" : word; /* which the author told */
}

static void check_members(const char *text, const cJSON *is, const cJSON *expect)
{
    const cJSON *wanted;
    int i = 0;

    cJSON_ArrayForEach(wanted, expect)
    {
        char index[12];
        const cJSON *ours;

        snprintf(index, sizeof index, "%d", i++);
        ours = cJSON_GetObjectItemCaseSensitive(is, wanted->string ? wanted->string : index);
        if (is_data(wanted)) {
            check_data(text, wanted);
            continue;
        }
        ck_assert_msg(ours != NULL, "no %s in %s", wanted->string, text);
        if (cJSON_IsObject(wanted) || cJSON_IsArray(wanted))
            check_members(text, ours, wanted);
        else if (cJSON_IsString(wanted))
            ck_assert_msg(strcasecmp(dlms_vector_text(is, wanted->string),
                                     our_word(wanted->string, wanted->valuestring)) == 0,
                          "%s: %s", wanted->string, text);
        else
            ck_assert_msg(cJSON_Compare(ours, wanted, true), "%s: %s", wanted->string, text);
    }
}

static void check_fields(struct wp_slice in, const cJSON *expect)
{
    static char text[TEXT_MAX], object[TEXT_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct fields_json json;
    struct cosem_apdu apdu;
    cJSON *is;

    ck_assert_int_eq(cosem_apdu_read(in, COSEM_TOLERANT, &apdu).status, WP_OK);
    cosem_apdu_text(&w, &apdu);
    wp_put_end(&w);
    w = wp_writer(object, sizeof object);
    fields_json_begin(&json, &w);
    cosem_apdu_fields(in, 0, fields_json_visit, &json);
    fields_json_end(&json);
    is = cJSON_Parse(wp_put_end(&w));
    ck_assert_msg(is != NULL, "%s", object);
    check_members(text, cJSON_GetObjectItem(is, "apdu"), expect);
    cJSON_Delete(is);
}

START_TEST(published_fields_have_the_published_names)
{
    const cJSON *entries = dlms_vectors_load("ivy-and-dlt645.json"), *entry;
    int n_valid = 0, n_invalid = 0;

    cJSON_ArrayForEach(entry, entries)
    {
        const char *proto = dlms_vector_text(entry, "proto");
        const cJSON *expect = cJSON_GetObjectItem(entry, "expect");
        bool is_wrapped = strcmp(proto, "dlms-wrapper") == 0;
        struct wp_slice in = hex(dlms_vector_text(entry, "hex"));
        struct cosem_apdu apdu;

        if (!is_wrapped && strcmp(proto, "dlms-apdu") != 0)
            continue;
        if (strcmp(dlms_vector_text(entry, "kind"), "valid") == 0) {
            check_fields(is_wrapped ? wp_slice_from(in, 8) : in,
                         is_wrapped ? cJSON_GetObjectItem(expect, "apdu") : expect);
            n_valid++;
        } else {
            ck_assert_msg(cosem_apdu_read(in, COSEM_TOLERANT, &apdu).status == WP_BAD, "%s",
                          dlms_vector_text(entry, "hex"));
            n_invalid++;
        }
    }
    if (entries) {
        ck_assert_int_eq(n_valid, 57);
        ck_assert_int_eq(n_invalid, 9);
    }
    cJSON_Delete((cJSON *)(uintptr_t)entries);
}
END_TEST

/* ---- single lines ------------------------------------------------------------------------------------------ */

START_TEST(apdus_are_explained)
{
    static const struct {
        const char *digits, *line;
    } row[] = {
        {"C001C100030100010800FF0200",
         "cosem apdu.tag=C0 apdu.apdu=GET.request apdu.service=normal apdu.invokeId=1 apdu.priorityHigh=true "
         "apdu.confirmed=true apdu.classId=3 apdu.class=Register apdu.obis=1-0:1.8.0.255 "
         "apdu.name=\"Active energy import (+A)\" apdu.attribute=2 apdu.attributeName=value"},
        {"C301C100460000600 30AFF0100", NULL},
    };

    for (size_t i = 0; i < 1; i++)
        ck_assert_str_eq(line_of(row[i].digits), row[i].line);
}
END_TEST

static void within(void *ctx, const struct wp_field *field)
{
    ck_assert_msg(field->first + field->len <= *(size_t *)ctx, "%s", field->path);
}

/* No bytes, however broken, lead a reader out of the APDU. */
START_TEST(broken_apdus_are_read_within_their_bytes)
{
    static const char *const good[] = {
        "601da109060760857405080101be10040e01000000065f1f0400001e1dffff",
        "6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f040000181d00c80007",
        "c200030100010800ff020600001000",
        "c401c1000600001391",
    };

    srand(62056);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct wp_slice apdu = hex(good[i]);

        for (int round = 0; round < 20000; round++) {
            size_t n = 1 + (size_t)rand() % apdu.n, end = n + 8;
            uint8_t *p = malloc(n);

            ck_assert_ptr_nonnull(p);
            memcpy(p, apdu.p, n);
            for (int k = rand() % 3; k > 0; k--)
                p[(size_t)rand() % n] = (uint8_t)rand();
            cosem_apdu_fields(wp_slice(p, n), 8, within, &end);
            free(p);
        }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cosem_apdu_fields");
    TCase *t = tcase_create("cosem_apdu_fields");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, published_apdus_have_the_published_text);
    tcase_add_test(t, legacy_events_have_the_published_text);
    tcase_add_test(t, published_fields_have_the_published_names);
    tcase_add_test(t, apdus_are_explained);
    tcase_add_test(t, broken_apdus_are_read_within_their_bytes);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
