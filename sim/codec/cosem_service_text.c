/* Text of get, set, action, access and the services of short names. */
#include "sim/codec/cosem_text.h"

static bool is_action(enum cosem_form form)
{
    return form >= COSEM_ACTION_REQUEST && form <= COSEM_ACTION_REQUEST_BLOCK;
}

static void result_members(struct json_out *j, const struct cosem_result *r, bool has_status)
{
    if (has_status)
        json_int_member(j, "result", r->status);
    if (r->outcome == COSEM_DATA)
        text_data(j, "data", r->data);
    else if (r->outcome == COSEM_ERROR)
        text_error(j, r->error);
}

static void objects_member(struct json_out *j, enum cosem_form form, struct cosem_list list)
{
    struct cosem_attribute a;

    json_key(j, "list");
    json_open_array(j);
    while (is_action(form) ? cosem_next_method(&list, &a) : cosem_next_attribute(&list, &a)) {
        json_open_object(j);
        text_object(j, &a, is_action(form) ? "method" : "attr");
        json_close_object(j);
    }
    json_close_array(j);
}

static void results_member(struct json_out *j, enum cosem_form form, struct cosem_list list)
{
    struct cosem_result r;

    json_key(j, "list");
    json_open_array(j);
    while (cosem_next_result(form, &list, &r)) {
        json_open_object(j);
        result_members(j, &r, form != COSEM_GET_RESPONSE_LIST);
        json_close_object(j);
    }
    json_close_array(j);
}

static void block_members(struct json_out *j, const struct cosem_block *b)
{
    json_bool_member(j, "last", b->is_last);
    json_int_member(j, "block", b->number);
    if (b->is_error)
        text_error(j, b->error);
    else
        json_hex_member(j, "raw", b->raw);
}

void text_service(struct json_out *j, enum cosem_form form, const struct cosem_service *s)
{
    text_number(j, "invoke", s->invoke, 1);
    switch (form) {
    case COSEM_GET_REQUEST:
    case COSEM_SET_REQUEST: text_object(j, &s->attribute, "attr"); break;
    case COSEM_ACTION_REQUEST: text_object(j, &s->attribute, "method"); break;
    case COSEM_SET_REQUEST_FIRST: text_object(j, &s->attribute, "attr"); break;
    case COSEM_ACTION_REQUEST_FIRST: text_object(j, &s->attribute, "method"); break;
    case COSEM_GET_REQUEST_LIST:
    case COSEM_SET_REQUEST_LIST:
    case COSEM_SET_REQUEST_LIST_FIRST:
    case COSEM_ACTION_REQUEST_LIST:
    case COSEM_ACTION_REQUEST_LIST_FIRST: objects_member(j, form, s->attributes); break;
    case COSEM_GET_RESPONSE: result_members(j, &s->result, false); break;
    case COSEM_SET_RESPONSE:
    case COSEM_SET_RESPONSE_LAST:
    case COSEM_ACTION_RESPONSE: result_members(j, &s->result, true); break;
    case COSEM_GET_RESPONSE_LIST:
    case COSEM_SET_RESPONSE_LIST:
    case COSEM_SET_RESPONSE_LIST_LAST:
    case COSEM_ACTION_RESPONSE_LIST: results_member(j, form, s->results); break;
    default: break;
    }
    switch (form) {
    case COSEM_SET_REQUEST_LIST:
    case COSEM_ACTION_REQUEST_LIST: text_values(j, "values", s->values); break;
    case COSEM_SET_REQUEST_FIRST:
    case COSEM_SET_REQUEST_BLOCK:
    case COSEM_SET_REQUEST_LIST_FIRST:
    case COSEM_ACTION_REQUEST_FIRST:
    case COSEM_ACTION_REQUEST_LIST_FIRST:
    case COSEM_ACTION_REQUEST_BLOCK:
    case COSEM_GET_RESPONSE_BLOCK:
    case COSEM_ACTION_RESPONSE_BLOCK: block_members(j, &s->block); break;
    default:
        if (s->block.number)
            json_int_member(j, "block", s->block.number);
    }
    if (s->data.n)
        text_data(j, "data", s->data);
}

/* ---- access, short names --------------------------------------------------------------------------------- */

void text_access(struct json_out *j, const struct cosem_apdu *apdu)
{
    const struct cosem_access *a = &apdu->access;
    struct cosem_list specifications = a->specifications, results = a->results;
    struct cosem_attribute object;
    enum cosem_access_kind kind;
    struct wp_slice pair;

    text_number(j, "invoke", a->invoke, 4);
    text_time(j, "date_time", a->time);
    json_key(j, "list");
    json_open_array(j);
    while (cosem_next_access(&specifications, &kind, &object)) {
        json_open_object(j);
        json_int_member(j, "access", kind);
        text_object(j, &object, kind == COSEM_ACCESS_ACTION ? "method" : "attr");
        json_close_object(j);
    }
    json_close_array(j);
    text_values(j, "values", a->values);
    if (apdu->form == COSEM_ACCESS_REQUEST)
        return;
    json_key(j, "results");
    json_open_array(j);
    while (cosem_next_octets(&results, 2, &pair)) {
        json_open_object(j);
        json_int_member(j, "access", pair.p[0]);
        json_int_member(j, "result", pair.p[1]);
        json_close_object(j);
    }
    json_close_array(j);
}

void text_variables(struct json_out *j, const struct cosem_apdu *apdu)
{
    struct cosem_list specifications = apdu->variables.specifications, results = apdu->variables.results;
    struct cosem_variable v;
    struct cosem_variable_result r;

    json_key(j, "list");
    json_open_array(j);
    while (cosem_next_variable(&specifications, &v)) {
        json_open_object(j);
        json_int_member(j, "choice", v.choice);
        text_number(j, "name", v.name, 2);
        if (v.choice == COSEM_VARIABLE_SELECTED) {
            json_int_member(j, "selector", v.selector);
            text_data(j, "selection", v.data);
        }
        json_close_object(j);
    }
    while (cosem_next_variable_result(apdu->form, &results, &r)) {
        json_open_object(j);
        json_int_member(j, "choice", r.choice);
        if (r.choice == 1)
            text_error(j, r.error);
        if (r.choice == 0 && r.data.n)
            text_data(j, "data", r.data);
        else
            text_hex_if_any(j, "raw", r.data);
        json_close_object(j);
    }
    json_close_array(j);
    if (apdu->variables.values.n)
        text_values(j, "values", apdu->variables.values);
}
