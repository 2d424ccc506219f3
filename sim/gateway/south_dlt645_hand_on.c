/* Connections that speak another south's protocol: how that shows, and how they leave.
 *
 *     7E A?                    HDLC
 *     00 01 wPort wPort ..     wrapper with anything but a session message
 *     68 L L 68 .. CS 16       M-Bus long frame, its checksum right; DL/T 645 has its second 68 four bytes on
 *     E6 E6 00, E6 E7 00       LLC without HDLC
 *     90 01 01                 LLC of a power line, on a connection that has said nothing else
 *     0F C2 C4 C5 C7 D8 ..     an APDU by itself
 *
 * The last three show only where no frame is under way: as a segment begins, or behind a good frame. A meter that
 * has sent a good DL/T 645 frame stays; so do all when no other south has the listener.
 * source: IEC 62056-46, IEC 62056-47, EN 13757-2 */
#include "sim/gateway/south_dlt645_impl.h"

#include "sim/codec/cosem_apdu.h"
#include "sim/codec/hdlc.h"
#include "sim/codec/mbus.h"
#include "sim/codec/wrapper.h"

enum { DLT645_START = 0x68, HDLC_HEAD = 3 };
enum { LLC = 0xE6, LLC_COMMAND = 0xE6, LLC_REPLY = 0xE7, POWER_LINE = 0x90, LLC_LEN = 3 };
enum { SESSION_MAX = 3 + 255 + 1 + 2 }; /* code, type, n, address, option, CRC */

static struct wp_decode not_foreign(void)
{
    return wp_bad(WP_FAULT_START, 0, 1);
}

bool south_dlt645_may_leave(const struct south *so, const struct south_session *s)
{
    return so->hands_on && !s->is_dlt645;
}

/* What a meter says of its own accord or answers; the rest only masters say. */
static bool is_apdu_tag(uint8_t b)
{
    switch (b) {
    case 0x0F: /* DataNotification */
    case 0x60:
    case 0x61:
    case 0x62:
    case 0x63: /* association and release */
    case 0xC2: /* EventNotification */
    case 0xC4:
    case 0xC5:
    case 0xC7: /* responses */
    case 0xD8: /* ExceptionResponse */
    case 0xDB:
    case 0xDC:
    case 0xE0: return true; /* ciphered, in blocks */
    default: return false;
    }
}

bool south_dlt645_is_foreign_tag(uint8_t b)
{
    return b == LLC || b == POWER_LINE || is_apdu_tag(b);
}

/* ---- one layer each ------------------------------------------------------------------------------- */

static struct wp_decode hdlc(struct wp_slice in)
{
    if (in.n >= 2 && (in.p[1] & 0xF0) != 0xA0)
        return not_foreign();
    if (in.n < HDLC_HEAD)
        return wp_more(HDLC_HEAD - in.n);
    return ((size_t)(in.p[1] & 0x07) << 8 | in.p[2]) >= HDLC_LENGTH_MIN ? wp_ok(HDLC_HEAD) : not_foreign();
}

/* One byte is little to go by, so the one behind the tag has to be what can stand there. */
static bool may_follow(uint8_t tag, uint8_t b)
{
    switch (tag) {
    case 0x0F: return (b & 0x0F) == 0; /* long-invoke-id-and-priority: bits 24..27 are reserved */
    case 0x60:
    case 0x61:
    case 0x62:
    case 0x63: return b <= 0x82;                        /* a length of BER */
    case 0xC2: return b <= 1 || b == 0x07 || b == 0x20; /* time or none; without that byte: year, class */
    case 0xC4: return b >= 1 && b <= 3;
    case 0xC5: return b >= 1 && b <= 5;
    case 0xC7: return b >= 1 && b <= 4;
    case 0xD8: return b <= 3;
    case 0xDB:
    case 0xDC: return b == 0 || b == 8; /* length of a system title */
    default: return true;
    }
}

static struct wp_decode apdu(struct wp_slice in)
{
    if (!is_apdu_tag(in.p[0]))
        return not_foreign();
    if (in.n < 2)
        return wp_more(1);
    return may_follow(in.p[0], in.p[1]) ? wp_ok(2) : not_foreign();
}

static bool has_usual_ports(struct wp_slice in)
{
    return in.p[2] == 0 && in.p[4] == 0 && (in.p[3] == IVY_PORT || in.p[5] == IVY_PORT);
}

/* A session message is never longer than SESSION_MAX and has to be there as a whole before it is known for
 * one. With ports that no meter of ours has, only a known APDU makes a wrapper of it; with a source of 0, which
 * Modbus TCP has in the same place, only one that a meter sends.
 * seen: source 0, an alarm of a Sagemcom T210 */
static struct wp_decode wrapper(struct wp_slice in)
{
    struct ivy_frame f;
    size_t n;
    uint8_t tag;

    if (in.n >= 2 && in.p[1] != WRAPPER_VERSION)
        return not_foreign();
    if (in.n < WRAPPER_HEADER)
        return wp_more(WRAPPER_HEADER - in.n);
    n = (size_t)in.p[6] << 8 | in.p[7];
    if (n == 0)
        return not_foreign();
    if (in.n == WRAPPER_HEADER)
        return wp_more(1);
    if (in.p[2] == 0 && in.p[3] == 0)
        return apdu(wp_slice_from(in, WRAPPER_HEADER));
    tag = in.p[WRAPPER_HEADER];
    if (!cosem_apdu_name(tag) && !has_usual_ports(in))
        return not_foreign();
    if (!ivy_control_text(tag) || n > SESSION_MAX)
        return wp_ok(WRAPPER_HEADER);
    if (in.n < WRAPPER_HEADER + n)
        return wp_more(WRAPPER_HEADER + n - in.n);
    if (ivy_decode(in, &f).status == WP_OK && f.kind == IVY_SESSION)
        return not_foreign();
    return wp_ok(WRAPPER_HEADER);
}

/* Both begin with 68: the one whose checksum and 16 are right. Whoever needs fewer bytes is looked at first. */
static struct wp_decode dlt645_or_mbus(struct wp_slice in)
{
    struct dlt645_frame f;
    struct mbus_frame long_frame;
    struct wp_decode m = mbus_decode(in, &long_frame), d = dlt645_decode(in, &f);

    if (d.status == WP_OK)
        return not_foreign();
    if (m.status == WP_MORE && d.status == WP_MORE && d.need < m.need)
        return d;
    return m;
}

static struct wp_decode begins_with(struct wp_slice in, const uint8_t *head, size_t n)
{
    size_t have = in.n < n ? in.n : n;

    if (memcmp(in.p, head, have) != 0)
        return not_foreign();
    return have < n ? wp_more(n - have) : wp_ok(n);
}

static struct wp_decode llc(struct wp_slice in)
{
    if (in.n >= 2 && in.p[1] != LLC_COMMAND && in.p[1] != LLC_REPLY)
        return not_foreign();
    if (in.n < LLC_LEN)
        return wp_more(LLC_LEN - in.n);
    return in.p[2] == 0 ? wp_ok(LLC_LEN) : not_foreign();
}

struct wp_decode south_dlt645_foreign(const struct south_session *s, struct wp_slice in)
{
    static const uint8_t power_line[] = {POWER_LINE, 1, 1};

    switch (in.p[0]) {
    case HDLC_FLAG: return hdlc(in);
    case 0x00: return wrapper(in);
    case DLT645_START: return dlt645_or_mbus(in);
    case LLC: return llc(in);
    case POWER_LINE:
        return s->identified || s->is_wrapped ? not_foreign() : begins_with(in, power_line, LLC_LEN);
    default: return apdu(in);
    }
}

/* ---- leaving -------------------------------------------------------------------------------------- */

/* The bytes may stand in the session's buffer, which is given back last. */
void south_dlt645_hand_on(struct south *so, struct south_session *s, struct wp_slice bytes,
                          struct wp_slice rest)
{
    char device[SOUTH_ADDRESS_DIGITS] = "";
    const struct wp_handover h = {
        .device = wp_slice(device, s->identified ? sizeof device : 0), .bytes = bytes, .rest = rest};
    const struct wp_effect e = {.kind = WP_HAND_ON, .port = s->port, .handover = &h};
    struct session_buffer *rx = s->rx;

    memcpy(device, s->device, sizeof device);
    south_dlt645_count(so, SOUTH_HANDED_ON, s, 1);
    south_dlt645_fail_all(so, s);
    s->rx = NULL;
    south_dlt645_release(so, s);
    so->out->emit(so->out, &e);
    session_buffer_return(&so->buffers, &rx);
}

void south_dlt645_take_presence(struct south *so, const struct wp_presence *presence)
{
    struct south_session *s = presence->online ? wp_map_find(&so->by_device, presence->device) : NULL;

    if (!s)
        return;
    south_dlt645_count(so, SOUTH_DUPLICATE, s, 1);
    south_dlt645_fail_all(so, s);
    wp_hang_up(so->out, s->port);
    south_dlt645_release(so, s);
}
