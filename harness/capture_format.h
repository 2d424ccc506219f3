/* What kind of file a capture is, by its first bytes: so that another one can be written like it. */
#ifndef WP_CAPTURE_FORMAT_H
#define WP_CAPTURE_FORMAT_H

#include "sim/core/bytes.h"

struct capture_format {
    bool is_known; /* false: not looked at (standard input), or none of these */
    bool is_gz, is_pcapng;
    bool is_nano; /* classic pcap with nanoseconds */
};

/* Reads the first bytes of the file, through gzip where it is. */
struct capture_format capture_format_of(const char *path);
/* "pcapng", "classic pcap, microseconds", "classic pcap, nanoseconds, in gzip" */
void capture_put_format(struct wp_writer *w, const struct capture_format *format);

#endif
