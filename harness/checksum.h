/* Checksums of IPv4, TCP and UDP headers in packets that were changed: one that was right is right again; one that was
 * left to the network card (0, or the sum of the addresses alone) stays so; one that was wrong stays as wrong as it was.
 * source: RFC 1071, RFC 1624 */
#ifndef WP_CHECKSUM_H
#define WP_CHECKSUM_H

#include "harness/packet.h"

/* `becomes`: the changed header, of as many bytes. */
void checksum_ipv4(const uint8_t *was, uint8_t *becomes, size_t header);

/* A TCP or UDP packet from its header on: `n` bytes captured of `n_wire`. */
struct checksum_packet {
    const uint8_t *bytes;
    size_t n, n_wire;
    const struct packet_addr *from, *to;
};

/* `header`: where the checksum is to be set; becomes->bytes, writable. */
void checksum_transport(const struct checksum_packet *was, const struct checksum_packet *becomes, bool is_udp,
                        uint8_t *header);

#endif
