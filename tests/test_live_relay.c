/* Relays: before our own broker and before a given one, how their clients are called, and real programs as clients.
 * covers: live_names */
#include "tests/live_strangers.h"

#include <mosquitto.h>
#include <stdarg.h>
#include <sys/wait.h>

static struct wp_world_guest guest;

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
    Suite *s = suite_create("live_relay");
    TCase *t = tcase_create("live_relay");
    SRunner *r;
    int failed;

    if (!has_mosquitto()) {
        puts("skipped: mosquitto is not installed");
        return 0;
    }
    tcase_set_timeout(t, 60);
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
