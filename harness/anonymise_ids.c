#include "harness/anonymise_ids.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

enum { TRIES = 500, HASH_BYTES = 32, WILDCARD_DIGITS = 12 };

static void *get_memory(void *old, size_t n)
{
    void *p = realloc(old, n);

    if (!p) {
        fputs("wattproof: no memory for the ids of this capture\n", stderr);
        abort();
    }
    return p;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* ---- finding ---------------------------------------------------------------------------------------- */

void anon_ids_key(struct anon_ids *ids, struct wp_slice text)
{
    if (!EVP_Digest(text.p ? (const void *)text.p : "", text.n, ids->key, NULL, EVP_sha256(), NULL))
        abort();
}

size_t anon_ids_kind(struct anon_ids *ids, const char *codec, const char *path)
{
    char name[sizeof ids->kind[0].name];
    size_t i = 0;

    snprintf(name, sizeof name, "%s %s", codec, path);
    while (i < ids->n_kinds && strcmp(ids->kind[i].name, name) != 0)
        i++;
    if (i == ANON_KINDS_MAX)
        return i - 1;
    if (i == ids->n_kinds) {
        strcpy(ids->kind[i].name, name);
        ids->kind[i].forms = UINT32_MAX;
        ids->n_kinds++;
    }
    return i;
}

bool anon_is_id(struct wp_slice text)
{
    bool differs = false, any = false;

    for (size_t i = 0; i < text.n; i++) {
        differs = differs || text.p[i] != text.p[0];
        any = any || is_digit(text.p[i]) || is_letter(text.p[i]) || text.p[i] >= 0x80;
    }
    return any && (differs || text.n == 1) && text.n <= ANON_ID_MAX;
}

bool anon_is_strong(struct wp_slice text)
{
    size_t digits = 0, letters = 0;

    for (size_t i = 0; i < text.n; i++) {
        digits += is_digit(text.p[i]);
        letters += is_letter(text.p[i]);
    }
    return (text.n >= 6 && digits >= 4) || (text.n >= 8 && digits >= 1 && letters >= 1);
}

static bool is_by_look(const struct anon_kind *kind)
{
    size_t n = strlen(kind->name), m = strlen(" word");

    return n >= m && strcmp(kind->name + n - m, " word") == 0;
}

static void add_new(struct anon_ids *ids, size_t i, size_t kind)
{
    if (i >= ids->cap) {
        ids->cap = ids->cap ? ids->cap * 2 : 64;
        ids->id = get_memory(ids->id, ids->cap * sizeof ids->id[0]);
    }
    ids->id[i] = (struct anon_id){
        .text = ids->texts.entry[i].text,
        .kind = kind,
        .is_strong = anon_is_strong(ids->texts.entry[i].text),
        .is_word = is_by_look(&ids->kind[kind]),
    };
}

void anon_ids_add(struct anon_ids *ids, struct wp_slice text, size_t kind)
{
    size_t before = ids->texts.n, i;

    if (!anon_is_id(text))
        return;
    i = texts_add(&ids->texts, text);
    if (i == before)
        add_new(ids, i, kind);
    else if (!is_by_look(&ids->kind[kind]))
        ids->id[i].is_word = false;
}

void anon_ids_count(struct anon_ids *ids, const struct anon_id *id, size_t kind)
{
    size_t before = ids->pairs.n, pair[2] = {kind, (size_t)(id - ids->id)};

    texts_add(&ids->pairs, wp_slice(pair, sizeof pair));
    ids->kind[kind].n_ids += ids->pairs.n - before;
    ids->kind[kind].places++;
}
void anon_ids_fix(struct anon_ids *ids, struct wp_slice text, struct wp_slice becomes, size_t kind)
{
    size_t i;

    if (text.n != becomes.n)
        return;
    anon_ids_add(ids, text, kind);
    i = texts_find(&ids->texts, text);
    if (i == TEXTS_NONE)
        return;
    ids->id[i].is_strong = ids->id[i].is_fixed = true;
    ids->id[i].becomes = wp_slice(arena_text(&ids->arena, becomes), becomes.n);
}

static bool is_digit_at(struct wp_slice in, size_t at)
{
    return at < in.n && is_digit(in.p[at]);
}

bool anon_ids_stands_alone(const struct anon_id *id, struct wp_slice in, size_t at)
{
    size_t end = at + id->text.n;

    if (is_digit(id->text.p[0]) && at > 0 && is_digit_at(in, at - 1))
        return false;
    if (is_digit(id->text.p[id->text.n - 1]) && is_digit_at(in, end))
        return false;
    if (!id->is_fixed || memchr(id->text.p, '.', id->text.n) == NULL)
        return true;
    if (end + 1 < in.n && in.p[end] == '.' && is_digit_at(in, end + 1)) /* a fifth number: no address */
        return false;
    return !(at > 1 && in.p[at - 1] == '.' && is_digit_at(in, at - 2));
}

const struct anon_id *anon_ids_find(const struct anon_ids *ids, struct wp_slice text)
{
    size_t i = texts_find(&ids->texts, text);

    return i == TEXTS_NONE ? NULL : &ids->id[i];
}

/* ---- what the key makes of a text ------------------------------------------------------------------- */

void anon_ids_stream(const struct anon_ids *ids, struct wp_slice text, uint32_t number, uint8_t *out,
                     size_t n)
{
    uint8_t seed[HASH_BYTES + 8] = {0}, block[HASH_BYTES];

    if (!HMAC(EVP_sha256(), ids->key, ANON_KEY_BYTES, text.p, text.n, seed, NULL))
        abort();
    for (uint32_t i = 0; n > 0; i++) {
        size_t part = n < HASH_BYTES ? n : HASH_BYTES;

        for (int k = 0; k < 4; k++) {
            seed[HASH_BYTES + k] = (uint8_t)(number >> 8 * k);
            seed[HASH_BYTES + 4 + k] = (uint8_t)(i >> 8 * k);
        }
        if (!HMAC(EVP_sha256(), ids->key, ANON_KEY_BYTES, seed, sizeof seed, block, NULL))
            abort();
        memcpy(out, block, part);
        out += part;
        n -= part;
    }
}

/* Is it hexadecimal with letters in it, so that its letters are digits too? */
static bool is_hex(struct wp_slice text)
{
    bool any = false;

    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i] | 0x20;

        if (is_letter(text.p[i]) && c > 'f')
            return false;
        any = any || is_digit(text.p[i]);
    }
    return any;
}

/* A character of several bytes becomes another letter of as many. */
static void scramble_utf8(uint8_t *out, const uint8_t *random, size_t n)
{
    static const uint8_t lead[] = {0, 0, 0xC4, 0xE5, 0xF0};

    out[0] = lead[n];
    for (size_t i = 1; i < n; i++)
        out[i] = (uint8_t)(0x80 | (random[i] & 0x3F));
    if (n == 4)
        out[1] = 0xA0;
}

/* One character of the text, random in its class; how many bytes it has. */
static size_t scramble_one(struct wp_slice text, size_t i, bool hex, const uint8_t *random, uint8_t *out)
{
    uint8_t c = text.p[i];
    size_t n = c < 0x80 ? 1 : wp_utf8_len(text.p + i, text.n - i);

    if (is_digit(c))
        out[i] = (uint8_t)(i == 0 && c != '0' ? '1' + random[i] % 9 : '0' + random[i] % 10);
    else if (is_letter(c))
        out[i] = (uint8_t)((c & 0x20) | ('A' + random[i] % (hex ? 6 : 26)));
    else if (n > 1)
        scramble_utf8(out + i, random + i, n);
    else
        out[i] = c;
    return n ? n : 1;
}

/* What is no id in it is scrambled, the ids become what they become. An escape of JSON stays. */
static void make(const struct anon_ids *ids, struct wp_slice text, uint32_t number, uint8_t *out)
{
    uint8_t random[ANON_ID_MAX];
    bool hex = is_hex(text);

    anon_ids_stream(ids, text, number, random, text.n);
    for (size_t i = 0; i < text.n;) {
        struct wp_slice within = wp_slice(text.p, text.n - (i == 0)); /* never the whole text itself */
        const struct needle *inner = needles_at(&ids->strong, within, i);

        if (inner && ids->id[inner->owner].becomes.n) {
            memcpy(out + i, ids->id[inner->owner].becomes.p, inner->bytes.n);
            i += inner->bytes.n;
        } else if (text.p[i] == '\\' && i + 1 < text.n) {
            size_t n = text.p[i + 1] == 'u' && i + 6 <= text.n ? 6 : 2;

            memcpy(out + i, text.p + i, n);
            i += n;
        } else {
            i += scramble_one(text, i, hex, random, out);
        }
    }
}

/* ---- addresses that mean several -------------------------------------------------------------------- */

static bool is_wild(struct wp_slice text, size_t pair)
{
    return text.p[2 * pair] == 'A' && text.p[2 * pair + 1] == 'A';
}

/* Twelve digits with AA in some places: any byte may stand there (DL/T 645). */
static bool is_wildcard(struct wp_slice text)
{
    size_t wild = 0;

    if (text.n != WILDCARD_DIGITS)
        return false;
    for (size_t pair = 0; pair < WILDCARD_DIGITS / 2; pair++) {
        if (is_wild(text, pair))
            wild++;
        else if (!is_digit(text.p[2 * pair]) || !is_digit(text.p[2 * pair + 1]))
            return false;
    }
    return wild > 0;
}

static bool fits(struct wp_slice wildcard, struct wp_slice text)
{
    for (size_t pair = 0; pair < WILDCARD_DIGITS / 2; pair++)
        if (!is_wild(wildcard, pair) && memcmp(wildcard.p + 2 * pair, text.p + 2 * pair, 2) != 0)
            return false;
    return true;
}

/* It goes on meaning the meter that it meant: the first one by its text. */
static void make_wildcard(const struct anon_ids *ids, struct wp_slice text, uint8_t *out)
{
    const struct anon_id *meant = NULL;

    for (size_t i = 0; i < ids->texts.n; i++) {
        const struct anon_id *id = &ids->id[i];

        if (id->text.n == WILDCARD_DIGITS && id->becomes.n && !is_wildcard(id->text) &&
            fits(text, id->text) && (!meant || wp_slice_cmp(id->text, meant->text) < 0))
            meant = id;
    }
    if (meant)
        memcpy(out, meant->becomes.p, WILDCARD_DIGITS);
    else
        make(ids, text, 0, out);
    for (size_t pair = 0; pair < WILDCARD_DIGITS / 2; pair++)
        if (is_wild(text, pair))
            memset(out + 2 * pair, 'A', 2);
}

/* ---- deciding --------------------------------------------------------------------------------------- */

struct deciding {
    struct anon_ids *ids;
    struct texts taken; /* what ids have become */
};

/* Has it something of the capture in it, or is it another id's already? */
static bool is_taken(const struct deciding *d, struct wp_slice becomes)
{
    size_t at = 0;

    return texts_find(&d->ids->texts, becomes) != TEXTS_NONE ||
           texts_find(&d->taken, becomes) != TEXTS_NONE || needles_next(&d->ids->strong, becomes, &at);
}

/* A weak id has few others to become: then one that is taken must do, as long as it is not itself. */
static bool decide(struct deciding *d, struct anon_id *id)
{
    uint8_t *out = arena_get(&d->ids->arena, id->text.n);
    struct wp_slice becomes = wp_slice(out, id->text.n);

    if (id->is_fixed) {
        texts_add(&d->taken, id->becomes);
        return true;
    }
    if (is_wildcard(id->text)) {
        make_wildcard(d->ids, id->text, out);
        id->becomes = becomes;
        return true;
    }
    for (uint32_t number = 0; number < TRIES; number++) {
        make(d->ids, id->text, number, out);
        if (!is_taken(d, becomes)) {
            texts_add(&d->taken, becomes);
            id->becomes = becomes;
            return true;
        }
    }
    for (uint32_t number = 0; number < TRIES && !id->is_strong; number++) {
        make(d->ids, id->text, number, out);
        if (!wp_slice_eq(becomes, id->text)) {
            id->becomes = becomes;
            return true;
        }
    }
    return false;
}

static int by_length_and_text(const void *a, const void *b)
{
    const struct anon_id *x = *(struct anon_id *const *)a, *y = *(struct anon_id *const *)b;

    if (x->is_fixed != y->is_fixed)
        return x->is_fixed ? -1 : 1;
    if (is_wildcard(x->text) != is_wildcard(y->text)) /* they follow those that they mean */
        return is_wildcard(x->text) ? 1 : -1;
    if (x->text.n != y->text.n)
        return x->text.n < y->text.n ? -1 : 1;
    return wp_slice_cmp(x->text, y->text);
}

bool anon_ids_assign(struct anon_ids *ids, struct wp_writer *why)
{
    struct anon_id **order = get_memory(NULL, (ids->texts.n + 1) * sizeof(struct anon_id *));
    struct deciding d = {.ids = ids};
    bool good = true;

    for (size_t i = 0; i < ids->texts.n; i++) {
        order[i] = &ids->id[i];
        if (ids->id[i].is_strong)
            needles_add(&ids->strong, ids->id[i].text, i, 0);
    }
    qsort(order, ids->texts.n, sizeof order[0], by_length_and_text);
    for (size_t i = 0; i < ids->texts.n && good; i++) {
        good = decide(&d, order[i]);
        if (!good) {
            wp_put_text(why, "the id ");
            wp_put_slice(why, order[i]->text);
            wp_put_text(why, " can become no other one");
        }
    }
    texts_free(&d.taken);
    free(order);
    return good;
}

void anon_ids_free(struct anon_ids *ids)
{
    needles_free(&ids->strong);
    texts_free(&ids->texts);
    texts_free(&ids->pairs);
    arena_free(&ids->arena);
    free(ids->id);
    *ids = (struct anon_ids){0};
}
