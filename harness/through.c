#include "harness/through.h"

#include "harness/home.h"
#include "harness/import.h"
#include "harness/keys.h"
#include "harness/play_golden.h"
#include "harness/playback.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MAX = 128 * 1024, THROUGH_SEED = 1 };

/* Publications as lines, while they come. */
struct printer {
    struct wp_sink sink; /* first */
    FILE *out;
    char line[LINE_MAX];
};

static void print(struct wp_sink *sink, const struct wp_record *r)
{
    struct printer *p = (struct printer *)(void *)sink;
    struct wp_writer w = wp_writer(p->line, sizeof p->line);

    if (r->kind != WP_REC_PUBLISH || !p->out)
        return;
    play_golden_put(&w, r);
    fwrite(w.p, 1, w.n, p->out);
    fputc('\n', p->out);
}

/* ---- what is told at the end -------------------------------------------------------------------------- */

static const char *note_text(const char *what)
{
    if (strcmp(what, PLAYBACK_UNKNOWN) == 0)
        return "was asked what the capture does not know";
    return strcmp(what, PLAYBACK_SILENT) == 0 ? "was asked what nobody answered in the capture"
                                              : "could not say all that the capture has";
}

/* Questions that nobody answers, here or there, are findings only when the capture does not know them. */
static size_t say_notes(const struct import_play *played, FILE *out)
{
    size_t n = 0;

    for (const struct import_note *note = played->notes; note; note = note->next) {
        n += strcmp(note->what, PLAYBACK_SILENT) != 0;
        if (out)
            fprintf(out, "%s %s, %llu times: %s\n", note->device, note_text(note->what),
                    (unsigned long long)note->times, note->text);
    }
    return n;
}

static size_t say_findings(const struct through *t, const struct import_play *played, FILE *out)
{
    size_t n = 0;

    for (const struct finding *f = played->result.findings; f; f = f->next) {
        bool counts = f->verdict == VERDICT_FAIL && (!f->undocumented || t->strict);

        if (strcmp(f->kind, "golden") == 0 || (f->verdict != VERDICT_FAIL && !f->undocumented))
            continue;
        n += counts;
        if (out)
            fprintf(out, "%s %s%s%s\n", counts ? "fail" : "remark", f->n_statements ? f->statements[0] : "",
                    f->n_statements ? " " : "", f->text);
    }
    return n;
}

static size_t count_items(const struct import *im, bool questions)
{
    size_t n = 0;

    for (const struct import_device *d = im->devices; d; d = d->next)
        for (const struct import_item *i = d->items; i; i = i->next)
            n += i->is_question == questions;
    return n;
}

static size_t say_all(const struct through *t, const struct import *im, const struct import_play *played)
{
    size_t findings = say_notes(played, t->text) + say_findings(t, played, t->text);

    if (!t->text)
        return findings;
    if (im->n_devices > 0 || im->n_services == 0)
        fprintf(t->text, "devices %zu: %zu questions known, %zu frames sent unasked\n", im->n_devices,
                count_items(im, true), count_items(im, false));
    if (im->n_services > 0)
        fprintf(t->text, "services %zu: %zu changes\n", im->n_services, im->n_changes);
    if (im->without_south)
        fprintf(t->text, "left out: connections of %s, for which the reference gateway has no south\n",
                im->without_south);
    if (im->n_requests)
        fprintf(t->text, "requests of clients %zu\n", im->n_requests);
    fprintf(t->text, "published %zu\nquestions unknown %llu\nfindings %zu\n", played->n,
            (unsigned long long)played->n_unknown, findings);
    return findings;
}

/* The golden's own finding. NULL: it is the same, or there is none. */
static const struct finding *golden_difference(const struct import_play *played)
{
    for (const struct finding *f = played->result.findings; f; f = f->next)
        if (strcmp(f->kind, "golden") == 0 && f->verdict == VERDICT_FAIL)
            return f;
    return NULL;
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static enum replay_end end_of(const struct through *t, const struct import_play *played, size_t findings,
                              FILE *problems)
{
    const struct finding *difference = golden_difference(played);

    if (difference) {
        fprintf(problems, "wattproof: %s\n", difference->text);
        return REPLAY_FINDINGS;
    }
    if (t->golden && !t->update)
        return REPLAY_CLEAN;
    return findings ? REPLAY_FINDINGS : REPLAY_CLEAN;
}

static enum replay_end play_through(const struct through *t, struct import *im,
                                    const struct contract_set *contracts, struct wp_writer *why,
                                    FILE *problems)
{
    struct printer *printer = calloc(1, sizeof *printer);
    struct import_gateway gateway;
    struct import_scenario s = {.name = "through",
                                .frames = "frames",
                                .epoch_ms = im->first_ns / 1000000,
                                .golden = t->golden,
                                .update = t->update,
                                .to_the_end = true};
    struct import_play played = {0};
    enum replay_end end = REPLAY_UNREADABLE;
    char *golden = NULL;

    if (!printer)
        abort();
    printer->sink.take = print;
    printer->out = t->text;
    if (t->golden && t->golden[0] != '/') { /* the play does not stand where we do */
        golden = t->update ? NULL : realpath(t->golden, NULL);
        s.golden = golden ? golden
                          : arena_print(&im->arena, "%s/%s", getenv("PWD") ? getenv("PWD") : ".", t->golden);
    }
    if (import_gateway(im, t->gateway, &gateway, why)) {
        s.gateway = gateway.text;
        if (import_play(im, &s, contracts, THROUGH_SEED, &printer->sink, &played, why))
            end = end_of(t, &played, say_all(t, im, &played), problems);
    }
    import_play_free(&played);
    free(golden);
    free(printer);
    return end;
}

enum replay_end through_gateway(const struct through *t, FILE *problems)
{
    char text[8192];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct contract_set *contracts = contracts_load(home_dir(), &why);
    struct import im = {0};
    enum replay_end end = REPLAY_UNREADABLE;
    bool has_own_keys = keys_take_beside(t->path, &why);

    if (contracts && why.n == 0 && import_read(&im, t->path, contracts, &why)) {
        end = play_through(t, &im, contracts, &why, problems);
        if (im.broken && end != REPLAY_UNREADABLE) { /* all that stands before the break has been told */
            wp_put_text(&why, im.broken);
            end = REPLAY_UNREADABLE;
        }
    } else if (contracts && im.is_readable) {
        end = REPLAY_NOTHING;
    }
    if (why.n) {
        const char *said = wp_put_end(&why); /* of a file with several faults it is whole lines */
        size_t n = strlen(said);

        fprintf(problems, "wattproof: %s: %s%s", t->path, said, said[n - 1] == '\n' ? "" : "\n");
    }
    if (has_own_keys)
        keys_forget();
    import_free(&im);
    contracts_free(contracts);
    return end;
}

char *through_golden_path(const char *capture)
{
    size_t n = strlen(capture);
    char *path = malloc(n + sizeof ".through.expect");

    if (!path)
        abort();
    memcpy(path, capture, n);
    memcpy(path + n, ".through.expect", sizeof ".through.expect");
    return path;
}
