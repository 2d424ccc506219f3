/* Running a compiled schema over a tape. */
#include "harness/schema_run.h"

#include <assert.h>
#include <stdlib.h>

/* ---- working memory --------------------------------------------------------------------------------- */

static void *need(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

struct run *schema_run_new(const struct schema *s)
{
    struct run *r = need(calloc(1, sizeof *r));
    size_t view = sizeof(struct view) + s->n_words * sizeof(uint64_t) + s->n_names * sizeof(uint32_t);

    r->s = s;
    r->view_size = (view + 7) / 8 * 8;
    r->views = need(calloc(VIEWS, r->view_size));
    r->nobody = need(calloc(schema_mark_words(s->n_marks) + 1, sizeof *r->nobody));
    return r;
}

void schema_run_free(struct run *r)
{
    if (!r)
        return;
    free(r->views);
    free(r->nobody);
    free(r->scratch);
    free(r->text);
    free(r);
}

size_t schema_scratch(struct run *r, size_t n)
{
    size_t start = r->n_scratch;

    if (r->cap_scratch - start < n) {
        r->cap_scratch = 2 * (start + n);
        r->scratch = need(realloc(r->scratch, r->cap_scratch * sizeof *r->scratch));
    }
    r->n_scratch += n;
    return start;
}

static size_t seen_words(const struct run *r, uint32_t i)
{
    return (r->tape->at[i].next - i + 63) / 64;
}

seen_t schema_seen_new(struct run *r, uint32_t i)
{
    size_t n = seen_words(r, i), start = schema_scratch(r, n);

    memset(r->scratch + start, 0, n * sizeof *r->scratch);
    return start + 1;
}

void schema_seen_add(struct run *r, uint32_t i, seen_t to, seen_t from)
{
    size_t n = to && from ? seen_words(r, i) : 0;

    for (size_t w = 0; w < n; w++)
        r->scratch[to - 1 + w] |= r->scratch[from - 1 + w];
}

void schema_seen_all(struct run *r, uint32_t i, seen_t seen)
{
    if (seen)
        memset(r->scratch + seen - 1, 0xFF, seen_words(r, i) * sizeof *r->scratch);
}

/* ---- nodes ------------------------------------------------------------------------------------------ */

bool run_type(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)seen;
    return schema_type_fits(r, op->node, &r->tape->at[i]) ||
           schema_node_failed(r, op->node, op->info->around, i);
}

bool run_mark(struct run *r, const struct op *op, uint32_t i, seen_t seen)
{
    (void)i;
    (void)seen;
    schema_reach(r, op->node);
    return true;
}

static bool eval_ops(struct run *r, const struct schema_node *n, unsigned kind, uint32_t i, seen_t seen)
{
    const struct op *op = n->ops[kind], *end = op + n->n_ops[kind];
    bool good = true;

    for (; op < end; op++) {
        if (op->run(r, op, i, seen))
            continue;
        good = false;
        if (!r->full || r->stopped)
            break;
    }
    return good;
}

/* With unevaluated keywords of its own a schema begins to count anew: what is around it is not its business, but all
 * that it has seen is the business of what is around it. */
static bool eval_anew(struct run *r, const struct schema_node *n, unsigned kind, uint32_t i, seen_t seen)
{
    size_t scratch = r->n_scratch;
    seen_t own = schema_seen_new(r, i);
    bool good = eval_ops(r, n, kind, i, own);

    schema_seen_add(r, i, seen, own);
    r->n_scratch = scratch;
    return good;
}

bool schema_eval_counting(struct run *r, const struct schema_node *n, uint32_t i, seen_t seen)
{
    const struct json_token *t = &r->tape->at[i];

    if (n->mark && n->mark_kinds >> t->kind & 1)
        schema_reach(r, n);
    if (!schema_type_fits(r, n, t))
        return false;
    return n->counts >> t->kind & 1 ? eval_anew(r, n, t->kind, i, seen) : eval_ops(r, n, t->kind, i, seen);
}

/* Reports, or remembers the way, which dynamic references ask for and which may lead round and round. */
static bool eval_slowly(struct run *r, const struct schema_node *n, uint32_t i, seen_t seen)
{
    const struct json_token *t = &r->tape->at[i];
    struct frame frame = {n, r->frame};
    bool good;

    if (r->depth == FRAMES_MAX) {
        r->too_deep = true;
        return false;
    }
    r->depth++;
    r->frame = &frame;
    if (n->mark && n->mark_kinds >> t->kind & 1)
        schema_reach(r, n);
    good = schema_type_fits(r, n, t) || schema_node_failed(r, n, n->around, i);
    if ((good || r->full) && !r->stopped)
        good &=
            n->counts >> t->kind & 1 ? eval_anew(r, n, t->kind, i, seen) : eval_ops(r, n, t->kind, i, seen);
    r->frame = frame.up;
    r->depth--;
    return good;
}

bool schema_eval(struct run *r, const struct schema_node *n, uint32_t i, seen_t seen)
{
    if (n->forward)
        n = n->forward;
    if (!r->fast)
        return eval_slowly(r, n, i, seen);
    return seen ? schema_eval_counting(r, n, i, seen) : schema_eval_fast(r, n, i);
}

bool schema_holds(struct run *r, const struct schema_node *node, uint32_t i, seen_t seen)
{
    bool full = r->full, fast = r->fast, holds;

    if (node->path && !seen)
        return schema_path_holds(r, node->path, i);
    r->full = false;
    r->fast = !r->s->is_dynamic;
    holds = schema_eval(r, node, i, seen);
    r->full = full;
    r->fast = fast;
    return holds;
}

/* ---- a check ---------------------------------------------------------------------------------------- */

static bool run_once(struct run *r, bool full)
{
    r->full = full;
    r->fast = !full && !r->s->is_dynamic;
    r->stopped = false;
    r->too_deep = false;
    r->depth = 0;
    r->frame = NULL;
    r->n_scratch = 0;
    return schema_eval(r, r->s->root, r->at, 0) && !r->too_deep;
}

static void report_too_deep(struct run *r)
{
    const struct schema_error e = {
        .instance_path = "",
        .token = r->at,
        .schema_path = r->s->uri,
        .keyword = "$ref",
        .reason = "cannot be checked: the schema applies itself to it again and again",
    };

    r->on_error(r->ctx, &e);
}

bool schema_check(const struct schema *s, const struct json_tape *tape, uint32_t at, uint64_t *reached,
                  schema_on_error *on_error, void *ctx)
{
    struct run *r = s->run;

    assert(!r->busy);
    r->busy = true;
    r->tape = tape;
    r->at = at;
    r->number++;
    r->number_token = 0;
    r->reached = reached ? reached : r->nobody;
    r->on_error = on_error;
    r->ctx = ctx;
    if (!run_once(r, false)) {
        if (on_error && !run_once(r, true) && r->too_deep)
            report_too_deep(r);
        r->busy = false;
        return false;
    }
    r->busy = false;
    return true;
}

struct first {
    schema_on_error *on_error;
    void *ctx;
    uint32_t token;
};

static bool take_first(void *ctx, const struct schema_error *e)
{
    struct first *f = ctx;

    f->token = e->token;
    f->on_error(f->ctx, e);
    return false;
}

uint32_t schema_explain(struct run *r, const struct schema_node *node, uint32_t i, schema_on_error *on_error,
                        void *ctx)
{
    struct first first = {on_error, ctx, i};
    struct run before = *r;

    r->full = true;
    r->fast = false;
    r->stopped = false;
    r->explaining++;
    r->reached = r->nobody;
    r->on_error = take_first;
    r->ctx = &first;
    schema_eval(r, node, i, 0);
    r->full = before.full;
    r->fast = before.fast;
    r->stopped = before.stopped;
    r->explaining--;
    r->reached = before.reached;
    r->on_error = before.on_error;
    r->ctx = before.ctx;
    r->n_scratch = before.n_scratch;
    return first.token;
}
