/* Looking things up on a tape: members, values, equality, keys that stand twice; and printing one. */
#include "sim/core/json_in_impl.h"

uint32_t json_member(const struct json_tape *tape, uint32_t object, struct wp_slice key)
{
    uint32_t hash = json_hash(key), found = 0;

    JSON_EACH_KEY(tape, k, object)
    {
        if (tape->at[k].hash != hash || !json_string_is(tape, k, key))
            continue;
        found = k + 1;
        if (!tape->duplicate)
            break;
    }
    return found;
}

uint32_t json_element(const struct json_tape *tape, uint32_t array, uint32_t k)
{
    if (k >= tape->at[array].count)
        return 0;
    JSON_EACH(tape, i, array)
    {
        if (k-- == 0)
            return i;
    }
    return 0;
}

struct wp_value json_value(const struct json_tape *tape, uint32_t i)
{
    struct wp_slice s = json_text(tape, i);
    struct wp_value v;

    switch ((enum json_kind)tape->at[i].kind) {
    case JSON_NULL: return wp_null();
    case JSON_FALSE: return wp_bool(false);
    case JSON_TRUE: return wp_bool(true);
    case JSON_NUMBER: return wp_number_read(s, &v) ? v : wp_text_value(s);
    case JSON_STRING: return wp_text_value(s);
    case JSON_ARRAY:
    case JSON_OBJECT: break;
    }
    v = wp_bytes_value(s);
    v.kind = WP_TREE;
    return v;
}

/* ---- equality --------------------------------------------------------------------------------------- */

static bool scalars_equal(const struct json_tape *a, uint32_t i, const struct json_tape *b, uint32_t k)
{
    if (a->at[i].kind == JSON_STRING)
        return json_strings_equal(a, i, b, k);
    if (a->at[i].kind == JSON_NUMBER)
        return json_number_cmp(json_text(a, i), json_text(b, k)) == 0;
    return true; /* null, false, true: the kind says it all */
}

static bool keys_equal(const struct json_tape *a, uint32_t i, const struct json_tape *b, uint32_t k)
{
    return a->at[i].hash == b->at[k].hash && json_strings_equal(a, i, b, k);
}

/* The value of a's key in the object of b. `guess` is where it stands when both have the same order. */
static uint32_t member_like(const struct json_tape *a, uint32_t key, const struct json_tape *b,
                            uint32_t object, uint32_t guess)
{
    uint32_t found = 0;

    if (!b->duplicate && guess < b->at[object].next && keys_equal(a, key, b, guess))
        return guess + 1;
    JSON_EACH_KEY(b, k, object)
    {
        if (!keys_equal(a, key, b, k))
            continue;
        found = k + 1;
        if (!b->duplicate)
            break;
    }
    return found;
}

/* Has the object of b every member of the object of a? */
static bool object_holds(const struct json_tape *a, uint32_t i, const struct json_tape *b, uint32_t k)
{
    uint32_t guess = k + 1;

    JSON_EACH_KEY(a, x, i)
    {
        uint32_t y = member_like(a, x, b, k, guess), own = x + 1;

        if (a->duplicate)
            own = member_like(a, x, a, i, x);
        if (y == 0 || !json_equal(a, own, b, y))
            return false;
        guess = b->at[y].next;
    }
    return true;
}

/* Recursion is bounded by the depth that json_read allowed. */
bool json_equal(const struct json_tape *a, uint32_t i, const struct json_tape *b, uint32_t k)
{
    if (a->at[i].kind != b->at[k].kind)
        return false;
    if (a->at[i].kind < JSON_ARRAY)
        return scalars_equal(a, i, b, k);
    if (a->at[i].count != b->at[k].count)
        return false;
    if (a->at[i].kind == JSON_OBJECT)
        return object_holds(a, i, b, k) && (!(a->duplicate || b->duplicate) || object_holds(b, k, a, i));
    k++;
    JSON_EACH(a, x, i)
    {
        if (!json_equal(a, x, b, k))
            return false;
        k = b->at[k].next;
    }
    return true;
}

static uint32_t mixed(uint32_t a, uint32_t b)
{
    return json_hash_parts((uint64_t)a << 32 | b, 0, 0);
}

/* Recursion is bounded by the depth that json_read allowed. */
uint32_t json_value_hash(const struct json_tape *tape, uint32_t i)
{
    const struct json_token *t = &tape->at[i];
    uint32_t h = t->kind;

    if (t->kind == JSON_STRING)
        return t->escaped ? json_string_hash(tape, i) : json_hash(json_text(tape, i));
    if (t->kind == JSON_NUMBER)
        return json_number_hash(json_text(tape, i));
    if (t->kind == JSON_ARRAY)
        JSON_EACH(tape, k, i)
    h = mixed(h, json_value_hash(tape, k));
    if (t->kind == JSON_OBJECT && !tape->duplicate) /* a sum, since members have no order */
        JSON_EACH_KEY(tape, k, i)
    h += mixed(tape->at[k].hash, json_value_hash(tape, k + 1));
    return h;
}

/* ---- keys that stand twice -------------------------------------------------------------------------- */

enum { RUNS_MAX = 32 }; /* 2^32 keys need 32 runs */

bool json_key_was_there(const struct json_tape *tape, uint32_t object, uint32_t key)
{
    for (uint32_t k = object + 1; k < key; k = tape->at[k + 1].next)
        if (keys_equal(tape, k, tape, key))
            return true;
    return false;
}

static bool goes_first(const struct json_tape *tape, uint32_t a, uint32_t b)
{
    if (tape->at[a].hash != tape->at[b].hash)
        return tape->at[a].hash < tape->at[b].hash;
    return json_strings_cmp(tape, a, tape, b) <= 0;
}

/* Two sorted lists, linked by `next` (0: the end), into one; equal keys keep their order. */
static uint32_t merge(struct json_tape *tape, uint32_t a, uint32_t b)
{
    uint32_t head = 0, *tail = &head;

    while (a && b) {
        uint32_t *from = goes_first(tape, a, b) ? &a : &b;

        *tail = *from;
        tail = &tape->at[*from].next;
        *from = *tail;
    }
    *tail = a ? a : b;
    return head;
}

/* The object's keys as one list sorted by hash and text: a merge sort that needs no memory but the keys' own `next`,
 * which says nothing that is not known. run[i] holds 2^i keys or none. */
static uint32_t sort_keys(struct json_tape *tape, uint32_t object)
{
    uint32_t run[RUNS_MAX] = {0}, list = 0;

    JSON_EACH_KEY(tape, k, object)
    {
        uint32_t one = k;
        size_t i = 0;

        tape->at[k].next = 0;
        for (; run[i]; run[i++] = 0)
            one = merge(tape, run[i], one);
        run[i] = one;
    }
    for (size_t i = 0; i < RUNS_MAX; i++)
        list = merge(tape, run[i], list);
    return list;
}

bool json_find_duplicate(struct json_tape *tape, uint32_t object, uint32_t *ret_at)
{
    bool found = false;

    for (uint32_t k = sort_keys(tape, object), next; k; k = next) {
        next = tape->at[k].next;
        tape->at[k].next = k + 1;
        if (!next || !keys_equal(tape, k, tape, next))
            continue;
        if (!found || tape->at[next].at < *ret_at)
            *ret_at = tape->at[next].at;
        found = true;
    }
    return found;
}

/* ---- printing --------------------------------------------------------------------------------------- */

static void put_line(struct wp_writer *w, int indent)
{
    if (indent < 0)
        return;
    wp_put_char(w, '\n');
    for (int i = 0; i < indent; i++)
        wp_put_text(w, "  ");
}

static void print_string(const struct json_tape *tape, uint32_t i, struct wp_writer *w)
{
    struct wp_slice s = json_text(tape, i);
    const uint8_t *p = s.p;
    uint8_t bytes[4];
    size_t n;

    wp_put_char(w, '"');
    if (!tape->at[i].escaped)
        wp_put_slice(w, s);
    else
        while ((n = json_next_char(&p, s.p + s.n, bytes)) > 0) {
            if (bytes[0] < 0x80)
                json_put_escaped(w, wp_slice(bytes, n));
            else
                wp_put_slice(w, wp_slice(bytes, n));
        }
    wp_put_char(w, '"');
}

/* indent < 0: all on one line. Recursion is bounded by the depth that json_read allowed. */
static void print_value(const struct json_tape *tape, uint32_t i, struct wp_writer *w, int indent)
{
    const struct json_token *t = &tape->at[i];
    bool object = t->kind == JSON_OBJECT;
    int inner = indent < 0 ? indent : indent + 1;

    if (t->kind == JSON_STRING) {
        print_string(tape, i, w);
        return;
    }
    if (t->kind < JSON_ARRAY) {
        wp_put_slice(w, json_text(tape, i));
        return;
    }
    wp_put_char(w, object ? '{' : '[');
    for (uint32_t k = i + 1; k < t->next; k = tape->at[k].next) {
        if (k > i + 1)
            wp_put_char(w, ',');
        put_line(w, inner);
        if (object) {
            print_string(tape, k++, w);
            wp_put_text(w, indent < 0 ? ":" : ": ");
        }
        print_value(tape, k, w, inner);
    }
    if (t->count > 0)
        put_line(w, indent);
    wp_put_char(w, object ? '}' : ']');
}

void json_print(const struct json_tape *tape, uint32_t i, struct wp_writer *w)
{
    print_value(tape, i, w, -1);
}

void json_pretty(const struct json_tape *tape, uint32_t i, struct wp_writer *w)
{
    print_value(tape, i, w, 0);
    wp_put_char(w, '\n');
}
