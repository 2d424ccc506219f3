/* The line to the gateway: when it dials, how it logs in, how it gets lost.
 *
 *     power up --dial.delay--> dial --open--> login, or nothing
 *                               ^               |
 *                               |               +--every heartbeat.interval--> keep-alive
 *                               +--redial.min, doubled up to redial.max-- lost or refused
 *
 * The back-off begins anew once the gateway has said something that the meter understood. On UDP every dial succeeds,
 * and the gateway is never lost. */
#include "sim/device/dlms_meter_inside.h"

#include "sim/codec/ivy.h"
#include "sim/core/random.h"

enum { REDIALS_MAX = 30, SESSION_MAX = 48, ADDRESS_DIGITS = 12, SEND_MAX = 512 };

/* ---- dialling ---------------------------------------------------------------------------------------------- */

static wp_us spread(const struct dlms_meter *m)
{
    int64_t most = dlms_meter_given(m->setup, METER_DIAL_SPREAD).num;
    struct wp_random r = wp_random(m->setup->seed + m->redials);

    return most > 0 ? wp_random_between(&r, 0, most) : 0;
}

static void leave(struct dlms_meter *m)
{
    m->port = 0;
    m->push.kind = METER_JOB_NONE;
    for (int i = 0; i < METER_DUES; i++)
        m->due[i] = WP_NEVER;
    dlms_meter_forget_session(m);
}

void dlms_meter_power_up(struct dlms_meter *m, wp_us now)
{
    leave(m);
    m->state = METER_WAITING;
    m->redials = 0;
    m->due[METER_DUE_LINK] = now + dlms_meter_given(m->setup, METER_DIAL_DELAY).num + spread(m);
}

void dlms_meter_lost(struct dlms_meter *m, wp_us now)
{
    wp_us wait = dlms_meter_given(m->setup, METER_REDIAL_MIN).num;
    wp_us most = dlms_meter_given(m->setup, METER_REDIAL_MAX).num;

    leave(m);
    for (unsigned i = 0; i < m->redials && wait < most; i++)
        wait *= 2;
    if (m->redials < REDIALS_MAX)
        m->redials++;
    m->state = METER_WAITING;
    m->due[METER_DUE_LINK] = now + (wait < most ? wait : most) + spread(m);
}

void dlms_meter_understood(struct dlms_meter *m)
{
    m->redials = 0;
}

/* ---- IVY session messages ------------------------------------------------------------------------------------ */

static bool logs_in(const struct dlms_meter *m)
{
    struct wp_value given = dlms_meter_given(m->setup, METER_LOGIN);

    return given.kind == WP_TEXT ? wp_slice_is(given.bytes, "login") : m->profile->logs_in;
}

/* The CRC is the last two octets. */
static void bend_crc(const struct dlms_meter *m, struct wp_writer *w)
{
    if (m->login_crc == 'z')
        memset(w->p + w->n - 2, 0, 2);
    else if (m->login_crc == 'w')
        w->p[w->n - 2] ^= 0xFF;
}

static void send_session(struct dlms_meter *m, enum ivy_control control, struct wp_outbox *out)
{
    char digits[ADDRESS_DIGITS];
    uint8_t bytes[SESSION_MAX];
    struct wp_writer d = wp_writer(digits, sizeof digits), w = wp_writer(bytes, sizeof bytes);
    struct wp_slice address;
    struct ivy_session session;

    dlms_meter_put_digits(&d, m->number, ADDRESS_DIGITS);
    if (!dlms_meter_fault_octets(m, METER_FAULT_LOGIN_TEXT, &address))
        address = wp_written(&d);
    session = ivy_session(control, IVY_DEVICE_METER, address);
    ivy_encode_session(&w, IVY_PORT, IVY_PORT, &session);
    assert(!w.full);
    bend_crc(m, &w);
    wp_send(out, m->port, wp_written(&w));
}

void dlms_meter_arm_beat(struct dlms_meter *m, wp_us now)
{
    if (m->state == METER_ONLINE)
        m->due[METER_DUE_LINK] = logs_in(m) && m->beat_ms > 0 ? now + WP_MS(m->beat_ms) : WP_NEVER;
}

static void keep_alive(struct dlms_meter *m, wp_us now, struct wp_outbox *out)
{
    const bool again = dlms_meter_given_is(m->setup, METER_HEARTBEAT_FORM, "login");

    if (!dlms_meter_fault(m, METER_FAULT_MUTE, NULL))
        send_session(m, again ? IVY_LOGIN : IVY_HEARTBEAT, out);
    dlms_meter_arm_beat(m, now);
}

/* ---- what happens to the line -------------------------------------------------------------------------------------- */

void dlms_meter_opened(struct dlms_meter *m, const struct wp_event *event, struct wp_outbox *out)
{
    m->dialling = false;
    if (m->state != METER_DIALLING)
        return; /* without power, or vanished: the line stands and nobody speaks */
    m->port = event->port;
    m->state = METER_ONLINE;
    if (logs_in(m))
        send_session(m, IVY_LOGIN, out);
    dlms_meter_arm_beat(m, event->now);
    dlms_meter_arm_push(m, event->now);
    if (m->restored) {
        m->restored = false;
        m->status_bit = METER_BIT_FIRST_BREATH;
        dlms_meter_event(m, event->now, METER_EVENT_POWER, out);
        m->status_bit = 0;
    }
}

void dlms_meter_closed(struct dlms_meter *m, const struct wp_event *event)
{
    if (event->port == 0)
        m->dialling = false;
    if (event->port == 0 ? m->state == METER_DIALLING : m->state == METER_ONLINE && event->port == m->port)
        dlms_meter_lost(m, event->now);
}

void dlms_meter_link_due(struct dlms_meter *m, wp_us now, struct wp_outbox *out)
{
    m->due[METER_DUE_LINK] = WP_NEVER;
    switch ((enum dlms_meter_state)m->state) {
    case METER_OFF:
        m->settled = now - now % 1000; /* without power nothing was counted */
        dlms_meter_power_up(m, now);
        break;
    case METER_WAITING:
        if (m->dialling) { /* a dial from before the power failed is not answered yet */
            dlms_meter_lost(m, now);
            break;
        }
        m->state = METER_DIALLING;
        m->dialling = true;
        wp_dial(out, m->endpoint);
        break;
    case METER_ONLINE: keep_alive(m, now, out); break;
    default: break;
    }
}

/* ---- faults that happen at once --------------------------------------------------------------------------------------- */

static void power_fails(struct dlms_meter *m, wp_us now, wp_us how_long)
{
    dlms_meter_settle(m, now);
    leave(m);
    m->state = METER_OFF;
    m->restored = m->profile->events == METER_EVENTS_STATUS;
    m->due[METER_DUE_LINK] = now + how_long;
}

/* The last thing that it says: as IVY has it, else as its events are. */
static void gasp(struct dlms_meter *m, wp_us now, struct wp_outbox *out)
{
    if (logs_in(m)) {
        send_session(m, IVY_LAST_GASP, out);
        return;
    }
    m->status_bit = METER_BIT_LAST_GASP;
    dlms_meter_event(m, now, METER_EVENT_POWER, out);
    m->status_bit = 0;
}

static void vanish(struct dlms_meter *m, wp_us now, bool yes)
{
    if (yes) {
        leave(m);
        m->state = METER_GONE;
    } else if (m->state == METER_GONE) {
        dlms_meter_power_up(m, now);
    }
}

static void hang_up(struct dlms_meter *m, wp_us now, bool reset, struct wp_outbox *out)
{
    if (reset)
        wp_abort(out, m->port);
    else
        wp_hang_up(out, m->port);
    dlms_meter_lost(m, now);
}

static void send_as_it_is(struct dlms_meter *m, struct wp_value v, struct wp_outbox *out)
{
    uint8_t bytes[SEND_MAX];
    const size_t n = dlms_meter_octets(v, bytes, sizeof bytes);

    if (n > 0)
        wp_send(out, m->port, wp_slice(bytes, n));
    else
        wp_note(out, "value-refused", wp_text("fault.send has at most 512 octets"), 1);
}

void dlms_meter_strike(struct dlms_meter *m, wp_us now, enum dlms_meter_row row, struct wp_value v,
                       struct wp_outbox *out)
{
    const bool online = m->state == METER_ONLINE, on = v.kind != WP_NULL;

    if (row == METER_FAULT_VANISH)
        vanish(m, now, on);
    if (!on)
        return;
    if (row == METER_FAULT_SEND && online)
        send_as_it_is(m, v, out);
    if (row == METER_FAULT_HANG_UP && online)
        hang_up(m, now, wp_slice_is(v.bytes, "reset"), out);
    if (row == METER_FAULT_GASP && online)
        gasp(m, now, out);
    if (row == METER_FAULT_GASP || row == METER_FAULT_POWER)
        power_fails(m, now, v.num);
}
