/* A decoded frame as an indented tree. */
#include "harness/fields.h"

#include <assert.h>

enum { INDENT = 2, LINES_OF_THEIR_OWN = 1 };

struct tree {
    struct wp_writer *w;
    char last[FIELDS_PATH_MAX]; /* path of the field before */
    bool is_array;              /* which was an element of an array */
};

static void begin_line(struct tree *t, unsigned depth)
{
    wp_put_char(t->w, '\n');
    for (unsigned i = 0; i < depth * INDENT; i++)
        wp_put_char(t->w, ' ');
}

/* Objects that were not open get their line. Returns the field's own name; *ret_depth: how many objects it stands in. */
static const char *open_objects(struct tree *t, const char *path, unsigned *ret_depth)
{
    const char *name = path, *known = path + fields_common(t->last, path);

    *ret_depth = 0;
    for (const char *dot; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
        ++*ret_depth;
        if (dot < known)
            continue;
        begin_line(t, *ret_depth);
        wp_put_slice(t->w, wp_slice(name, (size_t)(dot - name)));
    }
    return name;
}

/* Is the line of the field's object the last one, so that it can go on there? */
static bool shares_line(const struct tree *t, const char *path, const char *name, unsigned depth)
{
    size_t n = (size_t)(name - path);

    if (depth <= LINES_OF_THEIR_OWN)
        return false;
    return strncmp(t->last, path, n) != 0 || !strchr(t->last + n, '.');
}

static void visit(void *ctx, const struct wp_field *field)
{
    struct tree *t = ctx;
    size_t n = strlen(field->path), n_name;
    const char *name;
    unsigned depth;

    if (t->is_array && strcmp(field->path, t->last) == 0) {
        wp_put_char(t->w, ',');
        fields_put_value(t->w, &field->value);
        return;
    }
    name = open_objects(t, field->path, &depth);
    if (shares_line(t, field->path, name, depth))
        wp_put_text(t->w, "  ");
    else
        begin_line(t, depth + 1);
    n_name = strlen(name);
    t->is_array = n_name > 2 && name[n_name - 1] == ']';
    wp_put_slice(t->w, wp_slice(name, n_name - (t->is_array ? 2 : 0)));
    wp_put_char(t->w, ' ');
    fields_put_value(t->w, &field->value);
    if (field->unit[0]) {
        wp_put_char(t->w, ' ');
        wp_put_text(t->w, field->unit);
    }
    assert(n < FIELDS_PATH_MAX);
    memcpy(t->last, field->path, n + 1);
}

void fields_put_tree(struct wp_writer *w, const struct wp_codec *codec, const void *frame)
{
    struct tree t = {.w = w};

    wp_put_text(w, codec->name);
    codec->fields(frame, visit, &t);
}
