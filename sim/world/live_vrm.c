/* The VRM portal of a live world: a second mosquitto that speaks TLS alone, in a folder of its own. The first one's
 * bridge (live_daemon.h) dials it.
 *
 * It is heard through its clients, which are the world's own, so its plugin decides and reports nothing. */
#include "sim/world/live.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READY_LIMIT_MS = 10000, STOP_LIMIT_MS = 2000 };

static void came_to_an_end(struct live *w)
{
    struct live_vrm *vrm = &w->vrm;
    char text[LIVE_ERROR_BYTES];
    struct wp_writer t = wp_writer(text, sizeof text);

    live_unwatch(&vrm->log);
    if (vrm->down_until != WP_NEVER) {
        live_timer_set(w, &vrm->back, vrm->down_until);
        return;
    }
    daemon_tell(&vrm->daemon, &t);
    live_fail(w, "the VRM portal's broker has ended by itself", wp_put_end(&t));
}

static void on_log(uv_poll_t *poll, int status, int events)
{
    struct live *w = poll->data;
    bool alive = daemon_read(&w->vrm.daemon);

    (void)status;
    (void)events;
    live_tick(w);
    if (!alive)
        came_to_an_end(w);
    else if (w->vrm.daemon.dropping)
        live_fail(w, "the VRM portal's broker drops messages",
                  "so what a client misses is not the gateway's doing");
}

static void on_back(struct live *w, struct live_timer *t)
{
    char text[LIVE_ERROR_BYTES];
    struct wp_writer why = wp_writer(text, sizeof text);

    (void)t;
    w->vrm.down_until = WP_NEVER;
    if (daemon_spawn(&w->vrm.daemon, &why))
        w->vrm.log = live_watch(w, w->vrm.daemon.log, on_log);
    else
        live_fail(w, "the VRM portal's broker cannot come back", wp_put_end(&why));
}

bool live_vrm_open(struct live *w, struct wp_writer *why)
{
    const struct wp_world_setup *s = &w->setup;
    struct live_vrm *vrm = &w->vrm;
    struct daemon_setup daemon = {.binary = s->broker,
                                  .dir = vrm->dir,
                                  .plugin = s->plugin,
                                  .silent = true,
                                  .shut = 1u << DAEMON_MQTT | 1u << DAEMON_WEBSOCKET,
                                  .log_subscriptions = true,
                                  .tls = true};

    if (!s->vrm)
        return true;
    snprintf(vrm->dir, sizeof vrm->dir, "%s/vrm", s->run_dir);
    snprintf(vrm->ca, sizeof vrm->ca, "%s/ca.pem", vrm->dir);
    if (mkdir(vrm->dir, 0700) < 0) {
        wp_put_text(why, "cannot make a folder for the VRM portal's broker");
        return false;
    }
    daemon.access = s->vrm->access;
    vrm->back.fire = on_back;
    vrm->down_until = WP_NEVER;
    vrm->open = true;
    return daemon_open(&vrm->daemon, &daemon, why);
}

bool live_vrm_start(struct live *w)
{
    char text[LIVE_ERROR_BYTES];
    struct wp_writer why = wp_writer(text, sizeof text);

    if (!w->vrm.open)
        return true;
    if (!daemon_spawn(&w->vrm.daemon, &why) ||
        !daemon_wait_ready(&w->vrm.daemon, WP_MS(READY_LIMIT_MS), &why)) {
        live_fail(w, "no broker of the VRM portal", wp_put_end(&why));
        return false;
    }
    return true;
}

/* Scenarios begin with the bridge in place: its last subscription stands in the portal's log. */
bool live_vrm_await_bridge(struct live *w)
{
    char text[LIVE_ERROR_BYTES], filter[DAEMON_LINE_BYTES];
    struct wp_writer why = wp_writer(text, sizeof text);
    const struct wp_world_vrm *vrm = w->setup.vrm;

    if (!w->vrm.open)
        return true;
    if (vrm->forward != WP_FORWARD_OFF) {
        snprintf(filter, sizeof filter, " %c/%s/#", vrm->forward == WP_FORWARD_FULL ? 'W' : 'R', vrm->portal);
        if (!daemon_wait_said(&w->vrm.daemon, filter, WP_MS(READY_LIMIT_MS), &why)) {
            live_fail(w, "the bridge does not reach the VRM portal's broker", wp_put_end(&why));
            return false;
        }
    }
    w->vrm.log = live_watch(w, w->vrm.daemon.log, on_log);
    return true;
}

void live_vrm_restart(struct live *w, bool orderly, wp_us down)
{
    struct live_vrm *vrm = &w->vrm;

    if (!vrm->open)
        return;
    vrm->down_until = live_now(w) + down;
    if (vrm->daemon.pid > 0)
        daemon_signal(&vrm->daemon, orderly ? SIGTERM : SIGKILL);
    else
        live_timer_set(w, &vrm->back, vrm->down_until);
}

/* The watch first: its descriptor goes with the daemon. */
void live_vrm_close(struct live *w)
{
    if (!w->vrm.open)
        return;
    live_unwatch(&w->vrm.log);
    daemon_stop(&w->vrm.daemon, WP_MS(STOP_LIMIT_MS));
    daemon_close(&w->vrm.daemon);
    rmdir(w->vrm.dir);
    w->vrm.open = false;
}
