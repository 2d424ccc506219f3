/* Keep-alive: everything is told once, then what changes, for 60 s.
 *
 *     keep-alive --not suppressed, fewer than 3 within the last second--> the mirror of each service, then the marker
 *                --always--> alive for 60 s from now, the first heartbeat if none is due
 *     heartbeat  --alive--> the next one in 3 s
 *                --not alive--> none: the chain ends, without a word
 *
 * A keep-alive never moves a chain that is there, so one keep-alive has 20 heartbeats, at 0, 3 ... 57 s. All of it is
 * one for all clients. A full publish more than the limit allows is dropped for good; its keep-alive counts.
 * source: api/venus.md "Keep-alive"; protocols/victron-dbus-and-vrm b.5 to b.7, D6 */
#include "sim/gateway/north_venus_impl.h"

/* ---- full publishes --------------------------------------------------------------------------------- */

/* Have there been fewer than NORTH_VENUS_FULL_MAX in the last second? Then this is one of them. */
static bool count_full(struct north_venus *no)
{
    wp_us *oldest = &no->full_at[no->full_oldest];

    if (no->now - *oldest < NORTH_VENUS_FULL_WINDOW)
        return false;
    *oldest = no->now;
    no->full_oldest = (no->full_oldest + 1) % NORTH_VENUS_FULL_MAX;
    return true;
}

/* The south tells each mirror within its command, so the marker comes behind all of them. */
static void publish_all(struct north_venus *no, const struct venus_keepalive *asked)
{
    for (uint32_t i = 0; i < no->n_places; i++)
        if (no->service[i].n_name > 0)
            north_venus_command(no, &no->service[i], WP_EXECUTE, wp_text(WP_MIRROR), wp_null());
    north_venus_publish_completed(no, asked->has_echo ? &asked->echo : NULL);
}

/* ---- heartbeats ------------------------------------------------------------------------------------- */

void north_venus_beat(struct north_venus *no)
{
    if (!north_venus_is_alive(no)) {
        no->next_heartbeat = WP_NEVER;
        return;
    }
    north_venus_publish_heartbeat(no);
    no->next_heartbeat += NORTH_VENUS_HEARTBEAT;
    if (no->next_heartbeat <= no->now) /* the process slept */
        no->next_heartbeat = no->now + NORTH_VENUS_HEARTBEAT;
}

void north_venus_keep_alive(struct north_venus *no, struct wp_slice payload)
{
    struct venus_keepalive asked;

    venus_keepalive_read(payload, &no->room, &asked);
    if (!asked.suppress) {
        if (count_full(no))
            publish_all(no, &asked);
        else
            wp_note(no->out, "full-publish-dropped", wp_text("3 within a second are the most"),
                    (int64_t)++no->n_full_dropped);
    }
    no->alive_until = no->now + NORTH_VENUS_ALIVE;
    if (no->next_heartbeat == WP_NEVER) {
        no->next_heartbeat = no->now;
        north_venus_beat(no);
    }
}
