/* data-notification, its confirmation, and event-notification.
 *
 *     0F | invoke u32 | date-time | Data
 *     10 | invoke u32 | date-time
 *     C2 | 00, or 01 0C date-time | class u16 | OBIS 6 | attribute i8 | Data
 *
 * The date-time of a data-notification is 00, or 0C and twelve octets; meters also send 09 0C or 19 in front of them. */
#include "sim/codec/cosem_take.h"

enum { AS_OCTET_STRING = 0x09, AS_DATE_TIME = 0x19 };

static struct wp_slice take_notification_time(struct cosem_reader *r, enum cosem_time_form *form)
{
    uint8_t first = take_u8(r);

    *form = COSEM_TIME_STANDARD;
    switch (first) {
    case 0: return (struct wp_slice){NULL, 0};
    case COSEM_TIME_OCTETS: break;
    case AS_OCTET_STRING: /* a date-time of nine octets does not exist */
        *form = COSEM_TIME_AS_STRING;
        if (take_u8(r) != COSEM_TIME_OCTETS)
            refuse(r, WP_FAULT_DATE_TIME);
        break;
    case AS_DATE_TIME: *form = COSEM_TIME_AS_DATA; break;
    default: refuse(r, WP_FAULT_DATE_TIME);
    }
    return take_slice(r, COSEM_TIME_OCTETS);
}

/* One Data; where that is tolerated and nothing comes behind, all that is left when it is none. */
static struct wp_slice take_body(struct cosem_reader *r)
{
    const struct cosem_reader before = *r;
    struct wp_slice data = take_data(r);

    if (!(r->tolerance & COSEM_ODD_BODY) || !r->is_whole || !reads_on(&before) ||
        (reads_on(r) && octets_left(r) == 0))
        return data;
    *r = before;
    r->quirks |= COSEM_ODD_BODY;
    return take_slice(r, octets_left(r));
}

void take_notification(struct cosem_reader *r, struct cosem_apdu *out)
{
    struct cosem_notification *n = &out->notification;

    n->invoke = take_u32(r);
    n->time = take_notification_time(r, &n->time_form);
    n->data = (struct wp_slice){NULL, 0};
    if (out->form == COSEM_NOTIFICATION)
        n->data = take_body(r);
}

void put_notification(struct wp_writer *w, const struct cosem_apdu *apdu)
{
    const struct cosem_notification *n = &apdu->notification;

    wp_put_u32be(w, n->invoke);
    if (n->time.n && n->time_form == COSEM_TIME_AS_STRING)
        wp_put_u8(w, AS_OCTET_STRING);
    if (n->time.n && n->time_form == COSEM_TIME_AS_DATA)
        wp_put_u8(w, AS_DATE_TIME);
    else
        axdr_put_length(w, (uint32_t)n->time.n);
    wp_put_slice(w, n->time);
    wp_put_slice(w, n->data);
}

/* ---- events --------------------------------------------------------------------------------------------- */

static bool has_legacy_length(enum cosem_event_layout layout)
{
    return layout == COSEM_EVENT_LEGACY_LENGTH || layout == COSEM_EVENT_LEGACY_TIME_LENGTH;
}

static bool has_legacy_time(enum cosem_event_layout layout)
{
    return layout == COSEM_EVENT_LEGACY_TIME || layout == COSEM_EVENT_LEGACY_TIME_LENGTH;
}

static struct wp_slice take_event_time(struct cosem_reader *r, enum cosem_event_layout layout)
{
    struct wp_slice none = {NULL, 0};

    if (layout != COSEM_EVENT_STANDARD)
        return has_legacy_time(layout) ? take_slice(r, COSEM_TIME_OCTETS) : none;
    if (!take_optional(r))
        return none;
    if (take_u8(r) != COSEM_TIME_OCTETS)
        refuse(r, WP_FAULT_DATE_TIME);
    return take_slice(r, COSEM_TIME_OCTETS);
}

static struct cosem_attribute take_event_object(struct cosem_reader *r, bool with_length)
{
    struct cosem_attribute a = {.class_id = take_u16(r)};
    struct wp_slice name;

    if (with_length && take_u8(r) != OBIS_OCTETS)
        refuse(r, WP_FAULT_EVENT);
    name = take_slice(r, OBIS_OCTETS);
    if (name.n)
        a.obis = obis_of(name.p);
    a.id = (int8_t)take_u8(r);
    return a;
}

/* Would an object of this kind be told about? Without it a legacy event with 06 before its OBIS code reads as a
 * standard one of class 774. */
static bool is_plausible(const struct cosem_attribute *a)
{
    return ((a->class_id >= 1 && a->class_id <= 255) || a->class_id >= 8192) && a->id >= 1 && a->id <= 32 &&
           a->obis.v[0] <= 15;
}

static void take_layout(struct cosem_reader *r, enum cosem_event_layout layout, struct cosem_event *out)
{
    size_t from;

    *out = (struct cosem_event){.layout = layout};
    out->time = take_event_time(r, layout);
    out->attribute = take_event_object(r, has_legacy_length(layout));
    if ((r->tolerance & COSEM_LEGACY_EVENT) && reads_on(r) && !is_plausible(&out->attribute))
        refuse(r, WP_FAULT_EVENT);
    from = r->at;
    out->data = take_data(r);
    out->values.n = 1;
    while (layout != COSEM_EVENT_STANDARD && r->is_whole && octets_left(r) > 0) {
        take_data(r);
        out->values.n++;
    }
    if (reads_on(r))
        out->values.items = wp_slice(r->in.p + from, r->at - from);
}

/* The first layout that fits decides. What is missing in one that may still fit is waited for. */
static void take_any_layout(struct cosem_reader *r, struct cosem_event *out)
{
    for (int i = COSEM_EVENT_STANDARD; i <= COSEM_EVENT_LEGACY_TIME_LENGTH; i++) {
        struct cosem_reader tried = *r;

        take_layout(&tried, (enum cosem_event_layout)i, out);
        if (tried.need && !tried.is_whole) {
            r->need = 1; /* another layout may fit with fewer than this one needs */
            return;
        }
        if (!reads_on(&tried) || (tried.is_whole && octets_left(&tried) > 0))
            continue;
        if (i != COSEM_EVENT_STANDARD)
            tried.quirks |= COSEM_LEGACY_EVENT;
        *r = tried;
        return;
    }
    refuse(r, WP_FAULT_EVENT);
}

void take_event(struct cosem_reader *r, struct cosem_apdu *out)
{
    if (r->tolerance & COSEM_LEGACY_EVENT)
        take_any_layout(r, &out->event);
    else
        take_layout(r, COSEM_EVENT_STANDARD, &out->event);
}

void put_event(struct wp_writer *w, const struct cosem_event *event)
{
    if (event->layout == COSEM_EVENT_STANDARD) {
        wp_put_u8(w, event->time.n > 0);
        if (event->time.n)
            put_time(w, event->time);
    } else if (has_legacy_time(event->layout)) {
        wp_put_slice(w, event->time);
    }
    wp_put_u16be(w, event->attribute.class_id);
    if (has_legacy_length(event->layout))
        wp_put_u8(w, OBIS_OCTETS);
    wp_put_slice(w, wp_slice(event->attribute.obis.v, OBIS_OCTETS));
    wp_put_u8(w, (uint8_t)event->attribute.id);
    wp_put_slice(w, event->values.n ? event->values.items : event->data);
}
