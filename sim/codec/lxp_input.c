#include "sim/codec/lxp_input.h"

#include <assert.h>

/* ---- the shapes of points ----------------------------------------------------------------------------- */

/* A point without its number: what a row of lxp_registers.def says, ready to be copied. */
struct shape {
    struct wp_point point;
    uint16_t number;
    uint8_t bytes;
    uint8_t form; /* enum lxp_form */
    uint8_t set;  /* 0: of none */
    uint8_t
        id[4]; /* length of the id, by how many strings a sum takes: "input 7", "input 7+8", "input 7+8+9" */
};

#define TEXT(literal)                                                                                        \
    {                                                                                                        \
        (const uint8_t *)(literal), sizeof(literal) - 1                                                      \
    }

/* A byte of its own in the upper half of a register is called so: "input 5 high". */
#define PART_U16    ""
#define PART_I16    ""
#define PART_U32    ""
#define PART_LOW    ""
#define PART_HIGH   " high"
#define PART_TEXT   ""
#define PART_FACTOR ""

#define SHAPE(id_text, name_text, unit_text, exponent, number_, registers, form_, set_, one, two, three)     \
    {{.id = TEXT(id_text),                                                                                   \
      .name = name_text,                                                                                     \
      .unit = unit_text,                                                                                     \
      .value = {.kind = WP_DECIMAL, .exp10 = exponent},                                                      \
      .raw = {NULL, 2 * (registers)}},                                                                       \
     number_,                                                                                                \
     2 * (registers),                                                                                        \
     LXP_##form_,                                                                                            \
     set_,                                                                                                   \
     {three, one, two, three}},

#define ONE(id_text, name_text, unit, exp10, number, registers, form, set)                                   \
    SHAPE(id_text, name_text, unit, exp10, number, registers, form, set, sizeof(id_text) - 1,                \
          sizeof(id_text) - 1, sizeof(id_text) - 1)

/* Keys have memory of their own: no single register's name is at the same place (lxp_input_set_at). */
#define KEY(set, number, name, form, registers, exp10, unit) static const char key_##name[] = #name;
#define SUM(set, first, second, third, name, form, registers, exp10, unit)                                   \
    static const char key_##name[] = #name;
#include "sim/codec/lxp_registers.def"

/* The keys of set 1, then those of set 2, then those of set 3: rows ascend, and so do the documents' keys. */
static const struct shape keys[] = {
#define KEY(set, number, name, form, registers, exp10, unit)                                                 \
    ONE("input " #number, key_##name, unit, exp10, number, registers, form, set)
#define SUM(set, first, second, third, name, form, registers, exp10, unit)                                   \
    SHAPE("input " #first "+" #second "+" #third, key_##name, unit, exp10, first, registers, form, set,      \
          sizeof("input " #first) - 1, sizeof("input " #first "+" #second) - 1,                              \
          sizeof("input " #first "+" #second "+" #third) - 1)
#include "sim/codec/lxp_registers.def"
};

/* Every register by itself, documented or not. */
static const struct shape singles[] = {
#define KEY(set, number, name, form, registers, exp10, unit)                                                 \
    ONE("input " #number PART_##form, #name, unit, exp10, number, registers, form, set)
#define INPUT(number, name, form, registers, exp10, unit)                                                    \
    ONE("input " #number PART_##form, #name, unit, exp10, number, registers, form, 0)
#include "sim/codec/lxp_registers.def"
};

/* Keys as they stand in the JSON object, in cells of one size. */
struct member {
    char text[24];
    uint8_t n;
};

static const struct member members[] = {
#define KEY(set, number, name, form, registers, exp10, unit)                                                 \
    {",\"" #name "\":", sizeof(",\"" #name "\":") - 1},
#define SUM(set, first, second, third, name, form, registers, exp10, unit)                                   \
    {",\"" #name "\":", sizeof(",\"" #name "\":") - 1},
#include "sim/codec/lxp_registers.def"
};

enum {
    N_KEYS = LXP_SET_1_KEYS + LXP_SET_2_KEYS + LXP_SET_3_KEYS,
    N_SINGLES = sizeof singles / sizeof singles[0],
    N_SUMS = 0
#define SUM(set, first, second, third, name, form, registers, exp10, unit) +1
#include "sim/codec/lxp_registers.def"
};

_Static_assert(sizeof keys / sizeof keys[0] == N_KEYS, "the API documents 24, 11 and 15 keys");
/* Beside its single registers a set has only its sums. */
_Static_assert(N_SINGLES + N_SUMS <= LXP_INPUT_POINTS_MAX, "room for every point at once");

/* Where a set's keys begin in `keys`; of the one behind the last: their end. */
static const uint8_t set_at[LXP_SETS + 2] = {0, 0, LXP_SET_1_KEYS, LXP_SET_1_KEYS + LXP_SET_2_KEYS, N_KEYS};

size_t lxp_input_keys(unsigned set)
{
    assert(set >= 1);
    assert(set <= LXP_SETS);
    return (size_t)(set_at[set + 1] - set_at[set]);
}

const char *lxp_input_key(unsigned set, size_t i)
{
    assert(i < lxp_input_keys(set));
    return keys[set_at[set] + i].point.name;
}

unsigned lxp_input_set_at(const struct wp_point *point)
{
    for (unsigned set = 1; set <= LXP_SETS; set++)
        if (point->name == keys[set_at[set]].point.name)
            return set;
    return 0;
}

/* ---- from bytes to a number --------------------------------------------------------------------------- */

static inline uint16_t word(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t pair(const uint8_t *p)
{
    return word(p) | (uint32_t)word(p + 2) << 16;
}

/* Registers whose scale is the device's own: 81, 82, 98. */
static inline bool is_battery_current(const struct shape *s)
{
    return s->number == LXP_INPUT_max_chg_curr || s->number == LXP_INPUT_max_dischg_curr ||
           s->number == LXP_INPUT_i_bat;
}

/* Beyond tenths a zero at the end is not shown: 10500 hundredths are 105.0, 1000 thousandths 1.0. */
static inline void trim(struct wp_value *v)
{
    while (v->exp10 < -1 && v->num % 10 == 0) {
        v->num /= 10;
        v->exp10++;
    }
}

/* Characters up to the zero bytes behind them. */
static void take_text(struct wp_slice raw, struct wp_point *out)
{
    while (raw.n > 0 && raw.p[raw.n - 1] == 0)
        raw.n--;
    if (raw.n > 0 && wp_slice_is_printable(raw)) {
        out->value = wp_text_value(raw);
        return;
    }
    out->value = wp_null();
    out->quality = raw.n > 0 ? WP_INVALID : WP_NO_VALUE;
}

/* A sum takes the first strings only: fewer bytes, a shorter id. */
static void take_sum(const struct shape *s, unsigned strings, struct wp_point *out)
{
    size_t width = s->bytes / 3u;

    if (strings == 0 || strings > 3)
        strings = 3;
    out->id.n = s->id[strings];
    out->raw.n = width * strings;
    out->value.num = 0;
    for (size_t at = 0; at < out->raw.n; at += width)
        out->value.num += width == 2 ? word(out->raw.p + at) : pair(out->raw.p + at);
}

/* Whatever is more than one unsigned word. */
static void take_other(const struct shape *s, struct lxp_input_options options, struct wp_point *out)
{
    const uint8_t *at = out->raw.p;

    switch ((enum lxp_form)s->form) {
    case LXP_I16: out->value.num = (int16_t)word(at); break;
    case LXP_U32: out->value.num = pair(at); break;
    case LXP_LOW: out->value.num = at[0]; break;
    case LXP_HIGH: out->value.num = at[1]; break;
    case LXP_SUM16:
    case LXP_SUM32: take_sum(s, options.pv_strings, out); break;
    case LXP_FACTOR: out->value.num = word(at) > 1000 ? 1000 - word(at) : word(at); break;
    case LXP_TEXT: take_text(out->raw, out); break;
    case LXP_U16:
    case LXP_BITS:
    case LXP_TIME:
    case LXP_BYTES: out->value.num = word(at); break;
    }
}

static inline void take(const struct shape *s, const uint8_t *at, struct lxp_input_options options,
                        struct wp_point *out)
{
    *out = s->point;
    out->raw.p = at;
    if (s->form == LXP_U16)
        out->value.num = word(at);
    else
        take_other(s, options, out);
    if (s->point.value.exp10 < -1) {
        if (options.current_in_tenths && is_battery_current(s))
            out->value.exp10 = -1;
        trim(&out->value);
    }
}

/* ---- replies ------------------------------------------------------------------------------------------ */

static bool covers(uint32_t first, uint32_t end, uint32_t from, uint32_t to)
{
    return first <= from && end >= to;
}

/* The first of the single registers that is not below the number. */
static size_t single_from(uint32_t number)
{
    size_t low = 0, high = N_SINGLES;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (singles[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t lxp_input_points(uint16_t first, struct wp_slice values, struct lxp_input_options options,
                        struct wp_point *out)
{
    uint32_t end = (uint32_t)(first + values.n / 2);
    unsigned whole = 0; /* bit n: set n is in it */
    size_t n = 0;

    for (unsigned set = 1; set <= LXP_SETS; set++) {
        uint32_t from = (set - 1) * LXP_SET_REGISTERS;

        if (!covers(first, end, from, from + LXP_SET_REGISTERS))
            continue;
        whole |= 1u << set;
        for (const struct shape *s = keys + set_at[set]; s < keys + set_at[set + 1]; s++)
            take(s, values.p + 2 * (s->number - first), options, &out[n++]);
    }
    for (size_t i = single_from(first); i < N_SINGLES && singles[i].number < end; i++) {
        const struct shape *s = &singles[i];

        if ((s->set > 0 && (whole >> s->set & 1)) || s->number + s->bytes / 2u > end)
            continue;
        take(s, values.p + 2 * (s->number - first), options, &out[n++]);
    }
    return n;
}

/* Where there is room a whole cell is copied: a few stores instead of a call. */
static inline void put_member(struct wp_writer *w, const struct member *m)
{
    if (w->full || w->cap - w->n < sizeof m->text) {
        wp_put_slice(w, wp_slice(m->text, m->n));
        return;
    }
    memcpy(w->p + w->n, m->text, sizeof m->text);
    w->n += m->n;
}

void lxp_input_json(struct wp_writer *w, unsigned set, const struct wp_point *points)
{
    size_t n = lxp_input_keys(set), from = w->n;

    for (size_t i = 0; i < n; i++) {
        put_member(w, &members[set_at[set] + i]);
        wp_put_value(w, points[i].value);
    }
    wp_put_char(w, '}');
    if (w->n > from) /* over the first comma */
        w->p[from] = '{';
}

/* ---- hold registers ----------------------------------------------------------------------------------- */

struct hold_id {
    struct wp_slice id;
    const char *name;
    uint16_t number;
    uint8_t registers;
};

static const struct hold_id holds[] = {
#define HOLD(number, name, form, registers, exp10, unit, min, max, access)                                   \
    {TEXT("hold " #number), #name, number, registers},
#include "sim/codec/lxp_registers.def"
};

enum { N_HOLDS = sizeof holds / sizeof holds[0] };

static struct wp_slice put_id(struct wp_writer *ids, uint16_t number)
{
    size_t from = ids->n;

    wp_put_text(ids, "hold ");
    wp_put_uint(ids, number);
    return wp_slice(ids->p + from, ids->n - from);
}

size_t lxp_hold_points(uint16_t first, struct wp_slice values, struct wp_writer *ids, struct wp_point *out)
{
    size_t left = (size_t)UINT16_MAX + 1 - first, n = values.n / 2 < left ? values.n / 2 : left, row = 0;

    while (row < N_HOLDS && holds[row].number + holds[row].registers <= first)
        row++;
    for (size_t i = 0; i < n; i++) {
        uint32_t number = (uint32_t)(first + i);

        while (row < N_HOLDS && holds[row].number + holds[row].registers <= number)
            row++;
        out[i] = (struct wp_point){.unit = "", .value = wp_int(word(values.p + 2 * i))};
        out[i].raw = wp_slice(values.p + 2 * i, 2);
        if (row < N_HOLDS && holds[row].number <= number)
            out[i].name = holds[row].name;
        out[i].id =
            row < N_HOLDS && holds[row].number == number ? holds[row].id : put_id(ids, (uint16_t)number);
    }
    return n;
}
