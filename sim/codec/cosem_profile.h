/* What is known of a maker's meters: how their numbers are scaled when they do not say so, what stands where when they
 * send no OBIS codes, and which mistakes of theirs are read as they were meant.
 *
 * The makers known here are in cosem_profile.def and cosem_table.def. A user adds more as text, one directive a line,
 * `#` begins a comment:
 *
 *     profile acme like iskra          what this one does not say, iskra says
 *     scale current -2                 value = number * 10^-2; also voltage, energy, power, power-factor, frequency
 *     scale voltage auto               tenths when the number is above 1000, else whole volts
 *     scale 1-0:12.7.0.255 -2 V        of one object; the unit may be left out; OBIS in every form that obis_read takes
 *     allow untagged                   Czech lists: class, OBIS code and attribute without tags
 *     allow swapped                    06 09 where 09 06 is meant
 *     table acme-12                    a list without OBIS codes: one line each element, what it must be and what it is
 *       text=ACM  0-0:42.0.0.255       a text that begins so
 *       u32       1-0:1.7.0.255
 *       u16       32.7.0  -1 V         scaler and unit where they differ from `scale`
 *       any       -                    whatever it is, nobody wants it
 *     buffer 1-0:99.1.0.255            the columns of a profile buffer, when it is pushed
 *       clock     0-0:1.0.0.255
 *       any       1-0:1.8.0.255
 *     push 0-0:25.9.0.255              IS 15959: the elements behind device id, push setup and clock
 *       u16       31.7.0
 *
 * A table fits a list with as many elements, each of its type: text clock u8 u16 u32 u64 counter (u32 or u64) number
 * enum flag (boolean or enum) bits array any. Of several the first that fits is taken.
 * source: protocol notes 5.4, 5.5 */
#ifndef WP_COSEM_PROFILE_H
#define WP_COSEM_PROFILE_H

#include "sim/codec/obis.h"

enum {
    COSEM_PROFILE_NAME_MAX = 32, /* with its 0 */
    COSEM_PREFIX_MAX = 8,        /* octets of a text that tells tables apart */
};

/* What an OBIS code of electricity measures, as far as its scale is concerned. X(name, text, unit code) */
#define COSEM_QUANTITIES(X)                                                                                  \
    X(NO_QUANTITY, "", 255)                                                                                  \
    X(POWER, "power", 27)                                                                                    \
    X(REACTIVE, "reactive-power", 29)                                                                        \
    X(APPARENT, "apparent-power", 28)                                                                        \
    X(CURRENT, "current", 33)                                                                                \
    X(VOLTAGE, "voltage", 35)                                                                                \
    X(FACTOR, "power-factor", 255)                                                                           \
    X(FREQUENCY, "frequency", 44)                                                                            \
    X(ENERGY, "energy", 30)                                                                                  \
    X(REACTIVE_ENERGY, "reactive-energy", 32)                                                                \
    X(APPARENT_ENERGY, "apparent-energy", 31)

enum cosem_quantity {
#define X(name, text, unit) COSEM_##name,
    COSEM_QUANTITIES(X)
#undef X
        COSEM_N_QUANTITIES
};

/* By group C: [0] of values at a moment and of demand, [1] of their integrals over time. By group D: 0 or 1 as above, 2
 * of what is neither. */
extern const uint8_t cosem_quantity_by_c[3][256], cosem_kind_by_d[256];

/* Groups A, C and D tell; COSEM_NO_QUANTITY: none of these. Here because every number that is pushed is asked for it. */
static inline enum cosem_quantity cosem_quantity_of(struct obis ln)
{
    return ln.v[0] == 1 ? (enum cosem_quantity)cosem_quantity_by_c[cosem_kind_by_d[ln.v[3]]][ln.v[2]]
                        : COSEM_NO_QUANTITY;
}

/* The unit in which DLMS meters count it: 27 (W) for power, never kW. */
uint8_t cosem_quantity_unit(enum cosem_quantity quantity);

/* How the numbers of one object read. */
struct cosem_scaling {
    struct obis ln;
    int8_t scaler;
    uint8_t unit; /* 0: that of the quantity */
};

/* Of one quantity. */
struct cosem_quantity_scale {
    bool is_set;
    int8_t scaler;
};

#define COSEM_TAG(tag) ((uint64_t)1 << (tag))

/* X(name, text, tags of A-XDR that fit). A clock, where it is an octet-string, has 12, 5 or 4 octets. */
#define COSEM_ELEMENT_TYPES(X)                                                                               \
    X(TEXT, "text", COSEM_TAG(0x09) | COSEM_TAG(0x0A) | COSEM_TAG(0x0C))                                     \
    X(CLOCK, "clock", COSEM_TAG(0x09) | COSEM_TAG(0x19) | COSEM_TAG(0x1A) | COSEM_TAG(0x1B))                 \
    X(U8, "u8", COSEM_TAG(0x11))                                                                             \
    X(U16, "u16", COSEM_TAG(0x12))                                                                           \
    X(U32, "u32", COSEM_TAG(0x06))                                                                           \
    X(U64, "u64", COSEM_TAG(0x15))                                                                           \
    X(COUNTER, "counter", COSEM_TAG(0x06) | COSEM_TAG(0x15))                                                 \
    X(NUMBER, "number",                                                                                      \
      COSEM_TAG(0x05) | COSEM_TAG(0x06) | COSEM_TAG(0x0D) | COSEM_TAG(0x0F) | COSEM_TAG(0x10) |              \
          COSEM_TAG(0x11) | COSEM_TAG(0x12) | COSEM_TAG(0x14) | COSEM_TAG(0x15) | COSEM_TAG(0x17) |          \
          COSEM_TAG(0x18))                                                                                   \
    X(ENUM, "enum", COSEM_TAG(0x16))                                                                         \
    X(FLAG, "flag", COSEM_TAG(0x03) | COSEM_TAG(0x16))                                                       \
    X(BITS, "bits", COSEM_TAG(0x04))                                                                         \
    X(ARRAY, "array", COSEM_TAG(0x01))                                                                       \
    X(ANY, "any", UINT64_MAX)

enum cosem_element_type {
#define X(name, text, tags) COSEM_TYPE_##name,
    COSEM_ELEMENT_TYPES(X)
#undef X
        COSEM_N_TYPES
};

/* The tags that fit, as bits. */
uint64_t cosem_element_tags(enum cosem_element_type type);

/* One element of a table.
 * prefix   a text must begin so; empty: any */
struct cosem_element {
    uint8_t type; /* enum cosem_element_type */
    struct obis ln;
    char prefix[COSEM_PREFIX_MAX];
    bool is_mapped; /* false: known, but no reading */
    bool has_scale;
    int8_t scaler;
    uint8_t unit;
};

enum cosem_table_kind {
    COSEM_TABLE_LIST,   /* a push body */
    COSEM_TABLE_BUFFER, /* a row of the profile buffer `ln` */
    COSEM_TABLE_PUSH,   /* IS 15959: what stands behind the clock of the push setup `ln` */
};

struct cosem_table {
    char name[COSEM_PROFILE_NAME_MAX];
    enum cosem_table_kind kind;
    struct obis ln;
    const struct cosem_element *elements;
    size_t n;
};

struct cosem_profile {
    char name[COSEM_PROFILE_NAME_MAX];
    const struct cosem_profile *like; /* NULL: no other */
    bool is_vendor;                   /* built in: stands behind what the meter itself was asked */
    bool allow_untagged, allow_swapped, voltage_auto;
    /* Whoever has the list id or the meter type that begins so is one of these, unless configured; "": none. */
    char list_id[COSEM_PREFIX_MAX + 4], meter_type[COSEM_PREFIX_MAX];
    bool has_scale; /* at least one of these is set */
    struct cosem_quantity_scale scale[COSEM_N_QUANTITIES];
    const struct cosem_scaling *scalings;
    size_t n_scalings;
    const struct cosem_table *tables;
    size_t n_tables;
};

/* Profiles that a user added. */
struct cosem_profiles {
    const struct cosem_profile *at;
    size_t n;
};

/* The one of that name: the user's first, then those built in. own NULL: no user's. NULL: there is none. */
const struct cosem_profile *cosem_profile_find(const struct cosem_profiles *own, struct wp_slice name);

/* The profiles built in, "generic" first. */
const struct cosem_profile *cosem_profiles_known(size_t *ret_n);

/* Those that a shape itself names. */
const struct cosem_profile *cosem_profile_generic(void);
const struct cosem_profile *cosem_profile_kaifa(void);
const struct cosem_profile *cosem_profile_india(void);

/* The profile of this maker, by what its lists say of themselves; NULL: nobody known. */
const struct cosem_profile *cosem_profile_of(struct wp_slice list_id, struct wp_slice meter_type);

/* Are its lists no A-XDR? Then COSEM_ODD_BODY is for its APDUs. */
bool cosem_profile_is_odd(const struct cosem_profile *profile);

/* Octets of memory that cosem_profile_read needs for this text. */
size_t cosem_profile_size(struct wp_slice text);

/* Read profiles from text into memory (aligned as for any object, cosem_profile_size octets); they point into it.
 * file   what an error calls the text
 * error  "acme.profile:12: ..." when false */
bool cosem_profile_read(struct wp_slice text, const char *file, void *memory, struct cosem_profiles *out,
                        struct wp_writer *error);

#endif
