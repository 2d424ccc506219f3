/* Each deviation of tests/deviant is caught on exactly the statements that it breaks: whatever else the scenarios decide
 * passes. The deviating gateway is the reference gateway behind a relay, and somebody else's to `run --sut`. */
#include "harness/run_file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Side by side, for they mostly wait. */
enum { AT_ONCE = 4, IDS_MAX = 400 };

static const struct expected {
    const char *deviation, *statements; /* in order; "": none */
    bool undocumented;                  /* and a remark about what the document does not know */
} expected[] = {
    /* A statement of the register table (IVY-131 ...) tells name, value, unit and raw of its row, and breaks with each. */
    {"none", "", false},
    {"telemetry-renamed", "IVY-024 IVY-026 IVY-033 IVY-131", true},
    {"telemetry-no-unit", "IVY-024 IVY-034 IVY-131", false},
    {"telemetry-wrong-unit", "IVY-034 IVY-131 IVY-136 IVY-141 IVY-144", false},
    {"telemetry-seconds", "IVY-029", false},
    {"telemetry-local-time", "IVY-029", false},
    {"telemetry-text", "IVY-026 IVY-033 IVY-131", false},
    {"telemetry-float", "IVY-026 IVY-033 IVY-131", false},
    {"telemetry-unscaled", "IVY-026 IVY-033 IVY-131 IVY-136 IVY-141", false},
    {"telemetry-stale", "IVY-033 IVY-132 IVY-136", false},
    {"telemetry-no-raw", "IVY-024 IVY-027 IVY-035 IVY-131", false},
    {"telemetry-raw-prefix", "IVY-027 IVY-035 IVY-131 IVY-136 IVY-141 IVY-144", false},
    {"telemetry-raw-order", "IVY-027 IVY-035 IVY-131", false},
    {"telemetry-snake-case", "IVY-031 IVY-131 IVY-136 IVY-141 IVY-144", false},
    {"telemetry-id-reversed", "IVY-030 IVY-031", false},
    {"telemetry-no-description", "IVY-024 IVY-032", false},
    {"telemetry-id-number", "IVY-020 IVY-028", false},
    {"telemetry-other-meter", "IVY-020 IVY-028", false},
    {"telemetry-extra", "", true},
    {"telemetry-broken", "IVY-024 IVY-107 IVY-119 IVY-B33", false},
    {"telemetry-retained", "IVY-B30", false},
    {"telemetry-qos-0", "IVY-B30", false},
    {"telemetry-twice", "IVY-022 IVY-025", false},
    {"telemetry-never", "IVY-012 IVY-022 IVY-025", false},
    {"telemetry-late", "IVY-012 IVY-022 IVY-025", false},
    {"telemetry-other-case", "IVY-001 IVY-012 IVY-022 IVY-025", true},
    {"telemetry-other-topic", "IVY-001", true},
    {"response-renamed", "IVY-074", false},
    {"response-twice", "IVY-068 IVY-072", false},
    {"response-text", "IVY-075 IVY-079 IVY-080 IVY-B11", false},
    {"response-with-error", "IVY-073", false},
    {"response-silent", "IVY-072 IVY-081 IVY-B11", false},
    {"response-error-text", "IVY-081 IVY-B11", false},
    {"response-error-object", "IVY-080 IVY-081 IVY-B11", false},
    {"response-no-unit", "IVY-078", false},
    {"response-rounded", "IVY-077", false},
    {"response-seconds", "IVY-073 IVY-080", false},
    {"response-retained", "IVY-B30", false},
    {"status-not-retained", "IVY-B30", false},
    {"status-number", "IVY-036 IVY-040", false},
    {"status-port", "IVY-042", false},
    {"status-no-ip", "IVY-038 IVY-042", false},
    {"status-never", "IVY-013 IVY-036", false},
    {"status-twice", "IVY-036 IVY-037", false},
    {"event-type", "IVY-051 IVY-053 IVY-059 IVY-060", false},
    {"event-threshold", "IVY-050", false},
    {"event-no-data", "IVY-045", false},
    {"event-message", "IVY-047", false},
    {"event-twice", "IVY-043 IVY-044 IVY-055 IVY-059 IVY-060", false},
    {"gateway-running", "IVY-086 IVY-B31", true},
    {"gateway-uptime", "IVY-088", false},
    {"gateway-no-version", "IVY-085 IVY-089", false},
    {"gateway-not-retained", "IVY-B30", false},
    {"stats-seconds", "IVY-100", false},
    {"stats-total", "IVY-096", false},
    {"stats-retained", "IVY-091 IVY-B30", false},
    {"no-will", "IVY-B31", false},
    {"will-not-retained", "IVY-B30 IVY-B31", false},
    /* Readings of DLMS meters: a statement of the OBIS table (IVY-176 ...) tells key, code, unit and factor of its row. */
    {"dlms-no-source", "IVY-159 IVY-161", false},
    {"dlms-source", "IVY-159", false},
    {"dlms-register", "IVY-161", false},
    {"dlms-array",
     "IVY-161 IVY-164 IVY-166 IVY-167 IVY-168 IVY-169 IVY-172 IVY-176 IVY-177 IVY-178 IVY-179 IVY-180 "
     "IVY-181 IVY-182 IVY-183 IVY-184 IVY-185",
     false},
    {"dlms-first",
     "IVY-164 IVY-166 IVY-167 IVY-168 IVY-169 IVY-172 IVY-176 IVY-177 IVY-178 IVY-179 IVY-180 IVY-181 "
     "IVY-182 IVY-184 IVY-185",
     false},
    {"dlms-keys",
     "IVY-164 IVY-166 IVY-167 IVY-168 IVY-169 IVY-172 IVY-176 IVY-177 IVY-178 IVY-179 IVY-180 IVY-181 "
     "IVY-182 IVY-183 IVY-184 IVY-185",
     true},
    {"dlms-no-unit", "IVY-165 IVY-180", false},
    {"dlms-no-obis", "IVY-165 IVY-166", false},
    {"dlms-short-obis",
     "IVY-166 IVY-176 IVY-177 IVY-178 IVY-179 IVY-180 IVY-181 IVY-182 IVY-183 IVY-184 IVY-185", false},
    {"dlms-text",
     "IVY-167 IVY-168 IVY-169 IVY-176 IVY-177 IVY-178 IVY-179 IVY-180 IVY-181 IVY-182 IVY-183 IVY-184 "
     "IVY-185",
     false},
    {"dlms-voltage", "IVY-167 IVY-180", false},
    {"dlms-current", "IVY-168 IVY-179 IVY-184", false},
    {"dlms-kilowatts", "IVY-169 IVY-176", false},
    {"dlms-watt-hours", "IVY-183", false},
    {"dlms-percent", "IVY-181", false},
    {"dlms-seconds", "IVY-163", false},
    {"dlms-deviation", "IVY-163", false},
    {"dlms-twice", "IVY-164", false},
    {"dlms-retained", "IVY-B30", false},
    {"dlms-never", "IVY-159 IVY-163 IVY-172 IVY-175", false},
    {"dlms-event-name", "IVY-170 IVY-171", true},
    {"dlms-event-type", "IVY-170", false},
    {"dlms-event-object", "IVY-170", false},
    {"dlms-event-twice", "IVY-171", false},
    {"dlms-event-never", "IVY-170 IVY-171", false},
    /* Payloads of the octolux API as they are written; OCT-025 and OCT-062 are samples of the document to the byte. */
    {"octolux-blank", "OCT-023 OCT-025", false},
    {"octolux-newline", "OCT-023 OCT-025", false},
    {"octolux-order", "OCT-020 OCT-021 OCT-025", false},
    {"octolux-no-zero", "OCT-024 OCT-025", false},
    {"octolux-two-decimals", "OCT-024 OCT-025", false},
    {"octolux-exponent", "OCT-024 OCT-025", false},
    {"octolux-text", "OCT-024 OCT-025 OCT-028", false},
    {"octolux-prose", "OCT-020 OCT-021 OCT-025 OCT-031 OCT-082", true},
    {"octolux-extra", "OCT-025", true},
    {"octolux-lacking", "OCT-020 OCT-021 OCT-025 OCT-028", false},
    {"octolux-unscaled", "OCT-025 OCT-027", false},
    {"octolux-rounded", "OCT-025 OCT-033", false},
    {"octolux-soc-health", "OCT-025 OCT-028", false},
    {"octolux-unsigned", "OCT-059", false},
    {"octolux-words", "OCT-052", false},
    {"octolux-tenths", "OCT-062 OCT-063 OCT-064", false},
    {"octolux-filtered", "OCT-062 OCT-072", false},
    {"octolux-exchanged", "OCT-018 OCT-020 OCT-021 OCT-101", true},
    {"octolux-inputs-also", "OCT-B01", true},
    {"octolux-inputs-twice", "OCT-101", false},
    {"octolux-inputs-never", "OCT-017 OCT-101", false},
    {"octolux-inputs-late", "OCT-017 OCT-101", false},
    {"octolux-inputs-retained", "OCT-B01", false},
    {"octolux-inputs-qos-0", "OCT-B01", false},
    {"octolux-hold-signed", "OCT-148", false},
    {"octolux-hold-quoted", "OCT-148 OCT-149", false},
    {"octolux-hold-zeros", "OCT-148 OCT-150 OCT-158", false},
    {"octolux-hold-requested", "OCT-149", false},
    {"octolux-hold-twice", "OCT-150 OCT-158", false},
    {"octolux-hold-never", "OCT-150 OCT-158", false},
    {"octolux-hold-last", "OCT-160", false},
    {"octolux-result-lower-case", "OCT-102 OCT-138 OCT-139 OCT-159", false},
    {"octolux-result-quoted", "OCT-102 OCT-138 OCT-139 OCT-159", false},
    {"octolux-result-always-ok", "OCT-139", false},
    {"octolux-result-reason", "OCT-139", false},
    {"octolux-result-silent", "OCT-139", false},
    {"octolux-result-never", "OCT-102 OCT-136 OCT-139 OCT-159", false},
    {"octolux-result-twice", "OCT-102 OCT-139 OCT-159", false},
    {"octolux-result-last", "OCT-137", false},
    {"octolux-result-topic", "OCT-102 OCT-136 OCT-139 OCT-159 OCT-B01", true},
    {"octolux-result-retained", "OCT-B01", false},
};

enum { N_EXPECTED = sizeof expected / sizeof expected[0] };

static const char members[] = "'ivy-members-*' ivy-gateway-killed";

/* Beside the scenarios made for this, which look at one member each, those of the library that meet the spoilt topic. */
static const struct {
    const char *begins, *select;
    bool alone; /* without the scenarios that are made for all */
} groups[] = {
    {"telemetry", "ivy-read-register ivy-registers-energy ivy-read-multiple", false},
    {"response", "ivy-read-register ivy-read-multiple ivy-meter-not-connected", false},
    {"status", "ivy-status-connect ivy-status-disconnect-reset", false},
    {"event", "ivy-event-voltage-high ivy-status-connect ivy-status-disconnect-reset", false},
    {"stats", "ivy-stats ivy-stats-messages", false},
    {"gateway", "ivy-gateway-status", false},
    {"dlms", "ivy-dlms-members ivy-dlms-clock", true},
    {"octolux", "octolux-members-inputs octolux-members-hold octolux-members-failing", true},
    {"none",
     "ivy-read-register ivy-read-multiple ivy-status-connect ivy-event-voltage-high ivy-stats "
     "ivy-gateway-status "
     "ivy-dlms-members ivy-dlms-clock",
     false},
};

static void select_for(const char *deviation, char *out, size_t cap)
{
    size_t i = 0;

    while (i < sizeof groups / sizeof groups[0] &&
           strncmp(deviation, groups[i].begins, strlen(groups[i].begins)) != 0)
        i++;
    if (i == sizeof groups / sizeof groups[0])
        snprintf(out, cap, "%s", members);
    else
        snprintf(out, cap, "%s %s", groups[i].alone ? "" : members, groups[i].select);
}

static char folder[] = "/tmp/wattproof-deviant-XXXXXX";

/* ---- a run ------------------------------------------------------------------------------------------ */

static void write_descriptor(const char *deviation)
{
    const char *build = getenv("WATTPROOF_BUILD");
    bool octolux = strncmp(deviation, "octolux", 7) == 0; /* then the gateway dials our devices */
    char path[200];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s.yaml", folder, deviation);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fprintf(f,
            "sut: deviant %s\nrole: gateway\nsouth: {tcp: \"127.0.0.1:0\"%s}\n"
            "north: {broker: ours}\npics: [%s]\nconfigure: file\n"
            "start: {command: [\"%s/tests/deviant\", %s, \"{wattproof}\", gateway, \"{config}\"], within: "
            "30s%s}\n"
            "stop: {within: 5s}\n",
            deviation, octolux ? ", listen: \"127.0.0.1:0\"" : "",
            octolux ? "north.octolux, south.lxp" : "north.ivy, south.dlt645, south.dlms",
            build ? build : "build/dev", deviation,
            octolux ? "" : ",\n        ready: {topic: ivy/v1/gateway/status}");
    fclose(f);
}

static pid_t start(const char *deviation)
{
    const char *build = getenv("WATTPROOF_BUILD");
    char command[1400], select[400];
    pid_t pid;

    write_descriptor(deviation);
    select_for(deviation, select, sizeof select);
    snprintf(command, sizeof command, "%s/wattproof run %s --sut %s/%s.yaml -o %s/%s >%s/%s.txt 2>&1",
             build ? build : "build/dev", select, folder, deviation, folder, deviation, folder, deviation);
    pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    ck_assert_int_gt(pid, 0);
    return pid;
}

static void run_all(void)
{
    size_t started = 0, running = 0;

    while (started < N_EXPECTED || running > 0) {
        if (started < N_EXPECTED && running < AT_ONCE) {
            start(expected[started++].deviation);
            running++;
            continue;
        }
        ck_assert_int_gt(wait(NULL), 0);
        running--;
    }
}

/* ---- what it came to -------------------------------------------------------------------------------- */

struct caught {
    const char *ids[IDS_MAX];
    size_t n;
    bool undocumented;
    char error[400]; /* of ours */
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add(struct caught *c, const char *id)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->ids[i], id) == 0)
            return;
    ck_assert_uint_lt(c->n, IDS_MAX);
    c->ids[c->n++] = id;
}

static void collect(struct caught *c, const struct scenario_result *r)
{
    if (r->verdict == VERDICT_ERROR)
        snprintf(c->error, sizeof c->error, "%s: %.300s", r->name, r->because ? r->because : "");
    for (const struct finding *f = r->findings; f; f = f->next) {
        c->undocumented = c->undocumented || f->undocumented;
        for (size_t i = 0; i < f->n_statements && f->verdict == VERDICT_FAIL && !f->undocumented; i++)
            add(c, f->statements[i]);
    }
}

static void join(const struct caught *c, char *out, size_t cap)
{
    size_t n = 0;

    out[0] = 0;
    for (size_t i = 0; i < c->n && n < cap; i++)
        n += (size_t)snprintf(out + n, cap - n, "%s%s", i > 0 ? " " : "", c->ids[i]);
}

/* Adds a line to `wrong` when it is not what is expected. */
static void compare(const struct expected *e, char *wrong, size_t cap)
{
    char path[200], why[300], ids[2000];
    struct wp_writer w = wp_writer(why, sizeof why);
    struct caught c = {.n = 0};
    struct run_file run;
    size_t n = strlen(wrong);

    snprintf(path, sizeof path, "%s/%s", folder, e->deviation);
    ck_assert_msg(run_file_read(&run, path, &w), "%s: %s", e->deviation, wp_put_end(&w));
    for (const struct scenario_result *r = run.summary.results; r; r = r->next)
        collect(&c, r);
    qsort(c.ids, c.n, sizeof c.ids[0], by_text);
    join(&c, ids, sizeof ids);
    if (strcmp(ids, e->statements) != 0 || c.undocumented != e->undocumented || c.error[0])
        snprintf(wrong + n, cap - n, "%s: expected '%s'%s, caught on '%s'%s %s\n", e->deviation,
                 e->statements, e->undocumented ? " and a remark" : "", ids,
                 c.undocumented ? " and a remark" : "", c.error);
    run_file_free(&run);
}

START_TEST(each_deviation_is_caught_on_its_own_statements)
{
    static char wrong[20000];
    char command[100];

    ck_assert_ptr_nonnull(mkdtemp(folder));
    run_all();
    for (size_t i = 0; i < N_EXPECTED; i++)
        compare(&expected[i], wrong, sizeof wrong);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (!wrong[0])
        ck_assert_int_eq(system(command), 0);
    if (wrong[0])
        printf("(see %s)\n%s", folder, wrong);
    ck_assert_msg(!wrong[0], "deviations were caught elsewhere, see above");
}
END_TEST

/* Adding a deviation is adding what it breaks, too. */
START_TEST(every_deviation_is_expected_somewhere)
{
    const char *build = getenv("WATTPROOF_BUILD");
    char command[300], line[300];
    size_t n = 0;
    FILE *p;

    snprintf(command, sizeof command, "%s/tests/deviant --list", build ? build : "build/dev");
    p = popen(command, "r");
    ck_assert_ptr_nonnull(p);
    while (fgets(line, sizeof line, p)) {
        bool found = false;

        line[strcspn(line, " \n")] = 0;
        for (size_t i = 0; i < N_EXPECTED; i++)
            found |= strcmp(expected[i].deviation, line) == 0;
        ck_assert_msg(found, "%s is in no row", line);
        n++;
    }
    pclose(p);
    ck_assert_uint_eq(n, N_EXPECTED);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("deviant");
    TCase *t = tcase_create("deviant");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_set_timeout(t, 880);
    tcase_add_test(t, every_deviation_is_expected_somewhere);
    tcase_add_test(t, each_deviation_is_caught_on_its_own_statements);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
