#include "harness/sut.h"
#include "harness/broker_url.h"
#include "harness/nearest.h"
#include "harness/obey.h"
#include "sim/catalog.h"
#include "sim/world/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    STANDARD_SLACK_MS = 200,
    STANDARD_SETTLE_MS = 20,
    OPTION_CLASSES_MAX = 16,
    OPTION_NAMES_MAX = 400,
    STANDARD_READY_S = 10,
    STANDARD_STOP_S = 5
};

static const char *const roles[] = {"gateway", "device", "cloud-client"};

const char *sut_role_text(enum sut_role role)
{
    return roles[role];
}

static bool fail(struct sut *s, const struct node *where, struct wp_writer *why, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static bool fail(struct sut *s, const struct node *where, struct wp_writer *why, const char *format, ...)
{
    char text[600];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wp_put_text(why, arena_print(&s->arena, "%s:%d:%d: %s\n", s->file, where->line, where->column, text));
    return false;
}

static wp_us duration(const struct node *n, wp_us fallback)
{
    int64_t us;

    return n && wp_duration_read(n->text, &us) ? us : fallback;
}

/* A path of the descriptor, from its folder. */
static const char *path_of(struct sut *s, const struct node *n)
{
    const char *text = node_text(n, NULL);

    return !text || *text == '/' ? text : arena_print(&s->arena, "%s/%s", s->folder, text);
}

/* ---- south ------------------------------------------------------------------------------------------ */

static bool read_place(struct sut *s, const struct node *root, const struct node *line, struct wp_writer *why)
{
    bool is_ours = s->role == SUT_GATEWAY && strcmp(line->key, "listen") == 0;
    struct wp_addr *addr = is_ours ? &s->south.devices : &s->south.addr;

    if (is_ours)
        s->south.dials = true;
    else
        s->south.line = strcmp(line->key, "tcp") == 0 ? SUT_TCP : SUT_LISTEN;
    if (!wp_addr_read(line->text, addr))
        return fail(s, line, why, "'%s' is no address and port, such as 127.0.0.1:8899", node_text(line, ""));
    if (addr->port == 0 && !node_get(root, "start"))
        return fail(s, line, why, "port 0 is a free one, and nothing is started that could be told it");
    if (is_ours && addr->port == 0 && !s->start.for_each_scenario)
        return fail(s, line, why,
                    "one that is started for the whole run must know where our devices are: say a port");
    return true;
}

static bool read_bus(struct sut *s, const struct node *bus, struct wp_writer *why)
{
    const char *name = node_text(bus, "");
    char reason[400];
    struct wp_writer r = wp_writer(reason, sizeof reason);
    bool is_ours = strcmp(name, "ours") == 0;

    s->south.has_bus = true;
    s->south.bus = is_ours ? NULL : name;
    if (is_ours && !s->start.for_each_scenario)
        return fail(s, bus, why,
                    "one that is not started for each scenario cannot know where our bus is: say where its "
                    "own is, such as bus: system");
    return is_ours || world_is_bus(name, &r) || fail(s, bus, why, "%s", wp_put_end(&r));
}

static bool read_south(struct sut *s, const struct node *root, struct wp_writer *why)
{
    const struct node *south = node_get(root, "south"), *serial = node_get(south, "serial");

    if (serial && south->count > 1)
        return fail(s, serial, why, "a serial line is all of the south: tcp: and listen: are another's");
    if (south && south->count > 1 && s->role != SUT_GATEWAY)
        return fail(s, south, why,
                    "only a gateway has both: tcp: where it listens, listen: what it dials; or bus: as well");
    if (serial) {
        s->south.line = SUT_SERIAL;
        return serial_line_read(&s->arena, node_text(serial, ""), &s->south.serial) ||
               fail(s, serial, why, "'%s' is no serial line, such as /dev/ttyUSB0,2400,8E1",
                    node_text(serial, ""));
    }
    for (const struct node *line = south ? south->first : NULL; line; line = line->next)
        if (!(strcmp(line->key, "bus") == 0 ? read_bus(s, line, why) : read_place(s, root, line, why)))
            return false;
    return true;
}

/* ---- north ------------------------------------------------------------------------------------------ */

static bool read_password(struct sut *s, const struct node *north, struct wp_writer *why)
{
    const struct node *file = node_get(north, "password_file"), *variable = node_get(north, "password_env");
    struct wp_slice text;

    s->north.password = node_text(node_get(north, "password"), NULL);
    if (file) {
        char reason[300];
        struct wp_writer r = wp_writer(reason, sizeof reason);

        text = file_read(&s->arena, path_of(s, file), &r);
        if (!text.p)
            return fail(s, file, why, "%s", wp_put_end(&r));
        s->north.password = arena_text(&s->arena, wp_slice(text.p, strcspn((const char *)text.p, "\r\n")));
    }
    if (variable) {
        s->north.password = getenv(node_text(variable, ""));
        if (!s->north.password)
            return fail(s, variable, why, "the variable %s is not set", node_text(variable, ""));
    }
    return true;
}

/* The URL without its {port}, as it will be. */
static bool check_url(struct sut *s, const struct node *url, struct wp_writer *why)
{
    const char *text = node_text(url, ""), *brace = strstr(text, "{port}");
    struct broker_url read;

    if (brace)
        text = arena_print(&s->arena, "%.*s1%s", (int)(brace - text), text, brace + 6);
    if (!broker_url_read(&s->arena, text, &read))
        return fail(s, url, why, "'%s' is no broker's address, such as mqtt://127.0.0.1:1883", text);
    if (read.user && !s->north.user)
        s->north.user = read.user;
    if (read.password && !s->north.password)
        s->north.password = read.password;
    return true;
}

static bool read_north(struct sut *s, const struct node *root, struct wp_writer *why)
{
    const struct node *north = node_get(root, "north"), *url = node_get(north, "url");

    s->north.is_ours = !url;
    s->north.port = (uint16_t)atoi(node_text(node_get(north, "port"), "0"));
    s->north.user = node_text(node_get(north, "user"), NULL);
    s->north.ca = path_of(s, node_get(north, "ca"));
    s->north.url = node_text(url, NULL);
    if (!read_password(s, north, why) || (url && !check_url(s, url, why)))
        return false;
    if (s->role != SUT_DEVICE && !north)
        return fail(s, root, why,
                    "a %s meets our clients at a broker: say north: {broker: ours} or {url: ...}",
                    sut_role_text(s->role));
    if (s->north.is_ours && north && s->north.port == 0 && (!s->start.command || !s->start.for_each_scenario))
        return fail(s, north, why,
                    "one that is not started for each scenario must know where our broker is: say port:");
    return true;
}

/* ---- the rest --------------------------------------------------------------------------------------- */

static void read_start(struct sut *s, const struct node *root)
{
    const struct node *start = node_get(root, "start"), *ready = node_get(start, "ready"),
                      *stop = node_get(root, "stop");

    s->start.command = node_get(start, "command");
    s->start.environment = node_get(start, "environment");
    s->start.for_each_scenario = start && !node_is(node_get(start, "lifetime"), "run");
    s->start.ready_line = node_text(node_get(ready, "line"), NULL);
    s->start.ready_topic = node_text(node_get(ready, "topic"), NULL);
    s->start.ready_south = node_get(ready, "tcp") != NULL;
    s->start.within = duration(node_get(start, "within"), WP_SEC(STANDARD_READY_S));
    s->stop_command = node_get(stop, "command");
    s->stop_within = duration(node_get(stop, "within"), WP_SEC(STANDARD_STOP_S));
}

static bool read_configure(struct sut *s, const struct node *root, struct wp_writer *why)
{
    const struct node *configure = node_get(root, "configure");

    s->is_configured = configure != NULL;
    if (configure && !s->start.for_each_scenario)
        return fail(s, configure, why, "a file for each scenario needs a start: for each scenario");
    return true;
}

/* ---- options ---------------------------------------------------------------------------------------- */

/* Of the reference gateway and of all its parts. */
static size_t option_classes(const struct wp_class *classes[OPTION_CLASSES_MAX])
{
    size_t n = 0;

    classes[n++] = &wp_gateway_class;
    for (size_t i = 0; i < wp_n_norths && n < OPTION_CLASSES_MAX; i++)
        classes[n++] = wp_norths[i];
    for (size_t i = 0; i < wp_n_souths && n < OPTION_CLASSES_MAX; i++)
        classes[n++] = wp_souths[i];
    return n;
}

static bool check_option(struct sut *s, const struct node *n, struct wp_writer *why)
{
    const struct wp_class *classes[OPTION_CLASSES_MAX];
    const char *names[OPTION_NAMES_MAX], *near;
    size_t n_classes = option_classes(classes), n_names = 0;
    struct node key = *n;
    struct wp_value value;
    char allowed[300];
    struct wp_writer a = wp_writer(allowed, sizeof allowed);

    for (size_t i = 0; i < n_classes; i++) {
        const struct wp_option *o =
            wp_option_find(classes[i]->options, classes[i]->n_options, wp_text(n->key));

        if (o)
            return wp_option_read(o, n->text, &value, &a) ||
                   fail(s, n, why, "%s takes %s, not '%s'", n->key, wp_put_end(&a), node_text(n, ""));
        for (size_t k = 0; k < classes[i]->n_options && n_names < OPTION_NAMES_MAX; k++)
            names[n_names++] = classes[i]->options[k].name;
    }
    key.line = n->key_line;
    key.column = n->key_column;
    near = nearest(n->key, names, n_names);
    return fail(s, &key, why, "unknown option '%s'%s%s%s", n->key, near ? ": did you mean '" : "",
                near ? near : "", near ? "'?" : "");
}

static bool check_options(struct sut *s, struct wp_writer *why)
{
    bool good = true;

    for (const struct node *n = s->options ? s->options->first : NULL; n; n = n->next)
        good = check_option(s, n, why) && good;
    return good;
}

static bool read_deviations(struct sut *s, const struct node *root, struct wp_writer *why)
{
    const struct node *expect = node_get(root, "expect");
    struct sut_deviation *all = arena_get(&s->arena, ((expect ? expect->count : 0) + 1) * sizeof *all);

    s->deviations = all;
    for (const struct node *n = expect ? expect->first : NULL; n; n = n->next) {
        const char *statement = node_text(node_get(n, "statement"), "");

        if (sut_deviation(s, statement))
            return fail(s, n, why, "%s is expected to fail already", statement);
        all[s->n_deviations++] =
            (struct sut_deviation){.statement = statement, .reason = node_text(node_get(n, "reason"), "")};
    }
    return true;
}

static bool read_tree(struct sut *s, const struct node *root, struct wp_writer *why)
{
    const struct node *pixit = node_get(root, "pixit");

    s->name = node_text(node_get(root, "sut"), "");
    while (!node_is(node_get(root, "role"), roles[s->role]))
        s->role++; /* the schema allows no other word */
    s->is_strict = node_is(node_get(root, "profile"), "strict");
    s->pics = node_get(root, "pics");
    s->options = node_get(pixit, "options");
    s->meters = node_get(pixit, "meters");
    s->inverters = node_get(pixit, "inverters");
    s->portal = node_text(node_get(pixit, "portal"), NULL);
    s->slack = duration(node_get(pixit, "slack"), WP_MS(STANDARD_SLACK_MS));
    s->settle = duration(node_get(pixit, "settle"), WP_MS(STANDARD_SETTLE_MS));
    read_start(s, root);
    return check_options(s, why) && read_configure(s, root, why) && read_south(s, root, why) &&
           read_north(s, root, why) && read_deviations(s, root, why);
}

bool sut_load_text(struct sut *s, const char *file, struct wp_slice text, struct wp_writer *why)
{
    const char *slash = strrchr(file, '/');
    const struct node *root;

    *s = (struct sut){.file = NULL};
    s->file = arena_text(&s->arena, wp_text(file));
    s->folder = slash ? arena_text(&s->arena, wp_slice(file, (size_t)(slash - file))) : ".";
    root = yaml_read(&s->arena, s->file, text, why);
    if (!root) {
        wp_put_text(why, "\n");
        return false;
    }
    return obeys_schema("harness/sut.schema.json", &s->arena, s->file, root, "the descriptor", why) &&
           read_tree(s, root, why);
}

bool sut_load(struct sut *s, const char *file, struct wp_writer *why)
{
    struct arena a = {0};
    struct wp_slice text = file_read(&a, file, why);
    bool good = text.p != NULL;

    *s = (struct sut){.file = NULL};
    if (good)
        good = sut_load_text(s, file, text, why);
    else
        wp_put_text(why, "\n");
    arena_free(&a);
    return good;
}

void sut_free(struct sut *s)
{
    arena_free(&s->arena);
}

/* ---- questions -------------------------------------------------------------------------------------- */

static bool begins(struct wp_slice claim, const char *prefix)
{
    return claim.n > strlen(prefix) && memcmp(claim.p, prefix, strlen(prefix)) == 0;
}

bool sut_claims(const struct sut *s, struct wp_slice claim)
{
    if (begins(claim, "role."))
        return wp_slice_is(wp_slice_from(claim, strlen("role.")), sut_role_text(s->role));
    if ((s->role == SUT_DEVICE && begins(claim, "north.")) ||
        (s->role == SUT_CLOUD_CLIENT && begins(claim, "south.")))
        return true;
    if (wp_slice_is(claim, "broker.observed"))
        return !s->north.is_ours;
    for (const struct node *n = s->pics ? s->pics->first : NULL; n; n = n->next)
        if (wp_slice_eq(n->text, claim))
            return true;
    return false;
}

const char *sut_deviation(const struct sut *s, const char *statement)
{
    for (size_t i = 0; i < s->n_deviations; i++)
        if (strcmp(s->deviations[i].statement, statement) == 0)
            return s->deviations[i].reason;
    return NULL;
}

bool sut_is_alone(const struct sut *s)
{
    return !s->start.for_each_scenario || s->south.addr.port != 0 || s->south.devices.port != 0 ||
           s->south.line == SUT_SERIAL || s->south.bus || s->north.port != 0 ||
           (s->north.url && !strstr(s->north.url, "{port}"));
}
