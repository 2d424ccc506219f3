/* What is different from an earlier run, by play and by statement.
 * covers: tally */
#include "harness/changes.h"
#include "tests/results.h"

#include <check.h>

static struct run_summary before, after;
static struct changes changes;
static char text[2000];

static void setup(void)
{
    before = after = (struct run_summary){.select = "", .worlds = "both"};
    changes = (struct changes){0};
}

static void teardown(void)
{
    changes_free(&changes);
    free_plays(&before);
    free_plays(&after);
}

/* "newly failing ivy-a virtual pass>fail; ..." */
static const char *told(void)
{
    struct wp_writer w = wp_writer(text, sizeof text);

    changes_free(&changes);
    changes = changes_find(&before, &after);
    for (size_t i = 0; i < changes.n; i++) {
        const struct change *c = &changes.at[i];

        wp_put_text(&w, i > 0 ? "; " : "");
        wp_put_text(&w, change_text(c->kind));
        wp_put_char(&w, ' ');
        wp_put_text(&w, c->name);
        wp_put_char(&w, ' ');
        wp_put_text(&w, c->world);
        wp_put_char(&w, ' ');
        wp_put_text(&w, c->was_there ? verdict_text(c->before) : "-");
        wp_put_char(&w, '>');
        wp_put_text(&w, c->is_there ? verdict_text(c->after) : "-");
    }
    return wp_put_end(&w);
}

START_TEST(nothing_changes_between_equal_runs)
{
    add_play(&before, "a", "virtual", VERDICT_FAIL, "IVY-001");
    add_play(&after, "a", "virtual", VERDICT_FAIL, "IVY-001");
    ck_assert_str_eq(told(), "");
    ck_assert(changes.same_scope);
}
END_TEST

START_TEST(each_kind_has_its_name)
{
    add_play(&before, "a", "virtual", VERDICT_PASS, NULL);
    add_play(&before, "b", "virtual", VERDICT_FAIL, NULL);
    add_play(&before, "c", "virtual", VERDICT_PASS, NULL);
    add_play(&before, "d", "virtual", VERDICT_FAIL, NULL);
    add_play(&before, "e", "virtual", VERDICT_PASS, NULL);
    add_play(&after, "a", "virtual", VERDICT_FAIL, NULL);
    add_play(&after, "b", "virtual", VERDICT_PASS, NULL);
    add_play(&after, "c", "virtual", VERDICT_INCONC, NULL);
    add_play(&after, "d", "virtual", VERDICT_ERROR, NULL);
    add_play(&after, "f", "virtual", VERDICT_PASS, NULL);
    add_play(&after, "g", "virtual", VERDICT_FAIL, NULL);
    ck_assert_str_eq(told(), "newly failing a virtual pass>fail; newly failing g virtual ->fail; "
                             "newly inconclusive c virtual pass>inconc; fixed b virtual fail>pass; "
                             "changed d virtual fail>error; added f virtual ->pass; gone e virtual pass>-");
    ck_assert_uint_eq(changes.plays[CHANGE_FAILING], 2);
    ck_assert_uint_eq(changes.n_plays, 7);
}
END_TEST

START_TEST(worlds_are_told_apart)
{
    add_play(&before, "a", "virtual", VERDICT_PASS, "IVY-001");
    add_play(&before, "a", "live", VERDICT_PASS, "IVY-001");
    add_play(&after, "a", "virtual", VERDICT_PASS, "IVY-001");
    add_play(&after, "a", "live", VERDICT_FAIL, "IVY-001");
    ck_assert_str_eq(told(), "newly failing a live pass>fail; newly failing IVY-001 live pass>fail");
}
END_TEST

START_TEST(a_statement_is_as_bad_as_its_worst_check)
{
    struct tally t;

    add_play(&before, "a", "virtual", VERDICT_PASS, "IVY-001");
    add_play(&before, "b", "virtual", VERDICT_FAIL, "IVY-001");
    add_play(&before, "c", "live", VERDICT_INCONC, "IVY-001");
    t = tally_new(&before, NULL, NULL);
    ck_assert_uint_eq(t.n, 2);
    ck_assert_int_eq(tally_find(&t, "IVY-001", "virtual")->verdict, VERDICT_FAIL);
    ck_assert_str_eq(tally_find(&t, "IVY-001", "virtual")->result->name, "b");
    ck_assert_uint_eq(tally_find(&t, "IVY-001", "virtual")->n_checks, 2);
    ck_assert_int_eq(tally_find(&t, "IVY-001", "live")->verdict, VERDICT_INCONC);
    ck_assert_int_eq(tally_verdict(&t, "IVY-001"), VERDICT_FAIL);
    ck_assert_ptr_null(tally_find(&t, "IVY-002", "live"));
    ck_assert_int_eq(tally_verdict(&t, "IVY-000"), VERDICT_NONE);
    tally_free(&t);
}
END_TEST

START_TEST(remarks_count_only_when_strict)
{
    struct tally t;

    add_play(&before, "a", "virtual", VERDICT_FAIL, "IVY-001")->findings->undocumented = true;
    t = tally_new(&before, NULL, NULL);
    ck_assert_uint_eq(t.n, 0);
    tally_free(&t);
    before.strict = true;
    t = tally_new(&before, NULL, NULL);
    ck_assert_uint_eq(t.n, 1);
    tally_free(&t);
}
END_TEST

/* A part of the scenarios must not look as if the rest were gone, or as if its failures were fixed. */
START_TEST(of_other_selections_only_what_both_played_is_compared)
{
    add_play(&before, "a", "virtual", VERDICT_FAIL, "IVY-001");
    add_play(&before, "b", "virtual", VERDICT_PASS, "IVY-001");
    add_play(&after, "b", "virtual", VERDICT_PASS, "IVY-001");
    add_play(&after, "c", "virtual", VERDICT_FAIL, "IVY-002");
    after.select = "b c";
    ck_assert_str_eq(told(), "");
    ck_assert(!changes.same_scope);
}
END_TEST

START_TEST(what_was_not_played_has_not_changed)
{
    struct scenario_result *r;

    add_play(&before, "a", "virtual", VERDICT_FAIL, "IVY-001");
    add_play(&before, "b", "virtual", VERDICT_FAIL, "IVY-002");
    r = add_play(&after, "a", "virtual", VERDICT_NONE, NULL);
    r->not_played = true;
    add_play(&after, "b", "virtual", VERDICT_PASS, "IVY-002");
    ck_assert_str_eq(told(), "fixed b virtual fail>pass; fixed IVY-002 virtual fail>pass");
}
END_TEST

START_TEST(counts_are_a_sentence)
{
    struct wp_writer w = wp_writer(text, sizeof text);

    changes_put_counts(&w, (size_t[N_CHANGES]){[CHANGE_FAILING] = 2, [CHANGE_GONE] = 1});
    ck_assert_str_eq(wp_put_end(&w), "2 newly failing, 1 gone");
    w = wp_writer(text, sizeof text);
    changes_put_counts(&w, (size_t[N_CHANGES]){0});
    ck_assert_str_eq(wp_put_end(&w), "nothing");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("changes");
    TCase *t = tcase_create("changes");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, nothing_changes_between_equal_runs);
    tcase_add_test(t, each_kind_has_its_name);
    tcase_add_test(t, worlds_are_told_apart);
    tcase_add_test(t, a_statement_is_as_bad_as_its_worst_check);
    tcase_add_test(t, remarks_count_only_when_strict);
    tcase_add_test(t, of_other_selections_only_what_both_played_is_compared);
    tcase_add_test(t, what_was_not_played_has_not_changed);
    tcase_add_test(t, counts_are_a_sentence);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
