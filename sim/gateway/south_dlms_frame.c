/* What stands in front: which transport it is, and one frame of it.
 *
 *     00 01 | wPorts | length | ..      wrapper: a session message, or an APDU
 *     7E A?                             HDLC
 *     68 L L 68                         M-Bus, also 10 and E5 once it is known
 *     E6 E6 00, E6 E7 00, 90 01 01      LLC, and an APDU behind it
 *     0F C2 C4 .. E0                    APDU by itself, where no frame is under way
 *
 * The first frame decides for the connection; wrappers and APDUs by themselves are one kind, and a meter may sign on in a
 * wrapper whatever it speaks. */
#include "sim/gateway/south_dlms_impl.h"

#include "sim/codec/wrapper.h"

enum { MBUS_LONG = 0x68, MBUS_BRIEF = 0x10, MBUS_ACK = 0xE5, WRAPPER_START = 0x00 };
enum { LLC = 0xE6, LLC_POWER_LINE = 0x90, LLC_LEN = 3 };
enum { HDLC_TYPE_3 = 0xA0, PORT_USUAL_MAX = 0x1FF, SESSION_MAX = 3 + 255 + 1 + 2 };

static bool speaks(const struct dlms_session *s, enum dlms_transport t)
{
    return s->transport == DLMS_UNDECIDED || s->transport == t;
}

/* One flag may close a frame of HDLC and open the next. */
static bool shares_flag(const struct dlms_session *s, uint8_t b)
{
    return s->transport == DLMS_HDLC && s->link && s->link->hdlc.line.in_flag && (b & 0xF0) == HDLC_TYPE_3;
}

bool south_dlms_could_start(const struct dlms_session *s, uint8_t b, bool is_front)
{
    switch (b) {
    case WRAPPER_START: return true;
    case HDLC_FLAG: return speaks(s, DLMS_HDLC);
    case MBUS_LONG: return speaks(s, DLMS_MBUS);
    case MBUS_BRIEF:
    case MBUS_ACK:
        if (s->transport == DLMS_MBUS)
            return true;
        break;
    default: break;
    }
    if (is_front && shares_flag(s, b))
        return true;
    return is_front && speaks(s, DLMS_WRAPPED) && (b == LLC || b == LLC_POWER_LINE || cosem_is_tag(b));
}

static uint16_t u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static bool has_head(struct wp_slice in)
{
    uint8_t tag;

    if (in.n <= WRAPPER_HEADER || in.p[0] != 0 || in.p[1] != WRAPPER_VERSION)
        return false;
    tag = in.p[WRAPPER_HEADER];
    return u16(in.p + 2) <= PORT_USUAL_MAX && u16(in.p + 4) <= PORT_USUAL_MAX && u16(in.p + 6) > 0 &&
           (cosem_is_tag(tag) || tag == LLC || ivy_control_text(tag));
}

bool south_dlms_is_wrapper(struct wp_slice in)
{
    return has_head(in);
}

/* ---- wrapper ---------------------------------------------------------------------------------------- */

/* Other protocols' connections have session messages too, and nothing else in wrappers. */
static struct wp_decode take_session_message(struct dlms_south *so, struct dlms_session *s,
                                             struct wp_slice in)
{
    struct ivy_frame f;
    struct wp_decode d = ivy_decode(in, &f);

    if (d.status == WP_MORE && in.n >= WRAPPER_HEADER && u16(in.p + 6) > SESSION_MAX)
        return wp_bad(WP_FAULT_START, 0, 1);
    if (d.status != WP_OK)
        return d;
    if (f.kind != IVY_SESSION)
        return wp_bad(WP_FAULT_START, 0, 1);
    s->garbage = 0;
    s->is_lost = false;
    south_dlms_take_sign_on(so, s, &f);
    return d;
}

/* A session message says nothing of what follows. */
static void deliver(struct dlms_south *so, struct dlms_session *s, struct wp_slice whole,
                    struct wp_slice payload)
{
    struct ivy_frame f;

    if (ivy_decode(whole, &f).status == WP_OK && f.kind == IVY_SESSION) {
        south_dlms_take_sign_on(so, s, &f);
        return;
    }
    s->transport = DLMS_WRAPPED;
    if (payload.n > 0)
        south_dlms_take_payload(so, s, payload);
}

/* Another version ends a connection that has had wrappers: 00 01 stands all over APDUs, so there is no finding back. */
static struct wp_decode refuse_version(struct dlms_south *so, struct dlms_session *s, struct wp_decode d)
{
    if (s->is_udp || !s->was_wrapped || s->transport != DLMS_WRAPPED || s->garbage > 0 || s->is_lost)
        return d;
    south_dlms_count_fault(so, d.fault, s);
    south_dlms_end(so, s);
    return d;
}

static struct wp_decode take_wrapper(struct dlms_south *so, struct dlms_session *s, struct wp_slice in)
{
    struct wrapper_frame f;
    struct wp_decode d = wrapper_decode(in, &f);

    if (d.status == WP_BAD)
        return refuse_version(so, s, d);
    if (in.n >= WRAPPER_HEADER && u16(in.p + 6) > so->unit_max) {
        south_dlms_count_fault(so, WP_FAULT_TOO_LARGE, s);
        return wp_bad(WP_FAULT_TOO_LARGE, 6, 1);
    }
    if ((s->is_lost || !s->was_wrapped) && in.n > WRAPPER_HEADER && !has_head(in))
        return wp_bad(WP_FAULT_START, 0, 1);
    if (d.status != WP_OK)
        return d;
    s->garbage = 0;
    s->is_lost = false;
    s->was_wrapped = true;
    deliver(so, s, wp_slice(in.p, d.used), f.payload);
    return d;
}

/* ---- an APDU by itself ------------------------------------------------------------------------------ */

/* WP_OK used = octets of an LLC, which may be none. */
static struct wp_decode llc(struct wp_slice in)
{
    static const uint8_t power_line[] = {LLC_POWER_LINE, 1, 1};
    const size_t n = in.n < LLC_LEN ? in.n : LLC_LEN;

    if (in.p[0] == LLC_POWER_LINE)
        return memcmp(in.p, power_line, n) != 0 ? wp_bad(WP_FAULT_START, 0, 1)
               : n < LLC_LEN                    ? wp_more(LLC_LEN - n)
                                                : wp_ok(LLC_LEN);
    if (in.p[0] != LLC)
        return wp_ok(0);
    if ((n > 1 && in.p[1] != 0xE6 && in.p[1] != 0xE7) || (n > 2 && in.p[2] != 0))
        return wp_bad(WP_FAULT_START, 0, 1);
    return n < LLC_LEN ? wp_more(LLC_LEN - n) : wp_ok(LLC_LEN);
}

/* A stream does not tell how many values an event in the form of old gateways has; a segment may. */
static struct wp_decode bare(struct wp_slice in)
{
    struct cosem_apdu apdu;

    if (in.p[0] == 0xC2 && cosem_apdu_read(in, COSEM_TOLERANT, &apdu).status == WP_OK)
        return wp_ok(in.n);
    return cosem_apdu_decode(in, COSEM_TOLERANT, &apdu);
}

static struct wp_decode take_bare(struct dlms_south *so, struct dlms_session *s, struct wp_slice in)
{
    struct wp_decode head = llc(in), d;

    if (head.status != WP_OK)
        return head;
    if (head.used == in.n)
        return wp_more(1);
    d = bare(wp_slice_from(in, head.used));
    if (d.status == WP_BAD)
        south_dlms_count_fault(so, d.fault, s);
    if (d.status != WP_OK)
        return d;
    d.used += head.used;
    s->garbage = 0;
    s->is_lost = false;
    s->transport = DLMS_WRAPPED;
    south_dlms_take_payload(so, s, wp_slice(in.p, d.used));
    return d;
}

/* ---- any -------------------------------------------------------------------------------------------- */

struct wp_decode south_dlms_take_frame(struct dlms_south *so, struct dlms_session *s, struct wp_slice in,
                                       bool is_front)
{
    const uint8_t b = in.p[0];

    if (!south_dlms_could_start(s, b, is_front))
        return wp_bad(WP_FAULT_START, 0, 1);
    if (b == WRAPPER_START)
        return speaks(s, DLMS_WRAPPED) ? take_wrapper(so, s, in) : take_session_message(so, s, in);
    if (b == HDLC_FLAG || shares_flag(s, b))
        return south_dlms_take_hdlc(so, s, in);
    if (speaks(s, DLMS_MBUS) && (b == MBUS_LONG || s->transport == DLMS_MBUS))
        return south_dlms_take_mbus(so, s, in);
    return take_bare(so, s, in);
}
