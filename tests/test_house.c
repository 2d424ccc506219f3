/* The house rules: who may include what, that every stem has a test, that no file outgrows one sitting, that sim/
 * neither allocates nor asks a clock, and that every schema and statement is used. */
#include "harness/contract.h"
#include "harness/home.h"
#include "harness/select.h"

#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

/* A test may be longer than what it tests: it is read story by story. */
enum { LINES_MAX = 600, TEST_LINES_MAX = 800, FILES_MAX = 2000, PATH_LENGTH = 512 };

static char files[FILES_MAX][PATH_LENGTH];
static size_t n_files;
static char broken[65536]; /* every broken rule, a line each */

static void breaks(const char *file, const char *rule, const char *what)
{
    struct wp_writer w = wp_writer(broken + strlen(broken), sizeof broken - strlen(broken));

    wp_put_text(&w, file);
    wp_put_text(&w, ": ");
    wp_put_text(&w, rule);
    wp_put_char(&w, ' ');
    wp_put_text(&w, what);
    wp_put_char(&w, '\n');
    wp_put_end(&w);
}

static bool ends_with(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void collect(const char *folder)
{
    struct dirent **entries;
    char path[PATH_LENGTH];
    int n;

    snprintf(path, sizeof path, "%s/%s", home_dir(), folder);
    n = scandir(path, &entries, NULL, by_name);
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;

        snprintf(path, sizeof path, "%s/%s", folder, name);
        if (name[0] != '.' && entries[i]->d_type == DT_DIR && strcmp(name, "node_modules") != 0)
            collect(path);
        else if (ends_with(name, ".c") || ends_with(name, ".h") || ends_with(name, ".def")) {
            ck_assert_msg(n_files < FILES_MAX, "FILES_MAX of this test is too small for the house");
            strcpy(files[n_files++], path);
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

static void setup(void)
{
    n_files = 0;
    broken[0] = 0;
    collect("sim");
    collect("harness");
    collect("tests");
    ck_assert_uint_gt(n_files, 20);
}

static char *text_of(const char *file)
{
    static char text[1 << 20];
    char path[PATH_LENGTH * 2];
    FILE *f;
    size_t n;

    snprintf(path, sizeof path, "%s/%s", home_dir(), file);
    f = fopen(path, "r");
    ck_assert_msg(f != NULL, "%s cannot be read", path);
    n = fread(text, 1, sizeof text - 1, f);
    text[n] = 0;
    fclose(f);
    return text;
}

/* ---- includes --------------------------------------------------------------------------------------- */

/* The room table: what stands in a room may include what begins so. */
static const struct {
    const char *room, *may[8];
} rooms[] = {
    {"sim/core/", {"sim/core/"}},
    {"sim/codec/", {"sim/core/", "sim/codec/"}},
    {"sim/device/", {"sim/core/", "sim/codec/", "sim/device/"}},
    {"sim/gateway/", {"sim/core/", "sim/codec/", "sim/gateway/"}},
    {"sim/world/", {"sim/core/", "sim/world/", "sim/codec/mqtt", "sim/codec/dbus"}},
    {"sim/catalog", {"sim/"}},
    {"harness/", {"sim/core/", "sim/world/", "sim/catalog.h", "harness/"}},
    {"tests/", {"sim/", "harness/", "tests/"}},
};

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_allowed(const char *file, const char *include)
{
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        if (!begins(file, rooms[i].room))
            continue;
        for (size_t k = 0; k < 8 && rooms[i].may[k]; k++)
            if (begins(include, rooms[i].may[k]))
                return true;
        return false;
    }
    return false;
}

START_TEST(includes_point_down)
{
    for (size_t i = 0; i < n_files; i++) {
        char *text = text_of(files[i]);

        for (char *p = text; (p = strstr(p, "#include \"")); p++) {
            char include[200];

            sscanf(p, "#include \"%199[^\"]", include);
            if (!is_allowed(files[i], include))
                breaks(files[i], "may not include", include);
        }
    }
    ck_assert_msg(!broken[0], "\n%s", broken);
}
END_TEST

/* Core, codec, device and gateway live on libc and the compiler alone; one file of the codecs knows libcrypto. */
START_TEST(libraries_stay_in_their_rooms)
{
    static const char *const pure[] = {"sim/core/", "sim/codec/", "sim/device/", "sim/gateway/"};
    static const char *const libc[] = {"emmintrin.h", "endian.h", "stdalign.h", "assert.h", "inttypes.h",
                                       "limits.h",    "math.h",   "stdbool.h",  "stddef.h", "stdint.h",
                                       "stdio.h",     "stdlib.h", "string.h"};

    for (size_t i = 0; i < n_files; i++) {
        bool is_pure = false;

        for (size_t k = 0; k < 4; k++)
            is_pure = is_pure || begins(files[i], pure[k]);
        for (char *p = is_pure ? text_of(files[i]) : NULL; p && (p = strstr(p, "#include <")); p++) {
            char include[200];
            bool good = false;

            sscanf(p, "#include <%199[^>]", include);
            for (size_t k = 0; k < sizeof libc / sizeof libc[0]; k++)
                good = good || strcmp(include, libc[k]) == 0;
            good = good || (strcmp(files[i], "sim/codec/cosem_crypt.c") == 0 && begins(include, "openssl/"));
            if (!good)
                breaks(files[i], "may not include", include);
        }
    }
    ck_assert_msg(!broken[0], "\n%s", broken);
}
END_TEST

/* ---- habits ----------------------------------------------------------------------------------------- */

static bool calls(const char *text, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = text; (p = strstr(p, name)); p++)
        if ((p == text || (!isalnum((unsigned char)p[-1]) && p[-1] != '_')) && p[n] == '(')
            return true;
    return false;
}

START_TEST(machines_and_codecs_neither_allocate_nor_ask_a_clock)
{
    static const char *const forbidden[] = {"malloc", "calloc",        "realloc", "free",
                                            "time",   "clock_gettime", "sleep",   "gettimeofday",
                                            "usleep", "printf",        "rand"};

    for (size_t i = 0; i < n_files; i++) {
        const char *text;

        if (!begins(files[i], "sim/core/") && !begins(files[i], "sim/codec/") &&
            !begins(files[i], "sim/device/") && !begins(files[i], "sim/gateway/"))
            continue;
        text = text_of(files[i]);
        for (size_t k = 0; k < sizeof forbidden / sizeof forbidden[0]; k++)
            if (calls(text, forbidden[k]))
                breaks(files[i], "calls", forbidden[k]);
    }
    ck_assert_msg(!broken[0], "\n%s", broken);
}
END_TEST

START_TEST(no_test_sleeps)
{
    for (size_t i = 0; i < n_files; i++) {
        const char *text;

        if (!begins(files[i], "tests/") || ends_with(files[i], "test_house.c"))
            continue;
        text = text_of(files[i]);
        if (calls(text, "sleep") || calls(text, "usleep") || calls(text, "nanosleep"))
            breaks(files[i], "sleeps:", "time should arrive in the event");
    }
    ck_assert_msg(!broken[0], "\n%s", broken);
}
END_TEST

START_TEST(every_file_is_read_in_one_sitting)
{
    for (size_t i = 0; i < n_files; i++) {
        size_t lines = 0;
        char count[40];

        for (const char *p = text_of(files[i]); *p; p++)
            lines += *p == '\n';
        snprintf(count, sizeof count, "%zu lines", lines);
        if (lines > (begins(files[i], "tests/") ? TEST_LINES_MAX : LINES_MAX))
            breaks(files[i], "has", count);
    }
    ck_assert_msg(!broken[0], "\n%s", broken);
}
END_TEST

static bool is_test_of(const char *file, const char *stem, size_t n)
{
    char name[PATH_LENGTH], *covers, *end;

    snprintf(name, sizeof name, "tests/test_%.*s.c", (int)n, stem);
    if (strcmp(file, name) == 0)
        return true;
    covers = begins(file, "tests/test_") ? strstr(text_of(file), "covers:") : NULL;
    end = covers ? strstr(covers, "*/") : NULL;
    if (!end)
        return false;
    *end = 0;
    for (char *word = strtok(covers, " \n*,"); word; word = strtok(NULL, " \n*,"))
        if (strlen(word) == n && strncmp(word, stem, n) == 0)
            return true;
    return false;
}

/* tests/test_foo.c serves foo.c and foo_bar.c; so does a test whose opening comment says `covers: foo`. */
static bool has_test(const char *stem)
{
    for (size_t n = strlen(stem); n > 0; n--) {
        if (stem[n] != 0 && stem[n] != '_')
            continue;
        for (size_t i = 0; i < n_files; i++)
            if (is_test_of(files[i], stem, n))
                return true;
    }
    return false;
}

START_TEST(every_stem_has_a_test)
{
    for (size_t i = 0; i < n_files; i++) {
        const char *slash = strrchr(files[i], '/');
        char stem[PATH_LENGTH];

        if (begins(files[i], "tests/") || !ends_with(files[i], ".c"))
            continue;
        snprintf(stem, sizeof stem, "%.*s", (int)(strlen(slash + 1) - 2), slash + 1);
        if (!has_test(stem))
            breaks(files[i], "has no test named", stem);
    }
    ck_assert_msg(!broken[0], "\n%s", broken);
}
END_TEST

/* ---- contracts -------------------------------------------------------------------------------------- */

static const struct catalogue *catalogues;
static char seen[10000][16];
static size_t n_seen;

static void see(void *ctx, const char *id)
{
    if (!catalogue_find(catalogues, id))
        breaks(ctx, "names a statement that no catalogue has:", id);
    if (n_seen < sizeof seen / sizeof seen[0])
        snprintf(seen[n_seen++], sizeof seen[0], "%s", id);
}

static void see_schema(void *ctx, const char *id, const char *where)
{
    (void)ctx;
    see((void *)where, id);
}

static bool is_seen(const char *id)
{
    for (size_t i = 0; i < n_seen; i++)
        if (strcmp(seen[i], id) == 0)
            return true;
    return false;
}

/* Statements about DLMS wait for their codec; everything else of a gateway's document must be decided somewhere. */
static bool must_be_decided(const struct catalogue *c, const struct statement *s)
{
    if (!statement_is_testable(s))
        return false;
    return strcmp(c->api, "venus") == 0 || (strcmp(c->api, "ivy") == 0 && strncmp(s->section, "DLMS", 4) != 0);
}

START_TEST(every_statement_is_decided_by_something)
{
    struct scenario_list list = {0};
    static char text[65536];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct contract_set *set = contracts_load(home_dir(), &why);

    ck_assert_msg(set != NULL, "%s", wp_put_end(&why));
    ck_assert_msg(select_scenarios(NULL, 0, &list, &why), "%s", wp_put_end(&why));
    catalogues = contracts_catalogues(set);
    n_seen = 0;
    contract_each_statement(set, see_schema, NULL);
    for (size_t i = 0; i < list.n; i++)
        scenario_each_statement(list.at[i], see, (void *)list.at[i]->file);
    for (const struct catalogue *c = catalogues; c; c = c->next)
        for (size_t i = 0; i < c->n; i++)
            if (must_be_decided(c, &c->at[i]) && !is_seen(c->at[i].id))
                breaks(c->at[i].id, "is decided by nothing:", c->at[i].says);
    ck_assert_msg(!broken[0], "\n%s", broken);
    scenario_list_free(&list);
    contracts_free(set);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("house");
    TCase *t = tcase_create("house");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, includes_point_down);
    tcase_add_test(t, libraries_stay_in_their_rooms);
    tcase_add_test(t, machines_and_codecs_neither_allocate_nor_ask_a_clock);
    tcase_add_test(t, no_test_sleeps);
    tcase_add_test(t, every_file_is_read_in_one_sitting);
    tcase_add_test(t, every_stem_has_a_test);
    tcase_add_test(t, every_statement_is_decided_by_something);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
