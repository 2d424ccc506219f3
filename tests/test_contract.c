/* Messages held against the contracts: each bad payload fails on exactly the statements that it breaks.
 * The payloads are those that the second validator judges in tests/interop.   covers: contract statements */
#include "harness/contract.h"
#include "harness/home.h"

#include <cjson/cJSON.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static struct contract_set *set;
static struct arena arena;

static void setup(void)
{
    char why[1000];
    struct wp_writer w = wp_writer(why, sizeof why);

    set = contracts_load(home_dir(), &w);
    ck_assert_msg(set != NULL, "%s", wp_put_end(&w));
}

static void teardown(void)
{
    contracts_free(set);
    arena_free(&arena);
}

/* What the messages come to: the verdict on each statement, in a result of the caller's. */
static void judge(struct scenario_result *r, const char *topic, const char *payload, uint8_t qos, bool retain)
{
    struct contract_tally *t = contract_tally_new(set);
    struct wp_record record = {
        .kind = WP_REC_PUBLISH,
        .machine = "gateway",
        .message = {.topic = wp_text(topic), .payload = wp_text(payload), .qos = qos, .retain = retain},
    };

    result_init(r, "message", "-", "virtual");
    contract_take(set, t, &record);
    contract_finish(set, t, r, 0);
    contract_tally_free(t);
}

static enum verdict on(const struct scenario_result *r, const char *id)
{
    enum verdict worst = VERDICT_NONE;

    for (const struct finding *f = r->findings; f; f = f->next)
        for (size_t i = 0; i < f->n_statements; i++)
            if (strcmp(f->statements[i], id) == 0)
                worst = verdict_worst(worst, f->verdict);
    return worst;
}

/* ---- the payload files ------------------------------------------------------------------------------ */

static const struct {
    const char *stem, *topic;
    uint8_t qos;
    bool retain;
} messages[] = {
    {"telemetry", "ivy/v1/meters/000000000001/telemetry", 1, false},
    {"telemetry-dlms", "ivy/v1/meters/000000000000/telemetry", 1, false},
    {"status", "ivy/v1/meters/000000000001/status", 1, true},
    {"event", "ivy/v1/meters/000000000001/events", 1, false},
    {"response-success", "ivy/v1/meters/000000000001/command/response", 1, false},
    {"response-multiple", "ivy/v1/meters/000000000001/command/response", 1, false},
    {"response-error", "ivy/v1/meters/000000000001/command/response", 1, false},
    {"gateway-status", "ivy/v1/gateway/status", 1, true},
    {"gateway-stats", "ivy/v1/gateway/stats", 0, false},
    {"inputs-1", "octolux/inputs/1", 1, false},
    {"inputs-1-text", "octolux/inputs/1", 1, false},
    {"inputs-2", "octolux/inputs/2", 1, false},
    {"inputs-2-text", "octolux/inputs/2", 1, false},
    {"inputs-3", "octolux/inputs/3", 1, false},
    {"inputs-3-text", "octolux/inputs/3", 1, false},
    {"hold", "octolux/hold/65", 1, false},
    {"result", "octolux/result/ac_charge", 1, false},
    {"item", "N/c0619ab12345/pvinverter/20/Ac/Power", 0, false},
    {"item-text", "N/c0619ab12345/settings/0/Settings/LEDs/Enable", 0, false},
    {"left", "N/c0619ab12345/pvinverter/20/Ac/Power", 0, false},
    {"completed", "N/c0619ab12345/full_publish_completed", 0, false},
    {"completed-text", "N/c0619ab12345/full_publish_completed", 0, false},
    {"heartbeat", "N/c0619ab12345/heartbeat", 0, false},
    {"started", "N/c0619ab12345/keepalive", 0, false},
};

/* The value at all but the last token of a JSON pointer; *last is that token. */
static cJSON *holder_of(cJSON *root, const char *pointer, const char **last)
{
    char token[100];

    for (;;) {
        const char *end = strchr(pointer + 1, '/');

        *last = pointer + 1;
        if (!end)
            return root;
        snprintf(token, sizeof token, "%.*s", (int)(end - pointer - 1), pointer + 1);
        root = cJSON_IsArray(root) ? cJSON_GetArrayItem(root, atoi(token))
                                   : cJSON_GetObjectItemCaseSensitive(root, token);
        pointer = end;
    }
}

static void put_at(cJSON *root, const char *pointer, cJSON *value)
{
    const char *last;
    cJSON *holder = holder_of(root, pointer, &last);

    if (cJSON_IsArray(holder) && atoi(last) >= cJSON_GetArraySize(holder))
        cJSON_AddItemToArray(holder, value);
    else if (cJSON_IsArray(holder))
        cJSON_ReplaceItemInArray(holder, atoi(last), value);
    else if (cJSON_HasObjectItem(holder, last))
        cJSON_ReplaceItemInObjectCaseSensitive(holder, last, value);
    else
        cJSON_AddItemToObject(holder, last, value);
}

static cJSON *changed(const cJSON *good, const cJSON *c)
{
    const cJSON *from = cJSON_GetObjectItem(c, "from"), *change;
    cJSON *payload = cJSON_Duplicate(
        cJSON_GetObjectItem(cJSON_GetArrayItem(good, from ? from->valueint : 0), "payload"), true);

    cJSON_ArrayForEach(change, cJSON_GetObjectItem(c, "drop"))
    {
        const char *last;
        cJSON *holder = holder_of(payload, change->valuestring, &last);

        if (cJSON_IsArray(holder))
            cJSON_DeleteItemFromArray(holder, atoi(last));
        else
            cJSON_DeleteItemFromObjectCaseSensitive(holder, last);
    }
    cJSON_ArrayForEach(change, cJSON_GetObjectItem(c, "change"))
    {
        if (change->string[0] == 0) {
            cJSON_Delete(payload);
            payload = cJSON_Duplicate(change, true);
        } else {
            put_at(payload, change->string, cJSON_Duplicate(change, true));
        }
    }
    return payload;
}

static bool lists(const cJSON *list, const char *id)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list) if (strcmp(item->valuestring, id) == 0) return true;
    return false;
}

/* A payload of another meter goes out on that meter's topic. */
static void put_topic(char *topic, size_t cap, const char *usual, const cJSON *payload)
{
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItem(payload, "meterId"));
    const char *level = strstr(usual, "meters/");

    snprintf(topic, cap, "%s", usual);
    if (id && level && strlen(id) == 12 && strspn(id, "0123456789") == 12)
        memcpy(topic + (level - usual) + strlen("meters/"), id, 12);
}

/* The folder of the payloads; only the topics of venus begin with something else. */
static struct wp_slice api_of(const char *topic)
{
    return strncmp(topic, "N/", 2) == 0 ? wp_text("venus") : wp_slice(topic, strcspn(topic, "/"));
}

static void check_case(size_t m, const char *name, const cJSON *payload, const cJSON *c)
{
    struct scenario_result r;
    /* A string is a payload as it is written. */
    char *text = cJSON_IsString(payload) ? strdup(payload->valuestring) : cJSON_PrintUnformatted(payload);
    const cJSON *fails = cJSON_GetObjectItem(c, "fails"), *id;
    const cJSON *change = cJSON_GetObjectItem(c, "change");
    bool other_meter = cJSON_HasObjectItem(change, "/meterId");
    size_t remarks = 0;
    char topic[100];

    put_topic(topic, sizeof topic, messages[m].topic, payload);
    judge(&r, topic, text, messages[m].qos, messages[m].retain);
    cJSON_ArrayForEach(id, fails)
        ck_assert_msg(on(&r, id->valuestring) == VERDICT_FAIL, "%s, %s: %s is not failed by %s",
                      messages[m].stem, name, id->valuestring, text);
    for (const struct finding *f = r.findings; f; f = f->next) {
        remarks += f->undocumented;
        for (size_t i = 0; f->verdict == VERDICT_FAIL && i < f->n_statements; i++)
            ck_assert_msg(lists(fails, f->statements[i]) || other_meter, "%s, %s: %s fails too: %s",
                          messages[m].stem, name, f->statements[i], f->text);
    }
    if (cJSON_GetObjectItem(c, "remarks"))
        ck_assert_msg(remarks > 0, "%s, %s: nothing undocumented in %s", messages[m].stem, name, text);
    if (!c)
        ck_assert_msg(remarks == 0, "%s, %s: a good payload is remarked on: %s", messages[m].stem, name,
                      text);
    free(text);
    result_free(&r);
}

START_TEST(each_payload_fails_on_what_it_breaks)
{
    size_t m = (size_t)_i;
    char why[200];
    struct wp_writer w = wp_writer(why, sizeof why);
    char *path = arena_print(&arena, "%s/tests/interop/payloads/%.*s/%s.json", home_dir(),
                             WP_FMT(api_of(messages[m].topic)), messages[m].stem);
    struct wp_slice text = file_read(&arena, path, &w);
    cJSON *file = cJSON_ParseWithLength((const char *)text.p, text.n);
    const cJSON *good, *c;

    ck_assert_msg(file != NULL, "%s cannot be read", path);
    good = cJSON_GetObjectItem(file, "good");
    cJSON_ArrayForEach(c, good)
        check_case(m, cJSON_GetObjectItem(c, "case")->valuestring, cJSON_GetObjectItem(c, "payload"), NULL);
    cJSON_ArrayForEach(c, cJSON_GetObjectItem(file, "bad"))
    {
        cJSON *payload = changed(good, c);

        check_case(m, cJSON_GetObjectItem(c, "case")->valuestring, payload, c);
        cJSON_Delete(payload);
    }
    cJSON_Delete(file);
}
END_TEST

/* ---- rules beside the schemas ----------------------------------------------------------------------- */

static const char status[] =
    "{\"meterId\":\"000000000001\",\"online\":true,\"timestamp\":1705320000000,\"ip\":\"127.0.2.1\"}";

START_TEST(topic_level_and_payload_name_the_same_meter)
{
    struct scenario_result r;

    judge(&r, "ivy/v1/meters/000000000002/status", status, 1, true);
    ck_assert_int_eq(on(&r, "IVY-039"), VERDICT_FAIL);
    ck_assert_int_eq(on(&r, "IVY-019"), VERDICT_PASS);
    result_free(&r);
    judge(&r, "ivy/v1/meters/00000000000A/status", status, 1, true);
    ck_assert_int_eq(on(&r, "IVY-019"), VERDICT_FAIL);
    result_free(&r);
}
END_TEST

START_TEST(delivery_is_part_of_the_contract)
{
    struct scenario_result r;

    judge(&r, "ivy/v1/meters/000000000001/status", status, 1, false);
    ck_assert_int_eq(on(&r, "IVY-B30"), VERDICT_FAIL);
    ck_assert_int_eq(on(&r, "IVY-038"), VERDICT_PASS);
    result_free(&r);
}
END_TEST

/* A message of which its observer did not see everything: nothing is decided by what it did not see. */
static void judge_from_afar(struct scenario_result *r, const char *topic, uint8_t qos, uint8_t unseen)
{
    struct contract_tally *t = contract_tally_new(set);
    struct wp_record record = {
        .kind = WP_REC_PUBLISH,
        .machine = "sut",
        .message = {.topic = wp_text(topic), .payload = wp_text(status), .qos = qos, .unseen = unseen},
    };

    result_init(r, "message", "-", "live");
    contract_take(set, t, &record);
    contract_finish(set, t, r, 0);
    contract_tally_free(t);
}

START_TEST(what_was_not_seen_decides_nothing)
{
    static const char good[] = "ivy/v1/meters/000000000001/status";
    struct scenario_result r;

    judge_from_afar(&r, good, 1, WP_UNSEEN_RETAIN);
    ck_assert_int_eq(on(&r, "IVY-B30"), VERDICT_INCONC);
    ck_assert_int_eq(on(&r, "IVY-038"), VERDICT_PASS);
    result_free(&r);
    judge_from_afar(&r, good, 2, WP_UNSEEN_RETAIN);
    ck_assert_int_eq(on(&r, "IVY-B30"), VERDICT_FAIL);
    result_free(&r);
    judge_from_afar(&r, "ivy/v1/meters/000000000001/command/request", 1, WP_UNSEEN_SENDER);
    ck_assert_int_eq(on(&r, "IVY-011"), VERDICT_INCONC);
    result_free(&r);
    judge_from_afar(&r, "ivy/v1/elsewhere", 1, WP_UNSEEN_SENDER);
    ck_assert_int_eq(on(&r, "IVY-001"), VERDICT_INCONC);
    ck_assert_int_eq(result_verdict(&r, true), VERDICT_FAIL); /* the topic is still undocumented */
    result_free(&r);
}
END_TEST

START_TEST(what_is_not_json_is_said_so)
{
    struct scenario_result r;

    judge(&r, "ivy/v1/meters/000000000001/telemetry", "{\"meterId\":", 1, false);
    ck_assert_int_eq(on(&r, "IVY-024"), VERDICT_FAIL);
    result_free(&r);
}
END_TEST

START_TEST(topics_of_nobody_are_undocumented)
{
    struct scenario_result r;

    judge(&r, "ivy/v1/meters/000000000001/firmware", "{}", 0, false);
    ck_assert_int_eq(on(&r, "IVY-001"), VERDICT_FAIL);
    result_free(&r);
    judge(&r, "elsewhere", "{}", 0, false);
    ck_assert_int_eq(result_verdict(&r, false), VERDICT_NONE);
    ck_assert_int_eq(result_verdict(&r, true), VERDICT_FAIL);
    result_free(&r);
}
END_TEST

START_TEST(the_gateway_never_commands)
{
    struct scenario_result r;

    judge(&r, "ivy/v1/meters/000000000001/command/request",
          "{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"voltageA\"}", 1, false);
    ck_assert_int_eq(on(&r, "IVY-011"), VERDICT_FAIL);
    result_free(&r);
}
END_TEST

/* ---- several inverters, each with a first level of its own ------------------------------------------ */

START_TEST(another_prefix_is_held_against_the_same_contract)
{
    struct scenario_result r;

    judge(&r, "garage/hold/65", "050", 1, false);
    ck_assert_int_eq(on(&r, "OCT-148"), VERDICT_FAIL);
    ck_assert_int_eq(on(&r, "OCT-B01"), VERDICT_PASS);
    result_free(&r);
    judge(&r, "garage/hold/065", "50", 0, false);
    ck_assert_int_eq(on(&r, "OCT-148"), VERDICT_FAIL);
    ck_assert_int_eq(on(&r, "OCT-B01"), VERDICT_FAIL);
    result_free(&r);
}
END_TEST

START_TEST(the_documents_own_prefix_is_closed)
{
    struct scenario_result r;

    judge(&r, "octolux/status", "{}", 1, false);
    ck_assert_int_eq(on(&r, "OCT-B01"), VERDICT_FAIL);
    result_free(&r);
    judge(&r, "garage/status", "{}", 1, false);
    ck_assert_int_eq(result_verdict(&r, false), VERDICT_NONE);
    result_free(&r);
    judge(&r, "ivy/hold/65", "50", 1, false); /* below another document's */
    ck_assert_int_eq(on(&r, "OCT-148"), VERDICT_NONE);
    ck_assert_int_eq(on(&r, "IVY-001"), VERDICT_FAIL);
    result_free(&r);
    judge(&r, "octolux/cmd/ac_charge", "on", 1, false);
    ck_assert_int_eq(on(&r, "OCT-B01"), VERDICT_FAIL);
    result_free(&r);
}
END_TEST

START_TEST(results_are_named_as_the_commands)
{
    struct scenario_result r;

    judge(&r, "octolux/result/ac_charge", "OK", 1, false);
    ck_assert_int_eq(on(&r, "OCT-136"), VERDICT_PASS);
    result_free(&r);
    judge(&r, "octolux/result/21", "OK", 1, false);
    ck_assert_int_eq(on(&r, "OCT-136"), VERDICT_FAIL);
    result_free(&r);
}
END_TEST

/* ---- topics of several parameters, of which the last has any number of levels ----------------------- */

#define PORTAL "c0619ab12345"

static enum verdict verdict_of(const char *id, const char *topic, const char *payload)
{
    struct scenario_result r;
    enum verdict v;

    judge(&r, topic, payload, 0, false);
    v = on(&r, id);
    result_free(&r);
    return v;
}

START_TEST(each_parameter_has_a_level_of_its_own)
{
    static const char power[] = "{\"value\":936}";

    ck_assert_int_eq(verdict_of("VEN-017", "N/" PORTAL "/pvinverter/20/Ac/Power", power), VERDICT_PASS);
    ck_assert_int_eq(verdict_of("VEN-018", "N/" PORTAL "/pvinverter/20/Ac/Power", power), VERDICT_PASS);
    ck_assert_int_eq(verdict_of("VEN-018", "N/C0619AB12345/pvinverter/20/Ac/Power", power), VERDICT_FAIL);
    ck_assert_int_eq(verdict_of("VEN-018", "N/c0619ab1234/pvinverter/20/Ac/Power", power), VERDICT_FAIL);
    ck_assert_int_eq(verdict_of("VEN-020", "N/" PORTAL "/pvinverter.x/20/Ac/Power", power), VERDICT_FAIL);
    ck_assert_int_eq(verdict_of("VEN-020", "N/" PORTAL "//20/Ac/Power", power), VERDICT_FAIL);
    ck_assert_int_eq(verdict_of("VEN-022", "N/" PORTAL "/pvinverter/-3/Ac/Power", power), VERDICT_PASS);
    ck_assert_int_eq(verdict_of("VEN-022", "N/" PORTAL "/pvinverter/abc_1/Ac/Power", power), VERDICT_PASS);
    ck_assert_int_eq(verdict_of("VEN-022", "N/" PORTAL "/pvinverter/020/Ac/Power", power), VERDICT_FAIL);
    ck_assert_int_eq(verdict_of("VEN-022", "N/" PORTAL "/pvinverter//Ac/Power", power), VERDICT_FAIL);
}
END_TEST

START_TEST(the_rest_of_a_topic_is_one_path)
{
    static const char power[] = "{\"value\":936}";

    ck_assert_int_eq(verdict_of("VEN-017", "N/" PORTAL "/pvinverter/20/Power", power), VERDICT_PASS);
    ck_assert_int_eq(verdict_of("VEN-017", "N/" PORTAL "/system/0/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", power),
                     VERDICT_PASS);
    ck_assert_int_eq(verdict_of("VEN-017", "N/" PORTAL "/pvinverter/20/Ac//Power", power), VERDICT_FAIL);
    ck_assert_int_eq(verdict_of("VEN-017", "N/" PORTAL "/pvinverter/20//Ac/Power", power), VERDICT_FAIL);
    ck_assert_int_eq(verdict_of("VEN-017", "N/" PORTAL "/pvinverter/20/Ac/", power), VERDICT_FAIL);
    ck_assert_int_eq(verdict_of("VEN-017", "N/" PORTAL "/pvinverter/20/Ac-In", power), VERDICT_FAIL);
    ck_assert_int_eq(verdict_of("VEN-017", "N/" PORTAL "/pvinverter/20/a\"b", power), VERDICT_FAIL);
    ck_assert_int_eq(verdict_of("VEN-017", "N/" PORTAL "/pvinverter/20", power), VERDICT_FAIL);
    ck_assert_int_eq(verdict_of("VEN-017", "N/" PORTAL "/status", power), VERDICT_FAIL);
}
END_TEST

START_TEST(a_device_that_left_is_told_without_bytes)
{
    static const char power[] = "N/" PORTAL "/pvinverter/20/Ac/Power";
    struct scenario_result r;

    ck_assert_int_eq(verdict_of("VEN-038", power, ""), VERDICT_PASS);
    ck_assert_int_eq(verdict_of("VEN-024", power, ""), VERDICT_NONE);
    ck_assert_int_eq(verdict_of("VEN-038", power, "{\"value\":null}"), VERDICT_NONE);
    ck_assert_int_eq(verdict_of("VEN-024", power, " "), VERDICT_FAIL);
    ck_assert_int_eq(verdict_of("VEN-024", "N/" PORTAL "/system/0/Serial", ""), VERDICT_FAIL);
    ck_assert_int_eq(verdict_of("VEN-085", "N/" PORTAL "/full_publish_completed", ""), VERDICT_FAIL);
    ck_assert_int_eq(
        verdict_of("VEN-085", "N/" PORTAL "/full_publish_completed", "{\"value\":1702459522000}"),
        VERDICT_FAIL);
    judge(&r, power, "", 0, true);
    ck_assert_int_eq(on(&r, "VEN-B36"), VERDICT_FAIL);
    result_free(&r);
}
END_TEST

START_TEST(only_the_portal_id_may_be_retained)
{
    static const char serial[] = "N/" PORTAL "/system/0/Serial", id[] = "{\"value\":\"" PORTAL "\"}";
    struct scenario_result r;

    for (int retain = 0; retain < 2; retain++) {
        judge(&r, serial, id, 0, retain);
        ck_assert_int_eq(on(&r, "VEN-B36"), VERDICT_PASS);
        ck_assert_int_eq(on(&r, "VEN-018"), VERDICT_PASS);
        result_free(&r);
    }
    judge(&r, serial, id, 1, true);
    ck_assert_int_eq(on(&r, "VEN-B36"), VERDICT_FAIL);
    result_free(&r);
    judge(&r, serial, "{\"value\":\"000000000000\"}", 0, false);
    ck_assert_int_eq(on(&r, "VEN-018"), VERDICT_FAIL);
    result_free(&r);
    judge(&r, "N/" PORTAL "/platform/0/Device/UniqueId", id, 0, true);
    ck_assert_int_eq(on(&r, "VEN-B36"), VERDICT_FAIL);
    result_free(&r);
}
END_TEST

START_TEST(requests_are_the_clients)
{
    static const char read[] = "R/" PORTAL "/solarcharger/279/Dc",
                      write[] = "W/" PORTAL "/hub4/0/AcPowerSetpoint";

    ck_assert_int_eq(contract_way(set, NULL, wp_text(read)), CONTRACT_RECEIVED);
    ck_assert_int_eq(contract_way(set, NULL, wp_text("R/" PORTAL "/solarcharger/279/")), CONTRACT_RECEIVED);
    ck_assert_int_eq(contract_way(set, NULL, wp_text("R/" PORTAL "/keepalive")), CONTRACT_RECEIVED);
    ck_assert_int_eq(contract_way(set, NULL, wp_text("R/" PORTAL "/system/0/Serial")), CONTRACT_RECEIVED);
    ck_assert_int_eq(contract_way(set, NULL, wp_text(write)), CONTRACT_RECEIVED);
    ck_assert_int_eq(contract_way(set, NULL, wp_text("N/" PORTAL "/heartbeat")), CONTRACT_SENT);
    ck_assert_int_eq(contract_way(set, NULL, wp_text("R/" PORTAL "/solarcharger")), CONTRACT_UNDOCUMENTED);
    ck_assert_int_eq(contract_way(set, NULL, wp_text("W/" PORTAL)), CONTRACT_UNDOCUMENTED);
    ck_assert_int_eq(contract_way(set, NULL, wp_text("P/" PORTAL "/in/x")), CONTRACT_NOBODYS);
    ck_assert_int_eq(contract_way(set, NULL, wp_text("Nothing/" PORTAL)), CONTRACT_NOBODYS);
    ck_assert_int_eq(verdict_of("VEN-066", read, ""), VERDICT_FAIL);
    ck_assert_int_eq(verdict_of("VEN-017", write, "{\"value\":-100}"), VERDICT_FAIL);
}
END_TEST

static size_t remarks_on_request(const char *topic, const char *payload)
{
    struct contract_tally *t = contract_tally_new(set);
    struct wp_record record = {
        .kind = WP_REC_PUBLISH,
        .machine = "client",
        .message = {.topic = wp_text(topic), .payload = wp_text(payload)},
    };
    struct scenario_result r;
    size_t n = 0;

    result_init(&r, "message", "-", "virtual");
    contract_take_request(set, t, &record);
    contract_finish(set, t, &r, 0);
    for (const struct finding *f = r.findings; f; f = f->next)
        n += f->undocumented;
    result_free(&r);
    contract_tally_free(t);
    return n;
}

START_TEST(a_clients_requests_are_judged)
{
    static const char keepalive[] = "R/" PORTAL "/keepalive", write[] = "W/" PORTAL "/vebus/257/Mode";

    ck_assert_uint_eq(remarks_on_request(keepalive, ""), 0);
    ck_assert_uint_eq(remarks_on_request(keepalive, "{ \"keepalive-options\" : [\"suppress-republish\"] }"),
                      0);
    ck_assert_uint_eq(remarks_on_request(keepalive, "{\"keepalive-options\":[\"suppress\"]}"), 1);
    ck_assert_uint_eq(remarks_on_request("R/" PORTAL "/vebus/257/Mode", "whatever"), 0);
    ck_assert_uint_eq(remarks_on_request("R/" PORTAL "/vebus/257/", ""), 0);
    ck_assert_uint_eq(remarks_on_request(write, "{\"value\":3}"), 0);
    ck_assert_uint_eq(remarks_on_request(write, "{\"Value\":3}"), 1);
    ck_assert_uint_eq(remarks_on_request("N/" PORTAL "/vebus/257/Mode", "{\"value\":3}"), 1);
}
END_TEST

/* Payloads of 64 KiB and arrays of 10 000 numbers are judged as small ones are. */
START_TEST(big_payloads_are_judged)
{
    enum { N = 10000 };
    static char text[70000 + N * 4];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_text(&w, "{\"value\":[0");
    for (int i = 1; i < N; i++)
        wp_put_text(&w, ",\"a\"");
    wp_put_text(&w, "]}");
    ck_assert_int_eq(verdict_of("VEN-024", "N/" PORTAL "/system/0/Big", wp_put_end(&w)), VERDICT_PASS);
    text[w.n - 3] = ' ';
    ck_assert_int_eq(verdict_of("VEN-024", "N/" PORTAL "/system/0/Big", text), VERDICT_FAIL);
    w = wp_writer(text, sizeof text);
    wp_put_text(&w, "{\"value\":\"");
    for (int i = 0; i < 65536; i++)
        wp_put_char(&w, '\'');
    wp_put_text(&w, "\"}");
    ck_assert_int_eq(verdict_of("VEN-024", "N/" PORTAL "/system/0/Big", wp_put_end(&w)), VERDICT_PASS);
}
END_TEST

/* ---- documents that are written wrongly ------------------------------------------------------------- */

/* Loads a document whose one channel has this address and these parameters; `why` has the sentence. */
static void load_document(const char *address, const char *parameters, struct wp_writer *why)
{
    char home[] = "/tmp/wattproof-contract-XXXXXX", path[200];
    const char *const folders[] = {"harness", "harness/contracts", "harness/contracts/odd"};
    struct contract_set *loaded;
    FILE *out;

    ck_assert_ptr_nonnull(mkdtemp(home));
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", home, folders[i]);
        ck_assert_int_eq(mkdir(path, 0700), 0);
    }
    snprintf(path, sizeof path, "%s/harness/contracts/odd/asyncapi.yaml", home);
    out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    fprintf(out, "channels:\n  c:\n    address: %s\n    parameters: %s\n    messages:\n      m: {}\n",
            address, parameters);
    fclose(out);
    loaded = contracts_load(home, why);
    ck_assert_ptr_null(loaded);
    remove(path);
    for (size_t i = sizeof folders / sizeof folders[0]; i-- > 0;) {
        snprintf(path, sizeof path, "%s/%s", home, folders[i]);
        remove(path);
    }
    remove(home);
}

static const struct {
    const char *address, *parameters, *sentence;
} odd_documents[] = {
    {"a/{b}", "{}", "asyncapi.yaml:3:5: each {parameter} of the address stands under parameters"},
    {"a/{b", "{b: {}}", "each {parameter} of the address stands under parameters"},
    {"a/{b}/{b}", "{b: {}}", "each {parameter} of the address stands under parameters"},
    {"a/{b}", "{b: {$ref: '#/components/parameters/b'}}",
     "each {parameter} of the address stands under parameters"},
    {"a/{b}/c", "{b: {x-rest: true}}", "x-rest is for the last level of an address"},
    {"a/{b}", "{b: {x-rest: true}}", "a message has payload: {schemaFormat, schema}"}, /* so far it is well */
};

START_TEST(an_address_and_its_parameters_agree)
{
    char why[500];
    struct wp_writer w = wp_writer(why, sizeof why);

    load_document(odd_documents[_i].address, odd_documents[_i].parameters, &w);
    ck_assert_msg(strstr(wp_put_end(&w), odd_documents[_i].sentence) != NULL, "%s: %s",
                  odd_documents[_i].address, why);
}
END_TEST

/* ---- payloads of a real system ---------------------------------------------------------------------- */

/* What the text of a recorded message is held against: no statement may fail, and nothing may be undocumented. */
static void check_recorded(const cJSON *recorded)
{
    const char *topic = cJSON_GetStringValue(cJSON_GetObjectItem(recorded, "topic")),
               *payload = cJSON_GetStringValue(cJSON_GetObjectItem(recorded, "payload")),
               *kind = cJSON_GetStringValue(cJSON_GetObjectItem(recorded, "kind"));
    bool is_stored = strcmp(kind, "retained-before-any-keepalive") == 0;
    struct scenario_result r;

    judge(&r, topic, payload, 0, is_stored);
    for (const struct finding *f = r.findings; f; f = f->next)
        ck_assert_msg(f->verdict == VERDICT_PASS, "%s %s: %s", topic, payload, f->text);
    ck_assert_ptr_nonnull(r.findings);
    result_free(&r);
}

START_TEST(recorded_payloads_obey)
{
    const char *folder = getenv("WATTPROOF_TESTDATA");
    char why[200];
    struct wp_writer w = wp_writer(why, sizeof why);
    struct wp_slice text;
    const cJSON *recorded;
    cJSON *list;

    text = file_read(
        &arena, arena_print(&arena, "%s/vectors/venus-recordings.json", folder ? folder : "../shared"), &w);
    if (!text.p) {
        printf("skipped: no test data: %s\n", wp_put_end(&w));
        return;
    }
    list = cJSON_ParseWithLength((const char *)text.p, text.n);
    ck_assert_int_eq(cJSON_GetArraySize(list), 1469);
    cJSON_ArrayForEach(recorded, list) check_recorded(recorded);
    cJSON_Delete(list);
}
END_TEST

START_TEST(values_in_topics_name_nobody)
{
    struct wp_slice level;

    ck_assert(contract_topic_parameter(set, wp_text("ivy/v1/meters/000000000001/status"), &level));
    ck_assert(wp_slice_is(level, "000000000001"));
    ck_assert(!contract_topic_parameter(set, wp_text("octolux/hold/65"), &level));
    ck_assert(!contract_topic_parameter(set, wp_text("octolux/inputs/1"), &level));
    ck_assert(contract_topic_parameter(set, wp_text("W/" PORTAL "/hub4/0/AcPowerSetpoint"), &level));
    ck_assert(wp_slice_is(level, PORTAL));
    ck_assert(contract_owns(set, "octolux", wp_text("garage/inputs/1")));
    ck_assert(!contract_owns(set, "octolux", wp_text("garage/inputs/4")));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("contract");
    TCase *t = tcase_create("contract");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, each_payload_fails_on_what_it_breaks, 0,
                        (int)(sizeof messages / sizeof messages[0]));
    tcase_add_test(t, topic_level_and_payload_name_the_same_meter);
    tcase_add_test(t, delivery_is_part_of_the_contract);
    tcase_add_test(t, what_was_not_seen_decides_nothing);
    tcase_add_test(t, what_is_not_json_is_said_so);
    tcase_add_test(t, topics_of_nobody_are_undocumented);
    tcase_add_test(t, the_gateway_never_commands);
    tcase_add_test(t, another_prefix_is_held_against_the_same_contract);
    tcase_add_test(t, the_documents_own_prefix_is_closed);
    tcase_add_test(t, results_are_named_as_the_commands);
    tcase_add_test(t, each_parameter_has_a_level_of_its_own);
    tcase_add_test(t, the_rest_of_a_topic_is_one_path);
    tcase_add_test(t, a_device_that_left_is_told_without_bytes);
    tcase_add_test(t, only_the_portal_id_may_be_retained);
    tcase_add_test(t, requests_are_the_clients);
    tcase_add_test(t, a_clients_requests_are_judged);
    tcase_add_test(t, big_payloads_are_judged);
    tcase_add_loop_test(t, an_address_and_its_parameters_agree, 0,
                        (int)(sizeof odd_documents / sizeof odd_documents[0]));
    tcase_add_test(t, recorded_payloads_obey);
    tcase_add_test(t, values_in_topics_name_nobody);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
