/* Private to the files of south_venus. */
#ifndef WP_SOUTH_VENUS_IMPL_H
#define WP_SOUTH_VENUS_IMPL_H

#include "sim/codec/dbus_bus.h"
#include "sim/core/map.h"
#include "sim/core/pool.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/roster.h"
#include "sim/gateway/south_venus.h"
#include "sim/gateway/text_store.h"

#define VENUS_BUS_ITEM "com.victronenergy.BusItem"

enum {
    VENUS_PATH_MAX = 1024, /* bytes of an item's path */
    VENUS_KEY_HEAD = 4,    /* in front of it, in the key of an item: the number of its service */
    VENUS_POINTS_MAX = 64, /* of one reading */
};

enum venus_option {
#define OPTION(id, ...) VENUS_OPT_##id,
#include "sim/gateway/south_venus_options.def"
#undef OPTION
    VENUS_N_OPTIONS
};

extern const struct wp_option south_venus_options[VENUS_N_OPTIONS];

/* What is counted; each one is a note with its count so far. */
#define VENUS_COUNTS(X)                                                                                      \
    X(DIAL, "dial-failed")                                                                                   \
    X(BUS, "bus-fault")          /* the bus refused or did not answer what nothing goes without */           \
    X(SCAN, "scan-failed")       /* a service that is left out until it takes its name anew */               \
    X(BODY, "bad-body")          /* a message whose values have other types than they should */              \
    X(PATH, "bad-path")          /* of an item; it is left out */                                            \
    X(NO_VALUE, "no-value")      /* PropertiesChanged without a Value */                                     \
    X(DROPPED, "signal-dropped") /* signals that waited too long, or could not */                            \
    X(FOREIGN, "foreign-reply")  /* by somebody who was not asked */                                         \
    X(LATE, "late-reply")                                                                                    \
    X(TIMEOUT, "reply-timeout")                                                                              \
    X(SAME, "same-device") /* services that are told apart by nothing */                                     \
    X(LONG_NAME, "long-name")                                                                                \
    X(SERVICES_FULL, "services-full")                                                                        \
    X(ITEMS_FULL, "items-full")                                                                              \
    X(TEXT_FULL, "text-full") /* the item has no value, or is left out */                                    \
    X(CALLS_FULL, "calls-full")

enum venus_count {
#define X(name, text) VENUS_N_##name,
    VENUS_COUNTS(X)
#undef X
        VENUS_N_COUNTS
};

/* Texts and trees of values stand in the text store, as the key does. */
struct venus_item {
    struct venus_item *next; /* of the same service, in the order in which they were heard of */
    uint8_t *key;            /* number of the service, path: where by_key finds it */
    struct wp_value value, min, max;
    uint16_t n_path;
    bool has_min, has_max;
};

/* What norths know: a type and an instance. Services that have both in common are one device. */
struct venus_device {
    struct venus_service *first, *last; /* who spoke last is the last one */
    uint8_t n_name;
    char name[ROSTER_NAME_MAX]; /* "pvinverter/20" */
};

/*     found by name --> ASK_OWNER --reply--> ASK_ITEMS --reply----------------------> MIRRORED
 *     found by owner ---------------------->    |                                      |
 *     (no call is free: WAITING before)         '--UnknownMethod--> ASK_VALUES --reply-'
 *
 * A new owner begins with ASK_ITEMS again, from each of them; no owner, or an error, forgets the service. */
enum venus_state { VENUS_ASK_OWNER, VENUS_ASK_ITEMS, VENUS_ASK_VALUES, VENUS_MIRRORED };

struct venus_service {
    struct venus_device *device;       /* NULL: its scan has never ended */
    struct venus_service *next, *prev; /* of the device */
    struct venus_service *waiting;     /* the next one whose scan waits for a free call */
    struct venus_item *first, *last;
    uint32_t number; /* of its place; the key of its items begins with it */
    enum venus_state state;
    bool is_waiting;
    bool is_heard; /* `owner` is in by_owner: a connection is one service's, who asked for a name last */
    uint8_t n_name, n_owner;
    char name[DBUS_NAME_MAX], owner[DBUS_NAME_MAX];
};

enum venus_call_kind {
    VENUS_CALL_MATCH,
    VENUS_CALL_NAMES,
    VENUS_CALL_OWNER,
    VENUS_CALL_ITEMS,
    VENUS_CALL_VALUES, /* GetValue on / of a service without GetItems */
    VENUS_CALL_READ,
    VENUS_CALL_WRITE,
};

/* A call whose reply has not come; all may take equally long, so they end in order. */
struct venus_call {
    struct venus_call *next, *prev;
    struct venus_service *service; /* NULL: the bus itself */
    uint8_t *path;                 /* of a READ, in the text store */
    wp_us due;
    uint32_t serial, tag;
    uint16_t from, n_path;
    enum venus_call_kind kind;
};

/* A signal of a service that is being scanned. */
struct venus_signal {
    struct venus_signal *next, *prev;
    struct venus_service *service;
    uint8_t *bytes; /* the message, in the text store */
    size_t n_bytes;
    wp_us due; /* when it is dropped */
};

struct venus_south {
    bool is_awake; /* false: nothing below is there */
    bool stopped, is_dialling;
    uint16_t endpoint;
    wp_port port; /* 0: not connected */
    wp_us reconnect, reconnect_max, timeout, signals_kept;
    wp_us wait, dial_at; /* WP_NEVER: no dial is due */
    uint32_t serial;     /* of the latest call */

    struct wp_pool services, devices, items, calls, signals;
    struct wp_map by_name, by_owner, by_device, by_key, by_serial;
    struct text_store text;
    struct venus_call *first_call, *last_call;
    struct venus_signal *first_signal, *last_signal;
    struct venus_service *first_waiting, *last_waiting;
    uint64_t count[VENUS_N_COUNTS];

    struct wp_outbox *out; /* while a step is under way */
    wp_us now;
};

static inline struct wp_slice venus_service_name(const struct venus_service *s)
{
    return wp_slice(s->name, s->n_name);
}

static inline struct wp_slice venus_device_name(const struct venus_device *d)
{
    return wp_slice(d->name, d->n_name);
}

static inline struct wp_slice venus_item_path(const struct venus_item *item)
{
    return wp_slice(item->key + VENUS_KEY_HEAD, item->n_path);
}

/* ---- south_venus_setup.c ---------------------------------------------------------------------------- */

bool south_venus_check(const struct wp_setup *setup, struct wp_writer *why);
size_t south_venus_size(const struct wp_setup *setup);
void south_venus_init(const struct wp_setup *setup, void *memory);

/* ---- south_venus.c ------------------------------------------------------------------------------------ */

/* The connection ends by our own will, and is dialled again. */
void south_venus_hang_up(struct venus_south *so);

/* ---- south_venus_tell.c: what norths and the transcript hear ---------------------------------------- */

/* Counts it and notes it. */
void south_venus_count(struct venus_south *so, enum venus_count what, struct wp_slice text);
/* The same about an item, or something else of a service: "com.victronenergy.grid.x: /Ac/Power". */
void south_venus_count_of(struct venus_south *so, enum venus_count what, const struct venus_service *s,
                          struct wp_slice text);
void south_venus_presence(struct venus_south *so, const struct venus_device *d, bool online);
void south_venus_answer(struct venus_south *so, const struct wp_answer *answer);

/* Items of one service on their way into readings of the same reason. */
struct venus_batch {
    const struct venus_device *device;
    enum wp_reason reason;
    bool is_leaving; /* they are told without values */
    size_t n;
    const struct venus_item *items[VENUS_POINTS_MAX];
};

void south_venus_batch(struct venus_batch *b, const struct venus_device *d, enum wp_reason reason);
/* An item with what it has now; told when the batch is full or ends. */
void south_venus_tell(struct venus_south *so, struct venus_batch *b, const struct venus_item *item);
void south_venus_tell_end(struct venus_south *so, struct venus_batch *b);

/* ---- south_venus_mirror.c: services, devices, items -------------------------------------------------- */

/* NULL: no room, which is noted; else without owner, ready to be asked for. */
struct venus_service *south_venus_add(struct venus_south *so, struct wp_slice name);
/* From now on signals of `owner` are of this service; empty: of nobody. */
void south_venus_set_owner(struct venus_south *so, struct venus_service *s, struct wp_slice owner);
/* It is forgotten: norths hear of each of its items that it left, calls for it are answered. */
void south_venus_remove(struct venus_south *so, struct venus_service *s);
/* All of them. */
void south_venus_remove_all(struct venus_south *so);

/* The service has been scanned, and is this device: "pvinverter/20". false: the name is too long, which is noted. */
bool south_venus_join(struct venus_south *so, struct venus_service *s, struct wp_slice name);
/* It spoke: commands for its device are its own, if others have it too. */
void south_venus_speak(struct venus_service *s);

struct venus_item *south_venus_find(const struct venus_south *so, const struct venus_service *s,
                                    struct wp_slice path);
/* Also one that is new, without a value; `path` may lack its slash. NULL: it cannot be an item's path, or there is no
 * room; noted. */
struct venus_item *south_venus_item(struct venus_south *so, struct venus_service *s, struct wp_slice path);
/* The next value of `it`, as the item's value or limit; without room it becomes null, which is noted. */
void south_venus_take(struct venus_south *so, const struct venus_service *s, struct wp_value *of,
                      struct dbus_iter *it);

/* ---- south_venus_signal.c: what services say of themselves ------------------------------------------- */

/* A signal of the interface BusItem. */
void south_venus_signal(struct venus_south *so, const struct dbus_message *m);
/* Those that waited for the end of its scan, in order. */
void south_venus_wake_signals(struct venus_south *so, struct venus_service *s);
void south_venus_drop_signals(struct venus_south *so, const struct venus_service *s);
void south_venus_late_signals(struct venus_south *so);

/* a{sa{sv}} into the mirror, and told. false: it is something else. */
bool south_venus_merge(struct venus_south *so, struct venus_service *s, const struct dbus_message *m,
                       enum wp_reason reason);
/* The dictionary that is the next value of `it`: values of items below `node`, "/" or "/Ac". false: it is none. */
bool south_venus_merge_values(struct venus_south *so, struct venus_service *s, struct dbus_iter *it,
                              struct wp_slice node, enum wp_reason reason);

/* ---- south_venus_scan.c: who is there, and what it has ----------------------------------------------- */

void south_venus_begin(struct venus_south *so); /* the bus connection stands */
void south_venus_owner_change(struct venus_south *so, const struct dbus_owner_change *change);
/* Scans that wait, as many as calls are free. */
void south_venus_go_on(struct venus_south *so);
/* `m` is the return or error of a call for a scan, NULL when none came. */
void south_venus_names(struct venus_south *so, const struct dbus_message *m);
void south_venus_scanned(struct venus_south *so, const struct venus_call *call, const struct dbus_message *m);

/* ---- south_venus_call.c: calls and their replies ----------------------------------------------------- */

/* A call that is to be sent: with a serial of its own, in the table. NULL: the table is full. */
struct venus_call *south_venus_call(struct venus_south *so, enum venus_call_kind kind,
                                    struct venus_service *s);
/* Sends what was written for it; a call that could not be written is taken back, and false. */
bool south_venus_send(struct venus_south *so, struct venus_call *call, struct wp_writer *w, bool is_written);
/* GetItems or GetValue on a path of a service. */
bool south_venus_ask(struct venus_south *so, struct venus_call *call, const char *member,
                     struct wp_slice path);
void south_venus_forget_call(struct venus_south *so, struct venus_call *call);
void south_venus_reply(struct venus_south *so, const struct dbus_message *m);
/* Its scan is no longer waited for, commands are answered with this fault. */
void south_venus_end_calls(struct venus_south *so, const struct venus_service *s, const char *fault);
/* Also those to the bus itself. */
void south_venus_end_all_calls(struct venus_south *so, const char *fault);
void south_venus_late_calls(struct venus_south *so);
/* What went wrong: "org.freedesktop.DBus.Error.UnknownObject: No such object"; m NULL: no reply came. */
void south_venus_put_fault(struct wp_writer *w, const struct dbus_message *m);

/* ---- south_venus_command.c --------------------------------------------------------------------------- */

void south_venus_command(struct venus_south *so, const struct wp_command *command);
/* The call of a command has its reply, or m NULL: none in time. */
void south_venus_read_done(struct venus_south *so, const struct venus_call *call,
                           const struct dbus_message *m);
void south_venus_write_done(struct venus_south *so, const struct venus_call *call,
                            const struct dbus_message *m);
void south_venus_call_failed(struct venus_south *so, const struct venus_call *call, struct wp_slice fault);

#endif
