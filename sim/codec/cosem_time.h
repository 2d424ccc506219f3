/* Date and time of COSEM: 12 octets of which each may be unspecified.
 *
 *     year 2 | month | day | weekday | hour | minute | second | hundredths | deviation 2 | status
 *
 * - FFFF, FF: unspecified. Month FD, FE: end, begin of daylight saving; day FD, FE: second last, last of the month.
 * - weekday: 1 Monday .. 7 Sunday; 00 occurs (Aidon). It is never judged: meters get it wrong.
 * - deviation: minutes from local time to UTC, -720..720, 8000 unspecified. UTC = local + deviation: Berlin in winter
 *   is -60, the sign is the opposite of ISO 8601. Some meters send it with the sign of ISO: who knows that one does
 *   negates it, it cannot be told from the octets.
 * - status: 01 invalid, 02 doubtful, 04 different clock base, 08 invalid status, 80 daylight saving, FF unspecified.
 *
 * A date is the first 5 octets, a time the hour to the hundredths. What no calendar has is not a fault of the frame: it
 * is a time that cannot be used, with a reason.
 * source: IEC 62056-6-2, 4.1.6.1; vectors dlms */
#ifndef WP_COSEM_TIME_H
#define WP_COSEM_TIME_H

#include "sim/core/bytes.h"

enum {
    COSEM_TIME_OCTETS = 12,
    COSEM_DATE_OCTETS = 5,
    COSEM_CLOCK_OCTETS = 4,
    COSEM_TIME_TEXT_MAX = 48, /* enough for every text written here */
    COSEM_DEVIATION_MAX = 720,
    COSEM_ANY = 0xFF, /* unspecified, in every octet */
    COSEM_ANY_YEAR = 0xFFFF,
    COSEM_DST_END = 0xFD, /* month */
    COSEM_DST_BEGIN = 0xFE,
    COSEM_SECOND_LAST_DAY = 0xFD, /* day */
    COSEM_LAST_DAY = 0xFE,
    COSEM_STATUS_INVALID = 0x01,
    COSEM_STATUS_DOUBTFUL = 0x02,
    COSEM_STATUS_OTHER_BASE = 0x04,
    COSEM_STATUS_INVALID_STATUS = 0x08,
    COSEM_STATUS_DST = 0x80,
    COSEM_STATUS_ANY = 0xFF,
};

#define COSEM_ANY_DEVIATION INT16_MIN /* 8000 on the wire */

/* The octets as they stand. */
struct cosem_time {
    uint16_t year;
    uint8_t month, day, weekday;
    uint8_t hour, minute, second, hundredths;
    int16_t deviation;
    uint8_t status;
};

/* Why a time is none that can be used; the text is part of the printed form. */
#define COSEM_TIME_REASONS(X)                                                                                \
    X(GOOD, "good")                                                                                          \
    X(UNSPECIFIED, "unspecified") /* a wildcard in the date, the hour, minute or second */                   \
    X(NO_DATE, "no-such-date")    /* month 13, 31 February, year 0 */                                        \
    X(NO_TIME, "no-such-time")    /* hour 24 */                                                              \
    X(DEVIATION, "deviation-out-of-range")                                                                   \
    X(LOCAL, "deviation-unspecified") /* a local time, and nobody said where */                              \
    X(FLAGGED, "flagged-invalid")     /* by the clock status */

enum cosem_time_reason {
#define X(name, text) COSEM_TIME_##name,
    COSEM_TIME_REASONS(X)
#undef X
};

const char *cosem_time_reason_text(enum cosem_time_reason reason);

/* 12 octets (date-time), 5 (date) or 4 (time); what is not there is unspecified. false: another number of octets. */
bool cosem_time_read(struct wp_slice octets, struct cosem_time *out);

/* Do these 12 octets look like a date-time, where nothing says that they are one? Year unspecified or 1970..2100,
 * month and hour in range or special. */
bool cosem_time_is_likely(struct wp_slice octets);

/* Are date and time those of a calendar and complete (hundredths may be missing)? GOOD, UNSPECIFIED, NO_DATE, NO_TIME,
 * DEVIATION: neither the status nor a missing deviation plays a part. */
enum cosem_time_reason cosem_time_judge(const struct cosem_time *t);

/* The moment in milliseconds since 1970 UTC.
 * deviation  of the device's zone, in minutes as COSEM has it, for times that do not tell theirs; COSEM_ANY_DEVIATION:
 *            not known
 * ret_ms     written only with GOOD; any other reason says why there is no moment */
enum cosem_time_reason cosem_time_utc(const struct cosem_time *t, int16_t deviation, int64_t *ret_ms);

/* The moment as a meter in that zone tells it. deviation COSEM_ANY_DEVIATION: UTC as local time.
 * ms  0001-01-01 to 9999-12-31; else unspecified throughout */
struct cosem_time cosem_time_of_utc(int64_t ms, int16_t deviation, uint8_t status);

/* The 12 octets, without tag or length. */
void cosem_time_put(struct wp_writer *w, const struct cosem_time *t);

/* "2017-09-14T19:31:02+01:00": hundredths when there are any (".25"), "Z" for deviation 0, no offset when it is
 * unspecified. false, and nothing written, unless cosem_time_judge says GOOD. */
bool cosem_time_put_iso(struct wp_writer *w, const struct cosem_time *t);

/* Any date and time for people, unspecified parts as "*": "2025-06-15 14:30:00", "*-dst-begin-last 02:00:*". */
void cosem_time_put_text(struct wp_writer *w, const struct cosem_time *t);

#endif
