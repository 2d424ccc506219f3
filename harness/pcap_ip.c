#include "harness/pcap_ip.h"

#include "harness/pcapng.h"

enum { ETHERTYPE_IPV4 = 0x0800, VERSION = 0x4500, DONT_FRAGMENT = 0x4000, TTL = 64, CHECKSUM_AT = 10 };

/* RFC 1071, without the final complement. */
static uint32_t sum(uint32_t so_far, struct wp_slice s)
{
    for (size_t i = 0; i + 1 < s.n; i += 2)
        so_far += (uint32_t)(s.p[i] << 8 | s.p[i + 1]);
    if (s.n % 2)
        so_far += (uint32_t)s.p[s.n - 1] << 8;
    return so_far;
}

static uint16_t complement(uint32_t s)
{
    while (s >> 16)
        s = (s & 0xFFFF) + (s >> 16);
    return (uint16_t)~s;
}

/* A locally administered address for each machine. */
static void put_mac(struct wp_writer *w, uint32_t ip)
{
    wp_put_u16be(w, 0x0200);
    wp_put_u32be(w, ip);
}

void pcap_ip_put(struct wp_writer *w, const struct pcap_ip *ip, size_t n)
{
    uint16_t checksum;
    uint8_t *start;

    if (ip->link == PCAPNG_ETHERNET) {
        put_mac(w, ip->to);
        put_mac(w, ip->from);
        wp_put_u16be(w, ETHERTYPE_IPV4);
    }
    start = w->p + w->n;
    wp_put_u16be(w, VERSION);
    wp_put_u16be(w, (uint16_t)(PCAP_IP_BYTES + n));
    wp_put_u16be(w, ip->id);
    wp_put_u16be(w, DONT_FRAGMENT);
    wp_put_u8(w, TTL);
    wp_put_u8(w, ip->protocol);
    wp_put_u16be(w, 0);
    wp_put_u32be(w, ip->from);
    wp_put_u32be(w, ip->to);
    checksum = complement(sum(0, wp_slice(start, PCAP_IP_BYTES)));
    start[CHECKSUM_AT] = (uint8_t)(checksum >> 8);
    start[CHECKSUM_AT + 1] = (uint8_t)checksum;
}

uint16_t pcap_ip_checksum(const struct pcap_ip *ip, struct wp_slice transport)
{
    uint32_t pseudo = (ip->from >> 16) + (ip->from & 0xFFFF) + (ip->to >> 16) + (ip->to & 0xFFFF) +
                      ip->protocol + (uint32_t)transport.n;

    return complement(sum(pseudo, transport));
}
