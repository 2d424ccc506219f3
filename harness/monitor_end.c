/* The end of a watch: what was decided, and why the rest was not. */
#include "harness/monitor_impl.h"

static bool is_decided(const struct scenario_result *r, const char *id)
{
    for (const struct finding *f = r->findings; f; f = f->next)
        for (size_t i = 0; i < f->n_statements; i++)
            if (strcmp(f->statements[i], id) == 0)
                return true;
    return false;
}

struct search {
    const char *id;
    bool found;
};

static void is_it(void *ctx, const char *id, const char *where)
{
    struct search *s = ctx;

    (void)where;
    s->found = s->found || strcmp(id, s->id) == 0;
}

/* Could a message alone decide it, had it come? */
static bool needs_only_messages(const struct contract_set *set, const char *id)
{
    struct search s = {.id = id};

    contract_each_statement(set, is_it, &s);
    return s.found;
}

static void add_undecided(struct monitor *m, const struct catalogue *c, bool by_message, const char *why,
                          wp_us now)
{
    struct finding *f = NULL;

    for (size_t i = 0; i < c->n; i++) {
        const struct statement *st = &c->at[i];

        if (!statement_is_testable(st) || needs_only_messages(m->setup->contracts, st->id) != by_message ||
            is_decided(m->result, st->id))
            continue;
        if (!f)
            f = result_add(m->result, VERDICT_INCONC, "monitor", 0, now, why);
        finding_statement(m->result, f, st->id);
    }
}

void monitor_conclude(struct monitor *m)
{
    wp_us now = world_now(m->world);
    struct scenario_result *r = m->result;

    judge_finish(&m->judge, now);
    for (const struct catalogue *c = contracts_catalogues(m->setup->contracts); c; c = c->next) {
        if (m->setup->api ? strcmp(m->setup->api, c->api) != 0
                          : !contract_has_seen(m->setup->contracts, m->judge.tally, c->api))
            continue;
        r->api = arena_text(&r->arena, wp_text(c->api));
        add_undecided(m, c, true, "no such message came", now);
        add_undecided(m, c, false, "needs stimulus", now);
    }
    r->ended = now;
    r->verdict = result_verdict(r, m->setup->strict);
    monitor_screen_end(&m->screen, r);
}
