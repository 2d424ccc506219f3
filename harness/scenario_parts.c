/* What stands there: gateway, links, devices, clients. */
#include "harness/playback.h"
#include "harness/scenario_impl.h"
#include "sim/catalog.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAMES_MAX = 256, FLEET_MAX = 1000000 };

const struct scenario_device *scenario_device(const struct scenario *s, const char *name)
{
    for (size_t i = 0; i < s->n_devices; i++)
        if (strcmp(s->devices[i].name, name) == 0)
            return &s->devices[i];
    return NULL;
}

const struct scenario_client *scenario_client(const struct scenario *s, const char *name)
{
    for (size_t i = 0; i < s->n_clients; i++)
        if (strcmp(s->clients[i].name, name) == 0)
            return &s->clients[i];
    return NULL;
}

bool scenario_has_program(const struct scenario *s)
{
    for (size_t i = 0; i < s->n_clients; i++)
        if (s->clients[i].program)
            return true;
    return false;
}

/* Files of options stand beside the scenario. */
static bool read_file_option(struct scenario *s, const struct node *value, struct wp_value *out,
                             struct wp_writer *why)
{
    char text[300];
    struct wp_writer w = wp_writer(text, sizeof text);
    const struct wp_slice said = file_read(&s->arena, scenario_beside(s, node_text(value, "")), &w);

    if (!said.p)
        return scenario_fail(s, value, why, "%s", wp_put_end(&w));
    *out = wp_text_value(said);
    return true;
}

bool scenario_option(struct scenario *s, const struct wp_option *option, const struct node *value,
                     struct wp_value *out, struct wp_writer *why)
{
    char allowed[300];
    struct wp_writer say = wp_writer(allowed, sizeof allowed);

    if (value->kind != NODE_SCALAR)
        return scenario_fail(s, value, why, "%s takes one value", option->name);
    if (!value->quoted && node_value(value).kind == WP_NULL) {
        *out = wp_null();
        return true;
    }
    if (option->type == WP_OPT_FILE)
        return read_file_option(s, value, out, why);
    if (wp_option_read(option, value->text, out, &say))
        return true;
    if (option->use == WP_USE_SECRET)
        return scenario_fail(s, value, why, "%s takes %s", option->name, wp_put_end(&say));
    return scenario_fail(s, value, why, "%s takes %s, not '%s'", option->name, wp_put_end(&say),
                         node_text(value, ""));
}

/* Tables that an option name may come from, searched in order. */
struct tables {
    const struct wp_class *at[8];
    size_t n;
};

static bool unknown_option(struct scenario *s, const struct node *value, const struct tables *t,
                           struct wp_writer *why)
{
    const char *names[NAMES_MAX], *near;
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->at[i]->n_options && n < NAMES_MAX; k++)
            names[n++] = t->at[i]->options[k].name;
    near = nearest(value->key, names, n);
    if (near)
        return scenario_fail(s, value, why, "unknown option '%s': did you mean '%s'?", value->key, near);
    return scenario_fail(s, value, why, "unknown option '%s'", value->key);
}

static bool read_given(struct scenario *s, const struct node *set, const struct tables *t,
                       struct wp_option_value *given, size_t *n_given, struct wp_writer *why)
{
    for (const struct node *n = set ? set->first : NULL; n; n = n->next) {
        const struct wp_option *option = NULL;

        for (size_t i = 0; i < t->n && !option; i++)
            option = wp_option_find(t->at[i]->options, t->at[i]->n_options, wp_text(n->key));
        if (!option)
            return unknown_option(s, n, t, why);
        if (*n_given == SCENARIO_GIVEN_MAX)
            return scenario_fail(s, n, why, "at most %d options", SCENARIO_GIVEN_MAX);
        given[*n_given].option = option;
        if (!scenario_option(s, option, n, &given[*n_given].value, why))
            return false;
        (*n_given)++;
    }
    return true;
}

/* ---- what a single option's row cannot say: ten characters, registers that there are ------------------ */

/* Does the sentence begin with this option? "venus.portal takes ...", "values: item 2: ...", "suffix, type and ..." */
static bool is_about(const char *sentence, const char *option)
{
    const size_t n = strlen(option);

    return strncmp(sentence, option, n) == 0 && sentence[n] != 0 && strchr(" :,", sentence[n]);
}

/* The member of `set` that the sentence begins with, or what stands for all. */
static const struct node *blamed(const struct node *set, const char *sentence, const struct node *otherwise)
{
    for (const struct node *m = set ? set->first : NULL; m; m = m->next)
        if (is_about(sentence, m->key))
            return m;
    return otherwise;
}

/* n: the gateway or the device. */
static bool fits_together(struct scenario *s, const struct node *n, const struct wp_class *class,
                          const struct wp_setup *setup, struct wp_writer *why)
{
    char text[400];
    struct wp_writer w = wp_writer(text, sizeof text);

    if (!class->check || class->check(setup, &w))
        return true;
    wp_put_end(&w);
    return scenario_fail(s, blamed(node_get(n, "set"), text, n), why, "%s", text);
}

/* ---- the gateway --------------------------------------------------------------------------------------- */

static bool gateway_fits_together(struct scenario *s, const struct node *n, struct wp_writer *why)
{
    const struct wp_parts parts = {
        .souths = wp_souths, .n_souths = wp_n_souths, .norths = s->norths, .n_norths = s->n_norths};
    const struct wp_setup setup = {.name = wp_gateway_class.name,
                                   .epoch_us = s->epoch_us,
                                   .utc_offset_s = s->utc_offset_s,
                                   .given = s->given,
                                   .n_given = s->n_given,
                                   .parts = &parts};

    return fits_together(s, n, &wp_gateway_class, &setup, why);
}

bool scenario_read_gateway(struct scenario *s, struct wp_writer *why)
{
    const struct node *gateway = node_get(s->root, "gateway");
    struct tables t = {.at = {&wp_gateway_class}, .n = 1};

    s->has_gateway = gateway != NULL;
    if (!gateway)
        return true;
    for (const struct node *n = node_get(gateway, "north") ? node_get(gateway, "north")->first : NULL; n;
         n = n->next) {
        const struct wp_class *north = wp_north_find(node_text(n, ""));

        if (!north)
            return scenario_fail(s, n, why, "there is no north '%s'", node_text(n, ""));
        if (s->n_norths == sizeof s->norths / sizeof s->norths[0])
            return scenario_fail(s, n, why, "at most 4 norths");
        s->norths[s->n_norths++] = north;
        t.at[t.n++] = north;
    }
    if (s->n_norths > 0)
        s->api = s->norths[0]->name;
    for (size_t i = 0; i < wp_n_souths && t.n < 8; i++)
        t.at[t.n++] = wp_souths[i];
    return read_given(s, node_get(gateway, "set"), &t, s->given, &s->n_given, why) &&
           gateway_fits_together(s, gateway, why);
}

bool scenario_read_links(struct scenario *s, struct wp_writer *why)
{
    const struct node *links = node_get(s->root, "links");

    if (!links)
        return true;
    s->links = arena_get(&s->arena, links->count * sizeof *s->links);
    for (const struct node *n = links->first; n; n = n->next) {
        struct scenario_link *l = &s->links[s->n_links++];
        const struct node *baud = node_get(n, "baud"), *split = node_get(n, "split");

        l->name = n->key;
        l->setup = (struct wp_link_setup){
            .name = n->key,
            .latency = node_duration_or(node_get(n, "latency"), WP_MS(1)),
            .jitter = node_duration_or(node_get(n, "jitter"), 0),
            .baud = (uint32_t)strtoul(node_text(baud, "0"), NULL, 10),
            .shared = node_is(node_get(n, "shared"), "true"),
            .split = (uint32_t)strtoul(node_text(split, "0"), NULL, 10),
        };
        if (l->setup.latency < 0 || l->setup.jitter < 0)
            return scenario_fail(s, n, why, "a link is not faster than light: latency and jitter from 0");
    }
    return true;
}

/* Devices of the catalog, and the one that a capture makes. */
static const struct wp_class *find_model(const char *name)
{
    return strcmp(name, playback_class.name) == 0 ? &playback_class : wp_device_find(name);
}

static bool unknown_model(struct scenario *s, const struct node *model, struct wp_writer *why)
{
    const char *names[NAMES_MAX], *near;
    size_t n = 0;

    for (; n < wp_n_devices; n++)
        names[n] = wp_devices[n]->name;
    names[n++] = playback_class.name;
    near = nearest(node_text(model, ""), names, n);
    return scenario_fail(s, model, why, "unknown model '%s'%s%s", node_text(model, ""),
                         near ? ": did you mean " : "", near ? near : "");
}

static bool read_frames(struct scenario *s, const struct node *n, struct scenario_device *d,
                        struct wp_writer *why)
{
    const struct node *frames = node_get(node_get(n, "set"), "frames");
    struct playback_plan *plan = arena_get(&s->arena, sizeof *plan);
    char text[600];
    struct wp_writer w = wp_writer(text, sizeof text);

    if (!frames)
        return scenario_fail(s, n, why, "a playback says what a file holds: set: {frames: FILE}");
    d->plan = plan;
    if (!playback_read(&s->arena, scenario_beside(s, node_text(frames, "")), d->name, plan, &w))
        return scenario_fail(s, frames, why, "%s", wp_put_end(&w));
    if (plan->listens)
        d->class = &playback_listener_class;
    return true;
}

static bool device_fits_together(struct scenario *s, const struct node *n, const struct scenario_device *d,
                                 struct wp_writer *why)
{
    const struct wp_setup setup = {.name = d->name,
                                   .epoch_us = s->epoch_us,
                                   .utc_offset_s = s->utc_offset_s,
                                   .ip = d->ip,
                                   .given = d->given,
                                   .n_given = d->n_given,
                                   .plan = d->plan};

    return fits_together(s, n, d->class, &setup, why);
}

static bool read_device(struct scenario *s, const struct node *n, struct scenario_device *d, size_t index,
                        struct wp_writer *why)
{
    const struct node *model = node_get(n, "model"), *ip = node_get(n, "ip"), *link = node_get(n, "link");
    struct wp_addr addr = {.ip = 0x7F000201u + (uint32_t)index}; /* 127.0.2.1 and on, unless given */
    struct tables t = {.n = 1};

    d->name = n->key;
    d->class = find_model(node_text(model, ""));
    if (!d->class)
        return unknown_model(s, model, why);
    if (ip && (!wp_addr_read(ip->text, &addr) || addr.ip >> 24 != 127 || addr.port != 0))
        return scenario_fail(s, ip, why, "ip is an address in 127.0.0.0/8, such as 127.0.2.1");
    d->ip = addr.ip;
    d->count = (uint32_t)strtoul(node_text(node_get(n, "count"), "1"), NULL, 10);
    if (d->count < 1 || d->count > FLEET_MAX)
        return scenario_fail(s, n, why, "count is from 1 to %d", FLEET_MAX);
    for (size_t i = 0; link && i < s->n_links; i++)
        if (node_is(link, s->links[i].name))
            d->link = &s->links[i];
    if (link && !d->link)
        return scenario_fail(s, link, why, "there is no link '%s'", node_text(link, ""));
    t.at[0] = d->class;
    if (node_get(n, "address")) {
        const struct wp_option *address =
            wp_option_find(d->class->options, d->class->n_options, wp_text("address"));

        if (!address)
            return scenario_fail(s, node_get(n, "address"), why, "%s has no address", d->class->name);
        d->given[d->n_given].option = address;
        if (!scenario_option(s, address, node_get(n, "address"), &d->given[d->n_given].value, why))
            return false;
        d->n_given++;
    }
    if (d->class == &playback_class && !read_frames(s, n, d, why))
        return false;
    return read_given(s, node_get(n, "set"), &t, d->given, &d->n_given, why) &&
           device_fits_together(s, n, d, why);
}

bool scenario_read_devices(struct scenario *s, struct wp_writer *why)
{
    const struct node *devices = node_get(s->root, "devices");

    if (!devices)
        return true;
    s->devices = arena_get(&s->arena, devices->count * sizeof *s->devices);
    for (const struct node *n = devices->first; n; n = n->next) {
        if (!read_device(s, n, &s->devices[s->n_devices], s->n_devices, why))
            return false;
        s->n_devices++;
    }
    return true;
}

bool scenario_read_clients(struct scenario *s, struct wp_writer *why)
{
    const struct node *clients = node_get(s->root, "clients");

    if (!clients)
        return true;
    s->clients = arena_get(&s->arena, clients->count * sizeof *s->clients);
    for (const struct node *n = clients->first; n; n = n->next) {
        struct scenario_client *c = &s->clients[s->n_clients++];

        c->name = n->key;
        c->node = n;
        c->program = node_get(n, "program");
        c->late = node_is(node_get(n, "connect"), "false");
        if (c->program && s->in_virtual)
            return scenario_fail(s, n, why, "a program plays only live: say worlds: [live] and because: ...");
        if (scenario_device(s, c->name))
            return scenario_fail(s, n, why, "'%s' is a device already", c->name);
    }
    return true;
}
