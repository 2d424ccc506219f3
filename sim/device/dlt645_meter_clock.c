/* The meter's clock: run time to its own date and back, the rules for setting it.
 *
 * Its local time is epoch + utc_offset + what it is ahead + run time. Years are 2000 to 2099, as on the wire. */
#include "sim/device/dlt645_meter_inside.h"

enum { EPOCH_2000_DAY = 10957, SYNC_MARGIN_MIN = 5 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t dlt645_meter_local_ms(const struct dlt645_meter *m, int64_t ms)
{
    return floor_div(m->setup->epoch_us + m->clock, 1000) + (int64_t)m->setup->utc_offset_s * 1000 + ms;
}

/* Days since 1970 of a civil date; the year counts from March, so that the leap day is the last one. */
static int64_t day_number(int64_t year, unsigned month, unsigned day)
{
    int64_t y = month <= 2 ? year - 1 : year, era = floor_div(y, 400);
    unsigned of_era = (unsigned)(y - era * 400), from_march = (month + 9) % 12;
    unsigned day_of_year = (153 * from_march + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719468;
}

struct dlt645_time dlt645_meter_date(int64_t local_ms)
{
    int64_t days = floor_div(local_ms, METER_MS_DAY) + 719468, era = floor_div(days, 146097);
    unsigned of_era = (unsigned)(days - era * 146097);
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned day_of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned from_march = (5 * day_of_year + 2) / 153,
             month = from_march < 10 ? from_march + 3 : from_march - 9;
    unsigned second = (unsigned)(floor_div(local_ms, 1000) - floor_div(local_ms, METER_MS_DAY) * 86400);

    return (struct dlt645_time){
        .year = (uint8_t)((year + (month <= 2)) % 100),
        .month = (uint8_t)month,
        .day = (uint8_t)(day_of_year - (153 * from_march + 2) / 5 + 1),
        .hour = (uint8_t)(second / 3600),
        .minute = (uint8_t)(second / 60 % 60),
        .second = (uint8_t)(second % 60),
    };
}

unsigned dlt645_meter_weekday(int64_t local_ms)
{
    int64_t days = floor_div(local_ms, METER_MS_DAY) + 4; /* 1970 began on a Thursday */

    return (unsigned)(days - floor_div(days, 7) * 7);
}

bool dlt645_meter_moment(const struct dlt645_time *t, int64_t *ret_local_ms)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool good = t->year <= 99 && t->month >= 1 && t->month <= 12 && t->day >= 1 && t->hour <= 23 &&
                t->minute <= 59 && t->second <= 59;

    if (!good || t->day > days[t->month - 1] + (t->month == 2 && t->year % 4 == 0))
        return false;
    *ret_local_ms = day_number(2000 + t->year, t->month, t->day) * METER_MS_DAY + t->hour * METER_MS_HOUR +
                    t->minute * METER_MS_MINUTE + t->second * INT64_C(1000);
    return true;
}

uint32_t dlt645_meter_minute(int64_t local_ms)
{
    return (uint32_t)(floor_div(local_ms, METER_MS_MINUTE) - EPOCH_2000_DAY * INT64_C(1440));
}

int64_t dlt645_meter_minute_ms(uint32_t minute)
{
    return (minute + EPOCH_2000_DAY * INT64_C(1440)) * METER_MS_MINUTE;
}

uint8_t dlt645_meter_bcd(unsigned two_digits)
{
    return (uint8_t)(two_digits / 10 << 4 | two_digits % 10);
}

void dlt645_meter_put_minute(struct wp_writer *w, uint32_t minute)
{
    struct dlt645_time t = dlt645_meter_date(dlt645_meter_minute_ms(minute));

    wp_put_u8(w, dlt645_meter_bcd(t.minute));
    wp_put_u8(w, dlt645_meter_bcd(t.hour));
    wp_put_u8(w, dlt645_meter_bcd(t.day));
    wp_put_u8(w, dlt645_meter_bcd(t.month));
    wp_put_u8(w, dlt645_meter_bcd(t.year));
}

void dlt645_meter_step_clock(struct dlt645_meter *m, wp_us now, wp_us ahead)
{
    dlt645_meter_settle(m, now);
    m->clock = ahead;
    /* The running demand period no longer fits the clock's hour; it begins anew. */
    m->demand[0].part = m->demand[1].part = 0;
}

void dlt645_meter_set_clock(struct dlt645_meter *m, wp_us now, int64_t local_ms)
{
    dlt645_meter_step_clock(m, now, m->clock + (local_ms - dlt645_meter_local_ms(m, now / 1000)) * 1000);
}

/* Broadcast time is taken only once a day, by at most five minutes, and not within five minutes of midnight: a
 * wrong master must not move a day's energy into another day. source: DL/T 645-2007, broadcast time */
bool dlt645_meter_sync(struct dlt645_meter *m, wp_us now, const struct dlt645_time *t)
{
    struct wp_slice rule = dlt645_meter_given(m->setup, METER_CLOCK_BROADCAST).bytes;
    int64_t local = dlt645_meter_local_ms(m, now / 1000), margin = SYNC_MARGIN_MIN * METER_MS_MINUTE, to;
    int64_t of_day = local - floor_div(local, METER_MS_DAY) * METER_MS_DAY;
    uint16_t day = (uint16_t)floor_div(local, METER_MS_DAY);

    if (!dlt645_meter_moment(t, &to))
        return false;
    if (wp_slice_is(rule, "strict")) {
        if (m->synced_day == day || of_day < margin || of_day > METER_MS_DAY - margin)
            return false;
        if (to - local > margin || local - to > margin)
            return false;
    } else if (!wp_slice_is(rule, "always")) {
        return false;
    }
    m->synced_day = day;
    dlt645_meter_set_clock(m, now, to);
    return true;
}
