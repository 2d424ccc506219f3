/* The annotated catalogue: what decides each statement by file and line, and the page of it.
 * covers: deciders */
#include "harness/spec.h"
#include "harness/home.h"
#include "tests/results.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct spec spec;
static char dir[] = "/tmp/wattproof-test-XXXXXX";
static struct arena arena;
static struct run_summary run;

/* A run in which IVY-072 failed live, with hostile words. */
static void setup(void)
{
    static char text[4000];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct scenario_result *r;

    strcpy(dir, "/tmp/wattproof-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    run = (struct run_summary){.seed = 1};
    add_play(&run, "ivy-read-register", "virtual", VERDICT_PASS, "IVY-072");
    r = add_play(&run, "ivy-read-register", "live", VERDICT_FAIL, "IVY-072");
    r->findings->text = "came <script>alert(1)</script> & \"more\"";
    ck_assert(report_json(&run, arena_print(&arena, "%s/run.json", dir)));
    ck_assert_msg(spec_load(&spec, dir, &why), "%s", wp_put_end(&why));
}

static void teardown(void)
{
    unlink(arena_print(&arena, "%s/run.json", dir));
    unlink(arena_print(&arena, "%s/page.html", dir));
    rmdir(dir);
    free_plays(&run);
    spec_free(&spec);
    arena_free(&arena);
}

static const char *read_text(const char *path)
{
    char ignored[400];
    struct wp_writer why = wp_writer(ignored, sizeof ignored);
    struct wp_slice text = file_read(&arena, path, &why);

    ck_assert_msg(text.p != NULL, "%s", wp_put_end(&why));
    return (const char *)text.p;
}

static const char *page(const char *api)
{
    const char *path = arena_print(&arena, "%s/page.html", dir);

    ck_assert(spec_html(&spec, api, path));
    return read_text(path);
}

static bool line_has(const char *text, int line, const char *word)
{
    const char *end;

    for (; line > 1 && text; line--) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    end = text ? strchr(text, '\n') : NULL;
    return end && memmem(text, (size_t)(end - text), word, strlen(word)) != NULL;
}

/* Whoever goes to the line finds the statement there. */
START_TEST(every_decider_stands_on_its_line)
{
    size_t scenarios = 0;

    ck_assert_uint_gt(spec.deciders->n, 300);
    for (size_t i = 0; i < spec.deciders->n; i++) {
        const struct decider *d = &spec.deciders->at[i];
        const char *path = arena_print(&arena, "%s/%s", home_dir(), d->file);

        ck_assert_msg(d->line > 0, "%s: %s", d->id, d->file);
        ck_assert_msg(line_has(read_text(path), d->line, d->id), "%s:%d: %s", path, d->line, d->id);
        scenarios += d->scenario != NULL;
        arena_free(&arena);
    }
    ck_assert_uint_gt(scenarios, 100);
}
END_TEST

START_TEST(deciders_are_found_by_statement)
{
    const struct decider *d;
    size_t n = deciders_of(spec.deciders, "IVY-072", &d);

    ck_assert_uint_gt(n, 0);
    for (size_t i = 0; i < n; i++)
        ck_assert_str_eq(d[i].id, "IVY-072");
    ck_assert_uint_eq(deciders_of(spec.deciders, "IVY-07", &d), 0);
    ck_assert_uint_eq(deciders_of(spec.deciders, "ZZZ-999", &d), 0);
}
END_TEST

START_TEST(every_statement_has_its_anchor_on_the_page)
{
    const char *html = page("ivy");

    for (const struct catalogue *c = spec_catalogues(&spec); c; c = c->next) {
        for (size_t i = 0; i < c->n; i++) {
            const char *anchor = arena_print(&arena, "<article id=\"%s\"", c->at[i].id);

            ck_assert_msg((strstr(html, anchor) != NULL) == (strcmp(c->api, "ivy") == 0), "%s", anchor);
        }
    }
    ck_assert_ptr_nonnull(strstr(page(NULL), "<h2 id=\"api-dlt645\">"));
}
END_TEST

START_TEST(the_page_says_what_each_world_came_to)
{
    const char *html = strstr(page("ivy"), "<article id=\"IVY-072\"");

    ck_assert_ptr_nonnull(html);
    ck_assert_ptr_nonnull(strstr(html, "data-verdict=\"fail\""));
    ck_assert_ptr_nonnull(strstr(html, "<span class=\"chip pass\">virtual: pass</span>"));
    ck_assert_ptr_nonnull(strstr(html, "<span class=\"chip fail\">live: fail</span>"));
    ck_assert_ptr_nonnull(strstr(html,
                                 "ivy-read-register (live): came &lt;script&gt;alert(1)&lt;/script&gt; &amp; "
                                 "&quot;more&quot;"));
    ck_assert_int_eq(spec_verdict(&spec, catalogue_find(spec_catalogues(&spec), "IVY-072")), VERDICT_FAIL);
}
END_TEST

START_TEST(the_page_needs_nothing_else)
{
    const char *html = page("ivy");

    ck_assert_ptr_null(strstr(html, "src="));
    ck_assert_ptr_null(strstr(html, "<link"));
    ck_assert_ptr_null(strstr(html, "@import"));
    ck_assert_ptr_null(strstr(html, "url("));
    ck_assert_ptr_nonnull(strstr(html, "prefers-color-scheme:dark"));
    ck_assert_ptr_nonnull(strstr(html, "@media print"));
}
END_TEST

START_TEST(a_run_that_was_named_has_to_be_there)
{
    struct spec other;
    char text[600];
    struct wp_writer why = wp_writer(text, sizeof text);

    ck_assert(!spec_load(&other, "/nonexistent", &why));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&why), "/nonexistent: there is no such run"));
    spec_free(&other);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("spec");
    TCase *t = tcase_create("spec");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_decider_stands_on_its_line);
    tcase_add_test(t, deciders_are_found_by_statement);
    tcase_add_test(t, every_statement_has_its_anchor_on_the_page);
    tcase_add_test(t, the_page_says_what_each_world_came_to);
    tcase_add_test(t, the_page_needs_nothing_else);
    tcase_add_test(t, a_run_that_was_named_has_to_be_there);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
