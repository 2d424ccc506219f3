/* Which norths and which souths the gateway is made of: north: [ivy], south: [dlt645, dlms]. */
#include "harness/service_impl.h"

#include "sim/catalog.h"

/* One of the two lists, while it is read. */
struct choice {
    const char *key, *what;
    const struct wp_class *const *all;
    size_t n_all;
    const struct wp_class **out;
    size_t *n_out, max;
};

static const struct wp_class *find(const struct choice *c, const char *name)
{
    for (size_t i = 0; i < c->n_all; i++)
        if (strcmp(c->all[i]->name, name) == 0)
            return c->all[i];
    return NULL;
}

static void complain_unknown(struct service_reader *r, const struct choice *c, const char *name,
                             const char *where)
{
    char all[200];
    struct wp_writer w = wp_writer(all, sizeof all);

    for (size_t i = 0; i < c->n_all; i++) {
        wp_put_text(&w, i > 0 ? ", " : "");
        wp_put_text(&w, c->all[i]->name);
    }
    service_complain(r, where, "there is no %s '%s': %s takes a list of %s", c->what, name, c->key,
                     wp_put_end(&w));
}

static void add(struct service_reader *r, const struct choice *c, struct wp_slice name, const char *where)
{
    const char *text = arena_text(&r->config->arena, name);
    const struct wp_class *part = find(c, text);

    for (size_t i = 0; part && i < *c->n_out; i++) {
        if (c->out[i] == part) {
            service_complain(r, where, "%s has '%s' already", c->key, text);
            return;
        }
    }
    if (!part)
        complain_unknown(r, c, text, where);
    else if (*c->n_out == c->max)
        service_complain(r, where, "a gateway has at most %zu of %s", c->max, c->key);
    else
        c->out[(*c->n_out)++] = part;
}

/* "ivy,venus" */
static void split(struct service_reader *r, const struct choice *c, struct service_setting s)
{
    for (const char *at = s.text; *at;) {
        size_t n = strcspn(at, ", ");

        if (n > 0)
            add(r, c, wp_slice(at, n), s.where);
        at += n + (at[n] != 0);
    }
}

static void read_node(struct service_reader *r, const struct choice *c, const struct node *list)
{
    if (node_is(list, "none"))
        return;
    if (list->kind != NODE_LIST || !list->first)
        service_complain(r, service_where(r, list), "%s takes a list: [%s], or none", c->key,
                         c->all[0]->name);
    for (const struct node *n = list->kind == NODE_LIST ? list->first : NULL; n; n = n->next)
        add(r, c, wp_text(node_text(n, "")), service_where(r, n));
}

/* false: nothing is said. */
static bool read_list(struct service_reader *r, const struct choice *c)
{
    const struct node *list = node_get(r->root, c->key);
    struct service_setting s = service_find(r, NULL, c->key, c->key, false);

    if (s.text && strcmp(s.text, "none") != 0)
        split(r, c, s);
    else if (!s.text && list)
        read_node(r, c, list);
    return s.text || list;
}

static void take_all(const struct choice *c)
{
    for (*c->n_out = 0; *c->n_out < c->n_all && *c->n_out < c->max; (*c->n_out)++)
        c->out[*c->n_out] = c->all[*c->n_out];
}

void service_read_parts(struct service_reader *r)
{
    struct service_config *c = r->config;
    const struct choice north = {"north",   "API",        wp_norths,         wp_n_norths,
                                 c->norths, &c->n_norths, SERVICE_NORTHS_MAX};
    const struct choice south = {"south",   "protocol",   wp_souths,         wp_n_souths,
                                 c->souths, &c->n_souths, SERVICE_SOUTHS_MAX};

    if (!read_list(r, &north))
        c->norths[c->n_norths++] = wp_norths[0];
    /* Where it is wrong already, what is said of an API's options need not be wrong too. */
    if (!r->good && c->n_norths == 0)
        take_all(&north);
    if (!read_list(r, &south) || (!r->good && c->n_souths == 0))
        take_all(&south);
    c->parts = (struct wp_parts){c->souths, c->n_souths, c->norths, c->n_norths};
}
