/* What became of each object of a request, kept until the last one is done with.
 *
 *     good | scale is known | scaler | unit | length 4 | data with its tag            1 1 1 1 4 bytes
 *     bad  | 0 0 0                   | length 4 | why: "timeout"
 *
 * A poll tells one reading of all that came; a command tells it too, and is answered object by object. */
#include "sim/gateway/south_dlms_talk.h"

enum { HEAD = 8, GOOD = 1 };

/* ---- keeping ---------------------------------------------------------------------------------------- */

static void keep(struct dlms_south *so, struct dlms_request *r, uint8_t kind, const struct dlms_scale *scale,
                 struct wp_slice content)
{
    uint8_t head[HEAD] = {kind};
    struct wp_writer w = wp_writer(head + 4, 4);

    if (scale && scale->is_known) {
        head[1] = 1;
        head[2] = (uint8_t)scale->scaler;
        head[3] = scale->unit;
    }
    wp_put_u32be(&w, (uint32_t)content.n);
    if (r->is_lost || !session_buffer_append(&so->buffers, &r->got, wp_slice(head, HEAD)) ||
        !session_buffer_append(&so->buffers, &r->got, content))
        r->is_lost = true;
}

void south_dlms_outcome_good(struct dlms_south *so, struct dlms_request *r, struct wp_slice data,
                             const struct dlms_scale *scale)
{
    keep(so, r, GOOD, scale, data);
}

void south_dlms_outcome_bad(struct dlms_south *so, struct dlms_request *r, const char *why)
{
    keep(so, r, !GOOD, NULL, wp_text(why));
}

/* ---- telling ---------------------------------------------------------------------------------------- */

static struct wp_slice put(struct wp_writer *w, const char *before, struct wp_slice text)
{
    size_t at = w->n;

    wp_put_text(w, before);
    wp_put_slice(w, text);
    return wp_slice(w->p + at, w->n - at);
}

static struct wp_slice put_id(struct wp_writer *w, struct obis ln)
{
    size_t at = w->n;

    obis_put(w, ln);
    return wp_slice(w->p + at, w->n - at);
}

static void put_value(struct wp_point *p, struct wp_writer *text, const struct dlms_request *r, size_t i,
                      const uint8_t *head, struct wp_slice data)
{
    const struct dlms_ask *ask = &r->ask[i];
    const struct cosem_scaling read = {.ln = ask->ln, .scaler = (int8_t)head[2], .unit = head[3]};
    const struct cosem_push_setup how = {.profile = r->meter->profile, .read = &read, .n_read = head[1]};
    struct cosem_point point;

    if (cosem_push_value(data, ask->ln, ask->class_id, p->attribute, &how, &point)) {
        p->is_scaled = point.from != COSEM_SCALE_NOBODY;
        p->unit = p->is_scaled ? cosem_point_unit(&point) : "";
        p->value = cosem_point_value(&point, text);
        p->raw = point.raw;
        p->quality = (enum wp_quality)point.quality;
    }
    if (p->value.kind == WP_NULL) {
        p->quality = WP_NO_VALUE;
        p->fault = wp_text("No value");
    }
}

/* The point of object i, whose outcome begins at *head, which moves on to the next one. */
static void put_point(struct wp_point *p, struct wp_writer *text, const struct dlms_request *r, size_t i,
                      const uint8_t **head)
{
    struct wp_reader length = wp_reader(wp_slice(*head + 4, 4));
    struct wp_slice content = wp_slice(*head + HEAD, wp_get_u32be(&length));
    const uint8_t *h = *head;

    *p = (struct wp_point){.id = put_id(text, r->ask[i].ln),
                           .unit = "",
                           .class_id = r->ask[i].class_id,
                           .attribute = 2,
                           .value = wp_null(),
                           .quality = WP_NO_VALUE};
    *head = content.p + content.n;
    if (h[0] == GOOD) {
        put_value(p, text, r, i, h, content);
    } else {
        p->quality = WP_REFUSED;
        p->fault = put(text, r->ask[i].is_method ? "DLMS ACTION failed: " : "DLMS GET failed: ", content);
    }
}

/* What came, as one reading. Returns how many values it has. */
static size_t tell(struct dlms_south *so, const struct dlms_request *r, const struct wp_point *points)
{
    struct wp_point good[DLMS_COMMAND_IDS_MAX];
    struct wp_reading reading = {.device = dlms_name(r->meter),
                                 .protocol = south_dlms_class.name,
                                 .reason = r->poll ? WP_POLLED : WP_ASKED,
                                 .at = so->now,
                                 .points = good};

    for (size_t i = 0; i < r->n; i++)
        if (points[i].quality == WP_GOOD)
            good[reading.n_points++] = points[i];
    if (reading.n_points > 0)
        south_dlms_tell(so, &reading);
    return reading.n_points;
}

static void emit(struct dlms_south *so, const struct wp_answer *answer)
{
    const struct wp_effect e = {.kind = WP_ANSWER, .answer = answer};

    so->out->emit(so->out, &e);
}

static void answer_points(struct dlms_south *so, const struct dlms_request *r, struct wp_answer *answer)
{
    struct dlms_points points = south_dlms_points(so);
    const uint8_t *head = session_buffered(r->got).p;
    struct wp_reading reading = {.device = answer->device,
                                 .protocol = south_dlms_class.name,
                                 .reason = WP_ASKED,
                                 .at = so->now,
                                 .points = points.at,
                                 .n_points = r->n};

    for (size_t i = 0; i < r->n; i++)
        put_point(&points.at[i], &points.text, r, i, &head);
    answer->ok = tell(so, r, points.at) > 0;
    if (!answer->ok)
        answer->fault = r->poll ? wp_text("No register could be read") : points.at[0].fault;
    if (!r->poll)
        answer->reading = &reading;
    emit(so, answer);
}

void south_dlms_answer(struct dlms_south *so, struct dlms_request *r, const char *fault)
{
    struct wp_answer answer = {.tag = r->tag, .from = r->from, .device = dlms_name(r->meter)};

    if (fault && r->at > 0) /* what came before the association was lost counts all the same */
        for (; r->at < r->n; r->at++)
            south_dlms_outcome_bad(so, r, "association lost");
    else if (fault)
        answer.fault = wp_text(fault);
    else if (r->is_lost)
        answer.fault = wp_text("Gateway out of buffers");
    if (answer.fault.n > 0 || r->is_lost)
        emit(so, &answer);
    else
        answer_points(so, r, &answer);
}

void south_dlms_refuse(struct dlms_south *so, const struct wp_command *command, const char *fault)
{
    const struct wp_answer answer = {
        .tag = command->tag, .from = command->from, .device = command->device, .fault = wp_text(fault)};

    emit(so, &answer);
}
