/* One value of the configuration: where it comes from, and what is wrong with it. */
#include "harness/service_impl.h"

#include "harness/nearest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SECRET_MAX = 65536 };

void service_complain(struct service_reader *r, const char *where, const char *format, ...)
{
    char text[600];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wp_put_text(r->why, where);
    wp_put_text(r->why, ": ");
    wp_put_text(r->why, text);
    wp_put_char(r->why, '\n');
    r->good = false;
}

const char *service_where(const struct service_reader *r, const struct node *n)
{
    return arena_print(&r->config->arena, "%s:%d:%d", r->file, n->line, n->column);
}

const char *service_where_key(const struct service_reader *r, const struct node *n)
{
    return arena_print(&r->config->arena, "%s:%d:%d", r->file, n->key_line, n->key_column);
}

/* ---- secrets in files ------------------------------------------------------------------------------- */

/* A relative path begins where the configuration stands; that of a variable, where the program was started. */
static const char *path_of(struct service_reader *r, struct service_setting name, bool from_file)
{
    const char *slash = from_file && *name.text != '/' ? strrchr(r->file, '/') : NULL;

    if (!slash)
        return name.text;
    return arena_print(&r->config->arena, "%.*s/%s", (int)(slash - r->file), r->file, name.text);
}

const char *service_path(struct service_reader *r, struct service_setting name)
{
    return path_of(r, name, strncmp(name.where, r->file, strlen(r->file)) == 0);
}

static struct service_setting read_secret(struct service_reader *r, struct service_setting name,
                                          bool from_file)
{
    char text[600];
    struct wp_writer why = wp_writer(text, sizeof text);
    const char *path = path_of(r, name, from_file);
    struct wp_slice secret = file_read(&r->config->arena, path, &why);
    struct service_setting none = {NULL, NULL};

    if (!secret.p) {
        service_complain(r, name.where, "%s", wp_put_end(&why));
        return none;
    }
    while (secret.n > 0 && (secret.p[secret.n - 1] == '\n' || secret.p[secret.n - 1] == '\r'))
        secret.n--;
    if (secret.n == 0 || secret.n > SECRET_MAX || memchr(secret.p, 0, secret.n)) {
        service_complain(r, name.where, "%s holds no password, or other value: text of 1 to %d bytes", path,
                         SECRET_MAX);
        return none;
    }
    return (struct service_setting){arena_text(&r->config->arena, secret), name.where};
}

/* ---- finding ---------------------------------------------------------------------------------------- */

static struct service_setting from_environment(struct service_reader *r, const char *full_name)
{
    const char *variable = service_variable(&r->config->arena, full_name);
    const char *text = getenv(variable);

    return (struct service_setting){text && *text ? text : NULL, variable};
}

static bool is_null(const struct node *n)
{
    return n->kind == NODE_SCALAR && !n->quoted && node_value(n).kind == WP_NULL;
}

static struct service_setting from_map(struct service_reader *r, const struct node *map, const char *key)
{
    const struct node *n = node_get(map, key);
    struct service_setting none = {NULL, NULL};

    if (!n || is_null(n))
        return none;
    if (n->kind != NODE_SCALAR) {
        service_complain(r, service_where(r, n), "%s takes one value", key);
        return none;
    }
    return (struct service_setting){node_text(n, ""), service_where(r, n)};
}

static struct service_setting find_secret(struct service_reader *r, const struct node *map, const char *key,
                                          const char *full_name)
{
    struct arena *a = &r->config->arena;
    struct service_setting name = from_environment(r, arena_print(a, "%s_file", full_name));
    struct service_setting direct;

    if (name.text)
        return read_secret(r, name, false);
    direct = from_map(r, map, key);
    name = from_map(r, map, arena_print(a, "%s_file", key));
    if (direct.text && name.text)
        service_complain(r, name.where, "%s stands here too: one of the two is enough", key);
    return name.text ? read_secret(r, name, true) : direct;
}

struct service_setting service_find(struct service_reader *r, const struct node *map, const char *key,
                                    const char *full_name, bool is_secret)
{
    struct service_setting s = from_environment(r, full_name);

    if (s.text)
        return s;
    return is_secret ? find_secret(r, map, key, full_name) : from_map(r, map, key);
}

bool service_take(struct service_reader *r, const struct wp_option *option, struct service_setting setting,
                  struct wp_value *out)
{
    char allowed[300];
    struct wp_writer say = wp_writer(allowed, sizeof allowed);

    if (!setting.text)
        return false;
    if (wp_option_read(option, wp_text(setting.text), out, &say))
        return true;
    if (say.n == 0)
        wp_put_text(&say, "UTF-8 text");
    if (service_is_secret(option))
        service_complain(r, setting.where, "%s takes %s", option->name, wp_put_end(&say));
    else
        service_complain(r, setting.where, "%s takes %s, not '%s'", option->name, wp_put_end(&say),
                         setting.text);
    return false;
}

/* ---- keys that nobody knows ------------------------------------------------------------------------- */

static bool is_among(const char *key, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(key, names[i]) == 0)
            return true;
    return false;
}

void service_check_keys(struct service_reader *r, const struct node *map, const char *level,
                        const char *const *names, size_t n)
{
    if (!map || is_null(map))
        return;
    if (map->kind != NODE_MAP) {
        service_complain(r, service_where(r, map), "%s takes members: KEY: VALUE", level);
        return;
    }
    for (const struct node *m = map->first; m; m = m->next) {
        const char *near;

        if (is_among(m->key, names, n))
            continue;
        near = nearest(m->key, names, n);
        if (near)
            service_complain(r, service_where_key(r, m), "unknown key '%s' in %s: did you mean '%s'?", m->key,
                             level, near);
        else
            service_complain(r, service_where_key(r, m), "unknown key '%s' in %s", m->key, level);
    }
}
