/* Any bytes through the whole path: file, packets, reassembly, streams, text and JSON. An odd first byte says that the
 * rest is a file as it is; an even one that it is a recipe for segments of two connections, so that reassembly is
 * reached at once. */
#include "harness/replay.h"
#include "sim/core/json_in.h"

#include <assert.h>
#include <stdlib.h>

enum { FILE_MAX = 1 << 16, SEGMENTS_MAX = 256, LINE_TOKENS = 65536 };

static uint8_t file_bytes[FILE_MAX];

/* ---- a recipe: direction and flags, two bytes of sequence number, of acknowledgement, length, payload ---- */

static void put_u32le(struct wp_writer *w, uint32_t v)
{
    wp_put_u32le(w, v);
}

static void put_segment(struct wp_writer *w, uint8_t what, uint16_t seq, uint16_t ack,
                        struct wp_slice payload, uint32_t number, uint8_t cut)
{
    bool back = what & 0x80;
    uint32_t n = 40 + (uint32_t)payload.n, base = what & 0x40 ? UINT32_MAX - 300 : 1000;
    uint16_t client = what & 0x20 ? 40000 : 40001;

    put_u32le(w, number * (what & 1 ? 3 : 0));
    put_u32le(w, number);
    put_u32le(w, n);
    put_u32le(w, n + cut);
    wp_put_u16be(w, 0x4500);
    wp_put_u16be(w, (uint16_t)(n + cut));
    wp_put_u32be(w, 0);
    wp_put_u32be(w, 0x40060000);
    wp_put_u32be(w, back ? 0x7F000101 : 0x7F000201);
    wp_put_u32be(w, back ? 0x7F000201 : 0x7F000101);
    wp_put_u16be(w, back ? 8899 : client);
    wp_put_u16be(w, back ? client : 8899);
    wp_put_u32be(w, base + seq);
    wp_put_u32be(w, base + ack);
    wp_put_u8(w, 0x50);
    wp_put_u8(w, (uint8_t)((what & 0x07) | (what & 0x08 ? PACKET_ACK : 0)));
    wp_put_u16be(w, 0xFFFF);
    wp_put_u32be(w, 0);
    wp_put_slice(w, payload);
}

static struct wp_slice cook(struct wp_slice recipe)
{
    struct wp_writer w = wp_writer(file_bytes, sizeof file_bytes);
    struct wp_reader r = wp_reader(recipe);

    put_u32le(&w, 0xA1B23C4D); /* nanoseconds */
    put_u32le(&w, 0x00040002);
    put_u32le(&w, 0);
    put_u32le(&w, 0);
    put_u32le(&w, 262144);
    put_u32le(&w, 101);
    for (uint32_t i = 1; i < SEGMENTS_MAX && wp_left(&r) >= 6; i++) {
        uint8_t what = wp_get_u8(&r), n;
        uint16_t seq = wp_get_u16be(&r), ack = wp_get_u16be(&r);

        n = wp_get_u8(&r);
        put_segment(&w, what, seq % 1024, ack % 1024, wp_get_slice(&r, n < wp_left(&r) ? n : wp_left(&r)), i,
                    n == 0xFF ? 7 : 0);
    }
    return wp_slice(w.p, w.full ? w.n / 2 : w.n);
}

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
