/* A north's session at the broker: who logs in, when the next login is due, and what is noted. */
#include "sim/gateway/broker_session.h"

#include <check.h>

enum { CLIENT_ID, USER, PASSWORD, KEEPALIVE, N_OPTIONS };

static const struct wp_option options[N_OPTIONS] = {
    {.name = "north.client_id", .type = WP_OPT_TEXT, .fallback = "a-gateway"},
    {.name = "north.user", .type = WP_OPT_TEXT},
    {.name = "north.password", .type = WP_OPT_TEXT},
    {.name = "north.keepalive", .type = WP_OPT_DURATION, .fallback = "15s", .max = 65535000000},
};
static const struct broker_account account = {
    .client_id = &options[CLIENT_ID],
    .user = &options[USER],
    .password = &options[PASSWORD],
    .keepalive = &options[KEEPALIVE],
};

/* ---- who logs in ---------------------------------------------------------------------------------- */

static struct wp_option_value given_text(unsigned option, const char *text)
{
    return (struct wp_option_value){.option = &options[option],
                                    .value = {.kind = WP_TEXT, .bytes = wp_text(text)}};
}

START_TEST(a_login_is_what_the_options_say)
{
    const struct wp_option_value given[] = {given_text(USER, "u"), given_text(PASSWORD, "p")};
    const struct wp_setup nothing = {.name = "gateway"},
                          both = {.name = "gateway", .given = given, .n_given = 2};
    struct wp_login login = broker_account_login(&nothing, &account);

    ck_assert(wp_slice_is(login.client_id, "a-gateway"));
    ck_assert_ptr_null(login.user.p);
    ck_assert_ptr_null(login.password.p);
    ck_assert_uint_eq(login.keepalive_s, 15);
    ck_assert(login.clean);
    ck_assert(!login.has_will);
    login = broker_account_login(&both, &account);
    ck_assert(wp_slice_is(login.user, "u"));
    ck_assert(wp_slice_is(login.password, "p"));
}
END_TEST

START_TEST(a_password_needs_a_user)
{
    const struct wp_option_value given[] = {given_text(PASSWORD, "p"), given_text(USER, "u")};
    const struct wp_setup alone = {.name = "gateway", .given = given, .n_given = 1},
                          both = {.name = "gateway", .given = given, .n_given = 2};
    char why[128];
    struct wp_writer w = wp_writer(why, sizeof why);

    ck_assert(broker_account_check(&both, &account, &w));
    ck_assert(!broker_account_check(&alone, &account, &w));
    ck_assert_str_eq(wp_put_end(&w),
                     "north.password needs north.user: MQTT 3.1.1 has no password without a user name");
}
END_TEST

/* ---- the session ---------------------------------------------------------------------------------- */

/* What it emits, a word each: "login 2", "subscribe a/# 1 7", "broker-lost 5". */
struct bench {
    struct wp_outbox outbox; /* first: the outbox is the bench */
    struct wp_writer w;
    char text[256];
    struct broker_session session;
};

static void emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    struct bench *b = (struct bench *)outbox;

    if (e->kind == WP_LOGIN) {
        wp_put_text(&b->w, "login ");
        wp_put_uint(&b->w, e->endpoint);
    } else if (e->kind == WP_SUBSCRIBE) {
        wp_put_text(&b->w, "subscribe ");
        wp_put_slice(&b->w, e->subscribe.filter);
        wp_put_char(&b->w, ' ');
        wp_put_uint(&b->w, e->subscribe.qos);
        wp_put_char(&b->w, ' ');
        wp_put_uint(&b->w, e->subscribe.tag);
    } else {
        ck_assert_int_eq(e->kind, WP_NOTE);
        wp_put_text(&b->w, e->note.what);
        wp_put_char(&b->w, ' ');
        wp_put_int(&b->w, e->note.count);
    }
    wp_put_char(&b->w, '\n');
}

static struct bench b;

static void setup(void)
{
    b = (struct bench){.outbox.emit = emit, .session = broker_session(2, WP_SEC(25))};
    b.w = wp_writer(b.text, sizeof b.text);
}

static void expect(const char *lines)
{
    ck_assert_str_eq(wp_put_end(&b.w), lines);
    b.w = wp_writer(b.text, sizeof b.text);
}

static bool close_at(wp_us now, wp_port port)
{
    const struct wp_event e = {.kind = WP_EV_CLOSE, .now = now, .port = port, .close.code = 5};

    return broker_session_closed(&b.session, &e, &b.outbox);
}

START_TEST(logins_become_rarer_until_one_succeeds)
{
    static const wp_us waits[] = {WP_MS(100), WP_MS(500), WP_SEC(1),  WP_SEC(1),  WP_SEC(5),  WP_SEC(5),
                                  WP_SEC(5),  WP_SEC(10), WP_SEC(15), WP_SEC(20), WP_SEC(25), WP_SEC(25)};
    const struct wp_login login = {.client_id = wp_text("a-gateway")};
    wp_us now = 0;

    ck_assert_int_eq(b.session.reconnect_at, WP_NEVER);
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        broker_session_log_in(&b.session, &login, &b.outbox);
        ck_assert_int_eq(b.session.reconnect_at, WP_NEVER);
        ck_assert(close_at(now, 0));
        ck_assert_int_eq(b.session.reconnect_at, now + waits[i]);
        expect("login 2\nbroker-refused 5\n");
        now += waits[i];
    }
    broker_session_opened(&b.session, 9);
    ck_assert(close_at(now, 9));
    ck_assert_int_eq(b.session.reconnect_at, now + waits[0]);
    expect("broker-lost 5\n");
}
END_TEST

START_TEST(the_end_of_an_older_connection_changes_nothing)
{
    broker_session_opened(&b.session, 9);
    ck_assert(!close_at(1, 8));
    ck_assert_uint_eq(b.session.port, 9);
    ck_assert_int_eq(b.session.reconnect_at, WP_NEVER);
    expect("");
}
END_TEST

START_TEST(a_refused_subscription_is_noted)
{
    struct wp_event e = {.kind = WP_EV_SUBACKED, .subacked = {.tag = 7, .code = 1}};

    broker_session_opened(&b.session, 9);
    broker_session_subscribe(&b.session, wp_text("a/#"), 1, 7, &b.outbox);
    broker_session_subacked(&e, &b.outbox);
    expect("subscribe a/# 1 7\n");
    e.subacked.code = WP_SUBACK_REFUSED;
    broker_session_subacked(&e, &b.outbox);
    expect("subscription-refused 7\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("broker_session");
    TCase *c = tcase_create("session");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, a_login_is_what_the_options_say);
    tcase_add_test(c, a_password_needs_a_user);
    tcase_add_test(c, logins_become_rarer_until_one_succeeds);
    tcase_add_test(c, the_end_of_an_older_connection_changes_nothing);
    tcase_add_test(c, a_refused_subscription_is_noted);
    suite_add_tcase(s, c);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
