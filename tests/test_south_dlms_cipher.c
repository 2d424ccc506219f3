/* Ciphered pushes and associations: keys, counters, policies, and what is said of failures.
 * covers: south_dlms_counters
 *
 * The codec that ciphers here is held down by published frames, see test_cosem_crypt.c. */
#include "tests/gateway_rig.h"

#include "sim/codec/cosem_name.h"
#include "sim/codec/cosem_unit.h"
#include "sim/codec/wrapper.h"
#include "sim/gateway/south_dlms.h"

#define EK    "000102030405060708090A0B0C0D0E0F"
#define AK    "D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"
#define POWER "0F0000000000020209060100010700FF1176"
#define TOLD  "reading 000000000007 pushed 1-0:1.7.0.255=118\n"

/* KFM, 7: known as 000000000007 by its title alone. */
static const uint8_t TITLE[] = {'K', 'F', 'M', 0, 0, 0, 0, 7};
static struct rig r;
static uint8_t ek[16], ak[16];

static struct wp_slice hex(const char *digits, uint8_t *out, size_t cap)
{
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), out, cap, &n), "%s", digits);
    return wp_slice(out, n);
}

static void start(const char *name, const char *value)
{
    rig_end(&r);
    rig_start(&r, "meters.ack", "silent", "dlms.keys", "*=" EK ":" AK, name, value, NULL);
    r.show = RIG_PARTS | RIG_NOTES;
}

static void setup(void)
{
    r.only_south = &south_dlms_class;
    hex(EK, ek, sizeof ek);
    hex(AK, ak, sizeof ak);
    start(NULL, NULL);
}

static void teardown(void)
{
    rig_end(&r);
}

static struct cosem_secret secret(const uint8_t *title)
{
    return (struct cosem_secret){
        .key = wp_slice(ek, 16), .auth = wp_slice(ak, 16), .title = wp_slice(title, COSEM_TITLE)};
}

static void push_changed(wp_port port, uint8_t sc, uint32_t ic, size_t changed)
{
    uint8_t plain[64], wire[128];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct cosem_secret s = secret(TITLE);

    ck_assert(cosem_seal(&w, cosem_cipher_shared(), &s, COSEM_GENERAL_GLO, sc, ic,
                         hex(POWER, plain, sizeof plain)));
    if (changed > 0)
        wire[w.n - changed] ^= 1;
    rig_bytes(&r, port, wp_written(&w));
}

static void push(wp_port port, uint8_t sc, uint32_t ic)
{
    push_changed(port, sc, ic, 0);
}

START_TEST(a_title_names_the_meter_and_its_key)
{
    rig_end(&r);
    rig_start(&r, "dlms.keys", "4B464D0000000007=" EK ":" AK, NULL);
    r.show = RIG_PARTS | RIG_NOTES;
    push(rig_connect(&r, 1), 0x30, 1);
    rig_expect(&r, "[     0.000] presence 000000000007 online\n[     0.000] " TOLD);
}
END_TEST

START_TEST(failures_are_noted_once_a_minute_and_published_nowhere)
{
    wp_port port = rig_connect(&r, 1);

    push_changed(port, 0x30, 1, 1);
    rig_expect(&r, "[     0.000] note auth-tag: 127.0.2.1 1\n");
    push_changed(port, 0x30, 2, 1);
    rig_expect(&r, "");
    rig_run(&r, WP_SEC(60));
    push_changed(port, 0x30, 3, 1);
    rig_expect(&r, "[ 60000.000] note auth-tag: 127.0.2.1 3\n");
    rig_end(&r);
    rig_start(&r, NULL);
    r.show = RIG_PARTS | RIG_NOTES;
    push(rig_connect(&r, 1), 0x30, 4);
    rig_expect(&r, "[     0.000] note no-key: 127.0.2.1 1\n");
}
END_TEST

START_TEST(a_counter_that_does_not_rise_is_noted)
{
    wp_port port = rig_connect(&r, 1);

    push(port, 0x30, 5);
    rig_clear(&r);
    push(port, 0x30, 5);
    rig_expect(&r, "[     0.000] note counter-not-rising: 000000000007 1\n[     0.000] " TOLD);
}
END_TEST

/* What was recorded from one connection is not believed on the next, nor from a peer. */
START_TEST(with_strict_ic_it_is_refused_wherever_it_comes_from)
{
    wp_port port;

    start("dlms.strict_ic", "true");
    push(rig_connect(&r, 1), 0x30, 5);
    rig_close(&r, 2);
    rig_clear(&r);
    port = rig_connect(&r, 1);
    push(port, 0x30, 5);
    rig_expect(&r, "[     0.000] note replayed-counter: 127.0.2.1 1\n");
    push(port, 0x30, 6);
    rig_expect(&r, "[     0.000] presence 000000000007 online\n[     0.000] " TOLD);
    push(rig_connect(&r, 2), 0x30, 6);
    rig_expect(&r, "[     0.000] note replayed-counter: 127.0.2.2 2\n");
    push(port, 0x30, 7);
    rig_expect(&r, "[     0.000] " TOLD);
}
END_TEST

/* The same, where the message comes in blocks. */
static void push_blocks(wp_port port, uint32_t ic)
{
    uint8_t plain[64], shell[128];
    struct wp_writer c = wp_writer(shell, sizeof shell);
    struct cosem_secret s = secret(TITLE);
    const size_t per_block = 30;

    ck_assert(cosem_seal(&c, cosem_cipher_shared(), &s, COSEM_GENERAL_GLO, 0x30, ic,
                         hex(POWER, plain, sizeof plain)));
    for (uint16_t i = 1; i <= cosem_gbt_blocks(c.n, per_block); i++) {
        struct cosem_apdu block = {.form = COSEM_BLOCK_TRANSFER,
                                   .transfer = cosem_gbt_cut(wp_written(&c), per_block, i)};
        uint8_t wire[64];
        struct wp_writer w = wp_writer(wire, sizeof wire);

        block.transfer.is_streaming = true;
        cosem_apdu_encode(&w, &block);
        rig_bytes(&r, port, wp_written(&w));
    }
}

START_TEST(blocks_are_no_way_around_the_counter)
{
    start("dlms.strict_ic", "true");
    push_blocks(rig_connect(&r, 1), 5);
    rig_expect(&r, "[     0.000] presence 000000000007 online\n[     0.000] " TOLD);
    rig_close(&r, 2);
    rig_clear(&r);
    push_blocks(rig_connect(&r, 1), 5);
    rig_expect(&r, "[     0.000] note replayed-counter: 127.0.2.1 1\n");
}
END_TEST

START_TEST(policies_refuse_less_protection)
{
    wp_port port;

    start("dlms.require_auth", "true");
    port = rig_connect(&r, 1);
    push(port, 0x20, 1);
    rig_expect(&r, "[     0.000] note downgrade: 127.0.2.1 1\n");
    push(port, 0x30, 2);
    rig_expect(&r, "[     0.000] presence 000000000007 online\n[     0.000] " TOLD);
    rig_hex(&r, port, POWER);
    rig_expect(&r, "[     0.000] " TOLD);
    start("dlms.allow_plain", "false");
    port = rig_connect(&r, 1);
    push(port, 0x30, 1);
    rig_clear(&r);
    rig_hex(&r, port, POWER);
    rig_expect(&r, "[     0.000] note downgrade: 000000000007 1\n");
}
END_TEST

/* ---- an association by keys --------------------------------------------------------------------------- */

static uint32_t meter_ic = 100;

/* The APDU that the gateway sent last, deciphered if it was. */
static struct cosem_apdu last_sent(struct cosem_unit *unit)
{
    static uint8_t room[1024], copy[512];
    const struct cosem_scratch scratch = {
        .cipher = cosem_cipher_shared(), .room = room, .n_room = sizeof room};
    struct wrapper_frame f;
    struct cosem_plain plain;

    memcpy(copy, r.last_sent, r.n_last_sent);
    ck_assert_int_eq(wrapper_decode(wp_slice(copy, r.n_last_sent), &f).status, WP_OK);
    ck_assert_int_eq(cosem_unit_feed(unit, &scratch, WP_SIDE_CLIENT, f.payload, &plain), COSEM_UNIT_PLAIN);
    return plain.apdu;
}

static void reply(wp_port port, const struct cosem_apdu *apdu, bool sealed)
{
    uint8_t plain[256], shell[300], wire[320];
    struct wp_writer p = wp_writer(plain, sizeof plain), c = wp_writer(shell, sizeof shell),
                     w = wp_writer(wire, sizeof wire);
    struct cosem_secret s = secret(TITLE);
    struct wrapper_frame f = {.source = 1, .destination = 1};

    cosem_apdu_encode(&p, apdu);
    f.payload = wp_written(&p);
    if (sealed) {
        ck_assert(cosem_seal(&c, cosem_cipher_shared(), &s, COSEM_GLO, 0x30, ++meter_ic, f.payload));
        f.payload = wp_written(&c);
    }
    wrapper_encode(&w, &f);
    rig_bytes(&r, port, wp_written(&w));
}

/* HLS mechanism 5, as the protocol notes' appendix A has it: both sides prove that they have the key. */
static void associate(uint8_t spoiled, const char *outcome)
{
    struct wp_key key = {.n_key = 16, .n_auth = 16};
    const struct wp_keys keys = {&key, 1};
    struct cosem_unit unit = {.keys = &keys};
    static const uint8_t challenge[] = "a challenge of 16";
    uint8_t ctos[16], f[2 + COSEM_GMAC] = {0x09, COSEM_GMAC}, voltage[] = {0x12, 0x5C, 0x54};
    struct cosem_secret own = secret(TITLE), other;
    struct cosem_apdu sent, aare = {.form = COSEM_AARE}, action = {.form = COSEM_ACTION_RESPONSE},
                            get = {.form = COSEM_GET_RESPONSE};
    uint32_t ic;
    wp_port port;

    memcpy(key.key, ek, 16);
    memcpy(key.auth, ak, 16);
    start("dlms.mechanism", "gmac");
    port = rig_connect(&r, 1);
    rig_session(&r, port, IVY_LOGIN, "000000000001");
    rig_request(&r, "{\"requestId\":\"q\",\"command\":\"read\",\"register\":\"voltageA\"}");
    sent = last_sent(&unit);
    ck_assert_int_eq(sent.form, COSEM_AARQ);
    ck_assert_int_eq(sent.association.context, COSEM_CONTEXT_LN_CIPHERED);
    memcpy(ctos, sent.association.auth_value.p, 16);
    aare.association = (struct cosem_association){.has_context = true,
                                                  .context = COSEM_CONTEXT_LN_CIPHERED,
                                                  .has_result = true,
                                                  .diagnostic_source = COSEM_DIAGNOSTIC_USER,
                                                  .diagnostic = COSEM_USER_AUTHENTICATION_REQUIRED,
                                                  .title = wp_slice(TITLE, 8),
                                                  .requirements = cosem_requirements(),
                                                  .has_mechanism = true,
                                                  .mechanism = COSEM_MECHANISM_HLS_GMAC,
                                                  .auth_value = wp_slice(challenge, 16)};
    reply(port, &aare, false);
    sent = last_sent(&unit);
    ck_assert_int_eq(sent.form, COSEM_ACTION_REQUEST);
    other = own;
    other.title = wp_slice(unit.title[COSEM_CLIENT], COSEM_TITLE);
    ck_assert_int_eq(cosem_gmac_check(cosem_cipher_shared(), &other, wp_slice(challenge, 16),
                                      wp_slice_from(sent.service.data, 2), &ic),
                     WP_FAULT_NONE);
    cosem_gmac(cosem_cipher_shared(), &own, ++meter_ic, wp_slice(ctos, 16), f + 2);
    f[10] ^= spoiled;
    action.service = (struct cosem_service){.invoke = sent.service.invoke,
                                            .result = {.outcome = COSEM_DATA, .data = wp_slice(f, sizeof f)}};
    rig_clear(&r);
    reply(port, &action, true);
    if (!spoiled) {
        sent = last_sent(&unit);
        ck_assert_int_eq(sent.form, COSEM_GET_REQUEST);
        get.service = (struct cosem_service){.invoke = sent.service.invoke,
                                             .result = {.outcome = COSEM_DATA, .data = wp_slice(voltage, 3)}};
        rig_clear(&r);
        reply(port, &get, false); /* may be anybody's */
        reply(port, &get, true);
        ck_assert_int_eq(last_sent(&unit).form, COSEM_RLRQ);
    }
    rig_expect(&r, outcome);
}

START_TEST(an_association_by_keys_is_proven_from_both_sides)
{
    associate(0, "[     0.000] note downgrade: 000000000001 1\n"
                 "[     0.000] reading 000000000001 asked 1-0:12.7.0.255=23636\n"
                 "[     0.000] answer 000000000001 ok 1-0:12.7.0.255=23636\n");
    associate(1, "[     0.000] answer 000000000001 DLMS association failed: meter not authentic\n");
}
END_TEST

/* A meter that grants the association at once has not shown who it is. */
START_TEST(an_association_without_proof_is_none)
{
    static const uint8_t forged[21] = {0x28, 19, 0x30, 0, 0, 0, 1};
    struct cosem_apdu aare = {.form = COSEM_AARE};
    wp_port port;

    start("dlms.mechanism", "gmac");
    port = rig_connect(&r, 1);
    rig_session(&r, port, IVY_LOGIN, "000000000001");
    rig_request(&r, "{\"requestId\":\"q\",\"command\":\"read\",\"register\":\"voltageA\"}");
    aare.association = (struct cosem_association){.has_context = true,
                                                  .context = COSEM_CONTEXT_LN_CIPHERED,
                                                  .has_result = true,
                                                  .diagnostic_source = COSEM_DIAGNOSTIC_USER,
                                                  .diagnostic = COSEM_USER_NONE,
                                                  .title = wp_slice(TITLE, 8)};
    rig_clear(&r);
    reply(port, &aare, false);
    rig_expect(&r, "[     0.000] note association-rejected: 000000000001 1\n"
                   "[     0.000] answer 000000000001 DLMS association failed: rejected\n");
    rig_request(&r, "{\"requestId\":\"q\",\"command\":\"read\",\"register\":\"voltageA\"}");
    aare.association.diagnostic = COSEM_USER_AUTHENTICATION_REQUIRED;
    aare.association.user_information = wp_slice(forged, sizeof forged);
    rig_clear(&r);
    reply(port, &aare, false);
    rig_expect(&r, "[     0.000] note auth-tag: 000000000001 1\n"
                   "[     0.000] answer 000000000001 DLMS association failed: rejected\n");
}
END_TEST

/* What could not be proven is not begun; a long key is of suite 2. */
START_TEST(an_association_needs_keys_that_authenticate)
{
    struct cosem_unit unit = {.policy = 0};

    rig_end(&r);
    rig_start(&r, "meters.ack", "silent", "dlms.keys", "*=" EK, "dlms.mechanism", "gmac", NULL);
    r.show = RIG_PARTS | RIG_NOTES;
    rig_session(&r, rig_connect(&r, 1), IVY_LOGIN, "000000000001");
    rig_clear(&r);
    rig_request(&r, "{\"requestId\":\"q\",\"command\":\"read\",\"register\":\"voltageA\"}");
    rig_expect(&r, "[     0.000] command 000000000001 1-0:12.7.0.255\n"
                   "[     0.000] answer 000000000001 DLMS association failed: no key\n");
    rig_end(&r);
    rig_start(&r, "meters.ack", "silent", "dlms.keys", "*=" EK EK ":" AK AK, "dlms.mechanism", "gmac", NULL);
    rig_session(&r, rig_connect(&r, 1), IVY_LOGIN, "000000000001");
    rig_request(&r, "{\"requestId\":\"q\",\"command\":\"read\",\"register\":\"voltageA\"}");
    ck_assert_uint_eq(last_sent(&unit).association.initiate.ciphered.whole.p[0], 0x32);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("south_dlms_cipher");
    TCase *tc = tcase_create("south_dlms_cipher");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_title_names_the_meter_and_its_key);
    tcase_add_test(tc, failures_are_noted_once_a_minute_and_published_nowhere);
    tcase_add_test(tc, a_counter_that_does_not_rise_is_noted);
    tcase_add_test(tc, with_strict_ic_it_is_refused_wherever_it_comes_from);
    tcase_add_test(tc, blocks_are_no_way_around_the_counter);
    tcase_add_test(tc, policies_refuse_less_protection);
    tcase_add_test(tc, an_association_by_keys_is_proven_from_both_sides);
    tcase_add_test(tc, an_association_without_proof_is_none);
    tcase_add_test(tc, an_association_needs_keys_that_authenticate);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
