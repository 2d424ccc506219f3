/* Any bytes as an HDLC line: each frame survives being sent again, and joining never reaches beyond its memory. */
#include "sim/codec/hdlc.h"
#include "tests/fuzz/codec_fuzz.h"

static uint8_t joined[512];
static struct hdlc_join join = {.p = joined, .cap = sizeof joined};

static void check_frame(const void *frame, struct wp_slice wire)
{
    static uint8_t again[HDLC_FRAME_MAX];
    const struct hdlc_frame *f = frame;
    struct wp_writer w = wp_writer(again, sizeof again);
    struct wp_slice out, content = wp_slice_from(wire, f->first);
    enum wp_fault fault;

    hdlc_encode(&w, f);
    assert(wp_slice_eq(wp_slice_from(wp_written(&w), 1), content));
    if (hdlc_join_add(&join, f, &out, &fault) == WP_OK)
        assert(wp_slice_eq(out, out) && (out.p != joined || out.n <= sizeof joined));
    assert(join.n <= sizeof joined);
}

/* The same bytes where stuffing is taken out: what is found reads plainly when it is sent again. */
static void feed_tolerant(struct wp_slice in)
{
    static uint8_t again[HDLC_FRAME_MAX];
    uint8_t *room = malloc(HDLC_FRAME_MAX);
    struct hdlc_line line = {.unstuffed = room};

    assert(room);
    while (in.n > 0) {
        struct wp_writer w = wp_writer(again, sizeof again);
        struct hdlc_frame f, plain;
        struct wp_decode d = hdlc_decode(&line, in, &f);

        if (d.status == WP_OK) {
            hdlc_encode(&w, &f);
            assert(hdlc_decode(NULL, wp_written(&w), &plain).status == WP_OK);
            assert(wp_slice_eq(plain.info, f.info));
        }
        in = wp_slice_from(in, d.status == WP_MORE ? 1 : d.used);
    }
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    struct hdlc_parameters parameters;

    assert(copy);
    memcpy(copy, data, size);
    if (hdlc_repair(copy, size))
        assert(hdlc_decode(NULL, wp_slice(copy, size), &(struct hdlc_frame){0}).status == WP_OK ||
               copy[0] != HDLC_FLAG);
    feed_tolerant(wp_slice(copy, size));
    hdlc_parameters_read(wp_slice(copy, size), &parameters);
    free(copy);
    join.is_open = join.is_passing = false;
    join.n = 0;
    return codec_fuzz(&hdlc_codec, WP_SIDE_UNKNOWN, data, size, check_frame);
}
