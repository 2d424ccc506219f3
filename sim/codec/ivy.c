#include "sim/codec/ivy.h"

#include "sim/codec/cosem_apdu.h"
#include "sim/codec/crc16.h"
#include "sim/codec/wrapper.h"

#include <assert.h>

enum { MESSAGE_HEAD = 3, CRC_LEN = 2 }; /* code, device type, n */

/* ---- decoding --------------------------------------------------------------------------------------- */

static uint16_t get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static struct wp_decode bad(struct wp_slice in, enum wp_fault fault, size_t at)
{
    return wp_bad(fault, at, wrapper_next_start(in, 1));
}

static bool is_digits(struct wp_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

/* A payload is a session message when its length is right for its address, with or without an option byte.
 * 0F is also the tag of a DataNotification, whose bytes there are no digits. */
static bool session_decode(struct wp_slice payload, struct ivy_session *out)
{
    struct wp_reader r = wp_reader(payload);
    size_t n_address, n_option;

    out->control = wp_get_u8(&r);
    out->device_type = wp_get_u8(&r);
    n_address = wp_get_u8(&r);
    out->address = wp_get_slice(&r, n_address);
    if (r.ran_out || n_address == 0 || !ivy_control_text(out->control) || wp_left(&r) < CRC_LEN)
        return false;
    n_option = wp_left(&r) - CRC_LEN;
    if (n_option > 1 || (out->control == IVY_LAST_GASP && !is_digits(out->address)))
        return false;
    out->has_option = n_option == 1;
    out->option = n_option ? wp_get_u8(&r) : 0;
    out->crc_expected = crc16_x25(wp_slice(payload.p + 1, payload.n - 1 - CRC_LEN));
    out->crc = wp_get_u16le(&r);
    return true;
}

static enum ivy_kind classify(struct ivy_frame *out)
{
    if (out->payload.n == 0)
        return IVY_OTHER;
    if (session_decode(out->payload, &out->session))
        return IVY_SESSION;
    return cosem_apdu_name(out->payload.p[0]) ? IVY_APDU : IVY_OTHER;
}

/* Can these be the ports? Each is below 256 and not 0 (no station), and one of them is the meter's, 1. */
static bool are_ports(const uint8_t *p, size_t n)
{
    if (n > 0 && p[0] != 0)
        return false;
    if (n > 1 && p[1] == 0)
        return false;
    if (n > 2 && p[2] != 0)
        return false;
    return n < 4 || (p[3] != 0 && (p[1] == IVY_PORT || p[3] == IVY_PORT));
}

struct wp_decode ivy_decode(struct wp_slice in, struct ivy_frame *out)
{
    const uint8_t *p = in.p;
    struct wrapper_frame wrapper;
    struct wp_decode d;

    if (in.n == 0)
        return wp_more(IVY_HEADER);
    if (p[0] != 0 || (in.n > 2 && !are_ports(p + 2, in.n < 6 ? in.n - 2 : 4)))
        return bad(in, WP_FAULT_START, 0);
    if (in.n < 4)
        return wp_more(IVY_HEADER - in.n); /* enough to tell another version from garbage */
    if (p[1] != IVY_VERSION)
        return bad(in, get_u16(p + 2) == IVY_PORT ? WP_FAULT_VERSION : WP_FAULT_START, 0);
    if (in.n >= IVY_HEADER && get_u16(p + 6) > IVY_PAYLOAD_MAX)
        return bad(in, WP_FAULT_TOO_LARGE, 6);
    d = wrapper_decode(in, &wrapper);
    if (d.status != WP_OK)
        return d;
    *out = (struct ivy_frame){
        .source = wrapper.source, .destination = wrapper.destination, .payload = wrapper.payload};
    out->kind = classify(out);
    return d;
}

const char *ivy_control_text(uint8_t control)
{
    switch (control) {
#define X(name, code, text)                                                                                  \
    case code: return text;
        IVY_CONTROLS(X)
#undef X
    default: return NULL;
    }
}

/* ---- encoding --------------------------------------------------------------------------------------- */

void ivy_encode(struct wp_writer *w, uint16_t source, uint16_t destination, struct wp_slice payload)
{
    assert(payload.n <= IVY_PAYLOAD_MAX);
    wrapper_encode(w, &(struct wrapper_frame){source, destination, payload});
}

void ivy_encode_session(struct wp_writer *w, uint16_t source, uint16_t destination,
                        const struct ivy_session *session)
{
    uint8_t memory[MESSAGE_HEAD + UINT8_MAX + 1 + CRC_LEN];
    struct wp_writer message = wp_writer(memory, sizeof memory);

    assert(session->address.n <= UINT8_MAX);
    wp_put_u8(&message, session->control);
    wp_put_u8(&message, session->device_type);
    wp_put_u8(&message, (uint8_t)session->address.n);
    wp_put_slice(&message, session->address);
    if (session->has_option)
        wp_put_u8(&message, session->option);
    wp_put_u16le(&message, crc16_x25(wp_slice_from(wp_written(&message), 1)));
    ivy_encode(w, source, destination, wp_written(&message));
}

struct ivy_session ivy_session(enum ivy_control control, enum ivy_device_type type, struct wp_slice address)
{
    return (struct ivy_session){
        .control = (uint8_t)control,
        .device_type = (uint8_t)type,
        .has_option = control == IVY_LOGIN || control == IVY_LOGIN_ANSWER,
        .address = address,
    };
}

bool ivy_answer(const struct ivy_session *request, struct ivy_session *out)
{
    if (request->control != IVY_LOGIN && request->control != IVY_HEARTBEAT)
        return false;
    *out = *request;
    out->control = request->control == IVY_LOGIN ? IVY_LOGIN_ANSWER : IVY_HEARTBEAT_ANSWER;
    out->device_type = IVY_DEVICE_MASTER;
    return true;
}

/* ---- fields ----------------------------------------------------------------------------------------- */

struct visitor {
    wp_visit *visit;
    void *ctx;
};

static void say(const struct visitor *v, const char *path, struct wp_value value, size_t first, size_t len,
                enum wp_role role)
{
    struct wp_field field = {path, value, "", first, len, role};

    v->visit(v->ctx, &field);
}

static void say_header(const struct visitor *v, const struct ivy_frame *f)
{
    bool nested = f->kind == IVY_SESSION; /* the message's own fields stand beside "wrapper" */

#define PATH(name) (nested ? "wrapper." name : name)
    say(v, PATH("version"), wp_int(IVY_VERSION), 0, 2, WP_ROLE_FIELD);
    say(v, PATH("source"), wp_int(f->source), 2, 2, WP_ROLE_KEY);
    say(v, PATH("destination"), wp_int(f->destination), 4, 2, WP_ROLE_KEY);
    say(v, PATH("length"), wp_int((int64_t)f->payload.n), 6, 2, WP_ROLE_LENGTH);
#undef PATH
}

/* As it stands on the wire, low byte first. */
static void say_crc(const struct visitor *v, const char *path, uint16_t crc, size_t first, size_t len)
{
    uint8_t bytes[2] = {(uint8_t)crc, (uint8_t)(crc >> 8)};

    say(v, path, wp_bytes_value(wp_slice(bytes, sizeof bytes)), first, len,
        len ? WP_ROLE_CHECKSUM : WP_ROLE_FIELD);
}

static void say_session(const struct visitor *v, const struct ivy_session *s)
{
    size_t at = IVY_HEADER + MESSAGE_HEAD + s->address.n;

    say(v, "controlCode", wp_bytes_value(wp_slice(&s->control, 1)), IVY_HEADER, 1, WP_ROLE_KEY);
    say(v, "message", wp_text_value(wp_text(ivy_control_text(s->control))), 0, 0, WP_ROLE_FIELD);
    say(v, "deviceType", wp_int(s->device_type), IVY_HEADER + 1, 1, WP_ROLE_FIELD);
    say(v, "addressLength", wp_int((int64_t)s->address.n), IVY_HEADER + 2, 1, WP_ROLE_LENGTH);
    say(v, "address",
        wp_slice_is_printable(s->address) ? wp_text_value(s->address) : wp_bytes_value(s->address),
        IVY_HEADER + MESSAGE_HEAD, s->address.n, WP_ROLE_ID);
    say(v, "optionByte", s->has_option ? wp_bytes_value(wp_slice(&s->option, 1)) : wp_null(),
        s->has_option ? at : 0, s->has_option, WP_ROLE_FIELD);
    at += s->has_option;
    say_crc(v, "crc", s->crc, at, CRC_LEN);
    say_crc(v, "crcExpected", s->crc_expected, 0, 0);
    say(v, "crcOk", wp_bool(ivy_crc_ok(s)), 0, 0, WP_ROLE_FIELD);
}

static void ivy_fields(const void *frame, wp_visit *visit, void *ctx)
{
    const struct ivy_frame *f = frame;
    struct visitor v = {visit, ctx};

    say_header(&v, f);
    switch (f->kind) {
    case IVY_SESSION: say_session(&v, &f->session); break;
    case IVY_APDU: cosem_apdu_fields(f->payload, IVY_HEADER, visit, ctx); break;
    case IVY_OTHER:
        say(&v, "payload", wp_bytes_value(f->payload), f->payload.n ? IVY_HEADER : 0, f->payload.n,
            WP_ROLE_VALUE);
        break;
    }
}

/* ---- the catalog row -------------------------------------------------------------------------------- */

static struct wp_decode decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    (void)state;
    (void)from;
    return ivy_decode(in, frame);
}

/* A whole wrapper whose payload is a session message; an APDU has a codec of its own. */
static enum wp_probe probe(struct wp_slice in)
{
    struct ivy_frame frame;
    struct wp_decode d = ivy_decode(in, &frame);

    if (d.status == WP_MORE)
        return WP_PROBE_MORE;
    if (d.status == WP_BAD || frame.kind == IVY_OTHER)
        return WP_PROBE_NO;
    return frame.kind == IVY_SESSION ? WP_PROBE_YES : WP_PROBE_MAYBE;
}

/* Only a session message has a checksum. */
static bool repair(uint8_t *bytes, size_t n)
{
    struct ivy_frame frame;
    struct wp_decode d = ivy_decode(wp_slice(bytes, n), &frame);

    if (d.status != WP_OK || d.used != n)
        return false;
    if (frame.kind == IVY_SESSION) {
        bytes[n - 2] = (uint8_t)frame.session.crc_expected;
        bytes[n - 1] = (uint8_t)(frame.session.crc_expected >> 8);
    }
    return true;
}

const struct wp_codec ivy_codec = {
    .name = "ivy",
    .print_version = 2,
    .frame_size = sizeof(struct ivy_frame),
    .probe = probe,
    .decode = decode,
    .fields = ivy_fields,
    .family = "meter",
    .repair = repair,
    .yields = true,
};
