/* /proc/net/tcp and tcp6, udp and udp6 say which socket is bound to a port, /proc/PID/fd whose socket that is. */
#include "harness/service_port.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STATE_LISTEN = 0x0A, NAME_BYTES = 32 };

/* ---- the socket ------------------------------------------------------------------------------------- */

/* The IPv4 address that a socket occupies, from eight hex digits for IPv4 or 32 for IPv6; false: none. */
static bool read_ip(const char *hex, uint32_t *ret_ip)
{
    uint32_t word[4] = {0};
    size_t n = strlen(hex) / 8;

    for (size_t i = 0; i < n && i < 4; i++) {
        char digits[9] = {0};

        memcpy(digits, hex + 8 * i, 8);
        word[i] = ntohl((uint32_t)strtoul(digits, NULL, 16));
    }
    *ret_ip = n == 1 ? word[0] : word[3];
    if (n == 1)
        return true;
    return n == 4 && word[0] == 0 && word[1] == 0 && (word[2] == 0xFFFF || (word[2] == 0 && word[3] == 0));
}

static bool overlaps(uint32_t a, uint32_t b)
{
    return a == 0 || b == 0 || a == b;
}

/* The inode of a socket in the way, a listening one before others; 0: none. */
static unsigned long find_socket(const char *table, struct wp_addr addr)
{
    FILE *f = fopen(table, "re");
    unsigned long found = 0, inode;
    char line[512], hex[64];
    unsigned port, state;
    uint32_t ip;

    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "%*s %63[0-9A-F]:%X %*s %X %*s %*s %*s %*s %*s %lu", hex, &port, &state, &inode) !=
            4)
            continue;
        if (inode == 0 || port != addr.port || !read_ip(hex, &ip) || !overlaps(ip, addr.ip))
            continue;
        if (state == STATE_LISTEN || found == 0)
            found = inode;
        if (state == STATE_LISTEN)
            break;
    }
    if (f)
        fclose(f);
    return found;
}

/* ---- its process ------------------------------------------------------------------------------------ */

static bool has_socket(const char *pid, const char *link)
{
    char path[300], target[64];
    struct dirent *e;
    bool found = false;
    DIR *d;

    snprintf(path, sizeof path, "/proc/%.200s/fd", pid);
    d = opendir(path);
    while (d && !found && (e = readdir(d))) {
        ssize_t n = readlinkat(dirfd(d), e->d_name, target, sizeof target - 1);

        if (n < 0)
            continue;
        target[n] = 0;
        found = strcmp(target, link) == 0;
    }
    if (d)
        closedir(d);
    return found;
}

static void read_name(const char *pid, char name[NAME_BYTES])
{
    char path[300];
    FILE *f;

    snprintf(path, sizeof path, "/proc/%.200s/comm", pid);
    f = fopen(path, "re");
    if (!f || !fgets(name, NAME_BYTES, f))
        strcpy(name, "a process");
    name[strcspn(name, "\n")] = 0;
    if (f)
        fclose(f);
}

/* 0: nobody whose descriptors we may see. */
static long find_process(unsigned long inode, char name[NAME_BYTES])
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    char link[64];
    long pid = 0;

    snprintf(link, sizeof link, "socket:[%lu]", inode);
    while (d && pid == 0 && (e = readdir(d))) {
        if (!isdigit((unsigned char)e->d_name[0]) || !has_socket(e->d_name, link))
            continue;
        pid = strtol(e->d_name, NULL, 10);
        read_name(e->d_name, name);
    }
    if (d)
        closedir(d);
    return pid;
}

static void put_holder(struct wp_writer *w, struct wp_addr addr, bool is_udp)
{
    unsigned long inode = find_socket(is_udp ? "/proc/net/udp" : "/proc/net/tcp", addr);
    char name[NAME_BYTES];
    long pid = 0;

    if (inode == 0)
        inode = find_socket(is_udp ? "/proc/net/udp6" : "/proc/net/tcp6", addr);
    if (inode != 0)
        pid = find_process(inode, name);
    wp_put_text(w, is_udp ? "UDP port " : "port ");
    wp_put_uint(w, addr.port);
    wp_put_text(w, " is held by ");
    if (pid == 0) {
        wp_put_text(w, "another user's process (root could name it)");
        return;
    }
    wp_put_text(w, name);
    wp_put_text(w, " (pid ");
    wp_put_int(w, pid);
    wp_put_char(w, ')');
}

/* ---- the question ----------------------------------------------------------------------------------- */

static void put_refusal(struct wp_writer *w, struct wp_addr addr, bool is_udp, int error)
{
    if (error == EADDRINUSE) {
        put_holder(w, addr, is_udp);
        return;
    }
    wp_put_addr(w, addr);
    wp_put_text(w, error == EADDRNOTAVAIL ? " is no address of this machine"
                   : error == EACCES      ? " is only for root: ports below 1024 are"
                                          : " cannot be listened on: ");
    if (error != EADDRNOTAVAIL && error != EACCES)
        wp_put_text(w, strerror(error));
}

static bool reuse(int fd)
{
    const int on = 1;

    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
}

/* Asked of the kernel by doing it: what remains of our own earlier connections is in nobody's way. */
bool service_port_is_free(struct wp_addr addr, bool is_udp, struct wp_writer *why)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(addr.port)};
    int fd = socket(AF_INET, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    bool good;

    a.sin_addr.s_addr = htonl(addr.ip);
    good = fd >= 0 && (is_udp || reuse(fd)) && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
           (is_udp || listen(fd, 1) == 0);
    if (!good)
        put_refusal(why, addr, is_udp, errno);
    if (fd >= 0)
        close(fd);
    return good;
}
