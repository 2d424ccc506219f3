/* GET: what an attribute of an object is, and the response that carries it, in datablocks where it is long.
 *
 *     raw data of the whole answer -> normal or with-list when it fits the client's PDU, else block job.block of it */
#include "sim/device/dlms_meter_inside.h"

#include "sim/codec/cosem_name.h"

enum {
    RAW_MAX = 16384,
    NORMAL_HEAD = 4, /* C4 01 invoke 00 */
    BLOCK_HEAD = 12, /* C4 02 invoke last number 00 length */
    SHELL = 40,      /* around it, where it is protected */
    CLASS_DATA = 1,
    CLASS_REGISTER = 3,
    CLASS_BUFFER = 7,
    CLASS_CLOCK = 8,
    CLASS_ASSOCIATION = 15,
    CLASS_RELAY = 70,
    READ = 1,
    READ_WRITE = 3,
};

static const struct obis association_object = {{0, 0, 40, 0, 0, 255}};

/* ---- which objects there are ---------------------------------------------------------------------------------------- */

static bool is_buffer(const struct dlms_meter *m, struct obis ln)
{
    return !m->profile->is_bare_bones && obis_eq(ln, dlms_meter_buffer_object());
}

static uint16_t class_of(const struct dlms_meter *m, struct obis ln)
{
    const struct dlms_meter_element *e = dlms_meter_find(m, ln);

    if (obis_eq(ln, association_object) && !m->profile->is_bare_bones)
        return CLASS_ASSOCIATION;
    if (is_buffer(m, ln))
        return CLASS_BUFFER;
    return e ? e->class_id : 0;
}

/* The last attribute that it answers. */
static int last_attribute(uint16_t class_id)
{
    switch (class_id) {
    case CLASS_REGISTER: return 3;
    case CLASS_BUFFER: return 8;
    case CLASS_CLOCK: return 4;
    case CLASS_RELAY: return 4;
    default: return 2;
    }
}

/* 0, or why it is neither read nor set. */
uint8_t dlms_meter_attribute_status(const struct dlms_meter *m, const struct cosem_attribute *a)
{
    const uint16_t class_id = class_of(m, a->obis);

    if (class_id == 0)
        return COSEM_RESULT_OBJECT_UNDEFINED;
    if (class_id != a->class_id)
        return COSEM_RESULT_CLASS_INCONSISTENT;
    if (a->id < 1 || a->id > last_attribute(class_id))
        return COSEM_RESULT_READ_WRITE_DENIED;
    if (a->is_selected && !(class_id == CLASS_BUFFER && a->id == 2))
        return COSEM_RESULT_SCOPE_VIOLATED;
    return COSEM_RESULT_SUCCESS;
}

/* ---- the association's list of objects ----------------------------------------------------------------------------------- */

struct listing {
    const struct dlms_meter *m;
    struct wp_writer *w;
    uint32_t n;
};

static void list_object(struct listing *l, uint16_t class_id, struct obis ln)
{
    const bool writes = class_id == CLASS_CLOCK;

    l->n++;
    if (!l->w)
        return;
    axdr_put_structure(l->w, 4);
    axdr_put_u16(l->w, class_id);
    axdr_put_u8(l->w, 0); /* version */
    axdr_put_octets(l->w, wp_slice(ln.v, OBIS_OCTETS));
    axdr_put_structure(l->w, 2);
    axdr_put_array(l->w, (uint32_t)last_attribute(class_id));
    for (int i = 1; i <= last_attribute(class_id); i++) {
        axdr_put_structure(l->w, 3);
        axdr_put_i8(l->w, (int8_t)i);
        axdr_put_enum(l->w, writes && i == 2 ? READ_WRITE : READ);
        axdr_put_null(l->w);
    }
    axdr_put_array(l->w, 0);
}

static void list_all(struct listing *l)
{
    const struct dlms_meter_profile *p = l->m->profile;
    const struct dlms_meter_list *longest = &p->lists[0];
    static const struct obis common[] = {{{0, 0, 1, 0, 0, 255}},   {{0, 0, 96, 1, 0, 255}},
                                         {{0, 0, 42, 0, 0, 255}},  {{0, 0, 40, 0, 0, 255}},
                                         {{0, 0, 96, 3, 10, 255}}, {{1, 0, 99, 1, 0, 255}}};

    for (unsigned i = 1; i < METER_LISTS_MAX; i++)
        longest = p->lists[i].n > longest->n ? &p->lists[i] : longest;
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        if (class_of(l->m, common[i]) != 0)
            list_object(l, class_of(l->m, common[i]), common[i]);
    for (size_t i = 0; i < longest->n; i++)
        if (longest->elements[i].what == METER_NUMBER)
            list_object(l, longest->elements[i].class_id, longest->elements[i].ln);
}

static void put_object_list(struct wp_writer *w, const struct dlms_meter *m)
{
    struct listing counted = {.m = m}, listed = {.m = m, .w = w};

    list_all(&counted);
    axdr_put_array(w, counted.n);
    list_all(&listed);
}

/* ---- attributes ------------------------------------------------------------------------------------------------------------ */

static void put_clock_attribute(struct wp_writer *w, const struct dlms_meter_view *view, int id)
{
    if (id == 2)
        dlms_meter_put_clock(w, view);
    else if (id == 3)
        axdr_put_i16(w, (int16_t)(-view->m->setup->utc_offset_s / 60));
    else
        axdr_put_u8(w, view->m->profile->clock_status);
}

static void put_relay_attribute(struct wp_writer *w, const struct dlms_meter *m, int id)
{
    if (id == 2)
        axdr_put_bool(w, !m->relay_open);
    else
        axdr_put_enum(w, id == 3 ? !m->relay_open : 2); /* mode 2: by client, by hand and by itself */
}

static void put_attribute(struct wp_writer *w, const struct dlms_meter_view *view,
                          const struct cosem_attribute *a)
{
    const struct dlms_meter_element *e = dlms_meter_find(view->m, a->obis);

    if (a->id == 1)
        axdr_put_octets(w, wp_slice(a->obis.v, OBIS_OCTETS));
    else if (a->class_id == CLASS_ASSOCIATION)
        put_object_list(w, view->m);
    else if (a->class_id == CLASS_BUFFER)
        dlms_meter_put_buffer(w, view, a);
    else if (a->class_id == CLASS_CLOCK)
        put_clock_attribute(w, view, a->id);
    else if (a->class_id == CLASS_RELAY)
        put_relay_attribute(w, view->m, a->id);
    else if (a->id == 3)
        dlms_meter_put_scaler_unit(w, view, e);
    else
        dlms_meter_put_element(w, view, e);
}

/* Data, or why there are none. */
static uint8_t read_attribute(struct wp_writer *w, const struct dlms_meter_view *view,
                              const struct cosem_attribute *a)
{
    const uint8_t status =
        view->bend->result > 0 ? view->bend->result : dlms_meter_attribute_status(view->m, a);

    if (status != COSEM_RESULT_SUCCESS)
        return status;
    if (a->class_id == CLASS_BUFFER && a->id == 2 && !dlms_meter_selection_is_good(view->m, a))
        return COSEM_RESULT_SCOPE_VIOLATED;
    put_attribute(w, view, a);
    return COSEM_RESULT_SUCCESS;
}

/* ---- responses --------------------------------------------------------------------------------------------------------------- */

static void put_error(struct wp_writer *w, uint8_t invoke, uint8_t error)
{
    struct cosem_apdu apdu = {.form = COSEM_GET_RESPONSE, .tag = 0xC4};

    apdu.service.invoke = invoke;
    apdu.service.result = (struct cosem_result){.outcome = COSEM_ERROR, .error = error};
    cosem_apdu_encode(w, &apdu);
}

static void put_results(struct wp_writer *w, const struct dlms_meter_view *view, struct cosem_list list)
{
    struct cosem_attribute a;

    axdr_put_length(w, list.n);
    while (cosem_next_attribute(&list, &a)) {
        const size_t at = w->n;
        uint8_t error;

        wp_put_u8(w, 0);
        error = read_attribute(w, view, &a);
        if (error == COSEM_RESULT_SUCCESS)
            continue;
        w->n = at;
        wp_put_u8(w, 1);
        wp_put_u8(w, error);
    }
}

static size_t block_size(const struct dlms_meter *m)
{
    return (size_t)(m->pdu_max - BLOCK_HEAD - (m->is_ciphered ? SHELL : 0));
}

/* Block job.block of the raw data; the first one when it has none yet. */
static void put_block(struct wp_writer *w, struct dlms_meter *m, uint8_t invoke, struct wp_slice raw)
{
    struct cosem_apdu apdu = {.form = COSEM_GET_RESPONSE_BLOCK, .tag = 0xC4};
    const size_t size = block_size(m);
    struct wp_slice part;

    if (m->answer.block == 0)
        m->answer.block = m->answer.bend.block == 1 ? 2 : 1;
    part = wp_slice_from(raw, size * (m->answer.block - 1));
    apdu.service.invoke = invoke;
    apdu.service.block = (struct cosem_block){.number = m->answer.block, .is_last = part.n <= size};
    apdu.service.block.raw = wp_slice(part.p, part.n < size ? part.n : size);
    cosem_apdu_encode(w, &apdu);
}

/* What fits is said at once: raw data with their head in front. */
static void put_raw(struct wp_writer *w, struct dlms_meter *m, const struct cosem_apdu *request,
                    struct wp_slice raw)
{
    const bool is_list = request->form == COSEM_GET_REQUEST_LIST;

    if (raw.n + NORMAL_HEAD + (m->is_ciphered ? (size_t)SHELL : 0) > m->pdu_max) {
        put_block(w, m, request->service.invoke, raw);
        return;
    }
    wp_put_u8(w, 0xC4);
    wp_put_u8(w, is_list ? 3 : 1);
    wp_put_u8(w, request->service.invoke);
    if (!is_list)
        wp_put_u8(w, 0);
    wp_put_slice(w, raw);
}

void dlms_meter_put_response(struct wp_writer *w, struct dlms_meter *m)
{
    const struct dlms_meter_view view = {.m = m, .at = m->answer.at, .bend = &m->answer.bend};
    uint8_t memory[RAW_MAX], error = COSEM_RESULT_SUCCESS;
    struct wp_writer raw = wp_writer(memory, sizeof memory);
    struct cosem_apdu request;

    if (cosem_apdu_read(wp_slice(dlms_meter_held(m), m->n_held), COSEM_TOLERANT, &request).status != WP_OK)
        return;
    if (request.form == COSEM_GET_REQUEST_LIST)
        put_results(&raw, &view, request.service.attributes);
    else
        error = read_attribute(&raw, &view, &request.service.attribute);
    if (raw.full)
        error = COSEM_RESULT_TEMPORARY_FAILURE;
    if (error != COSEM_RESULT_SUCCESS)
        put_error(w, request.service.invoke, error);
    else
        put_raw(w, m, &request, wp_written(&raw));
}
