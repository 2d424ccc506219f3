/* Any bytes through the whole path: file, packets, reassembly, streams, text and JSON. An odd first byte says that the
 * rest is a file as it is; an even one that it is a recipe for segments of two connections, so that reassembly is
 * reached at once. */
#include "harness/replay.h"
#include "sim/core/json_in.h"
#include "tests/fuzz/pcap_recipe.h"

#include <assert.h>
#include <stdlib.h>

enum { LINE_TOKENS = 65536 };

/* ---- what is printed must be printable --------------------------------------------------------------- */

static void take_text(struct replay_lines *lines, struct wp_slice line)
{
    (void)lines;
    assert(line.n > 0);
    assert(memchr(line.p, '\n', line.n) == NULL);
}

static void take_json(struct replay_lines *lines, struct wp_slice line)
{
    static struct json_token tokens[LINE_TOKENS];
    struct json_tape tape = {.at = tokens, .cap = LINE_TOKENS};

    (void)lines;
    assert(json_read(&tape, line, JSON_DEPTH, NULL) == JSON_FAULT_NONE);
    assert(tape.at[0].kind == JSON_OBJECT);
    assert(!tape.duplicate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct replay_lines text = {take_text}, json = {take_json};
    struct replay_setup setup = {.out = {replay_text_new(&text), replay_json_new(&json)}};
    struct replay_summary sum;
    char why_text[1024];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct wp_slice in = wp_slice(data + 1, size ? size - 1 : 0);
    struct capture *capture;

    if (size >= 2) {
        if (data[0] % 2 == 0)
            in = cook(in);
        capture = capture_open_file(fmemopen((void *)(uintptr_t)in.p, in.n, "rb"), "input", &why);
        if (capture && replay_capture(&setup, capture, &sum, &why) != REPLAY_UNREADABLE) {
            assert(sum.tcp + sum.udp + sum.messages + sum.fragments + sum.malformed + sum.other ==
                   sum.packets + sum.whole);
            assert(sum.ours + sum.foreign + sum.silent == sum.connections + sum.exchanges + sum.buses);
            assert(sum.questions == sum.answered + sum.unanswered);
        }
    }
    replay_text_free(setup.out[0]);
    replay_json_free(setup.out[1]);
    return 0;
}
