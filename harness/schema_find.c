/* From a URI to a place in a document; documents that are not there yet are looked for where the set knows how. */
#include "harness/schema_impl.h"

#include "harness/schema_meta.h"
#include "harness/schema_uri.h"
#include "harness/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- files ------------------------------------------------------------------------------------------ */

static const char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');

    return arena_text(a, wp_slice(path, slash ? (size_t)(slash + 1 - path) : 0));
}

static bool load_file(struct schema_set *set, const char *uri, const char *path, struct wp_writer *why)
{
    struct wp_slice text = file_read(&set->arena, path, why);

    return text.p && schema_add_document(set, uri, folder_of(&set->arena, path), text, why);
}

/* What a path may hold and a URI may not. */
static const char *file_uri(struct arena *a, const char *path)
{
    size_t room = 8 + 3 * strlen(path);
    struct wp_writer w = wp_writer(arena_get(a, room), room);

    wp_put_text(&w, "file://");
    for (; *path; path++) {
        if (strchr("%#? ", *path))
            wp_put_text(&w, arena_print(a, "%%%02X", (unsigned)*path));
        else
            wp_put_char(&w, *path);
    }
    return wp_put_end(&w);
}

bool schema_set_load(struct schema_set *set, const char *path, const char **ret_uri, struct wp_writer *why)
{
    char *whole = realpath(path, NULL);
    const char *uri;
    bool good;

    if (!whole) {
        wp_put_text(why, arena_print(&set->arena, "%s: %s", path, strerror(errno)));
        return false;
    }
    uri = file_uri(&set->arena, whole);
    good = schema_resource(set, uri) || load_file(set, uri, whole, why);
    free(whole);
    if (ret_uri)
        *ret_uri = uri;
    return good;
}

/* ---- documents that are not there yet --------------------------------------------------------------- */

static bool add_meta(struct schema_set *set, const struct schema_meta *meta, struct wp_writer *why)
{
    size_t n = 0;
    struct wp_writer w;

    for (const char *const *t = meta->text; *t; t++)
        n += strlen(*t);
    w = wp_writer(arena_get(&set->arena, n), n);
    for (const char *const *t = meta->text; *t; t++)
        wp_put_text(&w, *t);
    return schema_add_document(set, meta->uri, NULL, wp_written(&w), why);
}

static bool add_metas(struct schema_set *set, enum schema_draft draft, struct wp_writer *why)
{
    bool good = true;

    if (set->has_meta[draft])
        return true;
    set->has_meta[draft] = true;
    if (draft == SCHEMA_DRAFT_7)
        return add_meta(set, &schema_meta_7, why);
    for (size_t i = 0; good && i < SCHEMA_META_2020; i++)
        good = add_meta(set, &schema_meta_2020[i], why);
    return good;
}

static bool is_meta(const char *uri, enum schema_draft *ret_draft)
{
    *ret_draft = SCHEMA_DRAFT_7;
    if (strcmp(uri, schema_meta_7.uri) == 0)
        return true;
    *ret_draft = SCHEMA_2020_12;
    for (size_t i = 0; i < SCHEMA_META_2020; i++)
        if (strcmp(uri, schema_meta_2020[i].uri) == 0)
            return true;
    return false;
}

/* The URI's part behind `prefix` as a path in `folder`; NULL when it does not begin so, or would leave the folder. */
static const char *path_in(struct arena *a, const char *uri, const char *prefix, size_t n_prefix,
                           const char *folder)
{
    size_t room = strlen(folder) + strlen(uri) + 2;
    struct wp_writer w = wp_writer(arena_get(a, room), room);

    if (strncmp(uri, prefix, n_prefix) != 0 || strstr(uri + n_prefix, ".."))
        return NULL;
    wp_put_text(&w, folder);
    if (w.n > 0 && w.p[w.n - 1] != '/')
        wp_put_char(&w, '/');
    return uri_unescape(wp_text(uri + n_prefix), &w) ? wp_put_end(&w) : NULL;
}

static bool is_file(const char *path)
{
    FILE *file = path ? fopen(path, "rb") : NULL;

    if (file)
        fclose(file);
    return file != NULL;
}

/* Beside a document that was read from a file: what the URI is to its URI, the path is to its path. */
static const char *path_beside(struct schema_set *set, const char *uri)
{
    for (const struct schema_doc *d = set->docs; d; d = d->next) {
        const char *base, *path;

        if (!d->folder)
            continue;
        if (strncmp(uri, "file:///", 8) == 0)
            return path_in(&set->arena, uri, "file:///", 8, "/");
        base = schema_resource_at(set, d, 0)->uri;
        path = path_in(&set->arena, uri, base, strlen(folder_of(&set->arena, base)), d->folder);
        if (is_file(path))
            return path;
    }
    return NULL;
}

static bool fetch(struct schema_set *set, const char *uri, struct wp_writer *why)
{
    enum schema_draft draft;
    const char *path = NULL;

    if (is_meta(uri, &draft))
        return add_metas(set, draft, why);
    if (set->remote_prefix)
        path = path_in(&set->arena, uri, set->remote_prefix, strlen(set->remote_prefix), set->remote_folder);
    if (!path)
        path = path_beside(set, uri);
    if (path)
        return load_file(set, uri, path, why);
    wp_put_text(why, arena_print(&set->arena, "no schema document %s is known", uri));
    return false;
}

/* ---- within a document ------------------------------------------------------------------------------ */

/* ~1 is a slash, ~0 a tilde. */
static bool pointer_step(struct wp_slice raw, struct wp_writer *out)
{
    for (size_t i = 0; i < raw.n; i++) {
        uint8_t c = raw.p[i];

        if (c == '~') {
            if (++i == raw.n || (raw.p[i] != '0' && raw.p[i] != '1'))
                return false;
            c = raw.p[i] == '0' ? '~' : '/';
        }
        wp_put_u8(out, c);
    }
    return true;
}

static uint32_t element(const struct json_tape *tape, uint32_t array, struct wp_slice number)
{
    struct wp_value v;

    if (number.n == 0 || number.p[0] == '-' || !wp_number_read(number, &v) || v.exp10 != 0 ||
        v.kind != WP_DECIMAL || v.num > UINT32_MAX)
        return 0;
    return json_element(tape, array, (uint32_t)v.num);
}

/* RFC 6901; false: it leads nowhere. */
static bool follow(struct arena *a, const struct json_tape *tape, uint32_t from, struct wp_slice pointer,
                   uint32_t *out)
{
    uint32_t at = from;

    while (pointer.n > 0) {
        size_t n = 1;
        struct wp_writer step = wp_writer(arena_get(a, pointer.n), pointer.n);

        while (n < pointer.n && pointer.p[n] != '/')
            n++;
        if (pointer.p[0] != '/' || !pointer_step(wp_slice(pointer.p + 1, n - 1), &step))
            return false;
        if (tape->at[at].kind == JSON_OBJECT)
            at = json_member(tape, at, wp_written(&step));
        else
            at = tape->at[at].kind == JSON_ARRAY ? element(tape, at, wp_written(&step)) : 0;
        if (at == 0)
            return false;
        pointer = wp_slice_from(pointer, n);
    }
    *out = at;
    return true;
}

bool schema_find(struct schema_set *set, const char *uri, struct place *out, const struct anchor **ret_anchor,
                 struct wp_writer *why)
{
    size_t n_document = strcspn(uri, "#"), room = strlen(uri) + 1;
    const char *document = arena_text(&set->arena, wp_slice(uri, n_document));
    struct wp_writer fragment = wp_writer(arena_get(&set->arena, room), room);
    const struct resource *r = schema_resource(set, document);
    const struct anchor *anchor = NULL;
    struct wp_slice at;

    if (!r && !fetch(set, document, why))
        return false;
    r = schema_resource(set, document);
    r = schema_resource_at(set, r->doc, r->root); /* under its $id, where its anchors are */
    if (uri[n_document] && !uri_unescape(wp_text(uri + n_document + 1), &fragment))
        fragment.n = 0;
    at = wp_written(&fragment);
    *out = (struct place){r->doc, r->root};
    if (at.n > 0 && at.p[0] != '/') {
        anchor = schema_anchor(set, r, at);
        if (anchor)
            out->token = anchor->token;
    }
    if (ret_anchor)
        *ret_anchor = anchor && anchor->dynamic ? anchor : NULL;
    if (anchor || follow(&set->arena, &r->doc->tape, r->root, at, &out->token))
        return true;
    wp_put_text(why, arena_print(&set->arena, "there is no #%.*s in %s", WP_FMT(at), document));
    return false;
}

/* ---- places for people ------------------------------------------------------------------------------ */

static void put_step(struct wp_writer *w, const struct json_tape *tape, uint32_t key)
{
    char room[512];
    struct wp_writer step = wp_writer(room, sizeof room);

    json_put_string(tape, key, &step);
    for (size_t i = 0; i < step.n; i++) {
        if (step.p[i] == '~' || step.p[i] == '/')
            wp_put_text(w, step.p[i] == '~' ? "~0" : "~1");
        else
            wp_put_u8(w, step.p[i]);
    }
    if (step.full)
        wp_put_text(w, "...");
}

void schema_put_pointer(struct wp_writer *w, const struct json_tape *tape, uint32_t from, uint32_t to)
{
    while (from != to) {
        bool object = tape->at[from].kind == JSON_OBJECT;
        uint32_t k = from + 1, index = 0;

        /* The child that holds it: the last one that does not begin behind it. */
        for (; tape->at[k + object].next <= to; k = tape->at[k + object].next)
            index++;
        wp_put_char(w, '/');
        if (object)
            put_step(w, tape, k);
        else
            wp_put_uint(w, index);
        if (object && k == to) /* the key itself */
            return;
        from = k + object;
    }
}

void schema_put_place(struct wp_writer *w, const struct schema_doc *doc, uint32_t token)
{
    wp_put_text(w, doc->name);
    wp_put_char(w, '#');
    schema_put_pointer(w, &doc->tape, 0, token);
}
