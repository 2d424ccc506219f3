/* What every codec answers and how every codec names what it found. */
#ifndef WP_DECODE_H
#define WP_DECODE_H

#include "sim/core/bytes.h"
#include "sim/core/value.h"

enum wp_status {
    WP_OK,   /* one whole frame: `used` bytes were eaten, the frame is written */
    WP_MORE, /* a good beginning: at least `need` more bytes are missing (need >= 1), used = 0 */
    WP_BAD,  /* not a frame: `fault` at offset `at`; skip `used` (>= 1) bytes to the next possible start */
};

/* Why a frame was refused. The text is part of the printed form. */
#define WP_FAULTS(X)                                                                                         \
    X(NONE, "none")                                                                                          \
    X(START, "no-start")            /* no start byte where one must stand */                                 \
    X(SECOND_START, "second-start") /* the second start byte is missing */                                   \
    X(LENGTH, "length")             /* a length that the protocol does not allow */                          \
    X(TOO_LARGE, "payload-too-large")                                                                        \
    X(CHECKSUM, "checksum")                                                                                  \
    X(END, "end")     /* no end byte after the announced length */                                           \
    X(FIELD, "field") /* a field that the protocol does not allow */                                         \
    X(TRUNCATED,                                                                                             \
      "truncated") /* the input ended inside a frame (decided by the caller, who knows the end) */           \
    X(VERSION, "version")                                                                                    \
    X(TYPE, "type")           /* a kind of message that is reserved */                                       \
    X(FLAGS, "flags")         /* reserved bits, or bits that contradict each other */                        \
    X(QOS, "qos")             /* a quality of service that does not exist */                                 \
    X(PACKET_ID, "packet-id") /* an identifier that is none */                                               \
    X(UTF8, "utf-8")          /* text that is none, or holds what text may not */                            \
    X(TOPIC, "topic")         /* a topic or filter of a wrong form */                                        \
    X(PROPERTY, "property")   /* unknown, out of place, twice, or with a value that it may not have */       \
    X(REASON, "reason-code")  /* one that this kind of message does not have */                              \
    X(DIRECTION, "direction") /* a message that the other side alone may send */                             \
    X(EXTRA, "extra-bytes")   /* something behind the last field */                                          \
    /* DLMS/COSEM */                                                                                         \
    X(TRAILING, "trailing")       /* octets behind a value or APDU that is complete */                       \
    X(TAG, "tag")                 /* a type of data that is not assigned */                                  \
    X(COUNT, "count")             /* more elements or bits announced than octets are left */                 \
    X(DEPTH, "depth")             /* containers nested deeper, or more elements, than are read */            \
    X(LENGTH_FORM, "length-form") /* a length octet of 80, or above 84 */                                    \
    X(CHOICE, "choice")           /* of an APDU: one that does not exist */                                  \
    X(OPTIONAL, "optional")       /* a presence octet that is neither 00 nor 01 */                           \
    X(DATE_TIME, "date-time-length")                                                                         \
    X(EVENT, "event")       /* an event-notification that fits no reading */                                 \
    X(APDU_TAG, "apdu-tag") /* no APDU begins so */                                                          \
    X(BLOCK, "block-number")                                                                                 \
    X(NESTING, "nesting") /* protection or block transfer inside its own kind */                             \
    X(FCS, "fcs")                                                                                            \
    X(HCS, "hcs")                                                                                            \
    X(HDLC_FLAG, "hdlc-flag")                                                                                \
    X(HDLC_FORMAT, "hdlc-format")                                                                            \
    X(HDLC_LENGTH, "hdlc-length")                                                                            \
    X(HDLC_ADDRESS, "hdlc-address")                                                                          \
    X(HDLC_CONTROL, "hdlc-control")                                                                          \
    X(MBUS_START, "mbus-start")                                                                              \
    X(MBUS_LENGTH, "mbus-length")                                                                            \
    X(MBUS_STOP, "mbus-stop")                                                                                \
    X(MBUS_CHECKSUM, "mbus-checksum")                                                                        \
    X(MBUS_SEQUENCE, "mbus-sequence")                                                                        \
    X(MBUS_INCOMPLETE, "mbus-incomplete")                                                                    \
    X(WRAPPER_VERSION, "wrapper-version")                                                                    \
    X(SYSTEM_TITLE, "system-title")   /* a title of another length than 8, or none where one is needed */    \
    X(CIPHER_LENGTH, "cipher-length") /* too short for what the security control octet says */               \
    X(AUTH_TAG, "auth-tag")           /* does not verify: a wrong key, or changed octets */                  \
    X(NO_KEY, "no-key")               /* ciphered, and no key is known for it */                             \
    X(DECIPHER, "decipher-failed")    /* not authenticated, and what came out is no APDU: a wrong key? */    \
    X(REPLAY, "replayed-counter")     /* an invocation counter that was seen before */                       \
    X(DOWNGRADE, "downgrade")         /* less protection than this sender must have */                       \
    X(COMPRESSED, "compressed")                                                                              \
    X(UNSUPPORTED, "unsupported")   /* known, and not read: signatures, wrapped and agreed keys */           \
    X(TCP_FUNCTION, "tcp-function") /* LuxPower: none of C1 to C4, so nothing vouches for the length */      \
    X(DEVICE_FUNCTION, "device-function") /* a checksum that is right around a function nobody knows */      \
    X(DATA_LENGTH, "data-length")         /* a second length that contradicts the frame's */                 \
    X(VALUE_LENGTH, "value-length")       /* a length of values that contradicts the data's, or is odd */    \
    /* D-Bus */                                                                                              \
    X(SERIAL, "serial")                /* 0, which is none */                                                \
    X(HEADER_FIELD, "header-field")    /* twice, or of another type than it must have */                     \
    X(MISSING, "header-field-missing") /* one that this type of message must have */                         \
    X(OBJECT_PATH, "object-path")                                                                            \
    X(NAME, "name") /* of an interface, member, error or bus */                                              \
    X(SIGNATURE, "signature")                                                                                \
    X(PADDING, "padding") /* bytes between values that are not 0 */                                          \
    X(BOOLEAN, "boolean") /* neither 0 nor 1 */

enum wp_fault {
#define X(name, text) WP_FAULT_##name,
    WP_FAULTS(X)
#undef X
};

enum {
    WP_N_FAULTS = 0
#define X(name, text) +1
    WP_FAULTS(X)
#undef X
};

const char *wp_fault_text(enum wp_fault fault);

struct wp_decode {
    enum wp_status status;
    enum wp_fault fault; /* WP_BAD only */
    size_t used;         /* bytes to take off the front; 0 with WP_MORE */
    size_t need;         /* WP_MORE only: bytes still missing, at least */
    size_t at;           /* WP_BAD only: offset of what was wrong */
};

static inline struct wp_decode wp_ok(size_t used)
{
    return (struct wp_decode){.status = WP_OK, .used = used};
}

static inline struct wp_decode wp_more(size_t need)
{
    return (struct wp_decode){.status = WP_MORE, .need = need};
}

static inline struct wp_decode wp_bad(enum wp_fault fault, size_t at, size_t used)
{
    return (struct wp_decode){.status = WP_BAD, .fault = fault, .at = at, .used = used};
}

/* What a field is for: anonymise maps ids and repairs checksums, minimise shrinks values. */
enum wp_role {
    WP_ROLE_FIELD,
    WP_ROLE_LENGTH,
    WP_ROLE_CHECKSUM,
    WP_ROLE_ID, /* of no bytes: what follows from an id that stands elsewhere in the frame */
    WP_ROLE_KEY,
    WP_ROLE_VALUE,
    WP_ROLE_SECRET, /* a password: its value is never said, only where it stands */
    WP_ROLE_CIPHER, /* octets that only a key opens */
};

/* One named field of a decoded frame.
 * path   "address"; a dot makes an object of its own ("wrapper.length"); "errors[]" repeated makes an array.
 *        Names are those of the published vectors, so that text, --json and tests speak alike.
 * value  borrowed from the frame for the call
 * unit   "" when there is none
 * first, len   where the field stands on the wire, from the frame's first byte; len 0: derived from others */
struct wp_field {
    const char *path;
    struct wp_value value;
    const char *unit;
    size_t first, len;
    enum wp_role role;
};

/* Called once per field, in the frame's fixed order: it never depends on values except by absence. */
typedef void wp_visit(void *ctx, const struct wp_field *field);

/* Who sent the bytes, where the codec needs to know (MQTT, Modbus): the side that opened the connection. */
enum wp_side {
    WP_SIDE_UNKNOWN,
    WP_SIDE_CLIENT,
    WP_SIDE_SERVER,
    WP_SIDE_UNKNOWN_TOO, /* neither: the other direction of a connection, one of whose is WP_SIDE_UNKNOWN */
};

/* How sure a codec is that a stream which begins with these bytes is its own. */
enum wp_probe {
    WP_PROBE_NO,
    WP_PROBE_MORE,       /* cannot say yet */
    WP_PROBE_MAYBE,      /* too little to be sure of: for who asks to decide by what stands around it */
    WP_PROBE_MAYBE_MORE, /* the same so far, but what follows may make it sure */
    WP_PROBE_YES,        /* for sure, even if what begins so has a fault further on */
};

/* What a frame is in a conversation, so that who knows no protocol can pair questions with answers. */
enum wp_turn_kind {
    WP_TURN_ALONE, /* nothing answers it, and it answers nothing */
    WP_TURN_ASKS,  /* the other side must answer */
    WP_TURN_ANSWERS,
};

/* `who` and `what` in the codec's own form: compared by its `answers` alone, except that two questions are the same
 * when both are equal. */
struct wp_turn {
    enum wp_turn_kind kind;
    uint64_t who;  /* an address, a unit */
    uint64_t what; /* a function, a register, a number given by who asked */
};

/* A message that a frame carries, for who judges what is said and knows no protocol.
 * alias  0: none. With a topic it stands for that topic from now on, in this direction of the connection; without one
 *        the message has the topic that it stands for. */
struct wp_carried {
    struct wp_slice topic, payload; /* borrowed from the frame */
    uint16_t alias;
    uint8_t qos;
    bool retain, dup;
};

/* What came of ciphering. */
enum wp_seal {
    WP_SEAL_NONE,      /* there is none, or it is not whole yet */
    WP_SEAL_VERIFIED,  /* deciphered, and its tag is right */
    WP_SEAL_UNCHECKED, /* deciphered, but there is no tag, or no key that would tell whether it is right */
    WP_SEAL_CLOSED,    /* not deciphered: the fault says why */
};

/* What a good frame carries may be wrong all the same. */
struct wp_content {
    enum wp_seal seal;
    enum wp_fault fault; /* WP_FAULT_NONE: nothing is wrong, or nothing whole was delivered yet */
    size_t at; /* of what was wrong, from the frame's first byte; 0: in what was joined or deciphered */
};

/* The keys of one sender, DLMS/COSEM security suite 0, 1 (16 octets) or 2 (32). */
struct wp_key {
    bool has_title;      /* false: of every sender that has no entry of its own */
    uint8_t title[8];    /* system title of the sender */
    uint8_t n_key;       /* 0: none, 16, 32 */
    uint8_t n_auth;      /* 0: none, 16, 32 */
    uint8_t n_broadcast; /* 0: none, 16, 32 */
    uint8_t key[32];     /* global unicast encryption key */
    uint8_t auth[32];    /* authentication key */
    uint8_t broadcast[32];
};

/* Secrets: they are never printed. */
struct wp_keys {
    const struct wp_key *at;
    size_t n;
};

/* One row of the catalog. Frames are plain structs of frame_size bytes that borrow from `in`; what must be
 * remembered between frames of one stream (a protocol version, segments) is state_size zeroed bytes of the
 * caller's, one for each connection: both directions share it, and `from` says which one is at hand. It may be copied.
 * WP_MORE, and WP_BAD with the fault START, leave it as it was. */
struct wp_codec {
    const char *name;
    unsigned
        print_version; /* raised by who changes the printed form; goldens of another number are refused */
    size_t frame_size, state_size;
    enum wp_probe (*probe)(struct wp_slice in);
    struct wp_decode (*decode)(void *state, enum wp_side from, struct wp_slice in, void *frame);
    void (*fields)(const void *frame, wp_visit *visit, void *ctx);
    const char
        *family; /* codecs of one family share streams, frame by frame; NULL: it has its streams alone */
    /* Both NULL: frames of this protocol ask and answer nothing. */
    struct wp_turn (*turn)(const void *frame);
    bool (*answers)(const struct wp_turn *answer, const struct wp_turn *question);
    /* What the sides are called, who asks first: "gateway" and "meter"; where `sender` tells, the client and the server.
     * NULL: nobody asks. */
    const char *asker, *answerer;
    /* Gives the n bytes of one frame, whose lengths are right, the checksums and end mark that they must have: values
     * may be changed first. false: these are no such frame, nothing was changed. NULL: the protocol has none. */
    bool (*repair)(uint8_t *frame, size_t n);
    /* Frames may carry bytes that look like frames: where bytes are missing, or behind an unfinished frame, only that is
     * one which the probe is sure of. */
    bool carries_anything;
    /* NULL: frames of this protocol carry no messages. false: this one does not. */
    bool (*message)(const void *frame, struct wp_carried *out);
    /* Questions that differ in `who` alone may have the same answer: makes the frame of n bytes that answered another one
     * answer this one. false: it cannot be made so, nothing was changed. NULL: a frame answers its own question alone. */
    bool (*adopt)(uint8_t *frame, size_t n, const struct wp_turn *question);
    /* Who alone may send such a frame; WP_SIDE_UNKNOWN: either. NULL: frames of this protocol do not tell. */
    enum wp_side (*sender)(const void *frame);
    /* Frames have no mark of their own: one begins where another ends, or where bytes begin. */
    bool is_bare;
    /* Where its probe is not sure of a frame, another codec of its family that is sure of it has it. */
    bool yields;
    /* NULL: a good frame is good throughout. */
    void (*content)(const void *frame, struct wp_content *out);
    /* Frames hold values in values: people read them as a tree, not as a line. */
    bool is_deep;
    /* Gives a zeroed state the keys of ciphered frames; they outlive it. NULL: frames are never ciphered. */
    void (*unlock)(void *state, const struct wp_keys *keys);
    /* While nothing in it is unfinished, a state is its first idle_size bytes, whatever the others are; so is one that a
     * stream begins with. give_up makes it so: what was unfinished is lost. is_idle NULL: a state is always all of it. */
    size_t idle_size;
    bool (*is_idle)(const void *state);
    void (*give_up)(void *state);
};

/* How many of its first bytes a state is made of now. */
static inline size_t wp_codec_keeps(const struct wp_codec *codec, const void *state)
{
    return codec->is_idle && codec->is_idle(state) ? codec->idle_size : codec->state_size;
}

#endif
