/* Info as text, one screen of it. */
#include "harness/capture_info.h"

#include "sim/catalog.h"

#include <inttypes.h>

enum { CONNECTIONS_SHOWN = 12, TEXTS_SHOWN = 5, TEXT_SHOWN_MAX = 48 };

static void put_moment(FILE *out, int64_t ns)
{
    struct moment_cache cache = {0};
    char text[48];
    struct wp_writer w = wp_writer(text, sizeof text);

    moment_put(&cache, &w, ns, 6);
    fputs(wp_put_end(&w), out);
}

static void put_addr(FILE *out, const struct packet_addr *addr)
{
    char text[64];
    struct wp_writer w = wp_writer(text, sizeof text);

    packet_put_addr(&w, addr);
    fputs(wp_put_end(&w), out);
}

static void print_file(const struct info *info, FILE *out)
{
    const struct replay_summary *s = &info->sum;
    char kind[64], span[32];
    struct wp_writer w = wp_writer(kind, sizeof kind), t = wp_writer(span, sizeof span);

    capture_put_format(&w, &info->format);
    moment_put_span(&t, s->last_ns - s->first_ns);
    fprintf(out, "%s: %s, link %s\n", info->path, wp_put_end(&w), info->link);
    fprintf(out,
            "packets      %" PRIu64 ": %" PRIu64 " TCP, %" PRIu64 " UDP, %" PRIu64 " other; %" PRIu64
            " cut by the capture, %" PRIu64 " malformed\n",
            s->packets, s->tcp, s->udp, s->packets - s->tcp - s->udp, s->cut, s->malformed);
    if (s->packets == 0)
        return;
    fputs("time         ", out);
    put_moment(out, s->first_ns);
    fputs(" to ", out);
    put_moment(out, s->last_ns);
    fprintf(out, ", %s s\n", wp_put_end(&t));
}

/* ---- connections ------------------------------------------------------------------------------------ */

const char *capture_info_transport(enum flow_kind kind)
{
    static const char *const text[] = {[FLOW_TCP] = "TCP", [FLOW_UDP] = "UDP", [FLOW_BUS] = "D-Bus"};

    return text[kind];
}

static void print_codecs(const struct info_connection *c, FILE *out)
{
    const char *between = "";

    for (size_t i = 0; i < wp_n_codecs; i++) {
        if (!c->by_codec[i])
            continue;
        fprintf(out, "%s%s %" PRIu64, between, wp_codecs[i]->name, c->by_codec[i]);
        between = ", ";
    }
    if (!*between)
        fputs(c->bytes[0] + c->bytes[1] ? "foreign" : "without data", out);
}

/* Where both may ask, frames tell who the client is; else who asks more than it answers is who asks. */
static int asker_of(const struct info_connection *c)
{
    uint64_t first = c->asks[0] + c->answers[1], second = c->asks[1] + c->answers[0];

    if (c->first != WP_SIDE_UNKNOWN)
        return c->first == WP_SIDE_SERVER;
    return first == second ? -1 : first < second;
}

static void print_sides(const struct info_connection *c, FILE *out)
{
    int asker = asker_of(c);
    bool named = c->kind != FLOW_BUS && asker >= 0 && c->speaks && c->speaks->asker;

    if (named)
        fprintf(out, "; the %s %s the %s", asker == 0 ? c->speaks->asker : c->speaks->answerer,
                c->knows_client ? "dials" : "speaks to", asker == 0 ? c->speaks->answerer : c->speaks->asker);
    if (!c->knows_client && c->kind == FLOW_TCP)
        fputs("; was under way", out);
}

static void print_connection(const struct info_connection *c, FILE *out)
{
    fprintf(out, "  %" PRIu32 " %s ", c->number, capture_info_transport(c->kind));
    put_addr(out, &c->addr[0]);
    fputs(" > ", out);
    put_addr(out, &c->addr[1]);
    fputs(": ", out);
    print_codecs(c, out);
    fprintf(out, "; %" PRIu64 " bytes, %" PRIu64 " back", c->bytes[0], c->bytes[1]);
    if (c->asks[0] + c->asks[1])
        fprintf(out, "; questions %" PRIu64 ", unanswered %" PRIu64, c->asks[0] + c->asks[1], c->unanswered);
    if (c->bad)
        fprintf(out, "; bad in %" PRIu64 " places", c->bad);
    if (c->gaps)
        fprintf(out, "; %" PRIu64 " gaps of %" PRIu64 " bytes", c->gaps, c->gap_bytes);
    print_sides(c, out);
    fputc('\n', out);
}

static void print_connections(const struct info *info, FILE *out)
{
    const struct replay_summary *s = &info->sum;
    uint64_t left = s->connections + s->exchanges + s->buses;

    fprintf(out, "connections  %" PRIu64 " TCP, %" PRIu64 " UDP", s->connections, s->exchanges);
    if (s->buses)
        fprintf(out, ", %" PRIu64 " D-Bus", s->buses);
    fprintf(out, ": %" PRIu64 " ours, %" PRIu64 " foreign, %" PRIu64 " without data\n", s->ours, s->foreign,
            s->silent);
    for (int ours = 1; ours >= 0; ours--) { /* those first */
        uint64_t shown = 0;

        for (size_t i = 0; i < info->n_connections && shown < CONNECTIONS_SHOWN; i++) {
            const struct info_connection *c = &info->connection[i];

            if (c->number == 0 || c->is_ours != (bool)ours)
                continue;
            print_connection(c, out);
            shown++;
            left--;
        }
    }
    if (left)
        fprintf(out, "  and %" PRIu64 " more; --json has them\n", left);
}

/* ---- ids -------------------------------------------------------------------------------------------- */

static void print_ids(const struct info *info, FILE *out)
{
    fputs(info->n_ids ? "ids          as they stand in it\n" : "ids          none\n", out);
    for (size_t i = 0; i < info->n_ids; i++) {
        const struct info_kind *kind = &info->ids[i];

        fprintf(out, "  %s %zu:", kind->name, kind->texts.n);
        for (size_t k = 0; k < kind->texts.n && k < TEXTS_SHOWN; k++) {
            struct wp_slice text = kind->texts.entry[k].text;

            fputs(k ? ", " : " ", out);
            for (size_t n = 0; n < text.n && n < TEXT_SHOWN_MAX; n++)
                fputc(text.p[n] >= ' ' && text.p[n] != 0x7F ? text.p[n] : '?', out);
            if (text.n > TEXT_SHOWN_MAX)
                fputs("...", out);
        }
        fputs(kind->texts.n > TEXTS_SHOWN ? ", ...\n" : "\n", out);
    }
}

/* ---- what replay says, and what to do --------------------------------------------------------------- */

static void print_verdict(const struct info *info, FILE *out)
{
    static const char *const text[] = {
        [REPLAY_CLEAN] = "clean (exit 0)",
        [REPLAY_FINDINGS] = "findings (exit 1)",
        [REPLAY_NOTHING] = "nothing of ours in it (exit 4)",
        [REPLAY_UNREADABLE] = "unreadable behind this (exit 2)",
    };
    const struct replay_summary *s = &info->sum;

    fprintf(out,
            "replay       %s: %" PRIu64 " frames, %" PRIu64 " unanswered, bad in %" PRIu64 " places, %" PRIu64
            " gaps\n",
            text[info->end], s->n_frames, s->unanswered, s->bad, s->gaps);
    if (*info->api)
        fprintf(out,
                "contract     %s: %" PRIu64 " messages judged, %" PRIu64 " statements held, %" PRIu64
                " failed; %" PRIu64 " places undocumented\n",
                info->api, s->judged, info->held, info->failed, s->undocumented);
}

static void print_hint(void *ctx, const char *sentence)
{
    fprintf(ctx, "  - %s\n", sentence);
}

void capture_info_print(const struct info *info, FILE *out)
{
    print_file(info, out);
    print_connections(info, out);
    print_ids(info, out);
    print_verdict(info, out);
    fputs("next\n", out);
    capture_info_hints(info, print_hint, out);
}
