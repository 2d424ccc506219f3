/* The table of what can be given, what was given, whether a service can live with it, and how it begins. */
#include "sim/device/venus_service_inside.h"

#include "sim/codec/venus_topic.h"

const struct wp_option venus_service_options[SERVICE_ROWS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#define FAULT(id, name, type, min, max, choices, help)                                                       \
    {name, WP_OPT_##type, WP_USE_FAULT, "", NULL, min, max, choices, help, false},
#include "sim/device/venus_service.def"
#undef OPTION
#undef FAULT
};

struct wp_value venus_service_given(const struct wp_setup *setup, enum venus_service_row row)
{
    const struct wp_option *option = &venus_service_options[row];
    struct wp_value v = wp_setup_value(setup, option);

    if (v.kind == WP_NULL && option->fallback)
        (void)wp_option_read(option, wp_text(option->fallback), &v, NULL);
    return v;
}

/* Empty: it was not given. */
static struct wp_slice given_text(const struct wp_setup *setup, enum venus_service_row row)
{
    const struct wp_value v = venus_service_given(setup, row);

    return v.kind == WP_TEXT ? v.bytes : (struct wp_slice){0};
}

/* ---- who it is --------------------------------------------------------------------------------------------- */

static struct wp_slice type_of(const struct wp_setup *setup)
{
    const struct wp_slice given = given_text(setup, SERVICE_TYPE), name = given_text(setup, SERVICE_BUS_NAME);
    struct wp_slice type;

    if (given.n > 0)
        return given;
    return name.n > 0 && venus_service_type(name, &type) ? type : wp_text("pvinverter");
}

static const struct venus_profile *profile_of(const struct wp_setup *setup)
{
    return venus_profile_find(type_of(setup));
}

static enum venus_rows rows_of(const struct wp_setup *setup)
{
    const struct wp_slice items = venus_service_given(setup, SERVICE_ITEMS).bytes;

    if (wp_slice_is(items, "none"))
        return VENUS_ROWS_NONE;
    return wp_slice_is(items, "basic") ? VENUS_ROWS_BASIC : VENUS_ROWS_ALL;
}

/* A machine of a fleet has a serial number of its own, which makes its name another one, too. */
static void put_name(const struct wp_setup *setup, struct wp_writer *w)
{
    const struct venus_profile *profile = profile_of(setup);
    const struct wp_slice whole = given_text(setup, SERVICE_BUS_NAME),
                          given = given_text(setup, SERVICE_SUFFIX);
    const struct wp_slice suffix = given.n > 0 ? given : wp_text(profile ? profile->suffix : "");

    if (whole.n > 0) {
        wp_put_slice(w, whole);
        return;
    }
    wp_put_text(w, VENUS_SERVICE_PREFIX);
    wp_put_slice(w, type_of(setup));
    if (suffix.n > 0)
        wp_put_char(w, '.');
    wp_put_slice(w, suffix);
    if (setup->own && setup->own->value.kind == WP_TEXT) {
        wp_put_char(w, '_');
        wp_put_slice(w, setup->own->value.bytes);
    }
}

/* ---- memory ------------------------------------------------------------------------------------------------ */

/* Every list of items that was given: there may be several. */
static bool has_items(const struct wp_option_value *given)
{
    return (given->option == &venus_service_options[SERVICE_VALUES] ||
            given->option == &venus_service_options[SERVICE_UNLISTED]) &&
           given->value.kind == WP_TEXT;
}

static void make_plan(struct venus_items_plan *plan, const struct wp_setup *setup)
{
    size_t items = (size_t)venus_service_given(setup, SERVICE_SPARE).num + 1; /* and /DeviceInstance */
    size_t bytes = (size_t)venus_service_given(setup, SERVICE_MEMORY).num + 256;

    for (size_t i = 0; i < setup->n_given; i++) {
        size_t cost = 0;

        if (has_items(&setup->given[i]))
            items += venus_words_cost(setup->given[i].value.bytes, &cost);
        bytes += cost;
    }
    *plan = (struct venus_items_plan){
        .profile = profile_of(setup),
        .rows = rows_of(setup),
        .is_settings = wp_slice_is(type_of(setup), "settings"),
        .more_items = (uint32_t)items,
        .text_bytes = (uint32_t)bytes,
        .queue_bytes = (uint32_t)venus_service_given(setup, SERVICE_QUEUE).num,
        .write = venus_service_write,
    };
}

static size_t rounded(size_t n)
{
    return (n + 15) / 16 * 16;
}

size_t venus_service_size(const struct wp_setup *setup)
{
    struct venus_items_plan plan;

    make_plan(&plan, setup);
    return rounded(sizeof(struct venus_service)) + venus_items_size(&plan) + venus_items_scratch(&plan);
}

/* ---- may it live ------------------------------------------------------------------------------------------- */

static bool say(struct wp_writer *why, const char *sentence)
{
    if (why)
        wp_put_text(why, sentence);
    return false;
}

static bool are_items(const struct wp_setup *setup, struct wp_writer *why)
{
    for (size_t i = 0; i < setup->n_given; i++) {
        char text[256];
        struct wp_writer w = wp_writer(text, sizeof text);

        if (!has_items(&setup->given[i]) ||
            venus_words_check(setup->given[i].value.bytes, profile_of(setup), &w))
            continue;
        if (why) {
            wp_put_text(why, setup->given[i].option->name);
            wp_put_text(why, ": ");
            wp_put_slice(why, wp_written(&w));
        }
        return false;
    }
    return true;
}

/* How many lines begin within the first n bytes. */
static uint64_t lines_within(struct wp_slice text, size_t n)
{
    uint64_t lines = 0;

    for (size_t i = 0; i < n; i++)
        lines += i == 0 || text.p[i - 1] == '\n';
    return lines;
}

/* "playback: line 3: ..." */
static bool say_line(struct wp_writer *why, uint64_t line, const char *sentence)
{
    if (!why)
        return false;
    wp_put_text(why, "playback: line ");
    wp_put_uint(why, line);
    wp_put_text(why, ": ");
    return say(why, sentence);
}

static bool are_records(const struct wp_setup *setup, struct wp_writer *why)
{
    const struct wp_slice all = given_text(setup, SERVICE_PLAYBACK);
    struct wp_slice text = all;
    struct venus_service_record record, last = {0};
    const char *sentence;

    while (venus_service_next_record(&text, &record, &sentence)) {
        if (record.at < last.at)
            return say_line(why, lines_within(all, all.n - text.n), "it is earlier than the one before it");
        if (!venus_service_is_record(&record, &sentence))
            return say_line(why, lines_within(all, all.n - text.n), sentence);
        last = record;
    }
    return sentence[0] == 0 || say_line(why, lines_within(all, all.n - text.n), sentence);
}

bool venus_service_check(const struct wp_setup *setup, struct wp_writer *why)
{
    char text[2 * DBUS_NAME_MAX];
    struct wp_writer name = wp_writer(text, sizeof text);
    struct wp_slice type;

    put_name(setup, &name);
    if (name.full || name.n > DBUS_NAME_MAX || !dbus_is_well_known(wp_written(&name)) ||
        (given_text(setup, SERVICE_TYPE).n == 0 && !venus_service_type(wp_written(&name), &type)))
        return say(why,
                   "type, suffix and bus.name make no bus name such as com.victronenergy.pvinverter.ttyUSB0");
    if (!profile_of(setup) && rows_of(setup) != VENUS_ROWS_NONE && given_text(setup, SERVICE_TYPE).n > 0)
        return say(why,
                   "type: there is no such type of service; with items: none it has what values gives it");
    return are_items(setup, why) && are_records(setup, why);
}

/* ---- at the start ------------------------------------------------------------------------------------------ */

static void put_text(struct venus_service *m, const char *path, enum venus_service_row row)
{
    struct venus_item *item = venus_items_find(m->items, path);
    const struct wp_slice text = given_text(m->setup, row);

    if (item && text.n > 0)
        (void)venus_items_put(m->items, item, wp_text_value(text));
}

static bool is_of_phase(struct wp_slice path, int64_t beyond)
{
    for (size_t i = 0; i + 3 < path.n; i++)
        if (path.p[i] == '/' && path.p[i + 1] == 'L' && path.p[i + 3] == '/' &&
            path.p[i + 2] > '0' + beyond && path.p[i + 2] <= '3')
            return true;
    return false;
}

static void drop_phases(struct venus_service *m)
{
    static const char *const counts[] = {"/Ac/NumberOfPhases", "/NrOfPhases"};
    const struct wp_value phases = venus_service_given(m->setup, SERVICE_PHASES);

    if (phases.kind == WP_NULL)
        return;
    for (size_t i = 0; i < venus_items_count(m->items); i++)
        if (is_of_phase(venus_items_at(m->items, i)->path, phases.num))
            (void)venus_items_put(m->items, venus_items_at(m->items, i), wp_null());
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (venus_items_find(m->items, counts[i]))
            (void)venus_items_put(m->items, venus_items_find(m->items, counts[i]), phases);
}

static void add_items(struct venus_service *m)
{
    const struct wp_setup *s = m->setup;
    const char *why;

    for (size_t i = 0; i < s->n_given; i++) {
        struct wp_slice text = s->given[i].value.bytes;
        struct venus_words words;

        while (has_items(&s->given[i]) && venus_words_next(&text, &words, &why)) {
            if (!venus_items_assign_one(m->items, &words, &why))
                continue; /* venus_service_check has looked at them */
            venus_items_find_slice(m->items, words.path)->is_unlisted =
                s->given[i].option == &venus_service_options[SERVICE_UNLISTED];
        }
    }
}

void venus_service_begin(struct venus_service *m, const struct wp_setup *setup)
{
    uint8_t *memory = (uint8_t *)m + rounded(sizeof *m);
    struct wp_writer name = wp_writer(m->name, sizeof m->name);

    memset(m, 0, sizeof *m);
    m->setup = setup;
    m->next_row = WP_NEVER;
    put_name(setup, &name);
    make_plan(&m->plan, setup);
    m->plan.endpoint = wp_setup_endpoint(setup, "bus");
    m->plan.name = wp_written(&name);
    m->plan.scratch = memory + venus_items_size(&m->plan);
    m->plan.ctx = m;
    m->items = venus_items_init(&m->plan, memory);
    put_text(m, "/Serial", SERVICE_SERIAL);
    put_text(m, "/Mgmt/Connection", SERVICE_CONNECTION);
    drop_phases(m);
    add_items(m);
    venus_service_begin_settings(m);
    venus_items_quiet(m->items);
}
