/* Commands under way, and the responses that end them. */
#include "sim/gateway/ivy_objects.h"
#include "sim/gateway/north_ivy_impl.h"

#include <assert.h>

enum { LONG_TEXTS = 8, LENGTH_BYTES = 2 };

/* ---- pending commands ----------------------------------------------------------------------------- */

/* Room for what a request of full length can ask to be remembered. */
static size_t long_text_size(const struct north *no)
{
    return no->request_max + LENGTH_BYTES * (size_t)NORTH_ITEMS_MAX;
}

void north_ivy_pending_lay_out(struct north *no, struct wp_carve *memory, size_t n)
{
    void *cells = wp_carve(memory, n * sizeof(struct north_pending));
    void *texts = wp_carve(memory, wp_pool_size(long_text_size(no), LONG_TEXTS));

    if (!memory->p)
        return;
    no->pending = cells;
    no->n_pending = (uint32_t)n;
    no->free_pending = 1;
    memset(no->pending, 0, n * sizeof *no->pending);
    for (size_t i = 0; i + 1 < n; i++)
        no->pending[i].next_free = (uint16_t)(i + 2);
    wp_pool_init(&no->long_texts, texts, long_text_size(no), LONG_TEXTS);
}

/* A command's tag is its slot's number from 1: the south answers each command once, so a slot has one at a
 * time. */
static uint32_t tag_of(const struct north *no, const struct north_pending *p)
{
    return (uint32_t)(p - no->pending + 1);
}

static void forget(struct north *no, struct north_pending *p)
{
    wp_pool_return(&no->long_texts, p->long_text);
    p->long_text = NULL;
    p->is_used = false;
    p->next_free = (uint16_t)no->free_pending;
    no->free_pending = tag_of(no, p);
}

static size_t text_size(const struct north_question *q)
{
    size_t n = q->request_id.n;

    for (size_t i = 0; i < q->n_bad; i++)
        n += LENGTH_BYTES + q->bad[i].n;
    return n;
}

static const uint8_t *text_of(const struct north_pending *p)
{
    return p->long_text ? p->long_text : p->text;
}

bool north_ivy_remember(struct north *no, const struct north_question *q, uint32_t *ret_tag)
{
    struct north_pending *p = no->free_pending ? &no->pending[no->free_pending - 1] : NULL;
    size_t n = text_size(q);
    struct wp_writer w;

    if (!p)
        return false;
    if (n > sizeof p->text) {
        p->long_text = wp_pool_borrow(&no->long_texts);
        if (!p->long_text)
            return false;
    }
    no->free_pending = p->next_free;
    p->is_used = true;
    p->is_list = q->is_list;
    p->n_request_id = (uint16_t)q->request_id.n;
    p->n_items = (uint8_t)q->n_items;
    memcpy(p->meter, q->meter.p, sizeof p->meter);
    memcpy(p->item, q->item, q->n_items);
    w = wp_writer(p->long_text ? p->long_text : p->text, n);
    wp_put_slice(&w, q->request_id);
    for (size_t i = 0; i < q->n_bad; i++) {
        wp_put_u16be(&w, (uint16_t)q->bad[i].n);
        wp_put_slice(&w, q->bad[i]);
    }
    assert(!w.full);
    *ret_tag = tag_of(no, p);
    return true;
}

/* ---- responses ------------------------------------------------------------------------------------ */

/* A string whose text is that of another JSON string. */
static void put_string(struct json_out *j, const char *text, struct wp_slice tail)
{
    json_put_raw(j, wp_slice("\"", 1));
    wp_put_text(j->w, text);
    wp_put_slice(j->w, tail);
    wp_put_char(j->w, '"');
}

static struct json_out *begin(struct north *no, struct wp_slice request_id, bool success)
{
    struct json_out *j = north_ivy_begin(no);

    json_key(j, "requestId");
    if (request_id.p)
        put_string(j, "", request_id);
    else
        json_put_null(j);
    json_bool_member(j, "success", success);
    north_ivy_put_timestamp(no, j);
    return j;
}

void north_ivy_respond_error(struct north *no, struct wp_slice meter, struct wp_slice request_id,
                             const char *text, struct wp_slice tail)
{
    struct json_out *j = begin(no, request_id, false);

    json_key(j, "error");
    put_string(j, text, tail);
    north_ivy_end(no, NORTH_RESPONSE, (const char *)meter.p, 0);
}

/* `value` is a number or null: the document knows nothing else. Where there is no number, because the format
 * is unknown or is that of a date or a text, the bytes stand beside it. */
static void put_value(struct json_out *j, const struct wp_point *p, struct wp_slice unit)
{
    bool is_number = wp_is_number(p->value);

    json_value_member(j, "value", is_number ? p->value : wp_null());
    json_text_member(j, "unit", unit);
    if (!is_number) {
        json_key(j, "raw");
        north_ivy_put_raw(j, p->raw);
    }
}

/* An object of a DLMS meter that was asked for as such. */
static void put_object(struct json_out *j, const struct wp_point *p)
{
    int index = ivy_object_by_obis(p->id);

    json_text_member(j, "register", index >= 0 ? wp_text(ivy_objects[index].key) : p->id);
    if (p->quality != WP_GOOD) {
        json_text_member(j, "error", p->fault);
        return;
    }
    north_ivy_put_object_value(j, ivy_object_value(index, p));
    json_text_member(j, "unit", wp_text(ivy_object_unit(index, p)));
}

/* The register's value from the object that answers for it. */
static struct wp_point register_point(const struct wp_point *p)
{
    int object = ivy_object_by_obis(p->id);
    struct wp_point q = *p;

    if (object < 0)
        return q;
    q.value = ivy_object_value(object, p);
    if (q.value.kind == WP_DECIMAL)
        q.value.exp10 = (int16_t)(q.value.exp10 + ivy_objects[object].register_exp10);
    return q;
}

static void put_register(struct json_out *j, uint8_t item, const struct wp_point *p)
{
    int index = item == NORTH_ITEM_BY_DI ? ivy_register_by_di(north_ivy_di(p->id)) : item;

    json_text_member(j, "register", index >= 0 ? wp_text(ivy_registers[index].name) : p->id);
    if (p->quality == WP_GOOD)
        put_value(j, p, wp_text(index >= 0 ? ivy_registers[index].unit : p->unit));
    else
        json_text_member(j, "error", p->fault);
}

static void put_item(struct json_out *j, uint8_t item, const struct wp_reading *reading, size_t i)
{
    struct wp_point p = register_point(&reading->points[i]);

    json_open_object(j);
    if (item == NORTH_ITEM_OBJECT)
        put_object(j, &reading->points[i]);
    else
        put_register(j, item, &p);
    json_close_object(j);
}

static const char *why_bad(uint8_t item)
{
    return item == NORTH_ITEM_UNMAPPED ? NORTH_NO_MAPPING : NORTH_UNKNOWN_REGISTER;
}

static bool is_bad(uint8_t item)
{
    return item == NORTH_ITEM_BAD || item == NORTH_ITEM_UNMAPPED;
}

static void put_bad_item(struct json_out *j, uint8_t item, struct wp_slice name)
{
    json_open_object(j);
    json_key(j, "register");
    put_string(j, "", name);
    json_key(j, "error");
    put_string(j, why_bad(item), name);
    json_close_object(j);
}

static void put_list(struct json_out *j, const struct north_pending *p, struct wp_reader *names,
                     const struct wp_reading *reading)
{
    size_t k = 0;

    json_open_array(j);
    for (size_t i = 0; i < p->n_items; i++) {
        if (is_bad(p->item[i]))
            put_bad_item(j, p->item[i], wp_get_slice(names, wp_get_u16be(names)));
        else
            put_item(j, p->item[i], reading, k++);
    }
    json_close_array(j);
}

static void respond_success(struct north *no, const struct north_pending *p, struct wp_slice request_id,
                            struct wp_reader *names, const struct wp_answer *answer)
{
    struct json_out *j = begin(no, request_id, true);

    json_key(j, "data");
    if (p->is_list)
        put_list(j, p, names, answer->reading);
    else
        put_item(j, p->item[0], answer->reading, 0);
    north_ivy_end(no, NORTH_RESPONSE, p->meter, 0);
}

/* The first failure, in the order of the request: a bad name may stand before what the meter refused. */
static void respond_failure(struct north *no, const struct north_pending *p, struct wp_slice request_id,
                            struct wp_reader *names, const struct wp_answer *answer)
{
    struct wp_slice meter = wp_slice(p->meter, NORTH_ID_DIGITS);
    struct json_out *j;

    if (answer->reading && is_bad(p->item[0])) {
        north_ivy_respond_error(no, meter, request_id, why_bad(p->item[0]),
                                wp_get_slice(names, wp_get_u16be(names)));
        return;
    }
    j = begin(no, request_id, false);
    json_text_member(j, "error", answer->fault);
    north_ivy_end(no, NORTH_RESPONSE, p->meter, 0);
}

void north_ivy_take_answer(struct north *no, const struct wp_answer *answer)
{
    struct north_pending *p;
    struct wp_reader text;
    struct wp_slice request_id;

    assert(answer->tag > 0);
    assert(answer->tag <= no->n_pending);
    p = &no->pending[answer->tag - 1];
    assert(p->is_used);
    text = wp_reader(wp_slice(text_of(p), p->long_text ? long_text_size(no) : sizeof p->text));
    request_id = wp_get_slice(&text, p->n_request_id);
    if (answer->ok)
        respond_success(no, p, request_id, &text, answer);
    else
        respond_failure(no, p, request_id, &text, answer);
    forget(no, p);
}
