/* Bytes of the live world on their way through a link: delayed, cut up, damaged; then handed on in order. */
#include "sim/world/live.h"

#include <assert.h>
#include <stdlib.h>

struct live_piece {
    struct live_piece *next;
    enum live_piece_kind kind;
    bool joined; /* in one receipt with the piece before */
    wp_us at;
    size_t n;
    uint8_t bytes[];
};

static void hand_on_first(struct live_wire *wire)
{
    struct live_piece *piece = wire->first;

    wire->first = piece->next;
    wire->bytes -= piece->n;
    wire->arrive(wire, piece->kind, wp_slice(piece->bytes, piece->n)); /* may clear the wire */
    free(piece);
}

/* One receipt at a time: before the next one the loop has its turn, so that the other side reads them apart. */
static void hand_on(struct live *w, struct live_timer *t)
{
    struct live_wire *wire = WP_OWNER(t, struct live_wire, timer);
    wp_us now = live_tick(w);

    do
        hand_on_first(wire);
    while (wire->first && wire->first->joined);
    if (wire->first)
        live_timer_set(w, &wire->timer, wire->first->at > now ? wire->first->at : now + 1);
}

/* Before those that come later. */
static void put_in_time(struct live_wire *wire, struct live_piece *piece)
{
    struct live_piece **at = &wire->first;

    while (*at && (*at)->at <= piece->at && (*at)->kind == LIVE_BYTES)
        at = &(*at)->next;
    piece->next = *at;
    *at = piece;
    if (!piece->next)
        wire->last = piece;
    wire->timer.fire = hand_on;
    live_timer_set(wire->world, &wire->timer, wire->first->at);
}

static void append(struct live_wire *wire, struct live_piece *piece)
{
    if (wire->first) {
        wire->last->next = piece;
        if (piece->at < wire->last->at)
            piece->at = wire->last->at;
    } else {
        wire->first = piece;
        wire->timer.fire = hand_on;
        live_timer_set(wire->world, &wire->timer, piece->at);
    }
    wire->last = piece;
}

static void put_piece(struct live_wire *wire, enum live_piece_kind kind, wp_us at, struct wp_slice bytes,
                      bool joined)
{
    struct live_piece *piece = malloc(sizeof *piece + bytes.n);

    assert(piece);
    *piece = (struct live_piece){.kind = kind, .at = at, .joined = joined, .n = bytes.n};
    if (bytes.n > 0)
        memcpy(piece->bytes, bytes.p, bytes.n);
    wire->bytes += bytes.n;
    if (wire->datagrams && kind == LIVE_BYTES)
        put_in_time(wire, piece);
    else
        append(wire, piece);
}

/* ---- the link's side ------------------------------------------------------------------------------- */

struct way_out {
    struct wp_link_out out;
    struct live_wire *wire;
    struct live_seat *line;
    bool cut;
};

static void on_piece(struct wp_link_out *out, wp_us at, struct wp_slice bytes, bool joined)
{
    put_piece(WP_OWNER(out, struct way_out, out)->wire, LIVE_BYTES, at, bytes, joined);
}

static void on_cut(struct wp_link_out *out, wp_us at)
{
    struct way_out *way = WP_OWNER(out, struct way_out, out);

    way->cut = true;
    put_piece(way->wire, LIVE_RST, at, wp_slice(NULL, 0), false);
}

static void on_fault(struct wp_link_out *out, enum wp_link_fault_kind kind, const char *what, uint32_t count)
{
    live_record(WP_OWNER(out, struct way_out, out)->line,
                (struct wp_record){.kind = WP_REC_FAULT,
                                   .note = {wp_link_fault_text(kind), wp_text(what), (int64_t)count}});
}

static struct way_out way_out(struct live_wire *wire, struct live_seat *line)
{
    return (struct way_out){
        .out = {.datagrams = wire->datagrams, .piece = on_piece, .cut = on_cut, .fault = on_fault},
        .wire = wire,
        .line = line};
}

/* A clean line costs nothing: what has nothing before it is there at once. */
void live_wire_pass(struct live_wire *wire, struct live_seat *line, enum live_piece_kind kind,
                    struct wp_slice bytes)
{
    wp_us at = wire->world->now;

    if (line->link)
        at += wp_link_latency(line->link);
    if (!line->link && !wire->first)
        wire->arrive(wire, kind, bytes);
    else
        put_piece(wire, kind, at, bytes, false);
}

bool live_wire_send(struct live_wire *wire, struct live_seat *line, enum wp_link_direction direction,
                    wp_port port, struct wp_slice bytes)
{
    struct way_out way = way_out(wire, line);

    if (line->link)
        wp_link_carry(line->link, direction, port, wire->world->now, bytes, &way.out);
    else
        live_wire_pass(wire, line, LIVE_BYTES, bytes);
    return way.cut;
}

void live_wire_finish(struct live_wire *wire, struct live_seat *line, enum wp_link_direction direction,
                      wp_port port)
{
    struct way_out way = way_out(wire, line);

    if (line->link)
        wp_link_flush(line->link, direction, port, wire->world->now, &way.out);
    live_wire_pass(wire, line, LIVE_FIN, wp_slice(NULL, 0));
}

void live_wire_clear(struct live_wire *wire)
{
    struct live_piece *next;

    for (; wire->first; wire->first = next) {
        next = wire->first->next;
        free(wire->first);
    }
    wire->bytes = 0;
    if (wire->world)
        live_timer_clear(wire->world, &wire->timer);
}

/* ---- the other end of a wire ----------------------------------------------------------------------- */

struct write {
    uv_write_t req;
    char bytes[];
};

/* A socket that is broken says so when it is read. */
static void on_written(uv_write_t *req, int status)
{
    (void)status;
    free(WP_OWNER(req, struct write, req));
}

static void write_later(uv_stream_t *stream, const char *bytes, size_t n)
{
    struct write *write = malloc(sizeof *write + n);
    uv_buf_t buf = uv_buf_init(write->bytes, (unsigned)n);

    assert(write);
    memcpy(write->bytes, bytes, n);
    if (uv_write(&write->req, stream, &buf, 1, on_written) < 0)
        free(write);
}

/* libuv 1.44 calls it an end of file when a RST comes right behind the last bytes; the socket knows better. */
bool live_is_reset(const uv_tcp_t *tcp)
{
    socklen_t n = sizeof(int);
    int error = 0;
    uv_os_fd_t fd;

    return uv_fileno((const uv_handle_t *)tcp, &fd) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error != 0;
}

void live_write_stream(uv_stream_t *stream, struct wp_slice bytes)
{
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes.p, (unsigned)bytes.n);
    int written = uv_try_write(stream, &buf, 1);

    if (written < 0)
        written = 0;
    if ((size_t)written < bytes.n)
        write_later(stream, buf.base + written, bytes.n - (size_t)written);
}
