/* A bench for the LuxPower south: it is stepped by hand, and what it does becomes lines of a trace.
 *
 *     [  0.000] dial 127.0.2.1:8000 within 5s
 *     [  0.000] online 5555555555 127.0.2.1             offline the same
 *     [  0.100] 1> read-hold 65 1                       a request on port 1: first register, count
 *     [  0.100] 1> write-single 65 50                   ... register, value
 *     [  0.100] 1> A11A...                              anything else
 *     [  0.100] hang up 1
 *     [  0.200] asked hold 65=50                        a reading, or: pushed; of many points the first two
 *     [  0.200] answer 7 ok                             tag; or why not
 *     [  0.200] note bad-crc: 5555555555 1
 *
 * Times are seconds. The inverter's side is built with the codec, which the published vectors hold down. */
#ifndef SOUTH_LXP_RIG_H
#define SOUTH_LXP_RIG_H

#include "sim/codec/lxp.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/south_lxp.h"

#ifdef RIG_WITHOUT_CHECK /* in a fuzzer a failed check ends the program */
#include <assert.h>
#define ck_assert(a)             assert(a)
#define ck_assert_msg(a, ...)    assert(a)
#define ck_assert_ptr_nonnull(a) assert(a)
#define ck_assert_int_ge(a, b)   assert((a) >= (b))
#define ck_assert_int_eq(a, b)   assert((a) == (b))
#define ck_assert_uint_gt(a, b)  assert((a) > (b))
#define ck_assert_uint_lt(a, b)  assert((a) < (b))
#define ck_assert_str_eq(a, b)   assert(strcmp(a, b) == 0)
#define ck_abort_msg(text)       assert(false && text)
#else
#include <check.h>
#endif
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { RIG_GIVEN_MAX = 32, RIG_TRACE_MAX = 1 << 18, RIG_SHOWN_POINTS = 2, RIG_PORTS = 4096 };

#define RIG_SERIAL  "5555555555"
#define RIG_DATALOG "BA55555555"
#define RIG_IP      (127u << 24 | 2u << 8 | 1u)
#define RIG_FIRST   "lxp.host", "127.0.2.1", "lxp.serial", RIG_SERIAL, "lxp.datalog", RIG_DATALOG

struct rig {
    struct wp_outbox outbox; /* first: the outbox is the rig */
    struct wp_setup setup;
    struct wp_option_value given[RIG_GIVEN_MAX];
    struct wp_endpoint endpoint;
    void *machine;
    wp_us now;
    wp_port last_port;
    bool hides_notes, shows_points;
    bool hung_up[RIG_PORTS]; /* by us; by port */
    size_t n_sent, n_dials, n_readings, n_points, n_answers;
    uint8_t last_sent[64];
    size_t n_last_sent;
    char last_point[64]; /* of the latest reading, the last one: "hold 22=7" */
    uint32_t
        asks_on_answer; /* gives a read command with this tag while the next answer is being told; 0: none */
    struct lxp_head head; /* of the inverter's replies */
    char trace[RIG_TRACE_MAX];
    struct wp_writer w;
};

#define RIG_SOUTH south_lxp_class
#include "tests/south_rig.h"

/* ---- the trace ------------------------------------------------------------------------------------ */

static inline void rig_put_sent(struct rig *r, const struct wp_effect *e)
{
    struct lxp_frame f;
    struct wp_decode d = lxp_decode(NULL, WP_SIDE_CLIENT, e->bytes, &f);

    ck_assert_msg(d.status == WP_OK && d.used == e->bytes.n, "sends whole frames");
    r->n_sent++;
    r->n_last_sent = e->bytes.n;
    ck_assert_uint_lt(e->bytes.n, sizeof r->last_sent);
    memcpy(r->last_sent, e->bytes.p, e->bytes.n);
    rig_head(r);
    wp_put_uint(&r->w, e->port);
    wp_put_text(&r->w, "> ");
    if (f.shape == LXP_IS_HEARTBEAT) {
        wp_put_hex(&r->w, e->bytes);
        return;
    }
    ck_assert_int_eq(f.protocol, 1);
    ck_assert_int_eq(f.address, 0);
    wp_put_text(&r->w, lxp_device_function_text(f.device_function));
    wp_put_char(&r->w, ' ');
    wp_put_uint(&r->w, f.first);
    wp_put_char(&r->w, ' ');
    wp_put_uint(&r->w, f.shape == LXP_IS_READ_REQUEST ? f.count : lxp_u16(f.values, 0));
}

static inline void rig_put_point(struct wp_writer *w, const struct wp_point *p)
{
    wp_put_slice(w, p->id);
    wp_put_char(w, '=');
    wp_put_value(w, p->value);
}

static inline void rig_put_reading(struct rig *r, const struct wp_reading *reading)
{
    struct wp_writer last = wp_writer(r->last_point, sizeof r->last_point);

    ck_assert_uint_gt(reading->n_points, 0);
    ck_assert(strcmp(reading->protocol, "lxp") == 0);
    r->n_readings++;
    r->n_points += reading->n_points;
    rig_head(r);
    wp_put_text(&r->w, reading->reason == WP_ASKED ? "asked" : "pushed");
    if (!wp_slice_is(reading->device, RIG_SERIAL)) {
        wp_put_char(&r->w, ' ');
        wp_put_slice(&r->w, reading->device);
    }
    for (size_t i = 0; i < reading->n_points && (i < RIG_SHOWN_POINTS || r->shows_points); i++) {
        wp_put_char(&r->w, ' ');
        rig_put_point(&r->w, &reading->points[i]);
    }
    if (reading->n_points > RIG_SHOWN_POINTS && !r->shows_points) {
        wp_put_text(&r->w, " of ");
        wp_put_uint(&r->w, reading->n_points);
    }
    rig_put_point(&last, &reading->points[reading->n_points - 1]);
    (void)wp_put_end(&last);
}

static inline void rig_ask_again(struct rig *r);

static inline void rig_emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    struct rig *r = (struct rig *)outbox;
    struct wp_writer *w = &r->w;

    if (e->kind == WP_NOTE && r->hides_notes)
        return;
    if (e->kind == WP_SEND) {
        rig_put_sent(r, e);
    } else if (e->kind == WP_READING) {
        rig_put_reading(r, e->reading);
    } else {
        rig_head(r);
    }
    switch (e->kind) {
    case WP_SEND:
    case WP_READING: break;
    case WP_DIAL:
        r->n_dials++;
        wp_put_text(w, "dial ");
        wp_put_addr(w, e->dial.to);
        wp_put_text(w, " within ");
        wp_put_duration(w, e->dial.within);
        break;
    case WP_HANG_UP:
        r->hung_up[e->port % RIG_PORTS] = true;
        wp_put_text(w, "hang up ");
        wp_put_uint(w, e->port);
        break;
    case WP_PRESENCE:
        ck_assert(strcmp(e->presence->protocol, "lxp") == 0);
        wp_put_text(w, e->presence->online ? "online " : "offline ");
        wp_put_slice(w, e->presence->device);
        wp_put_char(w, ' ');
        wp_put_ip(w, e->presence->ip);
        break;
    case WP_ANSWER:
        r->n_answers++;
        wp_put_text(w, "answer ");
        wp_put_uint(w, e->answer->tag);
        ck_assert(e->answer->ok == (e->answer->fault.n == 0));
        wp_put_text(w, e->answer->ok ? " ok" : ": ");
        wp_put_slice(w, e->answer->fault);
        break;
    case WP_NOTE:
        wp_put_text(w, "note ");
        wp_put_text(w, e->note.what);
        wp_put_text(w, ": ");
        wp_put_slice(w, e->note.text);
        wp_put_char(w, ' ');
        wp_put_int(w, e->note.count);
        break;
    default: ck_abort_msg("a south does not do that");
    }
    wp_put_char(w, '\n');
    if (e->kind == WP_ANSWER && r->asks_on_answer)
        rig_ask_again(r);
}

static inline void rig_clear(struct rig *r)
{
    r->w = wp_writer(r->trace, sizeof r->trace);
    r->n_sent = r->n_dials = r->n_readings = r->n_points = r->n_answers = 0;
}

/* ---- making and stepping -------------------------------------------------------------------------- */

static inline void rig_make_list(struct rig *r, va_list list)
{
    rig_make_south(r, list);
    r->head = (struct lxp_head){.protocol = 2, .address = 1, .datalog = RIG_DATALOG, .inverter = RIG_SERIAL};
}

/* The first inverter's dial succeeds. */
static inline wp_port rig_open(struct rig *r, uint32_t ip)
{
    r->hung_up[++r->last_port % RIG_PORTS] = false;
    rig_step(r, (struct wp_event){
                    .kind = WP_EV_OPEN, .port = r->last_port, .open.peer = {.ip = ip, .port = 8000}});
    return r->last_port;
}

static inline void rig_fail_dial(struct rig *r, uint32_t ip)
{
    rig_step(r, (struct wp_event){.kind = WP_EV_CLOSE,
                                  .close = {.reason = WP_CLOSE_REFUSED, .peer = {.ip = ip, .port = 8000}}});
}

static inline void rig_close(struct rig *r, wp_port port)
{
    rig_step(r, (struct wp_event){.kind = WP_EV_CLOSE, .port = port, .close.reason = WP_CLOSE_PEER});
}

/* One inverter, connected at 0 on port 1, nothing in the trace. */
static inline void rig_start_open(struct rig *r, ...)
{
    va_list list;

    va_start(list, r);
    rig_make_list(r, list);
    va_end(list);
    rig_step(r, (struct wp_event){.kind = WP_EV_START});
    rig_open(r, RIG_IP);
    rig_clear(r);
}

static inline void rig_set(struct rig *r, const char *name, const char *text)
{
    struct wp_event e = {.kind = WP_EV_SET, .set.option = rig_option(name)};

    ck_assert(wp_option_read(e.set.option, wp_text(text), &e.set.value, NULL));
    rig_step(r, e);
}

/* ---- the inverter's side -------------------------------------------------------------------------- */

static inline void rig_bytes(struct rig *r, struct wp_slice bytes)
{
    rig_step(r, (struct wp_event){.kind = WP_EV_BYTES, .port = r->last_port, .bytes = bytes});
}

static inline void rig_hex(struct rig *r, const char *hex)
{
    uint8_t bytes[4096];
    size_t n;

    ck_assert(wp_hex_read(wp_text(hex), bytes, sizeof bytes, &n));
    rig_bytes(r, wp_slice(bytes, n));
}

/* Values first + 0, first + 1, ... of n registers, into w. */
static inline void rig_put_block(struct rig *r, struct wp_writer *w, uint8_t function, uint16_t first,
                                 uint16_t n)
{
    uint8_t values[512];
    struct wp_writer v = wp_writer(values, sizeof values);

    for (uint16_t i = 0; i < n; i++)
        wp_put_u16le(&v, (uint16_t)(first + i));
    ck_assert(!v.full);
    lxp_put_read_reply(w, &r->head, function, first, wp_written(&v));
}

static inline void rig_reply_block(struct rig *r, uint8_t function, uint16_t first, uint16_t n)
{
    uint8_t wire[LXP_FRAME_MAX];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    rig_put_block(r, &w, function, first, n);
    rig_bytes(r, wp_written(&w));
}

/* One hold register. */
static inline void rig_reply_hold(struct rig *r, uint16_t first, uint16_t value)
{
    uint8_t wire[64], values[] = {(uint8_t)value, (uint8_t)(value >> 8)};
    struct wp_writer w = wp_writer(wire, sizeof wire);

    lxp_put_read_reply(&w, &r->head, LXP_READ_HOLD, first, wp_slice(values, 2));
    rig_bytes(r, wp_written(&w));
}

static inline void rig_reply_write(struct rig *r, uint16_t first, uint16_t value)
{
    uint8_t wire[64];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    lxp_put_write(&w, &r->head, first, value);
    rig_bytes(r, wp_written(&w));
}

static inline void rig_reply_write_multi(struct rig *r, uint16_t first, uint16_t count)
{
    uint8_t wire[64];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    lxp_put_write_multi_reply(&w, &r->head, first, count);
    rig_bytes(r, wp_written(&w));
}

static inline void rig_reply_exception(struct rig *r, uint8_t function, uint16_t first)
{
    uint8_t wire[64];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    lxp_put_exception(&w, &r->head, function, first, 3);
    rig_bytes(r, wp_written(&w));
}

/* ---- the north's side ----------------------------------------------------------------------------- */

static inline void rig_command(struct rig *r, uint32_t tag, enum wp_operation operation, const char *id,
                               struct wp_value value)
{
    const struct wp_slice ids[] = {wp_text(id)};
    const struct wp_command command = {.tag = tag,
                                       .from = 1,
                                       .device = wp_text(RIG_SERIAL),
                                       .operation = operation,
                                       .ids = ids,
                                       .n_ids = 1,
                                       .value = value};

    rig_step(r, (struct wp_event){.kind = WP_EV_COMMAND, .command = &command});
}

static inline void rig_read(struct rig *r, uint32_t tag, const char *id)
{
    rig_command(r, tag, WP_READ, id, wp_null());
}

static inline void rig_write(struct rig *r, uint32_t tag, const char *id, int64_t value)
{
    rig_command(r, tag, WP_WRITE, id, wp_int(value));
}

static inline void rig_switch(struct rig *r, uint32_t tag, const char *id, bool on)
{
    rig_command(r, tag, WP_WRITE, id, wp_bool(on));
}

static inline void rig_ask_again(struct rig *r)
{
    uint32_t tag = r->asks_on_answer;

    r->asks_on_answer = 0;
    rig_read(r, tag, "hold 99");
}

#endif
