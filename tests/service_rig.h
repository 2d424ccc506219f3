/* `wattproof gateway` as a child, with its log: for tests and benches.
 *
 * Ports are free ones unless the configuration says otherwise; the log tells them. Everything waits with a deadline,
 * on the log itself or on a socket, and never for a time to pass. */
#ifndef WP_SERVICE_RIG_H
#define WP_SERVICE_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RIG_LOG_MAX = 1 << 18, RIG_PATIENCE_MS = 20000 };

static inline int64_t rig_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct service_rig {
    pid_t pid; /* 0: ended */
    int log;   /* its standard error; -1: closed */
    char text[RIG_LOG_MAX];
    size_t n;
    uint16_t meters, mqtt, websocket;
    int status;                   /* once it has ended */
    void (*in_child)(void);       /* NULL: nothing is done before it starts */
    const char *const *arguments; /* after `gateway`, NULL at the end; NULL: the configuration alone */
    char file[64];
};

static inline bool rig_has_mosquitto(void)
{
    return access("/usr/sbin/mosquitto", X_OK) == 0 || access("/usr/bin/mosquitto", X_OK) == 0;
}

/* WATTPROOF_BIN, else the build's. */
static inline const char *rig_program(void)
{
    static char path[600];
    const char *bin = getenv("WATTPROOF_BIN"), *build = getenv("WATTPROOF_BUILD");

    if (build)
        snprintf(path, sizeof path, "%s/wattproof", build);
    else
        snprintf(path, sizeof path, "%s", bin ? bin : "build/release/wattproof");
    return path;
}

/* A file that nobody else has; text NULL: none. */
static inline void rig_write(char path[64], const char *text)
{
    int fd;

    snprintf(path, 64, "/tmp/wattproof-test-XXXXXX");
    fd = mkstemp(path);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        abort();
    close(fd);
}

static inline void rig_become(struct service_rig *r, int log)
{
    const char *args[16] = {"wattproof", "gateway", r->file, NULL};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log, 2);
    for (int i = 0; r->arguments && i < 13; i++) {
        args[2 + i] = r->arguments[i];
        if (!r->arguments[i])
            break;
    }
    if (r->in_child)
        r->in_child();
    execv(rig_program(), (char **)(uintptr_t)args);
    _exit(127);
}

/* `yaml` is the whole configuration. */
static inline void rig_spawn(struct service_rig *r, const char *yaml)
{
    int fd[2];

    if (!r->file[0])
        rig_write(r->file, yaml);
    if (pipe2(fd, O_CLOEXEC) < 0)
        abort();
    r->n = 0;
    r->text[0] = 0;
    r->pid = fork();
    if (r->pid == 0)
        rig_become(r, fd[1]);
    close(fd[1]);
    r->log = fd[0];
}

/* Reads on; false: the time is over, or there will be no more. */
static inline bool rig_read(struct service_rig *r, int64_t until)
{
    struct pollfd p = {.fd = r->log, .events = POLLIN};
    int64_t left = until - rig_now_ms();
    ssize_t n;

    if (r->log < 0 || left <= 0 || poll(&p, 1, (int)left) <= 0)
        return false;
    if (r->n > RIG_LOG_MAX - 8192) { /* the beginning of a long log is not looked at again */
        memmove(r->text, r->text + RIG_LOG_MAX / 2, r->n - RIG_LOG_MAX / 2);
        r->n -= RIG_LOG_MAX / 2;
    }
    n = read(r->log, r->text + r->n, 4096);
    if (n <= 0)
        return n < 0 && errno == EINTR;
    r->n += (size_t)n;
    r->text[r->n] = 0;
    return true;
}

static inline bool rig_waits_for(struct service_rig *r, const char *text)
{
    int64_t until = rig_now_ms() + RIG_PATIENCE_MS;

    while (!strstr(r->text, text))
        if (!rig_read(r, until))
            return false;
    return true;
}

static inline uint16_t rig_port(const struct service_rig *r, const char *before)
{
    const char *at = strstr(r->text, before);
    unsigned port = 0;

    if (at)
        sscanf(at + strlen(before), "%*[0-9.]:%u", &port);
    return (uint16_t)port;
}

/* It takes devices and clients, and has said that it is there. */
static inline bool rig_start(struct service_rig *r, const char *yaml)
{
    rig_spawn(r, yaml);
    if (!rig_waits_for(r, "is logged in at the broker"))
        return false;
    r->meters = rig_port(r, "meters on ");
    r->mqtt = rig_port(r, "MQTT on ");
    r->websocket = rig_port(r, "WebSocket on ");
    return r->meters != 0;
}

/* Sees it end; false: it did not in time and was killed. */
static inline bool rig_ends(struct service_rig *r)
{
    int64_t until = rig_now_ms() + RIG_PATIENCE_MS;
    struct pollfd p = {.fd = r->log, .events = POLLIN};
    bool good;

    while (rig_read(r, until))
        continue;
    good = rig_now_ms() < until || poll(&p, 1, 0) > 0;
    if (!good)
        kill(r->pid, SIGKILL);
    waitpid(r->pid, &r->status, 0);
    close(r->log);
    r->log = -1;
    r->pid = 0;
    if (r->file[0])
        unlink(r->file);
    r->file[0] = 0;
    return good;
}

static inline bool rig_stop(struct service_rig *r)
{
    kill(r->pid, SIGTERM);
    return rig_ends(r);
}

static inline int rig_exit_code(const struct service_rig *r)
{
    return WIFEXITED(r->status) ? WEXITSTATUS(r->status) : -1;
}

/* The one child of a process whose name begins so: its mosquitto; 0: none. */
static inline pid_t rig_child(pid_t parent, const char *name)
{
    char path[64], comm[32] = "";
    long pid = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)parent, (long)parent);
    f = fopen(path, "r");
    while (f && fscanf(f, "%ld", &pid) == 1) {
        FILE *c;

        snprintf(path, sizeof path, "/proc/%ld/comm", pid);
        c = fopen(path, "r");
        if (c && fscanf(c, "%31s", comm) != 1)
            comm[0] = 0;
        if (c)
            fclose(c);
        if (strncmp(comm, name, strlen(name)) == 0)
            break;
        pid = 0;
    }
    if (f)
        fclose(f);
    return (pid_t)pid;
}

/* "VmHWM", "VmRSS" in KiB. */
static inline long rig_memory(pid_t pid, const char *what)
{
    char path[64], line[128];
    long kib = -1;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, what, strlen(what)) == 0)
            sscanf(line + strlen(what) + 1, "%ld", &kib);
    if (f)
        fclose(f);
    return kib;
}

/* Seconds of processor time so far. */
static inline double rig_processor_s(pid_t pid)
{
    unsigned long user = 0, system = 0;
    char path[64];
    FILE *f;

    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    f = fopen(path, "r");
    if (f && fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        user = system = 0;
    if (f)
        fclose(f);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* A TCP connection to one of its ports; -1: refused. */
static inline int rig_dial(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

#endif
