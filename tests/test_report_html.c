/* The page: what is written into it comes out again as it was, whatever it says; the same run gives the same bytes; a
 * hundred scenarios stay small. */
#include "harness/home.h"
#include "harness/jobs.h"
#include "harness/report.h"
#include "harness/report_html_impl.h"
#include "harness/result_file.h"
#include "sim/core/json_out.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/wattproof-test-XXXXXX";
static struct arena arena;
static struct scenario_result first;
static struct contract_set *contracts;
static char why_text[1000];

static void setup(void)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);

    strcpy(dir, "/tmp/wattproof-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    result_init(&first, "ivy-one", "scenarios/ivy/one.yaml", "virtual");
    first.api = "ivy";
    first.purpose = "It holds.";
    contracts = contracts_load(home_dir(), &why);
    ck_assert_msg(contracts != NULL, "%s", wp_put_end(&why));
}

static void teardown(void)
{
    result_free(&first);
    contracts_free(contracts);
    arena_free(&arena);
    remove_tree(dir);
}

/* ---- a run, as `run` leaves it ---------------------------------------------------------------------- */

static const char *play_dir(const struct scenario_result *r)
{
    char *path = arena_get(&arena, 400);

    run_file_play_dir(path, 400, dir, r);
    ck_assert(make_dirs(path));
    return path;
}

static FILE *transcript(const struct scenario_result *r)
{
    FILE *f = fopen(arena_print(&arena, "%s/transcript.jsonl", play_dir(r)), "w");

    fputs("{\"transcript\":1,\"scenario\":\"ivy-one\",\"epoch_us\":1705320000000000}\n", f);
    return f;
}

static void one_record(const char *line)
{
    FILE *f = transcript(&first);

    fprintf(f, "%s\n", line);
    fclose(f);
}

static void write_run(const char *as)
{
    struct run_summary summary = {.results = &first, .seed = 1, .select = "", .worlds = "both"};

    for (struct scenario_result *r = &first; r; r = r->next)
        ck_assert(result_write(r, play_dir(r)));
    ck_assert(report_json(&summary, arena_print(&arena, "%s/%s", dir, as)));
}

static const char *file_text(const char *path)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct wp_slice text = file_read(&arena, path, &why);

    ck_assert_msg(text.p != NULL, "%s", why_text);
    return (const char *)text.p;
}

static const char *page(void)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct scenario_list none = {0};
    const struct report_html s = {.dir = dir, .contracts = contracts, .scenarios = &none};

    write_run("run.json");
    ck_assert_msg(report_html(&s, &why), "%s", wp_put_end(&why));
    return file_text(arena_print(&arena, "%s/report.html", dir));
}

/* ---- the page, read as a browser does --------------------------------------------------------------- */

static int digit(char c)
{
    const char *all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    return (int)(strchr(all, c) - all);
}

static const char *opened(const char *html, const char *id)
{
    enum { ROOM = 8 * 1024 * 1024 };
    const char *mark = arena_print(&arena, "id=\"%s\">", id), *p = strstr(html, mark);
    size_t n = 0, end;
    uint8_t *packed;
    char *text = arena_get(&arena, ROOM);
    uLongf text_n = ROOM - 1, packed_n;

    ck_assert_msg(p != NULL, "no %s", mark);
    p += strlen(mark);
    end = strcspn(p, "<");
    ck_assert_uint_eq(end % 4, 0);
    packed = arena_get(&arena, end);
    for (size_t i = 0; i < end; i += 4) {
        unsigned v = (unsigned)digit(p[i]) << 18 | (unsigned)digit(p[i + 1]) << 12;

        v |= p[i + 2] == '=' ? 0 : (unsigned)digit(p[i + 2]) << 6;
        v |= p[i + 3] == '=' ? 0 : (unsigned)digit(p[i + 3]);
        packed[n++] = (uint8_t)(v >> 16);
        if (p[i + 2] != '=')
            packed[n++] = (uint8_t)(v >> 8);
        if (p[i + 3] != '=')
            packed[n++] = (uint8_t)v;
    }
    packed_n = n;
    ck_assert_int_eq(uncompress2((Bytef *)text, &text_n, packed, &packed_n), Z_OK);
    ck_assert_uint_eq(packed_n, n); /* a browser takes nothing behind the stream's end */
    text[text_n] = 0;
    return text;
}

static void assert_json(const char *text)
{
    size_t n = strlen(text), at;
    struct json_token *tokens = malloc(json_tokens_max(n) * sizeof *tokens);
    struct json_tape tape = {.at = tokens, .cap = (uint32_t)json_tokens_max(n)};
    enum json_fault fault = json_read(&tape, wp_text(text), JSON_DEPTH, &at);

    free(tokens);
    ck_assert_msg(fault == JSON_FAULT_NONE, "%s at %zu: %.80s", json_fault_text(fault), at,
                  text + (at > 40 ? at - 40 : 0));
}

static void assert_has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no '%s' in: %.3000s", part, text);
}

/* ---- tests ------------------------------------------------------------------------------------------ */

START_TEST(the_page_has_the_run_and_every_play)
{
    struct finding *f = result_add(&first, VERDICT_FAIL, "expect", 7, 1500, "came late");
    const char *html, *run;

    f->expected = "{\"value\":105.0}";
    f->got = "{\"value\":104.90}";
    f->record = 1;
    finding_statement(&first, f, "IVY-072");
    one_record("{\"seq\":1,\"at_us\":10,\"record\":\"publish\",\"machine\":\"c\",\"payload\":\"{}\"}");
    html = page();
    run = opened(html, "run");
    assert_json(run);
    assert_has(run, "\"id\":\"IVY-072\"");
    assert_has(run, "\"expected\":\"{\\\"value\\\":105.0}\",\"got\":\"{\\\"value\\\":104.90}\"");
    assert_has(run, "\"repeat\":\"./wattproof run 'ivy-one' --world virtual --seed 1\"");
    assert_json(opened(html, "play-0"));
    assert_has(opened(html, "play-0"), "\"record\":\"publish\"");
    assert_has(html, "0 pass 0 inconc 1 fail 0 error");
}
END_TEST

START_TEST(a_deviation_that_is_known_says_its_reason)
{
    struct finding *f = result_add(&first, VERDICT_FAIL, "expect", 7, 1500, "came late");
    const char *run;

    f->known = "ACME-123";
    run = opened(page(), "run");
    assert_json(run);
    assert_has(run, "\"known\":\"ACME-123\"");
    assert_has(run, "\"verdict\":\"pass\",\"applicable\":true");
}
END_TEST

/* Whatever a topic, a payload or a sentence says, the page ends where it should and the data comes out as it went in. */
START_TEST(hostile_text_breaks_nothing)
{
    static const char hostile[] = "</script><script>alert(1)</script><!-- \xE2\x80\xA8 \\u0000 & \" ' \x7F";
    const char *html, *play, *run;
    char line[1000];
    struct wp_writer w = wp_writer(line, sizeof line);
    struct json_out j = json_out(&w);

    json_open_object(&j);
    json_int_member(&j, "seq", 1);
    json_text_member(&j, "record", wp_text("publish"));
    json_text_member(&j, "topic", wp_text(hostile));
    json_text_member(&j, "payload", wp_slice("\xFF\xFE</script>", 11));
    json_close_object(&j);
    one_record(wp_put_end(&w));
    result_add(&first, VERDICT_FAIL, "expect", 1, 1, hostile);
    first.purpose = hostile;
    html = page();
    ck_assert_ptr_null(strstr(html, "alert(1)"));
    play = opened(html, "play-0");
    assert_json(play);
    assert_has(play, "</script><script>alert(1)</script><!-- \xE2\x80\xA8 ");
    run = opened(html, "run");
    assert_json(run);
    assert_has(run, "alert(1)");
    ck_assert_str_eq(html + strlen(html) - strlen("</html>\n"), "</html>\n");
}
END_TEST

START_TEST(a_frame_has_its_fields_and_where_they_stand)
{
    const char *play;

    one_record("{\"seq\":1,\"at_us\":10,\"record\":\"frame\",\"machine\":\"m1\",\"peer\":\"gateway\","
               "\"codec\":\"dlt645\","
               "\"line\":\"dlt645\",\"wire\":\"68010000000000689108333334339A785634D316\"}");
    play = opened(page(), "play-0");
    assert_json(play);
    assert_has(play, "[\"address\",\"000000000001\",\"\",1,6,\"id\"]");
    assert_has(play, "[\"di\",\"00010000\",\"\",10,4,\"key\"]");
    assert_has(play, "[\"value\",\"12345.67\",\"kWh\",14,4,\"value\"]");
}
END_TEST

START_TEST(a_frame_of_a_codec_that_is_gone_keeps_its_line)
{
    const char *play;

    one_record("{\"seq\":1,\"record\":\"frame\",\"codec\":\"gone\",\"line\":\"gone a=1\",\"wire\":\"6801\"}");
    play = opened(page(), "play-0");
    assert_has(play, "\"line\":\"gone a=1\"");
    ck_assert_ptr_null(strstr(play, "\"fields\""));
}
END_TEST

static void many_records(size_t n)
{
    FILE *f = transcript(&first);

    for (size_t i = 1; i <= n; i++)
        fprintf(f, "{\"seq\":%zu,\"record\":\"note\",\"text\":\"n%zu.\"}\n", i, i);
    fclose(f);
}

START_TEST(of_a_passed_play_the_first_and_last_hundred_are_shown)
{
    const char *play;

    many_records(1000);
    result_add(&first, VERDICT_PASS, "expect", 7, 1500, "seen");
    play = opened(page(), "play-0");
    assert_json(play);
    assert_has(play, "\"n1.\"");
    assert_has(play, "\"n100.\"");
    ck_assert_ptr_null(strstr(play, "\"n101.\""));
    ck_assert_ptr_null(strstr(play, "\"n900.\""));
    assert_has(play, "\"n901.\"");
    assert_has(play, "\"n1000.\"");
    assert_has(play, "\"total\":1000,\"left_out\":{\"after\":100,\"records\":800}");
}
END_TEST

START_TEST(two_hundred_records_are_shown_whole)
{
    const char *play;

    many_records(200);
    play = opened(page(), "play-0");
    assert_has(play, "\"n100.\"");
    assert_has(play, "\"n101.\"");
    ck_assert_ptr_null(strstr(play, "left_out"));
}
END_TEST

START_TEST(a_long_text_is_cut_between_characters_and_says_so)
{
    const char *play;
    FILE *f = transcript(&first);

    fputs("{\"seq\":1,\"record\":\"publish\",\"payload\":\"a", f);
    for (int i = 0; i < 3000; i++)
        fputs("\xC3\xA9", f);
    fputs("\"}\n", f);
    fclose(f);
    result_add(&first, VERDICT_PASS, "expect", 7, 1500, "seen");
    play = opened(page(), "play-0");
    assert_json(play);
    assert_has(play, "\xC3\xA9\",\"payload_bytes\":6001");
    ck_assert_uint_lt(strlen(play), 2500);
}
END_TEST

START_TEST(what_is_no_transcript_is_said)
{
    static const char lines[] = "{\"seq\":1} and more\n{\0}\n\n{\"seq\":2,\"record\":\"note\"}\n[1]";
    FILE *f = transcript(&first);

    fwrite(lines, 1, sizeof lines - 1, f);
    fclose(f);
    assert_has(opened(page(), "play-0"), "[{\"seq\":2,\"record\":\"note\"}],\"total\":5");
    assert_has(opened(page(), "play-0"), "\"unreadable\":4");
    remove(arena_print(&arena, "%s/transcript.jsonl", play_dir(&first)));
    assert_has(opened(page(), "play-0"), "there is no transcript");
}
END_TEST

static const char *play_of_scenario(const char *text, const char *sum)
{
    const char *file = arena_print(&arena, "%s/one.yaml", dir);
    FILE *f = fopen(file, "w");

    fputs(text, f);
    fclose(f);
    first.file = file;
    f = fopen(arena_print(&arena, "%s/transcript.jsonl", play_dir(&first)), "w");
    fprintf(f, "{\"transcript\":1,\"sha256\":\"%s\"}\n", sum);
    fclose(f);
    return opened(page(), "play-0");
}

/* One that does not load any more may have secrets that nobody knows. */
START_TEST(the_scenario_is_there_when_it_is_the_one_that_was_played)
{
    static const char good[] = "scenario: \"x\"\n"
                               "purpose: p\n"
                               "clients: {c: {connect: {password: letmein}}}\n"
                               "steps: [{wait: 1s}]\n",
                      broken[] = "scenario: \"x\"\n";
    char sum[65];

    scenario_sha256(wp_text(good), sum);
    assert_has(play_of_scenario(good, sum), "\"source\":\"scenario: \\\"x\\\"\\npurpose: p\\n");
    assert_has(play_of_scenario(good, sum), "password: *******}");
    ck_assert_ptr_null(strstr(play_of_scenario("scenario: y\n", sum), "source"));
    scenario_sha256(wp_text(broken), sum);
    ck_assert_ptr_null(strstr(play_of_scenario(broken, sum), "source"));
}
END_TEST

START_TEST(the_same_run_gives_the_same_bytes)
{
    const char *once;

    many_records(500);
    once = page();
    ck_assert_str_eq(once, page());
}
END_TEST

START_TEST(the_run_before_tells_what_changed)
{
    struct scenario_result gone;
    const char *run;

    result_init(&gone, "ivy-gone", "scenarios/ivy/gone.yaml", "live");
    gone.api = "ivy";
    first.next = &gone;
    result_add(&first, VERDICT_PASS, "expect", 7, 1500, "seen");
    write_run("previous.json");
    first.next = NULL;
    result_free(&gone);
    result_add(&first, VERDICT_FAIL, "expect", 9, 1500, "not seen");
    run = opened(page(), "run");
    assert_json(run);
    assert_has(run, "{\"kind\":\"failing\",\"scenario\":\"ivy-one\",\"world\":\"virtual\",\"was\":\"pass\","
                    "\"is\":\"fail\"}");
    assert_has(run, "{\"kind\":\"gone\",\"scenario\":\"ivy-gone\",\"world\":\"live\",\"was\":\"none\"}");
}
END_TEST

START_TEST(worlds_that_differ_are_named)
{
    struct scenario_result live;
    const char *run;

    result_init(&live, "ivy-one", "scenarios/ivy/one.yaml", "live");
    live.api = "ivy";
    result_add(&first, VERDICT_PASS, "expect", 7, 1500, "seen");
    result_add(&live, VERDICT_FAIL, "expect", 7, 1500, "not seen");
    first.next = &live;
    run = opened(page(), "run");
    first.next = NULL;
    result_free(&live);
    assert_json(run);
    assert_has(run, "\"disagreements\":[{\"scenario\":\"ivy-one\",\"text\":\"scenarios/ivy/one.yaml:7 expect "
                    "is pass in the virtual world and fail in the live one\"}]");
}
END_TEST

/* Records that hardly deflate: random payloads of the size that a telemetry message has. */
START_TEST(a_hundred_scenarios_are_less_than_five_megabytes)
{
    static struct scenario_result plays[100];
    uint32_t random = 1;

    for (size_t i = 0; i < 100; i++) {
        FILE *f;

        result_init(&plays[i], arena_print(&arena, "ivy-%zu", i), "scenarios/ivy/one.yaml", "virtual");
        plays[i].api = "ivy";
        plays[i].purpose = "";
        result_add(&plays[i], i % 10 ? VERDICT_PASS : VERDICT_FAIL, "expect", 7, 1500, "seen");
        f = transcript(&plays[i]);
        for (int n = 1; n <= 2000; n++) {
            fprintf(f, "{\"seq\":%d,\"at_us\":%d,\"record\":\"publish\",\"topic\":\"a/b\",\"payload\":\"", n,
                    n * 317);
            for (int k = 0; k < 150; k++)
                fputc('a' + (int)((random = random * 1664525 + 1013904223) >> 16) % 26, f);
            fputs("\"}\n", f);
        }
        fclose(f);
    }
    for (size_t i = 0; i + 1 < 100; i++)
        plays[i].next = &plays[i + 1];
    first.next = &plays[0];
    ck_assert_uint_lt(strlen(page()), 5 * 1000 * 1000);
    first.next = NULL;
    for (size_t i = 0; i < 100; i++)
        result_free(&plays[i]);
}
END_TEST

START_TEST(a_folder_without_a_run_is_said)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);

    ck_assert(!report_html_of(dir, &why));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&why), "run.json"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("report_html");
    TCase *t = tcase_create("report_html");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_page_has_the_run_and_every_play);
    tcase_add_test(t, a_deviation_that_is_known_says_its_reason);
    tcase_add_test(t, hostile_text_breaks_nothing);
    tcase_add_test(t, a_frame_has_its_fields_and_where_they_stand);
    tcase_add_test(t, a_frame_of_a_codec_that_is_gone_keeps_its_line);
    tcase_add_test(t, of_a_passed_play_the_first_and_last_hundred_are_shown);
    tcase_add_test(t, two_hundred_records_are_shown_whole);
    tcase_add_test(t, a_long_text_is_cut_between_characters_and_says_so);
    tcase_add_test(t, what_is_no_transcript_is_said);
    tcase_add_test(t, the_scenario_is_there_when_it_is_the_one_that_was_played);
    tcase_add_test(t, the_same_run_gives_the_same_bytes);
    tcase_add_test(t, the_run_before_tells_what_changed);
    tcase_add_test(t, worlds_that_differ_are_named);
    tcase_add_test(t, a_hundred_scenarios_are_less_than_five_megabytes);
    tcase_add_test(t, a_folder_without_a_run_is_said);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
