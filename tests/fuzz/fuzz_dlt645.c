/* Any bytes as a DL/T 645 stream, and each frame survives being sent again. */
#include "sim/codec/dlt645.h"
#include "tests/fuzz/codec_fuzz.h"

static bool same(const struct dlt645_frame *a, const struct dlt645_frame *b)
{
    return a->address == b->address && a->wakeup == b->wakeup && a->control == b->control &&
           a->n_data == b->n_data && a->checksum == b->checksum && memcmp(a->data, b->data, a->n_data) == 0;
}

static void check_frame(const void *frame, struct wp_slice wire)
{
    static uint8_t again[CODEC_FUZZ_MAX + DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(again, sizeof again);
    struct dlt645_frame back;

    dlt645_encode(&w, frame);
    assert(wp_slice_eq(wp_written(&w), wire));
    assert(dlt645_decode(wp_written(&w), &back).status == WP_OK);
    assert(same(frame, &back));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return codec_fuzz(&dlt645_codec, WP_SIDE_UNKNOWN, data, size, check_frame);
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
