/* Associations that the gateway opens: polls and commands, in wrappers and in HDLC.
 * covers: south_dlms_queue south_dlms_association south_dlms_get south_dlms_send south_dlms_outcome
 *
 * The meter is played by hand. Requests and answers are those that were recorded: protocols/dlms-cosem.md, appendix A. */
#include "tests/gateway_rig.h"

#include "sim/codec/hdlc.h"
#include "sim/gateway/gateway_impl.h"
#include "sim/gateway/south_dlms.h"

/* d0521 of vectors/dlms.json */
#define PUSH_HDLC "7EA022CF0223138D16E6E7000F0000000700020209060100010700FF0600000123022E7E"
#define LOGIN     "00010001000100120A020C303030303030303030303031000000"
#define AARQ      "000100010001001F601DA109060760857405080101BE10040E01000000065F1F0400001E1DFFFF"
#define AARE                                                                                                 \
    "000100010001002B6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F0400001E1D04C80007"
#define RLRQ           "00010001000100056203800100"
#define RLRE           "00010001000100056303800100"
#define GET(n, object) "000100010001000DC001C" n object "0200"

static struct rig r;

static void start(const char *name, const char *value)
{
    rig_start(&r, "meters.ack", "silent", "polling.interval", "60s", "dlms.polling", "true", name, value,
              NULL);
    r.show = RIG_PARTS | RIG_SENDS;
}

static void setup(void)
{
    r.only_south = &south_dlms_class;
    start(NULL, NULL);
}

static void teardown(void)
{
    rig_end(&r);
}

static wp_port meter(void)
{
    wp_port port = rig_connect(&r, 1);

    rig_hex(&r, port, LOGIN);
    rig_clear(&r);
    return port;
}

/* The answer to the GET that was sent last: its octets behind the invoke id. */
static void answer_get(wp_port port, const char *rest)
{
    char digits[512];
    uint8_t bytes[256];
    size_t n;

    ck_assert(wp_hex_read(wp_text(rest), bytes, sizeof bytes, &n));
    snprintf(digits, sizeof digits,
             "00010001000100%02X"
             "C401%02X%s",
             (unsigned)n + 3, r.last_sent[10], rest);
    rig_hex(&r, port, digits);
}

/* A command of a client for meter 000000000001; what follows is in the trace. */
static void ask(const char *what)
{
    char payload[256];

    snprintf(payload, sizeof payload, "{\"requestId\":\"q\",\"command\":%s}", what);
    rig_request(&r, payload);
}

START_TEST(a_poll_is_one_association_and_one_reading)
{
    static const char *const answers[] = {"000600000076", "0104",     "00060000007D", "00120000", "00125C54",
                                          "001203E5",     "0012138C", "00060000303A", "010D",     "001101"};
    wp_port port = meter();

    rig_run(&r, WP_SEC(60));
    rig_expect(&r,
               "[ 60000.000] poll 000000000001 1-0:1.7.0.255 1-0:3.7.0.255 1-0:9.7.0.255 1-0:11.7.0.255 "
               "1-0:12.7.0.255 1-0:13.7.0.255 1-0:14.7.0.255 1-0:15.8.0.255 1-0:91.7.0.255 0-0:96.14.0.255\n"
               "[ 60000.000] 2> " AARQ "\n");
    rig_hex(&r, port, AARE);
    rig_expect(&r, "[ 60000.000] 2> " GET("1", "00030100010700FF") "\n");
    for (size_t i = 0; i < 10; i++) {
        answer_get(port, answers[i]);
        if (i == 0)
            rig_expect(&r, "[ 60000.000] 2> " GET("2", "00030100030700FF") "\n");
        else if (i < 9)
            rig_clear(&r);
    }
    rig_expect(
        &r, "[ 60000.000] reading 000000000001 polled 1-0:1.7.0.255=118 1-0:9.7.0.255=125 1-0:11.7.0.255=0 "
            "1-0:12.7.0.255=23636 1-0:13.7.0.255=997 1-0:14.7.0.255=5004 1-0:15.8.0.255=12346 "
            "0-0:96.14.0.255=1\n"
            "[ 60000.000] answer 000000000001 ok\n"
            "[ 60000.000] 2> " RLRQ "\n");
    rig_hex(&r, port, RLRE);
    rig_expect(&r, "");
}
END_TEST

START_TEST(a_command_is_answered_object_by_object)
{
    wp_port port = meter();

    ask("\"readMultiple\",\"registers\":[\"voltageA\",\"1-0:99.9.9.255\"]");
    rig_expect(&r,
               "[     0.000] command 000000000001 1-0:12.7.0.255 1-0:99.9.9.255\n[     0.000] 2> " AARQ "\n");
    rig_hex(&r, port, AARE);
    answer_get(port, "00125C54");
    rig_clear(&r);
    answer_get(port, "0104");
    rig_expect(&r, "[     0.000] reading 000000000001 asked 1-0:12.7.0.255=23636\n"
                   "[     0.000] answer 000000000001 ok 1-0:12.7.0.255=23636 "
                   "1-0:99.9.9.255=DLMS GET failed: object-undefined\n"
                   "[     0.000] 2> " RLRQ "\n");
}
END_TEST

/* A release that nobody answers costs a second; what waits goes on behind it. */
START_TEST(commands_wait_for_the_release)
{
    wp_port port = meter();

    ask("\"read\",\"register\":\"voltageA\"");
    ask("\"read\",\"register\":\"frequency\"");
    rig_hex(&r, port, AARE);
    answer_get(port, "00125C54");
    rig_clear(&r);
    rig_run(&r, WP_MS(999));
    rig_expect(&r, "");
    rig_run(&r, WP_MS(1000));
    rig_expect(&r, "[  1000.000] 2> " AARQ "\n");
    rig_hex(&r, port, AARE);
    rig_expect(&r, "[  1000.000] 2> " GET("2", "000301000E0700FF") "\n");
}
END_TEST

START_TEST(a_rejected_association_fails_the_command)
{
    wp_port port = meter();

    ask("\"read\",\"register\":\"voltageA\"");
    rig_clear(&r);
    rig_hex(&r, port, "00010001000100196117A109060760857405080101A203020101A305A10302010D");
    rig_expect(&r, "[     0.000] answer 000000000001 DLMS association failed: rejected\n");
}
END_TEST

START_TEST(an_association_is_asked_for_three_times)
{
    meter();
    ask("\"read\",\"register\":\"voltageA\"");
    rig_clear(&r);
    rig_run(&r, WP_SEC(17));
    rig_expect(&r, "[  5000.000] 2> " AARQ "\n"
                   "[ 10000.000] 2> " AARQ "\n"
                   "[ 15000.000] answer 000000000001 DLMS association failed: timeout\n"
                   "[ 15000.000] 2> " RLRQ "\n");
}
END_TEST

START_TEST(a_silent_get_times_out_and_the_next_one_goes_on)
{
    wp_port port = meter();

    ask("\"readMultiple\",\"registers\":[\"voltageA\",\"frequency\"]");
    rig_hex(&r, port, AARE);
    rig_clear(&r);
    rig_run(&r, WP_SEC(5));
    rig_expect(&r, "[  5000.000] 2> " GET("2", "000301000E0700FF") "\n");
    rig_hex(&r, port, "0001000100010008C401C10006000000FF"); /* the late one: it answers nothing any more */
    rig_expect(&r, "");
    answer_get(port, "0012138C");
    rig_expect(
        &r,
        "[  5000.000] reading 000000000001 asked 1-0:14.7.0.255=5004\n"
        "[  5000.000] answer 000000000001 ok 1-0:12.7.0.255=DLMS GET failed: timeout 1-0:14.7.0.255=5004\n"
        "[  5000.000] 2> " RLRQ "\n");
}
END_TEST

START_TEST(long_answers_come_in_blocks)
{
    wp_port port = meter();

    ask("\"read\",\"register\":\"0-0:96.1.1.255\"");
    rig_hex(&r, port, AARE);
    rig_clear(&r);
    rig_hex(&r, port,
            "000100010001000EC402C100000000010004090641"
            "42");
    rig_expect(&r, "[     0.000] 2> 0001000100010007C002C100000001\n");
    rig_hex(&r, port, "000100010001000EC402C10100000002000443444546");
    rig_expect(&r, "[     0.000] reading 000000000001 asked 0-0:96.1.1.255=ABCDEF\n"
                   "[     0.000] answer 000000000001 ok 0-0:96.1.1.255=ABCDEF\n"
                   "[     0.000] 2> " RLRQ "\n");
}
END_TEST

/* D8 01 01: the meter has forgotten the association; that is tried once more. */
START_TEST(a_lost_association_is_opened_once_more)
{
    wp_port port = meter();

    ask("\"read\",\"register\":\"voltageA\"");
    rig_hex(&r, port, AARE);
    rig_clear(&r);
    rig_hex(&r, port, "0001000100010003D80101");
    rig_expect(&r, "[     0.000] 2> " AARQ "\n");
    rig_hex(&r, port, AARE);
    rig_expect(&r, "[     0.000] 2> " GET("2", "000301000C0700FF") "\n");
    rig_hex(&r, port, "0001000100010003D80101");
    rig_expect(&r, "[     0.000] answer 000000000001 DLMS GET failed: operation-not-possible"
                   " 1-0:12.7.0.255=DLMS GET failed: operation-not-possible\n"
                   "[     0.000] 2> " RLRQ "\n");
}
END_TEST

START_TEST(a_meter_that_goes_fails_what_waits)
{
    wp_port port = meter();

    ask("\"read\",\"register\":\"voltageA\"");
    ask("\"read\",\"register\":\"frequency\"");
    rig_clear(&r);
    rig_close(&r, port);
    rig_expect(&r, "[     0.000] answer 000000000001 Meter not connected\n"
                   "[     0.000] answer 000000000001 Meter not connected\n"
                   "[     0.000] presence 000000000001 offline\n");
}
END_TEST

START_TEST(a_newer_connection_goes_on_with_the_commands)
{
    meter();
    ask("\"read\",\"register\":\"voltageA\"");
    rig_clear(&r);
    rig_hex(&r, rig_connect(&r, 1), LOGIN);
    rig_expect(&r, "[     0.000] 3> " AARQ "\n[     0.000] hang up 2\n");
}
END_TEST

START_TEST(scalers_are_read_when_asked_for)
{
    wp_port port;

    rig_end(&r);
    start("dlms.read_scaler", "true");
    port = meter();
    ask("\"read\",\"register\":\"voltageA\"");
    rig_hex(&r, port, AARE);
    rig_clear(&r);
    answer_get(port, "00125C54");
    rig_expect(&r, "[     0.000] 2> 000100010001000DC001C2000301000C0700FF0300\n");
    answer_get(port, "0002020FFE1623");
    rig_expect(&r, "[     0.000] reading 000000000001 asked 1-0:12.7.0.255=236.36V\n"
                   "[     0.000] answer 000000000001 ok 1-0:12.7.0.255=236.36V\n"
                   "[     0.000] 2> " RLRQ "\n");
}
END_TEST

/* Without dlms.polling nothing is ever sent. */
START_TEST(passive_by_default)
{
    rig_end(&r);
    rig_start(&r, "meters.ack", "silent", NULL);
    r.show = RIG_PARTS | RIG_SENDS;
    meter();
    rig_run(&r, WP_SEC(119));
    rig_expect(&r, "");
    rig_set(&r, "dlms.polling", "true");
    rig_hex(&r, 2, LOGIN);
    rig_run(&r, WP_SEC(125));
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), AARQ));
}
END_TEST

/* ---- HDLC --------------------------------------------------------------------------------------------- */

#define SNRM "7EA00802232193BD647E"
#define UA   "7EA01F21022373E6C781801205019A06019A070400000001080400000001CCA27E"
#define AARQ_HDLC                                                                                            \
    "7EA02C02232110AF9FE6E600601DA109060760857405080101BE10040E01000000065F1F0400001E1DFFFFC5E47E"
#define AARE_HDLC                                                                                            \
    "7EA0382102233034E7E6E7006129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F0400001E1D" \
    "04C8000"                                                                                                \
    "7B86A7E"

/* What server 1/17 sends to client 16: an I frame with this payload. */
static void serve_frame(wp_port port, unsigned ns, unsigned nr, bool more, enum hdlc_llc llc,
                        const char *payload)
{
    uint8_t wire[256], bytes[128];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct hdlc_frame f = {.destination = {.upper = 16, .n = 1},
                           .source = {.upper = 1, .lower = 17, .n = 2},
                           .type = HDLC_I,
                           .control = hdlc_control(HDLC_I, ns, nr, true),
                           .more = more,
                           .llc = llc};
    size_t n;

    ck_assert(wp_hex_read(wp_text(payload), bytes, sizeof bytes, &n));
    f.payload = wp_slice(bytes, n);
    hdlc_encode(&w, &f);
    rig_bytes(&r, port, wp_written(&w));
}

static void serve(wp_port port, unsigned ns, unsigned nr, const char *payload)
{
    serve_frame(port, ns, nr, false, HDLC_LLC_RESPONSE, payload);
}

static void serve_ua(wp_port port)
{
    uint8_t wire[64];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    const struct hdlc_frame ua = {.destination = {.upper = 16, .n = 1},
                                  .source = {.upper = 1, .lower = 17, .n = 2},
                                  .type = HDLC_UA,
                                  .control = hdlc_control(HDLC_UA, 0, 0, true)};

    hdlc_encode(&w, &ua);
    rig_bytes(&r, port, wp_written(&w));
}

/* The APDU in the I frame that was sent last, and its N(S). */
static const char *last_apdu(unsigned *ret_ns)
{
    static char digits[256];
    struct wp_writer w = wp_writer(digits, sizeof digits);
    struct hdlc_frame f;

    ck_assert_int_eq(hdlc_decode(NULL, wp_slice(r.last_sent, r.n_last_sent), &f).status, WP_OK);
    ck_assert_int_eq(f.type, HDLC_I);
    *ret_ns = hdlc_ns(f.control);
    wp_put_hex(&w, f.payload);
    return wp_put_end(&w);
}

/* u9n's exchange of a public client with server 1/17, whose push in front of it tells the address. */
static wp_port associated_in_hdlc(void)
{
    wp_port port = meter();

    rig_hex(&r, port, PUSH_HDLC);
    rig_clear(&r);
    ask("\"readMultiple\",\"registers\":[\"voltageA\",\"frequency\"]");
    rig_expect(&r,
               "[     0.000] command 000000000001 1-0:12.7.0.255 1-0:14.7.0.255\n[     0.000] 2> " SNRM "\n");
    rig_hex(&r, port, UA);
    rig_expect(&r, "[     0.000] 2> " AARQ_HDLC "\n");
    rig_hex(&r, port, AARE_HDLC);
    rig_clear(&r);
    return port;
}

START_TEST(a_meter_that_speaks_hdlc_is_asked_in_hdlc)
{
    wp_port port = associated_in_hdlc();
    unsigned ns;

    ck_assert_str_eq(last_apdu(&ns), "C001C1000301000C0700FF0200");
    ck_assert_uint_eq(ns, 1);
    serve(port, 1, 2, "C401C100125C54");
    ck_assert_str_eq(last_apdu(&ns), "C001C2000301000E0700FF0200");
    ck_assert_uint_eq(ns, 2);
    rig_clear(&r);
    serve(port, 2, 3, "C401C20012138C");
    ck_assert_ptr_nonnull(
        strstr(rig_trace(&r), "answer 000000000001 ok 1-0:12.7.0.255=23636 1-0:14.7.0.255=5004\n"));
    ck_assert_str_eq(last_apdu(&ns), "6203800100");
    rig_clear(&r);
    serve(port, 3, 4, "6303800100");
    rig_expect(&r, "[     0.000] 2> 7EA00802232153B1A27E\n"); /* DISC */
    serve_ua(port);
    ask("\"read\",\"register\":\"voltageA\"");
    rig_expect(&r, "[     0.000] command 000000000001 1-0:12.7.0.255\n[     0.000] 2> " SNRM "\n");
}
END_TEST

/* A lost frame is sent again under its number; when nothing helps, the link is opened once more. */
START_TEST(lost_frames_are_sent_again)
{
    wp_port port = associated_in_hdlc();
    char first[256];
    unsigned ns;

    snprintf(first, sizeof first, "%s", last_apdu(&ns));
    rig_run(&r, WP_SEC(5));
    ck_assert_str_eq(last_apdu(&ns), first);
    ck_assert_uint_eq(ns, 1);
    rig_run(&r, WP_SEC(10));
    ck_assert_str_eq(last_apdu(&ns), first);
    rig_clear(&r);
    rig_run(&r, WP_SEC(15));
    rig_expect(&r, "[ 15000.000] 2> " SNRM "\n");
    rig_hex(&r, port, UA);
    rig_hex(&r, port, AARE_HDLC);
    ck_assert_str_eq(last_apdu(&ns), "C001C2000301000E0700FF0200");
    rig_clear(&r);
    serve(port, 1, 2, "C401C20012138C");
    ck_assert_ptr_nonnull(strstr(rig_trace(&r),
                                 "answer 000000000001 ok 1-0:12.7.0.255=DLMS GET failed: timeout "
                                 "1-0:14.7.0.255=5004\n"));
}
END_TEST

/* Each segment but the last is acknowledged. */
START_TEST(answers_in_segments_are_acknowledged)
{
    wp_port port = associated_in_hdlc();
    unsigned ns;

    rig_clear(&r);
    serve_frame(port, 1, 2, true, HDLC_LLC_RESPONSE, "C401C10012");
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "2> 7EA00802232151"));
    rig_clear(&r);
    serve_frame(port, 2, 2, false, HDLC_LLC_NONE, "5C54");
    ck_assert_str_eq(last_apdu(&ns), "C001C2000301000E0700FF0200");
}
END_TEST

/* ---- methods ------------------------------------------------------------------------------------------ */

/* No north gives such commands yet: the south is given one as the gateway would. */
static void execute(const char *what)
{
    struct gateway *g = r.machine;
    const struct wp_slice id = wp_text(what);
    const struct wp_command command = {
        .device = wp_text("000000000001"), .operation = WP_EXECUTE, .ids = &id, .n_ids = 1};
    const struct wp_event e = {.kind = WP_EV_COMMAND, .now = r.now, .command = &command};

    g->out = &r.outbox;
    gateway_step_part(&g->part[0], &e);
}

START_TEST(a_relay_is_switched_and_asked_what_came_of_it)
{
    wp_port port = meter();

    execute("disconnect");
    rig_hex(&r, port, AARE);
    rig_expect(&r, "[     0.000] 2> " AARQ "\n"
                   "[     0.000] 2> 000100010001000FC301C10046000060030AFF01010F00\n");
    rig_hex(&r, port, "0001000100010005C701C10000");
    rig_expect(&r, "[     0.000] 2> 000100010001000DC001C200460000"
                   "60030AFF0200\n");
    answer_get(port, "000300");
    rig_expect(&r, "[     0.000] reading 000000000001 asked 0-0:96.3.10.255=false\n"
                   "[     0.000] answer 000000000001 ok 0-0:96.3.10.255=false\n"
                   "[     0.000] 2> " RLRQ "\n");
    rig_hex(&r, port, RLRE);
    execute("reconnect");
    rig_hex(&r, port, AARE);
    rig_clear(&r);
    rig_hex(&r, port, "0001000100010005C701C30300");
    rig_expect(&r, "[     0.000] answer 000000000001 DLMS ACTION failed: read-write-denied "
                   "0-0:96.3.10.255=DLMS ACTION failed: read-write-denied\n"
                   "[     0.000] 2> " RLRQ "\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("south_dlms_poll");
    TCase *tc = tcase_create("south_dlms_poll");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_poll_is_one_association_and_one_reading);
    tcase_add_test(tc, a_command_is_answered_object_by_object);
    tcase_add_test(tc, commands_wait_for_the_release);
    tcase_add_test(tc, a_rejected_association_fails_the_command);
    tcase_add_test(tc, an_association_is_asked_for_three_times);
    tcase_add_test(tc, a_silent_get_times_out_and_the_next_one_goes_on);
    tcase_add_test(tc, long_answers_come_in_blocks);
    tcase_add_test(tc, a_lost_association_is_opened_once_more);
    tcase_add_test(tc, a_meter_that_goes_fails_what_waits);
    tcase_add_test(tc, a_newer_connection_goes_on_with_the_commands);
    tcase_add_test(tc, scalers_are_read_when_asked_for);
    tcase_add_test(tc, passive_by_default);
    tcase_add_test(tc, a_meter_that_speaks_hdlc_is_asked_in_hdlc);
    tcase_add_test(tc, lost_frames_are_sent_again);
    tcase_add_test(tc, answers_in_segments_are_acknowledged);
    tcase_add_test(tc, a_relay_is_switched_and_asked_what_came_of_it);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
