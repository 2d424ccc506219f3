/* A scenario's golden: what was published before, line for line, in the virtual world. */
#include "harness/play_golden.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[64], scenario_path[128], golden_path[128];
static char said[16384];

#define SCENARIO                                                                                             \
    "scenario: g\npurpose: p\ngolden: %s\ngateway: {north: [ivy]}\n"                                         \
    "devices: {m1: {model: dlt645-meter, address: \"000000000001\"}}\nclients: {c: {subscribe: [\"#\"]}}\n"  \
    "steps:\n  - expect: {topic: ivy/v1/meters/000000000001/status, payload: {online: %s}, within: 2s}\n"

static void setup(void)
{
    strcpy(dir, "/tmp/wattproof-golden-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(scenario_path, sizeof scenario_path, "%s/g.yaml", dir);
    snprintf(golden_path, sizeof golden_path, "%s/g.golden", dir);
}

static void teardown(void)
{
    char command[200];

    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

/* Plays the scenario; the verdict, and what is told of it in `said`. */
static enum verdict play_it(const char *golden, const char *online, uint64_t seed, bool update)
{
    char text[1000], why[1000];
    struct wp_writer w = wp_writer(why, sizeof why);
    struct scenario_list list = {0};
    struct scenario_result result;
    enum verdict v;

    snprintf(text, sizeof text, SCENARIO, golden, online);
    ck_assert_msg(scenario_load_text(scenario_path, wp_text(text), &list, &w), "%s", wp_put_end(&w));
    play(&(struct play_setup){.scenario = list.at[0], .keep = KEEP_MESSAGES, .seed = seed, .update = update},
         &result);
    v = verdict_worst(result.verdict, result_verdict(&result, false));
    said[0] = 0;
    if (result.because)
        snprintf(said, sizeof said, "%s", result.because);
    for (const struct finding *f = result.findings; f; f = f->next)
        if (strcmp(f->kind, "golden") == 0)
            snprintf(said, sizeof said, "%s", f->text);
    result_free(&result);
    scenario_list_free(&list);
    return v;
}

static const char *golden_text(void)
{
    static char text[65536];
    FILE *in = fopen(golden_path, "r");

    ck_assert_ptr_nonnull(in);
    text[fread(text, 1, sizeof text - 1, in)] = 0;
    fclose(in);
    return text;
}

static void change(const char *from, const char *to)
{
    char text[65536], *at;
    FILE *out;

    strcpy(text, golden_text());
    at = strstr(text, from);
    ck_assert_ptr_nonnull(at);
    ck_assert_uint_eq(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    out = fopen(golden_path, "w");
    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    fclose(out);
}

START_TEST(what_was_written_is_the_same_the_next_time)
{
    ck_assert_int_eq(play_it("g.golden", "true", 1, true), VERDICT_PASS);
    ck_assert_str_eq(said, "written anew");
    ck_assert_int_eq(play_it("g.golden", "true", 1, false), VERDICT_PASS);
    ck_assert_str_eq(said, "the same line for line");
    ck_assert_int_eq(strncmp(golden_text(), "# wattproof play 1\n# seed 1\n[     0.00", 38), 0);
    ck_assert_ptr_null(strstr(golden_text(), " frame "));
}
END_TEST

START_TEST(frames_are_part_of_it_when_asked_for)
{
    ck_assert_int_eq(play_it("{file: g.golden, frames: true}", "true", 1, true), VERDICT_PASS);
    ck_assert_ptr_nonnull(strstr(golden_text(), " frame m1 > gateway ivy "));
    ck_assert_int_eq(strncmp(golden_text(), "# wattproof play 1, ivy 2\n", 26), 0);
    ck_assert_int_eq(play_it("{file: g.golden, frames: true}", "true", 1, false), VERDICT_PASS);
    ck_assert_int_eq(play_it("g.golden", "true", 1, false), VERDICT_FAIL);
}
END_TEST

START_TEST(the_first_difference_is_told_with_its_line)
{
    ck_assert_int_eq(play_it("g.golden", "true", 1, true), VERDICT_PASS);
    change("\"online\":true", "\"online\":fall");
    ck_assert_int_eq(play_it("g.golden", "true", 1, false), VERDICT_FAIL);
    ck_assert_ptr_nonnull(strstr(said, "/g.golden:4: expected '"));
    ck_assert_ptr_nonnull(strstr(said, "got '"));
}
END_TEST

START_TEST(another_print_version_is_refused)
{
    ck_assert_int_eq(play_it("g.golden", "true", 1, true), VERDICT_PASS);
    change("play 1", "play 9");
    ck_assert_int_eq(play_it("g.golden", "true", 1, false), VERDICT_ERROR);
    ck_assert_ptr_nonnull(strstr(
        said, ":1: written with print version 9 of play, and this program has 1; --update writes it anew"));
    ck_assert_int_eq(play_it("g.golden", "true", 1, true), VERDICT_PASS);
}
END_TEST

START_TEST(a_missing_one_is_named_with_what_to_do)
{
    ck_assert_int_eq(play_it("g.golden", "true", 1, false), VERDICT_ERROR);
    ck_assert_ptr_nonnull(strstr(said, "/g.golden: there is no such golden yet; --update writes it"));
}
END_TEST

/* The seed is part of it: who plays with another one is told so first. */
START_TEST(another_seed_is_another_play)
{
    ck_assert_int_eq(play_it("g.golden", "true", 1, true), VERDICT_PASS);
    ck_assert_int_eq(play_it("g.golden", "true", 2, false), VERDICT_FAIL);
    ck_assert_ptr_nonnull(strstr(said, ":2: expected '# seed 1', got '# seed 2'"));
}
END_TEST

/* A play that failed is no example for the next one. */
START_TEST(a_failed_play_writes_nothing)
{
    ck_assert_int_eq(play_it("g.golden", "never", 1, true), VERDICT_FAIL);
    ck_assert_int_ne(access(golden_path, F_OK), 0);
}
END_TEST

START_TEST(a_golden_needs_one_play_in_the_virtual_world)
{
    static const struct {
        const char *more, *why;
    } row[] = {
        {"worlds: [live]\nbecause: it is\n",
         "a golden is compared in the virtual world, which this scenario excludes"},
        {"sweep: {name: i, values: [1, 2]}\n", "a sweep has many plays, and one golden cannot be all of them"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char text[1000], why[1000];
        struct wp_writer w = wp_writer(why, sizeof why);
        struct scenario_list list = {0};

        snprintf(text, sizeof text, SCENARIO "%s", "g.golden", "true", row[i].more);
        ck_assert(!scenario_load_text(scenario_path, wp_text(text), &list, &w));
        ck_assert_msg(strstr(wp_put_end(&w), row[i].why), "%s", why);
        scenario_list_free(&list);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("play_golden");
    TCase *t = tcase_create("play_golden");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_was_written_is_the_same_the_next_time);
    tcase_add_test(t, frames_are_part_of_it_when_asked_for);
    tcase_add_test(t, the_first_difference_is_told_with_its_line);
    tcase_add_test(t, another_print_version_is_refused);
    tcase_add_test(t, a_missing_one_is_named_with_what_to_do);
    tcase_add_test(t, another_seed_is_another_play);
    tcase_add_test(t, a_failed_play_writes_nothing);
    tcase_add_test(t, a_golden_needs_one_play_in_the_virtual_world);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
