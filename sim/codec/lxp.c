#include "sim/codec/lxp.h"

#include "sim/codec/crc16.h"
#include "sim/codec/lxp_side.h"

#include <assert.h>

enum {
    MARK_1 = 0xA1,
    MARK_2 = 0x1A,
    RESERVED = 0x01,
    AT_PROTOCOL = 2,
    AT_FRAME_LEN = 4,
    AT_RESERVED = 6,
    AT_FUNCTION = 7,
    AT_DATALOG = 8,
    AT_DATA_LEN = LXP_AT_BODY,
    AT_ADDRESS = 20,
    AT_DEVICE_FUNCTION = 21,
    AT_INVERTER = 22,
    AT_FIRST = 32,
    CRC = 2,
    DATA_MIN = LXP_AT_PAYLOAD + CRC, /* of a whole C2 frame */
    PARAM_MIN = LXP_AT_BODY + 2,
    FREE_OF_DATA_LEN = 14, /* what frame_len counts and data_len does not */
};

static uint16_t u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

/* ---- where a frame could begin ---------------------------------------------------------------------- */

size_t lxp_skip(struct wp_slice in)
{
    size_t at = 1;

    while (at < in.n) {
        const uint8_t *p = memchr(in.p + at, MARK_1, in.n - at);

        if (!p)
            return in.n;
        at = (size_t)(p - in.p);
        if (at + 1 == in.n || p[1] == MARK_2)
            return at;
        at++;
    }
    return in.n;
}

static struct wp_decode refuse(enum wp_fault fault, size_t at, struct wp_slice in)
{
    return wp_bad(fault, at, lxp_skip(in));
}

/* ---- the header: everything that can be told before the frame is whole ------------------------------- */

static bool is_function(uint8_t function)
{
    return function >= LXP_HEARTBEAT && function <= LXP_WRITE_PARAM;
}

static bool is_length_of(uint8_t function, size_t whole)
{
    switch (function) {
    case LXP_HEARTBEAT: return whole == LXP_HEARTBEAT_BYTES;
    case LXP_DATA: return whole >= DATA_MIN;
    default: return whole >= PARAM_MIN;
    }
}

/* An emulator leaves the CRC out of it. seen: vectors lxp-133 */
static bool is_data_len(uint16_t data_len, uint16_t frame_len)
{
    return data_len == frame_len - FREE_OF_DATA_LEN || data_len == frame_len - FREE_OF_DATA_LEN - CRC;
}

/* In the order of the bytes: a frame is refused by the same one whether it came whole or in pieces. */
static struct wp_decode check_header(struct wp_slice in)
{
    const uint8_t *p = in.p;
    size_t whole;

    if (in.n < 1)
        return wp_more(LXP_HEADER + LXP_FRAME_LEN_MIN);
    if (p[0] != MARK_1 || (in.n > 1 && p[1] != MARK_2))
        return refuse(WP_FAULT_START, 0, in);
    if (in.n < LXP_HEADER)
        return wp_more(LXP_HEADER + LXP_FRAME_LEN_MIN - in.n);
    if (u16(p + AT_FRAME_LEN) < LXP_FRAME_LEN_MIN || u16(p + AT_FRAME_LEN) > LXP_FRAME_LEN_MAX)
        return refuse(WP_FAULT_LENGTH, AT_FRAME_LEN, in);
    whole = LXP_HEADER + (size_t)u16(p + AT_FRAME_LEN);
    if (in.n > AT_FUNCTION && !is_function(p[AT_FUNCTION]))
        return refuse(WP_FAULT_TCP_FUNCTION, AT_FUNCTION, in);
    if (in.n > AT_FUNCTION && p[AT_FUNCTION] != LXP_DATA && p[AT_RESERVED] != RESERVED)
        return refuse(WP_FAULT_FIELD, AT_RESERVED, in);
    if (in.n > AT_FUNCTION && !is_length_of(p[AT_FUNCTION], whole))
        return refuse(WP_FAULT_LENGTH, AT_FRAME_LEN, in);
    if (in.n >= LXP_AT_DATA && p[AT_FUNCTION] == LXP_DATA &&
        !is_data_len(u16(p + AT_DATA_LEN), u16(p + AT_FRAME_LEN)))
        return refuse(WP_FAULT_DATA_LENGTH, AT_DATA_LEN, in);
    return in.n < whole ? wp_more(whole - in.n) : wp_ok(whole);
}

/* ---- C2 --------------------------------------------------------------------------------------------- */

static void take_values(struct lxp_frame *out, struct wp_slice values)
{
    out->values = values;
    out->count = (uint16_t)(values.n / 2);
}

/* An odd payload begins with its length. Two bytes are a count, or in protocol 1 the value that was asked for; more
 * of them without a length are values in protocol 1 alone. */
static bool take_read(struct wp_slice payload, unsigned direction, struct lxp_frame *out)
{
    if (payload.n % 2 == 1) {
        out->shape = LXP_IS_READ_REPLY;
        out->has_length_byte = true;
        take_values(out, wp_slice_from(payload, 1));
        return payload.n > 1 && payload.p[0] == payload.n - 1;
    }
    if (payload.n == 2 && (out->protocol != 1 || direction != LXP_SIDE_DONGLE)) {
        out->shape = LXP_IS_READ_REQUEST;
        out->count = u16(payload.p);
        return true;
    }
    out->shape = LXP_IS_READ_REPLY;
    take_values(out, payload);
    return payload.n > 0 && out->protocol == 1;
}

static bool take_write_multi(struct wp_slice payload, struct lxp_frame *out)
{
    if (payload.n < 2)
        return false;
    out->count = u16(payload.p);
    if (payload.n == 2) {
        out->shape = LXP_IS_WRITE_MULTI_REPLY;
        return true;
    }
    out->shape = LXP_IS_WRITE_MULTI_REQUEST;
    out->has_length_byte = true;
    out->values = wp_slice_from(payload, 3);
    return payload.n > 3 && payload.p[2] == payload.n - 3 && out->values.n == 2 * (size_t)out->count;
}

/* false: the payload does not fit the function. */
static bool take_payload(struct wp_slice payload, unsigned direction, struct lxp_frame *out)
{
    if (out->device_function & LXP_EXCEPTION) {
        out->shape = LXP_IS_EXCEPTION;
        out->error_code = payload.n > 0 ? payload.p[0] : 0;
        return payload.n == 1;
    }
    switch (out->device_function) {
    case LXP_READ_HOLD:
    case LXP_READ_INPUT: return take_read(payload, direction, out);
    case LXP_WRITE_SINGLE:
        out->shape = LXP_IS_WRITE_SINGLE;
        take_values(out, payload);
        return payload.n == 2;
    case LXP_WRITE_MULTI: return take_write_multi(payload, out);
    default:
        out->shape = LXP_IS_FIRMWARE;
        out->values = payload;
        return true;
    }
}

static struct wp_decode take_data(struct wp_slice in, size_t whole, unsigned direction, struct lxp_frame *out)
{
    const uint8_t *p = in.p;
    struct wp_slice payload = wp_slice(p + LXP_AT_PAYLOAD, whole - DATA_MIN);

    out->data_len = u16(p + AT_DATA_LEN);
    out->address = p[AT_ADDRESS];
    out->device_function = p[AT_DEVICE_FUNCTION];
    out->inverter = wp_slice(p + AT_INVERTER, LXP_SERIAL);
    out->first = u16(p + AT_FIRST);
    out->crc = u16(p + whole - CRC);
    if (crc16_modbus(wp_slice(p + LXP_AT_DATA, whole - LXP_AT_DATA - CRC)) != out->crc)
        return refuse(WP_FAULT_CHECKSUM, whole - CRC, in);
    if (!lxp_device_function_text(out->device_function))
        return wp_bad(WP_FAULT_DEVICE_FUNCTION, AT_DEVICE_FUNCTION, whole);
    if (!take_payload(payload, direction, out))
        return refuse(WP_FAULT_VALUE_LENGTH, LXP_AT_PAYLOAD, in);
    return wp_ok(whole);
}

/* ---- C3, C4 ----------------------------------------------------------------------------------------- */

/* Behind the param. An empty value and a pair whose second param is 0 are the same bytes. */
static void take_read_param(struct wp_slice rest, unsigned direction, struct lxp_frame *out)
{
    if (rest.n == 0) {
        out->shape = LXP_IS_PARAM_READ_REQUEST;
    } else if (rest.n >= 2 && rest.n - 2 == u16(rest.p) && (rest.n > 2 || direction == LXP_SIDE_DONGLE)) {
        out->shape = LXP_IS_PARAM_READ_REPLY;
        out->values = wp_slice_from(rest, 2);
    } else if (rest.n == 2) {
        out->shape = LXP_IS_PARAM_READ_REQUEST;
        out->has_last_param = true;
        out->last_param = u16(rest.p);
    }
}

static void take_write_param(struct wp_slice rest, struct lxp_frame *out)
{
    if (rest.n == 1) {
        out->shape = LXP_IS_PARAM_WRITE_REPLY;
        out->status = rest.p[0];
    } else if (rest.n >= 2 && rest.n - 2 == u16(rest.p)) {
        out->shape = LXP_IS_PARAM_WRITE_REQUEST;
        out->values = wp_slice_from(rest, 2);
    }
}

static void take_param(struct wp_slice in, size_t whole, unsigned direction, struct lxp_frame *out)
{
    struct wp_slice rest = wp_slice(in.p + PARAM_MIN, whole - PARAM_MIN);

    out->param = u16(in.p + LXP_AT_BODY);
    out->shape = LXP_IS_PARAM_OTHER;
    if (out->function == LXP_READ_PARAM)
        take_read_param(rest, direction, out);
    else
        take_write_param(rest, out);
    if (out->shape == LXP_IS_PARAM_OTHER)
        out->values = rest;
}

/* ---- decoding --------------------------------------------------------------------------------------- */

struct wp_decode lxp_decode(struct lxp_state *state, enum wp_side from, struct wp_slice in,
                            struct lxp_frame *out)
{
    struct wp_decode d = check_header(in);
    unsigned direction, told;
    struct lxp_frame f;

    if (d.status != WP_OK)
        return d;
    f = (struct lxp_frame){
        .protocol = u16(in.p + AT_PROTOCOL),
        .frame_len = u16(in.p + AT_FRAME_LEN),
        .reserved = in.p[AT_RESERVED],
        .function = in.p[AT_FUNCTION],
        .shape = LXP_IS_HEARTBEAT,
        .datalog = wp_slice(in.p + AT_DATALOG, LXP_SERIAL),
        .whole = wp_slice(in.p, d.used),
    };
    direction = lxp_side_told(state, from);
    if (f.function == LXP_HEARTBEAT)
        f.tail = in.p[LXP_AT_BODY];
    else if (f.function == LXP_DATA)
        d = take_data(in, d.used, direction, &f);
    else
        take_param(in, d.used, direction, &f);
    if (d.status != WP_OK)
        return d;
    told = lxp_side_shown(&f);
    if (state) {
        lxp_side_remember(state, from, &f, told);
        direction = lxp_side_told(state, from);
    }
    if (told == 0)
        told = direction;
    f.is_told = told != 0;
    f.from_dongle = told == LXP_SIDE_DONGLE;
    *out = f;
    return d;
}

bool lxp_is_datalog(const struct lxp_frame *f, const char *datalog)
{
    static const uint8_t zeros[LXP_SERIAL];

    return memcmp(f->datalog.p, datalog, LXP_SERIAL) == 0 || memcmp(f->datalog.p, zeros, LXP_SERIAL) == 0;
}

bool lxp_is_inverter(const struct lxp_frame *f, const char *inverter)
{
    return f->function == LXP_DATA && memcmp(f->inverter.p, inverter, LXP_SERIAL) == 0;
}

/* ---- names ------------------------------------------------------------------------------------------ */

const char *lxp_function_text(uint8_t function)
{
    switch (function) {
#define X(name, code, text)                                                                                  \
    case code: return text;
        LXP_FUNCTIONS(X)
#undef X
    default: return NULL;
    }
}

const char *lxp_device_function_text(uint8_t device_function)
{
    switch (device_function & (uint8_t)~LXP_EXCEPTION) {
#define X(name, code, text)                                                                                  \
    case code: return text;
        LXP_DEVICE_FUNCTIONS(X)
#undef X
    default: return NULL;
    }
}

const char *lxp_shape_text(enum lxp_shape shape)
{
    static const char *const text[] = {
#define X(name, word) word,
        LXP_SHAPES(X)
#undef X
    };

    assert(shape < sizeof text / sizeof text[0]);
    return text[shape];
}
