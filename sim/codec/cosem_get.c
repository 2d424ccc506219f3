/* get-request and get-response.
 *
 *     C0 01 | invoke | attribute                       C4 01 | invoke | 00 Data, or 01 data-access-result
 *     C0 02 | invoke | block u32                       C4 02 | invoke | last | block u32 | 00 octet-string, or 01 result
 *     C0 03 | invoke | count | attributes              C4 03 | invoke | count | results */
#include "sim/codec/cosem_take.h"

void take_get_request(struct cosem_reader *r, struct cosem_apdu *out)
{
    struct cosem_service *s = &out->service;

    *s = (struct cosem_service){.invoke = take_u8(r)};
    switch (out->form) {
    case COSEM_GET_REQUEST: s->attribute = take_attribute(r); break;
    case COSEM_GET_REQUEST_NEXT: s->block.number = take_block_number(r); break;
    default: s->attributes = take_list(r, pass_attribute); break;
    }
}

/* 00 Data, or 01 data-access-result */
struct cosem_result take_get_result(struct cosem_reader *r)
{
    struct cosem_result result = {.outcome = COSEM_DATA};
    uint8_t choice = take_u8(r);

    if (choice == 0) {
        result.data = take_data(r);
        return result;
    }
    if (choice != 1)
        refuse(r, WP_FAULT_CHOICE);
    result.outcome = COSEM_ERROR;
    result.error = take_u8(r);
    return result;
}

static void pass_result(struct cosem_reader *r)
{
    take_get_result(r);
}

static struct cosem_block take_get_block(struct cosem_reader *r)
{
    struct cosem_block block = {.is_last = take_u8(r) != 0};
    uint8_t choice;

    block.number = take_block_number(r);
    choice = take_u8(r);
    if (choice > 1)
        refuse(r, WP_FAULT_CHOICE);
    block.is_error = choice == 1;
    if (block.is_error)
        block.error = take_u8(r);
    else
        block.raw = take_octets(r);
    return block;
}

void take_get_response(struct cosem_reader *r, struct cosem_apdu *out)
{
    struct cosem_service *s = &out->service;

    *s = (struct cosem_service){.invoke = take_u8(r)};
    switch (out->form) {
    case COSEM_GET_RESPONSE: s->result = take_get_result(r); break;
    case COSEM_GET_RESPONSE_BLOCK: s->block = take_get_block(r); break;
    default: s->results = take_list(r, pass_result); break;
    }
}

bool cosem_results_read(struct wp_slice in, struct cosem_list *out)
{
    struct cosem_reader r = {.in = in, .is_whole = true};
    struct cosem_list list = take_list(&r, pass_result);

    if (!reads_on(&r) || r.at != in.n)
        return false;
    *out = list;
    return true;
}

static void put_result(struct wp_writer *w, const struct cosem_result *result)
{
    wp_put_u8(w, result->outcome == COSEM_ERROR);
    if (result->outcome == COSEM_ERROR)
        wp_put_u8(w, result->error);
    else
        wp_put_slice(w, result->data);
}

static void put_get_block(struct wp_writer *w, const struct cosem_block *block)
{
    wp_put_u8(w, block->is_last);
    wp_put_u32be(w, block->number);
    wp_put_u8(w, block->is_error);
    if (block->is_error)
        wp_put_u8(w, block->error);
    else
        cosem_put_octets(w, block->raw);
}

void put_get(struct wp_writer *w, enum cosem_form form, const struct cosem_service *s)
{
    switch (form) {
    case COSEM_GET_REQUEST: cosem_put_attribute(w, &s->attribute); break;
    case COSEM_GET_REQUEST_NEXT: wp_put_u32be(w, s->block.number); break;
    case COSEM_GET_REQUEST_LIST: put_list(w, s->attributes); break;
    case COSEM_GET_RESPONSE: put_result(w, &s->result); break;
    case COSEM_GET_RESPONSE_BLOCK: put_get_block(w, &s->block); break;
    default: put_list(w, s->results); break;
    }
}

/* ---- results of every service --------------------------------------------------------------------------- */

bool cosem_next_result(enum cosem_form form, struct cosem_list *list, struct cosem_result *out)
{
    struct cosem_reader r = open_item(list);

    switch (form) {
    case COSEM_GET_RESPONSE_LIST: *out = take_get_result(&r); break;
    case COSEM_ACTION_RESPONSE_LIST: *out = take_action_result(&r); break;
    default: *out = (struct cosem_result){.status = take_u8(&r)}; break;
    }
    return close_item(list, &r);
}

void cosem_put_result(struct wp_writer *w, enum cosem_form form, const struct cosem_result *result)
{
    switch (form) {
    case COSEM_GET_RESPONSE:
    case COSEM_GET_RESPONSE_LIST: put_result(w, result); break;
    case COSEM_ACTION_RESPONSE:
    case COSEM_ACTION_RESPONSE_LIST:
        wp_put_u8(w, result->status);
        wp_put_u8(w, result->outcome != COSEM_NOTHING);
        if (result->outcome != COSEM_NOTHING)
            put_result(w, result);
        break;
    default: wp_put_u8(w, result->status); break;
    }
}
