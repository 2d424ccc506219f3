/* The gateway's session at the broker: what it says by itself, and what becomes of it when the broker goes
 * away. covers: north_ivy_publish, north_ivy_meters */
#include "tests/gateway_rig.h"

static struct rig r;

static void setup(void)
{
    rig_start(&r, "polling.enabled", "false", NULL);
    r.show = RIG_PUBLISHES | RIG_TELEMETRY;
}

static void teardown(void)
{
    rig_end(&r);
}

static void lose_broker(void)
{
    wp_port port = r.broker;

    r.broker = 0;
    r.n_to_ack = 0;
    rig_step(&r, (struct wp_event){
                     .kind = WP_EV_CLOSE, .endpoint = 1, .port = port, .close.reason = WP_CLOSE_RESET});
}

/* Made, not started. */
static void make(const char *name, const char *value)
{
    rig_end(&r);
    rig_start(&r, "polling.enabled", "false", name, value, NULL);
    rig_end(&r);
    rig_make(&r);
    r.broker = r.last_port = 0;
    rig_clear(&r);
}

/* IVY-083, IVY-B31, d.1: the will, the subscriptions, the first words. */
START_TEST(a_session_begins_with_the_will_and_says_online)
{
    make(NULL, NULL);
    r.show = RIG_ALL;
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    rig_expect(
        &r,
        "[     0.000] login ivy-4g-gateway clean keepalive 60 will ivy/v1/gateway/status q1r "
        "{\"status\":\"offline\",\"timestamp\":1705320000000,\"uptime\":0,\"version\":\"0.1.0\","
        "\"name\":\"IVY 4G Gateway\"}\n"
        "[     0.000] subscribe ivy/v1/meters/+/command/request\n"
        "[     0.000] subscribe $SYS/broker/clients/connected\n"
        "[     0.000] subscribe ivy/v1/meters/+/status\n"
        "[     0.000] publish ivy/v1/gateway/status q1r {\"status\":\"online\",\"timestamp\":1705320000000,"
        "\"uptime\":0,\"version\":\"0.1.0\",\"name\":\"IVY 4G Gateway\"}\n");
    rig_run(&r, WP_SEC(5));
    rig_expect(&r, "[  5000.000] unsubscribe ivy/v1/meters/+/status\n");
}
END_TEST

/* IVY-082, IVY-088, IVY-091, IVY-B30: periods, uptime in milliseconds, QoS and retain. */
START_TEST(status_and_statistics_come_by_the_clock)
{
    rig_run(&r, WP_SEC(60));
    rig_expect(
        &r,
        "[ 30000.000] publish ivy/v1/gateway/stats q0 {\"timestamp\":1705320030000,\"meters\":"
        "{\"connected\":0,\"total\":0},\"mqtt\":{\"clients\":0,\"messagesPublished\":1},\"polling\":"
        "{\"enabled\":false,\"interval\":60000,\"lastRun\":null}}\n"
        "[ 60000.000] publish ivy/v1/gateway/status q1r {\"status\":\"online\",\"timestamp\":1705320060000,"
        "\"uptime\":60000,\"version\":\"0.1.0\",\"name\":\"IVY 4G Gateway\"}\n"
        "[ 60000.000] publish ivy/v1/gateway/stats q0 {\"timestamp\":1705320060000,\"meters\":"
        "{\"connected\":0,\"total\":0},\"mqtt\":{\"clients\":0,\"messagesPublished\":3},\"polling\":"
        "{\"enabled\":false,\"interval\":60000,\"lastRun\":null}}\n");
}
END_TEST

START_TEST(the_periods_can_change)
{
    rig_set(&r, "ivy.status_interval", "1s");
    rig_set(&r, "ivy.stats_interval", "3s");
    rig_run(&r, WP_SEC(3));
    ck_assert_uint_eq(r.n_published, 4);
    rig_set(&r, "ivy.status_interval", NULL);
    rig_clear(&r);
    rig_run(&r, WP_SEC(20));
    ck_assert_uint_eq(r.n_published, 5);
}
END_TEST

/* IVY-095, IVY-096: who is there, and who ever was. */
START_TEST(meters_are_counted_by_identity)
{
    rig_meter(&r, 1, "000000000001");
    rig_meter(&r, 2, "000000000002");
    rig_connect(&r, 3); /* nobody yet */
    rig_close(&r, 2);
    rig_run(&r, WP_SEC(30));
    ck_assert_ptr_nonnull(strstr(r.last_payload, "\"meters\":{\"connected\":1,\"total\":2}"));
    rig_meter(&r, 1, "000000000001");
    rig_run(&r, WP_SEC(60));
    ck_assert_ptr_nonnull(strstr(r.last_payload, "\"meters\":{\"connected\":2,\"total\":2}"));
}
END_TEST

/* IVY-097: the broker's own count, without ourselves. */
START_TEST(clients_are_counted_without_the_gateway)
{
    rig_message(&r, "$SYS/broker/clients/connected", "3");
    rig_run(&r, WP_SEC(30));
    ck_assert_ptr_nonnull(strstr(r.last_payload, "\"mqtt\":{\"clients\":2,"));
    rig_message(&r, "$SYS/broker/clients/connected", "1");
    rig_run(&r, WP_SEC(60));
    ck_assert_ptr_nonnull(strstr(r.last_payload, "\"mqtt\":{\"clients\":0,"));
}
END_TEST

/* IVY-098: one per message of ours, whatever it was. */
START_TEST(messages_are_counted_once_each)
{
    size_t before = 1; /* gateway/status at the login */

    rig_meter(&r, 1, "000000000001");
    before += 2; /* rig_meter cleared the count: status and event */
    rig_read_reply(&r, 2, 1, 0x02010100, "9722");
    rig_request(&r, "{\"requestId\":\"a\"}");
    rig_run(&r, WP_SEC(30));
    before += r.n_published - 1;
    ck_assert_uint_eq(before, 5);
    ck_assert_ptr_nonnull(strstr(r.last_payload, "\"messagesPublished\":5}"));
}
END_TEST

START_TEST(the_prefix_can_be_another)
{
    make("ivy.prefix", "site/7/ivy");
    r.show = RIG_SESSION | RIG_PUBLISHES;
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "subscribe site/7/ivy/meters/+/command/request\n"));
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "publish site/7/ivy/gateway/status q1r"));
    rig_message(&r, "site/7/ivy/meters/000000000001/command/request", "{\"requestId\":\"a\"}");
    ck_assert_str_eq(r.last_topic, "site/7/ivy/meters/000000000001/command/response");
    r.n_published = 0;
    rig_request(&r, "{\"requestId\":\"a\"}");
    ck_assert_uint_eq(r.n_published, 0);
}
END_TEST

/* ---- a broker that is away ------------------------------------------------------------------------ */

START_TEST(the_login_is_tried_again_ever_more_slowly)
{
    make("ivy.stats_interval", "1d");
    r.show = RIG_SESSION | RIG_NOTES;
    r.refuse = true;
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    for (int i = 0; i < 8; i++) {
        wp_us due = wp_gateway_class.deadline(r.machine), gap = WP_MS(500) << i;

        ck_assert_int_eq(due - r.now, gap < WP_SEC(30) ? gap : WP_SEC(30));
        ck_assert_ptr_nonnull(strstr(rig_trace(&r), "note broker-refused:  5\n"));
        rig_clear(&r);
        r.now = due;
        if (i == 7)
            r.refuse = false;
        rig_step(&r, (struct wp_event){.kind = WP_EV_TIMER});
    }
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "subscribe "));
    lose_broker();
    ck_assert_int_eq(wp_gateway_class.deadline(r.machine) - r.now, WP_MS(500));
}
END_TEST

/* IVY-B31: everything retained is told anew, events and responses are kept, telemetry is lost and counted. */
START_TEST(state_comes_back_with_the_broker)
{
    rig_meter(&r, 1, "000000000001");
    rig_meter(&r, 2, "000000000002");
    rig_request(&r, "{\"requestId\":\"kept\",\"command\":\"read\",\"register\":\"voltageA\"}");
    rig_run(&r, WP_SEC(1));
    r.refuse = true;
    lose_broker();
    rig_read_reply(&r, 2, 1, 0x02010100, "9722");
    rig_read_reply(&r, 3, 2, 0x02010100, "9722");
    rig_close(&r, 3);
    rig_run(&r, WP_SEC(2));
    ck_assert_uint_eq(r.n_published, 0);
    r.refuse = false;
    r.show = RIG_PUBLISHES | RIG_TELEMETRY | RIG_NOTES;
    rig_clear(&r);
    rig_run(&r, WP_SEC(3));
    rig_expect(
        &r,
        "[  2500.000] publish ivy/v1/gateway/status q1r {\"status\":\"online\",\"timestamp\":1705320002500,"
        "\"uptime\":2500,\"version\":\"0.1.0\",\"name\":\"IVY 4G Gateway\"}\n"
        "[  2500.000] publish ivy/v1/meters/000000000002/status q1r {\"meterId\":\"000000000002\","
        "\"online\":false,\"timestamp\":1705320002500}\n"
        "[  2500.000] publish ivy/v1/meters/000000000001/status q1r {\"meterId\":\"000000000001\","
        "\"online\":true,\"timestamp\":1705320002500,\"ip\":\"127.0.2.1\"}\n"
        "[  2500.000] note publish-dropped: while the broker was away 2\n"
        "[  2500.000] publish ivy/v1/meters/000000000001/command/response q1 {\"requestId\":\"kept\","
        "\"success\":true,\"timestamp\":1705320001000,\"data\":{\"register\":\"voltageA\",\"value\":229.7,"
        "\"unit\":\"V\"}}\n"
        "[  2500.000] publish ivy/v1/meters/000000000002/events q1 {\"meterId\":\"000000000002\","
        "\"timestamp\":1705320001000,\"type\":\"info\",\"event\":\"meter_disconnected\","
        "\"message\":\"Meter went offline\",\"data\":{}}\n");
    lose_broker(); /* once more: what was kept has gone out */
    rig_clear(&r);
    rig_run(&r, WP_SEC(4));
    ck_assert_uint_eq(r.n_published, 3);
}
END_TEST

/* What closes and is not the session at hand changes nothing; after a stop nobody logs in again. */
START_TEST(only_the_own_session_counts)
{
    rig_step(&r, (struct wp_event){.kind = WP_EV_CLOSE, .endpoint = 1, .port = 77});
    rig_set(&r, "ivy.status_interval", "1s");
    rig_run(&r, WP_SEC(1));
    ck_assert_uint_eq(r.n_published, 1);
    rig_step(&r, (struct wp_event){.kind = WP_EV_STOP});
    rig_step(&r,
             (struct wp_event){.kind = WP_EV_CLOSE, .endpoint = 1, .port = 1, .close.reason = WP_CLOSE_OWN});
    r.show = RIG_ALL;
    rig_clear(&r);
    rig_run(&r, WP_SEC(50));
    rig_expect(&r, "");
}
END_TEST

START_TEST(the_outbox_has_a_bound)
{
    rig_end(&r);
    rig_start(&r, "polling.enabled", "false", "ivy.outbox", "1024", NULL);
    r.show = RIG_NOTES;
    r.refuse = true;
    lose_broker();
    rig_clear(&r);
    for (int i = 0; i < 10; i++) {
        rig_session(&r, rig_connect(&r, 1), IVY_LOGIN, "000000000001");
        rig_close(&r, r.last_port);
    }
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "note outbox-full: /events 1\n"));
    r.refuse = false;
    rig_clear(&r);
    rig_run(&r, WP_SEC(1));
    ck_assert_uint_ge(r.n_published, 2 + 4);
    ck_assert_uint_le(r.n_published, 2 + 8);
}
END_TEST

/* Thousands of states go out a window at a time, each acknowledged before the next. */
START_TEST(states_are_told_a_window_at_a_time)
{
    char address[13];

    r.show = 0;
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(address, sizeof address, "%012u", i);
        rig_meter(&r, 1, address);
    }
    r.acks = false;
    lose_broker();
    rig_run(&r, WP_SEC(1));
    ck_assert_uint_eq(r.n_published, 1 + 256);
    rig_close(&r, 2 + 500); /* tells its new state at once, and only that */
    ck_assert_uint_eq(r.n_published, 1 + 256 + 2);
    for (int i = 0; i < 10; i++)
        rig_ack(&r);
    ck_assert_uint_eq(r.n_published, 1 + 1000 + 1);
}
END_TEST

/* ---- an earlier life ------------------------------------------------------------------------------ */

/* IVY-B31, IVY-B25: no meter is left online that is not here. */
START_TEST(a_retained_lie_of_an_earlier_life_is_corrected)
{
    struct wp_slice online =
        wp_text("{\"meterId\":\"000000000009\",\"online\":true,\"timestamp\":1,\"ip\":\"1.2.3.4\"}");
    struct wp_slice offline = wp_text("{\"meterId\":\"000000000008\",\"online\":false,\"timestamp\":1}");

    rig_meter(&r, 1, "000000000001");
    rig_message_with(&r, "ivy/v1/meters/000000000001/status", online, true);
    rig_message_with(&r, "ivy/v1/meters/000000000008/status", offline, true);
    rig_message_with(&r, "ivy/v1/meters/000000000007/status", wp_text("not json"), true);
    rig_message_with(&r, "ivy/v1/meters/+/status", online, true);
    rig_expect(&r, "");
    rig_message_with(&r, "ivy/v1/meters/000000000009/status", online, true);
    rig_expect(&r, "[     0.000] publish ivy/v1/meters/000000000009/status q1r {\"meterId\":\"000000000009\","
                   "\"online\":false,\"timestamp\":1705320000000}\n"
                   "[     0.000] publish ivy/v1/meters/000000000009/events q1 {\"meterId\":\"000000000009\","
                   "\"timestamp\":1705320000000,\"type\":\"info\",\"event\":\"meter_disconnected\","
                   "\"message\":\"Meter went offline\",\"data\":{}}\n");
    rig_run(&r, WP_SEC(30));
    ck_assert_ptr_nonnull(strstr(r.last_payload, "\"meters\":{\"connected\":1,\"total\":1}"));
}
END_TEST

/* IVY-011: what clients publish on our topics while we run tells us nothing. */
START_TEST(nothing_is_concluded_from_what_clients_say)
{
    static const char *const topics[] = {
        "ivy/v1/meters/000000000001/telemetry",
        "ivy/v1/meters/000000000009/status",
        "ivy/v1/meters/000000000001/events",
        "ivy/v1/meters/000000000001/command/response",
        "ivy/v1/gateway/status",
        "ivy/v1/gateway/stats",
    };

    rig_meter(&r, 1, "000000000001");
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        rig_message(&r, topics[i],
                    "{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"voltageA\",\"online\":true}");
    rig_expect(&r, "");
    ck_assert_uint_eq(r.n_sent, 0);
}
END_TEST

START_TEST(stale_states_may_be_left_alone)
{
    make("ivy.clear_stale", "false");
    r.show = RIG_SESSION;
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    ck_assert_ptr_null(strstr(rig_trace(&r), "subscribe ivy/v1/meters/+/status"));
    rig_run(&r, WP_SEC(10));
    ck_assert_ptr_null(strstr(rig_trace(&r), "unsubscribe"));
}
END_TEST

/* ---- meters --------------------------------------------------------------------------------------- */

/* The one that has been away for longest makes room. */
START_TEST(the_table_of_meters_has_a_bound)
{
    rig_end(&r);
    rig_start(&r, "polling.enabled", "false", "ivy.max_meters", "2", NULL);
    r.show = RIG_NOTES | RIG_PUBLISHES;
    rig_meter(&r, 1, "000000000001");
    rig_meter(&r, 2, "000000000002");
    r.n_published = 0;
    rig_session(&r, rig_connect(&r, 3), IVY_LOGIN, "000000000003");
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "note meters-full: 000000000003 2\n"));
    ck_assert_uint_eq(r.n_published, 0);
    rig_close(&r, 2);
    rig_clear(&r);
    rig_session(&r, rig_connect(&r, 4), IVY_LOGIN, "000000000004");
    ck_assert_uint_eq(r.n_published, 2);
    rig_run(&r, WP_SEC(30));
    ck_assert_ptr_nonnull(strstr(r.last_payload, "\"meters\":{\"connected\":2,\"total\":3}"));
}
END_TEST

/* Meters that come and go for ever: only as many are remembered as may be, each for as long as possible. */
START_TEST(a_stream_of_strangers_is_forgotten_in_order)
{
    rig_end(&r);
    rig_start(&r, "polling.enabled", "false", "ivy.max_meters", "4", NULL);
    r.show = RIG_PUBLISHES;
    for (unsigned i = 1; i < 30; i++) {
        char address[13];

        snprintf(address, sizeof address, "%012u", i);
        r.n_published = 0;
        rig_session(&r, rig_connect(&r, 1), IVY_LOGIN, address);
        rig_close(&r, r.last_port);
        ck_assert_uint_eq(r.n_published, 4);
    }
    lose_broker();
    rig_clear(&r);
    rig_run(&r, WP_SEC(1));
    ck_assert_uint_eq(r.n_published, 1 + 4);
    for (unsigned i = 26; i < 30; i++) {
        char topic[64];

        snprintf(topic, sizeof topic, "ivy/v1/meters/%012u/status q1r", i);
        ck_assert_msg(strstr(rig_trace(&r), topic), "%s", topic);
    }
}
END_TEST

START_TEST(a_refused_subscription_is_told)
{
    r.show = RIG_NOTES;
    rig_step(&r, (struct wp_event){.kind = WP_EV_SUBACKED, .endpoint = 1, .port = 1, .subacked = {1, 1}});
    rig_step(&r, (struct wp_event){
                     .kind = WP_EV_SUBACKED, .endpoint = 1, .port = 1, .subacked = {2, WP_SUBACK_REFUSED}});
    rig_expect(&r, "[     0.000] note subscription-refused:  2\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("north_ivy");
    TCase *tc = tcase_create("session");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_session_begins_with_the_will_and_says_online);
    tcase_add_test(tc, status_and_statistics_come_by_the_clock);
    tcase_add_test(tc, the_periods_can_change);
    tcase_add_test(tc, meters_are_counted_by_identity);
    tcase_add_test(tc, clients_are_counted_without_the_gateway);
    tcase_add_test(tc, messages_are_counted_once_each);
    tcase_add_test(tc, the_prefix_can_be_another);
    tcase_add_test(tc, the_login_is_tried_again_ever_more_slowly);
    tcase_add_test(tc, state_comes_back_with_the_broker);
    tcase_add_test(tc, only_the_own_session_counts);
    tcase_add_test(tc, the_outbox_has_a_bound);
    tcase_add_test(tc, states_are_told_a_window_at_a_time);
    tcase_add_test(tc, a_retained_lie_of_an_earlier_life_is_corrected);
    tcase_add_test(tc, nothing_is_concluded_from_what_clients_say);
    tcase_add_test(tc, stale_states_may_be_left_alone);
    tcase_add_test(tc, the_table_of_meters_has_a_bound);
    tcase_add_test(tc, a_stream_of_strangers_is_forgotten_in_order);
    tcase_add_test(tc, a_refused_subscription_is_told);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
