/* The interfaces of a pcapng file's section, while it is read. */
#ifndef WP_PCAPNG_READ_H
#define WP_PCAPNG_READ_H

#include "sim/core/bytes.h"

struct pcapng_interface {
    int link;
    uint32_t longest; /* bytes of a packet that are kept; 0: all */
    bool is_binary;   /* a time unit is 2^-exponent seconds, else 10^-exponent */
    unsigned exponent;
    uint64_t per_second;
    int64_t offset_s;
};

/* Zeroed: none. */
struct pcapng_read {
    struct pcapng_interface *at;
    size_t n, cap;
};

void pcapng_read_free(struct pcapng_read *r);

/* A time stamp of that interface in nanoseconds; within CAPTURE_NS_MAX. */
int64_t pcapng_read_ns(const struct pcapng_interface *i, uint64_t units);

#endif
