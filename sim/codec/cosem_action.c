/* action-request and action-response.
 *
 *     C3 01 | invoke | method | 00, or 01 Data                  C7 01 | invoke | result | 00, or 01 and a get's result
 *     C3 02 | invoke | block                                    C7 02 | invoke | last | block | octet-string
 *     C3 03 | invoke | count | methods | count | Data           C7 03 | invoke | count | results as in C7 01
 *     C3 04 | invoke | method | last | block | octet-string     C7 04 | invoke | block
 *     C3 05 | invoke | count | methods | last | block | ...
 *     C3 06 | invoke | last | block | octet-string */
#include "sim/codec/cosem_take.h"

void take_action_request(struct cosem_reader *r, struct cosem_apdu *out)
{
    struct cosem_service *s = &out->service;

    *s = (struct cosem_service){.invoke = take_u8(r)};
    switch (out->form) {
    case COSEM_ACTION_REQUEST:
        s->attribute = take_object(r);
        if (take_optional(r))
            s->data = take_data(r);
        break;
    case COSEM_ACTION_REQUEST_NEXT: s->block.number = take_block_number(r); break;
    case COSEM_ACTION_REQUEST_LIST:
        s->attributes = take_list(r, pass_method);
        s->values = take_list(r, pass_data);
        break;
    case COSEM_ACTION_REQUEST_FIRST:
        s->attribute = take_object(r);
        s->block = take_block(r);
        break;
    case COSEM_ACTION_REQUEST_LIST_FIRST:
        s->attributes = take_list(r, pass_method);
        s->block = take_block(r);
        break;
    default: s->block = take_block(r); break;
    }
}

struct cosem_result take_action_result(struct cosem_reader *r)
{
    uint8_t status = take_u8(r);
    struct cosem_result result = {.outcome = COSEM_NOTHING};

    if (take_optional(r))
        result = take_get_result(r);
    result.status = status;
    return result;
}

static void pass_result(struct cosem_reader *r)
{
    take_action_result(r);
}

/* A response that ends behind its result: only the end of the buffer tells.
 * seen: meters of the original gateway, vectors d0396 */
static bool is_short(const struct cosem_reader *r)
{
    return r->is_whole && (r->tolerance & COSEM_SHORT_ACTION) && reads_on(r) && r->in.n - r->at == 1;
}

void take_action_response(struct cosem_reader *r, struct cosem_apdu *out)
{
    struct cosem_service *s = &out->service;

    *s = (struct cosem_service){.invoke = take_u8(r)};
    switch (out->form) {
    case COSEM_ACTION_RESPONSE:
        if (is_short(r)) {
            s->result.status = take_u8(r);
            r->quirks |= COSEM_SHORT_ACTION;
        } else {
            s->result = take_action_result(r);
        }
        break;
    case COSEM_ACTION_RESPONSE_BLOCK: s->block = take_block(r); break;
    case COSEM_ACTION_RESPONSE_LIST: s->results = take_list(r, pass_result); break;
    default: s->block.number = take_block_number(r); break;
    }
}

static void put_action_response(struct wp_writer *w, enum cosem_form form, const struct cosem_service *s)
{
    switch (form) {
    case COSEM_ACTION_RESPONSE: cosem_put_result(w, form, &s->result); break;
    case COSEM_ACTION_RESPONSE_BLOCK: put_block(w, &s->block); break;
    case COSEM_ACTION_RESPONSE_LIST: put_list(w, s->results); break;
    default: wp_put_u32be(w, s->block.number); break;
    }
}

void put_action(struct wp_writer *w, enum cosem_form form, const struct cosem_service *s)
{
    switch (form) {
    case COSEM_ACTION_REQUEST:
        cosem_put_method(w, &s->attribute);
        put_optional_data(w, s->data);
        break;
    case COSEM_ACTION_REQUEST_NEXT: wp_put_u32be(w, s->block.number); break;
    case COSEM_ACTION_REQUEST_LIST:
        put_list(w, s->attributes);
        put_list(w, s->values);
        break;
    case COSEM_ACTION_REQUEST_FIRST:
        cosem_put_method(w, &s->attribute);
        put_block(w, &s->block);
        break;
    case COSEM_ACTION_REQUEST_LIST_FIRST:
        put_list(w, s->attributes);
        put_block(w, &s->block);
        break;
    case COSEM_ACTION_REQUEST_BLOCK: put_block(w, &s->block); break;
    default: put_action_response(w, form, s); break;
    }
}
