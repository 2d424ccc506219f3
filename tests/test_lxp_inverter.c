/* The inverter and its clients: which octets in, which octets out, when, and to whom.
 *
 * covers: lxp_inverter_link lxp_inverter_options lxp_inverter_profiles lxp_inverter_receive lxp_inverter_serve
 * Frames marked (lxp-147) and so on are in vectors/lxp.json; others were made by the codec. */
#include "tests/lxp_inverter_rig.h"
#include "tests/lxp_vectors.h"

/* The serials of the published frames. */
#define FLOW_SERIALS     "serial", "9393013580", "datalog", "EF76460231"
#define REPEATED_SERIALS "serial", "5555555555", "datalog", "2222222222"
#define QUIET            "push.interval", "0s", "heartbeat.interval", "0s"

#define READ_65 "A11A0100200001C245463736343630323331120000033933393330313335383041000100029F" /* (lxp-149) */
#define HOLD_65 "A11A0200210001C245463736343630323331130001033933393330313335383041000264009591"
#define READ_21 "A11A0100200001C24546373634363032333112000003393339333031333538301500010012AF" /* (lxp-151) */
#define HOLD_21                                                                                              \
    "A11A0200210001C245463736343630323331130001033933393330313335383015000254F3F018" /* (lxp-152) */
#define WRITE_65                                                                                             \
    "A11A0100200001C245463736343630323331120000063933393330313335383041003200D36C" /* (lxp-147) */
#define ECHO_65   "A11A0200200001C24546373634363032333112000106393339333031333538304100320012FC" /* (lxp-148) */
#define BEAT      "A11A02000D0001C13232323232323232323200"           /* (lxp-012) */
#define READ_P0   "A11A01000E0001C3323232323232323232320000"         /* (lxp-009) */
#define PARAM_180 "A11A0200120001C33232323232323232323200000200B400" /* (lxp-010) */

static struct rig f;

static void teardown(void)
{
    rig_free(&f);
}

static void begin(void)
{
    rig_start(&f, FLOW_SERIALS, QUIET, NULL);
    rig_connect(&f);
}

/* ---- published exchanges -------------------------------------------------------------------------------------- */

/* Each command of the API, as published: the request, the reply. */
START_TEST(published_requests_get_the_published_replies)
{
    begin();
    ck_assert_str_eq(rig_ask(&f, WRITE_65), ECHO_65);
    ck_assert_str_eq(rig_ask(&f, READ_65), /* (lxp-150) */
                     "A11A0200210001C24546373634363032333113000103393339333031333538304100023200AA31");
    ck_assert_str_eq(rig_ask(&f, READ_21), HOLD_21);
    ck_assert_str_eq(rig_ask(&f, /* (lxp-153), (lxp-154): AC charge on */
                             "A11A0100200001C24546373634363032333112000006393339333031333538301500D4F3C979"),
                     "A11A0200200001C24546373634363032333112000106393339333031333538301500D4F308E9");
    ck_assert_uint_eq(rig_hold(&f, 21), 62420);
    rig_ask(&f, /* (lxp-155): forced discharge on */
            "A11A0100200001C2454637363436303233311200000639333933303133353830150054F7A97A");
    ck_assert_uint_eq(rig_hold(&f, 21), 63316);
    rig_ask(&f, /* (lxp-156) */
            "A11A0100200001C245463736343630323331120000063933393330313335383040006400ED30");
    rig_ask(&f, /* (lxp-157) */
            "A11A0100200001C245463736343630323331120000063933393330313335383043003200D2D4");
    ck_assert_uint_eq(rig_hold(&f, 64), 100);
    ck_assert_uint_eq(rig_hold(&f, 67), 50);
}
END_TEST

/* The three reads of input registers get the payloads of the API's sample, when the registers say so. */
START_TEST(the_sample_of_the_api_comes_out)
{
    static const char *const read = /* (lxp-158) */
        "A11A0100200001C2454637363436303233311200000439333933303133353830000028004E31";
    static const char *const reply = /* (lxp-144) */
        "A11A02006F0001C24546373634363032333161000104393339333031333538300000502000000000000000EE013500"
        "0000260200000000";
    const char *came;

    rig_start(&f, FLOW_SERIALS, QUIET, "input", "0=32, 1=0, 2=0, 3=0, 4=494, 5=53, 6=0, 7=550, 8=0, 9=0",
              NULL);
    rig_connect(&f);
    came = rig_ask(&f, read);
    ck_assert_uint_eq(strlen(came), 2 * 117);
    ck_assert_mem_eq(came, reply, strlen(reply));
}
END_TEST

/* What a real inverter said of its first 23 registers is what ours says, octet for octet. */
START_TEST(a_real_inverters_first_registers_come_out)
{
    rig_start(&f, "serial", "XXXXXXXXXX", "datalog", "cccccccccc", QUIET, "firmware", "BAAA", "clock",
              "-119043911s", NULL); /* 2020-04-07 16:14:49 */
    rig_connect(&f);
    ck_assert_str_eq(
        rig_ask(&f, "A11A0100200001C263636363636363636363120000035858585858585858585800001700961D"),
        "A11A02004D0001C2636363636363636363633F0001035858585858585858585800002E868A0100585858585"
        "8585858" /* (lxp-001) */
        "585842414141010A0A010000140407100E3101000100000000000400000054F3B00428E0");
}
END_TEST

START_TEST(the_clock_is_set_as_published)
{
    rig_start(&f, REPEATED_SERIALS, QUIET, NULL);
    rig_connect(&f);
    rig_hex(&f, 1, /* (lxp-021), (lxp-022) */
            "A11A0200270001C23232323232323232323219000010353535353535353535350C000300061606131417217347");
    rig_run(&f, WP_MS(50));
    rig_expect(
        &f, "[     0.050] 1> A11A0200200001C23232323232323232323212000110353535353535353535350C000300E2BB\n");
    ck_assert_uint_eq(rig_hold(&f, 12), 0x0616);
    ck_assert_uint_eq(rig_hold(&f, 13), 0x1413);
    ck_assert_uint_eq(rig_hold(&f, 14), 0x2117);
}
END_TEST

START_TEST(published_exceptions_come_out)
{
    rig_start(&f, REPEATED_SERIALS, QUIET, NULL);
    rig_connect(&f);
    rig_set(&f, "fault.reject", "21", 1);
    ck_assert_str_eq(
        rig_ask(&f, "A11A0100200001C23232323232323232323212000006353535353535353535351500D4F3ADCC"),
        "A11A02001F0001C2323232323232323232321100018635353535353535353535150003E3B2"); /* (lxp-139) */
    rig_set(&f, "fault.reject", "65=2", 1);
    ck_assert_str_eq(
        rig_ask(&f, "A11A0100200001C232323232323232323232120000063535353535353535353541003200B7D9"),
        "A11A02001F0001C232323232323232323232110001863535353535353535353541000263A2"); /* (lxp-140) */
    ck_assert_str_eq(
        rig_ask(&f, "A11A0100200001C23232323232323232323212000003353535353535353535352C0101002B46"),
        "A11A02001F0001C23232323232323232323211000183353535353535353535352C0102F6EA"); /* (lxp-141) */
    ck_assert_str_eq(
        rig_ask(&f,
                "A11A0200270001C23232323232323232323219000010353535353535353535350C00030006160D13141721D686"),
        "A11A02001F0001C23232323232323232323211000190353535353535353535350C000325A3"); /* (lxp-143): month 19 */
}
END_TEST

START_TEST(parameters_are_answered_as_published)
{
    rig_start(&f, REPEATED_SERIALS, "push.interval", "180s", NULL);
    rig_connect(&f);
    ck_assert_str_eq(rig_ask(&f, READ_P0), PARAM_180);
    ck_assert_str_eq(rig_ask(&f, "A11A0200120001C432323232323232323232000002003C00"), /* (lxp-113) */
                     "A11A02000F0001C432323232323232323232000000");                   /* (lxp-114) */
    ck_assert_str_eq(rig_ask(&f, READ_P0), "A11A0200120001C332323232323232323232000002003C00");
    ck_assert_str_eq(
        rig_ask(&f, "A11A0100210001C432323232323232323232060011003132302E37392E35332E32372C34333436"),
        "A11A02000F0001C432323232323232323232060000"); /* (lxp-074), (lxp-081) in protocol 2 */
    ck_assert_str_eq(rig_ask(&f, "A11A01000E0001C3323232323232323232320700"), "silence");
}
END_TEST

START_TEST(serial_numbers_are_parameters)
{
    rig_start(&f, REPEATED_SERIALS, QUIET, NULL);
    rig_connect(&f);
    ck_assert_str_eq(rig_ask(&f, "A11A01000E0001C3323232323232323232320100"), /* (lxp-011) */
                     "A11A02001A0001C33232323232323232323201000A0032323232323232323232");
    ck_assert_str_eq(rig_ask(&f, "A11A01000E0001C3323232323232323232320900"),
                     "A11A02001A0001C33232323232323232323209000A0035353535353535353535");
}
END_TEST

/* ---- profiles -------------------------------------------------------------------------------------------------- */

START_TEST(protocol_1_has_no_length_octet)
{
    rig_start(&f, REPEATED_SERIALS, QUIET, "profile", "protocol1", "address.octet", "0", "hold", "12=10270",
              NULL);
    rig_connect(&f);
    ck_assert_str_eq(/* (lxp-034), (lxp-030) */
                     rig_ask(&f,
                             "A11A0100200001C23232323232323232323212000003353535353535353535350C0001007146"),
                     "A11A0100200001C23232323232323232323212000003353535353535353535350C001E287968");
}
END_TEST

/* Protocol number and address octet of the first two replies. */
static const char *heads(const char *profile)
{
    static char text[32];
    char first[9], second[9];
    const char *reply;

    rig_start(&f, FLOW_SERIALS, QUIET, "profile", profile, NULL);
    rig_connect(&f);
    reply = rig_ask(&f, READ_65);
    snprintf(first, sizeof first, "%.4s %.2s", reply + 4, reply + 40);
    reply = rig_ask(&f, READ_65);
    snprintf(second, sizeof second, "%.4s %.2s", reply + 4, reply + 40);
    snprintf(text, sizeof text, "%s, %s", first, second);
    rig_free(&f);
    return text;
}

START_TEST(each_profile_has_its_head)
{
    ck_assert_str_eq(heads("lxp3600"), "0200 01, 0200 01");
    ck_assert_str_eq(heads("protocol1"), "0100 01, 0100 01");
    ck_assert_str_eq(heads("protocol5"), "0500 01, 0500 01");
    ck_assert_str_eq(heads("block127"), "0500 01, 0500 01");
    ck_assert_str_eq(heads("address0"), "0200 00, 0200 00");
    ck_assert_str_eq(heads("flip"), "0200 01, 0500 01");
    ck_assert_str_eq(heads("single"), "0200 01, 0200 01");
}
END_TEST

/* Most registers of one read: so many come, one more gets an exception, or nothing. */
static void check_read_max(const char *profile, uint16_t most)
{
    char refused[64];

    rig_start(&f, QUIET, "profile", profile, NULL);
    rig_connect(&f);
    ck_assert_mem_eq(rig_read(&f, LXP_READ_INPUT, 0, most), "input 0: ", 9);
    ck_assert_mem_eq(rig_read(&f, LXP_READ_HOLD, 100, most), "hold 100: ", 10);
    snprintf(refused, sizeof refused, "exception 84 7: 3");
    ck_assert_str_eq(rig_read(&f, LXP_READ_INPUT, 7, (uint16_t)(most + 1)), refused);
    rig_set(&f, "read.over", "silence", 0);
    ck_assert_str_eq(rig_read(&f, LXP_READ_INPUT, 7, (uint16_t)(most + 1)), "silence");
    rig_free(&f);
}

START_TEST(a_read_has_a_most)
{
    check_read_max("lxp3600", 40);
    check_read_max("protocol5", 125);
    check_read_max("block127", 127);
}
END_TEST

/* ---- clients ------------------------------------------------------------------------------------------------- */

START_TEST(replies_go_to_all_clients)
{
    begin();
    rig_connect(&f);
    rig_hex(&f, 2, READ_65);
    rig_run(&f, WP_SEC(1));
    rig_expect(&f, "[     0.050] 1> " HOLD_65 "\n[     0.050] 2> " HOLD_65 "\n");
}
END_TEST

/* Client 2 was first, then client 1; the second request of client 2 is a request once its first is answered. */
START_TEST(requests_of_all_clients_take_turns_in_their_order)
{
    begin();
    rig_connect(&f);
    rig_hex(&f, 2, READ_65 READ_65);
    rig_hex(&f, 1, READ_21);
    rig_run(&f, WP_SEC(1));
    rig_expect(&f, "[     0.050] 1> " HOLD_65 "\n[     0.050] 2> " HOLD_65 "\n"
                   "[     0.100] 1> " HOLD_21 "\n[     0.100] 2> " HOLD_21 "\n"
                   "[     0.150] 1> " HOLD_65 "\n[     0.150] 2> " HOLD_65 "\n");
}
END_TEST

START_TEST(one_client_too_many_is_closed)
{
    rig_start(&f, "clients.max", "2", NULL);
    rig_connect(&f);
    rig_connect(&f);
    rig_connect(&f);
    rig_expect(&f, "[     0.000] 3 closed\n");
    rig_disconnect(&f, 1);
    rig_connect(&f);
    rig_expect(&f, "");
}
END_TEST

START_TEST(a_single_dongle_has_one)
{
    rig_start(&f, "profile", "single", NULL);
    rig_connect(&f);
    rig_connect(&f);
    rig_expect(&f, "[     0.000] 2 closed\n");
}
END_TEST

START_TEST(a_request_dies_with_its_client)
{
    begin();
    rig_hex(&f, 1, READ_65);
    rig_disconnect(&f, 1);
    rig_connect(&f);
    rig_run(&f, WP_SEC(1));
    rig_expect(&f, "");
    rig_hex(&f, 2, READ_65);
    rig_run(&f, WP_SEC(2));
    rig_expect(&f, "[     1.050] 2> " HOLD_65 "\n");
}
END_TEST

START_TEST(the_end_says_goodbye_to_all)
{
    rig_start(&f, NULL);
    rig_connect(&f);
    rig_connect(&f);
    rig_step(&f, (struct wp_event){.kind = WP_EV_STOP});
    rig_expect(&f, "[     0.000] 1 closed\n[     0.000] 2 closed\n");
    ck_assert_int_eq(lxp_inverter_class.deadline(f.machine), WP_NEVER);
}
END_TEST

/* ---- octets ---------------------------------------------------------------------------------------------------- */

START_TEST(a_request_may_come_in_any_pieces)
{
    uint8_t octets[64];
    size_t n;

    begin();
    ck_assert(wp_hex_read(wp_text(READ_65), octets, sizeof octets, &n));
    for (size_t i = 0; i < n; i++) {
        rig_bytes(&f, 1, wp_slice(octets + i, 1));
        rig_run(&f, f.now + WP_MS(10));
    }
    rig_run(&f, WP_SEC(1));
    rig_expect(&f, "[     0.420] 1> " HOLD_65 "\n");
}
END_TEST

START_TEST(junk_is_skipped)
{
    static const char *const junk[] = {"41542B515549540D",
                                       "A1",
                                       "A1A1",
                                       "00FF1122A1",
                                       "A11A0500FFFF01C2", /* too long for any frame */
                                       "A11A0100050001C2",
                                       "A11A0100200001C5"};

    begin();
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        char text[256];

        snprintf(text, sizeof text, "%s%s", junk[i], READ_65);
        ck_assert_msg(strcmp(rig_ask(&f, text), HOLD_65) == 0, "%s", junk[i]);
    }
}
END_TEST

START_TEST(half_a_request_is_given_up)
{
    begin();
    rig_hex(&f, 1, "A11A0100200001C245463736");
    rig_run(&f, WP_SEC(4));
    rig_hex(&f, 1, "A11A");
    rig_run(&f, WP_SEC(20));
    rig_expect(&f, "");
    ck_assert_str_eq(rig_ask(&f, READ_65), HOLD_65);
}
END_TEST

/* 800 octets of firmware are not for it, and what follows is. */
START_TEST(a_long_frame_is_passed_over)
{
    uint8_t firmware[811] = {0xA1, 0x1A, 1, 0, (811 - 6) & 0xFF, (811 - 6) >> 8, 1, 0xC2};
    uint8_t octets[64];
    size_t n;

    begin();
    memcpy(firmware + 8, "EF76460231", 10);
    firmware[18] = (811 - 20) & 0xFF;
    firmware[19] = (811 - 20) >> 8;
    firmware[21] = 0x22;
    rig_bytes(&f, 1, wp_slice(firmware, 500));
    rig_bytes(&f, 1, wp_slice(firmware + 500, 311));
    ck_assert_str_eq(rig_ask(&f, READ_65), HOLD_65);
    rig_bytes(&f, 1, wp_slice(firmware, sizeof firmware));
    ck_assert(wp_hex_read(wp_text(READ_65), octets, sizeof octets, &n));
    rig_bytes(&f, 1, wp_slice(firmware, 500)); /* and one that never ends */
    rig_run(&f, f.now + WP_SEC(10));
    ck_assert_str_eq(rig_ask(&f, READ_65), HOLD_65);
}
END_TEST

START_TEST(what_is_not_for_it_gets_no_answer)
{
    static const char *const frame[] = {
        "A11A01000E0001C3323232323232323232320000", /* a parameter of another dongle */
        "A11A0100200001C232323232323232323232120000033933393330313335383041000100029F", /* another dongle */
        "A11A0100200001C245463736343630323331120000033535353535353535353541000100662A", /* another inverter */
        HOLD_65,                                                                        /* a reply */
        "A11A01000D0001C14546373634363032333100", /* a heartbeat's echo */
        "A11A0100200001C24546373634363032333112000003393339333031333538304100010002A0", /* a wrong checksum */
    };

    begin();
    for (size_t i = 0; i < sizeof frame / sizeof frame[0]; i++)
        ck_assert_msg(strcmp(rig_ask(&f, frame[i]), "silence") == 0, "%s", frame[i]);
    ck_assert_str_eq(rig_ask(&f, READ_65), HOLD_65);
}
END_TEST

/* Whatever was published, good, bad or cut: once it has been given up, the next request is answered. */
START_TEST(nothing_published_blocks_a_client)
{
    begin();
    for (struct lxp_vector v = {0}; lxp_vectors_next(&v);) {
        rig_bytes(&f, 1, v.bytes);
        rig_run(&f, f.now + WP_SEC(30));
        ck_assert_msg(strcmp(rig_ask(&f, READ_65), "silence") != 0, "%s", v.id);
    }
}
END_TEST

/* Over Bluetooth the dongle's serial is ten zeros; they do for every dongle. */
START_TEST(zeros_are_every_dongle)
{
    begin();
    ck_assert_str_eq(
        rig_ask(&f, "A11A0100200001C200000000000000000000120000033933393330313335383041000100029F"), HOLD_65);
}
END_TEST

START_TEST(a_full_rx_drops_with_a_note)
{
    begin();
    rig_hex(&f, 1, READ_65 READ_65 READ_65);
    rig_expect(&f,
               "[     0.000] note rx-full: octets dropped behind a request that waits for its reply 34\n");
    rig_run(&f, WP_SEC(10));
    rig_expect(&f, "[     0.050] 1> " HOLD_65 "\n[     0.100] 1> " HOLD_65 "\n");
}
END_TEST

/* ---- time --------------------------------------------------------------------------------------------------------- */

START_TEST(the_reply_delay_is_an_option)
{
    begin();
    rig_set(&f, "reply.delay", "700ms", 0);
    rig_hex(&f, 1, READ_65);
    rig_run(&f, WP_SEC(1));
    rig_expect(&f, "[     0.700] 1> " HOLD_65 "\n");
}
END_TEST

START_TEST(replies_are_spread_by_the_seed)
{
    wp_us due[8];
    unsigned differ = 0;

    begin();
    rig_set(&f, "reply.spread", "200ms", 0);
    for (unsigned i = 0; i < 8; i++) {
        const wp_us from = f.now;

        rig_hex(&f, 1, READ_65);
        due[i] = lxp_inverter_class.deadline(f.machine) - from;
        ck_assert_int_ge(due[i], WP_MS(50));
        ck_assert_int_le(due[i], WP_MS(250));
        differ += i > 0 && due[i] != due[0];
        rig_run(&f, f.now + WP_SEC(1));
    }
    ck_assert_uint_gt(differ, 3);
}
END_TEST

/* ---- what it is made from ------------------------------------------------------------------------------------- */

START_TEST(the_datalog_follows_from_the_serial)
{
    rig_start(&f, "serial", "0123456789", "heartbeat.interval", "1s", "push.interval", "0s", NULL);
    rig_connect(&f);
    rig_run(&f, WP_SEC(1));
    rig_expect(&f, "[     1.000] 1> A11A02000D0001C14241323334353637383900\n"); /* BA23456789 */
}
END_TEST

START_TEST(what_cannot_be_is_said)
{
    ck_assert_str_eq(rig_check(&f, "serial", "555", NULL), "serial takes exactly 10 printable characters");
    ck_assert_str_eq(rig_check(&f, "datalog", "BA5555", NULL), "datalog takes exactly 10 printable characters");
    ck_assert_str_eq(rig_check(&f, "firmware", "AAABC", NULL), "firmware takes exactly 4 printable characters");
    ck_assert_str_eq(rig_check(&f, "hold", "262=1", NULL),
                     "hold has registers 0 to 261 with values, such as 21=62292, 65=100");
    ck_assert_str_eq(rig_check(&f, "input", "0=65536", NULL),
                     "input has registers 0 to 380 with values, such as 0=32, 4=494");
    ck_assert_str_eq(rig_check(&f, "read.only", "9-3", NULL),
                     "read.only has at most 8 registers or ranges of them, such as 64-67, 21");
    ck_assert_str_eq(rig_check(&f, "fault.serial", "555", NULL), "fault.serial has no such value");
    ck_assert_str_eq(rig_check(&f, NULL), "");
}
END_TEST

START_TEST(every_row_has_a_readable_default_and_a_line_of_help)
{
    for (size_t i = 0; i < lxp_inverter_class.n_options; i++) {
        const struct wp_option *o = &lxp_inverter_class.options[i];
        struct wp_value v;

        ck_assert_msg(o->help && strlen(o->help) > 4, "%s", o->name);
        ck_assert_msg(!o->fallback || wp_option_read(o, wp_text(o->fallback), &v, NULL), "%s", o->name);
        ck_assert_msg(
            wp_option_find(lxp_inverter_class.options, lxp_inverter_class.n_options, wp_text(o->name)) == o,
            "%s stands there once", o->name);
    }
}
END_TEST

START_TEST(an_inverter_is_small)
{
    rig_start(&f, "clients.max", "1", NULL);
    ck_assert_uint_le(lxp_inverter_class.size(&f.setup), 1024);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        published_requests_get_the_published_replies,
        the_sample_of_the_api_comes_out,
        a_real_inverters_first_registers_come_out,
        the_clock_is_set_as_published,
        published_exceptions_come_out,
        parameters_are_answered_as_published,
        serial_numbers_are_parameters,
        protocol_1_has_no_length_octet,
        each_profile_has_its_head,
        a_read_has_a_most,
        replies_go_to_all_clients,
        requests_of_all_clients_take_turns_in_their_order,
        one_client_too_many_is_closed,
        a_single_dongle_has_one,
        a_request_dies_with_its_client,
        the_end_says_goodbye_to_all,
        a_request_may_come_in_any_pieces,
        junk_is_skipped,
        half_a_request_is_given_up,
        a_long_frame_is_passed_over,
        what_is_not_for_it_gets_no_answer,
        nothing_published_blocks_a_client,
        zeros_are_every_dongle,
        a_full_rx_drops_with_a_note,
        the_reply_delay_is_an_option,
        replies_are_spread_by_the_seed,
        the_datalog_follows_from_the_serial,
        what_cannot_be_is_said,
        every_row_has_a_readable_default_and_a_line_of_help,
        an_inverter_is_small,
    };
    Suite *s = suite_create("lxp_inverter");
    TCase *t = tcase_create("class");
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
