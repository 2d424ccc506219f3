/* The parts that APDUs are made of: lengths, optional parts, objects, lists, blocks. */
#include "sim/codec/cosem_take.h"

uint32_t take_length(struct cosem_reader *r)
{
    uint8_t first = take_u8(r);
    uint32_t n = 0;

    if (first < 0x80)
        return first;
    if (first == 0x80 || first > 0x84) {
        refuse(r, WP_FAULT_LENGTH_FORM);
        return 0;
    }
    for (unsigned i = first & 0x7FU; i > 0; i--)
        n = n << 8 | take_u8(r);
    return reads_on(r) ? n : 0;
}

struct wp_slice take_octets(struct cosem_reader *r)
{
    return take_slice(r, take_length(r));
}

bool take_optional(struct cosem_reader *r)
{
    uint8_t flag = take_u8(r);

    if (flag > 1)
        refuse(r, WP_FAULT_OPTIONAL);
    return flag == 1;
}

struct cosem_attribute take_object(struct cosem_reader *r)
{
    struct cosem_attribute a = {.class_id = take_u16(r)};
    struct wp_slice name = take_slice(r, OBIS_OCTETS);

    if (name.n)
        a.obis = obis_of(name.p);
    a.id = (int8_t)take_u8(r);
    return a;
}

struct cosem_attribute take_attribute(struct cosem_reader *r)
{
    struct cosem_attribute a = take_object(r);

    a.is_selected = take_optional(r);
    if (a.is_selected) {
        a.selector = take_u8(r);
        a.selection = take_data(r);
    }
    return a;
}

struct cosem_list take_items(struct cosem_reader *r, uint32_t n, cosem_pass *pass)
{
    size_t from = r->at;
    struct cosem_list list = {n, {NULL, 0}};

    for (uint32_t i = 0; i < n && reads_on(r); i++)
        pass(r); /* each takes an octet or ends the reading */
    if (reads_on(r))
        list.items = wp_slice(r->in.p + from, r->at - from);
    return list;
}

struct cosem_list take_list(struct cosem_reader *r, cosem_pass *pass)
{
    return take_items(r, take_length(r), pass);
}

void pass_data(struct cosem_reader *r)
{
    take_data(r);
}

void pass_octet(struct cosem_reader *r)
{
    take_u8(r);
}

void pass_attribute(struct cosem_reader *r)
{
    take_attribute(r);
}

void pass_method(struct cosem_reader *r)
{
    take_object(r);
}

struct cosem_block take_block(struct cosem_reader *r)
{
    struct cosem_block block = {.is_last = take_u8(r) != 0};

    block.number = take_block_number(r);
    block.raw = take_octets(r);
    return block;
}

uint32_t take_block_number(struct cosem_reader *r)
{
    size_t at = r->at;
    uint32_t number = take_u32(r);

    if (number == 0)
        refuse_at(r, WP_FAULT_BLOCK, at);
    return number;
}

struct wp_slice take_time(struct cosem_reader *r)
{
    uint8_t n = take_u8(r);

    if (n != 0 && n != COSEM_TIME_OCTETS)
        refuse(r, WP_FAULT_DATE_TIME);
    return take_slice(r, n);
}

void put_time(struct wp_writer *w, struct wp_slice time)
{
    cosem_put_octets(w, time);
}

void put_list(struct wp_writer *w, struct cosem_list list)
{
    axdr_put_length(w, list.n);
    wp_put_slice(w, list.items);
}

void put_optional_data(struct wp_writer *w, struct wp_slice data)
{
    wp_put_u8(w, data.n > 0);
    wp_put_slice(w, data);
}

void put_block(struct wp_writer *w, const struct cosem_block *block)
{
    wp_put_u8(w, block->is_last);
    wp_put_u32be(w, block->number);
    cosem_put_octets(w, block->raw);
}

void cosem_put_octets(struct wp_writer *w, struct wp_slice octets)
{
    axdr_put_length(w, (uint32_t)octets.n);
    wp_put_slice(w, octets);
}

void cosem_put_method(struct wp_writer *w, const struct cosem_attribute *method)
{
    wp_put_u16be(w, method->class_id);
    wp_put_slice(w, wp_slice(method->obis.v, OBIS_OCTETS));
    wp_put_u8(w, (uint8_t)method->id);
}

void cosem_put_attribute(struct wp_writer *w, const struct cosem_attribute *attribute)
{
    cosem_put_method(w, attribute);
    wp_put_u8(w, attribute->is_selected);
    if (attribute->is_selected) {
        wp_put_u8(w, attribute->selector);
        wp_put_slice(w, attribute->selection);
    }
}

/* ---- items of a list ---------------------------------------------------------------------------------- */

struct cosem_reader open_item(const struct cosem_list *list)
{
    return (struct cosem_reader){.in = list->items, .need = list->n == 0, .tolerance = COSEM_TOLERANT};
}

bool close_item(struct cosem_list *list, const struct cosem_reader *r)
{
    if (!reads_on(r))
        return false;
    list->n--;
    list->items = wp_slice(list->items.p + r->at, list->items.n - r->at);
    return true;
}

bool cosem_next_attribute(struct cosem_list *list, struct cosem_attribute *out)
{
    struct cosem_reader r = open_item(list);

    *out = take_attribute(&r);
    return close_item(list, &r);
}

bool cosem_next_method(struct cosem_list *list, struct cosem_attribute *out)
{
    struct cosem_reader r = open_item(list);

    *out = take_object(&r);
    return close_item(list, &r);
}

bool cosem_next_data(struct cosem_list *list, struct wp_slice *out)
{
    struct cosem_reader r = open_item(list);

    *out = take_data(&r);
    return close_item(list, &r);
}

bool cosem_next_octets(struct cosem_list *list, size_t n, struct wp_slice *out)
{
    struct cosem_reader r = open_item(list);

    *out = take_slice(&r, n);
    return close_item(list, &r);
}
