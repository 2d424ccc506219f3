/* APDUs as fields and as text.                       covers: cosem_push_fields cosem_show cosem_service cosem_access cosem_acse cosem_text
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
        {"C301030046000060030AFF0100",
         "cosem apdu.tag=C3 apdu.apdu=ACTION.request apdu.service=normal apdu.invokeId=3 "
         "apdu.priorityHigh=false apdu.confirmed=false apdu.classId=70 apdu.class=\"Disconnect control\" "
         "apdu.obis=0-0:96.3.10.255 apdu.name=\"Disconnect control\" apdu.method=1 "
         "apdu.methodName=remote_disconnect"},
        {"C403C1020006000013910104",
         "cosem apdu.tag=C4 apdu.apdu=GET.response apdu.service=with-list apdu.invokeId=1 "
         "apdu.priorityHigh=true apdu.confirmed=true apdu.results.0.data.double-long-unsigned=5009 "
         "apdu.results.1.error=4 apdu.results.1.errorName=object-undefined"},
        {"C503010000000002",
         "cosem apdu.tag=C5 apdu.apdu=SET.response apdu.service=last-datablock apdu.invokeId=1 "
         "apdu.priorityHigh=false apdu.confirmed=false apdu.result=0 apdu.resultName=success apdu.block=2"},
        {"C7010263 010163",
         "cosem apdu.tag=C7 apdu.apdu=ACTION.response apdu.service=normal apdu.invokeId=2 "
         "apdu.priorityHigh=false apdu.confirmed=false apdu.result=99 apdu.resultName=unknown(99) "
         "apdu.error=99 apdu.errorName=unknown(99)"},
        {"0F40000000090C07E1090E04131F02FF80000002010600000398",
         "cosem apdu.tag=0F apdu.apdu=DataNotification apdu.longInvokeId=0 apdu.priorityHigh=false "
         "apdu.confirmed=true apdu.breakOnError=false apdu.selfDescriptive=false "
         "apdu.dateTime=2017-09-14T19:31:02 apdu.clockStatus=0 apdu.quirk=tagged-date-time "
         "apdu.data.structure=1 apdu.data.0.double-long-unsigned=920 apdu.shape=positional-kaifa "
         "apdu.table=kaifa-1 "
         "apdu.readings.0.obis=1-0:1.7.0.255 apdu.readings.0.name=\"Active power import (+P)\" "
         "apdu.readings.0.value=920 apdu.readings.0.unit=W"},
        {"C20003060100200700FF021200E6",
         "cosem apdu.tag=C2 apdu.apdu=EventNotification apdu.layout=upstream-length-byte apdu.classId=3 "
         "apdu.class=Register apdu.obis=1-0:32.7.0.255 apdu.name=\"Voltage L1\" apdu.attribute=2 "
         "apdu.attributeName=value apdu.data.long-unsigned=230"},
        {"E0C500020001020102",
         "cosem apdu.tag=E0 apdu.apdu=general-block-transfer apdu.lastBlock=true apdu.streaming=true "
         "apdu.window=5 apdu.block=2 apdu.acknowledged=1 apdu.raw=0102"},
        {"D8020600000123",
         "cosem apdu.tag=D8 apdu.apdu=ExceptionResponse apdu.stateError=2 apdu.stateName=service-unknown "
         "apdu.serviceError=6 apdu.serviceName=invocation-counter-error apdu.invocationCounter=291"},
        {"0502 02FA00 040C08011101",
         "cosem apdu.tag=05 apdu.apdu=Read.request apdu.list.0.shortName=FA00 apdu.list.1.shortName=0C08 "
         "apdu.list.1.selector=1 apdu.list.1.selection.unsigned=1"},
        {"E60102AABBC401050104",
         "cosem apdu.tag=E6 apdu.apdu=gateway-request apdu.network=1 apdu.address=AABB apdu.routed.tag=C4 "
         "apdu.routed.apdu=GET.response apdu.routed.service=normal apdu.routed.invokeId=5 "
         "apdu.routed.priorityHigh=false apdu.routed.confirmed=false apdu.routed.error=4 "
         "apdu.routed.errorName=object-undefined"},
        {"C1010203",
         "cosem apdu.tag=C1 apdu.apdu=SET.request apdu.payload=010203 apdu.fault=truncated apdu.faultAt=4"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_str_eq(line_of(row[i].digits), row[i].line);
}
END_TEST

struct secrets {
    int n;
    size_t first, len;
};

static void find_secret(void *ctx, const struct wp_field *field)
{
    struct secrets *s = ctx;

    if (field->role != WP_ROLE_SECRET)
        return;
    s->n++;
    s->first = field->first;
    s->len = field->len;
    ck_assert_msg(wp_slice_is(field->value.bytes, "***"), "%s", field->path);
}

/* Passwords, challenges and keys: where they stand is told, what they are in no field. */
START_TEST(secrets_are_never_said)
{
    static const struct {
        const char *digits;
        size_t first, len;
    } row[] = {
        {"6036A1090607608574050801018A0207808B0760857405080201AC0A80083132333435363738BE10040E01000000065F1F0"
         "400"
         "007E1F04B0",
         30, 8},
        {"01 0108 3132333435363738 0000065F1F0400007E1F04B0", 3, 8},       /* a dedicated key */
        {"C101C1000F0000280000FF070009083132333435363738", 13, 10},        /* the password is set */
        {"C301C1000F0000280000FF020109083132333435363738", 13, 10},        /* change_HLS_secret */
        {"C102C1000F0000280000FF0700FF00000001083132333435363738", 19, 8}, /* the same in blocks */
        {"C104C101000F0000280000FF0700010A083132333435363738", 15, 10},
        {"6005A1313233343536", 1, 8}, /* an association that does not read */
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct secrets s = {0};

        ck_assert_msg(!strstr(line_of(row[i].digits), "31323334"), "%s", line_of(row[i].digits));
        cosem_apdu_fields(hex(row[i].digits), 0, find_secret, &s);
        ck_assert_msg(s.n == 1 && s.first == row[i].first && s.len == row[i].len, "%s: %d at %zu, %zu",
                      row[i].digits, s.n, s.first, s.len);
    }
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
    tcase_add_test(t, secrets_are_never_said);
    tcase_add_test(t, broken_apdus_are_read_within_their_bytes);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
