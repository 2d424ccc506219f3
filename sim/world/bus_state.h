/* What the bus of the virtual world remembers. For bus.c, bus_names.c and bus_driver.c alone. */
#ifndef WP_BUS_STATE_H
#define WP_BUS_STATE_H

#include "sim/codec/dbus_match.h"
#include "sim/core/map.h"
#include "sim/world/bus.h"

enum { BUS_UNIQUE_BYTES = 16 };

struct bus_rule {
    struct bus_rule *next;
    struct dbus_match match;
    uint8_t text[]; /* what the match borrows from */
};

/* A place in the queue for a name; the first has it. */
struct bus_place {
    struct bus_place *next;          /* of the name */
    struct bus_place *older, *newer; /* of the client */
    struct bus_client *client;
    struct bus_name *name;
    uint32_t flags;
};

/* Unique names are names, too. */
struct bus_name {
    struct bus_place *first;
    size_t n;
    char text[];
};

struct bus_client {
    struct bus_client *next, *prev; /* in the order of joining */
    void *owner;
    struct bus_rule *rules;
    struct bus_place *latest; /* of its places in queues */
    size_t n;
    char name[BUS_UNIQUE_BYTES];
};

/* A call that has not been answered. */
struct bus_pending {
    struct bus_pending *next;
    struct bus_client *caller, *callee;
    uint32_t serial;
};

struct bus {
    struct wp_blocks *blocks;
    struct bus_calls calls;
    struct bus_client *first, *last;
    struct wp_map names;
    struct bus_pending *pending;
    uint32_t last_unique, serial;
    uint8_t *message; /* the one that is being written */
    size_t cap;
};

static inline struct wp_slice bus_unique(const struct bus_client *c)
{
    return wp_slice(c->name, c->n);
}

static inline struct wp_slice bus_name_text(const struct bus_name *name)
{
    return wp_slice(name->text, name->n);
}

/* ---- messages of the bus itself ------------------------------------------------------------------------ */

/* Where the next one is written, with room for n bytes of contents. */
struct wp_writer bus_writer(struct bus *b, size_t n);
uint32_t bus_serial(struct bus *b);
/* To one client. */
void bus_tell(struct bus *b, struct bus_client *to, struct wp_slice message);
/* To all that ask for it. */
void bus_announce(struct bus *b, struct wp_slice message);
void bus_put_reply(struct bus *b, struct dbus_out *out, struct wp_writer *w, const struct bus_client *to,
                   const struct dbus_message *call, const char *signature);
/* An error that answers the client's message. */
void bus_refuse(struct bus *b, struct bus_client *to, const struct dbus_message *call, const char *error,
                struct wp_slice text);

/* ---- names ----------------------------------------------------------------------------------------------- */

struct bus_name *bus_find_name(const struct bus *b, struct wp_slice name);
/* Who has it; NULL: nobody. */
struct bus_client *bus_owner(const struct bus *b, struct wp_slice name);
/* What RequestName and ReleaseName answer; the signals are said before. */
uint32_t bus_acquire(struct bus *b, struct bus_client *c, struct wp_slice name, uint32_t flags);
uint32_t bus_release(struct bus *b, struct bus_client *c, struct wp_slice name);
/* All that the client has or waits for, the latest first. */
void bus_release_all(struct bus *b, struct bus_client *c);
void bus_free_names(struct bus *b);

/* ---- calls of the bus ------------------------------------------------------------------------------------ */

/* A call of the client's; anything else is nobody's. false: it was refused. */
bool bus_answer(struct bus *b, struct bus_client *c, const struct dbus_message *m);

#endif
