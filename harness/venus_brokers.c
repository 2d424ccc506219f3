#include "harness/venus_brokers.h"

#include "harness/vrm_users.h"
#include "sim/core/random.h"

#include <inttypes.h>

/* ---- the local network ------------------------------------------------------------------------------ */

#define BOTH (WP_DOOR_BIT(WP_DOOR_PLAIN) | WP_DOOR_BIT(WP_DOOR_SECURE))

/* Which ports are open, by /Settings/Services/MqttLocal and /Settings/System/SecurityProfile:
 *
 *     access        profile                8883 (TLS)                    1883
 *     off           any                    closed                        closed
 *     on            secured, undecided     open                          closed
 *     on            weak, unsecured        open                          open
 *     tokens only   any                    open iff a token user exists  closed      */
static unsigned shut_doors(const struct node *local)
{
    const struct node *access = node_get(local, "access"), *profile = node_get(local, "profile");

    if (!local)
        return 0;
    if (node_is(access, "off"))
        return BOTH;
    if (node_is(access, "tokens only"))
        return node_is(node_get(local, "token_users"), "true") ? WP_DOOR_BIT(WP_DOOR_PLAIN) : BOTH;
    return node_is(profile, "weak") || node_is(profile, "unsecured") ? 0 : WP_DOOR_BIT(WP_DOOR_PLAIN);
}

bool venus_brokers_door(const struct node *client, enum wp_door *out)
{
    const struct node *at = node_get(client, "at");

    *out = WP_DOOR_INSIDE;
    return !at || wp_door_read(at->text, out);
}

/* ---- the portal ------------------------------------------------------------------------------------- */

static const char *const forward_word[] = {
    [WP_FORWARD_FULL] = "full", [WP_FORWARD_READ_ONLY] = "read-only", [WP_FORWARD_OFF] = "off"};

static enum wp_forward read_forward(const struct node *vrm)
{
    enum wp_forward f = WP_FORWARD_FULL;

    while (f < WP_FORWARD_OFF && strcmp(node_text(node_get(vrm, "forward"), "full"), forward_word[f]) != 0)
        f++; /* the schema allows no other word */
    return f;
}

/* A client at a door that is not there. */
static const struct node *check_clients(const struct node *root, const struct node *vrm,
                                        struct wp_writer *why)
{
    const struct node *clients = node_get(root, "clients");

    for (const struct node *n = clients ? clients->first : NULL; n; n = n->next) {
        enum wp_door door;

        if (!venus_brokers_door(n, &door) || door != WP_DOOR_VRM || vrm)
            continue;
        wp_put_text(why, "'");
        wp_put_text(why, n->key);
        wp_put_text(why, "' is at the VRM portal, and there is none: say vrm: {users: ...}");
        return n;
    }
    return NULL;
}

const struct node *venus_brokers_read(struct arena *a, const struct node *root, struct venus_brokers *out,
                                      struct wp_writer *why)
{
    const struct node *vrm = node_get(root, "vrm"), *portal = node_get(vrm, "portal"), *wrong;
    const struct vrm_users r = {.arena = a};
    struct venus_brokers b = {.has_vrm = vrm != NULL,
                              .portal = node_text(portal, "c0619ab12345"),
                              .forward = read_forward(vrm),
                              .shut = shut_doors(node_get(root, "local"))};

    if (!wp_vrm_is_portal(wp_text(b.portal)) || strchr(b.portal, ' ')) {
        wp_put_text(why, "a portal ID is one level of a topic, without wildcards and blanks");
        return portal;
    }
    wrong = vrm_users_read(&r, vrm, &b.users, why);
    if (!wrong)
        wrong = check_clients(root, vrm, why);
    if (!wrong)
        *out = b;
    return wrong;
}

/* The bridge speaks for its installation, and hears what is asked of it. */
static struct wp_access *access_of(struct arena *a, const struct venus_brokers *b, const char *user,
                                   const char *password)
{
    struct wp_access *access = arena_get(a, sizeof *access);
    struct wp_access_user *bridge = arena_get(a, sizeof *bridge);
    struct wp_access_rule *rules = arena_get(a, 3 * sizeof *rules);

    *bridge = (struct wp_access_user){.name = user, .password = password};
    rules[0] = (struct wp_access_rule){user, WP_ACCESS_PUBLISH, arena_print(a, "N/%s/#", b->portal)};
    rules[1] = (struct wp_access_rule){user, WP_ACCESS_SUBSCRIBE, arena_print(a, "R/%s/#", b->portal)};
    rules[2] = (struct wp_access_rule){user, WP_ACCESS_SUBSCRIBE, arena_print(a, "W/%s/#", b->portal)};
    *access =
        (struct wp_access){.users = bridge, .n_users = 1, .rules = rules, .n_rules = 3, .vrm = b->users};
    return access;
}

const struct wp_world_vrm *venus_brokers_world(struct arena *a, const struct venus_brokers *b, uint64_t seed)
{
    struct wp_world_vrm *w;

    if (!b->has_vrm)
        return NULL;
    w = arena_get(a, sizeof *w);
    *w = (struct wp_world_vrm){.portal = b->portal,
                               .forward = b->forward,
                               .user = arena_print(a, "ccgxapikey_%s", b->portal),
                               .password =
                                   arena_print(a, "%016" PRIx64, wp_random_seed(seed, wp_text("vrm")))};
    w->access = access_of(a, b, w->user, w->password);
    return w;
}
