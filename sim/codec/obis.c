#include "sim/codec/obis.h"

/* ---- text ------------------------------------------------------------------------------------------- */

/* One group of one to three digits; false: none, or above 255. */
static bool take_group(struct wp_slice text, size_t *at, uint8_t *ret_group)
{
    unsigned v = 0, digits = 0;

    for (; *at < text.n && digits < 3 && text.p[*at] >= '0' && text.p[*at] <= '9'; (*at)++, digits++)
        v = v * 10 + (unsigned)(text.p[*at] - '0');
    if (digits == 0 || v > 255)
        return false;
    *ret_group = (uint8_t)v;
    return true;
}

bool obis_read(struct wp_slice text, struct obis *out)
{
    /* What stands between the groups, per form; shorter ones leave F, or A, B and F, to their usual values. */
    static const char *const forms[] = {"-:...", "-:..*", "-:..", ".....", ".."};
    uint8_t group[OBIS_OCTETS];
    char between[OBIS_OCTETS] = "";
    size_t n = 0;

    for (size_t at = 0; n < OBIS_OCTETS; at++) {
        if (!take_group(text, &at, &group[n++]))
            return false;
        if (at == text.n)
            break;
        if (n == OBIS_OCTETS)
            return false;
        between[n - 1] = (char)text.p[at];
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(between, forms[i]) == 0) {
            *out = n == 3 ? obis(1, 0, group[0], group[1], group[2], OBIS_NOW)
                          : obis(group[0], group[1], group[2], group[3], group[4],
                                 n == OBIS_OCTETS ? group[5] : OBIS_NOW);
            return true;
        }
    return false;
}

void obis_put(struct wp_writer *w, struct obis o)
{
    static const char behind[] = "-:...";

    for (size_t i = 0; i < OBIS_OCTETS; i++) {
        wp_put_uint(w, o.v[i]);
        if (i + 1 < OBIS_OCTETS)
            wp_put_char(w, behind[i]);
    }
}

bool obis_is_likely(struct wp_slice octets)
{
    enum { MEDIUM_MAX = 15 };

    return octets.n == OBIS_OCTETS && octets.p[0] <= MEDIUM_MAX && octets.p[5] == OBIS_NOW;
}

/* ---- tables ----------------------------------------------------------------------------------------- */

static size_t find_exact(uint64_t key, const struct obis *table, size_t n)
{
    size_t low = 0, high = n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (obis_key(table[middle]) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && obis_key(table[low]) == key ? low : n;
}

size_t obis_find(struct obis o, const struct obis *table, size_t n)
{
    const size_t exact = find_exact(obis_key(o), table, n);

    if (exact < n || o.v[1] == 0)
        return exact;
    return find_exact(obis_key(obis_channel0(o)), table, n);
}
