/* A device that says what a capture heard it say.     covers: playback_file */
#include "harness/playback.h"

#include "harness/scenario.h"
#include "sim/codec/dlt645.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "# wattproof playback 1\n"
/* Meter 1231, register 00000000: asked, and 12345.67, 12345.99 kWh. */
#define ASK    "68 31 12 00 00 00 00 68 11 04 33 33 33 33 F4 16"
#define FIRST  "68 31 12 00 00 00 00 68 91 08 33 33 33 33 9A 78 56 34 14 16"
#define SECOND "68 31 12 00 00 00 00 68 91 08 33 33 33 33 CC 78 56 34 46 16"
#define OTHER  "68 31 12 00 00 00 00 68 11 04 33 34 34 33 F6 16"
#define LOGIN  "00 01 00 01 00 01 00 12 0A 02 0C 32 31 30 36 30 30 34 30 32 39 34 31 00 5A 4C"

static const char device[] = HEAD "device other\nsend 1.0 00\n"
                                  "device m1\ncodec dlt645\nopen 0.5\nsend 0.6 " LOGIN "\n"
                                  "ask 1.0 " ASK "\nanswer 0.012 " FIRST "\n"
                                  "# a comment\n\nask 5.0 " ASK "\nanswer 0.020 " SECOND "\n"
                                  "ask 6.0 " OTHER "\nsilence\nclose 10\n";

static struct arena arena;
static char why[700];

static void teardown(void)
{
    arena_free(&arena);
}

static bool read_text(const char *text, const char *name, struct playback_plan *plan)
{
    struct wp_writer w = wp_writer(why, sizeof why);
    bool good = playback_read_text(&arena, "x.frames", wp_text(text), name, plan, &w);

    wp_put_end(&w);
    return good;
}

/* ---- the file ----------------------------------------------------------------------------------------- */

START_TEST(a_section_is_read)
{
    struct playback_plan plan;

    ck_assert_msg(read_text(device, "m1", &plan), "%s", why);
    ck_assert_int_eq(plan.open, WP_MS(500));
    ck_assert_int_eq(plan.close, WP_SEC(10));
    ck_assert(!plan.reset);
    ck_assert_uint_eq(plan.n_sends, 1);
    ck_assert_uint_eq(plan.sends[0].bytes.n, 26);
    ck_assert_uint_eq(plan.n_answers, 3);
    ck_assert_uint_eq(plan.n_codecs, 6); /* the meter family: DL/T 645, IVY, DLMS in four ways */
    ck_assert_msg(read_text(HEAD "device m1\ncodec dlt645\nreset 2.25\n", "m1", &plan), "%s", why);
    ck_assert(plan.reset && plan.close == WP_MS(2250));
}
END_TEST

START_TEST(what_is_wrong_is_named_with_its_line)
{
    static const struct {
        const char *text, *why;
    } row[] = {
        {"device m1\n", "x.frames:1: the first line is '# wattproof playback 1'"},
        {"# wattproof playback 2\n",
         "x.frames:1: written with version 2, and this program has 1; import the capture anew"},
        {HEAD "device m2\n", "x.frames: it has no section 'device m1'"},
        {HEAD "device m1\ndevice m1\n", "x.frames:3: a second section of device 'm1'"},
        {HEAD "device m1\nhello 1\n",
         "x.frames:3: unknown word 'hello'; one of: device codec datagrams listens open "
         "send ask answer silence close "
         "reset"},
        {HEAD "device m1\ncodec dlt\n", "x.frames:3: there is no codec 'dlt'"},
        {HEAD "device m1\nopen soon\n",
         "x.frames:3: expected a time in seconds, such as 0.012500, not 'soon'"},
        {HEAD "device m1\nsend 1.0 6G\n", "x.frames:3: not a byte at character 0 of the digits"},
        {HEAD "device m1\nsend 1.0\n", "x.frames:3: no bytes"},
        {HEAD "device m1\nsend 2 00\nsend 1 00\n", "x.frames:4: sent before what stands above it"},
        {HEAD "device m1\nask 1 " ASK "\n", "x.frames:3: a line `codec NAME` must come first"},
        {HEAD "device m1\ncodec dlt645\nask 1 " FIRST "\n",
         "x.frames:4: these bytes are no question of dlt645"},
        {HEAD "device m1\ncodec dlt645\nask 1 " ASK "\nanswer 1 " ASK "\n",
         "x.frames:5: these bytes are no answer of dlt645"},
        {HEAD "device m1\ncodec dlt645\nanswer 1 " FIRST "\n",
         "x.frames:4: an answer stands behind its `ask`"},
        {HEAD "device m1\nsilence\n", "x.frames:3: `silence` stands behind its `ask`"},
        {HEAD "device m1\ncodec dlt645\nask 1 " ASK "\nsend 2 00\n",
         "x.frames:5: the `ask` before has no outcome: `answer` or `silence`"},
        {HEAD "device m1\ncodec dlt645\nask 1 " ASK "\n",
         "x.frames: the last `ask` has no outcome: `answer` or `silence`"},
    };
    struct playback_plan plan;

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        ck_assert_msg(!read_text(row[i].text, "m1", &plan), "%s", row[i].text);
        ck_assert_str_eq(why, row[i].why);
    }
}
END_TEST

/* ---- what answers what -------------------------------------------------------------------------------- */

static struct wp_turn question_of(const char *digits, uint64_t address)
{
    uint8_t bytes[64];
    size_t n;
    struct dlt645_frame f;

    ck_assert(wp_hex_read(wp_text(digits), bytes, sizeof bytes, &n));
    ck_assert_int_eq(dlt645_decode(wp_slice(bytes, n), &f).status, WP_OK);
    f.address = address ? address : f.address;
    return dlt645_codec.turn(&f);
}

/* The latest that was asked for by then; before the first one the first. */
START_TEST(a_question_gets_the_answer_of_its_time)
{
    static const struct {
        wp_us at;
        uint8_t last; /* of the value: 67 or 99 */
    } row[] = {{0, 0x67}, {WP_SEC(1), 0x67}, {WP_SEC(4), 0x67}, {WP_SEC(5), 0x99}, {WP_SEC(99), 0x99}};
    struct wp_turn question = question_of(ASK, 0);
    struct playback_plan plan;

    ck_assert_msg(read_text(device, "m1", &plan), "%s", why);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const struct playback_answer *a = playback_find(&plan, 0, &question, row[i].at);

        ck_assert_ptr_nonnull(a);
        ck_assert_uint_eq(a->bytes.p[14] - 0x33, row[i].last);
    }
}
END_TEST

START_TEST(silence_is_known_and_other_questions_are_not)
{
    struct wp_turn silent = question_of(OTHER, 0), elsewhere = question_of(ASK, 0x1232),
                   anybody = question_of(ASK, DLT645_ADDRESS_ANY);
    struct playback_plan plan;
    const struct playback_answer *a;

    ck_assert_msg(read_text(device, "m1", &plan), "%s", why);
    a = playback_find(&plan, 0, &silent, WP_SEC(1));
    ck_assert(a && a->bytes.n == 0);
    ck_assert_ptr_null(playback_find(&plan, 0, &elsewhere, WP_SEC(1)));
    a = playback_find(&plan, 0, &anybody, WP_SEC(1)); /* whoever is there: it is */
    ck_assert(a && a->bytes.n > 0);
}
END_TEST

/* ---- the machine ---------------------------------------------------------------------------------------- */

static char trace[4096];
static size_t n_trace;

static void emit(struct wp_outbox *out, const struct wp_effect *e)
{
    char *p = trace + n_trace;
    size_t room = sizeof trace - n_trace;

    (void)out;
    switch (e->kind) {
    case WP_DIAL:
        n_trace += (size_t)snprintf(p, room, "dial %s\n", playback_class.endpoints[e->endpoint].name);
        break;
    case WP_SEND:
        n_trace +=
            (size_t)snprintf(p, room, "send %zu, last byte %02X\n", e->bytes.n, e->bytes.p[e->bytes.n - 1]);
        break;
    case WP_HANG_UP: n_trace += (size_t)snprintf(p, room, "%s\n", e->abort ? "reset" : "close"); break;
    case WP_NOTE:
        n_trace += (size_t)snprintf(p, room, "note %s %d\n", e->note.what, (int)e->note.count);
        break;
    default: n_trace += (size_t)snprintf(p, room, "?\n"); break;
    }
}

static void *machine;

static void step(enum wp_event_kind kind, wp_us now, const char *hex)
{
    static struct wp_outbox out = {emit};
    uint8_t bytes[256];
    size_t n = 0;
    struct wp_event e = {.kind = kind, .port = 7, .now = now};

    ck_assert(!hex || wp_hex_read(wp_text(hex), bytes, sizeof bytes, &n));
    e.bytes = wp_slice(bytes, n);
    playback_class.step(machine, &e, &out);
}

static void begin(const char *text)
{
    static struct playback_plan plan;
    struct wp_setup setup = {.name = "m1", .plan = &plan};

    ck_assert_msg(read_text(text, "m1", &plan), "%s", why);
    machine = malloc(playback_class.size(&setup));
    ck_assert_ptr_nonnull(machine);
    playback_class.init(&setup, machine);
    n_trace = 0;
    trace[0] = 0;
}

START_TEST(it_dials_sends_answers_and_hangs_up_at_its_times)
{
    begin(device);
    step(WP_EV_START, WP_SEC(100), NULL);
    ck_assert_int_eq(playback_class.deadline(machine), WP_SEC(100) + WP_MS(500));
    step(WP_EV_TIMER, WP_SEC(100) + WP_MS(500), NULL);
    step(WP_EV_OPEN, WP_SEC(100) + WP_MS(501), NULL);
    ck_assert_int_eq(playback_class.deadline(machine), WP_SEC(100) + WP_MS(600));
    step(WP_EV_TIMER, WP_SEC(100) + WP_MS(600), NULL);
    step(WP_EV_BYTES, WP_SEC(101), ASK);
    ck_assert_int_eq(playback_class.deadline(machine), WP_SEC(101) + WP_MS(12));
    step(WP_EV_TIMER, WP_SEC(101) + WP_MS(12), NULL);
    step(WP_EV_BYTES, WP_SEC(106), "68 31 12 00 00"); /* in two pieces */
    step(WP_EV_BYTES, WP_SEC(106), "00 00 68 11 04 33 33 33 33 F4 16");
    step(WP_EV_TIMER, WP_SEC(106) + WP_MS(20), NULL);
    step(WP_EV_TIMER, WP_SEC(110), NULL);
    ck_assert_str_eq(
        trace, "dial gateway\nsend 26, last byte 4C\nsend 20, last byte 16\nsend 20, last byte 16\nclose\n");
    ck_assert_int_eq(playback_class.deadline(machine), WP_NEVER);
    free(machine);
}
END_TEST

#define LXP_HEAD  "A1 1A 01 00 20 00 01 C2 32 32 32 32 32 32 32 32 32 32 12 00 "
#define LXP_READ  LXP_HEAD "00 03 35 35 35 35 35 35 35 35 35 35 0C 00 01 00 71 46"
#define LXP_REPLY LXP_HEAD "00 03 35 35 35 35 35 35 35 35 35 35 0C 00 1E 28 79 68"
#define LXP_BEAT  "A1 1A 02 00 0D 00 01 C1 32 32 32 32 32 32 32 32 32 32 00"

/* One that listens says what is due when it is dialled; question and answer of protocol 1 are alike but for who says them, a
 * heartbeat's echo changes nothing in that. Dialled again it goes on. Frames: captures/lxp, captures of lxp-bridge. */
START_TEST(it_may_be_dialled)
{
    begin(HEAD "device m1\ncodec lxp\nlistens\nopen 0.5\nsend 0.6 " LXP_BEAT "\nask 1 " LXP_READ
               "\nanswer 0.02 " LXP_REPLY "\nsend 30 " LXP_BEAT "\n");
    ck_assert(playback_listener_class.endpoints[0].listen);
    step(WP_EV_START, 0, NULL);
    ck_assert_int_eq(playback_class.deadline(machine), WP_NEVER);
    step(WP_EV_OPEN, WP_SEC(2), NULL);
    step(WP_EV_BYTES, WP_SEC(3), LXP_BEAT);
    step(WP_EV_BYTES, WP_SEC(3), LXP_READ);
    ck_assert_int_eq(playback_class.deadline(machine), WP_SEC(3) + WP_MS(20));
    step(WP_EV_TIMER, WP_SEC(3) + WP_MS(20), NULL);
    step(WP_EV_OPEN, WP_SEC(4), NULL); /* somebody else */
    ck_assert_str_eq(trace, "send 19, last byte 00\nsend 38, last byte 68\nreset\n");
    step(WP_EV_CLOSE, WP_SEC(5), NULL);
    step(WP_EV_OPEN, WP_SEC(10), NULL);
    step(WP_EV_TIMER, WP_SEC(30), NULL);
    ck_assert_ptr_nonnull(strstr(trace, "reset\nsend 19, last byte 00\n"));
    free(machine);
}
END_TEST

/* Over UDP nobody has to listen: every `send` is a datagram of its own. */
START_TEST(pushes_may_be_datagrams)
{
    begin(HEAD "device m1\ndatagrams\nopen 0.5\nsend 0.6 00 01\nsend 0.6 02\n");
    step(WP_EV_START, 0, NULL);
    step(WP_EV_TIMER, WP_MS(500), NULL);
    step(WP_EV_OPEN, WP_MS(500), NULL);
    step(WP_EV_TIMER, WP_MS(600), NULL);
    ck_assert_str_eq(trace, "dial pushes\nsend 2, last byte 01\nsend 1, last byte 02\n");
    free(machine);
}
END_TEST

/* Nothing is made up: what nobody recorded is named and stays without an answer. */
START_TEST(unknown_questions_are_named)
{
    begin(device);
    step(WP_EV_START, 0, NULL);
    step(WP_EV_TIMER, WP_MS(500), NULL);
    step(WP_EV_OPEN, WP_MS(700), NULL);
    step(WP_EV_BYTES, WP_SEC(1), "FF FF" OTHER);
    step(WP_EV_BYTES, WP_SEC(2), "68 31 12 00 00 00 00 68 11 04 33 35 34 33 F7 16");
    step(WP_EV_CLOSE, WP_SEC(3), NULL);
    ck_assert_str_eq(
        trace, "dial gateway\nsend 26, last byte 4C\nnote unanswered-question 1\nnote unknown-question 1\n");
    free(machine);
}
END_TEST

START_TEST(what_could_not_be_sent_is_counted)
{
    begin(HEAD "device m1\ncodec dlt645\nopen 0\nsend 1 00\nsend 2 00\nsend 3 00\n");
    step(WP_EV_START, 0, NULL);
    step(WP_EV_OPEN, 0, NULL);
    step(WP_EV_TIMER, WP_SEC(1), NULL);
    step(WP_EV_CLOSE, WP_MS(1500), NULL);
    ck_assert_str_eq(trace, "dial gateway\nsend 1, last byte 00\nnote connection-ended-early 2\n");
    ck_assert_int_eq(playback_class.deadline(machine), WP_NEVER);
    free(machine);
}
END_TEST

/* ---- in a scenario -------------------------------------------------------------------------------------- */

START_TEST(a_scenario_needs_the_file)
{
    static const struct {
        const char *device, *why;
    } row[] = {
        {"{model: playback}", "a playback says what a file holds: set: {frames: FILE}"},
        {"{model: playbck}", "unknown model 'playbck': did you mean playback"},
        {"{model: playback, set: {frames: none.frames}}", "/nowhere/none.frames"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char text[400], said[1000];
        struct wp_writer w = wp_writer(said, sizeof said);
        struct scenario_list list = {0};

        snprintf(text, sizeof text,
                 "scenario: s\npurpose: p\ngateway: {north: [ivy]}\ndevices: {m1: %s}\nsteps: []\n",
                 row[i].device);
        ck_assert(!scenario_load_text("/nowhere/s.yaml", wp_text(text), &list, &w));
        ck_assert_msg(strstr(wp_put_end(&w), row[i].why), "%s", said);
        scenario_list_free(&list);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("playback");
    TCase *t = tcase_create("playback");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, a_section_is_read);
    tcase_add_test(t, what_is_wrong_is_named_with_its_line);
    tcase_add_test(t, a_question_gets_the_answer_of_its_time);
    tcase_add_test(t, silence_is_known_and_other_questions_are_not);
    tcase_add_test(t, it_dials_sends_answers_and_hangs_up_at_its_times);
    tcase_add_test(t, pushes_may_be_datagrams);
    tcase_add_test(t, it_may_be_dialled);
    tcase_add_test(t, unknown_questions_are_named);
    tcase_add_test(t, what_could_not_be_sent_is_counted);
    tcase_add_test(t, a_scenario_needs_the_file);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
