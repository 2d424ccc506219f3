/* The poller: when each meter has its turn, and what of it reaches the meters.
 * covers: polling_protocols */
#include "tests/gateway_rig.h"

#include "sim/gateway/polling.h"

static struct rig r;

static void teardown(void)
{
    rig_end(&r);
}

static wp_us unix_us(wp_us now)
{
    return (RIG_EPOCH_US + now) / 1000;
}

static bool last_run_is(wp_us at)
{
    char text[64];

    snprintf(text, sizeof text, "\"lastRun\":%lld}", (long long)unix_us(at));
    return strstr(r.last_payload, text) != NULL;
}

/* IVY-021: the first cycle one interval after the start, every register of the group, one message each.
 * The request is that of the statement IVY-064. */
START_TEST(every_interval_reads_the_group)
{
    wp_port meter;

    rig_start(&r, NULL);
    meter = rig_meter(&r, 1, "000000000001");
    r.show = RIG_SENDS | RIG_TELEMETRY;
    rig_run(&r, WP_SEC(60) - 1);
    rig_expect(&r, "");
    rig_run(&r, WP_SEC(60));
    rig_expect(&r, "[ 60000.000] 2> 6801000000000068110433333433B316\n");
    rig_read_reply(&r, meter, 1, 0x00010000, "67452301");
    rig_read_reply(&r, meter, 1, 0x00010100, "00008000");
    rig_read_reply(&r, meter, 1, 0x00010200, "00003000");
    r.show = RIG_TELEMETRY;
    rig_clear(&r);
    rig_read_reply(&r, meter, 1, 0x00020000, "93300200");
    rig_expect(
        &r, "[ 60000.000] publish ivy/v1/meters/000000000001/telemetry q1 {\"meterId\":\"000000000001\","
            "\"timestamp\":1705320060000,\"register\":{\"id\":\"00020000\",\"name\":\"totalReactiveEnergy\","
            "\"description\":\"Total Reactive Energy\"},\"value\":230.93,\"unit\":\"kvarh\","
            "\"raw\":\"00023093\"}\n");
    ck_assert_uint_eq(r.n_sent, 0);
    rig_run(&r, WP_SEC(120) - 1);
    ck_assert_uint_eq(r.n_sent, 0);
    rig_run(&r, WP_SEC(120));
    ck_assert_uint_eq(r.n_sent, 1);
}
END_TEST

/* Identifiers of one's own may have blanks around them; one that is none is refused when its turn comes. */
START_TEST(identifiers_of_ones_own)
{
    rig_start(&r, "polling.ids", " 02010100 , 02800002 ", NULL);
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_PARTS;
    rig_run(&r, WP_SEC(60));
    rig_expect(&r, "[ 60000.000] poll 000000000001 02010100 02800002\n");
    rig_end(&r);
    rig_start(&r, "polling.ids", "voltageA", NULL);
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_PARTS | RIG_SENDS;
    rig_run(&r, WP_SEC(60));
    rig_expect(&r, "[ 60000.000] poll 000000000001 voltageA\n"
                   "[ 60000.000] answer 000000000001 Unknown data identifier\n");
}
END_TEST

/* ---- protocols ------------------------------------------------------------------------------------ */

static size_t shy_ids(enum ivy_group group, struct wp_slice *out)
{
    out[0] = wp_text(group == IVY_GROUP_ENERGY ? "1-0:1.8.0.255" : "1-0:12.7.0.255");
    return 1;
}

static bool is_obis(struct wp_slice id)
{
    return memchr(id.p, ':', id.n) != NULL;
}

static bool is_no_obis(struct wp_slice id)
{
    return !is_obis(id);
}

static const struct polling_protocol protocols[] = {
    {"shy", "shy.polling", shy_ids, is_obis},
    {"dlt645", NULL, ivy_group_ids, is_no_obis},
};
static const struct wp_option shy_options[] = {{.name = "shy.polling",
                                                .type = WP_OPT_BOOL,
                                                .use = WP_USE_SET,
                                                .unit = "",
                                                .fallback = "false",
                                                .help = "polled"}};
static const struct wp_class shy_class = {.name = "shy", .options = shy_options, .n_options = 1};
static char given_text[400];

/* device, then each identifier */
static void note_poll(void *ctx, const struct roster_device *to, const struct wp_command *command)
{
    struct wp_writer *w = ctx;

    wp_put_slice(w, roster_name(to));
    for (size_t i = 0; i < command->n_ids; i++) {
        wp_put_char(w, ' ');
        wp_put_slice(w, command->ids[i]);
    }
    wp_put_char(w, ';');
}

/* What one cycle gives to a shy device and to a DL/T 645 one. */
static const char *cycle(struct polling *p, wp_us at)
{
    struct wp_writer w = wp_writer(given_text, sizeof given_text);

    polling_step(p, at, note_poll, &w);
    return wp_put_end(&w);
}

/* A protocol may refuse polls, and of polling.ids each one takes its own. */
START_TEST(a_protocol_is_polled_only_with_its_permit)
{
    const struct wp_class *const souths[] = {&shy_class};
    const struct wp_parts parts = {.souths = souths, .n_souths = 1};
    struct gateway_facts facts = {.started = 0};
    struct roster_device second = {.protocol = "dlt645", .n_name = 1, .name = "d"};
    struct roster_device first = {.next = &second, .protocol = "shy", .n_name = 1, .name = "s"};
    struct roster roster = {.first = &first, .last = &second, .by_name.n = 2};
    struct polling p;
    char why[200];

    ck_assert(rig_check(&r, why, sizeof why, "polling.ids", "1-0:1.8.0.255,02010100,1-0:2.8.0.255", NULL));
    r.setup.parts = &parts;
    polling_init(&p, &r.setup, &roster, &facts);
    polling_use(&p, &r.setup, protocols, 2);
    polling_start(&p, 0);
    ck_assert_str_eq(cycle(&p, WP_SEC(61)), "d 02010100;");
    polling_set(&p, &shy_options[0], wp_bool(true), WP_SEC(62));
    ck_assert_str_eq(cycle(&p, WP_SEC(121)), "s 1-0:1.8.0.255 1-0:2.8.0.255;d 02010100;");
    p.n_own_ids = 0;
    ck_assert_str_eq(cycle(&p, WP_SEC(181)), "s 1-0:1.8.0.255;d 00010000 00010100 00010200 00020000;");
    r.setup.parts = &r.parts;
    polling_use(&p, &r.setup, protocols, 2);
    ck_assert_str_eq(cycle(&p, WP_SEC(241)), "d 00010000 00010100 00010200 00020000;");
}
END_TEST

/* ---- turns ---------------------------------------------------------------------------------------- */

/* One turn after the other, `stagger` apart, in the order of arrival. */
START_TEST(turns_are_staggered)
{
    rig_start(&r, "polling.ids", "02010100", NULL);
    rig_meter(&r, 1, "000000000001");
    rig_meter(&r, 2, "000000000002");
    rig_meter(&r, 3, "000000000003");
    r.show = RIG_SENDS;
    rig_run(&r, WP_SEC(61));
    rig_expect(&r, "[ 60000.000] 2> 6801000000000068110433343435B616\n"
                   "[ 60100.000] 3> 6802000000000068110433343435B716\n"
                   "[ 60200.000] 4> 6803000000000068110433343435B816\n");
}
END_TEST

/* A stagger that does not fit is shortened, so that every meter has its turn in every cycle. */
START_TEST(every_meter_has_its_turn_before_the_next_cycle)
{
    char text[64];

    rig_start(&r, "polling.interval", "5s", "polling.ids", "02010100", "polling.timeout", "1s",
              "polling.retries", "0", NULL);
    for (unsigned i = 1; i <= 100; i++) {
        snprintf(text, sizeof text, "%012u", i);
        rig_meter(&r, 1, text);
    }
    r.show = RIG_PARTS;
    for (int cycle = 1; cycle <= 2; cycle++) {
        rig_clear(&r);
        rig_run(&r, WP_SEC(5) * (cycle + 1) - 1);
        for (unsigned i = 1; i <= 100; i++) {
            snprintf(text, sizeof text, "poll %012u 02010100\n", i);
            ck_assert_msg(strstr(rig_trace(&r), text), "%s", text);
            ck_assert_ptr_null(strstr(strstr(rig_trace(&r), text) + 1, text));
        }
    }
}
END_TEST

/* Who comes while a cycle runs still has a turn in it; who goes costs nobody else's. */
START_TEST(meters_come_and_go_within_a_cycle)
{
    wp_port first, second;

    rig_start(&r, "polling.ids", "02010100", "polling.stagger", "1s", NULL);
    first = rig_meter(&r, 1, "000000000001");
    second = rig_meter(&r, 2, "000000000002");
    rig_meter(&r, 3, "000000000003");
    r.show = RIG_PARTS;
    rig_run(&r, WP_SEC(60));
    rig_close(&r, second); /* its turn is next */
    rig_close(&r, first);  /* it has had its turn */
    rig_session(&r, rig_connect(&r, 4), IVY_LOGIN, "000000000004");
    rig_run(&r, WP_SEC(65));
    rig_expect(&r, "[ 60000.000] poll 000000000001 02010100\n"
                   "[ 60000.000] presence 000000000002 offline\n"
                   "[ 60000.000] answer 000000000001 Meter not connected\n"
                   "[ 60000.000] presence 000000000001 offline\n"
                   "[ 60000.000] presence 000000000004 online\n"
                   "[ 61000.000] poll 000000000003 02010100\n"
                   "[ 62000.000] poll 000000000004 02010100\n");
}
END_TEST

/* IVY-B23: three tries 100 ms apart, then the next register; the other meter is not held up. */
START_TEST(a_silent_meter_delays_nobody)
{
    rig_start(&r, "polling.ids", "02010100,02010200", "dlt645.idle_timeout", "1h", NULL);
    rig_meter(&r, 1, "000000000001");
    rig_meter(&r, 2, "000000000002");
    r.show = RIG_SENDS | RIG_PARTS;
    rig_run(&r, WP_SEC(60) + WP_MS(150));
    rig_read_reply(&r, 3, 2, 0x02010100, "9722");
    rig_read_reply(&r, 3, 2, 0x02010200, "9722");
    rig_run(&r, WP_SEC(121));
    rig_expect(&r, "[ 60000.000] poll 000000000001 02010100 02010200\n"
                   "[ 60000.000] 2> 6801000000000068110433343435B616\n"
                   "[ 60100.000] poll 000000000002 02010100 02010200\n"
                   "[ 60100.000] 3> 6802000000000068110433343435B716\n"
                   "[ 60150.000] reading 000000000002 polled 02010100=229.7V\n"
                   "[ 60150.000] 3> 6802000000000068110433353435B816\n"
                   "[ 60150.000] reading 000000000002 polled 02010200=229.7V\n"
                   "[ 60150.000] answer 000000000002 ok\n"
                   "[ 70100.000] 2> 6801000000000068110433343435B616\n"
                   "[ 80200.000] 2> 6801000000000068110433343435B616\n"
                   "[ 90200.000] 2> 6801000000000068110433353435B716\n"
                   "[100300.000] 2> 6801000000000068110433353435B716\n"
                   "[110400.000] 2> 6801000000000068110433353435B716\n"
                   "[120000.000] poll 000000000001 02010100 02010200\n"
                   "[120000.000] answer 000000000001 Poll still running\n"
                   "[120100.000] poll 000000000002 02010100 02010200\n"
                   "[120100.000] 3> 6802000000000068110433343435B716\n"
                   "[120400.000] answer 000000000001 No register could be read\n");
}
END_TEST

/* A refused register is a failed try too; the next register follows. */
START_TEST(a_refused_register_is_tried_again)
{
    rig_start(&r, "polling.ids", "02010100,02010200", NULL);
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_SENDS;
    rig_run(&r, WP_SEC(60));
    for (int i = 0; i < 3; i++) {
        rig_error_reply(&r, 2, 1, DLT645_READ, DLT645_ERROR_NO_DATA);
        rig_run(&r, r.now + WP_MS(100));
    }
    rig_expect(&r, "[ 60000.000] 2> 6801000000000068110433343435B616\n"
                   "[ 60100.000] 2> 6801000000000068110433343435B616\n"
                   "[ 60200.000] 2> 6801000000000068110433343435B616\n"
                   "[ 60200.000] 2> 6801000000000068110433353435B716\n");
}
END_TEST

/* IVY-099. */
START_TEST(no_poll_reaches_a_meter_when_polling_is_off)
{
    rig_start(&r, "polling.enabled", "false", NULL);
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_SENDS | RIG_PARTS;
    rig_run(&r, WP_SEC(119));
    rig_expect(&r, "");
    ck_assert_ptr_nonnull(
        strstr(r.last_payload, "\"polling\":{\"enabled\":false,\"interval\":60000,\"lastRun\":null}"));
    rig_session(&r, 2, IVY_HEARTBEAT, "000000000001");
    rig_clear(&r);
    rig_set(&r, "polling.enabled", "true");
    rig_run(&r, WP_SEC(179) - 1);
    rig_expect(&r, "");
    rig_run(&r, WP_SEC(179));
    ck_assert_uint_eq(r.n_sent, 1);
}
END_TEST

/* IVY-100, IVY-101. */
START_TEST(statistics_tell_the_start_of_the_latest_cycle)
{
    rig_start(&r, "polling.interval", "40s", NULL);
    rig_run(&r, WP_SEC(30));
    ck_assert_ptr_nonnull(strstr(r.last_payload, "\"interval\":40000,\"lastRun\":null}"));
    rig_run(&r, WP_SEC(60));
    ck_assert(last_run_is(WP_SEC(40)));
    rig_run(&r, WP_SEC(90));
    ck_assert(last_run_is(WP_SEC(80)));
    rig_set(&r, "polling.interval", "5s");
    rig_run(&r, WP_SEC(120));
    ck_assert_ptr_nonnull(strstr(r.last_payload, "\"interval\":5000,"));
    ck_assert(last_run_is(WP_SEC(120)));
}
END_TEST

START_TEST(the_group_can_change_while_it_runs)
{
    rig_start(&r, NULL);
    rig_meter(&r, 1, "000000000001");
    rig_set(&r, "polling.group", "powerFactor");
    r.show = RIG_PARTS;
    rig_run(&r, WP_SEC(60));
    rig_expect(&r, "[ 60000.000] poll 000000000001 02060000 02060100 02060200 02060300\n");
}
END_TEST

/* A world that was held up starts the latest cycle that is due, not every one that it missed. */
START_TEST(missed_cycles_are_left_out)
{
    rig_start(&r, "polling.ids", "02010100", NULL);
    rig_meter(&r, 1, "000000000001");
    rig_run(&r, WP_SEC(1));
    r.show = RIG_PARTS;
    r.now = WP_SEC(100);
    rig_session(&r, 2, IVY_HEARTBEAT, "000000000001");
    r.now = WP_SEC(215);
    rig_step(&r, (struct wp_event){.kind = WP_EV_TIMER});
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "poll 000000000001 02010100\n"));
    ck_assert_ptr_null(strstr(strstr(rig_trace(&r), "poll ") + 1, "poll "));
    ck_assert(last_run_is(WP_SEC(180)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("polling");
    TCase *tc = tcase_create("polling");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, every_interval_reads_the_group);
    tcase_add_test(tc, identifiers_of_ones_own);
    tcase_add_test(tc, a_protocol_is_polled_only_with_its_permit);
    tcase_add_test(tc, turns_are_staggered);
    tcase_add_test(tc, every_meter_has_its_turn_before_the_next_cycle);
    tcase_add_test(tc, meters_come_and_go_within_a_cycle);
    tcase_add_test(tc, a_silent_meter_delays_nobody);
    tcase_add_test(tc, a_refused_register_is_tried_again);
    tcase_add_test(tc, no_poll_reaches_a_meter_when_polling_is_off);
    tcase_add_test(tc, statistics_tell_the_start_of_the_latest_cycle);
    tcase_add_test(tc, the_group_can_change_while_it_runs);
    tcase_add_test(tc, missed_cycles_are_left_out);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
