#include "harness/checksum.h"

enum { TCP = 6, UDP = 17, IPV4_FIELD = 10, TCP_FIELD = 16, UDP_FIELD = 6, ALL = 0xFFFF };

static unsigned u16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

/* Sum of 16-bit words. Packets are far too short for it to overflow. */
static unsigned sum_of(const uint8_t *p, size_t n, unsigned sum)
{
    for (size_t i = 0; i + 1 < n; i += 2)
        sum += u16(p + i);
    return n % 2 ? sum + ((unsigned)p[n - 1] << 8) : sum;
}

/* ... in ones' complement. */
static unsigned fold(unsigned sum)
{
    while (sum >> 16)
        sum = (sum & ALL) + (sum >> 16);
    return sum;
}

static unsigned minus(unsigned a, unsigned b)
{
    return fold(fold(a) + (~fold(b) & ALL));
}

/* What is summed before and after, without the field itself. */
struct sums {
    unsigned was, becomes;               /* the covered bytes */
    unsigned pseudo_was, pseudo_becomes; /* addresses, protocol and length; 0: none */
    bool is_whole;                       /* the covered bytes were all captured */
};

static void set(uint8_t *field, unsigned old, const struct sums *s, bool is_udp)
{
    bool right = s->is_whole && fold(old + s->was + s->pseudo_was) == ALL;
    unsigned now;

    if (old == 0 && !right)
        return;
    if (!right && s->pseudo_was && old == fold(s->pseudo_was))
        now = fold(s->pseudo_becomes);
    else
        now = minus(old + s->was + s->pseudo_was, s->becomes + s->pseudo_becomes);
    if (now == ALL && !is_udp)
        now = 0;
    if (now == 0 && is_udp) /* there 0 means none */
        now = ALL;
    field[0] = (uint8_t)(now >> 8);
    field[1] = (uint8_t)now;
}

void checksum_ipv4(const uint8_t *was, uint8_t *becomes, size_t header)
{
    struct sums s = {.is_whole = true};

    s.was = sum_of(was, header, 0) - u16(was + IPV4_FIELD);
    s.becomes = sum_of(becomes, header, 0) - u16(becomes + IPV4_FIELD);
    set(becomes + IPV4_FIELD, u16(was + IPV4_FIELD), &s, false);
}

static unsigned pseudo(const struct checksum_packet *p, bool is_udp)
{
    size_t n = p->from->version == 6 ? 16 : 4;
    unsigned sum = (is_udp ? UDP : TCP) + (unsigned)(p->n_wire & ALL) + (unsigned)(p->n_wire >> 16 & ALL);

    return sum_of(p->to->ip, n, sum_of(p->from->ip, n, sum));
}

void checksum_transport(const struct checksum_packet *was, const struct checksum_packet *becomes, bool is_udp,
                        uint8_t *header)
{
    size_t at = is_udp ? UDP_FIELD : TCP_FIELD;
    struct sums s = {.is_whole = was->n == was->n_wire};

    if (was->n < at + 2 || becomes->n < at + 2)
        return;
    s.was = sum_of(was->bytes, was->n, 0) - u16(was->bytes + at);
    s.becomes = sum_of(becomes->bytes, becomes->n, 0) - u16(becomes->bytes + at);
    s.pseudo_was = pseudo(was, is_udp);
    s.pseudo_becomes = pseudo(becomes, is_udp);
    set(header + at, u16(was->bytes + at), &s, is_udp);
}
