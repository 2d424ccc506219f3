/* A simulated Victron site without its services: settings by name, and what is true at every moment of it. */
#ifndef TESTS_VENUS_SITE_RIG_H
#define TESTS_VENUS_SITE_RIG_H

#include "sim/core/option.h"
#include "sim/device/venus_system_physics.h"

#include <check.h>
#include <stdlib.h>

/* 2024-01-15, midnight. */
#define SITE_MIDNIGHT INT64_C(1705276800000)
#define SITE_NOON     (SITE_MIDNIGHT + 12 * 3600000)

static const struct wp_option site_options[VENUS_PHYSICS_ROWS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#include "sim/device/venus_system_physics.def"
#undef OPTION
};

static struct wp_value site_value(enum venus_physics_row row, const char *text)
{
    struct wp_value v = wp_null();

    if (text)
        ck_assert_msg(wp_option_read(&site_options[row], wp_text(text), &v, NULL), "%s: %s",
                      site_options[row].name, text);
    return v;
}

/* "name", "value", ..., NULL on top of the fallbacks. */
static inline void site_begin(struct venus_physics *p, int64_t local_ms, const char *const given[])
{
    struct wp_value v[VENUS_PHYSICS_ROWS];

    for (unsigned i = 0; i < VENUS_PHYSICS_ROWS; i++)
        v[i] = site_value((enum venus_physics_row)i, site_options[i].fallback);
    for (; given && *given; given += 2) {
        const struct wp_option *o = wp_option_find(site_options, VENUS_PHYSICS_ROWS, wp_text(given[0]));

        ck_assert_ptr_nonnull(o);
        v[o - site_options] = site_value((enum venus_physics_row)(o - site_options), given[1]);
    }
    venus_physics_begin(p, v, 1, local_ms);
}

#define SITE(p, local_ms, ...) site_begin(p, local_ms, (const char *const[]){__VA_ARGS__, NULL})

static inline void site_set(struct venus_physics *p, enum venus_physics_row row, const char *text)
{
    venus_physics_set(p, row, site_value(row, text));
}

static inline int64_t site_sum(const int64_t a[VENUS_PHASES])
{
    return a[0] + a[1] + a[2];
}

/* What must be so whatever is set: nothing is lost, nothing is made, nothing is beyond its limits. */
static inline void site_is_sound(const struct venus_physics *p)
{
    const struct venus_flow *f = &p->flow;
    const int64_t made = site_sum(f->pv) + f->mppt + site_sum(f->grid) + site_sum(f->genset);
    const int64_t used = site_sum(f->load_in) + site_sum(f->load_out) + site_sum(f->ev) + f->dc_load;
    const int64_t rated = p->setting[VENUS_PHYSICS_VEBUS_POWER] * 1000;

    ck_assert_int_eq(made, used + f->battery + f->loss);
    ck_assert_int_ge(f->loss, 0);
    ck_assert_int_ge(p->stored, 0);
    ck_assert_int_le(p->stored, venus_physics_capacity(p));
    ck_assert_int_ge(f->mppt, 0);
    ck_assert_int_le(f->mppt, f->sun_mppt);
    ck_assert_int_le(site_sum(f->pv), f->sun_pv);
    ck_assert_int_ge(f->dc_load, 0);
    ck_assert_int_le(f->battery, p->setting[VENUS_PHYSICS_BATTERY_CHARGE] * 60000);
    ck_assert_int_le(-f->battery, p->setting[VENUS_PHYSICS_BATTERY_DISCHARGE] * 60000);
    for (unsigned i = 0; i < VENUS_PHASES; i++) {
        ck_assert_int_ge(f->pv[i], 0);
        ck_assert_int_le(f->inverted[i], rated);
        ck_assert_int_ge(f->inverted[i], -rated);
        if (!p->setting[VENUS_PHYSICS_GENSET_ON])
            ck_assert_int_eq(f->genset[i], 0);
        if (i >= f->multi)
            ck_assert_int_eq(f->input[i], 0);
    }
    if (p->setting[VENUS_PHYSICS_GRID_LOST] || p->setting[VENUS_PHYSICS_GENSET_ON])
        ck_assert_int_eq(site_sum(f->grid), 0);
}

#endif
