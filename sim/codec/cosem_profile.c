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
    .scale = {                                                                                               \
        [COSEM_POWER] = {true, 0},                                                                           \
        [COSEM_REACTIVE] = {true, 0},                                                                        \
        [COSEM_APPARENT] = {true, 0},                                                                        \
        [COSEM_CURRENT] = {true, current},                                                                   \
        [COSEM_VOLTAGE] = {true, voltage},                                                                   \
        [COSEM_FACTOR] = {true, factor},                                                                     \
        [COSEM_FREQUENCY] = {true, frequency},                                                               \
        [COSEM_ENERGY] = {true, energy},                                                                     \
        [COSEM_REACTIVE_ENERGY] = {true, energy},                                                            \
        [COSEM_APPARENT_ENERGY] = {true, energy},                                                            \
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
        if (known[i].list_id[0] && begins(list_id, known[i].list_id) &&
            begins(meter_type, known[i].meter_type))
            found = &known[i];
    return found;
}

/* Group C by its place within a phase: 1..20 all phases, 21..40 L1, 41..60 L2, 61..80 L3. 0..19 -> what it is. */
static const uint8_t by_place[20] = {
    COSEM_POWER,    COSEM_POWER,    COSEM_REACTIVE, COSEM_REACTIVE,  COSEM_REACTIVE,
    COSEM_REACTIVE, COSEM_REACTIVE, COSEM_REACTIVE, COSEM_APPARENT,  COSEM_APPARENT,
    COSEM_CURRENT,  COSEM_VOLTAGE,  COSEM_FACTOR,   COSEM_FREQUENCY, COSEM_POWER,
    COSEM_POWER,    COSEM_POWER,    COSEM_POWER,    COSEM_POWER,     COSEM_POWER,
};

static enum cosem_quantity of_group_c(uint8_t c)
{
    if (c >= 1 && c <= 80)
        return (enum cosem_quantity)by_place[(c - 1) % 20];
    if (c == 90 || c == 91) /* sum and neutral */
        return COSEM_CURRENT;
    return c == 92 ? COSEM_VOLTAGE : COSEM_NO_QUANTITY;
}

/* Group D 8, 9, 10, 17..20 and 29, 30 are integrals over time: energy where the quantity is power. */
static bool is_integral(uint8_t d)
{
    return (d >= 8 && d <= 10) || (d >= 17 && d <= 20) || d == 29 || d == 30;
}

enum cosem_quantity cosem_quantity_of(struct obis ln)
{
    enum cosem_quantity quantity = ln.v[0] == 1 ? of_group_c(ln.v[2]) : COSEM_NO_QUANTITY;

    if (!is_integral(ln.v[3]))
        return ln.v[3] == 0 || ln.v[3] > 90 ? COSEM_NO_QUANTITY : quantity;
    switch (quantity) {
    case COSEM_POWER: return COSEM_ENERGY;
    case COSEM_REACTIVE: return COSEM_REACTIVE_ENERGY;
    case COSEM_APPARENT: return COSEM_APPARENT_ENERGY;
    default: return COSEM_NO_QUANTITY;
    }
}
