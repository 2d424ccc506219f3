#include "harness/service_options.h"

#include "sim/catalog.h"

#include <ctype.h>

enum { NAME_COLUMN = 27 };

const struct wp_option service_options[SERVICE_N_OPTIONS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#include "harness/service_options.def"
#undef OPTION
};

size_t service_classes(const struct wp_parts *parts, const struct wp_class *classes[SERVICE_CLASSES_MAX])
{
    size_t n = 0;

    classes[n++] = &wp_gateway_class;
    for (size_t i = 0; i < parts->n_souths && n < SERVICE_CLASSES_MAX; i++)
        classes[n++] = parts->souths[i];
    for (size_t i = 0; i < parts->n_norths && n < SERVICE_CLASSES_MAX; i++)
        classes[n++] = parts->norths[i];
    return n;
}

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), n_end = strlen(end);

    return n >= n_end && strcmp(name + n - n_end, end) == 0;
}

bool service_is_secret(const struct wp_option *option)
{
    return option->use == WP_USE_SECRET;
}

bool service_may_be_file(const struct wp_option *option)
{
    return service_is_secret(option) || ends_in(option->name, ".tables");
}

const char *service_variable(struct arena *a, const char *key)
{
    char *name = arena_print(a, "WATTPROOF_%s", key);

    for (char *p = name; *p; p++)
        *p = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
    return name;
}

/* ---- printing --------------------------------------------------------------------------------------- */

static void put_bound(struct wp_writer *w, const struct wp_option *o, int64_t bound)
{
    struct wp_value v = wp_int(bound);

    if (o->type == WP_OPT_DURATION) {
        wp_put_duration(w, bound);
        return;
    }
    if (o->type == WP_OPT_DECIMAL)
        for (v.exp10 = -6; v.exp10 < 0 && v.num % 10 == 0; v.exp10++)
            v.num /= 10;
    wp_put_value(w, v);
}

/* "whole number 1..255", "duration 1ms..1h", "error|warning|info" */
static void put_takes(struct wp_writer *w, const struct wp_option *o)
{
    static const char *const words[] = {
        [WP_OPT_BOOL] = "true|false",   [WP_OPT_INT] = "whole number", [WP_OPT_DECIMAL] = "number",
        [WP_OPT_DURATION] = "duration", [WP_OPT_TEXT] = "text",        [WP_OPT_HEX] = "hex digits",
        [WP_OPT_FILE] = "file",
    };

    wp_put_text(w, o->type == WP_OPT_ENUM ? o->choices : words[o->type]);
    if (o->min != 0 || o->max != 0) {
        wp_put_char(w, ' ');
        put_bound(w, o, o->min);
        wp_put_text(w, "..");
        put_bound(w, o, o->max);
    }
    if (*o->unit) {
        wp_put_char(w, ' ');
        wp_put_text(w, o->unit);
    }
}

static void print_row(FILE *out, const char *name, const char *takes, const char *fallback, const char *help)
{
    fprintf(out, "  %-*s %s%s%s\n      %s\n", NAME_COLUMN, name, takes, fallback ? ", default " : "",
            fallback ? fallback : "", help);
}

static void print_option(FILE *out, const struct wp_option *o)
{
    char takes[128];
    struct wp_writer w = wp_writer(takes, sizeof takes);

    put_takes(&w, o);
    print_row(out, o->name, wp_put_end(&w), o->fallback, o->help);
}

static bool has_endpoint(const struct wp_class *const *classes, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < classes[i]->n_endpoints; k++)
            if (strcmp(classes[i]->endpoints[k].name, name) == 0)
                return true;
    return false;
}

/* Of the class at `at`; a listener that an earlier one shares is there already. */
static void print_listeners(FILE *out, const struct wp_class *const *classes, size_t at)
{
    for (size_t i = 0; i < classes[at]->n_endpoints; i++) {
        const struct wp_endpoint *e = &classes[at]->endpoints[i];
        char name[64], port[8];

        if (!e->listen || has_endpoint(classes, at, e->name))
            continue;
        snprintf(name, sizeof name, "listen.%s", e->name);
        snprintf(port, sizeof port, "%u", e->addr.port);
        print_row(out, name, "text", port, "port, or address:port where devices dial in");
    }
}

static void print_service(FILE *out, const struct wp_class *const *classes, size_t n)
{
    fputs(
        "The file is YAML; a dot stands for a level: broker: {mqtt: 1883}. One that ends in .ini has the "
        "form of\n"
        "the octolux document: [mqtt] uri, [lxp] host, port, serial, datalog; and [gateway] may hold the "
        "options\n"
        "below by their full names. Each key may come from the\n"
        "environment instead, which wins: WATTPROOF_BROKER_MQTT=1883. A password may stand in a file:\n"
        "ivy.password_file: PATH, or WATTPROOF_IVY_PASSWORD_FILE=PATH. So may dlms.keys and dlms.tables.\n\n"
        "the service\n",
        out);
    print_row(out, "north", "list of APIs, or none", "[ivy]", "what the gateway speaks");
    print_row(out, "south", "list of protocols", "all", "what the devices below it speak");
    for (size_t i = 0; i < SERVICE_N_OPTIONS; i++) {
        if (i == SERVICE_MQTT)
            for (size_t k = 0; k < n; k++)
                print_listeners(out, classes, k);
        print_option(out, &service_options[i]);
        if (i != SERVICE_WEBSOCKET)
            continue;
        print_row(out, "broker.users", "map NAME: PASSWORD", NULL,
                  "own broker: who may log in; NAME: {password_file: PATH} reads it from a file");
        print_row(out, "broker.rules", "list of {user, may, filter}", "the documented rights",
                  "own broker, with users: may is [subscribe, publish]; without user: everybody");
        print_row(out, "broker.vrm", "map: users, monitor_only_may_read", NULL,
                  "own broker: NAME: {password: P, tokens: [T], installations: [ID]}, as the VRM servers "
                  "have them");
    }
    print_row(out, "set", "map of the options below", NULL,
              "each by its full name: set: {polling.interval: 30s}");
}

bool service_print_options(const char *api, FILE *out)
{
    const struct wp_class *classes[SERVICE_CLASSES_MAX], *north = api ? wp_north_find(api) : NULL;
    const struct wp_parts parts = {wp_souths, wp_n_souths, north ? &north : wp_norths,
                                   north ? 1 : wp_n_norths};
    size_t n = service_classes(&parts, classes);

    if (api && !north)
        return false;
    print_service(out, classes, n);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "\nset: %s, %s\n", classes[i]->name, classes[i]->help);
        for (size_t k = 0; k < classes[i]->n_options; k++)
            print_option(out, &classes[i]->options[k]);
    }
    return true;
}
