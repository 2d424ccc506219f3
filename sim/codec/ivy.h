/* IVY: the IEC 62056-47 wrapper with the session messages of one meter family in it.
 *
 *     00 01 | source | destination | length | payload                       4 x 2 bytes, high byte first
 *
 *     payload: a DLMS APDU, or a session message
 *     code | device type | n | address[n] | option | CRC                    1 1 1 n 0..1 2 bytes
 *
 * - code: 0A login, AA its answer, 0C heartbeat, CC its answer, 0F last gasp (power fails).
 * - option: one byte in a login and its answer, none in the others. Seen: both lengths are read in all of them.
 * - CRC: X-25 over the payload between code and CRC, low byte first. Reported, never a reason to refuse: whether
 *   a wrong one counts is the receiver's policy.
 * source: four captured messages whose CRC verifies, vectors ivy-heartbeat */
#ifndef WP_IVY_H
#define WP_IVY_H

#include "sim/core/decode.h"

enum {
    IVY_HEADER = 8,
    IVY_PAYLOAD_MAX = 4096,
    IVY_FRAME_MAX = IVY_HEADER + IVY_PAYLOAD_MAX,
    IVY_VERSION = 1,
    IVY_PORT = 1, /* the meter's own wPort, and the usual one of the other side */
};

#define IVY_CONTROLS(X)                                                                                      \
    X(LOGIN, 0x0A, "login-request")                                                                          \
    X(LOGIN_ANSWER, 0xAA, "login-response")                                                                  \
    X(HEARTBEAT, 0x0C, "heartbeat-request")                                                                  \
    X(HEARTBEAT_ANSWER, 0xCC, "heartbeat-response")                                                          \
    X(LAST_GASP, 0x0F, "last-gasp")

enum ivy_control {
#define X(name, code, text) IVY_##name = code,
    IVY_CONTROLS(X)
#undef X
};

enum ivy_device_type {
    IVY_DEVICE_NONE,
    IVY_DEVICE_CONCENTRATOR,
    IVY_DEVICE_METER,
    IVY_DEVICE_MASTER,
};

struct ivy_session {
    uint8_t control;     /* enum ivy_control */
    uint8_t device_type; /* enum ivy_device_type */
    uint8_t option;      /* valid if has_option */
    bool has_option;
    uint16_t crc, crc_expected; /* after decoding; equal when the CRC is right */
    struct wp_slice address;    /* usually 12 ASCII digits, but it comes from the wire */
};

enum ivy_kind {
    IVY_SESSION,
    IVY_APDU,  /* the payload begins with a known DLMS tag */
    IVY_OTHER, /* an empty payload, an unknown tag */
};

/* Slices borrow from the decoded input. */
struct ivy_frame {
    uint16_t source, destination;
    enum ivy_kind kind;
    struct ivy_session session; /* IVY_SESSION */
    struct wp_slice payload;    /* always */
};

/* Decode one wrapper from the front of `in`.
 * WP_MORE need = bytes still missing, exact once the length is there
 * WP_BAD NO-START | VERSION | TOO_LARGE, used = bytes up to the next 00 01, at least 1
 * Both ports are 1..255 and one of them is 1, the meter's: the pattern is as good as the 00 01 00 01 that meters
 * send, and requests of other clients (10, 30) are read too. */
struct wp_decode ivy_decode(struct wp_slice in, struct ivy_frame *out);

static inline bool ivy_crc_ok(const struct ivy_session *s)
{
    return s->crc == s->crc_expected;
}

/* NULL for a code that is none of the five. */
const char *ivy_control_text(uint8_t control);

/* A wrapper around a payload of at most IVY_PAYLOAD_MAX bytes. */
void ivy_encode(struct wp_writer *w, uint16_t source, uint16_t destination, struct wp_slice payload);

/* A wrapped session message; crc and crc_expected are ignored, the right CRC is sent. The address has at most
 * 255 bytes. */
void ivy_encode_session(struct wp_writer *w, uint16_t source, uint16_t destination,
                        const struct ivy_session *session);

/* A message as the captured ones are: with an option byte (00) in a login and its answer, without in the others. */
struct ivy_session ivy_session(enum ivy_control control, enum ivy_device_type type, struct wp_slice address);

/* The answer of a master station to a login or heartbeat: AA or CC, same address, same option.
 * false: nothing is answered to this message. Send it with the request's ports swapped. */
bool ivy_answer(const struct ivy_session *request, struct ivy_session *out);

extern const struct wp_codec ivy_codec;

#endif
