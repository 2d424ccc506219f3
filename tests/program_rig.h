/* The built program as its users call it, in a folder of the test's own: for tests with Check. */
#ifndef WP_PROGRAM_RIG_H
#define WP_PROGRAM_RIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROGRAM_SAYS_MAX = 1 << 17 };

static char dir[40];                  /* the folder, from folder_made to folder_removed */
static char output[PROGRAM_SAYS_MAX]; /* what the program said last */

static inline void folder_made(void)
{
    strcpy(dir, "/tmp/wattproof-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static inline void folder_removed(void)
{
    char command[100];

    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
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

/* Runs `wattproof ARGUMENTS`, in which @ stands for the folder; both outputs into `output`; the exit code. */
static inline int wattproof(const char *arguments)
{
    const char *build = getenv("WATTPROOF_BUILD");
    char command[4000];
    int n = snprintf(command, sizeof command, "%s/wattproof ", build ? build : "build/dev");
    FILE *p;

    for (const char *c = arguments; *c && n + 60 < (int)sizeof command; c++)
        if (*c == '@')
            n += snprintf(command + n, sizeof command - (size_t)n, "%s", dir);
        else
            command[n++] = *c;
    snprintf(command + n, sizeof command - (size_t)n, " 2>&1");
    p = popen(command, "r");
    ck_assert_ptr_nonnull(p);
    output[fread(output, 1, sizeof output - 1, p)] = 0;
    while (fgetc(p) != EOF)
        ; /* what is more than the buffer holds is not looked at */
    return WEXITSTATUS(pclose(p));
}

#endif
