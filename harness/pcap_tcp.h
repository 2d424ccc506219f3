/* A TCP connection made up for a capture: handshake, segments, acknowledgements and end, with right checksums. */
#ifndef WP_PCAP_TCP_H
#define WP_PCAP_TCP_H

#include "harness/pcapng.h"
#include "sim/core/machine.h"

enum { PCAP_TCP_SEGMENT_MAX = 65495 }; /* what fits into one IPv4 packet */

struct pcap_tcp {
    struct pcapng *file;
    uint32_t interface;
    uint16_t link;          /* PCAPNG_ETHERNET or PCAPNG_RAW_IP */
    struct wp_addr addr[2]; /* side 0 is the client */
    uint32_t seq[2];        /* of the next byte of each side */
    uint16_t ip_id[2];
    bool has_fin[2];
};

/* The client's first sequence numbers follow from the addresses, so the same connection gives the same file. */
struct pcap_tcp pcap_tcp(struct pcapng *file, uint32_t interface, uint16_t link, struct wp_addr client,
                         struct wp_addr server);

/* SYN, SYN+ACK, ACK. */
void pcap_tcp_open(struct pcap_tcp *t, int64_t time_ns, const char *comment);
/* Bytes of one side as one segment (as several when they are too many), each acknowledged. The number of the first
 * packet; 0: there were no bytes. */
uint64_t pcap_tcp_send(struct pcap_tcp *t, unsigned side, int64_t time_ns, struct wp_slice bytes,
                       const char *comment);
/* FIN of one side, acknowledged. */
void pcap_tcp_fin(struct pcap_tcp *t, unsigned side, int64_t time_ns, const char *comment);
/* RST of one side. */
void pcap_tcp_reset(struct pcap_tcp *t, unsigned side, int64_t time_ns, const char *comment);

/* One segment as it is, for captures in which something goes wrong: `flags` as on the wire. The connection's own
 * numbers stay as they are. The packet's number. */
uint64_t pcap_tcp_segment(struct pcap_tcp *t, unsigned side, int64_t time_ns, uint8_t flags, uint32_t seq,
                          uint32_t ack, struct wp_slice bytes, const char *comment);

#endif
