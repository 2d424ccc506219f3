#include "sim/world/topics.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_PLACES = 64 };

static size_t node_size(size_t n_text)
{
    size_t n = offsetof(struct topic_node, text) + n_text;

    return n > sizeof(struct topic_node) ? n : sizeof(struct topic_node);
}

struct topic_levels topic_levels(struct wp_slice topic)
{
    return (struct topic_levels){topic, false};
}

bool topic_next_level(struct topic_levels *levels, struct wp_slice *ret_level)
{
    const uint8_t *slash;

    if (levels->ended)
        return false;
    slash = levels->rest.n > 0 ? memchr(levels->rest.p, '/', levels->rest.n) : NULL;
    levels->ended = !slash;
    if (!slash) {
        *ret_level = levels->rest;
        return true;
    }
    *ret_level = wp_slice(levels->rest.p, (size_t)(slash - levels->rest.p));
    levels->rest = wp_slice(slash + 1, levels->rest.n - ret_level->n - 1);
    return true;
}

struct wp_slice topic_level(const struct topic_node *node)
{
    return wp_slice(node->text, node->n);
}

static struct topic_node *new_node(size_t n_text)
{
    struct topic_node *node = calloc(1, node_size(n_text));

    assert(node);
    return node;
}

void topics_init(struct topic_tree *tree)
{
    *tree = (struct topic_tree){.root = new_node(0), .mask = FIRST_PLACES - 1};
    tree->table = calloc(FIRST_PLACES, sizeof(struct topic_node *));
    assert(tree->table);
}

void topics_free(struct topic_tree *tree)
{
    for (uint32_t i = 0; tree->table && i <= tree->mask; i++) {
        for (struct topic_node *next, *node = tree->table[i]; node; node = next) {
            next = node->chain;
            free(node);
        }
    }
    free(tree->table);
    free(tree->root);
    *tree = (struct topic_tree){0};
}

size_t topics_memory(const struct topic_tree *tree)
{
    size_t sum = node_size(0) + (tree->mask + 1) * sizeof(struct topic_node *);

    for (uint32_t i = 0; i <= tree->mask; i++)
        for (const struct topic_node *node = tree->table[i]; node; node = node->chain)
            sum += node_size(node->n);
    return sum;
}

static uint32_t hash_of(const struct topic_node *parent, struct wp_slice level)
{
    uint64_t h = wp_slice_hash(level) ^ parent->hash * 0x9E3779B97F4A7C15u;

    return (uint32_t)(h ^ h >> 32);
}

static bool is_wild(struct wp_slice level, char wildcard)
{
    return level.n == 1 && level.p[0] == wildcard;
}

static struct topic_node *find_hashed(const struct topic_tree *tree, const struct topic_node *node,
                                      struct wp_slice level, uint32_t hash)
{
    for (struct topic_node *c = tree->table[hash & tree->mask]; c; c = c->chain)
        if (c->hash == hash && c->parent == node && wp_slice_eq(topic_level(c), level))
            return c;
    return NULL;
}

static struct topic_node *find_child(const struct topic_tree *tree, const struct topic_node *node,
                                     struct wp_slice level)
{
    return find_hashed(tree, node, level, hash_of(node, level));
}

/* The low bits choose the place in the table. */
static uint32_t bit_of(uint32_t hash)
{
    return UINT32_C(1) << (hash >> 27);
}

/* In a big tree a look into the table is a walk through memory; most levels that are not there have no bit, either. */
static struct topic_node *find_literal(const struct topic_tree *tree, const struct topic_node *node,
                                       struct wp_slice level)
{
    uint32_t hash;

    if (node->literals == 0)
        return NULL;
    hash = hash_of(node, level);
    return node->literals & bit_of(hash) ? find_hashed(tree, node, level, hash) : NULL;
}

struct topic_node *topics_plus(const struct topic_tree *tree, const struct topic_node *node)
{
    return node->has_plus ? find_child(tree, node, wp_text("+")) : NULL;
}

struct topic_node *topics_rest(const struct topic_tree *tree, const struct topic_node *node)
{
    return node->has_rest ? find_child(tree, node, wp_text("#")) : NULL;
}

struct topic_node *topics_child(const struct topic_tree *tree, const struct topic_node *node,
                                struct wp_slice level)
{
    if (is_wild(level, '+'))
        return topics_plus(tree, node);
    if (is_wild(level, '#'))
        return topics_rest(tree, node);
    return find_literal(tree, node, level);
}

static void grow(struct topic_tree *tree)
{
    uint32_t mask = tree->mask * 2 + 1;
    struct topic_node **table = calloc((size_t)mask + 1, sizeof(struct topic_node *));

    assert(table);
    for (uint32_t i = 0; i <= tree->mask; i++) {
        for (struct topic_node *next, *node = tree->table[i]; node; node = next) {
            next = node->chain;
            node->chain = table[node->hash & mask];
            table[node->hash & mask] = node;
        }
    }
    free(tree->table);
    tree->table = table;
    tree->mask = mask;
}

static void append(struct topic_node *parent, struct topic_node *node)
{
    struct topic_node *first = parent->first;

    if (!first) {
        parent->first = node->prev = node;
        return;
    }
    node->prev = first->prev;
    first->prev->next = node;
    first->prev = node;
}

static void unlink_child(struct topic_node *parent, struct topic_node *node)
{
    if (node->next)
        node->next->prev = node->prev;
    else
        parent->first->prev = node->prev; /* it was the last */
    if (parent->first == node)
        parent->first = node->next;
    else
        node->prev->next = node->next;
}

static struct topic_node *add_child(struct topic_tree *tree, struct topic_node *parent, struct wp_slice level)
{
    struct topic_node *node = new_node(level.n);

    if (tree->n == tree->mask)
        grow(tree);
    tree->n++;
    node->hash = hash_of(parent, level);
    node->n = (uint16_t)level.n;
    if (level.n > 0)
        memcpy(node->text, level.p, level.n);
    node->chain = tree->table[node->hash & tree->mask];
    tree->table[node->hash & tree->mask] = node;
    node->parent = parent;
    append(parent, node);
    if (is_wild(level, '+'))
        parent->has_plus = true;
    else if (is_wild(level, '#'))
        parent->has_rest = true;
    else
        parent->literals |= bit_of(node->hash);
    return node;
}

struct topic_node *topics_find(const struct topic_tree *tree, struct wp_slice topic)
{
    const struct topic_node *node = tree->root;
    struct topic_levels levels = topic_levels(topic);
    struct wp_slice level;

    while (node && topic_next_level(&levels, &level))
        node = topics_child(tree, node, level);
    return (struct topic_node *)(uintptr_t)node; /* a node of the caller's tree, never the root */
}

struct topic_node *topics_add(struct topic_tree *tree, struct wp_slice topic)
{
    struct topic_node *node = tree->root;
    struct topic_levels levels = topic_levels(topic);
    struct wp_slice level;

    while (topic_next_level(&levels, &level)) {
        struct topic_node *child = topics_child(tree, node, level);

        node = child ? child : add_child(tree, node, level);
    }
    return node;
}

static void remove_node(struct topic_tree *tree, struct topic_node *node)
{
    struct topic_node *parent = node->parent, **at = &tree->table[node->hash & tree->mask];

    while (*at != node)
        at = &(*at)->chain;
    *at = node->chain;
    unlink_child(parent, node);
    if (is_wild(topic_level(node), '+'))
        parent->has_plus = false;
    if (is_wild(topic_level(node), '#'))
        parent->has_rest = false;
    if (!parent->first)
        parent->literals = 0;
    tree->n--;
    free(node);
}

void topics_prune(struct topic_tree *tree, struct topic_node *node)
{
    while (node != tree->root && !node->held && !node->first) {
        struct topic_node *parent = node->parent;

        remove_node(tree, node);
        node = parent;
    }
}
