/* Which DL/T 645 frame answers which. */
#include "sim/codec/dlt645.h"

#include <check.h>

enum { METER = 0x1234, OTHER = 0x4321, VOLTAGE = 0x02010100, CURRENT = 0x02020100 };

static struct dlt645_frame question, answer;

static bool answers(void)
{
    struct wp_turn q = dlt645_turn(&question), a = dlt645_turn(&answer);

    ck_assert_int_eq(q.kind, WP_TURN_ASKS);
    ck_assert_int_eq(a.kind, WP_TURN_ANSWERS);
    return dlt645_answers(&a, &q);
}

static struct wp_slice value(void)
{
    static const uint8_t bytes[] = {0x05, 0x22};

    return wp_slice(bytes, sizeof bytes);
}

START_TEST(a_reply_names_its_register)
{
    dlt645_ask_read(&question, METER, VOLTAGE);
    dlt645_reply_read(&answer, METER, VOLTAGE, value(), false);
    ck_assert(answers());
    dlt645_reply_read(&answer, METER, CURRENT, value(), false);
    ck_assert(!answers());
    dlt645_reply_read(&answer, OTHER, VOLTAGE, value(), false);
    ck_assert(!answers());
}
END_TEST

/* Source: DL/T 645-2007: an abnormal reply has an error byte and no register. */
START_TEST(a_refusal_names_no_register)
{
    dlt645_ask_read(&question, METER, VOLTAGE);
    dlt645_reply_error(&answer, METER, DLT645_READ, DLT645_ERROR_NO_DATA);
    ck_assert(answers());
    dlt645_reply_error(&answer, METER, DLT645_WRITE, DLT645_ERROR_PASSWORD);
    ck_assert(!answers());
}
END_TEST

START_TEST(pieces_have_numbers)
{
    dlt645_ask_follow(&question, METER, VOLTAGE, 2);
    dlt645_reply_follow(&answer, METER, VOLTAGE, value(), 2, false);
    ck_assert(answers());
    dlt645_reply_follow(&answer, METER, VOLTAGE, value(), 3, false);
    ck_assert(!answers());
    dlt645_reply_read(&answer, METER, VOLTAGE, value(), false); /* to the read before it */
    ck_assert(!answers());
}
END_TEST

START_TEST(wildcards_are_answered_by_the_real_address)
{
    dlt645_ask_address(&question);
    dlt645_reply_address(&answer, METER);
    ck_assert(answers());
    dlt645_ask_read(&question, UINT64_C(0xAAAAAAAA1234), VOLTAGE);
    dlt645_reply_read(&answer, METER, VOLTAGE, value(), false);
    ck_assert(answers());
    dlt645_reply_read(&answer, OTHER, VOLTAGE, value(), false);
    ck_assert(!answers());
}
END_TEST

START_TEST(nobody_answers_a_broadcast)
{
    const struct dlt645_time now = {24, 1, 15, 12, 0, 0};

    dlt645_ask_time(&question, METER, &now);
    ck_assert_int_eq(dlt645_turn(&question).kind, WP_TURN_ALONE);
    dlt645_ask_freeze(&question, DLT645_ADDRESS_BROADCAST, &now);
    ck_assert_int_eq(dlt645_turn(&question).kind, WP_TURN_ALONE);
    dlt645_ask_freeze(&question, METER, &now);
    ck_assert_int_eq(dlt645_turn(&question).kind, WP_TURN_ASKS);
}
END_TEST

/* A 1997 reply (81, two bytes of register) is none to a 2007 question (11). */
START_TEST(editions_do_not_answer_each_other)
{
    dlt645_ask_read(&question, METER, VOLTAGE);
    answer = (struct dlt645_frame){
        .address = METER, .control = 0x81, .n_data = 4, .data = {0x11, 0xB6, 0x05, 0x22}};
    ck_assert(!answers());
    question = (struct dlt645_frame){.address = METER, .control = 0x01, .n_data = 2, .data = {0x11, 0xB6}};
    ck_assert(answers());
    question.data[0] = 0x12;
    ck_assert(!answers());
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dlt645_turn");
    TCase *t = tcase_create("dlt645_turn");
    SRunner *r;
    int failed;

    tcase_add_test(t, a_reply_names_its_register);
    tcase_add_test(t, a_refusal_names_no_register);
    tcase_add_test(t, pieces_have_numbers);
    tcase_add_test(t, wildcards_are_answered_by_the_real_address);
    tcase_add_test(t, nobody_answers_a_broadcast);
    tcase_add_test(t, editions_do_not_answer_each_other);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
