/* What the sun gives and the house takes, by the time of day.
 *
 * A clear day is half a sine from sunrise to sunset, one value for each minute. The sine is Bhaskara's, off by at
 * most 0.2 % and without fractions:
 *
 *     sin(pi x / l) = 16 x (l - x) / (5 l l - 4 x (l - x))
 *
 * Clouds take a share that is drawn anew every ten minutes and lies on a straight line between. */
#include "sim/device/lxp_inverter_physics.h"

enum {
    PPM = 1000000,
    CLOUD_MINUTES = 10,
    DAY_MINUTES = 1440,
    YEAR_CENTIDAYS = 36524,
    LONGEST_CENTIDAYS = 17100, /* 21 June after 1 January */
    FUSE_WATT = 32000,         /* the house takes no more, whatever is given */
};

static int64_t sine_ppm(int64_t x, int64_t half)
{
    int64_t hump = x * (half - x);

    return 16 * PPM * hump / (5 * half * half - 4 * hump);
}

/* By how much the day of the year is longer than the mean one, of what the longest is: -10^6 .. 10^6. Years of 365.24
 * days since 1970 will do. */
static int64_t season_ppm(int32_t day)
{
    int64_t half = YEAR_CENTIDAYS / 2;
    int64_t since = day * INT64_C(100) - LONGEST_CENTIDAYS + YEAR_CENTIDAYS / 4;
    int64_t phase = since - lxp_floor_div(since, YEAR_CENTIDAYS) * YEAR_CENTIDAYS;

    return phase < half ? sine_ppm(phase, half) : -sine_ppm(phase - half, half);
}

static uint16_t within_day(int64_t minute)
{
    return (uint16_t)(minute < 0 ? 0 : minute > DAY_MINUTES ? DAY_MINUTES : minute);
}

static void begin_sun_day(struct lxp_physics *p, int32_t day)
{
    int64_t longer = p->setting[LXP_PHYSICS_SUN_SEASON] * season_ppm(day) / (2 * PPM);

    p->sunrise = within_day(p->setting[LXP_PHYSICS_SUN_RISE] - longer);
    p->sunset = within_day(p->setting[LXP_PHYSICS_SUN_SET] + longer);
    p->sun_day = day;
}

/* 0 .. 1023, the same for the same seed and time everywhere. */
static int64_t cloud(uint64_t seed, int64_t slot)
{
    uint64_t z = seed + (uint64_t)slot * UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (int64_t)(z >> 54);
}

static int64_t clouded(const struct lxp_physics *p, int64_t minute, int64_t ppm)
{
    int64_t slot = lxp_floor_div(minute, CLOUD_MINUTES), at = minute - slot * CLOUD_MINUTES;
    int64_t share = cloud(p->seed, slot) * (CLOUD_MINUTES - at) + cloud(p->seed, slot + 1) * at;

    return ppm - ppm * p->setting[LXP_PHYSICS_SUN_CLOUDS] * share / (100 * 1024 * CLOUD_MINUTES);
}

/* What the strings give at so much of their peaks. */
static void shine(struct lxp_physics *p, int64_t ppm, int32_t strings[3])
{
    for (unsigned i = 0; i < 3; i++) {
        int64_t peak = p->setting[LXP_PHYSICS_PV1_PEAK + i] * (INT64_C(1000) + p->sun_permille) / 1000;

        strings[i] = (int32_t)(peak * ppm / PPM);
        p->lit |= (uint8_t)((strings[i] > 0) << i);
    }
}

/* The power that was given, shared by the peaks; all of the first string when it has none. */
static void share(struct lxp_physics *p, int32_t strings[3])
{
    const uint16_t *peak = &p->setting[LXP_PHYSICS_PV1_PEAK];
    int32_t power = p->setting[LXP_PHYSICS_PV_POWER], sum = peak[0] + peak[1] + peak[2];

    for (unsigned i = 1; i < 3; i++)
        strings[i] = sum > 0 ? (int32_t)((int64_t)power * peak[i] / sum) : 0;
    strings[0] = power - strings[1] - strings[2];
    for (unsigned i = 0; i < 3; i++)
        p->lit |= (uint8_t)((strings[i] > 0) << i);
}

int64_t lxp_physics_sun(struct lxp_physics *p, int32_t strings[3])
{
    int64_t minute = lxp_floor_div(p->now_ms, LXP_MS_MINUTE), day = lxp_floor_div(p->now_ms, LXP_MS_DAY);
    int64_t of_day = minute - day * DAY_MINUTES, ppm;

    p->lit = 0;
    strings[0] = strings[1] = strings[2] = 0;
    if (p->setting[LXP_PHYSICS_PV_POWER] != LXP_SETTING_NONE) {
        share(p, strings);
        return INT64_MAX;
    }
    if (p->sun_day != day)
        begin_sun_day(p, (int32_t)day);
    if (of_day >= p->sunset || p->sunset <= p->sunrise)
        return (day + 1) * LXP_MS_DAY;
    if (of_day < p->sunrise)
        return day * LXP_MS_DAY + p->sunrise * LXP_MS_MINUTE;
    /* The middle of the minute stands for it. */
    ppm = sine_ppm(2 * (of_day - p->sunrise) + 1, 2 * (p->sunset - p->sunrise));
    if (p->setting[LXP_PHYSICS_SUN_CLOUDS] > 0)
        ppm = clouded(p, minute, ppm);
    shine(p, ppm, strings);
    return (minute + 1) * LXP_MS_MINUTE;
}

int64_t lxp_physics_load(const struct lxp_physics *p, int32_t *ret_watt)
{
    /* At the full hours, of the mean; quarters of an hour lie on a straight line between, so the mean is kept. */
    static const uint16_t home_permille[] = {450,  400,  380,  380,  400,  500,  900,  1300,
                                             1200, 900,  800,  900,  1200, 1000, 800,  800,
                                             1000, 1500, 2000, 2100, 1800, 1400, 1000, 890};
    int64_t quarter = lxp_floor_div(p->now_ms, 15 * LXP_MS_MINUTE);
    int64_t watt = p->setting[LXP_PHYSICS_LOAD_POWER] * (INT64_C(1000) + p->load_permille) / 1000;
    unsigned of_day = (unsigned)(quarter - lxp_floor_div(quarter, 96) * 96), hour = of_day / 4,
             at = of_day % 4;
    int64_t next = INT64_MAX;

    if (p->setting[LXP_PHYSICS_LOAD_PROFILE] == 1) {
        watt = watt * (home_permille[hour] * (4 - at) + home_permille[(hour + 1) % 24] * at) / 4000;
        next = (quarter + 1) * 15 * LXP_MS_MINUTE;
    }
    *ret_watt = watt < FUSE_WATT ? (int32_t)watt : FUSE_WATT;
    return next;
}
