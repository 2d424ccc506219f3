/* A tree of topic levels, for subscriptions and for retained messages. A level is found by one hash whatever the
 * number of its siblings; children are walked in the order in which they were added. */
#ifndef WP_TOPICS_H
#define WP_TOPICS_H

#include "sim/core/bytes.h"

struct topic_node {
    struct topic_node *parent, *first; /* its children begin with first */
    struct topic_node *next, *prev;    /* siblings; prev of the first is the last */
    struct topic_node *chain;          /* in the hash table */
    void *held;                        /* the owner's: subscriptions, or a message */
    uint32_t hash;                     /* of all levels down to this one */
    uint32_t literals; /* a bit for each child that is no wildcard, by its hash; some have none by now */
    uint16_t n;        /* length of the level's text */
    bool has_plus, has_rest; /* among its children: "+", "#" */
    uint8_t text[];
};

struct topic_tree {
    struct topic_node *root;
    struct topic_node **table;
    uint32_t mask, n;
};

/* A topic or filter, level after level. */
struct topic_levels {
    struct wp_slice rest;
    bool ended;
};

struct topic_levels topic_levels(struct wp_slice topic);
/* false when none is left. */
bool topic_next_level(struct topic_levels *levels, struct wp_slice *ret_level);

void topics_init(struct topic_tree *tree);
struct wp_slice topic_level(const struct topic_node *node);

/* What the nodes hold must have been let go before. */
void topics_free(struct topic_tree *tree);
size_t topics_memory(const struct topic_tree *tree);

struct topic_node *topics_child(const struct topic_tree *tree, const struct topic_node *node,
                                struct wp_slice level);
/* The children named "+" and "#"; NULL: there is none. */
struct topic_node *topics_plus(const struct topic_tree *tree, const struct topic_node *node);
struct topic_node *topics_rest(const struct topic_tree *tree, const struct topic_node *node);
/* The node of a whole topic or filter; NULL when it is not there. */
struct topic_node *topics_find(const struct topic_tree *tree, struct wp_slice topic);
struct topic_node *topics_add(struct topic_tree *tree, struct wp_slice topic);
/* Removes the node, and then its parents, as far as they hold nothing and have no children. */
void topics_prune(struct topic_tree *tree, struct topic_node *node);

#endif
