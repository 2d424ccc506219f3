/* One way to deviate from the document: what is done to the messages that a gateway publishes. */
#ifndef WP_DEVIATION_H
#define WP_DEVIATION_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* A publication on its way from the gateway to the broker, or a request on its way to the gateway. `topic` and `json` may be replaced. */
struct message {
    char topic[200];
    cJSON *json; /* NULL: the payload is `text` */
    char *text;  /* malloc'd; NULL: the payload is `json`, printed */
    uint8_t qos;
    bool retain;
    unsigned copies; /* 0: it is never sent; 2: twice */
    unsigned late_ms;
    char also[200]; /* a topic on which it is sent as well; empty: none */
};

/* What a deviation may remember from message to message; zeroed at the start. */
struct deviation_memory {
    cJSON *first; /* of the messages that it is about */
    unsigned n;
};

struct deviation {
    const char *name, *help;
    const char
        *leaf; /* of the topics that it is about: "telemetry", "gateway/status"; of text a level: "hold" */
    void (*apply)(struct message *m, struct deviation_memory *memory);
};

/* NULL: there is none of that name. */
const struct deviation *deviation_find(const char *name);
/* The i-th, from 0; NULL: there are no more. */
const struct deviation *deviation_at(unsigned i);

/* Does it look at payloads as they are written: `text`, and never `json`? */
bool deviation_is_of_text(const struct deviation *d);
/* Is it done to what the broker hands to the gateway? */
bool deviation_is_of_requests(const struct deviation *d);
/* What the gateway subscribes to besides, behind the first letter of its own filter: "/#"; NULL: nothing. */
const char *deviation_filter(const struct deviation *d);

/* The will of a CONNECT: taken off by "no-will", not kept by "will-not-retained". */
enum deviation_will { WILL_AS_IT_IS, WILL_NONE, WILL_NOT_RETAINED };
enum deviation_will deviation_will(const struct deviation *d);

#endif
