/* The live gateway, from TCP to mosquitto at QoS 0: meters push readings as fast as they are read, one subscriber counts
 * the telemetry. Beside it, taking turns in the same run, a bare libmosquitto publisher of messages of the same size at
 * the same broker, to the same subscriber. Then overloads: the broker stands still for a while, and more meters push than
 * can be served: nothing may be lost, and the gateway may not grow.
 *
 *     bench_live [MESSAGES]          of each turn; 200 000 by default */
#include "sim/codec/dlt645.h"
#include "tests/service_rig.h"

#include <assert.h>
#include <pthread.h>

enum {
    TURNS = 3,
    METERS = 4,
    MESSAGES = 200000,
    CHUNK_FRAMES = 2048,
    TARGET_PER_S = 40000,
    TARGET_KIB = 64 << 10,
    STALL_MS = 3000,       /* longer than the gateway waits for the rest of a frame */
    STANDSTILL_MS = 10000, /* nothing came for so long: what is missing is lost */
};

static const char config[] = "listen: {meters: 0}\n"
                             "broker: {mqtt: 0, websocket: 0, max_queued: 1000000000}\n"
                             "set: {ivy.telemetry_qos: 0, polling.enabled: false, dlt645.idle_timeout: 1h}\n";

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* ---- the subscriber --------------------------------------------------------------------------------- */

struct subscriber {
    struct mosquitto *m;
    volatile size_t telemetry, subscribed;
    volatile double last; /* when the last one came */
    size_t n_topic, n_payload;
};

static void on_message(struct mosquitto *m, void *ctx, const struct mosquitto_message *message)
{
    struct subscriber *s = ctx;
    size_t n = strlen(message->topic);
    static const char leaf[] = "/telemetry";

    (void)m;
    if (n < sizeof leaf || strcmp(message->topic + n - (sizeof leaf - 1), leaf) != 0)
        return;
    s->n_topic = n;
    s->n_payload = (size_t)message->payloadlen;
    s->last = seconds();
    s->telemetry++;
}

static void on_subscribe(struct mosquitto *m, void *ctx, int mid, int n, const int *granted)
{
    struct subscriber *s = ctx;

    (void)m;
    (void)mid;
    assert(n == 1);
    assert(granted[0] == 0);
    s->subscribed++;
}

static void subscriber_loop(struct subscriber *s, int ms)
{
    int rc = mosquitto_loop(s->m, ms, 1);

    assert(rc == MOSQ_ERR_SUCCESS);
}

static void subscriber_open(struct subscriber *s, uint16_t port)
{
    int rc;

    *s = (struct subscriber){.m = mosquitto_new("bench-subscriber", true, s)};
    assert(s->m);
    mosquitto_message_callback_set(s->m, on_message);
    mosquitto_subscribe_callback_set(s->m, on_subscribe);
    rc = mosquitto_connect(s->m, "127.0.0.1", port, 600);
    assert(rc == MOSQ_ERR_SUCCESS);
    rc = mosquitto_subscribe(s->m, NULL, "ivy/v1/#", 0);
    assert(rc == MOSQ_ERR_SUCCESS);
    while (s->subscribed == 0)
        subscriber_loop(s, 100);
}

/* true: all have come. */
static bool subscriber_counts(struct subscriber *s, size_t wanted)
{
    s->last = seconds();
    while (s->telemetry < wanted && seconds() - s->last < STANDSTILL_MS / 1000.0)
        subscriber_loop(s, 100);
    return s->telemetry == wanted;
}

/* ---- meters ----------------------------------------------------------------------------------------- */

struct meter {
    uint16_t port;
    uint64_t address;
    size_t n_frames;
    int fd;
    pthread_t thread;
};

static size_t fill(uint8_t *out, size_t cap, uint64_t address)
{
    static const uint8_t energy[4] = {0x67, 0x45, 0x23, 0x01};
    struct wp_writer w = wp_writer(out, cap);
    struct dlt645_frame f;

    dlt645_reply_read(&f, address, 0x00010000, wp_slice(energy, sizeof energy), false);
    dlt645_encode(&w, &f);
    return w.n;
}

static void send_all(int fd, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

        assert(sent > 0);
        bytes += sent;
        n -= (size_t)sent;
    }
}

static void *push(void *arg)
{
    static const size_t frame_max = 32;
    struct meter *m = arg;
    uint8_t *chunk = malloc(CHUNK_FRAMES * frame_max);
    size_t n = 0;

    assert(chunk);
    n = fill(chunk, frame_max, m->address);
    for (size_t i = 1; i < CHUNK_FRAMES; i++)
        memcpy(chunk + i * n, chunk, n);
    for (size_t left = m->n_frames; left > 0;) {
        size_t frames = left < CHUNK_FRAMES ? left : CHUNK_FRAMES;

        send_all(m->fd, chunk, frames * n);
        left -= frames;
    }
    free(chunk);
    return NULL;
}

struct outcome {
    double took, processor; /* seconds; processor: the gateway's own */
    size_t lost;
};

static struct outcome through_gateway(struct service_rig *r, struct subscriber *s, size_t n_meters, size_t n,
                                      pid_t stalled)
{
    struct meter meters[METERS] = {0};
    size_t before = s->telemetry;
    double start, used = rig_processor_s(r->pid);
    bool good;

    for (size_t i = 0; i < n_meters; i++) {
        meters[i] = (struct meter){.port = r->meters,
                                   .address = 0x000000000001 + i,
                                   .n_frames = n / n_meters,
                                   .fd = rig_dial(r->meters)};
        assert(meters[i].fd >= 0);
    }
    start = seconds();
    if (stalled)
        kill(stalled, SIGSTOP);
    for (size_t i = 0; i < n_meters; i++)
        pthread_create(&meters[i].thread, NULL, push, &meters[i]);
    if (stalled) {
        poll(NULL, 0, STALL_MS);
        kill(stalled, SIGCONT);
    }
    good = subscriber_counts(s, before + n / n_meters * n_meters);
    for (size_t i = 0; i < n_meters; i++) {
        if (!good) /* whoever still pushes is cut */
            shutdown(meters[i].fd, SHUT_RDWR);
        pthread_join(meters[i].thread, NULL);
        close(meters[i].fd);
    }
    return (struct outcome){s->last - start, rig_processor_s(r->pid) - used,
                            before + n / n_meters * n_meters - s->telemetry};
}

/* ---- the bare publisher ----------------------------------------------------------------------------- */

struct publisher {
    struct mosquitto *m;
    size_t n, n_topic, n_payload;
};

static void drain(struct mosquitto *m)
{
    struct pollfd p = {.fd = mosquitto_socket(m), .events = POLLOUT};

    while (mosquitto_want_write(m)) {
        poll(&p, 1, 1000);
        mosquitto_loop_write(m, 1);
    }
}

static void *publish(void *arg)
{
    const struct publisher *p = arg;
    char topic[128] = "ivy/v1/", *payload = calloc(1, p->n_payload + 1);
    int rc;

    assert(payload);
    memset(payload, 'x', p->n_payload);
    memset(topic + strlen(topic), 'm', p->n_topic - strlen("ivy/v1/") - strlen("/telemetry"));
    strcat(topic, "/telemetry");
    for (size_t i = 0; i < p->n; i++) {
        rc = mosquitto_publish(p->m, NULL, topic, (int)p->n_payload, payload, 0, false);
        assert(rc == MOSQ_ERR_SUCCESS);
        drain(p->m);
    }
    free(payload);
    return NULL;
}

static struct outcome bare(struct service_rig *r, struct subscriber *s, size_t n)
{
    struct publisher p = {mosquitto_new("bench-publisher", true, NULL), n, s->n_topic, s->n_payload};
    size_t before = s->telemetry;
    double start;
    pthread_t thread;
    int rc;

    assert(p.m);
    rc = mosquitto_connect(p.m, "127.0.0.1", r->mqtt, 600);
    assert(rc == MOSQ_ERR_SUCCESS);
    rc = mosquitto_loop(p.m, RIG_PATIENCE_MS, 1); /* CONNACK */
    assert(rc == MOSQ_ERR_SUCCESS);
    start = seconds();
    pthread_create(&thread, NULL, publish, &p);
    subscriber_counts(s, before + n);
    pthread_join(thread, NULL);
    mosquitto_disconnect(p.m); /* not before: a close cuts off what is still in the socket */
    mosquitto_destroy(p.m);
    return (struct outcome){s->last - start, 0, before + n - s->telemetry};
}

/* ---- the race --------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *took)
{
    qsort(took, TURNS, sizeof *took, by_size);
    return took[TURNS / 2];
}

static void tell(const char *what, double took, size_t n, size_t lost)
{
    printf("  %-36s %8.0f messages/s  %zu lost\n", what, (double)n / took, lost);
}

/* By turns; lost: added to. */
static void race(struct service_rig *r, struct subscriber *s, size_t n, size_t *lost)
{
    double gateway[TURNS], publisher[TURNS], processor = 0;
    size_t lost_here = 0, lost_bare = 0;

    through_gateway(r, s, 1, n / METERS, 0); /* warm, and the size of a message is known */
    for (int i = 0; i < TURNS; i++) {
        struct outcome o = through_gateway(r, s, 1, n, 0), b = bare(r, s, n);

        gateway[i] = o.took;
        publisher[i] = b.took;
        processor += o.processor;
        lost_here += o.lost;
        lost_bare += b.lost;
    }
    printf("live gateway, TCP to mosquitto, QoS 0, %zu bytes of payload (target %d messages/s, none lost)\n",
           s->n_payload, TARGET_PER_S);
    tell("gateway, one meter", median(gateway), n, lost_here);
    tell("bare libmosquitto publisher", median(publisher), n, lost_bare);
    printf("  %-36s %8.2f x bare, %.2f us of processor time for each\n", "",
           median(gateway) / median(publisher), 1e6 * processor / (double)n / TURNS);
    *lost += lost_here;
}

static void overload(struct service_rig *r, struct subscriber *s, size_t n, size_t *lost)
{
    struct outcome o = through_gateway(r, s, METERS, n, 0);

    tell("gateway, four meters push", o.took, n, o.lost);
    *lost += o.lost;
    o = through_gateway(r, s, METERS, n, rig_child(r->pid, "mosquitto"));
    tell("the same, the broker stops for 3 s", o.took, n, o.lost);
    *lost += o.lost;
    printf("  %-36s %8.1f MiB at most (target %d)\n", "memory of the gateway",
           (double)rig_memory(r->pid, "VmHWM") / 1024, TARGET_KIB >> 10);
}

int main(int argc, char **argv)
{
    static struct service_rig r;
    struct subscriber s;
    size_t n = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) / METERS * METERS : MESSAGES, lost = 0;
    bool good;

    if (!rig_has_mosquitto()) {
        puts("live gateway: skipped: mosquitto is not installed");
        return 0;
    }
    mosquitto_lib_init();
    if (!rig_start(&r, config)) {
        printf("live gateway: it does not start:\n%s", r.text);
        return 1;
    }
    subscriber_open(&s, r.mqtt);
    race(&r, &s, n, &lost);
    overload(&r, &s, n, &lost);
    mosquitto_destroy(s.m);
    mosquitto_lib_cleanup();
    good = rig_stop(&r) && rig_exit_code(&r) == 0 && lost == 0;
    if (!good)
        fputs(r.text, stdout);
    return good ? 0 : 1;
}
