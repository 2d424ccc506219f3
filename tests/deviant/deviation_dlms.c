/* What a gateway may do wrong with DLMS/COSEM meters alone: telemetry with readings, events of their pushes. */
#include "tests/deviant/bend.h"

#include <string.h>

static cJSON *readings(const struct message *m)
{
    return message_member(m, "readings");
}

/* ---- messages with readings ------------------------------------------------------------------------- */

static void missing_beside_readings(struct message *m)
{
    if (readings(m))
        bend_to_missing(m);
}

static void register_as_well(struct message *m)
{
    if (readings(m))
        cJSON_AddStringToObject(m->json, "register", "VOLTAGE_TOTAL");
}

static void seconds(struct message *m)
{
    if (readings(m))
        bend_to_whole(m);
}

/* Local time plus deviation was meant; minus it is two hours off. */
static void deviation_of_the_wrong_sign(struct message *m)
{
    if (readings(m))
        bend_to_sum(m);
}

/* ---- readings --------------------------------------------------------------------------------------- */

static void readings_in_an_array(struct message *m)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *r = NULL;

    cJSON_ArrayForEach(r, readings(m)) cJSON_AddItemToArray(list, cJSON_Duplicate(r, true));
    message_put(m, "readings", list);
}

static void the_first_reading_alone(struct message *m)
{
    while (readings(m) && cJSON_GetArraySize(readings(m)) > 1)
        cJSON_DeleteItemFromArray(readings(m), 1);
}

static void keys_in_lower_case(struct message *m)
{
    cJSON *r = NULL;

    cJSON_ArrayForEach(r, readings(m)) for (char *p = r->string; *p; p++) if (*p >= 'A' && *p <= 'Z') *p =
        (char)(*p - 'A' + 'a');
}

/* what: the member that each of them lacks */
static void missing_in_readings(struct message *m)
{
    cJSON *r = NULL;

    cJSON_ArrayForEach(r, readings(m)) cJSON_DeleteItemFromObjectCaseSensitive(r, m->of->what);
}

/* 1-0:12.7.0.255 without its last group. */
static void codes_without_their_last_group(struct message *m)
{
    const cJSON *r = NULL;

    cJSON_ArrayForEach(r, readings(m))
    {
        const cJSON *code = cJSON_GetObjectItemCaseSensitive(r, "obis");
        char *last = cJSON_IsString(code) ? strrchr(code->valuestring, '.') : NULL;

        if (last)
            *last = 0;
    }
}

static void values_as_text(struct message *m)
{
    cJSON *r = NULL;

    cJSON_ArrayForEach(r, readings(m)) number_as_text(r, "value");
}

static void currents_unscaled(struct message *m)
{
    number_times(message_member(m, "readings.CURRENT_TOTAL.value"), 1000);
    number_times(message_member(m, "readings.CURRENT_NEUTRAL.value"), 1000);
}

/* ---- events ----------------------------------------------------------------------------------------- */

static bool is_notification(const struct message *m)
{
    const cJSON *event = message_member(m, "event");

    return cJSON_IsString(event) && strstr(event->valuestring, "-notification");
}

static void notification_member(struct message *m)
{
    if (is_notification(m))
        bend_member(m);
}

static void notification_missing(struct message *m)
{
    if (is_notification(m))
        bend_to_missing(m);
}

static void notification_twice(struct message *m)
{
    if (is_notification(m))
        bend_to_twice(m);
}

static void notification_never(struct message *m)
{
    if (is_notification(m))
        bend_to_never(m);
}

static const struct deviation rows[] = {
    {"dlms-no-source", "source is missing", "telemetry", .bend = missing_beside_readings, "source"},
    {"dlms-source", "source DLMS", "telemetry", .bend = bend_member, "source", "DLMS"},
    {"dlms-register", "register beside readings", "telemetry", .bend = register_as_well},
    {"dlms-array", "readings is an array", "telemetry", .bend = readings_in_an_array},
    {"dlms-first", "of all readings the first alone", "telemetry", .bend = the_first_reading_alone},
    {"dlms-keys", "keys in lower case", "telemetry", .bend = keys_in_lower_case},
    {"dlms-no-unit", "readings have no unit", "telemetry", .bend = missing_in_readings, "unit"},
    {"dlms-no-obis", "readings have no code", "telemetry", .bend = missing_in_readings, "obis"},
    {"dlms-short-obis", "codes lack their last group", "telemetry", .bend = codes_without_their_last_group},
    {"dlms-text", "values are texts", "telemetry", .bend = values_as_text},
    {"dlms-voltage", "the voltage as the meter sent it", "telemetry", .bend = bend_to_multiple,
     "readings.VOLTAGE_TOTAL.value", .by = 100},
    {"dlms-current", "currents as the meter sent them", "telemetry", .bend = currents_unscaled},
    {"dlms-kilowatts", "active power in kW", "telemetry", .bend = bend_to_multiple,
     "readings.ACTIVE_POWER_IMPORT.value", .by = 0.001},
    {"dlms-watt-hours", "energy in Wh", "telemetry", .bend = bend_to_multiple,
     "readings.TOTAL_ENERGY_ABSOLUTE.value", .by = 1000},
    {"dlms-percent", "the power factor in percent", "telemetry", .bend = bend_to_multiple,
     "readings.POWER_FACTOR_TOTAL.value", .by = 100},
    {"dlms-seconds", "timestamp in seconds", "telemetry", .bend = seconds, "timestamp", .by = 1000},
    {"dlms-deviation", "UTC is local time minus deviation", "telemetry", .bend = deviation_of_the_wrong_sign,
     "timestamp", .by = 2.0 * 3600 * 1000},
    {"dlms-twice", "each message twice", "telemetry", .bend = bend_to_twice},
    {"dlms-retained", "published with the retain flag", "telemetry", .bend = bend_to_retained},
    {"dlms-never", "no telemetry at all", "telemetry", .bend = bend_to_never},
    {"dlms-event-name", "event_notification", "events", .bend = notification_member, "event",
     "event_notification"},
    {"dlms-event-type", "type alarm", "events", .bend = notification_member, "type", "alarm"},
    {"dlms-event-object", "data does not name the object", "events", .bend = notification_missing,
     "data.obis"},
    {"dlms-event-twice", "each event twice", "events", .bend = notification_twice},
    {"dlms-event-never", "no event at all", "events", .bend = notification_never},
};

const struct deviation_table deviation_dlms = {TABLE_OF(rows)};
