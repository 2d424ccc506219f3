/* How a frame gets to all clients: whole, or with the faults that act on its octets.
 *
 *     what waits | junk | its beginning | the frame, octets inside it         then half, drop, split, or several times
 *
 * What is kept back of a frame lies in the store, and goes out when its time has come or the next frame does. */
#include "sim/device/lxp_inverter_inside.h"

#include "sim/codec/lxp.h"

enum {
    KEY_REST = 0xF0, /* of a frame whose first octets are out */
    KEY_WAITS = 0xF1,
    TX_MAX = 2 * INVERTER_FRAME + 2 * INVERTER_FAULT_BYTES + 1024,
    SEND_MAX = 512,
};

/* Nothing leaves the dongle. */
static bool is_silent(const struct lxp_inverter *m)
{
    return m->is_off || lxp_inverter_has_fault(m, INVERTER_FAULT_MUTE);
}

static void to_all(const struct lxp_inverter *m, struct wp_slice octets, struct wp_outbox *out)
{
    if (is_silent(m))
        return;
    for (unsigned i = 0; octets.n > 0 && i < m->n_clients; i++)
        if (m->client[i].port != 0)
            wp_send(out, m->client[i].port, octets);
}

static struct wp_slice front(struct wp_slice octets, int64_t n)
{
    return wp_slice(octets.p, (size_t)n < octets.n ? (size_t)n : octets.n);
}

void lxp_inverter_rest_due(struct lxp_inverter *m, struct wp_outbox *out)
{
    to_all(m, lxp_inverter_recall(m, KEY_REST), out);
    lxp_inverter_forget(m, KEY_REST);
    m->due[INVERTER_DUE_REST] = WP_NEVER;
}

void lxp_inverter_drop_kept(struct lxp_inverter *m)
{
    lxp_inverter_forget(m, KEY_REST);
    lxp_inverter_forget(m, KEY_WAITS);
    m->due[INVERTER_DUE_REST] = WP_NEVER;
}

/* ---- what goes out ------------------------------------------------------------------------------------------------ */

/* The frame with octets before, in front of and inside it. */
static void compose(struct lxp_inverter *m, struct wp_slice frame, struct wp_writer *w)
{
    struct lxp_inverter_fault fault;
    size_t inside = 0;

    wp_put_slice(w, lxp_inverter_recall(m, KEY_WAITS));
    lxp_inverter_forget(m, KEY_WAITS);
    if (lxp_inverter_fault(m, INVERTER_FAULT_JUNK, &fault))
        wp_put_slice(w, wp_slice(fault.octets, fault.n));
    if (lxp_inverter_fault(m, INVERTER_FAULT_TRUNCATE, &fault))
        wp_put_slice(w, front(frame, fault.number));
    if (lxp_inverter_fault(m, INVERTER_FAULT_INSIDE, &fault)) {
        inside = frame.n / 2;
        wp_put_slice(w, front(frame, (int64_t)inside));
        wp_put_slice(w, wp_slice(fault.octets, fault.n));
    }
    wp_put_slice(w, wp_slice_from(frame, inside));
    assert(!w->full);
}

static bool waits(struct lxp_inverter *m, struct wp_slice octets, struct wp_outbox *out)
{
    struct lxp_inverter_fault fault;

    if (!lxp_inverter_fault(m, INVERTER_FAULT_COALESCE, &fault))
        return false;
    if (octets.n <= SEND_MAX && lxp_inverter_keep(m, KEY_WAITS, octets))
        return true;
    wp_note(out, "memory-full", wp_text("fault.coalesce"), 1);
    return false;
}

/* ---- how it goes out ------------------------------------------------------------------------------------------------ */

static void half(struct lxp_inverter *m, wp_us now, struct wp_slice octets, int64_t n, struct wp_outbox *out)
{
    const struct wp_slice rest = wp_slice_from(octets, (size_t)n);
    struct lxp_inverter_fault gap;

    to_all(m, front(octets, n), out);
    if (rest.n == 0 || !lxp_inverter_fault(m, INVERTER_FAULT_GAP, &gap))
        return;
    if (lxp_inverter_keep(m, KEY_REST, rest)) {
        m->due[INVERTER_DUE_REST] = now + gap.number;
        return;
    }
    wp_note(out, "memory-full", wp_text("fault.half.gap"), 1);
    to_all(m, rest, out);
}

static void split(const struct lxp_inverter *m, struct wp_slice octets, int64_t n, struct wp_outbox *out)
{
    for (; octets.n > 0; octets = wp_slice_from(octets, (size_t)n))
        to_all(m, front(octets, n), out);
}

static void deliver(struct lxp_inverter *m, wp_us now, struct wp_slice octets, struct wp_outbox *out)
{
    struct lxp_inverter_fault fault;
    int64_t copies = 1;

    if (lxp_inverter_fault(m, INVERTER_FAULT_HALF, &fault)) {
        half(m, now, octets, fault.number, out);
        return;
    }
    if (lxp_inverter_fault(m, INVERTER_FAULT_DROP, &fault)) {
        to_all(m, front(octets, fault.number), out);
        lxp_inverter_close_all(m, false, out);
        return;
    }
    if (lxp_inverter_fault(m, INVERTER_FAULT_ABORT, &fault)) {
        to_all(m, front(octets, fault.number), out);
        lxp_inverter_close_all(m, true, out);
        return;
    }
    if (lxp_inverter_fault(m, INVERTER_FAULT_SPLIT, &fault)) {
        split(m, octets, fault.number, out);
        return;
    }
    if (lxp_inverter_fault(m, INVERTER_FAULT_DUPLICATE, &fault))
        copies += fault.number;
    for (; copies > 0; copies--)
        to_all(m, octets, out);
}

void lxp_inverter_send(struct lxp_inverter *m, wp_us now, uint8_t *frame, size_t n, struct wp_outbox *out)
{
    uint8_t octets[TX_MAX];
    struct wp_writer w = wp_writer(octets, sizeof octets);

    if (!lxp_inverter_has_clients(m) || is_silent(m))
        return; /* nobody sees it: no occasion of a fault */
    if (m->due[INVERTER_DUE_REST] != WP_NEVER)
        lxp_inverter_rest_due(m, out);
    if (m->faults == 0 && m->n_store == 0) { /* nothing acts on it, nothing waits */
        to_all(m, wp_slice(frame, n), out);
        return;
    }
    lxp_inverter_bend(m, frame, n);
    compose(m, wp_slice(frame, n), &w);
    if (!waits(m, wp_written(&w), out))
        deliver(m, now, wp_written(&w), out);
}

/* ---- replies ------------------------------------------------------------------------------------------------------------ */

/* What another party is answered, as if it had asked at the same time. */
static void put_stray(struct lxp_inverter *m, wp_us now, const struct lxp_inverter_fault *fault,
                      struct wp_writer *w)
{
    enum { STRAY_REGISTER = 66, STRAY_PARAM = 6, BLOCK = 40 };
    struct lxp_head head;

    if (lxp_inverter_fault_is(fault, "hold")) {
        lxp_inverter_put_block(m, now, LXP_READ_HOLD, 0, BLOCK, w);
        return;
    }
    if (lxp_inverter_fault_is(fault, "input")) {
        lxp_inverter_put_block(m, now, LXP_READ_INPUT, BLOCK, BLOCK, w);
        return;
    }
    head = lxp_inverter_head(m);
    if (lxp_inverter_fault_is(fault, "write"))
        lxp_put_write(w, &head, STRAY_REGISTER, lxp_inverter_hold(m, STRAY_REGISTER));
    else if (lxp_inverter_fault_is(fault, "param"))
        lxp_put_param_write_reply(w, &head, STRAY_PARAM, 0);
    else
        lxp_put_heartbeat(w, head.protocol, m->datalog, m->tail);
}

void lxp_inverter_reply(struct lxp_inverter *m, wp_us now, uint8_t *frame, size_t n, struct wp_outbox *out)
{
    uint8_t octets[INVERTER_FRAME];
    struct wp_writer w = wp_writer(octets, sizeof octets);
    struct lxp_inverter_fault fault;

    if (lxp_inverter_fault(m, INVERTER_FAULT_STRAY, &fault)) {
        put_stray(m, now, &fault, &w);
        assert(!w.full);
        to_all(m, wp_written(&w), out);
    }
    lxp_inverter_bend_reply(m, frame, n);
    lxp_inverter_send(m, now, frame, n, out);
}

/* ---- at once ------------------------------------------------------------------------------------------------------------- */

void lxp_inverter_strike(struct lxp_inverter *m, wp_us now, enum lxp_inverter_row row, struct wp_value v,
                         struct wp_outbox *out)
{
    uint8_t octets[SEND_MAX];
    size_t n;

    switch (row) {
    case INVERTER_FAULT_HANG_UP:
        if (!m->is_off)
            lxp_inverter_close_all(m, wp_slice_is(v.bytes, "reset"), out);
        break;
    case INVERTER_FAULT_POWER: lxp_inverter_lose_power(m, now, v.num); break;
    default:
        n = lxp_inverter_octets(v, octets, sizeof octets);
        if (n == 0)
            wp_note(out, "value-refused", wp_text("fault.send has at most 512 octets"), 1);
        else
            to_all(m, wp_slice(octets, n), out);
        break;
    }
}
