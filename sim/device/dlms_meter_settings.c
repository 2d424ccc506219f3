/* How each row that may change reaches the meter, at the start and while it runs. */
#include "sim/device/dlms_meter_inside.h"

/* ---- load -------------------------------------------------------------------------------------------------- */

static void set_phase(struct dlms_meter *m, enum dlms_meter_row group, unsigned phase, struct wp_value v)
{
    if (group == METER_VOLTAGE)
        m->load.millivolt[phase] =
            v.kind == WP_NULL ? m->profile->millivolt : (uint32_t)dlms_meter_fixed(v, 3);
    else
        m->load.milliampere[phase] =
            v.kind == WP_NULL ? m->profile->milliampere : (int32_t)dlms_meter_fixed(v, 3);
}

/* A group is the row for all phases and the rows of A, B and C behind it. A phase without a value of its own has
 * that of all. */
static void set_load(struct dlms_meter *m, enum dlms_meter_row group, enum dlms_meter_row row,
                     struct wp_value v)
{
    if (v.kind == WP_NULL)
        v = dlms_meter_given(m->setup, row);
    if (v.kind == WP_NULL)
        v = dlms_meter_given(m->setup, group);
    for (unsigned phase = 0; phase < METER_PHASES_MAX; phase++)
        if (row == group || (unsigned)row == group + 1u + phase)
            set_phase(m, group, phase, v);
}

static void begin_load(struct dlms_meter *m)
{
    static const enum dlms_meter_row groups[] = {METER_VOLTAGE, METER_CURRENT};

    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++)
        for (unsigned i = 0; i <= METER_PHASES_MAX; i++)
            set_load(m, groups[g], (enum dlms_meter_row)(groups[g] + i), wp_null());
}

/* A bit for each bound that is passed: 1 above, 2 below. */
static uint8_t alarms_of(const struct dlms_meter *m)
{
    uint8_t alarms = 0;

    for (unsigned i = 0; i < m->profile->phases; i++) {
        if (m->high_mv > 0 && m->load.millivolt[i] > m->high_mv)
            alarms |= 1;
        if (m->low_mv > 0 && m->load.millivolt[i] < m->low_mv)
            alarms |= 2;
    }
    return alarms;
}

static void watch_voltage(struct dlms_meter *m, wp_us now, struct wp_outbox *out)
{
    const uint8_t before = m->alarms;

    m->alarms = alarms_of(m);
    if (m->alarms & ~before & 1)
        dlms_meter_event(m, now, METER_EVENT_HIGH, out);
    if (m->alarms & ~before & 2)
        dlms_meter_event(m, now, METER_EVENT_LOW, out);
}

/* ---- rows that change ------------------------------------------------------------------------------------------- */

/* The first letter of what was chosen, else of what the profile has. */
static uint8_t letter(struct wp_value v, uint8_t otherwise)
{
    return v.kind == WP_TEXT && v.bytes.n > 0 ? v.bytes.p[0] : otherwise;
}

static uint8_t control_of(const struct dlms_meter *m, struct wp_value v)
{
    static const struct {
        const char *text;
        uint8_t sc;
    } known[] = {{"none", 0}, {"auth", 0x10}, {"encrypt", 0x20}, {"auth-encrypt", 0x30}};
    const struct wp_value suite = dlms_meter_given(m->setup, METER_SUITE);

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (v.kind == WP_TEXT && wp_slice_is(v.bytes, known[i].text))
            return (uint8_t)(known[i].sc > 0 ? known[i].sc | suite.num : 0);
    return (uint8_t)(m->profile->security > 0 ? m->profile->security | suite.num : 0);
}

static void set_object(struct dlms_meter *m, struct wp_value v, struct wp_outbox *out)
{
    struct obis ln;
    const bool reads = v.kind == WP_TEXT && obis_read(v.bytes, &ln);

    if (v.kind == WP_TEXT && (!reads || !(dlms_meter_find(m, ln) || dlms_meter_find_event(ln)))) {
        if (out)
            wp_note(out, "value-refused", wp_text("push.object: it has no such object"), 1);
        return;
    }
    m->has_object = reads;
    if (reads)
        m->object = ln;
}

static int64_t number_or(struct wp_value v, int64_t otherwise)
{
    return v.kind == WP_DECIMAL ? v.num : otherwise;
}

/* Rows of flags and numbers, given or not. */
static void set_plain(struct dlms_meter *m, enum dlms_meter_row row, struct wp_value v, struct wp_outbox *out)
{
    const struct dlms_meter_profile *p = m->profile;

    switch (row) {
    case METER_SECURITY: m->security = control_of(m, v); break;
    case METER_LOGIN_CRC: m->login_crc = letter(v, 'g'); break;
    case METER_HEARTBEAT: m->beat_ms = (uint32_t)(v.num / 1000); break;
    case METER_REPLY_DELAY: m->reply_us = (uint32_t)v.num; break;
    case METER_PUSH_INTERVAL:
        m->push_ms = v.kind == WP_DECIMAL ? (uint32_t)(v.num / 1000) : p->interval_ms;
        break;
    case METER_PUSH_LIST: m->push_list = (uint8_t)v.num; break;
    case METER_PUSH_FORM: m->push_form = letter(v, 'd'); break;
    case METER_PUSH_OBJECT: set_object(m, v, out); break;
    case METER_TIME_FORM: m->time_form = letter(v, p->time_form); break;
    case METER_TIME_ZONE:
        m->zone = v.kind != WP_BOOL ? p->zone : v.yes ? METER_ZONE_TOLD : METER_ZONE_NONE;
        break;
    case METER_GBT_BLOCK: m->gbt_block = (uint16_t)number_or(v, p->gbt_block); break;
    case METER_HDLC_SEGMENT: m->hdlc_segment = (uint16_t)number_or(v, p->hdlc_segment); break;
    case METER_ANSWER_FORM: m->answers_bare = letter(v, 'f') == 'b'; break;
    case METER_CLOCK: m->clock = v.num; break;
    case METER_RELAY: m->relay_open = letter(v, 'c') == 'o'; break;
    case METER_VOLTAGE_HIGH: m->high_mv = (uint32_t)dlms_meter_fixed(v, 3); break;
    case METER_VOLTAGE_LOW: m->low_mv = (uint32_t)dlms_meter_fixed(v, 3); break;
    case METER_FACTOR:
        m->load.factor_permille =
            v.kind == WP_DECIMAL ? (uint16_t)dlms_meter_fixed(v, 3) : p->factor_permille;
        break;
    case METER_FREQUENCY:
        m->load.centihertz = v.kind == WP_DECIMAL ? (uint16_t)dlms_meter_fixed(v, 2) : p->centihertz;
        break;
    case METER_TARIFF: m->tariff = (uint8_t)v.num; break;
    default: break; /* given before the start only */
    }
}

void dlms_meter_begin_settings(struct dlms_meter *m)
{
    const struct wp_setup *s = m->setup;

    begin_load(m);
    for (enum dlms_meter_row row = 0; row < METER_FIRST_PIN; row++)
        if (row != METER_PUSH_NOW)
            set_plain(m, row, dlms_meter_given(s, row), NULL);
    m->tamper = 'o';
    for (size_t i = 0; i < s->n_given; i++) {
        enum dlms_meter_row row = (enum dlms_meter_row)(s->given[i].option - dlms_meter_options);

        if (row == METER_REGISTER)
            dlms_meter_set_registers(m, s->given[i].value, NULL);
        else if (row >= METER_FIRST_PIN && row < METER_FIRST_FAULT)
            dlms_meter_set_pin(m, row, s->given[i].value, NULL);
        else if (row == METER_TAMPER)
            m->tamper = wp_slice_is(s->given[i].value.bytes, "none") ? 'o' : letter(s->given[i].value, 'o');
    }
    m->alarms = alarms_of(m);
}

static void set_tamper(struct dlms_meter *m, wp_us now, struct wp_value v, struct wp_outbox *out)
{
    dlms_meter_tamper(m, now, wp_slice_is(v.bytes, "none") ? 'o' : letter(v, 'o'), out);
}

static bool is_load(enum dlms_meter_row row)
{
    return row >= METER_VOLTAGE && row <= METER_TARIFF;
}

static void set_option(struct dlms_meter *m, wp_us now, enum dlms_meter_row row, struct wp_value v,
                       struct wp_outbox *out)
{
    if (is_load(row))
        dlms_meter_settle(m, now);
    if (row >= METER_VOLTAGE && row <= METER_VOLTAGE_C)
        set_load(m, METER_VOLTAGE, row, v);
    else if (row >= METER_CURRENT && row <= METER_CURRENT_C)
        set_load(m, METER_CURRENT, row, v);
    else
        set_plain(m, row, v, out);
    if (is_load(row) || row == METER_VOLTAGE_HIGH || row == METER_VOLTAGE_LOW)
        watch_voltage(m, now, out);
    if (row == METER_PUSH_INTERVAL)
        dlms_meter_arm_push(m, now);
    if (row == METER_HEARTBEAT)
        dlms_meter_arm_beat(m, now);
}

void dlms_meter_set(struct dlms_meter *m, const struct wp_event *event, struct wp_outbox *out)
{
    const enum dlms_meter_row row = (enum dlms_meter_row)(event->set.option - dlms_meter_options);
    struct wp_value v = event->set.value;

    if (row >= METER_FIRST_FAULT) {
        dlms_meter_set_fault(m, event->now, row, v, event->set.times, out);
        return;
    }
    if (row >= METER_FIRST_PIN) {
        dlms_meter_set_pin(m, row, v, out);
        return;
    }
    if (row == METER_REGISTER) {
        dlms_meter_set_registers(m, v, out);
        return;
    }
    if (row == METER_PUSH_NOW) {
        if (v.kind == WP_BOOL && v.yes)
            dlms_meter_push(m, event->now, out);
        return;
    }
    if (v.kind == WP_NULL)
        v = dlms_meter_given(m->setup, row);
    if (row == METER_TAMPER)
        set_tamper(m, event->now, v, out);
    else
        set_option(m, event->now, row, v, out);
}
