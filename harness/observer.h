/* Publications as a subscriber sees them: at a broker that is not ours, nobody else tells.
 *
 * A client of ours subscribes to everything. What it gets and none of ours has published is taken for the SUT's and
 * becomes a publish record; whether it was retained shows at the end, when a second client subscribes. */
#ifndef WP_OBSERVER_H
#define WP_OBSERVER_H

#include "harness/client.h"
#include "sim/core/transcript.h"

struct observer;

/* `sut` is the machine whose publications they are; `fresh`: it began with this play, so what is retained when the
 * observer comes was published in it. */
struct observer *observer_new(struct wp_transcript *transcript, const char *sut, bool fresh);
void observer_free(struct observer *o); /* NULL is fine */
struct wp_sink *observer_sink(struct observer *o);

/* What the first and the second client do, as clients with these names. */
extern const char observer_name[], observer_second_name[];
struct client_plan observer_plan(const char *name);

/* The last publication of the SUT on each topic, and whether the second client was told it as retained; nothing when
 * that one was not let in. */
void observer_each_last(const struct observer *o, void (*visit)(void *ctx, const struct wp_record *publish),
                        void *ctx);

#endif
