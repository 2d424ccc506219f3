/* What an item may hold, and how it shows it. */
#include "sim/device/venus_items_impl.h"

#include "sim/codec/venus_text.h"
#include "sim/core/real.h"

#include <math.h>

/* ---- coercion ------------------------------------------------------------------------------------------- */

struct range {
    char code;
    int64_t min;
    uint64_t max;
};

static const struct range ranges[] = {
    {'y', 0, UINT8_MAX},  {'n', INT16_MIN, INT16_MAX}, {'q', 0, UINT16_MAX}, {'i', INT32_MIN, INT32_MAX},
    {'u', 0, UINT32_MAX}, {'x', INT64_MIN, INT64_MAX}, {'t', 0, UINT64_MAX},
};

static const struct range *range_of(char code)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (ranges[i].code == code)
            return &ranges[i];
    return NULL;
}

/* What is behind the point is cut off. */
static bool whole(struct wp_value v, struct wp_value *out)
{
    const double d = v.kind == WP_UINT ? 0 : wp_real_of(v);
    int64_t num;

    if (v.kind == WP_UINT) {
        *out = v;
        return true;
    }
    if (v.kind == WP_DECIMAL && wp_decimal_at(v, 0, &num)) {
        *out = wp_int(num);
        return true;
    }
    if (!(trunc(d) >= -9223372036854775808.0 && trunc(d) < 18446744073709551616.0))
        return false;
    *out = trunc(d) < 9223372036854775808.0 ? wp_int((int64_t)d) : wp_uint((uint64_t)d);
    return true;
}

static bool coerce_whole(const struct range *range, struct wp_value v, struct wp_value *out)
{
    struct wp_value w;

    if (v.kind == WP_BOOL)
        v = wp_int(v.yes);
    if (!wp_is_number(v) || !whole(v, &w) || wp_number_cmp(w, wp_int(range->min)) < 0 ||
        wp_number_cmp(w, wp_uint(range->max)) > 0)
        return false;
    *out = w;
    return true;
}

static bool coerce_real(struct wp_value v, struct wp_value *out)
{
    if (v.kind == WP_BOOL)
        v = wp_int(v.yes);
    if (!wp_is_number(v))
        return false;
    *out = wp_real(wp_real_of(v));
    return true;
}

static bool coerce_bool(struct wp_value v, struct wp_value *out)
{
    if (v.kind != WP_BOOL && !wp_is_number(v))
        return false;
    *out = v.kind == WP_BOOL ? v : wp_bool(wp_real_of(v) != 0);
    return true;
}

static bool coerce_text(char code, struct wp_value v, struct wp_value *out)
{
    if (v.kind != WP_TEXT || !dbus_is_string(v.bytes) || (code == 'o' && !dbus_is_path(v.bytes)) ||
        (code == 'g' && !dbus_is_signature(v.bytes)))
        return false;
    *out = v;
    return true;
}

static bool coerce_tree(const char *type, struct wp_value v, struct wp_value *out)
{
    struct dbus_iter it;

    if (v.kind != WP_TREE)
        return false;
    dbus_tree_iter(&it, v.bytes);
    if (!wp_slice_is(dbus_next_signature(&it), type))
        return false;
    *out = v;
    return true;
}

bool venus_item_coerce(const struct venus_item *item, struct wp_value value, struct wp_value *out)
{
    const struct range *range = range_of(item->type[0]);

    if (value.kind == WP_NULL) {
        *out = value;
        return true;
    }
    if (range)
        return coerce_whole(range, value, out);
    switch (item->type[0]) {
    case 'd': return coerce_real(value, out);
    case 'b': return coerce_bool(value, out);
    case 's':
    case 'o':
    case 'g': return coerce_text(item->type[0], value, out);
    default: return coerce_tree(item->type, value, out);
    }
}

/* NaN is within no limits. */
bool venus_item_allows(const struct venus_item *item, struct wp_value value)
{
    if (!wp_is_number(value))
        return true;
    if (value.kind == WP_REAL && isnan(value.real))
        return item->min.kind == WP_NULL && item->max.kind == WP_NULL;
    return (item->min.kind == WP_NULL || wp_number_cmp(value, item->min) >= 0) &&
           (item->max.kind == WP_NULL || wp_number_cmp(value, item->max) <= 0);
}

/* ---- text ------------------------------------------------------------------------------------------------ */

static void put_product_id(struct wp_writer *w, struct wp_value v)
{
    static const char digits[] = "0123456789ABCDEF";
    const uint64_t id = v.kind == WP_UINT ? v.uint : (uint64_t)v.num;
    unsigned shift = 60;

    while (shift > 0 && id >> shift == 0)
        shift -= 4;
    wp_put_text(w, "0x");
    for (;; shift -= 4) {
        wp_put_char(w, digits[id >> shift & 15]);
        if (shift == 0)
            return;
    }
}

void venus_item_put_text(struct wp_writer *w, const struct venus_item *item)
{
    const struct wp_value v = item->value;

    switch (v.kind) {
    case WP_NULL: wp_put_text(w, "---"); return;
    case WP_BOOL: wp_put_text(w, v.yes ? "True" : "False"); return;
    case WP_TREE: venus_put_json(w, v); return;
    case WP_TEXT: wp_put_slice(w, v.bytes); return;
    default: break;
    }
    if (wp_slice_is(item->path, "/ProductId") && v.kind != WP_REAL)
        put_product_id(w, v);
    else if (v.kind == WP_REAL)
        wp_put_real(w, v.real);
    else
        wp_put_value(w, v);
    wp_put_text(w, item->unit);
}
