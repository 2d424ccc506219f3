/* The sun over a roof, and what a house takes, by the time of day. Whole numbers only.
 *
 * A clear day is half a sine from sunrise to sunset, one value for each minute. Clouds take a share that is drawn anew
 * every ten minutes and lies on a straight line between. Times are milliseconds since 1970, local. */
#ifndef WP_SUN_H
#define WP_SUN_H

#include <stdbool.h>
#include <stdint.h>

enum { SUN_PPM = 1000000 };

#define SUN_MS_MINUTE INT64_C(60000)
#define SUN_MS_DAY    INT64_C(86400000)

struct sun {
    uint64_t seed;      /* of the clouds */
    uint16_t rise, set; /* minutes from midnight, of the mean day; one that ends before it begins is dark */
    uint16_t season;    /* minutes: the longest day, 21 June, is longer by so much, the shortest shorter */
    uint8_t clouds;     /* percent of the sun that they take at most */
    int32_t day;        /* begin with INT32_MIN, also when the four above change */
    uint16_t sunrise, sunset; /* minutes of that day */
};

/* A whole number below a / b, also of what is negative. */
static inline int64_t sun_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* What shines at that time, of what would at noon: 0 .. SUN_PPM. *ret_next: when it changes next. */
int64_t sun_ppm(struct sun *s, int64_t local_ms, int64_t *ret_next);

/* What a house takes in that quarter of an hour, of its mean over the day, in permille times 4: little at night, most in
 * the evening. *ret_next: when it changes next. */
int64_t sun_home(int64_t local_ms, int64_t *ret_next);

#endif
