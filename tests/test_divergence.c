/* Where two transcripts part: what counts as a difference and what does not, and how it is told.
 * covers: gist */
#include "harness/divergence.h"
#include "harness/gist.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define VIRTUAL "{\"transcript\":1,\"world\":\"virtual\",\"epoch_us\":1705320000000000}\n"
#define LIVE    "{\"transcript\":1,\"world\":\"live\",\"epoch_us\":1705320000000000}\n"

static char dir[] = "/tmp/wattproof-test-XXXXXX";
static struct arena arena;
static struct divergence d;
static char why_text[600];
static bool from_outside;

static void setup(void)
{
    from_outside = false;
    strcpy(dir, "/tmp/wattproof-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
    unlink(arena_print(&arena, "%s/a", dir));
    unlink(arena_print(&arena, "%s/b", dir));
    rmdir(dir);
    arena_free(&arena);
}

static const char *write_text(const char *name, const char *text)
{
    const char *path = arena_print(&arena, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    return path;
}

static enum divergence_end compare(const char *a, const char *b)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    enum divergence_end end =
        divergence_find(&arena, write_text("a", a), write_text("b", b), from_outside, &d, &why);

    wp_put_end(&why);
    return end;
}

/* A publish at that time with that payload, which is written as it stands in a transcript. */
static const char *publish(int64_t at_us, const char *payload)
{
    return arena_print(
        &arena,
        "{\"seq\":7,\"at_us\":%lld,\"record\":\"publish\",\"machine\":\"gateway\",\"peer\":"
        "\"broker\",\"port\":1,\"topic\":\"t/a\",\"qos\":1,\"retain\":false,\"payload\":\"%s\"}\n",
        (long long)at_us, payload);
}

static const char *with(const char *header, const char *one, const char *two)
{
    return arena_print(&arena, "%s%s%s", header, one, two);
}

static enum divergence_end compare_payloads(const char *a, const char *b)
{
    return compare(with(VIRTUAL, publish(1000, a), ""), with(VIRTUAL, publish(2000, b), ""));
}

/* ---- what does not count ---------------------------------------------------------------------------- */

START_TEST(times_numbers_and_ports_do_not_count)
{
    ck_assert_int_eq(
        compare(
            VIRTUAL "{\"seq\":1,\"at_us\":1,\"record\":\"close\",\"machine\":\"m\",\"port\":3,\"code\":0}\n",
            VIRTUAL "{\"seq\":9,\"at_us\":7,\"record\":\"close\",\"machine\":\"m\",\"port\":4,\"code\":0}\n"),
        DIVERGENCE_NONE);
    ck_assert_int_eq(
        compare(VIRTUAL "{\"at_us\":1,\"record\":\"open\",\"machine\":\"m\",\"own\":\"127.0.2.1:43859\"}\n",
                VIRTUAL "{\"at_us\":1,\"record\":\"open\",\"machine\":\"m\",\"own\":\"127.0.2.1:50001\"}\n"),
        DIVERGENCE_NONE);
    ck_assert_int_eq(
        compare(VIRTUAL "{\"at_us\":1,\"record\":\"open\",\"machine\":\"m\",\"own\":\"127.0.2.1:8899\"}\n",
                VIRTUAL "{\"at_us\":1,\"record\":\"open\",\"machine\":\"m\",\"own\":\"127.0.2.1:8898\"}\n"),
        DIVERGENCE_FOUND);
}
END_TEST

START_TEST(how_json_is_written_does_not_count)
{
    ck_assert_int_eq(compare_payloads("{\\\"a\\\":1,\\\"b\\\":[2,\\\"x\\\"]}",
                                      "{ \\\"b\\\": [2.0, \\\"\\\\u0078\\\"], \\\"a\\\": 1e0 }"),
                     DIVERGENCE_NONE);
    ck_assert_int_eq(compare_payloads("[1,2]", "[2,1]"), DIVERGENCE_FOUND);
    ck_assert_int_eq(compare_payloads("{\\\"a\\\":null}", "{}"), DIVERGENCE_FOUND);
    ck_assert_int_eq(compare_payloads("\\\"1\\\"", "1"), DIVERGENCE_FOUND);
}
END_TEST

START_TEST(moments_of_the_record_do_not_count)
{
    ck_assert_int_eq(
        compare_payloads("{\\\"timestamp\\\":1705320000001}", "{\\\"timestamp\\\":1705320000002}"),
        DIVERGENCE_NONE);
    ck_assert_int_eq(compare_payloads("{\\\"uptime\\\":1}", "{\\\"uptime\\\":2}"), DIVERGENCE_NONE);
}
END_TEST

/* A clock in seconds, one that is wrong, an uptime of another play: they are differences. */
START_TEST(a_moment_of_another_kind_counts)
{
    ck_assert_int_eq(compare_payloads("{\\\"timestamp\\\":1705320000001}", "{\\\"timestamp\\\":1705320000}"),
                     DIVERGENCE_FOUND);
    ck_assert_str_eq(d.where, "payload.timestamp: 1705320000001 and 1705320000");
    ck_assert_int_eq(
        compare_payloads("{\\\"timestamp\\\":1705320000001}", "{\\\"timestamp\\\":1705323600001}"),
        DIVERGENCE_FOUND);
    ck_assert_int_eq(compare_payloads("{\\\"uptime\\\":1}", "{\\\"uptime\\\":90000}"), DIVERGENCE_FOUND);
}
END_TEST

/* The clock of a live run is not in its header: two runs on different days are the same. */
START_TEST(live_clocks_are_learnt)
{
    const char *a = with(LIVE, publish(1000, "{\\\"timestamp\\\":1795280442480}"),
                         publish(2000000, "{\\\"timestamp\\\":1795280444480}")),
               *b = with(LIVE, publish(1500, "{\\\"timestamp\\\":1795999999480}"),
                         publish(2100000, "{\\\"timestamp\\\":1796000001580}")),
               *late = with(LIVE, publish(1500, "{\\\"timestamp\\\":1795999999480}"),
                            publish(2100000, "{\\\"timestamp\\\":1795999000000}"));

    ck_assert_int_eq(compare(a, b), DIVERGENCE_NONE);
    ck_assert_int_eq(compare(a, late), DIVERGENCE_FOUND);
}
END_TEST

START_TEST(the_judges_words_and_the_brokers_own_are_no_events)
{
    ck_assert_int_eq(compare(VIRTUAL
                             "{\"at_us\":1,\"record\":\"check\",\"machine\":\"judge\",\"what\":\"fail\"}\n",
                             VIRTUAL),
                     DIVERGENCE_NONE);
    ck_assert_int_eq(compare(VIRTUAL
                             "{\"at_us\":1,\"record\":\"deliver\",\"machine\":\"g\",\"topic\":\"$SYS/x\"}\n",
                             VIRTUAL),
                     DIVERGENCE_NONE);
}
END_TEST

START_TEST(unrelated_records_may_change_places)
{
    static const char one[] = "{\"at_us\":1,\"record\":\"presence\",\"machine\":\"g\",\"device\":\"1\"}\n",
                      two[] = "{\"at_us\":2,\"record\":\"presence\",\"machine\":\"g\",\"device\":\"2\"}\n";

    ck_assert_int_eq(compare(with(VIRTUAL, one, two), with(VIRTUAL, two, one)), DIVERGENCE_NONE);
}
END_TEST

/* ---- what does, and how it is told ------------------------------------------------------------------ */

START_TEST(the_first_difference_is_told_with_what_came_before)
{
    const char *head = arena_print(&arena, "%s%s%s%s%s", VIRTUAL, publish(1, "1"), publish(2, "2"),
                                   publish(3, "3"), publish(4, "4")),
               *a = with(head, publish(50000, "{\\\"data\\\":{\\\"value\\\":230.1}}"), publish(60000, "9")),
               *b = with(head, publish(50000, "{\\\"data\\\":{\\\"value\\\":230.2}}"), publish(60000, "8"));

    ck_assert_int_eq(compare(a, b), DIVERGENCE_FOUND);
    ck_assert_str_eq(d.a,
                     "0.050 s publish gateway > broker t/a qos=1 retain=false {\"data\":{\"value\":230.1}}");
    ck_assert_str_eq(d.b,
                     "0.050 s publish gateway > broker t/a qos=1 retain=false {\"data\":{\"value\":230.2}}");
    ck_assert_str_eq(d.where, "payload.data.value: 230.1 and 230.2");
    ck_assert_uint_eq(d.a_line, 6);
    ck_assert_uint_eq(d.n_context, 3);
    ck_assert_str_eq(d.context[0], "0.000 s publish gateway > broker t/a qos=1 retain=false 2");
}
END_TEST

START_TEST(a_member_that_one_lacks_is_named)
{
    compare_payloads("{\\\"unit\\\":\\\"V\\\",\\\"v\\\":1}", "{\\\"v\\\":1}");
    ck_assert_str_eq(d.where, "payload.unit: \"V\" and none");
    compare_payloads("{\\\"v\\\":1}", "{\\\"unit\\\":\\\"V\\\",\\\"v\\\":1}");
    ck_assert_str_eq(d.where, "payload.unit: none and \"V\"");
    compare_payloads("{\\\"v\\\":1}", "no JSON");
    ck_assert_str_eq(d.where, "payload: \"{\\\"v\\\":1}\" and \"no JSON\"");
}
END_TEST

START_TEST(a_record_that_one_lacks_is_told)
{
    ck_assert_int_eq(
        compare(with(VIRTUAL, publish(1, "1"), ""), with(VIRTUAL, publish(1, "1"), publish(9, "1"))),
        DIVERGENCE_FOUND);
    ck_assert_ptr_null(d.a);
    ck_assert_ptr_nonnull(d.b);
    ck_assert_uint_eq(d.b_line, 3);
    ck_assert_uint_eq(d.n_context, 1);
}
END_TEST

/* Of several at one time the first on its page, whatever they are about. */
START_TEST(of_equal_times_the_first_line_is_told)
{
    const char *a = VIRTUAL, *b = VIRTUAL;

    for (char topic = 'a'; topic < 'm'; topic++) {
        static const char record[] =
            "%s{\"at_us\":5,\"record\":\"publish\",\"machine\":\"g\",\"topic\":\"%c\","
            "\"payload\":\"%d\"}\n";

        a = arena_print(&arena, record, a, topic, 1);
        b = arena_print(&arena, record, b, topic, 2);
    }
    ck_assert_int_eq(compare(a, b), DIVERGENCE_FOUND);
    ck_assert_uint_eq(d.a_line, 2);
    ck_assert_uint_eq(d.n_context, 0);
}
END_TEST

/* Of somebody else's gateway nobody sees the inside, but that a message does not come is seen. */
START_TEST(what_is_not_visible_from_outside_is_not_compared)
{
    static const char inside[] = "{\"at_us\":1,\"record\":\"reading\",\"machine\":\"g\",\"device\":\"1\"}\n";
    const char *own = with(VIRTUAL, inside, publish(5, "1")), *other = with(VIRTUAL, publish(5, "1"), "");

    ck_assert_int_eq(compare(own, other), DIVERGENCE_FOUND);
    from_outside = true;
    ck_assert_int_eq(compare(own, other), DIVERGENCE_NONE);
    ck_assert_int_eq(compare(other, own), DIVERGENCE_NONE);
    ck_assert_int_eq(compare(own, with(VIRTUAL, inside, "")), DIVERGENCE_FOUND);
    ck_assert_int_eq(compare(own, arena_print(&arena, "%s%s", own, inside)), DIVERGENCE_FOUND);
    own = arena_print(&arena, "%s{\"at_us\":6,\"record\":\"check\",\"machine\":\"judge\"}\n", own);
    ck_assert_int_eq(compare(own, arena_print(&arena, "%s%s", own, publish(7, "1"))), DIVERGENCE_NONE);
}
END_TEST

/* The same wire is the same frame, however it is printed. */
START_TEST(frames_are_their_bytes)
{
    static const char frame[] =
        "{\"at_us\":1,\"record\":\"frame\",\"machine\":\"m\",\"codec\":\"x\",\"line\":\"%s\","
        "\"wire\":\"%s\"}\n";
    char a[200], b[200];

    snprintf(a, sizeof a, frame, "v=1", "00FF");
    snprintf(b, sizeof b, frame, "v=one", "00FF");
    ck_assert_int_eq(compare(with(VIRTUAL, a, ""), with(VIRTUAL, b, "")), DIVERGENCE_NONE);
    snprintf(b, sizeof b, frame, "v=1", "00FE");
    ck_assert_int_eq(compare(with(VIRTUAL, a, ""), with(VIRTUAL, b, "")), DIVERGENCE_FOUND);
    ck_assert_str_eq(d.where, "wire: \"00FF\" and \"00FE\"");
}
END_TEST

START_TEST(long_records_are_cut_between_characters)
{
    char payload[2000] = "";

    for (int i = 0; i < 300; i++)
        strcat(payload, "\xC3\xA4");
    compare_payloads(payload, "x");
    ck_assert_uint_le(strlen(d.a), 403);
    ck_assert(wp_slice_is_utf8(wp_text(d.a)));
    ck_assert_str_eq(d.a + strlen(d.a) - 3, "...");
}
END_TEST

/* ---- files ------------------------------------------------------------------------------------------ */

START_TEST(what_is_no_transcript_is_said_with_its_line)
{
    ck_assert_int_eq(compare(VIRTUAL, "[]\n"), DIVERGENCE_UNREADABLE);
    ck_assert_ptr_nonnull(strstr(why_text, "/b:1: is no transcript of a play"));
    ck_assert_int_eq(compare(VIRTUAL, VIRTUAL "{\"at_us\":1,\"record\":\"publ"), DIVERGENCE_UNREADABLE);
    ck_assert_ptr_nonnull(strstr(why_text, "/b:2: is no record: was the play ended while it was written?"));
    ck_assert_int_eq(compare(VIRTUAL, ""), DIVERGENCE_UNREADABLE);
    ck_assert_int_eq(compare(VIRTUAL, VIRTUAL "{\"at_us\":-5,\"record\":\"x\"}\n"), DIVERGENCE_UNREADABLE);
    ck_assert_int_eq(compare(VIRTUAL, VIRTUAL "{\"at_us\":9223372036854775807,\"record\":\"x\"}\n"),
                     DIVERGENCE_UNREADABLE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("divergence");
    TCase *t = tcase_create("divergence");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, times_numbers_and_ports_do_not_count);
    tcase_add_test(t, how_json_is_written_does_not_count);
    tcase_add_test(t, moments_of_the_record_do_not_count);
    tcase_add_test(t, a_moment_of_another_kind_counts);
    tcase_add_test(t, live_clocks_are_learnt);
    tcase_add_test(t, the_judges_words_and_the_brokers_own_are_no_events);
    tcase_add_test(t, unrelated_records_may_change_places);
    tcase_add_test(t, the_first_difference_is_told_with_what_came_before);
    tcase_add_test(t, a_member_that_one_lacks_is_named);
    tcase_add_test(t, a_record_that_one_lacks_is_told);
    tcase_add_test(t, of_equal_times_the_first_line_is_told);
    tcase_add_test(t, what_is_not_visible_from_outside_is_not_compared);
    tcase_add_test(t, frames_are_their_bytes);
    tcase_add_test(t, long_records_are_cut_between_characters);
    tcase_add_test(t, what_is_no_transcript_is_said_with_its_line);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
