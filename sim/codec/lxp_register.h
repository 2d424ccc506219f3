/* The registers of a LuxPower inverter: which there are, what they are called, how a number in one is read.
 *
 * Two spaces: input registers (measured, read with function 4) and hold registers (settings, functions 3, 6, 16). All
 * stand in lxp_registers.def, their codes in lxp_codes.def. A register has 16 bits; on this wire the low byte comes first.
 * source: protocols/luxpower-and-octolux.md b, c; api/octolux.md */
#ifndef WP_LXP_REGISTER_H
#define WP_LXP_REGISTER_H

#include "sim/core/bytes.h"

enum {
    LXP_SETS = 3,           /* of input registers that the API documents: 1, 2, 3 */
    LXP_SET_REGISTERS = 40, /* registers 0..39, 40..79, 80..119 */
    LXP_INPUTS = 381,       /* input registers 0..380 are seen on the wire, not all of them have a name */
    LXP_HOLDS = 262,        /* hold registers 0..261; the weekly schedule stands apart at 500..723 */
};

/* How the registers of one row make a number. */
enum lxp_form {
    LXP_U16,
    LXP_I16,
    LXP_U32,    /* two registers, the low word first */
    LXP_LOW,    /* the low byte; the high byte is something else */
    LXP_HIGH,   /* the high byte */
    LXP_SUM16,  /* of three registers side by side */
    LXP_SUM32,  /* of three pairs side by side, in 64 bits */
    LXP_TEXT,   /* ASCII, two characters to a register, the low byte first */
    LXP_BITS,   /* flags: lxp_bits names them */
    LXP_TIME,   /* the low byte is the hour, the high byte the minute */
    LXP_BYTES,  /* two numbers that share a register; as of a time, min and max hold for each byte */
    LXP_FACTOR, /* a power factor in thousandths; above 1000: 1000 less the number, below zero */
};

/* Who may write a hold register. */
enum lxp_access {
    LXP_READ,  /* nobody; every input register */
    LXP_WRITE, /* anybody */
    LXP_MULTI, /* only function 16, whole days at a time */
    LXP_RESET, /* the inverter takes it, and starts anew or forgets: a gateway never writes it */
};

struct lxp_register {
    const char *name;  /* "v_bat", "ac_charge_soc_limit": lower_snake, without unit */
    const char *unit;  /* of the scaled value; "" when none */
    int64_t min, max;  /* of the raw number, both inside; of hold registers what the inverter takes */
    uint16_t number;   /* of the first register */
    uint8_t registers; /* how many side by side belong to it */
    int8_t exp10;      /* value = raw number * 10^exp10 */
    uint8_t form;      /* enum lxp_form */
    uint8_t access;    /* enum lxp_access */
    uint8_t set;       /* 1..3: the API documents it as a key of that set; 0: it does not */
};

/* Numbers of registers by name: LXP_INPUT_v_bat is 4, LXP_HOLD_ac_charge_soc_limit is 67. Of a sum: its first. */
enum lxp_input_number {
#define KEY(set, number, name, form, registers, exp10, unit)               LXP_INPUT_##name = number,
#define SUM(set, first, second, third, name, form, registers, exp10, unit) LXP_INPUT_##name = first,
#define INPUT(number, name, form, registers, exp10, unit)                  LXP_INPUT_##name = number,
#include "sim/codec/lxp_registers.def"
};

enum lxp_hold_number {
#define HOLD(number, name, form, registers, exp10, unit, min, max, access) LXP_HOLD_##name = number,
#include "sim/codec/lxp_registers.def"
};

/* All rows, ascending by register. Of the input rows a sum stands before its parts. */
extern const struct lxp_register lxp_inputs[];
extern const size_t lxp_n_inputs;
extern const struct lxp_register lxp_holds[];
extern const size_t lxp_n_holds;

/* The row that this register belongs to, also as its second word or fourth pair of characters; NULL: none is known. Of an
 * input register never a sum, and where two rows share one (5: soc, soh) the low byte. */
const struct lxp_register *lxp_input_find(uint16_t number);
const struct lxp_register *lxp_hold_find(uint16_t number);

/* May the value be written to the register? Known, LXP_WRITE, in its range, a time that exists. */
bool lxp_hold_takes(uint16_t number, uint16_t value);

/* ---- flags and codes ---------------------------------------------------------------------------------- */

/* A group of bits inside a hold register: bit 7 of 21, bits 1 to 3 of 120. */
struct lxp_bit {
    uint16_t number; /* of the hold register */
    uint8_t first, width;
    const char *name; /* "ac_charge" */
};

/* Bits by name: LXP_BIT_ac_charge is 7. */
enum lxp_bit_number {
#define BIT(number, first, width, name) LXP_BIT_##name = first,
#include "sim/codec/lxp_registers.def"
};

/* Bits of a hold register, ascending; *ret_n is 0 when it has none. */
const struct lxp_bit *lxp_bits(uint16_t number, size_t *ret_n);

/* What the group of bits holds. */
static inline unsigned lxp_bit_of(const struct lxp_bit *bit, uint16_t value)
{
    return (unsigned)value >> bit->first & ((1u << bit->width) - 1);
}

/* What input register 0 says: "AC charge"; NULL: a code that nobody documents. */
const char *lxp_status_text(uint16_t status);
/* Bit 0..31 of input registers 60/61 and 62/63; NULL: one without a meaning. */
const char *lxp_fault_bit_text(unsigned bit);
const char *lxp_warning_bit_text(unsigned bit);
/* Of an exception reply: "illegal address"; NULL: another. */
const char *lxp_exception_text(uint8_t code);

#endif
