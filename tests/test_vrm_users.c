/* VRM users as they are written in a scenario or configuration, and what is wrong with them. */
#include "harness/vrm_users.h"

#include <check.h>

static struct arena arena;
static struct wp_vrm vrm;
static char sentence[400];

static void teardown(void)
{
    arena_free(&arena);
    arena = (struct arena){0};
}

/* The line and column of the fault, or 0. */
static int read_users(const char *text)
{
    struct wp_writer why = wp_writer(sentence, sizeof sentence);
    const struct node *root = yaml_read(&arena, "x.yaml", wp_text(text), &why), *at;
    const struct vrm_users r = {.arena = &arena, .others = node_get(root, "users")};

    ck_assert_msg(root != NULL, "%s", wp_put_end(&why));
    vrm = (struct wp_vrm){.n_sites = 77};
    at = vrm_users_read(&r, node_get(root, "vrm"), &vrm, &why);
    wp_put_end(&why);
    return at ? at->line * 100 + at->column : 0;
}

START_TEST(users_have_logins_and_installations)
{
    ck_assert_msg(read_users("vrm:\n"
                             "  users:\n"
                             "    anna@example.com:\n"
                             "      password: secret\n"
                             "      tokens: [0123abcd, 4567]\n"
                             "      installations: {c0619ab12345: full control, b827eb123456: monitor only}\n"
                             "    ben@example.com:\n"
                             "      tokens: [89ab]\n"
                             "      installations: [000000000000]\n"
                             "    new@example.com: {password: x}\n") == 0,
                  "%s", sentence);
    ck_assert(vrm.monitor_only_may_read);
    ck_assert_uint_eq(vrm.n_logins, 5);
    ck_assert_str_eq(vrm.logins[0].secret, "secret");
    ck_assert(!vrm.logins[0].is_token);
    ck_assert_str_eq(vrm.logins[2].secret, "4567");
    ck_assert(vrm.logins[2].is_token);
    ck_assert_str_eq(vrm.logins[3].user, "ben@example.com");
    ck_assert_uint_eq(vrm.n_sites, 3);
    ck_assert(vrm.sites[0].full_control);
    ck_assert(!vrm.sites[1].full_control);
    ck_assert_str_eq(vrm.sites[1].portal, "b827eb123456");
    ck_assert_str_eq(vrm.sites[2].portal, "000000000000");
}
END_TEST

/* VEN-139: a site that names only its user gives Full Control. */
START_TEST(who_is_named_alone_has_full_control)
{
    ck_assert_int_eq(read_users("vrm: {users: {a: {password: b, installations: [c0619ab12345]}}}\n"), 0);
    ck_assert(vrm.sites[0].full_control);
}
END_TEST

START_TEST(monitor_only_may_be_taken_literally)
{
    ck_assert_int_eq(read_users("vrm: {monitor_only_may_read: false, users: {a: {password: b}}}\n"), 0);
    ck_assert(!vrm.monitor_only_may_read);
}
END_TEST

START_TEST(without_the_key_there_are_no_vrm_users)
{
    ck_assert_int_eq(read_users("users: {a: b}\n"), 0);
    ck_assert_uint_eq(vrm.n_logins + vrm.n_sites, 0);
}
END_TEST

static void wrong(const char *text, int where, const char *what)
{
    ck_assert_int_eq(read_users(text), where);
    ck_assert_str_eq(sentence, what);
    ck_assert_uint_eq(vrm.n_sites, 77);
}

START_TEST(faults_have_their_place_and_sentence)
{
    wrong("vrm: {}\n", 106, "vrm has users: NAME: {tokens: [...], installations: [...]}");
    wrong("vrm: {users: [a]}\n", 106, "vrm has users: NAME: {tokens: [...], installations: [...]}");
    wrong("vrm: {monitor_only_may_read: 1, users: {a: {password: b}}}\n", 130,
          "monitor_only_may_read is true or false");
    wrong("vrm: {users: {a: b}}\n", 118, "the VRM user 'a' has members: password, tokens, installations");
    wrong("vrm: {users: {a: {}}}\n", 118, "the VRM user 'a' has neither a password nor tokens");
    wrong("vrm: {users: {a: {password: \"\", tokens: []}}}\n", 118,
          "the VRM user 'a' has neither a password nor tokens");
    wrong("vrm: {users: {a: {tokens: b}}}\n", 127, "tokens of the VRM user 'a' is a list");
    wrong("vrm: {users: {a: {tokens: [\"Token b\"]}}}\n", 128, "a token of the VRM user 'a' is one word");
    wrong("vrm: {users: {a: {tokens: [b], installations: c}}}\n", 147,
          "installations of the VRM user 'a' is a list of portal IDs, or a map");
    wrong("vrm: {users: {a: {tokens: [b], installations: [+]}}}\n", 148,
          "'+' is no portal ID: it is one level of a topic, without wildcards");
    wrong("vrm: {users: {a: {tokens: [b], installations: {c: write}}}}\n", 151,
          "the permission for c is 'full control' or 'monitor only'");
    wrong("users: {a: x}\nvrm: {users: {a: {tokens: [b]}}}\n", 218,
          "'a' is a user without VRM account already");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("vrm_users");
    TCase *t = tcase_create("vrm_users");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, users_have_logins_and_installations);
    tcase_add_test(t, who_is_named_alone_has_full_control);
    tcase_add_test(t, monitor_only_may_be_taken_literally);
    tcase_add_test(t, without_the_key_there_are_no_vrm_users);
    tcase_add_test(t, faults_have_their_place_and_sentence);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
