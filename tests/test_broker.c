/* The rules of the broker. covers: broker_route, topics */
#include "sim/world/broker.h"

#include <check.h>
#include <stdio.h>

#define T(text) wp_text(text)

static struct wp_blocks blocks;
static struct broker *broker;
static char trace[4096];
static uint32_t last_ack;

static void say(const char *who, const char *what, struct wp_slice topic, struct wp_slice payload,
                const char *flags)
{
    size_t n = strlen(trace);

    snprintf(trace + n, sizeof trace - n, "%s %s %.*s=%.*s%s\n", who, what, WP_FMT(topic), WP_FMT(payload),
             flags);
}

static void on_deliver(void *ctx, void *owner, const struct broker_delivery *d)
{
    char flags[32];

    (void)ctx;
    snprintf(flags, sizeof flags, " q%u%s%s", d->qos, d->retain ? " retain" : "", d->dup ? " dup" : "");
    say(owner, "gets", broker_topic(d->message), broker_payload(d->message), flags);
    last_ack = d->ack;
}

static void on_closed(void *ctx, void *owner)
{
    size_t n = strlen(trace);

    (void)ctx;
    snprintf(trace + n, sizeof trace - n, "%s closed\n", (const char *)owner);
}

static void on_will(void *ctx, void *owner, struct broker_message *m)
{
    (void)ctx;
    say(owner, "will", broker_topic(m), broker_payload(m), "");
}

static const struct broker_calls calls = {NULL, on_deliver, on_closed, on_will};

static void start(const struct wp_access *access)
{
    broker = broker_new(access, &blocks, &calls);
    trace[0] = 0;
    last_ack = 0;
}

static void teardown(void)
{
    broker_free(broker);
    blocks_free(&blocks);
    broker = NULL;
}

/* A clean client whose owner is its id, so that traces name it. */
static struct broker_client *login(const char *id)
{
    const struct wp_login l = {.client_id = T(id), .clean = true};
    struct broker_client *c = NULL;
    bool present;

    ck_assert_uint_eq(broker_login(broker, &l, (void *)(uintptr_t)id, &c, &present), BROKER_ACCEPTED);
    ck_assert(!present);
    return c;
}

static struct broker_client *login_kept(const char *id, bool expect_present)
{
    const struct wp_login l = {.client_id = T(id)};
    struct broker_client *c = NULL;
    bool present;

    ck_assert_uint_eq(broker_login(broker, &l, (void *)(uintptr_t)id, &c, &present), BROKER_ACCEPTED);
    ck_assert_int_eq(present, expect_present);
    broker_resume(broker, c);
    return c;
}

static struct broker_client *login_with_will(const char *id, bool clean)
{
    const struct wp_login l = {.client_id = T(id),
                               .clean = clean,
                               .has_will = true,
                               .will = {.topic = T("will"), .payload = T(id), .qos = 1, .retain = true}};
    struct broker_client *c = NULL;
    bool present;

    ck_assert_uint_eq(broker_login(broker, &l, (void *)(uintptr_t)id, &c, &present), BROKER_ACCEPTED);
    return c;
}

static uint8_t subscribe(struct broker_client *c, const char *filter, uint8_t qos)
{
    uint8_t code = broker_subscribe(broker, c, T(filter), qos);

    if (code <= 2)
        broker_send_retained(broker, c, T(filter), qos, 0);
    return code;
}

static enum broker_verdict publish(struct broker_client *c, const char *topic, const char *payload,
                                   uint8_t qos, bool retain)
{
    const struct wp_publish p = {.topic = T(topic), .payload = T(payload), .qos = qos, .retain = retain};
    struct broker_message *m = broker_message_new(&blocks, &p);
    enum broker_verdict verdict = broker_judge(broker, c, m);

    if (verdict == BROKER_TAKEN)
        broker_route(broker, m);
    broker_message_release(&blocks, m);
    return verdict;
}

START_TEST(a_message_reaches_every_subscriber_and_its_sender_too)
{
    struct broker_client *a, *b;

    start(NULL);
    a = login("a");
    b = login("b");
    subscribe(a, "x/+", 0);
    subscribe(b, "x/#", 0);
    publish(a, "x/1", "one", 0, false);
    publish(b, "y", "two", 0, false);
    ck_assert_str_eq(trace, "a gets x/1=one q0\nb gets x/1=one q0\n");
}
END_TEST

START_TEST(the_lower_qos_of_both_sides_counts)
{
    struct broker_client *a;

    start(NULL);
    a = login("a");
    subscribe(a, "low", 0);
    subscribe(a, "high", 2);
    publish(a, "low", "", 2, false);
    publish(a, "high", "", 1, false);
    ck_assert_str_eq(trace, "a gets low= q0\na gets high= q1\n");
}
END_TEST

/* The subscription found first decides: a literal level before +, + before #, "a/#" before "a". */
START_TEST(overlapping_subscriptions_deliver_once)
{
    struct broker_client *a, *b;

    start(NULL);
    a = login("a");
    b = login("b");
    subscribe(a, "#", 2);
    subscribe(a, "x/y", 0);
    subscribe(a, "x/+", 1);
    publish(b, "x/y", "", 2, false);
    publish(b, "x/z", "", 2, false);
    publish(b, "z", "", 2, false);
    subscribe(b, "t", 1);
    subscribe(b, "t/#", 0);
    publish(a, "t", "", 2, false);
    ck_assert_str_eq(trace, "a gets x/y= q0\na gets x/z= q1\na gets z= q2\n"
                            "b gets t= q0\na gets t= q2\n");
}
END_TEST

START_TEST(a_second_subscription_to_a_filter_replaces_the_first)
{
    struct broker_client *a;

    start(NULL);
    a = login("a");
    ck_assert_uint_eq(subscribe(a, "x", 2), 2);
    ck_assert_uint_eq(subscribe(a, "x", 0), 0);
    publish(a, "x", "1", 2, false);
    broker_unsubscribe(broker, a, T("x"));
    broker_unsubscribe(broker, a, T("never/there"));
    publish(a, "x", "2", 2, false);
    ck_assert_str_eq(trace, "a gets x=1 q0\n");
}
END_TEST

START_TEST(a_retained_message_waits_for_subscribers)
{
    struct broker_client *a, *b;

    start(NULL);
    a = login("a");
    b = login("b");
    publish(a, "s/1", "old", 1, true);
    publish(a, "s/1", "new", 1, true);
    publish(a, "s/2", "x", 0, true);
    publish(a, "s/2", "live", 0, false);
    subscribe(b, "s/+", 1);
    publish(a, "s/1", "newer", 1, true);
    publish(a, "s/2", "", 0, true);
    subscribe(b, "s/#", 2); /* again for the new filter; s/2 has been cleared */
    ck_assert_str_eq(trace, "b gets s/1=new q1 retain\nb gets s/2=x q0 retain\n"
                            "b gets s/1=newer q1\nb gets s/2= q0\n"
                            "b gets s/1=newer q1 retain\n");
}
END_TEST

START_TEST(retained_messages_come_in_the_order_of_their_topics_first_use)
{
    struct broker_client *a;

    start(NULL);
    a = login("a");
    publish(a, "b", "1", 0, true);
    publish(a, "a/x", "2", 0, true);
    publish(a, "a", "3", 0, true);
    publish(a, "$own/x", "4", 0, true);
    subscribe(a, "#", 0);
    ck_assert_str_eq(trace, "a gets b=1 q0 retain\na gets a=3 q0 retain\na gets a/x=2 q0 retain\n");
    trace[0] = 0;
    subscribe(a, "a/#", 0);
    ck_assert_str_eq(trace, "a gets a/x=2 q0 retain\na gets a=3 q0 retain\n");
    trace[0] = 0;
    subscribe(a, "+/x", 0);
    subscribe(a, "$own/#", 0);
    ck_assert_str_eq(trace, "a gets a/x=2 q0 retain\na gets $own/x=4 q0 retain\n");
}
END_TEST

START_TEST(a_retained_message_may_expire)
{
    struct broker_client *a;
    const struct wp_publish p = {.topic = T("$SYS/x"), .payload = T("1"), .retain = true};
    struct broker_message *m;

    start(NULL);
    a = login("a");
    m = broker_message_new(&blocks, &p);
    m->expires = WP_SEC(60);
    broker_route(broker, m);
    broker_message_release(&blocks, m);
    broker_send_retained(broker, a, T("$SYS/#"), 0, WP_SEC(60) - 1);
    broker_send_retained(broker, a, T("$SYS/#"), 0, WP_SEC(60));
    ck_assert_str_eq(trace, "a gets $SYS/x=1 q0 retain\n");
}
END_TEST

START_TEST(wildcards_do_not_reach_topics_that_begin_with_a_dollar)
{
    struct broker_client *a;

    start(NULL);
    a = login("a");
    subscribe(a, "#", 0);
    subscribe(a, "+/x", 0);
    publish(a, "$own/x", "1", 0, false);
    subscribe(a, "$own/+", 0);
    publish(a, "$own/x", "2", 0, false);
    ck_assert_str_eq(trace, "a gets $own/x=2 q0\n");
}
END_TEST

START_TEST(nobody_publishes_below_sys)
{
    struct broker_client *a;

    start(NULL);
    a = login("a");
    subscribe(a, "$SYS/#", 0);
    ck_assert_int_eq(publish(a, "$SYS/broker/x", "1", 0, false), BROKER_DENIED);
    ck_assert_str_eq(trace, "");
}
END_TEST

START_TEST(what_is_no_topic_ends_the_connection)
{
    static const char *const bad[] = {"", "a/+", "#", "a\x01", "\xEF\xBF\xBE", "\xC2\x85"};
    struct broker_client *a;
    char deep[300] = "";

    start(NULL);
    a = login("a");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(publish(a, bad[i], "", 0, false), BROKER_HANG_UP);
    memset(deep, '/', 200);
    ck_assert_int_eq(publish(a, deep, "", 0, false), BROKER_TAKEN);
    memset(deep, '/', 201);
    ck_assert_int_eq(publish(a, deep, "", 0, false), BROKER_HANG_UP);
    ck_assert_uint_eq(subscribe(a, "a#", 0), BROKER_VIOLATION);
    ck_assert_uint_eq(subscribe(a, "", 0), BROKER_VIOLATION);
    ck_assert(!broker_unsubscribe(broker, a, T("a/#/b")));
}
END_TEST

START_TEST(a_will_is_published_unless_the_client_says_goodbye)
{
    struct broker_client *watcher, *c;

    start(NULL);
    watcher = login("w");
    subscribe(watcher, "will", 2);
    c = login_with_will("c", true);
    broker_logout(broker, c, false);
    c = login_with_will("d", true);
    broker_logout(broker, c, true);
    ck_assert_str_eq(trace, "c will will=c\nw gets will=c q1\n");
    trace[0] = 0;
    subscribe(watcher, "will", 0);
    ck_assert_str_eq(trace, "w gets will=c q0 retain\n");
}
END_TEST

START_TEST(wills_of_the_connected_are_published_when_the_broker_ends)
{
    struct broker_client *c;

    start(NULL);
    subscribe(login("w"), "will", 0);
    c = login_with_will("c", true);
    login_with_will("d", true);
    broker_logout(broker, c, true);
    broker_publish_wills(broker);
    ck_assert_str_eq(trace, "d will will=d\nw gets will=d q0\n");
}
END_TEST

START_TEST(the_same_client_id_takes_over)
{
    static char second[] = "a'";
    const struct wp_login l = {.client_id = T("a"), .clean = true};
    struct broker_client *a, *b;
    bool present;

    start(NULL);
    a = login_with_will("a", true);
    subscribe(a, "x", 0);
    ck_assert_uint_eq(broker_login(broker, &l, second, &b, &present), BROKER_ACCEPTED);
    publish(b, "x", "", 0, false);
    subscribe(b, "x", 0);
    publish(b, "x", "", 0, false);
    ck_assert_str_eq(trace, "a will will=a\na closed\na' gets x= q0\n");
    ck_assert_uint_eq(broker_connected(broker), 1);
    ck_assert_uint_eq(broker_sessions(broker), 1);
}
END_TEST

START_TEST(a_kept_session_gets_what_it_missed)
{
    struct broker_client *k, *p;

    start(NULL);
    p = login("p");
    k = login_kept("k", false);
    subscribe(k, "x/#", 1);
    subscribe(k, "x/0", 0);
    broker_logout(broker, k, true);
    ck_assert_uint_eq(broker_sessions(broker), 2);
    publish(p, "x/1", "kept", 1, false);
    publish(p, "x/2", "QoS 0 is lost", 0, false);
    publish(p, "x/0", "kept, too: the other filter grants QoS 1", 1, false);
    ck_assert_str_eq(trace, "");
    k = login_kept("k", true);
    ck_assert_str_eq(trace, "k gets x/1=kept q1\n"
                            "k gets x/0=kept, too: the other filter grants QoS 1 q1\n");
}
END_TEST

START_TEST(what_a_kept_session_has_not_acknowledged_comes_again)
{
    struct broker_client *k;

    start(NULL);
    k = login_kept("k", false);
    subscribe(k, "x", 1);
    publish(k, "x", "1", 1, false);
    broker_acked(broker, k, last_ack);
    publish(k, "x", "2", 1, false);
    broker_logout(broker, k, false);
    publish(login("p"), "x", "3", 1, false);
    trace[0] = 0;
    k = login_kept("k", true);
    ck_assert_str_eq(trace, "k gets x=2 q1 dup\nk gets x=3 q1\n");
}
END_TEST

START_TEST(a_clean_login_forgets_the_kept_session)
{
    struct broker_client *k;

    start(NULL);
    k = login_kept("k", false);
    subscribe(k, "x", 1);
    broker_logout(broker, k, true);
    broker_logout(broker, login("k"), true);
    k = login_kept("k", false);
    publish(k, "x", "", 1, false);
    ck_assert_str_eq(trace, "");
}
END_TEST

START_TEST(kept_sessions_hand_over_without_a_will)
{
    static char second[] = "k'";
    const struct wp_login l = {.client_id = T("k")};
    struct broker_client *k;
    bool present;

    start(NULL);
    subscribe(login_with_will("k", false), "x", 0);
    ck_assert_uint_eq(broker_login(broker, &l, second, &k, &present), BROKER_ACCEPTED);
    ck_assert(present);
    publish(k, "x", "", 0, false);
    ck_assert_str_eq(trace, "k closed\nk' gets x= q0\n");
}
END_TEST

START_TEST(a_login_is_turned_down_with_its_code)
{
    static const struct wp_access_user user = {"u", "p"};
    static const struct wp_access locked = {.users = &user, .n_users = 1};
    const struct {
        struct wp_login login;
        uint8_t code;
    } row[] = {
        {{.client_id = T("x"), .clean = true, .user = T("u"), .password = T("p")}, BROKER_ACCEPTED},
        {{.client_id = T(""), .clean = true, .user = T("u"), .password = T("p")}, BROKER_ACCEPTED},
        {{.client_id = T("x"), .clean = true, .user = T("u"), .password = T("q")}, BROKER_NOT_AUTHORISED},
        {{.client_id = T("x"), .clean = true}, BROKER_NOT_AUTHORISED},
        {{.client_id = T(""), .user = T("u"), .password = T("p")}, BROKER_BAD_ID},
        {{.client_id = T("x"), .clean = true, .password = T("p")}, BROKER_VIOLATION},
        {{.client_id = T("x\x01"), .clean = true, .user = T("u"), .password = T("p")}, BROKER_VIOLATION},
        {{.client_id = T("x"),
          .user = T("u"),
          .password = T("p"),
          .has_will = true,
          .will = {.topic = T("a/#")}},
         BROKER_VIOLATION},
    };

    start(&locked);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct broker_client *c;
        bool present;

        ck_assert_msg(broker_login(broker, &row[i].login, &trace, &c, &present) == row[i].code, "row %zu", i);
    }
    ck_assert_uint_eq(broker_connected(broker), 2);
}
END_TEST

START_TEST(the_access_table_decides_what_passes)
{
    static const struct wp_access_user users[] = {{"gw", ""}, {"app", ""}};
    static const struct wp_access_rule rules[] = {
        {"gw", WP_ACCESS_SUBSCRIBE | WP_ACCESS_PUBLISH, "m/#"},
        {"app", WP_ACCESS_SUBSCRIBE, "m/+"},
    };
    struct wp_access table = {.users = users, .n_users = 2, .rules = rules, .n_rules = 2};
    struct wp_login l = {.client_id = T("gw"), .clean = true, .user = T("gw"), .password = T("")};
    struct broker_client *gw, *app;
    bool present;

    start(&table);
    broker_login(broker, &l, (void *)(uintptr_t) "gw", &gw, &present);
    l.client_id = l.user = T("app");
    l.has_will = true;
    l.will.topic = T("m/will");
    broker_login(broker, &l, (void *)(uintptr_t) "app", &app, &present);
    ck_assert_uint_eq(subscribe(app, "m/+", 1), 1);
    ck_assert_uint_eq(subscribe(app, "m/#", 1), WP_SUBACK_REFUSED);
    ck_assert_int_eq(publish(gw, "m/1", "", 0, false), BROKER_TAKEN);
    ck_assert_int_eq(publish(app, "m/1", "", 1, true), BROKER_DENIED);
    table.close_on_denied = true;
    ck_assert_int_eq(publish(app, "m/1", "", 1, true), BROKER_HANG_UP);
    subscribe(gw, "m/will", 0);
    broker_logout(broker, app, false); /* its will would be a publish, too */
    ck_assert_str_eq(trace, "app gets m/1= q0\n");
}
END_TEST

static struct broker_client *login_kept_as(const char *id, const char *user, const char *password)
{
    const struct wp_login l = {.client_id = T(id), .user = T(user), .password = T(password)};
    struct broker_client *c = NULL;
    bool present;

    ck_assert_uint_eq(broker_login(broker, &l, (void *)(uintptr_t)user, &c, &present), BROKER_ACCEPTED);
    broker_resume(broker, c);
    return c;
}

/* What was subscribed, and what waits, is the first one's; the second gets of it what is its own, too. */
START_TEST(a_kept_session_brings_another_vrm_user_nothing_foreign)
{
    static const struct wp_vrm_login logins[] = {{"anna", "a", true}, {"ben", "b", true}};
    static const struct wp_vrm_site sites[] = {
        {"anna", "one", true}, {"anna", "two", true}, {"ben", "two", true}};
    static const struct wp_access_rule rules[] = {{NULL, WP_ACCESS_PUBLISH, "N/#"}};
    static const struct wp_access table = {
        .anonymous = true, .rules = rules, .n_rules = 1, .vrm = {logins, 2, sites, 3, true}};
    struct broker_client *gx, *c;

    start(&table);
    gx = login("gx");
    c = login_kept_as("shared", "anna", "Token a");
    ck_assert_uint_eq(subscribe(c, "N/one/#", 1), 1);
    ck_assert_uint_eq(subscribe(c, "N/two/#", 1), 1);
    ck_assert_uint_eq(subscribe(c, "N/#", 1), WP_SUBACK_REFUSED);
    broker_logout(broker, c, true);
    publish(gx, "N/one/P", "1", 1, false);
    publish(gx, "N/two/P", "2", 1, false);
    publish(gx, "N/one/P", "3", 1, false);
    ck_assert_str_eq(trace, "");
    c = login_kept_as("shared", "ben", "Token b");
    ck_assert_str_eq(trace, "ben gets N/two/P=2 q1\n");
    broker_acked(broker, c, last_ack);
    publish(gx, "N/one/P", "4", 0, false);
    publish(gx, "N/one/P", "5", 1, false);
    publish(gx, "N/two/P", "6", 1, false);
    ck_assert_str_eq(trace, "ben gets N/two/P=2 q1\nben gets N/two/P=6 q1\n");
}
END_TEST

START_TEST(clients_of_a_shared_subscription_take_turns)
{
    struct broker_client *a, *b, *c;

    start(NULL);
    a = login("a");
    b = login("b");
    c = login("c");
    subscribe(a, "$share/g/x/+", 0);
    subscribe(b, "$share/g/x/+", 0);
    subscribe(c, "$share/h/x/+", 0);
    for (int i = 0; i < 3; i++)
        publish(c, "x/1", "", 0, false);
    ck_assert_str_eq(trace, "a gets x/1= q0\nc gets x/1= q0\n"
                            "b gets x/1= q0\nc gets x/1= q0\n"
                            "a gets x/1= q0\nc gets x/1= q0\n");
    broker_unsubscribe(broker, a, T("$share/g/x/+"));
    trace[0] = 0;
    publish(c, "x/1", "", 0, false);
    ck_assert_str_eq(trace, "b gets x/1= q0\nc gets x/1= q0\n");
}
END_TEST

/* The tree of levels grows, is found again whatever its size, and shrinks to nothing. */
START_TEST(many_topics_are_kept_apart)
{
    struct broker_client *a;
    char topic[32];

    start(NULL);
    a = login("a");
    for (int i = 0; i < 5000; i++) {
        snprintf(topic, sizeof topic, "m/%d/t", i);
        ck_assert_uint_eq(broker_subscribe(broker, a, T(topic), 0), 0);
    }
    publish(a, "m/4321/t", "", 0, false);
    publish(a, "m/4321", "", 0, false);
    publish(a, "m/5000/t", "", 0, false);
    for (int i = 0; i < 5000; i++) {
        snprintf(topic, sizeof topic, "m/%d/t", i);
        ck_assert(broker_unsubscribe(broker, a, T(topic)));
    }
    publish(a, "m/4321/t", "", 0, false);
    ck_assert_str_eq(trace, "a gets m/4321/t= q0\n");
}
END_TEST

/* A level that has few children left, after many, is searched as well as ever: for those that stayed, those that came again,
 * and those that are no more. */
START_TEST(siblings_that_went_leave_no_trace)
{
    struct broker_client *a;
    char topic[32];

    start(NULL);
    a = login("a");
    for (int i = 0; i < 200; i++) {
        snprintf(topic, sizeof topic, "m/%d", i);
        ck_assert_uint_eq(broker_subscribe(broker, a, T(topic), 0), 0);
    }
    for (int i = 0; i < 200; i++) {
        snprintf(topic, sizeof topic, "m/%d", i);
        ck_assert(i % 50 == 7 || broker_unsubscribe(broker, a, T(topic)));
    }
    for (int i = 0; i < 200; i++) {
        snprintf(topic, sizeof topic, "m/%d", i);
        publish(a, topic, "", 0, false);
    }
    ck_assert_str_eq(trace, "a gets m/7= q0\na gets m/57= q0\na gets m/107= q0\na gets m/157= q0\n");
    for (int i = 7; i < 200; i += 50) {
        snprintf(topic, sizeof topic, "m/%d", i);
        ck_assert(broker_unsubscribe(broker, a, T(topic)));
    }
    trace[0] = 0;
    ck_assert_uint_eq(broker_subscribe(broker, a, T("m/3"), 0), 0);
    publish(a, "m/7", "", 0, false);
    publish(a, "m/3", "", 0, false);
    ck_assert_str_eq(trace, "a gets m/3= q0\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("broker");
    TCase *t = tcase_create("broker");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, a_message_reaches_every_subscriber_and_its_sender_too);
    tcase_add_test(t, the_lower_qos_of_both_sides_counts);
    tcase_add_test(t, overlapping_subscriptions_deliver_once);
    tcase_add_test(t, a_second_subscription_to_a_filter_replaces_the_first);
    tcase_add_test(t, a_retained_message_waits_for_subscribers);
    tcase_add_test(t, retained_messages_come_in_the_order_of_their_topics_first_use);
    tcase_add_test(t, a_retained_message_may_expire);
    tcase_add_test(t, wildcards_do_not_reach_topics_that_begin_with_a_dollar);
    tcase_add_test(t, nobody_publishes_below_sys);
    tcase_add_test(t, what_is_no_topic_ends_the_connection);
    tcase_add_test(t, a_will_is_published_unless_the_client_says_goodbye);
    tcase_add_test(t, wills_of_the_connected_are_published_when_the_broker_ends);
    tcase_add_test(t, the_same_client_id_takes_over);
    tcase_add_test(t, a_kept_session_gets_what_it_missed);
    tcase_add_test(t, what_a_kept_session_has_not_acknowledged_comes_again);
    tcase_add_test(t, a_clean_login_forgets_the_kept_session);
    tcase_add_test(t, kept_sessions_hand_over_without_a_will);
    tcase_add_test(t, a_login_is_turned_down_with_its_code);
    tcase_add_test(t, the_access_table_decides_what_passes);
    tcase_add_test(t, a_kept_session_brings_another_vrm_user_nothing_foreign);
    tcase_add_test(t, clients_of_a_shared_subscription_take_turns);
    tcase_add_test(t, many_topics_are_kept_apart);
    tcase_add_test(t, siblings_that_went_leave_no_trace);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
