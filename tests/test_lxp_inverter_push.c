/* What the inverter sends unasked: bursts, heartbeats, and the replies to what is done at the portal.
 *
 * covers: lxp_inverter_portal lxp_inverter_settings lxp_inverter_text */
#include "tests/lxp_inverter_rig.h"

static struct rig f;

static void teardown(void)
{
    rig_free(&f);
}

/* What client 1 got since the last look, in short, with the second: "120.0 input 0-39, 121.0 input 40-79". */
static const char *pushes(void)
{
    static char text[2048];
    struct wp_writer w = wp_writer(text, sizeof text);

    for (char *line = strtok((char *)(uintptr_t)wp_put_end(&f.w), "\n"); line; line = strtok(NULL, "\n")) {
        const char *hex = strstr(line, "] 1> ");
        unsigned long s, ms;
        struct lxp_frame frame;
        uint8_t octets[512];
        char item[64];
        size_t n;

        if (!hex)
            continue;
        ck_assert(wp_hex_read(wp_text(hex + 5), octets, sizeof octets, &n));
        ck_assert(lxp_decode(NULL, WP_SIDE_SERVER, wp_slice(octets, n), &frame).status == WP_OK);
        s = strtoul(line + 1, &line, 10);
        ms = strtoul(line + 1, NULL, 10);
        snprintf(item, sizeof item, "%s%lu.%lu ", w.n > 0 ? ", " : "", s, ms / 100);
        wp_put_text(&w, item);
        if (frame.shape == LXP_IS_READ_REPLY)
            snprintf(item, sizeof item, "%s %u-%u", frame.device_function == LXP_READ_HOLD ? "hold" : "input",
                     frame.first, frame.first + frame.count - 1);
        else
            snprintf(item, sizeof item, "%s", lxp_shape_text((enum lxp_shape)frame.shape));
        wp_put_text(&w, item);
    }
    f.w.n = 0;
    return wp_put_end(&w);
}

/* ---- bursts ---------------------------------------------------------------------------------------------------- */

START_TEST(three_packets_come_every_two_minutes)
{
    rig_start(&f, "heartbeat.interval", "0s", NULL);
    rig_connect(&f);
    rig_run(&f, WP_SEC(250));
    ck_assert_str_eq(pushes(), "120.0 input 0-39, 121.0 input 40-79, 122.0 input 80-119, "
                               "240.0 input 0-39, 241.0 input 40-79, 242.0 input 80-119");
}
END_TEST

START_TEST(newer_firmware_pushes_four_blocks)
{
    rig_start(&f, "profile", "block127", "push.interval", "60s", "heartbeat.interval", "0s", NULL);
    rig_connect(&f);
    rig_run(&f, WP_SEC(70));
    ck_assert_str_eq(pushes(), "60.0 hold 0-79, 61.0 input 0-126, 62.0 input 127-253, 63.0 input 254-380");
}
END_TEST

START_TEST(when_bursts_come_is_an_option)
{
    rig_start(&f, "heartbeat.interval", "0s", "push.first", "2s", "push.interval", "10s", "push.gap", "200ms",
              NULL);
    rig_connect(&f);
    rig_run(&f, WP_SEC(13));
    ck_assert_str_eq(pushes(), "2.0 input 0-39, 2.2 input 40-79, 2.4 input 80-119, "
                               "12.0 input 0-39, 12.2 input 40-79, 12.4 input 80-119");
    rig_set(&f, "push.interval", "0s", 0);
    rig_run(&f, WP_SEC(100));
    ck_assert_str_eq(pushes(), "");
    rig_set(&f, "push.now", "true", 0);
    rig_run(&f, WP_SEC(200));
    ck_assert_str_eq(pushes(), "100.0 input 0-39, 100.2 input 40-79, 100.4 input 80-119");
    rig_set(&f, "push.interval", "5s", 0);
    rig_run(&f, WP_SEC(206));
    ck_assert_str_eq(pushes(), "205.0 input 0-39, 205.2 input 40-79, 205.4 input 80-119");
    rig_set(&f, "push.interval", "700ms", 0);
    rig_run(&f, WP_MS(207200));
    ck_assert_str_eq(pushes(), "206.7 input 0-39, 206.9 input 40-79, 207.1 input 80-119");
}
END_TEST

/* A burst that takes longer than the interval is followed by the next one. */
START_TEST(a_short_interval_does_not_cut_a_burst)
{
    rig_start(&f, "heartbeat.interval", "0s", "push.interval", "2s", NULL);
    rig_connect(&f);
    rig_run(&f, WP_SEC(7));
    ck_assert_str_eq(pushes(), "2.0 input 0-39, 3.0 input 40-79, 4.0 input 80-119, "
                               "5.0 input 0-39, 6.0 input 40-79, 7.0 input 80-119");
}
END_TEST

START_TEST(parameter_0_is_the_interval)
{
    rig_start(&f, "heartbeat.interval", "0s", NULL);
    rig_connect(&f);
    rig_set(&f, "portal.param", "0=20", 0);
    rig_run(&f, WP_SEC(23));
    ck_assert_str_eq(pushes(), "0.0 write-param-reply, 20.0 input 0-39, 21.0 input 40-79, 22.0 input 80-119");
}
END_TEST

START_TEST(a_burst_is_as_the_registers_are_at_each_frame)
{
    rig_start(&f, "heartbeat.interval", "0s", "input", "40=7", NULL);
    rig_connect(&f);
    rig_run(&f, WP_MS(120500));
    f.w.n = 0;
    rig_set(&f, "input", "40=8", 0);
    rig_run(&f, WP_MS(121500));
    ck_assert_str_ge(rig_short(strstr(wp_put_end(&f.w), "> ") + 2), "input 40: 8 ");
}
END_TEST

/* ---- heartbeats --------------------------------------------------------------------------------------------------- */

START_TEST(heartbeats_come_every_minute)
{
    rig_start(&f, "datalog", "2222222222", "push.interval", "0s", NULL);
    rig_connect(&f);
    rig_connect(&f);
    rig_run(&f, WP_SEC(119));
    rig_expect(&f, "[    60.000] 1> A11A02000D0001C13232323232323232323200\n" /* (lxp-012) */
                   "[    60.000] 2> A11A02000D0001C13232323232323232323200\n");
    rig_set(&f, "heartbeat.tail", "5", 0);
    rig_set(&f, "protocol", "5", 0);
    rig_disconnect(&f, 2);
    rig_run(&f, WP_SEC(121));
    rig_expect(&f, "[   120.000] 1> A11A05000D0001C13232323232323232323205\n");
    rig_set(&f, "heartbeat.interval", "2s", 0);
    rig_run(&f, WP_SEC(124));
    rig_expect(&f, "[   123.000] 1> A11A05000D0001C13232323232323232323205\n");
}
END_TEST

START_TEST(bursts_may_need_an_echo)
{
    rig_start(&f, "heartbeat.needed", "true", "datalog", "2222222222", NULL);
    rig_connect(&f);
    rig_run(&f, WP_SEC(125));
    ck_assert_str_eq(pushes(), "60.0 heartbeat, 120.0 heartbeat"); /* and nothing else */
    rig_hex(&f, 1, "A11A02000D0001C13232323232323232323200");
    rig_run(&f, WP_SEC(245));
    ck_assert_str_eq(pushes(), "180.0 heartbeat, 240.0 heartbeat");
    rig_hex(&f, 1, "A11A02000D0001C13232323232323232323200");
    rig_run(&f, WP_SEC(305));
    rig_hex(&f, 1, "A11A01000D0001C13232323232323232323200");
    rig_run(&f, WP_SEC(365));
    ck_assert_str_eq(pushes(), "300.0 heartbeat, 360.0 heartbeat, 360.0 input 0-39, 361.0 input 40-79, "
                               "362.0 input 80-119");
}
END_TEST

/* Who comes first, after nobody, has one heartbeat's time to echo. */
START_TEST(a_first_client_gets_bursts)
{
    rig_start(&f, "heartbeat.needed", "true", NULL);
    rig_connect(&f);
    rig_run(&f, WP_SEC(200));
    rig_disconnect(&f, 1);
    rig_connect(&f);
    f.w.n = 0;
    rig_run(&f, WP_SEC(245));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&f.w), "[   242.000] 2> A11A02006F0001C2"));
}
END_TEST

/* ---- the portal ----------------------------------------------------------------------------------------------------- */

static const char *portal(const char *row, const char *text)
{
    static char said[1024];
    const char *sent;

    f.w.n = 0;
    rig_set(&f, row, text, 0);
    sent = strstr(wp_put_end(&f.w), " 1> ");
    if (!sent)
        return f.trace;
    snprintf(said, sizeof said, "%.*s", (int)strcspn(sent + 4, "\n"), sent + 4);
    ck_assert_ptr_nonnull(strstr(f.trace, " 2> "));
    return rig_short(said);
}

START_TEST(what_is_done_elsewhere_appears_at_all_clients)
{
    const char *block;

    rig_start(&f, NULL);
    rig_connect(&f);
    rig_connect(&f);
    ck_assert_str_eq(portal("portal.write", "65=50"), "write 65: 50");
    ck_assert_uint_eq(rig_hold(&f, 65), 50);
    ck_assert_str_eq(portal("portal.write_multi", "64=90 80"), "multi 64: 2");
    ck_assert_str_eq(portal("portal.read", "64/2"), "hold 64: 90 80");
    ck_assert_str_eq(portal("portal.read", "hold 21/1"), "hold 21: 62292");
    block = portal("portal.read", "input 40/40");
    ck_assert_mem_eq(block, "input 40: ", 10);
    ck_assert_str_eq(portal("portal.read", "300/1"), "exception 83 300: 2");
    ck_assert_str_eq(portal("portal.write", "65=101"), "exception 86 65: 3");
    ck_assert_uint_eq(rig_hold(&f, 65), 80);
}
END_TEST

START_TEST(what_the_portal_cannot_do_is_noted)
{
    rig_start(&f, NULL);
    rig_connect(&f);
    ck_assert_str_eq(portal("portal.write", "65"), "[     0.000] note value-refused: portal.write 1\n");
    ck_assert_str_eq(portal("portal.write", "65=1 2"), "[     0.000] note value-refused: portal.write 1\n");
    ck_assert_str_eq(portal("portal.write_multi", "=1"),
                     "[     0.000] note value-refused: portal.write_multi 1\n");
    ck_assert_str_eq(portal("portal.read", "0"), "[     0.000] note value-refused: portal.read 1\n");
    ck_assert_str_eq(portal("portal.param", "x=1"), "[     0.000] note value-refused: portal.param 1\n");
}
END_TEST

/* ---- settings --------------------------------------------------------------------------------------------------------- */

/* Null is what was given at the start, or what the profile says. */
START_TEST(null_is_as_it_was)
{
    rig_start(&f, "profile", "protocol5", "reply.delay", "20ms", NULL);
    rig_set(&f, "protocol", "1", 0);
    rig_set(&f, "read.max", "3", 0);
    rig_set(&f, "reply.delay", "1s", 0);
    rig_set(&f, "protocol", NULL, 0);
    rig_set(&f, "read.max", NULL, 0);
    rig_set(&f, "reply.delay", NULL, 0);
    ck_assert_uint_eq(((struct lxp_inverter *)f.machine)->protocol, 5);
    ck_assert_uint_eq(((struct lxp_inverter *)f.machine)->read_max, 125);
    ck_assert_uint_eq(((struct lxp_inverter *)f.machine)->reply_us, 20000);
}
END_TEST

/* A restart sets what is kept before the start. */
START_TEST(what_is_set_before_the_start_counts)
{
    rig_start(&f, "heartbeat.interval", "0s", NULL);
    lxp_inverter_class.init(&f.setup, f.machine);
    rig_set(&f, "hold", "65=40", 0);
    rig_set(&f, "push.interval", "30s", 0);
    rig_step(&f, (struct wp_event){.kind = WP_EV_START});
    rig_connect(&f);
    rig_run(&f, WP_SEC(31));
    ck_assert_str_eq(pushes(), "30.0 input 0-39, 31.0 input 40-79");
    ck_assert_uint_eq(rig_hold(&f, 65), 40);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        three_packets_come_every_two_minutes, newer_firmware_pushes_four_blocks,
        when_bursts_come_is_an_option,        a_short_interval_does_not_cut_a_burst,
        parameter_0_is_the_interval,          a_burst_is_as_the_registers_are_at_each_frame,
        heartbeats_come_every_minute,         bursts_may_need_an_echo,
        a_first_client_gets_bursts,           what_is_done_elsewhere_appears_at_all_clients,
        what_the_portal_cannot_do_is_noted,   null_is_as_it_was,
        what_is_set_before_the_start_counts,
    };
    Suite *s = suite_create("lxp_inverter_push");
    TCase *t = tcase_create("push");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
