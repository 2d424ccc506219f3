/* What every command does alike: its help, a wrong word, and a disk that is full.
 * covers: cmd_list */
#include "harness/cmd.h"
#include "tests/run_program.h"

#include <limits.h>

static bool says(const char *text)
{
    return strstr(output, text) != NULL;
}

START_TEST(every_command_that_is_listed_has_a_help_of_its_own)
{
    static const char *const words[] = {"run",
                                        "list",
                                        "lint",
                                        "decode",
                                        "validate",
                                        "replay",
                                        "capture",
                                        "capture info",
                                        "capture import",
                                        "capture minimise",
                                        "capture anonymise",
                                        "spec",
                                        "diff",
                                        "report",
                                        "report merge",
                                        "gateway",
                                        "device",
                                        "monitor"};
    char first[100];

    ck_assert_int_eq(WATTPROOF("--help"), EXIT_AS_EXPECTED);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        snprintf(first, sizeof first, "wattproof %s", words[i]);
        ck_assert_int_eq(WATTPROOF("%s --help", words[i]), EXIT_AS_EXPECTED);
        ck_assert_msg(strncmp(output, first, strlen(first)) == 0, "%s: %s", words[i], output);
    }
}
END_TEST

START_TEST(an_unknown_command_or_option_is_named)
{
    ck_assert_int_eq(WATTPROOF("reply"), EXIT_USAGE);
    ck_assert(says("there is no command 'reply'"));
    ck_assert_int_eq(WATTPROOF("list --everything"), EXIT_USAGE);
    ck_assert(says("list has no option --everything"));
    ck_assert_int_eq(WATTPROOF("lint --everything"), EXIT_USAGE);
    ck_assert(says("lint has no option --everything"));
}
END_TEST

/* Its own commands are long: none is begun by asking what it does. */
START_TEST(the_launcher_explains_its_own_commands)
{
    static const char *const words[] = {"check", "bench", "fuzz"};
    char home[PATH_MAX], first[100];

    ck_assert_ptr_nonnull(realpath("wattproof", home));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        snprintf(first, sizeof first, "./wattproof %s", words[i]);
        ck_assert_int_eq(shell("timeout 5 '%s' %s --help", home, words[i]), EXIT_AS_EXPECTED);
        ck_assert_msg(strncmp(output, first, strlen(first)) == 0, "%s", output);
    }
    ck_assert_int_eq(shell("timeout 5 '%s' fuzz long", home), EXIT_USAGE);
    ck_assert_str_eq(output, "wattproof: fuzz takes a number of seconds, not 'long'\n");
}
END_TEST

START_TEST(what_is_selected_is_listed_and_read)
{
    ck_assert_int_eq(shell("mkdir s"), 0);
    write_scenario("good", true);
    ck_assert_int_eq(WATTPROOF("list s"), EXIT_AS_EXPECTED);
    ck_assert_int_eq(strncmp(output, "good ", 5), 0);
    ck_assert_int_eq(WATTPROOF("lint s"), EXIT_AS_EXPECTED);
    ck_assert_str_eq(output, "1 scenarios are well written\n");
}
END_TEST

/* A word that is known elsewhere is not "meant" by itself. */
START_TEST(a_known_word_in_the_wrong_place_is_not_its_own_correction)
{
    write_file("wrong.yaml", "scenario: wrong\npurpose: p\nnorth: [ivy]\nstepps: []\n");
    ck_assert_int_eq(WATTPROOF("lint wrong.yaml"), EXIT_USAGE);
    ck_assert_msg(says("wrong.yaml:3:1: unknown key 'north'\n"), "%s", output);
    ck_assert_msg(says("unknown key 'stepps': did you mean 'steps'?"), "%s", output);
}
END_TEST

START_TEST(a_descriptor_is_told_from_a_scenario)
{
    write_file("acme.yaml", "sut: ACME\nrole: gateway\n");
    ck_assert_int_eq(WATTPROOF("run acme.yaml"), EXIT_USAGE);
    ck_assert_str_eq(
        output, "acme.yaml:1:1: describes a system under test, which is named by `run --sut acme.yaml`\n");
}
END_TEST

START_TEST(a_full_disk_is_no_success)
{
    ck_assert_int_eq(WATTPROOF("list >/dev/full"), EXIT_HARNESS);
    ck_assert_str_eq(output, "wattproof: standard output could not be written whole\n");
    ck_assert_int_eq(WATTPROOF("--version >/dev/full"), EXIT_HARNESS);
    ck_assert_int_eq(WATTPROOF("decode 68010001012420689108333334338967453316E516 --json >/dev/full"),
                     EXIT_HARNESS);
}
END_TEST

/* What cannot be written whole is taken away again; but a device, as which the link counts, is not ours to take. */
START_TEST(a_device_that_takes_nothing_stays)
{
    char capture[PATH_MAX];

    ck_assert_ptr_nonnull(realpath("captures/dlt645/own-live-run.pcap", capture));
    ck_assert_int_eq(shell("cp '%s' in.pcap; ln -s /dev/full out", capture), 0);
    ck_assert_int_eq(WATTPROOF("capture anonymise in.pcap out"), EXIT_USAGE);
    ck_assert_msg(says("wattproof: out: could not be written whole"), "%s", output);
    ck_assert_int_eq(WATTPROOF("replay in.pcap --expect out --update >text"), EXIT_USAGE);
    ck_assert_msg(says("wattproof: out: No space left on device"), "%s", output);
    ck_assert_int_eq(shell("test -L out -a ! -e out.new"), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("main");
    TCase *t = tcase_create("main");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, make_dir, remove_dir);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, every_command_that_is_listed_has_a_help_of_its_own);
    tcase_add_test(t, an_unknown_command_or_option_is_named);
    tcase_add_test(t, the_launcher_explains_its_own_commands);
    tcase_add_test(t, what_is_selected_is_listed_and_read);
    tcase_add_test(t, a_known_word_in_the_wrong_place_is_not_its_own_correction);
    tcase_add_test(t, a_descriptor_is_told_from_a_scenario);
    tcase_add_test(t, a_full_disk_is_no_success);
    tcase_add_test(t, a_device_that_takes_nothing_stays);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
