#include "sim/codec/cosem_unit_code.h"

static const char *const texts[256] = {
#define X(code, text) [code] = text,
#include "sim/codec/cosem_unit_code.def"
#undef X
};

const char *cosem_unit_text(uint8_t code)
{
    return texts[code];
}

void cosem_unit_put(struct wp_writer *w, uint8_t code)
{
    if (texts[code]) {
        wp_put_text(w, texts[code]);
        return;
    }
    wp_put_text(w, "unit(");
    wp_put_uint(w, code);
    wp_put_char(w, ')');
}

bool cosem_unit_find(struct wp_slice text, uint8_t *ret_code)
{
    for (unsigned code = 0; code < 256; code++)
        if (texts[code] && wp_slice_is(text, texts[code])) {
            *ret_code = (uint8_t)code;
            return true;
        }
    return false;
}

/* The zeros of the number's end are what a negative scaler may take from it. */
static struct wp_value scale_uint(uint64_t num, int scaler)
{
    int exp10 = scaler;

    for (; num > INT64_MAX && num % 10 == 0; num /= 10)
        exp10++;
    if (num <= INT64_MAX)
        return wp_decimal((int64_t)num, exp10);
    return wp_real(scaler < 0 ? (double)num / (double)wp_pow10((unsigned)-scaler)
                              : (double)num * (double)wp_pow10((unsigned)scaler));
}

struct wp_value cosem_scale(struct wp_value value, int scaler)
{
    if (scaler == 0 || scaler < -COSEM_SCALER_MAX || scaler > COSEM_SCALER_MAX)
        return value;
    switch (value.kind) {
    case WP_DECIMAL:
        if (value.exp10 > INT16_MAX - COSEM_SCALER_MAX || value.exp10 < INT16_MIN + COSEM_SCALER_MAX)
            return value;
        return wp_decimal(value.num, value.exp10 + scaler);
    case WP_UINT: return scale_uint(value.uint, scaler);
    case WP_REAL: /* a division by a power of ten is rounded once, a product with 0.1 twice */
        return wp_real(scaler < 0 ? value.real / (double)wp_pow10((unsigned)-scaler)
                                  : value.real * (double)wp_pow10((unsigned)scaler));
    default: return value;
    }
}
