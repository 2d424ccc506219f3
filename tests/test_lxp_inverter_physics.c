/* Days of a LuxPower inverter: what its registers show, and what it counts.
 *
 * covers: lxp_inverter_sun lxp_inverter_battery lxp_inverter_inputs
 * Expected values are reckoned by hand, or from the registers alone. */
#include "tests/lxp_physics_rig.h"

#include <stdlib.h>

/* ---- a day ------------------------------------------------------------------------------------------------------- */

/* The battery is at 20 % at midnight and covers 400 W: 409 W from the battery with the inverter's 98 %, 422 W from its
 * store with its 97 %. 10 % of 9600 Wh last 2 h 16 min; then the grid covers. The sun rises at six: 4000 W times
 * sin(pi t / 12 h), 2000 W at eight. It fills the battery by noon and then is held back to the 3600 W of the inverter. */
START_TEST(a_day_from_midnight_to_midnight)
{
    static const struct {
        const char *when;
        int64_t at;
        unsigned status, discharge, to_user, to_grid;
        struct {
            unsigned min, max;
        } pv, charge, soc;
    } day[] = {
        {"the battery covers the house", 1 * HOUR, 16, 409, 0, 0, {0, 0}, {0, 0}, {15, 15}},
        {"just before its end", 136 * MINUTE, 16, 409, 0, 0, {0, 0}, {0, 0}, {10, 10}},
        {"its end: the grid covers", 137 * MINUTE, 0, 0, 400, 0, {0, 0}, {0, 0}, {10, 10}},
        {"nothing changes before the sun", 6 * HOUR - 1, 0, 0, 400, 0, {0, 0}, {0, 0}, {10, 10}},
        {"the sun, not yet enough", 6 * HOUR + 20 * MINUTE, 4, 0, 47, 0, {357, 365}, {0, 0}, {10, 10}},
        {"its surplus charges", 8 * HOUR, 12, 0, 0, 0, {2000, 2012}, {1591, 1603}, {22, 24}},
        {"full: as much as it can is sold", 12 * HOUR, 4, 0, 0, 3200, {3674, 3674}, {0, 0}, {100, 100}},
        {"all of the sun is sold", 16 * HOUR, 4, 0, 0, 1551, {1986, 2000}, {0, 0}, {100, 100}},
        {"the last light", 18 * HOUR - 1, 20, 401, 0, 0, {6, 10}, {0, 0}, {98, 99}},
        {"night: the battery again", 18 * HOUR, 16, 409, 0, 0, {0, 0}, {0, 0}, {98, 99}},
        {"an hour before midnight", 23 * HOUR, 16, 409, 0, 0, {0, 0}, {0, 0}, {76, 78}},
    };

    start("battery.soc", "20", NULL);
    for (size_t i = 0; i < sizeof day / sizeof day[0]; i++) {
        until(day[i].at);
        ck_assert_msg(in(R_STATUS) == day[i].status, "%s: status %u", day[i].when, in(R_STATUS));
        ck_assert_msg(in(R_DISCHARGE) == day[i].discharge, "%s: p_discharge %u", day[i].when,
                      in(R_DISCHARGE));
        ck_assert_msg(in(R_TO_USER) == day[i].to_user, "%s: p_to_user %u", day[i].when, in(R_TO_USER));
        ck_assert_msg(in(R_TO_GRID) == day[i].to_grid, "%s: p_to_grid %u", day[i].when, in(R_TO_GRID));
        ck_assert_msg(p_pv() >= day[i].pv.min && p_pv() <= day[i].pv.max, "%s: p_pv %u", day[i].when, p_pv());
        ck_assert_msg(in(R_CHARGE) >= day[i].charge.min && in(R_CHARGE) <= day[i].charge.max,
                      "%s: p_charge %u", day[i].when, in(R_CHARGE));
        ck_assert_msg(soc() >= day[i].soc.min && soc() <= day[i].soc.max, "%s: soc %u", day[i].when, soc());
    }
}
END_TEST

/* The house's mean is kept by its profile: nothing but the grid covers it, and a day has 24 times the mean. */
START_TEST(a_home_takes_its_mean_and_most_in_the_evening)
{
    unsigned night, evening;

    start("battery.soc", "10", "load.power", "1000", "load.profile", "home", "pv.power", "0", NULL);
    until(3 * HOUR);
    night = in(R_TO_USER);
    until(19 * HOUR);
    evening = in(R_TO_USER);
    ck_assert_uint_eq(night, 380);
    ck_assert_uint_eq(evening, 2100);
    until(19 * HOUR + 15 * MINUTE);
    ck_assert_uint_eq(in(R_TO_USER), 2025); /* a quarter on the way to 1800 */
    until(DAY - 1);
    ck_assert_uint_eq(in(R_E_TO_USER), 239);
    /* Each quarter is cut to whole watts: up to 24 Wh less. */
    ck_assert_uint_le(f.energy[LXP_LOAD], UINT64_C(24000) * 3600000);
    ck_assert_uint_ge(f.energy[LXP_LOAD], UINT64_C(23976) * 3600000);
}
END_TEST

/* Half a sine of 4000 W over twelve hours is 4000 W * 24 h / pi = 30.558 kWh. */
START_TEST(a_clear_day_has_the_energy_of_half_a_sine)
{
    start("rated.power", "10000", "load.power", "0", "battery.soc", "100", NULL);
    until(DAY - 1);
    ck_assert_uint_ge(in(R_E_PV1) + in(R_E_PV1 + 1), 304);
    ck_assert_uint_le(in(R_E_PV1) + in(R_E_PV1 + 1), 307);
    ck_assert_uint_eq(in(R_E_PV1)*2 / 3, in(R_E_PV1 + 1)); /* 2400 W and 1600 W */
    ck_assert_uint_eq(in(R_E_PV1 + 2), 0);
}
END_TEST

/* 24 h * 2400 W / pi = 18335 Wh of string 1; clouds of 0 to 80 % leave 60 % in the mean. */
START_TEST(clouds_take_their_share_and_are_the_seeds)
{
    uint64_t watt_hours[3];

    for (unsigned i = 0; i < 3; i++) {
        start("load.power", "0", "rated.power", "10000", "battery.soc", "100", "sun.clouds", "80",
              "energy.pv1", "0", NULL);
        f.sun.seed += i / 2;
        until(DAY - 1);
        watt_hours[i] = f.energy[LXP_PV1] / 3600000;
        ck_assert_uint_gt(watt_hours[i], 18335 * 50 / 100);
        ck_assert_uint_lt(watt_hours[i], 18335 * 70 / 100);
    }
    ck_assert_uint_eq(watt_hours[0], watt_hours[1]);
    ck_assert_uint_ne(watt_hours[0], watt_hours[2]);
}
END_TEST

/* 21 June has four hours more than the mean day, 21 December four hours less; in March it is the mean day. */
START_TEST(the_day_is_longer_in_june)
{
    static const struct {
        const char *noon; /* after 9 June */
        int rise;
    } days[] = {{"12d12h", 240}, {"195d12h", 480}, {"-80d", 360}};

    for (size_t i = 0; i < 3; i++) {
        start("sun.season", "4h", "at", days[i].noon, NULL);
        ck_assert_int_le(abs(f.sun.sunrise - days[i].rise), 4);
        ck_assert_int_le(abs(f.sun.sunset - (1440 - days[i].rise)), 4);
    }
}
END_TEST

START_TEST(inverters_differ_by_their_seeds)
{
    unsigned load[2];

    for (unsigned i = 0; i < 2; i++) {
        struct wp_value given[LXP_PHYSICS_ROWS];

        for (unsigned row = 0; row < LXP_PHYSICS_ROWS; row++)
            given[row] = value_of(&rows[row], rows[row].fallback);
        given[LXP_PHYSICS_SPREAD] = wp_int(20);
        given[LXP_PHYSICS_BATTERY_SOC] = wp_int(0);
        lxp_physics_begin(&f, given, UINT64_C(0x123456789ABCDEF) * (i + 1), START);
        load[i] = in(R_TO_USER);
        ck_assert_uint_ge(load[i], 320);
        ck_assert_uint_le(load[i], 480);
    }
    ck_assert_uint_ne(load[0], load[1]);
}
END_TEST

/* ---- what is shown ------------------------------------------------------------------------------------------------ */

/* The third sample of the API document, OCT-095 and the battery's own voltages. */
START_TEST(the_battery_as_the_sample_shows_it)
{
    uint16_t block[40], expected[40] = {[1] = 10500, [2] = 15000, [3] = 532, [4] = 400, [10] = 192, [15] = 3};

    start(NULL, NULL);
    lxp_physics_inputs(&f, 80, 40, block);
    for (unsigned i = 0; i < 16; i++)
        ck_assert_uint_eq(block[i], expected[i]);
    ck_assert_uint_eq(block[16], 2);
    ck_assert_uint_eq(block[17], 200);
    ck_assert_uint_eq(in(97), 200);
    ck_assert_int_eq((int16_t)in(98), -829); /* 409 W at 49.3 V, out of it */
    ck_assert_uint_eq(in(R_V_BAT), 493);
    ck_assert_uint_eq(in(107), 493);
    ck_assert_uint_eq(in(5), 100 << 8 | 53);
    start("battery.current.unit", "0.1", NULL);
    ck_assert_uint_eq(in(81), 1050);
    ck_assert_int_eq((int16_t)in(98), -82);
}
END_TEST

START_TEST(voltages_and_frequencies_are_what_is_given)
{
    start("grid.frequency", "50.1", "bus1.voltage", "379.9", NULL);
    ck_assert_uint_eq(in(R_V_AC), 2473);
    ck_assert_uint_eq(in(15), 5010);
    ck_assert_uint_eq(in(R_F_EPS), 5010);
    ck_assert_uint_eq(in(38), 3799);
    ck_assert_uint_eq(in(39), 3008); /* 400 W more than nothing */
    set("bus1.voltage", NULL);
    ck_assert_uint_eq(in(38), 3796);
    set("grid.frequency", NULL); /* has a fallback, keeps its value */
    ck_assert_uint_eq(in(15), 5010);
    ck_assert_uint_eq(in(LXP_PHYSICS_INPUTS), 0);
    ck_assert_uint_eq(in(65535), 0);
}
END_TEST

/* OCT-091 to 093 */
START_TEST(temperatures_follow_power_or_what_is_given)
{
    unsigned rest;

    start("pv.power", "0", "load.power", "0", "temperature.ambient", "-30", NULL);
    ck_assert_int_eq((int16_t)in(64), -12);
    ck_assert_int_eq((int16_t)in(65), -26);
    rest = in(64);
    hold(21, AC_CHARGE);
    ck_assert_uint_eq(in(64), (uint16_t)(rest + 18)); /* 3600 W */
    set("temperature.inner", "-1");
    set("temperature.radiator1", "70");
    ck_assert_int_eq((int16_t)in(64), -1);
    ck_assert_uint_eq(in(65), 70);
    ck_assert_int_eq((int16_t)in(66), -26 + 35);
    set("temperature.inner", NULL);
    ck_assert_uint_eq(in(64), (uint16_t)(rest + 18));
}
END_TEST

START_TEST(a_block_is_its_registers)
{
    uint16_t block[200];

    start("at", "9h17min", NULL);
    later(HOUR);
    for (unsigned first = 0; first < 130; first += 13)
        for (unsigned n = 1; n < 200; n += 41) {
            lxp_physics_inputs(&f, first, n, block);
            for (unsigned i = 0; i < n; i++)
                ck_assert_uint_eq(block[i], in(first + i));
        }
}
END_TEST

/* ---- energy -------------------------------------------------------------------------------------------------------- */

/* OCT-088: 3600 W for an hour are 3.6 kWh, of which 98 % charge; the counters of all time begin where they were given. */
START_TEST(energy_is_power_times_time)
{
    start("energy.rec", "6553.5", "battery.soc", "10", "pv.power", "0", NULL);
    ck_assert_uint_eq(all_time(48), 65535);
    ck_assert_uint_eq(all_time(40), 16756);
    hold(21, AC_CHARGE);
    later(100 * 1000 - 1);
    ck_assert_uint_eq(in(R_E_REC), 0);
    later(1); /* 3600 W * 100 s */
    ck_assert_uint_eq(in(R_E_REC), 1);
    ck_assert_uint_eq(all_time(48), 65536);
    until(HOUR);
    ck_assert_uint_eq(in(R_E_REC), 36);
    ck_assert_uint_eq(in(R_E_CHARGE), 35);
    ck_assert_uint_eq(in(R_E_TO_USER), 40);
    ck_assert_uint_eq(in(R_E_DISCHARGE), 0);
    ck_assert_uint_eq(all_time(69), 3600);
}
END_TEST

/* Three cut counters would be up to 0.2 kWh below what they are published as. */
START_TEST(the_sum_of_the_strings_is_exact_and_never_falls)
{
    unsigned before = 0;

    start("pv3.peak", "700", "energy.pv2", "0.3", NULL);
    for (; f.now_ms < START + DAY - MINUTE; later(MINUTE)) {
        uint64_t sum = 0;
        unsigned shown = in(R_E_PV1) + in(R_E_PV1 + 1) + in(R_E_PV1 + 2);

        for (unsigned i = LXP_PV1; i <= LXP_PV3; i++)
            sum += f.energy[i] - f.at_midnight[i];
        ck_assert_uint_eq(shown, sum / LXP_ENERGY_UNIT);
        ck_assert_uint_ge(shown, before);
        ck_assert_uint_eq(all_time(40) + all_time(42) + all_time(44), 16759 + shown);
        before = shown;
    }
    ck_assert_uint_gt(before, 200);
}
END_TEST

START_TEST(the_day_ends_at_its_own_midnight)
{
    start("pv.power", "1000", "load.power", "1000", "battery.soc", "0", NULL);
    lxp_physics_set_clock(&f, -90 * MINUTE); /* half past ten, the day before */
    until(90 * MINUTE - 1);
    ck_assert_uint_eq(in(R_E_PV1) + in(R_E_PV1 + 1), 14);
    until(90 * MINUTE);
    ck_assert_uint_eq(in(R_E_PV1), 0);
    ck_assert_uint_eq(all_time(40), 16765);
    until(90 * MINUTE + DAY - 1);
    ck_assert_uint_eq(in(R_E_PV1) + in(R_E_PV1 + 1), 239);
    until(90 * MINUTE + DAY);
    ck_assert_uint_eq(in(R_E_PV1), 0);
}
END_TEST

START_TEST(a_clock_that_is_set_within_the_day_keeps_the_day)
{
    start("pv.power", "1000", "at", "12h", NULL);
    later(HOUR);
    lxp_physics_set_clock(&f, 5 * MINUTE);
    ck_assert_uint_eq(in(R_E_PV1), 6);
    lxp_physics_set_clock(&f, DAY); /* tomorrow */
    ck_assert_uint_eq(in(R_E_PV1), 0);
}
END_TEST

/* Random settings and registers for three days, changed every few hours. */
static uint64_t dice;

static unsigned roll(unsigned sides)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(dice >> 33) % sides;
}

static void change_something(void)
{
    static const struct {
        const char *name, *values[4];
    } given[] = {
        {"pv.power", {NULL, NULL, "0", "60000"}},
        {"sun.clouds", {"0", "100", "40", "0"}},
        {"pv1.peak", {"0", "20000", "2400", "1"}},
        {"load.power", {"0", "30000", "400", "3600"}},
        {"load.profile", {"home", "constant", "home", "constant"}},
        {"grid.voltage", {"230", "0", "247.3", "230"}},
        {"battery.charge.current", {"0", "600", "105", "10"}},
        {"battery.discharge.current", {"150", "0", "600", "20"}},
    };
    static const uint8_t regs[] = {64, 65, 66, 67, 74, 75, 82, 83, 103, 105, 125};
    unsigned i = roll(8), reg = roll(11);

    set(given[i].name, given[i].values[roll(4)]);
    hold(regs[reg], (uint16_t)roll(130));
    hold(68 + roll(22), hm(roll(25), roll(61)));
    hold(21, (uint16_t)((unsigned)NORMAL ^ (roll(2) << 7 | roll(2) << 10 | roll(2) << 11 | roll(2) |
                                            (unsigned)(roll(8) == 0) << 9 | roll(2) << 15)));
    lxp_physics_set_clock(&f, (int64_t)roll(172800) * 1000 - DAY);
}

static void begin_random(unsigned seed)
{
    static const char *const rated[] = {"100", "3600", "30000"}, *const capacity[] = {"1", "200", "5000"},
                             *const efficiency[] = {"80", "97", "100"}, *const spreads[] = {"0", "50", "10"};

    dice = seed;
    start("rated.power", rated[roll(3)], "battery.capacity", capacity[roll(3)], "efficiency",
          efficiency[roll(3)], "battery.efficiency", efficiency[roll(3)], "spread", spreads[roll(3)],
          "sun.season", "3h", "energy.pv1", "0", "energy.inv", "0", "energy.rec", "0", "energy.chg", "0",
          "energy.dischg", "0", "energy.eps", "0", "energy.to_grid", "0", "energy.to_user", "0", NULL);
}

/* What came in is what went out, exactly: pv + to_user + out of the store = load + to_grid + into the store + losses,
 * and the registers' own balance of the grid's side. */
static void expect_balance(int64_t stored_before)
{
    const uint64_t *e = f.energy;
    int64_t in_all = (int64_t)(e[LXP_PV1] + e[LXP_PV2] + e[LXP_PV3] + e[LXP_TO_USER]);
    int64_t out_all = (int64_t)(e[LXP_LOAD] + e[LXP_TO_GRID] + e[LXP_LOSS]);

    ck_assert_int_eq(in_all - out_all, f.stored - stored_before);
    ck_assert_uint_eq(e[LXP_INV] + e[LXP_EPS] + e[LXP_TO_USER], e[LXP_LOAD] + e[LXP_REC] + e[LXP_TO_GRID]);
    ck_assert_uint_le(soc(), 100);
    ck_assert(f.watt[LXP_CHG] == 0 || f.watt[LXP_DISCHG] == 0);
    ck_assert(f.watt[LXP_INV] == 0 || f.watt[LXP_REC] == 0);
    ck_assert(f.watt[LXP_TO_GRID] == 0 || f.watt[LXP_TO_USER] == 0);
    ck_assert_uint_le(f.watt[LXP_INV], f.setting[LXP_PHYSICS_RATED_POWER]);
    ck_assert_uint_le(f.watt[LXP_REC], f.setting[LXP_PHYSICS_RATED_POWER]);
}

/* From one change of power to the next; there are never many: a minute of sun, a percent of a battery that is small. */
static void later_step_by_step(int64_t ms)
{
    int64_t to = f.now_ms + ms;
    unsigned steps = 0;

    for (; f.next_ms < to; steps++)
        lxp_physics_advance(&f, f.next_ms);
    lxp_physics_advance(&f, to);
    ck_assert_uint_le(steps, 2 * (unsigned)(ms / MINUTE) + 130);
}

START_TEST(energy_is_neither_made_nor_lost)
{
    for (unsigned seed = 1; seed <= 40; seed++) {
        int64_t before;

        begin_random(seed);
        before = f.stored;
        for (unsigned i = 0; i < 40; i++) {
            change_something();
            later_step_by_step((int64_t)(roll(7200) + 1) * 997);
            expect_balance(before);
        }
    }
}
END_TEST

/* The same changes at the same times; one looks only then, the other every now and then in between. */
START_TEST(it_is_the_same_however_often_one_looks)
{
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct lxp_physics seldom;

        for (unsigned often = 0; often < 2; often++) {
            begin_random(seed);
            for (unsigned i = 0; i < 20; i++) {
                int64_t to;

                change_something();
                to = f.now_ms + (int64_t)(roll(7200) + 1) * 997;
                while (often && f.now_ms + 7919 < to)
                    later(7919 - i);
                lxp_physics_advance(&f, to);
            }
            if (!often)
                seldom = f;
        }
        ck_assert_mem_eq(seldom.energy, f.energy, sizeof f.energy);
        ck_assert_mem_eq(seldom.at_midnight, f.at_midnight, sizeof f.at_midnight);
        ck_assert_mem_eq(seldom.watt, f.watt, sizeof f.watt);
        ck_assert_int_eq(seldom.stored, f.stored);
        ck_assert_int_eq(seldom.next_ms, f.next_ms);
    }
}
END_TEST

/* A night of a constant house is a few steps: its whole percents, sunset and midnight. */
START_TEST(a_night_is_cheap)
{
    unsigned steps = 0;

    start("at", "18h", "battery.soc", "10", NULL);
    for (; f.next_ms < START + 30 * HOUR; steps++)
        lxp_physics_advance(&f, f.next_ms);
    ck_assert_uint_le(steps, 3);
    ck_assert_uint_le(sizeof f, 512);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lxp_inverter_physics");
    TCase *tests = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_test(tests, a_day_from_midnight_to_midnight);
    tcase_add_test(tests, a_home_takes_its_mean_and_most_in_the_evening);
    tcase_add_test(tests, a_clear_day_has_the_energy_of_half_a_sine);
    tcase_add_test(tests, clouds_take_their_share_and_are_the_seeds);
    tcase_add_test(tests, the_day_is_longer_in_june);
    tcase_add_test(tests, inverters_differ_by_their_seeds);
    tcase_add_test(tests, the_battery_as_the_sample_shows_it);
    tcase_add_test(tests, voltages_and_frequencies_are_what_is_given);
    tcase_add_test(tests, temperatures_follow_power_or_what_is_given);
    tcase_add_test(tests, a_block_is_its_registers);
    tcase_add_test(tests, energy_is_power_times_time);
    tcase_add_test(tests, the_sum_of_the_strings_is_exact_and_never_falls);
    tcase_add_test(tests, the_day_ends_at_its_own_midnight);
    tcase_add_test(tests, a_clock_that_is_set_within_the_day_keeps_the_day);
    tcase_add_test(tests, energy_is_neither_made_nor_lost);
    tcase_add_test(tests, it_is_the_same_however_often_one_looks);
    tcase_add_test(tests, a_night_is_cheap);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
