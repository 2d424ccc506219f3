/* What the contracts speak of: statements and topics. */
#include "harness/contract_impl.h"
#include "sim/world/access.h"

/* From the level with this index on. */
static bool levels_from(struct wp_slice topic, size_t index, struct wp_slice *out)
{
    for (; index > 0; index--) {
        const uint8_t *slash = topic.n ? memchr(topic.p, '/', topic.n) : NULL;

        if (!slash)
            return false;
        topic = wp_slice_from(topic, (size_t)(slash - topic.p) + 1);
    }
    *out = topic;
    return true;
}

bool contract_level(const struct contract_parameter *p, struct wp_slice topic, struct wp_slice *out)
{
    struct wp_slice rest;
    const uint8_t *slash;

    if (!levels_from(topic, p->index, &rest))
        return false;
    slash = rest.n && !p->is_rest ? memchr(rest.p, '/', rest.n) : NULL;
    *out = wp_slice(rest.p, slash ? (size_t)(slash - rest.p) : rest.n);
    return true;
}

/* "ivy/v1" is below "ivy", and so is "ivy" itself. */
static bool is_below(struct wp_slice topic, struct wp_slice root)
{
    return topic.n >= root.n && memcmp(topic.p, root.p, root.n) == 0 &&
           (topic.n == root.n || topic.p[root.n] == '/');
}

static bool is_own_topic(const struct contract *c, struct wp_slice topic)
{
    for (size_t i = 0; i < c->n_roots; i++)
        if (is_below(topic, c->roots[i]))
            return true;
    return false;
}

/* "N/+/#" is matched by "N/x" too, which lacks what the parameter stands for. */
static bool has_its_levels(const struct contract_channel *channel, struct wp_slice topic)
{
    struct wp_slice level;

    return channel->n_parameters == 0 ||
           contract_level(&channel->parameters[channel->n_parameters - 1], topic, &level);
}

static const struct contract_channel *channel_of(const struct contract *c, struct wp_slice topic)
{
    for (size_t i = 0; i < c->n_channels; i++)
        if (wp_topic_matches(c->channels[i].filter, topic) && has_its_levels(&c->channels[i], topic))
            return &c->channels[i];
    return NULL;
}

const struct contract *contract_of(const struct contract_set *set, const char *api, struct wp_slice topic,
                                   const struct contract_channel **ret_channel)
{
    const struct contract *of_prefix = NULL;

    for (const struct contract *c = set->contracts; c; c = c->next) {
        const struct contract_channel *channel = channel_of(c, topic);
        bool is_own = is_own_topic(c, topic);

        if ((api && strcmp(api, c->api) != 0) || (!channel && !is_own))
            continue;
        *ret_channel = channel;
        if (is_own || !c->has_prefixes)
            return c;
        of_prefix = c;
    }
    *ret_channel = of_prefix ? channel_of(of_prefix, topic) : NULL;
    return of_prefix;
}

bool contract_topic_parameter(const struct contract_set *set, struct wp_slice topic,
                              struct wp_slice *ret_level)
{
    const struct contract_channel *channel;

    contract_of(set, NULL, topic, &channel);
    for (size_t i = 0; channel && i < channel->n_parameters; i++)
        if (channel->parameters[i].has_name)
            return contract_level(&channel->parameters[i], topic, ret_level);
    return false;
}

struct listing {
    const struct contract_set *set;
    void (*visit)(void *ctx, const char *id, const char *where);
    void *ctx;
};

static void list_rule(const struct listing *l, const struct rule *rule, const char *where)
{
    for (size_t i = 0; i < rule->n; i++)
        l->visit(l->ctx, l->set->ids[rule->statements[i]], where);
}

static void list_schema(const struct listing *l, const struct judged_schema *s)
{
    for (size_t i = 0; i < s->n_marks; i++)
        list_rule(l, &s->marks[i], schema_mark(s->schema, i)->path);
}

void contract_each_statement(const struct contract_set *set,
                             void (*visit)(void *ctx, const char *id, const char *where), void *ctx)
{
    const struct listing l = {.set = set, .visit = visit, .ctx = ctx};

    for (const struct contract *c = set->contracts; c; c = c->next) {
        list_rule(&l, &c->closed, c->api);
        for (size_t i = 0; i < c->n_channels; i++) {
            const struct contract_channel *channel = &c->channels[i];

            list_rule(&l, &channel->seen, channel->address);
            list_rule(&l, &channel->is_json, channel->address);
            list_rule(&l, &channel->delivery, channel->address);
            list_rule(&l, &channel->receive_only, channel->address);
            for (size_t k = 0; k < channel->n_parameters; k++) {
                list_rule(&l, &channel->parameters[k].same, channel->address);
                list_schema(&l, &channel->parameters[k].level);
            }
            for (size_t k = 0; k < channel->n_messages; k++) {
                list_rule(&l, &channel->messages[k].seen, channel->address);
                list_schema(&l, &channel->messages[k].payload);
                list_schema(&l, &channel->messages[k].text);
            }
        }
    }
}

void contract_each_filter(const struct contract_set *set, const char *api,
                          void (*visit)(void *ctx, struct wp_slice filter), void *ctx)
{
    for (const struct contract *c = set->contracts; c; c = c->next)
        for (size_t i = 0; i < c->n_channels && (!api || strcmp(api, c->api) == 0); i++)
            visit(ctx, c->channels[i].filter);
}

bool contract_owns(const struct contract_set *set, const char *api, struct wp_slice topic)
{
    return contract_way(set, api, topic) != CONTRACT_NOBODYS;
}

enum contract_way contract_way(const struct contract_set *set, const char *api, struct wp_slice topic)
{
    const struct contract_channel *channel;

    if (!contract_of(set, api, topic, &channel))
        return CONTRACT_NOBODYS;
    if (!channel)
        return CONTRACT_UNDOCUMENTED;
    return channel->is_received ? CONTRACT_RECEIVED : CONTRACT_SENT;
}

bool contract_has_api(const struct contract_set *set, const char *api)
{
    for (const struct contract *c = set->contracts; c; c = c->next)
        if (strcmp(c->api, api) == 0)
            return true;
    return false;
}

void contract_put_names(const struct contract_set *set, struct wp_writer *w)
{
    for (const struct contract *c = set->contracts; c; c = c->next) {
        wp_put_text(w, c->api);
        if (c->next)
            wp_put_char(w, ' ');
    }
}
