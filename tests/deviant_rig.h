/* Deviating gateways, each of which must be caught on exactly the statements that it breaks: whatever else the scenarios
 * decide passes. Such a gateway is the reference gateway behind a relay (tests/deviant), and somebody else's to `run --sut`. */
#ifndef WP_DEVIANT_RIG_H
#define WP_DEVIANT_RIG_H

#include "harness/run_file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Side by side, for they mostly wait. */
enum { AT_ONCE = 4, IDS_MAX = 400, DEVIANT_PATIENCE_S = 880 };

struct expected {
    const char *deviation, *statements; /* in order; "": none */
    bool undocumented;                  /* and a remark about what the document does not know */
};

/* Deviations that begin so are tried on these scenarios. */
struct deviant_group {
    const char *begins, *select;
};

/* The deviations of one kind of device. */
struct deviants {
    const char *begins; /* what the names of all of them begin with; "": whatever the other kinds do not */
    const struct expected *expected;
    size_t n_expected;
    const struct deviant_group *groups;
    size_t n_groups;
    const char *select;        /* of those that are in no group */
    const char *pics;          /* what such a gateway claims */
    const char *south, *ready; /* more of its descriptor: where our devices are, when it is ready */
};

static const struct deviants *deviants;

static inline const char *select_for(const char *deviation)
{
    for (size_t i = 0; i < deviants->n_groups; i++)
        if (strncmp(deviation, deviants->groups[i].begins, strlen(deviants->groups[i].begins)) == 0)
            return deviants->groups[i].select;
    return deviants->select;
}

static char folder[] = "/tmp/wattproof-deviant-XXXXXX";

/* ---- a run ------------------------------------------------------------------------------------------ */

static inline void write_descriptor(const char *deviation)
{
    const char *build = getenv("WATTPROOF_BUILD");
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
            deviation, deviants->south, deviants->pics, build ? build : "build/dev", deviation,
            deviants->ready);
    fclose(f);
}

static inline pid_t start(const char *deviation)
{
    const char *build = getenv("WATTPROOF_BUILD");
    char command[1400];
    pid_t pid;

    write_descriptor(deviation);
    snprintf(command, sizeof command, "%s/wattproof run %s --sut %s/%s.yaml -o %s/%s >%s/%s.txt 2>&1",
             build ? build : "build/dev", select_for(deviation), folder, deviation, folder, deviation, folder,
             deviation);
    pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    ck_assert_int_gt(pid, 0);
    return pid;
}

static inline void run_all(void)
{
    size_t started = 0, running = 0;

    while (started < deviants->n_expected || running > 0) {
        if (started < deviants->n_expected && running < AT_ONCE) {
            start(deviants->expected[started++].deviation);
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

static inline int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline void add(struct caught *c, const char *id)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->ids[i], id) == 0)
            return;
    ck_assert_uint_lt(c->n, IDS_MAX);
    c->ids[c->n++] = id;
}

static inline void collect(struct caught *c, const struct scenario_result *r)
{
    if (r->verdict == VERDICT_ERROR)
        snprintf(c->error, sizeof c->error, "%s: %.300s", r->name, r->because ? r->because : "");
    for (const struct finding *f = r->findings; f; f = f->next) {
        c->undocumented = c->undocumented || f->undocumented;
        for (size_t i = 0; i < f->n_statements && f->verdict == VERDICT_FAIL && !f->undocumented; i++)
            add(c, f->statements[i]);
    }
}

static inline void join(const struct caught *c, char *out, size_t cap)
{
    size_t n = 0;

    out[0] = 0;
    for (size_t i = 0; i < c->n && n < cap; i++)
        n += (size_t)snprintf(out + n, cap - n, "%s%s", i > 0 ? " " : "", c->ids[i]);
}

/* Adds a line to `wrong` when it is not what is expected. */
static inline void compare(const struct expected *e, char *wrong, size_t cap)
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
    for (size_t i = 0; i < deviants->n_expected; i++)
        compare(&deviants->expected[i], wrong, sizeof wrong);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (!wrong[0])
        ck_assert_int_eq(system(command), 0);
    if (wrong[0])
        printf("(see %s)\n%s", folder, wrong);
    ck_assert_msg(!wrong[0], "deviations were caught elsewhere, see above");
}
END_TEST

/* Each kind has a test of its own. */
static inline bool is_ours(const char *deviation)
{
    static const char *const kinds[] = {"dlms", "octolux", "venus"};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(deviation, kinds[i], strlen(kinds[i])) == 0)
            return strcmp(kinds[i], deviants->begins) == 0;
    return !*deviants->begins;
}

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
        if (!is_ours(line))
            continue;
        for (size_t i = 0; i < deviants->n_expected; i++)
            found |= strcmp(deviants->expected[i].deviation, line) == 0;
        ck_assert_msg(found, "%s is in no row", line);
        n++;
    }
    pclose(p);
    ck_assert_uint_eq(n, deviants->n_expected);
}
END_TEST

static inline int deviants_main(const struct deviants *d)
{
    Suite *s = suite_create("deviant");
    TCase *t = tcase_create("deviant");
    SRunner *r = srunner_create(s);
    int failed;

    deviants = d;
    tcase_set_timeout(t, DEVIANT_PATIENCE_S);
    tcase_add_test(t, every_deviation_is_expected_somewhere);
    tcase_add_test(t, each_deviation_is_caught_on_its_own_statements);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}

#endif
