/* list and lint: what there is, and whether it is well written. */
#include "harness/args.h"
#include "harness/cmd.h"
#include "harness/select.h"

#include <stdio.h>
#include <stdlib.h>

static const struct args list_args = {
    .command = "list",
    .usage = "list [SELECT...]\n\n"
             "A line for each scenario: its name, API, worlds, how many statements it decides, its purpose.\n"
             "SELECT is a scenario's name, a file, a folder, a statement id, a glob or an API.\n",
    .ending = "Exit: 0 listed, 2 a file that is wrong, 4 there is no scenario\n",
};

static const struct args lint_args = {
    .command = "lint",
    .usage =
        "lint [SELECT...]\n\n"
        "Reads scenario files without playing them and says what is wrong, with line, column and what was\n"
        "probably meant. SELECT is the same as for run; without it the project's own are read.\n",
    .ending = "Exit: 0 all are well written, 2 a file that is not, 4 there is no scenario\n",
};

static bool load(int argc, char **argv, struct scenario_list *list)
{
    static char text[65536];
    struct wp_writer why = wp_writer(text, sizeof text);
    bool good = select_scenarios((const char *const *)argv, (size_t)argc, list, &why);

    if (!good)
        fprintf(stderr, "%s", wp_put_end(&why));
    return good;
}

static void count_id(void *ctx, const char *id)
{
    (void)id;
    (*(size_t *)ctx)++;
}

int cmd_list(int argc, char **argv)
{
    struct scenario_list list = {0};
    size_t n;
    int first;
    enum args_end end = args_read(&list_args, argc, argv, NULL, &first);

    if (end != ARGS_GOOD)
        return end == ARGS_HELP ? EXIT_AS_EXPECTED : EXIT_USAGE;
    if (!load(argc - first, argv + first, &list)) {
        scenario_list_free(&list);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < list.n; i++) {
        const struct scenario *s = list.at[i];
        size_t statements = 0;

        scenario_each_statement(s, count_id, &statements);
        printf("%-44s %-7s %s%s%2zu statements  %s\n", s->name, s->api ? s->api : "",
               s->in_virtual ? "virtual " : "", s->in_live ? (s->is_long ? "live(long) " : "live ") : "",
               statements, s->purpose ? s->purpose : "");
    }
    n = list.n;
    scenario_list_free(&list);
    return n == 0 ? EXIT_NOTHING_RAN : EXIT_AS_EXPECTED;
}

int cmd_lint(int argc, char **argv)
{
    struct scenario_list list = {0};
    size_t n;
    bool good;
    int first;
    enum args_end end = args_read(&lint_args, argc, argv, NULL, &first);

    if (end != ARGS_GOOD)
        return end == ARGS_HELP ? EXIT_AS_EXPECTED : EXIT_USAGE;
    good = load(argc - first, argv + first, &list);
    n = list.n;
    scenario_list_free(&list);
    if (!good)
        return EXIT_USAGE;
    printf("%zu scenarios are well written\n", n);
    return n == 0 ? EXIT_NOTHING_RAN : EXIT_AS_EXPECTED;
}
