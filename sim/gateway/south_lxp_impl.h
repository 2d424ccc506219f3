/* Private to the files of south_lxp. */
#ifndef WP_SOUTH_LXP_IMPL_H
#define WP_SOUTH_LXP_IMPL_H

#include "sim/codec/lxp.h"
#include "sim/codec/lxp_input.h"
#include "sim/core/map.h"
#include "sim/core/pool.h"
#include "sim/core/timers.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/lxp_inverters.h"
#include "sim/gateway/session_buffer.h"
#include "sim/gateway/south_lxp.h"

/* Cells of the buffers. */
enum {
    LXP_BUFFER_SMALL = 320, /* the beginning of any frame that real datalogs send: 291 bytes */
    LXP_BUFFER_BIG = SESSION_BUFFER_HEAD + LXP_FRAME_MAX,
};

enum { LXP_READ_BACKS_MAX = 4 }; /* of one inverter, waiting */

enum lxp_option {
#define OPTION(id, ...) LXP_OPT_##id,
#include "sim/gateway/south_lxp_options.def"
#undef OPTION
    LXP_N_OPTIONS
};

extern const struct wp_option south_lxp_options[LXP_N_OPTIONS];

/* What is counted; each one is a note with its count so far. */
#define LXP_COUNTS(X)                                                                                        \
    X(SKIPPED, "skipped-bytes") /* that belong to no frame */                                                \
    X(RESYNC, "resync")         /* a good frame behind such bytes */                                         \
    X(CRC, "bad-crc")                                                                                        \
    X(LENGTH, "bad-length") /* lengths that contradict each other, or the function */                        \
    X(FUNCTION, "unknown-function")                                                                          \
    X(PARTIAL, "partial-timeout") /* frames whose rest did not come */                                       \
    X(LONG, "long-reply")         /* more registers than a reading holds */                                  \
    X(FOREIGN, "foreign-serial")  /* told once for each inverter */                                          \
    X(IGNORED, "ignored-frame")   /* params of the datalog, firmware, requests: nothing to publish */        \
    X(EXCEPTION, "unasked-exception")                                                                        \
    X(LATE, "late-reply")     /* to a write that was given up, while another one is out */                   \
    X(DOUBLE, "double-reply") /* the same reply once more, to a read that was sent once more */              \
    X(AGAIN, "read-again")                                                                                   \
    X(TIMEOUT, "reply-timeout")                                                                              \
    X(QUEUE_FULL, "queue-full")                                                                              \
    X(NO_CELL, "no-cell") /* a pool was empty */                                                             \
    X(DIAL, "dial-failed")                                                                                   \
    X(SILENT, "silence") /* connections closed for it */

enum lxp_count {
#define X(name, text) LXP_N_##name,
    LXP_COUNTS(X)
#undef X
        LXP_N_COUNTS
};

enum lxp_kind {
    LXP_ASK_INPUT, /* read input registers */
    LXP_ASK_HOLD,
    LXP_ASK_BACK, /* hold registers too, but nobody waits for an answer: somebody wrote them */
    LXP_SET_VALUE,
    LXP_SET_BIT, /* read, and written if the bit is another */
};

/* A command on its way: it waits, or its request is out. */
struct lxp_request {
    struct lxp_request *next;
    wp_us due; /* when it must be answered */
    wp_us sent;
    uint32_t tag;
    uint16_t from;
    uint16_t first, left; /* registers that are still to be read; of a write: the register, 1 */
    uint16_t asked;       /* registers of the exchange at hand */
    uint16_t value;       /* what is written; of a bit: what was read, with the bit changed */
    uint8_t kind, bit;
    bool on;         /* what the bit is to be */
    bool is_writing; /* the exchange at hand is a write */
    bool is_repeated;
    bool has_passed_over; /* a reply that could have been its own: s->double_crc */
};

struct lxp_session {
    struct wp_timer timer;            /* the earliest of its deadlines */
    struct session_buffer *rx;        /* the beginning of a frame; NULL: nothing is left over */
    struct lxp_request *first, *last; /* in order of arrival; the first one is out while is_running */
    wp_us at;                         /* the latest byte, or the opening; not connected: the next dial */
    wp_us since;                      /* what stands in front of rx has waited since then */
    wp_us wait;                       /* before the next dial */
    uint64_t where;                   /* IP address and port: the key of by_address */
    wp_port port;                     /* 0: not connected */
    uint16_t n_requests;              /* from `first` on */
    uint16_t late_first, late_value;  /* of the latest write that was given up */
    wp_us double_until;               /* a reply with double_crc may come once more until then */
    uint16_t double_crc;
    bool is_late; /* there is one, and its reply has not come */
    bool is_dialling, is_running;
    bool is_lost; /* bytes were skipped since the last good frame */
    bool has_told_foreign;
    char serial[LXP_INVERTER_CHARS], datalog[LXP_INVERTER_CHARS];
};

/* Values of hold registers as they were last told, of one inverter. */
struct lxp_told {
    uint16_t value[LXP_HOLDS];
    uint8_t is_known[(LXP_HOLDS + 7) / 8];
};

struct lxp_south {
    wp_us dial_timeout, reconnect, reconnect_max, silence, frame_timeout, timeout, retry_after,
        command_timeout;
    uint16_t queue_depth, max_read, endpoint;
    bool echoes, accepts_any;
    bool stopped;
    struct lxp_input_options input;

    size_t n; /* inverters; 0: nothing below is there */
    struct lxp_session *session;
    struct lxp_told *told; /* one for each session; NULL: hold registers are published always */
    struct wp_map by_port, by_serial, by_address;
    struct wp_pool requests;
    struct session_buffers buffers;
    struct wp_timers *timers;
    uint64_t count[LXP_N_COUNTS];
    size_t n_skipped; /* counted, not yet noted */

    struct wp_outbox *out; /* while a step is under way */
    wp_us now;
};

static inline struct wp_slice lxp_session_serial(const struct lxp_session *s)
{
    return wp_slice(s->serial, sizeof s->serial);
}

/* ---- south_lxp_setup.c ---------------------------------------------------------------------------- */

bool south_lxp_check(const struct wp_setup *setup, struct wp_writer *why);
size_t south_lxp_size(const struct wp_setup *setup);
void south_lxp_init(const struct wp_setup *setup, void *memory);

/* ---- south_lxp.c: sessions as a whole ------------------------------------------------------------- */

/* Counts it n times and notes it once, with the inverter's serial. */
void south_lxp_count(struct lxp_south *so, enum lxp_count what, const struct lxp_session *s, uint64_t n);
/* The same with more than the serial. */
void south_lxp_count_text(struct lxp_south *so, enum lxp_count what, struct wp_slice text, uint64_t n);

/* ---- south_lxp_stream.c: bytes to frames ---------------------------------------------------------- */

void south_lxp_take_bytes(struct lxp_south *so, struct lxp_session *s, struct wp_slice in);
/* When the rest of an incomplete frame is too late; WP_NEVER: there is none. */
wp_us south_lxp_stream_deadline(const struct lxp_south *so, const struct lxp_session *s);
/* Beginnings that have waited for too long are skipped, what stands behind them is looked at again. */
void south_lxp_stream_timer(struct lxp_south *so, struct lxp_session *s);

/* ---- south_lxp_frame.c: frames to readings -------------------------------------------------------- */

void south_lxp_take_frame(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f);
/* The registers of a reply become a reading. */
void south_lxp_tell(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f,
                    enum wp_reason reason);

/* ---- south_lxp_queue.c: requests ------------------------------------------------------------------ */

#define LXP_NO_REPLY "No reply from the inverter"

static inline bool south_lxp_asks_input(const struct lxp_request *r)
{
    return r->kind == LXP_ASK_INPUT;
}

/* Puts a command, filled in but for its times, behind the others. NULL: what it says goes. */
const char *south_lxp_append(struct lxp_south *so, struct lxp_session *s, const struct lxp_request *made);
/* Sends the next request if none is out. */
void south_lxp_go_on(struct lxp_south *so, struct lxp_session *s);
/* The first request's next exchange: its time begins. */
void south_lxp_begin_exchange(struct lxp_south *so, struct lxp_session *s, struct lxp_request *r);
/* The first request leaves the queue and is answered; fault NULL: done. */
void south_lxp_finish(struct lxp_south *so, struct lxp_session *s, const char *fault);
wp_us south_lxp_queue_deadline(const struct lxp_south *so, const struct lxp_session *s);
void south_lxp_queue_timer(struct lxp_south *so, struct lxp_session *s);
/* Somebody else wrote these hold registers: they are read, and become a reading. */
void south_lxp_read_back(struct lxp_south *so, struct lxp_session *s, uint16_t first, uint16_t count);
/* Answers everything that waits or runs. */
void south_lxp_fail_all(struct lxp_south *so, struct lxp_session *s, const char *fault);

/* ---- south_lxp_reply.c: whose reply it is --------------------------------------------------------- */

/* A good frame with the session's own serials. true: it was the reply to the request that is out, or one of ours once
 * more, and all is done. */
bool south_lxp_take_reply(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f);

/* ---- south_lxp_command.c: commands ---------------------------------------------------------------- */

void south_lxp_take_command(struct lxp_south *so, const struct wp_command *command);

#endif
