/* A file of devices alone, for `wattproof device`: the same devices and links as a scenario's, and where they dial. */
#include "harness/obey.h"
#include "harness/scenario_impl.h"

#include <stdlib.h>

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

static bool read_parts(struct scenario *s, struct wp_addr *ret_gateway, struct wp_writer *why)
{
    const struct node *gateway = node_get(s->root, "gateway"), *seed = node_get(s->root, "seed");

    if (!wp_addr_read(gateway->text, ret_gateway) || ret_gateway->port == 0)
        return scenario_fail(s, gateway, why, "'%s' is no address and port, such as 192.168.1.5:8899",
                             node_text(gateway, ""));
    s->name = "device";
    s->has_seed = seed != NULL;
    s->seed = strtoull(node_text(seed, "1"), NULL, 10);
    return scenario_read_links(s, why) && scenario_read_devices(s, why) && names_differ(s, why);
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

/* The fleet's i-th address: the given digits count up, as many as there are. */
static struct wp_value count_up(struct arena *a, struct wp_value first, uint32_t i)
{
    unsigned long long number = 0;

    for (size_t k = 0; k < first.bytes.n; k++)
        number = number * 10 + (unsigned long long)(first.bytes.p[k] - '0');
    return wp_text_value(wp_text(arena_print(a, "%0*llu", (int)first.bytes.n, number + i)));
}

const struct wp_option_value *scenario_fleet_own(struct arena *a, const struct scenario_device *d, uint32_t i)
{
    for (size_t k = 0; i > 0 && k < d->n_given; k++) {
        struct wp_option_value *own;

        if (strcmp(d->given[k].option->name, "address") != 0 || d->given[k].value.kind != WP_TEXT)
            continue;
        own = arena_get(a, sizeof *own);
        own->option = d->given[k].option;
        own->value = count_up(a, d->given[k].value, i);
        return own;
    }
    return NULL;
}
