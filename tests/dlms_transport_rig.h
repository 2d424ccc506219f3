/* What the tests of the three DLMS/COSEM transports share: hex, fields against the published ones, streams cut
 * anywhere. */
#ifndef WP_DLMS_TRANSPORT_RIG_H
#define WP_DLMS_TRANSPORT_RIG_H

#include "harness/fields.h"
#include "tests/dlms_vectors.h"

static inline struct wp_slice rig_hex(const char *digits)
{
    static uint8_t bytes[8][4096];
    static unsigned next;
    uint8_t *p = bytes[next++ % 8];
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), p, sizeof bytes[0], &n), "%s", digits);
    return wp_slice(p, n);
}

static inline const char *rig_json(const struct wp_codec *codec, const void *frame)
{
    static char text[65536];
    struct wp_writer w = wp_writer(text, sizeof text);

    fields_put_json(&w, codec, frame);
    ck_assert(!w.full);
    return wp_put_end(&w);
}

/* Every member of `expected` is a field of the frame with the same value. */
static inline void rig_expect_fields(const char *id, const struct wp_codec *codec, const void *frame,
                                     const cJSON *expected)
{
    cJSON *came = cJSON_Parse(rig_json(codec, frame));
    const cJSON *member;

    ck_assert_msg(came && expected, "%s", id);
    cJSON_ArrayForEach(member, expected)
    {
        const cJSON *field = cJSON_GetObjectItemCaseSensitive(came, member->string);

        ck_assert_msg(cJSON_Compare(field, member, true), "%s: %s in %s", id, member->string,
                      rig_json(codec, frame));
    }
    cJSON_Delete(came);
}

/* Frames and bytes of none, fed in pieces of `step` bytes; each decode sees memory of exactly what has come. */
struct rig_sum {
    size_t frames, garbage;
    uint64_t hash;
};

static inline struct rig_sum rig_feed(const struct wp_codec *codec, struct wp_slice in, size_t step)
{
    struct rig_sum sum = {0};
    size_t at = 0, have = step < in.n ? step : in.n;
    void *state = calloc(1, codec->state_size + 1), *frame = malloc(codec->frame_size);

    ck_assert(state && frame);
    while (at < in.n) {
        uint8_t *exact = (uint8_t *)malloc(have - at + 1);
        struct wp_decode d;

        ck_assert_ptr_nonnull(exact);
        memcpy(exact, in.p + at, have - at);
        d = codec->decode(state, WP_SIDE_UNKNOWN, wp_slice(exact, have - at), frame);
        if (d.status == WP_OK)
            sum.hash = sum.hash * 31 + wp_slice_hash(wp_text(rig_json(codec, frame)));
        free(exact);
        if (d.status == WP_MORE && have < in.n) {
            ck_assert_uint_ge(d.need, 1);
            have += step < in.n - have ? step : in.n - have;
            continue;
        }
        d.used = d.status == WP_MORE ? 1 : d.used;
        sum.frames += d.status == WP_OK;
        sum.garbage += d.status != WP_OK ? d.used : 0;
        at += d.used;
        have = have < at ? at : have;
    }
    free(state);
    free(frame);
    return sum;
}

/* Whole, and in pieces of 1 to 17 bytes: the same frames. */
static inline void rig_expect_splits(const char *id, const struct wp_codec *codec, struct wp_slice in,
                                     size_t frames)
{
    struct rig_sum whole = rig_feed(codec, in, in.n);

    ck_assert_msg(whole.frames == frames, "%s: %zu frames, expected %zu", id, whole.frames, frames);
    for (size_t step = 1; step <= 17; step++) {
        struct rig_sum split = rig_feed(codec, in, step);

        ck_assert_msg(split.frames == whole.frames && split.garbage == whole.garbage &&
                          split.hash == whole.hash,
                      "%s in pieces of %zu", id, step);
    }
}

#endif
