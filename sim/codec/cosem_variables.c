/* Services of short names.
 *
 *     05 | count | specifications                          0C | count | results
 *     06 | count | specifications | count | Data           0D | count | results
 *     16 | count | specifications | count | Data
 *     18 | 00, or 01 time | count | specifications | count | Data
 *     specification: 02 name | 04 name, selector u8, Data | 05 block u16 | 06 last, block u16, octet-string | 07 last, block
 *     read result:   00 Data | 01 error u8 | 02 last, block u16, octet-string | 03 block u16
 *     write result:  00 | 01 error u8 | 02 block u16 */
#include "sim/codec/cosem_take.h"

static struct cosem_variable take_variable(struct cosem_reader *r)
{
    uint8_t choice = take_u8(r);
    struct cosem_variable v = {.choice = (enum cosem_variable_choice)choice};

    switch (choice) {
    case COSEM_VARIABLE_NAME:
    case COSEM_VARIABLE_BLOCK: v.name = take_u16(r); break;
    case COSEM_VARIABLE_SELECTED:
        v.name = take_u16(r);
        v.selector = take_u8(r);
        v.data = take_data(r);
        break;
    case COSEM_VARIABLE_READ_BLOCK:
    case COSEM_VARIABLE_WRITE_BLOCK:
        v.is_last = take_u8(r) != 0;
        v.name = take_u16(r);
        if (choice == COSEM_VARIABLE_READ_BLOCK)
            v.data = take_octets(r);
        break;
    default: refuse(r, WP_FAULT_CHOICE);
    }
    return v;
}

static struct cosem_variable_result take_read_result(struct cosem_reader *r)
{
    struct cosem_variable_result v = {.choice = take_u8(r)};

    switch (v.choice) {
    case 0: v.data = take_data(r); break;
    case 1: v.error = take_u8(r); break;
    case 2:
        v.is_last = take_u8(r) != 0;
        v.number = take_u16(r);
        v.data = take_octets(r);
        break;
    case 3: v.number = take_u16(r); break;
    default: refuse(r, WP_FAULT_CHOICE);
    }
    return v;
}

static struct cosem_variable_result take_write_result(struct cosem_reader *r)
{
    struct cosem_variable_result v = {.choice = take_u8(r)};

    switch (v.choice) {
    case 0: break;
    case 1: v.error = take_u8(r); break;
    case 2: v.number = take_u16(r); break;
    default: refuse(r, WP_FAULT_CHOICE);
    }
    return v;
}

static void pass_variable(struct cosem_reader *r)
{
    take_variable(r);
}

static void pass_read_result(struct cosem_reader *r)
{
    take_read_result(r);
}

static void pass_write_result(struct cosem_reader *r)
{
    take_write_result(r);
}

void take_variables(struct cosem_reader *r, struct cosem_apdu *out)
{
    struct cosem_variables *v = &out->variables;

    *v = (struct cosem_variables){0};
    if (out->form == COSEM_READ_RESPONSE || out->form == COSEM_WRITE_RESPONSE) {
        v->results = take_list(r, out->form == COSEM_READ_RESPONSE ? pass_read_result : pass_write_result);
        return;
    }
    if (out->form == COSEM_INFORMATION_REPORT && take_optional(r))
        v->time = take_octets(r);
    v->specifications = take_list(r, pass_variable);
    if (out->form != COSEM_READ_REQUEST)
        v->values = take_list(r, pass_data);
}

void put_variables(struct wp_writer *w, const struct cosem_apdu *apdu)
{
    const struct cosem_variables *v = &apdu->variables;

    if (apdu->form == COSEM_READ_RESPONSE || apdu->form == COSEM_WRITE_RESPONSE) {
        put_list(w, v->results);
        return;
    }
    if (apdu->form == COSEM_INFORMATION_REPORT) {
        wp_put_u8(w, v->time.n > 0);
        if (v->time.n)
            cosem_put_octets(w, v->time);
    }
    put_list(w, v->specifications);
    if (apdu->form != COSEM_READ_REQUEST)
        put_list(w, v->values);
}

bool cosem_next_variable(struct cosem_list *list, struct cosem_variable *out)
{
    struct cosem_reader r = open_item(list);

    *out = take_variable(&r);
    return close_item(list, &r);
}

bool cosem_next_variable_result(enum cosem_form form, struct cosem_list *list,
                                struct cosem_variable_result *out)
{
    struct cosem_reader r = open_item(list);

    *out = form == COSEM_READ_RESPONSE ? take_read_result(&r) : take_write_result(&r);
    return close_item(list, &r);
}
