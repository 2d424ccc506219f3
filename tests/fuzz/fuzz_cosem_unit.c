/* Any payloads, one after the other, through a unit with keys: what is delivered lies in memory that is its own, cells
 * come back, and what was sealed with another key is never delivered.
 *
 *     policy | { how | length | octets }*        how: bits 0-1 from; 2-4 sealed in which shell, 5 with a wrong key;
 *                                                6 cut as blocks of 16 octets; 7 the chains are given up afterwards */
#include "sim/codec/cosem_unit.h"

#include <assert.h>
#include <stdlib.h>

enum { CELL = 1024, CELLS = 2, SEALED_MAX = 1024, PER_BLOCK = 16 };

static const uint8_t title[COSEM_TITLE] = {0x4D, 0x4D, 0x4D, 0, 0, 0xBC, 0x61, 0x4E};
static const uint8_t auth[16] = {0xD0, 0xD1}, wrong[16] = {0xFF};
static struct wp_key key = {.n_key = 16, .n_auth = 16, .auth = {0xD0, 0xD1}, .key = {1, 2, 3}};
static struct wp_keys keys = {&key, 1};
static struct cosem_cipher cipher;
static struct wp_pool chains;
static uint8_t room[CELL + 64];
static _Alignas(max_align_t) uint8_t memory[4096];

static bool is_within(struct wp_slice s, const uint8_t *p, size_t n)
{
    return s.n == 0 || ((uintptr_t)s.p >= (uintptr_t)p && s.n <= n && (size_t)(s.p - p) <= n - s.n);
}

static void nobody(void *ctx, const struct wp_field *field)
{
    *(size_t *)ctx += field->len;
}

/* Feeds one payload from memory of exactly its size. */
static enum cosem_unit_result feed(struct cosem_unit *unit, enum wp_side from, struct wp_slice in)
{
    const struct cosem_scratch scratch = {&cipher, room, sizeof room, &chains};
    struct cosem_plain out;
    enum cosem_unit_result result;
    uint8_t *exact = malloc(in.n ? in.n : 1);
    size_t sum = 0;

    assert(exact);
    if (in.n > 0)
        memcpy(exact, in.p, in.n);
    result = cosem_unit_feed(unit, &scratch, from, wp_slice(exact, in.n), &out);
    assert(out.n_layers <= COSEM_LAYERS_MAX);
    if (result == COSEM_UNIT_PLAIN) {
        assert(is_within(out.apdu.bytes, exact, in.n) || is_within(out.apdu.bytes, room, sizeof room));
        for (size_t i = 0; unit->policy & COSEM_REQUIRE_TAG && !out.initiate_fault && i < out.n_layers; i++)
            assert(out.layer[i].tag == COSEM_TAG_OK);
        cosem_apdu_fields(out.apdu.bytes, 0, nobody, &sum);
    }
    if (result == COSEM_UNIT_REFUSED)
        assert(out.fault != WP_FAULT_NONE && out.at <= in.n);
    free(exact);
    return result;
}

static void send_it(struct cosem_unit *unit, uint8_t how, struct wp_slice in)
{
    static const enum cosem_form shell[] = {COSEM_GENERAL_GLO, COSEM_GENERAL_DED, COSEM_GLO, COSEM_DED};
    static const uint8_t sc[] = {0x30, 0x20, 0x10, 0x00};
    static uint8_t sealed[SEALED_MAX], block[64];
    static uint32_t ic;
    const bool is_wrong = how & 0x20;
    const struct cosem_secret secret = {
        .key = is_wrong ? wp_slice(wrong, 16) : wp_slice(key.key, 16),
        .auth = wp_slice(auth, 16),
        .title = wp_slice(title, COSEM_TITLE),
    };
    struct wp_writer w = wp_writer(sealed, sizeof sealed);
    const enum wp_side from = (enum wp_side)(how & 3);
    const unsigned which = how >> 2 & 7;
    enum cosem_unit_result result;

    ic++;
    if (which > 3 && cosem_seal(&w, &cipher, &secret, shell[which - 4], sc[ic % 4], ic, in))
        in = wp_written(&w);
    if (!(how & 0x40) || in.n == 0) {
        result = feed(unit, from, in);
        assert(!(is_wrong && which > 3 && w.n > 0 && sealed[0] == 0xDB && unit->policy & COSEM_REQUIRE_TAG &&
                 result == COSEM_UNIT_PLAIN));
        return;
    }
    for (size_t i = 1; i <= cosem_gbt_blocks(in.n, PER_BLOCK); i++) {
        struct cosem_apdu apdu = {.form = COSEM_BLOCK_TRANSFER, .tag = 0xE0};
        struct wp_writer b = wp_writer(block, sizeof block);

        apdu.transfer = cosem_gbt_cut(in, PER_BLOCK, (uint16_t)i);
        cosem_apdu_encode(&b, &apdu);
        assert(!b.full);
        feed(unit, from, wp_written(&b));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct cosem_scratch scratch = {&cipher, room, sizeof room, &chains};
    struct cosem_unit unit = {.keys = &keys};
    size_t at = 1;

    if (size < 3 || size > 4096)
        return 0;
    assert(wp_pool_size(CELL, CELLS) <= sizeof memory);
    wp_pool_init(&chains, memory, CELL, CELLS);
    unit.policy = data[0] & 0x0F;
    unit.tolerance = data[0] & 0x10 ? COSEM_TOLERANT : COSEM_STRICT;
    key.n_auth = data[0] & 0x20 ? 0 : 16;
    if (data[0] & 0x40)
        cosem_unit_configure(&unit, COSEM_SERVER, title);
    unit.chain[1].window = data[0] & 0x80 ? 3 : 0;
    while (at + 2 <= size) {
        const uint8_t how = data[at];
        const size_t n = data[at + 1] < size - at - 2 ? data[at + 1] : size - at - 2;

        send_it(&unit, how, wp_slice(data + at + 2, n));
        if (how & 0x80)
            cosem_unit_give_up(&unit, &scratch);
        at += 2 + n;
    }
    assert(cosem_unit_is_waiting(&unit) || chains.n_free == CELLS);
    cosem_unit_give_up(&unit, &scratch);
    assert(chains.n_free == CELLS);
    return 0;
}
