/* Who may log in, subscribe and publish: one rule table, for the virtual broker and for the plugin that mosquitto
 * loads. acl_file of mosquitto 2.0.11 grants every subscription, so it is not used. */
#ifndef WP_ACCESS_H
#define WP_ACCESS_H

#include "sim/core/bytes.h"

struct wp_access_user {
    const char *name, *password;
};

enum wp_access_right { WP_ACCESS_SUBSCRIBE = 1, WP_ACCESS_PUBLISH = 2 };

/* A filter in MQTT syntax: a subscription is granted when everything that it could match lies within such a filter,
 * a publication when its topic matches one. */
struct wp_access_rule {
    const char *user; /* NULL: everybody who may log in */
    unsigned rights;  /* of enum wp_access_right */
    const char *filter;
};

struct wp_access {
    bool open;      /* no authentication: everybody, with any credentials, may do everything */
    bool anonymous; /* clients without user name may log in */
    const struct wp_access_user *users;
    size_t n_users;
    const struct wp_access_rule *rules;
    size_t n_rules;
    bool close_on_denied; /* a denied publish ends the connection instead of being dropped */
};

bool wp_access_login(const struct wp_access *a, struct wp_slice user, struct wp_slice password);
bool wp_access_subscribe(const struct wp_access *a, struct wp_slice user, struct wp_slice filter);
bool wp_access_publish(const struct wp_access *a, struct wp_slice user, struct wp_slice topic);

/* MQTT 3.1.1, 4.7: does the filter match the topic? Wildcards do not match a first level that begins with $. */
bool wp_topic_matches(struct wp_slice filter, struct wp_slice topic);
/* Does `outer` match everything that `inner` matches? */
bool wp_topic_within(struct wp_slice outer, struct wp_slice inner);
/* Well-formed filter or topic name: + and # alone in their level, # last, no NUL, 1..65535 bytes, UTF-8. */
bool wp_topic_is_filter(struct wp_slice filter);
bool wp_topic_is_name(struct wp_slice topic);

#endif
