/* wattproof capture import: a capture becomes a scenario with playback devices and what is expected of a gateway. */
#include "harness/args.h"
#include "harness/cmd.h"
#include "harness/cmd_capture.h"
#include "harness/home.h"
#include "harness/import.h"
#include "harness/keys.h"
#include "harness/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
    const char *out, *gateway;
};

static bool take_keys(const struct arg *arg, void *options, const char *text)
{
    (void)arg;
    (void)options;
    return keys_take(KEYS_FILE, text);
}

static const struct arg rows[] = {
    ARG_OF(struct options, 'o', NULL, "FILE", "the scenario, FILE.yaml; its frames go beside it, FILE.frames",
           arg_text, out),
    ARG_OF(struct options, 0, "gateway", "FILE",
           "what the gateway is to be, as for `wattproof gateway FILE`; without it\n"
           "it polls what the capture's gateway read",
           arg_text, gateway),
    {.name = "keys",
     .value = "FILE",
     .help = "keys of ciphered frames, a line a sender: TITLE KEY [AUTH-KEY [BROADCAST-KEY]]",
     .read = take_keys},
};

static const struct args args = {
    .command = "capture import",
    .usage =
        "capture import [OPTIONS] CAPTURE -o SCENARIO.yaml\n\n"
        "Each connection of a device becomes a playback device, what clients asked over MQTT becomes steps, "
        "and\n"
        "what was published, and the reference gateway publishes too, becomes expectations; without such\n"
        "publications in the capture, what the reference gateway makes of the devices. A Victron service on "
        "a\n"
        "D-Bus message bus becomes a simulated one, and what its items became, and when, becomes steps.\n",
    .ending = "Exit: 0 written, 2 a file that cannot be read or written, 3 the play failed,\n"
              "      4 no device that the reference gateway has a south for\n",
    .rows = rows,
    .n = sizeof rows / sizeof rows[0],
};

/* "dir/field.yaml": the scenario's name "field", the frames "field.frames" beside it. */
struct target {
    char name[200], frames[220], frames_path[1200];
};

static bool find_target(const char *out, struct target *t)
{
    const char *base = strrchr(out, '/') ? strrchr(out, '/') + 1 : out;
    size_t n = strlen(base), m = strlen(".yaml");

    if (n <= m || n - m >= sizeof t->name || strlen(out) > 1000 || strcmp(base + n - m, ".yaml") != 0)
        return false;
    for (size_t i = 0; i < n - m; i++)
        t->name[i] = strchr(" \"'\\:{}[],#&*!|>%@`", base[i]) ? '-' : base[i];
    t->name[n - m] = 0;
    snprintf(t->frames, sizeof t->frames, "%s.frames", t->name);
    snprintf(t->frames_path, sizeof t->frames_path, "%.*s%s", (int)(base - out), out, t->frames);
    return true;
}

static bool write_text(const char *path, const struct import_text *t)
{
    FILE *f = fopen(path, "w");
    bool good = f && fwrite(t->p, 1, t->n, f) == t->n;

    good = f && fclose(f) == 0 && good;
    if (!good)
        fprintf(stderr, "capture import: %s: %s\n", path, strerror(errno));
    return good;
}

static bool write_files(const struct import *im, const struct import_scenario *s, const struct target *t,
                        const char *out)
{
    struct import_text frames = {0}, text = {0};
    bool good;

    import_put_frames(im, &frames);
    import_put_scenario(im, s, &text);
    good = (im->n_devices == 0 || write_text(t->frames_path, &frames)) && write_text(out, &text);
    import_text_free(&frames);
    import_text_free(&text);
    return good;
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void say(const struct import *im, const struct import_expectations *e, const struct target *t,
                const char *out)
{
    printf("%s: ", out);
    if (im->n_devices > 0 || im->n_services == 0)
        printf("%zu device%s, ", im->n_devices, plural(im->n_devices));
    if (im->n_services > 0)
        printf("%zu service%s, %zu change%s, ", im->n_services, plural(im->n_services), im->n_changes,
               plural(im->n_changes));
    printf("%zu request%s, %zu expectation%s", im->n_requests, plural(im->n_requests),
           import_expectations_count(e), plural(import_expectations_count(e)));
    if (im->n_devices > 0)
        printf("; frames in %s", t->frames_path);
    puts("");
    for (const struct import_service *s = im->services; s; s = s->next)
        if (s->n_left_out > 0)
            printf("left out: %zu values of %.*s that a scenario has no words for\n", s->n_left_out,
                   WP_FMT(s->bus_name));
    if (import_expectations_missing(e))
        printf("%zu publications of the capture are not so by the reference gateway: see the comment in the "
               "file\n",
               import_expectations_missing(e));
    if (im->broken)
        printf("imported up to where the capture breaks: %s\n", im->broken);
    if (im->without_south)
        printf("left out: connections of %s, for which the reference gateway has no south\n",
               im->without_south);
}

/* What was written must hold: it is played once more as it stands. */
static bool prove(const struct import *im, const struct import_scenario *s,
                  const struct contract_set *contracts, struct wp_writer *why)
{
    struct import_play p = {0};
    bool good = import_play(im, s, contracts, 1, NULL, &p, why);

    for (const struct finding *f = good ? p.result.findings : NULL; f; f = f->next)
        if (f->verdict >= VERDICT_INCONC && f->line > 0) {
            wp_put_text(why, why->n ? "" : f->text);
            good = false;
        }
    import_play_free(&p);
    return good;
}

static int import(const char *capture, const struct options *o, const struct target *t, struct import *im,
                  const struct contract_set *contracts, struct wp_writer *why)
{
    struct import_scenario s = {.name = t->name, .frames = t->frames};
    struct import_gateway gateway;
    struct import_expectations *e;
    int code = EXIT_HARNESS;

    if (!import_read(im, capture, contracts, why))
        return im->is_readable ? EXIT_NOTHING_RAN : EXIT_USAGE;
    if (!import_gateway(im, o->gateway, &gateway, why))
        return EXIT_USAGE;
    s.gateway = gateway.text;
    s.epoch_ms = im->first_ns / 1000000;
    e = import_expectations_new(im, &s, contracts, why);
    s.expect = import_expectations_put;
    s.ctx = e;
    s.to_the_end = e && import_expectations_count(e) == 0;
    if (e && prove(im, &s, contracts, why)) {
        code = write_files(im, &s, t, o->out) ? EXIT_AS_EXPECTED : EXIT_USAGE;
        if (code == EXIT_AS_EXPECTED)
            say(im, e, t, o->out);
    }
    import_expectations_free(e);
    return code;
}

int cmd_capture_import(int argc, char **argv)
{
    char text[8192];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct options o = {0};
    struct target t;
    struct import im = {0};
    struct contract_set *contracts;
    int first, code;
    enum args_end end = args_read(&args, argc, argv, &o, &first);

    if (end != ARGS_GOOD)
        return end == ARGS_HELP ? EXIT_AS_EXPECTED : EXIT_USAGE;
    if (!keys_take_environment())
        return EXIT_USAGE;
    if (argc - first != 1 || !o.out || !find_target(o.out, &t)) {
        fputs("capture import: one capture, and -o SCENARIO.yaml\n", stderr);
        return EXIT_USAGE;
    }
    contracts = contracts_load(home_dir(), &why);
    code = contracts ? import(argv[first], &o, &t, &im, contracts, &why) : EXIT_HARNESS;
    if (why.n)
        fprintf(stderr, "capture import: %s: %s\n", argv[first], wp_put_end(&why));
    import_free(&im);
    contracts_free(contracts);
    return code;
}
