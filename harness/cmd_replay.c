/* wattproof replay: captures decoded on the command line. */
#include "harness/cmd.h"

#include "harness/home.h"
#include "harness/keys.h"
#include "harness/replay.h"
#include "harness/through.h"
#include "sim/catalog.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int usage(FILE *out)
{
    fputs(
        "wattproof replay [OPTIONS] CAPTURE...     pcap or pcapng, perhaps compressed by gzip; - is standard "
        "input\n"
        "wattproof replay                          every capture of the project beside its golden\n\n"
        "  --json           an object a line for each frame and finding, the summary last\n"
        "  --codec NAME     only this one of:",
        out);
    for (size_t i = 0; i < wp_n_codecs; i++)
        fprintf(out, " %s", wp_codecs[i]->name);
    fputs("; without it the bytes decide\n"
          "  --api NAME       messages are held against this API alone; without it the topics decide\n"
          "  --strict         what the document does not know (topics, members) is a finding, too\n"
          "  --expect GOLDEN  compare with this text; without it with CAPTURE.expect, if there is one\n"
          "  --update         write that text anew instead\n"
          "  --through gateway  feed the devices' side to the reference gateway, at the capture's times, and "
          "judge\n"
          "                   what it publishes; the golden is CAPTURE.through.expect\n"
          "  --gateway FILE   with --through: the gateway's options, as for `wattproof gateway FILE`\n"
          "  --follow         go on with what is written to the file or pipe from now on; Ctrl-C ends it "
          "with the "
          "summary\n" KEYS_HELP "\n"
          "Findings: questions nobody answers, bytes of a stream of ours that are no frame, or that the "
          "capture lacks,\n"
          "statements of an API that its messages do not keep to.\n"
          "Exit: 0 none, or those that the golden has; 1 findings, or other ones; 2 a file that cannot be "
          "read;\n"
          "      4 no stream of ours in it\n",
          out);
    return out == stdout ? EXIT_AS_EXPECTED : EXIT_USAGE;
}

struct request {
    struct replay_file file;
    const char *expect;
    bool json, update, follow, through;
    const char *gateway;
};

/* -1: go on; else the exit code. */
static int read_options(struct request *r, int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},          {"codec", required_argument, NULL, 'c'},
        {"api", required_argument, NULL, 'a'},     {"strict", no_argument, NULL, 's'},
        {"expect", required_argument, NULL, 'e'},  {"update", no_argument, NULL, 'u'},
        {"follow", no_argument, NULL, 'f'},        {"through", required_argument, NULL, 't'},
        {"gateway", required_argument, NULL, 'g'}, KEYS_OPTIONS,
        {"help", no_argument, NULL, 'h'},          {0},
    };
    int option;

    optind = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'j': r->json = true; break;
        case 'u': r->update = true; break;
        case 'f': r->follow = true; break;
        case 's': r->file.strict = true; break;
        case 'a': r->file.api = optarg; break;
        case 'e': r->expect = optarg; break;
        case 'g': r->gateway = optarg; break;
        case 't':
            r->through = true;
            if (strcmp(optarg, "gateway") == 0)
                break;
            fprintf(stderr, "replay: --through takes 'gateway', not '%s'\n", optarg);
            return usage(stderr);
        case 'c':
            r->file.codec = wp_codec_find(optarg);
            if (!r->file.codec) {
                fprintf(stderr, "replay: there is no codec '%s'\n", optarg);
                return usage(stderr);
            }
            break;
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
    if (r->through ? r->json || r->follow || r->file.codec || r->file.api : r->gateway != NULL) {
        fputs(r->through ? "replay: --through goes with --gateway, --expect, --update and --strict alone\n"
                         : "replay: --gateway goes with --through gateway\n",
              stderr);
        return usage(stderr);
    }
    if (r->follow && (argc - optind != 1 || r->expect || r->update)) {
        fputs("replay: --follow is for one capture, and compares it with nothing\n", stderr);
        return usage(stderr);
    }
    if (r->expect && argc - optind != 1) {
        fputs("replay: --expect is for one capture\n", stderr);
        return usage(stderr);
    }
    return -1;
}

static int exit_of(enum replay_end end)
{
    switch (end) {
    case REPLAY_CLEAN: return EXIT_AS_EXPECTED;
    case REPLAY_FINDINGS: return EXIT_FAILED;
    case REPLAY_NOTHING: return EXIT_NOTHING_RAN;
    default: return EXIT_USAGE;
    }
}

static void flush(void *ctx)
{
    fflush(ctx);
}

/* From here on Ctrl-C is something to be read, no end of the program. */
static int follow_until_signal(const struct request *r, const char *path)
{
    struct capture_follow follow = {.idle = flush, .ctx = stdout};
    struct replay_file file = r->file;
    enum replay_end end;
    struct signalfd_siginfo taken;
    sigset_t signals, before;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, &before);
    follow.stop_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    file.path = path;
    file.follow = &follow;
    *(r->json ? &file.json : &file.text) = stdout;
    end = replay_file(&file, NULL, stderr);
    fflush(stdout);
    while (read(follow.stop_fd, &taken, sizeof taken) > 0) /* or they would end the program now */
        ;
    close(follow.stop_fd);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return exit_of(end);
}

static void say_written(const struct request *r, const char *golden, enum replay_end end)
{
    if (r->update && golden && end != REPLAY_UNREADABLE)
        fprintf(stderr, "replay: written: %s\n", golden);
}

/* The golden beside a capture holds what all codecs find in it: one codec alone is not compared with it. */
static int replay_one(const struct request *r, const char *path)
{
    struct replay_file file = r->file;
    char *beside = replay_golden_path(path);
    enum replay_end end;

    file.path = path;
    file.update = r->update;
    *(r->json ? &file.json : &file.text) = stdout;
    if (r->expect)
        file.golden = r->expect;
    else if (strcmp(path, "-") != 0 && !file.codec && !file.api && (r->update || access(beside, F_OK) == 0))
        file.golden = beside;
    end = replay_file(&file, NULL, stderr);
    say_written(r, file.golden, end);
    free(beside);
    return exit_of(end);
}

static int replay_through(const struct request *r, const char *path)
{
    struct through t = {
        .path = path, .gateway = r->gateway, .update = r->update, .strict = r->file.strict, .text = stdout};
    char *beside = through_golden_path(path);
    enum replay_end end;

    t.golden = r->expect;
    if (!t.golden && strcmp(path, "-") != 0 && (r->update || access(beside, F_OK) == 0))
        t.golden = beside;
    end = through_gateway(&t, stderr);
    say_written(r, t.golden, end);
    free(beside);
    return exit_of(end);
}

/* Of several captures: unreadable before findings before nothing of ours. */
static int worse(int a, int b)
{
    static const int order[] = {EXIT_USAGE, EXIT_FAILED, EXIT_NOTHING_RAN};

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return EXIT_AS_EXPECTED;
}

static bool knows_api(struct judge_contracts *contracts, const char *api)
{
    char text[1024];
    struct wp_writer why = wp_writer(text, sizeof text);

    if (!api || judge_contracts_know(contracts, api, &why))
        return true;
    fprintf(stderr, "replay: %s\n", wp_put_end(&why));
    return false;
}

static int replay_captures(struct request *r, int argc, char **argv)
{
    int code = EXIT_AS_EXPECTED;

    if (!knows_api(r->file.contracts, r->file.api))
        return EXIT_USAGE;
    for (int i = optind; i < argc; i++) {
        if (argc - optind > 1 && !r->json)
            printf("%s%s:\n", i > optind ? "\n" : "", argv[i]);
        code = worse(code, (r->through  ? replay_through
                            : r->follow ? follow_until_signal
                                        : replay_one)(r, argv[i]));
    }
    return code;
}

int cmd_replay(int argc, char **argv)
{
    struct request r = {0};
    int code = read_options(&r, argc, argv);

    if (code >= 0)
        return code;
    if (optind == argc && (r.json || r.update || r.through || r.file.codec || r.file.api || r.file.strict)) {
        fputs("replay: which capture?\n", stderr);
        return usage(stderr);
    }
    if (optind == argc)
        return replay_everything(stdout, NULL);
    r.file.contracts = judge_contracts_new(home_dir());
    code = replay_captures(&r, argc, argv);
    judge_contracts_free(r.file.contracts);
    return code;
}

int replay_everything(FILE *out, struct replay_counts *ret_counts)
{
    char dir[4096];
    struct replay_counts counts;

    snprintf(dir, sizeof dir, "%s/captures", home_dir());
    counts = replay_all(dir, out);
    fprintf(out, "captures: %zu as expected, %zu not, %zu unreadable\n",
            counts.captures - counts.different - counts.unreadable, counts.different, counts.unreadable);
    if (ret_counts)
        *ret_counts = counts;
    if (counts.unreadable)
        return EXIT_USAGE;
    return counts.different ? EXIT_FAILED : EXIT_AS_EXPECTED;
}
