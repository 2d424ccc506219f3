/* The VRM servers' rules: who logs in how, and what Full Control and Monitor Only allow. */
#include "sim/world/access.h"

#include <check.h>

#define T(text) wp_text(text)
#define OWN     "c0619ab12345"
#define SEEN    "b827eb123456"
#define FOREIGN "48e7da87942f"

static const struct wp_vrm_login logins[] = {
    {"anna@example.com", "secret", false},
    {"anna@example.com", "0123abcd", true},
    {"anna@example.com", "4567ef", true},
    {"ben@example.com", "89ab", true},
};
static const struct wp_vrm_site sites[] = {
    {"anna@example.com", OWN, true},
    {"anna@example.com", SEEN, false},
    {"ben@example.com", FOREIGN, true},
};
static const struct wp_access_user users[] = {{"gx", "inside"}};
static const struct wp_access_rule rules[] = {{"gx", WP_ACCESS_SUBSCRIBE | WP_ACCESS_PUBLISH, "#"},
                                              {NULL, WP_ACCESS_SUBSCRIBE, "news/+"}};
static const struct wp_access table = {
    .users = users, .n_users = 1, .rules = rules, .n_rules = 2, .vrm = {logins, 4, sites, 3, true}};
static const struct wp_slice nobody = {NULL, 0};

/* Password = the word Token, one blank, the token (VEN-130, VEN-131, VEN-134, VEN-145). */
START_TEST(a_login_is_a_token_or_the_password)
{
    static const struct {
        const char *user, *password;
        bool good;
    } tried[] = {
        {"anna@example.com", "Token 0123abcd", true},
        {"anna@example.com", "Token 4567ef", true},
        {"anna@example.com", "secret", true},
        {"ben@example.com", "Token 89ab", true},
        {"anna@example.com", "0123abcd", false},
        {"anna@example.com", "Token 89ab", false},
        {"anna@example.com", "token 0123abcd", false},
        {"anna@example.com", "TOKEN 0123abcd", false},
        {"anna@example.com", "Token  0123abcd", false},
        {"anna@example.com", "Token 0123abcd ", false},
        {"anna@example.com", "Token", false},
        {"anna@example.com", "Token ", false},
        {"anna@example.com", "Token secret", false},
        {"anna@example.com", "", false},
        {"ben@example.com", "secret", false},
        {"Anna@example.com", "secret", false},
        {"", "secret", false},
        {"gx", "inside", true},
        {"gx", "Token inside", false},
    };

    for (size_t i = 0; i < sizeof tried / sizeof *tried; i++)
        ck_assert_msg(wp_access_login(&table, T(tried[i].user), T(tried[i].password)) == tried[i].good,
                      "%s with '%s'", tried[i].user, tried[i].password);
    ck_assert(!wp_access_login(&table, T("anna@example.com"), nobody));
    ck_assert(!wp_access_login(&table, nobody, T("secret")));
    ck_assert(!wp_access_login(&table, nobody, nobody));
}
END_TEST

START_TEST(a_login_by_password_is_told_apart)
{
    ck_assert(wp_vrm_is_password(&table.vrm, T("anna@example.com"), T("secret")));
    ck_assert(!wp_vrm_is_password(&table.vrm, T("anna@example.com"), T("Token 0123abcd")));
    ck_assert(!wp_vrm_is_password(&table.vrm, T("gx"), T("inside")));
    ck_assert(!wp_vrm_is_password(&table.vrm, nobody, nobody));
}
END_TEST

static const struct {
    const char *filter;
    bool granted;
} filters[] = {
    /* the samples of the document, VEN-163 to VEN-167 */
    {"#", false},
    {"+", false},
    {"+/#", false},
    {"N/#", false},
    {"N/+/#", false},
    {"+/" OWN "/#", false},
    {"N/+/system/0/Ac/ConsumptionOnOutput/L1/Power", false},
    {"N/" OWN "/#", true},
    {"N/" OWN "/system/0/Ac/ConsumptionOnOutput/+/Power", true},
    {"N/" OWN "/+/0/#", true},
    {"N/" OWN "/system/0/Serial", true},
    {"N/" OWN, true},
    {"N/" OWN "/", true},
    {"N/" SEEN "/#", true},
    /* not his, or another spelling of his */
    {"N/" FOREIGN "/#", false},
    {"N/C0619AB12345/#", false},
    {"N/c0619ab1234/#", false},
    {"N/c0619ab123456/#", false},
    {"n/" OWN "/#", false},
    {"N", false},
    {"N/", false},
    {"N//#", false},
    {"/N/" OWN "/#", false},
    /* requests: of Full Control alone */
    {"R/" OWN "/#", true},
    {"W/" OWN "/#", true},
    {"R/" SEEN "/#", false},
    {"W/" SEEN "/#", false},
    {"P/" OWN "/#", false},
    {"$SYS/" OWN "/#", false},
    {"$SYS/#", false},
    /* a shared subscription reads what its filter reads */
    {"$share/g/N/" OWN "/#", true},
    {"$share/g/#", false},
    {"$share/g/N/#", false},
    {"$share/g/N/+/#", false},
    {"$share/g/+/" OWN "/#", false},
    {"$share/g/N/" FOREIGN "/#", false},
    {"$share/g", false},
    {"$share/N/" OWN "/#", false},
    /* rules for everybody are not for VRM users */
    {"news/+", false},
};

START_TEST(a_subscription_names_an_installation_of_the_user)
{
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        ck_assert_msg(wp_access_subscribe(&table, T("anna@example.com"), T(filters[i].filter)) ==
                          filters[i].granted,
                      "%s", filters[i].filter);
    ck_assert(!wp_access_subscribe(&table, nobody, T("N/" OWN "/#")));
    ck_assert(!wp_access_subscribe(&table, T("ben@example.com"), T("N/" OWN "/#")));
    ck_assert(wp_access_subscribe(&table, T("gx"), T("#")));
    ck_assert(wp_access_subscribe(&table, nobody, T("news/+")));
}
END_TEST

/* VEN-136, VEN-138, VEN-140. */
START_TEST(write_requests_need_full_control)
{
    static const struct {
        const char *topic;
        bool with_switch, without;
    } topics[] = {
        {"R/" OWN "/keepalive", true, true},
        {"W/" OWN "/hub4/0/AcPowerSetpoint", true, true},
        {"R/" SEEN "/keepalive", true, false},
        {"R/" SEEN "/system/0/Serial", true, false},
        {"W/" SEEN "/hub4/0/AcPowerSetpoint", false, false},
        {"N/" OWN "/system/0/Serial", false, false},
        {"N/" SEEN "/system/0/Serial", false, false},
        {"R/" FOREIGN "/keepalive", false, false},
        {"W/" FOREIGN "/hub4/0/AcPowerSetpoint", false, false},
        {"P/" OWN "/in", false, false},
        {"W", false, false},
        {"W/", false, false},
        {"news/today", false, false},
    };
    struct wp_access literal = table;

    literal.vrm.monitor_only_may_read = false;
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        struct wp_slice user = T("anna@example.com"), topic = T(topics[i].topic);

        ck_assert_msg(wp_access_publish(&table, user, topic) == topics[i].with_switch, "%s", topics[i].topic);
        ck_assert_msg(wp_access_publish(&literal, user, topic) == topics[i].without, "%s", topics[i].topic);
        ck_assert(!wp_access_publish(&table, nobody, topic));
    }
}
END_TEST

/* A session that is kept may come to another user (VEN-137). */
START_TEST(only_own_installations_are_received)
{
    ck_assert(wp_access_receive(&table, T("anna@example.com"), T("N/" OWN "/a/0/P")));
    ck_assert(wp_access_receive(&table, T("anna@example.com"), T("N/" SEEN "/a/0/P")));
    ck_assert(!wp_access_receive(&table, T("anna@example.com"), T("N/" FOREIGN "/a/0/P")));
    ck_assert(!wp_access_receive(&table, T("anna@example.com"), T("W/" SEEN "/a/0/P")));
    ck_assert(!wp_access_receive(&table, T("anna@example.com"), T("news/today")));
    ck_assert(wp_access_receive(&table, T("gx"), T("N/" FOREIGN "/a/0/P")));
    ck_assert(wp_access_receive(&table, nobody, T("N/" FOREIGN "/a/0/P")));
}
END_TEST

START_TEST(a_portal_id_is_one_literal_level)
{
    static const char *const bad[] = {"", "+", "#", "a/b", "a+", "/", "\xC3"};

    ck_assert(wp_vrm_is_portal(T(OWN)));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!wp_vrm_is_portal(T(bad[i])), "%s", bad[i]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("access_vrm");
    TCase *t = tcase_create("access_vrm");
    SRunner *r;
    int failed;

    tcase_add_test(t, a_login_is_a_token_or_the_password);
    tcase_add_test(t, a_login_by_password_is_told_apart);
    tcase_add_test(t, a_subscription_names_an_installation_of_the_user);
    tcase_add_test(t, write_requests_need_full_control);
    tcase_add_test(t, only_own_installations_are_received);
    tcase_add_test(t, a_portal_id_is_one_literal_level);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
