/* Which LuxPower frame answers which, whose bytes they are, and recorded conversations through the built program. */
#include "harness/cmd.h"
#include "sim/catalog.h"
#include "sim/codec/lxp.h"
#include "tests/lxp_vectors.h"
#include "tests/program_rig.h"

static const struct lxp_head asks = {.protocol = 1, .datalog = "2222222222", .inverter = "5555555555"};
static const struct lxp_head replies = {
    .protocol = 2, .address = 1, .datalog = "2222222222", .inverter = "5555555555"};
static const struct lxp_head other = {
    .protocol = 2, .address = 1, .datalog = "2222222222", .inverter = "5555555556"};

static uint8_t memory[2][LXP_FRAME_MAX];
static struct wp_writer q, a;

static void setup(void)
{
    q = wp_writer(memory[0], sizeof memory[0]);
    a = wp_writer(memory[1], sizeof memory[1]);
}

static struct wp_turn turn_of(struct wp_writer *w, enum wp_side from)
{
    struct lxp_frame f;

    ck_assert_int_eq(lxp_decode(NULL, from, wp_written(w), &f).status, WP_OK);
    return lxp_turn(&f);
}

/* Is what stands in `a` an answer, and to what stands in `q`? Takes it out. */
static bool answers(void)
{
    struct wp_turn question = turn_of(&q, WP_SIDE_CLIENT), answer = turn_of(&a, WP_SIDE_SERVER);

    ck_assert_int_eq(question.kind, WP_TURN_ASKS);
    ck_assert_int_eq(answer.kind, WP_TURN_ANSWERS);
    a.n = 0;
    return lxp_answers(&answer, &question);
}

START_TEST(a_reply_names_inverter_function_register_and_count)
{
    static const uint8_t values[80];

    lxp_put_read(&q, &asks, LXP_READ_INPUT, 40, 40);
    lxp_put_read_reply(&a, &replies, LXP_READ_INPUT, 40, wp_slice(values, 80));
    ck_assert(answers());
    lxp_put_read_reply(&a, &replies, LXP_READ_INPUT, 0, wp_slice(values, 80));
    ck_assert(!answers());
    lxp_put_read_reply(&a, &replies, LXP_READ_INPUT, 40, wp_slice(values, 78));
    ck_assert(!answers());
    lxp_put_read_reply(&a, &replies, LXP_READ_HOLD, 40, wp_slice(values, 80));
    ck_assert(!answers());
    lxp_put_read_reply(&a, &other, LXP_READ_INPUT, 40, wp_slice(values, 80));
    ck_assert(!answers());
}
END_TEST

START_TEST(an_exception_answers_whatever_the_count)
{
    lxp_put_read(&q, &asks, LXP_READ_HOLD, 300, 40);
    lxp_put_exception(&a, &replies, LXP_READ_HOLD, 300, 2);
    ck_assert(answers());
    lxp_put_exception(&a, &replies, LXP_READ_HOLD, 301, 2);
    ck_assert(!answers());
    lxp_put_exception(&a, &replies, LXP_READ_INPUT, 300, 2);
    ck_assert(!answers());
}
END_TEST

/* Also when the inverter took another value: that is for who asked to see. */
START_TEST(writes_are_answered_by_their_register)
{
    lxp_put_write(&q, &asks, 65, 50);
    lxp_put_write(&a, &replies, 65, 49);
    ck_assert(answers());
    lxp_put_write(&a, &replies, 64, 50);
    ck_assert(!answers());
    q.n = 0;
    lxp_put_write_multi(&q, &asks, 12, wp_slice("\1\0\2\0", 4));
    lxp_put_write_multi_reply(&a, &replies, 12, 2);
    ck_assert(answers());
    lxp_put_write_multi_reply(&a, &replies, 12, 3);
    ck_assert(!answers());
}
END_TEST

START_TEST(params_are_answered_by_their_number)
{
    lxp_put_param_read(&q, &asks, 0);
    lxp_put_param_read_reply(&a, &replies, 0, wp_slice("\x78\0", 2));
    ck_assert(answers());
    lxp_put_param_read_reply(&a, &replies, 7, wp_slice("\x78\0", 2));
    ck_assert(!answers());
    q.n = 0;
    lxp_put_param_write(&q, &asks, 0, wp_slice("\x78\0", 2));
    lxp_put_param_write_reply(&a, &replies, 0, 0);
    ck_assert(answers());
}
END_TEST

/* Many never answer one: octolux, for example. */
START_TEST(a_heartbeat_stands_alone)
{
    lxp_put_heartbeat(&q, 2, "2222222222", 0);
    ck_assert_int_eq(turn_of(&q, WP_SIDE_SERVER).kind, WP_TURN_ALONE);
    ck_assert_int_eq(turn_of(&q, WP_SIDE_CLIENT).kind, WP_TURN_ALONE);
}
END_TEST

/* ---- whose bytes? ------------------------------------------------------------------------------------- */

/* Nobody else says of them that they are his own for sure; and from the eighth byte on, we do. */
START_TEST(frames_are_ours_and_nobody_elses)
{
    for (struct lxp_vector v = {0}; lxp_vectors_next(&v);) {
        if (!v.is_valid || v.is_stream)
            continue;
        for (size_t n = 0; n <= v.bytes.n; n++)
            ck_assert_int_eq(lxp_codec.probe(wp_slice(v.bytes.p, n)), n < 8 ? WP_PROBE_MORE : WP_PROBE_YES);
        for (size_t i = 0; i < wp_n_codecs; i++)
            ck_assert_msg(wp_codecs[i] == &lxp_codec || !wp_codec_is_found(wp_codecs[i]) ||
                              wp_codecs[i]->probe(v.bytes) == WP_PROBE_NO,
                          "%s: %s wants it too", v.id, wp_codecs[i]->name);
    }
}
END_TEST

START_TEST(what_begins_otherwise_is_not_ours)
{
    static const struct {
        const char *bytes;
        size_t n;
        enum wp_probe probe;
    } row[] = {
        {"", 0, WP_PROBE_MORE},
        {"\xA1", 1, WP_PROBE_MORE},
        {"\xA1\x1A\x02\x00", 4, WP_PROBE_MORE},
        {"\xA1\x1A\x02\x00\x0D\x00\x01\xC1", 8, WP_PROBE_YES},
        {"\xA1\x1B", 2, WP_PROBE_NO},
        {"\x1A\xA1", 2, WP_PROBE_NO},
        {"\xA1\x1A\x02\x00\x05\x00", 6, WP_PROBE_NO},
        {"\xA1\x1A\x02\x00\x20\x00\x01\xC5", 8, WP_PROBE_NO},
        {"\xA1\x1A\x02\x00\x20\x00\x01\xC1", 8, WP_PROBE_NO}, /* no heartbeat is so long */
        {"\x68\x01\x00\x00\x00\x00\x00\x68", 8, WP_PROBE_NO},
        {"\x10\x1A\x00\x04MQTT", 8, WP_PROBE_NO},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_msg(lxp_codec.probe(wp_slice(row[i].bytes, row[i].n)) == row[i].probe, "row %zu", i);
}
END_TEST

/* What has a fault further on is ours all the same, and is told so. */
START_TEST(a_frame_with_a_fault_is_told_as_ours)
{
    static const char *const ids[] = {"lxp-126", "lxp-127", "lxp-134", "lxp-137", "lxp-138"};
    static const char *const faults[] = {"checksum", "checksum", "value-length", "device-function",
                                         "value-length"};

    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct lxp_vector v;
        char arguments[2 * LXP_VECTOR_MAX + 64], said[100];

        if (!lxp_vectors_find(&v, ids[i]))
            return;
        snprintf(arguments, sizeof arguments, "decode %s", lxp_vector_text(v.entry, "hex"));
        ck_assert_int_eq(wattproof(arguments), EXIT_FAILED);
        snprintf(said, sizeof said, "decode: no lxp frame in %zu bytes at offset 0: %s at offset", v.bytes.n,
                 faults[i]);
        ck_assert_msg(strncmp(output, said, strlen(said)) == 0, "%s: %s", ids[i], output);
    }
}
END_TEST

/* ---- recorded conversations ----------------------------------------------------------------------------- */

/* The same bytes, a frame to a segment, in pieces of seven bytes, and (the dongle's) in one segment.
 * source: captures/INDEX.md */
START_TEST(captures_have_their_frames_however_they_are_cut)
{
    static const struct {
        const char *name, *frames, *questions;
    } row[] = {
        {"derived_lxp-bridge_fixtures.pcap", "frames lxp 10\n",
         "questions 4: 4 answered, 0 unanswered; 0 answers"},
        {"derived_lxp-bridge_fixtures_split7.pcap", "frames lxp 10\n",
         "questions 4: 4 answered, 0 unanswered; 0 answers"},
        {"derived_lxp-bridge_fixtures_coalesced.pcap", "frames lxp 5\n",
         "questions 0: 0 answered, 0 unanswered; 4 answers"},
    };
    const char *folder = getenv("WATTPROOF_TESTDATA");

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char path[512], arguments[600];

        snprintf(path, sizeof path, "%s/captures/luxpower/%s", folder ? folder : "../shared", row[i].name);
        if (access(path, R_OK) != 0) {
            printf("skipped: no test data at %s\n", path);
            continue;
        }
        snprintf(arguments, sizeof arguments, "replay %s", path);
        ck_assert_msg(wattproof(arguments) == EXIT_AS_EXPECTED, "%s", output);
        ck_assert_msg(strstr(output, row[i].frames), "%s: %s", row[i].name, output);
        ck_assert_msg(strstr(output, row[i].questions), "%s: %s", row[i].name, output);
        ck_assert_msg(strstr(output, "bad 0 bytes in 0 places, gaps 0 of 0 bytes"), "%s", output);
        snprintf(arguments, sizeof arguments, "capture info %s", path);
        ck_assert_msg(wattproof(arguments) == EXIT_AS_EXPECTED, "%s", output);
        ck_assert_msg(strstr(output, "; the gateway dials the dongle\n"), "%s", output);
    }
}
END_TEST

/* The recorded inverter tells its serial in registers 115 to 119, too: a capture that leaves the house has another one
 * there, under a checksum that is right. */
START_TEST(a_serial_in_registers_is_anonymised)
{
    const char *folder = getenv("WATTPROOF_TESTDATA");
    char arguments[700];

    snprintf(arguments, sizeof arguments, "%s/captures/luxpower/derived_lxp-bridge_fixtures_split7.pcap",
             folder ? folder : "../shared");
    if (access(arguments, R_OK) != 0) {
        printf("skipped: no test data at %s\n", arguments);
        return;
    }
    folder_made();
    snprintf(arguments, sizeof arguments,
             "capture anonymise %s/captures/luxpower/derived_lxp-bridge_fixtures_split7.pcap @/out.pcap",
             folder ? folder : "../shared");
    ck_assert_msg(wattproof(arguments) == EXIT_AS_EXPECTED, "%s", output);
    ck_assert_msg(strstr(output, "lxp inputs.serial "), "%s", output);
    ck_assert_msg(strstr(output, "none of the old ids is left"), "%s", output);
    ck_assert_int_eq(wattproof("replay @/out.pcap"), EXIT_AS_EXPECTED);
    ck_assert_msg(strstr(output, "frames lxp 10\n"), "%s", output);
    folder_removed();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lxp_turn");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_reply_names_inverter_function_register_and_count);
    tcase_add_test(tcase, an_exception_answers_whatever_the_count);
    tcase_add_test(tcase, writes_are_answered_by_their_register);
    tcase_add_test(tcase, params_are_answered_by_their_number);
    tcase_add_test(tcase, a_heartbeat_stands_alone);
    tcase_add_test(tcase, frames_are_ours_and_nobody_elses);
    tcase_add_test(tcase, what_begins_otherwise_is_not_ours);
    tcase_add_test(tcase, a_frame_with_a_fault_is_told_as_ours);
    tcase_add_test(tcase, captures_have_their_frames_however_they_are_cut);
    tcase_add_test(tcase, a_serial_in_registers_is_anonymised);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
