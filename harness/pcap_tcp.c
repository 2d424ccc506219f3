#include "harness/pcap_tcp.h"

#include <assert.h>

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10 };
enum { ETHERNET = 14, IP = 20, TCP = 20, WINDOW = 65535, TTL = 64, PROTOCOL = 6, DONT_FRAGMENT = 0x4000 };

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

static void set_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* A locally administered address for each machine. */
static void put_mac(struct wp_writer *w, uint32_t ip)
{
    wp_put_u16be(w, 0x0200);
    wp_put_u32be(w, ip);
}

static void put_ip(struct wp_writer *w, struct pcap_tcp *t, unsigned side, size_t payload)
{
    uint8_t *start = w->p + w->n;

    wp_put_u16be(w, 0x4500);
    wp_put_u16be(w, (uint16_t)(IP + TCP + payload));
    wp_put_u16be(w, ++t->ip_id[side]);
    wp_put_u16be(w, DONT_FRAGMENT);
    wp_put_u8(w, TTL);
    wp_put_u8(w, PROTOCOL);
    wp_put_u16be(w, 0);
    wp_put_u32be(w, t->addr[side].ip);
    wp_put_u32be(w, t->addr[!side].ip);
    set_u16(start + 10, complement(sum(0, wp_slice(start, IP))));
}

static uint32_t pseudo_header(const struct pcap_tcp *t, size_t n)
{
    uint32_t a = t->addr[0].ip, b = t->addr[1].ip;

    return (a >> 16) + (a & 0xFFFF) + (b >> 16) + (b & 0xFFFF) + PROTOCOL + (uint32_t)n;
}

uint64_t pcap_tcp_segment(struct pcap_tcp *t, unsigned side, int64_t time_ns, uint8_t flags, uint32_t seq,
                          uint32_t ack, struct wp_slice bytes, const char *comment)
{
    static uint8_t memory[ETHERNET + IP + TCP + PCAP_TCP_SEGMENT_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    uint8_t *tcp;

    assert(bytes.n <= PCAP_TCP_SEGMENT_MAX);
    if (t->link == PCAPNG_ETHERNET) {
        put_mac(&w, t->addr[!side].ip);
        put_mac(&w, t->addr[side].ip);
        wp_put_u16be(&w, 0x0800);
    }
    put_ip(&w, t, side, bytes.n);
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
    set_u16(tcp + 16, complement(sum(pseudo_header(t, TCP + bytes.n), wp_slice(tcp, TCP + bytes.n))));
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
