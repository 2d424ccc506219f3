/* A capture held in memory, so that it can be looked at more than once, changed, and written again. */
#ifndef WP_CAPTURE_IMAGE_H
#define WP_CAPTURE_IMAGE_H

#include "harness/arena.h"
#include "harness/capture.h"
#include "harness/capture_format.h"

/* What may be held: bytes of packets in all. */
#define IMAGE_BYTES_MAX ((uint64_t)1 << 30)

struct image_packet {
    int64_t time_ns;
    int link;       /* LINKTYPE_ */
    uint8_t *bytes; /* the image's; images that were made of others share them */
    size_t n, n_wire;
};

struct capture_image {
    struct capture_format format;
    struct image_packet *packet; /* number 1 stands first */
    size_t n, cap;
    uint64_t n_bytes;
    struct arena arena;
};

/* false: it cannot be read, or is too large; `why` says it. Free it either way. */
bool capture_image_load(struct capture_image *image, const char *path, struct wp_writer *why);
/* The same of an open capture, which is read to its end and freed. */
bool capture_image_read(struct capture_image *image, struct capture *capture, struct wp_writer *why);
/* Copies the bytes. */
void capture_image_add(struct capture_image *image, const struct image_packet *p);
/* Shares the bytes, which must outlive it. */
void capture_image_share(struct capture_image *image, const struct image_packet *p);
void capture_image_copy(struct capture_image *to, const struct capture_image *from);
void capture_image_free(struct capture_image *image);

/* To be replayed; independent of the image from then on. NULL: no memory for it, `why` says it. */
struct capture *capture_image_open(const struct capture_image *image, struct wp_writer *why);

/* Would writing `out` take away what is read from `in`? Then `why` says so. */
bool capture_image_is_same_file(const char *in, const char *out, struct wp_writer *why);

/* As the format says: classic pcap with micro- or nanoseconds, or pcapng, which packets of several link types need.
 * Nothing of the input but its packets is written. false: `why` says it, and no such file is left. */
bool capture_image_save(const struct capture_image *image, const char *path, struct wp_writer *why);
/* Takes away what was saved; a device that was written to stays. */
void capture_image_drop(const char *path);

#endif
