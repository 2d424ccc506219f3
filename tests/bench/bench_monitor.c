/* The monitor beside a bare libmosquitto subscriber that only counts: the same messages, published as fast as the broker
 * takes them, to the one and then to the other. Messages are valid telemetry of a hundred meters, so each one is parsed
 * and held against its schema. Time is the processor's, of the subscribing process alone, without its start.
 *
 *     bench_monitor [MESSAGES]          of each turn; 200 000 by default */
#include "harness/home.h"
#include "harness/monitor.h"
#include "tests/service_rig.h"

#include <assert.h>
#include <sys/resource.h>

enum { TURNS = 3, MESSAGES = 200000, METERS = 100, TARGET_PER_S = 20000 };

static const char config[] = "listen: {meters: 0}\nbroker: {mqtt: 0, websocket: 0, max_queued: 1000000000}\n"
                             "set: {ivy.stats_interval: 1h, ivy.status_interval: 1h}\n";
static const char end_topic[] = "ivy/v1/the-end";
static struct service_rig rig;

/* ---- the two subscribers: each a process that says "ready", then "the-end" ------------------------- */

static void watch(int out)
{
    static char text[1000];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct contract_set *set = contracts_load(home_dir(), &why);
    struct monitor_setup setup = {.contracts = set,
                                  .how_long = WP_SEC(600),
                                  .url = {.host = "127.0.0.1", .port = rig.mqtt},
                                  .out = fdopen(out, "w")};
    struct scenario_result result;

    assert(set && setup.out);
    monitor_run(&setup, &result);
    result_free(&result);
    contracts_free(set);
    fclose(setup.out);
}

struct counter {
    size_t n;
    bool subscribed, ended;
};

static void on_message(struct mosquitto *m, void *ctx, const struct mosquitto_message *message)
{
    struct counter *c = ctx;

    (void)m;
    c->ended = strcmp(message->topic, end_topic) == 0;
    c->n += !c->ended && !message->retain;
}

static void on_subscribe(struct mosquitto *m, void *ctx, int mid, int n, const int *granted)
{
    struct counter *c = ctx;

    (void)m;
    (void)mid;
    (void)n;
    (void)granted;
    c->subscribed = true;
}

static void loop(struct mosquitto *m)
{
    int rc = mosquitto_loop(m, 100, 1);

    assert(rc == MOSQ_ERR_SUCCESS);
}

static void count(int out)
{
    struct counter c = {0};
    struct mosquitto *m = mosquitto_new(NULL, true, &c);
    int rc;

    mosquitto_message_callback_set(m, on_message);
    mosquitto_subscribe_callback_set(m, on_subscribe);
    rc = mosquitto_connect(m, "127.0.0.1", rig.mqtt, 60);
    assert(rc == MOSQ_ERR_SUCCESS);
    mosquitto_subscribe(m, NULL, "#", 2);
    while (!c.subscribed)
        loop(m);
    dprintf(out, "watching\n");
    while (!c.ended)
        loop(m);
    dprintf(out, "%s %zu messages\n", end_topic, c.n);
    mosquitto_destroy(m);
}

/* ---- the publisher ---------------------------------------------------------------------------------- */

static void publish_all(size_t n)
{
    struct mosquitto *m = mosquitto_new(NULL, true, NULL);
    int rc = mosquitto_connect(m, "127.0.0.1", rig.mqtt, 60);

    assert(rc == MOSQ_ERR_SUCCESS);
    for (size_t i = 0; i < n; i++) {
        unsigned meter = (unsigned)(i % METERS) + 1;
        char topic[80], payload[400];
        int length;

        snprintf(topic, sizeof topic, "ivy/v1/meters/%012u/telemetry", meter);
        length =
            snprintf(payload, sizeof payload,
                     "{\"meterId\":\"%012u\",\"timestamp\":%llu,\"register\":{\"id\":\"00010000\",\"name\":"
                     "\"totalActiveEnergy\",\"description\":\"Total Active Energy (Combined)\"},\"value\":"
                     "%zu.67,\"unit\":\"kWh\",\"raw\":\"01234567\"}",
                     meter, 1705320000000ull + i, i % 100000);
        mosquitto_publish(m, NULL, topic, length, payload, 0, false);
        if (i % 64 == 63 || i + 1 == n)
            while (mosquitto_want_write(m))
                loop(m);
    }
    mosquitto_publish(m, NULL, end_topic, 2, "{}", 1, false);
    loop(m);
    while (mosquitto_want_write(m))
        loop(m);
    mosquitto_disconnect(m);
    mosquitto_destroy(m);
}

/* ---- one turn --------------------------------------------------------------------------------------- */

static void hear(int from, char *text, size_t cap, const char *what)
{
    size_t n = strlen(text);

    while (!strstr(text, what)) {
        ssize_t got = n + 1 < cap ? read(from, text + n, cap - 1 - n) : 0;

        assert(got > 0);
        n += (size_t)got;
        text[n] = 0;
    }
}

static double processor_s(const struct rusage *u)
{
    return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) +
           1e-6 * (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec);
}

struct turn {
    double processor, wall; /* seconds */
    unsigned long long messages;
    long kib;
};

static struct turn take_turn(void (*subscriber)(int out), size_t n)
{
    static char text[1 << 16];
    struct turn t = {0};
    struct rusage used;
    int fd[2], rc = pipe(fd), status;
    const char *told;
    int64_t start;
    pid_t pid;

    assert(rc == 0);
    text[0] = 0;
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(fd[0]);
        subscriber(fd[1]);
        _exit(0);
    }
    close(fd[1]);
    hear(fd[0], text, sizeof text, "watching");
    start = rig_now_ms();
    publish_all(n);
    hear(fd[0], text, sizeof text, end_topic);
    t.wall = 1e-3 * (double)(rig_now_ms() - start);
    kill(pid, SIGINT);
    hear(fd[0], text, sizeof text, " messages");
    told = strstr(text, " messages");
    while (told > text && told[-1] >= '0' && told[-1] <= '9')
        told--;
    t.messages = strtoull(told, NULL, 10);
    wait4(pid, &status, 0, &used);
    close(fd[0]);
    t.processor = processor_s(&used);
    t.kib = used.ru_maxrss;
    return t;
}

static double best(void (*subscriber)(int out), size_t n, bool is_monitor, struct turn *ret)
{
    double least = 1e9, idle = take_turn(subscriber, 0).processor;

    for (int i = 0; i < TURNS; i++) {
        struct turn t = take_turn(subscriber, n);

        if (t.messages != n + is_monitor) { /* the end is a message of the monitor's, too */
            printf("bench_monitor: %llu of %zu messages came\n", t.messages, n);
            exit(1);
        }
        if (t.processor - idle < least) {
            least = t.processor - idle;
            *ret = t;
        }
    }
    return least;
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : MESSAGES;
    struct turn bare, monitor;
    double bare_s, monitor_s;

    if (!rig_has_mosquitto()) {
        puts("monitor: skipped: no mosquitto on this machine");
        return 0;
    }
    mosquitto_lib_init();
    if (!rig_start(&rig, config)) {
        fprintf(stderr, "%s", rig.text);
        return 1;
    }
    bare_s = best(count, n, false, &bare);
    monitor_s = best(watch, n, true, &monitor);
    rig_stop(&rig);
    printf(
        "monitor: %zu messages judged: %.2f us each, %.0f a second on one core (target %d), %.1f MiB; a bare "
        "libmosquitto subscriber %.2f us: ratio %.2f\n",
        n, 1e6 * monitor_s / (double)n, (double)n / monitor_s, TARGET_PER_S, (double)monitor.kib / 1024,
        1e6 * bare_s / (double)n, monitor_s / bare_s);
    printf("monitor: %.0f a second through the broker on two cores, none lost; the bare one %.0f\n",
           (double)n / monitor.wall, (double)n / bare.wall);
    return 0;
}
