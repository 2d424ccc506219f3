/* HDLC frames of meters: read, joined, cut, sent.       covers: hdlc_encode hdlc_join hdlc_fields
 *
 * Bytes and meanings are those of vectors/dlms.json; single frames here name their entry. */
#include "sim/codec/hdlc.h"
#include "tests/dlms_transport_rig.h"

static const char SNRM[] = "7EA00802232193BD647E";                                             /* d0201 */
static const char DISC[] = "7EA00802232153B1A27E";                                             /* d0538 */
static const char UA[] = "7EA01F21022373E6C781801205019A06019A070400000001080400000001CCA27E"; /* d0202 */
static const char PUSH[] =
    "7EA0270102 01105A87 E6E700 0F40000000 090C07E1090E04131F02FF800000 0201 06 00000398 "
    "ABAD 7E"; /* Kaifa, 920 W */

static struct hdlc_frame decoded(const char *digits)
{
    struct hdlc_frame f;
    struct wp_slice in = rig_hex(digits);
    struct wp_decode d = hdlc_decode(NULL, in, &f);

    ck_assert_msg(d.status == WP_OK && d.used == in.n, "%s: %s", digits, wp_fault_text(d.fault));
    return f;
}

/* ---- published frames ------------------------------------------------------------------------------- */

/* Frames of one entry, their payload joined. Returns how many there were. */
static int read_entry(const struct dlms_vector *v, struct hdlc_join *join, struct wp_slice *ret_payload)
{
    struct hdlc_line line = {0};
    const cJSON *frames = cJSON_GetObjectItemCaseSensitive(v->expect, "frames");
    const cJSON *info = cJSON_GetObjectItemCaseSensitive(v->expect, "info");
    size_t at = 0;
    int n = 0;

    *ret_payload = wp_slice(NULL, 0);
    while (at < v->bytes.n) {
        struct hdlc_frame f;
        struct wp_decode d = hdlc_decode(&line, wp_slice_from(v->bytes, at), &f);
        enum wp_fault fault = WP_FAULT_NONE;

        ck_assert_msg(d.status == WP_OK, "%s: %s", v->id, wp_fault_text(d.fault));
        rig_expect_fields(v->id, &hdlc_codec, &f, cJSON_GetArrayItem(frames, n));
        if (cJSON_GetArraySize(info) > n)
            ck_assert_msg(wp_slice_eq(f.info, rig_hex(cJSON_GetArrayItem(info, n)->valuestring)), "%s",
                          v->id);
        ck_assert_msg(hdlc_join_add(join, &f, ret_payload, &fault) != WP_BAD, "%s", v->id);
        at += d.used;
        n++;
    }
    return n;
}

START_TEST(published_frames_are_read)
{
    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "hdlc");) {
        static uint8_t memory[HDLC_JOIN_DEFAULT];
        const cJSON *llc = cJSON_GetObjectItemCaseSensitive(v.expect, "llc");
        struct hdlc_join join;
        struct wp_slice payload;
        int n;

        if (!v.is_valid)
            continue;
        hdlc_join_init(&join, memory, sizeof memory);
        n = read_entry(&v, &join, &payload);
        ck_assert_int_eq(n, cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(v.expect, "frames")));
        rig_expect_splits(v.id, &hdlc_codec, v.bytes, (size_t)n);
        if (llc && n > 1 && !cJSON_GetObjectItemCaseSensitive(v.expect, "assembled"))
            ck_assert_msg(payload.n > 0 && join.llc != HDLC_LLC_NONE, "%s is not joined", v.id);
    }
}
END_TEST

/* The first fault of an entry's frames; "" when all are good. */
static const char *fault_of(struct wp_slice in)
{
    struct hdlc_line line = {0};
    struct hdlc_frame f;

    while (in.n > 0) {
        struct wp_decode d = hdlc_decode(&line, in, &f);

        if (d.status != WP_OK)
            return d.status == WP_MORE ? "truncated" : wp_fault_text(d.fault);
        in = wp_slice_from(in, d.used);
    }
    return "";
}

/* Of one the frames are good and the APDU is none. */
START_TEST(published_faults_are_named)
{
    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "hdlc");)
        if (!v.is_valid && strcmp(v.error, "apdu-tag") != 0)
            ck_assert_msg(strcmp(fault_of(v.bytes), v.error) == 0, "%s: %s, expected %s", v.id,
                          fault_of(v.bytes), v.error);
}
END_TEST

START_TEST(published_frames_are_sent_as_they_came)
{
    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "hdlc");) {
        uint8_t memory[HDLC_FRAME_MAX];
        struct wp_writer w = wp_writer(memory, sizeof memory);
        struct hdlc_frame f;
        struct wp_decode d = hdlc_decode(NULL, v.bytes, &f);

        if (!v.is_valid)
            continue;
        hdlc_encode(&w, &f);
        ck_assert_msg(wp_slice_eq(wp_written(&w), wp_slice(v.bytes.p, d.used)), "%s", v.id);
    }
}
END_TEST

START_TEST(every_prefix_says_more)
{
    struct wp_slice in = rig_hex(PUSH);
    struct hdlc_frame f;

    for (size_t n = 0; n < in.n; n++) {
        struct wp_decode d = hdlc_decode(NULL, wp_slice(in.p, n), &f);

        ck_assert_msg(d.status == WP_MORE && d.need >= 1 && d.need <= in.n - n, "%zu", n);
        if (n > 2)
            ck_assert_uint_eq(d.need, in.n - n);
    }
}
END_TEST

/* ---- flags ------------------------------------------------------------------------------------------ */

static struct wp_slice glued(const struct wp_slice *piece, size_t n)
{
    static uint8_t memory[8192];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    for (size_t i = 0; i < n; i++)
        wp_put_slice(&w, piece[i]);
    ck_assert(!w.full);
    return wp_written(&w);
}

/* One flag ends a frame and begins the next; without one in front no frame begins. */
START_TEST(a_flag_is_shared)
{
    const struct wp_slice push = rig_hex(PUSH), disc = wp_slice_from(rig_hex(DISC), 1);
    struct hdlc_frame f;

    rig_expect_splits("shared", &hdlc_codec, glued((struct wp_slice[]){push, disc, disc}, 3), 3);
    ck_assert_int_eq(hdlc_decode(NULL, disc, &f).fault, WP_FAULT_HDLC_FLAG);
}
END_TEST

START_TEST(idle_flags_belong_to_the_frame_behind_them)
{
    const struct wp_slice idle = rig_hex("7E7E7E7E7E"), push = rig_hex(PUSH);
    struct wp_slice in = glued((struct wp_slice[]){idle, push, idle, push}, 4);
    struct hdlc_frame f;
    struct wp_decode d = hdlc_decode(NULL, in, &f);

    ck_assert_uint_eq(d.used, idle.n + push.n);
    ck_assert_uint_eq(f.first, idle.n + 1);
    ck_assert_uint_eq(hdlc_idle(in), idle.n);
    rig_expect_splits("idle", &hdlc_codec, in, 2);
}
END_TEST

/* ---- faults ----------------------------------------------------------------------------------------- */

/* A good frame is found behind garbage, behind a bad frame, and inside one whose length is wrong. */
START_TEST(the_search_goes_on_at_the_next_start)
{
    static const char *const front[] = {
        "00",
        "7E",
        "7D5E20",
        "7EA0",
        "7E132B48A2D2E61E", /* d0094: another format */
        "7EA008022321937E", /* no closing flag where it should be */
        "7EA008022321930BD647E",
    };

    for (size_t i = 0; i < 6; i++) {
        struct wp_slice in = glued((struct wp_slice[]){rig_hex(front[i]), rig_hex(PUSH), rig_hex(DISC)}, 3);

        rig_expect_splits(front[i], &hdlc_codec, in, 2);
    }
}
END_TEST

/* No single changed byte goes unseen, and the frame behind is found. */
START_TEST(every_changed_byte_is_seen)
{
    const struct wp_slice push = rig_hex(PUSH);
    uint8_t bytes[64];

    for (size_t i = 1; i + 1 < push.n; i++) {
        struct hdlc_frame f;

        memcpy(bytes, push.p, push.n);
        bytes[i] ^= 0x04;
        ck_assert_msg(hdlc_decode(NULL, wp_slice(bytes, push.n), &f).status != WP_OK, "byte %zu", i);
    }
}
END_TEST

START_TEST(a_changed_frame_is_repaired)
{
    static const char *const frame[] = {SNRM, UA, PUSH};

    for (size_t k = 0; k < 3; k++) {
        struct wp_slice in = rig_hex(frame[k]);
        uint8_t bytes[64];
        struct hdlc_frame f;

        memcpy(bytes, in.p, in.n);
        for (size_t i = in.n - 3; i < in.n; i++)
            bytes[i] ^= 0xFF;
        ck_assert(hdlc_repair(bytes, in.n));
        ck_assert_mem_eq(bytes, in.p, in.n);
        bytes[in.n - 4] ^= 1;
        ck_assert_int_eq(hdlc_decode(NULL, wp_slice(bytes, in.n), &f).fault, WP_FAULT_FCS);
        ck_assert(hdlc_repair(bytes, in.n));
        ck_assert_int_eq(hdlc_decode(NULL, wp_slice(bytes, in.n), &f).status, WP_OK);
        ck_assert(!hdlc_repair(bytes, in.n - 1));
    }
}
END_TEST

/* ---- stuffing --------------------------------------------------------------------------------------- */

static struct wp_slice stuffed(struct wp_slice frame)
{
    static uint8_t memory[HDLC_STUFFED_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    wp_put_u8(&w, HDLC_FLAG);
    for (size_t i = 1; i + 1 < frame.n; i++) {
        bool is_escaped = frame.p[i] == HDLC_FLAG || frame.p[i] == HDLC_ESCAPE;

        if (is_escaped)
            wp_put_u8(&w, HDLC_ESCAPE);
        wp_put_u8(&w, is_escaped ? frame.p[i] ^ 0x20 : frame.p[i]);
    }
    wp_put_u8(&w, HDLC_FLAG);
    return wp_written(&w);
}

/* Adapters that stuff are read when there is room for it, at every place where a flag or an escape may stand; plain
 * frames with 7E and 7D in them stay plain. */
START_TEST(stuffed_frames_are_read_on_demand)
{
    for (size_t n = 100; n < 140; n++) { /* 7D and 7E are lengths among these */
        uint8_t payload[140], memory[256], room[HDLC_FRAME_MAX];
        struct wp_writer w = wp_writer(memory, sizeof memory);
        struct hdlc_frame f = {.destination = {.upper = 16, .n = 1}, .source = {.upper = 1, .n = 1}}, got;
        struct hdlc_line line = {.unstuffed = room};
        struct wp_slice wire;
        struct wp_decode d;

        for (size_t i = 0; i < n; i++)
            payload[i] = (uint8_t)(0x7C + i % 4);
        f.control = 0x13;
        f.payload = wp_slice(payload, n);
        hdlc_encode(&w, &f);
        d = hdlc_decode(&line, wp_written(&w), &got);
        ck_assert(d.status == WP_OK && !got.is_stuffed);
        wire = stuffed(wp_written(&w));
        for (size_t k = 1; k < wire.n; k++)
            ck_assert_int_eq(hdlc_decode(&line, wp_slice(wire.p, k), &got).status, WP_MORE);
        d = hdlc_decode(&line, wire, &got);
        ck_assert_msg(d.status == WP_OK && d.used == wire.n && got.is_stuffed, "%zu", n);
        ck_assert(wp_slice_eq(got.payload, f.payload));
        ck_assert_int_ne(hdlc_decode(NULL, wire, &got).status, WP_OK);
    }
}
END_TEST

/* ---- control, addresses, parameters ----------------------------------------------------------------- */

START_TEST(every_control_byte_has_one_meaning)
{
    unsigned known = 0;

    for (unsigned c = 0; c < 256; c++) {
        enum hdlc_type type;

        if (!hdlc_control_type((uint8_t)c, &type))
            continue;
        known++;
        ck_assert_ptr_nonnull(hdlc_type_text(type));
        ck_assert_uint_eq(
            hdlc_control(type, hdlc_ns((uint8_t)c), hdlc_nr((uint8_t)c), hdlc_is_poll_final((uint8_t)c)), c);
    }
    ck_assert_uint_eq(known, 128 + 16 + 16 + 6 * 2); /* I, RR, RNR, and six without numbers */
}
END_TEST

START_TEST(addresses_have_one_two_or_four_bytes)
{
    struct hdlc_frame f = decoded("7EA00A00020023F193232E7E"); /* d0398 */

    ck_assert_uint_eq(f.destination.n, 4);
    ck_assert_uint_eq(f.destination.upper, 1);
    ck_assert_uint_eq(f.destination.lower, 17);
    ck_assert_uint_eq(f.source.upper, 120);
    for (uint8_t n = 1; n <= 4; n = (uint8_t)(n * 2)) {
        uint8_t memory[32];
        struct wp_writer w = wp_writer(memory, sizeof memory);
        struct hdlc_frame sent = {.control = 0x93}, got;

        sent.destination = (struct hdlc_address){n == 4 ? 0x3FFF : 0x7F, n == 4 ? 0x2A55 : 0x55, n};
        sent.destination.lower = n == 1 ? 0 : sent.destination.lower;
        sent.source = sent.destination;
        hdlc_encode(&w, &sent);
        ck_assert_int_eq(hdlc_decode(NULL, wp_written(&w), &got).status, WP_OK);
        ck_assert(hdlc_address_eq(&got.destination, &sent.destination));
        ck_assert(hdlc_address_eq(&got.source, &sent.source));
    }
}
END_TEST

START_TEST(parameters_are_read_and_written)
{
    struct hdlc_frame f = decoded(UA);
    struct hdlc_parameters p;
    uint8_t memory[32];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    ck_assert(hdlc_parameters_read(f.info, &p));
    ck_assert_uint_eq(p.info_transmit, 410 & 0xFF); /* 9A in one byte, as it came */
    ck_assert_uint_eq(p.window_receive, 1);
    hdlc_put_parameters(&w, &(struct hdlc_parameters){0x9A, 128, 1, 7});
    ck_assert(hdlc_parameters_read(wp_written(&w), &p));
    ck_assert(p.info_transmit == 0x9A && p.info_receive == 128 && p.window_receive == 7);
    ck_assert(hdlc_parameters_read(wp_slice(NULL, 0), &p));
    ck_assert(p.info_transmit == HDLC_INFO_DEFAULT && p.window_transmit == HDLC_WINDOW_DEFAULT);
    for (size_t n = 1; n < w.n; n++)
        ck_assert(!hdlc_parameters_read(wp_slice(memory, n), &p));
    ck_assert(!hdlc_parameters_read(rig_hex("8180060503000100"), &p)); /* a size of three bytes */
}
END_TEST

/* ---- segments --------------------------------------------------------------------------------------- */

/* An APDU cut at every size and joined again is the same, over I and UI frames. */
START_TEST(cut_and_joined_is_the_same)
{
    uint8_t apdu[300];

    for (size_t i = 0; i < sizeof apdu; i++)
        apdu[i] = (uint8_t)(i * 7 + 3);
    for (size_t max = 4; max < 310; max++) {
        struct hdlc_split split = {.info_max = max};
        uint8_t wire[512], memory[sizeof apdu];
        struct wp_writer w = wp_writer(wire, sizeof wire);
        struct hdlc_join join;
        struct hdlc_line line = {0};
        struct wp_slice whole = {NULL, 0};
        enum wp_status status = WP_MORE;
        enum wp_fault fault;

        split.frame = (struct hdlc_frame){
            .destination = {.upper = 16, .n = 1},
            .source = {.upper = 1, .lower = 17, .n = 2},
            .control = max % 2 ? 0x13 : 0x10,
            .llc = HDLC_LLC_RESPONSE,
            .payload = wp_slice(apdu, sizeof apdu),
        };
        hdlc_join_init(&join, memory, sizeof memory);
        for (; hdlc_split_next(&split, &w); w.n = 0) {
            struct hdlc_frame f;
            struct wp_decode d = hdlc_decode(&line, wp_written(&w), &f);

            ck_assert(status == WP_MORE && d.status == WP_OK && d.used == w.n);
            ck_assert_uint_le(f.info.n, max);
            if (max % 2)
                ck_assert_uint_eq(f.control, f.more ? 0x03 : 0x13);
            status = hdlc_join_add(&join, &f, &whole, &fault);
        }
        ck_assert_int_eq(status, WP_OK);
        ck_assert(wp_slice_eq(whole, wp_slice(apdu, sizeof apdu)));
        ck_assert_int_eq(join.llc, HDLC_LLC_RESPONSE);
    }
}
END_TEST

/* A segment for the joiner. */
static struct hdlc_frame segment(uint8_t control, uint8_t upper, bool more, const char *digits)
{
    uint8_t wire[256];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct hdlc_frame f = {.destination = {.upper = upper, .n = 1}, .source = {.upper = 1, .n = 1}};
    static uint8_t kept[8][256];
    static unsigned next;
    uint8_t *p = kept[next++ % 8];

    f.control = control;
    f.more = more;
    f.payload = rig_hex(digits);
    hdlc_encode(&w, &f);
    memcpy(p, wire, w.n);
    ck_assert_int_eq(hdlc_decode(NULL, wp_slice(p, w.n), &f).status, WP_OK);
    return f;
}

struct join_rig {
    struct hdlc_join join;
    uint8_t memory[8];
    struct wp_slice out;
    enum wp_fault fault;
};

static enum wp_status add(struct join_rig *r, struct hdlc_frame f)
{
    return hdlc_join_add(&r->join, &f, &r->out, &r->fault);
}

START_TEST(what_ends_a_chain)
{
    struct join_rig r = {0};

    hdlc_join_init(&r.join, r.memory, sizeof r.memory);
    /* another address pair */
    ck_assert_int_eq(add(&r, segment(0x03, 16, true, "0F01")), WP_MORE);
    ck_assert_int_eq(add(&r, segment(0x13, 17, false, "C401")), WP_OK);
    ck_assert(wp_slice_eq(r.out, rig_hex("C401")));
    ck_assert_uint_eq(r.join.dropped, 1);
    /* SNRM */
    add(&r, segment(0x03, 16, true, "0F01"));
    ck_assert_int_eq(add(&r, segment(0x93, 16, false, "")), WP_MORE);
    ck_assert(!r.join.is_open);
    /* a frame of another kind between segments */
    add(&r, segment(0x10, 16, true, "0F01"));
    ck_assert_int_eq(add(&r, segment(0x13, 16, false, "C2")), WP_OK);
    ck_assert_uint_eq(r.join.dropped, 3);
    /* RR does not */
    add(&r, segment(0x10, 16, true, "0F01"));
    ck_assert_int_eq(add(&r, segment(0x31, 16, false, "")), WP_MORE);
    ck_assert_int_eq(add(&r, segment(0x12, 16, false, "02")), WP_OK);
    ck_assert(wp_slice_eq(r.out, rig_hex("0F0102")));
    ck_assert_uint_eq(r.join.dropped, 3);
}
END_TEST

/* Octets that look like an LLC are payload where a chain goes on, as in d0536. */
START_TEST(an_llc_stands_in_the_first_segment_alone)
{
    struct join_rig r = {0};

    hdlc_join_init(&r.join, r.memory, sizeof r.memory);
    add(&r, segment(0x03, 16, true, "E6E7000F01"));
    ck_assert_int_eq(add(&r, segment(0x13, 16, false, "E6E70002")), WP_OK);
    ck_assert(wp_slice_eq(r.out, rig_hex("0F01E6E70002")));
    ck_assert_int_eq(r.join.llc, HDLC_LLC_RESPONSE);
}
END_TEST

/* What is left of a dropped chain is no payload; the next frame with an LLC is. */
START_TEST(the_rest_of_a_dropped_chain_passes)
{
    struct join_rig r = {0};

    hdlc_join_init(&r.join, r.memory, sizeof r.memory);
    add(&r, segment(0x03, 16, true, "0F01"));
    hdlc_join_drop(&r.join); /* its second segment had a wrong FCS */
    ck_assert_int_eq(add(&r, segment(0x03, 16, true, "0203")), WP_MORE);
    ck_assert_int_eq(add(&r, segment(0x13, 16, false, "04")), WP_MORE);
    ck_assert_int_eq(add(&r, segment(0x13, 16, false, "0F05")), WP_OK);
    add(&r, segment(0x03, 16, true, "0F01"));
    hdlc_join_drop(&r.join); /* its last one had */
    ck_assert_int_eq(add(&r, segment(0x13, 16, false, "E6E7000F06")), WP_OK);
    ck_assert(wp_slice_eq(r.out, rig_hex("0F06")));
}
END_TEST

START_TEST(numbers_of_segments_rise)
{
    struct join_rig r = {0};

    hdlc_join_init(&r.join, r.memory, sizeof r.memory);
    add(&r, segment(0x1E, 16, true, "0F01"));
    ck_assert_int_eq(add(&r, segment(0x1E, 16, true, "0F01")), WP_MORE); /* sent again */
    ck_assert_int_eq(add(&r, segment(0x10, 16, false, "02")), WP_OK);    /* 7, then 0 */
    ck_assert(wp_slice_eq(r.out, rig_hex("0F0102")));
    add(&r, segment(0x10, 16, true, "0F01"));
    ck_assert_int_eq(add(&r, segment(0x14, 16, true, "03")), WP_BAD);
    ck_assert_int_eq(r.fault, WP_FAULT_TRUNCATED);
    ck_assert_int_eq(add(&r, segment(0x16, 16, false, "04")), WP_MORE);
    ck_assert_int_eq(add(&r, segment(0x18, 16, false, "0F")), WP_OK);
}
END_TEST

START_TEST(a_chain_is_bounded_by_its_memory)
{
    struct join_rig r = {0};

    hdlc_join_init(&r.join, r.memory, sizeof r.memory);
    ck_assert_int_eq(add(&r, segment(0x03, 16, true, "0102030405060708")), WP_MORE);
    ck_assert_int_eq(add(&r, segment(0x03, 16, true, "09")), WP_BAD);
    ck_assert_int_eq(r.fault, WP_FAULT_TOO_LARGE);
    ck_assert_int_eq(add(&r, segment(0x13, 16, false, "0A")), WP_MORE);
    ck_assert_int_eq(add(&r, segment(0x03, 16, true, "01020304")), WP_MORE);
    ck_assert_int_eq(add(&r, segment(0x13, 16, false, "05060708")), WP_OK);
    ck_assert_uint_eq(r.out.n, 8);
    /* one frame alone is borrowed, not copied */
    ck_assert_int_eq(add(&r, segment(0x13, 16, false, "010203040506070809")), WP_OK);
    ck_assert_uint_eq(r.out.n, 9);
}
END_TEST

/* SNRM and DISC are answered by UA or DM of the same pair, the other way round. */
START_TEST(the_link_asks_and_answers)
{
    struct hdlc_frame snrm = decoded(SNRM), disc = decoded(DISC), ua = decoded(UA), push = decoded(PUSH);
    struct hdlc_frame dm = decoded("7EA0082102231F10EA7E");        /* d0537 */
    struct hdlc_frame other = decoded("7EA00A00020023F193232E7E"); /* d0398, of another client */
    struct wp_turn asked = hdlc_link_turn(&snrm), of_other = hdlc_link_turn(&other);
    struct wp_turn ua_turn = hdlc_link_turn(&ua), dm_turn = hdlc_link_turn(&dm),
                   disc_turn = hdlc_link_turn(&disc);

    ck_assert(asked.kind == WP_TURN_ASKS && disc_turn.kind == WP_TURN_ASKS);
    ck_assert(ua_turn.kind == WP_TURN_ANSWERS && dm_turn.kind == WP_TURN_ANSWERS);
    ck_assert(hdlc_link_answers(&ua_turn, &asked) && hdlc_link_answers(&dm_turn, &disc_turn));
    ck_assert(!hdlc_link_answers(&ua_turn, &of_other));
    ck_assert_int_eq(hdlc_link_turn(&push).kind, WP_TURN_ALONE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("hdlc");
    TCase *t = tcase_create("hdlc");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, published_frames_are_read);
    tcase_add_test(t, published_faults_are_named);
    tcase_add_test(t, published_frames_are_sent_as_they_came);
    tcase_add_test(t, every_prefix_says_more);
    tcase_add_test(t, a_flag_is_shared);
    tcase_add_test(t, idle_flags_belong_to_the_frame_behind_them);
    tcase_add_test(t, the_search_goes_on_at_the_next_start);
    tcase_add_test(t, every_changed_byte_is_seen);
    tcase_add_test(t, a_changed_frame_is_repaired);
    tcase_add_test(t, stuffed_frames_are_read_on_demand);
    tcase_add_test(t, every_control_byte_has_one_meaning);
    tcase_add_test(t, addresses_have_one_two_or_four_bytes);
    tcase_add_test(t, parameters_are_read_and_written);
    tcase_add_test(t, cut_and_joined_is_the_same);
    tcase_add_test(t, an_llc_stands_in_the_first_segment_alone);
    tcase_add_test(t, what_ends_a_chain);
    tcase_add_test(t, the_rest_of_a_dropped_chain_passes);
    tcase_add_test(t, numbers_of_segments_rise);
    tcase_add_test(t, a_chain_is_bounded_by_its_memory);
    tcase_add_test(t, the_link_asks_and_answers);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
