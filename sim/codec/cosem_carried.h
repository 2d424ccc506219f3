/* What a frame of DLMS/COSEM carries: the payload that it completed, and what came of it.
 *
 *     frame -> payload (segments joined) -> cosem_unit -> plain APDU
 *
 * For who decodes a connection that is not its own: every frame is shown as it stands on the wire, and behind it what was
 * put together or deciphered. */
#ifndef WP_COSEM_CARRIED_H
#define WP_COSEM_CARRIED_H

#include "sim/codec/cosem_unit.h"

enum {
    COSEM_CHAIN_CLIENT = 2048, /* octets of joined blocks: requests are short */
    COSEM_CHAIN_SERVER = COSEM_UNIT_MAX,
};

#define COSEM_NOWHERE SIZE_MAX /* in this frame: what was joined */

/* What is remembered of a connection: zeroed, then with keys. It may be copied. */
struct cosem_listener {
    struct cosem_unit unit;
};

/* Memory for unfinished chains of blocks, one for each side. It may be another one whenever the listener is idle. */
struct cosem_chains {
    uint8_t client[COSEM_CHAIN_CLIENT], server[COSEM_CHAIN_SERVER];
};

/* Of one frame. Slices borrow from the frame's bytes, the listener, or `room`. */
struct cosem_carried {
    bool is_whole;                 /* a payload ended with this frame */
    struct wp_slice payload;       /* without LLC */
    size_t at;                     /* where it stands, from the frame's first byte; COSEM_NOWHERE */
    enum wp_fault join_fault;      /* the segments could not be joined */
    enum cosem_unit_result result; /* is_whole */
    struct cosem_plain plain;      /* is_whole */
    uint8_t room[COSEM_UNIT_MAX];
};

/* No chain is unfinished. */
static inline bool cosem_listener_is_idle(const struct cosem_listener *listener)
{
    return !cosem_unit_is_waiting(&listener->unit);
}
/* Unfinished chains are lost. */
void cosem_listener_give_up(struct cosem_listener *listener);

static inline void cosem_listener_unlock(struct cosem_listener *listener, const struct wp_keys *keys)
{
    listener->unit.keys = keys;
}

/* One payload. at: as above. Writes all of `out` but what it does not need of its room. */
void cosem_listen(struct cosem_listener *listener, struct cosem_chains *chains, enum wp_side from,
                  struct wp_slice payload, size_t at, struct cosem_carried *out);
/* No payload ended with this frame. fault: the segments before it are lost, WP_FAULT_NONE: more must come. */
void cosem_listen_on(struct cosem_carried *out, enum wp_fault fault);

/* What stands not on the wire of this frame: "joined..." the APDU of segments or blocks, "plain..." a deciphered one
 * behind how it was protected, "refused" why there is none. */
void cosem_carried_fields(const struct cosem_carried *carried, wp_visit *visit, void *ctx);

void cosem_carried_content(const struct cosem_carried *carried, struct wp_content *out);

/* Requests that must be answered, and responses. who: the invoke-id. what: the service, and of a request what it asks. */
struct wp_turn cosem_carried_turn(const struct cosem_carried *carried);
/* Gives the APDU of a response, with its LLC or without, the invoke-id of a request; false: it is none in clear. */
bool cosem_carried_adopt(uint8_t *payload, size_t n, const struct wp_turn *question);
bool cosem_carried_answers(const struct wp_turn *answer, const struct wp_turn *question);

#endif
