/* Load and energy over days of virtual time: what is shown, integrated, is what is counted.
 *
 * covers: dlt645_meter_load dlt645_meter_tariffs
 * Expected values are reckoned here in other ways than the meter's: by hand, by summing minutes, from the registers. */
#include "tests/dlt645_meter_rig.h"

static struct rig f;

#define MINUTE WP_SEC(60)
#define HOUR   WP_SEC(3600)
#define DAY    WP_SEC(86400)

static void start(const char *name, const char *value)
{
    rig_start(&f, "login", "silent", "energy.forward", "0", "energy.reactive", "0", name, value, NULL);
}

static void teardown(void)
{
    rig_free(&f);
}

/* ---- power ------------------------------------------------------------------------------------------------ */

/* 230 V, 5 A, 0.95: 1150 VA, 1092.5 W, 1150 * sqrt(1 - 0.9025) = 359.1 var for each phase. */
START_TEST(the_default_load_is_consistent)
{
    start("phases", "3");
    ck_assert_str_eq(rig_read(&f, 0x02010100), "230.0");
    ck_assert_str_eq(rig_read(&f, 0x02020200), "5.000");
    ck_assert_str_eq(rig_read(&f, 0x02030300), "1.0925");
    ck_assert_str_eq(rig_read(&f, 0x02030000), "3.2775");
    ck_assert_str_eq(rig_read(&f, 0x02040100), "0.3591");
    ck_assert_str_eq(rig_read(&f, 0x02040000), "1.0773");
    ck_assert_str_eq(rig_read(&f, 0x02050100), "1.1500");
    ck_assert_str_eq(rig_read(&f, 0x02050000), "3.4500");
    ck_assert_str_eq(rig_read(&f, 0x02060100), "0.950");
    ck_assert_str_eq(rig_read(&f, 0x02060000), "0.950");
    ck_assert_str_eq(rig_read(&f, 0x02070100), "18.2");  /* acos 0.95 = 18.19 degrees */
    ck_assert_str_eq(rig_read(&f, 0x02800001), "0.000"); /* balanced: nothing in the neutral */
    ck_assert_str_eq(rig_read(&f, 0x02800002), "50.00");
    ck_assert_str_eq(rig_read(&f, 0x02800007), "23.9");
}
END_TEST

START_TEST(a_single_phase_meter_fills_what_it_lacks)
{
    start("phases", "1");
    ck_assert_str_eq(rig_read(&f, 0x02030000), "1.0925");
    ck_assert_str_eq(rig_read(&f, 0x02050000), "1.1500");
    ck_assert_str_eq(rig_read(&f, 0x02010200), "FF fill"); /* as in (vectors) 02010200 of 233622140134 */
    ck_assert_str_eq(rig_read(&f, 0x02020300), "FF fill");
    ck_assert_str_eq(rig_read(&f, 0x02800001), "5.000"); /* what goes in comes back */
    ck_assert_str_eq(rig_read(&f, 0x0201FF00), "0023FFFFFFFF");
    rig_set(&f, "load.current", "0.777", 0);
    rig_set(&f, "load.pf", "0.333", 0);
    ck_assert_str_eq(rig_read(&f, 0x02050000), "0.1787"); /* its only phase: not reckoned a second time */
    rig_set(&f, "load.current", NULL, 0);
    rig_set(&f, "load.pf", NULL, 0);
    ck_assert_str_eq(rig_read(&f, 0x0203FF00), "250901250901FFFFFFFFFFFF");
}
END_TEST

START_TEST(quadrants_have_their_signs_and_angles)
{
    static const struct {
        const char *quadrant;
        int p, q;
        const char *angle;
    } row[] = {{"1", 1, 1, "18.2"}, {"2", -1, 1, "161.8"}, {"3", -1, -1, "198.2"}, {"4", 1, -1, "341.8"}};

    start("phases", "3");
    for (size_t i = 0; i < 4; i++) {
        rig_set(&f, "load.quadrant", row[i].quadrant, 0);
        ck_assert_int_eq(rig_number(&f, 0x02030100), row[i].p * 10925);
        ck_assert_int_eq(rig_number(&f, 0x02040100), row[i].q * 3591);
        ck_assert_int_eq(rig_number(&f, 0x02020100), row[i].p * 5000);
        ck_assert_int_eq(rig_number(&f, 0x02060100), row[i].p * 950);
        ck_assert_int_eq(rig_number(&f, 0x02060000), row[i].p * 950);
        ck_assert_str_eq(rig_read(&f, 0x02070100), row[i].angle);
        ck_assert_str_eq(rig_read(&f, 0x04000501),
                         row[i].p > 0 ? (row[i].q > 0 ? "0000" : "0020") : (row[i].q > 0 ? "0010" : "0030"));
    }
}
END_TEST

/* Totals are the sums of what the phases show, S is the vector of P and Q, and the factor their quotient. */
START_TEST(totals_agree_with_phases_for_any_load)
{
    uint64_t seed = 42;

    start("phases", "3");
    for (unsigned round = 0; round < 2000; round++) {
        static const char *const volts[] = {"load.voltage.a", "load.voltage.b", "load.voltage.c"};
        static const char *const amperes[] = {"load.current.a", "load.current.b", "load.current.c"};
        static const char *const factors[] = {"load.pf.a", "load.pf.b", "load.pf.c"};
        int64_t p = 0, q = 0, s;
        char text[32];

        for (unsigned i = 0; i < 3; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            snprintf(text, sizeof text, "%u.%u", (unsigned)(seed >> 33) % 280, (unsigned)(seed >> 40) % 10);
            rig_set(&f, volts[i], text, 0);
            snprintf(text, sizeof text, "%s%u.%03u", seed >> 62 == 0 ? "-" : "", (unsigned)(seed >> 20) % 60,
                     (unsigned)(seed >> 30) % 1000);
            rig_set(&f, amperes[i], text, 0);
            snprintf(text, sizeof text, "0.%03u", (unsigned)(seed >> 24) % 1000);
            rig_set(&f, factors[i], text, 0);
        }
        for (uint32_t phase = 0x100; phase <= 0x300; phase += 0x100) {
            int64_t p1 = rig_number(&f, 0x02030000 | phase), q1 = rig_number(&f, 0x02040000 | phase);
            int64_t s1 = rig_number(&f, 0x02050000 | phase);

            p += p1;
            q += q1;
            ck_assert_int_le(llabs(s1 * s1 - p1 * p1 - q1 * q1),
                             4 * s1 + 4); /* each rounded by half a unit */
        }
        s = rig_number(&f, 0x02050000);
        ck_assert_int_eq(rig_number(&f, 0x02030000), p);
        ck_assert_int_eq(rig_number(&f, 0x02040000), q);
        ck_assert(s * s <= p * p + q * q && (s + 1) * (s + 1) > p * p + q * q);
        if (s > 0)
            ck_assert_int_le(llabs(rig_number(&f, 0x02060000) * s - 1000 * p),
                             s / 2 + 1 + (p * p > s * s ? s : 0));
    }
}
END_TEST

/* One loaded phase: its current is the neutral's. Two equal ones, 120 degrees apart: again the same. */
START_TEST(the_neutral_carries_what_is_out_of_balance)
{
    start("load.current", "0");
    rig_set(&f, "load.current.b", "7", 0);
    ck_assert_int_le(llabs(rig_number(&f, 0x02800001) - 7000), 10);
    rig_set(&f, "load.current.c", "7", 0);
    ck_assert_int_le(llabs(rig_number(&f, 0x02800001) - 7000), 10);
    rig_set(&f, "load.current.a", "7", 0);
    ck_assert_int_le(llabs(rig_number(&f, 0x02800001)), 10);
}
END_TEST

START_TEST(the_angle_is_right_all_around)
{
    /* tan: 1 degree 0.017455, 30 degrees 0.577350, 60 degrees 1.732051, 89 degrees 57.28996 */
    static const int32_t point[][3] = {{100000, 0, 0},
                                       {1000000, 17455, 10},
                                       {1000000, 577350, 300},
                                       {100000, 100000, 450},
                                       {1000000, 1732051, 600},
                                       {100000, 5728996, 890},
                                       {0, 5, 900},
                                       {-1000000, 577350, 1500},
                                       {-7, 0, 1800},
                                       {-7, -7, 2250},
                                       {0, -100000, 2700},
                                       {1000000, -577350, 3300},
                                       {3000000, -1, 0},
                                       {1, 1, 450}};

    start("phases", "3");
    for (size_t i = 0; i < sizeof point / sizeof point[0]; i++)
        ck_assert_msg(abs(dlt645_meter_angle(point[i][0], point[i][1]) - point[i][2]) <= 1, "%d, %d: %d",
                      point[i][0], point[i][1], dlt645_meter_angle(point[i][0], point[i][1]));
}
END_TEST

START_TEST(what_exceeds_a_register_shows_its_largest_value)
{
    start("load.current", "799.999");
    rig_set(&f, "load.scale", "10", 0);
    ck_assert_str_eq(rig_read(&f, 0x02030000), "79.9999");
    ck_assert_str_eq(rig_read(&f, 0x02020100), "799.999");
}
END_TEST

/* ---- energy ----------------------------------------------------------------------------------------------- */

/* 3.2775 kW for ten days: 786.60 kWh; 1.0773 kvar: 258.552 kvarh, cut to 258.55; 3.4500 kVA: 828 kVAh. */
START_TEST(energy_is_the_integral_of_shown_power)
{
    start("phases", "3");
    rig_run(&f, 10 * DAY);
    ck_assert_str_eq(rig_read(&f, 0x00010000), "786.60");
    ck_assert_str_eq(rig_read(&f, 0x00020000), "0.00");
    ck_assert_str_eq(rig_read(&f, 0x00000000), "786.60");
    ck_assert_str_eq(rig_read(&f, 0x00050000), "258.55");
    ck_assert_str_eq(rig_read(&f, 0x00030000), "258.55");
    ck_assert_str_eq(rig_read(&f, 0x00090000), "828.00");
    ck_assert_str_eq(rig_read(&f, 0x000A0000), "0.00");
}
END_TEST

/* Looking does not change what is counted: read every odd moment, or once at the end. */
START_TEST(reading_often_counts_the_same)
{
    uint64_t once[14], cells = dlt645_meter_n_energy(4, false) * sizeof once[0];

    start("load.current", "17.31");
    rig_run(&f, 3 * DAY);
    dlt645_meter_settle(f.machine, f.now);
    memcpy(once, rig_meter(&f)->energy, cells);
    teardown();
    start("load.current", "17.31");
    for (wp_us t = 0; t < 3 * DAY; t += 12345678) {
        f.now = t;
        dlt645_meter_settle(f.machine, f.now);
    }
    f.now = 3 * DAY;
    dlt645_meter_settle(f.machine, f.now);
    ck_assert_mem_eq(once, rig_meter(&f)->energy, cells);
}
END_TEST

/* A week of changing load, in steps of odd length: forward minus reverse is the sum of P dt, exactly. */
START_TEST(forward_minus_reverse_is_the_sum_over_time)
{
    uint64_t seed = 7;
    int64_t sum = 0, reactive = 0, forward, reverse;

    start("energy.phases", "true");
    for (int i = 0; i < 500; i++) {
        int64_t ms = 1 + (int64_t)((seed >> 33) % 2400000);
        char text[32];

        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        snprintf(text, sizeof text, "%s%u.%03u", seed >> 63 ? "-" : "", (unsigned)(seed >> 35) % 50,
                 (unsigned)(seed >> 25) % 1000);
        rig_set(&f,
                i % 3 == 0   ? "load.current.a"
                : i % 3 == 1 ? "load.current.b"
                             : "load.current.c",
                text, 0);
        sum += rig_number(&f, 0x02030000) * ms;
        reactive += llabs(rig_number(&f, 0x02040000)) * ms;
        f.now += WP_MS(ms);
    }
    dlt645_meter_settle(f.machine, f.now);
    forward = (int64_t)dlt645_meter_energy(f.machine, 0, METER_FORWARD, 0);
    reverse = (int64_t)dlt645_meter_energy(f.machine, 0, METER_REVERSE, 0);
    ck_assert(forward > 0 && reverse > 0);
    ck_assert_int_eq(forward - reverse, sum);
    for (unsigned q = METER_QUADRANT_1; q <= METER_QUADRANT_4; q++)
        reactive -= (int64_t)dlt645_meter_energy(f.machine, 0, (enum dlt645_meter_quantity)q, 0);
    ck_assert_int_eq(reactive, 0);
    for (unsigned phase = 1; phase <= 3; phase++)
        sum -= (int64_t)dlt645_meter_energy(f.machine, phase, METER_FORWARD, 0) -
               (int64_t)dlt645_meter_energy(f.machine, phase, METER_REVERSE, 0);
    ck_assert_int_eq(sum, 0);
}
END_TEST

/* Each tariff gets the hours of its slots. From Monday 12:00 on with the default table, three days:
 * sharp (1) 3 h a day, peak (2) 10-15 and 21-23, flat (3) 7-10 and 15-18, valley (4) 23-7. */
START_TEST(tariffs_follow_their_slots)
{
    start("load.pf", "1"); /* 3.4500 kW */
    rig_run(&f, 3 * DAY);
    ck_assert_str_eq(rig_read(&f, 0x00010100), "31.05");  /* 9 h */
    ck_assert_str_eq(rig_read(&f, 0x00010200), "72.45");  /* 21 h */
    ck_assert_str_eq(rig_read(&f, 0x00010300), "62.10");  /* 18 h */
    ck_assert_str_eq(rig_read(&f, 0x00010400), "82.80");  /* 24 h */
    ck_assert_str_eq(rig_read(&f, 0x00010000), "248.40"); /* 72 h */
    ck_assert_str_eq(rig_read(&f, 0x0001FF00), "40480200"
                                               "05310000"
                                               "45720000"
                                               "10620000"
                                               "80820000");
}
END_TEST

/* A meter with two of them counts what the table says of others in its last. */
START_TEST(a_tariff_that_it_has_not_is_its_last)
{
    rig_start(&f, "login", "silent", "energy.forward", "0", "load.pf", "1", "tariffs", "2", NULL);
    rig_run(&f, 3 * DAY);
    ck_assert_str_eq(rig_read(&f, 0x0001FF00), "40480200"
                                               "05310000"
                                               "35170200"); /* 9 h and 63 h of 3.45 kW */
    ck_assert_str_eq(rig_read(&f, 0x00010300), "none");
}
END_TEST

/* The tariff of every minute of a day, added up, is what was counted over that day. */
START_TEST(tariff_time_is_the_sum_of_its_minutes)
{
    start("slots", "00:10=2 06:59=1 07:00=3 12:00=4 12:01=2 23:59=1");
    for (unsigned tariff = 1; tariff <= 4; tariff++) {
        int64_t minutes = 0, begin = 19737 * METER_MS_DAY, end = 0;

        for (int64_t i = 0; i < 1440; i++)
            minutes += dlt645_meter_tariff(f.machine, begin + i * METER_MS_MINUTE, &end) == tariff;
        ck_assert_int_eq(dlt645_meter_tariff_ms(f.machine, begin, begin + METER_MS_DAY, tariff),
                         minutes * METER_MS_MINUTE);
        ck_assert_int_eq(dlt645_meter_tariff_ms(f.machine, begin + 77, begin + 5 * METER_MS_DAY + 77, tariff),
                         5 * minutes * METER_MS_MINUTE);
    }
}
END_TEST

START_TEST(energy_at_the_start_is_shared_without_loss)
{
    rig_start(&f, "login", "silent", "energy.forward", "12345.67", "load.current", "0", NULL);
    ck_assert_str_eq(rig_read(&f, 0x00010000), "12345.67");
    ck_assert_int_eq(rig_number(&f, 0x00010100) + rig_number(&f, 0x00010200) + rig_number(&f, 0x00010300) +
                         rig_number(&f, 0x00010400),
                     1234567);
    ck_assert_str_eq(rig_read(&f, 0x00050000), "1420.00");
}
END_TEST

START_TEST(counters_turn_over_like_a_register)
{
    rig_start(&f, "login", "silent", "energy.forward", "999999.99", "tariffs", "1", NULL);
    rig_run(&f, 11 * WP_SEC(1)); /* 3277.5 W: 36 kJ are done after 10.98 s */
    ck_assert_str_eq(rig_read(&f, 0x00010000), "0.00");
    ck_assert_str_eq(rig_read(&f, 0x00010100), "0.00");
}
END_TEST

/* Export: reverse counts, the combination adds or subtracts as its mode word says. */
START_TEST(combined_energies_follow_their_mode_words)
{
    start("load.quadrant", "2"); /* -3.2775 kW, +1.0773 kvar */
    rig_run(&f, 1000 * HOUR);
    ck_assert_str_eq(rig_read(&f, 0x00010000), "0.00");
    ck_assert_str_eq(rig_read(&f, 0x00020000), "3277.50");
    ck_assert_str_eq(rig_read(&f, 0x00000000), "3277.50");
    ck_assert_str_eq(rig_read(&f, 0x00060000), "1077.30");
    ck_assert_str_eq(rig_read(&f, 0x00030000), "1077.30");
    ck_assert_str_eq(rig_read(&f, 0x00040000), "0.00");
    ck_assert_str_eq(rig_read(&f, 0x000A0000), "3450.00");
    rig_set(&f, "register", "04000601=09, 04000602=08, 04000603=04", 0);
    ck_assert_str_eq(rig_read(&f, 0x00000000), "-3277.50");
    ck_assert_str_eq(rig_read(&f, 0x00030000), "-1077.30");
    ck_assert_str_eq(rig_read(&f, 0x00040000), "1077.30");
}
END_TEST

START_TEST(phase_energies_are_kept_on_demand)
{
    start("energy.phases", "true");
    rig_set(&f, "load.current.b", "-5", 0);
    rig_run(&f, 100 * HOUR);
    ck_assert_str_eq(rig_read(&f, 0x00150000), "109.25"); /* A forward */
    ck_assert_str_eq(rig_read(&f, 0x002A0000), "109.25"); /* B reverse */
    ck_assert_str_eq(rig_read(&f, 0x00290000), "0.00");
    ck_assert_str_eq(rig_read(&f, 0x002F0000), "35.91");  /* B quadrant 3 */
    ck_assert_str_eq(rig_read(&f, 0x00450000), "115.00"); /* C forward apparent */
    ck_assert_str_eq(rig_read(&f, 0x00010000), "109.25");
    teardown();
    start("energy.phases", "false");
    ck_assert_str_eq(rig_read(&f, 0x00150000), "none");
    teardown();
    rig_start(&f, "login", "silent", "energy.phases", "true", "phases", "1", NULL);
    ck_assert_str_eq(rig_read(&f, 0x00150000), "0.00");
    ck_assert_str_eq(rig_read(&f, 0x00290000), "FF fill");
}
END_TEST

/* A register held at a value does not stop the counting behind it. */
START_TEST(a_pinned_register_runs_on_behind)
{
    start("totalActiveEnergy", "12345.67");
    rig_run(&f, 100 * HOUR);
    ck_assert_str_eq(rig_read(&f, 0x00010000), "12345.67");
    rig_set(&f, "totalActiveEnergy", NULL, 0);
    ck_assert_str_eq(rig_read(&f, 0x00010000), "327.75");
    rig_set(&f, "register", "00010000=1.5, 02010100=x5524", 0);
    ck_assert_str_eq(rig_read(&f, 0x00010000), "1.50");
    ck_assert_str_eq(rig_read(&f, 0x02010100), "245.5");
    ck_assert_str_eq(rig_read(&f, 0x0201FF00), "552400230023");
    rig_set(&f, "register", "02010100=", 0);
    ck_assert_str_eq(rig_read(&f, 0x02010100), "230.0");
    rig_set(&f, "register", NULL, 0);
    ck_assert_str_eq(rig_read(&f, 0x00010000), "327.75");
}
END_TEST

/* Large, for long: 3 * 799.999 A * 999.9 V for twenty years is 420.44 GWh; nothing overflows. */
START_TEST(twenty_years_of_the_largest_load)
{
    start("tariffs", "1");
    rig_set(&f, "load.voltage", "999.9", 0);
    rig_set(&f, "load.current", "799.999", 0);
    rig_set(&f, "load.pf", "1", 0);
    f.now = 7305 * DAY;
    dlt645_meter_settle(f.machine, f.now);
    /* 3 * 7999190 units of 0.1 W (999.9 * 799.999 = 799919.0 W) times 7305 days, modulo a million kWh */
    ck_assert_uint_eq(dlt645_meter_energy(f.machine, 0, METER_FORWARD, 0),
                      UINT64_C(23997570) * (7305 * UINT64_C(86400000) % METER_ENERGY_WRAP) %
                          METER_ENERGY_WRAP);
}
END_TEST

/* ---- demand ----------------------------------------------------------------------------------------------- */

/* Periods of 15 minutes by the clock: 12:00 to 12:15 at 3.2775 kW; in the next one minute of ten times as much, so
 * (14 + 10) / 15 * 3.2775 = 5.2440 kW. Export has its own. */
START_TEST(maximum_demand_is_an_average_with_its_time)
{
    start("phases", "3");
    rig_run(&f, 14 * MINUTE);
    ck_assert_str_eq(rig_read(&f, 0x01010000), "0000000000000000");
    rig_run(&f, 16 * MINUTE);
    ck_assert_str_eq(rig_read(&f, 0x01010000), "752703"
                                               "1512150124");
    rig_set(&f, "load.scale", "10", 0);
    rig_run(&f, 17 * MINUTE);
    rig_set(&f, "load.scale", "1", 0);
    rig_run(&f, 5 * HOUR);
    ck_assert_str_eq(rig_read(&f, 0x01010000), "402405"
                                               "3012150124");
    ck_assert_str_eq(rig_read(&f, 0x01020000), "0000000000000000");
    rig_set(&f, "load.quadrant", "3", 0);
    rig_run(&f, 6 * HOUR);
    ck_assert_str_eq(rig_read(&f, 0x01020000), "752703"
                                               "1517150124");
    ck_assert_str_eq(rig_read(&f, 0x0101FF00), "402405"
                                               "3012150124"
                                               "FFFFFFFFFFFFFFFF"
                                               "FFFFFFFFFFFFFFFF"
                                               "FFFFFFFFFFFFFFFF"
                                               "FFFFFFFFFFFFFFFF");
}
END_TEST

/* Of periods with the same average the earliest counts, also when many pass unseen: here the first whole one. */
START_TEST(maximum_demand_is_dated_by_the_first_whole_period)
{
    start("phases", "3");
    rig_run(&f, 7 * MINUTE);
    rig_set(&f, "load.scale", "2", 0);
    rig_run(&f, HOUR);
    ck_assert_str_eq(rig_read(&f, 0x01010000), "505506"
                                               "3012150124");
}
END_TEST

/* A period that the clock was set in is not a whole one: it begins anew. */
START_TEST(a_set_clock_begins_a_new_demand_period)
{
    start("phases", "3");
    rig_run(&f, 10 * MINUTE);
    rig_set(&f, "clock", "-10min", 0); /* 12:00 again */
    rig_run(&f, 26 * MINUTE);
    ck_assert_str_eq(rig_read(&f, 0x01010000), "752703"
                                               "1512150124"); /* 15 min of 3.2775 kW, not 25 */
}
END_TEST

/* The greatest of many periods, found by reckoning every one of them from the energy at its ends. */
START_TEST(maximum_demand_is_the_greatest_of_all_periods)
{
    uint64_t seed = 3, before = 0, most = 0;

    start("demand.period", "30");
    for (int i = 0; i < 400; i++) {
        char text[32];

        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        snprintf(text, sizeof text, "%u.%03u", (unsigned)(seed >> 35) % 50, (unsigned)(seed >> 25) % 1000);
        rig_set(&f, "load.current", text, 0);
        f.now += 10 * MINUTE;
        dlt645_meter_settle(f.machine, f.now);
        if (i % 3 == 2) {
            uint64_t energy = dlt645_meter_energy(f.machine, 0, METER_FORWARD, 0);

            most = energy - before > most ? energy - before : most;
            before = energy;
        }
    }
    ck_assert_uint_eq(rig_meter(&f)->demand[0].max, most / (30 * 60000));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dlt645_meter_physics");
    TCase *t = tcase_create("physics");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, the_default_load_is_consistent);
    tcase_add_test(t, a_single_phase_meter_fills_what_it_lacks);
    tcase_add_test(t, quadrants_have_their_signs_and_angles);
    tcase_add_test(t, totals_agree_with_phases_for_any_load);
    tcase_add_test(t, the_neutral_carries_what_is_out_of_balance);
    tcase_add_test(t, the_angle_is_right_all_around);
    tcase_add_test(t, what_exceeds_a_register_shows_its_largest_value);
    tcase_add_test(t, energy_is_the_integral_of_shown_power);
    tcase_add_test(t, reading_often_counts_the_same);
    tcase_add_test(t, forward_minus_reverse_is_the_sum_over_time);
    tcase_add_test(t, tariffs_follow_their_slots);
    tcase_add_test(t, a_tariff_that_it_has_not_is_its_last);
    tcase_add_test(t, tariff_time_is_the_sum_of_its_minutes);
    tcase_add_test(t, energy_at_the_start_is_shared_without_loss);
    tcase_add_test(t, counters_turn_over_like_a_register);
    tcase_add_test(t, combined_energies_follow_their_mode_words);
    tcase_add_test(t, phase_energies_are_kept_on_demand);
    tcase_add_test(t, a_pinned_register_runs_on_behind);
    tcase_add_test(t, twenty_years_of_the_largest_load);
    tcase_add_test(t, maximum_demand_is_an_average_with_its_time);
    tcase_add_test(t, maximum_demand_is_dated_by_the_first_whole_period);
    tcase_add_test(t, a_set_clock_begins_a_new_demand_period);
    tcase_add_test(t, maximum_demand_is_the_greatest_of_all_periods);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
