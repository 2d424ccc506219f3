#include "sim/world/bus_place.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { WAIT_S = 2, ADDRESS_BYTES = 512, LINE_BYTES = 512 };

static const char system_bus[] = "unix:path=/var/run/dbus/system_bus_socket";

/* ---- names ------------------------------------------------------------------------------------------------ */

static const char *from_environment(const char *variable)
{
    const char *text = getenv(variable);

    return text && *text ? text : NULL;
}

static const char *session_bus(void)
{
    static char address[ADDRESS_BYTES];
    const char *said = from_environment("DBUS_SESSION_BUS_ADDRESS"),
               *dir = from_environment("XDG_RUNTIME_DIR");

    if (said || !dir)
        return said;
    snprintf(address, sizeof address, "unix:path=%s/bus", dir);
    return address;
}

const char *bus_place_address(const char *name)
{
    const char *said;

    if (strcmp(name, "session") == 0)
        return session_bus();
    if (strcmp(name, "system") != 0)
        return name;
    said = from_environment("DBUS_SYSTEM_BUS_ADDRESS");
    return said ? said : system_bus;
}

/* ---- addresses --------------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* A value of `n` characters without its %xx. false: it is not well-formed. */
static bool unescape(const char *value, size_t n, struct wp_writer *w)
{
    for (size_t i = 0; i < n; i++) {
        int high, low;

        if (value[i] != '%') {
            wp_put_char(w, value[i]);
            continue;
        }
        if (i + 2 >= n || (high = hex_digit(value[i + 1])) < 0 || (low = hex_digit(value[i + 2])) < 0)
            return false;
        wp_put_char(w, (char)(high << 4 | low));
        i += 2;
    }
    return !w->full;
}

/* The value of `key` among "key=value,key=value" of n characters; NULL: it is not there. */
static const char *find_value(const char *pairs, size_t n, const char *key, size_t *ret_n)
{
    const char *end = pairs + n;

    while (pairs < end) {
        const char *comma = memchr(pairs, ',', (size_t)(end - pairs)), *stop = comma ? comma : end;
        size_t n_key = strlen(key);

        if ((size_t)(stop - pairs) > n_key && memcmp(pairs, key, n_key) == 0 && pairs[n_key] == '=') {
            *ret_n = (size_t)(stop - pairs) - n_key - 1;
            return pairs + n_key + 1;
        }
        pairs = stop + 1;
    }
    return NULL;
}

/* One address of n characters; false: it is none that we can go to. */
static bool read_one(const char *text, size_t n, struct bus_place *out)
{
    static const char unix_socket[] = "unix:";
    const size_t skip = sizeof unix_socket - 1;
    struct wp_writer w = wp_writer(out->at.sun_path, sizeof out->at.sun_path - 1);
    const char *value;
    size_t n_value;

    *out = (struct bus_place){.at = {.sun_family = AF_UNIX}};
    if (n <= skip || memcmp(text, unix_socket, skip) != 0)
        return false;
    value = find_value(text + skip, n - skip, "path", &n_value);
    if (!value) {
        value = find_value(text + skip, n - skip, "abstract", &n_value);
        wp_put_char(&w, 0);
    }
    if (!value || n_value == 0 || !unescape(value, n_value, &w))
        return false;
    out->n_at = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + w.n);
    return true;
}

bool bus_place_read(const char *name, struct bus_place *out, struct wp_writer *why)
{
    const char *address = bus_place_address(name);

    if (!address) {
        wp_put_text(why, "nobody says where the session bus is: neither DBUS_SESSION_BUS_ADDRESS nor "
                         "XDG_RUNTIME_DIR is set");
        return false;
    }
    for (const char *at = address; *at;) {
        size_t n = strcspn(at, ";");

        if (read_one(at, n, out))
            return true;
        at += n + (at[n] == ';');
    }
    wp_put_text(why, "'");
    wp_put_text(why, address);
    wp_put_text(why, "' is no address of a message bus on this machine, such as session, system, "
                     "unix:path=/run/dbus/system_bus_socket (107 bytes at most) or unix:abstract=NAME");
    return false;
}

/* ---- connections --------------------------------------------------------------------------------------------- */

int bus_place_connect(const struct bus_place *place)
{
    const struct timeval limit = {.tv_sec = WAIT_S};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
        connect(fd, (const struct sockaddr *)&place->at, place->n_at) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

void bus_place_put_auth(struct wp_writer *w)
{
    char uid[32];

    snprintf(uid, sizeof uid, "%u", (unsigned)geteuid());
    wp_put_char(w, 0);
    wp_put_text(w, "AUTH EXTERNAL ");
    wp_put_hex(w, wp_text(uid));
    wp_put_text(w, "\r\n");
}

/* The line with which it answers, without its end. false: it says nothing, or hangs up. */
static bool ask_in(int fd, char line[LINE_BYTES])
{
    char hello[128];
    struct wp_writer w = wp_writer(hello, sizeof hello);
    size_t n = 0;
    ssize_t got = 1;

    bus_place_put_auth(&w);
    if (send(fd, hello, w.n, MSG_NOSIGNAL) != (ssize_t)w.n)
        return false;
    while (got > 0 && n < LINE_BYTES - 1 && !memchr(line, '\n', n)) {
        got = recv(fd, line + n, LINE_BYTES - 1 - n, 0);
        n += got > 0 ? (size_t)got : 0;
    }
    line[n] = 0;
    line[strcspn(line, "\r\n")] = 0;
    return n > 0;
}

static void say(struct wp_writer *why, const char *address, const char *what, const char *detail)
{
    wp_put_text(why, "the message bus at ");
    wp_put_text(why, address);
    wp_put_text(why, what);
    wp_put_text(why, detail);
}

static void say_unreached(struct wp_writer *why, const char *address)
{
    switch (errno) {
    case ENOENT: say(why, address, " is not there: there is no such socket", ""); break;
    case ECONNREFUSED: say(why, address, " is not there: nobody listens at its socket any more", ""); break;
    case EACCES: say(why, address, " may not be reached by this user: ", strerror(errno)); break;
    default: say(why, address, " cannot be reached: ", strerror(errno)); break;
    }
}

bool bus_place_try(const char *name, struct wp_writer *why)
{
    const char *address = bus_place_address(name);
    char line[LINE_BYTES];
    struct bus_place place;
    bool is_in = false;
    int fd;

    if (!bus_place_read(name, &place, why))
        return false;
    fd = bus_place_connect(&place);
    if (fd < 0) {
        say_unreached(why, address);
        return false;
    }
    if (!ask_in(fd, line))
        say(why, address, " does not answer: is it one?", "");
    else if (strncmp(line, "REJECTED", 8) == 0)
        say(why, address, " does not let this user in; it says: ", line);
    else if (strncmp(line, "OK ", 3) != 0)
        say(why, address, " is none; it says: ", line);
    else
        is_in = true;
    close(fd);
    return is_in;
}
