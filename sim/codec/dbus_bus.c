/* Calls to the bus, its one signal that matters, and how it hands messages on. */
#include "sim/codec/dbus_bus.h"

#include "sim/codec/dbus_impl.h"

/* ---- calls -------------------------------------------------------------------------------------------- */

static void begin(struct dbus_out *out, struct wp_writer *w, uint32_t serial, const char *member,
                  const char *signature)
{
    dbus_begin_call(out, w, serial, wp_text(DBUS_BUS), wp_text(DBUS_BUS_PATH), wp_text(DBUS_BUS),
                    wp_text(member), signature);
}

static bool put_plain(struct wp_writer *w, uint32_t serial, const char *member)
{
    struct dbus_out out;

    begin(&out, w, serial, member, "");
    return dbus_end(&out);
}

static bool put_with(struct wp_writer *w, uint32_t serial, const char *member, struct wp_slice text)
{
    struct dbus_out out;

    begin(&out, w, serial, member, "s");
    dbus_put_text(&out, text);
    return dbus_end(&out);
}

static bool put_with_name(struct wp_writer *w, uint32_t serial, const char *member, struct wp_slice name)
{
    return dbus_is_bus_name(name) && put_with(w, serial, member, name);
}

bool dbus_put_hello(struct wp_writer *w, uint32_t serial)
{
    return put_plain(w, serial, "Hello");
}

bool dbus_put_request_name(struct wp_writer *w, uint32_t serial, struct wp_slice name, uint32_t flags)
{
    struct dbus_out out;

    if (!dbus_is_well_known(name))
        return false;
    begin(&out, w, serial, "RequestName", "su");
    dbus_put_text(&out, name);
    dbus_put_uint(&out, flags);
    return dbus_end(&out);
}

bool dbus_put_release_name(struct wp_writer *w, uint32_t serial, struct wp_slice name)
{
    return put_with_name(w, serial, "ReleaseName", name);
}

bool dbus_put_add_match(struct wp_writer *w, uint32_t serial, struct wp_slice rule)
{
    return put_with(w, serial, "AddMatch", rule);
}

bool dbus_put_remove_match(struct wp_writer *w, uint32_t serial, struct wp_slice rule)
{
    return put_with(w, serial, "RemoveMatch", rule);
}

bool dbus_put_list_names(struct wp_writer *w, uint32_t serial)
{
    return put_plain(w, serial, "ListNames");
}

bool dbus_put_get_name_owner(struct wp_writer *w, uint32_t serial, struct wp_slice name)
{
    return put_with_name(w, serial, "GetNameOwner", name);
}

bool dbus_put_name_has_owner(struct wp_writer *w, uint32_t serial, struct wp_slice name)
{
    return put_with_name(w, serial, "NameHasOwner", name);
}

/* ---- signals ------------------------------------------------------------------------------------------ */

bool dbus_is(const struct dbus_message *m, uint8_t type, const char *interface, const char *member)
{
    bool any_interface = type == DBUS_CALL && m->interface.n == 0;

    return m->type == type && wp_slice_is(m->member, member) &&
           (any_interface || wp_slice_is(m->interface, interface));
}

bool dbus_put_owner_change(struct wp_writer *w, uint32_t serial, const struct dbus_owner_change *change)
{
    const struct dbus_head head = {.type = DBUS_SIGNAL,
                                   .flags = DBUS_NO_REPLY,
                                   .serial = serial,
                                   .path = wp_text(DBUS_BUS_PATH),
                                   .interface = wp_text(DBUS_BUS),
                                   .member = wp_text("NameOwnerChanged"),
                                   .sender = wp_text(DBUS_BUS)};
    struct dbus_out out;

    dbus_begin(&out, w, &head, "sss");
    dbus_put_text(&out, change->name);
    dbus_put_text(&out, change->before);
    dbus_put_text(&out, change->after);
    return dbus_end(&out);
}

bool dbus_read_owner_change(const struct dbus_message *m, struct dbus_owner_change *out)
{
    struct dbus_iter it;

    if (!dbus_is(m, DBUS_SIGNAL, DBUS_BUS, "NameOwnerChanged") || !wp_slice_is(m->sender, DBUS_BUS) ||
        !wp_slice_is(m->signature, "sss"))
        return false;
    dbus_iter(&it, m);
    out->name = dbus_get_text(&it);
    out->before = dbus_get_text(&it);
    out->after = dbus_get_text(&it);
    return true;
}

/* ---- handing on --------------------------------------------------------------------------------------- */

enum { AT_FIELDS_LEN = 12, FIELD_HEAD = 8 }; /* FIELD_HEAD: code, type "s" and length in front of a name */

static void put_zeros(struct wp_writer *w, size_t start, size_t to)
{
    static const uint8_t zeros[DBUS_ALIGN];
    const size_t at = w->n - start;

    wp_put_slice(w, wp_slice(zeros, dbus_padded(at, to) - at));
}

static void put_u32(struct wp_writer *w, size_t v, bool is_big)
{
    (is_big ? wp_put_u32be : wp_put_u32le)(w, (uint32_t)v);
}

/* Every field begins at a multiple of 8, so one can be taken out and the others keep their padding. */
static void put_other_fields(struct wp_writer *w, const struct dbus_message *m, size_t start)
{
    const uint8_t *p = m->whole.p;
    const size_t end = DBUS_FIXED + dbus_u32(p + AT_FIELDS_LEN, m->is_big_endian);
    size_t from = end, to = end; /* of the sender's field */

    if (m->sender.n > 0) {
        from = (size_t)(m->sender.p - p) - FIELD_HEAD;
        to = dbus_padded((size_t)(m->sender.p - p) + m->sender.n + 1, DBUS_ALIGN);
    }
    wp_put_slice(w, wp_slice(p + DBUS_FIXED, from - DBUS_FIXED));
    if (to < end)
        wp_put_slice(w, wp_slice(p + to, end - to));
    put_zeros(w, start, DBUS_ALIGN);
}

static void put_sender(struct wp_writer *w, struct wp_slice sender, bool is_big)
{
    const uint8_t head[] = {DBUS_FIELD_SENDER, 1, 's', 0};

    wp_put_slice(w, wp_slice(head, sizeof head));
    put_u32(w, sender.n, is_big);
    wp_put_slice(w, sender);
    wp_put_u8(w, 0);
}

/* Where the length of the fields was left out. */
static void fill_in(struct wp_writer *w, size_t at, size_t v, bool is_big)
{
    struct wp_writer length;

    if (w->full)
        return;
    length = wp_writer(w->p + at, 4);
    put_u32(&length, v, is_big);
}

bool dbus_put_from(struct wp_writer *w, const struct dbus_message *m, struct wp_slice sender)
{
    const size_t start = w->n;
    const bool is_big = m->is_big_endian;

    if (!dbus_is_bus_name(sender))
        return false;
    wp_put_slice(w, wp_slice(m->whole.p, DBUS_FIXED));
    put_other_fields(w, m, start);
    put_sender(w, sender, is_big);
    fill_in(w, start + AT_FIELDS_LEN, w->n - start - DBUS_FIXED, is_big);
    put_zeros(w, start, DBUS_ALIGN);
    wp_put_slice(w, m->body);
    if (!w->full && w->n - start <= DBUS_MESSAGE_MAX)
        return true;
    w->n = start;
    return false;
}
