#include "harness/run_sut.h"
#include "harness/broker_url.h"
#include "harness/home.h"
#include "harness/jobs.h"

#include <stdio.h>

enum { WHY_BYTES = 8192, LOOK_MS = 20, NAME_MAX = 300 };

bool run_sut_load(struct run_sut *s, const char *file)
{
    static char text[WHY_BYTES];
    struct wp_writer why = wp_writer(text, sizeof text);

    *s = (struct run_sut){.process = {.pid = 0}};
    s->process.sut = &s->sut;
    if (!file || sut_load(&s->sut, file, &why))
        return true;
    fprintf(stderr, "%s", wp_put_end(&why));
    return false;
}

void run_sut_free(struct run_sut *s)
{
    sut_free(&s->sut);
}

bool run_sut_check(const struct run_sut *s, const struct catalogue *catalogues)
{
    bool good = true;

    for (size_t i = 0; i < s->sut.n_deviations; i++) {
        if (catalogue_find(catalogues, s->sut.deviations[i].statement))
            continue;
        fprintf(stderr, "%s: expect: there is no statement %s\n", s->sut.file,
                s->sut.deviations[i].statement);
        good = false;
    }
    return good;
}

const struct sut *run_sut_of(const struct run_sut *s)
{
    return s->sut.file ? &s->sut : NULL;
}

void run_sut_put_dir(const struct run_sut *s, char *out, size_t cap)
{
    char name[NAME_MAX];

    job_dir_name(name, sizeof name, s->sut.name);
    snprintf(out, cap, "%s/reports/sut/%s", home_dir(), name);
}

/* ---- for the whole run ------------------------------------------------------------------------------ */

static bool serves_the_run(const struct run_sut *s)
{
    return s->sut.start.command && !s->sut.start.for_each_scenario;
}

static bool is_ready(const struct run_sut *s)
{
    const struct sut_start *start = &s->sut.start;

    return (!start->ready_line || sut_process_has_said(&s->process, start->ready_line)) &&
           (!start->ready_south || sut_takes_connections(s->sut.south.addr));
}

static bool wait_until_ready(struct run_sut *s)
{
    char text[600];
    struct wp_writer w = wp_writer(text, sizeof text);

    for (wp_us waited = 0; waited <= s->sut.start.within; waited += WP_MS(LOOK_MS)) {
        if (is_ready(s))
            return true;
        if (sut_process_has_ended(&s->process)) {
            sut_process_put_end(&s->process, &w);
            fprintf(stderr, "wattproof: %s ended before it was ready: %s\n", s->sut.name, wp_put_end(&w));
            return false;
        }
        sut_process_wait(&s->process, LOOK_MS);
    }
    fprintf(stderr, "wattproof: %s was not ready in time; it printed: see %s\n", s->sut.name,
            s->process.output);
    return false;
}

/* Of the run's own arena: the places outlive this call. */
static void find_places(struct run_sut *s, const char *dir)
{
    struct sut_places *p = &s->process.places;
    char text[60];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct broker_url url;

    p->wattproof = home_program();
    p->dir = dir;
    wp_put_addr(&w, s->sut.south.addr);
    if (s->sut.south.line == SUT_TCP || s->sut.south.line == SUT_LISTEN)
        p->south = arena_text(&s->sut.arena, wp_written(&w));
    w.n = 0;
    wp_put_addr(&w, s->sut.south.devices);
    if (s->sut.south.dials)
        p->device = arena_text(&s->sut.arena, wp_written(&w));
    p->south = p->south ? p->south : p->device;
    if (s->sut.north.url && broker_url_read(&s->sut.arena, s->sut.north.url, &url))
        p->port = arena_print(&s->sut.arena, "%u", url.port);
    else if (s->sut.north.port != 0)
        p->broker = arena_print(&s->sut.arena, "127.0.0.1:%u", s->sut.north.port);
    snprintf(s->process.output, sizeof s->process.output, "%s/sut.log", dir);
}

bool run_sut_start(struct run_sut *s, const char *dir)
{
    char text[300];
    struct wp_writer w = wp_writer(text, sizeof text);

    if (!run_sut_of(s) || !serves_the_run(s))
        return true;
    find_places(s, dir);
    remove_tree(s->process.output);
    if (sut_process_start(&s->process, &w))
        return wait_until_ready(s);
    fprintf(stderr, "wattproof: %s\n", wp_put_end(&w));
    return false;
}

void run_sut_stop(struct run_sut *s)
{
    if (run_sut_of(s) && serves_the_run(s))
        sut_process_stop(&s->process, false);
}
