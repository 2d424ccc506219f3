/* APDUs of DLMS/COSEM as they are built.           covers: cosem_apdu
 *
 * The exchanges are sessions that others recorded (vectors/dlms.json names them), so what is built here is what a real
 * meter was sent, or sent. */
#include "sim/codec/axdr.h"
#include "sim/codec/cosem_apdu.h"
#include "sim/codec/cosem_name.h"
#include "tests/dlms_vectors.h"

static struct wp_slice hex(const char *digits)
{
    static uint8_t bytes[16][DLMS_VECTOR_MAX];
    static unsigned next;
    uint8_t *p = bytes[next++ % 16];
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), p, sizeof bytes[0], &n), "%s", digits);
    return wp_slice(p, n);
}

/* The APDU is these octets; they read as it; and one octet less room is told. */
static void builds(struct cosem_apdu apdu, const char *digits)
{
    uint8_t memory[512];
    char text[4096], again[4096];
    struct wp_slice expect = hex(digits);
    struct wp_writer w = wp_writer(memory, sizeof memory), t;
    struct cosem_apdu read;

    cosem_apdu_encode(&w, &apdu);
    t = wp_writer(text, sizeof text);
    wp_put_hex(&t, wp_written(&w));
    ck_assert_msg(wp_slice_eq(wp_written(&w), expect), "is     %s\nwanted %s", wp_put_end(&t), digits);
    ck_assert_int_eq(cosem_apdu_read(expect, COSEM_TOLERANT, &read).status, WP_OK);
    t = wp_writer(text, sizeof text);
    cosem_apdu_text(&t, &read);
    wp_put_end(&t);
    w = wp_writer(memory, sizeof memory);
    cosem_apdu_encode(&w, &read);
    ck_assert(cosem_apdu_read(wp_written(&w), COSEM_TOLERANT, &read).status == WP_OK);
    t = wp_writer(again, sizeof again);
    cosem_apdu_text(&t, &read);
    ck_assert_str_eq(text, wp_put_end(&t));
    for (size_t room = 0; room < expect.n; room++) {
        w = wp_writer(memory, room);
        cosem_apdu_encode(&w, &apdu);
        ck_assert(w.full && w.n <= room);
    }
}

static const struct cosem_attribute CLOCK_TIME = {8, {{0, 0, 1, 0, 0, 255}}, 2, false, 0, {NULL, 0}};
static const struct cosem_attribute ENERGY = {3, {{1, 0, 1, 8, 0, 255}}, 2, false, 0, {NULL, 0}};
static const struct cosem_attribute REPLY_TO_HLS = {15, {{0, 0, 40, 0, 0, 255}}, 1, false, 0, {NULL, 0}};

static struct cosem_initiate asks(uint32_t conformance, uint16_t max_pdu)
{
    return (struct cosem_initiate){.tag = 0x01, .version = 6, .conformance = conformance, .max_pdu = max_pdu};
}

static struct cosem_initiate grants(uint32_t conformance, uint16_t max_pdu)
{
    return (struct cosem_initiate){
        .tag = 0x08, .version = 6, .conformance = conformance, .max_pdu = max_pdu, .vaa_name = 7};
}

/* ---- recorded exchanges ------------------------------------------------------------------------------------------ */

START_TEST(a_public_association_is_built)
{
    builds((struct cosem_apdu){.form = COSEM_AARQ,
                               .association = {.has_context = true,
                                               .context = COSEM_CONTEXT_LN,
                                               .initiate = asks(0x001E1D, 0xFFFF)}},
           "601DA109060760857405080101BE10040E01000000065F1F0400001E1DFFFF");
    builds((struct cosem_apdu){.form = COSEM_AARE,
                               .association = {.has_context = true,
                                               .context = COSEM_CONTEXT_LN,
                                               .has_result = true,
                                               .diagnostic_source = COSEM_DIAGNOSTIC_USER,
                                               .initiate = grants(0x001E1D, 0x04C8)}},
           "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F0400001E1D04C80007");
}
END_TEST

START_TEST(passwords_and_challenges_are_built)
{
    struct cosem_association lls = {.has_context = true,
                                    .context = COSEM_CONTEXT_LN,
                                    .requirements = cosem_requirements(),
                                    .has_mechanism = true,
                                    .mechanism = COSEM_MECHANISM_LLS,
                                    .auth_value = wp_text("12345678"),
                                    .initiate = asks(0x007E1F, 1200)};
    struct cosem_association hls = {.has_context = true,
                                    .context = COSEM_CONTEXT_LN_CIPHERED,
                                    .has_result = true,
                                    .diagnostic_source = COSEM_DIAGNOSTIC_USER,
                                    .diagnostic = COSEM_USER_AUTHENTICATION_REQUIRED,
                                    .title = hex("4D454C6570A037B2"),
                                    .requirements = cosem_requirements(),
                                    .has_mechanism = true,
                                    .mechanism = COSEM_MECHANISM_HLS_GMAC,
                                    .auth_value = hex("284733636E507E73")};

    builds((struct cosem_apdu){.form = COSEM_AARQ, .association = lls},
           "6036A1090607608574050801018A0207808B0760857405080201AC0A80083132333435363738BE10040E01000000065F1"
           "F0400"
           "007E1F04B0");
    hls.user_information = hex("281F300000002FF9F14F5498BD2A0BB0007FDB9318B77977485F54C4EE12101BB1");
    builds(
        (struct cosem_apdu){.form = COSEM_AARE, .association = hls},
        "6161A109060760857405080103A203020100A305A10302010EA40A04084D454C6570A037B288020780890760857405080205"
        "AA"
        "0A8008284733636E507E73BE230421281F300000002FF9F14F5498BD2A0BB0007FDB9318B77977485F54C4EE12101BB1");
}
END_TEST

START_TEST(rejections_and_releases_are_built)
{
    struct cosem_association rejected = {.has_context = true,
                                         .context = COSEM_CONTEXT_LN,
                                         .has_result = true,
                                         .result = COSEM_ASSOCIATION_REJECTED_PERMANENT,
                                         .diagnostic_source = COSEM_DIAGNOSTIC_USER,
                                         .diagnostic = COSEM_USER_NO_REASON,
                                         .initiate = {.tag = 0x0E, .error = {1, 6, 1}}};
    struct cosem_association with_initiate = {.has_reason = true,
                                              .initiate = {.tag = 0x08,
                                                           .has_quality = true,
                                                           .version = 6,
                                                           .conformance = 0x001E1D,
                                                           .max_pdu = 0x04C8,
                                                           .vaa_name = 7}};

    builds((struct cosem_apdu){.form = COSEM_AARE, .association = rejected},
           "611FA109060760857405080101A203020101A305A103020101BE0604040E010601");
    builds((struct cosem_apdu){.form = COSEM_RLRQ, .association = {.has_reason = true}}, "6203800100");
    builds((struct cosem_apdu){.form = COSEM_RLRE, .association = {.has_reason = true}}, "6303800100");
    builds((struct cosem_apdu){.form = COSEM_RLRQ}, "6200");
    builds((struct cosem_apdu){.form = COSEM_RLRE, .association = with_initiate},
           "6316800100BE11040F080100065F1F0400001E1D04C80007");
}
END_TEST

/* The ciphered session of a Kaifa meter, in plain and as its shells. */
START_TEST(the_recorded_session_is_built)
{
    builds((struct cosem_apdu){.form = COSEM_ACTION_REQUEST,
                               .service = {.invoke = 0xC1,
                                           .attribute = REPLY_TO_HLS,
                                           .data = hex("09111000004B37CB2C079B6BF3D817E8A4408B")}},
           "C301C1000F0000280000FF010109111000004B37CB2C079B6BF3D817E8A4408B");
    builds(
        (struct cosem_apdu){.form = COSEM_ACTION_RESPONSE,
                            .service = {.invoke = 0xC1,
                                        .result = {.outcome = COSEM_DATA,
                                                   .data = hex("0911100000413B55175DD868AE07E0E1639C00")}}},
        "C701C10001000911100000413B55175DD868AE07E0E1639C00");
    builds(
        (struct cosem_apdu){.form = COSEM_GET_REQUEST, .service = {.invoke = 0xC1, .attribute = CLOCK_TIME}},
        "C001C100080000010000FF0200");
    builds((struct cosem_apdu){.form = COSEM_GET_RESPONSE,
                               .service = {.invoke = 0xC1,
                                           .result = {.outcome = COSEM_DATA,
                                                      .data = hex("090C07EA04040604042B00FE9801")}}},
           "C401C100090C07EA04040604042B00FE9801");
    builds((struct cosem_apdu){.form = COSEM_GLO,
                               .tag = 0xC8,
                               .ciphered = {.control = 0x30,
                                            .counter = 0x01234567,
                                            .content =
                                                hex("411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B")}},
           "C81E3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B");
    builds((struct cosem_apdu){.form = COSEM_GENERAL_GLO,
                               .ciphered = {.title = hex("4D4D4D0000BC614E"),
                                            .control = 0x20,
                                            .counter = 0x01020304,
                                            .content = hex("93F2811EAE7336C489127C1F85B184D634B9A6D290")}},
           "DB084D4D4D0000BC614E1A200102030493F2811EAE7336C489127C1F85B184D634B9A6D290");
}
END_TEST

/* ---- what a meter and a gateway send besides ------------------------------------------------------------- */

START_TEST(pushes_and_events_are_built)
{
    static const char time[] = "07E1090E04131F02FF800000";
    struct cosem_notification push = {.invoke = 0x40000000,
                                      .time = hex(time),
                                      .time_form = COSEM_TIME_AS_STRING,
                                      .data = hex("02010600000398")};
    struct cosem_event event = {.attribute = ENERGY, .data = hex("0600002710")};

    builds((struct cosem_apdu){.form = COSEM_NOTIFICATION, .notification = push},
           "0F40000000090C07E1090E04131F02FF80000002010600000398");
    push.time_form = COSEM_TIME_STANDARD;
    builds((struct cosem_apdu){.form = COSEM_NOTIFICATION, .notification = push},
           "0F400000000C07E1090E04131F02FF80000002010600000398");
    push.time_form = COSEM_TIME_AS_DATA;
    builds((struct cosem_apdu){.form = COSEM_NOTIFICATION, .notification = push},
           "0F400000001907E1090E04131F02FF80000002010600000398");
    push.time = wp_slice(NULL, 0);
    builds((struct cosem_apdu){.form = COSEM_NOTIFICATION, .notification = push},
           "0F400000000002010600000398");
    builds((struct cosem_apdu){.form = COSEM_EVENT, .event = event}, "C20000030100010800FF020600002710");
    event.layout = COSEM_EVENT_LEGACY;
    builds((struct cosem_apdu){.form = COSEM_EVENT, .event = event}, "C200030100010800FF020600002710");
    event.layout = COSEM_EVENT_LEGACY_LENGTH;
    builds((struct cosem_apdu){.form = COSEM_EVENT, .event = event}, "C20003060100010800FF020600002710");
    event.layout = COSEM_EVENT_STANDARD;
    event.time = hex(time);
    builds((struct cosem_apdu){.form = COSEM_EVENT, .event = event},
           "C2010C07E1090E04131F02FF80000000030100010800FF020600002710");
}
END_TEST

START_TEST(lists_are_built_item_by_item)
{
    uint8_t memory[128];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct cosem_result got = {.outcome = COSEM_DATA, .data = hex("0600001391")},
                        missing = {.outcome = COSEM_ERROR, .error = COSEM_RESULT_OBJECT_UNDEFINED};
    struct cosem_list list;

    cosem_put_attribute(&w, &CLOCK_TIME);
    cosem_put_attribute(&w, &ENERGY);
    list = (struct cosem_list){2, wp_written(&w)};
    builds(
        (struct cosem_apdu){.form = COSEM_GET_REQUEST_LIST, .service = {.invoke = 0xC1, .attributes = list}},
        "C003C10200080000010000FF020000030100010800FF0200");
    w = wp_writer(memory, sizeof memory);
    cosem_put_result(&w, COSEM_GET_RESPONSE_LIST, &got);
    cosem_put_result(&w, COSEM_GET_RESPONSE_LIST, &missing);
    list = (struct cosem_list){2, wp_written(&w)};
    builds((struct cosem_apdu){.form = COSEM_GET_RESPONSE_LIST, .service = {.invoke = 0xC1, .results = list}},
           "C403C102000600001391 0104");
}
END_TEST

START_TEST(blocks_errors_and_writes_are_built)
{
    struct cosem_block block = {.is_last = false, .number = 1, .raw = hex("020306")};

    builds((struct cosem_apdu){.form = COSEM_GET_RESPONSE_BLOCK, .service = {.invoke = 0x01, .block = block}},
           "C4020100000000010003020306");
    builds((struct cosem_apdu){.form = COSEM_GET_REQUEST_NEXT,
                               .service = {.invoke = 0xC1, .block = {.number = 3}}},
           "C002C100000003");
    builds((struct cosem_apdu){.form = COSEM_GET_RESPONSE,
                               .service = {.invoke = 0x05,
                                           .result = {.outcome = COSEM_ERROR,
                                                      .error = COSEM_RESULT_OBJECT_UNDEFINED}}},
           "C401050104");
    builds((struct cosem_apdu){.form = COSEM_SET_REQUEST,
                               .service = {.invoke = 0xC1,
                                           .attribute = CLOCK_TIME,
                                           .data = hex("090C07E50118FF0E303950FFC400")}},
           "C101C100080000010000FF0200090C07E50118FF0E303950FFC400");
    builds((struct cosem_apdu){.form = COSEM_SET_RESPONSE, .service = {.invoke = 0xC1}}, "C501C100");
    builds((struct cosem_apdu){.form = COSEM_EXCEPTION, .exception = {1, 1, false, 0}}, "D80101");
    builds((struct cosem_apdu){.form = COSEM_EXCEPTION, .exception = {2, 6, true, 0x123}}, "D8020600000123");
    builds((struct cosem_apdu){.form = COSEM_SERVICE_ERROR, .error = {1, 6, 1}}, "0E010601");
    builds((struct cosem_apdu){.form = COSEM_BLOCK_TRANSFER,
                               .transfer = {.is_streaming = true, .block = 1, .data = hex("0102")}},
           "E04000010000020102");
}
END_TEST

/* ---- kinds that no published vector has ------------------------------------------------------------------- */

/* By the ASN.1 of COSEMpdu: what each octet means, and the same octets again. */
START_TEST(the_other_kinds_are_read_and_built)
{
#define CLOCK "\"class\":8,\"obis\":\"0-0:1.0.0.255\","
#define RELAY "\"class\":70,\"obis\":\"0-0:96.3.10.255\","
    static const struct {
        const char *digits, *text;
    } row[] = {
        {"C102C1 00080000010000FF02 00 00 00000001 03 AABBCC",
         "{\"apdu\":\"set-request-with-first-datablock\",\"invoke\":\"C1\"," CLOCK
         "\"attr\":2,\"last\":false,\"block\":1,\"raw\":\"AABBCC\"}"},
        {"C103C1 01 00000102 00", "{\"apdu\":\"set-request-with-datablock\",\"invoke\":\"C1\",\"last\":true,"
                                  "\"block\":258,\"raw\":\"\"}"},
        {"C104C1 01 00080000010000FF02 01 02 1105 01 1200FF",
         "{\"apdu\":\"set-request-with-list\",\"invoke\":\"C1\",\"list\":[{" CLOCK
         "\"attr\":2,\"selector\":2,\"selection\":\"u8:5\"}],\"values\":[\"u16:255\"]}"},
        {"C105C1 01 00080000010000FF02 00 00 00000001 01 AA",
         "{\"apdu\":\"set-request-with-list-and-first-datablock\",\"invoke\":\"C1\",\"list\":[{" CLOCK
         "\"attr\":2}],\"last\":false,\"block\":1,\"raw\":\"AA\"}"},
        {"C502C1 00000007", "{\"apdu\":\"set-response-datablock\",\"invoke\":\"C1\",\"block\":7}"},
        {"C504C1 02 0004 00000007", "{\"apdu\":\"set-response-last-datablock-with-list\",\"invoke\":\"C1\","
                                    "\"list\":[{\"result\":0},{\"result\":4}],\"block\":7}"},
        {"C505C1 02 0C0D", "{\"apdu\":\"set-response-with-list\",\"invoke\":\"C1\",\"list\":[{\"result\":12},"
                           "{\"result\":13}]}"},
        {"C302C1 00000009", "{\"apdu\":\"action-request-next-pblock\",\"invoke\":\"C1\",\"block\":9}"},
        {"C303C1 01 0046000060030AFF02 01 0F00",
         "{\"apdu\":\"action-request-with-list\",\"invoke\":\"C1\",\"list\":[{" RELAY
         "\"method\":2}],\"values\":[\"i8:0\"]}"},
        {"C304C1 0046000060030AFF02 00 00000001 01 0F",
         "{\"apdu\":\"action-request-with-first-pblock\",\"invoke\":\"C1\"," RELAY
         "\"method\":2,\"last\":false,\"block\":1,\"raw\":\"0F\"}"},
        {"C305C1 01 0046000060030AFF02 00 00000001 01 0F",
         "{\"apdu\":\"action-request-with-list-and-first-pblock\",\"invoke\":\"C1\",\"list\":[{" RELAY
         "\"method\":2}],\"last\":false,\"block\":1,\"raw\":\"0F\"}"},
        {"C306C1 01 00000002 01 00", "{\"apdu\":\"action-request-with-pblock\",\"invoke\":\"C1\",\"last\":"
                                     "true,\"block\":2,\"raw\":\"00\"}"},
        {"C702C1 00 00000003 02 0102", "{\"apdu\":\"action-response-with-pblock\",\"invoke\":\"C1\","
                                       "\"last\":false,\"block\":3,\"raw\":\"0102\"}"},
        {"C703C1 02 0000 0C010103",
         "{\"apdu\":\"action-response-with-list\",\"invoke\":\"C1\",\"list\":["
         "{\"result\":0},{\"result\":12,\"error\":3,\"error_name\":\"read-write-denied\"}]}"},
        {"C704C1 00000004", "{\"apdu\":\"action-response-next-pblock\",\"invoke\":\"C1\",\"block\":4}"},
        {"1040000001 00",
         "{\"apdu\":\"data-notification-confirm\",\"invoke\":\"40000001\",\"date_time\":null}"},
        {"D9 40000002 00 02 01 00080000010000FF02 04 00080000010000FF02 01 1101 02 00 00",
         "{\"apdu\":\"access-request\",\"invoke\":\"40000002\",\"date_time\":null,\"list\":[{\"access\":"
         "1," CLOCK "\"attr\":2},{\"access\":4," CLOCK
         "\"attr\":2,\"selector\":1,\"selection\":\"u8:1\"}],\"values\":[\"n\",\"n\"]}"},
        {"DA 40000002 00 01 01 03 0046000060030AFF01 01 00 01 03 0B",
         "{\"apdu\":\"access-response\",\"invoke\":\"40000002\",\"date_time\":null,\"list\":[{\"access\":"
         "3," RELAY "\"method\":1}],\"values\":[\"n\"],\"results\":[{\"access\":3,\"result\":11}]}"},
        {"05 02 02FA00 05 0007", "{\"apdu\":\"read-request\",\"list\":[{\"choice\":2,\"name\":\"FA00\"},"
                                 "{\"choice\":5,\"name\":\"0007\"}]}"},
        {"06 01 02FA08 01 1101",
         "{\"apdu\":\"write-request\",\"list\":[{\"choice\":2,\"name\":\"FA08\"}],\"values\":[\"u8:1\"]}"},
        {"0C 02 00 1200E6 02 01 0002 01AA",
         "{\"apdu\":\"read-response\",\"list\":[{\"choice\":0,\"data\":\"u16:230\"},"
         "{\"choice\":2,\"raw\":\"AA\"}]}"},
        {"0D 02 00 0103", "{\"apdu\":\"write-response\",\"list\":[{\"choice\":0},"
                          "{\"choice\":1,\"error\":3,\"error_name\":\"read-write-denied\"}]}"},
        {"E60102AABB D80102",
         "{\"apdu\":\"gateway-request\",\"network\":1,\"address\":\"AABB\",\"payload\":\"D80102\"}"},
        {"DD 00 00 00 00 00 01 02 01AA 02BBCC 05 2000000001",
         "{\"apdu\":\"general-ciphering\",\"transaction_id\":\"\",\"originator\":\"\",\"recipient\":\"\","
         "\"date_time\":\"\",\"other_info\":\"\",\"key_info\":\"agreed\",\"content\":\"2000000001\"}"},
        {"DD 00 00 00 00 00 01 01 07 02BBCC 05 2000000001",
         "{\"apdu\":\"general-ciphering\",\"transaction_id\":\"\",\"originator\":\"\",\"recipient\":\"\","
         "\"date_time\":\"\",\"other_info\":\"\",\"key_info\":\"wrapped:7\",\"content\":\"2000000001\"}"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char text[1024];
        struct wp_writer w = wp_writer(text, sizeof text);
        struct cosem_apdu apdu;
        struct wp_decode d = cosem_apdu_read(hex(row[i].digits), COSEM_STRICT, &apdu);

        ck_assert_msg(d.status == WP_OK, "%s: %s at %zu", row[i].digits, wp_fault_text(d.fault), d.at);
        cosem_apdu_text(&w, &apdu);
        ck_assert_str_eq(wp_put_end(&w), row[i].text);
        builds(apdu, row[i].digits);
    }
}
END_TEST

/* ---- every published APDU ---------------------------------------------------------------------------------- */

/* Sent again as it was read it is the same octets. */
START_TEST(published_apdus_are_built_to_their_octets)
{
    int n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "dlms-apdu");) {
        static uint8_t memory[DLMS_VECTOR_MAX];
        struct wp_writer w = wp_writer(memory, sizeof memory);
        struct cosem_apdu apdu;

        if (!v.is_valid || cosem_apdu_read(v.bytes, COSEM_STRICT, &apdu).status != WP_OK)
            continue; /* behind an LLC, or no APDU */
        cosem_apdu_encode(&w, &apdu);
        ck_assert_msg(wp_slice_eq(wp_written(&w), v.bytes), "%s", v.id);
        n++;
    }
    if (dlms_vectors())
        ck_assert_int_eq(n, 119);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cosem_build");
    TCase *t = tcase_create("cosem_build");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_public_association_is_built);
    tcase_add_test(t, passwords_and_challenges_are_built);
    tcase_add_test(t, rejections_and_releases_are_built);
    tcase_add_test(t, the_recorded_session_is_built);
    tcase_add_test(t, pushes_and_events_are_built);
    tcase_add_test(t, lists_are_built_item_by_item);
    tcase_add_test(t, blocks_errors_and_writes_are_built);
    tcase_add_test(t, the_other_kinds_are_read_and_built);
    tcase_add_test(t, published_apdus_are_built_to_their_octets);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
