/* Readings to telemetry, values beyond limits to events.
 * covers: ivy_registers */
#include "tests/gateway_rig.h"

#include "sim/gateway/ivy_registers.h"

enum { METER = 2 };

static struct rig r;

static void begin(const char *name, const char *value)
{
    rig_start(&r, "polling.enabled", "false", name, value, NULL);
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_PUBLISHES;
}

static void setup(void)
{
    begin(NULL, NULL);
}

static void teardown(void)
{
    rig_end(&r);
}

static void restart(const char *name, const char *value)
{
    rig_end(&r);
    begin(name, value);
}

static void reads(uint32_t di, const char *data)
{
    rig_read_reply(&r, METER, 1, di, data);
}

#define EVENT                                                                                                \
    "[     0.000] publish ivy/v1/meters/000000000001/events q1 {\"meterId\":\"000000000001\","               \
    "\"timestamp\":1705320000000,"
#define VOLTAGE_HIGH                                                                                         \
    EVENT "\"type\":\"alarm\",\"event\":\"voltage_high\",\"message\":\"Voltage exceeded "                    \
          "threshold\",\"data\":"
#define VOLTAGE_LOW                                                                                          \
    EVENT "\"type\":\"alarm\",\"event\":\"voltage_low\",\"message\":\"Voltage below threshold\",\"data\":"
#define CURRENT_HIGH                                                                                         \
    EVENT "\"type\":\"alarm\",\"event\":\"current_high\",\"message\":\"Current exceeded "                    \
          "threshold\",\"data\":"
#define FACTOR_LOW                                                                                           \
    EVENT "\"type\":\"warning\",\"event\":\"power_factor_low\",\"message\":\"Power factor below "            \
          "threshold\",\"data\":"

/* ---- telemetry ------------------------------------------------------------------------------------ */

/* Each row of the document's tables with the bytes and the value of its statement, IVY-131 to IVY-151. */
static const struct {
    uint32_t di;
    const char *data, *name, *description, *unit, *value, *raw;
} rows[] = {
    {0x00010000, "67452301", "totalActiveEnergy", "Total Active Energy (Combined)", "kWh", "12345.67",
     "01234567"},
    {0x00010100, "00008000", "totalActiveEnergyForward", "Forward Active Energy", "kWh", "8000.00",
     "00800000"},
    {0x00010200, "00003000", "totalActiveEnergyReverse", "Reverse Active Energy", "kWh", "3000.00",
     "00300000"},
    {0x00020000, "93300200", "totalReactiveEnergy", "Total Reactive Energy", "kvarh", "230.93", "00023093"},
    {0x02030000, "521100", "totalActivePower", "Total Active Power", "kW", "0.1152", "001152"},
    {0x02030000, "521180", "totalActivePower", "Total Active Power", "kW", "-0.1152", "801152"},
    {0x02030100, "452301", "activePowerA", "Phase A Active Power", "kW", "1.2345", "012345"},
    {0x02030200, "122580", "activePowerB", "Phase B Active Power", "kW", "-0.2512", "802512"},
    {0x02030300, "000005", "activePowerC", "Phase C Active Power", "kW", "5.0000", "050000"},
    {0x02040000, "314300", "totalReactivePower", "Total Reactive Power", "kvar", "0.4331", "004331"},
    {0x02050000, "065000", "totalApparentPower", "Total Apparent Power", "kVA", "0.5006", "005006"},
    {0x02010100, "5524", "voltageA", "Phase A Voltage", "V", "245.5", "2455"},
    {0x02010200, "9722", "voltageB", "Phase B Voltage", "V", "229.7", "2297"},
    {0x02010300, "1923", "voltageC", "Phase C Voltage", "V", "231.9", "2319"},
    {0x02020100, "345200", "currentA", "Phase A Current", "A", "5.234", "005234"},
    {0x02020200, "342385", "currentB", "Phase B Current", "A", "-52.334", "852334"},
    {0x02020300, "452301", "currentC", "Phase C Current", "A", "12.345", "012345"},
    {0x02060000, "9709", "totalPowerFactor", "Total Power Factor", "", "0.997", "0997"},
    {0x02060100, "0090", "powerFactorA", "Phase A Power Factor", "", "-1.000", "9000"},
    {0x02060200, "0109", "powerFactorB", "Phase B Power Factor", "", "0.901", "0901"},
    {0x02060300, "5008", "powerFactorC", "Phase C Power Factor", "", "0.850", "0850"},
    {0x02800002, "0250", "frequency", "Grid Frequency", "Hz", "50.02", "5002"},
};

START_TEST(every_register_is_published_as_its_row_says)
{
    char want[512];

    r.n_published = 0;
    reads(rows[_i].di, rows[_i].data);
    snprintf(want, sizeof want,
             "{\"meterId\":\"000000000001\",\"timestamp\":1705320000000,\"register\":{\"id\":\"%08X\","
             "\"name\":\"%s\","
             "\"description\":\"%s\"},\"value\":%s,\"unit\":\"%s\",\"raw\":\"%s\"}",
             rows[_i].di, rows[_i].name, rows[_i].description, rows[_i].value, rows[_i].unit, rows[_i].raw);
    ck_assert_str_eq(r.last_payload, want);
    ck_assert_uint_eq(r.n_published, 1);
}
END_TEST

/* IVY-029: the moment of the reply, whole milliseconds. */
START_TEST(the_timestamp_is_that_of_the_reply)
{
    rig_run(&r, WP_SEC(1) + 999);
    reads(0x02010100, "9722");
    ck_assert_ptr_nonnull(strstr(r.last_payload, "\"timestamp\":1705320001000,"));
}
END_TEST

/* IVY-031, IVY-032: what the document does not list goes by its digits and the standard's name. */
START_TEST(other_registers_go_by_their_identifier)
{
    reads(0x02800007, "3902");
    ck_assert_str_eq(
        r.last_payload,
        "{\"meterId\":\"000000000001\",\"timestamp\":1705320000000,\"register\":{\"id\":\"02800007\","
        "\"name\":\"02800007\",\"description\":\"meter temperature\"},\"value\":23.9,\"unit\":\"degC\","
        "\"raw\":\"0239\"}");
    reads(0x00000000, "67452381");
    ck_assert_ptr_nonnull(strstr(r.last_payload, "\"id\":\"00000000\",\"name\":\"00000000\",\"description\":"
                                                 "\"combined active energy total\"},\"value\":-12345.67,"));
}
END_TEST

/* IVY-B22: no number, no telemetry. */
START_TEST(what_is_no_number_is_not_telemetry)
{
    r.n_published = 0;
    reads(0x02010100, "FFFF");
    reads(0x02010100, "9A22");
    reads(0x02010100, "97");
    reads(0x0ABCDEF0, "010203");
    reads(0x04000101, "01150124");
    ck_assert_uint_eq(r.n_published, 0);
    reads(0x0201FF00, "9722FFFF1923");
    ck_assert_uint_eq(r.n_published, 2);
}
END_TEST

START_TEST(telemetry_may_go_at_most_once)
{
    restart("ivy.telemetry_qos", "0");
    r.show = RIG_TELEMETRY;
    reads(0x02010100, "9722");
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "/telemetry q0 {"));
}
END_TEST

/* ---- limits --------------------------------------------------------------------------------------- */

/* IVY-050, IVY-055: the document's example, at its limit. */
START_TEST(the_example_of_the_document)
{
    rig_set(&r, "ivy.voltage_high", "240");
    reads(0x02010100, "9923");
    reads(0x02010100, "0024");
    rig_expect(&r, "");
    reads(0x02010100, "5524");
    rig_expect(&r, VOLTAGE_HIGH "{\"phase\":\"A\",\"value\":245.5,\"threshold\":240}}\n");
}
END_TEST

/* IVY-043: once per crossing; equal to the limit is inside. */
START_TEST(an_event_is_told_once_per_crossing)
{
    reads(0x02010100, "0125");
    rig_expect(&r, VOLTAGE_HIGH "{\"phase\":\"A\",\"value\":250.1,\"threshold\":250}}\n");
    reads(0x02010100, "0126");
    reads(0x02010100, "0125");
    rig_expect(&r, "");
    reads(0x02010100, "0025");
    reads(0x02010100, "0225");
    rig_expect(&r, VOLTAGE_HIGH "{\"phase\":\"A\",\"value\":250.2,\"threshold\":250}}\n");
}
END_TEST

/* IVY-048: phases do not touch each other. */
START_TEST(each_phase_has_its_own_state)
{
    reads(0x02010200, "0026");
    rig_expect(&r, VOLTAGE_HIGH "{\"phase\":\"B\",\"value\":260.0,\"threshold\":250}}\n");
    reads(0x02010300, "1923");
    reads(0x02010200, "0126");
    rig_expect(&r, "");
    reads(0x02010300, "0026");
    rig_expect(&r, VOLTAGE_HIGH "{\"phase\":\"C\",\"value\":260.0,\"threshold\":250}}\n");
}
END_TEST

START_TEST(each_meter_has_its_own_state)
{
    reads(0x02010100, "0026");
    rig_connect(&r, 2);
    rig_read_reply(&r, 3, 2, 0x02010100, "0026");
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "000000000002/events q1 {\"meterId\":\"000000000002\","
                                                "\"timestamp\":1705320000000,\"type\":\"alarm\""));
}
END_TEST

/* IVY-056: no volts are an absent phase. */
START_TEST(no_voltage_is_not_low_voltage)
{
    reads(0x02010100, "0018");
    reads(0x02010100, "0000");
    reads(0x02010200, "FFFF");
    rig_expect(&r, "");
    reads(0x02010100, "9917");
    rig_expect(&r, VOLTAGE_LOW "{\"phase\":\"A\",\"value\":179.9,\"threshold\":180}}\n");
    reads(0x02010100, "0000"); /* gone, not back inside */
    reads(0x02010100, "9817");
    rig_expect(&r, "");
}
END_TEST

/* IVY-057: by magnitude, told with its sign. */
START_TEST(current_is_held_by_its_magnitude)
{
    reads(0x02020200, "000090");
    rig_expect(&r, "");
    restart("ivy.current_high", "5");
    reads(0x02020200, "005000");
    rig_expect(&r, "");
    reads(0x02020200, "345285");
    rig_expect(&r, CURRENT_HIGH "{\"phase\":\"B\",\"value\":-55.234,\"threshold\":5}}\n");
    reads(0x02020200, "345205");
    rig_expect(&r, "");
}
END_TEST

/* IVY-058, IVY-048: the total is watched too, and has no phase. */
START_TEST(power_factor_is_held_by_its_magnitude)
{
    reads(0x02060000, "5008");
    reads(0x02060100, "5088");
    rig_expect(&r, "");
    reads(0x02060000, "4988");
    rig_expect(&r, FACTOR_LOW "{\"value\":-0.849,\"threshold\":0.85}}\n");
    reads(0x02060300, "0105");
    rig_expect(&r, FACTOR_LOW "{\"phase\":\"C\",\"value\":0.501,\"threshold\":0.85}}\n");
    reads(0x02060000, "0090");
    reads(0x02060000, "0000");
    rig_expect(&r, FACTOR_LOW "{\"value\":0.000,\"threshold\":0.85}}\n");
}
END_TEST

START_TEST(hysteresis_keeps_an_event_from_repeating)
{
    restart("ivy.voltage_hysteresis", "2.5");
    reads(0x02010100, "0125");
    ck_assert_uint_gt(r.w.n, 0);
    rig_clear(&r);
    reads(0x02010100, "7624"); /* 247.6: not far enough */
    reads(0x02010100, "0125");
    rig_expect(&r, "");
    reads(0x02010100, "7524"); /* 247.5 */
    reads(0x02010100, "0125");
    rig_expect(&r, VOLTAGE_HIGH "{\"phase\":\"A\",\"value\":250.1,\"threshold\":250}}\n");
    reads(0x02010100, "7917");
    rig_clear(&r);
    reads(0x02010100, "2418"); /* 182.4 */
    reads(0x02010100, "7917");
    rig_expect(&r, "");
}
END_TEST

/* A limit that moves is held against the next value. */
START_TEST(limits_can_change)
{
    reads(0x02010100, "4023");
    rig_expect(&r, "");
    rig_set(&r, "ivy.voltage_high", "230.5");
    reads(0x02010100, "4023");
    rig_expect(&r, VOLTAGE_HIGH "{\"phase\":\"A\",\"value\":234.0,\"threshold\":230.5}}\n");
    rig_set(&r, "ivy.voltage_high", NULL);
    reads(0x02010100, "4023");
    rig_set(&r, "ivy.voltage_high", "230.5");
    rig_set(&r, "ivy.voltage_hysteresis", "1");
    reads(0x02010100, "4023");
    rig_expect(&r, VOLTAGE_HIGH "{\"phase\":\"A\",\"value\":234.0,\"threshold\":230.5}}\n");
}
END_TEST

/* ---- the table ------------------------------------------------------------------------------------ */

START_TEST(the_table_is_that_of_the_document)
{
    struct wp_slice ids[IVY_N_REGISTERS];

    ck_assert_int_eq(IVY_N_REGISTERS, 21);
    ck_assert_int_eq(ivy_register_find(wp_text("frequency")), 20);
    ck_assert_int_eq(ivy_register_find(wp_text("Frequency")), -1);
    ck_assert_int_eq(ivy_register_find(wp_text("")), -1);
    ck_assert_int_eq(ivy_register_by_di(0x02800002), 20);
    ck_assert_int_eq(ivy_register_by_di(0x02800003), -1);
    for (int i = 0; i < IVY_N_REGISTERS; i++)
        ck_assert_int_eq(ivy_register_by_di(ivy_registers[i].di), i);
    ck_assert_uint_eq(ivy_group_ids(ivy_group_find(wp_text("current")), ids), 3);
    ck_assert(wp_slice_is(ids[2], "02020300"));
    ck_assert_uint_eq(ivy_group_ids(ivy_group_find(wp_text("Current")), ids), 0);
    ck_assert_str_eq(ivy_group_name(IVY_GROUP_POWER_FACTOR), "powerFactor");
    ck_assert_ptr_null(ivy_group_name(IVY_GROUP_NO_GROUP));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("north_ivy_events");
    TCase *tc = tcase_create("events");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, every_register_is_published_as_its_row_says, 0, sizeof rows / sizeof rows[0]);
    tcase_add_test(tc, the_timestamp_is_that_of_the_reply);
    tcase_add_test(tc, other_registers_go_by_their_identifier);
    tcase_add_test(tc, what_is_no_number_is_not_telemetry);
    tcase_add_test(tc, telemetry_may_go_at_most_once);
    tcase_add_test(tc, the_example_of_the_document);
    tcase_add_test(tc, an_event_is_told_once_per_crossing);
    tcase_add_test(tc, each_phase_has_its_own_state);
    tcase_add_test(tc, each_meter_has_its_own_state);
    tcase_add_test(tc, no_voltage_is_not_low_voltage);
    tcase_add_test(tc, current_is_held_by_its_magnitude);
    tcase_add_test(tc, power_factor_is_held_by_its_magnitude);
    tcase_add_test(tc, hysteresis_keeps_an_event_from_repeating);
    tcase_add_test(tc, limits_can_change);
    tcase_add_test(tc, the_table_is_that_of_the_document);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
