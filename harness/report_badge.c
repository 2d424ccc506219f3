#include "harness/report_badge.h"
#include "harness/agree.h"
#include "harness/tally.h"

#include <string.h>

/* Dark enough for white text on them. */
static const char GREEN[] = "#2e7d32", RED[] = "#c62828", AMBER[] = "#8a5a00", GREY[] = "#616161";

struct badge {
    char message[80];
    const char *colour;
};

static void count_statements(const struct run_summary *run, size_t by_verdict[VERDICT_ERROR + 1])
{
    struct tally t = tally_new(run, NULL, NULL);

    for (size_t i = 0; i < t.n; i++)
        if (i == 0 || strcmp(t.at[i - 1].id, t.at[i].id) != 0)
            by_verdict[tally_verdict(&t, t.at[i].id)]++;
    tally_free(&t);
}

static bool worlds_disagree(const struct run_summary *run)
{
    struct arena a = {0};
    size_t both;
    bool differ = worlds_compare(&a, run->results, &both) != NULL;

    arena_free(&a);
    return differ;
}

/* An error is ours and says nothing of the gateway; what was ended early says less than it seems to. */
static struct badge badge_of(const struct run_summary *run)
{
    struct run_totals plays = run_count(run);
    size_t statements[VERDICT_ERROR + 1] = {0}, n;
    struct badge b = {.colour = GREEN};

    count_statements(run, statements);
    n = statements[VERDICT_PASS] + statements[VERDICT_INCONC] + statements[VERDICT_FAIL] +
        statements[VERDICT_ERROR];
    if (plays.by_verdict[VERDICT_ERROR] > 0 || worlds_disagree(run))
        b = (struct badge){"harness error", GREY};
    else if (run->interrupted || plays.not_played > 0)
        b = (struct badge){"not finished", GREY};
    else if (plays.by_verdict[VERDICT_PASS] + plays.by_verdict[VERDICT_INCONC] +
                 plays.by_verdict[VERDICT_FAIL] ==
             0)
        b = (struct badge){"nothing played", GREY};
    else if (statements[VERDICT_FAIL] > 0) {
        b.colour = RED;
        snprintf(b.message, sizeof b.message, "%zu of %zu statements fail", statements[VERDICT_FAIL], n);
    } else if (plays.by_verdict[VERDICT_FAIL] > 0) {
        b.colour = RED;
        snprintf(b.message, sizeof b.message, "%zu of %zu plays fail", plays.by_verdict[VERDICT_FAIL],
                 plays.plays);
    } else if (statements[VERDICT_INCONC] > 0) {
        b.colour = AMBER;
        snprintf(b.message, sizeof b.message, "%zu of %zu statements pass", statements[VERDICT_PASS], n);
    } else if (n > 0) {
        snprintf(b.message, sizeof b.message, "%zu statement%s", n, n == 1 ? " passes" : "s pass");
    } else {
        snprintf(b.message, sizeof b.message, "%zu plays pass", plays.by_verdict[VERDICT_PASS]);
    }
    return b;
}

/* ---- drawing ---------------------------------------------------------------------------------------- */

/* About how wide Verdana draws it at 11 px, in tenths of a pixel; textLength makes it exact. */
static int width_of(const char *text)
{
    int sum = 0;

    for (; *text; text++)
        sum += strchr("ijl", *text)           ? 30
               : strchr("frt ", *text)        ? 42
               : *text == 'm' || *text == 'w' ? 98
                                              : 68;
    return sum;
}

static void put_svg(FILE *f, const struct badge *b)
{
    static const char label[] = "wattproof";
    int left = width_of(label) / 10 + 12, right = width_of(b->message) / 10 + 12;

    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"20\" role=\"img\" "
            "aria-label=\"%s: %s\">\n"
            "  <title>%s: %s</title>\n"
            "  <clipPath id=\"r\"><rect width=\"%d\" height=\"20\" rx=\"3\"/></clipPath>\n"
            "  <g clip-path=\"url(#r)\">\n"
            "    <rect width=\"%d\" height=\"20\" fill=\"#424242\"/>\n"
            "    <rect x=\"%d\" width=\"%d\" height=\"20\" fill=\"%s\"/>\n"
            "  </g>\n"
            "  <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,Geneva,sans-serif\" font-size=\"11\">\n"
            "    <text x=\"6\" y=\"14\" textLength=\"%d\">%s</text>\n"
            "    <text x=\"%d\" y=\"14\" textLength=\"%d\">%s</text>\n"
            "  </g>\n"
            "</svg>\n",
            left + right, label, b->message, label, b->message, left + right, left, left, right, b->colour,
            left - 12, label, left + 6, right - 12, b->message);
}

/* https://shields.io/badges/endpoint-badge */
static void put_endpoint(FILE *f, const struct badge *b)
{
    fprintf(f, "{\"schemaVersion\": 1, \"label\": \"wattproof\", \"message\": \"%s\", \"color\": \"%s\"}\n",
            b->message, b->colour + 1);
}

bool report_badge(const struct run_summary *run, const char *file)
{
    struct badge b = badge_of(run);
    const char *dot = strrchr(file, '.');
    FILE *f = report_open(file);

    if (!f)
        return false;
    if (dot && strcmp(dot, ".json") == 0)
        put_endpoint(f, &b);
    else
        put_svg(f, &b);
    return report_close(f, file);
}
