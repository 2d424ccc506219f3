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

/* The first rule that is broken; NULL: none. */
static const char *site_fault(const struct venus_physics *p)
{
    const struct venus_flow *f = &p->flow;
    const int64_t made = site_sum(f->pv) + f->mppt + site_sum(f->grid) + site_sum(f->genset);
    const int64_t used = site_sum(f->load_in) + site_sum(f->load_out) + site_sum(f->ev) + f->dc_load;
    const int64_t rated = p->setting[VENUS_PHYSICS_VEBUS_POWER] * 1000;
    const bool has_genset = p->setting[VENUS_PHYSICS_GENSET_ON];

    if (made != used + f->battery + f->loss || f->loss < 0)
        return "what is made is what is used, stored and lost";
    if (p->stored < 0 || p->stored > venus_physics_capacity(p))
        return "the battery is between empty and full";
    if (f->battery > p->setting[VENUS_PHYSICS_BATTERY_CHARGE] * 60000 ||
        -f->battery > p->setting[VENUS_PHYSICS_BATTERY_DISCHARGE] * 60000)
        return "its current has limits";
    if (f->mppt < 0 || f->mppt > f->sun_mppt || site_sum(f->pv) > f->sun_pv)
        return "nobody has more than the sun gives";
    if (f->dc_load < 0)
        return "loads take";
    for (unsigned i = 0; i < VENUS_PHASES; i++) {
        if (f->pv[i] < 0)
            return "a PV inverter gives";
        if (f->inverted[i] > rated || f->inverted[i] < -rated)
            return "no phase is beyond its rated power";
        if (i >= f->multi && (f->input[i] != 0 || f->inverted[i] != 0))
            return "a phase that it has not has no power";
        if ((!has_genset && f->genset[i] != 0) ||
            ((has_genset || p->setting[VENUS_PHYSICS_GRID_LOST]) && f->grid[i] != 0))
            return "there is one source, the grid or the generator";
    }
    return NULL;
}

/* What must be so whatever is set. */
static inline void site_is_sound(const struct venus_physics *p)
{
    const char *fault = site_fault(p);

    if (fault)
        ck_abort_msg("at %lld ms: %s", (long long)p->now_ms, fault);
}

#endif
