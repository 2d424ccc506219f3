/* From the body of a push (data-notification) to readings.
 *
 *     push-object-list        S{ A[ S{class, OBIS, attribute, index ..} .. ], value .. }     Iskra, L+G, Swiss, SPODES
 *     array-of-obis-structs   A[ S{OBIS, value} | S{OBIS, value, S{scaler, unit}} .. ]       Aidon
 *     is15959                 S{ device, OBIS of the push setup, clock, value .. }           India
 *     structs-in-structure    S{ S{OBIS, value ..} .. }, also behind a pair OBIS, clock      Iskra, Kaifa Austria
 *     flat-obis               S{ [list id | clock], OBIS, value, [S{scaler, unit}] .. [, meter number] }
 *                                                                                            Kamstrup, Kaifa, Netz NÖ
 *     untagged-descriptor     02 02 | class 2 | OBIS 6 | attribute | value, no tags but the value's       Czechia
 *     positional-kaifa, positional    values alone: a table says what they are
 *
 * The first shape that fits wins, in this order. None ever fails: what does not fit stays unmapped and is counted, and
 * so does a whole body that no shape and no table knows. Untagged descriptors and swapped headers are no A-XDR: they
 * are looked for only when the profile of the device says so, on the body as it came.
 *
 * A number is the meter's times 10^scaler, exactly. The scaler comes from the first who knows: the body itself, the
 * device's profile, attribute 3 read earlier, the maker, the registry of who publishes; else it is 0 and `scale` says
 * that nobody knew. Values are in the meter's unit (Wh); nothing is converted.
 * source: IEC 62056-6-2 (push setup, class 40); vectors dlms, `shape` and `readings` */
#ifndef WP_COSEM_PUSH_H
#define WP_COSEM_PUSH_H

#include "sim/codec/cosem_profile.h"
#include "sim/core/reading.h"

/* The text is part of the printed form. */
#define COSEM_SHAPES(X)                                                                                      \
    X(UNMAPPED, "unmapped")                                                                                  \
    X(PUSH_OBJECT_LIST, "push-object-list")                                                                  \
    X(ARRAY_OF_OBIS, "array-of-obis-structs")                                                                \
    X(IS15959, "is15959")                                                                                    \
    X(STRUCTS, "structs-in-structure")                                                                       \
    X(FLAT_OBIS, "flat-obis")                                                                                \
    X(UNTAGGED, "untagged-descriptor")                                                                       \
    X(POSITIONAL_KAIFA, "positional-kaifa")                                                                  \
    X(POSITIONAL, "positional")

enum cosem_shape {
#define X(name, text) COSEM_SHAPE_##name,
    COSEM_SHAPES(X)
#undef X
};

const char *cosem_shape_text(enum cosem_shape shape);

/* What a value is. */
enum cosem_value_form {
    COSEM_NUMBER,
    COSEM_TEXT,  /* printable; NULs that filled it up are taken off */
    COSEM_HEX,   /* octets that are no text */
    COSEM_TRUTH, /* boolean */
    COSEM_CLOCK, /* 12, 5 or 4 octets: date-time, date, time */
    COSEM_BITS,  /* bit-string: `bits` of them in the value's octets */
    COSEM_TREE,  /* array, structure, compact-array: no reading of its own */
};

/* Who said how a number is scaled. */
enum cosem_scale_from {
    COSEM_SCALE_NOBODY, /* it is as the meter sent it */
    COSEM_SCALE_PAYLOAD,
    COSEM_SCALE_PROFILE,
    COSEM_SCALE_READ,
    COSEM_SCALE_VENDOR,
    COSEM_SCALE_REGISTRY,
};

/* One value of one object. Slices borrow from the body. */
struct cosem_point {
    struct obis ln;
    uint16_t class_id; /* 0: the body does not say */
    int8_t attribute;
    uint8_t form;    /* enum cosem_value_form */
    uint8_t from;    /* enum cosem_scale_from */
    int8_t scaler;   /* that `value` has been multiplied with */
    uint8_t unit;    /* code; 0: not known */
    uint8_t quality; /* enum wp_quality: WP_GOOD; WP_INVALID: a clock that is no time */
    uint16_t row;    /* of a profile buffer, from 1 on; else 0 */
    uint32_t bits;
    struct wp_value value; /* scaled; CLOCK and BITS: their octets, see cosem_point_value */
    struct wp_slice raw;   /* the value with its tag */
};

/* What a body says besides. All slices may be empty. */
struct cosem_push {
    enum cosem_shape shape;
    const struct cosem_table *table;   /* by which a positional body was read; else NULL */
    const struct cosem_profile *maker; /* whom the list names, and whose scale is used for it; NULL: nobody */
    size_t n_points;                   /* written */
    size_t n_unmapped;                 /* elements that no rule took */
    size_t n_empty;                    /* null-data, NaN and infinities: left out */
    size_t n_dropped;                  /* readings for which `cap` had no room */
    bool has_setup;                    /* is15959: `setup` is the OBIS code of the push setup */
    struct obis setup;
    struct wp_slice clock;   /* 12 octets */
    struct wp_slice list_id; /* "KFM_001", "Kamstrup_V0001", "AIDON_V0001" */
    struct wp_slice
        meter_id; /* as the list names it: Kamstrup's GS1 number, Netz NÖ's number, the Indian device id */
    struct wp_slice meter_type; /* "6841131BN243101040", "MA304H4D" */
    struct wp_slice serial;     /* 0-0:96.1.0.255 */
    struct wp_slice ldn;        /* logical device name, 0-0:42.0.0.255 */
};

/* How to read. Everything may be 0.
 * profile    of the device; NULL: generic. Where no maker stands behind it, the one that the list names scales it
 * read       scaler_unit of objects as attribute 3 was read from the meter
 * registry   of who publishes: what it takes a number for that nobody else scales
 * rows       profile buffers row by row; else they are one point that is a tree */
struct cosem_push_setup {
    const struct cosem_profile *profile;
    const struct cosem_scaling *read;
    size_t n_read;
    const struct cosem_scaling *registry;
    size_t n_registry;
    bool rows;
};

/* Map one body.
 * body    one A-XDR Data as the APDU held it; where the profile allows it, also what only looks like one
 * setup   NULL: all of it 0
 * points  cap of them; out->n_points are written, in the order of the body. The same object may come several times */
void cosem_push_map(struct wp_slice body, const struct cosem_push_setup *setup, struct cosem_point *points,
                    size_t cap, struct cosem_push *out);

/* One value that is known to belong to an object: of an event-notification, of a GET response. data: the value with its
 * tag. false: no reading (null-data, NaN), or no good A-XDR. */
bool cosem_push_value(struct wp_slice data, struct obis ln, uint16_t class_id, int8_t attribute,
                      const struct cosem_push_setup *setup, struct cosem_point *out);

/* The value as it is published: number, boolean, text ("2017-09-14T19:31:02", "0100", hex digits of what is no text);
 * WP_NULL for trees. Texts that the body does not hold as they are go into `texts`, and the value borrows from there;
 * without room for it the value stays what its octets are. */
struct wp_value cosem_point_value(const struct cosem_point *point, struct wp_writer *texts);

/* "W"; "" when there is none or it is not known. */
const char *cosem_point_unit(const struct cosem_point *point);

/* The unit and scaler of a scaler_unit (attribute 3): S{integer, enum}. false: it is none. */
bool cosem_scaler_unit_read(struct wp_slice data, int8_t *ret_scaler, uint8_t *ret_unit);

/* Bit 0..127 of the Indian event status word 0-0:94.91.18.255, "over-voltage"; NULL: the bit has no meaning. */
const char *cosem_event_bit_name(unsigned bit);

#endif
