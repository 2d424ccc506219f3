/* wattproof capture: what is done with a capture besides replaying it. */
#include "harness/cmd_capture.h"

#include "harness/cmd.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"info", cmd_capture_info, "what it holds, on one screen, and what to do next: info [--json] FILE..."},
    {"import", cmd_capture_import, "a scenario that plays its devices again: import CAPTURE -o SCENARIO.yaml"},
    {"anonymise", cmd_capture_anonymise,
     "replace ids and addresses, and prove it: anonymise [--key TEXT] IN OUT"},
    {"minimise", cmd_capture_minimise, "keep only what shows the findings: minimise [--keep TEXT] IN OUT"},
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static int usage(FILE *out)
{
    fputs("wattproof capture COMMAND [ARGUMENTS]\n\n", out);
    for (int i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-9s  %s\n", commands[i].name, commands[i].help);
    fputs("\nEach says more with --help. `wattproof replay FILE` decodes and judges a capture.\n", out);
    return out == stdout ? EXIT_AS_EXPECTED : EXIT_USAGE;
}

int cmd_capture(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout);
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "capture: there is no command '%s'\n", argv[1]);
    return usage(stderr);
}
