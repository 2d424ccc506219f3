/* What machines ask of their broker sessions in the live world: login, subscribe, publish, log out. */
#include "sim/world/live_mqtt.h"
#include "sim/world/live_tap.h"

#include <assert.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    KEEPALIVE_MIN_S = 5, /* the library refuses less */
    LOGIN_LIMIT_MS = 5000,
    LEAVE_LIMIT_MS = 1000,
    NO_ANSWER = 0, /* refused without a CONNACK */
    IDENTIFIER_REJECTED = 2,
};

static struct live_session *session_of(struct live_port *port)
{
    return WP_OWNER(port, struct live_session, port);
}

static void record(const struct live_seat *seat, uint16_t endpoint, wp_port port, struct wp_record r)
{
    r.peer = wp_door_peer(wp_door_of(&seat->setup.endpoints[endpoint]));
    r.port = port;
    live_record(seat, r);
}

/* A copy that ends with 0; NULL when there is no such C string. free() frees it. */
static char *c_string(struct wp_slice s)
{
    char *text;

    if (s.n > 0 && memchr(s.p, 0, s.n))
        return NULL;
    text = malloc(s.n + 1);
    assert(text);
    if (s.n > 0)
        memcpy(text, s.p, s.n);
    text[s.n] = 0;
    return text;
}

/* ---- login ----------------------------------------------------------------------------------------- */

/* The library would not send what a broker has to refuse, so it is refused here, with the code that the broker has. */
static void refuse_login(struct live_seat *seat, uint16_t endpoint, uint8_t code)
{
    const struct wp_event event = {
        .kind = WP_EV_CLOSE, .endpoint = endpoint, .close = {.reason = WP_CLOSE_REFUSED, .code = code}};

    if (code != 0)
        record(seat, endpoint, 0, (struct wp_record){.kind = WP_REC_CONNACK, .connack = {.code = code}});
    record(seat, endpoint, 0,
           (struct wp_record){.kind = WP_REC_CLOSE, .close = {.reason = WP_CLOSE_REFUSED, .code = code}});
    live_post(seat, &event);
}

static bool set_credentials(struct live_session *s, const struct wp_login *login)
{
    char *user = login->user.p ? c_string(login->user) : NULL;
    char *password = login->password.p ? c_string(login->password) : NULL;
    bool good = (user || !login->user.p) && (password || !login->password.p) && (user || !password) &&
                mosquitto_username_pw_set(s->m, user, password) == MOSQ_ERR_SUCCESS;

    free(user);
    free(password);
    return good;
}

static bool set_will(struct live_session *s, const struct wp_login *login)
{
    char *topic = c_string(login->will.topic);
    bool good = topic && mosquitto_will_set(s->m, topic, (int)login->will.payload.n, login->will.payload.p,
                                            login->will.qos, login->will.retain) == MOSQ_ERR_SUCCESS;

    free(topic);
    return good;
}

static uint16_t keepalive_of(const struct live_seat *seat, const struct wp_login *login)
{
    if (login->keepalive_s == 0 || login->keepalive_s >= KEEPALIVE_MIN_S)
        return login->keepalive_s;
    live_note(seat, "keepalive-raised", KEEPALIVE_MIN_S);
    return KEEPALIVE_MIN_S;
}

static struct live_session *new_session(struct live_seat *seat, uint16_t endpoint,
                                        const struct wp_login *login)
{
    char *id = c_string(login->client_id);
    struct live_session *s = NULL;

    if (id)
        s = live_session_new(seat, endpoint, *id ? id : NULL, login->clean);
    free(id);
    return s;
}

void live_login(struct live_seat *seat, uint16_t endpoint, const struct wp_login *login)
{
    struct wp_login shown = *login;
    struct live_session *s;
    uint16_t keepalive_s;

    if (shown.password.p) /* a secret stays out of the transcript */
        shown.password = wp_text("***");
    record(seat, endpoint, 0, (struct wp_record){.kind = WP_REC_LOGIN, .login = &shown});
    s = new_session(seat, endpoint, login);
    if (!s) {
        refuse_login(seat, endpoint, login->client_id.n == 0 ? IDENTIFIER_REJECTED : NO_ANSWER);
        return;
    }
    live_session_enter(s);
    keepalive_s = keepalive_of(seat, login);
    if (!set_credentials(s, login) || (login->has_will && !set_will(s, login)) ||
        !live_session_connect(s, keepalive_s, WP_MS(LOGIN_LIMIT_MS)))
        live_session_end(s, WP_CLOSE_REFUSED, NO_ANSWER);
    if (s->tap && !mosquitto_want_write(s->m))
        live_seen_connect(s->tap, login, keepalive_s);
    live_session_leave(s);
}

void live_log_out(struct live_port *port, bool abort)
{
    struct live_session *s = session_of(port);

    live_session_enter(s);
    if (abort || s->state == LIVE_LOGGING_IN) {
        shutdown(mosquitto_socket(s->m), SHUT_RDWR); /* what was written still arrives, but no DISCONNECT */
        live_session_end(s, WP_CLOSE_OWN, 0);
    } else {
        live_session_quit(s);
        s->limit = port->seat->world->now + WP_MS(LEAVE_LIMIT_MS);
        mosquitto_disconnect(s->m);
    }
    live_session_leave(s);
}

/* As if the cable had been pulled. */
void live_session_break(struct live_port *port)
{
    struct live_session *s = session_of(port);

    if (s->state != LIVE_LOGGED_IN)
        return;
    live_session_enter(s);
    shutdown(mosquitto_socket(s->m), SHUT_RDWR);
    live_session_end(s, WP_CLOSE_RESET, 0);
    live_session_leave(s);
}

void live_session_tap(struct live_port *port)
{
    struct live_session *s = session_of(port);

    live_session_enter(s);
    s->tap_wanted = !s->tap && !s->is_tls;
    live_session_leave(s);
}

/* ---- subscriptions --------------------------------------------------------------------------------- */

void live_subscribe(struct live_port *port, const struct wp_effect *effect)
{
    struct live_session *s = session_of(port);
    struct wp_slice filter = effect->subscribe.filter;
    struct live_pending *p;
    int mid = 0, rc = MOSQ_ERR_INVAL;
    char *text = c_string(filter);

    record(port->seat, port->endpoint, port->id,
           (struct wp_record){.kind = WP_REC_SUBSCRIBE,
                              .subscribe = {.filter = filter, .qos = effect->subscribe.qos}});
    live_session_enter(s);
    if (text)
        rc = mosquitto_subscribe(s->m, &mid, text, effect->subscribe.qos);
    p = live_pending_add(&s->to_answer);
    *p = (struct live_pending){.mid = (uint16_t)mid, .tag = effect->subscribe.tag, .n_filter = filter.n};
    p->filter = malloc(filter.n + 1);
    assert(p->filter);
    if (filter.n > 0)
        memcpy(p->filter, filter.p, filter.n);
    free(text);
    if (rc != MOSQ_ERR_SUCCESS)
        live_pending_end(s, p, true, WP_SUBACK_REFUSED);
    live_session_leave(s);
}

void live_unsubscribe(struct live_port *port, struct wp_slice filter)
{
    struct live_session *s = session_of(port);
    char *text = c_string(filter);

    record(port->seat, port->endpoint, port->id,
           (struct wp_record){.kind = WP_REC_UNSUBSCRIBE, .subscribe = {.filter = filter}});
    live_session_enter(s);
    if (text)
        mosquitto_unsubscribe(s->m, NULL, text);
    free(text);
    live_session_leave(s);
}

/* ---- publish --------------------------------------------------------------------------------------- */

static void cork(const struct live_session *s, int on)
{
    int fd = mosquitto_socket(s->m);

    if (fd >= 0)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on,
                         sizeof on); /* without it all is as well, but slower */
}

void live_session_hold(struct live_session *s)
{
    struct live *w = s->port.seat->world;

    if (++s->published == 1) {
        s->next_burst = w->burst;
        w->burst = s;
    } else if (s->published == 2) {
        cork(s, 1);
    }
}

void live_sessions_let_go(struct live *w)
{
    while (w->burst) {
        struct live_session *s = w->burst;

        w->burst = s->next_burst;
        if (s->published > 1)
            cork(s, 0);
        s->published = 0;
    }
}

/* Whatever the library cannot send is refused here, so that it never queues for a connection to come. */
void live_publish(struct live_port *port, const struct wp_publish *publish)
{
    struct live_session *s = session_of(port);
    char *topic = c_string(publish->topic);
    size_t bytes = publish->topic.n + publish->payload.n + 8;
    struct live_ring *ring = publish->qos > 0 ? &s->to_answer : &s->to_write;
    struct live_pending *p;
    int mid = 0, rc = MOSQ_ERR_INVAL;

    record(port->seat, port->endpoint, port->id,
           (struct wp_record){.kind = WP_REC_PUBLISH,
                              .message = {.topic = publish->topic,
                                          .payload = publish->payload,
                                          .qos = publish->qos,
                                          .retain = publish->retain}});
    live_session_enter(s);
    p = live_pending_add(ring);
    *p = (struct live_pending){.is_publish = true,
                               .answer = publish->qos > 0 || publish->tag != 0,
                               .tag = publish->tag,
                               .bytes = bytes};
    live_unsent_add(s, bytes);
    live_session_hold(s);
    if (topic && publish->payload.n <= INT32_MAX)
        rc = mosquitto_publish(s->m, &mid, topic, (int)publish->payload.n, publish->payload.p, publish->qos,
                               publish->retain);
    p = live_pending_newest(ring); /* unless it is written already */
    if (p && rc != MOSQ_ERR_SUCCESS && p->mid == 0)
        live_pending_end(s, p, false, 0);
    else if (p && p->mid == 0)
        p->mid = (uint16_t)mid;
    free(topic);
    live_session_leave(s);
}
