/* The DLMS/COSEM wrapper for TCP and UDP.                                              source: IEC 62056-47
 *
 *     version 00 01 | source wPort | destination wPort | length | APDU[length]         4 x 2 bytes, high byte first
 *
 * - length: 0..65535. One without an APDU says nothing, but it is a good one.
 * - wPorts: 0 no station, 1 management, 0010 public client, 0040, 0066, 0067 receivers of pushes, 007F all.
 * - Another version is the end of a TCP connection: 00 01 stands all over the APDUs, so hunting for the next start
 *   finds false ones. A datagram may hold several wrappers. */
#ifndef WP_WRAPPER_H
#define WP_WRAPPER_H

#include "sim/core/decode.h"

enum {
    WRAPPER_HEADER = 8,
    WRAPPER_VERSION = 1,
    WRAPPER_PAYLOAD_MAX = 65535,
};

struct wrapper_frame {
    uint16_t source, destination;
    struct wp_slice payload; /* borrowed */
};

/* Decode one wrapper from the front of `in`.
 * WP_MORE need = bytes still missing, exact once the header is there
 * WP_BAD WRAPPER_VERSION, used = bytes up to the next 00 that may begin 00 01, at least 1 */
struct wp_decode wrapper_decode(struct wp_slice in, struct wrapper_frame *out);

/* Asserts that the payload is not longer than WRAPPER_PAYLOAD_MAX. */
void wrapper_encode(struct wp_writer *w, const struct wrapper_frame *frame);

/* Offset of the first byte from `at` on that may begin 00 01; in.n when there is none. */
size_t wrapper_next_start(struct wp_slice in, size_t at);

extern const struct wp_codec wrapper_codec;

#endif
