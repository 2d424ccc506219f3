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
                   "00BC6146"
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

/* What was sent in a minute, as lengths: the lists take turns. */
static const char *lengths(struct rig *r)
{
    static char text[1024];
    struct wp_writer w = wp_writer(text, sizeof text);

    for (size_t i = 0; i < r->n_sends; i++) {
        if (i > 0)
            wp_put_char(&w, ' ');
        wp_put_uint(&w, r->sends[i].n);
    }
    return wp_put_end(&w);
}

/* Norwegian lists: of four one is the second, the first of an hour the third. It is 12:59:30 here. */
START_TEST(lists_take_turns)
{
    struct rig r;

    rig_start(&r, "profile", "aidon-no-3p", "clock", "59min30s", NULL);
    rig_run(&r, WP_SEC(20));
    ck_assert_str_eq(lengths(&r), "44 44 44 288 44 44 44 288");
    rig_forget(&r);
    rig_run(&r, WP_SEC(40));
    ck_assert_str_eq(lengths(&r), "44 44 44 396 44 44 44 288");
    rig_set(&r, "push.list", "2", 0);
    rig_forget(&r);
    rig_run(&r, WP_SEC(45));
    ck_assert_str_eq(lengths(&r), "288 288");
    rig_free(&r);
}
END_TEST

/* 0F or C2, with or without the optional time's octet; the raw number is the value by its scaler. */
START_TEST(one_object_goes_out_in_any_form)
{
    struct rig r;

    rig_start(&r, "push.interval", "0s", "push.object", "12.7.0", "transport", "bare", "login", "none", NULL);
    rig_set(&r, "push.now", "true", 0);
    rig_expect(&r, "[     0.000] > 0F"
                   "00000000"
                   "00"
                   "0202"
                   "0906"
                   "01000C0700FF"
                   "06"
                   "00005C54\n");
    rig_set(&r, "push.form", "event-notification", 0);
    rig_set(&r, "voltage", "229.994", 0);
    rig_set(&r, "push.now", "true", 0);
    rig_expect(&r, "[     0.000] > C2"
                   "00"
                   "0003"
                   "01000C0700FF"
                   "02"
                   "06"
                   "000059D7\n");
    rig_set(&r, "time.form", "standard", 0);
    rig_set(&r, "push.now", "true", 0);
    rig_expect(&r, "[     0.000] > C2"
                   "010C"
                   "07E8010F010C0000008000FF"
                   "0003"
                   "01000C0700FF"
                   "02"
                   "06"
                   "000059D7\n");
    rig_set(&r, "push.form", "legacy-event", 0);
    rig_set(&r, "push.object", "0-0:96.14.0.255", 0);
    rig_set(&r, "push.now", "true", 0);
    rig_expect(&r, "[     0.000] > C2"
                   "0001"
                   "0000600E00FF"
                   "02"
                   "1101\n");
    rig_set(&r, "push.object", "1-0:99.99.0.255", 0);
    rig_expect(&r, "[     0.000] note value-refused: push.object: it has no such object\n");
    rig_free(&r);
}
END_TEST

/* Voltage out of its bounds, the cover off: counted and told once, as each becomes so. */
START_TEST(events_are_told_as_they_happen)
{
    struct rig r;

    rig_start(&r, "push.interval", "0s", "transport", "bare", "login", "none", "voltage.high", "253",
              "voltage.low", "207", NULL);
    rig_set(&r, "voltage", "253", 0);
    rig_set(&r, "voltage", "253.01", 0);
    rig_set(&r, "voltage", "260", 0);
    rig_expect(&r, "[     0.000] > C2"
                   "00"
                   "0001"
                   "0000600714FF"
                   "02"
                   "120001\n");
    rig_set(&r, "voltage", "200", 0);
    rig_expect(&r, "[     0.000] > C2"
                   "00"
                   "0001"
                   "0000600713FF"
                   "02"
                   "120001\n");
    rig_set(&r, "voltage", "254", 0);
    rig_expect(&r, "[     0.000] > C2"
                   "00"
                   "0001"
                   "0000600714FF"
                   "02"
                   "120002\n");
    rig_set(&r, "tamper", "cover", 0);
    rig_set(&r, "tamper", "cover", 0);
    rig_set(&r, "tamper", "none", 0);
    rig_expect(&r, "[     0.000] > C2"
                   "00"
                   "0001"
                   "0000600B01FF"
                   "02"
                   "112C\n"
                   "[     0.000] > C2"
                   "00"
                   "0001"
                   "0000600B01FF"
                   "02"
                   "112D\n");
    rig_free(&r);
}
END_TEST

/* A SPODES meter pushes its whole list then, the code of what happened in it. */
START_TEST(a_spodes_meter_pushes_on_event)
{
    struct rig r;

    rig_start(&r, "profile", "spodes", "voltage.high", "253", NULL);
    rig_run(&r, WP_SEC(3600));
    ck_assert_uint_eq(r.n_sends, 0);
    rig_set(&r, "voltage", "260", 0);
    ck_assert_uint_eq(r.n_sends, 1);
    ck_assert_uint_eq(r.sends[0].p[5], 0x40);
    ck_assert_uint_eq(r.sends[0].p[r.sends[0].n - 1], 79);
    rig_free(&r);
}
END_TEST

/* Objects are held at a value in their own unit, others follow from the load; energy grows with it. */
START_TEST(values_are_set_by_name_and_by_code)
{
    struct rig r;
    int64_t num;
    int exp10;

    rig_start(&r, "push.interval", "0s", "power", "118", "energy", "12345.67", NULL);
    ck_assert(dlms_meter_number(rig_meter(&r), 0, obis(1, 0, 1, 7, 0, 255), &num, &exp10));
    ck_assert_int_eq(dlms_meter_scaled(num, exp10, 0), 118);
    ck_assert(dlms_meter_number(rig_meter(&r), 0, obis(1, 0, 15, 8, 0, 255), &num, &exp10));
    ck_assert_int_eq(dlms_meter_scaled(num, exp10, 0), 12345670);
    rig_set(&r, "register", "1-0:9.7.0.255=125, 91.7.0=0.012", 0);
    ck_assert(dlms_meter_number(rig_meter(&r), 0, obis(1, 0, 91, 7, 0, 255), &num, &exp10));
    ck_assert_int_eq(dlms_meter_scaled(num, exp10, -3), 12);
    rig_set(&r, "register", "9.7.0=", 0);
    rig_set(&r, "power", NULL, 0);
    rig_set(&r, "current", "10", 0);
    ck_assert(dlms_meter_number(rig_meter(&r), 0, obis(1, 0, 9, 7, 0, 255), &num, &exp10));
    ck_assert_int_eq(dlms_meter_scaled(num, exp10, 0), 2364);
    ck_assert(dlms_meter_number(rig_meter(&r), WP_SEC(3600), obis(1, 0, 1, 8, 0, 255), &num, &exp10));
    ck_assert_int_eq(dlms_meter_scaled(num, exp10, 0), 12345670 + 2356); /* 2356.5 Wh */
    rig_set(&r, "register", "voltage=230", 0);
    ck_assert_ptr_nonnull(strstr(wp_put_end(&r.w), "value-refused"));
    rig_free(&r);
}
END_TEST

START_TEST(on_udp_it_dials_the_other_endpoint)
{
    struct rig r;

    rig_start(&r, "profile", "in-15959", "transport", "udp", "push.interval", "1s", NULL);
    ck_assert_uint_eq(r.dialled_at, 1);
    rig_run(&r, WP_SEC(2));
    ck_assert_uint_eq(r.n_sends, 2);
    ck_assert_uint_eq(r.sends[0].p[5], 0x40); /* to the push client of Indian profiles */
    rig_free(&r);
}
END_TEST

START_TEST(a_refused_dial_backs_off)
{
    struct rig r;

    rig_start(&r, "push.interval", "0s", NULL);
    r.refuse = true;
    rig_set(&r, "fault.hangup", "reset", 0);
    rig_run(&r, WP_SEC(40));
    rig_expect(&r, "[     0.000] abort\n[  5000.000] dial\n[ 15000.000] dial\n[ 35000.000] dial\n");
    rig_free(&r);
}
END_TEST

/* One sentence for what cannot be. */
START_TEST(a_setup_that_cannot_live_is_told)
{
    static const char *const bad[][3] = {
        {"address", "12345", "address has 12 digits"},
        {"title", "4B464D", "title has 8 octets"},
        {"ek", "00", "ek and ak have 16 octets"},
        {"push.object", "voltage", "push.object is an OBIS code such as 1-0:12.7.0.255"},
        {"register", "12.7.0", "register is object=number, ... such as 1-0:32.7.0.255=230.1, 2.8.0=17"},
        {"fault.exception", "01", "fault.exception has 2 octets, texts and octets of faults have at most 16"},
        {"profile.interval", "90s", "profile.interval is whole minutes"},
        {"redial.min", "10min", "redial.min is not above redial.max"},
        {"serial", "1234567890123456789012345", "serial has at most 24 characters"},
        {"password", "123456789012345678901234567890123", "password has at most 32 characters"},
    };
    struct rig r;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rig_prepare(&r);
        rig_give(&r, bad[i][0], bad[i][1]);
        ck_assert_ptr_nonnull(rig_check(&r));
        ck_assert_str_eq(rig_check(&r), bad[i][2]);
    }
}
END_TEST

/* The choices of `profile` are the profiles. */
START_TEST(the_table_names_every_profile)
{
    char names[512];
    struct wp_writer w = wp_writer(names, sizeof names);

    for (size_t i = 0; i < dlms_meter_n_profiles; i++) {
        if (i > 0)
            wp_put_char(&w, '|');
        wp_put_text(&w, dlms_meter_profiles[i].name);
    }
    ck_assert_str_eq(wp_put_end(&w), rig_option("profile")->choices);
}
END_TEST

/* A hundred thousand of them stand in one world. */
START_TEST(an_idle_meter_is_small)
{
    struct rig r;

    rig_prepare(&r);
    ck_assert_uint_le(dlms_meter_class.size(&r.setup), 784);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dlms_meter");
    TCase *tcase = tcase_create("line");

    tcase_add_test(tcase, it_logs_in_and_keeps_alive);
    tcase_add_test(tcase, it_pushes_its_ten_objects);
    tcase_add_test(tcase, lists_take_turns);
    tcase_add_test(tcase, one_object_goes_out_in_any_form);
    tcase_add_test(tcase, events_are_told_as_they_happen);
    tcase_add_test(tcase, a_spodes_meter_pushes_on_event);
    tcase_add_test(tcase, values_are_set_by_name_and_by_code);
    tcase_add_test(tcase, on_udp_it_dials_the_other_endpoint);
    tcase_add_test(tcase, a_refused_dial_backs_off);
    tcase_add_test(tcase, a_setup_that_cannot_live_is_told);
    tcase_add_test(tcase, the_table_names_every_profile);
    tcase_add_test(tcase, an_idle_meter_is_small);
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
