/* The physics of one LuxPower inverter on its own: started by names and values as a file gives them, read by register. */
#ifndef WP_LXP_PHYSICS_RIG_H
#define WP_LXP_PHYSICS_RIG_H

#include "sim/core/option.h"
#include "sim/device/lxp_inverter_physics.h"

#include <check.h>
#include <stdarg.h>

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define START  (18422 * DAY) /* 9 June 2020, 00:00 */

/* Hold register 21. */
enum {
    NORMAL = 62292,
    AC_CHARGE = NORMAL | 1 << 7,
    FORCED = NORMAL | 1 << 10,
    PRIORITY = NORMAL | 1 << 11,
    BACKUP = NORMAL | 1 << 0,
    STANDBY = NORMAL & ~(1 << 9),
    NO_FEED_IN = NORMAL & ~(1 << 15),
};

/* Input registers. */
enum {
    R_STATUS = 0,
    R_V_BAT = 4,
    R_CHARGE = 10,
    R_DISCHARGE = 11,
    R_V_AC = 12,
    R_INV = 16,
    R_REC = 17,
    R_V_EPS = 20,
    R_F_EPS = 23,
    R_EPS = 24,
    R_TO_GRID = 26,
    R_TO_USER = 27,
    R_E_PV1 = 28,
    R_E_REC = 32,
    R_E_CHARGE = 33,
    R_E_DISCHARGE = 34,
    R_E_TO_USER = 37,
};

static const struct wp_option rows[LXP_PHYSICS_ROWS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#include "sim/device/lxp_inverter_physics.def"
#undef OPTION
};

static struct lxp_physics f;

static inline struct wp_value value_of(const struct wp_option *row, const char *text)
{
    struct wp_value v = wp_null();

    if (text)
        ck_assert_msg(wp_option_read(row, wp_text(text), &v, NULL), "%s=%s", row->name, text);
    return v;
}

static inline enum lxp_physics_row row_of(const char *name)
{
    const struct wp_option *row = wp_option_find(rows, LXP_PHYSICS_ROWS, wp_text(name));

    ck_assert_msg(row != NULL, "%s", name);
    return (enum lxp_physics_row)(row - rows);
}

/* At START, or with "at" at another hour of that day; pairs of name and value, NULL at the end. */
static inline void start(const char *name, ...)
{
    struct wp_value given[LXP_PHYSICS_ROWS];
    int64_t at = START;
    va_list args;

    for (unsigned i = 0; i < LXP_PHYSICS_ROWS; i++)
        given[i] = value_of(&rows[i], rows[i].fallback);
    va_start(args, name);
    for (; name; name = va_arg(args, const char *)) {
        const char *text = va_arg(args, const char *);
        int64_t us;

        if (strcmp(name, "at") == 0) {
            ck_assert(wp_duration_read(wp_text(text), &us));
            at = START + us / 1000;
            continue;
        }
        given[row_of(name)] = value_of(&rows[row_of(name)], text);
    }
    va_end(args);
    lxp_physics_begin(&f, given, 7, at);
}

static inline void set(const char *name, const char *text)
{
    lxp_physics_set(&f, row_of(name), value_of(&rows[row_of(name)], text));
}

static inline void hold(unsigned reg, uint16_t value)
{
    lxp_physics_set_hold(&f, reg, value);
}

static inline void later(int64_t ms)
{
    lxp_physics_advance(&f, f.now_ms + ms);
}

static inline void until(int64_t of_start)
{
    lxp_physics_advance(&f, START + of_start);
}

static inline unsigned in(unsigned reg)
{
    return lxp_physics_input(&f, reg);
}

/* Hour and minute as the times of a mode are written. */
static inline uint16_t hm(unsigned hour, unsigned minute)
{
    return (uint16_t)(minute << 8 | hour);
}

static inline unsigned soc(void)
{
    return in(5) & 0xFF;
}

static inline unsigned p_pv(void)
{
    return in(7) + in(8) + in(9);
}

static inline uint32_t all_time(unsigned reg)
{
    return in(reg) | in(reg + 1) << 16;
}

#endif
