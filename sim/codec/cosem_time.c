#include "sim/codec/cosem_time.h"

enum {
    MS_PER_MINUTE = 60000,
    YEAR_MAX = 9999,    /* what ISO 8601 writes in four digits */
    EPOCH_DAY = 719468, /* 1970-01-01, counted from 0000-03-01 */
    ERA_DAYS = 146097,  /* 400 years */
};

#define MS_PER_DAY INT64_C(86400000)

static const char *const reason_texts[] = {
#define X(name, text) text,
    COSEM_TIME_REASONS(X)
#undef X
};

const char *cosem_time_reason_text(enum cosem_time_reason reason)
{
    return reason_texts[reason];
}

/* ---- the calendar: proleptic Gregorian, years from March on so that the leap day comes last ---------- */

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_in(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01; year at least 1. */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
    const unsigned from_march = (month + 9) % 12, y = year - (month <= 2);
    const unsigned in_year = (153 * from_march + 2) / 5 + day - 1;

    return (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + in_year - EPOCH_DAY;
}

/* From 0001-01-01 on. */
static void date_of(int64_t days, struct cosem_time *out)
{
    const unsigned all = (unsigned)(days + EPOCH_DAY), era = all / ERA_DAYS, in_era = all % ERA_DAYS;
    const unsigned y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    const unsigned in_year = in_era - (365 * y + y / 4 - y / 100), from_march = (5 * in_year + 2) / 153;
    const unsigned month = from_march < 10 ? from_march + 3 : from_march - 9;

    out->year = (uint16_t)(era * 400 + y + (month <= 2));
    out->month = (uint8_t)month;
    out->day = (uint8_t)(in_year - (153 * from_march + 2) / 5 + 1);
    out->weekday = (uint8_t)((all + 2) % 7 + 1); /* 0000-03-01 was a Wednesday */
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static const struct cosem_time unspecified = {
    .year = COSEM_ANY_YEAR,
    .month = COSEM_ANY,
    .day = COSEM_ANY,
    .weekday = COSEM_ANY,
    .hour = COSEM_ANY,
    .minute = COSEM_ANY,
    .second = COSEM_ANY,
    .hundredths = COSEM_ANY,
    .deviation = COSEM_ANY_DEVIATION,
    .status = COSEM_STATUS_ANY,
};

static void read_date(const uint8_t *p, struct cosem_time *out)
{
    out->year = (uint16_t)(p[0] << 8 | p[1]);
    out->month = p[2];
    out->day = p[3];
    out->weekday = p[4];
}

static void read_clock(const uint8_t *p, struct cosem_time *out)
{
    out->hour = p[0];
    out->minute = p[1];
    out->second = p[2];
    out->hundredths = p[3];
}

bool cosem_time_read(struct wp_slice octets, struct cosem_time *out)
{
    if (octets.n != COSEM_TIME_OCTETS && octets.n != COSEM_DATE_OCTETS && octets.n != COSEM_CLOCK_OCTETS)
        return false;
    *out = unspecified;
    if (octets.n == COSEM_CLOCK_OCTETS) {
        read_clock(octets.p, out);
        return true;
    }
    read_date(octets.p, out);
    if (octets.n == COSEM_DATE_OCTETS)
        return true;
    read_clock(octets.p + COSEM_DATE_OCTETS, out);
    out->deviation = (int16_t)(octets.p[9] << 8 | octets.p[10]);
    out->status = octets.p[11];
    return true;
}

bool cosem_time_is_likely(struct wp_slice octets)
{
    struct cosem_time t;

    if (octets.n != COSEM_TIME_OCTETS || !cosem_time_read(octets, &t))
        return false;
    if (t.year != COSEM_ANY_YEAR && (t.year < 1970 || t.year > 2100))
        return false;
    if ((t.month < 1 || t.month > 12) && t.month < COSEM_DST_END)
        return false;
    return t.hour < 24 || t.hour == COSEM_ANY;
}

/* ---- judging ---------------------------------------------------------------------------------------- */

static enum cosem_time_reason judge_date(const struct cosem_time *t)
{
    if (t->year == COSEM_ANY_YEAR || t->month >= COSEM_DST_END || t->day >= COSEM_SECOND_LAST_DAY)
        return COSEM_TIME_UNSPECIFIED;
    if (t->year < 1 || t->year > YEAR_MAX || t->month < 1 || t->month > 12)
        return COSEM_TIME_NO_DATE;
    return t->day < 1 || t->day > days_in(t->year, t->month) ? COSEM_TIME_NO_DATE : COSEM_TIME_GOOD;
}

static enum cosem_time_reason judge_clock(const struct cosem_time *t)
{
    if (t->hundredths > 99 && t->hundredths != COSEM_ANY)
        return COSEM_TIME_NO_TIME;
    if (t->hour == COSEM_ANY || t->minute == COSEM_ANY || t->second == COSEM_ANY)
        return COSEM_TIME_UNSPECIFIED;
    return t->hour > 23 || t->minute > 59 || t->second > 59 ? COSEM_TIME_NO_TIME : COSEM_TIME_GOOD;
}

enum cosem_time_reason cosem_time_judge(const struct cosem_time *t)
{
    enum cosem_time_reason reason = judge_date(t);

    if (reason == COSEM_TIME_GOOD)
        reason = judge_clock(t);
    if (reason == COSEM_TIME_GOOD && t->deviation != COSEM_ANY_DEVIATION &&
        (t->deviation < -COSEM_DEVIATION_MAX || t->deviation > COSEM_DEVIATION_MAX))
        return COSEM_TIME_DEVIATION;
    return reason;
}

enum cosem_time_reason cosem_time_utc(const struct cosem_time *t, int16_t deviation, int64_t *ret_ms)
{
    const enum cosem_time_reason reason = cosem_time_judge(t);
    int64_t seconds;

    if (reason != COSEM_TIME_GOOD)
        return reason;
    if (t->status != COSEM_STATUS_ANY && t->status & COSEM_STATUS_INVALID)
        return COSEM_TIME_FLAGGED;
    if (t->deviation != COSEM_ANY_DEVIATION)
        deviation = t->deviation;
    if (deviation == COSEM_ANY_DEVIATION)
        return COSEM_TIME_LOCAL;
    seconds = (int64_t)t->hour * 3600 + (int64_t)t->minute * 60 + t->second;
    *ret_ms = days_of(t->year, t->month, t->day) * MS_PER_DAY + seconds * 1000 +
              (t->hundredths == COSEM_ANY ? 0 : (int64_t)t->hundredths * 10) +
              (int64_t)deviation * MS_PER_MINUTE;
    return COSEM_TIME_GOOD;
}

/* ---- writing ---------------------------------------------------------------------------------------- */

struct cosem_time cosem_time_of_utc(int64_t ms, int16_t deviation, uint8_t status)
{
    const int64_t first = days_of(1, 1, 1) * MS_PER_DAY, end = days_of(YEAR_MAX + 1, 1, 1) * MS_PER_DAY;
    struct cosem_time t = unspecified;
    int64_t since;

    if (ms < first || ms >= end)
        return t;
    if (deviation != COSEM_ANY_DEVIATION)
        ms -= (int64_t)deviation * MS_PER_MINUTE;
    since = ms - first; /* never negative but for a zone behind the first midnight */
    if (since < 0 || ms >= end)
        return t;
    date_of((since / MS_PER_DAY) + days_of(1, 1, 1), &t);
    since %= MS_PER_DAY;
    t.hour = (uint8_t)(since / 3600000);
    t.minute = (uint8_t)(since / MS_PER_MINUTE % 60);
    t.second = (uint8_t)(since / 1000 % 60);
    t.hundredths = (uint8_t)(since / 10 % 100);
    t.deviation = deviation;
    t.status = status;
    return t;
}

void cosem_time_put(struct wp_writer *w, const struct cosem_time *t)
{
    wp_put_u16be(w, t->year);
    wp_put_u8(w, t->month);
    wp_put_u8(w, t->day);
    wp_put_u8(w, t->weekday);
    wp_put_u8(w, t->hour);
    wp_put_u8(w, t->minute);
    wp_put_u8(w, t->second);
    wp_put_u8(w, t->hundredths);
    wp_put_u16be(w, (uint16_t)t->deviation);
    wp_put_u8(w, t->status);
}

static void put_digits(struct wp_writer *w, unsigned v, unsigned n)
{
    for (unsigned unit = n == 4 ? 1000 : 10; unit > 0; unit /= 10)
        wp_put_char(w, (char)('0' + v / unit % 10));
}

static void put_offset(struct wp_writer *w, int deviation)
{
    const unsigned minutes = (unsigned)(deviation < 0 ? -deviation : deviation);

    if (deviation == 0) {
        wp_put_char(w, 'Z');
        return;
    }
    wp_put_char(w, deviation < 0 ? '+' : '-');
    put_digits(w, minutes / 60, 2);
    wp_put_char(w, ':');
    put_digits(w, minutes % 60, 2);
}

bool cosem_time_put_iso(struct wp_writer *w, const struct cosem_time *t)
{
    if (cosem_time_judge(t) != COSEM_TIME_GOOD)
        return false;
    put_digits(w, t->year, 4);
    wp_put_char(w, '-');
    put_digits(w, t->month, 2);
    wp_put_char(w, '-');
    put_digits(w, t->day, 2);
    wp_put_char(w, 'T');
    put_digits(w, t->hour, 2);
    wp_put_char(w, ':');
    put_digits(w, t->minute, 2);
    wp_put_char(w, ':');
    put_digits(w, t->second, 2);
    if (t->hundredths != 0 && t->hundredths != COSEM_ANY) {
        wp_put_char(w, '.');
        put_digits(w, t->hundredths, 2);
    }
    if (t->deviation != COSEM_ANY_DEVIATION)
        put_offset(w, t->deviation);
    return true;
}

/* ---- for people ------------------------------------------------------------------------------------- */

/* Two digits, "*" where it is unspecified; what is out of every range as it stands. */
static void put_part(struct wp_writer *w, uint8_t v)
{
    if (v == COSEM_ANY)
        wp_put_char(w, '*');
    else if (v < 100)
        put_digits(w, v, 2);
    else
        wp_put_uint(w, v);
}

void cosem_time_put_text(struct wp_writer *w, const struct cosem_time *t)
{
    if (t->year == COSEM_ANY_YEAR)
        wp_put_char(w, '*');
    else if (t->year <= YEAR_MAX)
        put_digits(w, t->year, 4);
    else
        wp_put_uint(w, t->year);
    wp_put_char(w, '-');
    if (t->month == COSEM_DST_BEGIN || t->month == COSEM_DST_END)
        wp_put_text(w, t->month == COSEM_DST_BEGIN ? "dst-begin" : "dst-end");
    else
        put_part(w, t->month);
    wp_put_char(w, '-');
    if (t->day == COSEM_LAST_DAY || t->day == COSEM_SECOND_LAST_DAY)
        wp_put_text(w, t->day == COSEM_LAST_DAY ? "last" : "second-last");
    else
        put_part(w, t->day);
    wp_put_char(w, ' ');
    put_part(w, t->hour);
    wp_put_char(w, ':');
    put_part(w, t->minute);
    wp_put_char(w, ':');
    put_part(w, t->second);
}
