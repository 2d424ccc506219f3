/* All the differences between a message and a pattern, not only the first: for who has to say what was wrong with it. */
#include "harness/contract.h"
#include "harness/pattern_impl.h"

#include <stdio.h>

void pattern_misfit_add(struct pattern_misfits *m, const char *path)
{
    char plain[PATTERN_PATH_MAX];
    size_t n = 0;

    for (; *path && n + 1 < sizeof plain; path++) /* data[0].value: whichever element it is */
        if (!(*path >= '0' && *path <= '9' && n > 0 && plain[n - 1] == '['))
            plain[n++] = *path;
    plain[n] = 0;
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(m->path[i], plain) == 0)
            return;
    if (m->n < PATTERN_MISFITS_MAX)
        memcpy(m->path[m->n++], plain, n + 1);
}

struct search {
    const struct pattern *p;
    const struct wp_record *record;
    const struct json_tape *tape;
    struct pattern_misfits *m;
};

static void member_differs(const struct search *s, const char *path)
{
    s->m->members++;
    pattern_misfit_add(s->m, path);
}

static size_t count_leaves(const struct node *n)
{
    size_t sum = 0;

    if (n->kind == NODE_SCALAR)
        return 1;
    for (const struct node *c = n->first; c; c = c->next)
        sum += count_leaves(c);
    return sum > 0 ? sum : 1;
}

static void look_into(const struct search *s, uint32_t at, const struct node *expected, const char *path);

static void look_into_map(const struct search *s, uint32_t at, const struct node *expected, const char *path)
{
    for (const struct node *n = expected->first; n; n = n->next) {
        uint32_t member = json_member(s->tape, at, wp_text(n->key));
        char deeper[200];

        snprintf(deeper, sizeof deeper, "%s%s%s", path, path[0] ? "." : "", n->key);
        if (member != 0) {
            look_into(s, member, n, deeper);
            continue;
        }
        member_differs(s, deeper);
        if (path[0] == 0)
            pattern_misfit_add(s->m, "@lacking");
    }
}

static void look_into_list(const struct search *s, uint32_t at, const struct node *expected, const char *path)
{
    uint32_t element = at + 1;
    size_t i = 0;

    for (const struct node *n = expected->first; n; n = n->next, element = s->tape->at[element].next) {
        char deeper[200];

        snprintf(deeper, sizeof deeper, "%s[%zu]", path, i++);
        look_into(s, element, n, deeper);
    }
}

static void look_into(const struct search *s, uint32_t at, const struct node *expected, const char *path)
{
    const struct json_token *t = &s->tape->at[at];

    if (expected->kind == NODE_MAP && t->kind == JSON_OBJECT)
        look_into_map(s, at, expected, path);
    else if (expected->kind == NODE_LIST && t->kind == JSON_ARRAY && t->count == expected->count)
        look_into_list(s, at, expected, path);
    else if (!payload_fits(s->p, s->record, s->tape, at, expected, path, NULL))
        member_differs(s, path);
}

static void look_at_parts(const struct search *s, const struct pattern_world *world)
{
    const struct pattern_look look = {.world = world, .record = s->record, .tape = s->tape};

    for (size_t i = 0; i < PATTERN_PARTS; i++) {
        const struct node *part = node_get(s->p->node, pattern_parts[i].key);

        for (const struct node *e = part ? part->first : NULL; e; e = e->next) {
            s->m->asked++;
            if (!pattern_parts[i].fits(&look, e, NULL))
                member_differs(s, pattern_entry_path(e));
        }
    }
}

/* A frame that is no good one is further away than any that is. */
static size_t count_fields(const struct pattern *p, const struct wp_record *r)
{
    const struct node *fields = node_get(p->node, "fields"), *matches = node_get(p->node, "matches");

    if (!r->frame.frame)
        return (fields ? fields->count : 0) + (matches ? matches->count : 0) + 1;
    return frame_misfits(r, fields, matches);
}

void pattern_misfits(const struct pattern *p, const struct pattern_world *world, const struct wp_record *r,
                     struct pattern_misfits *out)
{
    const struct node *payload = node_get(p->node, "payload"), *schema = node_get(p->node, "schema");
    struct search s = {.p = p, .record = r, .m = out};

    out->n = out->members = out->asked = 0;
    if (r->kind == WP_REC_FRAME)
        out->members = count_fields(p, r);
    if (r->kind != WP_REC_PUBLISH && r->kind != WP_REC_DELIVER)
        return;
    if (!pattern_qos_fits(p, r))
        pattern_misfit_add(out, "@qos");
    if (!pattern_retain_fits(p, r))
        pattern_misfit_add(out, "@retain");
    if (!pattern_text_fits(p, r))
        pattern_misfit_add(out, "@text");
    if (!pattern_asks_for_json(p->node))
        return;
    s.tape = payload_tape(r->message.payload, NULL);
    if (!s.tape) {
        pattern_misfit_add(out, "@json");
        return;
    }
    if (payload) {
        out->asked += count_leaves(payload);
        look_into(&s, 0, payload, "");
    }
    look_at_parts(&s, world);
    if (schema && world->contracts && !contract_obeys(world->contracts, node_text(schema, ""), s.tape, NULL))
        pattern_misfit_add(out, "@schema");
}
