/* The IPv4 address of a host, by name or as it stands. */
#ifndef WP_HOST_ADDRESS_H
#define WP_HOST_ADDRESS_H

#include "harness/arena.h"

/* "192.168.1.20"; asks the system's resolver, and waits for it. NULL: `why` holds a sentence. */
const char *host_address(struct arena *a, const char *host, struct wp_writer *why);

#endif
