/* Clients that are not ours, through the tap before a real mosquitto: every byte as it is, every packet a record.
 * covers: live_relay live_names mqtt_login */
#include "tests/live_sessions.h"
#include "tests/wire_trace.h"

#include "sim/world/live_tap.h"
#include "sim/world/mqtt_login.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>

static struct wire_trace seen;
static int stranger; /* its socket */
static struct wp_world_guest guest;

/* One of ours, c0, listens to everything. */
static void open_tapped(const struct wp_access *access)
{
    seen = (struct wire_trace){.sink = {wire_trace_take}};
    open_world(1, (struct wp_world_setup){.wires = true, .access = access});
    wp_transcript_add(&f.transcript, &seen.sink);
}

static void listen_to_all(void)
{
    log_in(&f, 0, "bob");
    subscribe(&f, 0, "#", 2);
}

static int dial(struct wp_addr at)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(at.port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(at.ip);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static void say_bytes(const void *p, size_t n)
{
    ck_assert_int_eq(write(stranger, p, n), (ssize_t)n);
}

static struct wp_slice encoded(const struct mqtt_frame *frame)
{
    static uint8_t bytes[4096];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);

    mqtt_encode(&w, frame);
    ck_assert(!w.full);
    return wp_written(&w);
}

static void say_frame(struct mqtt_frame frame)
{
    struct wp_slice bytes;

    if (!frame.version)
        frame.version = MQTT_V311;
    bytes = encoded(&frame);
    say_bytes(bytes.p, bytes.n);
}

/* Waits until the log has it. */
static void await_log(const char *text)
{
    wp_us limit = world_now(f.world) + WP_SEC(20);

    while (!log_has(&f, text)) {
        run_for(&f, WP_MS(1));
        ck_assert_msg(world_now(f.world) < limit, "no \"%s\" in\n%s", text, f.trace.text);
    }
}

static void stranger_logs_in(struct wp_login login)
{
    f.trace.n = 0;
    f.trace.text[0] = 0;
    stranger = dial(world_broker_addr(f.world, false));
    login.clean = true;
    say_frame(mqtt_login_frame(&login, 60));
    await_log("connack");
    f.trace.n = 0;
    f.trace.text[0] = 0;
}

static const struct wp_login sut = {.client_id = {(const uint8_t *)"sut", 3}, .clean = true};

static struct mqtt_frame publication(const char *topic, const char *payload, uint8_t qos, bool retain)
{
    return (struct mqtt_frame){.type = MQTT_PUBLISH,
                               .topic = wp_text(topic),
                               .payload = wp_text(payload),
                               .qos = qos,
                               .retain = retain,
                               .packet_id = qos ? 7 : 0};
}

START_TEST(a_session_is_told_from_the_login_to_the_goodbye)
{
    uint8_t list[64];
    struct wp_writer w = wp_writer(list, sizeof list);
    const struct mqtt_filter filters[] = {{.filter = {(const uint8_t *)"a/#", 3}, .qos = 1},
                                          {.filter = {(const uint8_t *)"b", 1}}};
    char open[100];

    open_tapped(NULL);
    log_in(&f, 0, "bob");
    stranger = dial(world_broker_addr(f.world, false));
    say_frame(mqtt_login_frame(&sut, 60));
    await_log("foreign:sut-broker connack 0\n");
    for (int i = 0; i < 2; i++)
        mqtt_put_filter(&w, MQTT_SUBSCRIBE, &filters[i]);
    say_frame((struct mqtt_frame){.type = MQTT_SUBSCRIBE, .packet_id = 1, .list = wp_written(&w)});
    await_log("foreign:sut-broker suback b q0\n");
    say_frame(publication("a/x", "1", 1, true));
    await_log("foreign:sut-broker deliver a/x=1 q1\n");
    publish(&f, 0, "b", "2", 0, false);
    await_log("foreign:sut-broker deliver b=2 q0\n");
    w.n = 0;
    mqtt_put_filter(&w, MQTT_UNSUBSCRIBE, &filters[1]);
    say_frame((struct mqtt_frame){.type = MQTT_UNSUBSCRIBE, .packet_id = 2, .list = wp_written(&w)});
    await_log("foreign:sut-broker unsubscribe b");
    say_frame((struct mqtt_frame){.type = MQTT_DISCONNECT});
    close(stranger);
    await_log("foreign:sut-broker close ");
    ck_assert(log_has(&f, "foreign:sut-broker login sut\nforeign:sut-broker connack 0\n"
                          "foreign:sut-broker subscribe a/# q1\nforeign:sut-broker subscribe b q0\n"
                          "foreign:sut-broker suback a/# q1\nforeign:sut-broker suback b q0\n"
                          "foreign:sut-broker publish a/x=1 q1 retain\n"));
    snprintf(open, sizeof open, "foreign:sut-broker open 127.0.0.1:");
    ck_assert(log_has(&f, open));
    ck_assert(log_has(&f, " to 127.0.0.1:1883\n"));
    ck_assert_ptr_nonnull(strstr(seen.text, "2 up CONNECT sut\n2 down CONNACK 0\n2 up SUBSCRIBE id=1\n"
                                            "2 down SUBACK id=1\n2 up PUBLISH a/x=1 q1 retain id=7\n"));
    fixture_close(&f);
}
END_TEST

/* A byte at a time, and two packets in one write: the records are the same. */
START_TEST(pieces_of_any_size_are_the_same_packets)
{
    const struct mqtt_frame one = {
        .type = MQTT_PUBLISH, .version = MQTT_V311, .topic = wp_text("x"), .payload = wp_text("one by one")};
    struct wp_slice bytes;
    uint8_t two[200];

    open_tapped(NULL);
    listen_to_all();
    stranger_logs_in(sut);
    bytes = encoded(&one);
    for (size_t i = 0; i < bytes.n; i++) {
        say_bytes(bytes.p + i, 1);
        run_for(&f, WP_MS(1));
    }
    await_log("foreign:sut-broker publish x=one by one q0\nc0-broker deliver x=one by one q0\n");
    memcpy(two, bytes.p, bytes.n);
    memcpy(two + bytes.n, bytes.p, bytes.n);
    say_bytes(two, bytes.n + 5); /* one and a half */
    await_log("deliver x=one by one q0\nforeign:sut-broker publish x=one by one q0\nc0-broker deliver ");
    run_for(&f, WP_MS(5));
    say_bytes(two + bytes.n + 5, bytes.n - 5);
    run_until(&f, &probes[0].messages, 3);
    ck_assert_uint_eq(f.count[WP_REC_PUBLISH], 3);
    close(stranger);
    fixture_close(&f);
}
END_TEST

START_TEST(a_client_that_dies_has_its_will)
{
    const struct linger none = {.l_onoff = 1};
    struct wp_login mortal = mourned;

    open_tapped(NULL);
    listen_to_all();
    mortal.client_id = wp_text("sut");
    stranger_logs_in(mortal);
    setsockopt(stranger, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(stranger);
    run_until(&f, &probes[0].messages, 1);
    ck_assert(log_has(&f, "foreign:sut-broker close own\n"));
    ck_assert(log_has(
        &f, "foreign:sut-broker publish state=gone q1 retain will\nc0-broker deliver state=gone q1\n"));
    ck_assert_msg(strstr(seen.text, "2 up rst\n"), "%s", seen.text);
    fixture_close(&f);
}
END_TEST

START_TEST(a_broker_that_dies_is_the_end_of_its_clients)
{
    char byte;

    open_tapped(NULL);
    stranger_logs_in(sut);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(read(stranger, &byte, 1), 1); /* the CONNACK */
    world_restart_broker(f.world, false, WP_MS(200));
    await_log("foreign:sut-broker close ");
    run_for(&f, WP_MS(20));
    ck_assert_int_le(read(stranger, &byte, 1), 0);
    close(stranger);
    stranger = dial(world_broker_addr(f.world, false)); /* nobody is behind the tap */
    run_for(&f, WP_MS(50));
    ck_assert_int_le(read(stranger, &byte, 1), 0);
    ck_assert(errno != EAGAIN);
    close(stranger);
    run_for(&f, WP_MS(400));
    stranger_logs_in(sut);
    close(stranger);
    fixture_close(&f);
}
END_TEST

/* ---- sizes ----------------------------------------------------------------------------------------- */

static size_t tap_memory(const struct live_fixture *fixture)
{
    const struct live *w = (const struct live *)(const void *)fixture->world;
    size_t sum = 0;

    for (const struct live_tap *tap = w->taps; tap; tap = tap->next)
        sum += tap->up.rest.cap + tap->down.rest.cap + tap->up.held.cap + tap->down.held.cap +
               uv_stream_get_write_queue_size(&tap->client.stream) +
               uv_stream_get_write_queue_size((const uv_stream_t *)&tap->broker);
    return sum;
}

/* In a process of its own, as fast as the socket takes it; then it waits for the end. */
static pid_t send_much(struct wp_addr at, size_t payload, unsigned times)
{
    pid_t child = fork();
    struct wp_slice bytes;
    uint8_t *piece, head[16];
    struct wp_writer w = wp_writer(head, sizeof head);
    const struct mqtt_frame connect_frame = mqtt_login_frame(&sut, 60);

    if (child != 0)
        return child;
    stranger = dial(at);
    fcntl(stranger, F_SETFL, 0);
    bytes = encoded(&connect_frame);
    say_bytes(bytes.p, bytes.n);
    piece = calloc(1, payload);
    wp_put_u8(&w, 0x30);
    for (size_t n = payload + 3; n > 0; n /= 128)
        wp_put_u8(&w, (uint8_t)(n % 128 + (n >= 128 ? 128 : 0)));
    wp_put_u16be(&w, 1);
    wp_put_char(&w, 'x');
    for (unsigned i = 0; i < times; i++) {
        say_bytes(head, w.n);
        for (size_t done = 0; done < payload;)
            done += (size_t)write(stranger, piece + done, payload - done);
    }
    say_bytes("\xE0\0", 2);
    _exit(read(stranger, head, 4) == 4 ? 0 : 1);
}

START_TEST(ten_megabytes_are_one_publish)
{
    enum { SIZE = 10 << 20 };
    size_t most = 0;
    int status;
    pid_t child;

    open_world(1, (struct wp_world_setup){0});
    f.quiet = true;
    listen_to_all();
    child = send_much(world_broker_addr(f.world, false), SIZE, 3);
    while (f.count[WP_REC_PUBLISH] < 3 || probes[0].messages < 3) {
        run_for(&f, WP_MS(1));
        if (tap_memory(&f) > most)
            most = tap_memory(&f);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(probes[0].bytes, 3 * SIZE);
    ck_assert_uint_lt(most, 3 * SIZE); /* one of them, its last doubling, and no queue */
    run_for(&f, WP_MS(50));
    ck_assert_uint_lt(tap_memory(&f), 1 << 20);
    fixture_close(&f);
}
END_TEST

/* A broker that does not read stops who sends; what is larger than the tap keeps passes with a note. */
START_TEST(what_is_too_large_passes_unread_and_nothing_piles_up)
{
    struct live *w;
    size_t most = 0;
    int status;
    pid_t child;

    open_world(1, (struct wp_world_setup){0});
    w = (struct live *)(void *)f.world;
    kill(w->house.daemon.pid, SIGSTOP);
    child = send_much(world_broker_addr(f.world, false), TAP_PACKET_MAX, 2);
    for (int i = 0; i < 300; i++) {
        run_for(&f, WP_MS(1));
        if (tap_memory(&f) > most)
            most = tap_memory(&f);
    }
    ck_assert_uint_lt(most, 1 << 20);
    kill(w->house.daemon.pid, SIGCONT);
    await_log("foreign:sut note packet-too-large passes unread 16777224\n");
    await_log("foreign:sut-broker close ");
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(f.count[WP_REC_PUBLISH], 0);
    ck_assert_uint_eq(f.count[WP_REC_NOTE], 2);
    fixture_close(&f);
}
END_TEST

/* ---- what is wrong --------------------------------------------------------------------------------- */

static const struct {
    const char *bytes;
    size_t n;
    const char *note;
} malformed[] = {
    {"\x36\x05\0\1xon", 7, "foreign:sut note malformed-packet "},  /* QoS 3 */
    {"\x30\x04\0\x09xy", 6, "foreign:sut note malformed-packet "}, /* a topic longer than its packet */
    {"\x30\xFF\xFF\xFF\xFF\x01", 6, "foreign:sut note malformed-packet "}, /* no length */
    {"\0\0\0\0\0\0", 6, "foreign:sut note malformed-packet "},             /* no type */
};

/* A note, and the broker gets it as it is: it ends the connection. */
START_TEST(a_malformed_packet_is_a_note_and_the_brokers_to_judge)
{
    open_tapped(NULL);
    stranger_logs_in(sut);
    say_bytes(malformed[_i].bytes, malformed[_i].n);
    await_log("foreign:sut-broker close ");
    ck_assert_msg(log_has(&f, malformed[_i].note), "%s", f.trace.text);
    close(stranger);
    fixture_close(&f);
}
END_TEST

START_TEST(what_never_was_mqtt_is_nobodys_session)
{
    static const char get[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    char byte;

    open_world(1, (struct wp_world_setup){0});
    stranger = dial(world_broker_addr(f.world, false));
    say_bytes(get, sizeof get - 1);
    for (int i = 0; i < 1000 && (read(stranger, &byte, 1) < 0 && errno == EAGAIN); i++)
        run_for(&f, WP_MS(5));
    close(stranger);
    run_for(&f, WP_MS(20));
    ck_assert_uint_eq(f.count[WP_REC_LOGIN], 0);
    ck_assert_uint_eq(f.count[WP_REC_CLOSE], 0);
    fixture_close(&f);
}
END_TEST

START_TEST(a_denied_stranger_is_told_by_code_and_note)
{
    const struct wp_access_rule may[] = {{NULL, WP_ACCESS_SUBSCRIBE | WP_ACCESS_PUBLISH, "ok/#"}};
    const struct wp_access access = {.anonymous = true, .rules = may, .n_rules = 1};
    const struct mqtt_filter all = {.filter = {(const uint8_t *)"#", 1}};
    struct wp_login named = sut;
    uint8_t list[16];
    struct wp_writer w = wp_writer(list, sizeof list);

    open_tapped(&access);
    named.user = wp_text("nobody");
    named.password = wp_text("secret");
    stranger = dial(world_broker_addr(f.world, false));
    say_frame(mqtt_login_frame(&named, 60));
    await_log("foreign:sut-broker connack 5\n");
    ck_assert(!log_has(&f, "secret"));
    ck_assert_ptr_nonnull(strstr(seen.text, "up CONNECT sut ******\n"));
    close(stranger);
    stranger_logs_in(sut);
    mqtt_put_filter(&w, MQTT_SUBSCRIBE, &all);
    say_frame((struct mqtt_frame){.type = MQTT_SUBSCRIBE, .packet_id = 1, .list = wp_written(&w)});
    say_frame(publication("no", "1", 0, false));
    await_log("foreign:sut-broker suback # q128\n");
    await_log("client-publish-denied sut from 127.127.255.255: no ");
    close(stranger);
    fixture_close(&f);
}
END_TEST

/* Version 5 may say a topic once and then a number for it: the records have the topic. */
START_TEST(a_topic_alias_is_told_as_its_topic)
{
    const struct mqtt_property number = {.id = MQTT_PROPERTY_TOPIC_ALIAS, .type = MQTT_U16, .number = 3};
    struct mqtt_frame hello = mqtt_login_frame(&sut, 60), said = publication("a/b", "1", 0, false);
    uint8_t bytes[16];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);

    open_tapped(NULL);
    listen_to_all();
    f.trace.n = 0;
    stranger = dial(world_broker_addr(f.world, false));
    hello.version = said.version = MQTT_V5;
    say_frame(hello);
    await_log("foreign:sut-broker connack 0\n");
    mqtt_put_property(&w, &number);
    said.properties = wp_written(&w);
    say_frame(said);
    said.topic = wp_text("");
    said.payload = wp_text("2");
    say_frame(said);
    run_until(&f, &probes[0].messages, 2);
    ck_assert_msg(log_has(&f, "foreign:sut-broker publish a/b=1 q0\n"), "%s", f.trace.text);
    ck_assert_msg(log_has(&f, "foreign:sut-broker publish a/b=2 q0\n"), "%s", f.trace.text);
    close(stranger);
    fixture_close(&f);
}
END_TEST

/* ---- names ----------------------------------------------------------------------------------------- */

START_TEST(a_client_id_that_is_a_machines_name_is_that_machine)
{
    struct wp_login as = sut;

    open_tapped(NULL);
    as.client_id = wp_text("c0");
    stranger_logs_in(as);
    say_frame(publication("x", "1", 0, false));
    await_log("c0-broker publish x=1 q0\n");
    close(stranger);
    fixture_close(&f);
}
END_TEST

START_TEST(the_guest_has_its_name)
{
    guest = (struct wp_world_guest){.name = "gateway", .client_id = "sut"};
    open_world(1, (struct wp_world_setup){.guest = &guest});
    stranger_logs_in(sut);
    say_frame(publication("x", "1", 0, false));
    await_log("gateway-broker publish x=1 q0\n");
    close(stranger);
    fixture_close(&f);
}
END_TEST

/* ---- a tap before any broker ----------------------------------------------------------------------- */

static const struct wp_world_tap *tap_before(struct wp_addr broker, struct wp_world_tap *out)
{
    static char host[32];
    struct wp_writer w = wp_writer(host, sizeof host);

    wp_put_ip(&w, broker.ip);
    out->broker_host = wp_put_end(&w);
    out->broker_port = broker.port;
    return out;
}

/* Somebody else's broker has no plugin of ours: the will is what a broker has to publish. */
START_TEST(a_tap_before_a_given_broker)
{
    struct wp_world_tap tap = {.machine = "gateway"};
    char text[200];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_addr at;
    struct wp_login mortal = mourned;

    open_tapped(NULL);
    ck_assert_msg(world_tap(f.world, tap_before(world_broker_addr(f.world, false), &tap), &at, &why), "%s",
                  wp_put_end(&why));
    mortal.client_id = wp_text("whatever");
    stranger = dial(at);
    say_frame(mqtt_login_frame(&mortal, 60));
    await_log("gateway-broker connack 0\n");
    say_frame(publication("x", "1", 0, true));
    await_log("gateway-broker publish x=1 q0 retain\n");
    close(stranger);
    await_log("gateway-broker close own\ngateway-broker publish state=gone q1 retain will\n");
    fixture_close(&f);
}
END_TEST

START_TEST(a_goodbye_through_a_tap_leaves_no_will)
{
    struct wp_world_tap tap = {.machine = "gateway"};
    char text[200];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_addr at;

    open_tapped(NULL);
    ck_assert(world_tap(f.world, tap_before(world_broker_addr(f.world, false), &tap), &at, &why));
    stranger = dial(at);
    say_frame(mqtt_login_frame(&mourned, 60));
    await_log("gateway-broker connack 0\n");
    say_frame((struct mqtt_frame){.type = MQTT_DISCONNECT});
    close(stranger);
    await_log("gateway-broker close own\n");
    run_for(&f, WP_MS(50));
    ck_assert(!log_has(&f, "will"));
    fixture_close(&f);
}
END_TEST

START_TEST(a_tap_that_cannot_be_says_why)
{
    struct wp_world_tap tap = {.broker_host = "no such host", .broker_port = 1};
    char text[200];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_addr at;

    open_world(1, (struct wp_world_setup){0});
    ck_assert(!world_tap(f.world, &tap, &at, &why));
    ck_assert_int_eq(strncmp(wp_put_end(&why), "no tap before no such host: ", 28), 0);
    tap = (struct wp_world_tap){.listen = world_broker_addr(f.world, false)};
    why.n = 0;
    ck_assert(!world_tap(f.world, &tap, &at, &why));
    ck_assert_int_eq(strncmp(wp_put_end(&why), "no tap can listen on 127.0.0.1:", 31), 0);
    fixture_close(&f);
}
END_TEST

/* Its line is a machine's: faults of that one strike what passes, and what was sent stays told. */
START_TEST(faults_of_a_line_strike_a_stranger)
{
    const struct wp_link_fault drop = {.kind = WP_LINK_DROP, .direction = WP_LINK_BOTH, .times = 1};
    struct wp_world_tap tap = {.machine = "gateway", .has_line = true};
    char text[200];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_addr at;

    open_tapped(NULL);
    listen_to_all();
    tap.line = fixture_client(&f, "c1");
    ck_assert(world_tap(f.world, &tap, &at, &why));
    stranger = dial(at);
    say_frame(mqtt_login_frame(&sut, 60));
    await_log("gateway-broker connack 0\n");
    world_fault(f.world, tap.line, &drop);
    say_frame(publication("x", "one", 0, false));
    say_frame(publication("x", "two", 0, false));
    run_until(&f, &probes[0].messages, 1);
    ck_assert_str_eq(probes[0].last, "two");
    ck_assert(log_has(&f, "gateway-broker publish x=one q0\n"));
    ck_assert(log_has(&f, "c1 fault drop"));
    close(stranger);
    fixture_close(&f);
}
END_TEST

/* ---- clients of others ----------------------------------------------------------------------------- */

static void run_program(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run_program(const char *format, ...)
{
    char command[1000];
    va_list args;
    pid_t child;
    int status = 0;

    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    child = fork();
    if (child == 0)
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    while (waitpid(child, &status, WNOHANG) == 0)
        run_for(&f, WP_MS(5));
    ck_assert_msg(status == 0, "%s\n%s", command, f.trace.text);
}

START_TEST(mosquitto_pub_is_seen)
{
    struct wp_addr at;

    if (system("command -v mosquitto_pub >/dev/null") != 0) {
        puts("skipped: mosquitto_pub is not installed");
        return;
    }
    open_tapped(NULL);
    at = world_broker_addr(f.world, false);
    for (int version = 0; version < 3; version++) {
        static const char *const of[] = {"mqttv31", "mqttv311", "mqttv5"};
        static const char *const published[] = {"foreign:pub-broker publish a/b=hello q0 retain\n",
                                                "foreign:pub-broker publish a/b=hello q1 retain\n",
                                                "foreign:pub-broker publish a/b=hello q2 retain\n"};

        f.trace.n = 0;
        run_program("exec mosquitto_pub -p %u -V %s -i pub -t a/b -m hello -q %d -r", at.port, of[version],
                    version);
        await_log("foreign:pub-broker close own\n");
        ck_assert(log_has(&f, "foreign:pub-broker login pub\nforeign:pub-broker connack 0\n"));
        ck_assert(log_has(&f, published[version]));
    }
    fixture_close(&f);
}
END_TEST

static const char paho[] =
    "import paho.mqtt.client as mqtt, sys\n"
    "c = mqtt.Client(client_id='p', protocol=mqtt.MQTTv5 if sys.argv[2] == '5' else mqtt.MQTTv311)\n"
    "c.on_connect = lambda c, *a: c.subscribe('p/#', 1)\n"
    "c.on_subscribe = lambda c, *a: c.publish('p/x', 'y' * 1000, 1)\n"
    "c.on_message = lambda c, u, m: c.disconnect()\n"
    "c.connect('127.0.0.1', int(sys.argv[1]))\n"
    "c.loop_forever()\n";

START_TEST(paho_is_seen)
{
    if (system("/usr/bin/python3 -c 'import paho.mqtt.client' 2>/dev/null") != 0) {
        puts("skipped: paho is not installed");
        return;
    }
    open_tapped(NULL);
    for (int version = 4; version <= 5; version++) {
        f.trace.n = 0;
        run_program("exec /usr/bin/python3 -c \"%s\" %u %d", paho, world_broker_addr(f.world, false).port,
                    version);
        ck_assert_msg(log_has(&f, "foreign:p-broker login p\nforeign:p-broker connack 0\n"
                                  "foreign:p-broker subscribe p/# q1\nforeign:p-broker suback p/# q1\n"
                                  "foreign:p-broker publish p/x=yyyy"),
                      "%s", f.trace.text);
        ck_assert(log_has(&f, "foreign:p-broker deliver p/x=yyyy"));
        await_log("foreign:p-broker close own\n");
    }
    fixture_close(&f);
}
END_TEST

/* What is told of our own CONNECT is what the library sends: here it comes as a stranger. */
struct keep_connect {
    struct wp_sink sink;
    uint8_t bytes[2][200];
    size_t n[2];
};

static void take_connect(struct wp_sink *sink, const struct wp_record *r)
{
    struct keep_connect *k = (struct keep_connect *)(void *)sink;

    if (r->kind != WP_REC_WIRE || r->wire.bytes.n == 0 || r->wire.bytes.p[0] != 0x10)
        return;
    k->n[r->wire.id - 1] = r->wire.bytes.n;
    memcpy(k->bytes[r->wire.id - 1], r->wire.bytes.p, r->wire.bytes.n);
}

START_TEST(our_own_connect_is_told_as_it_is)
{
    struct keep_connect kept = {.sink = {take_connect}};
    struct mosquitto *m = mosquitto_new("alice", true, NULL);
    struct wp_login login = mourned;

    open_tapped(NULL);
    f.transcript.n_sinks = 1;
    wp_transcript_add(&f.transcript, &kept.sink);
    login.user = wp_text("u");
    login.password = wp_text("secret");
    login.keepalive_s = 77;
    log_in_with(0, login);
    mosquitto_username_pw_set(m, "u", "secret");
    mosquitto_will_set(m, "state", 4, "gone", 1, true);
    ck_assert_int_eq(mosquitto_connect(m, "127.0.0.1", world_broker_addr(f.world, false).port, 77), 0);
    run_for(&f, WP_MS(50));
    ck_assert_uint_gt(kept.n[0], 0);
    ck_assert_uint_eq(kept.n[0], kept.n[1]);
    ck_assert_mem_eq(kept.bytes[0], kept.bytes[1], kept.n[0]);
    mosquitto_destroy(m);
    fixture_close(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("live_stranger");
    TCase *t = tcase_create("live_stranger");
    SRunner *r;
    int failed;

    if (!has_mosquitto()) {
        puts("skipped: mosquitto is not installed");
        return 0;
    }
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_session_is_told_from_the_login_to_the_goodbye);
    tcase_add_test(t, pieces_of_any_size_are_the_same_packets);
    tcase_add_test(t, a_client_that_dies_has_its_will);
    tcase_add_test(t, a_broker_that_dies_is_the_end_of_its_clients);
    tcase_add_test(t, ten_megabytes_are_one_publish);
    tcase_add_test(t, what_is_too_large_passes_unread_and_nothing_piles_up);
    tcase_add_loop_test(t, a_malformed_packet_is_a_note_and_the_brokers_to_judge, 0,
                        (int)(sizeof malformed / sizeof malformed[0]));
    tcase_add_test(t, what_never_was_mqtt_is_nobodys_session);
    tcase_add_test(t, a_denied_stranger_is_told_by_code_and_note);
    tcase_add_test(t, a_topic_alias_is_told_as_its_topic);
    tcase_add_test(t, a_client_id_that_is_a_machines_name_is_that_machine);
    tcase_add_test(t, the_guest_has_its_name);
    tcase_add_test(t, a_tap_before_a_given_broker);
    tcase_add_test(t, a_goodbye_through_a_tap_leaves_no_will);
    tcase_add_test(t, a_tap_that_cannot_be_says_why);
    tcase_add_test(t, faults_of_a_line_strike_a_stranger);
    tcase_add_test(t, mosquitto_pub_is_seen);
    tcase_add_test(t, paho_is_seen);
    tcase_add_test(t, our_own_connect_is_told_as_it_is);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
