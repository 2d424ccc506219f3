/* Where a session's broker is. Our own is at a port of loopback; the address of an external one is asked for away from
 * the loop, anew at each login, because names move.
 *
 * A name with several addresses has them tried in turn, one at each login: libmosquitto would only ever try the first. */
#include "sim/world/live_mqtt.h"

#include <assert.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    HOST_BYTES = 64,
    VERIFY_NONE = 0,
    VERIFY_PEER = 1,
};

static struct live *world_of(const struct live_session *s)
{
    return s->port.seat->world;
}

static void tell(const struct live_session *s, const char *text)
{
    live_record(s->port.seat,
                (struct wp_record){.kind = WP_REC_NOTE,
                                   .note = {.what = "broker-unresolved", .text = wp_text(text)}});
}

static const struct addrinfo *pick(struct live *w, const struct addrinfo *all)
{
    const struct addrinfo *a = all;
    unsigned n = 0;

    for (const struct addrinfo *i = all; i; i = i->ai_next)
        n++;
    for (n = w->house.n_asked++ % n; n > 0; n--)
        a = a->ai_next;
    return a;
}

static bool reach(struct live_session *s, const struct addrinfo *all)
{
    struct live *w = world_of(s);
    const struct addrinfo *a = pick(w, all);
    char host[HOST_BYTES];

    return getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST) == 0 &&
           live_session_reach(s, host, w->setup.service->broker_port, NULL);
}

/* The session may have ended in the meantime, but it is still there: it was entered when the question was asked. */
static void on_resolved(uv_getaddrinfo_t *question, int status, struct addrinfo *all)
{
    struct live_session *s = question->data;
    struct live *w = world_of(s);

    live_tick(w);
    free(question);
    if (s->state == LIVE_LOGGING_IN) {
        if (status < 0)
            tell(s, uv_strerror(status));
        if (status < 0 || !reach(s, all))
            live_session_end(s, WP_CLOSE_REFUSED, 0);
    }
    uv_freeaddrinfo(all);
    live_session_leave(s);
    live_drain(w);
}

static bool resolve(struct live_session *s)
{
    static const struct addrinfo stream = {.ai_socktype = SOCK_STREAM};
    struct live *w = world_of(s);
    uv_getaddrinfo_t *question = calloc(1, sizeof *question);

    assert(question);
    question->data = s;
    live_session_enter(s);
    if (uv_getaddrinfo(&w->loop, question, on_resolved, w->setup.service->broker_host, NULL, &stream) == 0)
        return true;
    s->depth--; /* the caller is still within */
    free(question);
    return false;
}

/* To our own broker: from a machine's address on our own network, so that its plugin knows whose session it is. */
static bool reach_own(struct live_session *s, size_t listener)
{
    const struct live_daemon *b = &world_of(s)->house.daemon;
    uint32_t ip = b->addr[listener].ip ? b->addr[listener].ip : INADDR_LOOPBACK;
    unsigned number = (unsigned)s->port.seat->index + 1;
    char host[32], from[32];

    snprintf(host, sizeof host, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
    snprintf(from, sizeof from, LIVE_OWN_PREFIX "%u.%u", number >> 8, number & 255);
    return live_session_reach(s, host, b->addr[listener].port, b->setup.silent ? NULL : from);
}

/* By its name, which its certificate is for: the library looks the address up itself, and the loop waits for that. */
static bool reach_by_name(struct live_session *s)
{
    const struct wp_world_service *service = world_of(s)->setup.service;
    const char *trusted = service->broker_ca ? NULL : "/etc/ssl/certs";

    return mosquitto_tls_set(s->m, service->broker_ca, trusted, NULL, NULL, NULL) == MOSQ_ERR_SUCCESS &&
           mosquitto_tls_opts_set(s->m, service->broker_insecure ? VERIFY_NONE : VERIFY_PEER, NULL, NULL) ==
               MOSQ_ERR_SUCCESS &&
           mosquitto_tls_insecure_set(s->m, service->broker_insecure) == MOSQ_ERR_SUCCESS &&
           live_session_reach(s, service->broker_host, service->broker_port, NULL);
}

static bool trust(struct live_session *s, const char *dir)
{
    char ca[DAEMON_PATH_BYTES + 8];

    snprintf(ca, sizeof ca, "%s/ca.pem", dir);
    s->is_tls = true;
    return mosquitto_tls_set(s->m, ca, NULL, NULL, NULL, NULL) == MOSQ_ERR_SUCCESS &&
           mosquitto_tls_opts_set(s->m, VERIFY_PEER, NULL, NULL) == MOSQ_ERR_SUCCESS;
}

static bool reach_door(struct live_session *s)
{
    struct live *w = world_of(s);
    bool is_shut = w->setup.shut & WP_DOOR_BIT(live_session_door(s));

    switch (live_session_door(s)) {
    case WP_DOOR_SECURE: return w->setup.broker_tls && trust(s, w->setup.run_dir) && reach_own(s, DAEMON_TLS);
    case WP_DOOR_VRM:
        return w->vrm.open && trust(s, w->vrm.dir) &&
               live_session_reach(s, "127.0.0.1", w->vrm.daemon.addr[DAEMON_TLS].port, NULL);
    default: return reach_own(s, is_shut ? DAEMON_NOBODY : DAEMON_MQTT);
    }
}

bool live_session_connect(struct live_session *s, uint16_t keepalive_s, wp_us limit)
{
    struct live *w = world_of(s);

    s->keepalive_s = keepalive_s;
    s->login_limit = limit;
    if (w->house.open)
        return reach_door(s);
    s->is_tls = w->setup.service->broker_tls;
    return s->is_tls ? reach_by_name(s) : resolve(s);
}
