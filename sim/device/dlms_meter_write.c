/* SET and ACTION: clock and tariff are set, the relay is switched, a client proves who it is; all else is denied. */
#include "sim/device/dlms_meter_inside.h"

#include "sim/codec/cosem_name.h"

enum { CLASS_ASSOCIATION = 15, REPLY_TO_HLS = 1, DISCONNECT = 1, RECONNECT = 2, DATA = 2 };

static const struct obis association_object = {{0, 0, 40, 0, 0, 255}};

/* ---- SET ---------------------------------------------------------------------------------------------------------- */

static uint8_t set_clock(struct dlms_meter *m, wp_us now, struct wp_slice data)
{
    struct axdr_cursor c;
    struct axdr_item item;
    struct cosem_time t;
    int64_t ms;

    axdr_open(&c, data, NULL);
    if (!axdr_next(&c, &item) || (item.tag != AXDR_OCTET_STRING && item.tag != AXDR_DATE_TIME) ||
        !cosem_time_read(item.content, &t) || item.content.n != COSEM_TIME_OCTETS)
        return COSEM_RESULT_TYPE_UNMATCHED;
    if (cosem_time_utc(&t, (int16_t)(-m->setup->utc_offset_s / 60), &ms) != COSEM_TIME_GOOD)
        return COSEM_RESULT_OTHER_REASON;
    m->clock = ms * 1000 - m->setup->epoch_us - now;
    return COSEM_RESULT_SUCCESS;
}

static uint8_t set_tariff(struct dlms_meter *m, wp_us now, struct wp_slice data)
{
    struct axdr_cursor c;
    struct axdr_item item;
    int64_t tariff;

    axdr_open(&c, data, NULL);
    if (!axdr_next(&c, &item) || item.tag != AXDR_U8 || !axdr_int(&item, &tariff))
        return COSEM_RESULT_TYPE_UNMATCHED;
    if (tariff < 1 || tariff > 2)
        return COSEM_RESULT_OTHER_REASON;
    dlms_meter_settle(m, now);
    m->tariff = (uint8_t)tariff;
    return COSEM_RESULT_SUCCESS;
}

static uint8_t set(struct dlms_meter *m, wp_us now, const struct cosem_attribute *a, struct wp_slice data)
{
    const uint8_t known = dlms_meter_attribute_status(m, a);
    const struct dlms_meter_element *e = dlms_meter_find(m, a->obis);

    if (known != COSEM_RESULT_SUCCESS)
        return known;
    if (dlms_meter_given(m->setup, METER_READ_ONLY).yes || !e || a->id != DATA)
        return COSEM_RESULT_READ_WRITE_DENIED;
    if (e->what == METER_CLOCK_VALUE)
        return set_clock(m, now, data);
    if (e->what == METER_TARIFF_VALUE)
        return set_tariff(m, now, data);
    return COSEM_RESULT_READ_WRITE_DENIED;
}

void dlms_meter_serve_set(struct dlms_meter *m, wp_us now, const struct cosem_apdu *request,
                          struct wp_outbox *out)
{
    struct cosem_apdu apdu = {.form = COSEM_SET_RESPONSE, .tag = 0xC5};

    apdu.service.invoke = request->service.invoke;
    apdu.service.result.status = set(m, now, &request->service.attribute, request->service.data);
    dlms_meter_reply(m, now, METER_JOB_HELD, &apdu, out);
}

/* Each by itself; what fails does not keep the others from being set. */
void dlms_meter_serve_set_list(struct dlms_meter *m, wp_us now, const struct cosem_apdu *request,
                               struct wp_outbox *out)
{
    struct cosem_apdu apdu = {.form = COSEM_SET_RESPONSE_LIST, .tag = 0xC5};
    struct cosem_list attributes = request->service.attributes, values = request->service.values;
    struct cosem_attribute a;
    struct wp_slice data;
    uint8_t results[METER_HELD_MAX];
    struct wp_writer w = wp_writer(results, sizeof results);

    while (cosem_next_attribute(&attributes, &a) && cosem_next_data(&values, &data))
        wp_put_u8(&w, set(m, now, &a, data));
    apdu.service.invoke = request->service.invoke;
    apdu.service.results = (struct cosem_list){.n = (uint32_t)w.n, .items = wp_written(&w)};
    dlms_meter_reply(m, now, METER_JOB_HELD, &apdu, out);
}

/* ---- ACTION ---------------------------------------------------------------------------------------------------------- */

static uint8_t switch_relay(struct dlms_meter *m, const struct cosem_attribute *method)
{
    const struct dlms_meter_element *e = dlms_meter_find(m, method->obis);

    if (!e)
        return COSEM_RESULT_OBJECT_UNDEFINED;
    if (method->class_id != e->class_id)
        return COSEM_RESULT_CLASS_INCONSISTENT;
    if (e->what != METER_RELAY_STATE || method->id < DISCONNECT || method->id > RECONNECT ||
        dlms_meter_given(m->setup, METER_READ_ONLY).yes)
        return COSEM_RESULT_READ_WRITE_DENIED;
    m->relay_open = method->id == DISCONNECT;
    return COSEM_RESULT_SUCCESS;
}

/* The octet-string that the parameter is; empty: another type. */
static struct wp_slice octets_of(struct wp_slice data)
{
    struct axdr_cursor c;
    struct axdr_item item;

    axdr_open(&c, data, NULL);
    return axdr_next(&c, &item) && item.tag == AXDR_OCTET_STRING ? item.content : wp_slice(NULL, 0);
}

void dlms_meter_serve_action(struct dlms_meter *m, wp_us now, const struct cosem_apdu *request,
                             struct wp_outbox *out)
{
    const struct cosem_attribute *method = &request->service.attribute;
    struct cosem_apdu apdu = {.form = COSEM_ACTION_RESPONSE, .tag = 0xC7};
    struct cosem_result *result = &apdu.service.result;
    uint8_t f[COSEM_GMAC], data[COSEM_GMAC + 2];
    struct wp_writer w = wp_writer(data, sizeof data);

    apdu.service.invoke = request->service.invoke;
    if (method->class_id == CLASS_ASSOCIATION && obis_eq(method->obis, association_object) &&
        method->id == REPLY_TO_HLS) {
        result->status = COSEM_RESULT_OTHER_REASON;
        if (m->association == METER_HLS_PENDING && dlms_meter_prove(m, octets_of(request->service.data), f)) {
            axdr_put_octets(&w, wp_slice(f, sizeof f));
            *result = (struct cosem_result){.status = 0, .outcome = COSEM_DATA, .data = wp_written(&w)};
        }
    } else {
        result->status = switch_relay(m, method);
    }
    dlms_meter_reply(m, now, METER_JOB_HELD, &apdu, out);
}
