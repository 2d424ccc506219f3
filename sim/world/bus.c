#include "sim/world/bus_state.h"
#include "sim/world/map_room.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { HEADER_BYTES = 2048 }; /* more than the fields of any message that the bus writes itself */

struct bus *bus_new(struct wp_blocks *blocks, const struct bus_calls *calls)
{
    struct bus *b = calloc(1, sizeof *b);

    assert(b);
    b->blocks = blocks;
    b->calls = *calls;
    return b;
}

static void free_rules(struct bus *b, struct bus_client *c)
{
    for (struct bus_rule *next, *rule = c->rules; rule; rule = next) {
        next = rule->next;
        blocks_put(b->blocks, rule);
    }
    c->rules = NULL;
}

void bus_free(struct bus *b)
{
    if (!b)
        return;
    bus_free_names(b);
    for (struct bus_pending *next, *p = b->pending; p; p = next) {
        next = p->next;
        blocks_put(b->blocks, p);
    }
    for (struct bus_client *next, *c = b->first; c; c = next) {
        next = c->next;
        free_rules(b, c);
        blocks_put(b->blocks, c);
    }
    map_free(&b->names);
    free(b->message);
    free(b);
}

size_t bus_memory(const struct bus *b)
{
    return sizeof *b + b->cap + map_memory(&b->names); /* the rest is in blocks */
}

/* ---- messages of the bus itself ------------------------------------------------------------------------ */

struct wp_writer bus_writer(struct bus *b, size_t n)
{
    size_t need = n + HEADER_BYTES;

    if (b->cap < need) {
        b->cap = 2 * need;
        free(b->message);
        b->message = malloc(b->cap);
        assert(b->message);
    }
    return wp_writer(b->message, b->cap);
}

uint32_t bus_serial(struct bus *b)
{
    return ++b->serial ? b->serial : ++b->serial;
}

static struct wp_slice owner_name(const void *ctx, struct wp_slice name)
{
    const struct bus_client *c = bus_owner(ctx, name);

    if (wp_slice_is(name, DBUS_BUS))
        return name;
    return c ? bus_unique(c) : (struct wp_slice){NULL, 0};
}

/* Does the client ask for it, though it may be addressed to somebody else? */
static bool asks_for(const struct bus *b, const struct bus_client *c, const struct dbus_message *m)
{
    const struct dbus_owners owners = {owner_name, b};

    for (const struct bus_rule *rule = c->rules; rule; rule = rule->next)
        if ((m->destination.n == 0 || rule->match.eavesdrop) && dbus_match_takes(&rule->match, m, &owners))
            return true;
    return false;
}

/* to: whom it is addressed to; NULL: nobody that gets it */
static void route(struct bus *b, void *from, struct bus_client *to, const struct dbus_message *m,
                  struct wp_slice bytes)
{
    if (to)
        b->calls.deliver(b->calls.ctx, to->owner, from, bytes);
    for (struct bus_client *c = b->first; c; c = c->next)
        if (c != to && c->rules && asks_for(b, c, m))
            b->calls.deliver(b->calls.ctx, c->owner, from, bytes);
}

/* Nobody eavesdrops on what the bus itself says to one client. */
void bus_tell(struct bus *b, struct bus_client *to, struct wp_slice message)
{
    b->calls.deliver(b->calls.ctx, to->owner, NULL, message);
}

void bus_announce(struct bus *b, struct wp_slice message)
{
    struct dbus_message m;
    struct wp_decode d = dbus_decode(message, &m);

    assert(d.status == WP_OK);
    route(b, NULL, NULL, &m, message);
}

void bus_put_reply(struct bus *b, struct dbus_out *out, struct wp_writer *w, const struct bus_client *to,
                   const struct dbus_message *call, const char *signature)
{
    const struct dbus_head head = {.type = DBUS_RETURN,
                                   .flags = DBUS_NO_REPLY,
                                   .serial = bus_serial(b),
                                   .reply_serial = call->serial,
                                   .destination = bus_unique(to),
                                   .sender = wp_text(DBUS_BUS)};

    dbus_begin(out, w, &head, signature);
}

void bus_refuse(struct bus *b, struct bus_client *to, const struct dbus_message *call, const char *error,
                struct wp_slice text)
{
    const struct dbus_head head = {.type = DBUS_ERROR,
                                   .flags = DBUS_NO_REPLY,
                                   .serial = bus_serial(b),
                                   .reply_serial = call->serial,
                                   .error_name = wp_text(error),
                                   .destination = bus_unique(to),
                                   .sender = wp_text(DBUS_BUS)};
    struct wp_writer w = bus_writer(b, text.n);
    struct dbus_out out;
    bool is_whole;

    dbus_begin(&out, &w, &head, "s");
    dbus_put_text(&out, text);
    is_whole = dbus_end(&out);
    assert(is_whole);
    bus_tell(b, to, wp_written(&w));
}

/* ---- calls that wait for their reply ------------------------------------------------------------------- */

static struct bus_pending **find_pending(struct bus *b, const struct bus_client *caller,
                                         const struct bus_client *callee, uint32_t serial)
{
    struct bus_pending **p = &b->pending;

    while (*p && ((*p)->caller != caller || (*p)->callee != callee || (*p)->serial != serial))
        p = &(*p)->next;
    return p;
}

static void end_pending(struct bus *b, struct bus_pending **p)
{
    struct bus_pending *gone = *p;

    *p = gone->next;
    blocks_put(b->blocks, gone);
}

/* false: the caller has such a call under way already. */
static bool expect_reply(struct bus *b, struct bus_client *caller, struct bus_client *callee, uint32_t serial)
{
    struct bus_pending **p = find_pending(b, caller, callee, serial);

    if (*p)
        return false;
    *p = blocks_get(b->blocks, sizeof **p);
    **p = (struct bus_pending){.caller = caller, .callee = callee, .serial = serial};
    return true;
}

static void take_reply(struct bus *b, struct bus_client *caller, struct bus_client *callee, uint32_t serial)
{
    struct bus_pending **p = find_pending(b, caller, callee, serial);

    if (*p)
        end_pending(b, p);
}

/* Its callers wait in vain, and it waits for nobody any more. */
static void break_pending(struct bus *b, const struct bus_client *gone)
{
    static const char text[] = "Message recipient disconnected from message bus without replying";

    for (struct bus_pending **p = &b->pending; *p;) {
        const struct dbus_message call = {.type = DBUS_CALL, .serial = (*p)->serial};
        struct bus_client *caller = (*p)->caller;

        if (caller != gone && (*p)->callee != gone) {
            p = &(*p)->next;
            continue;
        }
        end_pending(b, p);
        if (caller != gone)
            bus_refuse(b, caller, &call, DBUS_FAULT("NoReply"), wp_text(text));
    }
}

/* ---- clients ------------------------------------------------------------------------------------------- */

void bus_leave(struct bus *b, struct bus_client *c)
{
    free_rules(b, c);
    *(c->prev ? &c->prev->next : &b->first) = c->next;
    *(c->next ? &c->next->prev : &b->last) = c->prev;
    bus_release_all(b, c);
    break_pending(b, c);
    blocks_put(b->blocks, c);
}

/* ---- messages of clients ------------------------------------------------------------------------------- */

const char *bus_why_not(struct wp_slice bytes, struct dbus_message *ret)
{
    struct wp_decode d = dbus_decode(bytes, ret);

    if (d.status == WP_MORE)
        return "cut short";
    if (d.status == WP_BAD)
        return wp_fault_text(d.fault);
    if (d.used != bytes.n)
        return "more than one message";
    if (ret->is_big_endian)
        return "high byte first";
    return ret->n_fds > 0 ? "with file descriptors" : NULL;
}

/* With who sent it. */
static struct wp_slice stamp(struct bus *b, const struct bus_client *c, const struct dbus_message *m)
{
    struct wp_writer w = bus_writer(b, m->whole.n);
    bool is_whole = dbus_put_from(&w, m, bus_unique(c));

    assert(is_whole);
    return wp_written(&w);
}

/* to: whom it is addressed to; NULL: nobody that gets it */
static void hand_on(struct bus *b, struct bus_client *c, struct bus_client *to, const struct dbus_message *m)
{
    struct dbus_message from_c = *m;

    from_c.sender = bus_unique(c);
    route(b, c->owner, to, &from_c, stamp(b, c, m));
}

/* Who eavesdrops on calls has this one, too. */
static void pass_hello(struct bus *b, struct bus_client *c)
{
    uint8_t hello[HEADER_BYTES];
    struct wp_writer w = wp_writer(hello, sizeof hello);
    struct dbus_message m;
    struct wp_decode d;

    dbus_put_hello(&w, 1);
    d = dbus_decode(wp_written(&w), &m);
    assert(d.status == WP_OK);
    hand_on(b, c, NULL, &m);
}

struct bus_client *bus_join(struct bus *b, void *owner)
{
    struct bus_client *c = blocks_get(b->blocks, sizeof *c);

    *c = (struct bus_client){.owner = owner, .prev = b->last};
    c->n = (size_t)snprintf(c->name, sizeof c->name, ":1.%u", (unsigned)b->last_unique++);
    *(b->last ? &b->last->next : &b->first) = c;
    b->last = c;
    b->calls.welcome(b->calls.ctx, owner, bus_unique(c));
    bus_acquire(b, c, bus_unique(c), 0);
    pass_hello(b, c);
    return c;
}

static void refuse_nobody(struct bus *b, struct bus_client *c, const struct dbus_message *m)
{
    char text[DBUS_NAME_MAX + 64];
    bool may_start = !(m->flags & DBUS_NO_AUTO_START);

    snprintf(text, sizeof text,
             may_start ? "The name %.*s was not provided by any .service files"
                       : "Name \"%.*s\" does not exist",
             (int)m->destination.n, (const char *)m->destination.p);
    bus_refuse(b, c, m, may_start ? DBUS_FAULT("ServiceUnknown") : DBUS_FAULT("NameHasNoOwner"),
               wp_text(text));
}

/* A call to nobody at all; libdbus, which the daemon is built on, answers it. */
static void refuse_unaddressed(struct bus *b, struct bus_client *c, const struct dbus_message *m)
{
    static const char text[] = "A call without destination is nobody's";

    if (m->type == DBUS_CALL && !(m->flags & DBUS_NO_REPLY))
        bus_refuse(b, c, m, DBUS_FAULT("UnknownMethod"), wp_text(text));
}

static void pass_on(struct bus *b, struct bus_client *c, struct bus_client *to, const struct dbus_message *m)
{
    static const char text[] =
        "Message has the same reply serial as a currently-outstanding existing method call";

    if (m->type == DBUS_CALL && !(m->flags & DBUS_NO_REPLY) && !expect_reply(b, c, to, m->serial)) {
        bus_refuse(b, c, m, DBUS_FAULT("AccessDenied"), wp_text(text));
        return;
    }
    if (m->type == DBUS_RETURN || m->type == DBUS_ERROR)
        take_reply(b, to, c, m->reply_serial);
    hand_on(b, c, to, m);
}

void bus_take(struct bus *b, struct bus_client *c, const struct dbus_message *m)
{
    struct bus_client *to = m->destination.n > 0 ? bus_owner(b, m->destination) : NULL;

    if (to) {
        pass_on(b, c, to, m);
    } else if (wp_slice_is(m->destination, DBUS_BUS)) {
        if (bus_answer(b, c, m))
            hand_on(b, c, NULL, m); /* who eavesdrops has it behind the answer */
    } else if (m->destination.n > 0) {
        refuse_nobody(b, c, m);
    } else if (m->type == DBUS_SIGNAL) {
        hand_on(b, c, NULL, m);
    } else {
        refuse_unaddressed(b, c, m);
    }
}
