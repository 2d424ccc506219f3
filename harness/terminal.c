#include "harness/terminal.h"

#include <stdlib.h>
#include <unistd.h>

enum { FINDINGS_SHOWN = 6 };

struct terminal terminal_new(FILE *out, size_t total, uint64_t seed, bool strict)
{
    struct terminal t = {.out = out, .total = total, .seed = seed, .strict = strict};
    const char *term = getenv("TERM");

    t.live = isatty(fileno(out)) == 1 && term && strcmp(term, "dumb") != 0;
    t.colours = t.live && !getenv("NO_COLOR");
    return t;
}

const char *terminal_colour(const struct terminal *t, enum verdict v)
{
    static const char *const colour[] = {
        [VERDICT_NONE] = "\033[2m",    [VERDICT_PASS] = "\033[32m",    [VERDICT_INCONC] = "\033[33m",
        [VERDICT_FAIL] = "\033[1;31m", [VERDICT_ERROR] = "\033[1;35m",
    };

    return t->colours ? colour[v] : "";
}

const char *terminal_plain(const struct terminal *t)
{
    return t->colours ? "\033[0m" : "";
}

static void put_time(FILE *out, wp_us us)
{
    fprintf(out, "%.3f s", (double)us / 1e6);
}

static void put_finding(struct terminal *t, const struct scenario_result *r, const struct finding *f)
{
    fprintf(t->out, "    %s%s%s", terminal_colour(t, f->verdict), verdict_text(f->verdict),
            terminal_plain(t));
    for (size_t i = 0; i < f->n_statements; i++)
        fprintf(t->out, " %s", f->statements[i]);
    if (f->line > 0)
        fprintf(t->out, " %s:%d %s", r->file, f->line, f->kind);
    else
        fprintf(t->out, " %s", f->kind);
    fputs(" at ", t->out);
    put_time(t->out, f->at);
    fprintf(t->out, ": %s\n", f->text);
}

void terminal_failure(struct terminal *t, const struct scenario_result *r)
{
    enum verdict v = shown_verdict(r, t->strict);
    char repeat[400];
    struct wp_writer w = wp_writer(repeat, sizeof repeat);
    int shown = 0, more = 0;

    fprintf(t->out, "%s%s%s %s (%s)%s%s\n", terminal_colour(t, v), verdict_text(v), terminal_plain(t),
            r->name, r->world, r->because ? ": " : "", r->because ? r->because : "");
    for (const struct finding *f = r->findings; f; f = f->next) {
        if (f->verdict < VERDICT_INCONC || (f->undocumented && !t->strict))
            continue;
        if (shown++ < FINDINGS_SHOWN)
            put_finding(t, r, f);
        else
            more++;
    }
    if (more > 0)
        fprintf(t->out, "    ... and %d more\n", more);
    put_repeat_command(&w, r, t->seed);
    fprintf(t->out, "    again: %s\n", wp_put_end(&w));
}

static bool is_shown(const struct terminal *t, const struct scenario_result *r)
{
    return r->applicable && shown_verdict(r, t->strict) >= VERDICT_INCONC;
}

void terminal_finished(struct terminal *t, const struct scenario_result *r)
{
    t->done++;
    t->failed += is_shown(t, r);
    if (!t->live)
        return;
    fputs("\r\033[K", t->out);
    if (is_shown(t, r))
        terminal_failure(t, r);
    fprintf(t->out, "%zu of %zu played, %zu not as expected", t->done, t->total, t->failed);
    fflush(t->out);
}

void terminal_list(struct terminal *t, const struct scenario_result *results)
{
    if (t->live) {
        fputs("\r\033[K", t->out);
        return;
    }
    for (const struct scenario_result *r = results; r; r = r->next) {
        if (r->not_played) /* their number stands below */
            continue;
        if (is_shown(t, r)) {
            terminal_failure(t, r);
            continue;
        }
        fprintf(t->out, "%-6s %-7s %s", r->applicable ? verdict_text(shown_verdict(r, t->strict)) : "n/a",
                r->world, r->name);
        if (!r->applicable && r->because)
            fprintf(t->out, " (%s)", r->because);
        fputc('\n', t->out);
    }
}
