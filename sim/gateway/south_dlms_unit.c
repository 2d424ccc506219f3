/* Payloads of a transport to plain APDUs: blocks joined, deciphered, and whom they are for.
 *
 * Most sessions have nothing to be remembered between two payloads, so the unit is made for the call. Once there are
 * counters, titles or blocks, it is kept in a borrowed cell. */
#include "sim/gateway/south_dlms_impl.h"

/* The meter's own keys, else those of titles. */
const struct wp_keys *south_dlms_keys(const struct dlms_south *so, const struct dlms_session *s)
{
    for (size_t i = 0; s->meters && i < so->n_meter_keys; i++)
        if (memcmp(so->meter_keys[i].name, s->meters->name, DLMS_NAME) == 0)
            return &so->meter_keys[i].keys;
    return &so->keys;
}

/* Some makers' lists are no A-XDR: they are only looked for where a profile says so, since it hides what is broken. Whose a
 * push is may be known by its list alone, so one odd maker among the profiles makes them tolerated of who is not known. */
static bool may_be_odd(const struct dlms_south *so, const struct dlms_session *s)
{
    struct wp_slice list = so->profile_list;
    struct dlms_pair pair;

    if (s->meters)
        return cosem_profile_is_odd(s->meters->profile);
    while (south_dlms_next_pair(&list, &pair))
        if (cosem_profile_is_odd(cosem_profile_find(&so->profiles, pair.what)))
            return true;
    return cosem_profile_is_odd(so->profile);
}

static unsigned tolerance(const struct dlms_south *so, const struct dlms_session *s)
{
    return may_be_odd(so, s) ? COSEM_TOLERANT | COSEM_ODD_BODY : COSEM_TOLERANT;
}

static struct cosem_unit fresh(const struct dlms_south *so)
{
    return (struct cosem_unit){.policy = so->policy};
}

static bool is_worth_keeping(const struct cosem_unit *unit)
{
    return unit->counters > 0 || unit->has_title[COSEM_CLIENT] || unit->has_title[COSEM_SERVER] ||
           unit->chain[0].room || unit->chain[1].room || unit->chain[0].number > 0 ||
           unit->chain[1].number > 0;
}

static void remember(struct dlms_south *so, struct dlms_session *s, struct cosem_unit *unit)
{
    if (s->unit || !is_worth_keeping(unit))
        return;
    s->unit = wp_pool_borrow(&so->units);
    if (s->unit) {
        *s->unit = *unit;
        return;
    }
    south_dlms_count(so, DLMS_NO_CELL, s, 1);
    cosem_unit_give_up(unit, &so->scratch);
}

bool south_dlms_keep_unit(struct dlms_south *so, struct dlms_session *s)
{
    if (s->unit)
        return true;
    s->unit = wp_pool_borrow(&so->units);
    if (s->unit)
        *s->unit = fresh(so);
    return s->unit != NULL;
}

void south_dlms_give_up_blocks(struct dlms_south *so, struct dlms_session *s)
{
    cosem_unit_give_up(s->unit, &so->scratch);
}

void south_dlms_unit_return(struct dlms_south *so, struct dlms_session *s)
{
    if (!s->unit)
        return;
    south_dlms_give_up_blocks(so, s);
    wp_pool_return(&so->units, s->unit);
    s->unit = NULL;
}

/* ---- what came -------------------------------------------------------------------------------------- */

static void take_apdu(struct dlms_south *so, struct dlms_session *s, const struct cosem_plain *plain)
{
    switch (plain->apdu.form) {
    case COSEM_NOTIFICATION: south_dlms_take_notification(so, s, plain); break;
    case COSEM_EVENT: south_dlms_take_event(so, s, plain); break;
    case COSEM_AARQ:
    case COSEM_RLRQ:
    case COSEM_GET_REQUEST:
    case COSEM_GET_REQUEST_NEXT:
    case COSEM_GET_REQUEST_LIST:
    case COSEM_ACTION_REQUEST:
    case COSEM_SET_REQUEST: south_dlms_count(so, DLMS_ECHO, s, 1); break;
    case COSEM_AARE:
    case COSEM_RLRE:
    case COSEM_GET_RESPONSE:
    case COSEM_GET_RESPONSE_BLOCK:
    case COSEM_GET_RESPONSE_LIST:
    case COSEM_SET_RESPONSE:
    case COSEM_ACTION_RESPONSE:
    case COSEM_SERVICE_ERROR:
    case COSEM_EXCEPTION: south_dlms_take_reply(so, s, plain); break;
    default: south_dlms_count(so, DLMS_UNUSED, s, 1); break;
    }
}

static void look_at_counters(struct dlms_south *so, struct dlms_session *s, const struct cosem_plain *plain)
{
    for (size_t i = 0; i < plain->n_layers; i++)
        if (plain->layer[i].freshness == COSEM_COUNTER_REPEATED ||
            plain->layer[i].freshness == COSEM_COUNTER_LOWER)
            south_dlms_count(so, DLMS_COUNTER, s, 1);
}

void south_dlms_take_payload(struct dlms_south *so, struct dlms_session *s, struct wp_slice payload)
{
    struct cosem_unit passing, *unit = s->unit ? s->unit : &passing;
    struct cosem_plain plain;
    enum cosem_unit_result result;

    if (!s->unit)
        passing = fresh(so);
    unit->keys = south_dlms_keys(so, s);
    unit->tolerance = tolerance(so, s);
    south_dlms_recall(so, unit, payload);
    result = cosem_unit_feed(unit, &so->scratch, WP_SIDE_SERVER, payload, &plain);
    remember(so, s, unit);
    switch (result) {
    case COSEM_UNIT_PART: s->block_at = so->now; break;
    case COSEM_UNIT_AGAIN:
    case COSEM_UNIT_ACK: break;
    case COSEM_UNIT_REFUSED: south_dlms_count_fault(so, plain.fault, s); break;
    case COSEM_UNIT_PLAIN:
        look_at_counters(so, s, &plain);
        south_dlms_remember(so, &plain);
        take_apdu(so, s, &plain);
        break;
    }
}
