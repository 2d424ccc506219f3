/* A capture replayed through the codecs: every frame of every connection, questions paired with answers, and what was
 * wrong. */
#ifndef WP_REPLAY_H
#define WP_REPLAY_H

#include "harness/capture.h"
#include "harness/exchange.h"
#include "harness/flows.h"
#include "harness/replay_judge.h"
#include "harness/stream.h"

enum replay_event_kind {
    REPLAY_FRAME,
    REPLAY_BAD,        /* bytes of a stream of ours that are no frame */
    REPLAY_GAP,        /* bytes of a stream of ours that the capture lacks */
    REPLAY_UNANSWERED, /* a question that nobody answered */
};

/* Contents are borrowed for the call. */
struct replay_event {
    enum replay_event_kind kind;
    struct moment when;
    const struct packet_addr *from, *to; /* of the frame, the bytes, the question */
    const struct flow *flow;             /* the connection; direction 0 is from flow->addr[0] */
    unsigned direction;
    const struct wp_codec *codec; /* NULL for a gap */
    const void *frame;            /* REPLAY_FRAME */
    enum exchange_kind exchange;  /* REPLAY_FRAME */
    struct moment question;       /* EXCHANGE_ANSWER, REPLAY_UNANSWERED: when it was asked */
    struct wp_slice wire;         /* REPLAY_FRAME, REPLAY_BAD */
    struct wp_decode bad;         /* REPLAY_BAD */
    const void *state;            /* REPLAY_BAD: what the codec remembers of the connection; NULL: nothing */
    enum wp_side side;            /* REPLAY_BAD: who sent it */
    uint64_t n;                   /* REPLAY_BAD, REPLAY_GAP: bytes */
    uint64_t offset;              /* REPLAY_FRAME, REPLAY_BAD: in the stream */
};

enum { REPLAY_FOREIGN_SHOWN = 20 };

/* A connection in which no frame of ours was found. */
struct replay_foreign {
    uint32_t number;
    enum flow_kind kind;
    struct packet_addr from, to;
    uint64_t bytes[2];
};

struct replay_summary {
    uint64_t packets, tcp, udp, messages, other, malformed, cut; /* packets; messages: of D-Bus */
    uint64_t unknown_link; /* of them: nothing is known of their link type */
    uint64_t fragments, whole, fragments_lost,
        fragment_conflicts;                 /* see fragments.h; each whole one is tcp, udp ... */
    int64_t first_ns, last_ns;              /* when there are packets */
    uint64_t connections, exchanges, buses; /* TCP; UDP; D-Bus */
    uint64_t ours, silent, foreign;         /* of them: with frames, without a byte, neither */
    uint64_t evicted, late;                 /* see flows.h */
    uint64_t bytes;                         /* of payload */
    uint64_t frames[STREAM_CODECS_MAX];     /* by the catalog's index */
    uint64_t n_frames;
    uint64_t questions, answered, unanswered, unasked;
    uint64_t ciphered, verified, unchecked; /* frames with ciphered content; of them: see enum wp_seal */
    uint64_t closed[WP_N_FAULTS];           /* of them, by why they were not deciphered */
    uint64_t refused[WP_N_FAULTS];          /* frames whose content was refused, in clear or deciphered */
    uint64_t bad_bytes, bad;                /* in streams of ours */
    uint64_t gaps, gap_bytes;               /* there too */
    uint64_t too_large;                     /* unfinished frames given up because of their size */
    uint64_t retransmitted, reordered, overlaps, conflicts, given_up; /* all connections, see reassembly.h */
    uint64_t judged;               /* messages held against the contracts */
    uint64_t failed, undocumented; /* statements; places where messages say what no document knows */
    struct replay_foreign shown[REPLAY_FOREIGN_SHOWN]; /* the first ones, by number */
    size_t n_shown;
};

/* Who is told. */
struct replay_out {
    void (*event)(struct replay_out *out, const struct replay_event *event);
    void (*summary)(struct replay_out *out, const struct replay_summary *summary);
    /* NULL: nobody. A connection is over, its counts are final; `is_ours`: it had a frame. */
    void (*connection)(struct replay_out *out, const struct flow *flow, bool is_ours);
    /* NULL: nobody. Of flows.h: where a packet's payload stands in its stream. */
    void (*segment)(struct replay_out *out, const struct flow *flow, unsigned direction, int64_t at,
                    const struct packet *p, const struct moment *when);
    /* NULL: nobody. Before the summary, when there were messages of an API of ours. */
    void (*judged)(struct replay_out *out, const struct judged *judged);
};

struct replay_setup {
    const struct wp_codec *codec; /* only this one; NULL: all */
    struct replay_out *out[2];    /* NULL: nobody */
    struct replay_judge *judge;   /* NULL: messages are not judged */
    bool strict;                  /* what the document does not know is a finding, too */
};

/* What stood in the way, one after the other in what it leaves to be seen. */
enum replay_end {
    REPLAY_CLEAN,
    REPLAY_FINDINGS,
    REPLAY_NOTHING,    /* no stream of ours in it */
    REPLAY_UNREADABLE, /* `why` says it; everything before the break was told */
};

/* Reads the capture to its end and frees it. `summary` may be NULL. */
enum replay_end replay_capture(const struct replay_setup *setup, struct capture *capture,
                               struct replay_summary *summary, struct wp_writer *why);

uint64_t replay_findings(const struct replay_summary *summary);

/* Frames whose content was refused, with those that were not deciphered and are findings. */
uint64_t replay_refused(const struct replay_summary *summary);

/* ---- how it is told --------------------------------------------------------------------------------- */

/* What a printer does with a finished line, which has no line end. */
struct replay_lines {
    void (*line)(struct replay_lines *lines, struct wp_slice line);
};

/* Text for people and goldens: the fixed form of README's section on replay. */
struct replay_out *replay_text_new(struct replay_lines *lines);
/* An object a line for each event, the last one with the summary. */
struct replay_out *replay_json_new(struct replay_lines *lines);
void replay_text_free(struct replay_out *out);
void replay_json_free(struct replay_out *out);

/* Raised by who changes the text of replay's own words. */
enum { REPLAY_PRINT_VERSION = 1 };

/* ---- whole files ------------------------------------------------------------------------------------ */

struct replay_file {
    const char *path;                    /* "-": standard input */
    const struct wp_codec *codec;        /* NULL: all */
    struct judge_contracts *contracts;   /* NULL: messages are not judged */
    const char *api;                     /* NULL: whichever the topics speak of */
    bool strict;                         /* of replay_setup */
    const char *golden;                  /* NULL: none */
    bool update;                         /* write the golden instead of comparing */
    FILE *text, *json;                   /* NULL: nowhere */
    const struct capture_follow *follow; /* NULL: the end of the file is the end */
};

/* Without keys of the user's those in "PATH.keys" are taken, if it is there: a capture that is shared has them with it.
 * With a golden that is compared, REPLAY_CLEAN means as it says and REPLAY_FINDINGS not so; what else was found is
 * in the golden. A golden that cannot be read is REPLAY_UNREADABLE. Sentences go to `problems`. */
enum replay_end replay_file(const struct replay_file *file, struct replay_summary *summary, FILE *problems);

/* "x.pcap.expect", to be freed. */
char *replay_golden_path(const char *capture);

struct replay_counts {
    size_t captures, as_expected, different, unreadable, without_golden;
    uint64_t frames;
};

/* Every .pcap and .pcapng, perhaps with .gz behind, under the folder beside its golden, a line each, in the order of names. Without a golden
 * findings count as different. */
struct replay_counts replay_all(const char *dir, FILE *out);

/* The project's own captures, as `run` and `replay` without a file replay them; `counts` may be NULL. The exit code, of
 * cmd.h. */
int replay_everything(FILE *out, struct replay_counts *counts);

#endif
