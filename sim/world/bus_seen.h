/* Messages of a bus as a watcher tells them apart and writes them down: for who sees records of them and knows no D-Bus. */
#ifndef WP_BUS_SEEN_H
#define WP_BUS_SEEN_H

#include "sim/core/bytes.h"

enum { BUS_STAMP_BYTES = 320 }; /* a message grows by at most so much on the bus */

/* What differs between any two messages of one bus: sender, destination and serial in one number, never 0.
 * sender  of one that has not reached the bus yet; p NULL: it stands in the message
 * false: these bytes are no message */
bool bus_seen_key(struct wp_slice message, struct wp_slice sender, uint64_t *ret_key);

/* The message as the bus hands it on: with this SENDER. false: no message, no name, or the writer is full. */
bool bus_seen_stamp(struct wp_writer *w, struct wp_slice message, struct wp_slice sender);

#endif
