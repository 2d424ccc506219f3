/* Czech lists: class, OBIS code and attribute of each value stand without tags, so the whole is no A-XDR.
 *
 *     [02 02 | one element |] 01 n | n times: 02 02 | 00 class | OBIS 6 | attribute 01..20 | value
 *
 * It is one only when every element fits, to the last octet.                    seen: Sagemcom XT211 (EG.D), ZPA */
#include "sim/codec/cosem_push_inside.h"

enum { DESCRIPTOR = 11, ATTRIBUTE_MAX = 0x20 };

struct untagged {
    struct obis ln;
    uint8_t class_id, attribute;
    struct push_item value;
};

static bool take_untagged(struct push_cursor *c, struct untagged *out)
{
    const uint8_t *p = c->p;

    if (push_left(c) < DESCRIPTOR || p[0] != AXDR_STRUCTURE || p[1] != 2 || p[2] != 0 || p[3] == 0 ||
        p[10] == 0 || p[10] > ATTRIBUTE_MAX)
        return false;
    out->class_id = p[3];
    out->ln = obis_of(p + 4);
    out->attribute = p[10];
    c->p += DESCRIPTOR;
    return push_take(c, &out->value);
}

static bool enter_either(struct push_cursor *c, uint32_t *ret_n)
{
    return push_enter(c, AXDR_ARRAY, ret_n) || push_enter(c, AXDR_STRUCTURE, ret_n);
}

/* The count of the list, whose elements then come at c. */
static bool take_list(struct push_cursor *c, uint32_t *ret_n)
{
    const uint8_t *from = c->p;
    struct push_item number;
    uint32_t two;

    if (push_enter(c, AXDR_STRUCTURE, &two) && two == 2 && push_take(c, &number) &&
        !axdr_is_container(number.tag) && enter_either(c, ret_n))
        return true;
    push_back(c, from);
    return enter_either(c, ret_n);
}

static bool all_fit(struct push_cursor c, uint32_t n)
{
    struct untagged element;

    for (; n > 0; n--)
        if (!take_untagged(&c, &element))
            return false;
    return c.p == c.end;
}

bool push_untagged(struct push_map *m, struct wp_slice body)
{
    struct push_cursor c = push_cursor(body);
    struct untagged element;
    uint32_t n;

    if (!take_list(&c, &n) || n == 0 || !all_fit(c, n))
        return false;
    m->out->shape = COSEM_SHAPE_UNTAGGED;
    for (; n > 0 && take_untagged(&c, &element); n--)
        if (element.attribute != 1)
            push_add(m, element.ln, element.class_id, (int8_t)element.attribute, &element.value);
    return true;
}
