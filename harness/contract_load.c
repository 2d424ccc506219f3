/* Reading contracts: the AsyncAPI document of each API, its schemas and its catalogue. */
#include "harness/contract_impl.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FILE_LENGTH = 1024, IDS_MAX = 4096 };

uint16_t contract_id(struct contract_set *set, const char *id)
{
    for (size_t i = 0; i < set->n_ids; i++)
        if (strcmp(set->ids[i], id) == 0)
            return (uint16_t)i;
    if (set->n_ids == set->cap_ids) {
        const char **more = arena_get(&set->arena, 2 * (set->cap_ids + 64) * sizeof *more);

        if (set->n_ids > 0)
            memcpy(more, set->ids, set->n_ids * sizeof *more);
        set->ids = more;
        set->cap_ids = 2 * (set->cap_ids + 64);
    }
    set->ids[set->n_ids] = arena_text(&set->arena, wp_text(id));
    return (uint16_t)set->n_ids++;
}

/* `x-statement: ID` or a list of them. */
static struct rule read_rule(struct contract_set *set, const struct node *holder)
{
    const struct node *n = node_get(holder, "x-statement");
    struct rule rule = {0};
    uint16_t *ids;

    if (!n)
        return rule;
    ids = arena_get(&set->arena, (n->kind == NODE_LIST ? n->count : 1) * sizeof *ids);
    if (n->kind == NODE_SCALAR)
        ids[rule.n++] = contract_id(set, node_text(n, ""));
    for (const struct node *c = n->kind == NODE_LIST ? n->first : NULL; c; c = c->next)
        ids[rule.n++] = contract_id(set, node_text(c, ""));
    rule.statements = ids;
    return rule;
}

struct loading {
    struct contract_set *set;
    const char *folder, *file; /* of the document */
    const struct node *root;
    struct wp_writer *why;
};

static bool fail(struct loading *l, const struct node *where, const char *sentence)
{
    wp_put_text(l->why,
                arena_print(&l->set->arena, "%s:%d:%d: %s", l->file, where->line, where->column, sentence));
    return false;
}

/* Compiles the schema at the URI and looks up the statements of its marks. */
static bool read_schema(struct loading *l, const char *uri, struct judged_schema *out)
{
    struct contract_set *set = l->set;

    out->schema = schema_compile(set->schemas, uri, l->why);
    if (!out->schema)
        return false;
    out->n_marks = schema_n_marks(out->schema);
    if (out->n_marks > CONTRACT_MARKS_MAX) {
        wp_put_text(l->why,
                    arena_print(&set->arena, "%s: more than %d x-statement", uri, CONTRACT_MARKS_MAX));
        return false;
    }
    out->marks = arena_get(&set->arena, (out->n_marks + 1) * sizeof *out->marks);
    for (size_t i = 0; i < out->n_marks; i++) {
        const struct schema_mark *mark = schema_mark(out->schema, i);
        uint16_t *ids = arena_get(&set->arena, (mark->n_statements + 1) * sizeof *ids);

        for (size_t k = 0; k < mark->n_statements; k++)
            ids[k] = contract_id(set, mark->statements[k]);
        out->marks[i] = (struct rule){.statements = ids, .n = mark->n_statements};
    }
    return true;
}

/* {$ref: schemas/x.schema.json#/$defs/meant} */
static bool read_ref(struct loading *l, const struct node *holder, struct judged_schema *out)
{
    const char *ref = node_text(node_get(holder, "$ref"), NULL);

    if (!ref)
        return fail(l, holder, "a schema is given by $ref to its file");
    return read_schema(l, arena_print(&l->set->arena, "file://%s/%s", l->folder, ref), out);
}

/* A small schema written in the document itself, such as the one of a topic level. */
static bool read_inline(struct loading *l, const struct node *n, const char *name, struct judged_schema *out)
{
    const char *uri = arena_print(&l->set->arena, "file://%s/inline/%s-%d", l->folder, name, n->line);

    return schema_set_add(l->set->schemas, uri, wp_text(node_json(&l->set->arena, n)), l->why) &&
           read_schema(l, uri, out);
}

static bool read_message(struct loading *l, const struct node *n, struct contract_message *m)
{
    const struct node *payload = node_get(n, "payload"), *when = node_get(n, "x-when"),
                      *text = node_get(n, "x-text");

    m->name = n->key;
    m->seen = read_rule(l->set, n);
    m->is_plain = node_is(node_get(n, "contentType"), "text/plain");
    m->is_empty = node_is(node_get(n, "x-empty"), "true");
    if (!payload || !node_get(payload, "schema"))
        return fail(l, n, "a message has payload: {schemaFormat, schema}");
    return read_ref(l, node_get(payload, "schema"), &m->payload) && (!when || read_ref(l, when, &m->when)) &&
           (!text || read_ref(l, text, &m->text));
}

/* "ivy/v1/meters/{meterId}/status" -> filter with +, or # for a parameter that stands for the rest. With prefixes the
 * first level is a + as well. */
static void read_address(struct loading *l, struct contract_channel *c, bool has_prefixes)
{
    size_t length = strlen(c->address);
    struct wp_writer w = wp_writer(arena_get(&l->set->arena, length + 1), length);
    const struct contract_parameter *p = c->parameters;
    const char *at = c->address;

    if (has_prefixes) {
        wp_put_char(&w, '+');
        at += strcspn(at, "/");
    }
    for (; *at; at++) {
        if (*at == '{') {
            wp_put_char(&w, p++->is_rest ? '#' : '+');
            at = strchr(at, '}');
        } else {
            wp_put_char(&w, *at);
        }
    }
    c->filter = wp_written(&w);
}

static bool read_parameter(struct loading *l, const struct node *n, const char *channel,
                           struct contract_parameter *p)
{
    const struct node *level = node_get(n, "x-level"), *same = node_get(n, "x-same");
    const char *location = node_text(node_get(n, "location"), "");

    if (level && !read_inline(l, level, channel, &p->level))
        return false;
    p->has_name = !node_is(node_get(n, "x-value"), "true");
    p->is_rest = node_is(node_get(n, "x-rest"), "true");
    p->same = read_rule(l->set, same);
    if (same && strncmp(location, "$message.payload#/", 18) == 0)
        p->same_path = location + 18;
    return true;
}

/* What `$ref: '#/components/parameters/path'` names in the document; other nodes are themselves. */
static const struct node *local(const struct loading *l, const struct node *n)
{
    const char *ref = node_text(node_get(n, "$ref"), NULL);
    const struct node *at = l->root;

    if (!ref || ref[0] != '#')
        return n;
    for (const char *p = ref + 1; at && *p == '/'; p += strcspn(p, "/")) {
        p++;
        at = node_get(at, arena_print(&l->set->arena, "%.*s", (int)strcspn(p, "/"), p));
    }
    return at;
}

/* The parameters in the order of the address, each with the level that it stands for. */
static bool read_parameters(struct loading *l, const struct node *channel, struct contract_channel *c)
{
    const struct node *described = node_get(channel, "parameters");
    size_t level = 0;

    c->parameters = arena_get(&l->set->arena, (described ? described->count : 0) * sizeof *c->parameters);
    for (const char *at = c->address; *at; at++) {
        size_t n = strcspn(at, "}");
        const struct node *d;

        level += *at == '/';
        if (*at != '{')
            continue;
        d = local(l, node_get(described, arena_print(&l->set->arena, "%.*s", (int)n - 1, at + 1)));
        if (!d || at[n] != '}' || c->n_parameters == described->count)
            return fail(l, channel, "each {parameter} of the address stands under parameters");
        if (!read_parameter(l, d, c->name, &c->parameters[c->n_parameters]))
            return false;
        c->parameters[c->n_parameters].index = level;
        if (c->parameters[c->n_parameters++].is_rest && at[n + 1] != 0)
            return fail(l, d, "x-rest is for the last level of an address");
        at += n;
    }
    return true;
}

static bool read_channel(struct loading *l, const struct node *n, bool has_prefixes,
                         struct contract_channel *c)
{
    const struct node *messages = node_get(n, "messages");

    c->name = n->key;
    c->address = node_text(node_get(n, "address"), NULL);
    if (!c->address || !messages || messages->count == 0)
        return fail(l, n, "a channel has an address and messages");
    if (!read_parameters(l, n, c))
        return false;
    read_address(l, c, has_prefixes);
    c->seen = read_rule(l->set, n);
    c->is_json = read_rule(l->set, node_get(n, "x-json"));
    c->messages = arena_get(&l->set->arena, messages->count * sizeof *c->messages);
    for (const struct node *m = messages->first; m; m = m->next)
        if (!read_message(l, m, &c->messages[c->n_messages++]))
            return false;
    return true;
}

static struct contract_channel *channel_of(struct contract *c, const struct node *operation)
{
    const char *ref = node_text(node_get(node_get(operation, "channel"), "$ref"), ""),
               *slash = strrchr(ref, '/');

    for (size_t i = 0; slash && i < c->n_channels; i++)
        if (strcmp(c->channels[i].name, slash + 1) == 0)
            return &c->channels[i];
    return NULL;
}

static enum contract_retain read_retain(const struct node *n)
{
    if (node_is(n, "either"))
        return CONTRACT_RETAINED_OR_NOT;
    return node_is(n, "true") ? CONTRACT_RETAINED : CONTRACT_NOT_RETAINED;
}

static bool read_operations(struct loading *l, const struct node *operations, struct contract *c)
{
    for (const struct node *n = operations ? operations->first : NULL; n; n = n->next) {
        const struct node *delivery = node_get(n, "x-delivery");
        struct contract_channel *channel = channel_of(c, n);

        if (!channel)
            return fail(l, n, "the operation's channel is not there");
        channel->is_received = node_is(node_get(n, "action"), "receive");
        channel->receive_only = read_rule(l->set, node_get(n, "x-receive-only"));
        if (!delivery)
            continue;
        channel->has_delivery = true;
        channel->delivery = read_rule(l->set, delivery);
        channel->qos = (uint8_t)atoi(node_text(node_get(delivery, "qos"), "0"));
        channel->retain = read_retain(node_get(delivery, "retain"));
    }
    return true;
}

/* The first level of each address, once. */
static void read_roots(struct loading *l, struct contract *c)
{
    c->roots = arena_get(&l->set->arena, c->n_channels * sizeof *c->roots);
    for (size_t i = 0; i < c->n_channels; i++) {
        const char *address = c->channels[i].address;
        struct wp_slice root = wp_slice(address, strcspn(address, "/"));
        size_t k = 0;

        while (k < c->n_roots && !wp_slice_eq(c->roots[k], root))
            k++;
        if (k == c->n_roots)
            c->roots[c->n_roots++] = root;
    }
}

static bool read_document(struct loading *l, const char *api)
{
    const struct node *root = yaml_read_file(&l->set->arena, l->file, l->why), *channels;
    struct contract *c;

    if (!root)
        return false;
    l->root = root;
    channels = node_get(root, "channels");
    if (!channels)
        return fail(l, root, "no channels");
    c = arena_get(&l->set->arena, sizeof *c);
    c->api = arena_text(&l->set->arena, wp_text(api));
    c->closed = read_rule(l->set, node_get(root, "x-closed"));
    c->has_prefixes = node_get(root, "x-prefixes") != NULL;
    c->channels = arena_get(&l->set->arena, channels->count * sizeof *c->channels);
    for (const struct node *n = channels->first; n; n = n->next)
        if (!read_channel(l, n, c->has_prefixes, &c->channels[c->n_channels++]))
            return false;
    read_roots(l, c);
    c->next = l->set->contracts;
    l->set->contracts = c;
    return read_operations(l, node_get(root, "operations"), c);
}

static bool is_there(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}

static bool add_schemas(struct loading *l)
{
    char path[FILE_LENGTH];
    struct dirent **entries;
    int n;
    bool good = true;

    snprintf(path, sizeof path, "%s/schemas", l->folder);
    n = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        size_t length = strlen(name);

        if (good && length > 12 && strcmp(name + length - 12, ".schema.json") == 0) {
            const char *uri = arena_print(&l->set->arena, "file://%s/%s", path, name);
            struct wp_slice text = file_read(&l->set->arena, uri + 7, l->why);

            good = text.p && schema_set_add(l->set->schemas, uri, text, l->why);
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return good;
}

static bool load_api(struct contract_set *set, const char *home, const char *api, struct wp_writer *why)
{
    const char *folder = arena_print(&set->arena, "%s/%s", home, api);
    const char *statements = arena_print(&set->arena, "%s/statements.yaml", folder);
    struct loading l = {.set = set, .folder = folder, .why = why};

    l.file = arena_print(&set->arena, "%s/asyncapi.yaml", folder);
    if (is_there(statements)) {
        struct catalogue *c = catalogue_load(&set->arena, statements, why);

        if (!c)
            return false;
        c->next = set->catalogues;
        set->catalogues = c;
    }
    return !is_there(l.file) || (add_schemas(&l) && read_document(&l, api));
}

struct contract_set *contracts_load(const char *home, struct wp_writer *why)
{
    struct contract_set *set = calloc(1, sizeof *set);
    struct dirent **entries;
    char path[FILE_LENGTH], real[4096];
    bool good;
    int n;

    if (!set)
        abort();
    set->schemas = schema_set_new();
    snprintf(path, sizeof path, "%s/harness/contracts", home);
    n = realpath(path, real) ? scandir(real, &entries, NULL, alphasort) : -1;
    good = n > 0;
    if (!good) {
        wp_put_text(why, path);
        wp_put_text(why, ": the contracts are not there");
    }
    for (int i = n - 1; i >= 0; i--) { /* backwards, for each goes to the front of its list */
        if (good && entries[i]->d_name[0] != '.')
            good = load_api(set, real, entries[i]->d_name, why);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    if (good)
        return set;
    contracts_free(set);
    return NULL;
}

void contracts_free(struct contract_set *set)
{
    if (!set)
        return;
    schema_set_free(set->schemas);
    arena_free(&set->arena);
    free(set);
}

const struct catalogue *contracts_catalogues(const struct contract_set *set)
{
    return set->catalogues;
}
