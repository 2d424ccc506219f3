/* What passes a tap, looked at: WIRE records of every piece, and whole packets for the records of a stranger's session.
 *
 * Nothing here holds anything up. A piece ends where a packet ends or where the bytes at hand do. Of a packet that
 * comes in several pieces, what has passed is kept until it is whole; one that is larger than TAP_PACKET_MAX passes with
 * a note, and a stream whose packet lengths are none passes unseen from there on. */
#include "sim/world/live_tap.h"
#include "sim/world/mqtt_login.h"

#include <assert.h>
#include <stdlib.h>

enum { KEPT_MAX = 1 << 20 }; /* memory that stays with a direction */

/* ---- bytes ----------------------------------------------------------------------------------------- */

void live_bytes_add(struct live_bytes *b, struct wp_slice more)
{
    if (b->n + more.n > b->cap) {
        b->cap = (b->n + more.n) * 2;
        b->p = realloc(b->p, b->cap);
        assert(b->p);
    }
    memcpy(b->p + b->n, more.p, more.n);
    b->n += more.n;
}

void live_bytes_drop(struct live_bytes *b, size_t n)
{
    b->n -= n;
    if (n > 0 && b->n > 0)
        memmove(b->p, b->p + n, b->n);
    if (b->n > 0 || b->cap <= KEPT_MAX)
        return;
    free(b->p);
    *b = (struct live_bytes){0};
}

size_t live_packet_length(struct wp_slice in)
{
    size_t n = 0;

    for (size_t i = 1; i < in.n && i < MQTT_HEAD_MAX; i++) {
        n |= (size_t)(in.p[i] & 127) << (7 * (i - 1));
        if (!(in.p[i] & 128))
            return i + 1 + n;
    }
    return in.n >= MQTT_HEAD_MAX ? SIZE_MAX : 0;
}

/* ---- WIRE records ---------------------------------------------------------------------------------- */

static void record(struct live_tap *tap, struct wp_wire wire)
{
    struct wp_record r = {.kind = WP_REC_WIRE, .peer = "broker", .port = tap->port};

    if (tap->id == 0)
        return;
    r.machine = tap->machine ? tap->machine : "foreign";
    r.wire = wire;
    r.wire.id = tap->id;
    live_write(tap->world, &r);
}

void live_seen_open(struct live_tap *tap, struct wp_addr client, struct wp_addr broker)
{
    record(tap, (struct wp_wire){.what = WP_WIRE_OPEN, .client = client, .broker = broker});
    if (tap->port != 0)
        live_seen_named(tap);
}

void live_seen_named(struct live_tap *tap)
{
    record(tap, (struct wp_wire){.what = WP_WIRE_NAMED});
}

void live_seen_end(struct live_tap *tap, bool down, bool reset)
{
    struct live_way *way = down ? &tap->down : &tap->up;

    if (tap->is_reset || way->has_fin)
        return;
    if (tap->stranger && !tap->up.has_fin && !tap->down.has_fin)
        live_stranger_end(tap, down, reset);
    way->has_fin = true;
    tap->is_reset = reset;
    record(tap, (struct wp_wire){.what = reset ? WP_WIRE_RST : WP_WIRE_FIN, .down = down});
}

static void tell_piece(struct live_tap *tap, bool down, struct wp_slice piece, struct wp_slice topic)
{
    if (piece.n > 0 || topic.p)
        record(tap, (struct wp_wire){.what = WP_WIRE_BYTES, .down = down, .bytes = piece, .topic = topic});
}

/* ---- packets --------------------------------------------------------------------------------------- */

/* A PUBLISH; else p is NULL. */
static struct wp_slice topic_of(struct wp_slice packet)
{
    struct wp_reader r = wp_reader(packet);
    struct wp_slice topic;

    if (wp_get_u8(&r) >> 4 != MQTT_PUBLISH)
        return (struct wp_slice){NULL, 0};
    while (wp_get_u8(&r) & 128)
        ;
    topic = wp_get_slice(&r, wp_get_u16be(&r));
    return r.ran_out ? (struct wp_slice){NULL, 0} : topic;
}

/* A CONNECT passes as it is, but its password is nobody's business: it is told with stars in its place. */
static void tell_connect(struct live_tap *tap, struct wp_slice packet)
{
    struct mqtt_state state = {0};
    struct mqtt_frame f;
    uint8_t *copy = malloc(packet.n);

    assert(copy);
    memcpy(copy, packet.p, packet.n);
    if (mqtt_decode(&state, WP_SIDE_CLIENT, packet, &f).status == WP_OK && f.connect.password.n > 0)
        memset(copy + (f.connect.password.p - packet.p), '*', f.connect.password.n);
    tell_piece(tap, false, wp_slice(copy, packet.n), (struct wp_slice){NULL, 0});
    free(copy);
}

void live_seen_connect(struct live_tap *tap, const struct wp_login *l, uint16_t keepalive_s)
{
    size_t room = 64 + l->client_id.n + l->user.n + l->password.n + l->will.topic.n + l->will.payload.n;
    const struct mqtt_frame f = mqtt_login_frame(l, keepalive_s);
    uint8_t *bytes = malloc(room);
    struct wp_writer w = wp_writer(bytes, room);

    assert(bytes);
    mqtt_encode(&w, &f);
    tell_connect(tap, wp_written(&w));
    free(bytes);
}

static bool is_connect(bool down, struct wp_slice packet)
{
    return !down && packet.n > 0 && packet.p[0] >> 4 == MQTT_CONNECT;
}

/* `piece` is the end of the packet. */
static void take_packet(struct live_tap *tap, bool down, struct wp_slice piece, struct wp_slice packet)
{
    if (is_connect(down, packet))
        tell_connect(tap, packet);
    else
        tell_piece(tap, down, piece, topic_of(packet));
    if (tap->stranger)
        live_stranger_packet(tap, down, packet);
}

/* ---- a stream -------------------------------------------------------------------------------------- */

/* How many of the bytes belong to the packet whose beginning is kept; its head may not be complete yet. */
static size_t missing(const struct live_bytes *rest)
{
    size_t length = live_packet_length(wp_slice(rest->p, rest->n));

    return length == 0 ? 1 : length - rest->n;
}

/* What is kept of the packet has passed: it is not looked at any more. A CONNECT was withheld so far; its head is no
 * secret. */
static void let_go(struct live_tap *tap, struct live_way *way)
{
    bool down = way == &tap->down;

    if (is_connect(down, wp_slice(way->rest.p, way->rest.n)))
        tell_piece(tap, down, wp_slice(way->rest.p, way->rest.n), (struct wp_slice){NULL, 0});
    live_bytes_drop(&way->rest, way->rest.n);
}

static void lose(struct live_tap *tap, struct live_way *way)
{
    way->is_lost = true;
    let_go(tap, way);
    if (tap->stranger)
        live_stranger_note(tap, "malformed-packet", "remaining length", 0);
}

static void skip_large(struct live_tap *tap, struct live_way *way, size_t length)
{
    way->skip = length - way->rest.n;
    let_go(tap, way);
    if (tap->stranger)
        live_stranger_note(tap, "packet-too-large", "passes unread", length);
}

/* The packet goes on, up to its end or that of the bytes; the bytes that were its. */
static size_t go_on(struct live_tap *tap, struct live_way *way, bool down, struct wp_slice bytes)
{
    struct live_bytes *rest = &way->rest;
    size_t n = 0, length;

    do {
        size_t more = missing(rest);

        if (more > bytes.n - n)
            more = bytes.n - n;
        live_bytes_add(rest, wp_slice(bytes.p + n, more));
        n += more;
        length = live_packet_length(wp_slice(rest->p, rest->n));
    } while (n < bytes.n && length <= TAP_PACKET_MAX && rest->n != length);
    if (length == rest->n) {
        take_packet(tap, down, wp_slice(bytes.p, n), wp_slice(rest->p, rest->n));
        live_bytes_drop(rest, rest->n);
        return n;
    }
    if (!is_connect(down, wp_slice(rest->p, rest->n)))
        tell_piece(tap, down, wp_slice(bytes.p, n), (struct wp_slice){NULL, 0});
    if (length == SIZE_MAX)
        lose(tap, way);
    else if (length > TAP_PACKET_MAX)
        skip_large(tap, way, length);
    return n;
}

/* A whole packet is looked at where it lies. */
static size_t look(struct live_tap *tap, struct live_way *way, bool down, struct wp_slice bytes)
{
    size_t length = way->rest.n == 0 ? live_packet_length(bytes) : 0;

    if (length == SIZE_MAX) {
        lose(tap, way);
        return 0;
    }
    if (length > TAP_PACKET_MAX) {
        skip_large(tap, way, length);
        return 0;
    }
    if (length == 0 || length > bytes.n)
        return go_on(tap, way, down, bytes);
    take_packet(tap, down, wp_slice(bytes.p, length), wp_slice(bytes.p, length));
    return length;
}

/* What is not looked at only passes. */
static size_t let_pass(struct live_tap *tap, struct live_way *way, bool down, struct wp_slice bytes)
{
    size_t n = way->is_lost || way->skip > bytes.n ? bytes.n : way->skip;

    if (!way->is_lost)
        way->skip -= n;
    tell_piece(tap, down, wp_slice(bytes.p, n), (struct wp_slice){NULL, 0});
    return n;
}

void live_seen_bytes(struct live_tap *tap, bool down, struct wp_slice bytes)
{
    struct live_way *way = down ? &tap->down : &tap->up;

    if (tap->id == 0 && !tap->stranger)
        return;
    while (bytes.n > 0) {
        size_t n =
            way->is_lost || way->skip > 0 ? let_pass(tap, way, down, bytes) : look(tap, way, down, bytes);

        bytes = wp_slice_from(bytes, n);
    }
}
