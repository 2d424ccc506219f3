/* What goes out: payloads, topics, and what is kept while the broker is away.
 *
 * Away, events and responses are kept in one bounded buffer and published after the next login, the oldest
 * first; telemetry and statistics are dropped and counted, they would be old news. Status is kept nowhere:
 * every login tells all of it. */
#include "sim/gateway/north_ivy_impl.h"

enum away { DROPPED, KEPT, TOLD_ANEW };

static const struct {
    const char *leaf;
    uint8_t qos;
    bool retain;
    enum away away;
} topics[] = {
#define X(name, leaf, qos, retain, away) {leaf, qos, retain, away},
    NORTH_TOPICS(X)
#undef X
};

enum { KEPT_HEAD = 5 }; /* topic (1), length of the payload (4); then the id and the payload */

struct wp_slice north_ivy_topic(struct north *no, enum north_topic topic, const char *id)
{
    size_t at = no->n_prefix, n_leaf = strlen(topics[topic].leaf);

    if (id) {
        memcpy(no->topic + no->n_prefix, "/meters/", no->n_meters - no->n_prefix);
        memcpy(no->topic + no->n_meters, id, NORTH_ID_DIGITS);
        at = no->n_meters + NORTH_ID_DIGITS;
    }
    memcpy(no->topic + at, topics[topic].leaf, n_leaf);
    return wp_slice(no->topic, at + n_leaf);
}

struct json_out *north_ivy_begin(struct north *no)
{
    no->w = wp_writer(no->payload, no->payload_cap);
    no->json = json_out(&no->w);
    json_open_object(&no->json);
    return &no->json;
}

void north_ivy_put_timestamp(struct north *no, struct json_out *j)
{
    json_int_member(j, "timestamp", gateway_unix_ms(no->facts, no->now));
}

static void publish(struct north *no, enum north_topic topic, const char *id, struct wp_slice payload,
                    uint32_t tag)
{
    const struct wp_effect e = {
        .kind = WP_PUBLISH,
        .port = no->port,
        .endpoint = no->endpoint,
        .publish =
            {
                .topic = north_ivy_topic(no, topic, id),
                .payload = payload,
                .qos = topic == NORTH_TELEMETRY ? no->telemetry_qos : topics[topic].qos,
                .retain = topics[topic].retain,
                .tag = tag,
            },
    };

    no->published++;
    no->out->emit(no->out, &e);
}

/* ---- while the broker is away --------------------------------------------------------------------- */

static void drop(struct north *no)
{
    if (no->n_dropped++ == 0)
        wp_note(no->out, "publish-dropped", wp_text("the broker is away, telemetry is lost"), 1);
}

static void keep(struct north *no, enum north_topic topic, const char *id, struct wp_slice payload)
{
    struct wp_writer *w = &no->outbox;

    if (KEPT_HEAD + NORTH_ID_DIGITS + payload.n > w->cap - w->n) {
        wp_note(no->out, "outbox-full", wp_text(topics[topic].leaf), (int64_t)++no->n_dropped);
        return;
    }
    wp_put_u8(w, (uint8_t)topic);
    wp_put_u32be(w, (uint32_t)payload.n);
    wp_put_slice(w, wp_slice(id, NORTH_ID_DIGITS));
    wp_put_slice(w, payload);
}

void north_ivy_flush(struct north *no)
{
    struct wp_reader r = wp_reader(wp_written(&no->outbox));

    if (no->n_dropped > 0)
        wp_note(no->out, "publish-dropped", wp_text("while the broker was away"), (int64_t)no->n_dropped);
    no->n_dropped = 0;
    while (wp_left(&r) > 0) {
        enum north_topic topic = (enum north_topic)wp_get_u8(&r);
        size_t n = wp_get_u32be(&r);
        struct wp_slice id = wp_get_slice(&r, NORTH_ID_DIGITS);

        publish(no, topic, (const char *)id.p, wp_get_slice(&r, n), 0);
    }
    no->outbox.n = 0;
}

void north_ivy_end(struct north *no, enum north_topic topic, const char *id, uint32_t tag)
{
    struct wp_slice payload;

    json_close_object(&no->json);
    payload = wp_written(&no->w);
    if (no->w.full)
        wp_note(no->out, "payload-too-long", wp_text(topics[topic].leaf), (int64_t)payload.n);
    else if (no->port)
        publish(no, topic, id, payload, tag);
    else if (topics[topic].away == DROPPED)
        drop(no);
    else if (topics[topic].away == KEPT)
        keep(no, topic, id, payload);
}
