/* Any bytes: read or refused; and what was read prints, reads again and is equal. */
#include "sim/core/json_in.h"
#include "sim/core/json_out.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every token lies within its container, and siblings follow each other. */
static void check_tokens(const struct json_tape *tape, uint32_t i)
{
    const struct json_token *t = &tape->at[i];
    uint32_t count = 0;

    assert(t->at <= tape->text.n);
    assert(t->n <= tape->text.n - t->at);
    if (t->kind < JSON_ARRAY) {
        assert(t->next == i + 1);
        return;
    }
    for (uint32_t k = i + 1; k < t->next; k = tape->at[k].next, count++) {
        if (t->kind == JSON_OBJECT) {
            assert(tape->at[k].kind == JSON_STRING);
            assert(tape->at[k].next == k + 1);
            assert(json_member(tape, i, json_text(tape, k)) != 0 || tape->at[k].escaped);
            k++;
        }
        assert(tape->at[k].next <= t->next);
        check_tokens(tape, k);
    }
    assert(count == t->count);
}

static void check_strings(const struct json_tape *tape)
{
    char room[512];

    for (uint32_t i = 0; i < tape->n; i++) {
        struct wp_writer w = wp_writer(room, sizeof room);

        if (tape->at[i].kind != JSON_STRING)
            continue;
        json_put_string(tape, i, &w);
        if (w.full)
            continue;
        assert(w.n <= tape->at[i].n);
        assert(wp_slice_is_utf8(wp_written(&w)));
        assert(json_string_is(tape, i, wp_written(&w)));
        assert(json_string_length(tape, i) <= w.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t cap = json_tokens_max(size), room = 6 * size + 2, at = 0;
    struct json_token *tokens = malloc(2 * cap * sizeof *tokens + 1);
    struct json_tape tape = {.at = tokens, .cap = (uint32_t)cap},
                     again = {.at = tokens + cap, .cap = (uint32_t)cap};
    uint8_t *text = malloc(room);
    struct wp_writer w = wp_writer(text, room);
    enum json_fault fault = json_read(&tape, wp_slice(data, size), JSON_DEPTH, &at);

    if (fault == JSON_FAULT_NONE) {
        assert(tape.at[0].next == tape.n);
        check_tokens(&tape, 0);
        check_strings(&tape);
        json_print(&tape, 0, &w);
        assert(!w.full);
        fault = json_read(&again, wp_written(&w), JSON_DEPTH, &at);
        assert(fault == JSON_FAULT_NONE);
        assert(again.duplicate == tape.duplicate);
        assert(json_equal(&tape, 0, &again, 0));
    } else {
        assert(at <= size);
        assert(*json_fault_text(fault) != 0);
    }
    /* The same bytes as text: they come back as they went, replacement characters apart. */
    w = wp_writer(text, room);
    {
        struct json_out j = json_out(&w);

        json_put_text(&j, wp_slice(data, size));
        fault = json_read(&again, wp_written(&w), JSON_DEPTH, &at);
        assert(fault == JSON_FAULT_NONE);
        assert(!wp_slice_is_utf8(wp_slice(data, size)) || json_string_is(&again, 0, wp_slice(data, size)));
    }
    free(text);
    free(tokens);
    return 0;
}
