/* Its clients: who gets a place, who is closed. */
#include "sim/device/lxp_inverter_inside.h"

static unsigned place_of(const struct lxp_inverter *m, wp_port port)
{
    for (unsigned i = 0; i < m->n_clients; i++)
        if (m->client[i].port == port)
            return i;
    return m->n_clients;
}

void lxp_inverter_opened(struct lxp_inverter *m, const struct wp_event *event, struct wp_outbox *out)
{
    const unsigned place = place_of(m, 0);

    if (m->is_stopped || place == m->n_clients) {
        wp_hang_up(out, event->port);
        return;
    }
    m->client[place] = (struct lxp_inverter_client){.port = event->port};
}

void lxp_inverter_closed(struct lxp_inverter *m, const struct wp_event *event)
{
    const unsigned place = place_of(m, event->port);

    if (event->port != 0 && place < m->n_clients)
        m->client[place] = (struct lxp_inverter_client){0};
}

void lxp_inverter_stop(struct lxp_inverter *m, struct wp_outbox *out)
{
    for (unsigned i = 0; i < m->n_clients; i++) {
        if (m->client[i].port != 0)
            wp_hang_up(out, m->client[i].port);
        m->client[i] = (struct lxp_inverter_client){0};
    }
    m->is_stopped = true;
    for (int i = 0; i < INVERTER_DUES; i++)
        m->due[i] = WP_NEVER;
}
