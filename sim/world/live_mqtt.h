/* Broker sessions of the live world. For live_mqtt.c (the library), live_session.c (what machines ask of it) and
 * live_pending.c (what it owes them), live_reach.c (where the broker is) and the taps alone. */
#ifndef WP_LIVE_MQTT_H
#define WP_LIVE_MQTT_H

#include "sim/world/live.h"

enum live_session_state {
    LIVE_LOGGING_IN,
    LIVE_LOGGED_IN,
    LIVE_LOGGING_OUT, /* its machine has left it: what is queued is sent, then DISCONNECT */
    LIVE_LOGGED_OUT,  /* until the library is out of its calls */
};

/* What the broker has yet to answer, or the socket yet to take: a publish or a subscription. */
struct live_pending {
    uint16_t mid; /* 0: the library has not said yet */
    bool done, is_publish, answer;
    uint32_t tag;
    size_t bytes;
    char *filter; /* of a subscription; ours */
    size_t n_filter;
};

/* Those that wait, oldest first. */
struct live_ring {
    struct live_pending *at;
    size_t first, n, cap;
};

struct live_session {
    struct live_port port;
    enum live_session_state state;
    struct mosquitto *m;
    struct live_tap *tap; /* NULL: straight to the broker */
    bool is_tls;     /* nobody between the library and the broker can tell its packets apart: no tap for it */
    bool tap_wanted; /* as soon as the library stands between two packets */
    uv_poll_t *poll; /* NULL: not watched */
    int watched;
    unsigned depth; /* library calls under way: it must not be freed within */
    struct live_timer misc;
    wp_us limit;       /* for the login, or for leaving */
    wp_us login_limit; /* from the moment when it reaches for the broker */
    uint16_t keepalive_s;
    struct live_ring to_write;  /* QoS 0: done when the socket has taken it */
    struct live_ring to_answer; /* QoS 1 and 2, and subscriptions: done when the broker answers */
    size_t unsent;
    unsigned published;              /* in the step under way */
    struct live_session *next_burst; /* who publishes in it, too */
    struct live_session *next, **at; /* of the world */
};

/* Address that a machine's sessions come from: nobody else's does, so the plugin knows them. */
#define LIVE_OWN_PREFIX "127.127."

static inline enum wp_door live_session_door(const struct live_session *s)
{
    return wp_door_of(&s->port.seat->setup.endpoints[s->port.endpoint]);
}

/* NULL: no such client id can be. */
struct live_session *live_session_new(struct live_seat *seat, uint16_t endpoint, const char *client_id,
                                      bool clean);
/* false: refused. */
bool live_session_connect(struct live_session *s, uint16_t keepalive_s, wp_us limit);
/* host: an address. from: our own one; NULL: any. */
bool live_session_reach(struct live_session *s, const char *host, uint16_t port, const char *from);
/* Every call of the library, and everything else that may end the session, stands between these two; after the second
 * it may be gone. */
void live_session_enter(struct live_session *s);
void live_session_leave(struct live_session *s);
/* What a step publishes goes out in as few segments as it fits into: from its second message on the session's socket is
 * held, and let go when the step is over. One segment each would wake the broker for each. */
void live_session_hold(struct live_session *s);
/* No further word to or from the broker; the machine hears of it. */
void live_session_end(struct live_session *s, enum wp_close_reason reason, uint8_t code);
/* The machine is out of it; what is queued is still sent. */
void live_session_quit(struct live_session *s);

/* So many bytes more wait for the broker. */
void live_unsent_add(struct live_session *s, size_t bytes);
struct live_pending *live_pending_add(struct live_ring *ring);
struct live_pending *live_pending_find(const struct live_session *s, int mid, bool is_publish);
/* The one added last, if it still waits. */
struct live_pending *live_pending_newest(const struct live_ring *ring);
/* It is answered: the machine hears of it. code: of a subscription. */
void live_pending_end(struct live_session *s, struct live_pending *p, bool ok, uint8_t code);
/* The session is gone: nothing will be answered. */
void live_pending_fail(struct live_session *s);

#endif
