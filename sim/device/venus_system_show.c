/* How a service of the site shows what the physics have: the pen, and numbers as items hold them. */
#include "sim/device/venus_system_inside.h"

#include <string.h>

enum { PATH_MAX_HERE = 64 };

/* ---- numbers --------------------------------------------------------------------------------------------------- */

static int64_t nearest(int64_t a, int64_t unit)
{
    return (a + (a < 0 ? -unit : unit) / 2) / unit;
}

struct wp_value venus_watt(int64_t milliwatt)
{
    return wp_real((double)milliwatt / 1000.0);
}

struct wp_value venus_whole_watt(int64_t milliwatt)
{
    return wp_int(nearest(milliwatt, 1000));
}

struct wp_value venus_centi(int64_t milli)
{
    return wp_real((double)nearest(milli, 10) / 100.0);
}

struct wp_value venus_kwh(int64_t energy)
{
    return wp_real((double)(energy / INT64_C(36000000000)) / 100.0);
}

int64_t venus_mains_ampere(const struct venus_physics *p, int64_t milliwatt)
{
    return milliwatt * 1000 / p->setting[VENUS_PHYSICS_GRID_VOLTAGE];
}

int64_t venus_sum(const int64_t a[VENUS_PHASES])
{
    return a[0] + a[1] + a[2];
}

unsigned venus_phases(const struct venus_physics *p)
{
    return (unsigned)p->setting[VENUS_PHYSICS_PHASES];
}

int64_t venus_part(const struct venus_system_service *s, int64_t total)
{
    return total / s->parts + (s->part == 0 ? total % s->parts : 0);
}

/* ---- the pen --------------------------------------------------------------------------------------------------- */

/* Settings may be removed by anybody, so they are looked for each time. */
static struct venus_item *item_at(struct venus_pen *pen, const char *path, const char *type, const char *unit)
{
    struct venus_system_service *s = pen->s;
    const uint16_t at = pen->at++;
    struct venus_item *item;

    assert(at < VENUS_SHOWN_MAX);
    if (at < s->n_shown && !s->plan.is_settings)
        return s->shown[at];
    item = venus_items_find(s->items, path);
    if (!item && type && at >= s->n_shown) {
        item = venus_items_add(s->items, wp_text(path), wp_text(type));
        if (item)
            item->unit = unit;
    }
    s->shown[at] = item;
    if (at >= s->n_shown)
        s->n_shown = (uint16_t)(at + 1);
    return item;
}

static bool is_free_to_show(const struct venus_pen *pen, const struct venus_item *item)
{
    return item && !venus_pins_has(pen->s->site, item);
}

void venus_show_as(struct venus_pen *pen, const char *path, const char *type, const char *unit,
                   struct wp_value v)
{
    struct venus_item *item = item_at(pen, path, type, unit);

    if (is_free_to_show(pen, item))
        (void)venus_items_put(pen->s->items, item, v);
}

void venus_show(struct venus_pen *pen, const char *path, struct wp_value v)
{
    venus_show_as(pen, path, NULL, "", v);
}

static const char *of_phase(const char *path, unsigned phase, char out[PATH_MAX_HERE])
{
    const size_t n = strlen(path);
    char *at;

    assert(n < PATH_MAX_HERE);
    memcpy(out, path, n + 1);
    at = strchr(out, '#');
    assert(at);
    *at = (char)('1' + phase);
    return out;
}

void venus_show_phase(struct venus_pen *pen, const char *path, const char *type, const char *unit,
                      unsigned phase, unsigned n, struct wp_value v)
{
    char whole[PATH_MAX_HERE];

    venus_show_as(pen, of_phase(path, phase, whole), type, unit, phase < n ? v : wp_null());
}

void venus_show_flip(struct venus_pen *pen, const char *path, unsigned phase, unsigned n, int64_t milliwatt)
{
    char whole[PATH_MAX_HERE];
    struct venus_item *item = item_at(pen, of_phase(path, phase, whole), "d", "W");
    const bool is_int = pen->s->site->flips && milliwatt == 0;

    if (!is_free_to_show(pen, item))
        return;
    if (phase >= n)
        (void)venus_items_put(pen->s->items, item, wp_null());
    else
        (void)venus_items_put_as(pen->s->items, item, wp_text(is_int ? "i" : "d"),
                                 is_int ? wp_int(0) : venus_watt(milliwatt));
}

/* ---- the services ---------------------------------------------------------------------------------------------- */

static venus_show_service *shows(const struct venus_profile *profile)
{
    static const struct {
        const char *type;
        venus_show_service *show;
    } table[] = {
        {"acload", venus_show_acload},
        {"battery", venus_show_battery},
        {"dcsystem", venus_show_dcsystem},
        {"evcharger", venus_show_evcharger},
        {"genset", venus_show_genset},
        {"grid", venus_show_grid},
        {"hub4", venus_show_hub4},
        {"platform", venus_show_platform},
        {"pvinverter", venus_show_pvinverter},
        {"settings", venus_show_settings},
        {"solarcharger", venus_show_solarcharger},
        {"system", venus_show_system},
        {"vebus", venus_show_vebus},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(profile->type, table[i].type) == 0)
            return table[i].show;
    return NULL;
}

void venus_system_show(struct venus_system_service *s, struct wp_outbox *out)
{
    const struct venus_physics *p = &s->site->physics;
    struct venus_pen pen = {.s = s, .p = p, .f = &p->flow};
    venus_show_service *show = shows(s->profile);

    if (!show)
        return;
    show(&pen);
    if (out)
        venus_items_signal(s->items, out);
    else
        venus_items_quiet(s->items);
}
