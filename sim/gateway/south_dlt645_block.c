/* Several registers in one read: the standard's blocks, whose identifiers have an FF in place of what
 * varies.
 *
 *     0201FF00 voltages, 0202FF00 currents, 0203FF00 .. 0206FF00 powers and factors, 0001FF00 energies
 *
 * Only blocks over DI1 (phases, tariffs) are used. */
#include "sim/gateway/south_dlt645_impl.h"

enum { DI1_SHIFT = 8 };

static uint32_t block_over(uint32_t di)
{
    return di | UINT32_C(0xFF) << DI1_SHIFT;
}

size_t south_dlt645_block_of(const uint32_t *ids, size_t n, uint32_t *ret_block)
{
    uint32_t block = block_over(ids[0]);
    size_t same = 1;

    while (same < n && ids[same] > ids[same - 1] && block_over(ids[same]) == block)
        same++;
    if (same == 1 || !dlt645_di_is_block(block))
        return 1;
    *ret_block = block;
    return same;
}

struct wp_slice south_dlt645_block_part(uint32_t block, uint32_t di, struct wp_slice data)
{
    uint32_t member = block;

    while (dlt645_di_next(block, &member)) {
        size_t n = dlt645_di_find(member)->bytes;

        if (n == 0 || n > data.n)
            break;
        if (member == di)
            return wp_slice(data.p, n);
        data = wp_slice_from(data, n);
    }
    return (struct wp_slice){NULL, 0};
}
