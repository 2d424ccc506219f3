/* What norths hear of services, as readings and presence, and the transcript of what went wrong. */
#include "sim/gateway/south_venus_impl.h"

void south_venus_count(struct venus_south *so, enum venus_count what, struct wp_slice text)
{
    static const char *const words[] = {
#define X(name, text) text,
        VENUS_COUNTS(X)
#undef X
    };

    so->count[what]++;
    wp_note(so->out, words[what], text, (int64_t)so->count[what]);
}

void south_venus_count_of(struct venus_south *so, enum venus_count what, const struct venus_service *s,
                          struct wp_slice text)
{
    char memory[DBUS_NAME_MAX + VENUS_PATH_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    wp_put_slice(&w, venus_service_name(s));
    wp_put_text(&w, ": ");
    if (text.n > w.cap - w.n)
        text.n = w.cap - w.n;
    wp_put_slice(&w, text);
    south_venus_count(so, what, wp_written(&w));
}

void south_venus_presence(struct venus_south *so, const struct venus_device *d, bool online)
{
    const struct wp_presence p = {
        .device = venus_device_name(d), .protocol = south_venus_class.name, .online = online, .at = so->now};
    const struct wp_effect e = {.kind = WP_PRESENCE, .presence = &p};

    so->out->emit(so->out, &e);
}

void south_venus_answer(struct venus_south *so, const struct wp_answer *answer)
{
    const struct wp_effect e = {.kind = WP_ANSWER, .answer = answer};

    so->out->emit(so->out, &e);
}

/* ---- readings ----------------------------------------------------------------------------------------- */

static struct wp_point point_of(const struct venus_item *item, bool is_leaving)
{
    struct wp_point p = {.id = venus_item_path(item), .unit = ""};

    if (is_leaving || item->value.kind == WP_NULL)
        p.quality = WP_NO_VALUE;
    if (is_leaving)
        return p;
    p.value = item->value;
    p.min = item->has_min ? &item->min : NULL;
    p.max = item->has_max ? &item->max : NULL;
    return p;
}

void south_venus_tell_end(struct venus_south *so, struct venus_batch *b)
{
    struct wp_point points[VENUS_POINTS_MAX];
    const struct wp_reading reading = {.device = venus_device_name(b->device),
                                       .protocol = south_venus_class.name,
                                       .reason = b->reason,
                                       .at = so->now,
                                       .points = points,
                                       .n_points = b->n,
                                       .event = b->is_leaving ? WP_EVENT_LEFT : NULL};
    const struct wp_effect e = {.kind = WP_READING, .reading = &reading};

    if (b->n == 0)
        return;
    for (size_t i = 0; i < b->n; i++)
        points[i] = point_of(b->items[i], b->is_leaving);
    b->n = 0;
    so->out->emit(so->out, &e);
}

void south_venus_batch(struct venus_batch *b, const struct venus_device *d, enum wp_reason reason)
{
    b->device = d;
    b->reason = reason;
    b->is_leaving = false;
    b->n = 0;
}

void south_venus_tell(struct venus_south *so, struct venus_batch *b, const struct venus_item *item)
{
    b->items[b->n++] = item;
    if (b->n == VENUS_POINTS_MAX)
        south_venus_tell_end(so, b);
}
