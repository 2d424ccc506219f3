/* Its clients: who gets a place, who is closed, and what is left of them without power. */
#include "sim/device/lxp_inverter_inside.h"

static unsigned place_of(const struct lxp_inverter *m, wp_port port)
{
    for (unsigned i = 0; i < m->n_clients; i++)
        if (m->client[i].port == port)
            return i;
    return m->n_clients;
}

bool lxp_inverter_has_clients(const struct lxp_inverter *m)
{
    for (unsigned i = 0; i < m->n_clients; i++)
        if (m->client[i].port != 0)
            return true;
    return false;
}

void lxp_inverter_opened(struct lxp_inverter *m, const struct wp_event *event, struct wp_outbox *out)
{
    const unsigned place = place_of(m, 0);
    struct lxp_inverter_fault fault;

    if (m->is_off || m->is_stopped || lxp_inverter_fault(m, INVERTER_FAULT_REFUSE, &fault)) {
        wp_abort(out, event->port);
        return;
    }
    if (place == m->n_clients) {
        wp_hang_up(out, event->port);
        return;
    }
    if (!lxp_inverter_has_clients(m))
        m->unanswered = 0;
    m->client[place] = (struct lxp_inverter_client){.port = event->port};
}

void lxp_inverter_closed(struct lxp_inverter *m, const struct wp_event *event)
{
    const unsigned place = place_of(m, event->port);

    if (event->port != 0 && place < m->n_clients)
        lxp_inverter_forget_client(m, place, event->now);
}

void lxp_inverter_bytes(struct lxp_inverter *m, const struct wp_event *event, struct wp_outbox *out)
{
    const unsigned place = place_of(m, event->port);

    if (place < m->n_clients && !m->is_off && !lxp_inverter_has_fault(m, INVERTER_FAULT_MUTE))
        lxp_inverter_receive(m, place, event->now, event->bytes, out);
}

/* What waits for them goes with them. */
static void leave(struct lxp_inverter *m)
{
    m->busy = 0;
    m->due[INVERTER_DUE_REPLY] = WP_NEVER;
    m->due[INVERTER_DUE_HALF] = WP_NEVER;
    lxp_inverter_drop_kept(m);
}

void lxp_inverter_close_all(struct lxp_inverter *m, bool reset, struct wp_outbox *out)
{
    for (unsigned i = 0; i < m->n_clients; i++) {
        const wp_port port = m->client[i].port;

        m->client[i] = (struct lxp_inverter_client){0};
        if (port != 0 && reset)
            wp_abort(out, port);
        else if (port != 0)
            wp_hang_up(out, port);
    }
    leave(m);
}

/* ---- power ---------------------------------------------------------------------------------------------------- */

/* Nobody is told. The places stay taken, so that their connections can be reset. */
void lxp_inverter_lose_power(struct lxp_inverter *m, wp_us now, wp_us how_long)
{
    for (unsigned i = 0; i < m->n_clients; i++)
        m->client[i] = (struct lxp_inverter_client){.port = m->client[i].port};
    leave(m);
    for (int i = 0; i < INVERTER_DUES; i++)
        m->due[i] = WP_NEVER;
    m->is_off = true;
    m->due[INVERTER_DUE_POWER] = now + how_long;
}

void lxp_inverter_power_returns(struct lxp_inverter *m, wp_us now, struct wp_outbox *out)
{
    m->due[INVERTER_DUE_POWER] = WP_NEVER;
    m->is_off = false;
    lxp_inverter_close_all(m, true, out);
    lxp_inverter_power_up(m, now);
}

void lxp_inverter_stop(struct lxp_inverter *m, struct wp_outbox *out)
{
    lxp_inverter_close_all(m, false, out);
    m->is_stopped = true;
    for (int i = 0; i < INVERTER_DUES; i++)
        m->due[i] = WP_NEVER;
}
