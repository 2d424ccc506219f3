/* The configuration as a whole, from top to bottom. */
#include "harness/host_address.h"
#include "harness/service_impl.h"
#include "harness/service_ini.h"

#include "sim/catalog.h"
#include "sim/world/world.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAMES_MAX = 512, ENDPOINTS_MAX = 32, GIVEN_SPARE = 4 };

static const struct wp_setup no_setup;

/* ---- keys that may stand in the file ---------------------------------------------------------------- */

struct names {
    const char *at[NAMES_MAX];
    size_t n;
};

static void add_name(struct names *names, const char *name)
{
    assert(names->n < NAMES_MAX);
    names->at[names->n++] = name;
}

/* Of a level: "" is the top, "broker." what stands below broker. */
static void add_own_names(struct names *names, const char *level)
{
    for (size_t i = 0; i < SERVICE_N_OPTIONS; i++) {
        const char *name = service_options[i].name;

        if (strncmp(name, level, strlen(level)) == 0 && !strchr(name + strlen(level), '.'))
            add_name(names, name + strlen(level));
    }
}

static void check_levels(struct service_reader *r)
{
    struct names top = {.at = {"north", "south", "set", "listen", "broker"}, .n = 5};
    struct names broker = {.at = {"users", "rules", "vrm", "password_file"}, .n = 4};

    add_own_names(&top, "");
    add_own_names(&broker, "broker.");
    service_check_keys(r, r->root, "the file", top.at, top.n);
    service_check_keys(r, node_get(r->root, "broker"), "broker", broker.at, broker.n);
}

/* ---- the service's own keys ------------------------------------------------------------------------- */

static void read_own(struct service_reader *r, struct service_own *own)
{
    const struct node *broker = node_get(r->root, "broker");

    for (size_t i = 0; i < SERVICE_N_OPTIONS; i++) {
        const struct wp_option *o = &service_options[i];
        const char *dot = strchr(o->name, '.');

        own->setting[i] =
            service_find(r, dot ? broker : r->root, dot ? dot + 1 : o->name, o->name, service_may_be_file(o));
        if (!service_take(r, o, own->setting[i], &own->value[i]))
            own->value[i] = wp_setup_value(&no_setup, o);
    }
}

static bool is_number(const char *text)
{
    for (const char *p = text; *p; p++)
        if (!isdigit((unsigned char)*p))
            return false;
    return *text != 0;
}

struct wp_addr service_read_addr(struct service_reader *r, const char *name, struct service_setting s,
                                 struct wp_addr fallback)
{
    struct wp_addr addr = fallback;

    if (!s.text)
        return fallback;
    if (is_number(s.text)) {
        unsigned long port = strtoul(s.text, NULL, 10);

        if (strlen(s.text) <= 5 && port <= UINT16_MAX)
            return (struct wp_addr){fallback.ip, (uint16_t)port};
    } else if (wp_addr_read(wp_text(s.text), &addr)) {
        if (!strchr(s.text, ':'))
            addr.port = fallback.port;
        return addr;
    }
    service_complain(r, s.where, "%s takes a port, an IPv4 address or ADDRESS:PORT, not '%s'", name, s.text);
    return fallback;
}

static uint32_t read_bind(struct service_reader *r, const struct service_own *own)
{
    const char *text = (const char *)own->value[SERVICE_BIND].bytes.p;
    struct wp_addr addr = {0};

    if (strchr(text, ':') || !wp_addr_read(wp_text(text), &addr))
        service_complain(
            r, own->setting[SERVICE_BIND].where,
            "bind takes an IPv4 address such as 127.0.0.1, or 0.0.0.0 for every interface, not '%s'", text);
    return addr.ip;
}

static enum service_level level_of(struct wp_value v)
{
    static const char *const words[] = {"error", "warning", "info", "debug"};

    for (int i = 0; i < 4; i++)
        if (wp_slice_is(v.bytes, words[i]))
            return (enum service_level)i;
    return SERVICE_INFO;
}

static const char *run_dir_of(struct wp_value v)
{
    const char *tmp = getenv("TMPDIR");

    if (v.kind == WP_TEXT)
        return (const char *)v.bytes.p;
    return tmp && *tmp ? tmp : "/tmp";
}

/* ---- options of the gateway's parts ----------------------------------------------------------------- */

void service_give(struct service_config *c, const struct wp_option *option, struct wp_value value)
{
    c->given[c->setup.n_given++] = (struct wp_option_value){option, value};
}

static bool is_host(const struct wp_option *o)
{
    size_t n = strlen(o->name);

    return n > 5 && strcmp(o->name + n - 5, ".host") == 0;
}

/* Machines know addresses alone. */
static bool find_host(struct service_reader *r, const struct wp_option *o, struct service_setting s,
                      struct wp_value *v)
{
    char text[300];
    struct wp_writer why = wp_writer(text, sizeof text);
    const char *ip = host_address(&r->config->arena, s.text, &why);

    if (ip)
        *v = wp_text_value(wp_text(ip));
    else
        service_complain(r, s.where, "%s: %s", o->name, wp_put_end(&why));
    return ip != NULL;
}

static void read_options(struct service_reader *r, const struct wp_class *const *classes, size_t n_classes)
{
    const struct node *set = node_get(r->root, "set");
    struct names names = {.n = 0};

    for (size_t i = 0; i < n_classes; i++) {
        for (size_t k = 0; k < classes[i]->n_options; k++) {
            const struct wp_option *o = &classes[i]->options[k];
            bool may_be_file = service_may_be_file(o);
            struct wp_value value;

            struct service_setting s = service_find(r, set, o->name, o->name, may_be_file);

            if (service_take(r, o, s, &value) && (!is_host(o) || find_host(r, o, s, &value)))
                service_give(r->config, o, value);
            add_name(&names, o->name);
            if (may_be_file)
                add_name(&names, arena_print(&r->config->arena, "%s_file", o->name));
        }
    }
    service_check_keys(r, set, "set", names.at, names.n);
}

/* ---- endpoints -------------------------------------------------------------------------------------- */

static bool is_there(const struct wp_endpoint *all, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].name, name) == 0)
            return true;
    return false;
}

/* An endpoint that several parts share is there once. */
static void read_endpoints(struct service_reader *r, const struct wp_class *const *classes, size_t n_classes,
                           uint32_t bind)
{
    struct service_config *c = r->config;
    const struct node *listen = node_get(r->root, "listen");
    struct wp_endpoint *all = arena_get(&c->arena, ENDPOINTS_MAX * sizeof *all);
    struct names names = {.n = 0};

    c->setup.endpoints = all;
    for (size_t i = 0; i < n_classes; i++) {
        const bool sleeps = wp_south_sleeps(classes[i], c->norths, c->n_norths);

        for (size_t k = 0; k < classes[i]->n_endpoints && !sleeps; k++) {
            struct wp_endpoint *e = &all[c->setup.n_endpoints];
            const char *name;

            assert(c->setup.n_endpoints < ENDPOINTS_MAX);
            *e = classes[i]->endpoints[k];
            if (is_there(all, c->setup.n_endpoints, e->name))
                continue;
            c->setup.n_endpoints++;
            if (!e->listen)
                continue;
            name = arena_print(&c->arena, "listen.%s", e->name);
            e->addr = service_read_addr(r, name, service_find(r, listen, e->name, name, false),
                                        (struct wp_addr){bind, e->addr.port});
            add_name(&names, e->name);
        }
    }
    service_check_keys(r, listen, "listen", names.at, names.n);
}

/* ---- together --------------------------------------------------------------------------------------- */

static bool collide(struct wp_addr a, struct wp_addr b)
{
    return a.port != 0 && a.port == b.port && (a.ip == b.ip || a.ip == 0 || b.ip == 0);
}

/* TCP and UDP have ports of their own. */
static void check_collisions(struct service_reader *r, bool is_udp)
{
    const struct service_config *c = r->config;
    struct wp_addr at[ENDPOINTS_MAX + 2];
    size_t n = 0;

    for (size_t i = 0; i < c->setup.n_endpoints; i++)
        if (c->setup.endpoints[i].listen && (c->setup.endpoints[i].transport == WP_UDP) == is_udp)
            at[n++] = c->setup.endpoints[i].addr;
    if (!c->broker.host && !c->broker.none && !is_udp) {
        at[n++] = c->broker.mqtt;
        at[n++] = c->broker.websocket;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            if (collide(at[i], at[k]))
                service_complain(r, r->file, "port %u is asked for twice", at[i].port);
}

/* Where the option stands that the sentence begins with. */
static const char *blamed(struct service_reader *r, const char *sentence)
{
    for (size_t i = 0; i < r->config->setup.n_given; i++) {
        const char *name = r->config->given[i].option->name;
        size_t n = strlen(name);

        if (strncmp(sentence, name, n) == 0 && (sentence[n] == ' ' || sentence[n] == ':'))
            return service_find(r, node_get(r->root, "set"), name, name, false).where;
    }
    return NULL;
}

static void check_setup(struct service_reader *r)
{
    char text[300];
    struct wp_writer why = wp_writer(text, sizeof text);
    const char *where;

    if (wp_gateway_class.check(&r->config->setup, &why))
        return;
    where = blamed(r, wp_put_end(&why));
    service_complain(r, where ? where : r->file, "%s", text);
}

/* Whoever has one must be able to find it; that it is there nobody asks before the start. */
static void read_bus(struct service_reader *r, const struct service_own *own)
{
    const char *name = (const char *)own->value[SERVICE_BUS].bytes.p;
    char text[400];
    struct wp_writer why = wp_writer(text, sizeof text);
    bool is_needed = false;

    for (size_t i = 0; i < r->config->setup.n_endpoints; i++)
        is_needed |= r->config->setup.endpoints[i].transport == WP_BUS;
    if (!is_needed && !own->setting[SERVICE_BUS].text)
        return;
    if (is_needed)
        r->config->bus = name;
    if (!world_is_bus(name, &why))
        service_complain(r, own->setting[SERVICE_BUS].text ? own->setting[SERVICE_BUS].where : r->file,
                         "bus: %s", wp_put_end(&why));
}

static void read_all(struct service_reader *r)
{
    struct service_config *c = r->config;
    const struct wp_class *classes[SERVICE_CLASSES_MAX];
    struct service_own own;
    size_t n, n_options = 0;
    uint32_t bind;

    check_levels(r);
    service_read_parts(r);
    n = service_classes(&c->parts, classes);
    for (size_t i = 0; i < n; i++)
        n_options += classes[i]->n_options;
    c->given = arena_get(&c->arena, (n_options + GIVEN_SPARE * SERVICE_NORTHS_MAX) * sizeof *c->given);
    c->setup = (struct wp_setup){.name = wp_gateway_class.name, .given = c->given, .parts = &c->parts};

    read_own(r, &own);
    c->level = level_of(own.value[SERVICE_LOG]);
    c->run_dir = run_dir_of(own.value[SERVICE_RUN_DIR]);
    bind = read_bind(r, &own);
    service_read_broker(r, &own, bind);
    read_options(r, classes, n);
    read_endpoints(r, classes, n, bind);
    read_bus(r, &own);
    if (!c->broker.host && !c->broker.none && r->good)
        c->broker.access =
            service_access(r, &own.value[SERVICE_ANONYMOUS], own.value[SERVICE_CLOSE_ON_DENIED].yes);
    check_collisions(r, false);
    check_collisions(r, true);
    if (r->good)
        check_setup(r);
}

static bool read_root(struct service_config *c, const char *file, const struct node *root,
                      struct wp_writer *why)
{
    struct service_reader r = {.config = c, .file = file, .root = root, .why = why, .good = true};

    read_all(&r);
    return r.good;
}

bool service_config_read_text(struct service_config *c, const char *file, struct wp_slice text,
                              struct wp_writer *why)
{
    const struct node *root;

    *c = (struct service_config){0};
    root = service_ini_is(file) ? service_ini_read(&c->arena, file, text, why)
                                : yaml_read(&c->arena, file, text, why);
    if (root)
        return read_root(c, file, root, why);
    wp_put_char(why, '\n');
    return false;
}

bool service_config_read(struct service_config *c, const char *file, struct wp_writer *why)
{
    struct arena a = {0};
    struct wp_slice text;
    bool good;

    *c = (struct service_config){0};
    if (!file)
        return read_root(c, "configuration", NULL, why);
    text = file_read(&a, file, why);
    if (!text.p)
        wp_put_char(why, '\n');
    good = text.p && service_config_read_text(c, file, text, why);
    arena_free(&a);
    return good;
}

void service_config_free(struct service_config *c)
{
    arena_free(&c->arena);
}

void service_config_put(const struct service_config *c, struct wp_writer *w)
{
    wp_put_text(w, c->n_norths > 0 ? "north" : "north none");
    for (size_t i = 0; i < c->n_norths; i++) {
        wp_put_char(w, ' ');
        wp_put_text(w, c->norths[i]->name);
    }
    for (size_t i = 0; i < c->setup.n_endpoints; i++) {
        if (!c->setup.endpoints[i].listen)
            continue;
        wp_put_text(w, "; ");
        wp_put_text(w, c->setup.endpoints[i].name);
        wp_put_text(w, c->setup.endpoints[i].transport == WP_UDP ? " on UDP " : " on ");
        wp_put_addr(w, c->setup.endpoints[i].addr);
    }
    if (c->bus) {
        wp_put_text(w, "; bus ");
        wp_put_text(w, c->bus);
    }
    if (c->broker.host) {
        wp_put_text(w, c->broker.tls ? "; broker with TLS " : "; broker ");
        wp_put_text(w, c->broker.host);
        wp_put_char(w, ':');
        wp_put_uint(w, c->broker.port);
        return;
    }
    if (c->broker.none)
        return;
    wp_put_text(w, "; MQTT on ");
    wp_put_addr(w, c->broker.mqtt);
    wp_put_text(w, "; WebSocket on ");
    wp_put_addr(w, c->broker.websocket);
    wp_put_text(w, c->broker.access ? "; with users and rights" : "; open to everybody who reaches it");
}
