/* IPv4 packets made up for a capture: the headers that TCP and UDP have in common, with right checksums. For pcap_tcp.c
 * and pcap_udp.c alone. */
#ifndef WP_PCAP_IP_H
#define WP_PCAP_IP_H

#include "sim/core/machine.h"

enum { PCAP_IP_BYTES = 20, PCAP_ETHERNET_BYTES = 14 };

struct pcap_ip {
    uint16_t link; /* PCAPNG_ETHERNET or PCAPNG_RAW_IP */
    uint16_t id;
    uint8_t protocol;
    uint32_t from, to;
};

/* The headers, down to where the transport's begins, of a packet with `n` bytes from there on. */
void pcap_ip_put(struct wp_writer *w, const struct pcap_ip *ip, size_t n);
/* Of the transport's header and all behind it, whose own field is 0: RFC 793, 3.1 and RFC 768. */
uint16_t pcap_ip_checksum(const struct pcap_ip *ip, struct wp_slice transport);

#endif
