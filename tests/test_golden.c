/* Goldens beside captures: written, compared, refused; whole folders of them. covers: replay_file */
#include "tests/replay_rig.h"

#include <sys/stat.h>

static void write_text(const char *name, const char *content)
{
    FILE *f = fopen(name, "w");

    ck_assert_ptr_nonnull(f);
    fputs(content, f);
    fclose(f);
}

static char *read_text(const char *name)
{
    static char content[16384];
    FILE *f = fopen(name, "r");
    size_t n;

    ck_assert_ptr_nonnull(f);
    n = fread(content, 1, sizeof content - 1, f);
    content[n] = 0;
    fclose(f);
    return content;
}

static enum replay_end replay_golden(bool update)
{
    return replay((struct replay_file){.path = path, .golden = golden, .update = update});
}

START_TEST(a_golden_is_what_was_printed)
{
    ask(METER, VOLTAGE);
    end_capture();
    ck_assert_int_eq(replay_golden(true), REPLAY_FINDINGS);
    ck_assert_int_eq(strncmp(read_text(golden), "# wattproof replay 1, dlt645 1\n4 2024", 36), 0);
    expect_text(strchr(read_text(golden), '\n') + 1);
    ck_assert_int_eq(replay_golden(false), REPLAY_CLEAN); /* its findings are expected */
    ck_assert_str_eq(problems, "");
}
END_TEST

START_TEST(the_first_difference_is_told_with_its_line)
{
    char expected[512], *content;

    ask(METER, VOLTAGE);
    end_capture();
    replay_golden(true);
    content = read_text(golden);
    strstr(content, "frames dlt645 1")[14] = '2';
    write_text(golden, content);
    ck_assert_int_eq(replay_golden(false), REPLAY_FINDINGS);
    snprintf(expected, sizeof expected,
             "wattproof: %s:6: expected 'frames dlt645 2', got 'frames dlt645 1'\n", golden);
    ck_assert_str_eq(problems, expected);
    replay_golden(true);
    content = read_text(golden);
    strcat(content, "more\n");
    write_text(golden, content);
    ck_assert_int_eq(replay_golden(false), REPLAY_FINDINGS);
    ck_assert_ptr_nonnull(strstr(problems, ":10: expected 'more', got the end"));
    *strstr(content, "findings") = 0;
    write_text(golden, content);
    ck_assert_int_eq(replay_golden(false), REPLAY_FINDINGS);
    ck_assert_ptr_nonnull(strstr(problems, ":9: expected the end, got 'findings 1'"));
    replay_golden(true);
    content = read_text(golden);
    memcpy(strstr(content, "checksum=FB"), "CHECK", 5); /* far behind in a long line */
    write_text(golden, content);
    ck_assert_int_eq(replay_golden(false), REPLAY_FINDINGS);
    ck_assert_ptr_nonnull(strstr(problems, ":2: expected '..."));
    ck_assert_ptr_nonnull(strstr(problems, "CHECKsum=FB', got '..."));
    ck_assert_ptr_nonnull(strstr(problems, " checksum=FB'\n"));
}
END_TEST

START_TEST(a_golden_of_another_print_version_is_refused)
{
    static const char *const heads[] = {"# wattproof replay 1, dlt645 99\n",
                                        "# wattproof replay 99, dlt645 1\n",
                                        "# wattproof replay 1, no-such-codec 1\n",
                                        "# wattproof replay\n",
                                        "4 2024-01-15",
                                        ""};

    ask(METER, VOLTAGE);
    end_capture();
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        write_text(golden, heads[i]);
        ck_assert_int_eq(replay_golden(false), REPLAY_UNREADABLE);
        ck_assert_msg(strstr(problems, "--update writes it anew") != NULL, "%s", problems);
        ck_assert_str_eq(text, "");
    }
    ck_assert_int_eq(replay_golden(true), REPLAY_FINDINGS);
    ck_assert_int_eq(replay_golden(false), REPLAY_CLEAN);
}
END_TEST

START_TEST(a_broken_file_is_told_up_to_its_break)
{
    struct stat whole;

    ask(METER, VOLTAGE);
    tell(METER, VOLTAGE);
    end_capture();
    ck_assert_int_eq(stat(path, &whole), 0);
    ck_assert_int_eq(truncate(path, whole.st_size - 80), 0); /* in the reply, before its acknowledgement */
    ck_assert_int_eq(replay_golden(true), REPLAY_UNREADABLE);
    ck_assert_ptr_nonnull(strstr(problems, "x.pcapng: packet "));
    ck_assert_msg(strstr(problems, "truncated"), "%s", problems);
    ck_assert_uint_eq(sum.n_frames, 1);
    ck_assert_int_ne(access(golden, F_OK), 0); /* half a capture makes no golden */
}
END_TEST

START_TEST(a_folder_is_replayed_in_the_order_of_names)
{
    char name[160], *out = NULL;
    size_t n;
    FILE *stream = open_memstream(&out, &n);
    struct replay_counts counts;

    ask(METER, VOLTAGE);
    tell(METER, VOLTAGE);
    end_capture();
    replay_golden(true);
    snprintf(name, sizeof name, "%s/a", dir);
    ck_assert_int_eq(mkdir(name, 0755), 0);
    snprintf(name, sizeof name, "%s/a/broken.pcap", dir);
    write_text(name, "nothing of that kind");
    snprintf(name, sizeof name, "%s/y.pcapng", dir);
    ck_assert_int_eq(link(path, name), 0);
    snprintf(name, sizeof name, "%s/z.pcapng", dir);
    ck_assert_int_eq(link(path, name), 0);
    snprintf(name, sizeof name, "%s/z.pcapng.expect", dir);
    write_text(name, "# wattproof replay 1, dlt645 1\nsomething else\n");
    counts = replay_all(dir, stream);
    fclose(stream);
    ck_assert_uint_eq(counts.captures, 4);
    ck_assert_uint_eq(counts.unreadable, 1);
    ck_assert_uint_eq(counts.as_expected, 1);
    ck_assert_uint_eq(counts.without_golden, 1);
    ck_assert_uint_eq(counts.different, 1);
    ck_assert_uint_eq(counts.frames, 6);
    ck_assert_ptr_nonnull(strstr(out, "a/broken.pcap: unreadable\n"));
    ck_assert_ptr_nonnull(strstr(out, "\nx.pcapng: 2 frames, 0 findings, as expected\n"));
    ck_assert_ptr_nonnull(
        strstr(out, "\ny.pcapng: 2 frames, 0 findings; no golden, replay --update writes it\n"));
    ck_assert_ptr_nonnull(strstr(out, "\nz.pcapng: 2 frames, 0 findings, not as expected\n"));
    free(out);
    stream = fopen("/dev/null", "w");
    ck_assert_uint_eq(replay_all("/nowhere", stream).captures, 0);
    fclose(stream);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("golden");
    TCase *t = tcase_create("golden");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_golden_is_what_was_printed);
    tcase_add_test(t, the_first_difference_is_told_with_its_line);
    tcase_add_test(t, a_golden_of_another_print_version_is_refused);
    tcase_add_test(t, a_broken_file_is_told_up_to_its_break);
    tcase_add_test(t, a_folder_is_replayed_in_the_order_of_names);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
