/* The VRM portal of a live world: a second mosquitto behind TLS, and mosquitto's own bridge to it. The virtual world tells
 * the same stories. */
#include "tests/bridge_story.h"
#include "tests/live_fixture.h"

enum { SEEDS = 3, DEEDS = 40 };

static struct story live, simulated;

static void open_live(struct story *s, struct wp_world_setup setup)
{
    static char plugin[512], text[2048];
    struct wp_writer why = wp_writer(text, sizeof text);
    const char *build = getenv("WATTPROOF_BUILD");

    snprintf(plugin, sizeof plugin, "%s/wattproof_access.so", build ? build : "build/dev");
    setup.plugin = plugin;
    s->world = world_live_new(&setup, &why);
    ck_assert_msg(s->world, "%s", wp_put_end(&why));
}

static void open_both(enum wp_forward forward)
{
    const struct wp_world_setup setup = story_setup(&simulated, forward);

    open_live(&live, story_setup(&live, forward));
    simulated.world = world_virtual_new(&setup);
    story_open(&live);
    story_open(&simulated);
}

static void close_both(void)
{
    ck_assert_str_eq(live.text, simulated.text);
    world_free(live.world);
    world_free(simulated.world);
}

START_TEST(both_worlds_forward_alike)
{
    open_both(_i == 0 ? WP_FORWARD_READ_ONLY : WP_FORWARD_FULL);
    story_play(&live, (uint64_t)_i, DEEDS);
    story_play(&simulated, (uint64_t)_i, DEEDS);
    close_both();
}
END_TEST

START_TEST(both_worlds_lose_the_portal_alike)
{
    open_both(WP_FORWARD_FULL);
    story_portal_restarts(&live);
    story_portal_restarts(&simulated);
    close_both();
}
END_TEST

START_TEST(without_forwarding_nobody_dials)
{
    open_both(WP_FORWARD_OFF);
    story_do(&live, GX, "N/c0619ab12345/a/0/P", "1", 1, false);
    story_do(&simulated, GX, "N/c0619ab12345/a/0/P", "1", 1, false);
    close_both();
}
END_TEST

/* Each door alone, and who knocks at the other; from within the house it is always open. */
START_TEST(doors_are_shut_as_they_are_told)
{
    struct wp_world_setup setup = story_setup(&live, WP_FORWARD_OFF);

    setup.shut = (unsigned)_i;
    setup.broker_tls = true;
    setup.vrm = NULL;
    open_live(&live, setup);
    for (int m = 0; m < STORY_CLIENTS; m++) {
        enum wp_door door = (enum wp_door)m;

        live.at[m] =
            (struct wp_endpoint){.name = "broker", .transport = WP_BROKER, .addr = wp_door_addr(door)};
        live.setups[m] =
            (struct wp_setup){.name = story_names[m], .endpoints = &live.at[m], .n_endpoints = 1};
        world_add(live.world, &puppet_class, &live.setups[m], NULL);
    }
    ck_assert_msg(world_start(live.world), "%s", world_error(live.world));
    ck_assert(story_log_in(&live, WP_DOOR_INSIDE));
    ck_assert_int_eq(story_log_in(&live, WP_DOOR_PLAIN), !(_i & (int)WP_DOOR_BIT(WP_DOOR_PLAIN)));
    ck_assert_int_eq(story_log_in(&live, WP_DOOR_SECURE), !(_i & (int)WP_DOOR_BIT(WP_DOOR_SECURE)));
    ck_assert(!story_log_in(&live, WP_DOOR_VRM));
    world_free(live.world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live_vrm");
    TCase *tc = tcase_create("vrm");
    SRunner *runner = srunner_create(suite);
    int failed;

    if (!has_mosquitto()) {
        puts("skipped: mosquitto is not installed");
        return 0;
    }
    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, both_worlds_forward_alike, 0, SEEDS);
    tcase_add_test(tc, both_worlds_lose_the_portal_alike);
    tcase_add_test(tc, without_forwarding_nobody_dials);
    for (unsigned doors = 0; doors < 4; doors++)
        tcase_add_loop_test(tc, doors_are_shut_as_they_are_told, (int)(doors << WP_DOOR_PLAIN),
                            (int)(doors << WP_DOOR_PLAIN) + 1);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
