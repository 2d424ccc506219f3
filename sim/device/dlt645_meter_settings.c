/* How each row that may change reaches the meter, at the start and while it runs. */
#include "sim/device/dlt645_meter_inside.h"

#include "sim/core/random.h"

enum { PPM = 1000000 };

/* ---- load -------------------------------------------------------------------------------------------------- */

/* How far this meter's quantity `index` is off, in millionths of it. */
static int64_t spread_ppm(const struct wp_setup *setup, unsigned index)
{
    int64_t most = dlt645_meter_given_number(setup, METER_SPREAD, 4); /* % with four places are millionths */
    struct wp_random r = wp_random(setup->seed + index);

    return most == 0 ? 0 : wp_random_between(&r, -most, most);
}

static int64_t spread(const struct wp_setup *setup, unsigned index, int64_t milli)
{
    return milli + milli * spread_ppm(setup, index) / PPM;
}

static void set_phase(const struct wp_setup *setup, struct dlt645_meter_load *load,
                      enum dlt645_meter_row group, unsigned phase, struct wp_value v)
{
    switch (group) {
    case METER_VOLTAGE:
        load->millivolt[phase] = (uint32_t)spread(setup, phase, dlt645_meter_fixed(v, 3));
        break;
    case METER_CURRENT:
        load->milliampere[phase] = (int32_t)spread(setup, METER_PHASES_MAX + phase, dlt645_meter_fixed(v, 3));
        break;
    default: load->factor_permille[phase] = (uint16_t)dlt645_meter_fixed(v, 3); break;
    }
}

/* A group is the row for all phases and the rows of A, B and C behind it. A phase without a value of its own has
 * that of all. */
static void set_load(const struct wp_setup *setup, struct dlt645_meter_load *load,
                     enum dlt645_meter_row group, enum dlt645_meter_row row, struct wp_value v)
{
    if (v.kind == WP_NULL)
        v = dlt645_meter_given(setup, row);
    if (v.kind == WP_NULL)
        v = dlt645_meter_given(setup, group);
    for (unsigned phase = 0; phase < METER_PHASES_MAX; phase++)
        if (row == group || row == group + 1 + phase)
            set_phase(setup, load, group, phase, v);
}

void dlt645_meter_first_load(const struct dlt645_meter *m, struct dlt645_meter_load *out)
{
    static const enum dlt645_meter_row groups[] = {METER_VOLTAGE, METER_CURRENT, METER_FACTOR};
    const struct wp_setup *s = m->setup;

    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        set_load(s, out, groups[g], groups[g], wp_null());
        for (unsigned phase = 0; phase < METER_PHASES_MAX; phase++)
            set_load(s, out, groups[g], groups[g] + 1 + phase, wp_null());
    }
    out->quadrant = (uint8_t)dlt645_meter_given(s, METER_QUADRANT).num;
    out->scale_permille = (uint32_t)dlt645_meter_given_number(s, METER_SCALE, 3);
}

/* ---- rows that change ------------------------------------------------------------------------------------------- */

static void set_push_di(struct dlt645_meter *m, struct wp_value v, struct wp_outbox *out)
{
    uint8_t di[4 * METER_PUSHES_MAX];
    size_t n = dlt645_meter_octets(v, di, sizeof di);

    if (n == 0 || n % 4 != 0)
        dlt645_meter_refuse(out, "value-refused", "push.di");
    else if (!dlt645_meter_keep(m, METER_KEY_PUSH, wp_slice(di, n)))
        dlt645_meter_refuse(out, "memory-full", "push.di");
}

static void push_now(struct dlt645_meter *m, wp_us now, struct wp_value v, struct wp_outbox *out)
{
    uint8_t di[4 * METER_PUSHES_MAX];
    size_t n = dlt645_meter_octets(v, di, sizeof di);

    if (n > 0 && n % 4 == 0)
        dlt645_meter_push(m, now, wp_slice(di, n), out);
    else if (v.kind != WP_NULL)
        dlt645_meter_refuse(out, "value-refused", "push");
}

static void set_sensors(struct dlt645_meter *m, wp_us now, enum dlt645_meter_row row, struct wp_value v)
{
    enum dlt645_meter_row group = row < METER_CURRENT  ? METER_VOLTAGE
                                  : row < METER_FACTOR ? METER_CURRENT
                                                       : METER_FACTOR;

    dlt645_meter_settle(m, now);
    m->loaded_ms = m->settled_ms;
    if (row == METER_QUADRANT)
        m->load.quadrant = (uint8_t)v.num;
    else if (row == METER_SCALE)
        m->load.scale_permille = (uint32_t)dlt645_meter_fixed(v, 3);
    else
        set_load(m->setup, &m->load, group, row, v);
}

/* Rows of flags and numbers. */
static void set_plain(struct dlt645_meter *m, wp_us now, enum dlt645_meter_row row, struct wp_value v)
{
    switch (row) {
    case METER_LOGIN_CRC: m->login_crc = v.bytes.p[0]; break;
    case METER_HEARTBEAT: m->beat_ms = (uint32_t)(v.num / 1000); break;
    case METER_REPLY_DELAY: m->reply_us = (uint32_t)v.num; break;
    case METER_PREAMBLE: m->preamble = (uint8_t)v.num; break;
    case METER_PUSH_INTERVAL: m->push_ms = (uint32_t)(v.num / 1000); break;
    case METER_PROGRAMMING: m->programming = v.yes; break;
    case METER_FREQUENCY: m->centihertz = (uint16_t)dlt645_meter_fixed(v, 2); break;
    case METER_TEMPERATURE: m->decidegree = (int16_t)dlt645_meter_fixed(v, 1); break;
    case METER_CLOCK: dlt645_meter_step_clock(m, now, v.num); break;
    case METER_RELAY:
        m->relay_commanded_open = wp_slice_is(v.bytes, "open");
        dlt645_meter_switch(m, now, m->relay_commanded_open);
        break;
    case METER_BUTTON:
        if (v.kind == WP_BOOL && v.yes && m->relay_permitted)
            dlt645_meter_switch(m, now, false);
        break;
    default: break; /* given before the start only */
    }
}

void dlt645_meter_begin_settings(struct dlt645_meter *m)
{
    static const enum dlt645_meter_row plain[] = {METER_LOGIN_CRC,     METER_HEARTBEAT,   METER_REPLY_DELAY,
                                                  METER_PREAMBLE,      METER_PROGRAMMING, METER_FREQUENCY,
                                                  METER_PUSH_INTERVAL, METER_TEMPERATURE};
    const struct wp_setup *s = m->setup;

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        set_plain(m, 0, plain[i], dlt645_meter_given(s, plain[i]));
    for (size_t i = 0; i < s->n_given; i++) {
        enum dlt645_meter_row row = (enum dlt645_meter_row)(s->given[i].option - dlt645_meter_options);

        if (row == METER_REGISTER)
            dlt645_meter_set_registers(m, s->given[i].value, NULL);
        else if (row >= METER_FIRST_PIN && row < METER_FIRST_FAULT)
            dlt645_meter_pin(m, row, s->given[i].value, NULL);
    }
}

void dlt645_meter_set(struct dlt645_meter *m, const struct wp_event *event, struct wp_outbox *out)
{
    enum dlt645_meter_row row = (enum dlt645_meter_row)(event->set.option - dlt645_meter_options);
    struct wp_value v = event->set.value;

    if (row >= METER_FIRST_FAULT) {
        dlt645_meter_set_fault(m, event->now, row, v, event->set.times, out);
        return;
    }
    if (row >= METER_FIRST_PIN) {
        dlt645_meter_pin(m, row, v, out);
        return;
    }
    if (v.kind == WP_NULL && row != METER_REGISTER && row != METER_PUSH && row != METER_BUTTON)
        v = dlt645_meter_given(m->setup, row);
    switch (row) {
    case METER_REGISTER: dlt645_meter_set_registers(m, v, out); break;
    case METER_PUSH_DI: set_push_di(m, v, out); break;
    case METER_PUSH: push_now(m, event->now, v, out); break;
    default:
        if ((row >= METER_VOLTAGE && row <= METER_QUADRANT) || row == METER_SCALE)
            set_sensors(m, event->now, row, v);
        else
            set_plain(m, event->now, row, v);
        dlt645_meter_rearm(m, event->now, row);
    }
}
