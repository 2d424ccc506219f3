/* Private to the files of north_venus. */
#ifndef WP_NORTH_VENUS_IMPL_H
#define WP_NORTH_VENUS_IMPL_H

#include "sim/codec/venus_topic.h"
#include "sim/codec/venus_write.h"
#include "sim/core/map.h"
#include "sim/gateway/broker_session.h"
#include "sim/gateway/carve.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/north_venus.h"
#include "sim/gateway/roster.h"

enum {
    NORTH_VENUS_PORTAL_MAX = 64,
    NORTH_VENUS_TOPIC_MAX = 4096,
    NORTH_VENUS_SERIAL_MAX = 256, /* bytes of the payload of system/0/Serial that is remembered */
    NORTH_VENUS_FULL_MAX = 3,     /* full publishes within NORTH_VENUS_FULL_WINDOW */
};

#define NORTH_VENUS_FULL_WINDOW WP_SEC(1)
#define NORTH_VENUS_ALIVE       WP_SEC(60)
#define NORTH_VENUS_HEARTBEAT   WP_SEC(3)

enum north_venus_option {
#define OPTION(id, ...) NORTH_VENUS_OPT_##id,
#include "sim/gateway/north_venus_options.def"
#undef OPTION
    NORTH_VENUS_N_OPTIONS
};

/* A service that is present: "pvinverter/20". */
struct north_venus_service {
    uint8_t n_name; /* 0: the place is free */
    uint8_t n_type;
    char name[ROSTER_NAME_MAX];
    uint32_t next_free; /* of a free place: number + 1 of another one */
};

struct north_venus {
    const struct wp_setup *setup;
    struct broker_session session;
    bool stopped;

    /* the services that are there; places from n_places on were never taken */
    struct north_venus_service *service;
    uint32_t n_places, max_services, first_free;
    struct wp_map by_name;
    uint64_t n_refused;

    /* keep-alive */
    wp_us alive_until, next_heartbeat;   /* WP_NEVER: no chain of heartbeats */
    wp_us full_at[NORTH_VENUS_FULL_MAX]; /* when the latest full publishes were, as a ring */
    unsigned full_oldest;
    uint64_t n_full_dropped;

    /* what goes out */
    char topic[NORTH_VENUS_TOPIC_MAX]; /* begins with N/<portal>/ always */
    size_t n_prefix;
    uint8_t *payload;
    size_t payload_max;
    bool retains_serial;
    uint8_t serial[NORTH_VENUS_SERIAL_MAX]; /* latest payload of system/0/Serial; n 0: none */
    size_t n_serial;
    uint64_t n_lost; /* since the last session */
    uint64_t n_too_long, n_no_topic;

    /* what comes in */
    struct venus_room room;
    uint32_t last_tag;
    uint64_t n_ignored;

    struct wp_outbox *out; /* while a step is under way */
    wp_us now;
};

/* ---- north_venus_setup.c -------------------------------------------------------------------------- */

extern const struct wp_option north_venus_options[NORTH_VENUS_N_OPTIONS];
extern const struct broker_account north_venus_account;

bool north_venus_check(const struct wp_setup *setup, struct wp_writer *why);
size_t north_venus_size(const struct wp_setup *setup);
void north_venus_init(const struct wp_setup *setup, void *memory);
struct wp_value north_venus_given(const struct north_venus *no, enum north_venus_option id);

static inline struct wp_slice north_venus_portal(const struct north_venus *no)
{
    return wp_slice(no->topic + 2, no->n_prefix - 3);
}

/* ---- north_venus_services.c: who is there ----------------------------------------------------------- */

void north_venus_take_presence(struct north_venus *no, const struct wp_presence *presence);
/* NULL: there is no such service. */
const struct north_venus_service *north_venus_find(const struct north_venus *no, struct wp_slice name);

static inline struct wp_slice north_venus_name(const struct north_venus_service *s)
{
    return wp_slice(s->name, s->n_name);
}

static inline struct wp_slice north_venus_type(const struct north_venus_service *s)
{
    return wp_slice(s->name, s->n_type);
}

/* ---- north_venus_publish.c: readings to messages ---------------------------------------------------- */

void north_venus_take_reading(struct north_venus *no, const struct wp_reading *reading);
/* A session has begun: what every session begins with. */
void north_venus_publish_first(struct north_venus *no);
/* The service has gone; what is remembered of it, too. */
void north_venus_forget(struct north_venus *no, const struct north_venus_service *s);
/* {"value":1702459522} */
void north_venus_publish_heartbeat(struct north_venus *no);
/* echo NULL: none */
void north_venus_publish_completed(struct north_venus *no, const struct wp_slice *echo);

/* ---- north_venus_alive.c: keep-alive, full publishes, heartbeats ------------------------------------ */

void north_venus_keep_alive(struct north_venus *no, struct wp_slice payload);
/* The time of no->next_heartbeat has come. */
void north_venus_beat(struct north_venus *no);

static inline bool north_venus_is_alive(const struct north_venus *no)
{
    return no->now < no->alive_until;
}

/* ---- north_venus_request.c: what clients ask for ---------------------------------------------------- */

void north_venus_take_message(struct north_venus *no, struct wp_slice topic, struct wp_slice payload,
                              bool retained);
/* The south is stepped, and this north with what it tells. */
void north_venus_command(struct north_venus *no, const struct north_venus_service *to,
                         enum wp_operation operation, struct wp_slice id, struct wp_value value);

#endif
