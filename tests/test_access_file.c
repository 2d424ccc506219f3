/* The access rules on their way into the broker. */
#include "sim/world/access_file.h"

#include <check.h>
#include <stdlib.h>

static struct wp_access *through_file(const struct wp_access *in)
{
    char text[128];
    struct wp_writer why = wp_writer(text, sizeof text);
    FILE *f = tmpfile();
    struct wp_access *out;

    ck_assert_ptr_nonnull(f);
    access_file_write(in, f);
    out = access_file_read(f, &why);
    ck_assert_msg(out, "%s", wp_put_end(&why));
    fclose(f);
    return out;
}

START_TEST(rules_come_back_as_they_were)
{
    static const struct wp_access_user users[] = {
        {"alice", "secret"}, {"*", ""}, {"with blank", "100%\n\x01\xC3\xA4"}, {"", "nobody"}};
    static const struct wp_access_rule rules[] = {
        {NULL, WP_ACCESS_SUBSCRIBE, "#"},
        {"*", WP_ACCESS_PUBLISH, "a/+/b c"},
        {"alice", WP_ACCESS_SUBSCRIBE | WP_ACCESS_PUBLISH, "*/%"},
    };
    const struct wp_access in = {.anonymous = true,
                                 .users = users,
                                 .n_users = 4,
                                 .rules = rules,
                                 .n_rules = 3,
                                 .close_on_denied = true};
    struct wp_access *out = through_file(&in);

    ck_assert(!out->open);
    ck_assert(out->anonymous);
    ck_assert(out->close_on_denied);
    ck_assert_uint_eq(out->n_users, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_str_eq(out->users[i].name, users[i].name);
        ck_assert_str_eq(out->users[i].password, users[i].password);
    }
    ck_assert_uint_eq(out->n_rules, 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(out->rules[i].rights, rules[i].rights);
        ck_assert_str_eq(out->rules[i].filter, rules[i].filter);
    }
    ck_assert_ptr_null(out->rules[0].user);
    ck_assert_str_eq(out->rules[1].user, "*");
    ck_assert_str_eq(out->rules[2].user, "alice");
    free(out);
}
END_TEST

START_TEST(an_open_broker_needs_no_rules)
{
    struct wp_access *out = through_file(&(const struct wp_access){.open = true});

    ck_assert(out->open);
    ck_assert(!out->anonymous);
    ck_assert_uint_eq(out->n_users + out->n_rules, 0);
    free(out);
}
END_TEST

START_TEST(vrm_users_come_back_as_they_were)
{
    static const struct wp_vrm_login logins[] = {
        {"anna@example.com", "with blank", false}, {"anna@example.com", "0123", true}, {"*", "", true}};
    static const struct wp_vrm_site sites[] = {{"anna@example.com", "c0619ab12345", true},
                                               {"*", "*%", false}};

    for (int may_read = 0; may_read < 2; may_read++) {
        const struct wp_access in = {.vrm = {logins, 3, sites, 2, may_read == 1}};
        struct wp_access *out = through_file(&in);

        ck_assert_int_eq(out->vrm.monitor_only_may_read, may_read);
        ck_assert_uint_eq(out->vrm.n_logins, 3);
        for (size_t i = 0; i < 3; i++) {
            ck_assert_str_eq(out->vrm.logins[i].user, logins[i].user);
            ck_assert_str_eq(out->vrm.logins[i].secret, logins[i].secret);
            ck_assert_int_eq(out->vrm.logins[i].is_token, logins[i].is_token);
        }
        ck_assert_uint_eq(out->vrm.n_sites, 2);
        for (size_t i = 0; i < 2; i++) {
            ck_assert_str_eq(out->vrm.sites[i].user, sites[i].user);
            ck_assert_str_eq(out->vrm.sites[i].portal, sites[i].portal);
            ck_assert_int_eq(out->vrm.sites[i].full_control, sites[i].full_control);
        }
        free(out);
    }
}
END_TEST

START_TEST(a_wrong_line_is_named)
{
    static const char *const bad[] = {
        "vrm-token anna\n",     "vrm-password a b c\n", "vrm-site a write id\n",
        "vrm-site a full +\n",  "vrm-site a full\n",    "vrm-monitor-only-may-read perhaps\n",
        "user alice\n",         "rule * read a/#\n",    "rule * both\n",
        "open maybe\n",         "user a%4 secret\n",    "rights\n",
        "wattproof-access 2\n", "rule * both a b c\n",  "unknown word\n",
        "user a %zz\n"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[128];
        struct wp_writer why = wp_writer(text, sizeof text);
        FILE *f = tmpfile();

        ck_assert_ptr_nonnull(f);
        fprintf(f, "wattproof-access 1\n%s", bad[i]);
        ck_assert_msg(!access_file_read(f, &why), "'%s' was read", bad[i]);
        ck_assert_str_eq(wp_put_end(&why), "line 2 of the access file is wrong");
        fclose(f);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("access_file");
    TCase *t = tcase_create("access_file");
    SRunner *r;
    int failed;

    tcase_add_test(t, rules_come_back_as_they_were);
    tcase_add_test(t, an_open_broker_needs_no_rules);
    tcase_add_test(t, vrm_users_come_back_as_they_were);
    tcase_add_test(t, a_wrong_line_is_named);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
