/* Meters that are online: they come, move from one connection to another, and go.
 *
 *     unknown --a claim--> ONLINE                                       presence: online
 *     ONLINE --a claim elsewhere--> ONLINE there; its TCP connection is closed      another address: offline, online
 *     ONLINE --its connection ends, UDP: udp_timeout--> unknown         presence: offline
 *     ONLINE --another south has it--> unknown, no presence */
#include "sim/gateway/south_dlms_impl.h"

void south_dlms_tell_presence(struct dlms_south *so, const struct dlms_meter *m, bool online)
{
    const struct wp_presence presence = {.device = dlms_name(m),
                                         .protocol = south_dlms_class.name,
                                         .online = online,
                                         .ip = m->session->ip,
                                         .at = so->now};
    const struct wp_effect e = {.kind = WP_PRESENCE, .presence = &presence};

    so->out->emit(so->out, &e);
}

static void unlink_meter(struct dlms_south *so, struct dlms_meter *m)
{
    struct dlms_meter **at = &m->session->meters;

    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    m->next = NULL;
    wp_timers_clear(&so->silence, &m->timer);
    so->n_udp_meters -= m->session->is_udp;
}

void south_dlms_forget_meter(struct dlms_south *so, struct dlms_meter *m)
{
    wp_map_remove(&so->by_name, dlms_name(m));
    unlink_meter(so, m);
    wp_pool_return(&so->meters, m);
}

static void link_meter(struct dlms_south *so, struct dlms_session *s, struct dlms_meter *m)
{
    struct dlms_meter **at = &s->meters;

    while (*at)
        at = &(*at)->next;
    *at = m;
    m->session = s;
    m->heard = so->now;
    so->n_udp_meters += s->is_udp;
    if (s->is_udp)
        wp_timers_set(&so->silence, &m->timer, so->now + so->udp_timeout);
}

/* The newest connection wins. From the same address nobody need hear of it; from another one the norths do. */
static void move_meter(struct dlms_south *so, struct dlms_meter *m, struct dlms_session *s)
{
    struct dlms_session *old = m->session;
    bool is_elsewhere = old->ip != s->ip;

    if (is_elsewhere)
        south_dlms_tell_presence(so, m, false);
    unlink_meter(so, m);
    link_meter(so, s, m);
    south_dlms_move_requests(so, old, s);
    if (!old->is_udp) {
        south_dlms_count(so, DLMS_DUPLICATE, s, 1);
        wp_hang_up(so->out, old->port);
        south_dlms_release(so, old);
    }
    if (is_elsewhere)
        south_dlms_tell_presence(so, m, true);
}

static const struct cosem_profile *profile_of(const struct dlms_south *so, struct wp_slice name)
{
    struct wp_slice own = south_dlms_find_profile(so->profile_list, name);

    return own.n > 0 ? cosem_profile_find(&so->profiles, own) : so->profile;
}

static struct dlms_meter *new_meter(struct dlms_south *so, struct dlms_session *s,
                                    const struct dlms_claim *claim)
{
    struct dlms_meter *m = s->is_udp && so->n_udp_meters == so->max_udp ? NULL : wp_pool_borrow(&so->meters);

    if (!m) {
        south_dlms_count(so, DLMS_NO_CELL, s, 1);
        return NULL;
    }
    memcpy(m->name, claim->name, DLMS_NAME);
    m->profile = profile_of(so, dlms_name(m));
    wp_map_add(&so->by_name, dlms_name(m), m);
    link_meter(so, s, m);
    south_dlms_tell_presence(so, m, true);
    return m;
}

static bool is_meter(const struct dlms_south *so, const struct dlms_claim *claim)
{
    uint64_t address = 0;

    for (size_t i = 0; i < DLMS_NAME; i++)
        address = address << 4 | (uint64_t)(claim->name[i] - '0');
    return sign_on_is_meter(&so->sign_on, address);
}

static struct dlms_meter *take_claim(struct dlms_south *so, struct dlms_session *s,
                                     const struct dlms_claim *claim)
{
    struct dlms_meter *m = wp_map_find(&so->by_name, wp_slice(claim->name, DLMS_NAME));

    if (!m && !is_meter(so, claim)) {
        south_dlms_count(so, DLMS_HOSTILE, s, 1);
        return NULL;
    }
    if (!m)
        m = new_meter(so, s, claim);
    else if (m->session != s)
        move_meter(so, m, s);
    if (!m)
        return NULL;
    m->rank = claim->rank;
    m->heard = so->now;
    return m;
}

/* Of a TCP connection, or of a UDP peer that says less about its meter than it did before. */
static struct dlms_meter *same_meter(struct dlms_south *so, struct dlms_session *s,
                                     const struct dlms_claim *claim)
{
    struct dlms_meter *m = s->meters;

    if (claim->rank >= m->rank && claim->rank != DLMS_BY_NOTHING &&
        memcmp(claim->name, m->name, DLMS_NAME) != 0 &&
        (claim->rank == m->rank || claim->rank == DLMS_BY_SIGN_ON)) {
        south_dlms_count(so, DLMS_FOREIGN, s, 1);
        return NULL;
    }
    m->heard = so->now;
    return m;
}

struct dlms_meter *south_dlms_meter(struct dlms_south *so, struct dlms_session *s,
                                    const struct dlms_claim *claim)
{
    if (s->meters && (!s->is_udp || (claim->rank < s->meters->rank && !s->meters->next)))
        return same_meter(so, s, claim);
    if (claim->rank != DLMS_BY_NOTHING)
        return take_claim(so, s, claim);
    if (s->meters)
        return same_meter(so, s, claim);
    south_dlms_count(so, DLMS_UNIDENTIFIED, s, 1);
    return NULL;
}

void south_dlms_adopt(struct dlms_south *so, struct dlms_session *s, struct wp_slice name)
{
    struct dlms_claim claim = {.rank = DLMS_BY_SIGN_ON};

    memcpy(claim.name, name.p, DLMS_NAME);
    (void)take_claim(so, s, &claim);
}

/* ---- other souths ----------------------------------------------------------------------------------- */

void south_dlms_take_presence(struct dlms_south *so, const struct wp_presence *presence)
{
    struct dlms_meter *m = presence->online ? wp_map_find(&so->by_name, presence->device) : NULL;
    struct dlms_session *s = m ? m->session : NULL;

    if (!m)
        return;
    south_dlms_count(so, DLMS_DUPLICATE, s, 1);
    if (!s->is_udp)
        south_dlms_fail_all(so, s);
    south_dlms_forget_meter(so, m);
    if (!s->is_udp) {
        wp_hang_up(so->out, s->port);
        south_dlms_release(so, s);
    }
}
