/* The makers known: their tables and scales, from cosem_table.def and cosem_profile.def. */
#include "sim/codec/cosem_profile.h"

#define GROUPS(a, b, c, d, e)                                                                                \
    {                                                                                                        \
        {                                                                                                    \
            a, b, c, d, e, OBIS_NOW                                                                          \
        }                                                                                                    \
    }
#define NOBODY GROUPS(0, 0, 0, 0, 0)
#define EL(t, c, d, e)                                                                                       \
    {                                                                                                        \
        .type = COSEM_TYPE_##t, .ln = GROUPS(1, 0, c, d, e), .is_mapped = true                               \
    }
#define AB(t, c, d, e)                                                                                       \
    {                                                                                                        \
        .type = COSEM_TYPE_##t, .ln = GROUPS(0, 0, c, d, e), .is_mapped = true                               \
    }
#define NO(t)                                                                                                \
    {                                                                                                        \
        .type = COSEM_TYPE_##t                                                                               \
    }
#define TX(text, a, c, d, e)                                                                                 \
    {                                                                                                        \
        .type = COSEM_TYPE_TEXT, .prefix = text, .ln = GROUPS(a, 0, c, d, e), .is_mapped = true              \
    }

#define TABLE(symbol, name, kind, ln, ...)                                                                   \
    static const struct cosem_element elements_##symbol[] = {__VA_ARGS__};
#include "sim/codec/cosem_table.def"
#undef TABLE

enum {
#define TABLE(symbol, name, kind, ln, ...) TABLE_##symbol,
#include "sim/codec/cosem_table.def"
#undef TABLE
};

static const struct cosem_table tables[] = {
#define TABLE(symbol, name, kind, ln, ...)                                                                   \
    {name, COSEM_TABLE_##kind, ln, elements_##symbol, sizeof elements_##symbol / sizeof elements_##symbol[0]},
#include "sim/codec/cosem_table.def"
#undef TABLE
};

enum {
#define PROFILE(symbol, ...) PROFILE_##symbol,
#include "sim/codec/cosem_profile.def"
#undef PROFILE
    N_PROFILES
};

#define NOTHING          .allow_untagged = false
#define UNTAGGED         .allow_untagged = true
#define SWAPPED          .allow_swapped = true
#define NO_SCALES        .n_scalings = 0
#define NO_TABLES        .n_tables = 0
#define TABLES(from, to) .tables = &tables[TABLE_##from], .n_tables = TABLE_##to - TABLE_##from + 1
#define SCALES(current, voltage, energy, factor, frequency)                                                  \
    .has_scale = true, .scale = {                                                                            \
                           [COSEM_POWER] = {true, 0},                                                        \
                           [COSEM_REACTIVE] = {true, 0},                                                     \
                           [COSEM_APPARENT] = {true, 0},                                                     \
                           [COSEM_CURRENT] = {true, current},                                                \
                           [COSEM_VOLTAGE] = {true, voltage},                                                \
                           [COSEM_FACTOR] = {true, factor},                                                  \
                           [COSEM_FREQUENCY] = {true, frequency},                                            \
                           [COSEM_ENERGY] = {true, energy},                                                  \
                           [COSEM_REACTIVE_ENERGY] = {true, energy},                                         \
                           [COSEM_APPARENT_ENERGY] = {true, energy},                                         \
    }

static const struct cosem_profile known[N_PROFILES] = {
#define PROFILE(symbol, title, base, list, type, allowed, scales, ...)                                       \
    [PROFILE_##symbol] = {                                                                                   \
        .name = title,                                                                                       \
        .like = PROFILE_##base == PROFILE_##symbol ? NULL : &known[PROFILE_##base],                          \
        .is_vendor = true,                                                                                   \
        .list_id = list,                                                                                     \
        .meter_type = type,                                                                                  \
        allowed,                                                                                             \
        scales,                                                                                              \
        __VA_ARGS__,                                                                                         \
    },
#include "sim/codec/cosem_profile.def"
#undef PROFILE
};

static const uint8_t units[] = {
#define X(name, text, unit) unit,
    COSEM_QUANTITIES(X)
#undef X
};

static const uint64_t tags[] = {
#define X(name, text, bits) bits,
    COSEM_ELEMENT_TYPES(X)
#undef X
};

uint64_t cosem_element_tags(enum cosem_element_type type)
{
    return tags[type];
}

uint8_t cosem_quantity_unit(enum cosem_quantity quantity)
{
    return units[quantity];
}

const struct cosem_profile *cosem_profile_generic(void)
{
    return &known[PROFILE_generic];
}

const struct cosem_profile *cosem_profile_kaifa(void)
{
    return &known[PROFILE_kaifa];
}

const struct cosem_profile *cosem_profile_india(void)
{
    return &known[PROFILE_in_15959];
}

const struct cosem_profile *cosem_profiles_known(size_t *ret_n)
{
    *ret_n = N_PROFILES;
    return known;
}

static const struct cosem_profile *find_in(const struct cosem_profile *at, size_t n, struct wp_slice name)
{
    for (size_t i = 0; i < n; i++)
        if (wp_slice_is(name, at[i].name))
            return &at[i];
    return NULL;
}

const struct cosem_profile *cosem_profile_find(const struct cosem_profiles *own, struct wp_slice name)
{
    const struct cosem_profile *found = own ? find_in(own->at, own->n, name) : NULL;

    return found ? found : find_in(known, N_PROFILES, name);
}

static bool begins(struct wp_slice text, const char *prefix)
{
    size_t n = strlen(prefix);

    return n == 0 || (n <= text.n && memcmp(text.p, prefix, n) == 0);
}

/* A maker is told by its list id; of several the one whose meter type fits too. */
const struct cosem_profile *cosem_profile_of(struct wp_slice list_id, struct wp_slice meter_type)
{
    const struct cosem_profile *found = NULL;

    if (list_id.n == 0)
        return NULL;
    for (size_t i = 0; i < N_PROFILES; i++)
        if (known[i].list_id[0] == list_id.p[0] && begins(list_id, known[i].list_id) &&
            begins(meter_type, known[i].meter_type))
            found = &known[i];
    return found;
}

/* Group C: 1..20 all phases, 21..40 L1, 41..60 L2, 61..80 L3, 90..92 sum and neutral. */
#define PHASE(at, power, reactive, apparent, current, voltage, factor, frequency)                            \
    [at + 1] = power, [at + 2] = power, [at + 3] = reactive, [at + 4] = reactive, [at + 5] = reactive,       \
          [at + 6] = reactive, [at + 7] = reactive, [at + 8] = reactive, [at + 9] = apparent,                \
          [at + 10] = apparent, [at + 11] = current, [at + 12] = voltage, [at + 13] = factor,                \
          [at + 14] = frequency, [at + 15] = power, [at + 16] = power, [at + 17] = power, [at + 18] = power, \
          [at + 19] = power, [at + 20] = power
#define MOMENT(at)                                                                                           \
    PHASE(at, COSEM_POWER, COSEM_REACTIVE, COSEM_APPARENT, COSEM_CURRENT, COSEM_VOLTAGE, COSEM_FACTOR,       \
          COSEM_FREQUENCY)
#define INTEGRAL(at) PHASE(at, COSEM_ENERGY, COSEM_REACTIVE_ENERGY, COSEM_APPARENT_ENERGY, 0, 0, 0, 0)

const uint8_t cosem_quantity_by_c[3][256] = {
    {MOMENT(0), MOMENT(20), MOMENT(40),
     MOMENT(60), [90] = COSEM_CURRENT, [91] = COSEM_CURRENT, [92] = COSEM_VOLTAGE},
    {INTEGRAL(0), INTEGRAL(20), INTEGRAL(40), INTEGRAL(60)},
};

/* Group D: 8..10, 17..20, 29 and 30 are integrals; 0 and all above 90 name other things than quantities. */
#define TEN(at, k)                                                                                           \
    [at] = k, [at + 1] = k, [at + 2] = k, [at + 3] = k, [at + 4] = k, [at + 5] = k, [at + 6] = k,            \
    [at + 7] = k, [at + 8] = k, [at + 9] = k

const uint8_t cosem_kind_by_d[256] = {
    [0] = 2,     [8] = 1,     [9] = 1,     [10] = 1,    [17] = 1,    [18] = 1,    [19] = 1,    [20] = 1,
    [29] = 1,    [30] = 1,    TEN(91, 2),  TEN(101, 2), TEN(111, 2), TEN(121, 2), TEN(131, 2), TEN(141, 2),
    TEN(151, 2), TEN(161, 2), TEN(171, 2), TEN(181, 2), TEN(191, 2), TEN(201, 2), TEN(211, 2), TEN(221, 2),
    TEN(231, 2), TEN(241, 2), [251] = 2,   [252] = 2,   [253] = 2,   [254] = 2,   [255] = 2,
};

bool cosem_profile_is_odd(const struct cosem_profile *profile)
{
    for (; profile; profile = profile->like)
        if (profile->allow_untagged || profile->allow_swapped)
            return true;
    return false;
}
