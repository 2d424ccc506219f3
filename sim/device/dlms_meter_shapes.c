/* The bodies of pushes: how each maker lays out the same values. */
#include "sim/device/dlms_meter_inside.h"

typedef const struct dlms_meter_element element;

static void put_ln(struct wp_writer *w, struct obis ln)
{
    axdr_put_octets(w, wp_slice(ln.v, OBIS_OCTETS));
}

static bool has_scale(element *e)
{
    return e->what == METER_NUMBER && e->unit != 0;
}

static bool is_list_itself(element *e)
{
    return e->what == METER_SETUP_NAME && e->attribute == 2;
}

/* S{OBIS, value [, S{scaler, unit}]}. swapped: 06 09 before the code of a current. */
static void put_structure(struct wp_writer *w, const struct dlms_meter_view *view, element *e, bool swapped)
{
    axdr_put_structure(w, has_scale(e) ? 3 : 2);
    if (swapped && e->unit == 33) {
        wp_put_u8(w, OBIS_OCTETS);
        wp_put_u8(w, AXDR_OCTET_STRING);
        wp_put_slice(w, wp_slice(e->ln.v, OBIS_OCTETS));
    } else {
        put_ln(w, e->ln);
    }
    dlms_meter_put_element(w, view, e);
    if (has_scale(e))
        dlms_meter_put_scaler_unit(w, view, e);
}

static void put_structures(struct wp_writer *w, const struct dlms_meter_view *view, bool swapped)
{
    for (size_t i = 0; i < view->list->n; i++)
        put_structure(w, view, &view->list->elements[i], swapped);
}

static void put_values(struct wp_writer *w, const struct dlms_meter_view *view)
{
    axdr_put_structure(w, (uint32_t)view->list->n);
    for (size_t i = 0; i < view->list->n; i++)
        dlms_meter_put_element(w, view, &view->list->elements[i]);
}

/* A text in front that names the list has no OBIS code. */
static void put_pairs(struct wp_writer *w, const struct dlms_meter_view *view)
{
    const struct dlms_meter_list *list = view->list;
    const bool named = list->elements[0].what == METER_TEXT;

    axdr_put_structure(w, (uint32_t)(2 * list->n - named));
    for (size_t i = 0; i < list->n; i++) {
        if (i > 0 || !named)
            put_ln(w, list->elements[i].ln);
        dlms_meter_put_element(w, view, &list->elements[i]);
    }
}

/* A clock in front and a meter number behind have no OBIS code. */
static void put_triples(struct wp_writer *w, const struct dlms_meter_view *view)
{
    const struct dlms_meter_list *list = view->list;
    uint32_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        n += has_scale(&list->elements[i]) ? 3 : 1;
    axdr_put_structure(w, n);
    for (size_t i = 0; i < list->n; i++) {
        element *e = &list->elements[i];

        if (has_scale(e))
            put_ln(w, e->ln);
        dlms_meter_put_element(w, view, e);
        if (has_scale(e))
            dlms_meter_put_scaler_unit(w, view, e);
    }
}

/* What the list says of element i; of its own setup, where the list stands itself, that it is attribute 2. */
static void put_entry(struct wp_writer *w, const struct dlms_meter_list *list, element *e, bool six)
{
    axdr_put_structure(w, six ? 6 : 4);
    axdr_put_u16(w, e->class_id);
    put_ln(w, e->what == METER_SETUP_NAME ? list->setup : e->ln);
    axdr_put_i8(w, e->attribute);
    axdr_put_u16(w, 0);
    if (!six)
        return;
    axdr_put_structure(w, 2); /* restriction: none */
    axdr_put_enum(w, 0);
    axdr_put_null(w);
    axdr_put_array(w, 0); /* columns: all */
}

static void put_objects(struct wp_writer *w, const struct dlms_meter_view *view, bool six)
{
    const struct dlms_meter_list *list = view->list;

    axdr_put_structure(w, (uint32_t)list->n);
    axdr_put_array(w, (uint32_t)list->n);
    for (size_t i = 0; i < list->n; i++)
        put_entry(w, list, &list->elements[i], six);
    for (size_t i = 0; i < list->n; i++)
        if (!is_list_itself(&list->elements[i]))
            dlms_meter_put_element(w, view, &list->elements[i]);
}

static void put_untagged(struct wp_writer *w, const struct dlms_meter_view *view)
{
    const struct dlms_meter_list *list = view->list;

    axdr_put_structure(w, 2);
    axdr_put_enum(w, 1);
    axdr_put_array(w, (uint32_t)list->n);
    for (size_t i = 0; i < list->n; i++) {
        element *e = &list->elements[i];

        axdr_put_structure(w, 2);
        wp_put_u16be(w, e->class_id);
        wp_put_slice(w, wp_slice(e->what == METER_SETUP_NAME ? list->setup.v : e->ln.v, OBIS_OCTETS));
        wp_put_u8(w, (uint8_t)e->attribute);
        dlms_meter_put_element(w, view, e);
    }
}

void dlms_meter_put_list(struct wp_writer *w, const struct dlms_meter_view *view)
{
    const uint32_t n = (uint32_t)view->list->n;

    switch ((enum dlms_meter_shape)view->list->shape) {
    case METER_ARRAY:
    case METER_SWAPPED:
        axdr_put_array(w, n);
        put_structures(w, view, view->list->shape == METER_SWAPPED);
        break;
    case METER_STRUCTS:
        axdr_put_structure(w, n);
        put_structures(w, view, false);
        break;
    case METER_POSITIONAL:
    case METER_IS15959: put_values(w, view); break;
    case METER_PAIRS: put_pairs(w, view); break;
    case METER_TRIPLES: put_triples(w, view); break;
    case METER_OBJECTS: put_objects(w, view, false); break;
    case METER_OBJECTS_6: put_objects(w, view, true); break;
    case METER_UNTAGGED: put_untagged(w, view); break;
    }
}
