/* From the scenario's words to machines: setups, options, endpoints, addresses. */
#include "harness/play_impl.h"
#include "sim/catalog.h"
#include "sim/core/random.h"

#include <stdio.h>
#include <stdlib.h>

enum { MACHINES_MAX_ENDPOINTS = 16 };

static struct wp_setup setup_of(struct play *p, const char *name, uint32_t ip)
{
    return (struct wp_setup){
        .name = name,
        .seed = wp_random_seed(p->setup->seed, wp_text(name)),
        .epoch_us = p->s->epoch_us,
        .utc_offset_s = p->s->utc_offset_s,
        .ip = ip,
    };
}

static bool is_there(const struct wp_endpoint *all, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].name, name) == 0)
            return true;
    return false;
}

/* A copy of the classes' endpoints, one that several parts share once, in which listeners without an address get the machine's own. */
static const struct wp_endpoint *endpoints_of(struct play *p, const struct wp_class *const *classes, size_t n,
                                              uint32_t own, size_t *ret_n)
{
    struct wp_endpoint *all = arena_get(&p->arena, MACHINES_MAX_ENDPOINTS * sizeof *all);
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < classes[i]->n_endpoints && count < MACHINES_MAX_ENDPOINTS; k++) {
            struct wp_endpoint *e = &all[count];

            *e = classes[i]->endpoints[k];
            if (is_there(all, count, e->name))
                continue;
            count++;
            if (e->transport == WP_TCP || e->transport == WP_UDP)
                e->addr.ip = e->listen ? own : PLAY_GATEWAY_IP;
        }
    }
    *ret_n = count;
    return all;
}

static bool check_setup(const struct wp_class *class, const struct wp_setup *setup, struct wp_writer *why)
{
    if (!class->check || class->check(setup, why))
        return true;
    wp_put_text(why, " (");
    wp_put_text(why, setup->name);
    wp_put_text(why, ")");
    return false;
}

bool play_add_gateway(struct play *p, struct wp_writer *why)
{
    const struct wp_class *classes[16];
    struct wp_setup *setup;
    size_t n = 0;

    if (!p->s->has_gateway || play_sut_is(p, SUT_GATEWAY))
        return true;
    for (size_t i = 0; i < wp_n_souths; i++)
        if (!wp_south_sleeps(wp_souths[i], p->s->norths, p->s->n_norths))
            classes[n++] = wp_souths[i];
    for (size_t i = 0; i < p->s->n_norths; i++)
        classes[n++] = p->s->norths[i];
    p->parts = (struct wp_parts){
        .souths = wp_souths, .n_souths = wp_n_souths, .norths = p->s->norths, .n_norths = p->s->n_norths};
    setup = arena_get(&p->arena, sizeof *setup);
    *setup = setup_of(p, wp_gateway_class.name, PLAY_GATEWAY_IP);
    setup->given = p->s->given;
    setup->n_given = p->s->n_given;
    setup->endpoints = endpoints_of(p, classes, n, PLAY_GATEWAY_IP, &setup->n_endpoints);
    setup->parts = &p->parts;
    if (!check_setup(&wp_gateway_class, setup, why))
        return false;
    p->gateway = world_add(p->world, &wp_gateway_class, setup, NULL);
    p->settle.want_gateway = true;
    for (size_t i = 0; i < setup->n_endpoints; i++)
        p->settle.want_connacks += setup->endpoints[i].transport == WP_BROKER;
    return p->gateway >= 0;
}

/* ---- clients ---------------------------------------------------------------------------------------- */

static struct wp_slice text_of(const struct node *n)
{
    return n ? n->text : (struct wp_slice){NULL, 0};
}

struct wp_login play_login(struct play *p, const struct scenario_client *c, const struct node *login)
{
    const struct node *will = node_get(login, "will"), *id = node_get(login, "id");
    const struct sut_north *north = p->guest ? &p->setup->sut->north : NULL;
    struct wp_login l = {
        .client_id = id ? id->text : wp_text(c->name),
        .user = text_of(node_get(login, "user")),
        .password = text_of(node_get(login, "password")),
        .clean = !node_is(node_get(login, "clean"), "false"),
        .keepalive_s = (uint16_t)(node_duration_or(node_get(login, "keepalive"), WP_SEC(60)) / WP_SEC(1)),
        .has_will = will != NULL,
    };

    if (north && north->user && !l.user.p &&
        !p->s->access) { /* of the descriptor, where the scenario has none */
        l.user = wp_text(north->user);
        l.password = north->password ? wp_text(north->password) : l.password;
    }
    if (will) {
        l.will.topic = text_of(node_get(will, "topic"));
        l.will.payload = node_get(will, "payload") ? wp_text(node_json(&p->arena, node_get(will, "payload")))
                                                   : text_of(node_get(will, "text"));
        l.will.qos = (uint8_t)atoi(node_text(node_get(will, "qos"), "0"));
        l.will.retain = node_is(node_get(will, "retain"), "true");
    }
    return l;
}

static const struct wp_endpoint *client_endpoint(struct play *p, const struct scenario_client *c,
                                                 size_t *ret_n)
{
    struct wp_endpoint *e = arena_get(&p->arena, sizeof *e);
    enum wp_door door;

    *e = client_class.endpoints[0];
    if (venus_brokers_door(c->node, &door))
        e->addr = wp_door_addr(door);
    *ret_n = 1;
    return e;
}

bool play_add_clients(struct play *p, struct wp_writer *why)
{
    p->plans = arena_get(&p->arena, (p->s->n_clients + 1) * sizeof *p->plans);
    p->clients = arena_get(&p->arena, (p->s->n_clients + 1) * sizeof *p->clients);
    p->programs = programs_new(p->s->n_clients);
    for (size_t i = 0; i < p->s->n_clients; i++) {
        const struct scenario_client *c = &p->s->clients[i];
        struct client_plan *plan = &p->plans[i];
        const struct node *connect = node_get(c->node, "connect"), *filters = node_get(c->node, "subscribe");
        struct wp_setup *setup;

        p->clients[i] = -1;
        if (c->program) {
            const char *lacks = program_lacks(c);

            if (lacks) {
                p->result->applicable = false;
                p->result->because = arena_print(&p->result->arena, "%s is %s", lacks,
                                                 strncmp(lacks, "port:", 5) == 0 ? "taken" : "not installed");
            }
            p->n_programs = p->s->n_clients;
            continue;
        }
        setup = arena_get(&p->arena, sizeof *setup);
        *setup = setup_of(p, c->name, 0x7F000001u);
        setup->endpoints = client_endpoint(p, c, &setup->n_endpoints);
        setup->plan = plan;
        plan->login = play_login(p, c, connect && connect->kind == NODE_MAP ? connect : NULL);
        plan->qos = (uint8_t)atoi(node_text(node_get(c->node, "qos"), "1"));
        plan->late = c->late;
        for (const struct node *n = filters ? filters->first : NULL; n; n = n->next) {
            if (plan->n_filters == CLIENT_FILTERS_MAX) {
                wp_put_text(why, "a client has at most 32 subscriptions");
                return false;
            }
            plan->filters[plan->n_filters++] = n->text;
        }
        p->settle.want_connacks += !c->late;
        p->clients[i] = world_add(p->world, &client_class, setup, NULL);
    }
    return true;
}

/* ---- devices ---------------------------------------------------------------------------------------- */

/* The i-th of a fleet, like its `model` but for name, address and ip; the fleet shares the lists of options and endpoints. */
static bool add_device(struct play *p, const struct scenario_device *d, uint32_t i,
                       const struct wp_setup *model, wp_machine *ret)
{
    struct wp_setup *setup = arena_get(&p->arena, sizeof *setup);
    const char *name = d->count == 1 ? d->name : arena_print(&p->arena, "%s%u", d->name, i + 1);

    *setup = setup_of(p, name, d->ip + i);
    setup->given = model->given;
    setup->n_given = model->n_given;
    setup->own = scenario_fleet_own(&p->arena, d, i);
    setup->plan = d->plan;
    setup->endpoints = model->endpoints;
    setup->n_endpoints = model->n_endpoints;
    *ret = world_add(p->world, d->class, setup, d->link ? &d->link->setup : NULL);
    return *ret >= 0;
}

static bool add_fleet(struct play *p, const struct scenario_device *d, wp_machine *ret, struct wp_writer *why)
{
    struct wp_setup model = setup_of(p, d->name, d->ip);
    wp_machine m;

    model.given = d->given;
    model.n_given = d->n_given;
    /* A fleet shares them, so they are without an IP: a listener has that of its machine. */
    model.endpoints = endpoints_of(p, &d->class, 1, d->count == 1 ? d->ip : 0, &model.n_endpoints);
    if (!check_setup(d->class, &model, why))
        return false;
    for (uint32_t i = 0; i < d->count; i++)
        if (!add_device(p, d, i, &model, i == 0 ? ret : &m))
            return false;
    return true;
}

static bool listens(const struct wp_class *class)
{
    for (size_t i = 0; i < class->n_endpoints; i++)
        if (class->endpoints[i].listen)
            return true;
    return false;
}

/* Those that are not there yet. */
static bool add_devices(struct play *p, bool only_listening, struct wp_writer *why)
{
    if (!p->devices) {
        p->devices = arena_get(&p->arena, (p->s->n_devices + 1) * sizeof *p->devices);
        for (size_t i = 0; i < p->s->n_devices; i++)
            p->devices[i] = -1;
    }
    for (size_t i = play_sut_is(p, SUT_DEVICE) ? 1 : 0; i < p->s->n_devices; i++) {
        const struct scenario_device *d = &p->s->devices[i];

        if (p->devices[i] < 0 && (!only_listening || listens(d->class)) &&
            !add_fleet(p, d, &p->devices[i], why))
            return false;
    }
    return true;
}

bool play_add_devices(struct play *p, struct wp_writer *why)
{
    return add_devices(p, false, why);
}

bool play_add_listening_devices(struct play *p, struct wp_writer *why)
{
    return add_devices(p, true, why);
}

wp_machine play_machine(const struct play *p, const char *name)
{
    if (strcmp(name, wp_gateway_class.name) == 0)
        return p->gateway;
    for (size_t i = 0; i < p->s->n_clients; i++)
        if (strcmp(p->s->clients[i].name, name) == 0)
            return p->clients[i];
    for (size_t i = 0; i < p->s->n_devices; i++)
        if (strcmp(p->s->devices[i].name, name) == 0)
            return p->devices[i];
    return -1;
}

/* ---- access ----------------------------------------------------------------------------------------- */

const struct wp_access *play_access(struct play *p)
{
    const struct node *node = p->s->access, *users = node_get(node, "users"),
                      *rules = node_get(node, "rules");
    struct wp_access *a;
    struct wp_access_user *user;
    struct wp_access_rule *rule;

    if (!node)
        return NULL;
    a = arena_get(&p->arena, sizeof *a);
    a->open = node_is(node_get(node, "open"), "true");
    a->anonymous = node_is(node_get(node, "anonymous"), "true");
    a->close_on_denied = node_is(node_get(node, "close_on_denied"), "true");
    a->vrm = p->s->vrm;
    user = arena_get(&p->arena, (users ? users->count : 1) * sizeof *user);
    a->users = user;
    for (const struct node *n = users ? users->first : NULL; n; n = n->next)
        user[a->n_users++] = (struct wp_access_user){.name = n->key, .password = node_text(n, "")};
    rule = arena_get(&p->arena, (rules ? rules->count : 1) * sizeof *rule);
    a->rules = rule;
    for (const struct node *n = rules ? rules->first : NULL; n; n = n->next) {
        const struct node *may = node_get(n, "may");
        struct wp_access_rule r = {.user = node_text(node_get(n, "user"), NULL),
                                   .filter = node_text(node_get(n, "filter"), "")};

        for (const struct node *m = may ? may->first : NULL; m; m = m->next)
            r.rights |= node_is(m, "publish") ? WP_ACCESS_PUBLISH : WP_ACCESS_SUBSCRIBE;
        rule[a->n_rules++] = r;
    }
    return a;
}
