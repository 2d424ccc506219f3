/* The way from a payload to a plain APDU over everything that was published: the vectors with keys, blocks or an
 * unfinished unit, a golden session, and a capture whose every APDU is ciphered. */
#include "sim/codec/cosem_unit.h"
#include "sim/codec/hdlc.h"
#include "sim/codec/mbus.h"
#include "sim/codec/wrapper.h"
#include "tests/dlms_vectors.h"

#include <pcap/pcap.h>

enum { ROOM = 16384, STREAM_MAX = 65536 };

static struct cosem_cipher cipher;
static uint8_t room[ROOM], chain[2][ROOM], joined[ROOM];
static struct wp_key key;
static struct wp_keys keys = {&key, 1};
static struct cosem_unit unit;
static struct cosem_scratch scratch = {&cipher, room, sizeof room, NULL};
static struct cosem_plain plain;
static size_t delivered, refused, parts;
static enum wp_fault last_fault;

static void begin(const struct wp_key *known)
{
    key = known ? *known : (struct wp_key){0};
    /* The vectors name a title for APDUs that carry none: it is the sender's, the key is everybody's. */
    key.has_title = false;
    unit = (struct cosem_unit){.keys = &keys, .tolerance = COSEM_STRICT};
    for (int i = 0; i < 2; i++)
        cosem_gbt_lend(&unit.chain[i], chain[i], sizeof chain[i]);
    if (known && known->has_title) {
        cosem_unit_configure(&unit, COSEM_CLIENT, known->title);
        cosem_unit_configure(&unit, COSEM_SERVER, known->title);
    }
    delivered = refused = parts = 0;
    last_fault = WP_FAULT_NONE;
}

static void feed_from(enum wp_side from, struct wp_slice payload)
{
    switch (cosem_unit_feed(&unit, &scratch, from, payload, &plain)) {
    case COSEM_UNIT_PLAIN: delivered++; return;
    case COSEM_UNIT_REFUSED:
        refused++;
        last_fault = plain.fault;
        return;
    default: parts++; return;
    }
}

static void feed(struct wp_slice payload)
{
    feed_from(WP_SIDE_UNKNOWN, payload);
}

/* ---- transports ------------------------------------------------------------------------------------- */

static void feed_wrappers(struct wp_slice in)
{
    struct wrapper_frame f;

    for (struct wp_decode d; in.n > 0; in = wp_slice_from(in, d.used)) {
        d = wrapper_decode(in, &f);
        ck_assert_int_eq(d.status, WP_OK);
        feed(f.payload);
    }
}

static void feed_hdlc(struct wp_slice in)
{
    struct hdlc_line line = {0};
    struct hdlc_join join;
    struct hdlc_frame f;
    struct wp_slice payload;
    enum wp_fault fault;

    hdlc_join_init(&join, joined, sizeof joined);
    for (struct wp_decode d; in.n > 0; in = wp_slice_from(in, d.used)) {
        d = hdlc_decode(&line, in, &f);
        if (d.status != WP_OK)
            return;
        if (hdlc_join_add(&join, &f, &payload, &fault) == WP_OK)
            feed(payload);
    }
    parts += join.is_open;
}

static void feed_mbus(struct wp_slice in)
{
    struct mbus_join join;
    struct mbus_frame f;
    struct wp_slice payload;
    enum wp_fault fault;

    mbus_join_init(&join, joined, sizeof joined);
    for (struct wp_decode d; in.n > 0; in = wp_slice_from(in, d.used)) {
        d = mbus_decode(in, &f);
        if (d.status != WP_OK)
            return;
        if (mbus_join_add(&join, &f, &payload, &fault) == WP_OK)
            feed(payload);
    }
}

static void feed_vector(const struct dlms_vector *v)
{
    begin(&v->key);
    if (strcmp(v->proto, "hdlc") == 0)
        feed_hdlc(v->bytes);
    else if (strcmp(v->proto, "mbus") == 0)
        feed_mbus(v->bytes);
    else if (strcmp(v->proto, "dlms-wrapper") == 0)
        feed_wrappers(v->bytes);
    else
        feed(v->bytes);
}

/* ---- what is expected ------------------------------------------------------------------------------- */

static const char *hex_of(struct wp_slice octets)
{
    static char text[2 * ROOM + 1];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_hex(&w, octets);
    return wp_put_end(&w);
}

/* Its octets, and each member that its own text has, are those of the vector. */
static void is_same_apdu(const struct dlms_vector *v, const struct cosem_apdu *apdu, const cJSON *expect)
{
    static char text[1 << 18];
    struct wp_writer w = wp_writer(text, sizeof text);
    const char *hex = dlms_vector_text(expect, "hex");
    cJSON *told;
    int n = 0;

    ck_assert_msg(strcmp(hex_of(apdu->bytes), hex) == 0, "%s: %s, not %s", v->id, hex_of(apdu->bytes), hex);
    cosem_apdu_text(&w, apdu);
    ck_assert(!w.full);
    told = cJSON_ParseWithLength(text, w.n);
    ck_assert_msg(told != NULL, "%s: %.*s", v->id, (int)w.n, text);
    for (const cJSON *m = told->child; m; m = m->next, n++)
        if (strcmp(m->string, "tag") != 0) /* which is what is known of the GCM tag, in the vectors */
            ck_assert_msg(cJSON_Compare(m, cJSON_GetObjectItemCaseSensitive(expect, m->string), true),
                          "%s: %s of %.*s", v->id, m->string, (int)w.n, text);
    ck_assert_int_ge(n, 2);
    cJSON_Delete(told);
}

static void is_same_layer(const struct dlms_vector *v, const cJSON *shell, const cJSON *inner)
{
    const struct cosem_layer *layer = &plain.layer[0];
    const char *title = dlms_vector_text(shell, "system_title");
    char sc[3];

    ck_assert_msg(plain.n_layers == 1, "%s", v->id);
    snprintf(sc, sizeof sc, "%02X", layer->sc);
    ck_assert_str_eq(sc, dlms_vector_text(shell, "sc"));
    ck_assert_int_eq((int64_t)layer->ic, (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(shell, "ic")));
    if (*dlms_vector_text(inner, "tag")) /* of an initiate APDU there stands its own tag */
        ck_assert_msg(strcmp(cosem_tag_text(layer->tag), dlms_vector_text(inner, "tag")) == 0, "%s", v->id);
    if (*title)
        ck_assert_str_eq(hex_of(wp_slice(layer->title, COSEM_TITLE)), title);
}

/* ---- the vectors ------------------------------------------------------------------------------------ */

START_TEST(published_shells_open)
{
    size_t n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);) {
        const cJSON *shell = cJSON_GetArrayItem(cJSON_GetObjectItem(v.expect, "apdus"), 0);
        const cJSON *inner = cJSON_GetObjectItem(shell, "plain");

        if (!v.is_valid || !inner)
            continue;
        n++;
        feed_vector(&v);
        if (strcmp(dlms_vector_text(inner, "apdu"), "general-glo-ciphering") == 0) {
            ck_assert_int_eq(last_fault,
                             WP_FAULT_NESTING); /* a shell in its own kind is shown, and not opened */
            plain.n_layers = 1;
        } else {
            ck_assert_msg(delivered == 1 && refused == 0, "%s: %s", v.id, wp_fault_text(last_fault));
            is_same_apdu(&v, &plain.apdu, inner);
        }
        is_same_layer(&v, shell, inner);
        ck_assert_str_eq(hex_of(plain.apdu.bytes), dlms_vector_text(inner, "hex"));
    }
    ck_assert_msg(n >= 25 || !dlms_vectors(), "%zu shells", n);
}
END_TEST

START_TEST(published_associations_tell_what_they_agreed_on)
{
    size_t n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);) {
        const cJSON *told = cJSON_GetArrayItem(cJSON_GetObjectItem(v.expect, "apdus"), 0);
        const cJSON *inner = cJSON_GetObjectItem(told, "initiate_plain");
        struct cosem_apdu initiate;

        if (!v.is_valid || !inner)
            continue;
        n++;
        feed_vector(&v);
        ck_assert_uint_eq(delivered, 1);
        ck_assert_msg(plain.initiate_fault == WP_FAULT_NONE, "%s: %s", v.id,
                      wp_fault_text(plain.initiate_fault));
        initiate = (struct cosem_apdu){.tag = plain.initiate.tag, .initiate = plain.initiate};
        ck_assert_int_eq(initiate.tag, cJSON_GetObjectItem(inner, "tag")->valueint);
        ck_assert_str_eq(hex_of(plain.initiate.dedicated_key), dlms_vector_text(inner, "dedicated_key"));
        ck_assert_int_eq(plain.initiate.max_pdu, cJSON_GetObjectItem(inner, "max_pdu")->valueint);
    }
    ck_assert_msg(n >= 4 || !dlms_vectors(), "%zu associations", n);
}
END_TEST

START_TEST(published_blocks_join)
{
    size_t n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);) {
        const cJSON *whole = cJSON_GetObjectItem(v.expect, "assembled");

        if (!whole)
            continue;
        n++;
        feed_vector(&v);
        ck_assert_msg(delivered == 1 && refused == 0, "%s", v.id);
        ck_assert_uint_eq(plain.blocks, parts + 1);
        is_same_apdu(&v, &plain.apdu, whole);
    }
    ck_assert(n == 2 || !dlms_vectors());
}
END_TEST

START_TEST(unfinished_units_deliver_nothing)
{
    size_t n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);) {
        if (!cJSON_IsTrue(cJSON_GetObjectItem(v.expect, "incomplete")))
            continue;
        n++;
        feed_vector(&v);
        ck_assert_msg(delivered == 0, "%s delivers %s", v.id, hex_of(plain.apdu.bytes));
        ck_assert_msg(parts + refused > 0, "%s", v.id);
    }
    ck_assert_msg(n == 13 || !dlms_vectors(), "%zu", n);
}
END_TEST

/* Invalid ones of the whole file, with whatever key they have: refused, and ciphered ones for the cause that is told. */
START_TEST(invalid_apdus_are_refused)
{
    static const char *const exact[] = {"auth-tag", "compressed", "system-title", "cipher-length"};

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "dlms-apdu");) {
        if (v.is_valid)
            continue;
        feed_vector(&v);
        ck_assert_msg(delivered == 0, "%s (%s) is delivered", v.id, v.note);
        for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++)
            if (strcmp(v.error, exact[i]) == 0)
                ck_assert_msg(strcmp(wp_fault_text(last_fault), v.error) == 0, "%s: %s, not %s", v.id,
                              wp_fault_text(last_fault), v.error);
    }
}
END_TEST

/* Three blocks of two HDLC files each. seen: L+G E450 in Switzerland */
START_TEST(blocks_of_separate_frames_join)
{
    size_t n = 0;

    begin(NULL);
    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "hdlc");) {
        if (!strstr(dlms_vector_text(v.entry, "source"), "landis-gyr/gh740-"))
            continue;
        feed_hdlc(v.bytes);
        n++;
    }
    ck_assert(!dlms_vectors() || (n == 3 && parts == 2 && delivered == 1 && plain.blocks == 3));
}
END_TEST

/* ---- the golden session ----------------------------------------------------------------------------- */

/* The vectors of one session in their order: titles are learnt from its AARQ and AARE, not told. The keys are everybody's,
 * and then the server's: they are the client's, too. */
START_TEST(a_session_of_a_kaifa_meter_is_read_to_its_end)
{
    static const uint8_t server[] = {0x4B, 0x46, 0x4D, 0x64, 0x10, 0x00, 0x00, 0x02};
    struct wp_key known = {0};
    size_t n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "dlms-wrapper");) {
        bool is_late;

        if (!strstr(dlms_vector_text(v.entry, "source"), "test_hls_complete"))
            continue;
        if (n++ == 0) {
            known = v.key;
            known.has_title = false;
            begin(&known);
            key.has_title = _i == 1;
            memcpy(key.title, server, sizeof server);
        }
        feed_wrappers(v.bytes);
        ck_assert_msg(refused == 0, "%s: %s", v.id, wp_fault_text(last_fault));
        ck_assert_msg(plain.initiate_fault == WP_FAULT_NONE, "%s", v.id);
        ck_assert_msg(plain.n_layers == 1 && plain.layer[0].tag == COSEM_TAG_OK, "%s", v.id);
        /* A set stands before the release, which was sent before it. */
        is_late = plain.apdu.form == COSEM_RLRQ || plain.apdu.form == COSEM_RLRE;
        ck_assert_msg(plain.layer[0].freshness == (is_late ? COSEM_COUNTER_LOWER : COSEM_COUNTER_FRESH), "%s",
                      v.id);
    }
    ck_assert_msg(!dlms_vectors() || n >= 8, "%zu", n);
    ck_assert_uint_eq(delivered, n);
}
END_TEST

/* ---- the capture ------------------------------------------------------------------------------------ */

struct direction {
    uint8_t bytes[STREAM_MAX];
    uint32_t base;
    size_t n;
    bool is_known;
};

/* Loopback family, IPv4, TCP: the octets go where their sequence number says. */
static void take_packet(struct direction way[2], const uint8_t *p, size_t n)
{
    const uint8_t *ip = p + 4;
    const size_t header = (size_t)(ip[0] & 0x0F) * 4, whole = (size_t)(ip[2] << 8 | ip[3]);
    const uint8_t *tcp = ip + header;
    const size_t offset = (size_t)(tcp[12] >> 4) * 4, n_data = whole - header - offset;
    const uint32_t seq = (uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 | (uint32_t)tcp[6] << 8 | tcp[7];
    struct direction *d =
        &way[(tcp[0] << 8 | tcp[1]) < (tcp[2] << 8 | tcp[3])]; /* the server has the small port */
    size_t at;

    ck_assert_uint_le(4 + whole, n);
    if (n_data == 0)
        return;
    if (!d->is_known) {
        d->base = seq;
        d->is_known = true;
    }
    at = seq - d->base;
    ck_assert_uint_le(at + n_data, STREAM_MAX);
    memcpy(d->bytes + at, tcp + offset, n_data);
    d->n = at + n_data > d->n ? at + n_data : d->n;
}

/* false: the capture is not there, and a line says so. */
static bool read_capture(struct direction way[2])
{
    struct pcap_pkthdr *header;
    const uint8_t *packet;
    char path[1024], error[PCAP_ERRBUF_SIZE];
    pcap_t *in;

    snprintf(path, sizeof path, "%s/captures/dlms/htanwar922__Output-Ciphered-HLS-AuthEnc.pcap",
             dlms_vectors_folder());
    in = pcap_open_offline(path, error);
    if (!in) {
        printf("skipped: no test data at %s\n", path);
        return false;
    }
    while (pcap_next_ex(in, &header, &packet) == 1)
        take_packet(way, packet, header->caplen);
    pcap_close(in);
    return true;
}

/* 258 gets and two actions; beside them the initiate APDUs of the association, an access-request and its response that
 * lack their first octet, and a release whose lengths contradict each other.
 * source: captures/INDEX.md, with the keys of this capture */
START_TEST(every_ciphered_apdu_of_a_capture_opens)
{
    static struct direction way[2];
    struct wp_key known = {.n_key = 16, .n_auth = 16};
    size_t verified[256] = {0}, n;

    if (!read_capture(way))
        return;
    wp_hex_read(wp_text("000102030405060708090A0B0C0D0E0F"), known.key, 16, &n);
    wp_hex_read(wp_text("D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"), known.auth, 16, &n);
    begin(&known);
    unit.policy = COSEM_REQUIRE_TAG | COSEM_HEADLESS | COSEM_STRICT_COUNTER;
    for (int i = 0; i < 2; i++)
        for (struct wp_slice left = wp_slice(way[i].bytes, way[i].n); left.n > 0;) {
            struct wrapper_frame f;
            struct wp_decode d = wrapper_decode(left, &f);

            ck_assert_int_eq(d.status, WP_OK);
            left = wp_slice_from(left, d.used);
            feed_from(i == 0 ? WP_SIDE_CLIENT : WP_SIDE_SERVER, f.payload);
            ck_assert(plain.fault == WP_FAULT_NONE || f.payload.p[0] == 0x63);
            ck_assert_msg(plain.initiate_fault == WP_FAULT_NONE, "%s", wp_fault_text(plain.initiate_fault));
            for (size_t k = 0; k < plain.n_layers; k++)
                verified[plain.layer[k].apdu_tag] += plain.layer[k].tag == COSEM_TAG_OK;
        }
    ck_assert_uint_eq(verified[0xC8] + verified[0xCC] + verified[0xCB] + verified[0xCF], 260);
    ck_assert_uint_eq(verified[0x21] + verified[0x28], 2);
    ck_assert_uint_eq(verified[0xDB], 2);
    ck_assert_uint_eq(refused, 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cosem_unit_published");
    TCase *t = tcase_create("cosem_unit_published");
    SRunner *r;
    int failed;

    tcase_add_test(t, published_shells_open);
    tcase_add_test(t, published_associations_tell_what_they_agreed_on);
    tcase_add_test(t, published_blocks_join);
    tcase_add_test(t, unfinished_units_deliver_nothing);
    tcase_add_test(t, invalid_apdus_are_refused);
    tcase_add_test(t, blocks_of_separate_frames_join);
    tcase_add_loop_test(t, a_session_of_a_kaifa_meter_is_read_to_its_end, 0, 2);
    tcase_add_test(t, every_ciphered_apdu_of_a_capture_opens);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    cosem_cipher_close(&cipher);
    return failed ? 1 : 0;
}
