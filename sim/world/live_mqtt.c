/* Broker sessions of the live world: libmosquitto on the loop.
 *
 *     LOGGING_IN --CONNACK 0--> LOGGED_IN --hang up--> LOGGING_OUT --DISCONNECT sent--> LOGGED_OUT --> freed
 *     LOGGING_IN --CONNACK not 0, refused, time over--> LOGGED_OUT
 *     LOGGED_IN --connection lost, abort--> LOGGED_OUT
 *
 * Every login has a client object of its own: nothing of an earlier session is sent again, and logging in again is the
 * machine's business. The library's calls are bracketed by live_session_enter and leave, because its callbacks step machines and
 * those may end the very session: it is destroyed when no call is under way. Within its callbacks the library only
 * queues; `leave` watches for the moment when it can write. */
#include "sim/world/live_mqtt.h"
#include "sim/world/live_tap.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    PACKETS_AT_ONCE = 64, /* read from one session before others have their turn */
    SEND_MAXIMUM = 1024,  /* QoS > 0 in flight; the library searches them all at each publish */
    MISC_MS = 500,
};

static struct live *world_of(const struct live_session *s)
{
    return s->port.seat->world;
}

static void record(const struct live_session *s, struct wp_record r)
{
    r.peer = wp_door_peer(live_session_door(s));
    r.port = s->port.id;
    live_record(s->port.seat, r);
}

/* ---- the end --------------------------------------------------------------------------------------- */

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

/* Before the descriptor's number can come back as another's. */
static void unwatch(struct live_session *s)
{
    if (!s->poll)
        return;
    uv_poll_stop(s->poll);
    s->poll->data = NULL;
    uv_close((uv_handle_t *)s->poll, on_poll_closed);
    s->poll = NULL;
    s->watched = 0;
}

static void destroy(struct live_session *s)
{
    live_sessions_let_go(world_of(s));
    unwatch(s);
    live_tap_forget(s->tap);
    live_timer_clear(world_of(s), &s->misc);
    mosquitto_destroy(s->m);
    *s->at = s->next;
    if (s->next)
        s->next->at = s->at;
    free(s->to_write.at);
    free(s->to_answer.at);
    free(s);
}

static void post_close(struct live_session *s, enum wp_close_reason reason, uint8_t code)
{
    const struct wp_event event = {.kind = WP_EV_CLOSE,
                                   .endpoint = s->port.endpoint,
                                   .port = s->port.id,
                                   .close = {.reason = reason, .code = code}};

    live_pending_fail(s);
    record(s, (struct wp_record){.kind = WP_REC_CLOSE, .close = {.reason = reason, .code = code}});
    live_post(s->port.seat, &event);
    live_port_close(&s->port);
}

void live_session_quit(struct live_session *s)
{
    post_close(s, WP_CLOSE_OWN, 0);
    s->state = LIVE_LOGGING_OUT;
}

void live_session_end(struct live_session *s, enum wp_close_reason reason, uint8_t code)
{
    if (s->state == LIVE_LOGGED_OUT)
        return;
    unwatch(s);
    if (s->state != LIVE_LOGGING_OUT)
        post_close(s, reason, code);
    s->state = LIVE_LOGGED_OUT;
}

static void lose(struct live_session *s, int rc)
{
    if (rc == MOSQ_ERR_KEEPALIVE)
        live_session_end(s, WP_CLOSE_TIMEOUT, 0);
    else
        live_session_end(s, s->state == LIVE_LOGGING_IN ? WP_CLOSE_REFUSED : WP_CLOSE_RESET, 0);
}

/* ---- in and out of the library --------------------------------------------------------------------- */

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct live_session *s)
{
    int wanted = UV_READABLE | (mosquitto_want_write(s->m) ? UV_WRITABLE : 0);

    if (wanted == s->watched || !s->poll)
        return;
    s->watched = wanted;
    uv_poll_start(s->poll, wanted, on_poll);
}

static void attach_poll(struct live_session *s)
{
    int rc;

    s->poll = calloc(1, sizeof *s->poll);
    assert(s->poll);
    rc = uv_poll_init(&world_of(s)->loop, s->poll, mosquitto_socket(s->m));
    assert(rc == 0);
    s->poll->data = s;
}

static void insert_tap(struct live_session *s)
{
    unwatch(s);
    s->tap_wanted = false;
    s->tap = live_tap_new(s);
    if (!s->tap)
        live_fail(world_of(s), "no tap for a broker session", strerror(errno));
    attach_poll(s);
}

void live_session_enter(struct live_session *s)
{
    s->depth++;
}

/* The session may be gone afterwards. */
void live_session_leave(struct live_session *s)
{
    s->depth--;
    if (s->tap_wanted && s->poll && !mosquitto_want_write(s->m))
        insert_tap(s);
    if (s->state != LIVE_LOGGED_OUT)
        watch(s);
    else if (s->depth == 0)
        destroy(s);
}

/* ---- the library's callbacks ----------------------------------------------------------------------- */

static void on_connect(struct mosquitto *m, void *ctx, int code, int flags)
{
    struct live_session *s = ctx;
    struct wp_event event = {.kind = WP_EV_OPEN, .endpoint = s->port.endpoint};

    (void)m;
    if (s->state != LIVE_LOGGING_IN)
        return;
    if (code != 0) {
        record(s, (struct wp_record){.kind = WP_REC_CONNACK, .connack = {.code = (uint8_t)code}});
        live_session_end(s, WP_CLOSE_REFUSED, (uint8_t)code);
        return;
    }
    s->state = LIVE_LOGGED_IN;
    s->limit = WP_NEVER;
    live_port_open(&s->port);
    if (s->tap)
        live_tap_name(s->tap, s->port.id);
    event.port = s->port.id;
    event.open.session_present = flags & 1;
    event.open.peer = (struct wp_addr){INADDR_LOOPBACK, 1883}; /* as the scenario knows it */
    event.open.own.ip = s->port.seat->setup.ip;
    record(s, (struct wp_record){.kind = WP_REC_CONNACK, .connack = {.session_present = flags & 1}});
    live_post(s->port.seat, &event);
}

static void on_disconnect(struct mosquitto *m, void *ctx, int rc)
{
    (void)m;
    lose(ctx, rc);
}

static void on_message(struct mosquitto *m, void *ctx, const struct mosquitto_message *message)
{
    struct live_session *s = ctx;
    struct wp_event event = {.kind = WP_EV_MESSAGE, .endpoint = s->port.endpoint, .port = s->port.id};

    (void)m;
    if (s->state != LIVE_LOGGED_IN)
        return;
    event.message.topic = wp_text(message->topic);
    event.message.payload = wp_slice(message->payload, (size_t)message->payloadlen);
    event.message.qos = (uint8_t)message->qos;
    event.message.retain = message->retain;
    live_house_hear(world_of(s)); /* what it delivers it has told of before, perhaps since we last heard */
    live_drain(world_of(s));
    if (s->state != LIVE_LOGGED_IN)
        return;
    live_tick(world_of(s));
    record(s, (struct wp_record){.kind = WP_REC_DELIVER,
                                 .message = {.topic = event.message.topic,
                                             .payload = event.message.payload,
                                             .qos = event.message.qos,
                                             .retain = event.message.retain}});
    live_step(s->port.seat, &event);
}

static void on_publish(struct mosquitto *m, void *ctx, int mid)
{
    struct live_session *s = ctx;
    struct live_pending *p = live_pending_find(s, mid, true);

    (void)m;
    if (p)
        live_pending_end(s, p, true, 0);
}

static void on_subscribe(struct mosquitto *m, void *ctx, int mid, int n, const int *granted)
{
    struct live_session *s = ctx;
    struct live_pending *p = live_pending_find(s, mid, false);

    (void)m;
    if (p && n > 0)
        live_pending_end(s, p, true, (uint8_t)granted[0]);
}

/* ---- the loop's callbacks -------------------------------------------------------------------------- */

/* A connect that was refused shows as a socket without peer. */
static bool has_peer(struct live_session *s)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;

    return getpeername(mosquitto_socket(s->m), (struct sockaddr *)&a, &n) == 0;
}

/* One packet after the other, until the socket is empty. What TLS has read ahead no poll would tell of, so there all of
 * it is read at once. */
static int read_packets(struct live_session *s)
{
    int rc = MOSQ_ERR_SUCCESS;

    for (int i = 0; (i < PACKETS_AT_ONCE || (s->is_tls && s->state == LIVE_LOGGED_IN)) &&
                    rc == MOSQ_ERR_SUCCESS && s->poll;
         i++) {
        errno = 0;
        rc = mosquitto_loop_read(s->m, 1);
        if (errno == EAGAIN)
            break;
        live_drain(world_of(s));
    }
    return rc;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct live_session *s = poll->data;
    struct live *w;
    int rc;

    if (!s)
        return;
    w = world_of(s);
    live_tick(w);
    live_house_hear(w);
    live_session_enter(s);
    if (s->state == LIVE_LOGGING_IN && !has_peer(s))
        rc = MOSQ_ERR_CONN_REFUSED;
    else
        rc = status < 0 ? mosquitto_loop_read(s->m, 1) : read_packets(s);
    if (rc == MOSQ_ERR_SUCCESS && s->poll && ((events & UV_WRITABLE) || mosquitto_want_write(s->m)))
        rc = mosquitto_loop_write(s->m, 1);
    if ((rc != MOSQ_ERR_SUCCESS || status < 0) && s->poll)
        lose(s, rc); /* not every failure calls on_disconnect */
    live_session_leave(s);
    live_drain(w);
}

static void on_misc(struct live *w, struct live_timer *t)
{
    struct live_session *s = WP_OWNER(t, struct live_session, misc);
    int rc;

    live_tick(w);
    live_timer_set(w, t, w->now + WP_MS(MISC_MS));
    live_session_enter(s);
    rc = w->now < s->limit ? mosquitto_loop_misc(s->m) : MOSQ_ERR_KEEPALIVE;
    if (rc != MOSQ_ERR_SUCCESS)
        lose(s, rc);
    live_session_leave(s);
    live_drain(w);
}

/* ---- the beginning --------------------------------------------------------------------------------- */

struct live_session *live_session_new(struct live_seat *seat, uint16_t endpoint, const char *client_id,
                                      bool clean)
{
    struct live *w = seat->world;
    struct live_session *s = calloc(1, sizeof *s);

    assert(s);
    s->m = mosquitto_new(client_id, clean, s);
    if (!s->m) {
        free(s);
        return NULL;
    }
    s->port = (struct live_port){.kind = LIVE_SESSION, .seat = seat, .endpoint = endpoint};
    s->next = w->sessions;
    s->at = &w->sessions;
    if (s->next)
        s->next->at = &s->next;
    w->sessions = s;
    live_port_attach(&s->port);
    mosquitto_connect_with_flags_callback_set(s->m, on_connect);
    mosquitto_disconnect_callback_set(s->m, on_disconnect);
    mosquitto_message_callback_set(s->m, on_message);
    mosquitto_publish_callback_set(s->m, on_publish);
    mosquitto_subscribe_callback_set(s->m, on_subscribe);
    mosquitto_int_option(s->m, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_int_option(s->m, MOSQ_OPT_SEND_MAXIMUM, SEND_MAXIMUM);
    mosquitto_int_option(s->m, MOSQ_OPT_RECEIVE_MAXIMUM, 0); /* as many as MQTT can number */
    s->misc.fire = on_misc;
    return s;
}

bool live_session_reach(struct live_session *s, const char *host, uint16_t port, const char *from)
{
    struct live *w = world_of(s);
    int rc = mosquitto_connect_bind_async(s->m, host, port, s->keepalive_s, from);
    int fd = mosquitto_socket(s->m);

    if (rc != MOSQ_ERR_SUCCESS || fd < 0)
        return false;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    attach_poll(s);
    s->tap_wanted = (s->port.seat->link != NULL || w->setup.wires) && !s->is_tls;
    if (s->tap_wanted)
        insert_tap(s);
    s->limit = w->now + s->login_limit;
    live_timer_set(w, &s->misc, w->now + WP_MS(MISC_MS));
    return true;
}

bool live_mqtt_is_leaving(const struct live *w)
{
    for (const struct live_tap *tap = w->taps; tap; tap = tap->next)
        if (!tap->stranger)
            return true;
    return false;
}

void live_mqtt_close(struct live *w)
{
    struct live_session *next;

    for (struct live_session *s = w->sessions; s; s = next) {
        next = s->next;
        live_session_enter(s);
        live_session_end(s, WP_CLOSE_OWN, 0);
        live_session_leave(s);
    }
    live_taps_close(w);
    live_relays_close(w);
}
