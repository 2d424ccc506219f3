/* wattproof replay: what it prints, what it compares, and its exit code. */
#include "harness/cmd.h"
#include "harness/pcap_tcp.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 65536 };

static char home[64], clean[192], foreign[192], open_question[192], golden[256];

static struct {
    int code;
    char out[OUTPUT_MAX], err[OUTPUT_MAX];
} r;

/* ---- captures --------------------------------------------------------------------------------------- */

/* Each text is what one side sends: hex behind "<" (the client) or ">". */
static void write_capture(const char *path, const char *const *sends)
{
    char why_text[256];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct pcapng *f = pcapng_new(path, "wattproof tests", &why);
    struct pcap_tcp t;
    int64_t now = INT64_C(1705320000000000000);

    ck_assert_msg(f != NULL, "%s", wp_put_end(&why));
    t = pcap_tcp(f, pcapng_interface(f, PCAPNG_ETHERNET, "made up"), PCAPNG_ETHERNET,
                 (struct wp_addr){0x7F000201, 40000}, (struct wp_addr){0x7F000101, 8899});
    pcap_tcp_open(&t, now, NULL);
    for (; *sends; sends++) {
        uint8_t bytes[256];
        size_t n;

        ck_assert(wp_hex_read(wp_text(*sends + 1), bytes, sizeof bytes, &n));
        pcap_tcp_send(&t, **sends == '<' ? 0 : 1, now += 1000000, wp_slice(bytes, n), NULL);
    }
    ck_assert(pcapng_close(f));
}

/* captures/dlt645/address.vec */
#define ASK  "68AAAAAAAAAAAA681300DF16"
#define TELL "683412000000006893066745333333332716"

static void setup(void)
{
    char dir[128];

    strcpy(home, "/tmp/wattproof-home-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(home));
    snprintf(dir, sizeof dir, "%s/captures", home);
    ck_assert_int_eq(mkdir(dir, 0755), 0);
    snprintf(clean, sizeof clean, "%s/clean.pcapng", dir);
    snprintf(golden, sizeof golden, "%s.expect", clean);
    snprintf(foreign, sizeof foreign, "%s/foreign.pcapng", home);
    snprintf(open_question, sizeof open_question, "%s/question.pcapng", home);
    write_capture(clean, (const char *const[]){">" ASK, "<" TELL, NULL});
    write_capture(foreign, (const char *const[]){"<680407000000", NULL});
    write_capture(open_question, (const char *const[]){">" ASK, NULL});
    setenv("WATTPROOF_HOME", home, 1);
}

static void teardown(void)
{
    char command[128];

    unsetenv("WATTPROOF_HOME");
    snprintf(command, sizeof command, "rm -rf %s", home);
    ck_assert_int_eq(system(command), 0);
}

/* ---- the command ------------------------------------------------------------------------------------ */

static int redirect(int fd, const char *name)
{
    char path[128];
    int saved = dup(fd), to;

    snprintf(path, sizeof path, "%s/%s", home, name);
    to = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(to, 0);
    dup2(to, fd);
    close(to);
    return saved;
}

static void restore(int fd, int saved, const char *name, char *text)
{
    char path[128];
    FILE *in;

    dup2(saved, fd);
    close(saved);
    snprintf(path, sizeof path, "%s/%s", home, name);
    in = fopen(path, "r");
    ck_assert_ptr_nonnull(in);
    text[fread(text, 1, OUTPUT_MAX - 1, in)] = 0;
    fclose(in);
}

/* In this process, its streams going to files; the exit code. */
static int run(int argc, const char **argv)
{
    int out, err;

    fflush(stdout);
    fflush(stderr);
    out = redirect(1, "out");
    err = redirect(2, "err");
    r.code = cmd_replay(argc, (char **)argv);
    fflush(stdout);
    fflush(stderr);
    restore(1, out, "out", r.out);
    restore(2, err, "err", r.err);
    return r.code;
}

/* clang-format off */
#define RUN(...) run((int)(sizeof (const char *[]){"replay", __VA_ARGS__} / sizeof(char *)), \
                     (const char *[]){"replay", __VA_ARGS__, NULL})
/* clang-format on */

static size_t n_lines(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

START_TEST(exit_codes_say_what_was_found)
{
    ck_assert_int_eq(RUN(clean), 0);
    ck_assert_uint_eq(n_lines(r.out), 2 + 6);
    ck_assert_str_eq(r.err, "");
    ck_assert_int_eq(RUN(open_question), 1);
    ck_assert_int_eq(RUN(foreign), 4);
    ck_assert_ptr_nonnull(strstr(r.out, "foreign TCP 127.0.2.1:40000 > 127.0.1.1:8899: 6 bytes, 0 back\n"));
    ck_assert_int_eq(RUN("/nowhere/x.pcap"), 2);
    ck_assert_str_eq(r.err, "wattproof: /nowhere/x.pcap: No such file or directory\n");
}
END_TEST

START_TEST(of_several_captures_the_worst_counts)
{
    ck_assert_int_eq(RUN(clean, foreign), 4);
    ck_assert_int_eq(RUN(clean, foreign, open_question), 1);
    ck_assert_int_eq(RUN(clean, "/nowhere/x.pcap", open_question), 2);
    ck_assert_ptr_nonnull(strstr(r.out, clean));
}
END_TEST

START_TEST(json_is_an_object_a_line)
{
    ck_assert_int_eq(RUN("--json", clean), 0);
    ck_assert_uint_eq(n_lines(r.out), 3);
    for (const char *line = r.out; *line; line = strchr(line, '\n') + 1)
        ck_assert_int_eq(*line, '{');
    ck_assert_ptr_nonnull(strstr(r.out, "\"answers\":4,\"after\":0.001000000}"));
    ck_assert_ptr_nonnull(strstr(r.out, "{\"summary\":"));
}
END_TEST

START_TEST(one_codec_alone)
{
    ck_assert_int_eq(RUN("--codec", "ivy", clean), 4);
    ck_assert_int_eq(RUN("--codec", "dlt645", clean), 0);
    ck_assert_int_eq(RUN("--codec", "none", clean), 2);
    ck_assert_ptr_nonnull(strstr(r.err, "there is no codec 'none'"));
}
END_TEST

START_TEST(a_golden_beside_the_capture_is_compared)
{
    FILE *file;

    ck_assert_int_eq(RUN("--update", clean), 0);
    ck_assert_int_eq(RUN(clean), 0);
    ck_assert_int_eq(RUN("--json", clean), 0);
    file = fopen(golden, "a");
    fputs("more\n", file);
    fclose(file);
    ck_assert_int_eq(RUN(clean), 1);
    ck_assert_ptr_nonnull(strstr(r.err, ":10: expected 'more', got the end"));
    ck_assert_int_eq(RUN("--codec", "dlt645", clean), 0); /* not what the golden is about */
    ck_assert_int_eq(RUN("--update", clean), 0);
    ck_assert_int_eq(RUN(clean), 0);
}
END_TEST

START_TEST(a_golden_may_stand_elsewhere)
{
    char other[160];

    snprintf(other, sizeof other, "%s/other.txt", home);
    ck_assert_int_eq(RUN("--expect", other, clean), 2);
    ck_assert_int_eq(RUN("--expect", other, "--update", open_question), 1);
    ck_assert_int_eq(RUN("--expect", other, open_question), 0);
    ck_assert_int_eq(RUN("--expect", other, clean), 1);
    ck_assert_int_eq(RUN("--expect", other, clean, clean), 2);
}
END_TEST

START_TEST(without_a_capture_the_projects_own_are_replayed)
{
    const char *alone[] = {"replay", NULL};
    char dir[128];

    ck_assert_int_eq(run(1, alone), 0);
    ck_assert_str_eq(r.out, "clean.pcapng: 2 frames, 0 findings; no golden, replay --update writes it\n"
                            "captures: 1 as expected, 0 not, 0 unreadable\n");
    RUN("--update", clean);
    snprintf(dir, sizeof dir, "%s/captures/z.pcapng", home);
    ck_assert_int_eq(link(open_question, dir), 0);
    ck_assert_int_eq(run(1, alone), 1);
    ck_assert_ptr_nonnull(strstr(r.out, "clean.pcapng: 2 frames, 0 findings, as expected\n"));
    ck_assert_ptr_nonnull(strstr(r.out, "captures: 1 as expected, 1 not, 0 unreadable\n"));
    ck_assert_int_eq(truncate(dir, 10), 0);
    ck_assert_int_eq(run(1, alone), 2);
}
END_TEST

/* The program in a process of its own, between two pipes. */
static pid_t follow_pipe(int *ret_in, int *ret_out)
{
    int in[2], out[2];
    pid_t pid;

    ck_assert_int_eq(pipe(in), 0);
    ck_assert_int_eq(pipe(out), 0);
    fflush(NULL);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        close(out[0]);
        _exit(cmd_replay(3, (char *[]){"replay", "-", "--follow", NULL}));
    }
    close(in[0]);
    close(out[1]);
    *ret_in = in[1];
    *ret_out = out[0];
    return pid;
}

/* Frames are told while the capture goes on, and the signal brings the summary. */
START_TEST(a_running_capture_is_followed_until_the_signal)
{
    static char bytes[4096];
    FILE *file = fopen(clean, "rb"), *lines;
    size_t n = fread(bytes, 1, sizeof bytes, file);
    int in, out, status;
    pid_t pid = follow_pipe(&in, &out);
    char line[1024];

    fclose(file);
    lines = fdopen(out, "r");
    ck_assert_int_eq(write(in, bytes, n - 100),
                     (ssize_t)(n - 100));                   /* all but what comes after the question */
    ck_assert_ptr_nonnull(fgets(line, sizeof line, lines)); /* which is told at once */
    ck_assert_ptr_nonnull(strstr(line, " dlt645 preamble=0 address=AAAAAAAAAAAA control=13 "));
    ck_assert_int_eq(write(in, bytes + n - 100, 100), 100);
    ck_assert_int_eq(kill(pid, SIGINT), 0);
    while (fgets(line, sizeof line, lines))
        ;
    ck_assert_str_eq(line, "findings 0\n");
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    fclose(lines);
    close(in);
}
END_TEST

START_TEST(usage)
{
    ck_assert_int_eq(RUN("--help"), 0);
    ck_assert_ptr_nonnull(strstr(r.out, "--update"));
    ck_assert_int_eq(RUN("--no-such-option", clean), 2);
    ck_assert_int_eq(RUN("--json"), 2);
    ck_assert_int_eq(RUN("--follow", clean, foreign), 2);
    ck_assert_int_eq(RUN("--follow", "--update", clean), 2);
    ck_assert_int_eq(RUN("--through", "device", clean), 2);
    ck_assert_int_eq(RUN("--through", "gateway", "--json", clean), 2);
    ck_assert_int_eq(RUN("--through", "gateway", "--follow", clean), 2);
    ck_assert_int_eq(RUN("--gateway", "x.yaml", clean), 2);
    ck_assert_int_eq(RUN("--through", "gateway"), 2);
    ck_assert_int_eq(RUN("--json"), 2);
    ck_assert_ptr_nonnull(strstr(r.err, "which capture?"));
    ck_assert_int_eq(RUN("--strict"), 2);
    ck_assert_int_eq(RUN("--api", "ivory", clean), 2);
    ck_assert_ptr_nonnull(strstr(r.err, "replay: "));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cmd_replay");
    TCase *t = tcase_create("cmd_replay");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, exit_codes_say_what_was_found);
    tcase_add_test(t, of_several_captures_the_worst_counts);
    tcase_add_test(t, json_is_an_object_a_line);
    tcase_add_test(t, one_codec_alone);
    tcase_add_test(t, a_golden_beside_the_capture_is_compared);
    tcase_add_test(t, a_golden_may_stand_elsewhere);
    tcase_add_test(t, without_a_capture_the_projects_own_are_replayed);
    tcase_add_test(t, a_running_capture_is_followed_until_the_signal);
    tcase_add_test(t, usage);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
