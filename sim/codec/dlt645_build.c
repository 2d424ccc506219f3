/* One builder for each request and reply. dlt645_body.c is the other direction. */
#include "sim/codec/dlt645.h"

#include <assert.h>

enum { FROM_METER = DLT645_FROM_METER };

/* A frame without data; the writer fills it and `sealed` counts what was written. */
static struct wp_writer opened(struct dlt645_frame *out, uint64_t address, unsigned control)
{
    out->address = address;
    out->wakeup = 0;
    out->control = (uint8_t)control;
    out->n_data = 0;
    out->checksum = 0;
    return wp_writer(out->data, DLT645_DATA_MAX);
}

static void sealed(struct dlt645_frame *out, const struct wp_writer *w)
{
    assert(!w->full);
    out->n_data = (uint8_t)w->n;
}

static void put_digits(struct wp_writer *w, uint8_t number)
{
    assert(number <= 99);
    wp_put_u8(w, (uint8_t)((number / 10) << 4 | number % 10));
}

static void put_minute(struct wp_writer *w, const struct dlt645_time *t)
{
    put_digits(w, t->minute);
    put_digits(w, t->hour);
    put_digits(w, t->day);
    put_digits(w, t->month);
}

static void put_second(struct wp_writer *w, const struct dlt645_time *t)
{
    put_digits(w, t->second);
    put_minute(w, t);
    put_digits(w, t->year);
}

static void put_level(struct wp_writer *w, const struct dlt645_auth *auth)
{
    wp_put_u8(w, auth->level);
    wp_put_slice(w, wp_slice(auth->password, sizeof auth->password));
}

static void put_level_and_operator(struct wp_writer *w, const struct dlt645_auth *auth)
{
    put_level(w, auth);
    wp_put_slice(w, wp_slice(auth->operator_code, sizeof auth->operator_code));
}

static void put_address6(struct wp_writer *w, uint64_t address)
{
    wp_put_u32le(w, (uint32_t)address);
    wp_put_u16le(w, (uint16_t)(address >> 32));
}

void dlt645_ask_read(struct dlt645_frame *out, uint64_t address, uint32_t di)
{
    struct wp_writer w = opened(out, address, DLT645_READ);

    wp_put_u32le(&w, di);
    sealed(out, &w);
}

void dlt645_ask_profile(struct dlt645_frame *out, uint64_t address, uint32_t di, uint8_t count,
                        const struct dlt645_time *from)
{
    struct wp_writer w = opened(out, address, DLT645_READ);

    wp_put_u32le(&w, di);
    wp_put_u8(&w, count);
    if (from) {
        put_minute(&w, from);
        put_digits(&w, from->year);
    }
    sealed(out, &w);
}

void dlt645_ask_follow(struct dlt645_frame *out, uint64_t address, uint32_t di, uint8_t seq)
{
    struct wp_writer w = opened(out, address, DLT645_READ_FOLLOW);

    wp_put_u32le(&w, di);
    wp_put_u8(&w, seq);
    sealed(out, &w);
}

void dlt645_ask_address(struct dlt645_frame *out)
{
    opened(out, DLT645_ADDRESS_ANY, DLT645_READ_ADDRESS);
}

void dlt645_ask_write(struct dlt645_frame *out, uint64_t address, uint32_t di, const struct dlt645_auth *auth,
                      struct wp_slice value)
{
    struct wp_writer w = opened(out, address, DLT645_WRITE);

    wp_put_u32le(&w, di);
    put_level_and_operator(&w, auth);
    wp_put_slice(&w, value);
    sealed(out, &w);
}

void dlt645_ask_write_address(struct dlt645_frame *out, uint64_t address)
{
    struct wp_writer w = opened(out, DLT645_ADDRESS_ANY, DLT645_WRITE_ADDRESS);

    put_address6(&w, address);
    sealed(out, &w);
}

void dlt645_ask_freeze(struct dlt645_frame *out, uint64_t address, const struct dlt645_time *when)
{
    struct wp_writer w = opened(out, address, DLT645_FREEZE);

    put_minute(&w, when);
    sealed(out, &w);
}

void dlt645_ask_baud(struct dlt645_frame *out, uint64_t address, uint8_t z)
{
    struct wp_writer w = opened(out, address, DLT645_CHANGE_BAUD);

    wp_put_u8(&w, z);
    sealed(out, &w);
}

void dlt645_ask_password(struct dlt645_frame *out, uint64_t address, uint32_t di,
                         const struct dlt645_auth *old, const struct dlt645_auth *new_auth)
{
    struct wp_writer w = opened(out, address, DLT645_CHANGE_PASSWORD);

    wp_put_u32le(&w, di);
    put_level(&w, old);
    put_level(&w, new_auth);
    sealed(out, &w);
}

static void ask_clear(struct dlt645_frame *out, uint64_t address, enum dlt645_function function,
                      const struct dlt645_auth *auth)
{
    struct wp_writer w = opened(out, address, function);

    put_level_and_operator(&w, auth);
    sealed(out, &w);
}

void dlt645_ask_clear_demand(struct dlt645_frame *out, uint64_t address, const struct dlt645_auth *auth)
{
    ask_clear(out, address, DLT645_CLEAR_DEMAND, auth);
}

void dlt645_ask_clear_meter(struct dlt645_frame *out, uint64_t address, const struct dlt645_auth *auth)
{
    ask_clear(out, address, DLT645_CLEAR_METER, auth);
}

void dlt645_ask_clear_events(struct dlt645_frame *out, uint64_t address, const struct dlt645_auth *auth,
                             uint32_t di)
{
    struct wp_writer w = opened(out, address, DLT645_CLEAR_EVENTS);

    put_level_and_operator(&w, auth);
    wp_put_u32le(&w, di);
    sealed(out, &w);
}

void dlt645_ask_relay(struct dlt645_frame *out, uint64_t address, const struct dlt645_auth *auth, uint8_t n1,
                      uint8_t n2, const struct dlt645_time *valid_until)
{
    struct wp_writer w = opened(out, address, DLT645_RELAY);

    put_level_and_operator(&w, auth);
    wp_put_u8(&w, n1);
    wp_put_u8(&w, n2);
    put_second(&w, valid_until);
    sealed(out, &w);
}

void dlt645_ask_output(struct dlt645_frame *out, uint64_t address, enum dlt645_output output)
{
    struct wp_writer w = opened(out, address, DLT645_TERMINAL_OUTPUT);

    wp_put_u8(&w, (uint8_t)output);
    sealed(out, &w);
}

void dlt645_ask_security(struct dlt645_frame *out, uint64_t address, uint32_t di,
                         const uint8_t operator_code[4], struct wp_slice data)
{
    struct wp_writer w = opened(out, address, DLT645_SECURITY);

    wp_put_u32le(&w, di);
    wp_put_slice(&w, wp_slice(operator_code, 4));
    wp_put_slice(&w, data);
    sealed(out, &w);
}

void dlt645_ask_time(struct dlt645_frame *out, uint64_t address, const struct dlt645_time *now)
{
    struct wp_writer w = opened(out, address, DLT645_BROADCAST_TIME);

    put_second(&w, now);
    sealed(out, &w);
}

void dlt645_reply_read(struct dlt645_frame *out, uint64_t address, uint32_t di, struct wp_slice payload,
                       bool more)
{
    struct wp_writer w = opened(out, address, FROM_METER | DLT645_READ | (more ? DLT645_MORE : 0));

    wp_put_u32le(&w, di);
    wp_put_slice(&w, payload);
    sealed(out, &w);
}

void dlt645_reply_follow(struct dlt645_frame *out, uint64_t address, uint32_t di, struct wp_slice payload,
                         uint8_t seq, bool more)
{
    struct wp_writer w = opened(out, address, FROM_METER | DLT645_READ_FOLLOW | (more ? DLT645_MORE : 0));

    wp_put_u32le(&w, di);
    wp_put_slice(&w, payload);
    wp_put_u8(&w, seq);
    sealed(out, &w);
}

void dlt645_reply_address(struct dlt645_frame *out, uint64_t address)
{
    struct wp_writer w = opened(out, address, FROM_METER | DLT645_READ_ADDRESS);

    put_address6(&w, address);
    sealed(out, &w);
}

void dlt645_reply_done(struct dlt645_frame *out, uint64_t address, enum dlt645_function function)
{
    opened(out, address, FROM_METER | function);
}

void dlt645_reply_baud(struct dlt645_frame *out, uint64_t address, uint8_t z)
{
    dlt645_ask_baud(out, address, z);
    out->control |= FROM_METER;
}

void dlt645_reply_password(struct dlt645_frame *out, uint64_t address, const struct dlt645_auth *new_auth)
{
    struct wp_writer w = opened(out, address, FROM_METER | DLT645_CHANGE_PASSWORD);

    put_level(&w, new_auth);
    sealed(out, &w);
}

void dlt645_reply_output(struct dlt645_frame *out, uint64_t address, enum dlt645_output output)
{
    dlt645_ask_output(out, address, output);
    out->control |= FROM_METER;
}

void dlt645_reply_security(struct dlt645_frame *out, uint64_t address, uint32_t di, struct wp_slice data)
{
    dlt645_reply_read(out, address, di, data, false);
    out->control = FROM_METER | DLT645_SECURITY;
}

void dlt645_reply_error(struct dlt645_frame *out, uint64_t address, enum dlt645_function function,
                        uint8_t errors)
{
    struct wp_writer w = opened(out, address, FROM_METER | DLT645_ABNORMAL | function);

    wp_put_u8(&w, errors);
    sealed(out, &w);
}

void dlt645_reply_security_error(struct dlt645_frame *out, uint64_t address, enum dlt645_function function,
                                 uint16_t word)
{
    struct wp_writer w = opened(out, address, FROM_METER | DLT645_ABNORMAL | function);

    wp_put_u16le(&w, word);
    sealed(out, &w);
}
