/* Loading a scenario file: one tree, checked against the schema, then read part by part. */
#include "harness/scenario_impl.h"
#include "harness/vrm_users.h"
#include "sim/catalog.h"

#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SWEEP_CASES_MAX = 4096 };

/* 2024-01-15T12:00:00Z, the moment of the documents' 1705320000000 ms. */
static const int64_t epoch_of_documents_us = 1705320000000000;

bool scenario_fail(struct scenario *s, const struct node *where, struct wp_writer *why, const char *format,
                   ...)
{
    char text[600];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wp_put_text(why, arena_print(&s->arena, "%s:%d:%d: %s\n", s->file, where->line, where->column, text));
    return false;
}

void scenario_sha256(struct wp_slice text, char out[65])
{
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    EVP_Digest(text.p, text.n, sum, &n, EVP_sha256(), NULL);
    for (unsigned i = 0; i < n && i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

static bool has_word(const struct node *list, const char *word)
{
    for (const struct node *n = list ? list->first : NULL; n; n = n->next)
        if (node_is(n, word))
            return true;
    return false;
}

static bool read_when(struct scenario *s, struct wp_writer *why)
{
    const struct node *worlds = node_get(s->root, "worlds"), *epoch = node_get(s->root, "epoch");
    const struct node *offset = node_get(s->root, "utc_offset"), *seed = node_get(s->root, "seed");

    s->in_virtual = !worlds || has_word(worlds, "virtual");
    s->in_live = !worlds || has_word(worlds, "live");
    s->because = node_text(node_get(s->root, "because"), NULL);
    if (worlds && s->in_virtual != s->in_live && !s->because)
        return scenario_fail(s, worlds, why, "a scenario of one world only says why: because: ...");
    s->is_long = has_word(node_get(s->root, "tags"), "long");
    s->limit = node_duration_or(node_get(s->root, "limit"), WP_SEC(60));
    s->utc_offset_s = (int32_t)(node_duration_or(offset, 0) / WP_SEC(1));
    s->epoch_us = epoch_of_documents_us;
    if (epoch) {
        struct wp_value v = node_value(epoch);

        if (v.kind != WP_DECIMAL || v.exp10 != 0)
            return scenario_fail(s, epoch, why, "epoch is Unix time in milliseconds");
        s->epoch_us = v.num * 1000;
    }
    if (seed) {
        struct wp_value v = node_value(seed);

        if (v.kind != WP_DECIMAL || v.exp10 != 0 || v.num < 0)
            return scenario_fail(s, seed, why, "seed is a whole number from 0");
        s->seed = (uint64_t)v.num;
        s->has_seed = true;
    }
    return true;
}

const char *scenario_beside(struct scenario *s, const char *name)
{
    const char *slash = strrchr(s->file, '/');

    if (!slash || name[0] == '/')
        return arena_text(&s->arena, wp_text(name));
    return arena_print(&s->arena, "%.*s%s", (int)(slash + 1 - s->file), s->file, name);
}

static bool read_golden(struct scenario *s, struct wp_writer *why)
{
    const struct node *golden = node_get(s->root, "golden"), *file = golden;

    if (!golden)
        return true;
    if (golden->kind == NODE_MAP) {
        file = node_get(golden, "file");
        s->golden_frames = node_is(node_get(golden, "frames"), "true");
    }
    if (!s->in_virtual)
        return scenario_fail(s, golden, why,
                             "a golden is compared in the virtual world, which this scenario excludes");
    if (s->sweep_case)
        return scenario_fail(s, golden, why, "a sweep has many plays, and one golden cannot be all of them");
    s->golden = scenario_beside(s, node_text(file, ""));
    return true;
}

/* One without a gateway of its own, which a program starts, is of the API that it requires. */
static const char *required_api(const struct scenario *s)
{
    static const char claim[] = "north.";
    const char *at = strstr(node_text(s->requires, ""), claim);
    size_t n = at ? strspn(at + sizeof claim - 1, "abcdefghijklmnopqrstuvwxyz") : 0;

    for (size_t i = 0; i < wp_n_norths; i++)
        if (at && strlen(wp_norths[i]->name) == n &&
            memcmp(wp_norths[i]->name, at + sizeof claim - 1, n) == 0)
            return wp_norths[i]->name;
    return NULL;
}

/* The first table obeys the schema, and that is all that can be wrong with it. */
static bool read_access(struct scenario *s, struct wp_writer *why)
{
    const struct vrm_users r = {.arena = &s->arena, .others = node_get(s->access, "users")};
    char text[400];
    struct wp_writer sentence = wp_writer(text, sizeof text);
    const struct node *wrong = vrm_users_read(&r, node_get(s->access, "vrm"), &s->vrm, &sentence);

    return !wrong || scenario_fail(s, wrong, why, "%s", wp_put_end(&sentence));
}

static bool read_brokers(struct scenario *s, struct wp_writer *why)
{
    char text[400];
    struct wp_writer sentence = wp_writer(text, sizeof text);
    const struct node *wrong = venus_brokers_read(&s->arena, s->root, &s->brokers, &sentence);

    return !wrong || scenario_fail(s, wrong, why, "%s", wp_put_end(&sentence));
}

static bool read_tree(struct scenario *s, struct wp_writer *why)
{
    s->name = node_text(node_get(s->root, "scenario"), NULL);
    s->purpose = node_text(node_get(s->root, "purpose"), NULL);
    s->requires = node_get(s->root, "requires");
    s->access = node_get(s->root, "access");
    if (s->sweep_case)
        s->name = arena_print(&s->arena, "%s[%s]", s->name, s->sweep_case);
    s->api = required_api(s);
    return read_when(s, why) && read_golden(s, why) && read_access(s, why) && read_brokers(s, why) && scenario_read_gateway(s, why) &&
           scenario_read_links(s, why) && scenario_read_devices(s, why) && scenario_read_clients(s, why) &&
           scenario_read_steps(s, why) && scenario_read_watches(s, why);
}

void scenario_list_add(struct scenario_list *list, struct scenario *s)
{
    if (list->n == list->cap) {
        list->cap = list->cap ? 2 * list->cap : 64;
        list->at = realloc(list->at, list->cap * sizeof *list->at);
        if (!list->at)
            abort();
    }
    list->at[list->n++] = s;
}

static void scenario_free(struct scenario *s)
{
    arena_free(&s->arena);
    free(s);
}

/* ---- what it proves ---------------------------------------------------------------------------------- */

struct proves_entry proves_entry(const char *text)
{
    struct proves_entry e = {.about = strchr(text, ' ')};
    size_t n = e.about ? (size_t)(e.about - text) : strlen(text);

    snprintf(e.id, sizeof e.id, "%.*s", (int)n, text);
    if (e.about)
        e.about++;
    return e;
}

static void visit_entry(const struct node *n, void (*visit)(void *ctx, const char *id, int line), void *ctx)
{
    const struct proves_entry e = proves_entry(node_text(n, ""));

    visit(ctx, e.id, n->line);
}

/* Every `proves` of the tree, wherever it stands. */
static void each_proof(const struct node *n, void (*visit)(void *ctx, const char *id, int line), void *ctx)
{
    for (const struct node *c = n->kind == NODE_SCALAR ? NULL : n->first; c; c = c->next) {
        if (n->kind == NODE_MAP && strcmp(c->key, "proves") == 0) {
            if (c->kind == NODE_SCALAR)
                visit_entry(c, visit, ctx);
            for (const struct node *id = c->first; c->kind == NODE_LIST && id; id = id->next)
                visit_entry(id, visit, ctx);
        } else {
            each_proof(c, visit, ctx);
        }
    }
}

void scenario_each_proof(const struct scenario *s, void (*visit)(void *ctx, const char *id, int line),
                         void *ctx)
{
    each_proof(s->root, visit, ctx);
}

struct visitor {
    void (*visit)(void *ctx, const char *id);
    void *ctx;
};

static void visit_without_line(void *ctx, const char *id, int line)
{
    const struct visitor *v = ctx;

    (void)line;
    v->visit(v->ctx, id);
}

void scenario_each_statement(const struct scenario *s, void (*visit)(void *ctx, const char *id), void *ctx)
{
    struct visitor v = {visit, ctx};

    each_proof(s->root, visit_without_line, &v);
}

bool scenario_proves(const struct scenario *s, const char *statement)
{
    for (size_t i = 0; i < s->n_proves; i++)
        if (strcmp(s->proves[i], statement) == 0)
            return true;
    return false;
}

static void count_one(void *ctx, const char *id)
{
    (void)id;
    ((struct scenario *)ctx)->n_proves++;
}

static void list_one(void *ctx, const char *id)
{
    struct scenario *s = ctx;

    s->proves[s->n_proves++] = arena_text(&s->arena, wp_text(id));
}

/* Asked for again and again: every statement of a document asks every scenario. */
static void list_proves(struct scenario *s)
{
    scenario_each_statement(s, count_one, s);
    s->proves = arena_get(&s->arena, (s->n_proves + 1) * sizeof *s->proves);
    s->n_proves = 0;
    scenario_each_statement(s, list_one, s);
}

/* ---- files ------------------------------------------------------------------------------------------ */

/* One scenario of the file; `name` and `text` fill the sweep's variable when there is one. */
static bool load_case(const char *file, struct wp_slice text, const char *name, const char *value,
                      struct scenario_list *list, struct wp_writer *why)
{
    struct scenario *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    s->file = arena_text(&s->arena, wp_text(file));
    scenario_sha256(text, s->sha256);
    s->root = yaml_read(&s->arena, s->file, text, why);
    if (s->root && name) {
        s->root = node_fill(&s->arena, s->root, name, value);
        s->sweep_case = arena_print(&s->arena, "%s=%s", name, value);
    }
    if (!s->root || !scenario_obeys_schema(s, why) || !read_tree(s, why)) {
        scenario_free(s);
        return false;
    }
    list_proves(s);
    scenario_list_add(list, s);
    return true;
}

static bool load_sweep(const char *file, struct wp_slice text, const struct node *sweep,
                       struct scenario_list *list, struct wp_writer *why)
{
    const char *name = node_text(node_get(sweep, "name"), "case");
    const struct node *values = node_get(sweep, "values");
    const struct node *from = node_get(sweep, "from"), *to = node_get(sweep, "to");

    if (values) {
        for (const struct node *n = values->first; n; n = n->next)
            if (!load_case(file, text, name, node_text(n, ""), list, why))
                return false;
        return true;
    }
    if (!from || !to) {
        wp_put_text(why, "a sweep has `values`, or `from` and `to`\n");
        return false;
    }
    for (long i = atol(node_text(from, "0")); i <= atol(node_text(to, "0")); i++) {
        char number[32];

        if (i - atol(node_text(from, "0")) >= SWEEP_CASES_MAX) {
            wp_put_text(why, "a sweep has at most 4096 cases\n");
            return false;
        }
        snprintf(number, sizeof number, "%ld", i);
        if (!load_case(file, text, name, number, list, why))
            return false;
    }
    return true;
}

bool scenario_load_text(const char *file, struct wp_slice text, struct scenario_list *list,
                        struct wp_writer *why)
{
    struct arena a = {0};
    const struct node *root = yaml_read(&a, file, text, why), *sweep = node_get(root, "sweep");
    bool good = root != NULL;

    if (!good)
        wp_put_text(why, "\n");
    else if (sweep)
        good = load_sweep(file, text, sweep, list, why);
    else
        good = load_case(file, text, NULL, NULL, list, why);
    arena_free(&a);
    return good;
}

bool scenario_load(const char *file, struct scenario_list *list, struct wp_writer *why)
{
    struct arena a = {0};
    struct wp_slice text = file_read(&a, file, why);
    bool good = text.p && scenario_load_text(file, text, list, why);

    if (!text.p)
        wp_put_text(why, "\n");
    arena_free(&a);
    return good;
}

void scenario_list_free(struct scenario_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->at[i])
            scenario_free(list->at[i]);
    free(list->at);
    *list = (struct scenario_list){0};
}
