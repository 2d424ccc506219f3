/* APDUs of DLMS/COSEM as they are read.
 * covers: cosem_form cosem_take cosem_get cosem_set cosem_action cosem_event cosem_initiate cosem_access cosem_variables
 * cosem_general cosem_name cosem_acse */
#include "sim/codec/cosem_apdu.h"
#include "sim/codec/cosem_name.h"
#include "sim/codec/hdlc.h"
#include "sim/codec/mbus.h"
#include "sim/codec/wrapper.h"
#include "tests/dlms_vectors.h"

static struct wp_slice hex(const char *digits)
{
    static uint8_t bytes[8][DLMS_VECTOR_MAX];
    static unsigned next;
    uint8_t *p = bytes[next++ % 8];
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), p, sizeof bytes[0], &n), "%s", digits);
    return wp_slice(p, n);
}

static struct cosem_apdu reads(const char *digits, unsigned tolerance)
{
    struct cosem_apdu apdu;
    struct wp_decode d = cosem_apdu_read(hex(digits), tolerance, &apdu);

    ck_assert_msg(d.status == WP_OK, "%s: %s at %zu", digits, wp_fault_text(d.fault), d.at);
    return apdu;
}

static void refused(const char *digits, unsigned tolerance, const char *fault, size_t at)
{
    struct cosem_apdu apdu;
    struct wp_decode d = cosem_apdu_read(hex(digits), tolerance, &apdu);

    ck_assert_msg(d.status == WP_BAD && strcmp(wp_fault_text(d.fault), fault) == 0 && d.at == at,
                  "%s: %s at %zu, not %s at %zu", digits,
                  d.status == WP_OK ? "reads" : wp_fault_text(d.fault), d.at, fault, at);
}

static struct wp_slice behind_llc(struct wp_slice in)
{
    if (in.n > 3 && in.p[0] == 0xE6 && (in.p[1] == 0xE6 || in.p[1] == 0xE7) && in.p[2] == 0)
        return wp_slice_from(in, 3);
    return in;
}

/* ---- the published ones --------------------------------------------------------------------------------- */

/* What only a key or a session can refuse: cosem_unit's tests have these. */
static bool is_of_cipher(const char *error)
{
    static const char *const by_key[] = {"auth-tag", "compressed", "system-title"};

    for (size_t i = 0; i < sizeof by_key / sizeof by_key[0]; i++)
        if (strcmp(error, by_key[i]) == 0)
            return true;
    return false;
}

/* Strict reading: what is valid reads to its end, what is not is refused for the stated reason. */
START_TEST(published_apdus_read_or_are_refused)
{
    int n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "dlms-apdu");) {
        struct cosem_apdu apdu;
        struct wp_decode d = cosem_apdu_read(behind_llc(v.bytes), COSEM_STRICT, &apdu);

        if (cJSON_HasObjectItem(v.expect, "gmac"))
            continue;
        n++;
        if (v.is_valid)
            ck_assert_msg(d.status == WP_OK, "%s: %s at %zu", v.id, wp_fault_text(d.fault), d.at);
        else if (d.status == WP_OK)
            ck_assert_msg(v.has_key || is_of_cipher(v.error), "%s reads", v.id);
        else
            ck_assert_msg(strcmp(wp_fault_text(d.fault), v.error) == 0, "%s: %s, not %s", v.id,
                          wp_fault_text(d.fault), v.error);
    }
    if (dlms_vectors())
        ck_assert_int_eq(n, 167);
}
END_TEST

/* As the front of a stream each beginning says MORE, and the whole tells its length with anything behind it. */
START_TEST(every_prefix_says_more)
{
    static uint8_t stream[DLMS_VECTOR_MAX + 1];

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "dlms-apdu");) {
        struct wp_slice in = behind_llc(v.bytes);
        struct cosem_apdu apdu;
        struct wp_decode d;

        if (!v.is_valid || cJSON_HasObjectItem(v.expect, "gmac"))
            continue;
        memcpy(stream, in.p, in.n);
        stream[in.n] = 0xC4;
        for (size_t n = 0; n < in.n; n++) {
            d = cosem_apdu_decode(wp_slice(stream, n), COSEM_STRICT, &apdu);
            ck_assert_msg(d.status == WP_MORE && d.need >= 1 && n + d.need <= in.n && d.used == 0,
                          "%s at %zu: %s", v.id, n, wp_fault_text(d.fault));
            d = cosem_apdu_read(wp_slice(stream, n), COSEM_STRICT, &apdu);
            ck_assert_msg(d.status == WP_BAD && d.used >= 1, "%s cut at %zu", v.id, n);
        }
        d = cosem_apdu_decode(wp_slice(stream, in.n + 1), COSEM_STRICT, &apdu);
        ck_assert_msg(d.status == WP_OK && d.used == in.n, "%s", v.id);
    }
}
END_TEST

/* The APDU of one frame of the transports; empty where several frames make it, or there is none. */
static struct wp_slice carried(const struct dlms_vector *v)
{
    static uint8_t joined[DLMS_VECTOR_MAX];
    struct wp_writer w = wp_writer(joined, sizeof joined);
    struct wp_slice in = v->bytes;
    struct hdlc_line line = {0};

    while (in.n > 0) {
        struct hdlc_frame hdlc;
        struct mbus_frame mbus;
        struct wrapper_frame wrapper;
        struct wp_decode d;

        if (strcmp(v->proto, "hdlc") == 0) {
            d = hdlc_decode(&line, in, &hdlc);
            if (d.status == WP_OK && hdlc_is_data(&hdlc))
                wp_put_slice(&w, hdlc.payload);
        } else if (strcmp(v->proto, "mbus") == 0) {
            d = mbus_decode(in, &mbus);
            if (d.status == WP_OK)
                wp_put_slice(&w, mbus.payload);
        } else {
            d = wrapper_decode(in, &wrapper);
            if (d.status == WP_OK)
                wp_put_slice(&w, wrapper.payload);
        }
        if (d.status != WP_OK)
            return wp_slice(NULL, 0);
        in = wp_slice_from(in, d.used);
    }
    return wp_written(&w);
}

/* {"apdu":"...", what stands in it, without what the vectors add: readings, and what deciphering gives. */
static void check_text(const char *id, const struct cosem_apdu *apdu, const cJSON *expect)
{
    static const char *const added[] = {"shape", "readings", "plain", "initiate_plain"};
    static char text[65536];
    struct wp_writer w = wp_writer(text, sizeof text);
    cJSON *copy = cJSON_Duplicate(expect, true);
    char *wanted;

    for (size_t i = 0; i < sizeof added / sizeof added[0]; i++)
        cJSON_DeleteItemFromObject(copy, added[i]);
    wanted = cJSON_PrintUnformatted(copy);
    cosem_apdu_text(&w, apdu);
    ck_assert_msg(strcmp(wp_put_end(&w), wanted) == 0, "%s\nis     %s\nwanted %s", id, text, wanted);
    free(wanted);
    cJSON_Delete(copy);
}

/* What HDLC, M-Bus and the wrapper deliver reads as published, one APDU behind the other. */
START_TEST(apdus_of_every_transport_read)
{
    int n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);) {
        const cJSON *expect = cJSON_GetObjectItem(v.expect, "apdus");
        struct wp_slice in;

        if (!v.is_valid || !expect || strcmp(v.proto, "dlms-apdu") == 0)
            continue;
        in = carried(&v);
        for (expect = expect->child; expect; expect = expect->next) {
            struct cosem_apdu apdu;
            struct wp_decode d = cosem_apdu_decode(in, COSEM_STRICT, &apdu);

            ck_assert_msg(d.status == WP_OK, "%s: %s at %zu", v.id, wp_fault_text(d.fault), d.at);
            check_text(v.id, &apdu, expect);
            in = wp_slice_from(in, d.used);
            n++;
        }
        ck_assert_msg(in.n == 0, "%s: %zu octets more", v.id, in.n);
    }
    if (dlms_vectors())
        ck_assert_int_ge(n, 139);
}
END_TEST

/* ---- events --------------------------------------------------------------------------------------------- */

START_TEST(an_event_is_read_in_the_first_layout_that_fits)
{
    static const struct {
        const char *digits;
        enum cosem_event_layout layout;
        uint32_t values;
    } row[] = {
        {"C200 0007 0000636207FF 02 0101 0202 090C07E2030C01113027000000001101", COSEM_EVENT_STANDARD, 1},
        {"C2010C07E9060F070E1E00008000FF 0001 0000600B00FF 02 1103", COSEM_EVENT_STANDARD, 1},
        {"C200 03 0100010800FF 02 0600002710", COSEM_EVENT_LEGACY, 1},
        {"C200 03 0100010800FF 02 1200E6 120100", COSEM_EVENT_LEGACY, 2},
        {"C200 03 06 0100200700FF 02 1200E6", COSEM_EVENT_LEGACY_LENGTH, 1}, /* class 774 as a standard one */
        {"C2 07E9060F070E1E00008000FF 0003 0100010800FF 02 0600002710", COSEM_EVENT_LEGACY_TIME, 1},
        {"C2 07E9060F070E1E00008000FF 0003 06 0100010800FF 02 0600002710", COSEM_EVENT_LEGACY_TIME_LENGTH, 1},
        {"C200 2001 0100010800FF 20 00", COSEM_EVENT_STANDARD, 1}, /* class 8193, attribute 32 */
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct cosem_apdu a = reads(row[i].digits, COSEM_TOLERANT);
        bool is_legacy = row[i].layout != COSEM_EVENT_STANDARD;

        ck_assert_msg(a.event.layout == row[i].layout, "%s: %s", row[i].digits,
                      cosem_event_layout_text(a.event.layout));
        ck_assert_uint_eq(a.event.values.n, row[i].values);
        ck_assert_uint_eq(a.quirks, is_legacy ? COSEM_LEGACY_EVENT : 0);
    }
}
END_TEST

START_TEST(an_event_that_fits_no_layout_is_refused)
{
    refused("C200 0003 0100010800FF 21 1200E6", COSEM_TOLERANT, "event", 0);    /* attribute 33 */
    refused("C200 0000 0100010800FF 02 1200E6", COSEM_TOLERANT, "event", 0);    /* class 0 */
    refused("C200 0100 0100010800FF 02 1200E6", COSEM_TOLERANT, "event", 0);    /* class 256 */
    refused("C200 0003 1000010800FF 02 1200E6", COSEM_TOLERANT, "event", 0);    /* medium 16 */
    refused("C200 03 0100010800FF 02 1200E6 1201", COSEM_TOLERANT, "event", 0); /* the second value is cut */
    refused("C202 0003 0100010800FF 02 1200E6", COSEM_STRICT, "optional", 1);
    refused("C2010B 07E9060F070E1E00008000 0001 0000600B00FF 02 1103", COSEM_STRICT, "date-time-length", 2);
    ck_assert_uint_eq(reads("C200 0306 0100200700FF 02 00", COSEM_STRICT).event.attribute.class_id, 0x306);
}
END_TEST

/* In a stream nothing tells how many values there are: one is taken, and no beginning of it reads as something else. */
START_TEST(a_legacy_event_in_a_stream_has_one_value)
{
    struct wp_slice in = hex("C20003 0100010800FF 02 1200E6 C401050104");
    struct cosem_apdu a;

    for (size_t n = 0; n < 13; n++)
        ck_assert_int_eq(cosem_apdu_decode(wp_slice(in.p, n), COSEM_TOLERANT, &a).status, WP_MORE);
    ck_assert_uint_eq(cosem_apdu_decode(in, COSEM_TOLERANT, &a).used, 13);
    ck_assert_uint_eq(a.event.values.n, 1);
}
END_TEST

/* ---- date-times of a push ------------------------------------------------------------------------------- */

START_TEST(a_push_has_four_forms_of_its_time)
{
    static const char time[] = "07E9060F070E1E00008000FF";
    static const struct {
        const char *before;
        enum cosem_time_form form;
        size_t n;
    } row[] = {{"00", COSEM_TIME_STANDARD, 0},
               {"0C", COSEM_TIME_STANDARD, 12},
               {"090C", COSEM_TIME_AS_STRING, 12},
               {"19", COSEM_TIME_AS_DATA, 12}};

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char digits[128];
        struct cosem_apdu a;

        snprintf(digits, sizeof digits, "0F40000001%s%s1103", row[i].before, row[i].n ? time : "");
        a = reads(digits, COSEM_STRICT);
        ck_assert_uint_eq(a.notification.invoke, 0x40000001);
        ck_assert_int_eq(a.notification.time_form, row[i].form);
        ck_assert_uint_eq(a.notification.time.n, row[i].n);
        ck_assert_uint_eq(a.notification.data.n, 2);
    }
    refused("0F00000001 09 0B 07E9060F070E1E00008000 1103", COSEM_TOLERANT, "date-time-length", 6);
    refused("0F00000001 08 07E9060F070E1E00 1103", COSEM_TOLERANT, "date-time-length", 5);
}
END_TEST

/* ---- lists ---------------------------------------------------------------------------------------------- */

/* Makers whose lists are no A-XDR: all that is left is the body, where that is tolerated and the APDU is whole. */
START_TEST(a_body_may_be_odd_where_that_is_tolerated)
{
    static const char odd[] = "0F 00000001 00 0202 0001 0000600100FF 02 0901 31",
                      good[] = "0F 00000001 00 0202 1101 1102";
    struct cosem_apdu apdu = reads(odd, COSEM_ODD_BODY);

    ck_assert(apdu.quirks & COSEM_ODD_BODY);
    ck_assert_uint_eq(apdu.notification.data.n, 14);
    apdu = reads(good, COSEM_ODD_BODY);
    ck_assert_uint_eq(apdu.quirks, 0);
    ck_assert_uint_eq(reads("0F 00000001 00 1101 FF", COSEM_ODD_BODY).notification.data.n,
                      3); /* one octet too many */
    refused(odd, COSEM_TOLERANT, "trailing", 11);
    refused("0F 00000001 08 0202", COSEM_ODD_BODY, "date-time-length", 5);
    ck_assert_int_eq(cosem_apdu_decode(hex(odd), COSEM_ODD_BODY, &apdu).status, WP_OK);
    ck_assert_uint_eq(apdu.quirks, 0); /* in a stream nothing tells where it ends */
}
END_TEST

START_TEST(lists_give_their_items_one_by_one)
{
    struct cosem_apdu a = reads("C003C102 000100002A0000FF0200 000700006201 00FF02 01 01 0100", COSEM_STRICT);
    struct cosem_list list = a.service.attributes;
    struct cosem_attribute attribute;
    struct cosem_result result;
    struct wp_slice data;

    ck_assert(cosem_next_attribute(&list, &attribute));
    ck_assert(attribute.class_id == 1 && attribute.id == 2 && !attribute.is_selected);
    ck_assert(cosem_next_attribute(&list, &attribute));
    ck_assert(attribute.class_id == 7 && attribute.selector == 1 && attribute.selection.n == 2);
    ck_assert(!cosem_next_attribute(&list, &attribute));
    ck_assert_uint_eq(list.items.n, 0);

    a = reads("C403C102 0011FF 0104", COSEM_STRICT);
    list = a.service.results;
    ck_assert(cosem_next_result(a.form, &list, &result) && result.outcome == COSEM_DATA &&
              result.data.n == 2);
    ck_assert(cosem_next_result(a.form, &list, &result) && result.outcome == COSEM_ERROR &&
              result.error == 4);
    ck_assert(!cosem_next_result(a.form, &list, &result));
    ck_assert(cosem_results_read(hex("02 0011FF 0104"), &list) && list.n == 2);
    ck_assert(!cosem_results_read(hex("02 0011FF 0104 00"), &list));
    ck_assert(!cosem_results_read(hex("03 0011FF 0104"), &list));

    a = reads("C104C102 00080000010000FF0200 00030100010800FF0200 02 1101 1102", COSEM_STRICT);
    list = a.service.values;
    ck_assert(cosem_next_data(&list, &data) && data.p[1] == 1);
    ck_assert(cosem_next_data(&list, &data) && data.p[1] == 2 && !cosem_next_data(&list, &data));

    a = reads("C703C103 0000 0001001107 0E010104", COSEM_STRICT);
    list = a.service.results;
    ck_assert(cosem_next_result(a.form, &list, &result) && result.outcome == COSEM_NOTHING);
    ck_assert(cosem_next_result(a.form, &list, &result) && result.outcome == COSEM_DATA);
    ck_assert(cosem_next_result(a.form, &list, &result) && result.status == 14 && result.error == 4);
}
END_TEST

START_TEST(access_and_short_names_read)
{
    struct cosem_apdu a =
        reads("D9 40000001 00 02 01 00030100010800FF02 03 0046000060030AFF01 02 00 1101", COSEM_STRICT);
    struct cosem_list list = a.access.specifications;
    struct cosem_attribute object;
    enum cosem_access_kind kind;
    struct cosem_variable variable;
    struct cosem_variable_result result;

    ck_assert(cosem_next_access(&list, &kind, &object) && kind == COSEM_ACCESS_GET && object.class_id == 3);
    ck_assert(cosem_next_access(&list, &kind, &object) && kind == COSEM_ACCESS_ACTION && object.id == 1);
    a = reads("DA 40000001 00 00 02 0600000001 00 02 0100 0300", COSEM_STRICT);
    ck_assert(!a.access.has_specifications && a.access.values.n == 2 && a.access.results.n == 2);
    refused("DA 40000001 00 00 01 00 01 0400", COSEM_STRICT, "choice", 10);

    a = reads("05 02 02FA00 040C08 01 1101", COSEM_STRICT);
    list = a.variables.specifications;
    ck_assert(cosem_next_variable(&list, &variable) && variable.name == 0xFA00);
    ck_assert(cosem_next_variable(&list, &variable) && variable.selector == 1 && variable.data.n == 2);
    a = reads("0C 02 00 1200E6 0104", COSEM_STRICT);
    list = a.variables.results;
    ck_assert(cosem_next_variable_result(a.form, &list, &result) && result.data.n == 3);
    ck_assert(cosem_next_variable_result(a.form, &list, &result) && result.error == 4);
    refused("05 01 01FA00", COSEM_STRICT, "choice", 2);
}
END_TEST

/* ---- association ---------------------------------------------------------------------------------------- */

START_TEST(an_association_is_read_as_a_tree)
{
    struct cosem_apdu a;

    /* A2 03 02 01 stands in the challenge, too: only the element counts. */
    a = reads("6130 A109060760857405080103 A203020100 A305A10302010E 88020780 890760857405080205"
              "AA0A8008 A203020101A20302",
              COSEM_STRICT);
    ck_assert(a.association.has_result && a.association.result == 0 && a.association.diagnostic == 14);
    ck_assert_uint_eq(a.association.mechanism, COSEM_MECHANISM_HLS_GMAC);
    ck_assert_uint_eq(a.association.auth_value.n, 8);
    /* an element with a tag of several octets is passed over */
    a = reads("6114 9F8101 0155 A109060760857405080101 BF2201AA", COSEM_STRICT);
    ck_assert(a.association.has_context && a.association.context == 1);
    ck_assert(!reads("6100", COSEM_STRICT).association.has_result);
    ck_assert(reads("6200", COSEM_STRICT).association.has_reason == false);
    ck_assert_uint_eq(reads("6203800101", COSEM_STRICT).association.reason, 1);
}
END_TEST

START_TEST(a_broken_association_is_refused)
{
    refused("6180A109060760857405080101", COSEM_TOLERANT, "length-form", 1); /* indefinite */
    refused("6104A2800000", COSEM_TOLERANT, "length-form", 3);
    refused("610BA10906FF60857405080101", COSEM_TOLERANT, "length-form", 5);
    refused("6105A205020100", COSEM_TOLERANT, "length-form", 4); /* beyond its parent */
    refused("6102A200", COSEM_TOLERANT, "length-form", 4);       /* a result without one */
    refused("6104A2020200", COSEM_TOLERANT, "length-form", 6);
    refused("610AA203020100A203020101", COSEM_TOLERANT, "field", 7); /* twice */
    refused("6105A302020100", COSEM_TOLERANT, "choice", 4);
    refused("610BA109060760857405080201", COSEM_TOLERANT, "field", 11); /* no context */
    refused("61069F81828384 85", COSEM_TOLERANT, "field", 5);           /* a tag without end */
    refused("6106BE04040230 00", COSEM_TOLERANT, "choice", 6);          /* no initiate */
    refused("6105A103020101", COSEM_STRICT, "field", 4);
    ck_assert(reads("6105A103020101", COSEM_TOLERANT).quirks == COSEM_INTEGER_CONTEXT);
}
END_TEST

START_TEST(old_stacks_are_read_when_tolerated)
{
    struct cosem_apdu a = reads("0800065F0400001E1D04C8FA00", COSEM_TOLERANT);

    ck_assert_uint_eq(a.initiate.conformance, 0x001E1D);
    ck_assert_uint_eq(a.initiate.vaa_name, 0xFA00);
    ck_assert_uint_eq(a.quirks, COSEM_SHORT_CONFORMANCE);
    refused("0800065F0400001E1D04C8FA00", COSEM_STRICT, "field", 4);
    a = reads("C7010203", COSEM_TOLERANT);
    ck_assert(a.service.result.status == 3 && a.service.result.outcome == COSEM_NOTHING);
    ck_assert_uint_eq(a.quirks, COSEM_SHORT_ACTION);
    refused("C7010203", COSEM_STRICT, "truncated", 4);
}
END_TEST

/* ---- hostile -------------------------------------------------------------------------------------------- */

START_TEST(hostile_apdus_are_refused_by_name_and_place)
{
    static const struct {
        const char *digits, *fault;
        size_t at;
    } row[] = {
        {"", "truncated", 0},
        {"C6 01C100", "apdu-tag", 0},
        {"CE", "apdu-tag", 0},
        {"D6", "apdu-tag", 0},
        {"DE", "apdu-tag", 0},
        {"00", "apdu-tag", 0},
        {"C0 04C1", "choice", 1},
        {"C0 01C100030100010800FF02 02", "optional", 12},
        {"C3 01C10046000060030AFF01 02", "optional", 12},
        {"C4 01C1 02", "choice", 3},
        {"C4 02C1 00 00000001 02", "choice", 8},
        {"C4 02C1 00 00000000 00 00", "block-number", 4},
        {"C0 02C1 00000000", "block-number", 3},
        {"C0 03C1 84FFFFFFFF", "truncated", 8},
        {"C0 03C1 80", "length-form", 3},
        {"C0 03C1 85", "length-form", 3},
        {"C4 01C1 00 07", "tag", 4},
        {"C4 01C1 00 1100 00", "trailing", 6},
        {"C4 02C1 00 00000001 00 84FFFFFFFF 00", "truncated", 15},
        {"DD 00 00 00 00 00 02", "optional", 6},
        {"DD 00 00 00 00 00 01 03", "choice", 7},
        {"E6 01 01AA E601", "nesting", 4},
        {"E6 01 01AA C6", "apdu-tag", 4},
        {"E6 E7 00 0F000000010000", "field", 2},
        {"C8 04 30000000", "cipher-length", 1},
        {"C8 10 30000000 01 0102030405060708090A0B", "cipher-length", 1},
        {"DB 09 010203040506070809 00", "system-title", 1},
        {"D8 01", "truncated", 2},
        {"0E 04 13 1F", "choice", 2},
        {"0E 00 00 00", "choice", 1},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        refused(row[i].digits, COSEM_TOLERANT, row[i].fault, row[i].at);
}
END_TEST

/* ---- names ---------------------------------------------------------------------------------------------- */

START_TEST(numbers_have_their_names)
{
    char text[32];
    struct wp_writer w = wp_writer(text, sizeof text);

    /* the numbers are not consecutive: 5 to 8 and 10 are nothing */
    ck_assert_str_eq(cosem_access_result_text(9), "object-class-inconsistent");
    ck_assert_str_eq(cosem_access_result_text(19), "data-block-number-invalid");
    ck_assert(!cosem_access_result_text(5) && !cosem_access_result_text(10));
    ck_assert_str_eq(cosem_action_result_text(4), "object-undefined");
    ck_assert_str_eq(cosem_action_result_text(15), "long-action-aborted");
    ck_assert(!cosem_action_result_text(17) && !cosem_action_result_text(19));
    ck_assert_str_eq(cosem_user_diagnostic_text(13), "authentication-failure");
    ck_assert_str_eq(cosem_exception_service_text(6), "invocation-counter-error");
    ck_assert_str_eq(cosem_release_reason_text(1), "urgent");
    ck_assert_str_eq(cosem_response_reason_text(1), "not-finished");
    ck_assert_str_eq(cosem_class_text(7), "Profile generic");
    ck_assert(!cosem_class_text(2) && !cosem_class_text(65535));
    ck_assert(wp_slice_is(cosem_attribute_text(7, 3), "capture_objects"));
    ck_assert(wp_slice_is(cosem_attribute_text(7, 1), "logical_name"));
    ck_assert(wp_slice_is(cosem_method_text(70, 2), "remote_reconnect"));
    ck_assert(cosem_attribute_text(7, 9).n == 0 && cosem_attribute_text(7, -1).n == 0);
    ck_assert(cosem_method_text(70, 3).n == 0 && cosem_method_text(70, 0).n == 0);
    cosem_put_name(&w, cosem_access_result_text, 5);
    ck_assert_str_eq(wp_put_end(&w), "unknown(5)");
}
END_TEST

/* 00 1E 1D is what many meters grant. */
START_TEST(conformance_counts_bits_from_the_high_end)
{
    static const char *const granted[] = {"block-get", "block-set", "block-action",     "multiple-references",
                                          "get",       "set",       "selective-access", "action"};
    size_t n = 0;

    for (unsigned bit = 0; bit < 24; bit++)
        if (0x001E1D & 0x800000 >> bit)
            ck_assert_str_eq(cosem_conformance_text(bit), granted[n++]);
    ck_assert_uint_eq(n, 8);
    ck_assert_int_eq(COSEM_CAN_GET, 0x000010);
    ck_assert_int_eq(COSEM_CAN_GENERAL_PROTECTION, 0x400000);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cosem_apdu");
    TCase *t = tcase_create("cosem_apdu");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, published_apdus_read_or_are_refused);
    tcase_add_test(t, every_prefix_says_more);
    tcase_add_test(t, apdus_of_every_transport_read);
    tcase_add_test(t, an_event_is_read_in_the_first_layout_that_fits);
    tcase_add_test(t, an_event_that_fits_no_layout_is_refused);
    tcase_add_test(t, a_legacy_event_in_a_stream_has_one_value);
    tcase_add_test(t, a_push_has_four_forms_of_its_time);
    tcase_add_test(t, a_body_may_be_odd_where_that_is_tolerated);
    tcase_add_test(t, lists_give_their_items_one_by_one);
    tcase_add_test(t, access_and_short_names_read);
    tcase_add_test(t, an_association_is_read_as_a_tree);
    tcase_add_test(t, a_broken_association_is_refused);
    tcase_add_test(t, old_stacks_are_read_when_tolerated);
    tcase_add_test(t, hostile_apdus_are_refused_by_name_and_place);
    tcase_add_test(t, numbers_have_their_names);
    tcase_add_test(t, conformance_counts_bits_from_the_high_end);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
