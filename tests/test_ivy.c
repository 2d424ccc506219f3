/* IVY sessions over the wrapper.
 *
 * The four messages are captures whose CRC verifies; vectors/ivy-and-dlt645.json names their source. */
#include "harness/fields.h"
#include "sim/codec/crc16.h"
#include "sim/codec/ivy.h"

#include <check.h>
#include <stdlib.h>

static const char LOGIN[] = "0001000100010012 0A020C323130363030343032393431005A4C";
static const char LOGIN_ANSWER[] = "0001000100010012 AA030C323130363030343032393431007004";
static const char HEARTBEAT[] = "0001000100010011 0C010C3231313230303530343337374002";
static const char HEARTBEAT_ANSWER[] = "0001000100010011 CC030C32313132303035303433373794FF";

static struct wp_slice hex(const char *digits)
{
    static uint8_t bytes[8][2048];
    static unsigned next;
    uint8_t *p = bytes[next++ % 8];
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), p, sizeof bytes[0], &n), "%s", digits);
    return wp_slice(p, n);
}

static struct ivy_frame decoded(const char *digits)
{
    struct ivy_frame f;
    struct wp_slice in = hex(digits);
    struct wp_decode d = ivy_decode(in, &f);

    ck_assert_msg(d.status == WP_OK && d.used == in.n, "%s", digits);
    return f;
}

static const char *line_of(const char *digits)
{
    static char text[2048];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct ivy_frame f = decoded(digits);

    fields_put_line(&w, &ivy_codec, &f);
    ck_assert(!w.full);
    return wp_put_end(&w);
}

START_TEST(the_crc_is_x25)
{
    ck_assert_uint_eq(crc16_x25(wp_text("123456789")), 0x906E); /* the check value of the CRC catalogues */
    ck_assert_uint_eq(crc16_x25(wp_text("")), 0x0000);
}
END_TEST

/* Each message is built to the captured bytes, and answered as the head-end did. */
START_TEST(built_messages_are_the_captured_ones)
{
    static const struct {
        const char *request, *answer, *address;
        enum ivy_control control;
        enum ivy_device_type type;
    } row[] = {
        {LOGIN, LOGIN_ANSWER, "210600402941", IVY_LOGIN, IVY_DEVICE_METER},
        {HEARTBEAT, HEARTBEAT_ANSWER, "211200504377", IVY_HEARTBEAT, IVY_DEVICE_CONCENTRATOR},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint8_t memory[64];
        struct wp_writer w = wp_writer(memory, sizeof memory);
        struct ivy_session request = ivy_session(row[i].control, row[i].type, wp_text(row[i].address)),
                           answer;
        struct ivy_frame f = decoded(row[i].request);

        ivy_encode_session(&w, IVY_PORT, IVY_PORT, &request);
        ck_assert(wp_slice_eq(wp_written(&w), hex(row[i].request)));
        w = wp_writer(memory, sizeof memory);
        ck_assert(ivy_answer(&f.session, &answer));
        ivy_encode_session(&w, f.destination, f.source, &answer);
        ck_assert(wp_slice_eq(wp_written(&w), hex(row[i].answer)));
    }
}
END_TEST

START_TEST(only_login_and_heartbeat_are_answered)
{
    struct ivy_session s = ivy_session(IVY_LAST_GASP, IVY_DEVICE_METER, wp_text("210600402941")), answer;

    ck_assert(!s.has_option);
    ck_assert(!ivy_answer(&s, &answer));
    s.control = IVY_LOGIN_ANSWER;
    ck_assert(!ivy_answer(&s, &answer));
}
END_TEST

START_TEST(a_wrong_crc_is_reported_not_refused)
{
    struct ivy_frame f = decoded("00010001000100120a020c33313135303131313430373000abcd");

    ck_assert_int_eq(f.kind, IVY_SESSION);
    ck_assert(!ivy_crc_ok(&f.session));
    ck_assert_uint_eq(f.session.crc, 0xCDAB);
    ck_assert_uint_eq(f.session.crc_expected, 0x297F);
}
END_TEST

/* 0F is a last gasp when it has the layout of a session message, else a DataNotification. */
START_TEST(last_gasp_and_data_notification)
{
    uint8_t memory[64];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct ivy_session gasp = ivy_session(IVY_LAST_GASP, IVY_DEVICE_METER, wp_text("210600402941"));
    struct ivy_frame f;

    ivy_encode_session(&w, IVY_PORT, IVY_PORT, &gasp);
    ck_assert_int_eq(ivy_decode(wp_written(&w), &f).status, WP_OK);
    ck_assert_int_eq(f.kind, IVY_SESSION);
    ck_assert_str_eq(ivy_control_text(f.session.control), "last-gasp");
    ck_assert(ivy_crc_ok(&f.session));

    f = decoded("0001000100010007 0f000000010000");
    ck_assert_int_eq(f.kind, IVY_APDU);
}
END_TEST

/* An option byte is read wherever it stands. */
START_TEST(option_byte_by_length)
{
    struct ivy_frame f = decoded(LOGIN);

    ck_assert(f.session.has_option);
    ck_assert_uint_eq(f.session.option, 0);
    f = decoded(HEARTBEAT);
    ck_assert(!f.session.has_option);
    f = decoded("0001000100010012 0C010C323131323030353034333737 7F 0000");
    ck_assert(f.session.has_option);
    ck_assert_uint_eq(f.session.option, 0x7F);
}
END_TEST

/* A session message gets the CRC of what it holds now; an APDU has none, and half a message is left alone. */
START_TEST(a_changed_message_is_repaired)
{
    uint8_t message[64], before[sizeof message];
    struct wp_slice in = hex(LOGIN), apdu = hex("0001000100010001 C0");

    memcpy(message, in.p, in.n);
    message[IVY_HEADER + 5] ^= 1;
    ck_assert(ivy_codec.repair(message, in.n));
    ck_assert(message[in.n - 2] != in.p[in.n - 2] || message[in.n - 1] != in.p[in.n - 1]);
    message[IVY_HEADER + 5] ^= 1;
    ck_assert(ivy_codec.repair(message, in.n));
    ck_assert_mem_eq(message, in.p, in.n);
    memcpy(before, apdu.p, apdu.n);
    ck_assert(ivy_codec.repair((uint8_t *)(uintptr_t)apdu.p, apdu.n));
    ck_assert_mem_eq(apdu.p, before, apdu.n);
    ck_assert(!ivy_codec.repair(message, in.n - 1));
    ck_assert(!ivy_codec.repair(message, 0));
}
END_TEST

START_TEST(what_is_no_message_stays_a_payload)
{
    static const char *const other[] = {
        "0001000100010000",                                      /* empty */
        "0001000100010001 0A",                                   /* cut */
        "0001000100010012 0A020B323130363030343032393431005A4C", /* another address length */
        "0001000100010012 0B020C323130363030343032393431005A4C", /* another code */
        "0001000100010005 0A02005A4C",                           /* no address */
    };

    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        ck_assert_msg(decoded(other[i]).kind == IVY_OTHER, "%s", other[i]);
    ck_assert_str_eq(line_of(other[1]), "ivy version=1 source=1 destination=1 length=1 payload=0A");
    ck_assert_str_eq(line_of(other[0]), "ivy version=1 source=1 destination=1 length=0 payload=");
}
END_TEST

/* An address comes from the wire and may be anything. */
START_TEST(a_hostile_address_is_shown_as_bytes)
{
    const char *line = line_of("0001000100010009 0A0203 0A2200 00 0000");

    ck_assert_msg(strstr(line, " address=0A2200 "), "%s", line);
}
END_TEST

START_TEST(faults_and_where_the_search_goes_on)
{
    static const struct {
        const char *digits;
        enum wp_fault fault;
        size_t at, used;
    } row[] = {
        {"0001000100011001C4", WP_FAULT_TOO_LARGE, 6, 2},
        {"0002000100100003C40101", WP_FAULT_VERSION, 0, 2},
        {"DEADBEEF0001000100010005", WP_FAULT_START, 0, 4},
        {"000000010001", WP_FAULT_VERSION, 0, 2},
        {"0001020100", WP_FAULT_START, 0, 4},
        {"00010010001000", WP_FAULT_START, 0, 6}, /* neither port is 1 */
        {"000100000001", WP_FAULT_START, 0, 4},   /* no station */
        {"000100010000", WP_FAULT_START, 0, 2},
        {"7EA0", WP_FAULT_START, 0, 2},
        {"680102030400", WP_FAULT_START, 0, 5},
    };
    struct ivy_frame f;

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct wp_decode d = ivy_decode(hex(row[i].digits), &f);

        ck_assert_msg(d.status == WP_BAD && d.fault == row[i].fault, "%s: %s", row[i].digits,
                      wp_fault_text(d.fault));
        ck_assert_msg(d.at == row[i].at && d.used == row[i].used, "%s: at %zu, used %zu", row[i].digits, d.at,
                      d.used);
    }
}
END_TEST

START_TEST(every_prefix_says_more)
{
    static const char *const good[] = {LOGIN, LOGIN_ANSWER, HEARTBEAT, HEARTBEAT_ANSWER,
                                       "000100100001000CC001C100010000 2B0100FF02"};
    struct ivy_frame f;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct wp_slice in = hex(good[i]);

        for (size_t have = 0; have < in.n; have++) {
            struct wp_decode d = ivy_decode(wp_slice(in.p, have), &f);

            ck_assert_msg(d.status == WP_MORE, "%s: %zu bytes", good[i], have);
            ck_assert_uint_eq(have + d.need, have < IVY_HEADER ? IVY_HEADER : in.n);
        }
    }
}
END_TEST

/* ---- streams ------------------------------------------------------------------------------------------ */

struct seen {
    size_t n, garbage;
    uint64_t hash; /* of all payloads */
};

/* The stream in pieces of 1..most bytes; what is undecided at the end is dropped byte by byte. */
static struct seen feed(struct wp_slice in, size_t most)
{
    struct seen out = {0};
    size_t at = 0, have = 0;

    while (at < in.n) {
        struct ivy_frame f;
        struct wp_decode d = ivy_decode(wp_slice(in.p + at, have - at), &f);

        if (d.status == WP_MORE && have < in.n) {
            have += 1 + (size_t)rand() % most;
            have = have < in.n ? have : in.n;
            continue;
        }
        if (d.status == WP_OK) {
            out.n++;
            out.hash = out.hash * 31 + wp_slice_hash(f.payload);
        } else {
            out.garbage += d.status == WP_MORE ? 1 : d.used;
        }
        at += d.status == WP_MORE ? 1 : d.used;
    }
    return out;
}

START_TEST(any_split_gives_the_same_frames)
{
    static uint8_t stream[8192];
    static const char *const part[] = {LOGIN, HEARTBEAT, "0001000100010005C401050104",
                                       "0001000100100003C40101"};

    srand(4059);
    for (int round = 0; round < 100; round++) {
        struct wp_writer w = wp_writer(stream, sizeof stream);
        struct seen whole, split;

        for (int k = 0; k < 30; k++) {
            for (int g = rand() % 9; g > 0; g--)
                wp_put_char(&w, "\x00\x01\x02\x00\x01\x68\x10\x7E"[rand() % 8]);
            wp_put_slice(&w, hex(part[rand() % 4]));
        }
        whole = feed(wp_written(&w), sizeof stream);
        split = feed(wp_written(&w), 1 + (size_t)round % 20);
        ck_assert_uint_eq(whole.n, split.n);
        ck_assert_uint_eq(whole.garbage, split.garbage);
        ck_assert_uint_eq(whole.hash, split.hash);
    }
}
END_TEST

/* A login and an APDU in one segment are two frames. */
START_TEST(login_and_apdu_in_one_segment)
{
    uint8_t stream[128];
    struct wp_writer w = wp_writer(stream, sizeof stream);
    struct seen seen;

    wp_put_slice(&w, hex(LOGIN));
    wp_put_slice(&w, hex("0001000100010005C401050104"));
    seen = feed(wp_written(&w), 3);
    ck_assert_uint_eq(seen.n, 2);
    ck_assert_uint_eq(seen.garbage, 0);
}
END_TEST

/* ---- APDUs -------------------------------------------------------------------------------------------- */

START_TEST(apdus_are_named)
{
    static const struct {
        const char *digits, *tail;
    } row[] = {
        {"0001000100010007 c40101001200e6",
         "length=7 apdu.tag=C4 apdu.apdu=GET.response apdu.service=normal apdu.invokeId=1 "
         "apdu.priorityHigh=false apdu.confirmed=false apdu.data.long-unsigned=230"},
        {"0001000100010003 d80101", "apdu.tag=D8 apdu.apdu=ExceptionResponse apdu.stateError=1 "
                                    "apdu.stateName=service-not-allowed apdu.serviceError=1 "
                                    "apdu.serviceName=operation-not-possible"},
        /* what does not read as it should is shown as it is */
        {"0001000100010004 c4010100",
         "apdu.apdu=GET.response apdu.payload=010100 apdu.fault=truncated apdu.faultAt=4"},
        {"0001000100010006 c40101001206",
         "apdu.apdu=GET.response apdu.payload=0101001206 apdu.fault=truncated apdu.faultAt=6"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const char *line = line_of(row[i].digits);
        size_t n = strlen(line), n_tail = strlen(row[i].tail);

        ck_assert_msg(n > n_tail && strcmp(line + n - n_tail, row[i].tail) == 0, "%s", line);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ivy");
    TCase *t = tcase_create("ivy");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_crc_is_x25);
    tcase_add_test(t, built_messages_are_the_captured_ones);
    tcase_add_test(t, only_login_and_heartbeat_are_answered);
    tcase_add_test(t, a_wrong_crc_is_reported_not_refused);
    tcase_add_test(t, last_gasp_and_data_notification);
    tcase_add_test(t, option_byte_by_length);
    tcase_add_test(t, a_changed_message_is_repaired);
    tcase_add_test(t, what_is_no_message_stays_a_payload);
    tcase_add_test(t, a_hostile_address_is_shown_as_bytes);
    tcase_add_test(t, faults_and_where_the_search_goes_on);
    tcase_add_test(t, every_prefix_says_more);
    tcase_add_test(t, any_split_gives_the_same_frames);
    tcase_add_test(t, login_and_apdu_in_one_segment);
    tcase_add_test(t, apdus_are_named);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
