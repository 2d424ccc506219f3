/* Parts of an APDU as JSON members. */
#include "sim/codec/cosem_text.h"

#include "sim/codec/axdr.h"
#include "sim/codec/cosem_time.h"

void text_put_data(struct json_out *j, struct wp_slice data)
{
    json_put_raw(j, wp_text("\"")); /* not quoted as a value: it holds nothing to escape */
    axdr_put_canonical(j->w, data);
    wp_put_char(j->w, '"');
}

void text_data(struct json_out *j, const char *key, struct wp_slice data)
{
    json_key(j, key);
    text_put_data(j, data);
}

void text_text(struct json_out *j, const char *key, const char *text)
{
    json_text_member(j, key, wp_text(text));
}

void text_name(struct json_out *j, const char *key, cosem_text *text, unsigned number)
{
    uint8_t memory[80];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    cosem_put_name(&w, text, number);
    json_text_member(j, key, wp_written(&w));
}

void text_number(struct json_out *j, const char *key, uint32_t number, size_t n)
{
    uint8_t octets[4];

    for (size_t i = 0; i < n; i++)
        octets[i] = (uint8_t)(number >> 8 * (n - 1 - i));
    json_hex_member(j, key, wp_slice(octets, n));
}

void text_error(struct json_out *j, uint8_t error)
{
    const char *text = cosem_access_result_text(error);

    json_int_member(j, "error", error);
    text_text(j, "error_name", text ? text : "unknown");
}

void text_time(struct json_out *j, const char *key, struct wp_slice octets)
{
    struct cosem_time t;

    json_key(j, key);
    if (octets.n == 0 || !cosem_time_read(octets, &t)) {
        json_put_null(j);
        return;
    }
    json_open_object(j);
    json_hex_member(j, "hex", octets);
    json_int_member(j, "year", t.year);
    json_int_member(j, "month", t.month);
    json_int_member(j, "day", t.day);
    json_int_member(j, "dow", t.weekday);
    json_int_member(j, "hour", t.hour);
    json_int_member(j, "minute", t.minute);
    json_int_member(j, "second", t.second);
    json_int_member(j, "hundredths", t.hundredths);
    json_key(j, "deviation");
    if (t.deviation == COSEM_ANY_DEVIATION)
        json_put_null(j);
    else
        json_put_int(j, t.deviation);
    json_int_member(j, "status", t.status);
    json_close_object(j);
}

void text_object(struct json_out *j, const struct cosem_attribute *a, const char *id)
{
    uint8_t memory[OBIS_TEXT_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    obis_put(&w, a->obis);
    json_int_member(j, "class", a->class_id);
    json_text_member(j, "obis", wp_written(&w));
    json_int_member(j, id, a->id);
    if (a->is_selected) {
        json_int_member(j, "selector", a->selector);
        text_data(j, "selection", a->selection);
    }
}

void text_values(struct json_out *j, const char *key, struct cosem_list list)
{
    struct wp_slice data;

    json_key(j, key);
    json_open_array(j);
    while (cosem_next_data(&list, &data))
        text_put_data(j, data);
    json_close_array(j);
}

void text_hex_if_any(struct json_out *j, const char *key, struct wp_slice octets)
{
    if (octets.n)
        json_hex_member(j, key, octets);
}
