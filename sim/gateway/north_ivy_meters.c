/* What is known of each meter: whether it is online, and which of its limits are exceeded.
 *
 *     unknown, offline --presence online--> online      status, then event meter_connected
 *     online --presence offline--> offline              status, then event meter_disconnected
 *     login --> every status that this login has not told yet, a window at a time; then what was kept
 *
 * A status that says online, is retained and speaks of a meter that we have never seen comes from an
 * earlier life of the gateway, which was killed: it is corrected as if the meter had gone now. Meters are
 * remembered after they have gone, the one that has been away for longest is forgotten when there is no
 * room for a new one. */
#include "sim/gateway/north_ivy_impl.h"

enum { IN_FLIGHT_MAX = 256, TAG_STATE = 1 };

bool north_ivy_is_id(struct wp_slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n == NORTH_ID_DIGITS;
}

static struct wp_slice id_of(const struct north_meter *m)
{
    return wp_slice(m->id, NORTH_ID_DIGITS);
}

struct north_meter *north_ivy_meter(const struct north *no, struct wp_slice id)
{
    return wp_map_find(&no->by_id, id);
}

/* ---- offline ones, in the order in which they went ------------------------------------------------ */

static void append_offline(struct north *no, struct north_meter *m)
{
    m->older = no->newest;
    m->newer = NULL;
    if (no->newest)
        no->newest->newer = m;
    else
        no->oldest = m;
    no->newest = m;
}

static void unlink_offline(struct north *no, struct north_meter *m)
{
    if (m->older)
        m->older->newer = m->newer;
    else
        no->oldest = m->newer;
    if (m->newer)
        m->newer->older = m->older;
    else
        no->newest = m->older;
}

/* ---- the table ------------------------------------------------------------------------------------ */

void north_ivy_meters_lay_out(struct north *no, struct wp_carve *memory, size_t cap)
{
    void *index = wp_carve(memory, wp_map_size(cap));
    void *cells = wp_carve(memory, wp_pool_size(sizeof(struct north_meter), cap));

    if (!memory->p)
        return;
    wp_map_init(&no->by_id, index, cap);
    wp_pool_init(&no->meters, cells, sizeof(struct north_meter), cap);
}

static bool forget_oldest(struct north *no)
{
    struct north_meter *m = no->oldest;

    if (!m)
        return false;
    unlink_offline(no, m);
    wp_map_remove(&no->by_id, id_of(m));
    wp_pool_return(&no->meters, m);
    return true;
}

/* The meter's record, offline at first; NULL: every record is of a meter that is online. */
static struct north_meter *find_or_add(struct north *no, struct wp_slice id)
{
    struct north_meter *m = north_ivy_meter(no, id);

    if (m)
        return m;
    if (no->meters.n_free == 0 && !forget_oldest(no)) {
        wp_note(no->out, "meters-full", id, (int64_t)no->by_id.n);
        return NULL;
    }
    m = wp_pool_borrow(&no->meters);
    memcpy(m->id, id.p, NORTH_ID_DIGITS);
    wp_map_add(&no->by_id, id_of(m), m);
    append_offline(no, m);
    no->n_seen++;
    return m;
}

/* ---- states --------------------------------------------------------------------------------------- */

static void tell_status(struct north *no, const char *id, bool online, uint32_t ip, uint32_t tag)
{
    struct json_out *j = north_ivy_begin(no);

    json_text_member(j, "meterId", wp_slice(id, NORTH_ID_DIGITS));
    json_bool_member(j, "online", online);
    north_ivy_put_timestamp(no, j);
    if (online) {
        char text[16];
        struct wp_writer w = wp_writer(text, sizeof text);

        wp_put_ip(&w, ip);
        json_text_member(j, "ip", wp_written(&w));
    }
    north_ivy_end(no, NORTH_STATUS, id, tag);
}

static void tell_event(struct north *no, const char *id, bool online, uint32_t ip)
{
    struct json_out *j = north_ivy_begin(no);

    north_ivy_put_event(no, j, wp_slice(id, NORTH_ID_DIGITS), "info",
                        online ? "meter_connected" : "meter_disconnected",
                        online ? "Meter came online" : "Meter went offline");
    json_key(j, "data");
    json_open_object(j);
    if (online) {
        char text[16];
        struct wp_writer w = wp_writer(text, sizeof text);

        wp_put_ip(&w, ip);
        json_text_member(j, "ip", wp_written(&w));
    }
    json_close_object(j);
    north_ivy_end(no, NORTH_EVENTS, id, 0);
}

static void tell_meter(struct north *no, struct north_meter *m, uint32_t tag)
{
    m->told = no->login;
    tell_status(no, m->id, m->online, m->ip, tag);
}

void north_ivy_take_presence(struct north *no, const struct wp_presence *presence)
{
    struct north_meter *m = north_ivy_is_id(presence->device) ? find_or_add(no, presence->device) : NULL;

    if (!m)
        return;
    m->is_dlms = strcmp(presence->protocol, "dlms") == 0;
    if (m->online == presence->online)
        return;
    m->online = presence->online;
    m->ip = presence->ip;
    if (m->online) {
        unlink_offline(no, m);
        no->n_online++;
    } else {
        append_offline(no, m);
        no->n_online--;
    }
    tell_meter(no, m, 0);
    tell_event(no, m->id, m->online, m->ip);
}

/* From the last entry to the first: an entry that moves when another is removed moves to where we still
 * come. */
void north_ivy_tell_states(struct north *no)
{
    if (no->to_tell > no->by_id.n)
        no->to_tell = no->by_id.n;
    while (no->to_tell > 0 && no->in_flight < IN_FLIGHT_MAX) {
        struct north_meter *m = no->by_id.entry[--no->to_tell].value;

        if (m->told == no->login)
            continue;
        no->in_flight++;
        tell_meter(no, m, TAG_STATE);
    }
    if (no->to_tell == 0)
        north_ivy_flush(no);
}

void north_ivy_state_acked(struct north *no)
{
    if (no->in_flight > 0)
        no->in_flight--;
    if (no->to_tell > 0)
        north_ivy_tell_states(no);
}

static bool says_online(struct north *no, struct wp_slice payload)
{
    uint32_t online;

    if (payload.n > no->request_max || json_read(&no->tape, payload, JSON_DEPTH, NULL) != JSON_FAULT_NONE)
        return false;
    online = json_member(&no->tape, 0, wp_text("online"));
    return online > 0 && no->tape.at[online].kind == JSON_TRUE;
}

void north_ivy_take_stale(struct north *no, struct wp_slice id, struct wp_slice payload)
{
    char digits[NORTH_ID_DIGITS];

    if (north_ivy_meter(no, id) || !says_online(no, payload))
        return;
    memcpy(digits, id.p, sizeof digits);
    wp_note(no->out, "stale-status", id, 1);
    tell_status(no, digits, false, 0, 0);
    tell_event(no, digits, false, 0);
}
