/* Relays of the live world: listeners that clients which are not ours take for their broker.
 *
 * One stands before the private broker whenever the world is one of tests; world_tap adds others, before any broker,
 * for a system under test whose broker is given. Clients behind TLS and WebSocket go to the broker's own listeners: its
 * plugin tells what they publish. */
#include "sim/world/live_tap.h"

#include <assert.h>
#include <netdb.h>
#include <stdlib.h>

enum { BACKLOG = 1024 };

/* An address of our own network that is no machine's: the plugin leaves who comes from there to us. */
enum { RELAY_IP = 0x7F7FFFFF };

static struct wp_addr address(const uv_tcp_t *tcp, int (*ask)(const uv_tcp_t *, struct sockaddr *, int *))
{
    struct sockaddr_in a = {0};
    int n = sizeof a;

    if (ask(tcp, (struct sockaddr *)&a, &n) < 0)
        return (struct wp_addr){0};
    return (struct wp_addr){ntohl(a.sin_addr.s_addr), ntohs(a.sin_port)};
}

/* ---- clients --------------------------------------------------------------------------------------- */

static void on_client(uv_stream_t *server, int status)
{
    struct live_relay *relay = server->data;
    struct live *w = relay->world;
    struct wp_addr client, broker = relay->is_own ? live_own_broker : relay->broker;
    struct live_tap *tap;

    if (status < 0)
        return;
    live_tick(w);
    tap = live_tap_accept(w, relay->line, server, relay->broker, relay->is_own ? RELAY_IP : 0);
    if (!tap)
        return;
    client = address(&tap->client.tcp, uv_tcp_getpeername);
    tap->machine = relay->machine;
    tap->port = ++w->n_ports;
    tap->stranger = live_stranger_new(relay, client, broker);
    live_seen_open(tap, client, broker);
}

/* ---- listening ------------------------------------------------------------------------------------- */

static bool refuse(struct wp_writer *why, const char *what, struct wp_addr addr, const char *detail)
{
    wp_put_text(why, what);
    wp_put_addr(why, addr);
    wp_put_text(why, ": ");
    wp_put_text(why, detail);
    return false;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static bool listen_at(struct live_relay *relay, struct wp_addr want, struct wp_writer *why)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(want.port)};
    int rc;

    if (want.ip == 0)
        want.ip = INADDR_LOOPBACK;
    a.sin_addr.s_addr = htonl(want.ip);
    relay->tcp = malloc(sizeof *relay->tcp);
    assert(relay->tcp);
    rc = uv_tcp_init(&relay->world->loop, relay->tcp);
    assert(rc == 0);
    relay->tcp->data = relay;
    rc = uv_tcp_bind(relay->tcp, (struct sockaddr *)&a, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)relay->tcp, BACKLOG, on_client);
    if (rc < 0)
        return refuse(why, "no tap can listen on ", want, uv_strerror(rc));
    relay->listen = address(relay->tcp, uv_tcp_getsockname);
    return true;
}

/* ---- the broker behind it -------------------------------------------------------------------------- */

static bool find_host(const char *host, uint16_t port, struct wp_addr *out, struct wp_writer *why)
{
    const struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    struct sockaddr_in a;
    int rc = getaddrinfo(host, NULL, &wanted, &found);

    if (rc != 0) {
        wp_put_text(why, "no tap before ");
        wp_put_text(why, host);
        wp_put_text(why, ": ");
        wp_put_text(why, gai_strerror(rc));
        return false;
    }
    memcpy(&a, found->ai_addr, sizeof a);
    *out = (struct wp_addr){ntohl(a.sin_addr.s_addr), port};
    freeaddrinfo(found);
    return true;
}

static char *copy_text(const char *text)
{
    char *copy = text ? strdup(text) : NULL;

    assert(copy || !text);
    return copy;
}

bool live_relay_open(struct live *w, const struct wp_world_tap *tap, struct wp_addr *ret_listen,
                     struct wp_writer *why)
{
    struct live_relay *relay = calloc(1, sizeof *relay);

    assert(relay);
    *relay = (struct live_relay){.world = w, .next = w->relays, .machine = copy_text(tap->machine)};
    w->relays = relay;
    if (tap->has_line)
        relay->line = w->seat[tap->line];
    if (!tap->broker_host && !w->house.open) {
        wp_put_text(why, "a tap needs a broker: this world has none of its own");
        return false;
    }
    relay->is_own = !tap->broker_host;
    if (relay->is_own)
        relay->broker = w->house.daemon.addr[DAEMON_MQTT];
    else if (!find_host(tap->broker_host, tap->broker_port, &relay->broker, why))
        return false;
    if (!listen_at(relay, tap->listen, why))
        return false;
    *ret_listen = relay->listen;
    return true;
}

/* Their taps must have been closed. */
void live_relays_close(struct live *w)
{
    for (struct live_relay *next, *relay = w->relays; relay; relay = next) {
        next = relay->next;
        if (relay->tcp)
            uv_close((uv_handle_t *)relay->tcp, on_closed);
        free(relay->machine);
        free(relay);
    }
    w->relays = NULL;
}
