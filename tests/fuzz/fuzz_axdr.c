/* Any octets as A-XDR: the walk, the text, the fields and the octets written again agree, and every part of a good value
 * that is cut off is waited for. The first two octets of the input are limits. */
#include "sim/codec/axdr.h"

#include "harness/fields.h"

#include <assert.h>
#include <stdlib.h>

enum { INPUT_MAX = 2048, TEXT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(void *ctx, const struct wp_field *field)
{
    assert(field->first + field->len <= *(const size_t *)ctx);
}

/* The elements again, lengths in their shortest form. */
static struct wp_slice again(struct wp_slice in, struct wp_writer *w)
{
    struct axdr_cursor c;
    struct axdr_item item;
    size_t end = 0;

    axdr_open(&c, in, NULL);
    while (axdr_next(&c, &item)) {
        assert(item.at >= end && item.at + item.n <= in.n);
        end = item.at + item.n;
        axdr_value(&item);
        axdr_put_item(w, &item);
    }
    assert(axdr_end(&c).status == WP_OK && !w->full);
    return wp_written(w);
}

static void check_good(struct wp_slice in)
{
    static uint8_t octets[INPUT_MAX];
    static char text[TEXT_MAX], text_again[TEXT_MAX];
    struct wp_writer w = wp_writer(octets, sizeof octets), first = wp_writer(text, sizeof text),
                     second = wp_writer(text_again, sizeof text_again);
    const struct wp_slice out = again(in, &w);
    const struct axdr_frame frame = {in};
    size_t n = in.n;

    assert(out.n <= in.n);
    axdr_put_canonical(&first, in);
    assert(axdr_put_canonical(&second, out).used == out.n);
    assert(!first.full && wp_slice_eq(wp_written(&first), wp_written(&second)));
    axdr_codec.fields(&frame, within, &n);
    first.n = 0;
    fields_put_json(&first, &axdr_codec, &frame);
    first.n = 0;
    fields_put_line(&first, &axdr_codec, &frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct axdr_limits limits;
    struct wp_slice in;
    struct wp_decode d, whole;
    uint8_t *exact;

    if (size < 2 || size > INPUT_MAX)
        return 0;
    limits = (struct axdr_limits){.depth = data[0] % 20, .nodes = data[1]};
    in = wp_slice(data + 2, size - 2);
    exact = malloc(in.n + 1);
    assert(exact);
    memcpy(exact, in.p, in.n);
    in.p = exact;
    d = axdr_decode(in, &limits);
    assert(d.status != WP_BAD || d.at <= in.n);
    d = axdr_decode(in, NULL);
    whole = axdr_decode_whole(in, NULL);
    assert((whole.status == WP_OK) == (d.status == WP_OK && d.used == in.n));
    if (d.status == WP_OK) {
        assert(d.used >= 1 && d.used <= in.n);
        check_good(wp_slice(in.p, d.used));
        for (size_t cut = 0; cut < d.used; cut += 1 + d.used / 16) {
            const struct wp_decode part = axdr_decode(wp_slice(in.p, cut), NULL);

            assert(part.status == WP_MORE && part.need >= 1 && part.need <= d.used - cut);
        }
    }
    free(exact);
    return 0;
}
