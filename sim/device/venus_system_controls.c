/* Items that decide something: what is written there changes where power goes. */
#include "sim/device/venus_system_inside.h"

#include <math.h>
#include <string.h>

/* One item of one type of service. */
struct control {
    const char *type, *path;
    enum venus_control which;
    uint16_t scale;   /* of the item's unit in the physics' */
    bool is_shared;   /* each of several services has its part of the whole */
    bool is_quiet;    /* changes without a signal. source: e.2 */
    bool may_be_none; /* invalid is a value */
    double most;      /* announced instead of the profile's limit; 0: that stays */
};

static const struct control controls[] = {
    {"evcharger", "/Position", VENUS_CONTROL_EV_POSITION, 1, false, false, false, 0},
    {"evcharger", "/SetCurrent", VENUS_CONTROL_EV_CURRENT, 1000, false, false, false, 0},
    {"evcharger", "/StartStop", VENUS_CONTROL_EV_START, 1, false, false, false, 0},
    {"hub4", "/AcPowerSetpoint", VENUS_CONTROL_GRID_SETPOINT, 1000, false, false, false, 0},
    {"hub4", "/Overrides/Setpoint", VENUS_CONTROL_OVERRIDE, 1000, false, false, true, 0},
    {"pvinverter", "/Ac/PowerLimit", VENUS_CONTROL_PV_LIMIT, 1000, true, false, false, 0},
    {"pvinverter", "/Position", VENUS_CONTROL_PV_POSITION, 1, false, false, false, 0},
    {"settings", "/Settings/CGwacs/AcPowerSetPoint", VENUS_CONTROL_GRID_SETPOINT, 1000, false, false, false,
     0},
    {"settings", "/Settings/CGwacs/BatteryLife/MinimumSocLimit", VENUS_CONTROL_SOC_MIN, 1000, false, false,
     false, 0},
    {"settings", "/Settings/CGwacs/Hub4Mode", VENUS_CONTROL_HUB4_MODE, 1, false, false, false, 0},
    {"settings", "/Settings/CGwacs/MaxChargePower", VENUS_CONTROL_MAX_CHARGE, 1000, false, false, false, 0},
    {"settings", "/Settings/CGwacs/MaxDischargePower", VENUS_CONTROL_MAX_DISCHARGE, 1000, false, false, false,
     0},
    {"settings", "/Settings/CGwacs/MaxFeedInPower", VENUS_CONTROL_MAX_FEED_IN, 1000, false, false, false, 0},
    {"settings", "/Settings/CGwacs/OvervoltageFeedIn", VENUS_CONTROL_FEED_EXCESS, 1, false, false, false, 0},
    {"settings", "/Settings/CGwacs/PreventFeedback", VENUS_CONTROL_NO_FEED_IN, 1, false, false, false, 0},
    {"settings", "/Settings/SystemSetup/HasDcSystem", VENUS_CONTROL_HAS_DC, 1, false, false, false, 0},
    {"solarcharger", "/Mode", VENUS_CONTROL_MPPT_MODE, 1, false, false, false, 0},
    {"solarcharger", "/Settings/ChargeCurrentLimit", VENUS_CONTROL_MPPT_CURRENT, 1000, true, false, false,
     100},
    {"vebus", "/Ac/ActiveIn/CurrentLimit", VENUS_CONTROL_INPUT_CURRENT, 1000, false, false, false, 0},
    {"vebus", "/Hub4/DisableCharge", VENUS_CONTROL_DISABLE_CHARGE, 1, false, false, false, 0},
    {"vebus", "/Hub4/DisableFeedIn", VENUS_CONTROL_DISABLE_FEED_IN, 1, false, false, false, 0},
    {"vebus", "/Hub4/L1/AcPowerSetpoint", VENUS_CONTROL_SETPOINT_L1, 1000, false, true, false, 0},
    {"vebus", "/Hub4/L2/AcPowerSetpoint", VENUS_CONTROL_SETPOINT_L2, 1000, false, true, false, 0},
    {"vebus", "/Hub4/L3/AcPowerSetpoint", VENUS_CONTROL_SETPOINT_L3, 1000, false, true, false, 0},
    {"vebus", "/Mode", VENUS_CONTROL_MODE, 1, false, false, false, 0},
};

static const struct control *control_of(const struct venus_system_service *s, const struct venus_item *item)
{
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++)
        if (strcmp(controls[i].type, s->profile->type) == 0 && wp_slice_is(item->path, controls[i].path))
            return &controls[i];
    return NULL;
}

static bool is_missing_phase(const struct venus_system_service *s, enum venus_control which)
{
    return which >= VENUS_CONTROL_SETPOINT_L1 && which <= VENUS_CONTROL_SETPOINT_L3 &&
           (unsigned)which - VENUS_CONTROL_SETPOINT_L1 >= venus_physics_vebus_phases(&s->site->physics);
}

/* The physics' number of a value; VENUS_NONE: it has none. */
static int64_t number_of(const struct venus_system_service *s, const struct control *c, struct wp_value v)
{
    const double most = 1e12,
                 number = wp_is_number(v) ? wp_real_of(v) * c->scale * (c->is_shared ? s->parts : 1) : NAN;

    if (isnan(number))
        return VENUS_NONE;
    return (int64_t)llround(number > most ? most : number < -most ? -most : number);
}

void venus_controls_begin(struct venus_system_service *s)
{
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        const struct control *c = &controls[i];
        struct venus_item *item =
            strcmp(c->type, s->profile->type) == 0 ? venus_items_find(s->items, c->path) : NULL;
        const int64_t number = s->site->physics.control[c->which];

        if (!item)
            continue;
        if (c->most > 0)
            (void)venus_items_limit(s->items, item, wp_real(0.0), wp_real(c->most), wp_null());
        (void)venus_items_put(s->items, item,
                              number == VENUS_NONE || is_missing_phase(s, c->which)
                                  ? wp_null()
                                  : wp_real((double)number / c->scale / (c->is_shared ? s->parts : 1)));
    }
}

void venus_controls_take(struct venus_system_service *s, const struct venus_item *item, struct wp_value v)
{
    const struct control *c = control_of(s, item);
    const int64_t number = c ? number_of(s, c, v) : VENUS_NONE;

    if (c && (number != VENUS_NONE || c->may_be_none))
        venus_physics_control(&s->site->physics, c->which, number);
}

/* What decides something has to be a number, and of a phase that is there. */
int32_t venus_controls_write(void *ctx, struct venus_items *service, struct venus_item *item,
                             struct wp_value value, wp_us now)
{
    struct venus_system_service *s = ctx;
    const struct control *c = control_of(s, item);
    const int32_t refused = s->plan.is_settings ? VENUS_SET_NO_SETTING : VENUS_SET_REFUSED;

    (void)now;
    if (!c)
        return VENUS_SET_DONE;
    if ((number_of(s, c, value) == VENUS_NONE && !c->may_be_none) || is_missing_phase(s, c->which))
        return refused;
    if (c->is_quiet) {
        (void)venus_items_put(service, item, value);
        venus_items_quiet(service);
    }
    return VENUS_SET_DONE;
}

/* The service that was written shows at once what follows, the others when they are due. */
void venus_controls_written(void *ctx, struct venus_items *service, struct venus_item *item, wp_us now)
{
    struct venus_system_service *s = ctx;

    (void)service;
    if (!control_of(s, item) || venus_pins_has(s->site, item))
        return;
    venus_system_count(s->site, now);
    venus_controls_take(s, item, item->value);
    if (!venus_faults_has(s, SYSTEM_FREEZE))
        venus_system_show(s, s->site->out);
}
