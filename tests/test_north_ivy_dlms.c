/* What the IVY north makes of readings of DLMS meters: telemetry, events, answers to commands. A south of the test's
 * own stands below it and tells what the test lays out. covers: ivy_objects */
#include "sim/gateway/ivy_objects.h"
#include "tests/gateway_rig.h"

#include <math.h>

static struct rig r;

/* ---- the south: its only meter is 000000000001 ----------------------------------------------------- */

static const struct wp_reading *to_tell; /* with the next bytes */
static struct wp_point known[8];         /* what a command can read */
static size_t n_known;

static size_t fake_size(const struct wp_setup *setup)
{
    (void)setup;
    return sizeof(int);
}

static void fake_init(const struct wp_setup *setup, void *memory)
{
    (void)setup;
    memset(memory, 0, sizeof(int));
}

static struct wp_point answer_to(struct wp_slice id)
{
    for (size_t i = 0; i < n_known; i++)
        if (wp_slice_eq(known[i].id, id))
            return known[i];
    return (struct wp_point){
        .id = id, .unit = "", .quality = WP_REFUSED, .fault = wp_text("DLMS GET failed: object-undefined")};
}

static void fake_answer(const struct wp_command *c, wp_us now, struct wp_outbox *out)
{
    struct wp_point points[64];
    struct wp_reading reading = {
        .device = c->device, .protocol = "dlms", .reason = WP_ASKED, .at = now, .points = points};
    struct wp_answer answer = {.tag = c->tag, .from = c->from, .device = c->device, .reading = &reading};
    const struct wp_effect e = {.kind = WP_ANSWER, .answer = &answer};

    for (; reading.n_points < c->n_ids; reading.n_points++) {
        points[reading.n_points] = answer_to(c->ids[reading.n_points]);
        answer.ok |= points[reading.n_points].quality == WP_GOOD;
    }
    answer.fault = answer.ok ? wp_text("") : points[0].fault;
    out->emit(out, &e);
}

static void fake_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    const struct wp_presence presence = {
        .device = wp_text("000000000001"), .protocol = "dlms", .online = true, .ip = 0x7F000201u};
    const struct wp_effect here = {.kind = WP_PRESENCE, .presence = &presence};
    const struct wp_effect told = {.kind = WP_READING, .reading = to_tell};

    (void)machine;
    if (event->kind == WP_EV_OPEN)
        out->emit(out, &here);
    else if (event->kind == WP_EV_BYTES)
        out->emit(out, &told);
    else if (event->kind == WP_EV_COMMAND)
        fake_answer(event->command, event->now, out);
}

static wp_us fake_deadline(const void *machine)
{
    (void)machine;
    return WP_NEVER;
}

static const struct wp_endpoint fake_endpoints[] = {
    {.name = "meters", .transport = WP_TCP, .listen = true, .addr = {.port = 8899}}};

static const struct wp_class fake_class = {
    .name = "dlms",
    .options = NULL,
    .endpoints = fake_endpoints,
    .n_endpoints = 1,
    .size = fake_size,
    .init = fake_init,
    .step = fake_step,
    .deadline = fake_deadline,
};

static void start(struct rig *rig, ...)
{
    va_list list;

    va_start(list, rig);
    rig_init_list(rig, list);
    va_end(list);
    rig->south[0] = &fake_class;
    rig_make(rig);
    rig_step(rig, (struct wp_event){.kind = WP_EV_START});
    (void)rig_connect(rig, 1);
    rig_clear(rig);
}

static void setup(void)
{
    start(&r, "polling.enabled", "false", NULL);
    n_known = 0;
}

static void teardown(void)
{
    rig_end(&r);
}

static void tell(const struct wp_reading *reading)
{
    to_tell = reading;
    rig_bytes(&r, r.last_port, wp_text("x"));
}

static struct wp_point raw(const char *id, struct wp_value value)
{
    return (struct wp_point){.id = wp_text(id), .unit = "", .value = value, .class_id = 3, .attribute = 2};
}

static struct wp_point scaled(const char *id, struct wp_value value, const char *unit)
{
    struct wp_point p = raw(id, value);

    p.unit = unit;
    p.is_scaled = true;
    return p;
}

static void tell_points(const struct wp_point *points, size_t n)
{
    const struct wp_reading reading = {.device = wp_text("000000000001"),
                                       .protocol = "dlms",
                                       .reason = WP_PUSHED,
                                       .at = WP_SEC(3),
                                       .points = points,
                                       .n_points = n};

    tell(&reading);
}

#define TELEMETRY                                                                                            \
    "[     0.000] publish ivy/v1/meters/000000000001/telemetry q1 {\"meterId\":\"000000000001\","            \
    "\"timestamp\":1705320003000,\"source\":\"dlms\",\"readings\":{"

/* IVY-159, IVY-161 to IVY-169, IVY-176 to IVY-185: the document's values from the raw numbers of its meter. */
START_TEST(all_points_of_a_moment_are_one_message)
{
    const struct wp_point points[] = {
        raw("1-0:1.7.0.255", wp_int(118)),    raw("1-0:3.7.0.255", wp_int(42)),
        raw("1-0:9.7.0.255", wp_int(125)),    raw("1-0:11.7.0.255", wp_int(512)),
        raw("1-0:12.7.0.255", wp_int(23636)), raw("1-0:13.7.0.255", wp_int(997)),
        raw("1-0:14.7.0.255", wp_int(5004)),  raw("1-0:15.8.0.255", wp_int(12345671)),
        raw("1-0:91.7.0.255", wp_int(12)),    raw("0-0:96.14.0.255", wp_int(1)),
    };

    tell_points(points, sizeof points / sizeof points[0]);
    rig_expect(&r, TELEMETRY
               "\"ACTIVE_POWER_IMPORT\":{\"value\":118,\"unit\":\"W\",\"obis\":\"1-0:1.7.0.255\"},"
               "\"REACTIVE_POWER_IMPORT\":{\"value\":42,\"unit\":\"var\",\"obis\":\"1-0:3.7.0.255\"},"
               "\"APPARENT_POWER_IMPORT\":{\"value\":125,\"unit\":\"VA\",\"obis\":\"1-0:9.7.0.255\"},"
               "\"CURRENT_TOTAL\":{\"value\":0.512,\"unit\":\"A\",\"obis\":\"1-0:11.7.0.255\"},"
               "\"VOLTAGE_TOTAL\":{\"value\":236.36,\"unit\":\"V\",\"obis\":\"1-0:12.7.0.255\"},"
               "\"POWER_FACTOR_TOTAL\":{\"value\":0.997,\"unit\":\"\",\"obis\":\"1-0:13.7.0.255\"},"
               "\"FREQUENCY\":{\"value\":50.04,\"unit\":\"Hz\",\"obis\":\"1-0:14.7.0.255\"},"
               "\"TOTAL_ENERGY_ABSOLUTE\":{\"value\":12345.671,\"unit\":\"kWh\",\"obis\":\"1-0:15.8.0.255\"},"
               "\"CURRENT_NEUTRAL\":{\"value\":0.012,\"unit\":\"A\",\"obis\":\"1-0:91.7.0.255\"},"
               "\"CURRENT_TARIFF\":{\"value\":1,\"unit\":\"\",\"obis\":\"0-0:96.14.0.255\"}}}\n");
}
END_TEST

START_TEST(the_meters_own_scaler_wins)
{
    const struct wp_point points[] = {
        scaled("1-0:12.7.0.255", wp_decimal(2363, -1), "V"),
        scaled("1-0:15.8.0.255", wp_int(12345), "Wh"),
        scaled("1-0:32.7.0.255", wp_decimal(2330, -1), "V"),
    };

    tell_points(points, 3);
    rig_expect(&r, TELEMETRY
               "\"VOLTAGE_TOTAL\":{\"value\":236.3,\"unit\":\"V\",\"obis\":\"1-0:12.7.0.255\"},"
               "\"TOTAL_ENERGY_ABSOLUTE\":{\"value\":12.345,\"unit\":\"kWh\",\"obis\":\"1-0:15.8.0.255\"},"
               "\"1-0:32.7.0.255\":{\"value\":233.0,\"unit\":\"V\",\"obis\":\"1-0:32.7.0.255\"}}}\n");
}
END_TEST

/* IVY-B37: an unregistered code is its own key; what is no value is left out; the document ties a key to one code. */
START_TEST(what_is_no_value_is_left_out)
{
    struct wp_point points[] = {
        raw("1-1:1.7.0.255", wp_int(7)),
        raw("1-0:1.7.0.255", wp_null()),
        raw("1-0:3.7.0.255", wp_real((double)NAN)),
        raw("0-0:96.1.0.255", wp_text_value(wp_text("A\"1"))),
        raw("0-0:96.3.10.255", wp_bool(true)),
        raw("1-1:1.7.0.255", wp_int(8)),
        raw("1-0:1.8.0.255", wp_uint(UINT64_MAX)),
    };

    points[1].quality = WP_NO_VALUE;
    tell_points(points, sizeof points / sizeof points[0]);
    rig_expect(&r, TELEMETRY
               "\"1-1:1.7.0.255\":{\"value\":7,\"unit\":\"\",\"obis\":\"1-1:1.7.0.255\"},"
               "\"0-0:96.1.0.255\":{\"value\":\"A\\\"1\",\"unit\":\"\",\"obis\":\"0-0:96.1.0.255\"},"
               "\"0-0:96.3.10.255\":{\"value\":1,\"unit\":\"\",\"obis\":\"0-0:96.3.10.255\"},"
               "\"1-0:1.8.0.255\":{\"value\":\"18446744073709551615\",\"unit\":\"\","
               "\"obis\":\"1-0:1.8.0.255\"}}}\n");
    tell_points(&points[1], 2);
    rig_expect(&r, "");
}
END_TEST

/* The document's registers are numbers; a tariff that a meter calls by a name is told by its code. */
START_TEST(a_text_has_no_key_of_the_document)
{
    const struct wp_point points[] = {raw("0-0:96.14.0.255", wp_text_value(wp_text("T1"))),
                                      raw("1-0:15.8.0.255", wp_uint(UINT64_MAX))};

    tell_points(points, 2);
    rig_expect(&r,
               TELEMETRY "\"0-0:96.14.0.255\":{\"value\":\"T1\",\"unit\":\"\",\"obis\":\"0-0:96.14.0.255\"},"
                         "\"1-0:15.8.0.255\":{\"value\":\"18446744073709551615\",\"unit\":\"\","
                         "\"obis\":\"1-0:15.8.0.255\"}}}\n");
}
END_TEST

#define EVENT(name, message)                                                                                 \
    "[     0.000] publish ivy/v1/meters/000000000001/events q1 {\"meterId\":\"000000000001\","               \
    "\"timestamp\":1705320000000,\"type\":\"info\",\"event\":\"" name "\",\"message\":\"" message "\","

/* IVY-170 to IVY-172. */
START_TEST(what_is_no_reading_is_an_event)
{
    struct wp_point p = raw("0-0:96.7.21.255", wp_int(3));
    struct wp_reading reading = {.device = wp_text("000000000001"),
                                 .protocol = "dlms",
                                 .reason = WP_PUSHED,
                                 .points = &p,
                                 .n_points = 1,
                                 .event = "event-notification"};

    p.class_id = 1;
    tell(&reading);
    rig_expect(&r, EVENT("event-notification",
                         "Meter reported an event") "\"data\":{\"obis\":\"0-0:96.7.21.255\",\"classId\":1,"
                                                    "\"attribute\":2,\"value\":3}}\n");
    reading = (struct wp_reading){.device = wp_text("000000000001"),
                                  .protocol = "dlms",
                                  .reason = WP_PUSHED,
                                  .event = "data-notification",
                                  .raw = wp_slice("\x0F\x00\x11", 3)};
    tell(&reading);
    rig_expect(&r, EVENT("data-notification",
                         "Meter sent data without known registers") "\"data\":{\"apdu\":\"0F0011\"}}\n");
}
END_TEST

#define RESPONSE                                                                                             \
    "[     0.000] publish ivy/v1/meters/000000000001/command/response q1 {\"requestId\":\"q\",\"success\":"

/* IVY-B39: value in the unit of the register table. */
START_TEST(registers_are_read_from_objects)
{
    known[n_known++] = raw("1-0:1.7.0.255", wp_int(1180));
    known[n_known++] = raw("1-0:12.7.0.255", wp_int(23636));
    rig_request(&r, "{\"requestId\":\"q\",\"command\":\"read\",\"register\":\"totalActivePower\"}");
    rig_expect(&r, RESPONSE "true,\"timestamp\":1705320000000,\"data\":{\"register\":\"totalActivePower\","
                            "\"value\":1.180,\"unit\":\"kW\"}}\n");
    rig_request(&r, "{\"requestId\":\"q\",\"command\":\"read\",\"register\":\"activePowerB\"}");
    rig_expect(&r, RESPONSE "false,\"timestamp\":1705320000000,"
                            "\"error\":\"No DLMS mapping for register: activePowerB\"}\n");
    rig_request(&r, "{\"requestId\":\"q\",\"command\":\"read\",\"register\":\"frequency\"}");
    rig_expect(&r, RESPONSE "false,\"timestamp\":1705320000000,"
                            "\"error\":\"DLMS GET failed: object-undefined\"}\n");
    rig_request(&r, "{\"requestId\":\"q\",\"command\":\"read\",\"dataId\":\"02010100\"}");
    rig_expect(&r, RESPONSE "false,\"timestamp\":1705320000000,"
                            "\"error\":\"No DLMS mapping for register: 02010100\"}\n");
    rig_request(&r, "{\"requestId\":\"q\",\"command\":\"readGroup\",\"group\":\"voltage\"}");
    rig_expect(&r, RESPONSE
               "true,\"timestamp\":1705320000000,\"data\":[{\"register\":\"voltageA\","
               "\"value\":236.36,\"unit\":\"V\"},"
               "{\"register\":\"voltageB\",\"error\":\"No DLMS mapping for register: voltageB\"},"
               "{\"register\":\"voltageC\",\"error\":\"No DLMS mapping for register: voltageC\"}]}\n");
}
END_TEST

START_TEST(objects_are_read_by_key_and_by_code)
{
    known[n_known++] = raw("1-0:12.7.0.255", wp_int(23636));
    known[n_known++] = raw("0-0:96.1.0.255", wp_text_value(wp_text("000000000000")));
    rig_request(&r, "{\"requestId\":\"q\",\"command\":\"read\",\"register\":\"VOLTAGE_TOTAL\"}");
    rig_expect(&r, RESPONSE "true,\"timestamp\":1705320000000,\"data\":{\"register\":\"VOLTAGE_TOTAL\","
                            "\"value\":236.36,\"unit\":\"V\"}}\n");
    rig_request(&r, "{\"requestId\":\"q\",\"command\":\"read\",\"dataId\":\"0-0:96.1.0.255\"}");
    rig_expect(&r, RESPONSE "true,\"timestamp\":1705320000000,\"data\":{\"register\":\"0-0:96.1.0.255\","
                            "\"value\":\"000000000000\",\"unit\":\"\"}}\n");
    rig_request(&r, "{\"requestId\":\"q\",\"command\":\"readMultiple\",\"registers\":"
                    "[\"1-0:12.7.0.255\",\"nonsense\",\"activePowerA\"]}");
    rig_expect(&r, RESPONSE "true,\"timestamp\":1705320000000,\"data\":[{\"register\":\"VOLTAGE_TOTAL\","
                            "\"value\":236.36,\"unit\":\"V\"},"
                            "{\"register\":\"nonsense\",\"error\":\"Unknown register: nonsense\"},"
                            "{\"register\":\"activePowerA\",\"error\":\"No DLMS mapping for register: "
                            "activePowerA\"}]}\n");
    rig_request(&r,
                "{\"requestId\":\"q\",\"command\":\"readMultiple\",\"registers\":[\"activePowerA\",\"x\"]}");
    rig_expect(&r, RESPONSE "false,\"timestamp\":1705320000000,"
                            "\"error\":\"No DLMS mapping for register: activePowerA\"}\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("north_ivy_dlms");
    TCase *t = tcase_create("readings");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, all_points_of_a_moment_are_one_message);
    tcase_add_test(t, the_meters_own_scaler_wins);
    tcase_add_test(t, what_is_no_value_is_left_out);
    tcase_add_test(t, a_text_has_no_key_of_the_document);
    tcase_add_test(t, what_is_no_reading_is_an_event);
    tcase_add_test(t, registers_are_read_from_objects);
    tcase_add_test(t, objects_are_read_by_key_and_by_code);
    suite_add_tcase(s, t);
    runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
