#include "sim/codec/cosem_over.h"

#include "sim/codec/cosem_carried.h"
#include "sim/codec/hdlc.h"
#include "sim/codec/mbus.h"
#include "sim/codec/wrapper.h"

#include <assert.h>
#include <stddef.h>

enum {
    HDLC_STATE = 256,  /* of the transport's own row, at least */
    HEADER_CHECK = 2,  /* octets of the HCS, behind the control field */
    CONTROL_SHIFT = 8, /* of the control field in a turn's `who` */
    SEGMENTS_CLIENT = 2048,
    SEGMENTS_SERVER = 8192,
    SEGMENTS_MBUS = MBUS_SEGMENTS_MAX * MBUS_DATA_WRAPPED,
};

/* Who joins for this side: two directions, whatever is known of them. */
static size_t direction(enum wp_side from)
{
    return from == WP_SIDE_CLIENT || from == WP_SIDE_UNKNOWN_TOO ? 0 : 1;
}

/* What the transport gave: a payload, nothing yet, or segments that are lost. */
static void take(struct cosem_listener *l, struct cosem_chains *chains, enum wp_side from,
                 enum wp_status joined, enum wp_fault fault, struct wp_slice payload, size_t at,
                 struct cosem_carried *out)
{
    if (joined == WP_OK)
        cosem_listen(l, chains, from, payload, at, out);
    else
        cosem_listen_on(out, joined == WP_BAD ? fault : WP_FAULT_NONE);
}

/* Where a payload stands in the frame. */
static size_t place(struct wp_slice payload, struct wp_slice in, size_t used)
{
    uintptr_t p = (uintptr_t)payload.p, first = (uintptr_t)in.p;

    return p >= first && p < first + used ? (size_t)(p - first) : COSEM_NOWHERE;
}

/* ---- HDLC ------------------------------------------------------------------------------------------- */

struct hdlc_state {
    struct cosem_listener listener; /* first: unlock knows it */
    _Alignas(max_align_t) uint8_t link[HDLC_STATE];
    struct hdlc_join join[2];
    /* from here on: of unfinished payloads */
    struct cosem_chains chains;
    uint8_t client[SEGMENTS_CLIENT], server[SEGMENTS_SERVER];
};

struct hdlc_talk {
    struct hdlc_frame link; /* first */
    struct cosem_carried carried;
};

/* The state may have been copied: segments are where it stands now. */
static struct hdlc_join *hdlc_joiner(struct hdlc_state *s, enum wp_side from)
{
    size_t i = direction(from);

    s->join[i].p = i == 0 ? s->client : s->server;
    s->join[i].cap = i == 0 ? sizeof s->client : sizeof s->server;
    return &s->join[i];
}

static struct wp_decode decode_hdlc(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    struct hdlc_state *s = state;
    struct hdlc_talk *t = frame;
    struct hdlc_join *join = hdlc_joiner(s, from);
    struct wp_decode d;
    enum wp_fault fault = WP_FAULT_NONE;
    struct wp_slice payload = {0};

    assert(hdlc_codec.state_size <= sizeof s->link);
    d = hdlc_codec.decode(s->link, from, in, &t->link);
    if (d.status == WP_BAD && d.fault != WP_FAULT_START)
        hdlc_join_drop(join);
    if (d.status == WP_OK) {
        enum wp_status joined = hdlc_join_add(join, &t->link, &payload, &fault);

        take(&s->listener, &s->chains, from, joined, fault, payload, place(payload, in, d.used), &t->carried);
    }
    return d;
}

static void hdlc_fields(const void *frame, wp_visit *visit, void *ctx)
{
    const struct hdlc_talk *t = frame;

    hdlc_codec.fields(&t->link, visit, ctx);
    cosem_carried_fields(&t->carried, visit, ctx);
}

static void hdlc_content(const void *frame, struct wp_content *out)
{
    cosem_carried_content(&((const struct hdlc_talk *)frame)->carried, out);
}

/* What an APDU asks or answers, else the link itself. The answer counts on from the question's control field. */
static struct wp_turn hdlc_turn(const void *frame)
{
    const struct hdlc_talk *t = frame;
    struct wp_turn turn = cosem_carried_turn(&t->carried);

    if (turn.kind == WP_TURN_ALONE)
        return hdlc_link_turn(&t->link);
    turn.who |= (uint64_t)t->link.control << CONTROL_SHIFT;
    return turn;
}

/* N(S) and N(R) of an I frame are those that must come now. */
static bool hdlc_adopt(uint8_t *frame, size_t n, const struct wp_turn *question)
{
    uint8_t control = (uint8_t)(question->who >> CONTROL_SHIFT);
    struct hdlc_frame f;
    uint8_t *payload, *at;

    if (question->what == HDLC_LINK_TURN || hdlc_decode(NULL, wp_slice(frame, n), &f).status != WP_OK ||
        f.type != HDLC_I || f.is_stuffed)
        return false;
    payload = frame + (f.info.p - frame);
    at = payload - HEADER_CHECK - 1;
    if (!cosem_carried_adopt(payload, f.info.n, question))
        return false;
    *at = hdlc_control(HDLC_I, hdlc_nr(control), (hdlc_ns(control) + 1) & 7, hdlc_is_poll_final(*at));
    return hdlc_repair(frame, n);
}

static bool hdlc_answers(const struct wp_turn *answer, const struct wp_turn *question)
{
    if (answer->what == HDLC_LINK_TURN || question->what == HDLC_LINK_TURN)
        return hdlc_link_answers(answer, question);
    return cosem_carried_answers(answer, question);
}

static bool hdlc_is_idle(const void *state)
{
    const struct hdlc_state *s = state;

    return !s->join[0].is_open && !s->join[1].is_open && cosem_listener_is_idle(&s->listener);
}

static void hdlc_give_up(void *state)
{
    struct hdlc_state *s = state;

    hdlc_join_drop(&s->join[0]);
    hdlc_join_drop(&s->join[1]);
    cosem_listener_give_up(&s->listener);
}

/* ---- payloads that come whole ----------------------------------------------------------------------- */

struct whole_state {
    struct cosem_listener listener; /* first */
    struct cosem_chains chains;     /* of unfinished ones */
};

static bool whole_is_idle(const void *state)
{
    return cosem_listener_is_idle(state);
}

static void whole_give_up(void *state)
{
    cosem_listener_give_up(state);
}

/* ---- the wrapper ------------------------------------------------------------------------------------ */

struct wrapper_talk {
    struct wrapper_frame link; /* first */
    struct cosem_carried carried;
};

/* EM114070: 0A 02 0C, twelve digits, three octets, where an APDU would stand. seen: vectors, d0397 */
static bool is_heartbeat(struct wp_slice payload)
{
    enum { HEARTBEAT = 18 };

    return payload.n == HEARTBEAT && memcmp(payload.p, "\x0A\x02\x0C", 3) == 0;
}

static struct wp_decode decode_wrapper(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    struct whole_state *s = state;
    struct wrapper_talk *t = frame;
    struct wp_decode d = wrapper_codec.decode(NULL, from, in, &t->link);

    if (d.status == WP_OK) {
        bool is_apdu = t->link.payload.n > 0 && !is_heartbeat(t->link.payload);

        take(&s->listener, &s->chains, from, is_apdu ? WP_OK : WP_MORE, WP_FAULT_NONE, t->link.payload,
             WRAPPER_HEADER, &t->carried);
    }
    return d;
}

static void wrapper_fields(const void *frame, wp_visit *visit, void *ctx)
{
    const struct wrapper_talk *t = frame;

    wrapper_codec.fields(&t->link, visit, ctx);
    cosem_carried_fields(&t->carried, visit, ctx);
}

static void wrapper_content(const void *frame, struct wp_content *out)
{
    cosem_carried_content(&((const struct wrapper_talk *)frame)->carried, out);
}

static struct wp_turn wrapper_turn(const void *frame)
{
    return cosem_carried_turn(&((const struct wrapper_talk *)frame)->carried);
}

static bool wrapper_adopt(uint8_t *frame, size_t n, const struct wp_turn *question)
{
    return n > WRAPPER_HEADER && cosem_carried_adopt(frame + WRAPPER_HEADER, n - WRAPPER_HEADER, question);
}

/* ---- M-Bus ------------------------------------------------------------------------------------------ */

struct mbus_state {
    struct cosem_listener listener; /* first */
    struct mbus_join join[2];
    /* from here on: of unfinished payloads */
    struct cosem_chains chains;
    uint8_t segments[2][SEGMENTS_MBUS];
};

struct mbus_talk {
    struct mbus_frame link; /* first */
    struct cosem_carried carried;
};

static struct wp_decode decode_mbus(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    struct mbus_state *s = state;
    struct mbus_talk *t = frame;
    size_t i = direction(from);
    struct wp_decode d = mbus_codec.decode(NULL, from, in, &t->link);
    enum wp_fault fault = WP_FAULT_NONE;
    struct wp_slice payload = {0};

    s->join[i].p = s->segments[i];
    s->join[i].cap = sizeof s->segments[i];
    if (d.status == WP_BAD && d.fault != WP_FAULT_START)
        mbus_join_drop(&s->join[i]);
    if (d.status == WP_OK) {
        enum wp_status joined = mbus_join_add(&s->join[i], &t->link, &payload, &fault);

        take(&s->listener, &s->chains, from, joined, fault, payload, place(payload, in, d.used), &t->carried);
    }
    return d;
}

static void mbus_fields(const void *frame, wp_visit *visit, void *ctx)
{
    const struct mbus_talk *t = frame;

    mbus_codec.fields(&t->link, visit, ctx);
    cosem_carried_fields(&t->carried, visit, ctx);
}

static void mbus_content(const void *frame, struct wp_content *out)
{
    cosem_carried_content(&((const struct mbus_talk *)frame)->carried, out);
}

static struct wp_turn mbus_turn(const void *frame)
{
    return cosem_carried_turn(&((const struct mbus_talk *)frame)->carried);
}

static bool mbus_is_idle(const void *state)
{
    const struct mbus_state *s = state;

    return !s->join[0].is_open && !s->join[1].is_open && cosem_listener_is_idle(&s->listener);
}

static void mbus_give_up(void *state)
{
    struct mbus_state *s = state;

    mbus_join_drop(&s->join[0]);
    mbus_join_drop(&s->join[1]);
    cosem_listener_give_up(&s->listener);
}

/* ---- nothing around it ------------------------------------------------------------------------------ */

struct bare_talk {
    size_t llc; /* octets of it */
    uint8_t llc_octets[3];
    struct wp_slice apdu;
    struct cosem_carried carried;
};

static const uint8_t llcs[][3] = {{0xE6, 0xE7, 0x00}, {0xE6, 0xE6, 0x00}, {0x90, 0x01, 0x01}};

/* The octets of an LLC at the front, as far as they are there; *ret_need: how many of it are missing. */
static size_t llc_front(struct wp_slice in, size_t *ret_need)
{
    *ret_need = 0;
    for (size_t i = 0; i < sizeof llcs / sizeof llcs[0]; i++) {
        size_t n = in.n < 3 ? in.n : 3;

        if (n == 0 || memcmp(in.p, llcs[i], n) != 0)
            continue;
        *ret_need = 3 - n;
        return n;
    }
    return 0;
}

static struct wp_decode decode_bare(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    struct whole_state *s = state;
    struct bare_talk *t = frame;
    struct cosem_apdu apdu;
    size_t need, llc = llc_front(in, &need);
    struct wp_decode d;

    if (need > 0 || llc == in.n)
        return wp_more(need + 1);
    if (!cosem_is_tag(in.p[llc]))
        return wp_bad(WP_FAULT_START, 0, 1);
    d = cosem_apdu_read(wp_slice_from(in, llc), COSEM_TOLERANT,
                        &apdu); /* a datagram: nothing stands behind it */
    if (d.status != WP_OK)
        d = cosem_apdu_decode(wp_slice_from(in, llc), COSEM_TOLERANT, &apdu);
    if (d.status == WP_BAD)
        d.at += llc;
    if (d.status != WP_OK)
        return d;
    t->llc = llc;
    memcpy(t->llc_octets, in.p, llc);
    t->apdu = wp_slice(in.p + llc, d.used);
    cosem_listen(&s->listener, &s->chains, from, t->apdu, llc, &t->carried);
    d.used += llc;
    return d;
}

static void bare_fields(const void *frame, wp_visit *visit, void *ctx)
{
    const struct bare_talk *t = frame;
    const struct wp_field llc = {
        .path = "llc", .value = wp_bytes_value(wp_slice(t->llc_octets, t->llc)), .unit = "", .len = t->llc};

    if (t->llc)
        visit(ctx, &llc);
    cosem_apdu_fields(t->apdu, t->llc, visit, ctx);
    cosem_carried_fields(&t->carried, visit, ctx);
}

static void bare_content(const void *frame, struct wp_content *out)
{
    cosem_carried_content(&((const struct bare_talk *)frame)->carried, out);
}

static struct wp_turn bare_turn(const void *frame)
{
    return cosem_carried_turn(&((const struct bare_talk *)frame)->carried);
}

/* Class and OBIS code behind an invoke-id: C0 01 C1 00 03 01 00 01 08 00 FF 02. */
static bool has_attribute(struct wp_slice in)
{
    return in.n >= 12 && in.p[1] == 1 && in.p[3] == 0 && in.p[9] == 0xFF && in.p[4] < 128;
}

/* The tags of APDUs that meters were seen to send with nothing around them, and what they are asked. Those of services with
 * short names and of protected ones begin too many other protocols: 05 00 is DCE RPC. */
static bool is_usual_tag(uint8_t tag)
{
    switch (tag) {
    case 0x0F:
    case 0x60:
    case 0x61:
    case 0x62:
    case 0x63:
    case 0xC0:
    case 0xC1:
    case 0xC2:
    case 0xC3:
    case 0xC4:
    case 0xC5:
    case 0xC7:
    case 0xD8:
    case 0xDB:
    case 0xDC:
    case 0xE0: return true;
    default: return false;
    }
}

/* Nearly any octets may be an APDU; an association, or a request that names an object, is one for sure. */
static enum wp_probe probe_bare(struct wp_slice in)
{
    static const uint8_t context[] = {0xA1, 0x09, 0x06, 0x07, 0x60, 0x85, 0x74, 0x05, 0x08, 0x01};
    struct cosem_apdu apdu;
    size_t need, llc = llc_front(in, &need);
    struct wp_slice front = wp_slice_from(in, llc);
    struct wp_decode d;

    if (need > 0 || front.n == 0)
        return WP_PROBE_MAYBE_MORE;
    if (!cosem_is_tag(front.p[0]))
        return WP_PROBE_NO;
    d = cosem_apdu_read(front, COSEM_STRICT, &apdu);
    if (d.status != WP_OK)
        d = cosem_apdu_decode(front, COSEM_STRICT, &apdu);
    if (d.status != WP_OK)
        return d.status == WP_MORE ? WP_PROBE_MAYBE_MORE : WP_PROBE_NO;
    if (llc > 0)
        return WP_PROBE_YES;
    if (!is_usual_tag(front.p[0]) || d.used <= 2)
        return WP_PROBE_NO;
    switch (apdu.form) {
    case COSEM_AARQ:
    case COSEM_AARE:
        return front.n > sizeof context + 2 && memcmp(front.p + 2, context, sizeof context) == 0
                   ? WP_PROBE_YES
                   : WP_PROBE_MAYBE;
    case COSEM_GET_REQUEST:
    case COSEM_SET_REQUEST:
    case COSEM_ACTION_REQUEST: return has_attribute(front) ? WP_PROBE_YES : WP_PROBE_MAYBE;
    default: return WP_PROBE_MAYBE;
    }
}

/* ---- the rows --------------------------------------------------------------------------------------- */

static void unlock(void *state, const struct wp_keys *keys)
{
    cosem_listener_unlock(state, keys);
}

static enum wp_probe probe_hdlc(struct wp_slice in)
{
    return hdlc_codec.probe(in);
}

static enum wp_probe probe_wrapper(struct wp_slice in)
{
    return wrapper_codec.probe(in);
}

static enum wp_probe probe_mbus(struct wp_slice in)
{
    return mbus_codec.probe(in);
}

const struct wp_codec cosem_over_hdlc = {
    .name = "hdlc",
    .print_version = 1,
    .frame_size = sizeof(struct hdlc_talk),
    .state_size = sizeof(struct hdlc_state),
    .probe = probe_hdlc,
    .decode = decode_hdlc,
    .fields = hdlc_fields,
    .family = "meter",
    .turn = hdlc_turn,
    .answers = hdlc_answers,
    .adopt = hdlc_adopt,
    .asker = "gateway",
    .answerer = "meter",
    .repair = hdlc_repair,
    .content = hdlc_content,
    .is_deep = true,
    .unlock = unlock,
    .idle_size = offsetof(struct hdlc_state, chains),
    .is_idle = hdlc_is_idle,
    .give_up = hdlc_give_up,
};

const struct wp_codec cosem_over_wrapper = {
    .name = "wrapper",
    .print_version = 1,
    .frame_size = sizeof(struct wrapper_talk),
    .state_size = sizeof(struct whole_state),
    .probe = probe_wrapper,
    .decode = decode_wrapper,
    .fields = wrapper_fields,
    .family = "meter",
    .turn = wrapper_turn,
    .answers = cosem_carried_answers,
    .adopt = wrapper_adopt,
    .asker = "gateway",
    .answerer = "meter",
    .content = wrapper_content,
    .yields = true,
    .is_deep = true,
    .unlock = unlock,
    .idle_size = offsetof(struct whole_state, chains),
    .is_idle = whole_is_idle,
    .give_up = whole_give_up,
};

const struct wp_codec cosem_over_mbus = {
    .name = "mbus",
    .print_version = 1,
    .frame_size = sizeof(struct mbus_talk),
    .state_size = sizeof(struct mbus_state),
    .probe = probe_mbus,
    .decode = decode_mbus,
    .fields = mbus_fields,
    .family = "meter",
    .turn = mbus_turn,
    .answers = cosem_carried_answers,
    .asker = "gateway",
    .answerer = "meter",
    .repair = mbus_repair,
    .content = mbus_content,
    .is_deep = true,
    .unlock = unlock,
    .idle_size = offsetof(struct mbus_state, chains),
    .is_idle = mbus_is_idle,
    .give_up = mbus_give_up,
};

const struct wp_codec cosem_over_nothing = {
    .name = "cosem",
    .print_version = 1,
    .frame_size = sizeof(struct bare_talk),
    .state_size = sizeof(struct whole_state),
    .probe = probe_bare,
    .decode = decode_bare,
    .fields = bare_fields,
    .family = "meter",
    .turn = bare_turn,
    .answers = cosem_carried_answers,
    .adopt = cosem_carried_adopt,
    .asker = "gateway",
    .answerer = "meter",
    .content = bare_content,
    .is_bare = true,
    .yields = true,
    .is_deep = true,
    .unlock = unlock,
    .idle_size = offsetof(struct whole_state, chains),
    .is_idle = whole_is_idle,
    .give_up = whole_give_up,
};
