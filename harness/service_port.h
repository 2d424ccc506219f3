/* Who holds a TCP or UDP port of this machine, as the kernel tells it. */
#ifndef WP_SERVICE_PORT_H
#define WP_SERVICE_PORT_H

#include "sim/core/machine.h"

/* May this address be listened on? Port 0 always may, if the address is ours. false: `why` gets a sentence that names
 * the process in the way: "port 1883 is held by mosquitto (pid 123)". */
bool service_port_is_free(struct wp_addr addr, bool is_udp, struct wp_writer *why);

#endif
