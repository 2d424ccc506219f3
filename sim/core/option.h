/* Options, settables and faults of a machine: one table feeds the loader, the schema, the check and --help. */
#ifndef WP_OPTION_H
#define WP_OPTION_H

#include "sim/core/value.h"

enum wp_option_type {
    WP_OPT_BOOL,
    WP_OPT_INT,      /* min..max */
    WP_OPT_DECIMAL,  /* exact; min..max are given in units of 10^-6 */
    WP_OPT_DURATION, /* "5ms", "2s", "1min", "1h", "1d"; held in microseconds */
    WP_OPT_TEXT,
    WP_OPT_HEX,  /* octets as hex digits */
    WP_OPT_FILE, /* what a file says: the scenario names it, and the machine gets its text */
    WP_OPT_ENUM, /* one of `choices`, held as text */
};

/* When an option may be given. */
enum wp_option_use {
    WP_USE_SETUP,  /* only before the machine starts */
    WP_USE_SECRET, /* the same; its value is shown nowhere: a password, a key */
    WP_USE_SET,    /* also while it runs, by a `set` step */
    WP_USE_FAULT,  /* a misbehaviour: by `set` or `fault`, for `times` occasions (0: until cleared) */
};

struct wp_option {
    const char *name; /* "polling.interval" */
    enum wp_option_type type;
    enum wp_option_use use;
    const char *unit;     /* "" when none */
    const char *fallback; /* the default, as it would be written in a file; NULL: not given */
    int64_t min, max;     /* both 0: unbounded */
    const char *choices;  /* WP_OPT_ENUM: "a|b|c" */
    const char *help;     /* one line */
    bool kept;            /* a restart keeps it, as flash memory would */
};

/* A given value: the option's row and what was given, text borrowed from the loader for the machine's life. */
struct wp_option_value {
    const struct wp_option *option;
    struct wp_value value;
};

const struct wp_option *wp_option_find(const struct wp_option *table, size_t n, struct wp_slice name);

/* Text as written in a file to the value the machine gets: durations in microseconds, decimals exact.
 * false: `why` gets one sentence with what is allowed. */
bool wp_option_read(const struct wp_option *option, struct wp_slice text, struct wp_value *out,
                    struct wp_writer *why);

/* "250ms" -> 250000. Units us, ms, s, min, h, d; several may follow each other ("1h30min"); "0" alone is good. */
bool wp_duration_read(struct wp_slice text, int64_t *out);
/* 250000 -> "250ms"; the largest unit that divides it. */
void wp_put_duration(struct wp_writer *w, int64_t us);

#endif
