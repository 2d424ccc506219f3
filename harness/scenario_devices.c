/* A file of devices alone, for `wattproof device`: the same devices and links as a scenario's, and where they dial. */
#include "harness/obey.h"
#include "harness/scenario_impl.h"
#include "sim/world/world.h"

#include <stdlib.h>
#include <time.h>

enum { DIGITS_MAX = 18 }; /* that a number holds */

/* "m" of three is m1, m2 and m3: does that name another one, too? */
static bool is_in_fleet(const struct scenario_device *fleet, const char *name)
{
    size_t n = strlen(fleet->name);
    char *end;
    unsigned long number;

    if (fleet->count == 1 || strncmp(fleet->name, name, n) != 0 || name[n] < '1' || name[n] > '9')
        return false;
    number = strtoul(name + n, &end, 10);
    return *end == 0 && number <= fleet->count;
}

static bool names_differ(struct scenario *s, struct wp_writer *why)
{
    for (size_t i = 0; i < s->n_devices; i++)
        for (size_t k = 0; k < s->n_devices; k++)
            if (i != k && is_in_fleet(&s->devices[i], s->devices[k].name))
                return scenario_fail(s, node_get(s->root, "devices"), why,
                                     "'%s' is one of the fleet '%s', too", s->devices[k].name,
                                     s->devices[i].name);
    return true;
}

static bool has_endpoint(const struct scenario_device *d, bool listens)
{
    for (size_t i = 0; i < d->class->n_endpoints; i++)
        if (d->class->endpoints[i].listen == listens && d->class->endpoints[i].transport != WP_BUS)
            return true;
    return false;
}

static bool read_places(struct scenario *s, struct wp_writer *why)
{
    const struct node *n = node_get(s->root, "devices")->first;

    for (size_t i = 0; i < s->n_devices; i++, n = n->next) {
        struct scenario_device *d = &s->devices[i];
        const struct node *listen = node_get(n, "listen");

        d->has_listen = listen != NULL;
        if (listen && !has_endpoint(d, true))
            return scenario_fail(s, listen, why, "a %s dials: it listens nowhere", d->class->name);
        if (listen && !wp_addr_read(listen->text, &d->listen))
            return scenario_fail(s, listen, why, "'%s' is no address, such as 127.0.0.1:8000",
                                 node_text(listen, ""));
    }
    return true;
}

/* Only those that dial need one. */
static bool read_gateway(struct scenario *s, struct wp_addr *ret_gateway, struct wp_writer *why)
{
    const struct node *gateway = node_get(s->root, "gateway");

    *ret_gateway = (struct wp_addr){0};
    if (gateway && (!wp_addr_read(gateway->text, ret_gateway) || ret_gateway->port == 0))
        return scenario_fail(s, gateway, why, "'%s' is no address and port, such as 192.168.1.5:8899",
                             node_text(gateway, ""));
    for (size_t i = 0; !gateway && i < s->n_devices; i++)
        if (has_endpoint(&s->devices[i], false))
            return scenario_fail(s, s->root, why,
                                 "%s dials: say where its gateway is, such as gateway: 192.168.1.5:8899",
                                 s->devices[i].name);
    return true;
}

/* The environment wins. */
static bool read_bus(struct scenario *s, struct wp_writer *why)
{
    const struct node *bus = node_get(s->root, "bus");
    const char *variable = getenv("WATTPROOF_BUS");
    char text[400];
    struct wp_writer sentence = wp_writer(text, sizeof text);
    bool is_set = variable && *variable;

    s->bus = is_set ? variable : bus ? node_text(bus, "") : NULL;
    if (!s->bus || world_is_bus(s->bus, &sentence))
        return true;
    return scenario_fail(s, is_set ? s->root : bus, why, "%s: %s", is_set ? "WATTPROOF_BUS" : "bus",
                         wp_put_end(&sentence));
}

static bool read_parts(struct scenario *s, struct wp_addr *ret_gateway, struct wp_writer *why)
{
    const struct node *seed = node_get(s->root, "seed");

    s->name = "device";
    s->epoch_us = (int64_t)time(NULL) * WP_SEC(1);
    s->has_seed = seed != NULL;
    s->seed = strtoull(node_text(seed, "1"), NULL, 10);
    return scenario_read_links(s, why) && scenario_read_devices(s, why) && names_differ(s, why) &&
           read_places(s, why) && read_gateway(s, ret_gateway, why) && read_bus(s, why);
}

bool scenario_load_devices_text(const char *file, struct wp_slice text, struct scenario_list *list,
                                struct wp_addr *ret_gateway, struct wp_writer *why)
{
    struct scenario *s = calloc(1, sizeof *s);
    bool good;

    if (!s)
        abort();
    scenario_list_add(list, s);
    s->file = arena_text(&s->arena, wp_text(file));
    s->root = yaml_read(&s->arena, s->file, text, why);
    good = s->root &&
           obeys_schema("harness/device.schema.json", &s->arena, s->file, s->root, "the file", why) &&
           read_parts(s, ret_gateway, why);
    if (!s->root)
        wp_put_text(why, "\n");
    return good;
}

bool scenario_load_devices(const char *file, struct scenario_list *list, struct wp_addr *ret_gateway,
                           struct wp_writer *why)
{
    struct arena a = {0};
    struct wp_slice text = file_read(&a, file, why);
    bool good = text.p && scenario_load_devices_text(file, text, list, ret_gateway, why);

    if (!text.p)
        wp_put_text(why, "\n");
    arena_free(&a);
    return good;
}

/* ---- fleets ----------------------------------------------------------------------------------------- */

/* The fleet's i-th name: the digits at the end of the first one count up, as many as there are. */
static struct wp_value count_up(struct arena *a, struct wp_slice first, uint32_t i)
{
    unsigned long long number = 0, bound = 1;
    size_t digits = 0, before;

    while (digits < first.n && digits < DIGITS_MAX && first.p[first.n - 1 - digits] >= '0' &&
           first.p[first.n - 1 - digits] <= '9')
        digits++;
    before = first.n - digits;
    for (size_t k = before; k < first.n; k++, bound *= 10)
        number = number * 10 + (unsigned long long)(first.p[k] - '0');
    if (digits == 0)
        return wp_text_value(first);
    return wp_text_value(wp_text(
        arena_print(a, "%.*s%0*llu", (int)before, (const char *)first.p, (int)digits, (number + i) % bound)));
}

/* What the first one is called: its address where it has one, as given; else its serial, given or by default. */
static const struct wp_option *find_name(const struct scenario_device *d, struct wp_slice *ret_first)
{
    const struct wp_class *class = d->class;
    const struct wp_option *address = wp_option_find(class->options, class->n_options, wp_text("address"));
    const struct wp_option *option =
        address ? address : wp_option_find(class->options, class->n_options, wp_text("serial"));

    *ret_first =
        option && !address && option->fallback ? wp_text(option->fallback) : (struct wp_slice){NULL, 0};
    for (size_t k = 0; k < d->n_given; k++)
        if (d->given[k].option == option && d->given[k].value.kind == WP_TEXT)
            *ret_first = d->given[k].value.bytes;
    return option;
}

const struct wp_option_value *scenario_fleet_own(struct arena *a, const struct scenario_device *d, uint32_t i)
{
    struct wp_slice first;
    const struct wp_option *option = find_name(d, &first);
    struct wp_option_value *own;

    if (i == 0 || first.n == 0)
        return NULL;
    own = arena_get(a, sizeof *own);
    *own = (struct wp_option_value){option, count_up(a, first, i)};
    return own;
}
