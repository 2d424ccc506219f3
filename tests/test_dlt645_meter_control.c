/* What each request does to the meter and what it answers.
 *
 * covers: dlt645_meter_access
 * Replies are written "control data". Requests are built by the codec, which published frames hold down; those that
 * a public tool sent are sent as they are. */
#include "tests/dlt645_meter_rig.h"

#define ADDRESS RIG_ADDRESS

static struct rig f;
static const struct dlt645_auth good = {
    .level = 2, .password = {0x11, 0x22, 0x33}, .operator_code = {1, 2, 3, 4}};

static void setup(void)
{
    rig_start(&f, "address", "000000001234", "login", "silent", "password", "112233", NULL);
}

static void teardown(void)
{
    rig_free(&f);
}

static const char *follow(uint32_t di, uint8_t seq)
{
    struct dlt645_frame q;

    dlt645_ask_follow(&q, ADDRESS, di, seq);
    return rig_ask(&f, &q);
}

static const char *write_as(const struct dlt645_auth *auth, uint32_t di, const char *hex)
{
    struct dlt645_frame q;
    uint8_t bytes[64];
    size_t n;

    ck_assert(wp_hex_read(wp_text(hex), bytes, sizeof bytes, &n));
    dlt645_ask_write(&q, ADDRESS, di, auth, wp_slice(bytes, n));
    return rig_ask(&f, &q);
}

static const char *write_di(uint32_t di, const char *hex)
{
    return write_as(&good, di, hex);
}

/* ---- 11, 12 --------------------------------------------------------------------------------------------- */

START_TEST(reads_answer_or_say_that_there_is_no_such_data)
{
    ck_assert_str_eq(rig_ask_di(&f, 0x02010100), "91 000101020023");
    ck_assert_str_eq(rig_ask_di(&f, 0x04000401), "91 01040004341200000000");
    ck_assert_str_eq(rig_ask_di(&f, 0xFFFFFFFF),
                     "D1 02"); /* (vectors) the original gateway's own test asks so */
    ck_assert_str_eq(rig_ask_di(&f, 0x33343233), "D1 02");
    ck_assert_str_eq(rig_ask_di(&f, 0x00900100), "D1 02");
    ck_assert_str_eq(rig_raw(&f, 0x11, ""), "D1 01");
    ck_assert_str_eq(rig_raw(&f, 0x11, "000101"), "D1 01");
    ck_assert_str_eq(rig_raw(&f, 0x11, "0001010201020304"), "D1 01");
}
END_TEST

/* (vectors) synthetic B1, 12, 92 for 0001FF00: the data first, SEQ at the end. Here in pieces of 16 bytes. */
START_TEST(a_long_answer_comes_in_pieces)
{
    teardown();
    rig_start(&f, "address", "000000001234", "login", "silent", "follow.bytes", "16", "register",
              "00010000=123456.78, 00010100=123456.78, 00010200=123456.78, 00010300=123456.78, 00010400=0.11",
              NULL);
    rig_hex(&f, "6834120000000068110433323433F716"); /* 0001FF00 */
    rig_run(&f, WP_SEC(1));
    rig_hex(&f, "68341200000000681205"
                "3332343334"
                "2D16"); /* (vectors) */
    rig_run(&f, WP_SEC(2));
    rig_expect(
        &f,
        "[    50.000] > 6834120000000068B11433323433AB896745AB896745AB896745AB8967452716\n" /* (vectors) */
        "[  1050.000] > 683412000000006892093332343344333333348E16\n");                     /* (vectors) */
}
END_TEST

START_TEST(pieces_are_the_same_when_asked_again_and_refused_out_of_order)
{
    teardown();
    rig_start(&f, "address", "000000001234", "login", "silent", "follow.bytes", "2", "voltageA", "220.5",
              NULL);
    rig_set(&f, "register", "02010200=100.1, 02010300=200.2", 0);
    ck_assert_str_eq(follow(0x0201FF00, 1), "D2 02"); /* nothing was read yet */
    ck_assert_str_eq(rig_ask_di(&f, 0x0201FF00), "B1 00FF01020522");
    rig_set(&f, "register", "02010200=99.9", 0); /* what was read stays as it was read */
    ck_assert_str_eq(follow(0x0201FF00, 2), "D2 02");
    ck_assert_str_eq(follow(0x0201FF00, 0), "D2 02");
    ck_assert_str_eq(follow(0x0202FF00, 1), "D2 02");
    ck_assert_str_eq(follow(0x0201FF00, 1), "B2 00FF0102011001");
    ck_assert_str_eq(follow(0x0201FF00, 1), "B2 00FF0102011001");
    ck_assert_str_eq(follow(0x0201FF00, 2), "92 00FF0102022002");
    ck_assert_str_eq(follow(0x0201FF00, 1), "B2 00FF0102011001");
    ck_assert_str_eq(follow(0x0201FF00, 3), "D2 02");
    ck_assert_str_eq(rig_raw(&f, 0x12, "00FF0102"), "D2 01");
}
END_TEST

START_TEST(a_load_profile_is_read_in_pieces_without_an_option)
{
    struct dlt645_frame q;
    struct dlt645_time t = {.year = 24, .month = 1, .day = 15, .hour = 9};
    const char *answer;

    teardown();
    rig_start(&f, "address", "000000001234", "login", "silent", "profile.interval", "1h", NULL);
    dlt645_ask_profile(&q, ADDRESS, 0x06000001, 3, &t);
    answer = rig_ask(&f, &q);
    ck_assert_uint_eq(strlen(answer), 3 + 2 * 200); /* L = 200: DI and 196 bytes */
    ck_assert(strncmp(answer, "B1 01000006A0A0620009150124", 27) == 0);
    ck_assert_uint_eq(strlen(follow(0x06000001, 1)), 3 + 2 * (4 + (3 * 103 - 196) + 1));
    dlt645_ask_profile(&q, ADDRESS, 0x06000002, 0, NULL);
    ck_assert_str_eq(rig_ask(&f, &q), "D1 02");
    dlt645_ask_profile(&q, ADDRESS, 0x06000002, 200, NULL); /* as many as an answer takes: 9 of 103 bytes */
    ck_assert(strncmp(rig_ask(&f, &q), "B1", 2) == 0);
    ck_assert_uint_eq(rig_meter(&f)->n_long, 9 * 103);
}
END_TEST

/* ---- 13, 15 --------------------------------------------------------------------------------------------- */

START_TEST(the_address_is_written_only_while_programming)
{
    struct dlt645_frame ask, give;

    dlt645_ask_address(&ask);
    ck_assert_str_eq(rig_ask(&f, &ask), "93 341200000000");
    dlt645_ask_write_address(&give, 0x000000005678);
    ck_assert_str_eq(rig_ask(&f, &give), "silence");
    rig_set(&f, "programming", "true", 0);
    ck_assert_str_eq(rig_read(&f, 0x04000503), "0008");
    rig_frame(&f, &give);
    rig_run(&f, f.now + WP_SEC(1));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&f.w), "> 68785600000000689500"
                                                   "3316")); /* from its new address */
    ck_assert_str_eq(rig_ask(&f, &ask), "93 785600000000");
    dlt645_ask_write_address(&give, DLT645_ADDRESS_BROADCAST);
    ck_assert_str_eq(rig_ask(&f, &give), "silence");
}
END_TEST

/* ---- 14 --------------------------------------------------------------------------------------------------- */

START_TEST(parameters_are_written_with_the_right_password)
{
    struct dlt645_auth bad = good;

    ck_assert_str_eq(write_di(0x04000402, "420000000000"), "94");
    ck_assert_str_eq(rig_ask_di(&f, 0x04000402), "91 02040004420000000000");
    ck_assert_str_eq(rig_ask_di(&f, 0x03300000), "91 00003003010000"); /* one programming */
    bad.password[2] = 0;
    ck_assert_str_eq(write_as(&bad, 0x04000402, "430000000000"), "D4 04");
    bad = good;
    bad.level = 5; /* lower authority than `level` */
    ck_assert_str_eq(write_as(&bad, 0x04000402, "430000000000"), "D4 04");
    bad.level = 0x98; /* encrypted: no keys in here */
    ck_assert_str_eq(write_as(&bad, 0x04000402, "430000000000"), "D4 04");
    ck_assert_str_eq(rig_ask_di(&f, 0x04000402), "91 02040004420000000000");
    ck_assert_str_eq(rig_raw(&f, 0x14, "020400040211"), "D4 01");
    ck_assert_str_eq(write_di(0x04A20200, "01"), "D4 02");
    ck_assert_str_eq(write_di(0x02010100, "0023"), "D4 02");
    ck_assert_str_eq(write_di(0x04000402, "42"), "D4 01"); /* too short */
    ck_assert_str_eq(write_di(0x04000503, "0000"), "D4 04");
    ck_assert_str_eq(write_di(0x04000C01, "00000000"), "D4 04");
}
END_TEST

/* (vectors) a public tool writes a parameter that this meter does not have. */
START_TEST(a_public_tools_write_is_understood)
{
    teardown();
    rig_start(&f, "address", "000000001234", "login", "silent", "password", "395256", NULL);
    rig_hex(&f, "68AAAAAAAAAAAA68142E3335D537336C8589333333333433553355335533"
                "3358333358333358333333883333338833333388334333433343C616");
    rig_run(&f, WP_SEC(1));
    rig_expect(&f, "[    50.000] > 6834120000000068D401352016\n"); /* D4 02 */
}
END_TEST

START_TEST(levels_and_operator_are_by_option)
{
    struct dlt645_auth other = good;

    teardown();
    rig_start(&f, "address", "000000001234", "login", "silent", "password", "112233", "operator", "01020304",
              "level", "2", "levels", "0400=1, 040004=3, 19=0", NULL);
    ck_assert_str_eq(write_di(0x04000402, "420000000000"), "94"); /* the last rule that fits: 3 */
    ck_assert_str_eq(write_di(0x04000103, "30"), "D4 04");        /* 0400: 1 */
    other.level = 1;
    ck_assert_str_eq(write_as(&other, 0x04000103, "30"), "94");
    ck_assert_str_eq(write_di(0x04010001, "010000"), "94"); /* no rule: level */
    ck_assert_str_eq(rig_raw(&f, 0x19, "0211223301020304"), "D9 04");
    ck_assert_str_eq(rig_raw(&f, 0x19, "0011223301020304"), "99");
    ck_assert_str_eq(rig_raw(&f, 0x19, "0011223301020305"), "D9 04"); /* another operator */
}
END_TEST

START_TEST(date_and_time_set_the_clock)
{
    ck_assert_str_eq(write_di(0x04000101, "05290224"), "94"); /* 29 February 2024; the weekday is its own */
    ck_assert_str_eq(rig_read(&f, 0x04000101), "2024-02-29 4");
    ck_assert_str_eq(write_di(0x04000102, "563412"), "94");
    f.now += WP_SEC(60);
    ck_assert_str_eq(rig_read(&f, 0x0400010C), "2024-02-29 12:36:55 4"); /* 59.95 s after the reply */
    ck_assert_str_eq(write_di(0x0400010C, "00000001311224"), "94");
    ck_assert_str_eq(rig_read(&f, 0x04000101), "2024-12-31 2");
    ck_assert_str_eq(write_di(0x04000101, "05300224"), "D4 01");
    ck_assert_str_eq(write_di(0x04000101, "0512AA24"), "D4 01");
    ck_assert_str_eq(write_di(0x04000102, "000024"), "D4 01");
    ck_assert_str_eq(rig_ask_di(&f, 0x03300400), "91 00043003030000");
}
END_TEST

START_TEST(slots_settlement_and_demand_period_are_written)
{
    int64_t end;

    ck_assert_str_eq(write_di(0x04010001, "010000"
                                          "020006"
                                          "033007"),
                     "94"); /* 00:00 1, 06:00 2, 07:30 3 */
    ck_assert_str_eq(rig_read(&f, 0x04000203), "3");
    ck_assert_uint_eq(dlt645_meter_tariff(rig_meter(&f), 6 * METER_MS_HOUR, &end), 2);
    ck_assert_uint_eq(dlt645_meter_tariff(rig_meter(&f), 6 * METER_MS_HOUR - 1, &end), 1);
    ck_assert_str_eq(write_di(0x04010001, "050000"), "D4 40"); /* more tariffs than it has */
    ck_assert_str_eq(write_di(0x04010001, "010006"
                                          "020000"),
                     "D4 01");
    ck_assert_str_eq(write_di(0x04010001, "01AA00"), "D4 01");
    ck_assert_str_eq(write_di(0x04000B01, "0615"), "94");
    ck_assert_str_eq(rig_ask_di(&f, 0x04000B01), "91 010B00040615");
    ck_assert_str_eq(write_di(0x04000B01, "0629"), "D4 01");
    ck_assert_str_eq(write_di(0x04000103, "60"), "94");
    ck_assert_str_eq(rig_ask_di(&f, 0x04000103), "91 0301000460");
    ck_assert_str_eq(write_di(0x04000103, "61"), "D4 01");
}
END_TEST

START_TEST(more_than_fourteen_slots_are_too_many)
{
    teardown();
    rig_start(&f, "address", "000000001234", "login", "silent", "password", "112233", "request.max", "100",
              NULL);
    ck_assert_str_eq(write_di(0x04010001, "010000"
                                          "010001"
                                          "010002"
                                          "010003"
                                          "010004"
                                          "010005"
                                          "010006"
                                          "010007"
                                          "010008"
                                          "010009"
                                          "010010"
                                          "010011"
                                          "010012"
                                          "010013"
                                          "010014"),
                     "D4 20");
}
END_TEST

/* ---- 16 --------------------------------------------------------------------------------------------------- */

START_TEST(freezes_are_at_once_or_when_told)
{
    f.now = WP_SEC(3600);
    ck_assert_str_eq(rig_raw(&f, 0x16, "99999999"), "96");
    ck_assert_str_eq(rig_read(&f, 0x05010001), "2024-01-15 13:00");
    ck_assert_str_eq(rig_read(&f, 0x05010101 + 0x100), "0000000000000000000000000000000000000000");
    rig_hex(&f, "68999999999999681604CCCCCCCCB016"); /* (vectors) broadcast: executed, not answered */
    ck_assert_uint_eq(f.w.n, 0);
    ck_assert_str_eq(rig_read(&f, 0x05010001), "2024-01-15 13:01");
    ck_assert_str_eq(rig_raw(&f, 0x16, "30999999"), "96"); /* every hour at 30 */
    f.now = WP_SEC(3 * 3600);
    ck_assert_str_eq(rig_read(&f, 0x05000001), "2024-01-15 14:30");
    ck_assert_str_eq(rig_raw(&f, 0x16, "15089999"), "96"); /* every day at 08:15 */
    f.now = WP_SEC(36 * 3600);
    ck_assert_str_eq(rig_read(&f, 0x05000001), "2024-01-16 08:15");
    ck_assert_str_eq(rig_raw(&f, 0x16, "00120199"), "96"); /* every month on the 1st at 12:00 */
    f.now = WP_SEC(40 * 86400);
    ck_assert_str_eq(rig_read(&f, 0x05000001), "2024-02-01 12:00");
    ck_assert_str_eq(rig_raw(&f, 0x16, "00120103"),
                     "D6 01"); /* a month of its own: not one of the four kinds */
    ck_assert_str_eq(rig_raw(&f, 0x16, "60999999"), "D6 01");
    ck_assert_str_eq(rig_raw(&f, 0x16, "00249999"), "D6 01");
    ck_assert_str_eq(rig_raw(&f, 0x16, "00003199"), "D6 01");
    ck_assert_str_eq(rig_raw(&f, 0x16, "999999"), "D6 01");
}
END_TEST

START_TEST(a_meter_without_freeze_cells_refuses)
{
    teardown();
    rig_start(&f, "address", "000000001234", "login", "silent", "freezes", "0", NULL);
    ck_assert_str_eq(rig_raw(&f, 0x16, "99999999"), "D6 01");
}
END_TEST

/* ---- 17, 18 ------------------------------------------------------------------------------------------------ */

START_TEST(the_speed_is_echoed_when_it_is_one)
{
    rig_hex(&f, "683412000000006817013B6916");
    rig_run(&f, WP_SEC(1));
    rig_expect(&f, "[    50.000] > 683412000000006897013BE916\n"); /* (vectors) 2400 */
    ck_assert_str_eq(rig_ask_di(&f, 0x04000703), "91 0307000408");
    ck_assert_str_eq(rig_raw(&f, 0x17, "40"), "97 40");
    ck_assert_str_eq(rig_ask_di(&f, 0x04000703), "91 0307000440");
    ck_assert_str_eq(rig_raw(&f, 0x17, "D5"), "D7 08"); /* (vectors) a sender without the offset of 33 */
    ck_assert_str_eq(rig_raw(&f, 0x17, "00"), "D7 08");
    ck_assert_str_eq(rig_raw(&f, 0x17, "0408"), "D7 01");
}
END_TEST

START_TEST(a_password_is_changed_with_the_old_one)
{
    struct dlt645_auth changed = good;

    ck_assert_str_eq(rig_raw(&f, 0x18,
                             "030C0004"
                             "02112233"
                             "02445566"),
                     "98 02445566");
    ck_assert_str_eq(write_di(0x04000103, "30"), "D4 04");
    memcpy(changed.password, "\x44\x55\x66", 3);
    ck_assert_str_eq(write_as(&changed, 0x04000103, "30"), "94");
    changed.level = 4; /* other levels keep theirs */
    ck_assert_str_eq(write_as(&changed, 0x04000103, "30"), "D4 04");
    ck_assert_str_eq(rig_raw(&f, 0x18,
                             "030C0004"
                             "02112233"
                             "02000000"),
                     "D8 04");
    ck_assert_str_eq(rig_raw(&f, 0x18,
                             "030C0004"
                             "02445566"
                             "03000000"),
                     "D8 04"); /* the identifier is of level 2 */
    ck_assert_str_eq(rig_raw(&f, 0x18,
                             "050C0004"
                             "04112233"
                             "04000000"),
                     "D8 04"); /* levels: 04000C=2 */
    ck_assert_str_eq(rig_raw(&f, 0x18,
                             "03040004"
                             "02445566"
                             "02000000"),
                     "D8 02");
    ck_assert_str_eq(rig_raw(&f, 0x18, "030C0004"), "D8 01");
}
END_TEST

/* ---- 19, 1A, 1B --------------------------------------------------------------------------------------------- */

START_TEST(the_maximum_demand_is_cleared)
{
    f.now = WP_SEC(3600);
    ck_assert_str_ne(rig_read(&f, 0x01010000), "0000000000000000");
    ck_assert_str_eq(rig_raw(&f, 0x19, "0200000000000000"), "D9 04");
    ck_assert_str_eq(rig_raw(&f, 0x19, "0211223300000000"), "99");
    ck_assert_str_eq(rig_read(&f, 0x01010000), "0000000000000000");
    ck_assert_str_eq(rig_ask_di(&f, 0x03300200), "91 00023003010000");
    ck_assert_str_eq(rig_raw(&f, 0x19, ""), "D9 01");
}
END_TEST

START_TEST(the_meter_is_cleared)
{
    rig_set(&f, "totalActiveEnergy", "12345.67", 0);
    rig_set(&f, "voltageA", "245.5", 0);
    f.now = WP_SEC(86400);
    ck_assert_str_ne(rig_read(&f, 0x05060001), "none");
    ck_assert_str_eq(rig_raw(&f, 0x1A, "0200000000000000"), "DA 04");
    ck_assert_str_eq(rig_raw(&f, 0x1A, "0211223300000000"), "9A");
    ck_assert_int_le(rig_number(&f, 0x00010000), 6); /* what came in the minute since */
    ck_assert_int_le(rig_number(&f, 0x00050000), 2);
    ck_assert_str_eq(rig_read(&f, 0x05060001), "none");
    ck_assert_str_eq(rig_read(&f, 0x02010100), "245.5");
    ck_assert_str_eq(rig_ask_di(&f, 0x03300100), "91 00013003010000");
    ck_assert_str_eq(rig_raw(&f, 0x1A, "02112233"), "DA 01");
    ck_assert_int_eq(rig_meter(&f)->loaded_ms, 86460050); /* its past begins here */
}
END_TEST

START_TEST(events_are_cleared_but_not_the_count_of_clearings)
{
    ck_assert_str_eq(rig_raw(&f, 0x19, "0211223300000000"), "99");
    ck_assert_str_eq(rig_raw(&f, 0x1A, "0211223300000000"), "9A");
    ck_assert_str_eq(rig_raw(&f, 0x1B,
                             "0211223300000000"
                             "FF013003"),
                     "9B"); /* the clearings: they stay */
    ck_assert_str_eq(rig_ask_di(&f, 0x03300100), "91 00013003010000");
    ck_assert_str_eq(rig_ask_di(&f, 0x03300200), "91 00023003010000");
    ck_assert_str_eq(rig_raw(&f, 0x1B,
                             "0211223300000000"
                             "00023003"),
                     "9B");
    ck_assert_str_eq(rig_ask_di(&f, 0x03300200), "91 00023003000000");
    ck_assert_str_eq(rig_raw(&f, 0x19, "0211223300000000"), "99");
    ck_assert_str_eq(rig_raw(&f, 0x1B,
                             "0211223300000000"
                             "FFFFFFFF"),
                     "9B");
    ck_assert_str_eq(rig_ask_di(&f, 0x03300100), "91 00013003010000");
    ck_assert_str_eq(rig_ask_di(&f, 0x03300200), "91 00023003000000");
    ck_assert_str_eq(rig_ask_di(&f, 0x03300300), "91 00033003010000");
    ck_assert_str_eq(rig_raw(&f, 0x1B,
                             "0211223300000000"
                             "00010102"),
                     "DB 02"); /* a voltage is no event */
    ck_assert_str_eq(rig_raw(&f, 0x1B,
                             "0211223300000000"
                             "99999999"),
                     "DB 02");
    ck_assert_str_eq(rig_raw(&f, 0x1B,
                             "0200000000000000"
                             "FFFFFFFF"),
                     "DB 04");
    ck_assert_str_eq(rig_raw(&f, 0x1B, "0211223300000000"), "DB 01");
}
END_TEST

/* ---- 1D, 03, 08 ------------------------------------------------------------------------------------------------ */

START_TEST(the_rest_is_answered_as_it_should_be)
{
    ck_assert_str_eq(rig_raw(&f, 0x1D, "00"), "9D 00");
    ck_assert_str_eq(rig_raw(&f, 0x1D, "02"), "9D 02");
    ck_assert_str_eq(rig_raw(&f, 0x1D, "03"), "DD 01");
    ck_assert_str_eq(rig_raw(&f, 0x1D, ""), "DD 01");
    ck_assert_str_eq(rig_raw(&f, 0x03, "0101000700000000"), "C3 0100");
    ck_assert_str_eq(rig_raw(&f, 0x08, "560412150124"), "silence"); /* its own address, taken all the same */
    f.now = 0;
}
END_TEST

START_TEST(broadcast_time_moves_the_clock_in_silence)
{
    struct dlt645_frame q;
    struct dlt645_time t = {24, 1, 15, 12, 3, 0};

    dlt645_ask_time(&q, DLT645_ADDRESS_BROADCAST, &t);
    ck_assert_str_eq(rig_ask(&f, &q), "silence");
    ck_assert_str_eq(rig_read(&f, 0x04000102), "12:04:00");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dlt645_meter_control");
    TCase *t = tcase_create("control");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, reads_answer_or_say_that_there_is_no_such_data);
    tcase_add_test(t, a_long_answer_comes_in_pieces);
    tcase_add_test(t, pieces_are_the_same_when_asked_again_and_refused_out_of_order);
    tcase_add_test(t, a_load_profile_is_read_in_pieces_without_an_option);
    tcase_add_test(t, the_address_is_written_only_while_programming);
    tcase_add_test(t, parameters_are_written_with_the_right_password);
    tcase_add_test(t, levels_and_operator_are_by_option);
    tcase_add_test(t, date_and_time_set_the_clock);
    tcase_add_test(t, slots_settlement_and_demand_period_are_written);
    tcase_add_test(t, more_than_fourteen_slots_are_too_many);
    tcase_add_test(t, freezes_are_at_once_or_when_told);
    tcase_add_test(t, a_meter_without_freeze_cells_refuses);
    tcase_add_test(t, the_speed_is_echoed_when_it_is_one);
    tcase_add_test(t, a_password_is_changed_with_the_old_one);
    tcase_add_test(t, the_maximum_demand_is_cleared);
    tcase_add_test(t, the_meter_is_cleared);
    tcase_add_test(t, events_are_cleared_but_not_the_count_of_clearings);
    tcase_add_test(t, a_public_tools_write_is_understood);
    tcase_add_test(t, the_rest_is_answered_as_it_should_be);
    tcase_add_test(t, broadcast_time_moves_the_clock_in_silence);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
