/* The gateway as a whole in the virtual world: inverters behind it, a broker and a client before it. What it publishes
 * and what it asks of the first inverter become lines:
 *
 *     > 6 65 50                        a request to m1: function, register, count or value
 *     octolux/result/discharge_pct OK
 *
 * Unasked pushes are off, so that what is seen was caused by the test. */
#include "sim/device/lxp_inverter.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/north_octolux.h"
#include "sim/gateway/south_lxp.h"
#include "tests/world_trace.h"

enum { GATEWAY, CLIENT, INVERTER, SECOND, GIVEN_MAX = 16 };

struct lines {
    struct wp_sink sink;
    size_t n_delivered; /* messages that reached the client */
    struct wp_writer w;
    char text[1 << 18];
};

static struct wp_world *world;
static struct wp_transcript transcript;
static struct lines lines;
static struct wp_option_value given[3][GIVEN_MAX];
static struct wp_endpoint endpoints[4][2];
static const struct wp_class *const souths[] = {&south_lxp_class}, *const norths[] = {&north_octolux_class};
static const struct wp_parts parts = {souths, 1, norths, 1};
static struct wp_setup setups[4];

/* ---- what is seen ---------------------------------------------------------------------------------- */

static void take_request(struct wp_slice bytes)
{
    if (bytes.n != 38 || bytes.p[7] != 0xC2)
        return;
    wp_put_text(&lines.w, "> ");
    wp_put_uint(&lines.w, bytes.p[21]);
    wp_put_char(&lines.w, ' ');
    wp_put_uint(&lines.w, bytes.p[32] | (unsigned)bytes.p[33] << 8);
    wp_put_char(&lines.w, ' ');
    wp_put_uint(&lines.w, bytes.p[34] | (unsigned)bytes.p[35] << 8);
    wp_put_char(&lines.w, '\n');
}

static void take_record(struct wp_sink *sink, const struct wp_record *r)
{
    (void)sink;
    lines.n_delivered += r->kind == WP_REC_DELIVER && strcmp(r->machine, "c") == 0;
    if (strcmp(r->machine, "gateway") != 0)
        return;
    if (r->kind == WP_REC_SEND && r->peer && strcmp(r->peer, "m1") == 0)
        take_request(r->bytes);
    if (r->kind != WP_REC_PUBLISH)
        return;
    ck_assert_uint_eq(r->message.qos, 1);
    ck_assert(!r->message.retain);
    wp_put_slice(&lines.w, r->message.topic);
    wp_put_char(&lines.w, ' ');
    wp_put_slice(&lines.w, r->message.payload);
    wp_put_char(&lines.w, '\n');
}

static void clear(void)
{
    lines.w = wp_writer(lines.text, sizeof lines.text);
    lines.n_delivered = 0;
}

static void expect(const char *text)
{
    ck_assert_str_eq(wp_put_end(&lines.w), text);
    clear();
}

static void expect_deliveries(size_t n)
{
    ck_assert_uint_eq(lines.n_delivered, n);
}

/* ---- the house ------------------------------------------------------------------------------------- */

static void give(int machine, const struct wp_class *const *classes, size_t n, const char *name,
                 const char *text)
{
    struct wp_setup *s = &setups[machine];
    struct wp_option_value *v = &given[machine == SECOND ? 2 : machine == INVERTER][s->n_given++];

    ck_assert_uint_le(s->n_given, GIVEN_MAX);
    for (size_t i = 0; i < n && !v->option; i++)
        v->option = wp_option_find(classes[i]->options, classes[i]->n_options, wp_text(name));
    ck_assert_msg(v->option, "there is an option %s", name);
    ck_assert_msg(wp_option_read(v->option, wp_text(text), &v->value, NULL), "%s: %s", name, text);
}

static void give_gateway(const char *name, const char *text)
{
    const struct wp_class *const classes[] = {&wp_gateway_class, &south_lxp_class, &north_octolux_class};

    give(GATEWAY, classes, 3, name, text);
}

static void give_inverter(int machine, const char *name, const char *text)
{
    const struct wp_class *const classes[] = {&lxp_inverter_class};

    give(machine, classes, 1, name, text);
}

static void add_inverter(int machine, const char *name, uint32_t ip)
{
    endpoints[machine][0] = lxp_inverter_class.endpoints[0];
    endpoints[machine][0].addr.ip = ip;
    setups[machine] = (struct wp_setup){.name = name,
                                        .seed = 1,
                                        .ip = ip,
                                        .given = given[machine == SECOND ? 2 : 1],
                                        .endpoints = endpoints[machine],
                                        .n_endpoints = 1};
    give_inverter(machine, "push.interval", "0s");
}

/* Everything but the start, for a test to add to. */
static void furnish(void)
{
    memset(given, 0, sizeof given);
    endpoints[GATEWAY][0] = north_octolux_class.endpoints[0];
    endpoints[GATEWAY][1] = south_lxp_class.endpoints[0];
    endpoints[CLIENT][0] = (struct wp_endpoint){.name = "broker", .transport = WP_BROKER};
    setups[GATEWAY] = (struct wp_setup){.name = "gateway",
                                        .seed = 1,
                                        .ip = 0x7F000001,
                                        .given = given[0],
                                        .endpoints = endpoints[GATEWAY],
                                        .n_endpoints = 2,
                                        .parts = &parts};
    setups[CLIENT] =
        (struct wp_setup){.name = "c", .ip = 0x7F000001, .endpoints = endpoints[CLIENT], .n_endpoints = 1};
    give_gateway("lxp.host", "127.0.2.1");
    give_gateway("lxp.serial", "5555555555");
    give_gateway("lxp.datalog", "BA55555555");
    add_inverter(INVERTER, "m1", 0x7F000201);
    add_inverter(SECOND, "m2", 0x7F000202);
    give_inverter(SECOND, "serial", "5555555556");
}

static void run(wp_us time)
{
    ck_assert_int_ne(world_run(world, world_now(world) + time), WP_WORLD_ERROR);
}

static void open_house(void)
{
    static const struct wp_login login = {
        .client_id = {(const uint8_t *)"c", 1}, .clean = true, .keepalive_s = 60};
    const struct wp_effect e = {.kind = WP_LOGIN, .login = &login};
    const struct wp_world_setup s = {
        .seed = 1, .epoch_us = INT64_C(1705320000000000), .transcript = &transcript};
    char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);

    ck_assert_msg(wp_gateway_class.check(&setups[GATEWAY], &w), "%s", wp_put_end(&w));
    lines.sink.take = take_record;
    transcript = (struct wp_transcript){0};
    wp_transcript_add(&transcript, &lines.sink);
    world = world_virtual_new(&s);
    world_add(world, &wp_gateway_class, &setups[GATEWAY], NULL);
    world_add(world, &puppet_class, &setups[CLIENT], NULL);
    world_add(world, &lxp_inverter_class, &setups[INVERTER], NULL);
    world_add(world, &lxp_inverter_class, &setups[SECOND], NULL);
    ck_assert(world_start(world));
    world_act(world, CLIENT, &e);
    run(WP_SEC(1));
    clear();
}

static void setup(void)
{
    furnish();
    open_house();
}

static void teardown(void)
{
    world_free(world);
    world = NULL;
}

/* ---- what happens ---------------------------------------------------------------------------------- */

static void send(const char *topic, const char *payload)
{
    const struct wp_effect e = {
        .kind = WP_PUBLISH,
        .port = world_port(world, CLIENT, "broker"),
        .publish = {.topic = wp_text(topic), .payload = wp_text(payload), .qos = 1, .tag = 1}};

    world_act(world, CLIENT, &e);
}

static void command(const char *topic, const char *payload)
{
    send(topic, payload);
    run(WP_SEC(1));
}

static void set(const char *name, const char *text, uint32_t times)
{
    const struct wp_option *o =
        wp_option_find(lxp_inverter_class.options, lxp_inverter_class.n_options, wp_text(name));
    struct wp_event e = {.kind = WP_EV_SET, .set = {.option = o, .times = times}};

    ck_assert_msg(o && wp_option_read(o, wp_text(text), &e.set.value, NULL), "%s: %s", name, text);
    world_event(world, INVERTER, &e);
}

/* ---- tests ----------------------------------------------------------------------------------------- */

/* The document's sample situation, from the registers of an inverter to the message. source: vectors lxp-144 .. 146 */
START_TEST(the_samples_come_out_of_an_inverter)
{
    teardown();
    furnish();
    give_inverter(
        INVERTER, "input",
        "0=32, 4=494, 5=53, 7=550, 8=0, 9=0, 10=114, 11=0, 12=2473, 15=4996, 16=0, 17=116, 20=2473, 23=4996, "
        "26=0, 27=0, 28=7, 29=0, 30=0, 31=20, 32=17, 33=19, 34=24, 35=0, 36=0, 37=39, 38=3799, 39=3005, "
        "81=10500, 82=15000, 83=532, 84=400, 85=0, 86=0, 87=0, 88=0, 89=0, 90=192, 91=0, 92=0, 93=0, 94=0, "
        "95=3");
    open_house();
    command("octolux/cmd/read_input", "1");
    expect("> 4 0 40\n"
           "octolux/inputs/1 {\"status\":32,\"v_bat\":49.4,\"soc\":53,\"p_pv\":550,\"p_charge\":114,"
           "\"p_discharge\":0,\"v_acr\":247.3,\"f_ac\":49.96,\"p_inv\":0,\"p_rec\":116,\"v_eps\":247.3,"
           "\"f_eps\":49.96,\"p_to_grid\":0,\"p_to_user\":0,\"e_pv_day\":0.7,\"e_inv_day\":2.0,"
           "\"e_rec_day\":1.7,\"e_chg_day\":1.9,\"e_dischg_day\":2.4,\"e_eps_day\":0.0,\"e_to_grid_day\":0.0,"
           "\"e_to_user_day\":3.9,\"v_bus_1\":379.9,\"v_bus_2\":300.5}\n"
           "octolux/result/read_input OK\n");
    command("octolux/cmd/read_input", "3");
    expect("> 4 80 40\n"
           "octolux/inputs/3 {\"max_chg_curr\":105.0,\"max_dischg_curr\":150.0,\"charge_volt_ref\":53.2,"
           "\"dischg_cut_volt\":40.0,\"bat_status_0\":0,\"bat_status_1\":0,\"bat_status_2\":0,"
           "\"bat_status_3\":0,\"bat_status_4\":0,\"bat_status_5\":192,\"bat_status_6\":0,\"bat_status_7\":0,"
           "\"bat_status_8\":0,\"bat_status_9\":0,\"bat_status_inv\":3}\n"
           "octolux/result/read_input OK\n");
}
END_TEST

/* OCT-013 .. OCT-020, OCT-B22: a burst in both forms. */
START_TEST(a_burst_is_three_messages)
{
    static const char *const forms[] = {"40", "127"};

    for (size_t i = 0; i < 2; i++) {
        const char *at = lines.text;

        clear();
        set("push.form", forms[i], 0);
        set("push.now", "true", 0);
        run(WP_SEC(5));
        wp_put_end(&lines.w);
        for (char n = '1'; n <= '3'; n++) {
            char topic[] = "octolux/inputs/n {";

            topic[15] = n;
            at = strstr(at, topic);
            ck_assert_msg(at, "%s in\n%s", topic, lines.text);
            ck_assert_ptr_null(strstr(at + 1, topic));
        }
    }
}
END_TEST

/* OCT-113, OCT-114, OCT-117, OCT-118, OCT-134, OCT-135, OCT-137, OCT-B10 .. OCT-B12 */
START_TEST(a_switch_changes_its_own_bit)
{
    set("hold", "21=62292", 0);
    command("octolux/cmd/ac_charge", "on");
    expect("> 3 21 1\n> 6 21 62420\noctolux/result/ac_charge OK\noctolux/hold/21 62420\n");
    command("octolux/cmd/forced_discharge", "Yes");
    expect("> 3 21 1\n> 6 21 63444\noctolux/result/forced_discharge OK\noctolux/hold/21 63444\n");
    command("octolux/cmd/ac_charge", "TRUE");
    expect("> 3 21 1\noctolux/result/ac_charge OK\noctolux/hold/21 63444\n");
    command("octolux/cmd/ac_charge", "");
    expect("> 3 21 1\n> 6 21 63316\noctolux/result/ac_charge OK\noctolux/hold/21 63316\n");
}
END_TEST

/* OCT-122, OCT-126, OCT-131, OCT-140, OCT-144, OCT-149, OCT-158, OCT-160 */
START_TEST(a_rate_is_written_and_read)
{
    command("octolux/cmd/discharge_pct", "50");
    expect("> 6 65 50\noctolux/result/discharge_pct OK\noctolux/hold/65 50\n");
    command("octolux/cmd/charge_pct", "0");
    expect("> 6 64 0\noctolux/result/charge_pct OK\noctolux/hold/64 0\n");
    command("octolux/cmd/charge_amount_pct", "100");
    expect("> 6 67 100\noctolux/result/charge_amount_pct OK\noctolux/hold/67 100\n");
    command("octolux/cmd/read_hold", "65");
    expect("> 3 65 1\noctolux/hold/65 50\noctolux/result/read_hold OK\n");
    command("octolux/cmd/read_hold", "5000");
    expect("> 3 5000 1\noctolux/result/read_hold FAIL\n");
    command("octolux/cmd/charge_pct", "101");
    command("octolux/cmd/read_input", "4");
    command("octolux/cmd/reboot", "1");
    expect("octolux/result/charge_pct FAIL\noctolux/result/read_input FAIL\n");
}
END_TEST

/* OCT-139, OCT-149, OCT-150, OCT-B13, OCT-B14: whatever fails, one FAIL; a write is sent once. */
START_TEST(every_failure_is_told_once)
{
    set("fault.echo", "-1", 1);
    command("octolux/cmd/discharge_pct", "50");
    expect("> 6 65 50\noctolux/result/discharge_pct FAIL\noctolux/hold/65 49\n");
    set("fault.exception", "3", 1);
    command("octolux/cmd/charge_pct", "50");
    expect("> 6 64 50\noctolux/result/charge_pct FAIL\n");
    set("fault.silence", "any", 1);
    send("octolux/cmd/charge_pct", "51");
    run(WP_MS(3900));
    expect("> 6 64 51\n");
    run(WP_SEC(6));
    expect("octolux/result/charge_pct FAIL\n");
    set("fault.drop", "10", 1);
    command("octolux/cmd/charge_pct", "52");
    run(WP_SEC(9));
    expect("> 6 64 52\noctolux/result/charge_pct FAIL\n");
}
END_TEST

/* OCT-B16: fifty at once, a result for each, in order, one request at a time. */
START_TEST(fifty_commands_have_fifty_results)
{
    char expected[50 * 64] = "";
    size_t n = 0;

    for (unsigned i = 0; i < 50; i++) {
        char payload[8];

        snprintf(payload, sizeof payload, "%u", i);
        send("octolux/cmd/charge_pct", payload);
        n += (size_t)snprintf(expected + n, sizeof expected - n,
                              "> 6 64 %u\noctolux/result/charge_pct OK\noctolux/hold/64 %u\n", i, i);
    }
    run(WP_SEC(9));
    expect(expected);
}
END_TEST

/* OCT-153 .. OCT-155: what others do at the portal is seen. */
START_TEST(changes_made_elsewhere_are_published)
{
    set("portal.write", "65=40", 0);
    run(WP_SEC(1));
    expect("octolux/hold/65 40\n");
    set("portal.read", "64/3", 0);
    run(WP_SEC(1));
    expect("octolux/hold/64 100\noctolux/hold/65 40\noctolux/hold/66 100\n");
    set("portal.write_multi", "64=90 80", 0);
    run(WP_SEC(2));
    expect("> 3 64 2\noctolux/hold/64 90\noctolux/hold/65 80\n");
}
END_TEST

/* OCT-B02: what came while the broker was away is published in order, once, and commands work again. */
START_TEST(an_outage_of_the_broker_loses_nothing)
{
    static const struct wp_login login = {
        .client_id = {(const uint8_t *)"c", 1}, .clean = true, .keepalive_s = 60};
    const struct wp_effect e = {.kind = WP_LOGIN, .login = &login};

    world_restart_broker(world, false, WP_SEC(20));
    run(WP_SEC(1));
    set("portal.write", "65=41", 0);
    run(WP_SEC(1));
    set("portal.write", "65=42", 0);
    run(WP_SEC(1));
    expect("");
    run(WP_SEC(17 + 30));
    expect("octolux/hold/65 41\noctolux/hold/65 42\n");
    world_act(world, CLIENT, &e);
    run(WP_SEC(1));
    command("octolux/cmd/read_hold", "65");
    expect("> 3 65 1\noctolux/hold/65 42\noctolux/result/read_hold OK\n");
}
END_TEST

/* A message that broke on its way goes out again with the next session, and arrives once. */
START_TEST(a_message_cut_on_its_way_arrives)
{
    const struct wp_effect listen = {.kind = WP_SUBSCRIBE,
                                     .port = world_port(world, CLIENT, "broker"),
                                     .subscribe = {.filter = wp_text("octolux/hold/#"), .qos = 1, .tag = 1}};
    const struct wp_link_fault cut = {.kind = WP_LINK_CUT, .direction = WP_LINK_FROM, .times = 1, .n = 9};

    world_act(world, CLIENT, &listen);
    world_fault(world, GATEWAY, &cut);
    set("portal.write", "65=41", 0);
    run(WP_SEC(5));
    expect_deliveries(1);
    expect("octolux/hold/65 41\noctolux/hold/65 41\n");
}
END_TEST

/* The first session is clean and ends with its line; a later one the broker keeps, and what is commanded while the
 * line is broken is done afterwards, once. */
START_TEST(a_command_given_meanwhile_is_obeyed)
{
    const struct wp_link_fault cut = {.kind = WP_LINK_CUT, .direction = WP_LINK_BOTH, .times = 1};

    world_fault(world, GATEWAY, &cut);
    send("octolux/cmd/charge_pct", "6");
    run(WP_SEC(5));
    expect("");
    world_fault(world, GATEWAY, &cut);
    send("octolux/cmd/charge_pct", "7");
    run(WP_SEC(5));
    expect("> 6 64 7\noctolux/result/charge_pct OK\noctolux/hold/64 7\n");
}
END_TEST

/* OCT-B17: an inverter that is not there fails its commands, and works when it is back. */
START_TEST(an_absent_inverter_fails_its_commands)
{
    world_restart(world, INVERTER, false, WP_SEC(20));
    run(WP_SEC(10));
    send("octolux/cmd/ac_charge", "on");
    run(WP_SEC(10));
    expect("octolux/result/ac_charge FAIL\n");
    run(WP_SEC(10));
    command("octolux/cmd/charge_pct", "7");
    expect("> 6 64 7\noctolux/result/charge_pct OK\noctolux/hold/64 7\n");
}
END_TEST

/* Two inverters, each with its topics. */
START_TEST(a_second_inverter_has_its_own_prefix)
{
    teardown();
    furnish();
    give_gateway("lxp.more", "garage=5555555556:BA55555556@127.0.2.2");
    open_house();
    command("garage/cmd/charge_pct", "70");
    command("octolux/cmd/charge_pct", "30");
    command("garage/cmd/read_hold", "64");
    expect("garage/result/charge_pct OK\ngarage/hold/64 70\n"
           "> 6 64 30\noctolux/result/charge_pct OK\noctolux/hold/64 30\n"
           "garage/hold/64 70\ngarage/result/read_hold OK\n");
}
END_TEST

/* OCT-B23: frames of another inverter publish nothing, unless any is accepted: then they are the connection's. */
START_TEST(another_serial_counts_only_when_any_does)
{
    set("fault.serial", "2222222222", 1);
    set("portal.write", "65=40", 0);
    run(WP_SEC(1));
    expect("");
    teardown();
    furnish();
    give_gateway("lxp.accept_any_serial", "true");
    open_house();
    set("fault.serial", "2222222222", 1);
    set("portal.write", "65=40", 0);
    run(WP_SEC(1));
    expect("octolux/hold/65 40\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("north_octolux_whole");
    TCase *tc = tcase_create("whole");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_samples_come_out_of_an_inverter);
    tcase_add_test(tc, a_burst_is_three_messages);
    tcase_add_test(tc, a_switch_changes_its_own_bit);
    tcase_add_test(tc, a_rate_is_written_and_read);
    tcase_add_test(tc, every_failure_is_told_once);
    tcase_add_test(tc, fifty_commands_have_fifty_results);
    tcase_add_test(tc, changes_made_elsewhere_are_published);
    tcase_add_test(tc, an_outage_of_the_broker_loses_nothing);
    tcase_add_test(tc, a_message_cut_on_its_way_arrives);
    tcase_add_test(tc, a_command_given_meanwhile_is_obeyed);
    tcase_add_test(tc, an_absent_inverter_fails_its_commands);
    tcase_add_test(tc, a_second_inverter_has_its_own_prefix);
    tcase_add_test(tc, another_serial_counts_only_when_any_does);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
