/* What the data field of a frame says, by its control code. dlt645_build.c is the other direction. */
#include "sim/codec/dlt645.h"

/* Reads from the data field; `odd` stays set once a digit was no digit. */
struct body_reader {
    struct wp_reader r;
    bool odd;
};

static uint8_t get_digits(struct body_reader *b)
{
    uint8_t bcd = wp_get_u8(&b->r);

    b->odd |= bcd > 0x99 || (bcd & 0xF) > 9;
    return (uint8_t)((bcd >> 4) * 10 + (bcd & 0xF));
}

static void get_di(struct body_reader *b, struct dlt645_body *out)
{
    out->di = wp_get_u32le(&b->r);
    out->has |= DLT645_HAS_DI;
}

static void get_auth(struct body_reader *b, struct dlt645_auth *auth)
{
    struct wp_slice password;

    auth->level = wp_get_u8(&b->r);
    password = wp_get_slice(&b->r, sizeof auth->password);
    if (!b->r.ran_out)
        memcpy(auth->password, password.p, sizeof auth->password);
}

static void get_operator(struct body_reader *b, struct dlt645_body *out)
{
    struct wp_slice code = wp_get_slice(&b->r, sizeof out->auth.operator_code);

    if (!b->r.ran_out)
        memcpy(out->auth.operator_code, code.p, sizeof out->auth.operator_code);
    out->has |= DLT645_HAS_OPERATOR;
}

static void get_level_and_operator(struct body_reader *b, struct dlt645_body *out)
{
    get_auth(b, &out->auth);
    out->has |= DLT645_HAS_AUTH;
    get_operator(b, out);
}

/* mm hh DD MM */
static void get_minute(struct body_reader *b, struct dlt645_body *out)
{
    out->time.minute = get_digits(b);
    out->time.hour = get_digits(b);
    out->time.day = get_digits(b);
    out->time.month = get_digits(b);
    out->has |= DLT645_HAS_TIME;
}

/* ss mm hh DD MM YY */
static void get_second(struct body_reader *b, struct dlt645_body *out)
{
    out->time.second = get_digits(b);
    get_minute(b, out);
    out->time.year = get_digits(b);
}

static void get_address(struct body_reader *b, struct dlt645_body *out)
{
    uint64_t low = wp_get_u32le(&b->r);

    out->address = low | (uint64_t)wp_get_u16le(&b->r) << 32;
    out->has |= DLT645_HAS_ADDRESS;
}

static void get_payload(struct body_reader *b, struct dlt645_body *out, size_t n)
{
    out->payload = wp_get_slice(&b->r, n);
    out->has |= DLT645_HAS_PAYLOAD;
}

static void get_request(struct body_reader *b, uint8_t function, size_t n, struct dlt645_body *out)
{
    switch (function) {
    case DLT645_READ:
        get_di(b, out);
        if (n > 4) {
            out->count = wp_get_u8(&b->r);
            out->has |= DLT645_HAS_COUNT;
        }
        if (n > 5) {
            get_minute(b, out);
            out->time.year = get_digits(b);
        }
        break;
    case DLT645_READ_FOLLOW:
        get_di(b, out);
        out->seq = wp_get_u8(&b->r);
        out->has |= DLT645_HAS_SEQ;
        break;
    case DLT645_WRITE:
        get_di(b, out);
        get_level_and_operator(b, out);
        get_payload(b, out, wp_left(&b->r));
        break;
    case DLT645_CHANGE_PASSWORD:
        get_di(b, out);
        get_auth(b, &out->auth);
        get_auth(b, &out->new_auth);
        out->has |= DLT645_HAS_AUTH | DLT645_HAS_NEW_AUTH;
        break;
    case DLT645_CLEAR_DEMAND:
    case DLT645_CLEAR_METER: get_level_and_operator(b, out); break;
    case DLT645_CLEAR_EVENTS:
        get_level_and_operator(b, out);
        get_di(b, out);
        break;
    case DLT645_RELAY:
        get_level_and_operator(b, out);
        out->n1 = wp_get_u8(&b->r);
        out->n2 = wp_get_u8(&b->r);
        out->has |= DLT645_HAS_RELAY;
        get_second(b, out);
        break;
    case DLT645_SECURITY:
        get_di(b, out);
        get_operator(b, out);
        get_payload(b, out, wp_left(&b->r));
        break;
    case DLT645_WRITE_ADDRESS: get_address(b, out); break;
    case DLT645_FREEZE: get_minute(b, out); break;
    case DLT645_BROADCAST_TIME: get_second(b, out); break;
    case DLT645_READ_ADDRESS: break;
    default: break;
    }
}

static void get_reply(struct body_reader *b, uint8_t function, size_t n, struct dlt645_body *out)
{
    switch (function) {
    case DLT645_READ:
    case DLT645_SECURITY:
        get_di(b, out);
        get_payload(b, out, wp_left(&b->r));
        break;
    case DLT645_READ_FOLLOW:
        get_di(b, out);
        get_payload(b, out, n < 5 ? 0 : n - 5);
        out->seq = wp_get_u8(&b->r);
        out->has |= DLT645_HAS_SEQ;
        break;
    case DLT645_READ_ADDRESS: get_address(b, out); break;
    case DLT645_CHANGE_PASSWORD:
        get_auth(b, &out->new_auth);
        out->has |= DLT645_HAS_NEW_AUTH;
        break;
    default: break; /* done: no data */
    }
}

/* The same byte both ways. */
static void get_either(struct body_reader *b, uint8_t function, struct dlt645_body *out)
{
    if (function == DLT645_CHANGE_BAUD) {
        out->baud = wp_get_u8(&b->r);
        out->has |= DLT645_HAS_BAUD;
    }
    if (function == DLT645_TERMINAL_OUTPUT) {
        out->output = wp_get_u8(&b->r);
        out->has |= DLT645_HAS_OUTPUT;
    }
}

static void get_refusal(struct body_reader *b, uint8_t function, size_t n, struct dlt645_body *out)
{
    if (n == 2 && (function == DLT645_SECURITY || function == DLT645_RELAY)) {
        out->security = wp_get_u16le(&b->r);
        out->has |= DLT645_HAS_SECURITY;
        return;
    }
    out->error = wp_get_u8(&b->r);
    out->has |= DLT645_HAS_ERROR;
}

/* 1997: two-byte identifiers; what follows them is left as it is. */
static void get_1997(struct body_reader *b, uint8_t function, struct dlt645_body *out)
{
    if (function == 0x01 || function == 0x02 || function == 0x04) {
        if (wp_left(&b->r) == 0)
            return; /* 84: written */
        out->di2 = wp_get_u16le(&b->r);
        out->has |= DLT645_HAS_DI2;
        get_payload(b, out, wp_left(&b->r));
        return;
    }
    if (function == 0x0A && wp_left(&b->r) == 6) {
        get_address(b, out);
        return;
    }
    if (wp_left(&b->r))
        get_payload(b, out, wp_left(&b->r));
}

/* Whose data have no layout of ours: reserved functions, the vendor's own, an abnormal bit in a request, an
 * answer to what is never answered. */
static bool is_opaque(const struct dlt645_frame *f)
{
    switch (dlt645_function(f)) {
#define X(name, code, text) case code:
        DLT645_FUNCTIONS(X)
#undef X
        break;
    default: return !dlt645_is_1997(f);
    }
    if (dlt645_function(f) == DLT645_VENDOR)
        return true;
    if (!dlt645_is_from_meter(f))
        return dlt645_is_abnormal(f);
    return dlt645_function(f) == DLT645_BROADCAST_TIME;
}

bool dlt645_body(const struct dlt645_frame *frame, struct dlt645_body *out)
{
    uint8_t function = dlt645_function(frame);
    struct body_reader b = {.r = wp_reader(wp_slice(frame->data, frame->n_data))};

    *out = (struct dlt645_body){0};
    if (is_opaque(frame))
        return function == DLT645_VENDOR;
    if (dlt645_is_abnormal(frame))
        get_refusal(&b, function, frame->n_data, out);
    else if (dlt645_is_1997(frame))
        get_1997(&b, function, out);
    else if (function == DLT645_CHANGE_BAUD || function == DLT645_TERMINAL_OUTPUT)
        get_either(&b, function, out);
    else if (dlt645_is_from_meter(frame))
        get_reply(&b, function, frame->n_data, out);
    else
        get_request(&b, function, frame->n_data, out);
    if (b.odd || b.r.ran_out || wp_left(&b.r) > 0) {
        *out = (struct dlt645_body){0};
        return false;
    }
    return true;
}

/* Z has one bit for each speed, from bit 1. */
static const unsigned baud_of_bit[] = {0, 600, 1200, 2400, 4800, 9600, 19200};

unsigned dlt645_baud(uint8_t z)
{
    for (unsigned bit = 1; bit < sizeof baud_of_bit / sizeof baud_of_bit[0]; bit++)
        if (z == 1u << bit)
            return baud_of_bit[bit];
    return 0;
}

uint8_t dlt645_baud_z(unsigned baud)
{
    for (unsigned bit = 1; bit < sizeof baud_of_bit / sizeof baud_of_bit[0]; bit++)
        if (baud == baud_of_bit[bit])
            return (uint8_t)(1u << bit);
    return 0;
}
