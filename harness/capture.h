/* A capture file, packet by packet: classic pcap and pcapng, through libpcap. */
#ifndef WP_CAPTURE_H
#define WP_CAPTURE_H

#include "sim/core/bytes.h"

#include <stdio.h>

struct capture_packet {
    uint64_t number;       /* from 1, as other tools count them */
    int64_t time_ns;       /* Unix time */
    struct wp_slice bytes; /* as captured, perhaps cut; borrowed until the next packet */
    size_t n_wire;         /* how many there were on the wire */
};

enum capture_status {
    CAPTURE_PACKET,
    CAPTURE_END,    /* the file ends where a packet ends */
    CAPTURE_BROKEN, /* it does not; capture_error says where */
};

struct capture;

/* "-" is standard input. NULL: `why` has the sentence. */
struct capture *capture_open(const char *path, struct wp_writer *why);

/* The same from an open file, which is closed with the capture, or now if it is no capture. `name` is for
 * sentences. */
struct capture *capture_open_file(FILE *file, const char *name, struct wp_writer *why);

void capture_free(struct capture *c); /* NULL is fine */

/* The link type of all its packets: a DLT_ number of libpcap, and its name ("EN10MB"). */
int capture_link(const struct capture *c);
const char *capture_link_name(const struct capture *c);
/* What sentences call the file. */
const char *capture_name(const struct capture *c);

/* After CAPTURE_END or CAPTURE_BROKEN every further call answers the same. */
enum capture_status capture_next(struct capture *c, struct capture_packet *out);

/* "x.pcap: packet 17: truncated dump file; ...". After CAPTURE_BROKEN only. */
const char *capture_error(const struct capture *c);

#endif
