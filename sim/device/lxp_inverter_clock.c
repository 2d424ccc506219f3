/* Its clock: hold 12 to 14, local time.
 *
 *     12: month << 8 | year of the century      13: hour << 8 | day      14: second << 8 | minute
 *
 * It shows epoch + utc_offset + run time + what it is ahead. A write sets the three parts that it names and leaves the
 * others; together they must be a moment. source: protocols/luxpower-and-octolux c.3; vectors lxp-021 */
#include "sim/device/lxp_inverter_inside.h"

#define MS_DAY INT64_C(86400000)

struct date {
    unsigned year, month, day; /* year of the century, 0 is 2000 */
    unsigned hour, minute, second;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t lxp_inverter_local_ms(const struct lxp_inverter *m, wp_us now)
{
    return floor_div(m->setup->epoch_us + now, 1000) + (int64_t)m->setup->utc_offset_s * 1000;
}

int64_t lxp_inverter_ahead_ms(const struct lxp_inverter *m)
{
    return floor_div(m->clock, 1000);
}

static bool is_leap(unsigned year)
{
    return year % 4 == 0; /* of 2000 to 2099 */
}

static unsigned days_of(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

enum { DAY_2000 = 10957, DAYS_CENTURY = 36525 };

/* A clock outside of 2000 to 2099 shows the same day of that century. */
static struct date date_of(int64_t local_ms)
{
    int64_t days = floor_div(local_ms, MS_DAY) - DAY_2000;
    const unsigned second = (unsigned)((local_ms - floor_div(local_ms, MS_DAY) * MS_DAY) / 1000);
    struct date d = {.month = 1, .hour = second / 3600, .minute = second / 60 % 60, .second = second % 60};
    unsigned day = (unsigned)(days - floor_div(days, DAYS_CENTURY) * DAYS_CENTURY);

    for (; day >= 365u + is_leap(d.year); d.year++)
        day -= 365u + is_leap(d.year);
    for (; day >= days_of(d.year, d.month); d.month++)
        day -= days_of(d.year, d.month);
    d.day = day + 1;
    return d;
}

static bool moment_of(const struct date *d, int64_t *ret_local_ms)
{
    int64_t days = DAY_2000;

    if (d->year > 99 || d->month < 1 || d->month > 12 || d->day < 1 || d->day > days_of(d->year, d->month) ||
        d->hour > 23 || d->minute > 59 || d->second > 59)
        return false;
    days += d->year * INT64_C(365) + (d->year + 3) / 4 + d->day - 1;
    for (unsigned month = 1; month < d->month; month++)
        days += days_of(d->year, month);
    *ret_local_ms = days * MS_DAY + ((d->hour * INT64_C(60) + d->minute) * 60 + d->second) * 1000;
    return true;
}

void lxp_inverter_clock(const struct lxp_inverter *m, wp_us now, uint16_t out[INVERTER_CLOCK_REGISTERS])
{
    const struct date d = date_of(lxp_inverter_local_ms(m, now) + lxp_inverter_ahead_ms(m));

    out[0] = (uint16_t)(d.month << 8 | d.year);
    out[1] = (uint16_t)(d.hour << 8 | d.day);
    out[2] = (uint16_t)(d.second << 8 | d.minute);
}

bool lxp_inverter_clock_takes(const uint16_t registers[INVERTER_CLOCK_REGISTERS], int64_t *ret_local_ms)
{
    const struct date d = {registers[0] & 0xFF, registers[0] >> 8,   registers[1] & 0xFF,
                           registers[1] >> 8,   registers[2] & 0xFF, registers[2] >> 8};

    return moment_of(&d, ret_local_ms);
}

void lxp_inverter_set_clock(struct lxp_inverter *m, wp_us now, int64_t local_ms)
{
    lxp_inverter_step_clock(m, now, (local_ms - lxp_inverter_local_ms(m, now)) * 1000);
}
