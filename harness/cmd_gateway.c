/* gateway: the reference gateway as a service, its options, a check of its file. */
#include "harness/cmd.h"
#include "harness/service.h"

#include <getopt.h>
#include <stdio.h>

static const char help[] =
    "wattproof gateway [FILE]            run the reference gateway until SIGTERM or Ctrl-C\n"
    "wattproof gateway --check FILE      only read the file: 0 good, 2 not\n"
    "wattproof gateway --options [API]   every key with what it takes, its default and its meaning\n\n"
    "FILE is YAML; one that ends in .ini has the form of the octolux document:\n\n"
    "  north: [ivy]                        [mqtt]\n"
    "  broker: {mqtt: 1883}                uri = mqtt://127.0.0.1:1883\n"
    "  set:                                [lxp]\n"
    "    polling.interval: 30s             host = 192.168.1.20\n"
    "                                      serial = 5555555555\n"
    "                                      datalog = BA55555555\n\n"
    "Without FILE everything has its default, or comes from the environment (WATTPROOF_<KEY>).\n"
    "Exit: 0 after an orderly end, 2 a wrong file, 3 a port is held, no broker, no room.\n";

enum what { RUN, CHECK, OPTIONS };

static int print_options(const char *api)
{
    if (service_print_options(api, stdout))
        return EXIT_AS_EXPECTED;
    fprintf(stderr, "wattproof: there is no API '%s'\n", api);
    return EXIT_USAGE;
}

static int check(const char *file, const struct service_config *config)
{
    char text[800];
    struct wp_writer w = wp_writer(text, sizeof text);

    service_config_put(config, &w);
    printf("%s: good: %s\n", file ? file : "defaults", wp_put_end(&w));
    return EXIT_AS_EXPECTED;
}

static int with_config(enum what what, const char *file)
{
    static char text[32768];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct service_config config;
    int code = EXIT_USAGE;

    if (!service_config_read(&config, file, &why))
        fprintf(stderr, "%s", wp_put_end(&why));
    else
        code = what == CHECK ? check(file, &config) : service_run(&config);
    service_config_free(&config);
    return code;
}

static int usage(FILE *out)
{
    fputs(help, out);
    return out == stdout ? EXIT_AS_EXPECTED : EXIT_USAGE;
}

int cmd_gateway(int argc, char **argv)
{
    static const struct option options[] = {{"check", no_argument, NULL, 'c'},
                                            {"options", no_argument, NULL, 'o'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    enum what what = RUN;
    const char *word;
    int c;

    optind = 1;
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (c) {
        case 'c': what = CHECK; break;
        case 'o': what = OPTIONS; break;
        case 'h': return usage(stdout);
        default: return usage(stderr);
        }
    }
    if (argc - optind > 1)
        return usage(stderr);
    word = optind < argc ? argv[optind] : NULL;
    return what == OPTIONS ? print_options(word) : with_config(what, word);
}
