/* DL/T 645 frames on a stream.       covers: dlt645_build
 *
 * The expected bytes were made by others: vectors/ivy-and-dlt645.json names the source of each. */
#include "tests/dlt645_frames.h"

#include <stdlib.h>

enum { STREAM_MAX = 16384 };

/* ---- what a stream holds ------------------------------------------------------------------------------ */

struct seen {
    struct dlt645_frame frame[FRAMES_MAX];
    size_t n, garbage;
};

struct stream {
    uint8_t bytes[STREAM_MAX];
    size_t n;
};

static void see(struct seen *s, const struct dlt645_frame *f)
{
    ck_assert_uint_lt(s->n, FRAMES_MAX);
    s->frame[s->n++] = *f;
}

/* Take all that can be decided off the front of the buffer; at the end of the stream everything can. */
static void drain(struct stream *buffer, bool is_end, struct seen *out)
{
    size_t at = 0;

    while (at < buffer->n) {
        struct dlt645_frame f;
        struct wp_decode d = dlt645_decode(wp_slice(buffer->bytes + at, buffer->n - at), &f);

        if (d.status == WP_MORE && !is_end)
            break;
        if (d.status == WP_OK)
            see(out, &f);
        else
            out->garbage += d.status == WP_MORE ? 1 : d.used;
        at += d.status == WP_MORE ? 1 : d.used;
    }
    memmove(buffer->bytes, buffer->bytes + at, buffer->n - at);
    buffer->n -= at;
}

/* The stream as it comes in pieces of 1..most bytes; most 0: in one piece. */
static struct seen feed(struct wp_slice in, size_t most)
{
    static struct stream buffer;
    static struct seen out;

    buffer.n = 0;
    memset(&out, 0, sizeof out);
    for (size_t at = 0; at < in.n;) {
        size_t n = most ? 1 + (size_t)rand() % most : in.n;

        n = n < in.n - at ? n : in.n - at;
        memcpy(buffer.bytes + buffer.n, in.p + at, n);
        buffer.n += n;
        at += n;
        drain(&buffer, false, &out);
    }
    drain(&buffer, true, &out);
    return out;
}

static void expect_bytes(const struct dlt645_frame *f, const char *digits)
{
    struct wp_slice is = encoded(f), wanted = hex(digits);

    ck_assert_msg(wp_slice_eq(is, wanted), "%s", digits);
}

/* ---- tests --------------------------------------------------------------------------------------------- */

/* What we build is byte for byte what others built or recorded. */
START_TEST(built_frames_are_those_of_others)
{
    static const struct dlt645_auth zero = {.level = 0x02};
    static const struct dlt645_time until = {99, 12, 31, 23, 59, 59};
    static const struct dlt645_time ever = {99, 99, 99, 99, 99, 99};
    struct dlt645_frame f;

    dlt645_ask_read(&f, METER, 0x02010100);
    expect_bytes(&f, "6834120000000068110433343435fb16");
    dlt645_ask_address(&f);
    expect_bytes(&f, "68aaaaaaaaaaaa681300df16");
    dlt645_ask_follow(&f, METER, 0x0001FF00, 1);
    expect_bytes(&f, "6834120000000068120533323433342d16");
    dlt645_ask_time(&f, DLT645_ADDRESS_BROADCAST, &MOMENT);
    expect_bytes(&f, "689999999999996808067863434834576516");
    dlt645_ask_freeze(&f, DLT645_ADDRESS_BROADCAST, &ever);
    expect_bytes(&f, "68999999999999681604ccccccccb016");
    dlt645_ask_baud(&f, 0x201901120001, dlt645_baud_z(2400));
    expect_bytes(&f, "680100120119206817013b7016");
    dlt645_ask_relay(&f, 0x260305510009, &zero, DLT645_ACTION_TRIP, 1, &until);
    f.wakeup = 4;
    expect_bytes(&f, "fefefefe68090051050326681c1035333333333333334d348c8c566445cc8216");
    dlt645_reply_read(&f, METER, 0x00000000, hex("67452301"), false);
    expect_bytes(&f, "68341200000000689108333333339a7856341716");
    dlt645_reply_read(&f, METER, 0x0001FF00, hex("78563412785634127856341278563412"), true);
    expect_bytes(&f, "6834120000000068b11433323433ab896745ab896745ab896745ab8967452716");
    dlt645_reply_follow(&f, METER, 0x0001FF00, hex("11000000"), 1, false);
    expect_bytes(&f, "683412000000006892093332343344333333348e16");
    dlt645_reply_follow(&f, METER, 0x0001FF00, hex("11000000"), 1, true);
    expect_bytes(&f, "68341200000000 68b209333234334433333334ae16");
    dlt645_reply_address(&f, METER);
    expect_bytes(&f, "683412000000006893066745333333332716");
    dlt645_reply_done(&f, METER, DLT645_RELAY);
    expect_bytes(&f, "68341200000000689c00b216");
    dlt645_reply_baud(&f, METER, dlt645_baud_z(2400));
    expect_bytes(&f, "683412000000006897013be916");
    dlt645_reply_error(&f, METER, DLT645_READ, DLT645_ERROR_NO_DATA);
    expect_bytes(&f, "6834120000000068d101351d16");
    dlt645_reply_error(&f, METER, DLT645_CHANGE_BAUD, DLT645_ERROR_BAUD);
    expect_bytes(&f, "6834120000000068d7013b2916");
}
END_TEST

/* Every beginning of a good frame says MORE, and how much: to the next decision, or to the end. */
START_TEST(every_prefix_says_more)
{
    static struct dlt645_frame sent[FRAMES_MAX];
    size_t n = every_frame(sent);

    for (size_t i = 0; i < n * 3; i++) {
        static const size_t wakeup[] = {0, 1, 9};
        struct wp_slice wire;

        sent[i / 3].wakeup = wakeup[i % 3];
        wire = encoded(&sent[i / 3]);
        for (size_t have = 0; have < wire.n; have++) {
            struct dlt645_frame f;
            struct wp_decode d = dlt645_decode(wp_slice(wire.p, have), &f);
            size_t known = sent[i / 3].wakeup + 10; /* L has been seen */

            ck_assert_msg(d.status == WP_MORE, "frame %zu, %zu bytes", i / 3, have);
            ck_assert_uint_eq(d.used, 0);
            ck_assert_uint_ge(d.need, 1);
            if (have >= known)
                ck_assert_uint_eq(have + d.need, wire.n);
            else
                ck_assert_uint_le(have + d.need, wire.n + sent[i / 3].wakeup);
        }
    }
}
END_TEST

/* Wake-up bytes alone are the beginning of something, and as many as come are counted. */
START_TEST(any_number_of_wakeup_bytes)
{
    uint8_t memory[600];
    struct dlt645_frame f, back;

    dlt645_ask_read(&f, METER, 0x02010100);
    for (size_t n = 0; n <= 500; n += n < 10 ? 1 : 70) {
        struct wp_writer w = wp_writer(memory, sizeof memory);
        struct wp_decode d;

        f.wakeup = n;
        dlt645_encode(&w, &f);
        d = dlt645_decode(wp_written(&w), &back);
        ck_assert_int_eq(d.status, WP_OK);
        ck_assert_uint_eq(d.used, n + 16);
        ck_assert_uint_eq(back.wakeup, n);
        ck_assert_int_eq(dlt645_decode(wp_slice(memory, n), &back).status, WP_MORE);
    }
}
END_TEST

/* No single wrong bit between the first 68 and the 16 lets a frame through, also with good frames around it. */
START_TEST(no_single_bit_error_yields_a_frame)
{
    static struct dlt645_frame sent[FRAMES_MAX];
    size_t n = every_frame(sent);
    size_t tried = 0;

    for (size_t i = 0; i < n; i++) {
        struct wp_slice wire = encoded(&sent[i]), follower = encoded(&sent[(i + 1) % n]);

        for (size_t bit = 0; bit < wire.n * 8; bit++) {
            uint8_t stream[2 * DLT645_FRAME_MAX];
            struct seen seen;

            memcpy(stream, wire.p, wire.n);
            memcpy(stream + wire.n, follower.p, follower.n);
            stream[bit / 8] ^= (uint8_t)(1u << bit % 8);
            seen = feed(wp_slice(stream, wire.n), 0);
            ck_assert_msg(seen.n == 0, "frame %zu, bit %zu", i, bit);
            ck_assert_uint_eq(seen.garbage, wire.n);
            seen = feed(wp_slice(stream, wire.n + follower.n), 0);
            ck_assert_uint_eq(seen.n, 1);
            ck_assert(same_frame(&seen.frame[0], &sent[(i + 1) % n]));
            tried++;
        }
    }
    ck_assert_uint_gt(tried, 5000);
}
END_TEST

/* The twelve stream cases of the protocol notes, as far as a codec sees them. */
START_TEST(good_frames_survive_what_is_around_them)
{
    static const struct {
        const char *what, *digits;
        size_t frames, garbage;
    } row[] = {
        {"two in one segment", "6834120000000068110433343435fb16 683412000000006891063334343538550a16", 2, 0},
        {"wake-up bytes between",
         "FE6834120000000068110433343435fb16 FEFEFEFE 683412000000006891063334343538550a16", 2, 0},
        {"a bad checksum, then a good one",
         "68341200000000689106333434353855 0016 683412000000006891063334343538550a16", 1, 18},
        {"68 in garbage with a 68 seven further on", "6801020304050668 6834120000000068110433343435fb16", 1,
         8},
        {"a false start with L=FF", "68010203040506 6811FF 6834120000000068110433343435fb16", 1, 10},
        {"a good frame inside a false one", "68AABBCC 6834120000000068110433343435fb16", 1, 4},
        {"trailing FF and 00", "6834120000000068110433343435fb16 FFFF0000", 1, 4},
        {"a wrong end", "6834120000000068110433343435fb17 6834120000000068110433343435fb16", 1, 16},
        {"wake-up bytes in garbage", "FE FE 01 FE 02 6834120000000068110433343435fb16", 1, 5},
        {"no frame at all", "000102", 0, 3},
        {"IEC 60870-5-104 also begins with 68", "680407000000 680443000000 680E0000000064010600010000000014",
         0, 28},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        for (size_t most = 0; most <= 3; most++) {
            struct seen seen = feed(hex(row[i].digits), most);

            ck_assert_msg(seen.n == row[i].frames, "%s: %zu frames", row[i].what, seen.n);
            ck_assert_msg(seen.garbage == row[i].garbage, "%s: %zu bytes", row[i].what, seen.garbage);
        }
    }
}
END_TEST

/* However a stream is cut, the same frames come out of it. */
START_TEST(any_split_gives_the_same_frames)
{
    static struct dlt645_frame sent[FRAMES_MAX];
    static struct stream s;
    size_t n = every_frame(sent);

    srand(645);
    for (int round = 0; round < 200; round++) {
        struct wp_writer w = wp_writer(s.bytes, sizeof s.bytes);
        struct seen whole, split;

        for (int k = 0; k < 40; k++) {
            sent[(size_t)k % n].wakeup = (size_t)rand() % 5;
            for (int g = rand() % 12; g > 0; g--)
                wp_put_char(&w, "\x68\x16\xFE\x00\x68\x91\x04\xFF"[rand() % 8]);
            dlt645_encode(&w, &sent[(size_t)rand() % n]);
        }
        ck_assert(!w.full);
        whole = feed(wp_slice(s.bytes, w.n), 0);
        split = feed(wp_slice(s.bytes, w.n), 1 + (size_t)round % 40);
        ck_assert_uint_eq(whole.n, split.n);
        ck_assert_uint_eq(whole.garbage, split.garbage);
        for (size_t i = 0; i < whole.n; i++)
            ck_assert(same_frame(&whole.frame[i], &split.frame[i]));
    }
}
END_TEST

/* A refusal skips to the next byte that may start a frame, and never further. */
START_TEST(a_refusal_skips_to_the_next_start)
{
    static const struct {
        const char *digits;
        enum wp_fault fault;
        size_t at, used;
    } row[] = {
        {"0011223344", WP_FAULT_START, 0, 5},
        {"00112268", WP_FAULT_START, 0, 3},
        {"0011FE2268", WP_FAULT_START, 0, 2},
        {"FEFE002268", WP_FAULT_START, 2, 4},
        {"6801020304050600", WP_FAULT_SECOND_START, 7, 8},
        {"68010268FE050600", WP_FAULT_SECOND_START, 7, 3},
        {"6834120000000068110433343435fb17", WP_FAULT_END, 15, 7},
        {"6834120000000068110433343435fc16", WP_FAULT_CHECKSUM, 14, 7},
        {"FE6834120000000068110433343435fc16", WP_FAULT_CHECKSUM, 15, 8},
    };
    struct dlt645_frame f;

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct wp_decode d = dlt645_decode(hex(row[i].digits), &f);

        ck_assert_msg(d.status == WP_BAD && d.fault == row[i].fault, "%s: %s", row[i].digits,
                      wp_fault_text(d.fault));
        ck_assert_msg(d.at == row[i].at && d.used == row[i].used, "%s: at %zu, used %zu", row[i].digits, d.at,
                      d.used);
    }
}
END_TEST

/* A refused frame leaves the caller's struct alone. */
START_TEST(out_is_written_only_on_ok)
{
    struct dlt645_frame f, before;

    memset(&f, 0x5A, sizeof f);
    before = f;
    dlt645_decode(hex("6834120000000068110433343435fc16"), &f);
    dlt645_decode(hex("6834120000000068110433343435"), &f);
    dlt645_decode(hex("00"), &f);
    ck_assert_mem_eq(&f, &before, sizeof f);
}
END_TEST

/* All lengths, from a buffer that ends where the frame ends. */
START_TEST(every_length_is_decoded)
{
    for (size_t n = 0; n <= DLT645_DATA_MAX; n++) {
        struct dlt645_frame f = {.address = 0x123456789012, .control = 0x91, .n_data = (uint8_t)n}, back;
        struct wp_slice wire;
        uint8_t *exact;

        for (size_t i = 0; i < n; i++)
            f.data[i] = (uint8_t)(i * 37 + n);
        wire = encoded(&f);
        exact = malloc(wire.n);
        ck_assert_ptr_nonnull(exact);
        memcpy(exact, wire.p, wire.n);
        ck_assert_int_eq(dlt645_decode(wp_slice(exact, wire.n), &back).status, WP_OK);
        ck_assert(same_frame(&f, &back));
        free(exact);
    }
}
END_TEST

START_TEST(addresses)
{
    char memory[16];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    uint64_t a;

    ck_assert(dlt645_address_read(wp_text("000000001234"), &a));
    ck_assert_uint_eq(a, METER);
    ck_assert(dlt645_address_read(wp_text("1234"), &a));
    ck_assert_uint_eq(a, METER);
    ck_assert(dlt645_address_read(wp_text("aaAAaaAAaaAA"), &a));
    ck_assert_uint_eq(a, DLT645_ADDRESS_ANY);
    ck_assert(!dlt645_address_read(wp_text(""), &a));
    ck_assert(!dlt645_address_read(wp_text("1234567890123"), &a));
    ck_assert(!dlt645_address_read(wp_text("12G4"), &a));
    dlt645_put_address(&w, 0xABCDEF012345);
    ck_assert_str_eq(wp_put_end(&w), "ABCDEF012345");

    ck_assert(dlt645_address_is_own(METER));
    ck_assert(dlt645_address_is_own(0));
    ck_assert(!dlt645_address_is_own(DLT645_ADDRESS_ANY));
    ck_assert(!dlt645_address_is_own(DLT645_ADDRESS_BROADCAST));
    ck_assert(!dlt645_address_is_own(0x00000000123A));

    ck_assert(dlt645_address_match(METER, METER));
    ck_assert(dlt645_address_match(DLT645_ADDRESS_ANY, METER));
    ck_assert(dlt645_address_match(0xAAAAAAAA1234, METER));
    ck_assert(!dlt645_address_match(0xAAAAAAAA1235, METER));
    ck_assert(!dlt645_address_match(METER, DLT645_ADDRESS_ANY));
}
END_TEST

/* Whatever its values have become, a frame of that length is made good again; nothing else is touched. */
START_TEST(a_changed_frame_is_repaired)
{
    uint8_t frame[] = {0xFE, 0x68, 0x01, 0, 0, 0, 0, 0, 0x68, 0x11, 0x01, 0x33, 0, 0}, before[sizeof frame];
    struct dlt645_frame f;

    ck_assert(dlt645_repair(frame, sizeof frame));
    ck_assert_uint_eq(frame[12], (0x68 + 0x01 + 0x68 + 0x11 + 0x01 + 0x33) & 0xFF);
    ck_assert_uint_eq(frame[13], 0x16);
    ck_assert_int_eq(dlt645_decode(wp_slice(frame, sizeof frame), &f).status, WP_OK);
    memcpy(before, frame, sizeof frame);
    ck_assert(dlt645_repair(frame, sizeof frame));
    ck_assert_mem_eq(frame, before, sizeof frame);
    ck_assert(!dlt645_repair(frame, sizeof frame - 1));
    ck_assert(!dlt645_repair(frame, 0));
    ck_assert_mem_eq(frame, before, sizeof frame);
}
END_TEST

START_TEST(probe_wants_a_whole_frame)
{
    ck_assert_int_eq(dlt645_codec.probe(hex("6834120000000068110433343435fb16")), WP_PROBE_YES);
    ck_assert_int_eq(dlt645_codec.probe(hex("FEFE6834")), WP_PROBE_MORE);
    ck_assert_int_eq(dlt645_codec.probe(hex("680407000000680443")), WP_PROBE_NO);
    ck_assert_int_eq(dlt645_codec.probe(hex("00010001")), WP_PROBE_NO);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dlt645");
    TCase *wire = tcase_create("wire");
    SRunner *runner;
    int failed;

    tcase_set_timeout(wire, 60);
    tcase_add_test(wire, built_frames_are_those_of_others);
    tcase_add_test(wire, every_prefix_says_more);
    tcase_add_test(wire, any_number_of_wakeup_bytes);
    tcase_add_test(wire, no_single_bit_error_yields_a_frame);
    tcase_add_test(wire, good_frames_survive_what_is_around_them);
    tcase_add_test(wire, any_split_gives_the_same_frames);
    tcase_add_test(wire, a_refusal_skips_to_the_next_start);
    tcase_add_test(wire, out_is_written_only_on_ok);
    tcase_add_test(wire, every_length_is_decoded);
    tcase_add_test(wire, a_changed_frame_is_repaired);
    tcase_add_test(wire, probe_wants_a_whole_frame);
    tcase_add_test(wire, addresses);
    suite_add_tcase(suite, wire);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
