/* Private to the files of north_ivy. */
#ifndef WP_NORTH_IVY_IMPL_H
#define WP_NORTH_IVY_IMPL_H

#include "sim/core/json_in.h"
#include "sim/core/json_out.h"
#include "sim/core/map.h"
#include "sim/core/pool.h"
#include "sim/gateway/broker_session.h"
#include "sim/gateway/carve.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/ivy_registers.h"
#include "sim/gateway/north_ivy.h"

enum {
    NORTH_ID_DIGITS = 12,
    NORTH_PREFIX_MAX = 64,
    NORTH_TOPIC_MAX = NORTH_PREFIX_MAX + 64,
    NORTH_ITEMS_MAX = 64, /* registers of one command */
    NORTH_TEXT_INLINE = 64,
};

enum north_option {
#define OPTION(id, ...) NORTH_OPT_##id,
#include "sim/gateway/north_ivy_options.def"
#undef OPTION
    NORTH_N_OPTIONS
};

/* What is published: where, how, and what becomes of it while the broker is away. State is told anew at the
 * next login, so nothing of it need be kept. */
#define NORTH_TOPICS(X)                                                                                      \
    X(TELEMETRY, "/telemetry", 1, false, DROPPED)                                                            \
    X(STATUS, "/status", 1, true, TOLD_ANEW)                                                                 \
    X(EVENTS, "/events", 1, false, KEPT)                                                                     \
    X(RESPONSE, "/command/response", 1, false, KEPT)                                                         \
    X(GATEWAY_STATUS, "/gateway/status", 1, true, TOLD_ANEW)                                                 \
    X(GATEWAY_STATS, "/gateway/stats", 0, false, DROPPED)

enum north_topic {
#define X(name, ...) NORTH_##name,
    NORTH_TOPICS(X)
#undef X
};

/* One alarm bit per watched register and limit: A, B, C, and the total's for power factors. */
enum {
    NORTH_BIT_VOLTAGE_HIGH = 0,
    NORTH_BIT_VOLTAGE_LOW = 3,
    NORTH_BIT_CURRENT_HIGH = 6,
    NORTH_BIT_POWER_FACTOR = 9
};

struct north_meter {
    struct north_meter *older, *newer; /* among those that are offline */
    uint32_t ip;
    uint16_t alarms; /* limits that its latest values are beyond */
    uint16_t told;   /* the login in which its status was published last */
    bool online;
    bool is_dlms;
    char id[NORTH_ID_DIGITS];
};

#define NORTH_UNKNOWN_REGISTER "Unknown register: "
#define NORTH_NO_MAPPING       "No DLMS mapping for register: "

/* A limit, and where a value must be back to before it counts as crossed again. */
struct north_limit {
    struct wp_value at, back;
    int64_t width; /* the hysteresis, in millionths */
};

/* What an item of a command is, where it is not the index of a register. */
enum {
    NORTH_ITEM_OBJECT = 0xFC,   /* an object of a DLMS meter, by key or OBIS code */
    NORTH_ITEM_UNMAPPED = 0xFD, /* a register that no object of a DLMS meter answers for */
    NORTH_ITEM_BY_DI = 0xFE,
    NORTH_ITEM_BAD = 0xFF
};

/* A command that was given to the south and not answered yet. */
struct north_pending {
    uint16_t next_free; /* slot + 1; 0: none */
    uint16_t n_request_id;
    uint8_t n_items;
    bool is_list; /* the response has an array */
    bool is_used;
    char meter[NORTH_ID_DIGITS];
    uint8_t item[NORTH_ITEMS_MAX];
    uint8_t *long_text; /* borrowed, when text[] is too small */
    uint8_t text
        [NORTH_TEXT_INLINE]; /* requestId, then for each bad item: length (2), name; all as they were sent */
};

struct north {
    const struct wp_setup *setup;
    const struct gateway_facts *facts;
    uint16_t endpoint;

    /* the broker session */
    wp_port port;   /* 0: none */
    uint16_t login; /* number of logins so far */
    bool stopped;
    wp_us reconnect_at, reconnect_delay, reconnect_min, reconnect_max;
    wp_us stale_until; /* until when retained states are looked at */
    bool clears_stale;
    uint32_t clients; /* of the broker, ourselves included */
    uint64_t published;

    /* periodic */
    wp_us status_interval, stats_interval, next_status, next_stats;

    /* meters */
    struct wp_map by_id;
    struct wp_pool meters;
    struct north_meter *oldest, *newest; /* offline ones, the one that has been so for longest first */
    size_t n_online, n_seen;
    uint32_t to_tell;   /* entries of by_id below this have not been told in this login */
    uint32_t in_flight; /* states told and not acknowledged */

    /* limits */
    struct north_limit voltage_high, voltage_low, current_high, power_factor_low;

    /* commands */
    struct json_tape tape;
    struct north_pending *pending;
    uint32_t n_pending, free_pending; /* slot + 1 */
    struct wp_pool long_texts;
    size_t request_max;
    uint64_t n_ignored;

    /* what goes out */
    char topic[NORTH_TOPIC_MAX];
    size_t n_prefix, n_meters; /* lengths of "ivy/v1" and "ivy/v1/meters/" in topic */
    uint8_t telemetry_qos;
    uint8_t *payload;
    size_t payload_cap;
    struct wp_writer w;
    struct json_out json;
    struct wp_writer outbox;
    uint64_t n_dropped; /* in this outage */

    struct wp_outbox *out; /* while a step is under way */
    wp_us now;
};

/* ---- north_ivy_setup.c ---------------------------------------------------------------------------- */

extern const struct wp_option north_ivy_options[NORTH_N_OPTIONS];
extern const struct broker_account north_ivy_account;

bool north_ivy_check(const struct wp_setup *setup, struct wp_writer *why);
size_t north_ivy_size(const struct wp_setup *setup);
void north_ivy_init(const struct wp_setup *setup, void *memory);
struct wp_value north_ivy_given(const struct north *no, enum north_option id);

/* ---- north_ivy_publish.c -------------------------------------------------------------------------- */

/* A payload begins: an empty writer, the root object open. */
struct json_out *north_ivy_begin(struct north *no);
/* Closes the root object and publishes, or does with it what its topic says while the broker is away.
 * id  the meter's digits; NULL for gateway topics      tag  0: the acknowledgement does not matter */
void north_ivy_end(struct north *no, enum north_topic topic, const char *id, uint32_t tag);
/* Publishes what was kept. */
void north_ivy_flush(struct north *no);
/* "ivy/v1/meters/000000000001/status" in no->topic; the next call overwrites it. */
struct wp_slice north_ivy_topic(struct north *no, enum north_topic topic, const char *id);
void north_ivy_put_timestamp(struct north *no, struct json_out *j);

/* ---- north_ivy_meters.c --------------------------------------------------------------------------- */

void north_ivy_meters_lay_out(struct north *no, struct wp_carve *memory, size_t cap);
void north_ivy_take_presence(struct north *no, const struct wp_presence *presence);
/* NULL: not known. */
struct north_meter *north_ivy_meter(const struct north *no, struct wp_slice id);
/* Tells the next states after a login, as many as may be in flight. */
void north_ivy_tell_states(struct north *no);
void north_ivy_state_acked(struct north *no);
/* A retained status from before our time. */
void north_ivy_take_stale(struct north *no, struct wp_slice id, struct wp_slice payload);
bool north_ivy_is_id(struct wp_slice text);

/* ---- north_ivy_events.c: readings to telemetry and alarms ----------------------------------------- */

void north_ivy_take_reading(struct north *no, const struct wp_reading *reading);
/* "type", "event", "message" of an event that `north_ivy_begin` has begun; `data` is the caller's. */
void north_ivy_put_event(struct north *no, struct json_out *j, struct wp_slice id, const char *type,
                         const char *event, const char *message);
/* Limits from the options; `option` NULL: all of them. */
void north_ivy_set_limits(struct north *no, const struct wp_option *option, struct wp_value value);
uint32_t north_ivy_di(struct wp_slice id);
/* Most significant byte first. */
void north_ivy_put_raw(struct json_out *j, struct wp_slice raw);

/* ---- north_ivy_dlms.c: readings of DLMS meters ---------------------------------------------------- */

/* As telemetry, or as an event. */
void north_ivy_take_objects(struct north *no, const struct wp_reading *reading);
/* Member "value" of an object. */
void north_ivy_put_object_value(struct json_out *j, struct wp_value value);

/* ---- north_ivy_command.c, north_ivy_answer.c ------------------------------------------------------ */

void north_ivy_take_request(struct north *no, struct wp_slice id, struct wp_slice payload);
void north_ivy_ignore(struct north *no, const char *why);
void north_ivy_pending_lay_out(struct north *no, struct wp_carve *memory, size_t n);
void north_ivy_take_answer(struct north *no, const struct wp_answer *answer);

/* What a command's pending cell remembers; texts are those of JSON strings, without quotes, escapes as
 * sent. */
struct north_question {
    struct wp_slice meter, request_id;
    bool is_list;
    size_t n_items;
    uint8_t item[NORTH_ITEMS_MAX];
    struct wp_slice bad[NORTH_ITEMS_MAX]; /* names of bad and unmapped items, in order */
    size_t n_bad;
};

/* false: there is no cell for it. */
bool north_ivy_remember(struct north *no, const struct north_question *q, uint32_t *ret_tag);
/* Responds with error "<text><tail>"; request_id.p NULL: null. `tail` is text of a JSON string. */
void north_ivy_respond_error(struct north *no, struct wp_slice meter, struct wp_slice request_id,
                             const char *text, struct wp_slice tail);

#endif
