/* One way to deviate from the document: what is done to the messages that a gateway publishes. */
#ifndef WP_DEVIATION_H
#define WP_DEVIATION_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

struct message;

/* The will of a CONNECT. */
enum deviation_will { WILL_AS_IT_IS, WILL_NONE, WILL_NOT_RETAINED };

/* A row of a table.
 *   leaf     the end of the topics that it is about, "telemetry" or "gateway/status"; of text any level, "hold"; "": all
 *            messages where it is of text, otherwise none
 *   bend     does it
 *   what, with, by   for bend alone, which says what they are (bend.h)
 *   filter   subscribed to besides, behind the first letter of the gateway's own: "/#"; NULL: nothing */
struct deviation {
    const char *name, *help;
    const char *leaf;
    void (*bend)(struct message *m);
    const char *what, *with;
    double by;
    enum deviation_will will;
    const char *filter;
};

/* What a deviation remembers from message to message; zeroed at the start. */
struct deviation_memory {
    cJSON *first; /* of the messages that it is about */
};

/* A publication on its way from the gateway to the broker, or a request on its way to the gateway. All but the first two
 * may be replaced. */
struct message {
    const struct deviation *of;
    struct deviation_memory *memory;
    char topic[200];
    cJSON *json; /* NULL: the payload is `text` */
    char *text;  /* malloc'd; NULL: the payload is `json`, printed */
    uint8_t qos;
    bool retain;
    unsigned copies; /* 0: it is never sent; 2: twice */
    unsigned late_ms;
    char also[200]; /* a topic on which it is sent as well; empty: none */
};

/* NULL: there is none of that name. */
const struct deviation *deviation_find(const char *name);
/* The i-th, from 0; NULL: there are no more. */
const struct deviation *deviation_at(unsigned i);

/* Does it look at payloads as they are written: `text`, and never `json`? */
bool deviation_is_of_text(const struct deviation *d);
/* Is it done to what the broker hands to the gateway? */
bool deviation_is_of_requests(const struct deviation *d);

#endif
