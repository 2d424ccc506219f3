/* Private to the files of south_dlms. */
#ifndef WP_SOUTH_DLMS_IMPL_H
#define WP_SOUTH_DLMS_IMPL_H

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
#include "sim/gateway/south_dlms_buffer.h"

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
    struct dlms_buffer *rx;            /* the beginning of a frame; NULL: nothing is left over */
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

/* "WHO=WHAT, ..": its parts, borrowed. */
struct dlms_pair {
    struct wp_slice who, what;
};

struct dlms_south {
    wp_us idle_timeout, udp_timeout, frame_timeout, segment_timeout, block_timeout, clock_tolerance;
    uint16_t garbage_max;
    int16_t deviation; /* of meters that do not say it; COSEM_ANY_DEVIATION: not known */
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
    struct dlms_buffers buffers;
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

/* ---- south_dlms_setup.c ---------------------------------------------------------------------------- */

bool south_dlms_check(const struct wp_setup *setup, struct wp_writer *why);
size_t south_dlms_size(const struct wp_setup *setup);
void south_dlms_init(const struct wp_setup *setup, void *memory);

/* ---- south_dlms_lists.c: options that are lists ----------------------------------------------------- */

/* Cuts the first WHO=WHAT off a list, without the blanks around both. false: nothing is left, or it is no pair. */
bool south_dlms_next_pair(struct wp_slice *list, struct dlms_pair *out);
bool south_dlms_is_name(struct wp_slice text);
/* A system title: 16 hex digits. */
bool south_dlms_read_title(struct wp_slice text, uint8_t out[COSEM_TITLE]);
/* WHO's key; who has no title is `any`, or a meter. false: none of these, or digits that make no key. */
bool south_dlms_read_key(const struct dlms_pair *pair, struct wp_key *out);
/* The meter that the identities have for this title (NULL: none is known) or address. */
bool south_dlms_find_identity(struct wp_slice identities, const uint8_t *title, uint32_t ip,
                              struct wp_slice *ret_name);
struct wp_slice south_dlms_find_profile(struct wp_slice profiles, struct wp_slice name);

/* ---- south_dlms.c: sessions as a whole -------------------------------------------------------------- */

/* Counts it n times and notes it, with the meter or its address: each kind once a minute and session. */
void south_dlms_count(struct dlms_south *so, enum dlms_count what, struct dlms_session *s, uint64_t n);
void south_dlms_count_fault(struct dlms_south *so, enum wp_fault fault, struct dlms_session *s);
/* The connection is to end: closes it, tells that its meters have gone, gives everything back. Afterwards s->port is 0;
 * the cell is lent again by a later step at the earliest. */
void south_dlms_end(struct dlms_south *so, struct dlms_session *s);
/* Forgets it without a word to the norths; it has no meters any more. */
void south_dlms_release(struct dlms_south *so, struct dlms_session *s);

/* Sets the session's timer not later than the earliest of its deadlines. */
void south_dlms_arm(struct dlms_south *so, struct dlms_session *s);

/* ---- south_dlms_stream.c: bytes to payloads --------------------------------------------------------- */

void south_dlms_take_bytes(struct dlms_south *so, struct dlms_session *s, struct wp_slice in);
void south_dlms_take_datagram(struct dlms_south *so, struct dlms_session *s, struct wp_slice in);
/* What has waited for its rest for too long is dropped, what stands behind it is looked at again. */
void south_dlms_give_up_frame(struct dlms_south *so, struct dlms_session *s);

/* ---- south_dlms_frame.c: one frame of each transport ------------------------------------------------ */

/* Decodes what stands in front and acts on it; afterwards the session may be gone.
 * is_front  no frame is under way: it may also be an APDU by itself */
struct wp_decode south_dlms_take_frame(struct dlms_south *so, struct dlms_session *s, struct wp_slice in,
                                       bool is_front);
/* Could a frame of this session begin so? */
bool south_dlms_could_start(const struct dlms_session *s, uint8_t b, bool is_front);
/* Is it the head of a wrapper, beyond doubt? */
bool south_dlms_is_wrapper(struct wp_slice in);

/* ---- south_dlms_link.c: segments of HDLC and M-Bus -------------------------------------------------- */

struct wp_decode south_dlms_take_hdlc(struct dlms_south *so, struct dlms_session *s, struct wp_slice in);
struct wp_decode south_dlms_take_mbus(struct dlms_south *so, struct dlms_session *s, struct wp_slice in);
bool south_dlms_link_is_open(const struct dlms_session *s);
/* Drops unfinished segments. */
void south_dlms_link_drop(struct dlms_south *so, struct dlms_session *s);
void south_dlms_link_return(struct dlms_south *so, struct dlms_session *s);

/* ---- south_dlms_unit.c: payloads to plain APDUs ----------------------------------------------------- */

void south_dlms_take_payload(struct dlms_south *so, struct dlms_session *s, struct wp_slice payload);
/* Something is to be remembered from now on. false: there is no cell for it. */
bool south_dlms_keep_unit(struct dlms_south *so, struct dlms_session *s);
const struct wp_keys *south_dlms_keys(const struct dlms_south *so, const struct dlms_session *s);
void south_dlms_give_up_blocks(struct dlms_south *so, struct dlms_session *s);
void south_dlms_unit_return(struct dlms_south *so, struct dlms_session *s);

/* ---- south_dlms_counters.c: what was seen of whom --------------------------------------------------- */

void south_dlms_recall(const struct dlms_south *so, struct cosem_unit *unit, struct wp_slice payload);
void south_dlms_remember(struct dlms_south *so, const struct cosem_plain *plain);

/* ---- south_dlms_identity.c: whose is it? ------------------------------------------------------------ */

/* A login, heartbeat or last gasp has come, or something else in a wrapper that is no APDU. */
void south_dlms_take_sign_on(struct dlms_south *so, struct dlms_session *s, const struct ivy_frame *f);
/* The best of what a push says of its sender. title NULL: not known; push NULL: nothing. */
struct dlms_claim south_dlms_claim(const struct dlms_south *so, const struct dlms_session *s,
                                   const uint8_t *title, const struct cosem_push *push);
/* The meter that the claim means, online from now on. NULL: nobody can be meant, with a note. */
struct dlms_meter *south_dlms_meter(struct dlms_south *so, struct dlms_session *s,
                                    const struct dlms_claim *claim);
/* It signed on at another south, which hands it on. */
void south_dlms_adopt(struct dlms_south *so, struct dlms_session *s, struct wp_slice name);
void south_dlms_tell_presence(struct dlms_south *so, const struct dlms_meter *m, bool online);
/* The meter leaves its session; the cell is given back. */
void south_dlms_forget_meter(struct dlms_south *so, struct dlms_meter *m);
/* Another south has the device now. */
void south_dlms_take_presence(struct dlms_south *so, const struct wp_presence *presence);

static inline struct wp_slice dlms_name(const struct dlms_meter *m)
{
    return wp_slice(m->name, DLMS_NAME);
}

/* ---- south_dlms_push.c: what meters say of their own accord ------------------------------------------ */

void south_dlms_take_notification(struct dlms_south *so, struct dlms_session *s,
                                  const struct cosem_plain *plain);
void south_dlms_take_event(struct dlms_south *so, struct dlms_session *s, const struct cosem_plain *plain);

/* ---- south_dlms_reading.c: points of a reading ------------------------------------------------------- */

struct dlms_points {
    struct wp_point *at;
    size_t n;
    struct wp_writer text; /* what ids and values borrow from */
};

/* Empty, in the south's own memory. */
struct dlms_points south_dlms_points(struct dlms_south *so);
/* false: no value that could be told, or no room. */
bool south_dlms_add_point(struct dlms_points *points, const struct cosem_point *point);
void south_dlms_tell(struct dlms_south *so, const struct wp_reading *reading);

/* ---- south_dlms_time.c: when was it? ------------------------------------------------------------------ */

/* The moment of a message: its own time, else its clock, else now. Empty ones are passed over. */
wp_us south_dlms_moment(struct dlms_south *so, struct dlms_session *s, struct wp_slice time,
                        struct wp_slice clock);

/* ---- south_dlms_queue.c, south_dlms_association.c: asking meters, see south_dlms_talk.h ------------- */

struct dlms_talk;
struct dlms_request;

void south_dlms_take_command(struct dlms_south *so, const struct wp_command *command);
/* An APDU that answers something. */
void south_dlms_take_reply(struct dlms_south *so, struct dlms_session *s, const struct cosem_plain *plain);
/* A frame of HDLC, before the payload that it carries. */
void south_dlms_take_link_frame(struct dlms_south *so, struct dlms_session *s, const struct hdlc_frame *f);
wp_us south_dlms_talk_deadline(const struct dlms_session *s);
void south_dlms_talk_timer(struct dlms_south *so, struct dlms_session *s);
/* Forgets what is under way. */
void south_dlms_talk_drop(struct dlms_south *so, struct dlms_session *s);
/* Answers everything that waits or runs: the meter is not connected. */
void south_dlms_fail_all(struct dlms_south *so, struct dlms_session *s);
/* Hands the requests over to a newer connection of the same meter. */
void south_dlms_move_requests(struct dlms_south *so, struct dlms_session *from, struct dlms_session *to);
/* Memory of one request, of one talk. */
size_t south_dlms_request_size(bool poll);
size_t south_dlms_talk_size(void);

#endif
