/* Reading a pattern, and the cheap half of matching: kind, topic, parties. */
#include "harness/pattern_impl.h"
#include "sim/world/access.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *key;
    enum wp_record_kind kind;
} kinds[] = {
    {"topic", WP_REC_PUBLISH},     {"deliver", WP_REC_DELIVER}, {"connack", WP_REC_CONNACK},
    {"suback", WP_REC_SUBACK},     {"open", WP_REC_OPEN},       {"close", WP_REC_CLOSE},
    {"frame", WP_REC_FRAME},       {"point", WP_REC_READING},   {"note", WP_REC_NOTE},
    {"presence", WP_REC_PRESENCE},
};

enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static bool fail(const char *file, const struct node *n, struct wp_writer *why, const char *sentence)
{
    char text[600];

    snprintf(text, sizeof text, "%s:%d:%d: %s\n", file, n->line, n->column, sentence);
    wp_put_text(why, text);
    return false;
}

/* "ivy/v1/meters/{id}/status" -> "ivy/v1/meters/+/status", in place: the filter is never longer. */
static struct wp_slice filter_of(struct wp_slice topic, uint8_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < topic.n;) {
        const uint8_t *close = topic.p[i] == '{' ? memchr(topic.p + i, '}', topic.n - i) : NULL;

        if (close) {
            out[n++] = '+';
            i = (size_t)(close - topic.p) + 1;
        } else {
            out[n++] = topic.p[i++];
        }
    }
    return wp_slice(out, n);
}

static bool read_count(struct pattern *p, const char *file, const struct node *count, struct wp_writer *why)
{
    const struct node *min = node_get(count, "min"), *max = node_get(count, "max");

    p->min = 1;
    p->max = UINT32_MAX;
    if (!count)
        return true;
    if (count->kind == NODE_SCALAR) {
        p->min = p->max = (uint32_t)strtoul(node_text(count, "0"), NULL, 10);
        return true;
    }
    p->min = min ? (uint32_t)strtoul(node_text(min, "0"), NULL, 10) : 0;
    p->max = max ? (uint32_t)strtoul(node_text(max, "0"), NULL, 10) : UINT32_MAX;
    return p->min <= p->max || fail(file, count, why, "min is not above max");
}

bool pattern_read(struct pattern *p, const char *file, const struct node *node, struct wp_writer *why)
{
    const struct node *key = NULL;

    *p = (struct pattern){.node = node};
    for (int i = 0; i < N_KINDS; i++) {
        const struct node *hit = node_get(node, kinds[i].key);

        if (!hit)
            continue;
        if (key)
            return fail(file, hit, why, "a pattern names one kind of record, this one names two");
        key = hit;
        p->kind = kinds[i].kind;
    }
    if (!key)
        return fail(
            file, node, why,
            "a pattern names a record: topic, deliver, connack, suback, open, close, frame, point, presence "
            "or note");
    p->key = key->text;
    if (p->kind == WP_REC_PUBLISH || p->kind == WP_REC_DELIVER) {
        if (key->text.n > sizeof p->filter)
            return fail(file, key, why, "a topic has at most 300 characters here");
        p->filter_n = filter_of(key->text, p->filter).n;
        if (!wp_topic_is_filter(wp_slice(p->filter, p->filter_n)))
            return fail(file, key, why,
                        "not a topic filter: + and # stand alone in their level, # comes last");
    }
    p->from = node_text(node_get(node, "from"), NULL);
    p->to = node_text(node_get(node, "to"), NULL);
    p->within = node_duration_or(node_get(node, "within"), WP_SEC(1));
    p->strict_order = node_is(node_get(node, "order"), "strict");
    p->proves = node_get(node, "proves");
    return read_count(p, file, node_get(node, "count"), why);
}

static bool party(const char *wanted, const char *name)
{
    return !wanted || (name && strcmp(wanted, name) == 0);
}

bool pattern_names(const struct pattern *p, const struct wp_record *r)
{
    if (r->kind != p->kind)
        return false;
    switch (r->kind) {
    case WP_REC_PUBLISH:
        return party(p->from, r->machine) &&
               wp_topic_matches(wp_slice(p->filter, p->filter_n), r->message.topic);
    case WP_REC_DELIVER:
        return party(p->to, r->machine) &&
               wp_topic_matches(wp_slice(p->filter, p->filter_n), r->message.topic);
    case WP_REC_FRAME:
        return party(p->from, r->machine) && party(p->to, r->peer) &&
               (!r->frame.codec || wp_slice_is(p->key, r->frame.codec->name));
    case WP_REC_READING: return wp_slice_eq(p->key, r->reading->device);
    case WP_REC_PRESENCE: return wp_slice_eq(p->key, r->presence->device);
    case WP_REC_NOTE: return wp_slice_is(p->key, r->note.what) && party(p->from, r->machine);
    case WP_REC_OPEN:
    case WP_REC_CLOSE: return wp_slice_is(p->key, r->machine) && party(p->to, r->peer);
    default: return wp_slice_is(p->key, r->machine);
    }
}

void pattern_put(struct wp_writer *w, const struct pattern *p)
{
    const struct node *payload = node_get(p->node, "payload");

    for (int i = 0; i < N_KINDS; i++) {
        if (kinds[i].kind != p->kind)
            continue;
        wp_put_text(w, kinds[i].key);
        wp_put_char(w, ' ');
    }
    wp_put_slice(w, p->key);
    if (p->from) {
        wp_put_text(w, " from ");
        wp_put_text(w, p->from);
    }
    if (p->to) {
        wp_put_text(w, " to ");
        wp_put_text(w, p->to);
    }
    if (payload) {
        wp_put_char(w, ' ');
        node_put_json(payload, w);
    }
}
