/* Inverters beside meters in one gateway, in the virtual world: the real devices below, both APIs above.
 *
 *     inverter 127.0.2.1 --8000-- gateway --8899-- meter 127.0.3.1          client c sends commands */
#include "sim/catalog.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/north_ivy.h"
#include "sim/gateway/north_octolux.h"
#include "sim/gateway/south_dlt645.h"
#include "sim/gateway/south_lxp.h"
#include "tests/world_trace.h"

#include <stdarg.h>

#define GATEWAY_IP  0x7F000001u
#define INVERTER_IP 0x7F000201u
#define METER_IP    0x7F000301u
#define CLIENT_IP   0x7F000401u

static const struct wp_class *const souths[] = {&south_dlt645_class, &south_lxp_class};
static const struct wp_class *const norths[] = {&north_ivy_class, &north_octolux_class};
static const struct wp_parts parts = {souths, 2, norths, 2};

static struct wp_endpoint gateway_endpoints[4], inverter_endpoint, meter_endpoint, client_endpoint;
static struct wp_option_value of_gateway[16], of_inverter[8], of_meter[2];
static struct wp_setup gateway_setup, inverter_setup, meter_setup, client_setup;
static struct wp_transcript transcript;
static struct wp_world *world;
static wp_machine inverter, client;

/* ---- what is seen --------------------------------------------------------------------------------- */

static struct story {
    struct wp_sink sink;
    size_t n_inputs, n_ivy_inverter, n_requests, n_heartbeats;
    char text[1 << 16];
    struct wp_writer w;
} story;

static void put_time(wp_us at)
{
    char text[32];

    snprintf(text, sizeof text, "[%3lld.%03lld] ", (long long)(at / 1000000), (long long)(at / 1000 % 1000));
    wp_put_text(&story.w, text);
}

static bool begins(struct wp_slice text, const char *with)
{
    size_t n = strlen(with);

    return text.n >= n && memcmp(text.p, with, n) == 0;
}

static bool holds(struct wp_slice text, const char *part)
{
    return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

/* Of octolux: topic and payload, inputs counted; of ivy: nothing, but whether it knows of the inverter. */
static void see_publish(const struct wp_record *r)
{
    if (strcmp(r->machine, "gateway") != 0)
        return;
    if (begins(r->message.topic, "ivy/")) {
        story.n_ivy_inverter +=
            holds(r->message.topic, "5555555555") || holds(r->message.payload, "5555555555");
        return;
    }
    if (begins(r->message.topic, "octolux/inputs/")) {
        story.n_inputs++;
        return;
    }
    put_time(r->at);
    wp_put_slice(&story.w, r->message.topic);
    wp_put_char(&story.w, ' ');
    wp_put_slice(&story.w, r->message.payload);
    wp_put_char(&story.w, '\n');
}

static void see(struct wp_sink *sink, const struct wp_record *r)
{
    (void)sink;
    if (r->kind == WP_REC_PUBLISH) {
        see_publish(r);
    } else if (r->kind == WP_REC_SEND && strcmp(r->machine, "gateway") == 0 && r->bytes.n > 8 &&
               r->bytes.p[0] == 0xA1) {
        story.n_heartbeats += r->bytes.p[7] == 0xC1;
        story.n_requests += r->bytes.p[7] == 0xC2;
    } else if (r->kind == WP_REC_PRESENCE || (r->kind == WP_REC_ANSWER && !r->answer->ok)) {
        put_time(r->at);
        wp_put_slice(&story.w, r->kind == WP_REC_ANSWER ? r->answer->device : r->presence->device);
        wp_put_char(&story.w, ' ');
        wp_put_slice(&story.w, r->kind == WP_REC_ANSWER
                                   ? r->answer->fault
                                   : wp_text(r->presence->online ? "online" : "offline"));
        wp_put_char(&story.w, '\n');
    }
}

static void clear(void)
{
    story = (struct story){.sink = {see}};
    story.w = wp_writer(story.text, sizeof story.text);
}

static void expect(const char *lines)
{
    ck_assert_str_eq(wp_put_end(&story.w), lines);
    clear();
}

/* ---- the world ------------------------------------------------------------------------------------ */

static const struct wp_option *find_option(const struct wp_class *class, const char *name)
{
    const struct wp_option *o = wp_option_find(class->options, class->n_options, wp_text(name));

    for (size_t i = 0; i < 2 && class == &wp_gateway_class && !o; i++) {
        o = wp_option_find(souths[i]->options, souths[i]->n_options, wp_text(name));
        if (!o)
            o = wp_option_find(norths[i]->options, norths[i]->n_options, wp_text(name));
    }
    ck_assert_msg(o, "there is an option %s", name);
    return o;
}

static void give(struct wp_setup *setup, struct wp_option_value *list, const struct wp_class *class,
                 const char *name, const char *value)
{
    const struct wp_option *o = find_option(class, name);

    setup->given = list;
    list[setup->n_given].option = o;
    ck_assert(wp_option_read(o, wp_text(value), &list[setup->n_given].value, NULL));
    setup->n_given++;
}

static void give_gateway(const char *name, const char *value)
{
    give(&gateway_setup, of_gateway, &wp_gateway_class, name, value);
}

static void prepare(void)
{
    clear();
    transcript = (struct wp_transcript){0};
    wp_transcript_add(&transcript, &story.sink);
    world = world_virtual_new(&(struct wp_world_setup){.seed = 1, .transcript = &transcript});
    gateway_setup = (struct wp_setup){.name = "gateway",
                                      .ip = GATEWAY_IP,
                                      .endpoints = gateway_endpoints,
                                      .n_endpoints = 4,
                                      .parts = &parts};
    for (size_t i = 0; i < 2; i++) {
        gateway_endpoints[i] = souths[i]->endpoints[0];
        gateway_endpoints[2 + i] = norths[i]->endpoints[0];
    }
    gateway_endpoints[0].addr.ip = GATEWAY_IP;
    give_gateway("lxp.host", "127.0.2.1");
    give_gateway("lxp.serial", "5555555555");
    give_gateway("lxp.datalog", "BA55555555");
}

static void add_inverter(void)
{
    const struct wp_class *class = wp_device_find("lxp-inverter");

    inverter_endpoint = class->endpoints[0];
    inverter_endpoint.addr.ip = INVERTER_IP;
    inverter_setup =
        (struct wp_setup){.name = "i1", .ip = INVERTER_IP, .endpoints = &inverter_endpoint, .n_endpoints = 1};
    give(&inverter_setup, of_inverter, class, "hold", "21=62292, 65=100");
    inverter = world_add(world, class, &inverter_setup, NULL);
}

static void add_meter(void)
{
    const struct wp_class *class = wp_device_find("dlt645-meter");

    meter_endpoint = class->endpoints[0];
    meter_endpoint.addr = (struct wp_addr){GATEWAY_IP, 8899};
    meter_setup =
        (struct wp_setup){.name = "m1", .ip = METER_IP, .endpoints = &meter_endpoint, .n_endpoints = 1};
    give(&meter_setup, of_meter, class, "address", "000000000001");
    world_add(world, class, &meter_setup, NULL);
}

static void run(wp_us until)
{
    ck_assert_int_ne(world_run(world, until), WP_WORLD_ERROR);
}

/* Everybody stands, and nothing has been seen yet. */
static void start(void)
{
    const struct wp_login login = {.client_id = wp_text("c"), .clean = true, .keepalive_s = 60};
    char why[200];
    struct wp_writer w = wp_writer(why, sizeof why);

    client_endpoint = (struct wp_endpoint){.name = "broker", .transport = WP_BROKER};
    client_setup =
        (struct wp_setup){.name = "c", .ip = CLIENT_IP, .endpoints = &client_endpoint, .n_endpoints = 1};
    ck_assert_msg(wp_gateway_class.check(&gateway_setup, &w), "%s", wp_put_end(&w));
    world_add(world, &wp_gateway_class, &gateway_setup, NULL);
    client = world_add(world, &puppet_class, &client_setup, NULL);
    ck_assert(world_start(world));
    world_act(world, client, &(struct wp_effect){.kind = WP_LOGIN, .login = &login});
    run(WP_SEC(1));
}

static void setup(void)
{
    prepare();
    add_inverter();
    start();
    clear();
}

static void teardown(void)
{
    world_free(world);
    world = NULL;
    inverter_setup.n_given = meter_setup.n_given = 0;
}

static void send(const char *command, const char *payload)
{
    char topic[64];
    const struct wp_effect e = {
        .kind = WP_PUBLISH,
        .port = world_port(world, client, "broker"),
        .publish = {.topic = wp_text(topic), .payload = wp_text(payload), .qos = 1, .tag = 1}};
    struct wp_effect effect = e;

    snprintf(topic, sizeof topic, "octolux/cmd/%s", command);
    effect.publish.topic = wp_text(topic);
    world_act(world, client, &effect);
}

/* Sends it and lets two seconds pass. */
static void tell(const char *command, const char *payload)
{
    send(command, payload);
    run(world_now(world) + WP_SEC(2));
}

static void set_inverter(const char *name, const char *value, uint32_t times)
{
    struct wp_event e = {
        .kind = WP_EV_SET,
        .set = {.option = find_option(wp_device_find("lxp-inverter"), name), .times = times}};

    ck_assert(wp_option_read(e.set.option, wp_text(value), &e.set.value, NULL));
    world_event(world, inverter, &e);
}

/* The story without its times. */
static void expect_timeless(const char *lines)
{
    static char text[1 << 12];
    struct wp_writer w = wp_writer(text, sizeof text);
    const char *at = wp_put_end(&story.w);

    for (; *at; at = strchr(at, '\n') + 1) {
        const char *line = strchr(at, ']') + 2;

        wp_put_slice(&w, wp_slice(line, (size_t)(strchr(line, '\n') + 1 - line)));
    }
    ck_assert_str_eq(wp_put_end(&w), lines);
    clear();
}

/* ---- tests ---------------------------------------------------------------------------------------- */

START_TEST(an_inverter_is_read_and_commanded)
{
    tell("discharge_pct", "50");
    expect_timeless("octolux/result/discharge_pct OK\noctolux/hold/65 50\n");
    tell("ac_charge", "on");
    expect_timeless("octolux/result/ac_charge OK\noctolux/hold/21 62420\n");
    tell("ac_charge", "on");
    expect_timeless("octolux/result/ac_charge OK\noctolux/hold/21 62420\n");
    tell("read_hold", "65");
    expect_timeless("octolux/hold/65 50\noctolux/result/read_hold OK\n");
    tell("read_input", "2");
    ck_assert_uint_eq(story.n_inputs, 1);
    expect_timeless("octolux/result/read_input OK\n");
    tell("read_hold", "60000"); /* there is none: an exception */
    expect_timeless("5555555555 The inverter refused\noctolux/result/read_hold FAIL\n");
}
END_TEST

/* A change made between two commands is not lost: the bit is changed on what is read. */
START_TEST(what_the_portal_changed_stays)
{
    set_inverter("portal.write", "21=62293", 0);
    run(WP_SEC(2));
    expect_timeless("octolux/hold/21 62293\n");
    tell("forced_discharge", "1");
    expect_timeless("octolux/result/forced_discharge OK\noctolux/hold/21 63317\n");
    set_inverter("portal.write_multi", "64=90 80", 0);
    run(world_now(world) + WP_SEC(2));
    expect_timeless("octolux/hold/64 90\noctolux/hold/65 80\n");
}
END_TEST

START_TEST(pushes_and_heartbeats_pass_while_nobody_polls)
{
    run(WP_SEC(200));
    ck_assert_uint_eq(story.n_inputs, 3);
    ck_assert_uint_eq(story.n_requests, 0);
    ck_assert_uint_eq(story.n_heartbeats, 3);
    ck_assert_uint_eq(story.n_ivy_inverter, 0);
    expect("");
}
END_TEST

START_TEST(an_inverter_that_is_away_is_dialled_and_commands_fail_meanwhile)
{
    world_restart(world, inverter, false, WP_SEC(12));
    run(WP_SEC(5));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&story.w), "5555555555 offline\n"));
    clear();
    tell("discharge_pct", "50");
    expect_timeless("5555555555 Inverter not connected\noctolux/result/discharge_pct FAIL\n");
    run(WP_SEC(25));
    expect_timeless("5555555555 online\n");
    tell("discharge_pct", "50");
    expect_timeless("octolux/result/discharge_pct OK\noctolux/hold/65 50\n");
}
END_TEST

START_TEST(meters_and_inverters_share_the_gateway)
{
    teardown();
    prepare();
    give_gateway("polling.interval", "10s");
    add_inverter();
    add_meter();
    start();
    run(WP_SEC(61));
    ck_assert_uint_eq(story.n_ivy_inverter, 0);
    ck_assert_uint_eq(story.n_requests, 0);
    expect_timeless("5555555555 online\n000000000001 online\n");
    tell("discharge_pct", "50");
    expect_timeless("octolux/result/discharge_pct OK\noctolux/hold/65 50\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("gateway_lxp");
    TCase *t = tcase_create("gateway_lxp");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, an_inverter_is_read_and_commanded);
    tcase_add_test(t, what_the_portal_changed_stays);
    tcase_add_test(t, pushes_and_heartbeats_pass_while_nobody_polls);
    tcase_add_test(t, an_inverter_that_is_away_is_dialled_and_commands_fail_meanwhile);
    tcase_add_test(t, meters_and_inverters_share_the_gateway);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
