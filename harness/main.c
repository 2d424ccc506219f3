/* The command line: finds the command and hands over. */
#include "harness/cmd.h"
#include "harness/version.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"run", cmd_run,
     "play scenarios in both worlds and replay captures: run [SELECT] [--world both|virtual|live]"},
    {"list", cmd_list, "the scenarios, a line each: list [SELECT]"},
    {"lint", cmd_lint, "check scenario files without playing them: lint [FILES]"},
    {"decode", cmd_decode, "explain bytes: decode [--codec NAME] [--json] HEX"},
    {"validate", cmd_validate, "check JSON against a schema: validate [--draft 7|2020-12] SCHEMA FILE..."},
    {"replay", cmd_replay, "decode a capture: replay CAPTURE [--json] [--update]"},
    {"capture", cmd_capture,
     "look at a capture, play it again, make it small or fit to be shared: capture info|import|..."},
    {"spec", cmd_spec, "each statement, what decides it and the last verdict: spec [API|ID]"},
    {"diff", cmd_diff, "two runs beside each other, and where their transcripts part: diff A B [--json]"},
    {"report", cmd_report,
     "a run told again, or its shards made one: report DIR | report merge -o DIR SHARD..."},
    {"gateway", cmd_gateway, "the reference gateway as a service: gateway FILE | gateway --options"},
    {"device", cmd_device, "simulated devices alone, below any gateway: device FILE [--for 10min] [-o DIR]"},
    {"monitor", cmd_monitor, "judge what passes on a broker, without a word of our own: monitor mqtt://HOST"},
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static int usage(FILE *out)
{
    fputs("wattproof COMMAND [ARGUMENTS]\n\n", out);
    for (int i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].help);
    fputs("  --version what it is made of\n"
          "  check     all tests (the launcher's own)\n"
          "  bench     speed as ratios (the launcher's own)\n"
          "  fuzz      every fuzzer for a while: fuzz [SECONDS] (the launcher's own)\n\n"
          "Each command says more with --help.\n"
          "Exit: 0 as expected, 1 fail, 2 usage or file, 3 harness or environment, 4 nothing ran,\n"
          "      5 stale expectation, 6 inconclusive under --strict, 130 interrupted\n",
          out);
    return out == stdout ? EXIT_AS_EXPECTED : EXIT_USAGE;
}

static int run_command(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout);
    if (strcmp(argv[1], "--version") == 0) {
        version_put(stdout);
        return EXIT_AS_EXPECTED;
    }
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "wattproof: there is no command '%s'\n", argv[1]);
    return usage(stderr);
}

/* A result that did not reach its file must not look like one: a full disk is told, whatever the command came to. */
int main(int argc, char **argv)
{
    int code = run_command(argc, argv);

    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fputs("wattproof: standard output could not be written whole\n", stderr);
    return EXIT_HARNESS;
}
