/* A broker session of the live world that runs over a line with a link or faults.
 *
 *     libmosquitto --socketpair--> tap --TCP--> broker        up
 *     libmosquitto <--socketpair-- tap <--TCP-- broker        down
 *
 * The library keeps its descriptor, which now is one end of a socketpair; the connection itself is ours. Bytes are
 * gathered into packets: a PUBLISH is one send on the line, for faults to strike; all other packets keep their place
 * and come as late as the line is long. Whatever the faults have made of the bytes is for the broker and the library
 * to judge. The tap outlives its session until the broker has all that was on its way. */
#include "sim/world/live_mqtt.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PUBLISH = 3,
    WAITING_MAX =
        256 << 10, /* more on its way to the broker: the library waits, and its machine is told so */
};

struct stream {
    uint8_t *p;
    size_t n, cap;
};

struct live_tap {
    struct live *world;
    struct live_seat *line;
    struct live_session *session; /* NULL: it is gone */
    wp_port port;
    uv_pipe_t lib;
    uv_tcp_t broker;
    int n_open; /* of these two */
    struct live_wire up, down;
    struct stream from_lib, from_broker;
    uv_shutdown_t to_broker, to_lib; /* what is written still goes, then FIN */
    bool up_ends, down_ends, paused;
    struct live_tap *next, **at; /* of the world */
};

/* ---- the end --------------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct live_tap *tap = handle->data;

    if (--tap->n_open > 0)
        return;
    *tap->at = tap->next;
    if (tap->next)
        tap->next->at = tap->at;
    free(tap->from_lib.p);
    free(tap->from_broker.p);
    free(tap);
}

static void close_end(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void close_tap(struct live_tap *tap)
{
    live_wire_clear(&tap->up);
    live_wire_clear(&tap->down);
    close_end((uv_handle_t *)&tap->lib);
    close_end((uv_handle_t *)&tap->broker);
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
    close_tap(WP_OWNER(req, struct live_tap, to_broker));
}

/* The broker gets what was written and the end; then there is nothing left to do. */
static void end_up(struct live_tap *tap)
{
    if (tap->up_ends)
        return;
    tap->up_ends = true;
    if (uv_shutdown(&tap->to_broker, (uv_stream_t *)&tap->broker, on_up_ended) < 0)
        close_tap(tap);
}

/* So does the library, which closes its end then. */
static void end_down(struct live_tap *tap)
{
    if (tap->down_ends)
        return;
    tap->down_ends = true;
    if (uv_shutdown(&tap->to_lib, (uv_stream_t *)&tap->lib, NULL) < 0)
        close_tap(tap);
}

static void read_lib(struct live_tap *tap);

/* ---- what has passed the line ---------------------------------------------------------------------- */

static void arrive_up(struct live_wire *wire, enum live_piece_kind kind, struct wp_slice bytes)
{
    struct live_tap *tap = WP_OWNER(wire, struct live_tap, up);

    if (kind != LIVE_BYTES) {
        end_up(tap);
        return;
    }
    live_write_stream((uv_stream_t *)&tap->broker, bytes);
    if (tap->paused && tap->up.bytes < WAITING_MAX)
        read_lib(tap);
}

static void arrive_down(struct live_wire *wire, enum live_piece_kind kind, struct wp_slice bytes)
{
    struct live_tap *tap = WP_OWNER(wire, struct live_tap, down);

    if (kind == LIVE_BYTES)
        live_write_stream((uv_stream_t *)&tap->lib, bytes);
    else
        end_down(tap);
}

/* ---- packets --------------------------------------------------------------------------------------- */

static void append(struct stream *s, const char *bytes, size_t n)
{
    if (s->n + n > s->cap) {
        s->cap = (s->n + n) * 2;
        s->p = realloc(s->p, s->cap);
        assert(s->p);
    }
    memcpy(s->p + s->n, bytes, n);
    s->n += n;
}

/* Length of the packet that begins here; 0: it is not complete. A length that is none is the receiver's to refuse:
 * then all there is is one packet. */
static size_t packet_length(struct wp_slice in)
{
    size_t n = 0;

    for (size_t i = 1; i < in.n; i++) {
        n |= (size_t)(in.p[i] & 127) << (7 * (i - 1));
        if (!(in.p[i] & 128))
            return in.n - i - 1 >= n ? i + 1 + n : 0;
        if (i == 4)
            return in.n;
    }
    return 0;
}

/* false: a fault has cut the connection. */
static bool send_packet(struct live_tap *tap, bool up, struct wp_slice packet)
{
    struct live_wire *wire = up ? &tap->up : &tap->down;
    bool is_cut;

    if (packet.p[0] >> 4 != PUBLISH) {
        live_wire_pass(wire, tap->line, LIVE_BYTES, packet);
        return true;
    }
    if (tap->session && tap->session->port.id != 0)
        tap->port = tap->session->port.id;
    is_cut = live_wire_send(wire, tap->line, up ? WP_LINK_FROM : WP_LINK_TO, tap->port, packet);
    return !is_cut;
}

/* Sends the packets that are complete. */
static void send_packets(struct live_tap *tap, bool up)
{
    struct stream *s = up ? &tap->from_lib : &tap->from_broker;
    size_t used = 0, n;

    while ((n = packet_length(wp_slice(s->p + used, s->n - used))) > 0) {
        if (!send_packet(tap, up, wp_slice(s->p + used, n))) {
            cut_session(tap);
            s->n = 0;
            if (!up) /* the RST was for the library, which is gone; the broker sees the end */
                live_wire_pass(&tap->up, tap->line, LIVE_FIN, wp_slice(NULL, 0));
            return;
        }
        used += n;
    }
    s->n -= used;
    if (used > 0)
        memmove(s->p, s->p + used, s->n);
}

/* ---- reading --------------------------------------------------------------------------------------- */

static void offer_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    struct live_tap *tap = handle->data;

    (void)wanted;
    *out = uv_buf_init((char *)tap->world->read, sizeof tap->world->read);
}

static void on_lib(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct live_tap *tap = stream->data;

    live_tick(tap->world);
    if (n > 0) {
        append(&tap->from_lib, buf->base, (size_t)n);
        send_packets(tap, true);
        tap->paused = tap->up.bytes > WAITING_MAX;
    } else if (n < 0) {
        live_wire_pass(&tap->up, tap->line, LIVE_FIN, wp_slice(NULL, 0));
    }
    if (n < 0 || tap->paused)
        uv_read_stop(stream);
}

static void on_broker(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct live_tap *tap = stream->data;

    live_tick(tap->world);
    live_house_hear(tap->world);
    if (n > 0) {
        append(&tap->from_broker, buf->base, (size_t)n);
        send_packets(tap, false);
    } else if (n < 0) {
        uv_read_stop(stream);
        live_wire_pass(&tap->down, tap->line, LIVE_FIN, wp_slice(NULL, 0));
    }
}

static void read_lib(struct live_tap *tap)
{
    tap->paused = false;
    uv_read_start((uv_stream_t *)&tap->lib, offer_room, on_lib);
}

/* ---- the beginning --------------------------------------------------------------------------------- */

/* The connection moves to `ret_broker`; the descriptor becomes one end of a pair, the other is `ret_lib`. */
static bool divert(int fd, int *ret_lib, int *ret_broker)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        return false;
    *ret_broker = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (*ret_broker < 0 || dup3(pair[0], fd, O_CLOEXEC) < 0) {
        close(pair[0]);
        close(pair[1]);
        return false;
    }
    close(pair[0]);
    *ret_lib = pair[1];
    return true;
}

struct live_tap *live_tap_new(struct live_session *s)
{
    struct live_seat *seat = s->port.seat;
    struct live *w = seat->world;
    struct live_tap *tap = calloc(1, sizeof *tap);
    int lib, broker, rc;

    assert(tap);
    if (!divert(mosquitto_socket(s->m), &lib, &broker)) {
        free(tap);
        return NULL;
    }
    *tap = (struct live_tap){.world = w, .line = seat, .session = s, .n_open = 2};
    tap->up = (struct live_wire){.world = w, .arrive = arrive_up};
    tap->down = (struct live_wire){.world = w, .arrive = arrive_down};
    tap->next = w->taps;
    tap->at = &w->taps;
    if (tap->next)
        tap->next->at = &tap->next;
    w->taps = tap;
    rc = uv_pipe_init(&w->loop, &tap->lib, 0) | uv_pipe_open(&tap->lib, lib);
    assert(rc == 0);
    rc = uv_tcp_init(&w->loop, &tap->broker) | uv_tcp_open(&tap->broker, broker);
    assert(rc == 0);
    tap->lib.data = tap->broker.data = tap;
    read_lib(tap);
    uv_read_start((uv_stream_t *)&tap->broker, offer_room, on_broker);
    return tap;
}

void live_tap_forget(struct live_tap *tap)
{
    if (tap)
        tap->session = NULL;
}

void live_taps_close(struct live *w)
{
    struct live_tap *next;

    for (struct live_tap *tap = w->taps; tap; tap = next) {
        next = tap->next;
        close_tap(tap);
    }
}
