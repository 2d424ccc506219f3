/* A gateway that deviates: the reference gateway behind a relay that changes what it publishes, in one way.
 *
 *     deviant NAME COMMAND...      runs the command with WATTPROOF_BROKER_URL set to the relay
 *     deviant --list               every deviation
 *
 *     COMMAND <--MQTT 3.1.1--> relay <--MQTT 3.1.1--> broker at WATTPROOF_BROKER (HOST:PORT)
 *
 * The gateway knows nothing of it: acknowledgements that the broker would not give are made here, and those of messages
 * that are the relay's own are kept back. One loop over poll(2); it ends with the command. */
#include "sim/codec/mqtt.h"
#include "tests/deviant/deviation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 4 << 20, LATE_MAX = 512, OWN_IDS = 60000, HEAD = 512 };

struct bytes {
    uint8_t p[ROOM];
    size_t n;
};

/* A packet that is sent later. */
struct held {
    int64_t due_ms;
    uint8_t *p;
    size_t n;
};

struct relay {
    const struct deviation *deviation;
    struct deviation_memory memory;
    struct sockaddr_in broker;
    int listener, gateway, upstream; /* -1: none */
    struct bytes from_gateway, from_broker;
    struct mqtt_state state;
    struct held held[LATE_MAX];
    size_t n_held;
    uint16_t own_id;
};

static volatile sig_atomic_t ends;
static pid_t command;

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void die(const char *what)
{
    fprintf(stderr, "deviant: %s: %s\n", what, strerror(errno));
    if (command > 0)
        kill(command, SIGKILL);
    exit(3);
}

/* ---- bytes out -------------------------------------------------------------------------------------- */

static void send_all(int fd, const void *p, size_t n)
{
    const uint8_t *at = p;

    while (n > 0 && fd >= 0) {
        ssize_t k = send(fd, at, n, MSG_NOSIGNAL);

        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return; /* the other side has gone: its reader will notice */
        at += k;
        n -= (size_t)k;
    }
}

static void send_frame(int fd, const struct mqtt_frame *f)
{
    size_t cap = HEAD + f->topic.n + f->payload.n + f->connect.client_id.n + f->connect.will.payload.n +
                 f->connect.will.topic.n + f->connect.user.n + f->connect.password.n;
    char *p = malloc(cap);
    struct wp_writer w = wp_writer(p, cap);

    if (!p)
        die("memory");
    mqtt_encode(&w, f);
    if (!w.full)
        send_all(fd, p, w.n);
    free(p);
}

/* Of what the deviation is done to. */
static int receiver(const struct relay *r)
{
    return deviation_is_of_requests(r->deviation) ? r->gateway : r->upstream;
}

static void hold(struct relay *r, const struct mqtt_frame *f, unsigned late_ms)
{
    size_t cap = HEAD + f->topic.n + f->payload.n;
    struct held *h = &r->held[r->n_held];
    struct wp_writer w;

    if (r->n_held == LATE_MAX)
        return;
    h->p = malloc(cap);
    if (!h->p)
        die("memory");
    w = wp_writer((char *)h->p, cap);
    mqtt_encode(&w, f);
    h->n = w.n;
    h->due_ms = now_ms() + late_ms;
    r->n_held++;
}

static void send_due(struct relay *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->n_held; i++) {
        if (r->held[i].due_ms > now_ms()) {
            r->held[kept++] = r->held[i];
            continue;
        }
        send_all(receiver(r), r->held[i].p, r->held[i].n);
        free(r->held[i].p);
    }
    r->n_held = kept;
}

/* ---- publications ----------------------------------------------------------------------------------- */

/* "octolux/hold/65" has the level hold, and it has 65. */
static bool has_level(struct wp_slice topic, const char *level)
{
    char between[60];
    int n = snprintf(between, sizeof between, "/%s/", level);
    size_t last = (size_t)n - 1; /* without the slash behind it */

    return memmem(topic.p, topic.n, between, (size_t)n) != NULL ||
           (topic.n >= last && memcmp(topic.p + topic.n - last, between, last) == 0);
}

static bool is_about(const struct deviation *d, struct wp_slice topic)
{
    size_t n = strlen(d->leaf);

    if (deviation_is_of_text(d))
        return n == 0 || has_level(topic, d->leaf);
    if (n == 0 || topic.n <= n || topic.p[topic.n - n - 1] != '/' ||
        memcmp(topic.p + topic.n - n, d->leaf, n) != 0)
        return false;
    /* the gateway's own status is another topic than a meter's */
    return strcmp(d->leaf, "status") != 0 || !memmem(topic.p, topic.n, "/gateway/", 9);
}

static void acknowledge(struct relay *r, uint16_t id)
{
    const struct mqtt_frame ack = {.type = MQTT_PUBACK, .version = MQTT_V311, .packet_id = id};

    send_frame(r->gateway, &ack);
}

static uint16_t next_own_id(struct relay *r)
{
    r->own_id = r->own_id < OWN_IDS ? OWN_IDS : (uint16_t)(r->own_id == UINT16_MAX ? OWN_IDS : r->own_id + 1);
    return r->own_id;
}

static void send_copy(struct relay *r, const struct message *m, const char *topic, struct wp_slice payload,
                      uint16_t id)
{
    struct mqtt_frame out = {.type = MQTT_PUBLISH,
                             .version = MQTT_V311,
                             .qos = m->qos,
                             .retain = m->retain,
                             .topic = wp_text(topic),
                             .payload = payload};

    if (m->qos > 0)
        out.packet_id = id ? id : next_own_id(r);
    if (m->late_ms > 0)
        hold(r, &out, m->late_ms);
    else
        send_frame(receiver(r), &out);
}

static void send_message(struct relay *r, const struct message *m, const struct mqtt_frame *as_it_came)
{
    char *printed = m->text ? NULL : cJSON_PrintUnformatted(m->json);
    const char *text = m->text ? m->text : printed;
    bool needs_ack = as_it_came->qos == 1 && (m->qos == 0 || m->copies == 0);

    for (unsigned i = 0; i < m->copies && text; i++) {
        send_copy(r, m, m->topic, wp_text(text), i == 0 && as_it_came->qos > 0 ? as_it_came->packet_id : 0);
        if (m->also[0])
            send_copy(r, m, m->also, wp_text(text), 0);
    }
    if (needs_ack)
        acknowledge(r, as_it_came->packet_id);
    free(printed);
}

/* Sent on to `to`, as it is or as the deviation makes it. */
static void take_publish(struct relay *r, const struct mqtt_frame *f, int to)
{
    struct message m = {
        .of = r->deviation, .memory = &r->memory, .qos = f->qos, .retain = f->retain, .copies = 1};

    if (is_about(r->deviation, f->topic) && f->topic.n < sizeof m.topic) {
        memcpy(m.topic, f->topic.p, f->topic.n);
        if (deviation_is_of_text(r->deviation))
            m.text = strndup(f->payload.n > 0 ? (const char *)f->payload.p : "", f->payload.n);
        else
            m.json = cJSON_ParseWithLength((const char *)f->payload.p, f->payload.n);
    }
    if (!m.json && !m.text) {
        send_all(to, f->wire.p, f->wire.n);
        return;
    }
    r->deviation->bend(&m);
    send_message(r, &m, f);
    cJSON_Delete(m.json);
    free(m.text);
}

/* A SUBSCRIBE of one filter, "R/c0619ab12345/#" say, and the relay's own of its letter with the deviation's filter. */
static void take_subscribe(struct relay *r, const struct mqtt_frame *f)
{
    struct wp_slice list = f->list;
    struct mqtt_filter one;
    struct mqtt_frame own = *f;
    char filter[100], room[200];
    struct wp_writer w = wp_writer(room, sizeof room);

    send_all(r->upstream, f->wire.p, f->wire.n);
    if (!r->deviation->filter || !mqtt_filter_next(MQTT_SUBSCRIBE, &list, &one) || one.filter.n == 0)
        return;
    snprintf(filter, sizeof filter, "%c%s", one.filter.p[0], r->deviation->filter);
    one.filter = wp_text(filter);
    mqtt_put_filter(&w, MQTT_SUBSCRIBE, &one);
    own.packet_id = next_own_id(r);
    own.list = wp_written(&w);
    send_frame(r->upstream, &own);
}

static void take_connect(struct relay *r, struct mqtt_frame *f)
{
    enum deviation_will will = r->deviation->will;

    if (will == WILL_AS_IT_IS) {
        send_all(r->upstream, f->wire.p, f->wire.n);
        return;
    }
    if (will == WILL_NONE)
        f->connect.has_will = false;
    f->connect.will.retain = false;
    send_frame(r->upstream, f);
}

/* ---- packets ---------------------------------------------------------------------------------------- */

static void from_gateway(struct relay *r, struct mqtt_frame *f)
{
    if (f->type == MQTT_PUBLISH && !deviation_is_of_requests(r->deviation))
        take_publish(r, f, r->upstream);
    else if (f->type == MQTT_SUBSCRIBE)
        take_subscribe(r, f);
    else if (f->type == MQTT_CONNECT)
        take_connect(r, f);
    else
        send_all(r->upstream, f->wire.p, f->wire.n);
}

static void from_broker(struct relay *r, struct mqtt_frame *f)
{
    if ((f->type == MQTT_PUBACK || f->type == MQTT_SUBACK) && f->packet_id >= OWN_IDS)
        return; /* of what the gateway does not know */
    if (f->type == MQTT_PUBLISH && deviation_is_of_requests(r->deviation))
        take_publish(r, f, r->gateway);
    else
        send_all(r->gateway, f->wire.p, f->wire.n);
}

static void take_packets(struct relay *r, struct bytes *b, enum wp_side side,
                         void (*take)(struct relay *r, struct mqtt_frame *f))
{
    size_t at = 0;

    for (;;) {
        struct mqtt_frame f;
        struct wp_decode d = mqtt_decode(&r->state, side, wp_slice(b->p + at, b->n - at), &f);

        if (d.status == WP_MORE)
            break;
        if (d.status == WP_OK)
            take(r, &f);
        else
            fprintf(stderr, "deviant: %s\n", wp_fault_text(d.fault));
        at += d.used;
    }
    memmove(b->p, b->p + at, b->n - at);
    b->n -= at;
}

/* false: the other side has gone. */
static bool read_some(int fd, struct bytes *b)
{
    ssize_t n = b->n < ROOM ? recv(fd, b->p + b->n, ROOM - b->n, 0) : 0;

    if (n > 0)
        b->n += (size_t)n;
    return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/* ---- connections ------------------------------------------------------------------------------------ */

/* As the gateway left: a session that broke must break for the broker, too, or its will is never published. */
static void hang_up(struct relay *r)
{
    if (r->gateway >= 0)
        close(r->gateway);
    if (r->upstream >= 0)
        close(r->upstream);
    r->gateway = r->upstream = -1;
    r->from_gateway.n = r->from_broker.n = 0;
    r->state = (struct mqtt_state){0};
    for (size_t i = 0; i < r->n_held; i++)
        free(r->held[i].p);
    r->n_held = 0;
}

static void accept_gateway(struct relay *r)
{
    int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC), one = 1;

    if (fd < 0)
        return;
    hang_up(r);
    r->upstream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(r->upstream, (struct sockaddr *)&r->broker, sizeof r->broker) < 0) {
        close(r->upstream);
        close(fd);
        r->upstream = -1;
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(r->upstream, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    r->gateway = fd;
}

static int wait_ms(const struct relay *r)
{
    int64_t first = now_ms() + 1000;

    for (size_t i = 0; i < r->n_held; i++)
        first = r->held[i].due_ms < first ? r->held[i].due_ms : first;
    return first > now_ms() ? (int)(first - now_ms()) : 0;
}

static void turn(struct relay *r)
{
    struct pollfd p[3] = {{.fd = r->listener, .events = POLLIN},
                          {.fd = r->gateway, .events = POLLIN},
                          {.fd = r->upstream, .events = POLLIN}};

    if (poll(p, 3, wait_ms(r)) < 0 && errno != EINTR)
        die("poll");
    send_due(r);
    if (p[2].revents && r->upstream >= 0) {
        bool stands = read_some(r->upstream, &r->from_broker);

        take_packets(r, &r->from_broker, WP_SIDE_SERVER, from_broker);
        if (!stands)
            hang_up(r);
    }
    if (p[1].revents && r->gateway >= 0) {
        bool stands = read_some(r->gateway, &r->from_gateway);

        take_packets(r, &r->from_gateway, WP_SIDE_CLIENT, from_gateway);
        if (!stands)
            hang_up(r);
    }
    if (p[0].revents & POLLIN)
        accept_gateway(r);
}

/* ---- the command ------------------------------------------------------------------------------------ */

static void on_signal(int signal_number)
{
    if (signal_number != SIGCHLD && command > 0)
        kill(command, signal_number);
    ends = signal_number == SIGCHLD;
}

static uint16_t open_listener(struct relay *r)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;

    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (r->listener < 0 || bind(r->listener, (struct sockaddr *)&a, sizeof a) < 0 ||
        listen(r->listener, 8) < 0 || getsockname(r->listener, (struct sockaddr *)&a, &n) < 0)
        die("no port");
    return ntohs(a.sin_port);
}

static void read_broker(struct relay *r)
{
    const char *text = getenv("WATTPROOF_BROKER"), *colon = text ? strrchr(text, ':') : NULL;
    char host[64];

    if (!colon || (size_t)(colon - text) >= sizeof host) {
        fprintf(stderr, "deviant: WATTPROOF_BROKER is to be HOST:PORT\n");
        exit(2);
    }
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    r->broker = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
    if (inet_pton(AF_INET, host, &r->broker.sin_addr) != 1) {
        fprintf(stderr, "deviant: '%s' is no address\n", host);
        exit(2);
    }
}

static void start_command(char **argv, uint16_t port)
{
    struct sigaction action = {.sa_handler = on_signal};
    char url[40];

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_flags = SA_NOCLDSTOP;
    sigaction(SIGCHLD, &action, NULL);
    snprintf(url, sizeof url, "mqtt://127.0.0.1:%u", port);
    setenv("WATTPROOF_BROKER_URL", url, 1);
    command = fork();
    if (command < 0)
        die("fork");
    if (command == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(argv[0], argv);
        fprintf(stderr, "deviant: %s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
}

static int list(void)
{
    for (unsigned i = 0; deviation_at(i); i++)
        printf("%-26s %s\n", deviation_at(i)->name, deviation_at(i)->help);
    return 0;
}

int main(int argc, char **argv)
{
    static struct relay r = {.gateway = -1, .upstream = -1};
    int status;

    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list();
    r.deviation = argc > 2 ? deviation_find(argv[1]) : NULL;
    if (!r.deviation) {
        fprintf(stderr, "deviant NAME COMMAND... | deviant --list\n");
        return 2;
    }
    read_broker(&r);
    start_command(argv + 2, open_listener(&r));
    while (!ends)
        turn(&r);
    waitpid(command, &status, 0);
    while (r.upstream >= 0 && r.from_gateway.n == 0 &&
           read_some(r.gateway, &r.from_gateway)) /* its last words */
        take_packets(&r, &r.from_gateway, WP_SIDE_CLIENT, from_gateway);
    hang_up(&r);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
