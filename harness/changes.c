#include "harness/changes.h"

#include <stdlib.h>

const char *change_text(enum change_kind kind)
{
    static const char *const texts[] = {
#define X(name, text) text,
        CHANGES(X)
#undef X
    };

    return texts[kind];
}

/* ---- one pair --------------------------------------------------------------------------------------- */

static bool is_change(bool was_there, enum verdict before, bool is_there, enum verdict after,
                      enum change_kind *ret_kind)
{
    if (was_there && is_there && before == after)
        return false;
    if (!is_there)
        *ret_kind = CHANGE_GONE;
    else if (after >= VERDICT_FAIL && before < VERDICT_FAIL)
        *ret_kind = CHANGE_FAILING;
    else if (after == VERDICT_INCONC && before < VERDICT_INCONC)
        *ret_kind = CHANGE_INCONC;
    else if (!was_there)
        *ret_kind = CHANGE_ADDED;
    else if (after == VERDICT_PASS && before >= VERDICT_INCONC)
        *ret_kind = CHANGE_FIXED;
    else
        *ret_kind = CHANGE_OTHER;
    return true;
}

static void add(struct changes *c, struct change change)
{
    bool both = change.was_there && change.is_there;

    if (!is_change(change.was_there, change.before, change.is_there, change.after, &change.kind))
        return;
    if (!both && !c->same_scope)
        return;
    c->at[c->n++] = change;
    (change.is_statement ? c->statements : c->plays)[change.kind]++;
}

/* ---- plays ------------------------------------------------------------------------------------------ */

/* Plays by name and world, so that two long runs are compared quickly. */
struct play_index {
    const struct scenario_result **at;
    size_t n;
};

static int by_play(const void *a, const void *b)
{
    const struct scenario_result *x = *(const struct scenario_result *const *)a,
                                 *y = *(const struct scenario_result *const *)b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : strcmp(x->world, y->world);
}

static struct play_index index_new(const struct run_summary *run)
{
    struct play_index index = {0};

    for (const struct scenario_result *r = run->results; r; r = r->next)
        index.n++;
    index.at = calloc(index.n + 1, sizeof *index.at);
    if (!index.at)
        abort();
    index.n = 0;
    for (const struct scenario_result *r = run->results; r; r = r->next)
        index.at[index.n++] = r;
    qsort(index.at, index.n, sizeof *index.at, by_play);
    return index;
}

static const struct scenario_result *index_find(const struct play_index *index,
                                                const struct scenario_result *like)
{
    const struct scenario_result **found =
        index->n > 0 ? bsearch(&like, index->at, index->n, sizeof *index->at, by_play) : NULL;

    return found ? *found : NULL;
}

/* One of the two runs. */
struct side {
    const struct run_summary *run;
    struct play_index index;
    struct tally tally;
};

static struct change of_plays(const struct scenario_result *old, bool old_strict,
                              const struct scenario_result *new, bool new_strict)
{
    const struct scenario_result *shown = new ? new : old;

    return (struct change){
        .name = shown->name,
        .world = shown->world,
        .was_there = old != NULL,
        .is_there = new != NULL,
        .before = old ? shown_verdict(old, old_strict) : VERDICT_NONE,
        .after = new ? shown_verdict(new, new_strict) : VERDICT_NONE,
        .result = shown,
    };
}

/* What was not played, in either run, has neither changed nor stayed. */
static void compare_plays(struct changes *c, const struct side *before, const struct side *after)
{
    for (const struct scenario_result *r = after->run->results; r; r = r->next) {
        const struct scenario_result *twin = index_find(&before->index, r);

        if (!r->not_played && !(twin && twin->not_played))
            add(c, of_plays(twin, before->run->strict, r, after->run->strict));
    }
    for (const struct scenario_result *r = before->run->results; r; r = r->next)
        if (!r->not_played && !index_find(&after->index, r))
            add(c, of_plays(r, before->run->strict, NULL, after->run->strict));
}

/* ---- statements ------------------------------------------------------------------------------------- */

static struct change of_statements(const struct tally_entry *old, const struct tally_entry *new)
{
    const struct tally_entry *shown = new ? new : old;

    return (struct change){
        .name = shown->id,
        .world = shown->world,
        .is_statement = true,
        .was_there = old != NULL,
        .is_there = new != NULL,
        .before = old ? old->verdict : VERDICT_NONE,
        .after = new ? new->verdict : VERDICT_NONE,
        .result = shown->result,
    };
}

static void compare_statements(struct changes *c, const struct tally *before, const struct tally *after)
{
    for (size_t i = 0; i < after->n; i++)
        add(c, of_statements(tally_find(before, after->at[i].id, after->at[i].world), &after->at[i]));
    for (size_t i = 0; i < before->n; i++)
        if (!tally_find(after, before->at[i].id, before->at[i].world))
            add(c, of_statements(&before->at[i], NULL));
}

/* ---- both ------------------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* A run that was ended early has not played everything that it was asked for. */
static bool is_whole(const struct run_summary *run)
{
    for (const struct scenario_result *r = run->results; r; r = r->next)
        if (r->not_played)
            return false;
    return run->shard.of == 0;
}

static bool has_played(void *ctx, const struct scenario_result *r)
{
    const struct scenario_result *twin = index_find(ctx, r);

    return twin && !twin->not_played;
}

/* Of other selections only what both played says anything about a statement. */
static void tally_both(struct side *a, struct side *b, bool same_scope)
{
    a->tally = tally_new(a->run, same_scope ? NULL : has_played, &b->index);
    b->tally = tally_new(b->run, same_scope ? NULL : has_played, &a->index);
}

static void side_free(struct side *s)
{
    free(s->index.at);
    tally_free(&s->tally);
}

/* Stable by kind: entries were added in the run's order. */
static void sort_by_kind(struct change *at, size_t n, struct change *room)
{
    size_t filled = 0;

    for (int kind = 0; kind < N_CHANGES; kind++)
        for (size_t i = 0; i < n; i++)
            if ((int)at[i].kind == kind)
                room[filled++] = at[i];
    if (n > 0)
        memcpy(at, room, n * sizeof *at);
}

struct changes changes_find(const struct run_summary *before, const struct run_summary *after)
{
    struct side old = {.run = before, .index = index_new(before)},
                new = {.run = after, .index = index_new(after)};
    struct changes c = {
        .same_scope = is_whole(before) && is_whole(after) && same_text(before->sut, after->sut) &&
                      same_text(before->select, after->select) && same_text(before->worlds, after->worlds) &&
                      before->with_long == after->with_long};
    struct change *room;
    size_t most;

    tally_both(&old, &new, c.same_scope);
    most = old.tally.n + new.tally.n + old.index.n + new.index.n + 1;
    room = calloc(most, sizeof *room);
    c.at = calloc(most, sizeof *c.at);
    if (!c.at || !room)
        abort();
    compare_plays(&c, &old, &new);
    c.n_plays = c.n;
    compare_statements(&c, &old.tally, &new.tally);
    sort_by_kind(c.at, c.n_plays, room);
    sort_by_kind(c.at + c.n_plays, c.n - c.n_plays, room);
    side_free(&old);
    side_free(&new);
    free(room);
    return c;
}

void changes_free(struct changes *c)
{
    free(c->at);
    *c = (struct changes){0};
}

void changes_put_counts(struct wp_writer *w, const size_t counts[N_CHANGES])
{
    bool some = false;

    for (int kind = 0; kind < N_CHANGES; kind++) {
        if (counts[kind] == 0)
            continue;
        if (some)
            wp_put_text(w, ", ");
        wp_put_uint(w, counts[kind]);
        wp_put_char(w, ' ');
        wp_put_text(w, change_text((enum change_kind)kind));
        some = true;
    }
    if (!some)
        wp_put_text(w, "nothing");
}
