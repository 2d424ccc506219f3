/* The simulated DLMS/COSEM meter as a server: links, associations, GET, SET, ACTION, exceptions.
 * covers: dlms_meter_receive dlms_meter_answer dlms_meter_association dlms_meter_get dlms_meter_write
 * dlms_meter_buffer */
#include "tests/dlms_meter_ask.h"
#include "tests/dlms_vectors.h"

static void start(struct rig *r, const char *name, const char *value)
{
    rig_start(r, "push.interval", "0s", name, value, NULL);
    ck_assert(strncmp(ask(r, AARQ),
                      "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F0400", 72) == 0);
}

/* ---- the EM114070 ------------------------------------------------------------------------------------------------- */

/* What the scan of a real one answered. */
START_TEST(an_em114070_answers_as_the_real_one)
{
    struct rig r;

    start(&r, "serial", "000000000000");
    ck_heard(ask(&r, GET("0003"
                         "01000C0700FF"
                         "02")),
             "C401C1000600005C54");
    ck_heard(ask(&r, GET("0003"
                         "01000C0700FF"
                         "03")),
             "C401C10002020FFE1623");
    ck_heard(ask(&r, GET("0003"
                         "01000E0700FF"
                         "02")),
             "C401C10012138C");
    ck_heard(ask(&r, GET("0001"
                         "0000600E00FF"
                         "02")),
             "C401C1001101");
    ck_heard(ask(&r, GET("0001"
                         "0000600100FF"
                         "02")),
             "C401C100090C303030303030303030303030");
    ck_heard(ask(&r, GET("0001"
                         "00002A0000FF"
                         "02")),
             "C401C100091059544C31303230303030303030303030");
    ck_heard(ask(&r, GET("0008"
                         "0000010000FF"
                         "02")),
             "C401C100090C07E8010F010C0007008000FF");
    ck_heard(ask(&r, GET("0003"
                         "0100200700FF"
                         "02")),
             "C401C10104"); /* no phases */
    ck_heard(ask(&r, GET("0003"
                         "0100010801FF"
                         "02")),
             "C401C10104"); /* no tariffs */
    ck_heard(ask(&r, GET("0046"
                         "000060030AFF"
                         "02")),
             "C401C10104"); /* no relay */
    ck_heard(ask(&r, GET("0004"
                         "01000C0700FF"
                         "02")),
             "C401C10109");
    ck_heard(ask(&r, GET("0003"
                         "01000C0700FF"
                         "05")),
             "C401C10103");
    ck_heard(ask(&r, "C001C1"
                     "0003"
                     "01000C0700FF"
                     "02"
                     "01"
                     "02"
                     "00"),
             "C401C1010D");
    ck_heard(ask(&r, "6203800100"), "6303800100");
    ck_heard(ask(&r, GET("0003"
                         "01000C0700FF"
                         "02")),
             "D80101");
    rig_free(&r);
}
END_TEST

/* Protocol notes, 6: only LN without ciphering, and another destination than 1 gets no answer. */
START_TEST(an_em114070_takes_ln_alone)
{
    uint8_t apdu[64];
    struct rig r;
    size_t n;

    rig_start(&r, "push.interval", "0s", NULL);
    ck_heard(ask(&r, "601DA109060760857405080102BE10040E01000000065F1F0400001E1DFFFF"),
             "6117A109060760857405080102A203020101A305A103020102");
    ck_assert(wp_hex_read(wp_text(AARQ), apdu, sizeof apdu, &n));
    ck_heard(ask_from(&r, 1, 0x10, wp_slice(apdu, n)), "silence");
    ck_assert(strncmp(ask_from(&r, 0x10, 1, wp_slice(apdu, n)), "6129", 4) == 0);
    ck_assert_uint_eq(r.sends[0].p[5], 0x10); /* back to who asked */
    rig_free(&r);
}
END_TEST

START_TEST(a_request_without_wrapper_is_answered_so)
{
    struct rig r;

    start(&r, "answer.form", "framed");
    rig_forget(&r);
    rig_hex(&r, GET("0003"
                    "01000C0700FF"
                    "02"));
    ck_heard(listen_to(&r), "C401C1000600005C54");
    ck_assert_uint_eq(r.sends[0].p[0], 0xC4);
    rig_set(&r, "answer.form", "bare", 0);
    ck_heard(ask(&r, GET("0003"
                         "01000C0700FF"
                         "02")),
             "C401C1000600005C54");
    ck_assert_uint_eq(r.sends[0].p[0], 0xC4);
    rig_free(&r);
}
END_TEST

START_TEST(requests_come_in_any_pieces)
{
    static const char hex[] = "0001000100010"
                              "00D" GET("0003"
                                        "01000C0700FF"
                                        "02");
    struct rig r;

    start(&r, "reply.delay", "0s");
    for (size_t cut = 2; cut < sizeof hex - 1; cut += 2) {
        char first[sizeof hex];

        rig_forget(&r);
        memcpy(first, hex, cut);
        first[cut] = 0;
        rig_hex(&r, first);
        rig_hex(&r, hex + cut);
        ck_heard(listen_to(&r), "C401C1000600005C54");
    }
    rig_free(&r);
}
END_TEST

/* ---- lists and blocks ------------------------------------------------------------------------------------------------ */

START_TEST(a_list_has_a_result_for_each)
{
    struct rig r;

    start(&r, "tariff", "2");
    ck_heard(ask(&r, "C003C102"
                     "0001"
                     "0000600E00FF"
                     "0200"
                     "0003"
                     "0100200700FF"
                     "0200"),
             "C403C1020011020104");
    rig_free(&r);
}
END_TEST

/* Blocks joined; the last octets of each answer are its data. */
static size_t get_in_blocks(struct rig *r, const char *get, uint8_t *joined, unsigned *blocks)
{
    uint8_t octets[4096];
    struct cosem_apdu apdu;
    char next[32];
    size_t n = 0;

    *blocks = 0;
    for (const char *request = get; request; request = next) {
        ask(r, request);
        ck_assert_int_eq(cosem_apdu_read(heard_octets(octets, sizeof octets), COSEM_STRICT, &apdu).status,
                         WP_OK);
        ck_assert_int_eq(apdu.form, COSEM_GET_RESPONSE_BLOCK);
        ck_assert_uint_eq(apdu.service.block.number, ++*blocks);
        ck_assert_uint_le(strlen(heard) / 2, 64);
        memcpy(joined + n, apdu.service.block.raw.p, apdu.service.block.raw.n);
        n += apdu.service.block.raw.n;
        if (apdu.service.block.is_last)
            break;
        snprintf(next, sizeof next, "C002C1%08X", *blocks);
    }
    return n;
}

START_TEST(what_is_longer_than_the_pdu_goes_out_in_blocks)
{
    uint8_t joined[8192];
    struct axdr_cursor c;
    struct axdr_item item;
    unsigned blocks;
    struct rig r;
    size_t n;

    rig_start(&r, "profile", "netz-noe", "transport", "wrapper", "pdu.max", "64", "push.interval", "0s",
              NULL);
    ask(&r, AARQ);
    n = get_in_blocks(&r,
                      GET("000F"
                          "0000280000FF"
                          "02"),
                      joined, &blocks);
    ck_assert_uint_gt(blocks, 10);
    ck_assert_int_eq(axdr_decode_whole(wp_slice(joined, n), NULL).status, WP_OK);
    axdr_open(&c, wp_slice(joined, n), NULL);
    ck_assert(axdr_next(&c, &item));
    ck_assert_uint_eq(item.count, 6 + 11);
    ck_heard(ask(&r, "C002C100000063"), "C402C10100000063"
                                        "0113");
    ck_heard(ask(&r, GET("0001"
                         "0000600100FF"
                         "02")),
             "C401C100090C303030303030303030303031");
    ck_heard(ask(&r, "C002C100000001"), "C402C10100000001"
                                        "0110");
    rig_free(&r);
}
END_TEST

/* Rows of the load profile by entry and by range; what the energies were. */
START_TEST(the_load_profile_is_read_by_range_and_by_entry)
{
    struct rig r;

    rig_start(&r, "profile", "netz-noe", "transport", "wrapper", "push.interval", "0s", "current", "0", NULL);
    ask(&r, AARQ);
    ck_heard(ask(&r, "C001C1"
                     "0007"
                     "0100630100FF"
                     "02"
                     "01"
                     "02"
                     "0204"
                     "0600000060"
                     "0600000000"
                     "120001"
                     "120000"),
             "C401C100"
             "01820001"
             "0203"
             "090C07E8010F010C000000000000"
             "0600BC6146"
             "0600000000");
    ask(&r, "C001C1"
            "0007"
            "0100630100FF"
            "02"
            "01"
            "01"
            "0204"
            "0204"
            "120008"
            "09060000010000FF"
            "0F02"
            "120000"
            "090C07E8010F010B1E0000000000"
            "090C07E8010F010C000000000000"
            "0100");
    ck_assert(strncmp(heard,
                      "C401C10001820003"
                      "0203"
                      "090C07E8010F010B1E00",
                      40) == 0);
    ck_heard(ask(&r, "C001C1"
                     "0007"
                     "0100630100FF"
                     "02"
                     "01"
                     "02"
                     "0204"
                     "0600000061"
                     "0600000000"
                     "120001"
                     "120000"),
             "C401C1010D"); /* beyond the last one */
    ck_heard(ask(&r, GET("0007"
                         "0100630100FF"
                         "04")),
             "C401C1000600000384");
    rig_free(&r);
}
END_TEST

/* ---- SET, ACTION -------------------------------------------------------------------------------------------------------- */

START_TEST(clock_and_tariff_are_set_and_nothing_else)
{
    struct rig r;

    start(&r, "read.only", "false");
    ck_heard(ask(&r, "C101C1"
                     "0008"
                     "0000010000FF"
                     "0200"
                     "090C07E9050A06080000000000FF"),
             "C501C100");
    ck_heard(ask(&r, GET("0008"
                         "0000010000FF"
                         "02")),
             "C401C100090C07E9050A06080001008000FF");
    ck_heard(ask(&r, "C101C1"
                     "0001"
                     "0000600E00FF"
                     "0200"
                     "1102"),
             "C501C100");
    ck_heard(ask(&r, GET("0001"
                         "0000600E00FF"
                         "02")),
             "C401C1001102");
    ck_heard(ask(&r, "C101C1"
                     "0001"
                     "0000600E00FF"
                     "0200"
                     "1107"),
             "C501C1FA");
    ck_heard(ask(&r, "C101C1"
                     "0001"
                     "0000600E00FF"
                     "0200"
                     "120001"),
             "C501C10C");
    ck_heard(ask(&r, "C101C1"
                     "0003"
                     "01000C0700FF"
                     "0200"
                     "0600000001"),
             "C501C103");
    ck_heard(ask(&r, "C101C1"
                     "0003"
                     "0100630700FF"
                     "0200"
                     "0600000001"),
             "C501C104");
    rig_free(&r);
}
END_TEST

START_TEST(the_relay_is_switched_by_action)
{
    struct rig r;

    rig_start(&r, "profile", "in-15959", "security", "none", "push.interval", "0s", NULL);
    ask(&r, AARQ);
    ck_heard(ask(&r, GET("0046"
                         "000060030AFF"
                         "02")),
             "C401C1000301");
    ck_heard(ask(&r, "C301C1"
                     "0046"
                     "000060030AFF"
                     "01"
                     "01"
                     "0F00"),
             "C701C10000");
    ck_heard(ask(&r, GET("0046"
                         "000060030AFF"
                         "02")),
             "C401C1000300");
    ck_heard(ask(&r, GET("0046"
                         "000060030AFF"
                         "03")),
             "C401C1001600");
    ck_heard(ask(&r, "C301C1"
                     "0046"
                     "0000600311FF"
                     "01"
                     "01"
                     "0F00"),
             "C701C10400");
    ck_heard(ask(&r, "C301C1"
                     "0046"
                     "000060030AFF"
                     "02"
                     "01"
                     "0F00"),
             "C701C10000");
    ck_assert(!rig_meter(&r)->relay_open);
    rig_free(&r);
}
END_TEST

/* ---- associations -------------------------------------------------------------------------------------------------------- */

START_TEST(a_password_lets_in)
{
    struct rig r;

    rig_start(&r, "push.interval", "0s", "authentication", "lls", NULL);
    ck_heard(ask(&r, AARQ), "6117A109060760857405080101A203020101A305A10302010C");
    ck_heard(ask(&r, "6036A1090607608574050801018A0207808B0760857405080201AC0A80083132333435363739"
                     "BE10040E01000000065F1F0400001E1DFFFF"),
             "6117A109060760857405080101A203020101A305A10302010D");
    ck_assert(strncmp(ask(&r, "6036A1090607608574050801018A0207808B0760857405080201AC0A80083132333435363738"
                              "BE10040E01000000065F1F0400001E1DFFFF"),
                      "6129A109060760857405080101A203020100A305A103020100", 50) == 0);
    rig_free(&r);
}
END_TEST

/* A client with the meter's keys: an association with GMAC, a ciphered GET, a counter that does not rise. */
struct client {
    uint8_t ek[METER_KEY], ak[METER_KEY], title[COSEM_TITLE], server[COSEM_TITLE];
    struct cosem_secret own, theirs;
    uint32_t ic;
};

static void client_init(struct client *c)
{
    size_t n;

    memset(c, 0, sizeof *c);
    ck_assert(wp_hex_read(wp_text("000102030405060708090A0B0C0D0E0F"), c->ek, METER_KEY, &n));
    ck_assert(wp_hex_read(wp_text("D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"), c->ak, METER_KEY, &n));
    memcpy(c->title, "CLI\1\2\3\4\5", COSEM_TITLE);
    c->own = c->theirs =
        (struct cosem_secret){.key = wp_slice(c->ek, METER_KEY), .auth = wp_slice(c->ak, METER_KEY)};
    c->own.title = wp_slice(c->title, COSEM_TITLE);
    c->theirs.title = wp_slice(c->server, COSEM_TITLE);
    c->ic = 100;
}

/* An enciphered request; its answer, deciphered, as hex. */
static const char *ask_sealed(struct rig *r, struct client *c, struct wp_slice plain, uint32_t ic)
{
    uint8_t sealed[2048], octets[2048], room[2048];
    struct wp_writer w = wp_writer(sealed, sizeof sealed), t;
    struct cosem_apdu apdu;
    struct cosem_content content;
    struct wp_slice text;
    enum cosem_tag tag;

    ck_assert(cosem_seal(&w, cosem_cipher_shared(), &c->own, COSEM_GLO, 0x30, ic, plain));
    ask_from(r, 1, 1, wp_written(&w));
    ck_assert_int_eq(cosem_apdu_read(heard_octets(octets, sizeof octets), COSEM_STRICT, &apdu).status, WP_OK);
    if (apdu.form != COSEM_GLO)
        return heard;
    ck_assert_int_eq(cosem_content_decode(apdu.ciphered.whole, &content).status, WP_OK);
    ck_assert_int_eq(cosem_decipher(cosem_cipher_shared(), &c->theirs, &content, room, &text, &tag),
                     WP_FAULT_NONE);
    ck_assert_int_eq(tag, COSEM_TAG_OK);
    t = wp_writer(heard, sizeof heard);
    wp_put_hex(&t, text);
    return wp_put_end(&t);
}

static const char *ask_sealed_hex(struct rig *r, struct client *c, const char *hex, uint32_t ic)
{
    uint8_t plain[512];
    size_t n;

    ck_assert(wp_hex_read(wp_text(hex), plain, sizeof plain, &n));
    return ask_sealed(r, c, wp_slice(plain, n), ic);
}

static void associate(struct rig *r, struct client *c, uint8_t *challenge, size_t *n_challenge)
{
    uint8_t bytes[256], initiate[64], octets[512];
    const uint8_t plain[] = {0x01, 0, 0, 0, 6, 0x5F, 0x1F, 4, 0, 0, 0x1E, 0x1D, 0xFF, 0xFF};
    struct wp_writer w = wp_writer(bytes, sizeof bytes), i = wp_writer(initiate, sizeof initiate);
    struct cosem_apdu apdu = {.form = COSEM_AARQ, .tag = 0x60};

    ck_assert(cosem_seal(&i, cosem_cipher_shared(), &c->own, COSEM_GLO, 0x30, c->ic++,
                         wp_slice(plain, sizeof plain)));
    apdu.association = (struct cosem_association){.has_context = true,
                                                  .context = 3,
                                                  .title = wp_slice(c->title, COSEM_TITLE),
                                                  .requirements = cosem_requirements(),
                                                  .has_mechanism = true,
                                                  .mechanism = 5,
                                                  .auth_value = wp_text("0123456789ABCDEF"),
                                                  .user_information = wp_written(&i)};
    cosem_apdu_encode(&w, &apdu);
    ask_from(r, 1, 1, wp_written(&w));
    ck_assert_int_eq(cosem_apdu_read(heard_octets(octets, sizeof octets), COSEM_STRICT, &apdu).status, WP_OK);
    ck_assert_int_eq(apdu.form, COSEM_AARE);
    ck_assert_uint_eq(apdu.association.result, 0);
    ck_assert_uint_eq(apdu.association.diagnostic, 14);
    ck_assert_uint_eq(apdu.association.initiate.tag, 0x28);
    memcpy(c->server, apdu.association.title.p, COSEM_TITLE);
    memcpy(challenge, apdu.association.auth_value.p, apdu.association.auth_value.n);
    *n_challenge = apdu.association.auth_value.n;
}

START_TEST(gmac_proves_both_sides)
{
    uint8_t challenge[64], f[COSEM_GMAC], request[64], octets[128];
    struct wp_writer w = wp_writer(request, sizeof request);
    struct cosem_apdu apdu;
    struct client c;
    struct rig r;
    uint32_t ic;
    size_t n;

    client_init(&c);
    rig_start(&r, "profile", "kamstrup-dk", "transport", "wrapper", "push.interval", "0s", "authentication",
              "gmac", "security.form", "glo", NULL);
    associate(&r, &c, challenge, &n);
    ck_heard(ask_sealed_hex(&r, &c,
                            GET("0008"
                                "0000010000FF"
                                "02"),
                            c.ic++),
             "D80101"); /* not yet */
    cosem_gmac(cosem_cipher_shared(), &c.own, c.ic++, wp_slice(challenge, n), f);
    ck_assert(wp_hex_read(wp_text("C301C1000F0000280000FF01010911"), request, sizeof request, &w.n));
    wp_put_slice(&w, wp_slice(f, sizeof f));
    ask_sealed(&r, &c, wp_written(&w), c.ic++);
    ck_assert_int_eq(cosem_apdu_read(heard_octets(octets, sizeof octets), COSEM_STRICT, &apdu).status, WP_OK);
    ck_assert_int_eq(apdu.form, COSEM_ACTION_RESPONSE);
    ck_assert_uint_eq(apdu.service.result.status, 0);
    ck_assert_int_eq(cosem_gmac_check(cosem_cipher_shared(), &c.theirs, wp_text("0123456789ABCDEF"),
                                      wp_slice_from(apdu.service.result.data, 2), &ic),
                     WP_FAULT_NONE);
    ck_assert(strncmp(ask_sealed_hex(&r, &c,
                                     GET("0008"
                                         "0000010000FF"
                                         "02"),
                                     c.ic),
                      "C401C100090C07E8", 16) == 0);
    ck_heard(ask_sealed_hex(&r, &c,
                            GET("0008"
                                "0000010000FF"
                                "02"),
                            c.ic),
             "D8020600000069");
    ck_heard(ask(&r, GET("0008"
                         "0000010000FF"
                         "02")),
             "D80101"); /* in clear */
    c.ek[0] ^= 1;
    ck_heard(ask_sealed_hex(&r, &c,
                            GET("0008"
                                "0000010000FF"
                                "02"),
                            c.ic + 1),
             "D80205");
    rig_free(&r);
}
END_TEST

/* One entry of the published vectors as a request; false: there are none here. */
static bool ask_published(struct rig *r, const char *id)
{
    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);)
        if (strcmp(v.id, id) == 0) {
            rig_forget(r);
            rig_bytes(r, v.bytes);
            listen_to(r);
            return true;
        }
    return false;
}

static struct wp_slice published(const char *id, uint8_t out[DLMS_VECTOR_MAX])
{
    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);)
        if (strcmp(v.id, id) == 0) {
            memcpy(out, v.bytes.p, v.bytes.n);
            return wp_slice(out, v.bytes.n);
        }
    return wp_slice(NULL, 0);
}

/* What a client of somebody else's said to a Kaifa meter: the same keys, title and counter make the same octets. */
START_TEST(a_published_ciphered_session_is_understood)
{
    static uint8_t answer[DLMS_VECTOR_MAX];
    struct rig r;

    rig_start(&r, "profile", "kamstrup-dk", "transport", "wrapper", "push.interval", "0s", "authentication",
              "gmac", "security.form", "glo", "title", "4B464D6410000002", NULL);
    if (!ask_published(&r, "d0323")) {
        rig_free(&r);
        return;
    }
    ck_assert(strncmp(heard, "6169A109060760857405080103A203020100A305A10302010EA40A04084B464D6410000002",
                      74) == 0);
    ck_assert_uint_eq(rig_meter(&r)->ic_client, 0x4B36);
    ck_assert(ask_published(&r, "d0325")); /* the answer to another challenge */
    ck_assert_int_eq(rig_meter(&r)->association, METER_HLS_PENDING);
    rig_meter(&r)->association = METER_ASSOCIATED;
    ck_assert(ask_published(&r, "d0327"));
    ck_assert(strncmp(heard, "CC2330", 6) == 0);
    rig_meter(&r)->ic = 0x4142;
    ck_assert(ask_published(&r, "d0329"));
    ck_assert(wp_slice_eq(r.sends[0], published("d0330", answer)));
    ck_assert(ask_published(&r, "d0331"));
    ck_assert(strncmp(heard, "6328800100BE230421281F30", 24) == 0);
    rig_free(&r);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dlms_meter_server");
    TCase *tcase = tcase_create("server");

    tcase_add_test(tcase, an_em114070_answers_as_the_real_one);
    tcase_add_test(tcase, an_em114070_takes_ln_alone);
    tcase_add_test(tcase, a_request_without_wrapper_is_answered_so);
    tcase_add_test(tcase, requests_come_in_any_pieces);
    tcase_add_test(tcase, a_list_has_a_result_for_each);
    tcase_add_test(tcase, what_is_longer_than_the_pdu_goes_out_in_blocks);
    tcase_add_test(tcase, the_load_profile_is_read_by_range_and_by_entry);
    tcase_add_test(tcase, clock_and_tariff_are_set_and_nothing_else);
    tcase_add_test(tcase, the_relay_is_switched_by_action);
    tcase_add_test(tcase, a_password_lets_in);
    tcase_add_test(tcase, gmac_proves_both_sides);
    tcase_add_test(tcase, a_published_ciphered_session_is_understood);
    suite_add_tcase(s, tcase);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
