/* Any bytes as a stream of wrappers, and each one survives being sent again. */
#include "sim/codec/wrapper.h"
#include "tests/fuzz/codec_fuzz.h"

static void check_frame(const void *frame, struct wp_slice wire)
{
    static uint8_t again[WRAPPER_HEADER + CODEC_FUZZ_MAX];
    struct wp_writer w = wp_writer(again, sizeof again);

    wrapper_encode(&w, frame);
    assert(wp_slice_eq(wp_written(&w), wire));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return codec_fuzz(&wrapper_codec, WP_SIDE_UNKNOWN, data, size, check_frame);
}
