/* monitor: what passes on a broker, judged. */
#include "harness/cmd.h"
#include "harness/home.h"
#include "harness/jobs.h"
#include "harness/monitor.h"
#include "harness/report.h"
#include "harness/select.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

static const char help[] =
    "wattproof monitor mqtt[s]://[USER[:PASSWORD]@]HOST[:PORT] [OPTIONS]\n\n"
    "Subscribes to everything that the broker lets us see, publishes nothing, and holds each message against "
    "the\n"
    "contracts until Ctrl-C. What it cannot decide by listening is inconclusive.\n\n"
    "  --api API      whose statements to report (those of every API that is seen)\n"
    "  --watch FILE   decide the `watch` part of this scenario file, too\n"
    "  --for TIME     end after so long: 90s, 10min, 8h\n"
    "  --ca FILE      mqtts: certificates that the broker's is checked with (those that this system trusts)\n"
    "  --strict       a topic or member that the document does not know is a failure\n"
    "  --junit FILE, --tap FILE, --json FILE  the result for other tools; - is standard output\n"
    "  -o DIR         result.json, and in transcript.jsonl the message of each finding\n\n"
    "The password may come from WATTPROOF_PASSWORD instead; it is never shown.\n"
    "Exit: 0 as expected, 1 fail, 2 usage, 3 never let in, 4 no message came.\n";

struct request {
    struct arena arena;
    struct monitor_setup setup;
    const char *watch, *junit, *tap, *json;
    struct scenario_list list;
};

static bool complain(const char *what, const char *text)
{
    fprintf(stderr, "wattproof: %s '%s'\n", what, text);
    return false;
}

static bool take_option(struct request *r, int c)
{
    switch (c) {
    case 'a': r->setup.api = optarg; return true;
    case 'w': r->watch = optarg; return true;
    case 'f':
        return (wp_duration_read(wp_text(optarg), &r->setup.how_long) && r->setup.how_long > 0) ||
               complain("--for takes a time like 90s, 10min or 8h, not", optarg);
    case 'c': r->setup.ca = optarg; return true;
    case 's': r->setup.strict = true; return true;
    case 'J': r->junit = optarg; return true;
    case 'T': r->tap = optarg; return true;
    case 'N': r->json = optarg; return true;
    case 'o': r->setup.dir = optarg; return true;
    default: return false;
    }
}

static bool read_options(struct request *r, int argc, char **argv, int *ret_code)
{
    static const struct option options[] = {
        {"api", required_argument, NULL, 'a'}, {"watch", required_argument, NULL, 'w'},
        {"for", required_argument, NULL, 'f'}, {"strict", no_argument, NULL, 's'},
        {"ca", required_argument, NULL, 'c'},  {"junit", required_argument, NULL, 'J'},
        {"tap", required_argument, NULL, 'T'}, {"json", required_argument, NULL, 'N'},
        {"help", no_argument, NULL, 'h'},      {NULL, 0, NULL, 0}};
    int c;

    *ret_code = EXIT_USAGE;
    optind = 1;
    while ((c = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
        if (c == 'h') {
            fputs(help, stdout);
            *ret_code = EXIT_AS_EXPECTED;
            return false;
        }
        if (!take_option(r, c))
            return false;
    }
    if (argc - optind == 1)
        return true;
    fputs(help, stderr);
    return false;
}

static bool read_url(struct request *r, const char *text)
{
    struct broker_url *url = &r->setup.url;

    if (!broker_url_read(&r->arena, text, url))
        return complain("this is no broker's URL, which is mqtt[s]://[USER[:PASSWORD]@]HOST[:PORT]:", text);
    if (!url->password && url->user)
        url->password = getenv("WATTPROOF_PASSWORD");
    return true;
}

static bool read_watch(struct request *r)
{
    static char text[16384];
    struct wp_writer why = wp_writer(text, sizeof text);

    if (!r->watch)
        return true;
    if (!scenario_load(r->watch, &r->list, &why)) {
        fputs(wp_put_end(&why), stderr);
        return false;
    }
    if (r->list.n != 1 || r->list.at[0]->n_watches == 0)
        return complain("there is no `watch` to decide in", r->watch);
    r->setup.watch = r->list.at[0];
    return true;
}

static bool knows_api(const struct request *r)
{
    for (const struct catalogue *c = contracts_catalogues(r->setup.contracts); c; c = c->next)
        if (!r->setup.api || strcmp(c->api, r->setup.api) == 0)
            return true;
    return complain("there is no API", r->setup.api);
}

static bool make_folder(const struct request *r)
{
    if (!r->setup.dir || make_dirs(r->setup.dir))
        return true;
    fprintf(stderr, "wattproof: %s: %s\n", r->setup.dir, strerror(errno));
    return false;
}

static bool write_reports(const struct request *r, struct scenario_result *result)
{
    const struct run_summary run = {.results = result, .strict = r->setup.strict};
    bool good = !r->junit || report_junit(&run, r->junit);

    good = (!r->tap || report_tap(&run, r->tap)) && good;
    return (!r->json || report_json(&run, r->json)) && good;
}

static bool is_output(const char *file)
{
    return file && strcmp(file, "-") == 0;
}

static int monitor(struct request *r)
{
    struct scenario_result result;
    int code;

    if (!make_folder(r))
        return EXIT_HARNESS;
    r->setup.out = is_output(r->junit) || is_output(r->tap) || is_output(r->json) ? stderr : stdout;
    code = monitor_run(&r->setup, &result);
    if (!write_reports(r, &result))
        code = EXIT_HARNESS;
    result_free(&result);
    return code;
}

int cmd_monitor(int argc, char **argv)
{
    struct request r = {.setup = {.how_long = WP_NEVER}};
    static char text[16384];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct contract_set *contracts = NULL;
    int code;

    if (read_options(&r, argc, argv, &code)) {
        code = EXIT_USAGE;
        contracts = contracts_load(home_dir(), &why);
        r.setup.contracts = contracts;
        if (!contracts)
            fprintf(stderr, "%s\n", wp_put_end(&why));
        else if (read_url(&r, argv[optind]) && knows_api(&r) && read_watch(&r))
            code = monitor(&r);
    }
    contracts_free(contracts);
    scenario_list_free(&r.list);
    arena_free(&r.arena);
    return code;
}
