/* Broker sessions of the live world, against a real mosquitto.
 * covers: live_session live_pending live_effect access_plugin */
#include "tests/live_sessions.h"

#include <signal.h>

START_TEST(messages_go_from_client_to_client)
{
    open_clients(2, NULL);
    log_in(&f, 0, "alice");
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "x/#", 2);
    for (uint8_t qos = 0; qos <= 2; qos++)
        publish(&f, 0, "x/y", "hello", qos, false);
    run_until(&f, &probes[1].messages, 3);
    run_until(&f, &probes[0].acked, 3);
    ck_assert(log_has(&f, "c1-broker subscribe x/# q2\nc1-broker suback x/# q2\n"
                          "c0-broker publish x/y=hello q0\nc0-broker publish x/y=hello q1\n"
                          "c0-broker publish x/y=hello q2\n"));
    ck_assert(log_has(&f, "c1-broker deliver x/y=hello q0\n"));
    ck_assert(log_has(&f, "c1-broker deliver x/y=hello q1\n"));
    ck_assert(log_has(&f, "c1-broker deliver x/y=hello q2\n"));
    fixture_close(&f);
}
END_TEST

START_TEST(a_retained_message_waits_for_a_subscriber)
{
    open_clients(2, NULL);
    log_in(&f, 0, "alice");
    publish(&f, 0, "state", "on", 1, true);
    run_until(&f, &probes[0].acked, 1);
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "state", 0);
    run_until(&f, &probes[1].messages, 1);
    ck_assert(log_has(&f, "c1-broker deliver state=on q0 retain\n"));
    fixture_close(&f);
}
END_TEST

/* A will is recorded before its deliveries, as what it is. */
START_TEST(a_client_that_vanishes_has_its_will)
{
    open_clients(2, NULL);
    log_in_with(0, mourned);
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "#", 1);
    publish(&f, 0, "last", "words", 0, false);
    hang_up(0, true);
    run_until(&f, &probes[1].messages, 2);
    ck_assert(log_has(&f, "c0-broker publish state=gone q1 retain will\nc1-broker deliver "));
    ck_assert(log_has(&f, "c1-broker deliver state=gone q1\n"));
    fixture_close(&f);
}
END_TEST

START_TEST(a_goodbye_leaves_no_will)
{
    open_clients(2, NULL);
    log_in_with(0, mourned);
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "#", 1);
    publish(&f, 0, "last", "words", 1, false);
    hang_up(0, false);
    run_until(&f, &probes[1].messages, 1);
    run_for(&f, WP_MS(50));
    ck_assert_uint_eq(probes[1].messages, 1);
    ck_assert_uint_eq(probes[0].closes, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_OWN);
    fixture_close(&f);
}
END_TEST

/* The newcomer keeps the id; the one before it is cut off and has its will. */
START_TEST(an_id_belongs_to_who_came_last)
{
    open_clients(3, NULL);
    log_in_with(0, mourned);
    log_in(&f, 2, "bob");
    subscribe(&f, 2, "#", 1);
    log_in(&f, 1, "alice");
    run_until(&f, &probes[0].closes, 1);
    run_until(&f, &probes[2].messages, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_RESET);
    ck_assert(log_has(&f, "c0-broker publish state=gone q1 retain will\n"));
    fixture_close(&f);
}
END_TEST

START_TEST(a_kept_session_is_found_again)
{
    const struct wp_login keeping = {.client_id = wp_text("alice")};

    open_clients(2, NULL);
    log_in_with(0, keeping);
    ck_assert(!probes[0].session_present);
    subscribe(&f, 0, "x", 1);
    hang_up(0, false);
    log_in(&f, 1, "bob");
    publish(&f, 1, "x", "kept", 1, false);
    run_until(&f, &probes[1].acked, 1);
    log_in_with(0, keeping);
    ck_assert(probes[0].session_present);
    run_until(&f, &probes[0].messages, 1);
    fixture_close(&f);
}
END_TEST

static const struct wp_access_user users[] = {{"alice", "secret"}};
static const struct wp_access_rule rules[] = {{NULL, WP_ACCESS_SUBSCRIBE, "N/id1/#"},
                                              {"alice", WP_ACCESS_PUBLISH, "N/id1/+"}};
static const struct wp_access access_rules = {
    .anonymous = true, .users = users, .n_users = 1, .rules = rules, .n_rules = 2};

START_TEST(a_wrong_password_is_refused)
{
    open_clients(2, &access_rules);
    log_in_with(0, (struct wp_login){.client_id = wp_text("a"),
                                     .user = wp_text("alice"),
                                     .password = wp_text("guess"),
                                     .clean = true});
    ck_assert_uint_eq(probes[0].opens, 0);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_REFUSED);
    ck_assert_uint_eq(probes[0].code, 5);
    ck_assert(log_has(&f, "c0-broker connack 5\n"));
    log_in_with(0, (struct wp_login){.client_id = wp_text("a"),
                                     .user = wp_text("alice"),
                                     .password = wp_text("secret"),
                                     .clean = true});
    ck_assert_uint_eq(probes[0].opens, 1);
    log_in(&f, 1, "anonymous");
    fixture_close(&f);
}
END_TEST

START_TEST(a_filter_beyond_the_rules_is_refused)
{
    open_clients(1, &access_rules);
    log_in(&f, 0, "a");
    subscribe(&f, 0, "#", 1);
    ck_assert_uint_eq(probes[0].granted, WP_SUBACK_REFUSED);
    subscribe(&f, 0, "N/+/x", 1);
    ck_assert_uint_eq(probes[0].granted, WP_SUBACK_REFUSED);
    subscribe(&f, 0, "N/id1/#", 1);
    ck_assert_uint_eq(probes[0].granted, 1);
    fixture_close(&f);
}
END_TEST

START_TEST(a_denied_publish_is_acknowledged_and_dropped)
{
    open_clients(2, &access_rules);
    log_in(&f, 0, "a");
    log_in_with(1, (struct wp_login){.client_id = wp_text("b"),
                                     .user = wp_text("alice"),
                                     .password = wp_text("secret"),
                                     .clean = true});
    subscribe(&f, 1, "N/id1/#", 1);
    publish(&f, 0, "N/id1/x", "denied", 1, false);
    run_until(&f, &probes[0].acked, 1);
    publish(&f, 0, "N/id1/x", "denied", 0, false);
    publish(&f, 0, "N/id1/x", "again", 1, false);
    run_until(&f, &probes[0].acked, 3);
    publish(&f, 1, "N/id1/x", "granted", 1, false);
    run_until(&f, &probes[1].messages, 1);
    ck_assert_str_eq(probes[1].last, "granted");
    fixture_close(&f);
}
END_TEST

START_TEST(a_denied_publish_may_cost_the_connection)
{
    struct wp_access strict = access_rules;

    strict.close_on_denied = true;
    open_clients(1, &strict);
    log_in(&f, 0, "a");
    publish(&f, 0, "N/id1/x", "denied", 0, false);
    run_until(&f, &probes[0].closes, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_RESET);
    fixture_close(&f);
}
END_TEST

START_TEST(nothing_is_queued_for_a_port_that_is_gone)
{
    wp_port port;

    open_clients(1, NULL);
    log_in(&f, 0, "alice");
    port = probes[0].port;
    hang_up(0, false);
    act(&f, 0,
        (struct wp_effect){.kind = WP_PUBLISH,
                           .port = port,
                           .publish = {.topic = wp_text("x"), .payload = wp_text("y"), .qos = 1, .tag = 3}});
    run_until(&f, &probes[0].refused, 1);
    fixture_close(&f);
}
END_TEST

/* While the broker takes nothing, the machine's TCP is not read; a note says so. */
START_TEST(a_broker_that_does_not_read_chokes_the_machine)
{
    enum { PIECE = 256 << 10 };
    static uint8_t bytes[PIECE];
    struct live *w;

    open_clients(1, NULL);
    f.quiet = true;
    w = (struct live *)(void *)f.world;
    log_in(&f, 0, "alice");
    kill(w->house.daemon.pid, SIGSTOP);
    for (unsigned i = 0; i < 48; i++)
        act(&f, 0,
            (struct wp_effect){
                .kind = WP_PUBLISH,
                .port = probes[0].port,
                .publish = {.topic = wp_text("x"), .payload = wp_slice(bytes, PIECE), .tag = 1}});
    run_for(&f, WP_MS(50));
    ck_assert(w->seat[0]->choked);
    ck_assert_uint_eq(f.count[WP_REC_NOTE], 1);
    ck_assert_uint_lt(probes[0].acked, 48);
    kill(w->house.daemon.pid, SIGCONT);
    run_until(&f, &probes[0].acked, 48);
    ck_assert(!w->seat[0]->choked);
    ck_assert_uint_eq(w->seat[0]->unsent, 0);
    fixture_close(&f);
}
END_TEST

START_TEST(a_mebibyte_is_one_message)
{
    enum { SIZE = 1 << 20 };
    static uint8_t bytes[SIZE];

    open_clients(2, NULL);
    f.quiet = true;
    log_in(&f, 0, "alice");
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "big", 1);
    act(&f, 0,
        (struct wp_effect){.kind = WP_PUBLISH,
                           .port = probes[0].port,
                           .publish = {.topic = wp_text("big"), .payload = wp_slice(bytes, SIZE), .qos = 1}});
    run_until(&f, &probes[1].messages, 1);
    ck_assert_uint_eq(probes[1].bytes, SIZE);
    fixture_close(&f);
}
END_TEST

START_TEST(three_hundred_clients_log_in)
{
    enum { MANY = 300 };
    unsigned opens = 0;

    open_clients(MANY, NULL);
    f.quiet = true;
    for (wp_machine m = 0; m < MANY; m++) {
        const struct wp_login login = {.clean = true}; /* the broker names them */

        act(&f, m, (struct wp_effect){.kind = WP_LOGIN, .login = &login});
    }
    for (int i = 0; i < 5000 && opens < MANY; i++) {
        run_for(&f, WP_MS(1));
        opens = 0;
        for (unsigned m = 0; m < MANY; m++)
            opens += probes[m].opens;
    }
    ck_assert_uint_eq(opens, MANY);
    fixture_close(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("live_mqtt");
    TCase *t = tcase_create("live_mqtt");
    SRunner *r;
    int failed;

    if (!has_mosquitto()) {
        puts("skipped: mosquitto is not installed");
        return 0;
    }
    tcase_set_timeout(t, 30);
    tcase_add_test(t, messages_go_from_client_to_client);
    tcase_add_test(t, a_retained_message_waits_for_a_subscriber);
    tcase_add_test(t, a_client_that_vanishes_has_its_will);
    tcase_add_test(t, a_goodbye_leaves_no_will);
    tcase_add_test(t, an_id_belongs_to_who_came_last);
    tcase_add_test(t, a_kept_session_is_found_again);
    tcase_add_test(t, a_wrong_password_is_refused);
    tcase_add_test(t, a_filter_beyond_the_rules_is_refused);
    tcase_add_test(t, a_denied_publish_is_acknowledged_and_dropped);
    tcase_add_test(t, a_denied_publish_may_cost_the_connection);
    tcase_add_test(t, nothing_is_queued_for_a_port_that_is_gone);
    tcase_add_test(t, a_broker_that_does_not_read_chokes_the_machine);
    tcase_add_test(t, a_mebibyte_is_one_message);
    tcase_add_test(t, three_hundred_clients_log_in);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
