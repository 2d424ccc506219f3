/* What it sends unasked: bursts of registers, and heartbeats.
 *
 *     burst of 40:   input 0-39, 40-79, 80-119                            older firmware
 *     burst of 127:  hold 0-79, input 0-126, 127-253, 254-380             newer firmware
 *
 * A burst begins every push.interval; its frames are push.gap apart. source: api/octolux, protocols/luxpower-and-octolux a.7 */
#include "sim/device/lxp_inverter_inside.h"

#include "sim/codec/lxp.h"

struct block {
    uint8_t function;
    uint16_t first, n;
};

static const struct block of_40[] = {
    {LXP_READ_INPUT, 0, 40}, {LXP_READ_INPUT, 40, 40}, {LXP_READ_INPUT, 80, 40}};

static const struct block of_127[] = {
    {LXP_READ_HOLD, 0, 80}, {LXP_READ_INPUT, 0, 127}, {LXP_READ_INPUT, 127, 127}, {LXP_READ_INPUT, 254, 127}};

enum { HEARTBEAT_BYTES = LXP_HEARTBEAT_BYTES, UNANSWERED_MAX = 1 };

/* ---- bursts ------------------------------------------------------------------------------------------------------- */

static unsigned n_blocks(const struct lxp_inverter *m)
{
    return m->push_form == 40 ? sizeof of_40 / sizeof of_40[0] : sizeof of_127 / sizeof of_127[0];
}

static const struct block *block_of(const struct lxp_inverter *m, unsigned i)
{
    return m->push_form == 40 ? &of_40[i] : &of_127[i];
}

/* A burst that took longer than the interval is followed by the next one, a gap behind it. */
static void arm_burst(struct lxp_inverter *m, wp_us now)
{
    const wp_us due = m->burst_at + WP_MS(m->push_ms);

    m->burst = 0;
    m->due[INVERTER_DUE_PUSH] = m->push_ms == 0 ? WP_NEVER : due > now ? due : now + m->gap_us;
}

/* Nobody listens to it, as far as it can tell. */
static bool is_alone(const struct lxp_inverter *m)
{
    return m->echo_needed && m->unanswered > UNANSWERED_MAX;
}

static void push(struct lxp_inverter *m, wp_us now, struct wp_outbox *out)
{
    const struct block *block = block_of(m, m->burst);
    uint8_t octets[INVERTER_FRAME];
    struct wp_writer w = wp_writer(octets, sizeof octets);
    struct lxp_inverter_fault fault;

    if (lxp_inverter_fault(m, INVERTER_FAULT_PUSH, &fault))
        return;
    lxp_inverter_put_block(m, now, block->function, block->first, block->n, &w);
    assert(!w.full);
    lxp_inverter_send(m, now, octets, w.n, out);
}

void lxp_inverter_push_due(struct lxp_inverter *m, wp_us now, struct wp_outbox *out)
{
    if (m->burst == 0)
        m->burst_at = now;
    if (m->burst == 0 && is_alone(m)) {
        arm_burst(m, now);
        return;
    }
    if (m->burst < n_blocks(m))
        push(m, now, out);
    if (++m->burst < n_blocks(m))
        m->due[INVERTER_DUE_PUSH] = now + m->gap_us;
    else
        arm_burst(m, now);
}

void lxp_inverter_push_now(struct lxp_inverter *m, wp_us now)
{
    m->burst = 0;
    m->due[INVERTER_DUE_PUSH] = now;
}

void lxp_inverter_set_interval(struct lxp_inverter *m, wp_us now, wp_us interval)
{
    m->push_ms = (uint32_t)(interval / WP_MS(1));
    if (m->burst > 0)
        return; /* the burst that runs arms the next one */
    m->burst_at = now;
    arm_burst(m, now);
}

/* ---- heartbeats ----------------------------------------------------------------------------------------------------- */

void lxp_inverter_arm_beat(struct lxp_inverter *m, wp_us now)
{
    m->due[INVERTER_DUE_BEAT] = m->beat_ms > 0 ? now + WP_MS(m->beat_ms) : WP_NEVER;
}

void lxp_inverter_beat_due(struct lxp_inverter *m, wp_us now, struct wp_outbox *out)
{
    uint8_t octets[HEARTBEAT_BYTES];
    struct wp_writer w = wp_writer(octets, sizeof octets);
    struct lxp_inverter_fault fault;

    lxp_inverter_arm_beat(m, now);
    if (!lxp_inverter_has_clients(m))
        return;
    if (m->unanswered < UINT8_MAX)
        m->unanswered++;
    if (lxp_inverter_fault(m, INVERTER_FAULT_HEARTBEAT, &fault))
        return;
    lxp_put_heartbeat(&w, lxp_inverter_head(m).protocol, m->datalog, m->tail);
    assert(!w.full);
    lxp_inverter_send(m, now, octets, w.n, out);
}

/* ---- at the start ----------------------------------------------------------------------------------------------------- */

void lxp_inverter_power_up(struct lxp_inverter *m, wp_us now)
{
    const struct wp_value first = lxp_inverter_given(m->setup, INVERTER_PUSH_FIRST);

    m->burst_at = now;
    arm_burst(m, now);
    if (first.kind == WP_DECIMAL && m->push_ms > 0)
        m->due[INVERTER_DUE_PUSH] = now + first.num;
    lxp_inverter_arm_beat(m, now);
}
