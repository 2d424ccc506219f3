/* The sun over a roof, and what a house takes. The sine is Bhaskara's, off by at most 0.2 % and without fractions:
 *
 *     sin(pi x / l) = 16 x (l - x) / (5 l l - 4 x (l - x)) */
#include "sim/device/sun.h"

enum {
    CLOUD_MINUTES = 10,
    DAY_MINUTES = 1440,
    YEAR_CENTIDAYS = 36524,
    LONGEST_CENTIDAYS = 17100, /* 21 June after 1 January */
};

static int64_t sine_ppm(int64_t x, int64_t half)
{
    int64_t hump = x * (half - x);

    return 16 * SUN_PPM * hump / (5 * half * half - 4 * hump);
}

/* By how much the day of the year is longer than the mean one, of what the longest is: -10^6 .. 10^6. Years of 365.24
 * days since 1970 will do. */
static int64_t season_ppm(int32_t day)
{
    int64_t half = YEAR_CENTIDAYS / 2;
    int64_t since = day * INT64_C(100) - LONGEST_CENTIDAYS + YEAR_CENTIDAYS / 4;
    int64_t phase = since - sun_floor_div(since, YEAR_CENTIDAYS) * YEAR_CENTIDAYS;

    return phase < half ? sine_ppm(phase, half) : -sine_ppm(phase - half, half);
}

static uint16_t within_day(int64_t minute)
{
    return (uint16_t)(minute < 0 ? 0 : minute > DAY_MINUTES ? DAY_MINUTES : minute);
}

static void begin_day(struct sun *s, int32_t day)
{
    int64_t longer = s->season * season_ppm(day) / (2 * SUN_PPM);

    s->sunrise = within_day(s->rise - longer);
    s->sunset = within_day(s->set + longer);
    s->day = day;
}

/* 0 .. 1023, the same for the same seed and time everywhere. */
static int64_t cloud(uint64_t seed, int64_t slot)
{
    uint64_t z = seed + (uint64_t)slot * UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (int64_t)(z >> 54);
}

static int64_t clouded(const struct sun *s, int64_t minute, int64_t ppm)
{
    int64_t slot = sun_floor_div(minute, CLOUD_MINUTES), at = minute - slot * CLOUD_MINUTES;
    int64_t share = cloud(s->seed, slot) * (CLOUD_MINUTES - at) + cloud(s->seed, slot + 1) * at;

    return ppm - ppm * s->clouds * share / (100 * 1024 * CLOUD_MINUTES);
}

int64_t sun_ppm(struct sun *s, int64_t local_ms, int64_t *ret_next)
{
    int64_t minute = sun_floor_div(local_ms, SUN_MS_MINUTE), day = sun_floor_div(local_ms, SUN_MS_DAY);
    int64_t of_day = minute - day * DAY_MINUTES, ppm;

    if (s->day != day)
        begin_day(s, (int32_t)day);
    if (of_day >= s->sunset || s->sunset <= s->sunrise) {
        *ret_next = (day + 1) * SUN_MS_DAY;
        return 0;
    }
    if (of_day < s->sunrise) {
        *ret_next = day * SUN_MS_DAY + s->sunrise * SUN_MS_MINUTE;
        return 0;
    }
    *ret_next = (minute + 1) * SUN_MS_MINUTE;
    /* The middle of the minute stands for it. */
    ppm = sine_ppm(2 * (of_day - s->sunrise) + 1, 2 * (s->sunset - s->sunrise));
    return s->clouds > 0 ? clouded(s, minute, ppm) : ppm;
}

int64_t sun_home(int64_t local_ms, int64_t *ret_next)
{
    /* At the full hours, of the mean; quarters of an hour lie on a straight line between, so the mean is kept. */
    static const uint16_t home_permille[] = {450,  400,  380,  380,  400,  500,  900,  1300,
                                             1200, 900,  800,  900,  1200, 1000, 800,  800,
                                             1000, 1500, 2000, 2100, 1800, 1400, 1000, 890};
    int64_t quarter = sun_floor_div(local_ms, 15 * SUN_MS_MINUTE);
    unsigned of_day = (unsigned)(quarter - sun_floor_div(quarter, 96) * 96), hour = of_day / 4,
             at = of_day % 4;

    *ret_next = (quarter + 1) * 15 * SUN_MS_MINUTE;
    return home_permille[hour] * (int64_t)(4 - at) + home_permille[(hour + 1) % 24] * (int64_t)at;
}
