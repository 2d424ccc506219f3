/* Where a machine knocks for MQTT. */
#include "sim/world/doors.h"

#include <check.h>
#include <stdlib.h>

START_TEST(each_door_is_found_by_its_address_and_by_its_word)
{
    for (enum wp_door d = WP_DOOR_INSIDE; d < WP_N_DOORS; d++) {
        const struct wp_endpoint e = {.name = "broker", .transport = WP_BROKER, .addr = wp_door_addr(d)};
        enum wp_door read = WP_N_DOORS;

        ck_assert_int_eq(wp_door_of(&e), d);
        ck_assert(wp_door_read(wp_text(wp_door_text(d)), &read));
        ck_assert_int_eq(read, d);
    }
}
END_TEST

START_TEST(any_other_address_is_inside_and_any_other_word_is_none)
{
    const struct wp_endpoint e = {.transport = WP_BROKER, .addr = {0x7F000001, 9001}};
    enum wp_door d = WP_DOOR_VRM;

    ck_assert_int_eq(wp_door_of(&e), WP_DOOR_INSIDE);
    ck_assert(!wp_door_read(wp_text("VRM"), &d));
    ck_assert(!wp_door_read(wp_text(""), &d));
    ck_assert_int_eq(d, WP_DOOR_VRM);
}
END_TEST

START_TEST(only_the_portal_is_another_broker)
{
    ck_assert_str_eq(wp_door_peer(WP_DOOR_INSIDE), "broker");
    ck_assert_str_eq(wp_door_peer(WP_DOOR_PLAIN), "broker");
    ck_assert_str_eq(wp_door_peer(WP_DOOR_SECURE), "broker");
    ck_assert_str_eq(wp_door_peer(WP_DOOR_VRM), "vrm");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("doors");
    TCase *tc = tcase_create("doors");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, each_door_is_found_by_its_address_and_by_its_word);
    tcase_add_test(tc, any_other_address_is_inside_and_any_other_word_is_none);
    tcase_add_test(tc, only_the_portal_is_another_broker);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
