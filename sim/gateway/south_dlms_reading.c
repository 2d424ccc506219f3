/* Points of a reading, from what the codec made of a body. */
#include "sim/gateway/south_dlms_impl.h"

#include "sim/codec/cosem_time.h"

enum { POINT_TEXT = OBIS_TEXT_MAX + 2 * COSEM_TIME_TEXT_MAX };

struct dlms_points south_dlms_points(struct dlms_south *so)
{
    return (struct dlms_points){.at = so->told,
                                .text = wp_writer(so->text, (size_t)DLMS_POINTS_MAX * POINT_TEXT)};
}

static struct wp_slice put_id(struct wp_writer *text, struct obis ln)
{
    size_t at = text->n;

    obis_put(text, ln);
    return wp_slice(text->p + at, text->n - at);
}

/* A unit that nobody said is none: what an unscaled number counts is for who publishes it to know. */
bool south_dlms_add_point(struct dlms_points *points, const struct cosem_point *point)
{
    struct wp_point *p = &points->at[points->n];
    bool is_scaled = point->from != COSEM_SCALE_NOBODY;

    if (points->n == DLMS_POINTS_MAX)
        return false;
    *p = (struct wp_point){
        .id = put_id(&points->text, point->ln),
        .unit = is_scaled ? cosem_point_unit(point) : "",
        .is_scaled = is_scaled,
        .class_id = point->class_id,
        .attribute = point->attribute,
        .value = cosem_point_value(point, &points->text),
        .quality = (enum wp_quality)point->quality,
        .raw = point->raw,
    };
    if (points->text.full)
        return false;
    points->n++;
    return p->value.kind != WP_NULL;
}

void south_dlms_tell(struct dlms_south *so, const struct wp_reading *reading)
{
    const struct wp_effect e = {.kind = WP_READING, .reading = reading};

    so->out->emit(so->out, &e);
}
