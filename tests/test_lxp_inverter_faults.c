/* Misbehaviour, row by row: what goes out instead, for how many occasions.
 *
 * covers: lxp_inverter_bend lxp_inverter_send */
#include "tests/lxp_inverter_rig.h"

#define QUIET "push.interval", "0s", "heartbeat.interval", "0s"

/* hold 65, asked and answered, and the heartbeat, in the default serials */
#define READ "A11A0100200001C242413535353535353535120000033535353535353535353541000100662A"
#define GOOD "A11A0200210001C24241353535353535353513000103353535353535353535354100026400217A"
#define BEAT "A11A02000D0001C14241353535353535353500"

static struct rig f;

static void setup(void)
{
    rig_start(&f, QUIET, NULL);
    rig_connect(&f);
}

static void teardown(void)
{
    rig_free(&f);
}

/* What a fault makes of the reply, for one occasion; the next reply is good again. */
static void becomes(const char *row, const char *value, const char *hex)
{
    rig_set(&f, row, value, 1);
    ck_assert_str_eq(rig_ask(&f, READ), hex);
    ck_assert_str_eq(rig_ask(&f, READ), GOOD);
    ck_assert_uint_eq(((struct lxp_inverter *)f.machine)->faults, 0);
    ck_assert_uint_eq(((struct lxp_inverter *)f.machine)->n_store, 0);
}

/* All that a request got within ten seconds. */
static const char *all_of(const char *request)
{
    f.w.n = 0;
    f.now = 0;
    rig_hex(&f, 1, request);
    rig_run(&f, WP_SEC(10));
    return wp_put_end(&f.w);
}

/* ---- requests ------------------------------------------------------------------------------------------------------ */

START_TEST(silence_is_of_a_kind)
{
    becomes("fault.silence", "any", "silence");
    becomes("fault.silence", "hold", "silence");
    rig_set(&f, "fault.silence", "write", 1);
    ck_assert_str_eq(rig_ask(&f, READ), GOOD);
    ck_assert_str_eq(rig_write(&f, 65, 50), "silence");
    ck_assert_uint_eq(rig_hold(&f, 65), 100);
    rig_set(&f, "fault.silence", "input", 0);
    ck_assert_str_eq(rig_read(&f, LXP_READ_INPUT, 0, 1), "silence");
    ck_assert_str_eq(rig_read(&f, LXP_READ_INPUT, 0, 1), "silence");
    rig_set(&f, "fault.silence", NULL, 0);
    ck_assert_mem_eq(rig_read(&f, LXP_READ_INPUT, 0, 1), "input 0:", 8);
    rig_set(&f, "fault.silence", "param", 1);
    ck_assert_str_eq(rig_ask(&f, "A11A01000E0001C3424135353535353535350000"), "silence");
}
END_TEST

START_TEST(a_reply_may_be_late)
{
    rig_set(&f, "fault.late", "6s", 1);
    ck_assert_str_eq(all_of(READ READ), "[     6.050] 1> " GOOD "\n[     6.100] 1> " GOOD "\n");
}
END_TEST

START_TEST(an_exception_executes_nothing)
{
    rig_set(&f, "fault.exception", "3", 2);
    ck_assert_str_eq(rig_write(&f, 65, 50), "exception 86 65: 3");
    ck_assert_uint_eq(rig_hold(&f, 65), 100);
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 65, 1), "exception 83 65: 3");
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 65, 1), "hold 65: 100");
}
END_TEST

START_TEST(a_register_may_be_rejected)
{
    const uint16_t pair[] = {1, 2};

    rig_set(&f, "fault.reject", "21", 0);
    ck_assert_str_eq(rig_write(&f, 65, 50), "write 65: 50");
    ck_assert_str_eq(rig_write(&f, 21, 1), "exception 86 21: 3");
    ck_assert_str_eq(rig_write(&f, 21, 1), "exception 86 21: 3");
    rig_set(&f, "fault.reject", "65=2", 1);
    ck_assert_str_eq(rig_write_multi(&f, 64, pair, 2), "exception 90 64: 2");
    ck_assert_str_eq(rig_write_multi(&f, 64, pair, 2), "multi 64: 2");
    rig_set(&f, "fault.reject", "x", 1);
    rig_expect(&f, "[     5.000] note value-refused: fault.reject 1\n");
}
END_TEST

/* ---- replies ----------------------------------------------------------------------------------------------------------- */

START_TEST(a_reply_may_say_something_else)
{
    becomes("fault.register", "66",
            "A11A0200210001C24241353535353535353513000103353535353535353535354200026400657A");
    rig_set(&f, "fault.echo", "-1", 1);
    ck_assert_str_eq(rig_write(&f, 65, 50), "write 65: 49");
    ck_assert_uint_eq(rig_hold(&f, 65), 50);
    rig_set(&f, "fault.echo", "65535", 1);
    ck_assert_str_eq(rig_write(&f, 65, 1), "write 65: 0");
    rig_set(&f, "fault.function", "4", 1);
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 65, 1), "input 65: 1");
    rig_set(&f, "fault.register", "40", 1);
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 65, 1), "hold 40: 1");
}
END_TEST

START_TEST(a_reply_may_have_another_count)
{
    const uint16_t pair[] = {1, 2};

    rig_set(&f, "fault.count", "3", 1);
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 65, 1), "hold 65: 100 100 100");
    rig_set(&f, "fault.count", "1", 1);
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 65, 3), "hold 65: 100");
    rig_set(&f, "fault.count", "7", 1);
    ck_assert_str_eq(rig_write_multi(&f, 64, pair, 2), "multi 64: 7");
}
END_TEST

/* What somebody else asked for stands in front of the reply. */
START_TEST(a_strangers_reply_may_come_first)
{
    static const char *const kinds[] = {"hold", "input", "write", "param", "heartbeat"};
    static const char *const heads[] = {"A11A02006F0001C2", "A11A02006F0001C2", "A11A0200200001C2",
                                        "A11A02000F0001C4", "A11A02000D0001C1"};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *came, *second;

        rig_set(&f, "fault.stray", kinds[i], 1);
        came = all_of(READ);
        ck_assert_msg(strncmp(came + 16, heads[i], 16) == 0, "%s: %s", kinds[i], came);
        second = strchr(came, '\n') + 1;
        ck_assert_str_eq(second, "[     0.050] 1> " GOOD "\n");
    }
}
END_TEST

/* ---- frames --------------------------------------------------------------------------------------------------------------- */

START_TEST(serials_may_be_others)
{
    becomes("fault.serial", "6666666666",
            "A11A0200210001C24241353535353535353513000103363636363636363636364100026400F822");
    becomes("fault.datalog", "BA66666666",
            "A11A0200210001C24241363636363636363613000103353535353535353535354100026400217A");
    rig_set(&f, "fault.serial", "66", 1);
    rig_expect(&f, "[     4.000] note value-refused: fault.serial 1\n");
}
END_TEST

START_TEST(lengths_and_checksum_may_be_wrong)
{
    becomes("fault.crc", "true",
            "A11A0200210001C24241353535353535353513000103353535353535353535354100026400227A");
    becomes("fault.length", "0",
            "A11A0200000001C24241353535353535353513000103353535353535353535354100026400217A");
    becomes("fault.length", "65535",
            "A11A0200FFFF01C24241353535353535353513000103353535353535353535354100026400217A");
    becomes("fault.data_length", "17",
            "A11A0200210001C24241353535353535353511000103353535353535353535354100026400217A");
    becomes("fault.unknown", "tcp",
            "A11A0200210001C54241353535353535353513000103353535353535353535354100026400217A");
}
END_TEST

START_TEST(an_unknown_device_function_has_a_good_checksum)
{
    struct lxp_frame frame;
    uint8_t octets[64];
    struct wp_decode d;
    size_t n;

    rig_set(&f, "fault.unknown", "device", 1);
    ck_assert(wp_hex_read(wp_text(rig_ask(&f, READ)), octets, sizeof octets, &n));
    d = lxp_decode(NULL, WP_SIDE_SERVER, wp_slice(octets, n), &frame);
    ck_assert_int_eq(d.fault, WP_FAULT_DEVICE_FUNCTION);
    ck_assert_uint_eq(d.used, n);
}
END_TEST

START_TEST(octets_may_stand_around_a_frame)
{
    becomes("fault.junk", "41542B515549540D", "41542B515549540D" GOOD);
    becomes("fault.inside", "41542B515549540D",
            "A11A0200210001C2424135353535353535351341542B515549540D000103353535353535353535354100026400217A");
}
END_TEST

START_TEST(a_frame_may_begin_twice)
{
    becomes("fault.truncate", "6", "A11A02002100" GOOD);
}
END_TEST

START_TEST(half_a_frame_may_be_all)
{
    becomes("fault.half", "16", "A11A0200210001C24241353535353535");
    becomes("fault.half", "0", "silence");
}
END_TEST

/* The rest comes after the pause, and so does everything else. */
START_TEST(half_a_frame_may_be_finished_later)
{
    rig_set(&f, "fault.half", "16", 1);
    rig_set(&f, "fault.half.gap", "3s", 1);
    rig_set(&f, "heartbeat.interval", "1s", 0);
    f.w.n = 0;
    rig_hex(&f, 1, READ READ);
    rig_run(&f, WP_MS(3100));
    rig_expect(&f, "[     0.050] 1> A11A0200210001C24241353535353535\n"
                   "[     3.050] 1> 353513000103353535353535353535354100026400217A\n"
                   "[     3.050] 1> " GOOD "\n"
                   "[     3.050] 1> " BEAT "\n");
}
END_TEST

START_TEST(a_frame_may_come_in_pieces)
{
    rig_set(&f, "fault.split", "20", 1);
    ck_assert_str_eq(all_of(READ), "[     0.050] 1> A11A0200210001C2424135353535353535351300\n"
                                   "[     0.050] 1> 0103353535353535353535354100026400217A\n");
}
END_TEST

START_TEST(two_frames_may_come_as_one)
{
    rig_set(&f, "fault.coalesce", "true", 1);
    ck_assert_str_eq(all_of(READ READ), "[     0.100] 1> " GOOD GOOD "\n");
}
END_TEST

START_TEST(a_frame_may_come_again)
{
    rig_set(&f, "fault.duplicate", "2", 1);
    ck_assert_str_eq(all_of(READ),
                     "[     0.050] 1> " GOOD "\n[     0.050] 1> " GOOD "\n[     0.050] 1> " GOOD "\n");
}
END_TEST

START_TEST(a_connection_may_end_inside_a_frame)
{
    rig_set(&f, "fault.drop", "8", 1);
    ck_assert_str_eq(all_of(READ READ), "[     0.050] 1> A11A0200210001C2\n[     0.050] 1 closed\n");
    rig_connect(&f);
    rig_set(&f, "fault.abort", "0", 1);
    f.w.n = 0;
    rig_hex(&f, 2, READ);
    rig_run(&f, WP_SEC(20));
    rig_expect(&f, "[    10.050] 2 reset\n");
    rig_connect(&f);
    rig_hex(&f, 3, READ);
    rig_run(&f, WP_SEC(30));
    rig_expect(&f, "[    20.050] 3> " GOOD "\n");
}
END_TEST

/* A fault of a frame acts on what is pushed, too, and waits for somebody who sees it. */
START_TEST(faults_act_on_every_frame)
{
    rig_set(&f, "heartbeat.interval", "1s", 0);
    rig_disconnect(&f, 1);
    rig_set(&f, "fault.junk", "00", 1);
    rig_run(&f, WP_SEC(2));
    rig_connect(&f);
    rig_run(&f, WP_SEC(4));
    rig_expect(&f, "[     3.000] 2> 00" BEAT "\n[     4.000] 2> " BEAT "\n");
}
END_TEST

/* ---- the dongle --------------------------------------------------------------------------------------------------------- */

START_TEST(heartbeats_and_bursts_may_be_left_out)
{
    rig_free(&f);
    rig_start(&f, "push.interval", "10s", "heartbeat.interval", "4s", NULL);
    rig_connect(&f);
    rig_set(&f, "fault.heartbeat", "true", 2);
    rig_set(&f, "fault.push", "true", 3);
    rig_run(&f, WP_SEC(12));
    rig_expect(&f, "[    12.000] 1> " BEAT "\n");
}
END_TEST

START_TEST(clients_may_be_refused)
{
    rig_set(&f, "fault.refuse", "true", 1);
    rig_connect(&f);
    rig_connect(&f);
    rig_expect(&f, "[     0.000] 2 reset\n");
    ck_assert_str_eq(rig_ask(&f, READ), GOOD);
}
END_TEST

START_TEST(a_mute_dongle_accepts_and_says_nothing)
{
    rig_set(&f, "fault.mute", "true", 0);
    rig_set(&f, "heartbeat.interval", "1s", 0);
    rig_connect(&f);
    ck_assert_str_eq(all_of(READ), "");
    rig_set(&f, "portal.write", "65=50", 0);
    rig_expect(&f, "");
    rig_set(&f, "fault.mute", NULL, 0);
    rig_set(&f, "heartbeat.interval", "0s", 0);
    ck_assert_str_eq(rig_read(&f, LXP_READ_HOLD, 65, 1), "hold 65: 50");
}
END_TEST

START_TEST(some_faults_happen_at_once)
{
    rig_connect(&f);
    rig_set(&f, "fault.send", "A11A", 1);
    rig_set(&f, "fault.hangup", "orderly", 1);
    rig_connect(&f);
    rig_set(&f, "fault.hangup", "reset", 1);
    rig_expect(&f,
               "[     0.000] 1> A11A\n[     0.000] 2> A11A\n[     0.000] 1 closed\n[     0.000] 2 closed\n"
               "[     0.000] 3 reset\n");
}
END_TEST

/* Without power nobody is told; who comes meanwhile is refused, who was there is reset when it is back. */
START_TEST(a_dongle_may_lose_its_power)
{
    rig_set(&f, "heartbeat.interval", "4s", 0);
    rig_hex(&f, 1, READ);
    rig_set(&f, "fault.power", "5s", 1);
    rig_run(&f, WP_SEC(3));
    rig_hex(&f, 1, READ);
    rig_set(&f, "portal.write", "65=50", 0);
    rig_set(&f, "push.now", "true", 0);
    rig_set(&f, "fault.hangup", "orderly", 1);
    rig_connect(&f);
    rig_run(&f, WP_SEC(5));
    rig_connect(&f);
    rig_run(&f, WP_SEC(9));
    rig_expect(&f, "[     3.000] 2 reset\n[     5.000] 1 reset\n[     9.000] 3> " BEAT "\n");
    ck_assert_uint_eq(rig_hold(&f, 65), 100);
}
END_TEST

/* ---- the table ----------------------------------------------------------------------------------------------------------- */

START_TEST(faults_may_be_given_at_the_start)
{
    rig_free(&f);
    rig_start(&f, QUIET, "memory", "0", "fault.crc", "true", "fault.junk", "00112233445566778899AABBCCDDEEFF",
              NULL);
    rig_connect(&f);
    ck_assert_str_eq(rig_ask(&f, READ), "00112233445566778899AABBCCDDEEFFA11A0200210001C242413535353535353535"
                                        "1300010335353535353535353535410002"
                                        "6400227A");
}
END_TEST

START_TEST(a_full_memory_refuses_by_name)
{
    rig_free(&f);
    rig_start(&f, QUIET, "memory", "20", NULL);
    rig_connect(&f);
    rig_set(&f, "fault.half", "16", 1);
    rig_set(&f, "fault.half.gap", "1s", 1);
    rig_expect(&f, "[     0.000] note memory-full: fault.half.gap 1\n");
    rig_set(&f, "fault.half", NULL, 0);
    rig_set(&f, "fault.coalesce", "true", 1);
    ck_assert_str_eq(all_of(READ),
                     "[     0.050] note memory-full: fault.coalesce 1\n[     0.050] 1> " GOOD "\n");
    rig_set(&f, "fault.junk", "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF00", 1);
    rig_expect(&f, "[     0.050] note memory-full: fault.coalesce 1\n[     0.050] 1> " GOOD
                   "\n[    10.000] note value-refused: fault.junk 1\n");
}
END_TEST

/* Every row can be switched on and off, and leaves nothing behind. */
START_TEST(every_fault_can_be_cleared)
{
    static const char *const texts[] = {"true", "1", "41", "1s", "any", "tcp", "hold", "reset", "5555555555"};

    for (size_t row = INVERTER_FIRST_FAULT; row < INVERTER_FIRST_STRIKE; row++) {
        const struct wp_option *o = &lxp_inverter_options[row];
        struct wp_value v = wp_null();
        bool is_set = false;

        for (size_t i = 0; !is_set && i < sizeof texts / sizeof texts[0]; i++)
            if (wp_option_read(o, wp_text(texts[i]), &v, NULL) &&
                lxp_inverter_fault_is_good((enum lxp_inverter_row)row, v)) {
                rig_set(&f, o->name, texts[i], 0);
                is_set = true;
            }
        ck_assert_msg(is_set && ((struct lxp_inverter *)f.machine)->faults != 0, "%s", o->name);
        rig_set(&f, o->name, NULL, 0);
        ck_assert_uint_eq(((struct lxp_inverter *)f.machine)->faults, 0);
        ck_assert_uint_eq(((struct lxp_inverter *)f.machine)->n_store, 0);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        silence_is_of_a_kind,
        a_reply_may_be_late,
        an_exception_executes_nothing,
        a_register_may_be_rejected,
        a_reply_may_say_something_else,
        a_reply_may_have_another_count,
        a_strangers_reply_may_come_first,
        serials_may_be_others,
        lengths_and_checksum_may_be_wrong,
        an_unknown_device_function_has_a_good_checksum,
        octets_may_stand_around_a_frame,
        a_frame_may_begin_twice,
        half_a_frame_may_be_all,
        half_a_frame_may_be_finished_later,
        a_frame_may_come_in_pieces,
        two_frames_may_come_as_one,
        a_frame_may_come_again,
        a_connection_may_end_inside_a_frame,
        faults_act_on_every_frame,
        heartbeats_and_bursts_may_be_left_out,
        clients_may_be_refused,
        a_mute_dongle_accepts_and_says_nothing,
        some_faults_happen_at_once,
        a_dongle_may_lose_its_power,
        faults_may_be_given_at_the_start,
        a_full_memory_refuses_by_name,
        every_fault_can_be_cleared,
    };
    Suite *s = suite_create("lxp_inverter_faults");
    TCase *t = tcase_create("faults");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
