#include "harness/judge_impl.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- records ---------------------------------------------------------------------------------------- */

/* Does the record leave open what the pattern asks? */
static uint8_t unseen_by(const struct check *c, const struct wp_record *r)
{
    uint8_t unseen = 0;

    if (r->kind != WP_REC_PUBLISH && r->kind != WP_REC_DELIVER)
        return 0;
    if (node_get(c->pattern.node, "retain"))
        unseen |= r->message.unseen & WP_UNSEEN_RETAIN;
    if (node_get(c->pattern.node, "qos"))
        unseen |= r->message.unseen & WP_UNSEEN_QOS;
    return unseen;
}

static void bind_members(struct judge *j, const struct check *c, const struct wp_record *record)
{
    for (const struct node *n = c->bind_as ? c->bind_as->first : NULL; n; n = n->next) {
        char *value = arena_get(&j->arena, 4096);
        struct wp_writer w = wp_writer(value, 4096);

        if (j->n_bound == sizeof j->bound / sizeof j->bound[0])
            return;
        pattern_put_member(&w, &c->pattern, record, node_text(n, ""));
        wp_put_end(&w);
        j->bound[j->n_bound][0] = arena_text(&j->arena, wp_text(n->key));
        j->bound[j->n_bound++][1] = value;
    }
}

/* Before the expectation above was met. Whether that is the wrong order, or that one is not met at all, shows later. */
static void take_early(struct judge *j, struct check *c, const struct wp_record *record)
{
    struct wp_writer w = wp_writer(c->near_miss, sizeof c->near_miss);

    if (c->is_early)
        return;
    c->is_early = true;
    wp_put_text(&w, "came before the expectation above it was met: ");
    pattern_put_record(&w, record);
    wp_put_end(&w);
    judge_keep_other(j, c, record);
}

/* The expectation is met now: what must come after it and was there already came in the wrong order. */
static void decide_order(struct judge *j, const struct check *met, wp_us now)
{
    for (struct check *c = met->next; c; c = c->next)
        if (c->before == met && c->is_early && c->state == CHECK_ARMED)
            judge_decide_for(j, c, "@order", now, c->near_miss);
}

static void take_hit(struct judge *j, struct check *c, const struct wp_record *record)
{
    char text[400];
    struct wp_writer w = wp_writer(text, sizeof text);
    const struct pattern *p = &c->pattern;
    const struct node *after = node_get(p->node, "after");

    if (p->strict_order && c->before && c->before->state == CHECK_ARMED) {
        take_early(j, c, record);
        return;
    }
    if (after && record->at - c->since < node_duration_or(after, 0)) {
        wp_put_text(&w, "came too early, ");
        wp_put_duration(&w, (record->at - c->since) / 1000 * 1000);
        wp_put_text(&w, " after the stimulus: ");
        judge_decide_unwanted(j, c, record, "@time", &w);
        return;
    }
    c->hits++;
    c->unseen |= unseen_by(c, record);
    c->last_hit = record->at;
    if (c->hits > p->max) {
        wp_put_text(&w, p->max == 0 ? "must not come, but came: " : "one too many: ");
        judge_decide_unwanted(j, c, record, p->max == 0 ? NULL : "@count", &w);
        return;
    }
    if (c->hits == 1)
        judge_remember(c, record);
    if (c->state == CHECK_ARMED && c->hits >= p->min && p->max > 0) {
        c->state = CHECK_MET;
        c->met_seq = record->seq;
        if (c->kind == CHECK_BIND)
            bind_members(j, c, record);
        if (p->max == UINT32_MAX)
            judge_decide(j, c, VERDICT_PASS, record->at, c->seen);
        else if (j->changed)
            j->changed(j->ctx);
        decide_order(j, c, record->at);
    }
}

static void take_every(struct judge *j, struct check *c, const struct wp_record *record)
{
    char text[400];
    struct wp_writer w = wp_writer(text, sizeof text);
    wp_us gap = record->at - c->last_hit;

    c->hits++;
    if (c->hits > 1 &&
        (gap < c->period - c->tolerance - j->slack || gap > c->period + c->tolerance + j->slack)) {
        wp_put_text(&w, "came ");
        wp_put_duration(&w, gap / 1000 * 1000);
        wp_put_text(&w, " after the one before, expected every ");
        wp_put_duration(&w, c->period);
        judge_keep_other(j, c, record);
        judge_decide_for(j, c, "@time", record->at, wp_put_end(&w));
    }
    c->last_hit = record->at;
    judge_remember(c, record);
}

/* Of records that do not fit, the one that comes nearest is told. */
static void take_misfit(struct judge *j, struct check *c, const struct wp_record *record, const char *why)
{
    if (c->kind == CHECK_NONE || c->kind == CHECK_NEVER || !judge_is_nearest(j, c, record))
        return;
    snprintf(c->near_miss, sizeof c->near_miss, "%s", why);
    judge_keep_other(j, c, record);
    if (c->kind != CHECK_ALWAYS)
        return;
    c->blame = c->nearest;
    judge_decide(j, c, VERDICT_FAIL, record->at, why);
    c->blame = NULL;
}

static void take_fit(struct judge *j, struct check *c, const struct wp_record *record)
{
    if (c->kind == CHECK_ALWAYS) {
        c->hits++;
        c->unseen |= unseen_by(c, record);
        judge_remember(c, record);
    } else if (c->kind == CHECK_EVERY) {
        take_every(j, c, record);
    } else {
        take_hit(j, c, record);
    }
}

static void take_check(struct judge *j, struct check *c, const struct wp_record *record)
{
    char text[400];
    struct wp_writer why = wp_writer(text, sizeof text);

    if (c->state == CHECK_DONE || record->at > c->until)
        return;
    if (c->kind == CHECK_NEVER && pattern_names(&c->control, record) &&
        pattern_fits(&c->control, &j->world, record, NULL))
        c->control_hits++;
    if (!pattern_names(&c->pattern, record))
        return;
    if (pattern_fits(&c->pattern, &j->world, record, &why))
        take_fit(j, c, record);
    else
        take_misfit(j, c, record, wp_put_end(&why));
}

static void judge_take(struct wp_sink *sink, const struct wp_record *record)
{
    struct judge *j = (struct judge *)(void *)sink;

    if (record->kind == WP_REC_CHECK || record->kind == WP_REC_WIRE)
        return;
    j->result->n_records++;
    if (record->kind == WP_REC_PUBLISH) {
        j->result->n_publishes++;
        if (j->contracts && j->sut && strcmp(record->machine, j->sut) == 0)
            (j->is_client ? contract_take_request : contract_take)(j->contracts, j->tally, record);
    }
    j->result->n_frames += record->kind == WP_REC_FRAME;
    for (struct check *c = j->finished ? NULL : j->checks; c;
         c = c->next) /* not of the goodbyes afterwards */
        take_check(j, c, record);
}

/* ---- arming and time -------------------------------------------------------------------------------- */

void judge_init(struct judge *j, struct wp_transcript *transcript, struct scenario_result *result,
                const struct contract_set *contracts, const char *sut, int64_t epoch_us)
{
    *j = (struct judge){
        .sink = {.take = judge_take},
        .transcript = transcript,
        .result = result,
        .contracts = contracts,
        .world = {.epoch_us = epoch_us, .contracts = contracts},
        .sut = sut,
    };
    j->tail = &j->checks;
    j->tally = contracts ? contract_tally_new(contracts) : NULL;
}

void judge_free(struct judge *j)
{
    contract_tally_free(j->tally);
    arena_free(&j->arena);
}

static const struct node *filled(struct judge *j, const struct node *node)
{
    for (size_t i = 0; i < j->n_bound; i++)
        node = node_fill(&j->arena, node, j->bound[i][0], j->bound[i][1]);
    return node;
}

struct check *judge_arm(struct judge *j, enum check_kind kind, const char *file, const struct node *node,
                        int line, wp_us since)
{
    struct check *c = arena_get(&j->arena, sizeof *c), *before = NULL;
    char why[400];
    struct wp_writer w = wp_writer(why, sizeof why);

    node = filled(j, node);
    *c = (struct check){.kind = kind, .line = line, .since = since, .until = WP_NEVER};
    for (struct check *b = j->checks; b; b = b->next)
        if (b->kind == CHECK_EXPECT || b->kind == CHECK_BIND)
            before = b;
    c->before = before;
    c->bind_as = kind == CHECK_BIND ? node_get(node, "as") : NULL;
    *j->tail = c;
    j->tail = &c->next;
    if (!pattern_read(&c->pattern, file, node, &w) ||
        (kind == CHECK_NEVER && !pattern_read(&c->control, file, node_get(node, "control"), &w))) {
        judge_decide(j, c, VERDICT_ERROR, since, wp_put_end(&w)); /* only a bound text can have spoilt it */
        return c;
    }
    if (kind == CHECK_NONE)
        c->pattern.max = 0;
    if (kind == CHECK_NEVER) {
        c->pattern.min = 0;
        c->pattern.max = 0;
    }
    if (kind == CHECK_EVERY) {
        c->period = node_duration_or(node_get(node, "period"), 0);
        c->tolerance = node_duration_or(node_get(node, "tolerance"), 0);
    }
    if (kind == CHECK_EXPECT || kind == CHECK_BIND)
        c->until = since + c->pattern.within + j->slack;
    return c;
}

void judge_watch(struct judge *j, const struct scenario *s)
{
    static const enum check_kind kind_of[] = {
        [WATCH_ALWAYS] = CHECK_ALWAYS,
        [WATCH_NEVER] = CHECK_NEVER,
        [WATCH_EVERY] = CHECK_EVERY,
        [WATCH_EVENTUALLY] = CHECK_EVENTUALLY,
    };

    for (size_t i = 0; i < s->n_watches; i++) {
        const struct watch *w = &s->watches[i];

        judge_arm(j, kind_of[w->kind], s->file, w->node, w->node->key_line, 0);
    }
}

void judge_begin(struct judge *j, wp_us now)
{
    for (struct check *c = j->checks; c; c = c->next) {
        if (c->until != WP_NEVER)
            c->until += now - c->since;
        c->since = now; /* whatever the clock said when it was armed, before the world had begun */
    }
}

void judge_reach(struct judge *j, struct check *c, wp_us now)
{
    (void)j;
    if (c->kind == CHECK_NONE && c->until == WP_NEVER)
        c->until = now + c->pattern.within;
}

void judge_advance(struct judge *j, wp_us now)
{
    for (struct check *c = j->checks; c; c = c->next) {
        char text[1000];
        struct wp_writer w = wp_writer(text, sizeof text);

        if (c->state == CHECK_DONE || c->until > now || judge_is_monitor(c))
            continue;
        if (c->kind == CHECK_NONE) {
            wp_put_text(&w, "did not come: ");
            pattern_put(&w, &c->pattern);
            judge_decide(j, c, VERDICT_PASS, now, wp_put_end(&w));
        } else if (c->state == CHECK_MET || c->hits >= c->pattern.min) {
            judge_decide(j, c, VERDICT_PASS, now, c->seen[0] ? c->seen : "did not come more often");
        } else if (c->is_early && j->failed) {
            c->state = CHECK_DONE; /* the one above has failed, and with it the order is nobody's */
        } else if (c->is_early) {
            judge_decide(j, c, VERDICT_INCONC, now, "it came, but what must come before it did not");
        } else {
            judge_decide_missing(j, c, now);
        }
    }
    j->lateness = 0;
}

wp_us judge_deadline(const struct judge *j)
{
    wp_us first = WP_NEVER;

    for (const struct check *c = j->checks; c; c = c->next)
        if (c->state != CHECK_DONE && c->until < first)
            first = c->until;
    return first;
}

bool judge_is_waiting(const struct judge *j)
{
    for (const struct check *c = j->checks; c; c = c->next)
        if (c->state != CHECK_DONE && !judge_is_monitor(c) && c->until != WP_NEVER)
            return true;
    return false;
}

/* ---- the end ---------------------------------------------------------------------------------------- */

static void finish_monitor(struct judge *j, struct check *c, wp_us now)
{
    char text[1000];
    struct wp_writer w = wp_writer(text, sizeof text);

    if (c->kind == CHECK_NEVER && c->control_hits == 0) {
        wp_put_text(&w, "the control never came: ");
        pattern_put(&w, &c->control);
        judge_decide(j, c, VERDICT_INCONC, now, wp_put_end(&w));
    } else if (c->kind == CHECK_NEVER) {
        wp_put_text(&w, "never came: ");
        pattern_put(&w, &c->pattern);
        judge_decide(j, c, VERDICT_PASS, now, wp_put_end(&w));
    } else if (c->kind == CHECK_EVENTUALLY) {
        judge_decide_missing(j, c, now);
    } else if (c->kind == CHECK_EVERY && c->hits < 2) {
        wp_put_text(&w, "too few to tell a period: ");
        pattern_put(&w, &c->pattern);
        judge_decide(j, c, VERDICT_INCONC, now, wp_put_end(&w));
    } else if (c->kind == CHECK_ALWAYS && c->hits == 0) {
        wp_put_text(&w, "nothing of the kind came: ");
        pattern_put(&w, &c->pattern);
        judge_decide(j, c, VERDICT_INCONC, now, wp_put_end(&w));
    } else {
        judge_decide(j, c, VERDICT_PASS, now, c->seen);
    }
}

/* The record says all but for retain; does it say that too? */
static void see_retain(struct judge *j, struct check *c, const struct wp_record *publish)
{
    struct wp_record blind = *publish;
    char why[300];
    struct wp_writer w = wp_writer(why, sizeof why);
    bool fits;

    blind.message.unseen |= WP_UNSEEN_RETAIN;
    if (!pattern_names(&c->pattern, publish) || !pattern_fits(&c->pattern, &j->world, &blind, NULL))
        return;
    fits = pattern_fits(&c->pattern, &j->world, publish, &w);
    wp_put_text(&w, " (told by a second subscription)");
    if (c->state != CHECK_DONE) {
        c->unseen = 0;
        if (!fits)
            judge_decide(j, c, VERDICT_FAIL, publish->at, wp_put_end(&w));
    } else if (c->finding->verdict == VERDICT_INCONC || !fits) {
        c->finding->verdict = fits ? VERDICT_PASS : VERDICT_FAIL;
        c->finding->text = arena_text(&j->result->arena, wp_text(fits ? c->seen : wp_put_end(&w)));
    }
}

void judge_see_retain(struct judge *j, const struct wp_record *publish)
{
    if (j->contracts)
        contract_take_delivery(j->contracts, j->tally, publish);
    for (struct check *c = j->checks; c; c = c->next)
        if (c->unseen & WP_UNSEEN_RETAIN)
            see_retain(j, c, publish);
}

void judge_finish(struct judge *j, wp_us now)
{
    if (j->finished)
        return;
    j->finished = true;
    judge_advance(j, now);
    for (struct check *c = j->checks; c; c = c->next) {
        if (c->state == CHECK_DONE)
            continue;
        if (judge_is_monitor(c))
            finish_monitor(j, c, now);
        else if (!j->failed) /* after a failure the rest was not waited for */
            judge_decide(j, c, VERDICT_INCONC, now, "the run ended before it was decided");
    }
    if (j->contracts)
        contract_finish(j->contracts, j->tally, j->result, now);
}
