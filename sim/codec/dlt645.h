/* DL/T 645-2007 frame: bytes to struct and back, one builder for each request and reply, the layouts by control
 * code.
 *
 *     [FE..] 68 A0 A1 A2 A3 A4 A5 68 C L D0..D(L-1) CS 16          source: DL/T 645-2007, 5.2
 *
 * - FE: any number of wake-up bytes, not in the checksum. Serial masters send four, TCP ones none.
 * - A: 6 bytes, BCD, low byte first. Held as a number of 12 hexadecimal digits: 0x000000001234.
 * - C: bit 7 from the meter, bit 6 abnormal reply, bit 5 more frames follow, bits 4..0 the function.
 * - D: L bytes, each sent as value + 0x33. Held with the 0x33 taken off.
 * - CS: sum modulo 256 of the wire bytes from the first 68 up to CS.
 *
 * The 1997 edition has the same link layer and its own functions (01, 02, 04, ...); such a frame is decoded and
 * labelled, and never read as one of 2007. */
#ifndef WP_DLT645_H
#define WP_DLT645_H

#include "sim/core/decode.h"

enum {
    DLT645_OVERHEAD = 12,  /* a frame without data and wake-up bytes */
    DLT645_DATA_MAX = 255, /* what L can say; the standard stops at 200 for reads and 50 for writes */
    DLT645_FRAME_MAX = DLT645_OVERHEAD + DLT645_DATA_MAX,
    DLT645_READ_MAX = 200,
    DLT645_WRITE_MAX = 50,
    DLT645_WAKEUP = 0xFE,
};

/* Addresses that are no meter's own. A byte AA in an address stands for any byte. */
#define DLT645_ADDRESS_ANY       UINT64_C(0xAAAAAAAAAAAA)
#define DLT645_ADDRESS_BROADCAST UINT64_C(0x999999999999)

/* Functions of the 2007 edition and of the utility's addendum. */
#define DLT645_FUNCTIONS(X)                                                                                  \
    X(SECURITY, 0x03, "security")                                                                            \
    X(BROADCAST_TIME, 0x08, "broadcast-time")                                                                \
    X(READ, 0x11, "read")                                                                                    \
    X(READ_FOLLOW, 0x12, "read-follow")                                                                      \
    X(READ_ADDRESS, 0x13, "read-address")                                                                    \
    X(WRITE, 0x14, "write")                                                                                  \
    X(WRITE_ADDRESS, 0x15, "write-address")                                                                  \
    X(FREEZE, 0x16, "freeze")                                                                                \
    X(CHANGE_BAUD, 0x17, "change-baud")                                                                      \
    X(CHANGE_PASSWORD, 0x18, "change-password")                                                              \
    X(CLEAR_DEMAND, 0x19, "clear-demand")                                                                    \
    X(CLEAR_METER, 0x1A, "clear-meter")                                                                      \
    X(CLEAR_EVENTS, 0x1B, "clear-events")                                                                    \
    X(RELAY, 0x1C, "relay-control")                                                                          \
    X(TERMINAL_OUTPUT, 0x1D, "terminal-output")                                                              \
    X(VENDOR, 0x1F, "vendor")

enum dlt645_function {
#define X(name, code, text) DLT645_##name = code,
    DLT645_FUNCTIONS(X)
#undef X
};

enum {
    DLT645_FROM_METER = 0x80,
    DLT645_ABNORMAL = 0x40,
    DLT645_MORE = 0x20,
    DLT645_FUNCTION = 0x1F,
};

/* Bits of the error byte of an abnormal reply. */
#define DLT645_ERRORS(X)                                                                                     \
    X(OTHER, 0x01, "other")                                                                                  \
    X(NO_DATA, 0x02, "no-requested-data")                                                                    \
    X(PASSWORD, 0x04, "password-or-unauthorised")                                                            \
    X(BAUD, 0x08, "baud-not-changeable")                                                                     \
    X(YEARLY_ZONES, 0x10, "yearly-zones-exceeded")                                                           \
    X(DAILY_SLOTS, 0x20, "daily-slots-exceeded")                                                             \
    X(TARIFFS, 0x40, "tariffs-exceeded")

enum dlt645_error {
#define X(name, bit, text) DLT645_ERROR_##name = bit,
    DLT645_ERRORS(X)
#undef X
};

/* N1 of a relay command (1C). */
#define DLT645_ACTIONS(X)                                                                                    \
    X(TRIP, 0x1A, "trip")                                                                                    \
    X(CLOSE_PERMIT, 0x1B, "close-permit")                                                                    \
    X(CLOSE, 0x1C, "close")                                                                                  \
    X(ALARM, 0x2A, "alarm")                                                                                  \
    X(ALARM_OFF, 0x2B, "alarm-off")                                                                          \
    X(KEEP_POWER, 0x3A, "keep-power")                                                                        \
    X(KEEP_POWER_OFF, 0x3B, "keep-power-off")

enum dlt645_action {
#define X(name, code, text) DLT645_ACTION_##name = code,
    DLT645_ACTIONS(X)
#undef X
};

/* What a terminal output (1D) shows. */
enum dlt645_output {
    DLT645_OUTPUT_TIME_PULSE,
    DLT645_OUTPUT_DEMAND_PERIOD,
    DLT645_OUTPUT_ZONE_SWITCH,
};

struct dlt645_frame {
    uint64_t address; /* 12 hexadecimal digits, the first one sent last */
    size_t wakeup;    /* FE bytes in front */
    uint8_t control;
    uint8_t n_data;
    uint8_t checksum;                  /* as received; dlt645_encode makes its own */
    uint8_t data[DLT645_DATA_MAX + 1]; /* one more, so that it is taken in whole words */
};

/* Decode one frame from the front of `in`.
 * in    wire bytes, may start with wake-up bytes, may hold several frames
 * out   written only on WP_OK; n_data bytes of data are valid
 * WP_MORE need = bytes still missing, exact once L is there
 * WP_BAD START | SECOND_START | END | CHECKSUM, used = bytes up to the next byte that could start a frame (68 or
 *        FE), at least 1: a good frame that begins inside a false one is never lost
 * A false start with a large L says WP_MORE until that many bytes are there: who waits must give up some time,
 * drop one byte and decode again.
 * source: DL/T 645-2007, 5.2; captures/dlt645 */
struct wp_decode dlt645_decode(struct wp_slice in, struct dlt645_frame *out);

/* The frame with its wake-up bytes and checksum; every bit pattern of the struct can be sent. */
void dlt645_encode(struct wp_writer *w, const struct dlt645_frame *frame);

/* Checksum and end byte made right in n bytes whose length fits their L; false: it does not, nothing is changed. */
bool dlt645_repair(uint8_t *frame, size_t n);

static inline bool dlt645_is_from_meter(const struct dlt645_frame *f)
{
    return f->control & DLT645_FROM_METER;
}

static inline bool dlt645_is_abnormal(const struct dlt645_frame *f)
{
    return f->control & DLT645_ABNORMAL;
}

static inline bool dlt645_has_more(const struct dlt645_frame *f)
{
    return f->control & DLT645_MORE;
}

static inline uint8_t dlt645_function(const struct dlt645_frame *f)
{
    return f->control & DLT645_FUNCTION;
}

/* Is it a function that only the 1997 edition has (01 02 04 0A 0C 0F 10)? */
bool dlt645_is_1997(const struct dlt645_frame *f);

/* "read", "relay-control", ...; "reserved" for a function without a name. Those of 1997 get the same words. */
const char *dlt645_function_text(const struct dlt645_frame *f);

/* NULL when the code has no meaning. */
const char *dlt645_action_text(uint8_t n1);

/* The name of one bit of the error byte; NULL for bit 7, which is reserved. */
const char *dlt645_error_text(unsigned bit);

/* ---- addresses ------------------------------------------------------------------------------------ */

/* 1 to 12 hexadecimal digits, missing ones in front are 0. */
bool dlt645_address_read(struct wp_slice text, uint64_t *out);
/* 12 digits, upper case. */
void dlt645_put_address(struct wp_writer *w, uint64_t address);
/* Can it be one meter's own: twelve decimal digits, and not the broadcast address? */
bool dlt645_address_is_own(uint64_t address);
/* Does a frame sent to `to` reach the meter `own`? AA bytes match any byte; broadcast is not looked at. */
bool dlt645_address_match(uint64_t to, uint64_t own);

/* ---- layouts of a.2, by control code -------------------------------------------------------------- */

/* PA P0 P1 P2 and C0..C3, as they stand on the wire (0x33 off). Level 98 and 99 carry a ciphertext or a MAC. */
struct dlt645_auth {
    uint8_t level;
    uint8_t password[3];
    uint8_t operator_code[4];
};

/* Two decimal digits each; 99 in a freeze command means every. */
struct dlt645_time {
    uint8_t year, month, day, hour, minute, second;
};

/* Which members of a body the frame has. */
enum {
    DLT645_HAS_DI = 1 << 0,
    DLT645_HAS_DI2 = 1 << 1,       /* 1997 */
    DLT645_HAS_COUNT = 1 << 2,     /* read: number of load profile blocks */
    DLT645_HAS_TIME = 1 << 3,      /* broadcast time, freeze, load profile start, relay validity */
    DLT645_HAS_SEQ = 1 << 4,       /* follow-up frames */
    DLT645_HAS_AUTH = 1 << 5,      /* level and password */
    DLT645_HAS_OPERATOR = 1 << 6,  /* operator code */
    DLT645_HAS_NEW_AUTH = 1 << 7,  /* change of password: the new level and password */
    DLT645_HAS_ADDRESS = 1 << 8,   /* read and write address */
    DLT645_HAS_BAUD = 1 << 9,      /* Z */
    DLT645_HAS_RELAY = 1 << 10,    /* n1, n2 */
    DLT645_HAS_OUTPUT = 1 << 11,   /* terminal output */
    DLT645_HAS_ERROR = 1 << 12,    /* error byte */
    DLT645_HAS_SECURITY = 1 << 13, /* security error word */
    DLT645_HAS_PAYLOAD = 1 << 14,  /* register values, opaque data */
};

struct dlt645_body {
    unsigned has;
    uint32_t di;  /* 0x02010100 */
    uint16_t di2; /* 1997: 0x9010 */
    uint8_t count, seq, baud, n1, n2, output, error;
    uint16_t security; /* SERR, low byte first on the wire */
    struct dlt645_auth auth, new_auth;
    struct dlt645_time time;
    uint64_t address;
    struct wp_slice payload; /* inside the frame's data */
};

/* Read the data by the layout that the control code and the length ask for. false: the length fits none, a time
 * is not decimal, or the function has no layout; the frame is good, its data are opaque and `has` is 0. */
bool dlt645_body(const struct dlt645_frame *frame, struct dlt645_body *out);

/* Z of a change of speed to bits per second and back; 0 when it is none of the six. */
unsigned dlt645_baud(uint8_t z);
uint8_t dlt645_baud_z(unsigned baud);

/* ---- requests, master to meter: the frame without wake-up bytes -------------------------------------- */

void dlt645_ask_read(struct dlt645_frame *out, uint64_t address, uint32_t di);
/* The last `count` blocks of a load profile; with `from` the `count` blocks that begin then. */
void dlt645_ask_profile(struct dlt645_frame *out, uint64_t address, uint32_t di, uint8_t count,
                        const struct dlt645_time *from);
/* The piece `seq` (1..255) of a reply that said more follows. */
void dlt645_ask_follow(struct dlt645_frame *out, uint64_t address, uint32_t di, uint8_t seq);
/* Who is there? To the wildcard address; only on a line with one meter. */
void dlt645_ask_address(struct dlt645_frame *out);
void dlt645_ask_write(struct dlt645_frame *out, uint64_t address, uint32_t di, const struct dlt645_auth *auth,
                      struct wp_slice value);
void dlt645_ask_write_address(struct dlt645_frame *out, uint64_t address);
/* month, day, hour and minute of `when`; 99 is every. All 99: now. */
void dlt645_ask_freeze(struct dlt645_frame *out, uint64_t address, const struct dlt645_time *when);
void dlt645_ask_baud(struct dlt645_frame *out, uint64_t address, uint8_t z);
/* Level and password of `old` and `new`; the operator codes are not sent. */
void dlt645_ask_password(struct dlt645_frame *out, uint64_t address, uint32_t di,
                         const struct dlt645_auth *old, const struct dlt645_auth *new_auth);
void dlt645_ask_clear_demand(struct dlt645_frame *out, uint64_t address, const struct dlt645_auth *auth);
void dlt645_ask_clear_meter(struct dlt645_frame *out, uint64_t address, const struct dlt645_auth *auth);
/* `di` FFFFFFFF: all events; its last byte FF: one class. */
void dlt645_ask_clear_events(struct dlt645_frame *out, uint64_t address, const struct dlt645_auth *auth,
                             uint32_t di);
void dlt645_ask_relay(struct dlt645_frame *out, uint64_t address, const struct dlt645_auth *auth, uint8_t n1,
                      uint8_t n2, const struct dlt645_time *valid_until);
void dlt645_ask_output(struct dlt645_frame *out, uint64_t address, enum dlt645_output output);
void dlt645_ask_security(struct dlt645_frame *out, uint64_t address, uint32_t di,
                         const uint8_t operator_code[4], struct wp_slice data);
void dlt645_ask_time(struct dlt645_frame *out, uint64_t address, const struct dlt645_time *now);

/* ---- replies, meter to master ----------------------------------------------------------------------- */

void dlt645_reply_read(struct dlt645_frame *out, uint64_t address, uint32_t di, struct wp_slice payload,
                       bool more);
void dlt645_reply_follow(struct dlt645_frame *out, uint64_t address, uint32_t di, struct wp_slice payload,
                         uint8_t seq, bool more);
void dlt645_reply_address(struct dlt645_frame *out, uint64_t address);
/* Done, without data: write, write address, freeze, clear demand, clear meter, clear events, relay. */
void dlt645_reply_done(struct dlt645_frame *out, uint64_t address, enum dlt645_function function);
void dlt645_reply_baud(struct dlt645_frame *out, uint64_t address, uint8_t z);
void dlt645_reply_password(struct dlt645_frame *out, uint64_t address, const struct dlt645_auth *new_auth);
void dlt645_reply_output(struct dlt645_frame *out, uint64_t address, enum dlt645_output output);
void dlt645_reply_security(struct dlt645_frame *out, uint64_t address, uint32_t di, struct wp_slice data);
/* Refused: bits of enum dlt645_error. */
void dlt645_reply_error(struct dlt645_frame *out, uint64_t address, enum dlt645_function function,
                        uint8_t errors);
/* Refused with the addendum's two-byte word (security C3, relay DC). */
void dlt645_reply_security_error(struct dlt645_frame *out, uint64_t address, enum dlt645_function function,
                                 uint16_t word);

/* ---- conversations ---------------------------------------------------------------------------------- */

/* Requests ask, except for those that a broadcast address or function says nobody answers; replies answer. */
struct wp_turn dlt645_turn(const void *frame);
/* Same function, an address that the question meant, and the same register and piece where both name them: an
 * abnormal reply and one to a write name none. */
bool dlt645_answers(const struct wp_turn *answer, const struct wp_turn *question);

extern const struct wp_codec dlt645_codec;

#endif
