/* --version: what the program is made of.
 * covers: libraries */
#include "harness/version.h"
#include "sim/catalog.h"

#include <check.h>
#include <ctype.h>
#include <string.h>

static char text[4000];

static void read_version(void)
{
    FILE *f = tmpfile();
    size_t n;

    version_put(f);
    rewind(f);
    n = fread(text, 1, sizeof text - 1, f);
    text[n] = 0;
    fclose(f);
}

/* A line "  NAME   1.2..." */
static bool has_version(const char *name)
{
    char start[40];
    const char *line;

    snprintf(start, sizeof start, "\n  %s ", name);
    line = strstr(text, start);
    if (!line)
        return false;
    line += strlen(start);
    line += strspn(line, " ");
    return isdigit((unsigned char)*line) && strchr(line, '.') != NULL;
}

START_TEST(every_library_is_there_with_its_version)
{
    static const char *const names[] = {"libmosquitto", "libuv",   "OpenSSL", "PCRE2",
                                        "cJSON",        "libyaml", "zlib"};

    read_version();
    ck_assert_int_eq(strncmp(text, "wattproof ", 10), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_msg(has_version(names[i]), "%s in:\n%s", names[i], text);
}
END_TEST

START_TEST(every_codec_is_there_with_the_number_of_its_printed_form)
{
    read_version();
    for (size_t i = 0; i < wp_n_codecs; i++) {
        char form[80];

        snprintf(form, sizeof form, " %s %d", wp_codecs[i]->name, wp_codecs[i]->print_version);
        ck_assert_msg(strstr(text, form) != NULL, "%s in:\n%s", form, text);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("version");
    TCase *t = tcase_create("version");
    SRunner *r;
    int failed;

    tcase_add_test(t, every_library_is_there_with_its_version);
    tcase_add_test(t, every_codec_is_there_with_the_number_of_its_printed_form);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
