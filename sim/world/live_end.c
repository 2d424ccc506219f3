/* How a live world comes to its end: a goodbye from every machine, and time for what is under way to arrive. */
#include "sim/world/live.h"

/* So long nothing happens, and so long it takes at most. */
enum { QUIET_MS = 30, SETTLE_LIMIT_MS = 1000 };

static bool has_unsent(const struct live *w)
{
    for (size_t i = 0; i < w->n_seats; i++)
        if (w->seat[i]->unsent > 0)
            return true;
    return false;
}

/* Until nothing has happened for a while: then what was under way is there. */
static void settle(struct live *w)
{
    wp_us limit = live_now(w) + WP_MS(SETTLE_LIMIT_MS), quiet = live_now(w) + WP_MS(QUIET_MS);
    uint64_t seen = w->n_records;

    while (live_now(w) < limit && (live_now(w) < quiet || has_unsent(w))) {
        w->stopped = false;
        live_turn(w, limit < quiet ? limit : quiet);
        if (w->n_records != seen)
            quiet = live_now(w) + WP_MS(QUIET_MS);
        seen = w->n_records;
    }
}

/* A capture has the last DISCONNECT, too. */
static void say_goodbye(struct live *w)
{
    wp_us limit = live_now(w) + WP_MS(SETTLE_LIMIT_MS);

    while (w->setup.wires && live_mqtt_is_leaving(w) && live_now(w) < limit) {
        w->stopped = false;
        live_turn(w, limit);
    }
}

void live_end(struct wp_world *world)
{
    const struct wp_event bye = {.kind = WP_EV_STOP};
    struct live *w = WP_OWNER(world, struct live, base);

    if (w->ended || !w->started)
        return;
    for (size_t i = w->n_seats; i-- > 0;)
        live_step(w->seat[i], &bye);
    settle(w);
    live_tick(w);
    for (size_t i = 0; i < w->n_seats; i++)
        live_seat_end(w->seat[i], true);
    say_goodbye(w);
    w->ended = true;
}
