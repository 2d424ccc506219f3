/* A bench for the venus north alone: it is stepped by hand, the test plays the south and the broker, and what the north
 * does becomes lines of a trace.
 *
 *     login venus-gateway clean keepalive 15
 *     subscribe R/c0619ab12345/# q0
 *     publish N/c0619ab12345/keepalive 1                     q0 and not retained, else "q1 ", "retain " in front
 *     command pvinverter/20 read /Ac/Power                   write /Ac/Power = 1, execute mirror
 *     note request-ignored: it is a retained one 1
 *
 * The portal's part of topics that are published is left out unless rig.own.is_whole: "publish heartbeat {"value":0}".
 * How the broker behaves stands in north_rig.h. The south that the test plays has a mirror of its own: rig.own.mirror is
 * told at each execute, service by service. */
#ifndef VENUS_RIG_H
#define VENUS_RIG_H

#include "sim/gateway/north_venus.h"

#define RIG_NORTH    north_venus_class
#define RIG_PROTOCOL "venus"
enum { RIG_TRACE_MAX = 4 << 20 };

#define RIG_PORTAL "c0619ab12345"

struct rig;

struct rig_own {
    bool is_whole; /* topics as they are */
    size_t n_items, n_markers, n_beats;
    void (*mirror)(struct rig *r, struct wp_slice device); /* NULL: it has nothing */
};

static const char *const rig_always[] = {NULL};

#include "tests/north_rig.h"

static inline void rig_clear_own(struct rig *r)
{
    r->own.n_items = r->own.n_markers = r->own.n_beats = 0;
}

static inline void rig_publish(struct rig *r, const struct wp_effect *e)
{
    static const char prefix[] = "N/" RIG_PORTAL "/";
    const struct wp_publish *p = &e->publish;
    struct wp_slice topic = p->topic, leaf;

    rig_must(topic.n > sizeof prefix - 1 && memcmp(topic.p, prefix, sizeof prefix - 1) == 0);
    leaf = wp_slice_from(topic, sizeof prefix - 1);
    rig_count_publish(r, e);
    r->own.n_items += memchr(leaf.p, '/', leaf.n) != NULL;
    r->own.n_beats += wp_slice_is(leaf, "heartbeat");
    r->own.n_markers += wp_slice_is(leaf, "full_publish_completed");
    wp_put_text(&r->w, "publish ");
    if (p->qos > 0)
        wp_put_text(&r->w, "q1 ");
    if (p->retain)
        wp_put_text(&r->w, "retain ");
    rig_put_plain(r, r->own.is_whole ? topic : leaf);
    wp_put_char(&r->w, ' ');
    wp_put_slice(&r->w, p->payload);
    wp_put_char(&r->w, '\n');
}

static inline void rig_command(struct rig *r, const struct wp_command *c)
{
    static const char *const words[] = {" read ", " write ", " execute "};
    const struct wp_answer a = {.tag = c->tag, .device = c->device, .ok = true, .fault = wp_text("")};

    rig_must(c->n_ids == 1);
    r->n_commands++;
    wp_put_text(&r->w, "command ");
    rig_put_plain(r, c->device);
    wp_put_text(&r->w, words[c->operation]);
    rig_put_plain(r, c->ids[0]);
    if (c->operation == WP_WRITE) {
        wp_put_text(&r->w, " = ");
        wp_put_value(&r->w, c->value);
    }
    wp_put_char(&r->w, '\n');
    if (c->operation == WP_EXECUTE && r->own.mirror)
        r->own.mirror(r, c->device);
    rig_raw_step(r, (struct wp_event){.kind = WP_EV_ANSWER, .answer = &a});
}

/* "keepalive", "system/0/Serial": of our portal. */
static inline void rig_ask(struct rig *r, char letter, const char *leaf, const char *payload)
{
    char topic[1024];

    snprintf(topic, sizeof topic, "%c/" RIG_PORTAL "/%s", letter, leaf);
    rig_message_with(r, wp_text(topic), wp_text(payload), false);
}

static inline void rig_keep_alive(struct rig *r)
{
    rig_ask(r, 'R', "keepalive", "");
}

static inline void rig_presence(struct rig *r, const char *device, bool online)
{
    const struct wp_presence p = {
        .device = wp_text(device), .protocol = "venus", .online = online, .at = r->now};

    rig_step(r, (struct wp_event){.kind = WP_EV_PRESENCE, .presence = &p});
}

static inline void rig_tell(struct rig *r, const char *device, enum wp_reason reason, const char *path,
                            struct wp_value value)
{
    const struct wp_point point = {.id = wp_text(path), .unit = "", .value = value};

    rig_reading(r, wp_text(device), reason, NULL, &point, 1);
}

/* As a service tells that it has left. */
static inline void rig_gone(struct rig *r, const char *device, const char *path)
{
    const struct wp_point point = {.id = wp_text(path), .unit = "", .quality = WP_NO_VALUE};

    rig_reading(r, wp_text(device), WP_PUSHED, WP_EVENT_LEFT, &point, 1);
}

#endif
