/* Connections of the LuxPower south: dialling, coming and going, heartbeats, silence, many at once.
 * covers: south_lxp, south_lxp_setup */
#include "tests/south_lxp_rig.h"

static struct rig r;

static void teardown(void)
{
    rig_end(&r);
}

/* ---- dialling ------------------------------------------------------------------------------------- */

START_TEST(it_dials_and_tells_that_the_inverter_is_there)
{
    rig_start(&r, RIG_FIRST, NULL);
    rig_expect(&r, "[  0.000] dial 127.0.2.1:8000 within 5s\n");
    r.now = WP_MS(20);
    rig_open(&r, RIG_IP);
    rig_expect(&r, "[  0.020] online 5555555555 127.0.2.1\n");
    rig_run(&r, WP_SEC(300));
    rig_expect(&r, "");
}
END_TEST

START_TEST(a_dial_that_fails_is_tried_again_for_ever)
{
    rig_start(&r, RIG_FIRST, NULL);
    rig_clear(&r);
    for (int i = 1; i <= 100; i++) {
        r.now += WP_SEC(5);
        rig_fail_dial(&r, RIG_IP);
        rig_run(&r, r.now + WP_MS(4999));
        ck_assert_uint_eq(r.n_dials, 0);
        rig_run(&r, r.now + WP_MS(1));
        ck_assert_uint_eq(r.n_dials, 1);
        rig_clear(&r);
    }
    rig_open(&r, RIG_IP);
    rig_expect(&r, "[1000.000] online 5555555555 127.0.2.1\n");
}
END_TEST

START_TEST(a_failed_dial_is_noted_with_its_address_and_reason)
{
    rig_start(&r, RIG_FIRST, NULL);
    rig_clear(&r);
    rig_fail_dial(&r, RIG_IP);
    rig_expect(&r, "[  0.000] note dial-failed: 5555555555 at 127.0.2.1:8000: refused 1\n");
    rig_run(&r, WP_SEC(5));
    rig_clear(&r);
    rig_step(&r, (struct wp_event){.kind = WP_EV_CLOSE,
                                   .close = {.reason = WP_CLOSE_TIMEOUT, .peer = {RIG_IP, 8000}}});
    rig_expect(&r, "[  5.000] note dial-failed: 5555555555 at 127.0.2.1:8000: no answer 2\n");
}
END_TEST

START_TEST(a_connection_that_ends_is_dialled_again)
{
    rig_start_open(&r, RIG_FIRST, NULL);
    r.now = WP_SEC(7);
    rig_close(&r, 1);
    rig_expect(&r, "[  7.000] offline 5555555555 127.0.2.1\n");
    rig_run(&r, WP_SEC(20));
    r.now = WP_SEC(20);
    rig_expect(&r, "[ 12.000] dial 127.0.2.1:8000 within 5s\n");
    rig_open(&r, RIG_IP);
    rig_expect(&r, "[ 20.000] online 5555555555 127.0.2.1\n");
}
END_TEST

/* With a back-off the wait doubles while nothing is heard, and is short again after the first byte. */
START_TEST(the_wait_may_grow)
{
    static const int at[] = {2, 6, 13, 20};

    rig_start(&r, RIG_FIRST, "lxp.reconnect", "2s", "lxp.reconnect_max", "7s", NULL);
    rig_clear(&r);
    for (size_t i = 0; i < 4; i++) {
        rig_fail_dial(&r, RIG_IP);
        rig_run(&r, WP_SEC(at[i]) - 1);
        ck_assert_uint_eq(r.n_dials, i);
        rig_run(&r, WP_SEC(at[i]));
        ck_assert_uint_eq(r.n_dials, i + 1);
    }
    rig_open(&r, RIG_IP);
    rig_reply_hold(&r, 1, 1);
    rig_clear(&r);
    rig_close(&r, r.last_port);
    rig_run(&r, WP_SEC(22));
    rig_expect(&r, "[ 20.000] offline 5555555555 127.0.2.1\n[ 22.000] dial 127.0.2.1:8000 within 5s\n");
}
END_TEST

START_TEST(the_shortest_wait_is_not_longer_than_the_longest)
{
    char why[128];
    struct wp_writer w = wp_writer(why, sizeof why);

    rig_start(&r, RIG_FIRST, "lxp.reconnect", "2s", NULL);
    r.given[3].value = wp_int(WP_SEC(6));
    ck_assert(!south_lxp_class.check(&r.setup, &w));
    ck_assert_str_eq(wp_put_end(&w), "lxp.reconnect is longer than lxp.reconnect_max");
}
END_TEST

/* A connection that nobody dialled, or from somewhere else, is none of ours. */
START_TEST(a_stranger_is_hung_up)
{
    rig_start(&r, RIG_FIRST, NULL);
    rig_clear(&r);
    rig_open(&r, RIG_IP + 1);
    rig_expect(&r, "[  0.000] hang up 1\n");
    rig_open(&r, RIG_IP);
    rig_clear(&r);
    rig_open(&r, RIG_IP);
    rig_expect(&r, "[  0.000] hang up 3\n");
    rig_fail_dial(&r, RIG_IP + 9);
    rig_fail_dial(&r, RIG_IP); /* nothing was dialled */
    rig_close(&r, 99);
    rig_expect(&r, "");
}
END_TEST

START_TEST(without_inverters_it_does_nothing)
{
    rig_start(&r, NULL);
    rig_open(&r, RIG_IP);
    rig_expect(&r, "[  0.000] hang up 1\n");
    rig_fail_dial(&r, RIG_IP);
    rig_close(&r, 1);
    rig_bytes(&r, wp_text("x"));
    rig_step(&r, (struct wp_event){.kind = WP_EV_TIMER});
    rig_step(&r, (struct wp_event){.kind = WP_EV_STOP});
    rig_expect(&r, "");
    ck_assert_int_eq(south_lxp_class.deadline(r.machine), WP_NEVER);
    ck_assert_uint_lt(south_lxp_class.size(&r.setup), 1024);
}
END_TEST

START_TEST(the_end_is_orderly)
{
    rig_start_open(&r, RIG_FIRST, "lxp.more", "b=5555555556:BA55555556@127.0.2.2", NULL);
    rig_read(&r, 7, "hold 65");
    rig_clear(&r);
    rig_step(&r, (struct wp_event){.kind = WP_EV_STOP});
    rig_expect(&r, "[  0.000] hang up 1\n"
                   "[  0.000] answer 7: Connection to the inverter was lost\n"
                   "[  0.000] offline 5555555555 127.0.2.1\n");
    rig_open(&r, RIG_IP + 1); /* it was dialled before */
    rig_expect(&r, "[  0.000] hang up 2\n");
    rig_run(&r, WP_SEC(60));
    rig_expect(&r, "");
}
END_TEST

/* ---- heartbeats and silence ----------------------------------------------------------------------- */

#define HEARTBEAT(tail)                                                                                      \
    "A11A05000D0001C1"                                                                                       \
    "42413535353535353535" tail

START_TEST(a_heartbeat_goes_back_as_it_came)
{
    rig_start_open(&r, RIG_FIRST, NULL);
    rig_hex(&r, HEARTBEAT("00"));
    rig_expect(&r, "[  0.000] 1> " HEARTBEAT("00") "\n");
    rig_hex(&r, HEARTBEAT("05")); /* seen: vectors lxp-089 */
    rig_expect(&r, "[  0.000] 1> " HEARTBEAT("05") "\n");
    rig_set(&r, "lxp.heartbeats", "false");
    rig_hex(&r, HEARTBEAT("00"));
    rig_expect(&r, "");
    rig_set(&r, "lxp.heartbeats", "true");
    rig_hex(&r, HEARTBEAT("00") HEARTBEAT("01"));
    rig_expect(&r, "[  0.000] 1> " HEARTBEAT("00") "\n[  0.000] 1> " HEARTBEAT("01") "\n");
}
END_TEST

/* It has no checksum, so its datalog must be the right one, or zeros. */
START_TEST(a_heartbeat_of_another_datalog_is_not_echoed)
{
    rig_start_open(&r, RIG_FIRST, NULL);
    rig_hex(&r, "A11A05000D0001C14241353535353535353600");
    rig_expect(&r, "");
    rig_hex(&r, "A11A05000D0001C10000000000000000000000");
    rig_expect(&r, "[  0.000] 1> A11A05000D0001C10000000000000000000000\n");
}
END_TEST

START_TEST(a_silent_connection_is_dialled_again)
{
    rig_start_open(&r, RIG_FIRST, NULL);
    rig_run(&r, WP_SEC(100));
    rig_reply_hold(&r, 1, 1);
    rig_clear(&r);
    rig_run(&r, WP_SEC(460) - 1);
    rig_expect(&r, "");
    rig_run(&r, WP_SEC(470));
    rig_expect(&r, "[460.000] note silence: 5555555555 1\n"
                   "[460.000] hang up 1\n"
                   "[460.000] offline 5555555555 127.0.2.1\n"
                   "[465.000] dial 127.0.2.1:8000 within 5s\n");
    rig_close(&r, 1); /* the world tells of our own hang up */
    rig_expect(&r, "");
}
END_TEST

/* ---- many ----------------------------------------------------------------------------------------- */

START_TEST(many_inverters_have_their_own_connections)
{
    rig_start(&r, "lxp.more", "h1=5555555555:BA55555555@127.0.2.1*1000", NULL);
    ck_assert_uint_eq(r.n_dials, 1000);
    rig_clear(&r);
    for (uint32_t i = 0; i < 1000; i++)
        rig_open(&r, RIG_IP + i);
    rig_clear(&r);
    for (uint32_t i = 0; i < 1000; i += 2)
        rig_close(&r, i + 1);
    rig_clear(&r);
    rig_run(&r, WP_SEC(5));
    ck_assert_uint_eq(r.n_dials, 500);
    rig_fail_dial(&r, RIG_IP);
    rig_run(&r, WP_SEC(10));
    ck_assert_uint_eq(r.n_dials, 501);
}
END_TEST

static size_t size_of(const char *more)
{
    size_t n;

    rig_start(&r, "lxp.more", more, NULL);
    n = south_lxp_class.size(&r.setup);
    rig_end(&r);
    return n;
}

START_TEST(an_idle_session_is_small)
{
    size_t one = size_of("h1=5555500000:BA55500000@127.1.0.1"),
           many = size_of("h1=5555500000:BA55500000@127.1.0.1*10000");

    printf("south_lxp: %zu bytes for 1 inverter, %zu for 10000: %zu each\n", one, many, many / 10000);
    ck_assert_uint_lt(many / 10000, 1024);
    ck_assert_uint_lt(one, 32 * 1024);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("south_lxp");
    TCase *t = tcase_create("south_lxp");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, it_dials_and_tells_that_the_inverter_is_there);
    tcase_add_test(t, a_dial_that_fails_is_tried_again_for_ever);
    tcase_add_test(t, a_failed_dial_is_noted_with_its_address_and_reason);
    tcase_add_test(t, a_connection_that_ends_is_dialled_again);
    tcase_add_test(t, the_wait_may_grow);
    tcase_add_test(t, the_shortest_wait_is_not_longer_than_the_longest);
    tcase_add_test(t, a_stranger_is_hung_up);
    tcase_add_test(t, without_inverters_it_does_nothing);
    tcase_add_test(t, the_end_is_orderly);
    tcase_add_test(t, a_heartbeat_goes_back_as_it_came);
    tcase_add_test(t, a_heartbeat_of_another_datalog_is_not_echoed);
    tcase_add_test(t, a_silent_connection_is_dialled_again);
    tcase_add_test(t, many_inverters_have_their_own_connections);
    tcase_add_test(t, an_idle_session_is_small);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
