#include "sim/world/bus_audience.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct audience_rule {
    struct audience_rule *next;
    struct dbus_match match;
    uint8_t text[]; /* what the match borrows from */
};

struct audience_name {
    struct audience_name *next;
    size_t owner, n;
    char text[];
};

static void *get_memory(size_t n)
{
    void *p = calloc(1, n);

    assert(p);
    return p;
}

/* ---- unique names ----------------------------------------------------------------------------------- */

bool audience_number(struct wp_slice unique, size_t *out)
{
    enum { NUMBER_MAX = 1 << 24 };
    size_t n = 0;

    if (unique.n < 4 || memcmp(unique.p, ":1.", 3) != 0)
        return false;
    for (size_t i = 3; i < unique.n; i++) {
        if (unique.p[i] < '0' || unique.p[i] > '9' || n > NUMBER_MAX)
            return false;
        n = n * 10 + (size_t)(unique.p[i] - '0');
    }
    *out = n;
    return n <= NUMBER_MAX;
}

struct audience_member *audience_at(struct bus_audience *a, struct wp_slice unique)
{
    size_t n;

    if (!audience_number(unique, &n))
        return NULL;
    if (n >= a->cap) {
        size_t cap = 2 * n + 16;

        a->member = realloc(a->member, cap * sizeof *a->member);
        assert(a->member);
        memset(a->member + a->cap, 0, (cap - a->cap) * sizeof *a->member);
        a->cap = cap;
    }
    if (n >= a->n)
        a->n = n + 1;
    snprintf(a->member[n].name, sizeof a->member[n].name, ":1.%u", (unsigned)n);
    return &a->member[n];
}

/* ---- rules ------------------------------------------------------------------------------------------ */

static void drop_rules(struct audience_member *of)
{
    while (of->rules) {
        struct audience_rule *gone = of->rules;

        of->rules = gone->next;
        free(gone);
    }
}

/* NULL: the bus refuses it, too. */
static struct audience_rule *read_rule(struct wp_slice text)
{
    struct audience_rule *rule = get_memory(sizeof *rule + text.n);
    struct wp_writer memory = wp_writer(rule->text, text.n);
    const char *why;

    if (dbus_match_read(text, &memory, &rule->match, &why))
        return rule;
    free(rule);
    return NULL;
}

static void add_rule(struct audience_member *of, struct wp_slice text)
{
    struct audience_rule *rule = read_rule(text);

    if (!rule)
        return;
    rule->next = of->rules;
    of->rules = rule;
}

static void remove_rule(struct audience_member *of, struct wp_slice text)
{
    struct audience_rule *wanted = read_rule(text), **at = &of->rules, *gone;

    while (wanted && *at && !dbus_match_eq(&(*at)->match, &wanted->match))
        at = &(*at)->next;
    gone = wanted ? *at : NULL;
    if (gone)
        *at = gone->next;
    free(gone);
    free(wanted);
}

/* ---- well-known names ------------------------------------------------------------------------------- */

static struct audience_name **find_name(struct bus_audience *a, struct wp_slice name)
{
    struct audience_name **at = &a->names;

    while (*at && !wp_slice_eq(wp_slice((*at)->text, (*at)->n), name))
        at = &(*at)->next;
    return at;
}

static void set_owner(struct bus_audience *a, struct wp_slice name, struct wp_slice owner)
{
    struct audience_name **at = find_name(a, name), *gone = *at;
    size_t number;

    if (gone) { /* whoever has it next got it last */
        *at = gone->next;
        free(gone);
    }
    if (!audience_number(owner, &number))
        return;
    at = find_name(a, name);
    *at = get_memory(sizeof **at + name.n);
    (*at)->owner = number;
    (*at)->n = name.n;
    memcpy((*at)->text, name.p, name.n);
}

struct audience_member *audience_owner(const struct bus_audience *a, struct wp_slice name)
{
    const struct audience_name *found = a->names;
    size_t n;

    if (!audience_number(name, &n)) {
        while (found && !wp_slice_eq(wp_slice(found->text, found->n), name))
            found = found->next;
        if (!found)
            return NULL;
        n = found->owner;
    }
    return n < a->n && a->member[n].is_here ? &a->member[n] : NULL;
}

struct wp_slice audience_well_known(const struct bus_audience *a, const struct audience_member *of)
{
    for (const struct audience_name *name = a->names; name; name = name->next)
        if (&a->member[name->owner] == of)
            return wp_slice(name->text, name->n);
    return (struct wp_slice){NULL, 0};
}

/* ---- what messages tell ----------------------------------------------------------------------------- */

static void learn_owner(struct bus_audience *a, const struct dbus_owner_change *change)
{
    struct audience_member *of = audience_at(a, change->name);

    if (!of) {
        audience_at(a, change->after);
        set_owner(a, change->name, change->after);
        return;
    }
    of->is_here = change->after.n > 0;
    if (!of->is_here)
        drop_rules(of);
}

/* A call of AddMatch or RemoveMatch: its rule. */
static bool is_about_rules(const struct dbus_message *m, const char *member, struct wp_slice *ret_rule)
{
    struct dbus_iter it;

    if (!dbus_is(m, DBUS_CALL, DBUS_BUS, member) || !wp_slice_is(m->signature, "s"))
        return false;
    dbus_iter(&it, m);
    *ret_rule = dbus_get_text(&it);
    return true;
}

void audience_learn(struct bus_audience *a, const struct dbus_message *m)
{
    struct dbus_owner_change change;
    struct audience_member *of;
    struct wp_slice rule;

    if (dbus_read_owner_change(m, &change)) {
        learn_owner(a, &change);
        return;
    }
    of = wp_slice_is(m->destination, DBUS_BUS) ? audience_owner(a, m->sender) : NULL;
    if (of && is_about_rules(m, "AddMatch", &rule))
        add_rule(of, rule);
    else if (of && is_about_rules(m, "RemoveMatch", &rule))
        remove_rule(of, rule);
}

static struct wp_slice owner_name(const void *ctx, struct wp_slice name)
{
    const struct audience_member *of = audience_owner(ctx, name);

    if (wp_slice_is(name, DBUS_BUS))
        return name;
    return of ? wp_text(of->name) : (struct wp_slice){NULL, 0};
}

bool audience_wants(const struct bus_audience *a, const struct audience_member *of,
                    const struct dbus_message *m)
{
    const struct dbus_owners owners = {owner_name, a};

    for (const struct audience_rule *rule = of->rules; rule; rule = rule->next)
        if (dbus_match_takes(&rule->match, m, &owners))
            return true;
    return false;
}

void audience_clear(struct bus_audience *a)
{
    for (size_t i = 0; i < a->n; i++)
        drop_rules(&a->member[i]);
    while (a->names) {
        struct audience_name *gone = a->names;

        a->names = gone->next;
        free(gone);
    }
    free(a->member);
    *a = (struct bus_audience){0};
}
