/* The load switch and the commands for it (1C, utility addendum).
 *
 *     CLOSED --1A trip--> OPEN --1B permit--> PERMITTED --button--> CLOSED
 *                         OPEN --1C close----------------> CLOSED          (1B too, unless relay.button)
 *     3A keep power: a trip is refused until 3B       2A, 2B: the alarm before a trip, bit 7 of status word 3
 *
 * A command is valid until the moment that it carries, by the meter's own clock. While the relay is open no current
 * flows and no energy is counted; voltage is there as before. */
#include "sim/device/dlt645_meter_inside.h"

enum { TRIP_DELAY_STEP_S = 300 };

void dlt645_meter_switch(struct dlt645_meter *m, wp_us now, bool open)
{
    m->due[METER_DUE_RELAY] = WP_NEVER;
    if (open == m->relay_open)
        return;
    dlt645_meter_settle(m, now);
    m->relay_open = open;
    m->loaded_ms = m->settled_ms;
    dlt645_meter_count(m, open ? 0x1D000001 : 0x1E000001);
}

static void trip(struct dlt645_meter *m, wp_us now, uint8_t delay)
{
    m->relay_commanded_open = true;
    m->relay_permitted = false;
    if (delay > 0 && dlt645_meter_given(m->setup, METER_RELAY_DELAY).yes)
        m->due[METER_DUE_RELAY] = now + WP_SEC(delay * TRIP_DELAY_STEP_S);
    else
        dlt645_meter_switch(m, now, true);
}

uint8_t dlt645_meter_relay(struct dlt645_meter *m, wp_us now, const struct dlt645_body *body)
{
    int64_t valid_until;

    if (!dlt645_meter_may(m, DLT645_RELAY, body))
        return DLT645_ERROR_PASSWORD;
    if (!dlt645_meter_moment(&body->time, &valid_until) || valid_until < dlt645_meter_local_ms(m, now / 1000))
        return DLT645_ERROR_OTHER; /* expired */
    switch (body->n1) {
    case DLT645_ACTION_TRIP:
        if (m->keeps_power)
            return DLT645_ERROR_OTHER;
        trip(m, now, body->n2);
        return 0;
    case DLT645_ACTION_CLOSE_PERMIT:
    case DLT645_ACTION_CLOSE:
        m->relay_commanded_open = false;
        m->relay_permitted = true;
        if (body->n1 == DLT645_ACTION_CLOSE || !dlt645_meter_given(m->setup, METER_RELAY_BUTTON).yes)
            dlt645_meter_switch(m, now, false);
        return 0;
    case DLT645_ACTION_ALARM: m->alarm = true; return 0;
    case DLT645_ACTION_ALARM_OFF: m->alarm = false; return 0;
    case DLT645_ACTION_KEEP_POWER:
        m->keeps_power = true;
        m->due[METER_DUE_RELAY] = WP_NEVER;
        return 0;
    case DLT645_ACTION_KEEP_POWER_OFF: m->keeps_power = false; return 0;
    default: return DLT645_ERROR_OTHER;
    }
}
