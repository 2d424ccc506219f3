#include "harness/report_html_impl.h"
#include "harness/home.h"
#include "harness/report.h"
#include "harness/select.h"

#include <errno.h>
#include <stdlib.h>

/* A page of many plays stays one that opens at once: from this size on, plays show less. */
enum { PLAY_ROOM = 40 * 1024, PLAYS_FREE = 10 };

static const struct records_limits of_passed = {.first = 100, .last = 100, .text_bytes = 2048},
                                   of_others = {.first = 200, .last = 600, .text_bytes = 4096},
                                   of_crowded = {.first = 50, .last = 50, .text_bytes = 256};

static const struct records_limits *limits_of(const struct scenario_result *r, bool strict,
                                              const struct pack *p, size_t n_before)
{
    if (p->written > (n_before + PLAYS_FREE) * (uint64_t)PLAY_ROOM)
        return &of_crowded;
    return shown_verdict(r, strict) <= VERDICT_PASS ? &of_passed : &of_others;
}

static void put_plays(struct pack *p, const struct run_file *run, const char *dir, FILE *f)
{
    struct records_reader *reader = records_reader_new();
    size_t n = 0;

    for (const struct scenario_result *r = run->summary.results; r; r = r->next, n++) {
        char play_dir[1400], id[40];

        run_file_play_dir(play_dir, sizeof play_dir, dir, r);
        snprintf(id, sizeof id, "play-%zu", n);
        pack_begin(p, f, id);
        records_put(reader, p, play_dir, r, limits_of(r, run->summary.strict, p, n));
        pack_end(p);
    }
    records_reader_free(reader);
}

/* For who reads without a script, and for tools that look for words. */
static void put_totals(FILE *f, const struct run_file *run)
{
    struct run_totals t = run_count(&run->summary);

    fprintf(f, "<noscript><p>This page needs JavaScript to be read. %zu plays:", t.plays);
    for (int v = VERDICT_PASS; v <= VERDICT_ERROR; v++)
        fprintf(f, " %zu %s", t.by_verdict[v], verdict_text((enum verdict)v));
    fprintf(f, ", %zu not applicable.</p></noscript>\n", t.not_applicable);
}

static void put_page(FILE *f, const struct report_html *setup, const struct run_file *run,
                     const struct run_file *before)
{
    struct pack *p = calloc(1, sizeof *p);

    if (!p)
        abort();
    fwrite(report_page_head, 1, report_page_head_n, f);
    put_totals(f, run);
    pack_begin(p, f, "run");
    index_put(p, setup, run, before);
    pack_end(p);
    put_plays(p, run, setup->dir, f);
    fwrite(report_page_tail, 1, report_page_tail_n, f);
    free(p);
}

static bool cannot_write(struct wp_writer *why, const char *path, const char *sentence)
{
    wp_put_text(why, path);
    wp_put_text(why, ": ");
    wp_put_text(why, sentence);
    return false;
}

/* Under another name first: who looks at the page meanwhile sees the old one or the new one. */
bool report_html(const struct report_html *setup, struct wp_writer *why)
{
    struct run_file run, before;
    char path[1100], part[1120];
    char ignored[400];
    struct wp_writer no_matter = wp_writer(ignored, sizeof ignored);
    bool has_before, good;
    FILE *f;

    if (!run_file_read(&run, setup->dir, why))
        return false;
    snprintf(path, sizeof path, "%s/report.html", setup->dir);
    snprintf(part, sizeof part, "%s.part", path);
    f = fopen(part, "w");
    if (!f) {
        run_file_free(&run);
        return cannot_write(why, part, strerror(errno));
    }
    has_before = run_file_read_previous(&before, setup->dir, &no_matter);
    put_page(f, setup, &run, has_before ? &before : NULL);
    good = !ferror(f);
    good = fclose(f) == 0 && good;
    good = good && rename(part, path) == 0;
    if (has_before)
        run_file_free(&before);
    run_file_free(&run);
    return good || cannot_write(why, path, "could not be written whole: is the disk full?");
}

bool report_html_of(const char *dir, struct wp_writer *why)
{
    struct contract_set *contracts = contracts_load(home_dir(), why);
    struct scenario_list scenarios = {0};
    char ignored[4096];
    struct wp_writer no_matter = wp_writer(ignored, sizeof ignored);
    const struct report_html setup = {.dir = dir, .contracts = contracts, .scenarios = &scenarios};
    bool good;

    if (!contracts)
        return false;
    /* A scenario that cannot be read decides nothing; `lint` says why. */
    select_scenarios(NULL, 0, &scenarios, &no_matter);
    good = report_html(&setup, why);
    scenario_list_free(&scenarios);
    contracts_free(contracts);
    return good;
}
