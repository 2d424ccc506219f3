/* One listener, two souths: what is handed on, with which bytes, and what nobody hears of it.
 * covers: gateway_souths
 *
 * The south behind is tests/fake_south.h; what comes to it are notes. Frames: vectors/dlms.json and
 * vectors/ivy-and-dlt645.json (captured by others), except where a checksum is computed here. */
#include "tests/gateway_rig.h"

#include "tests/dlms_vectors.h"
#include "tests/fake_south.h"

#define LOGIN         "00010001000100120a020c323130363030343032393431005a4c"
#define LOGIN_ANSWER  "0001000100010012AA030C323130363030343032393431007004"
#define READ_REPLY    "683412000000006891063334343538550a16" /* 02010100 = 220.5 V of 000000001234 */
#define ADDRESS_REPLY "683412000000006893066745333333332716"
#define HDLC          "7EA0084102030405067E"
#define APDU          "0001000100010005c401050104"

static struct rig r;

static void start(const char *name, const char *value)
{
    rig_end(&r);
    r.next_south = &fake_south_class;
    rig_start(&r, "polling.enabled", "false", name, value, NULL);
    r.show = RIG_SENDS | RIG_PARTS;
}

static void setup(void)
{
    start(NULL, NULL);
}

static void teardown(void)
{
    rig_end(&r);
}

static size_t count_of(const char *what)
{
    size_t n = 0;

    for (const char *at = rig_trace(&r); (at = strstr(at, what)); at++)
        n++;
    return n;
}

/* The fake south was handed `port` with exactly these bytes, rest included, whatever the pieces. */
static void expect_handed(wp_port port, const char *digits)
{
    static char got[20000], want[20000];
    struct wp_writer w = wp_writer(got, sizeof got), upper = wp_writer(want, sizeof want);
    static uint8_t bytes[DLMS_VECTOR_MAX];
    char head[32];
    size_t n;

    ck_assert(wp_hex_read(wp_text(digits), bytes, sizeof bytes, &n));
    wp_put_hex(&upper, wp_slice(bytes, n));
    ck_assert_uint_eq(count_of("note handed: "), 1);
    for (const char *at = rig_trace(&r); *at; at = strchr(at, '\n') + 1) {
        int end = 0;

        snprintf(head, sizeof head, "note handed: %u %%n", port);
        sscanf(at + 13, head, &end);
        if (!end) {
            snprintf(head, sizeof head, "note bytes: %u %%n", port);
            sscanf(at + 13, head, &end);
        }
        if (end)
            wp_put_slice(&w, wp_slice(at + 13 + end, strcspn(at + 13 + end, " ")));
    }
    ck_assert_str_eq(wp_put_end(&w), wp_put_end(&upper));
    rig_clear(&r);
}

/* ---- detection ------------------------------------------------------------------------------------ */

/* Each protocol's beginning, as dlms-cosem.md 1.1 has them; cut everywhere. */
START_TEST(what_is_not_dlt645_is_handed_on_with_all_its_bytes)
{
    static const char *const starts[] = {
        HDLC,
        "7EA8A441030400",
        APDU,
        "000110000011000AC40141000600000000",     /* wPorts 4096 and 17 */
        "0001000100670008DB08414243444546",       /* ciphered */
        "00010001000100050F0000000100",           /* DataNotification: its first bytes are no session */
        "0001000100010003770102",                 /* an unknown tag between the usual ports */
        "680D0D6853FF000167DB084B464D6710150F16", /* M-Bus, see below: its checksum is made right */
        "E6E7000F00000000",
        "E6E60060",
        "900101C4",
        "0F000000010C07E8",
        "C401C10006",
        "C20000010000190900FF",
        "DB084B464D67",
        "DC084B464D67",
        "E0400001000001",
        "6129A109060760857405080101",
        "D80101",
    };

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        uint8_t bytes[256];
        char digits[600];
        struct wp_writer w = wp_writer(digits, sizeof digits);
        size_t n;

        ck_assert(wp_hex_read(wp_text(starts[i]), bytes, sizeof bytes, &n));
        if (bytes[0] == 0x68) {
            bytes[4 + bytes[1]] = 0;
            for (size_t k = 0; k < bytes[1]; k++)
                bytes[4 + bytes[1]] = (uint8_t)(bytes[4 + bytes[1]] + bytes[4 + k]);
        }
        wp_put_hex(&w, wp_slice(bytes, n));
        for (size_t piece = 1; piece <= n; piece++) {
            wp_port port = rig_connect(&r, 1);

            rig_clear(&r);
            r.show = RIG_NOTES;
            for (size_t at = 0; at < n; at += piece)
                rig_bytes(&r, port, wp_slice(bytes + at, n - at < piece ? n - at : piece));
            ck_assert_msg(count_of("note handed: ") == 1, "%s in pieces of %zu: %s", starts[i], piece,
                          rig_trace(&r));
            expect_handed(port, wp_put_end(&w));
            rig_close(&r, port);
        }
    }
}
END_TEST

/* Whole, and cut behind every byte of its beginning. */
static void expect_vector_handed(const struct dlms_vector *v)
{
    static char digits[20000];
    struct wp_writer w = wp_writer(digits, sizeof digits);

    wp_put_hex(&w, v->bytes);
    wp_put_end(&w);
    for (size_t cut = 0; cut < 20 && cut < v->bytes.n; cut++) {
        wp_port port = rig_connect(&r, 1);

        rig_clear(&r);
        r.show = RIG_NOTES;
        if (cut)
            rig_bytes(&r, port, wp_slice(v->bytes.p, cut));
        rig_bytes(&r, port, wp_slice_from(v->bytes, cut));
        ck_assert_msg(count_of("note handed: ") == 1, "%s cut at %zu: %s", v->id, cut, rig_trace(&r));
        expect_handed(port, digits);
        rig_close(&r, port);
        rig_clear(&r);
    }
}

/* By itself only what a meter sends, see south_dlt645_hand_on.c. */
static bool is_of_a_meter(struct wp_slice apdu)
{
    static const uint8_t tags[] = {0x0F, 0x60, 0x61, 0x62, 0x63, 0xC2, 0xC4, 0xC5,
                                   0xC7, 0xD8, 0xDB, 0xDC, 0xE0, 0xE6, 0x90};

    return memchr(tags, apdu.p[0], sizeof tags) != NULL;
}

START_TEST(every_published_dlms_frame_is_handed_on)
{
    static const char *const protos[] = {"hdlc", "mbus", "dlms-wrapper", "dlms-apdu"};

    for (size_t i = 0; i < sizeof protos / sizeof *protos; i++)
        for (struct dlms_vector v = {0}; dlms_vectors_next(&v, protos[i]);)
            if (v.is_valid && !cJSON_GetObjectItem(v.expect, "heartbeat") &&
                (i < 3 || is_of_a_meter(v.bytes)))
                expect_vector_handed(&v);
}
END_TEST

START_TEST(dlt645_and_noise_stay)
{
    static const char *const starts[] = {
        READ_REPLY,
        ADDRESS_REPLY,
        "FEFEFEFE" READ_REPLY,
        LOGIN,
        "55AA55",
        "7E00",
        "000100000006010300000001", /* Modbus TCP */
        "0001000100010000",         /* an empty wrapper */
        "0001F000F000000155",       /* wPorts of nobody around no APDU */
        "2F4B464D35",               /* a DSMR telegram */
        "C4FF",                     /* tags, and what cannot stand behind them */
        "0F01",
        "680505680102030405FF16", /* M-Bus with a wrong checksum */
    };

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        wp_port port = rig_connect(&r, 1);

        r.show = RIG_NOTES;
        rig_hex(&r, port, starts[i]);
        rig_run(&r, r.now + WP_SEC(3));
        ck_assert_msg(count_of("note handed") == 0, "%s: %s", starts[i], rig_trace(&r));
        rig_close(&r, port);
        rig_clear(&r);
    }
}
END_TEST

/* A good frame decides: the meter's own connection keeps what looks like DLMS, as it did without a second south. */
START_TEST(a_meter_that_spoke_dlt645_stays)
{
    r.show = RIG_NOTES;
    rig_connect(&r, 1);
    rig_hex(&r, 2, READ_REPLY HDLC APDU READ_REPLY);
    ck_assert_uint_eq(count_of("note handed"), 0);
    ck_assert_uint_eq(count_of("note not-yet"), 2);
}
END_TEST

/* 68 L L 68 with the second 68 of DL/T 645 in the right place too: the one whose checksum and 16 are right, whichever
 * is whole first. */
START_TEST(both_readings_of_68_are_told_apart_by_their_checksums)
{
    static const uint64_t addresses[] = {0x000000680505, 0x000000684040}; /* M-Bus of 11 and of 70 bytes */
    wp_port port;

    for (size_t k = 0; k < 2; k++) {
        uint8_t wire[DLT645_FRAME_MAX];
        struct wp_slice frame = rig_reply(wire, addresses[k], 0x02010100, "0522", false);

        ck_assert_uint_eq(wire[1], wire[2]);
        ck_assert_uint_eq(wire[3], 0x68);
        port = rig_connect(&r, 1);
        r.show = RIG_NOTES | RIG_PARTS;
        for (size_t i = 0; i < frame.n; i++)
            rig_bytes(&r, port, wp_slice(frame.p + i, 1));
        ck_assert_uint_eq(count_of("note handed"), 0);
        ck_assert_uint_eq(count_of("online"), 1);
        rig_clear(&r);
    }
    port = rig_connect(&r, 1);
    rig_hex(&r, port, "680A0A680203046805060708090A9E16");
    expect_handed(port, "680A0A680203046805060708090A9E16");
}
END_TEST

/* ---- what goes along ------------------------------------------------------------------------------ */

/* The login is answered here, the rest of its segment goes on, and the norths hear of one arrival only. */
START_TEST(a_login_with_an_apdu_behind_it)
{
    r.show = RIG_SENDS | RIG_PARTS | RIG_NOTES | RIG_PUBLISHES;
    rig_connect(&r, 1);
    rig_hex(&r, 2, LOGIN APDU);
    rig_expect(&r, "[     0.000] presence 210600402941 online\n"
                   "[     0.000] publish ivy/v1/meters/210600402941/status q1r {\"meterId\":\"210600402941\","
                   "\"online\":true,\"timestamp\":1705320000000,\"ip\":\"127.0.2.1\"}\n"
                   "[     0.000] publish ivy/v1/meters/210600402941/events q1 {\"meterId\":\"210600402941\","
                   "\"timestamp\":1705320000000,\"type\":\"info\",\"event\":\"meter_connected\","
                   "\"message\":\"Meter came online\",\"data\":{\"ip\":\"127.0.2.1\"}}\n"
                   "[     0.000] 2> " LOGIN_ANSWER "\n"
                   "[     0.000] note handed-on: 210600402941 1\n"
                   "[     0.000] hand on 2\n"
                   "[     0.000] note handed: 2 210600402941 0001000100010005C401050104 1\n"
                   "[     0.000] presence 210600402941 online\n");
    rig_hex(&r, 2, HDLC);
    rig_expect(&r, "[     0.000] note bytes: 2 7EA0084102030405067E 1\n");
    rig_close(&r, 2);
    ck_assert_uint_eq(count_of("note closed: 2"), 1);
    ck_assert_uint_eq(count_of("presence 210600402941 offline"), 1);
    ck_assert_uint_eq(count_of("\"online\":false"), 1);
}
END_TEST

START_TEST(a_listed_meter_goes_as_soon_as_it_has_signed_on)
{
    start("dlms.meters", "000000000001, 210600402941");
    r.show = RIG_NOTES | RIG_SENDS;
    rig_connect(&r, 1);
    rig_hex(&r, 2, LOGIN);
    rig_expect(&r, "[     0.000] 2> " LOGIN_ANSWER "\n"
                   "[     0.000] note handed-on: 210600402941 1\n"
                   "[     0.000] note handed: 2 210600402941 1\n");
    rig_connect(&r, 1);
    rig_session(&r, 3, IVY_HEARTBEAT, "000000000002");
    ck_assert_uint_eq(count_of("note handed"), 0);
    rig_session(&r, rig_connect(&r, 1), IVY_HEARTBEAT, "000000000001");
    ck_assert_uint_eq(count_of("note handed: 4 000000000001 1"), 1);
}
END_TEST

START_TEST(every_meter_that_signs_on_may_be_listed)
{
    start("dlms.meters", "*");
    r.show = RIG_NOTES;
    rig_session(&r, rig_connect(&r, 1), IVY_LOGIN, "000000000009");
    ck_assert_uint_eq(count_of("note handed: 2 000000000009 1"), 1);
    rig_connect(&r, 1);
    rig_hex(&r, 3, READ_REPLY);
    rig_session(&r, 3, IVY_LOGIN, "000000001234");
    ck_assert_uint_eq(count_of("note handed: 3"), 0);
}
END_TEST

/* A command that waits is answered once; the ones after it are the next south's. */
START_TEST(commands_are_answered_once)
{
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_PARTS;
    rig_request(&r, "{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"voltageA\"}");
    rig_hex(&r, 2, HDLC);
    ck_assert_uint_eq(count_of("answer 000000000001 Meter not connected\n"), 1);
    ck_assert_uint_eq(count_of("answer"), 1);
    ck_assert_uint_eq(count_of("offline"), 0);
    rig_clear(&r);
    rig_request(&r, "{\"requestId\":\"b\",\"command\":\"read\",\"register\":\"voltageA\"}");
    ck_assert_uint_eq(count_of("answer 000000000001 Fake\n"), 1);
    rig_clear(&r);
    rig_run(&r, WP_SEC(60));
    ck_assert_uint_eq(count_of("answer"), 0);
}
END_TEST

/* A south that cannot take it answers for the device all the same: it is that south's to tell offline. */
START_TEST(a_south_without_room_tells_offline)
{
    for (int i = 0; i < FAKE_PORTS; i++)
        rig_hex(&r, rig_connect(&r, 1), HDLC);
    rig_clear(&r);
    rig_hex(&r, rig_connect(&r, 1), LOGIN HDLC HDLC);
    rig_expect(&r, "[     0.000] presence 210600402941 online\n"
                   "[     0.000] 66> " LOGIN_ANSWER "\n"
                   "[     0.000] hand on 66\n"
                   "[     0.000] hang up 66\n"
                   "[     0.000] presence 210600402941 offline\n");
}
END_TEST

START_TEST(nobody_behind_is_hung_up_and_told_offline)
{
    rig_meter(&r, 1, "000000000001");
    rig_hex(&r, 2, HDLC);
    rig_clear(&r);
    r.show |= RIG_NOTES;
    rig_bytes(&r, 2, wp_text("N"));
    rig_expect(&r, "[     0.000] note bytes: 2 4E 1\n"
                   "[     0.000] hand on 2\n"
                   "[     0.000] note no-south: 127.0.2.1:40002 1\n"
                   "[     0.000] hang up 2\n");
    rig_bytes(&r, 2, wp_text("late"));
    rig_close(&r, 2);
    rig_expect(&r, "");
}
END_TEST

/* ---- the same meter at two souths ----------------------------------------------------------------- */

/* It is known at one south and says at the other who it is: the older connection goes without a word. */
START_TEST(the_newer_connection_wins_across_souths)
{
    rig_meter(&r, 1, "000000000001");
    rig_connect(&r, 1);
    rig_hex(&r, 3, HDLC);
    rig_clear(&r);
    r.show |= RIG_NOTES | RIG_PUBLISHES;
    rig_bytes(&r, 3, wp_text("I000000000001"));
    rig_expect(&r, "[     0.000] note bytes: 3 49303030303030303030303031 1\n"
                   "[     0.000] presence 000000000001 online\n"
                   "[     0.000] note duplicate-meter: 000000000001 1\n"
                   "[     0.000] hang up 2\n");
    rig_close(&r, 2);
    rig_expect(&r, "");
    rig_close(&r, 3);
    ck_assert_uint_eq(count_of("\"online\":false"), 1);
}
END_TEST

/* A DLMS meter dials again: the login is seen by the first south, then it is handed on. Nobody is told that it was
 * away. */
START_TEST(a_reconnect_is_no_departure)
{
    start("dlms.meters", "*");
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_PARTS | RIG_PUBLISHES | RIG_NOTES;
    rig_session(&r, rig_connect(&r, 1), IVY_LOGIN, "000000000001");
    rig_expect(&r, "[     0.000] presence 000000000001 online\n"
                   "[     0.000] note dropped: 2 1\n"
                   "[     0.000] note handed-on: 000000000001 2\n"
                   "[     0.000] hand on 3\n"
                   "[     0.000] note handed: 3 000000000001 1\n"
                   "[     0.000] presence 000000000001 online\n");
}
END_TEST

/* From another address the norths hear of both, since they tell addresses. */
START_TEST(a_reconnect_from_another_address_is_told)
{
    start("dlms.meters", "*");
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_PUBLISHES;
    rig_session(&r, rig_connect(&r, 9), IVY_LOGIN, "000000000001");
    ck_assert_uint_eq(count_of("\"online\":false"), 1);
    ck_assert_uint_eq(count_of("\"online\":true"), 1);
    ck_assert_ptr_nonnull(strstr(rig_trace(&r), "\"ip\":\"127.0.2.9\""));
}
END_TEST

/* An offline of a south that does not have the device any more is none. */
START_TEST(a_late_offline_is_not_told)
{
    rig_connect(&r, 1);
    rig_hex(&r, 2, HDLC);
    rig_bytes(&r, 2, wp_text("I000000000001"));
    rig_bytes(&r, 2, wp_text("K"));
    rig_session(&r, rig_connect(&r, 1), IVY_LOGIN, "000000000001");
    rig_clear(&r);
    rig_bytes(&r, 2, wp_text("O"));
    rig_close(&r, 2);
    rig_expect(&r, "");
    rig_close(&r, 3);
    rig_expect(&r, "[     0.000] presence 000000000001 offline\n");
}
END_TEST

/* Who is let in is counted until it goes, whoever has it. */
START_TEST(a_connection_that_was_handed_on_counts)
{
    start("meters.max_connections", "2");
    rig_hex(&r, rig_connect(&r, 1), HDLC);
    rig_hex(&r, rig_connect(&r, 1), HDLC);
    rig_clear(&r);
    rig_connect(&r, 1);
    rig_expect(&r, "[     0.000] hang up 4\n");
    rig_bytes(&r, 2, wp_text("H"));
    rig_clear(&r);
    rig_connect(&r, 1);
    rig_expect(&r, "");
    rig_close(&r, 3);
    rig_connect(&r, 1);
    rig_expect(&r, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("south_dlt645_hand_on");
    TCase *tc = tcase_create("south_dlt645_hand_on");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_is_not_dlt645_is_handed_on_with_all_its_bytes);
    tcase_add_test(tc, every_published_dlms_frame_is_handed_on);
    tcase_add_test(tc, dlt645_and_noise_stay);
    tcase_add_test(tc, a_meter_that_spoke_dlt645_stays);
    tcase_add_test(tc, both_readings_of_68_are_told_apart_by_their_checksums);
    tcase_add_test(tc, a_login_with_an_apdu_behind_it);
    tcase_add_test(tc, a_listed_meter_goes_as_soon_as_it_has_signed_on);
    tcase_add_test(tc, every_meter_that_signs_on_may_be_listed);
    tcase_add_test(tc, commands_are_answered_once);
    tcase_add_test(tc, a_south_without_room_tells_offline);
    tcase_add_test(tc, nobody_behind_is_hung_up_and_told_offline);
    tcase_add_test(tc, the_newer_connection_wins_across_souths);
    tcase_add_test(tc, a_reconnect_is_no_departure);
    tcase_add_test(tc, a_reconnect_from_another_address_is_told);
    tcase_add_test(tc, a_late_offline_is_not_told);
    tcase_add_test(tc, a_connection_that_was_handed_on_counts);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
