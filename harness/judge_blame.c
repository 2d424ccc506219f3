#include "harness/judge_blame.h"

enum { LOOKED_AT_MAX = 1000 }; /* messages of which a check looks for its nearest */

/* ---- the nearest record ----------------------------------------------------------------------------- */

static size_t distance(const struct pattern_misfits *m)
{
    size_t others = 0; /* QoS, retain flag, no JSON */

    for (size_t i = 0; i < m->n; i++)
        others += m->path[i][0] == '@' && strcmp(m->path[i], "@lacking") != 0;
    return m->members + others;
}

bool judge_is_nearest(struct judge *j, struct check *c, const struct wp_record *record)
{
    struct pattern_misfits m;

    if (c->looked_at++ >= LOOKED_AT_MAX)
        return false;
    pattern_misfits(&c->pattern, &j->world, record, &m);
    if (c->nearest && distance(c->nearest) < distance(&m))
        return false;
    if (!c->nearest)
        c->nearest = arena_get(&j->arena, sizeof *c->nearest);
    *c->nearest = m;
    return true;
}

/* More than half of what was asked for differs: it is no spoilt message, but another one. Where only one member was
 * asked for, the topic alone says what it is. */
static bool is_another(const struct pattern_misfits *m)
{
    return m->n == 0 || (m->asked > 1 && 2 * m->members > m->asked);
}

void judge_blame_missing(const struct check *c, struct pattern_misfits *out)
{
    out->n = out->members = out->asked = 0;
    if (c->hits > 0)
        pattern_misfit_add(out, "@count");
    else if (c->nearest && !is_another(c->nearest))
        *out = *c->nearest;
    else
        pattern_misfit_add(out, "@missing");
}

/* ---- whose fault it is ------------------------------------------------------------------------------ */

static const struct node *about(const struct judge *j, const char *id)
{
    const struct statement *s = j->contracts ? catalogue_find(contracts_catalogues(j->contracts), id) : NULL;

    return s ? s->about : NULL;
}

static bool differs(const struct pattern_misfits *m, const char *what)
{
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(what, m->path[i]) == 0)
            return true;
    return false;
}

static bool concerns(const struct node *about, const struct pattern_misfits *m)
{
    for (const struct node *n = about ? about->first : NULL; n; n = n->next)
        if (differs(m, node_text(n, "")))
            return true;
    return false;
}

enum whose { ABOUT_IT, ABOUT_NOTHING, ALL };

static bool is_one(const struct judge *j, const struct proves_entry *e, enum whose whose,
                   const struct pattern_misfits *m)
{
    switch (whose) {
    case ABOUT_IT: return e->about ? differs(m, e->about) : concerns(about(j, e->id), m);
    case ABOUT_NOTHING: return !e->about && !about(j, e->id);
    case ALL: return true;
    }
    return false;
}

static size_t name(struct judge *j, struct finding *f, const struct node *proves, enum whose whose,
                   const struct pattern_misfits *m)
{
    const struct node *first = proves->kind == NODE_LIST ? proves->first : proves;
    size_t n = 0;

    for (const struct node *i = first; i; i = proves->kind == NODE_LIST ? i->next : NULL) {
        const struct proves_entry e = proves_entry(node_text(i, ""));

        if (!is_one(j, &e, whose, m))
            continue;
        finding_statement(j->result, f, e.id);
        n++;
    }
    return n;
}

static bool is_the_contracts(const struct pattern_misfits *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(m->path[i], "@json") != 0 && strcmp(m->path[i], "@schema") != 0)
            return false;
    return m->n > 0;
}

void judge_blame(struct judge *j, struct finding *f, const struct node *proves,
                 const struct pattern_misfits *m)
{
    if (!proves || (m && j->contracts && is_the_contracts(m)))
        return;
    if (!m)
        name(j, f, proves, ALL, m);
    else if (name(j, f, proves, ABOUT_IT, m) == 0)
        name(j, f, proves, ABOUT_NOTHING, m);
}
