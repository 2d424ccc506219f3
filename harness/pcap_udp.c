#include "harness/pcap_udp.h"

#include "harness/pcap_ip.h"

#include <assert.h>

enum { PROTOCOL = 17, UDP = 8, CHECKSUM_AT = 6, ZERO = 0xFFFF }; /* 0 itself means that there is none */

uint64_t pcap_udp_send(struct pcap_udp *u, struct wp_addr from, struct wp_addr to, int64_t time_ns,
                       struct wp_slice bytes, const char *comment)
{
    static uint8_t memory[PCAP_IP_BYTES + UDP + WP_DATAGRAM_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    const struct pcap_ip ip = {
        .link = PCAPNG_RAW_IP, .id = ++u->ip_id, .protocol = PROTOCOL, .from = from.ip, .to = to.ip};
    uint16_t checksum;
    uint8_t *udp;

    assert(bytes.n <= WP_DATAGRAM_MAX);
    pcap_ip_put(&w, &ip, UDP + bytes.n);
    udp = w.p + w.n;
    wp_put_u16be(&w, from.port);
    wp_put_u16be(&w, to.port);
    wp_put_u16be(&w, (uint16_t)(UDP + bytes.n));
    wp_put_u16be(&w, 0);
    wp_put_slice(&w, bytes);
    checksum = pcap_ip_checksum(&ip, wp_slice(udp, UDP + bytes.n));
    checksum = checksum ? checksum : ZERO;
    udp[CHECKSUM_AT] = (uint8_t)(checksum >> 8);
    udp[CHECKSUM_AT + 1] = (uint8_t)checksum;
    return pcapng_packet(u->file, u->interface, time_ns, wp_written(&w), comment);
}
