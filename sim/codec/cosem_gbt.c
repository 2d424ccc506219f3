/* General block transfer: blocks, joined and cut. */
#include "sim/codec/cosem_gbt.h"

#include <assert.h>

/* ---- joining ---------------------------------------------------------------------------------------- */

void cosem_gbt_lend(struct cosem_gbt *gbt, void *room, size_t n)
{
    assert(!gbt->is_open);
    assert(n <= UINT32_MAX);
    gbt->room = room;
    gbt->cap = (uint32_t)n;
    gbt->n = gbt->n_last = 0;
}

void *cosem_gbt_take_back(struct cosem_gbt *gbt)
{
    void *room = gbt->room;

    gbt->room = NULL;
    gbt->cap = gbt->n = gbt->n_last = 0;
    gbt->is_open = false;
    return room;
}

static enum cosem_join lose(struct cosem_gbt *gbt, enum cosem_join why)
{
    gbt->is_open = false;
    gbt->number = 0;
    return why;
}

/* The last block taken, sent again: with the same data while that is still there to compare. */
static bool is_again(const struct cosem_gbt *gbt, const struct cosem_transfer *block)
{
    if (block->block != gbt->number)
        return false;
    if (!gbt->is_open)
        return block->is_last;
    return gbt->n_last == block->data.n &&
           memcmp(gbt->room + gbt->n - gbt->n_last, block->data.p, block->data.n) == 0;
}

static enum cosem_join take(struct cosem_gbt *gbt, const struct cosem_transfer *block)
{
    if (gbt->cap - gbt->n < block->data.n)
        return lose(gbt, COSEM_JOIN_TOO_LARGE);
    if (block->data.n > 0)
        memcpy(gbt->room + gbt->n, block->data.p, block->data.n);
    gbt->n_last = (uint32_t)block->data.n;
    gbt->n += gbt->n_last;
    gbt->number = block->block;
    gbt->since++;
    gbt->is_open = !block->is_last;
    return gbt->is_open ? COSEM_JOIN_MORE : COSEM_JOIN_WHOLE;
}

enum cosem_join cosem_gbt_join(struct cosem_gbt *gbt, const struct cosem_transfer *block)
{
    const bool is_next = gbt->is_open && gbt->number < UINT16_MAX && block->block == gbt->number + 1;

    if (block->data.n == 0 && !is_next)
        return COSEM_JOIN_ACK;
    if (block->block == 1) {
        gbt->n = gbt->n_last = 0;
        gbt->since = 0;
        return take(gbt, block);
    }
    if (is_next)
        return take(gbt, block);
    if (gbt->is_open && gbt->window > 0) {
        gbt->since++;
        return block->block > gbt->number ? COSEM_JOIN_EARLY : COSEM_JOIN_AGAIN;
    }
    if (is_again(gbt, block))
        return COSEM_JOIN_AGAIN;
    return lose(gbt, COSEM_JOIN_GAP);
}

struct wp_slice cosem_gbt_joined(const struct cosem_gbt *gbt)
{
    return wp_slice(gbt->room, gbt->n);
}

bool cosem_gbt_acknowledge(struct cosem_gbt *gbt, const struct cosem_transfer *came, uint16_t own,
                           struct cosem_transfer *out)
{
    const bool is_due = came->is_last || !came->is_streaming || gbt->since >= gbt->window;

    if (gbt->window == 0 || !gbt->is_open || !is_due)
        return false;
    gbt->since = 0;
    *out = (struct cosem_transfer){
        .window = gbt->window,
        .block = own,
        .acknowledged = gbt->number,
    };
    return true;
}

/* ---- cutting ---------------------------------------------------------------------------------------- */

size_t cosem_gbt_blocks(size_t n, size_t per_block)
{
    assert(per_block > 0);
    return n == 0 ? 1 : (n + per_block - 1) / per_block;
}

struct cosem_transfer cosem_gbt_cut(struct wp_slice apdu, size_t per_block, uint16_t number)
{
    const size_t blocks = cosem_gbt_blocks(apdu.n, per_block), at = (number - 1u) * per_block;
    struct cosem_transfer block = {.is_last = number == blocks, .block = number};

    assert(number >= 1);
    assert(number <= blocks);
    block.data = wp_slice_from(apdu, at);
    if (block.data.n > per_block)
        block.data.n = per_block;
    return block;
}
