/* For tests of worlds: a transcript as lines of text, and a machine that does only what it is told. */
#ifndef WP_WORLD_TRACE_H
#define WP_WORLD_TRACE_H

#include "sim/world/world.h"

#include <check.h>
#include <stdio.h>

struct trace {
    struct wp_sink sink;
    bool with_times;
    size_t n;
    char text[16384];
};

static const char *const close_reasons[] = {"peer", "reset", "own", "refused", "timeout"};

static inline void trace_print(struct wp_writer *w, const struct wp_record *r)
{
    char number[48];

    switch (r->kind) {
    case WP_REC_OPEN:
        wp_put_char(w, ' ');
        wp_put_addr(w, r->open.own);
        wp_put_text(w, " to ");
        wp_put_addr(w, r->open.peer);
        break;
    case WP_REC_CLOSE:
        wp_put_char(w, ' ');
        wp_put_text(w, close_reasons[r->close.reason]);
        if (r->close.code) {
            snprintf(number, sizeof number, " %u", r->close.code);
            wp_put_text(w, number);
        }
        if (r->close.peer.port) {
            wp_put_text(w, " to ");
            wp_put_addr(w, r->close.peer);
        }
        break;
    case WP_REC_SEND:
    case WP_REC_RECEIPT:
        wp_put_char(w, ' ');
        wp_put_slice(w, r->bytes);
        break;
    case WP_REC_LOGIN:
        wp_put_char(w, ' ');
        wp_put_slice(w, r->login->client_id);
        if (r->login->password.p) {
            wp_put_char(w, ' ');
            wp_put_slice(w, r->login->password);
        }
        break;
    case WP_REC_CONNACK:
        snprintf(number, sizeof number, " %u%s", r->connack.code,
                 r->connack.session_present ? " present" : "");
        wp_put_text(w, number);
        break;
    case WP_REC_SUBSCRIBE:
    case WP_REC_SUBACK:
    case WP_REC_UNSUBSCRIBE:
        wp_put_char(w, ' ');
        wp_put_slice(w, r->subscribe.filter);
        snprintf(number, sizeof number, " q%u", r->subscribe.qos);
        wp_put_text(w, number);
        break;
    case WP_REC_PUBLISH:
    case WP_REC_DELIVER:
        wp_put_char(w, ' ');
        wp_put_slice(w, r->message.topic);
        wp_put_char(w, '=');
        wp_put_slice(w, r->message.payload);
        snprintf(number, sizeof number, " q%u%s%s%s", r->message.qos, r->message.retain ? " retain" : "",
                 r->message.dup ? " dup" : "", r->message.will ? " will" : "");
        wp_put_text(w, number);
        break;
    case WP_REC_SET:
        wp_put_char(w, ' ');
        wp_put_text(w, r->set.name);
        wp_put_char(w, '=');
        wp_put_value(w, r->set.value);
        break;
    case WP_REC_NOTE:
    case WP_REC_FAULT:
        wp_put_char(w, ' ');
        wp_put_text(w, r->note.what);
        wp_put_char(w, ' ');
        wp_put_slice(w, r->note.text);
        snprintf(number, sizeof number, " %lld", (long long)r->note.count);
        wp_put_text(w, number);
        break;
    default: break;
    }
}

/* [  1.000200] a > b: receipt text */
static inline void trace_take(struct wp_sink *sink, const struct wp_record *r)
{
    struct trace *t = (struct trace *)sink;
    struct wp_writer w = wp_writer(t->text + t->n, sizeof t->text - t->n - 1);
    char time[32];

    if (r->kind == WP_REC_WIRE) /* no part of the story */
        return;
    if (t->with_times) {
        snprintf(time, sizeof time, "[%3lld.%06lld] ", (long long)(r->at / 1000000),
                 (long long)(r->at % 1000000));
        wp_put_text(&w, time);
    }
    wp_put_text(&w, r->machine);
    if (r->peer) {
        wp_put_char(&w, '-');
        wp_put_text(&w, r->peer);
    }
    wp_put_char(&w, ' ');
    wp_put_text(&w, wp_record_text(r->kind));
    trace_print(&w, r);
    wp_put_char(&w, '\n');
    if (!w.full)
        t->n += w.n;
    t->text[t->n] = 0;
}

/* ---- a machine that does only what it is told ------------------------------------------------------- */

/* Its one option is kept over a restart. On START it says its level; bytes "!" are echoed as "ok"; acknowledgements
 * and messages become notes. */
static const struct wp_option puppet_options[] = {
    {.name = "level",
     .type = WP_OPT_INT,
     .use = WP_USE_SET,
     .unit = "",
     .kept = true,
     .help = "shown at start"},
};

struct puppet {
    int64_t level;
    wp_us wake; /* its deadline */
};

static inline size_t puppet_size(const struct wp_setup *setup)
{
    (void)setup;
    return sizeof(struct puppet);
}

static inline void puppet_init(const struct wp_setup *setup, void *memory)
{
    struct puppet *p = memory;

    (void)setup;
    p->wake = WP_NEVER;
}

static inline void puppet_step(void *machine, const struct wp_event *e, struct wp_outbox *out)
{
    struct puppet *p = machine;

    switch (e->kind) {
    case WP_EV_START: wp_note(out, "start", (struct wp_slice){NULL, 0}, p->level); break;
    case WP_EV_SET:
        p->level = e->set.value.num;
        if (p->level < 0)
            p->wake = e->now - p->level; /* wake up so many microseconds from now */
        break;
    case WP_EV_TIMER:
        wp_note(out, "timer", (struct wp_slice){NULL, 0}, p->level);
        p->wake = p->level == -1 ? e->now : WP_NEVER; /* -1: never rests again */
        break;
    case WP_EV_BYTES:
        if (wp_slice_is(e->bytes, "!"))
            wp_send(out, e->port, wp_text("ok"));
        break;
    case WP_EV_ACKED:
        wp_note(out, e->acked.ok ? "acked" : "refused", (struct wp_slice){NULL, 0}, e->acked.tag);
        break;
    case WP_EV_SUBACKED: wp_note(out, "subacked", (struct wp_slice){NULL, 0}, e->subacked.tag); break;
    case WP_EV_STOP: wp_note(out, "stop", (struct wp_slice){NULL, 0}, 0); break;
    default: break;
    }
}

static inline wp_us puppet_deadline(const void *machine)
{
    const struct puppet *p = machine;

    return p->wake;
}

static const struct wp_class puppet_class = {
    .name = "puppet",
    .help = "does what it is told",
    .options = puppet_options,
    .n_options = 1,
    .size = puppet_size,
    .init = puppet_init,
    .step = puppet_step,
    .deadline = puppet_deadline,
};

#endif
