/* What a list of bare values means. The readings of a body that names its objects stand beside their codes already; a
 * body that does not is only told by the shape or table that fits it. */
#include "sim/codec/cosem_push_fields.h"

#include "sim/codec/cosem_push.h"

enum { POINTS_MAX = 64, PATH_ROOM = 96, TEXT_ROOM = 160 };

struct teller {
    wp_visit *visit;
    void *ctx;
    const char *path;
};

static bool has_no_codes(enum cosem_shape shape)
{
    return shape == COSEM_SHAPE_POSITIONAL || shape == COSEM_SHAPE_POSITIONAL_KAIFA ||
           shape == COSEM_SHAPE_UNTAGGED;
}

static void tell(const struct teller *t, const char *name, struct wp_value value)
{
    char path[PATH_ROOM];
    struct wp_writer w = wp_writer(path, sizeof path);
    struct wp_field field = {.path = path, .value = value, .unit = "", .role = WP_ROLE_FIELD};

    wp_put_text(&w, t->path);
    wp_put_char(&w, '.');
    wp_put_text(&w, name);
    wp_put_end(&w);
    t->visit(t->ctx, &field);
}

static void tell_member(const struct teller *t, size_t i, const char *member, struct wp_value value)
{
    char name[PATH_ROOM];
    struct wp_writer w = wp_writer(name, sizeof name);

    wp_put_text(&w, "readings.");
    wp_put_uint(&w, i);
    wp_put_char(&w, '.');
    wp_put_text(&w, member);
    wp_put_end(&w);
    tell(t, name, value);
}

static void tell_point(const struct teller *t, size_t i, const struct cosem_point *p)
{
    char text[TEXT_ROOM], octets[TEXT_ROOM];
    struct wp_writer w = wp_writer(text, sizeof text), room = wp_writer(octets, sizeof octets);
    const char *unit = cosem_point_unit(p);

    obis_put(&w, p->ln);
    tell_member(t, i, "obis", wp_text_value(wp_written(&w)));
    w.n = 0;
    if (obis_put_name(&w, p->ln))
        tell_member(t, i, "name", wp_text_value(wp_written(&w)));
    tell_member(t, i, "value", cosem_point_value(p, &room));
    if (unit[0])
        tell_member(t, i, "unit", wp_text_value(wp_text(unit)));
}

void cosem_push_fields(struct wp_slice body, const char *path, wp_visit *visit, void *ctx)
{
    const struct teller t = {.visit = visit, .ctx = ctx, .path = path};
    struct cosem_point points[POINTS_MAX];
    struct cosem_push push;

    cosem_push_map(body, NULL, points, POINTS_MAX, &push);
    if (!has_no_codes(push.shape) || push.n_points == 0)
        return;
    tell(&t, "shape", wp_text_value(wp_text(cosem_shape_text(push.shape))));
    if (push.table)
        tell(&t, "table", wp_text_value(wp_text(push.table->name)));
    for (size_t i = 0; i < push.n_points; i++)
        tell_point(&t, i, &points[i]);
}
