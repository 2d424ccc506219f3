/* spec: each statement of a document, what decides it, and the last verdict or the reason why there is none. Beside
 * them a rule of a document worked out: spec venus-broker ID. */
#include "harness/args.h"
#include "harness/cmd.h"
#include "harness/spec.h"
#include "harness/venus_broker.h"

#include <stdio.h>

struct spec_options {
    const char *html, *run;
};

static const struct arg rows[] = {
    ARG_OF(struct spec_options, 0, "html", "FILE",
           "the annotated catalogue as one page; - is standard output", arg_text, html),
    ARG_OF(struct spec_options, 0, "run", "RUN",
           "whose verdicts: a run's folder or its run.json (reports/last)", arg_text, run),
};

static const struct args args = {
    .command = "spec",
    .usage = "spec [API|ID...] [OPTIONS]\n\n"
             "Every statement of the API's document with its last verdict; of an ID also our reading and "
             "every line\n"
             "that decides it.\n\n"
             "spec venus-broker ID...\n\n"
             "The VRM broker of the installation with this portal ID.\n",
    .rows = rows,
    .n = sizeof rows / sizeof rows[0],
};

static void print_deciders(const struct spec *s, const char *id)
{
    const struct decider *d;
    size_t n = deciders_of(s->deciders, id, &d);

    for (size_t i = 0; i < n; i++) {
        if (d[i].scenario)
            printf("      decided by scenario %s (%s:%d)\n", d[i].scenario, d[i].file, d[i].line);
        else
            printf("      decided by contract %s:%d\n", d[i].file, d[i].line);
    }
}

static void print_statement(const struct spec *s, const struct statement *st, bool whole)
{
    enum verdict v = spec_verdict(s, st);

    printf("%-8s %-12s %-6s %s\n", st->id, st->status, verdict_text(v), st->says);
    if (whole && st->reading)
        printf("      reading: %s\n", st->reading);
    if (whole && st->why)
        printf("      why: %s\n", st->why);
    if (whole)
        print_deciders(s, st->id);
    if (v == VERDICT_NONE)
        printf("      none: %s\n", spec_why_none(s, st));
}

static void print_catalogue(const struct spec *s, const struct catalogue *c)
{
    struct spec_counts counts = spec_count(s, c);

    printf("%s (%s)\n", c->title, c->api);
    for (size_t i = 0; i < c->n; i++)
        print_statement(s, &c->at[i], false);
    printf("%zu statements, %zu testable, %zu of these without a check;", counts.statements, counts.testable,
           counts.without_check);
    for (int v = VERDICT_NONE; v <= VERDICT_ERROR; v++)
        if (counts.by_verdict[v] > 0)
            printf(" %zu %s", counts.by_verdict[v], verdict_text((enum verdict)v));
    putchar('\n');
}

static const struct catalogue *find_api(const struct spec *s, const char *api)
{
    for (const struct catalogue *c = spec_catalogues(s); c; c = c->next)
        if (strcmp(c->api, api) == 0)
            return c;
    return NULL;
}

static int unknown(const struct spec *s, const char *word, const char *what)
{
    fprintf(stderr, "wattproof: there is no %s '%s'; the APIs are", what, word);
    for (const struct catalogue *c = spec_catalogues(s); c; c = c->next)
        fprintf(stderr, " %s", c->api);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

static int print_word(const struct spec *s, const char *word)
{
    const struct statement *st = catalogue_find(spec_catalogues(s), word);
    const struct catalogue *c = find_api(s, word);

    if (st)
        print_statement(s, st, true);
    else if (c)
        print_catalogue(s, c);
    else
        return unknown(s, word, "API and no statement");
    return EXIT_AS_EXPECTED;
}

static int write_html(const struct spec *s, const char *file, int n, char **words)
{
    if (n > 1) {
        fprintf(stderr, "wattproof: --html is for one API, or for all\n");
        return EXIT_USAGE;
    }
    if (n == 1 && !find_api(s, words[0]))
        return unknown(s, words[0], "API");
    return spec_html(s, n == 1 ? words[0] : NULL, file) ? EXIT_AS_EXPECTED : EXIT_HARNESS;
}

static int tell(const struct spec *s, int n, char **words)
{
    int code = EXIT_AS_EXPECTED;

    if (n == 0)
        for (const struct catalogue *c = spec_catalogues(s); c; c = c->next)
            print_catalogue(s, c);
    for (int i = 0; i < n && code == EXIT_AS_EXPECTED; i++)
        code = print_word(s, words[i]);
    return code;
}

static bool print_one_broker(const char *id)
{
    char text[200];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct venus_broker b;

    if (!venus_broker_find(wp_text(id), &b, &why)) {
        fprintf(stderr, "wattproof: %s\n", wp_put_end(&why));
        return false;
    }
    printf("portal id  %s\nsum        %u\nindex      %u\nmqtt       %s\nwebmqtt    %s\n", b.portal,
           (unsigned)b.sum, (unsigned)b.index, b.mqtt, b.webmqtt);
    return true;
}

static int print_venus_brokers(const struct spec_options *o, int n, char **words)
{
    if (n == 0 || o->run || o->html) {
        fprintf(stderr, "wattproof: spec venus-broker takes portal IDs, and no option\n");
        return EXIT_USAGE;
    }
    for (int i = 0; i < n; i++)
        if (!print_one_broker(words[i]))
            return EXIT_USAGE;
    return EXIT_AS_EXPECTED;
}

int cmd_spec(int argc, char **argv)
{
    struct spec_options o = {NULL, NULL};
    struct spec s;
    static char text[16384];
    struct wp_writer why = wp_writer(text, sizeof text);
    int first, code = EXIT_USAGE;
    enum args_end end = args_read(&args, argc, argv, &o, &first);

    if (end != ARGS_GOOD)
        return end == ARGS_HELP ? EXIT_AS_EXPECTED : EXIT_USAGE;
    if (first < argc && strcmp(argv[first], "venus-broker") == 0)
        return print_venus_brokers(&o, argc - first - 1, argv + first + 1);
    if (!spec_load(&s, o.run, &why))
        fprintf(stderr, "wattproof: %s\n", wp_put_end(&why));
    else if (o.html)
        code = write_html(&s, o.html, argc - first, argv + first);
    else
        code = tell(&s, argc - first, argv + first);
    spec_free(&s);
    return code;
}
