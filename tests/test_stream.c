/* Bytes of one direction to frames: whose they are, what lies between them, and how long one waits.
 * covers: stream_claim, stream_sink */
#include "harness/stream.h"

#include "sim/codec/dbus_bus.h"
#include "sim/codec/dlt645.h"
#include "sim/codec/ivy.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* Frames that others sent: captures/dlt645/address.vec, captures/dlt645/read_instant.vec, captures/ivy/session.vec. */
#define ASK_ADDRESS  "68AAAAAAAAAAAA681300DF16"
#define TELL_ADDRESS "683412000000006893066745333333332716"
#define NO_VOLTAGE                                                                                           \
    "6834010014122368910633353435"                                                                           \
    "32321A16"
#define LOGIN     "00010001000100120A020C323130363030343032393431005A4C"
#define HEARTBEAT "00010001000100110C010C3231323130303530343337374002"

static struct {
    struct stream_decoder decoder;
    struct stream s, other;
    char log[16384];
    size_t n;
    int64_t now_ns;
} f;

/* "dlt645@0+12" for a frame, "bad dlt645 checksum@12+16 at 14" for bytes that are none. */
static void note(void *ctx, struct stream *s, const struct stream_part *part)
{
    (void)ctx;
    f.n += (size_t)snprintf(f.log + f.n, sizeof f.log - f.n, "%s%s%s", f.n ? ", " : "",
                            s == &f.other ? "< " : "", part->frame ? "" : "bad ");
    f.n += (size_t)snprintf(f.log + f.n, sizeof f.log - f.n, "%s", part->codec->name);
    if (!part->frame)
        f.n += (size_t)snprintf(f.log + f.n, sizeof f.log - f.n, " %s", wp_fault_text(part->bad.fault));
    f.n += (size_t)snprintf(f.log + f.n, sizeof f.log - f.n, "@%llu+%zu", (unsigned long long)part->offset,
                            part->frame ? part->wire.n : part->bad.used);
    if (!part->frame)
        f.n += (size_t)snprintf(f.log + f.n, sizeof f.log - f.n, " at %zu", part->bad.at);
}

static void setup_only(const struct wp_codec *only)
{
    memset(&f, 0, sizeof f);
    stream_decoder_init(&f.decoder, only, note, NULL);
    stream_init(&f.s, &f.decoder, WP_SIDE_UNKNOWN, &f.other);
    stream_init(&f.other, &f.decoder, WP_SIDE_UNKNOWN, &f.s);
}

static void setup(void)
{
    setup_only(NULL);
}

static void teardown(void)
{
    stream_free(&f.s);
    stream_free(&f.other);
    ck_assert_uint_eq(f.decoder.pending, 0);
    stream_decoder_free(&f.decoder);
}

static struct moment now(void)
{
    return (struct moment){f.now_ns, 1};
}

static void push_to(struct stream *s, struct wp_slice bytes)
{
    const struct moment when = now();

    stream_push(s, bytes, &when);
}

static struct wp_slice bytes_of(const char *hex)
{
    static uint8_t memory[8192];
    size_t n;

    ck_assert(wp_hex_read(wp_text(hex), memory, sizeof memory, &n));
    return wp_slice(memory, n);
}

static void push(const char *hex)
{
    push_to(&f.s, bytes_of(hex));
}

static void push_zeros(size_t n, uint8_t byte)
{
    uint8_t many[1000];

    memset(many, byte, sizeof many);
    for (; n > 0; n -= n < sizeof many ? n : sizeof many)
        push_to(&f.s, wp_slice(many, n < sizeof many ? n : sizeof many));
}

static void end(void)
{
    const struct moment when = now();

    stream_end(&f.s, &when);
}

static void seconds_later(int64_t s)
{
    f.now_ns += s * INT64_C(1000000000);
}

START_TEST(whole_frames_come_out_at_once)
{
    push(ASK_ADDRESS TELL_ADDRESS);
    ck_assert_str_eq(f.log, "dlt645@0+12, dlt645@12+18");
}
END_TEST

START_TEST(two_codecs_of_a_family_share_a_stream)
{
    push(LOGIN NO_VOLTAGE HEARTBEAT HEARTBEAT NO_VOLTAGE);
    ck_assert_str_eq(f.log, "ivy@0+26, dlt645@26+18, ivy@44+25, ivy@69+25, dlt645@94+18");
}
END_TEST

START_TEST(one_codec_alone_when_asked)
{
    teardown();
    setup_only(&dlt645_codec);
    push(NO_VOLTAGE LOGIN NO_VOLTAGE);
    ck_assert_str_eq(f.log, "dlt645@0+18, bad dlt645 no-start@18+26 at 0, dlt645@44+18");
}
END_TEST

/* The log without the parts that are bad. */
static const char *frames_of(const char *log)
{
    static char text[sizeof f.log];
    size_t n = 0;

    for (const char *at = log; *at;) {
        size_t len = strcspn(at, ",");

        if (strncmp(at, "bad", 3) != 0)
            n += (size_t)snprintf(text + n, sizeof text - n, "%.*s;", (int)len, at);
        at += len + strspn(at + len, ", ");
    }
    return text;
}

/* However the bytes are cut into pieces: the same frames, and as many bad bytes. */
START_TEST(any_split_gives_the_same_frames)
{
    static const char hex[] =
        LOGIN "00FF" NO_VOLTAGE "FEFEFEFE" ASK_ADDRESS "681122" HEARTBEAT "6834010014122368910633353435"
              "32321B16" TELL_ADDRESS NO_VOLTAGE;
    char whole[sizeof f.log];
    uint32_t random = 1;

    push(hex);
    end();
    snprintf(whole, sizeof whole, "%s", frames_of(f.log));
    ck_assert_str_eq(whole, "ivy@0+26;dlt645@28+18;dlt645@46+16;ivy@65+25;dlt645@108+18;dlt645@126+18;");
    for (uint32_t round = 0; round < 300; round++) {
        struct wp_slice in = bytes_of(hex);

        teardown();
        setup();
        for (size_t at = 0, n; at < in.n; at += n) {
            random = random * 1664525u + 1013904223u;
            n = 1 + (random >> 16) % (round % 30 + 1);
            n = n < in.n - at ? n : in.n - at;
            push_to(&f.s, wp_slice(in.p + at, n));
        }
        end();
        ck_assert_str_eq(frames_of(f.log), whole);
        ck_assert_uint_eq(f.s.garbage, 2 + 3 + 18);
    }
}
END_TEST

/* IEC 60870-5-104 begins with 68, too: nothing of it is ours, and nothing is complained about. */
START_TEST(a_foreign_stream_is_only_counted)
{
    push("680407000000"
         "68040B000000"
         "680E0000000064010600010000000014"
         "680443000000");
    push("680407000000");
    end();
    ck_assert_str_eq(f.log, "");
    ck_assert(!stream_is_claimed(&f.s));
    ck_assert_uint_eq(f.s.unclaimed, 6 + 6 + 16 + 6 + 6);
    ck_assert_uint_eq(f.s.garbage, 0);
}
END_TEST

START_TEST(garbage_before_the_first_frame_is_reported_with_it)
{
    push("00112233");
    push("445566");
    ck_assert_str_eq(f.log, "");
    push(ASK_ADDRESS);
    ck_assert_str_eq(f.log, "bad dlt645 no-start@0+7 at 0, dlt645@7+12");
}
END_TEST

/* A meter whose first reply is damaged: its line is ours because the question was. */
START_TEST(the_other_direction_claims_the_stream)
{
    push_to(&f.other, bytes_of(ASK_ADDRESS));
    push("683412000000006893066745333333332816");
    ck_assert_str_eq(f.log, "< dlt645@0+12, bad dlt645 checksum@0+18 at 16");
}
END_TEST

/* What is damaged is reported when nothing unfinished follows it, whole and with the most telling fault. */
START_TEST(a_damaged_frame_is_one_part)
{
    push(ASK_ADDRESS);
    push(TELL_ADDRESS);
    push("683412000000006893066745333333332717");
    ck_assert_str_eq(f.log, "dlt645@0+12, dlt645@12+18, bad dlt645 end@30+18 at 17");
    push(NO_VOLTAGE);
    ck_assert_str_eq(strrchr(f.log, ','), ", dlt645@48+18");
}
END_TEST

/* The rest of a frame may take any time on a slow line. */
START_TEST(an_unfinished_frame_waits_for_its_rest)
{
    push(ASK_ADDRESS);
    push("6834120000000068");
    seconds_later(60);
    push("93066745333333332716");
    ck_assert_str_eq(f.log, "dlt645@0+12, dlt645@12+18");
}
END_TEST

/* A false start with a large length would swallow what follows: after a pause a whole frame wins. */
START_TEST(after_a_pause_a_whole_frame_wins)
{
    push(ASK_ADDRESS "6811223344556668"
                     "91FF3333");
    push(TELL_ADDRESS);
    ck_assert_str_eq(f.log, "dlt645@0+12");
    seconds_later(3);
    push(NO_VOLTAGE);
    ck_assert_str_eq(f.log, "dlt645@0+12, bad dlt645 truncated@12+12 at 0, dlt645@24+18, dlt645@42+18");
}
END_TEST

START_TEST(at_the_end_nothing_waits)
{
    push(ASK_ADDRESS "6811223344556668"
                     "91FF3333" TELL_ADDRESS "6834");
    end();
    ck_assert_str_eq(
        f.log, "dlt645@0+12, bad dlt645 truncated@12+12 at 0, dlt645@24+18, bad dlt645 truncated@42+2 at 0");
}
END_TEST

/* A gap in the capture ends what was unfinished; offsets go on counting. */
START_TEST(a_gap_ends_what_was_unfinished)
{
    const struct moment when = now();

    push(ASK_ADDRESS "683412");
    stream_gap(&f.s, 100, &when);
    push(ASK_ADDRESS);
    ck_assert_str_eq(f.log, "dlt645@0+12, bad dlt645 truncated@12+3 at 0, dlt645@115+12");
}
END_TEST

/* 4096 bytes without a frame: any codec may claim the stream again. */
START_TEST(long_garbage_ends_the_claim)
{
    push(ASK_ADDRESS);
    push_zeros(5000, 0x55);
    ck_assert(!stream_is_claimed(&f.s));
    ck_assert_uint_ge(f.s.garbage, 4096);
    push(HEARTBEAT);
    ck_assert(stream_is_claimed(&f.s));
    ck_assert_uint_eq(f.s.garbage, 5000);
    ck_assert_ptr_nonnull(strstr(f.log, "ivy@5012+25"));
}
END_TEST

START_TEST(a_stream_that_is_nobodys_is_not_looked_at_for_ever)
{
    push_zeros(20000, 0x55);
    ck_assert(f.s.is_foreign);
    push(ASK_ADDRESS);
    ck_assert_str_eq(f.log, "");
    ck_assert_uint_eq(f.s.unclaimed, 20012);
    push_to(&f.other, bytes_of(ASK_ADDRESS)); /* but it may turn out to be ours after all */
    push(TELL_ADDRESS);
    ck_assert_str_eq(f.log, "< dlt645@0+12, dlt645@20012+18");
}
END_TEST

START_TEST(an_unfinished_frame_has_a_bound)
{
    f.decoder.pending_stream_max = 100;
    push(HEARTBEAT "0001000100010FFF"
                   "0C01"); /* a wrapper of 4095 bytes */
    push_zeros(90, 0);
    push_zeros(90, 0);
    push(HEARTBEAT);
    end();
    ck_assert_uint_gt(f.decoder.refused, 0);
    ck_assert_uint_eq(f.s.frames, 2);
    ck_assert_uint_eq(f.s.garbage, 10 + 180);
}
END_TEST

/* Only the first bytes are kept of bad ones that came earlier, and all are counted. */
static struct stream_part last_bad;
static uint8_t last_shown[STREAM_SHOWN_MAX];

static void keep_bad(void *ctx, struct stream *s, const struct stream_part *part)
{
    (void)ctx;
    (void)s;
    if (part->frame)
        return;
    last_bad = *part;
    memcpy(last_shown, part->wire.p, part->wire.n < sizeof last_shown ? part->wire.n : sizeof last_shown);
}

START_TEST(the_first_bad_bytes_are_shown)
{
    f.decoder.visit = keep_bad;
    push_zeros(40, 0x11);
    push_zeros(40, 0x22);
    push(ASK_ADDRESS);
    ck_assert_uint_eq(last_bad.bad.used, 80);
    ck_assert_uint_eq(last_bad.wire.n, STREAM_SHOWN_MAX);
    for (size_t i = 0; i < STREAM_SHOWN_MAX; i++)
        ck_assert_uint_eq(last_shown[i], i < 40 ? 0x11 : 0x22);
}
END_TEST

/* ---- a codec that remembers -------------------------------------------------------------------------- */

/* Two bytes: 7B and how many frames came before, in this connection. */
static struct wp_decode count_decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    uint8_t *seen = state;

    (void)from;
    (void)frame;
    if (in.p[0] != 0x7B)
        return wp_bad(WP_FAULT_START, 0, 1);
    if (in.n < 2)
        return wp_more(2 - in.n);
    if (in.p[1] != *seen)
        return wp_bad(WP_FAULT_FIELD, 1, 1);
    (*seen)++;
    return wp_ok(2);
}

static enum wp_probe count_probe(struct wp_slice in)
{
    if (in.p[0] != 0x7B)
        return WP_PROBE_NO;
    return in.n < 2 ? WP_PROBE_MORE : WP_PROBE_YES;
}

/* The state stands with the connection: what one direction said the other knows. */
START_TEST(what_a_codec_remembers_stays_with_the_connection)
{
    static const struct wp_codec counting = {.name = "counting",
                                             .print_version = 1,
                                             .state_size = 1,
                                             .probe = count_probe,
                                             .decode = count_decode};

    f.decoder.codec[0] = &counting;
    f.decoder.n_codecs = 1;
    f.decoder.family[0] = 1;
    push("7B00"
         "7B01"
         "7B");
    push("02");
    push_to(&f.other, bytes_of("7B03"
                               "7B05"));
    push("7B04");
    ck_assert_str_eq(
        f.log, "counting@0+2, counting@2+2, counting@4+2, < counting@0+2, < bad counting field@2+2 at 1, "
               "counting@6+2");
}
END_TEST

/* 7C n: the counting codec's brother, of the same family. */
static struct wp_decode brother_decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    uint8_t bytes[2] = {0x7B, in.n > 1 ? in.p[1] : 0};

    return in.p[0] == 0x7C ? count_decode(state, from, wp_slice(bytes, in.n < 2 ? in.n : 2), frame)
                           : wp_bad(WP_FAULT_START, 0, 1);
}

static enum wp_probe brother_probe(struct wp_slice in)
{
    return in.p[0] != 0x7C ? WP_PROBE_NO : in.n < 2 ? WP_PROBE_MORE : WP_PROBE_YES;
}

/* Thousands of connections of one codec do not pay for what its family would remember. */
START_TEST(a_codec_remembers_from_its_own_first_frame_on)
{
    static const struct wp_codec counting = {
        .name = "counting", .state_size = 1, .probe = count_probe, .decode = count_decode};
    static const struct wp_codec brother = {
        .name = "brother", .state_size = 1, .probe = brother_probe, .decode = brother_decode};

    f.decoder.codec[0] = &counting;
    f.decoder.codec[1] = &brother;
    f.decoder.n_codecs = 2;
    f.decoder.family[0] = f.decoder.family[1] = 3;
    push("7B00");
    ck_assert_ptr_nonnull(stream_remembers(&f.s, &counting));
    ck_assert_ptr_null(stream_remembers(&f.s, &brother));
    push("7B01"
         "7C");
    ck_assert_ptr_null(stream_remembers(&f.s, &brother));
    push("00"
         "7B02");
    push_to(&f.other, bytes_of("7C01"
                               "7B03"));
    push("7C02");
    ck_assert_str_eq(f.log, "counting@0+2, counting@2+2, brother@4+2, counting@6+2, < brother@0+2, < "
                            "counting@2+2, brother@8+2");
    ck_assert_ptr_eq(stream_remembers(&f.s, &brother), stream_remembers(&f.other, &brother));
    ck_assert_ptr_nonnull(stream_remembers(&f.s, &brother));
}
END_TEST

/* ---- a codec that is sure, or not ------------------------------------------------------------------- */

/* 7A is a frame of a byte that may be anybody's; 7B is surely ours, and 7B 00 a frame. */
static struct wp_decode timid_decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    (void)state;
    (void)from;
    (void)frame;
    if (in.p[0] == 0x7A)
        return wp_ok(1);
    if (in.p[0] != 0x7B)
        return wp_bad(WP_FAULT_START, 0, 1);
    if (in.n < 2)
        return wp_more(1);
    return in.p[1] == 0 ? wp_ok(2) : wp_bad(WP_FAULT_FIELD, 1, 2);
}

static enum wp_probe timid_probe(struct wp_slice in)
{
    return in.p[0] == 0x7A ? WP_PROBE_MAYBE : in.p[0] == 0x7B ? WP_PROBE_YES : WP_PROBE_NO;
}

static const struct wp_codec timid = {
    .name = "timid", .print_version = 1, .probe = timid_probe, .decode = timid_decode};

static void use_timid(void)
{
    f.decoder.codec[0] = &timid;
    f.decoder.n_codecs = 1;
    f.decoder.family[0] = 1;
}

/* Where a stream begins, and nothing that is no frame follows. */
START_TEST(what_may_be_ours_is_where_the_stream_begins)
{
    use_timid();
    push("7A7A");
    ck_assert_str_eq(f.log, "");
    stream_end(&f.s, &(struct moment){0, 9});
    ck_assert_str_eq(f.log, "timid@0+1, timid@1+1");
}
END_TEST

/* In the middle of what is not ours it is none, until the other direction is the codec's. */
START_TEST(what_may_be_ours_is_not_elsewhere)
{
    use_timid();
    push("117A");
    ck_assert_str_eq(f.log, "");
    push_to(&f.other, bytes_of("7B00"));
    push("7A");
    ck_assert_str_eq(f.log, "< timid@0+2, bad timid no-start@0+2 at 0, timid@2+1");
}
END_TEST

START_TEST(what_is_surely_ours_is_ours_with_a_fault_in_it)
{
    use_timid();
    push("11"
         "7B01"
         "7A");
    ck_assert_str_eq(f.log, "bad timid field@0+3 at 2, timid@3+1");
}
END_TEST

/* ---- the sink --------------------------------------------------------------------------------------- */

static struct {
    struct wp_sink sink; /* first */
    char log[4096];
    size_t n;
} records;

static void take_record(struct wp_sink *sink, const struct wp_record *r)
{
    (void)sink;
    if (r->kind != WP_REC_FRAME)
        return;
    records.n +=
        (size_t)snprintf(records.log + records.n, sizeof records.log - records.n, "%s%lld %s>%s:%u %s %s",
                         records.n ? ", " : "", (long long)r->at, r->machine, r->peer, r->port,
                         r->frame.codec->name, r->frame.frame ? "frame" : wp_fault_text(r->frame.bad.fault));
}

static enum wp_transport transport = WP_TCP;

static void open_record(struct wp_transcript *t, const char *machine, const char *peer, wp_port port,
                        struct wp_addr own, struct wp_addr far)
{
    struct wp_record r = {.kind = WP_REC_OPEN, .machine = machine, .peer = peer, .port = port};

    r.open.own = own;
    r.open.peer = far;
    r.open.transport = transport;
    wp_transcript_write(t, &r);
}

static void bytes_record(struct wp_transcript *t, enum wp_record_kind kind, wp_us at, const char *machine,
                         const char *peer, wp_port port, const char *hex)
{
    struct wp_record r = {.kind = kind, .at = at, .machine = machine, .peer = peer, .port = port};

    r.bytes = bytes_of(hex);
    wp_transcript_write(t, &r);
}

static void close_record(struct wp_transcript *t, wp_us at, const char *machine, const char *peer,
                         wp_port port)
{
    struct wp_record r = {.kind = WP_REC_CLOSE, .at = at, .machine = machine, .peer = peer, .port = port};

    wp_transcript_write(t, &r);
}

static const struct wp_addr meter_addr = {0x7F000201, 40000}, gateway_addr = {0x7F000101, 8899};

static struct stream_sink *add_sinks(struct wp_transcript *t)
{
    struct stream_sink *sink = stream_sink_new(t);

    memset(&records, 0, sizeof records);
    records.sink.take = take_record;
    wp_transcript_add(t, &records.sink);
    wp_transcript_add(t, stream_sink(sink));
    return sink;
}

/* Both ends are ours: frames are what arrives, the damaged first reply included; sends are not looked at. */
START_TEST(receipts_become_frames)
{
    struct wp_transcript t = {0};
    struct stream_sink *sink = add_sinks(&t);

    open_record(&t, "gateway", "m1", 1, gateway_addr, meter_addr);
    open_record(&t, "m1", "gateway", 2, meter_addr, gateway_addr);
    bytes_record(&t, WP_REC_SEND, 10, "gateway", "m1", 1, ASK_ADDRESS);
    bytes_record(&t, WP_REC_RECEIPT, 20, "m1", "gateway", 2, ASK_ADDRESS);
    bytes_record(&t, WP_REC_SEND, 30, "m1", "gateway", 2, TELL_ADDRESS);
    bytes_record(&t, WP_REC_RECEIPT, 40, "gateway", "m1", 1, "683412000000006893066745333333332816");
    bytes_record(&t, WP_REC_RECEIPT, 50, "gateway", "m1", 1, "683412");
    close_record(&t, 60, "gateway", "m1", 1);
    close_record(&t, 61, "m1", "gateway", 2);
    ck_assert_str_eq(records.log, "20 gateway>m1:2 dlt645 frame, 40 m1>gateway:1 dlt645 checksum, "
                                  "60 m1>gateway:1 dlt645 truncated");
    stream_sink_free(sink);
}
END_TEST

/* Whichever end was opened first: what one hears claims what the other hears. */
START_TEST(both_ends_know_of_each_other)
{
    static const char damaged[] = "68AAAAAAAAAAAA681300DE1600000000";

    for (int first = 0; first < 2; first++) {
        struct wp_transcript t = {0};
        struct stream_sink *sink = add_sinks(&t);

        if (first == 0)
            open_record(&t, "gateway", "m1", 1, gateway_addr, meter_addr);
        open_record(&t, "m1", "gateway", 2, meter_addr, gateway_addr);
        if (first == 1)
            open_record(&t, "gateway", "m1", 1, gateway_addr, meter_addr);
        bytes_record(&t, WP_REC_RECEIPT, 10, "gateway", "m1", 1, TELL_ADDRESS);
        bytes_record(&t, WP_REC_RECEIPT, 20, "m1", "gateway", 2, damaged);
        close_record(&t, 30, "m1", "gateway", 2);
        ck_assert_ptr_nonnull(strstr(records.log, "gateway>m1:2 dlt645 checksum"));
        stream_sink_free(sink);
    }
}
END_TEST

/* The other end is somebody else's: what our machine sends is all there is to see of that direction. */
START_TEST(sends_to_a_stranger_become_frames)
{
    struct wp_transcript t = {0};
    struct stream_sink *sink = add_sinks(&t);

    open_record(&t, "m1", NULL, 7, meter_addr, gateway_addr);
    bytes_record(&t, WP_REC_RECEIPT, 20, "m1", NULL, 7, ASK_ADDRESS);
    bytes_record(&t, WP_REC_SEND, 30, "m1", NULL, 7, TELL_ADDRESS);
    ck_assert_str_eq(records.log, "20 >m1:7 dlt645 frame, 30 m1>:7 dlt645 frame");
    stream_sink_free(sink);
}
END_TEST

/* Each datagram stands for itself: halves are not joined, and several frames in one are found. What one end knows the
 * other knows, also when a forgotten peer has come again. */
START_TEST(datagrams_become_frames_one_by_one)
{
    struct wp_transcript t = {0};
    struct stream_sink *sink = add_sinks(&t);

    transport = WP_UDP;
    open_record(&t, "m1", "gateway", 1, meter_addr, gateway_addr);
    open_record(&t, "gateway", "m1", 2, gateway_addr, meter_addr);
    bytes_record(&t, WP_REC_RECEIPT, 10, "gateway", "m1", 2, TELL_ADDRESS TELL_ADDRESS);
    bytes_record(&t, WP_REC_RECEIPT, 20, "gateway", "m1", 2, "68341200000000689306674533");
    bytes_record(&t, WP_REC_RECEIPT, 30, "gateway", "m1", 2, "3333332816");
    bytes_record(&t, WP_REC_RECEIPT, 35, "gateway", "m1", 2, "");
    bytes_record(&t, WP_REC_RECEIPT, 40, "m1", "gateway", 1, ASK_ADDRESS);
    close_record(&t, 45, "gateway", "m1", 2);
    open_record(&t, "gateway", "m1", 3, gateway_addr, meter_addr);
    bytes_record(&t, WP_REC_RECEIPT, 50, "gateway", "m1", 3, "683412000000006893066745333333332816");
    transport = WP_TCP;
    ck_assert_str_eq(records.log, "10 m1>gateway:2 dlt645 frame, 10 m1>gateway:2 dlt645 frame, "
                                  "20 m1>gateway:2 dlt645 truncated, 30 m1>gateway:2 dlt645 no-start, "
                                  "40 gateway>m1:1 dlt645 frame, 50 m1>gateway:3 dlt645 checksum");
    stream_sink_free(sink);
}
END_TEST

static void message_record(struct wp_transcript *t, enum wp_record_kind kind, wp_us at, const char *peer,
                           struct wp_slice bytes)
{
    struct wp_record r = {.kind = kind, .at = at, .machine = "gateway", .peer = peer, .port = 1};

    r.bytes = bytes;
    wp_transcript_write(t, &r);
}

/* Each message of a bus stands for itself, also one that a stranger has sent; what is asked of the bus is no receipt. */
START_TEST(messages_of_a_bus_become_frames_one_by_one)
{
    struct wp_transcript t = {0};
    struct stream_sink *sink = add_sinks(&t);
    uint8_t bytes[256];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);

    ck_assert(dbus_put_list_names(&w, 1));
    transport = WP_BUS;
    open_record(&t, "gateway", "bus", 1, (struct wp_addr){0}, (struct wp_addr){0});
    transport = WP_TCP;
    message_record(&t, WP_REC_SEND, 10, "bus", wp_written(&w));
    message_record(&t, WP_REC_RECEIPT, 20, "pv", wp_written(&w));
    message_record(&t, WP_REC_RECEIPT, 30, NULL, wp_written(&w));
    message_record(&t, WP_REC_RECEIPT, 40, "bus", wp_slice(bytes, w.n - 1));
    ck_assert_str_eq(records.log, "20 pv>gateway:1 dbus frame, 30 >gateway:1 dbus frame, "
                                  "40 bus>gateway:1 dbus truncated");
    stream_sink_free(sink);
}
END_TEST

/* ---- whole and split -------------------------------------------------------------------------------- */

static void push_in_pieces(const char *hex, size_t step)
{
    struct wp_slice all = bytes_of(hex);

    for (size_t at = 0; at < all.n; at += step)
        push_to(&f.s, wp_slice(all.p + at, all.n - at < step ? all.n - at : step));
    end();
}

/* The log without what was bad. */
static const char *frames_noted(void)
{
    static char text[sizeof f.log];
    char *rest = f.log, *part;

    text[0] = '\0';
    while ((part = strtok_r(rest, ",", &rest)))
        if (!strstr(part, "bad "))
            strcat(strcat(text, text[0] ? ", " : ""), part + (*part == ' '));
    return text;
}

/* Where the bytes are cut says nothing of what they are. */
START_TEST(however_it_is_split_the_frames_are_the_same)
{
    static const struct {
        const char *wire, *frames;
    } row[] = {
        /* what follows a short packet tells against it */
        {"F000 03 27 F001", ""},
        /* a malformed length, behind which a packet begins where its first byte could be one */
        {"C500 30060004612F6263 00FFFFFFFFFFFFFFFFFF046100 C000 2F", "mqtt@2+8, mqtt@23+2"},
        {"1000 0004 4D515454 D000", ""}, /* what looks like the name of a CONNECT stands behind it */
        /* an acknowledgement behind a byte of no packet: the next one tells */
        {"1F 40020003 8A0910010004612F467810", "mqtt@1+4, mqtt@5+11"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        for (size_t step = 1; step < 40; step++) {
            teardown();
            setup();
            push_in_pieces(row[i].wire, step);
            ck_assert_str_eq(frames_noted(), row[i].frames);
        }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stream");
    TCase *t = tcase_create("stream"), *u = tcase_create("sink");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, whole_frames_come_out_at_once);
    tcase_add_test(t, two_codecs_of_a_family_share_a_stream);
    tcase_add_test(t, one_codec_alone_when_asked);
    tcase_add_test(t, any_split_gives_the_same_frames);
    tcase_add_test(t, a_foreign_stream_is_only_counted);
    tcase_add_test(t, garbage_before_the_first_frame_is_reported_with_it);
    tcase_add_test(t, the_other_direction_claims_the_stream);
    tcase_add_test(t, a_damaged_frame_is_one_part);
    tcase_add_test(t, an_unfinished_frame_waits_for_its_rest);
    tcase_add_test(t, after_a_pause_a_whole_frame_wins);
    tcase_add_test(t, at_the_end_nothing_waits);
    tcase_add_test(t, a_gap_ends_what_was_unfinished);
    tcase_add_test(t, long_garbage_ends_the_claim);
    tcase_add_test(t, a_stream_that_is_nobodys_is_not_looked_at_for_ever);
    tcase_add_test(t, an_unfinished_frame_has_a_bound);
    tcase_add_test(t, the_first_bad_bytes_are_shown);
    tcase_add_test(t, what_a_codec_remembers_stays_with_the_connection);
    tcase_add_test(t, a_codec_remembers_from_its_own_first_frame_on);
    tcase_add_test(t, however_it_is_split_the_frames_are_the_same);
    tcase_add_test(t, what_may_be_ours_is_where_the_stream_begins);
    tcase_add_test(t, what_may_be_ours_is_not_elsewhere);
    tcase_add_test(t, what_is_surely_ours_is_ours_with_a_fault_in_it);
    suite_add_tcase(s, t);
    tcase_add_test(u, receipts_become_frames);
    tcase_add_test(u, both_ends_know_of_each_other);
    tcase_add_test(u, sends_to_a_stranger_become_frames);
    tcase_add_test(u, datagrams_become_frames_one_by_one);
    tcase_add_test(u, messages_of_a_bus_become_frames_one_by_one);
    suite_add_tcase(s, u);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
