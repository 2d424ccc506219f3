/* Private to the files of south_dlt645. */
#ifndef WP_SOUTH_DLT645_IMPL_H
#define WP_SOUTH_DLT645_IMPL_H

#include "sim/codec/dlt645.h"
#include "sim/codec/dlt645_di.h"
#include "sim/codec/ivy.h"
#include "sim/core/map.h"
#include "sim/core/pool.h"
#include "sim/core/timers.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/sign_on.h"
#include "sim/gateway/south_dlt645.h"
#include "sim/gateway/session_buffer.h"

enum {
    SOUTH_ADDRESS_DIGITS = 12,
    SOUTH_COMMAND_IDS_MAX = 64, /* registers of one command */
    SOUTH_POLL_IDS_MAX = 32,    /* registers of one poll */
    SOUTH_JOIN_MAX = 4096,      /* bytes of one reply in several frames */
};

/* Cells of the buffers. */
enum {
    SOUTH_BUFFER_SMALL = 328, /* an incomplete DL/T 645 frame, the answer to a few registers */
    SOUTH_BUFFER_BIG = 8192,  /* an incomplete wrapper, a joined reply and the answer that it belongs to */
};

enum south_option {
#define OPTION(id, ...) SOUTH_OPT_##id,
#include "sim/gateway/south_dlt645_options.def"
#undef OPTION
    SOUTH_N_OPTIONS
};

extern const struct wp_option south_dlt645_options[SOUTH_N_OPTIONS];

/* What is counted; each one is a note with its count so far. */
#define SOUTH_COUNTS(X)                                                                                      \
    X(ECHO, "echo")                   /* a frame from a master: our own, or a foreign one's */               \
    X(FOREIGN, "foreign-address")     /* a frame or login of another address than the session's */           \
    X(HOSTILE, "hostile-address")     /* an address that no meter can have */                                \
    X(EDITION, "edition-1997")        /* a frame of the 1997 edition */                                      \
    X(MALFORMED, "malformed-reply")   /* data too short for what the control code says */                    \
    X(UNEXPECTED, "unexpected-reply") /* good, but nothing was asked that it answers */                      \
    X(CHECKSUM, "bad-checksum")                                                                              \
    X(END, "bad-end")                                                                                        \
    X(GARBAGE, "garbage")             /* bytes that belong to no frame */                                    \
    X(UNFINISHED, "unfinished-frame") /* given up after the frame time limit */                              \
    X(FLOOD, "garbage-limit")         /* connections closed for garbage */                                   \
    X(CRC, "bad-crc")                                                                                        \
    X(NOT_YET, "not-yet") /* DLMS: recognised, skipped */                                                    \
    X(TIMEOUT, "reply-timeout")                                                                              \
    X(BUSY, "poll-skipped") /* the poll before it has not ended */                                           \
    X(QUEUE_FULL, "queue-full")                                                                              \
    X(NO_CELL, "no-cell")           /* a pool was empty */                                                   \
    X(DUPLICATE, "duplicate-meter") /* a newer connection of the same meter took over */                     \
    X(LAST_GASP, "last-gasp")                                                                                \
    X(IDLE, "idle-timeout")                                                                                  \
    X(HANDED_ON, "handed-on") /* another south's protocol: it goes on with the connection */

enum south_count {
#define X(name, text) SOUTH_##name,
    SOUTH_COUNTS(X)
#undef X
};

enum { SOUTH_N_COUNTS = SOUTH_HANDED_ON + 1 };

/* A command or a poll on its way: waiting, running, or pausing before its next try. */
struct south_request {
    struct south_request *next;
    struct session_buffer *got; /* outcomes so far, see south_dlt645_outcome.c; the last one may still grow */
    wp_us due;                  /* not transmitted before */
    uint32_t tag;
    uint16_t from;
    uint16_t grows;  /* where the outcome that is being joined begins in `got` */
    uint8_t n, at;   /* identifiers, and the one at hand */
    uint8_t n_asked; /* identifiers that the transmission at hand asks for: more than one in a block */
    uint8_t tries;   /* of the one at hand */
    uint8_t seq;     /* 0: its first frame is awaited; else follow-up frame number seq */
    bool poll;
    bool any_good;
    bool is_lost;  /* there was no buffer for an outcome */
    uint32_t id[]; /* DI */
};

struct south_session {
    struct south_session *older, *newer; /* in the order of `heard` */
    struct wp_timer timer;               /* the earliest of its deadlines but for the idle one */
    wp_us heard;                         /* the latest byte, or the opening */
    wp_us until; /* unidentified: when it is asked; a request is out: when its reply is too late */
    uint64_t address;
    struct session_buffer *rx;          /* the beginning of a frame; NULL: nothing is left over */
    struct south_request *running;      /* transmitted, reply awaited; always the first, or the poll */
    struct south_request *first, *last; /* commands in order of arrival */
    struct south_request *poll;
    wp_port port; /* 0: released */
    uint32_t ip;
    uint16_t garbage;   /* bytes since the last frame */
    uint8_t n_commands; /* from `first` on */
    uint8_t n_asked;    /* questions for the address */
    bool identified;
    bool is_wrapped; /* it has spoken in wrappers: it will sign on by itself */
    bool is_dlt645;  /* a good frame of a meter has come: it is handed on no more */
    bool leaves;     /* it signed on as a meter of another south: handed on with what comes next */
    bool no_blocks;  /* it refused a block read */
    char device[SOUTH_ADDRESS_DIGITS];
};

struct south {
    wp_us idle_timeout, identify_delay, timeout, frame_timeout, poll_timeout, poll_pause;
    uint32_t poll_tries;
    uint8_t identify_tries, queue_depth, wakeup;
    uint16_t garbage_max;
    bool reads_blocks;
    bool hands_on;               /* another south takes what is not DL/T 645 */
    struct wp_slice dlms_meters; /* who goes there as soon as it has signed on; stands in the setup */
    struct sign_on_policy sign_on;

    struct wp_pool sessions, commands, polls;
    struct session_buffers buffers;
    struct wp_map by_port, by_device;
    struct south_session *oldest, *newest; /* who was heard first is idle first */
    struct wp_timers timers;
    uint64_t count[SOUTH_N_COUNTS];
    bool has_garbage;      /* counted, not yet noted */
    bool forgives_garbage; /* the segment at hand is a DLMS APDU, as it seems */

    struct wp_outbox *out; /* while a step is under way */
    wp_us now;
};

/* ---- south_dlt645_setup.c ------------------------------------------------------------------------- */

size_t south_dlt645_size(const struct wp_setup *setup);
void south_dlt645_init(const struct wp_setup *setup, void *memory);

/* ---- south_dlt645.c: sessions as a whole ---------------------------------------------------------- */

/* Counts it n times and notes it once, with the meter or its IP address. */
void south_dlt645_count(struct south *so, enum south_count what, const struct south_session *s, uint64_t n);
/* The connection is to end: closes it, answers what waits, tells that the meter has gone, gives everything
 * back. Afterwards s->port is 0; the cell is lent again by a later step at the earliest. */
void south_dlt645_end(struct south *so, struct south_session *s);
/* Forgets it without a word to the norths, its requests being gone already: another connection has taken over,
 * or another south. */
void south_dlt645_release(struct south *so, struct south_session *s);
/* Sets the session's timer to the earliest of its deadlines; the idle one follows from `heard` alone. */
void south_dlt645_arm(struct south *so, struct south_session *s);

/* ---- south_dlt645_stream.c: bytes to frames ------------------------------------------------------- */

void south_dlt645_take_bytes(struct south *so, struct south_session *s, struct wp_slice in);
/* What has waited for its rest for too long is dropped, what stands behind it in the buffer is looked at
 * again. */
void south_dlt645_give_up_frame(struct south *so, struct south_session *s);

/* ---- south_dlt645_hand_on.c: other souths --------------------------------------------------------- */

/* Does the connection still wait for what tells its protocol, and could that be another south's? */
bool south_dlt645_may_leave(const struct south *so, const struct south_session *s);
/* Could another protocol begin with this byte where no frame is under way? */
bool south_dlt645_is_foreign_tag(uint8_t b);
/* What stands in front, where no frame is under way: WP_OK another protocol, WP_BAD not, WP_MORE undecided. */
struct wp_decode south_dlt645_foreign(const struct south_session *s, struct wp_slice in);
/* The next south goes on with `bytes` and, behind them, `rest`; the session is released. Commands that wait
 * are answered: their identifiers are DL/T 645's. */
void south_dlt645_hand_on(struct south *so, struct south_session *s, struct wp_slice bytes,
                          struct wp_slice rest);
/* Another south has the device now. */
void south_dlt645_take_presence(struct south *so, const struct wp_presence *presence);

/* ---- south_dlt645_session.c: who is it? ----------------------------------------------------------- */

void south_dlt645_ask_address(struct south *so, struct south_session *s);
/* A good frame with this address has come. true: it is the session's own meter (now or already). */
bool south_dlt645_identify(struct south *so, struct south_session *s, uint64_t address);
void south_dlt645_take_wrapper(struct south *so, struct south_session *s, const struct ivy_frame *f);
void south_dlt645_tell_presence(struct south *so, const struct south_session *s, bool online);

/* ---- south_dlt645_reply.c: frames to readings and outcomes ---------------------------------------- */

void south_dlt645_take_frame(struct south *so, struct south_session *s, const struct dlt645_frame *f);

/* ---- south_dlt645_queue.c: requests --------------------------------------------------------------- */

void south_dlt645_take_command(struct south *so, const struct wp_command *command);
/* Transmits the next request if none is out and one is due. */
void south_dlt645_go_on(struct south *so, struct south_session *s);
/* When the session's queue wants to be looked at. */
wp_us south_dlt645_queue_deadline(const struct south_session *s);
void south_dlt645_queue_timer(struct south *so, struct south_session *s);
/* The running request's identifier at hand (or its block of n_asked) is done with; on to the next. */
void south_dlt645_item_done(struct south *so, struct south_session *s);
/* It failed, its outcome says why. A poll is tried again while it may be. */
void south_dlt645_item_failed(struct south *so, struct south_session *s, uint8_t outcome, uint8_t detail);
/* Asks for the next follow-up frame. */
void south_dlt645_ask_more(struct south *so, struct south_session *s);
/* Answers everything that waits or runs: the meter is not connected. */
void south_dlt645_fail_all(struct south *so, struct south_session *s);
/* Hands the requests over to a newer connection of the same meter; what was out is asked again there. */
void south_dlt645_move_requests(struct south *so, struct south_session *from, struct south_session *to);

/* ---- south_dlt645_outcome.c: what became of each identifier --------------------------------------- */

enum south_outcome {
    SOUTH_GOT_DATA,
    SOUTH_GOT_NO_REPLY,
    SOUTH_GOT_ERROR,    /* detail: the error byte */
    SOUTH_GOT_SEQUENCE, /* a follow-up frame out of turn */
    SOUTH_GOT_TOO_MUCH, /* more than can be joined or kept */
};

/* Begins an outcome with data that may grow. false: no room. */
bool south_dlt645_outcome_begin(struct south *so, struct south_request *r, struct wp_slice data);
bool south_dlt645_outcome_grow(struct south *so, struct south_request *r, struct wp_slice data);
/* The data of the outcome that was begun last. */
struct wp_slice south_dlt645_outcome_data(const struct south_request *r);
/* Takes it back. */
void south_dlt645_outcome_forget(struct south *so, struct south_request *r);
void south_dlt645_outcome_add(struct south *so, struct south_request *r, uint8_t outcome, uint8_t detail,
                              struct wp_slice data);
/* The one answer to the request, one point per identifier. */
void south_dlt645_answer(struct south *so, const struct south_session *s, const struct south_request *r);
void south_dlt645_refuse(struct south *so, const struct wp_command *command, const char *fault);
/* One reading: a register, or each member of a block. */
void south_dlt645_tell_reading(struct south *so, const struct south_session *s, enum wp_reason reason,
                               uint32_t di, struct wp_slice data);

/* ---- south_dlt645_block.c: several registers in one read ------------------------------------------ */

/* How many identifiers from ids[0] on one block read can fetch, and its identifier; 1: no block. */
size_t south_dlt645_block_of(const uint32_t *ids, size_t n, uint32_t *ret_block);
/* The register's bytes within the block's data; empty when the meter sent fewer members. */
struct wp_slice south_dlt645_block_part(uint32_t block, uint32_t di, struct wp_slice data);

#endif
