/* Any text as the frames file of a playback device: read, or refused with a sentence; what was read can be asked. */
#include "harness/playback.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char head[] = "# wattproof playback 1\ndevice m1\ncodec dlt645\n";
    struct arena arena = {0};
    struct playback_plan plan;
    char why[700], *text;
    struct wp_writer w = wp_writer(why, sizeof why);

    if (size > 4096)
        return 0;
    text = malloc(sizeof head + size);
    assert(text);
    memcpy(text, head, sizeof head - 1);
    memcpy(text + sizeof head - 1, data, size);
    if (playback_read_text(&arena, "x", wp_slice(text, sizeof head - 1 + size), "m1", &plan, &w)) {
        for (size_t i = 0; i < plan.n_answers; i++)
            assert(
                playback_find(&plan, plan.answers[i].codec, &plan.answers[i].question, plan.answers[i].at));
        for (size_t i = 1; i < plan.n_sends; i++)
            assert(plan.sends[i - 1].at <= plan.sends[i].at);
    } else {
        assert(w.n > 0);
    }
    free(text);
    arena_free(&arena);
    return 0;
}
