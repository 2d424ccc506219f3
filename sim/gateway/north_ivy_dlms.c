/* Readings of DLMS/COSEM meters: one telemetry message for all of a moment, and what is no reading as an event.
 *
 * An object of the document's table goes by its key; any other one by its OBIS code with the unit that the meter sent,
 * also when it says the same on another channel (1-1:1.7.0.255): the document ties a key to one code, and to a number. Values that are
 * no values (null, NaN) are left out, and a message that would be empty is none. */
#include "sim/gateway/north_ivy_impl.h"

#include "sim/gateway/ivy_objects.h"

#include <math.h>

static bool is_value(const struct wp_point *p)
{
    if (p->quality != WP_GOOD)
        return false;
    return p->value.kind == WP_TEXT || p->value.kind == WP_BYTES || p->value.kind == WP_BOOL ||
           (wp_is_number(p->value) && !(p->value.kind == WP_REAL && !isfinite(p->value.real)));
}

static bool is_told_as_number(struct wp_value value)
{
    return value.kind == WP_BOOL || (wp_is_number(value) && ivy_value_is_exact(value));
}

/* The document knows numbers and texts: a switch is 1 or 0, and a number that others would round is a text. */
void north_ivy_put_object_value(struct json_out *j, struct wp_value value)
{
    uint8_t text[32];
    struct wp_writer w = wp_writer(text, sizeof text);

    json_key(j, "value");
    if (value.kind == WP_BOOL)
        value = wp_int(value.yes);
    if (!wp_is_number(value) || ivy_value_is_exact(value)) {
        json_put_value(j, value);
        return;
    }
    wp_put_value(&w, value);
    json_put_text(j, wp_written(&w));
}

static void put_reading(struct json_out *j, const struct wp_point *p)
{
    int index = is_told_as_number(p->value) ? ivy_object_by_obis(p->id) : -1;

    json_key_slice(j, index >= 0 ? wp_text(ivy_objects[index].key) : p->id);
    json_open_object(j);
    north_ivy_put_object_value(j, ivy_object_value(index, p));
    json_text_member(j, "unit", wp_text(ivy_object_unit(index, p)));
    json_text_member(j, "obis", p->id);
    json_close_object(j);
}

/* Did an earlier point of the reading have the same code? The first one counts. */
static bool is_repeated(const struct wp_reading *reading, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (is_value(&reading->points[k]) && wp_slice_eq(reading->points[k].id, reading->points[i].id))
            return true;
    return false;
}

static bool has_values(const struct wp_reading *reading)
{
    for (size_t i = 0; i < reading->n_points; i++)
        if (is_value(&reading->points[i]))
            return true;
    return false;
}

static void tell_readings(struct north *no, const struct wp_reading *reading)
{
    struct json_out *j = north_ivy_begin(no);

    json_text_member(j, "meterId", reading->device);
    json_int_member(j, "timestamp", gateway_unix_ms(no->facts, reading->at));
    json_text_member(j, "source", wp_text("dlms"));
    json_key(j, "readings");
    json_open_object(j);
    for (size_t i = 0; i < reading->n_points; i++)
        if (is_value(&reading->points[i]) && !is_repeated(reading, i))
            put_reading(j, &reading->points[i]);
    json_close_object(j);
    north_ivy_end(no, NORTH_TELEMETRY, (const char *)reading->device.p, 0);
}

static void put_told_object(struct json_out *j, const struct wp_point *p)
{
    json_text_member(j, "obis", p->id);
    json_int_member(j, "classId", p->class_id);
    json_int_member(j, "attribute", p->attribute);
    if (is_value(p))
        north_ivy_put_object_value(j, p->value);
    else
        json_value_member(j, "value", wp_null());
}

static void put_apdu(struct json_out *j, struct wp_slice apdu)
{
    json_key(j, "apdu");
    json_put_value(j, wp_bytes_value(apdu));
}

static void tell_event(struct north *no, const struct wp_reading *reading)
{
    bool is_object = reading->n_points > 0;
    struct json_out *j = north_ivy_begin(no);

    north_ivy_put_event(no, j, reading->device, "info", reading->event,
                        is_object ? "Meter reported an event" : "Meter sent data without known registers");
    json_key(j, "data");
    json_open_object(j);
    if (is_object)
        put_told_object(j, &reading->points[0]);
    else
        put_apdu(j, reading->raw);
    json_close_object(j);
    north_ivy_end(no, NORTH_EVENTS, (const char *)reading->device.p, 0);
}

/* What a poll or command asked for goes out as telemetry too: the document ties telemetry to polling and asking. */
void north_ivy_take_objects(struct north *no, const struct wp_reading *reading)
{
    if (reading->event)
        tell_event(no, reading);
    else if (has_values(reading))
        tell_readings(no, reading);
}
