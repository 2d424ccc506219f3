#include "sim/codec/lxp_side.h"

enum { BEAT_FIRST = 4, ASKED_FIRST = 8, WAS_HERE = 16 };

static enum wp_side other_side(enum wp_side side)
{
    switch (side) {
    case WP_SIDE_CLIENT: return WP_SIDE_SERVER;
    case WP_SIDE_SERVER: return WP_SIDE_CLIENT;
    case WP_SIDE_UNKNOWN: return WP_SIDE_UNKNOWN_TOO;
    default: return WP_SIDE_UNKNOWN;
    }
}

/* Was its shape told by the direction alone? Then it tells nothing about the direction. */
static bool is_ambiguous(const struct lxp_frame *f)
{
    if (f->function == LXP_READ_PARAM)
        return f->whole.n == LXP_AT_BODY + 4;
    return f->protocol == 1 && f->whole.n == LXP_REQUEST_BYTES &&
           (f->shape == LXP_IS_READ_REQUEST || f->shape == LXP_IS_READ_REPLY);
}

unsigned lxp_side_shown(const struct lxp_frame *f)
{
    if (is_ambiguous(f))
        return 0;
    switch (f->shape) {
    case LXP_IS_READ_REPLY:
    case LXP_IS_WRITE_MULTI_REPLY:
    case LXP_IS_EXCEPTION:
    case LXP_IS_PARAM_READ_REPLY:
    case LXP_IS_PARAM_WRITE_REPLY: return LXP_SIDE_DONGLE;
    case LXP_IS_READ_REQUEST:
    case LXP_IS_WRITE_MULTI_REQUEST:
    case LXP_IS_PARAM_READ_REQUEST:
    case LXP_IS_PARAM_WRITE_REQUEST: return LXP_SIDE_OTHER;
    default: return 0;
    }
}

static bool is_named(enum wp_side side)
{
    return side == WP_SIDE_CLIENT || side == WP_SIDE_SERVER;
}

/* What the sides have shown: a side that has shown both is two sides in one, and tells nothing. */
static unsigned told_by_sides(const struct lxp_state *state, enum wp_side from)
{
    unsigned mine = state->seen[from], yours = state->seen[other_side(from)],
             sure = LXP_SIDE_DONGLE | LXP_SIDE_OTHER;

    /* Bytes of one unknown sender may be those of both, until there is another one. */
    if (from == WP_SIDE_UNKNOWN && !yours)
        return 0;
    if ((mine & sure) == LXP_SIDE_DONGLE || (mine & sure) == LXP_SIDE_OTHER)
        return mine & sure;
    if ((mine & sure) == 0 && ((yours & sure) == LXP_SIDE_DONGLE || (yours & sure) == LXP_SIDE_OTHER))
        return (yours & sure) ^ sure;
    if ((mine | yours) & BEAT_FIRST)
        return mine & BEAT_FIRST ? LXP_SIDE_DONGLE : LXP_SIDE_OTHER;
    if (is_named(from))
        return 0;
    if ((mine | yours) & ASKED_FIRST)
        return mine & ASKED_FIRST ? LXP_SIDE_OTHER : LXP_SIDE_DONGLE;
    return 0;
}

unsigned lxp_side_told(const struct lxp_state *state, enum wp_side from)
{
    unsigned told = state ? told_by_sides(state, from) : 0;

    if (told)
        return told;
    if (from == WP_SIDE_SERVER)
        return LXP_SIDE_DONGLE;
    return from == WP_SIDE_CLIENT ? LXP_SIDE_OTHER : 0;
}

void lxp_side_remember(struct lxp_state *state, enum wp_side from, const struct lxp_frame *f, unsigned shown)
{
    uint8_t *seen = &state->seen[from], yours = state->seen[other_side(from)];

    *seen |= (uint8_t)(WAS_HERE | shown);
    if (f->shape == LXP_IS_HEARTBEAT && !(yours & BEAT_FIRST))
        *seen |= BEAT_FIRST;
    if (f->shape == LXP_IS_READ_REQUEST && !(yours & ASKED_FIRST))
        *seen |= ASKED_FIRST;
}
