#include "harness/replay_packets.h"

#include "harness/fragments.h"

struct reading {
    struct flows *flows;
    struct fragments *fragments;
    struct replay_summary *sum;
    int unknown_link;
};

static void take_packet(struct reading *r, enum packet_kind kind, const struct packet *p,
                        const struct moment *when);

/* The last piece makes it a packet as any other; what it holds is no piece again. */
static void take_piece(struct reading *r, const struct packet *piece, const struct moment *when)
{
    struct packet whole, inner;
    enum packet_kind kind;

    if (!fragments_add(r->fragments, piece, when->ns, &whole))
        return;
    kind = packet_read_whole(&whole, whole.payload, whole.n_wire, &inner);
    take_packet(r, kind == PACKET_FRAGMENT ? PACKET_MALFORMED : kind, &inner, when);
}

static void take_packet(struct reading *r, enum packet_kind kind, const struct packet *p,
                        const struct moment *when)
{
    switch (kind) {
    case PACKET_TCP:
        r->sum->tcp++;
        flows_packet(r->flows, p, FLOW_TCP, when);
        break;
    case PACKET_UDP:
        r->sum->udp++;
        flows_packet(r->flows, p, FLOW_UDP, when);
        break;
    case PACKET_MESSAGE:
        r->sum->messages++;
        flows_packet(r->flows, p, FLOW_BUS, when);
        break;
    case PACKET_FRAGMENT: take_piece(r, p, when); break;
    case PACKET_MALFORMED: r->sum->malformed++; break;
    case PACKET_CUT:
    case PACKET_OTHER: r->sum->other++; break;
    }
}

static void read_packet(struct reading *r, const struct capture_packet *captured)
{
    struct moment when = {captured->time_ns, captured->number};
    struct replay_summary *sum = r->sum;
    enum packet_kind kind;
    struct packet p;

    if (sum->packets++ == 0)
        sum->first_ns = sum->last_ns = when.ns;
    if (when.ns > sum->last_ns)
        sum->last_ns = when.ns;
    sum->cut += captured->bytes.n < captured->n_wire;
    kind = packet_read(captured->link, captured->bytes, captured->n_wire, &p);
    if (kind == PACKET_OTHER && !packet_knows_link(captured->link) && sum->unknown_link++ == 0)
        r->unknown_link = captured->link;
    take_packet(r, kind, &p, &when);
}

static void sum_up(const struct reading *r)
{
    struct flows_counts flows = flows_counted(r->flows);
    struct fragments_counts fragments = fragments_counted(r->fragments);

    r->sum->connections = flows.made[FLOW_TCP];
    r->sum->exchanges = flows.made[FLOW_UDP];
    r->sum->buses = flows.made[FLOW_BUS];
    r->sum->evicted = flows.evicted;
    r->sum->late = flows.late;
    r->sum->fragments = fragments.pieces;
    r->sum->whole = fragments.whole;
    r->sum->fragments_lost = fragments.lost;
    r->sum->fragment_conflicts = fragments.conflicts;
}

enum capture_status replay_packets(struct capture *capture, struct flows_out *out, struct replay_summary *sum,
                                   int *ret_link)
{
    struct reading r = {flows_new(NULL, out), fragments_new(), sum, 0};
    struct capture_packet packet = {0};
    enum capture_status status;
    struct moment end;

    while ((status = capture_next(capture, &packet)) == CAPTURE_PACKET)
        read_packet(&r, &packet);
    end = (struct moment){packet.time_ns, packet.number};
    flows_finish(r.flows, &end);
    sum_up(&r);
    fragments_free(r.fragments);
    flows_free(r.flows);
    *ret_link = r.unknown_link;
    return status;
}
