#include "sim/world/live_daemon.h"

#include "sim/world/access_file.h"
#include "sim/world/certificate.h"
#include "sim/world/live_process.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHILD_RING = 10, CHILD_BELL = 11, LINES_TOLD = 5, QUEUE_UNBOUNDED = 1000000000 };

static void refuse(struct wp_writer *why, const char *what, const char *name)
{
    wp_put_text(why, what);
    wp_put_text(why, name);
    wp_put_text(why, ": ");
    wp_put_text(why, strerror(errno));
}

/* ---- before it starts ----------------------------------------------------------------------------- */

static bool try_binary(struct live_daemon *b, const char *dir, size_t n)
{
    int len = snprintf(b->binary, sizeof b->binary, "%.*s/mosquitto", (int)n, dir);

    return len > 0 && (size_t)len < sizeof b->binary && access(b->binary, X_OK) == 0;
}

/* Debian puts it into /usr/sbin, which is not in everybody's PATH. */
static bool find_binary(struct live_daemon *b, struct wp_writer *why)
{
    const char *path = getenv("PATH");

    if (b->setup.binary) {
        snprintf(b->binary, sizeof b->binary, "%s", b->setup.binary);
        if (access(b->binary, X_OK) == 0)
            return true;
        refuse(why, "cannot run the broker ", b->binary);
        return false;
    }
    while (path && *path) {
        size_t n = strcspn(path, ":");

        if (n > 0 && try_binary(b, path, n))
            return true;
        path += n + (path[n] == ':');
    }
    if (try_binary(b, "/usr/sbin", strlen("/usr/sbin")))
        return true;
    wp_put_text(why, "mosquitto is neither in PATH nor in /usr/sbin: install the package mosquitto");
    return false;
}

static bool hold_port(struct live_daemon *b, size_t i, struct wp_writer *why)
{
    const struct wp_addr want = b->setup.listen[i];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(want.port)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    a.sin_addr.s_addr = htonl(want.ip || b->setup.everywhere ? want.ip : INADDR_LOOPBACK);
    b->holder[i] = fd;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || getsockname(fd, (struct sockaddr *)&a, &n) < 0) {
        char text[32];
        struct wp_writer w = wp_writer(text, sizeof text);

        wp_put_addr(&w, (struct wp_addr){ntohl(a.sin_addr.s_addr), want.port});
        refuse(why, "the broker cannot have the address ", wp_put_end(&w));
        return false;
    }
    b->addr[i] = (struct wp_addr){ntohl(a.sin_addr.s_addr), ntohs(a.sin_port)};
    return true;
}

static bool share_ring(struct live_daemon *b, struct wp_writer *why)
{
    void *memory;

    b->ring_fd = memfd_create("wattproof-reports", MFD_CLOEXEC);
    b->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (b->ring_fd < 0 || b->bell < 0 || ftruncate(b->ring_fd, sizeof *b->ring) < 0) {
        refuse(why, "cannot share memory with the ", "broker");
        return false;
    }
    memory = mmap(NULL, sizeof *b->ring, PROT_READ | PROT_WRITE, MAP_SHARED, b->ring_fd, 0);
    if (memory == MAP_FAILED) {
        refuse(why, "cannot share memory with the ", "broker");
        return false;
    }
    b->ring = memory;
    return true;
}

static FILE *create_file(const struct live_daemon *b, const char *name, struct wp_writer *why)
{
    char path[DAEMON_PATH_BYTES + 32];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", b->setup.dir, name);
    f = fopen(path, "we");
    if (!f)
        refuse(why, "cannot write ", path);
    return f;
}

/* A full disk shows when the file is closed at the latest. */
static bool close_file(FILE *f, const char *name, struct wp_writer *why)
{
    bool good = !ferror(f);

    if (fclose(f) == 0 && good)
        return true;
    refuse(why, "cannot write the broker's ", name);
    return false;
}

static bool listens(const struct daemon_setup *s, size_t i)
{
    return i != DAEMON_NOBODY && (s->tls || i != DAEMON_TLS) && !(s->shut >> i & 1);
}

static bool has_port(const struct daemon_setup *s, size_t i)
{
    return i == DAEMON_NOBODY ? s->shut != 0 : s->tls || i != DAEMON_TLS;
}

static void write_listener(const struct live_daemon *b, size_t i, FILE *f)
{
    char text[32];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_ip(&w, b->addr[i].ip);
    fprintf(f, "listener %u %s\n", b->addr[i].port, wp_put_end(&w));
    if (i == DAEMON_WEBSOCKET)
        fputs("protocol websockets\n", f);
    if (i == DAEMON_TLS)
        fprintf(f, "cafile %s/ca.pem\ncertfile %s/server.pem\nkeyfile %s/server.key\n", b->setup.dir,
                b->setup.dir, b->setup.dir);
    fputs("socket_domain ipv4\n", f); /* without it a websockets listener binds to every interface */
}

/* Bridges retry after 5 to 30 s unless told otherwise. */
static void write_bridge(const struct daemon_bridge *g, FILE *f)
{
    char text[32];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_addr(&w, g->to);
    fprintf(f,
            "connection vrm\naddress %s\nbridge_cafile %s\nremote_clientid %s\nremote_username %s\n"
            "remote_password %s\nlocal_clientid %s\ncleansession true\nnotifications false\n"
            "restart_timeout 1\nbridge_outgoing_retain false\ntopic N/%s/# out 0\ntopic R/%s/# in 0\n",
            wp_put_end(&w), g->ca, g->user, g->user, g->password, g->user, g->portal, g->portal);
    if (!g->read_only)
        fprintf(f, "topic W/%s/# in 0\n", g->portal);
}

/* A broker that silently drops would be taken for a gateway that does, so in tests its queues have no bounds. For the
 * messages that is not 0: then 2.0.11 cuts off a client whose publish it denies (handle__publish,
 * process_bad_message). */
static bool write_config(const struct live_daemon *b, struct wp_writer *why)
{
    const struct daemon_setup *s = &b->setup;
    long long seconds = s->sys_interval > 0 ? (s->sys_interval + WP_SEC(1) - 1) / WP_SEC(1) : 1;
    bool anonymous = !s->access || s->access->open || s->access->anonymous;
    FILE *f = create_file(b, "mosquitto.conf", why);

    if (!f)
        return false;
    if (geteuid() == 0)
        fputs("user root\n", f); /* else it could not read the rules in our directory */
    fprintf(
        f,
        "per_listener_settings false\npersistence false\nmax_queued_messages %u\nmax_inflight_messages 0\n"
        "sys_interval %lld\nset_tcp_nodelay true\nallow_anonymous %s\nlog_dest stderr\n"
        "log_timestamp false\nlog_type error\nlog_type warning\nlog_type notice\nlog_type information\n",
        s->queue ? s->queue : QUEUE_UNBOUNDED, seconds, anonymous ? "true" : "false");
    if (s->log_subscriptions)
        fputs("log_type subscribe\n", f);
    if (s->plugin)
        fprintf(f, "plugin %s\n", s->plugin);
    if (b->ring)
        fprintf(f, "plugin_opt_ring %d\nplugin_opt_bell %d\n", CHILD_RING, CHILD_BELL);
    if (b->ring && s->own)
        fprintf(f, "plugin_opt_own %s\n", s->own);
    if (s->plugin && s->access)
        fprintf(f, "plugin_opt_rules %s/access\n", s->dir);
    for (size_t i = 0; i < DAEMON_PORTS; i++)
        if (listens(s, i))
            write_listener(b, i, f);
    if (s->bridge)
        write_bridge(s->bridge, f);
    return close_file(f, "configuration", why);
}

static bool write_rules(const struct live_daemon *b, struct wp_writer *why)
{
    FILE *f;

    if (!b->setup.access)
        return true;
    f = create_file(b, "access", why);
    if (!f)
        return false;
    access_file_write(b->setup.access, f);
    return close_file(f, "access rules", why);
}

bool daemon_open(struct live_daemon *b, const struct daemon_setup *setup, struct wp_writer *why)
{
    *b = (struct live_daemon){.setup = *setup, .log = -1, .ring_fd = -1, .bell = -1};
    for (size_t i = 0; i < DAEMON_PORTS; i++)
        b->holder[i] = -1;
    if (setup->access && !setup->access->open && !setup->plugin) {
        wp_put_text(why, "access rules need the access plugin");
        return false;
    }
    if (!find_binary(b, why) || (setup->plugin && !setup->silent && !share_ring(b, why)))
        return false;
    for (size_t i = 0; i < DAEMON_PORTS; i++)
        if (has_port(setup, i) && !hold_port(b, i, why))
            return false;
    if (setup->tls && !certificate_make(setup->dir, why))
        return false;
    return write_rules(b, why) && write_config(b, why);
}

static void unlink_file(const struct live_daemon *b, const char *name)
{
    char path[DAEMON_PATH_BYTES + 32];

    snprintf(path, sizeof path, "%s/%s", b->setup.dir, name);
    unlink(path);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void daemon_close(struct live_daemon *b)
{
    daemon_stop(b, WP_SEC(2));
    for (size_t i = 0; i < DAEMON_PORTS; i++)
        close_fd(&b->holder[i]);
    if (b->ring)
        munmap(b->ring, sizeof *b->ring);
    b->ring = NULL;
    close_fd(&b->ring_fd);
    close_fd(&b->bell);
    unlink_file(b, "mosquitto.conf");
    unlink_file(b, "access");
    if (b->setup.tls)
        certificate_remove(b->setup.dir);
}

/* ---- the process ---------------------------------------------------------------------------------- */

/* The descriptors are moved up first, because one of them could stand where another has to go. */
static bool arrange_fds(const struct live_daemon *b, int log)
{
    int null = open("/dev/null", O_RDWR), ring = -1, bell = -1;

    log = fcntl(log, F_DUPFD, CHILD_BELL + 1);
    if (b->ring) {
        ring = fcntl(b->ring_fd, F_DUPFD, CHILD_BELL + 1);
        bell = fcntl(b->bell, F_DUPFD, CHILD_BELL + 1);
        if (dup2(ring, CHILD_RING) < 0 || dup2(bell, CHILD_BELL) < 0)
            return false;
    }
    return dup2(null, 0) >= 0 && dup2(null, 1) >= 0 && dup2(log, 2) >= 0;
}

/* In the child. */
static void become_broker(const void *ctx, int log)
{
    const struct live_daemon *b = ctx;
    char config[DAEMON_PATH_BYTES + 32];

    snprintf(config, sizeof config, "%s/mosquitto.conf", b->setup.dir);
    if (!arrange_fds(b, log))
        return;
    close_range(3, CHILD_RING - 1, 0);
    close_range(CHILD_BELL + 1, ~0u, 0);
    execl(b->binary, "mosquitto", "-c", config, (char *)NULL);
}

bool daemon_spawn(struct live_daemon *b, struct wp_writer *why)
{
    b->pid = process_spawn(become_broker, b, &b->log);
    if (b->pid < 0) {
        b->pid = 0;
        refuse(why, "cannot start ", b->binary);
        return false;
    }
    b->ready = false;
    b->n_partial = 0;
    return true;
}

static bool contains(const char *line, const char *what)
{
    return strstr(line, what) != NULL;
}

static void end_line(struct live_daemon *b)
{
    char *line = b->line[b->n_lines % DAEMON_LINES];

    line[b->n_partial] = 0;
    b->n_partial = 0;
    b->n_lines++;
    if (contains(line, "mosquitto version") && contains(line, "running"))
        b->ready = true;
    if (contains(line, "Outgoing messages are being dropped"))
        b->dropping = true;
}

static void take_log(struct live_daemon *b, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\n')
            end_line(b);
        else if (b->n_partial < DAEMON_LINE_BYTES - 1)
            b->line[b->n_lines % DAEMON_LINES][b->n_partial++] = text[i];
    }
}

static void reap(struct live_daemon *b)
{
    close_fd(&b->log);
    b->ready = false;
    while (b->pid > 0 && waitpid(b->pid, &b->status, 0) < 0 && errno == EINTR)
        continue;
    b->pid = 0;
}

/* Only the process holds the other end of the pipe, so its end is the process's end. */
bool daemon_read(struct live_daemon *b)
{
    char text[4096];
    ssize_t n;

    if (b->log < 0)
        return false;
    while ((n = read(b->log, text, sizeof text)) > 0)
        take_log(b, text, (size_t)n);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    reap(b);
    return false;
}

static wp_us clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return WP_SEC(t.tv_sec) + t.tv_nsec / 1000;
}

/* true when the log has something, or has ended; false: the time is over. */
static bool wait_log(const struct live_daemon *b, wp_us until)
{
    struct pollfd p = {.fd = b->log, .events = POLLIN};
    wp_us left = until - clock_now();

    return left > 0 && poll(&p, 1, (int)((left + 999) / 1000)) != 0;
}

bool daemon_wait_ready(struct live_daemon *b, wp_us limit, struct wp_writer *why)
{
    wp_us until = clock_now() + limit;

    while (!b->ready) {
        if (!wait_log(b, until)) {
            wp_put_text(why, "the broker does not say that it runs");
            return false;
        }
        if (!daemon_read(b)) {
            wp_put_text(why, "the broker does not start: ");
            daemon_tell(b, why);
            return false;
        }
    }
    return true;
}

static bool has_said(const struct live_daemon *b, const char *text)
{
    size_t kept = b->n_lines < DAEMON_LINES ? b->n_lines : DAEMON_LINES;

    for (size_t i = 0; i < kept; i++)
        if (contains(b->line[(b->n_lines - 1 - i) % DAEMON_LINES], text))
            return true;
    return false;
}

bool daemon_wait_said(struct live_daemon *b, const char *text, wp_us limit, struct wp_writer *why)
{
    wp_us until = clock_now() + limit;

    while (!has_said(b, text)) {
        if (wait_log(b, until) && daemon_read(b))
            continue;
        wp_put_text(why, "its log has no line with '");
        wp_put_text(why, text);
        wp_put_text(why, "': ");
        daemon_tell(b, why);
        return false;
    }
    return true;
}

void daemon_signal(const struct live_daemon *b, int signal)
{
    if (b->pid > 0)
        kill(b->pid, signal);
}

void daemon_stop(struct live_daemon *b, wp_us limit)
{
    wp_us until = clock_now() + limit;

    if (b->pid <= 0)
        return;
    daemon_signal(b, SIGTERM);
    while (wait_log(b, until))
        if (!daemon_read(b))
            return;
    daemon_signal(b, SIGKILL);
    reap(b);
}

void daemon_tell(const struct live_daemon *b, struct wp_writer *w)
{
    size_t from = b->n_lines > LINES_TOLD ? b->n_lines - LINES_TOLD : 0;

    if (b->pid == 0 && WIFSIGNALED(b->status)) {
        wp_put_text(w, "signal ");
        wp_put_int(w, WTERMSIG(b->status));
    } else if (b->pid == 0) {
        wp_put_text(w, "exit code ");
        wp_put_int(w, WEXITSTATUS(b->status));
    } else {
        wp_put_text(w, "it still runs");
    }
    for (size_t i = from; i < b->n_lines; i++) {
        wp_put_text(w, i == from ? "; its log ends: " : " | ");
        wp_put_text(w, b->line[i % DAEMON_LINES]);
    }
}
