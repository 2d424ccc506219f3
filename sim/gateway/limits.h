/* How many connections one address may have, and how often it may try. */
#ifndef WP_LIMITS_H
#define WP_LIMITS_H

#include "sim/core/machine.h"
#include "sim/core/map.h"
#include "sim/core/pool.h"
#include "sim/gateway/carve.h"

/* Why a connection is refused. */
#define LIMITS_VERDICTS(X)                                                                                   \
    X(WELCOME, "welcome")                                                                                    \
    X(BLOCKED, "IP blocked")                                                                                 \
    X(TOO_MANY, "Max connections per IP exceeded")                                                           \
    X(TOO_OFTEN, "Too many connection attempts")

enum limits_verdict {
#define X(name, text) LIMITS_##name,
    LIMITS_VERDICTS(X)
#undef X
};

struct limits_rules {
    uint32_t connections; /* at once */
    uint32_t attempts;    /* within `window` */
    wp_us window, block;
};

struct limits_address {
    struct limits_address *older, *newer; /* among those without a connection */
    uint32_t ip;
    uint32_t open;
    wp_us blocked_until;
    uint32_t n_attempts; /* ever; the ring holds the latest */
    wp_us attempt[];     /* rules.attempts of them */
};

struct limits {
    struct limits_rules rules;
    struct wp_map by_ip;
    struct wp_pool cells;
    struct limits_address *oldest, *newest;
};

/* Room for `cap` addresses: more than may be connected, so that one without connections can always be
 * forgotten. */
void limits_lay_out(struct limits *l, struct wp_carve *memory, const struct limits_rules *rules, size_t cap);

/* A connection from `ip` stands. LIMITS_WELCOME: it counts until limits_leave. Any other verdict blocks the
 * address. */
enum limits_verdict limits_enter(struct limits *l, uint32_t ip, wp_us now);
void limits_leave(struct limits *l, uint32_t ip);

const char *limits_verdict_text(enum limits_verdict v);

#endif
