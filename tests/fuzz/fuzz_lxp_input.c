/* Any bytes as the values of a reply, whichever register it begins with: points lie inside the bytes and ascend, sets come
 * whole and first, and a set has its keys, all of them numbers. The first three bytes are the register and the options. */
#include "sim/codec/lxp_input.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The payload of the set that begins there: an object with every key once, each value an exact number. */
static void check_set(unsigned set, const struct wp_point *points)
{
    uint8_t text[LXP_INPUT_JSON_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);

    lxp_input_json(&w, set, points);
    assert(!w.full);
    assert(text[0] == '{' && text[w.n - 1] == '}');
    for (size_t i = 0; i < lxp_input_keys(set); i++) {
        assert(points[i].name == lxp_input_key(set, i));
        assert(points[i].value.kind == WP_DECIMAL && points[i].value.exp10 <= 0 &&
               points[i].value.exp10 >= -2);
    }
}

static void check_points(const struct wp_point *points, size_t n, struct wp_slice values)
{
    const uint8_t *before = values.p;
    bool is_single = false;

    for (size_t i = 0; i < n; i++) {
        unsigned set = lxp_input_set_at(&points[i]);

        assert(points[i].raw.p >= values.p && points[i].raw.p + points[i].raw.n <= values.p + values.n);
        assert(points[i].id.n > 0 && points[i].name && points[i].unit);
        if (set == 0) {
            assert(!is_single || points[i].raw.p >= before);
            before = points[i].raw.p;
            is_single = true;
            continue;
        }
        assert(!is_single && n - i >= lxp_input_keys(set));
        check_set(set, points + i);
        i += lxp_input_keys(set) - 1;
    }
}

static void check_holds(uint16_t first, struct wp_slice values)
{
    static struct wp_point points[LXP_REPLY_REGISTERS];
    char memory[LXP_HOLD_IDS_MAX];
    struct wp_writer ids = wp_writer(memory, sizeof memory);
    struct wp_slice some = wp_slice(values.p, values.n < 2 * LXP_REPLY_REGISTERS ? values.n : 254);
    size_t n = lxp_hold_points(first, some, &ids, points);

    assert(!ids.full);
    for (size_t i = 0; i < n; i++) {
        uint16_t value = (uint16_t)points[i].value.num;

        assert(points[i].value.num >= 0 && points[i].value.num <= UINT16_MAX);
        assert(!lxp_hold_takes((uint16_t)(first + i), value) || points[i].name);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lxp_input_options options;
    struct wp_point *points;
    uint8_t *exact;
    uint16_t first;
    size_t n;

    if (size < 3)
        return 0;
    first = (uint16_t)(data[0] | data[1] << 8);
    options = (struct lxp_input_options){.pv_strings = data[2] & 7, .current_in_tenths = data[2] >> 7};
    n = size - 3;
    exact = (uint8_t *)malloc(n + 1); /* and not a byte behind the last */
    points = (struct wp_point *)malloc(LXP_INPUT_POINTS_MAX * sizeof *points);
    memcpy(exact + 1, data + 3, n);
    check_points(points, lxp_input_points(first, wp_slice(exact + 1, n), options, points),
                 wp_slice(exact + 1, n));
    check_holds(first, wp_slice(exact + 1, n));
    free(points);
    free(exact);
    return 0;
}
