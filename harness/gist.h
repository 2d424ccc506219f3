/* What a record of a transcript says when its time, its number and the order of its members do not count.
 *
 * A transcript's line is JSON (record_json.c). Two records stand for the same event when their kind, machine, peer and
 * topic are the same; they say the same when everything else is, apart from
 *
 * - seq, at_us, port, tag and the ports from 32768 on that the system gives out
 * - numbers that are the moment of the record: milliseconds or seconds of the run's clock, and an `uptime` since start
 * - members' order in JSON payloads, and how a number is written (105 is 105.0)
 * - of a frame everything but its codec and its bytes, which are all there is
 * - digits and A to F in notes: numbers, and ids that a broker makes up
 * - in live, whether a delivery was retained: that depends on who came first
 *
 * No events are what the judge wrote (check), what a broker says of itself ($SYS), and in live how a stream was cut
 * (receipt). */
#ifndef WP_GIST_H
#define WP_GIST_H

#include "sim/core/json_in.h"

struct gist {
    uint64_t key;     /* equal for records that stand for the same event */
    uint64_t content; /* equal when they say the same */
    uint64_t
        sight; /* not 0: only who records inside a machine, or at its own end, sees the like; equal for the same
                         kind, machine and peer */
    int64_t at_us;
};

/* CHECK: the judge decided something; OTHER: no event either; BAD: no line of a transcript. */
enum gist_kind { GIST_RECORD, GIST_CHECK, GIST_OTHER, GIST_BAD };

/* Reads one transcript, whose first line this is. Live transcripts do not say when they began: the first payload that
 * names a moment does. NULL: it is no transcript. */
struct gist_reader *gist_reader_new(struct wp_slice header);
void gist_reader_free(struct gist_reader *r); /* NULL is fine */

/* Every other line, in its order. */
enum gist_kind gist_of(struct gist_reader *r, struct wp_slice line, struct gist *out);

/* The first member in which two records of the same key differ: "payload.data.value: 230.1 and 230.2". Both readers
 * have said GIST_RECORD of their line. */
void gist_put_difference(struct wp_writer *w, struct gist_reader *a, struct wp_slice line_a,
                         struct gist_reader *b, struct wp_slice line_b);

/* The record for people: "0.051 s publish gateway > broker ivy/v1/... {...}", cut at `max` bytes. */
void gist_put_line(struct wp_writer *w, struct gist_reader *r, struct wp_slice line, size_t max);

#endif
