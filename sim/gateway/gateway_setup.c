/* What a gateway is made from: its options, and the memory of all its parts. */
#include "sim/gateway/gateway_impl.h"
#include "sim/gateway/lxp_inverters.h"
#include "sim/gateway/sign_on.h"

const struct wp_option gateway_options[GATEWAY_N_OPTIONS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#include "sim/gateway/gateway_options.def"
#undef OPTION
};

static const struct wp_class *part_class(const struct wp_parts *parts, size_t i)
{
    return i < parts->n_souths ? parts->souths[i] : parts->norths[i - parts->n_souths];
}

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), n_end = strlen(end);

    return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

/* Of every south that has an option called so. */
static size_t sum_of(const struct wp_setup *setup, const char *end)
{
    size_t sum = 0;

    for (size_t i = 0; i < setup->parts->n_souths; i++) {
        const struct wp_class *south = setup->parts->souths[i];

        for (size_t k = 0; k < south->n_options; k++)
            if (ends_in(south->options[k].name, end))
                sum += (size_t)wp_setup_value(setup, &south->options[k]).num;
    }
    return sum;
}

size_t gateway_max_meters(const struct wp_setup *setup)
{
    return (size_t)gateway_given(setup, GATEWAY_METERS_MAX_CONNECTIONS).num + sum_of(setup, ".max_devices");
}

size_t gateway_max_devices(const struct wp_setup *setup)
{
    return gateway_max_meters(setup) + lxp_inverters_count(setup) + sum_of(setup, ".max_services");
}

static bool lists(const struct wp_class *class, const char *endpoint)
{
    for (size_t i = 0; i < class->n_endpoints; i++)
        if (strcmp(class->endpoints[i].name, endpoint) == 0)
            return true;
    return false;
}

uint8_t gateway_endpoint_part(const struct wp_parts *parts, size_t from, const char *name)
{
    for (size_t i = from; i < parts->n_souths + parts->n_norths; i++)
        if (lists(part_class(parts, i), name))
            return (uint8_t)i;
    return GATEWAY_PARTS_MAX;
}

bool gateway_can_hand_on(const struct wp_setup *setup, const struct wp_class *self, const char *endpoint)
{
    const struct wp_parts *parts = setup->parts;
    size_t i = 0;

    while (i < parts->n_souths && parts->souths[i] != self)
        i++;
    return gateway_endpoint_part(parts, i + 1, endpoint) < parts->n_souths;
}

/* n.n.n */
static bool is_version(struct wp_slice text)
{
    size_t dots = 0;

    for (size_t i = 0; i < text.n; i++) {
        bool digit = text.p[i] >= '0' && text.p[i] <= '9';

        if (!digit && (text.p[i] != '.' || i == 0 || i + 1 == text.n || text.p[i - 1] == '.'))
            return false;
        dots += !digit;
    }
    return dots == 2;
}

static bool is_meter_list(struct wp_value v)
{
    return v.kind != WP_TEXT || sign_on_is_list(v.bytes);
}

static bool say(struct wp_writer *why, const char *sentence)
{
    wp_put_text(why, sentence);
    return false;
}

bool gateway_check(const struct wp_setup *setup, struct wp_writer *why)
{
    const struct wp_parts *parts = setup->parts;

    if (!parts || parts->n_souths + parts->n_norths == 0)
        return say(why, "a gateway needs a south or a north");
    if (parts->n_souths + parts->n_norths > GATEWAY_PARTS_MAX || setup->n_endpoints > GATEWAY_ENDPOINTS_MAX)
        return say(why, "a gateway has at most 16 parts and 32 endpoints");
    for (size_t i = 0; i < setup->n_endpoints; i++)
        if (gateway_endpoint_part(parts, 0, setup->endpoints[i].name) == GATEWAY_PARTS_MAX)
            return say(why, "an endpoint belongs to none of the gateway's parts");
    if (!is_version(gateway_given(setup, GATEWAY_VERSION).bytes))
        return say(why, "gateway.version takes three numbers with dots between them");
    if (gateway_given(setup, GATEWAY_NAME).bytes.n == 0)
        return say(why, "gateway.name takes a text that is not empty");
    if (!is_meter_list(gateway_given(setup, GATEWAY_DLMS_METERS)))
        return say(why, "dlms.meters takes 12-digit numbers with commas between them, or *");
    if (!sign_on_check(setup, why) || !polling_check(setup, why) || !lxp_inverters_check(setup, why))
        return false;
    for (size_t i = 0; i < parts->n_souths + parts->n_norths; i++)
        if (part_class(parts, i)->check && !part_class(parts, i)->check(setup, why))
            return false;
    return true;
}

static void init_part(struct gateway *g, size_t i, void *memory)
{
    struct gateway_part *p = &g->part[i];

    *p = (struct gateway_part){
        .outbox = {.emit = gateway_part_emit},
        .gateway = g,
        .class = part_class(g->setup.setup.parts, i),
        .machine = memory,
        .number = (uint16_t)i,
    };
    p->class->init(&g->setup.setup, memory);
}

static void find_owner(struct gateway *g, size_t endpoint)
{
    const struct wp_endpoint *e = &g->setup.setup.endpoints[endpoint];

    g->owner[endpoint] = gateway_endpoint_part(g->setup.setup.parts, 0, e->name);
    g->has_door[endpoint] = e->transport == WP_TCP && e->listen && g->owner[endpoint] < g->n_souths;
}

/* Counts the memory, or hands it out and makes everything. */
static void lay_out(const struct wp_setup *setup, struct wp_carve *memory)
{
    const struct wp_parts *parts = setup->parts;
    struct gateway *g = wp_carve(memory, sizeof *g);
    struct gateway_part_setup sizing = {.setup = *setup};
    struct roster none;
    struct door no_door;

    if (g) {
        *g = (struct gateway){.setup = {.setup = *setup, .facts = &g->facts}};
        g->epoch_us = setup->epoch_us;
        g->n_souths = parts->n_souths;
        g->n_parts = parts->n_souths + parts->n_norths;
        for (size_t i = 0; i < setup->n_endpoints; i++)
            find_owner(g, i);
    }
    door_lay_out(g ? &g->door : &no_door, memory, setup);
    roster_lay_out(g ? &g->roster : &none, memory, gateway_max_devices(setup));
    for (size_t i = 0; i < parts->n_souths + parts->n_norths; i++) {
        void *part = wp_carve(memory, part_class(parts, i)->size(&sizing.setup));

        if (g)
            init_part(g, i, part);
    }
}

size_t gateway_size(const struct wp_setup *setup)
{
    struct wp_carve count = {NULL, 0};

    lay_out(setup, &count);
    return count.n;
}

void gateway_init(const struct wp_setup *setup, void *memory)
{
    struct wp_carve room = {memory, 0};
    struct gateway *g = memory;

    lay_out(setup, &room);
    polling_init(&g->polling, setup, &g->roster, &g->facts);
    g->facts.name = gateway_given(setup, GATEWAY_NAME).bytes;
    g->facts.version = gateway_given(setup, GATEWAY_VERSION).bytes;
    g->facts.epoch_us = setup->epoch_us + gateway_given(setup, GATEWAY_CLOCK).num;
}

void gateway_keys(const struct wp_setup *setup, wp_take_key *take, void *ctx)
{
    for (size_t i = 0; i < setup->parts->n_souths; i++)
        if (setup->parts->souths[i]->keys)
            setup->parts->souths[i]->keys(setup, take, ctx);
}
