/* Clients that are not ours, through the tap before a real mosquitto: every byte as it is, every packet a record.
 * covers: mqtt_login */
#include "tests/live_strangers.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

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
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
