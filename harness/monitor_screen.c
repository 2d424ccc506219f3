#include "harness/monitor_screen.h"

enum { UNDOCUMENTED_SHOWN = 10 };

#define STATUS_EVERY WP_MS(250)

void monitor_screen_init(struct monitor_screen *s, const struct monitor_setup *setup,
                         const struct monitor_counts *counts)
{
    struct wp_writer w = wp_writer(s->url, sizeof s->url);

    s->terminal = terminal_new(setup->out, 0, 0, setup->strict);
    s->setup = setup;
    s->counts = counts;
    s->last_at = 0;
    s->last_messages = 0;
    broker_url_put(&w, &setup->url);
    wp_put_end(&w);
}

static double seconds(wp_us us)
{
    return (double)us / 1e6;
}

void monitor_screen_status(struct monitor_screen *s, wp_us now)
{
    const struct monitor_counts *c = s->counts;
    wp_us since = now - s->last_at;

    if (!s->terminal.live || since < STATUS_EVERY)
        return;
    fprintf(s->setup->out,
            "\r\033[K%s %s %.0f s: %llu messages (%.0f/s), %llu kept, %llu failed, %llu undocumented", s->url,
            c->is_on ? "on" : "AWAY", seconds(now), (unsigned long long)c->messages,
            (double)(c->messages - s->last_messages) / seconds(since), (unsigned long long)c->kept,
            (unsigned long long)c->failed, (unsigned long long)c->remarks);
    fflush(s->setup->out);
    s->last_at = now;
    s->last_messages = c->messages;
}

static void begin_line(struct monitor_screen *s, wp_us at)
{
    if (s->terminal.live)
        fputs("\r\033[K", s->setup->out);
    fprintf(s->setup->out, "%.3f s ", seconds(at));
}

void monitor_screen_news(struct monitor_screen *s, wp_us at, const char *id, const char *sentence)
{
    enum verdict v = id || s->setup->strict ? VERDICT_FAIL : VERDICT_NONE;

    begin_line(s, at);
    fprintf(s->setup->out, "%s%s%s%s %s\n", terminal_colour(&s->terminal, v), id ? "fail " : "undocumented",
            id ? id : "", terminal_plain(&s->terminal), sentence);
    fflush(s->setup->out);
}

void monitor_screen_say(struct monitor_screen *s, wp_us at, const char *sentence)
{
    begin_line(s, at);
    fprintf(s->setup->out, "%s\n", sentence);
    fflush(s->setup->out);
}

/* ---- the conclusion --------------------------------------------------------------------------------- */

static enum verdict verdict_on(const struct scenario_result *r, const char *id)
{
    enum verdict worst = VERDICT_NONE;

    for (const struct finding *f = r->findings; f; f = f->next)
        for (size_t i = 0; i < f->n_statements; i++)
            if (strcmp(f->statements[i], id) == 0)
                worst = verdict_worst(worst, f->verdict);
    return worst;
}

static void put_catalogue(const struct monitor_screen *s, const struct scenario_result *r,
                          const struct catalogue *c)
{
    size_t by[VERDICT_ERROR + 1] = {0};

    for (size_t i = 0; i < c->n; i++)
        by[verdict_on(r, c->at[i].id)]++;
    if (by[VERDICT_NONE] == c->n)
        return;
    fprintf(s->setup->out, "%s: %zu statements passed, %zu failed, %zu inconclusive, %zu not for a test\n",
            c->api, by[VERDICT_PASS], by[VERDICT_FAIL], by[VERDICT_INCONC], by[VERDICT_NONE]);
}

static void put_finding(const struct monitor_screen *s, const struct finding *f)
{
    enum verdict v = f->undocumented && !s->setup->strict ? VERDICT_NONE : f->verdict;

    fprintf(s->setup->out, "  %s%-6s%s ", terminal_colour(&s->terminal, v),
            f->undocumented ? "undocumented" : verdict_text(f->verdict), terminal_plain(&s->terminal));
    if (f->n_statements == 1)
        fprintf(s->setup->out, "%s ", f->statements[0]);
    else if (f->n_statements > 1)
        fprintf(s->setup->out, "%zu statements: ", f->n_statements);
    fprintf(s->setup->out, "%s\n", f->text);
}

/* The worst first, and at most a screen of remarks. */
static void put_findings(const struct monitor_screen *s, const struct scenario_result *r)
{
    size_t undocumented = 0;

    for (int v = VERDICT_ERROR; v > VERDICT_PASS; v--)
        for (const struct finding *f = r->findings; f; f = f->next)
            if ((int)f->verdict == v && !f->undocumented)
                put_finding(s, f);
    for (const struct finding *f = r->findings; f; f = f->next)
        if (f->undocumented && undocumented++ < UNDOCUMENTED_SHOWN)
            put_finding(s, f);
    if (undocumented > UNDOCUMENTED_SHOWN)
        fprintf(s->setup->out, "  ... and %zu more undocumented ones\n", undocumented - UNDOCUMENTED_SHOWN);
}

void monitor_screen_end(struct monitor_screen *s, const struct scenario_result *result)
{
    const struct monitor_counts *c = s->counts;

    if (s->terminal.live)
        fputs("\r\033[K", s->setup->out);
    fprintf(s->setup->out, "%s watched for %.1f s: %llu messages, %llu kept from before", s->url,
            seconds(result->ended), (unsigned long long)c->messages, (unsigned long long)c->kept);
    if (c->foreign > 0)
        fprintf(s->setup->out, ", %llu on topics of no such API", (unsigned long long)c->foreign);
    if (c->lost > 0)
        fprintf(s->setup->out, ", connection lost %llu times", (unsigned long long)c->lost);
    fputc('\n', s->setup->out);
    for (const struct catalogue *k = contracts_catalogues(s->setup->contracts); k; k = k->next)
        put_catalogue(s, result, k);
    put_findings(s, result);
}
