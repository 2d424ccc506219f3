/* Fields of get, set and action, and what other services share with them. */
#include "sim/codec/cosem_show.h"

bool is_secret_object(bool is_method, uint32_t class_id, int id)
{
    enum { ASSOCIATION_SN = 12, ASSOCIATION_LN = 15, SECURITY_SETUP = 64 };

    if (is_method)
        return (class_id == ASSOCIATION_LN && id == 2) || (class_id == ASSOCIATION_SN && id == 8) ||
               (class_id == SECURITY_SETUP && id == 2);
    return class_id == ASSOCIATION_LN && id == 7;
}

static void show_value(struct cosem_show *s, const char *name, bool hide)
{
    struct cosem_reader ahead = s->r;

    if (hide)
        show_secret(s, name, take_data(&ahead).n);
    else
        show_data(s, name);
}

/* false: what the object holds may be said */
static bool show_target(struct cosem_show *s, bool is_method)
{
    uint32_t class_id;
    int id;

    show_object(s, is_method, &class_id, &id);
    if (!is_method)
        show_selection(s);
    return is_secret_object(is_method, class_id, id);
}

static bool show_targets(struct cosem_show *s, bool is_method)
{
    uint32_t n = take_length(&s->r);
    size_t list = show_enter(s, "list");
    bool hide = false;

    for (uint32_t i = 0; i < n; i++) {
        size_t element = show_enter_element(s, i);

        hide |= show_target(s, is_method);
        show_leave(s, element);
    }
    show_leave(s, list);
    return hide;
}

void show_values(struct cosem_show *s, bool hide)
{
    uint32_t n = take_length(&s->r);
    size_t list;

    if (hide) {
        struct cosem_reader ahead = s->r;

        show_secret(s, "values", take_items(&ahead, n, pass_data).items.n);
        return;
    }
    list = show_enter(s, "values");
    for (uint32_t i = 0; i < n; i++)
        show_data_element(s, i);
    show_leave(s, list);
}

void show_error(struct cosem_show *s)
{
    show_name(s, "errorName", cosem_access_result_text, show_u8(s, "error", WP_ROLE_VALUE));
}

/* 00 Data, or 01 data-access-result */
static void show_get_result(struct cosem_show *s)
{
    if (take_u8(&s->r) == 0)
        show_data(s, "data");
    else
        show_error(s);
}

void show_status(struct cosem_show *s, cosem_text *text)
{
    show_name(s, "resultName", text, show_u8(s, "result", WP_ROLE_VALUE));
}

static void show_action_result(struct cosem_show *s)
{
    show_status(s, cosem_action_result_text);
    if (octets_left(&s->r) > 0 && take_optional(&s->r))
        show_get_result(s);
}

static void show_results(struct cosem_show *s, enum cosem_form form)
{
    uint32_t n = take_length(&s->r);
    size_t list = show_enter(s, "results");

    for (uint32_t i = 0; i < n; i++) {
        size_t element = show_enter_element(s, i);

        if (form == COSEM_GET_RESPONSE_LIST)
            show_get_result(s);
        else if (form == COSEM_ACTION_RESPONSE_LIST)
            show_action_result(s);
        else
            show_status(s, cosem_access_result_text);
        show_leave(s, element);
    }
    show_leave(s, list);
}

void show_raw(struct cosem_show *s, bool hide)
{
    if (hide)
        show_secret(s, "raw", take_length(&s->r));
    else
        show_octets(s, "raw", WP_ROLE_VALUE);
}

static void show_block(struct cosem_show *s, bool hide)
{
    show_bool(s, "lastBlock");
    show_u32(s, "block", WP_ROLE_FIELD);
    show_raw(s, hide);
}

static void show_get_block(struct cosem_show *s)
{
    show_bool(s, "lastBlock");
    show_u32(s, "block", WP_ROLE_FIELD);
    if (take_u8(&s->r) == 0)
        show_raw(s, false);
    else
        show_error(s);
}

static void show_get_body(struct cosem_show *s, enum cosem_form form)
{
    switch (form) {
    case COSEM_GET_REQUEST: show_target(s, false); break;
    case COSEM_GET_REQUEST_LIST: show_targets(s, false); break;
    case COSEM_GET_RESPONSE: show_get_result(s); break;
    case COSEM_GET_RESPONSE_BLOCK: show_get_block(s); break;
    case COSEM_GET_RESPONSE_LIST: show_results(s, form); break;
    default: show_u32(s, "block", WP_ROLE_FIELD); break;
    }
}

static void show_set_body(struct cosem_show *s, enum cosem_form form)
{
    switch (form) {
    case COSEM_SET_REQUEST: show_value(s, "data", show_target(s, false)); break;
    case COSEM_SET_REQUEST_FIRST: show_block(s, show_target(s, false)); break;
    case COSEM_SET_REQUEST_BLOCK: show_block(s, false); break;
    case COSEM_SET_REQUEST_LIST: show_values(s, show_targets(s, false)); break;
    case COSEM_SET_REQUEST_LIST_FIRST: show_block(s, show_targets(s, false)); break;
    case COSEM_SET_RESPONSE: show_status(s, cosem_access_result_text); break;
    case COSEM_SET_RESPONSE_LAST:
        show_status(s, cosem_access_result_text);
        show_u32(s, "block", WP_ROLE_FIELD);
        break;
    case COSEM_SET_RESPONSE_LIST: show_results(s, form); break;
    case COSEM_SET_RESPONSE_LIST_LAST:
        show_results(s, form);
        show_u32(s, "block", WP_ROLE_FIELD);
        break;
    default: show_u32(s, "block", WP_ROLE_FIELD); break;
    }
}

static void show_action_request(struct cosem_show *s)
{
    bool hide = show_target(s, true);

    if (take_optional(&s->r))
        show_value(s, "parameters", hide);
}

static void show_action_body(struct cosem_show *s, enum cosem_form form)
{
    switch (form) {
    case COSEM_ACTION_REQUEST: show_action_request(s); break;
    case COSEM_ACTION_REQUEST_LIST: show_values(s, show_targets(s, true)); break;
    case COSEM_ACTION_REQUEST_FIRST: show_block(s, show_target(s, true)); break;
    case COSEM_ACTION_REQUEST_LIST_FIRST: show_block(s, show_targets(s, true)); break;
    case COSEM_ACTION_REQUEST_BLOCK:
    case COSEM_ACTION_RESPONSE_BLOCK: show_block(s, false); break;
    case COSEM_ACTION_RESPONSE: show_action_result(s); break;
    case COSEM_ACTION_RESPONSE_LIST: show_results(s, form); break;
    default: show_u32(s, "block", WP_ROLE_FIELD); break;
    }
}

void show_service(struct cosem_show *s, const struct cosem_apdu *apdu)
{
    enum { CONFIRMED = 0x40, HIGH = 0x80 };
    const char *form = cosem_form_text(apdu->form);
    size_t at = s->r.at;
    uint8_t invoke;

    take_u8(&s->r);
    form = strchr(strchr(form, '-') + 1, '-') + 1; /* "normal" of "get-request-normal" */
    show(s, "service", wp_text_value(wp_text(form)), at, 1, WP_ROLE_KEY);
    invoke = take_u8(&s->r);
    show(s, "invokeId", wp_int(invoke & 0xF), at + 1, 1, WP_ROLE_FIELD);
    show(s, "priorityHigh", wp_bool(invoke & HIGH), 0, 0, WP_ROLE_FIELD);
    show(s, "confirmed", wp_bool(invoke & CONFIRMED), 0, 0, WP_ROLE_FIELD);
    switch (apdu->tag) {
    case 0xC0:
    case 0xC4: show_get_body(s, apdu->form); break;
    case 0xC1:
    case 0xC5: show_set_body(s, apdu->form); break;
    default: show_action_body(s, apdu->form); break;
    }
}
