/* What a scenario says of the brokers around a Venus system.
 *
 *     vrm:                                 # the VRM portal's own broker, with TLS alone
 *       portal: c0619ab12345               # whose notifications the installation's broker forwards; the default
 *       forward: full                      # or read-only (no W comes back), or off (nothing is dialled)
 *       users: ...                         # as in access (vrm_users.h)
 *     local:                               # what the installation's settings let the local network reach
 *       access: on                         # or off, or tokens only
 *       profile: weak                      # or secured, unsecured, undecided
 *       token_users: false                 # is there one?
 *     clients:
 *       anna: {at: vrm, ...}               # or plain (1883), or secure (8883); else from within the house
 */
#ifndef WP_VENUS_BROKERS_H
#define WP_VENUS_BROKERS_H

#include "harness/yaml.h"
#include "sim/world/world.h"

struct venus_brokers {
    bool has_vrm;
    struct wp_vrm users; /* of the portal */
    const char *portal;
    enum wp_forward forward;
    unsigned shut; /* doors, as WP_DOOR_BIT */
};

/* `root` is the scenario's. The node of the fault, and `why` says what is wrong; NULL: there is none, and `out` is
 * written. Its rows are the arena's, its text the nodes' own. */
const struct node *venus_brokers_read(struct arena *a, const struct node *root, struct venus_brokers *out,
                                      struct wp_writer *why);

/* Where a client knocks. false: there is no such door. */
bool venus_brokers_door(const struct node *client, enum wp_door *out);

/* The portal as a world has it: its users, and the bridge with a password of its own. NULL: there is none. */
const struct wp_world_vrm *venus_brokers_world(struct arena *a, const struct venus_brokers *b, uint64_t seed);

#endif
