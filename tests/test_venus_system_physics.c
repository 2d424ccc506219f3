/* The physics of a simulated Victron site: it adds up, and does what is set.
 * covers: venus_system_flow venus_system_battery */
#include "tests/venus_site_rig.h"

#include "sim/core/random.h"

static struct venus_physics s;

static int64_t grid(void)
{
    return site_sum(s.flow.grid);
}

static void after(int64_t seconds)
{
    venus_physics_advance(&s, s.now_ms + seconds * 1000);
    site_is_sound(&s);
}

/* ---- set-points ----------------------------------------------------------------------------------------------- */

/* The API document's example: phase 1 of the inverter/charger gives 200 W to its input. */
START_TEST(a_negative_setpoint_exports)
{
    SITE(&s, SITE_NOON, "pv.power", "0", "mppt.power", "1000");
    for (unsigned i = 0; i < 3; i++)
        venus_physics_control(&s, (enum venus_control)(VENUS_CONTROL_SETPOINT_L1 + i), i == 0 ? -200000 : 0);
    ck_assert_int_eq(s.flow.input[0], -200000);
    ck_assert_int_eq(s.flow.input[1], 0);
    ck_assert_int_eq(s.flow.grid[0], -200000);
    ck_assert_int_eq(grid(), -200000);
    site_is_sound(&s);
}
END_TEST

/* Nobody repeats it: ESS is back after a minute. With mode 3 the last one counts, computed or written; others stay. */
START_TEST(a_setpoint_holds_for_a_minute_or_with_mode_3)
{
    int64_t before;

    SITE(&s, SITE_NOON, "pv.power", "0", "mppt.power", "0");
    ck_assert_int_eq(grid(), 50000);
    venus_physics_control(&s, VENUS_CONTROL_SETPOINT_L1, -700000);
    ck_assert_int_eq(s.flow.input[0], -700000);
    after(59);
    ck_assert(venus_physics_is_held(&s));
    ck_assert_int_eq(s.flow.input[0], -700000);
    after(2);
    ck_assert_int_eq(grid(), 50000);
    venus_physics_control(&s, VENUS_CONTROL_HUB4_MODE, 3);
    before = s.flow.input[1];
    ck_assert_int_eq(grid(), 50000);
    venus_physics_control(&s, VENUS_CONTROL_SETPOINT_L1, -700000);
    after(3600);
    ck_assert_int_eq(s.flow.input[0], -700000);
    ck_assert_int_eq(s.flow.input[1], before);
}
END_TEST

START_TEST(the_grid_setpoint_is_met_by_all_phases_or_by_each)
{
    SITE(&s, SITE_NOON, "pv.power", "0", "mppt.power", "0", "load.l1", "900", "load.l2", "0");
    venus_physics_control(&s, VENUS_CONTROL_GRID_SETPOINT, -600000);
    ck_assert_int_eq(grid(), -600000);
    ck_assert_int_ne(s.flow.grid[0], s.flow.grid[1]);
    venus_physics_control(&s, VENUS_CONTROL_HUB4_MODE, 2);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(s.flow.grid[i], -200000);
    venus_physics_control(&s, VENUS_CONTROL_OVERRIDE, 300000);
    ck_assert_int_eq(grid(), 300000);
    venus_physics_control(&s, VENUS_CONTROL_OVERRIDE, VENUS_NONE);
    ck_assert_int_eq(grid(), -600000);
}
END_TEST

/* An inverter/charger of one phase makes up for the others. */
START_TEST(one_phase_compensates_three)
{
    SITE(&s, SITE_NOON, "pv.power", "0", "mppt.power", "0", "vebus.phases", "1");
    ck_assert_int_eq(grid(), 50000);
    ck_assert_int_eq(s.flow.load_out[1], 0);
    ck_assert_int_eq(s.flow.load_in[1], 300000);
    ck_assert_int_eq(s.flow.grid[1], 300000);
    ck_assert_int_eq(s.flow.grid[0], 50000 - 500000);
}
END_TEST

/* It exports as far as PV and battery allow. */
START_TEST(an_empty_battery_exports_only_the_sun)
{
    SITE(&s, SITE_NOON, "pv.power", "0", "mppt.power", "500", "battery.soc", "10", "load.l1", "0", "load.l2",
         "0", "load.l3", "0");
    venus_physics_control(&s, VENUS_CONTROL_GRID_SETPOINT, -2000000);
    ck_assert_int_eq(s.flow.battery, 0);
    /* What the inverter takes for itself; 94 % of 500 W, less than 1 mW lost in each phase. */
    ck_assert_int_le(llabs(grid() - (30000 - 470000)), 3);
    site_set(&s, VENUS_PHYSICS_BATTERY_SOC, "60");
    ck_assert_int_eq(grid(), -2000000);
    ck_assert_int_lt(s.flow.battery, 0);
}
END_TEST

START_TEST(the_charge_current_limits_the_sun)
{
    SITE(&s, SITE_NOON, "pv.power", "0", "mppt.power", "3000");
    ck_assert_int_eq(s.flow.mppt, 3000000);
    venus_physics_control(&s, VENUS_CONTROL_MPPT_CURRENT, 10000);
    ck_assert_int_ge(s.flow.mppt, 450000); /* 10 A at 45 to 60 V */
    ck_assert_int_le(s.flow.mppt, 600000);
    site_is_sound(&s);
}
END_TEST

START_TEST(rated_power_is_the_end)
{
    SITE(&s, SITE_NOON, "pv.power", "0", "mppt.power", "0", "battery.discharge.current", "1000");
    venus_physics_control(&s, VENUS_CONTROL_GRID_SETPOINT, -32767000);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(s.flow.inverted[i], 3000000);
    venus_physics_control(&s, VENUS_CONTROL_MAX_DISCHARGE, 1200000);
    ck_assert_int_eq(site_sum(s.flow.inverted), 1200000);
    venus_physics_control(&s, VENUS_CONTROL_GRID_SETPOINT, 32767000);
    venus_physics_control(&s, VENUS_CONTROL_MAX_CHARGE, 900000);
    ck_assert_int_eq(site_sum(s.flow.inverted), -900000);
    site_is_sound(&s);
}
END_TEST

/* ---- modes ---------------------------------------------------------------------------------------------------- */

START_TEST(the_mode_decides_who_carries_the_house)
{
    SITE(&s, SITE_NOON, "pv.power", "0", "mppt.power", "0");
    venus_physics_control(&s, VENUS_CONTROL_MODE, 1);
    ck_assert_int_gt(s.flow.battery, 0);
    ck_assert_int_eq(site_sum(s.flow.load_out), 1000000);
    venus_physics_control(&s, VENUS_CONTROL_MODE, 2);
    ck_assert_int_eq(grid(), 0);
    ck_assert_int_eq(site_sum(s.flow.inverted), 1030000);
    venus_physics_control(&s, VENUS_CONTROL_MODE, 4);
    ck_assert_int_eq(site_sum(s.flow.load_out), 0);
    ck_assert_int_eq(s.flow.battery, 0);
    ck_assert_int_eq(s.flow.loss, 0);
    ck_assert(!s.flow.is_on);
    site_is_sound(&s);
}
END_TEST

/* What is before the inverter/charger goes dark with the grid, the PV inverter too. */
START_TEST(a_lost_grid_leaves_an_island)
{
    SITE(&s, SITE_NOON, "pv.power", "2000", "mppt.power", "0", "load.input.l1", "400");
    ck_assert_int_eq(s.flow.load_in[0], 400000);
    site_set(&s, VENUS_PHYSICS_GRID_LOST, "true");
    ck_assert_int_eq(s.flow.load_in[0], 0);
    ck_assert_int_eq(site_sum(s.flow.pv), 0);
    ck_assert_int_eq(site_sum(s.flow.load_out), 1000000);
    ck_assert_int_eq(grid(), 0);
    venus_physics_control(&s, VENUS_CONTROL_PV_POSITION, 1);
    ck_assert_int_eq(site_sum(s.flow.pv), 2000000);
    ck_assert_int_gt(s.flow.battery, 800000);
    site_is_sound(&s);
    site_set(&s, VENUS_PHYSICS_BATTERY_SOC, "100");
    /* The house and the inverter, no more; what goes from one phase to another has a loss. */
    ck_assert_int_le(s.flow.battery, 0);
    ck_assert_int_gt(s.flow.battery, -50000);
    ck_assert_int_le(llabs(site_sum(s.flow.pv) - 1030000), 3);
    site_is_sound(&s);
}
END_TEST

/* Empty it switches off, and stays so until there is something again. */
START_TEST(an_island_ends_with_its_battery)
{
    SITE(&s, SITE_NOON, "pv.power", "0", "mppt.power", "0", "battery.soc", "0.05", "grid.lost", "true");
    ck_assert(s.flow.is_on);
    after(60);
    ck_assert(!s.flow.is_on && s.flow.is_low);
    ck_assert_int_eq(site_sum(s.flow.load_out), 0);
    site_set(&s, VENUS_PHYSICS_MPPT_POWER, "3000");
    after(60);
    ck_assert(!s.flow.is_on);
    after(800);
    ck_assert(s.flow.is_on && !s.flow.is_low);
    site_set(&s, VENUS_PHYSICS_LOAD_L1, "5000");
    ck_assert(!s.flow.is_on && s.flow.is_overloaded && !s.flow.is_low);
    site_set(&s, VENUS_PHYSICS_LOAD_L1, "100");
    ck_assert(s.flow.is_on && !s.flow.is_overloaded);
}
END_TEST

START_TEST(a_generator_takes_the_grids_place_and_is_never_fed)
{
    SITE(&s, SITE_NOON, "pv.power", "6000", "mppt.power", "0", "grid.lost", "true", "genset.on", "true");
    ck_assert_int_eq(grid(), 0);
    ck_assert_int_ge(site_sum(s.flow.genset), 0);
    site_is_sound(&s);
    site_set(&s, VENUS_PHYSICS_PV_POWER, "0");
    ck_assert_int_eq(site_sum(s.flow.genset), 4000000);
    ck_assert_int_gt(s.flow.battery, 2500000);
}
END_TEST

/* ---- limits of sun and feed-in -------------------------------------------------------------------------------- */

START_TEST(the_power_limit_holds_the_pv_inverter_back)
{
    SITE(&s, SITE_NOON, "pv.power", "6000");
    ck_assert_int_eq(site_sum(s.flow.pv), 6000000);
    venus_physics_control(&s, VENUS_CONTROL_PV_LIMIT, 1500000);
    ck_assert_int_eq(site_sum(s.flow.pv), 1500000);
    venus_physics_control(&s, VENUS_CONTROL_PV_LIMIT, -5);
    ck_assert_int_eq(site_sum(s.flow.pv), 0);
    site_is_sound(&s);
}
END_TEST

START_TEST(no_feed_in_means_none)
{
    SITE(&s, SITE_NOON, "pv.power", "6000", "mppt.power", "3000", "battery.soc", "100");
    ck_assert_int_lt(grid(), -4000000);
    ck_assert_int_eq(s.flow.mppt, 0);
    venus_physics_control(&s, VENUS_CONTROL_FEED_EXCESS, 1);
    ck_assert_int_eq(s.flow.mppt, 3000000);
    ck_assert_int_eq(grid(), 1030000 - 6000000 - 2820000);
    venus_physics_control(&s, VENUS_CONTROL_MAX_FEED_IN, 5500000);
    ck_assert_int_eq(grid(), -5500000);
    venus_physics_control(&s, VENUS_CONTROL_NO_FEED_IN, 1);
    ck_assert_int_eq(grid(), 0);
    site_is_sound(&s);
}
END_TEST

START_TEST(one_phase_of_pv_has_no_other)
{
    SITE(&s, SITE_NOON, "pv.power", "3000", "pv.phases", "1");
    ck_assert_int_eq(s.flow.pv[0], 3000000);
    ck_assert_int_eq(s.flow.pv[1], 0);
    ck_assert_uint_eq(venus_physics_pv_phases(&s), 1);
}
END_TEST

START_TEST(a_car_charges_when_it_is_there_and_started)
{
    SITE(&s, SITE_NOON, "pv.power", "0", "mppt.power", "0");
    venus_physics_control(&s, VENUS_CONTROL_EV_START, 1);
    ck_assert_int_eq(site_sum(s.flow.ev), 0);
    site_set(&s, VENUS_PHYSICS_EV_CONNECTED, "true");
    ck_assert_int_eq(site_sum(s.flow.ev), 3 * 16 * 230000);
    venus_physics_control(&s, VENUS_CONTROL_EV_CURRENT, 6000);
    ck_assert_int_eq(s.flow.ev[2], 6 * 230000);
    site_is_sound(&s);
}
END_TEST

/* ---- the battery ---------------------------------------------------------------------------------------------- */

START_TEST(the_battery_fills_and_empties_to_its_ends)
{
    SITE(&s, SITE_NOON, "pv.power", "0", "mppt.power", "3000", "battery.soc", "99.9");
    after(7200);
    ck_assert_int_ge(venus_physics_soc(&s), 99999);
    site_set(&s, VENUS_PHYSICS_MPPT_POWER, "0");
    after(24 * 3600);
    ck_assert_int_le(llabs(venus_physics_soc(&s) - 10000), 1); /* MinimumSocLimit, while there is a grid */
    ck_assert_int_gt(grid(), 1000000);
    site_set(&s, VENUS_PHYSICS_GRID_LOST, "true");
    after(4 * 3600);
    ck_assert_int_le(venus_physics_soc(&s), 1);
}
END_TEST

START_TEST(another_capacity_is_as_full_as_before)
{
    SITE(&s, SITE_NOON, "battery.soc", "42.5");
    site_set(&s, VENUS_PHYSICS_BATTERY_CAPACITY, "333");
    ck_assert_int_eq(venus_physics_soc(&s), 42500);
}
END_TEST

START_TEST(its_voltage_follows_from_charge_and_load)
{
    int64_t full, rest;

    SITE(&s, SITE_NOON, "battery.soc", "20", "pv.power", "0", "mppt.power", "0");
    rest = venus_physics_volt(&s);
    ck_assert_int_lt(rest, 52000);
    ck_assert_int_gt(rest, 50000);
    site_set(&s, VENUS_PHYSICS_MPPT_POWER, "5000");
    ck_assert_int_gt(venus_physics_volt(&s), rest);
    ck_assert_int_le(
        llabs(venus_physics_ampere(&s, s.flow.battery) * venus_physics_volt(&s) / 1000 - s.flow.battery),
        100);
    site_set(&s, VENUS_PHYSICS_BATTERY_SOC, "100");
    full = venus_physics_volt(&s);
    ck_assert_int_gt(full, 54000);
}
END_TEST

/* ---- energy ----------------------------------------------------------------------------------------------------- */

static int64_t stored_and_used(const struct venus_physics *p)
{
    const struct venus_energy *e = &p->energy;

    return e->load + e->ev + e->dc_load + e->loss + p->stored + site_sum(e->export) - site_sum(e->import) -
           site_sum(e->genset) - site_sum(e->pv) - e->mppt;
}

/* A whole day of sun and house, second by second, and at once: the same, and nothing is lost. */
START_TEST(a_day_adds_up)
{
    static struct venus_physics at_once;
    int64_t begin;

    SITE(&s, SITE_MIDNIGHT, "load.profile", "home", "sun.clouds", "40", "load.input.l2", "150");
    at_once = s;
    begin = stored_and_used(&s);
    for (unsigned i = 0; i < 86400; i++) {
        after(1);
        if (i % 600 == 0)
            ck_assert_int_eq(stored_and_used(&s), begin);
    }
    ck_assert_int_eq(stored_and_used(&s), begin);
    ck_assert_int_gt(s.energy.mppt, at_once.energy.mppt + INT64_C(3) * 3600000000000);
    venus_physics_advance(&at_once, SITE_MIDNIGHT + 86400 * INT64_C(1000));
    ck_assert_mem_eq(&at_once.energy, &s.energy, sizeof s.energy);
    ck_assert_int_eq(at_once.stored, s.stored);
}
END_TEST

START_TEST(the_solar_chargers_count_their_day)
{
    SITE(&s, SITE_NOON, "mppt.power", "1000", "pv.power", "0");
    after(3600);
    ck_assert_int_eq(s.day_yield, INT64_C(3600000000000));
    ck_assert_int_eq(s.day_peak, 1000000);
    site_set(&s, VENUS_PHYSICS_MPPT_POWER, "0");
    after(11 * 3600 + 1);
    ck_assert_int_eq(s.day_yield, 0);
    ck_assert_int_eq(s.day_peak, 0);
}
END_TEST

/* What goes through the inverter/charger is told by ways; in and out they are its taps. */
START_TEST(ways_through_the_inverter_are_its_taps)
{
    const int64_t *way = s.energy.way;

    SITE(&s, SITE_NOON, "pv.power", "0", "mppt.power", "0");
    after(3600);
    ck_assert_int_eq(way[VENUS_IN_TO_OUT] + way[VENUS_INVERTER_TO_OUT], s.energy.load);
    ck_assert_int_eq(way[VENUS_OUT_TO_IN] + way[VENUS_OUT_TO_INVERTER], 0);
    venus_physics_control(&s, VENUS_CONTROL_GRID_SETPOINT, -500000);
    after(3600);
    ck_assert_int_gt(way[VENUS_INVERTER_TO_IN], 0);
    venus_physics_control(&s, VENUS_CONTROL_PV_POSITION, 1);
    site_set(&s, VENUS_PHYSICS_PV_POWER, "3000");
    after(3600);
    ck_assert_int_gt(way[VENUS_OUT_TO_IN], 0);
    ck_assert_int_gt(way[VENUS_OUT_TO_INVERTER] + way[VENUS_OUT_TO_IN], 0);
}
END_TEST

/* ---- whatever is set ---------------------------------------------------------------------------------------------- */

static void set_anything(struct wp_random *r)
{
    const enum venus_physics_row row =
        (enum venus_physics_row)wp_random_between(r, VENUS_PHYSICS_PV_PEAK, VENUS_PHYSICS_GENSET_POWER);
    const struct wp_option *o = &site_options[row];
    struct wp_value v = wp_null();

    switch (o->type) {
    case WP_OPT_BOOL: v = wp_bool(wp_random_below(r, 2)); break;
    case WP_OPT_INT:
        v = wp_int(
            wp_random_between(r, o->min, wp_random_below(r, 2) ? o->max : o->min + (o->max - o->min) / 20));
        break;
    case WP_OPT_DECIMAL: v = wp_decimal(wp_random_between(r, o->min, o->max), -6); break;
    case WP_OPT_DURATION: v = wp_int(wp_random_between(r, o->min, o->max)); break;
    default: v = wp_text_value(wp_text(wp_random_below(r, 2) ? "home" : "constant")); break;
    }
    venus_physics_set(&s, row, o->fallback || wp_random_below(r, 4) ? v : wp_null());
}

static void control_anything(struct wp_random *r)
{
    const enum venus_control which = (enum venus_control)wp_random_between(r, 0, VENUS_CONTROLS - 1);
    const bool is_power =
        which != VENUS_CONTROL_MODE && which != VENUS_CONTROL_HUB4_MODE && which != VENUS_CONTROL_EV_POSITION;

    venus_physics_control(&s, which,
                          is_power && wp_random_below(r, 2) ? wp_random_between(r, -20000000, 20000000)
                                                            : wp_random_between(r, -1, 4));
}

START_TEST(whatever_is_set_it_adds_up)
{
    struct wp_random r = wp_random(4711);
    char phases[3][2] = {"1", "1", "1"};

    for (unsigned round = 0; round < 400; round++) {
        int64_t begin;

        for (unsigned i = 0; i < 3; i++)
            phases[i][0] = (char)('1' + wp_random_below(&r, 3));
        SITE(&s, SITE_MIDNIGHT + wp_random_between(&r, 0, 86400000), "phases", phases[0], "vebus.phases",
             phases[1], "pv.phases", phases[2]);
        for (unsigned i = 0; i < 60; i++) {
            if (wp_random_below(&r, 2))
                set_anything(&r);
            else
                control_anything(&r);
            site_is_sound(&s);
            begin = stored_and_used(&s);
            venus_physics_advance(&s, s.now_ms + wp_random_between(&r, 1, 5000));
            site_is_sound(&s);
            ck_assert_int_eq(stored_and_used(&s), begin);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("venus_system_physics");
    TCase *t = tcase_create("physics");
    SRunner *runner;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_negative_setpoint_exports);
    tcase_add_test(t, a_setpoint_holds_for_a_minute_or_with_mode_3);
    tcase_add_test(t, the_grid_setpoint_is_met_by_all_phases_or_by_each);
    tcase_add_test(t, one_phase_compensates_three);
    tcase_add_test(t, an_empty_battery_exports_only_the_sun);
    tcase_add_test(t, the_charge_current_limits_the_sun);
    tcase_add_test(t, rated_power_is_the_end);
    tcase_add_test(t, the_mode_decides_who_carries_the_house);
    tcase_add_test(t, a_lost_grid_leaves_an_island);
    tcase_add_test(t, an_island_ends_with_its_battery);
    tcase_add_test(t, a_generator_takes_the_grids_place_and_is_never_fed);
    tcase_add_test(t, the_power_limit_holds_the_pv_inverter_back);
    tcase_add_test(t, no_feed_in_means_none);
    tcase_add_test(t, one_phase_of_pv_has_no_other);
    tcase_add_test(t, a_car_charges_when_it_is_there_and_started);
    tcase_add_test(t, the_battery_fills_and_empties_to_its_ends);
    tcase_add_test(t, another_capacity_is_as_full_as_before);
    tcase_add_test(t, its_voltage_follows_from_charge_and_load);
    tcase_add_test(t, a_day_adds_up);
    tcase_add_test(t, the_solar_chargers_count_their_day);
    tcase_add_test(t, ways_through_the_inverter_are_its_taps);
    tcase_add_test(t, whatever_is_set_it_adds_up);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
