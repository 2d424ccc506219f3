#include "sim/codec/lxp_register.h"

/* ---- the tables --------------------------------------------------------------------------------------- */

/* What an input register of that form can hold. */
#define LEAST_U16    0
#define MOST_U16     UINT16_MAX
#define LEAST_I16    INT16_MIN
#define MOST_I16     INT16_MAX
#define LEAST_U32    0
#define MOST_U32     UINT32_MAX
#define LEAST_LOW    0
#define MOST_LOW     UINT8_MAX
#define LEAST_HIGH   0
#define MOST_HIGH    UINT8_MAX
#define LEAST_SUM16  0
#define MOST_SUM16   (3 * (int64_t)UINT16_MAX)
#define LEAST_SUM32  0
#define MOST_SUM32   (3 * (int64_t)UINT32_MAX)
#define LEAST_TEXT   0
#define MOST_TEXT    UINT16_MAX
#define LEAST_FACTOR 0
#define MOST_FACTOR  UINT16_MAX

const struct lxp_register lxp_inputs[] = {
#define KEY(set, number, name, form, registers, exp10, unit)                                                 \
    {#name, unit, LEAST_##form, MOST_##form, number, registers, exp10, LXP_##form, LXP_READ, set},
#define SUM(set, first, second, third, name, form, registers, exp10, unit)                                   \
    {#name, unit, LEAST_##form, MOST_##form, first, registers, exp10, LXP_##form, LXP_READ, set},
#define INPUT(number, name, form, registers, exp10, unit)                                                    \
    {#name, unit, LEAST_##form, MOST_##form, number, registers, exp10, LXP_##form, LXP_READ, 0},
#include "sim/codec/lxp_registers.def"
};

const size_t lxp_n_inputs = sizeof lxp_inputs / sizeof lxp_inputs[0];

const struct lxp_register lxp_holds[] = {
#define HOLD(number, name, form, registers, exp10, unit, min, max, access)                                   \
    {#name, unit, min, max, number, registers, exp10, LXP_##form, LXP_##access, 0},
#include "sim/codec/lxp_registers.def"
};

const size_t lxp_n_holds = sizeof lxp_holds / sizeof lxp_holds[0];

static const struct lxp_bit bits[] = {
#define BIT(number, first, width, name) {number, first, width, #name},
#include "sim/codec/lxp_registers.def"
};

enum { N_BITS = sizeof bits / sizeof bits[0] };

/* ---- looking up --------------------------------------------------------------------------------------- */

/* The last row that is not above the number. Row 0 of both tables is register 0, so there is always one. */
static const struct lxp_register *row_below(const struct lxp_register *rows, size_t n, uint16_t number)
{
    size_t low = 0, high = n;

    while (high - low > 1) {
        size_t middle = (low + high) / 2;

        if (rows[middle].number <= number)
            low = middle;
        else
            high = middle;
    }
    return &rows[low];
}

static bool row_has(const struct lxp_register *row, uint16_t number)
{
    return number - row->number < row->registers;
}

const struct lxp_register *lxp_input_find(uint16_t number)
{
    const struct lxp_register *row = row_below(lxp_inputs, lxp_n_inputs, number);

    if (row->form == LXP_HIGH)
        row--;
    return row_has(row, number) ? row : NULL;
}

const struct lxp_register *lxp_hold_find(uint16_t number)
{
    const struct lxp_register *row = row_below(lxp_holds, lxp_n_holds, number);

    return row_has(row, number) ? row : NULL;
}

static bool each_byte_fits(const struct lxp_register *row, uint16_t value)
{
    int low = value & 0xFF, high = value >> 8;

    return low >= (row->min & 0xFF) && low <= (row->max & 0xFF) && high >= row->min >> 8 &&
           high <= row->max >> 8;
}

bool lxp_hold_takes(uint16_t number, uint16_t value)
{
    const struct lxp_register *row = lxp_hold_find(number);
    int32_t num = value;

    if (!row || row->access != LXP_WRITE)
        return false;
    if (row->form == LXP_TIME || row->form == LXP_BYTES)
        return each_byte_fits(row, value);
    if (row->form == LXP_I16)
        num = (int16_t)value;
    return num >= row->min && num <= row->max;
}

/* ---- bits and codes ----------------------------------------------------------------------------------- */

const struct lxp_bit *lxp_bits(uint16_t number, size_t *ret_n)
{
    size_t first = 0, n = 0;

    while (first < N_BITS && bits[first].number != number)
        first++;
    while (first + n < N_BITS && bits[first + n].number == number)
        n++;
    *ret_n = n;
    return n ? &bits[first] : NULL;
}

struct code {
    uint16_t code;
    const char *text;
};

static const struct code statuses[] = {
#define STATUS(code, text) {code, text},
#include "sim/codec/lxp_codes.def"
};

static const struct code faults[] = {
#define FAULT(bit, text) {bit, text},
#include "sim/codec/lxp_codes.def"
};

static const struct code warnings[] = {
#define WARNING(bit, text) {bit, text},
#include "sim/codec/lxp_codes.def"
};

static const struct code exceptions[] = {
#define EXCEPTION(code, text) {code, text},
#include "sim/codec/lxp_codes.def"
};

static const char *text_of(const struct code *table, size_t n, unsigned code)
{
    for (size_t i = 0; i < n; i++)
        if (table[i].code == code)
            return table[i].text;
    return NULL;
}

const char *lxp_status_text(uint16_t status)
{
    return text_of(statuses, sizeof statuses / sizeof statuses[0], status);
}

const char *lxp_fault_bit_text(unsigned bit)
{
    return text_of(faults, sizeof faults / sizeof faults[0], bit);
}

const char *lxp_warning_bit_text(unsigned bit)
{
    return text_of(warnings, sizeof warnings / sizeof warnings[0], bit);
}

const char *lxp_exception_text(uint8_t code)
{
    return text_of(exceptions, sizeof exceptions / sizeof exceptions[0], code);
}
