/* Any bytes as an M-Bus: each frame survives being sent again, and joining never reaches beyond its memory. */
#include "sim/codec/mbus.h"
#include "tests/fuzz/codec_fuzz.h"

static uint8_t joined[512];
static struct mbus_join join = {.p = joined, .cap = sizeof joined};

static void check_frame(const void *frame, struct wp_slice wire)
{
    static uint8_t again[MBUS_FRAME_MAX];
    const struct mbus_frame *f = frame;
    struct wp_writer w = wp_writer(again, sizeof again);
    struct wp_slice out;
    enum wp_fault fault;

    mbus_encode(&w, f);
    assert(wp_slice_eq(wp_written(&w), wire));
    if (mbus_join_add(&join, f, &out, &fault) == WP_OK)
        assert(wp_slice_eq(out, out) && (out.p != joined || out.n <= sizeof joined));
    assert(join.n <= sizeof joined);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);

    assert(copy);
    memcpy(copy, data, size);
    if (mbus_repair(copy, size))
        assert(mbus_decode(wp_slice(copy, size), &(struct mbus_frame){0}).used == size);
    free(copy);
    mbus_join_drop(&join);
    return codec_fuzz(&mbus_codec, WP_SIDE_UNKNOWN, data, size, check_frame);
}
