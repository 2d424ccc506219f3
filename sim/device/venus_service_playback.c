/* Playback: lines `second, service, path, value`, whose values the service has from that second on.
 *
 *     # from a recording
 *     0, pvinverter/20, /Ac/Power, 936.0
 *     1.5, com.victronenergy.pvinverter.cgwacs_ttyUSB0_di20_mb1, /Ac/Power, 937.25
 *
 * Lines are in the order of their seconds; lines of one second are one batch. Values are as JSON has them, texts may stand without
 * quotes, and nothing at all is invalid. The type is the item's; a new item has that of its first value. */
#include "sim/device/venus_service_inside.h"

#include "sim/codec/venus_topic.h"

enum { VALUE_MAX = 4096 }; /* bytes of a text without quotes */

/* ---- lines -------------------------------------------------------------------------------------------------- */

static struct wp_slice trimmed(struct wp_slice s)
{
    while (s.n > 0 && (*s.p == ' ' || *s.p == '\t'))
        s = wp_slice(s.p + 1, s.n - 1);
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
        s.n--;
    return s;
}

static struct wp_slice up_to(struct wp_slice *text, char end)
{
    const uint8_t *at = text->n > 0 ? memchr(text->p, end, text->n) : NULL;
    const struct wp_slice s = wp_slice(text->p, at ? (size_t)(at - text->p) : text->n);

    *text = wp_slice_from(*text, s.n + (at != NULL));
    return s;
}

static bool read_second(struct wp_slice text, wp_us *out)
{
    struct wp_value v;
    int64_t us;

    if (!wp_number_read(text, &v) || v.kind != WP_DECIMAL || !wp_decimal_at(v, 6, &us) || us < 0)
        return false;
    *out = us;
    return true;
}

static bool read_line(struct wp_slice line, struct venus_service_record *out, const char **ret_why)
{
    *ret_why = "a line is 'second, service, path, value', such as 1.5, pvinverter/20, /Ac/Power, 936.0";
    if (!read_second(trimmed(up_to(&line, ',')), &out->at))
        return false;
    out->service = trimmed(up_to(&line, ','));
    out->path = trimmed(up_to(&line, ','));
    out->value = trimmed(line);
    return out->service.n > 0 && out->path.n > 1 && out->path.n <= VENUS_PATH_MAX &&
           dbus_is_path(out->path) && out->value.n <= VALUE_MAX;
}

bool venus_service_next_record(struct wp_slice *text, struct venus_service_record *out, const char **ret_why)
{
    *ret_why = "";
    while (text->n > 0) {
        const struct wp_slice line = trimmed(up_to(text, '\n'));

        if (line.n > 0 && line.p[0] != '#')
            return read_line(line, out, ret_why);
    }
    return false;
}

/* ---- what they say ------------------------------------------------------------------------------------------- */

static bool is_bare_text(struct wp_slice value)
{
    struct wp_value v;

    return !wp_slice_is(value, "null") && !wp_slice_is(value, "true") && !wp_slice_is(value, "false") &&
           !strchr("\"[{", value.p[0]) && !wp_number_read(value, &v);
}

static const char *type_by_value(struct wp_slice value)
{
    if (wp_slice_is(value, "true") || wp_slice_is(value, "false"))
        return "b";
    if (value.p[0] == '[')
        return "av";
    if (value.p[0] == '{')
        return "a{sv}";
    if (value.p[0] == '"')
        return "s";
    return memchr(value.p, '.', value.n) || memchr(value.p, 'e', value.n) ? "d" : "i";
}

bool venus_service_is_record(const struct venus_service_record *record, const char **ret_why)
{
    const struct wp_slice value = record->value;

    return value.n == 0 || is_bare_text(value) ||
           venus_words_is_value(value, wp_text(type_by_value(value)), ret_why);
}

/* ---- whose they are ------------------------------------------------------------------------------------------- */

static bool is_type_and_instance(const struct venus_service *m, struct wp_slice type, struct wp_slice service)
{
    const struct venus_item *item = venus_items_find(m->items, "/DeviceInstance");
    const struct venus_item *named = venus_items_find(m->items, "/Identifier");
    uint8_t text[VENUS_PATH_MAX + 1];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_slice(&w, type);
    wp_put_char(&w, '/');
    venus_put_instance(&w, item ? &item->value : NULL, named ? &named->value : NULL);
    return !w.full && wp_slice_eq(wp_written(&w), service);
}

bool venus_service_is_for(const struct venus_service *m, struct wp_slice service)
{
    const struct wp_slice name = m->plan.name;
    struct wp_slice type;

    if (wp_slice_eq(service, name))
        return true;
    return venus_service_type(name, &type) &&
           (wp_slice_eq(service, type) || is_type_and_instance(m, type, service) ||
            wp_slice_eq(service, wp_slice_from(name, strlen(VENUS_SERVICE_PREFIX))));
}

/* ---- in time ---------------------------------------------------------------------------------------------------- */

/* m->rows is put in front of the next line that is ours. */
static void find_next(struct venus_service *m)
{
    struct wp_slice text = m->rows;
    struct venus_service_record record;
    const char *why;

    m->next_row = WP_NEVER;
    while (venus_service_next_record(&text, &record, &why)) {
        if (venus_service_is_for(m, record.service)) {
            m->next_row = m->start + record.at;
            return;
        }
        m->rows = text;
    }
}

void venus_service_begin_playback(struct venus_service *m, wp_us now)
{
    const struct wp_value given = venus_service_given(m->setup, SERVICE_PLAYBACK);

    m->start = now;
    if (given.kind != WP_TEXT)
        return;
    m->rows = given.bytes;
    find_next(m);
}

static bool put_record(struct venus_service *m, const struct venus_service_record *r, const char **ret_why)
{
    struct venus_item *item = venus_items_find_slice(m->items, r->path);
    struct venus_words words = {.path = r->path, .json = r->value};

    *ret_why = "there is no room left: see `spare` and `memory`";
    if (r->value.n == 0)
        words.json = wp_text("null");
    if (is_bare_text(words.json)) {
        if (!item)
            item = venus_items_add(m->items, r->path, wp_text("s"));
        return item && venus_items_put_as(m->items, item, wp_text("s"), wp_text_value(r->value));
    }
    if (!item)
        words.type = wp_text(type_by_value(words.json));
    return venus_items_assign_one(m->items, &words, ret_why);
}

void venus_service_play(struct venus_service *m, wp_us now, struct wp_outbox *out)
{
    while (m->next_row <= now) {
        struct venus_service_record record;
        const wp_us at = m->next_row;
        const char *why;

        if (venus_service_next_record(&m->rows, &record, &why) && !put_record(m, &record, &why))
            wp_note(out, "value-refused", wp_text(why), ++m->n_refused);
        find_next(m);
        if (m->next_row != at)
            venus_items_signal(m->items, out);
    }
}
