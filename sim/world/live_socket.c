/* UDP sockets of the live world: bound, read, written. */
#include "sim/world/live_udp.h"

#include <assert.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <unistd.h>

/* A thousand meters may push at one instant; the system doubles it for its own bookkeeping, or allows less. */
enum { RECEIVE_BUFFER = 8 << 20 };

static void offer_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    struct live_socket *s = handle->data;

    (void)wanted;
    *out = uv_buf_init((char *)s->world->read, sizeof s->world->read);
}

/* What the system threw away is not lost silently. */
static void look_for_losses(struct live_socket *s)
{
    uint32_t info[SK_MEMINFO_VARS] = {0}, before = s->lost;
    socklen_t n = sizeof info;
    uv_os_fd_t fd;

    if (!s->lose || uv_fileno((uv_handle_t *)&s->udp, &fd) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &n) < 0 || info[SK_MEMINFO_DROPS] == before)
        return;
    s->lost = info[SK_MEMINFO_DROPS];
    s->lose(s, s->lost - before);
}

/* An error is that of an earlier datagram, which nobody hears of: there is no ICMP. */
static void on_datagram(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from,
                        unsigned flags)
{
    struct live_socket *s = udp->data;
    const struct sockaddr_in *a = (const struct sockaddr_in *)(const void *)from;

    (void)flags;
    live_tick(s->world);
    if (n >= 0 && a)
        s->receive(s, (struct wp_addr){ntohl(a->sin_addr.s_addr), ntohs(a->sin_port)},
                   wp_slice(buf->base, (size_t)n));
    else if (n == 0)
        look_for_losses(s);
}

void live_socket_read(struct live_socket *s, bool reads)
{
    if (reads)
        uv_udp_recv_start(&s->udp, offer_room, on_datagram);
    else
        uv_udp_recv_stop(&s->udp);
}

int live_socket_bind(struct wp_addr at, struct wp_addr *ret_at)
{
    int file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;
    struct sockaddr_in a = live_sockaddr(at);
    socklen_t n = sizeof a;

    if (file >= 0 && bind(file, (struct sockaddr *)&a, sizeof a) == 0 &&
        getsockname(file, (struct sockaddr *)&a, &n) == 0) {
        *ret_at = (struct wp_addr){ntohl(a.sin_addr.s_addr), ntohs(a.sin_port)};
        return file;
    }
    error = errno;
    if (file >= 0)
        close(file);
    return -error;
}

/* Beyond what the system's limit allows only if it lets us. */
static void widen(int file)
{
    const int size = RECEIVE_BUFFER;

    if (setsockopt(file, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(file, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

void live_socket_open(struct live_socket *s, int file)
{
    int rc = uv_udp_init(&s->world->loop, &s->udp);

    assert(rc == 0);
    rc = uv_udp_open(&s->udp, file);
    assert(rc == 0);
    s->udp.data = s;
    if (s->lose)
        widen(file);
}

static void on_closed(uv_handle_t *handle)
{
    struct live_socket *s = handle->data;

    s->closed(s);
}

void live_socket_close(struct live_socket *s)
{
    uv_close((uv_handle_t *)&s->udp, on_closed);
}

struct send {
    uv_udp_send_t req;
    char bytes[];
};

static void on_sent(uv_udp_send_t *req, int status)
{
    (void)status;
    free(WP_OWNER(req, struct send, req));
}

static int send_later(struct live_socket *s, const struct sockaddr_in *to, struct wp_slice bytes)
{
    struct send *send = malloc(sizeof *send + bytes.n);
    uv_buf_t buf;
    int rc;

    assert(send);
    if (bytes.n > 0)
        memcpy(send->bytes, bytes.p, bytes.n);
    buf = uv_buf_init(send->bytes, (unsigned)bytes.n);
    rc = uv_udp_send(&send->req, &s->udp, &buf, 1, (const struct sockaddr *)to, on_sent);
    if (rc < 0)
        free(send);
    return rc;
}

int live_socket_send(struct live_socket *s, struct wp_addr to, struct wp_slice bytes)
{
    const struct sockaddr_in a = live_sockaddr(to);
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes.p, (unsigned)bytes.n);
    int rc = uv_udp_try_send(&s->udp, &buf, 1, (const struct sockaddr *)&a);

    if (rc >= 0)
        return 0;
    if (rc != UV_EAGAIN)
        return rc;
    if (uv_udp_get_send_queue_size(&s->udp) + bytes.n > LIVE_UNSENT_MAX)
        return UV_ENOBUFS;
    return send_later(s, &a, bytes);
}

uint32_t live_source_ip(struct wp_addr to)
{
    struct sockaddr_in a = live_sockaddr(to);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t n = sizeof a;
    uint32_t ip = 0;

    if (fd < 0)
        return 0;
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0 && getsockname(fd, (struct sockaddr *)&a, &n) == 0)
        ip = ntohl(a.sin_addr.s_addr);
    close(fd);
    return ip;
}
