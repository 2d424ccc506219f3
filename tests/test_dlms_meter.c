/* The simulated DLMS/COSEM meter on its line: login, keep-alive, pushes, back-off.
 * covers: dlms_meter_link dlms_meter_push dlms_meter_pins dlms_meter_settings dlms_meter_options */
#include "sim/codec/ivy.h"
#include "tests/dlms_meter_rig.h"

/* The login is the captured one of vectors ivy-heartbeat, octet by octet. */
START_TEST(it_logs_in_and_keeps_alive)
{
    struct ivy_frame beat;
    struct rig r;

    rig_start(&r, "address", "210600402941", "push.interval", "0s", NULL);
    rig_set(&r, "fault.hangup", "orderly", 0);
    rig_run(&r, WP_SEC(64));
    rig_expect(&r, "[     0.000] hang up\n"
                   "[  5000.000] dial\n"
                   "[  5000.000] > 00010001000100120A020C323130363030343032393431005A4C\n");
    rig_run(&r, WP_SEC(65));
    ck_assert_uint_eq(r.n_sends, 1);
    ck_assert_int_eq(ivy_decode(r.sends[0], &beat).status, WP_OK);
    ck_assert_int_eq(beat.session.control, IVY_HEARTBEAT);
    ck_assert(ivy_crc_ok(&beat.session));
    rig_free(&r);
}
END_TEST

/* The list of the API document's ten objects; 23636, 500, 118 and 5004 are what a real one has. */
START_TEST(it_pushes_its_ten_objects)
{
    struct rig r;

    rig_start(&r, "push.interval", "30s", NULL);
    rig_run(&r, WP_SEC(30));
    rig_expect(&r, "[ 30000.000] > 0001000100010083"
                   "0F"
                   "00000000"
                   "00"
                   "0214"
                   "0906"
                   "01000F0800FF"
                   "06"
                   "00BC6147"
                   "0906"
                   "01000C0700FF"
                   "06"
                   "00005C54"
                   "0906"
                   "01000B0700FF"
                   "06"
                   "000001F4"
                   "0906"
                   "0100010700FF"
                   "06"
                   "00000076"
                   "0906"
                   "0100030700FF"
                   "06"
                   "00000009"
                   "0906"
                   "0100090700FF"
                   "06"
                   "00000076"
                   "0906"
                   "01000D0700FF"
                   "12"
                   "03E5"
                   "0906"
                   "01000E0700FF"
                   "12"
                   "138C"
                   "0906"
                   "01005B0700FF"
                   "06"
                   "000001F4"
                   "0906"
                   "0000600E00FF"
                   "11"
                   "01\n");
    rig_free(&r);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dlms_meter");
    TCase *tcase = tcase_create("line");

    tcase_add_test(tcase, it_logs_in_and_keeps_alive);
    tcase_add_test(tcase, it_pushes_its_ten_objects);
    suite_add_tcase(s, tcase);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
