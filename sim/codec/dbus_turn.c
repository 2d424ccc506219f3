/* Which message answers which, and the row of the codec catalog.
 *
 * A serial is its caller's own, so who calls is part of the pair: the sender of a call, the destination of what answers
 * it. Captured before the bus had it, a call has no sender yet. */
#include "sim/codec/dbus.h"

static uint64_t who_is(struct wp_slice name)
{
    return name.n > 0 ? wp_slice_hash(name) : 0;
}

struct wp_turn dbus_turn(const void *message)
{
    const struct dbus_message *m = message;

    switch (m->type) {
    case DBUS_CALL:
        if (m->flags & DBUS_NO_REPLY)
            break;
        return (struct wp_turn){WP_TURN_ASKS, who_is(m->sender), m->serial};
    case DBUS_RETURN:
    case DBUS_ERROR: return (struct wp_turn){WP_TURN_ANSWERS, who_is(m->destination), m->reply_serial};
    default: break;
    }
    return (struct wp_turn){.kind = WP_TURN_ALONE};
}

bool dbus_answers(const struct wp_turn *answer, const struct wp_turn *question)
{
    return answer->what == question->what &&
           (answer->who == question->who || answer->who == 0 || question->who == 0);
}

/* ---- the catalog row -------------------------------------------------------------------------------- */

/* Does the first field look like one? Those that are known have a type of one character. */
static bool is_likely(struct wp_slice in)
{
    enum { AT_CODE = DBUS_FIXED, AT_TYPE_LENGTH, CODE_MAX = 9 };

    if (in.n > AT_CODE && (in.p[AT_CODE] == 0 || in.p[AT_CODE] > CODE_MAX))
        return false;
    return in.n <= AT_TYPE_LENGTH || in.p[AT_TYPE_LENGTH] == 1;
}

/* A message that is whole is one for sure: every byte of it was looked at. */
static enum wp_probe probe(struct wp_slice in)
{
    struct dbus_message m;

    switch (dbus_decode_seen(in, &m).status) {
    case WP_OK: return WP_PROBE_YES;
    case WP_MORE: return is_likely(in) ? WP_PROBE_MORE : WP_PROBE_NO;
    default: return WP_PROBE_NO;
    }
}

static struct wp_decode decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    (void)state;
    (void)from;
    return dbus_decode_seen(in, frame);
}

const struct wp_codec dbus_codec = {
    .name = "dbus",
    .print_version = 1,
    .frame_size = sizeof(struct dbus_message),
    .probe = probe,
    .decode = decode,
    .fields = dbus_fields,
    .turn = dbus_turn,
    .answers = dbus_answers,
    .asker = "caller",
    .answerer = "service",
    .is_deep = true,
};
