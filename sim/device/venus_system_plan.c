/* Which services the site has: the list that was given, each one's name and place, and whether such a site may live. */
#include "sim/device/venus_system_inside.h"

enum { INSTANCE_MAX = 99999, QUEUE_BYTES = 8192 };

const struct wp_option venus_system_options[SYSTEM_ROWS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#define FAULT(id, name, type, min, max, choices, help)                                                       \
    {name, WP_OPT_##type, WP_USE_FAULT, "", NULL, min, max, choices, help, false},
#include "sim/device/venus_system.def"
#undef OPTION
#undef FAULT
};

#define ENDPOINT(n)                                                                                          \
    {                                                                                                        \
        .name = "service" #n, .transport = WP_BUS                                                            \
    }
const struct wp_endpoint venus_system_endpoints[VENUS_SERVICES_MAX] = {
    ENDPOINT(1),  ENDPOINT(2),  ENDPOINT(3),  ENDPOINT(4),  ENDPOINT(5),  ENDPOINT(6),
    ENDPOINT(7),  ENDPOINT(8),  ENDPOINT(9),  ENDPOINT(10), ENDPOINT(11), ENDPOINT(12),
    ENDPOINT(13), ENDPOINT(14), ENDPOINT(15), ENDPOINT(16), ENDPOINT(17), ENDPOINT(18),
    ENDPOINT(19), ENDPOINT(20), ENDPOINT(21), ENDPOINT(22), ENDPOINT(23), ENDPOINT(24),
};

struct wp_value venus_system_given(const struct wp_setup *setup, enum venus_system_row row)
{
    const struct wp_option *option = &venus_system_options[row];
    struct wp_value v = wp_setup_value(setup, option);

    if (v.kind == WP_NULL && option->fallback)
        (void)wp_option_read(option, wp_text(option->fallback), &v, NULL);
    return v;
}

/* ---- the list --------------------------------------------------------------------------------------------------- */

static bool is_between(uint8_t c)
{
    return c == ' ' || c == ',' || c == '\n' || c == '\t';
}

static bool read_instance(struct wp_slice digits, int *out)
{
    int n = 0;

    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9' || n > INSTANCE_MAX / 10)
            return false;
        n = n * 10 + (digits.p[i] - '0');
    }
    *out = n;
    return digits.n > 0;
}

bool venus_system_next(struct wp_slice *text, const struct venus_profile **ret_profile, int *ret_instance,
                       const char **ret_why)
{
    size_t n = 0, slash;
    struct wp_slice word;

    *ret_why = "";
    while (text->n > 0 && is_between(text->p[0]))
        *text = wp_slice_from(*text, 1);
    while (n < text->n && !is_between(text->p[n]))
        n++;
    word = wp_slice(text->p, n);
    *text = wp_slice_from(*text, n);
    if (n == 0)
        return false;
    for (slash = 0; slash < n && word.p[slash] != '/';)
        slash++;
    *ret_profile = venus_profile_find(wp_slice(word.p, slash));
    *ret_why = "there is a service of no known type; see venus-service";
    if (!*ret_profile)
        return false;
    *ret_instance = (*ret_profile)->instance;
    *ret_why = "an instance is a number, as in pvinverter/20";
    return slash == n || read_instance(wp_slice_from(word, slash + 1), ret_instance);
}

/* Of these a site has one: the physics know no other. */
static bool is_single(const struct venus_profile *profile)
{
    static const char *const single[] = {"acload", "dcsystem", "evcharger", "genset", "grid", "vebus"};

    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
        if (wp_slice_is(wp_text(profile->type), single[i]))
            return true;
    return profile->suffix[0] == '\0';
}

static bool is_alone(const struct venus_system *m, const struct venus_profile *profile, int instance,
                     const char **ret_why)
{
    for (uint32_t i = 0; i < m->n_services; i++) {
        const struct venus_system_service *s = &m->service[i];

        *ret_why = "it is listed twice";
        if (s->profile == profile && (s->instance == instance || is_single(profile)))
            return false;
    }
    *ret_why = "a service of which there is only one has instance 0";
    return profile->suffix[0] != '\0' || instance == profile->instance;
}

/* The text up to where the fault is. */
static bool refuse(struct wp_writer *why, struct wp_slice list, struct wp_slice rest, const char *sentence)
{
    if (why) {
        wp_put_text(why, "services: ");
        wp_put_slice(why, wp_slice(list.p, list.n - rest.n));
        wp_put_text(why, ": ");
        wp_put_text(why, sentence);
    }
    return false;
}

static bool list(struct venus_system *m, struct wp_slice text, struct wp_writer *why)
{
    const struct wp_slice whole = text;
    const struct venus_profile *profile;
    const char *sentence;
    int instance;

    m->n_services = 0;
    while (venus_system_next(&text, &profile, &instance, &sentence)) {
        if (m->n_services == VENUS_SERVICES_MAX)
            return refuse(why, whole, text, "a site has 24 services at most");
        if (!is_alone(m, profile, instance, &sentence))
            return refuse(why, whole, text, sentence);
        m->service[m->n_services++] = (struct venus_system_service){.profile = profile, .instance = instance};
    }
    if (sentence[0])
        return refuse(why, whole, text, sentence);
    return m->n_services > 0 || refuse(why, whole, text, "a site has a service at least");
}

/* ---- names and places ------------------------------------------------------------------------------------------- */

/* "com.victronenergy.solarcharger.ttyO2"; another instance than the usual one is behind it. */
static void name(struct venus_system_service *s)
{
    struct wp_writer w = wp_writer(s->name, sizeof s->name);

    wp_put_text(&w, "com.victronenergy.");
    wp_put_text(&w, s->profile->type);
    if (s->profile->suffix[0]) {
        wp_put_char(&w, '.');
        wp_put_text(&w, s->profile->suffix);
        if (s->instance != s->profile->instance) {
            wp_put_char(&w, '_');
            wp_put_int(&w, s->instance);
        }
    }
    assert(!w.full);
    s->plan.name = wp_written(&w);
}

/* As its driver does; the others tell several changes in one signal. */
bool venus_system_tells_each(const struct venus_profile *profile)
{
    static const char *const each[] = {"acload",     "battery",  "genset",       "grid",
                                       "pvinverter", "settings", "solarcharger", "vebus"};

    for (size_t i = 0; i < sizeof each / sizeof each[0]; i++)
        if (wp_slice_is(wp_text(profile->type), each[i]))
            return true;
    return false;
}

static void count_parts(struct venus_system *m, struct venus_system_service *s)
{
    s->parts = s->part = 0;
    for (uint32_t i = 0; i < m->n_services; i++) {
        if (m->service[i].profile != s->profile)
            continue;
        if (&m->service[i] < s)
            s->part++;
        s->parts++;
    }
}

void venus_system_plan(struct venus_system *m, const struct wp_setup *setup)
{
    char endpoint[] = "service24";

    m->setup = setup;
    (void)list(m, venus_system_given(setup, SYSTEM_SERVICES).bytes, NULL);
    for (uint32_t i = 0; i < m->n_services; i++) {
        struct venus_system_service *s = &m->service[i];
        struct wp_writer w = wp_writer(endpoint, sizeof endpoint);

        wp_put_text(&w, "service");
        wp_put_uint(&w, i + 1);
        s->site = m;
        count_parts(m, s);
        s->plan = (struct venus_items_plan){
            .endpoint = wp_setup_endpoint(setup, wp_put_end(&w)),
            .profile = s->profile,
            .is_settings = wp_slice_is(wp_text(s->profile->type), "settings"),
            .more_items = (uint32_t)venus_system_given(setup, SYSTEM_ITEMS).num,
            .text_bytes = (uint32_t)venus_system_given(setup, SYSTEM_TEXT).num,
            .queue_bytes = QUEUE_BYTES,
            .write = venus_controls_write,
            .written = venus_controls_written,
            .ctx = s,
        };
        name(s);
    }
}

bool venus_system_has(const struct venus_system *m, const char *type)
{
    for (uint32_t i = 0; i < m->n_services; i++)
        if (wp_slice_is(wp_text(m->service[i].profile->type), type))
            return true;
    return false;
}

struct venus_system_service *venus_system_find(struct venus_system *m, struct wp_slice name)
{
    const struct venus_profile *profile;
    const char *why;
    int instance;

    if (!venus_system_next(&name, &profile, &instance, &why) || name.n > 0)
        return NULL;
    for (uint32_t i = 0; i < m->n_services; i++)
        if (m->service[i].profile == profile && m->service[i].instance == instance)
            return &m->service[i];
    return NULL;
}

/* ---- the check ---------------------------------------------------------------------------------------------------- */

static bool is_portal(struct wp_slice id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!((id.p[i] >= '0' && id.p[i] <= '9') || (id.p[i] >= 'a' && id.p[i] <= 'f')))
            return false;
    return id.n == 12;
}

static bool check_names(struct venus_system *m, const struct wp_setup *setup, enum venus_system_row row,
                        struct wp_writer *why)
{
    const struct wp_value given = venus_system_given(setup, row);

    return given.kind != WP_TEXT || venus_faults_check(m, given.bytes, venus_system_options[row].name, why);
}

bool venus_system_check(const struct wp_setup *setup, struct wp_writer *why)
{
    struct venus_system m = {.setup = setup};
    bool is_good;

    if (!list(&m, venus_system_given(setup, SYSTEM_SERVICES).bytes, why))
        return false;
    if (!is_portal(venus_system_given(setup, SYSTEM_PORTAL).bytes)) {
        if (why)
            wp_put_text(why, "portal: a VRM portal ID is twelve digits of 0-9a-f, as c0619ab12345");
        return false;
    }
    is_good = check_names(&m, setup, SYSTEM_VANISH, why) && check_names(&m, setup, SYSTEM_FREEZE, why) &&
              check_names(&m, setup, SYSTEM_SLOW, why);
    for (enum venus_system_row row = SYSTEM_VALUE; is_good && row <= SYSTEM_QUIET; row++) {
        const struct wp_value given = venus_system_given(setup, row);

        is_good = given.kind != WP_TEXT || venus_pins_check(&m, given.bytes, why);
    }
    return is_good;
}
