/* Who may log in to the VRM servers, and what each installation's permission allows.
 *
 *                       subscribe N/ID/...   subscribe R/ID/... W/ID/...   publish R/ID/...   publish W/ID/...
 *     Full Control      yes                  yes                           yes                yes
 *     Monitor Only      yes                  no                            by the switch      no
 *
 * source: API document, Connecting to the VRM MQTT servers; On-line server wildcard subscription limitation */
#include "sim/world/access.h"

static const char token_word[] = "Token ";

/* What a filter or topic begins with. A wildcard is no kind and no portal ID that anybody has. */
struct target {
    char kind; /* N, R or W; else 0 */
    struct wp_slice portal;
};

static struct target target_of(struct wp_slice s)
{
    struct target t = {0, {NULL, 0}};
    size_t end = 2;

    if (s.n < 3 || s.p[1] != '/' || !memchr("NRW", s.p[0], 3))
        return t;
    while (end < s.n && s.p[end] != '/')
        end++;
    t.kind = (char)s.p[0];
    t.portal = wp_slice(s.p + 2, end - 2);
    return t;
}

bool wp_vrm_is_portal(struct wp_slice portal)
{
    return wp_topic_is_name(portal) && !memchr(portal.p, '/', portal.n);
}

static const struct wp_vrm_site *find_site(const struct wp_vrm *v, struct wp_slice user,
                                           struct wp_slice portal)
{
    if (!user.p)
        return NULL;
    for (size_t i = 0; i < v->n_sites; i++)
        if (wp_slice_is(user, v->sites[i].user) && wp_slice_is(portal, v->sites[i].portal))
            return &v->sites[i];
    return NULL;
}

bool wp_vrm_knows(const struct wp_vrm *v, struct wp_slice user)
{
    for (size_t i = 0; user.p && i < v->n_logins; i++)
        if (wp_slice_is(user, v->logins[i].user))
            return true;
    return false;
}

/* Strictly the documented form: the word as it is written, one blank, the token. */
static bool is_token(struct wp_slice password, const char *token)
{
    const size_t n = sizeof token_word - 1;

    return password.n >= n && memcmp(password.p, token_word, n) == 0 &&
           wp_slice_is(wp_slice_from(password, n), token);
}

static bool has_login(const struct wp_vrm *v, struct wp_slice user, struct wp_slice password, bool by_token)
{
    if (!user.p || !password.p)
        return false;
    for (size_t i = 0; i < v->n_logins; i++) {
        const struct wp_vrm_login *l = &v->logins[i];

        if (l->is_token != by_token || !wp_slice_is(user, l->user))
            continue;
        if (by_token ? is_token(password, l->secret) : wp_slice_is(password, l->secret))
            return true;
    }
    return false;
}

bool wp_vrm_is_password(const struct wp_vrm *v, struct wp_slice user, struct wp_slice password)
{
    return has_login(v, user, password, false);
}

bool wp_vrm_login(const struct wp_vrm *v, struct wp_slice user, struct wp_slice password)
{
    return has_login(v, user, password, true) || has_login(v, user, password, false);
}

bool wp_vrm_subscribe(const struct wp_vrm *v, struct wp_slice user, struct wp_slice filter)
{
    const struct target t = target_of(filter);
    const struct wp_vrm_site *site = t.kind ? find_site(v, user, t.portal) : NULL;

    return site && (t.kind == 'N' || site->full_control);
}

bool wp_vrm_publish(const struct wp_vrm *v, struct wp_slice user, struct wp_slice topic)
{
    const struct target t = target_of(topic);
    const struct wp_vrm_site *site = t.kind ? find_site(v, user, t.portal) : NULL;

    if (!site || t.kind == 'N')
        return false;
    return site->full_control || (t.kind == 'R' && v->monitor_only_may_read);
}
