/* Any bytes through the whole path: file, packets, reassembly, streams, text and JSON. The first byte says what the rest
 * is: a file as it is, one that is compressed first and damaged at one place, or a recipe for segments of two
 * connections or for pieces of IP packets, so that reassembly is reached at once. */
#include "harness/replay.h"
#include "sim/core/json_in.h"
#include "tests/fuzz/pcap_recipe.h"

#include <assert.h>
#include <stdlib.h>
#include <zlib.h>

enum { LINE_TOKENS = 65536 };

static uint8_t file_bytes[RECIPE_FILE_MAX];

/* ---- pieces: version, end and number; two bytes of place; length, payload ------------------------------- */

static void put_piece(struct wp_writer *w, uint8_t what, uint16_t at, struct wp_slice payload,
                      uint32_t number)
{
    bool is_6 = what & 0x80, more = what & 0x40;
    size_t n = (is_6 ? 48 : 20) + payload.n, wire = n + (what & 0x20 ? 8 : 0);

    wp_put_u32le(w, number * (what & 1 ? 31 : 0));
    wp_put_u32le(w, number);
    wp_put_u32le(w, (uint32_t)n);
    wp_put_u32le(w, (uint32_t)wire);
    if (is_6) {
        wp_put_u32be(w, 0x60000000);
        wp_put_u16be(w, (uint16_t)(wire - 40));
        wp_put_u16be(w, 0x2C40);
        for (int i = 0; i < 8; i++)
            wp_put_u32be(w, i % 4 == 3 ? (uint32_t)i : 0);
        wp_put_u16be(w, what & 0x10 ? 0x0600 : 0x1100);
        wp_put_u16be(w, (uint16_t)((at & 0x3F) * 8 | more));
        wp_put_u32be(w, what & 0x07);
    } else {
        wp_put_u16be(w, 0x4500);
        wp_put_u16be(w, (uint16_t)wire);
        wp_put_u16be(w, what & 0x07);
        wp_put_u16be(w, (uint16_t)((more ? 0x2000 : 0) | (at & 0x3F)));
        wp_put_u16be(w, what & 0x10 ? 0x4006 : 0x4011);
        wp_put_u16be(w, 0);
        wp_put_u32be(w, 0x7F000101);
        wp_put_u32be(w, 0x7F000201);
    }
    wp_put_slice(w, payload);
}

static struct wp_slice cook_pieces(struct wp_slice recipe)
{
    struct wp_writer w = wp_writer(file_bytes, sizeof file_bytes);
    struct wp_reader r = wp_reader(recipe);

    wp_put_slice(&w, wp_slice(recipe_head, sizeof recipe_head));

    for (uint32_t i = 1; i < RECIPE_SEGMENTS_MAX && wp_left(&r) >= 4; i++) {
        uint8_t what = wp_get_u8(&r), n;
        uint16_t at = wp_get_u16be(&r);

        n = wp_get_u8(&r);
        put_piece(&w, what, at, wp_get_slice(&r, n < wp_left(&r) ? n : wp_left(&r)), i);
    }
    return wp_slice(w.p, w.full ? w.n / 2 : w.n);
}

/* The first two bytes say where a bit is turned over, the third which. */
static struct wp_slice pack(struct wp_slice in)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)(in.p + 3),
                  .avail_in = in.n > 3 ? (uInt)in.n - 3 : 0,
                  .next_out = file_bytes,
                  .avail_out = sizeof file_bytes};
    size_t n;

    if (in.n < 3)
        return in;
    deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    deflate(&z, Z_FINISH);
    n = sizeof file_bytes - z.avail_out;
    deflateEnd(&z);
    if (in.p[2] < 0x80)
        file_bytes[(in.p[0] << 8 | in.p[1]) % n] ^= (uint8_t)(1 << in.p[2] % 8);
    return wp_slice(file_bytes, n);
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
        switch (data[0] % 4) {
        case 0: in = cook(in); break;
        case 1: break;
        case 2: in = cook_pieces(in); break;
        case 3: in = pack(in); break;
        }
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
