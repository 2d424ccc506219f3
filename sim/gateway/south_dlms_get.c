/* The objects of one request, one after the other.
 *
 *     ASKING --GET.response with data--> the next object          with an error--> failed, the next one
 *            --a block, not the last--> asks for the next block   --another block than that--> failed
 *            --exception 01 01--> associates once more            --another exception--> failed
 *            --silence--> failed: timeout; in HDLC it is asked again, and then over a new link
 *     a register, with read_scaler: its attribute 3 after its value
 *     a method: ACTION, and then attribute 2, which says what came of it
 *
 * An answer is known by its invoke id; any other one is counted and goes nowhere. */
#include "sim/codec/cosem_name.h"
#include "sim/gateway/south_dlms_talk.h"

enum { INVOKE_ID = 0x0F, VALUE = 2, SCALER_UNIT = 3, CLASS_REGISTER = 3, CLASS_EXTENDED = 4 };

static struct dlms_ask *at_hand(const struct dlms_session *s)
{
    return &s->talk->request->ask[s->talk->request->at];
}

static void ask_attribute(struct dlms_south *so, struct dlms_session *s, int8_t id)
{
    const struct dlms_ask *ask = at_hand(s);
    struct cosem_apdu get = {.form = COSEM_GET_REQUEST};

    get.service = (struct cosem_service){.invoke = south_dlms_next_invoke(s),
                                         .attribute = {.class_id = ask->class_id, .obis = ask->ln, .id = id}};
    s->talk->block = 0;
    south_dlms_send(so, s, &get, so->timeout);
}

static void call_method(struct dlms_south *so, struct dlms_session *s)
{
    const struct dlms_ask *ask = at_hand(s);
    static const uint8_t no_parameter[] = {0x0F, 0x00}; /* integer 0 */
    struct cosem_apdu action = {.form = COSEM_ACTION_REQUEST};

    action.service =
        (struct cosem_service){.invoke = south_dlms_next_invoke(s),
                               .attribute = {.class_id = ask->class_id, .obis = ask->ln, .id = ask->id},
                               .data = wp_slice(no_parameter, sizeof no_parameter)};
    south_dlms_send(so, s, &action, so->timeout);
}

void south_dlms_ask(struct dlms_south *so, struct dlms_session *s)
{
    struct dlms_talk *t = s->talk;
    struct dlms_request *r = t->request;

    t->stage = DLMS_ASKING;
    t->tries = 0;
    t->asks_scaler = t->confirms = false;
    session_buffer_return(&so->buffers, &t->joined);
    while (r->at < r->n && at_hand(s)->id == 0) {
        south_dlms_outcome_bad(so, r, "object-undefined");
        r->at++;
    }
    if (r->at == r->n) {
        south_dlms_answer_request(so, s, NULL);
        south_dlms_release_association(so, s);
    } else if (at_hand(s)->is_method) {
        call_method(so, s);
    } else {
        ask_attribute(so, s, at_hand(s)->id);
    }
}

static void next(struct dlms_south *so, struct dlms_session *s)
{
    s->talk->request->at++;
    south_dlms_ask(so, s);
}

/* Without its scaler the value is still one. */
void south_dlms_get_failed(struct dlms_south *so, struct dlms_session *s, const char *why)
{
    struct dlms_talk *t = s->talk;

    if (t->asks_scaler)
        south_dlms_outcome_good(so, t->request, session_buffered(t->joined), NULL);
    else
        south_dlms_outcome_bad(so, t->request, why);
    next(so, s);
}

/* The same I frame once more, with the same invoke id: who has it already answers again. */
static void ask_again(struct dlms_south *so, struct dlms_session *s)
{
    struct dlms_talk *t = s->talk;

    t->tries++;
    t->ns = (uint8_t)((t->ns + 7) & 7);
    s->invoke = s->invoke == 1 ? DLMS_REQUESTS : (uint8_t)(s->invoke - 1);
    if (at_hand(s)->is_method && !t->confirms)
        call_method(so, s);
    else
        ask_attribute(so, s, t->asks_scaler ? SCALER_UNIT : t->confirms ? VALUE : at_hand(s)->id);
}

/* Of HDLC frames may be lost, and the sides then no longer agree on their numbers: the link begins anew. */
void south_dlms_get_timeout(struct dlms_south *so, struct dlms_session *s)
{
    struct dlms_talk *t = s->talk;
    bool is_link = s->transport == DLMS_HDLC;

    if (is_link && t->block == 0 && t->tries + 1 < DLMS_LINK_TRIES) {
        ask_again(so, s);
        return;
    }
    if (!is_link || t->was_lost || t->asks_scaler) {
        south_dlms_get_failed(so, s, "timeout");
        return;
    }
    south_dlms_outcome_bad(so, t->request, "timeout");
    t->request->at++;
    (void)south_dlms_associate_again(so, s);
}

static void take_scaler(struct dlms_south *so, struct dlms_session *s, struct wp_slice data)
{
    struct dlms_scale scale = {.is_known = true};

    scale.is_known = cosem_scaler_unit_read(data, &scale.scaler, &scale.unit);
    south_dlms_outcome_good(so, s->talk->request, session_buffered(s->talk->joined), &scale);
    next(so, s);
}

static bool has_scaler(const struct dlms_south *so, const struct dlms_ask *ask)
{
    return so->reads_scaler && (ask->class_id == CLASS_REGISTER || ask->class_id == CLASS_EXTENDED) &&
           ask->id == VALUE;
}

/* The whole value is there. `data` may stand in the buffer already. */
static void take_data(struct dlms_south *so, struct dlms_session *s, struct wp_slice data)
{
    struct dlms_talk *t = s->talk;

    if (t->asks_scaler) {
        take_scaler(so, s, data);
        return;
    }
    if (has_scaler(so, at_hand(s)) && (t->joined || session_buffer_append(&so->buffers, &t->joined, data))) {
        t->asks_scaler = true;
        ask_attribute(so, s, SCALER_UNIT);
        return;
    }
    south_dlms_outcome_good(so, t->request, data, NULL);
    next(so, s);
}

static void take_result(struct dlms_south *so, struct dlms_session *s, const struct cosem_result *result)
{
    const char *why = cosem_access_result_text(result->error);

    if (result->outcome == COSEM_DATA)
        take_data(so, s, result->data);
    else
        south_dlms_get_failed(so, s, why ? why : "other-reason");
}

/* Blocks count from 1, each one is asked for. */
static void take_block(struct dlms_south *so, struct dlms_session *s, const struct cosem_block *block)
{
    struct dlms_talk *t = s->talk;
    struct cosem_apdu more = {.form = COSEM_GET_REQUEST_NEXT};
    const char *why = cosem_access_result_text(block->error);

    if (block->is_error) {
        south_dlms_get_failed(so, s, why ? why : "other-reason");
    } else if (block->number != t->block + 1 || t->asks_scaler) {
        south_dlms_get_failed(so, s, "data-block-number-invalid");
    } else if (!session_buffer_append(&so->buffers, &t->joined, block->raw)) {
        south_dlms_get_failed(so, s, "answer too long");
    } else if (block->is_last) {
        take_data(so, s, session_buffered(t->joined));
    } else {
        t->block = block->number;
        more.service = (struct cosem_service){.invoke = 0xC0 | s->invoke, .block = {.number = block->number}};
        south_dlms_send(so, s, &more, so->timeout);
    }
}

void south_dlms_take_get(struct dlms_south *so, struct dlms_session *s, const struct cosem_apdu *apdu)
{
    const struct cosem_service *reply = &apdu->service;

    if ((reply->invoke & INVOKE_ID) != s->invoke || (at_hand(s)->is_method && !s->talk->confirms))
        south_dlms_count(so, DLMS_UNEXPECTED, s, 1);
    else if (apdu->form == COSEM_GET_RESPONSE)
        take_result(so, s, &reply->result);
    else if (apdu->form == COSEM_GET_RESPONSE_BLOCK)
        take_block(so, s, &reply->block);
    else
        south_dlms_count(so, DLMS_UNEXPECTED, s, 1);
}

void south_dlms_take_action(struct dlms_south *so, struct dlms_session *s, const struct cosem_service *reply)
{
    const char *why = cosem_action_result_text(reply->result.status);

    if ((reply->invoke & INVOKE_ID) != s->invoke) {
        south_dlms_count(so, DLMS_UNEXPECTED, s, 1);
    } else if (s->talk->stage == DLMS_PROVING) {
        south_dlms_take_proof(so, s, reply);
    } else if (!at_hand(s)->is_method || s->talk->confirms) {
        south_dlms_count(so, DLMS_UNEXPECTED, s, 1);
    } else if (reply->result.status == COSEM_RESULT_SUCCESS) {
        s->talk->confirms = true;
        ask_attribute(so, s, VALUE);
    } else {
        south_dlms_get_failed(so, s, why ? why : "other-reason");
    }
}
