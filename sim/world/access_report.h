/* What the access plugin tells the live world: a ring of records in memory that broker and world share.
 *
 *     struct report_ring   head ------> bytes ever put in (written by the broker alone)
 *                          tail ------> bytes ever taken out (written by the world alone)
 *                          asleep ----> the world waits, so whoever puts something in wakes it
 *                          dropped ---> records that found it full
 *                          bytes[]      record, record, ..., each in one piece, starting at a multiple of 8
 *
 * The broker never waits: a record that does not fit is counted and lost, and the world makes that an error. A record
 * is complete before `head` passes it, so a broker that is killed leaves nothing half told. */
#ifndef WP_ACCESS_REPORT_H
#define WP_ACCESS_REPORT_H

#include "sim/core/bytes.h"

#include <stdatomic.h>

enum report_kind {
    REPORT_PUBLISH = 1,      /* a client published */
    REPORT_WILL,             /* the broker published a client's will */
    REPORT_LOGIN,            /* `topic` is the user name, empty without one */
    REPORT_LOGIN_DENIED,     /* the same */
    REPORT_PUBLISH_DENIED,   /* no payload */
    REPORT_SUBSCRIBE_DENIED, /* `topic` is the filter */
    REPORT_GONE,             /* a client has gone */
};

struct report {
    enum report_kind kind;
    uint8_t qos;
    bool retain;
    struct wp_slice client, address, topic, payload;
};

enum { REPORT_RING_BYTES = 8 << 20, REPORT_BYTES_MAX = REPORT_RING_BYTES / 2 };

struct report_ring {
    _Alignas(64) _Atomic uint64_t head;
    _Alignas(64) _Atomic uint64_t tail;
    _Atomic uint32_t asleep;
    _Atomic uint64_t dropped;
    _Alignas(64) uint8_t bytes[REPORT_RING_BYTES];
};

/* true: the world is asleep, so wake it. */
bool report_put(struct report_ring *ring, const struct report *report);

/* The world is about to wait; false: there is something to take out first. Awake again, it says so. */
bool report_sleep(struct report_ring *ring);
void report_awake(struct report_ring *ring);

/* The oldest record, its slices in the ring until report_done; false: there is none. */
bool report_get(struct report_ring *ring, struct report *out);
void report_done(struct report_ring *ring);

#endif
