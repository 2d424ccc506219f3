/* The brokers around a Venus system as a scenario writes them: the portal, its bridge, and which doors are shut. */
#include "harness/venus_brokers.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct arena arena;
static struct venus_brokers brokers;
static char sentence[400];

static void teardown(void)
{
    arena_free(&arena);
    arena = (struct arena){0};
}

/* The line of the fault, or 0. */
static int read_brokers(const char *text)
{
    struct wp_writer why = wp_writer(sentence, sizeof sentence);
    const struct node *root = yaml_read(&arena, "x.yaml", wp_text(text), &why), *at;

    ck_assert_msg(root != NULL, "%s", wp_put_end(&why));
    brokers = (struct venus_brokers){.portal = "untouched"};
    at = venus_brokers_read(&arena, root, &brokers, &why);
    wp_put_end(&why);
    return at ? at->line : 0;
}

#define USERS "  users: {anna: {tokens: [1f], installations: [c0619ab12345]}}\n"

START_TEST(a_portal_forwards_all_unless_told_otherwise)
{
    const struct wp_world_vrm *w;

    ck_assert_msg(read_brokers("vrm:\n" USERS) == 0, "%s", sentence);
    ck_assert(brokers.has_vrm);
    ck_assert_str_eq(brokers.portal, "c0619ab12345");
    ck_assert_int_eq(brokers.forward, WP_FORWARD_FULL);
    ck_assert_uint_eq(brokers.users.n_logins, 1);
    ck_assert_uint_eq(brokers.shut, 0);
    w = venus_brokers_world(&arena, &brokers, 1);
    ck_assert_str_eq(w->user, "ccgxapikey_c0619ab12345");
    ck_assert_uint_eq(strlen(w->password), 16);
    ck_assert_str_ne(w->password, venus_brokers_world(&arena, &brokers, 2)->password);
}
END_TEST

/* It is no VRM user: it speaks for its installation alone, and hears what is asked of it. */
START_TEST(the_bridge_has_the_rights_of_its_installation)
{
    static const char user[] = "ccgxapikey_48e7da87942f";
    const struct wp_access *a;

    ck_assert_int_eq(read_brokers("vrm:\n  portal: 48e7da87942f\n  forward: read-only\n" USERS), 0);
    ck_assert_int_eq(brokers.forward, WP_FORWARD_READ_ONLY);
    a = venus_brokers_world(&arena, &brokers, 1)->access;
    ck_assert(wp_access_login(a, wp_text(user), wp_text(venus_brokers_world(&arena, &brokers, 1)->password)));
    ck_assert(!wp_access_login(a, wp_text(user), wp_text("")));
    ck_assert(wp_access_login(a, wp_text("anna"), wp_text("Token 1f")));
    ck_assert(wp_access_publish(a, wp_text(user), wp_text("N/48e7da87942f/system/0/Serial")));
    ck_assert(wp_access_subscribe(a, wp_text(user), wp_text("W/48e7da87942f/#")));
    ck_assert(wp_access_subscribe(a, wp_text(user), wp_text("R/48e7da87942f/#")));
    ck_assert(!wp_access_publish(a, wp_text(user), wp_text("N/c0619ab12345/system/0/Serial")));
    ck_assert(!wp_access_publish(a, wp_text(user), wp_text("W/48e7da87942f/hub4/0/P")));
    ck_assert(!wp_access_subscribe(a, wp_text(user), wp_text("N/48e7da87942f/#")));
}
END_TEST

START_TEST(without_a_portal_there_is_none)
{
    ck_assert_int_eq(read_brokers("steps: []\n"), 0);
    ck_assert(!brokers.has_vrm);
    ck_assert_ptr_null(venus_brokers_world(&arena, &brokers, 1));
}
END_TEST

START_TEST(faults_are_found_where_they_stand)
{
    ck_assert_int_eq(read_brokers("clients:\n  b: {}\n  a: {at: vrm}\n"), 3);
    ck_assert_str_eq(sentence, "'a' is at the VRM portal, and there is none: say vrm: {users: ...}");
    ck_assert_int_eq(read_brokers("vrm:\n  portal: N/+\n" USERS), 2);
    ck_assert_str_eq(sentence, "a portal ID is one level of a topic, without wildcards and blanks");
    ck_assert_int_eq(read_brokers("vrm:\n  users:\n    anna: {installations: [a]}\n"), 3);
    ck_assert_str_eq(brokers.portal, "untouched");
}
END_TEST

/* VEN-012: each setting, and what is open then. */
START_TEST(settings_and_ports)
{
    static const struct {
        const char *local;
        bool plain, secure;
    } table[] = {
        {"access: off", false, false},
        {"access: off, profile: unsecured", false, false},
        {"access: on, profile: secured", false, true},
        {"access: on, profile: undecided", false, true},
        {"access: on", false, true},
        {"access: on, profile: weak", true, true},
        {"access: on, profile: unsecured", true, true},
        {"access: tokens only, profile: weak", false, false},
        {"access: tokens only, token_users: true", false, true},
        {"access: tokens only, profile: unsecured, token_users: true", false, true},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[100];

        snprintf(text, sizeof text, "local: {%s}\n", table[i].local);
        ck_assert_int_eq(read_brokers(text), 0);
        ck_assert_msg(!(brokers.shut & WP_DOOR_BIT(WP_DOOR_PLAIN)) == table[i].plain, "%s", text);
        ck_assert_msg(!(brokers.shut & WP_DOOR_BIT(WP_DOOR_SECURE)) == table[i].secure, "%s", text);
        ck_assert_uint_eq(brokers.shut & ~(WP_DOOR_BIT(WP_DOOR_PLAIN) | WP_DOOR_BIT(WP_DOOR_SECURE)), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("venus_brokers");
    TCase *tc = tcase_create("brokers");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, a_portal_forwards_all_unless_told_otherwise);
    tcase_add_test(tc, the_bridge_has_the_rights_of_its_installation);
    tcase_add_test(tc, without_a_portal_there_is_none);
    tcase_add_test(tc, faults_are_found_where_they_stand);
    tcase_add_test(tc, settings_and_ports);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
