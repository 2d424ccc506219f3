#include "sim/gateway/list_text.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\n';
}

struct wp_slice list_trim(struct wp_slice s)
{
    while (s.n > 0 && is_blank(s.p[0]))
        s = wp_slice_from(s, 1);
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct wp_slice list_cut(struct wp_slice *in, char c)
{
    const uint8_t *at = in->n > 0 ? memchr(in->p, c, in->n) : NULL;
    size_t n = at ? (size_t)(at - in->p) : in->n;
    struct wp_slice front = wp_slice(in->p, n);

    *in = wp_slice_from(*in, at ? n + 1 : n);
    return list_trim(front);
}
