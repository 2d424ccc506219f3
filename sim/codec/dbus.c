/* One D-Bus message from bytes: its header, and whether everything in it is what it says. */
#include "sim/codec/dbus.h"

#include "sim/codec/dbus_impl.h"

enum {
    AT_TYPE = 1,
    AT_FLAGS = 2,
    AT_VERSION = 3,
    AT_BODY_LEN = 4,
    AT_SERIAL = 8,
    AT_FIELDS_LEN = 12,
    VERSION = 1,
    FIELD_DEPTH = 2, /* of a field's variant: in a structure in the array of fields */
};

/* What type each field must have. */
static const uint8_t type_of[DBUS_N_FIELDS] = {0, 'o', 's', 's', 's', 'u', 's', 's', 'g', 'u'};

const char *dbus_type_text(uint8_t type)
{
    switch (type) {
#define X(name, code, text)                                                                                  \
    case DBUS_##name: return text;
        DBUS_TYPES(X)
#undef X
    default: return NULL;
    }
}

/* ---- where messages begin and end -------------------------------------------------------------------- */

/* What the first bytes say; with fewer than DBUS_FIXED as far as they go. */
static enum wp_fault check_start(struct wp_slice in, size_t *ret_at)
{
    *ret_at = 0;
    if (in.p[0] != 'l' && in.p[0] != 'B')
        return WP_FAULT_START;
    *ret_at = AT_TYPE;
    if (in.n > AT_TYPE && in.p[AT_TYPE] == 0)
        return WP_FAULT_TYPE;
    *ret_at = AT_VERSION;
    if (in.n > AT_VERSION && in.p[AT_VERSION] != VERSION)
        return WP_FAULT_VERSION;
    return WP_FAULT_NONE;
}

/* Of a header that is there; 0: longer than messages may be. */
static size_t length_of(const uint8_t *p, size_t *ret_body_at)
{
    bool is_big = p[0] == 'B';
    size_t n_fields = dbus_u32(p + AT_FIELDS_LEN, is_big), n_body = dbus_u32(p + AT_BODY_LEN, is_big);

    *ret_body_at = dbus_padded(DBUS_FIXED + n_fields, DBUS_ALIGN);
    if (n_fields > DBUS_ARRAY_MAX || n_body > DBUS_MESSAGE_MAX || *ret_body_at + n_body > DBUS_MESSAGE_MAX)
        return 0;
    return *ret_body_at + n_body;
}

size_t dbus_length(struct wp_slice in)
{
    size_t unused;

    if (in.n < DBUS_FIXED || check_start(in, &unused) != WP_FAULT_NONE)
        return 0;
    return length_of(in.p, &unused);
}

/* Bytes up to the next place behind the first one where a message could begin. */
static size_t skip(struct wp_slice in)
{
    size_t unused;

    for (size_t at = 1; at < in.n; at++)
        if (check_start(wp_slice_from(in, at), &unused) == WP_FAULT_NONE)
            return at;
    return in.n;
}

/* ---- header fields ----------------------------------------------------------------------------------- */

static struct wp_slice *slot(struct dbus_message *m, uint8_t code)
{
    switch (code) {
    case DBUS_FIELD_PATH: return &m->path;
    case DBUS_FIELD_INTERFACE: return &m->interface;
    case DBUS_FIELD_MEMBER: return &m->member;
    case DBUS_FIELD_ERROR_NAME: return &m->error_name;
    case DBUS_FIELD_DESTINATION: return &m->destination;
    case DBUS_FIELD_SENDER: return &m->sender;
    default: return &m->signature;
    }
}

static bool is_name(uint8_t code, struct wp_slice text)
{
    switch (code) {
    case DBUS_FIELD_INTERFACE:
    case DBUS_FIELD_ERROR_NAME: return dbus_is_interface(text);
    case DBUS_FIELD_MEMBER: return dbus_is_member(text);
    case DBUS_FIELD_DESTINATION:
    case DBUS_FIELD_SENDER: return dbus_is_bus_name(text);
    default: return true; /* a path or signature was looked at as the value that it is */
    }
}

static bool take_text(struct dbus_check *c, uint8_t code, struct dbus_message *out)
{
    struct wp_slice text;
    size_t at;

    if (!dbus_check_text(c, type_of[code], &text))
        return false;
    at = (size_t)(text.p - c->p);
    if (!is_name(code, text))
        return dbus_is_wrong(c, WP_FAULT_NAME, at);
    *slot(out, code) = text;
    return true;
}

static bool take_number(struct dbus_check *c, uint8_t code, struct dbus_message *out)
{
    uint32_t number;

    if (!dbus_check_padding(c, 4))
        return false;
    if (c->end - c->at < 4)
        return dbus_is_wrong(c, WP_FAULT_COUNT, c->at);
    number = dbus_u32(c->p + c->at, c->is_big);
    if (code == DBUS_FIELD_UNIX_FDS) {
        out->n_fds = number;
        out->n_fds_at = (uint32_t)c->at;
    } else if (number == 0) {
        return dbus_is_wrong(c, WP_FAULT_SERIAL, c->at);
    } else {
        out->reply_serial = number;
        out->reply_serial_at = (uint32_t)c->at;
    }
    c->at += 4;
    return true;
}

static bool take_field(struct dbus_check *c, uint32_t *seen, struct dbus_message *out)
{
    struct wp_slice type;
    size_t at;
    uint8_t code;

    if (!dbus_check_padding(c, DBUS_ALIGN))
        return false;
    if (c->at == c->end)
        return dbus_is_wrong(c, WP_FAULT_COUNT, c->at);
    at = c->at;
    code = c->p[c->at++];
    if (!dbus_check_text(c, 'g', &type))
        return false;
    if (!dbus_is_one_type(type))
        return dbus_is_wrong(c, WP_FAULT_SIGNATURE, at + 2);
    if (code >= DBUS_N_FIELDS)
        return dbus_check_values(c, type, FIELD_DEPTH + 1); /* whatever it is: it is to be ignored */
    if (code == 0 || *seen & 1U << code || type.n != 1 || type.p[0] != type_of[code])
        return dbus_is_wrong(c, WP_FAULT_HEADER_FIELD, at);
    *seen |= 1U << code;
    return type_of[code] == 'u' ? take_number(c, code, out) : take_text(c, code, out);
}

static bool has_fields(uint8_t type, uint32_t seen)
{
    static const uint32_t must[] = {
        [DBUS_CALL] = 1U << DBUS_FIELD_PATH | 1U << DBUS_FIELD_MEMBER,
        [DBUS_RETURN] = 1U << DBUS_FIELD_REPLY_SERIAL,
        [DBUS_ERROR] = 1U << DBUS_FIELD_ERROR_NAME | 1U << DBUS_FIELD_REPLY_SERIAL,
        [DBUS_SIGNAL] = 1U << DBUS_FIELD_PATH | 1U << DBUS_FIELD_INTERFACE | 1U << DBUS_FIELD_MEMBER,
    };

    return type > DBUS_SIGNAL || (seen & must[type]) == must[type];
}

/* Reserved for what libraries tell themselves: never on a bus. */
static bool is_local(const struct dbus_message *m)
{
    return wp_slice_is(m->interface, "org.freedesktop.DBus.Local") ||
           wp_slice_is(m->path, "/org/freedesktop/DBus/Local");
}

static bool take_fields(struct dbus_check *c, size_t body_at, struct dbus_message *out)
{
    uint32_t seen = 0;

    while (c->at < c->end)
        if (!take_field(c, &seen, out))
            return false;
    c->end = body_at;
    if (!dbus_check_padding(c, DBUS_ALIGN))
        return false;
    if (!has_fields(out->type, seen))
        return dbus_is_wrong(c, WP_FAULT_MISSING, AT_TYPE);
    return true;
}

/* What a message may not say of itself: a serial that is none, or that it comes from its reader's own library. */
static bool check_origin(struct dbus_check *c, const struct dbus_message *m, bool is_seen)
{
    if (is_local(m))
        return is_seen || dbus_is_wrong(c, WP_FAULT_HEADER_FIELD, DBUS_FIXED);
    return m->serial != 0 || dbus_is_wrong(c, WP_FAULT_SERIAL, AT_SERIAL);
}

static bool take_body(struct dbus_check *c, const struct dbus_message *m)
{
    c->end = m->whole.n;
    if (!dbus_check_values(c, m->signature, 0))
        return false;
    return c->at == c->end || dbus_is_wrong(c, WP_FAULT_EXTRA, c->at);
}

static struct wp_decode decode(struct wp_slice in, bool is_seen, struct dbus_message *out)
{
    struct dbus_message m = {0};
    struct dbus_check c;
    enum wp_fault fault;
    size_t at, n, body_at;

    if (in.n == 0)
        return wp_more(DBUS_FIXED);
    fault = check_start(in, &at);
    if (fault != WP_FAULT_NONE)
        return wp_bad(fault, at, skip(in));
    if (in.n < DBUS_FIXED)
        return wp_more(DBUS_FIXED - in.n);
    n = length_of(in.p, &body_at);
    if (n == 0)
        return wp_bad(WP_FAULT_LENGTH, AT_BODY_LEN, skip(in));
    if (in.n < n)
        return wp_more(n - in.n);
    m.is_big_endian = in.p[0] == 'B';
    m.type = in.p[AT_TYPE];
    m.flags = in.p[AT_FLAGS];
    m.serial = dbus_u32(in.p + AT_SERIAL, m.is_big_endian);
    m.whole = wp_slice(in.p, n);
    m.body = wp_slice(in.p + body_at, n - body_at);
    c = (struct dbus_check){.p = in.p, .at = DBUS_FIXED, .is_big = m.is_big_endian};
    c.end = DBUS_FIXED + dbus_u32(in.p + AT_FIELDS_LEN, m.is_big_endian);
    if (!take_fields(&c, body_at, &m) || !check_origin(&c, &m, is_seen) || !take_body(&c, &m))
        return wp_bad(c.fault, c.at, n);
    *out = m;
    return wp_ok(n);
}

struct wp_decode dbus_decode(struct wp_slice in, struct dbus_message *out)
{
    return decode(in, false, out);
}

struct wp_decode dbus_decode_seen(struct wp_slice in, struct dbus_message *out)
{
    return decode(in, true, out);
}
