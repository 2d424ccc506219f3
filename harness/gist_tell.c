/* Records for people: one on a line, and where two differ. */
#include "harness/gist_impl.h"

#include <stdio.h>

enum { VALUE_SHOWN = 120 };

/* ---- where two differ ------------------------------------------------------------------------------- */

/* The record of one transcript, or its payload. */
struct side {
    struct gist_reader *reader;
    const struct json_tape *tape;
};

static void put_value(struct wp_writer *w, const struct json_tape *t, uint32_t i)
{
    struct wp_slice text = json_text(t, i);
    bool is_text = t->at[i].kind == JSON_STRING;

    if (is_text)
        wp_put_char(w, '"');
    wp_put_slice(w, wp_slice(text.p, text.n > VALUE_SHOWN ? VALUE_SHOWN : text.n));
    if (text.n > VALUE_SHOWN)
        wp_put_text(w, "...");
    if (is_text)
        wp_put_char(w, '"');
}

/* One has the member and the other has not. */
static void put_one_sided(struct wp_writer *w, const struct side *has, uint32_t i, bool is_first)
{
    wp_put_text(w, is_first ? ": " : ": none and ");
    put_value(w, has->tape, i);
    if (is_first)
        wp_put_text(w, " and none");
}

/* The length to go back to when it leads nowhere. */
static size_t put_step(struct wp_writer *w, const struct json_tape *t, uint32_t key)
{
    size_t before = w->n;

    if (before > 0)
        wp_put_char(w, '.');
    json_put_string(t, key, w);
    return before;
}

static bool put_differing(struct wp_writer *w, const struct side *a, uint32_t i, const struct side *b,
                          uint32_t k);

static bool put_differing_object(struct wp_writer *w, const struct side *a, uint32_t i, const struct side *b,
                                 uint32_t k)
{
    JSON_EACH_KEY(a->tape, key, i)
    {
        uint32_t other = json_member(b->tape, k, json_text(a->tape, key));
        size_t before = put_step(w, a->tape, key);

        if (other == 0)
            put_one_sided(w, a, key + 1, true);
        if (other == 0 || put_differing(w, a, key + 1, b, other))
            return true;
        w->n = before;
    }
    JSON_EACH_KEY(b->tape, key, k)
    {
        if (json_member(a->tape, i, json_text(b->tape, key)) != 0)
            continue;
        put_step(w, b->tape, key);
        put_one_sided(w, b, key + 1, false);
        return true;
    }
    return false;
}

static bool put_differing(struct wp_writer *w, const struct side *a, uint32_t i, const struct side *b,
                          uint32_t k)
{
    if (gist_hash_value(a->reader, a->tape, i) == gist_hash_value(b->reader, b->tape, k))
        return false;
    if (a->tape->at[i].kind == JSON_OBJECT && b->tape->at[k].kind == JSON_OBJECT &&
        put_differing_object(w, a, i, b, k))
        return true;
    wp_put_text(w, ": ");
    put_value(w, a->tape, i);
    wp_put_text(w, " and ");
    put_value(w, b->tape, k);
    return true;
}

/* false: they say the same, or one of them is no JSON. */
static bool put_differing_payload(struct wp_writer *w, struct gist_reader *a, uint32_t i,
                                  struct gist_reader *b, uint32_t k)
{
    struct side x = {a, &a->payload.tape}, y = {b, &b->payload.tape};
    struct wp_slice plain;

    return gist_parse_payload(a, i, &plain) && gist_parse_payload(b, k, &plain) &&
           put_differing(w, &x, 0, &y, 0);
}

/* One member of the records; false: it says the same in both. */
static bool put_differing_member(struct wp_writer *w, struct gist_reader *a, uint32_t key,
                                 struct gist_reader *b)
{
    struct side x = {a, &a->line.tape}, y = {b, &b->line.tape};
    uint32_t other = json_member(y.tape, 0, json_text(x.tape, key));
    bool is_payload = json_string_is(x.tape, key, wp_text("payload"));

    if (other != 0 && gist_hash_member(a, key) == gist_hash_member(b, other - 1))
        return false;
    put_step(w, x.tape, key);
    if (other == 0)
        put_one_sided(w, &x, key + 1, true);
    else if (!is_payload || !put_differing_payload(w, a, key + 1, b, other))
        put_differing(w, &x, key + 1, &y, other);
    return true;
}

/* What only the second one has. */
static void put_other_member(struct wp_writer *w, struct gist_reader *a, struct gist_reader *b)
{
    struct side y = {b, &b->line.tape};

    JSON_EACH_KEY(y.tape, key, 0)
    {
        if (!gist_is_compared(b, key) || json_member(&a->line.tape, 0, json_text(y.tape, key)) != 0)
            continue;
        put_step(w, y.tape, key);
        put_one_sided(w, &y, key + 1, false);
        return;
    }
}

void gist_put_difference(struct wp_writer *w, struct gist_reader *a, struct wp_slice line_a,
                         struct gist_reader *b, struct wp_slice line_b)
{
    if (!gist_parse_line(a, line_a) || !gist_parse_line(b, line_b))
        return;
    JSON_EACH_KEY(&a->line.tape, key, 0)
    {
        if (gist_is_compared(a, key) && put_differing_member(w, a, key, b))
            return;
    }
    put_other_member(w, a, b);
}

/* ---- one on a line ---------------------------------------------------------------------------------- */

static void put_string(struct wp_writer *w, const struct json_tape *t, const char *name, const char *before)
{
    uint32_t i = gist_member(t, name);

    if (i == 0 || t->at[i].kind != JSON_STRING)
        return;
    wp_put_text(w, before);
    json_put_string(t, i, w);
}

/* Not inside a character. */
static void cut(struct wp_writer *w, size_t start, size_t max)
{
    if (w->n - start <= max)
        return;
    w->n = start + max;
    while (w->n > start && (w->p[w->n] & 0xC0) == 0x80)
        w->n--;
    wp_put_text(w, "...");
}

void gist_put_line(struct wp_writer *w, struct gist_reader *r, struct wp_slice line, size_t max)
{
    static const char *const told[] = {"seq",   "at_us",   "record", "machine", "peer", "port",
                                       "topic", "payload", "line",   "wire",    "codec"};
    const struct json_tape *t = &r->line.tape;
    size_t start = w->n;
    char time[40];

    if (!gist_parse_line(r, line))
        return;
    snprintf(time, sizeof time, "%.3f s", (double)r->at_us / 1e6);
    wp_put_text(w, time);
    put_string(w, t, "record", " ");
    put_string(w, t, "machine", " ");
    put_string(w, t, "peer", " > ");
    put_string(w, t, "topic", " ");
    JSON_EACH_KEY(t, key, 0)
    {
        if (gist_key_is_one_of(t, key, told, sizeof told / sizeof told[0]))
            continue;
        wp_put_char(w, ' ');
        json_put_string(t, key, w);
        wp_put_char(w, '=');
        wp_put_slice(w, json_text(t, key + 1));
    }
    put_string(w, t, "payload", " ");
    put_string(w, t, "line", " ");
    cut(w, start, max);
}
