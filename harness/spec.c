#include "harness/spec.h"
#include "harness/home.h"
#include "harness/run_dir.h"
#include "harness/select.h"

#include <stdio.h>
#include <sys/stat.h>

/* The last run is looked at when there is one; a run that was named has to be readable. */
static bool load_run(struct spec *s, const char *run, struct wp_writer *why)
{
    char last[1024], path[1100];
    struct stat st;

    if (!run) {
        run_dir_name(last, sizeof last, NULL);
        snprintf(path, sizeof path, "%s/run.json", last);
        if (stat(path, &st) != 0)
            return true;
        run = last;
    }
    if (!run_file_read(&s->run, run, why))
        return false;
    s->has_run = true;
    s->tally = tally_new(&s->run.summary, NULL, NULL);
    return true;
}

bool spec_load(struct spec *s, const char *run, struct wp_writer *why)
{
    *s = (struct spec){.contracts = contracts_load(home_dir(), why)};
    if (!s->contracts || !select_scenarios(NULL, 0, &s->scenarios, why))
        return false;
    s->deciders = deciders_new(s->contracts, &s->scenarios, home_dir());
    return load_run(s, run, why);
}

void spec_free(struct spec *s)
{
    tally_free(&s->tally);
    run_file_free(&s->run);
    deciders_free(s->deciders);
    scenario_list_free(&s->scenarios);
    contracts_free(s->contracts);
}

const struct catalogue *spec_catalogues(const struct spec *s)
{
    return contracts_catalogues(s->contracts);
}

enum verdict spec_verdict(const struct spec *s, const struct statement *st)
{
    return s->has_run ? tally_verdict(&s->tally, st->id) : VERDICT_NONE;
}

const char *spec_why_none(const struct spec *s, const struct statement *st)
{
    const struct decider *first;

    if (!statement_is_testable(st))
        return st->why ? st->why : "out of scope";
    if (deciders_of(s->deciders, st->id, &first) == 0)
        return "no check decides it yet";
    return s->has_run ? "the last run did not decide it" : "nothing has been run yet";
}

struct spec_counts spec_count(const struct spec *s, const struct catalogue *c)
{
    struct spec_counts counts = {.statements = c->n};

    for (size_t i = 0; i < c->n; i++) {
        const struct decider *first;

        counts.by_verdict[spec_verdict(s, &c->at[i])]++;
        counts.testable += statement_is_testable(&c->at[i]);
        counts.without_check +=
            statement_is_testable(&c->at[i]) && deciders_of(s->deciders, c->at[i].id, &first) == 0;
    }
    return counts;
}
