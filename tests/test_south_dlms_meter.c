/* Whose a push is, when it was, and what becomes of what nobody can use.
 * covers: south_dlms_identity south_dlms_meter south_dlms_time south_dlms_lists */
#include "tests/gateway_rig.h"

#include "sim/gateway/south_dlms.h"

#define ONE "000000000001"
#define TWO "000000000002"
/* Lists of OBIS codes and values: 118 W alone; with a serial number, a logical device name, of both. */
#define POWER       "0F0000000000020209060100010700FF1176"
#define WITH_SERIAL "0F0000000000020409060000600100FF0A08313233343536373809060100010700FF1176"
#define WITH_LDN    "0F00000000000204090600002A0000FF0A064B464D30373709060100010700FF1176"

static struct rig r;

static void start(const char *name, const char *value, const char *name2, const char *value2)
{
    rig_end(&r);
    rig_start(&r, "meters.ack", "silent", name, value, name ? name2 : NULL, value2, NULL);
    r.show = RIG_PARTS | RIG_SENDS | RIG_NOTES;
}

static void setup(void)
{
    r.only_south = &south_dlms_class;
    start(NULL, NULL, NULL, NULL);
}

static void teardown(void)
{
    rig_end(&r);
}

static void tells(wp_port port, const char *digits, const char *lines)
{
    rig_hex(&r, port, digits);
    rig_expect(&r, lines);
}

static void datagram(wp_port port, const char *digits)
{
    uint8_t bytes[2048];
    size_t n;

    ck_assert(wp_hex_read(wp_text(digits), bytes, sizeof bytes, &n));
    rig_datagram(&r, port, wp_slice(bytes, n));
}

/* ---- whose ------------------------------------------------------------------------------------------ */

START_TEST(a_push_of_nobody_is_published_nowhere)
{
    tells(rig_connect(&r, 1), POWER, "[     0.000] note unidentified: 127.0.2.1 1\n");
}
END_TEST

START_TEST(the_best_that_is_known_counts)
{
    tells(rig_connect(&r, 1), WITH_LDN,
          "[     0.000] presence 000000000077 online\n"
          "[     0.000] reading 000000000077 pushed 0-0:42.0.0.255=KFM077 1-0:1.7.0.255=118\n");
    tells(rig_connect(&r, 1), WITH_SERIAL,
          "[     0.000] presence 000012345678 online\n"
          "[     0.000] reading 000012345678 pushed 0-0:96.1.0.255=12345678 1-0:1.7.0.255=118\n");
    start("dlms.identities", "127.0.2.9=000000000009, 127.0.2.1=000000000005", NULL, NULL);
    tells(rig_connect(&r, 1), WITH_SERIAL,
          "[     0.000] presence 000000000005 online\n"
          "[     0.000] reading 000000000005 pushed 0-0:96.1.0.255=12345678 1-0:1.7.0.255=118\n");
    rig_session(&r, rig_connect(&r, 2), IVY_LOGIN, ONE);
    rig_clear(&r);
    tells(r.last_port, WITH_SERIAL,
          "[     0.000] reading 000000000001 pushed 0-0:96.1.0.255=12345678 1-0:1.7.0.255=118\n");
}
END_TEST

/* The first one stays. */
START_TEST(another_meter_on_the_same_connection_is_not_believed)
{
    wp_port port = rig_connect(&r, 1);

    rig_session(&r, port, IVY_LOGIN, ONE);
    rig_clear(&r);
    rig_session(&r, port, IVY_LOGIN, TWO);
    rig_expect(&r, "[     0.000] note foreign-address: 000000000001 1\n");
    tells(port, POWER, "[     0.000] reading 000000000001 pushed 1-0:1.7.0.255=118\n");
}
END_TEST

START_TEST(nor_is_one_that_signs_on_later_or_has_another_serial_number)
{
    wp_port port = rig_connect(&r, 1);

    rig_hex(&r, port, WITH_SERIAL);
    rig_clear(&r);
    rig_session(&r, port, IVY_LOGIN, ONE);
    rig_expect(&r, "[     0.000] note foreign-address: 000012345678 1\n");
    tells(port, "0F0000000000020409060000600100FF0A08313233343536373909060100010700FF1177", "");
    tells(port, WITH_LDN,
          "[     0.000] reading 000012345678 pushed 0-0:42.0.0.255=KFM077 1-0:1.7.0.255=118\n");
    rig_session(&r, port, IVY_LOGIN, "000012345678");
    rig_expect(&r, "");
}
END_TEST

START_TEST(the_newer_connection_wins)
{
    wp_port port = rig_connect(&r, 1);

    rig_session(&r, port, IVY_LOGIN, ONE);
    rig_clear(&r);
    rig_session(&r, rig_connect(&r, 1), IVY_LOGIN, ONE);
    rig_expect(&r, "[     0.000] note duplicate-meter: 000000000001 1\n[     0.000] hang up 2\n");
    rig_session(&r, rig_connect(&r, 2), IVY_LOGIN, ONE);
    rig_expect(&r, "[     0.000] presence 000000000001 offline\n"
                   "[     0.000] note duplicate-meter: 000000000001 2\n[     0.000] hang up 3\n"
                   "[     0.000] presence 000000000001 online\n");
    rig_close(&r, 2);
    rig_close(&r, 3);
    rig_expect(&r, "");
}
END_TEST

START_TEST(who_is_silent_or_dies_is_offline)
{
    wp_port port = rig_connect(&r, 1);

    rig_session(&r, port, IVY_LOGIN, ONE);
    rig_run(&r, WP_SEC(100));
    rig_hex(&r, port, POWER);
    rig_clear(&r);
    rig_run(&r, WP_SEC(219));
    rig_expect(&r, "");
    rig_run(&r, WP_SEC(220));
    rig_expect(&r, "[220000.000] note idle-timeout: 000000000001 1\n[220000.000] hang up 2\n"
                   "[220000.000] presence 000000000001 offline\n");
    port = rig_connect(&r, 1);
    rig_session(&r, port, IVY_LOGIN, ONE);
    rig_clear(&r);
    rig_session(&r, port, IVY_LAST_GASP, ONE);
    rig_expect(&r, "[220000.000] note last-gasp: 000000000001 1\n"
                   "[220000.000] hang up 3\n[220000.000] presence 000000000001 offline\n");
}
END_TEST

/* ---- datagrams -------------------------------------------------------------------------------------- */

/* One peer may speak for several meters; each is offline a quarter of an hour after its last push. */
START_TEST(a_concentrator_pushes_for_many)
{
    wp_port port = rig_peer(&r, 1);

    datagram(port, WITH_SERIAL);
    datagram(port, "0F0000000000020409060000600100FF0A08313233343536373909060100010700FF1177");
    rig_expect(&r, "[     0.000] presence 000012345678 online\n"
                   "[     0.000] reading 000012345678 pushed 0-0:96.1.0.255=12345678 1-0:1.7.0.255=118\n"
                   "[     0.000] presence 000012345679 online\n"
                   "[     0.000] reading 000012345679 pushed 0-0:96.1.0.255=12345679 1-0:1.7.0.255=119\n");
    rig_run(&r, WP_SEC(600));
    datagram(port, WITH_SERIAL);
    rig_clear(&r);
    rig_run(&r, WP_SEC(900));
    rig_expect(&r, "[900000.000] presence 000012345679 offline\n");
    rig_run(&r, WP_SEC(1500));
    rig_expect(&r, "[1500000.000] presence 000012345678 offline\n[1500000.000] hang up 2\n");
}
END_TEST

START_TEST(a_datagram_holds_whole_wrappers)
{
    wp_port port = rig_peer(&r, 1);

    datagram(port, "0001000100010024" WITH_SERIAL "0001000100010012" POWER);
    rig_expect(&r, "[     0.000] presence 000012345678 online\n"
                   "[     0.000] reading 000012345678 pushed 0-0:96.1.0.255=12345678 1-0:1.7.0.255=118\n"
                   "[     0.000] reading 000012345678 pushed 1-0:1.7.0.255=118\n");
    datagram(port, "0001000100010012"
                   "0F0000");
    rig_expect(&r, "[     0.000] note truncated: 000012345678 1\n");
    datagram(port, "0001000100010012" POWER);
    rig_expect(&r, "[     0.000] reading 000012345678 pushed 1-0:1.7.0.255=118\n");
}
END_TEST

START_TEST(strangers_are_forgotten_soon_and_never_crowd_out)
{
    start("dlms.max_devices", "2", NULL, NULL);
    datagram(rig_peer(&r, 1), POWER);
    datagram(rig_peer(&r, 2), POWER);
    rig_clear(&r);
    rig_peer(&r, 3);
    rig_expect(&r, "[     0.000] note no-cell: 127.0.2.3 1\n[     0.000] hang up 4\n");
    rig_run(&r, WP_SEC(30));
    rig_expect(&r, "[ 30000.000] hang up 2\n[ 30000.000] hang up 3\n");
    datagram(rig_peer(&r, 3), WITH_SERIAL);
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "presence 000012345678 online"));
}
END_TEST

/* ---- when ------------------------------------------------------------------------------------------- */

/* Now is 2024-01-15 12:00:00 UTC; `time` is 07 E8 01 0F FF hh mm ss 00 dddd 00. */
static const char *when(const char *time)
{
    static char said[16];
    char digits[256];
    const char *at;

    snprintf(digits, sizeof digits, "0F000000000C%s020209060100010700FF1176", time);
    r.show = RIG_TELEMETRY;
    rig_hex(&r, r.last_port, digits);
    at = strstr(rig_trace(&r), "\"timestamp\":");
    ck_assert_ptr_nonnull(at);
    snprintf(said, sizeof said, "%.13s", at + 12);
    rig_clear(&r);
    return said;
}

START_TEST(a_meters_own_time_counts_when_it_is_one)
{
    rig_session(&r, rig_connect(&r, 1), IVY_LOGIN, ONE);
    ck_assert_str_eq(when("07E8010FFF0C1E0000FFC400"), "1705318200000"); /* 12:30 in Berlin */
    ck_assert_str_eq(when("07E8010FFF0B1E0000000000"), "1705318200000"); /* 11:30 UTC */
    ck_assert_str_eq(when("07E8010FFF0B1E0000800000"), "1705320000000"); /* local, and nobody says where */
    ck_assert_str_eq(when("07E8010FFF0B1E0000000001"), "1705320000000"); /* flagged invalid */
    ck_assert_str_eq(when("07E8010EFF0C000000000000"), "1705233600000"); /* 24 h ago */
    ck_assert_str_eq(when("07E8010EFF0B3B3B00000000"), "1705320000000"); /* a second more */
    ck_assert_str_eq(when("07E8010D1F18000000000000"), "1705320000000"); /* 24 o'clock */
    ck_assert_str_eq(when("FFFFFFFFFFFFFFFFFF8000FF"), "1705320000000");
    start("dlms.zone", "60", NULL, NULL);
    rig_session(&r, rig_connect(&r, 1), IVY_LOGIN, ONE);
    ck_assert_str_eq(when("07E8010FFF0C1E0000800000"), "1705318200000");
    start("dlms.east_positive", "000000000009, " ONE, NULL, NULL);
    rig_session(&r, rig_connect(&r, 1), IVY_LOGIN, ONE);
    ck_assert_str_eq(when("07E8010FFF0C1E0000003C00"), "1705318200000"); /* 12:30 in Berlin, as +60 */
}
END_TEST

/* ---- options ---------------------------------------------------------------------------------------- */

static void refuses(const char *name, const char *value, const char *sentence)
{
    char why[256];

    ck_assert_msg(!rig_check(&r, why, sizeof why, name, value, NULL), "%s: %s", name, value);
    ck_assert_msg(strstr(why, sentence), "%s", why);
}

START_TEST(wrong_options_are_refused_with_a_sentence)
{
    char why[256], too_long[130] = "";

    memset(too_long, 'p', sizeof too_long - 1);
    rig_end(&r);
    refuses("dlms.keys", "000000000001", "dlms.keys takes WHO=KEY");
    refuses("dlms.keys", "000000000001=00", "dlms.keys takes WHO=KEY");
    refuses("dlms.keys", "abc=000102030405060708090A0B0C0D0E0F", "dlms.keys takes WHO=KEY");
    refuses("dlms.keys",
            "*=000102030405060708090A0B0C0D0E0F:"
            "D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDFD0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF",
            "dlms.keys takes WHO=KEY");
    refuses("dlms.identities", "127.0.0.1=1", "dlms.identities takes");
    refuses("dlms.east_positive", "12", "dlms.east_positive takes 12-digit numbers");
    refuses("dlms.profile", "nobody", "dlms.profile names no profile");
    refuses("dlms.profiles", "000000000001=nobody", "dlms.profiles takes");
    refuses("dlms.tables", "scale this", "dlms.tables:1");
    refuses("dlms.client_title", "00", "8 octets");
    refuses("dlms.mechanism", "lls", "needs dlms.password");
    refuses("dlms.mechanism", "gmac", "needs dlms.keys");
    ck_assert(!rig_check(&r, why, sizeof why, "dlms.mechanism", "lls", "dlms.password", too_long, NULL));
    ck_assert_ptr_nonnull(strstr(why, "128 octets"));
    ck_assert_msg(
        rig_check(&r, why, sizeof why, "dlms.keys",
                  "*=000102030405060708090A0B0C0D0E0F, 4B464D6410000002=000102030405060708090A0B0C0D0E0F:"
                  "D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF",
                  "dlms.tables", "profile acme\nscale voltage -2\n", "dlms.profiles", "000000000001=acme",
                  NULL),
        "%s", why);
}
END_TEST

/* A profile of the user's own, for one meter alone. */
START_TEST(a_profile_scales_what_its_meter_pushes)
{
    start("dlms.tables", "profile acme\nscale power 1\n", "dlms.profiles", "000000000001=acme");
    rig_session(&r, rig_connect(&r, 1), IVY_LOGIN, ONE);
    rig_clear(&r);
    tells(r.last_port, POWER, "[     0.000] reading 000000000001 pushed 1-0:1.7.0.255=1180W\n");
    rig_session(&r, rig_connect(&r, 2), IVY_LOGIN, TWO);
    rig_clear(&r);
    tells(r.last_port, POWER, "[     0.000] reading 000000000002 pushed 1-0:1.7.0.255=118\n");
}
END_TEST

/* ---- hostile ---------------------------------------------------------------------------------------- */

/* IVY-B38: nothing of it is published, and the next good push is. */
START_TEST(hostile_data_are_dropped_and_the_next_push_is_told)
{
    static const char *const hostile[] = {
        "0001000100010005"
        "0F00000000",     /* cut inside its wrapper */
        "0F000000000002", /* cut, and silence */
        "00010001000100"
        "0A"
        "0F00000000000984FFFFFFFF", /* a length */
        "000100010001000A0F00000000000184FFFFFFFF"
        "00", /* a count */
        "000100010001000A0F0000000000"
        "0282FFFF",               /* 65535 elements */
        "0001000100010003EE0102", /* no such APDU */
        "00010001000"
        "1FFFF0F0000", /* 65535 octets, and silence */
        "000100010001000F0F0000000000"
        "020101010101010101"
        "",
        "00010001000100",
        "EE0102030405",
        "0001000100010013DB08010203040506070809300000000100112233",
        "C4018100",
    };

    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        wp_port port = rig_connect(&r, 1);

        rig_session(&r, port, IVY_LOGIN, ONE);
        rig_clear(&r);
        rig_hex(&r, port, hostile[i]);
        ck_assert_msg(!strstr(rig_trace(&r), "reading"), "%s: %s", hostile[i], r.trace);
        rig_run(&r, r.now + WP_SEC(5));
        rig_clear(&r);
        rig_hex(&r, port, "0001000100010012" POWER);
        ck_assert_msg(strstr(rig_trace(&r), "reading 000000000001 pushed 1-0:1.7.0.255=118\n"), "%s: %s",
                      hostile[i], r.trace);
        rig_close(&r, port);
    }
}
END_TEST

/* Nor has the good one to wait until the beginning of a cut one is given up. */
START_TEST(a_cut_apdu_does_not_swallow_the_wrapper_behind_it)
{
    wp_port port = rig_connect(&r, 1);

    rig_session(&r, port, IVY_LOGIN, ONE);
    rig_hex(&r, port, "0F000000000002020906");
    rig_clear(&r);
    tells(port, "0001000100010012" POWER,
          "[     0.000] note unfinished-frame: 000000000001 1\n[     0.000] note garbage: 000000000001 10\n"
          "[     0.000] reading 000000000001 pushed 1-0:1.7.0.255=118\n");
}
END_TEST

START_TEST(a_nested_bomb_is_refused)
{
    uint8_t bomb[600] = {0x0F};
    wp_port port = rig_connect(&r, 1);

    rig_session(&r, port, IVY_LOGIN, ONE);
    for (size_t i = 6; i + 1 < sizeof bomb; i += 2) {
        bomb[i] = 0x02;
        bomb[i + 1] = 0x01;
    }
    rig_clear(&r);
    rig_bytes(&r, port, wp_slice(bomb, sizeof bomb));
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "note depth: 000000000001 1"));
    ck_assert_ptr_null(strstr(r.trace, "reading"));
}
END_TEST

START_TEST(garbage_ends_a_connection)
{
    static uint8_t garbage[5000];
    wp_port port = rig_connect(&r, 1);

    memset(garbage, 0x55, sizeof garbage);
    rig_session(&r, port, IVY_LOGIN, ONE);
    rig_clear(&r);
    rig_bytes(&r, port, wp_slice(garbage, 4000));
    rig_expect(&r, "[     0.000] note garbage: 000000000001 4000\n");
    rig_bytes(&r, port, wp_slice(garbage, 1000));
    rig_expect(&r, "[     0.000] note garbage-limit: 000000000001 1\n[     0.000] hang up 2\n"
                   "[     0.000] presence 000000000001 offline\n");
}
END_TEST

START_TEST(idle_flags_are_no_garbage)
{
    static uint8_t flags[10000];
    wp_port port = rig_connect(&r, 1);

    memset(flags, 0x7E, sizeof flags);
    rig_session(&r, port, IVY_LOGIN, ONE);
    rig_clear(&r);
    rig_bytes(&r, port, wp_slice(flags, sizeof flags));
    tells(port, "7EA022CF0223138D16E6E7000F0000000700020209060100010700FF0600000123022E7E",
          "[     0.000] reading 000000000001 pushed 1-0:1.7.0.255=291\n");
}
END_TEST

/* Another version ends a connection that speaks in wrappers: nobody finds back. */
START_TEST(another_version_ends_the_connection)
{
    wp_port port = rig_connect(&r, 1);

    rig_session(&r, port, IVY_LOGIN, ONE);
    rig_hex(&r, port, "0001000100010012" POWER);
    rig_clear(&r);
    tells(port, "0002000100010000",
          "[     0.000] note wrapper-version: 000000000001 1\n[     0.000] hang up 2\n"
          "[     0.000] presence 000000000001 offline\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("south_dlms_meter");
    TCase *tc = tcase_create("south_dlms_meter");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_push_of_nobody_is_published_nowhere);
    tcase_add_test(tc, the_best_that_is_known_counts);
    tcase_add_test(tc, another_meter_on_the_same_connection_is_not_believed);
    tcase_add_test(tc, nor_is_one_that_signs_on_later_or_has_another_serial_number);
    tcase_add_test(tc, the_newer_connection_wins);
    tcase_add_test(tc, who_is_silent_or_dies_is_offline);
    tcase_add_test(tc, a_concentrator_pushes_for_many);
    tcase_add_test(tc, a_datagram_holds_whole_wrappers);
    tcase_add_test(tc, strangers_are_forgotten_soon_and_never_crowd_out);
    tcase_add_test(tc, a_meters_own_time_counts_when_it_is_one);
    tcase_add_test(tc, wrong_options_are_refused_with_a_sentence);
    tcase_add_test(tc, a_profile_scales_what_its_meter_pushes);
    tcase_add_test(tc, hostile_data_are_dropped_and_the_next_push_is_told);
    tcase_add_test(tc, a_cut_apdu_does_not_swallow_the_wrapper_behind_it);
    tcase_add_test(tc, a_nested_bomb_is_refused);
    tcase_add_test(tc, garbage_ends_a_connection);
    tcase_add_test(tc, idle_flags_are_no_garbage);
    tcase_add_test(tc, another_version_ends_the_connection);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
