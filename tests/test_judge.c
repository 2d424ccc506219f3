/* Expectations and monitors, decided over hand-made records: each rule as a small story.
 * covers: judge judge_decide judge_blame pattern pattern_misfit verdict record_text */
#include "harness/home.h"
#include "harness/judge.h"
#include "sim/catalog.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct arena arena;
static struct wp_transcript transcript;
static struct scenario_result result;
static struct judge judge;

static void setup(void)
{
    transcript = (struct wp_transcript){0};
    result_init(&result, "story", "story.yaml", "virtual");
    judge_init(&judge, &transcript, &result, NULL, NULL, 1705320000000000);
    wp_transcript_add(&transcript, &judge.sink);
}

static void teardown(void)
{
    judge_free(&judge);
    result_free(&result);
    arena_free(&arena);
}

static struct check *arm(enum check_kind kind, const char *yaml, wp_us since)
{
    char text[400];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct node *n = yaml_read(&arena, "story.yaml", wp_text(yaml), &why);

    ck_assert_msg(n != NULL, "%s", wp_put_end(&why));
    return judge_arm(&judge, kind, "story.yaml", n, 1, since);
}

static void publish(wp_us at, const char *topic, const char *payload)
{
    struct wp_record r = {
        .kind = WP_REC_PUBLISH,
        .at = at,
        .machine = "gateway",
        .message = {.topic = wp_text(topic), .payload = wp_text(payload), .qos = 1},
    };

    wp_transcript_write(&transcript, &r);
}

static const char *last_text(void)
{
    const struct finding *f = result.findings;

    while (f && f->next)
        f = f->next;
    return f ? f->text : "";
}

static enum verdict last_verdict(void)
{
    const struct finding *f = result.findings;

    while (f && f->next)
        f = f->next;
    return f ? f->verdict : VERDICT_NONE;
}

START_TEST(an_expectation_is_met_by_the_first_record_that_fits)
{
    struct check *c = arm(CHECK_EXPECT, "{topic: a/+, payload: {x: 1}, proves: IVY-001}", 0);

    publish(10, "a/b", "{\"x\":2}");
    ck_assert_int_eq(c->state, CHECK_ARMED);
    publish(20, "a/b", "{\"x\":1.0,\"y\":0}");
    ck_assert_int_eq(c->state, CHECK_DONE);
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
    ck_assert_str_eq(result.findings->statements[0], "IVY-001");
}
END_TEST

START_TEST(a_missed_expectation_says_what_came_instead)
{
    arm(CHECK_EXPECT, "{topic: a/b, payload: {data: {value: 12345.67}}, within: 2s}", 0);
    publish(10, "a/b", "{\"data\":{\"value\":12345.6}}");
    judge_advance(&judge, WP_SEC(2));
    ck_assert_int_eq(last_verdict(), VERDICT_FAIL);
    ck_assert_str_eq(last_text(),
                     "topic a/b {\"data\":{\"value\":12345.67}} fits 0 records by 2s, expected 1 or more; "
                     "nearest: data.value: expected 12345.67, came 12345.6");
    ck_assert(judge.failed);
}
END_TEST

START_TEST(a_failure_holds_the_pattern_and_the_nearest_record_as_json)
{
    const struct finding *f;

    arm(CHECK_EXPECT, "{topic: a/b, payload: {value: 105.0}, within: 2s}", 0);
    publish(10, "a/b", "{\"value\":104.90}");
    publish(20, "a/c", "{\"value\":105.0}");
    judge_advance(&judge, WP_SEC(2));
    f = result.findings;
    ck_assert_str_eq(f->expected, "{\"topic\":\"a/b\",\"payload\":{\"value\":105.0},\"within\":\"2s\"}");
    ck_assert_str_eq(f->got, "{\"seq\":1,\"at_us\":10,\"record\":\"publish\",\"machine\":\"gateway\","
                             "\"topic\":\"a/b\",\"qos\":1,\"retain\":false,"
                             "\"payload\":\"{\\\"value\\\":104.90}\"}");
    ck_assert_uint_eq(f->record, 1);
}
END_TEST

START_TEST(a_pass_names_the_record_that_it_saw)
{
    arm(CHECK_EXPECT, "{topic: a}", 0);
    publish(10, "b", "{}");
    publish(20, "a", "{}");
    ck_assert_uint_eq(result.findings->record, 2);
    ck_assert_ptr_null(result.findings->expected);
    ck_assert_ptr_null(result.findings->got);
}
END_TEST

/* A megabyte that must not come is named by its number; nobody wants it twice. */
START_TEST(a_very_large_record_is_only_named)
{
    char *large = malloc(JUDGE_RECORD_MAX + 1);

    memset(large, 'x', JUDGE_RECORD_MAX);
    large[JUDGE_RECORD_MAX] = 0;
    arm(CHECK_NONE, "{topic: a, within: 1s}", 0);
    publish(10, "a", large);
    free(large);
    ck_assert_int_eq(last_verdict(), VERDICT_FAIL);
    ck_assert_uint_eq(result.findings->record, 1);
    ck_assert_ptr_null(result.findings->got);
}
END_TEST

START_TEST(one_too_many_fails_until_the_window_is_over)
{
    struct check *c = arm(CHECK_EXPECT, "{topic: a, count: 1, within: 1s}", 0);

    publish(10, "a", "{}");
    ck_assert_int_eq(c->state, CHECK_MET);
    publish(WP_MS(900), "a", "{}");
    ck_assert_int_eq(last_verdict(), VERDICT_FAIL);
}
END_TEST

START_TEST(exactly_one_passes_when_the_window_is_over)
{
    arm(CHECK_EXPECT, "{topic: a, count: 1, within: 1s}", 0);
    publish(10, "a", "{}");
    judge_advance(&judge, WP_SEC(1));
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
}
END_TEST

START_TEST(none_looks_back_to_the_stimulus_and_forward_from_where_it_stands)
{
    struct check *c = arm(CHECK_NONE, "{topic: a, within: 1s}", 0);

    judge_reach(&judge, c, WP_SEC(5));
    judge_advance(&judge, WP_MS(5999));
    ck_assert_int_eq(c->state, CHECK_ARMED);
    publish(WP_MS(5999), "a", "{}");
    ck_assert_int_eq(last_verdict(), VERDICT_FAIL);
}
END_TEST

START_TEST(order_matters_only_when_it_is_strict)
{
    arm(CHECK_EXPECT, "{topic: first}", 0);
    arm(CHECK_EXPECT, "{topic: second}", 0);
    publish(1, "second", "{}");
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
    arm(CHECK_EXPECT, "{topic: third, order: strict}", 0);
    arm(CHECK_EXPECT, "{topic: fourth, order: strict}", 0);
    publish(2, "fourth", "{}");
    ck_assert_int_eq(last_verdict(), VERDICT_PASS); /* whether third comes at all is not known yet */
    publish(3, "third", "{}");
    ck_assert_int_eq(last_verdict(), VERDICT_FAIL);
    ck_assert_ptr_nonnull(strstr(last_text(), "before the expectation above"));
}
END_TEST

/* ---- which of several statements has failed -------------------------------------------------------------- */

static const char *blamed(void)
{
    static char text[200];
    const struct finding *f = result.findings;
    size_t n = 0;

    while (f && f->next)
        f = f->next;
    text[0] = 0;
    for (size_t i = 0; f && i < f->n_statements; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i ? " " : "", f->statements[i]);
    return text;
}

/* IVY-033 is about value, IVY-034 about unit, IVY-022 about whether and when a message comes, IVY-B19 about no part. */
static const char proves_all[] = "{topic: t, payload: {meterId: a, value: 1, unit: V}, within: 1s, proves: "
                                 "[IVY-033, IVY-034, IVY-022, IVY-B19]}";

static void knows_the_catalogue(void)
{
    static char text[1000];
    struct wp_writer why = wp_writer(text, sizeof text);

    judge.contracts = contracts_load(home_dir(), &why);
    ck_assert_msg(judge.contracts != NULL, "%s", wp_put_end(&why));
}

static void forgets_the_catalogue(void)
{
    contracts_free((struct contract_set *)(uintptr_t)judge.contracts);
    judge.contracts = NULL;
}

static void after(const char *payload, const char *statements)
{
    arm(CHECK_EXPECT, proves_all, 0);
    if (payload)
        publish(1, "t", payload);
    judge_advance(&judge, WP_SEC(1));
    ck_assert_int_eq(last_verdict(), VERDICT_FAIL);
    ck_assert_str_eq(blamed(), statements);
}

START_TEST(the_statements_about_what_differs_have_failed)
{
    knows_the_catalogue();
    after("{\"meterId\":\"a\",\"value\":1,\"unit\":\"A\"}", "IVY-034");
    after("{\"meterId\":\"a\",\"value\":\"1\",\"unit\":\"V\"}", "IVY-033");
    after("{\"meterId\":\"b\",\"value\":1,\"unit\":\"V\"}", "IVY-B19"); /* nobody else is about meterId */
    after("{\"meterId\":\"b\",\"value\":2,\"unit\":\"V\"}", "IVY-022"); /* quite another message */
    after(NULL, "IVY-022");
    after("no JSON", ""); /* the contract's */
    forgets_the_catalogue();
}
END_TEST

/* OCT-138 is about the text of a result, OCT-136 about whether one comes on its topic. */
START_TEST(a_text_that_differs_is_told_and_blamed)
{
    static const char pattern[] = "{topic: t, text: OK, within: 1s, proves: [OCT-138, OCT-136]}";

    knows_the_catalogue();
    arm(CHECK_EXPECT, pattern, 0);
    publish(1, "t", "ok");
    judge_advance(&judge, WP_SEC(1));
    ck_assert_str_eq(blamed(), "OCT-138");
    ck_assert_ptr_nonnull(strstr(last_text(), "expected the text OK, came ok"));
    arm(CHECK_EXPECT, pattern, WP_SEC(1));
    publish(WP_SEC(1) + 1, "t", "OK");
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
    forgets_the_catalogue();
}
END_TEST

START_TEST(an_entry_may_say_what_it_is_about)
{
    knows_the_catalogue();
    arm(CHECK_EXPECT, "{topic: t, payload: {value: 1}, within: 1s, proves: ['IVY-033 @order', IVY-034]}", 0);
    publish(1, "t", "{\"value\":2}");
    judge_advance(&judge, WP_SEC(1));
    ck_assert_str_eq(blamed(), "");
    arm(CHECK_EXPECT, "{topic: u}", WP_SEC(1));
    arm(CHECK_EXPECT, "{topic: v, order: strict, proves: ['IVY-033 @order', IVY-034]}", WP_SEC(1));
    publish(WP_SEC(1) + 1, "v", "{}");
    publish(WP_SEC(1) + 2, "u", "{}");
    ck_assert_int_eq(last_verdict(), VERDICT_FAIL);
    ck_assert_str_eq(blamed(), "IVY-033");
    forgets_the_catalogue();
}
END_TEST

START_TEST(the_nearest_message_is_told_not_the_last)
{
    arm(CHECK_EXPECT, "{topic: t, payload: {a: 1, b: 2, c: 3}, within: 1s}", 0);
    publish(1, "t", "{\"a\":1,\"b\":2,\"c\":9}");
    publish(2, "t", "{\"a\":7,\"b\":8,\"c\":9}");
    judge_advance(&judge, WP_SEC(1));
    ck_assert_ptr_nonnull(strstr(last_text(), "nearest: c: expected 3, came 9"));
}
END_TEST

START_TEST(too_early_is_wrong_too)
{
    arm(CHECK_EXPECT, "{topic: a, after: 10s, within: 11s}", WP_SEC(1));
    publish(WP_SEC(10), "a", "{}");
    ck_assert_int_eq(last_verdict(), VERDICT_FAIL);
}
END_TEST

START_TEST(a_level_of_the_topic_is_found_again_in_the_payload)
{
    struct check *c = arm(CHECK_EXPECT, "{topic: \"m/{id}/status\", payload: {meterId: \"{id}\"}}", 0);

    publish(1, "m/000000000001/status", "{\"meterId\":\"000000000002\"}");
    ck_assert_int_eq(c->state, CHECK_ARMED);
    publish(2, "m/000000000001/status", "{\"meterId\":\"000000000001\"}");
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
}
END_TEST

START_TEST(members_are_held_against_ranges_patterns_absence_and_the_clock)
{
    static const char good[] =
        "{\"v\":230.4,\"t\":1705320001500,\"s\":\"Meter error: x\",\"l\":[{\"u\":\"V\"}]}";

    arm(CHECK_EXPECT,
        "{topic: a, approx: {v: [230, 0.5]}, between: {v: [230, 231]}, matches: {s: \"^Meter error: \"},"
        " absent: [w, \"l[1]\"], near_now: [t], payload: {l: [{u: V}]}}",
        0);
    publish(WP_SEC(1), "a", good);
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
    arm(CHECK_EXPECT, "{topic: a, near_now: [t]}", WP_SEC(10));
    publish(WP_SEC(10), "a", good);
    judge_advance(&judge, WP_SEC(12));
    ck_assert_ptr_nonnull(strstr(last_text(), "t: is off by -8500ms"));
}
END_TEST

START_TEST(a_time_may_be_in_seconds)
{
    arm(CHECK_EXPECT, "{topic: a, near_now: [t]}", 0);
    publish(WP_SEC(1), "a", "{\"t\":1705320001}");
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
    arm(CHECK_EXPECT, "{topic: a, near_now: [t]}", WP_SEC(10));
    publish(WP_SEC(10), "a", "{\"t\":1705320001}");
    judge_advance(&judge, WP_SEC(12));
    ck_assert_ptr_nonnull(strstr(last_text(), "t: is off by -9s"));
}
END_TEST

static void meter_says(const uint8_t *wire, size_t n, wp_us at)
{
    const struct wp_codec *codec = wp_codec_find("dlt645");
    void *frame = arena_get(&arena, codec->frame_size);

    ck_assert_int_eq(codec->decode(NULL, WP_SIDE_UNKNOWN, wp_slice(wire, n), frame).status, WP_OK);
    wp_transcript_write(&transcript, &(struct wp_record){.kind = WP_REC_FRAME,
                                                         .at = at,
                                                         .machine = "m1",
                                                         .peer = "gateway",
                                                         .frame = {.codec = codec, .frame = frame}});
}

/* A meter's answer to 04000101: Monday, 2024-01-15. */
static void meter_tells_its_date(wp_us at)
{
    static const uint8_t wire[] = {0x68, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x68, 0x91, 0x08,
                                   0x34, 0x34, 0x33, 0x37, 0x34, 0x48, 0x34, 0x57, 0x43, 0x16};

    meter_says(wire, sizeof wire, at);
}

static void meter_refuses(wp_us at)
{
    static const uint8_t wire[] = {0x68, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
                                   0x68, 0xD1, 0x01, 0x34, 0xD7, 0x16};

    meter_says(wire, sizeof wire, at);
}

START_TEST(the_nearest_frame_is_told_not_the_last)
{
    arm(CHECK_EXPECT, "{frame: dlt645, fields: {di: \"04000101\", length: 9}, within: 1s}", 0);
    meter_tells_its_date(1);
    meter_refuses(2);
    judge_advance(&judge, WP_SEC(1));
    ck_assert_ptr_nonnull(strstr(last_text(), "nearest: length: expected 9, came 8"));
}
END_TEST

START_TEST(fields_of_a_frame_are_held_against_values_and_expressions)
{
    arm(CHECK_EXPECT, "{frame: dlt645, fields: {di: \"04000101\"}, matches: {payload: \"^0[0-6]15\"}}", 0);
    meter_tells_its_date(WP_SEC(1));
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
    arm(CHECK_EXPECT, "{frame: dlt645, fields: {di: \"04000101\"}, matches: {payload: \"^0[2-6]15\"}}",
        WP_SEC(2));
    meter_tells_its_date(WP_SEC(2));
    judge_advance(&judge, WP_SEC(4));
    ck_assert_ptr_nonnull(strstr(last_text(), "payload: expected \"^0[2-6]15\", came 01150124"));
    arm(CHECK_EXPECT, "{frame: dlt645, matches: {serial: \".\"}}", WP_SEC(5));
    meter_tells_its_date(WP_SEC(5));
    judge_advance(&judge, WP_SEC(7));
    ck_assert_ptr_nonnull(strstr(last_text(), "serial: missing, expected \".\""));
}
END_TEST

START_TEST(never_without_its_control_is_inconclusive)
{
    arm(CHECK_NEVER, "{topic: bad, control: {topic: good}}", 0);
    judge_finish(&judge, WP_SEC(1));
    ck_assert_int_eq(last_verdict(), VERDICT_INCONC);
}
END_TEST

START_TEST(never_passes_with_its_control_and_fails_on_sight)
{
    arm(CHECK_NEVER, "{topic: bad, control: {topic: good}}", 0);
    publish(1, "good", "{}");
    publish(2, "bad", "{}");
    ck_assert_int_eq(last_verdict(), VERDICT_FAIL);
    ck_assert(!judge.failed); /* a monitor does not end the steps */
    arm(CHECK_NEVER, "{topic: worse, control: {topic: good}}", 0);
    publish(3, "good", "{}");
    judge_finish(&judge, WP_SEC(1));
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
}
END_TEST

START_TEST(every_measures_the_gaps)
{
    arm(CHECK_EVERY, "{topic: a, period: 60s, tolerance: 1s}", 0);
    publish(WP_SEC(5), "a", "{}");
    publish(WP_SEC(65), "a", "{}");
    publish(WP_MS(124500), "a", "{}");
    judge_finish(&judge, WP_SEC(130));
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
    teardown();
    setup();
    arm(CHECK_EVERY, "{topic: a, period: 60s, tolerance: 1s}", 0);
    publish(WP_SEC(5), "a", "{}");
    publish(WP_SEC(67), "a", "{}");
    ck_assert_int_eq(last_verdict(), VERDICT_FAIL);
}
END_TEST

START_TEST(a_late_harness_is_nobodys_failure)
{
    judge.slack = WP_MS(200);
    arm(CHECK_EXPECT, "{topic: a, within: 1s}", 0);
    judge.lateness = WP_MS(310);
    judge_advance(&judge, WP_MS(1500));
    ck_assert_int_eq(last_verdict(), VERDICT_INCONC);
    ck_assert_str_eq(last_text(), "harness late by 310ms");
}
END_TEST

START_TEST(bound_members_fill_later_patterns)
{
    arm(CHECK_BIND, "{topic: a, as: {id: \"list[1]\"}}", 0);
    publish(1, "a", "{\"list\":[\"x\",\"y\"]}");
    arm(CHECK_EXPECT, "{topic: \"b/${id}\"}", 1);
    publish(2, "b/y", "{}");
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
}
END_TEST

START_TEST(bound_levels_of_a_topic_fill_later_patterns)
{
    arm(CHECK_BIND,
        "{topic: \"N/{type}/{id}/Id\", as: {type: \"{type}\", id: \"{id}\", value: value, none: \"{no}\"}}",
        0);
    publish(1, "N/grid/30/Id", "{\"value\":7}");
    arm(CHECK_EXPECT, "{topic: \"R/${type}/${id}/${value}/x${none}\"}", 1);
    publish(2, "R/grid/30/7/x", "");
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
}
END_TEST

/* ---- what is somebody else's ------------------------------------------------------------------------ */

/* As an observer tells it: nobody knows whether it is retained. */
static void observe(wp_us at, const char *topic, const char *payload)
{
    struct wp_record r = {
        .kind = WP_REC_PUBLISH,
        .at = at,
        .machine = "gateway",
        .message = {.topic = wp_text(topic),
                    .payload = wp_text(payload),
                    .qos = 1,
                    .unseen = WP_UNSEEN_RETAIN},
    };

    wp_transcript_write(&transcript, &r);
}

static void tell_retained(const char *topic, const char *payload, bool retain)
{
    const struct wp_record r = {
        .kind = WP_REC_PUBLISH,
        .machine = "gateway",
        .message = {.topic = wp_text(topic), .payload = wp_text(payload), .qos = 1, .retain = retain},
    };

    judge_see_retain(&judge, &r);
}

START_TEST(retain_is_decided_when_it_is_told)
{
    arm(CHECK_EXPECT, "{topic: a, retain: true}", 0);
    observe(1, "a", "{}");
    ck_assert_int_eq(last_verdict(), VERDICT_INCONC);
    ck_assert_str_eq(last_text(), "not visible from here");
    ck_assert(!judge.failed);
    tell_retained("b", "{}", false);
    ck_assert_int_eq(last_verdict(), VERDICT_INCONC);
    tell_retained("a", "{}", true);
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
    arm(CHECK_EXPECT, "{topic: c, retain: true}", 0);
    observe(2, "c", "{}");
    tell_retained("c", "{}", false);
    ck_assert_int_eq(last_verdict(), VERDICT_FAIL);
    ck_assert_str_eq(last_text(), "retain: came false (told by a second subscription)");
}
END_TEST

START_TEST(a_monitor_of_retain_waits_for_it_too)
{
    arm(CHECK_ALWAYS, "{topic: a, retain: false}", 0);
    observe(1, "a", "{}");
    tell_retained("a", "{}", false);
    judge_finish(&judge, WP_SEC(1));
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
}
END_TEST

START_TEST(what_happens_inside_a_foreign_gateway_is_not_visible)
{
    judge.is_foreign = true;
    judge.sut = "gateway";
    arm(CHECK_EXPECT, "{note: rate-limited, within: 1s}", 0);
    judge_advance(&judge, WP_SEC(1));
    ck_assert_int_eq(last_verdict(), VERDICT_INCONC);
    arm(CHECK_EXPECT, "{note: echo, from: m1, within: 1s}", 0); /* of a device of ours */
    judge_advance(&judge, WP_SEC(2));
    ck_assert_int_eq(last_verdict(), VERDICT_FAIL);
}
END_TEST

/* ---- from the beginning to the end ------------------------------------------------------------------ */

START_TEST(what_is_armed_first_counts_from_the_beginning)
{
    struct check *c = arm(CHECK_EXPECT, "{topic: a, after: 100ms, within: 1s}", WP_MS(230));

    judge_begin(&judge, WP_MS(300)); /* before, the clock was not the world's yet */
    ck_assert_int_eq(c->since, WP_MS(300));
    ck_assert_int_eq(c->until, WP_MS(1300));
    publish(WP_MS(410), "a", "{}");
    ck_assert_int_eq(last_verdict(), VERDICT_PASS);
}
END_TEST

START_TEST(goodbyes_decide_nothing)
{
    arm(CHECK_EXPECT, "{topic: a, count: 1, within: 5s}", 0);
    publish(1, "a", "{}");
    judge.failed = true; /* by another check: nothing is waited for any more */
    judge_finish(&judge, 2);
    publish(3, "a", "{}");
    ck_assert_ptr_null(result.findings);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("judge");
    TCase *t = tcase_create("judge");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, an_expectation_is_met_by_the_first_record_that_fits);
    tcase_add_test(t, a_missed_expectation_says_what_came_instead);
    tcase_add_test(t, a_failure_holds_the_pattern_and_the_nearest_record_as_json);
    tcase_add_test(t, a_pass_names_the_record_that_it_saw);
    tcase_add_test(t, a_very_large_record_is_only_named);
    tcase_add_test(t, one_too_many_fails_until_the_window_is_over);
    tcase_add_test(t, exactly_one_passes_when_the_window_is_over);
    tcase_add_test(t, none_looks_back_to_the_stimulus_and_forward_from_where_it_stands);
    tcase_add_test(t, order_matters_only_when_it_is_strict);
    tcase_add_test(t, the_statements_about_what_differs_have_failed);
    tcase_add_test(t, a_text_that_differs_is_told_and_blamed);
    tcase_add_test(t, an_entry_may_say_what_it_is_about);
    tcase_add_test(t, the_nearest_message_is_told_not_the_last);
    tcase_add_test(t, the_nearest_frame_is_told_not_the_last);
    tcase_add_test(t, too_early_is_wrong_too);
    tcase_add_test(t, a_level_of_the_topic_is_found_again_in_the_payload);
    tcase_add_test(t, members_are_held_against_ranges_patterns_absence_and_the_clock);
    tcase_add_test(t, a_time_may_be_in_seconds);
    tcase_add_test(t, fields_of_a_frame_are_held_against_values_and_expressions);
    tcase_add_test(t, never_without_its_control_is_inconclusive);
    tcase_add_test(t, never_passes_with_its_control_and_fails_on_sight);
    tcase_add_test(t, every_measures_the_gaps);
    tcase_add_test(t, a_late_harness_is_nobodys_failure);
    tcase_add_test(t, bound_members_fill_later_patterns);
    tcase_add_test(t, bound_levels_of_a_topic_fill_later_patterns);
    tcase_add_test(t, retain_is_decided_when_it_is_told);
    tcase_add_test(t, a_monitor_of_retain_waits_for_it_too);
    tcase_add_test(t, what_happens_inside_a_foreign_gateway_is_not_visible);
    tcase_add_test(t, what_is_armed_first_counts_from_the_beginning);
    tcase_add_test(t, goodbyes_decide_nothing);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
