#include "harness/minimise_impl.h"

#include "harness/ddmin.h"
#include "harness/home.h"

#include <inttypes.h>
#include <stdlib.h>

static void *get_memory(void *old, size_t n)
{
    void *p = realloc(old, n ? n : 1);

    if (!p) {
        fputs("wattproof: no memory to minimise\n", stderr);
        abort();
    }
    return p;
}

/* ---- what all stages share -------------------------------------------------------------------------- */

struct learning {
    struct replay_out out; /* first */
    struct capture_cut *cut;
};

static void ignore_event(struct replay_out *out, const struct replay_event *e)
{
    (void)out;
    (void)e;
}

static void learn(struct replay_out *out, const struct flow *flow, unsigned direction, int64_t at,
                  const struct packet *p, const struct moment *when)
{
    capture_cut_learn(((struct learning *)out)->cut, flow, direction, at, p, when->number);
}

struct capture_cut *minimise_learn(struct minimiser *m)
{
    struct learning l = {.out = {.event = ignore_event, .segment = learn}, .cut = capture_cut_new(&m->image)};
    struct verdict_of v;

    verdict_of_image(m->contracts, &m->image, &l.out, &v);
    verdict_free(&v);
    capture_cut_learned(l.cut);
    return l.cut;
}

static bool *keep_all(size_t n)
{
    bool *keep = get_memory(NULL, n * sizeof keep[0]);

    memset(keep, true, n);
    return keep;
}

/* ---- connections ------------------------------------------------------------------------------------ */

struct by_connection {
    struct minimiser *m;
    const struct capture_cut *cut;
};

/* The number of its connection; 0: of packets that are of none. */
static size_t connection_of(const struct by_connection *b, size_t i)
{
    return (size_t)(b->cut->place[i].stream / 2);
}

static void only_connections(const struct by_connection *b, const bool *keep, struct capture_image *out)
{
    *out = (struct capture_image){.format = b->m->image.format};
    for (size_t i = 0; i < b->m->image.n; i++)
        if (keep[connection_of(b, i)])
            capture_image_share(out, &b->m->image.packet[i]);
}

static bool connections_hold(void *ctx, const bool *keep, size_t n)
{
    const struct by_connection *b = ctx;
    struct capture_image candidate;
    bool holds;

    (void)n;
    only_connections(b, keep, &candidate);
    holds = verdict_holds(b->m, &candidate);
    capture_image_free(&candidate);
    return holds;
}

static void minimise_connections(struct minimiser *m)
{
    struct capture_cut *cut = minimise_learn(m);
    struct by_connection b = {m, cut};
    struct capture_image left, own;
    size_t n = 1;
    bool *keep;

    for (size_t i = 0; i < m->image.n; i++)
        n = connection_of(&b, i) >= n ? connection_of(&b, i) + 1 : n;
    keep = keep_all(n);
    ddmin(keep, n, connections_hold, &b);
    only_connections(&b, keep, &left);
    capture_image_copy(&own, &left); /* its bytes are the old image's */
    capture_image_free(&left);
    capture_image_free(&m->image);
    m->image = own;
    capture_cut_free(cut);
    free(keep);
}

/* ---- packets ---------------------------------------------------------------------------------------- */

struct by_part {
    struct minimiser *m;
    const struct capture_cut *cut;
    const struct cut_range *part; /* of frames; NULL: the parts are packets */
};

/* What a packet carried leaves its stream with it, so that nothing seems to be missing. */
static bool without_packets(const struct by_part *b, const bool *keep, struct capture_image *out)
{
    struct cut_range *lost;
    size_t n = capture_cut_lost(b->cut, keep, &lost);
    bool good = capture_cut_make(b->cut, keep, lost, n, out);

    free(lost);
    return good;
}

static bool without_frames(const struct by_part *b, const bool *keep, size_t n, struct capture_image *out)
{
    struct cut_range *lost = get_memory(NULL, n * sizeof *lost);
    size_t n_lost = 0;
    bool good;

    for (size_t i = 0; i < n; i++)
        if (!keep[i])
            lost[n_lost++] = b->part[i];
    good = capture_cut_make(b->cut, NULL, lost, n_lost, out);
    free(lost);
    return good;
}

static bool make_without(const struct by_part *b, const bool *keep, size_t n, struct capture_image *out)
{
    return b->part ? without_frames(b, keep, n, out) : without_packets(b, keep, out);
}

static bool parts_hold(void *ctx, const bool *keep, size_t n)
{
    const struct by_part *b = ctx;
    struct capture_image candidate;
    bool holds = make_without(b, keep, n, &candidate) && verdict_holds(b->m, &candidate);

    capture_image_free(&candidate);
    return holds;
}

static void minimise_parts(struct minimiser *m, struct capture_cut *cut, const struct cut_range *part,
                           size_t n)
{
    struct by_part b = {m, cut, part};
    bool *keep = keep_all(n);
    struct capture_image left;

    if (ddmin(keep, n, parts_hold, &b) < n && make_without(&b, keep, n, &left)) {
        capture_image_free(&m->image);
        m->image = left;
    }
    free(keep);
}

static void minimise_packets(struct minimiser *m)
{
    struct capture_cut *cut = minimise_learn(m);

    minimise_parts(m, cut, NULL, m->image.n);
    capture_cut_free(cut);
}

/* ---- frames ----------------------------------------------------------------------------------------- */

struct framing {
    struct replay_out out; /* first */
    struct cut_range *part;
    size_t n, cap;
};

static void take_part(struct replay_out *out, const struct replay_event *e)
{
    struct framing *f = (struct framing *)out;

    if (e->kind != REPLAY_FRAME && e->kind != REPLAY_BAD)
        return;
    if (f->n == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 256;
        f->part = get_memory(f->part, f->cap * sizeof f->part[0]);
    }
    f->part[f->n++] = (struct cut_range){
        .stream = (uint64_t)e->flow->number * 2 + e->direction,
        .at = e->offset,
        .n = e->kind == REPLAY_FRAME ? e->wire.n : e->n,
    };
}

static int by_place(const void *a, const void *b)
{
    const struct cut_range *x = a, *y = b;

    if (x->stream != y->stream)
        return x->stream < y->stream ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static void minimise_frames(struct minimiser *m)
{
    struct framing f = {.out = {.event = take_part}};
    struct capture_cut *cut = minimise_learn(m);
    struct verdict_of v;

    verdict_of_image(m->contracts, &m->image, &f.out, &v);
    verdict_free(&v);
    if (f.n)
        qsort(f.part, f.n, sizeof f.part[0], by_place);
    minimise_parts(m, cut, f.part, f.n);
    capture_cut_free(cut);
    free(f.part);
}

/* ---- the whole -------------------------------------------------------------------------------------- */

static void tell(const struct minimiser *m, const char *stage)
{
    if (m->setup->progress)
        fprintf(m->setup->progress, "%s: %zu packets left after %" PRIu64 " replays\n", stage, m->image.n,
                m->tries);
}

static void go_through_stages(struct minimiser *m)
{
    static const struct {
        const char *name;
        void (*run)(struct minimiser *m);
    } stage[] = {
        {"connections", minimise_connections}, {"packets", minimise_packets}, {"frames", minimise_frames},
        {"packets again", minimise_packets},   {"values", minimise_values},
    };

    for (size_t i = 0; i < sizeof stage / sizeof stage[0] && m->image.n > 0; i++) {
        stage[i].run(m);
        tell(m, stage[i].name);
    }
}

static void count(struct minimise_counts *counts, int when, const struct capture_image *image,
                  const struct verdict_of *v)
{
    counts->packets[when] = image->n;
    counts->connections[when] = (size_t)v->connections;
    counts->frames[when] = (size_t)v->frames;
}

/* All but the image, which is the result. */
static void minimiser_free(struct minimiser *m)
{
    verdict_free(&m->original);
    judge_contracts_free(m->contracts);
    free(m->wanted);
}

enum minimise_end minimise_image(const struct minimise_setup *setup, const struct capture_image *in,
                                 struct capture_image *out, struct minimise_counts *counts,
                                 struct wp_writer *why)
{
    struct minimiser m = {
        .setup = setup,
        .contracts = judge_contracts_new(home_dir()),
        .tries_max = setup->tries ? setup->tries : MINIMISE_TRIES,
    };
    struct verdict_of after;

    *out = (struct capture_image){0};
    *counts = (struct minimise_counts){0};
    if (!verdict_of_image(m.contracts, in, NULL, &m.original) || m.original.end == REPLAY_NOTHING ||
        !verdict_choose(&m, why)) {
        if (why->n == 0)
            wp_put_text(why, "nothing of ours in it: there is no verdict to keep");
        minimiser_free(&m);
        return MINIMISE_NOTHING;
    }
    count(counts, 0, in, &m.original);
    capture_image_copy(&m.image, in);
    go_through_stages(&m);
    verdict_of_image(m.contracts, &m.image, NULL, &after);
    count(counts, 1, &m.image, &after);
    counts->values = m.values;
    counts->tries = m.tries;
    *out = m.image;
    verdict_free(&after);
    minimiser_free(&m);
    return MINIMISE_DONE;
}

static void say(const struct minimise_setup *setup, const struct minimise_counts *c)
{
    if (!setup->said)
        return;
    fprintf(setup->said,
            "from %zu to %zu packets, %zu to %zu connections of ours, %zu to %zu frames; %zu values became "
            "nothing\n",
            c->packets[0], c->packets[1], c->connections[0], c->connections[1], c->frames[0], c->frames[1],
            c->values);
    fprintf(setup->said, "the verdict is the same (%" PRIu64 " replays)\n", c->tries);
}

enum minimise_end minimise(const struct minimise_setup *setup, struct minimise_counts *counts,
                           struct wp_writer *why)
{
    struct capture_image in = {0}, out = {0};
    enum minimise_end end = MINIMISE_UNREADABLE;

    if (!capture_image_is_same_file(setup->in, setup->out, why) && capture_image_load(&in, setup->in, why))
        end = minimise_image(setup, &in, &out, counts, why);
    if (end == MINIMISE_DONE && !capture_image_save(&out, setup->out, why))
        end = MINIMISE_UNREADABLE;
    if (end == MINIMISE_DONE)
        say(setup, counts);
    capture_image_free(&out);
    capture_image_free(&in);
    return end;
}
