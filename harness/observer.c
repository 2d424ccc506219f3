#include "harness/observer.h"

#include <stdlib.h>

const char observer_name[] = "wattproof-observer", observer_second_name[] = "wattproof-retained";

enum { OWN_MAX = 4096, EXACTLY_ONCE = 2 };

/* The last message of a topic. */
struct last {
    struct wp_record record; /* topic and payload point behind it */
    bool is_told;            /* the second client got it as retained */
    struct last *next;
    uint8_t bytes[];
};

struct observer {
    struct wp_sink sink; /* first */
    struct wp_transcript *transcript;
    const char *sut;
    bool is_fresh, sees_qos, has_looked_back;
    uint64_t own[OWN_MAX]; /* published by ours, not delivered yet; 0: free */
    struct last *topics;
};

/* ---- own publications ------------------------------------------------------------------------------- */

static uint64_t hash(uint64_t h, struct wp_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
    return (h ^ 0x100) * UINT64_C(0x100000001b3);
}

static uint64_t hash_of(const struct wp_record *r)
{
    uint64_t h = hash(hash(UINT64_C(0xcbf29ce484222325), r->message.topic), r->message.payload);

    return h ? h : 1;
}

static bool exchange(struct observer *o, uint64_t from, uint64_t to)
{
    for (size_t i = 0; i < OWN_MAX; i++) {
        if (o->own[i] != from)
            continue;
        o->own[i] = to;
        return true;
    }
    return false;
}

/* ---- the last of each topic ------------------------------------------------------------------------- */

static struct last **find(struct observer *o, struct wp_slice topic)
{
    struct last **at = &o->topics;

    while (*at && !wp_slice_eq((*at)->record.message.topic, topic))
        at = &(*at)->next;
    return at;
}

static void keep(struct observer *o, const struct wp_record *r)
{
    struct wp_slice topic = r->message.topic, payload = r->message.payload;
    struct last **at = find(o, topic), *old = *at, *l = calloc(1, sizeof *l + topic.n + payload.n);

    if (!l)
        abort();
    l->record = *r;
    memcpy(l->bytes, topic.p, topic.n);
    if (payload.n > 0)
        memcpy(l->bytes + topic.n, payload.p, payload.n);
    l->record.message.topic = wp_slice(l->bytes, topic.n);
    l->record.message.payload = wp_slice(l->bytes + topic.n, payload.n);
    l->next = old ? old->next : NULL;
    *at = l;
    free(old);
}

/* ---- the records ------------------------------------------------------------------------------------ */

static void take_delivery(struct observer *o, const struct wp_record *r)
{
    struct wp_record publish = *r;

    if (r->message.retain ? !o->is_fresh : exchange(o, hash_of(r), 0))
        return;
    publish.kind = WP_REC_PUBLISH;
    publish.machine = o->sut;
    publish.peer = "broker";
    publish.port = 0;
    if (!r->message.retain)
        publish.message.unseen |= WP_UNSEEN_RETAIN;
    if (!o->sees_qos)
        publish.message.unseen |= WP_UNSEEN_QOS;
    wp_transcript_write(o->transcript, &publish);
    keep(o, &publish);
}

static void take_retained(struct observer *o, const struct wp_record *r)
{
    struct last *l = *find(o, r->message.topic);

    if (l && r->message.retain && wp_slice_eq(l->record.message.payload, r->message.payload))
        l->is_told = true;
}

static void take(struct wp_sink *sink, const struct wp_record *r)
{
    struct observer *o = (struct observer *)(void *)sink;

    if (r->kind == WP_REC_PUBLISH && strcmp(r->machine, o->sut) != 0)
        exchange(o, 0, hash_of(r));
    else if (r->kind == WP_REC_SUBACK && strcmp(r->machine, observer_name) == 0)
        o->sees_qos = r->subscribe.qos == EXACTLY_ONCE; /* delivered as published, MQTT 3.1.1, 3.8.4 */
    else if (r->kind == WP_REC_SUBACK && strcmp(r->machine, observer_second_name) == 0)
        o->has_looked_back = r->subscribe.qos != WP_SUBACK_REFUSED;
    else if (r->kind == WP_REC_DELIVER && strcmp(r->machine, observer_name) == 0)
        take_delivery(o, r);
    else if (r->kind == WP_REC_DELIVER && strcmp(r->machine, observer_second_name) == 0)
        take_retained(o, r);
}

/* ---- the interface ---------------------------------------------------------------------------------- */

struct observer *observer_new(struct wp_transcript *transcript, const char *sut, bool fresh)
{
    struct observer *o = calloc(1, sizeof *o);

    if (!o)
        abort();
    o->sink.take = take;
    o->transcript = transcript;
    o->sut = sut;
    o->is_fresh = fresh;
    return o;
}

void observer_free(struct observer *o)
{
    struct last *next;

    for (struct last *l = o ? o->topics : NULL; l; l = next) {
        next = l->next;
        free(l);
    }
    free(o);
}

struct wp_sink *observer_sink(struct observer *o)
{
    return &o->sink;
}

struct client_plan observer_plan(const char *name)
{
    return (struct client_plan){
        .login = {.client_id = wp_text(name), .clean = true, .keepalive_s = 60},
        .filters = {wp_text("#")},
        .n_filters = 1,
        .qos = EXACTLY_ONCE,
    };
}

void observer_each_last(const struct observer *o, void (*visit)(void *ctx, const struct wp_record *publish),
                        void *ctx)
{
    for (const struct last *l = o->has_looked_back ? o->topics : NULL; l; l = l->next) {
        struct wp_record r = l->record;

        r.message.retain = l->is_told;
        r.message.unseen &= (uint8_t)~WP_UNSEEN_RETAIN;
        visit(ctx, &r);
    }
}
