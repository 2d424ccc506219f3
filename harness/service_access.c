/* Users of the own broker and their rights. */
#include "harness/service_impl.h"

#include "harness/nearest.h"
#include "harness/vrm_users.h"
#include "sim/catalog.h"

#include <assert.h>
#include <stdio.h>
#include <sys/random.h>

enum { BOTH = WP_ACCESS_SUBSCRIBE | WP_ACCESS_PUBLISH, RULES_EACH = 2, USERS_NAMED_MAX = 256 };

/* What everybody who may log in may do, unless broker.rules says otherwise; %s is the API's topic prefix. Further
 * inverters have prefixes of one level, whatever they are called. */
static const struct {
    const char *api;
    unsigned rights;
    const char *filter;
} documented[] = {
    {"ivy", WP_ACCESS_SUBSCRIBE, "%s/#"},         {"ivy", WP_ACCESS_PUBLISH, "%s/meters/+/command/request"},
    {"octolux", WP_ACCESS_SUBSCRIBE, "%s/#"},     {"octolux", WP_ACCESS_SUBSCRIBE, "+/inputs/+"},
    {"octolux", WP_ACCESS_SUBSCRIBE, "+/hold/+"}, {"octolux", WP_ACCESS_SUBSCRIBE, "+/result/+"},
    {"octolux", WP_ACCESS_PUBLISH, "%s/cmd/+"},   {"octolux", WP_ACCESS_PUBLISH, "+/cmd/+"},
    {"venus", WP_ACCESS_SUBSCRIBE, "#"},          {"venus", WP_ACCESS_PUBLISH, "R/#"},
    {"venus", WP_ACCESS_PUBLISH, "W/#"},
};

enum { N_DOCUMENTED = sizeof documented / sizeof documented[0] };

struct list {
    struct service_reader *r;
    struct wp_access *access;
    struct wp_access_user *users;
    struct wp_access_rule *rules;
};

static void add_rule(struct list *l, const char *user, unsigned rights, const char *filter)
{
    l->rules[l->access->n_rules++] = (struct wp_access_rule){user, rights, filter};
}

static const struct wp_access_user *find_user(const struct list *l, const char *name)
{
    for (size_t i = 0; i < l->access->n_users; i++)
        if (strcmp(l->users[i].name, name) == 0)
            return &l->users[i];
    return NULL;
}

/* ---- users ------------------------------------------------------------------------------------------ */

static void read_user(struct list *l, const struct node *users, const struct node *n)
{
    static const char *const keys[] = {"password", "password_file"};
    struct service_reader *r = l->r;
    const char *full_name = arena_print(&r->config->arena, "broker.users.%s", n->key);
    const struct node *map = n->kind == NODE_MAP ? n : NULL;
    struct service_setting password = service_find(r, map, "password", full_name, true);

    if (map)
        service_check_keys(r, map, full_name, keys, 2);
    else if (!password.text)
        password = service_find(r, users, n->key, full_name, false);
    if (!password.text)
        service_complain(r, service_where_key(r, n), "user '%s' has no password", n->key);
    else if (!*n->key)
        service_complain(r, service_where_key(r, n), "a user has a name that is not empty");
    else
        l->users[l->access->n_users++] = (struct wp_access_user){n->key, password.text};
}

static const char *vrm_password(void *ctx, const struct node *user)
{
    struct service_reader *r = ctx;
    const char *name = arena_print(&r->config->arena, "broker.vrm.users.%s.password", user->key);

    return service_find(r, user, "password", name, true).text;
}

static void read_vrm(struct service_reader *r, struct wp_vrm *out)
{
    static const char *const keys[] = {"monitor_only_may_read", "users"}, *const user_keys[] = {
                                                                              "password", "password_file",
                                                                              "tokens", "installations"};
    const struct node *broker = node_get(r->root, "broker"), *vrm = node_get(broker, "vrm"),
                      *users = node_get(vrm, "users"), *at;
    const struct vrm_users how = {&r->config->arena, vrm_password, r, node_get(broker, "users")};
    char text[400];
    struct wp_writer why = wp_writer(text, sizeof text);

    if (vrm)
        service_check_keys(r, vrm, "broker.vrm", keys, 2);
    for (const struct node *n = users && users->kind == NODE_MAP ? users->first : NULL; n; n = n->next)
        if (n->kind == NODE_MAP)
            service_check_keys(r, n, arena_print(&r->config->arena, "broker.vrm.users.%s", n->key), user_keys,
                               4);
    at = vrm_users_read(&how, vrm, out, &why);
    if (at)
        service_complain(r, service_where(r, at), "%s", wp_put_end(&why));
}

/* ---- rules ------------------------------------------------------------------------------------------ */

static unsigned read_rights(struct list *l, const struct node *rule)
{
    const struct node *may = node_get(rule, "may");
    unsigned rights = 0;

    if (!may || may->kind != NODE_LIST || !may->first)
        service_complain(l->r, service_where(l->r, may ? may : rule),
                         "a rule says may: [subscribe, publish]");
    for (const struct node *n = may && may->kind == NODE_LIST ? may->first : NULL; n; n = n->next) {
        if (node_is(n, "subscribe"))
            rights |= WP_ACCESS_SUBSCRIBE;
        else if (node_is(n, "publish"))
            rights |= WP_ACCESS_PUBLISH;
        else
            service_complain(l->r, service_where(l->r, n), "may takes subscribe and publish, not '%s'",
                             node_text(n, "a list"));
    }
    return rights;
}

static void check_user(struct list *l, const struct node *n)
{
    const char *names[USERS_NAMED_MAX], *near;
    size_t count = l->access->n_users < USERS_NAMED_MAX ? l->access->n_users : USERS_NAMED_MAX;

    if (!n || find_user(l, node_text(n, "")))
        return;
    for (size_t i = 0; i < count; i++)
        names[i] = l->users[i].name;
    near = nearest(node_text(n, ""), names, count);
    service_complain(l->r, service_where(l->r, n), "there is no user '%s'%s%s%s", node_text(n, "a list"),
                     near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static void read_rule(struct list *l, const struct node *n)
{
    static const char *const keys[] = {"user", "may", "filter"};
    const struct node *user = node_get(n, "user"), *filter = node_get(n, "filter");

    service_check_keys(l->r, n, "a rule", keys, 3);
    if (n->kind != NODE_MAP)
        return;
    if (!filter || filter->kind != NODE_SCALAR || !wp_topic_is_filter(filter->text))
        service_complain(l->r, service_where(l->r, filter ? filter : n),
                         "a rule has a filter in MQTT's syntax, such as \"ivy/v1/#\"");
    check_user(l, user);
    add_rule(l, node_text(user, NULL), read_rights(l, n), node_text(filter, ""));
}

/* An option of the API's own, or one that it shares with what is below it. */
static const char *prefix_of(const struct service_config *c, const struct wp_class *north)
{
    const struct wp_class *const holders[] = {north, &wp_gateway_class};
    char text[80];

    snprintf(text, sizeof text, "%s.prefix", north->name);
    for (int i = 0; i < 2; i++) {
        const struct wp_option *o = wp_option_find(holders[i]->options, holders[i]->n_options, wp_text(text));

        if (o)
            return (const char *)wp_setup_value(&c->setup, o).bytes.p;
    }
    return "";
}

static void add_documented(struct list *l)
{
    struct service_config *c = l->r->config;

    for (size_t i = 0; i < c->n_norths; i++)
        for (size_t k = 0; k < N_DOCUMENTED; k++)
            if (strcmp(documented[k].api, c->norths[i]->name) == 0) {
                char filter[300];

                snprintf(filter, sizeof filter, documented[k].filter, prefix_of(c, c->norths[i]));
                add_rule(l, NULL, documented[k].rights, arena_text(&c->arena, wp_text(filter)));
            }
}

/* ---- the gateway itself ----------------------------------------------------------------------------- */

static const char *random_text(struct arena *a, const char *prefix, size_t n)
{
    uint8_t octets[16];
    char text[80];
    struct wp_writer w = wp_writer(text, sizeof text);
    ssize_t got = getrandom(octets, n, 0);

    assert(got == (ssize_t)n);
    wp_put_text(&w, prefix);
    wp_put_hex(&w, wp_slice(octets, n));
    return arena_text(a, wp_written(&w));
}

static const struct wp_option *option_of(const struct wp_class *north, const char *leaf)
{
    char name[80];

    snprintf(name, sizeof name, "%s.%s", north->name, leaf);
    return wp_option_find(north->options, north->n_options, wp_text(name));
}

static const char *given_text(const struct service_config *c, const struct wp_option *option)
{
    struct wp_value v = wp_setup_value(&c->setup, option);

    return v.kind == WP_TEXT ? (const char *)v.bytes.p : NULL;
}

/* A name and a password of its own, unless it was given some; they are known to nobody and live as long as we do. */
static void add_gateway(struct list *l, const struct wp_class *north)
{
    struct service_config *c = l->r->config;
    const struct wp_option *user_option = option_of(north, "user"),
                           *password_option = option_of(north, "password");
    const struct wp_access_user *known;
    const char *user, *password;

    if (!user_option || !password_option)
        return;
    user = given_text(c, user_option);
    password = given_text(c, password_option);
    if (!user)
        user = random_text(&c->arena, "gateway-", 4);
    known = find_user(l, user);
    if (known && password && strcmp(known->password, password) != 0)
        service_complain(l->r, l->r->file, "%s is not the password that broker.users has for '%s'",
                         password_option->name, user);
    if (!password)
        password = known ? known->password : random_text(&c->arena, "", 16);
    if (!known)
        l->users[l->access->n_users++] = (struct wp_access_user){user, password};
    add_rule(l, user, BOTH, "#");
    add_rule(l, user, BOTH, "$SYS/#");
    service_give(c, user_option, wp_text_value(wp_text(user)));
    service_give(c, password_option, wp_text_value(wp_text(password)));
}

static size_t count_of(const struct node *n, enum node_kind kind)
{
    return n && n->kind == kind ? n->count : 0;
}

const struct wp_access *service_access(struct service_reader *r, const struct wp_value *anonymous,
                                       bool close_on_denied)
{
    struct service_config *c = r->config;
    const struct node *broker = node_get(r->root, "broker"), *users = node_get(broker, "users"),
                      *rules = node_get(broker, "rules");
    size_t n_users = count_of(users, NODE_MAP), n_rules = count_of(rules, NODE_LIST);
    struct list l = {.r = r};

    if (users && users->kind != NODE_MAP)
        service_complain(r, service_where(r, users), "broker.users takes members: NAME: PASSWORD");
    if (rules && rules->kind != NODE_LIST)
        service_complain(r, service_where(r, rules), "broker.rules is a list");
    if (n_users + n_rules == 0 && !node_get(broker, "vrm") && (anonymous->kind == WP_NULL || anonymous->yes))
        return NULL;
    l.access = arena_get(&c->arena, sizeof *l.access);
    read_vrm(r, &l.access->vrm);
    l.access->users = l.users = arena_get(&c->arena, (n_users + c->n_norths) * sizeof *l.users);
    l.access->rules = l.rules =
        arena_get(&c->arena, (n_rules + N_DOCUMENTED + RULES_EACH * c->n_norths) * sizeof *l.rules);
    l.access->anonymous = anonymous->kind == WP_NULL ? n_users + l.access->vrm.n_logins == 0 : anonymous->yes;
    l.access->close_on_denied = close_on_denied;
    for (const struct node *n = n_users > 0 ? users->first : NULL; n; n = n->next)
        read_user(&l, users, n);
    for (const struct node *n = n_rules > 0 ? rules->first : NULL; n; n = n->next)
        read_rule(&l, n);
    if (n_rules == 0)
        add_documented(&l);
    if (n_users + l.access->vrm.n_logins == 0 && !l.access->anonymous)
        service_complain(r, r->file,
                         "nobody could log in: broker.anonymous is false and broker.users is empty");
    for (size_t i = 0; i < c->n_norths; i++)
        add_gateway(&l, c->norths[i]);
    return l.access;
}
