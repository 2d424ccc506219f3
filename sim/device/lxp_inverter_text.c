/* Registers as text: "21=62292, 65=", "64=90 80", "0/40", "0-10, 19". */
#include "sim/device/lxp_inverter_inside.h"

static struct wp_slice trimmed(struct wp_slice s)
{
    while (s.n > 0 && s.p[0] == ' ')
        s = wp_slice_from(s, 1);
    while (s.n > 0 && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

/* Up to `end`, which is taken off too; all of it when there is none. */
static struct wp_slice cut(struct wp_slice *s, char end, bool *ret_found)
{
    const uint8_t *found = s->n > 0 ? memchr(s->p, end, s->n) : NULL;
    const struct wp_slice head = found ? wp_slice(s->p, (size_t)(found - s->p)) : *s;

    *s = wp_slice_from(*s, head.n + 1);
    if (ret_found)
        *ret_found = found != NULL;
    return trimmed(head);
}

static bool number(struct wp_slice s, unsigned max, uint16_t *out)
{
    unsigned n = 0;

    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        n = n * 10 + s.p[i] - '0';
        if (n > max)
            return false;
    }
    *out = (uint16_t)n;
    return true;
}

bool lxp_inverter_next_register(struct wp_slice *text, unsigned max, uint16_t *reg, uint16_t *value,
                                bool *ret_given)
{
    bool has_value;
    struct wp_slice item = cut(text, ',', NULL), name = cut(&item, '=', &has_value);

    item = trimmed(item);
    *ret_given = item.n > 0;
    return has_value && number(name, max, reg) && (item.n == 0 || number(item, UINT16_MAX, value));
}

bool lxp_inverter_are_registers(struct wp_slice text, unsigned max)
{
    uint16_t reg, value;
    bool given;

    while (text.n > 0)
        if (!lxp_inverter_next_register(&text, max, &reg, &value, &given))
            return false;
    return true;
}

unsigned lxp_inverter_read_values(struct wp_slice text, unsigned cap, uint16_t *ret_first, uint16_t *out)
{
    struct wp_slice name = cut(&text, '=', NULL);
    unsigned n = 0;

    if (!number(name, UINT16_MAX, ret_first))
        return 0;
    for (text = trimmed(text); text.n > 0; text = trimmed(text)) {
        struct wp_slice item = cut(&text, ' ', NULL);

        if (n == cap || !number(item, UINT16_MAX, &out[n]))
            return 0;
        n++;
    }
    return n;
}

bool lxp_inverter_read_block(struct wp_slice text, bool *ret_is_input, uint16_t *ret_first, uint16_t *ret_n)
{
    static const char input[] = "input ", hold[] = "hold ";
    struct wp_slice first;

    text = trimmed(text);
    *ret_is_input = text.n > sizeof input && memcmp(text.p, input, sizeof input - 1) == 0;
    if (*ret_is_input)
        text = wp_slice_from(text, sizeof input - 1);
    else if (text.n > sizeof hold && memcmp(text.p, hold, sizeof hold - 1) == 0)
        text = wp_slice_from(text, sizeof hold - 1);
    first = cut(&text, '/', NULL);
    return number(first, UINT16_MAX, ret_first) && number(trimmed(text), UINT16_MAX, ret_n);
}

bool lxp_inverter_read_rejection(struct wp_slice text, uint16_t *ret_reg, uint16_t *ret_code)
{
    bool has_code;
    struct wp_slice name = cut(&text, '=', &has_code);

    return number(name, UINT16_MAX, ret_reg) &&
           (!has_code || (number(trimmed(text), UINT8_MAX, ret_code) && *ret_code > 0));
}

bool lxp_inverter_next_range(struct wp_slice *text, uint16_t *first, uint16_t *last)
{
    bool has_last;
    struct wp_slice item = cut(text, ',', NULL), from = cut(&item, '-', &has_last);

    if (!number(from, UINT16_MAX, first))
        return false;
    *last = *first;
    return !has_last || (number(trimmed(item), UINT16_MAX, last) && *last >= *first);
}
