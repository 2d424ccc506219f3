#include "harness/vrm_users.h"

struct reading {
    const struct vrm_users *r;
    struct wp_vrm *out;
    struct wp_vrm_login *logins;
    struct wp_vrm_site *sites;
    struct wp_writer *why;
};

static const struct node *fault(struct reading *x, const struct node *at, const char *before,
                                const char *name, const char *behind)
{
    wp_put_text(x->why, before);
    wp_put_text(x->why, name);
    wp_put_text(x->why, behind);
    return at;
}

static const struct node *first_of(const struct node *n)
{
    return n && n->kind != NODE_SCALAR ? n->first : NULL;
}

static void add_login(struct reading *x, const char *user, const char *secret, bool is_token)
{
    x->logins[x->out->n_logins++] = (struct wp_vrm_login){user, secret, is_token};
}

static const struct node *read_logins(struct reading *x, const struct node *user)
{
    const struct node *tokens = node_get(user, "tokens"), *password = node_get(user, "password");
    const char *secret = x->r->password ? x->r->password(x->r->ctx, user) : node_text(password, NULL);
    size_t before = x->out->n_logins;

    if (tokens && tokens->kind != NODE_LIST)
        return fault(x, tokens, "tokens of the VRM user '", user->key, "' is a list");
    if (secret && *secret)
        add_login(x, user->key, secret, false);
    for (const struct node *n = first_of(tokens); n; n = n->next) {
        if (n->kind != NODE_SCALAR || n->text.n == 0 || memchr(n->text.p, ' ', n->text.n))
            return fault(x, n, "a token of the VRM user '", user->key, "' is one word");
        add_login(x, user->key, node_text(n, ""), true);
    }
    if (x->out->n_logins > before)
        return NULL;
    return fault(x, user, "the VRM user '", user->key, "' has neither a password nor tokens");
}

static bool read_permission(const struct node *n, bool *ret_full)
{
    *ret_full = node_is(n, "full control");
    return *ret_full || node_is(n, "monitor only");
}

static const struct node *read_sites(struct reading *x, const struct node *user)
{
    const struct node *sites = node_get(user, "installations");

    if (sites && sites->kind == NODE_SCALAR)
        return fault(x, sites, "installations of the VRM user '", user->key,
                     "' is a list of portal IDs, or a map");
    for (const struct node *n = first_of(sites); n; n = n->next) {
        struct wp_vrm_site s = {user->key, sites->kind == NODE_MAP ? n->key : node_text(n, ""), true};

        if (!wp_vrm_is_portal(wp_text(s.portal)))
            return fault(x, n, "'", s.portal,
                         "' is no portal ID: it is one level of a topic, without wildcards");
        if (sites->kind == NODE_MAP && !read_permission(n, &s.full_control))
            return fault(x, n, "the permission for ", s.portal, " is 'full control' or 'monitor only'");
        x->sites[x->out->n_sites++] = s;
    }
    return NULL;
}

static const struct node *read_user(struct reading *x, const struct node *user)
{
    const struct node *at;

    if (user->kind != NODE_MAP)
        return fault(x, user, "the VRM user '", user->key, "' has members: password, tokens, installations");
    if (node_get(x->r->others, user->key))
        return fault(x, user, "'", user->key, "' is a user without VRM account already");
    at = read_logins(x, user);
    return at ? at : read_sites(x, user);
}

const struct node *vrm_users_read(const struct vrm_users *r, const struct node *vrm, struct wp_vrm *out,
                                  struct wp_writer *why)
{
    const struct node *users = node_get(vrm, "users"), *may_read = node_get(vrm, "monitor_only_may_read"),
                      *at = NULL;
    struct wp_vrm v = {.monitor_only_may_read = !node_is(may_read, "false")};
    struct reading x = {.r = r, .out = &v, .why = why};
    size_t n_logins = 0, n_sites = 0;

    if (vrm && (!users || users->kind != NODE_MAP))
        return fault(&x, vrm, "vrm has users: ", "", "NAME: {tokens: [...], installations: [...]}");
    if (may_read && !node_is(may_read, "true") && !node_is(may_read, "false"))
        return fault(&x, may_read, "monitor_only_may_read is true or false", "", "");
    for (const struct node *n = first_of(users); n; n = n->next) {
        const struct node *tokens = node_get(n, "tokens"), *sites = node_get(n, "installations");

        n_logins += 1 + (tokens ? tokens->count : 0);
        n_sites += sites ? sites->count : 0;
    }
    v.logins = x.logins = arena_get(r->arena, (n_logins + 1) * sizeof *x.logins);
    v.sites = x.sites = arena_get(r->arena, (n_sites + 1) * sizeof *x.sites);
    for (const struct node *n = first_of(users); n && !at; n = n->next)
        at = read_user(&x, n);
    if (!at)
        *out = v;
    return at;
}
