/* A tap in a broker session of the live world: two connections, and the line between them.
 *
 *     libmosquitto --socketpair--> tap --TCP--> broker        up
 *     libmosquitto <--socketpair-- tap <--TCP-- broker        down          a stranger has TCP on both sides
 *
 * The library keeps its descriptor, which now is one end of a socketpair; the connection itself is ours. On a line of
 * a machine, bytes are gathered into packets: a PUBLISH is one send on it, for faults to strike; all other packets keep
 * their place and come as late as the line is long. Whatever the faults have made of the bytes is for the broker and
 * the library to judge. A stranger without a line has its bytes passed on as they come.
 *
 * Who sends faster than the other side takes is not read. The tap outlives its session until the broker has all that
 * was on its way. */
#include "sim/world/live_mqtt.h"
#include "sim/world/live_tap.h"

#include <assert.h>
#include <stdlib.h>

enum { PUBLISH = 3 };

static struct live_way *way_of(struct live_tap *tap, bool down)
{
    return down ? &tap->down : &tap->up;
}

static uv_stream_t *source(struct live_tap *tap, bool down)
{
    return down ? (uv_stream_t *)&tap->broker : &tap->client.stream;
}

static uv_stream_t *target(struct live_tap *tap, bool down)
{
    return source(tap, !down);
}

/* ---- the end --------------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct live_tap *tap = handle->data;

    if (--tap->n_open > 0)
        return;
    *tap->at = tap->next;
    if (tap->next)
        tap->next->at = tap->at;
    live_stranger_free(tap->stranger);
    for (int down = 0; down < 2; down++) {
        free(way_of(tap, down)->held.p);
        free(way_of(tap, down)->rest.p);
    }
    free(tap);
}

bool live_tap_is_closing(struct live_tap *tap)
{
    return uv_is_closing((uv_handle_t *)&tap->broker);
}

void live_tap_close(struct live_tap *tap)
{
    if (live_tap_is_closing(tap))
        return;
    live_seen_end(tap, false, false);
    live_seen_end(tap, true, false);
    live_wire_clear(&tap->up.wire);
    live_wire_clear(&tap->down.wire);
    uv_close((uv_handle_t *)&tap->client, on_closed);
    uv_close((uv_handle_t *)&tap->broker, on_closed);
}

/* One side has broken the connection off: so do we, on the other. */
void live_tap_reset(struct live_tap *tap, bool down)
{
    if (live_tap_is_closing(tap))
        return;
    live_seen_end(tap, down, true);
    live_wire_clear(&tap->up.wire);
    live_wire_clear(&tap->down.wire);
    if (!tap->stranger || uv_tcp_close_reset(&tap->client.tcp, on_closed) < 0)
        uv_close((uv_handle_t *)&tap->client, on_closed);
    if (uv_tcp_close_reset(&tap->broker, on_closed) < 0)
        uv_close((uv_handle_t *)&tap->broker, on_closed);
}

/* A cut: the client has lost its session now; what was under way to the broker still gets there. */
static void cut_session(struct live_tap *tap)
{
    struct live_session *s = tap->session;

    if (!s)
        return;
    live_session_enter(s);
    live_session_end(s, WP_CLOSE_RESET, 0);
    live_session_leave(s);
    live_drain(tap->world);
}

static void on_up_ended(uv_shutdown_t *req, int status)
{
    (void)status;
    if (status != UV_ECANCELED)
        live_tap_close(WP_OWNER(req, struct live_tap, up.shutdown));
}

/* The library closes its end itself. */
static void on_down_ended(uv_shutdown_t *req, int status)
{
    struct live_tap *tap = WP_OWNER(req, struct live_tap, down.shutdown);

    if (tap->stranger && status != UV_ECANCELED)
        live_tap_close(tap);
}

/* What was written still goes, and then the end. */
static void end_way(struct live_tap *tap, bool down)
{
    struct live_way *way = way_of(tap, down);

    if (way->has_ended)
        return;
    way->has_ended = true;
    live_seen_end(tap, down, false);
    if (uv_shutdown(&way->shutdown, target(tap, down), down ? on_down_ended : on_up_ended) < 0)
        live_tap_close(tap);
}

/* ---- writing --------------------------------------------------------------------------------------- */

static size_t waiting(struct live_tap *tap, bool down)
{
    return way_of(tap, down)->wire.bytes + uv_stream_get_write_queue_size(target(tap, down));
}

/* More has gone: who had to wait may go on. */
static void take_more(struct live_tap *tap, bool down)
{
    if (way_of(tap, down)->paused && !live_tap_is_closing(tap) && waiting(tap, down) < TAP_WAITING_MAX / 2)
        live_tap_read(tap, down);
}

struct write {
    uv_write_t req;
    struct live_tap *tap;
    bool down;
    char bytes[];
};

/* A socket that is broken says so when it is read. */
static void on_written(uv_write_t *req, int status)
{
    struct write *write = WP_OWNER(req, struct write, req);

    if (status == 0)
        take_more(write->tap, write->down);
    free(write);
}

static void write_later(struct live_tap *tap, bool down, struct wp_slice bytes)
{
    struct write *write = malloc(sizeof *write + bytes.n);
    uv_buf_t buf = uv_buf_init(write->bytes, (unsigned)bytes.n);

    assert(write);
    write->tap = tap;
    write->down = down;
    memcpy(write->bytes, bytes.p, bytes.n);
    if (uv_write(&write->req, target(tap, down), &buf, 1, on_written) < 0)
        free(write);
}

static void write_on(struct live_tap *tap, bool down, struct wp_slice bytes)
{
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes.p, (unsigned)bytes.n);
    int written = uv_try_write(target(tap, down), &buf, 1);

    if (written < 0)
        written = 0;
    if ((size_t)written < bytes.n)
        write_later(tap, down, wp_slice_from(bytes, (size_t)written));
}

/* Our own are seen where they are received, strangers at their own end: what they send, and what they get. */
static void arrive(struct live_tap *tap, bool down, enum live_piece_kind kind, struct wp_slice bytes)
{
    if (live_tap_is_closing(tap))
        return;
    if (kind != LIVE_BYTES) {
        end_way(tap, down);
        return;
    }
    if (down || !tap->stranger)
        live_seen_bytes(tap, down, bytes);
    write_on(tap, down, bytes);
    take_more(tap, down);
}

void live_tap_arrive_up(struct live_wire *wire, enum live_piece_kind kind, struct wp_slice bytes)
{
    arrive(WP_OWNER(wire, struct live_tap, up.wire), false, kind, bytes);
}

void live_tap_arrive_down(struct live_wire *wire, enum live_piece_kind kind, struct wp_slice bytes)
{
    arrive(WP_OWNER(wire, struct live_tap, down.wire), true, kind, bytes);
}

/* ---- the line -------------------------------------------------------------------------------------- */

/* false: a fault has cut the connection. */
static bool send_packet(struct live_tap *tap, bool down, struct wp_slice packet)
{
    struct live_wire *wire = &way_of(tap, down)->wire;

    if (packet.p[0] >> 4 != PUBLISH) {
        live_wire_pass(wire, tap->line, LIVE_BYTES, packet);
        return true;
    }
    return !live_wire_send(wire, tap->line, down ? WP_LINK_TO : WP_LINK_FROM, tap->port, packet);
}

/* The RST was for one side; the other sees the end. */
static void cut(struct live_tap *tap, bool down)
{
    struct live_way *way = way_of(tap, down);

    way->held.n = 0;
    if (tap->stranger) {
        live_tap_reset(tap, down);
        return;
    }
    cut_session(tap);
    if (down)
        live_wire_pass(&tap->up.wire, tap->line, LIVE_FIN, wp_slice(NULL, 0));
}

/* Sends the packets that are complete. A length that is none is the receiver's to refuse: then all there is is one. */
static void send_packets(struct live_tap *tap, bool down)
{
    struct live_bytes *held = &way_of(tap, down)->held;
    size_t used = 0;

    while (used < held->n) {
        struct wp_slice left = wp_slice(held->p + used, held->n - used);
        size_t n = live_packet_length(left);

        if (n == SIZE_MAX)
            n = left.n;
        if (n == 0 || n > left.n)
            break;
        if (!send_packet(tap, down, wp_slice(left.p, n))) {
            cut(tap, down);
            return;
        }
        used += n;
    }
    live_bytes_drop(held, used);
}

/* ---- reading --------------------------------------------------------------------------------------- */

static void offer_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    struct live_tap *tap = handle->data;

    (void)wanted;
    *out = uv_buf_init((char *)tap->world->read, sizeof tap->world->read);
}

static void take(struct live_tap *tap, bool down, struct wp_slice bytes)
{
    if (!down && tap->stranger)
        live_seen_bytes(tap, false, bytes);
    if (!tap->line) {
        arrive(tap, down, LIVE_BYTES, bytes);
        return;
    }
    live_bytes_add(&way_of(tap, down)->held, bytes);
    send_packets(tap, down);
}

static void take_end(struct live_tap *tap, bool down, ssize_t why)
{
    bool is_reset = why != UV_EOF || live_is_reset(down ? &tap->broker : &tap->client.tcp);

    if (tap->stranger && is_reset)
        live_tap_reset(tap, down);
    else if (tap->line)
        live_wire_pass(&way_of(tap, down)->wire, tap->line, LIVE_FIN, wp_slice(NULL, 0));
    else
        end_way(tap, down);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct live_tap *tap = stream->data;
    bool down = stream == (uv_stream_t *)&tap->broker;

    live_tick(tap->world);
    live_house_hear(tap->world);
    if (n > 0)
        take(tap, down, wp_slice(buf->base, (size_t)n));
    if (n < 0) {
        uv_read_stop(stream);
        take_end(tap, down, n);
    } else if (!live_tap_is_closing(tap) && waiting(tap, down) > TAP_WAITING_MAX) {
        uv_read_stop(stream);
        way_of(tap, down)->paused = true;
    }
    live_drain(tap->world);
}

void live_tap_read(struct live_tap *tap, bool down)
{
    way_of(tap, down)->paused = false;
    uv_read_start(source(tap, down), offer_room, on_read);
}

void live_tap_forget(struct live_tap *tap)
{
    if (tap)
        tap->session = NULL;
}

void live_tap_name(struct live_tap *tap, wp_port port)
{
    tap->port = port;
    live_seen_named(tap);
}

void live_taps_close(struct live *w)
{
    struct live_tap *next;

    for (struct live_tap *tap = w->taps; tap; tap = next) {
        next = tap->next;
        live_tap_close(tap);
    }
}
