/* TCP connections of the live world, as long as they stand.
 *
 *     DIALLING --connected--> OPEN --hang up--> LEAVING --all sent, FIN, their FIN--> CLOSING --> freed
 *                             OPEN --their FIN or RST, abort, cut--> CLOSING
 *
 * Leaving takes a moment on purpose: a close with unread bytes would be a RST, and the other side would lose what it
 * has not read yet. */
#include "sim/world/live_tcp.h"

#include <assert.h>
#include <stdlib.h>

enum { LINGER_MS = 1000 };

static struct live_conn *conn_of(struct live_port *port)
{
    return WP_OWNER(port, struct live_conn, port);
}

static struct live *world_of(const struct live_conn *c)
{
    return c->port.seat->world;
}

/* ---- records --------------------------------------------------------------------------------------- */

void live_conn_record(const struct live_conn *c, struct wp_record r)
{
    r.peer = c->peer ? c->peer->setup.name : c->guest;
    r.port = c->port.id;
    live_record(c->port.seat, r);
}

void live_conn_record_guest(const struct live_conn *c, struct wp_record r)
{
    if (c->guest_port == 0)
        return;
    r.machine = c->guest;
    r.peer = c->port.seat->setup.name;
    r.port = c->guest_port;
    live_write(world_of(c), &r);
}

static void close_guest(struct live_conn *c, enum wp_close_reason reason)
{
    live_conn_record_guest(c, (struct wp_record){.kind = WP_REC_CLOSE, .close = {.reason = reason}});
    c->guest_port = 0;
}

void live_conn_record_close(const struct live_conn *c, enum wp_close_reason reason)
{
    live_conn_record(c, (struct wp_record){.kind = WP_REC_CLOSE, .close = {.reason = reason}});
}

struct wp_event live_conn_close_event(const struct live_conn *c, enum wp_close_reason reason)
{
    return (struct wp_event){
        .kind = WP_EV_CLOSE, .endpoint = c->port.endpoint, .port = c->port.id, .close = {.reason = reason}};
}

/* ---- the end of a connection ----------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct live_conn *c = handle->data;

    *c->at = c->next;
    if (c->next)
        c->next->at = c->at;
    free(c);
}

/* Lets go of the socket. abort: with a RST. */
void live_conn_close(struct live_conn *c, bool abort)
{
    struct linger none = {.l_onoff = 1};
    uv_os_fd_t fd;

    if (c->state == LIVE_CLOSING)
        return;
    if (abort && uv_fileno((uv_handle_t *)&c->tcp, &fd) == 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close_guest(c, abort ? WP_CLOSE_RESET : WP_CLOSE_PEER);
    c->state = LIVE_CLOSING;
    live_drop_dialled(c);
    live_port_close(&c->port);
    live_wire_clear(&c->out);
    live_wire_clear(&c->in);
    live_timer_clear(world_of(c), &c->linger);
    live_timer_clear(world_of(c), &c->travel);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

/* From the loop: the other side has ended it. */
static void lose(struct live_conn *c, enum wp_close_reason reason)
{
    const struct wp_event event = live_conn_close_event(c, reason);
    struct live_seat *seat = c->port.seat;
    bool was_open = c->state == LIVE_OPEN;

    if (was_open)
        live_conn_record_close(c, reason);
    close_guest(c, reason == WP_CLOSE_TIMEOUT ? reason : WP_CLOSE_OWN);
    live_conn_close(c, false);
    if (was_open)
        live_step(seat, &event);
}

/* From within a step: its machine, or a fault, has ended it. The machine hears of it after the step. */
static void leave(struct live_conn *c, enum wp_close_reason reason)
{
    const struct wp_event event = live_conn_close_event(c, reason);

    live_conn_record_close(c, reason);
    live_post(c->port.seat, &event);
    live_port_close(&c->port);
}

static enum wp_close_reason reason_of(struct live_conn *c, ssize_t status)
{
    switch (status) {
    case UV_EOF: return live_is_reset(&c->tcp) ? WP_CLOSE_RESET : WP_CLOSE_PEER;
    case UV_ETIMEDOUT: return WP_CLOSE_TIMEOUT;
    default: return WP_CLOSE_RESET;
    }
}

static void on_linger_over(struct live *w, struct live_timer *t)
{
    (void)w;
    live_conn_close(WP_OWNER(t, struct live_conn, linger), false);
}

static void on_shut_down(uv_shutdown_t *req, int status)
{
    struct live_conn *c = WP_OWNER(req, struct live_conn, req.shutdown);

    if (status < 0 && c->state != LIVE_CLOSING)
        live_conn_close(c, false);
}

static void send_fin(struct live_conn *c)
{
    struct live *w = world_of(c);

    c->linger.fire = on_linger_over;
    live_timer_set(w, &c->linger, live_now(w) + WP_MS(LINGER_MS));
    if (uv_shutdown(&c->req.shutdown, (uv_stream_t *)&c->tcp, on_shut_down) < 0)
        live_conn_close(c, false);
}

/* ---- reading --------------------------------------------------------------------------------------- */

static void receive(struct live_conn *c, struct wp_slice bytes)
{
    const struct wp_event event = {
        .kind = WP_EV_BYTES, .endpoint = c->port.endpoint, .port = c->port.id, .bytes = bytes};

    if (c->state != LIVE_OPEN)
        return;
    live_conn_record(c, (struct wp_record){.kind = WP_REC_RECEIPT, .bytes = bytes});
    live_step(c->port.seat, &event);
}

/* What somebody else's machine sent has passed our link. */
void live_conn_arrive_in(struct live_wire *wire, enum live_piece_kind kind, struct wp_slice bytes)
{
    struct live_conn *c = WP_OWNER(wire, struct live_conn, in);

    if (kind == LIVE_BYTES)
        receive(c, bytes);
    else if (kind == LIVE_FIN)
        lose(c, WP_CLOSE_PEER);
    else
        live_conn_close(c, true);
}

static void take_in(struct live_conn *c, struct wp_slice bytes)
{
    if (c->peer || !c->line->link)
        receive(c, bytes);
    else if (live_wire_send(&c->in, c->line, WP_LINK_TO, c->port.id, bytes))
        lose(c, WP_CLOSE_RESET);
}

static void offer_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    struct live_conn *c = handle->data;
    struct live *w = world_of(c);

    (void)wanted;
    *out = uv_buf_init((char *)w->read, sizeof w->read);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct live_conn *c = stream->data;

    if (n == 0)
        return;
    live_tick(world_of(c));
    if (n > 0) {
        if (c->state == LIVE_OPEN)
            take_in(c, wp_slice(buf->base, (size_t)n));
    } else if (n == UV_EOF && c->in.first) {
        uv_read_stop(stream);
        live_wire_finish(&c->in, c->line, WP_LINK_TO, c->port.id);
    } else {
        lose(c, reason_of(c, n));
    }
}

/* What comes before the machine knows of the connection waits. */
void live_conn_read(struct live_conn *c)
{
    if (c->state == LIVE_DIALLING)
        return;
    if (c->state == LIVE_LEAVING || !c->port.seat->choked)
        uv_read_start((uv_stream_t *)&c->tcp, offer_room, on_read);
}

void live_conn_choke(struct live_port *port, bool choked)
{
    struct live_conn *c = conn_of(port);

    if (choked)
        uv_read_stop((uv_stream_t *)&c->tcp);
    else
        live_conn_read(c);
}

/* ---- writing --------------------------------------------------------------------------------------- */

void live_conn_arrive_out(struct live_wire *wire, enum live_piece_kind kind, struct wp_slice bytes)
{
    struct live_conn *c = WP_OWNER(wire, struct live_conn, out);

    if (kind == LIVE_BYTES) {
        live_conn_record_guest(c, (struct wp_record){.kind = WP_REC_RECEIPT, .bytes = bytes});
        live_write_stream((uv_stream_t *)&c->tcp, bytes);
    } else if (kind == LIVE_FIN) {
        close_guest(c, WP_CLOSE_PEER);
        send_fin(c);
    } else {
        live_conn_close(c, true);
    }
}

static enum wp_link_direction direction_out(const struct live_conn *c)
{
    return c->line == c->port.seat ? WP_LINK_FROM : WP_LINK_TO;
}

static size_t unsent(const struct live_conn *c)
{
    return c->out.bytes + uv_stream_get_write_queue_size((const uv_stream_t *)&c->tcp);
}

/* A connection that a fault has cut is closed already, unless its RST still waits on the line. */
void live_send(struct live_port *port, struct wp_slice bytes)
{
    struct live_conn *c = conn_of(port);

    live_conn_record(c, (struct wp_record){.kind = WP_REC_SEND, .bytes = bytes});
    if (bytes.n + unsent(c) > LIVE_UNSENT_MAX) {
        live_note(c->port.seat, "send-queue-full", (int64_t)unsent(c));
        leave(c, WP_CLOSE_RESET);
        live_conn_close(c, true);
    } else if (live_wire_send(&c->out, c->line, direction_out(c), port->id, bytes)) {
        leave(c, WP_CLOSE_RESET);
        if (c->state == LIVE_OPEN)
            c->state = LIVE_LEAVING;
    }
}

static void finish(struct live_conn *c)
{
    c->state = LIVE_LEAVING;
    live_conn_read(c);
    live_wire_finish(&c->out, c->line, direction_out(c), c->port.id);
}

void live_hang_up(struct live_port *port, bool abort)
{
    struct live_conn *c = conn_of(port);

    if (c->state == LIVE_OPEN)
        leave(c, WP_CLOSE_OWN);
    if (abort || c->state == LIVE_DIALLING)
        live_conn_close(c, true);
    else
        finish(c);
}

void live_conn_break(struct live_port *port, bool reset)
{
    struct live_conn *c = conn_of(port);

    if (c->state != LIVE_OPEN || c->line != port->seat)
        return;
    leave(c, reset ? WP_CLOSE_RESET : WP_CLOSE_PEER);
    if (reset)
        live_conn_close(c, true);
    else
        finish(c);
}
