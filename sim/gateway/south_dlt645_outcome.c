/* What became of each identifier of a request, and what is told of it: readings and the answer.
 *
 *     got     one after the other, in the order of the identifiers:
 *             outcome (1)  detail (1)  n (2, the machine's own order)  data[n]
 *
 * Only commands keep outcomes; what a poll reads goes out as readings, and its answer has no points. */
#include "sim/gateway/south_dlt645_impl.h"

#include <assert.h>

enum { HEAD = 4, BLOCK_POINTS_MAX = 64 };

/* Text of one point: its identifier, its value or its fault. */
enum { POINT_TEXT = 32, ANSWER_TEXT = 320 };

/* ---- keeping -------------------------------------------------------------------------------------- */

static void put_head(uint8_t *p, uint8_t outcome, uint8_t detail, size_t n)
{
    uint16_t length = (uint16_t)n;

    p[0] = outcome;
    p[1] = detail;
    memcpy(p + 2, &length, sizeof length);
}

static size_t data_length(const uint8_t *head)
{
    uint16_t n;

    memcpy(&n, head + 2, sizeof n);
    return n;
}

/* Is there room for n more bytes, and still for the heads of all identifiers that follow? */
static bool has_room(const struct south_request *r, size_t n)
{
    size_t used = r->got ? r->got->n : 0, heads = HEAD * (size_t)(r->n - r->at);

    return used + n + heads <= SOUTH_BUFFER_BIG - SESSION_BUFFER_HEAD;
}

static bool append(struct south *so, struct south_request *r, uint8_t outcome, uint8_t detail,
                   struct wp_slice data)
{
    size_t at = r->got ? r->got->n : 0;
    uint8_t head[HEAD];

    put_head(head, outcome, detail, data.n);
    if (!has_room(r, data.n) || !session_buffer_append(&so->buffers, &r->got, wp_slice(head, HEAD)))
        return false;
    r->grows = (uint16_t)at;
    if (data.n == 0 || session_buffer_append(&so->buffers, &r->got, data))
        return true;
    r->got->n = (uint16_t)at;
    return false;
}

bool south_dlt645_outcome_begin(struct south *so, struct south_request *r, struct wp_slice data)
{
    return append(so, r, SOUTH_GOT_DATA, 0, data);
}

bool south_dlt645_outcome_grow(struct south *so, struct south_request *r, struct wp_slice data)
{
    size_t n = south_dlt645_outcome_data(r).n + data.n;

    if (n > SOUTH_JOIN_MAX || !has_room(r, data.n) || !session_buffer_append(&so->buffers, &r->got, data))
        return false;
    put_head(r->got->bytes + r->grows, SOUTH_GOT_DATA, 0, n);
    return true;
}

struct wp_slice south_dlt645_outcome_data(const struct south_request *r)
{
    const uint8_t *head = r->got->bytes + r->grows;

    return wp_slice(head + HEAD, data_length(head));
}

void south_dlt645_outcome_forget(struct south *so, struct south_request *r)
{
    if (!r->got)
        return;
    r->got->n = r->grows;
    if (r->got->n == 0)
        session_buffer_return(&so->buffers, &r->got);
}

void south_dlt645_outcome_add(struct south *so, struct south_request *r, uint8_t outcome, uint8_t detail,
                              struct wp_slice data)
{
    const struct wp_slice nothing = {NULL, 0};

    r->any_good |= outcome == SOUTH_GOT_DATA;
    if (!r->poll && !append(so, r, outcome, detail, data) && !append(so, r, SOUTH_GOT_TOO_MUCH, 0, nothing))
        r->is_lost = true;
}

/* ---- points --------------------------------------------------------------------------------------- */

struct points {
    struct wp_point *at;
    size_t cap, n;
    struct wp_writer text; /* what ids and values borrow from */
};

static enum wp_quality quality_of(enum dlt645_quality q)
{
    return q == DLT645_GOOD ? WP_GOOD : q == DLT645_FILL ? WP_NO_VALUE : WP_INVALID;
}

static struct wp_slice put_id(struct wp_writer *text, uint32_t di)
{
    const uint8_t bytes[] = {(uint8_t)(di >> 24), (uint8_t)(di >> 16), (uint8_t)(di >> 8), (uint8_t)di};
    size_t at = text->n;

    wp_put_hex(text, wp_slice(bytes, sizeof bytes));
    return wp_slice(text->p + at, text->n - at);
}

/* One identifier. What has no known format has no value, but its bytes are good. */
static void put_point(struct points *points, uint32_t di, struct wp_slice data)
{
    const struct dlt645_register *row = dlt645_di_find(di);
    struct wp_point *p = &points->at[points->n++];

    *p = (struct wp_point){.id = put_id(&points->text, di), .unit = "", .quality = WP_GOOD, .raw = data};
    if (!row)
        return;
    p->name = row->quantity;
    p->unit = row->unit;
    p->quality = quality_of(dlt645_value_decode(row, data, &points->text, &p->value));
}

/* One register, or each member of a block, as far as there are data and room. */
static void put_points(struct points *points, uint32_t di, struct wp_slice data)
{
    uint32_t member = di;

    if (!dlt645_di_is_block(di)) {
        put_point(points, di, data);
        return;
    }
    while (points->n < points->cap && data.n > 0 && dlt645_di_next(di, &member)) {
        size_t n = dlt645_di_find(member)->bytes;

        if (n == 0 || n > data.n)
            return;
        put_point(points, member, wp_slice(data.p, n));
        data = wp_slice_from(data, n);
    }
}

void south_dlt645_tell_reading(struct south *so, const struct south_session *s, enum wp_reason reason,
                               uint32_t di, struct wp_slice data)
{
    struct wp_point at[BLOCK_POINTS_MAX];
    char text[BLOCK_POINTS_MAX * POINT_TEXT + DLT645_TEXT_MAX];
    struct points points = {.at = at, .cap = BLOCK_POINTS_MAX, .text = wp_writer(text, sizeof text)};
    struct wp_reading reading = {
        .device = wp_slice(s->device, SOUTH_ADDRESS_DIGITS),
        .protocol = south_dlt645_class.name,
        .reason = reason,
        .at = so->now,
        .points = at,
    };
    const struct wp_effect e = {.kind = WP_READING, .reading = &reading};

    put_points(&points, di, data);
    reading.n_points = points.n;
    if (points.n > 0)
        so->out->emit(so->out, &e);
}

/* ---- answers -------------------------------------------------------------------------------------- */

static void put_errors(struct wp_writer *w, uint8_t errors)
{
    /* The standard's words; the codec's have hyphens. */
    static const char *const words[] = {
        "other error",
        "no requested data",
        "wrong password or not authorised",
        "baud rate cannot be changed",
        "number of yearly time zones exceeded",
        "number of daily time slots exceeded",
        "number of tariffs exceeded",
        "reserved bit 7",
    };
    const char *comma = "";

    wp_put_text(w, "Meter error: ");
    if (errors == 0)
        wp_put_text(w, "no reason given");
    for (unsigned bit = 0; bit < 8; bit++) {
        if (!(errors >> bit & 1))
            continue;
        wp_put_text(w, comma);
        wp_put_text(w, words[bit]);
        comma = ", ";
    }
}

static struct wp_slice put_fault(struct wp_writer *w, uint8_t outcome, uint8_t detail)
{
    size_t at = w->n;

    switch ((enum south_outcome)outcome) {
    case SOUTH_GOT_NO_REPLY: wp_put_text(w, "Command timeout"); break;
    case SOUTH_GOT_ERROR: put_errors(w, detail); break;
    case SOUTH_GOT_SEQUENCE: wp_put_text(w, "Follow-up frame out of sequence"); break;
    case SOUTH_GOT_TOO_MUCH: wp_put_text(w, "Answer too long"); break;
    case SOUTH_GOT_DATA: wp_put_text(w, "Invalid data"); break;
    }
    return wp_slice(w->p + at, w->n - at);
}

/* The point of identifier i, whose outcome begins at *head, which moves on to the next one. */
static void put_outcome(struct points *points, uint32_t di, const uint8_t **head)
{
    struct wp_slice data = wp_slice(*head + HEAD, data_length(*head));
    uint8_t outcome = (*head)[0], detail = (*head)[1];
    struct wp_point *p = &points->at[points->n];

    *head = data.p + data.n;
    if (outcome == SOUTH_GOT_DATA) {
        put_point(points, di, data);
    } else {
        *p = (struct wp_point){.id = put_id(&points->text, di), .unit = "", .quality = WP_REFUSED};
        points->n++;
    }
    if (p->quality != WP_GOOD)
        p->fault = put_fault(&points->text, outcome, detail);
}

static void emit_answer(struct south *so, const struct wp_answer *answer)
{
    const struct wp_effect e = {.kind = WP_ANSWER, .answer = answer};

    so->out->emit(so->out, &e);
}

static void answer_command(struct south *so, const struct south_request *r, struct wp_answer *answer)
{
    struct wp_point at[SOUTH_COMMAND_IDS_MAX];
    char text[SOUTH_COMMAND_IDS_MAX * ANSWER_TEXT];
    struct points points = {.at = at, .cap = SOUTH_COMMAND_IDS_MAX, .text = wp_writer(text, sizeof text)};
    const struct wp_reading reading = {
        .device = answer->device,
        .protocol = south_dlt645_class.name,
        .reason = WP_ASKED,
        .at = so->now,
        .points = at,
        .n_points = r->n,
    };
    const uint8_t *head = r->got->bytes + r->got->from;

    for (size_t i = 0; i < r->n; i++) {
        put_outcome(&points, r->id[i], &head);
        answer->ok |= at[i].quality == WP_GOOD;
        if (at[i].quality != WP_GOOD && !answer->fault.p)
            answer->fault = at[i].fault;
    }
    if (answer->ok)
        answer->fault = (struct wp_slice){NULL, 0};
    answer->reading = &reading;
    emit_answer(so, answer);
}

void south_dlt645_answer(struct south *so, const struct south_session *s, const struct south_request *r)
{
    struct wp_answer answer = {
        .tag = r->tag, .from = r->from, .device = wp_slice(s->device, SOUTH_ADDRESS_DIGITS)};

    if (!r->poll && !r->is_lost) {
        answer_command(so, r, &answer);
        return;
    }
    answer.ok = r->poll && r->any_good;
    if (!answer.ok)
        answer.fault = wp_text(r->poll ? "No register could be read" : "Gateway out of buffers");
    emit_answer(so, &answer);
}

void south_dlt645_refuse(struct south *so, const struct wp_command *command, const char *fault)
{
    const struct wp_answer answer = {
        .tag = command->tag, .from = command->from, .device = command->device, .fault = wp_text(fault)};

    emit_answer(so, &answer);
}
