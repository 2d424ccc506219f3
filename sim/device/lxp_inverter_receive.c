/* What clients send: octets to requests, requests in their order.
 *
 *     octets --> rx of the client --> a whole request for us waits --> the earliest of all clients is executed when its
 *     reply is due --> the next
 *
 * A frame that is longer than rx is passed over: its length is believed, its checksum is not looked at. */
#include "sim/device/lxp_inverter_inside.h"

#include "sim/codec/lxp.h"

static void drop(struct lxp_inverter *m, unsigned place, size_t n)
{
    struct lxp_inverter_client *c = &m->client[place];
    uint8_t *rx = lxp_inverter_rx(m, place);

    memmove(rx, rx + n, c->n_rx - n);
    c->n_rx = (uint16_t)(c->n_rx - n);
}

/* ---- requests -------------------------------------------------------------------------------------------------- */

static enum wp_status decode(const struct lxp_inverter *m, unsigned place, struct lxp_frame *out,
                             struct wp_decode *d)
{
    *d = lxp_decode(NULL, WP_SIDE_CLIENT, wp_slice(lxp_inverter_rx(m, place), m->client[place].n_rx), out);
    return d->status;
}

static bool is_for_us(const struct lxp_inverter *m, const struct lxp_frame *f)
{
    if (!lxp_is_datalog(f, m->datalog))
        return false;
    switch (f->shape) {
    case LXP_IS_READ_REQUEST:
    case LXP_IS_WRITE_SINGLE:
    case LXP_IS_WRITE_MULTI_REQUEST: return lxp_is_inverter(f, m->serial);
    case LXP_IS_PARAM_READ_REQUEST:
    case LXP_IS_PARAM_WRITE_REQUEST: return true;
    default: return false;
    }
}

static const char *kind_of(const struct lxp_frame *f)
{
    switch (f->shape) {
    case LXP_IS_READ_REQUEST: return f->device_function == LXP_READ_HOLD ? "hold" : "input";
    case LXP_IS_PARAM_READ_REQUEST:
    case LXP_IS_PARAM_WRITE_REQUEST: return "param";
    default: return "write";
    }
}

static bool is_passed_over(struct lxp_inverter *m, const struct lxp_frame *f)
{
    struct lxp_inverter_fault fault;

    if (!lxp_inverter_look(m, INVERTER_FAULT_SILENCE, &fault) ||
        !(lxp_inverter_fault_is(&fault, "any") || lxp_inverter_fault_is(&fault, kind_of(f))))
        return false;
    return lxp_inverter_fault(m, INVERTER_FAULT_SILENCE, &fault);
}

/* A good frame in front, n octets of it. */
static void consider(struct lxp_inverter *m, unsigned place, const struct lxp_frame *f, size_t n)
{
    struct lxp_inverter_client *c = &m->client[place];

    if (f->shape == LXP_IS_HEARTBEAT && lxp_is_datalog(f, m->datalog))
        m->unanswered = 0;
    if (!is_for_us(m, f) || is_passed_over(m, f)) {
        drop(m, place, n);
        return;
    }
    c->asked = ++m->n_asked;
    c->n_request = (uint16_t)n;
}

/* Something off the front of rx. false: more octets are needed, or a request waits. */
static bool take(struct lxp_inverter *m, unsigned place)
{
    struct lxp_inverter_client *c = &m->client[place];
    struct lxp_frame f;
    struct wp_decode d;

    if (c->n_rx == 0 || c->asked != 0)
        return false;
    switch (decode(m, place, &f, &d)) {
    case WP_OK: consider(m, place, &f, d.used); return true;
    case WP_BAD: drop(m, place, d.used); return true;
    default: break;
    }
    if (c->n_rx + d.need <= m->rx_cap)
        return false;
    c->n_skip = (uint16_t)d.need;
    c->n_rx = 0;
    return true;
}

/* ---- one after the other ----------------------------------------------------------------------------------------- */

static wp_us delay(struct lxp_inverter *m)
{
    struct wp_random r = wp_random(m->setup->seed + ++m->n_replies);
    struct lxp_inverter_fault late;
    wp_us wait = m->reply_us;

    if (m->spread_us > 0)
        wait += wp_random_between(&r, 0, m->spread_us);
    return lxp_inverter_fault(m, INVERTER_FAULT_LATE, &late) ? wait + late.number : wait;
}

static void next_request(struct lxp_inverter *m, wp_us now)
{
    unsigned first = m->n_clients;

    for (unsigned i = 0; i < m->n_clients; i++)
        if (m->client[i].asked != 0 && (first == m->n_clients || m->client[i].asked < m->client[first].asked))
            first = i;
    m->busy = 0;
    m->due[INVERTER_DUE_REPLY] = WP_NEVER;
    if (first < m->n_clients) {
        m->busy = (uint8_t)(first + 1);
        m->due[INVERTER_DUE_REPLY] = now + delay(m);
    }
}

static bool is_half(const struct lxp_inverter_client *c)
{
    return c->port != 0 && c->asked == 0 && (c->n_rx > 0 || c->n_skip > 0);
}

static wp_us patience(const struct lxp_inverter *m)
{
    return lxp_inverter_given(m->setup, INVERTER_FRAME_TIMEOUT).num;
}

static void arm_half(struct lxp_inverter *m)
{
    wp_us first = WP_NEVER;

    for (unsigned i = 0; i < m->n_clients; i++)
        if (is_half(&m->client[i]) && m->client[i].heard < first)
            first = m->client[i].heard;
    m->due[INVERTER_DUE_HALF] = first == WP_NEVER ? WP_NEVER : first + patience(m);
}

static void work(struct lxp_inverter *m, unsigned place, wp_us now)
{
    while (take(m, place))
        ;
    if (m->busy == 0)
        next_request(m, now);
}

/* ---- what happens to a client ------------------------------------------------------------------------------------- */

static struct wp_slice pass_over(struct lxp_inverter_client *c, struct wp_slice in)
{
    const size_t n = in.n < c->n_skip ? in.n : c->n_skip;

    c->n_skip = (uint16_t)(c->n_skip - n);
    return wp_slice_from(in, n);
}

void lxp_inverter_receive(struct lxp_inverter *m, unsigned place, wp_us now, struct wp_slice in,
                          struct wp_outbox *out)
{
    struct lxp_inverter_client *c = &m->client[place];

    c->heard = now;
    in = pass_over(c, in);
    while (in.n > 0 && c->n_rx < m->rx_cap) {
        const size_t room = (size_t)(m->rx_cap - c->n_rx), n = in.n < room ? in.n : room;

        memcpy(lxp_inverter_rx(m, place) + c->n_rx, in.p, n);
        c->n_rx = (uint16_t)(c->n_rx + n);
        in = wp_slice_from(in, n);
        work(m, place, now);
        in = pass_over(c, in);
    }
    if (in.n > 0)
        wp_note(out, "rx-full", wp_text("octets dropped behind a request that waits for its reply"),
                (int64_t)in.n);
    arm_half(m);
}

void lxp_inverter_half_due(struct lxp_inverter *m, wp_us now)
{
    for (unsigned i = 0; i < m->n_clients; i++) {
        struct lxp_inverter_client *c = &m->client[i];

        if (!is_half(c) || c->heard + patience(m) > now)
            continue;
        c->n_skip = 0;
        c->heard = now;
        if (c->n_rx > 0)
            drop(m, i, lxp_skip(wp_slice(lxp_inverter_rx(m, i), c->n_rx)));
        work(m, i, now);
    }
    arm_half(m);
}

void lxp_inverter_reply_due(struct lxp_inverter *m, wp_us now, struct wp_outbox *out)
{
    const unsigned place = m->busy - 1u;
    struct lxp_inverter_client *c = &m->client[place];
    const wp_port port = c->port;
    struct lxp_frame request;
    struct wp_decode d;
    enum wp_status status;

    assert(m->busy > 0);
    status = decode(m, place, &request, &d);
    assert(status == WP_OK);
    lxp_inverter_serve(m, now, &request, true, out);
    if (c->port == port) { /* it was not closed by its reply */
        drop(m, place, c->n_request);
        c->asked = 0;
        c->n_request = 0;
        c->heard = now;
        while (take(m, place))
            ;
    }
    next_request(m, now);
    arm_half(m);
}

void lxp_inverter_forget_client(struct lxp_inverter *m, unsigned place, wp_us now)
{
    m->client[place] = (struct lxp_inverter_client){0};
    if (m->busy == place + 1)
        next_request(m, now);
    arm_half(m);
}
