#include "harness/frames.h"

#include "harness/keys.h"

#include <stdlib.h>

enum frames_likeness frames_likeness(const struct wp_decode *d)
{
    if (d->status == WP_MORE)
        return FRAMES_BAD;
    switch (d->fault) {
    case WP_FAULT_START: return FRAMES_GARBAGE;
    case WP_FAULT_SECOND_START: return FRAMES_START;
    default: return FRAMES_BAD;
    }
}

/* The first refusal that looks most like a frame speaks for the gap. */
static void grow_gap(struct frames_part *gap, const struct wp_decode *d, size_t at, size_t n)
{
    enum frames_likeness likeness = frames_likeness(d);

    if (gap->n == 0 || likeness > gap->likeness) {
        gap->likeness = likeness;
        gap->why = *d;
        gap->why.at = d->status == WP_BAD ? at + d->at : at;
    }
    gap->n += n;
}

static void *zeroed(size_t n)
{
    void *p = calloc(1, n ? n : 1);

    if (!p)
        abort();
    return p;
}

bool frames_walk(const struct wp_codec *codec, enum wp_side from, struct wp_slice in, frames_visit *visit,
                 void *ctx)
{
    void *frame = zeroed(codec->frame_size), *state = zeroed(codec->state_size);
    struct frames_part gap = {.kind = FRAMES_GAP};
    bool is_finished;

    keys_begin_state(codec, state);
    for (size_t at = 0; at < in.n;) {
        struct wp_decode d = codec->decode(state, from, wp_slice_from(in, at), frame);

        if (d.status == WP_OK) {
            struct frames_part part = {.kind = FRAMES_FRAME, .at = at, .n = d.used, .frame = frame};

            if (gap.n)
                visit(ctx, &gap);
            visit(ctx, &part);
            at += d.used;
            gap = (struct frames_part){.kind = FRAMES_GAP, .at = at};
            continue;
        }
        if (d.status == WP_MORE)
            d.used = codec->is_bare && gap.n == 0 ? in.n - at : 1;
        grow_gap(&gap, &d, at, d.used);
        at += d.used;
    }
    if (gap.n)
        visit(ctx, &gap);
    is_finished = !codec->is_idle || codec->is_idle(state);
    free(state);
    free(frame);
    return is_finished;
}

const char *frames_gap_text(const struct frames_part *gap)
{
    return wp_fault_text(gap->why.status == WP_MORE ? WP_FAULT_TRUNCATED : gap->why.fault);
}

bool frames_is_wrong(enum wp_fault fault)
{
    switch (fault) {
    case WP_FAULT_NO_KEY:
    case WP_FAULT_SYSTEM_TITLE:
    case WP_FAULT_COMPRESSED:
    case WP_FAULT_UNSUPPORTED: return false;
    default: return true;
    }
}
