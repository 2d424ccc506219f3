/* What a check looks up once and then knows: the keys of an object, a number, a string without its escapes. */
#include "harness/schema_run.h"

#include <stdlib.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Are the n bytes at p those of the name? `room`: bytes that may be read at p. */
static inline bool is_name(const struct name_slot *slot, const uint8_t *p, size_t n, size_t room)
{
    if (slot->text.n != n)
        return false;
#ifdef __SSE2__
    if (n <= 16 && room >= 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i y = _mm_loadu_si128((const __m128i *)(const void *)slot->first);

        return (~(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, y)) & slot->mask) == 0;
    }
#endif
    (void)room;
    return memcmp(slot->text.p, p, n) == 0;
}

/* The name's hash decides where it can stand; what it is must be compared all the same. */
static inline uint32_t name_id(const struct name_slot *slots, uint32_t mask, const struct json_tape *tape,
                               uint32_t key)
{
    const struct json_token *t = &tape->at[key];

    for (uint32_t at = t->hash;; at++) {
        const struct name_slot *slot = &slots[at & mask];

        if (slot->id == 0)
            return 0;
        if (slot->hash != t->hash)
            continue;
        if (t->escaped ? json_string_is(tape, key, slot->text)
                       : is_name(slot, tape->text.p + t->at, t->n, tape->text.n - t->at))
            return slot->id;
    }
}

uint32_t schema_name_id(const struct schema *s, const struct json_tape *tape, uint32_t key)
{
    return name_id(s->slots, s->slot_mask, tape, key);
}

struct view *schema_look_up(struct run *r, struct view *v, uint32_t object)
{
    const struct json_tape *tape = r->tape;
    const struct json_token *token = tape->at;
    const struct schema *s = r->s;
    uint32_t *member = (uint32_t *)(void *)(v->present + s->n_words), end = token[object].next, unknown = 0;

    v->run = r->number;
    v->object = object;
    for (uint32_t w = 0; w < s->n_words; w++)
        v->present[w] = 0;
    for (uint32_t key = object + 1; key < end; key = token[key + 1].next) {
        uint32_t id = name_id(s->slots, s->slot_mask, tape, key);

        if (id == 0) {
            unknown++;
            continue;
        }
        id--;
        v->present[id / 64] |= UINT64_C(1) << (id % 64);
        member[id] = key + 1;
    }
    v->unknown = unknown;
    return v;
}

static inline const uint8_t *take_digits(const uint8_t *p, const uint8_t *end, uint64_t *num)
{
    for (; p < end && *p >= '0' && *p <= '9'; p++)
        *num = *num * 10 + (*p - (unsigned)'0');
    return p;
}

/* Only numbers of up to 18 digits without exponent; others are compared by their text. */
void schema_number_read(struct wp_slice text, struct number *out)
{
    const uint8_t *p = text.p, *end = p + text.n, *point = NULL;
    bool negative = *p == '-';
    uint64_t num = 0;

    out->text = text;
    out->is_small = false;
    out->exp10 = 0;
    if (text.n > 20) /* a sign, a point and 18 digits */
        return;
    p = take_digits(p + negative, end, &num);
    if (p < end && *p == '.') {
        point = p;
        p = take_digits(p + 1, end, &num);
        out->exp10 = (int32_t)(point + 1 - end);
    }
    if (p < end)
        return; /* an exponent */
    out->is_small = text.n - negative - (point != NULL) <= 18;
    out->num = negative ? -(int64_t)num : (int64_t)num;
}

const struct number *schema_number(struct run *r, uint32_t i)
{
    if (r->number_token != i + 1) {
        schema_number_read(json_text(r->tape, i), &r->value);
        r->number_token = i + 1;
    }
    return &r->value;
}

__extension__ typedef __int128 int128;

static int128 scaled(int64_t num, int places)
{
    return places > 0 ? (int128)num * wp_pow10((unsigned)places) : num;
}

int schema_number_cmp(const struct number *a, const struct number *b)
{
    int128 x, y;

    if (!a->is_small || !b->is_small)
        return json_number_cmp(a->text, b->text);
    if (a->exp10 == b->exp10)
        return (a->num > b->num) - (a->num < b->num);
    x = scaled(a->num, a->exp10 - b->exp10); /* at most 18 places: 10^36 fits */
    y = scaled(b->num, b->exp10 - a->exp10);
    return (x > y) - (x < y);
}

struct wp_slice schema_unescaped(struct run *r, uint32_t i)
{
    const struct json_token *t = &r->tape->at[i];
    struct wp_writer w;

    if (r->cap_text < t->n) {
        r->cap_text = 2 * (size_t)t->n;
        r->text = realloc(r->text, r->cap_text);
        if (!r->text)
            abort();
    }
    w = wp_writer(r->text, r->cap_text);
    json_put_string(r->tape, i, &w);
    return wp_written(&w);
}
