/* Who may do what, and which filter matches which topic (MQTT 3.1.1, 4.7). */
#include "sim/world/access.h"

#include <check.h>
#include <stdio.h>

#define T(text) wp_text(text)

static const struct {
    const char *filter, *topic;
    bool matches;
} match[] = {
    /* the examples of MQTT 3.1.1, 4.7.1 and 4.7.2 */
    {"sport/tennis/player1/#", "sport/tennis/player1", true},
    {"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
    {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
    {"sport/#", "sport", true},
    {"sport/tennis/+", "sport/tennis/player1", true},
    {"sport/tennis/+", "sport/tennis/player1/ranking", false},
    {"sport/+", "sport", false},
    {"sport/+", "sport/", true},
    {"+/+", "/finance", true},
    {"/+", "/finance", true},
    {"+", "/finance", false},
    {"#", "$SYS/broker/uptime", false},
    {"+/monitor/Clients", "$SYS/monitor/Clients", false},
    {"$SYS/#", "$SYS/broker/uptime", true},
    {"$SYS/monitor/+", "$SYS/monitor/Clients", true},
    /* edges */
    {"#", "a", true},
    {"#", "/", true},
    {"+", "a", true},
    {"+/#", "a", true},
    {"a/b", "a/b", true},
    {"a/b", "a/bc", false},
    {"a/bc", "a/b", false},
    {"a/b", "a", false},
    {"a", "a/b", false},
    {"a", "a/", false},
    {"a/", "a", false},
    {"a//b", "a//b", true},
    {"a/+/b", "a//b", true},
    {"a/+/b", "a/x/y/b", false},
    {"a/+/#", "a", false},
    {"a/+/#", "a/x", true},
    {"+/b/#", "a/b", true},
    {"A", "a", false},
    {"$SYS", "$SYS", true},
    {"ivy/v1/meters/+/command/request", "ivy/v1/meters/000000000001/command/request", true},
    {"ivy/v1/meters/+/command/request", "ivy/v1/meters/000000000001/command/response", false},
};

START_TEST(a_filter_matches_by_whole_levels)
{
    for (size_t i = 0; i < sizeof match / sizeof match[0]; i++)
        ck_assert_msg(wp_topic_matches(T(match[i].filter), T(match[i].topic)) == match[i].matches,
                      "%s against %s", match[i].filter, match[i].topic);
}
END_TEST

static const struct {
    const char *outer, *inner;
    bool within;
} within[] = {
    {"#", "a/+/c", true},     {"#", "#", true},        {"#", "+", true},           {"#", "$SYS/#", false},
    {"+/#", "#", true},       {"+/#", "a", true},      {"+/+/#", "#", false},      {"a/#", "a/+/#", true},
    {"a/#", "a", true},       {"a/+/#", "a/#", false}, {"a/+", "a/b", true},       {"a/+", "a/+", true},
    {"a/+", "a/#", false},    {"a/b", "a/+", false},   {"a/b", "a/b", true},       {"a/b/c", "a/b", false},
    {"a/b", "a/b/c", false},  {"+", "$SYS", false},    {"$SYS/#", "$SYS/#", true}, {"$SYS/+", "$SYS/x", true},
    {"a/+/c", "a/#", false},  {"a/b/#", "a/b", true},  {"a/b/#", "a", false},      {"+/b", "a/b", true},
    {"+/#", "$SYS/x", false},
};

START_TEST(a_filter_lies_within_another)
{
    for (size_t i = 0; i < sizeof within / sizeof within[0]; i++)
        ck_assert_msg(wp_topic_within(T(within[i].outer), T(within[i].inner)) == within[i].within,
                      "%s within %s", within[i].inner, within[i].outer);
}
END_TEST

/* Every filter and topic of up to three levels over a small alphabet: `within` says what trying all topics says.
 * Topics have one level more than filters, so that a trailing # differs from +. */
START_TEST(within_agrees_with_trying_every_topic)
{
    static const char *const words[] = {"a", "", "+", "#", "$s"};
    static const char *const names[] = {"a", "", "z", "$s"};
    static char filters[200][16], topics[400][16];
    size_t n_filters = 0, n_topics = 0;

    for (int i = 0; i < 5 * 6 * 6; i++) {
        int a = i % 5, b = i / 5 % 6, c = i / 30;
        char text[16];

        if (b == 5 && c != 5)
            continue;
        snprintf(text, sizeof text, "%s%s%s%s%s", words[a], b < 5 ? "/" : "", b < 5 ? words[b] : "",
                 c < 5 ? "/" : "", c < 5 ? words[c] : "");
        if (wp_topic_is_filter(T(text)))
            strcpy(filters[n_filters++], text);
    }
    for (int i = 0; i < 4 * 5 * 5 * 5; i++) {
        int at[] = {i % 4, i / 4 % 5, i / 20 % 5, i / 100};
        char text[16] = "";
        bool ended = false, gap = false;

        for (int k = 0; k < 4; k++) {
            gap |= ended && at[k] < 4;
            ended |= at[k] == 4;
            if (at[k] < 4)
                strcat(strcat(text, k > 0 ? "/" : ""), names[at[k]]);
        }
        if (!gap && wp_topic_is_name(T(text)))
            strcpy(topics[n_topics++], text);
    }
    ck_assert_uint_gt(n_filters, 60);
    ck_assert_uint_gt(n_topics, 200);
    for (size_t o = 0; o < n_filters; o++) {
        for (size_t i = 0; i < n_filters; i++) {
            bool covers = true;

            for (size_t t = 0; t < n_topics; t++)
                covers &= !wp_topic_matches(T(filters[i]), T(topics[t])) ||
                          wp_topic_matches(T(filters[o]), T(topics[t]));
            ck_assert_msg(wp_topic_within(T(filters[o]), T(filters[i])) == covers, "%s within %s is %d",
                          filters[i], filters[o], covers);
        }
    }
}
END_TEST

START_TEST(wildcards_stand_alone_and_last)
{
    static const char *const good[] = {"#", "+", "a/#", "+/+", "/", "a//b", "$SYS/#", "+/tennis/#"};
    static const char *const bad[] = {"",     "a#", "a/#/b", "sport+",      "+a",
                                      "a/b#", "##", "\xC3",  "\xED\xA0\x80"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(wp_topic_is_filter(T(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!wp_topic_is_filter(T(bad[i])), "%s", bad[i]);
    ck_assert(wp_topic_is_name(T("a/b")));
    ck_assert(!wp_topic_is_name(T("a/+")));
    ck_assert(!wp_topic_is_name(T("")));
    ck_assert(!wp_topic_is_name(wp_slice("a\0b", 3)));
}
END_TEST

static const struct wp_access_user users[] = {{"gw", "secret"}, {"app", ""}};
static const struct wp_access_rule rules[] = {
    {"gw", WP_ACCESS_SUBSCRIBE | WP_ACCESS_PUBLISH, "ivy/v1/#"},
    {"app", WP_ACCESS_PUBLISH, "ivy/v1/meters/+/command/request"},
    {NULL, WP_ACCESS_SUBSCRIBE, "public/+"},
};
static const struct wp_access table = {.users = users, .n_users = 2, .rules = rules, .n_rules = 3};
static const struct wp_slice nobody = {NULL, 0};

START_TEST(a_login_needs_its_password)
{
    struct wp_access with_guests = table;

    ck_assert(wp_access_login(&table, T("gw"), T("secret")));
    ck_assert(!wp_access_login(&table, T("gw"), T("Secret")));
    ck_assert(!wp_access_login(&table, T("gw"), nobody));
    ck_assert(wp_access_login(&table, T("app"), T("")));
    ck_assert(!wp_access_login(&table, T("stranger"), T("secret")));
    ck_assert(!wp_access_login(&table, nobody, nobody));
    with_guests.anonymous = true;
    ck_assert(wp_access_login(&with_guests, nobody, nobody));
    ck_assert(!wp_access_login(&with_guests, T("stranger"), T("x")));
}
END_TEST

START_TEST(rules_grant_by_user_and_right)
{
    ck_assert(wp_access_subscribe(&table, T("gw"), T("ivy/v1/meters/#")));
    ck_assert(!wp_access_subscribe(&table, T("gw"), T("#")));
    ck_assert(!wp_access_subscribe(&table, T("app"), T("ivy/v1/meters/1/command/request")));
    ck_assert(wp_access_publish(&table, T("app"), T("ivy/v1/meters/1/command/request")));
    ck_assert(!wp_access_publish(&table, T("app"), T("ivy/v1/gateway/status")));
    ck_assert(wp_access_subscribe(&table, nobody, T("public/news")));
    ck_assert(!wp_access_publish(&table, nobody, T("public/news")));
}
END_TEST

START_TEST(a_shared_subscription_needs_the_right_to_its_filter)
{
    ck_assert(wp_access_subscribe(&table, T("gw"), T("$share/g/ivy/v1/#")));
    ck_assert(!wp_access_subscribe(&table, T("gw"), T("$share/g/#")));
    ck_assert(!wp_access_subscribe(&table, T("gw"), T("$share/g")));
}
END_TEST

START_TEST(an_open_table_grants_everything)
{
    const struct wp_access open = {.open = true};

    ck_assert(wp_access_login(&open, T("anybody"), T("anything")));
    ck_assert(wp_access_subscribe(&open, nobody, T("#")));
    ck_assert(wp_access_publish(&open, nobody, T("a")));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("access");
    TCase *t = tcase_create("access");
    SRunner *r;
    int failed;

    tcase_add_test(t, a_filter_matches_by_whole_levels);
    tcase_add_test(t, a_filter_lies_within_another);
    tcase_add_test(t, within_agrees_with_trying_every_topic);
    tcase_add_test(t, wildcards_stand_alone_and_last);
    tcase_add_test(t, a_login_needs_its_password);
    tcase_add_test(t, rules_grant_by_user_and_right);
    tcase_add_test(t, a_shared_subscription_needs_the_right_to_its_filter);
    tcase_add_test(t, an_open_table_grants_everything);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
