/* wattproof capture anonymise IN OUT */
#include "harness/cmd_capture.h"

#include "harness/anonymise.h"
#include "harness/cmd.h"

#include <getopt.h>
#include <stdlib.h>
#include <sys/random.h>

enum { NAMES_MAX = 64, RANDOM_BYTES = 16 };

static int usage(FILE *out)
{
    fputs("wattproof capture anonymise [OPTIONS] IN OUT\n\n"
          "Replaces ids (meter addresses, client ids, users, passwords, members of JSON payloads, levels of "
          "topics,\n"
          "IP and Ethernet addresses) by others of the same length, the same ones everywhere; repairs "
          "checksums; blanks\n"
          "what nobody can decode. The result is decoded again before it is written: everything else must be "
          "as before.\n\n"
          "  --key TEXT       the same key and ids give the same result; without it a random one, which is "
          "told\n"
          "  --map FILE       what became what, as CSV: for the owner, never for the receiver\n"
          "  --id NAME        members of that name hold ids too (again for more)\n"
          "  --no-id NAME     members of that name hold none\n"
          "  --keep-foreign   keep what nobody can decode as it is; then nobody can prove that it is "
          "clean; ciphered\n"
          "                   content too, which is blanked otherwise: it cannot be ciphered anew\n\n"
          "Exit: 0 done and proven, 2 a file that cannot be read or written, 3 not proven, and no file "
          "written\n",
          out);
    return out == stdout ? EXIT_AS_EXPECTED : EXIT_USAGE;
}

struct request {
    struct anonymise_setup setup;
    const char *ids[NAMES_MAX], *no_ids[NAMES_MAX];
    char random[2 * RANDOM_BYTES + 1];
};

static bool add_name(const char **names, size_t *n, const char *name)
{
    if (*n == NAMES_MAX)
        return false;
    names[(*n)++] = name;
    return true;
}

/* -1: go on; else the exit code. */
static int read_options(struct request *r, int argc, char **argv)
{
    static const struct option options[] = {
        {"key", required_argument, NULL, 'k'},
        {"map", required_argument, NULL, 'm'},
        {"id", required_argument, NULL, 'i'},
        {"no-id", required_argument, NULL, 'n'},
        {"keep-foreign", no_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;

    optind = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        bool good = true;

        switch (option) {
        case 'k': r->setup.key = wp_text(optarg); break;
        case 'm': r->setup.map = optarg; break;
        case 'i': good = add_name(r->ids, &r->setup.n_ids, optarg); break;
        case 'n': good = add_name(r->no_ids, &r->setup.n_no_ids, optarg); break;
        case 'f': r->setup.keeps_foreign = true; break;
        case 'h': return usage(stdout);
        default: return usage(stderr);
        }
        if (!good) {
            fprintf(stderr, "capture anonymise: at most %d names\n", NAMES_MAX);
            return EXIT_USAGE;
        }
    }
    if (argc - optind == 2)
        return -1;
    fputs("capture anonymise: which file, and where to?\n", stderr);
    return usage(stderr);
}

static bool draw_key(struct request *r)
{
    uint8_t bytes[RANDOM_BYTES];
    struct wp_writer w = wp_writer(r->random, sizeof r->random);

    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return false;
    wp_put_hex(&w, wp_slice(bytes, sizeof bytes));
    r->setup.key = wp_text(wp_put_end(&w));
    return true;
}

int cmd_capture_anonymise(int argc, char **argv)
{
    static const int exit_code[] = {EXIT_AS_EXPECTED, EXIT_USAGE, EXIT_HARNESS};
    struct request r = {0};
    char why_text[1024];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    enum anonymise_end end;
    int code = read_options(&r, argc, argv);

    if (code >= 0)
        return code;
    if (r.setup.key.n == 0 && !draw_key(&r)) {
        fputs("capture anonymise: the system gives no random numbers; use --key\n", stderr);
        return EXIT_HARNESS;
    }
    r.setup.in = argv[optind];
    r.setup.out = argv[optind + 1];
    r.setup.ids = r.ids;
    r.setup.no_ids = r.no_ids;
    r.setup.said = stdout;
    end = anonymise(&r.setup, &why);
    if (end == ANONYMISE_UNPROVEN)
        fputs("wattproof: nothing was written, because the result could not be proven (--no-id NAME leaves "
              "members "
              "alone): ",
              stderr);
    else if (end != ANONYMISE_DONE)
        fputs("wattproof: ", stderr);
    if (end != ANONYMISE_DONE)
        fprintf(stderr, "%s\n", wp_put_end(&why));
    else if (r.random[0])
        printf("the same again with --key %s\n", r.random);
    return exit_code[end];
}
