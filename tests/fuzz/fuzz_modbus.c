/* Any bytes as a Modbus stream, and each frame survives being sent again. The first byte also says who sends. */
#include "sim/codec/modbus.h"
#include "tests/fuzz/codec_fuzz.h"

static void check_frame(const void *frame, struct wp_slice wire)
{
    static uint8_t again[MODBUS_FRAME_MAX];
    struct wp_writer w = wp_writer(again, sizeof again);

    modbus_encode(&w, frame);
    assert(wp_slice_eq(wp_written(&w), wire));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return codec_fuzz(&modbus_codec, size > 0 ? (enum wp_side)(data[0] / 32 % 3) : WP_SIDE_UNKNOWN, data,
                      size, check_frame);
}
