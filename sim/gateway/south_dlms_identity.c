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

static bool name_of_text(struct wp_slice text, char name[DLMS_NAME])
{
    size_t at = DLMS_NAME;

    if (!wp_slice_is_printable(text))
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
    if (ldn.n == COSEM_TITLE && wp_slice_is_printable(wp_slice(ldn.p, TITLE_MAKER)) &&
        !wp_slice_is_printable(ldn)) {
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
