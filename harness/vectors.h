/* Vector files: captured bytes and what they mean, as text.
 *
 *     # a comment                                  blank lines are skipped too
 *     codec dlt645
 *     from-device FE 68 01 00 01 01 24 20 68 ...   or from-gateway; one finished input. Where the gateway opens the
 *                                                  connection, from-client and from-server
 *     frame address=202401010001 control=91 data=00 00 01 00 56 34 12 00
 *     skipped 3                                    garbage between frames, that many bytes
 *     bad checksum                                 bytes that are no frame, and why
 *     unfinished 2                                 the input ends inside a frame: so many bytes are missing, at least
 *
 * The lines behind an input are its parts, all of them, in order. A frame line names the fields that count, with
 * their printed values; hex digits may stand apart, elements of an array are parted by commas. */
#ifndef WP_VECTORS_H
#define WP_VECTORS_H

#include "sim/core/bytes.h"

struct vectors_result {
    unsigned inputs, frames;
};

/* Read the file and check each input against its parts.
 * false: it cannot be read, or a line is not true; `why` gets "FILE:LINE: sentence". */
bool vectors_check(const char *file, struct vectors_result *out, struct wp_writer *why);

#endif
