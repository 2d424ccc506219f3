/* Whose is it? A meter is known by its number of twelve digits, in this order:
 *
 *     login or heartbeat > dlms.identities, by system title or address > serial number 0-0:96.1.0.255 >
 *     logical device name 0-0:42.0.0.255 > the number that a list names > system title
 *
 * Of a text its digits count, the last twelve, filled up with zeros in front; of a system title its last five octets as a
 * number. So nothing else ever reaches a topic. What has no digits says nothing.
 *
 * On a TCP connection the first one stays; another of the same kind later on is noted and its message dropped. */
#include "sim/gateway/south_dlms_impl.h"

enum { TITLE_MAKER = 3 };

/* ---- claims ----------------------------------------------------------------------------------------- */

static bool is_printable(struct wp_slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] > 0x7E)
            return false;
    return true;
}

static bool name_of_text(struct wp_slice text, char name[DLMS_NAME])
{
    size_t at = DLMS_NAME;

    if (!is_printable(text))
        return false;
    memset(name, '0', DLMS_NAME);
    for (size_t i = text.n; i > 0 && at > 0; i--)
        if (text.p[i - 1] >= '0' && text.p[i - 1] <= '9')
            name[--at] = (char)text.p[i - 1];
    return at < DLMS_NAME;
}

static void name_of_title(const uint8_t *title, char name[DLMS_NAME])
{
    uint64_t number = 0;

    for (size_t i = TITLE_MAKER; i < COSEM_TITLE; i++)
        number = number << 8 | title[i];
    for (size_t i = DLMS_NAME; i > 0; i--, number /= 10)
        name[i - 1] = (char)('0' + number % 10);
}

static bool claim_text(struct dlms_claim *claim, struct wp_slice text, enum dlms_rank rank)
{
    if (!name_of_text(text, claim->name))
        return false;
    claim->rank = (uint8_t)rank;
    return true;
}

/* A logical device name may be a system title: three letters and five octets. */
static bool claim_ldn(struct dlms_claim *claim, struct wp_slice ldn)
{
    if (ldn.n == COSEM_TITLE && is_printable(wp_slice(ldn.p, TITLE_MAKER)) && !is_printable(ldn)) {
        name_of_title(ldn.p, claim->name);
        claim->rank = DLMS_BY_LDN;
        return true;
    }
    return claim_text(claim, ldn, DLMS_BY_LDN);
}

static bool claim_setup(const struct dlms_south *so, const struct dlms_session *s, const uint8_t *title,
                        struct dlms_claim *claim)
{
    struct wp_slice name;

    if (so->identities.n == 0 || !south_dlms_find_identity(so->identities, title, s->ip, &name))
        return false;
    memcpy(claim->name, name.p, DLMS_NAME);
    claim->rank = DLMS_BY_SETUP;
    return true;
}

struct dlms_claim south_dlms_claim(const struct dlms_south *so, const struct dlms_session *s,
                                   const uint8_t *title, const struct cosem_push *push)
{
    struct dlms_claim claim = {.rank = DLMS_BY_NOTHING};

    if (claim_setup(so, s, title, &claim))
        return claim;
    if (push && (claim_text(&claim, push->serial, DLMS_BY_SERIAL) || claim_ldn(&claim, push->ldn) ||
                 claim_text(&claim, push->meter_id, DLMS_BY_LIST)))
        return claim;
    if (title) {
        name_of_title(title, claim.name);
        claim.rank = DLMS_BY_TITLE;
    }
    return claim;
}

/* ---- meters ----------------------------------------------------------------------------------------- */

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

/* ---- sign-on ---------------------------------------------------------------------------------------- */

static void answer(struct dlms_south *so, const struct dlms_session *s, const struct ivy_frame *f)
{
    uint8_t wire[SIGN_ON_ANSWER_MAX];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    sign_on_answer(&so->sign_on, f, &w);
    if (wp_written(&w).n > 0)
        wp_send(so->out, s->port, wp_written(&w));
}

static void take_last_gasp(struct dlms_south *so, struct dlms_session *s, const char *name)
{
    struct dlms_meter *m = wp_map_find(&so->by_name, wp_slice(name, DLMS_NAME));

    if (s->meters && (!m || m->session != s)) {
        south_dlms_count(so, DLMS_FOREIGN, s, 1);
        return;
    }
    south_dlms_count(so, DLMS_LAST_GASP, s, 1);
    if (m && s->is_udp) {
        south_dlms_tell_presence(so, m, false);
        south_dlms_forget_meter(so, m);
    } else {
        south_dlms_end(so, s);
    }
}

void south_dlms_take_sign_on(struct dlms_south *so, struct dlms_session *s, const struct ivy_frame *f)
{
    struct sign_on on = sign_on_read(&so->sign_on, f);
    struct dlms_claim claim = {.rank = DLMS_BY_SIGN_ON};

    s->was_wrapped = true;
    if (on.bad_crc)
        south_dlms_count(so, DLMS_CRC, s, 1);
    memcpy(claim.name, on.device, DLMS_NAME);
    switch (on.verdict) {
    case SIGN_ON_OTHER: south_dlms_count(so, DLMS_UNUSED, s, 1); break;
    case SIGN_ON_ECHO: south_dlms_count(so, DLMS_ECHO, s, 1); break;
    case SIGN_ON_HOSTILE: south_dlms_count(so, DLMS_HOSTILE, s, 1); break;
    case SIGN_ON_WELCOME:
        if (south_dlms_meter(so, s, &claim))
            answer(so, s, f);
        break;
    case SIGN_ON_GASP: take_last_gasp(so, s, on.device); break;
    case SIGN_ON_DROPPED: break;
    }
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
