/* Messages, written front to back: the header, then values as the signature says, then the lengths. */
#include "sim/codec/dbus_out.h"

#include "sim/codec/dbus_out_impl.h"

#include <assert.h>

enum { AT_BODY_LEN = 4, AT_FIELDS_LEN = 12, VERSION = 1 };

/* The number that was left out at this offset of the message. */
static void fill_in(struct dbus_out *out, size_t at, size_t n)
{
    uint8_t *p;

    if (out->w->full)
        return;
    p = out->w->p + out->start + at;
    p[0] = (uint8_t)n;
    p[1] = (uint8_t)(n >> 8);
    p[2] = (uint8_t)(n >> 16);
    p[3] = (uint8_t)(n >> 24);
}

/* ---- the header --------------------------------------------------------------------------------------- */

static void begin_field(struct dbus_out *out, uint8_t code, uint8_t type)
{
    const uint8_t head[] = {code, 1, type, 0};

    dbus_out_align(out, DBUS_ALIGN);
    wp_put_slice(out->w, wp_slice(head, sizeof head));
}

static void put_field(struct dbus_out *out, uint8_t code, uint8_t type, struct wp_slice text, bool is_valid)
{
    if (text.n == 0)
        return;
    out->wrong |= !is_valid;
    begin_field(out, code, type);
    dbus_out_text(out, type, text);
}

static void put_fields(struct dbus_out *out, const struct dbus_head *head, struct wp_slice signature)
{
    put_field(out, DBUS_FIELD_PATH, 'o', head->path, dbus_is_path(head->path));
    put_field(out, DBUS_FIELD_INTERFACE, 's', head->interface, dbus_is_interface(head->interface));
    put_field(out, DBUS_FIELD_MEMBER, 's', head->member, dbus_is_member(head->member));
    put_field(out, DBUS_FIELD_ERROR_NAME, 's', head->error_name, dbus_is_interface(head->error_name));
    if (head->reply_serial) {
        begin_field(out, DBUS_FIELD_REPLY_SERIAL, 'u');
        dbus_out_u32(out, head->reply_serial);
    }
    put_field(out, DBUS_FIELD_DESTINATION, 's', head->destination, dbus_is_bus_name(head->destination));
    put_field(out, DBUS_FIELD_SENDER, 's', head->sender, dbus_is_bus_name(head->sender));
    put_field(out, DBUS_FIELD_SIGNATURE, 'g', signature, true);
}

/* A field that this type of message must have is not there. */
static bool is_lacking(const struct dbus_head *head)
{
    switch (head->type) {
    case DBUS_CALL: return head->path.n == 0 || head->member.n == 0;
    case DBUS_RETURN: return head->reply_serial == 0;
    case DBUS_ERROR: return head->reply_serial == 0 || head->error_name.n == 0;
    case DBUS_SIGNAL: return head->path.n == 0 || head->interface.n == 0 || head->member.n == 0;
    default: return false;
    }
}

void dbus_begin(struct dbus_out *out, struct wp_writer *w, const struct dbus_head *head,
                const char *signature)
{
    const uint8_t fixed[] = {'l', head->type, head->flags, VERSION};

    assert(head->serial != 0);
    assert(dbus_is_signature(wp_text(signature)));
    out->w = w;
    out->start = w->n;
    out->wrong = is_lacking(head);
    out->depth = 0;
    out->levels[0] = (struct dbus_out_level){.type = signature};
    wp_put_slice(w, wp_slice(fixed, sizeof fixed));
    dbus_out_u32(out, 0);
    dbus_out_u32(out, head->serial);
    dbus_out_u32(out, 0);
    put_fields(out, head, wp_text(signature));
    fill_in(out, AT_FIELDS_LEN, dbus_out_place(out) - DBUS_FIXED);
    dbus_out_align(out, DBUS_ALIGN);
    out->body = dbus_out_place(out);
}

void dbus_begin_call(struct dbus_out *out, struct wp_writer *w, uint32_t serial, struct wp_slice destination,
                     struct wp_slice path, struct wp_slice interface, struct wp_slice member,
                     const char *signature)
{
    const struct dbus_head head = {.type = DBUS_CALL,
                                   .serial = serial,
                                   .path = path,
                                   .interface = interface,
                                   .member = member,
                                   .destination = destination};

    dbus_begin(out, w, &head, signature);
}

void dbus_begin_signal(struct dbus_out *out, struct wp_writer *w, uint32_t serial, struct wp_slice path,
                       struct wp_slice interface, struct wp_slice member, const char *signature)
{
    const struct dbus_head head = {.type = DBUS_SIGNAL,
                                   .flags = DBUS_NO_REPLY,
                                   .serial = serial,
                                   .path = path,
                                   .interface = interface,
                                   .member = member};

    dbus_begin(out, w, &head, signature);
}

void dbus_begin_reply(struct dbus_out *out, struct wp_writer *w, uint32_t serial,
                      const struct dbus_message *call, const char *signature)
{
    const struct dbus_head head = {.type = DBUS_RETURN,
                                   .flags = DBUS_NO_REPLY,
                                   .serial = serial,
                                   .reply_serial = call->serial,
                                   .destination = call->sender};

    dbus_begin(out, w, &head, signature);
}

bool dbus_put_error(struct wp_writer *w, uint32_t serial, const struct dbus_message *call, const char *name,
                    struct wp_slice text)
{
    const struct dbus_head head = {.type = DBUS_ERROR,
                                   .flags = DBUS_NO_REPLY,
                                   .serial = serial,
                                   .reply_serial = call->serial,
                                   .error_name = wp_text(name),
                                   .destination = call->sender};
    struct dbus_out out;

    dbus_begin(&out, w, &head, "s");
    dbus_put_text(&out, text);
    return dbus_end(&out);
}

bool dbus_end(struct dbus_out *out)
{
    size_t n = dbus_out_place(out);

    assert(out->depth == 0);
    assert(*out->levels[0].type == 0);
    fill_in(out, AT_BODY_LEN, n - out->body);
    if (!out->w->full && !out->wrong && n <= DBUS_MESSAGE_MAX)
        return true;
    out->w->n = out->start;
    return false;
}

/* ---- containers --------------------------------------------------------------------------------------- */

uint8_t dbus_wants(const struct dbus_out *out)
{
    const char code = *out->levels[out->depth].type;

    return code == ')' || code == '}' ? 0 : (uint8_t)code;
}

static void push(struct dbus_out *out, struct dbus_out_level level)
{
    assert(out->depth < DBUS_DEPTH_MAX);
    out->levels[++out->depth] = level;
}

static void open_array(struct dbus_out *out)
{
    struct dbus_out_level *outer = dbus_out_here(out);
    struct dbus_out_level inner = {.type = outer->type + 1, .is_array = true};

    dbus_out_u32(out, 0);
    inner.length_at = dbus_out_place(out) - 4;
    dbus_out_align(out, dbus_alignment((uint8_t)*inner.type));
    inner.first = dbus_out_place(out);
    if (!outer->is_array)
        outer->type += dbus_out_type_length(outer->type);
    push(out, inner);
}

void dbus_open(struct dbus_out *out)
{
    const uint8_t code = dbus_wants(out);

    assert(code == 'a' || code == '(' || code == '{');
    if (code == 'a') {
        open_array(out);
        return;
    }
    dbus_out_align(out, DBUS_ALIGN);
    push(out, (struct dbus_out_level){.type = dbus_out_here(out)->type + 1});
}

void dbus_open_variant(struct dbus_out *out, const char *type)
{
    assert(dbus_wants(out) == 'v');
    assert(dbus_is_one_type(wp_text(type)));
    dbus_out_text(out, 'g', wp_text(type));
    dbus_out_pass(out);
    push(out, (struct dbus_out_level){.type = type});
}

void dbus_close(struct dbus_out *out)
{
    const struct dbus_out_level inner = *dbus_out_here(out);

    assert(out->depth > 0);
    out->depth--;
    if (inner.is_array) {
        size_t n = dbus_out_place(out) - inner.first;

        out->wrong |= n > DBUS_ARRAY_MAX;
        fill_in(out, inner.length_at, n);
        return;
    }
    assert(*inner.type == 0 || *inner.type == ')' || *inner.type == '}');
    if (*inner.type != 0 && !dbus_out_here(out)->is_array)
        dbus_out_here(out)->type = inner.type + 1;
}
