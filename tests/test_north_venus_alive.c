/* Keep-alive: who wakes the venus north, for how long, and what it tells then. */
#include "tests/venus_rig.h"

static struct rig r;

/* A south with two services of one item each. */
static void mirror(struct rig *rig, struct wp_slice device)
{
    const struct wp_point point = {.id = wp_text("/ProductId"), .unit = "", .value = wp_int(45058)};

    rig_reading(rig, device, WP_ASKED, NULL, &point, 1);
}

static void setup(void)
{
    rig_start(&r, NULL);
    rig_presence(&r, "pvinverter/20", true);
    rig_presence(&r, "system/0", true);
    r.own.mirror = mirror;
    r.now = WP_SEC(10);
}

static void teardown(void)
{
    rig_end(&r);
}

#define BURST                                                                                                \
    "command pvinverter/20 execute mirror\n"                                                                 \
    "publish pvinverter/20/ProductId {\"value\":45058}\n"                                                    \
    "command system/0 execute mirror\n"                                                                      \
    "publish system/0/ProductId {\"value\":45058}\n"

#define MARKER "publish full_publish_completed {\"value\":1702459532}\n"
#define BEAT   "publish heartbeat {\"value\":1702459532}\n"

static bool hears_changes(void)
{
    size_t before = r.n_publishes;

    rig_tell(&r, "pvinverter/20", WP_PUSHED, "/Ac/Power", wp_real(936));
    return r.n_publishes > before;
}

/* ---- full publish --------------------------------------------------------------------------------- */

/* VEN-041, VEN-079, VEN-084, VEN-085, VEN-B26: every item, then the marker, then the first heartbeat. */
START_TEST(everything_then_the_marker_then_a_heartbeat)
{
    rig_keep_alive(&r);
    rig_expect(&r, BURST MARKER BEAT);
}
END_TEST

/* VEN-079: while alive too; the chain of heartbeats is not moved. */
START_TEST(a_second_one_publishes_everything_again)
{
    rig_keep_alive(&r);
    rig_clear(&r);
    rig_keep_alive(&r);
    rig_expect(&r, BURST MARKER);
}
END_TEST

/* VEN-078: the legacy topic is both; its payload is that of a keep-alive. */
START_TEST(the_legacy_topic_is_a_keep_alive_and_a_read)
{
    rig_ask(&r, 'R', "system/0/Serial", "");
    rig_expect(&r, BURST MARKER BEAT "command system/0 read /Serial\n");
    rig_ask(&r, 'R', "system/0/Serial", "{\"keepalive-options\":[{\"full-publish-completed-echo\":\"x\"}]}");
    rig_expect(&r, BURST "publish full_publish_completed {\"full-publish-completed-echo\":\"x\","
                         "\"value\":1702459532}\ncommand system/0 read /Serial\n");
    rig_ask(&r, 'R', "system/0/Serial", "suppress-republish");
    rig_expect(&r, "command system/0 read /Serial\n");
}
END_TEST

START_TEST(without_a_system_the_legacy_topic_is_a_keep_alive)
{
    rig_presence(&r, "system/0", false);
    rig_ask(&r, 'R', "system/0/Serial", "suppress-republish");
    rig_expect(&r, BEAT "note request-ignored: no such service is there 1\n");
    ck_assert(hears_changes());
}
END_TEST

/* VEN-089, VEN-090, VEN-091: blanks do not matter, members stand in order. */
START_TEST(an_echo_comes_back)
{
    rig_ask(&r, 'R', "keepalive",
            "{ \"keepalive-options\" : [ {\"full-publish-completed-echo\": \"Ucq2YLVt6ZWdgUNf\" } ] }");
    rig_expect(&r, BURST "publish full_publish_completed {\"full-publish-completed-echo\":"
                         "\"Ucq2YLVt6ZWdgUNf\",\"value\":1702459532}\n" BEAT);
    rig_ask(&r, 'R', "keepalive", "{\"keepalive-options\":[{\"full-publish-completed-echo\":\"\"}]}");
    rig_expect(&r, BURST "publish full_publish_completed {\"full-publish-completed-echo\":\"\","
                         "\"value\":1702459532}\n");
    rig_ask(&r, 'R', "keepalive", "{\"keepalive-options\":[{\"full-publish-completed-echo\":7}]}");
    rig_expect(&r, BURST MARKER);
}
END_TEST

/* VEN-091: 4 KiB come back whole. */
START_TEST(a_long_echo_comes_back)
{
    static char payload[4400], expected[4400], text[4097];

    memset(text, 'e', 4096);
    snprintf(payload, sizeof payload, "{\"keepalive-options\":[{\"full-publish-completed-echo\":\"%s\"}]}",
             text);
    snprintf(expected, sizeof expected,
             BURST
             "publish full_publish_completed {\"full-publish-completed-echo\":\"%s\",\"value\":1702459532}\n",
             text);
    rig_ask(&r, 'R', "keepalive", "suppress-republish");
    rig_clear(&r);
    rig_message_with(&r, wp_text("R/" RIG_PORTAL "/keepalive"), wp_text(payload), false);
    rig_expect(&r, expected);
}
END_TEST

/* VEN-B25, VEN-113 */
START_TEST(odd_payloads_ask_for_everything)
{
    static const char *const odd[] = {"garbage", "[\"pvinverter/+/#\"]", "{\"keepalive-options\":{}}",
                                      "{\"keepalive-options\":[\"what\"]}"};

    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        r.now += WP_SEC(1);
        rig_ask(&r, 'R', "keepalive", odd[i]);
        ck_assert_uint_eq(r.own.n_items, 2);
        ck_assert_uint_eq(r.own.n_markers, 1);
        ck_assert_ptr_null(strstr(wp_put_end(&r.w), "echo"));
        rig_clear(&r);
    }
}
END_TEST

/* VEN-093: as the very first one, too. */
START_TEST(a_suppressed_one_only_wakes)
{
    rig_ask(&r, 'R', "keepalive", "{ \"keepalive-options\" : [\"suppress-republish\"] }");
    rig_expect(&r, BEAT);
    ck_assert(hears_changes());
}
END_TEST

/* VEN-109: with nobody there it is complete at once. */
START_TEST(without_services_the_marker_comes)
{
    rig_presence(&r, "pvinverter/20", false);
    rig_presence(&r, "system/0", false);
    rig_keep_alive(&r);
    rig_expect(&r, MARKER BEAT);
}
END_TEST

/* A service may leave while its mirror is asked for. */
static void mirror_and_leave(struct rig *rig, struct wp_slice device)
{
    mirror(rig, device);
    if (wp_slice_is(device, "pvinverter/20")) {
        rig_presence(rig, "pvinverter/20", false);
        rig_presence(rig, "grid/30", true);
    }
}

START_TEST(services_that_come_and_go_meanwhile_do_no_harm)
{
    r.own.mirror = mirror_and_leave;
    rig_keep_alive(&r);
    rig_expect(&r, BURST MARKER BEAT);
    r.own.mirror = mirror;
    rig_keep_alive(&r);
    ck_assert_uint_eq(r.own.n_items, 2);
}
END_TEST

/* ---- sixty seconds -------------------------------------------------------------------------------- */

/* VEN-016, VEN-082, VEN-083 */
START_TEST(it_lasts_sixty_seconds)
{
    ck_assert(!hears_changes());
    rig_keep_alive(&r);
    r.now = WP_SEC(69);
    ck_assert(hears_changes());
    r.now = WP_SEC(71);
    ck_assert(!hears_changes());
}
END_TEST

/* VEN-082, VEN-B31: from the last one of any form; other reads and writes do not count. */
START_TEST(only_a_keep_alive_extends_it)
{
    rig_keep_alive(&r);
    r.now = WP_SEC(60);
    rig_ask(&r, 'R', "pvinverter/20/Ac/Power", "");
    rig_ask(&r, 'W', "pvinverter/20/Ac/Power", "{\"value\":1}");
    rig_ask(&r, 'W', "system/0/Serial", "{\"value\":1}");
    r.now = WP_SEC(71);
    ck_assert(!hears_changes());
    rig_ask(&r, 'R', "keepalive", "suppress-republish");
    r.now = WP_SEC(130);
    ck_assert(hears_changes());
    r.now = WP_SEC(132);
    ck_assert(!hears_changes());
}
END_TEST

/* VEN-083: nothing announces the end. */
START_TEST(it_ends_silently)
{
    rig_keep_alive(&r);
    rig_run(&r, WP_SEC(70));
    rig_clear(&r);
    rig_run(&r, WP_SEC(200));
    rig_expect(&r, "");
    ck_assert_int_eq(north_venus_class.deadline(r.machine), WP_NEVER);
}
END_TEST

/* VEN-B26: at 0, 3 ... 57 s. */
START_TEST(one_keep_alive_has_twenty_heartbeats)
{
    char text[64];

    rig_ask(&r, 'R', "keepalive", "suppress-republish");
    rig_expect(&r, BEAT);
    for (int i = 1; i < 20; i++) {
        rig_run(&r, WP_SEC(10 + 3 * i));
        snprintf(text, sizeof text, "publish heartbeat {\"value\":%d}\n", 1702459532 + 3 * i);
        rig_expect(&r, text);
    }
    rig_run(&r, WP_SEC(300));
    rig_expect(&r, "");
}
END_TEST

/* b.6: a keep-alive between the end and the tick after it goes on with the chain, without a heartbeat of its own. */
START_TEST(a_chain_is_neither_moved_nor_doubled)
{
    rig_ask(&r, 'R', "keepalive", "suppress-republish");
    rig_run(&r, WP_SEC(11));
    rig_ask(&r, 'R', "keepalive", "suppress-republish");
    rig_run(&r, WP_SEC(72));
    ck_assert(!hears_changes());
    ck_assert_uint_eq(r.own.n_beats, 21);
    rig_ask(&r, 'R', "keepalive", "suppress-republish");
    ck_assert_uint_eq(r.own.n_beats, 21);
    rig_run(&r, WP_SEC(73));
    ck_assert_uint_eq(r.own.n_beats, 22);
}
END_TEST

/* After a sleep of the process one heartbeat comes, not all that are due. */
START_TEST(heartbeats_are_not_made_up_for)
{
    rig_ask(&r, 'R', "keepalive", "suppress-republish");
    r.now = WP_SEC(30);
    rig_clear(&r);
    rig_step(&r, (struct wp_event){.kind = WP_EV_TIMER});
    rig_expect(&r, "publish heartbeat {\"value\":1702459552}\n");
    ck_assert_int_eq(north_venus_class.deadline(r.machine), WP_SEC(33));
}
END_TEST

/* T20: what is told is the clock's, what is waited for is not. */
START_TEST(a_clock_that_is_set_moves_no_timer)
{
    rig_ask(&r, 'R', "keepalive", "suppress-republish");
    rig_clear(&r);
    r.facts.epoch_us += WP_SEC(1000);
    rig_run(&r, WP_SEC(13));
    rig_expect(&r, "publish heartbeat {\"value\":1702460535}\n");
}
END_TEST

/* ---- no more than three in a second ---------------------------------------------------------------- */

/* VEN-098, VEN-B22: the others are dropped for good, but count as keep-alives. */
START_TEST(three_in_a_second_are_served)
{
    for (int i = 0; i < 10; i++)
        rig_keep_alive(&r);
    ck_assert_uint_eq(r.own.n_markers, 3);
    ck_assert_uint_eq(r.own.n_items, 6);
    ck_assert_uint_eq(r.n_notes, 7);
    rig_run(&r, WP_SEC(12));
    ck_assert_uint_eq(r.own.n_markers, 3);
    rig_keep_alive(&r);
    ck_assert_uint_eq(r.own.n_markers, 4);
}
END_TEST

/* VEN-098: in any second, so the fourth waits for the first to be a second old. */
START_TEST(the_second_slides)
{
    static const struct {
        wp_us at;
        size_t markers;
    } sent[] = {{WP_MS(10000), 1}, {WP_MS(10900), 2}, {WP_MS(10950), 3}, {WP_MS(10999), 3},
                {WP_MS(11000), 4}, {WP_MS(11001), 4}, {WP_MS(11899), 4}, {WP_MS(11900), 5},
                {WP_MS(11950), 6}, {WP_MS(11951), 6}};

    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
        r.now = sent[i].at;
        rig_keep_alive(&r);
        ck_assert_uint_eq(r.own.n_markers, sent[i].markers);
    }
}
END_TEST

/* VEN-099: three spread over a second, one each second. */
START_TEST(normal_use_is_never_limited)
{
    for (int i = 0; i < 9; i++) {
        r.now = WP_SEC(20) + i * WP_SEC(1) / 2;
        rig_keep_alive(&r);
    }
    for (int i = 0; i < 20; i++) {
        r.now = WP_SEC(40 + i);
        rig_keep_alive(&r);
    }
    ck_assert_uint_eq(r.own.n_markers, 29);
}
END_TEST

START_TEST(a_dropped_one_extends_and_a_suppressed_one_is_free)
{
    for (int i = 0; i < 3; i++)
        rig_keep_alive(&r);
    r.now = WP_MS(10900);
    rig_clear(&r);
    rig_keep_alive(&r);
    rig_expect(&r, "note full-publish-dropped: 3 within a second are the most 1\n");
    r.now = WP_MS(70800);
    ck_assert(hears_changes());
    for (int i = 0; i < 10; i++)
        rig_ask(&r, 'R', "keepalive", "suppress-republish");
    rig_clear(&r);
    rig_keep_alive(&r);
    ck_assert_uint_eq(r.own.n_markers, 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("north_venus_alive");
    TCase *t = tcase_create("alive");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, everything_then_the_marker_then_a_heartbeat);
    tcase_add_test(t, a_second_one_publishes_everything_again);
    tcase_add_test(t, the_legacy_topic_is_a_keep_alive_and_a_read);
    tcase_add_test(t, without_a_system_the_legacy_topic_is_a_keep_alive);
    tcase_add_test(t, an_echo_comes_back);
    tcase_add_test(t, a_long_echo_comes_back);
    tcase_add_test(t, odd_payloads_ask_for_everything);
    tcase_add_test(t, a_suppressed_one_only_wakes);
    tcase_add_test(t, without_services_the_marker_comes);
    tcase_add_test(t, services_that_come_and_go_meanwhile_do_no_harm);
    tcase_add_test(t, it_lasts_sixty_seconds);
    tcase_add_test(t, only_a_keep_alive_extends_it);
    tcase_add_test(t, it_ends_silently);
    tcase_add_test(t, one_keep_alive_has_twenty_heartbeats);
    tcase_add_test(t, a_chain_is_neither_moved_nor_doubled);
    tcase_add_test(t, heartbeats_are_not_made_up_for);
    tcase_add_test(t, a_clock_that_is_set_moves_no_timer);
    tcase_add_test(t, three_in_a_second_are_served);
    tcase_add_test(t, the_second_slides);
    tcase_add_test(t, normal_use_is_never_limited);
    tcase_add_test(t, a_dropped_one_extends_and_a_suppressed_one_is_free);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
