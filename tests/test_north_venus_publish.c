/* Readings to messages: what the venus north publishes of an item, when, and what never. */
#include "tests/venus_rig.h"

static struct rig r;

static void setup(void)
{
    rig_start(&r, NULL);
    rig_presence(&r, "pvinverter/20", true);
    rig_presence(&r, "system/0", true);
    rig_presence(&r, "settings/0", true);
    rig_presence(&r, "vebus/257", true);
}

static void teardown(void)
{
    rig_end(&r);
}

static void wake(void)
{
    rig_ask(&r, 'R', "keepalive", "suppress-republish");
    rig_clear(&r);
}

static void expect_value(struct wp_value value, const char *json)
{
    char line[128];

    snprintf(line, sizeof line, "publish pvinverter/20/Ac/Power {\"value\":%s}\n", json);
    rig_tell(&r, "pvinverter/20", WP_ASKED, "/Ac/Power", value);
    rig_expect(&r, line);
}

/* ---- when ----------------------------------------------------------------------------------------- */

/* VEN-016, VEN-029, VEN-036, VEN-058: answers always, changes and scans while somebody is alive. */
START_TEST(only_answers_are_published_while_nobody_is_alive)
{
    rig_tell(&r, "pvinverter/20", WP_PUSHED, "/Ac/Power", wp_int(936));
    rig_tell(&r, "pvinverter/20", WP_POLLED, "/Ac/Power", wp_int(936));
    rig_expect(&r, "");
    rig_tell(&r, "pvinverter/20", WP_ASKED, "/Ac/Power", wp_int(926));
    rig_expect(&r, "publish pvinverter/20/Ac/Power {\"value\":926}\n");
    wake();
    rig_tell(&r, "pvinverter/20", WP_PUSHED, "/Ac/Power", wp_int(936));
    rig_tell(&r, "pvinverter/20", WP_POLLED, "/Ac/L1/Power", wp_int(300));
    rig_expect(&r, "publish pvinverter/20/Ac/Power {\"value\":936}\n"
                   "publish pvinverter/20/Ac/L1/Power {\"value\":300}\n");
}
END_TEST

/* VEN-B28 */
START_TEST(the_same_again_is_published_again)
{
    wake();
    for (int i = 0; i < 2; i++) {
        rig_tell(&r, "pvinverter/20", WP_PUSHED, "/Ac/Power", wp_int(936));
        rig_expect(&r, "publish pvinverter/20/Ac/Power {\"value\":936}\n");
    }
}
END_TEST

/* VEN-037, VEN-038: alive or not, one message each, no byte in it. */
START_TEST(a_service_that_left_is_told_with_zero_bytes)
{
    rig_gone(&r, "pvinverter/20", "/Ac/Power");
    rig_expect(&r, "publish pvinverter/20/Ac/Power \n");
    wake();
    rig_gone(&r, "pvinverter/20", "/Ac/L1/Power");
    rig_presence(&r, "pvinverter/20", false);
    rig_expect(&r, "publish pvinverter/20/Ac/L1/Power \n");
    rig_tell(&r, "pvinverter/20", WP_PUSHED, "/Ac/Power", wp_int(936));
    rig_expect(&r, "");
}
END_TEST

START_TEST(other_events_are_no_values)
{
    const struct wp_point point = {.id = wp_text("/Ac/Power"), .unit = "", .value = wp_int(1)};

    wake();
    rig_reading(&r, wp_text("pvinverter/20"), WP_PUSHED, "elsewhere", &point, 1);
    rig_expect(&r, "");
}
END_TEST

/* ---- the serial ----------------------------------------------------------------------------------- */

/* VEN-018, VEN-075, b.3: told when it is new although nobody is alive, and never cleared. */
START_TEST(the_serial_is_told_when_it_is_new)
{
    rig_tell(&r, "system/0", WP_POLLED, "/Serial", wp_text_value(wp_text("c0619ab12345")));
    rig_expect(&r, "publish system/0/Serial {\"value\":\"c0619ab12345\"}\n");
    rig_tell(&r, "system/0", WP_PUSHED, "/Serial", wp_text_value(wp_text("c0619ab12345")));
    rig_expect(&r, "");
    rig_tell(&r, "system/0", WP_PUSHED, "/Serial", wp_text_value(wp_text("c0619ab12346")));
    rig_expect(&r, "publish system/0/Serial {\"value\":\"c0619ab12346\"}\n");
    rig_tell(&r, "system/0", WP_ASKED, "/Serial", wp_text_value(wp_text("c0619ab12346")));
    rig_expect(&r, "publish system/0/Serial {\"value\":\"c0619ab12346\"}\n");
    rig_tell(&r, "pvinverter/20", WP_PUSHED, "/Serial", wp_text_value(wp_text("BP1")));
    rig_tell(&r, "system/0", WP_PUSHED, "/Ac/Serial", wp_text_value(wp_text("x")));
    rig_gone(&r, "system/0", "/Serial");
    rig_expect(&r, "");
    wake();
    rig_tell(&r, "system/0", WP_PUSHED, "/Serial", wp_text_value(wp_text("c0619ab12346")));
    rig_expect(&r, "publish system/0/Serial {\"value\":\"c0619ab12346\"}\n");
}
END_TEST

static void lose_and_find_the_broker(void)
{
    rig_lose_broker(&r);
    rig_clear(&r);
    rig_run(&r, r.now + WP_SEC(1));
}

#define SESSION                                                                                              \
    "login venus-gateway clean keepalive 15\n"                                                               \
    "subscribe R/c0619ab12345/# q0\n"                                                                        \
    "subscribe W/c0619ab12345/# q0\n"

/* VEN-B33, g.4: what came while the broker was away, too; not of a system that has left. */
START_TEST(each_session_begins_with_the_serial)
{
    rig_tell(&r, "system/0", WP_POLLED, "/Serial", wp_text_value(wp_text("c0619ab12345")));
    lose_and_find_the_broker();
    rig_expect(&r, SESSION "publish system/0/Serial {\"value\":\"c0619ab12345\"}\npublish keepalive 1\n");
    rig_gone(&r, "system/0", "/Serial");
    rig_presence(&r, "system/0", false);
    lose_and_find_the_broker();
    rig_expect(&r, SESSION "publish keepalive 1\n");
    rig_presence(&r, "system/0", true);
    lose_and_find_the_broker();
    rig_expect(&r, SESSION "publish keepalive 1\n");
    rig_tell(&r, "system/0", WP_POLLED, "/Serial", wp_text_value(wp_text("c0619ab12345")));
    rig_expect(&r, "publish system/0/Serial {\"value\":\"c0619ab12345\"}\n");
}
END_TEST

/* VEN-025, VEN-B36, D8: with the switch every publication of the serial, and nothing else. */
START_TEST(the_serial_may_be_retained)
{
    rig_end(&r);
    rig_start(&r, "venus.retain_serial", "true", NULL);
    rig_presence(&r, "system/0", true);
    rig_tell(&r, "system/0", WP_POLLED, "/Serial", wp_text_value(wp_text("c0619ab12345")));
    rig_tell(&r, "system/0", WP_ASKED, "/Serial", wp_text_value(wp_text("c0619ab12345")));
    rig_tell(&r, "system/0", WP_ASKED, "/Ac/Power", wp_int(1));
    rig_expect(&r, "publish retain system/0/Serial {\"value\":\"c0619ab12345\"}\n"
                   "publish retain system/0/Serial {\"value\":\"c0619ab12345\"}\n"
                   "publish system/0/Ac/Power {\"value\":1}\n");
    lose_and_find_the_broker();
    rig_gone(&r, "system/0", "/Serial");
    rig_expect(&r, SESSION "publish retain system/0/Serial {\"value\":\"c0619ab12345\"}\n"
                           "publish keepalive 1\n");
}
END_TEST

/* ---- payloads ------------------------------------------------------------------------------------- */

/* VEN-024, VEN-030, VEN-B07, VEN-B28: the type is that of each message. */
START_TEST(values_keep_their_type)
{
    expect_value(wp_int(936), "936");
    expect_value(wp_real(936), "936.0");
    expect_value(wp_uint(UINT64_MAX), "18446744073709551615");
    expect_value(wp_bool(true), "true");
    expect_value(wp_text_value(wp_text("\xE2\x84\xA6 \"")), "\"\xE2\x84\xA6 \\\"\"");
    expect_value(wp_null(), "null");
    expect_value(wp_real(0.0 / 0.0), "null");
}
END_TEST

/* VEN-120, VEN-B07, VEN-035, T8 */
START_TEST(limits_stand_before_the_value)
{
    const struct wp_value zero = wp_int(0), one = wp_int(1), infinite = wp_real(1.0 / 0.0);
    struct wp_point point = {.id = wp_text("/Settings/LEDs/Enable"), .unit = "", .value = wp_int(1)};

    point.min = &zero;
    point.max = &one;
    rig_reading(&r, wp_text("settings/0"), WP_ASKED, NULL, &point, 1);
    point.quality = WP_NO_VALUE;
    rig_reading(&r, wp_text("settings/0"), WP_ASKED, NULL, &point, 1);
    point.max = &infinite;
    point.min = NULL;
    rig_reading(&r, wp_text("settings/0"), WP_ASKED, NULL, &point, 1);
    rig_expect(&r, "publish settings/0/Settings/LEDs/Enable {\"max\":1,\"min\":0,\"value\":1}\n"
                   "publish settings/0/Settings/LEDs/Enable {\"max\":1,\"min\":0,\"value\":null}\n"
                   "publish settings/0/Settings/LEDs/Enable {\"max\":null,\"value\":null}\n");
}
END_TEST

/* A read that was refused has no answer. */
START_TEST(what_was_refused_is_not_published)
{
    const struct wp_point point = {
        .id = wp_text("/Ac/Power"), .unit = "", .quality = WP_REFUSED, .fault = wp_text("no reply")};

    rig_reading(&r, wp_text("pvinverter/20"), WP_ASKED, NULL, &point, 1);
    rig_expect(&r, "");
}
END_TEST

/* VEN-B34 */
START_TEST(secrets_are_masked_or_kept)
{
    rig_tell(&r, "settings/0", WP_ASKED, "/Settings/Services/AccessPointPassword",
             wp_text_value(wp_text("hunter2")));
    rig_tell(&r, "settings/0", WP_ASKED, "/Settings/Ble/Service/Pincode", wp_text_value(wp_text("1234")));
    rig_tell(&r, "vebus/257", WP_ASKED, "/Interfaces/Mk2/Tunnel", wp_text_value(wp_text("x")));
    rig_gone(&r, "vebus/257", "/Interfaces/Mk2/Tunnel");
    rig_expect(&r, "publish settings/0/Settings/Services/AccessPointPassword {\"value\":\"******\"}\n"
                   "publish settings/0/Settings/Ble/Service/Pincode {\"value\":\"******\"}\n");
}
END_TEST

/* ---- bounds --------------------------------------------------------------------------------------- */

/* VEN-B30: 20 levels, 300 bytes. */
START_TEST(deep_paths_are_topics)
{
    char path[400] = "", line[512];

    for (int i = 0; i < 20; i++)
        snprintf(path + strlen(path), sizeof path - strlen(path), "/Level_%c_%06d", i % 2 ? 'a' : 'A', i);
    snprintf(line, sizeof line, "publish pvinverter/20%s {\"value\":1}\n", path);
    ck_assert_uint_ge(strlen(path), 300);
    rig_tell(&r, "pvinverter/20", WP_ASKED, path, wp_int(1));
    rig_expect(&r, line);
}
END_TEST

START_TEST(what_gives_no_topic_is_a_note)
{
    static char path[5000];

    rig_tell(&r, "pvinverter/20", WP_ASKED, "/a+b", wp_int(1));
    rig_tell(&r, "pvinverter/20", WP_ASKED, "/", wp_int(1));
    rig_tell(&r, "pvinverter/20", WP_ASKED, "Ac", wp_int(1));
    rig_expect(&r, "note no-topic: /a+b 1\nnote no-topic: / 2\nnote no-topic: Ac 3\n");
    memset(path, 'a', sizeof path - 1);
    path[0] = '/';
    rig_tell(&r, "pvinverter/20", WP_ASKED, path, wp_int(1));
    ck_assert_uint_eq(r.n_publishes, 0);
    ck_assert_uint_eq(r.n_notes, 1);
}
END_TEST

/* An array of doubles as a variant: its signature, its length in octets, its elements. */
static struct wp_value array_of_doubles(void *memory, size_t cap, unsigned n)
{
    struct wp_writer w = wp_writer(memory, cap);

    wp_put_slice(&w, wp_slice("\002ad", 4));
    wp_put_u32le(&w, 8 * n);
    for (unsigned i = 0; i < n; i++) {
        const double number = -1234.5678901234567 - i;

        wp_put_slice(&w, wp_slice(&number, sizeof number));
    }
    rig_must(!w.full);
    return (struct wp_value){.kind = WP_TREE, .bytes = wp_written(&w)};
}

/* VEN-B21: 10 000 numbers, 64 KiB of text with something to escape in each byte. */
START_TEST(big_values_pass_whole)
{
    static _Alignas(8) uint8_t bytes[80008], text[64 << 10];
    size_t commas = 0;

    rig_tell(&r, "pvinverter/20", WP_ASKED, "/Big", array_of_doubles(bytes, sizeof bytes, 10000));
    for (const char *at = wp_put_end(&r.w); *at; at++)
        commas += *at == ',';
    ck_assert_uint_eq(commas, 9999);
    ck_assert_uint_ge(r.w.n, 10000 * 15);
    ck_assert_uint_eq(r.n_publishes, 1);
    rig_clear(&r);
    memset(text, 1, sizeof text);
    rig_tell(&r, "pvinverter/20", WP_ASKED, "/Text", wp_text_value(wp_slice(text, sizeof text)));
    ck_assert_uint_eq(r.n_publishes, 1);
    ck_assert_uint_ge(r.w.n, 6 * sizeof text);
}
END_TEST

START_TEST(what_is_too_long_is_a_note)
{
    static char text[8193];

    rig_end(&r);
    rig_start(&r, "venus.payload_max", "8192", NULL);
    rig_presence(&r, "pvinverter/20", true);
    memset(text, 'x', sizeof text - 1);
    rig_tell(&r, "pvinverter/20", WP_ASKED, "/Text", wp_text_value(wp_text(text)));
    rig_expect(&r, "note payload-too-long: /Text 1\n");
    rig_tell(&r, "pvinverter/20", WP_ASKED, "/Next", wp_int(1));
    rig_expect(&r, "publish pvinverter/20/Next {\"value\":1}\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("north_venus_publish");
    TCase *t = tcase_create("publish");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, only_answers_are_published_while_nobody_is_alive);
    tcase_add_test(t, the_same_again_is_published_again);
    tcase_add_test(t, a_service_that_left_is_told_with_zero_bytes);
    tcase_add_test(t, other_events_are_no_values);
    tcase_add_test(t, the_serial_is_told_when_it_is_new);
    tcase_add_test(t, each_session_begins_with_the_serial);
    tcase_add_test(t, the_serial_may_be_retained);
    tcase_add_test(t, values_keep_their_type);
    tcase_add_test(t, limits_stand_before_the_value);
    tcase_add_test(t, what_was_refused_is_not_published);
    tcase_add_test(t, secrets_are_masked_or_kept);
    tcase_add_test(t, deep_paths_are_topics);
    tcase_add_test(t, what_gives_no_topic_is_a_note);
    tcase_add_test(t, big_values_pass_whole);
    tcase_add_test(t, what_is_too_long_is_a_note);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
