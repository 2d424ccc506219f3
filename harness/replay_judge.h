/* The messages of a capture held against the contracts.
 *
 * - Whoever publishes on a topic that the gateway publishes on is the gateway: its PUBLISH is judged as it was sent,
 *   payload, QoS and retain flag.
 * - What a broker delivers is a copy when its publication, or its delivery to somebody else, was judged before. Else
 *   the publication is not in the capture, and the delivery is judged in its place: all but who sent it, the retain flag
 *   of what is not replayed, and a QoS that the subscription may have lowered.
 * - What is published where the gateway only listens is a client's request: counted, not judged.
 *
 * Findings are told apart by statement, channel, place and rule; each has a count and its first packets. */
#ifndef WP_REPLAY_JUDGE_H
#define WP_REPLAY_JUDGE_H

#include "harness/contract.h"
#include "harness/moment.h"
#include "sim/core/decode.h"

enum { JUDGED_PACKETS_MAX = 5, JUDGED_PLACES_MAX = 1000 };

/* One finding. */
struct judged_place {
    const char *id; /* NULL: undocumented */
    const char *address, *where, *rule;
    const char *topic, *sentence; /* of the first message */
    uint64_t times;
    uint64_t packets[JUDGED_PACKETS_MAX]; /* the first ones, each once */
    size_t n_packets;
    struct judged_place *next, *next_in_bucket;
};

/* What a statement comes to. */
struct judged_statement {
    const char *id, *says; /* says: the document's sentence, "" when the catalogue is not there */
    enum verdict verdict;  /* VERDICT_INCONC: not visible from here; VERDICT_NONE: no message was about it */
    uint64_t times;        /* failed */
};

struct judged {
    char api[64];                        /* "ivy"; of several: "ivy venus" */
    uint64_t published, delivered;       /* judged */
    uint64_t copies, requests;           /* not */
    uint64_t foreign;                    /* messages on topics of no API */
    struct judged_statement *statements; /* those that messages can decide, in the catalogue's order */
    size_t n_statements;
    uint64_t n_failed, n_held, n_unseen, n_undecided; /* statements */
    struct judged_place *places;                      /* in the order of their first messages */
    uint64_t n_undocumented;                          /* places */
    uint64_t n_dropped;                               /* faults at further places than JUDGED_PLACES_MAX */
};

/* The contracts, loaded when the first message of theirs is seen, for any number of captures. */
struct judge_contracts;
struct judge_contracts *judge_contracts_new(const char *home);
void judge_contracts_free(struct judge_contracts *c); /* NULL is fine */
/* Is there an API of that name? Loads them. false: `why` has a sentence. */
bool judge_contracts_know(struct judge_contracts *c, const char *api, struct wp_writer *why);

/* One capture. `contracts` is borrowed; api NULL: whichever the topics speak of. */
struct replay_judge;
struct replay_judge *replay_judge_new(struct judge_contracts *contracts, const char *api);
void replay_judge_free(struct replay_judge *j); /* NULL is fine */

/* What is remembered of a connection. Zeroed: nothing; free it. */
struct judge_talk {
    bool is_gateway;
    struct judge_alias *alias[2]; /* of topics, by direction */
    uint64_t key;                 /* tells connections apart */
};
void judge_talk_free(struct judge_talk *t);

/* A message in the given direction of a connection. `from`: who sends; WP_SIDE_UNKNOWN is taken for the server.
 * `since_ns`: of the capture's first packet. */
void replay_judge_take(struct replay_judge *j, struct judge_talk *t, unsigned direction, enum wp_side from,
                       const struct wp_carried *message, const struct moment *when, int64_t since_ns);

/* Everything was taken. NULL: there was nothing to judge; `why` has a sentence when the contracts could not be
 * loaded. Lives as long as the judge. */
const struct judged *replay_judge_finish(struct replay_judge *j, struct wp_writer *why);

#endif
