#include "harness/report.h"
#include "harness/agree.h"

#include <errno.h>
#include <stdio.h>

enum verdict shown_verdict(const struct scenario_result *r, bool strict)
{
    return r->applicable && !r->not_played ? result_verdict(r, strict) : VERDICT_NONE;
}

struct run_totals run_count(const struct run_summary *run)
{
    struct run_totals t = {0};

    for (const struct scenario_result *r = run->results; r; r = r->next) {
        t.plays++;
        t.checks += r->n_checks;
        if (r->not_played)
            t.not_played++;
        else if (!r->applicable)
            t.not_applicable++;
        else
            t.by_verdict[shown_verdict(r, run->strict)]++;
    }
    return t;
}

/* By its name, or by its file where `run` would not find the name. */
static const char *word_for(const struct scenario_result *r)
{
    return r->file[0] && strncmp(r->file, "scenarios/", 10) != 0 ? r->file : r->name;
}

void put_repeat_command(struct wp_writer *w, const struct scenario_result *r, uint64_t seed)
{
    if (r->again) {
        wp_put_text(w, r->again);
        return;
    }
    wp_put_text(w, "./wattproof run '");
    wp_put_text(w, word_for(r));
    wp_put_text(w, "' --world ");
    wp_put_text(w, r->world);
    if (r->sut) {
        wp_put_text(w, " --sut ");
        wp_put_text(w, r->sut);
    }
    wp_put_text(w, " --seed ");
    wp_put_uint(w, seed);
}

FILE *report_open(const char *file)
{
    FILE *f = strcmp(file, "-") == 0 ? stdout : fopen(file, "w");

    if (!f)
        fprintf(stderr, "wattproof: %s: %s\n", file, strerror(errno));
    return f;
}

bool report_close(FILE *f, const char *file)
{
    bool good = !ferror(f) && (f == stdout ? fflush(f) == 0 : fclose(f) == 0);

    if (!good)
        fprintf(stderr, "wattproof: %s could not be written whole\n", file);
    return good;
}

/* XML 1.0 text: the five entities, and no control characters. */
static void put_xml(FILE *f, const char *text)
{
    for (const char *p = text; *p; p++) {
        switch (*p) {
        case '&': fputs("&amp;", f); break;
        case '<': fputs("&lt;", f); break;
        case '>': fputs("&gt;", f); break;
        case '"': fputs("&quot;", f); break;
        case '\n': fputs("&#10;", f); break;
        case '\t': fputs("&#9;", f); break;
        default:
            if ((unsigned char)*p >= 0x20)
                fputc(*p, f);
        }
    }
}

/* The findings that made it what it is, one a line. */
static void put_findings(FILE *f, const struct scenario_result *r, bool strict, const char *prefix,
                         void (*put)(FILE *f, const char *text))
{
    for (const struct finding *x = r->findings; x; x = x->next) {
        if (x->verdict < VERDICT_INCONC || (x->undocumented && !strict))
            continue;
        fputs(prefix, f);
        fprintf(f, "%s", verdict_text(x->verdict));
        for (size_t i = 0; i < x->n_statements; i++)
            fprintf(f, " %s", x->statements[i]);
        if (x->line > 0)
            fprintf(f, " line %d", x->line);
        fputs(": ", f);
        put(f, x->text);
        fputc('\n', f);
    }
    if (r->because) {
        fputs(prefix, f);
        put(f, r->because);
        fputc('\n', f);
    }
}

static void put_junit_case(FILE *f, const struct run_summary *run, const struct scenario_result *r)
{
    enum verdict v = shown_verdict(r, run->strict);
    char repeat[300];
    struct wp_writer w = wp_writer(repeat, sizeof repeat);

    put_repeat_command(&w, r, run->seed);
    fputs("    <testcase name=\"", f);
    put_xml(f, r->name);
    fprintf(f, "\" classname=\"wattproof.%s.%s\" time=\"%.6f\">\n", r->api[0] ? r->api : "none", r->world,
            (double)r->ended / 1e6);
    if (r->not_played || !r->applicable) {
        fprintf(f, "      <skipped message=\"%s: ", r->not_played ? "not played" : "not applicable");
        put_xml(f, r->because ? r->because : "");
        fputs("\"/>\n", f);
    } else if (v == VERDICT_INCONC && !run->strict) {
        fputs("      <skipped message=\"inconclusive\"/>\n      <system-out>\n", f);
        put_findings(f, r, run->strict, "", put_xml);
        fputs("</system-out>\n", f);
    } else if (v >= VERDICT_INCONC) {
        const char *tag = v == VERDICT_ERROR ? "error" : "failure";

        fprintf(f, "      <%s message=\"", tag);
        put_xml(f, r->because ? r->because : verdict_text(v));
        fputs("\">\n", f);
        put_findings(f, r, run->strict, "", put_xml);
        put_xml(f, wp_put_end(&w));
        fprintf(f, "\n</%s>\n", tag);
    }
    fputs("    </testcase>\n", f);
}

static void put_junit_disagreement(FILE *f, const struct disagreement *d)
{
    fputs("    <testcase name=\"", f);
    put_xml(f, d->scenario->name);
    fputs("\" classname=\"wattproof.worlds\" time=\"0.000000\">\n      <error message=\"the worlds differ: ",
          f);
    put_xml(f, d->text);
    fputs("\"/>\n    </testcase>\n", f);
}

bool report_junit(const struct run_summary *run, const char *file)
{
    struct run_totals t = run_count(run);
    struct arena a = {0};
    size_t both, differing = 0, skipped = t.not_applicable + t.not_played;
    const struct disagreement *first = worlds_compare(&a, run->results, &both);
    FILE *f = report_open(file);

    if (!f) {
        arena_free(&a);
        return false;
    }
    for (const struct disagreement *d = first; d; d = d->next)
        differing++;
    fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    fprintf(
        f, "  <testsuite name=\"wattproof\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n",
        t.plays + differing, t.by_verdict[VERDICT_FAIL] + (run->strict ? t.by_verdict[VERDICT_INCONC] : 0),
        t.by_verdict[VERDICT_ERROR] + differing, skipped + (run->strict ? 0 : t.by_verdict[VERDICT_INCONC]));
    if (run->sut) /* letters, digits and a few signs that XML knows nothing of */
        fprintf(f, "    <properties><property name=\"sut\" value=\"%s\"/></properties>\n", run->sut);
    for (const struct scenario_result *r = run->results; r; r = r->next)
        put_junit_case(f, run, r);
    for (const struct disagreement *d = first; d; d = d->next)
        put_junit_disagreement(f, d);
    fputs("  </testsuite>\n</testsuites>\n", f);
    arena_free(&a);
    return report_close(f, file);
}

static void put_plain(FILE *f, const char *text)
{
    fputs(text, f);
}

bool report_tap(const struct run_summary *run, const char *file)
{
    FILE *f = report_open(file);
    size_t n = 0;

    if (!f)
        return false;
    fputs("TAP version 13\n", f);
    for (const struct scenario_result *r = run->results; r; r = r->next) {
        enum verdict v = shown_verdict(r, run->strict);
        bool ok = v <= VERDICT_PASS || (v == VERDICT_INCONC && !run->strict);

        fprintf(f, "%s %zu - %s (%s)", ok ? "ok" : "not ok", ++n, r->name, r->world);
        if (r->not_played || !r->applicable)
            fprintf(f, " # SKIP %s: %s", r->not_played ? "not played" : "not applicable",
                    r->because ? r->because : "");
        else if (v == VERDICT_INCONC)
            fputs(" # SKIP inconclusive", f);
        fputc('\n', f);
        if (v >= VERDICT_INCONC)
            put_findings(f, r, run->strict, "# ", put_plain);
    }
    fprintf(f, "1..%zu\n", n);
    return report_close(f, file);
}
