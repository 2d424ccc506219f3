#include "sim/gateway/ivy_objects.h"

#include "sim/gateway/ivy_registers.h"

enum { IVY_REGISTER_NO_REGISTER = -1, WH_TO_KWH = -3 };

/* 2^53: the largest magnitude up to which every whole number is a double of its own. */
#define EXACT_MAX (INT64_C(1) << 53)

const struct ivy_object ivy_objects[IVY_N_OBJECTS] = {
#define X(key, obis, unit, exp10, answers_for, register_exp10)                                               \
    {#key, obis, unit, exp10, (int8_t)IVY_REGISTER_##answers_for, register_exp10},
#include "sim/gateway/ivy_objects.def"
#undef X
};

int ivy_object_find(struct wp_slice key)
{
    for (int i = 0; i < IVY_N_OBJECTS; i++)
        if (wp_slice_is(key, ivy_objects[i].key))
            return i;
    return -1;
}

int ivy_object_by_obis(struct wp_slice obis)
{
    for (int i = 0; i < IVY_N_OBJECTS; i++)
        if (wp_slice_is(obis, ivy_objects[i].obis))
            return i;
    return -1;
}

int ivy_object_of_register(int register_index)
{
    for (int i = 0; i < IVY_N_OBJECTS; i++)
        if (ivy_objects[i].register_index == register_index && register_index >= 0)
            return i;
    return -1;
}

/* Is the payload's unit the thousandth part of the document's: Wh for kWh? */
static bool is_thousandth(const char *unit, const char *documented)
{
    return documented[0] == 'k' && strcmp(unit, documented + 1) == 0;
}

static struct wp_value shifted(struct wp_value v, int exp10)
{
    if (v.kind == WP_DECIMAL)
        v.exp10 = (int16_t)(v.exp10 + exp10);
    return v;
}

struct wp_value ivy_object_value(int index, const struct wp_point *p)
{
    if (index < 0)
        return p->value;
    if (!p->is_scaled)
        return shifted(p->value, ivy_objects[index].exp10);
    return shifted(p->value, is_thousandth(p->unit, ivy_objects[index].unit) ? WH_TO_KWH : 0);
}

const char *ivy_object_unit(int index, const struct wp_point *p)
{
    return index < 0 ? p->unit : ivy_objects[index].unit;
}

bool ivy_value_is_exact(struct wp_value v)
{
    return v.kind != WP_UINT &&
           !(v.kind == WP_DECIMAL && v.exp10 >= 0 && (v.num > EXACT_MAX || v.num < -EXACT_MAX));
}

size_t ivy_object_ids(struct wp_slice *out)
{
    for (int i = 0; i < IVY_N_OBJECTS; i++)
        out[i] = wp_text(ivy_objects[i].obis);
    return IVY_N_OBJECTS;
}
