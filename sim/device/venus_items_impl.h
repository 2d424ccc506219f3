/* What the files of a service on the bus share; nobody else includes it. */
#ifndef WP_VENUS_ITEMS_IMPL_H
#define WP_VENUS_ITEMS_IMPL_H

#include "sim/codec/dbus_out.h"
#include "sim/device/venus_items.h"

#include <assert.h>

/* ---- memory for texts: venus_items_slab.c --------------------------------------------------------------
 *
 * Blocks of 16 bytes and the doubles of it, each of which comes back to be lent again; a bigger one is halved when there is
 * none of the size. */

enum { VENUS_BLOCK_MIN = 16, VENUS_BLOCK_SIZES = 24 };

struct venus_slab {
    uint8_t *memory;
    uint32_t cap, n;                  /* n: from here on nothing was ever lent */
    uint32_t free[VENUS_BLOCK_SIZES]; /* the first free block of each size, its place + 1; 0: none */
    uint64_t refused;
};

void venus_slab_init(struct venus_slab *s, void *memory, size_t cap);
/* What so many bytes take. */
size_t venus_slab_cost(size_t n);
/* A copy, aligned for trees; `bytes` may be of the slab. Empty: p is not NULL.
 * false: no room, counted */
bool venus_slab_put(struct venus_slab *s, struct wp_slice bytes, struct wp_slice *ret);
/* What is not of the slab is left alone. */
void venus_slab_drop(struct venus_slab *s, struct wp_slice bytes);

/* ---- the service --------------------------------------------------------------------------------------- */

enum venus_link_state { VENUS_AWAY, VENUS_DIALLING, VENUS_NAMING, VENUS_QUEUED, VENUS_PRESENT, VENUS_LOST };

enum { VENUS_REDIAL_S = 1 }; /* after the bus went away */

enum { VENUS_UNIQUE_MAX = 32 }; /* bytes of a unique name */

/* A call whose reply is late. Its bytes stand behind it in the queue, up to a multiple of 8. */
struct venus_waiting {
    wp_us due;
    uint64_t n;
};

struct venus_items {
    const struct venus_items_plan *plan;
    struct venus_conduct conduct;
    struct venus_item *item;
    uint32_t *order;   /* n of them, by path */
    uint32_t *changed; /* those that changed and were not signalled, in that order */
    uint32_t *spare;   /* free places of `item`, as a stack */
    uint32_t n, cap, n_changed, n_spare;
    struct venus_slab slab;

    enum venus_link_state state;
    wp_port port;
    bool is_dialling;             /* a dial is out, whether it is still wanted or not */
    uint32_t serial, name_serial; /* of the last message; of RequestName */
    wp_us redial;
    int64_t n_refused;                  /* calls that found no room */
    uint32_t owner_serial;              /* of GetNameOwner */
    uint8_t platform[VENUS_UNIQUE_MAX]; /* who may write the security profile */
    uint8_t n_platform;
    uint8_t *queue;
    uint32_t queue_cap, n_queue;
    wp_us queue_due; /* of the earliest */
    struct {
        uint8_t *p;
        size_t n, n_message; /* the message first, then texts that go into it */
    } scratch;
};

static inline bool venus_is_below(struct wp_slice path, struct wp_slice node)
{
    return node.n == 1 || (path.n > node.n && memcmp(path.p, node.p, node.n) == 0 && path.p[node.n] == '/');
}

/* ---- the tree: venus_items.c ---------------------------------------------------------------------------- */

/* The first place in `order` whose path is not before `path`. */
size_t venus_items_place(const struct venus_items *t, struct wp_slice path);
/* Have items paths below it? "/" is one always. */
bool venus_items_is_node(const struct venus_items *t, struct wp_slice path);

/* It is to be signalled, whether it is another value or not. */
void venus_items_mark(struct venus_items *t, struct venus_item *item);

/* ---- values of scenarios: venus_items_json.c ---------------------------------------------------------- */

extern const char venus_no_room[];

/* Aligned for trees. */
struct venus_words_room {
    void *p;
    size_t n;
};

/* The JSON text as a value of the type, which is good; texts and trees stand in the room.
 * false: *ret_why says why */
bool venus_words_value(struct wp_slice json, struct wp_slice type, struct venus_words_room room,
                       struct wp_value *out, const char **ret_why);

/* ---- on the bus: venus_items_link.c ---------------------------------------------------------------------- */

/* Not 0. */
uint32_t venus_items_serial(struct venus_items *t);
/* Where the next message is written; it goes out by venus_items_say. */
struct wp_writer venus_items_message(const struct venus_items *t);
/* Where texts are made that go into the message. */
struct wp_writer venus_items_text_room(const struct venus_items *t);
void venus_items_say(struct venus_items *t, const struct wp_writer *message, struct wp_outbox *out);

/* ---- calls: venus_items_serve.c --------------------------------------------------------------------------- */

/* A call that is being answered. */
struct venus_call {
    struct venus_items *t;
    const struct dbus_message *m;
    wp_us now;
    struct wp_outbox *out;
};

/* Answers it now. */
void venus_items_serve(const struct venus_call *call);
bool venus_items_is_slow(const struct dbus_message *m); /* GetItems, and reads of "/" */

/* dbus_begin_reply, and what ends it: a message that did not fit becomes an error. */
void venus_begin_reply(const struct venus_call *call, struct wp_writer *message, struct dbus_out *reply,
                       const char *signature);
void venus_end_reply(const struct venus_call *call, struct wp_writer *message, struct dbus_out *reply);
void venus_reply_i32(const struct venus_call *call, int32_t code);
void venus_reply_text(const struct venus_call *call, struct wp_slice text);
void venus_reply_error(const struct venus_call *call, const char *name, const char *sentence);
bool venus_is_wanted(const struct venus_call *call); /* a reply */
/* UnknownObject if there is nothing at the path, else UnknownMethod. */
void venus_reply_unknown(const struct venus_call *call);
/* false: the call has other arguments, and was told so. */
bool venus_has_arguments(const struct venus_call *call, const char *signature);

/* ---- reads: venus_items_reads.c --------------------------------------------------------------------------- */

void venus_serve_value(const struct venus_call *call, struct venus_item *item); /* NULL: a node */
void venus_serve_text(const struct venus_call *call, struct venus_item *item);
void venus_serve_items(const struct venus_call *call);
/* An entry of a{sa{sv}}. */
void venus_put_entry(struct venus_items *t, struct dbus_out *out, const struct venus_item *item,
                     bool with_limits);
/* An a{sv}: Value, Text, and if wanted Min, Max and Default. */
void venus_put_properties(struct venus_items *t, struct dbus_out *out, const struct venus_item *item,
                          bool with_limits);
/* An a{sv} with nothing but the text. */
void venus_put_text_alone(struct venus_items *t, struct dbus_out *out, const struct venus_item *item);
/* A variant of the item's type; invalid: ai. */
void venus_put_item_value(struct dbus_out *out, const struct venus_item *item, struct wp_value value);
void venus_serve_introspection(const struct venus_call *call); /* venus_items_tell.c */

/* ---- writes: venus_items_writes.c ---------------------------------------------------------------------------- */

void venus_serve_write(const struct venus_call *call, struct venus_item *item);
/* SetDefault; NULL: of a node. */
void venus_serve_default(const struct venus_call *call, struct venus_item *item);
/* The one argument of the call, which is a variant: its value in text room, and its type. */
bool venus_take_argument(const struct venus_call *call, struct wp_value *out, struct wp_slice *ret_type);

/* ---- com.victronenergy.Settings: venus_items_settings.c ------------------------------------------------------- */

/* false: it is no call of that interface. */
bool venus_serve_settings(const struct venus_call *call);
/* SetValue of a setting: what is stored, or VENUS_SET_NO_SETTING. */
int32_t venus_setting_value(const struct venus_call *call, struct venus_item *item, struct wp_value in,
                            struct wp_writer *text, struct wp_value *out);

#endif
