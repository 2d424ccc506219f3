/* Memory for the texts, arrays and paths of one service: blocks of 16 bytes and its doubles. */
#include "sim/device/venus_items_impl.h"

void venus_slab_init(struct venus_slab *s, void *memory, size_t cap)
{
    *s = (struct venus_slab){.memory = memory, .cap = (uint32_t)cap};
}

static unsigned size_of(size_t n)
{
    unsigned size = 0;

    while (((size_t)VENUS_BLOCK_MIN << size) < n)
        size++;
    return size;
}

size_t venus_slab_cost(size_t n)
{
    return (size_t)VENUS_BLOCK_MIN << size_of(n);
}

static void give_back(struct venus_slab *s, unsigned size, uint32_t at)
{
    memcpy(s->memory + at, &s->free[size], sizeof s->free[size]);
    s->free[size] = at + 1;
}

static uint32_t take_free(struct venus_slab *s, unsigned size)
{
    const uint32_t at = s->free[size] - 1;

    memcpy(&s->free[size], s->memory + at, sizeof s->free[size]);
    return at;
}

/* Halves the smallest one that is larger. */
static bool take_larger(struct venus_slab *s, unsigned size, uint32_t *ret_at)
{
    unsigned larger = size + 1;

    while (larger < VENUS_BLOCK_SIZES && s->free[larger] == 0)
        larger++;
    if (larger >= VENUS_BLOCK_SIZES)
        return false;
    *ret_at = take_free(s, larger);
    while (larger-- > size)
        give_back(s, larger, *ret_at + ((uint32_t)VENUS_BLOCK_MIN << larger));
    return true;
}

static bool take(struct venus_slab *s, unsigned size, uint32_t *ret_at)
{
    if (size >= VENUS_BLOCK_SIZES)
        return false;
    if (s->free[size] != 0) {
        *ret_at = take_free(s, size);
        return true;
    }
    if (s->cap - s->n >= (uint32_t)VENUS_BLOCK_MIN << size) {
        *ret_at = s->n;
        s->n += (uint32_t)VENUS_BLOCK_MIN << size;
        return true;
    }
    return take_larger(s, size, ret_at);
}

bool venus_slab_put(struct venus_slab *s, struct wp_slice bytes, struct wp_slice *ret)
{
    uint32_t at;

    if (bytes.n == 0) {
        *ret = wp_text("");
        return true;
    }
    if (!take(s, size_of(bytes.n), &at)) {
        s->refused++;
        return false;
    }
    memcpy(s->memory + at, bytes.p, bytes.n);
    *ret = wp_slice(s->memory + at, bytes.n);
    return true;
}

void venus_slab_drop(struct venus_slab *s, struct wp_slice bytes)
{
    const uintptr_t p = (uintptr_t)bytes.p, first = (uintptr_t)s->memory;

    if (bytes.n > 0 && p >= first && p < first + s->cap)
        give_back(s, size_of(bytes.n), (uint32_t)(p - first));
}
