/* The judge: a sink that decides expectations, monitors and contract rules as records pass, and nothing else.
 *
 *     ARMED --fits, minimum reached--> MET --window over--> DONE (pass)
 *     ARMED --window over--> DONE (fail)        ARMED or MET --one too many--> DONE (fail)
 *
 * An expect looks at everything since the last stimulus, so all expects up to the next stimulus are armed together
 * when the stimulus comes; the runner then waits for each in turn. */
#ifndef WP_JUDGE_H
#define WP_JUDGE_H

#include "harness/contract.h"
#include "harness/pattern.h"
#include "harness/scenario.h"
#include "harness/verdict.h"

/* A record of a failure is kept up to this size. */
enum { JUDGE_RECORD_MAX = 32 * 1024 };

enum check_state { CHECK_ARMED, CHECK_MET, CHECK_DONE };

enum check_kind {
    CHECK_EXPECT,
    CHECK_NONE,
    CHECK_BIND,
    CHECK_ALWAYS,
    CHECK_NEVER,
    CHECK_EVERY,
    CHECK_EVENTUALLY,
};

struct check {
    enum check_kind kind;
    enum check_state state;
    struct pattern pattern, control; /* control: of a never */
    int line;
    wp_us since, until; /* the window; until WP_NEVER: not yet known, or to the end of the run */
    uint32_t hits, control_hits;
    uint64_t met_seq; /* number of the record that reached the minimum */
    wp_us last_hit, period, tolerance;
    struct check *before;       /* the expectation above, for `order: strict` */
    bool is_early;              /* a record that fits came before the expectation above was met */
    uint8_t unseen;             /* enum wp_unseen: what the pattern asks and the record did not show */
    struct finding *finding;    /* once it is decided */
    const struct node *bind_as; /* members to remember when met */
    char seen[240], near_miss[400];
    struct pattern_misfits *nearest; /* of the message that came nearest; NULL: none was named */
    uint32_t looked_at;
    const struct pattern_misfits
        *blame;            /* while it is decided: what is wrong; NULL: everything that it proves */
    uint64_t seen_record;  /* number of the record that `seen` tells of */
    uint64_t other_record; /* the nearest one that the pattern names and that must not be as it is; 0: none */
    struct wp_writer other; /* the same as JSON; full: too large to keep */
    struct check *next;
};

struct judge {
    struct wp_sink sink; /* first */
    struct wp_transcript *transcript;
    struct scenario_result *result;
    const struct contract_set *contracts;
    struct pattern_world world;
    const char *sut; /* whose publications are held against the contract */
    bool is_foreign; /* a gateway that is somebody else's: what happens inside it is not visible from here */
    bool has_own_broker; /* then its sessions there are not visible either */
    bool is_client;      /* the SUT is a client: its publications are requests */
    wp_us slack;         /* live: upper limits are that much softer */
    wp_us lateness;      /* live: by how much the harness itself was late since the last look */
    struct arena arena;
    struct check *checks, **tail;
    bool failed;                /* a check failed: the steps end */
    void (*changed)(void *ctx); /* something was decided: the runner wants to know */
    void *ctx;
    struct contract_tally *tally;
    char *bound[32][2]; /* what bind has remembered: name, value */
    size_t n_bound;
    bool finished;
};

void judge_init(struct judge *j, struct wp_transcript *transcript, struct scenario_result *result,
                const struct contract_set *contracts, const char *sut, int64_t epoch_us);
void judge_free(struct judge *j);

/* Arms a check from `since` on. `node` is the pattern, filled with what has been bound. */
struct check *judge_arm(struct judge *j, enum check_kind kind, const char *file, const struct node *node,
                        int line, wp_us since);
/* Arms all monitors of the scenario, for the whole run. */
void judge_watch(struct judge *j, const struct scenario *s);
/* Everybody is connected: windows of what is armed already count from here. */
void judge_begin(struct judge *j, wp_us now);
/* A `none` that was armed long ago is reached now: its window ends `within` from here. */
void judge_reach(struct judge *j, struct check *c, wp_us now);

/* Time has come to `now`: windows that are over are decided. */
void judge_advance(struct judge *j, wp_us now);
/* The next moment at which judge_advance would decide something; WP_NEVER. */
wp_us judge_deadline(const struct judge *j);
/* Is a check still open that must be waited for at the end (everything but monitors)? */
bool judge_is_waiting(const struct judge *j);

/* Whether the last publication of a topic was retained is known now: decides what wanted to know. */
void judge_see_retain(struct judge *j, const struct wp_record *publish);

/* The run is over: monitors are decided, contract rules become findings. */
void judge_finish(struct judge *j, wp_us now);

#endif
