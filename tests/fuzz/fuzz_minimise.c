/* Any capture made small. An odd first byte says that the rest is a file as it is, an even one that it is a recipe. What
 * comes out has the same verdict, and is no larger. */
#include "harness/minimise.h"
#include "harness/replay.h"
#include "tests/fuzz/pcap_recipe.h"

#include <assert.h>
#include <stdlib.h>

enum { TRIES = 60 };

static enum replay_end end_of(const struct capture_image *image)
{
    char why_text[1024];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct replay_setup setup = {0};

    return replay_capture(&setup, capture_image_open(image, &why), NULL, &why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why_text[1024];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct minimise_setup setup = {.tries = TRIES};
    struct minimise_counts counts;
    struct capture_image in = {0}, out;
    struct capture *capture;
    struct wp_slice bytes = wp_slice(data + 1, size ? size - 1 : 0);

    if (size < 2)
        return 0;
    if (data[0] % 2 == 0)
        bytes = cook(bytes);
    capture = capture_open_file(fmemopen((void *)(uintptr_t)bytes.p, bytes.n, "rb"), "input", &why);
    if (capture && capture_image_read(&in, capture, &why) &&
        minimise_image(&setup, &in, &out, &counts, &why) == MINIMISE_DONE) {
        assert(out.n <= in.n && out.n_bytes <= in.n_bytes);
        assert(counts.tries <= TRIES);
        assert(end_of(&out) == end_of(&in));
        capture_image_free(&out);
    }
    capture_image_free(&in);
    return 0;
}
