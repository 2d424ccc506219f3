/* device: simulated devices alone, below any gateway. */
#include "harness/args.h"
#include "harness/cmd.h"
#include "harness/device_run.h"
#include "harness/jobs.h"

#include <errno.h>
#include <sys/resource.h>

struct request {
    wp_us how_long;
    const char *dir;
};

static bool read_time(const struct arg *arg, void *options, const char *text)
{
    struct request *r = options;

    return (wp_duration_read(wp_text(text), &r->how_long) && r->how_long > 0) ||
           arg_refuse(arg, "a time like 90s, 10min or 8h", text);
}

static const struct arg rows[] = {
    ARG_OF(struct request, 0, "for", "TIME", "end after so long: 90s, 10min, 8h (until Ctrl-C)", read_time,
           how_long),
    ARG_OF(struct request, 'o', NULL, "DIR", "transcript.jsonl, run.pcapng and bus.pcapng, in this folder", arg_text,
           dir),
};

static const struct args args = {
    .command = "device",
    .usage =
        "device FILE [OPTIONS]\n\n"
        "FILE says which devices there are, and where the gateway is that they dial:\n\n"
        "  gateway: 192.168.1.5:8899\n"
        "  devices:\n"
        "    m1: {model: dlt645-meter, address: \"202401010001\", set: {voltageA: 231.5}}\n\n"
        "Those that wait to be dialled need none; each says where it listens, on loopback unless told:\n\n"
        "  devices:\n"
        "    m1: {model: lxp-inverter, listen: 127.0.0.1:8000}\n"
        "    m2: {model: lxp-inverter, listen: 0.0.0.0:8001, set: {serial: \"5555555556\"}}\n\n"
        "Victron services stand on a D-Bus message bus: system, session or an address (WATTPROOF_BUS wins). Without\n"
        "any there is a private bus, with the limits of a session bus, whose address is said:\n\n"
        "  bus: system\n"
        "  devices:\n"
        "    pv: {model: venus-service, set: {type: pvinverter}}\n",
    .ending = "Exit: 0 a connection stood, 2 a wrong file, 3 the devices could not be held, or no bus, 4 nobody let "
              "them in, or came.\n",
    .rows = rows,
    .n = sizeof rows / sizeof rows[0],
};

/* Thousands of devices are thousands of sockets. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int run(const struct request *r, const char *file)
{
    static char text[8192];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct scenario_list list = {0};
    struct device_setup setup = {.how_long = r->how_long, .dir = r->dir, .out = stdout};
    int code = EXIT_USAGE;

    if (!scenario_load_devices(file, &list, &setup.gateway, &why)) {
        fputs(wp_put_end(&why), stderr);
    } else if (r->dir && !make_dirs(r->dir)) {
        fprintf(stderr, "wattproof: %s: %s\n", r->dir, strerror(errno));
        code = EXIT_HARNESS;
    } else {
        setup.devices = list.at[0];
        code = device_run(&setup);
    }
    scenario_list_free(&list);
    return code;
}

int cmd_device(int argc, char **argv)
{
    struct request r = {.how_long = WP_NEVER};
    int first;
    enum args_end end = args_read(&args, argc, argv, &r, &first);

    if (end != ARGS_GOOD)
        return end == ARGS_HELP ? EXIT_AS_EXPECTED : EXIT_USAGE;
    if (argc - first != 1) {
        args_help(&args, stderr);
        return EXIT_USAGE;
    }
    raise_file_limit();
    return run(&r, argv[first]);
}
