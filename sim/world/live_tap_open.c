/* How a tap begins: in a session of ours that stands or is being made, or with a stranger at a relay. */
#include "sim/world/live_mqtt.h"
#include "sim/world/live_tap.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct live_tap *new_tap(struct live *w, struct live_seat *line)
{
    struct live_tap *tap = calloc(1, sizeof *tap);

    assert(tap);
    *tap = (struct live_tap){.world = w, .line = line, .n_open = 2};
    tap->up.wire = (struct live_wire){.world = w, .arrive = live_tap_arrive_up};
    tap->down.wire = (struct live_wire){.world = w, .arrive = live_tap_arrive_down};
    tap->id = w->setup.wires ? ++w->n_wires : 0;
    tap->next = w->taps;
    tap->at = &w->taps;
    if (tap->next)
        tap->next->at = &tap->next;
    w->taps = tap;
    return tap;
}

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

static struct wp_addr address(int fd, int (*ask)(int, struct sockaddr *, socklen_t *))
{
    struct sockaddr_in a = {0};
    socklen_t n = sizeof a;

    if (ask(fd, (struct sockaddr *)&a, &n) < 0)
        return (struct wp_addr){0};
    return (struct wp_addr){ntohl(a.sin_addr.s_addr), ntohs(a.sin_port)};
}

struct live_tap *live_tap_new(struct live_session *s)
{
    struct live_seat *seat = s->port.seat;
    struct live *w = seat->world;
    struct live_tap *tap;
    int lib, broker, rc;

    if (!divert(mosquitto_socket(s->m), &lib, &broker))
        return NULL;
    tap = new_tap(w, seat);
    tap->session = s;
    tap->machine = seat->setup.name;
    tap->port = s->port.id;
    live_seen_open(tap, address(broker, getsockname), live_own_broker);
    rc = uv_pipe_init(&w->loop, &tap->client.pipe, 0) | uv_pipe_open(&tap->client.pipe, lib);
    assert(rc == 0);
    rc = uv_tcp_init(&w->loop, &tap->broker) | uv_tcp_open(&tap->broker, broker);
    assert(rc == 0);
    tap->client.stream.data = tap->broker.data = tap;
    live_tap_read(tap, false);
    live_tap_read(tap, true);
    return tap;
}

static void on_connected(uv_connect_t *req, int status)
{
    struct live_tap *tap = WP_OWNER(req, struct live_tap, connect);

    if (status == UV_ECANCELED || live_tap_is_closing(tap))
        return;
    live_tick(tap->world);
    if (status < 0)
        live_tap_reset(tap, true);
    else
        live_tap_read(tap, true);
}

struct live_tap *live_tap_accept(struct live *w, struct live_seat *line, uv_stream_t *server,
                                 struct wp_addr broker, uint32_t from)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(broker.port)},
                       own = {.sin_family = AF_INET};
    struct live_tap *tap = new_tap(w, line);
    int rc;

    to.sin_addr.s_addr = htonl(broker.ip);
    own.sin_addr.s_addr = htonl(from);
    rc = uv_tcp_init(&w->loop, &tap->client.tcp) | uv_tcp_init(&w->loop, &tap->broker);
    assert(rc == 0);
    tap->client.stream.data = tap->broker.data = tap;
    rc = uv_accept(server, &tap->client.stream);
    if (rc == 0 && from != 0)
        rc = uv_tcp_bind(&tap->broker, (struct sockaddr *)&own, 0);
    if (rc == 0)
        rc = uv_tcp_connect(&tap->connect, &tap->broker, (struct sockaddr *)&to, on_connected);
    if (rc < 0) {
        live_tap_close(tap);
        return NULL;
    }
    uv_tcp_nodelay(&tap->client.tcp, 1);
    uv_tcp_nodelay(&tap->broker, 1);
    live_tap_read(tap, false);
    return tap;
}
