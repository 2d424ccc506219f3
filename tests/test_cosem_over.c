/* The catalog's rows of DLMS/COSEM: every published vector through the row of its transport, whole, cut, and with keys.
 * covers: cosem_carried */
#include "harness/frames.h"
#include "sim/catalog.h"
#include "sim/codec/cosem_over.h"
#include "sim/codec/hdlc.h"
#include "tests/dlms_transport_rig.h"

static const struct wp_codec *row_of(const char *proto)
{
    if (strcmp(proto, "hdlc") == 0)
        return &cosem_over_hdlc;
    if (strcmp(proto, "mbus") == 0)
        return &cosem_over_mbus;
    return strcmp(proto, "dlms-wrapper") == 0 ? &cosem_over_wrapper : &cosem_over_nothing;
}

/* What a connection that says all of `in` comes to. */
struct told {
    const struct wp_codec *codec;
    size_t frames;
    bool is_unfinished; /* something waits for its rest */
    struct wp_content last;
    char json[65536]; /* of the last frame */
};

static struct wp_decode listen(const struct wp_codec *codec, const struct wp_keys *keys, struct wp_slice in,
                               struct told *out)
{
    void *state = calloc(1, codec->state_size), *frame = malloc(codec->frame_size);
    struct wp_decode d = wp_ok(0);

    ck_assert(state && frame);
    *out = (struct told){.codec = codec};
    codec->unlock(state, keys);
    for (size_t at = 0; at < in.n; at += d.used) {
        struct wp_writer w = wp_writer(out->json, sizeof out->json);

        d = codec->decode(state, WP_SIDE_UNKNOWN, wp_slice_from(in, at), frame);
        if (d.status != WP_OK)
            break;
        out->frames++;
        codec->content(frame, &out->last);
        fields_put_json(&w, codec, frame);
        ck_assert(!w.full);
        wp_put_end(&w);
    }
    out->is_unfinished = !codec->is_idle(state);
    free(frame);
    free(state);
    return d;
}

static struct wp_keys keys_of(const struct dlms_vector *v)
{
    return (struct wp_keys){&v->key, v->has_key};
}

/* The transports' own codes say END or an unfinished frame; the content says the rest. */
START_TEST(good_vectors_are_good_and_bad_ones_are_not)
{
    static struct told told;
    size_t n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);) {
        const struct wp_keys keys = keys_of(&v);
        bool is_idle, is_good;
        struct wp_decode d;

        if (strcmp(v.proto, "axdr") == 0 || cJSON_HasObjectItem(v.expect, "gmac"))
            continue;
        d = listen(row_of(v.proto), &keys, v.bytes, &told);
        is_idle = d.status == WP_MORE && told.frames > 0 && v.bytes.p[v.bytes.n - 1] == 0x7E;
        is_good = (d.status == WP_OK || is_idle) && told.frames > 0 &&
                  (told.last.fault == WP_FAULT_NONE || !frames_is_wrong(told.last.fault));
        is_good = is_good || told.last.fault == WP_FAULT_NESTING; /* a good APDU, and never its content */
        if (v.is_valid && !cJSON_HasObjectItem(v.expect, "gbt_error"))
            ck_assert_msg(is_good, "%s: %s %s %s", v.id, v.note, wp_fault_text(d.fault),
                          wp_fault_text(told.last.fault));
        n++;
    }
    if (n > 0)
        ck_assert_uint_gt(n, 350);
}
END_TEST

/* What the row says of an invalid vector, in the words of the vectors. */
static const char *said_of(const struct told *told, const struct wp_decode *d)
{
    if (d->status == WP_MORE)
        return wp_fault_text(WP_FAULT_TRUNCATED);
    if (d->status == WP_BAD && d->fault != WP_FAULT_START)
        return wp_fault_text(d->fault);
    if (d->status == WP_BAD &&
        told->codec == &cosem_over_hdlc) /* a stream's word for: nothing of mine begins here */
        return wp_fault_text(WP_FAULT_HDLC_FLAG);
    if (d->status == WP_BAD)
        return wp_fault_text(told->frames > 0 ? WP_FAULT_TRAILING : WP_FAULT_APDU_TAG);
    if (told->is_unfinished)
        return wp_fault_text(WP_FAULT_MBUS_INCOMPLETE);
    return wp_fault_text(told->last.fault);
}

/* Where rows, which listen to real meters in streams, say something else of good reason. */
static const struct {
    const char *id, *said, *because;
} lenient[] = {
    {"d0385", "none", "meters send it: an event-notification without the octet of its optional time"},
    {"d0387", "none", "the same with a second value"},
    {"d0396", "none", "meters send it: an action-response without its optional end"},
    {"d0397", "none", "a heartbeat is known, and no APDU is looked for in it"},
    {"d0494", "truncated", "it may be the one without its octet, of class 512, whose end is yet to come"},
    {"d0495", "event", "the time is none, and without its octet it is no event-notification either"},
    {"d0511", "none", "nothing came"},
    {"d0520", "none", "an empty wrapper is a sign of life"},
    {"d0560", "decipher-failed",
     "what comes out is not authenticated: rather a wrong key than octets too many"},
};

static const char *expected_of(const struct dlms_vector *v)
{
    for (size_t i = 0; i < sizeof lenient / sizeof lenient[0]; i++)
        if (strcmp(lenient[i].id, v->id) == 0)
            return lenient[i].said;
    return v->error;
}

START_TEST(invalid_vectors_are_refused_for_what_is_wrong_with_them)
{
    static struct told told;
    size_t n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);) {
        const struct wp_keys keys = keys_of(&v);
        const char *said, *expected = expected_of(&v);
        struct wp_decode d;

        if (v.is_valid || strcmp(v.proto, "axdr") == 0) /* no row has values alone */
            continue;
        d = listen(row_of(v.proto), &keys, v.bytes, &told);
        said = said_of(&told, &d);
        ck_assert_msg(strcmp(said, expected) == 0, "%s (%s): %s, expected %s", v.id, v.note, said, expected);
        n++;
    }
    if (dlms_vectors())
        ck_assert_uint_ge(n, 100);
}
END_TEST

/* Ciphered ones open with the key that stands beside them, and with no other. */
START_TEST(ciphered_vectors_open_with_their_key_alone)
{
    static struct told told;
    size_t n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);) {
        struct wp_key wrong = v.key;
        const struct wp_keys none = {0}, right = keys_of(&v), other = {&wrong, 1};

        if (!v.is_valid || !v.has_key || strcmp(v.proto, "axdr") == 0 ||
            cJSON_HasObjectItem(v.expect, "gmac"))
            continue;
        listen(row_of(v.proto), &right, v.bytes, &told);
        if (told.last.seal == WP_SEAL_NONE || told.last.fault == WP_FAULT_NESTING)
            continue;
        ck_assert_msg(told.last.seal != WP_SEAL_CLOSED, "%s: %s", v.id, wp_fault_text(told.last.fault));
        ck_assert_msg(strstr(told.json, "\"plain\":{"), "%s", v.id);
        listen(row_of(v.proto), &none, v.bytes, &told);
        if (told.last.seal == WP_SEAL_UNCHECKED) /* not encrypted: it is there to be read */
            continue;
        ck_assert_msg(told.last.fault == WP_FAULT_NO_KEY || told.last.fault == WP_FAULT_SYSTEM_TITLE,
                      "%s: %s", v.id, wp_fault_text(told.last.fault));
        wrong.key[0] ^= 1;
        listen(row_of(v.proto), &other, v.bytes, &told);
        ck_assert_msg(told.last.seal == WP_SEAL_CLOSED &&
                          (told.last.fault == WP_FAULT_AUTH_TAG || told.last.fault == WP_FAULT_DECIPHER),
                      "%s: %s", v.id, wp_fault_text(told.last.fault));
        n++;
    }
    if (dlms_vectors())
        ck_assert_uint_gt(n, 5);
}
END_TEST

/* The first of several: UI, from 1 to 16. */
static struct wp_slice segment(void)
{
    static uint8_t bytes[64];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);
    const struct hdlc_frame f = {.destination = {.upper = 16, .n = 1},
                                 .source = {.upper = 1, .n = 1},
                                 .control = HDLC_UI,
                                 .more = true,
                                 .llc = HDLC_LLC_RESPONSE,
                                 .payload = rig_hex("0F0000000700")};

    hdlc_encode(&w, &f);
    return wp_written(&w);
}

/* Thousands of connections keep only that; the rest is whatever stood there. */
START_TEST(an_idle_state_is_its_front)
{
    static struct told told;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);) {
        const struct wp_codec *codec = row_of(v.proto);
        const struct wp_keys keys = keys_of(&v);
        uint8_t *state = malloc(codec->state_size);
        void *frame = malloc(codec->frame_size);
        struct wp_decode d;

        ck_assert(state && frame);
        ck_assert_uint_le(codec->idle_size, 2048);
        memset(state, 0xA5, codec->state_size);
        memset(state, 0, codec->idle_size);
        codec->unlock(state, &keys);
        listen(codec, &keys, v.bytes, &told);
        for (size_t at = 0; v.is_valid && told.frames > 0 && at < v.bytes.n; at += d.used) {
            if (codec->is_idle(state))
                memset(state + codec->idle_size, 0xA5, codec->state_size - codec->idle_size);
            d = codec->decode(state, WP_SIDE_UNKNOWN, wp_slice_from(v.bytes, at), frame);
            if (d.status != WP_OK)
                break;
        }
        if (v.is_valid && told.frames > 0)
            ck_assert_msg(strcmp(rig_json(codec, frame), told.json) == 0, "%s: %s", v.id, v.note);
        free(frame);
        free(state);
    }
}
END_TEST

/* A block of two; half of an M-Bus payload; the first of two segments. */
START_TEST(what_is_given_up_is_idle)
{
    static const char first_block[] = "E040000100000A0F000000070002020906";
    const struct {
        const struct wp_codec *codec;
        struct wp_slice in;
    } row[] = {
        {&cosem_over_nothing, rig_hex(first_block)},
        {&cosem_over_wrapper, rig_hex("0001006700010011E040000100000A0F000000070002020906")},
        {&cosem_over_mbus, rig_hex("680F0F6853FF0001670F000000070002020906E316")},
        {&cosem_over_hdlc, segment()},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const struct wp_codec *codec = row[i].codec;
        void *state = calloc(1, codec->state_size), *frame = malloc(codec->frame_size);

        ck_assert(state && frame);
        ck_assert_msg(codec->is_idle(state), "%s", codec->name);
        ck_assert_int_eq(codec->decode(state, WP_SIDE_SERVER, row[i].in, frame).status, WP_OK);
        ck_assert_msg(!codec->is_idle(state), "%s", codec->name);
        codec->give_up(state);
        ck_assert_msg(codec->is_idle(state), "%s", codec->name);
        free(frame);
        free(state);
    }
}
END_TEST

/* Also when it moves between two frames of a chain. */
START_TEST(a_state_may_be_copied)
{
    static const char blocks[] = "0001006700010011E040000100000A0F0000000700020209060001006700010012"
                                 "E080000200000B0100010700FF0600000123";
    struct wp_slice in = rig_hex(blocks);
    const struct wp_codec *codec = &cosem_over_wrapper;
    void *first = calloc(1, codec->state_size), *second = malloc(codec->state_size);
    void *frame = malloc(codec->frame_size);
    struct wp_decode d = codec->decode(first, WP_SIDE_CLIENT, in, frame);

    ck_assert_int_eq(d.status, WP_OK);
    memcpy(second, first, codec->state_size);
    memset(first, 0xA5, codec->state_size);
    free(first);
    d = codec->decode(second, WP_SIDE_CLIENT, wp_slice_from(in, d.used), frame);
    ck_assert_int_eq(d.status, WP_OK);
    ck_assert_ptr_nonnull(strstr(rig_json(codec, frame), "\"joined\":{\"tag\":\"0F\""));
    free(frame);
    free(second);
}
END_TEST

/* C0 01 C1 .. asks, C4 01 C1 .. answers; another invoke-id does not. */
START_TEST(responses_answer_the_request_with_their_invoke_id)
{
    static const char *const hex[] = {"C001C100030100010800FF0200", "C401C10006000001F4",
                                      "C401C20006000001F4", "D80101"};
    const struct wp_codec *codec = &cosem_over_nothing;
    void *state = calloc(1, codec->state_size), *frame = malloc(codec->frame_size);
    struct wp_turn turn[4];

    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(codec->decode(state, WP_SIDE_CLIENT, rig_hex(hex[i]), frame).status, WP_OK);
        turn[i] = codec->turn(frame);
    }
    ck_assert_int_eq(turn[0].kind, WP_TURN_ASKS);
    ck_assert_int_eq(turn[1].kind, WP_TURN_ANSWERS);
    ck_assert(codec->answers(&turn[1], &turn[0]));
    ck_assert(!codec->answers(&turn[2], &turn[0]));
    ck_assert(codec->answers(&turn[3], &turn[0]));
    free(frame);
    free(state);
}
END_TEST

static struct wp_turn turn_of(const struct wp_codec *codec, enum wp_side from, struct wp_slice in)
{
    void *state = calloc(1, codec->state_size), *frame = malloc(codec->frame_size);
    struct wp_turn turn;

    ck_assert(state && frame);
    ck_assert_int_eq(codec->decode(state, from, in, frame).status, WP_OK);
    turn = codec->turn(frame);
    free(frame);
    free(state);
    return turn;
}

/* An I frame of N(S) ns and N(R) nr. */
static struct wp_slice information(unsigned ns, unsigned nr, enum hdlc_llc llc, const char *apdu)
{
    static uint8_t bytes[4][64];
    static unsigned next;
    struct wp_writer w = wp_writer(bytes[next++ % 4], sizeof bytes[0]);
    const struct hdlc_frame f = {.destination = {.upper = llc == HDLC_LLC_COMMAND ? 1 : 16, .n = 1},
                                 .source = {.upper = llc == HDLC_LLC_COMMAND ? 16 : 1, .n = 1},
                                 .control = hdlc_control(HDLC_I, ns, nr, true),
                                 .llc = llc,
                                 .payload = rig_hex(apdu)};

    hdlc_encode(&w, &f);
    return wp_written(&w);
}

#define ASK_2  "C001C200030100010800FF0200"
#define ASK_9  "C001C900030100010800FF0200"
#define TELL_2 "C401C20006000001F4"
#define TELL_9 "C401C90006000001F4"

/* Invoke-id 2 was asked for, 9 is now: the same question, and its answer becomes that of 9. In HDLC it counts on. */
START_TEST(an_answer_is_made_anothers)
{
    const struct {
        const struct wp_codec *codec;
        struct wp_slice now, recorded, adopted;
    } row[] = {
        {&cosem_over_nothing, rig_hex(ASK_9), rig_hex(TELL_2), rig_hex(TELL_9)},
        {&cosem_over_wrapper, rig_hex("000100010001000D" ASK_9), rig_hex("0001000100010009" TELL_2),
         rig_hex("0001000100010009" TELL_9)},
        {&cosem_over_hdlc, information(5, 3, HDLC_LLC_COMMAND, ASK_9),
         information(1, 2, HDLC_LLC_RESPONSE, TELL_2), information(3, 6, HDLC_LLC_RESPONSE, TELL_9)},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const struct wp_codec *codec = row[i].codec;
        struct wp_turn question = turn_of(codec, WP_SIDE_SERVER, row[i].now), answer;
        uint8_t bytes[64];

        memcpy(bytes, row[i].recorded.p, row[i].recorded.n);
        answer = turn_of(codec, WP_SIDE_CLIENT, row[i].recorded);
        ck_assert_msg(!codec->answers(&answer, &question), "%s", codec->name);
        ck_assert_msg(codec->adopt(bytes, row[i].recorded.n, &question), "%s", codec->name);
        ck_assert_msg(wp_slice_eq(wp_slice(bytes, row[i].recorded.n), row[i].adopted), "%s", codec->name);
        answer = turn_of(codec, WP_SIDE_CLIENT, row[i].adopted);
        ck_assert_msg(codec->answers(&answer, &question), "%s", codec->name);
    }
}
END_TEST

/* What is ciphered cannot be changed, what is cut is not looked into. */
START_TEST(what_cannot_be_made_anothers_stays)
{
    static const char *const hex[] = {"CC1E30000000071122334455667788990011223344556677889900112233445566",
                                      "C401", "0F0000000100"};
    const struct wp_turn question = turn_of(&cosem_over_nothing, WP_SIDE_SERVER, rig_hex(ASK_9));

    for (size_t i = 0; i < sizeof hex / sizeof hex[0]; i++) {
        struct wp_slice in = rig_hex(hex[i]);
        uint8_t bytes[64];

        memcpy(bytes, in.p, in.n);
        ck_assert_msg(!cosem_over_nothing.adopt(bytes, in.n, &question), "%s", hex[i]);
        ck_assert_mem_eq(bytes, in.p, in.n);
        ck_assert_msg(!cosem_over_hdlc.adopt(bytes, in.n, &question), "%s", hex[i]);
        ck_assert_msg(!cosem_over_wrapper.adopt(bytes, in.n, &question), "%s", hex[i]);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cosem_over");
    TCase *t = tcase_create("cosem_over");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, good_vectors_are_good_and_bad_ones_are_not);
    tcase_add_test(t, ciphered_vectors_open_with_their_key_alone);
    tcase_add_test(t, invalid_vectors_are_refused_for_what_is_wrong_with_them);
    tcase_add_test(t, an_idle_state_is_its_front);
    tcase_add_test(t, what_is_given_up_is_idle);
    tcase_add_test(t, a_state_may_be_copied);
    tcase_add_test(t, an_answer_is_made_anothers);
    tcase_add_test(t, what_cannot_be_made_anothers_stays);
    tcase_add_test(t, responses_answer_the_request_with_their_invoke_id);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
