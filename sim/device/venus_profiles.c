/* The trees of Victron's services: one table for each type, and the way into them. */
#include "sim/device/venus_profiles.h"

#include <assert.h>
#include <math.h>

#define ITEM(path, type, value, unit)                   {path, type, value, unit, false, NULL, NULL, NULL},
#define WRITABLE(path, type, value, unit)               {path, type, value, unit, true, NULL, NULL, NULL},
#define LIMITED(path, type, value, unit, min, max)      {path, type, value, unit, true, min, max, NULL},
#define SETTING(path, type, value, unit, min, max, def) {path, type, value, unit, true, min, max, def},

/* What a solar charger remembers of one of the last 31 days; 0 is today. */
#define DAY(n)                                                                                               \
    DAY_ITEM(n, "Consumption", "d", "0.019999999552965164", "kWh")                                           \
    DAY_ITEM(n, "LastError1", "i", "0", "")                                                                  \
    DAY_ITEM(n, "LastError2", "i", "0", "")                                                                  \
    DAY_ITEM(n, "LastError3", "i", "0", "")                                                                  \
    DAY_ITEM(n, "LastError4", "i", "0", "")                                                                  \
    DAY_ITEM(n, "MaxBatteryCurrent", "d", "9.800000190734863", "A")                                          \
    DAY_ITEM(n, "MaxBatteryVoltage", "d", "14.149999618530273", "V")                                         \
    DAY_ITEM(n, "MaxPower", "d", "132.0", "W")                                                               \
    DAY_ITEM(n, "MaxPvVoltage", "d", "50.08000183105469", "V")                                               \
    DAY_ITEM(n, "MinBatteryVoltage", "d", "26.199999809265137", "V")                                         \
    DAY_ITEM(n, "TimeInAbsorption", "d", "0.0", "min")                                                       \
    DAY_ITEM(n, "TimeInBulk", "d", "219.0", "min")                                                           \
    DAY_ITEM(n, "TimeInFloat", "d", "0.0", "min")                                                            \
    DAY_ITEM(n, "Yield", "d", "0.019999999552965164", "kWh")
#define DAY_ITEM(n, name, type, value, unit) ITEM("/History/Daily/" #n "/" name, type, value, unit)

static const struct venus_row rows_acload[] = {
#include "sim/device/venus_profiles_acload.def"
};
static const struct venus_row rows_battery[] = {
#include "sim/device/venus_profiles_battery.def"
};
static const struct venus_row rows_dcsystem[] = {
#include "sim/device/venus_profiles_dcsystem.def"
};
static const struct venus_row rows_digitalinput[] = {
#include "sim/device/venus_profiles_digitalinput.def"
};
static const struct venus_row rows_evcharger[] = {
#include "sim/device/venus_profiles_evcharger.def"
};
static const struct venus_row rows_genset[] = {
#include "sim/device/venus_profiles_genset.def"
};
static const struct venus_row rows_gps[] = {
#include "sim/device/venus_profiles_gps.def"
};
static const struct venus_row rows_grid[] = {
#include "sim/device/venus_profiles_grid.def"
};
static const struct venus_row rows_hub4[] = {
#include "sim/device/venus_profiles_hub4.def"
};
static const struct venus_row rows_inverter[] = {
#include "sim/device/venus_profiles_inverter.def"
};
static const struct venus_row rows_meteo[] = {
#include "sim/device/venus_profiles_meteo.def"
};
static const struct venus_row rows_platform[] = {
#include "sim/device/venus_profiles_platform.def"
};
static const struct venus_row rows_pvinverter[] = {
#include "sim/device/venus_profiles_pvinverter.def"
};
static const struct venus_row rows_settings[] = {
#include "sim/device/venus_profiles_settings.def"
};
static const struct venus_row rows_solarcharger[] = {
#include "sim/device/venus_profiles_solarcharger.def"
};
static const struct venus_row rows_system[] = {
#include "sim/device/venus_profiles_system.def"
};
static const struct venus_row rows_tank[] = {
#include "sim/device/venus_profiles_tank.def"
};
static const struct venus_row rows_temperature[] = {
#include "sim/device/venus_profiles_temperature.def"
};
static const struct venus_row rows_vebus[] = {
#include "sim/device/venus_profiles_vebus.def"
};

#define PROFILE(type, suffix, name, instance)                                                                \
    {                                                                                                        \
#type, suffix, name, instance, rows_##type, sizeof rows_##type / sizeof rows_##type[0]               \
    }

/* In the order of their types. */
static const struct venus_profile profiles[] = {
    PROFILE(acload, "cgwacs_ttyUSB0_di38_mb4", "AC load meter", 38),
    PROFILE(battery, "socketcan_can1", "CAN battery", 512),
    PROFILE(dcsystem, "ttyO7", "DC energy meter", 290),
    PROFILE(digitalinput, "input_1", "Digital input", 1),
    PROFILE(evcharger, "evc_HQ5555555555", "EV charger", 40),
    PROFILE(genset, "cgwacs_ttyUSB0_di36_mb3", "Generator meter", 36),
    PROFILE(gps, "ttyUSB2", "GPS", 0),
    PROFILE(grid, "cgwacs_ttyUSB0_di30_mb1", "Grid meter", 30),
    PROFILE(hub4, "", "ESS control", 0),
    PROFILE(inverter, "ttyO4", "Phoenix inverter", 276),
    PROFILE(meteo, "ttyUSB3", "Solar irradiance sensor", 100),
    PROFILE(platform, "", "GX platform", 0),
    PROFILE(pvinverter, "cgwacs_ttyUSB0_di20_mb1", "PV inverter", 20),
    PROFILE(settings, "", "Settings", 0),
    PROFILE(solarcharger, "ttyO2", "SmartSolar", 279),
    PROFILE(system, "", "System", 0),
    PROFILE(tank, "socketcan_can0_di1_uc69", "Tank sensor", 20),
    PROFILE(temperature, "adc_builtin0_8", "Temperature sensor", 24),
    PROFILE(vebus, "ttyO1", "MultiPlus", 257),
};

size_t venus_profile_count(void)
{
    return sizeof profiles / sizeof profiles[0];
}

const struct venus_profile *venus_profile_at(size_t i)
{
    assert(i < venus_profile_count());
    return &profiles[i];
}

const struct venus_profile *venus_profile_find(struct wp_slice type)
{
    for (size_t i = 0; i < venus_profile_count(); i++)
        if (wp_slice_is(type, profiles[i].type))
            return &profiles[i];
    return NULL;
}

const struct venus_row *venus_profile_row(const struct venus_profile *profile, struct wp_slice path)
{
    size_t low = 0, high = profile->n;

    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = wp_slice_cmp(path, wp_text(profile->rows[middle].path));

        if (order == 0)
            return &profile->rows[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static struct wp_value number(const char *text)
{
    struct wp_value v;

    return wp_number_read(wp_text(text), &v) ? v : wp_null();
}

static struct wp_value real(const char *text)
{
    const struct wp_value v = number(text);

    if (wp_slice_is(wp_text(text), "Infinity"))
        return wp_real((double)INFINITY);
    return wp_is_number(v) ? wp_real(wp_real_of(v)) : v;
}

struct wp_value venus_row_value(const struct venus_row *row, const char *text)
{
    if (!text)
        return wp_null();
    switch (row->type[0]) {
    case 'd': return real(text);
    case 'b': return wp_bool(wp_slice_is(wp_text(text), "true"));
    case 's': return wp_text_value(wp_text(text));
    case 'a': return wp_null();
    default: return number(text);
    }
}
