/* Listeners of the live world: a scenario's address stands for an address of our own, found when it is first needed.
 *
 * The IP is the scenario's, the port is free and ours for the whole run (unless the setup wants the very ports): a
 * socket that never listens holds it, so a machine that restarts comes back under the same one. A UDP listener has one
 * socket for the whole run. Where the scenario has both at one address, they get the same port if it is free. */
#include "sim/world/live_udp.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

size_t live_bucket(struct wp_addr addr)
{
    return (addr.ip * 2654435761u + addr.port * 40503u) % LIVE_BUCKETS;
}

struct sockaddr_in live_sockaddr(struct wp_addr addr)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(addr.port)};

    a.sin_addr.s_addr = htonl(addr.ip);
    return a;
}

static struct live_listener *find(const struct live *w, struct wp_addr scenario, bool is_udp)
{
    struct live_listener *l = w->listener[live_bucket(scenario)];

    while (l && (l->is_udp != is_udp || l->scenario.ip != scenario.ip || l->scenario.port != scenario.port))
        l = l->next_in_bucket;
    return l;
}

struct live_listener *live_listener_find(const struct live *w, struct wp_addr scenario, bool is_udp)
{
    struct live_listener *l = find(w, scenario, is_udp);

    return l ? l
             : find(w, (struct wp_addr){0, scenario.port}, is_udp); /* one that listens on every address */
}

/* One that took a free port because it asked for none. */
static const struct live_listener *find_free(const struct live *w, uint32_t ip, bool is_udp)
{
    for (size_t i = 0; i < LIVE_BUCKETS; i++)
        for (const struct live_listener *l = w->listener[i]; l; l = l->next_in_bucket)
            if (l->any_port && l->is_udp == is_udp && l->scenario.ip == ip)
                return l;
    return NULL;
}

struct wp_addr live_real_addr(const struct live *w, bool is_udp, struct wp_addr scenario)
{
    const struct live_listener *l = live_listener_find(w, scenario, is_udp);

    if (!l)
        l = live_listener_find(w, scenario, !is_udp);
    if (!l && scenario.port == 0)
        l = find_free(w, scenario.ip, is_udp);
    return l ? l->real : scenario;
}

static bool is_same(struct wp_addr a, struct wp_addr b)
{
    return a.ip == b.ip && a.port == b.port;
}

/* Where the world's guest looks for us; zero: it asks for no special place. */
static struct wp_addr place_for_guest(const struct live_listener *l)
{
    const struct wp_world_guest *g = l->seat->world->setup.guest;

    if (!g || !g->dials)
        return (struct wp_addr){0};
    for (size_t i = 0; i < g->n_places; i++)
        if (is_same(g->places[i].scenario, l->scenario))
            return g->places[i].real;
    return is_same(g->scenario, l->scenario) ? g->real : (struct wp_addr){0};
}

static void refuse(struct live *w, const struct live_listener *l, int error)
{
    struct wp_addr guest = place_for_guest(l);
    char what[160];
    struct wp_writer text = wp_writer(what, sizeof what);

    wp_put_text(&text, l->seat->setup.name);
    wp_put_text(&text, " cannot listen on ");
    wp_put_addr(&text, guest.port ? guest : l->scenario);
    live_fail(w, wp_put_end(&text), strerror(error));
}

static bool hold_stream(struct live_listener *l, struct wp_addr want)
{
    struct sockaddr_in a = live_sockaddr(want);
    socklen_t n = sizeof a;
    int on = 1;

    l->holder = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (l->holder < 0 || setsockopt(l->holder, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(l->holder, (struct sockaddr *)&a, sizeof a) < 0 ||
        getsockname(l->holder, (struct sockaddr *)&a, &n) < 0)
        return false;
    l->real = (struct wp_addr){want.ip, ntohs(a.sin_port)};
    return true;
}

/* Where TCP has the scenario's address, too, at the same port if it is free. */
static bool hold_datagrams(struct live_listener *l, struct wp_addr want)
{
    const struct live_listener *tcp = l->scenario.port ? find(l->seat->world, l->scenario, false) : NULL;
    int rc = -1;

    if (want.port == 0 && tcp)
        rc = live_udp_hold(l, (struct wp_addr){want.ip, tcp->real.port}, &l->real);
    if (rc < 0)
        rc = live_udp_hold(l, want, &l->real);
    if (rc < 0)
        errno = -rc;
    return rc == 0;
}

/* Takes a free port, or the one asked for, and keeps it. What listens on every address does so on one, unless the
 * setup wants it so: tests are nobody's business outside. */
static bool hold(struct live_listener *l)
{
    bool fixed = l->seat->world->setup.fixed_ports;
    struct wp_addr guest = place_for_guest(l);
    struct wp_addr want = guest.port ? guest : (struct wp_addr){l->scenario.ip, fixed ? l->scenario.port : 0};

    if (want.ip == 0 && !fixed && !guest.port)
        want.ip = INADDR_LOOPBACK;
    if (!(l->is_udp ? hold_datagrams(l, want) : hold_stream(l, want)))
        return false;
    l->any_port = l->scenario.port == 0;
    if (l->any_port)
        l->scenario.port = l->real.port;
    return true;
}

static void on_client(uv_stream_t *server, int status)
{
    struct live_listener *l = server->data;

    if (status == 0)
        live_accept(l, server);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static bool open_listener(struct live_listener *l)
{
    struct live *w = l->seat->world;
    struct sockaddr_in a = live_sockaddr(l->real);
    int rc;

    l->is_up = true;
    if (l->is_udp)
        return true;
    l->tcp = malloc(sizeof *l->tcp);
    assert(l->tcp);
    rc = uv_tcp_init(&w->loop, l->tcp);
    assert(rc == 0);
    l->tcp->data = l;
    rc = uv_tcp_bind(l->tcp, (struct sockaddr *)&a, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)l->tcp, BACKLOG, on_client);
    if (rc != 0)
        refuse(w, l, -rc);
    return rc == 0;
}

static struct live_listener *new_listener(struct live_seat *seat, uint16_t endpoint)
{
    struct live *w = seat->world;
    struct wp_addr scenario = seat->setup.endpoints[endpoint].addr;
    struct live_listener *l = calloc(1, sizeof *l), **bucket;

    assert(l);
    if (scenario.ip == 0)
        scenario.ip = seat->setup.ip;
    *l = (struct live_listener){.seat = seat,
                                .endpoint = endpoint,
                                .scenario = scenario,
                                .holder = -1,
                                .is_udp = seat->setup.endpoints[endpoint].transport == WP_UDP};
    l->next_of_seat = seat->listeners;
    seat->listeners = l;
    if (scenario.port != 0 && find(w, scenario, l->is_udp)) {
        refuse(w, l, EADDRINUSE);
        return NULL;
    }
    if (!hold(l)) {
        refuse(w, l, errno);
        return NULL;
    }
    bucket = &w->listener[live_bucket(l->scenario)];
    l->next_in_bucket = *bucket;
    *bucket = l;
    return l;
}

static bool is_stream(const struct wp_endpoint *e)
{
    return e->transport == WP_TCP || e->transport == WP_SERIAL;
}

/* Streams first: a TCP port that is asked for by number may have been taken by another run, without either being told. */
static bool make_listeners(struct live_seat *seat)
{
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < seat->setup.n_endpoints; i++) {
            const struct wp_endpoint *e = &seat->setup.endpoints[i];
            bool is_due = e->listen && (pass == 0 ? is_stream(e) : e->transport == WP_UDP);

            if (is_due && !new_listener(seat, (uint16_t)i))
                return false;
        }
    }
    return true;
}

bool live_listen(struct live_seat *seat)
{
    if (!seat->listeners && !make_listeners(seat))
        return false;
    for (struct live_listener *l = seat->listeners; l; l = l->next_of_seat)
        if (!open_listener(l))
            return false;
    return true;
}

void live_unlisten(struct live_seat *seat)
{
    for (struct live_listener *l = seat->listeners; l; l = l->next_of_seat) {
        if (l->tcp)
            uv_close((uv_handle_t *)l->tcp, on_closed);
        l->tcp = NULL;
        l->is_up = false;
    }
}

/* At the very end, after live_unlisten. */
void live_forget_listeners(struct live_seat *seat)
{
    struct live_listener *next;

    for (; seat->listeners; seat->listeners = next) {
        next = seat->listeners->next_of_seat;
        if (seat->listeners->holder >= 0)
            close(seat->listeners->holder);
        free(seat->listeners);
    }
}
