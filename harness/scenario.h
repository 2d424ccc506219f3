/* A scenario file: what stands there (gateway, devices, clients, links), what is done, what is expected. */
#ifndef WP_SCENARIO_H
#define WP_SCENARIO_H

#include "harness/pattern.h"
#include "harness/venus_brokers.h"
#include "harness/yaml.h"
#include "sim/world/access.h"
#include "sim/world/link.h"

enum { SCENARIO_GIVEN_MAX = 64 };

#define SCENARIO_STEPS(X)                                                                                    \
    X(WAIT, "wait")                                                                                          \
    X(AT, "at")                                                                                              \
    X(CONNECT, "connect")                                                                                    \
    X(SUBSCRIBE, "subscribe")                                                                                \
    X(DISCONNECT, "disconnect")                                                                              \
    X(PUBLISH, "publish")                                                                                    \
    X(SET, "set")                                                                                            \
    X(FAULT, "fault")                                                                                        \
    X(RESTART, "restart")                                                                                    \
    X(EXPECT, "expect")                                                                                      \
    X(NONE, "none")                                                                                          \
    X(BIND, "bind")                                                                                          \
    X(REPEAT, "repeat")                                                                                      \
    X(MARK, "mark")

enum step_kind {
#define X(name, text) STEP_##name,
    SCENARIO_STEPS(X)
#undef X
};

struct step {
    enum step_kind kind;
    const struct node *node; /* the value of the step's key */
    int line;
};

enum watch_kind { WATCH_ALWAYS, WATCH_NEVER, WATCH_EVERY, WATCH_EVENTUALLY };

struct watch {
    enum watch_kind kind;
    const struct node *node;
};

struct scenario_link {
    const char *name;
    struct wp_link_setup setup;
};

struct scenario_device {
    const char *name;
    const struct wp_class *class;
    uint32_t ip, count; /* count > 1: a fleet; names, addresses and ips count up */
    const struct scenario_link *link;
    struct wp_option_value given[SCENARIO_GIVEN_MAX];
    size_t n_given;
    const void *plan;      /* of a playback: its frames; else NULL */
    struct wp_addr listen; /* of a file of devices alone: where it really listens; port 0: the usual one */
    bool has_listen;
};

struct scenario_client {
    const char *name;
    const struct node *program; /* a foreign program instead of a client of ours; live only */
    const struct node *node;
    bool late; /* `connect: false`: connects by a step */
};

struct scenario {
    struct arena arena;
    const char *file; /* as given */
    const char *name; /* "ivy-read-register", unique among all */
    const char *purpose, *because, *api;
    char sha256[65];
    bool in_virtual, in_live, is_long;
    uint64_t seed;
    bool has_seed;
    int64_t epoch_us;
    int32_t utc_offset_s;
    wp_us limit;
    const struct node *root, *requires, *access;
    struct wp_vrm vrm; /* of access */
    struct venus_brokers brokers;
    const char *golden; /* the file's path; NULL: none */
    bool golden_frames; /* it has the frames too */
    size_t n_norths;
    const struct wp_class *norths[4];
    struct wp_option_value given[SCENARIO_GIVEN_MAX]; /* of the gateway */
    size_t n_given;
    bool has_gateway;
    struct scenario_link *links;
    size_t n_links;
    struct scenario_device *devices;
    size_t n_devices;
    const char *bus; /* of a file of devices alone: somebody else's, as in world.h; NULL: a private one */
    struct scenario_client *clients;
    size_t n_clients;
    struct step *steps;
    size_t n_steps;
    bool has_bind; /* one of them remembers what it meets */
    struct watch *watches;
    size_t n_watches;
    const char **proves; /* every statement id that a `proves` names, repeats included */
    size_t n_proves;
    size_t order;           /* its place in the list that select_scenarios made */
    const char *sweep_case; /* "byte=7" for one case of a sweep; NULL without */
};

/* Every scenario that the file holds: one, or one for each case of its sweep. false: `why` has
 * "file:line:column: sentence" for each thing that is wrong. */
struct scenario_list {
    struct scenario **at;
    size_t n, cap;
};

bool scenario_load_text(const char *file, struct wp_slice text, struct scenario_list *list,
                        struct wp_writer *why);
bool scenario_load(const char *file, struct scenario_list *list, struct wp_writer *why);
/* Devices without a scenario around them, and the gateway that they dial (zero: none does): one entry of the list has
 * devices and links alone. The same errors; the list is to be freed either way. */
bool scenario_load_devices(const char *file, struct scenario_list *list, struct wp_addr *ret_gateway,
                           struct wp_writer *why);
bool scenario_load_devices_text(const char *file, struct wp_slice text, struct scenario_list *list,
                                struct wp_addr *ret_gateway, struct wp_writer *why);
void scenario_list_add(struct scenario_list *list, struct scenario *s);
/* Frees the scenarios too; an entry may be NULL. */
void scenario_list_free(struct scenario_list *list);

/* What a scenario's sha256 is: that of its file, as hex digits. */
void scenario_sha256(struct wp_slice text, char out[65]);

/* Is one of its clients a foreign program? */
bool scenario_has_program(const struct scenario *s);

/* Does the scenario name the statement in a `proves`? */
bool scenario_proves(const struct scenario *s, const char *statement);
/* An entry of a `proves`: a statement's id, perhaps with what alone it is about here: "IVY-036 @order" (pattern.h tells
 * the words). */
struct proves_entry {
    char id[32];
    const char *about; /* NULL: as the catalogue says */
};

struct proves_entry proves_entry(const char *text);

/* Calls `visit` for every statement id that a `proves` of the scenario names (repeats included); `id` is borrowed for
 * the call. */
void scenario_each_statement(const struct scenario *s, void (*visit)(void *ctx, const char *id), void *ctx);
/* The same with the line of the file on which it is named. */
void scenario_each_proof(const struct scenario *s, void (*visit)(void *ctx, const char *id, int line),
                         void *ctx);

/* An option value given as text in a scenario, checked against its row; the error is file:line:column. */
bool scenario_option(struct scenario *s, const struct wp_option *option, const struct node *value,
                     struct wp_value *out, struct wp_writer *why);

/* What the i-th of a fleet is given besides what all are given: its address, or its serial. NULL: nothing. */
const struct wp_option_value *scenario_fleet_own(struct arena *a, const struct scenario_device *d,
                                                 uint32_t i);

/* "m1.voltageA: 245.5" of a set step: whose option it is and what it gets. */
struct settable {
    char machine[64];
    const struct wp_option *option;
    struct wp_value value;
};

bool scenario_settable(struct scenario *s, const struct node *member, struct settable *out,
                       struct wp_writer *why);

#endif
