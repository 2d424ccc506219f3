#include "harness/anonymise_impl.h"

#include "harness/home.h"

#include <stdlib.h>

/* ---- through the capture, twice --------------------------------------------------------------------- */

struct pass {
    struct replay_out out; /* first */
    struct anon *a;
};

static void take_event(struct replay_out *out, const struct replay_event *e)
{
    struct anon *a = ((struct pass *)out)->a;
    uint64_t stream = anon_stream(e->flow, e->direction);

    if (e->kind == REPLAY_FRAME)
        anon_take_frame(a, stream, e);
    else if (e->kind == REPLAY_BAD)
        anon_take_bad(a, stream, e);
    if (a->is_changing)
        anon_expect(a, e);
}

/* First time: what streams say, and where packets stand in them. */
static void take_segment(struct replay_out *out, const struct flow *flow, unsigned direction, int64_t at,
                         const struct packet *p, const struct moment *when)
{
    struct anon *a = ((struct pass *)out)->a;
    uint64_t stream = anon_stream(flow, direction);

    a->at[when->number - 1] = (struct anon_at){stream, at};
    anon_bytes_put(&a->bytes, stream, at, p->payload);
}

static void take_judged(struct replay_out *out, const struct judged *j)
{
    struct anon *a = ((struct pass *)out)->a;

    if (a->is_changing)
        anon_expect_judged(a, j);
}

static void ignore_summary(struct replay_out *out, const struct replay_summary *summary)
{
    (void)out;
    (void)summary;
}

bool anon_replay(struct anon *a, const struct capture_image *image, struct replay_out *out,
                 struct replay_summary *sum, enum replay_end *ret_end, struct wp_writer *why)
{
    struct replay_setup setup = {.out = {out}, .judge = replay_judge_new(a->judge, NULL)};
    struct capture *capture = capture_image_open(image, why);

    *ret_end = capture ? replay_capture(&setup, capture, sum, why) : REPLAY_UNREADABLE;
    replay_judge_free(setup.judge);
    return *ret_end != REPLAY_UNREADABLE;
}

static bool go_through(struct anon *a, struct wp_writer *why)
{
    struct pass pass = {
        .out = {.event = take_event,
                .summary = ignore_summary,
                .judged = take_judged,
                .segment = a->is_changing ? NULL : take_segment},
        .a = a,
    };

    return anon_replay(a, a->in, &pass.out, &a->expected.sum, &a->expected.end, why);
}

/* ---- the whole -------------------------------------------------------------------------------------- */

static bool collect(struct anon *a, struct wp_writer *why)
{
    a->at = calloc(a->in->n + 1, sizeof a->at[0]);
    if (!a->at)
        abort();
    a->bytes.keeps = a->setup->keeps_foreign;
    anon_collect_addresses(a);
    return go_through(a, why);
}

static bool decide(struct anon *a, struct wp_writer *why)
{
    if (!anon_addresses_assign(&a->addresses, &a->ids, why) || !anon_ids_assign(&a->ids, why))
        return false;
    anon_add_binary(a);
    return true;
}

static bool change(struct anon *a, struct wp_writer *why)
{
    a->is_changing = true;
    if (!go_through(a, why))
        return false;
    anon_change_packets(a);
    return true;
}

static void prepare(struct anon *a, const struct anonymise_setup *setup)
{
    char why_text[512];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);

    a->setup = setup;
    a->judge = judge_contracts_new(home_dir());
    anon_ids_key(&a->ids, setup->key);
    a->finder.contracts = setup->contracts;
    if (!setup->contracts) /* without any, levels are known by their look alone */
        a->finder.contracts = contracts_load(home_dir(), &why);
    for (size_t i = 0; i < setup->n_ids; i++)
        anon_name_add(&a->finder.names.ids, setup->ids[i]);
    for (size_t i = 0; i < setup->n_no_ids; i++)
        anon_name_add(&a->finder.names.no_ids, setup->no_ids[i]);
}

static void finish(struct anon *a)
{
    if (!a->setup->contracts)
        contracts_free((struct contract_set *)(uintptr_t)a->finder.contracts);
    texts_free(&a->finder.names.ids);
    texts_free(&a->finder.names.no_ids);
    needles_free(&a->binary);
    anon_ids_free(&a->ids);
    anon_addresses_free(&a->addresses);
    anon_bytes_free(&a->bytes);
    capture_image_free(&a->out);
    judge_contracts_free(a->judge);
    anon_pieces_free(a->pieces);
    free(a->expected.judged);
    free(a->expected.hash);
    free(a->at);
    free(a->memory);
    free(a);
}

static struct anon *start(const struct anonymise_setup *setup, const struct capture_image *in)
{
    struct anon *a = calloc(1, sizeof *a);

    if (!a)
        abort();
    prepare(a, setup);
    a->in = in;
    return a;
}

static enum anonymise_end make(struct anon *a, struct wp_writer *why)
{
    if (!collect(a, why))
        return ANONYMISE_UNREADABLE;
    return decide(a, why) && change(a, why) && anon_prove(a, why) ? ANONYMISE_DONE : ANONYMISE_UNPROVEN;
}

enum anonymise_end anonymise_image(const struct anonymise_setup *setup, const struct capture_image *in,
                                   struct capture_image *out, struct wp_writer *why)
{
    struct anon *a = start(setup, in);
    enum anonymise_end end = make(a, why);

    if (end == ANONYMISE_DONE) {
        *out = a->out;
        a->out = (struct capture_image){0};
    }
    finish(a);
    return end;
}

enum anonymise_end anonymise(const struct anonymise_setup *setup, struct wp_writer *why)
{
    struct capture_image in = {0};
    bool is_read =
        !capture_image_is_same_file(setup->in, setup->out, why) && capture_image_load(&in, setup->in, why);
    struct anon *a = start(setup, &in);
    enum anonymise_end end = is_read ? make(a, why) : ANONYMISE_UNREADABLE;

    if (end == ANONYMISE_DONE && (!capture_image_save(&a->out, setup->out, why) || !anon_write_map(a, why)))
        end = ANONYMISE_UNREADABLE;
    if (end == ANONYMISE_DONE)
        anon_say(a);
    finish(a);
    capture_image_free(&in);
    return end;
}
