/* Modbus TCP: who asks and who answers, what does not fit, whose bytes they are.     covers: modbus_shape modbus_fields
 *
 * What each function's fields mean is held down by captures/modbus/functions.vec and test_modbus_published. */
#include "harness/fields.h"
#include "sim/codec/modbus.h"

#include <check.h>
#include <stdlib.h>

static struct wp_slice hex(const char *digits)
{
    static uint8_t bytes[8][2048];
    static unsigned next;
    uint8_t *p = bytes[next++ % 8];
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), p, sizeof bytes[0], &n), "%s", digits);
    return wp_slice(p, n);
}

static struct modbus_frame decoded(struct modbus_state *state, enum wp_side from, const char *digits)
{
    struct modbus_frame f = {0};
    struct wp_slice in = hex(digits);
    struct wp_decode d = modbus_decode(state, from, in, &f);

    ck_assert_msg(d.status == WP_OK && d.used == in.n, "%s", digits);
    return f;
}

static const char *line_of(enum wp_side from, const char *digits)
{
    static char text[8192];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct modbus_frame f = decoded(NULL, from, digits);

    fields_put_line(&w, &modbus_codec, &f);
    ck_assert(!w.full);
    return wp_put_end(&w);
}

/* ---- who asks --------------------------------------------------------------------------------------- */

#define READ_COILS   "000100000006 01 01 0000000A"
#define COILS        "000100000004 01 01 01 FF"
#define THREE_COILS  "000100000006 01 01 03FF0801" /* as a request: 2049 coils */
#define EITHER_COILS "000100000006 01 01 03000001"
#define WRITE_COIL   "000200000006 01 05 0001FF00"
#define READ_HOLDING "000300000006 01 03 03000001"
#define HOLDING      "000300000005 01 03 02 1234"
#define EXCEPTION    "000300000003 01 83 02"
#define USER         "000400000004 01 41 0102"

/* A shape that only one reading fits tells it, whoever sends. */
START_TEST(the_shape_tells)
{
    static const struct {
        const char *digits;
        enum modbus_role role;
    } row[] = {
        {READ_COILS, MODBUS_REQUEST},
        {COILS, MODBUS_RESPONSE},
        {THREE_COILS, MODBUS_RESPONSE},
        {READ_HOLDING, MODBUS_REQUEST}, /* 03: no answer has an odd count of register bytes */
        {HOLDING, MODBUS_RESPONSE},
        {EXCEPTION, MODBUS_RESPONSE},
        {"000000000002 01 07", MODBUS_REQUEST},
        {"00000000000A 01 14 07 06000400010002", MODBUS_REQUEST},
        {"000000000009 01 14 06 05060DFE0020", MODBUS_RESPONSE},
        {"000000000005 01 2B 0E0100", MODBUS_REQUEST},
        {"00000000000C 01 2B 0E0183000001000241 42", MODBUS_RESPONSE},
        {"000000000004 01 18 04DE", MODBUS_REQUEST},
        {"000000000008 01 18 0004 0001 01B8", MODBUS_RESPONSE},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        for (enum wp_side from = WP_SIDE_UNKNOWN; from <= WP_SIDE_UNKNOWN_TOO; from++)
            ck_assert_msg(decoded(NULL, from, row[i].digits).role == row[i].role, "%s", row[i].digits);
}
END_TEST

/* Echoes, coils that could be an address, unknown functions: the side tells, and without it a rule. */
START_TEST(else_the_side_tells)
{
    static const struct {
        const char *digits;
        enum modbus_role without;
    } row[] = {
        {WRITE_COIL, MODBUS_EITHER},
        {EITHER_COILS, MODBUS_REQUEST},
        {USER, MODBUS_EITHER},
        {"000000000006 01 08 00041234", MODBUS_EITHER},
        {"000000000008 01 16 000400F20025", MODBUS_EITHER},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        ck_assert_int_eq(decoded(NULL, WP_SIDE_CLIENT, row[i].digits).role, MODBUS_REQUEST);
        ck_assert_int_eq(decoded(NULL, WP_SIDE_SERVER, row[i].digits).role, MODBUS_RESPONSE);
        ck_assert_int_eq(decoded(NULL, WP_SIDE_UNKNOWN, row[i].digits).role, row[i].without);
    }
}
END_TEST

/* One byte more, or four, make an answer of an empty request; or a request that is wrong. */
START_TEST(a_length_alone_is_no_proof)
{
    static const char *const digits[] = {"000000000003 01 07 6D", "000000000006 01 0B 00000108"};

    for (size_t i = 0; i < 2; i++) {
        struct modbus_frame f = decoded(NULL, WP_SIDE_CLIENT, digits[i]);

        ck_assert(f.role == MODBUS_REQUEST && f.error == MODBUS_ERROR_TRAILING);
        ck_assert_int_eq(decoded(NULL, WP_SIDE_SERVER, digits[i]).role, MODBUS_RESPONSE);
        ck_assert_int_eq(decoded(NULL, WP_SIDE_UNKNOWN, digits[i]).role, MODBUS_RESPONSE);
    }
}
END_TEST

/* A device that dials in answers on the connection that it opened. */
START_TEST(what_a_direction_has_shown_wins_over_the_side)
{
    struct modbus_state device = {0};

    ck_assert_int_eq(decoded(&device, WP_SIDE_CLIENT, WRITE_COIL).role, MODBUS_REQUEST);
    ck_assert_int_eq(decoded(&device, WP_SIDE_CLIENT, HOLDING).role, MODBUS_RESPONSE);
    ck_assert_int_eq(decoded(&device, WP_SIDE_CLIENT, WRITE_COIL).role, MODBUS_RESPONSE);
    ck_assert_int_eq(decoded(&device, WP_SIDE_CLIENT, READ_COILS).role, MODBUS_REQUEST);
    ck_assert_int_eq(decoded(&device, WP_SIDE_CLIENT, WRITE_COIL).role,
                     MODBUS_REQUEST); /* it shows both: the side */
}
END_TEST

/* ---- what does not fit -------------------------------------------------------------------------------- */

START_TEST(a_wrong_pdu_is_named)
{
    static const struct {
        enum wp_side from;
        const char *digits, *tail;
    } row[] = {
        {WP_SIDE_CLIENT, "000000000008 01 06 000000000000",
         "role=request data=000000000000 error=trailing_bytes"},
        {WP_SIDE_CLIENT, "000000000003 01 06 00", "role=request data=00 error=truncated"},
        {WP_SIDE_SERVER, "000000000005 01 03 04 1234", "role=response data=041234 error=byte_count_mismatch"},
        {WP_SIDE_SERVER, "000000000006 01 03 03 123456",
         "role=request addr=786 qty=13398 qty_out_of_range=true"},
        {WP_SIDE_SERVER, "000000000002 01 03", "role=response data= error=truncated"},
        {WP_SIDE_SERVER, "000000000004 01 81 0600",
         "role=response exception=6 exception_name=server-device-busy data=00 error=trailing_bytes"},
        {WP_SIDE_CLIENT, "000000000002 01 90", "role=response data= error=truncated"},
        {WP_SIDE_CLIENT, "00000000000A 01 14 07 07000400010002", "data=0707000400010002 error=bad_groups"},
        {WP_SIDE_CLIENT, "00000000000A 01 14 08 06000400010002", "data=0806000400010002 error=truncated"},
        {WP_SIDE_SERVER, "00000000000A 01 2B 0E01830000010009",
         "mei=14 data=01830000010009 error=bad_objects"},
        {WP_SIDE_SERVER, "000000000003 01 2B 0E", "mei=14 data= error=truncated"},
        {WP_SIDE_CLIENT, "000000000002 01 2B", "role=request data= error=truncated"},
        {WP_SIDE_CLIENT, "000000000006 01 05 00011234", "value=4660 value_out_of_range=true"},
        {WP_SIDE_CLIENT, "000000000006 01 03 FFFF0002", "addr=65535 qty=2 addr_out_of_range=true"},
        {WP_SIDE_CLIENT, "000000000009 01 10 0000000402AAAA",
         "addr=0 qty=4 byte_count=2 data=AAAA byte_count_mismatch=true"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const char *line = line_of(row[i].from, row[i].digits);
        size_t n = strlen(line), n_tail = strlen(row[i].tail);

        ck_assert_msg(n > n_tail && strcmp(line + n - n_tail, row[i].tail) == 0, "%s", line);
    }
}
END_TEST

START_TEST(faults_and_where_the_search_goes_on)
{
    static const struct {
        const char *digits;
        enum wp_fault fault;
        size_t at, used;
    } row[] = {
        {"0001 1234 0006 FF0201020008", WP_FAULT_START, 2, 10},
        {"AAAAAAAAAAAAAAAAAAAAAAAA", WP_FAULT_START, 2, 10},
        {"0001 0000 8804 0507080910", WP_FAULT_LENGTH, 4, 9},
        {"0001 0000 0001 01", WP_FAULT_LENGTH, 4, 5},
        {"0001 0000 00FF 01", WP_FAULT_LENGTH, 4, 5},
        {"47 45 54 0007 0000 0003 01 83 02", WP_FAULT_START, 2, 3},
        {"000000000000", WP_FAULT_LENGTH, 4, 1},
        {"000102", WP_FAULT_START, 2, 1},
        {"0000000001", WP_FAULT_LENGTH, 4, 3},
    };
    struct modbus_frame f;

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct wp_decode d = modbus_decode(NULL, WP_SIDE_UNKNOWN, hex(row[i].digits), &f);

        ck_assert_msg(d.status == WP_BAD && d.fault == row[i].fault, "%s: %s", row[i].digits,
                      wp_fault_text(d.fault));
        ck_assert_msg(d.at == row[i].at && d.used == row[i].used, "%s: at %zu, used %zu", row[i].digits, d.at,
                      d.used);
    }
}
END_TEST

START_TEST(every_prefix_says_more)
{
    static const char *const good[] = {READ_COILS, COILS, THREE_COILS, WRITE_COIL, HOLDING, EXCEPTION, USER};
    struct modbus_frame f;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct wp_slice in = hex(good[i]);

        for (size_t have = 0; have < in.n; have++) {
            struct wp_slice part = wp_slice(in.p, have);
            struct wp_decode d = modbus_decode(NULL, WP_SIDE_UNKNOWN, part, &f);

            ck_assert_msg(d.status == WP_MORE, "%s: %zu bytes", good[i], have);
            ck_assert_uint_eq(have + d.need, have < MODBUS_HEADER ? MODBUS_HEADER + MODBUS_LENGTH_MIN : in.n);
            ck_assert_msg(modbus_codec.probe(part) == WP_PROBE_MORE, "%s: %zu bytes", good[i], have);
        }
    }
}
END_TEST

/* ---- streams ------------------------------------------------------------------------------------------ */

struct seen {
    size_t n, garbage;
    uint64_t hash; /* of roles, functions and data */
};

/* The stream in pieces of 1..most bytes; what is undecided at the end is dropped byte by byte. */
static struct seen feed(struct wp_slice in, size_t most)
{
    struct modbus_state state = {0};
    struct seen out = {0};
    size_t at = 0, have = 0;

    while (at < in.n) {
        struct modbus_frame f;
        struct wp_decode d = modbus_decode(&state, WP_SIDE_CLIENT, wp_slice(in.p + at, have - at), &f);

        if (d.status == WP_MORE && have < in.n) {
            have += 1 + (size_t)rand() % most;
            have = have < in.n ? have : in.n;
            continue;
        }
        if (d.status == WP_OK) {
            out.n++;
            out.hash = (out.hash * 31 + wp_slice_hash(f.data)) * 31 + (unsigned)(f.role << 8 | f.function);
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
    static const char *const part[] = {READ_COILS, COILS, WRITE_COIL, EXCEPTION, USER, EITHER_COILS};

    srand(502);
    for (int round = 0; round < 200; round++) {
        struct wp_writer w = wp_writer(stream, sizeof stream);
        struct seen whole, split;

        for (int k = 0; k < 30; k++) {
            for (int g = rand() % 9; g > 0; g--)
                wp_put_char(&w, "\x00\x01\x06\x00\x00\x03\x10\x7E"[rand() % 8]);
            wp_put_slice(&w, hex(part[rand() % 6]));
        }
        whole = feed(wp_written(&w), sizeof stream);
        split = feed(wp_written(&w), 1 + (size_t)round % 20);
        ck_assert_uint_gt(whole.n, 5);
        ck_assert_uint_eq(whole.n, split.n);
        ck_assert_uint_eq(whole.garbage, split.garbage);
        ck_assert_uint_eq(whole.hash, split.hash);
    }
}
END_TEST

static bool could_not_begin(const uint8_t *p, size_t n)
{
    uint8_t most[MODBUS_HEADER] = {0, 0, 0, 0, 0, 2};
    struct modbus_frame f;

    memcpy(most, p, n < sizeof most ? n : sizeof most);
    return modbus_decode(NULL, WP_SIDE_UNKNOWN, wp_slice(most, sizeof most), &f).status == WP_BAD;
}

/* The search skips no place at which a header stands: found by trying each one. */
START_TEST(the_search_misses_nothing)
{
    srand(65);
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[40];
        size_t n = 6 + (size_t)rand() % 34, next = 1;
        struct modbus_frame f;
        struct wp_decode d;

        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)(rand() % 3 ? 0 : rand() % 5);
        d = modbus_decode(NULL, WP_SIDE_UNKNOWN, wp_slice(bytes, n), &f);
        if (d.status != WP_BAD)
            continue;
        while (next < n && could_not_begin(bytes + next, n - next))
            next++;
        ck_assert_uint_eq(d.used, next);
    }
}
END_TEST

/* ---- questions and answers ---------------------------------------------------------------------------- */

static struct wp_turn turn_of(enum wp_side from, const char *digits)
{
    struct modbus_frame f = decoded(NULL, from, digits);

    return modbus_codec.turn(&f);
}

START_TEST(an_answer_has_the_questions_number_unit_and_function)
{
    static const struct {
        const char *answer;
        bool fits;
    } row[] = {
        {HOLDING, true},
        {EXCEPTION, true},
        {"000400000005 01 03 02 1234", false}, /* another number */
        {"000300000005 02 03 02 1234", false}, /* another unit */
        {"000300000005 01 04 02 1234", false}, /* another function */
    };
    struct wp_turn question = turn_of(WP_SIDE_CLIENT, READ_HOLDING);

    ck_assert_int_eq(question.kind, WP_TURN_ASKS);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct wp_turn answer = turn_of(WP_SIDE_SERVER, row[i].answer);

        ck_assert_int_eq(answer.kind, WP_TURN_ANSWERS);
        ck_assert_msg(modbus_codec.answers(&answer, &question) == row[i].fits, "%s", row[i].answer);
    }
    ck_assert_int_eq(turn_of(WP_SIDE_UNKNOWN, WRITE_COIL).kind, WP_TURN_ALONE);
}
END_TEST

/* ---- whose bytes are these? ----------------------------------------------------------------------------- */

START_TEST(a_probe_wants_function_and_pdu_to_agree)
{
    static const struct {
        const char *digits;
        enum wp_probe probe;
    } row[] = {
        {READ_COILS, WP_PROBE_YES},
        {HOLDING, WP_PROBE_YES},
        {EXCEPTION, WP_PROBE_YES},
        {READ_COILS READ_HOLDING, WP_PROBE_YES},
        {READ_COILS "47455420", WP_PROBE_YES},           /* whatever follows */
        {"000000000006 01 03 00000000", WP_PROBE_MAYBE}, /* no register: nobody asks so */
        {"000000000002 01 11", WP_PROBE_MAYBE},          /* three zeros and a number stand in much */
        {"0001000000040a810600", WP_PROBE_MAYBE},        /* seen: a stray byte */
        {USER, WP_PROBE_MORE},
        {USER USER, WP_PROBE_MAYBE},
        {"000000000006 01 06 0000", WP_PROBE_MORE},
        {"000000000004 01 06 0000", WP_PROBE_MORE}, /* a wrong PDU */
        {"000000000004 01 06 0000 0000", WP_PROBE_NO},
        {"6804000000000000", WP_PROBE_NO}, /* IEC 60870-5-104 */
        {"680E0000000046010400010000000014", WP_PROBE_NO},
        {"0300002B02F080320100000000001A00000402120A10", WP_PROBE_NO},          /* S7 communication */
        {"0001000100010012 0A020C323130363030343032393431005A4C", WP_PROBE_NO}, /* IVY */
        {"68341200000000681104333433 35AE16", WP_PROBE_NO},                     /* DL/T 645 */
        {"101100044D5154540402003C0005", WP_PROBE_NO},                          /* MQTT */
        {"05000000000400000000 0400", WP_PROBE_NO},                             /* DICOM's release request */
        {"000000000000000000000000000000", WP_PROBE_NO},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_msg(modbus_codec.probe(hex(row[i].digits)) == row[i].probe, "%s: %d", row[i].digits,
                      modbus_codec.probe(hex(row[i].digits)));
}
END_TEST

/* Of 8 million bytes at random none is claimed at any place. */
START_TEST(random_bytes_are_not_claimed)
{
    static uint8_t bytes[1 << 20];
    uint64_t x = 88172645463325252u;
    size_t n_claimed = 0;

    for (int round = 0; round < 8; round++) {
        for (size_t i = 0; i < sizeof bytes; i += 8) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            memcpy(bytes + i, &x, 8);
        }
        for (size_t at = 0; at < sizeof bytes; at++)
            if (!bytes[at] && sizeof bytes - at > 300)
                n_claimed += modbus_codec.probe(wp_slice(bytes + at, 300)) == WP_PROBE_YES;
    }
    ck_assert_uint_eq(n_claimed, 0);
}
END_TEST

/* ---- the rest ------------------------------------------------------------------------------------------- */

static void within(void *ctx, const struct wp_field *field)
{
    ck_assert_msg(field->first + field->len <= *(size_t *)ctx, "%s", field->path);
}

START_TEST(every_field_stands_within_its_frame)
{
    static const char *const frame[] = {READ_COILS,
                                        COILS,
                                        WRITE_COIL,
                                        HOLDING,
                                        EXCEPTION,
                                        USER,
                                        "00000000000A 01 14 07 06000400010002",
                                        "00000000000C 01 2B 0E0183000001000241 42"};

    for (size_t i = 0; i < sizeof frame / sizeof frame[0]; i++) {
        struct modbus_frame f = decoded(NULL, WP_SIDE_UNKNOWN, frame[i]);
        size_t n = hex(frame[i]).n;

        modbus_codec.fields(&f, within, &n);
    }
}
END_TEST

START_TEST(what_is_encoded_is_what_was_read)
{
    static const char *const frame[] = {READ_COILS, COILS, WRITE_COIL, HOLDING, EXCEPTION, USER};

    for (size_t i = 0; i < sizeof frame / sizeof frame[0]; i++) {
        uint8_t memory[MODBUS_FRAME_MAX];
        struct wp_writer w = wp_writer(memory, sizeof memory);
        struct modbus_frame f = decoded(NULL, WP_SIDE_UNKNOWN, frame[i]);

        modbus_encode(&w, &f);
        ck_assert(wp_slice_eq(wp_written(&w), hex(frame[i])));
    }
}
END_TEST

START_TEST(functions_have_names)
{
    ck_assert_str_eq(modbus_function_text(23), "read-write-multiple-registers");
    ck_assert_str_eq(modbus_function_text(0), "invalid");
    ck_assert_str_eq(modbus_function_text(9), "reserved");
    ck_assert_str_eq(modbus_function_text(65), "user-defined");
    ck_assert_str_eq(modbus_function_text(110), "user-defined");
    ck_assert_str_eq(modbus_function_text(73), "unassigned");
    ck_assert_str_eq(modbus_exception_text(11), "gateway-target-failed-to-respond");
    ck_assert_ptr_null(modbus_exception_text(9));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("modbus");
    TCase *t = tcase_create("modbus");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_shape_tells);
    tcase_add_test(t, else_the_side_tells);
    tcase_add_test(t, a_length_alone_is_no_proof);
    tcase_add_test(t, what_a_direction_has_shown_wins_over_the_side);
    tcase_add_test(t, a_wrong_pdu_is_named);
    tcase_add_test(t, faults_and_where_the_search_goes_on);
    tcase_add_test(t, every_prefix_says_more);
    tcase_add_test(t, any_split_gives_the_same_frames);
    tcase_add_test(t, the_search_misses_nothing);
    tcase_add_test(t, an_answer_has_the_questions_number_unit_and_function);
    tcase_add_test(t, a_probe_wants_function_and_pdu_to_agree);
    tcase_add_test(t, random_bytes_are_not_claimed);
    tcase_add_test(t, every_field_stands_within_its_frame);
    tcase_add_test(t, what_is_encoded_is_what_was_read);
    tcase_add_test(t, functions_have_names);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
