/* UDP datagrams made up for a capture: raw IPv4, one packet each, with right checksums. */
#ifndef WP_PCAP_UDP_H
#define WP_PCAP_UDP_H

#include "harness/pcapng.h"
#include "sim/core/machine.h"

struct pcap_udp {
    struct pcapng *file;
    uint32_t interface; /* PCAPNG_RAW_IP */
    uint16_t ip_id;
};

/* At most WP_DATAGRAM_MAX bytes. The packet's number. */
uint64_t pcap_udp_send(struct pcap_udp *u, struct wp_addr from, struct wp_addr to, int64_t time_ns,
                       struct wp_slice bytes, const char *comment);

#endif
