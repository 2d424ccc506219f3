/* Options that are lists of WHO=WHAT: keys, identities, profiles. */
#include "sim/gateway/list_text.h"
#include "sim/gateway/south_dlms_impl.h"

bool south_dlms_next_pair(struct wp_slice *list, struct dlms_pair *out)
{
    if (list->n == 0)
        return false;
    out->what = list_cut(list, ',');
    out->who = list_cut(&out->what, '=');
    out->what = list_trim(out->what);
    return out->who.n > 0 && out->what.n > 0;
}

bool south_dlms_is_name(struct wp_slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n == DLMS_NAME;
}

bool south_dlms_read_title(struct wp_slice text, uint8_t out[COSEM_TITLE])
{
    size_t n;

    return text.n == 2 * COSEM_TITLE && wp_hex_read(text, out, COSEM_TITLE, &n) && n == COSEM_TITLE;
}

/* 16 octets, or 32 of suite 2. */
static bool read_octets(struct wp_slice text, uint8_t out[COSEM_KEY_MAX], uint8_t *ret_n)
{
    size_t n;

    if (!wp_hex_read(text, out, COSEM_KEY_MAX, &n) || (n != COSEM_KEY_MAX / 2 && n != COSEM_KEY_MAX))
        return false;
    *ret_n = (uint8_t)n;
    return true;
}

bool south_dlms_read_key(const struct dlms_pair *pair, struct wp_key *out)
{
    struct wp_slice rest = pair->what, key = list_cut(&rest, ':'), auth = list_cut(&rest, ':'),
                    broadcast = list_cut(&rest, ':');

    *out = (struct wp_key){.has_title = false};
    out->has_title = south_dlms_read_title(pair->who, out->title);
    if (!out->has_title && !wp_slice_is(pair->who, "*") && !south_dlms_is_name(pair->who))
        return false;
    return rest.n == 0 && read_octets(key, out->key, &out->n_key) &&
           (auth.n == 0 || (read_octets(auth, out->auth, &out->n_auth) && out->n_auth == out->n_key)) &&
           (broadcast.n == 0 ||
            (read_octets(broadcast, out->broadcast, &out->n_broadcast) && out->n_broadcast == out->n_key));
}

static bool is_of(struct wp_slice who, const uint8_t *title, uint32_t ip)
{
    uint8_t listed[COSEM_TITLE];
    struct wp_addr addr;

    if (south_dlms_read_title(who, listed))
        return title && memcmp(listed, title, COSEM_TITLE) == 0;
    return !title && wp_addr_read(who, &addr) && addr.ip == ip;
}

static bool find(struct wp_slice list, const uint8_t *title, uint32_t ip, struct wp_slice *ret_name)
{
    struct dlms_pair pair;

    while (south_dlms_next_pair(&list, &pair))
        if (is_of(pair.who, title, ip)) {
            *ret_name = pair.what;
            return true;
        }
    return false;
}

bool south_dlms_find_identity(struct wp_slice identities, const uint8_t *title, uint32_t ip,
                              struct wp_slice *ret_name)
{
    return (title && find(identities, title, ip, ret_name)) || find(identities, NULL, ip, ret_name);
}

struct wp_slice south_dlms_find_profile(struct wp_slice profiles, struct wp_slice name)
{
    struct dlms_pair pair;

    while (south_dlms_next_pair(&profiles, &pair))
        if (wp_slice_eq(pair.who, name))
            return pair.what;
    return (struct wp_slice){NULL, 0};
}
