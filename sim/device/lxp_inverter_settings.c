/* How each row that may change reaches the inverter, at the start and while it runs. */
#include "sim/device/lxp_inverter_inside.h"

static void refuse(struct wp_outbox *out, const char *what, enum lxp_inverter_row row)
{
    if (out)
        wp_note(out, what, wp_text(lxp_inverter_options[row].name), 1);
}

/* ---- registers ---------------------------------------------------------------------------------------------------- */

static bool set_register(struct lxp_inverter *m, wp_us now, bool is_input, uint16_t reg, uint16_t value,
                         bool given)
{
    const uint16_t key = (uint16_t)(INVERTER_INPUT_BIT + reg);

    if (!is_input && given)
        return lxp_inverter_set_hold(m, now, reg, value);
    if (!is_input)
        lxp_inverter_reset_hold(m, now, reg);
    else if (given)
        return lxp_inverter_put_cell(m, key, value);
    else
        lxp_inverter_drop_cells(m, key, key);
    return true;
}

static void let_go_of_all(struct lxp_inverter *m, wp_us now, bool is_input)
{
    if (is_input)
        lxp_inverter_drop_cells(m, INVERTER_INPUT_BIT, UINT16_MAX);
    else
        for (uint16_t reg = 0; reg < INVERTER_HOLDS; reg++)
            lxp_inverter_reset_hold(m, now, reg);
}

static unsigned last_of(bool is_input)
{
    return is_input ? INVERTER_INPUTS - 1 : INVERTER_HOLDS - 1;
}

static void set_registers(struct lxp_inverter *m, wp_us now, enum lxp_inverter_row row, struct wp_value v,
                          struct wp_outbox *out)
{
    const bool is_input = row == INVERTER_INPUT;
    struct wp_slice text = v.kind == WP_TEXT ? v.bytes : wp_slice(NULL, 0);
    uint16_t reg, value;
    bool given;

    if (v.kind == WP_NULL)
        let_go_of_all(m, now, is_input);
    if (!lxp_inverter_are_registers(text, last_of(is_input))) {
        refuse(out, "value-refused", row);
        return;
    }
    while (text.n > 0 && lxp_inverter_next_register(&text, last_of(is_input), &reg, &value, &given))
        if (!set_register(m, now, is_input, reg, value, given))
            refuse(out, "memory-full", row);
}

bool lxp_inverter_ranges(struct wp_slice text, struct lxp_inverter_range *out, uint8_t *ret_n)
{
    uint8_t n = 0;

    for (; text.n > 0; n++)
        if (n == INVERTER_RANGES || !lxp_inverter_next_range(&text, &out[n].first, &out[n].last))
            return false;
    *ret_n = n;
    return true;
}

static void set_read_only(struct lxp_inverter *m, struct wp_slice text, struct wp_outbox *out)
{
    struct lxp_inverter_range range[INVERTER_RANGES];
    uint8_t n;

    if (!lxp_inverter_ranges(text, range, &n)) {
        refuse(out, "value-refused", INVERTER_READ_ONLY);
        return;
    }
    m->n_ranges = n;
    memcpy(m->read_only, range, n * sizeof range[0]);
}

/* ---- flags and numbers ---------------------------------------------------------------------------------------------- */

/* "1" to "5"; 0: they flip. */
static uint8_t protocol_of(struct wp_slice text)
{
    return wp_slice_is(text, "flip") ? 0 : (uint8_t)(text.p[0] - '0');
}

static void set_plain(struct lxp_inverter *m, enum lxp_inverter_row row, struct wp_value v)
{
    switch (row) {
    case INVERTER_PROTOCOL: m->protocol = protocol_of(v.bytes); break;
    case INVERTER_ADDRESS: m->address = (uint8_t)v.num; break;
    case INVERTER_READ_MAX: m->read_max = (uint8_t)v.num; break;
    case INVERTER_READ_OVER: m->silent_over = wp_slice_is(v.bytes, "silence"); break;
    case INVERTER_REPLY_DELAY: m->reply_us = (uint32_t)v.num; break;
    case INVERTER_REPLY_SPREAD: m->spread_us = (uint32_t)v.num; break;
    case INVERTER_PUSH_GAP: m->gap_us = (uint32_t)v.num; break;
    case INVERTER_PUSH_FORM: m->push_form = wp_slice_is(v.bytes, "40") ? 40 : 127; break;
    case INVERTER_PUSH_INTERVAL: m->push_ms = (uint32_t)(v.num / WP_MS(1)); break;
    case INVERTER_HEARTBEAT: m->beat_ms = (uint32_t)(v.num / WP_MS(1)); break;
    case INVERTER_HEARTBEAT_TAIL: m->tail = (uint8_t)v.num; break;
    case INVERTER_HEARTBEAT_NEEDED: m->echo_needed = v.yes; break;
    default: break; /* given before the start only */
    }
}

/* What the profile says where nothing was given. */
static struct wp_value profile_value(const struct wp_setup *setup, enum lxp_inverter_row row)
{
    const struct lxp_inverter_profile *profile = lxp_inverter_profile(setup);

    switch (row) {
    case INVERTER_PROTOCOL: return wp_text_value(wp_text(profile->protocol));
    case INVERTER_ADDRESS: return wp_int(profile->address);
    case INVERTER_READ_MAX: return wp_int(profile->read_max);
    case INVERTER_PUSH_FORM: return wp_text_value(wp_text(profile->push_form == 40 ? "40" : "127"));
    default: return wp_null();
    }
}

static struct wp_value first_value(const struct wp_setup *setup, enum lxp_inverter_row row)
{
    const struct wp_value v = lxp_inverter_given(setup, row);

    return v.kind == WP_NULL ? profile_value(setup, row) : v;
}

void lxp_inverter_begin_settings(struct lxp_inverter *m)
{
    static const enum lxp_inverter_row plain[] = {
        INVERTER_PROTOCOL,      INVERTER_ADDRESS,      INVERTER_READ_MAX,       INVERTER_READ_OVER,
        INVERTER_REPLY_DELAY,   INVERTER_REPLY_SPREAD, INVERTER_PUSH_GAP,       INVERTER_PUSH_FORM,
        INVERTER_PUSH_INTERVAL, INVERTER_HEARTBEAT,    INVERTER_HEARTBEAT_TAIL, INVERTER_HEARTBEAT_NEEDED};
    const struct wp_setup *s = m->setup;

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        set_plain(m, plain[i], first_value(s, plain[i]));
    set_read_only(m, lxp_inverter_given(s, INVERTER_READ_ONLY).bytes, NULL);
    for (size_t i = 0; i < s->n_given; i++) {
        const enum lxp_inverter_row row = (enum lxp_inverter_row)(s->given[i].option - lxp_inverter_options);

        if (row == INVERTER_HOLD || row == INVERTER_INPUT)
            set_registers(m, 0, row, s->given[i].value, NULL);
    }
}

/* ---- while it runs ---------------------------------------------------------------------------------------------------- */

void lxp_inverter_set(struct lxp_inverter *m, const struct wp_event *event, struct wp_outbox *out)
{
    const enum lxp_inverter_row row = (enum lxp_inverter_row)(event->set.option - lxp_inverter_options);
    const wp_us now = event->now;
    struct wp_value v = event->set.value;

    if (row >= INVERTER_FIRST_FAULT) {
        lxp_inverter_set_fault(m, now, row, v, event->set.times, out);
        return;
    }
    if (row >= INVERTER_PORTAL_WRITE && row <= INVERTER_PORTAL_PARAM) {
        if (v.kind == WP_TEXT && !lxp_inverter_portal(m, now, row, v.bytes, out))
            refuse(out, "value-refused", row);
        return;
    }
    if (row == INVERTER_HOLD || row == INVERTER_INPUT) {
        set_registers(m, now, row, v, out);
        return;
    }
    if (lxp_inverter_is_physics(row)) {
        lxp_inverter_set_physics(m, now, row, v);
        return;
    }
    if (v.kind == WP_NULL)
        v = first_value(m->setup, row);
    switch (row) {
    case INVERTER_READ_ONLY: set_read_only(m, v.bytes, out); break;
    case INVERTER_CLOCK: lxp_inverter_step_clock(m, now, v.num); break;
    case INVERTER_PUSH_INTERVAL: lxp_inverter_set_interval(m, now, v.num); break;
    case INVERTER_PUSH_NOW:
        if (v.kind == WP_BOOL && v.yes)
            lxp_inverter_push_now(m, now);
        break;
    default: set_plain(m, row, v); break;
    }
    if (row == INVERTER_HEARTBEAT)
        lxp_inverter_arm_beat(m, now);
}
