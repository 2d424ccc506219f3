/* From the values of a reply to the points of a reading: a read-input reply as the API's sets and as single registers, a
 * hold reply as plain numbers.
 *
 *     registers 0..126 -> 24 points of set 1, 11 of set 2, 15 of set 3, then every other known register
 *     registers 40..79 -> 11 points of set 2, then the others
 *     registers 10..19 -> no set is whole: single registers alone
 *
 * One reply is one moment: no set is ever put together from two. Numbers are exact, there is no rounding:
 *     tenths       one decimal, always                                       494 -> 49.4     0 -> 0.0
 *     hundredths   two decimals, of which a zero at the end goes             4996 -> 49.96   5010 -> 50.1   10500 -> 105.0
 * source: api/octolux.md; protocols/luxpower-and-octolux.md b.1 to b.6 */
#ifndef WP_LXP_INPUT_H
#define WP_LXP_INPUT_H

#include "sim/codec/lxp_register.h"
#include "sim/core/reading.h"

enum {
    LXP_SET_1_KEYS = 24,
    LXP_SET_2_KEYS = 11,
    LXP_SET_3_KEYS = 15,
    LXP_REPLY_REGISTERS = 127,   /* a reply's length of values is one byte */
    LXP_INPUT_POINTS_MAX = 168,  /* more than there are, in however long a reply */
    LXP_HOLD_IDS_MAX = 127 * 10, /* "hold 65535" for each register */
    LXP_INPUT_JSON_MAX = 640,    /* more than any set is long */
};

/* What differs between inverters. Zero is the default. */
struct lxp_input_options {
    uint8_t
        pv_strings; /* how many a PV sum takes: 3 or 0: all; 2: the first two; 1: the first. Some three-phase
                               models put the total in the third. */
    bool current_in_tenths; /* registers 81 and 82: /10; else /100 as the API document's sample */
};

/* How many keys set 1, 2, 3 has. */
size_t lxp_input_keys(unsigned set);
/* Key i of a set, in the document's order. The points of a whole set carry this very pointer as their name, and no other
 * point does: the first point's name decides which set stands there. */
const char *lxp_input_key(unsigned set, size_t i);
/* Which set begins with this point (and stands there whole): 1, 2, 3; 0: none, a single register. */
unsigned lxp_input_set_at(const struct wp_point *point);

/* Points of a read-input reply.
 * first    register of the first value
 * values   borrowed, two bytes to a register, the low byte first; a single byte at the end is ignored
 * out      room for LXP_INPUT_POINTS_MAX. ids, names and units last forever, raw and texts are borrowed from `values`.
 *          WP_INVALID: a text that is none
 * returns how many; 0: no register of them is known */
size_t lxp_input_points(uint16_t first, struct wp_slice values, struct lxp_input_options options,
                        struct wp_point *out);

/* One set as the API publishes it: one line, keys in the document's order, no blanks.
 * points   lxp_input_keys(set) of them, as lxp_input_points gave them */
void lxp_input_json(struct wp_writer *w, unsigned set, const struct wp_point *points);

/* Points of a read-hold or write-single reply: "hold 21" with the unsigned number as it is, ascending.
 * ids      room for the ids of registers that have no row, LXP_HOLD_IDS_MAX bytes
 * out      room for values.n / 2 */
size_t lxp_hold_points(uint16_t first, struct wp_slice values, struct wp_writer *ids, struct wp_point *out);

#endif
