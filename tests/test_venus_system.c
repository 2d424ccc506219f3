/* A simulated Victron site as the bus sees it: its services add up, obey, sleep and fail.
 * covers: venus_system_controls venus_system_faults venus_system_pins venus_system_plan venus_system_show
 * covers: venus_system_show_mains venus_system_show_dc venus_system_show_vebus venus_system_show_site */
#include "tests/venus_system_rig.h"

#include <math.h>

static struct rig f;

static double phases(const char *name, const char *path)
{
    double sum = 0;
    char whole[64];

    for (unsigned i = 0; i < 3; i++) {
        struct wp_value v;

        snprintf(whole, sizeof whole, "%.*s%u%s", (int)(strchr(path, '#') - path), path, i + 1,
                 strchr(path, '#') + 1);
        v = rig_get(&f, name, whole);
        sum += v.kind == WP_NULL ? 0 : wp_real_of(v);
    }
    return sum;
}

static void near(double a, double b, double within, const char *what)
{
    ck_assert_msg(fabs(a - b) <= within, "%s: %f and %f at %lld us", what, a, b, (long long)f.now);
}

/* What must be so at every moment between two periods, whichever service is looked at. Whole watts of the
 * inverter/charger are off by a half each. */
static void adds_up(void)
{
    const double total = rig_number(&f, "system/0", "/Ac/Consumption/Total/Power");

    near(total, phases("system/0", "/Ac/Consumption/L#/Power"), 0.01, "consumption is that of its phases");
    near(total,
         phases("system/0", "/Ac/ConsumptionOnInput/L#/Power") +
             phases("system/0", "/Ac/ConsumptionOnOutput/L#/Power"),
         0.01, "consumption is on the input or the output");
    near(rig_number(&f, "grid/30", "/Ac/Power"), phases("grid/30", "/Ac/L#/Power"), 0.01,
         "the grid meter's phases");
    near(rig_number(&f, "grid/30", "/Ac/Power"), phases("system/0", "/Ac/Grid/L#/Power"), 0.01,
         "grid and system");
    near(rig_number(&f, "pvinverter/20", "/Ac/Power"), phases("system/0", "/Ac/PvOnGrid/L#/Power"), 0.01,
         "PV inverter and system");
    near(rig_number(&f, "grid/30", "/Ac/Power"),
         phases("system/0", "/Ac/ConsumptionOnInput/L#/Power") -
             rig_number(&f, "pvinverter/20", "/Ac/Power") + rig_number(&f, "vebus/257", "/Ac/ActiveIn/P"),
         2, "the mains' side");
    near(rig_number(&f, "system/0", "/Dc/Battery/Power"),
         rig_number(&f, "system/0", "/Dc/Pv/Power") + rig_number(&f, "vebus/257", "/Dc/0/Power"), 1,
         "the DC side");
    near(rig_number(&f, "battery/512", "/Dc/0/Power"), rig_number(&f, "system/0", "/Dc/Battery/Power"), 0.01,
         "battery and system");
    near(rig_number(&f, "battery/512", "/Dc/0/Power"),
         rig_number(&f, "battery/512", "/Dc/0/Current") * rig_number(&f, "battery/512", "/Dc/0/Voltage"), 1,
         "power is current and voltage");
    near(rig_number(&f, "solarcharger/279", "/Yield/Power"), rig_number(&f, "system/0", "/Dc/Pv/Power"), 0.01,
         "solar charger and system");
}

static double value_at(const char *name, const char *path, wp_us after)
{
    rig_run(&f, after);
    return rig_number(&f, name, path);
}

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

START_TEST(all_services_come_together)
{
    rig_begin(&f, NULL);
    ck_assert_uint_eq(f.m->n_services, 10);
    for (uint32_t i = 0; i < f.m->n_services; i++)
        ck_assert(venus_items_is_present(f.m->service[i].items));
    ck_assert_uint_eq(f.last_port, 10);
    ck_assert_int_eq((int)rig_number(&f, "pvinverter/20", "/DeviceInstance"), 20);
    ck_assert(wp_slice_is(rig_get(&f, "system/0", "/Serial").bytes, "c0619ab12345"));
    adds_up();
    rig_end(&f);
}
END_TEST

START_TEST(values_add_up_at_every_moment)
{
    rig_begin(&f, "load.profile", "home", "sun.clouds", "60", "load.input.l2", "321", "update.interval", "1s",
              NULL);
    for (unsigned i = 0; i < 200; i++) {
        rig_run(&f, WP_MS(999));
        adds_up();
        rig_run(&f, WP_MS(1));
    }
    rig_end(&f);
}
END_TEST

/* Eighteen hours; the PV inverter sleeps at their end. */
START_TEST(a_day_adds_up_on_the_bus)
{
    rig_begin(&f, "load.profile", "home", "update.staggered", "false", "update.interval", "60s",
              "night.leave", "false", NULL);
    rig_run(&f, WP_SEC(1));
    for (unsigned i = 0; i < 18 * 60; i++) {
        rig_run(&f, WP_SEC(60));
        adds_up();
    }
    ck_assert_uint_eq(f.notes, 0);
    rig_end(&f);
}
END_TEST

/* Each value that changed is told once in a period, others are not. */
START_TEST(only_what_changed_is_told)
{
    rig_begin(&f, "pv.power", "2000", "mppt.power", "0", "battery.soc", "50", NULL);
    rig_run(&f, WP_SEC(3));
    rig_forget(&f);
    rig_set(&f, "load.l1", "750", 0);
    rig_run(&f, WP_SEC(1));
    ck_assert_uint_eq(rig_told(&f, "system/0", "/Ac/Consumption/L1/Power"), 1);
    ck_assert_uint_eq(rig_told(&f, "system/0", "/Ac/Consumption/L2/Power"), 0);
    ck_assert_uint_eq(rig_told(&f, "pvinverter/20", "/Ac/Power"), 0);
    ck_assert_uint_eq(rig_told(&f, "grid/30", "/Ac/Power"), 0); /* the set-point of 50 W is still met */
    ck_assert_uint_eq(rig_told(&f, "grid/30", "/Ac/L1/Power"), 1);
    rig_end(&f);
}
END_TEST

/* C++ drivers tell each value by itself, Python ones all in one. */
START_TEST(signals_are_those_of_the_driver)
{
    rig_begin(&f, "services", "system", NULL);
    rig_forget(&f);
    rig_set(&f, "load.l1", "750", 0);
    rig_run(&f, WP_SEC(1));
    ck_assert_uint_eq(f.signals, 1);
    ck_assert_uint_eq(f.items_changed, 1);
    rig_end(&f);
    rig_begin(&f, "services", "vebus", NULL);
    rig_forget(&f);
    rig_set(&f, "load.l1", "750", 0);
    rig_run(&f, WP_SEC(1));
    ck_assert_uint_gt(f.signals, 3);
    ck_assert_uint_eq(f.items_changed, 0);
    rig_end(&f);
}
END_TEST

START_TEST(consumption_is_an_int_when_there_is_none)
{
    const struct venus_item *item;

    rig_begin(&f, "load.l2", "0", NULL);
    item = venus_items_find(rig_service(&f, "system/0")->items, "/Ac/Consumption/L2/Power");
    ck_assert_str_eq(item->type, "i");
    ck_assert_int_eq(item->value.kind, WP_DECIMAL);
    rig_set(&f, "load.l2", "430", 0);
    rig_run(&f, WP_SEC(1));
    ck_assert_str_eq(item->type, "d");
    ck_assert_int_eq(item->value.kind, WP_REAL);
    rig_set(&f, "type.flips", "false", 0);
    rig_set(&f, "load.l2", "0", 0);
    rig_run(&f, WP_SEC(1));
    ck_assert_str_eq(item->type, "d");
    rig_end(&f);
}
END_TEST

START_TEST(what_is_not_there_is_invalid)
{
    rig_begin(&f, "phases", "3", "vebus.phases", "1", "pv.phases", "1", "services",
              "vebus, pvinverter, grid, system", NULL);
    ck_assert_int_eq(rig_get(&f, "pvinverter/20", "/Ac/L2/Power").kind, WP_NULL);
    ck_assert_int_eq(rig_get(&f, "system/0", "/Ac/PvOnGrid/L2/Power").kind, WP_NULL);
    ck_assert_int_eq(rig_get(&f, "system/0", "/Ac/PvOnOutput/L1/Power").kind, WP_NULL);
    ck_assert_int_eq(rig_get(&f, "system/0", "/Ac/ConsumptionOnOutput/L2/Power").kind, WP_NULL);
    ck_assert_int_eq(rig_get(&f, "system/0", "/Ac/Genset/L1/Power").kind, WP_NULL);
    ck_assert_int_eq(rig_get(&f, "vebus/257", "/Hub4/L2/AcPowerSetpoint").kind, WP_NULL);
    ck_assert_int_eq(rig_write(&f, "vebus/257", "/Hub4/L2/AcPowerSetpoint", wp_int(5)), VENUS_SET_REFUSED);
    ck_assert_int_eq((int)rig_number(&f, "system/0", "/Ac/Consumption/NumberOfPhases"), 3);
    rig_end(&f);
}
END_TEST

/* ---- what is written ------------------------------------------------------------------------------------------------ */

/* It keeps -200, says nothing of it, and the grid has 200 W more. */
START_TEST(a_setpoint_is_kept_quietly_and_exports)
{
    rig_begin(&f, "pv.power", "0", "mppt.power", "2000", "load.l2", "0", "load.l3", "0", "vebus.idle", "0",
              NULL);
    rig_run(&f, WP_SEC(2));
    rig_forget(&f);
    ck_assert_int_eq(rig_write(&f, "vebus/257", "/Hub4/L1/AcPowerSetpoint", wp_int(-200)), 0);
    ck_assert_uint_eq(rig_told(&f, "vebus/257", "/Hub4/L1/AcPowerSetpoint"), 0);
    ck_assert_uint_eq(rig_told(&f, "vebus/257", "/Ac/ActiveIn/L1/P"), 1);
    near(rig_number(&f, "vebus/257", "/Ac/ActiveIn/L1/P"), -200, 0, "at once at its input");
    near(value_at("grid/30", "/Ac/L1/Power", WP_SEC(1)), -200, 0, "a second later at the meter");
    near(value_at("vebus/257", "/Hub4/L1/AcPowerSetpoint", WP_SEC(30)), -200, 0, "it is kept");
    adds_up();
    near(value_at("grid/30", "/Ac/Power", WP_SEC(31)), 50, 0.01, "ESS is back after a minute");
    rig_end(&f);
}
END_TEST

START_TEST(settings_and_ess_share_the_grid_setpoint)
{
    rig_begin(&f, "pv.power", "0", "mppt.power", "0", NULL);
    ck_assert_int_eq(rig_write(&f, "hub4/0", "/AcPowerSetpoint", wp_int(-100)), 0);
    near(value_at("grid/30", "/Ac/Power", WP_SEC(1)), -100, 0.01, "the API document's -100");
    near(rig_number(&f, "settings/0", "/Settings/CGwacs/AcPowerSetPoint"), -100, 0, "settings have it, too");
    ck_assert_int_eq(rig_write(&f, "settings/0", "/Settings/CGwacs/AcPowerSetPoint", wp_int(400)), 0);
    near(value_at("grid/30", "/Ac/Power", WP_SEC(1)), 400, 0.01, "by the settings");
    near(rig_number(&f, "hub4/0", "/AcPowerSetpoint"), 400, 0, "ESS has it, too");
    ck_assert_int_eq(rig_write(&f, "hub4/0", "/Overrides/Setpoint", wp_real(0.0)), 0);
    near(value_at("grid/30", "/Ac/Power", WP_SEC(1)), 0, 0.01, "the override is first");
    ck_assert_int_eq(rig_write(&f, "hub4/0", "/Overrides/Setpoint", wp_null()), 0);
    near(value_at("grid/30", "/Ac/Power", WP_SEC(1)), 400, 0.01, "and without it all is as before");
    rig_end(&f);
}
END_TEST

START_TEST(modes_and_limits_are_obeyed)
{
    rig_begin(&f, "pv.power", "4000", "mppt.power", "2000", NULL);
    ck_assert_int_eq(rig_write(&f, "pvinverter/20", "/Ac/PowerLimit", wp_int(1500)), 0);
    near(rig_number(&f, "pvinverter/20", "/Ac/Power"), 1500, 0.01, "at once");
    ck_assert_int_eq(rig_write(&f, "pvinverter/20", "/Ac/PowerLimit", wp_int(30000)), VENUS_SET_REFUSED);
    ck_assert_int_eq(rig_write(&f, "solarcharger/279", "/Mode", wp_int(4)), 0);
    near(rig_number(&f, "solarcharger/279", "/Yield/Power"), 0, 0, "it is off");
    ck_assert_int_eq((int)rig_number(&f, "solarcharger/279", "/State"), 0);
    ck_assert_int_eq(rig_write(&f, "vebus/257", "/Mode", wp_int(4)), 0);
    ck_assert_int_eq((int)rig_number(&f, "vebus/257", "/State"), 0);
    near(value_at("system/0", "/Ac/Consumption/Total/Power", WP_SEC(1)), 0, 0, "nobody carries the house");
    ck_assert_int_eq(rig_write(&f, "vebus/257", "/Mode", wp_int(9)), VENUS_SET_REFUSED);
    ck_assert_int_eq(rig_write(&f, "vebus/257", "/Mode", wp_null()), VENUS_SET_REFUSED);
    ck_assert_int_eq(rig_write(&f, "settings/0", "/Settings/CGwacs/Hub4Mode", wp_int(7)),
                     VENUS_SET_NO_SETTING);
    rig_end(&f);
}
END_TEST

START_TEST(a_lost_grid_is_seen_everywhere)
{
    rig_begin(&f, "pv.power", "0", "mppt.power", "0", NULL);
    rig_set(&f, "grid.lost", "true", 0);
    rig_run(&f, WP_SEC(1));
    ck_assert_int_eq((int)rig_number(&f, "vebus/257", "/State"), 9);
    ck_assert_int_eq((int)rig_number(&f, "vebus/257", "/Alarms/GridLost"), 2);
    ck_assert_int_eq((int)rig_number(&f, "vebus/257", "/Ac/ActiveIn/ActiveInput"), 240);
    ck_assert_int_eq(rig_get(&f, "vebus/257", "/Ac/ActiveIn/L1/P").kind, WP_NULL);
    ck_assert_int_eq((int)rig_number(&f, "system/0", "/Ac/ActiveIn/Source"), 240);
    near(rig_number(&f, "system/0", "/Ac/Consumption/Total/Power"), 1000, 0.01, "the house goes on");
    rig_set(&f, "battery.soc", "0", 0);
    rig_run(&f, WP_SEC(2));
    ck_assert_int_eq((int)rig_number(&f, "vebus/257", "/Alarms/LowBattery"), 2);
    near(rig_number(&f, "system/0", "/Ac/Consumption/Total/Power"), 0, 0, "and no more");
    rig_end(&f);
}
END_TEST

/* ---- presence ------------------------------------------------------------------------------------------------------- */

START_TEST(the_pv_inverter_sleeps_without_sun)
{
    rig_begin(&f, "pv.power", "900", "mppt.power", "0", NULL);
    ck_assert(rig_is_present(&f, "pvinverter/20"));
    rig_forget(&f);
    rig_set(&f, "pv.power", "0", 0);
    rig_run(&f, WP_SEC(1));
    ck_assert(!rig_is_present(&f, "pvinverter/20"));
    ck_assert_uint_eq(f.left, 1);
    ck_assert(rig_is_present(&f, "solarcharger/279"));
    rig_set(&f, "pv.power", "1200", 0);
    rig_run(&f, WP_SEC(1));
    ck_assert(rig_is_present(&f, "pvinverter/20"));
    near(rig_number(&f, "pvinverter/20", "/Ac/Power"), 1200, 0.01, "it is awake");
    rig_set(&f, "night.leave", "false", 0);
    rig_set(&f, "pv.power", "0", 0);
    rig_run(&f, WP_SEC(1));
    ck_assert(rig_is_present(&f, "pvinverter/20"));
    rig_end(&f);
}
END_TEST

/* By the sun itself: at six in the evening, until six in the morning. */
START_TEST(night_falls_and_ends)
{
    rig_begin(&f, "update.interval", "60s", NULL);
    rig_run(&f, WP_SEC(6 * 3600 - 60));
    ck_assert(rig_is_present(&f, "pvinverter/20"));
    rig_run(&f, WP_SEC(180));
    ck_assert(!rig_is_present(&f, "pvinverter/20"));
    rig_run(&f, WP_SEC(12 * 3600 - 240));
    ck_assert(!rig_is_present(&f, "pvinverter/20"));
    rig_run(&f, WP_SEC(240));
    ck_assert(rig_is_present(&f, "pvinverter/20"));
    rig_end(&f);
}
END_TEST

START_TEST(faults_are_of_their_services_and_end)
{
    rig_begin(&f, "pv.power", "900", NULL);
    rig_set(&f, "vanish", "battery/512 grid/30", 0);
    rig_run(&f, WP_SEC(1));
    ck_assert(!rig_is_present(&f, "battery/512"));
    ck_assert(!rig_is_present(&f, "grid/30"));
    ck_assert(rig_is_present(&f, "vebus/257"));
    rig_set(&f, "vanish", NULL, 0);
    rig_run(&f, WP_SEC(1));
    ck_assert(rig_is_present(&f, "battery/512"));
    rig_set(&f, "freeze", "pvinverter/20", 3);
    rig_set(&f, "pv.power", "1000", 0);
    near(value_at("pvinverter/20", "/Ac/Power", WP_MS(1500)), 900, 0.01, "frozen");
    near(value_at("pvinverter/20", "/Ac/Power", WP_SEC(3)), 1000, 0.01, "three periods later");
    rig_set(&f, "vanish", "tank/20", 0);
    ck_assert_uint_eq(f.notes, 1);
    rig_set(&f, "items.slow", "vebus", 0);
    ck_assert_int_eq(venus_items_conduct(rig_service(&f, "vebus/257")->items)->items_delay, WP_SEC(2));
    rig_end(&f);
}
END_TEST

/* An hour later it begins anew: what was written is lost, what was given is not, and the hour has not been counted. */
START_TEST(a_restart_is_a_new_start)
{
    rig_begin(&f, "pv.power", "900", "load.l1", "640", NULL);
    ck_assert_int_eq(rig_write(&f, "vebus/257", "/Mode", wp_int(4)), 0);
    f.now = WP_SEC(3600);
    memset(f.port, 0, sizeof f.port);
    memset(f.m, 0xA5, venus_system_class.size(&f.setup));
    venus_system_class.init(&f.setup, f.m);
    rig_step(&f, (struct wp_event){.kind = WP_EV_START});
    rig_run(&f, WP_SEC(1));
    ck_assert_int_eq((int)rig_number(&f, "vebus/257", "/Mode"), 3);
    near(rig_number(&f, "system/0", "/Ac/Consumption/L1/Power"), 640, 0.01, "the load");
    near(rig_number(&f, "pvinverter/20", "/Ac/Energy/Forward"), 12239.9, 0.02, "the counter");
    rig_step(&f, (struct wp_event){.kind = WP_EV_STOP});
    rig_run(&f, WP_SEC(5));
    for (uint32_t i = 0; i < f.m->n_services; i++)
        ck_assert(!venus_items_is_present(f.m->service[i].items));
    rig_end(&f);
}
END_TEST

/* ---- what a scenario holds ------------------------------------------------------------------------------------------ */

START_TEST(a_held_value_stays_until_it_is_let_go)
{
    rig_begin(&f, "pv.power", "900", NULL);
    rig_forget(&f);
    rig_set(&f, "value", "pvinverter/20 /Ac/Power d 936.0; battery/512 /Soc d 12.5", 0);
    ck_assert_uint_eq(rig_told(&f, "pvinverter/20", "/Ac/Power"), 1);
    ck_assert_uint_eq(rig_told(&f, "battery/512", "/Soc"), 1);
    near(value_at("pvinverter/20", "/Ac/Power", WP_SEC(5)), 936, 0, "it is held");
    near(rig_number(&f, "battery/512", "/Soc"), 12.5, 0, "so is this");
    rig_forget(&f);
    rig_set(&f, "quiet", "grid/30 /Serial s \"X\"", 0);
    ck_assert_uint_eq(f.signals, 0);
    rig_set(&f, "value", NULL, 0);
    near(value_at("pvinverter/20", "/Ac/Power", WP_SEC(1)), 900, 0.01, "it is let go");
    rig_end(&f);
}
END_TEST

START_TEST(a_held_control_decides)
{
    rig_begin(&f, "pv.power", "0", "value", "hub4/0 /AcPowerSetpoint d 777.0", NULL);
    near(value_at("grid/30", "/Ac/Power", WP_SEC(2)), 777, 0.01, "as if it had been written");
    rig_end(&f);
}
END_TEST

START_TEST(what_cannot_be_held_is_a_note)
{
    rig_begin(&f, NULL);
    rig_set(&f, "value", "tank/20 /Level d 5.0", 0);
    rig_set(&f, "value", "vebus/257 nonsense", 0);
    rig_set(&f, "value", "vebus", 0);
    ck_assert_uint_eq(f.notes, 3);
    rig_end(&f);
}
END_TEST

/* ---- the list ------------------------------------------------------------------------------------------------------- */

START_TEST(several_of_a_type_share_its_power)
{
    rig_begin(&f, "services",
              "vebus battery/512, battery/256, solarcharger, solarcharger/280 pvinverter/20 pvinverter/21 "
              "system grid",
              "mppt.power", "1001", "pv.power", "3001", NULL);
    near(rig_number(&f, "solarcharger/279", "/Yield/Power") +
             rig_number(&f, "solarcharger/280", "/Yield/Power"),
         rig_number(&f, "system/0", "/Dc/Pv/Power"), 0.01, "solar chargers");
    near(rig_number(&f, "pvinverter/20", "/Ac/Power") + rig_number(&f, "pvinverter/21", "/Ac/Power"), 3001,
         0.01, "PV inverters");
    near(rig_number(&f, "battery/512", "/Soc"), rig_number(&f, "battery/256", "/Soc"), 0, "one battery");
    ck_assert(
        wp_slice_is(rig_get(&f, "system/0", "/ActiveBatteryService").bytes, "com.victronenergy.battery/512"));
    ck_assert(wp_slice_is(rig_get(&f, "system/0", "/Ac/In/0/ServiceName").bytes,
                          "com.victronenergy.grid.cgwacs_ttyUSB0_di30_mb1"));
    ck_assert(wp_slice_is(rig_service(&f, "solarcharger/280")->plan.name,
                          "com.victronenergy.solarcharger.ttyO2_280"));
    ck_assert_int_eq(rig_write(&f, "pvinverter/21", "/Ac/PowerLimit", wp_int(500)), 0);
    near(value_at("pvinverter/20", "/Ac/Power", WP_SEC(1)), 500, 0.01, "a limit is the same for both");
    rig_end(&f);
}
END_TEST

/* Power comes of what there is: without solar charger and PV inverter the noon gives none. */
START_TEST(what_a_site_has_not_gives_nothing)
{
    rig_begin(&f, "services", "vebus, battery, grid, system", NULL);
    near(rig_number(&f, "system/0", "/Dc/Pv/Power"), 0, 0, "no solar charger");
    near(rig_number(&f, "grid/30", "/Ac/Power"), 50, 0.01, "no PV inverter");
    ck_assert_int_lt((int)rig_number(&f, "battery/512", "/Dc/0/Power"), 0);
    rig_end(&f);
    rig_begin(&f, "services", "vebus, battery/256, system", NULL);
    ck_assert(
        wp_slice_is(rig_get(&f, "system/0", "/ActiveBatteryService").bytes, "com.victronenergy.battery/256"));
    ck_assert_int_eq(rig_get(&f, "system/0", "/Ac/In/0/ServiceName").kind, WP_NULL);
    ck_assert_int_eq(rig_get(&f, "system/0", "/Ac/PvOnGrid/L1/Power").kind, WP_NULL);
    rig_end(&f);
}
END_TEST

static bool lives(struct wp_writer *why, ...)
{
    va_list args;
    bool is_good;

    va_start(args, why);
    is_good = rig_give(&f, args, why);
    va_end(args);
    return is_good;
}

static void dies_of(const char *sentence, const char *name, const char *value)
{
    char why[512];
    struct wp_writer w = wp_writer(why, sizeof why);

    ck_assert(!lives(&w, name, value, NULL));
    ck_assert_str_eq(wp_put_end(&w), sentence);
}

START_TEST(a_wrong_setup_says_why)
{
    dies_of("services: vebus, toaster: there is a service of no known type; see venus-service", "services",
            "vebus, toaster");
    dies_of("services: vebus/x: an instance is a number, as in pvinverter/20", "services", "vebus/x");
    dies_of("services: grid, grid/31: it is listed twice", "services", "grid, grid/31, vebus");
    dies_of("services: system/1: a service of which there is only one has instance 0", "services",
            "system/1");
    dies_of("services: : a site has a service at least", "services", "");
    dies_of("portal: a VRM portal ID is twelve digits of 0-9a-f, as c0619ab12345", "portal", "C0619AB12345");
    dies_of("vanish: names services of the site, as vebus/257 pvinverter/20", "vanish", "tank/20");
    dies_of("value: each is TYPE/INSTANCE PATH TYPE JSON of a service of the site, as vebus/257 /Mode u 3",
            "value", "tank/20 /Level d 5.0");
    ck_assert(lives(NULL, "services", "tank/1 tank/2 tank/3 temperature/24 gps meteo", NULL));
}
END_TEST

START_TEST(there_are_24_services_at_most)
{
    char list[512];
    size_t n = 0;

    for (unsigned i = 0; i < 25; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "tank/%u ", i);
    dies_of("services: tank/0 tank/1 tank/2 tank/3 tank/4 tank/5 tank/6 tank/7 tank/8 tank/9 tank/10 tank/11 "
            "tank/12 tank/13 "
            "tank/14 tank/15 tank/16 tank/17 tank/18 tank/19 tank/20 tank/21 tank/22 tank/23 tank/24: a site "
            "has 24 services "
            "at most",
            "services", list);
    *strstr(list, "tank/24") = '\0';
    rig_begin(&f, "services", list, NULL);
    ck_assert_uint_eq(f.last_port, 24);
    rig_end(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("venus_system");
    TCase *t = tcase_create("site");
    SRunner *runner;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, all_services_come_together);
    tcase_add_test(t, values_add_up_at_every_moment);
    tcase_add_test(t, a_day_adds_up_on_the_bus);
    tcase_add_test(t, only_what_changed_is_told);
    tcase_add_test(t, signals_are_those_of_the_driver);
    tcase_add_test(t, consumption_is_an_int_when_there_is_none);
    tcase_add_test(t, what_is_not_there_is_invalid);
    tcase_add_test(t, a_setpoint_is_kept_quietly_and_exports);
    tcase_add_test(t, settings_and_ess_share_the_grid_setpoint);
    tcase_add_test(t, modes_and_limits_are_obeyed);
    tcase_add_test(t, a_lost_grid_is_seen_everywhere);
    tcase_add_test(t, the_pv_inverter_sleeps_without_sun);
    tcase_add_test(t, night_falls_and_ends);
    tcase_add_test(t, faults_are_of_their_services_and_end);
    tcase_add_test(t, a_restart_is_a_new_start);
    tcase_add_test(t, a_held_value_stays_until_it_is_let_go);
    tcase_add_test(t, a_held_control_decides);
    tcase_add_test(t, what_cannot_be_held_is_a_note);
    tcase_add_test(t, several_of_a_type_share_its_power);
    tcase_add_test(t, what_a_site_has_not_gives_nothing);
    tcase_add_test(t, a_wrong_setup_says_why);
    tcase_add_test(t, there_are_24_services_at_most);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
