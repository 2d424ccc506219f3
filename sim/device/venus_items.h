/* One Victron service on the message bus: its items, and everything that a bus connection asks of them. Devices are made
 * of these, one for each service.
 *
 *     AWAY --present--> DIALLING --open--> NAMING --primary owner--> PRESENT
 *     DIALLING --refused--> LOST            NAMING --name taken--> QUEUED --NameAcquired--> PRESENT
 *     DIALLING, NAMING, QUEUED, PRESENT --bus gone--> LOST --1 s--> DIALLING
 *     any --absent--> AWAY
 *
 * Everything is exported before the name is asked for. While it is not PRESENT values change without a signal. A message that is no call, or
 * that cannot be read (WP_BAD), is passed over; a call with NO_REPLY is done and not answered.
 *
 *     service = venus_items_init(&plan, memory);                   in the machine's init
 *     venus_items_put(service, item, wp_real(936.0));              stores, and remembers that it changed
 *     venus_items_signal(service, out);                            tells the bus of all that changed, in one go
 *     if (venus_items_is_mine(service, event))                     in its step: OPEN, CLOSE, BYTES
 *         venus_items_event(service, event, out);
 *     venus_items_timer(service, now, out);                        when venus_items_due() has come
 *
 * The tree is in venus_items.c, its memory in _slab.c, values as a scenario writes them in _words.c, the connection in
 * _link.c, calls in _serve.c, _reads.c and _writes.c, com.victronenergy.Settings in _settings.c.
 * source: protocols/victron-dbus-and-vrm a.1-a.7, T5, T6 */
#ifndef WP_VENUS_ITEMS_H
#define WP_VENUS_ITEMS_H

#include "sim/codec/dbus_bus.h"
#include "sim/core/machine.h"
#include "sim/device/venus_profiles.h"

enum {
    VENUS_PATH_MAX = 255,     /* bytes of an item's path */
    VENUS_TYPE_MAX = 11,      /* characters of a type: "aa{sv}" */
    VENUS_WORDS_MAX = 65536,  /* bytes of one value's text, or of its tree, when a scenario writes it */
    VENUS_ITEMS_MAX = 100000, /* of one service */
};

/* One item; all but `value` stays. To be changed by the functions below alone. */
struct venus_item {
    struct wp_slice path;          /* "/Ac/Power" */
    const char *unit;              /* "W", as in GetText; "" */
    struct wp_value value;         /* whole numbers, WP_REAL, bool, text, WP_TREE; null: invalid */
    struct wp_value min, max, def; /* null: none is announced */
    char type[VENUS_TYPE_MAX + 1]; /* D-Bus signature of its values */
    bool is_writable, is_silent;   /* is_silent: of a setting, see AddSilentSetting */
    bool is_changed;               /* and not yet signalled */
    bool tells_limits;             /* its next signal has them, as that of a new setting */
    bool is_unlisted;              /* only a read of itself finds it */
    bool is_free;
};

struct venus_items;

/* BASIC: those that every product has, a.7. NONE: /DeviceInstance alone. */
enum venus_rows { VENUS_ROWS_ALL, VENUS_ROWS_BASIC, VENUS_ROWS_NONE };
enum venus_signals {
    VENUS_SIGNALS_USUAL,      /* PropertiesChanged for one item, ItemsChanged for several */
    VENUS_SIGNALS_PROPERTIES, /* one PropertiesChanged each */
    VENUS_SIGNALS_ITEMS,      /* ItemsChanged, for one as well */
};

/* What SetValue answers; other numbers are answered as they are. */
enum {
    VENUS_SET_DONE = 0,
    VENUS_SET_NOT = 1,           /* not writable, or no such value */
    VENUS_SET_REFUSED = 2,       /* by the application */
    VENUS_SET_NO_SETTING = -1,   /* the settings service's one answer */
    VENUS_SET_ERROR = INT32_MIN, /* never on the bus: an error org.freedesktop.DBus.Error.Failed instead */
};

/* How the service behaves; may be changed at any time. Zeroed: well, with everything. */
struct venus_conduct {
    enum venus_signals signals;
    bool is_legacy;    /* no GetItems: UnknownMethod */
    bool has_no_nodes; /* nothing but "/" and the leaves is exported; the root reads all the same */
    bool is_sloppy;    /* SetValue stores whatever type comes */
    bool is_frozen;    /* no signals */
    bool is_deaf;      /* calls are lost */
    bool replaces;     /* takes the name from who has it and allows it; before the name is asked for */
    bool allows_replacing;
    const char *items_error; /* error name that GetItems answers; NULL: none */
    wp_us reply_delay;       /* of every reply; nothing else waits for it */
    wp_us items_delay;       /* of GetItems, and of GetValue and GetText on "/", on top */
    uint32_t items_times;    /* of so many calls; 0: of all */
};

/* A client writes: the value is of the item's type and within its limits.
 * VENUS_SET_DONE: it is stored and signalled. Anything else is answered, and nothing happens. */
typedef int32_t venus_items_write(void *ctx, struct venus_items *service, struct venus_item *item,
                                  struct wp_value value, wp_us now);
/* It was stored; what follows from it may be put now, and goes into signals of its own. */
typedef void venus_items_written(void *ctx, struct venus_items *service, struct venus_item *item, wp_us now);

/* What a service is made from; it outlives the service, and so does what it points to. */
struct venus_items_plan {
    uint16_t endpoint;
    struct wp_slice name;                /* "com.victronenergy.pvinverter.cgwacs_ttyUSB0_di20_mb1" */
    const struct venus_profile *profile; /* NULL: no rows */
    enum venus_rows rows;
    bool is_settings;     /* serves com.victronenergy.Settings as well; the rows are settings */
    uint32_t more_items;  /* that are added later */
    uint32_t text_bytes;  /* for texts, arrays and paths of items that are added or set later */
    uint32_t queue_bytes; /* for calls whose reply is delayed: their bytes, and 32 for each */
    void *scratch;        /* venus_items_scratch() bytes, which services may share; aligned as malloc's is */
    venus_items_write *write;     /* NULL: all is taken */
    venus_items_written *written; /* NULL: nothing follows */
    void *ctx;
};

/* Bytes that the service needs, aligned as malloc's are; and bytes of scratch memory. */
size_t venus_items_size(const struct venus_items_plan *plan);
size_t venus_items_scratch(const struct venus_items_plan *plan);
/* In `memory`; AWAY, with the profile's rows. */
struct venus_items *venus_items_init(const struct venus_items_plan *plan, void *memory);

/* ---- the tree: venus_items.c ------------------------------------------------------------------------- */

size_t venus_items_count(const struct venus_items *t);
/* In the order of their paths' bytes; i below the count. */
struct venus_item *venus_items_at(const struct venus_items *t, size_t i);
/* Stays where it is until it is removed; NULL: there is none. */
struct venus_item *venus_items_find(const struct venus_items *t, const char *path);
struct venus_item *venus_items_find_slice(const struct venus_items *t, struct wp_slice path);
/* A new one, invalid; NULL: no path, the path is taken or is a node of others or below an item, no type, or no room. The
 * path is copied. */
struct venus_item *venus_items_add(struct venus_items *t, struct wp_slice path, struct wp_slice type);

/* Stores a value and marks the item changed if it is another one. Numbers become the item's type (to the nearest whole
 * number); what does not go into it brings its own type, for a sloppy service may have stored another one.
 * false: there is no room for the text or tree; the value stays */
bool venus_items_put(struct venus_items *t, struct venus_item *item, struct wp_value value);
/* Stores with this type from now on, whatever it had. false: no room, or the value is not of it. */
bool venus_items_put_as(struct venus_items *t, struct venus_item *item, struct wp_slice type,
                        struct wp_value value);
/* Its limits and default: numbers or null, texts as a default. false: no room. */
bool venus_items_limit(struct venus_items *t, struct venus_item *item, struct wp_value min,
                       struct wp_value max, struct wp_value def);
/* The item, new or not, becomes an array ai of 0, 1, 2 ... n-1, or n letters if it is a text. false: no room, or no such
 * path. */
bool venus_items_count_up(struct venus_items *t, struct wp_slice path, uint64_t n);
/* Changed, but nobody is told. */
void venus_items_quiet(struct venus_items *t);
/* It becomes invalid and signals that, then it is gone. */
void venus_items_remove(struct venus_items *t, struct venus_item *item, struct wp_outbox *out);

/* "936W", "0xB002", "---": what GetText says. */
void venus_item_put_text(struct wp_writer *w, const struct venus_item *item);

/* The value as the item would hold it: 50.0 is 50 of an i, 60.5 is 60, 7 is 7.0 of a d; text into a number is none.
 * false: not coercible, or of a number outside of its type */
bool venus_item_coerce(const struct venus_item *item, struct wp_value value, struct wp_value *out);
/* Is it within the item's limits? */
bool venus_item_allows(const struct venus_item *item, struct wp_value value);

/* ---- values as a scenario writes them: venus_items_words.c -------------------------------------------- */

/* One of `PATH TYPE JSON; PATH JSON; ...`, with `min A`, `max B`, `default C`, `unit W`, `writable` behind it. */
struct venus_words {
    struct wp_slice path, type;    /* type: empty where it was not given */
    struct wp_slice json;          /* of the value */
    struct wp_slice min, max, def; /* p NULL: not given */
    struct wp_slice unit;
    bool is_writable;
};

/* Takes one off the front of `text`, which borrows from it. false: *ret_why says why, or the text is empty and it is "". */
bool venus_words_next(struct wp_slice *text, struct venus_words *out, const char **ret_why);
/* Can all of it be read? For the check of a setup; items that are not of the profile must have a type.
 * profile: NULL: none  why: a sentence, NULL: not wanted */
bool venus_words_check(struct wp_slice text, const struct venus_profile *profile, struct wp_writer *why);
/* Is it JSON that makes a value of this type? A long one is looked at when it is stored. false: *ret_why says why. */
bool venus_words_is_value(struct wp_slice json, struct wp_slice type, const char **ret_why);
/* How many items they name, and the most bytes that they need of plan.text_bytes. */
size_t venus_words_cost(struct wp_slice text, size_t *ret_bytes);
/* Stores them, adds what is not there. Nothing is signalled yet.
 * false: *ret_why says what was wrong with the first one that did not go; those before it are stored */
bool venus_items_assign(struct venus_items *t, struct wp_slice text, const char **ret_why);
/* The same of one. */
bool venus_items_assign_one(struct venus_items *t, const struct venus_words *words, const char **ret_why);

/* ---- on the bus: venus_items_link.c ------------------------------------------------------------------- */

struct venus_conduct *venus_items_conduct(struct venus_items *t);
const struct venus_items_plan *venus_items_plan_of(const struct venus_items *t);
/* Comes to the bus, or leaves it. */
void venus_items_present(struct venus_items *t, bool present, wp_us now, struct wp_outbox *out);
/* Has it its name? */
bool venus_items_is_present(const struct venus_items *t);
/* Is the event of its connection? */
bool venus_items_is_mine(const struct venus_items *t, const struct wp_event *event);
void venus_items_event(struct venus_items *t, const struct wp_event *event, struct wp_outbox *out);
wp_us venus_items_due(const struct venus_items *t);
void venus_items_timer(struct venus_items *t, wp_us now, struct wp_outbox *out);
/* One signal, or one for each, as its conduct says; nothing when nothing changed. */
void venus_items_signal(struct venus_items *t, struct wp_outbox *out);
/* A signal of the item although it did not change. */
void venus_items_repeat(struct venus_items *t, struct venus_item *item, struct wp_outbox *out);
/* PropertiesChanged or ItemsChanged of the item with its text alone. */
void venus_items_tell_text(struct venus_items *t, struct venus_item *item, struct wp_outbox *out);

#endif
