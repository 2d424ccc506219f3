/* From the bus to the broker: the reference gateway between ten services of 300 items each and a broker.
 *
 * Signals, virtual: marshalled PropertiesChanged go from machines of the world over its bus, through the gateway to the
 * broker, and every publish is held against the contract by the judge; beside it libdbus, which only parses the same
 * messages. A full publish, virtual: keep-alive to end marker, judged. Live: the same over dbus-daemon and mosquitto to a
 * subscriber, and beside it a bare libmosquitto client that publishes the same messages when it is asked; by turns. And
 * what an item takes in the mirror beyond its own text. Medians are printed; virtual times are the processor's. */
#include "harness/contract.h"
#include "harness/home.h"
#include "harness/judge.h"
#include "sim/codec/dbus_bus.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/north_venus.h"
#include "sim/gateway/south_venus.h"
#include "sim/world/live.h"

#include <assert.h>
#include <dbus/dbus.h>
#include <mosquitto.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    SERVICES = 10,
    ITEMS = 300,
    TOPICS = SERVICES * ITEMS,
    SIGNALS = 200000,
    PER_MS = 20,
    ROUNDS = 5,
    FULL_ROUNDS = 21,
    LIVE_ROUNDS = 3,
    LIVE_EACH = 7,
    TARGET_PER_S = 60000,
    TARGET_FULL_MS = 30,
    TARGET_ITEM = 200,
};

#define MARKER "N/c0619ab12345/full_publish_completed"

static double seconds(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *all, size_t n)
{
    qsort(all, n, sizeof *all, by_size);
    return all[n / 2];
}

/* ---- the services: one machine with a connection for each -------------------------------------------- */

struct services {
    wp_port port[SERVICES];
    wp_us next; /* signals; WP_NEVER: none are to come */
};

static uint8_t signal_bytes[TOPICS][256]; /* marshalled beforehand */
static size_t signal_n[TOPICS];
static size_t n_to_send, n_sent; /* signals */
static uint8_t listing[1 << 18];

static const char *item_path(size_t i)
{
    static char text[64];

    snprintf(text, sizeof text, "/Ac/L%zu/Measured/Value%zu", i % 3 + 1, i);
    return text;
}

static void make_signals(void)
{
    for (size_t i = 0; i < TOPICS; i++) {
        struct wp_writer w = wp_writer(signal_bytes[i], sizeof signal_bytes[i]);
        struct dbus_out out;
        bool good;

        dbus_begin_signal(&out, &w, (uint32_t)i + 10, wp_text(item_path(i / SERVICES)),
                          wp_text("com.victronenergy.BusItem"), wp_text("PropertiesChanged"), "a{sv}");
        dbus_open(&out);
        for (int k = 0; k < 2; k++) {
            dbus_open(&out);
            dbus_put_text(&out, wp_text(k ? "Text" : "Value"));
            dbus_put_variant(&out,
                             k ? wp_text_value(wp_text("936.7W")) : wp_real(936.5 + 0.1 * (double)(i % 97)));
            dbus_close(&out);
        }
        dbus_close(&out);
        good = dbus_end(&out);
        assert(good);
        signal_n[i] = w.n;
    }
}

static void send_name(struct wp_outbox *out, wp_port port, uint16_t service)
{
    uint8_t bytes[256];
    char name[64];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);

    snprintf(name, sizeof name, "com.victronenergy.type%u.x", service);
    dbus_put_request_name(&w, 1, wp_text(name), DBUS_NAME_DO_NOT_QUEUE);
    wp_send(out, port, wp_written(&w));
}

static void send_items(struct wp_outbox *to, wp_port port, const struct dbus_message *call)
{
    struct wp_writer w = wp_writer(listing, sizeof listing);
    struct dbus_out out;
    bool good;

    dbus_begin_reply(&out, &w, 2, call, "a{sa{sv}}");
    dbus_open(&out);
    for (size_t i = 0; i < ITEMS; i++) {
        dbus_open(&out);
        dbus_put_text(&out, wp_text(item_path(i)));
        dbus_open(&out);
        dbus_open(&out);
        dbus_put_text(&out, wp_text("Value"));
        dbus_put_variant(&out, wp_real(0.5 + (double)i));
        dbus_close(&out);
        dbus_close(&out);
        dbus_close(&out);
    }
    dbus_close(&out);
    good = dbus_end(&out);
    assert(good);
    wp_send(to, port, wp_written(&w));
}

static size_t services_size(const struct wp_setup *setup)
{
    (void)setup;
    return sizeof(struct services);
}

static void services_init(const struct wp_setup *setup, void *memory)
{
    (void)setup;
    *(struct services *)memory = (struct services){.next = WP_NEVER};
}

static void send_some(struct services *s, wp_us now, struct wp_outbox *out)
{
    for (int i = 0; i < PER_MS && n_to_send > 0; i++, n_to_send--, n_sent++) {
        const size_t k = n_sent % TOPICS;

        wp_send(out, s->port[k % SERVICES], wp_slice(signal_bytes[k], signal_n[k]));
    }
    s->next = n_to_send > 0 ? now + WP_MS(1) : WP_NEVER;
}

static void services_step(void *machine, const struct wp_event *e, struct wp_outbox *out)
{
    struct services *s = machine;
    struct dbus_message m;

    if (e->kind == WP_EV_START) {
        for (uint16_t i = 0; i < SERVICES; i++)
            wp_dial(out, i);
    } else if (e->kind == WP_EV_OPEN) {
        s->port[e->endpoint] = e->port;
        send_name(out, e->port, e->endpoint);
    } else if (e->kind == WP_EV_BYTES && dbus_decode(e->bytes, &m).status == WP_OK && m.type == DBUS_CALL) {
        send_items(out, e->port, &m);
    } else if (e->kind == WP_EV_SET || e->kind == WP_EV_TIMER) {
        send_some(s, e->now, out);
    }
}

static wp_us services_deadline(const void *machine)
{
    return ((const struct services *)machine)->next;
}

static const struct wp_class services_class = {.name = "services",
                                               .size = services_size,
                                               .init = services_init,
                                               .step = services_step,
                                               .deadline = services_deadline};

/* ---- the client that keeps the gateway alive ---------------------------------------------------------- */

static size_t client_size(const struct wp_setup *setup)
{
    (void)setup;
    return 8;
}

static void client_init(const struct wp_setup *setup, void *memory)
{
    (void)setup;
    (void)memory;
}

static void client_step(void *machine, const struct wp_event *e, struct wp_outbox *out)
{
    static const struct wp_login login = {
        .client_id = {(const uint8_t *)"c", 1}, .clean = true, .keepalive_s = 60};
    const struct wp_effect log_in = {.kind = WP_LOGIN, .login = &login};

    (void)machine;
    if (e->kind == WP_EV_START)
        out->emit(out, &log_in);
}

static wp_us client_deadline(const void *machine)
{
    (void)machine;
    return WP_NEVER;
}

static const struct wp_class client_class = {.name = "client",
                                             .size = client_size,
                                             .init = client_init,
                                             .step = client_step,
                                             .deadline = client_deadline};

/* ---- the site ------------------------------------------------------------------------------------------ */

struct counter {
    struct wp_sink sink; /* first */
    size_t n, n_markers;
};

static void count(struct wp_sink *sink, const struct wp_record *r)
{
    struct counter *c = (struct counter *)(void *)sink;

    if (r->kind != WP_REC_PUBLISH || r->message.topic.p[0] != 'N')
        return;
    c->n++;
    c->n_markers += wp_slice_is(r->message.topic, MARKER);
}

static struct site {
    struct wp_world *world;
    struct wp_transcript transcript;
    struct counter counter;
    struct scenario_result result;
    struct judge judge;
    wp_machine services, client;
} site;

static struct contract_set *contracts;

static void open_site(bool is_live)
{
    static const struct wp_class *const souths[] = {&south_venus_class}, *const norths[] = {
                                                                             &north_venus_class};
    static const struct wp_parts parts = {souths, 1, norths, 1};
    static const struct wp_endpoint broker[] = {{.name = "broker", .transport = WP_BROKER}};
    static struct wp_endpoint ends[2], buses[SERVICES];
    static struct wp_setup gateway, services, client;
    static char names[SERVICES][8];
    char text[500];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_world_setup setup = {
        .seed = 1, .epoch_us = INT64_C(1705320000000000), .transcript = &site.transcript};
    bool good;

    site = (struct site){.counter.sink = {count}};
    result_init(&site.result, "bench", "bench", is_live ? "live" : "virtual");
    judge_init(&site.judge, &site.transcript, &site.result, contracts, "gateway", setup.epoch_us);
    wp_transcript_add(&site.transcript, &site.judge.sink);
    wp_transcript_add(&site.transcript, &site.counter.sink);
    ends[0] = south_venus_class.endpoints[0];
    ends[1] = north_venus_class.endpoints[0];
    for (int i = 0; i < SERVICES; i++) {
        snprintf(names[i], sizeof names[i], "s%d", i);
        buses[i] = (struct wp_endpoint){.name = names[i], .transport = WP_BUS};
    }
    gateway = (struct wp_setup){
        .name = "gateway", .epoch_us = setup.epoch_us, .endpoints = ends, .n_endpoints = 2, .parts = &parts};
    services = (struct wp_setup){.name = "services", .endpoints = buses, .n_endpoints = SERVICES};
    client = (struct wp_setup){.name = "c", .endpoints = broker, .n_endpoints = 1};
    site.world = is_live ? world_live_new(&setup, &why) : world_virtual_new(&setup);
    if (!site.world) {
        fprintf(stderr, "bench_venus_bus: %s\n", wp_put_end(&why));
        exit(1);
    }
    site.services = world_add(site.world, &services_class, &services, NULL);
    world_add(site.world, &wp_gateway_class, &gateway, NULL);
    if (!is_live)
        site.client = world_add(site.world, &client_class, &client, NULL);
    good = world_start(site.world);
    assert(good);
    world_run(site.world, world_now(site.world) + WP_SEC(1));
}

static void close_site(void)
{
    assert(!world_error(site.world));
    world_free(site.world);
    judge_finish(&site.judge, 0);
    assert(result_verdict(&site.result, false) == VERDICT_PASS);
    judge_free(&site.judge);
    result_free(&site.result);
}

static void keep_alive(const char *payload)
{
    const struct wp_effect e = {
        .kind = WP_PUBLISH,
        .port = world_port(site.world, site.client, "broker"),
        .publish = {.topic = wp_text("R/c0619ab12345/keepalive"), .payload = wp_text(payload)}};

    world_act(site.world, site.client, &e);
    world_run(site.world, world_now(site.world) + WP_MS(100));
}

/* ---- virtual ------------------------------------------------------------------------------------------- */

static double signals_per_s(void)
{
    static const struct wp_option option = {.name = "go", .type = WP_OPT_BOOL, .use = WP_USE_SET};
    const struct wp_event go = {.kind = WP_EV_SET, .set = {.option = &option, .value = wp_bool(true)}};
    double took;
    size_t before;

    open_site(false);
    keep_alive("suppress-republish");
    before = site.counter.n;
    n_to_send = SIGNALS;
    took = seconds(CLOCK_PROCESS_CPUTIME_ID);
    world_event(site.world, site.services, &go);
    world_run(site.world, world_now(site.world) + WP_SEC(SIGNALS / PER_MS / 1000 + 1));
    took = seconds(CLOCK_PROCESS_CPUTIME_ID) - took;
    before = site.counter.n - before;
    assert(before >= SIGNALS && before < SIGNALS + 20); /* and a heartbeat every three seconds */
    close_site();
    return SIGNALS / took;
}

/* Parses the message, goes to its value, and lets it go. */
static double libdbus_per_s(void)
{
    double took = seconds(CLOCK_PROCESS_CPUTIME_ID), sum = 0;

    for (size_t i = 0; i < SIGNALS; i++) {
        const size_t k = i % TOPICS;
        DBusMessage *m = dbus_message_demarshal((const char *)signal_bytes[k], (int)signal_n[k], NULL);
        DBusMessageIter body, entries, entry, value;
        double number;

        assert(m && dbus_message_get_path(m));
        dbus_message_iter_init(m, &body);
        dbus_message_iter_recurse(&body, &entries);
        dbus_message_iter_recurse(&entries, &entry);
        dbus_message_iter_next(&entry);
        dbus_message_iter_recurse(&entry, &value);
        dbus_message_iter_get_basic(&value, &number);
        sum += number;
        dbus_message_unref(m);
    }
    assert(sum > 0);
    return SIGNALS / (seconds(CLOCK_PROCESS_CPUTIME_ID) - took);
}

static double full_publish_ms(void)
{
    double all[FULL_ROUNDS];

    open_site(false);
    for (int i = 0; i < FULL_ROUNDS; i++) {
        const size_t before = site.counter.n, markers = site.counter.n_markers;

        all[i] = seconds(CLOCK_PROCESS_CPUTIME_ID);
        keep_alive("");
        all[i] = 1e3 * (seconds(CLOCK_PROCESS_CPUTIME_ID) - all[i]);
        assert(site.counter.n_markers == markers + 1);
        assert(site.counter.n - before > TOPICS);
        world_run(site.world, world_now(site.world) + WP_SEC(1));
    }
    close_site();
    return median(all, FULL_ROUNDS);
}

/* ---- live ---------------------------------------------------------------------------------------------- */

struct subscriber {
    struct mosquitto *m;
    size_t n;
    bool is_subscribed, is_done;
};

static void on_message(struct mosquitto *m, void *ctx, const struct mosquitto_message *message)
{
    struct subscriber *s = ctx;

    (void)m;
    s->n++;
    s->is_done = s->is_done || strcmp(message->topic, MARKER) == 0;
}

static void on_subscribe(struct mosquitto *m, void *ctx, int mid, int n, const int *granted)
{
    (void)m;
    (void)mid;
    (void)n;
    (void)granted;
    ((struct subscriber *)ctx)->is_subscribed = true;
}

static struct mosquitto *connect_to(struct wp_addr broker, void *ctx, const char *filter)
{
    struct mosquitto *m = mosquitto_new(NULL, true, ctx);
    int rc;

    mosquitto_subscribe_callback_set(m, on_subscribe);
    rc = mosquitto_connect(m, "127.0.0.1", broker.port, 60);
    assert(rc == MOSQ_ERR_SUCCESS);
    mosquitto_subscribe(m, NULL, filter, 0);
    return m;
}

/* A process of its own: asks, and tells how long each full publish took until its marker was here. */
static _Noreturn void ask_and_measure(struct wp_addr broker, const char *topic, int out)
{
    struct subscriber s = {0};
    double all[LIVE_EACH];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    s.m = connect_to(broker, &s, "N/#");
    mosquitto_message_callback_set(s.m, on_message);
    while (!s.is_subscribed)
        mosquitto_loop(s.m, 10, 1);
    for (int i = 0; i < LIVE_EACH; i++) {
        double next = seconds(CLOCK_MONOTONIC) + 0.4; /* three within a second are the most */

        while (seconds(CLOCK_MONOTONIC) < next)
            mosquitto_loop(s.m, 10, 1);
        s.n = 0;
        s.is_done = false;
        all[i] = seconds(CLOCK_MONOTONIC);
        mosquitto_publish(s.m, NULL, topic, 0, NULL, 0, false);
        while (!s.is_done)
            mosquitto_loop(s.m, 10, 1);
        all[i] = 1e3 * (seconds(CLOCK_MONOTONIC) - all[i]);
        assert(s.n > TOPICS);
    }
    dprintf(out, "%f\n", median(all, LIVE_EACH));
    _exit(0);
}

static void on_request(struct mosquitto *m, void *ctx, const struct mosquitto_message *message)
{
    char topic[128], payload[64];

    (void)ctx;
    (void)message;
    for (size_t i = 0; i < TOPICS; i++) {
        int n = snprintf(payload, sizeof payload, "{\"value\":%.1f}", 0.5 + (double)(i / SERVICES));

        snprintf(topic, sizeof topic, "N/c0619ab12345/type%zu/0%s", i % SERVICES, item_path(i / SERVICES));
        mosquitto_publish(m, NULL, topic, n, payload, 0, false);
    }
    mosquitto_publish(m, NULL, MARKER, 20, "{\"value\":1705320000}", 0, false);
}

/* The bare publisher, a process of its own; it ends with its parent. */
static pid_t start_bare(struct wp_addr broker)
{
    const pid_t parent = getpid(), pid = fork();

    if (pid == 0) {
        struct subscriber s = {0};

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        s.m = connect_to(broker, &s, "R/bare");
        mosquitto_message_callback_set(s.m, on_request);
        while (getppid() == parent)
            mosquitto_loop(s.m, 100, 1);
        _exit(0);
    }
    return pid;
}

/* The gateway, in this process, runs until the measuring process ends. */
static double live_ms(struct wp_addr broker, const char *topic)
{
    char text[64] = {0};
    int fd[2], status;
    pid_t pid;

    if (pipe(fd) != 0)
        exit(1);
    pid = fork();
    if (pid == 0)
        ask_and_measure(broker, topic, fd[1]);
    close(fd[1]);
    while (waitpid(pid, &status, WNOHANG) == 0)
        world_run(site.world, world_now(site.world) + WP_MS(50));
    if (read(fd[0], text, sizeof text - 1) <= 0)
        exit(1);
    close(fd[0]);
    return strtod(text, NULL);
}

static void live(double *ret_ours, double *ret_bare)
{
    double ours[LIVE_ROUNDS], others[LIVE_ROUNDS];
    struct wp_addr broker;
    pid_t bare;

    open_site(true);
    world_run(site.world, world_now(site.world) + WP_SEC(1));
    broker = ((const struct live *)(const void *)site.world)->house.daemon.addr[DAEMON_MQTT];
    bare = start_bare(broker);
    for (int i = 0; i < LIVE_ROUNDS; i++) {
        ours[i] = live_ms(broker, "R/c0619ab12345/keepalive");
        others[i] = live_ms(broker, "R/bare");
    }
    kill(bare, SIGKILL);
    waitpid(bare, NULL, 0);
    *ret_ours = median(ours, LIVE_ROUNDS);
    *ret_bare = median(others, LIVE_ROUNDS);
    world_free(site.world);
    judge_free(&site.judge);
    result_free(&site.result);
}

/* ---- memory -------------------------------------------------------------------------------------------- */

/* Of the south's memory, what so many more items take; texts have room of their own, see text_store.h. */
static double item_bytes(void)
{
    enum { MORE = 100000 };
    struct wp_option_value given = {.option =
                                        wp_option_find(south_venus_class.options, south_venus_class.n_options,
                                                       wp_text("venus.max_items")),
                                    .value = wp_int(MORE)};
    const struct wp_setup setup = {.endpoints = south_venus_class.endpoints,
                                   .n_endpoints = south_venus_class.n_endpoints,
                                   .given = &given,
                                   .n_given = 1};
    size_t less = south_venus_class.size(&setup);

    given.value = wp_int(2 * MORE);
    return (double)(south_venus_class.size(&setup) - less) / MORE;
}

int main(void)
{
    char text[500];
    struct wp_writer why = wp_writer(text, sizeof text);
    double rate[ROUNDS], parsed[ROUNDS], full, ours, bare, bytes;

    mosquitto_lib_init();
    contracts = contracts_load(home_dir(), &why);
    assert(contracts);
    make_signals();
    for (int i = 0; i < ROUNDS; i++) {
        rate[i] = signals_per_s();
        parsed[i] = libdbus_per_s();
    }
    full = full_publish_ms();
    printf("signal to judged publish, virtual: %.0f/s on one core (target %d); libdbus only parsing them: "
           "%.0f/s; "
           "ratio %.2f\n",
           median(rate, ROUNDS), TARGET_PER_S, median(parsed, ROUNDS),
           median(rate, ROUNDS) / median(parsed, ROUNDS));
    printf("full publish of %d topics, virtual and judged: %.1f ms (target %d)\n", TOPICS, full,
           TARGET_FULL_MS);
    live(&ours, &bare);
    printf("full publish of %d topics, live, request to marker: %.1f ms, bare libmosquitto publisher %.1f "
           "ms; ratio %.2f "
           "(target 1.3)\n",
           TOPICS, ours, bare, ours / bare);
    bytes = item_bytes();
    printf("a mirrored item beyond its text: %.0f bytes (target %d)\n", bytes, TARGET_ITEM);
    contracts_free(contracts);
    return 0;
}
