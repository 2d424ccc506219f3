/* Requests of clients: what is refused and how, what is read, what comes back.
 * covers: north_ivy_answer */
#include "tests/gateway_rig.h"

#include "sim/codec/dlt645_di.h"

enum { METER = 2 };

static struct rig r;

static void setup(void)
{
    rig_start(&r, "polling.enabled", "false", NULL);
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_SENDS | RIG_NOTES;
}

static void teardown(void)
{
    rig_end(&r);
}

#define HEAD "\",\"success\":false,\"timestamp\":1705320000000,\"error\":\""

/* The request is refused at once with this error, and no frame reaches the meter. */
static void expect_error(const char *request, const char *id, const char *error)
{
    char want[4096];

    rig_clear(&r);
    rig_request(&r, request);
    snprintf(want, sizeof want, "{\"requestId\":\"%s" HEAD "%s\"}", id, error);
    ck_assert_msg(r.n_published == 1, "%s", request);
    ck_assert_str_eq(r.last_payload, want);
    ck_assert_str_eq(r.last_topic, "ivy/v1/meters/000000000001/command/response");
    rig_expect(&r, "");
}

static bool payload_has(const char *text)
{
    return strstr(r.last_payload, text) != NULL;
}

/* ---- refusals ------------------------------------------------------------------------------------- */

/* IVY-B01, IVY-B33. */
START_TEST(what_is_no_json_object_is_ignored)
{
    static const char *const payloads[] = {
        "",
        "{",
        "null",
        "17",
        "\"read\"",
        "[{\"requestId\":\"a\",\"command\":\"read\"}]",
        "{\"requestId\":\"a\",}",
        "{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"voltageA\"} x",
        "{\"requestId\":\"\xFF\",\"command\":\"read\",\"register\":\"voltageA\"}",
        "{\"requestId\":\"\\ud800\",\"command\":\"read\"}",
        "\xEF\xBB\xBF{\"requestId\":\"a\"}"};

    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        rig_clear(&r);
        rig_request(&r, payloads[i]);
        ck_assert_msg(r.n_published == 0, "%s", payloads[i]);
        ck_assert_uint_eq(r.n_sent, 0);
        ck_assert_ptr_nonnull(strstr(rig_trace(&r), "note request-ignored: "));
    }
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), " 11\n"));
    rig_request(&r, "{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"voltageA\"}");
    ck_assert_uint_eq(r.n_sent, 1);
}
END_TEST

/* IVY-B02. */
START_TEST(a_request_needs_a_request_id)
{
    static const char *const requests[] = {"{\"command\":\"read\",\"register\":\"voltageA\"}",
                                           "{\"requestId\":\"\"}",
                                           "{\"requestId\":null}",
                                           "{\"requestId\":17}",
                                           "{\"requestId\":[\"a\"]}",
                                           "{}"};

    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        rig_clear(&r);
        rig_request(&r, requests[i]);
        ck_assert_str_eq(r.last_payload, "{\"requestId\":null,\"success\":false,\"timestamp\":1705320000000,"
                                         "\"error\":\"Missing requestId\"}");
        ck_assert_uint_eq(r.n_sent, 0);
    }
}
END_TEST

/* IVY-B03, IVY-B04, IVY-B05. */
START_TEST(a_request_needs_a_command)
{
    expect_error("{\"requestId\":\"a\"}", "a", "Missing command");
    expect_error("{\"requestId\":\"a\",\"command\":null}", "a", "Missing command");
    expect_error("{\"requestId\":\"a\",\"command\":1}", "a", "Missing command");
    expect_error("{\"requestId\":\"a\",\"command\":\"write\"}", "a", "Unknown command: write");
    expect_error("{\"requestId\":\"a\",\"command\":\"relay_control\"}", "a",
                 "Unknown command: relay_control");
    expect_error("{\"requestId\":\"a\",\"command\":\"READ\"}", "a", "Unknown command: READ");
    expect_error("{\"requestId\":\"a\",\"command\":\"read_all\"}", "a", "Unknown command: read_all");
    expect_error("{\"requestId\":\"a\",\"command\":\"say \\\"hi\\\"\"}", "a",
                 "Unknown command: say \\\"hi\\\"");
    expect_error("{\"requestId\":\"a\",\"command\":\"read\"}", "a", "Missing register or dataId parameter");
    expect_error("{\"requestId\":\"a\",\"command\":\"read\",\"register\":null}", "a",
                 "Missing register or dataId parameter");
}
END_TEST

/* IVY-B06, IVY-152. */
START_TEST(an_unknown_register_is_refused)
{
    expect_error("{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"voltageD\"}", "a",
                 "Unknown register: voltageD");
    expect_error("{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"VoltageA\"}", "a",
                 "Unknown register: VoltageA");
    expect_error("{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"VOLTAGE_A\"}", "a",
                 "Unknown register: VOLTAGE_A");
    expect_error("{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"energy\"}", "a",
                 "Unknown register: energy");
    expect_error("{\"requestId\":\"a\",\"command\":\"read\",\"register\":7}", "a", "Unknown register: 7");
    expect_error("{\"requestId\":\"a\",\"command\":\"read\",\"register\":[\"voltageA\"]}", "a",
                 "Unknown register: array");
    expect_error("{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"\"}", "a", "Unknown register: ");
}
END_TEST

/* IVY-B07. */
START_TEST(a_malformed_data_id_is_refused)
{
    static const char *const bad[] = {"0001000", "000100000", "0001000G", "0x000100", "00 01000", ""};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char request[128], error[64];

        snprintf(request, sizeof request, "{\"requestId\":\"a\",\"command\":\"read\",\"dataId\":\"%s\"}",
                 bad[i]);
        snprintf(error, sizeof error, "Invalid dataId: %s", bad[i]);
        expect_error(request, "a", error);
    }
    expect_error("{\"requestId\":\"a\",\"command\":\"read\",\"dataId\":10000}", "a", "Invalid dataId: 10000");
    expect_error("{\"requestId\":\"a\",\"command\":\"read\",\"dataId\":\"0001\\u0030000\"}", "a",
                 "Invalid dataId: 0001\\u0030000");
}
END_TEST

/* IVY-B09, IVY-B10. */
START_TEST(lists_and_groups_are_checked)
{
    expect_error("{\"requestId\":\"a\",\"command\":\"readMultiple\"}", "a", "Missing registers parameter");
    expect_error("{\"requestId\":\"a\",\"command\":\"readMultiple\",\"registers\":[]}", "a",
                 "Missing registers parameter");
    expect_error("{\"requestId\":\"a\",\"command\":\"readMultiple\",\"registers\":\"voltageA\"}", "a",
                 "Missing registers parameter");
    expect_error("{\"requestId\":\"a\",\"command\":\"readMultiple\",\"registers\":[\"x\",\"y\",3]}", "a",
                 "Unknown register: x");
    expect_error("{\"requestId\":\"a\",\"command\":\"readGroup\"}", "a", "Unknown group: none given");
    expect_error("{\"requestId\":\"a\",\"command\":\"readGroup\",\"group\":\"Energy\"}", "a",
                 "Unknown group: Energy");
    expect_error("{\"requestId\":\"a\",\"command\":\"readGroup\",\"group\":5}", "a", "Unknown group: 5");
    expect_error("{\"requestId\":\"a\",\"command\":\"readGroup\",\"group\":{}}", "a",
                 "Unknown group: object");
}
END_TEST

START_TEST(a_list_has_at_most_64_registers)
{
    char text[4096];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_text(&w, "{\"requestId\":\"a\",\"command\":\"readMultiple\",\"registers\":[1");
    for (int i = 1; i < 65; i++)
        wp_put_text(&w, ",\"voltageA\"");
    wp_put_text(&w, "]}");
    expect_error(wp_put_end(&w), "a", "Too many registers");
}
END_TEST

/* IVY-B11: validation comes before the question whether the meter is there. */
START_TEST(validation_comes_first)
{
    rig_close(&r, METER);
    expect_error("{\"requestId\":\"a\",\"command\":\"write\"}", "a", "Unknown command: write");
    expect_error("{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"x\"}", "a", "Unknown register: x");
    expect_error("{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"voltageA\"}", "a",
                 "Meter not connected");
    expect_error("{\"requestId\":\"a\",\"command\":\"readMultiple\",\"registers\":[\"x\",\"voltageA\"]}", "a",
                 "Meter not connected");
}
END_TEST

/* IVY-015, IVY-016, IVY-019. */
START_TEST(the_topic_names_one_meter)
{
    static const char request[] = "{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"voltageA\"}";
    static const char *const topics[] = {
        "ivy/v1/meters/command/request",
        "ivy/v1/meters/000000000001/x/command/request",
        "ivy/v1/meters/00000000001/command/request",
        "ivy/v1/meters/00000000000A/command/request",
        "ivy/v1/meters//command/request",
        "ivy/v1/meters/000000000001/command/request/x",
        "ivy/v1/meters/000000000001/command",
        "ivy/v2/meters/000000000001/command/request",
        "ivy/v1/meter/000000000001/command/request",
    };

    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        rig_message(&r, topics[i], request);
    ck_assert_uint_eq(r.n_published, 0);
    ck_assert_uint_eq(r.n_sent, 0);
    rig_message(&r, "ivy/v1/meters/000000000077/command/request", request);
    ck_assert_str_eq(r.last_topic, "ivy/v1/meters/000000000077/command/response");
    ck_assert(payload_has("Meter not connected"));
}
END_TEST

/* IVY-B30. */
START_TEST(a_retained_request_is_not_executed)
{
    rig_message_with(&r, "ivy/v1/meters/000000000001/command/request",
                     wp_text("{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"voltageA\"}"), true);
    rig_expect(&r, "[     0.000] note request-ignored: retained 1\n");
    ck_assert_uint_eq(r.n_published, 0);
}
END_TEST

/* ---- reading -------------------------------------------------------------------------------------- */

/* IVY-066, IVY-067, IVY-076. */
START_TEST(a_data_id_is_read_like_the_name_it_stands_for)
{
    rig_request(&r, "{\"requestId\":\"req-124\",\"command\":\"read\",\"dataId\":\"00010000\"}");
    rig_expect(&r, "[     0.000] 2> 6801000000000068110433333433B316\n");
    rig_read_reply(&r, METER, 1, 0x00010000, "67452301");
    ck_assert_str_eq(r.last_payload,
                     "{\"requestId\":\"req-124\",\"success\":true,\"timestamp\":1705320000000,\"data\":"
                     "{\"register\":\"totalActiveEnergy\",\"value\":12345.67,\"unit\":\"kWh\"}}");
}
END_TEST

/* IVY-B08: 02800007 = 23.9 by the standard's table (public-index 37828849662, Java AmmeterUtils). */
START_TEST(a_data_id_outside_the_document_is_read)
{
    rig_connect(&r, 2);
    rig_hex(&r, 3, "681111111111116891063334343536572a16");
    rig_message(&r, "ivy/v1/meters/111111111111/command/request",
                "{\"requestId\":\"a\",\"command\":\"read\",\"dataId\":\"02800007\"}");
    rig_hex(&r, 3, "681111111111116891063a33b3356c35c316");
    ck_assert(payload_has("\"data\":{\"register\":\"02800007\",\"value\":23.9,\"unit\":\"degC\"}}"));
    r.n_published = 0;
    rig_message(&r, "ivy/v1/meters/111111111111/command/request",
                "{\"requestId\":\"a\",\"command\":\"read\",\"dataId\":\"0abcdef0\"}");
    rig_read_reply(&r, 3, 0x111111111111, 0x0ABCDEF0, "010203");
    ck_assert(payload_has("\"success\":true"));
    ck_assert(
        payload_has("\"data\":{\"register\":\"0ABCDEF0\",\"value\":null,\"unit\":\"\",\"raw\":\"030201\"}}"));
    ck_assert_uint_eq(r.n_published, 1); /* no telemetry: there is no number */
}
END_TEST

/* IVY-077, IVY-B08: the standard's table knows these formats, but a value is a JSON number or null. */
START_TEST(what_is_no_number_is_answered_by_its_bytes)
{
    static const struct {
        uint32_t di;
        const char *data, *raw;
    } rows[] = {
        {0x04000101, "03240124", "24012403"},         /* a date: Wednesday, 2024-01-24 */
        {0x04000102, "453012", "123045"},             /* a time */
        {0x04000401, "010000000000", "000000000001"}, /* the communication address */
        {0x04000402, "341200000000", "000000001234"}, /* the meter number */
        {0x04000404, "303232000000", "000000323230"}, /* a rated voltage in ASCII */
    };
    char request[96], want[128];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rig_clear(&r);
        snprintf(request, sizeof request, "{\"requestId\":\"a\",\"command\":\"read\",\"dataId\":\"%08X\"}",
                 rows[i].di);
        rig_request(&r, request);
        r.n_published = 0;
        rig_read_reply(&r, METER, 1, rows[i].di, rows[i].data);
        snprintf(want, sizeof want,
                 "\"data\":{\"register\":\"%08X\",\"value\":null,\"unit\":\"\",\"raw\":\"%s\"}}", rows[i].di,
                 rows[i].raw);
        ck_assert_msg(payload_has(want), "%s\n%s", want, r.last_payload);
        ck_assert(payload_has("\"success\":true"));
        ck_assert_uint_eq(r.n_published, 1); /* no telemetry: there is no number */
    }
}
END_TEST

/* IVY-068, IVY-069, IVY-079, IVY-B09: in order, twice when named twice, bad ones among good ones. */
START_TEST(a_list_is_answered_item_by_item)
{
    rig_request(
        &r,
        "{\"requestId\":\"req-125\",\"command\":\"readMultiple\",\"registers\":[\"voltageA\",\"voltageZ\","
        "\"currentA\",\"voltageA\",7]}");
    ck_assert_uint_eq(r.n_sent, 1);
    rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    rig_error_reply(&r, METER, 1, DLT645_READ, DLT645_ERROR_NO_DATA);
    ck_assert_uint_eq(r.n_sent, 3);
    rig_read_reply(&r, METER, 1, 0x02010100, "9822");
    ck_assert_str_eq(r.last_payload,
                     "{\"requestId\":\"req-125\",\"success\":true,\"timestamp\":1705320000000,\"data\":["
                     "{\"register\":\"voltageA\",\"value\":229.7,\"unit\":\"V\"},"
                     "{\"register\":\"voltageZ\",\"error\":\"Unknown register: voltageZ\"},"
                     "{\"register\":\"currentA\",\"error\":\"Meter error: no requested data\"},"
                     "{\"register\":\"voltageA\",\"value\":229.8,\"unit\":\"V\"},"
                     "{\"register\":\"7\",\"error\":\"Unknown register: 7\"}]}");
}
END_TEST

START_TEST(a_list_without_any_value_fails_with_the_first_error)
{
    rig_request(&r, "{\"requestId\":\"a\",\"command\":\"readMultiple\",\"registers\":[\"voltageA\",\"x\"]}");
    rig_error_reply(&r, METER, 1, DLT645_READ, DLT645_ERROR_NO_DATA);
    ck_assert(payload_has(HEAD "Meter error: no requested data\"}"));
    rig_request(&r,
                "{\"requestId\":\"a\",\"command\":\"readMultiple\",\"registers\":[\"x\\n\",\"voltageA\"]}");
    rig_error_reply(&r, METER, 1, DLT645_READ, DLT645_ERROR_NO_DATA);
    ck_assert(payload_has(HEAD "Unknown register: x\\n\"}"));
}
END_TEST

/* IVY-071, IVY-153 to IVY-158: members and order of each group, one telemetry message each. */
START_TEST(groups_have_their_members_in_order)
{
    static const struct {
        const char *group;
        size_t n;
        const char *first, *last;
    } groups[] = {
        {"energy", 4, "totalActiveEnergy", "totalReactiveEnergy"},
        {"power", 6, "totalActivePower", "totalApparentPower"},
        {"voltage", 3, "voltageA", "voltageC"},
        {"current", 3, "currentA", "currentC"},
        {"powerFactor", 4, "totalPowerFactor", "powerFactorC"},
        {"all", 21, "totalActiveEnergy", "frequency"},
    };

    r.show = 0;
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        char request[128], want[64];

        snprintf(request, sizeof request, "{\"requestId\":\"a\",\"command\":\"readGroup\",\"group\":\"%s\"}",
                 groups[g].group);
        rig_clear(&r);
        rig_request(&r, request);
        for (size_t i = 0; i < groups[g].n; i++) {
            struct dlt645_frame f;
            struct dlt645_body body;
            char zeros[16] = "00000000";

            ck_assert_int_eq(dlt645_decode(wp_slice(r.last_sent, r.n_last_sent), &f).status, WP_OK);
            ck_assert(dlt645_body(&f, &body));
            zeros[2 * dlt645_di_find(body.di)->bytes] = 0;
            rig_read_reply(&r, METER, 1, body.di, zeros);
        }
        ck_assert_uint_eq(r.n_sent, groups[g].n);
        snprintf(want, sizeof want, "\"data\":[{\"register\":\"%s\",", groups[g].first);
        ck_assert(payload_has(want));
        snprintf(want, sizeof want, "{\"register\":\"%s\",\"value\":", groups[g].last);
        ck_assert_ptr_nonnull(strstr(r.last_payload, want));
        ck_assert_ptr_null(strchr(strstr(r.last_payload, want) + 1, '{'));
    }
}
END_TEST

/* IVY-B15. */
START_TEST(a_repeated_request_id_is_executed_again)
{
    for (int i = 0; i < 2; i++) {
        rig_request(&r, "{\"requestId\":\"same\",\"command\":\"read\",\"register\":\"voltageA\"}");
        rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    }
    ck_assert_uint_eq(r.n_sent, 2);
    ck_assert_uint_eq(r.n_published, 4);
}
END_TEST

/* ---- texts and sizes ------------------------------------------------------------------------------ */

/* IVY-074, IVY-B33: the same text comes back, escapes and all, in responses of either kind. */
START_TEST(the_request_id_comes_back_as_it_was)
{
    static const char *const ids[] = {"req-1705320000000",
                                      "123e4567-e89b-12d3-a456-426614174000",
                                      "\\u00e4\\ud83d\\ude00\\u0000",
                                      "\xC3\xA4\xF0\x9F\x98\x80",
                                      "\\\"quoted\\\" \\\\ \\/ \\b\\f\\n\\r\\t",
                                      " ",
                                      "null"};

    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char request[256], want[256];

        snprintf(request, sizeof request,
                 "{ \"requestId\" : \"%s\" , \"command\" : \"read\", \"register\" : \"voltageA\" }", ids[i]);
        snprintf(want, sizeof want, "{\"requestId\":\"%s\",\"success\":true,", ids[i]);
        rig_request(&r, request);
        rig_read_reply(&r, METER, 1, 0x02010100, "9722");
        ck_assert_int_eq(strncmp(r.last_payload, want, strlen(want)), 0);
        snprintf(request, sizeof request, "{\"requestId\":\"%s\",\"command\":\"x\"}", ids[i]);
        snprintf(want, sizeof want, "{\"requestId\":\"%s" HEAD "Unknown command: x\"}", ids[i]);
        rig_request(&r, request);
        ck_assert_str_eq(r.last_payload, want);
    }
}
END_TEST

/* Names may be written with escapes; the last of two members counts. */
START_TEST(escapes_in_names_are_understood)
{
    rig_request(&r, "{\"requestId\":\"a\",\"comm\\u0061nd\":\"re\\u0061d\",\"register\":\"voltage\\u0041\"}");
    ck_assert_uint_eq(r.n_sent, 1);
    rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    ck_assert(payload_has("\"data\":{\"register\":\"voltageA\","));
    rig_request(
        &r,
        "{\"requestId\":\"a\",\"requestId\":\"b\",\"command\":\"readGroup\",\"group\":\"volt\\u0061ge\"}");
    ck_assert_uint_eq(r.n_sent, 2);
    r.show = RIG_PUBLISHES;
    rig_close(&r, METER);
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "{\"requestId\":\"b\",\"success\":false,"));
}
END_TEST

static char *big_request(size_t n_id, size_t n_other)
{
    char *text = malloc(n_id + n_other + 256);
    size_t n = (size_t)sprintf(text, "{\"requestId\":\"");

    ck_assert_ptr_nonnull(text);
    memset(text + n, 'i', n_id);
    n += n_id;
    n += (size_t)sprintf(text + n, "\",\"more\":[0");
    for (size_t i = 0; i < n_other / 2; i++)
        n += (size_t)sprintf(text + n, ",0");
    sprintf(text + n, "],\"command\":\"read\",\"register\":\"voltageA\"}");
    return text;
}

/* IVY-B32. */
START_TEST(a_large_request_is_executed)
{
    char *text = big_request(1000, 15000);

    rig_request(&r, text);
    ck_assert_uint_eq(r.n_sent, 1);
    rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    ck_assert_int_eq(strncmp(r.last_payload, text, 14 + 1000 + 1), 0);
    ck_assert(payload_has("\"success\":true"));
    free(text);
    text = big_request(20000, 10000);
    rig_request(&r, text);
    rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    ck_assert_int_eq(strncmp(r.last_payload, text, 14 + 20000 + 1), 0);
    free(text);
}
END_TEST

START_TEST(a_huge_request_is_ignored)
{
    char *text = big_request(1000, 1 << 20);

    rig_request(&r, text);
    rig_expect(&r, "[     0.000] note request-ignored: too long 1\n");
    ck_assert_uint_eq(r.n_published, 0);
    free(text);
}
END_TEST

/* A list of long unknown names: every one is echoed twice. */
START_TEST(long_names_are_echoed_whole)
{
    char *text = malloc(40000);
    size_t n = (size_t)sprintf(
        text, "{\"requestId\":\"a\",\"command\":\"readMultiple\",\"registers\":[\"voltageA\"");

    for (int i = 0; i < 63; i++) {
        n += (size_t)sprintf(text + n, ",\"");
        memset(text + n, 'n', 400);
        n += 400;
        n += (size_t)sprintf(text + n, "\"");
    }
    sprintf(text + n, "]}");
    rig_request(&r, text);
    rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    ck_assert_uint_gt(strlen(r.last_payload), 2 * 63 * 400);
    ck_assert(payload_has("nnn\"}]}"));
    free(text);
}
END_TEST

/* What is under way has a bound, refused by name; long texts have one of their own. */
START_TEST(pending_commands_have_a_bound)
{
    char *text = big_request(2000, 10);

    rig_end(&r);
    rig_start(&r, "polling.enabled", "false", "ivy.max_pending", "10", NULL);
    rig_meter(&r, 1, "000000000001");
    r.show = 0;
    for (int i = 0; i < 10; i++)
        rig_request(&r, "{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"voltageA\"}");
    ck_assert_uint_eq(r.n_published, 0);
    expect_error("{\"requestId\":\"b\",\"command\":\"read\",\"register\":\"voltageA\"}", "b",
                 "Command queue full");
    for (int i = 0; i < 10; i++)
        rig_read_reply(&r, METER, 1, 0x02010100, "9722");
    rig_clear(&r);
    for (int i = 0; i < 9; i++)
        rig_request(&r, text);
    ck_assert_uint_eq(r.n_published, 1);
    ck_assert(payload_has("\"error\":\"Command queue full\"}"));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("north_ivy_command");
    TCase *tc = tcase_create("commands");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_is_no_json_object_is_ignored);
    tcase_add_test(tc, a_request_needs_a_request_id);
    tcase_add_test(tc, a_request_needs_a_command);
    tcase_add_test(tc, an_unknown_register_is_refused);
    tcase_add_test(tc, a_malformed_data_id_is_refused);
    tcase_add_test(tc, lists_and_groups_are_checked);
    tcase_add_test(tc, a_list_has_at_most_64_registers);
    tcase_add_test(tc, validation_comes_first);
    tcase_add_test(tc, the_topic_names_one_meter);
    tcase_add_test(tc, a_retained_request_is_not_executed);
    tcase_add_test(tc, a_data_id_is_read_like_the_name_it_stands_for);
    tcase_add_test(tc, a_data_id_outside_the_document_is_read);
    tcase_add_test(tc, what_is_no_number_is_answered_by_its_bytes);
    tcase_add_test(tc, a_list_is_answered_item_by_item);
    tcase_add_test(tc, a_list_without_any_value_fails_with_the_first_error);
    tcase_add_test(tc, groups_have_their_members_in_order);
    tcase_add_test(tc, a_repeated_request_id_is_executed_again);
    tcase_add_test(tc, the_request_id_comes_back_as_it_was);
    tcase_add_test(tc, escapes_in_names_are_understood);
    tcase_add_test(tc, a_large_request_is_executed);
    tcase_add_test(tc, a_huge_request_is_ignored);
    tcase_add_test(tc, long_names_are_echoed_whole);
    tcase_add_test(tc, pending_commands_have_a_bound);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
