/* wattproof capture info [--json] FILE... */
#include "harness/cmd_capture.h"

#include "harness/capture_info.h"
#include "harness/cmd.h"

#include <getopt.h>

static int usage(FILE *out)
{
    fputs("wattproof capture info [--json] FILE...     pcap or pcapng; - is standard input\n\n"
          "What kind of file it is, how many packets and how long, who speaks what to whom, which ids stand "
          "in it,\n"
          "what is missing, what `wattproof replay` says, and what to do next.\n\n"
          "  --json  the same as JSON, with every connection and id\n\n"
          "Exit: 0 read, 2 a file that cannot be read, 4 nothing of ours in it\n",
          out);
    return out == stdout ? EXIT_AS_EXPECTED : EXIT_USAGE;
}

int cmd_capture_info(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    bool as_json = false;
    int option, worst = EXIT_AS_EXPECTED;

    optind = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'j')
            as_json = true;
        else
            return usage(option == 'h' ? stdout : stderr);
    }
    if (optind == argc) {
        fputs("capture info: which file?\n", stderr);
        return usage(stderr);
    }
    for (int i = optind; i < argc; i++) {
        int code = capture_info(argv[i], as_json, stdout, stderr);

        if (code == EXIT_USAGE || worst == EXIT_AS_EXPECTED)
            worst = code;
    }
    return worst;
}
