/* Data identifiers of DL/T 645-2007: what each register is called, how its bytes read, and which registers a
 * block stands for.
 *
 *     DI3 DI2 DI1 DI0      02 01 01 00 = voltage A; sent DI0 first         source: DL/T 645-2007, appendix A
 *
 * The table is dlt645_di.def. One row may stand for many identifiers: an energy row for every tariff (DI1) and
 * settlement day (DI0), a variable's row for its phases (DI1). A byte FF stands for all of them: a block. */
#ifndef WP_DLT645_DI_H
#define WP_DLT645_DI_H

#include "sim/core/value.h"

/* How the bytes of one register read; all of them low byte first on the wire. */
enum dlt645_form {
    DLT645_DECIMAL,   /* BCD with `decimals` places; signed: bit 7 of the last byte is the sign */
    DLT645_DEMAND,    /* the same in 3 bytes, then the minute it occurred: YYMMDDhhmm in 5 bytes */
    DLT645_DIGITS,    /* BCD digits that are no quantity: a meter number, a password. Text */
    DLT645_ASCII,     /* text, last character first */
    DLT645_BITS,      /* status words and mode words: hexadecimal digits, high byte first */
    DLT645_DATE,      /* WW DD MM YY -> "2024-01-15 1" (0 is Sunday) */
    DLT645_CLOCK,     /* ss mm hh -> "21:53:55" */
    DLT645_DATE_TIME, /* ss mm hh WW DD MM YY -> "2024-01-15 12:00:00 1" */
    DLT645_MINUTE,    /* mm hh DD MM YY -> "2024-01-15 12:00" */
    DLT645_SECOND,    /* ss mm hh DD MM YY -> "2024-01-15 12:00:00" */
    DLT645_OPAQUE,    /* records whose inside is not read here: bytes as they came */
};

/* Which bytes of the identifier vary within one row. */
enum dlt645_family {
    DLT645_ONE,          /* none */
    DLT645_ENERGY,       /* DI1 tariff 0..63 (0 total), DI0 settlement day 0..12 (0 now) */
    DLT645_SETTLED,      /* DI0 settlement day 0..12 */
    DLT645_TOTAL_ABC,    /* DI1 0 total, 1..3 phase A, B, C */
    DLT645_ABC,          /* DI1 1..3 */
    DLT645_HARMONIC,     /* DI1 1..3, DI0 order 1..21 */
    DLT645_LAST,         /* DI0 1..254: the n-th last record */
    DLT645_LAST_TARIFFS, /* the same, and one record is the total and every tariff */
    DLT645_LOAD,         /* DI0 0 the earliest block, 1 from a given minute, 2 the latest */
};

struct dlt645_register {
    uint32_t di; /* of the row's first member */
    const char *quantity;
    const char *unit; /* "" when there is none */
    uint8_t family, form;
    uint8_t bytes; /* 0: any number */
    uint8_t decimals;
    bool is_signed;
};

enum {
    DLT645_TARIFF_MAX = 63,
    DLT645_SETTLEMENT_MAX = 12,
    DLT645_HARMONIC_MAX = 21,
    DLT645_TEXT_MAX = 64, /* enough for every text value and every name */
};

/* The row for a register; NULL when the identifier is not in the table, or is a block. */
const struct dlt645_register *dlt645_di_find(uint32_t di);

/* Has it one byte FF that stands for several registers of the table? */
bool dlt645_di_is_block(uint32_t di);

/* The block's member after *di, ascending; start with *di = block. false, and *di unchanged, after the last one.
 * An energy block goes on as far as tariff 63: the meter sends as many as it has. */
bool dlt645_di_next(uint32_t block, uint32_t *di);

/* "voltage A", "forward active energy tariff 2", "energy block (total then tariffs)"; nothing when unknown. */
void dlt645_di_put_name(struct wp_writer *w, uint32_t di);

/* All rows in ascending order. */
extern const struct dlt645_register dlt645_registers[];
extern const size_t dlt645_n_registers;

/* ---- values ----------------------------------------------------------------------------------------- */

enum dlt645_quality {
    DLT645_GOOD,
    DLT645_FILL, /* all FF: the meter has no such quantity; a demand that never occurred. The value is null */
    DLT645_INVALID, /* a digit above 9, a month 13, ...; the value is null */
    DLT645_LENGTH,  /* not as many bytes as the row says; the value is null */
};

/* One register's bytes as a value.
 * bytes  as they stand in the payload (0x33 off, low byte first)
 * text   memory for what is text, DLT645_TEXT_MAX bytes free; out borrows from it, so it must live as long
 * out    always written; null unless DLT645_GOOD. DLT645_DEMAND: the demand; its minute is dlt645_demand_time */
enum dlt645_quality dlt645_value_decode(const struct dlt645_register *row, struct wp_slice bytes,
                                        struct wp_writer *text, struct wp_value *out);

/* The minute of a maximum demand, "2024-01-15 10:30"; null when it is not decimal (or never occurred). */
enum dlt645_quality dlt645_demand_time(struct wp_slice bytes, struct wp_writer *text, struct wp_value *out);

/* A value as the register's bytes; null becomes FF fill. A demand gets minute 00 00 00 00 00.
 * false (and nothing written): another kind, too large, too many places, or negative without a sign bit. */
bool dlt645_value_encode(const struct dlt645_register *row, struct wp_value value, struct wp_writer *w);

/* n_bytes of BCD, low byte first, to a number; false at a digit above 9 or beyond 9 bytes. */
bool dlt645_bcd_read(struct wp_slice bytes, bool is_signed, int64_t *ret_num);
/* false when it does not fit. */
bool dlt645_bcd_write(struct wp_writer *w, int64_t num, unsigned n_bytes, bool is_signed);

#endif
