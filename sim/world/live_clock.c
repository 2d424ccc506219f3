/* Time of the live world: the monotonic clock since the start, and one timerfd for the earliest of all timers. */
#include "sim/world/live.h"

#include <assert.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct live *w = poll->data;
    uint64_t expired;

    (void)status;
    (void)events;
    if (read(w->clock.fd, &expired, sizeof expired) == (ssize_t)sizeof expired)
        w->clock.armed = WP_NEVER; /* the loop comes back to live_clock_fire */
}

void live_clock_open(struct live *w)
{
    struct live_clock *c = &w->clock;
    int rc;

    wp_timers_init(&c->timers);
    c->armed = WP_NEVER;
    c->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    assert(c->fd >= 0);
    live_clock_zero(w);
    rc = uv_poll_init(&w->loop, &c->poll, c->fd);
    assert(rc == 0);
    c->poll.data = w;
    uv_poll_start(&c->poll, UV_READABLE, on_ready);
}

/* uv_close must have been seen through before the descriptor goes. */
void live_clock_close(struct live *w)
{
    if (w->clock.fd >= 0)
        close(w->clock.fd);
    w->clock.fd = -1;
}

void live_clock_zero(struct live *w)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    w->clock.zero_ns = uv_hrtime();
    w->clock.epoch_us = WP_SEC(t.tv_sec) + t.tv_nsec / 1000;
}

wp_us live_now(const struct live *w)
{
    return (wp_us)((uv_hrtime() - w->clock.zero_ns) / 1000);
}

void live_timer_set(struct live *w, struct live_timer *t, wp_us at)
{
    wp_timers_set(&w->clock.timers, &t->timer, at < 0 ? 0 : at);
}

void live_timer_clear(struct live *w, struct live_timer *t)
{
    wp_timers_clear(&w->clock.timers, &t->timer);
}

void live_clock_arm(struct live *w, wp_us until)
{
    struct live_clock *c = &w->clock;
    wp_us at = wp_timers_earliest(&c->timers);
    struct itimerspec spec = {0};
    uint64_t ns;

    if (at > until)
        at = until;
    if (at == c->armed)
        return;
    c->armed = at;
    if (at != WP_NEVER) {
        ns = c->zero_ns + (uint64_t)at * 1000;
        spec.it_value.tv_sec = (time_t)(ns / 1000000000);
        spec.it_value.tv_nsec = (long)(ns % 1000000000);
    }
    timerfd_settime(c->fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

void live_clock_fire(struct live *w, wp_us until)
{
    struct live_clock *c = &w->clock;
    wp_us now = live_now(w);
    struct wp_timer *timer;

    while (!w->stopped && (timer = wp_timers_pop(&c->timers, now < until ? now : until))) {
        struct live_timer *t = WP_OWNER(timer, struct live_timer, timer);

        if (now - timer->at > c->late)
            c->late = now - timer->at;
        t->fire(w, t);
    }
}
