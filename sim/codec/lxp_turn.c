/* Which frame answers which, whose stream it is, and the row of the codec catalog.
 *
 * Data is paired by inverter, function, register and count, and never by the order of arrival: a dongle sends every
 * reply to all that are connected, whoever asked. Pushes are replies that nobody asked for. An exception has no count,
 * and a reply may come in another protocol than the request. Heartbeats stand alone: not everybody answers them. */
#include "sim/codec/lxp.h"

/* `what`: TCP function in bits 0..7, device function in 8..15, count in 16..31, register or param in 32..47. */
#define COUNT_MASK (UINT64_C(0xFFFF) << 16)
#define NO_COUNT   (UINT64_C(1) << 48)

static uint64_t what_of(const struct lxp_frame *f)
{
    uint64_t what = f->function;

    if (f->function != LXP_DATA)
        return what | (uint64_t)f->param << 32;
    what |= (uint64_t)lxp_device_function(f) << 8 | (uint64_t)f->first << 32;
    if (f->shape == LXP_IS_EXCEPTION)
        return what | NO_COUNT;
    return what | (uint64_t)f->count << 16;
}

static enum wp_turn_kind kind_of(const struct lxp_frame *f)
{
    switch (f->shape) {
    case LXP_IS_READ_REQUEST:
    case LXP_IS_WRITE_MULTI_REQUEST:
    case LXP_IS_PARAM_READ_REQUEST:
    case LXP_IS_PARAM_WRITE_REQUEST: return WP_TURN_ASKS;
    case LXP_IS_READ_REPLY:
    case LXP_IS_WRITE_MULTI_REPLY:
    case LXP_IS_EXCEPTION:
    case LXP_IS_PARAM_READ_REPLY:
    case LXP_IS_PARAM_WRITE_REPLY: return WP_TURN_ANSWERS;
    case LXP_IS_WRITE_SINGLE:
        if (f->is_told)
            return f->from_dongle ? WP_TURN_ANSWERS : WP_TURN_ASKS;
        return WP_TURN_ALONE;
    default: return WP_TURN_ALONE;
    }
}

struct wp_turn lxp_turn(const void *frame)
{
    const struct lxp_frame *f = frame;

    return (struct wp_turn){.kind = kind_of(f),
                            .who = wp_slice_hash(f->function == LXP_DATA ? f->inverter : f->datalog),
                            .what = what_of(f)};
}

bool lxp_answers(const struct wp_turn *answer, const struct wp_turn *question)
{
    uint64_t ignored = answer->what & NO_COUNT ? COUNT_MASK | NO_COUNT : 0;

    return answer->who == question->who && ((answer->what ^ question->what) & ~ignored) == 0;
}

/* ---- the catalog row -------------------------------------------------------------------------------- */

/* The mark, a length that may be, and a function that has it: no other protocol begins so. */
enum wp_probe lxp_probe(struct wp_slice in)
{
    enum { TELLING = 8 };
    struct lxp_frame f;
    struct wp_decode d;

    if (in.n == 0)
        return WP_PROBE_MORE;
    d = lxp_decode(NULL, WP_SIDE_UNKNOWN, in, &f);
    switch (d.status) {
    case WP_OK: return WP_PROBE_YES;
    case WP_MORE: return in.n >= TELLING ? WP_PROBE_YES : WP_PROBE_MORE;
    default: break;
    }
    /* Its faults behind the function are those of a frame of this protocol. */
    return d.fault == WP_FAULT_START || d.fault == WP_FAULT_LENGTH || d.fault == WP_FAULT_TCP_FUNCTION ||
                   d.fault == WP_FAULT_FIELD
               ? WP_PROBE_NO
               : WP_PROBE_YES;
}

static struct wp_decode decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    return lxp_decode(state, from, in, frame);
}

const struct wp_codec lxp_codec = {
    .name = "lxp",
    .print_version = 1,
    .frame_size = sizeof(struct lxp_frame),
    .state_size = sizeof(struct lxp_state),
    .probe = lxp_probe,
    .decode = decode,
    .fields = lxp_fields,
    .turn = lxp_turn,
    .answers = lxp_answers,
    .asker = "gateway",
    .answerer = "dongle",
    .repair = lxp_repair,
    .is_deep = true,
};
