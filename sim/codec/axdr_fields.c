/* Data as a tree of fields, and the codec's row.
 *
 *     value.structure=3                              a container: its type and how many elements it has
 *     value.0.octet-string=0100010700FF              an element: its place, its type, its value
 *     value.0.obis=1-0:1.7.0.255                     what an octet-string looks like: a key with its name, ...
 *     value.0.name="Active power import (+P)"
 *     value.1.double-long-unsigned=2301
 *     value.1.scaled=230.1                           what the scaler_unit right behind a number makes of it
 *     value.2.structure=2
 *     value.2.0.integer=-1
 *     value.2.1.enum=35
 *     value.2.1.unit=V
 *
 * Likewise `time` and `reason` of what is, or looks like, a date-time, and `text` of octets that are one. A compact-array
 * is its description, and below it its rows as if each value had its tag. */
#include "sim/codec/axdr.h"

#include "sim/codec/cosem_time.h"
#include "sim/codec/cosem_unit_code.h"
#include "sim/codec/obis.h"

#include <math.h>

enum {
    PATH_MAX_LEN = 95,
    TEXT_MIN = 4, /* fewer printable octets are chance */
    TEXT_MAX = OBIS_NAME_MAX,
    LEVELS = 2 * AXDR_DEPTH_MAX + 3, /* of a value and of a compact-array in its innermost container */
    SCALER_UNIT_OCTETS = 6,          /* 02 02 0F ss 16 uu */
};

struct tree {
    wp_visit *visit;
    void *ctx;
    size_t first;    /* of the Data in the frame */
    size_t unit_at;  /* where the enum of a scaler_unit stands that was announced */
    uint32_t hidden; /* fields whose path is too long */
    size_t n_path[LEVELS];
    uint32_t next[LEVELS]; /* index of the next element */
    char path[PATH_MAX_LEN + 1];
};

/* ---- saying ----------------------------------------------------------------------------------------- */

/* The field `name` of the element at this level; len 0: derived. */
static void say(struct tree *t, size_t level, const char *name, struct wp_value value, const char *unit,
                size_t at, size_t len, enum wp_role role)
{
    struct wp_field field = {t->path, value, unit, len ? t->first + at : 0, len, role};
    const size_t n = t->n_path[level], n_name = strlen(name);

    if (n + 1 + n_name > PATH_MAX_LEN) {
        t->hidden++;
        return;
    }
    t->path[n] = '.';
    memcpy(t->path + n + 1, name, n_name + 1);
    t->visit(t->ctx, &field);
}

static void say_derived(struct tree *t, size_t level, const char *name, struct wp_slice text)
{
    say(t, level, name, wp_text_value(text), "", 0, 0, WP_ROLE_FIELD);
}

/* The path of the element at `level`: that of its container and its place there. */
static void stand_at(struct tree *t, size_t level)
{
    struct wp_writer w;

    t->next[level] = 0;
    if (level == 0)
        return;
    w = wp_writer(t->path, PATH_MAX_LEN);
    w.n = t->n_path[level - 1];
    wp_put_char(&w, '.');
    wp_put_uint(&w, t->next[level - 1]++);
    t->n_path[level] = w.full ? PATH_MAX_LEN : w.n;
}

/* ---- what octets look like -------------------------------------------------------------------------- */

static void say_obis(struct tree *t, size_t level, struct wp_slice octets)
{
    char text[TEXT_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);
    const struct obis o = obis_of(octets.p);

    obis_put(&w, o);
    say_derived(t, level, "obis", wp_written(&w));
    w.n = 0;
    if (obis_put_name(&w, o))
        say_derived(t, level, "name", wp_written(&w));
}

static void say_time(struct tree *t, size_t level, struct wp_slice octets)
{
    char text[TEXT_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct cosem_time time;
    enum cosem_time_reason reason;

    if (!cosem_time_read(octets, &time))
        return;
    reason = cosem_time_judge(&time);
    if (!cosem_time_put_iso(&w, &time))
        cosem_time_put_text(&w, &time);
    say_derived(t, level, "time", wp_written(&w));
    if (reason != COSEM_TIME_GOOD)
        say_derived(t, level, "reason", wp_text(cosem_time_reason_text(reason)));
}

static void say_looks(struct tree *t, size_t level, const struct axdr_item *item)
{
    if (item->tag == AXDR_DATE_TIME || item->tag == AXDR_DATE || item->tag == AXDR_TIME)
        say_time(t, level, item->content);
    if (item->tag != AXDR_OCTET_STRING)
        return;
    if (obis_is_likely(item->content))
        say_obis(t, level, item->content);
    else if (cosem_time_is_likely(item->content))
        say_time(t, level, item->content);
    else if (item->content.n >= TEXT_MIN && wp_slice_is_printable(item->content))
        say_derived(t, level, "text", item->content);
}

/* ---- elements --------------------------------------------------------------------------------------- */

/* Doubles that are no number have no JSON. */
static struct wp_value shown(struct wp_value v)
{
    if (v.kind != WP_REAL || isfinite(v.real))
        return v;
    return wp_text_value(wp_text(isnan(v.real) ? "NaN" : v.real < 0 ? "-Infinity" : "Infinity"));
}

static void say_item(struct tree *t, size_t level, const struct axdr_item *item)
{
    const char *type = axdr_type_text(item->tag);

    if (axdr_is_container(item->tag))
        say(t, level, type, wp_int(item->count), "", item->at, item->n, WP_ROLE_LENGTH);
    else if (axdr_type(item->tag)->form == AXDR_BITS) {
        say(t, level, type, wp_bytes_value(item->content), "", item->at, item->n, WP_ROLE_VALUE);
        say(t, level, "bits", wp_int(item->count), "", 0, 0, WP_ROLE_FIELD);
    } else
        say(t, level, type, shown(axdr_value(item)), "", item->at, item->n, WP_ROLE_VALUE);
    say_looks(t, level, item);
}

static void say_compact(struct tree *t, size_t level, const struct axdr_item *item)
{
    struct axdr_compact c;
    struct axdr_item inside;

    axdr_compact_open(&c, item, AXDR_NODES_MAX);
    say(t, level, axdr_type_text(item->tag), wp_bytes_value(c.description), "", item->at, item->n,
        WP_ROLE_VALUE);
    while (axdr_compact_next(&c, &inside)) {
        stand_at(t, level + 1 + inside.depth);
        say_item(t, level + 1 + inside.depth, &inside);
    }
}

/* Is structure{integer scaler, enum unit} at `at`, in its shortest form? */
static bool is_scaler_unit(struct wp_slice data, size_t at)
{
    const uint8_t *p = data.p + at;

    return data.n - at >= SCALER_UNIT_OCTETS && p[0] == AXDR_STRUCTURE && p[1] == 2 && p[2] == AXDR_I8 &&
           p[4] == AXDR_ENUM;
}

static void say_unit(struct tree *t, size_t level, uint8_t code)
{
    char text[COSEM_UNIT_TEXT_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);

    cosem_unit_put(&w, code);
    say_derived(t, level, "unit", wp_written(&w));
}

static void say_scaled(struct tree *t, size_t level, struct wp_value value, const uint8_t *scaler_unit)
{
    char text[COSEM_UNIT_TEXT_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);

    cosem_unit_put(&w, scaler_unit[5]);
    say(t, level, "scaled", shown(cosem_scale(value, (int8_t)scaler_unit[3])), wp_put_end(&w), 0, 0,
        WP_ROLE_FIELD);
}

static void say_element(struct tree *t, const struct axdr_cursor *c, const struct axdr_item *item)
{
    const size_t level = item->depth;
    struct wp_value value;

    stand_at(t, level);
    if (item->tag == AXDR_COMPACT_ARRAY) {
        say_compact(t, level, item);
        return;
    }
    say_item(t, level, item);
    if (is_scaler_unit(c->in, item->at))
        t->unit_at = item->at + 4;
    if (item->tag == AXDR_ENUM && item->at == t->unit_at)
        say_unit(t, level, item->content.p[0]);
    value = axdr_value(item);
    if (wp_is_number(value) && c->here > 0 && is_scaler_unit(c->in, c->at))
        say_scaled(t, level, value, c->in.p + c->at);
}

void axdr_fields(struct wp_slice data, const char *path, size_t first, wp_visit *visit, void *ctx)
{
    struct tree t = {.visit = visit, .ctx = ctx, .first = first, .unit_at = SIZE_MAX};
    struct axdr_cursor c;
    struct axdr_item item;
    const size_t n = strlen(path);

    memcpy(t.path, path, n < PATH_MAX_LEN ? n : PATH_MAX_LEN);
    t.n_path[0] = n;
    axdr_open(&c, data, NULL);
    while (axdr_next(&c, &item))
        say_element(&t, &c, &item);
    if (t.hidden > 0)
        say(&t, 0, "hidden", wp_int(t.hidden), "", 0, 0, WP_ROLE_FIELD);
}

/* ---- the codec's row -------------------------------------------------------------------------------- */

/* Nearly every octet begins some Data, so none is found by what it begins with: not even no octet gives hope. */
static enum wp_probe probe(struct wp_slice in)
{
    (void)in;
    return WP_PROBE_NO;
}

static struct wp_decode decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    struct axdr_frame *out = (struct axdr_frame *)frame;
    struct wp_decode d = axdr_decode(in, NULL);

    (void)state;
    (void)from;
    if (d.status == WP_OK)
        out->data = wp_slice(in.p, d.used);
    return d;
}

static void fields(const void *frame, wp_visit *visit, void *ctx)
{
    axdr_fields(((const struct axdr_frame *)frame)->data, "value", 0, visit, ctx);
}

const struct wp_codec axdr_codec = {
    .name = "axdr",
    .print_version = 1,
    .frame_size = sizeof(struct axdr_frame),
    .probe = probe,
    .decode = decode,
    .fields = fields,
    .is_deep = true,
};
