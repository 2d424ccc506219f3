/* The built program as its users call it, in a folder of its own that is gone afterwards. */
#ifndef WP_TEST_RUN_PROGRAM_H
#define WP_TEST_RUN_PROGRAM_H

#include <check.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/wattproof-run-XXXXXX";
static char output[1 << 16];

static inline void make_dir(void)
{
    strcpy(dir, "/tmp/wattproof-run-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static inline void remove_dir(void)
{
    char command[200];

    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
}

/* In `dir`; its two outputs into `output`; the exit code. */
__attribute__((format(printf, 1, 2))) static inline int shell(const char *format, ...)
{
    char command[2000];
    int n = snprintf(command, sizeof command, "exec 2>&1; cd '%s'; ", dir);
    va_list args;
    FILE *p;
    size_t got;

    va_start(args, format);
    vsnprintf(command + n, sizeof command - (size_t)n, format, args);
    va_end(args);
    p = popen(command, "r");
    ck_assert_ptr_nonnull(p);
    got = fread(output, 1, sizeof output - 1, p);
    output[got] = 0;
    while (fgetc(p) != EOF)
        ; /* what is more than the buffer holds is not looked at */
    return WEXITSTATUS(pclose(p));
}

/* "run x" */
#define WATTPROOF(...) (put_program(), shell("\"$WATTPROOF_UNDER_TEST\" " __VA_ARGS__))

static inline void put_program(void)
{
    const char *build = getenv("WATTPROOF_BUILD");
    char path[1000], *full;

    snprintf(path, sizeof path, "%s/wattproof", build ? build : "build/dev");
    full = realpath(path, NULL);
    ck_assert_msg(full != NULL, "%s is not built", path);
    setenv("WATTPROOF_UNDER_TEST", full, 1);
    free(full);
    unsetenv("GITHUB_ACTIONS");
}

static inline void write_file(const char *name, const char *text)
{
    char path[200];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

/* One of `s` that passes or fails within five virtual seconds, called like its file without .yaml. */
static inline void write_scenario(const char *name, bool passes)
{
    char file[100], text[1000];

    snprintf(file, sizeof file, "s/%s.yaml", name);
    snprintf(text, sizeof text,
             "scenario: %s\npurpose: p\ngateway: {north: [ivy]}\n"
             "devices: {m1: {model: dlt645-meter, address: \"000000000001\"}}\n"
             "clients: {c: {subscribe: [\"#\"]}}\nsteps:\n"
             "  - expect: {topic: ivy/v1/meters/000000000001/status, payload: {online: %s}, within: 5s, "
             "proves: IVY-037}\n",
             name, passes ? "true" : "false");
    write_file(file, text);
}

#endif
