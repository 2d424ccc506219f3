/* Items of a Victron service, as the fields of a message have them, in the words of a scenario: PATH TYPE JSON. */
#include "harness/import_bus_impl.h"
#include "sim/core/json_out.h"

enum { WORDS_MAX = 8192 /* of one value */ };

static struct item *item_of(struct import_bus *bus, struct import_service *s, struct wp_slice path)
{
    uint64_t hash = (uintptr_t)s->bus_name.p;
    struct item **at, *i;

    for (size_t k = 0; k < path.n; k++)
        hash = (hash ^ path.p[k]) * UINT64_C(0x100000001B3);
    at = &bus->items[(hash ^ hash >> 32) % IMPORT_BUS_BUCKETS];
    for (i = *at; i; i = i->next)
        if (i->service == s && wp_slice_eq(i->path, path))
            return i;
    i = arena_get(&bus->im->arena, sizeof *i);
    *i = (struct item){.next = *at, .service = s, .path = import_bus_keep(bus, path)};
    *at = i;
    return i;
}

/* What a service starts with. */
static void add_value(struct import_bus *bus, struct import_service *s, const char *words)
{
    struct import_value *v = arena_get(&bus->im->arena, sizeof *v);

    v->words = words;
    *s->tail = v;
    s->tail = &v->next;
}

/* One property list, {Value, Min, Max, ...}, of one item, while the fields of the message are visited. */
struct reading {
    struct import_bus *bus;
    struct import_service *service;
    const struct moment *when;
    bool is_signal;
    unsigned depth; /* of the properties in the field's path: 2 for a{sv}, 3 for a{sa{sv}}, 1 for v */
    struct wp_slice path, property;
    char memory[WORDS_MAX], limits[256];
    struct wp_writer words, more; /* of the value; of what stands behind it */
    bool has_value, is_odd;       /* is_odd: of a type that a scenario has no words for */
    bool in_array;
    char batch_memory[WORDS_MAX * 4];
    struct wp_writer batch; /* changes that came in one message */
};

static void begin_item(struct reading *r, struct wp_slice path)
{
    r->path = path;
    r->words = wp_writer(r->memory, sizeof r->memory);
    r->more = wp_writer(r->limits, sizeof r->limits);
    r->has_value = r->is_odd = r->in_array = false;
}

static void end_array(struct reading *r)
{
    if (r->in_array)
        wp_put_char(&r->words, ']');
    r->in_array = false;
}

/* What is said of one item is whole. */
static void end_item(struct reading *r)
{
    struct arena *a = &r->bus->im->arena;
    const char *words, *all;
    struct item *item;

    end_array(r);
    if (r->path.n == 0 || !r->has_value)
        return;
    if (r->is_odd || r->words.full) {
        r->service->n_left_out++;
        return;
    }
    item = item_of(r->bus, r->service, r->path);
    words = arena_text(a, wp_written(&r->words));
    if (item->words && strcmp(item->words, words) == 0)
        return;
    all = arena_print(a, "%.*s %s", WP_FMT(r->path), words);
    if (!item->words)
        add_value(r->bus, r->service,
                  r->is_signal
                      ? arena_print(a, "%.*s %.*s null", WP_FMT(r->path), (int)strcspn(words, " "), words)
                      : arena_print(a, "%s%.*s", all, WP_FMT(wp_written(&r->more))));
    if (item->words || r->is_signal) {
        wp_put_text(&r->batch, r->batch.n > 0 ? "; " : "");
        wp_put_text(&r->batch, all);
    }
    item->words = words;
}

static char type_of(const char *name)
{
    static const struct {
        const char *name;
        char type;
    } types[] = {{"byte", 'y'},   {"boolean", 'b'}, {"int16", 'n'},       {"uint16", 'q'},
                 {"int32", 'i'},  {"uint32", 'u'},  {"int64", 'x'},       {"uint64", 't'},
                 {"double", 'd'}, {"string", 's'},  {"object_path", 'o'}, {"signature", 'g'}};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(name, types[i].name) == 0)
            return types[i].type;
    return 0;
}

static void put_json(struct wp_writer *w, struct wp_value v)
{
    struct json_out j = json_out(w);

    json_put_value(&j, v);
}

/* A field of the property's value: `name` is its type, or what container it is; `is_element`: of the array that is open. */
static void take_value(struct reading *r, const char *name, bool is_element, struct wp_value v)
{
    char type = type_of(name);

    if (is_element && r->in_array && type) {
        if (r->words.n > 0 && r->words.p[r->words.n - 1] == '\n') { /* the first one tells the type */
            r->words.n = 0;
            wp_put_char(&r->words, 'a');
            wp_put_char(&r->words, type);
            wp_put_text(&r->words, " [");
        } else {
            wp_put_char(&r->words, ',');
            if (r->words.n > 1 && r->words.p[1] != (uint8_t)type)
                r->words.p[1] = 'v'; /* of several types */
        }
        put_json(&r->words, v);
    } else if (strcmp(name, "array") == 0 && !is_element && v.kind != WP_TEXT) {
        r->has_value = true;
        r->in_array = v.num > 0;
        wp_put_text(&r->words, r->in_array ? "\n" : "");
    } else if (strcmp(name, "of") == 0 && !is_element && v.kind == WP_TEXT) { /* no elements: it is invalid */
        wp_put_char(&r->words, 'a');
        wp_put_slice(&r->words, v.bytes);
        wp_put_text(&r->words, " []");
    } else if (type && !is_element) {
        r->has_value = true;
        wp_put_char(&r->words, type);
        wp_put_char(&r->words, ' ');
        if (type == 'd' && v.kind == WP_TEXT) /* NaN, Infinity */
            wp_put_slice(&r->words, v.bytes);
        else
            put_json(&r->words, v);
    } else {
        r->has_value = r->is_odd = true;
    }
}

/* "min 0" behind the value. */
static void take_limit(struct reading *r, const char *name, struct wp_value v)
{
    const char *word = wp_slice_is(r->property, "Min")       ? " min "
                       : wp_slice_is(r->property, "Max")     ? " max "
                       : wp_slice_is(r->property, "Default") ? " default "
                                                             : NULL;

    if (!word || !type_of(name) || v.kind == WP_TEXT)
        return;
    wp_put_text(&r->more, word);
    put_json(&r->more, v);
}

/* "body.0.1.2.double" has 3 numbers and a name behind them. */
static unsigned numbers_of(const char *path, const char **ret_name)
{
    unsigned n = 0;

    for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.'), n++)
        *ret_name = dot + 1;
    return n > 0 ? n - 1 : 0;
}

static void read_items(void *ctx, const struct wp_field *field)
{
    struct reading *r = ctx;
    const char *name = "";
    unsigned n;

    if (strncmp(field->path, "body.", 5) != 0)
        return;
    n = numbers_of(field->path, &name);
    if (r->depth == 3 && n == 2 && strcmp(name, "key") == 0) {
        end_item(r);
        begin_item(r, field->value.bytes);
    } else if (n == r->depth && strcmp(name, "key") == 0) {
        end_array(r);
        r->property = field->value.bytes;
    } else if (n >= r->depth && wp_slice_is(r->property, "Value")) {
        take_value(r, name, n > r->depth, field->value);
    } else if (n == r->depth) {
        take_limit(r, name, field->value);
    }
}

void import_bus_take_items(struct import_bus *bus, struct import_service *s, const struct replay_event *e,
                           struct wp_slice path, unsigned depth, bool is_signal)
{
    static struct reading r;

    r = (struct reading){.bus = bus, .service = s, .when = &e->when, .is_signal = is_signal, .depth = depth};
    r.batch = wp_writer(r.batch_memory, sizeof r.batch_memory);
    begin_item(&r, path);
    if (depth == 1)
        r.property = wp_text("Value");
    e->codec->fields(e->frame, read_items, &r);
    end_item(&r);
    if (r.batch.full)
        s->n_left_out++;
    else if (r.batch.n > 0)
        import_bus_change(bus, s, IMPORT_VALUE, &e->when, arena_text(&bus->im->arena, wp_written(&r.batch)));
}

/* ---- as a scenario ---------------------------------------------------------------------------------------- */

enum { MEMORY_LEAST = 16384 /* of a simulated service, for what is set while it runs */ };

static void put_words(struct import_text *out, const char *words)
{
    for (; *words; words++)
        import_put(out, *words == '"' || *words == '\\' ? "\\%c" : "%c", *words);
}

void import_bus_put_devices(const struct import *im, struct import_text *out)
{
    for (const struct import_service *s = im->services; s; s = s->next) {
        size_t memory = MEMORY_LEAST;
        const char *separator = "";

        for (const struct import_change *c = im->changes; c; c = c->next)
            memory += c->service == s && c->words ? 2 * strlen(c->words) : 0;
        import_put(
            out,
            "  %s: {model: venus-service, set: {bus.name: \"%.*s\", items: none, memory: %zu, values: \"",
            s->name, WP_FMT(s->bus_name), memory);
        for (const struct import_value *v = s->values; v; v = v->next) {
            import_put(out, "%s", separator);
            put_words(out, v->words);
            separator = "; ";
        }
        import_put(out, "\"}}\n");
    }
}

void import_bus_put_change(const struct import_change *c, struct import_text *out)
{
    import_put(out, "  - set: {%s.%s: ", c->service->name, c->kind == IMPORT_VALUE ? "value" : "present");
    if (c->kind != IMPORT_VALUE) {
        import_put(out, "%s}\n", c->kind == IMPORT_COMES ? "true" : "false");
        return;
    }
    import_put(out, "\"");
    put_words(out, c->words);
    import_put(out, "\"}\n");
}
