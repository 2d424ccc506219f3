/* Any setup, settings, faults, held values and writes of a simulated Victron site, in any order and time: it is refused with
 * a sentence, or adds up and keeps within its battery and memory.
 *
 * The input is lines: "NAME VALUE" an option, "+N" so many tenths of a second, "wPATH NUMBER" a write to every service that
 * has the item. What is given before the first "+" is the setup. */
#define RIG_WITHOUT_CHECK
#include "tests/venus_system_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_MAX_HERE = 2048, STEPS_MAX = 64 };

static struct rig f;
static char text[LINE_MAX_HERE + 1];

/* The line off the front, as a string in `text`. */
static bool next_line(struct wp_slice *in)
{
    size_t n = 0;

    while (n < in->n && in->p[n] != '\n')
        n++;
    if (in->n == 0 || n > LINE_MAX_HERE)
        return false;
    memcpy(text, in->p, n);
    text[n] = '\0';
    *in = wp_slice_from(*in, n < in->n ? n + 1 : n);
    return true;
}

/* "NAME VALUE": the value's text lives as long as `memory`. */
static bool read_option(char *memory, struct wp_option_value *out)
{
    char *blank;

    strcpy(memory, text);
    blank = strchr(memory, ' ');
    if (!blank)
        return false;
    *out = (struct wp_option_value){.option = wp_option_find(venus_system_options, SYSTEM_ROWS,
                                                             wp_slice(memory, (size_t)(blank - memory)))};
    return out->option && wp_option_read(out->option, wp_text(blank + 1), &out->value, NULL);
}

static void check(void)
{
    assert(f.m->physics.stored >= 0);
    assert(f.m->physics.stored <= venus_physics_capacity(&f.m->physics));
    assert(f.m->n_pins <= (uint32_t)venus_system_given(&f.setup, SYSTEM_PINS).num);
}

static void set(struct wp_option_value v)
{
    const bool is_null = v.value.kind == WP_TEXT && wp_slice_is(v.value.bytes, "null");

    if (v.option->use == WP_USE_SETUP || v.option->use == WP_USE_SECRET)
        return;
    rig_step(&f, (struct wp_event){.kind = WP_EV_SET,
                                   .set = {.option = v.option,
                                           .value = is_null ? wp_null() : v.value,
                                           .times = (uint32_t)(f.now % 7)}});
    rig_settle(&f);
}

static void write_all(const char *path)
{
    const char *blank = strchr(path, ' ');
    struct wp_value v;

    if (!blank || !wp_number_read(wp_text(blank + 1), &v))
        v = wp_null();
    for (uint32_t i = 0; i < f.m->n_services; i++) {
        struct venus_system_service *s = &f.m->service[i];
        struct venus_item *item =
            venus_items_find_slice(s->items, wp_slice(path, blank ? (size_t)(blank - path) : strlen(path)));
        struct wp_value coerced;
        char name[VENUS_NAME_MAX], whole[VENUS_PATH_MAX + 1];

        if (!item || f.port[s->plan.endpoint] == 0 || !venus_item_coerce(item, v, &coerced))
            continue;
        snprintf(name, sizeof name, "%s/%d", s->profile->type, s->instance);
        snprintf(whole, sizeof whole, "%.*s", (int)item->path.n, (const char *)item->path.p);
        (void)rig_write(&f, name, whole, v);
    }
}

static bool begin(struct wp_slice *in)
{
    static char memory[RIG_GIVEN_MAX][LINE_MAX_HERE + 1];

    memset(&f, 0, sizeof f);
    f.outbox.emit = rig_emit;
    f.setup = (struct wp_setup){.name = "site",
                                .seed = 1,
                                .epoch_us = RIG_EPOCH,
                                .given = f.given,
                                .endpoints = venus_system_endpoints,
                                .n_endpoints = VENUS_SERVICES_MAX};
    while (in->n > 0 && in->p[0] != '+' && next_line(in))
        if (f.setup.n_given < RIG_GIVEN_MAX &&
            read_option(memory[f.setup.n_given], &f.given[f.setup.n_given]))
            f.setup.n_given++;
    /* A fuzzer is no place for megabytes. */
    if (venus_system_given(&f.setup, SYSTEM_TEXT).num > 100000 ||
        venus_system_given(&f.setup, SYSTEM_ITEMS).num > 1000)
        return false;
    return venus_system_class.check(&f.setup, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char memory[LINE_MAX_HERE + 1];
    struct wp_slice in = wp_slice(data, size);
    struct wp_option_value v;

    if (!begin(&in))
        return 0;
    f.m = calloc(1, venus_system_class.size(&f.setup));
    assert(f.m);
    venus_system_class.init(&f.setup, f.m);
    rig_step(&f, (struct wp_event){.kind = WP_EV_START});
    rig_run(&f, 0);
    for (unsigned i = 0; i < STEPS_MAX && next_line(&in); i++) {
        if (text[0] == '+')
            rig_run(&f, WP_MS(100) * (atoi(text + 1) > 0 ? atoi(text + 1) % 600 : 1));
        else if (text[0] == 'w')
            write_all(text + 1);
        else if (read_option(memory, &v))
            set(v);
        check();
    }
    rig_end(&f);
    return 0;
}
