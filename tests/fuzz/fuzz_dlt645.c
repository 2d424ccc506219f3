/* Any bytes as a DL/T 645 stream: whole and split give the same frames, and each frame survives being sent again.
 * The first byte of the input says how it is split. */
#include "harness/fields.h"
#include "sim/codec/dlt645.h"

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

static bool same(const struct dlt645_frame *a, const struct dlt645_frame *b)
{
    return a->address == b->address && a->wakeup == b->wakeup && a->control == b->control &&
           a->n_data == b->n_data && a->checksum == b->checksum && memcmp(a->data, b->data, a->n_data) == 0;
}

static void check_frame(const struct dlt645_frame *f, struct wp_slice wire)
{
    static uint8_t again[STREAM_MAX + DLT645_FRAME_MAX];
    static char text[65536];
    struct wp_writer w = wp_writer(again, sizeof again);
    struct dlt645_frame back;
    size_t n = wire.n;

    dlt645_encode(&w, f);
    assert(wp_slice_eq(wp_written(&w), wire));
    assert(dlt645_decode(wp_written(&w), &back).status == WP_OK);
    assert(same(f, &back));
    dlt645_codec.fields(f, within, &n);
    w = wp_writer(text, sizeof text);
    fields_put_line(&w, &dlt645_codec, f);
    fields_put_json(&w, &dlt645_codec, f);
    assert(!w.full);
}

/* Pieces of 1..step bytes, each in memory of exactly its size; step 0: all at once. */
static struct sum feed(struct wp_slice in, size_t step)
{
    struct sum sum = {0};
    size_t at = 0, have = step ? 0 : in.n;

    while (at < in.n) {
        struct dlt645_frame f;
        uint8_t *exact = malloc(have - at ? have - at : 1);
        struct wp_decode d;

        assert(exact);
        memcpy(exact, in.p + at, have - at);
        d = dlt645_decode(wp_slice(exact, have - at), &f);
        free(exact);
        if (d.status == WP_MORE && have < in.n) {
            assert(d.need >= 1);
            have += step < in.n - have ? step : in.n - have;
            continue;
        }
        if (d.status == WP_MORE)
            d.used = 1;
        assert(d.used >= 1 && d.used <= have - at);
        if (d.status == WP_OK) {
            if (!step)
                check_frame(&f, wp_slice(in.p + at, d.used));
            sum.frames++;
            sum.hash = sum.hash * 31 + wp_slice_hash(wp_slice(in.p + at, d.used));
        } else {
            sum.garbage += d.used;
        }
        at += d.used;
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sum whole, split;

    if (size < 2 || size > STREAM_MAX)
        return 0;
    whole = feed(wp_slice(data + 1, size - 1), 0);
    split = feed(wp_slice(data + 1, size - 1), 1 + data[0] % 32);
    assert(whole.frames == split.frames);
    assert(whole.garbage == split.garbage);
    assert(whole.hash == split.hash);
    return 0;
}

/* A fuzzer does not guess checksums: half of the mutated inputs get right ones wherever a frame could stand. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, max_size);
    for (size_t at = 1; seed % 2 && at + DLT645_OVERHEAD <= size; at++) {
        size_t whole;
        uint8_t sum = 0;

        if (data[at] != 0x68)
            continue;
        data[at + 7] = 0x68;
        whole = (size_t)DLT645_OVERHEAD + data[at + 9];
        if (at + whole > size)
            continue;
        for (size_t i = 0; i < whole - 2; i++)
            sum = (uint8_t)(sum + data[at + i]);
        data[at + whole - 2] = sum;
        data[at + whole - 1] = 0x16;
        at += whole - 1;
    }
    return size;
}
