/* LuxPower frames: every published entry, cut anywhere, and who sends what nothing but the direction tells.
 * covers: lxp_side */
#include "sim/codec/lxp.h"
#include "sim/core/random.h"
#include "tests/lxp_vectors.h"

enum { STREAM_MAX = 32768, FRAMES_MAX = 256, ROUNDS = 40 };

static const struct lxp_head asks = {.protocol = 1, .datalog = "2222222222", .inverter = "5555555555"};
static const struct lxp_head replies = {
    .protocol = 2, .address = 1, .datalog = "2222222222", .inverter = "5555555555"};
static const struct lxp_head replies_1 = {
    .protocol = 1, .address = 1, .datalog = "2222222222", .inverter = "5555555555"};

/* ---- streams -------------------------------------------------------------------------------------------- */

/* The frames of a stream, by their bytes. */
struct found {
    size_t n, skipped;
    uint64_t hash[FRAMES_MAX];
    size_t length[FRAMES_MAX];
};

static void add_found(struct found *found, struct wp_slice frame)
{
    ck_assert_uint_lt(found->n, FRAMES_MAX);
    found->hash[found->n] = wp_slice_hash(frame);
    found->length[found->n++] = frame.n;
}

/* Pieces of 1..step bytes, each in memory of its own; what never ends is given up at the end of the input. */
static struct found cut(struct wp_slice in, size_t step, struct wp_random *random)
{
    struct found found = {0};
    struct lxp_state state = {0};
    size_t at = 0, have = step ? 0 : in.n;

    while (at < in.n) {
        size_t n = have - at;
        uint8_t *exact = malloc(n ? n : 1);
        struct lxp_frame f;
        struct wp_decode d;

        ck_assert_ptr_nonnull(exact);
        memcpy(exact, in.p + at, n);
        d = lxp_decode(&state, WP_SIDE_SERVER, wp_slice(exact, n), &f);
        if (d.status == WP_MORE && have < in.n) {
            size_t more = step == 1 ? 1 : 1 + wp_random_next(random) % step;

            ck_assert_uint_ge(d.need, 1);
            have = have + more < in.n ? have + more : in.n;
            free(exact);
            continue;
        }
        if (d.status == WP_MORE)
            d.used = lxp_skip(wp_slice(exact, n));
        ck_assert_uint_ge(d.used, 1);
        ck_assert_uint_le(d.used, n);
        if (d.status == WP_OK)
            add_found(&found, wp_slice(exact, d.used));
        else
            found.skipped += d.used;
        at += d.used;
        free(exact);
    }
    return found;
}

static bool same(const struct found *a, const struct found *b)
{
    return a->n == b->n && a->skipped == b->skipped &&
           memcmp(a->hash, b->hash, a->n * sizeof a->hash[0]) == 0;
}

static void check_cuts(const char *id, struct wp_slice in)
{
    struct wp_random random = wp_random(5);
    struct found whole = cut(in, 0, &random), bytes = cut(in, 1, &random);

    ck_assert_msg(same(&whole, &bytes), "%s byte by byte", id);
    for (size_t round = 0; round < ROUNDS; round++) {
        struct found pieces = cut(in, 2 + round * 7, &random);

        ck_assert_msg(same(&whole, &pieces), "%s in pieces, round %zu", id, round);
    }
}

/* ---- one entry ------------------------------------------------------------------------------------------ */

static void check_bytes(const char *id, const char *name, const char *hex, struct wp_slice is)
{
    uint8_t memory[LXP_VECTOR_MAX];
    size_t n;

    ck_assert(wp_hex_read(wp_text(hex), memory, sizeof memory, &n));
    ck_assert_msg(wp_slice_eq(is, wp_slice(memory, n)), "%s: %s", id, name);
}

static uint16_t number_in(struct wp_slice value)
{
    ck_assert_uint_eq(value.n, 2);
    return lxp_u16(value, 0);
}

/* The number of this name in the frame; false: the frame holds no such number. */
static bool number_of(const struct lxp_frame *f, const char *name, unsigned *out)
{
    const struct {
        const char *name;
        unsigned is;
    } numbers[] = {
        {"protocol", f->protocol},
        {"frame_len", f->frame_len},
        {"tcp_function", f->function},
        {"data_len", f->data_len},
        {"address", f->address},
        {"device_function", f->device_function},
        {"register", f->first},
        {"count", f->count},
        {"value_len", (unsigned)f->values.n},
        {"byte_count", (unsigned)f->values.n},
        {"error_code", f->error_code},
        {"param", f->param},
        {"result", f->status},
        {"frames", 1},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        *out = numbers[i].is;
        if (strcmp(numbers[i].name, name) == 0)
            return true;
    }
    *out = strcmp(name, "value") == 0 ? number_in(f->values) : 0;
    return strcmp(name, "value") == 0;
}

static void check_hold(const char *id, const struct lxp_frame *f, const cJSON *hold)
{
    const cJSON *member;

    ck_assert_int_eq(f->count, cJSON_GetArraySize(hold));
    cJSON_ArrayForEach(member, hold)
    {
        long number = strtol(member->string, NULL, 10);

        ck_assert(number >= f->first && number < f->first + f->count);
        ck_assert_msg(lxp_u16(f->values, (size_t)(number - f->first)) == member->valueint, "%s: hold %ld", id,
                      number);
    }
}

/* What the topics would say, what another decoder made of it, and differences of lengths are no facts of the frame. */
static bool is_about_others(const char *name)
{
    return strncmp(name, "seed_", 5) == 0 || strcmp(name, "lxp_bridge_decoded") == 0 ||
           strcmp(name, "result_bytes") == 0 || strcmp(name, "data_len_mismatch") == 0;
}

static void check_fact(const struct lxp_vector *v, const struct lxp_frame *f, const cJSON *fact)
{
    const char *name = fact->string, *text = fact->valuestring;
    unsigned is;

    if (is_about_others(name))
        return;
    if (strcmp(name, "hold") == 0)
        check_hold(v->id, f, fact);
    else if (cJSON_IsNumber(fact))
        ck_assert_msg(number_of(f, name, &is) && fact->valueint == (int)is, "%s: %s", v->id, name);
    else if (strcmp(name, "datalog") == 0)
        ck_assert_msg(wp_slice_is(f->datalog, text), "%s: %s", v->id, text);
    else if (strcmp(name, "inverter") == 0)
        ck_assert_msg(wp_slice_is(f->inverter, text), "%s: %s", v->id, text);
    else if (strcmp(name, "values") == 0 || strcmp(name, "value_bytes") == 0)
        check_bytes(v->id, name, text, f->values);
    else if (strcmp(name, "value_ascii") == 0)
        ck_assert_msg(wp_slice_is(f->values, text), "%s: %s", v->id, text);
    else if (strcmp(name, "tail") == 0)
        check_bytes(v->id, name, text, wp_slice_from(f->whole, LXP_AT_BODY));
    else
        ck_abort_msg("%s: nobody knows the fact %s", v->id, name);
}

START_TEST(every_valid_entry_has_its_facts)
{
    size_t n = 0;

    for (struct lxp_vector v = {0}; lxp_vectors_next(&v);) {
        struct lxp_frame f;
        const cJSON *fact;
        struct wp_decode d;

        if (!v.is_valid || v.is_stream)
            continue;
        d = lxp_decode(NULL, WP_SIDE_UNKNOWN, v.bytes, &f);
        ck_assert_msg(d.status == WP_OK && d.used == v.bytes.n, "%s: %s", v.id, wp_fault_text(d.fault));
        cJSON_ArrayForEach(fact, v.expect) check_fact(&v, &f, fact);
        n++;
    }
    ck_assert(n == 107 || !lxp_vectors());
}
END_TEST

/* How often each decoder of the file would find a good frame in it. Its `frames` of a refused entry are units. */
static size_t good_frames(const struct lxp_vector *v)
{
    const cJSON *resync = cJSON_GetObjectItemCaseSensitive(v->expect, "frames_after_resync");
    const cJSON *frames = cJSON_GetObjectItemCaseSensitive(v->expect, "frames");

    if (resync)
        return (size_t)resync->valueint;
    return v->is_valid && frames ? (size_t)frames->valueint : v->is_valid;
}

START_TEST(streams_have_their_frames)
{
    size_t n = 0;

    for (struct lxp_vector v = {0}; lxp_vectors_next(&v);) {
        const cJSON *lengths = cJSON_GetObjectItemCaseSensitive(v.expect, "frame_lengths"), *length;
        const cJSON *junk = cJSON_GetObjectItemCaseSensitive(v.expect, "junk_bytes");
        struct found found;
        size_t i = 0;

        if (!v.is_stream)
            continue;
        found = cut(v.bytes, 0, NULL);
        ck_assert_msg(found.n == good_frames(&v), "%s: %zu frames", v.id, found.n);
        cJSON_ArrayForEach(length, lengths) ck_assert_uint_eq(found.length[i++], (size_t)length->valueint);
        ck_assert(!junk || found.skipped == (size_t)junk->valueint);
        n++;
    }
    ck_assert(n == 16 || !lxp_vectors());
}
END_TEST

static enum wp_fault fault_of(const struct lxp_vector *v)
{
    static const struct {
        const char *error;
        enum wp_fault fault;
    } faults[] = {
        {"crc", WP_FAULT_CHECKSUM},
        {"prefix", WP_FAULT_START},
        {"oversize", WP_FAULT_LENGTH},
        {"undersize", WP_FAULT_LENGTH},
        {"value_len", WP_FAULT_VALUE_LENGTH},
        {"odd_values", WP_FAULT_VALUE_LENGTH},
        {"tcp_function", WP_FAULT_TCP_FUNCTION},
        {"device_function", WP_FAULT_DEVICE_FUNCTION},
        {"resync", WP_FAULT_TCP_FUNCTION}, /* the mark of the inner frame stands where the function must */
    };
    const char *error = lxp_vector_text(v->expect, "error");

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (strcmp(error, faults[i].error) == 0)
            return faults[i].fault;
    ck_assert_msg(!*error, "%s: nobody knows the error %s", v->id, error);
    return cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(v->expect, "crc_ok")) ? WP_FAULT_CHECKSUM
                                                                                : WP_FAULT_START;
}

START_TEST(every_invalid_entry_is_refused_for_its_fault)
{
    size_t n = 0;

    for (struct lxp_vector v = {0}; lxp_vectors_next(&v);) {
        struct lxp_frame f;
        struct wp_decode d;

        if (v.is_valid)
            continue;
        d = lxp_decode(NULL, WP_SIDE_SERVER, v.bytes, &f);
        n++;
        if (cJSON_HasObjectItem(v.expect, "pending_bytes")) {
            ck_assert_int_eq(d.status, WP_MORE);
            ck_assert_uint_eq(d.need, 117 - 16);
            continue;
        }
        ck_assert_int_eq(d.status, WP_BAD);
        ck_assert_msg(d.fault == fault_of(&v), "%s: %s", v.id, wp_fault_text(d.fault));
    }
    ck_assert(n == 13 || !lxp_vectors());
}
END_TEST

START_TEST(any_cut_gives_the_same_frames)
{
    static uint8_t all[STREAM_MAX];
    struct wp_writer w = wp_writer(all, sizeof all);
    struct found found;
    size_t frames = 0;

    for (struct lxp_vector v = {0}; lxp_vectors_next(&v);) {
        check_cuts(v.id, v.bytes);
        wp_put_slice(&w, v.bytes);
        frames += good_frames(&v);
    }
    ck_assert(!w.full);
    check_cuts("all of them", wp_written(&w));
    found = cut(wp_written(&w), 0, NULL);
    ck_assert_uint_eq(found.n, frames);
}
END_TEST

START_TEST(every_prefix_waits)
{
    for (struct lxp_vector v = {0}; lxp_vectors_next(&v);) {
        if (!v.is_valid || v.is_stream)
            continue;
        for (size_t n = 0; n < v.bytes.n; n++) {
            struct lxp_state state = {0}, before = {0};
            struct lxp_frame f;
            struct wp_decode d = lxp_decode(&state, WP_SIDE_SERVER, wp_slice(v.bytes.p, n), &f);

            ck_assert_msg(d.status == WP_MORE && d.used == 0, "%s: %zu bytes", v.id, n);
            ck_assert_uint_ge(d.need, 1);
            ck_assert_uint_le(d.need, v.bytes.n - n);
            ck_assert(n < LXP_HEADER || d.need == v.bytes.n - n);
            ck_assert(memcmp(&state, &before, sizeof state) == 0);
        }
    }
}
END_TEST

/* ---- refusals ------------------------------------------------------------------------------------------- */

static uint8_t memory[LXP_FRAME_MAX + 1];
static struct wp_writer w;

static void setup(void)
{
    w = wp_writer(memory, sizeof memory);
}

static struct wp_decode refused(enum wp_fault fault)
{
    struct lxp_frame f;
    struct wp_decode d = lxp_decode(NULL, WP_SIDE_SERVER, wp_written(&w), &f);

    ck_assert_int_eq(d.status, WP_BAD);
    ck_assert_msg(d.fault == fault, "%s", wp_fault_text(d.fault));
    return d;
}

/* Nothing vouches for the length of such a frame: it is refused before it could be waited for. */
static void refused_early(size_t have, enum wp_fault fault)
{
    w.n = have - 1;
    ck_assert_int_eq(lxp_decode(NULL, WP_SIDE_SERVER, wp_written(&w), &(struct lxp_frame){0}).status,
                     WP_MORE);
    w.n = have;
    refused(fault);
}

START_TEST(a_length_that_cannot_be_is_not_waited_for)
{
    lxp_put_read(&w, &asks, LXP_READ_HOLD, 0, 40);
    memory[4] = 12;
    refused_early(6, WP_FAULT_LENGTH);
    memory[4] = 0xFB; /* 4091 */
    memory[5] = 0x0F;
    refused_early(6, WP_FAULT_LENGTH);
    memory[4] = 0xFA; /* 4090 */
    w.n = 6;
    ck_assert_int_eq(lxp_decode(NULL, WP_SIDE_SERVER, wp_written(&w), &(struct lxp_frame){0}).status,
                     WP_MORE);
}
END_TEST

START_TEST(an_unknown_function_is_not_waited_for)
{
    lxp_put_read(&w, &asks, LXP_READ_HOLD, 0, 40);
    memory[7] = 0xC5;
    refused_early(8, WP_FAULT_TCP_FUNCTION);
    memory[7] = 0xC0;
    refused_early(8, WP_FAULT_TCP_FUNCTION);
}
END_TEST

START_TEST(lengths_are_those_of_the_function)
{
    lxp_put_heartbeat(&w, 2, "2222222222", 0);
    memory[4] = 14;
    refused_early(8, WP_FAULT_LENGTH);
    setup();
    lxp_put_param_read(&w, &asks, 0);
    memory[4] = 13;
    refused_early(8, WP_FAULT_LENGTH);
    setup();
    lxp_put_exception(&w, &replies, LXP_READ_HOLD, 0, 2);
    memory[4] = 29;
    refused_early(8, WP_FAULT_LENGTH);
}
END_TEST

/* Where no checksum vouches for it, the byte that is always 01 must be; a data frame has its checksum. */
START_TEST(without_a_checksum_the_constant_must_stand)
{
    struct lxp_frame f;

    lxp_put_heartbeat(&w, 2, "2222222222", 0);
    memory[6] = 2;
    refused_early(8, WP_FAULT_FIELD);
    setup();
    lxp_put_read(&w, &asks, LXP_READ_HOLD, 0, 40);
    memory[6] = 2;
    ck_assert_int_eq(lxp_decode(NULL, WP_SIDE_CLIENT, wp_written(&w), &f).status, WP_OK);
    ck_assert_uint_eq(f.reserved, 2);
}
END_TEST

/* The CRC may be left out of it, nothing else. */
START_TEST(the_inner_length_must_be_that_of_the_frame)
{
    lxp_put_read_reply(&w, &replies, LXP_READ_HOLD, 12, wp_slice("\1\0\2\0", 4));
    for (unsigned len = 0; len < 256; len++) {
        struct lxp_frame f;
        struct wp_decode d;

        memory[18] = (uint8_t)len;
        d = lxp_decode(NULL, WP_SIDE_SERVER, wp_written(&w), &f);
        if (len == 21 || len == 19)
            ck_assert_int_eq(d.status, WP_OK);
        else
            ck_assert_int_eq(d.fault, WP_FAULT_DATA_LENGTH);
    }
}
END_TEST

/* Of a read reply whose length byte, count or checksum is anything: the right one alone is good. */
START_TEST(the_length_byte_must_be_that_of_the_values)
{
    lxp_put_read_reply(&w, &replies, LXP_READ_HOLD, 12, wp_slice("\1\0\2\0", 4));
    for (unsigned len = 0; len < 256; len++) {
        struct lxp_frame f;

        memory[LXP_AT_PAYLOAD] = (uint8_t)len;
        ck_assert(lxp_repair(memory, w.n));
        ck_assert_int_eq(lxp_decode(NULL, WP_SIDE_SERVER, wp_written(&w), &f).status == WP_OK, len == 4);
    }
    setup();
    lxp_put_write_multi(&w, &asks, 12, wp_slice("\1\0\2\0", 4));
    memory[LXP_AT_PAYLOAD] = 3;
    ck_assert(lxp_repair(memory, w.n));
    refused(WP_FAULT_VALUE_LENGTH);
}
END_TEST

/* Values without a length are those of protocol 1. */
START_TEST(without_a_length_byte_it_must_be_protocol_1)
{
    struct lxp_frame f;

    lxp_put_read_reply(&w, &replies_1, LXP_READ_INPUT, 0, wp_slice("\1\0\2\0\3\0", 6));
    ck_assert_int_eq(lxp_decode(NULL, WP_SIDE_SERVER, wp_written(&w), &f).status, WP_OK);
    ck_assert_uint_eq(f.shape, LXP_IS_READ_REPLY);
    ck_assert(!f.has_length_byte);
    ck_assert_uint_eq(f.count, 3);
    ck_assert_uint_eq(lxp_u16(f.values, 2), 3);
    memory[2] = 2;
    refused(WP_FAULT_VALUE_LENGTH);
}
END_TEST

/* The checksum vouches for the length: it is passed over as a whole, even if a frame seems to stand inside. */
START_TEST(an_unknown_device_function_is_one_unit)
{
    uint8_t values[LXP_HEARTBEAT_BYTES + 1] = {0};
    struct wp_writer inner = wp_writer(values, sizeof values);

    lxp_put_heartbeat(&inner, 2, "2222222222", 0);
    lxp_put_write_multi(&w, &asks, 12, wp_slice(values, sizeof values));
    memory[21] = 0x05;
    ck_assert(lxp_repair(memory, w.n));
    ck_assert_uint_eq(refused(WP_FAULT_DEVICE_FUNCTION).used, w.n);
    memory[21] = 0x85;
    ck_assert(lxp_repair(memory, w.n));
    ck_assert_uint_eq(refused(WP_FAULT_DEVICE_FUNCTION).used, w.n);
    /* With a wrong checksum it is searched, and the frame is found. */
    memory[w.n - 1] ^= 1;
    ck_assert_uint_eq(refused(WP_FAULT_CHECKSUM).used, LXP_AT_PAYLOAD + 3);
}
END_TEST

START_TEST(firmware_is_read_by_its_length)
{
    for (uint8_t function = 0x21; function <= 0x23; function++) {
        struct lxp_frame f;

        setup();
        lxp_put_write_multi(&w, &asks, 0, wp_slice("\1\2\3\4", 4));
        memory[21] = function;
        ck_assert(lxp_repair(memory, w.n));
        ck_assert_int_eq(lxp_decode(NULL, WP_SIDE_CLIENT, wp_written(&w), &f).status, WP_OK);
        ck_assert_uint_eq(f.shape, LXP_IS_FIRMWARE);
        ck_assert_uint_eq(f.values.n, 7);
    }
}
END_TEST

START_TEST(what_is_skipped_ends_where_a_frame_could_begin)
{
    ck_assert_uint_eq(lxp_skip(wp_text("\xA1")), 1);
    ck_assert_uint_eq(lxp_skip(wp_text("x\xA1")), 1);
    ck_assert_uint_eq(lxp_skip(wp_text("xx\xA1y\xA1\x1Az")), 4);
    ck_assert_uint_eq(lxp_skip(wp_text("\xA1\x1A\xA1\x1A")), 2);
    ck_assert_uint_eq(lxp_skip(wp_text("AT+QUIT\r")), 8);
    wp_put_text(&w, "xx\xA1");
    ck_assert_uint_eq(refused(WP_FAULT_START).used, 2); /* the mark at the end is kept */
}
END_TEST

/* ---- params --------------------------------------------------------------------------------------------- */

static struct lxp_frame decoded(struct lxp_state *state, enum wp_side from)
{
    struct lxp_frame f = {0};
    struct wp_decode d = lxp_decode(state, from, wp_written(&w), &f);

    ck_assert_msg(d.status == WP_OK && d.used == w.n, "%s", wp_fault_text(d.fault));
    return f;
}

START_TEST(params_are_told_by_their_length)
{
    struct lxp_frame f;

    lxp_put_param_read(&w, &asks, 7);
    wp_put_u16le(&w, 9); /* some firmware asks for a range */
    memory[4] += 2;
    f = decoded(NULL, WP_SIDE_CLIENT);
    ck_assert_uint_eq(f.shape, LXP_IS_PARAM_READ_REQUEST);
    ck_assert(f.has_last_param && f.param == 7 && f.last_param == 9);
    setup();
    lxp_put_param_read_reply(&w, &replies, 7, wp_slice(NULL, 0));
    ck_assert_uint_eq(decoded(NULL, WP_SIDE_SERVER).shape, LXP_IS_PARAM_READ_REPLY);
    ck_assert_uint_eq(decoded(NULL, WP_SIDE_CLIENT).shape, LXP_IS_PARAM_READ_REQUEST);
    wp_put_u8(&w, 5); /* a length that nobody announced */
    memory[4] += 1;
    f = decoded(NULL, WP_SIDE_SERVER);
    ck_assert_uint_eq(f.shape, LXP_IS_PARAM_OTHER);
    ck_assert_uint_eq(f.values.n, 3);
}
END_TEST

/* ---- who is the dongle? ---------------------------------------------------------------------------------- */

/* The one frame that nothing but its direction tells: two bytes in protocol 1. */
static enum lxp_shape ambiguous(struct lxp_state *state, enum wp_side from)
{
    setup();
    lxp_put_read(&w, &asks, LXP_READ_HOLD, 12, 10270);
    return (enum lxp_shape)decoded(state, from).shape;
}

START_TEST(the_server_is_the_dongle)
{
    struct lxp_state state = {0};

    ck_assert_int_eq(ambiguous(&state, WP_SIDE_CLIENT), LXP_IS_READ_REQUEST);
    ck_assert_int_eq(ambiguous(&state, WP_SIDE_SERVER), LXP_IS_READ_REPLY);
    ck_assert_int_eq(ambiguous(NULL, WP_SIDE_SERVER), LXP_IS_READ_REPLY);
    ck_assert_int_eq(ambiguous(NULL, WP_SIDE_UNKNOWN), LXP_IS_READ_REQUEST);
}
END_TEST

/* Port 4346: the dongle dials the cloud, and says who it is by the first heartbeat or by any reply. */
START_TEST(who_beats_first_is_the_dongle)
{
    struct lxp_state state = {0};

    lxp_put_heartbeat(&w, 2, "2222222222", 0);
    ck_assert(decoded(&state, WP_SIDE_CLIENT).from_dongle);
    ck_assert(!decoded(&state, WP_SIDE_SERVER).from_dongle);
    ck_assert_int_eq(ambiguous(&state, WP_SIDE_SERVER), LXP_IS_READ_REQUEST);
    ck_assert_int_eq(ambiguous(&state, WP_SIDE_CLIENT), LXP_IS_READ_REPLY);
}
END_TEST

START_TEST(who_replies_is_the_dongle_for_sure)
{
    struct lxp_state state = {0};

    lxp_put_heartbeat(&w, 2, "2222222222", 0); /* the capture began behind the dongle's own */
    decoded(&state, WP_SIDE_SERVER);
    setup();
    lxp_put_exception(&w, &replies, LXP_READ_HOLD, 300, 2);
    ck_assert(decoded(&state, WP_SIDE_CLIENT).from_dongle);
    ck_assert_int_eq(ambiguous(&state, WP_SIDE_SERVER), LXP_IS_READ_REQUEST);
    ck_assert_int_eq(ambiguous(&state, WP_SIDE_CLIENT), LXP_IS_READ_REPLY);
    setup();
    lxp_put_write(&w, &asks, 65, 50);
    ck_assert(!decoded(&state, WP_SIDE_SERVER).from_dongle);
    ck_assert(decoded(&state, WP_SIDE_CLIENT).from_dongle);
}
END_TEST

/* A capture without the connection's beginning has two sides without a name; bytes of nobody may be of both. */
START_TEST(unnamed_sides_are_told_apart_by_what_they_say)
{
    struct lxp_state state = {0};

    lxp_put_read_reply(&w, &replies, LXP_READ_HOLD, 12, wp_slice("\1\0", 2));
    ck_assert(decoded(&state, WP_SIDE_UNKNOWN).from_dongle);
    ck_assert_int_eq(ambiguous(&state, WP_SIDE_UNKNOWN), LXP_IS_READ_REQUEST);
    ck_assert(!decoded(&state, WP_SIDE_UNKNOWN).is_told);
    ck_assert_int_eq(ambiguous(&state, WP_SIDE_UNKNOWN_TOO), LXP_IS_READ_REQUEST);
    ck_assert_int_eq(ambiguous(&state, WP_SIDE_UNKNOWN), LXP_IS_READ_REPLY);
    ck_assert(decoded(&state, WP_SIDE_UNKNOWN).is_told);
}
END_TEST

/* Nothing but such frames: who speaks first asks. Anything surer corrects it. */
START_TEST(of_unnamed_sides_the_first_one_asks)
{
    struct lxp_state state = {0};

    ck_assert_int_eq(ambiguous(&state, WP_SIDE_UNKNOWN), LXP_IS_READ_REQUEST);
    ck_assert_int_eq(ambiguous(&state, WP_SIDE_UNKNOWN_TOO), LXP_IS_READ_REPLY);
    ck_assert_int_eq(ambiguous(&state, WP_SIDE_UNKNOWN), LXP_IS_READ_REQUEST);
    setup();
    lxp_put_exception(&w, &replies, LXP_READ_HOLD, 300, 2);
    decoded(&state, WP_SIDE_UNKNOWN);
    ck_assert_int_eq(ambiguous(&state, WP_SIDE_UNKNOWN), LXP_IS_READ_REPLY);
    ck_assert_int_eq(ambiguous(&state, WP_SIDE_UNKNOWN_TOO), LXP_IS_READ_REQUEST);
}
END_TEST

START_TEST(serials_are_compared_whole)
{
    struct lxp_frame f;

    lxp_put_read(&w, &asks, LXP_READ_HOLD, 0, 40);
    f = decoded(NULL, WP_SIDE_CLIENT);
    ck_assert(lxp_is_datalog(&f, "2222222222") && !lxp_is_datalog(&f, "2222222223"));
    ck_assert(lxp_is_inverter(&f, "5555555555") && !lxp_is_inverter(&f, "5555555556"));
    setup();
    lxp_put_heartbeat(&w, 2, "\0\0\0\0\0\0\0\0\0\0", 0);
    f = decoded(NULL, WP_SIDE_SERVER);
    ck_assert(lxp_is_datalog(&f, "2222222222") && !lxp_is_inverter(&f, "5555555555"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lxp");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, every_valid_entry_has_its_facts);
    tcase_add_test(tcase, streams_have_their_frames);
    tcase_add_test(tcase, every_invalid_entry_is_refused_for_its_fault);
    tcase_add_test(tcase, any_cut_gives_the_same_frames);
    tcase_add_test(tcase, every_prefix_waits);
    tcase_add_test(tcase, a_length_that_cannot_be_is_not_waited_for);
    tcase_add_test(tcase, an_unknown_function_is_not_waited_for);
    tcase_add_test(tcase, lengths_are_those_of_the_function);
    tcase_add_test(tcase, without_a_checksum_the_constant_must_stand);
    tcase_add_test(tcase, the_inner_length_must_be_that_of_the_frame);
    tcase_add_test(tcase, the_length_byte_must_be_that_of_the_values);
    tcase_add_test(tcase, without_a_length_byte_it_must_be_protocol_1);
    tcase_add_test(tcase, an_unknown_device_function_is_one_unit);
    tcase_add_test(tcase, firmware_is_read_by_its_length);
    tcase_add_test(tcase, what_is_skipped_ends_where_a_frame_could_begin);
    tcase_add_test(tcase, params_are_told_by_their_length);
    tcase_add_test(tcase, the_server_is_the_dongle);
    tcase_add_test(tcase, who_beats_first_is_the_dongle);
    tcase_add_test(tcase, who_replies_is_the_dongle_for_sure);
    tcase_add_test(tcase, unnamed_sides_are_told_apart_by_what_they_say);
    tcase_add_test(tcase, of_unnamed_sides_the_first_one_asks);
    tcase_add_test(tcase, serials_are_compared_whole);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
