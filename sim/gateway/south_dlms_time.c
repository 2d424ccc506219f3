/* When was it? A meter's own time counts when it is complete, not flagged invalid and near enough to ours:
 *
 *     date-time of the APDU > clock among its values > time of receipt
 *
 * UTC is local time plus deviation; without one the zone of dlms.zone is meant, and without that the time says nothing.
 * Some meters send the offset that ISO 8601 would have instead: nothing tells, so dlms.east_positive lists them. */
#include "sim/codec/cosem_time.h"
#include "sim/gateway/sign_on.h"
#include "sim/gateway/south_dlms_impl.h"

/* true: *out is a moment near enough. A time that is none, or too far off, is noted. */
static bool moment(struct dlms_south *so, const struct dlms_meter *m, struct wp_slice octets, wp_us *out)
{
    struct cosem_time t;
    enum cosem_time_reason reason;
    int64_t ms;

    if (octets.n != COSEM_TIME_OCTETS || !cosem_time_read(octets, &t))
        return false;
    if (t.deviation != COSEM_ANY_DEVIATION && sign_on_lists(so->east_positive, dlms_name(m)))
        t.deviation = (int16_t)-t.deviation;
    reason = cosem_time_utc(&t, so->deviation, &ms);
    if (reason == COSEM_TIME_UNSPECIFIED || reason == COSEM_TIME_LOCAL)
        return false;
    if (reason == COSEM_TIME_GOOD) {
        wp_us at = ms * 1000 - so->facts->epoch_us, off = at > so->now ? at - so->now : so->now - at;

        if (off <= so->clock_tolerance) {
            *out = at;
            return true;
        }
    }
    south_dlms_count(so, DLMS_CLOCK, m->session, 1);
    return false;
}

wp_us south_dlms_moment(struct dlms_south *so, const struct dlms_meter *m, struct wp_slice time,
                        struct wp_slice clock)
{
    wp_us at;

    return moment(so, m, time, &at) || moment(so, m, clock, &at) ? at : so->now;
}
