/* Topics and payloads of clients to commands: which count, what they become, what fails at once. */
#include "tests/octolux_rig.h"

static struct rig r;

static void setup(void)
{
    rig_start(&r, NULL);
}

static void teardown(void)
{
    rig_end(&r);
}

static void again(const char *name, const char *value)
{
    rig_end(&r);
    rig_start(&r, name, value, NULL);
}

/* The payload as the command's; `line` is all that follows. */
static void expect_payload(const char *command, struct wp_slice payload, const char *line)
{
    char topic[64], expected[256];

    snprintf(topic, sizeof topic, "octolux/cmd/%s", command);
    snprintf(expected, sizeof expected, "%s\n", line);
    rig_message_with(&r, wp_text(topic), payload, false);
    rig_expect(&r, expected);
}

static void expect(const char *command, const char *payload, const char *line)
{
    expect_payload(command, wp_text(payload), line);
}

static void expect_fail(const char *command, const char *payload)
{
    char line[64];

    snprintf(line, sizeof line, "publish octolux/result/%s q1 FAIL", command);
    expect(command, payload, line);
}

/* ---- booleans ------------------------------------------------------------------------------------- */

static const struct {
    const char *command, *id;
} switches[] = {{"ac_charge", "hold 21.7"}, {"forced_discharge", "hold 21.10"}};

static void expect_switch(struct wp_slice payload, const char *value)
{
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        char line[64];

        snprintf(line, sizeof line, "command 5555555555 write %s = %s", switches[i].id, value);
        expect_payload(switches[i].command, payload, line);
    }
}

/* It switches off, and who reads the log learns that nobody may have meant it. */
static void expect_doubt(struct wp_slice payload)
{
    static unsigned n;

    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        char lines[128];

        snprintf(lines, sizeof lines,
                 "note command-doubtful: neither on nor off, so it is off %u\n"
                 "command 5555555555 write %s = false",
                 ++n, switches[i].id);
        expect_payload(switches[i].command, payload, lines);
    }
}

/* OCT-105 .. OCT-110, OCT-112, OCT-113, OCT-117, OCT-134: the six words, in either case. */
START_TEST(the_listed_words_are_true)
{
    static const char *const words[] = {"1",  "t",  "true", "y",    "yes",  "on",  "T",
                                        "ON", "On", "True", "TRUE", "tRuE", "YES", "Y"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        expect_switch(wp_text(words[i]), "true");
}
END_TEST

/* OCT-111, OCT-114, OCT-118: everything else is false, and never a failure. */
START_TEST(everything_else_is_false)
{
    static const char *const off[] = {"0", "f", "false", "n", "no", "off", "F", "False", "NO", "Off"};
    static const char *const words[] = {"2",       "01",  "enabled", "",     " on",          "on ",
                                        "11",      "tr",  "ye",      "o",    "true.",        "\"on\"",
                                        "on\n",    "onn", "{}",      "yes!", "true\r",       "off\n",
                                        "disable", "00",  "nope",    " 0",   "\xEF\xBC\xAFN"};

    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++)
        expect_switch(wp_text(off[i]), "false");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        expect_doubt(wp_text(words[i]));
    expect_doubt(wp_slice("on\0", 3));
    expect_doubt(wp_slice("\0", 1));
    expect_doubt(wp_slice("\xFF\xFE\x80", 3));
}
END_TEST

/* ---- integers ------------------------------------------------------------------------------------- */

static const struct {
    const char *command;
    unsigned number;
} rates[] = {{"discharge_pct", 65}, {"charge_pct", 64}, {"charge_amount_pct", 67}};

/* OCT-122, OCT-126, OCT-129, OCT-131, OCT-144, OCT-146, OCT-B04 */
START_TEST(a_rate_is_written_to_its_register)
{
    static const struct {
        const char *payload;
        unsigned value;
    } good[] = {
        {"0", 0},         {"1", 1},
        {"50", 50},       {"99", 99},
        {"100", 100},     {"007", 7},
        {" 42", 42},      {"42 ", 42},
        {"  0100 ", 100}, {"\t8\t", 8},
        {"5\n", 5},       {"5\r\n", 5},
        {"00", 0},        {"0000000000000000000000000000000000000000000000000000000000000000000000001", 1}};

    for (size_t k = 0; k < sizeof rates / sizeof rates[0]; k++)
        for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
            char line[80];

            snprintf(line, sizeof line, "command 5555555555 write hold %u = %u", rates[k].number,
                     good[i].value);
            expect(rates[k].command, good[i].payload, line);
        }
}
END_TEST

/* OCT-123, OCT-127, OCT-132, OCT-B04: FAIL at once, and nothing for the south. */
START_TEST(another_rate_fails_at_once)
{
    static const char *const bad[] = {"-1",
                                      "101",
                                      "65536",
                                      "50abc",
                                      "12.7",
                                      "1_000",
                                      "0x32",
                                      "-5",
                                      "",
                                      " ",
                                      "+5",
                                      "1e1",
                                      "5 0",
                                      "abc",
                                      "50%",
                                      "4294967297",
                                      "18446744073709551617",
                                      "99999999999999999999999999999999",
                                      "\"50\"",
                                      "[50]",
                                      "on",
                                      "50.0",
                                      "-0",
                                      "\xD9\xA5"};

    for (size_t k = 0; k < sizeof rates / sizeof rates[0]; k++)
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
            expect_fail(rates[k].command, bad[i]);
    expect_payload("charge_pct", wp_slice("50\0", 3), "publish octolux/result/charge_pct q1 FAIL");
}
END_TEST

/* OCT-096 .. OCT-100 */
START_TEST(read_input_reads_a_set)
{
    expect("read_input", "1", "command 5555555555 read input 0/40");
    expect("read_input", "2", "command 5555555555 read input 40/40");
    expect("read_input", " 03 ", "command 5555555555 read input 80/40");
}
END_TEST

/* OCT-B05 */
START_TEST(there_are_three_sets)
{
    static const char *const bad[] = {"0", "4", "12", "all", "", "1,2", "-1", "1.0", "65537"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_fail("read_input", bad[i]);
}
END_TEST

/* OCT-143, OCT-156, OCT-157: any register, known or not. */
START_TEST(read_hold_reads_a_register)
{
    expect("read_hold", "65", "command 5555555555 read hold 65");
    expect("read_hold", "0", "command 5555555555 read hold 0");
    expect("read_hold", "021", "command 5555555555 read hold 21");
    expect("read_hold", "65535", "command 5555555555 read hold 65535");
}
END_TEST

/* OCT-B06 */
START_TEST(a_register_has_16_bits)
{
    static const char *const bad[] = {"65536", "-1", "x", "", "100000", "6553500000", "65,66"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_fail("read_hold", bad[i]);
}
END_TEST

/* The rule of the original, within the ranges of ours. */
START_TEST(integers_may_be_read_leniently)
{
    static const struct {
        const char *payload;
        int value;
    } cases[] = {
        {"50abc", 50}, {"abc", 0},    {"", 0},       {" 42", 42}, {"12.7", 12}, {"1_0", 10},
        {"+5", 5},     {"0x32", 0},   {"1__0", 1},   {"1_", 1},   {"_1", 0},    {"-0", 0},
        {"5 0", 5},    {"100%", 100}, {"1_000", -1}, {"-5", -1},  {"101", -1},  {"99999999999999999999", -1}};

    again("octolux.lenient_integers", "true");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[64];

        snprintf(line, sizeof line, "command 5555555555 write hold 65 = %d", cases[i].value);
        if (cases[i].value < 0)
            expect_fail("discharge_pct", cases[i].payload);
        else
            expect("discharge_pct", cases[i].payload, line);
    }
    expect_fail("read_input", "abc");
}
END_TEST

/* ---- topics --------------------------------------------------------------------------------------- */

/* OCT-B07: not a result, not a command, not an end. */
START_TEST(other_topics_are_ignored)
{
    static const char *const topics[] = {"octolux/cmd/reboot",
                                         "octolux/cmd/ac_charge/x",
                                         "octolux/cmd/",
                                         "octolux/cmd",
                                         "octolux/ac_charge",
                                         "octolux/cmd/AC_CHARGE",
                                         "octolux/cmd/read",
                                         "/cmd/ac_charge",
                                         "cmd/ac_charge",
                                         "ac_charge",
                                         "",
                                         "/",
                                         "octolux/result/read_input",
                                         "octolux//cmd/ac_charge",
                                         "Octolux/cmd/ac_charge",
                                         "x/octolux/cmd/ac_charge",
                                         "octolux/cmd/ac_charge ",
                                         "octolux/cmd/charge_priority"};
    char line[128];

    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        rig_message(&r, topics[i], "1");
        snprintf(line, sizeof line, "note command-ignored: no command has this topic %zu\n", i + 1);
        rig_expect(&r, line);
    }
    ck_assert(r.broker);
}
END_TEST

/* Beyond the document, so only when it is asked for. */
START_TEST(charge_priority_is_an_extension)
{
    rig_end(&r);
    rig_init(&r, "octolux.charge_priority", "true", NULL);
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    ck_assert_ptr_nonnull(strstr(wp_put_end(&r.w), "subscribe octolux/cmd/charge_priority q1\n"));
    rig_clear(&r);
    expect("charge_priority", "on", "command 5555555555 write hold 21.11 = true");
    rig_answer(&r, true);
    rig_expect(&r, "publish octolux/result/charge_priority q1 OK\n");
}
END_TEST

/* OCT-B08 */
START_TEST(a_retained_command_is_ignored)
{
    rig_message_with(&r, wp_text("octolux/cmd/ac_charge"), wp_text("on"), true);
    rig_message_with(&r, wp_text("octolux/cmd/charge_pct"), wp_text("x"), true);
    rig_expect(&r, "note command-ignored: it is a retained one 1\n"
                   "note command-ignored: it is a retained one 2\n");
    again("octolux.accept_retained", "true");
    rig_message_with(&r, wp_text("octolux/cmd/ac_charge"), wp_text("on"), true);
    rig_expect(&r, "command 5555555555 write hold 21.7 = true\n");
}
END_TEST

/* ---- results -------------------------------------------------------------------------------------- */

/* OCT-102, OCT-136, OCT-138, OCT-139, OCT-159: one each, on the command's own topic. */
START_TEST(every_command_has_its_own_result)
{
    static const char *const commands[] = {"read_input",       "read_hold",     "ac_charge",
                                           "forced_discharge", "discharge_pct", "charge_pct",
                                           "charge_amount_pct"};
    char topic[64], line[64];

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        for (int ok = 0; ok < 2; ok++) {
            snprintf(topic, sizeof topic, "octolux/cmd/%s", commands[i]);
            snprintf(line, sizeof line, "publish octolux/result/%s q1 %s\n", commands[i], ok ? "OK" : "FAIL");
            rig_message(&r, topic, "1");
            rig_clear(&r);
            rig_answer(&r, ok);
            rig_expect(&r, line);
        }
}
END_TEST

/* OCT-139: the gateway answers at once for an inverter that is not there, while the command is being given. */
START_TEST(a_command_for_an_absent_inverter_fails)
{
    r.own.offline = true;
    rig_message(&r, "octolux/cmd/ac_charge", "on");
    rig_expect(&r, "command 5555555555 write hold 21.7 = true\n"
                   "publish octolux/result/ac_charge q1 FAIL\n");
}
END_TEST

/* OCT-B09, OCT-B16: the same command twice is two commands, and answers are told in the order in which they come,
 * whichever they are; nothing is remembered, so no number of them is too many. */
START_TEST(commands_overlap)
{
    uint32_t tag[3];

    rig_message(&r, "octolux/cmd/charge_pct", "7");
    tag[0] = r.own.last_tag;
    rig_message(&r, "octolux/cmd/charge_pct", "7");
    tag[1] = r.own.last_tag;
    rig_message(&r, "octolux/cmd/read_hold", "7");
    tag[2] = r.own.last_tag;
    ck_assert_uint_eq(r.n_commands, 3);
    rig_clear(&r);
    rig_answer_tag(&r, tag[0], true);
    rig_answer_tag(&r, tag[1], false);
    rig_answer_tag(&r, tag[2], true);
    rig_expect(&r, "publish octolux/result/charge_pct q1 OK\n"
                   "publish octolux/result/charge_pct q1 FAIL\n"
                   "publish octolux/result/read_hold q1 OK\n");
    for (unsigned i = 0; i < 5000; i++)
        rig_message(&r, "octolux/cmd/charge_pct", "7");
    ck_assert_uint_eq(r.n_commands, 5000);
    ck_assert_uint_eq(r.n_publishes, 0);
}
END_TEST

/* OCT-096, OCT-101, OCT-103, OCT-158, OCT-160: of a read, the data and then the result. */
START_TEST(data_come_before_the_result_of_a_read)
{
    rig_message(&r, "octolux/cmd/read_hold", "65");
    rig_hold(&r, "5555555555", WP_ASKED, 65, 50);
    rig_answer(&r, true);
    rig_expect(&r, "command 5555555555 read hold 65\n"
                   "publish octolux/hold/65 q1 50\n"
                   "publish octolux/result/read_hold q1 OK\n");
}
END_TEST

/* OCT-135, OCT-137, OCT-140, OCT-149: of a write, the result and then the register, as the inverter has it. */
START_TEST(the_result_of_a_write_comes_before_the_register)
{
    rig_message(&r, "octolux/cmd/ac_charge", "on");
    rig_answer(&r, true);
    rig_hold(&r, "5555555555", WP_ASKED, 21, 62420);
    rig_message(&r, "octolux/cmd/discharge_pct", "50");
    rig_answer(&r, false);
    rig_hold(&r, "5555555555", WP_ASKED, 65, 49);
    rig_expect(&r, "command 5555555555 write hold 21.7 = true\n"
                   "publish octolux/result/ac_charge q1 OK\n"
                   "publish octolux/hold/21 q1 62420\n"
                   "command 5555555555 write hold 65 = 50\n"
                   "publish octolux/result/discharge_pct q1 FAIL\n"
                   "publish octolux/hold/65 q1 49\n");
}
END_TEST

/* A result waits for the broker as everything does. */
START_TEST(a_result_waits_for_the_broker)
{
    rig_message(&r, "octolux/cmd/charge_pct", "7");
    rig_lose_broker(&r);
    rig_answer(&r, true);
    rig_hold(&r, "5555555555", WP_ASKED, 64, 7);
    rig_run(&r, WP_SEC(1));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&r.w), "publish octolux/result/charge_pct q1 OK\n"
                                                   "publish octolux/hold/64 q1 7\n"));
    ck_assert_uint_eq(r.n_publishes, 2);
}
END_TEST

/* An answer to nobody's command changes nothing. */
START_TEST(an_answer_to_another_north_is_not_ours)
{
    rig_answer_tag(&r, 4000000000u, true);
    rig_expect(&r, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("north_octolux_command");
    TCase *tc = tcase_create("command");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_listed_words_are_true);
    tcase_add_test(tc, everything_else_is_false);
    tcase_add_test(tc, a_rate_is_written_to_its_register);
    tcase_add_test(tc, another_rate_fails_at_once);
    tcase_add_test(tc, read_input_reads_a_set);
    tcase_add_test(tc, there_are_three_sets);
    tcase_add_test(tc, read_hold_reads_a_register);
    tcase_add_test(tc, a_register_has_16_bits);
    tcase_add_test(tc, integers_may_be_read_leniently);
    tcase_add_test(tc, other_topics_are_ignored);
    tcase_add_test(tc, charge_priority_is_an_extension);
    tcase_add_test(tc, a_retained_command_is_ignored);
    tcase_add_test(tc, every_command_has_its_own_result);
    tcase_add_test(tc, a_command_for_an_absent_inverter_fails);
    tcase_add_test(tc, commands_overlap);
    tcase_add_test(tc, data_come_before_the_result_of_a_read);
    tcase_add_test(tc, the_result_of_a_write_comes_before_the_register);
    tcase_add_test(tc, a_result_waits_for_the_broker);
    tcase_add_test(tc, an_answer_to_another_north_is_not_ours);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
