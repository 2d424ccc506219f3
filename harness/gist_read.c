/* The lines of a transcript, parsed for gist.c. */
#include "harness/gist_impl.h"

#include <stdlib.h>

enum { TOKENS_FIRST = 256, PLAIN_FIRST = 4096 };

bool gist_parse(struct parsed *p, struct wp_slice text)
{
    size_t need = json_tokens_max(text.n);

    if (need > UINT32_MAX)
        return false;
    if (need > p->cap) {
        free(p->tokens);
        p->cap = need > TOKENS_FIRST ? need : TOKENS_FIRST;
        p->tokens = calloc(p->cap, sizeof *p->tokens);
        if (!p->tokens)
            abort();
    }
    p->tape = (struct json_tape){.at = p->tokens, .cap = (uint32_t)p->cap};
    return json_read(&p->tape, text, JSON_DEPTH, NULL) == JSON_FAULT_NONE;
}

uint32_t gist_member(const struct json_tape *t, const char *name)
{
    return json_member(t, 0, wp_text(name));
}

bool gist_member_is(const struct json_tape *t, const char *name, const char *text)
{
    uint32_t i = gist_member(t, name);

    return i != 0 && t->at[i].kind == JSON_STRING && json_string_is(t, i, wp_text(text));
}

int64_t gist_int(const struct json_tape *t, const char *name)
{
    uint32_t i = gist_member(t, name);
    struct wp_value v = i != 0 && t->at[i].kind == JSON_NUMBER ? json_value(t, i) : wp_int(0);

    return v.kind == WP_DECIMAL && v.exp10 == 0 ? v.num : 0;
}

/* A time beyond some 300 years is none that a record has. */
bool gist_parse_line(struct gist_reader *r, struct wp_slice line)
{
    const struct json_tape *t = &r->line.tape;
    uint32_t record;

    if (!gist_parse(&r->line, line) || t->at[0].kind != JSON_OBJECT)
        return false;
    record = gist_member(t, "record");
    r->at_us = gist_int(t, "at_us");
    r->is_delivery = gist_member_is(t, "record", "deliver");
    return record != 0 && t->at[record].kind == JSON_STRING && r->at_us >= 0 && r->at_us <= INT64_MAX / 1000;
}

bool gist_parse_payload(struct gist_reader *r, uint32_t i, struct wp_slice *ret_plain)
{
    struct wp_slice text = json_text(&r->line.tape, i);
    struct wp_writer w;

    if (text.n > r->plain_cap || !r->plain) {
        free(r->plain);
        r->plain_cap = text.n > PLAIN_FIRST ? text.n : PLAIN_FIRST;
        r->plain = malloc(r->plain_cap);
        if (!r->plain)
            abort();
    }
    w = wp_writer(r->plain, r->plain_cap);
    json_put_string(&r->line.tape, i, &w);
    *ret_plain = wp_written(&w);
    return gist_parse(&r->payload, *ret_plain);
}

struct gist_reader *gist_reader_new(struct wp_slice header)
{
    struct gist_reader *r = calloc(1, sizeof *r);
    const struct json_tape *t;

    if (!r)
        abort();
    t = &r->line.tape;
    if (!gist_parse(&r->line, header) || t->at[0].kind != JSON_OBJECT || gist_member(t, "transcript") == 0) {
        gist_reader_free(r);
        return NULL;
    }
    r->is_live = !gist_member_is(t, "world", "virtual");
    r->start_us = r->is_live ? 0 : gist_int(t, "epoch_us");
    if (r->start_us < 0 || r->start_us > INT64_MAX / 1000)
        r->start_us = 0;
    return r;
}

void gist_reader_free(struct gist_reader *r)
{
    if (!r)
        return;
    free(r->line.tokens);
    free(r->payload.tokens);
    free(r->plain);
    free(r);
}
