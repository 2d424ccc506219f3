/* The way from a payload to a plain APDU: what is around it is taken off, layer by layer. */
#include "sim/codec/cosem_unit.h"

#include "sim/codec/cosem_unit_impl.h"

/* Blocks, two protections, the APDU itself, and one more that is refused. */
enum { STEPS_MAX = 2 + COSEM_LAYERS_MAX };

enum cosem_unit_result unit_refuse(struct cosem_plain *out, enum wp_fault fault, size_t at)
{
    out->fault = fault;
    out->at = at;
    return COSEM_UNIT_REFUSED;
}

/* ---- what is around it ------------------------------------------------------------------------------ */

size_t cosem_llc_length(struct wp_slice in)
{
    static const uint8_t llc[][3] = {{0xE6, 0xE7, 0x00}, {0xE6, 0xE6, 0x00}, {0x90, 0x01, 0x01}};

    for (size_t i = 0; in.n > 3 && i < sizeof llc / sizeof llc[0]; i++)
        if (memcmp(in.p, llc[i], 3) == 0)
            return 3;
    return 0;
}

/* 00 | length | SC IC text tag: general-glo-ciphering with an empty title, and without the octet that says so. */
static bool take_headless(const struct cosem_unit *unit, const struct cosem_scratch *scratch,
                          struct wp_slice *in)
{
    if (!(unit->policy & COSEM_HEADLESS) || in->n == 0 || in->p[0] != 0x00 || scratch->n_room <= in->n)
        return false;
    memcpy(scratch->room + 1, in->p, in->n);
    scratch->room[0] = 0xDB;
    *in = wp_slice(scratch->room, in->n + 1);
    return true;
}

/* ---- blocks ----------------------------------------------------------------------------------------- */

static void give_back(struct cosem_gbt *chain, const struct cosem_scratch *scratch)
{
    if (scratch->chains)
        wp_pool_return(scratch->chains, cosem_gbt_take_back(chain));
}

static void borrow(struct cosem_gbt *chain, const struct cosem_scratch *scratch)
{
    void *cell = chain->room || !scratch->chains ? NULL : wp_pool_borrow(scratch->chains);

    if (cell)
        cosem_gbt_lend(chain, cell, scratch->chains->cell_size);
}

/* The joined APDU goes to the room, so that the chain's memory is free again. */
static bool take_joined(struct cosem_gbt *chain, const struct cosem_scratch *scratch, struct wp_slice *in)
{
    struct wp_slice joined = cosem_gbt_joined(chain);
    const bool does_fit = joined.n <= scratch->n_room;

    if (does_fit) {
        memcpy(scratch->room, joined.p, joined.n);
        *in = wp_slice(scratch->room, joined.n);
    }
    give_back(chain, scratch);
    return does_fit;
}

/* How what stands now was protected: all blocks of a chain alike, or some of it was put in by somebody else. */
static uint8_t protection(const struct cosem_plain *out)
{
    const struct cosem_layer *inner;

    if (out->n_layers == 0)
        return 0;
    inner = &out->layer[out->n_layers - 1];
    return (uint8_t)(out->n_layers << 4 | (unsigned)inner->tag << 2 | (unsigned)inner->key);
}

static void lose_chain(struct cosem_gbt *chain, const struct cosem_scratch *scratch)
{
    give_back(chain, scratch);
    chain->is_open = false;
    chain->number = 0;
}

/* COSEM_UNIT_PLAIN: *in is the joined APDU now. */
static enum cosem_unit_result take_block(struct cosem_unit *unit, const struct cosem_scratch *scratch,
                                         enum wp_side from, struct wp_slice *in, struct cosem_plain *out)
{
    const size_t side = from == WP_SIDE_CLIENT ? 0 : 1;
    struct cosem_gbt *chain = &unit->chain[side];
    const struct cosem_transfer block = out->apdu.transfer;

    if (out->blocks > 0)
        return unit_refuse(out, WP_FAULT_NESTING, 0);
    out->block = block;
    if (block.block == 1)
        unit->protection[side] = protection(out);
    if (chain->is_open && unit->protection[side] != protection(out)) {
        lose_chain(chain, scratch);
        return unit_refuse(out, WP_FAULT_DOWNGRADE, 0);
    }
    if (block.data.n > 0)
        borrow(chain, scratch);
    switch (cosem_gbt_join(chain, &block)) {
    case COSEM_JOIN_MORE:
    case COSEM_JOIN_EARLY: return COSEM_UNIT_PART;
    case COSEM_JOIN_WHOLE:
        out->blocks = block.block;
        return take_joined(chain, scratch, in) ? COSEM_UNIT_PLAIN : unit_refuse(out, WP_FAULT_TOO_LARGE, 0);
    case COSEM_JOIN_ACK: return COSEM_UNIT_ACK;
    case COSEM_JOIN_AGAIN:
        if (!chain->is_open)
            give_back(chain, scratch);
        return COSEM_UNIT_AGAIN;
    case COSEM_JOIN_GAP: give_back(chain, scratch); return unit_refuse(out, WP_FAULT_BLOCK, 2);
    case COSEM_JOIN_TOO_LARGE: break;
    }
    give_back(chain, scratch);
    return unit_refuse(out, WP_FAULT_TOO_LARGE, 0);
}

bool cosem_unit_is_waiting(const struct cosem_unit *unit)
{
    return unit->chain[0].is_open || unit->chain[1].is_open;
}

void cosem_unit_give_up(struct cosem_unit *unit, const struct cosem_scratch *scratch)
{
    for (int i = 0; i < 2; i++)
        lose_chain(&unit->chain[i], scratch);
}

/* ---- the whole way ---------------------------------------------------------------------------------- */

/* Would a wrong key have gone unnoticed so far? */
static bool is_unproven(const struct cosem_plain *out)
{
    return out->n_layers > 0 && unit_is_noise(&out->layer[out->n_layers - 1]);
}

/* What glo- and ded-ciphering holds their tag tells. */
static bool is_expected(const struct cosem_plain *out)
{
    const uint8_t shell = out->n_layers > 0 ? out->layer[out->n_layers - 1].apdu_tag : 0xDB;

    return shell >= 0xDB || out->apdu.form == COSEM_BLOCK_TRANSFER ||
           cosem_shell_tag(COSEM_GLO, out->apdu.tag) == shell ||
           cosem_shell_tag(COSEM_DED, out->apdu.tag) == shell;
}

/* Noise that no tag gave away is known by being no APDU. */
static enum cosem_unit_result refuse_unread(struct cosem_plain *out, struct wp_decode d)
{
    const bool is_moved = out->n_layers > 0 || out->blocks > 0;

    return unit_refuse(out, is_unproven(out) ? WP_FAULT_DECIPHER : d.fault, is_moved ? 0 : d.at);
}

static bool is_data(enum cosem_form form)
{
    switch (form) {
    case COSEM_NOTIFICATION:
    case COSEM_EVENT:
    case COSEM_INFORMATION_REPORT:
    case COSEM_READ_RESPONSE:
    case COSEM_GET_RESPONSE:
    case COSEM_GET_RESPONSE_BLOCK:
    case COSEM_GET_RESPONSE_LIST:
    case COSEM_ACTION_RESPONSE:
    case COSEM_ACTION_RESPONSE_BLOCK:
    case COSEM_ACTION_RESPONSE_LIST:
    case COSEM_ACCESS_RESPONSE: return true;
    default: return false;
    }
}

static enum cosem_unit_result finish(struct cosem_unit *unit, const struct cosem_scratch *scratch,
                                     enum wp_side from, struct cosem_plain *out)
{
    switch (out->apdu.form) {
    case COSEM_AARQ:
    case COSEM_AARE:
    case COSEM_RLRQ:
    case COSEM_RLRE: unit_associate(unit, scratch, from, out); return COSEM_UNIT_PLAIN;
    case COSEM_GENERAL_SIGNING: return unit_refuse(out, WP_FAULT_UNSUPPORTED, 0);
    default: break;
    }
    if (unit->policy & COSEM_REFUSE_PLAIN && out->n_layers == 0 && is_data(out->apdu.form) &&
        unit_has_key(unit, COSEM_SERVER))
        return unit_refuse(out, WP_FAULT_DOWNGRADE, 0);
    return COSEM_UNIT_PLAIN;
}

static bool is_shell(enum cosem_form form)
{
    return form == COSEM_GENERAL_GLO || form == COSEM_GENERAL_DED || form == COSEM_GENERAL_CIPHERING ||
           form == COSEM_GLO || form == COSEM_DED;
}

enum cosem_unit_result cosem_unit_feed(struct cosem_unit *unit, const struct cosem_scratch *scratch,
                                       enum wp_side from, struct wp_slice payload, struct cosem_plain *out)
{
    const size_t skipped = cosem_llc_length(payload);
    struct wp_slice in = wp_slice_from(payload, skipped);
    const bool is_headless = take_headless(unit, scratch, &in);

    out->n_layers = 0;
    out->blocks = 0;
    out->initiate.tag = 0;
    out->initiate_fault = out->fault = WP_FAULT_NONE;
    for (int step = 0; step < STEPS_MAX; step++) {
        const bool is_noise = is_unproven(out);
        const size_t n_layers = out->n_layers;
        enum cosem_unit_result result;
        struct wp_decode d = cosem_apdu_read(in, unit->tolerance, &out->apdu);

        if (d.status != WP_OK) {
            d.at += skipped;
            d.at -= is_headless && d.at > 0; /* the octet that it lacks */
            return refuse_unread(out, d);
        }
        if (is_noise && !is_expected(out))
            return unit_refuse(out, WP_FAULT_DECIPHER, 0);
        unit_accept(unit, out);
        if (out->apdu.form == COSEM_BLOCK_TRANSFER)
            result = take_block(unit, scratch, from, &in, out);
        else if (is_shell(out->apdu.form))
            result = unit_decipher(unit, scratch, from, &in, out);
        else
            return finish(unit, scratch, from, out);
        if (result == COSEM_UNIT_REFUSED && is_noise) {
            out->n_layers = n_layers;
            out->fault = WP_FAULT_DECIPHER;
        }
        if (result != COSEM_UNIT_PLAIN)
            return result;
    }
    return unit_refuse(out, WP_FAULT_NESTING, 0);
}
