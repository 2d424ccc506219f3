/* A command's options: one row each, which is its entry for the parser, the check of its value and its line in
 * --help. */
#ifndef WP_ARGS_H
#define WP_ARGS_H

#include "sim/core/bytes.h"

#include <stddef.h>
#include <stdio.h>

enum { ARGS_MAX = 48 };

struct arg {
    char letter;       /* 0: it has a long form only */
    const char *name;  /* NULL: it has a short form only */
    const char *value; /* what --help calls it; NULL: a switch */
    const char *help;
    /* Writes the value to options + offset; false: a sentence went to stderr. */
    bool (*read)(const struct arg *arg, void *options, const char *text);
    size_t offset;
    uint64_t max;             /* arg_count */
    const char *const *words; /* arg_word; ends with NULL */
};

/* A row of a table of options that are members of `type`. */
#define ARG_OF(type, letter_, name_, value_, help_, read_, member)                                           \
    {                                                                                                        \
        .letter = (letter_), .name = (name_), .value = (value_), .help = (help_), .read = (read_),           \
        .offset = offsetof(type, member)                                                                     \
    }
#define ARG_COUNT_OF(type, letter_, name_, value_, help_, max_, member)                                      \
    {                                                                                                        \
        .letter = (letter_), .name = (name_), .value = (value_), .help = (help_), .read = arg_count,         \
        .offset = offsetof(type, member), .max = (max_)                                                      \
    }
#define ARG_WORD_OF(type, letter_, name_, value_, help_, words_, member)                                     \
    {                                                                                                        \
        .letter = (letter_), .name = (name_), .value = (value_), .help = (help_), .read = arg_word,          \
        .offset = offsetof(type, member), .words = (words_)                                                  \
    }

struct args {
    const char *command; /* "run" */
    const char *usage;   /* "run [SELECT...] [OPTIONS]\n\nwhat stands above the options\n" */
    const char *ending;  /* what stands below them; NULL: nothing */
    const struct arg *rows;
    size_t n;
};

enum args_end { ARGS_GOOD, ARGS_HELP, ARGS_WRONG };

/* Options may stand before, between and behind the words; `argv` is put in order and *ret_first is the first word.
 * ARGS_HELP: it has been printed, ARGS_WRONG: a sentence went to stderr. */
enum args_end args_read(const struct args *args, int argc, char **argv, void *options, int *ret_first);
void args_help(const struct args *args, FILE *out);

bool arg_switch(const struct arg *arg, void *options, const char *text); /* bool */
bool arg_text(const struct arg *arg, void *options, const char *text);   /* const char *, borrowed */
bool arg_count(const struct arg *arg, void *options, const char *text);  /* size_t, 1 to `max` */
bool arg_number(const struct arg *arg, void *options, const char *text); /* uint64_t */
bool arg_word(const struct arg *arg, void *options, const char *text);   /* int: the index in `words` */

/* "--name is ..., not 'text'" on stderr; false, for `return`. */
bool arg_refuse(const struct arg *arg, const char *what_it_is, const char *text);

#endif
