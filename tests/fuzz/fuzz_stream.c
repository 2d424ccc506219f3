/* Any bytes as one direction of a connection: parts follow each other without overlap, no byte is lost, and whole
 * and split give the same frames. The first byte of the input says how it is split, and where it pauses. */
#include "harness/stream.h"

#include <assert.h>
#include <stdlib.h>

enum { PARTS_MAX = 1024, INPUT_MAX = 4096 };

struct seen {
    uint64_t end; /* of the last part */
    struct {
        const struct wp_codec *codec;
        uint64_t offset;
        size_t n;
    } frame[PARTS_MAX];
    size_t n_frames;
};

static void take(void *ctx, struct stream *s, const struct stream_part *part)
{
    struct seen *seen = ctx;
    size_t n = part->frame ? part->wire.n : part->bad.used;

    (void)s;
    assert(n > 0);
    assert(part->offset >= seen->end);
    seen->end = part->offset + n;
    if (!part->frame) {
        assert(part->bad.status == WP_BAD);
        assert(part->bad.at < n + part->codec->frame_size);
        assert(part->wire.n >= (n < STREAM_SHOWN_MAX ? n : STREAM_SHOWN_MAX));
        return;
    }
    assert(seen->n_frames < PARTS_MAX);
    seen->frame[seen->n_frames].codec = part->codec;
    seen->frame[seen->n_frames].offset = part->offset;
    seen->frame[seen->n_frames++].n = n;
}

/* Pieces of 1..step bytes; with `pauses` some of them come late. */
static void run(struct wp_slice in, size_t step, bool pauses, struct seen *seen)
{
    struct stream_decoder d;
    struct stream s;
    struct moment when = {0, 0};
    uint32_t random = 1;

    *seen = (struct seen){0};
    stream_decoder_init(&d, NULL, take, seen);
    stream_init(&s, &d, WP_SIDE_UNKNOWN, NULL);
    for (size_t at = 0, n; at < in.n; at += n) {
        random = random * 1664525u + 1013904223u;
        n = 1 + (random >> 16) % step;
        n = n < in.n - at ? n : in.n - at;
        when.number++;
        when.ns += pauses && random >> 31 ? 3000000000 : 1;
        /* A copy of the piece alone, so that a read beyond it is seen. */
        uint8_t *piece = malloc(n);
        memcpy(piece, in.p + at, n);
        stream_push(&s, wp_slice(piece, n), &when);
        free(piece);
    }
    stream_end(&s, &when);
    assert(s.offset == in.n);
    assert(seen->end <= in.n);
    stream_free(&s);
    assert(d.pending == 0);
    stream_decoder_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seen whole, split;
    struct wp_slice in = wp_slice(data + 1, size ? size - 1 : 0);

    if (size < 2 || size > INPUT_MAX)
        return 0;
    run(in, in.n * 2 + 1000000, false, &whole);
    run(in, 1 + data[0] % 64, false, &split);
    assert(whole.n_frames == split.n_frames);
    assert(memcmp(whole.frame, split.frame, whole.n_frames * sizeof whole.frame[0]) == 0);
    run(in, 1 + data[0] % 64, true, &split);
    return 0;
}
