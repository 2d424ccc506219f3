#include "harness/statements.h"

static bool read_statement(struct statement *s, const struct node *n, bool beyond)
{
    *s = (struct statement){
        .id = node_text(node_get(n, "id"), NULL),
        .section = node_text(node_get(n, "section"), ""),
        .kind = node_text(node_get(n, "kind"), ""),
        .says = node_text(node_get(n, "says"), NULL),
        .reading = node_text(node_get(n, "reading"), NULL),
        .status = node_text(node_get(n, "status"), NULL),
        .why = node_text(node_get(n, "why"), NULL),
        .check = node_text(node_get(n, "check"), ""),
        .role = node_text(node_get(n, "role"), ""),
        .about = node_get(n, "about"),
        .is_beyond = beyond,
    };
    return s->id && s->says && s->status;
}

static bool read_list(struct arena *a, struct catalogue *c, const struct node *list, bool beyond,
                      struct wp_writer *why)
{
    for (const struct node *n = list ? list->first : NULL; n; n = n->next) {
        if (read_statement(&c->at[c->n], n, beyond)) {
            c->n++;
            continue;
        }
        wp_put_text(why, arena_print(a, "%s:%d:%d: a statement has id, says and status", c->file, n->line,
                                     n->column));
        return false;
    }
    return true;
}

struct catalogue *catalogue_load(struct arena *a, const char *file, struct wp_writer *why)
{
    const struct node *root = yaml_read_file(a, file, why), *listed, *beyond;
    struct catalogue *c;

    if (!root)
        return NULL;
    listed = node_get(root, "statements");
    beyond = node_get(root, "beyond");
    c = arena_get(a, sizeof *c);
    c->file = arena_text(a, wp_text(file));
    c->api = node_text(node_get(root, "api"), "");
    c->title = node_text(node_get(root, "title"), "");
    c->at = arena_get(a, ((listed ? listed->count : 0) + (beyond ? beyond->count : 0) + 1) * sizeof *c->at);
    if (!read_list(a, c, listed, false, why) || !read_list(a, c, beyond, true, why))
        return NULL;
    return c;
}

const struct statement *catalogue_find(const struct catalogue *first, const char *id)
{
    for (const struct catalogue *c = first; c; c = c->next)
        for (size_t i = 0; i < c->n; i++)
            if (strcmp(c->at[i].id, id) == 0)
                return &c->at[i];
    return NULL;
}

bool statement_is_testable(const struct statement *s)
{
    return strcmp(s->status, "out-of-scope") != 0;
}
