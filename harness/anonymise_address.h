/* The addresses of a capture's packets and what each becomes.
 *
 * - An IPv4 address stays in its block (private, loopback, link-local, public); those of one /24 share another /24; each
 *   number keeps its count of digits, so that its text is as long.
 * - An IPv6 address keeps its first bits and its zeros, so that its text is as long; those of one /64 share another.
 * - An Ethernet address becomes a locally administered one.
 * - Addresses that are everybody's stay: unspecified, 127.0.0.1 and ::1, multicast, broadcast. */
#ifndef WP_ANONYMISE_ADDRESS_H
#define WP_ANONYMISE_ADDRESS_H

#include "harness/anonymise_ids.h"

enum anon_family { ANON_MAC, ANON_IPV4, ANON_IPV6, ANON_FAMILIES };

struct anon_addresses {
    struct texts found[ANON_FAMILIES]; /* raw bytes */
    uint8_t (*becomes[ANON_FAMILIES])[16];
};

/* Bytes of an address: 6, 4, 16. */
size_t anon_address_size(enum anon_family family);
bool anon_address_is_everybodys(enum anon_family family, const uint8_t *address);
/* An address was found. */
void anon_address_add(struct anon_addresses *a, enum anon_family family, const uint8_t *address);
/* Is the text an address? Then it is one that was found; everybody's stays. */
bool anon_address_read(struct anon_addresses *a, struct wp_slice text);
/* All have been found: decides what each becomes, and tells `ids` how their texts do. false: `why` says for which there
 * is none left. */
bool anon_addresses_assign(struct anon_addresses *a, struct anon_ids *ids, struct wp_writer *why);
/* In place. What was not found stays. false: so it was. */
bool anon_address_map(const struct anon_addresses *a, enum anon_family family, uint8_t *address);
/* "192.168.1.7", "fe80::1", "02:00:00:12:34:56" */
void anon_put_address(struct wp_writer *w, enum anon_family family, const uint8_t *address);
void anon_addresses_free(struct anon_addresses *a);

#endif
