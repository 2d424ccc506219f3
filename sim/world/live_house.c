/* The broker of a live world: started before the machines, restarted by a fault, and heard through the access plugin.
 *
 * What the world's own clients publish is recorded when they do it. What others publish, and every will, is known to
 * the broker alone: the plugin tells it (access_report.h), before the broker hands the message on, and we look there before
 * we look at anything from the broker; so a publish stands in the transcript before its deliveries. */
#include "sim/world/live_mqtt.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { READY_LIMIT_MS = 10000, STOP_LIMIT_MS = 2000 };

/* ---- what it reports ------------------------------------------------------------------------------- */

/* The machine whose sessions come from this address; NULL: not one of ours. */
static const struct live_seat *own_seat(const struct live *w, struct wp_slice address)
{
    const size_t prefix = sizeof LIVE_OWN_PREFIX - 1;
    struct wp_addr a;
    size_t number;

    if (address.n <= prefix || memcmp(address.p, LIVE_OWN_PREFIX, prefix) != 0 || !wp_addr_read(address, &a))
        return NULL;
    number = a.ip & 0xFFFF;
    return number >= 1 && number <= w->n_seats ? w->seat[number - 1] : NULL;
}

/* Whose session it is: one of ours by its address, or some client's. */
static const char *party(struct live *w, const struct report *r)
{
    const struct live_seat *seat = own_seat(w, r->address);

    return seat ? seat->setup.name : live_name_client(w, r->client, NULL);
}

static void tell_publish(struct live *w, const struct report *r)
{
    live_write(w, &(struct wp_record){.kind = WP_REC_PUBLISH,
                                      .machine = party(w, r),
                                      .peer = "broker",
                                      .message = {.topic = r->topic,
                                                  .payload = r->payload,
                                                  .qos = r->qos,
                                                  .retain = r->retain,
                                                  .will = r->kind == REPORT_WILL}});
}

/* "ID from 127.0.0.1: WORD"; what the world's own clients are told stands in their own records. */
static void tell_note(struct live *w, const struct report *r, const char *what)
{
    char text[512];
    struct wp_writer t = wp_writer(text, sizeof text);

    if (own_seat(w, r->address))
        return;
    wp_put_slice(&t, r->client);
    wp_put_text(&t, " from ");
    wp_put_slice(&t, r->address);
    if (r->topic.n > 0) {
        wp_put_text(&t, ": ");
        wp_put_slice(&t, r->topic);
    }
    live_write(w, &(struct wp_record){.kind = WP_REC_NOTE,
                                      .machine = "broker",
                                      .note = {.what = what, .text = wp_written(&t)}});
}

static void tell(struct live *w, const struct report *r)
{
    switch (r->kind) {
    case REPORT_PUBLISH:
    case REPORT_WILL: tell_publish(w, r); break;
    case REPORT_LOGIN: tell_note(w, r, "client-login"); break;
    case REPORT_LOGIN_DENIED: tell_note(w, r, "client-login-denied"); break;
    case REPORT_PUBLISH_DENIED: tell_note(w, r, "client-publish-denied"); break;
    case REPORT_SUBSCRIBE_DENIED: tell_note(w, r, "client-subscribe-denied"); break;
    case REPORT_GONE: tell_note(w, r, "client-gone"); break;
    }
}

void live_house_hear(struct live *w)
{
    struct report_ring *ring = w->house.daemon.ring;
    struct report report;

    live_bus_hear(w); /* who publishes may have been told to by the bus */
    if (!ring)
        return;
    while (report_get(ring, &report)) {
        tell(w, &report);
        report_done(ring);
    }
    if (atomic_load(&ring->dropped) > 0)
        live_fail(w, "the broker had more to report than there was room for",
                  "records of other clients are missing");
}

/* The loop is about to wait: nothing may be left to hear. */
void live_house_rest(struct live *w)
{
    struct report_ring *ring = w->house.daemon.ring;

    while (ring && !report_sleep(ring))
        live_house_hear(w);
}

void live_house_rise(struct live *w)
{
    if (w->house.daemon.ring)
        report_awake(w->house.daemon.ring);
}

/* ---- watching it ----------------------------------------------------------------------------------- */

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

void live_unwatch(uv_poll_t **poll)
{
    if (*poll)
        uv_close((uv_handle_t *)*poll, on_poll_closed);
    *poll = NULL;
}

uv_poll_t *live_watch(struct live *w, int fd, uv_poll_cb call)
{
    uv_poll_t *poll = calloc(1, sizeof *poll);
    int rc;

    assert(poll);
    rc = uv_poll_init(&w->loop, poll, fd);
    assert(rc == 0);
    poll->data = w;
    uv_poll_start(poll, UV_READABLE, call);
    return poll;
}

static void on_bell(uv_poll_t *poll, int status, int events)
{
    struct live *w = poll->data;
    uint64_t rung;

    (void)status;
    (void)events;
    if (read(w->house.daemon.bell, &rung, sizeof rung) < 0)
        return;
    live_tick(w);
    live_house_hear(w);
}

static void note_of_broker(struct live *w, const char *what, struct wp_slice text)
{
    live_write(w, &(struct wp_record){
                      .kind = WP_REC_NOTE, .machine = "broker", .note = {.what = what, .text = text}});
}

/* A service does without its broker for a while. */
static void come_back_later(struct live *w, struct wp_slice why)
{
    note_of_broker(w, "broker-ended", why);
    w->house.down_until = live_now(w) + w->setup.service->broker_back;
    live_timer_set(w, &w->house.back, w->house.down_until);
}

static void came_to_an_end(struct live *w)
{
    struct live_house *house = &w->house;
    char text[LIVE_ERROR_BYTES];
    struct wp_writer t = wp_writer(text, sizeof text);

    live_unwatch(&house->log);
    live_house_hear(w);
    if (house->down_until != WP_NEVER) {
        live_timer_set(w, &house->back, house->down_until);
        return;
    }
    daemon_tell(&house->daemon, &t);
    if (w->setup.service)
        come_back_later(w, wp_written(&t));
    else
        live_fail(w, "the broker has ended by itself", wp_put_end(&t));
}

/* The lines of its log that nobody has been told yet; of a flood the last ones. */
static void tell_log(struct live *w)
{
    const struct live_daemon *b = &w->house.daemon;

    if (b->n_lines - w->house.n_told >= DAEMON_LINES)
        w->house.n_told = b->n_lines - (DAEMON_LINES - 1);
    for (; w->house.n_told < b->n_lines; w->house.n_told++) {
        const char *line = b->line[w->house.n_told % DAEMON_LINES];

        note_of_broker(w, strstr(line, "dropped") ? "broker-drops" : "says", wp_text(line));
    }
}

static void on_log(uv_poll_t *poll, int status, int events)
{
    struct live *w = poll->data;
    bool alive = daemon_read(&w->house.daemon);

    (void)status;
    (void)events;
    live_tick(w);
    if (w->setup.service)
        tell_log(w);
    if (!alive)
        came_to_an_end(w);
    else if (w->house.daemon.dropping && !w->setup.service)
        live_fail(w, "the broker drops messages", "so what a client misses is not the gateway's doing");
}

/* ---- start, restart, end --------------------------------------------------------------------------- */

static void on_back(struct live *w, struct live_timer *t)
{
    struct live_house *house = &w->house;
    char text[LIVE_ERROR_BYTES];
    struct wp_writer why = wp_writer(text, sizeof text);

    (void)t;
    house->down_until = WP_NEVER;
    if (daemon_spawn(&house->daemon, &why))
        house->log = live_watch(w, house->daemon.log, on_log);
    else if (w->setup.service)
        come_back_later(w, wp_written(&why));
    else
        live_fail(w, "the broker cannot come back", wp_put_end(&why));
}

/* Where nobody may come from outside, inside is open all the same. */
static unsigned shut_listeners(unsigned doors)
{
    return (doors & WP_DOOR_BIT(WP_DOOR_PLAIN) ? 1u << DAEMON_WEBSOCKET : 0) |
           (doors & WP_DOOR_BIT(WP_DOOR_SECURE) ? 1u << DAEMON_TLS : 0);
}

/* NULL: there is no bridge. */
static const struct daemon_bridge *bridge_of(const struct live *w, struct daemon_bridge *out)
{
    const struct wp_world_vrm *vrm = w->setup.vrm;

    if (!vrm || vrm->forward == WP_FORWARD_OFF)
        return NULL;
    *out = (struct daemon_bridge){.to = w->vrm.daemon.addr[DAEMON_TLS],
                                  .ca = w->vrm.ca,
                                  .portal = vrm->portal,
                                  .user = vrm->user,
                                  .password = vrm->password,
                                  .read_only = vrm->forward == WP_FORWARD_READ_ONLY};
    return out;
}

bool live_house_open(struct live *w, struct wp_writer *why)
{
    const struct wp_world_setup *s = &w->setup;
    const struct wp_world_service *service = s->service;
    struct daemon_bridge bridge;
    const struct daemon_setup daemon = {.binary = s->broker,
                                        .dir = s->run_dir,
                                        .plugin = s->plugin,
                                        .silent = service != NULL,
                                        .own = LIVE_OWN_PREFIX,
                                        .access = s->access,
                                        .sys_interval = s->sys_interval,
                                        .queue = service ? service->broker_queue : 0,
                                        .listen = {s->broker_listen, s->websocket_listen},
                                        .everywhere = service != NULL,
                                        .shut = shut_listeners(s->shut),
                                        .bridge = bridge_of(w, &bridge),
                                        .tls = s->broker_tls};

    if (service && (service->broker_host || service->broker_none))
        return true;
    w->house.back.fire = on_back;
    w->house.down_until = WP_NEVER;
    w->house.open = true;
    return daemon_open(&w->house.daemon, &daemon, why);
}

bool live_house_start(struct live *w)
{
    struct live_house *house = &w->house;
    char text[LIVE_ERROR_BYTES];
    struct wp_writer why = wp_writer(text, sizeof text);

    if (!house->open)
        return true;
    if (!daemon_spawn(&house->daemon, &why) ||
        !daemon_wait_ready(&house->daemon, WP_MS(READY_LIMIT_MS), &why)) {
        live_fail(w, "no broker", wp_put_end(&why));
        return false;
    }
    house->log = live_watch(w, house->daemon.log, on_log);
    if (house->daemon.ring)
        house->bell = live_watch(w, house->daemon.bell, on_bell);
    return true;
}

void live_house_restart(struct live *w, bool orderly, wp_us down)
{
    struct live_house *house = &w->house;

    if (!house->open) /* it is somebody else's */
        return;
    house->down_until = live_now(w) + down;
    if (house->daemon.pid > 0)
        daemon_signal(&house->daemon, orderly ? SIGTERM : SIGKILL);
    else
        live_timer_set(w, &house->back, house->down_until);
}

/* The watches first: their descriptors go with the daemon. */
void live_house_close(struct live *w)
{
    if (!w->house.open)
        return;
    live_unwatch(&w->house.log);
    live_unwatch(&w->house.bell);
    daemon_stop(&w->house.daemon, WP_MS(STOP_LIMIT_MS));
    daemon_close(&w->house.daemon);
    w->house.open = false;
}
