/* Any bytes as a codec's stream: whole and split give the same frames, every one prints, and none reaches beyond its
 * bytes. The first byte of the input says how it is split. */
#ifndef WP_CODEC_FUZZ_H
#define WP_CODEC_FUZZ_H

#include "harness/fields.h"

#include <assert.h>
#include <stdlib.h>

enum { CODEC_FUZZ_MAX = 4096, CODEC_FUZZ_TEXT = 4 << 20 };

/* What the codec alone knows of its frames: that they are the same when they are sent again. */
typedef void codec_fuzz_check(const void *frame, struct wp_slice wire);

struct codec_fuzz_sum {
    size_t frames, garbage;
    uint64_t hash;
};

static inline void codec_fuzz_within(void *ctx, const struct wp_field *field)
{
    assert(field->first + field->len <= *(const size_t *)ctx);
}

static inline void codec_fuzz_print(const struct wp_codec *codec, const void *frame, struct wp_slice wire)
{
    static char text[CODEC_FUZZ_TEXT];
    struct wp_writer w = wp_writer(text, sizeof text);
    size_t n = wire.n;

    codec->fields(frame, codec_fuzz_within, &n);
    if (codec->turn)
        codec->turn(frame);
    fields_put_line(&w, codec, frame);
    fields_put_json(&w, codec, frame);
    assert(!w.full);
}

/* Pieces of 1..step bytes, each in memory of exactly its size; step 0: all at once. */
static inline struct codec_fuzz_sum codec_fuzz_feed(const struct wp_codec *codec, enum wp_side from,
                                                    struct wp_slice in, size_t step, codec_fuzz_check *check)
{
    struct codec_fuzz_sum sum = {0};
    size_t at = 0, have = step ? 0 : in.n;
    void *state = calloc(1, codec->state_size + 1), *frame = malloc(codec->frame_size);

    assert(state && frame);
    while (at < in.n) {
        uint8_t *exact = malloc(have - at ? have - at : 1);
        struct wp_decode d;

        assert(exact);
        memcpy(exact, in.p + at, have - at);
        codec->probe(wp_slice(exact, have - at));
        d = codec->decode(state, from, wp_slice(exact, have - at), frame);
        if (d.status == WP_MORE && have < in.n) {
            free(exact);
            assert(d.need >= 1);
            have += step < in.n - have ? step : in.n - have;
            continue;
        }
        if (d.status == WP_MORE)
            d.used = 1;
        assert(d.used >= 1 && d.used <= have - at);
        if (d.status == WP_OK) {
            const struct wp_slice wire = wp_slice(exact, d.used);

            if (!step) {
                codec_fuzz_print(codec, frame, wire);
                check(frame, wire);
            }
            sum.frames++;
            sum.hash = sum.hash * 31 + wp_slice_hash(wire);
        } else {
            sum.garbage += d.used;
        }
        free(exact);
        at += d.used;
    }
    free(state);
    free(frame);
    return sum;
}

static inline int codec_fuzz(const struct wp_codec *codec, enum wp_side from, const uint8_t *data,
                             size_t size, codec_fuzz_check *check)
{
    struct codec_fuzz_sum whole, split;

    if (size < 2 || size > CODEC_FUZZ_MAX)
        return 0;
    whole = codec_fuzz_feed(codec, from, wp_slice(data + 1, size - 1), 0, check);
    split = codec_fuzz_feed(codec, from, wp_slice(data + 1, size - 1), 1 + data[0] % 32, check);
    assert(whole.frames == split.frames);
    assert(whole.garbage == split.garbage);
    assert(whole.hash == split.hash);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
