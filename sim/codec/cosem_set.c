/* set-request and set-response.
 *
 *     C1 01 | invoke | attribute | Data                          C5 01 | invoke | result
 *     C1 02 | invoke | attribute | last | block | octet-string   C5 02 | invoke | block
 *     C1 03 | invoke | last | block | octet-string               C5 03 | invoke | result | block
 *     C1 04 | invoke | count | attributes | count | Data         C5 04 | invoke | count | results | block
 *     C1 05 | invoke | count | attributes | last | block | ...   C5 05 | invoke | count | results */
#include "sim/codec/cosem_take.h"

void take_set_request(struct cosem_reader *r, struct cosem_apdu *out)
{
    struct cosem_service *s = &out->service;

    *s = (struct cosem_service){.invoke = take_u8(r)};
    switch (out->form) {
    case COSEM_SET_REQUEST:
        s->attribute = take_attribute(r);
        s->data = take_data(r);
        break;
    case COSEM_SET_REQUEST_FIRST:
        s->attribute = take_attribute(r);
        s->block = take_block(r);
        break;
    case COSEM_SET_REQUEST_BLOCK: s->block = take_block(r); break;
    case COSEM_SET_REQUEST_LIST:
        s->attributes = take_list(r, pass_attribute);
        s->values = take_list(r, pass_data);
        break;
    default:
        s->attributes = take_list(r, pass_attribute);
        s->block = take_block(r);
        break;
    }
}

void take_set_response(struct cosem_reader *r, struct cosem_apdu *out)
{
    struct cosem_service *s = &out->service;

    *s = (struct cosem_service){.invoke = take_u8(r)};
    switch (out->form) {
    case COSEM_SET_RESPONSE: s->result.status = take_u8(r); break;
    case COSEM_SET_RESPONSE_BLOCK: s->block.number = take_block_number(r); break;
    case COSEM_SET_RESPONSE_LAST:
        s->result.status = take_u8(r);
        s->block.number = take_block_number(r);
        break;
    case COSEM_SET_RESPONSE_LIST_LAST:
        s->results = take_list(r, pass_octet);
        s->block.number = take_block_number(r);
        break;
    default: s->results = take_list(r, pass_octet); break;
    }
}

static void put_set_response(struct wp_writer *w, enum cosem_form form, const struct cosem_service *s)
{
    if (form == COSEM_SET_RESPONSE || form == COSEM_SET_RESPONSE_LAST)
        wp_put_u8(w, s->result.status);
    if (form == COSEM_SET_RESPONSE_LIST || form == COSEM_SET_RESPONSE_LIST_LAST)
        put_list(w, s->results);
    if (form != COSEM_SET_RESPONSE && form != COSEM_SET_RESPONSE_LIST)
        wp_put_u32be(w, s->block.number);
}

void put_set(struct wp_writer *w, enum cosem_form form, const struct cosem_service *s)
{
    switch (form) {
    case COSEM_SET_REQUEST:
        cosem_put_attribute(w, &s->attribute);
        wp_put_slice(w, s->data);
        break;
    case COSEM_SET_REQUEST_FIRST:
        cosem_put_attribute(w, &s->attribute);
        put_block(w, &s->block);
        break;
    case COSEM_SET_REQUEST_BLOCK: put_block(w, &s->block); break;
    case COSEM_SET_REQUEST_LIST:
        put_list(w, s->attributes);
        put_list(w, s->values);
        break;
    case COSEM_SET_REQUEST_LIST_FIRST:
        put_list(w, s->attributes);
        put_block(w, &s->block);
        break;
    default: put_set_response(w, form, s); break;
    }
}
