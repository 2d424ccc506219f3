/* list and lint: what there is, and whether it is well written. */
#include "harness/cmd.h"
#include "harness/select.h"

#include <stdio.h>
#include <stdlib.h>

static bool load(int argc, char **argv, struct scenario_list *list)
{
    static char text[65536];
    struct wp_writer why = wp_writer(text, sizeof text);
    bool good = select_scenarios((const char *const *)argv + 1, (size_t)(argc - 1), list, &why);

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

    if (!load(argc, argv, &list)) {
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
    bool good = load(argc, argv, &list);
    size_t n = list.n;

    scenario_list_free(&list);
    if (!good)
        return EXIT_USAGE;
    printf("%zu scenarios are well written\n", n);
    return n == 0 ? EXIT_NOTHING_RAN : EXIT_AS_EXPECTED;
}
