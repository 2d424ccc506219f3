/* What the tests of DL/T 645 share: one frame of every kind, and bytes from digits. */
#ifndef WP_DLT645_FRAMES_H
#define WP_DLT645_FRAMES_H

#include "sim/codec/dlt645.h"

#include <check.h>

enum { FRAMES_MAX = 64 };

static const uint64_t METER = 0x000000001234;
static const struct dlt645_auth AUTH = {0x02, {0x37, 0x06, 0x02}, {0x01, 0x00, 0x00, 0x00}};
static const struct dlt645_auth NEW_AUTH = {.level = 0x04, .password = {0x11, 0x22, 0x33}};
static const struct dlt645_time MOMENT = {24, 1, 15, 10, 30, 45};

static inline bool same_frame(const struct dlt645_frame *a, const struct dlt645_frame *b)
{
    return a->address == b->address && a->control == b->control && a->n_data == b->n_data &&
           a->wakeup == b->wakeup && memcmp(a->data, b->data, a->n_data) == 0;
}

static inline struct wp_slice hex(const char *digits)
{
    static uint8_t bytes[8][2048];
    static unsigned next;
    uint8_t *p = bytes[next++ % 8];
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), p, sizeof bytes[0], &n), "%s", digits);
    return wp_slice(p, n);
}

/* One frame of every kind that can be built, both ways. */
static inline size_t every_frame(struct dlt645_frame *f)
{
    static const uint8_t operator_code[4] = {1, 2, 3, 4};
    uint8_t value[] = {0x67, 0x45, 0x23, 0x01, 0x68, 0xFE, 0x16, 0x35};
    struct wp_slice bytes = wp_slice(value, sizeof value);
    struct dlt645_frame *first = f;

    dlt645_ask_read(f++, METER, 0x02010100);
    dlt645_ask_profile(f++, METER, 0x06000001, 4, NULL);
    dlt645_ask_profile(f++, METER, 0x06000001, 4, &MOMENT);
    dlt645_ask_follow(f++, METER, 0x0001FF00, 1);
    dlt645_ask_address(f++);
    dlt645_ask_write(f++, METER, 0x04000101, &AUTH, bytes);
    dlt645_ask_write_address(f++, 0x202401010001);
    dlt645_ask_freeze(f++, DLT645_ADDRESS_BROADCAST, &(struct dlt645_time){99, 99, 99, 99, 99, 99});
    dlt645_ask_baud(f++, METER, dlt645_baud_z(2400));
    dlt645_ask_password(f++, METER, 0x04000C03, &AUTH, &NEW_AUTH);
    dlt645_ask_clear_demand(f++, METER, &AUTH);
    dlt645_ask_clear_meter(f++, METER, &AUTH);
    dlt645_ask_clear_events(f++, METER, &AUTH, 0xFFFFFFFF);
    dlt645_ask_relay(f++, METER, &AUTH, DLT645_ACTION_TRIP, 0, &MOMENT);
    dlt645_ask_output(f++, METER, DLT645_OUTPUT_DEMAND_PERIOD);
    dlt645_ask_security(f++, METER, 0x070000FF, operator_code, bytes);
    dlt645_ask_time(f++, DLT645_ADDRESS_BROADCAST, &MOMENT);
    dlt645_reply_read(f++, METER, 0x00010000, wp_slice(value, 4), false);
    dlt645_reply_read(f++, METER, 0x0001FF00, bytes, true);
    dlt645_reply_follow(f++, METER, 0x0001FF00, bytes, 1, true);
    dlt645_reply_follow(f++, METER, 0x0001FF00, wp_slice(value, 4), 2, false);
    dlt645_reply_address(f++, METER);
    dlt645_reply_done(f++, METER, DLT645_WRITE);
    dlt645_reply_done(f++, METER, DLT645_WRITE_ADDRESS);
    dlt645_reply_done(f++, METER, DLT645_FREEZE);
    dlt645_reply_done(f++, METER, DLT645_CLEAR_DEMAND);
    dlt645_reply_done(f++, METER, DLT645_CLEAR_METER);
    dlt645_reply_done(f++, METER, DLT645_CLEAR_EVENTS);
    dlt645_reply_done(f++, METER, DLT645_RELAY);
    dlt645_reply_baud(f++, METER, dlt645_baud_z(2400));
    dlt645_reply_password(f++, METER, &NEW_AUTH);
    dlt645_reply_output(f++, METER, DLT645_OUTPUT_DEMAND_PERIOD);
    dlt645_reply_security(f++, METER, 0x070000FF, bytes);
    dlt645_reply_error(f++, METER, DLT645_READ, DLT645_ERROR_NO_DATA);
    dlt645_reply_error(f++, METER, DLT645_WRITE, DLT645_ERROR_PASSWORD | DLT645_ERROR_OTHER);
    dlt645_reply_security_error(f++, METER, DLT645_SECURITY, 0x0102);
    dlt645_reply_security_error(f++, METER, DLT645_RELAY, 0x0040);
    return (size_t)(f - first);
}

static inline struct wp_slice encoded(const struct dlt645_frame *f)
{
    static uint8_t memory[8][DLT645_FRAME_MAX + 64];
    static unsigned next;
    struct wp_writer w = wp_writer(memory[next++ % 8], sizeof memory[0]);

    dlt645_encode(&w, f);
    ck_assert(!w.full);
    return wp_written(&w);
}

#endif
