/* For tests of WIRE records: a line for each packet of a broker session, whichever world it is in.
 *
 *     1 up CONNECT a          1 down PUBLISH x=one q1 id=1        1 up fin          1 rst */
#ifndef WP_WIRE_TRACE_H
#define WP_WIRE_TRACE_H

#include "sim/codec/mqtt.h"
#include "sim/core/transcript.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

struct wire_trace {
    struct wp_sink sink; /* first */
    bool with_times;
    char text[1 << 15];
    size_t n;
    struct {
        uint8_t bytes[1 << 14]; /* of a packet that is not whole yet */
        size_t n;
    } rest[4][2];
    unsigned n_topics; /* pieces that were said to end a PUBLISH */
};

static inline void wire_trace_packet(struct wp_writer *w, const struct mqtt_frame *frame)
{
    wp_put_text(w, mqtt_type_text(frame->type));
    if (frame->type == MQTT_CONNECT) {
        wp_put_char(w, ' ');
        wp_put_slice(w, frame->connect.client_id);
    }
    if (frame->connect.has_password) {
        wp_put_char(w, ' ');
        wp_put_slice(w, frame->connect.password);
    }
    if (frame->type == MQTT_CONNACK) {
        wp_put_char(w, ' ');
        wp_put_uint(w, frame->reason);
    }
    if (frame->type == MQTT_PUBLISH) {
        wp_put_char(w, ' ');
        wp_put_slice(w, frame->topic);
        wp_put_char(w, '=');
        wp_put_slice(w, wp_slice(frame->payload.p, frame->payload.n < 40 ? frame->payload.n : 40));
        wp_put_text(w, " q");
        wp_put_uint(w, frame->qos);
        wp_put_text(w, frame->retain ? " retain" : "");
        wp_put_text(w, frame->dup ? " dup" : "");
    }
    if (frame->packet_id != 0) {
        wp_put_text(w, " id=");
        wp_put_uint(w, frame->packet_id);
    }
}

static inline void wire_trace_line(struct wire_trace *t, const struct wp_record *r,
                                   const struct mqtt_frame *frame)
{
    static const char *const what[] = {"open", "named", "", "fin", "rst"};
    struct wp_writer w = wp_writer(t->text + t->n, sizeof t->text - t->n - 1);
    char time[32];

    if (t->with_times) {
        snprintf(time, sizeof time, "[%3lld.%06lld] ", (long long)(r->at / 1000000),
                 (long long)(r->at % 1000000));
        wp_put_text(&w, time);
    }
    wp_put_uint(&w, r->wire.id);
    wp_put_text(&w, r->wire.what >= WP_WIRE_BYTES ? r->wire.down ? " down " : " up " : " ");
    wp_put_text(&w, what[r->wire.what]);
    if (frame)
        wire_trace_packet(&w, frame);
    wp_put_char(&w, '\n');
    ck_assert(!w.full);
    t->n += w.n;
    t->text[t->n] = 0;
}

static inline void wire_trace_bytes(struct wire_trace *t, const struct wp_record *r)
{
    uint8_t *rest = t->rest[r->wire.id % 4][r->wire.down].bytes;
    size_t *n = &t->rest[r->wire.id % 4][r->wire.down].n, used = 0;
    struct mqtt_state state = {.possible = 1 << MQTT_V311 | 1 << MQTT_V31 | 1 << MQTT_V5};
    struct mqtt_frame frame;
    struct wp_decode d;

    ck_assert_uint_le(*n + r->wire.bytes.n, sizeof t->rest[0][0].bytes);
    if (r->wire.bytes.n > 0)
        memcpy(rest + *n, r->wire.bytes.p, r->wire.bytes.n);
    *n += r->wire.bytes.n;
    while (used < *n) {
        d = mqtt_decode(&state, r->wire.down ? WP_SIDE_SERVER : WP_SIDE_CLIENT,
                        wp_slice(rest + used, *n - used), &frame);
        if (d.status == WP_MORE)
            break;
        wire_trace_line(t, r, d.status == WP_OK ? &frame : NULL); /* what is malformed is an empty line */
        used += d.used;
    }
    *n -= used;
    memmove(rest, rest + used, *n);
}

static inline void wire_trace_take(struct wp_sink *sink, const struct wp_record *r)
{
    struct wire_trace *t = (struct wire_trace *)(void *)sink;

    if (r->kind != WP_REC_WIRE)
        return;
    t->n_topics += r->wire.topic.p != NULL;
    if (r->wire.what == WP_WIRE_BYTES)
        wire_trace_bytes(t, r);
    else
        wire_trace_line(t, r, NULL);
}

#endif
