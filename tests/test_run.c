/* The built program as its users call it: exit codes, sentences, and the same bytes at any number of jobs.
 * covers: cmd_run run_options run_plan run_finish cmd_spec jobs select home statements play client
 * program record_file record_json scenario */
#include "harness/cmd.h"
#include "harness/home.h"
#include "tests/program_rig.h"

static int run_file(const char *text, const char *more)
{
    char arguments[600];

    write_file("s.yaml", text);
    snprintf(arguments, sizeof arguments, "run %s/s.yaml --world virtual -o %s/out %s", dir, dir, more);
    return wattproof(arguments);
}

#define HEAD                                                                                                 \
    "scenario: s\npurpose: p\ngateway: {north: [ivy]}\n"                                                     \
    "devices: {m1: {model: dlt645-meter, address: \"000000000001\"}}\nclients: {c: {subscribe: [\"#\"]}}\n"

#define MET "  - expect: {topic: ivy/v1/meters/000000000001/status, payload: {online: true}, within: 5s}\n"

START_TEST(what_is_expected_exits_with_0)
{
    ck_assert_int_eq(run_file(HEAD "steps:\n" MET, ""), EXIT_AS_EXPECTED);
    ck_assert_ptr_nonnull(strstr(output, "pass   virtual s\n1 plays: 1 pass"));
}
END_TEST

START_TEST(a_failure_exits_with_1_and_says_what_came_instead)
{
    char again[200];

    ck_assert_int_eq(run_file(HEAD
                              "steps:\n  - expect: {topic: ivy/v1/meters/+/status, payload: {online: false}, "
                              "within: 2s, proves: IVY-037}\n",
                              ""),
                     EXIT_FAILED);
    ck_assert_ptr_nonnull(strstr(output, "fail IVY-037"));
    ck_assert_ptr_nonnull(strstr(output, "nearest: online: expected false, came true"));
    /* By its file: `run s` would not find what stands nowhere below scenarios/. */
    snprintf(again, sizeof again, "again: ./wattproof run '%s/s.yaml' --world virtual --seed 1", dir);
    ck_assert_ptr_nonnull(strstr(output, again));
}
END_TEST

START_TEST(wrong_words_exit_with_2_and_a_hint)
{
    ck_assert_int_eq(wattproof("rum"), EXIT_USAGE);
    ck_assert_int_eq(wattproof("run no-such-scenario"), EXIT_USAGE);
    ck_assert_ptr_nonnull(strstr(output, "nothing is selected by 'no-such-scenario'"));
    ck_assert_int_eq(wattproof("run --world mars"), EXIT_USAGE);
    ck_assert_int_eq(run_file("scenario: s\npurpose: p\nsteps:\n  - expct: {topic: a}\n", ""), EXIT_USAGE);
    ck_assert_ptr_nonnull(strstr(output, "s.yaml:4:5: "));
    ck_assert_ptr_nonnull(strstr(output, "did you mean 'expect'?"));
    ck_assert_int_eq(run_file(HEAD "steps:\n  - set: {m1.voltagA: 1}\n", ""), EXIT_USAGE);
    ck_assert_ptr_nonnull(strstr(output, "dlt645-meter has no 'voltagA': did you mean voltageA"));
}
END_TEST

/* What a machine says of its options together has the place of the one that it begins with. */
START_TEST(options_that_do_not_fit_have_their_place)
{
    ck_assert_int_eq(run_file("scenario: s\npurpose: p\n"
                              "gateway:\n  north: [venus]\n  set:\n    venus.retain_serial: true\n"
                              "    venus.portal: a/b\nsteps:\n  - wait: 1s\n",
                              ""),
                     EXIT_USAGE);
    ck_assert_ptr_nonnull(strstr(output, "s.yaml:7:19: venus.portal takes one topic level"));
    ck_assert_int_eq(run_file("scenario: s\npurpose: p\ndevices:\n  d:\n    model: venus-service\n    set:\n"
                              "      type: grid\n      values: \"/Ac/Power d 1.0; Mode i 3\"\n"
                              "steps:\n  - wait: 1s\n",
                              ""),
                     EXIT_USAGE);
    ck_assert_ptr_nonnull(strstr(output, "s.yaml:8:15: values: item 2: an item begins with its path"));
}
END_TEST

START_TEST(nothing_to_run_exits_with_4)
{
    ck_assert_int_eq(run_file("scenario: s\npurpose: p\nworlds: [live]\nbecause: b\nsteps: []\n", ""),
                     EXIT_NOTHING_RAN);
}
END_TEST

START_TEST(inconclusive_exits_with_6_only_when_strict)
{
    static const char text[] =
        HEAD "steps:\n" MET "watch:\n  - never: {topic: a, control: {topic: never/comes}}\n";

    ck_assert_int_eq(run_file(text, ""), EXIT_AS_EXPECTED);
    ck_assert_int_eq(run_file(text, "--strict"), EXIT_INCONC);
}
END_TEST

START_TEST(results_are_written_for_other_tools)
{
    char arguments[600];

    write_file("s.yaml", HEAD "steps:\n" MET);
    snprintf(arguments, sizeof arguments,
             "run %s/s.yaml --world virtual -o %s/out --junit %s/j.xml --tap %s/t --json -", dir, dir, dir,
             dir);
    ck_assert_int_eq(wattproof(arguments), EXIT_AS_EXPECTED);
    ck_assert_ptr_nonnull(strstr(output, "\"verdict\":\t\"pass\""));
    snprintf(arguments, sizeof arguments,
             "test -s %s/j.xml -a -s %s/t -a -s %s/out/s/virtual/s/transcript.jsonl", dir, dir, dir);
    ck_assert_int_eq(system(arguments), 0);
}
END_TEST

/* Same seed, same bytes: results and transcripts, whatever the number of jobs. */
START_TEST(jobs_do_not_show)
{
    char command[1000];

    snprintf(command, sizeof command, "run 'ivy-g*' ivy-event-voltage-high --world virtual -j 1 -o %s/one",
             dir);
    ck_assert_int_eq(wattproof(command), EXIT_AS_EXPECTED);
    snprintf(command, sizeof command, "run 'ivy-g*' ivy-event-voltage-high --world virtual -j 4 -o %s/four",
             dir);
    ck_assert_int_eq(wattproof(command), EXIT_AS_EXPECTED);
    snprintf(command, sizeof command, "diff -r -x times.json %s/one %s/four", dir, dir);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

/* Side by side the second one would find the port taken, and be not applicable. */
START_TEST(programs_that_need_the_same_port_wait_for_each_other)
{
    char command[600];

    snprintf(command, sizeof command, "mkdir %s/programs", dir);
    ck_assert_int_eq(system(command), 0);
    write_file("s.yaml", "scenario: s\npurpose: p\nworlds: [live]\nbecause: a program of its own\nclients:\n"
                         "  p:\n    program: [/usr/bin/python3, -c, \"import socket, select; "
                         "s = socket.create_server(('127.0.0.1', 18931)); select.select([], [], [], 0.3)\"]\n"
                         "    needs: [\"port:18931\"]\n    expect: {exit: 0, within: 5s}\nsteps: []\n");
    snprintf(command, sizeof command, "run %s/s.yaml --repeat 3 -j 8 -o %s/out", dir, dir);
    ck_assert_int_eq(wattproof(command), EXIT_AS_EXPECTED);
    ck_assert_msg(strstr(output, "1 plays: 1 pass") != NULL, "%s", output);
}
END_TEST

/* Of Debian's own Python: dist-packages has the module as a folder or as a file. */
START_TEST(a_program_whose_module_is_missing_is_not_applicable)
{
    static const char text[] =
        "scenario: s\npurpose: p\nworlds: [live]\nbecause: a program of its own\nclients:\n"
        "  p:\n    program: [/bin/true]\n    needs: [\"python3:%s\"]\n"
        "    expect: {exit: 0}\nsteps: []\n";
    char command[600];

    snprintf(command, sizeof command, "mkdir %s/programs", dir);
    ck_assert_int_eq(system(command), 0);
    snprintf(command, sizeof command, text, "no_such_module");
    write_file("s.yaml", command);
    snprintf(command, sizeof command, "run %s/s.yaml -o %s/out", dir, dir);
    ck_assert_int_eq(wattproof(command), EXIT_NOTHING_RAN);
    ck_assert_msg(strstr(output, "python3:no_such_module is not installed") != NULL, "%s", output);
    snprintf(command, sizeof command, text, "paho");
    write_file("s.yaml", command);
    snprintf(command, sizeof command, "run %s/s.yaml -o %s/out", dir, dir);
    ck_assert_int_eq(wattproof(command), EXIT_AS_EXPECTED);
}
END_TEST

START_TEST(every_scenario_is_well_written_and_listed)
{
    ck_assert_int_eq(wattproof("lint"), EXIT_AS_EXPECTED);
    ck_assert_int_eq(wattproof("list ivy-read-register"), EXIT_AS_EXPECTED);
    ck_assert_ptr_nonnull(strstr(output, "ivy-read-register"));
}
END_TEST

START_TEST(spec_tells_what_decides_a_statement)
{
    ck_assert_int_eq(wattproof("spec IVY-072"), EXIT_AS_EXPECTED);
    ck_assert_ptr_nonnull(strstr(output, "decided by scenario ivy-read-register"));
    ck_assert_int_eq(wattproof("spec nonsense"), EXIT_USAGE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("run");
    TCase *t = tcase_create("run");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, folder_made, folder_removed);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, what_is_expected_exits_with_0);
    tcase_add_test(t, a_failure_exits_with_1_and_says_what_came_instead);
    tcase_add_test(t, wrong_words_exit_with_2_and_a_hint);
    tcase_add_test(t, options_that_do_not_fit_have_their_place);
    tcase_add_test(t, nothing_to_run_exits_with_4);
    tcase_add_test(t, inconclusive_exits_with_6_only_when_strict);
    tcase_add_test(t, results_are_written_for_other_tools);
    tcase_add_test(t, jobs_do_not_show);
    tcase_add_test(t, programs_that_need_the_same_port_wait_for_each_other);
    tcase_add_test(t, a_program_whose_module_is_missing_is_not_applicable);
    tcase_add_test(t, every_scenario_is_well_written_and_listed);
    tcase_add_test(t, spec_tells_what_decides_a_statement);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
