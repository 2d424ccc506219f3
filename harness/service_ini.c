/* From the sections of config.ini to the tree that the YAML file would have given. */
#include "harness/service_ini.h"

#include "harness/host_address.h"
#include "harness/ini.h"
#include "harness/nearest.h"

enum { PREFIX_AT = 4 /* behind "lxp " */ };

/* ---- what may stand there --------------------------------------------------------------------------- */

static const char *const mqtt_keys[] = {"uri", "ca_file", "insecure"};
static const char *const lxp_keys[] = {"host", "port", "serial", "datalog", "prefix", "batteries"};
static const char *const more_keys[] = {"host", "port", "serial", "datalog", "batteries"};
static const char *const section_names[] = {"mqtt", "lxp", "gateway", "octopus", "server", "rules"};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static bool is_among(const char *name, const char *const *names, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(names[k], name) == 0)
            return true;
    return false;
}

static bool keys_are_known(struct ini *i, const struct node *section, const char *const *names, size_t n)
{
    for (const struct node *m = section ? section->first : NULL; m; m = m->next) {
        const char *near = is_among(m->key, names, n) ? NULL : nearest(m->key, names, n);

        if (near)
            return ini_fail(i, m->key_line, m->key_column, "unknown key '%s' in [%s]: did you mean '%s'?",
                            m->key, section->key, near);
        if (!is_among(m->key, names, n))
            return ini_fail(i, m->key_line, m->key_column, "unknown key '%s' in [%s]", m->key, section->key);
    }
    return true;
}

static bool is_further(const char *section)
{
    return strncmp(section, "lxp ", PREFIX_AT) == 0;
}

static bool sections_are_known(struct ini *i)
{
    for (const struct node *s = i->sections->first; s; s = s->next) {
        const char *near;

        if (is_among(s->key, section_names, COUNT(section_names)) || is_further(s->key))
            continue;
        near = nearest(s->key, section_names, COUNT(section_names));
        if (near)
            return ini_fail(i, s->line, s->column, "unknown section [%s]: did you mean [%s]?", s->key, near);
        return ini_fail(i, s->line, s->column, "unknown section [%s]; a further inverter is [lxp PREFIX]",
                        s->key);
    }
    return keys_are_known(i, node_get(i->sections, "mqtt"), mqtt_keys, COUNT(mqtt_keys)) &&
           keys_are_known(i, node_get(i->sections, "lxp"), lxp_keys, COUNT(lxp_keys));
}

/* ---- the form of the YAML file ---------------------------------------------------------------------- */

/* A blank value is none. */
static const struct node *given(const struct node *section, const char *key)
{
    const struct node *n = node_get(section, key);

    return n && n->text.n > 0 ? n : NULL;
}

static void copy(struct ini *i, struct node *to, const char *as, const struct node *from)
{
    if (from)
        ini_add(to, as, ini_text(i->arena, (const char *)from->text.p, from));
}

static struct node *make_broker(struct ini *i, const struct node *mqtt)
{
    struct node *broker = ini_node(i->arena, NODE_MAP, 1, 1);

    copy(i, broker, "url", given(mqtt, "uri"));
    copy(i, broker, "ca_file", given(mqtt, "ca_file"));
    copy(i, broker, "insecure", given(mqtt, "insecure"));
    return broker;
}

/* The list of further inverters holds addresses alone, so a name is looked up here. */
static const char *address_of(struct ini *i, const struct node *host)
{
    char text[300];
    struct wp_writer why = wp_writer(text, sizeof text);
    const char *ip = host_address(i->arena, (const char *)host->text.p, &why);

    if (!ip)
        ini_fail(i, host->line, host->column, "%s", wp_put_end(&why));
    return ip;
}

static bool add_further(struct ini *i, const struct node *s, const char **list)
{
    static const char *const needed[] = {"host", "serial", "datalog"};
    const char *ip;

    if (!keys_are_known(i, s, more_keys, COUNT(more_keys)))
        return false;
    for (size_t k = 0; k < COUNT(needed); k++)
        if (!given(s, needed[k]))
            return ini_fail(i, s->line, s->column, "[%s] has no %s", s->key, needed[k]);
    ip = address_of(i, given(s, "host"));
    if (!ip)
        return false;
    *list = arena_print(i->arena, "%s%s%s=%s:%s@%s:%s", *list, **list ? ", " : "", s->key + PREFIX_AT,
                        node_text(given(s, "serial"), ""), node_text(given(s, "datalog"), ""), ip,
                        node_text(given(s, "port"), "8000"));
    return true;
}

static bool add_all_further(struct ini *i, struct node *set)
{
    const struct node *first = NULL;
    const char *list = "";

    for (const struct node *s = i->sections->first; s; s = s->next) {
        if (!is_further(s->key))
            continue;
        first = first ? first : s;
        if (!add_further(i, s, &list))
            return false;
    }
    if (first)
        ini_add(set, "lxp.more", ini_text(i->arena, list, first));
    return true;
}

static bool add_gateway(struct ini *i, struct node *set)
{
    const struct node *gateway = node_get(i->sections, "gateway");

    for (const struct node *m = gateway ? gateway->first : NULL; m; m = m->next) {
        if (node_get(set, m->key))
            return ini_fail(i, m->key_line, m->key_column, "'%s' is said in [lxp] already", m->key);
        if (m->text.n > 0)
            copy(i, set, m->key, m);
    }
    return true;
}

static struct node *make_set(struct ini *i, const struct node *lxp)
{
    struct node *set = ini_node(i->arena, NODE_MAP, 1, 1);

    copy(i, set, "lxp.host", given(lxp, "host"));
    copy(i, set, "lxp.port", given(lxp, "port"));
    copy(i, set, "lxp.serial", given(lxp, "serial"));
    copy(i, set, "lxp.datalog", given(lxp, "datalog"));
    copy(i, set, "octolux.prefix", given(lxp, "prefix"));
    return add_all_further(i, set) && add_gateway(i, set) ? set : NULL;
}

static struct node *make_list(struct ini *i, const char *only)
{
    struct node *list = ini_node(i->arena, NODE_LIST, 1, 1);

    ini_add(list, NULL, ini_text(i->arena, only, list));
    return list;
}

static const struct node *shape(struct ini *i)
{
    struct node *root = ini_node(i->arena, NODE_MAP, 1, 1), *set;
    const struct node *mqtt = node_get(i->sections, "mqtt"), *lxp = node_get(i->sections, "lxp");
    bool publishes = given(mqtt, "uri") != NULL;

    if (!sections_are_known(i))
        return NULL;
    if (!lxp) {
        ini_fail(i, 1, 1, "there is no section [lxp], so no inverter");
        return NULL;
    }
    set = make_set(i, lxp);
    if (!set)
        return NULL;
    ini_add(root, "north", publishes ? make_list(i, "octolux") : ini_text(i->arena, "none", root));
    ini_add(root, "south", make_list(i, "lxp"));
    if (publishes)
        ini_add(root, "broker", make_broker(i, mqtt));
    ini_add(root, "set", set);
    return root;
}

bool service_ini_is(const char *file)
{
    size_t n = strlen(file);

    return n > 4 && strcmp(file + n - 4, ".ini") == 0;
}

const struct node *service_ini_read(struct arena *a, const char *file, struct wp_slice text,
                                    struct wp_writer *why)
{
    struct ini i = {.arena = a, .file = file, .why = why, .sections = ini_read(a, file, text, why)};

    return i.sections ? shape(&i) : NULL;
}
