/* What the bus itself is asked, at org.freedesktop.DBus: by clients whose calls are well-formed, but may ask for anything. */
#include "sim/world/bus_state.h"

#include <assert.h>
#include <stdio.h>

struct request {
    struct bus *b;
    struct bus_client *c;
    const struct dbus_message *m;
    struct dbus_iter args;
    bool is_refused;
};

enum { TEXT_BYTES = 2 * DBUS_NAME_MAX + 128 };

/* ---- answers --------------------------------------------------------------------------------------------- */

/* As much as a name may be long, of whole characters. */
static struct wp_slice beginning(struct wp_slice text)
{
    size_t n = DBUS_NAME_MAX;

    if (text.n <= n)
        return text;
    while (n > 0 && (text.p[n] & 0xC0) == 0x80)
        n--;
    return wp_slice(text.p, n);
}

static void refuse(struct request *r, const char *error, const char *format, struct wp_slice name)
{
    char text[TEXT_BYTES];
    struct wp_writer w = wp_writer(text, sizeof text);
    const char *at = strstr(format, "%s");

    assert(at);
    wp_put_slice(&w, wp_slice(format, (size_t)(at - format)));
    wp_put_slice(&w, beginning(name));
    wp_put_text(&w, at + 2);
    r->is_refused = true;
    bus_refuse(r->b, r->c, r->m, error, wp_written(&w));
}

static void end_reply(const struct request *r, struct dbus_out *out, struct wp_writer *w)
{
    bool is_whole = dbus_end(out);

    assert(is_whole);
    bus_tell(r->b, r->c, wp_written(w));
}

static void answer_nothing(const struct request *r)
{
    struct wp_writer w = bus_writer(r->b, 0);
    struct dbus_out out;

    if (r->m->flags & DBUS_NO_REPLY)
        return;
    bus_put_reply(r->b, &out, &w, r->c, r->m, "");
    end_reply(r, &out, &w);
}

static void answer_uint(const struct request *r, uint32_t v)
{
    struct wp_writer w = bus_writer(r->b, 0);
    struct dbus_out out;

    bus_put_reply(r->b, &out, &w, r->c, r->m, "u");
    dbus_put_uint(&out, v);
    end_reply(r, &out, &w);
}

static void answer_bool(const struct request *r, bool v)
{
    struct wp_writer w = bus_writer(r->b, 0);
    struct dbus_out out;

    bus_put_reply(r->b, &out, &w, r->c, r->m, "b");
    dbus_put_bool(&out, v);
    end_reply(r, &out, &w);
}

static void answer_text(const struct request *r, struct wp_slice text)
{
    struct wp_writer w = bus_writer(r->b, text.n);
    struct dbus_out out;

    bus_put_reply(r->b, &out, &w, r->c, r->m, "s");
    dbus_put_text(&out, text);
    end_reply(r, &out, &w);
}

/* ---- names ------------------------------------------------------------------------------------------------ */

static void hello(struct request *r)
{
    refuse(r, DBUS_FAULT("Failed"), "%s", wp_text("Already handled an Hello message"));
}

/* A name that somebody may own; else it is refused. */
static bool is_for_owning(struct request *r, struct wp_slice name, const char *verb)
{
    char format[TEXT_BYTES];

    if (!dbus_is_bus_name(name)) {
        refuse(r, DBUS_FAULT("InvalidArgs"),
               strcmp(verb, "acquire") == 0 ? "Requested bus name \"%s\" is not valid"
                                            : "Given bus name \"%s\" is not valid",
               name);
        return false;
    }
    if (name.p[0] == ':') {
        snprintf(format, sizeof format, "Cannot %s a service starting with ':' such as \"%%s\"", verb);
        refuse(r, DBUS_FAULT("InvalidArgs"), format, name);
        return false;
    }
    if (wp_slice_is(name, DBUS_BUS)) {
        snprintf(format, sizeof format,
                 "Cannot %s a service named %%s, because that is owned by the bus itself", verb);
        refuse(r, DBUS_FAULT("InvalidArgs"), format, name);
        return false;
    }
    return true;
}

static void request_name(struct request *r)
{
    struct wp_slice name = dbus_get_text(&r->args);
    uint32_t flags = dbus_get_u32(&r->args);

    if (is_for_owning(r, name, "acquire"))
        answer_uint(r, bus_acquire(r->b, r->c, name, flags));
}

static void release_name(struct request *r)
{
    struct wp_slice name = dbus_get_text(&r->args);

    if (is_for_owning(r, name, "release"))
        answer_uint(r, bus_release(r->b, r->c, name));
}

static size_t length_of_names(const struct bus *b)
{
    size_t n = 0;

    for (uint32_t i = 0; i < b->names.n; i++)
        n += 16 + b->names.entry[i].n_key;
    return n;
}

static void list_names(struct request *r)
{
    struct wp_writer w = bus_writer(r->b, length_of_names(r->b));
    struct dbus_out out;

    bus_put_reply(r->b, &out, &w, r->c, r->m, "as");
    dbus_open(&out);
    dbus_put_text(&out, wp_text(DBUS_BUS));
    for (uint32_t i = 0; i < r->b->names.n; i++)
        dbus_put_text(&out, wp_map_key(&r->b->names.entry[i]));
    dbus_close(&out);
    end_reply(r, &out, &w);
}

/* Nobody is started on demand. */
static void list_activatable_names(struct request *r)
{
    struct wp_writer w = bus_writer(r->b, 0);
    struct dbus_out out;

    bus_put_reply(r->b, &out, &w, r->c, r->m, "as");
    dbus_open(&out);
    dbus_put_text(&out, wp_text(DBUS_BUS));
    dbus_close(&out);
    end_reply(r, &out, &w);
}

static void name_has_owner(struct request *r)
{
    struct wp_slice name = dbus_get_text(&r->args);

    answer_bool(r, wp_slice_is(name, DBUS_BUS) || bus_owner(r->b, name));
}

static void get_name_owner(struct request *r)
{
    struct wp_slice name = dbus_get_text(&r->args);
    const struct bus_client *owner = bus_owner(r->b, name);

    if (wp_slice_is(name, DBUS_BUS))
        answer_text(r, name);
    else if (owner)
        answer_text(r, bus_unique(owner));
    else
        refuse(r, DBUS_FAULT("NameHasNoOwner"), "Could not get owner of name '%s': no such name", name);
}

static void put_queue(struct dbus_out *out, const struct bus_name *name)
{
    for (const struct bus_place *place = name->first; place; place = place->next)
        dbus_put_text(out, bus_unique(place->client));
}

static size_t length_of_queue(const struct bus_name *name)
{
    size_t n = 0;

    for (const struct bus_place *place = name->first; place; place = place->next)
        n += 8 + BUS_UNIQUE_BYTES;
    return n;
}

static void list_queued_owners(struct request *r)
{
    struct wp_slice text = dbus_get_text(&r->args);
    const struct bus_name *name = bus_find_name(r->b, text);
    struct wp_writer w;
    struct dbus_out out;

    if (!name && !wp_slice_is(text, DBUS_BUS)) {
        refuse(r, DBUS_FAULT("NameHasNoOwner"), "Could not get owners of name '%s': no such name", text);
        return;
    }
    w = bus_writer(r->b, name ? length_of_queue(name) : 0);
    bus_put_reply(r->b, &out, &w, r->c, r->m, "as");
    dbus_open(&out);
    if (name)
        put_queue(&out, name);
    else
        dbus_put_text(&out, text);
    dbus_close(&out);
    end_reply(r, &out, &w);
}

static void start_service(struct request *r)
{
    enum { ALREADY_RUNNING = 2 };
    struct wp_slice name = dbus_get_text(&r->args);

    if (wp_slice_is(name, DBUS_BUS) || bus_owner(r->b, name))
        answer_uint(r, ALREADY_RUNNING);
    else
        refuse(r, DBUS_FAULT("ServiceUnknown"), "The name %s was not provided by any .service files", name);
}

/* ---- match rules ------------------------------------------------------------------------------------------- */

/* NULL: it is none, and refused. */
static struct bus_rule *read_rule(struct request *r)
{
    struct wp_slice text = dbus_get_text(&r->args);
    struct bus_rule *rule = blocks_get(r->b->blocks, sizeof *rule + text.n);
    struct wp_writer memory = wp_writer(rule->text, text.n);
    const char *why;

    rule->next = NULL;
    if (dbus_match_read(text, &memory, &rule->match, &why))
        return rule;
    blocks_put(r->b->blocks, rule);
    refuse(r, DBUS_FAULT("MatchRuleInvalid"), "%s", wp_text(why));
    return NULL;
}

static void add_match(struct request *r)
{
    struct bus_rule *rule = read_rule(r);

    if (!rule)
        return;
    rule->next = r->c->rules;
    r->c->rules = rule;
    answer_nothing(r);
}

static void remove_match(struct request *r)
{
    struct bus_rule *rule = read_rule(r), **at = &r->c->rules, *gone;

    if (!rule)
        return;
    while (*at && !dbus_match_eq(&(*at)->match, &rule->match))
        at = &(*at)->next;
    gone = *at;
    if (gone) {
        *at = gone->next;
        blocks_put(r->b->blocks, gone);
        answer_nothing(r);
    } else {
        refuse(r, DBUS_FAULT("MatchRuleNotFound"), "%s",
               wp_text("The given match rule wasn't found and can't be removed"));
    }
    blocks_put(r->b->blocks, rule);
}

/* ---- the rest ------------------------------------------------------------------------------------------------ */

/* The virtual bus is always the same one. */
static void get_id(struct request *r)
{
    answer_text(r, wp_text("77617474000000000000000070726f6f"));
}

static void ping(struct request *r)
{
    answer_nothing(r);
}

static const struct method {
    const char *interface, *name, *signature;
    void (*answer)(struct request *r);
} methods[] = {
    {DBUS_BUS, "Hello", "", hello},
    {DBUS_BUS, "RequestName", "su", request_name},
    {DBUS_BUS, "ReleaseName", "s", release_name},
    {DBUS_BUS, "ListNames", "", list_names},
    {DBUS_BUS, "ListActivatableNames", "", list_activatable_names},
    {DBUS_BUS, "NameHasOwner", "s", name_has_owner},
    {DBUS_BUS, "GetNameOwner", "s", get_name_owner},
    {DBUS_BUS, "ListQueuedOwners", "s", list_queued_owners},
    {DBUS_BUS, "StartServiceByName", "su", start_service},
    {DBUS_BUS, "AddMatch", "s", add_match},
    {DBUS_BUS, "RemoveMatch", "s", remove_match},
    {DBUS_BUS, "GetId", "", get_id},
    {DBUS_PEER, "Ping", "", ping},
};

/* A call without interface is of any. NULL: there is no such method. */
static const struct method *find_method(const struct dbus_message *m, bool *ret_has_interface)
{
    *ret_has_interface = m->interface.n == 0;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (m->interface.n > 0 && !wp_slice_is(m->interface, methods[i].interface))
            continue;
        *ret_has_interface = true;
        if (wp_slice_is(m->member, methods[i].name))
            return &methods[i];
    }
    return NULL;
}

static void refuse_args(struct request *r, const struct method *method)
{
    char text[TEXT_BYTES];

    r->is_refused = true;
    snprintf(text, sizeof text, "Call to %s has wrong args (%.*s, expected %s)\n", method->name,
             (int)r->m->signature.n, r->m->signature.n ? (const char *)r->m->signature.p : "",
             method->signature);
    bus_refuse(r->b, r->c, r->m, DBUS_FAULT("InvalidArgs"), wp_text(text));
}

bool bus_answer(struct bus *b, struct bus_client *c, const struct dbus_message *m)
{
    struct request r = {.b = b, .c = c, .m = m};
    const struct method *method;
    bool has_interface;

    if (m->type != DBUS_CALL)
        return true;
    method = find_method(m, &has_interface);
    if (!method) {
        refuse(&r, has_interface ? DBUS_FAULT("UnknownMethod") : DBUS_FAULT("UnknownInterface"),
               DBUS_BUS " does not understand message %s", m->member);
    } else if (!wp_slice_is(m->signature, method->signature)) {
        refuse_args(&r, method);
    } else {
        dbus_iter(&r.args, m);
        method->answer(&r);
    }
    return !r.is_refused;
}
