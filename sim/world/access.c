#include "sim/world/access.h"

/* Levels are walked where they stand: a filter or topic is never copied or split. */
struct level {
    struct wp_slice text;
    bool last; /* no level follows */
};

static struct level level_at(struct wp_slice s, size_t at)
{
    size_t end = at;

    while (end < s.n && s.p[end] != '/')
        end++;
    return (struct level){wp_slice(s.p + at, end - at), end == s.n};
}

static bool is_wild(struct wp_slice level, char wildcard)
{
    return level.n == 1 && level.p[0] == wildcard;
}

/* $SYS and its like: no wildcard in the first level covers them. */
static bool is_reserved(struct wp_slice topic)
{
    return topic.n > 0 && topic.p[0] == '$';
}

bool wp_topic_matches(struct wp_slice filter, struct wp_slice topic)
{
    size_t f = 0, t = 0;

    if (filter.n == 0 || topic.n == 0)
        return false;
    if (is_reserved(topic) && !is_reserved(filter))
        return false;
    while (true) {
        if (f < filter.n && filter.p[f] == '#')
            return true;
        if (f < filter.n && filter.p[f] == '+') {
            f++;
            while (t < topic.n && topic.p[t] != '/')
                t++;
        } else {
            while (f < filter.n && t < topic.n && filter.p[f] == topic.p[t] && topic.p[t] != '/')
                f++, t++;
        }
        /* Both must stand at the end of their level now. */
        if (t == topic.n)
            return f == filter.n || (filter.n - f == 2 && filter.p[f] == '/' && filter.p[f + 1] == '#');
        if (topic.p[t] != '/' || f == filter.n || filter.p[f] != '/')
            return false;
        f++, t++;
    }
}

bool wp_topic_within(struct wp_slice outer, struct wp_slice inner)
{
    size_t o = 0, i = 0;

    if (outer.n == 0 || inner.n == 0)
        return false;
    if (is_reserved(inner) && !is_reserved(outer))
        return false;
    /* A trailing # stands for no level too, but a topic has a first level and is not empty: the same topics, said so
     * that the levels can be compared one by one. */
    if (wp_slice_is(inner, "#"))
        inner = wp_text("+/#");
    if (wp_slice_is(inner, "/#"))
        inner = wp_text("/+/#");
    while (true) {
        struct level a = level_at(outer, o), b = level_at(inner, i);

        if (is_wild(a.text, '#'))
            return true;
        if (is_wild(b.text, '#'))
            return false;
        if (!is_wild(a.text, '+') && !wp_slice_eq(a.text, b.text))
            return false;
        o += a.text.n + 1;
        i += b.text.n + 1;
        if (b.last) /* "a/#" matches "a" too */
            return a.last || is_wild(wp_slice_from(outer, o), '#');
        if (a.last)
            return false;
    }
}

static bool is_topic_text(struct wp_slice s)
{
    if (s.n == 0 || s.n > UINT16_MAX)
        return false;
    return !memchr(s.p, 0, s.n) && wp_slice_is_utf8(s);
}

bool wp_topic_is_filter(struct wp_slice filter)
{
    if (!is_topic_text(filter))
        return false;
    for (size_t at = 0;;) {
        struct level level = level_at(filter, at);

        for (size_t k = 0; k < level.text.n; k++)
            if ((level.text.p[k] == '+' || level.text.p[k] == '#') && level.text.n > 1)
                return false;
        if (is_wild(level.text, '#') && !level.last)
            return false;
        if (level.last)
            return true;
        at += level.text.n + 1;
    }
}

bool wp_topic_is_name(struct wp_slice topic)
{
    return is_topic_text(topic) && !memchr(topic.p, '+', topic.n) && !memchr(topic.p, '#', topic.n);
}

bool wp_access_login(const struct wp_access *a, struct wp_slice user, struct wp_slice password)
{
    if (a->open)
        return true;
    if (!user.p)
        return a->anonymous;
    for (size_t i = 0; i < a->n_users; i++)
        if (wp_slice_is(user, a->users[i].name))
            return wp_slice_is(password, a->users[i].password);
    return wp_vrm_login(&a->vrm, user, password);
}

static bool rule_is_for(const struct wp_access *a, const struct wp_access_rule *rule, struct wp_slice user,
                        enum wp_access_right right)
{
    if (!(rule->rights & right))
        return false;
    if (!rule->user)
        return !wp_vrm_knows(&a->vrm, user);
    return user.p && wp_slice_is(user, rule->user);
}

/* "$share/group/filter" reads what "filter" reads. */
static struct wp_slice without_share(struct wp_slice filter)
{
    static const char prefix[] = "$share/";
    struct level group;

    if (filter.n < sizeof prefix || memcmp(filter.p, prefix, sizeof prefix - 1) != 0)
        return filter;
    group = level_at(filter, sizeof prefix - 1);
    return wp_slice_from(filter, sizeof prefix - 1 + group.text.n + 1);
}

bool wp_access_subscribe(const struct wp_access *a, struct wp_slice user, struct wp_slice filter)
{
    if (a->open)
        return true;
    for (size_t i = 0; i < a->n_rules; i++)
        if (rule_is_for(a, &a->rules[i], user, WP_ACCESS_SUBSCRIBE) &&
            wp_topic_within(wp_text(a->rules[i].filter), without_share(filter)))
            return true;
    return wp_vrm_subscribe(&a->vrm, user, without_share(filter));
}

/* A topic is a filter that matches itself alone. */
bool wp_access_receive(const struct wp_access *a, struct wp_slice user, struct wp_slice topic)
{
    return a->vrm.n_logins == 0 || !wp_vrm_knows(&a->vrm, user) || wp_access_subscribe(a, user, topic);
}

bool wp_access_publish(const struct wp_access *a, struct wp_slice user, struct wp_slice topic)
{
    if (a->open)
        return true;
    for (size_t i = 0; i < a->n_rules; i++)
        if (rule_is_for(a, &a->rules[i], user, WP_ACCESS_PUBLISH) &&
            wp_topic_matches(wp_text(a->rules[i].filter), topic))
            return true;
    return wp_vrm_publish(&a->vrm, user, topic);
}
