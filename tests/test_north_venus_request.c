/* What clients send to the venus north: commands to the south, or nothing but a count. */
#include "tests/venus_rig.h"

static struct rig r;

static void setup(void)
{
    rig_start(&r, NULL);
    rig_presence(&r, "pvinverter/20", true);
    rig_presence(&r, "vebus/257", true);
    rig_presence(&r, "settings/0", true);
}

static void teardown(void)
{
    rig_end(&r);
}

static void expect_ignored(const char *why)
{
    ck_assert_uint_eq(r.n_commands + r.n_publishes, 0);
    ck_assert_msg(strstr(wp_put_end(&r.w), why), "%s: %s", why, wp_put_end(&r.w));
    rig_clear(&r);
}

static void send(const char *topic, const char *payload)
{
    rig_message_with(&r, wp_text(topic), wp_text(payload), false);
}

/* ---- reads ---------------------------------------------------------------------------------------- */

/* VEN-058, VEN-059, VEN-070, VEN-B13, VEN-B30: leaf, node and root; case and depth are kept. */
START_TEST(a_read_is_a_read_of_that_path)
{
    rig_ask(&r, 'R', "pvinverter/20/Ac/Power", "");
    rig_ask(&r, 'R', "pvinverter/20/Ac", "");
    rig_ask(&r, 'R', "pvinverter/20/", "");
    rig_ask(&r, 'R', "pvinverter/20/a/B/c/D/e/F/g/H/i/J/k/L/m/N/o/P/q/R/s/T", "");
    rig_expect(&r, "command pvinverter/20 read /Ac/Power\n"
                   "command pvinverter/20 read /Ac\n"
                   "command pvinverter/20 read /\n"
                   "command pvinverter/20 read /a/B/c/D/e/F/g/H/i/J/k/L/m/N/o/P/q/R/s/T\n");
}
END_TEST

/* VEN-062 */
START_TEST(the_payload_of_a_read_does_not_count)
{
    static const char big[64 << 10] = "{";

    rig_ask(&r, 'R', "pvinverter/20/Ac/Power", "suppress-republish");
    rig_message_with(&r, wp_text("R/" RIG_PORTAL "/pvinverter/20/Ac/Power"), wp_slice(big, sizeof big),
                     false);
    rig_expect(&r, "command pvinverter/20 read /Ac/Power\n"
                   "command pvinverter/20 read /Ac/Power\n");
    ck_assert_int_eq(north_venus_class.deadline(r.machine), WP_NEVER);
}
END_TEST

/* VEN-B12 */
START_TEST(a_read_of_nothing_is_silence)
{
    static const char *const paths[] = {"pvinverter/20/Ac/", "pvinverter/20/A-c", "pvinverter/20//Ac",
                                        "pvinverter/20",     "pvinverter",        "",
                                        "pvinverter/20/A.c", "heartbeat",         "full_publish_completed"};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        rig_ask(&r, 'R', paths[i], "");
        expect_ignored("no request has this topic");
    }
    rig_ask(&r, 'R', "pvinverter/020/Ac/Power", "");
    expect_ignored("no such service is there");
    rig_ask(&r, 'R', "pvinverter/21/Ac/Power", "");
    expect_ignored("no such service is there 11");
}
END_TEST

/* ---- writes --------------------------------------------------------------------------------------- */

/* VEN-044, VEN-047, VEN-B02, VEN-B31: alive or not. */
START_TEST(a_write_is_a_write_of_that_path)
{
    rig_ask(&r, 'W', "vebus/257/Hub4/L1/AcPowerSetpoint", "{\"value\": -200}");
    rig_ask(&r, 'W', "vebus/257/Mode", " {\"min\":1,\"value\":3,\"max\":4} ");
    rig_ask(&r, 'W', "vebus/257/Mode", "{\"value\":1.0}");
    rig_ask(&r, 'W', "vebus/257/Mode", "{\"value\":null}");
    rig_ask(&r, 'W', "vebus/257/Mode", "{\"value\":\"on\"}");
    rig_expect(&r, "command vebus/257 write /Hub4/L1/AcPowerSetpoint = -200\n"
                   "command vebus/257 write /Mode = 3\n"
                   "command vebus/257 write /Mode = 1.0\n"
                   "command vebus/257 write /Mode = null\n"
                   "command vebus/257 write /Mode = on\n");
}
END_TEST

/* VEN-B01, VEN-B02, VEN-B07, VEN-B08 */
START_TEST(what_is_no_value_writes_nothing)
{
    static const char *const payloads[] = {"",
                                           "5",
                                           "[1]",
                                           "{",
                                           "{\"value\":1}x",
                                           "{\"Value\":1}",
                                           "{\"value\":[1,2.5]}",
                                           "{\"value\":{\"a\":1}}",
                                           "{\"value\":9223372036854775808}",
                                           "{\"value\":1e999}",
                                           "{\"value\":NaN}",
                                           "{\"value\":\"\\ud800\"}",
                                           "{\"value\":\"\\u0000\"}",
                                           "{\"value\":\"\xFF\"}"};

    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        rig_ask(&r, 'W', "vebus/257/Mode", payloads[i]);
        expect_ignored("request-ignored");
    }
    rig_ask(&r, 'W', "vebus/257/Mode", "{\"value\":1}");
    rig_expect(&r, "command vebus/257 write /Mode = 1\n");
}
END_TEST

/* VEN-B34: what is said of a payload that is none never has a word of it. */
START_TEST(no_note_has_a_payload)
{
    rig_ask(&r, 'W', "settings/0/Settings/Services/AccessPointPassword", "{\"value\":\"hunter2\"");
    rig_expect(&r, "note request-ignored: the payload is not JSON 1\n");
    rig_ask(&r, 'W', "settings/7/Settings/Services/AccessPointPassword", "{\"value\":\"hunter2\"}");
    rig_expect(&r, "note request-ignored: no such service is there 2\n");
}
END_TEST

/* VEN-045, VEN-B04 */
START_TEST(other_topics_write_nothing)
{
    static const char *const topics[] = {"w/c0619ab12345/vebus/257/Mode", "N/c0619ab12345/vebus/257/Mode",
                                         "W/c0619ab12345/keepalive",      "W/c0619ab12345/vebus/257",
                                         "P/c0619ab12345/in/x",           "W/c0619ab12345"};

    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        send(topics[i], "{\"value\":1}");
        expect_ignored("no request has this topic");
    }
}
END_TEST

/* ---- whoever it is from --------------------------------------------------------------------------- */

/* VEN-B11 */
START_TEST(other_portals_are_none_of_ours)
{
    static const char *const portals[] = {"c0619ab12346", "C0619AB12345", "c0619ab1234"};
    char topic[64];

    for (size_t i = 0; i < 3; i++) {
        snprintf(topic, sizeof topic, "R/%s/keepalive", portals[i]);
        send(topic, "");
        expect_ignored("it is for another portal id");
        snprintf(topic, sizeof topic, "W/%s/vebus/257/Mode", portals[i]);
        send(topic, "{\"value\":1}");
        expect_ignored("it is for another portal id");
    }
    send("R//keepalive", "");
    expect_ignored("no request has this topic");
    ck_assert_int_eq(north_venus_class.deadline(r.machine), WP_NEVER);
}
END_TEST

/* VEN-B14, T3: keep-alives, reads and writes alike. */
START_TEST(retained_requests_are_ignored)
{
    rig_message_with(&r, wp_text("R/" RIG_PORTAL "/keepalive"), wp_text(""), true);
    expect_ignored("it is a retained one 1");
    rig_message_with(&r, wp_text("R/" RIG_PORTAL "/vebus/257/Mode"), wp_text(""), true);
    expect_ignored("it is a retained one 2");
    rig_message_with(&r, wp_text("W/" RIG_PORTAL "/vebus/257/Mode"), wp_text("{\"value\":1}"), true);
    expect_ignored("it is a retained one 3");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("north_venus_request");
    TCase *t = tcase_create("request");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_read_is_a_read_of_that_path);
    tcase_add_test(t, the_payload_of_a_read_does_not_count);
    tcase_add_test(t, a_read_of_nothing_is_silence);
    tcase_add_test(t, a_write_is_a_write_of_that_path);
    tcase_add_test(t, what_is_no_value_writes_nothing);
    tcase_add_test(t, no_note_has_a_payload);
    tcase_add_test(t, other_topics_write_nothing);
    tcase_add_test(t, other_portals_are_none_of_ours);
    tcase_add_test(t, retained_requests_are_ignored);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
