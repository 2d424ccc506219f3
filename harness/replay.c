#include "harness/replay_packets.h"

#include "sim/catalog.h"

#include <inttypes.h>
#include <stdlib.h>

struct replay {
    struct flows_out flows_out; /* first */
    const struct replay_setup *setup;
    struct stream_decoder decoder;
    bool is_heard; /* somebody is told */
    struct replay_summary sum;
};

/* What is known of one connection. */
struct talk {
    struct replay *replay;
    struct flow *flow;
    struct stream stream[2];
    struct exchange exchange;
    struct {
        struct moment when;
        uint64_t n, offset;
    } early[2]; /* what the capture lacks of a direction before anybody knew that it is ours */
    bool has_early;
    enum wp_side first; /* who sends in direction 0, as far as frames have told */
    struct judge_talk judged;
};

static void *get_memory(size_t n)
{
    void *p = calloc(1, n);

    if (!p) {
        fputs("wattproof: no memory for the connections of this capture\n", stderr);
        abort();
    }
    return p;
}

static void tell(struct replay *r, const struct replay_event *event)
{
    for (size_t i = 0; i < 2; i++)
        if (r->setup->out[i])
            r->setup->out[i]->event(r->setup->out[i], event);
}

static struct replay_event event_of(const struct talk *t, unsigned direction, const struct moment *when)
{
    return (struct replay_event){
        .when = *when,
        .from = &t->flow->addr[direction],
        .to = &t->flow->addr[!direction],
        .flow = t->flow,
        .direction = direction,
    };
}

/* ---- frames ----------------------------------------------------------------------------------------- */

static void tell_unanswered(struct talk *t, const struct exchange_question *q, const struct moment *when)
{
    struct replay_event e = event_of(t, q->direction, when);

    e.kind = REPLAY_UNANSWERED;
    e.codec = q->codec;
    e.question = q->when;
    t->replay->sum.unanswered++;
    tell(t->replay, &e);
}

/* EXCHANGE_QUESTION, EXCHANGE_ANSWER: *ret_question is as exchange_frame says. */
static enum exchange_kind take_turn(struct talk *t, unsigned direction, const struct stream_part *part,
                                    struct exchange_question *ret_question)
{
    struct replay_summary *sum = &t->replay->sum;
    enum exchange_kind kind;

    if (!part->codec->turn)
        return EXCHANGE_ALONE;
    kind = exchange_frame(&t->exchange, part->codec, part->frame, direction, &part->when, ret_question);
    sum->questions += kind == EXCHANGE_QUESTION;
    sum->answered += kind == EXCHANGE_ANSWER;
    sum->unasked += kind == EXCHANGE_UNASKED;
    if (kind == EXCHANGE_QUESTION && ret_question->codec)
        tell_unanswered(t, ret_question, &part->when);
    return kind;
}

static size_t catalog_index(const struct wp_codec *codec)
{
    size_t i = 0;

    while (wp_codecs[i] != codec)
        i++;
    return i;
}

static void tell_gap(struct talk *t, unsigned direction, uint64_t n, uint64_t offset,
                     const struct moment *when)
{
    struct replay_event e = event_of(t, direction, when);

    t->replay->sum.gaps++;
    t->replay->sum.gap_bytes += n;
    e.kind = REPLAY_GAP;
    e.n = n;
    e.offset = offset;
    tell(t->replay, &e);
}

static void tell_early_gaps(struct talk *t)
{
    for (unsigned d = 0; d < 2; d++)
        if (t->early[d].n)
            tell_gap(t, d, t->early[d].n, t->early[d].offset, &t->early[d].when);
    t->has_early = false;
    memset(t->early, 0, sizeof t->early);
}

static void tell_frame(struct talk *t, unsigned direction, const struct stream_part *part,
                       enum exchange_kind exchange, const struct exchange_question *question)
{
    struct replay_event e = event_of(t, direction, &part->when);

    e.kind = REPLAY_FRAME;
    e.codec = part->codec;
    e.frame = part->frame;
    e.wire = part->wire;
    e.offset = part->offset;
    e.exchange = exchange;
    if (exchange == EXCHANGE_ANSWER)
        e.question = question->when;
    tell(t->replay, &e);
}

static void tell_bad(struct talk *t, unsigned direction, const struct stream_part *part)
{
    struct replay_event e = event_of(t, direction, &part->when);

    e.kind = REPLAY_BAD;
    e.codec = part->codec;
    e.bad = part->bad;
    e.n = part->bad.used;
    e.wire = part->wire;
    e.offset = part->offset;
    e.state = stream_remembers(&t->stream[direction], part->codec);
    e.side = t->stream[direction].from;
    tell(t->replay, &e);
}

/* ---- messages --------------------------------------------------------------------------------------- */

static enum wp_side other_side(enum wp_side side)
{
    return side == WP_SIDE_CLIENT ? WP_SIDE_SERVER : side == WP_SIDE_SERVER ? WP_SIDE_CLIENT : side;
}

/* Who sends in this direction: the handshake says it, or frames that only one side may send; else servers have the
 * lower port. */
static enum wp_side sender_of(const struct talk *t, unsigned direction)
{
    enum wp_side first = t->first;

    if (t->flow->knows_client)
        first = WP_SIDE_CLIENT;
    if (first == WP_SIDE_UNKNOWN)
        first = t->flow->addr[0].port < t->flow->addr[1].port ? WP_SIDE_SERVER : WP_SIDE_CLIENT;
    return direction == 0 ? first : other_side(first);
}

static void take_message(struct talk *t, unsigned direction, const struct stream_part *part)
{
    const struct wp_codec *codec = part->codec;
    struct replay *r = t->replay;
    struct wp_carried message;

    if (t->first == WP_SIDE_UNKNOWN && codec->sender) {
        t->first = codec->sender(part->frame);
        if (direction == 1)
            t->first = other_side(t->first);
    }
    if (!r->setup->judge || !codec->message || !codec->message(part->frame, &message))
        return;
    t->judged.key = t->flow->number;
    replay_judge_take(r->setup->judge, &t->judged, direction, sender_of(t, direction), &message, &part->when,
                      r->sum.first_ns);
}

static void take_content(struct replay_summary *sum, const struct stream_part *part)
{
    struct wp_content content = {0};

    if (!part->codec->content)
        return;
    part->codec->content(part->frame, &content);
    sum->ciphered += content.seal != WP_SEAL_NONE;
    sum->verified += content.seal == WP_SEAL_VERIFIED;
    sum->unchecked += content.seal == WP_SEAL_UNCHECKED;
    if (content.fault != WP_FAULT_NONE)
        (content.seal == WP_SEAL_CLOSED ? sum->closed : sum->refused)[content.fault]++;
}

static void take_part(void *ctx, struct stream *s, const struct stream_part *part)
{
    struct replay *r = ctx;
    struct talk *t = s->user;
    unsigned direction = s == &t->stream[1];
    struct exchange_question question;
    enum exchange_kind exchange;

    if (t->has_early)
        tell_early_gaps(t);
    if (!part->frame) {
        r->sum.bad++;
        r->sum.bad_bytes += part->bad.used;
        tell_bad(t, direction, part);
        return;
    }
    r->sum.n_frames++;
    r->sum.frames[catalog_index(part->codec)]++;
    take_content(&r->sum, part);
    exchange = take_turn(t, direction, part, &question);
    take_message(t, direction, part);
    if (r->is_heard)
        tell_frame(t, direction, part, exchange, &question);
}

/* ---- connections ------------------------------------------------------------------------------------ */

static enum wp_side side(const struct flow *flow, unsigned direction)
{
    if (!flow->knows_client)
        return direction == 0 ? WP_SIDE_UNKNOWN : WP_SIDE_UNKNOWN_TOO;
    return direction == 0 ? WP_SIDE_CLIENT : WP_SIDE_SERVER;
}

static void on_open(struct flows_out *out, struct flow *flow, const struct moment *when)
{
    struct replay *r = (struct replay *)out;
    struct talk *t = get_memory(sizeof *t);

    (void)when;
    t->replay = r;
    t->flow = flow;
    t->exchange.may_be_one = flow->kind != FLOW_TCP;
    for (unsigned d = 0; d < 2; d++) {
        stream_init(&t->stream[d], &r->decoder, side(flow, d), &t->stream[!d]);
        t->stream[d].user = t;
    }
    flow->user = t;
}

static void on_bytes(struct flows_out *out, struct flow *flow, unsigned direction, struct wp_slice bytes,
                     const struct moment *when)
{
    struct talk *t = flow->user;

    (void)out;
    stream_push(&t->stream[direction], bytes, when);
    if (flow->kind != FLOW_TCP)
        stream_end(&t->stream[direction], when);
}

static void keep_early_gap(struct talk *t, unsigned direction, uint64_t n, uint64_t offset,
                           const struct moment *when)
{
    if (t->early[direction].n == 0) {
        t->early[direction].when = *when;
        t->early[direction].offset = offset;
    }
    t->early[direction].n += n;
    t->has_early = true;
}

static void on_gap(struct flows_out *out, struct flow *flow, unsigned direction, uint64_t n,
                   const struct moment *when)
{
    struct talk *t = flow->user;
    struct stream *s = &t->stream[direction];

    (void)out;
    stream_gap(s, n, when);
    (stream_is_claimed(s) ? tell_gap : keep_early_gap)(t, direction, n, s->offset - n, when);
}

static void add_foreign(struct replay_summary *sum, const struct flow *flow, uint64_t to, uint64_t back)
{
    struct replay_foreign f = {flow->number, flow->kind, flow->addr[0], flow->addr[1], {to, back}};
    size_t i = sum->n_shown;

    sum->foreign++;
    while (i > 0 && sum->shown[i - 1].number > f.number)
        i--;
    if (i == REPLAY_FOREIGN_SHOWN)
        return;
    if (sum->n_shown < REPLAY_FOREIGN_SHOWN)
        sum->n_shown++;
    memmove(&sum->shown[i + 1], &sum->shown[i], (sum->n_shown - 1 - i) * sizeof f);
    sum->shown[i] = f;
}

static void add_counts(struct replay_summary *sum, const struct reassembly_counts *c)
{
    sum->retransmitted += c->retransmitted;
    sum->reordered += c->reordered;
    sum->overlaps += c->overlaps;
    sum->conflicts += c->conflicts;
    sum->given_up += c->given_up;
}

static void sum_up(struct replay_summary *sum, const struct talk *t)
{
    const struct flow *flow = t->flow;
    uint64_t bytes[2];

    for (unsigned d = 0; d < 2; d++) {
        bytes[d] = flow_bytes(flow, d);
        sum->bytes += bytes[d];
        add_counts(sum, &flow->tcp[d].counts);
    }
    if (t->stream[0].frames + t->stream[1].frames > 0)
        sum->ours++;
    else if (bytes[0] + bytes[1] == 0)
        sum->silent++;
    else
        add_foreign(sum, flow, bytes[0], bytes[1]);
}

static void tell_connection(const struct talk *t)
{
    bool is_ours = t->stream[0].frames + t->stream[1].frames > 0;

    for (size_t i = 0; i < 2; i++) {
        struct replay_out *out = t->replay->setup->out[i];

        if (out && out->connection)
            out->connection(out, t->flow, is_ours);
    }
}

static void on_close(struct flows_out *out, struct flow *flow, const struct moment *when)
{
    struct replay *r = (struct replay *)out;
    struct talk *t = flow->user;

    for (unsigned d = 0; d < 2; d++)
        stream_end(&t->stream[d], when);
    for (size_t i = 0; i < t->exchange.n; i++)
        tell_unanswered(t, &t->exchange.open[i], when);
    sum_up(&r->sum, t);
    tell_connection(t);
    for (unsigned d = 0; d < 2; d++)
        stream_free(&t->stream[d]);
    exchange_free(&t->exchange);
    judge_talk_free(&t->judged);
    free(t);
}

static void on_segment(struct flows_out *flows_out, struct flow *flow, unsigned direction, int64_t at,
                       const struct packet *p, const struct moment *when)
{
    const struct replay *r = (struct replay *)flows_out;

    for (size_t i = 0; i < 2; i++) {
        struct replay_out *out = r->setup->out[i];

        if (out && out->segment)
            out->segment(out, flow, direction, at, p, when);
    }
}

static bool wants_segments(const struct replay_setup *setup)
{
    return (setup->out[0] && setup->out[0]->segment) || (setup->out[1] && setup->out[1]->segment);
}

/* ---- the capture ------------------------------------------------------------------------------------ */

uint64_t replay_refused(const struct replay_summary *sum)
{
    uint64_t n = 0;

    for (int fault = 0; fault < WP_N_FAULTS; fault++)
        n += sum->refused[fault] + (frames_is_wrong((enum wp_fault)fault) ? sum->closed[fault] : 0);
    return n;
}

uint64_t replay_findings(const struct replay_summary *sum)
{
    return sum->bad + sum->gaps + sum->unanswered + sum->failed + replay_refused(sum);
}

static enum replay_end end_of(const struct replay_summary *sum)
{
    if (sum->n_frames == 0)
        return REPLAY_NOTHING;
    return replay_findings(sum) ? REPLAY_FINDINGS : REPLAY_CLEAN;
}

static void put_unknown_link(const struct capture *capture, int link, struct wp_writer *why)
{
    wp_put_text(why, capture_name(capture));
    wp_put_text(why, ": packets of link type ");
    wp_put_text(why, capture_link_name(link));
    wp_put_text(why, " (");
    wp_put_int(why, link);
    wp_put_text(why, ") cannot be taken apart");
}

/* What the messages come to, told before the summary. */
static void finish_judge(struct replay *r, struct wp_writer *why)
{
    const struct replay_setup *setup = r->setup;
    const struct judged *judged = setup->judge ? replay_judge_finish(setup->judge, why) : NULL;

    if (!judged)
        return;
    r->sum.judged = judged->published + judged->delivered;
    r->sum.undocumented = judged->n_undocumented;
    r->sum.failed = judged->n_failed + (setup->strict ? judged->n_undocumented : 0);
    for (size_t i = 0; i < 2; i++)
        if (setup->out[i] && setup->out[i]->judged)
            setup->out[i]->judged(setup->out[i], judged);
}

enum replay_end replay_capture(const struct replay_setup *setup, struct capture *capture,
                               struct replay_summary *summary, struct wp_writer *why)
{
    struct replay r = {.flows_out = {.open = on_open, .bytes = on_bytes, .gap = on_gap, .close = on_close},
                       .setup = setup,
                       .is_heard = setup->out[0] || setup->out[1]};
    enum replay_end end = REPLAY_UNREADABLE;
    enum capture_status status;
    int unknown_link;

    if (wants_segments(setup))
        r.flows_out.segment = on_segment;
    stream_decoder_init(&r.decoder, setup->codec, take_part, &r);
    status = replay_packets(capture, &r.flows_out, &r.sum, &unknown_link);
    r.sum.too_large = r.decoder.refused;
    stream_decoder_free(&r.decoder);
    finish_judge(&r, why);
    if (status == CAPTURE_BROKEN)
        wp_put_text(why, capture_error(capture));
    else if (r.sum.packets > 0 && r.sum.unknown_link == r.sum.packets)
        put_unknown_link(capture, unknown_link, why);
    else
        end = end_of(&r.sum);
    for (size_t i = 0; i < 2; i++)
        if (setup->out[i])
            setup->out[i]->summary(setup->out[i], &r.sum);
    if (summary)
        *summary = r.sum;
    capture_free(capture);
    return end;
}
