/* wattproof capture minimise IN OUT */
#include "harness/cmd_capture.h"

#include "harness/cmd.h"
#include "harness/keys.h"
#include "harness/minimise.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

static int usage(FILE *out)
{
    fprintf(out,
            "wattproof capture minimise [OPTIONS] IN OUT\n\n"
            "Leaves out connections, packets, frames and values as long as `wattproof replay` says the same "
            "of the rest:\n"
            "the same exit code and the same kinds of findings. The same input gives the same result.\n\n"
            "  --keep TEXT      only findings whose name has this text must stay (\"unanswered\", \"bad "
            "checksum\", ...)\n"
            "  --statement ID   only those of this statement\n"
            "  --tries N        at most so many replays (default %d)\n"
            "  --quiet          no progress on stderr\n" KEYS_HELP "\n"
            "Exit: 0 done, 2 a file that cannot be read or written, 4 nothing of that kind in it\n",
            MINIMISE_TRIES);
    return out == stdout ? EXIT_AS_EXPECTED : EXIT_USAGE;
}

static bool read_count(const char *text, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *text >= '0' && *text <= '9' && *end == 0 && *out > 0;
}

/* -1: go on; else the exit code. */
static int read_options(struct minimise_setup *setup, int argc, char **argv)
{
    static const struct option options[] = {
        {"keep", required_argument, NULL, 'k'},
        {"statement", required_argument, NULL, 's'},
        {"tries", required_argument, NULL, 't'},
        {"quiet", no_argument, NULL, 'q'},
        KEYS_OPTIONS,
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;

    optind = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'k': setup->keep = optarg; break;
        case 's': setup->statement = optarg; break;
        case 'q': setup->progress = NULL; break;
        case 't':
            if (read_count(optarg, &setup->tries))
                break;
            fprintf(stderr, "capture minimise: '%s' is no number of tries\n", optarg);
            return usage(stderr);
        case 'h': return usage(stdout);
        default:
            if (!keys_is_option(option))
                return usage(stderr);
            if (!keys_take((enum keys_option)option, optarg))
                return EXIT_USAGE;
        }
    }
    if (!keys_take_environment())
        return EXIT_USAGE;
    if (argc - optind == 2)
        return -1;
    fputs("capture minimise: which file, and where to?\n", stderr);
    return usage(stderr);
}

int cmd_capture_minimise(int argc, char **argv)
{
    static const int exit_code[] = {EXIT_AS_EXPECTED, EXIT_USAGE, EXIT_NOTHING_RAN};
    struct minimise_setup setup = {.said = stdout, .progress = stderr};
    struct minimise_counts counts;
    char why_text[2048];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    enum minimise_end end;
    int code = read_options(&setup, argc, argv);

    if (code >= 0)
        return code;
    setup.in = argv[optind];
    setup.out = argv[optind + 1];
    end = minimise(&setup, &counts, &why);
    if (end == MINIMISE_NOTHING)
        fprintf(stderr, "wattproof: %s: %s\n", setup.in, wp_put_end(&why));
    else if (end != MINIMISE_DONE)
        fprintf(stderr, "wattproof: %s\n", wp_put_end(&why));
    return exit_code[end];
}
