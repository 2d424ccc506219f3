#include "sim/world/broker.h"
#include "sim/world/broker_state.h"

#include <assert.h>
#include <stdlib.h>

/* ---- deliveries ------------------------------------------------------------------------------------ */

static void hand_over(struct broker *b, struct broker_client *c, struct broker_waiting *w)
{
    const struct broker_delivery d = {
        .message = w->message, .qos = w->qos, .retain = w->retain, .dup = w->sent, .ack = w->ack};

    w->sent = true;
    b->calls->deliver(b->calls->ctx, c->owner, &d);
}

/* A session that is kept remembers the message until it is acknowledged. */
static void keep_waiting(struct broker *b, struct broker_client *c, struct broker_message *m, uint8_t qos,
                         bool retain)
{
    struct broker_waiting *w = blocks_get(b->blocks, sizeof *w);

    *w = (struct broker_waiting){.message = m, .ack = ++c->last_ack, .qos = qos, .retain = retain};
    m->refs++;
    *(c->last_waiting ? &c->last_waiting->next : &c->first_waiting) = w;
    c->last_waiting = w;
    if (c->owner)
        hand_over(b, c, w);
}

/* false: the client is away and the message not kept for it, or not meant for its user. */
static bool deliver(struct broker *b, struct broker_client *c, struct broker_message *m, uint8_t sub_qos,
                    bool retain)
{
    uint8_t qos = m->qos < sub_qos ? m->qos : sub_qos;

    if (!wp_access_receive(b->access, c->user, broker_topic(m)))
        return false;
    if (qos > 0 && !c->clean) {
        keep_waiting(b, c, m, qos, retain);
        return true;
    }
    if (!c->owner)
        return false;
    b->calls->deliver(b->calls->ctx, c->owner,
                      &(struct broker_delivery){.message = m, .qos = qos, .retain = retain});
    return true;
}

void broker_resume(struct broker *b, struct broker_client *c)
{
    for (struct broker_waiting *w = c->first_waiting; w; w = w->next)
        hand_over(b, c, w);
}

void broker_acked(struct broker *b, struct broker_client *c, uint32_t ack)
{
    struct broker_waiting *before = NULL, *w = c->first_waiting;

    while (w && w->ack != ack)
        before = w, w = w->next;
    if (!w)
        return;
    *(before ? &before->next : &c->first_waiting) = w->next;
    if (c->last_waiting == w)
        c->last_waiting = before;
    broker_message_release(b->blocks, w->message);
    blocks_put(b->blocks, w);
}

/* ---- subscriptions --------------------------------------------------------------------------------- */

/* "$share/group/filter" to its parts; an ordinary filter is left as it is. false: no filter in it. */
static bool split_share(struct wp_slice *filter, struct wp_slice *ret_group)
{
    struct topic_levels levels = topic_levels(*filter);
    struct wp_slice first;

    *ret_group = (struct wp_slice){NULL, 0};
    if (!topic_next_level(&levels, &first) || !wp_slice_is(first, "$share"))
        return true;
    if (!topic_next_level(&levels, ret_group) || levels.ended)
        return false;
    *filter = levels.rest;
    return true;
}

static struct broker_subscription *find_subscription(const struct broker_client *c,
                                                     const struct topic_node *node, struct wp_slice group)
{
    struct broker_subscription *s = node->held;

    while (s && !(s->client == c && wp_slice_eq(s->group, group)))
        s = s->next;
    return s;
}

/* The list of a node is a ring through prev, so that its end is found at once. */
static void append_to_node(struct broker_subscription *s)
{
    struct broker_subscription *first = s->node->held;

    s->next = NULL;
    if (!first) {
        s->node->held = s->prev = s;
        return;
    }
    s->prev = first->prev;
    first->prev->next = s;
    first->prev = s;
}

static void take_from_node(struct broker_subscription *s)
{
    struct broker_subscription *first = s->node->held;

    if (s == first)
        s->node->held = s->next;
    else
        s->prev->next = s->next;
    if (s->next)
        s->next->prev = s->prev;
    else if (s != first)
        first->prev = s->prev;
}

bool broker_add_subscription(struct broker *b, struct broker_client *c, struct wp_slice filter, uint8_t qos)
{
    struct broker_subscription *s;
    struct topic_tree *tree;
    struct topic_node *node;
    struct wp_slice group;

    if (!split_share(&filter, &group))
        return false;
    tree = group.p ? &b->shared : &b->subscriptions;
    node = topics_add(tree, filter);
    s = find_subscription(c, node, group);
    if (s) {
        s->qos = qos;
        return true;
    }
    s = blocks_get(b->blocks, sizeof *s + group.n);
    *s = (struct broker_subscription){.client = c, .tree = tree, .node = node, .qos = qos};
    if (group.n > 0)
        s->group = wp_slice(memcpy(s + 1, group.p, group.n), group.n);
    s->next_of_client = c->subscriptions;
    c->subscriptions = s;
    append_to_node(s);
    return true;
}

static void drop_subscription(struct broker *b, struct broker_subscription *s)
{
    struct broker_subscription **at = &s->client->subscriptions;

    while (*at != s)
        at = &(*at)->next_of_client;
    *at = s->next_of_client;
    take_from_node(s);
    topics_prune(s->tree, s->node);
    blocks_put(b->blocks, s);
}

void broker_remove_subscription(struct broker *b, struct broker_client *c, struct wp_slice filter)
{
    struct wp_slice group;
    struct topic_node *node;
    struct broker_subscription *s;

    if (!split_share(&filter, &group))
        return;
    node = topics_find(group.p ? &b->shared : &b->subscriptions, filter);
    s = node ? find_subscription(c, node, group) : NULL;
    if (s)
        drop_subscription(b, s);
}

void broker_drop_subscriptions(struct broker *b, struct broker_client *c)
{
    while (c->subscriptions)
        drop_subscription(b, c->subscriptions);
}

/* What waited for another user than the one who is here now. */
static void drop_foreign(struct broker *b, struct broker_client *c)
{
    for (struct broker_waiting *next, *w = c->first_waiting; w; w = next) {
        next = w->next;
        if (!wp_access_receive(b->access, c->user, broker_topic(w->message)))
            broker_acked(b, c, w->ack);
    }
}

void broker_inherit(struct broker *b, struct broker_client *c, struct broker_client *old)
{
    c->subscriptions = old->subscriptions;
    for (struct broker_subscription *s = c->subscriptions; s; s = s->next_of_client)
        s->client = c;
    c->first_waiting = old->first_waiting;
    c->last_waiting = old->last_waiting;
    c->last_ack = old->last_ack;
    old->subscriptions = NULL;
    old->first_waiting = old->last_waiting = NULL;
    drop_foreign(b, c);
}

/* ---- routing --------------------------------------------------------------------------------------- */

static void serve_node(struct broker *b, const struct topic_node *node, struct broker_message *m)
{
    for (struct broker_subscription *s = node->held; s; s = s->next)
        if (s->client->has_route != b->routes && deliver(b, s->client, m, s->qos, false))
            s->client->has_route = b->routes;
}

static bool is_group_served(const struct broker *b, const struct topic_node *node, struct wp_slice group)
{
    for (const struct broker_subscription *s = node->held; s; s = s->next)
        if (s->served == b->routes && wp_slice_eq(s->group, group))
            return true;
    return false;
}

/* One client of each group gets the message, by turns. */
static void serve_groups(struct broker *b, const struct topic_node *node, struct broker_message *m)
{
    struct broker_subscription *next, *last = ((struct broker_subscription *)node->held)->prev;

    for (struct broker_subscription *s = node->held; s; s = s == last ? NULL : next) {
        next = s->next;
        if (is_group_served(b, node, s->group))
            continue;
        s->served = b->routes;
        if (s->client->has_route != b->routes && deliver(b, s->client, m, s->qos, false))
            s->client->has_route = b->routes;
        take_from_node(s);
        append_to_node(s);
    }
}

static void serve(struct broker *b, const struct topic_tree *tree, const struct topic_node *node,
                  struct broker_message *m)
{
    if (!node->held)
        return;
    if (tree == &b->shared)
        serve_groups(b, node, m);
    else
        serve_node(b, node, m);
}

/* In mosquitto's order; it decides with which QoS a client of several matching subscriptions is served. */
static void search(struct broker *b, const struct topic_tree *tree, const struct topic_node *node,
                   struct topic_levels levels, struct broker_message *m, bool wildcards)
{
    const struct topic_node *rest = wildcards ? topics_rest(tree, node) : NULL;
    struct wp_slice level;

    if (topic_next_level(&levels, &level)) {
        const struct topic_node *found[] = {topics_child(tree, node, level),
                                            wildcards ? topics_plus(tree, node) : NULL};

        for (int i = 0; i < 2; i++) {
            if (!found[i])
                continue;
            search(b, tree, found[i], levels, m, true);
            if (levels.ended)
                serve(b, tree, found[i], m);
        }
    }
    if (rest)
        serve(b, tree, rest, m);
}

static void retain(struct broker *b, struct broker_message *m)
{
    struct topic_node *node =
        topics_add(&b->retained, broker_topic(m)); /* stays for good, as mosquitto's does */

    broker_message_release(b->blocks, node->held);
    node->held = NULL;
    if (m->payload_n > 0) {
        node->held = m;
        m->refs++;
    }
}

void broker_route(struct broker *b, struct broker_message *m)
{
    struct wp_slice topic = broker_topic(m);
    bool wildcards = topic.p[0] != '$';

    b->routes++;
    search(b, &b->subscriptions, b->subscriptions.root, topic_levels(topic), m, wildcards);
    search(b, &b->shared, b->shared.root, topic_levels(topic), m, wildcards);
    if (m->retain)
        retain(b, m);
}

/* ---- retained messages for a new subscription ------------------------------------------------------- */

struct retained_search {
    struct broker *b;
    struct broker_client *client;
    uint8_t qos;
    wp_us now;
};

static void give_retained(const struct retained_search *r, struct topic_node *node)
{
    struct broker_message *m = node->held;

    if (!m)
        return;
    if (m->expires <= r->now) {
        node->held = NULL;
        broker_message_release(r->b->blocks, m);
        return;
    }
    deliver(r->b, r->client, m, r->qos, true);
}

static void give_all_below(const struct retained_search *r, struct topic_node *node)
{
    for (struct topic_node *child = node->first; child; child = child->next) {
        give_retained(r, child);
        give_all_below(r, child);
    }
}

static void search_retained(const struct retained_search *r, struct topic_node *node,
                            struct topic_levels levels);

/* `levels` are those behind this node's. "a/#" means a itself, too: it comes after what is below it. */
static void visit_retained(const struct retained_search *r, struct topic_node *node,
                           struct topic_levels levels)
{
    bool is_end = levels.ended;
    struct wp_slice next;

    search_retained(r, node, levels);
    if (is_end || (topic_next_level(&levels, &next) && levels.ended && wp_slice_is(next, "#")))
        give_retained(r, node);
}

static void search_retained(const struct retained_search *r, struct topic_node *node,
                            struct topic_levels levels)
{
    bool is_root = !node->parent;
    struct topic_node *child;
    struct wp_slice level;

    if (!topic_next_level(&levels, &level))
        return;
    if (!wp_slice_is(level, "+") && !wp_slice_is(level, "#")) {
        child = topics_child(&r->b->retained, node, level);
        if (child)
            visit_retained(r, child, levels);
        return;
    }
    for (child = node->first; child; child = child->next) {
        if (is_root && child->n > 0 && topic_level(child).p[0] == '$')
            continue;
        if (wp_slice_is(level, "+")) {
            visit_retained(r, child, levels);
        } else {
            give_retained(r, child);
            give_all_below(r, child);
        }
    }
}

void broker_send_retained(struct broker *b, struct broker_client *c, struct wp_slice filter, uint8_t qos,
                          wp_us now)
{
    const struct retained_search r = {b, c, qos, now};
    struct wp_slice group;

    if (split_share(&filter, &group))
        search_retained(&r, b->retained.root, topic_levels(filter));
}
