/* Runs against somebody else's gateway: the reference gateway in a process of its own, at our broker and at its own,
 * and programs that are none. The whole set of scenarios is played against it by `check`.
 * covers: play_sut observer sut_process run_sut sut_report */
#include "harness/agree.h"
#include "harness/cmd.h"
#include "harness/result_file.h"
#include "harness/sut_process.h"
#include "tests/program_rig.h"

/* run SELECT --sut the descriptor just written */
static int run(const char *select, const char *descriptor, const char *more)
{
    char arguments[600];

    write_file("sut.yaml", descriptor);
    snprintf(arguments, sizeof arguments, "run %s --sut %s/sut.yaml -o %s/out %s", select, dir, dir, more);
    return wattproof(arguments);
}

static void said(const char *sentence)
{
    ck_assert_msg(strstr(output, sentence) != NULL, "'%s' is not in: %s", sentence, output);
}

static void read_result(struct scenario_result *r, const char *out, const char *name)
{
    char path[200];

    snprintf(path, sizeof path, "%s/%s/s/live/%s", dir, out, name);
    ck_assert_msg(result_read(r, path), "%s has no result", path);
}

#define REFERENCE                                                                                            \
    "sut: reference\nrole: gateway\nsouth: {tcp: \"127.0.0.1:0\"}\npics: [north.ivy, south.dlt645]\n"        \
    "configure: file\nnorth: {broker: ours}\n"

#define STARTED                                                                                              \
    "start: {command: [wattproof, gateway, \"{config}\"], ready: {topic: ivy/v1/gateway/status}, within: "   \
    "20s}\n"

/* ---- the same verdicts ------------------------------------------------------------------------------ */

/* Every check and every statement has the verdict that the built-in gateway gets. */
START_TEST(as_a_process_it_gets_the_verdicts_of_the_built_in_one)
{
    static const char *const names[] = {"ivy-read-register", "ivy-status-disconnect-reset", "ivy-login",
                                        "ivy-gateway-stop", "ivy-polling-configured"};
    struct arena a = {0};
    char words[300] = "", arguments[600];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), "%s ", names[i]);
    ck_assert_msg(run(words, REFERENCE STARTED, "") == EXIT_AS_EXPECTED, "%s", output);
    said("reference (gateway, lenient): 5 scenarios played, 0 not applicable\n");
    snprintf(arguments, sizeof arguments, "run %s --world live -o %s/built-in", words, dir);
    ck_assert_int_eq(wattproof(arguments), EXIT_AS_EXPECTED);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct scenario_result foreign, own;
        const char *difference;

        read_result(&foreign, "out", names[i]);
        read_result(&own, "built-in", names[i]);
        difference = worlds_differ(&a, &foreign, &own);
        ck_assert_msg(!difference, "%s", difference);
        result_free(&foreign);
        result_free(&own);
    }
    arena_free(&a);
}
END_TEST

/* At its own broker an observer sees it; the retain flag is told by a second subscription. */
START_TEST(at_its_own_broker_it_is_observed)
{
    struct scenario_result r;
    bool decided = false;

    ck_assert_msg(
        run("ivy-retain-and-qos ivy-read-register",
            "sut: own\nrole: gateway\nsouth: {tcp: \"127.0.0.1:0\"}\npics: [north.ivy, south.dlt645]\n"
            "configure: file\nnorth: {url: \"mqtt://127.0.0.1:{port}\"}\n"
            "start: {command: [wattproof, gateway, \"{config}\"], ready: {line: gateway is logged in}, "
            "within: 20s}\n",
            "") == EXIT_AS_EXPECTED,
        "%s", output);
    read_result(&r, "out", "ivy-retain-and-qos");
    for (const struct finding *f = r.findings; f; f = f->next)
        for (size_t i = 0; i < f->n_statements; i++)
            decided |= strcmp(f->statements[i], "IVY-B30") == 0 && f->verdict == VERDICT_PASS;
    ck_assert(decided);
    result_free(&r);
}
END_TEST

/* ---- one that runs already -------------------------------------------------------------------------- */

static void write_text(const char *name, const char *text)
{
    char path[100];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

/* Started once for the run, with its own broker, its own meters and its own options. */
START_TEST(one_process_may_serve_the_whole_run)
{
    unsigned south = sut_free_port(0x7F000001u), north = sut_free_port(0x7F000001u);
    char text[900];

    snprintf(
        text, sizeof text,
        "listen: {meters: %u, pushes: 0}\nbroker: {mqtt: %u, websocket: 0}\nset: {polling.enabled: false}\n",
        south, north);
    write_text("gateway.yaml", text);
    snprintf(
        text, sizeof text,
        "sut: bench\nrole: gateway\nsouth: {tcp: \"127.0.0.1:%u\"}\nnorth: {url: \"mqtt://127.0.0.1:%u\"}\n"
        "pics: [north.ivy, south.dlt645]\n"
        "pixit: {meters: [\"202401010001\"], options: {polling.enabled: false}}\n"
        "start: {command: [wattproof, gateway, \"%s/gateway.yaml\"], lifetime: run, within: 20s, "
        "ready: {line: gateway is logged in, tcp: south}}\n",
        south, north, dir);
    ck_assert_msg(run("ivy-read-register ivy-register-missing ivy-polling-configured ivy-gateway-stop", text,
                      "") == EXIT_AS_EXPECTED,
                  "%s", output);
    said("bench (gateway, lenient): 2 scenarios played, 2 not applicable\n");
    said("ivy-polling-configured (needs gateway option polling.interval: ");
}
END_TEST

/* The same at our broker, which is there anew for each scenario: it has to come back. */
START_TEST(one_process_may_come_back_to_our_broker)
{
    unsigned south = sut_free_port(0x7F000001u), north = sut_free_port(0x7F000001u);
    char text[900];

    snprintf(text, sizeof text,
             "listen: {meters: %u, pushes: 0}\nbroker: {url: \"mqtt://127.0.0.1:%u\"}\n"
             "set: {polling.enabled: false, ivy.reconnect_min: 100ms, ivy.reconnect_max: 300ms}\n",
             south, north);
    write_text("gateway.yaml", text);
    snprintf(text, sizeof text,
             "sut: bench\nrole: gateway\nsouth: {tcp: \"127.0.0.1:%u\"}\nnorth: {broker: ours, port: %u}\n"
             "pics: [north.ivy, south.dlt645]\npixit: {options: {polling.enabled: false}}\n"
             "start: {command: [wattproof, gateway, \"%s/gateway.yaml\"], lifetime: run, within: 20s, ready: "
             "{tcp: south}}\n",
             south, north, dir);
    ck_assert_msg(run("ivy-read-register ivy-register-missing", text, "") == EXIT_AS_EXPECTED, "%s", output);
    said("bench (gateway, lenient): 2 scenarios played, 0 not applicable\n");
}
END_TEST

/* ---- TLS -------------------------------------------------------------------------------------------- */

/* Its broker has a certificate; the gateway itself is beside it, without one. */
START_TEST(its_own_broker_may_have_a_certificate)
{
    static const char script[] = "cd $(dirname \"$0\")\n"
                                 "printf 'user root\\nallow_anonymous true\\nper_listener_settings "
                                 "false\\nlistener %s 127.0.0.1\\ncertfile cert\\n"
                                 "keyfile key\\nlistener %s 127.0.0.1\\n' $1 $(($1 + 3)) >conf\n"
                                 "PATH=$PATH:/usr/sbin mosquitto -c conf &\n"
                                 "printf 'listen: {meters: \"%s\", pushes: 0}\\nbroker: {url: "
                                 "\"mqtt://127.0.0.1:%s\"}\\nset: {polling.enabled: false}\\n' "
                                 "$2 $(($1 + 3)) >gateway.yaml\n"
                                 "exec $3 gateway gateway.yaml\n";
    char command[600];

    snprintf(command, sizeof command,
             "command -v openssl >/dev/null && cd %s && openssl req -x509 -newkey ec -pkeyopt "
             "ec_paramgen_curve:P-256 "
             "-keyout key -out cert -days 2 -nodes -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 "
             "2>/dev/null",
             dir);
    if (system(command) != 0) {
        fputs("test_sut_play: skipped: a broker with a certificate (openssl is not installed)\n", stderr);
        return;
    }
    write_text("sut.sh", script);
    snprintf(
        command, sizeof command,
        "sut: secure\nrole: gateway\nsouth: {tcp: \"127.0.0.1:0\"}\npics: [north.ivy, south.dlt645]\n"
        "north: {url: \"mqtts://127.0.0.1:{port}\", ca: cert}\npixit: {options: {polling.enabled: false}}\n"
        "start: {command: [sh, \"%s/sut.sh\", \"{port}\", \"{south}\", \"{wattproof}\"], within: 20s, "
        "ready: {line: gateway is logged in}}\n",
        dir);
    ck_assert_msg(run("ivy-read-register", command, "") == EXIT_AS_EXPECTED, "%s", output);
    said("secure (gateway, lenient): 1 scenarios played, 0 not applicable\n");
}
END_TEST

/* ---- expectations ----------------------------------------------------------------------------------- */

START_TEST(a_known_deviation_that_is_gone_exits_with_5)
{
    ck_assert_int_eq(
        run("ivy-read-register", REFERENCE STARTED "expect: [{statement: IVY-072, reason: ticket 7}]\n", ""),
        EXIT_STALE);
    said("  stale  IVY-072: ticket 7\n");
}
END_TEST

#define WRONG                                                                                                \
    "scenario: s\npurpose: p\nrequires: north.ivy\ngateway: {north: [ivy]}\nclients: {c: {subscribe: "       \
    "[\"#\"]}}\n"                                                                                            \
    "steps:\n  - expect: {topic: ivy/v1/gateway/status, payload: {status: sleeping}, proves: IVY-084}\n"

/* The scenario asks for what the gateway rightly does not do. */
static int run_wrong(const char *expect)
{
    char path[100], descriptor[1000];
    FILE *f;

    snprintf(path, sizeof path, "%s/s.yaml", dir);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(WRONG, f);
    fclose(f);
    snprintf(descriptor, sizeof descriptor, "%s%s", REFERENCE STARTED, expect);
    return run(path, descriptor, "");
}

START_TEST(a_known_deviation_does_not_fail_the_run)
{
    ck_assert_int_eq(run_wrong(""), EXIT_FAILED);
    said("  fail   IVY-084: topic ivy/v1/gateway/status");
    said("--sut ");
    ck_assert_int_eq(run_wrong("expect: [{statement: IVY-084, reason: it sleeps}]\n"), EXIT_AS_EXPECTED);
    said("  known  IVY-084: it sleeps\n");
    said("1 fail as expected");
}
END_TEST

/* ---- programs that are no gateway ------------------------------------------------------------------- */

START_TEST(one_that_cannot_be_started_is_our_error)
{
    ck_assert_int_eq(
        run("ivy-read-register",
            REFERENCE "start: {command: [sh, -c, \"echo no licence; exit 7\"], ready: {line: up}}\n", ""),
        EXIT_HARNESS);
    said("the SUT ended before it was ready: exit 7; its last line: no licence");
    ck_assert_int_eq(run("ivy-read-register",
                         REFERENCE "start: {command: [sleep, \"60\"], ready: {line: up}, within: 300ms}\n",
                         ""),
                     EXIT_HARNESS);
    said("the SUT was not ready in time");
}
END_TEST

START_TEST(one_that_dies_has_failed)
{
    ck_assert_int_eq(
        run("ivy-read-register",
            REFERENCE "start: {command: [sh, -c, \"echo up; sleep 0.3; exit 9\"], ready: {line: up}}\n", ""),
        EXIT_FAILED);
    said("the SUT ended by itself: exit 9; its last line: up");
}
END_TEST

START_TEST(what_does_not_apply_is_told_with_its_reason)
{
    ck_assert_int_eq(run("ivy-read-register",
                         "sut: x\nrole: gateway\npics: [north.venus]\nnorth: {url: \"mqtt://127.0.0.1:1\"}\n",
                         ""),
                     EXIT_NOTHING_RAN);
    said("n/a    live    ivy-read-register (requires north.ivy, which the SUT does not claim)");
}
END_TEST

START_TEST(wrong_words_exit_with_2)
{
    ck_assert_int_eq(run("ivy-read-register", REFERENCE STARTED, "--world virtual"), EXIT_USAGE);
    ck_assert_int_eq(run("ivy-read-register", "sut: x\n", ""), EXIT_USAGE);
    ck_assert_int_eq(
        run("ivy-read-register", REFERENCE STARTED "expect: [{statement: IVY-999, reason: x}]\n", ""),
        EXIT_USAGE);
    said("expect: there is no statement IVY-999");
    ck_assert_int_eq(wattproof("run --sut no-such-file.yaml"), EXIT_USAGE);
    said("no-such-file.yaml");
}
END_TEST

/* ---- secrets ---------------------------------------------------------------------------------------- */

START_TEST(a_password_is_in_no_file_of_the_run)
{
    char command[200];

    setenv("WP_TEST_PASSWORD", "tops3cret", 1);
    run("ivy-read-register",
        "sut: own\nrole: gateway\nsouth: {tcp: \"127.0.0.1:0\"}\npics: [north.ivy, south.dlt645]\nconfigure: "
        "file\n"
        "north: {url: \"mqtt://127.0.0.1:{port}\", user: lab, password_env: WP_TEST_PASSWORD}\n"
        "start: {command: [wattproof, gateway, \"{config}\"], ready: {line: gateway is logged in}, within: "
        "20s}\n",
        "");
    unsetenv("WP_TEST_PASSWORD");
    ck_assert_ptr_null(strstr(output, "tops3cret"));
    snprintf(command, sizeof command, "grep -rq tops3cret %s/out", dir);
    ck_assert_int_ne(system(command), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sut_play");
    TCase *t = tcase_create("sut_play");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, folder_made, folder_removed);
    tcase_add_test(t, as_a_process_it_gets_the_verdicts_of_the_built_in_one);
    tcase_add_test(t, at_its_own_broker_it_is_observed);
    tcase_add_test(t, one_process_may_serve_the_whole_run);
    tcase_add_test(t, one_process_may_come_back_to_our_broker);
    tcase_add_test(t, its_own_broker_may_have_a_certificate);
    tcase_add_test(t, a_known_deviation_that_is_gone_exits_with_5);
    tcase_add_test(t, a_known_deviation_does_not_fail_the_run);
    tcase_add_test(t, one_that_cannot_be_started_is_our_error);
    tcase_add_test(t, one_that_dies_has_failed);
    tcase_add_test(t, what_does_not_apply_is_told_with_its_reason);
    tcase_add_test(t, wrong_words_exit_with_2);
    tcase_add_test(t, a_password_is_in_no_file_of_the_run);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
