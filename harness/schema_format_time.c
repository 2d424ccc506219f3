/* Dates, times and durations (RFC 3339). */
#include "harness/schema_format.h"

/* Exactly n digits at *s, which moves behind them; -1: they are not there. */
static int take_digits(struct wp_slice *s, size_t n)
{
    int v = 0;

    if (s->n < n)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return -1;
        v = v * 10 + (s->p[i] - '0');
    }
    *s = wp_slice(s->p + n, s->n - n);
    return v;
}

static bool take(struct wp_slice *s, char c)
{
    if (s->n == 0 || (*s->p | 0x20) != (c | 0x20))
        return false;
    *s = wp_slice(s->p + 1, s->n - 1);
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct wp_slice *s)
{
    int year = take_digits(s, 4), month, day;

    if (year < 0 || !take(s, '-'))
        return false;
    month = take_digits(s, 2);
    if (month < 1 || month > 12 || !take(s, '-'))
        return false;
    day = take_digits(s, 2);
    return day >= 1 && day <= days_in(year, month);
}

/* Z or +HH:MM; minutes east of UTC. */
static bool take_offset(struct wp_slice *s, int *ret_minutes)
{
    bool west;
    int hours, minutes;

    *ret_minutes = 0;
    if (take(s, 'Z'))
        return true;
    west = s->n > 0 && *s->p == '-';
    if (s->n == 0 || (*s->p != '+' && *s->p != '-'))
        return false;
    *s = wp_slice(s->p + 1, s->n - 1);
    hours = take_digits(s, 2);
    if (hours < 0 || hours > 23 || !take(s, ':'))
        return false;
    minutes = take_digits(s, 2);
    *ret_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
    return minutes >= 0 && minutes <= 59;
}

/* A leap second comes at the end of a day of UTC. */
static bool take_time(struct wp_slice *s)
{
    int hour = take_digits(s, 2), minute, second, offset;

    if (hour < 0 || hour > 23 || !take(s, ':'))
        return false;
    minute = take_digits(s, 2);
    if (minute < 0 || minute > 59 || !take(s, ':'))
        return false;
    second = take_digits(s, 2);
    if (second < 0 || second > 60)
        return false;
    if (take(s, '.')) {
        if (take_digits(s, 1) < 0)
            return false;
        while (take_digits(s, 1) >= 0)
            ;
    }
    if (!take_offset(s, &offset))
        return false;
    return second < 60 || (hour * 60 + minute - offset + 2 * 24 * 60) % (24 * 60) == 23 * 60 + 59;
}

bool format_is_date(struct wp_slice s)
{
    return take_date(&s) && s.n == 0;
}

bool format_is_time(struct wp_slice s)
{
    return take_time(&s) && s.n == 0;
}

bool format_is_date_time(struct wp_slice s)
{
    return take_date(&s) && take(&s, 'T') && take_time(&s) && s.n == 0;
}

/* Number and unit, as many as stand there in the order of `units`; once begun, none may be left out in between
 * (RFC 3339, appendix A: a year may be followed by a month, that by a day). */
static int take_parts(struct wp_slice *s, const char *units)
{
    int n = 0;

    for (const char *unit = units; *unit && s->n > 0 && *s->p != 'T'; unit++) {
        struct wp_slice before = *s;

        if (take_digits(s, 1) < 0)
            return -1;
        while (take_digits(s, 1) >= 0)
            ;
        if (s->n > 0 && *s->p == *unit) {
            *s = wp_slice(s->p + 1, s->n - 1);
            n++;
        } else if (n == 0) {
            *s = before;
        } else {
            return -1;
        }
    }
    return n;
}

bool format_is_duration(struct wp_slice s)
{
    struct wp_slice weeks;
    int days;

    if (s.n < 2 || *s.p != 'P')
        return false;
    s = wp_slice(s.p + 1, s.n - 1);
    weeks = s;
    if (take_parts(&weeks, "W") == 1 && weeks.n == 0)
        return true;
    days = take_parts(&s, "YMD");
    if (days < 0 || (s.n > 0 && *s.p != 'T'))
        return false;
    if (s.n == 0)
        return days > 0;
    s = wp_slice(s.p + 1, s.n - 1);
    return take_parts(&s, "HMS") > 0 && s.n == 0;
}
