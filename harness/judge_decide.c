/* How a check ends: verdict, sentence, evidence, and the record that tells of it. */
#include "harness/judge_impl.h"
#include "harness/record_file.h"

static const char *const check_names[] = {"expect", "none", "bind", "always", "never", "every", "eventually"};

bool judge_is_monitor(const struct check *c)
{
    return c->kind >= CHECK_ALWAYS;
}

/* "expect line 15 pass IVY-072 IVY-074" */
static void put_title(struct wp_writer *w, const struct finding *f)
{
    wp_put_text(w, f->kind);
    wp_put_text(w, " line ");
    wp_put_int(w, f->line);
    wp_put_char(w, ' ');
    wp_put_text(w, verdict_text(f->verdict));
    for (size_t i = 0; i < f->n_statements; i++) {
        wp_put_char(w, ' ');
        wp_put_text(w, f->statements[i]);
    }
}

static void write_check_record(struct judge *j, const struct finding *f)
{
    char title[400];
    struct wp_writer w = wp_writer(title, sizeof title);
    struct wp_record record = {
        .kind = WP_REC_CHECK,
        .at = f->at,
        .machine = "judge",
        .check = {.what = verdict_text(f->verdict),
                  .text = wp_text(f->text),
                  .count = f->line,
                  .by = f->record},
    };

    put_title(&w, f);
    record.check.title = wp_written(&w);

    wp_transcript_write(j->transcript, &record);
}

/* Expected and got, for who shows the difference; a pass has only its record. */
static void put_evidence(struct judge *j, struct finding *f, const struct check *c)
{
    struct arena *a = &j->result->arena;

    if (f->verdict == VERDICT_PASS) {
        f->record = c->seen_record;
        return;
    }
    f->expected = c->pattern.node ? node_json(a, c->pattern.node) : NULL;
    f->record = c->other_record;
    if (c->other.n > 0 && !c->other.full)
        f->got = arena_text(a, wp_written(&c->other));
}

/* Is it a record that a foreign SUT keeps to itself? */
static bool is_inside(const struct judge *j, const struct check *c)
{
    const struct pattern *p = &c->pattern;

    switch (p->kind) {
    case WP_REC_READING:
    case WP_REC_PRESENCE: return true;
    case WP_REC_NOTE: return !p->from || strcmp(p->from, j->sut) == 0;
    case WP_REC_DELIVER: return j->has_own_broker && p->to && strcmp(p->to, j->sut) == 0;
    case WP_REC_CONNACK:
    case WP_REC_SUBACK: return j->has_own_broker && wp_slice_is(p->key, j->sut);
    default: return false;
    }
}

void judge_decide(struct judge *j, struct check *c, enum verdict verdict, wp_us at, const char *text)
{
    struct finding *f;

    if (c->state == CHECK_DONE)
        return;
    c->state = CHECK_DONE;
    if (verdict != VERDICT_ERROR &&
        (c->unseen || (j->is_foreign && j->sut && c->hits == 0 && is_inside(j, c)))) {
        verdict = VERDICT_INCONC;
        text = "not visible from here";
    }
    f = result_add(j->result, verdict, check_names[c->kind], c->line, at, text);
    c->finding = f;
    judge_blame(j, f, c->pattern.proves, verdict == VERDICT_FAIL ? c->blame : NULL);
    put_evidence(j, f, c);
    j->result->n_checks++;
    if (verdict >= VERDICT_FAIL && !judge_is_monitor(c))
        j->failed = true;
    write_check_record(j, f);
    if (j->changed)
        j->changed(j->ctx);
}

void judge_decide_late(struct judge *j, struct check *c, wp_us at, const char *text)
{
    char late[80];
    struct wp_writer w = wp_writer(late, sizeof late);

    if (j->slack > 0 && j->lateness > j->slack) {
        wp_put_text(&w, "harness late by ");
        wp_put_duration(&w, j->lateness / 1000 * 1000);
        judge_decide(j, c, VERDICT_INCONC, at, wp_put_end(&w));
        return;
    }
    judge_decide(j, c, VERDICT_FAIL, at, text);
}

/* The same, for what the pattern's words for it say is wrong. */
void judge_decide_for(struct judge *j, struct check *c, const char *misfit, wp_us at, const char *text)
{
    struct pattern_misfits blame = {0};

    pattern_misfit_add(&blame, misfit);
    c->blame = &blame;
    judge_decide_late(j, c, at, text);
    c->blame = NULL;
}

/* "topic x seen 0 times by 6s, expected 1; nearest: value: expected 1, came 2" */
static void put_missing(struct wp_writer *w, const struct check *c, wp_us now)
{
    pattern_put(w, &c->pattern);
    wp_put_text(w, " fits ");
    wp_put_uint(w, c->hits);
    wp_put_text(w, c->hits == 1 ? " record by " : " records by ");
    wp_put_duration(w, now / 1000 * 1000);
    wp_put_text(w, ", expected ");
    wp_put_uint(w, c->pattern.min);
    if (c->pattern.max == UINT32_MAX)
        wp_put_text(w, " or more");
    if (c->near_miss[0]) {
        wp_put_text(w, "; nearest: ");
        wp_put_text(w, c->near_miss);
    }
}

void judge_decide_missing(struct judge *j, struct check *c, wp_us now)
{
    char text[1000];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct pattern_misfits blame;

    put_missing(&w, c, now);
    judge_blame_missing(c, &blame);
    c->blame = &blame;
    judge_decide_late(j, c, now, wp_put_end(&w));
    c->blame = NULL;
}

void judge_remember(struct check *c, const struct wp_record *record)
{
    struct wp_writer w = wp_writer(c->seen, sizeof c->seen);

    c->seen_record = record->seq;

    wp_put_duration(&w, record->at / 1000 * 1000);
    wp_put_char(&w, ' ');
    pattern_put_record(&w, record);
    wp_put_end(&w);
}

/* A record that is not as it should be: it stands in the finding. */
void judge_keep_other(struct judge *j, struct check *c, const struct wp_record *record)
{
    if (!c->other.p)
        c->other = wp_writer(arena_get(&j->arena, JUDGE_RECORD_MAX), JUDGE_RECORD_MAX);
    c->other = wp_writer(c->other.p, JUDGE_RECORD_MAX);
    c->other_record = record->seq;
    record_put_json(&c->other, record);
}

/* A record that fits and yet must not be here. misfit: what is wrong with that; NULL: everything. */
void judge_decide_unwanted(struct judge *j, struct check *c, const struct wp_record *record,
                           const char *misfit, struct wp_writer *text)
{
    struct pattern_misfits blame = {0};

    pattern_put_record(text, record);
    judge_keep_other(j, c, record);
    if (misfit)
        pattern_misfit_add(&blame, misfit);
    c->blame = misfit ? &blame : NULL;
    judge_decide(j, c, VERDICT_FAIL, record->at, wp_put_end(text));
    c->blame = NULL;
}
