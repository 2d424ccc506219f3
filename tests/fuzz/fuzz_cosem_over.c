/* Any bytes as a connection of DLMS/COSEM, through the catalog's rows: segments and blocks joined, content deciphered
 * with a key that is known. The second byte says over which transport. */
#include "sim/codec/cosem_over.h"
#include "tests/fuzz/codec_fuzz.h"

static const struct wp_key key = {.n_key = 16,
                                  .n_auth = 16,
                                  .key = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                  .auth = {0xD0, 0xD1}};
static const struct wp_keys keys = {&key, 1};
static const struct wp_codec *row;

static struct wp_decode decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    struct wp_content content;
    struct wp_decode d;

    row->unlock(state, &keys);
    d = row->decode(state, from, in, frame);
    if (d.status == WP_OK) {
        row->content(frame, &content);
        assert(content.fault < WP_N_FAULTS && content.at <= d.used);
        assert(content.seal != WP_SEAL_CLOSED || content.fault != WP_FAULT_NONE);
    }
    return d;
}

static void check_frame(const void *frame, struct wp_slice wire)
{
    struct wp_turn turn = row->turn(frame);

    assert(wire.n > 0);
    assert(row->answers(&turn, &turn) || turn.kind != WP_TURN_ANSWERS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct wp_codec *const rows[] = {&cosem_over_hdlc, &cosem_over_wrapper, &cosem_over_mbus,
                                                  &cosem_over_nothing};
    struct wp_codec unlocked;

    if (size < 2)
        return 0;
    row = rows[data[1] % 4];
    unlocked = *row;
    unlocked.decode = decode;
    if (row->is_bare) { /* what is whole before it is cut may be read in another way */
        codec_fuzz_feed(&unlocked, WP_SIDE_CLIENT, wp_slice(data + 2, size - 2), 0, check_frame);
        return 0;
    }
    return codec_fuzz(&unlocked, data[1] & 0x80 ? WP_SIDE_SERVER : WP_SIDE_CLIENT, data + 1, size - 1,
                      check_frame);
}
