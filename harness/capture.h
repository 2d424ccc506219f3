/* A capture file, packet by packet: classic pcap in all its forms and pcapng, as they are or compressed by gzip, from a
 * file, a pipe or a file that still grows. Read as a stream: what it takes does not depend on the file's size.
 *
 * libpcap, which tests hold this against, refuses a pcapng whose interfaces have different link types, cannot wait for
 * the rest of a packet, and copies each. */
#ifndef WP_CAPTURE_H
#define WP_CAPTURE_H

#include "sim/core/bytes.h"

#include <stdio.h>

/* Times lie within this on both sides of 1970, so that two can be subtracted: until the year 2116. */
#define CAPTURE_NS_MAX (INT64_MAX / 2)

struct capture_packet {
    uint64_t number;       /* from 1, as other tools count them */
    int64_t time_ns;       /* Unix time */
    struct wp_slice bytes; /* as captured, perhaps cut; borrowed until the next packet */
    size_t n_wire;         /* how many there were on the wire */
    int link;              /* its link type, a number of the file format (LINKTYPE_) */
};

enum capture_status {
    CAPTURE_PACKET,
    CAPTURE_END,    /* the file ends where a packet ends */
    CAPTURE_BROKEN, /* it does not; capture_error says where */
};

/* How to go on at the end of what has been written so far. */
struct capture_follow {
    int stop_fd;             /* readable: it is enough. What was written until then is read */
    void (*idle)(void *ctx); /* called before each wait */
    void *ctx;
};

struct capture;

/* "-" is standard input. NULL: `why` has the sentence. */
struct capture *capture_open(const char *path, struct wp_writer *why);

/* The same for a file that grows, or a pipe: its end is when it is closed, or enough. `follow` stays the caller's and
 * must live as long as the capture. */
struct capture *capture_open_follow(const char *path, const struct capture_follow *follow,
                                    struct wp_writer *why);

/* The same from an open file of which nothing has been read. It is closed with the capture, or now if it is no
 * capture. `name` is for sentences. */
struct capture *capture_open_file(FILE *file, const char *name, struct wp_writer *why);

void capture_free(struct capture *c); /* NULL is fine */

/* The link type of the first interface (a pcapng may have several: see each packet's); -1: it has none. */
int capture_link(const struct capture *c);
/* "EN10MB"; "unknown" */
const char *capture_link_name(int link);
/* What sentences call the file. */
const char *capture_name(const struct capture *c);

/* After CAPTURE_END or CAPTURE_BROKEN every further call answers the same. */
enum capture_status capture_next(struct capture *c, struct capture_packet *out);

/* "x.pcap: packet 17: truncated: the file has 7 of its 60 bytes". After CAPTURE_BROKEN only. */
const char *capture_error(const struct capture *c);

#endif
