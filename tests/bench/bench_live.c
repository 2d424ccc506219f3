/* The live world's way through mosquitto: messages of 200 bytes, QoS 0, from a machine's publish to another machine.
 *
 * Beside it, by turns: the same without the access plugin, with the bytes that a capture wants, and a bare libmosquitto
 * client pair with the same broker; and a stranger that publishes as fast as it can, through the tap and straight to the
 * broker, whose plugin then has to tell its messages. Medians are printed. */
#include "sim/world/live.h"

#include <arpa/inet.h>
#include <assert.h>
#include <mosquitto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGES = 100000, ROUNDS = 5, PAYLOAD = 200, WINDOW = 64 };

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* ---- a machine that publishes when it is told, and one that listens ---------------------------------- */

static const uint8_t payload[PAYLOAD];
static unsigned to_send, received, subscribed;

static size_t pump_size(const struct wp_setup *setup)
{
    (void)setup;
    return 1;
}

static void pump_init(const struct wp_setup *setup, void *memory)
{
    (void)setup;
    (void)memory;
}

static void pump(struct wp_outbox *out, wp_port port)
{
    const struct wp_effect e = {
        .kind = WP_PUBLISH,
        .port = port,
        .publish = {.topic = wp_text("t"), .payload = wp_slice(payload, PAYLOAD), .tag = 1}};

    if (to_send == 0)
        return;
    to_send--;
    out->emit(out, &e);
}

static void pump_step(void *memory, const struct wp_event *e, struct wp_outbox *out)
{
    static const struct wp_login login = {.clean = true, .keepalive_s = 60};
    const struct wp_effect log_in = {.kind = WP_LOGIN, .login = &login};

    (void)memory;
    if (e->kind == WP_EV_START)
        out->emit(out, &log_in);
    else if (e->kind == WP_EV_ACKED)
        pump(out, e->port);
}

static void listener_step(void *memory, const struct wp_event *e, struct wp_outbox *out)
{
    const struct wp_effect subscribe = {
        .kind = WP_SUBSCRIBE, .port = e->port, .subscribe = {.filter = wp_text("t")}};

    pump_step(memory, e, out);
    if (e->kind == WP_EV_OPEN)
        out->emit(out, &subscribe);
    else if (e->kind == WP_EV_SUBACKED)
        subscribed++;
    else if (e->kind == WP_EV_MESSAGE)
        received++;
}

static wp_us never(const void *memory)
{
    (void)memory;
    return WP_NEVER;
}

static const struct wp_class pump_class = {
    .name = "pump", .size = pump_size, .init = pump_init, .step = pump_step, .deadline = never};
static const struct wp_class listener_class = {
    .name = "listener", .size = pump_size, .init = pump_init, .step = listener_step, .deadline = never};
static const struct wp_endpoint endpoint[] = {{"broker", WP_BROKER, false, {0, 0}}};
static const struct wp_setup setups[] = {{.name = "a", .endpoints = endpoint, .n_endpoints = 1},
                                         {.name = "b", .endpoints = endpoint, .n_endpoints = 1}};

/* ---- worlds ---------------------------------------------------------------------------------------- */

struct counter {
    struct wp_sink sink;
    unsigned n;
};

static void count_record(struct wp_sink *sink, const struct wp_record *r)
{
    struct counter *c = (struct counter *)(void *)sink;

    c->n += r->kind == WP_REC_PUBLISH;
}

static struct wp_transcript transcript;
static struct counter counter;

static struct wp_world *open_world(const char *plugin, bool wires)
{
    char text[512];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_world_setup setup = {.transcript = &transcript, .plugin = plugin, .wires = wires};
    struct wp_world *w;

    transcript = (struct wp_transcript){0};
    counter = (struct counter){.sink = {count_record}};
    wp_transcript_add(&transcript, &counter.sink);
    w = world_live_new(&setup, &why);
    if (!w) {
        fprintf(stderr, "bench_live: %s\n", wp_put_end(&why));
        exit(1);
    }
    return w;
}

static double machines(const char *plugin, bool wires)
{
    struct wp_world *w = open_world(plugin, wires);
    const struct wp_effect first = {.kind = WP_PUBLISH};
    double start;

    received = subscribed = 0;
    world_add(w, &pump_class, &setups[0], NULL);
    world_add(w, &listener_class, &setups[1], NULL);
    world_start(w);
    while (subscribed == 0)
        world_run(w, world_now(w) + WP_MS(5));
    start = seconds();
    to_send = MESSAGES - WINDOW;
    for (int i = 0; i < WINDOW; i++) {
        struct wp_effect e = first;

        e.port = world_port(w, 0, "broker");
        e.publish =
            (struct wp_publish){.topic = wp_text("t"), .payload = wp_slice(payload, PAYLOAD), .tag = 1};
        world_act(w, 0, &e);
    }
    while (received < MESSAGES)
        world_run(w, world_now(w) + WP_MS(1));
    start = seconds() - start;
    world_free(w);
    return MESSAGES / start;
}

/* ---- a bare pair ----------------------------------------------------------------------------------- */

static void on_message(struct mosquitto *m, void *ctx, const struct mosquitto_message *message)
{
    (void)m;
    (void)ctx;
    (void)message;
    received++;
}

static void on_subscribe(struct mosquitto *m, void *ctx, int mid, int n, const int *granted)
{
    (void)m;
    (void)ctx;
    (void)mid;
    (void)n;
    (void)granted;
    subscribed++;
}

/* Behind the tap that stands before it. */
static struct wp_addr true_broker(const struct wp_world *w)
{
    return ((const struct live *)(const void *)w)->house.daemon.addr[DAEMON_MQTT];
}

static double bare(void)
{
    struct wp_world *w = open_world(NULL, false);
    struct mosquitto *a = mosquitto_new(NULL, true, NULL), *b = mosquitto_new(NULL, true, NULL);
    struct wp_addr at;
    double start;
    int left = MESSAGES;

    world_start(w);
    at = true_broker(w);
    received = subscribed = 0;
    mosquitto_message_callback_set(b, on_message);
    mosquitto_subscribe_callback_set(b, on_subscribe);
    mosquitto_int_option(a, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_connect(a, "127.0.0.1", at.port, 60);
    mosquitto_connect(b, "127.0.0.1", at.port, 60);
    mosquitto_subscribe(b, NULL, "t", 0);
    while (subscribed == 0) {
        mosquitto_loop(a, 1, 1);
        mosquitto_loop(b, 1, 1);
    }
    start = seconds();
    while (received < MESSAGES) {
        struct pollfd p[2] = {{mosquitto_socket(a), POLLIN, 0}, {mosquitto_socket(b), POLLIN, 0}};

        for (int i = 0; i < WINDOW && left > 0 && !mosquitto_want_write(a); i++, left--)
            mosquitto_publish(a, NULL, "t", PAYLOAD, payload, 0, false);
        if (mosquitto_want_write(a))
            p[0].events |= POLLOUT;
        poll(p, 2, left > 0 ? 0 : 1);
        if (p[0].revents & POLLOUT)
            mosquitto_loop_write(a, 1);
        for (int i = 0; i < WINDOW && (p[1].revents & POLLIN); i++)
            mosquitto_loop_read(b, 1);
    }
    start = seconds() - start;
    mosquitto_destroy(a);
    mosquitto_destroy(b);
    world_free(w);
    return MESSAGES / start;
}

/* ---- a stranger ------------------------------------------------------------------------------------ */

static void write_all(int fd, const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n);

        if (done <= 0)
            _exit(1);
        p += done;
        n -= (size_t)done;
    }
}

/* CONNECT, many PUBLISH, one with QoS 1 whose acknowledgement ends it. */
static void be_a_stranger(uint16_t port)
{
    static const uint8_t connect_packet[] = {0x10, 15, 0,  4, 'M', 'Q', 'T', 'T', 4,
                                             2,    0,  60, 0, 3,   's', 'u', 't'};
    static const uint8_t last[] = {0x32, 5, 0, 1, 't', 0, 1};
    static uint8_t batch[WINDOW][2 + 1 + 3 + PAYLOAD];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    uint8_t answer[8];

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0)
        _exit(1);
    for (int i = 0; i < WINDOW; i++)
        memcpy(batch[i], (const uint8_t[]){0x30, ((3 + PAYLOAD) & 127) | 128, (3 + PAYLOAD) >> 7, 0, 1, 't'},
               6);
    write_all(fd, connect_packet, sizeof connect_packet);
    if (read(fd, answer, 4) != 4)
        _exit(1);
    for (int i = 0; i < MESSAGES / WINDOW; i++)
        write_all(fd, batch[0], sizeof batch);
    write_all(fd, last, sizeof last);
    _exit(read(fd, answer, 4) == 4 ? 0 : 1);
}

/* Messages per second. */
static double stranger(const char *plugin, bool tapped)
{
    struct wp_world *w = open_world(plugin, false);
    double start;
    pid_t child;
    int status;

    world_start(w);
    start = seconds();
    child = fork();
    if (child == 0)
        be_a_stranger(tapped ? world_broker_addr(w, false).port : true_broker(w).port);
    while (waitpid(child, &status, WNOHANG) == 0)
        if (world_run(w, world_now(w) + WP_MS(1)) == WP_WORLD_ERROR)
            break;
    start = seconds() - start;
    if (world_error(w) || status != 0 || counter.n < MESSAGES / WINDOW * WINDOW) {
        fprintf(stderr, "bench_live: %s, %u records\n", world_error(w) ? world_error(w) : "lost", counter.n);
        exit(1);
    }
    world_free(w);
    return MESSAGES / WINDOW * WINDOW / start;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double median(double *rounds)
{
    qsort(rounds, ROUNDS, sizeof *rounds, by_size);
    return rounds[ROUNDS / 2];
}

int main(void)
{
    double with[ROUNDS], without[ROUNDS], pair[ROUNDS], captured[ROUNDS], tapped[ROUNDS], told[ROUNDS], m, p,
        t;
    const char *build = getenv("WATTPROOF_BUILD");
    char plugin[512];

    snprintf(plugin, sizeof plugin, "%s/wattproof_access.so", build ? build : "build/release");
    mosquitto_lib_init();
    for (int i = 0; i < ROUNDS; i++) {
        with[i] = machines(plugin, false);
        without[i] = machines(NULL, false);
        captured[i] = machines(plugin, true);
        pair[i] = bare();
        tapped[i] = stranger(plugin, true);
        told[i] = stranger(plugin, false);
    }
    m = median(with);
    p = median(pair);
    t = median(tapped);
    printf("live, QoS 0, %d bytes: %.0f messages/s from machine to machine; %.2f of a bare libmosquitto pair "
           "(%.0f)\n",
           PAYLOAD, m, m / p, p);
    printf("live, access plugin: %.2f of the speed without it; with the bytes for a capture: %.2f of that "
           "without\n",
           m / median(without), median(captured) / m);
    printf("live, a stranger through the tap: %.0f messages/s, %.2f of its speed straight to the broker\n", t,
           t / median(told));
    mosquitto_lib_cleanup();
    return 0;
}
