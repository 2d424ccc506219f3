/* A bench for the octolux north alone: it is stepped by hand, the test plays the south and the broker, and what the
 * north does becomes lines of a trace.
 *
 *     login octolux-gateway clean keepalive 15
 *     subscribe octolux/cmd/ac_charge q1
 *     publish octolux/hold/65 q1 50
 *     command 5555555555 write hold 65 = 50
 *     note command-ignored: it is a retained one 1
 *
 * How the broker behaves stands in north_rig.h. A command is answered by the test, or at once as the gateway does for a
 * device that is not there, with rig.own.offline. Values of registers are made into points by the codec, which its own
 * tests hold down. What is given stands behind an inverter 5555555555 at 127.0.2.1 whose topics begin with octolux. */
#ifndef OCTOLUX_RIG_H
#define OCTOLUX_RIG_H

#include "sim/codec/lxp_input.h"
#include "sim/gateway/lxp_inverters.h"
#include "sim/gateway/north_octolux.h"

#define RIG_NORTH    north_octolux_class
#define RIG_PROTOCOL "lxp"
enum { RIG_TRACE_MAX = 1 << 20 };

struct rig_own {
    bool offline;
    uint32_t last_tag; /* of the latest command */
};

static const char *const rig_always[] = {"lxp.host",    "127.0.2.1",  "lxp.serial", "5555555555",
                                         "lxp.datalog", "BA55555555", NULL};

#include "tests/north_rig.h"

static inline void rig_clear_own(struct rig *r)
{
    (void)r; /* it counts nothing of its own */
}

static inline void rig_publish(struct rig *r, const struct wp_effect *e)
{
    const struct wp_publish *p = &e->publish;

    rig_count_publish(r, e);
    wp_put_text(&r->w, "publish ");
    wp_put_slice(&r->w, p->topic);
    wp_put_text(&r->w, " q");
    wp_put_uint(&r->w, p->qos);
    wp_put_text(&r->w, p->retain ? "r " : " ");
    wp_put_slice(&r->w, p->payload);
    wp_put_char(&r->w, '\n');
}

static inline void rig_answer_tag(struct rig *r, uint32_t tag, bool ok)
{
    const struct wp_answer a = {.tag = tag, .ok = ok, .fault = wp_text(ok ? "" : "no reply")};

    rig_raw_step(r, (struct wp_event){.kind = WP_EV_ANSWER, .answer = &a});
}

static inline void rig_command(struct rig *r, const struct wp_command *c)
{
    rig_must(c->n_ids == 1);
    r->n_commands++;
    r->own.last_tag = c->tag;
    wp_put_text(&r->w, "command ");
    wp_put_slice(&r->w, c->device);
    wp_put_text(&r->w, c->operation == WP_READ ? " read " : " write ");
    wp_put_slice(&r->w, c->ids[0]);
    if (c->operation == WP_WRITE) {
        wp_put_text(&r->w, " = ");
        wp_put_value(&r->w, c->value);
    }
    wp_put_char(&r->w, '\n');
    if (r->own.offline)
        rig_answer_tag(r, c->tag, false);
}

static inline void rig_message(struct rig *r, const char *topic, const char *payload)
{
    rig_message_with(r, wp_text(topic), wp_text(payload), false);
}

/* The south answers the latest command. */
static inline void rig_answer(struct rig *r, bool ok)
{
    rig_answer_tag(r, r->own.last_tag, ok);
    if (!r->holds_acks)
        rig_ack(r);
}

/* A read-input reply: values as on the wire, in hex. */
static inline void rig_inputs(struct rig *r, const char *serial, uint16_t first, const char *hex)
{
    struct wp_point points[LXP_INPUT_POINTS_MAX];
    uint8_t bytes[2 * LXP_REPLY_REGISTERS];
    size_t n;

    rig_must(wp_hex_read(wp_text(hex), bytes, sizeof bytes, &n));
    n = lxp_input_points(first, wp_slice(bytes, n), (struct lxp_input_options){0}, points);
    rig_reading(r, wp_text(serial), WP_PUSHED, NULL, points, n);
}

/* Hold registers from `first` on, as in a read-hold or write-single reply. */
static inline void rig_holds(struct rig *r, const char *serial, enum wp_reason reason, uint16_t first,
                             const uint16_t *values, size_t n)
{
    struct wp_point points[LXP_REPLY_REGISTERS];
    uint8_t bytes[2 * LXP_REPLY_REGISTERS], ids[LXP_HOLD_IDS_MAX];
    struct wp_writer w = wp_writer(bytes, sizeof bytes), names = wp_writer(ids, sizeof ids);

    for (size_t i = 0; i < n; i++)
        wp_put_u16le(&w, values[i]);
    n = lxp_hold_points(first, wp_written(&w), &names, points);
    rig_reading(r, wp_text(serial), reason, NULL, points, n);
}

static inline void rig_hold(struct rig *r, const char *serial, enum wp_reason reason, uint16_t number,
                            uint16_t value)
{
    rig_holds(r, serial, reason, number, &value, 1);
}

#endif
