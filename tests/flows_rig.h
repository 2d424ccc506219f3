/* Connections made of single packets, and a log of what flows say of them. */
#ifndef WP_TESTS_FLOWS_RIG_H
#define WP_TESTS_FLOWS_RIG_H

#include "harness/flows.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
    struct flows_out out; /* first */
    struct flows *flows;
    uint64_t number;
    int64_t now_ns;
    char log[4096];
    size_t n;
} c;

static inline void note(const struct flow *flow, const char *what, struct wp_slice text)
{
    c.n += (size_t)snprintf(c.log + c.n, sizeof c.log - c.n, "%s%u:%s%.*s", c.n ? " " : "", flow->number,
                            what, WP_FMT(text));
}

static inline void on_open(struct flows_out *out, struct flow *flow, const struct moment *when)
{
    (void)out;
    (void)when;
    note(flow, flow->knows_client ? "open" : "midstream", wp_text(""));
}

static inline void on_bytes(struct flows_out *out, struct flow *flow, unsigned direction,
                            struct wp_slice bytes, const struct moment *when)
{
    (void)out;
    ck_assert_uint_eq(when->number, c.number);
    note(flow, direction == 0 ? ">" : "<", bytes);
}

static inline void on_gap(struct flows_out *out, struct flow *flow, unsigned direction, uint64_t n,
                          const struct moment *when)
{
    char text[32];

    (void)out;
    (void)direction;
    (void)when;
    snprintf(text, sizeof text, "(%llu)", (unsigned long long)n);
    note(flow, "gap", wp_text(text));
}

static inline void on_close(struct flows_out *out, struct flow *flow, const struct moment *when)
{
    (void)out;
    (void)when;
    note(flow, "close", wp_text(""));
}

static inline void setup_flows(void)
{
    struct flows_limits limits = {.flows = 3};

    memset(&c, 0, sizeof c);
    c.out = (struct flows_out){.open = on_open, .bytes = on_bytes, .gap = on_gap, .close = on_close};
    c.flows = flows_new(&limits, &c.out);
}

static inline void teardown_flows(void)
{
    const struct moment when = {0, c.number};

    flows_finish(c.flows, &when);
    flows_free(c.flows);
}

static inline struct packet_addr address(uint16_t port)
{
    return (struct packet_addr){.ip = {127, 0, 0, 1}, .port = port, .version = 4};
}

static inline void packet(uint16_t from, uint16_t to, uint8_t flags, uint32_t seq, uint32_t acked,
                          const char *text)
{
    struct packet p = {
        .from = address(from),
        .to = address(to),
        .flags = flags,
        .seq = seq,
        .ack = acked,
        .payload = wp_text(text),
        .n_wire = strlen(text),
    };
    struct moment when = {c.now_ns, ++c.number};

    flows_packet(c.flows, &p, FLOW_TCP, &when);
}

enum { SYN = PACKET_SYN, ACK = PACKET_ACK, FIN = PACKET_FIN, RST = PACKET_RST };

static inline void shake_hands(uint16_t client, uint32_t seq)
{
    packet(client, 80, SYN, seq, 0, "");
    packet(80, client, SYN | ACK, 500, seq + 1, "");
    packet(client, 80, ACK, seq + 1, 501, "");
}

#endif
