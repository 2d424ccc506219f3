#include "harness/sut_config.h"

#include "sim/catalog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void put_broker(FILE *f, const struct sut_places *places)
{
    if (places->broker)
        fprintf(f, "broker: {url: \"mqtt://%s\"}\n", places->broker);
    else
        fprintf(f, "broker: {mqtt: \"127.0.0.1:%s\", websocket: \"127.0.0.1:0\"}\n", places->port);
}

/* ---- options that say where devices are --------------------------------------------------------------- */

struct options {
    struct arena *arena;
    const struct node *set; /* the scenario's; NULL: none */
    const struct sut_devices *devices;
    FILE *file;
    const char *separator;
};

static const char *fallback_of(const char *option)
{
    const struct wp_option *o =
        wp_option_find(wp_gateway_class.options, wp_gateway_class.n_options, wp_text(option));

    return o && o->fallback ? o->fallback : "0";
}

/* "lxp.host" -> "lxp.port" */
static const char *port_option(const struct options *o, const char *option)
{
    return arena_print(o->arena, "%.*s.port", (int)strcspn(option, "."), option);
}

/* What an address without a port means there: as the scenario has it, or by default. */
static uint16_t standard_port(const struct options *o, const char *option)
{
    const char *name = port_option(o, option);

    return (uint16_t)strtoul(node_text(node_get(o->set, name), fallback_of(name)), NULL, 10);
}

static void put_option(struct options *o, const char *name, const char *json)
{
    fprintf(o->file, "%s\"%s\":%s", o->separator, name, json);
    o->separator = ",";
}

static bool ends_with(const char *text, const char *end)
{
    return strlen(text) > strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

/* An address has one place, host and port, of which the host may be given alone. */
static void put_host(struct options *o, const struct node *n, const char *real)
{
    const char *colon = strchr(real, ':');

    put_option(o, n->key, arena_print(o->arena, "\"%.*s\"", (int)(colon - real), real));
    put_option(o, port_option(o, n->key), colon + 1);
}

/* The port of a host that is really elsewhere has been said with it. */
static bool is_said(const struct options *o, const char *option)
{
    const char *host = arena_print(o->arena, "%.*s.host", (int)strcspn(option, "."), option);
    const char *text = node_text(node_get(o->set, host), NULL);

    return ends_with(option, ".port") && text &&
           strchr(sut_real_text(o->arena, o->devices, text, standard_port(o, host)), ':') != NULL;
}

static void put_set(struct options *o)
{
    fputs("set: {", o->file);
    for (const struct node *n = o->set->first; n; n = n->next) {
        const char *text = node_text(n, ""), *real = text;

        if (n->kind == NODE_SCALAR)
            real = sut_real_text(o->arena, o->devices, text, standard_port(o, n->key));
        if (is_said(o, n->key))
            continue;
        if (strcmp(real, text) == 0)
            put_option(o, n->key, node_json(o->arena, n));
        else if (ends_with(n->key, ".host"))
            put_host(o, n, real);
        else
            put_option(o, n->key, arena_print(o->arena, "\"%s\"", real));
    }
    fputs("}\n", o->file);
}

bool sut_config_write(const struct scenario *s, const struct sut_places *places,
                      const struct sut_devices *devices, const char *path, struct wp_writer *why)
{
    const struct node *gateway = node_get(s->root, "gateway"), *set = node_get(gateway, "set");
    struct arena a = {0};
    FILE *f = fopen(path, "w");
    struct options o = {.arena = &a, .set = set, .devices = devices, .file = f, .separator = ""};
    bool good = f != NULL;

    if (good) {
        fprintf(f, "north: %s\n", node_json(&a, node_get(gateway, "north")));
        if (places->south &&
            places->south !=
                places->device) /* TCP and UDP have ports of their own, so one number is free for both */
            fprintf(f, "listen: {meters: \"%s\", pushes: \"%s\"}\n", places->south, places->south);
        else if (places->bus)
            fputs("listen: {meters: 0, pushes: 0}\n", f); /* the usual ports are one gateway's alone */
        put_broker(f, places);
        if (places->bus)
            fprintf(f, "bus: \"%s\"\n", places->bus);
        if (set && set->count > 0)
            put_set(&o);
        good = !ferror(f);
        good = fclose(f) == 0 && good;
    }
    if (!good)
        wp_put_text(why, arena_print(&a, "%s: %s", path, strerror(errno)));
    arena_free(&a);
    return good;
}
