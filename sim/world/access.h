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
    const char *user; /* NULL: everybody who may log in and is no VRM user */
    unsigned rights;  /* of enum wp_access_right */
    const char *filter;
};

/* The second table: VRM users. Each may log in by any of its rows, and sees the installations that its rows name; rules
 * for everybody are not for it. */
struct wp_vrm_login {
    const char *user, *secret;
    bool is_token; /* the password of MQTT is then "Token SECRET" */
};

struct wp_vrm_site {
    const char *user, *portal; /* the installation's portal ID: one level of a topic */
    bool full_control;         /* else Monitor Only */
};

struct wp_vrm {
    const struct wp_vrm_login *logins;
    size_t n_logins;
    const struct wp_vrm_site *sites;
    size_t n_sites;
    bool monitor_only_may_read; /* Monitor Only may publish R, which keep-alives are, too */
};

struct wp_access {
    bool open;      /* no authentication: everybody, with any credentials, may do everything */
    bool anonymous; /* clients without user name may log in */
    const struct wp_access_user *users;
    size_t n_users;
    const struct wp_access_rule *rules;
    size_t n_rules;
    struct wp_vrm vrm;    /* without logins: none */
    bool close_on_denied; /* a denied publish ends the connection instead of being dropped */
};

bool wp_access_login(const struct wp_access *a, struct wp_slice user, struct wp_slice password);
bool wp_access_subscribe(const struct wp_access *a, struct wp_slice user, struct wp_slice filter);
bool wp_access_publish(const struct wp_access *a, struct wp_slice user, struct wp_slice topic);
/* Asked for each message that a granted subscription brings: the session may have been another VRM user's. Who is no
 * VRM user receives what was subscribed. */
bool wp_access_receive(const struct wp_access *a, struct wp_slice user, struct wp_slice topic);

/* The VRM table alone, as the servers of the API document have it: a filter or topic begins N/PORTAL, R/PORTAL or
 * W/PORTAL, both literally, so "#", "N/#" and "N/+/..." are refused. Monitor Only subscribes to N. */
bool wp_vrm_knows(const struct wp_vrm *v, struct wp_slice user);
bool wp_vrm_login(const struct wp_vrm *v, struct wp_slice user, struct wp_slice password);
/* The login is one by password, which later texts of the original call deprecated: the broker's log has a hint. */
bool wp_vrm_is_password(const struct wp_vrm *v, struct wp_slice user, struct wp_slice password);
bool wp_vrm_subscribe(const struct wp_vrm *v, struct wp_slice user, struct wp_slice filter);
bool wp_vrm_publish(const struct wp_vrm *v, struct wp_slice user, struct wp_slice topic);
/* One level of a topic and no wildcard. */
bool wp_vrm_is_portal(struct wp_slice portal);

/* MQTT 3.1.1, 4.7: does the filter match the topic? Wildcards do not match a first level that begins with $. */
bool wp_topic_matches(struct wp_slice filter, struct wp_slice topic);
/* Does `outer` match everything that `inner` matches? */
bool wp_topic_within(struct wp_slice outer, struct wp_slice inner);
/* Well-formed filter or topic name: + and # alone in their level, # last, no NUL, 1..65535 bytes, UTF-8. */
bool wp_topic_is_filter(struct wp_slice filter);
bool wp_topic_is_name(struct wp_slice topic);

#endif
