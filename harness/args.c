#include "harness/args.h"
#include "harness/nearest.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_ONLY = 1000, HELP = 2000, HELP_COLUMN = 21 };

/* ---- values ----------------------------------------------------------------------------------------- */

bool arg_refuse(const struct arg *arg, const char *what_it_is, const char *text)
{
    if (arg->name)
        fprintf(stderr, "wattproof: --%s is %s, not '%s'\n", arg->name, what_it_is, text);
    else
        fprintf(stderr, "wattproof: -%c is %s, not '%s'\n", arg->letter, what_it_is, text);
    return false;
}

static void *place(const struct arg *arg, void *options)
{
    return (char *)options + arg->offset;
}

bool arg_switch(const struct arg *arg, void *options, const char *text)
{
    (void)text;
    *(bool *)place(arg, options) = true;
    return true;
}

bool arg_text(const struct arg *arg, void *options, const char *text)
{
    *(const char **)place(arg, options) = text;
    return true;
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == 0 && errno == 0;
}

bool arg_count(const struct arg *arg, void *options, const char *text)
{
    char range[60];
    uint64_t v;

    snprintf(range, sizeof range, "a number from 1 to %llu", (unsigned long long)arg->max);
    if (!read_number(text, &v) || v == 0 || v > arg->max)
        return arg_refuse(arg, range, text);
    *(size_t *)place(arg, options) = (size_t)v;
    return true;
}

bool arg_number(const struct arg *arg, void *options, const char *text)
{
    uint64_t v;

    if (!read_number(text, &v))
        return arg_refuse(arg, "a number", text);
    *(uint64_t *)place(arg, options) = v;
    return true;
}

bool arg_word(const struct arg *arg, void *options, const char *text)
{
    char words[200] = "";

    for (int i = 0; arg->words[i]; i++) {
        if (strcmp(arg->words[i], text) == 0) {
            *(int *)place(arg, options) = i;
            return true;
        }
        if (i > 0)
            strcat(words, arg->words[i + 1] ? ", " : " or ");
        assert(strlen(words) + strlen(arg->words[i]) + 8 < sizeof words);
        strcat(words, arg->words[i]);
    }
    return arg_refuse(arg, words, text);
}

/* ---- the parser's tables ---------------------------------------------------------------------------- */

static void make_tables(const struct args *args, char *letters, struct option *names)
{
    *letters++ = ':'; /* a missing value is told from an unknown option */
    for (size_t i = 0; i < args->n; i++) {
        const struct arg *row = &args->rows[i];

        if (row->letter) {
            *letters++ = row->letter;
            if (row->value)
                *letters++ = ':';
        }
        if (row->name)
            *names++ = (struct option){row->name, row->value ? required_argument : no_argument, NULL,
                                       LONG_ONLY + (int)i};
    }
    *letters++ = 'h';
    *letters = 0;
    *names++ = (struct option){"help", no_argument, NULL, HELP};
    *names = (struct option){0};
}

static const struct arg *row_of(const struct args *args, int c)
{
    if (c >= LONG_ONLY && c < HELP)
        return &args->rows[c - LONG_ONLY];
    for (size_t i = 0; i < args->n; i++)
        if (args->rows[i].letter == c)
            return &args->rows[i];
    return NULL;
}

/* An unknown option, or one whose value is missing or too much; `word` is what the user wrote. */
static void complain(const struct args *args, int c, const char *word)
{
    const char *names[ARGS_MAX + 1], *meant = NULL;
    char bare[80];
    size_t n = 0;

    snprintf(bare, sizeof bare, "%s", word + strspn(word, "-"));
    bare[strcspn(bare, "=")] = 0;
    for (size_t i = 0; i < args->n; i++)
        if (args->rows[i].name)
            names[n++] = args->rows[i].name;
    if (strncmp(word, "--", 2) == 0)
        meant = nearest(bare, names, n);
    if (c == ':')
        fprintf(stderr, "wattproof: %s needs a value\n", word);
    else if (meant && strcmp(meant, bare) == 0)
        fprintf(stderr, "wattproof: --%s takes no value\n", bare);
    else
        fprintf(stderr, "wattproof: %s has no option %s%s%s%s\n", args->command, word,
                meant ? "; did you mean --" : ": wattproof ", meant ? meant : args->command,
                meant ? "?" : " --help tells them all");
}

enum args_end args_read(const struct args *args, int argc, char **argv, void *options, int *ret_first)
{
    struct option names[ARGS_MAX + 2];
    char letters[2 * ARGS_MAX + 4];
    int c;

    assert(args->n <= ARGS_MAX);
    make_tables(args, letters, names);
    optind = 0; /* all of getopt's memory of an earlier call is gone */
    opterr = 0;
    while ((c = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        const struct arg *row;

        if (c == 'h' || c == HELP) {
            args_help(args, stdout);
            return ARGS_HELP;
        }
        row = c == '?' || c == ':' ? NULL : row_of(args, c);
        if (!row) {
            char letter[3] = {'-', (char)optopt, 0};

            complain(args, c, optopt > 0 && optopt < 256 ? letter : argv[optind - 1]);
            return ARGS_WRONG;
        }
        if (!row->read(row, options, optarg))
            return ARGS_WRONG;
    }
    *ret_first = optind;
    return ARGS_GOOD;
}

/* ---- help ------------------------------------------------------------------------------------------- */

static void put_row(const struct arg *row, FILE *out)
{
    char left[80];
    int n = 0;

    if (row->letter)
        n += snprintf(left + n, sizeof left - (size_t)n, "-%c%s", row->letter, row->name ? ", " : "");
    if (row->name)
        n += snprintf(left + n, sizeof left - (size_t)n, "--%s", row->name);
    if (row->value)
        n += snprintf(left + n, sizeof left - (size_t)n, " %s", row->value);
    fprintf(out, "  %-*s%s", HELP_COLUMN, left, n < HELP_COLUMN ? "" : "  ");
    for (const char *p = row->help; *p; p++) {
        fputc(*p, out);
        if (*p == '\n')
            fprintf(out, "%*s", HELP_COLUMN + 2, "");
    }
    fputc('\n', out);
}

void args_help(const struct args *args, FILE *out)
{
    fprintf(out, "wattproof %s\n", args->usage);
    for (size_t i = 0; i < args->n; i++)
        put_row(&args->rows[i], out);
    if (args->ending)
        fprintf(out, "%s%s", args->n > 0 ? "\n" : "", args->ending);
}
