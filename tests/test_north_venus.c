/* The venus north's session at the broker, and who is there.
 * covers: north_venus_setup north_venus_services */
#include "tests/venus_rig.h"

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

#define SESSION                                                                                              \
    "subscribe R/c0619ab12345/# q0\n"                                                                        \
    "subscribe W/c0619ab12345/# q0\n"

/* ---- the session ---------------------------------------------------------------------------------- */

/* VEN-004, VEN-075, VEN-B26: both filters at every connection, 1 on N/<id>/keepalive, and not a word more. */
START_TEST(a_session_begins_with_two_filters_and_a_notice)
{
    rig_end(&r);
    rig_init(&r, NULL);
    r.own.is_whole = true;
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    rig_expect(&r, "login venus-gateway clean keepalive 15\n" SESSION "publish N/c0619ab12345/keepalive 1\n");
    ck_assert_int_eq(north_venus_class.deadline(r.machine), WP_NEVER);
}
END_TEST

START_TEST(login_is_what_is_given)
{
    rig_end(&r);
    rig_init(&r, "venus.user", "gx", "venus.password", "p:@ss", "venus.client_id", "roof", "venus.keepalive",
             "60s", NULL);
    r.own.is_whole = true;
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    rig_expect(&r, "login roof clean keepalive 60 user gx password p:@ss\n" SESSION
                   "publish N/c0619ab12345/keepalive 1\n");
}
END_TEST

static const char *refusal(const char *name, const char *value)
{
    static char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);

    rig_end(&r);
    rig_init(&r, NULL);
    rig_give(&r, name, value);
    return north_venus_class.check(&r.setup.setup, &w) ? NULL : wp_put_end(&w);
}

START_TEST(a_setup_that_cannot_be_is_refused)
{
    ck_assert_ptr_nonnull(strstr(refusal("venus.password", "x"), "needs venus.user"));
    ck_assert_ptr_nonnull(strstr(refusal("venus.portal", "a/b"), "one topic level"));
    ck_assert_ptr_nonnull(strstr(refusal("venus.portal", "+"), "one topic level"));
    ck_assert_ptr_nonnull(
        strstr(refusal("venus.portal", "01234567890123456789012345678901234567890123456789012345678901234"),
               "64 bytes"));
    ck_assert_ptr_null(refusal("venus.portal", "b827eb123456"));
}
END_TEST

/* VEN-B33: soon at first, never more than 30 s apart, soon again after a session; every login is clean. */
START_TEST(logins_are_tried_again_ever_more_slowly)
{
    static const wp_us waits[] = {WP_MS(100), WP_MS(500), WP_SEC(1),  WP_SEC(1),  WP_SEC(5),  WP_SEC(5),
                                  WP_SEC(5),  WP_SEC(10), WP_SEC(15), WP_SEC(20), WP_SEC(25), WP_SEC(25)};

    r.refuse = true;
    rig_lose_broker(&r);
    rig_expect(&r, "note broker-lost:  0\n");
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        wp_us due = north_venus_class.deadline(r.machine);

        ck_assert_int_eq(due - r.now, waits[i]);
        rig_run(&r, due);
        rig_expect(&r, "login venus-gateway clean keepalive 15\nnote broker-refused:  5\n");
    }
    r.refuse = false;
    rig_run(&r, r.now + WP_SEC(25));
    ck_assert(r.broker);
    rig_lose_broker(&r);
    ck_assert_int_eq(north_venus_class.deadline(r.machine) - r.now, WP_MS(100));
}
END_TEST

START_TEST(the_longest_wait_can_be_another)
{
    again("venus.broker_reconnect_max", "300ms");
    rig_lose_broker(&r);
    r.refuse = true;
    rig_run(&r, WP_MS(100));
    ck_assert_int_eq(north_venus_class.deadline(r.machine), WP_MS(400));
}
END_TEST

START_TEST(only_the_own_session_counts)
{
    rig_step(&r, (struct wp_event){.kind = WP_EV_CLOSE, .port = r.broker + 7});
    ck_assert_int_eq(north_venus_class.deadline(r.machine), WP_NEVER);
    rig_expect(&r, "");
}
END_TEST

START_TEST(a_refused_filter_is_said)
{
    r.refuse_subscriptions = true;
    rig_lose_broker(&r);
    rig_clear(&r);
    rig_run(&r, WP_SEC(1));
    rig_expect(&r, "login venus-gateway clean keepalive 15\n" SESSION "publish keepalive 1\n"
                   "note subscription-refused:  1\nnote subscription-refused:  2\n");
}
END_TEST

START_TEST(it_ends_without_a_word)
{
    rig_presence(&r, "pvinverter/20", true);
    rig_keep_alive(&r);
    rig_clear(&r);
    rig_step(&r, (struct wp_event){.kind = WP_EV_STOP});
    rig_lose_broker(&r);
    rig_tell(&r, "pvinverter/20", WP_PUSHED, "/Ac/Power", wp_int(936));
    rig_expect(&r, "");
    ck_assert_int_eq(north_venus_class.deadline(r.machine), WP_NEVER);
}
END_TEST

/* VEN-B33: alive and its heartbeats go on; nothing waits for the broker, but it is counted. */
START_TEST(keep_alive_outlives_a_session)
{
    rig_presence(&r, "pvinverter/20", true);
    rig_ask(&r, 'R', "keepalive", "suppress-republish");
    rig_clear(&r);
    r.refuse = true;
    rig_run(&r, WP_SEC(1));
    rig_lose_broker(&r);
    rig_expect(&r, "note broker-lost:  0\n");
    rig_tell(&r, "pvinverter/20", WP_PUSHED, "/Ac/Power", wp_int(936));
    rig_tell(&r, "pvinverter/20", WP_PUSHED, "/Ac/Power", wp_int(937));
    rig_gone(&r, "pvinverter/20", "/Ac/Power");
    rig_expect(&r, "note publish-dropped: the broker is away, and nothing waits for it 1\n");
    r.refuse = false;
    rig_run(&r, WP_SEC(3));
    rig_expect(&r, "login venus-gateway clean keepalive 15\n" SESSION
                   "note publish-dropped: while the broker was away 3\n"
                   "publish keepalive 1\n"
                   "publish heartbeat {\"value\":1702459525}\n");
    rig_tell(&r, "pvinverter/20", WP_PUSHED, "/Ac/Power", wp_int(938));
    rig_expect(&r, "publish pvinverter/20/Ac/Power {\"value\":938}\n");
    rig_run(&r, WP_SEC(90));
    ck_assert_uint_eq(r.own.n_beats, 18);
}
END_TEST

/* ---- who is there --------------------------------------------------------------------------------- */

START_TEST(services_stand_in_a_full_publish_as_long_as_they_are_there)
{
    rig_presence(&r, "pvinverter/20", true);
    rig_presence(&r, "pvinverter/21", true);
    rig_presence(&r, "battery/-3", true);
    rig_presence(&r, "pvinverter/20", false);
    rig_presence(&r, "edge/abc_1", true);
    rig_presence(&r, "edge/abc_1", true);
    rig_presence(&r, "pvinverter/99", false);
    rig_keep_alive(&r);
    rig_expect(&r, "command edge/abc_1 execute mirror\n"
                   "command pvinverter/21 execute mirror\n"
                   "command battery/-3 execute mirror\n"
                   "publish full_publish_completed {\"value\":1702459522}\n"
                   "publish heartbeat {\"value\":1702459522}\n");
}
END_TEST

/* What is not of this API has no topics, whatever it is called. */
START_TEST(devices_of_others_are_none_of_ours)
{
    const struct wp_presence meter = {.device = wp_text("a/1"), .protocol = "dlt645", .online = true};
    const struct wp_point point = {.id = wp_text("/P"), .unit = "", .value = wp_int(1)};
    const struct wp_reading reading = {.device = wp_text("pvinverter/20"),
                                       .protocol = "lxp",
                                       .reason = WP_ASKED,
                                       .points = &point,
                                       .n_points = 1};

    rig_step(&r, (struct wp_event){.kind = WP_EV_PRESENCE, .presence = &meter});
    rig_presence(&r, "pvinverter/20", true);
    rig_step(&r, (struct wp_event){.kind = WP_EV_READING, .reading = &reading});
    rig_tell(&r, "a/1", WP_ASKED, "/P", wp_int(1));
    rig_keep_alive(&r);
    rig_expect(&r, "command pvinverter/20 execute mirror\n"
                   "publish full_publish_completed {\"value\":1702459522}\n"
                   "publish heartbeat {\"value\":1702459522}\n");
}
END_TEST

START_TEST(a_name_that_gives_no_topic_is_refused)
{
    rig_presence(&r, "pvinverter", true);
    rig_presence(&r, "pvinverter/a#b", true);
    rig_presence(&r, "edge/a/b", true);
    rig_presence(&r, "keepalive", true);
    rig_presence(&r, "edge/0123456789012345678901234567890123456789012345678901234567890123456789", true);
    rig_expect(&r, "note service-refused: pvinverter 1\n"
                   "note service-refused: pvinverter/a#b 2\n"
                   "note service-refused: edge/a/b 3\n"
                   "note service-refused: keepalive 4\n"
                   "note service-refused: "
                   "edge/0123456789012345678901234567890123456789012345678901234567890123456789 5\n");
}
END_TEST

/* As many as the gateway has devices: one more has no place, and the place of one that left is taken again. */
START_TEST(one_service_too_many_is_refused)
{
    again("meters.max_connections", "2");
    rig_presence(&r, "grid/1", true);
    rig_presence(&r, "grid/2", true);
    rig_presence(&r, "grid/3", true);
    rig_expect(&r, "note service-refused: grid/3 1\n");
    rig_tell(&r, "grid/3", WP_ASKED, "/P", wp_int(1));
    rig_presence(&r, "grid/2", false);
    rig_presence(&r, "grid/4", true);
    rig_tell(&r, "grid/4", WP_ASKED, "/P", wp_int(1));
    rig_expect(&r, "publish grid/4/P {\"value\":1}\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("north_venus");
    TCase *t = tcase_create("session");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_session_begins_with_two_filters_and_a_notice);
    tcase_add_test(t, login_is_what_is_given);
    tcase_add_test(t, a_setup_that_cannot_be_is_refused);
    tcase_add_test(t, logins_are_tried_again_ever_more_slowly);
    tcase_add_test(t, the_longest_wait_can_be_another);
    tcase_add_test(t, only_the_own_session_counts);
    tcase_add_test(t, a_refused_filter_is_said);
    tcase_add_test(t, it_ends_without_a_word);
    tcase_add_test(t, keep_alive_outlives_a_session);
    tcase_add_test(t, services_stand_in_a_full_publish_as_long_as_they_are_there);
    tcase_add_test(t, devices_of_others_are_none_of_ours);
    tcase_add_test(t, a_name_that_gives_no_topic_is_refused);
    tcase_add_test(t, one_service_too_many_is_refused);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
