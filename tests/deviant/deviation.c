#include "tests/deviant/deviation_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is done to members ------------------------------------------------------------------------ */

static void rename_member(struct message *m, const char *name, const char *other)
{
    cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(m->json, name);

    if (item)
        cJSON_AddItemToObject(m->json, other, item);
}

static void drop(struct message *m, const char *name)
{
    cJSON_DeleteItemFromObjectCaseSensitive(m->json, name);
}

static void multiply(cJSON *number, double factor)
{
    if (cJSON_IsNumber(number))
        cJSON_SetNumberValue(number, number->valuedouble * factor);
}

static void put_text_in(cJSON *object, const char *name, const char *text)
{
    if (cJSON_GetObjectItemCaseSensitive(object, name))
        cJSON_ReplaceItemInObjectCaseSensitive(object, name, cJSON_CreateString(text));
}

static bool is_true(struct message *m, const char *name)
{
    return cJSON_IsTrue(deviation_member(m, name));
}

#define DEVIATION(function) static void function(struct message *m, struct deviation_memory *memory)
#define UNUSED              (void)memory

/* ---- telemetry -------------------------------------------------------------------------------------- */

DEVIATION(rename_value)
{
    UNUSED;
    rename_member(m, "value", "val");
}

DEVIATION(drop_unit)
{
    UNUSED;
    drop(m, "unit");
}

DEVIATION(wrong_unit)
{
    UNUSED;
    deviation_put(m, "unit", cJSON_CreateString("Wh"));
}

/* Milliseconds to seconds, whole as they are then. */
DEVIATION(seconds)
{
    cJSON *t = deviation_member(m, "timestamp");

    UNUSED;
    if (cJSON_IsNumber(t))
        cJSON_SetNumberValue(t, (double)(int64_t)(t->valuedouble / 1000));
}

DEVIATION(local_time)
{
    cJSON *t = deviation_member(m, "timestamp");

    UNUSED;
    if (cJSON_IsNumber(t))
        cJSON_SetNumberValue(t, t->valuedouble + 8.0 * 3600 * 1000);
}

DEVIATION(value_as_text)
{
    cJSON *v = deviation_member(m, "value");
    char text[40];

    UNUSED;
    if (!cJSON_IsNumber(v))
        return;
    snprintf(text, sizeof text, "%.15g", v->valuedouble);
    deviation_put(m, "value", cJSON_CreateString(text));
}

/* A number that went through binary arithmetic. */
DEVIATION(float_noise)
{
    cJSON *v = deviation_member(m, "value");
    char text[40];

    UNUSED;
    if (!cJSON_IsNumber(v) || v->valuedouble == 0)
        return;
    snprintf(text, sizeof text, "%.17g", v->valuedouble * (1 + 4e-16));
    deviation_put(m, "value", cJSON_CreateRaw(text));
}

DEVIATION(value_unscaled)
{
    UNUSED;
    multiply(deviation_member(m, "value"), 100);
}

/* Always what was read first. */
DEVIATION(stale_value)
{
    cJSON *v = deviation_member(m, "value");

    if (!cJSON_IsNumber(v))
        return;
    if (!memory->first)
        memory->first = cJSON_Duplicate(v, true);
    else
        deviation_put(m, "value", cJSON_CreateNumber(memory->first->valuedouble * 2 + 1));
}

DEVIATION(drop_raw)
{
    UNUSED;
    drop(m, "raw");
}

DEVIATION(raw_lower_case_with_prefix)
{
    cJSON *raw = deviation_member(m, "raw");
    char text[100];

    UNUSED;
    if (!cJSON_IsString(raw))
        return;
    snprintf(text, sizeof text, "0x%s", raw->valuestring);
    deviation_put(m, "raw", cJSON_CreateString(text));
}

DEVIATION(raw_as_on_the_wire)
{
    cJSON *raw = deviation_member(m, "raw");
    char text[100];
    size_t n;

    UNUSED;
    if (!cJSON_IsString(raw) || strlen(raw->valuestring) >= sizeof text)
        return;
    n = strlen(raw->valuestring);
    for (size_t i = 0; i + 1 < n; i += 2)
        memcpy(text + n - 2 - i, raw->valuestring + i, 2);
    text[n] = 0;
    deviation_put(m, "raw", cJSON_CreateString(text));
}

DEVIATION(register_name_in_snake_case)
{
    UNUSED;
    put_text_in(deviation_member(m, "register"), "name", "total_active_energy");
}

DEVIATION(register_id_reversed)
{
    UNUSED;
    put_text_in(deviation_member(m, "register"), "id", "00000100");
}

DEVIATION(no_description)
{
    UNUSED;
    cJSON_DeleteItemFromObjectCaseSensitive(deviation_member(m, "register"), "description");
}

DEVIATION(meter_id_as_number)
{
    cJSON *id = deviation_member(m, "meterId");

    UNUSED;
    if (cJSON_IsString(id))
        deviation_put(m, "meterId", cJSON_CreateNumber(strtod(id->valuestring, NULL)));
}

DEVIATION(other_meter_id)
{
    UNUSED;
    deviation_put(m, "meterId", cJSON_CreateString("999999999998"));
}

DEVIATION(extra_member)
{
    UNUSED;
    cJSON_AddNumberToObject(m->json, "rssi", -67);
}

DEVIATION(broken_json)
{
    char *text = cJSON_PrintUnformatted(m->json);
    size_t n = text ? strlen(text) : 0;

    UNUSED;
    if (n > 0)
        text[n - 1] = ','; /* a comma in place of the last brace */
    m->text = text;
}

/* ---- how it is published ---------------------------------------------------------------------------- */

DEVIATION(retained)
{
    UNUSED;
    m->retain = true;
}

DEVIATION(not_retained)
{
    UNUSED;
    m->retain = false;
}

DEVIATION(qos_0)
{
    UNUSED;
    m->qos = 0;
}

DEVIATION(twice)
{
    UNUSED;
    m->copies = 2;
}

DEVIATION(never)
{
    UNUSED;
    m->copies = 0;
}

DEVIATION(late)
{
    UNUSED;
    m->late_ms = 2500;
}

DEVIATION(other_topic_too)
{
    UNUSED;
    snprintf(m->also, sizeof m->also, "ivy/v1/debug/last");
}

DEVIATION(other_case)
{
    char *leaf = strrchr(m->topic, '/');

    UNUSED;
    if (leaf && leaf[1] >= 'a' && leaf[1] <= 'z')
        leaf[1] = (char)(leaf[1] - 'a' + 'A');
}

/* ---- responses -------------------------------------------------------------------------------------- */

DEVIATION(other_request_id)
{
    UNUSED;
    deviation_put(m, "requestId", cJSON_CreateString("0"));
}

DEVIATION(success_as_text)
{
    UNUSED;
    deviation_put(m, "success", cJSON_CreateString(is_true(m, "success") ? "true" : "false"));
}

DEVIATION(success_with_error)
{
    UNUSED;
    if (is_true(m, "success"))
        cJSON_AddStringToObject(m->json, "error", "");
}

DEVIATION(silent_on_errors)
{
    UNUSED;
    if (!is_true(m, "success"))
        m->copies = 0;
}

DEVIATION(other_error_text)
{
    UNUSED;
    deviation_put(m, "error", cJSON_CreateString("Meter is offline"));
}

DEVIATION(error_as_object)
{
    cJSON *error = deviation_member(m, "error");
    cJSON *object = cJSON_IsString(error) ? cJSON_CreateObject() : NULL;

    UNUSED;
    if (!object)
        return;
    cJSON_AddStringToObject(object, "message", error->valuestring);
    deviation_put(m, "error", object);
}

DEVIATION(data_without_unit)
{
    UNUSED;
    cJSON_DeleteItemFromObjectCaseSensitive(deviation_member(m, "data"), "unit");
}

DEVIATION(data_rounded)
{
    cJSON *value = cJSON_GetObjectItemCaseSensitive(deviation_member(m, "data"), "value");

    UNUSED;
    if (cJSON_IsNumber(value))
        cJSON_SetNumberValue(value, (double)(int64_t)value->valuedouble);
}

/* ---- status, events, the gateway itself ------------------------------------------------------------- */

DEVIATION(online_as_number)
{
    UNUSED;
    deviation_put(m, "online", cJSON_CreateNumber(is_true(m, "online")));
}

DEVIATION(ip_with_port)
{
    UNUSED;
    deviation_put(m, "ip", cJSON_CreateString("127.0.2.1:8899"));
}

DEVIATION(drop_ip)
{
    UNUSED;
    drop(m, "ip");
}

DEVIATION(type_upper_case)
{
    UNUSED;
    deviation_put(m, "type", cJSON_CreateString("ALARM"));
}

DEVIATION(threshold_as_text)
{
    UNUSED;
    put_text_in(deviation_member(m, "data"), "threshold", "240");
}

DEVIATION(drop_data)
{
    UNUSED;
    drop(m, "data");
}

DEVIATION(other_message)
{
    UNUSED;
    deviation_put(m, "message", cJSON_CreateString("U > Umax"));
}

DEVIATION(running)
{
    UNUSED;
    deviation_put(m, "status", cJSON_CreateString("running"));
}

DEVIATION(uptime_in_seconds)
{
    cJSON *uptime = deviation_member(m, "uptime");

    UNUSED;
    if (cJSON_IsNumber(uptime))
        cJSON_SetNumberValue(uptime, (double)(int64_t)(uptime->valuedouble / 1000));
}

DEVIATION(drop_version)
{
    UNUSED;
    drop(m, "version");
}

DEVIATION(interval_in_seconds)
{
    UNUSED;
    multiply(cJSON_GetObjectItemCaseSensitive(deviation_member(m, "polling"), "interval"), 0.001);
}

DEVIATION(connected_above_total)
{
    cJSON *total = cJSON_GetObjectItemCaseSensitive(deviation_member(m, "meters"), "total");

    UNUSED;
    if (cJSON_IsNumber(total))
        cJSON_SetNumberValue(total, 0);
}

DEVIATION(as_it_is)
{
    UNUSED;
    (void)m;
}

/* ---- the table -------------------------------------------------------------------------------------- */

static const struct deviation all[] = {
    {"none", "nothing is changed: what a relay alone does to the verdicts", "", as_it_is},
    {"telemetry-renamed", "value is called val", "telemetry", rename_value},
    {"telemetry-no-unit", "the unit is missing", "telemetry", drop_unit},
    {"telemetry-wrong-unit", "Wh for everything", "telemetry", wrong_unit},
    {"telemetry-seconds", "timestamp in seconds", "telemetry", seconds},
    {"telemetry-local-time", "timestamp in the local time of UTC+8", "telemetry", local_time},
    {"telemetry-text", "the value is a text", "telemetry", value_as_text},
    {"telemetry-float", "the value shows that it was computed in binary", "telemetry", float_noise},
    {"telemetry-unscaled", "a hundred times the value", "telemetry", value_unscaled},
    {"telemetry-stale", "values are not those that were read", "telemetry", stale_value},
    {"telemetry-no-raw", "raw is missing", "telemetry", drop_raw},
    {"telemetry-raw-prefix", "raw begins with 0x", "telemetry", raw_lower_case_with_prefix},
    {"telemetry-raw-order", "raw in the order of the wire", "telemetry", raw_as_on_the_wire},
    {"telemetry-snake-case", "total_active_energy", "telemetry", register_name_in_snake_case},
    {"telemetry-id-reversed", "the data identifier in the order of the wire", "telemetry",
     register_id_reversed},
    {"telemetry-no-description", "the register has no description", "telemetry", no_description},
    {"telemetry-id-number", "meterId is a number", "telemetry", meter_id_as_number},
    {"telemetry-other-meter", "meterId is another one than the topic's", "telemetry", other_meter_id},
    {"telemetry-extra", "a member that the document does not know", "telemetry", extra_member},
    {"telemetry-broken", "no JSON", "telemetry", broken_json},
    {"telemetry-retained", "published with the retain flag", "telemetry", retained},
    {"telemetry-qos-0", "published with QoS 0", "telemetry", qos_0},
    {"telemetry-twice", "each message twice", "telemetry", twice},
    {"telemetry-never", "no telemetry at all", "telemetry", never},
    {"telemetry-late", "2.5 s late", "telemetry", late},
    {"telemetry-other-case", "on .../Telemetry", "telemetry", other_case},
    {"telemetry-other-topic", "also on a topic of its own", "telemetry", other_topic_too},
    {"response-renamed", "another requestId", "command/response", other_request_id},
    {"response-twice", "each response twice", "command/response", twice},
    {"response-text", "success is a text", "command/response", success_as_text},
    {"response-with-error", "an empty error beside success", "command/response", success_with_error},
    {"response-silent", "errors are never answered", "command/response", silent_on_errors},
    {"response-error-text", "another text than the document's", "command/response", other_error_text},
    {"response-error-object", "the error is an object", "command/response", error_as_object},
    {"response-no-unit", "data has no unit", "command/response", data_without_unit},
    {"response-rounded", "data has a whole number", "command/response", data_rounded},
    {"response-seconds", "timestamp in seconds", "command/response", seconds},
    {"response-retained", "published with the retain flag", "command/response", retained},
    {"status-not-retained", "published without the retain flag", "status", not_retained},
    {"status-number", "online is 1 or 0", "status", online_as_number},
    {"status-port", "ip with a port", "status", ip_with_port},
    {"status-no-ip", "ip is missing", "status", drop_ip},
    {"status-never", "no status at all", "status", never},
    {"status-twice", "each message twice", "status", twice},
    {"event-type", "type ALARM", "events", type_upper_case},
    {"event-threshold", "the threshold is a text", "events", threshold_as_text},
    {"event-no-data", "data is missing", "events", drop_data},
    {"event-message", "another text than the document's", "events", other_message},
    {"event-twice", "each event twice", "events", twice},
    {"gateway-running", "status running", "gateway/status", running},
    {"gateway-uptime", "uptime in seconds", "gateway/status", uptime_in_seconds},
    {"gateway-no-version", "the version is missing", "gateway/status", drop_version},
    {"gateway-not-retained", "published without the retain flag", "gateway/status", not_retained},
    {"stats-seconds", "polling.interval in seconds", "gateway/stats", interval_in_seconds},
    {"stats-total", "more meters connected than there are", "gateway/stats", connected_above_total},
    {"stats-retained", "published with the retain flag", "gateway/stats", retained},
    {"no-will", "the login announces no last will", "", as_it_is},
    {"will-not-retained", "the last will is not retained", "", as_it_is},
};

enum { N_ALL = sizeof all / sizeof all[0] };

const struct deviation *deviation_at(unsigned i)
{
    if (i < N_ALL)
        return &all[i];
    i -= N_ALL;
    if (i < deviation_n_dlms)
        return &deviation_dlms[i];
    i -= deviation_n_dlms;
    if (i < deviation_n_octolux)
        return &deviation_octolux[i];
    i -= deviation_n_octolux;
    if (i < deviation_n_venus)
        return &deviation_venus[i];
    i -= deviation_n_venus;
    return i < deviation_n_requests ? &deviation_requests[i] : NULL;
}

static bool is_in(const struct deviation *d, const struct deviation *table, unsigned n)
{
    return d >= table && d < table + n;
}

bool deviation_is_of_text(const struct deviation *d)
{
    return is_in(d, deviation_octolux, deviation_n_octolux) || is_in(d, deviation_venus, deviation_n_venus) ||
           deviation_is_of_requests(d);
}

bool deviation_is_of_requests(const struct deviation *d)
{
    return is_in(d, deviation_requests, deviation_n_requests);
}

const char *deviation_filter(const struct deviation *d)
{
    return strcmp(d->name, "venus-any-portal") == 0 ? "/#" : NULL;
}

const struct deviation *deviation_find(const char *name)
{
    const struct deviation *d = NULL;

    for (unsigned i = 0; (d = deviation_at(i)); i++)
        if (strcmp(d->name, name) == 0)
            return d;
    return NULL;
}

enum deviation_will deviation_will(const struct deviation *d)
{
    if (strcmp(d->name, "no-will") == 0)
        return WILL_NONE;
    return strcmp(d->name, "will-not-retained") == 0 ? WILL_NOT_RETAINED : WILL_AS_IT_IS;
}
