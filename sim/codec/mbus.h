/* Wired M-Bus frames with DLMS/COSEM in them.                        source: EN 13757-2, -4; IEC 62056-7-3
 *
 *     68 | L | L | 68 | C | A | CI | STSAP | DTSAP | data | CS | 16       long: L counts from C to the data
 *     10 | C | A | CS | 16                                                short
 *     E5                                                                  acknowledge
 *
 * - CS: sum modulo 256 of the L bytes. L below 5 stands for 256 more: a Sagemcom T210-D sends 257 bytes as 01 01.
 * - CI, up to 1F: bit 4 FIN, the last frame of its payload; bits 3..0 the frame's number, from 0. STSAP and DTSAP
 *   stand behind these alone; any other CI is of other protocols and all behind it is payload.
 * - There is no LLC: the data of frame 0 begin with the APDU.
 * seen: C 53, A FF, CI 00 then 11, or 10 alone, STSAP 01, DTSAP 67 */
#ifndef WP_MBUS_H
#define WP_MBUS_H

#include "sim/core/decode.h"

enum {
    MBUS_OVERHEAD = 6,   /* around the L bytes */
    MBUS_LENGTH_MIN = 5, /* C, A, CI, STSAP, DTSAP */
    MBUS_LENGTH_MAX = 256 + MBUS_LENGTH_MIN - 1,
    MBUS_FRAME_MAX = MBUS_LENGTH_MAX + MBUS_OVERHEAD,
    MBUS_SHORT = 5, /* bytes */
    MBUS_SND_UD = 0x53,
    MBUS_BROADCAST = 0xFF,
    MBUS_FIN = 0x10,      /* of CI */
    MBUS_SEGMENT = 0x0F,  /* of CI */
    MBUS_CI_COSEM = 0x1F, /* the largest CI that carries DLMS/COSEM */
    MBUS_SEGMENTS_MAX = 16,
    MBUS_DATA_USUAL = 245,   /* bytes of data in the frames of a Kaifa meter, L = FA */
    MBUS_DATA_WRAPPED = 252, /* in those of a Sagemcom, L = 01 */
};

enum mbus_kind {
    MBUS_IS_LONG,
    MBUS_IS_SHORT,
    MBUS_IS_ACKNOWLEDGE,
};

struct mbus_frame {
    enum mbus_kind kind;
    uint8_t c, a;            /* not of an acknowledge */
    uint8_t ci;              /* of a long frame, as all below */
    uint8_t stsap, dtsap;    /* only if mbus_is_cosem */
    uint8_t l;               /* as it stands on the wire */
    uint16_t length;         /* what it means: 5..260 */
    uint8_t checksum;        /* as received; mbus_encode makes its own */
    struct wp_slice payload; /* borrowed */
};

/* Decode one frame from the front of `in`.
 * WP_MORE need = bytes still missing, exact once both L are there
 * WP_BAD MBUS_START | MBUS_LENGTH | MBUS_STOP | MBUS_CHECKSUM, used = bytes up to the next 68, 10 or E5, at least 1 */
struct wp_decode mbus_decode(struct wp_slice in, struct mbus_frame *out);

/* Checksum and stop made right in n bytes whose length fits their L; false: it does not, nothing is changed. */
bool mbus_repair(uint8_t *frame, size_t n);

static inline bool mbus_is_cosem(const struct mbus_frame *f)
{
    return f->kind == MBUS_IS_LONG && f->ci <= MBUS_CI_COSEM;
}

static inline unsigned mbus_segment(const struct mbus_frame *f)
{
    return f->ci & MBUS_SEGMENT;
}

static inline bool mbus_is_last(const struct mbus_frame *f)
{
    return f->ci & MBUS_FIN;
}

/* Of the frame: kind, c, a, ci, stsap, dtsap, payload. Asserts that the length can be said: 5..260. */
void mbus_encode(struct wp_writer *w, const struct mbus_frame *frame);

/* An APDU on its way out. `frame` has c, a, stsap and dtsap, and the whole APDU as its payload; it is worked on. */
struct mbus_split {
    struct mbus_frame frame;
    size_t data_max; /* bytes of data in one frame, 1..255: MBUS_DATA_USUAL, MBUS_DATA_WRAPPED */
    bool is_done;
};

/* The next frame; false: there was none left, or more than MBUS_SEGMENTS_MAX would be needed (asserted at the first),
 * nothing is written. */
bool mbus_split_next(struct mbus_split *split, struct wp_writer *w);

/* ---- joining ---------------------------------------------------------------------------------------- */

/* The frames of one payload joined in the caller's memory; a payload in one frame passes without being copied. */
struct mbus_join {
    uint8_t *p;
    size_t cap, n;
    bool is_open; /* frames are waiting for more: the caller's time limit (10 s) counts from the last one */
    uint8_t next; /* number of the next frame */
    uint8_t a, stsap, dtsap;
    uint32_t dropped; /* payloads that were given up */
};

void mbus_join_init(struct mbus_join *join, void *memory, size_t cap);

/* Takes one frame.
 * WP_OK    *out is a whole payload, valid until the next call and no longer than the frame
 * WP_MORE  nothing to give yet: not the last frame, or one that carries none
 * WP_BAD   MBUS_SEQUENCE: not the number that must come now; TOO_LARGE: longer than the memory. What was open is
 *          dropped; frame 0 begins anew
 * Who sees the end with is_open has MBUS_INCOMPLETE. */
enum wp_status mbus_join_add(struct mbus_join *join, const struct mbus_frame *frame, struct wp_slice *out,
                             enum wp_fault *ret_fault);

/* Drops what is open: a frame was bad, or nothing came for too long. */
void mbus_join_drop(struct mbus_join *join);

extern const struct wp_codec mbus_codec;

#endif
