/* What meters say of their own accord.
 *
 *     data-notification     values of known objects        one reading with all of them
 *                           nothing else than null-data    nothing
 *                           nothing that could be told     event data-notification, with the APDU
 *     event-notification    an event object                event event-notification, with its value
 *                           attribute 2 of any other one   one reading
 *                           any other attribute            nothing
 *
 * Event objects: 96.7.x power failures, 96.11.x event codes, 99.97 and 99.98.x logs, 97.98.x alarms and errors, 94.91.18
 * the Indian status word. */
#include "sim/gateway/south_dlms_impl.h"

enum { VALUE = 2 }; /* the attribute that is the object's value; 0: the body does not say which */

static const uint8_t *title_of(const struct cosem_plain *plain)
{
    const struct cosem_layer *outer = &plain->layer[0];

    return plain->n_layers > 0 && outer->has_title && outer->role == COSEM_SERVER ? outer->title : NULL;
}

static bool is_value(const struct cosem_point *p)
{
    return (p->attribute == VALUE || p->attribute == 0) && p->form != COSEM_TREE && p->row <= 1;
}

/* ---- data-notification ------------------------------------------------------------------------------ */

static void map(struct dlms_south *so, struct wp_slice body, const struct cosem_profile *profile,
                struct cosem_push *push)
{
    const struct cosem_push_setup how = {.profile = profile};

    cosem_push_map(body, &how, so->points, DLMS_POINTS_MAX, push);
}

/* What the body says of its meter may name the profile by which it is to be read. */
static struct dlms_meter *map_and_identify(struct dlms_south *so, struct dlms_session *s,
                                           const uint8_t *title, struct wp_slice body,
                                           struct cosem_push *push)
{
    const struct cosem_profile *profile = s->meters ? s->meters->profile : so->profile;
    struct dlms_claim claim;
    struct dlms_meter *m;

    map(so, body, profile, push);
    claim = south_dlms_claim(so, s, title, push);
    m = south_dlms_meter(so, s, &claim);
    if (m && m->profile != profile)
        map(so, body, m->profile, push);
    return m;
}

/* false: there is no value that could be told. */
static bool tell_values(struct dlms_south *so, struct dlms_session *s, struct wp_reading *reading,
                        const struct cosem_push *push)
{
    struct dlms_points points = south_dlms_points(so);

    for (size_t i = 0; i < push->n_points; i++)
        if (is_value(&so->points[i]))
            (void)south_dlms_add_point(&points, &so->points[i]);
    if (push->n_dropped > 0)
        south_dlms_count(so, DLMS_CROWDED, s, push->n_dropped);
    reading->points = points.at;
    reading->n_points = points.n;
    if (points.n > 0)
        south_dlms_tell(so, reading);
    return points.n > 0;
}

void south_dlms_take_notification(struct dlms_south *so, struct dlms_session *s,
                                  const struct cosem_plain *plain)
{
    const struct cosem_notification *n = &plain->apdu.notification;
    struct cosem_push push;
    struct dlms_meter *m = map_and_identify(so, s, title_of(plain), n->data, &push);
    struct wp_reading reading = {.protocol = south_dlms_class.name, .reason = WP_PUSHED};

    if (!m)
        return;
    reading.device = dlms_name(m);
    reading.at = south_dlms_moment(so, m, n->time, push.clock);
    if (tell_values(so, s, &reading, &push))
        return;
    if (push.n_points == 0 && push.n_empty > 0) {
        south_dlms_count(so, DLMS_NO_READING, s, 1);
        return;
    }
    south_dlms_count(so, DLMS_UNMAPPED, s, 1);
    if (plain->apdu.quirks & COSEM_ODD_BODY) /* it was broken */
        return;
    reading.event = "data-notification";
    reading.raw = plain->apdu.bytes;
    south_dlms_tell(so, &reading);
}

/* ---- event-notification ----------------------------------------------------------------------------- */

static bool is_event_object(struct obis o)
{
    switch (o.v[2]) {
    case 94: return o.v[3] == 91 && o.v[4] == 18;
    case 96: return o.v[3] == 7 || o.v[3] == 11;
    case 97: return o.v[3] == 98;
    case 99: return o.v[3] == 97 || o.v[3] == 98;
    default: return false;
    }
}

/* The object that was pushed may be the one that names the meter. */
static struct dlms_meter *identify(struct dlms_south *so, struct dlms_session *s, const uint8_t *title,
                                   const struct cosem_point *point)
{
    static const struct obis serial = {{0, 0, 96, 1, 0, 255}}, ldn = {{0, 0, 42, 0, 0, 255}};
    struct cosem_push said = {.n_points = 1};
    struct dlms_claim claim;

    if (point->value.kind == WP_TEXT || point->value.kind == WP_BYTES) {
        if (obis_eq(point->ln, serial))
            said.serial = point->value.bytes;
        else if (obis_eq(point->ln, ldn))
            said.ldn = point->value.bytes;
    }
    claim = south_dlms_claim(so, s, title, &said);
    return south_dlms_meter(so, s, &claim);
}

void south_dlms_take_event(struct dlms_south *so, struct dlms_session *s, const struct cosem_plain *plain)
{
    const struct cosem_event *event = &plain->apdu.event;
    const struct cosem_attribute *object = &event->attribute;
    const struct cosem_push_setup how = {.profile = s->meters ? s->meters->profile : so->profile};
    const struct wp_slice none = {NULL, 0};
    struct cosem_point point = {.ln = object->obis,
                                .class_id = object->class_id,
                                .attribute = object->id,
                                .quality = WP_NO_VALUE,
                                .value = wp_null()};
    bool has_value = cosem_push_value(event->data, object->obis, object->class_id, object->id, &how, &point);
    bool is_event =
        is_event_object(object->obis) || (has_value && point.form == COSEM_TREE && object->id == VALUE);
    struct dlms_meter *m = identify(so, s, title_of(plain), &point);
    struct dlms_points points = south_dlms_points(so);
    struct wp_reading reading = {.protocol = south_dlms_class.name, .reason = WP_PUSHED, .points = points.at};

    if (!m)
        return;
    if (!is_event && (!has_value || object->id != VALUE)) {
        south_dlms_count(so, DLMS_NO_READING, s, 1);
        return;
    }
    (void)south_dlms_add_point(&points, &point);
    reading.n_points = points.n;
    reading.device = dlms_name(m);
    reading.at = south_dlms_moment(so, m, event->time, none);
    if (is_event) {
        reading.event = "event-notification";
        reading.raw = plain->apdu.bytes;
    }
    south_dlms_tell(so, &reading);
}
