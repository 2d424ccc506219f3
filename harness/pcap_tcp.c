#include "harness/pcap_tcp.h"

#include "harness/pcap_ip.h"

#include <assert.h>

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10 };
enum { TCP = 20, WINDOW = 65535, PROTOCOL = 6, CHECKSUM_AT = 16 };

struct pcap_tcp pcap_tcp(struct pcapng *file, uint32_t interface, uint16_t link, struct wp_addr client,
                         struct wp_addr server)
{
    uint32_t mix =
        (client.ip ^ server.ip) * UINT32_C(2654435761) + client.port * UINT32_C(40503) + server.port;

    return (struct pcap_tcp){
        .file = file,
        .interface = interface,
        .link = link,
        .addr = {client, server},
        .seq = {mix, mix * UINT32_C(2246822519) + 1},
    };
}

/* ---- one packet ------------------------------------------------------------------------------------- */

uint64_t pcap_tcp_segment(struct pcap_tcp *t, unsigned side, int64_t time_ns, uint8_t flags, uint32_t seq,
                          uint32_t ack, struct wp_slice bytes, const char *comment)
{
    static uint8_t memory[PCAP_ETHERNET_BYTES + PCAP_IP_BYTES + TCP + PCAP_TCP_SEGMENT_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    const struct pcap_ip ip = {.link = t->link,
                               .id = ++t->ip_id[side],
                               .protocol = PROTOCOL,
                               .from = t->addr[side].ip,
                               .to = t->addr[!side].ip};
    uint16_t checksum;
    uint8_t *tcp;

    assert(bytes.n <= PCAP_TCP_SEGMENT_MAX);
    pcap_ip_put(&w, &ip, TCP + bytes.n);
    tcp = w.p + w.n;
    wp_put_u16be(&w, t->addr[side].port);
    wp_put_u16be(&w, t->addr[!side].port);
    wp_put_u32be(&w, seq);
    wp_put_u32be(&w, flags & ACK ? ack : 0);
    wp_put_u8(&w, TCP / 4 << 4);
    wp_put_u8(&w, flags);
    wp_put_u16be(&w, WINDOW);
    wp_put_u32be(&w, 0); /* checksum, no urgent data */
    wp_put_slice(&w, bytes);
    checksum = pcap_ip_checksum(&ip, wp_slice(tcp, TCP + bytes.n));
    tcp[CHECKSUM_AT] = (uint8_t)(checksum >> 8);
    tcp[CHECKSUM_AT + 1] = (uint8_t)checksum;
    return pcapng_packet(t->file, t->interface, time_ns, wp_written(&w), comment);
}

/* ---- the connection --------------------------------------------------------------------------------- */

/* What a side says now; bytes, SYN and FIN count. */
static uint64_t say(struct pcap_tcp *t, unsigned side, int64_t time_ns, uint8_t flags, struct wp_slice bytes,
                    const char *comment)
{
    uint64_t packet = pcap_tcp_segment(t, side, time_ns, flags, t->seq[side], t->seq[!side], bytes, comment);

    t->seq[side] += (uint32_t)bytes.n + (flags & (SYN | FIN) ? 1 : 0);
    return packet;
}

static void say_nothing(struct pcap_tcp *t, unsigned side, int64_t time_ns, uint8_t flags,
                        const char *comment)
{
    say(t, side, time_ns, flags, wp_slice(NULL, 0), comment);
}

void pcap_tcp_open(struct pcap_tcp *t, int64_t time_ns, const char *comment)
{
    say_nothing(t, 0, time_ns, SYN, comment);
    say_nothing(t, 1, time_ns, SYN | ACK, NULL);
    say_nothing(t, 0, time_ns, ACK, NULL);
}

uint64_t pcap_tcp_send(struct pcap_tcp *t, unsigned side, int64_t time_ns, struct wp_slice bytes,
                       const char *comment)
{
    uint64_t first = 0, packet;

    while (bytes.n > 0) {
        size_t n = bytes.n < PCAP_TCP_SEGMENT_MAX ? bytes.n : PCAP_TCP_SEGMENT_MAX;

        packet = say(t, side, time_ns, PSH | ACK, wp_slice(bytes.p, n), comment);
        say_nothing(t, !side, time_ns, ACK, NULL);
        bytes = wp_slice_from(bytes, n);
        comment = NULL;
        first = first ? first : packet;
    }
    return first;
}

void pcap_tcp_fin(struct pcap_tcp *t, unsigned side, int64_t time_ns, const char *comment)
{
    if (t->has_fin[side])
        return;
    t->has_fin[side] = true;
    say_nothing(t, side, time_ns, FIN | ACK, comment);
    say_nothing(t, !side, time_ns, ACK, NULL);
}

void pcap_tcp_reset(struct pcap_tcp *t, unsigned side, int64_t time_ns, const char *comment)
{
    say_nothing(t, side, time_ns, RST | ACK, comment);
}
