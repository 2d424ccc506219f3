#include "harness/repeats.h"
#include "harness/agree.h"

#include <stdio.h>

/* How often which verdict: "2 pass, 1 fail". */
static void put_counts(struct wp_writer *w, const struct job *jobs, size_t n)
{
    bool some = false;

    for (int v = VERDICT_NONE; v <= VERDICT_ERROR; v++) {
        size_t count = 0;

        for (size_t i = 0; i < n; i++)
            count += !jobs[i].result.not_played && result_verdict(&jobs[i].result, false) == (enum verdict)v;
        if (count == 0)
            continue;
        wp_put_text(w, some ? ", " : "");
        wp_put_uint(w, count);
        wp_put_char(w, ' ');
        wp_put_text(w, verdict_text((enum verdict)v));
        some = true;
    }
}

static bool same_bytes(FILE *f, FILE *g)
{
    char a[16384], b[16384];
    size_t n, m;

    do {
        n = fread(a, 1, sizeof a, f);
        m = fread(b, 1, sizeof b, g);
        if (n != m || memcmp(a, b, n) != 0)
            return false;
    } while (n > 0);
    return true;
}

/* Both there and of the same bytes, or neither there (--keep failed). */
static bool same_file(const char *dir_a, const char *dir_b, const char *name)
{
    char path[700];
    FILE *f, *g;
    bool same;

    snprintf(path, sizeof path, "%s/%s", dir_a, name);
    f = fopen(path, "rb");
    snprintf(path, sizeof path, "%s/%s", dir_b, name);
    g = fopen(path, "rb");
    same = f && g ? same_bytes(f, g) : !f && !g;
    if (f)
        fclose(f);
    if (g)
        fclose(g);
    return same;
}

/* NULL: the same as the first time. */
static const char *differs(struct arena *a, const struct job *first, const struct job *other)
{
    const char *name = arena_print(a, "in repeat %zu", other->repeat + 1);
    enum verdict v = result_verdict(&first->result, false), w = result_verdict(&other->result, false);
    const char *sentence = plays_differ(a, &first->result, "the first time", &other->result, name);

    if (!sentence && v != w)
        sentence =
            arena_print(a, "it is %s the first time and %s %s", verdict_text(v), verdict_text(w), name);
    if (!sentence && first->world == PLAY_VIRTUAL && !same_file(first->dir, other->dir, "transcript.jsonl"))
        sentence = arena_print(a, "its transcript %s is another one, see %s", name, other->dir);
    return sentence;
}

static struct scenario_result *worst(struct job *jobs, size_t n)
{
    struct scenario_result *found = &jobs[0].result;

    for (size_t i = 1; i < n; i++)
        if (result_verdict(&jobs[i].result, false) > result_verdict(found, false))
            found = &jobs[i].result;
    return found;
}

struct scenario_result *repeats_fold(struct job *jobs, size_t n)
{
    struct arena a = {0};
    const char *sentence = NULL;
    struct scenario_result *shown;
    struct job *first = NULL;

    for (size_t i = 0; i < n && !sentence; i++) {
        if (jobs[i].result.not_played)
            continue;
        if (!first)
            first = &jobs[i];
        else
            sentence = differs(&a, first, &jobs[i]);
    }
    shown = first ? &first->result : &jobs[0].result;
    if (sentence) {
        char text[100];
        struct wp_writer counts = wp_writer(text, sizeof text);

        put_counts(&counts, jobs, n);
        shown = worst(jobs, n);
        shown->verdict = VERDICT_ERROR;
        shown->because =
            arena_print(&shown->arena, "flaky: %s with the same seed: %s", wp_put_end(&counts), sentence);
    }
    arena_free(&a);
    return shown;
}
