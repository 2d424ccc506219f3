/* The line to the gateway: when it dials, how it logs in, what it sends unasked, how it gets lost.
 *
 *     power up --dial.delay--> dial --open--> greet: login | a reading | nothing
 *                               ^               |
 *                               |               +--every heartbeat.interval--> keep-alive, until misses
 *                               +--redial.min, doubled up to redial.max-- lost or refused
 *
 * The back-off begins anew once the gateway has said something that the meter understood. */
#include "sim/device/dlt645_meter_inside.h"

#include "sim/codec/ivy.h"
#include "sim/core/random.h"

enum { REDIALS_MAX = 30, SESSION_MAX = IVY_HEADER + METER_FAULT_BYTES_MAX + 16, GREETING_BYTES = 4 };

/* ---- dialling ---------------------------------------------------------------------------------------------- */

static wp_us spread(const struct dlt645_meter *m)
{
    int64_t most = dlt645_meter_given(m->setup, METER_DIAL_SPREAD).num;
    struct wp_random r = wp_random(m->setup->seed + m->redials);

    return most > 0 ? wp_random_between(&r, 0, most) : 0;
}

static void forget_session(struct dlt645_meter *m)
{
    m->port = 0;
    m->n_rx = m->n_busy = m->n_long = 0;
    m->login_open = m->resting = false;
    m->misses = 0;
    m->due[METER_DUE_RX] = m->due[METER_DUE_PUSH] = WP_NEVER;
    dlt645_meter_forget(m, METER_KEY_REST);
}

void dlt645_meter_power_up(struct dlt645_meter *m, wp_us now)
{
    forget_session(m);
    m->state = METER_WAITING;
    m->redials = 0;
    m->due[METER_DUE_LINK] = now + dlt645_meter_given(m->setup, METER_DIAL_DELAY).num + spread(m);
}

void dlt645_meter_lost(struct dlt645_meter *m, wp_us now)
{
    wp_us wait = dlt645_meter_given(m->setup, METER_REDIAL_MIN).num;
    wp_us most = dlt645_meter_given(m->setup, METER_REDIAL_MAX).num;

    forget_session(m);
    for (unsigned i = 0; i < m->redials && wait < most; i++)
        wait *= 2;
    if (m->redials < REDIALS_MAX)
        m->redials++;
    m->state = METER_WAITING;
    m->due[METER_DUE_LINK] = now + (wait < most ? wait : most) + spread(m);
}

void dlt645_meter_understood(struct dlt645_meter *m)
{
    m->redials = 0;
}

/* ---- IVY session messages ------------------------------------------------------------------------------------ */

/* The CRC is the last two bytes. */
static void bend_crc(const struct dlt645_meter *m, struct wp_writer *w)
{
    if (m->login_crc == 'z')
        memset(w->p + w->n - 2, 0, 2);
    else if (m->login_crc == 'w')
        w->p[w->n - 2] ^= 0xFF;
}

static void send_session(struct dlt645_meter *m, enum ivy_control control, struct wp_slice address,
                         struct wp_outbox *out)
{
    enum ivy_device_type type = (enum ivy_device_type)dlt645_meter_given(m->setup, METER_LOGIN_TYPE).num;
    struct ivy_session session = ivy_session(control, type, address);
    uint8_t bytes[SESSION_MAX];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);

    session.option = (uint8_t)dlt645_meter_given(m->setup, METER_LOGIN_OPTION).num;
    ivy_encode_session(&w, IVY_PORT, IVY_PORT, &session);
    assert(!w.full);
    bend_crc(m, &w);
    wp_send(out, m->port, wp_written(&w));
}

/* As the faults have it, else its own. */
static void send_own_session(struct dlt645_meter *m, enum ivy_control control, struct wp_outbox *out)
{
    struct dlt645_meter_fault fault;
    char digits[16];
    struct wp_writer w = wp_writer(digits, sizeof digits);

    dlt645_put_address(&w, m->address);
    if (dlt645_meter_fault(m, METER_FAULT_LOGIN_BYTES, &fault) ||
        dlt645_meter_fault(m, METER_FAULT_LOGIN_TEXT, &fault))
        send_session(m, control, wp_slice(fault.bytes, fault.n_bytes), out);
    else
        send_session(m, control, wp_written(&w), out);
}

static bool logs_in(const struct dlt645_meter *m)
{
    return wp_slice_is(dlt645_meter_given(m->setup, METER_LOGIN).bytes, "login");
}

static void arm_session(struct dlt645_meter *m, wp_us now)
{
    wp_us repeat = dlt645_meter_given(m->setup, METER_LOGIN_REPEAT).num;

    m->due[METER_DUE_LINK] = WP_NEVER;
    if (!logs_in(m))
        return;
    if (m->login_open && repeat > 0)
        m->due[METER_DUE_LINK] = now + repeat;
    else if (m->beat_ms > 0)
        m->due[METER_DUE_LINK] = now + WP_MS(m->beat_ms);
}

void dlt645_meter_session(struct dlt645_meter *m, wp_us now, const struct ivy_frame *frame)
{
    if (frame->kind != IVY_SESSION)
        return;
    if (frame->session.control == IVY_LOGIN_ANSWER && m->login_open) {
        m->login_open = false;
        arm_session(m, now);
    }
    if (frame->session.control == IVY_HEARTBEAT_ANSWER)
        m->misses = 0;
    dlt645_meter_understood(m);
}

static void hang_up(struct dlt645_meter *m, wp_us now, bool reset, struct wp_outbox *out)
{
    if (reset)
        wp_abort(out, m->port);
    else
        wp_hang_up(out, m->port);
    dlt645_meter_lost(m, now);
}

static void keep_alive(struct dlt645_meter *m, wp_us now, struct wp_outbox *out)
{
    int64_t misses_max = dlt645_meter_given(m->setup, METER_HEARTBEAT_MISSES).num;
    struct dlt645_meter_fault fault;

    if (m->login_open && dlt645_meter_given(m->setup, METER_LOGIN_REPEAT).num > 0) {
        send_own_session(m, IVY_LOGIN, out);
    } else if (misses_max > 0 && m->misses >= misses_max) {
        hang_up(m, now, false, out);
        return;
    } else if (!dlt645_meter_fault(m, METER_FAULT_MUTE, &fault)) {
        send_own_session(m, IVY_HEARTBEAT, out);
        m->misses++;
    }
    arm_session(m, now);
}

/* ---- unasked readings ------------------------------------------------------------------------------------------ */

static void push_one(struct dlt645_meter *m, wp_us now, uint32_t di, struct wp_outbox *out)
{
    uint8_t data[DLT645_READ_MAX - 4];
    struct wp_writer w = wp_writer(data, sizeof data);
    struct dlt645_frame frame;

    if (!dlt645_meter_read(m, di, &w))
        return;
    dlt645_reply_read(&frame, m->address, di, wp_written(&w), false);
    dlt645_meter_send(m, now, &frame, false, out);
}

void dlt645_meter_push(struct dlt645_meter *m, wp_us now, struct wp_slice dis, struct wp_outbox *out)
{
    struct wp_reader r = wp_reader(dis);

    dlt645_meter_settle(m, now);
    while (wp_left(&r) >= 4 && m->state == METER_ONLINE)
        push_one(m, now, wp_get_u32be(&r), out);
}

/* What was set while it runs, else what was given. */
static size_t pushed(const struct dlt645_meter *m, uint8_t out[4 * METER_PUSHES_MAX])
{
    struct wp_slice set = dlt645_meter_recall(m, METER_KEY_PUSH);

    if (!set.p)
        return dlt645_meter_given_octets(m->setup, METER_PUSH_DI, out, 4 * METER_PUSHES_MAX);
    memcpy(out, set.p, set.n);
    return set.n;
}

static void arm_push(struct dlt645_meter *m, wp_us now)
{
    m->due[METER_DUE_PUSH] = m->push_ms > 0 ? now + WP_MS(m->push_ms) : WP_NEVER;
}

void dlt645_meter_push_due(struct dlt645_meter *m, wp_us now, struct wp_outbox *out)
{
    uint8_t di[4 * METER_PUSHES_MAX];

    arm_push(m, now);
    dlt645_meter_push(m, now, wp_slice(di, pushed(m, di)), out);
}

/* ---- what happens to the line -------------------------------------------------------------------------------------- */

static void greet(struct dlt645_meter *m, wp_us now, struct wp_outbox *out)
{
    uint8_t di[4 * METER_PUSHES_MAX];

    if (logs_in(m)) {
        m->login_open = true;
        send_own_session(m, IVY_LOGIN, out);
    } else if (wp_slice_is(dlt645_meter_given(m->setup, METER_LOGIN).bytes, "none") &&
               pushed(m, di) >= GREETING_BYTES) {
        dlt645_meter_push(m, now, wp_slice(di, GREETING_BYTES), out);
    }
}

void dlt645_meter_opened(struct dlt645_meter *m, const struct wp_event *event, struct wp_outbox *out)
{
    m->dialling = false;
    if (m->state != METER_DIALLING)
        return; /* without power, or vanished: the line stands and nobody speaks */
    m->port = event->port;
    m->state = METER_ONLINE;
    arm_push(m, event->now);
    greet(m, event->now, out);
    if (m->state == METER_ONLINE)
        arm_session(m, event->now);
}

void dlt645_meter_closed(struct dlt645_meter *m, const struct wp_event *event)
{
    if (event->port == 0)
        m->dialling = false;
    if (event->port == 0 ? m->state == METER_DIALLING : m->state == METER_ONLINE && event->port == m->port)
        dlt645_meter_lost(m, event->now);
}

static void power_returns(struct dlt645_meter *m, wp_us now)
{
    dlt645_meter_settle(m, now);
    m->loaded_ms = m->settled_ms;
    dlt645_meter_power_up(m, now);
}

void dlt645_meter_link_due(struct dlt645_meter *m, wp_us now, struct wp_outbox *out)
{
    m->due[METER_DUE_LINK] = WP_NEVER;
    switch ((enum dlt645_meter_state)m->state) {
    case METER_OFF: power_returns(m, now); break;
    case METER_WAITING:
        if (m->dialling) { /* a dial from before the power failed is not answered yet */
            dlt645_meter_lost(m, now);
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

void dlt645_meter_rearm(struct dlt645_meter *m, wp_us now, enum dlt645_meter_row row)
{
    if (m->state != METER_ONLINE)
        return;
    if (row == METER_HEARTBEAT)
        arm_session(m, now);
    if (row == METER_PUSH_INTERVAL)
        arm_push(m, now);
}

/* ---- faults that happen at once --------------------------------------------------------------------------------------- */

static void power_fails(struct dlt645_meter *m, wp_us now, wp_us how_long)
{
    dlt645_meter_settle(m, now);
    forget_session(m);
    m->state = METER_OFF;
    m->loaded_ms = m->settled_ms;
    m->due[METER_DUE_LINK] = now + how_long;
    dlt645_meter_count(m, 0x03110000);
}

static void vanish(struct dlt645_meter *m, wp_us now, bool yes)
{
    if (yes) {
        forget_session(m);
        m->state = METER_GONE;
        m->due[METER_DUE_LINK] = WP_NEVER;
    } else if (m->state == METER_GONE) {
        dlt645_meter_power_up(m, now);
    }
}

void dlt645_meter_strike(struct dlt645_meter *m, wp_us now, enum dlt645_meter_row row, struct wp_value v,
                         struct wp_outbox *out)
{
    bool online = m->state == METER_ONLINE, on = v.kind != WP_NULL;

    switch (row) {
    case METER_FAULT_VANISH: vanish(m, now, on); break;
    case METER_FAULT_IDENTITY:
        if (on && online)
            send_session(m, IVY_LOGIN, v.bytes, out);
        break;
    case METER_FAULT_HANG_UP:
        if (on && online)
            hang_up(m, now, wp_slice_is(v.bytes, "reset"), out);
        break;
    case METER_FAULT_GASP:
        if (on && online)
            send_own_session(m, IVY_LAST_GASP, out);
        if (on)
            power_fails(m, now, v.num);
        break;
    default:
        if (on)
            power_fails(m, now, v.num);
        break;
    }
}
