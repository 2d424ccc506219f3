/* Every field of a LuxPower frame by name, in a fixed order. lxp_register_fields.c says what the registers hold.
 *
 * `values`, `value` and `tail` of bytes that a finer field names have no place of their own. */
#include "sim/codec/lxp_say.h"

#include "sim/codec/lxp_register.h"

enum {
    AT_PROTOCOL = 2,
    AT_FRAME_LEN = 4,
    AT_RESERVED = 6,
    AT_FUNCTION = 7,
    AT_DATALOG = 8,
    AT_ADDRESS = 20,
    AT_DEVICE_FUNCTION = 21,
    AT_INVERTER = 22,
    AT_FIRST = 32,
    PARAM_DONGLE_SERIAL = 1,
    PARAM_INVERTER_SERIAL = 9,
    RESERVED = 0x01, /* what everybody sends; said where it is another */
};

static void say_number(const struct lxp_visitor *v, const char *path, uint16_t number, size_t at,
                       enum wp_role role)
{
    say(v, path, wp_int(number), at, 2, role);
}

static void say_byte(const struct lxp_visitor *v, const char *path, uint8_t number, size_t at,
                     enum wp_role role)
{
    say(v, path, wp_int(number), at, 1, role);
}

static void say_serial(const struct lxp_visitor *v, const char *path, struct wp_slice serial, size_t at)
{
    say(v, path, lxp_text_or_bytes(serial), at, serial.n, WP_ROLE_ID);
}

static void say_header(const struct lxp_visitor *v)
{
    const struct lxp_frame *f = v->frame;

    say_number(v, "protocol", f->protocol, AT_PROTOCOL, WP_ROLE_FIELD);
    say_number(v, "frame_len", f->frame_len, AT_FRAME_LEN, WP_ROLE_LENGTH);
    if (f->reserved != RESERVED)
        say_byte(v, "reserved", f->reserved, AT_RESERVED, WP_ROLE_FIELD);
    say_byte(v, "tcp_function", f->function, AT_FUNCTION, WP_ROLE_KEY);
    say_text(v, "function", lxp_function_text(f->function));
    say_text(v, "shape", lxp_shape_text((enum lxp_shape)f->shape));
    if (f->is_told)
        say_text(v, "direction", f->from_dongle ? "dongle-to-gateway" : "gateway-to-dongle");
    say_serial(v, "datalog", f->datalog, AT_DATALOG);
}

/* ---- C2 --------------------------------------------------------------------------------------------- */

static bool holds_registers(const struct lxp_frame *f)
{
    return f->shape == LXP_IS_READ_REPLY || f->shape == LXP_IS_WRITE_SINGLE ||
           f->shape == LXP_IS_WRITE_MULTI_REQUEST;
}

static void say_payload(const struct lxp_visitor *v)
{
    const struct lxp_frame *f = v->frame;

    switch (f->shape) {
    case LXP_IS_READ_REQUEST:
    case LXP_IS_WRITE_MULTI_REPLY: say_number(v, "count", f->count, LXP_AT_PAYLOAD, WP_ROLE_FIELD); break;
    case LXP_IS_READ_REPLY:
        if (f->has_length_byte)
            say_byte(v, "value_len", (uint8_t)f->values.n, LXP_AT_PAYLOAD, WP_ROLE_LENGTH);
        say_derived(v, "count", wp_int(f->count));
        say_derived(v, "values", wp_bytes_value(f->values));
        break;
    case LXP_IS_WRITE_SINGLE: say_derived(v, "value", wp_int(lxp_u16(f->values, 0))); break;
    case LXP_IS_WRITE_MULTI_REQUEST:
        say_number(v, "count", f->count, LXP_AT_PAYLOAD, WP_ROLE_LENGTH);
        say_byte(v, "byte_count", (uint8_t)f->values.n, LXP_AT_PAYLOAD + 2, WP_ROLE_LENGTH);
        say_derived(v, "values", wp_bytes_value(f->values));
        break;
    case LXP_IS_EXCEPTION:
        say_byte(v, "error_code", f->error_code, LXP_AT_PAYLOAD, WP_ROLE_VALUE);
        say_text(v, "error_text", lxp_exception_text(f->error_code));
        break;
    default: say(v, "payload", wp_bytes_value(f->values), LXP_AT_PAYLOAD, f->values.n, WP_ROLE_VALUE); break;
    }
}

/* As it stands on the wire, low byte first. */
static void say_crc(const struct lxp_visitor *v)
{
    struct wp_slice crc = wp_slice_from(v->frame->whole, v->frame->whole.n - 2);

    say(v, "crc", wp_bytes_value(crc), lxp_place(v, crc), crc.n, WP_ROLE_CHECKSUM);
}

static void say_data(const struct lxp_visitor *v)
{
    const struct lxp_frame *f = v->frame;

    say_number(v, "data_len", f->data_len, LXP_AT_BODY, WP_ROLE_LENGTH);
    say_byte(v, "address", f->address, AT_ADDRESS, WP_ROLE_FIELD);
    say_byte(v, "device_function", f->device_function, AT_DEVICE_FUNCTION, WP_ROLE_KEY);
    say_text(v, "operation", lxp_device_function_text(f->device_function));
    say_serial(v, "inverter", f->inverter, AT_INVERTER);
    say_number(v, "register", f->first, AT_FIRST, WP_ROLE_KEY);
    say_payload(v);
    if (holds_registers(f))
        lxp_say_registers(v);
    say_crc(v);
}

/* ---- C3, C4 ----------------------------------------------------------------------------------------- */

/* The value of a param, as bytes and as what they seem to be. */
static void say_value(const struct lxp_visitor *v)
{
    const struct lxp_frame *f = v->frame;
    bool is_serial = f->param == PARAM_DONGLE_SERIAL || f->param == PARAM_INVERTER_SERIAL;
    bool is_text = f->values.n > 2 && wp_slice_is_printable(f->values);
    enum wp_role role = is_serial ? WP_ROLE_ID : WP_ROLE_VALUE;

    say_number(v, "value_len", (uint16_t)f->values.n, LXP_AT_DATA, WP_ROLE_LENGTH);
    if (f->values.n == 2)
        say_derived(v, "value", wp_int(lxp_u16(f->values, 0)));
    if (is_text) {
        say(v, "value_ascii", wp_text_value(f->values), LXP_AT_DATA + 2, f->values.n, role);
        say_derived(v, "value_bytes", wp_bytes_value(f->values));
    } else {
        say(v, "value_bytes", wp_bytes_value(f->values), LXP_AT_DATA + 2, f->values.n, role);
    }
}

static void say_param(const struct lxp_visitor *v)
{
    const struct lxp_frame *f = v->frame;

    say_derived(v, "tail", wp_bytes_value(wp_slice_from(f->whole, LXP_AT_BODY)));
    say_number(v, "param", f->param, LXP_AT_BODY, WP_ROLE_KEY);
    switch (f->shape) {
    case LXP_IS_PARAM_READ_REQUEST:
        if (f->has_last_param)
            say_number(v, "last_param", f->last_param, LXP_AT_DATA, WP_ROLE_KEY);
        break;
    case LXP_IS_PARAM_READ_REPLY:
    case LXP_IS_PARAM_WRITE_REQUEST: say_value(v); break;
    case LXP_IS_PARAM_WRITE_REPLY: say_byte(v, "result", f->status, LXP_AT_DATA, WP_ROLE_VALUE); break;
    default:
        /* No form that is known: a serial may stand in it. */
        say(v, "rest", wp_bytes_value(f->values), LXP_AT_DATA, f->values.n,
            f->param == PARAM_DONGLE_SERIAL || f->param == PARAM_INVERTER_SERIAL ? WP_ROLE_ID
                                                                                 : WP_ROLE_VALUE);
        break;
    }
}

void lxp_fields(const void *frame, wp_visit *visit, void *ctx)
{
    const struct lxp_visitor v = {frame, visit, ctx};

    say_header(&v);
    switch (v.frame->function) {
    case LXP_HEARTBEAT:
        say(&v, "tail", wp_bytes_value(wp_slice(&v.frame->tail, 1)), LXP_AT_BODY, 1, WP_ROLE_FIELD);
        break;
    case LXP_DATA: say_data(&v); break;
    default: say_param(&v); break;
    }
}
