/* Private to the files of minimise. */
#ifndef WP_MINIMISE_IMPL_H
#define WP_MINIMISE_IMPL_H

#include "harness/capture_cut.h"
#include "harness/minimise.h"
#include "harness/replay.h"
#include "harness/texts.h"

/* What a replay comes to: the findings by name ("dlt645 unanswered", "gap", "IVY-038" with channel, place and rule), or without any
 * the codecs
 * that were heard; and what no document knows ("undocumented ivy/v1/... /ts"), which is a remark. */
struct verdict_of {
    enum replay_end end;
    struct texts names;
    uint64_t frames, connections;
};

struct minimiser {
    const struct minimise_setup *setup;
    struct capture_image image; /* what is left so far */
    struct verdict_of original;
    bool *wanted; /* of its names */
    struct judge_contracts *contracts;
    uint64_t tries, tries_max;
    uint64_t bytes; /* that were replayed */
    size_t values;
};

/* ---- minimise_verdict.c ------------------------------------------------------------------------------ */

/* Replays. `also` may be NULL; its `event` and `segment` are called too. false: it cannot be replayed. */
bool verdict_of_image(struct judge_contracts *contracts, const struct capture_image *image,
                      struct replay_out *also, struct verdict_of *out);
void verdict_free(struct verdict_of *v);
/* Decides what is wanted. false: there is nothing of that name; `why` has what there is. */
bool verdict_choose(struct minimiser *m, struct wp_writer *why);
/* Has the image the same exit code, all that is wanted, and nothing that the original does not have? Counts a try;
 * false when there were enough. */
bool verdict_holds(struct minimiser *m, const struct capture_image *image);

/* ---- stages ------------------------------------------------------------------------------------------- */

/* What is known of the image that is left. */
struct capture_cut *minimise_learn(struct minimiser *m);
/* minimise_values.c: values that do not matter become 0 or nothing. */
void minimise_values(struct minimiser *m);

#endif
