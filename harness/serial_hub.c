#include "harness/serial_hub.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define LOOPBACK_IP 0x7F000001u /* 127.0.0.1 */

enum { CONNECTIONS_MAX = 250, BACKLOG = 64, CHUNK = 4096, DIAL_AGAIN_MS = 200, WRITE_LIMIT_MS = 1000 };

/* ---- the line --------------------------------------------------------------------------------------- */

static const struct {
    unsigned baud;
    speed_t speed;
} speeds[] = {{300, B300},     {600, B600},       {1200, B1200},    {2400, B2400},
              {4800, B4800},   {9600, B9600},     {19200, B19200},  {38400, B38400},
              {57600, B57600}, {115200, B115200}, {230400, B230400}};

enum { N_SPEEDS = sizeof speeds / sizeof speeds[0] };

static bool find_speed(unsigned baud, speed_t *ret)
{
    for (size_t i = 0; i < N_SPEEDS; i++) {
        if (speeds[i].baud != baud)
            continue;
        *ret = speeds[i].speed;
        return true;
    }
    return false;
}

bool serial_line_read(struct arena *a, const char *text, struct serial_line *out)
{
    const char *comma = strchr(text, ',');
    char parity, rest;
    unsigned baud, data_bits, stop_bits;
    speed_t speed;

    if (!comma || comma == text ||
        sscanf(comma, ",%6u,%1u%c%1u%c", &baud, &data_bits, &parity, &stop_bits, &rest) != 4)
        return false;
    if (!find_speed(baud, &speed) || data_bits < 7 || data_bits > 8 || !strchr("NEO", parity) ||
        stop_bits < 1 || stop_bits > 2)
        return false;
    *out = (struct serial_line){arena_text(a, wp_slice(text, (size_t)(comma - text))), baud, data_bits,
                                stop_bits, parity};
    return true;
}

/* A pseudo-terminal has no wire, hence no parity: asked for it, tcsetattr fails unless something else changes, too. */
static bool is_pseudo(const struct serial_line *line)
{
    return strncmp(line->path, "/dev/pts/", strlen("/dev/pts/")) == 0;
}

static void set_bits(struct termios *t, const struct serial_line *line)
{
    cfmakeraw(t);
    t->c_cflag |= CLOCAL | CREAD;
    t->c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB);
    t->c_cflag |= line->data_bits == 7 && !is_pseudo(line) ? CS7 : CS8;
    if (line->parity != 'N' && !is_pseudo(line))
        t->c_cflag |= PARENB;
    if (line->parity == 'O')
        t->c_cflag |= PARODD;
    if (line->stop_bits == 2)
        t->c_cflag |= CSTOPB;
}

static int open_line(const struct serial_line *line, struct wp_writer *why)
{
    int fd = open(line->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    struct termios t;
    speed_t speed;

    if (fd >= 0 && find_speed(line->baud, &speed) && tcgetattr(fd, &t) == 0) {
        set_bits(&t, line);
        if (cfsetispeed(&t, speed) == 0 && cfsetospeed(&t, speed) == 0 && tcsetattr(fd, TCSANOW, &t) == 0)
            return fd;
    }
    wp_put_text(why, line->path);
    wp_put_text(why, ": ");
    wp_put_text(why, errno == ENOTTY ? "is no serial line" : strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* ---- in the hub's process --------------------------------------------------------------------------- */

struct hub {
    int line, listener; /* listener -1: it dials */
    struct wp_addr to;
    int connection[CONNECTIONS_MAX];
    size_t n;
};

static struct sockaddr_in socket_address(struct wp_addr addr)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(addr.port)};

    a.sin_addr.s_addr = htonl(addr.ip);
    return a;
}

/* What cannot be written in a second is lost, as on a line that nobody reads. */
static void write_all(int fd, const uint8_t *bytes, size_t n)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    while (n > 0 && poll(&p, 1, WRITE_LIMIT_MS) > 0) {
        ssize_t written = write(fd, bytes, n);

        if (written < 0 && errno != EAGAIN && errno != EINTR)
            return;
        if (written > 0) {
            bytes += written;
            n -= (size_t)written;
        }
    }
}

static void add(struct hub *h, int fd)
{
    int one = 1;

    if (fd < 0)
        return;
    if (h->n == CONNECTIONS_MAX) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    h->connection[h->n++] = fd;
}

static void dial(struct hub *h)
{
    struct sockaddr_in a = socket_address(h->to);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof a) == 0) {
        add(h, fd);
        return;
    }
    if (fd >= 0)
        close(fd);
    poll(NULL, 0, DIAL_AGAIN_MS);
}

/* false: the line is gone. */
static bool take_from_line(struct hub *h)
{
    uint8_t bytes[CHUNK];
    ssize_t n = read(h->line, bytes, sizeof bytes);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ||
               errno == EIO; /* EIO: nobody at the other end of a pty, yet */
    for (size_t i = 0; i < h->n; i++)
        write_all(h->connection[i], bytes, (size_t)n);
    return true;
}

/* false: the connection has ended. */
static bool take_from(struct hub *h, int fd)
{
    uint8_t bytes[CHUNK];
    ssize_t n = read(fd, bytes, sizeof bytes);

    if (n > 0)
        write_all(h->line, bytes, (size_t)n);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void take_from_connections(struct hub *h, const struct pollfd *p)
{
    size_t n = h->n;

    for (size_t i = n; i-- > 0;) {
        if (!p[i].revents || take_from(h, h->connection[i]))
            continue;
        close(h->connection[i]);
        h->connection[i] = h->connection[--h->n];
    }
}

static void serve(struct hub *h)
{
    struct pollfd p[CONNECTIONS_MAX + 2];

    for (;;) {
        if (h->listener < 0 && h->n == 0)
            dial(h);
        p[0] = (struct pollfd){.fd = h->line, .events = POLLIN};
        p[1] = (struct pollfd){.fd = h->listener, .events = POLLIN};
        for (size_t i = 0; i < h->n; i++)
            p[i + 2] = (struct pollfd){.fd = h->connection[i], .events = POLLIN};
        if (poll(p, h->n + 2, DIAL_AGAIN_MS) <= 0)
            continue;
        if (p[0].revents & POLLHUP)
            poll(NULL, 0, 1); /* a pty whose other end is closed is always ready */
        if (p[0].revents && !take_from_line(h))
            return;
        take_from_connections(h, p + 2);
        if (p[1].revents & POLLIN)
            add(h, accept4(h->listener, NULL, NULL, SOCK_CLOEXEC));
    }
}

/* ---- around it -------------------------------------------------------------------------------------- */

static bool become_process(struct serial_hub *hub, struct hub *h, struct wp_writer *why)
{
    fflush(NULL);
    hub->pid = fork();
    if (hub->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        serve(h);
        _exit(0);
    }
    close(h->line);
    if (h->listener >= 0)
        close(h->listener);
    if (hub->pid > 0)
        return true;
    hub->pid = 0;
    wp_put_text(why, "the serial line has no process: fork failed");
    return false;
}

static int open_listener(struct wp_addr *ret)
{
    struct sockaddr_in a = socket_address((struct wp_addr){LOOPBACK_IP, 0});
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, BACKLOG) == 0 &&
        getsockname(fd, (struct sockaddr *)&a, &n) == 0) {
        *ret = (struct wp_addr){LOOPBACK_IP, ntohs(a.sin_port)};
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

bool serial_hub_listen(struct serial_hub *hub, const struct serial_line *line, struct wp_writer *why)
{
    struct hub h = {.line = open_line(line, why)};

    *hub = (struct serial_hub){.pid = 0};
    if (h.line < 0)
        return false;
    h.listener = open_listener(&hub->addr);
    if (h.listener >= 0)
        return become_process(hub, &h, why);
    close(h.line);
    wp_put_text(why, "no port is free on loopback");
    return false;
}

bool serial_hub_dial(struct serial_hub *hub, const struct serial_line *line, struct wp_addr to,
                     struct wp_writer *why)
{
    struct hub h = {.line = open_line(line, why), .listener = -1, .to = to};

    *hub = (struct serial_hub){.pid = 0};
    return h.line >= 0 && become_process(hub, &h, why);
}

void serial_hub_close(struct serial_hub *hub)
{
    if (hub->pid > 0) {
        kill(hub->pid, SIGKILL);
        waitpid(hub->pid, NULL, 0);
    }
    hub->pid = 0;
}
