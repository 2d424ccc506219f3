/* Signing on: what a message means under each policy, and which bytes answer it.
 * source: vectors/ivy-and-dlt645.json, captured logins and heartbeats */
#include "sim/gateway/sign_on.h"

#include <check.h>

#define LOGIN            "00010001000100120a020c323130363030343032393431005a4c"
#define LOGIN_ANSWER     "0001000100010012AA030C323130363030343032393431007004"
#define LOGIN_ZERO_CRC   "00010001000100120a020c333131353031313134303730000000"
#define HEARTBEAT        "00010001003000110c010c3231313230303530343337374002"
#define HEARTBEAT_ANSWER "0001003000010011CC030C32313132303035303433373794FF"

static uint8_t wire[300];
static const struct sign_on_policy usual = {.accepts_zero = true, .answers = true};

/* The bytes stay in `wire`. */
static struct ivy_frame frame(const char *digits)
{
    struct ivy_frame f;
    size_t n;

    ck_assert(wp_hex_read(wp_text(digits), wire, sizeof wire, &n));
    ck_assert_int_eq(ivy_decode(wp_slice(wire, n), &f).status, WP_OK);
    return f;
}

static struct ivy_frame message(enum ivy_control control, const char *address)
{
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct ivy_session s = ivy_session(control, IVY_DEVICE_METER, wp_text(address));
    struct ivy_frame f;

    ivy_encode_session(&w, 1, 1, &s);
    ck_assert_int_eq(ivy_decode(wp_written(&w), &f).status, WP_OK);
    return f;
}

static void expect_answer(const struct sign_on_policy *policy, const char *asked, const char *answer)
{
    struct ivy_frame f = frame(asked);
    char bytes[SIGN_ON_ANSWER_MAX], digits[2 * SIGN_ON_ANSWER_MAX];
    struct wp_writer w = wp_writer(bytes, sizeof bytes), text = wp_writer(digits, sizeof digits);

    sign_on_answer(policy, &f, &w);
    wp_put_hex(&text, wp_written(&w));
    ck_assert_str_eq(wp_put_end(&text), answer);
}

START_TEST(login_and_heartbeat_are_welcome)
{
    struct ivy_frame f = frame(LOGIN);
    struct sign_on s = sign_on_read(&usual, &f);

    ck_assert_int_eq(s.verdict, SIGN_ON_WELCOME);
    ck_assert(!s.bad_crc);
    ck_assert_uint_eq(s.address, 0x210600402941);
    ck_assert_int_eq(memcmp(s.device, "210600402941", SIGN_ON_DIGITS), 0);
    f = frame(HEARTBEAT);
    s = sign_on_read(&usual, &f);
    ck_assert_int_eq(s.verdict, SIGN_ON_WELCOME);
    ck_assert_uint_eq(s.address, 0x211200504377);
}
END_TEST

START_TEST(the_answer_belongs_to_the_message_or_is_the_policys)
{
    const struct sign_on_policy silent = {.answers = false},
                                fixed = {.answers = true, .n_ack = 3, .ack = {0xC0, 0xFF, 0xEE}};

    expect_answer(&usual, LOGIN, LOGIN_ANSWER);
    expect_answer(&usual, HEARTBEAT, HEARTBEAT_ANSWER);
    expect_answer(&silent, LOGIN, "");
    expect_answer(&fixed, LOGIN, "C0FFEE");
    expect_answer(&fixed, HEARTBEAT, "C0FFEE");
}
END_TEST

START_TEST(a_wrong_crc_is_told_and_dropped_only_when_the_policy_minds)
{
    const struct sign_on_policy strict = {.checks_crc = true, .answers = true};
    struct ivy_frame f = frame(LOGIN_ZERO_CRC);

    ck_assert_int_eq(sign_on_read(&usual, &f).verdict, SIGN_ON_WELCOME);
    ck_assert(sign_on_read(&usual, &f).bad_crc);
    ck_assert_int_eq(sign_on_read(&strict, &f).verdict, SIGN_ON_DROPPED);
    ck_assert(sign_on_read(&strict, &f).bad_crc);
    f = frame(LOGIN);
    ck_assert_int_eq(sign_on_read(&strict, &f).verdict, SIGN_ON_WELCOME);
}
END_TEST

START_TEST(what_is_no_sign_on_is_told_apart)
{
    struct ivy_frame f = message(IVY_LAST_GASP, "000000000001");

    ck_assert_int_eq(sign_on_read(&usual, &f).verdict, SIGN_ON_GASP);
    f = message(IVY_LOGIN_ANSWER, "000000000001");
    ck_assert_int_eq(sign_on_read(&usual, &f).verdict, SIGN_ON_ECHO);
    f = message(IVY_HEARTBEAT_ANSWER, "000000000001");
    ck_assert_int_eq(sign_on_read(&usual, &f).verdict, SIGN_ON_ECHO);
    f = message(IVY_LOGIN, "00000000000A");
    ck_assert_int_eq(sign_on_read(&usual, &f).verdict, SIGN_ON_HOSTILE);
    f = message(IVY_LOGIN, "0000000000011");
    ck_assert_int_eq(sign_on_read(&usual, &f).verdict, SIGN_ON_HOSTILE);
    f = frame("0001000100010005c401050104");
    ck_assert_int_eq(sign_on_read(&usual, &f).verdict, SIGN_ON_OTHER);
}
END_TEST

START_TEST(some_addresses_no_meter_can_have)
{
    const struct sign_on_policy no_zero = {.accepts_zero = false};

    ck_assert(sign_on_is_meter(&usual, 0x000000000001));
    ck_assert(sign_on_is_meter(&usual, 0));
    ck_assert(!sign_on_is_meter(&no_zero, 0));
    ck_assert(!sign_on_is_meter(&usual, UINT64_C(0x999999999999)));
    ck_assert(!sign_on_is_meter(&usual, UINT64_C(0xAAAAAAAAAAAA)));
}
END_TEST

START_TEST(a_list_of_meters_is_twelve_digits_each_or_everybody)
{
    static const char *const good[] = {"", "*", "000000000001", "000000000001,000000000002",
                                       " 000000000001 , 000000000002 "};
    static const char *const bad[] = {"1",
                                      "000000000001,",
                                      ",000000000001",
                                      "000000000001,,000000000002",
                                      "00000000000A",
                                      "000000000001 000000000002",
                                      "*,000000000001"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(sign_on_is_list(wp_text(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!sign_on_is_list(wp_text(bad[i])), "%s", bad[i]);
    ck_assert(sign_on_lists(wp_text("*"), wp_text("000000000007")));
    ck_assert(!sign_on_lists(wp_text(""), wp_text("000000000007")));
    ck_assert(sign_on_lists(wp_text("000000000001, 000000000007"), wp_text("000000000007")));
    ck_assert(sign_on_lists(wp_text("000000000001, 000000000007"), wp_text("000000000001")));
    ck_assert(!sign_on_lists(wp_text("000000000001, 000000000007"), wp_text("000000000002")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sign_on");
    TCase *tc = tcase_create("sign_on");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, login_and_heartbeat_are_welcome);
    tcase_add_test(tc, the_answer_belongs_to_the_message_or_is_the_policys);
    tcase_add_test(tc, a_wrong_crc_is_told_and_dropped_only_when_the_policy_minds);
    tcase_add_test(tc, what_is_no_sign_on_is_told_apart);
    tcase_add_test(tc, some_addresses_no_meter_can_have);
    tcase_add_test(tc, a_list_of_meters_is_twelve_digits_each_or_everybody);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
