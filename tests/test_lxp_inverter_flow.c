/* What hold registers make of sun, house and battery: each of them alone, at once and at its times.
 *
 * Expected values are reckoned by hand: 98 % of what goes through the inverter comes out of it. */
#include "tests/lxp_physics_rig.h"

/* ---- AC charge: hold 21 bit 7, 64, 66, 67, 68 to 73 ---------------------------------------------------------------- */

/* OCT-083, OCT-115, OCT-130: the grid gives 3600 W to the battery and 400 W to the house; 98 % of it arrive. */
START_TEST(ac_charge_takes_3600_w_from_the_grid)
{
    start(NULL, NULL);
    hold(21, AC_CHARGE);
    later(1);
    ck_assert_uint_eq(in(R_STATUS), 32);
    ck_assert_uint_eq(in(R_REC), 3600);
    ck_assert_uint_eq(in(R_CHARGE), 3528);
    ck_assert_uint_eq(in(R_DISCHARGE), 0);
    ck_assert_uint_eq(in(R_TO_USER), 4000);
    hold(21, NORMAL);
    ck_assert_uint_eq(in(R_REC), 0);
    ck_assert_uint_eq(in(R_STATUS), 16);
}
END_TEST

START_TEST(charge_pct_and_the_ac_charge_rate_limit_it)
{
    start(NULL, NULL);
    hold(21, AC_CHARGE);
    hold(64, 50);
    ck_assert_uint_eq(in(R_REC), 1800);
    hold(64, 100);
    hold(66, 25);
    ck_assert_uint_eq(in(R_REC), 900);
    hold(64, 0);
    ck_assert_uint_eq(in(R_REC), 0);
    ck_assert_uint_eq(in(R_CHARGE), 0);
    ck_assert_uint_eq(in(R_STATUS), 0);
    hold(64, 65535); /* beyond 100 it is 100 */
    hold(66, 100);
    ck_assert_uint_eq(in(R_REC), 3600);
}
END_TEST

/* OCT-133. 30 % to go at 3528 W * 97 %: 30 % of 9600 Wh take 50 min 30 s. */
START_TEST(ac_charge_ends_at_its_limit)
{
    start("battery.soc", "20", NULL);
    hold(67, 50);
    hold(21, AC_CHARGE);
    later(50 * MINUTE);
    ck_assert_uint_eq(soc(), 49);
    ck_assert_uint_eq(in(R_REC), 3600);
    later(MINUTE);
    ck_assert_uint_eq(soc(), 50);
    ck_assert_uint_eq(in(R_REC), 0);
    ck_assert_uint_eq(in(R_CHARGE), 0);
    ck_assert_uint_eq(in(R_TO_USER), 400);
    later(3 * HOUR); /* and stays there: the house is the grid's while AC charge is on */
    ck_assert_uint_eq(soc(), 50);
    hold(67, 51);
    ck_assert_uint_eq(in(R_REC), 3600);
}
END_TEST

START_TEST(ac_charge_with_sun_is_40_and_takes_less_from_the_grid)
{
    start("pv.power", "1000", NULL);
    hold(21, AC_CHARGE);
    ck_assert_uint_eq(in(R_STATUS), 40);
    ck_assert_uint_eq(p_pv(), 1000);
    ck_assert_uint_eq(in(R_CHARGE), 3600);
    ck_assert_uint_eq(in(R_REC), 2654); /* 2600 W through 98 % */
    ck_assert_uint_eq(in(R_TO_USER), 3054);
}
END_TEST

START_TEST(ac_charge_keeps_its_times)
{
    start("battery.soc", "10", "battery.capacity", "2000", NULL);
    hold(21, AC_CHARGE);
    hold(68, hm(1, 30));
    hold(69, hm(2, 0));
    hold(72, hm(23, 0)); /* over midnight */
    hold(73, hm(0, 15));
    ck_assert_uint_eq(in(R_REC), 3600);
    until(15 * MINUTE - 1);
    ck_assert_uint_eq(in(R_REC), 3600);
    until(15 * MINUTE);
    ck_assert_uint_eq(in(R_REC), 0);
    until(90 * MINUTE - 1);
    ck_assert_uint_eq(in(R_REC), 0);
    until(90 * MINUTE);
    ck_assert_uint_eq(in(R_REC), 3600);
    until(2 * HOUR);
    ck_assert_uint_eq(in(R_REC), 0);
    until(23 * HOUR);
    ck_assert_uint_eq(in(R_REC), 3600);
    hold(73, hm(23, 59)); /* the whole of the day's last hour */
    until(DAY - 1);
    ck_assert_uint_eq(in(R_REC), 3600);
    until(DAY);
    ck_assert_uint_eq(in(R_REC), 0);
}
END_TEST

/* The times are its clock's: an hour ahead, half past one comes at half past twelve. */
START_TEST(times_follow_its_clock)
{
    start("battery.soc", "10", NULL);
    hold(21, AC_CHARGE);
    hold(68, hm(1, 30));
    hold(69, hm(2, 0));
    lxp_physics_set_clock(&f, HOUR);
    until(30 * MINUTE - 1);
    ck_assert_uint_eq(in(R_REC), 0);
    until(30 * MINUTE);
    ck_assert_uint_eq(in(R_REC), 3600);
}
END_TEST

/* ---- the sun: OCT-116 --------------------------------------------------------------------------------------------- */

START_TEST(the_sun_charges_without_ac_charge)
{
    start("pv.power", "2000", NULL);
    ck_assert_uint_eq(in(R_STATUS), 12);
    ck_assert_uint_eq(in(R_REC), 0);
    ck_assert_uint_eq(in(R_CHARGE), 1591); /* 409 W become the house's 400 W */
    ck_assert_uint_eq(in(R_TO_USER), 0);
    ck_assert_uint_eq(in(R_TO_GRID), 0);
    hold(64, 25); /* 900 W */
    ck_assert_uint_eq(in(R_CHARGE), 900);
    ck_assert_uint_eq(in(R_TO_GRID), 678); /* 98 % of 1100 W are 1078 W */
    hold(21, NO_FEED_IN);
    ck_assert_uint_eq(in(R_TO_GRID), 0);
    ck_assert_uint_eq(p_pv(), 1309); /* what nobody takes is not drawn */
    ck_assert_uint_eq(in(7), 786);   /* 2400 of 4000 parts, and what is left of rounding */
    hold(21, NORMAL);
    hold(103, 10);
    ck_assert_uint_eq(in(R_TO_GRID), 360);
}
END_TEST

START_TEST(sun_and_battery_cover_the_house_together)
{
    start("pv.power", "500", "load.power", "1000", NULL);
    ck_assert_uint_eq(in(R_STATUS), 20);
    ck_assert_uint_eq(in(R_INV), 1000);
    ck_assert_uint_eq(in(R_DISCHARGE), 521);
    ck_assert_uint_eq(in(R_TO_USER), 0);
}
END_TEST

START_TEST(a_full_battery_takes_nothing)
{
    start("pv.power", "2000", "battery.soc", "99", NULL);
    ck_assert_uint_eq(in(R_STATUS), 12);
    ck_assert_uint_eq(in(R_CHARGE), 1068); /* the last percent at a fifth: 21 A of 50.9 V */
    later(6 * HOUR);
    ck_assert_uint_eq(soc(), 100);
    ck_assert_uint_eq(in(R_CHARGE), 0);
    ck_assert_uint_eq(in(R_STATUS), 4);
}
END_TEST

/* 1000 W in are 970 W more in store; 409 W out are 422 W less (421.6), and for the house 400 W. Only the registers'
 * side of it is shown; the rest is heat. */
START_TEST(the_battery_loses_a_little_both_ways)
{
    int64_t before;

    start("pv.power", "1000", "load.power", "0", NULL);
    before = f.stored;
    later(HOUR);
    ck_assert_int_eq(f.stored - before, 970 * HOUR);
    ck_assert_uint_eq(f.energy[LXP_LOSS], 30 * HOUR);
    set("pv.power", "0");
    set("load.power", "400");
    before = f.stored;
    later(HOUR);
    ck_assert_int_eq(before - f.stored, 422 * HOUR);
    ck_assert_uint_eq(f.energy[LXP_LOSS], (30 + 22) * HOUR);
    start("battery.efficiency", "100", "efficiency", "100", NULL);
    later(HOUR);
    ck_assert_uint_eq(in(R_DISCHARGE), 400);
    ck_assert_uint_eq(f.energy[LXP_LOSS], 0);
}
END_TEST

START_TEST(the_battery_takes_and_gives_what_its_currents_allow)
{
    start("pv.power", "3000", "battery.charge.current", "10", "battery.discharge.current", "5", NULL);
    ck_assert_uint_ge(in(R_CHARGE), 490);
    ck_assert_uint_le(in(R_CHARGE), 500);
    set("pv.power", "0");
    ck_assert_uint_ge(in(R_DISCHARGE), 245);
    ck_assert_uint_le(in(R_DISCHARGE), 250);
    ck_assert_uint_gt(in(R_TO_USER), 150);
}
END_TEST

/* ---- discharge: hold 65, 105; bit 10, 82 to 89 ----------------------------------------------------------------------- */

/* OCT-080, OCT-081, OCT-124, OCT-125 */
START_TEST(discharge_pct_limits_what_the_battery_gives)
{
    start("load.power", "3600", NULL);
    ck_assert_uint_eq(in(R_STATUS), 16);
    ck_assert_uint_eq(in(R_INV), 3600);
    ck_assert_uint_eq(in(R_TO_USER), 0);
    hold(65, 50);
    ck_assert_uint_eq(in(R_INV), 1800);
    ck_assert_uint_eq(in(R_TO_USER), 1800);
    hold(65, 0);
    later(2000);
    ck_assert_uint_eq(in(R_DISCHARGE), 0);
    ck_assert_uint_eq(in(R_TO_USER), 3600);
    ck_assert_uint_eq(in(R_STATUS), 0);
    hold(65, 100);
    set("load.power", "5000");
    ck_assert_uint_eq(in(R_INV), 3600);
    ck_assert_uint_eq(in(R_TO_USER), 1400);
}
END_TEST

START_TEST(the_cut_off_ends_discharge)
{
    start("battery.soc", "41", NULL);
    hold(105, 40);
    later(HOUR);
    ck_assert_uint_eq(soc(), 40);
    ck_assert_uint_eq(in(R_DISCHARGE), 0);
    hold(105, 39);
    ck_assert_uint_eq(in(R_DISCHARGE), 409);
    hold(105, 60);
    ck_assert_uint_eq(in(R_DISCHARGE), 0);
}
END_TEST

/* OCT-121 */
START_TEST(forced_discharge_gives_all_it_may)
{
    start(NULL, NULL);
    hold(21, FORCED);
    ck_assert_uint_eq(in(R_STATUS), 16);
    ck_assert_uint_eq(in(R_INV), 3600);
    ck_assert_uint_eq(in(R_DISCHARGE), 3674);
    ck_assert_uint_eq(in(R_TO_GRID), 3200);
    hold(82, 50);
    ck_assert_uint_eq(in(R_INV), 1800);
    hold(65, 25);
    ck_assert_uint_eq(in(R_INV), 900);
    hold(83, 53);
    ck_assert_uint_eq(in(R_INV), 400); /* its end is reached: the house alone */
    hold(83, 10);
    hold(21, FORCED & ~(1 << 15));
    ck_assert_uint_eq(in(R_INV), 400);
    ck_assert_uint_eq(in(R_TO_GRID), 0);
    hold(21, NORMAL);
    ck_assert_uint_eq(in(R_INV), 400);
    ck_assert_uint_eq(in(R_DISCHARGE), 409);
}
END_TEST

START_TEST(forced_discharge_ends_at_its_limit_and_keeps_its_times)
{
    start("battery.soc", "42", NULL);
    hold(21, FORCED);
    hold(83, 40);
    hold(84, hm(1, 0));
    hold(85, hm(3, 0));
    until(HOUR - 1);
    ck_assert_uint_eq(in(R_INV), 400);
    until(HOUR);
    ck_assert_uint_eq(in(R_INV), soc() > 40 ? 3600 : 400);
    start("battery.soc", "42", NULL);
    hold(21, FORCED);
    hold(83, 40);
    later(3 * MINUTE); /* 2 % of 9600 Wh at 3788 W are 182 s */
    ck_assert_uint_eq(in(R_INV), 3600);
    later(3000);
    ck_assert_uint_ge(soc(), 39); /* the house goes on */
    ck_assert_uint_eq(in(R_INV), 400);
}
END_TEST

START_TEST(ac_charge_stands_before_forced_discharge)
{
    start(NULL, NULL);
    hold(21, AC_CHARGE | FORCED);
    ck_assert_uint_eq(in(R_STATUS), 32);
    ck_assert_uint_eq(in(R_REC), 3600);
}
END_TEST

/* ---- charge priority, standby, backup ---------------------------------------------------------------------------- */

START_TEST(charge_priority_fills_the_battery_first)
{
    start("pv.power", "1000", NULL);
    hold(21, PRIORITY);
    ck_assert_uint_eq(in(R_STATUS), 8);
    ck_assert_uint_eq(in(R_CHARGE), 1000);
    ck_assert_uint_eq(in(R_TO_USER), 400);
    hold(21,
         PRIORITY | 1); /* the house hangs on the backup output, which the grid feeds through the inverter */
    ck_assert_uint_eq(in(R_STATUS), 25);
    hold(74, 20); /* 720 W */
    ck_assert_uint_eq(in(R_CHARGE), 720);
    ck_assert_uint_eq(in(R_INV), 274);
    ck_assert_uint_eq(in(R_STATUS), 12);
    hold(75, 53);
    ck_assert_uint_eq(in(R_CHARGE), 591);
    set("pv.power", "0");
    ck_assert_uint_eq(in(R_DISCHARGE), 0);
    ck_assert_uint_eq(in(R_STATUS), 17);
}
END_TEST

START_TEST(standby_moves_nothing)
{
    start("pv.power", "1000", NULL);
    hold(21, STANDBY);
    ck_assert_uint_eq(in(R_STATUS), 0);
    ck_assert_uint_eq(p_pv(), 0);
    ck_assert_uint_eq(in(1), 3900); /* the sun is on the string all the same */
    ck_assert_uint_eq(in(R_CHARGE) + in(R_DISCHARGE) + in(R_INV) + in(R_REC), 0);
    ck_assert_uint_eq(in(R_TO_USER), 400);
}
END_TEST

START_TEST(without_a_grid_the_backup_carries_the_house)
{
    start("battery.soc", "53", NULL);
    hold(21, BACKUP);
    set("grid.voltage", "0");
    ck_assert_uint_eq(in(R_STATUS), 64);
    ck_assert_uint_eq(in(R_EPS), 400);
    ck_assert_uint_eq(in(R_INV), 0);
    ck_assert_uint_eq(in(R_TO_USER), 0);
    ck_assert_uint_eq(in(R_V_AC), 0);
    ck_assert_uint_eq(in(R_V_EPS), 2300);
    ck_assert_uint_eq(in(R_F_EPS), 5000);
    ck_assert_uint_eq(all_time(62), 1u << 16);
    later(15 * MINUTE);
    ck_assert_uint_eq(in(35), 1);
    set("pv.power", "200");
    ck_assert_uint_eq(in(R_STATUS), 192);
    set("pv.power", "1000");
    ck_assert_uint_eq(in(R_STATUS), 136);
    ck_assert_uint_eq(in(R_CHARGE), 591);
    set("load.power", "4000"); /* too much for it */
    ck_assert_uint_eq(in(R_EPS), 0);
    ck_assert_uint_eq(in(R_V_EPS), 0);
    ck_assert_uint_eq(all_time(62), 1u << 16 | 1u << 28);
    set("load.power", "400");
    hold(21, NORMAL); /* backup is off */
    ck_assert_uint_eq(in(R_EPS), 0);
    set("grid.voltage", "230");
    ck_assert_uint_eq(all_time(62), 0);
    ck_assert_uint_eq(in(R_V_AC), 2300);
    ck_assert_uint_eq(in(R_V_EPS), 2300);
}
END_TEST

/* An empty battery that the morning fills carries the house again only 5 % above its end, and does not flutter. */
START_TEST(an_empty_battery_recovers_before_it_carries_again)
{
    start("battery.soc", "11", "grid.voltage", "0", "pv.power", "0", NULL);
    hold(21, BACKUP);
    later(HOUR);
    ck_assert_uint_eq(soc(), 10);
    ck_assert_uint_eq(in(R_EPS), 0);
    ck_assert_uint_eq(in(R_STATUS), 0);
    set("pv.power", "300");
    ck_assert_uint_eq(in(R_STATUS), 136);
    later(98 * MINUTE); /* 5 % of 9600 Wh at 291 W are 1 h 39 min */
    ck_assert_uint_eq(in(R_EPS), 0);
    later(2 * MINUTE);
    ck_assert_uint_eq(in(R_EPS), 400);
    ck_assert_uint_eq(in(R_STATUS), 192);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lxp_inverter_flow");
    TCase *tests = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_test(tests, ac_charge_takes_3600_w_from_the_grid);
    tcase_add_test(tests, charge_pct_and_the_ac_charge_rate_limit_it);
    tcase_add_test(tests, ac_charge_ends_at_its_limit);
    tcase_add_test(tests, ac_charge_with_sun_is_40_and_takes_less_from_the_grid);
    tcase_add_test(tests, ac_charge_keeps_its_times);
    tcase_add_test(tests, times_follow_its_clock);
    tcase_add_test(tests, the_sun_charges_without_ac_charge);
    tcase_add_test(tests, sun_and_battery_cover_the_house_together);
    tcase_add_test(tests, a_full_battery_takes_nothing);
    tcase_add_test(tests, the_battery_loses_a_little_both_ways);
    tcase_add_test(tests, the_battery_takes_and_gives_what_its_currents_allow);
    tcase_add_test(tests, discharge_pct_limits_what_the_battery_gives);
    tcase_add_test(tests, the_cut_off_ends_discharge);
    tcase_add_test(tests, forced_discharge_gives_all_it_may);
    tcase_add_test(tests, forced_discharge_ends_at_its_limit_and_keeps_its_times);
    tcase_add_test(tests, ac_charge_stands_before_forced_discharge);
    tcase_add_test(tests, charge_priority_fills_the_battery_first);
    tcase_add_test(tests, standby_moves_nothing);
    tcase_add_test(tests, without_a_grid_the_backup_carries_the_house);
    tcase_add_test(tests, an_empty_battery_recovers_before_it_carries_again);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
