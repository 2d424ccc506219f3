/* The gateway as a service: the built program on free ports, with real clients and meters.
 *                                                      covers: cmd_gateway ending live_reach */
#include "harness/cmd.h"
#include "sim/codec/dlt645.h"
#include "tests/service_rig.h"

#include <check.h>
#include <dirent.h>
#include <sys/resource.h>

static struct service_rig r, other;

#define FREE_PORTS "listen: {meters: 0, pushes: 0}\nbroker: {mqtt: 0, websocket: 0}\n"

/* ---- clients ---------------------------------------------------------------------------------------- */

enum { GOT_MAX = 512, PATIENCE_TURNS = RIG_PATIENCE_MS / 50 };

struct client {
    struct mosquitto *m;
    int connack, granted; /* -1: not yet */
    bool gone;
    size_t n;
    struct {
        char topic[96], payload[400];
        bool retain;
    } got[GOT_MAX];
};

static void on_connect(struct mosquitto *m, void *ctx, int code)
{
    (void)m;
    ((struct client *)ctx)->connack = code;
}

static void on_disconnect(struct mosquitto *m, void *ctx, int code)
{
    (void)m;
    (void)code;
    ((struct client *)ctx)->gone = true;
}

static void on_subscribe(struct mosquitto *m, void *ctx, int mid, int n, const int *granted)
{
    (void)m;
    (void)mid;
    if (n > 0)
        ((struct client *)ctx)->granted = granted[0];
}

static void on_message(struct mosquitto *m, void *ctx, const struct mosquitto_message *message)
{
    struct client *c = ctx;

    (void)m;
    ck_assert_uint_lt(c->n, GOT_MAX);
    snprintf(c->got[c->n].topic, sizeof c->got[0].topic, "%s", message->topic);
    snprintf(c->got[c->n].payload, sizeof c->got[0].payload, "%.*s", message->payloadlen,
             (const char *)message->payload);
    c->got[c->n++].retain = message->retain;
}

/* What the broker answers to a login. */
static int client_open(struct client *c, uint16_t port, const char *id, const char *user,
                       const char *password)
{
    *c = (struct client){.m = mosquitto_new(id, true, c), .connack = -1};
    ck_assert_ptr_nonnull(c->m);
    mosquitto_connect_callback_set(c->m, on_connect);
    mosquitto_disconnect_callback_set(c->m, on_disconnect);
    mosquitto_subscribe_callback_set(c->m, on_subscribe);
    mosquitto_message_callback_set(c->m, on_message);
    if (user)
        mosquitto_username_pw_set(c->m, user, password);
    if (mosquitto_connect(c->m, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS)
        return -1;
    for (int i = 0; i < PATIENCE_TURNS && c->connack < 0; i++)
        mosquitto_loop(c->m, 50, 1);
    return c->connack;
}

static void client_close(struct client *c)
{
    mosquitto_disconnect(c->m);
    mosquitto_destroy(c->m);
    c->m = NULL;
}

static int client_subscribes(struct client *c, const char *filter)
{
    c->granted = -1;
    mosquitto_subscribe(c->m, NULL, filter, 1);
    for (int i = 0; i < PATIENCE_TURNS && c->granted < 0; i++)
        mosquitto_loop(c->m, 50, 1);
    return c->granted;
}

static bool has_got(const struct client *c, size_t from, const char *topic, const char *what)
{
    for (size_t i = from; i < c->n; i++)
        if (strcmp(c->got[i].topic, topic) == 0 && strstr(c->got[i].payload, what))
            return true;
    return false;
}

/* Among what came since the first `from` messages, or comes yet. */
static bool client_gets(struct client *c, size_t from, const char *topic, const char *what)
{
    for (int i = 0; i < PATIENCE_TURNS && !has_got(c, from, topic, what) && !c->gone; i++)
        mosquitto_loop(c->m, 50, 1);
    return has_got(c, from, topic, what);
}

static bool client_loses_broker(struct client *c)
{
    for (int i = 0; i < PATIENCE_TURNS && !c->gone; i++)
        mosquitto_loop(c->m, 50, 1);
    return c->gone;
}

/* ---- a meter ---------------------------------------------------------------------------------------- */

static const uint64_t METER = 0x000000000001;

#define METER_STATUS    "ivy/v1/meters/000000000001/status"
#define METER_TELEMETRY "ivy/v1/meters/000000000001/telemetry"
#define METER_REQUEST   "ivy/v1/meters/000000000001/command/request"
#define METER_RESPONSE  "ivy/v1/meters/000000000001/command/response"
#define GATEWAY_STATUS  "ivy/v1/gateway/status"

static void send_frame(int fd, const struct dlt645_frame *f)
{
    uint8_t bytes[DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);

    dlt645_encode(&w, f);
    ck_assert_int_eq(send(fd, bytes, w.n, MSG_NOSIGNAL), (ssize_t)w.n);
}

/* 12345.67 kWh, of its own accord. */
static void send_energy(int fd)
{
    static const uint8_t energy[4] = {0x67, 0x45, 0x23, 0x01};
    struct dlt645_frame f;

    dlt645_reply_read(&f, METER, 0x00010000, wp_slice(energy, sizeof energy), false);
    send_frame(fd, &f);
}

/* Answers the next request with that energy. */
static void answer_request(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    uint8_t bytes[DLT645_FRAME_MAX];
    struct wp_decode d = {.status = WP_MORE};
    struct dlt645_frame f;
    size_t n = 0;

    while (d.status == WP_MORE) {
        ssize_t got;

        ck_assert_int_eq(poll(&p, 1, RIG_PATIENCE_MS), 1);
        got = recv(fd, bytes + n, sizeof bytes - n, 0);
        ck_assert_int_gt(got, 0);
        n += (size_t)got;
        d = dlt645_decode(wp_slice(bytes, n), &f);
    }
    ck_assert_int_eq(d.status, WP_OK);
    ck_assert_uint_eq(f.control, DLT645_READ);
    send_energy(fd);
}

/* For the energy, by its identifier. */
static void client_asks(struct client *client)
{
    static const char request[] = "{\"requestId\":\"r1\",\"command\":\"read\",\"dataId\":\"00010000\"}";

    mosquitto_publish(client->m, NULL, METER_REQUEST, sizeof request - 1, request, 0, false);
}

/* ---- tests ------------------------------------------------------------------------------------------ */

static struct client c;

static void setup(void)
{
    signal(SIGPIPE, SIG_IGN);
    mosquitto_lib_init();
    r = other = (struct service_rig){.log = -1};
    c = (struct client){0};
}

static void teardown(void)
{
    if (r.pid > 0)
        rig_stop(&r);
    if (other.pid > 0)
        rig_stop(&other);
    if (c.m)
        client_close(&c);
    mosquitto_lib_cleanup();
}

#define START(rig, yaml) ck_assert_msg(rig_start(&(rig), yaml), "it does not start:\n%s", (rig).text)
#define ENDS_WELL(rig)                                                                                       \
    do {                                                                                                     \
        ck_assert_msg(rig_stop(&(rig)), "it does not end:\n%s", (rig).text);                                 \
        ck_assert_msg(rig_exit_code(&(rig)) == 0, "exit %d:\n%s", rig_exit_code(&(rig)), (rig).text);        \
    } while (0)

/* IVY-083, IVY-084: a meter's reading reaches a client; SIGTERM says goodbye before the broker goes. */
START_TEST(a_meter_is_heard_and_a_signal_ends_it_in_order)
{
    int meter;

    START(r, FREE_PORTS "set: {gateway.name: Cellar}\n");
    ck_assert_int_eq(client_open(&c, r.mqtt, "c", NULL, NULL), 0);
    ck_assert_int_eq(client_subscribes(&c, "ivy/v1/#"), 1);
    ck_assert(client_gets(&c, 0, GATEWAY_STATUS, "\"status\":\"online\""));
    ck_assert(has_got(&c, 0, GATEWAY_STATUS, "\"name\":\"Cellar\""));
    meter = rig_dial(r.meters);
    send_energy(meter);
    ck_assert(client_gets(&c, 0, METER_STATUS, "\"online\":true"));
    ck_assert(client_gets(&c, 0, METER_TELEMETRY, "\"value\":12345.67"));
    client_asks(&c);
    answer_request(meter);
    ck_assert(client_gets(&c, 0, METER_RESPONSE, "\"success\":true"));
    kill(r.pid, SIGTERM);
    ck_assert(client_gets(&c, 0, GATEWAY_STATUS, "\"status\":\"offline\""));
    ck_assert(has_got(&c, 0, METER_STATUS, "\"online\":false"));
    ck_assert(client_loses_broker(&c));
    ck_assert(rig_ends(&r));
    ck_assert_msg(rig_exit_code(&r) == 0, "%s", r.text);
    ck_assert_ptr_nonnull(strstr(r.text, "dlt645 device 000000000001 is online from 127.0.0.1"));
    close(meter);
}
END_TEST

/* The directory of its broker, as its log tells. */
static void find_dir(const struct service_rig *rig, char *out, size_t cap)
{
    const char *at = strstr(rig->text, "Config loaded from ");

    ck_assert_ptr_nonnull(at);
    at += strlen("Config loaded from ");
    snprintf(out, cap, "%.*s", (int)(strstr(at, "/mosquitto.conf") - at), at);
}

START_TEST(nothing_is_left_behind)
{
    char dir[200];
    pid_t broker;

    START(r, FREE_PORTS);
    ck_assert(rig_waits_for(&r, "/mosquitto.conf"));
    find_dir(&r, dir, sizeof dir);
    broker = rig_child(r.pid, "mosquitto");
    ck_assert_int_gt(broker, 0);
    ck_assert_int_eq(access(dir, F_OK), 0);
    ENDS_WELL(r);
    ck_assert_int_ne(access(dir, F_OK), 0);
    ck_assert_int_ne(kill(broker, 0), 0);
}
END_TEST

/* IVY-B31: the broker dies and comes back on its port; the gateway with its meters is there again. */
START_TEST(a_dead_broker_comes_back)
{
    int meter;
    pid_t broker;

    START(r, "listen: {meters: 0, pushes: 0}\nbroker: {mqtt: 0, websocket: 0, restart_after: 100ms}\n"
             "set: {ivy.reconnect_min: 100ms}\n");
    meter = rig_dial(r.meters);
    send_energy(meter);
    ck_assert(rig_waits_for(&r, "device 000000000001 is online"));
    broker = rig_child(r.pid, "mosquitto");
    kill(broker, SIGKILL);
    ck_assert(rig_waits_for(&r, "broker-ended: signal 9"));
    r.n = 0; /* what is said from here on */
    r.text[0] = 0;
    ck_assert(rig_waits_for(&r, "is logged in at the broker"));
    ck_assert_int_eq(client_open(&c, r.mqtt, "c", NULL, NULL), 0);
    client_subscribes(&c, "ivy/v1/#");
    ck_assert(client_gets(&c, 0, GATEWAY_STATUS, "\"status\":\"online\""));
    ck_assert(client_gets(&c, 0, METER_STATUS, "\"online\":true"));
    send_energy(meter);
    ck_assert(client_gets(&c, 0, METER_TELEMETRY, "12345.67"));
    ENDS_WELL(r);
    close(meter);
}
END_TEST

/* IVY-008, IVY-B35. Passwords are in no line of the log. */
START_TEST(with_users_everybody_has_his_rights)
{
    char secret[64], yaml[400];
    int meter;

    rig_write(secret, "file secret\n");
    snprintf(yaml, sizeof yaml,
             "listen: {meters: 0, pushes: 0}\nlog: debug\nbroker:\n  mqtt: 0\n  websocket: 0\n"
             "  users: {admin: plain-secret, shed: {password_file: %s}}\n",
             secret);
    START(r, yaml);
    ck_assert_int_eq(client_open(&c, r.mqtt, "c", "admin", "wrong"), 5);
    mosquitto_destroy(c.m);
    ck_assert_int_eq(client_open(&c, r.mqtt, "c", NULL, NULL), 5);
    mosquitto_destroy(c.m);
    ck_assert_int_eq(client_open(&c, r.mqtt, "c", "admin", "plain-secret"), 0);
    client_close(&c);
    ck_assert_int_eq(client_open(&c, r.mqtt, "c", "shed", "file secret"), 0);
    ck_assert_int_eq(client_subscribes(&c, "#"), 0x80);
    ck_assert_int_eq(client_subscribes(&c, "$SYS/#"), 0x80);
    ck_assert_int_eq(client_subscribes(&c, "ivy/v1/#"), 1);
    ck_assert(client_gets(&c, 0, GATEWAY_STATUS, "online"));
    mosquitto_publish(c.m, NULL, METER_TELEMETRY, 6, "forged", 1, false);
    meter = rig_dial(r.meters);
    send_energy(meter);
    ck_assert(client_gets(&c, 0, METER_TELEMETRY, "12345.67"));
    ck_assert(!has_got(&c, 0, METER_TELEMETRY, "forged"));
    client_asks(&c);
    answer_request(meter);
    ck_assert(client_gets(&c, 0, METER_RESPONSE, "\"requestId\":\"r1\""));
    ENDS_WELL(r);
    ck_assert_ptr_null(strstr(r.text, "secret"));
    unlink(secret);
    close(meter);
}
END_TEST

/* With close_on_denied a forger is thrown out. */
START_TEST(a_forger_may_be_thrown_out)
{
    START(r, "listen: {meters: 0, pushes: 0}\nbroker: {mqtt: 0, websocket: 0, users: {a: b}, "
             "close_on_denied: true}\n");
    ck_assert_int_eq(client_open(&c, r.mqtt, "c", "a", "b"), 0);
    mosquitto_publish(c.m, NULL, METER_TELEMETRY, 6, "forged", 1, false);
    ck_assert(client_loses_broker(&c));
    ENDS_WELL(r);
}
END_TEST

/* The broker of one gateway is the external broker of another, found by name. It goes away and comes back. */
START_TEST(an_external_broker_may_go_and_come_back)
{
    char yaml[300];
    int meter;

    START(other, "listen: {meters: 0, pushes: 0}\n"
                 "broker: {mqtt: 0, websocket: 0, restart_after: 300ms, users: {far: away, c: c}, rules: ["
                 "{may: [subscribe, publish], filter: \"#\"}, {may: [subscribe], filter: \"$SYS/#\"}]}\n"
                 "set: {ivy.prefix: other}\n");
    snprintf(yaml, sizeof yaml,
             "listen: {meters: 0, pushes: 0}\nbroker: {url: \"mqtt://far:away@localhost:%u\"}\n"
             "set: {ivy.client_id: far, ivy.reconnect_min: 100ms, ivy.reconnect_max: 200ms}\n",
             other.mqtt);
    START(r, yaml);
    meter = rig_dial(r.meters);
    send_energy(meter);
    ck_assert(rig_waits_for(&r, "device 000000000001 is online"));
    r.n = 0;
    r.text[0] = 0;
    kill(rig_child(other.pid, "mosquitto"), SIGKILL);
    ck_assert(rig_waits_for(&r, "broker-lost"));
    ck_assert(rig_waits_for(&r, "is logged in at the broker"));
    ck_assert_int_eq(client_open(&c, other.mqtt, "c", "c", "c"), 0);
    client_subscribes(&c, "ivy/v1/#");
    ck_assert(client_gets(&c, 0, METER_STATUS, "\"online\":true"));
    ENDS_WELL(r);
    ck_assert(client_gets(&c, 0, GATEWAY_STATUS, "\"status\":\"offline\""));
    ck_assert_ptr_null(strstr(r.text, "away"));
    ENDS_WELL(other);
    close(meter);
}
END_TEST

/* A broker that is nowhere: the service stays, says so, and ends in order. */
START_TEST(an_external_broker_may_be_absent)
{
    rig_spawn(&r, "listen: {meters: 0, pushes: 0}\nbroker: {url: \"mqtt://no-such-host.invalid\"}\n"
                  "set: {ivy.reconnect_min: 50ms, ivy.reconnect_max: 50ms}\n");
    ck_assert(rig_waits_for(&r, "broker-unresolved"));
    ck_assert(rig_waits_for(&r, "broker-refused"));
    ENDS_WELL(r);
}
END_TEST

/* ---- what stands in the way ------------------------------------------------------------------------- */

static void expect_refusal(int code, const char *sentence)
{
    ck_assert(rig_ends(&r));
    ck_assert_msg(rig_exit_code(&r) == code, "exit %d:\n%s", rig_exit_code(&r), r.text);
    ck_assert_msg(strstr(r.text, sentence), "no '%s' in:\n%s", sentence, r.text);
}

START_TEST(who_holds_a_port_is_named)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t n = sizeof a;
    char yaml[200], sentence[200], comm[32] = "";
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    FILE *f = fopen("/proc/self/comm", "r");

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&a, &n);
    ck_assert_int_eq(fscanf(f, "%31s", comm), 1);
    fclose(f);
    snprintf(yaml, sizeof yaml, "listen: {meters: 0, pushes: 0}\nbroker: {mqtt: %u, websocket: 0}\n",
             ntohs(a.sin_port));
    snprintf(sentence, sizeof sentence, "broker.mqtt: port %u is held by %s (pid %ld)", ntohs(a.sin_port),
             comm, (long)getpid());
    rig_spawn(&r, yaml);
    expect_refusal(EXIT_HARNESS, sentence);
    close(fd);
}
END_TEST

/* Another gateway's broker holds it: its name is mosquitto. */
START_TEST(a_second_gateway_finds_the_first)
{
    char yaml[200], sentence[200];

    START(other, FREE_PORTS);
    snprintf(yaml, sizeof yaml, "listen: {meters: %u, pushes: 0}\nbroker: {mqtt: %u, websocket: 0}\n",
             other.meters, other.mqtt);
    rig_spawn(&r, yaml);
    snprintf(sentence, sizeof sentence, "listen.meters: port %u is held by wattproof (pid %ld)", other.meters,
             (long)other.pid);
    expect_refusal(EXIT_HARNESS, sentence);
    snprintf(sentence, sizeof sentence, "broker.mqtt: port %u is held by mosquitto (pid %ld)", other.mqtt,
             (long)rig_child(other.pid, "mosquitto"));
    ck_assert_msg(strstr(r.text, sentence), "%s", r.text);
    ENDS_WELL(other);
}
END_TEST

START_TEST(a_wrong_file_is_refused_with_its_line)
{
    rig_spawn(&r, "north: [ivy]\nset:\n  poling.interval: 30s\n");
    expect_refusal(EXIT_USAGE,
                   ":3:3: unknown key 'poling.interval' in set: did you mean 'polling.interval'?");
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
    rig_spawn(&r, FREE_PORTS "run_dir: /nonexistent/folder\n");
    expect_refusal(EXIT_HARNESS,
                   "run_dir: cannot make a private directory under /nonexistent/folder: No such file");
}
END_TEST

/* No byte may be written into any file: as on a full disk. */
static void fill_disk(void)
{
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0});
}

START_TEST(a_full_disk_is_said_so)
{
    r.in_child = fill_disk;
    rig_spawn(&r, FREE_PORTS);
    expect_refusal(EXIT_HARNESS, "File too large");
}
END_TEST

/* A stuck broker holds up the end; a second signal does not wait for it. */
START_TEST(a_second_signal_ends_it_at_once)
{
    pid_t broker;

    START(r, FREE_PORTS);
    broker = rig_child(r.pid, "mosquitto");
    kill(broker, SIGSTOP);
    kill(r.pid, SIGINT);
    ck_assert(rig_waits_for(&r, "ending"));
    kill(r.pid, SIGINT);
    ck_assert(rig_ends(&r));
    ck_assert_int_eq(rig_exit_code(&r), EXIT_INTERRUPTED);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service");
    TCase *t = tcase_create("service");
    SRunner *runner;
    int failed;

    if (!rig_has_mosquitto()) {
        puts("skipped: mosquitto is not installed");
        return 0;
    }
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_meter_is_heard_and_a_signal_ends_it_in_order);
    tcase_add_test(t, nothing_is_left_behind);
    tcase_add_test(t, a_dead_broker_comes_back);
    tcase_add_test(t, with_users_everybody_has_his_rights);
    tcase_add_test(t, a_forger_may_be_thrown_out);
    tcase_add_test(t, an_external_broker_may_go_and_come_back);
    tcase_add_test(t, an_external_broker_may_be_absent);
    tcase_add_test(t, who_holds_a_port_is_named);
    tcase_add_test(t, a_second_gateway_finds_the_first);
    tcase_add_test(t, a_wrong_file_is_refused_with_its_line);
    tcase_add_test(t, a_folder_that_is_not_there_is_named);
    tcase_add_test(t, a_full_disk_is_said_so);
    tcase_add_test(t, a_second_signal_ends_it_at_once);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
