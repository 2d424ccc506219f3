#include "sim/world/broker.h"
#include "sim/world/broker_state.h"
#include "sim/world/map_room.h"

#include <assert.h>
#include <stdlib.h>

enum { LEVELS_MAX = 200 }; /* slashes in a topic; mosquitto closes the connection above it */

static const struct wp_access everybody = {.open = true};

struct broker *broker_new(const struct wp_access *access, struct wp_blocks *blocks,
                          const struct broker_calls *calls)
{
    struct broker *b = calloc(1, sizeof *b);

    assert(b);
    b->access = access ? access : &everybody;
    b->blocks = blocks;
    b->calls = calls;
    topics_init(&b->subscriptions);
    topics_init(&b->shared);
    topics_init(&b->retained);
    return b;
}

static void free_retained(struct broker *b, struct topic_node *node)
{
    for (struct topic_node *child = node->first; child; child = child->next)
        free_retained(b, child);
    broker_message_release(b->blocks, node->held);
}

void broker_free(struct broker *b)
{
    if (!b)
        return;
    while (b->clients)
        broker_forget(b, b->clients);
    free_retained(b, b->retained.root);
    topics_free(&b->subscriptions);
    topics_free(&b->shared);
    topics_free(&b->retained);
    map_free(&b->ids);
    free(b);
}

size_t broker_memory(const struct broker *b)
{
    size_t sum = sizeof *b + topics_memory(&b->subscriptions) + topics_memory(&b->shared) +
                 topics_memory(&b->retained) + map_memory(&b->ids);

    for (const struct broker_client *c = b->clients; c; c = c->next)
        sum += sizeof *c + c->id.n + c->user.n;
    return sum;
}

/* ---- messages ------------------------------------------------------------------------------------- */

struct wp_slice broker_topic(const struct broker_message *m)
{
    return wp_slice(m + 1, m->topic_n);
}

struct wp_slice broker_payload(const struct broker_message *m)
{
    return wp_slice((const uint8_t *)(m + 1) + m->topic_n, m->payload_n);
}

struct broker_message *broker_message_new(struct wp_blocks *blocks, const struct wp_publish *p)
{
    struct broker_message *m = blocks_get(blocks, sizeof *m + p->topic.n + p->payload.n);
    uint8_t *bytes = (uint8_t *)(m + 1);

    *m = (struct broker_message){.refs = 1,
                                 .payload_n = (uint32_t)p->payload.n,
                                 .topic_n = (uint16_t)p->topic.n,
                                 .qos = p->qos,
                                 .retain = p->retain,
                                 .expires = WP_NEVER};
    if (p->topic.n > 0)
        memcpy(bytes, p->topic.p, p->topic.n);
    if (p->payload.n > 0)
        memcpy(bytes + p->topic.n, p->payload.p, p->payload.n);
    return m;
}

void broker_message_release(struct wp_blocks *blocks, struct broker_message *m)
{
    if (m && --m->refs == 0)
        blocks_put(blocks, m);
}

/* ---- sessions ------------------------------------------------------------------------------------- */

bool broker_is_text(struct wp_slice s)
{
    if (wp_slice_is_printable(s)) /* as nearly every topic is */
        return true;
    if (!wp_slice_is_utf8(s))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        const uint8_t *p = s.p + i;

        if (p[0] < 0x20 || p[0] == 0x7F)
            return false;
        if (p[0] == 0xC2 && p[1] < 0xA0) /* U+0080 to U+009F */
            return false;
        if (p[0] == 0xEF && p[1] == 0xB7 && p[2] >= 0x90 && p[2] <= 0xAF) /* U+FDD0 to U+FDEF */
            return false;
        if (p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE) /* U+FFFE, U+FFFF */
            return false;
        if (p[0] >= 0xF0 && (p[1] & 0x0F) == 0x0F && p[2] == 0xBF &&
            p[3] >= 0xBE) /* the last two of a plane */
            return false;
    }
    return true;
}

static bool has_too_many_levels(struct wp_slice topic)
{
    size_t slashes = 0;

    for (size_t i = 0; i < topic.n; i++)
        slashes += topic.p[i] == '/';
    return slashes > LEVELS_MAX;
}

static bool is_good_topic(struct wp_slice topic)
{
    return wp_topic_is_name(topic) && broker_is_text(topic) && !has_too_many_levels(topic);
}

static bool is_good_filter(struct wp_slice filter)
{
    return wp_topic_is_filter(filter) && broker_is_text(filter) && !has_too_many_levels(filter);
}

static struct broker_client *find_client(const struct broker *b, struct wp_slice id)
{
    return b->ids.cap > 0 ? wp_map_find(&b->ids, id) : NULL;
}

static void add_id(struct broker *b, struct broker_client *c)
{
    map_make_room(&b->ids);
    wp_map_add(&b->ids, c->id, c);
}

/* The id and the user's name stand behind the client. A client without id gets one that nobody else has. */
static struct broker_client *new_client(struct broker *b, const struct wp_login *login, void *owner)
{
    char made_up[32];
    struct wp_writer w = wp_writer(made_up, sizeof made_up);
    struct wp_slice id = login->client_id;
    struct broker_client *c;
    uint8_t *text;

    if (id.n == 0) {
        wp_put_text(&w, "auto-");
        wp_put_uint(&w, ++b->made_up_ids);
        id = wp_written(&w);
    }
    c = calloc(1, sizeof *c + id.n + login->user.n);
    assert(c);
    text = (uint8_t *)(c + 1);
    c->id = wp_slice(memcpy(text, id.p, id.n), id.n);
    if (login->user.p)
        c->user = wp_slice(memcpy(text + id.n, login->user.p, login->user.n), login->user.n);
    c->owner = owner;
    c->clean = login->clean;
    if (login->has_will) {
        const struct wp_publish will = {.topic = login->will.topic,
                                        .payload = login->will.payload,
                                        .qos = login->will.qos,
                                        .retain = login->will.retain};

        c->will = broker_message_new(b->blocks, &will);
    }
    c->prev = b->last_client;
    *(c->prev ? &c->prev->next : &b->clients) = c;
    b->last_client = c;
    add_id(b, c);
    b->n_connected++;
    return c;
}

void broker_forget(struct broker *b, struct broker_client *c)
{
    broker_drop_subscriptions(b, c);
    for (struct broker_waiting *next, *w = c->first_waiting; w; w = next) {
        next = w->next;
        broker_message_release(b->blocks, w->message);
        blocks_put(b->blocks, w);
    }
    broker_message_release(b->blocks, c->will);
    wp_map_remove(&b->ids, c->id);
    *(c->prev ? &c->prev->next : &b->clients) = c->next;
    *(c->next ? &c->next->prev : &b->last_client) = c->prev;
    if (c->owner)
        b->n_connected--;
    free(c);
}

static bool begins_with(struct wp_slice s, const char *prefix)
{
    size_t n = strlen(prefix);

    return s.n >= n && memcmp(s.p, prefix, n) == 0;
}

static bool may_publish(const struct broker *b, const struct broker_client *c, struct wp_slice topic)
{
    if (begins_with(topic, "$share"))
        return false;
    if (begins_with(topic, "$SYS") && !wp_topic_matches(wp_text("$SYS/broker/connection/+/state"), topic))
        return false; /* mosquitto leaves bridges this one */
    return wp_access_publish(b->access, c->user, topic);
}

static void publish_will(struct broker *b, struct broker_client *c, void *owner)
{
    struct broker_message *will = c->will;

    if (!will)
        return;
    c->will = NULL;
    if (may_publish(b, c, broker_topic(will))) {
        b->calls->will(b->calls->ctx, owner, will);
        broker_route(b, will);
    }
    broker_message_release(b->blocks, will);
}

/* The session's connection has gone or is taken away: deliveries wait, if they are kept at all. */
static void *detach(struct broker *b, struct broker_client *c)
{
    void *owner = c->owner;

    assert(owner);
    c->owner = NULL;
    b->n_connected--;
    return owner;
}

/* Another client logs in with this one's id. */
static void take_over(struct broker *b, struct broker_client *old, struct broker_client *c, bool *ret_present)
{
    *ret_present = !c->clean && !old->clean;
    if (old->owner) {
        if (c->clean)
            broker_drop_subscriptions(b, old);
        if (c->clean || old->clean)
            publish_will(b, old, old->owner); /* seen: it may still be its own subscriber */
        b->calls->closed(b->calls->ctx, detach(b, old));
    }
    if (*ret_present)
        broker_inherit(b, c, old);
}

/* Whoever had its id before makes way. */
static struct broker_client *welcome(struct broker *b, const struct wp_login *login, void *owner,
                                     bool *ret_present)
{
    struct broker_client *old = find_client(b, login->client_id), *c;

    *ret_present = false;
    if (old)
        wp_map_remove(&b->ids, old->id);
    c = new_client(b, login, owner);
    if (old) {
        take_over(b, old, c, ret_present);
        old->id = (struct wp_slice){NULL, 0}; /* the id is the new one's */
        broker_forget(b, old);
    }
    return c;
}

uint8_t broker_login(struct broker *b, const struct wp_login *login, void *owner,
                     struct broker_client **ret_client, bool *ret_present)
{
    assert(owner);
    if (!broker_is_text(login->client_id) || (login->user.p && !broker_is_text(login->user)))
        return BROKER_VIOLATION;
    if (login->password.p && !login->user.p)
        return BROKER_VIOLATION;
    if (login->client_id.n == 0 && !login->clean)
        return BROKER_BAD_ID;
    if (login->has_will && !is_good_topic(login->will.topic))
        return BROKER_VIOLATION;
    if (!wp_access_login(b->access, login->user, login->password))
        return BROKER_NOT_AUTHORISED;
    *ret_client = welcome(b, login, owner, ret_present);
    return BROKER_ACCEPTED;
}

struct broker_client *broker_bridge(struct broker *b, struct wp_slice id, struct wp_slice filter, void *owner)
{
    const struct wp_login login = {.client_id = id, .clean = true};
    struct broker_client *c;
    bool present;

    assert(owner);
    c = welcome(b, &login, owner, &present);
    broker_add_subscription(b, c, filter, 0);
    return c;
}

void broker_logout(struct broker *b, struct broker_client *c, bool orderly)
{
    void *owner = detach(b, c);

    if (!orderly)
        publish_will(b, c, owner);
    broker_message_release(b->blocks, c->will);
    c->will = NULL;
    if (c->clean)
        broker_forget(b, c);
}

void broker_publish_wills(struct broker *b)
{
    for (struct broker_client *c = b->clients; c; c = c->next)
        if (c->owner)
            publish_will(b, c, c->owner);
}

size_t broker_connected(const struct broker *b)
{
    return b->n_connected;
}

size_t broker_sessions(const struct broker *b)
{
    return b->ids.n;
}

/* ---- what clients ask for -------------------------------------------------------------------------- */

uint8_t broker_subscribe(struct broker *b, struct broker_client *c, struct wp_slice filter, uint8_t qos)
{
    if (!is_good_filter(filter) || qos > 2)
        return BROKER_VIOLATION;
    if (!wp_access_subscribe(b->access, c->user, filter))
        return WP_SUBACK_REFUSED;
    return broker_add_subscription(b, c, filter, qos) ? qos : BROKER_VIOLATION;
}

bool broker_unsubscribe(struct broker *b, struct broker_client *c, struct wp_slice filter)
{
    if (!is_good_filter(filter))
        return false;
    broker_remove_subscription(b, c, filter);
    return true;
}

enum broker_verdict broker_judge(const struct broker *b, const struct broker_client *c,
                                 const struct broker_message *m)
{
    if (!is_good_topic(broker_topic(m)) || m->qos > 2)
        return BROKER_HANG_UP;
    if (may_publish(b, c, broker_topic(m)))
        return BROKER_TAKEN;
    return b->access->close_on_denied ? BROKER_HANG_UP : BROKER_DENIED;
}
