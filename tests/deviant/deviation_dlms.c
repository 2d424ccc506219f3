/* What a gateway may do wrong with DLMS/COSEM meters alone: telemetry with readings, events of their pushes. */
#include "tests/deviant/deviation_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVIATION(function) static void function(struct message *m, struct deviation_memory *memory)
#define UNUSED              (void)memory

static cJSON *readings(struct message *m)
{
    return deviation_member(m, "readings");
}

static cJSON *reading(struct message *m, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(readings(m), key);
}

static cJSON *value_of(struct message *m, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(reading(m, key), "value");
}

static void multiply(cJSON *number, double factor)
{
    if (cJSON_IsNumber(number))
        cJSON_SetNumberValue(number, number->valuedouble * factor);
}

/* Does so with every reading. */
static void each(struct message *m, void (*change)(cJSON *reading))
{
    cJSON *r = NULL;

    cJSON_ArrayForEach(r, readings(m)) change(r);
}

/* ---- members ---------------------------------------------------------------------------------------- */

DEVIATION(no_source)
{
    UNUSED;
    if (readings(m))
        cJSON_DeleteItemFromObjectCaseSensitive(m->json, "source");
}

DEVIATION(source_in_capitals)
{
    UNUSED;
    deviation_put(m, "source", cJSON_CreateString("DLMS"));
}

DEVIATION(register_as_well)
{
    UNUSED;
    if (readings(m))
        cJSON_AddStringToObject(m->json, "register", "VOLTAGE_TOTAL");
}

DEVIATION(readings_in_an_array)
{
    cJSON *list = cJSON_CreateArray(), *r = NULL;

    UNUSED;
    cJSON_ArrayForEach(r, readings(m)) cJSON_AddItemToArray(list, cJSON_Duplicate(r, true));
    deviation_put(m, "readings", list);
}

DEVIATION(the_first_reading_alone)
{
    UNUSED;
    while (readings(m) && cJSON_GetArraySize(readings(m)) > 1)
        cJSON_DeleteItemFromArray(readings(m), 1);
}

DEVIATION(keys_in_lower_case)
{
    cJSON *r = NULL;

    UNUSED;
    cJSON_ArrayForEach(r, readings(m)) for (char *p = r->string; *p; p++) if (*p >= 'A' && *p <= 'Z') *p =
        (char)(*p - 'A' + 'a');
}

/* ---- readings --------------------------------------------------------------------------------------- */

static void without_unit(cJSON *r)
{
    cJSON_DeleteItemFromObjectCaseSensitive(r, "unit");
}

DEVIATION(no_unit)
{
    UNUSED;
    each(m, without_unit);
}

static void without_code(cJSON *r)
{
    cJSON_DeleteItemFromObjectCaseSensitive(r, "obis");
}

DEVIATION(no_code)
{
    UNUSED;
    each(m, without_code);
}

/* 1-0:12.7.0.255 without its last group. */
static void short_code(cJSON *r)
{
    cJSON *code = cJSON_GetObjectItemCaseSensitive(r, "obis");
    char *last = cJSON_IsString(code) ? strrchr(code->valuestring, '.') : NULL;

    if (last)
        *last = 0;
}

DEVIATION(code_without_its_last_group)
{
    UNUSED;
    each(m, short_code);
}

static void as_text(cJSON *r)
{
    cJSON *v = cJSON_GetObjectItemCaseSensitive(r, "value");
    char text[40];

    if (!cJSON_IsNumber(v))
        return;
    snprintf(text, sizeof text, "%.15g", v->valuedouble);
    cJSON_ReplaceItemInObjectCaseSensitive(r, "value", cJSON_CreateString(text));
}

DEVIATION(values_as_text)
{
    UNUSED;
    each(m, as_text);
}

DEVIATION(voltage_unscaled)
{
    UNUSED;
    multiply(value_of(m, "VOLTAGE_TOTAL"), 100);
}

DEVIATION(current_unscaled)
{
    UNUSED;
    multiply(value_of(m, "CURRENT_TOTAL"), 1000);
    multiply(value_of(m, "CURRENT_NEUTRAL"), 1000);
}

DEVIATION(power_in_kilowatts)
{
    UNUSED;
    multiply(value_of(m, "ACTIVE_POWER_IMPORT"), 0.001);
}

DEVIATION(energy_in_watt_hours)
{
    UNUSED;
    multiply(value_of(m, "TOTAL_ENERGY_ABSOLUTE"), 1000);
}

DEVIATION(factor_in_percent)
{
    UNUSED;
    multiply(value_of(m, "POWER_FACTOR_TOTAL"), 100);
}

/* ---- moments, copies -------------------------------------------------------------------------------- */

DEVIATION(seconds)
{
    cJSON *t = readings(m) ? deviation_member(m, "timestamp") : NULL;

    UNUSED;
    if (t)
        cJSON_SetNumberValue(t, (double)(int64_t)(t->valuedouble / 1000));
}

/* Local time plus deviation was meant; minus it is two hours off. */
DEVIATION(deviation_of_the_wrong_sign)
{
    cJSON *t = readings(m) ? deviation_member(m, "timestamp") : NULL;

    UNUSED;
    if (t)
        cJSON_SetNumberValue(t, t->valuedouble + 2.0 * 3600 * 1000);
}

DEVIATION(twice)
{
    UNUSED;
    m->copies = 2;
}

DEVIATION(retained)
{
    UNUSED;
    m->retain = true;
}

DEVIATION(never)
{
    UNUSED;
    m->copies = 0;
}

/* ---- events ----------------------------------------------------------------------------------------- */

static bool is_notification(struct message *m)
{
    cJSON *event = deviation_member(m, "event");

    return cJSON_IsString(event) && strstr(event->valuestring, "-notification");
}

DEVIATION(event_with_underscore)
{
    UNUSED;
    if (is_notification(m))
        deviation_put(m, "event", cJSON_CreateString("event_notification"));
}

DEVIATION(event_as_alarm)
{
    UNUSED;
    if (is_notification(m))
        deviation_put(m, "type", cJSON_CreateString("alarm"));
}

DEVIATION(event_without_object)
{
    UNUSED;
    if (is_notification(m))
        cJSON_DeleteItemFromObjectCaseSensitive(deviation_member(m, "data"), "obis");
}

DEVIATION(event_twice)
{
    UNUSED;
    if (is_notification(m))
        m->copies = 2;
}

DEVIATION(event_never)
{
    UNUSED;
    if (is_notification(m))
        m->copies = 0;
}

const struct deviation deviation_dlms[] = {
    {"dlms-no-source", "source is missing", "telemetry", no_source},
    {"dlms-source", "source DLMS", "telemetry", source_in_capitals},
    {"dlms-register", "register beside readings", "telemetry", register_as_well},
    {"dlms-array", "readings is an array", "telemetry", readings_in_an_array},
    {"dlms-first", "of all readings the first alone", "telemetry", the_first_reading_alone},
    {"dlms-keys", "keys in lower case", "telemetry", keys_in_lower_case},
    {"dlms-no-unit", "readings have no unit", "telemetry", no_unit},
    {"dlms-no-obis", "readings have no code", "telemetry", no_code},
    {"dlms-short-obis", "codes lack their last group", "telemetry", code_without_its_last_group},
    {"dlms-text", "values are texts", "telemetry", values_as_text},
    {"dlms-voltage", "the voltage as the meter sent it", "telemetry", voltage_unscaled},
    {"dlms-current", "currents as the meter sent them", "telemetry", current_unscaled},
    {"dlms-kilowatts", "active power in kW", "telemetry", power_in_kilowatts},
    {"dlms-watt-hours", "energy in Wh", "telemetry", energy_in_watt_hours},
    {"dlms-percent", "the power factor in percent", "telemetry", factor_in_percent},
    {"dlms-seconds", "timestamp in seconds", "telemetry", seconds},
    {"dlms-deviation", "UTC is local time minus deviation", "telemetry", deviation_of_the_wrong_sign},
    {"dlms-twice", "each message twice", "telemetry", twice},
    {"dlms-retained", "published with the retain flag", "telemetry", retained},
    {"dlms-never", "no telemetry at all", "telemetry", never},
    {"dlms-event-name", "event_notification", "events", event_with_underscore},
    {"dlms-event-type", "type alarm", "events", event_as_alarm},
    {"dlms-event-object", "data does not name the object", "events", event_without_object},
    {"dlms-event-twice", "each event twice", "events", event_twice},
    {"dlms-event-never", "no event at all", "events", event_never},
};

const unsigned deviation_n_dlms = sizeof deviation_dlms / sizeof deviation_dlms[0];
