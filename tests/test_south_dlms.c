/* Sessions of DLMS meters: every form of a push, who is meant, when it was, and what is refused.
 * covers: south_dlms_setup south_dlms_stream south_dlms_frame south_dlms_link south_dlms_unit south_dlms_push
 * south_dlms_identity south_dlms_reading south_dlms_time south_dlms_buffer */
#include "tests/gateway_rig.h"

#include "sim/gateway/south_dlms.h"

/* EM114070: 236.36 V, told as the raw number 23636. source: api/ivy.md, DLMS Telemetry; protocol notes 7.3 */
#define VOLTAGE   "C200000301000C0700FF02125C54"
#define LOGIN     "00010001000100120A020C303030303030303030303031000000"
#define WRAP(n)   "000100010001" n
#define TELEMETRY "[     0.000] reading 000000000001 pushed 1-0:12.7.0.255=23636\n"

static struct rig r;

static void start(const char *name, const char *value)
{
    rig_start(&r, "meters.ack", "silent", name, value, NULL);
    r.show = RIG_PARTS | RIG_SENDS;
}

static void setup(void)
{
    r.only_south = &south_dlms_class;
    start(NULL, NULL);
}

static void teardown(void)
{
    rig_end(&r);
}

/* A connection whose meter has logged in; nothing in the trace. */
static wp_port meter(void)
{
    wp_port port = rig_connect(&r, 1);

    rig_hex(&r, port, LOGIN);
    rig_clear(&r);
    return port;
}

START_TEST(a_login_is_online_and_a_push_is_a_reading)
{
    wp_port port = rig_connect(&r, 1);

    r.show |= RIG_PUBLISHES | RIG_TELEMETRY;
    rig_hex(&r, port, LOGIN);
    rig_clear(&r);
    rig_hex(&r, port, WRAP("000E") VOLTAGE);
    rig_expect(&r, TELEMETRY
               "[     0.000] publish ivy/v1/meters/000000000001/telemetry q1 "
               "{\"meterId\":\"000000000001\",\"timestamp\":1705320000000,\"source\":\"dlms\",\"readings\":{"
               "\"VOLTAGE_TOTAL\":{\"value\":236.36,\"unit\":\"V\",\"obis\":\"1-0:12.7.0.255\"}}}\n");
}
END_TEST

/* IVY-B37: one message with the same reading each. Date-times are an hour ago, told in local time with its deviation. */
START_TEST(all_forms_of_a_push_give_the_same_reading)
{
    static const char *const forms[] = {
        VOLTAGE,
        WRAP("000E") VOLTAGE,
        "E6E700" VOLTAGE,
        "900101" VOLTAGE,
        WRAP("001B") "C2010C07E8010F010C000000FFC480000301000C0700FF02125C54",
        "C2000301000C0700FF02125C54",
        "C200030601000C0700FF02125C54",
        WRAP("0013") "0F00000000000202090601000C0700FF125C54",
        "0F00000000000202090601000C0700FF125C54",
        "0F000000000C07E8010F010D000000FFC4800202090601000C0700FF125C54",
        "0F00000000090C07E8010F010D000000FFC4800202090601000C0700FF125C54",
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        wp_port port = meter();

        rig_hex(&r, port, forms[i]);
        ck_assert_msg(strcmp(rig_trace(&r), TELEMETRY) == 0, "%s: %s", forms[i], rig_trace(&r));
        rig_close(&r, port);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("south_dlms");
    TCase *tc = tcase_create("south_dlms");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_login_is_online_and_a_push_is_a_reading);
    tcase_add_test(tc, all_forms_of_a_push_give_the_same_reading);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
