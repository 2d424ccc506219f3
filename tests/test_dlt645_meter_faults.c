/* Every fault, as the bytes that it makes of a good reply.
 *
 * The good reply is 683412000000006891063334343538550A16 (vectors): 220.5 V of meter 000000001234. */
#include "tests/dlt645_meter_rig.h"

#define READ_VOLTAGE "6834120000000068110433343435FB16"
#define GOOD         "683412000000006891063334343538550A16"
#define READ_B       "6834120000000068110433353435FC16"

static struct rig f;

static void setup(void)
{
    rig_start(&f, "address", "000000001234", "login", "silent", "register", "02010100=220.5, 02010200=229.7",
              NULL);
}

static void teardown(void)
{
    rig_free(&f);
}

static void ask(const char *hex)
{
    rig_hex(&f, hex);
    rig_run(&f, f.now + WP_SEC(10));
}

/* One occasion of the fault does this to the reply; the next reply is good. */
static void strikes_once(const char *name, const char *value, const char *trace)
{
    rig_set(&f, name, value, 1);
    rig_hex(&f, READ_VOLTAGE);
    rig_run(&f, WP_SEC(100));
    ck_assert_msg(strcmp(wp_put_end(&f.w), trace) == 0, "%s: %s\nis\n%s", name, trace, wp_put_end(&f.w));
    f.w.n = 0;
    ask(READ_VOLTAGE);
    rig_expect(&f, "[100050.000] > " GOOD "\n");
    ck_assert_uint_eq(rig_meter(&f)->faults, 0);
    teardown();
    setup();
}

/* Checksums as reckoned with another program. */
START_TEST(each_fault_bends_the_reply_once)
{
    strikes_once("fault.silence", "true", "");
    strikes_once("fault.late", "12s", "[ 12050.000] > " GOOD "\n");
    strikes_once("fault.error", "06", "[    50.000] > 6834120000000068D101392116\n");
    strikes_once("fault.fill", "02010100", "[    50.000] > 68341200000000689106333434353232E116\n");
    strikes_once("fault.fill", "FFFFFFFF", "[    50.000] > 68341200000000689106333434353232E116\n");
    strikes_once("fault.digits", "02010100", "[    50.000] > 68341200000000689106333434353D550F16\n");
    strikes_once("fault.di", "02010300", "[    50.000] > 683412000000006891063336343538550C16\n");
    strikes_once("fault.function", "94", "[    50.000] > 683412000000006894063334343538550D16\n");
    strikes_once("fault.address", "00000000AB99", "[    50.000] > 6899AB000000006891063334343538550816\n");
    strikes_once("fault.preamble", "9", "[    50.000] > FEFEFEFEFEFEFEFEFE" GOOD "\n");
    strikes_once("fault.checksum", "true", "[    50.000] > 683412000000006891063334343538550B16\n");
    strikes_once("fault.before", "00 68 FF", "[    50.000] > 0068FF" GOOD "\n");
    strikes_once("fault.after", "FFFF00", "[    50.000] > " GOOD "FFFF00\n");
    strikes_once("fault.echo", "true", "[    50.000] > " READ_VOLTAGE "\n[    50.000] > " GOOD "\n");
    strikes_once("fault.merge", "02010200", "[    50.000] > " GOOD "6834120000000068910633353435CA559D16\n");
    strikes_once("fault.merge", "FFFFFFFF",
                 "[    50.000] > " GOOD "6834120000000068D101351D16\n"); /* (vectors) */
    strikes_once("fault.half", "7", "[    50.000] > 68341200000000\n");
    strikes_once("fault.half", "0", "");
    strikes_once("fault.split", "5",
                 "[    50.000] > 6834120000\n[    50.000] > 00006891063334343538550A16\n");
    strikes_once("fault.split", "100", "[    50.000] > " GOOD "\n");
    strikes_once("fault.duplicate", "2",
                 "[    50.000] > " GOOD "\n[    50.000] > " GOOD "\n[    50.000] > " GOOD "\n");
}
END_TEST

START_TEST(occasions_are_counted_and_zero_is_until_cleared)
{
    rig_set(&f, "fault.silence", "true", 2);
    ask(READ_VOLTAGE);
    ask(READ_VOLTAGE);
    rig_expect(&f, "");
    ask(READ_VOLTAGE);
    rig_expect(&f, "[ 20050.000] > " GOOD "\n");
    rig_set(&f, "fault.silence", "true", 0);
    for (int i = 0; i < 5; i++)
        ask(READ_VOLTAGE);
    rig_expect(&f, "");
    rig_set(&f, "fault.silence", NULL, 0);
    ask(READ_VOLTAGE);
    rig_expect(&f, "[ 80050.000] > " GOOD "\n");
    rig_set(&f, "fault.silence", "true", 0);
    rig_set(&f, "fault.silence", "false", 0);
    ask(READ_VOLTAGE);
    rig_expect(&f, "[ 90050.000] > " GOOD "\n");
}
END_TEST

START_TEST(a_fault_of_an_identifier_waits_for_it)
{
    rig_set(&f, "fault.fill", "02010200", 1);
    ask(READ_VOLTAGE);
    rig_expect(&f, "[    50.000] > " GOOD "\n");
    ask(READ_B);
    rig_expect(&f, "[ 10050.000] > 68341200000000689106333534353232E216\n");
    ask(READ_B);
    rig_expect(&f, "[ 20050.000] > 6834120000000068910633353435CA559D16\n");
    rig_set(&f, "fault.fill", "FFFFFFFF", 1); /* any, but a refusal has no data */
    rig_set(&f, "fault.digits", "FFFFFFFF", 1);
    ck_assert_str_eq(rig_ask_di(&f, 0x02090100), "D1 02");
    ck_assert_str_eq(rig_raw(&f, 0x13, ""), "93 341200000000");
    ck_assert_str_eq(rig_ask_di(&f, 0x02010100), "91 00010102FAFF");
}
END_TEST

START_TEST(faults_can_be_given_from_the_start)
{
    teardown();
    rig_start(&f, "address", "000000001234", "login", "silent", "fault.late", "1s", "memory", "0", "voltageA",
              "220.5", NULL);
    ask(READ_VOLTAGE);
    ask(READ_VOLTAGE);
    rig_expect(&f, "[  1050.000] > " GOOD "\n[ 11050.000] > " GOOD "\n");
}
END_TEST

START_TEST(several_faults_act_together)
{
    rig_set(&f, "fault.preamble", "1", 1);
    rig_set(&f, "fault.before", "AA", 1);
    rig_set(&f, "fault.checksum", "true", 1);
    rig_set(&f, "fault.after", "BB", 1);
    rig_set(&f, "fault.split", "4", 1);
    ask(READ_VOLTAGE);
    rig_expect(&f, "[    50.000] > AAFE6834\n"
                   "[    50.000] > 12000000006891063334343538550B16BB\n");
}
END_TEST

/* The second half comes later; meanwhile the line is busy. */
START_TEST(a_split_reply_can_pause)
{
    rig_set(&f, "fault.split", "5", 1);
    rig_set(&f, "fault.split.gap", "3s", 1);
    rig_hex(&f, READ_VOLTAGE READ_B);
    rig_run(&f, WP_SEC(10));
    rig_expect(&f, "[    50.000] > 6834120000\n"
                   "[  3050.000] > 00006891063334343538550A16\n"
                   "[  3100.000] > 6834120000000068910633353435CA559D16\n");
    ck_assert_uint_eq(rig_meter(&f)->faults, 0);
}
END_TEST

START_TEST(a_pause_dies_with_the_connection)
{
    size_t before = rig_meter(&f)->n_store;

    rig_set(&f, "fault.split", "5", 1);
    rig_set(&f, "fault.split.gap", "30s", 1);
    rig_hex(&f, READ_VOLTAGE);
    rig_run(&f, WP_SEC(1));
    rig_step(&f, (struct wp_event){.kind = WP_EV_CLOSE, .port = f.port, .close.reason = WP_CLOSE_RESET});
    rig_run(&f, WP_SEC(60));
    rig_expect(&f, "[    50.000] > 6834120000\n[  6000.000] dial\n");
    ck_assert_uint_eq(rig_meter(&f)->n_store, before);
    ask(READ_VOLTAGE);
    rig_expect(&f, "[ 60050.000] > " GOOD "\n");
}
END_TEST

START_TEST(it_hangs_up_within_a_reply)
{
    rig_set(&f, "fault.drop", "6", 1);
    rig_hex(&f, READ_VOLTAGE READ_B);
    rig_run(&f, WP_SEC(10));
    rig_expect(&f, "[    50.000] > 683412000000\n"
                   "[    50.000] hang up\n"
                   "[  5050.000] dial\n");
    rig_set(&f, "fault.drop", "0", 1);
    ask(READ_VOLTAGE);
    rig_expect(&f, "[ 10050.000] hang up\n[ 15050.000] dial\n");
    ask(READ_VOLTAGE);
    rig_expect(&f, "[ 20050.000] > " GOOD "\n");
}
END_TEST

/* 0201FF00 in pieces of two bytes, as in test_dlt645_meter_control. */
START_TEST(follow_up_replies_go_wrong)
{
    teardown();
    rig_start(&f, "address", "000000001234", "login", "silent", "follow.bytes", "2", "voltageA", "220.5",
              NULL);
    ck_assert_str_eq(rig_ask_di(&f, 0x0201FF00), "B1 00FF01020522");
    rig_set(&f, "fault.seq", "7", 1);
    ck_assert_str_eq(rig_raw(&f, 0x12, "00FF010201"), "B2 00FF0102002307");
    ck_assert_str_eq(rig_raw(&f, 0x12, "00FF010201"), "B2 00FF0102002301");
    rig_set(&f, "fault.fill", "0201FF00", 1);
    ck_assert_str_eq(rig_raw(&f, 0x12, "00FF010201"), "B2 00FF0102FFFF01"); /* SEQ is not filled */
    rig_set(&f, "fault.endless", "true", 0);
    ck_assert_str_eq(rig_ask_di(&f, 0x02010100), "B1 000101020522");
    for (unsigned seq = 1; seq <= 255; seq++) {
        char hex[16], reply[24];

        snprintf(hex, sizeof hex, "00010102%02X", seq);
        snprintf(reply, sizeof reply, "B2 000101020522%02X", seq);
        ck_assert_str_eq(rig_raw(&f, 0x12, hex), reply);
    }
    rig_set(&f, "fault.endless", NULL, 0);
    ck_assert_str_eq(rig_ask_di(&f, 0x02010100), "91 000101020522");
}
END_TEST

START_TEST(pushes_are_bent_too)
{
    rig_set(&f, "fault.checksum", "true", 1);
    rig_set(&f, "fault.address", "000000005678", 1);
    rig_set(&f, "fault.echo", "true", 0); /* of replies only */
    rig_set(&f, "push", "02010100", 0);
    rig_set(&f, "push", "02010100", 0);
    rig_expect(&f, "[     0.000] > 687856000000006891063334343538559316\n"
                   "[     0.000] > " GOOD "\n");
    rig_set(&f, "fault.split", "4", 1);
    rig_set(&f, "fault.split.gap", "1s", 1); /* nothing waits for what nobody asked */
    rig_set(&f, "push", "02010100", 0);
    rig_expect(&f, "[     0.000] > 68341200\n"
                   "[     0.000] > 0000006891063334343538550A16\n");
}
END_TEST

/* ---- the session ------------------------------------------------------------------------------------------- */

static void log_in(void)
{
    teardown();
    rig_start(&f, "address", "311501114070", NULL);
}

/* A login address from the wire can be anything: here of a topic filter, a NUL, of another length. */
START_TEST(a_login_carries_any_address)
{
    log_in();
    rig_set(&f, "fault.login", "+/#", 1);
    rig_set(&f, "fault.login.hex", "00112233", 2);
    rig_run(&f, WP_SEC(241));
    rig_expect(&f, "[ 60000.000] > 00010001000100090C0204001122331B1E\n"
                   "[120000.000] > 00010001000100090C0204001122331B1E\n"
                   "[180000.000] > 00010001000100080C02032B2F23CD65\n"
                   "[240000.000] > 00010001000100110C020C3331313530313131343037302FF2\n");
}
END_TEST

START_TEST(it_claims_to_be_another_on_the_same_connection)
{
    log_in();
    rig_set(&f, "fault.identity", "999999999998", 1);
    rig_expect(&f, "[     0.000] > 00010001000100120A020C393939393939393939393938004DDB\n");
}
END_TEST

START_TEST(keep_alives_stop)
{
    log_in();
    rig_set(&f, "fault.heartbeat", "true", 2);
    rig_run(&f, WP_SEC(181));
    rig_expect(&f, "[180000.000] > 00010001000100110C020C3331313530313131343037302FF2\n");
}
END_TEST

START_TEST(it_hangs_up_when_told)
{
    rig_set(&f, "fault.hangup", "orderly", 1);
    rig_run(&f, WP_SEC(5));
    rig_set(&f, "fault.hangup", "reset", 1);
    rig_run(&f, WP_SEC(20));
    rig_expect(&f, "[     0.000] hang up\n[  5000.000] dial\n[  5000.000] abort\n[ 15000.000] dial\n");
}
END_TEST

/* Without power nothing goes out and nothing is counted; the old connection is simply never used again. */
START_TEST(power_fails_and_returns)
{
    int64_t before;
    wp_port old = f.port;

    rig_run(&f, WP_SEC(3600));
    before = rig_number(&f, 0x00010000);
    rig_hex(&f, READ_VOLTAGE);
    rig_set(&f, "fault.power", "10h", 1);
    rig_run(&f, WP_SEC(7200));
    rig_hex(&f, READ_VOLTAGE);
    rig_run(&f, WP_SEC(39600));
    rig_expect(&f, "[39600000.000] dial\n");
    ck_assert_uint_ne(f.port, old);
    rig_step(&f, (struct wp_event){.kind = WP_EV_BYTES, .port = old, .bytes = wp_text("\x68\x34\x12")});
    ck_assert_uint_eq(rig_meter(&f)->n_rx, 0);
    ck_assert_int_eq(rig_number(&f, 0x00010000), before);
    rig_step(&f, (struct wp_event){.kind = WP_EV_CLOSE, .port = old, .close.reason = WP_CLOSE_TIMEOUT});
    ask(READ_VOLTAGE);
    rig_expect(&f, "[39600050.000] > " GOOD "\n");
    ck_assert_str_eq(rig_read(&f, 0x03110000), "1");
    rig_run(&f, WP_SEC(43200));
    ck_assert_int_gt(rig_number(&f, 0x00010000), before + 300);
}
END_TEST

START_TEST(a_last_gasp_comes_before_the_dark)
{
    log_in();
    rig_set(&f, "fault.gasp", "1min", 1);
    rig_run(&f, WP_SEC(60));
    rig_expect(&f, "[     0.000] > 00010001000100110F020C3331313530313131343037302FF2\n"
                   "[ 60000.000] dial\n"
                   "[ 60000.000] > 00010001000100120A020C333131353031313134303730007F29\n"); /* (vectors) */
}
END_TEST

START_TEST(a_dial_from_before_the_dark_is_waited_for)
{
    teardown();
    rig_init(&f, "address", "000000001234", "login", "silent", NULL);
    dlt645_meter_class.step(f.machine, &(struct wp_event){.kind = WP_EV_START}, &f.outbox);
    dlt645_meter_class.step(f.machine, &(struct wp_event){.kind = WP_EV_TIMER}, &f.outbox);
    rig_expect(&f, "[     0.000] dial\n");
    f.dialled = false; /* the world takes its time */
    rig_set(&f, "fault.power", "1s", 1);
    rig_run(&f, WP_SEC(5));
    rig_expect(&f, "");
    dlt645_meter_class.step(
        f.machine, &(struct wp_event){.kind = WP_EV_OPEN, .now = f.now, .port = ++f.last_port}, &f.outbox);
    rig_run(&f, WP_SEC(20));
    rig_expect(&f, "[  6000.000] dial\n");
}
END_TEST

START_TEST(it_vanishes_without_a_goodbye)
{
    wp_port old = f.port;

    rig_set(&f, "fault.vanish", "true", 0);
    ask(READ_VOLTAGE);
    rig_run(&f, WP_SEC(1000));
    rig_step(&f, (struct wp_event){.kind = WP_EV_CLOSE, .port = old, .close.reason = WP_CLOSE_PEER});
    rig_run(&f, WP_SEC(2000));
    rig_expect(&f, "");
    rig_set(&f, "fault.vanish", NULL, 0);
    rig_run(&f, WP_SEC(2001));
    ask(READ_VOLTAGE);
    rig_expect(&f, "[2000000.000] dial\n[2001050.000] > " GOOD "\n");
}
END_TEST

/* A value of the wrong size is told, not taken. */
START_TEST(a_fault_that_makes_no_sense_is_refused)
{
    rig_set(&f, "fault.di", "0201", 1);
    rig_set(&f, "fault.address", "12", 1);
    rig_set(&f, "fault.error", "0102", 1);
    rig_expect(&f, "[     0.000] note value-refused: fault.di 1\n"
                   "[     0.000] note value-refused: fault.address 1\n"
                   "[     0.000] note value-refused: fault.error 1\n");
    ask(READ_VOLTAGE);
    rig_expect(&f, "[    50.000] > " GOOD "\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dlt645_meter_faults");
    TCase *t = tcase_create("faults");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, each_fault_bends_the_reply_once);
    tcase_add_test(t, occasions_are_counted_and_zero_is_until_cleared);
    tcase_add_test(t, a_fault_of_an_identifier_waits_for_it);
    tcase_add_test(t, faults_can_be_given_from_the_start);
    tcase_add_test(t, several_faults_act_together);
    tcase_add_test(t, a_split_reply_can_pause);
    tcase_add_test(t, a_pause_dies_with_the_connection);
    tcase_add_test(t, it_hangs_up_within_a_reply);
    tcase_add_test(t, follow_up_replies_go_wrong);
    tcase_add_test(t, pushes_are_bent_too);
    tcase_add_test(t, a_login_carries_any_address);
    tcase_add_test(t, it_claims_to_be_another_on_the_same_connection);
    tcase_add_test(t, keep_alives_stop);
    tcase_add_test(t, it_hangs_up_when_told);
    tcase_add_test(t, power_fails_and_returns);
    tcase_add_test(t, a_last_gasp_comes_before_the_dark);
    tcase_add_test(t, a_dial_from_before_the_dark_is_waited_for);
    tcase_add_test(t, it_vanishes_without_a_goodbye);
    tcase_add_test(t, a_fault_that_makes_no_sense_is_refused);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
