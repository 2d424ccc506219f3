/* Any bytes as an IVY stream, and each frame survives being sent again. */
#include "sim/codec/ivy.h"
#include "tests/fuzz/codec_fuzz.h"

static void check_frame(const void *frame, struct wp_slice wire)
{
    static uint8_t again[IVY_FRAME_MAX];
    const struct ivy_frame *f = frame;
    struct wp_writer w = wp_writer(again, sizeof again);

    ivy_encode(&w, f->source, f->destination, f->payload);
    assert(wp_slice_eq(wp_written(&w), wire));
    if (f->kind != IVY_SESSION)
        return;
    w = wp_writer(again, sizeof again);
    ivy_encode_session(&w, f->source, f->destination, &f->session);
    assert(wp_slice_eq(wp_written(&w), wire) == ivy_crc_ok(&f->session));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return codec_fuzz(&ivy_codec, WP_SIDE_UNKNOWN, data, size, check_frame);
}
