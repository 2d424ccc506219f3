/* What messages are bent with: the tables of deviations name these, each with the words of its row. */
#ifndef WP_DEVIANT_BEND_H
#define WP_DEVIANT_BEND_H

#include "tests/deviant/deviation.h"

/* ---- tables ----------------------------------------------------------------------------------------- */

struct deviation_table {
    const struct deviation *rows;
    unsigned n;
    bool of_text;     /* payloads as they are written */
    bool of_requests; /* what the broker hands to the gateway */
};

/* A table of the rows of an array; more members may follow. */
#define TABLE_OF(array) .rows = (array), .n = sizeof(array) / sizeof(array)[0]

extern const struct deviation_table deviation_ivy, deviation_dlms, deviation_octolux, deviation_venus,
    deviation_requests;

/* ---- how it is published: rows ---------------------------------------------------------------------- */

void bend_nothing(struct message *m);
void bend_to_twice(struct message *m);
void bend_to_never(struct message *m);
/* by: milliseconds */
void bend_to_late(struct message *m);
void bend_to_retained(struct message *m);
void bend_to_not_retained(struct message *m);
/* by: the QoS */
void bend_qos(struct message *m);
/* The first `what` of the topic becomes `with`. */
void bend_topic(struct message *m);
/* with: a topic on which it is published, too */
void bend_to_also(struct message *m);

/* ---- payloads as they are written: rows ------------------------------------------------------------- */

/* The first `what` of the payload becomes `with`; without one it stays as it is. */
void bend_text(struct message *m);
/* The payload that is `what`, all of it, becomes `with`. */
void bend_if_text_is(struct message *m);
/* Whatever the payload is, it becomes `with`. */
void bend_to_text(struct message *m);

/* ---- payloads of JSON: rows. A member's path is "data.unit"; what is not there stays away ------------ */

/* The outermost member `what` is called `with`. */
void bend_name(struct message *m);
/* The member `what` is missing. */
void bend_to_missing(struct message *m);
/* The member `what` is the text `with`. */
void bend_member(struct message *m);
/* The number `what`, times `by`. */
void bend_to_multiple(struct message *m);
/* The number `what`, plus `by`. */
void bend_to_sum(struct message *m);
/* The number `what`, divided by `by`, without its fraction. */
void bend_to_whole(struct message *m);

/* ---- what rows of their own are made of ------------------------------------------------------------- */

/* NULL: it has none of that path. */
cJSON *message_member(const struct message *m, const char *path);
/* In the place of the member, if it has one. Owns the value. */
void message_put(struct message *m, const char *path, cJSON *value);
bool message_is(const struct message *m, const char *text);
void message_put_text(struct message *m, const char *text);
/* The first `from` of the text becomes `to`. false: it has none. */
bool message_replace(struct message *m, const char *from, const char *to);

/* Nothing is done to what is no number. */
void number_times(cJSON *number, double factor);
/* The number `name` of the object becomes a text. */
void number_as_text(cJSON *object, const char *name);

#endif
