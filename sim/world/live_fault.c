/* Faults of links in the live world: most are the link's own doing, two end connections here and now. */
#include "sim/world/live.h"

static const struct wp_link_setup clean;

static void record(const struct live_seat *seat, const struct wp_link_fault *fault, const char *what)
{
    live_record(seat, (struct wp_record){.kind = WP_REC_FAULT,
                                         .note = {wp_link_fault_text(fault->kind), wp_text(what), 0}});
}

/* Of a machine with a broker endpoint its sessions, of any other the connections over its line and those with the bus. */
static void end_ports(struct live_seat *seat, bool reset)
{
    struct live_port *next;

    for (struct live_port *port = seat->ports; port; port = next) {
        next = port->next;
        if (port->kind == LIVE_SESSION)
            live_session_break(port);
        else if (port->kind == LIVE_CONN && !seat->has_broker)
            live_conn_break(port, reset);
        else if (port->kind == LIVE_BUS && !seat->has_broker)
            live_bus_break(port, reset ? WP_CLOSE_RESET : WP_CLOSE_PEER);
    }
}

void live_fault(struct live_seat *seat, const struct wp_link_fault *fault)
{
    record(seat, fault, "begins");
    if (wp_link_fault_is_immediate(fault)) {
        end_ports(seat, fault->kind == WP_LINK_CUT);
        return;
    }
    wp_link_add_fault(live_seat_link(seat, &clean), fault);
    for (struct live_port *port = seat->ports; port; port = port->next)
        if (port->kind == LIVE_SESSION)
            live_session_tap(port);
}
