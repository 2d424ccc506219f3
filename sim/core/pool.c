#include "sim/core/pool.h"

#include <assert.h>
#include <stdalign.h>

/* What cells hold is at most that wide: pointers, 64-bit numbers. */
static size_t round_up(size_t n)
{
    return (n + alignof(uint64_t) - 1) / alignof(uint64_t) * alignof(uint64_t);
}

size_t wp_pool_size(size_t cell_size, size_t n)
{
    return round_up(n * (round_up(cell_size) + sizeof(uint32_t)) + (n + 7) / 8);
}

void wp_pool_init(struct wp_pool *pool, void *memory, size_t cell_size, size_t n)
{
    assert(n < UINT32_MAX);
    *pool = (struct wp_pool){.cells = memory, .cell_size = round_up(cell_size)};
    pool->n = pool->n_free = pool->low = (uint32_t)n;
    pool->back = (uint32_t *)(void *)(pool->cells + n * pool->cell_size);
    pool->lent = (uint8_t *)(pool->back + n);
    memset(pool->lent, 0, (n + 7) / 8);
}

void *wp_pool_borrow(struct wp_pool *pool)
{
    uint32_t i;

    if (pool->n_free == 0) {
        pool->refused++;
        return NULL;
    }
    pool->n_free--;
    i = pool->n_back > 0 ? pool->back[--pool->n_back] : pool->n_used++;
    if (pool->n_free < pool->low)
        pool->low = pool->n_free;
    pool->lent[i / 8] |= (uint8_t)(1u << i % 8);
    return memset(pool->cells + i * pool->cell_size, 0, pool->cell_size);
}

void wp_pool_return(struct wp_pool *pool, void *cell)
{
    size_t offset, i;

    if (!cell)
        return;
    assert((uint8_t *)cell >= pool->cells);
    offset = (size_t)((uint8_t *)cell - pool->cells);
    i = offset / pool->cell_size;
    assert(offset % pool->cell_size == 0);
    assert(i < pool->n);
    assert(pool->lent[i / 8] >> i % 8 & 1);
    pool->lent[i / 8] &= (uint8_t) ~(1u << i % 8);
    pool->n_free++;
    pool->back[pool->n_back++] = (uint32_t)i;
}
