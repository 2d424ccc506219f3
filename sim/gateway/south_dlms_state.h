/* What a DLMS south remembers; private to its files. */
#ifndef WP_SOUTH_DLMS_STATE_H
#define WP_SOUTH_DLMS_STATE_H

#include "sim/codec/cosem_push.h"
#include "sim/codec/cosem_unit.h"
#include "sim/codec/hdlc.h"
#include "sim/codec/ivy.h"
#include "sim/codec/mbus.h"
#include "sim/core/map.h"
#include "sim/core/pool.h"
#include "sim/core/random.h"
#include "sim/core/timers.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/sign_on.h"
#include "sim/gateway/south_dlms.h"
#include "sim/gateway/session_buffer.h"

enum {
    DLMS_NAME = SIGN_ON_DIGITS, /* digits of a meter's number */
    DLMS_POINTS_MAX = 512,      /* of one reading */
};

enum dlms_option {
#define OPTION(id, ...) DLMS_OPT_##id,
#include "sim/gateway/south_dlms_options.def"
#undef OPTION
    DLMS_N_OPTIONS
};

extern const struct wp_option south_dlms_options[DLMS_N_OPTIONS];

/* What is counted besides the faults of the codecs; each one is a note with its count so far. */
#define DLMS_COUNTS(X)                                                                                       \
    X(GARBAGE, "garbage")                   /* bytes that belong to no frame */                              \
    X(FLOOD, "garbage-limit")               /* connections closed for garbage */                             \
    X(UNFINISHED, "unfinished-frame")       /* given up after its time limit, or cut by what came next */    \
    X(UNFINISHED_CHAIN, "unfinished-chain") /* of segments or blocks */                                      \
    X(IDLE, "idle-timeout")                                                                                  \
    X(NO_CELL, "no-cell")           /* a pool was empty */                                                   \
    X(CRC, "bad-crc")               /* of a session message */                                               \
    X(ECHO, "echo")                 /* what only a client says: our own, or a foreign one's */               \
    X(HOSTILE, "hostile-address")   /* an address that no meter can have */                                  \
    X(FOREIGN, "foreign-address")   /* of another meter than the connection's */                             \
    X(DUPLICATE, "duplicate-meter") /* a newer connection of the same meter took over */                     \
    X(LAST_GASP, "last-gasp")                                                                                \
    X(UNIDENTIFIED, "unidentified")   /* a push that does not say whose it is, and nobody else does */       \
    X(UNMAPPED, "unmapped")           /* a body in which nothing was known */                                \
    X(CROWDED, "points-dropped")      /* more readings than one message takes */                             \
    X(NO_READING, "no-reading")       /* an attribute that is no value, a value that is none */              \
    X(CLOCK, "clock-refused")         /* a meter's time too far from ours: the time of receipt counts */     \
    X(COUNTER, "counter-not-rising")  /* taken all the same */                                               \
    X(UNEXPECTED, "unexpected-reply") /* nothing was asked that it answers */                                \
    X(UNUSED, "unused-apdu")          /* a good APDU that says nothing to a gateway */                       \
    X(BUSY, "poll-skipped")           /* the poll before it has not ended */                                 \
    X(QUEUE_FULL, "queue-full")                                                                              \
    X(TIMEOUT, "reply-timeout")                                                                              \
    X(REJECTED, "association-rejected")                                                                      \
    X(EXCEPTION, "exception-response")

enum dlms_count {
#define X(name, text) DLMS_##name,
    DLMS_COUNTS(X)
#undef X
};

enum { DLMS_N_COUNTS = DLMS_EXCEPTION + 1 };

enum dlms_transport {
    DLMS_UNDECIDED,
    DLMS_WRAPPED, /* in wrappers, or APDUs by themselves: meters change between the two */
    DLMS_HDLC,
    DLMS_MBUS,
};

/* By what a meter is known, the better the higher. */
enum dlms_rank {
    DLMS_BY_NOTHING,
    DLMS_BY_TITLE,
    DLMS_BY_LIST,
    DLMS_BY_LDN,
    DLMS_BY_SERIAL,
    DLMS_BY_SETUP,
    DLMS_BY_SIGN_ON,
};

struct dlms_claim {
    char name[DLMS_NAME];
    uint8_t rank; /* enum dlms_rank */
};

struct dlms_session;

/* A meter that is online. */
struct dlms_meter {
    struct dlms_meter *next; /* of the same session: only UDP ones have several */
    struct dlms_session *session;
    struct wp_timer timer; /* UDP: silent for too long */
    wp_us heard;
    const struct cosem_profile *profile;
    char name[DLMS_NAME];
    uint8_t rank;
};

/* Of a session that speaks HDLC or M-Bus. */
struct dlms_link {
    struct {
        struct hdlc_line line;
        struct hdlc_join join;
        struct hdlc_address meter, client; /* of the latest frame */
    } hdlc;
    struct mbus_join mbus;
    wp_us at; /* of the latest segment */
};

/* One TCP connection, or one UDP peer. */
struct dlms_session {
    struct wp_timer timer; /* not later than the earliest of its deadlines */
    wp_us heard;           /* the latest byte, or the opening */
    struct dlms_meter *meters;
    struct session_buffer *rx;         /* the beginning of a frame; NULL: nothing is left over */
    struct dlms_link *link;            /* NULL: neither HDLC nor M-Bus so far */
    struct cosem_unit *unit;           /* NULL: nothing to be remembered of ciphering and blocks */
    struct dlms_talk *talk;            /* NULL: nothing is asked for */
    struct dlms_request *first, *last; /* commands in order of arrival */
    struct dlms_request *poll;
    uint32_t counter; /* the latest invocation counter that was sent */
    wp_us block_at;   /* of the latest block of an unfinished chain */
    wp_us noted_from; /* beginning of the minute that `noted` is of */
    uint64_t noted, noted_faults;
    wp_port port; /* 0: released */
    uint32_t ip;
    uint16_t garbage; /* bytes since the last frame */
    uint8_t transport;
    uint8_t n_commands; /* from `first` on */
    uint8_t invoke;     /* the latest invoke id */
    bool is_udp;
    bool was_wrapped; /* a wrapper has come */
    bool is_lost; /* bytes were skipped since the last frame: only what is sure to be one begins the next */
};

/* Whoever has sent something ciphered. */
struct dlms_sender {
    struct cosem_counter counter; /* of the global key; its title is the sender's */
};

struct dlms_south {
    wp_us idle_timeout, udp_timeout, frame_timeout, segment_timeout, block_timeout, clock_tolerance;
    uint16_t garbage_max;
    struct wp_slice east_positive; /* dlms.east_positive; in the setup */
    int16_t deviation;             /* of meters that do not say it; COSEM_ANY_DEVIATION: not known */
    uint16_t meters_endpoint, pushes_endpoint;
    size_t unit_max, max_udp, n_udp, n_udp_meters;
    unsigned policy;
    struct sign_on_policy sign_on;
    const struct gateway_facts *facts;
    struct wp_slice identities, profile_list; /* as given; they stand in the setup */

    struct wp_keys keys; /* of titles, and of whoever has none of his own */
    struct dlms_meter_key {
        char name[DLMS_NAME];
        struct wp_keys keys;
    } * meter_keys;
    size_t n_meter_keys;
    struct cosem_profiles profiles;
    const struct cosem_profile *profile;

    uint8_t mechanism, queue_depth; /* COSEM_MECHANISM_* */
    uint32_t association_retries;
    wp_us timeout, release_timeout;
    bool reads_scaler;
    struct wp_slice password; /* stands in the setup */
    uint8_t client_title[COSEM_TITLE];
    uint16_t client, server; /* 0: the transport's usual one */
    struct wp_random random;

    struct wp_pool sessions, meters, links, units, senders, talks, commands, polls;
    struct session_buffers buffers;
    struct cosem_scratch scratch;
    struct cosem_point *points; /* DLMS_POINTS_MAX each */
    struct wp_point *told;
    char *text;
    struct wp_map by_port, by_name, by_title;
    struct wp_timers timers, silence; /* of sessions; of UDP meters */
    uint64_t count[DLMS_N_COUNTS], faults[WP_N_FAULTS];

    struct wp_outbox *out;
    wp_us now;
};

#endif
