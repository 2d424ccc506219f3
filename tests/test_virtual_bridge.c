/* The bridge between the two brokers of the virtual world, and the doors that lead to them. */
#include "tests/bridge_story.h"

#include <stdlib.h>

static struct story s, again;

static void open_story(struct story *story, enum wp_forward forward, unsigned shut)
{
    struct wp_world_setup setup = story_setup(story, forward);

    setup.shut = shut;
    story->world = world_virtual_new(&setup);
    story_open(story);
    story->n = 0;
    story->text[0] = 0;
}

START_TEST(notifications_go_out_and_requests_come_in)
{
    open_story(&s, WP_FORWARD_FULL, 0);
    story_do(&s, GX, "N/c0619ab12345/a/0/P", "1", 2, true);
    story_do(&s, GX, "N/b827eb123456/a/0/P", "2", 1, false);
    story_do(&s, ANNA, "R/c0619ab12345/a/0/P", "3", 1, false);
    story_do(&s, ANNA, "W/c0619ab12345/a/0/P", "4", 0, false);
    story_do(&s, BEN, "W/c0619ab12345/a/0/P", "5", 1, false);
    ck_assert_str_eq(s.text, "gx publishes N/c0619ab12345/a/0/P 1 q2 retain\n"
                             "    gx < broker: N/c0619ab12345/a/0/P 1 q2\n"
                             "    lan < broker: N/c0619ab12345/a/0/P 1 q2\n"
                             "    anna < vrm: N/c0619ab12345/a/0/P 1 q0\n"
                             "    ben < vrm: N/c0619ab12345/a/0/P 1 q0\n"
                             "gx publishes N/b827eb123456/a/0/P 2 q1\n"
                             "    gx < broker: N/b827eb123456/a/0/P 2 q1\n"
                             "    lan < broker: N/b827eb123456/a/0/P 2 q1\n"
                             "anna publishes R/c0619ab12345/a/0/P 3 q1\n"
                             "    gx < broker: R/c0619ab12345/a/0/P 3 q0\n"
                             "    lan < broker: R/c0619ab12345/a/0/P 3 q0\n"
                             "anna publishes W/c0619ab12345/a/0/P 4 q0\n"
                             "    gx < broker: W/c0619ab12345/a/0/P 4 q0\n"
                             "    lan < broker: W/c0619ab12345/a/0/P 4 q0\n"
                             "ben publishes W/c0619ab12345/a/0/P 5 q1\n");
    world_free(s.world);
}
END_TEST

/* VEN-026: what is stored at home is not stored at the portal; a request that is stored there comes in as such. */
START_TEST(the_portal_stores_nothing_of_the_installation)
{
    open_story(&s, WP_FORWARD_FULL, 0);
    story_do(&s, GX, "N/c0619ab12345/system/0/Serial", "1", 0, true);
    story_do(&s, ANNA, "W/c0619ab12345/a/0/P", "2", 0, true);
    s.n = 0;
    story_ask_again(&s);
    ck_assert_str_eq(s.text, "  gx subscribed at broker: 2\n"
                             "    gx < broker: N/c0619ab12345/system/0/Serial 1 q0 retain\n"
                             "  lan subscribed at broker: 2\n"
                             "    lan < broker: N/c0619ab12345/system/0/Serial 1 q0 retain\n"
                             "    lan < broker: W/c0619ab12345/a/0/P 2 q0 retain\n"
                             "  anna subscribed at vrm: 2\n"
                             "  ben subscribed at vrm: 2\n");
    world_free(s.world);
}
END_TEST

START_TEST(read_only_keeps_writes_at_the_portal)
{
    open_story(&s, WP_FORWARD_READ_ONLY, 0);
    story_do(&s, ANNA, "W/c0619ab12345/a/0/P", "4", 1, false);
    ck_assert_str_eq(s.text, "anna publishes W/c0619ab12345/a/0/P 4 q1\n");
    world_free(s.world);
}
END_TEST

START_TEST(without_forwarding_the_two_are_strangers)
{
    open_story(&s, WP_FORWARD_OFF, 0);
    story_do(&s, GX, "N/c0619ab12345/a/0/P", "1", 1, false);
    story_publish(&s, ANNA, "W/c0619ab12345/a/0/P", "2", 1, false);
    story_run(&s, WP_SEC(40));
    story_tell(&s);
    ck_assert_str_eq(s.text, "gx publishes N/c0619ab12345/a/0/P 1 q1\n"
                             "    gx < broker: N/c0619ab12345/a/0/P 1 q1\n"
                             "    lan < broker: N/c0619ab12345/a/0/P 1 q1\n");
    world_free(s.world);
}
END_TEST

START_TEST(one_seed_is_heard_alike)
{
    open_story(&s, WP_FORWARD_FULL, 0);
    open_story(&again, WP_FORWARD_FULL, 0);
    story_play(&s, 3, 50);
    story_play(&again, 3, 50);
    ck_assert_str_eq(s.text, again.text);
    world_free(s.world);
    world_free(again.world);
}
END_TEST

START_TEST(the_bridge_comes_back_with_either_broker)
{
    open_story(&s, WP_FORWARD_FULL, 0);
    story_portal_restarts(&s);
    ck_assert_ptr_nonnull(strstr(s.text, "    gx < broker: N/c0619ab12345/a/0/P lost q1\n"));
    ck_assert_ptr_null(strstr(s.text, "< vrm: N/c0619ab12345/a/0/P lost"));
    ck_assert_ptr_nonnull(strstr(s.text, "    anna < vrm: N/c0619ab12345/a/0/P again q0\n"));
    ck_assert_ptr_nonnull(strstr(s.text, "    gx < broker: W/c0619ab12345/a/0/P again q0\n"));

    s.closed = 0;
    world_restart_broker(s.world, true, STORY_DOWN);
    story_run(&s, WP_SEC(7));
    ck_assert_uint_eq(s.closed, 1u << GX | 1u << LAN);
    ck_assert(story_log_in(&s, GX) && story_log_in(&s, LAN));
    story_subscribe(&s, GX, "#");
    story_subscribe(&s, LAN, "#");
    s.n = 0;
    story_do(&s, ANNA, "W/c0619ab12345/a/0/P", "more", 0, false);
    ck_assert_ptr_nonnull(strstr(s.text, "    gx < broker: W/c0619ab12345/a/0/P more q0\n"));
    story_do(&s, GX, "N/c0619ab12345/a/0/P", "more", 0, false);
    ck_assert_ptr_nonnull(strstr(s.text, "    ben < vrm: N/c0619ab12345/a/0/P more q0\n"));
    world_free(s.world);
}
END_TEST

START_TEST(at_a_shut_door_nobody_answers)
{
    struct wp_world_setup setup = story_setup(&s, WP_FORWARD_OFF);

    setup.shut = WP_DOOR_BIT(WP_DOOR_PLAIN);
    setup.vrm = NULL;
    s.world = world_virtual_new(&setup);
    for (int m = 0; m < STORY_CLIENTS; m++) {
        enum wp_door door = (enum wp_door)m;

        s.at[m] = (struct wp_endpoint){.name = "broker", .transport = WP_BROKER, .addr = wp_door_addr(door)};
        s.setups[m] = (struct wp_setup){.name = story_names[m], .endpoints = &s.at[m], .n_endpoints = 1};
        world_add(s.world, &puppet_class, &s.setups[m], NULL);
    }
    ck_assert(world_start(s.world));
    ck_assert(story_log_in(&s, WP_DOOR_INSIDE));
    ck_assert(!story_log_in(&s, WP_DOOR_PLAIN));
    ck_assert(story_log_in(&s, WP_DOOR_SECURE));
    ck_assert(!story_log_in(&s, WP_DOOR_VRM));
    world_free(s.world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("virtual_bridge");
    TCase *tc = tcase_create("bridge");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, notifications_go_out_and_requests_come_in);
    tcase_add_test(tc, the_portal_stores_nothing_of_the_installation);
    tcase_add_test(tc, read_only_keeps_writes_at_the_portal);
    tcase_add_test(tc, without_forwarding_the_two_are_strangers);
    tcase_add_test(tc, one_seed_is_heard_alike);
    tcase_add_test(tc, the_bridge_comes_back_with_either_broker);
    tcase_add_test(tc, at_a_shut_door_nobody_answers);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
