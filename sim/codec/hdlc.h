/* HDLC frame of DLMS/COSEM, frame format type 3.                        source: IEC 62056-46; captures/dlms
 *
 *     7E | format 2 | destination 1,2,4 | source 1,2,4 | control | [HCS 2 | information] | FCS 2 | 7E
 *
 * - format: 1010 S, then 11 bits of length, high byte first. The length counts all between the flags; S says that
 *   more segments of the same payload follow.
 * - address: 7 bits in each byte, the lowest bit is 1 in the last one. 1 byte: upper. 2: upper, lower. 4: 14 bits each.
 * - HCS: X-25 from the format to control, there only with information. FCS: X-25 from the format to the information.
 *   Both low byte first. Every value is a value: 0000 does not mean that there is none.
 * - The information of an I or UI frame that begins a payload begins with an LLC: E6 E6 00 (client), E6 E7 00 (server).
 *   Some leave it out.
 * - Nothing is stuffed: 7E and 7D stand in the information as they are, so a frame is cut by its length alone and the
 *   closing flag only confirms it. One flag may close a frame and open the next; any number may stand between them. */
#ifndef WP_HDLC_H
#define WP_HDLC_H

#include "sim/core/decode.h"

enum {
    HDLC_FLAG = 0x7E,
    HDLC_ESCAPE =
        0x7D, /* RFC 1662: the next byte has bit 5 turned. Not in type 3, but some serial adapters */
    HDLC_LENGTH_MIN = 7,
    HDLC_LENGTH_MAX = 2047,
    HDLC_FRAME_MAX = HDLC_LENGTH_MAX + 2,
    HDLC_STUFFED_MAX = 2 * HDLC_LENGTH_MAX + 2,
    HDLC_LLC = 3,             /* bytes */
    HDLC_INFO_DEFAULT = 128,  /* what either side takes when nothing was said */
    HDLC_WINDOW_DEFAULT = 1,  /* frames */
    HDLC_JOIN_DEFAULT = 16384 /* bytes of one payload that a receiver should have memory for */
};

/* The value has N(R), N(S) and P/F at 0. */
#define HDLC_TYPES(X)                                                                                        \
    X(I, 0x00, "I")                                                                                          \
    X(RR, 0x01, "RR")                                                                                        \
    X(RNR, 0x05, "RNR")                                                                                      \
    X(SNRM, 0x83, "SNRM")                                                                                    \
    X(UA, 0x63, "UA")                                                                                        \
    X(DISC, 0x43, "DISC")                                                                                    \
    X(DM, 0x0F, "DM")                                                                                        \
    X(FRMR, 0x87, "FRMR")                                                                                    \
    X(UI, 0x03, "UI")

enum hdlc_type {
#define X(name, code, text) HDLC_##name = code,
    HDLC_TYPES(X)
#undef X
};

struct hdlc_address {
    uint16_t upper; /* logical device, or the client */
    uint16_t lower; /* physical device; only with n 2 and 4 */
    uint8_t n;      /* bytes on the wire: 1, 2, 4 */
};

enum hdlc_llc {
    HDLC_LLC_NONE = 0,
    HDLC_LLC_COMMAND = 0xE6,
    HDLC_LLC_RESPONSE = 0xE7,
};

struct hdlc_frame {
    struct hdlc_address destination, source;
    enum hdlc_type type;
    uint8_t control;
    bool more;     /* S: further segments of this payload follow */
    bool is_first; /* no segment of this payload stood before it; always so for who decodes without a line */
    bool is_stuffed; /* read with the stuffing taken out: offsets do not count bytes of the wire */
    enum hdlc_llc llc;
    uint16_t length;      /* of the format field */
    uint16_t hcs, fcs;    /* as received; hdlc_encode makes its own. hcs is 0 without information */
    size_t first;         /* offset of the format field: 1, 0 behind a shared flag, more behind idle flags */
    struct wp_slice info; /* borrowed; with the LLC */
    struct wp_slice payload; /* the information behind the LLC: an APDU, or a segment of one */
};

/* What is remembered of one direction of a line; zeroed before its first byte. */
struct hdlc_line {
    bool in_flag;  /* the last frame's closing flag was taken: the next frame may begin behind it at once */
    bool in_chain; /* the last I or UI frame said that more segments follow */
    struct hdlc_address destination, source; /* of that chain */
    uint8_t *
        unstuffed; /* room for HDLC_FRAME_MAX bytes: a frame that does not read plainly is tried again with the
                         * stuffing taken out, and borrows from there. NULL: it is not */
};

/* Decode one frame from the front of `in`.
 * line  NULL: each frame has an opening flag of its own and is the first of its payload
 * in    may begin with idle flags, which are taken with the frame
 * out   written only on WP_OK
 * WP_MORE need = bytes still missing, exact once the format is there
 * WP_BAD HDLC_FLAG | HDLC_FORMAT | HDLC_LENGTH | FCS | HDLC_ADDRESS | HDLC_CONTROL | HCS, used = bytes up to the next
 *        flag that may begin a frame, at least 1: a good frame that begins inside a false one is never lost
 * A false start with a large length says WP_MORE until that many bytes are there: who waits must give up some time,
 * drop one byte and decode again. */
struct wp_decode hdlc_decode(struct hdlc_line *line, struct wp_slice in, struct hdlc_frame *out);

/* How many of the flags that `in` begins with say nothing: all but the last. Who keeps unfinished bytes drops them. */
size_t hdlc_idle(struct wp_slice in);

/* HCS, FCS and closing flag made right in n bytes whose length fits their format; false: nothing is changed. */
bool hdlc_repair(uint8_t *frame, size_t n);

/* "SNRM", ... */
const char *hdlc_type_text(enum hdlc_type type);

bool hdlc_address_eq(const struct hdlc_address *a, const struct hdlc_address *b);

/* ---- control ---------------------------------------------------------------------------------------- */

/* N(S) counts in I, N(R) in I, RR and RNR; both modulo 8. */
uint8_t hdlc_control(enum hdlc_type type, unsigned ns, unsigned nr, bool poll_final);
/* false: no frame has this control byte. */
bool hdlc_control_type(uint8_t control, enum hdlc_type *out);

static inline bool hdlc_is_poll_final(uint8_t control)
{
    return control & 0x10;
}

static inline unsigned hdlc_ns(uint8_t control)
{
    return control >> 1 & 7;
}

static inline unsigned hdlc_nr(uint8_t control)
{
    return control >> 5;
}

/* Does it carry a payload? */
static inline bool hdlc_is_data(const struct hdlc_frame *f)
{
    return f->type == HDLC_I || f->type == HDLC_UI;
}

/* ---- parameters of a link: the information of SNRM and UA ------------------------------------------- */

struct hdlc_parameters {
    uint16_t info_transmit, info_receive; /* most bytes of information in one frame, seen by who sends this */
    uint32_t window_transmit, window_receive; /* frames sent before an answer is needed */
};

/*     81 80 LL | 05 n.. | 06 n.. | 07 n.. | 08 n..
 * What is absent has its default, unknown parameters are passed over. Empty information is good: all defaults.
 * false: it does not read; nothing is written. */
bool hdlc_parameters_read(struct wp_slice info, struct hdlc_parameters *out);
/* All four, sizes in 1 byte up to 127 and else 2, windows in 4. */
void hdlc_put_parameters(struct wp_writer *w, const struct hdlc_parameters *parameters);

/* ---- encoding --------------------------------------------------------------------------------------- */

/* One frame between flags of its own. Of the frame: addresses, control, more, llc, payload; the rest follows from them.
 * Asserts that it is not longer than HDLC_LENGTH_MAX and that the addresses fit their n. */
void hdlc_encode(struct wp_writer *w, const struct hdlc_frame *frame);

/* An APDU on its way out in segments. `frame` has addresses, control and llc of the first one, and the whole APDU as
 * its payload; it is worked on. N(S) of I frames rises; UI frames have P/F, if at all, in the last alone. */
struct hdlc_split {
    struct hdlc_frame frame;
    size_t info_max; /* bytes of information in one frame, LLC included: above HDLC_LLC, at most what fits */
    bool is_done;
};

/* The next segment; false: there was none left, nothing is written. */
bool hdlc_split_next(struct hdlc_split *split, struct wp_writer *w);

/* ---- joining ---------------------------------------------------------------------------------------- */

/* The segments of one direction joined to payloads, in the caller's memory. Frames that are no segments pass without
 * being copied. */
struct hdlc_join {
    uint8_t *p;
    size_t cap, n;
    bool is_open; /* segments are waiting for more: the caller's time limit (10 s) counts from the last one */
    bool is_passing; /* the rest of a chain that was dropped passes by */
    struct hdlc_address destination, source;
    enum hdlc_type type;
    enum hdlc_llc llc; /* of the payload at hand */
    uint8_t ns;
    uint32_t dropped; /* chains that were given up */
};

void hdlc_join_init(struct hdlc_join *join, void *memory, size_t cap);

/* Takes one frame.
 * WP_OK    *out is a whole payload without its LLC, valid until the next call and no longer than the frame
 * WP_MORE  nothing to give yet: a segment, a repeated one, or a frame that carries none
 * WP_BAD   TOO_LARGE: the chain is longer than the memory and was dropped, its rest will pass
 *          TRUNCATED: a segment is missing in front of this one; the chain was dropped
 * Another address pair or kind of frame, and SNRM, DISC, UA, DM drop what is open; `dropped` counts it. */
enum wp_status hdlc_join_add(struct hdlc_join *join, const struct hdlc_frame *frame, struct wp_slice *out,
                             enum wp_fault *ret_fault);

/* Drops what is open: a frame of the line was bad, or nothing came for too long. What is left of the chain passes by:
 * up to its last segment, or the next frame with an LLC. */
void hdlc_join_drop(struct hdlc_join *join);

/* ---- conversations ---------------------------------------------------------------------------------- */

#define HDLC_LINK_TURN UINT64_MAX /* `what` of the turns below */

/* Of the link alone: SNRM and DISC ask, UA and DM answer. What I frames ask stands in their APDUs, and RR only
 * acknowledges: both are alone here. */
struct wp_turn hdlc_link_turn(const struct hdlc_frame *frame);
bool hdlc_link_answers(const struct wp_turn *answer, const struct wp_turn *question);

extern const struct wp_codec hdlc_codec;

#endif
