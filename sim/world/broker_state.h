/* What broker.c (sessions) and broker_route.c (subscriptions, routing, retained messages) share. */
#ifndef WP_BROKER_STATE_H
#define WP_BROKER_STATE_H

#include "sim/core/map.h"
#include "sim/world/broker.h"
#include "sim/world/topics.h"

/* One subscription: in the list of its filter's node, in the order of subscribing, and in that of its client. */
struct broker_subscription {
    struct broker_subscription *next, *prev, *next_of_client;
    struct broker_client *client;
    struct topic_tree *tree;
    struct topic_node *node;
    struct wp_slice group; /* $share/group/...; else empty */
    uint64_t served;       /* $share: number of the message for which it had the turn */
    uint8_t qos;
};

/* A message for a session that is kept, until its client has acknowledged it. */
struct broker_waiting {
    struct broker_waiting *next;
    struct broker_message *message;
    uint32_t ack;
    uint8_t qos;
    bool retain, sent;
};

struct broker_client {
    struct broker_client *next, *prev; /* in the order of login */
    struct wp_slice id, user;          /* behind this struct; user.p NULL: none given */
    void *owner;                       /* NULL: not connected */
    bool clean;
    struct broker_message *will;
    struct broker_subscription *subscriptions;
    struct broker_waiting *first_waiting, *last_waiting;
    uint32_t last_ack;
    uint64_t has_route; /* number of the last routed message that it got */
};

struct broker {
    const struct wp_access *access;
    struct wp_blocks *blocks;
    const struct broker_calls *calls;
    struct broker_client *clients, *last_client;
    struct wp_map ids;
    size_t n_connected;
    uint64_t made_up_ids, routes;
    struct topic_tree subscriptions, shared, retained;
};

/* Lets go of the client and all it has. */
void broker_forget(struct broker *b, struct broker_client *c);
/* `c` gets the subscriptions of `old` and what waits for it. */
void broker_inherit(struct broker *b, struct broker_client *c, struct broker_client *old);

/* false: a shared subscription without filter. */
bool broker_add_subscription(struct broker *b, struct broker_client *c, struct wp_slice filter, uint8_t qos);
void broker_remove_subscription(struct broker *b, struct broker_client *c, struct wp_slice filter);
void broker_drop_subscriptions(struct broker *b, struct broker_client *c);

#endif
