/* LuxPower (LXP) dongle protocol: one frame on TCP, between an inverter's dongle and who talks with it.
 *
 *     A1 1A | protocol 2 | frame_len 2 | 01 | tcp_function | datalog 10 | ...      all numbers low byte first
 *
 * - frame_len: what follows it, 13..4090. It alone cuts the stream.
 * - datalog: the dongle's serial, ten ASCII characters, or ten zeros.
 * - C1 heartbeat:  tail 1. Its answer is the same bytes.
 * - C2 data:       data_len 2 | address | device_function | inverter 10 | register 2 | payload | CRC 2
 *                  data_len counts what follows it with the CRC (some senders leave the CRC out of it); the CRC is
 *                  CRC-16/Modbus from the address up to the payload. The address is no direction: replies have 0 or 1.
 * - C3, C4 params: param 2 ... of the dongle itself, see enum lxp_shape.
 * C1, C3 and C4 have no checksum, so there the byte behind frame_len must be 01, as it always is.
 *
 * What a C2 frame is follows from its function and the length of its payload. One case is told by the direction alone:
 * two bytes of a read in protocol 1 are the count of a request, or the one value of a reply without length byte. The
 * dongle is the server of a connection (port 8000), or its client (port 4346, to the cloud): see struct lxp_state.
 * sources: protocols/luxpower-and-octolux, a; vectors lxp */
#ifndef WP_LXP_H
#define WP_LXP_H

#include "sim/core/decode.h"

enum {
    LXP_HEADER = 6, /* up to and with frame_len */
    LXP_FRAME_LEN_MIN = 13,
    LXP_FRAME_LEN_MAX = 4090,
    LXP_FRAME_MAX = LXP_HEADER + LXP_FRAME_LEN_MAX,
    LXP_SERIAL = 10,  /* characters of a datalog or inverter serial */
    LXP_AT_BODY = 18, /* of the first byte behind the datalog */
    LXP_AT_DATA = 20, /* of the first byte that data_len counts: the address */
    LXP_AT_PAYLOAD = 34,
    LXP_HEARTBEAT_BYTES = 19,
    LXP_REQUEST_BYTES = 38, /* read, write single; their echo and that of write multi too */
    LXP_REPLY_HEAD = 37,    /* bytes of a read reply with length byte around its values */
    LXP_COUNT_MAX = 127,    /* registers that a length byte can announce */
    LXP_EXCEPTION = 0x80,   /* bit of the device function */
};

/* The byte in front of the datalog: what kind of frame it is. */
#define LXP_FUNCTIONS(X)                                                                                     \
    X(HEARTBEAT, 0xC1, "heartbeat")                                                                          \
    X(DATA, 0xC2, "data")                                                                                    \
    X(READ_PARAM, 0xC3, "read-param")                                                                        \
    X(WRITE_PARAM, 0xC4, "write-param")

/* Of C2; those of an exception have bit 7 set. 0x21 to 0x23 carry firmware: they are read, and never sent. */
#define LXP_DEVICE_FUNCTIONS(X)                                                                              \
    X(READ_HOLD, 0x03, "read-hold")                                                                          \
    X(READ_INPUT, 0x04, "read-input")                                                                        \
    X(WRITE_SINGLE, 0x06, "write-single")                                                                    \
    X(WRITE_MULTI, 0x10, "write-multi")                                                                      \
    X(FIRMWARE_PREPARE, 0x21, "firmware-prepare")                                                            \
    X(FIRMWARE_DATA, 0x22, "firmware-data")                                                                  \
    X(FIRMWARE_RESET, 0x23, "firmware-reset")

enum lxp_function {
#define X(name, code, text) LXP_##name = code,
    LXP_FUNCTIONS(X)
#undef X
};

enum lxp_device_function {
#define X(name, code, text) LXP_##name = code,
    LXP_DEVICE_FUNCTIONS(X)
#undef X
};

/* What the frame says. Of a param the dongle may send what fits no shape: LXP_IS_PARAM_OTHER. */
#define LXP_SHAPES(X)                                                                                        \
    X(HEARTBEAT, "heartbeat")                                                                                \
    X(READ_REQUEST, "read-request")               /* first, count */                                         \
    X(READ_REPLY, "read-reply")                   /* first, count, values */                                 \
    X(WRITE_SINGLE, "write-single")               /* first, values (one): request and reply are alike */     \
    X(WRITE_MULTI_REQUEST, "write-multi-request") /* first, count, values */                                 \
    X(WRITE_MULTI_REPLY, "write-multi-reply")     /* first, count */                                         \
    X(EXCEPTION, "exception")                     /* first, error_code */                                    \
    X(FIRMWARE, "firmware")                       /* first, values: the payload as it is */                  \
    X(PARAM_READ_REQUEST, "read-param-request")   /* param; last_param where has_last_param */               \
    X(PARAM_READ_REPLY, "read-param-reply")       /* param, values: its bytes */                             \
    X(PARAM_WRITE_REQUEST, "write-param-request") /* param, values: its bytes */                             \
    X(PARAM_WRITE_REPLY, "write-param-reply")     /* param, status */                                        \
    X(PARAM_OTHER, "param")                       /* param, values: whatever follows it */

enum lxp_shape {
#define X(name, text) LXP_IS_##name,
    LXP_SHAPES(X)
#undef X
};

/* One frame; the slices borrow from the decoded input. A field that the shape does not have is 0 or empty. */
struct lxp_frame {
    uint16_t protocol; /* 1, 2 and 5 are seen */
    uint16_t frame_len;
    uint8_t reserved; /* 01 */
    uint8_t function; /* enum lxp_function */
    uint8_t shape;    /* enum lxp_shape */
    bool from_dongle; /* told by what it is, else by the direction; false where neither tells */
    bool is_told;     /* one of them did */
    struct wp_slice datalog;

    uint8_t tail; /* of a heartbeat */

    uint16_t data_len; /* as on the wire */
    uint8_t address;
    uint8_t device_function; /* as on the wire, with bit 7 */
    bool has_length_byte;
    uint8_t error_code;
    struct wp_slice inverter;
    uint16_t first; /* register */
    uint16_t count; /* of registers: asked for, or those in values */
    uint16_t crc;

    bool has_last_param;
    uint8_t status; /* 0: done */
    uint16_t param, last_param;
    /* Registers, two bytes each, low byte first: lxp_u16. Of a param: its bytes. */
    struct wp_slice values;
    struct wp_slice whole; /* the frame's own bytes */
};

/* Register i of `values`, the first is 0; i < count. */
static inline uint16_t lxp_u16(struct wp_slice values, size_t i)
{
    return (uint16_t)(values.p[2 * i] | values.p[2 * i + 1] << 8);
}

/* Of the device function, without the exception's bit. */
static inline uint8_t lxp_device_function(const struct lxp_frame *f)
{
    return f->device_function & (uint8_t)~LXP_EXCEPTION;
}

/* Is the datalog this one (LXP_SERIAL characters), or ten zeros, which every dongle may send? */
bool lxp_is_datalog(const struct lxp_frame *f, const char *datalog);
bool lxp_is_inverter(const struct lxp_frame *f, const char *inverter);

const char *lxp_function_text(uint8_t function);
/* Without bit 7; NULL for one that nobody knows. */
const char *lxp_device_function_text(uint8_t device_function);
const char *lxp_shape_text(enum lxp_shape shape);

/* ---- decoding --------------------------------------------------------------------------------------- */

/* What the sides of a connection have shown, each by its enum wp_side: bits of its own. Replies, exceptions and pushes
 * come from the dongle, requests do not; the first heartbeat is the dongle's, where nothing surer is seen; of sides
 * without a name the one that seems to ask first is not. Zeroed: the server is the dongle. */
struct lxp_state {
    uint8_t seen[WP_SIDE_UNKNOWN_TOO + 1];
};

/* Decode one frame from the front of `in`.
 * state  of the connection; may be NULL: nothing is remembered, the dongle is the server
 * from   who sent the bytes; WP_SIDE_UNKNOWN will do, see lxp_frame.from_dongle
 * out    written only on WP_OK
 * WP_MORE need = bytes still missing, exact once frame_len is there
 * WP_BAD START (no A1 1A), LENGTH (frame_len, or that of this function), FIELD (01), TCP_FUNCTION, DATA_LENGTH, CHECKSUM,
 *        VALUE_LENGTH: used = bytes up to the next A1 that could begin a frame, which may stand inside this one
 *        DEVICE_FUNCTION: the checksum is right, nobody knows the function: used = the whole frame
 * A beginning that is never finished waits for ever: how long, is for who has the time. Then it takes lxp_skip bytes off.
 * source: protocols/luxpower-and-octolux a.5 */
struct wp_decode lxp_decode(struct lxp_state *state, enum wp_side from, struct wp_slice in,
                            struct lxp_frame *out);

/* Bytes of `in` up to the next place behind its first byte where a frame could begin; in.n >= 1. */
size_t lxp_skip(struct wp_slice in);

/* ---- encoding --------------------------------------------------------------------------------------- */

/* What the frames of one speaker share. The serials are LXP_SERIAL characters each and need no 0 at the end.
 * protocol  requests: 1 (as octolux); replies: 1, 2 or 5. A read reply has its length byte in all but 1
 * address   0 in requests; 1, of some dongles 0, in replies and exceptions */
struct lxp_head {
    uint16_t protocol;
    uint8_t address;
    const char *datalog, *inverter;
};

/* C1; the answer to one: lxp_put_heartbeat(w, its protocol, its datalog, its tail). */
void lxp_put_heartbeat(struct wp_writer *w, uint16_t protocol, const char *datalog, uint8_t tail);

/* function: LXP_READ_HOLD, LXP_READ_INPUT */
void lxp_put_read(struct wp_writer *w, const struct lxp_head *head, uint8_t function, uint16_t first,
                  uint16_t count);
/* values: 1 to LXP_COUNT_MAX registers, low bytes first. */
void lxp_put_read_reply(struct wp_writer *w, const struct lxp_head *head, uint8_t function, uint16_t first,
                        struct wp_slice values);
/* Request and reply. */
void lxp_put_write(struct wp_writer *w, const struct lxp_head *head, uint16_t first, uint16_t value);
void lxp_put_write_multi(struct wp_writer *w, const struct lxp_head *head, uint16_t first,
                         struct wp_slice values);
void lxp_put_write_multi_reply(struct wp_writer *w, const struct lxp_head *head, uint16_t first,
                               uint16_t count);
/* function: the one that was asked, without bit 7; first: the register that was asked for. */
void lxp_put_exception(struct wp_writer *w, const struct lxp_head *head, uint8_t function, uint16_t first,
                       uint8_t error_code);

/* Params of the dongle: head->inverter and head->address play no part. */
void lxp_put_param_read(struct wp_writer *w, const struct lxp_head *head, uint16_t param);
void lxp_put_param_read_reply(struct wp_writer *w, const struct lxp_head *head, uint16_t param,
                              struct wp_slice value);
void lxp_put_param_write(struct wp_writer *w, const struct lxp_head *head, uint16_t param,
                         struct wp_slice value);
void lxp_put_param_write_reply(struct wp_writer *w, const struct lxp_head *head, uint16_t param,
                               uint8_t status);

/* Gives the n bytes of a C2 frame the CRC that they must have, whatever else is wrong with them.
 * false: they are no frame of that length, or have no CRC; nothing was changed. */
bool lxp_repair(uint8_t *frame, size_t n);

/* ---- the catalog row -------------------------------------------------------------------------------- */

enum wp_probe lxp_probe(struct wp_slice in);
void lxp_fields(const void *frame, wp_visit *visit, void *ctx);
struct wp_turn lxp_turn(const void *frame);
bool lxp_answers(const struct wp_turn *answer, const struct wp_turn *question);

extern const struct wp_codec lxp_codec;

#endif
