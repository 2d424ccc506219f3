/* The parts of an APDU as fields. */
#include "sim/codec/cosem_show.h"

#include "sim/codec/cosem_time.h"

void show(struct cosem_show *s, const char *name, struct wp_value value, size_t at, size_t len,
          enum wp_role role)
{
    struct wp_field field = {s->path, value, "", len ? s->first + at : 0, len, role};
    size_t n = strlen(name);

    if (s->n_path + 1 + n > SHOW_PATH_MAX)
        return;
    s->path[s->n_path] = '.';
    memcpy(s->path + s->n_path + 1, name, n + 1);
    s->visit(s->ctx, &field);
    s->path[s->n_path] = 0;
}

void show_text(struct cosem_show *s, const char *name, struct wp_slice text)
{
    if (text.n)
        show(s, name, wp_text_value(text), 0, 0, WP_ROLE_FIELD);
}

void show_name(struct cosem_show *s, const char *name, cosem_text *text, unsigned number)
{
    uint8_t memory[80];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    cosem_put_name(&w, text, number);
    show_text(s, name, wp_written(&w));
}

size_t show_enter(struct cosem_show *s, const char *name)
{
    size_t before = s->n_path, n = strlen(name);

    if (before + 1 + n <= SHOW_PATH_MAX) {
        s->path[before] = '.';
        memcpy(s->path + before + 1, name, n + 1);
        s->n_path += 1 + n;
    }
    return before;
}

size_t show_enter_element(struct cosem_show *s, uint32_t index)
{
    char text[12];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_uint(&w, index);
    return show_enter(s, wp_put_end(&w));
}

void show_leave(struct cosem_show *s, size_t n_path)
{
    s->n_path = n_path;
    s->path[n_path] = 0;
}

static void show_number(struct cosem_show *s, const char *name, uint64_t number, size_t n, enum wp_role role)
{
    show(s, name, wp_uint(number), s->r.at - n, n, role);
}

uint8_t show_u8(struct cosem_show *s, const char *name, enum wp_role role)
{
    uint8_t v = take_u8(&s->r);

    show_number(s, name, v, 1, role);
    return v;
}

uint16_t show_u16(struct cosem_show *s, const char *name, enum wp_role role)
{
    uint16_t v = take_u16(&s->r);

    show_number(s, name, v, 2, role);
    return v;
}

uint32_t show_u32(struct cosem_show *s, const char *name, enum wp_role role)
{
    uint32_t v = take_u32(&s->r);

    show_number(s, name, v, 4, role);
    return v;
}

bool show_bool(struct cosem_show *s, const char *name)
{
    bool yes = take_u8(&s->r) != 0;

    show(s, name, wp_bool(yes), s->r.at - 1, 1, WP_ROLE_FIELD);
    return yes;
}

struct wp_slice show_slice(struct cosem_show *s, const char *name, size_t n, enum wp_role role)
{
    struct wp_slice octets = take_slice(&s->r, n);

    show(s, name, wp_bytes_value(octets), s->r.at - octets.n, octets.n, role);
    return octets;
}

struct wp_slice show_octets(struct cosem_show *s, const char *name, enum wp_role role)
{
    return show_slice(s, name, take_length(&s->r), role);
}

void show_secret(struct cosem_show *s, const char *name, size_t n)
{
    take_slice(&s->r, n);
    show(s, name, wp_text_value(wp_text("***")), s->r.at - n, n, WP_ROLE_SECRET);
}

void show_time(struct cosem_show *s, const char *name, size_t n)
{
    uint8_t memory[COSEM_TIME_TEXT_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct wp_slice octets = take_slice(&s->r, n);
    struct cosem_time t;

    if (n == 0) {
        show(s, name, wp_null(), 0, 0, WP_ROLE_FIELD);
        return;
    }
    if (!cosem_time_read(octets, &t)) {
        show(s, name, wp_bytes_value(octets), s->r.at - n, n, WP_ROLE_VALUE);
        return;
    }
    if (!cosem_time_put_iso(&w, &t))
        cosem_time_put_text(&w, &t);
    show(s, name, wp_text_value(wp_written(&w)), s->r.at - n, n, WP_ROLE_VALUE);
    show(s, "clockStatus", wp_int(t.status), s->r.at - 1, 1, WP_ROLE_FIELD);
}

void show_data(struct cosem_show *s, const char *name)
{
    size_t at = s->r.at, before = show_enter(s, name);
    struct wp_slice data = take_data(&s->r);

    axdr_fields(data, s->path, s->first + at, s->visit, s->ctx);
    show_leave(s, before);
}

void show_data_element(struct cosem_show *s, uint32_t index)
{
    char text[12];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_uint(&w, index);
    show_data(s, wp_put_end(&w));
}

static void show_obis(struct cosem_show *s)
{
    uint8_t memory[OBIS_NAME_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct obis o;

    if (s->has_obis_length)
        take_u8(&s->r);
    o = obis_of(take_slice(&s->r, OBIS_OCTETS).p);
    obis_put(&w, o);
    show(s, "obis", wp_text_value(wp_written(&w)), s->r.at - OBIS_OCTETS, OBIS_OCTETS, WP_ROLE_KEY);
    w.n = 0;
    obis_put_name(&w, o);
    show_text(s, "name", wp_written(&w));
}

void show_object(struct cosem_show *s, bool is_method, uint32_t *ret_class_id, int *ret_id)
{
    uint16_t class_id = show_u16(s, "classId", WP_ROLE_KEY);
    int8_t id;

    show_text(s, "class", wp_text(cosem_class_text(class_id)));
    show_obis(s);
    id = (int8_t)take_u8(&s->r);
    show(s, is_method ? "method" : "attribute", wp_int(id), s->r.at - 1, 1, WP_ROLE_KEY);
    if (is_method)
        show_text(s, "methodName", cosem_method_text(class_id, id));
    else
        show_text(s, "attributeName", cosem_attribute_text(class_id, id));
    *ret_class_id = class_id;
    *ret_id = id;
}

void show_selection(struct cosem_show *s)
{
    if (!take_optional(&s->r))
        return;
    show_u8(s, "selector", WP_ROLE_FIELD);
    show_data(s, "selection");
}
