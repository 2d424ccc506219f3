/* Topics of the Victron N/R/W API: taken apart and put together. */
#include "sim/codec/venus_topic.h"

#include "sim/codec/dbus.h"

#include <math.h>

static const struct {
    enum venus_about about;
    const char *text;
    const char *letters; /* that it exists with */
} notices[] = {
    {VENUS_KEEPALIVE, "keepalive", "NR"},
    {VENUS_HEARTBEAT, "heartbeat", "N"},
    {VENUS_COMPLETED, "full_publish_completed", "N"},
};

/* A level that a topic can have and a filter names as itself. */
static bool is_level(struct wp_slice level)
{
    if (level.n == 0 || !wp_slice_is_utf8(level))
        return false;
    for (size_t i = 0; i < level.n; i++)
        if (level.p[i] < ' ' || level.p[i] == 0x7F || memchr("/+#", level.p[i], 3))
            return false;
    return true;
}

bool venus_is_portal(struct wp_slice portal)
{
    return is_level(portal);
}

/* An element of a bus name. */
static bool is_type(struct wp_slice type)
{
    for (size_t i = 0; i < type.n; i++) {
        const uint8_t c = type.p[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '_' &&
            c != '-')
            return false;
    }
    return type.n > 0;
}

/* Up to the next slash, which is left; false: there is none. */
static bool take_level(struct wp_slice *rest, struct wp_slice *out)
{
    const uint8_t *slash = rest->n ? memchr(rest->p, '/', rest->n) : NULL;

    if (!slash)
        return false;
    *out = wp_slice(rest->p, (size_t)(slash - rest->p));
    *rest = wp_slice(slash, rest->n - out->n);
    return true;
}

static bool is_item(const struct venus_topic *t)
{
    return is_type(t->type) && is_level(t->instance) && dbus_is_path(t->path);
}

static bool read_notice(struct wp_slice text, struct venus_topic *t)
{
    for (size_t i = 0; i < sizeof notices / sizeof notices[0]; i++)
        if (wp_slice_is(text, notices[i].text) && strchr(notices[i].letters, t->letter)) {
            t->about = notices[i].about;
            return true;
        }
    return false;
}

static bool read_item(struct wp_slice rest, struct venus_topic *t)
{
    t->about = VENUS_ITEM;
    if (!take_level(&rest, &t->type))
        return false;
    rest = wp_slice_from(rest, 1);
    if (!take_level(&rest, &t->instance))
        return false;
    t->path = rest;
    return is_item(t);
}

bool venus_topic_read(struct wp_slice topic, struct venus_topic *out)
{
    struct venus_topic t = {0};
    struct wp_slice rest;

    if (topic.n < 2 || !memchr("NRW", topic.p[0], 3) || topic.p[1] != '/')
        return false;
    t.letter = (char)topic.p[0];
    rest = wp_slice_from(topic, 2);
    if (!take_level(&rest, &t.portal) || !is_level(t.portal))
        return false;
    rest = wp_slice_from(rest, 1);
    if (!read_notice(rest, &t) && !read_item(rest, &t))
        return false;
    *out = t;
    return true;
}

static bool is_notice(const struct venus_topic *t, const char **ret_text)
{
    for (size_t i = 0; i < sizeof notices / sizeof notices[0]; i++)
        if (notices[i].about == t->about) {
            *ret_text = notices[i].text;
            return strchr(notices[i].letters, t->letter) != NULL;
        }
    return false;
}

bool venus_put_topic(struct wp_writer *w, const struct venus_topic *t)
{
    const size_t before = w->n;
    const char *notice = NULL;

    if (!memchr("NRW", t->letter, 3) || !is_level(t->portal) ||
        !(t->about == VENUS_ITEM ? is_item(t) : is_notice(t, &notice)))
        return false;
    wp_put_char(w, t->letter);
    wp_put_char(w, '/');
    wp_put_slice(w, t->portal);
    wp_put_char(w, '/');
    if (notice) {
        wp_put_text(w, notice);
    } else {
        wp_put_slice(w, t->type);
        wp_put_char(w, '/');
        wp_put_slice(w, t->instance);
        wp_put_slice(w, t->path);
    }
    if (w->full)
        w->n = before;
    return !w->full;
}

bool venus_service_type(struct wp_slice bus_name, struct wp_slice *out)
{
    static const size_t prefix = sizeof VENUS_SERVICE_PREFIX - 1;
    struct wp_slice type = wp_slice_from(bus_name, prefix);
    const uint8_t *dot;

    if (bus_name.n <= prefix || memcmp(bus_name.p, VENUS_SERVICE_PREFIX, prefix) != 0)
        return false;
    dot = memchr(type.p, '.', type.n);
    if (dot)
        type.n = (size_t)(dot - type.p);
    if (!is_type(type))
        return false;
    *out = type;
    return true;
}

void venus_put_instance(struct wp_writer *w, const struct wp_value *device_instance,
                        const struct wp_value *identifier)
{
    int64_t whole = 0;

    if (!device_instance && identifier && identifier->kind == WP_TEXT && is_level(identifier->bytes)) {
        wp_put_slice(w, identifier->bytes);
        return;
    }
    if (device_instance && device_instance->kind == WP_REAL && fabs(device_instance->real) < 1e15)
        whole = (int64_t)device_instance->real;
    else if (device_instance && device_instance->kind == WP_DECIMAL)
        (void)wp_decimal_at(*device_instance, 0, &whole);
    wp_put_int(w, whole);
}
