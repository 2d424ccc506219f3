/* The registers of the inverter: defaults, who may write what, the clock, and what reaches the physics.
 *
 * covers: lxp_inverter_clock lxp_inverter_defaults lxp_inverter_image lxp_inverter_store lxp_inverter_text */
#include "tests/lxp_inverter_rig.h"

#define QUIET "push.interval", "0s", "heartbeat.interval", "0s"

static struct rig f;

static void setup(void)
{
    rig_start(&f, QUIET, NULL);
    rig_connect(&f);
}

static void teardown(void)
{
    rig_free(&f);
}

static struct lxp_inverter *machine(void)
{
    return f.machine;
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

START_TEST(defaults_are_a_real_inverters)
{
    ck_assert_uint_eq(rig_hold(&f, 21), 62292);
    ck_assert_uint_eq(rig_hold(&f, 64), 100);
    ck_assert_uint_eq(rig_hold(&f, 65), 100);
    ck_assert_uint_eq(rig_hold(&f, 67), 100);
    ck_assert_uint_eq(rig_hold(&f, 106), 65336); /* -20.0 degrees */
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 2, 5), "hold 2: 13621 13621 13621 13621 13621");
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 7, 2), "hold 7: 16705 16961"); /* AAAB */
}
END_TEST

/* What it says by default is what a gateway may write to it. */
START_TEST(defaults_may_be_written)
{
    for (uint16_t reg = 0; reg < INVERTER_HOLDS; reg++) {
        const struct lxp_register *row = lxp_hold_find(reg);

        if (row && row->access == LXP_WRITE && lxp_inverter_defaults[reg] != 0)
            ck_assert_msg(lxp_hold_takes(reg, lxp_inverter_defaults[reg]), "hold %u is %u", reg,
                          lxp_inverter_defaults[reg]);
    }
}
END_TEST

START_TEST(what_it_has_not_is_an_exception)
{
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 261, 1), "hold 261: 0");
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 261, 2), "exception 83 261: 2");
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 65535, 2), "exception 83 65535: 2");
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 0, 0), "exception 83 0: 3");
    ck_assert_str_eq(rig_read(&f, LXP_READ_INPUT, 380, 1), "input 380: 0");
    ck_assert_str_eq(rig_read(&f, LXP_READ_INPUT, 381, 1), "exception 84 381: 2");
    ck_assert_str_eq(rig_write(&f, 262, 1), "exception 86 262: 2");
    rig_free(&f);
    rig_start(&f, QUIET, "hold.last", "239", NULL);
    rig_connect(&f);
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 240, 1), "exception 83 240: 2");
    ck_assert_str_eq(rig_write(&f, 240, 1), "exception 86 240: 2");
}
END_TEST

/* ---- writing ------------------------------------------------------------------------------------------------------ */

START_TEST(a_write_is_read_back)
{
    const uint16_t pair[] = {90, 80};

    ck_assert_str_eq(rig_write(&f, 65, 50), "write 65: 50");
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 64, 3), "hold 64: 100 50 100");
    ck_assert_str_eq(rig_write_multi(&f, 64, pair, 2), "multi 64: 2");
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 64, 3), "hold 64: 90 80 100");
}
END_TEST

START_TEST(what_cannot_be_written_is_an_exception)
{
    const uint16_t bad[] = {50, 101};

    ck_assert_str_eq(rig_write(&f, 65, 101), "exception 86 65: 3");
    ck_assert_str_eq(rig_write(&f, 2, 1), "exception 86 2: 3");   /* its serial number */
    ck_assert_str_eq(rig_write(&f, 19, 1), "exception 86 19: 3"); /* what it is */
    ck_assert_str_eq(rig_write_multi(&f, 64, bad, 2), "exception 90 64: 3");
    ck_assert_uint_eq(rig_hold(&f, 64), 100);                      /* whole or not at all */
    ck_assert_str_eq(rig_write(&f, 104, 4711), "write 104: 4711"); /* nobody knows it */
}
END_TEST

START_TEST(read_only_is_an_option)
{
    rig_set(&f, "read.only", "64-65, 21", 0);
    ck_assert_str_eq(rig_write(&f, 64, 50), "exception 86 64: 3");
    ck_assert_str_eq(rig_write(&f, 65, 50), "exception 86 65: 3");
    ck_assert_str_eq(rig_write(&f, 21, 50), "exception 86 21: 3");
    ck_assert_str_eq(rig_write(&f, 66, 50), "write 66: 50");
    rig_set(&f, "read.only", "x", 0);
    rig_expect(&f, "[     4.000] note value-refused: read.only 1\n");
    rig_set(&f, "read.only", NULL, 0);
    ck_assert_str_eq(rig_write(&f, 64, 50), "write 64: 50");
}
END_TEST

/* A reset is obeyed and leaves nothing to read. */
START_TEST(reset_is_taken_and_forgotten)
{
    ck_assert_str_eq(rig_write(&f, 11, 1), "write 11: 1");
    ck_assert_uint_eq(rig_hold(&f, 11), 0);
    ck_assert_uint_eq(rig_hold(&f, 21), 62292);
}
END_TEST

START_TEST(registers_are_set_by_a_step)
{
    rig_set(&f, "hold", "21=62420, 65=40,66=30", 0);
    ck_assert_uint_eq(rig_hold(&f, 21), 62420);
    ck_assert_uint_eq(rig_hold(&f, 65), 40);
    ck_assert_uint_eq(rig_hold(&f, 66), 30);
    rig_set(&f, "hold", "65=", 0);
    ck_assert_uint_eq(rig_hold(&f, 65), 100);
    ck_assert_uint_eq(rig_hold(&f, 66), 30);
    rig_set(&f, "hold", NULL, 0);
    ck_assert_uint_eq(rig_hold(&f, 21), 62292);
    rig_set(&f, "hold", "65", 0);
    rig_set(&f, "hold", "300=1", 0);
    rig_set(&f, "input", "0=x", 0);
    rig_expect(&f, "[     0.000] note value-refused: hold 1\n[     0.000] note value-refused: hold 1\n"
                   "[     0.000] note value-refused: input 1\n");
}
END_TEST

/* 24 registers may differ; one more is refused and stays as it was. */
START_TEST(a_full_memory_is_an_exception)
{
    uint16_t all[25];

    for (unsigned i = 0; i < 25; i++)
        all[i] = 1;
    rig_free(&f);
    rig_start(&f, QUIET, "request.max", "200", NULL);
    rig_connect(&f);
    ck_assert_str_eq(rig_write_multi(&f, 25, all, 25), "exception 90 25: 4");
    ck_assert_uint_eq(rig_hold(&f, 25), 1955);
    ck_assert_str_eq(rig_write_multi(&f, 25, all, 24), "multi 25: 24");
    ck_assert_str_eq(rig_write(&f, 65, 50), "exception 86 65: 4");
    ck_assert_str_eq(rig_write(&f, 65, 100), "write 65: 100");
    rig_set(&f, "input", "0=1", 0);
    rig_expect(&f, "[     4.000] note memory-full: input 1\n");
    ck_assert_str_eq(rig_write(&f, 25, 1955), "write 25: 1955"); /* its default takes no memory */
    ck_assert_str_eq(rig_write(&f, 65, 50), "write 65: 50");
}
END_TEST

/* What is given at the start has its own room. */
START_TEST(given_registers_have_room)
{
    rig_free(&f);
    rig_start(&f, QUIET, "spare", "0", "hold", "64=1, 65=2, 66=3", "input", "0=4, 1=5", NULL);
    ck_assert_uint_eq(rig_hold(&f, 64) + rig_hold(&f, 65) + rig_hold(&f, 66), 6);
    ck_assert_uint_eq(rig_input(&f, 0) + rig_input(&f, 1), 9);
    ck_assert_uint_eq(machine()->n_cells, machine()->cell_cap);
}
END_TEST

/* ---- clock -------------------------------------------------------------------------------------------------------- */

START_TEST(the_clock_runs)
{
    f.now = WP_SEC(3661);
    ck_assert_uint_eq(rig_hold(&f, 12), 1 << 8 | 24);
    ck_assert_uint_eq(rig_hold(&f, 13), 13 << 8 | 15);
    ck_assert_uint_eq(rig_hold(&f, 14), 1 << 8 | 1);
    rig_set(&f, "clock", "1d", 0);
    ck_assert_uint_eq(rig_hold(&f, 13), 13 << 8 | 16);
    f.setup.utc_offset_s = 7200;
    ck_assert_uint_eq(rig_hold(&f, 13), 15 << 8 | 16);
}
END_TEST

/* Each register alone, and the others stay. */
START_TEST(one_register_of_the_clock_may_be_written)
{
    ck_assert_str_eq(rig_write(&f, 12, 2 << 8 | 28), "write 12: 540");
    ck_assert_uint_eq(rig_hold(&f, 12), 2 << 8 | 28);
    ck_assert_uint_eq(rig_hold(&f, 13), 12 << 8 | 15);
    ck_assert_str_eq(rig_write(&f, 13, 23 << 8 | 29), "write 13: 5917"); /* 2028 has a 29 February */
    ck_assert_str_eq(rig_write(&f, 14, 59 << 8 | 59), "write 14: 15163");
    f.now += WP_SEC(1);
    ck_assert_uint_eq(rig_hold(&f, 12), 3 << 8 | 28);
    ck_assert_uint_eq(rig_hold(&f, 13), 1);
}
END_TEST

START_TEST(no_such_moment_is_an_exception)
{
    ck_assert_str_eq(rig_write(&f, 12, 13 << 8 | 24), "exception 86 12: 3");
    ck_assert_str_eq(rig_write(&f, 13, 24 << 8 | 1), "exception 86 13: 3");
    ck_assert_str_eq(rig_write(&f, 13, 12 << 8 | 31), "write 13: 3103");
    ck_assert_str_eq(rig_write(&f, 12, 2 << 8 | 24), "exception 86 12: 3"); /* 31 February */
    ck_assert_str_eq(rig_write(&f, 14, 60 << 8), "exception 86 14: 3");
}
END_TEST

/* Every day of the century there and back. */
START_TEST(every_day_is_a_moment)
{
    uint16_t clock[INVERTER_CLOCK_REGISTERS];
    int64_t local_ms;

    for (int64_t day = 10957; day < 10957 + 36525; day++) {
        const wp_us now = (day * 86400 + day % 86400) * INT64_C(1000000) - f.setup.epoch_us;

        lxp_inverter_clock(f.machine, now, clock);
        ck_assert(lxp_inverter_clock_takes(clock, &local_ms));
        ck_assert_int_eq(local_ms, (day * 86400 + day % 86400) * 1000);
    }
}
END_TEST

/* ---- inputs --------------------------------------------------------------------------------------------------------- */

START_TEST(inputs_may_be_held)
{
    rig_set(&f, "input", "0=32, 4=494", 0);
    ck_assert_uint_eq(rig_input(&f, 0), 32);
    ck_assert_uint_eq(rig_input(&f, 4), 494);
    rig_set(&f, "input", "0=", 0);
    ck_assert_uint_ne(rig_input(&f, 0), 32);
    rig_set(&f, "input", NULL, 0);
    ck_assert_uint_eq(machine()->n_cells, 0);
    ck_assert_uint_eq(rig_input(&f, 115), 13621); /* its serial number */
    ck_assert_uint_eq(rig_input(&f, 119), 13621);
}
END_TEST

/* Register 65 at 0 stops the battery: at once, and the grid covers the house (OCT-125). */
START_TEST(a_write_reaches_the_physics)
{
    rig_free(&f);
    rig_start(&f, QUIET, "pv.power", "0", "load.power", "1000", "battery.soc", "80", NULL);
    rig_connect(&f);
    ck_assert_uint_gt(rig_input(&f, 11), 900); /* p_discharge */
    ck_assert_uint_eq(rig_input(&f, 0), 16);
    rig_write(&f, 65, 0);
    ck_assert_uint_eq(rig_input(&f, 11), 0);
    ck_assert_uint_eq(rig_input(&f, 27), 1000); /* p_to_user */
    rig_set(&f, "hold", "65=", 0);
    ck_assert_uint_gt(rig_input(&f, 11), 900);
}
END_TEST

START_TEST(the_physics_can_be_set)
{
    rig_set(&f, "pv.power", "1234", 0);
    ck_assert_uint_eq(rig_input(&f, 7) + rig_input(&f, 8) + rig_input(&f, 9), 1234);
    rig_set(&f, "battery.soc", "77", 0);
    ck_assert_uint_eq(rig_input(&f, 5) & 0xFF, 77);
    rig_set(&f, "grid.voltage", "230.5", 0);
    ck_assert_uint_eq(rig_input(&f, 12), 2305);
    rig_set(&f, "grid.voltage", NULL, 0);
    ck_assert_uint_eq(rig_input(&f, 12), 2473);
    rig_set(&f, "pv.power", NULL, 0); /* the sun decides again, at noon */
    ck_assert_uint_gt(rig_input(&f, 7), 2390);
}
END_TEST

/* Its own midnight begins the day's counters anew. */
START_TEST(its_clock_turns_the_day)
{
    rig_set(&f, "pv.power", "3000", 0);
    f.now = WP_SEC(3600);
    ck_assert_uint_eq(rig_input(&f, 28) + rig_input(&f, 29), 30);
    rig_write(&f, 13, 12 << 8 | 16);
    ck_assert_uint_eq(rig_input(&f, 28) + rig_input(&f, 29), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        defaults_are_a_real_inverters,
        defaults_may_be_written,
        what_it_has_not_is_an_exception,
        a_write_is_read_back,
        what_cannot_be_written_is_an_exception,
        read_only_is_an_option,
        reset_is_taken_and_forgotten,
        registers_are_set_by_a_step,
        a_full_memory_is_an_exception,
        given_registers_have_room,
        the_clock_runs,
        one_register_of_the_clock_may_be_written,
        no_such_moment_is_an_exception,
        every_day_is_a_moment,
        inputs_may_be_held,
        a_write_reaches_the_physics,
        the_physics_can_be_set,
        its_clock_turns_the_day,
    };
    Suite *s = suite_create("lxp_inverter_hold");
    TCase *t = tcase_create("registers");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
