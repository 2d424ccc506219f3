#include "harness/moment.h"

#include <stdio.h>
#include <time.h>

#define SECOND INT64_C(1000000000)

/* A point and 6 or 9 digits, zeros in front: with a one before them they are a number, and the point takes its place. */
static void put_fraction(struct wp_writer *w, int64_t n, int digits)
{
    size_t point = w->n;

    wp_put_uint(w, (uint64_t)n + (digits == 9 ? 1000000000 : 1000000));
    if (!w->full)
        w->p[point] = '.';
}

static void fill(struct moment_cache *cache, int64_t second)
{
    time_t t = (time_t)second;
    struct tm tm;

    gmtime_r(&t, &tm); /* 64-bit nanoseconds stay within years that it knows */
    cache->n =
        (size_t)snprintf(cache->text, sizeof cache->text, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900,
                         tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    cache->second = second;
    cache->is_filled = true;
}

void moment_put(struct moment_cache *cache, struct wp_writer *w, int64_t ns, int decimals)
{
    int64_t second = ns / SECOND, rest = ns % SECOND;

    if (rest < 0) {
        rest += SECOND;
        second--;
    }
    if (!cache->is_filled || cache->second != second)
        fill(cache, second);
    wp_put_slice(w, wp_slice(cache->text, cache->n));
    put_fraction(w, decimals == 9 ? rest : rest / 1000, decimals == 9 ? 9 : 6);
    wp_put_char(w, 'Z');
}

void moment_put_span(struct wp_writer *w, int64_t ns)
{
    if (ns < 0) {
        wp_put_char(w, '-');
        ns = ns == INT64_MIN ? INT64_MAX : -ns;
    }
    wp_put_int(w, ns / SECOND);
    put_fraction(w, ns % SECOND / 1000, 6);
}
