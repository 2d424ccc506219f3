/* The virtual world: PUBLISH packets of a session whose line may have faults. They become bytes as on the wire, so
 * that a fault strikes what it would strike there; what is left of them is read as a broker, or a client, reads it.
 * A stream that is no PUBLISH any more ends the session. Silence does so too: the broker gives up a client of which
 * it has heard nothing for one and a half keep-alives, a client its broker after two. */
#include "sim/codec/mqtt.h"
#include "sim/world/virtual.h"

#include <assert.h>
#include <stdlib.h>

struct packet {
    struct wp_publish publish;
    bool dup;
    uint16_t number;
};

static void make_room(struct virtual_stream *s, size_t more)
{
    if (s->n + more <= s->cap)
        return;
    s->cap = (s->n + more) * 2;
    s->p = realloc(s->p, s->cap);
    assert(s->p);
}

void virtual_stream_free(struct virtual_stream *s)
{
    free(s->p);
    free(s->numbered);
}

/* A packet number that stands for the tag. */
static uint16_t give_number(struct virtual_stream *s, uint32_t tag)
{
    if (s->n_numbered == s->cap_numbered) {
        s->cap_numbered = s->cap_numbered * 2 + 8;
        s->numbered = realloc(s->numbered, s->cap_numbered * sizeof *s->numbered);
        assert(s->numbered);
    }
    if (++s->last_number == 0)
        s->last_number = 1;
    s->numbered[s->n_numbered++] = (struct virtual_numbered){s->last_number, tag};
    return s->last_number;
}

/* false: a number that was never given, or has come before. */
static bool take_number(struct virtual_stream *s, uint16_t number, uint32_t *ret_tag)
{
    for (size_t i = 0; i < s->n_numbered; i++) {
        if (s->numbered[i].number != number)
            continue;
        *ret_tag = s->numbered[i].tag;
        s->numbered[i] = s->numbered[--s->n_numbered];
        return true;
    }
    return false;
}

/* ---- bytes ----------------------------------------------------------------------------------------- */

/* malloc'ed. */
static struct wp_slice encode(const struct packet *p)
{
    const struct wp_publish *m = &p->publish;
    const struct mqtt_frame f = {.type = MQTT_PUBLISH,
                                 .version = MQTT_V311,
                                 .qos = m->qos,
                                 .dup = p->dup,
                                 .retain = m->retain,
                                 .packet_id = p->number,
                                 .topic = m->topic,
                                 .payload = m->payload};
    size_t room = MQTT_HEAD_MAX + 2 + m->topic.n + 2 + m->payload.n;
    uint8_t *bytes = malloc(room);
    struct wp_writer w = wp_writer(bytes, room);

    assert(bytes);
    mqtt_encode(&w, &f);
    assert(!w.full);
    return wp_written(&w);
}

static struct wp_decode decode(struct wp_slice in, bool up, struct packet *out)
{
    struct mqtt_state state = {.possible = 1 << MQTT_V311, .is_introduced = true};
    struct mqtt_frame f;
    struct wp_decode d = mqtt_decode(&state, up ? WP_SIDE_CLIENT : WP_SIDE_SERVER, in, &f);

    if (d.status != WP_OK)
        return d;
    if (f.type != MQTT_PUBLISH)
        return wp_bad(WP_FAULT_FIELD, 0, 1);
    out->dup = f.dup;
    out->number = f.packet_id;
    out->publish =
        (struct wp_publish){.topic = f.topic, .payload = f.payload, .qos = f.qos, .retain = f.retain};
    return d;
}

/* ---- through the link ------------------------------------------------------------------------------ */

struct way_out {
    struct wp_link_out out;
    struct virtual *v;
    struct virtual_session *s;
    bool up, cut;
};

static void stay_silent(struct virtual *v, struct virtual_session *s, bool up, wp_us until)
{
    wp_us patience = up ? s->keepalive * 3 / 2 : s->keepalive * 2;
    struct virtual_event *e;

    if (s->keepalive == 0 || until - v->now <= patience)
        return;
    e = virtual_event_new(v, up ? VIRTUAL_SILENCE : VIRTUAL_SILENCE_DOWN, NULL, 0);
    e->port = s->port.id;
    if (up) {
        e->session = s;
        s->refs++;
    }
    virtual_event_at(v, e, v->now + patience);
}

static void on_piece(struct wp_link_out *out, wp_us at, struct wp_slice bytes, bool joined)
{
    struct way_out *way = WP_OWNER(out, struct way_out, out);
    struct virtual_session *s = way->s;
    struct virtual_event *e =
        virtual_event_new(way->v, way->up ? VIRTUAL_PACKETS : VIRTUAL_PACKETS_DOWN, bytes.p, bytes.n);
    wp_us *last = way->up ? &s->to_broker : &s->to_client;

    (void)joined; /* a stream of packets has no receipts */
    if (at < *last)
        at = *last;
    *last = at;
    e->port = s->port.id;
    if (way->up) {
        s->unsent += bytes.n;
        e->session = s;
        s->refs++;
    }
    stay_silent(way->v, s, way->up, at);
    virtual_event_at(way->v, e, at);
}

static void on_cut(struct wp_link_out *out, wp_us at)
{
    struct way_out *way = WP_OWNER(out, struct way_out, out);

    (void)at; /* the sender loses it now, the other side a hop later */
    way->cut = true;
}

static void on_fault(struct wp_link_out *out, enum wp_link_fault_kind kind, const char *what, uint32_t count)
{
    struct way_out *way = WP_OWNER(out, struct way_out, out);

    virtual_fault_record(way->v, way->s->port.seat, kind, what, count);
}

static bool carry(struct virtual *v, struct virtual_session *s, bool up, const struct packet *p)
{
    struct way_out way = {
        .out = {.piece = on_piece, .cut = on_cut, .fault = on_fault}, .v = v, .s = s, .up = up};
    struct wp_slice bytes = encode(p);

    wp_link_carry(s->port.seat->link, up ? WP_LINK_FROM : WP_LINK_TO, s->port.id, v->now, bytes, &way.out);
    free((void *)(uintptr_t)bytes.p);
    return !way.cut;
}

void virtual_packet_up(struct virtual *v, struct virtual_session *s, const struct wp_publish *publish)
{
    struct packet p = {.publish = *publish};

    if (publish->qos > 0)
        p.number = give_number(&s->up, publish->tag);
    if (!carry(v, s, true, &p))
        virtual_session_cut(v, s);
}

void virtual_packet_down(struct virtual *v, struct virtual_session *s, const struct broker_delivery *d)
{
    struct packet p = {.dup = d->dup};

    p.publish = (struct wp_publish){.topic = broker_topic(d->message),
                                    .payload = broker_payload(d->message),
                                    .qos = d->qos,
                                    .retain = d->retain};
    if (d->qos > 0)
        p.number = give_number(&s->down, d->ack);
    if (!carry(v, s, false, &p))
        virtual_session_cut(v, s);
}

/* ---- out of the link ------------------------------------------------------------------------------- */

static void take_packet(struct virtual *v, struct virtual_session *s, bool up, const struct packet *p)
{
    uint32_t tag = 0;
    bool is_new = p->publish.qos == 0 || take_number(up ? &s->up : &s->down, p->number, &tag);
    struct broker_message *m;

    if (!is_new && p->publish.qos == 2)
        return; /* what QoS 2 is for */
    virtual_wire_packet(v, s, up, &p->publish, p->number, tag);
    m = broker_message_new(&v->blocks, &p->publish);
    if (up) {
        virtual_house_publish(v, s, m, is_new ? tag : 0);
    } else {
        const struct broker_delivery d = {
            .message = m, .qos = m->qos, .retain = m->retain, .dup = p->dup, .ack = tag};

        virtual_client_message(v, s, &d);
    }
    broker_message_release(&v->blocks, m);
}

static bool is_open(const struct virtual_session *s, bool up)
{
    return up ? s->client != NULL : s->port.id != 0;
}

/* The session is held by who calls. */
static void read_stream(struct virtual *v, struct virtual_session *s, bool up)
{
    struct virtual_stream *stream = up ? &s->up : &s->down;
    size_t used = 0;

    while (is_open(s, up)) {
        struct packet p = {0};
        struct wp_decode d = decode(wp_slice(stream->p + used, stream->n - used), up, &p);

        if (d.status == WP_OK) {
            used += d.used;
            take_packet(v, s, up, &p);
        } else if (d.status == WP_MORE) {
            break;
        } else if (up) {
            virtual_house_end_session(v, s);
        } else {
            virtual_session_cut(v, s);
        }
    }
    stream->n -= used;
    memmove(stream->p, stream->p + used, stream->n);
}

void virtual_on_packets(struct virtual *v, struct virtual_event *e)
{
    bool up = e->kind == VIRTUAL_PACKETS;
    struct virtual_session *s = up ? e->session : virtual_session_of(virtual_port_find(v, e->port));
    struct virtual_stream *stream = up ? &s->up : &s->down;

    make_room(stream, e->n);
    memcpy(stream->p + stream->n, e + 1, e->n);
    stream->n += e->n;
    s->refs++;
    read_stream(v, s, up);
    virtual_session_unref(v, s);
}
