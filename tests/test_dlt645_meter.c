/* The meter on its line: which bytes in, which bytes out, when.
 *
 * covers: dlt645_meter_link dlt645_meter_options dlt645_meter_settings
 * Frames marked (vectors) are in vectors/ivy-and-dlt645.json, those marked (capture) in captures/dlt645; the others
 * were computed from them by changing address or identifier. */
#include "tests/dlt645_meter_rig.h"

#define READ_VOLTAGE   "6834120000000068110433343435FB16"     /* (vectors) 02010100 */
#define REPLY_220_5    "683412000000006891063334343538550A16" /* (vectors) 220.5 V */
#define READ_ADDRESS   "68AAAAAAAAAAAA681300DF16"             /* (vectors) */
#define REPLY_ADDRESS  "683412000000006893066745333333332716" /* (vectors) */
#define READ_FREQUENCY "683412000000006811043533B3357B16"

static struct rig f;

static void setup(void)
{
    rig_start(&f, "address", "000000001234", "login", "silent", "voltageA", "220.5", NULL);
}

static void teardown(void)
{
    rig_free(&f);
}

/* ---- reading ------------------------------------------------------------------------------------------------- */

/* A reading is asked for and comes after the reply delay, with the same bytes as from a public simulator. */
START_TEST(a_reading_is_answered)
{
    rig_hex(&f, READ_VOLTAGE);
    rig_expect(&f, "");
    rig_run(&f, WP_SEC(1));
    rig_expect(&f, "[    50.000] > " REPLY_220_5 "\n");
}
END_TEST

START_TEST(the_reply_delay_is_an_option)
{
    rig_set(&f, "reply.delay", "200ms", 0);
    rig_hex(&f, READ_VOLTAGE);
    rig_run(&f, WP_SEC(1));
    rig_set(&f, "reply.delay", "0s", 0);
    rig_hex(&f, READ_VOLTAGE);
    rig_run(&f, WP_SEC(1));
    rig_expect(&f, "[   200.000] > " REPLY_220_5 "\n"
                   "[  1000.000] > " REPLY_220_5 "\n");
}
END_TEST

START_TEST(wake_up_bytes_come_and_go_as_asked)
{
    rig_set(&f, "preamble", "4", 0);
    rig_hex(&f, "FEFEFEFE" READ_VOLTAGE);
    rig_run(&f, WP_SEC(1));
    rig_expect(&f, "[    50.000] > FEFEFEFE" REPLY_220_5 "\n");
}
END_TEST

START_TEST(the_wildcard_is_answered_with_the_own_address)
{
    rig_hex(&f, READ_ADDRESS);
    rig_run(&f, WP_SEC(1));
    rig_expect(&f, "[    50.000] > " REPLY_ADDRESS "\n");
    rig_hex(&f, "68AAAAAAAAAAAA68110433343435B116"); /* (vectors) 02010100 */
    rig_run(&f, WP_SEC(2));
    rig_expect(&f, "[  1050.000] > " REPLY_220_5 "\n");
    rig_hex(&f, "6834AAAAAAAAAA681104333434353B16"); /* shortened: the low byte, AA above */
    rig_run(&f, WP_SEC(3));
    rig_expect(&f, "[  2050.000] > " REPLY_220_5 "\n");
}
END_TEST

START_TEST(what_is_not_for_it_gets_no_answer)
{
    static const char *const frame[] = {
        "68785600000000681104333434358316",                   /* (vectors) another meter's */
        "68FFFFFFFFFFFF68140D3433FF37353333334444444444AA16", /* (vectors) FF is no wildcard */
        "68341200000000689108333333339A7856341716",           /* (vectors) a reply with its own address */
        "6812907856341268010243C38F16",                       /* (vectors) 1997 */
        "6834120000000068010243C31F16",                       /* 1997, its own address */
        "68999999999999681104333434354B16",                   /* a read for all */
        "689999999999996808067863434834576516",               /* (vectors) broadcast time */
        "68999999999999681604CCCCCCCCB016",                   /* (vectors) broadcast freeze */
        "6834120000000068110433343435FC16",                   /* checksum wrong by one */
        "683412000000006851006716",                           /* a request with the abnormal bit */
        "683412000000006800001616",                           /* a reserved function */
        "68341200000000681F003516",                           /* the vendor's own function */
    };

    for (size_t i = 0; i < sizeof frame / sizeof frame[0]; i++) {
        rig_hex(&f, frame[i]);
        rig_run(&f, f.now + WP_SEC(60));
        ck_assert_msg(f.w.n == 0, "an answer to %s", frame[i]);
    }
    rig_hex(&f, READ_VOLTAGE);
    rig_run(&f, f.now + WP_SEC(1));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&f.w), REPLY_220_5));
}
END_TEST

START_TEST(requests_wait_for_each_other)
{
    rig_hex(&f, READ_VOLTAGE READ_ADDRESS READ_VOLTAGE);
    rig_run(&f, WP_SEC(1));
    rig_expect(&f, "[    50.000] > " REPLY_220_5 "\n"
                   "[   100.000] > " REPLY_ADDRESS "\n"
                   "[   150.000] > " REPLY_220_5 "\n");
}
END_TEST

START_TEST(what_does_not_fit_behind_a_pending_request_is_dropped_with_a_note)
{
    rig_hex(&f, READ_VOLTAGE READ_VOLTAGE READ_VOLTAGE READ_VOLTAGE); /* 64 bytes; it holds 62 */
    rig_run(&f, WP_SEC(10));
    rig_expect(&f, "[     0.000] note rx-full: bytes dropped behind a request that waits for its reply 2\n"
                   "[    50.000] > " REPLY_220_5 "\n"
                   "[   100.000] > " REPLY_220_5 "\n"
                   "[   150.000] > " REPLY_220_5 "\n");
}
END_TEST

/* A false start hides nothing, and an announced length that no request has is no start. */
START_TEST(a_request_in_noise_is_found)
{
    static const char *const noise[] = {
        "68",
        "0000",
        "FE",
        "68AA",
        "6834120000000068",
        "683412000000006811FF",
        "6834120000000068FFFF33",
        "0001",
        "000100010001001268",
        "00010001000110006868",
        "16FF00FF",
        "6868686868686868686868",
    };

    for (size_t i = 0; i < sizeof noise / sizeof noise[0]; i++) {
        rig_hex(&f, noise[i]);
        rig_hex(&f, READ_VOLTAGE);
        rig_run(&f, f.now + WP_SEC(60));
        ck_assert_msg(strstr(wp_put_end(&f.w), REPLY_220_5), "behind %s", noise[i]);
        f.w.n = 0;
    }
}
END_TEST

START_TEST(half_a_request_is_given_up_after_the_frame_timeout)
{
    rig_hex(&f, "683412000000006811");
    rig_run(&f, WP_MS(1999));
    rig_hex(&f, "04"); /* progress: the time begins anew */
    rig_run(&f, WP_MS(3999));
    rig_hex(&f, READ_VOLTAGE); /* after the timeout this stands at the front */
    rig_run(&f, WP_SEC(10));
    rig_expect(&f, "[  4049.000] > " REPLY_220_5 "\n");
}
END_TEST

/* The same stream in one piece, in single bytes and cut at every place gives the same replies at the same times. */
START_TEST(any_split_of_the_stream_gives_the_same_replies)
{
    static const char stream[] =
        "FE68FF00" READ_VOLTAGE "6834" READ_ADDRESS "16FEFE" READ_FREQUENCY "0001000100";
    static char whole[4096];
    uint8_t bytes[128];
    size_t n;

    ck_assert(wp_hex_read(wp_text(stream), bytes, sizeof bytes, &n));
    rig_bytes(&f, wp_slice(bytes, n));
    rig_run(&f, WP_SEC(60));
    snprintf(whole, sizeof whole, "%s", wp_put_end(&f.w));
    ck_assert(strstr(whole, REPLY_220_5) && strstr(whole, REPLY_ADDRESS));
    for (size_t cut = 0; cut <= n; cut++) {
        teardown();
        setup();
        for (size_t i = 0; i < n && cut == 0; i++)
            rig_bytes(&f, wp_slice(bytes + i, 1));
        if (cut > 0) {
            rig_bytes(&f, wp_slice(bytes, cut));
            rig_bytes(&f, wp_slice(bytes + cut, n - cut));
        }
        rig_run(&f, WP_SEC(60));
        ck_assert_str_eq(wp_put_end(&f.w), whole);
    }
}
END_TEST

START_TEST(the_longest_request_fits_and_a_longer_one_is_none)
{
    struct dlt645_frame request;
    static const uint8_t zeros[255];
    static const struct dlt645_auth auth = {.level = 2};

    dlt645_ask_write(&request, 0x1234, 0x04010001, &auth,
                     wp_slice(zeros, 38)); /* 12 + 38 = 50 bytes of data */
    rig_frame(&f, &request);
    rig_run(&f, WP_SEC(1));
    rig_expect(&f, "[    50.000] > 6834120000000068D401341F16\n"); /* no slot table, but read and refused */
    dlt645_ask_write(&request, 0x1234, 0x04010001, &auth, wp_slice(zeros, 39));
    rig_frame(&f, &request);
    rig_run(&f, WP_SEC(20));
    rig_expect(&f, "");
}
END_TEST

/* ---- the line -------------------------------------------------------------------------------------------------- */

#define LOGIN    "00010001000100120A020C323130363030343032393431005A4C" /* (vectors) captured */
#define LOGIN_OK "0001000100010012AA030C323130363030343032393431007004" /* (vectors) captured */
/* (vectors) captured, from a concentrator */
#define HEARTBEAT "00010001000100110C010C3231313230303530343337374002"

START_TEST(it_logs_in_as_captured)
{
    rig_free(&f);
    rig_init(&f, "address", "210600402941", NULL);
    rig_step(&f, (struct wp_event){.kind = WP_EV_START});
    rig_run(&f, 0);
    rig_expect(&f, "[     0.000] dial\n"
                   "[     0.000] > " LOGIN "\n");
}
END_TEST

START_TEST(it_keeps_the_line_alive_as_captured)
{
    rig_free(&f);
    rig_start(&f, "address", "211200504377", "login.type", "1", NULL);
    rig_run(&f, WP_SEC(125));
    rig_expect(&f, "[ 60000.000] > " HEARTBEAT "\n"
                   "[120000.000] > " HEARTBEAT "\n");
    rig_set(&f, "heartbeat.interval", "10s", 0);
    rig_run(&f, WP_SEC(136));
    rig_expect(&f, "[135000.000] > " HEARTBEAT "\n");
    rig_set(&f, "heartbeat.interval", "0s", 0);
    rig_run(&f, WP_SEC(1000));
    rig_expect(&f, "");
}
END_TEST

START_TEST(it_logs_in_again_until_it_is_answered)
{
    rig_free(&f);
    rig_start(&f, "address", "210600402941", "login.repeat", "10s", NULL);
    rig_run(&f, WP_SEC(25));
    rig_expect(&f, "[ 10000.000] > " LOGIN "\n"
                   "[ 20000.000] > " LOGIN "\n");
    rig_hex(&f, LOGIN_OK);
    rig_run(&f, WP_SEC(84));
    rig_expect(&f, "");
}
END_TEST

START_TEST(unanswered_heartbeats_end_the_connection)
{
    rig_free(&f);
    rig_start(&f, "address", "211200504377", "login.type", "1", "heartbeat.misses", "2", NULL);
    rig_run(&f, WP_SEC(61));
    rig_hex(&f, "0001000100010011CC030C32313132303035303433373794FF"); /* (protocol page, from a capture) */
    rig_run(&f, WP_SEC(246));
    rig_expect(&f, "[ 60000.000] > " HEARTBEAT "\n"
                   "[120000.000] > " HEARTBEAT "\n"
                   "[180000.000] > " HEARTBEAT "\n"
                   "[240000.000] hang up\n"
                   "[245000.000] dial\n"
                   "[245000.000] > 00010001000100120A010C323131323030353034333737007EB2\n");
}
END_TEST

START_TEST(the_login_crc_can_be_zero_or_wrong)
{
    rig_free(&f);
    rig_init(&f, "address", "311501114070", "login.crc", "zero", NULL);
    rig_step(&f, (struct wp_event){.kind = WP_EV_START});
    rig_run(&f, 0);
    rig_expect(&f, "[     0.000] dial\n" /* (vectors) the original gateway's own test input */
                   "[     0.000] > 00010001000100120A020C333131353031313134303730000000\n");
    rig_set(&f, "login.crc", "wrong", 0);
    rig_step(&f, (struct wp_event){.kind = WP_EV_CLOSE, .port = f.port, .close.reason = WP_CLOSE_PEER});
    rig_run(&f, WP_SEC(5));
    rig_expect(&f, "[  5000.000] dial\n" /* right is 7F29 (vectors) */
                   "[  5000.000] > 00010001000100120A020C333131353031313134303730008029\n");
}
END_TEST

/* As the meters of the capture do: a reading first, unasked. */
START_TEST(without_login_it_greets_with_a_reading)
{
    rig_free(&f);
    rig_init(&f, "address", "000000001231", "login", "none", "register", "00000000=12345.67", NULL);
    rig_step(&f, (struct wp_event){.kind = WP_EV_START});
    rig_run(&f, 0);
    rig_expect(&f, "[     0.000] dial\n"
                   "[     0.000] > 68311200000000689108333333339A7856341416\n"); /* (capture) */
}
END_TEST

START_TEST(readings_are_pushed)
{
    rig_set(&f, "push.di", "02010100 02010200", 0);
    rig_set(&f, "push.interval", "10s", 0);
    rig_set(&f, "voltageB", "229.7", 0);
    rig_run(&f, WP_SEC(11));
    rig_expect(&f, "[ 10000.000] > " REPLY_220_5 "\n"
                   "[ 10000.000] > 6834120000000068910633353435CA559D16\n");
    rig_set(&f, "push", "02010100", 0);
    rig_expect(&f, "[ 11000.000] > " REPLY_220_5 "\n");
    rig_set(&f, "push.interval", NULL, 0);
    rig_run(&f, WP_SEC(100));
    rig_expect(&f, "");
}
END_TEST

START_TEST(a_refused_dial_backs_off)
{
    rig_free(&f);
    rig_init(&f, "address", "000000001234", "login", "silent", "dial.delay", "2s", "redial.max", "30s", NULL);
    f.refuse = true;
    rig_step(&f, (struct wp_event){.kind = WP_EV_START});
    rig_run(&f, WP_SEC(100));
    rig_expect(&f, "[  2000.000] dial\n"
                   "[  7000.000] dial\n"
                   "[ 17000.000] dial\n"
                   "[ 37000.000] dial\n"
                   "[ 67000.000] dial\n"
                   "[ 97000.000] dial\n");
    f.refuse = false; /* once the gateway asked something, it is the short wait again */
    rig_run(&f, WP_SEC(130));
    rig_hex(&f, READ_ADDRESS);
    rig_run(&f, WP_SEC(131));
    rig_step(&f, (struct wp_event){.kind = WP_EV_CLOSE, .port = f.port, .close.reason = WP_CLOSE_RESET});
    rig_run(&f, WP_SEC(136));
    rig_expect(&f, "[127000.000] dial\n"
                   "[130050.000] > " REPLY_ADDRESS "\n"
                   "[136000.000] dial\n");
}
END_TEST

START_TEST(dials_are_spread_by_the_seed)
{
    wp_us first[2];

    for (unsigned i = 0; i < 2; i++) {
        rig_free(&f);
        rig_init(&f, "dial.spread", "60s", NULL);
        f.setup.seed = 100 + i;
        rig_step(&f, (struct wp_event){.kind = WP_EV_START});
        first[i] = dlt645_meter_class.deadline(f.machine);
        ck_assert_int_ge(first[i], 0);
        ck_assert_int_le(first[i], WP_SEC(60));
    }
    ck_assert_int_ne(first[0], first[1]);
}
END_TEST

START_TEST(a_pending_reply_dies_with_its_connection)
{
    rig_hex(&f, READ_VOLTAGE);
    rig_step(&f, (struct wp_event){.kind = WP_EV_CLOSE, .port = f.port, .close.reason = WP_CLOSE_RESET});
    rig_run(&f, WP_SEC(6));
    rig_expect(&f, "[  5000.000] dial\n");
    rig_hex(&f, READ_ADDRESS);
    rig_run(&f, WP_SEC(7));
    rig_expect(&f, "[  6050.000] > " REPLY_ADDRESS "\n");
}
END_TEST

START_TEST(the_end_of_the_run_is_a_hang_up)
{
    rig_step(&f, (struct wp_event){.kind = WP_EV_STOP});
    rig_run(&f, WP_SEC(1000));
    rig_expect(&f, "[     0.000] hang up\n");
    ck_assert_int_eq(dlt645_meter_class.deadline(f.machine), WP_NEVER);
}
END_TEST

/* ---- what it costs, what it refuses ----------------------------------------------------------------------------- */

/* Ten thousand of these are 3.5 MB. */
START_TEST(a_bare_meter_is_small)
{
    rig_free(&f);
    rig_init(&f, "tariffs", "1", "memory", "0", "settlements", "0", "freezes", "0", NULL);
    ck_assert_uint_le(dlt645_meter_class.size(&f.setup), 350);
    rig_free(&f);
    rig_init(&f, NULL);
    ck_assert_uint_le(dlt645_meter_class.size(&f.setup), 1024);
}
END_TEST

START_TEST(a_setup_that_cannot_live_is_refused_with_a_sentence)
{
    static const char *const bad[][2] = {
        {"address", "12"},
        {"address", "00000000123G"},
        {"meter.number", "12345"},
        {"password", "00"},
        {"operator", "00"},
        {"slots", "25:00=1"},
        {"slots", "07:00=5"},
        {"slots", "07:00=1 06:00=2"},
        {"slots", ""},
        {"settlement", "2900"},
        {"settlement", "0124"},
        {"levels", "04"},
        {"levels", "04=22"},
        {"mode.active", "0505"},
        {"push.di", "0001"},
        {"rated.voltage", "1234567"},
        {"profile.interval", "90s"},
        {"redial.min", "1h"},
        {"register", "00010000"},
        {"register", "00010000=1.234"},
        {"register", "00990000=1"},
        {"register", "FF000000=x00"},
        {"voltageA", "230.12"},
        {"fault.di", "00"},
        {"fault.address", "12"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct wp_option *o = rig_option(bad[i][0]);
        char why[256];
        struct wp_writer w = wp_writer(why, sizeof why);

        f.given[0] = (struct wp_option_value){.option = o, .value = rig_value(o, bad[i][1])};
        f.setup.n_given = 1;
        ck_assert_msg(!dlt645_meter_class.check(&f.setup, &w), "%s: %s", bad[i][0], bad[i][1]);
        ck_assert_uint_gt(w.n, 10);
    }
}
END_TEST

START_TEST(every_row_has_a_readable_default_and_a_line_of_help)
{
    for (size_t i = 0; i < dlt645_meter_class.n_options; i++) {
        const struct wp_option *o = &dlt645_meter_class.options[i];
        struct wp_value v;

        if (o->fallback)
            ck_assert_msg(wp_option_read(o, wp_text(o->fallback), &v, NULL), "%s", o->name);
        ck_assert_uint_gt(strlen(o->help), 0);
        ck_assert_ptr_eq(
            wp_option_find(dlt645_meter_class.options, dlt645_meter_class.n_options, wp_text(o->name)), o);
    }
}
END_TEST

START_TEST(a_full_memory_refuses_by_name)
{
    rig_free(&f);
    rig_start(&f, "login", "silent", "memory", "10", NULL);
    rig_set(&f, "voltageA", "1", 0);
    rig_set(&f, "voltageB", "2", 0);
    rig_set(&f, "fault.checksum", "true", 1);
    rig_expect(&f, "[     0.000] note memory-full: register 1\n"
                   "[     0.000] note memory-full: fault.checksum 1\n");
    ck_assert_str_eq(rig_read(&f, 0x02010100), "1.0");
    ck_assert_str_eq(rig_read(&f, 0x02010200), "230.0");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dlt645_meter");
    TCase *t = tcase_create("line");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_reading_is_answered);
    tcase_add_test(t, the_reply_delay_is_an_option);
    tcase_add_test(t, wake_up_bytes_come_and_go_as_asked);
    tcase_add_test(t, the_wildcard_is_answered_with_the_own_address);
    tcase_add_test(t, what_is_not_for_it_gets_no_answer);
    tcase_add_test(t, requests_wait_for_each_other);
    tcase_add_test(t, what_does_not_fit_behind_a_pending_request_is_dropped_with_a_note);
    tcase_add_test(t, a_request_in_noise_is_found);
    tcase_add_test(t, half_a_request_is_given_up_after_the_frame_timeout);
    tcase_add_test(t, any_split_of_the_stream_gives_the_same_replies);
    tcase_add_test(t, the_longest_request_fits_and_a_longer_one_is_none);
    tcase_add_test(t, it_logs_in_as_captured);
    tcase_add_test(t, it_keeps_the_line_alive_as_captured);
    tcase_add_test(t, it_logs_in_again_until_it_is_answered);
    tcase_add_test(t, unanswered_heartbeats_end_the_connection);
    tcase_add_test(t, the_login_crc_can_be_zero_or_wrong);
    tcase_add_test(t, without_login_it_greets_with_a_reading);
    tcase_add_test(t, readings_are_pushed);
    tcase_add_test(t, a_refused_dial_backs_off);
    tcase_add_test(t, dials_are_spread_by_the_seed);
    tcase_add_test(t, a_pending_reply_dies_with_its_connection);
    tcase_add_test(t, the_end_of_the_run_is_a_hang_up);
    tcase_add_test(t, a_bare_meter_is_small);
    tcase_add_test(t, a_setup_that_cannot_live_is_refused_with_a_sentence);
    tcase_add_test(t, every_row_has_a_readable_default_and_a_line_of_help);
    tcase_add_test(t, a_full_memory_refuses_by_name);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
