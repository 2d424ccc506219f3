/* The shapes of a push, one after the other, and what is the same for all of them. */
#include "sim/codec/cosem_push_inside.h"

#include "sim/codec/cosem_time.h"

const char *cosem_shape_text(enum cosem_shape shape)
{
    static const char *const texts[] = {
#define X(name, text) text,
        COSEM_SHAPES(X)
#undef X
    };

    return texts[shape];
}

/* ---- what readings say of the meter itself --------------------------------------------------------------- */

static void keep_first(struct wp_slice *kept, struct wp_slice text)
{
    if (kept->n == 0)
        *kept = text;
}

static void note_text(struct cosem_push *out, const struct cosem_point *point)
{
    const uint8_t *v = point->ln.v;
    struct wp_slice text = point->value.bytes;

    if (v[2] == 96 && v[3] == 1 && v[0] == 0 && v[4] == 0)
        keep_first(&out->serial, text);
    else if (v[2] == 42 && v[0] == 0)
        keep_first(&out->ldn, text);
    else if (v[2] == 0 && v[3] == 2 && v[4] == 129)
        keep_first(&out->list_id, text);
    else if ((v[2] == 96 && v[3] == 1 && v[4] == 7) || (v[0] == 1 && v[2] == 96 && v[3] == 1 && v[4] == 1))
        keep_first(&out->meter_type, text); /* Kaifa, Aidon; Kamstrup */
    else if (v[0] == 1 && v[2] == 0 && v[3] == 0)
        keep_first(&out->meter_id, text); /* Kamstrup: 1-1:0.0.5 */
}

static void note_clock(struct cosem_push *out, const struct cosem_point *point)
{
    const uint8_t *v = point->ln.v;

    if (point->value.bytes.n == COSEM_TIME_OCTETS && v[0] == 0 && v[2] == 1 && v[3] == 0)
        keep_first(&out->clock, point->value.bytes);
}

struct cosem_point *push_add(struct push_map *m, struct obis ln, uint16_t class_id, int8_t attribute,
                             const struct push_item *item)
{
    struct cosem_push *out = m->out;
    struct cosem_point *point;

    if (out->n_points == m->cap) {
        out->n_dropped++;
        return NULL;
    }
    point = &m->points[out->n_points];
    *point = (struct cosem_point){.ln = ln, .class_id = class_id, .attribute = attribute, .raw = item->raw};
    if (!push_value(point, item)) {
        out->n_empty++;
        return NULL;
    }
    out->n_points++;
    m->has_open |= point->form == COSEM_NUMBER;
    if (point->form == COSEM_TEXT)
        note_text(out, point);
    else if (point->form == COSEM_CLOCK)
        note_clock(out, point);
    return point;
}

/* ---- shapes ------------------------------------------------------------------------------------------------ */

typedef bool push_shape(struct push_map *m, struct wp_slice body);

/* In the order in which they are tried. */
static push_shape *const shapes[] = {
    push_object_list, push_obis_array, push_is15959, push_obis_structure, push_untagged, push_positional,
};

static void find_shape(struct push_map *m, struct wp_slice body)
{
    const struct cosem_push fresh = *m->out;

    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (shapes[i] == push_untagged && !m->allow_untagged)
            continue;
        if (shapes[i](m, body))
            return;
        *m->out = fresh; /* what it found before it knew better */
        m->has_scaler_units = m->has_open = false;
    }
    m->out->n_unmapped = body.n > 0 && body.p[0] != AXDR_NULL_DATA;
}

static bool is_like(const struct cosem_profile *profile, const struct cosem_profile *base)
{
    for (; profile; profile = profile->like)
        if (profile == base)
            return true;
    return false;
}

/* The maker of a device as it is configured; NULL: nobody said. */
static const struct cosem_profile *configured_maker(const struct cosem_profile *profile)
{
    for (; profile; profile = profile->like)
        if (profile->is_vendor && profile != cosem_profile_generic())
            return profile;
    return NULL;
}

/* Whom the list names: by its shape, its id, its meter type. */
static const struct cosem_profile *named_maker(const struct cosem_push *out)
{
    if (out->shape == COSEM_SHAPE_IS15959)
        return cosem_profile_india();
    if (out->shape == COSEM_SHAPE_POSITIONAL_KAIFA)
        return cosem_profile_kaifa();
    return cosem_profile_of(out->list_id, out->meter_type);
}

/* What the list says counts where nothing is configured, and where it is more exact: a Kamstrup for transformers. */
static const struct cosem_profile *maker_of(const struct push_map *m)
{
    const struct cosem_profile *configured = configured_maker(m->profile), *named = named_maker(m->out);

    return !configured || is_like(named, configured) ? named : NULL;
}

static bool allows(const struct cosem_profile *profile, bool swapped)
{
    for (; profile; profile = profile->like)
        if (swapped ? profile->allow_swapped : profile->allow_untagged)
            return true;
    return false;
}

static struct push_map start(const struct cosem_push_setup *setup, struct cosem_point *points, size_t cap,
                             struct cosem_push *out)
{
    static const struct cosem_push_setup nothing;
    struct push_map m = {.setup = setup ? setup : &nothing, .points = points, .cap = cap, .out = out};

    m.profile = m.setup->profile ? m.setup->profile : cosem_profile_generic();
    m.allow_untagged = allows(m.profile, false);
    m.allow_swapped = allows(m.profile, true);
    *out = (struct cosem_push){0};
    return m;
}

void cosem_push_map(struct wp_slice body, const struct cosem_push_setup *setup, struct cosem_point *points,
                    size_t cap, struct cosem_push *out)
{
    struct push_map m = start(setup, points, cap, out);

    find_shape(&m, body);
    out->list_id = push_without_fill(out->list_id);
    out->meter_id = push_without_fill(out->meter_id);
    out->maker = maker_of(&m);
    push_scale(&m);
}

bool cosem_push_value(struct wp_slice data, struct obis ln, uint16_t class_id, int8_t attribute,
                      const struct cosem_push_setup *setup, struct cosem_point *out)
{
    struct cosem_push push;
    struct push_map m = start(setup, out, 1, &push);
    struct push_cursor c = push_cursor(data);
    struct push_item item;

    if (!push_take(&c, &item) || c.p != c.end || !push_add(&m, ln, class_id, attribute, &item))
        return false;
    push_scale(&m);
    return true;
}
