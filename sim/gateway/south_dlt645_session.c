/* Who is it? From the first good frame of a meter, a login or heartbeat, or the answer to our question
 * (13).
 *
 * The first address stays for as long as the connection; another one later on is noted and its frame
 * ignored. Only twelve decimal digits can be an address, so nothing else ever reaches a topic. */
#include "sim/gateway/south_dlt645_impl.h"

enum { ASK_WAKEUP = 4 };

static struct wp_slice device_of(const struct south_session *s)
{
    return wp_slice(s->device, SOUTH_ADDRESS_DIGITS);
}

void south_dlt645_tell_presence(struct south *so, const struct south_session *s, bool online)
{
    const struct wp_presence presence = {.device = device_of(s),
                                         .protocol = south_dlt645_class.name,
                                         .online = online,
                                         .ip = s->ip,
                                         .at = so->now};
    const struct wp_effect e = {.kind = WP_PRESENCE, .presence = &presence};

    so->out->emit(so->out, &e);
}

void south_dlt645_ask_address(struct south *so, struct south_session *s)
{
    uint8_t wire[DLT645_OVERHEAD + ASK_WAKEUP];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct dlt645_frame f;

    dlt645_ask_address(&f);
    f.wakeup = ASK_WAKEUP;
    dlt645_encode(&w, &f);
    wp_send(so->out, s->port, wp_written(&w));
    s->n_asked++;
    s->until = so->now + so->identify_delay;
}

/* The newest connection wins. From the same IP address nobody need hear of it; from another one the norths
 * do, since they tell it. */
static void take_over(struct south *so, struct south_session *old, struct south_session *s)
{
    south_dlt645_count(so, SOUTH_DUPLICATE, s, 1);
    south_dlt645_move_requests(so, old, s);
    wp_hang_up(so->out, old->port);
    if (old->ip != s->ip)
        south_dlt645_tell_presence(so, old, false);
    south_dlt645_release(so, old);
}

bool south_dlt645_identify(struct south *so, struct south_session *s, uint64_t address)
{
    struct south_session *old;
    struct wp_writer w = wp_writer(s->device, sizeof s->device);
    uint32_t old_ip;

    if (s->identified) {
        if (s->address != address)
            south_dlt645_count(so, SOUTH_FOREIGN, s, 1);
        return s->address == address;
    }
    if (!sign_on_is_meter(&so->sign_on, address)) {
        south_dlt645_count(so, SOUTH_HOSTILE, s, 1);
        return false;
    }
    s->address = address;
    dlt645_put_address(&w, address);
    s->identified = true;
    old = wp_map_find(&so->by_device, device_of(s));
    old_ip = old ? old->ip : 0;
    if (old)
        take_over(so, old, s);
    wp_map_add(&so->by_device, device_of(s), s);
    if (!old || old_ip != s->ip)
        south_dlt645_tell_presence(so, s, true);
    return true;
}

/* ---- wrappers ------------------------------------------------------------------------------------- */

static void answer(struct south *so, const struct south_session *s, const struct ivy_frame *f)
{
    uint8_t wire[SIGN_ON_ANSWER_MAX];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    sign_on_answer(&so->sign_on, f, &w);
    if (wp_written(&w).n > 0)
        wp_send(so->out, s->port, wp_written(&w));
}

static void welcome(struct south *so, struct south_session *s, const struct ivy_frame *f, uint64_t address)
{
    if (!south_dlt645_identify(so, s, address))
        return;
    answer(so, s, f);
    s->leaves = south_dlt645_may_leave(so, s) && sign_on_lists(so->dlms_meters, device_of(s));
}

static void take_last_gasp(struct south *so, struct south_session *s, uint64_t address)
{
    if (s->identified && s->address != address) {
        south_dlt645_count(so, SOUTH_FOREIGN, s, 1);
        return;
    }
    south_dlt645_count(so, SOUTH_LAST_GASP, s, 1);
    south_dlt645_end(so, s);
}

void south_dlt645_take_wrapper(struct south *so, struct south_session *s, const struct ivy_frame *f)
{
    struct sign_on on = sign_on_read(&so->sign_on, f);

    s->is_wrapped = true;
    if (on.bad_crc)
        south_dlt645_count(so, SOUTH_CRC, s, 1);
    switch (on.verdict) {
    case SIGN_ON_OTHER: south_dlt645_count(so, SOUTH_NOT_YET, s, 1); break;
    case SIGN_ON_ECHO: south_dlt645_count(so, SOUTH_ECHO, s, 1); break;
    case SIGN_ON_HOSTILE: south_dlt645_count(so, SOUTH_HOSTILE, s, 1); break;
    case SIGN_ON_WELCOME: welcome(so, s, f, on.address); break;
    case SIGN_ON_GASP: take_last_gasp(so, s, on.address); break;
    case SIGN_ON_DROPPED: break;
    }
}
