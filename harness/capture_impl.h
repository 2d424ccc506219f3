/* Private to the files of capture. */
#ifndef WP_CAPTURE_IMPL_H
#define WP_CAPTURE_IMPL_H

#include "harness/capture_input.h"
#include "harness/pcapng_read.h"

enum { CAPTURE_NAME_BYTES = 256, CAPTURE_ERROR_BYTES = 640 };

struct capture {
    struct capture_input in;
    enum capture_status (*next)(struct capture *c, struct capture_packet *out);
    enum capture_status status;
    uint64_t n_packets;
    int64_t last_ns;
    int link;     /* of the first interface; -1: none so far */
    bool swapped; /* of another byte order */
    struct {
        size_t head_bytes; /* before each packet */
        int64_t fraction_ns;
        bool wire_first; /* the two lengths */
    } classic;
    struct pcapng_read pcapng;
    char name[CAPTURE_NAME_BYTES];
    char error[CAPTURE_ERROR_BYTES];
};

/* Do the first bytes begin a file of this kind? false and an empty error: no. */
bool capture_classic_begin(struct capture *c);
bool capture_pcapng_begin(struct capture *c);

/* The file cannot be read on: this is why, with the packet's number. */
enum capture_status capture_broken(struct capture *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Fewer than `n` bytes are left of what comes next: the end when there are none. */
enum capture_status capture_ends(struct capture *c, size_t n);

/* Longer than any packet of that link type: the number is damaged. */
bool capture_is_too_long(int link, size_t n);

static inline uint32_t capture_u32(const struct capture *c, const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof v);
    return c->swapped ? __builtin_bswap32(v) : v;
}

static inline uint16_t capture_u16(const struct capture *c, const uint8_t *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof v);
    return c->swapped ? __builtin_bswap16(v) : v;
}

#endif
