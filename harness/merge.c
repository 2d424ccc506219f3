#include "harness/merge.h"

#include <stdlib.h>

/* ---- do they fit? ----------------------------------------------------------------------------------- */

static bool refuse(struct wp_writer *why, const struct run_file *shard, const char *sentence)
{
    wp_put_text(why, shard->dir);
    wp_put_char(why, ' ');
    wp_put_text(why, sentence);
    return false;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Asked for with other words, or of other scenarios. */
static bool is_like_first(const struct run_file *first, const struct run_file *other, struct wp_writer *why)
{
    const struct run_summary *a = &first->summary, *b = &other->summary;
    struct arena arena = {0};
    const char *sentence = NULL;

    if (a->seed != b->seed)
        sentence = arena_print(&arena, "was played with seed %llu, %s with seed %llu",
                               (unsigned long long)b->seed, first->dir, (unsigned long long)a->seed);
    else if (a->strict != b->strict)
        sentence = arena_print(&arena, "was played %s --strict, %s was not", b->strict ? "with" : "without",
                               first->dir);
    else if (a->shard.of != b->shard.of)
        sentence =
            arena_print(&arena, "is one of %zu shards, %s one of %zu", b->shard.of, first->dir, a->shard.of);
    else if (!same_text(a->sut, b->sut))
        sentence = arena_print(&arena, "is of %s, %s of %s", b->sut ? b->sut : "the reference gateway",
                               first->dir, a->sut ? a->sut : "the reference gateway");
    else if (!same_text(a->select, b->select) || !same_text(a->worlds, b->worlds) ||
             a->with_long != b->with_long || a->repeat != b->repeat)
        sentence =
            arena_print(&arena, "was asked for other scenarios, worlds or repeats than %s", first->dir);
    else if (a->shard.plan != b->shard.plan || a->shard.n_plays != b->shard.n_plays)
        sentence = arena_print(&arena, "is a part of another run than %s: the scenarios are not the same",
                               first->dir);
    if (sentence)
        refuse(why, other, sentence);
    arena_free(&arena);
    return sentence == NULL;
}

static bool is_shard(const struct run_file *shard, struct wp_writer *why)
{
    const struct run_shard *s = &shard->summary.shard;

    if (s->of == 0)
        return refuse(why, shard, "is no shard: it was played without --shard, or is merged already");
    if (s->i == 0 || s->i > s->of)
        return refuse(why, shard, "says that it is a shard that there cannot be");
    if (shard->summary.interrupted)
        return refuse(why, shard, "was interrupted: play this shard again");
    return true;
}

static const struct run_file *find_shard(const struct run_file *shards, size_t n, size_t i)
{
    for (size_t k = 0; k < n; k++)
        if (shards[k].summary.shard.i == i)
            return &shards[k];
    return NULL;
}

static bool has_all_shards(const struct run_file *shards, size_t n, struct wp_writer *why)
{
    struct arena a = {0};
    const char *sentence = NULL;

    for (size_t k = 0; k < n && !sentence; k++) {
        const struct run_file *twin = find_shard(shards, k, shards[k].summary.shard.i);

        if (twin)
            sentence = arena_print(&a, "%s and %s are both shard %zu of %zu", twin->dir, shards[k].dir,
                                   shards[k].summary.shard.i, shards[k].summary.shard.of);
    }
    for (size_t i = 1; i <= shards[0].summary.shard.of && !sentence; i++)
        if (!find_shard(shards, n, i))
            sentence = arena_print(&a, "shard %zu of %zu is missing", i, shards[0].summary.shard.of);
    if (sentence)
        wp_put_text(why, sentence);
    arena_free(&a);
    return sentence == NULL;
}

/* Where each play of the whole run stands; a shard that was written by hand may name one twice, or none. */
static bool place_all(const struct run_file *shards, size_t n, const struct scenario_result **at,
                      size_t n_plays, struct wp_writer *why)
{
    for (size_t k = 0; k < n; k++) {
        for (const struct scenario_result *r = shards[k].summary.results; r; r = r->next) {
            if (r->place >= n_plays || at[r->place]) {
                wp_put_text(why, r->name);
                wp_put_text(why, " (");
                wp_put_text(why, r->world);
                wp_put_text(why, ") of ");
                return refuse(why, &shards[k], "stands where another play of the run does");
            }
            at[r->place] = r;
        }
    }
    for (size_t i = 0; i < n_plays; i++) {
        if (at[i])
            continue;
        wp_put_uint(why, i + 1);
        wp_put_text(why, ". play of the run is in none of the shards");
        return false;
    }
    return true;
}

static const struct scenario_result **new_places(size_t n)
{
    const struct scenario_result **at = calloc(n + 1, sizeof *at);

    if (!at)
        abort();
    return at;
}

/* No more plays than the shards hold are believed. */
static size_t count_plays(const struct run_file *shards, size_t n)
{
    size_t plays = 0;

    for (size_t k = 0; k < n; k++)
        plays += run_count(&shards[k].summary).plays;
    return plays;
}

bool merge_fits(const struct run_file *shards, size_t n, struct wp_writer *why)
{
    size_t n_plays = count_plays(shards, n);
    const struct scenario_result **at;
    bool good = true;

    for (size_t k = 0; k < n && good; k++)
        good = is_shard(&shards[k], why) && is_like_first(&shards[0], &shards[k], why);
    if (!good || !has_all_shards(shards, n, why))
        return false;
    if (n_plays < shards[0].summary.shard.n_plays) {
        wp_put_text(why, "the shards hold fewer plays than the run has");
        return false;
    }
    at = new_places(n_plays);
    good = place_all(shards, n, at, n_plays, why);
    free(at);
    return good;
}

/* ---- one run ---------------------------------------------------------------------------------------- */

static void add_captures(struct run_captures *sum, const struct run_captures *c)
{
    sum->replayed = sum->replayed || c->replayed;
    sum->n += c->n;
    sum->different += c->different;
    sum->unreadable += c->unreadable;
}

struct run_summary merge_results(struct run_file *shards, size_t n)
{
    struct run_summary whole = shards[0].summary;
    struct scenario_result **tail = &whole.results;
    size_t n_plays = count_plays(shards, n);
    struct scenario_result **at = calloc(n_plays + 1, sizeof *at);

    if (!at)
        abort();
    whole.shard = (struct run_shard){0};
    whole.captures = (struct run_captures){0};
    whole.long_left_out = 0;
    for (size_t k = 0; k < n; k++) {
        for (struct scenario_result *r = shards[k].summary.results; r; r = r->next)
            at[r->place] = r;
        add_captures(&whole.captures, &shards[k].summary.captures);
        whole.long_left_out += shards[k].summary.long_left_out;
    }
    for (size_t i = 0; i < n_plays; i++) {
        *tail = at[i];
        tail = &at[i]->next;
    }
    *tail = NULL;
    free(at);
    return whole;
}
