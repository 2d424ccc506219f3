/* Private to replay: a capture's packets to the bytes of its connections. */
#ifndef WP_REPLAY_PACKETS_H
#define WP_REPLAY_PACKETS_H

#include "harness/replay.h"

/* Reads the capture to its end; `out` gets every connection, and each is closed before this returns. Counts packets,
 * fragments and connections in `sum`. *ret_link: when there were packets of a link type that cannot be taken apart,
 * that of the first one. */
enum capture_status replay_packets(struct capture *capture, struct flows_out *out, struct replay_summary *sum,
                                   int *ret_link);

#endif
