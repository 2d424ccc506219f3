/* Vector files: all of ours are true, and a wrong line is named. */
#include "harness/vectors.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOOD "6834120000000068110433343435fb16"

static char why_text[2048];

static bool check_file(const char *file, struct vectors_result *out)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    bool ok = vectors_check(file, out, &why);

    wp_put_end(&why);
    return ok;
}

/* "" when the text holds, else the sentence behind "FILE:". */
static const char *complaint(const char *text)
{
    char file[] = "/tmp/wattproof-vec-XXXXXX";
    struct vectors_result result;
    int fd = mkstemp(file);
    bool ok;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    ok = check_file(file, &result);
    unlink(file);
    if (ok)
        return "";
    ck_assert_msg(strncmp(why_text, file, strlen(file)) == 0, "%s", why_text);
    return why_text + strlen(file);
}

/* Every line of every vector file in captures/ is true. */
START_TEST(our_vector_files_are_true)
{
    glob_t found;
    unsigned inputs = 0, frames = 0;

    ck_assert_int_eq(glob("captures/*/*.vec", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct vectors_result result;

        ck_assert_msg(check_file(found.gl_pathv[i], &result), "%s", why_text);
        ck_assert_msg(result.inputs > 0, "%s is empty", found.gl_pathv[i]);
        inputs += result.inputs;
        frames += result.frames;
    }
    ck_assert_uint_ge(found.gl_pathc, 13);
    ck_assert_uint_ge(inputs, 70);
    ck_assert_uint_ge(frames, 60);
    globfree(&found);
}
END_TEST

/* Each input's source has its entry in SOURCES.md. */
START_TEST(every_source_is_told)
{
    static char sources[65536];
    FILE *in = fopen("captures/SOURCES.md", "r");
    glob_t found;

    ck_assert_ptr_nonnull(in);
    sources[fread(sources, 1, sizeof sources - 1, in)] = 0;
    fclose(in);
    ck_assert_int_eq(glob("captures/*/*.vec", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char line[16384];
        unsigned n_sources = 0;

        in = fopen(found.gl_pathv[i], "r");
        ck_assert_ptr_nonnull(in);
        while (fgets(line, sizeof line, in)) {
            char name[128], anchor[160];

            if (sscanf(line, "# source: SOURCES.md#%127s", name) != 1)
                continue;
            snprintf(anchor, sizeof anchor, "id=\"%s\"", name);
            ck_assert_msg(strstr(sources, anchor), "%s: %s", found.gl_pathv[i], name);
            n_sources++;
        }
        fclose(in);
        ck_assert_msg(n_sources > 0, "%s names no source", found.gl_pathv[i]);
    }
    globfree(&found);
}
END_TEST

START_TEST(what_holds)
{
    ck_assert_str_eq(complaint("codec dlt645\n\n# nothing\n"), "");
    ck_assert_str_eq(complaint("codec dlt645\nfrom-gateway " GOOD "\nframe di=02 01 01 00 length=4\n"), "");
    ck_assert_str_eq(complaint("codec dlt645\r\nfrom-gateway " GOOD "\r\nframe di=02010100\r\n"), "");
    ck_assert_str_eq(
        complaint("codec dlt645\nfrom-gateway 00" GOOD "6834\nskipped 1\nframe\nunfinished 10\n"), "");
    ck_assert_str_eq(complaint("codec dlt645\nfrom-device 6834120000000068110433343435fb17\nbad end\n"), "");
}
END_TEST

START_TEST(what_does_not_is_named_with_its_line)
{
    static const struct {
        const char *text, *why;
    } row[] = {
        {"codec dlt\n", ":1: there is no codec 'dlt'"},
        {"from-device 68\n", ":1: a line 'codec NAME' must come first"},
        {"codec dlt645\nframe a=1\n", ":2: 'frame' comes before any input"},
        {"codec dlt645\nfrom-device 6G\n", ":2: not a byte at character 0 of the digits"},
        {"codec dlt645\nfrom-device\n", ":2: an input without bytes"},
        {"codec dlt645\nhello\n",
         ":2: unknown word 'hello'; one of: codec from-device from-gateway from-client from-server frame skipped "
         "bad unfinished"},
        {"codec dlt645\nfrom-gateway " GOOD "\n", ":2: the input before has 1 parts, only 0 are named"},
        {"codec dlt645\nfrom-gateway " GOOD "\nframe di=02010200\n", ":3: di is 02010100, not 02010200"},
        {"codec dlt645\nfrom-gateway " GOOD "\nframe value=1\n", ":3: the frame has no field 'value'"},
        {"codec dlt645\nfrom-gateway " GOOD "\nframe value\n", ":3: 'value' is not name=value"},
        {"codec dlt645\nfrom-gateway " GOOD "\nframe direction=meter\n",
         ":3: direction is master-to-meter, not meter"},
        {"codec dlt645\nfrom-gateway " GOOD "\nframe\nframe\n",
         ":4: the input has no further part (it has 1)"},
        {"codec dlt645\nfrom-gateway " GOOD "\nbad checksum\n", ":3: at byte 0 of the input stands: frame"},
        {"codec dlt645\nfrom-gateway 0000" GOOD "\nskipped 1\n", ":3: it is: skipped 2"},
        {"codec dlt645\nfrom-gateway 6834\nunfinished 9\n", ":3: it is: unfinished 10"},
        {"codec dlt645\nfrom-gateway " GOOD "\nframe di=02010100\ncodec ivy\nfrom-device 00\n",
         ":5: the input before has 1 parts, only 0 are named"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_str_eq(complaint(row[i].text), row[i].why);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
    struct vectors_result result;

    ck_assert(!check_file("captures/none.vec", &result));
    ck_assert_str_eq(why_text, "captures/none.vec: No such file or directory");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("vectors");
    TCase *t = tcase_create("vectors");
    SRunner *r;
    int failed;

    tcase_add_test(t, our_vector_files_are_true);
    tcase_add_test(t, every_source_is_told);
    tcase_add_test(t, what_holds);
    tcase_add_test(t, what_does_not_is_named_with_its_line);
    tcase_add_test(t, a_file_that_is_not_there_is_named);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
