/* Readings to telemetry, and values beyond their limits to events.
 *
 * An event is told when a value crosses its limit, once; the alarm bit that remembers it is cleared when a
 * value is back inside by the hysteresis. Each register has its own bits, so phase C never ends what phase
 * B began. No volts at all is a phase that is not there: it says nothing about limits. */
#include "sim/gateway/north_ivy_impl.h"

#include "sim/codec/dlt645_di.h"

enum { LIMIT_PLACES = 6 };

uint32_t north_ivy_di(struct wp_slice id)
{
    uint8_t b[4];
    size_t n;

    if (id.n != 8 || !wp_hex_read(id, b, sizeof b, &n) || n != sizeof b)
        return 0;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

void north_ivy_put_raw(struct json_out *j, struct wp_slice raw)
{
    json_put_raw(j, wp_slice("\"", 1));
    for (size_t i = raw.n; i-- > 0;)
        wp_put_hex(j->w, wp_slice(&raw.p[i], 1));
    wp_put_char(j->w, '"');
}

/* ---- telemetry ------------------------------------------------------------------------------------ */

/* A register that the document does not list goes by its identifier and the standard's name. */
static void put_other_register(struct json_out *j, struct wp_slice id, uint32_t di)
{
    char text[2 * DLT645_TEXT_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);

    dlt645_di_put_name(&w, di);
    json_open_object(j);
    json_text_member(j, "id", id);
    json_text_member(j, "name", id);
    json_text_member(j, "description", w.n > 0 ? wp_written(&w) : id);
    json_close_object(j);
}

static void put_telemetry(struct north *no, const struct wp_reading *reading, const struct wp_point *p,
                          int index)
{
    struct json_out *j = north_ivy_begin(no);

    json_text_member(j, "meterId", reading->device);
    json_int_member(j, "timestamp", gateway_unix_ms(no->facts, reading->at));
    json_key(j, "register");
    if (index >= 0)
        json_put_raw(j, wp_text(ivy_registers[index].json));
    else
        put_other_register(j, p->id, north_ivy_di(p->id));
    json_value_member(j, "value", p->value);
    json_text_member(j, "unit", wp_text(index >= 0 ? ivy_registers[index].unit : p->unit));
    json_key(j, "raw");
    north_ivy_put_raw(j, p->raw);
    north_ivy_end(no, NORTH_TELEMETRY, (const char *)reading->device.p, 0);
}

/* ---- limits --------------------------------------------------------------------------------------- */

static int64_t millionths(struct wp_value v)
{
    int64_t num = 0;

    (void)wp_decimal_at(v, LIMIT_PLACES, &num);
    return num;
}

static struct wp_value option_value(const struct north *no, enum north_option id,
                                    const struct wp_option *changed, struct wp_value value)
{
    const struct wp_option *option = &north_ivy_options[id];

    return option == changed ? value : wp_setup_value(no->setup, option);
}

static void set_limit(struct north *no, struct north_limit *limit, enum north_option at,
                      enum north_option hysteresis, int sign, const struct wp_option *changed,
                      struct wp_value value)
{
    if (!changed || changed == &north_ivy_options[at])
        limit->at = option_value(no, at, changed, value);
    if (!changed || changed == &north_ivy_options[hysteresis])
        limit->width = millionths(option_value(no, hysteresis, changed, value));
    limit->back = wp_decimal(millionths(limit->at) + sign * limit->width, -LIMIT_PLACES);
}

void north_ivy_set_limits(struct north *no, const struct wp_option *option, struct wp_value value)
{
    set_limit(no, &no->voltage_high, NORTH_OPT_VOLTAGE_HIGH, NORTH_OPT_VOLTAGE_HYSTERESIS, -1, option, value);
    set_limit(no, &no->voltage_low, NORTH_OPT_VOLTAGE_LOW, NORTH_OPT_VOLTAGE_HYSTERESIS, 1, option, value);
    set_limit(no, &no->current_high, NORTH_OPT_CURRENT_HIGH, NORTH_OPT_CURRENT_HYSTERESIS, -1, option, value);
    set_limit(no, &no->power_factor_low, NORTH_OPT_POWER_FACTOR_LOW, NORTH_OPT_POWER_FACTOR_HYSTERESIS, 1,
              option, value);
}

/* ---- events --------------------------------------------------------------------------------------- */

void north_ivy_put_event(struct north *no, struct json_out *j, struct wp_slice id, const char *type,
                         const char *event, const char *message)
{
    json_text_member(j, "meterId", id);
    north_ivy_put_timestamp(no, j);
    json_text_member(j, "type", wp_text(type));
    json_text_member(j, "event", wp_text(event));
    json_text_member(j, "message", wp_text(message));
}

/* One limit of one register. */
struct watch {
    const struct north_limit *limit;
    int beyond; /* 1: crossed when above, -1: when below */
    unsigned bit;
    const char *type, *event, *message;
};

static void tell_crossing(struct north *no, const struct north_meter *m, const struct watch *w,
                          const char *phase, struct wp_value value)
{
    struct json_out *j = north_ivy_begin(no);

    north_ivy_put_event(no, j, wp_slice(m->id, NORTH_ID_DIGITS), w->type, w->event, w->message);
    json_key(j, "data");
    json_open_object(j);
    if (phase[0])
        json_text_member(j, "phase", wp_text(phase));
    json_value_member(j, "value", value);
    json_value_member(j, "threshold", w->limit->at);
    json_close_object(j);
    north_ivy_end(no, NORTH_EVENTS, m->id, 0);
}

static struct wp_value magnitude(struct wp_value v)
{
    if (v.kind == WP_DECIMAL && v.num < 0)
        v.num = -v.num;
    return v;
}

static void watch(struct north *no, struct north_meter *m, const struct watch *w, const char *phase,
                  struct wp_value value)
{
    uint16_t bit = (uint16_t)(1u << w->bit);
    struct wp_value size = magnitude(value);

    if (m->alarms & bit) {
        if (wp_number_cmp(size, w->limit->back) * w->beyond <= 0)
            m->alarms = (uint16_t)(m->alarms & ~bit);
    } else if (wp_number_cmp(size, w->limit->at) * w->beyond > 0) {
        m->alarms |= bit;
        tell_crossing(no, m, w, phase, value);
    }
}

static void watch_voltage(struct north *no, struct north_meter *m, int index, struct wp_value value)
{
    unsigned phase = (unsigned)(index - IVY_REGISTER_voltageA);
    const struct watch high = {
        &no->voltage_high,           1, NORTH_BIT_VOLTAGE_HIGH + phase, "alarm", "voltage_high",
        "Voltage exceeded threshold"};
    const struct watch low = {
        &no->voltage_low,         -1, NORTH_BIT_VOLTAGE_LOW + phase, "alarm", "voltage_low",
        "Voltage below threshold"};

    if (value.num == 0)
        return;
    watch(no, m, &high, ivy_registers[index].phase, value);
    watch(no, m, &low, ivy_registers[index].phase, value);
}

static void watch_current(struct north *no, struct north_meter *m, int index, struct wp_value value)
{
    const struct watch high = {&no->current_high,
                               1,
                               NORTH_BIT_CURRENT_HIGH + (unsigned)(index - IVY_REGISTER_currentA),
                               "alarm",
                               "current_high",
                               "Current exceeded threshold"};

    watch(no, m, &high, ivy_registers[index].phase, value);
}

static void watch_power_factor(struct north *no, struct north_meter *m, int index, struct wp_value value)
{
    const struct watch low = {&no->power_factor_low,
                              -1,
                              NORTH_BIT_POWER_FACTOR + (unsigned)(index - IVY_REGISTER_totalPowerFactor),
                              "warning",
                              "power_factor_low",
                              "Power factor below threshold"};

    watch(no, m, &low, ivy_registers[index].phase, value);
}

static void watch_register(struct north *no, struct wp_slice id, int index, struct wp_value value)
{
    struct north_meter *m;

    if (ivy_registers[index].watch == IVY_WATCH_NOTHING || value.kind != WP_DECIMAL)
        return;
    m = north_ivy_meter(no, id);
    if (!m)
        return;
    switch ((enum ivy_watch)ivy_registers[index].watch) {
    case IVY_WATCH_VOLTAGE: watch_voltage(no, m, index, value); break;
    case IVY_WATCH_CURRENT: watch_current(no, m, index, value); break;
    case IVY_WATCH_POWER_FACTOR: watch_power_factor(no, m, index, value); break;
    case IVY_WATCH_NOTHING: break;
    }
}

/* Only numbers are telemetry: the bytes of what has none are told to who asked for them and to nobody else. */
void north_ivy_take_reading(struct north *no, const struct wp_reading *reading)
{
    if (!north_ivy_is_id(reading->device))
        return;
    if (strcmp(reading->protocol, "dlms") == 0)
        north_ivy_take_objects(no, reading);
    if (strcmp(reading->protocol, "dlt645") != 0)
        return;
    for (size_t i = 0; i < reading->n_points; i++) {
        const struct wp_point *p = &reading->points[i];
        int index;

        if (p->quality != WP_GOOD || !wp_is_number(p->value))
            continue;
        index = ivy_register_by_di(north_ivy_di(p->id));
        put_telemetry(no, reading, p, index);
        if (index >= 0)
            watch_register(no, reading->device, index, p->value);
    }
}
