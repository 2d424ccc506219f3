/* What to do next with a capture, in sentences. */
#include "harness/capture_info.h"

#include <inttypes.h>
#include <stdarg.h>

struct teller {
    void (*say)(void *ctx, const char *sentence);
    void *ctx;
};

static void tell(const struct teller *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(const struct teller *t, const char *format, ...)
{
    char sentence[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    t->say(t->ctx, sentence);
}

struct sums {
    uint64_t under_way, one_sided;
};

static struct sums sum_of(const struct info *info)
{
    struct sums s = {0};

    for (size_t i = 0; i < info->n_connections; i++) {
        const struct info_connection *c = &info->connection[i];

        if (c->number == 0 || c->kind != FLOW_TCP || c->bytes[0] + c->bytes[1] == 0)
            continue;
        s.under_way += !c->knows_client;
        s.one_sided += c->bytes[0] == 0 || c->bytes[1] == 0;
    }
    return s;
}

/* What a better capture would have. */
static void tell_of_capturing(const struct info *info, const struct teller *t)
{
    const struct replay_summary *s = &info->sum;
    struct sums sums = sum_of(info);

    if (s->cut)
        tell(t, "%" PRIu64 " packets were cut short: capture again with `tcpdump -s 0`", s->cut);
    if (s->gaps)
        tell(
            t,
            "%" PRIu64
            " bytes are missing: capture nearer to the gateway, or with a larger buffer (`tcpdump -B 16384`)",
            s->gap_bytes);
    if (sums.under_way)
        tell(t,
             "%" PRIu64 " connections were under way at the first packet: begin before the device dials, to "
             "see its login",
             sums.under_way);
    if (sums.one_sided && s->unanswered)
        tell(t, "%" PRIu64 " connections carry bytes in one direction alone: does the mirror port see both?",
             sums.one_sided);
    if (s->evicted)
        tell(t, "there were more connections than are followed at once: cut the file into pieces by time");
}

void capture_info_hints(const struct info *info, void (*say)(void *ctx, const char *sentence), void *ctx)
{
    const struct teller t = {say, ctx};
    const struct replay_summary *s = &info->sum;

    if (s->packets == 0)
        tell(&t, "the capture is empty: was the right interface captured?");
    tell_of_capturing(info, &t);
    if (info->end == REPLAY_NOTHING && s->packets > 0)
        tell(
            &t,
            "no stream of ours: `wattproof replay --help` lists what is known; was the right port captured?");
    if (info->end == REPLAY_FINDINGS)
        tell(&t,
             "`wattproof replay %s` tells each finding; `wattproof capture minimise %s OUT` keeps only what "
             "shows them",
             info->path, info->path);
    if (info->end == REPLAY_CLEAN)
        tell(&t, "`wattproof replay --update %s` makes it a regression test", info->path);
    if (s->foreign)
        tell(&t, "%" PRIu64 " connections are not ours; nobody knows what stands in them", s->foreign);
    if (info->n_ids || s->foreign)
        tell(&t, "before it leaves the house: `wattproof capture anonymise %s OUT`", info->path);
}
