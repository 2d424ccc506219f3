#include "harness/report_github.h"
#include "harness/agree.h"
#include "harness/home.h"
#include "harness/report_markdown.h"

#include <stdlib.h>

enum { TEXT_SHOWN = 2000 };

/* ---- workflow commands ------------------------------------------------------------------------------ */

static void put_escaped(FILE *out, const char *text, const char *special)
{
    for (size_t n = 0; *text && n < TEXT_SHOWN; text++, n++) {
        if (strchr(special, *text))
            fprintf(out, "%%%02X", (unsigned char)*text);
        else
            fputc(*text, out);
    }
}

void github_put_data(FILE *out, const char *text)
{
    put_escaped(out, text, "%\r\n");
}

void github_put_property(FILE *out, const char *text)
{
    put_escaped(out, text, "%\r\n:,");
}

/* As the repository names the file: GitHub finds no other. */
static const char *path_in_repository(struct arena *a, const char *file)
{
    const char *workspace = getenv("GITHUB_WORKSPACE");
    const char *path = file[0] == '/' ? file : arena_print(a, "%s/%s", home_dir(), file);
    size_t n = workspace ? strlen(workspace) : 0;

    while (n > 0 && workspace[n - 1] == '/')
        n--;
    if (n > 0 && strncmp(path, workspace, n) == 0 && path[n] == '/')
        return path + n + 1;
    return file;
}

/* The finding that made the play what it is: the worst, and of these the first. */
static const struct finding *cause_of(const struct scenario_result *r, bool strict)
{
    const struct finding *worst = NULL;

    for (const struct finding *f = r->findings; f; f = f->next)
        if (f->verdict >= VERDICT_INCONC && finding_counts(f, strict) &&
            (!worst || f->verdict > worst->verdict))
            worst = f;
    return worst;
}

static void put_title(FILE *out, const struct scenario_result *r, const struct finding *cause)
{
    for (size_t i = 0; cause && i < cause->n_statements; i++) {
        github_put_property(out, cause->statements[i]);
        fputc(' ', out);
    }
    github_put_property(out, r->name);
    fputs(" (", out);
    github_put_property(out, r->world);
    fputc(')', out);
}

static void put_annotation(FILE *out, const char *kind, const struct run_summary *run,
                           const struct scenario_result *r)
{
    struct arena a = {0};
    const struct finding *cause = cause_of(r, run->strict);
    char repeat[400];
    struct wp_writer w = wp_writer(repeat, sizeof repeat);

    fprintf(out, "::%s file=", kind);
    github_put_property(out, path_in_repository(&a, r->file));
    fprintf(out, ",line=%d,title=", cause && cause->line > 0 ? cause->line : 1);
    put_title(out, r, cause);
    fputs("::", out);
    if (r->because)
        github_put_data(out, r->because);
    if (r->because && cause)
        github_put_data(out, "\n");
    if (cause)
        github_put_data(out, cause->text);
    put_repeat_command(&w, r, run->seed);
    github_put_data(out, "\nagain: ");
    github_put_data(out, wp_put_end(&w));
    fputc('\n', out);
    arena_free(&a);
}

/* Each on its own, for neither of its plays need be wrong. */
static void put_disagreements(FILE *out, const struct run_summary *run)
{
    struct arena a = {0};
    size_t both, shown = 0;

    for (const struct disagreement *d = worlds_compare(&a, run->results, &both);
         d && shown < GITHUB_ANNOTATIONS_MAX; d = d->next, shown++) {
        fputs("::error file=", out);
        github_put_property(out, path_in_repository(&a, d->scenario->file));
        fputs(",line=1,title=", out);
        github_put_property(out, d->scenario->name);
        fputs(" (both worlds)::the worlds differ: ", out);
        github_put_data(out, d->text);
        fputc('\n', out);
    }
    arena_free(&a);
}

/* An inconclusive play is a warning unless the run is strict. */
static bool is_error(const struct run_summary *run, enum verdict v)
{
    return v >= VERDICT_FAIL || (run->strict && v == VERDICT_INCONC);
}

static void put_kind(FILE *out, const struct run_summary *run, bool errors)
{
    const char *kind = errors ? "error" : "warning";
    size_t n = 0, shown = 0;

    for (const struct scenario_result *r = run->results; r; r = r->next)
        n += shown_verdict(r, run->strict) >= VERDICT_INCONC &&
             is_error(run, shown_verdict(r, run->strict)) == errors;
    for (const struct scenario_result *r = run->results; r; r = r->next) {
        enum verdict v = shown_verdict(r, run->strict);

        if (v < VERDICT_INCONC || is_error(run, v) != errors)
            continue;
        if (n > GITHUB_ANNOTATIONS_MAX && shown == GITHUB_ANNOTATIONS_MAX - 1) {
            fprintf(out, "::%s title=wattproof::and %zu more plays: see the job's summary\n", kind,
                    n - shown);
            return;
        }
        put_annotation(out, kind, run, r);
        shown++;
    }
}

void report_put_annotations(FILE *out, const struct run_summary *run)
{
    put_kind(out, run, true);
    put_disagreements(out, run);
    put_kind(out, run, false);
    fflush(out);
}

/* ---- the job ---------------------------------------------------------------------------------------- */

bool report_step_summary(const struct run_summary *run, const struct changes *changes)
{
    const char *file = getenv("GITHUB_STEP_SUMMARY");

    return !file || !*file || report_markdown_append(run, changes, file);
}

bool is_on_github(void)
{
    const char *actions = getenv("GITHUB_ACTIONS");

    return actions && strcmp(actions, "true") == 0;
}
