/* The ordered record of what happened: the product of a run.
 *
 * A transcript is a stream to sinks (judge, files, report), never a list. Record contents are borrowed for the
 * call of the sink. */
#ifndef WP_TRANSCRIPT_H
#define WP_TRANSCRIPT_H

#include "sim/core/decode.h"
#include "sim/core/machine.h"

#define WP_RECORDS(X)                                                                                        \
    X(OPEN, "open")       /* a connection stands, seen from `machine` */                                     \
    X(CLOSE, "close")     /* it is gone, or a dial failed (port 0) */                                        \
    X(SEND, "send")       /* bytes leave `machine` for `peer` */                                             \
    X(RECEIPT, "receipt") /* bytes reach `machine` from `peer` */                                            \
    X(FRAME, "frame")     /* decoded from receipts: `machine` is who sent it, `peer` who got it */           \
    X(LOGIN, "login")     /* MQTT CONNECT */                                                                 \
    X(CONNACK, "connack")                                                                                    \
    X(SUBSCRIBE, "subscribe")                                                                                \
    X(SUBACK, "suback")                                                                                      \
    X(UNSUBSCRIBE, "unsubscribe")                                                                            \
    X(PUBLISH, "publish") /* client to broker, as sent; a will too, when the broker publishes it */          \
    X(DELIVER, "deliver") /* broker to one client */                                                         \
    X(READING, "reading")                                                                                    \
    X(COMMAND, "command")                                                                                    \
    X(ANSWER, "answer")                                                                                      \
    X(PRESENCE, "presence")                                                                                  \
    X(SET, "set")                                                                                            \
    X(FAULT, "fault") /* a fault of link, broker or machine begins, strikes or ends */                       \
    X(STEP, "step")   /* the scenario goes on to its next step */                                            \
    X(NOTE, "note")                                                                                          \
    X(CHECK, "check") /* the judge decided something */                                                      \
    X(WIRE, "wire")   /* a broker session on the wire: for captures, and no part of the story */

enum wp_record_kind {
#define X(name, text) WP_REC_##name,
    WP_RECORDS(X)
#undef X
};

const char *wp_record_text(enum wp_record_kind kind);

/* What cannot be seen of a message from where it was recorded, so that nobody decides by it. A subscriber sees neither
 * who published nor, of a message that is not replayed to it, the retain flag (MQTT 3.1.1, 3.3.1.3). */
enum wp_unseen {
    WP_UNSEEN_RETAIN = 0x01,
    WP_UNSEEN_QOS = 0x02,
    WP_UNSEEN_SENDER = 0x04,
};

/* What a broker session's TCP connection does. In virtual its packets are made up from what broker and client do; in
 * live they are the true bytes, but for the password of a CONNECT. Either direction is seen where it is received. */
enum wp_wire_what {
    WP_WIRE_OPEN,  /* it stands */
    WP_WIRE_NAMED, /* it is the session with the record's port */
    WP_WIRE_BYTES,
    WP_WIRE_FIN,
    WP_WIRE_RST,
};

struct wp_wire {
    enum wp_wire_what what;
    uint32_t id;                   /* of the connection: 1, 2, 3, ... */
    bool down;                     /* from the broker to the client: BYTES, FIN, RST */
    struct wp_addr client, broker; /* OPEN */
    struct wp_slice bytes;
    struct wp_slice topic; /* of the PUBLISH that these BYTES, or those before, end; p NULL: none ends */
};

struct wp_record {
    enum wp_record_kind kind;
    wp_us at;
    uint64_t seq;        /* given by the transcript: 1, 2, 3, ...; WIRE has that of the record before it */
    const char *machine; /* whose record it is; "broker" for the broker's own */
    const char *peer;    /* the other machine, where one is known; else NULL */
    wp_port port;
    union {
        struct {
            struct wp_addr own, peer;
            enum wp_transport transport;
            struct wp_slice bus_name; /* bus: the unique name of `machine` */
        } open;
        struct {
            enum wp_close_reason reason;
            uint8_t code;
            struct wp_addr peer; /* of a dial that failed: where to */
        } close;
        struct wp_slice bytes;
        struct {
            const struct wp_codec *codec;
            const void *frame;    /* NULL for bytes that are no frame: then `bad` says why */
            struct wp_slice wire; /* its bytes */
            struct wp_decode bad;
        } frame;
        const struct wp_login *login;
        struct {
            uint8_t code;
            bool session_present;
        } connack;
        struct {
            struct wp_slice filter;
            uint8_t qos; /* asked, or granted; WP_SUBACK_REFUSED */
        } subscribe;     /* SUBSCRIBE, SUBACK, UNSUBSCRIBE */
        struct {
            struct wp_slice topic, payload;
            uint8_t qos;
            bool retain, dup, will;
            uint8_t unseen; /* enum wp_unseen, or-ed */
        } message;          /* PUBLISH, DELIVER */
        const struct wp_reading *reading;
        const struct wp_command *command;
        const struct wp_answer *answer;
        const struct wp_presence *presence;
        struct {
            const char *name;
            struct wp_value value;
            uint32_t times;
        } set;
        struct {
            const char *what;
            struct wp_slice text;
            int64_t count;
        } note; /* NOTE, FAULT, STEP (count: the step's number from 1), CHECK */
        struct {
            const char *what; /* these three as in `note` */
            struct wp_slice text;
            int64_t count;
            uint64_t by;           /* number of the record that decided it; 0: time did, or the end */
            struct wp_slice title; /* "expect line 15 pass IVY-072 IVY-074" */
        } check;
        struct wp_wire wire;
    };
};

struct wp_sink {
    void (*take)(struct wp_sink *sink, const struct wp_record *record);
};

enum { WP_SINKS_MAX = 8 };

struct wp_transcript {
    uint64_t seq;
    size_t n_sinks;
    struct wp_sink *sinks[WP_SINKS_MAX];
};

/* Sinks are called in the order in which they were added: those that only keep records first, those that
 * write further records (a frame after its receipt, a check after its publish) after them. */
void wp_transcript_add(struct wp_transcript *t, struct wp_sink *sink);

/* Gives the record its number (a WIRE none of its own, so that the story is the same with and without them) and hands it to every sink. A sink may write further records from within: every
 * sink that stands before the writer sees them in the order of their numbers. */
void wp_transcript_write(struct wp_transcript *t, struct wp_record *record);

#endif
