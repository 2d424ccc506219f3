/* What a gateway may do wrong with the IVY API, whatever meters it has. */
#include "tests/deviant/bend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_success(const struct message *m)
{
    return cJSON_IsTrue(message_member(m, "success"));
}

/* ---- telemetry -------------------------------------------------------------------------------------- */

static void value_as_text(struct message *m)
{
    number_as_text(m->json, "value");
}

/* A number that went through binary arithmetic. */
static void float_noise(struct message *m)
{
    const cJSON *v = message_member(m, "value");
    char text[40];

    if (!cJSON_IsNumber(v) || v->valuedouble == 0)
        return;
    snprintf(text, sizeof text, "%.17g", v->valuedouble * (1 + 4e-16));
    message_put(m, "value", cJSON_CreateRaw(text));
}

/* Always what was read first. */
static void stale_value(struct message *m)
{
    const cJSON *v = message_member(m, "value");

    if (!cJSON_IsNumber(v))
        return;
    if (!m->memory->first)
        m->memory->first = cJSON_Duplicate(v, true);
    else
        message_put(m, "value", cJSON_CreateNumber(m->memory->first->valuedouble * 2 + 1));
}

static void raw_with_prefix(struct message *m)
{
    const cJSON *raw = message_member(m, "raw");
    char text[100];

    if (!cJSON_IsString(raw))
        return;
    snprintf(text, sizeof text, "0x%s", raw->valuestring);
    message_put(m, "raw", cJSON_CreateString(text));
}

static void raw_as_on_the_wire(struct message *m)
{
    const cJSON *raw = message_member(m, "raw");
    char text[100];
    size_t n;

    if (!cJSON_IsString(raw) || strlen(raw->valuestring) >= sizeof text)
        return;
    n = strlen(raw->valuestring);
    for (size_t i = 0; i + 1 < n; i += 2)
        memcpy(text + n - 2 - i, raw->valuestring + i, 2);
    text[n] = 0;
    message_put(m, "raw", cJSON_CreateString(text));
}

static void meter_id_as_number(struct message *m)
{
    const cJSON *id = message_member(m, "meterId");

    if (cJSON_IsString(id))
        message_put(m, "meterId", cJSON_CreateNumber(strtod(id->valuestring, NULL)));
}

static void extra_member(struct message *m)
{
    cJSON_AddNumberToObject(m->json, "rssi", -67);
}

static void broken_json(struct message *m)
{
    char *text = cJSON_PrintUnformatted(m->json);
    size_t n = text ? strlen(text) : 0;

    if (n > 0)
        text[n - 1] = ','; /* a comma in place of the last brace */
    m->text = text;
}

static void leaf_with_capital(struct message *m)
{
    char *leaf = strrchr(m->topic, '/');

    if (leaf && leaf[1] >= 'a' && leaf[1] <= 'z')
        leaf[1] = (char)(leaf[1] - 'a' + 'A');
}

/* ---- responses -------------------------------------------------------------------------------------- */

static void success_as_text(struct message *m)
{
    message_put(m, "success", cJSON_CreateString(is_success(m) ? "true" : "false"));
}

static void success_with_error(struct message *m)
{
    if (is_success(m))
        cJSON_AddStringToObject(m->json, "error", "");
}

static void silent_on_errors(struct message *m)
{
    if (!is_success(m))
        bend_to_never(m);
}

static void error_as_object(struct message *m)
{
    const cJSON *error = message_member(m, "error");
    cJSON *object = cJSON_IsString(error) ? cJSON_CreateObject() : NULL;

    if (!object)
        return;
    cJSON_AddStringToObject(object, "message", error->valuestring);
    message_put(m, "error", object);
}

/* ---- status, the gateway itself --------------------------------------------------------------------- */

static void online_as_number(struct message *m)
{
    message_put(m, "online", cJSON_CreateNumber(cJSON_IsTrue(message_member(m, "online"))));
}

static void connected_above_total(struct message *m)
{
    cJSON *total = message_member(m, "meters.total");

    if (cJSON_IsNumber(total))
        cJSON_SetNumberValue(total, 0);
}

/* ---- the table -------------------------------------------------------------------------------------- */

#define TELEMETRY "telemetry"
#define RESPONSE  "command/response"

static const struct deviation rows[] = {
    {"none", "nothing is changed: what a relay alone does to the verdicts", "", .bend = bend_nothing},
    {"telemetry-renamed", "value is called val", TELEMETRY, .bend = bend_name, "value", "val"},
    {"telemetry-no-unit", "the unit is missing", TELEMETRY, .bend = bend_to_missing, "unit"},
    {"telemetry-wrong-unit", "Wh for everything", TELEMETRY, .bend = bend_member, "unit", "Wh"},
    {"telemetry-seconds", "timestamp in seconds", TELEMETRY, .bend = bend_to_whole, "timestamp", .by = 1000},
    {"telemetry-local-time", "timestamp in the local time of UTC+8", TELEMETRY, .bend = bend_to_sum,
     "timestamp", .by = 8.0 * 3600 * 1000},
    {"telemetry-text", "the value is a text", TELEMETRY, .bend = value_as_text},
    {"telemetry-float", "the value shows that it was computed in binary", TELEMETRY, .bend = float_noise},
    {"telemetry-unscaled", "a hundred times the value", TELEMETRY, .bend = bend_to_multiple, "value",
     .by = 100},
    {"telemetry-stale", "values are not those that were read", TELEMETRY, .bend = stale_value},
    {"telemetry-no-raw", "raw is missing", TELEMETRY, .bend = bend_to_missing, "raw"},
    {"telemetry-raw-prefix", "raw begins with 0x", TELEMETRY, .bend = raw_with_prefix},
    {"telemetry-raw-order", "raw in the order of the wire", TELEMETRY, .bend = raw_as_on_the_wire},
    {"telemetry-snake-case", "total_active_energy", TELEMETRY, .bend = bend_member, "register.name",
     "total_active_energy"},
    {"telemetry-id-reversed", "the data identifier in the order of the wire", TELEMETRY, .bend = bend_member,
     "register.id", "00000100"},
    {"telemetry-no-description", "the register has no description", TELEMETRY, .bend = bend_to_missing,
     "register.description"},
    {"telemetry-id-number", "meterId is a number", TELEMETRY, .bend = meter_id_as_number},
    {"telemetry-other-meter", "meterId is another one than the topic's", TELEMETRY, .bend = bend_member,
     "meterId", "999999999998"},
    {"telemetry-extra", "a member that the document does not know", TELEMETRY, .bend = extra_member},
    {"telemetry-broken", "no JSON", TELEMETRY, .bend = broken_json},
    {"telemetry-retained", "published with the retain flag", TELEMETRY, .bend = bend_to_retained},
    {"telemetry-qos-0", "published with QoS 0", TELEMETRY, .bend = bend_qos, .by = 0},
    {"telemetry-twice", "each message twice", TELEMETRY, .bend = bend_to_twice},
    {"telemetry-never", "no telemetry at all", TELEMETRY, .bend = bend_to_never},
    {"telemetry-late", "2.5 s late", TELEMETRY, .bend = bend_to_late, .by = 2500},
    {"telemetry-other-case", "on .../Telemetry", TELEMETRY, .bend = leaf_with_capital},
    {"telemetry-other-topic", "also on a topic of its own", TELEMETRY, .bend = bend_to_also,
     .with = "ivy/v1/debug/last"},
    {"response-renamed", "another requestId", RESPONSE, .bend = bend_member, "requestId", "0"},
    {"response-twice", "each response twice", RESPONSE, .bend = bend_to_twice},
    {"response-text", "success is a text", RESPONSE, .bend = success_as_text},
    {"response-with-error", "an empty error beside success", RESPONSE, .bend = success_with_error},
    {"response-silent", "errors are never answered", RESPONSE, .bend = silent_on_errors},
    {"response-error-text", "another text than the document's", RESPONSE, .bend = bend_member, "error",
     "Meter is offline"},
    {"response-error-object", "the error is an object", RESPONSE, .bend = error_as_object},
    {"response-no-unit", "data has no unit", RESPONSE, .bend = bend_to_missing, "data.unit"},
    {"response-rounded", "data has a whole number", RESPONSE, .bend = bend_to_whole, "data.value", .by = 1},
    {"response-seconds", "timestamp in seconds", RESPONSE, .bend = bend_to_whole, "timestamp", .by = 1000},
    {"response-retained", "published with the retain flag", RESPONSE, .bend = bend_to_retained},
    {"status-not-retained", "published without the retain flag", "status", .bend = bend_to_not_retained},
    {"status-number", "online is 1 or 0", "status", .bend = online_as_number},
    {"status-port", "ip with a port", "status", .bend = bend_member, "ip", "127.0.2.1:8899"},
    {"status-no-ip", "ip is missing", "status", .bend = bend_to_missing, "ip"},
    {"status-never", "no status at all", "status", .bend = bend_to_never},
    {"status-twice", "each message twice", "status", .bend = bend_to_twice},
    {"event-type", "type ALARM", "events", .bend = bend_member, "type", "ALARM"},
    {"event-threshold", "the threshold is a text", "events", .bend = bend_member, "data.threshold", "240"},
    {"event-no-data", "data is missing", "events", .bend = bend_to_missing, "data"},
    {"event-message", "another text than the document's", "events", .bend = bend_member, "message",
     "U > Umax"},
    {"event-twice", "each event twice", "events", .bend = bend_to_twice},
    {"gateway-running", "status running", "gateway/status", .bend = bend_member, "status", "running"},
    {"gateway-uptime", "uptime in seconds", "gateway/status", .bend = bend_to_whole, "uptime", .by = 1000},
    {"gateway-no-version", "the version is missing", "gateway/status", .bend = bend_to_missing, "version"},
    {"gateway-not-retained", "published without the retain flag", "gateway/status",
     .bend = bend_to_not_retained},
    {"stats-seconds", "polling.interval in seconds", "gateway/stats", .bend = bend_to_multiple,
     "polling.interval", .by = 0.001},
    {"stats-total", "more meters connected than there are", "gateway/stats", .bend = connected_above_total},
    {"stats-retained", "published with the retain flag", "gateway/stats", .bend = bend_to_retained},
    {"no-will", "the login announces no last will", "", .bend = bend_nothing, .will = WILL_NONE},
    {"will-not-retained", "the last will is not retained", "", .bend = bend_nothing,
     .will = WILL_NOT_RETAINED},
};

const struct deviation_table deviation_ivy = {TABLE_OF(rows)};
