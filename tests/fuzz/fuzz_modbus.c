/* Any bytes as a Modbus stream: whole and split give the same frames, and each frame survives being sent again. The
 * first byte of the input says how it is split, and who sends. */
#include "harness/fields.h"
#include "sim/codec/modbus.h"

#include <assert.h>
#include <stdlib.h>

enum { STREAM_MAX = 4096 };

struct sum {
    size_t frames, garbage;
    uint64_t hash;
};

static void within(void *ctx, const struct wp_field *field)
{
    assert(field->first + field->len <= *(const size_t *)ctx);
}

static void check_frame(const struct modbus_frame *f, struct wp_slice wire)
{
    static uint8_t again[MODBUS_FRAME_MAX];
    static char text[65536];
    struct wp_writer w = wp_writer(again, sizeof again);
    size_t n = wire.n;

    modbus_encode(&w, f);
    assert(wp_slice_eq(wp_written(&w), wire));
    modbus_codec.fields(f, within, &n);
    modbus_codec.turn(f);
    w = wp_writer(text, sizeof text);
    fields_put_line(&w, &modbus_codec, f);
    fields_put_json(&w, &modbus_codec, f);
    assert(!w.full);
}

/* Pieces of 1..step bytes, each in memory of exactly its size; step 0: all at once. */
static struct sum feed(struct wp_slice in, enum wp_side from, size_t step)
{
    struct modbus_state state = {0};
    struct sum sum = {0};
    size_t at = 0, have = step ? 0 : in.n;

    while (at < in.n) {
        struct modbus_frame f;
        uint8_t *exact = malloc(have - at ? have - at : 1);
        struct wp_decode d;

        assert(exact);
        memcpy(exact, in.p + at, have - at);
        modbus_codec.probe(wp_slice(exact, have - at));
        d = modbus_decode(&state, from, wp_slice(exact, have - at), &f);
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
            if (!step)
                check_frame(&f, wp_slice(exact, d.used));
            sum.frames++;
            sum.hash = sum.hash * 31 + wp_slice_hash(wp_slice(exact, d.used)) + f.role;
        } else {
            sum.garbage += d.used;
        }
        free(exact);
        at += d.used;
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum wp_side from;
    struct sum whole, split;

    if (size < 2 || size > STREAM_MAX)
        return 0;
    from = (enum wp_side)(data[0] / 32 % 3);
    whole = feed(wp_slice(data + 1, size - 1), from, 0);
    split = feed(wp_slice(data + 1, size - 1), from, 1 + data[0] % 32);
    assert(whole.frames == split.frames);
    assert(whole.garbage == split.garbage);
    assert(whole.hash == split.hash);
    return 0;
}
