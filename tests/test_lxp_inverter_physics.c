/* Days of a LuxPower inverter: what the sun, the house, the battery and the hold registers make of its registers.
 *
 * covers: lxp_inverter_sun lxp_inverter_battery lxp_inverter_flow lxp_inverter_inputs
 * Expected values are reckoned by hand, or from the registers alone. */
#include "sim/core/option.h"
#include "sim/device/lxp_inverter_physics.h"

#include <check.h>
#include <stdarg.h>

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define START  (18422 * DAY) /* 9 June 2020, 00:00 */

static const struct wp_option rows[LXP_PHYSICS_ROWS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#include "sim/device/lxp_inverter_physics.def"
#undef OPTION
};

static struct lxp_physics f;

static struct wp_value value_of(const struct wp_option *row, const char *text)
{
    struct wp_value v = wp_null();

    if (text)
        ck_assert_msg(wp_option_read(row, wp_text(text), &v, NULL), "%s=%s", row->name, text);
    return v;
}

static enum lxp_physics_row row_of(const char *name)
{
    const struct wp_option *row = wp_option_find(rows, LXP_PHYSICS_ROWS, wp_text(name));

    ck_assert_msg(row != NULL, "%s", name);
    return (enum lxp_physics_row)(row - rows);
}

/* At START, or with "at" at another hour of that day; pairs of name and value, NULL at the end. */
static void start(const char *name, ...)
{
    struct wp_value given[LXP_PHYSICS_ROWS];
    int64_t at = START;
    va_list args;

    for (unsigned i = 0; i < LXP_PHYSICS_ROWS; i++)
        given[i] = value_of(&rows[i], rows[i].fallback);
    va_start(args, name);
    for (; name; name = va_arg(args, const char *)) {
        const char *text = va_arg(args, const char *);
        int64_t us;

        if (strcmp(name, "at") == 0) {
            ck_assert(wp_duration_read(wp_text(text), &us));
            at = START + us / 1000;
            continue;
        }
        given[row_of(name)] = value_of(&rows[row_of(name)], text);
    }
    va_end(args);
    lxp_physics_begin(&f, given, 7, at);
}

static void until(int64_t of_start)
{
    lxp_physics_advance(&f, START + of_start);
}

static unsigned in(unsigned reg)
{
    return lxp_physics_input(&f, reg);
}

static unsigned soc(void)
{
    return in(5) & 0xFF;
}

static unsigned p_pv(void)
{
    return in(7) + in(8) + in(9);
}

enum { R_STATUS = 0, R_CHARGE = 10, R_DISCHARGE = 11, R_TO_GRID = 26, R_TO_USER = 27 };

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

int main(void)
{
    Suite *suite = suite_create("lxp_inverter_physics");
    TCase *day = tcase_create("day");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(day, a_day_from_midnight_to_midnight);
    suite_add_tcase(suite, day);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
