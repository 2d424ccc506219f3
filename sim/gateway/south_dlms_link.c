/* Frames of HDLC and M-Bus, and the payloads that their segments are joined to.
 *
 *     CLOSED --a segment--> OPEN --the last one--> CLOSED, a payload
 *     OPEN --a bad frame, another chain, segment_timeout--> CLOSED
 *
 * Memory to join in is borrowed while a chain is open. */
#include "sim/gateway/south_dlms_impl.h"

static bool has_link(struct dlms_south *so, struct dlms_session *s)
{
    if (!s->link)
        s->link = wp_pool_borrow(&so->links);
    if (!s->link)
        south_dlms_count(so, DLMS_NO_CELL, s, 1);
    return s->link != NULL;
}

/* NULL, with a note: the chain is too long for no memory at all. */
static void *borrow(struct dlms_south *so, struct dlms_session *s, size_t *ret_cap)
{
    void *room = wp_pool_borrow(&so->buffers.big);

    if (!room)
        south_dlms_count(so, DLMS_NO_CELL, s, 1);
    *ret_cap = room ? so->unit_max : 0;
    return room;
}

static void give_back(struct dlms_south *so, uint8_t **room, size_t *cap)
{
    if (*room)
        wp_pool_return(&so->buffers.big, *room);
    *room = NULL;
    *cap = 0;
}

static void settle(struct dlms_session *s, enum dlms_transport transport)
{
    s->transport = (uint8_t)transport;
    s->garbage = 0;
    s->is_lost = false;
}

/* What joining one frame came to. */
static void take_joined(struct dlms_south *so, struct dlms_session *s, enum wp_status status,
                        enum wp_fault fault, struct wp_slice payload)
{
    s->link->at = so->now;
    if (status == WP_OK && payload.n > 0)
        south_dlms_take_payload(so, s, payload);
    else if (status == WP_BAD)
        south_dlms_count_fault(so, fault, s);
}

/* ---- HDLC ------------------------------------------------------------------------------------------- */

static void join_hdlc(struct dlms_south *so, struct dlms_session *s, const struct hdlc_frame *f)
{
    struct hdlc_join *join = &s->link->hdlc.join;
    enum wp_fault fault = WP_FAULT_NONE;
    struct wp_slice payload = {NULL, 0};
    enum wp_status status;

    if (f->more && !join->p)
        join->p = borrow(so, s, &join->cap);
    status = hdlc_join_add(join, f, &payload, &fault);
    take_joined(so, s, status, fault, payload);
    if (s->port && !join->is_open)
        give_back(so, &join->p, &join->cap);
}

struct wp_decode south_dlms_take_hdlc(struct dlms_south *so, struct dlms_session *s, struct wp_slice in)
{
    struct hdlc_frame f;
    struct wp_decode d;

    if (!has_link(so, s))
        return wp_bad(WP_FAULT_START, 0, 1);
    if (hdlc_idle(in) > 0)
        return wp_ok(hdlc_idle(in));
    d = hdlc_decode(&s->link->hdlc.line, in, &f);
    if (d.status == WP_BAD && s->transport == DLMS_HDLC) {
        south_dlms_count_fault(so, d.fault, s);
        south_dlms_link_drop(so, s);
    }
    if (d.status != WP_OK)
        return d;
    settle(s, DLMS_HDLC);
    s->link->hdlc.meter = f.source;
    s->link->hdlc.client = f.destination;
    south_dlms_take_link_frame(so, s, &f);
    if (s->port)
        join_hdlc(so, s, &f);
    return d;
}

/* ---- M-Bus ------------------------------------------------------------------------------------------ */

static void join_mbus(struct dlms_south *so, struct dlms_session *s, const struct mbus_frame *f)
{
    struct mbus_join *join = &s->link->mbus;
    enum wp_fault fault = WP_FAULT_NONE;
    struct wp_slice payload = {NULL, 0};
    enum wp_status status;

    if (!mbus_is_last(f) && !join->p)
        join->p = borrow(so, s, &join->cap);
    status = mbus_join_add(join, f, &payload, &fault);
    take_joined(so, s, status, fault, payload);
    if (s->port && !join->is_open)
        give_back(so, &join->p, &join->cap);
}

struct wp_decode south_dlms_take_mbus(struct dlms_south *so, struct dlms_session *s, struct wp_slice in)
{
    struct mbus_frame f;
    struct wp_decode d;

    if (!has_link(so, s))
        return wp_bad(WP_FAULT_START, 0, 1);
    d = mbus_decode(in, &f);
    if (d.status == WP_BAD && s->transport == DLMS_MBUS) {
        south_dlms_count_fault(so, d.fault, s);
        south_dlms_link_drop(so, s);
    }
    if (d.status != WP_OK)
        return d;
    settle(s, DLMS_MBUS);
    if (mbus_is_cosem(&f))
        join_mbus(so, s, &f);
    return d;
}

/* ---- both ------------------------------------------------------------------------------------------- */

bool south_dlms_link_is_open(const struct dlms_session *s)
{
    if (!s->link)
        return false;
    return s->transport == DLMS_MBUS ? s->link->mbus.is_open
                                     : s->transport == DLMS_HDLC && s->link->hdlc.join.is_open;
}

void south_dlms_link_drop(struct dlms_south *so, struct dlms_session *s)
{
    if (s->transport == DLMS_MBUS) {
        mbus_join_drop(&s->link->mbus);
        give_back(so, &s->link->mbus.p, &s->link->mbus.cap);
    } else if (s->transport == DLMS_HDLC) {
        hdlc_join_drop(&s->link->hdlc.join);
        s->link->hdlc.line.in_chain = false; /* what comes next may begin a payload, with its LLC */
        give_back(so, &s->link->hdlc.join.p, &s->link->hdlc.join.cap);
    }
}

void south_dlms_link_return(struct dlms_south *so, struct dlms_session *s)
{
    if (!s->link)
        return;
    south_dlms_link_drop(so, s);
    wp_pool_return(&so->links, s->link);
    s->link = NULL;
}
