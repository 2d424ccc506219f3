/* access-request and access-response: many gets, sets and actions in one.
 *
 *     D9 | invoke u32 | date-time | count | specifications | count | Data
 *     DA | invoke u32 | date-time | 00, or 01 count specifications | count | Data | count | results: kind u8, result u8
 *     specification: 01 get, 02 set, 03 action: object; 04 get, 05 set: object, selector u8, Data */
#include "sim/codec/cosem_take.h"

enum { RESULT_OCTETS = 2 };

static struct cosem_attribute take_specification(struct cosem_reader *r, enum cosem_access_kind *kind)
{
    uint8_t choice = take_u8(r);
    struct cosem_attribute a;

    if (choice < COSEM_ACCESS_GET || choice > COSEM_ACCESS_SET_SELECTED)
        refuse(r, WP_FAULT_CHOICE);
    a = take_object(r);
    a.is_selected = choice >= COSEM_ACCESS_GET_SELECTED;
    if (a.is_selected) {
        a.selector = take_u8(r);
        a.selection = take_data(r);
    }
    *kind = (enum cosem_access_kind)choice;
    return a;
}

static void pass_specification(struct cosem_reader *r)
{
    enum cosem_access_kind kind;

    take_specification(r, &kind);
}

static void pass_result(struct cosem_reader *r)
{
    uint8_t kind = take_u8(r);

    if (kind < COSEM_ACCESS_GET || kind > COSEM_ACCESS_ACTION)
        refuse(r, WP_FAULT_CHOICE);
    take_u8(r);
}

bool cosem_next_access(struct cosem_list *list, enum cosem_access_kind *kind, struct cosem_attribute *out)
{
    struct cosem_reader r = open_item(list);

    *out = take_specification(&r, kind);
    return close_item(list, &r);
}

void cosem_put_access(struct wp_writer *w, enum cosem_access_kind kind, const struct cosem_attribute *a)
{
    wp_put_u8(w, (uint8_t)kind);
    cosem_put_method(w, a);
    if (kind >= COSEM_ACCESS_GET_SELECTED) {
        wp_put_u8(w, a->selector);
        wp_put_slice(w, a->selection);
    }
}

void take_access(struct cosem_reader *r, struct cosem_apdu *out)
{
    struct cosem_access *a = &out->access;
    bool is_request = out->form == COSEM_ACCESS_REQUEST;

    *a = (struct cosem_access){.invoke = take_u32(r)};
    a->time = take_time(r);
    a->has_specifications = is_request || take_optional(r);
    if (a->has_specifications)
        a->specifications = take_list(r, pass_specification);
    a->values = take_list(r, pass_data);
    if (!is_request)
        a->results = take_list(r, pass_result);
}

void put_access(struct wp_writer *w, const struct cosem_apdu *apdu)
{
    const struct cosem_access *a = &apdu->access;
    bool is_request = apdu->form == COSEM_ACCESS_REQUEST;

    wp_put_u32be(w, a->invoke);
    put_time(w, a->time);
    if (!is_request)
        wp_put_u8(w, a->has_specifications);
    if (is_request || a->has_specifications)
        put_list(w, a->specifications);
    put_list(w, a->values);
    if (!is_request)
        put_list(w, a->results);
}
