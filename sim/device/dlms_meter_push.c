/* What it sends unasked: its lists in turn, one object, events.
 *
 *     of every n pushes one is the n-th list's; the first push of an hour is the hourly list's */
#include "sim/device/dlms_meter_inside.h"

/* Codes of the fraud detection log: begin and end of what is done to it. Bits: of the Indian event status word. */
static const struct {
    char first; /* letter of the choice of `tamper` */
    uint8_t begins, ends, bit;
} tampering[] = {
    {'c', 44, 45, METER_BIT_COVER}, {'m', 42, 43, METER_BIT_MAGNET}, {'n', 89, 85, METER_BIT_NEUTRAL}};

/* ---- which list ------------------------------------------------------------------------------------------------ */

static unsigned n_lists(const struct dlms_meter_profile *p)
{
    unsigned n = 0;

    while (n < METER_LISTS_MAX && p->lists[n].n > 0)
        n++;
    return n;
}

static uint8_t list_in_turn(const struct dlms_meter *m, bool new_hour)
{
    uint8_t list = 0;

    for (uint8_t i = 0; i < n_lists(m->profile); i++) {
        const struct dlms_meter_list *l = &m->profile->lists[i];

        if (l->is_hourly ? new_hour : m->pushes % l->every == l->every - 1u)
            list = i;
    }
    return list;
}

static uint8_t next_list(struct dlms_meter *m, wp_us now)
{
    const int32_t hour = dlms_meter_hour(m, now);
    const bool new_hour = m->hour != INT32_MIN && m->hour != hour;
    const unsigned n = n_lists(m->profile);

    m->hour = hour;
    if (m->has_object || m->push_form != 'd')
        return METER_JOB_OBJECT;
    if (m->push_list > 0)
        return (uint8_t)((m->push_list < n ? m->push_list : n) - 1);
    return list_in_turn(m, new_hour);
}

/* ---- the APDU ----------------------------------------------------------------------------------------------------- */

/* The list as the faults have it: that of another profile. */
static const struct dlms_meter_list *list_of(const struct dlms_meter *m, const struct dlms_meter_job *job)
{
    const struct dlms_meter_profile *p =
        job->bend.shape > 0 ? &dlms_meter_profiles[job->bend.shape - 1] : m->profile;

    if (job->list == METER_JOB_ALERT && p->alert.n > 0)
        return &p->alert;
    return &p->lists[job->list < n_lists(p) ? job->list : 0];
}

static const struct dlms_meter_element *object_of(const struct dlms_meter *m,
                                                  const struct dlms_meter_job *job)
{
    const struct dlms_meter_element *e = NULL;
    const struct dlms_meter_list *first = &m->profile->lists[0];

    if (job->list == METER_JOB_EVENT)
        return dlms_meter_find_event(m->event);
    if (m->has_object)
        e = dlms_meter_find(m, m->object);
    if (m->has_object && !e)
        e = dlms_meter_find_event(m->object);
    for (size_t i = 0; !e && i < first->n; i++)
        if (first->elements[i].what == METER_NUMBER)
            e = &first->elements[i];
    return e ? e : &first->elements[0];
}

static struct wp_slice time_of(const struct dlms_meter_view *view, uint8_t octets[COSEM_TIME_OCTETS])
{
    const struct cosem_time t = dlms_meter_time(view->m, view->at, view->bend);
    struct wp_writer w = wp_writer(octets, COSEM_TIME_OCTETS);

    if (view->m->time_form == 'a')
        return wp_slice(NULL, 0);
    cosem_time_put(&w, &t);
    return wp_written(&w);
}

static void put_notification(struct wp_writer *w, const struct dlms_meter_view *view,
                             const struct dlms_meter_job *job)
{
    const struct dlms_meter *m = view->m;
    uint8_t body[METER_BODY_MAX], time[COSEM_TIME_OCTETS];
    struct wp_writer b = wp_writer(body, sizeof body);
    struct cosem_apdu apdu = {.form = COSEM_NOTIFICATION, .tag = 0x0F};

    dlms_meter_put_list(&b, view);
    assert(!b.full);
    apdu.notification = (struct cosem_notification){
        .invoke = job->invoke,
        .time = time_of(view, time),
        .time_form = m->time_form == 't' ? COSEM_TIME_AS_STRING : COSEM_TIME_STANDARD,
        .data = wp_written(&b),
    };
    cosem_apdu_encode(w, &apdu);
}

static void put_event(struct wp_writer *w, const struct dlms_meter_view *view,
                      const struct dlms_meter_element *e)
{
    uint8_t value[128], time[COSEM_TIME_OCTETS];
    struct wp_writer v = wp_writer(value, sizeof value);
    struct cosem_apdu apdu = {.form = COSEM_EVENT, .tag = 0xC2};
    const bool legacy = view->m->push_form == 'l';

    dlms_meter_put_element(&v, view, e);
    apdu.event = (struct cosem_event){
        .layout = legacy ? COSEM_EVENT_LEGACY : COSEM_EVENT_STANDARD,
        .time = legacy ? wp_slice(NULL, 0) : time_of(view, time),
        .attribute = {.class_id = e->class_id, .obis = e->ln, .id = e->attribute},
        .data = wp_written(&v),
        .values = {.n = 1, .items = wp_written(&v)},
    };
    cosem_apdu_encode(w, &apdu);
}

void dlms_meter_put_push(struct wp_writer *w, const struct dlms_meter *m, const struct dlms_meter_job *job)
{
    struct dlms_meter_list alone = {.shape = METER_PAIRS, .n = 1};
    struct dlms_meter_view view = {.m = m, .at = job->at, .bend = &job->bend};

    if (job->list < METER_JOB_OBJECT) {
        view.list = list_of(m, job);
        put_notification(w, &view, job);
        return;
    }
    alone.elements = object_of(m, job);
    view.list = &alone;
    if (job->list == METER_JOB_EVENT || m->push_form != 'd')
        put_event(w, &view, alone.elements);
    else
        put_notification(w, &view, job);
}

/* ---- when ------------------------------------------------------------------------------------------------------------ */

/* One that still goes out in pieces is finished first. */
static void push_list(struct dlms_meter *m, wp_us now, uint8_t list, struct wp_outbox *out)
{
    if (m->state != METER_ONLINE)
        return;
    if (m->push.kind != METER_JOB_NONE) {
        wp_note(out, "push-left-out", wp_text("the one before still goes out in pieces"), 1);
        return;
    }
    if (!dlms_meter_begin_job(m, now, METER_JOB_PUSH, &m->push)) {
        wp_note(out, "counter-spent", wp_text("nothing is sent any more under this key"), 1);
        return;
    }
    m->push.list = list;
    m->push.invoke = m->profile->invoke + (m->profile->invoke_runs ? m->pushes : 0);
    m->pushes++;
    dlms_meter_send_push(m, now, out);
}

void dlms_meter_push(struct dlms_meter *m, wp_us now, struct wp_outbox *out)
{
    push_list(m, now, next_list(m, now), out);
}

void dlms_meter_arm_push(struct dlms_meter *m, wp_us now)
{
    m->due[METER_DUE_PUSH] = m->push_ms > 0 && m->state == METER_ONLINE ? now + WP_MS(m->push_ms) : WP_NEVER;
}

void dlms_meter_push_due(struct dlms_meter *m, wp_us now, struct wp_outbox *out)
{
    dlms_meter_arm_push(m, now);
    dlms_meter_push(m, now, out);
}

/* ---- events ------------------------------------------------------------------------------------------------------------ */

static void note_tampering(struct dlms_meter *m, uint8_t before)
{
    m->event_code = 0;
    m->status_bit = 0;
    for (size_t i = 0; i < sizeof tampering / sizeof tampering[0]; i++) {
        if (m->tamper == (uint8_t)tampering[i].first) {
            m->event_code = tampering[i].begins;
            m->status_bit = tampering[i].bit;
        } else if (before == (uint8_t)tampering[i].first && m->tamper == 'o') {
            m->event_code = tampering[i].ends;
        }
    }
}

void dlms_meter_tamper(struct dlms_meter *m, wp_us now, uint8_t how, struct wp_outbox *out)
{
    const uint8_t before = m->tamper;

    m->tamper = how;
    if (how == before)
        return;
    note_tampering(m, before);
    dlms_meter_event(m, now, METER_EVENT_TAMPER, out);
}

/* Tampering has told its own code before. */
static void note_code(struct dlms_meter *m, enum dlms_meter_event event)
{
    static const uint8_t codes[] = {[METER_EVENT_HIGH] = 79,
                                    [METER_EVENT_LOW] = 76,
                                    [METER_EVENT_POWER] = 1}; /* IDIS, standard event log */

    if (event != METER_EVENT_TAMPER)
        m->event_code = codes[event];
}

void dlms_meter_event(struct dlms_meter *m, wp_us now, enum dlms_meter_event event, struct wp_outbox *out)
{
    m->n_events[event]++;
    note_code(m, event);
    m->event = dlms_meter_event_object(event);
    switch ((enum dlms_meter_events)m->profile->events) {
    case METER_EVENTS_NONE: break;
    case METER_EVENTS_OBJECTS: push_list(m, now, METER_JOB_EVENT, out); break;
    case METER_EVENTS_STATUS: push_list(m, now, METER_JOB_ALERT, out); break;
    case METER_EVENTS_LIST: push_list(m, now, 0, out); break;
    }
}
