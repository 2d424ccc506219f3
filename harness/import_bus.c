#include "harness/import_bus_impl.h"

#include <stdio.h>
#include <stdlib.h>

#define KEEPALIVE_NS (INT64_C(30) * 1000000000)

static const char prefix[] = "com.victronenergy.";

/* One message, while its fields are visited. */
struct message {
    struct wp_slice type, sender, destination, path, member, signature, text[3];
    int64_t serial, reply_serial;
};

struct wp_slice import_bus_keep(struct import_bus *bus, struct wp_slice s)
{
    return wp_slice(arena_text(&bus->im->arena, s), s.n);
}

/* ---- services --------------------------------------------------------------------------------------------- */

static bool is_service_name(struct wp_slice name)
{
    return name.n > sizeof prefix - 1 && memcmp(name.p, prefix, sizeof prefix - 1) == 0;
}

static struct owner *owner_of(struct import_bus *bus, struct wp_slice unique)
{
    struct owner *o = bus->owners;

    while (o && !wp_slice_eq(o->unique, unique))
        o = o->next;
    return o;
}

static struct import_service *service_named(struct import *im, struct wp_slice name)
{
    struct import_service *s = im->services;

    while (s && !wp_slice_eq(s->bus_name, name))
        s = s->next;
    return s;
}

void import_bus_change(struct import_bus *bus, struct import_service *s, enum import_change_kind kind,
                       const struct moment *when, const char *words)
{
    struct import_change *c;

    if (bus->im->n_changes == IMPORT_ITEMS_MAX)
        return;
    bus->im->n_changes++;
    c = arena_get(&bus->im->arena, sizeof *c);
    *c = (struct import_change){
        .ns = when->ns, .packet = when->number, .kind = kind, .service = s, .words = words};
    *bus->im->change_tail = c;
    bus->im->change_tail = &c->next;
}

/* The name is this unique one's from now on. */
static void name_owner(struct import_bus *bus, struct wp_slice unique, struct wp_slice name,
                       const struct moment *when)
{
    struct owner *o = owner_of(bus, unique);
    struct import_service *s = service_named(bus->im, name);

    if (!is_service_name(name) || unique.n == 0 || unique.p[0] != ':' ||
        (o && o->service == s && s && !s->is_away))
        return;
    if (!s) {
        s = arena_get(&bus->im->arena, sizeof *s);
        s->bus_name = import_bus_keep(bus, name);
        snprintf(s->name, sizeof s->name, "v%zu", ++bus->im->n_services);
        s->open_ns = when->ns;
        s->tail = &s->values;
        *bus->im->service_tail = s;
        bus->im->service_tail = &s->next;
    }
    if (s->is_away)
        import_bus_change(bus, s, IMPORT_COMES, when, NULL);
    s->is_away = false;
    if (!o) {
        o = arena_get(&bus->im->arena, sizeof *o);
        o->unique = import_bus_keep(bus, unique);
        o->next = bus->owners;
        bus->owners = o;
    }
    o->service = s;
}

static void lose_name(struct import_bus *bus, struct wp_slice unique, struct wp_slice name,
                      const struct moment *when)
{
    struct import_service *s = service_named(bus->im, name);
    struct owner *o = owner_of(bus, unique);

    if (!s || s->is_away)
        return;
    s->is_away = true;
    import_bus_change(bus, s, IMPORT_LEAVES, when, NULL);
    if (o && o->service == s)
        o->service = NULL;
}

/* ---- messages ----------------------------------------------------------------------------------------------- */

static void read_head(void *ctx, const struct wp_field *f)
{
    struct message *m = ctx;
    const struct {
        const char *path;
        struct wp_slice *text;
    } texts[] = {{"type", &m->type},
                 {"sender", &m->sender},
                 {"destination", &m->destination},
                 {"path", &m->path},
                 {"member", &m->member},
                 {"signature", &m->signature},
                 {"body.0.string", &m->text[0]},
                 {"body.1.string", &m->text[1]},
                 {"body.2.string", &m->text[2]}};

    if (strcmp(f->path, "serial") == 0)
        m->serial = f->value.num;
    if (strcmp(f->path, "reply_serial") == 0)
        m->reply_serial = f->value.num;
    for (size_t i = 0; f->value.kind == WP_TEXT && i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(f->path, texts[i].path) == 0)
            *texts[i].text = f->value.bytes;
}

static void keep_call(struct import_bus *bus, const struct message *m)
{
    bus->calls[bus->n_calls++ % IMPORT_BUS_CALLS] =
        (struct call){.sender = import_bus_keep(bus, m->sender),
                      .destination = import_bus_keep(bus, m->destination),
                      .path = import_bus_keep(bus, m->path),
                      .member = import_bus_keep(bus, m->member),
                      .serial = m->serial};
}

static const struct call *call_of(const struct import_bus *bus, const struct message *reply)
{
    for (size_t i = 0; i < IMPORT_BUS_CALLS; i++)
        if (bus->calls[i].serial == reply->reply_serial &&
            wp_slice_eq(bus->calls[i].sender, reply->destination))
            return &bus->calls[i];
    return NULL;
}

static void take_reply(struct import_bus *bus, const struct message *m, const struct replay_event *e)
{
    const struct call *call = call_of(bus, m);
    struct owner *o;

    if (call)
        name_owner(bus, m->sender, call->destination, &e->when);
    o = owner_of(bus, m->sender);
    if (!o || !o->service)
        return;
    if (wp_slice_is(m->signature, "a{sa{sv}}"))
        import_bus_take_items(bus, o->service, e, (struct wp_slice){NULL, 0}, 3, false);
    else if (call && wp_slice_is(call->member, "GetValue") && call->path.n > 1 &&
             wp_slice_is(m->signature, "v"))
        import_bus_take_items(bus, o->service, e, call->path, 1, false);
}

static void take_signal(struct import_bus *bus, const struct message *m, const struct replay_event *e)
{
    struct owner *o = owner_of(bus, m->sender);

    if (wp_slice_is(m->sender, "org.freedesktop.DBus")) {
        if (!wp_slice_is(m->member, "NameOwnerChanged"))
            return;
        if (m->text[2].n > 0)
            name_owner(bus, m->text[2], m->text[0], &e->when);
        else
            lose_name(bus, m->text[1], m->text[0], &e->when);
        return;
    }
    if (!o || !o->service)
        return;
    if (wp_slice_is(m->member, "ItemsChanged") && wp_slice_is(m->signature, "a{sa{sv}}"))
        import_bus_take_items(bus, o->service, e, (struct wp_slice){NULL, 0}, 3, true);
    else if (wp_slice_is(m->member, "PropertiesChanged") && wp_slice_is(m->signature, "a{sv}"))
        import_bus_take_items(bus, o->service, e, m->path, 2, true);
}

void import_bus_hear(struct import_bus *bus, const struct replay_event *e)
{
    struct message m = {0};

    if (e->kind != REPLAY_FRAME)
        return;
    e->codec->fields(e->frame, read_head, &m);
    if (wp_slice_is(m.type, "method_call")) {
        keep_call(bus, &m);
        if (wp_slice_is(m.member, "RequestName"))
            name_owner(bus, m.sender, m.text[0], &e->when);
    } else if (wp_slice_is(m.type, "method_return")) {
        take_reply(bus, &m, e);
    } else if (wp_slice_is(m.type, "signal")) {
        take_signal(bus, &m, e);
    }
}

struct import_bus *import_bus_new(struct import *im)
{
    struct import_bus *bus = arena_get(&im->arena, sizeof *bus);

    bus->im = im;
    im->service_tail = &im->services;
    im->change_tail = &im->changes;
    return bus;
}

/* Somebody must listen, or a bridge says nothing: where no client of the capture asks for anything, ours does. */
void import_bus_keep_alive(struct import *im)
{
    static const char topic[] = "R/c0619ab12345/keepalive";

    if (im->n_requests > 0 || im->n_services == 0)
        return;
    im->messages = NULL;
    im->message_tail = &im->messages;
    for (int64_t ns = 0; ns <= im->last_ns - im->first_ns; ns += KEEPALIVE_NS) {
        struct import_message *m = arena_get(&im->arena, sizeof *m);

        *m = (struct import_message){
            .ns = ns, .is_request = true, .topic = wp_text(topic), .payload = wp_text("")};
        *im->message_tail = m;
        im->message_tail = &m->next;
        im->n_messages++;
        im->n_requests++;
    }
}

const char *import_bus_lack(const struct import *im, const char *codec)
{
    if (strcmp(codec, "dbus") != 0)
        return codec;
    return im->n_services > 0 ? NULL : "dbus without names com.victronenergy.*";
}
