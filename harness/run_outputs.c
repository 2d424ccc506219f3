#include "harness/run_outputs.h"
#include "harness/report_badge.h"
#include "harness/report_github.h"
#include "harness/report_markdown.h"
#include "harness/run_file.h"

#include <string.h>

static bool is_stdout(const char *file)
{
    return file && strcmp(file, "-") == 0;
}

bool run_outputs_take_stdout(const struct run_outputs *o)
{
    return is_stdout(o->junit) || is_stdout(o->tap) || is_stdout(o->json) || is_stdout(o->markdown) ||
           is_stdout(o->badge);
}

bool run_outputs_write(const struct run_outputs *o, const struct run_summary *run, const char *dir, FILE *out)
{
    char text[600];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct run_file before;
    bool has_before = run_file_read_previous(&before, dir, &why);
    struct changes changes = {0}, *changed = NULL;
    bool on_github = o->github || is_on_github(), good = true;

    if (has_before) {
        changes = changes_find(&before.summary, run);
        changed = &changes;
    }
    good = (!o->junit || report_junit(run, o->junit)) && good;
    good = (!o->tap || report_tap(run, o->tap)) && good;
    good = (!o->json || report_json(run, o->json)) && good;
    good = (!o->markdown || report_markdown(run, changed, o->markdown)) && good;
    good = (!o->badge || report_badge(run, o->badge)) && good;
    if (on_github)
        report_put_annotations(out, run);
    good = (!on_github || report_step_summary(run, changed)) && good;
    if (has_before) {
        changes_free(&changes);
        run_file_free(&before);
    }
    return good;
}
