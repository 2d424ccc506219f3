/* The physics of a simulated Victron site: sun, house, battery and grid become power, power becomes energy. Whole numbers
 * only.
 *
 *     grid --+-- input side --[ Multi: relay ]-- output side
 *            |   loads, car       |  inverter    loads, PV inverter
 *          meter PV inverter      |  charger
 *                               DC bus -- battery, solar chargers, DC loads
 *
 *     PV + solar chargers + grid + generator = loads + car + DC loads + battery + losses        to the milliwatt, always
 *
 * Power is in mW and stays as it is from one whole second to the next, or to the moment at which something is set or
 * written. When the changes are does not depend on who asks and when, so energy (mW ms) is an exact sum, and one great
 * step counts the same as many small ones. Grid power is positive when taken, battery power when charging, what the
 * inverter/charger gives (`inverted`) when it discharges.
 *
 * Times are milliseconds since 1970, local. Where the power goes is decided in venus_system_flow.c. */
#ifndef WP_VENUS_SYSTEM_PHYSICS_H
#define WP_VENUS_SYSTEM_PHYSICS_H

#include "sim/core/value.h"
#include "sim/device/sun.h"

enum { VENUS_PHASES = 3 };

/* VENUS_PHYSICS_<id> is the row's place among the rows of venus_system_physics.def. */
enum venus_physics_row {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help) VENUS_PHYSICS_##id,
#include "sim/device/venus_system_physics.def"
#undef OPTION
    VENUS_PHYSICS_ROWS,
};

/* What somebody at the site sets, by writing items of its services. Power in mW, current in mA, state of charge in
 * thousandths of a percent, the rest as the item has it. */
enum venus_control {
    VENUS_CONTROL_MODE,          /* vebus: 1 charger only, 2 inverter only, 3 on, 4 off */
    VENUS_CONTROL_INPUT_CURRENT, /* vebus: most that it takes from each phase of its input */
    VENUS_CONTROL_SETPOINT_L1,   /* vebus: what it takes there; see venus_physics_control */
    VENUS_CONTROL_SETPOINT_L2,
    VENUS_CONTROL_SETPOINT_L3,
    VENUS_CONTROL_DISABLE_CHARGE,  /* vebus */
    VENUS_CONTROL_DISABLE_FEED_IN, /* vebus: it gives nothing to its input */
    VENUS_CONTROL_PV_LIMIT,        /* pvinverter */
    VENUS_CONTROL_PV_POSITION,     /* pvinverter: 0 input, 1 output, 2 input 2 */
    VENUS_CONTROL_MPPT_MODE,       /* solarcharger: 1 on, 4 off */
    VENUS_CONTROL_MPPT_CURRENT,    /* solarcharger: most, all together */
    VENUS_CONTROL_EV_START,        /* evcharger: 0, 1 */
    VENUS_CONTROL_EV_CURRENT,      /* evcharger: of each phase */
    VENUS_CONTROL_EV_POSITION,     /* evcharger: 0 output, 1 input */
    VENUS_CONTROL_GRID_SETPOINT,   /* settings, hub4: what the site takes from the grid */
    VENUS_CONTROL_OVERRIDE,        /* hub4: the same, before the one above; VENUS_NONE: not */
    VENUS_CONTROL_HUB4_MODE, /* settings: 1 phases compensated, 2 each phase for itself, 3 by set-points alone */
    VENUS_CONTROL_SOC_MIN,       /* settings: with a grid the battery gives nothing below */
    VENUS_CONTROL_MAX_CHARGE,    /* settings: by the inverter/charger; negative: no limit */
    VENUS_CONTROL_MAX_DISCHARGE, /* settings: the same */
    VENUS_CONTROL_MAX_FEED_IN,   /* settings: to the grid; negative: no limit */
    VENUS_CONTROL_NO_FEED_IN,    /* settings, PreventFeedback: PV inverters are held back */
    VENUS_CONTROL_FEED_EXCESS, /* settings, OvervoltageFeedIn: what the full battery leaves goes to the grid */
    VENUS_CONTROL_HAS_DC,      /* settings, HasDcSystem: only shown */
    VENUS_CONTROLS,
};

#define VENUS_NONE INT64_MIN

/* Ways that energy goes through the inverter/charger, in the order of the items /Energy/... */
enum venus_way {
    VENUS_IN_TO_OUT,
    VENUS_IN_TO_INVERTER,
    VENUS_OUT_TO_IN,
    VENUS_INVERTER_TO_IN,
    VENUS_INVERTER_TO_OUT,
    VENUS_OUT_TO_INVERTER,
    VENUS_WAYS,
};

/* One decision, mW. */
struct venus_flow {
    int64_t grid[VENUS_PHASES], genset[VENUS_PHASES];      /* only one of them is ever used */
    int64_t load_in[VENUS_PHASES], load_out[VENUS_PHASES]; /* what the house gets; without the car */
    int64_t ev[VENUS_PHASES], pv[VENUS_PHASES];
    int64_t input[VENUS_PHASES];    /* what the inverter/charger takes there */
    int64_t inverted[VENUS_PHASES]; /* what its inverter gives, what its charger takes */
    int64_t drawn[VENUS_PHASES];    /* the same at the DC side */
    int64_t idle[VENUS_PHASES];
    int64_t mppt, dc_load, battery, loss;
    int64_t sun_pv, sun_mppt; /* what there would be */
    uint8_t multi;            /* phases of the inverter/charger */
    bool is_connected;        /* its relay is closed */
    bool is_on;               /* there is power at its output */
    bool is_overloaded, is_low;
    bool ev_on_output, pv_on_output; /* on the phases that it has */
};

struct venus_energy {
    int64_t import[VENUS_PHASES], export[VENUS_PHASES], genset[VENUS_PHASES], pv[VENUS_PHASES];
    int64_t load, ev, dc_load, loss, mppt, charged, discharged;
    int64_t way[VENUS_WAYS];
};

/* All of a site that moves. Others read it, and change it by the functions below alone. */
struct venus_physics {
    int64_t now_ms, next_ms;     /* power stays as it is from now_ms to next_ms */
    int64_t stored;              /* in the battery, mW ms; never below 0 or above its capacity */
    int64_t held_ms;             /* until then a written set-point of the inverter/charger is followed */
    int64_t day;                 /* since 1970 */
    int64_t day_yield, day_peak; /* solar chargers, today: mW ms, mW */
    struct venus_flow flow;
    struct venus_energy energy;
    struct sun sun;
    int64_t setting[VENUS_PHYSICS_ROWS]; /* W, A, minutes, thousandths of decimals; VENUS_NONE */
    int64_t control[VENUS_CONTROLS];
    bool lacks_pv, lacks_mppt;
    bool is_dark; /* without grid and with an empty battery */
};

/* From the start at local_ms on.
 * given  a value for each row; WP_NULL where nothing was given and its fallback is NULL */
void venus_physics_begin(struct venus_physics *p, const struct wp_value given[VENUS_PHYSICS_ROWS],
                         uint64_t seed, int64_t local_ms);
/* The site has PV inverters, solar chargers; without them whatever sun there is gives nothing. */
void venus_physics_equip(struct venus_physics *p, bool has_pv, bool has_mppt);
/* It is this time now, and nothing has happened since the last one. */
void venus_physics_wake(struct venus_physics *p, int64_t local_ms);
/* Count up to local_ms; nothing happens when that is past already. Call it before everything below. */
void venus_physics_advance(struct venus_physics *p, int64_t local_ms);
/* A row has another value from now on, power follows at once. WP_NULL lets go of a row whose fallback is NULL; any
 * other row keeps its value then. */
void venus_physics_set(struct venus_physics *p, enum venus_physics_row row, struct wp_value v);
/* Somebody set this, power follows at once. A set-point of the inverter/charger is followed for VENUS_HOLD_MS, with
 * HUB4_MODE 3 until there is another one; otherwise it is computed, and only a wish of the grid set-point. */
void venus_physics_control(struct venus_physics *p, enum venus_control which, int64_t value);

enum { VENUS_HOLD_MS = 60000 };

/* Phases of the inverter/charger, the PV inverters. */
unsigned venus_physics_vebus_phases(const struct venus_physics *p);
unsigned venus_physics_pv_phases(const struct venus_physics *p);
/* Are the set-points of the inverter/charger somebody's, rather than computed? */
bool venus_physics_is_held(const struct venus_physics *p);

/* ---- the battery: venus_system_battery.c ------------------------------------------------------------------------- */

/* Thousandths of a percent. */
int64_t venus_physics_soc(const struct venus_physics *p);
/* Between its poles at this moment, mV. */
int64_t venus_physics_volt(const struct venus_physics *p);
/* Power of the DC side as current, mA. */
int64_t venus_physics_ampere(const struct venus_physics *p, int64_t milliwatt);
/* mW ms */
int64_t venus_physics_capacity(const struct venus_physics *p);
void venus_physics_fill(struct venus_physics *p, int64_t soc);
/* What it takes and gives at most within the next second, down to `floor` thousandths of a percent; mW. */
int64_t venus_physics_most_charge(const struct venus_physics *p);
int64_t venus_physics_most_discharge(const struct venus_physics *p, int64_t floor);

/* ---- venus_system_flow.c: power of this moment, in p->flow --------------------------------------------------------- */

void venus_physics_decide(struct venus_physics *p);

#endif
