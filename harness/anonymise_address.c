#include "harness/anonymise_address.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum { TRIES = 400, PREFIX4 = 3, PREFIX6 = 8 };

static const char *const family_text[ANON_FAMILIES] = {"MAC", "IPv4", "IPv6"};

size_t anon_address_size(enum anon_family family)
{
    static const size_t size[ANON_FAMILIES] = {6, 4, 16};

    return size[family];
}

static bool is_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

bool anon_address_is_everybodys(enum anon_family family, const uint8_t *a)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};

    switch (family) {
    case ANON_MAC: return (a[0] & 1) || is_zero(a, 6);
    case ANON_IPV4: return a[0] == 0 || a[0] >= 224 || memcmp(a, loopback, 4) == 0;
    default: return a[0] == 0xFF || (is_zero(a, 15) && a[15] <= 1);
    }
}

void anon_address_add(struct anon_addresses *a, enum anon_family family, const uint8_t *address)
{
    if (!anon_address_is_everybodys(family, address))
        texts_add(&a->found[family], wp_slice(address, anon_address_size(family)));
}

bool anon_address_read(struct anon_addresses *a, struct wp_slice text)
{
    char name[INET6_ADDRSTRLEN], again[INET6_ADDRSTRLEN];
    uint8_t address[16];
    enum anon_family family = ANON_IPV4;

    if (text.n == 0 || text.n >= sizeof name || memchr(text.p, 0, text.n))
        return false;
    memcpy(name, text.p, text.n);
    name[text.n] = 0;
    if (inet_pton(AF_INET, name, address) != 1) {
        family = ANON_IPV6;
        if (inet_pton(AF_INET6, name, address) != 1)
            return false;
    }
    /* in another spelling it is replaced as any id is */
    if (strcmp(inet_ntop(family == ANON_IPV4 ? AF_INET : AF_INET6, address, again, sizeof again), name) != 0)
        return false;
    anon_address_add(a, family, address);
    return true;
}

void anon_put_address(struct wp_writer *w, enum anon_family family, const uint8_t *a)
{
    char text[INET6_ADDRSTRLEN];

    if (family != ANON_MAC) {
        wp_put_text(w, inet_ntop(family == ANON_IPV4 ? AF_INET : AF_INET6, a, text, sizeof text));
        return;
    }
    snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);
    wp_put_text(w, text);
}

/* ---- IPv4 ------------------------------------------------------------------------------------------- */

/* How many of the first bytes say which block it is. 172.16/12 and 100.64/10 end within the second. */
static size_t block4(const uint8_t *a)
{
    if ((a[0] == 192 && a[1] == 168) || (a[0] == 169 && a[1] == 254))
        return 2;
    return a[0] == 10 || a[0] == 127 || a[0] == 172 || a[0] == 100;
}

/* A random number with as many digits; `low`, `high`: those of the block. */
static uint8_t alike(uint8_t n, const uint8_t *random, unsigned low, unsigned high, bool any_digits)
{
    unsigned from = n >= 100 ? 100 : n >= 10 ? 10 : 0, to = n >= 100 ? 255 : n >= 10 ? 99 : 9;

    from = any_digits || from < low ? low : from;
    to = any_digits || to > high ? high : to;
    if (to < from)
        return n;
    return (uint8_t)(from + (random[0] | (unsigned)random[1] << 8) % (to - from + 1));
}

static bool is_special(uint8_t first)
{
    return first == 0 || first == 10 || first == 100 || first == 127 || first == 169 || first == 172 ||
           first == 192 || first == 198 || first == 203 || first >= 224;
}

static void draw_prefix4(const uint8_t *was, const uint8_t *random, bool any_digits, uint8_t *out)
{
    size_t fixed = block4(was);

    memcpy(out, was, PREFIX4);
    if (fixed == 0) {
        out[0] = alike(was[0], random, 1, 223, any_digits);
        if (is_special(out[0]))
            out[0] = was[0] >= 100 ? 188 : was[0] >= 10 ? 45 : 8;
    }
    if (fixed < 2) {
        bool is_172 = was[0] == 172 && was[1] >= 16 && was[1] < 32, is_100 = was[0] == 100;

        out[1] = alike(was[1], random + 2,
                       is_172   ? 16
                       : is_100 ? 64
                                : 0,
                       is_172   ? 31
                       : is_100 ? 127
                                : 255,
                       any_digits);
    }
    out[2] = alike(was[2], random + 4, 0, 255, any_digits);
}

struct prefixes {
    struct texts was, taken;
    uint8_t (*becomes)[PREFIX6];
};

static bool decide_prefix4(const struct anon_ids *ids, struct prefixes *p, size_t i)
{
    const uint8_t *was = p->was.entry[i].text.p;

    for (uint32_t number = 0; number < 2 * TRIES; number++) {
        uint8_t random[2 * PREFIX4];
        struct wp_slice becomes = wp_slice(p->becomes[i], PREFIX4);

        anon_ids_stream(ids, p->was.entry[i].text, number, random, sizeof random);
        draw_prefix4(was, random, number >= TRIES, p->becomes[i]);
        if (texts_find(&p->was, becomes) == TEXTS_NONE && texts_find(&p->taken, becomes) == TEXTS_NONE) {
            texts_add(&p->taken, becomes);
            return true;
        }
    }
    return false;
}

/* The numbers that the last byte may be, those with as many digits, in an order of the prefix's own. 0 and 255 are no
 * host and stay. */
static uint8_t host4(const struct anon_ids *ids, const uint8_t *was)
{
    uint8_t d = was[3], order[256], random[512];
    size_t low = d >= 100  ? 100
                 : d >= 10 ? 10
                           : 1,
           high = d >= 100  ? 254
                  : d >= 10 ? 99
                            : 9,
           n = high - low + 1;

    if (d == 0 || d == 255)
        return d;
    anon_ids_stream(ids, wp_slice(was, PREFIX4), UINT32_MAX, random, sizeof random);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint8_t)(low + i);
    for (size_t i = n; i > 1; i--) {
        size_t k = ((size_t)random[2 * i] << 8 | random[2 * i - 1]) % i;
        uint8_t last = order[i - 1];

        order[i - 1] = order[k];
        order[k] = last;
    }
    return order[d - low];
}

/* ---- IPv6 ------------------------------------------------------------------------------------------- */

/* Digits that are 0 stay so, unless `any_digits`; the others become others that are not. */
static void draw_digits(const uint8_t *was, const uint8_t *random, size_t first, size_t n, bool any_digits,
                        uint8_t *out)
{
    for (size_t i = first; i < n; i++) {
        unsigned digit = i % 2 ? was[i / 2] & 0xFu : (unsigned)was[i / 2] >> 4;
        unsigned drawn = digit || any_digits ? 1u + random[i] % 15u : 0;

        if (i % 2)
            out[i / 2] = (uint8_t)((out[i / 2] & 0xF0) | drawn);
        else
            out[i / 2] = (uint8_t)(drawn << 4 | (out[i / 2] & 0x0F));
    }
}

/* Digits that say what kind of address it is. */
static size_t kind6(const uint8_t *a)
{
    if (a[0] == 0xFE)
        return 4;
    if ((a[0] & 0xFE) == 0xFC)
        return 2;
    return is_zero(a, PREFIX6) ? 16 : 1;
}

static bool decide_prefix6(const struct anon_ids *ids, struct prefixes *p, size_t i)
{
    struct wp_slice was = p->was.entry[i].text, becomes = wp_slice(p->becomes[i], PREFIX6);
    uint8_t random[2 * PREFIX6];
    size_t kind = kind6(was.p);

    memcpy(p->becomes[i], was.p, PREFIX6);
    for (uint32_t number = 0; number < TRIES; number++) {
        anon_ids_stream(ids, was, number, random, sizeof random);
        draw_digits(was.p, random, kind, sizeof random, false, p->becomes[i]);
        if (texts_find(&p->taken, becomes) == TEXTS_NONE)
            break;
    }
    texts_add(&p->taken, becomes);
    return true;
}

/* ---- an address after the other --------------------------------------------------------------------- */

struct deciding {
    struct anon_addresses *a;
    const struct anon_ids *ids;
    enum anon_family family;
    struct prefixes prefixes;
    struct texts taken;
};

static size_t prefix_size(enum anon_family family)
{
    return family == ANON_IPV4 ? PREFIX4 : PREFIX6;
}

static void draw(const struct deciding *d, struct wp_slice was, uint32_t number, uint8_t *out)
{
    uint8_t random[32];
    size_t prefix;

    anon_ids_stream(d->ids, was, number, random, sizeof random);
    if (d->family == ANON_MAC) {
        memcpy(out, random, was.n);
        out[0] = 0x02;
        return;
    }
    prefix = texts_find(&d->prefixes.was, wp_slice(was.p, prefix_size(d->family)));
    memcpy(out, was.p, was.n);
    memcpy(out, d->prefixes.becomes[prefix], prefix_size(d->family));
    if (d->family == ANON_IPV4)
        out[3] = host4(d->ids, was.p);
    else
        draw_digits(was.p, random, 2 * PREFIX6, 32, number >= TRIES, out);
}

static bool decide(struct deciding *d, size_t i)
{
    struct wp_slice was = d->a->found[d->family].entry[i].text;

    for (uint32_t number = 0; number < 2 * TRIES; number++) {
        struct wp_slice becomes = wp_slice(d->a->becomes[d->family][i], was.n);

        draw(d, was, number, d->a->becomes[d->family][i]);
        if (!anon_address_is_everybodys(d->family, becomes.p) &&
            texts_find(&d->a->found[d->family], becomes) == TEXTS_NONE &&
            texts_find(&d->taken, becomes) == TEXTS_NONE) {
            texts_add(&d->taken, becomes);
            return true;
        }
    }
    return false;
}

static int by_bytes(const void *a, const void *b)
{
    const struct texts_entry *x = *(struct texts_entry *const *)a, *y = *(struct texts_entry *const *)b;

    return wp_slice_cmp(x->text, y->text);
}

/* Numbers of the texts in the order of their bytes, so that it does not matter which was found first. */
static size_t *in_order(const struct texts *t)
{
    const struct texts_entry **sorted = malloc((t->n + 1) * sizeof sorted[0]);
    size_t *order = malloc((t->n + 1) * sizeof order[0]);

    if (!sorted || !order)
        abort();
    for (size_t i = 0; i < t->n; i++)
        sorted[i] = &t->entry[i];
    qsort(sorted, t->n, sizeof sorted[0], by_bytes);
    for (size_t i = 0; i < t->n; i++)
        order[i] = (size_t)(sorted[i] - t->entry);
    free(sorted);
    return order;
}

static bool decide_prefixes(struct deciding *d)
{
    const struct texts *found = &d->a->found[d->family];
    size_t *order;
    bool good = true;

    for (size_t i = 0; i < found->n; i++)
        texts_add(&d->prefixes.was, wp_slice(found->entry[i].text.p, prefix_size(d->family)));
    d->prefixes.becomes = calloc(d->prefixes.was.n + 1, sizeof d->prefixes.becomes[0]);
    if (!d->prefixes.becomes)
        abort();
    order = in_order(&d->prefixes.was);
    for (size_t i = 0; i < d->prefixes.was.n && good; i++)
        good = (d->family == ANON_IPV4 ? decide_prefix4 : decide_prefix6)(d->ids, &d->prefixes, order[i]);
    free(order);
    return good;
}

/* ---- their texts ------------------------------------------------------------------------------------ */

static void fix(struct anon_ids *ids, const char *was, const char *becomes, size_t kind)
{
    anon_ids_fix(ids, wp_text(was), wp_text(becomes), kind);
}

/* With colons, dashes or nothing between, in upper and lower case. */
static void fix_mac(struct anon_ids *ids, const uint8_t *was, const uint8_t *becomes, size_t kind)
{
    static const char *const format[] = {
        "%02x:%02x:%02x:%02x:%02x:%02x", "%02X:%02X:%02X:%02X:%02X:%02X", "%02x-%02x-%02x-%02x-%02x-%02x",
        "%02X-%02X-%02X-%02X-%02X-%02X", "%02x%02x%02x%02x%02x%02x",      "%02X%02X%02X%02X%02X%02X",
    };

#define SIX(a) (a)[0], (a)[1], (a)[2], (a)[3], (a)[4], (a)[5]
    for (size_t i = 0; i < sizeof format / sizeof format[0]; i++) {
        char text[2][18];

        snprintf(text[0], sizeof text[0], format[i], SIX(was));
        snprintf(text[1], sizeof text[1], format[i], SIX(becomes));
        fix(ids, text[0], text[1], kind);
    }
#undef SIX
}

static void fix_texts(const struct deciding *d, struct anon_ids *ids)
{
    const struct texts *found = &d->a->found[d->family];
    size_t kind = found->n ? anon_ids_kind(ids, family_text[d->family], "address in text") : 0;

    for (size_t i = 0; i < found->n; i++) {
        const uint8_t *was = found->entry[i].text.p, *becomes = d->a->becomes[d->family][i];
        char text[2][INET6_ADDRSTRLEN];
        int af = d->family == ANON_IPV4 ? AF_INET : AF_INET6;

        if (d->family == ANON_MAC)
            fix_mac(ids, was, becomes, kind);
        else
            fix(ids, inet_ntop(af, was, text[0], sizeof text[0]),
                inet_ntop(af, becomes, text[1], sizeof text[1]), kind);
    }
}

static bool decide_family(struct anon_addresses *a, struct anon_ids *ids, enum anon_family family,
                          struct wp_writer *why)
{
    struct deciding d = {.a = a, .ids = ids, .family = family};
    size_t n = a->found[family].n, *order = in_order(&a->found[family]);
    bool good;

    a->becomes[family] = calloc(n + 1, sizeof a->becomes[family][0]);
    if (!a->becomes[family])
        abort();
    good = family == ANON_MAC || decide_prefixes(&d);
    for (size_t i = 0; i < n && good; i++)
        good = decide(&d, order[i]);
    if (good) {
        fix_texts(&d, ids);
    } else {
        wp_put_text(why, family_text[family]);
        wp_put_text(why, " addresses: there are so many of one block that none is left for them to become");
    }
    texts_free(&d.prefixes.was);
    texts_free(&d.prefixes.taken);
    texts_free(&d.taken);
    free(d.prefixes.becomes);
    free(order);
    return good;
}

bool anon_addresses_assign(struct anon_addresses *a, struct anon_ids *ids, struct wp_writer *why)
{
    for (enum anon_family family = 0; family < ANON_FAMILIES; family++)
        if (!decide_family(a, ids, family, why))
            return false;
    return true;
}

bool anon_address_map(const struct anon_addresses *a, enum anon_family family, uint8_t *address)
{
    size_t n = anon_address_size(family), i = texts_find(&a->found[family], wp_slice(address, n));

    if (i == TEXTS_NONE)
        return false;
    memcpy(address, a->becomes[family][i], n);
    return true;
}

void anon_addresses_free(struct anon_addresses *a)
{
    for (enum anon_family family = 0; family < ANON_FAMILIES; family++) {
        texts_free(&a->found[family]);
        free(a->becomes[family]);
    }
    *a = (struct anon_addresses){0};
}
