/* The private dbus-daemon, as a process: its configuration, its start, its end. It says its address when it takes
 * connections. */
#include "sim/world/live_bus.h"
#include "sim/world/live_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_MS = 10000, STOP_MS = 2000 };

static void refuse(struct wp_writer *why, const char *what, const char *name)
{
    wp_put_text(why, what);
    wp_put_text(why, name);
    wp_put_text(why, ": ");
    wp_put_text(why, strerror(errno));
}

/* ---- before it starts ------------------------------------------------------------------------------------ */

static bool find_binary(struct bus_daemon *d, struct wp_writer *why)
{
    const char *path = getenv("PATH");

    if (!path || !*path)
        path = "/usr/bin:/bin";
    while (*path) {
        size_t n = strcspn(path, ":");
        int len = snprintf(d->binary, sizeof d->binary, "%.*s/dbus-daemon", (int)n, path);

        if (n > 0 && len > 0 && (size_t)len < sizeof d->binary && access(d->binary, X_OK) == 0)
            return true;
        path += n + (path[n] == ':');
    }
    wp_put_text(why, "dbus-daemon is not in PATH: install the package dbus");
    return false;
}

/* As an address may have it: everything else than letters, digits and "-_/." by its number.
 * source: D-Bus Specification, "Server Addresses" */
static void put_escaped(struct wp_writer *w, const char *path)
{
    static const char digits[] = "0123456789abcdef";

    for (const char *p = path; *p; p++) {
        unsigned char c = (unsigned char)*p;

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("-_/.", c)) {
            wp_put_char(w, (char)c);
        } else {
            wp_put_char(w, '%');
            wp_put_char(w, digits[c >> 4]);
            wp_put_char(w, digits[c & 15]);
        }
    }
}

static bool name_files(struct bus_daemon *d, const char *dir, struct wp_writer *why)
{
    struct wp_writer w = wp_writer(d->address, sizeof d->address);
    int n = snprintf(d->path, sizeof d->path, "%s/bus", dir);

    snprintf(d->config, sizeof d->config, "%s/bus.conf", dir);
    wp_put_text(&w, "unix:path=");
    put_escaped(&w, d->path);
    wp_put_end(&w);
    if (n > 0 && (size_t)n < sizeof d->path && !w.full)
        return true;
    wp_put_text(why, "the message bus cannot have its socket in ");
    wp_put_text(why, dir);
    wp_put_text(why, ": a socket's path has 107 bytes at most; set TMPDIR to a shorter one");
    return false;
}

/* The limits are those of Debian's session.conf. */
static bool write_config(const struct bus_daemon *d, struct wp_writer *why)
{
    static const char *const limits[][2] = {
        {"max_incoming_bytes", "1000000000"},        {"max_incoming_unix_fds", "250000000"},
        {"max_outgoing_bytes", "1000000000"},        {"max_outgoing_unix_fds", "250000000"},
        {"max_message_size", "1000000000"},          {"max_completed_connections", "100000"},
        {"max_incomplete_connections", "10000"},     {"max_connections_per_user", "100000"},
        {"max_pending_service_starts", "10000"},     {"max_names_per_connection", "50000"},
        {"max_match_rules_per_connection", "50000"}, {"max_replies_per_connection", "50000"},
    };
    FILE *f = fopen(d->config, "we");
    bool good;

    if (!f) {
        refuse(why, "cannot write ", d->config);
        return false;
    }
    fprintf(f,
            "<busconfig>\n<type>session</type>\n<listen>%s</listen>\n<auth>EXTERNAL</auth>\n"
            "<policy context=\"default\">\n<allow send_destination=\"*\" eavesdrop=\"true\"/>\n"
            "<allow eavesdrop=\"true\"/>\n<allow own=\"*\"/>\n</policy>\n",
            d->address);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        fprintf(f, "<limit name=\"%s\">%s</limit>\n", limits[i][0], limits[i][1]);
    fputs("</busconfig>\n", f);
    good = !ferror(f);
    if (fclose(f) == 0 && good)
        return true;
    refuse(why, "cannot write ", d->config);
    return false;
}

bool bus_daemon_open(struct bus_daemon *d, const char *dir, struct wp_writer *why)
{
    *d = (struct bus_daemon){.log = -1};
    return name_files(d, dir, why) && find_binary(d, why) && write_config(d, why);
}

/* ---- the process ------------------------------------------------------------------------------------------ */

/* In the child. */
static void become_bus(const void *ctx, int log)
{
    const struct bus_daemon *d = ctx;
    char config[LIVE_PATH_BYTES + 32];
    int null = open("/dev/null", O_RDWR);

    snprintf(config, sizeof config, "--config-file=%s", d->config);
    if (null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        return;
    close_range(3, ~0u, 0);
    execl(d->binary, "dbus-daemon", config, "--nofork", "--nopidfile", "--nosyslog", "--print-address=1",
          (char *)NULL);
}

bool bus_daemon_spawn(struct bus_daemon *d, struct wp_writer *why)
{
    unlink(d->path);
    d->ready = false;
    d->said[0] = 0;
    d->pid = process_spawn(become_bus, d, &d->log);
    if (d->pid > 0)
        return true;
    d->pid = 0;
    refuse(why, "cannot start ", d->binary);
    return false;
}

static void take_log(struct bus_daemon *d, const char *text, size_t n)
{
    size_t had = strlen(d->said), keep = sizeof d->said - 1 - n;

    if (had > keep) {
        memmove(d->said, d->said + had - keep, keep);
        had = keep;
    }
    memcpy(d->said + had, text, n);
    d->said[had + n] = 0;
    d->ready |= strstr(d->said, "unix:path=") != NULL && strchr(d->said, '\n') != NULL;
}

static void reap(struct bus_daemon *d)
{
    close(d->log);
    d->log = -1;
    d->ready = false;
    while (waitpid(d->pid, &d->status, 0) < 0 && errno == EINTR)
        continue;
    d->pid = 0;
}

/* Only the process holds the other end of the pipe, so its end is the process's end. */
bool bus_daemon_read(struct bus_daemon *d)
{
    char text[BUS_LOG_BYTES / 4];
    ssize_t n;

    if (d->log < 0)
        return false;
    while ((n = read(d->log, text, sizeof text)) > 0)
        take_log(d, text, (size_t)n);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    reap(d);
    return false;
}

/* true when it has said something, or has ended. */
static bool wait_log(const struct bus_daemon *d, int limit_ms)
{
    struct pollfd p = {.fd = d->log, .events = POLLIN};

    return poll(&p, 1, limit_ms) != 0;
}

bool bus_daemon_wait(struct bus_daemon *d, struct wp_writer *why)
{
    while (!d->ready) {
        if (!wait_log(d, READY_MS)) {
            wp_put_text(why, "dbus-daemon does not say where it is");
            return false;
        }
        if (!bus_daemon_read(d)) {
            wp_put_text(why, "dbus-daemon does not start: ");
            bus_daemon_tell(d, why);
            return false;
        }
    }
    return true;
}

void bus_daemon_signal(const struct bus_daemon *d, int signal)
{
    if (d->pid > 0)
        kill(d->pid, signal);
}

void bus_daemon_close(struct bus_daemon *d)
{
    bus_daemon_signal(d, SIGTERM);
    while (d->pid > 0 && wait_log(d, STOP_MS) && bus_daemon_read(d))
        continue;
    if (d->pid > 0) {
        bus_daemon_signal(d, SIGKILL);
        reap(d);
    }
    unlink(d->path);
    unlink(d->config);
}

void bus_daemon_tell(const struct bus_daemon *d, struct wp_writer *w)
{
    if (WIFSIGNALED(d->status)) {
        wp_put_text(w, "signal ");
        wp_put_int(w, WTERMSIG(d->status));
    } else {
        wp_put_text(w, "exit code ");
        wp_put_int(w, WEXITSTATUS(d->status));
    }
    wp_put_text(w, ": ");
    wp_put_text(w, d->said);
}
