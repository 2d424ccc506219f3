/* What a request does, and the frame that answers it.
 *
 * Reads and writes answer with the registers, or with an exception: 2 no such register, 3 read only, no such value or too
 * many at once. Parameters of the dongle: 0 is the push interval, 1 and 9 are the serial numbers, 6 is taken and means
 * nothing here; others get no answer. source: protocols/luxpower-and-octolux a.3, a.4 */
#include "sim/device/lxp_inverter_inside.h"

#include "sim/codec/lxp.h"

enum {
    PARAM_INTERVAL = 0,
    PARAM_DATALOG = 1,
    PARAM_SERVER = 6,
    PARAM_SERIAL = 9,
    REQUEST_BLOCK = 512, /* registers of a write multi: more than request.max lets through */
};

/* ---- frames ------------------------------------------------------------------------------------------------------- */

struct lxp_head lxp_inverter_head(struct lxp_inverter *m)
{
    struct lxp_head head = {m->protocol, m->address, m->datalog, m->serial};

    if (m->protocol == 0) {
        m->flipped = !m->flipped;
        head.protocol = m->flipped ? 2 : 5;
    }
    return head;
}

void lxp_inverter_put_block(struct lxp_inverter *m, wp_us now, uint8_t function, uint16_t first, unsigned n,
                            struct wp_writer *w)
{
    const struct lxp_head head = lxp_inverter_head(m);
    uint16_t value[INVERTER_BLOCK];
    uint8_t octets[2 * INVERTER_BLOCK];

    assert(n >= 1 && n <= INVERTER_BLOCK);
    if (function == LXP_READ_HOLD)
        lxp_inverter_holds(m, now, first, n, value);
    else
        lxp_inverter_inputs(m, now, first, n, value);
    for (unsigned i = 0; i < n; i++) {
        octets[2 * i] = (uint8_t)value[i];
        octets[2 * i + 1] = (uint8_t)(value[i] >> 8);
    }
    lxp_put_read_reply(w, &head, function, first, wp_slice(octets, 2 * n));
}

static bool refuse(struct lxp_inverter *m, const struct lxp_frame *q, uint8_t code, struct wp_writer *w)
{
    const struct lxp_head head = lxp_inverter_head(m);

    lxp_put_exception(w, &head, q->device_function, q->first, code);
    return true;
}

/* ---- reads and writes ----------------------------------------------------------------------------------------------- */

static bool read(struct lxp_inverter *m, wp_us now, const struct lxp_frame *q, bool is_reply,
                 struct wp_writer *w)
{
    const unsigned last = q->device_function == LXP_READ_HOLD ? m->hold_last : INVERTER_INPUTS - 1;
    struct lxp_inverter_fault fault;
    unsigned n = q->count;

    if (n > m->read_max)
        return !m->silent_over && refuse(m, q, INVERTER_NO_VALUE, w);
    if (n == 0)
        return refuse(m, q, INVERTER_NO_VALUE, w);
    if (q->first + n > last + 1)
        return refuse(m, q, INVERTER_NO_REGISTER, w);
    if (is_reply && lxp_inverter_fault(m, INVERTER_FAULT_COUNT, &fault))
        n = (unsigned)fault.number;
    lxp_inverter_put_block(m, now, q->device_function, q->first, n, w);
    return true;
}

/* fault.reject: "21" or "21=2". */
static uint8_t rejected(struct lxp_inverter *m, const struct lxp_frame *q)
{
    struct lxp_inverter_fault fault;
    uint16_t reg, code = INVERTER_NO_VALUE;

    if (!lxp_inverter_look(m, INVERTER_FAULT_REJECT, &fault) ||
        !lxp_inverter_read_rejection(wp_slice(fault.octets, fault.n), &reg, &code) || reg < q->first ||
        reg >= q->first + q->count)
        return 0;
    (void)lxp_inverter_fault(m, INVERTER_FAULT_REJECT, &fault);
    return (uint8_t)code;
}

static bool write(struct lxp_inverter *m, wp_us now, const struct lxp_frame *q, bool is_reply,
                  struct wp_writer *w)
{
    struct lxp_head head;
    struct lxp_inverter_fault fault;
    uint16_t value[REQUEST_BLOCK];
    const unsigned n = (unsigned)(q->values.n / 2);
    uint8_t code = rejected(m, q);
    uint16_t count = (uint16_t)n;

    for (unsigned i = 0; i < n && i < REQUEST_BLOCK; i++)
        value[i] = lxp_u16(q->values, i);
    if (code == 0)
        code = n <= REQUEST_BLOCK ? lxp_inverter_write(m, now, q->first, n, value) : INVERTER_NO_VALUE;
    if (code != 0)
        return refuse(m, q, code, w);
    head = lxp_inverter_head(m);
    if (q->shape == LXP_IS_WRITE_SINGLE) {
        lxp_put_write(w, &head, q->first, value[0]);
        return true;
    }
    if (is_reply && lxp_inverter_fault(m, INVERTER_FAULT_COUNT, &fault))
        count = (uint16_t)fault.number;
    lxp_put_write_multi_reply(w, &head, q->first, count);
    return true;
}

/* ---- parameters ------------------------------------------------------------------------------------------------------ */

static bool read_param(struct lxp_inverter *m, const struct lxp_frame *q, struct wp_writer *w)
{
    const uint32_t seconds = m->push_ms / 1000;
    const uint16_t shown = (uint16_t)(seconds < UINT16_MAX ? seconds : UINT16_MAX);
    const uint8_t interval[] = {(uint8_t)shown, (uint8_t)(shown >> 8)};
    struct wp_slice value;
    struct lxp_head head;

    switch (q->param) {
    case PARAM_INTERVAL: value = wp_slice(interval, sizeof interval); break;
    case PARAM_DATALOG: value = wp_slice(m->datalog, sizeof m->datalog); break;
    case PARAM_SERIAL: value = wp_slice(m->serial, sizeof m->serial); break;
    default: return false;
    }
    head = lxp_inverter_head(m);
    lxp_put_param_read_reply(w, &head, q->param, value);
    return true;
}

static bool write_param(struct lxp_inverter *m, wp_us now, const struct lxp_frame *q, struct wp_writer *w)
{
    struct lxp_head head;

    if (q->param != PARAM_SERVER && (q->param != PARAM_INTERVAL || q->values.n != 2))
        return false;
    if (q->param == PARAM_INTERVAL)
        lxp_inverter_set_interval(m, now, WP_SEC(lxp_u16(q->values, 0)));
    head = lxp_inverter_head(m);
    lxp_put_param_write_reply(w, &head, q->param, 0);
    return true;
}

/* ---- any request ------------------------------------------------------------------------------------------------------ */

static bool answer(struct lxp_inverter *m, wp_us now, const struct lxp_frame *q, bool is_reply,
                   struct wp_writer *w)
{
    const bool has_registers =
        q->shape != LXP_IS_PARAM_READ_REQUEST && q->shape != LXP_IS_PARAM_WRITE_REQUEST;
    struct lxp_inverter_fault fault;

    if (is_reply && has_registers && lxp_inverter_fault(m, INVERTER_FAULT_EXCEPTION, &fault))
        return refuse(m, q, (uint8_t)fault.number, w);
    switch (q->shape) {
    case LXP_IS_READ_REQUEST: return read(m, now, q, is_reply, w);
    case LXP_IS_PARAM_READ_REQUEST: return read_param(m, q, w);
    case LXP_IS_PARAM_WRITE_REQUEST: return write_param(m, now, q, w);
    default: return write(m, now, q, is_reply, w);
    }
}

void lxp_inverter_serve(struct lxp_inverter *m, wp_us now, const struct lxp_frame *request, bool is_reply,
                        struct wp_outbox *out)
{
    uint8_t octets[INVERTER_FRAME];
    struct wp_writer w = wp_writer(octets, sizeof octets);

    if (!answer(m, now, request, is_reply, &w))
        return;
    assert(!w.full);
    if (is_reply)
        lxp_inverter_reply(m, now, octets, w.n, out);
    else
        lxp_inverter_send(m, now, octets, w.n, out);
}
