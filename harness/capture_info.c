#include "harness/capture_info.h"

#include "harness/cmd.h"
#include "harness/home.h"
#include "sim/catalog.h"

#include <stdlib.h>

struct collector {
    struct replay_out out; /* first */
    struct info *info;
};

/* NULL: of too many connections. */
static struct info_connection *connection_of(struct info *info, const struct flow *flow)
{
    struct info_connection *c;

    if (flow->number > INFO_CONNECTIONS_MAX)
        return NULL;
    while (flow->number > info->cap) {
        size_t cap = info->cap ? info->cap * 2 : 64;

        info->connection = realloc(info->connection, cap * sizeof info->connection[0]);
        if (!info->connection) {
            fputs("wattproof: no memory for the connections of this capture\n", stderr);
            abort();
        }
        memset(info->connection + info->cap, 0, (cap - info->cap) * sizeof info->connection[0]);
        info->cap = cap;
    }
    if (flow->number > info->n_connections)
        info->n_connections = flow->number;
    c = &info->connection[flow->number - 1];
    if (c->number == 0) {
        c->number = flow->number;
        c->kind = flow->kind;
        c->addr[0] = flow->addr[0];
        c->addr[1] = flow->addr[1];
    }
    return c;
}

/* ---- ids -------------------------------------------------------------------------------------------- */

struct visit {
    struct info *info;
    const struct wp_codec *codec;
};

static struct info_kind *kind_of(struct info *info, const struct wp_codec *codec, const char *path)
{
    char name[sizeof info->ids[0].name];
    size_t n = strlen(path);

    if (n > 2 && path[n - 1] == ']')
        n -= 2;
    snprintf(name, sizeof name, "%s %.*s", codec->name, (int)n, path);
    for (size_t i = 0; i < info->n_ids; i++)
        if (strcmp(info->ids[i].name, name) == 0)
            return &info->ids[i];
    if (info->n_ids == INFO_KINDS_MAX)
        return NULL;
    strcpy(info->ids[info->n_ids].name, name);
    return &info->ids[info->n_ids++];
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Topics are told too: what stands in them is what a reader looks for first. */
static bool is_told(const struct wp_field *f)
{
    if (f->value.kind != WP_TEXT && f->value.kind != WP_BYTES)
        return false;
    return f->role == WP_ROLE_ID || ends_with(f->path, "topic");
}

static void take_field(void *ctx, const struct wp_field *f)
{
    const struct visit *v = ctx;
    uint8_t memory[256];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct info_kind *kind;

    if (!is_told(f) || f->value.bytes.n == 0 || !(kind = kind_of(v->info, v->codec, f->path)))
        return;
    wp_put_value(&w, f->value);
    if (w.full ||
        (kind->texts.n >= INFO_KIND_TEXTS_MAX && texts_find(&kind->texts, wp_written(&w)) == TEXTS_NONE))
        kind->more++;
    else
        texts_add(&kind->texts, wp_written(&w));
}

/* ---- events ----------------------------------------------------------------------------------------- */

static size_t catalog_index(const struct wp_codec *codec)
{
    size_t i = 0;

    while (wp_codecs[i] != codec)
        i++;
    return i;
}

/* Who sends in direction 0, if the frame tells. */
static enum wp_side side_of_first(const struct replay_event *e)
{
    enum wp_side side = e->codec->sender(e->frame);

    if (side == WP_SIDE_UNKNOWN || e->direction == 0)
        return side;
    return side == WP_SIDE_CLIENT ? WP_SIDE_SERVER : WP_SIDE_CLIENT;
}

static void take_frame(struct info *info, struct info_connection *c, const struct replay_event *e)
{
    struct visit v = {info, e->codec};

    e->codec->fields(e->frame, take_field, &v);
    if (!c)
        return;
    c->frames[e->direction]++;
    c->by_codec[catalog_index(e->codec)]++;
    if (e->exchange == EXCHANGE_QUESTION)
        c->asks[e->direction]++;
    if (e->exchange == EXCHANGE_ANSWER || e->exchange == EXCHANGE_UNASKED)
        c->answers[e->direction]++;
    if (c->first == WP_SIDE_UNKNOWN && e->codec->sender)
        c->first = side_of_first(e);
    if (!c->speaks && e->exchange != EXCHANGE_ALONE)
        c->speaks = e->codec;
}

static void on_event(struct replay_out *out, const struct replay_event *e)
{
    struct info *info = ((struct collector *)out)->info;
    struct info_connection *c = connection_of(info, e->flow);

    if (e->kind == REPLAY_FRAME)
        take_frame(info, c, e);
    else if (c && e->kind == REPLAY_BAD)
        c->bad++;
    else if (c && e->kind == REPLAY_UNANSWERED)
        c->unanswered++;
}

static void on_connection(struct replay_out *out, const struct flow *flow, bool is_ours)
{
    struct info_connection *c = connection_of(((struct collector *)out)->info, flow);

    if (!c)
        return;
    c->is_ours = is_ours;
    c->knows_client = flow->knows_client;
    for (unsigned d = 0; d < 2; d++) {
        c->bytes[d] = flow_bytes(flow, d);
        c->gaps += flow->tcp[d].counts.gaps;
        c->gap_bytes += flow->tcp[d].counts.gap_bytes;
    }
}

static void on_judged(struct replay_out *out, const struct judged *j)
{
    struct info *info = ((struct collector *)out)->info;

    snprintf(info->api, sizeof info->api, "%s", j->api);
    info->failed = j->n_failed;
    info->held = j->n_held;
}

static void on_summary(struct replay_out *out, const struct replay_summary *summary)
{
    ((struct collector *)out)->info->sum = *summary;
}

/* ---- the whole -------------------------------------------------------------------------------------- */

static void info_free(struct info *info)
{
    for (size_t i = 0; i < info->n_ids; i++)
        texts_free(&info->ids[i].texts);
    free(info->connection);
    free(info);
}

int capture_info(const char *path, bool as_json, FILE *out, FILE *problems)
{
    char why_text[1024];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct info *info = calloc(1, sizeof *info);
    struct collector collector = {
        {.event = on_event, .summary = on_summary, .connection = on_connection, .judged = on_judged}, info};
    struct judge_contracts *contracts = judge_contracts_new(home_dir());
    struct replay_setup setup = {.out = {&collector.out}, .judge = replay_judge_new(contracts, NULL)};
    struct capture *capture = info ? capture_open(path, &why) : NULL;
    int code = EXIT_USAGE;

    if (capture) {
        info->path = path;
        info->format = capture_format_of(path);
        snprintf(info->link, sizeof info->link, "%s", capture_link_name(capture_link(capture)));
        info->end = replay_capture(&setup, capture, NULL, &why);
        if (info->end != REPLAY_UNREADABLE)
            code = info->end == REPLAY_NOTHING ? EXIT_NOTHING_RAN : EXIT_AS_EXPECTED;
        if (info->sum.packets > 0 || code != EXIT_USAGE)
            (as_json ? capture_info_print_json : capture_info_print)(info, out);
    }
    if (why.n)
        fprintf(problems, "wattproof: %s\n", wp_put_end(&why));
    replay_judge_free(setup.judge);
    judge_contracts_free(contracts);
    if (info)
        info_free(info);
    return code;
}
