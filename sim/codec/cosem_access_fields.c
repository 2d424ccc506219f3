/* Fields of access and of the services of short names. */
#include "sim/codec/cosem_show.h"

/* ---- access ------------------------------------------------------------------------------------------------ */

static bool show_specifications(struct cosem_show *s)
{
    static const char *const kinds[] = {
        "", "get", "set", "action", "get-with-selection", "set-with-selection"};
    uint32_t n = take_length(&s->r);
    size_t list = show_enter(s, "list");
    bool hide = false;

    for (uint32_t i = 0; i < n; i++) {
        size_t element = show_enter_element(s, i);
        uint8_t kind = take_u8(&s->r);
        uint32_t class_id;
        int id;

        show(s, "access", wp_text_value(wp_text(kinds[kind])), s->r.at - 1, 1, WP_ROLE_KEY);
        show_object(s, kind == COSEM_ACCESS_ACTION, &class_id, &id);
        hide |= is_secret_object(kind == COSEM_ACCESS_ACTION, class_id, id);
        if (kind >= COSEM_ACCESS_GET_SELECTED) {
            show_u8(s, "selector", WP_ROLE_FIELD);
            show_data(s, "selection");
        }
        show_leave(s, element);
    }
    show_leave(s, list);
    return hide;
}

static void show_access_results(struct cosem_show *s)
{
    uint32_t n = take_length(&s->r);
    size_t list = show_enter(s, "results");

    for (uint32_t i = 0; i < n; i++) {
        size_t element = show_enter_element(s, i);

        show_status(s, take_u8(&s->r) == COSEM_ACCESS_ACTION ? cosem_action_result_text
                                                             : cosem_access_result_text);
        show_leave(s, element);
    }
    show_leave(s, list);
}

void show_access(struct cosem_show *s, const struct cosem_apdu *apdu)
{
    bool is_request = apdu->form == COSEM_ACCESS_REQUEST, hide = false;

    show_u32(s, "longInvokeId", WP_ROLE_FIELD);
    show_time(s, "dateTime", take_u8(&s->r));
    if (is_request || take_optional(&s->r))
        hide = show_specifications(s);
    show_values(s, hide);
    if (!is_request)
        show_access_results(s);
}

/* ---- short names ------------------------------------------------------------------------------------------- */

static void show_variable(struct cosem_show *s)
{
    uint8_t choice = take_u8(&s->r);

    if (choice == COSEM_VARIABLE_READ_BLOCK || choice == COSEM_VARIABLE_WRITE_BLOCK)
        show_bool(s, "lastBlock");
    if (choice == COSEM_VARIABLE_NAME || choice == COSEM_VARIABLE_SELECTED)
        show_slice(s, "shortName", 2, WP_ROLE_KEY);
    else
        show_u16(s, "block", WP_ROLE_FIELD);
    if (choice == COSEM_VARIABLE_READ_BLOCK)
        show_raw(s, false);
    if (choice == COSEM_VARIABLE_SELECTED) {
        show_u8(s, "selector", WP_ROLE_FIELD);
        show_data(s, "selection");
    }
}

static void show_read_result(struct cosem_show *s)
{
    switch (take_u8(&s->r)) {
    case 0: show_data(s, "data"); break;
    case 1: show_error(s); break;
    case 2:
        show_bool(s, "lastBlock");
        show_u16(s, "block", WP_ROLE_FIELD);
        show_raw(s, false);
        break;
    default: show_u16(s, "block", WP_ROLE_FIELD); break;
    }
}

static void show_write_result(struct cosem_show *s)
{
    switch (take_u8(&s->r)) {
    case 0: show(s, "error", wp_int(0), s->r.at - 1, 1, WP_ROLE_VALUE); break;
    case 1: show_error(s); break;
    default: show_u16(s, "block", WP_ROLE_FIELD); break;
    }
}

static void show_each(struct cosem_show *s, const char *name, void (*show_one)(struct cosem_show *))
{
    uint32_t n = take_length(&s->r);
    size_t list = show_enter(s, name);

    for (uint32_t i = 0; i < n; i++) {
        size_t element = show_enter_element(s, i);

        show_one(s);
        show_leave(s, element);
    }
    show_leave(s, list);
}

void show_variables(struct cosem_show *s, const struct cosem_apdu *apdu)
{
    if (apdu->form == COSEM_READ_RESPONSE || apdu->form == COSEM_WRITE_RESPONSE) {
        show_each(s, "results", apdu->form == COSEM_READ_RESPONSE ? show_read_result : show_write_result);
        return;
    }
    if (apdu->form == COSEM_INFORMATION_REPORT && take_optional(&s->r))
        show_octets(s, "time", WP_ROLE_VALUE);
    show_each(s, "list", show_variable);
    if (apdu->form != COSEM_READ_REQUEST)
        show_values(s, false);
}
