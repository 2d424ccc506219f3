/* The users of the VRM broker as scenarios and the service's configuration write them.
 *
 *     vrm:
 *       monitor_only_may_read: true          # the default: R and keep-alives pass without Full Control, W never
 *       users:
 *         anna@example.com:
 *           password: secret                 # a login is the password, or "Token " and one of the tokens
 *           tokens: [0123abcd]
 *           installations: {c0619ab12345: full control, b827eb123456: monitor only}
 *         ben@example.com:
 *           tokens: [89ab]
 *           installations: [48e7da87942f]    # without a word: Full Control, as who registered it has it */
#ifndef WP_VRM_USERS_H
#define WP_VRM_USERS_H

#include "harness/yaml.h"
#include "sim/world/access.h"

struct vrm_users {
    struct arena *arena; /* of the rows; their text is the nodes' own */
    /* Where a password may stand beside its key; NULL: nowhere. */
    const char *(*password)(void *ctx, const struct node *user);
    void *ctx;
    /* The users of the first table, who are no VRM users; NULL: none. */
    const struct node *others;
};

/* `vrm` NULL: no VRM users. Unknown keys are another's to find. The node of the fault, and `why` says what is wrong;
 * NULL: there is none, and `out` is written. */
const struct node *vrm_users_read(const struct vrm_users *r, const struct node *vrm, struct wp_vrm *out,
                                  struct wp_writer *why);

#endif
