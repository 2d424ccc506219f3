/* The gateway as one machine: what its parts tell each other, and what the world hears of it.
 * covers: roster, gateway_setup, north_ivy_setup, south_dlt645_setup */
#include "tests/gateway_rig.h"

#include "sim/gateway/roster.h"

static struct rig r;

static void teardown(void)
{
    rig_end(&r);
}

/* One meter, one register, from login to goodbye.
 * source: vectors/ivy-and-dlt645.json, login captured from a meter head-end */
START_TEST(a_register_travels_from_meter_to_topic)
{
    wp_port meter;

    rig_start(&r, NULL);
    r.show = RIG_ALL & ~RIG_SESSION;
    meter = rig_connect(&r, 1);
    rig_expect(&r, "");
    rig_hex(&r, meter, "00010001000100120a020c323130363030343032393431005a4c");
    rig_expect(&r, "[     0.000] presence 210600402941 online\n"
                   "[     0.000] publish ivy/v1/meters/210600402941/status q1r {\"meterId\":\"210600402941\","
                   "\"online\":true,\"timestamp\":1705320000000,\"ip\":\"127.0.2.1\"}\n"
                   "[     0.000] publish ivy/v1/meters/210600402941/events q1 {\"meterId\":\"210600402941\","
                   "\"timestamp\":1705320000000,\"type\":\"info\",\"event\":\"meter_connected\","
                   "\"message\":\"Meter came online\",\"data\":{\"ip\":\"127.0.2.1\"}}\n"
                   "[     0.000] 2> 0001000100010012AA030C323130363030343032393431007004\n");

    r.now = WP_MS(1500);
    rig_message(&r, "ivy/v1/meters/210600402941/command/request",
                "{\"requestId\":\"req-123\",\"command\":\"read\",\"register\":\"totalActiveEnergy\"}");
    rig_expect(&r, "[  1500.000] command 210600402941 00010000\n"
                   "[  1500.000] 2> 68412940000621681104333334338316\n");

    r.now = WP_MS(1700);
    rig_read_reply(&r, meter, 0x210600402941, 0x00010000, "67452301");
    rig_expect(&r,
               "[  1700.000] reading 210600402941 asked 00010000=12345.67kWh\n"
               "[  1700.000] publish ivy/v1/meters/210600402941/telemetry q1 {\"meterId\":\"210600402941\","
               "\"timestamp\":1705320001700,\"register\":{\"id\":\"00010000\",\"name\":\"totalActiveEnergy\","
               "\"description\":\"Total Active Energy (Combined)\"},\"value\":12345.67,\"unit\":\"kWh\","
               "\"raw\":\"01234567\"}\n"
               "[  1700.000] answer 210600402941 ok 00010000=12345.67kWh\n"
               "[  1700.000] publish ivy/v1/meters/210600402941/command/response q1 "
               "{\"requestId\":\"req-123\",\"success\":true,\"timestamp\":1705320001700,\"data\":"
               "{\"register\":\"totalActiveEnergy\",\"value\":12345.67,\"unit\":\"kWh\"}}\n");

    r.now = WP_SEC(2);
    rig_close(&r, meter);
    rig_expect(&r, "[  2000.000] presence 210600402941 offline\n"
                   "[  2000.000] publish ivy/v1/meters/210600402941/status q1r {\"meterId\":\"210600402941\","
                   "\"online\":false,\"timestamp\":1705320002000}\n"
                   "[  2000.000] publish ivy/v1/meters/210600402941/events q1 {\"meterId\":\"210600402941\","
                   "\"timestamp\":1705320002000,\"type\":\"info\",\"event\":\"meter_disconnected\","
                   "\"message\":\"Meter went offline\",\"data\":{}}\n");
}
END_TEST

/* IVY-081, IVY-B11: nothing is queued for a meter that is not there. */
START_TEST(a_command_for_nobody_is_answered_at_once)
{
    rig_start(&r, NULL);
    r.show = RIG_ALL;
    rig_request(&r, "{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"voltageA\"}");
    rig_expect(&r, "[     0.000] command 000000000001 02010100\n"
                   "[     0.000] answer 000000000001 Meter not connected\n"
                   "[     0.000] publish ivy/v1/meters/000000000001/command/response q1 {\"requestId\":\"a\","
                   "\"success\":false,\"timestamp\":1705320000000,\"error\":\"Meter not connected\"}\n");
    r.show = RIG_SENDS;
    rig_meter(&r, 1, "000000000001");
    rig_run(&r, WP_SEC(20));
    rig_expect(&r, "");
}
END_TEST

/* IVY-084, IVY-B31: an orderly stop leaves no meter online and says goodbye last; the session stays until that is
 * taken over. */
START_TEST(stop_takes_everybody_offline)
{
    rig_start(&r, NULL);
    rig_meter(&r, 1, "000000000001");
    r.now = WP_SEC(7);
    rig_step(&r, (struct wp_event){.kind = WP_EV_STOP});
    rig_expect(
        &r,
        "[  7000.000] hang up 2\n"
        "[  7000.000] publish ivy/v1/meters/000000000001/status q1r {\"meterId\":\"000000000001\","
        "\"online\":false,\"timestamp\":1705320007000}\n"
        "[  7000.000] publish ivy/v1/meters/000000000001/events q1 {\"meterId\":\"000000000001\","
        "\"timestamp\":1705320007000,\"type\":\"info\",\"event\":\"meter_disconnected\","
        "\"message\":\"Meter went offline\",\"data\":{}}\n"
        "[  7000.000] publish ivy/v1/gateway/status q1r {\"status\":\"offline\",\"timestamp\":1705320007000,"
        "\"uptime\":7000,\"version\":\"0.1.0\",\"name\":\"IVY 4G Gateway\"}\n");
}
END_TEST

/* A stepped clock moves what is printed and nothing else. */
START_TEST(the_clock_moves_timestamps_only)
{
    rig_start(&r, "clock", "1h", NULL);
    rig_run(&r, WP_SEC(30));
    ck_assert_ptr_nonnull(strstr(r.last_payload, "{\"timestamp\":1705323630000,"));
    rig_set(&r, "clock", "-1s");
    rig_run(&r, WP_SEC(60));
    ck_assert_ptr_nonnull(strstr(r.last_payload, "{\"timestamp\":1705320059000,"));
    rig_set(&r, "clock", NULL);
    rig_run(&r, WP_SEC(90));
    ck_assert_ptr_nonnull(strstr(r.last_payload, "{\"timestamp\":1705320090000,"));
}
END_TEST

START_TEST(name_and_version_are_the_gateways_own)
{
    rig_start(&r, "gateway.name", "Cellar", "gateway.version", "3.10.0", NULL);
    rig_run(&r, WP_SEC(60));
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "\"version\":\"3.10.0\",\"name\":\"Cellar\"}"));
}
END_TEST

/* Each refusal is one sentence. */
START_TEST(a_setup_that_cannot_live_is_refused)
{
    char why[256];

    ck_assert(rig_check(&r, why, sizeof why, NULL));
    ck_assert(!rig_check(&r, why, sizeof why, "gateway.version", "1.0", NULL));
    ck_assert_str_eq(why, "gateway.version takes three numbers with dots between them");
    ck_assert(!rig_check(&r, why, sizeof why, "gateway.version", "1..0", NULL));
    ck_assert(!rig_check(&r, why, sizeof why, "gateway.version", "v1.0.0", NULL));
    ck_assert(!rig_check(&r, why, sizeof why, "gateway.name", "", NULL));
    ck_assert_str_eq(why, "gateway.name takes a text that is not empty");
    ck_assert(!rig_check(&r, why, sizeof why, "polling.ids", "00010000,,00020000", NULL));
    ck_assert_str_eq(why, "polling.ids takes 1 to 32 identifiers with commas between them");
    ck_assert(!rig_check(&r, why, sizeof why, "meters.ack", "fixed", NULL));
    ck_assert_str_eq(why, "meters.ack: fixed needs meters.ack_bytes, 1 to 64 octets");
    ck_assert(!rig_check(&r, why, sizeof why, "ivy.prefix", "ivy/+", NULL));
    ck_assert_str_eq(why,
                     "ivy.prefix takes topic levels such as ivy/v1, without + and #, at most 64 characters");
    ck_assert(!rig_check(&r, why, sizeof why, "ivy.reconnect_min", "1min", NULL));
    ck_assert_str_eq(why, "ivy.reconnect_min is longer than ivy.reconnect_max");
    r.endpoints[1].name = "elsewhere";
    ck_assert(!wp_gateway_class.check(&r.setup, &(struct wp_writer){.p = (uint8_t *)why, .cap = sizeof why}));
    ck_assert_int_eq(strncmp(why, "an endpoint belongs to none of the gateway's parts", 50), 0);
    r.setup.n_endpoints = 33;
    ck_assert(!wp_gateway_class.check(&r.setup, &(struct wp_writer){.p = (uint8_t *)why, .cap = sizeof why}));
    ck_assert_int_eq(strncmp(why, "a gateway has at most 16 parts and 32 endpoints", 47), 0);
    r.parts.n_souths = r.parts.n_norths = 0;
    ck_assert(!wp_gateway_class.check(&r.setup, &(struct wp_writer){0}));
}
END_TEST

/* The defaults of the research, as one who asks for the list of options reads them. */
START_TEST(every_option_has_a_help_line_and_a_default_that_reads)
{
    const struct wp_class *const classes[] = {&wp_gateway_class, &south_dlt645_class, &north_ivy_class};

    for (size_t c = 0; c < 3; c++) {
        for (size_t i = 0; i < classes[c]->n_options; i++) {
            const struct wp_option *o = &classes[c]->options[i];
            struct wp_value v;

            ck_assert_msg(strlen(o->help) > 5, "%s", o->name);
            ck_assert_msg(!o->fallback || wp_option_read(o, wp_text(o->fallback), &v, NULL), "%s", o->name);
            for (size_t d = 0; d <= c; d++)
                for (size_t k = 0; k < (d == c ? i : classes[d]->n_options); k++)
                    ck_assert_str_ne(classes[d]->options[k].name, o->name);
        }
    }
}
END_TEST

/* 10 000 meters: memory follows from the setup, and an idle one costs little. */
START_TEST(an_idle_meter_costs_less_than_600_bytes_in_the_gateway)
{
    static const char *const limits[] = {"10000", "20000"};
    size_t size[2];
    char why[200];

    for (int i = 0; i < 2; i++) {
        ck_assert(rig_check(&r, why, sizeof why, "meters.max_connections", limits[i], NULL));
        size[i] = wp_gateway_class.size(&r.setup);
    }
    /* The rest of what is reserved nothing touches before a frame is incomplete, an answer has several
     * frames, or a poll runs: two small buffers, a sixteenth of a big one, a poll's cell. */
    ck_assert_uint_lt((size[1] - size[0]) / 10000, 600 + 2 * 324 + 8192 / 16 + 164);
}
END_TEST

START_TEST(the_roster_keeps_its_order_and_its_bound)
{
    struct wp_carve count = {NULL, 0}, room;
    struct roster ro;
    struct roster_device *b;
    void *memory;

    roster_lay_out(&ro, &count, 3);
    memory = malloc(count.n);
    room = (struct wp_carve){memory, 0};
    roster_lay_out(&ro, &room, 3);
    ck_assert_uint_eq(room.n, count.n);
    roster_add(&ro, wp_text("a"), "x", 0);
    b = roster_add(&ro, wp_text("b"), "x", 0);
    roster_add(&ro, wp_text("c"), "x", 0);
    ck_assert_ptr_null(roster_add(&ro, wp_text("d"), "x", 0));
    ck_assert_ptr_null(roster_add(&ro, wp_text("a name that is longer than any"), "x", 0));
    ck_assert_ptr_eq(roster_add(&ro, wp_text("b"), "y", 1), b);
    ck_assert_uint_eq(b->south, 1);
    roster_remove(&ro, b);
    ck_assert_ptr_null(roster_find(&ro, wp_text("b")));
    ck_assert_ptr_eq(ro.first->next, ro.last);
    ck_assert_ptr_eq(ro.last->prev, ro.first);
    roster_remove(&ro, ro.last);
    ck_assert_ptr_eq(ro.first, ro.last);
    ck_assert_ptr_null(ro.first->next);
    b = roster_add(&ro, wp_text("b"), "x", 0);
    ck_assert_ptr_eq(ro.last, b);
    free(memory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway");
    TCase *tc = tcase_create("gateway");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, a_register_travels_from_meter_to_topic);
    tcase_add_test(tc, a_command_for_nobody_is_answered_at_once);
    tcase_add_test(tc, stop_takes_everybody_offline);
    tcase_add_test(tc, the_clock_moves_timestamps_only);
    tcase_add_test(tc, name_and_version_are_the_gateways_own);
    tcase_add_test(tc, a_setup_that_cannot_live_is_refused);
    tcase_add_test(tc, every_option_has_a_help_line_and_a_default_that_reads);
    tcase_add_test(tc, an_idle_meter_costs_less_than_600_bytes_in_the_gateway);
    tcase_add_test(tc, the_roster_keeps_its_order_and_its_bound);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
