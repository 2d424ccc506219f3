/* Cells of one size, cut from one block of the caller's: borrowed while needed, returned afterwards.
 * An empty pool refuses, and counts it. */
#ifndef WP_POOL_H
#define WP_POOL_H

#include "sim/core/bytes.h"

struct wp_pool {
    uint8_t *cells;
    uint8_t *lent;  /* a bit per cell */
    uint32_t *back; /* the cells that came back, as a stack: they are lent again first */
    size_t cell_size;
    uint32_t n, n_free, low; /* low: the fewest that were ever free */
    uint32_t n_back, n_used; /* cells from n_used on were never lent: their memory has not been touched */
    uint64_t refused;
};

/* Bytes that n cells need. Each cell is aligned for pointers and 64-bit numbers, as the memory must be. */
size_t wp_pool_size(size_t cell_size, size_t n);
void wp_pool_init(struct wp_pool *pool, void *memory, size_t cell_size, size_t n);

/* A zeroed cell; NULL when all are lent out. */
void *wp_pool_borrow(struct wp_pool *pool);
/* NULL is fine. A cell of another pool, or one that is not lent out, is an assert. */
void wp_pool_return(struct wp_pool *pool, void *cell);

#endif
