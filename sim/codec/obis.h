/* OBIS: the six groups that name a COSEM object.
 *
 *     A medium | B channel | C quantity | D processing | E tariff | F period          "1-0:1.8.0.255"
 *
 * Names for people are in obis.def; they cover what meters push and gateways publish, each for its tariffs and phases.
 * source: IEC 62056-6-1 */
#ifndef WP_OBIS_H
#define WP_OBIS_H

#include "sim/core/bytes.h"

enum {
    OBIS_OCTETS = 6,
    OBIS_TEXT_MAX = 24, /* "255-255:255.255.255.255" */
    OBIS_NAME_MAX = 96, /* enough for every name */
    OBIS_NOW = 255,     /* group F: no billing period */
};

struct obis {
    uint8_t v[OBIS_OCTETS];
};

static inline struct obis obis(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint8_t e, uint8_t f)
{
    return (struct obis){{a, b, c, d, e, f}};
}

/* Six octets as they stand on the wire. */
static inline struct obis obis_of(const uint8_t *six)
{
    return (struct obis){{six[0], six[1], six[2], six[3], six[4], six[5]}};
}

/* A number that orders codes as their octets do: a key for tables. */
static inline uint64_t obis_key(struct obis o)
{
    return (uint64_t)o.v[0] << 40 | (uint64_t)o.v[1] << 32 | (uint64_t)o.v[2] << 24 | (uint64_t)o.v[3] << 16 |
           (uint64_t)o.v[4] << 8 | o.v[5];
}

static inline bool obis_eq(struct obis a, struct obis b)
{
    return obis_key(a) == obis_key(b);
}

/* <0, 0, >0 */
static inline int obis_cmp(struct obis a, struct obis b)
{
    uint64_t left = obis_key(a), right = obis_key(b);

    return (left > right) - (left < right);
}

/* The same quantity of channel 0: vendors differ in B (1-1:1.8.0 of Kamstrup and Swiss lists is 1-0:1.8.0). */
static inline struct obis obis_channel0(struct obis o)
{
    o.v[1] = 0;
    return o;
}

/* The whole text, in one of the forms
 *     1-0:1.8.0.255   1-0:1.8.0*255   1-0:1.8.0   1.0.1.8.0.255   1.8.0 (A 1, B 0)         F is 255 when not given
 * false: another form, or a group above 255. */
bool obis_read(struct wp_slice text, struct obis *out);

/* "1-0:1.8.0.255" */
void obis_put(struct wp_writer *w, struct obis o);

/* May an octet-string be such a key, where nothing else says so? Six octets, the last FF, of a known medium. */
bool obis_is_likely(struct wp_slice octets);

/* Index of `o` in a table in ascending order of obis_key, of channel 0 when it is not there itself; n: none. */
size_t obis_find(struct obis o, const struct obis *table, size_t n);

/* "Active energy import (+A) tariff 2", "Voltage L1"; also by channel 0. false, and nothing written: none known. */
bool obis_put_name(struct wp_writer *w, struct obis o);

#endif
