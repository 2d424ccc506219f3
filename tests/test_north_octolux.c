/* The octolux north's session at the broker, and what becomes of messages when the broker goes away.
 * covers: north_octolux_outbox, north_octolux_setup */
#include "tests/octolux_rig.h"

static struct rig r;

static void setup(void)
{
    rig_start(&r, NULL);
}

static void teardown(void)
{
    rig_end(&r);
}

static void again(const char *name, const char *value)
{
    rig_end(&r);
    rig_start(&r, name, value, NULL);
}

#define SUBSCRIPTIONS(prefix)                                                                                \
    "subscribe " prefix "/cmd/read_input q1\n"                                                               \
    "subscribe " prefix "/cmd/ac_charge q1\n"                                                                \
    "subscribe " prefix "/cmd/forced_discharge q1\n"                                                         \
    "subscribe " prefix "/cmd/discharge_pct q1\n"                                                            \
    "subscribe " prefix "/cmd/charge_pct q1\n"                                                               \
    "subscribe " prefix "/cmd/charge_amount_pct q1\n"                                                        \
    "subscribe " prefix "/cmd/read_hold q1\n"

/* ---- the session ---------------------------------------------------------------------------------- */

/* OCT-001, OCT-011, OCT-104: at once, without user, password and will; the seven documented commands and no other. */
START_TEST(a_session_begins_with_the_seven_command_topics)
{
    rig_end(&r);
    rig_init(&r, NULL);
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    rig_expect(&r, "login octolux-gateway clean keepalive 15\n" SUBSCRIPTIONS("octolux"));
    ck_assert_int_eq(north_octolux_class.deadline(r.machine), WP_NEVER);
}
END_TEST

/* OCT-011 */
START_TEST(user_and_password_are_those_given)
{
    rig_end(&r);
    rig_init(&r, "octolux.user", "solar", "octolux.password", "p:@ss", "octolux.client_id", "roof",
             "octolux.keepalive", "60s", NULL);
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    rig_expect(&r, "login roof clean keepalive 60 user solar password p:@ss\n" SUBSCRIPTIONS("octolux"));
}
END_TEST

START_TEST(a_password_needs_a_user)
{
    char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);

    rig_give(&r, "octolux.password", "x");
    ck_assert(!north_octolux_class.check(&r.setup.setup, &w));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&w), "octolux.user"));
}
END_TEST

/* The first login is clean; later ones are not, so that commands given in an outage are not lost; the topics are
 * subscribed to again whatever the broker remembers (OCT-B02). */
START_TEST(later_logins_go_on_with_the_session)
{
    rig_lose_broker(&r);
    rig_run(&r, WP_SEC(1));
    rig_expect(&r, "note broker-lost:  0\n"
                   "login octolux-gateway keepalive 15\n" SUBSCRIPTIONS("octolux"));
}
END_TEST

START_TEST(every_login_may_be_clean)
{
    again("octolux.clean", "true");
    rig_lose_broker(&r);
    rig_run(&r, WP_SEC(1));
    rig_expect(&r, "note broker-lost:  0\n"
                   "login octolux-gateway clean keepalive 15\n" SUBSCRIPTIONS("octolux"));
}
END_TEST

/* Until one has succeeded, a login is a first one. */
START_TEST(a_refused_first_login_does_not_count)
{
    rig_end(&r);
    rig_init(&r, NULL);
    r.refuse = true;
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    r.refuse = false;
    rig_run(&r, WP_SEC(1));
    rig_expect(&r, "login octolux-gateway clean keepalive 15\n"
                   "note broker-refused:  5\n"
                   "login octolux-gateway clean keepalive 15\n" SUBSCRIPTIONS("octolux"));
}
END_TEST

static void check_waits(const wp_us *waits, size_t n)
{
    r.refuse = true;
    rig_lose_broker(&r);
    for (size_t i = 0; i < n; i++) {
        wp_us due = north_octolux_class.deadline(r.machine);

        ck_assert_int_eq(due - r.now, waits[i]);
        rig_run(&r, due);
    }
}

/* OCT-B02: soon at first, never more than 30 s apart, and soon again after a session. */
START_TEST(logins_are_tried_again_ever_more_slowly)
{
    static const wp_us waits[] = {WP_MS(100), WP_MS(500), WP_SEC(1),  WP_SEC(1),  WP_SEC(5),
                                  WP_SEC(5),  WP_SEC(5),  WP_SEC(10), WP_SEC(15), WP_SEC(20),
                                  WP_SEC(25), WP_SEC(25), WP_SEC(25)};

    check_waits(waits, sizeof waits / sizeof waits[0]);
    r.refuse = false;
    rig_run(&r, r.now + WP_SEC(25));
    ck_assert(r.broker);
    check_waits(waits, 3);
}
END_TEST

START_TEST(the_longest_wait_can_be_another)
{
    static const wp_us waits[] = {WP_MS(100), WP_MS(500), WP_SEC(1), WP_SEC(1),
                                  WP_SEC(2),  WP_SEC(2),  WP_SEC(2)};

    again("octolux.reconnect_max", "2s");
    check_waits(waits, sizeof waits / sizeof waits[0]);
}
END_TEST

/* The world tells of the end of an earlier session's port, too. */
START_TEST(only_the_own_session_counts)
{
    rig_step(&r, (struct wp_event){.kind = WP_EV_CLOSE, .port = r.broker + 7});
    ck_assert_int_eq(north_octolux_class.deadline(r.machine), WP_NEVER);
    rig_hold(&r, "5555555555", WP_PUSHED, 65, 50);
    rig_expect(&r, "publish octolux/hold/65 q1 50\n");
}
END_TEST

/* OCT-B01: no status, no will, nothing retained; nor a word at the end. */
START_TEST(it_ends_without_a_word)
{
    rig_step(&r, (struct wp_event){.kind = WP_EV_STOP});
    rig_lose_broker(&r);
    rig_hold(&r, "5555555555", WP_PUSHED, 65, 50);
    rig_expect(&r, "");
    ck_assert_int_eq(north_octolux_class.deadline(r.machine), WP_NEVER);
}
END_TEST

START_TEST(a_refused_subscription_is_told)
{
    rig_step(&r,
             (struct wp_event){.kind = WP_EV_SUBACKED, .port = r.broker, .subacked = {2, WP_SUBACK_REFUSED}});
    rig_expect(&r, "note subscription-refused:  2\n");
}
END_TEST

/* ---- the outbox ----------------------------------------------------------------------------------- */

/* OCT-B02: what comes while the broker is away is published in order, each once. */
START_TEST(messages_wait_for_the_broker)
{
    rig_lose_broker(&r);
    rig_hold(&r, "5555555555", WP_PUSHED, 65, 50);
    rig_hold(&r, "5555555555", WP_PUSHED, 64, 100);
    rig_hold(&r, "5555555555", WP_PUSHED, 65, 51);
    rig_clear(&r);
    rig_run(&r, WP_SEC(1));
    rig_expect(&r, "login octolux-gateway keepalive 15\n" SUBSCRIPTIONS(
                       "octolux") "publish octolux/hold/65 q1 50\n"
                                  "publish octolux/hold/64 q1 100\n"
                                  "publish octolux/hold/65 q1 51\n");
    rig_hold(&r, "5555555555", WP_PUSHED, 65, 52);
    rig_expect(&r, "publish octolux/hold/65 q1 52\n");
    rig_lose_broker(&r);
    rig_clear(&r);
    rig_run(&r, WP_SEC(2));
    rig_expect(&r, "login octolux-gateway keepalive 15\n" SUBSCRIPTIONS("octolux"));
}
END_TEST

/* Nor is a message lost that was on its way when the session broke; one that was acknowledged does not come again. */
START_TEST(what_was_not_acknowledged_goes_out_again)
{
    r.holds_acks = true;
    rig_hold(&r, "5555555555", WP_PUSHED, 1, 10);
    rig_hold(&r, "5555555555", WP_PUSHED, 2, 20);
    r.n_published--; /* the broker took over the first */
    rig_ack(&r);
    rig_hold(&r, "5555555555", WP_PUSHED, 3, 30);
    rig_lose_broker(&r);
    rig_hold(&r, "5555555555", WP_PUSHED, 4, 40);
    rig_clear(&r);
    rig_run(&r, WP_SEC(1));
    rig_expect(
        &r, "login octolux-gateway keepalive 15\n" SUBSCRIPTIONS("octolux") "publish octolux/hold/2 q1 20\n"
                                                                            "publish octolux/hold/3 q1 30\n"
                                                                            "publish octolux/hold/4 q1 40\n");
    rig_ack(&r);
    rig_lose_broker(&r);
    rig_clear(&r);
    rig_run(&r, WP_SEC(2));
    ck_assert_uint_eq(r.n_publishes, 0);
}
END_TEST

/* The world refuses what it cannot hand to a session that is about to end: not taken over, so it goes out again. */
START_TEST(a_refused_publish_is_not_lost)
{
    r.holds_acks = true;
    rig_hold(&r, "5555555555", WP_PUSHED, 1, 10);
    rig_raw_step(&r,
                 (struct wp_event){.kind = WP_EV_ACKED, .port = r.broker, .acked = {r.published[0], false}});
    rig_lose_broker(&r);
    rig_clear(&r);
    rig_run(&r, WP_SEC(1));
    ck_assert_uint_eq(r.n_publishes, 1);
}
END_TEST

/* 1000 are kept, the oldest is dropped, and it is said how many. */
START_TEST(the_outbox_has_a_bound)
{
    rig_lose_broker(&r);
    for (unsigned i = 0; i < 1003; i++)
        rig_hold(&r, "5555555555", WP_PUSHED, (uint16_t)i, (uint16_t)i);
    rig_expect(&r, "note broker-lost:  0\n"
                   "note publish-dropped: the broker is away, the oldest message is lost 1\n");
    r.holds_acks = true;
    rig_run(&r, WP_SEC(1));
    ck_assert_uint_eq(r.n_publishes, 1000);
    ck_assert_ptr_nonnull(
        strstr(r.trace, SUBSCRIPTIONS("octolux") "note publish-dropped: while the broker was away 3\n"
                                                 "publish octolux/hold/3 q1 3\n"
                                                 "publish octolux/hold/4 q1 4\n"));
    ck_assert_ptr_nonnull(strstr(r.trace, "publish octolux/hold/1002 q1 1002\n"));
    rig_ack(&r);
    rig_clear(&r);
    r.holds_acks = false;
    rig_hold(&r, "5555555555", WP_PUSHED, 65, 50);
    rig_expect(&r, "publish octolux/hold/65 q1 50\n");
    rig_lose_broker(&r);
    rig_run(&r, WP_SEC(2)); /* nothing was dropped in this outage */
    rig_expect(&r, "note broker-lost:  0\nlogin octolux-gateway keepalive 15\n" SUBSCRIPTIONS("octolux"));
}
END_TEST

/* A broker that acknowledges nothing stops nobody: messages go out, the oldest are its own affair, and late
 * acknowledgements of theirs mean nothing. */
START_TEST(a_slow_broker_stops_nothing)
{
    again("octolux.outbox", "4");
    r.holds_acks = true;
    for (uint16_t i = 0; i < 20; i++)
        rig_hold(&r, "5555555555", WP_PUSHED, i, i);
    ck_assert_uint_eq(r.n_publishes, 20);
    ck_assert_uint_eq(r.n_notes, 0);
    r.n_published = 16; /* acknowledged: all but the latest four */
    rig_ack(&r);
    rig_lose_broker(&r);
    rig_clear(&r);
    rig_run(&r, WP_SEC(1));
    rig_expect(&r, "login octolux-gateway keepalive 15\n" SUBSCRIPTIONS(
                       "octolux") "publish octolux/hold/16 q1 16\n"
                                  "publish octolux/hold/17 q1 17\n"
                                  "publish octolux/hold/18 q1 18\n"
                                  "publish octolux/hold/19 q1 19\n");
}
END_TEST

/* Through many turns of the ring, with acknowledgements that lag behind, the order stays. */
START_TEST(the_ring_turns_in_order)
{
    uint16_t next = 0;

    again("octolux.outbox", "5");
    r.holds_acks = true;
    for (unsigned turn = 0; turn < 50; turn++) {
        char line[64];

        rig_clear(&r);
        for (unsigned i = 0; i < 1 + turn % 4; i++)
            rig_hold(&r, "5555555555", WP_PUSHED, 7, next++);
        snprintf(line, sizeof line, "publish octolux/hold/7 q1 %u\n", next - 1u);
        ck_assert_str_eq(wp_put_end(&r.w) + r.w.n - strlen(line), line);
        if (turn % 3 == 0)
            rig_ack(&r);
        if (turn % 7 == 6) {
            rig_ack(&r);
            rig_lose_broker(&r);
            rig_run(&r, r.now + WP_SEC(1));
        }
    }
    ck_assert_uint_eq(r.n_notes, 0);
}
END_TEST

/* ---- several inverters ---------------------------------------------------------------------------- */

/* Each has topics of its own, the further ones in the order of lxp.more. */
START_TEST(every_inverter_has_its_own_topics)
{
    rig_end(&r);
    rig_init(&r, "lxp.more",
             "home/garage=5555555556:BA55555556@127.0.2.2, h1=5555555560:BA55555560@127.0.3.1*2", NULL);
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    rig_expect(&r, "login octolux-gateway clean keepalive 15\n" SUBSCRIPTIONS("octolux")
                       SUBSCRIPTIONS("home/garage") SUBSCRIPTIONS("h1") SUBSCRIPTIONS("h2"));
    rig_hold(&r, "5555555561", WP_PUSHED, 65, 50);
    rig_hold(&r, "5555555555", WP_PUSHED, 65, 51);
    rig_hold(&r, "5555555556", WP_PUSHED, 65, 52);
    rig_hold(&r, "5555555562", WP_PUSHED, 65, 53); /* nobody's */
    rig_expect(&r, "publish h2/hold/65 q1 50\n"
                   "publish octolux/hold/65 q1 51\n"
                   "publish home/garage/hold/65 q1 52\n");
    rig_message(&r, "home/garage/cmd/read_input", "1");
    rig_answer(&r, false);
    rig_message(&r, "h1/cmd/charge_pct", "7");
    rig_answer(&r, true);
    rig_message(&r, "garage/cmd/charge_pct", "7");
    rig_message(&r, "h3/cmd/charge_pct", "7");
    rig_expect(&r, "command 5555555556 read input 0/40\n"
                   "publish home/garage/result/read_input q1 FAIL\n"
                   "command 5555555560 write hold 64 = 7\n"
                   "publish h1/result/charge_pct q1 OK\n"
                   "note command-ignored: no command has this topic 1\n"
                   "note command-ignored: no command has this topic 2\n");
}
END_TEST

/* Many topics are subscribed to a window at a time, and all over again after the next login. */
START_TEST(subscriptions_are_under_way_a_window_at_a_time)
{
    size_t all = 0;

    rig_end(&r);
    rig_init(&r, "lxp.more", "h1=5555555560:BA55555560@127.0.3.1*99", NULL);
    r.silent = true;
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    ck_assert_uint_eq(r.n_subscribed, 80);
    rig_answer_subscriptions(&r);
    ck_assert_uint_eq(r.n_subscribed, 80);
    rig_lose_broker(&r);
    rig_run(&r, WP_SEC(1));
    while (r.n_subscribed > 0) {
        all += r.n_subscribed;
        ck_assert_uint_le(r.n_subscribed, 80);
        rig_answer_subscriptions(&r);
    }
    ck_assert_uint_eq(all, 700);
    ck_assert_ptr_nonnull(strstr(r.trace, SUBSCRIPTIONS("h99")));
}
END_TEST

/* Without an inverter there is a session and nothing else. */
START_TEST(there_need_be_no_inverter)
{
    rig_end(&r);
    rig_init(&r, NULL);
    rig_end(&r);
    r.setup.setup.n_given = 0;
    rig_make(&r);
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    rig_hold(&r, "5555555555", WP_PUSHED, 65, 50);
    rig_expect(&r, "login octolux-gateway clean keepalive 15\n");
}
END_TEST

static size_t size_with(const char *more)
{
    size_t n;

    rig_end(&r);
    rig_init(&r, "lxp.more", more, NULL);
    n = north_octolux_class.size(&r.setup.setup);
    return n;
}

/* 100 000 inverters fit, each in a few dozen bytes, and the last one is found as fast as the first. */
START_TEST(an_inverter_costs_little)
{
    size_t few = size_with("h00001=1000000001:BA00000001@127.1.0.1*9"),
           many = size_with("h00001=1000000001:BA00000001@127.1.0.1*99999");

    ck_assert_uint_lt((many - few) / (99999 - 9), 128);
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    rig_clear(&r);
    rig_hold(&r, "1000099999", WP_PUSHED, 65, 50);
    rig_message(&r, "h99999/cmd/read_hold", "65");
    rig_answer(&r, true);
    rig_expect(&r, "publish h99999/hold/65 q1 50\n"
                   "command 1000099999 read hold 65\n"
                   "publish h99999/result/read_hold q1 OK\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("north_octolux");
    TCase *tc = tcase_create("session");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_session_begins_with_the_seven_command_topics);
    tcase_add_test(tc, user_and_password_are_those_given);
    tcase_add_test(tc, a_password_needs_a_user);
    tcase_add_test(tc, later_logins_go_on_with_the_session);
    tcase_add_test(tc, every_login_may_be_clean);
    tcase_add_test(tc, a_refused_first_login_does_not_count);
    tcase_add_test(tc, logins_are_tried_again_ever_more_slowly);
    tcase_add_test(tc, the_longest_wait_can_be_another);
    tcase_add_test(tc, only_the_own_session_counts);
    tcase_add_test(tc, it_ends_without_a_word);
    tcase_add_test(tc, a_refused_subscription_is_told);
    tcase_add_test(tc, messages_wait_for_the_broker);
    tcase_add_test(tc, what_was_not_acknowledged_goes_out_again);
    tcase_add_test(tc, a_refused_publish_is_not_lost);
    tcase_add_test(tc, the_outbox_has_a_bound);
    tcase_add_test(tc, a_slow_broker_stops_nothing);
    tcase_add_test(tc, the_ring_turns_in_order);
    tcase_add_test(tc, every_inverter_has_its_own_topics);
    tcase_add_test(tc, subscriptions_are_under_way_a_window_at_a_time);
    tcase_add_test(tc, there_need_be_no_inverter);
    tcase_add_test(tc, an_inverter_costs_little);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
