/* What the files of the simulated Victron site share. */
#ifndef WP_VENUS_SYSTEM_INSIDE_H
#define WP_VENUS_SYSTEM_INSIDE_H

#include "sim/device/venus_items.h"
#include "sim/device/venus_system.h"
#include "sim/device/venus_system_physics.h"

#include <assert.h>

enum {
    VENUS_SERVICES_MAX = 24,
    VENUS_NAME_MAX = 96,   /* bytes of a bus name */
    VENUS_SHOWN_MAX = 128, /* items that one service computes */
};

enum venus_system_row {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help) SYSTEM_##id,
#define FAULT(id, name, type, min, max, choices, help)                             SYSTEM_##id,
#include "sim/device/venus_system.def"
#undef OPTION
#undef FAULT
    SYSTEM_ROWS,
    SYSTEM_FAULTS = SYSTEM_ROWS - SYSTEM_VANISH,
};

_Static_assert((int)SYSTEM_SERVICES == (int)VENUS_PHYSICS_ROWS, "the rows of the physics come first");

struct venus_system;

/* One service of the site. */
struct venus_system_service {
    struct venus_system *site;
    const struct venus_profile *profile;
    struct venus_items *items;
    struct venus_items_plan plan;
    int instance;
    uint16_t part, parts; /* it is one of so many of its type, which share its power */
    bool is_present;
    uint32_t fault[SYSTEM_FAULTS]; /* periods left; UINT32_MAX: until it is cleared */
    uint16_t n_shown;
    struct venus_item *shown[VENUS_SHOWN_MAX]; /* in the order in which they are shown; see the pen */
    char name[VENUS_NAME_MAX];
};

/* An item that a scenario holds. */
struct venus_system_pin {
    const struct venus_system_service *service;
    const struct venus_item *item;
};

struct venus_system {
    const struct wp_setup *setup;
    struct venus_physics physics;
    wp_us interval, next; /* of the services; when the next one of them is due */
    wp_us now;
    uint32_t turn; /* which one that is */
    bool is_staggered, leaves_at_night, flips;
    uint32_t n_services, n_pins;
    struct wp_outbox *out; /* while it steps; a write's consequences go there */
    struct venus_system_service service[VENUS_SERVICES_MAX];
    struct venus_system_pin *pin;
};

extern const struct wp_option venus_system_options[SYSTEM_ROWS];
extern const struct wp_endpoint venus_system_endpoints[VENUS_SERVICES_MAX];

/* The physics up to now. venus_system.c */
void venus_system_count(struct venus_system *m, wp_us now);

/* ---- venus_system_plan.c ---------------------------------------------------------------------------------------- */

struct wp_value venus_system_given(const struct wp_setup *setup, enum venus_system_row row);
bool venus_system_check(const struct wp_setup *setup, struct wp_writer *why);
/* Takes the next of "vebus, pvinverter/20" off the front. false: *ret_why says why, or the text is empty and it is "". */
bool venus_system_next(struct wp_slice *text, const struct venus_profile **ret_profile, int *ret_instance,
                       const char **ret_why);
/* The services that are listed, without their items. */
void venus_system_plan(struct venus_system *m, const struct wp_setup *setup);
bool venus_system_has(const struct venus_system *m, const char *type);
/* Does its driver tell each change in a signal of its own? */
bool venus_system_tells_each(const struct venus_profile *profile);
/* "pvinverter/20"; NULL: it has no such service. */
struct venus_system_service *venus_system_find(struct venus_system *m, struct wp_slice name);

/* ---- venus_system_show.c ---------------------------------------------------------------------------------------- */

/* Puts what a service shows, one item after the other, always the same ones in the same order: an item is looked for
 * the first time only. */
struct venus_pen {
    struct venus_system_service *s;
    const struct venus_physics *p;
    const struct venus_flow *f;
    uint16_t at;
};

/* Where no type is given the item is the profile's; else it is added when it is not there. */
void venus_show(struct venus_pen *pen, const char *path, struct wp_value v);
void venus_show_as(struct venus_pen *pen, const char *path, const char *type, const char *unit,
                   struct wp_value v);
/* '#' in the path stands for the phase, 0 for the first one; null for one that is not below n. */
void venus_show_phase(struct venus_pen *pen, const char *path, const char *type, const char *unit,
                      unsigned phase, unsigned n, struct wp_value v);
/* The integer 0, or a double, of a path whose type changes with its value. */
void venus_show_flip(struct venus_pen *pen, const char *path, unsigned phase, unsigned n, int64_t milliwatt);

/* mW, mV, mA as doubles; mW to the nearest W; mW ms as kWh in hundredths. */
struct wp_value venus_watt(int64_t milliwatt);
struct wp_value venus_whole_watt(int64_t milliwatt);
struct wp_value venus_centi(int64_t milli);
struct wp_value venus_kwh(int64_t energy);
/* Of power at the mains' voltage; mA. */
int64_t venus_mains_ampere(const struct venus_physics *p, int64_t milliwatt);
int64_t venus_sum(const int64_t a[VENUS_PHASES]);
unsigned venus_phases(const struct venus_physics *p);
/* Of what all services of its type have together. */
int64_t venus_part(const struct venus_system_service *s, int64_t total);

/* All that the service computes, with signals to `out`; NULL: without. */
void venus_system_show(struct venus_system_service *s, struct wp_outbox *out);

typedef void venus_show_service(struct venus_pen *pen);
venus_show_service venus_show_grid, venus_show_genset, venus_show_acload, venus_show_pvinverter,
    venus_show_evcharger; /* venus_system_show_mains.c */
venus_show_service venus_show_battery, venus_show_solarcharger,
    venus_show_dcsystem;             /* venus_system_show_dc.c */
venus_show_service venus_show_vebus; /* venus_system_show_vebus.c */
venus_show_service venus_show_system, venus_show_settings, venus_show_hub4,
    venus_show_platform; /* venus_system_show_site.c */

/* As the inverter/charger and the system have it: 0 off, 2 fault, 3 bulk, 4 absorption, 5 float, 8 passthru, 9 inverting,
 * 252 by ESS. */
unsigned venus_vebus_state(const struct venus_physics *p);
/* s until the battery is at its least; null when it is not discharged. */
struct wp_value venus_time_to_go(const struct venus_physics *p);

/* ---- venus_system_controls.c ---------------------------------------------------------------------------------------- */

/* The items that decide something, at what the physics begin with; limits of those that are announced. */
void venus_controls_begin(struct venus_system_service *s);
/* Somebody wrote the item, or a scenario holds it. */
void venus_controls_take(struct venus_system_service *s, const struct venus_item *item, struct wp_value v);
venus_items_write venus_controls_write;
venus_items_written venus_controls_written;

/* ---- venus_system_faults.c ------------------------------------------------------------------------------------------ */

/* Does "vebus/257 pvinverter/20" name services of this site? */
bool venus_faults_check(struct venus_system *m, struct wp_slice names, const char *option,
                        struct wp_writer *why);
/* These services have the fault for so many periods, 0: until it is cleared by null. */
void venus_faults_set(struct venus_system *m, enum venus_system_row row, struct wp_value names,
                      uint32_t times, struct wp_outbox *out);
bool venus_faults_has(const struct venus_system_service *s, enum venus_system_row row);
/* A period of the service is over. */
void venus_faults_tick(struct venus_system_service *s);

/* ---- venus_system_pins.c -------------------------------------------------------------------------------------------- */

bool venus_pins_has(const struct venus_system *m, const struct venus_item *item);
/* Can it be read, with these services? */
bool venus_pins_check(struct venus_system *m, struct wp_slice text, struct wp_writer *why);
/* The values of `text` from now on, or none. What cannot be done is a note. */
void venus_pins_set(struct venus_system *m, struct wp_value text, bool is_quiet, struct wp_outbox *out);

#endif
