/* From payloads to plain APDUs: joined, deciphered, refused by name. */
#include "sim/codec/cosem_unit.h"

#include <check.h>
#include <stdio.h>

#define EK     "000102030405060708090A0B0C0D0E0F"
#define AK     "D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"
#define SERVER "4D4D4D0000BC614E"
#define CLIENT "4D4D4D0000000001"
#define PUSH   "0F0000000700020209060100010700FF0600000123"

enum { CHAIN = 512, CHAINS = 2 };

static struct cosem_cipher cipher;
static struct wp_pool chains;
static uint8_t room[2048];
static struct wp_key key[2];
static struct wp_keys keys;
static struct cosem_unit unit;
static struct cosem_scratch scratch;
static struct cosem_plain plain;

/* Octets of hexadecimal digits; a few of them stay valid side by side. */
static struct wp_slice hex(const char *digits)
{
    static uint8_t memory[16][1024];
    static unsigned turn;
    uint8_t *out = memory[turn++ % 16];
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), out, sizeof memory[0], &n), "%s", digits);
    return wp_slice(out, n);
}

static const char *digits(struct wp_slice octets)
{
    static char text[4096];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_hex(&w, octets);
    return wp_put_end(&w);
}

/* The server's keys are known, of no other sender any. */
static void setup(void)
{
    static union {
        max_align_t align;
        uint8_t bytes[4096];
    } memory;

    ck_assert_uint_le(wp_pool_size(CHAIN, CHAINS), sizeof memory);
    wp_pool_init(&chains, &memory, CHAIN, CHAINS);
    cosem_cipher_open(&cipher);
    memset(key, 0, sizeof key);
    key[0].has_title = true;
    memcpy(key[0].title, hex(SERVER).p, COSEM_TITLE);
    key[0].n_key = key[0].n_auth = 16;
    memcpy(key[0].key, hex(EK).p, 16);
    memcpy(key[0].auth, hex(AK).p, 16);
    keys = (struct wp_keys){key, 1};
    unit = (struct cosem_unit){.keys = &keys};
    scratch = (struct cosem_scratch){&cipher, room, sizeof room, &chains};
}

static void teardown(void)
{
    cosem_cipher_close(&cipher);
}

static struct cosem_secret secret(const char *title)
{
    return (struct cosem_secret){.key = hex(EK), .auth = hex(AK), .title = hex(title)};
}

static struct wp_slice seal(enum cosem_form shell, const char *title, uint8_t sc, uint32_t ic,
                            struct wp_slice inner)
{
    static uint8_t memory[8][1024];
    static unsigned turn;
    struct wp_writer w = wp_writer(memory[turn++ % 8], sizeof memory[0]);
    struct cosem_secret s = secret(title);

    ck_assert(cosem_seal(&w, &cipher, &s, shell, sc, ic, inner));
    return wp_written(&w);
}

/* Block `number` of `data`, of ten octets each. */
static struct wp_slice block(struct wp_slice data, uint16_t number)
{
    static uint8_t memory[8][1024];
    static unsigned turn;
    struct cosem_apdu apdu = {.form = COSEM_BLOCK_TRANSFER, .tag = 0xE0};
    struct wp_writer w = wp_writer(memory[turn++ % 8], sizeof memory[0]);

    apdu.transfer = cosem_gbt_cut(data, 10, number);
    cosem_apdu_encode(&w, &apdu);
    return wp_written(&w);
}

/* The plain APDU as digits, "part", "again", "ack", or the name of the fault. */
static const char *fed_from(enum wp_side from, struct wp_slice payload)
{
    switch (cosem_unit_feed(&unit, &scratch, from, payload, &plain)) {
    case COSEM_UNIT_PLAIN: return digits(plain.apdu.bytes);
    case COSEM_UNIT_PART: return "part";
    case COSEM_UNIT_AGAIN: return "again";
    case COSEM_UNIT_ACK: return "ack";
    case COSEM_UNIT_REFUSED: break;
    }
    return wp_fault_text(plain.fault);
}

static const char *fed(struct wp_slice payload)
{
    return fed_from(WP_SIDE_UNKNOWN, payload);
}

static const char *fed_hex(const char *payload)
{
    return fed(hex(payload));
}

/* ---- transport and blocks --------------------------------------------------------------------------- */

START_TEST(link_layer_octets_come_off)
{
    ck_assert_str_eq(fed_hex(PUSH), PUSH);
    ck_assert_str_eq(fed_hex("E6E700" PUSH), PUSH);
    ck_assert_str_eq(fed_hex("E6E600" PUSH), PUSH);
    ck_assert_str_eq(fed_hex("900101" PUSH), PUSH);
    ck_assert_uint_eq(plain.n_layers, 0);
    ck_assert_str_eq(fed_hex("E6E700"), "truncated");
    ck_assert_str_eq(fed_hex(""), "truncated");
}
END_TEST

START_TEST(blocks_are_joined_in_borrowed_memory)
{
    ck_assert_str_eq(fed(block(hex(PUSH), 1)), "part");
    ck_assert(cosem_unit_is_waiting(&unit));
    ck_assert_uint_eq(chains.n_free, CHAINS - 1);
    ck_assert_str_eq(fed(block(hex(PUSH), 2)), "part");
    ck_assert_str_eq(fed(block(hex(PUSH), 2)), "again");
    ck_assert_str_eq(fed(block(hex(PUSH), 3)), PUSH);
    ck_assert_uint_eq(plain.blocks, 3);
    ck_assert_uint_eq(chains.n_free, CHAINS);
    ck_assert_str_eq(fed(block(hex(PUSH), 3)), "again");
    ck_assert_uint_eq(chains.n_free, CHAINS);
    ck_assert(!cosem_unit_is_waiting(&unit));
}
END_TEST

/* Each side of a connection has a chain of its own. */
START_TEST(both_sides_may_send_blocks)
{
    fed_from(WP_SIDE_CLIENT, block(hex(PUSH), 1));
    fed_from(WP_SIDE_SERVER, block(hex(PUSH), 1));
    fed_from(WP_SIDE_CLIENT, block(hex(PUSH), 2));
    fed_from(WP_SIDE_SERVER, block(hex(PUSH), 2));
    ck_assert_uint_eq(chains.n_free, 0);
    ck_assert_str_eq(fed_from(WP_SIDE_CLIENT, block(hex(PUSH), 3)), PUSH);
    ck_assert_str_eq(fed_from(WP_SIDE_SERVER, block(hex(PUSH), 3)), PUSH);
    ck_assert_uint_eq(chains.n_free, CHAINS);
}
END_TEST

START_TEST(a_broken_chain_gives_its_memory_back)
{
    fed(block(hex(PUSH), 1));
    ck_assert_str_eq(fed(block(hex(PUSH), 3)), "block-number");
    ck_assert_uint_eq(chains.n_free, CHAINS);
    fed(block(hex(PUSH), 1));
    cosem_unit_give_up(&unit, &scratch);
    ck_assert_uint_eq(chains.n_free, CHAINS);
    ck_assert_str_eq(fed(block(hex(PUSH), 2)), "block-number");
    ck_assert_str_eq(fed_hex("E080000100000400000000"), "apdu-tag");
    ck_assert_uint_eq(chains.n_free, CHAINS);
}
END_TEST

START_TEST(an_empty_pool_is_a_refusal)
{
    void *a = wp_pool_borrow(&chains), *b = wp_pool_borrow(&chains);

    ck_assert_str_eq(fed(block(hex(PUSH), 1)), "payload-too-large");
    ck_assert_uint_eq(chains.refused, 1);
    wp_pool_return(&chains, a);
    wp_pool_return(&chains, b);
    ck_assert_str_eq(fed(block(hex(PUSH), 1)), "part");
}
END_TEST

/* What fills the cell still fits; a block more does not. */
START_TEST(a_chain_has_an_end)
{
    static uint8_t apdu[CHAIN + 20] = {0x0F, 0, 0, 0, 1, 0, 0x09, 0x82, 0x01, 0xF6};
    const char *last = "";

    for (uint16_t i = 1; i <= 51; i++)
        last = fed(block(wp_slice(apdu, sizeof apdu), i));
    ck_assert_str_eq(last, "part");
    ck_assert_str_eq(fed(block(wp_slice(apdu, sizeof apdu), 52)), "payload-too-large");
    ck_assert_uint_eq(chains.n_free, CHAINS);
    for (uint16_t i = 1; i <= 52; i++)
        last = fed(block(wp_slice(apdu, CHAIN), i));
    ck_assert_uint_eq(strlen(last), 2 * CHAIN);
}
END_TEST

/* ---- protection ------------------------------------------------------------------------------------- */

START_TEST(every_shell_is_taken_off)
{
    static const enum cosem_form shell[] = {COSEM_GENERAL_GLO, COSEM_GENERAL_DED, COSEM_GLO, COSEM_DED};
    static const uint8_t sc[] = {0x00, 0x10, 0x20, 0x30, 0x31, 0x70};
    const char *response = "C401C10006000003E8";
    uint32_t ic = 0;

    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < sizeof sc; k++) {
            ck_assert_str_eq(fed(seal(shell[i], SERVER, sc[k], ++ic, hex(response))), response);
            ck_assert_uint_eq(plain.n_layers, 1);
            ck_assert_uint_eq(plain.layer[0].sc, sc[k]);
            ck_assert_uint_eq(plain.layer[0].ic, ic);
            ck_assert_int_eq(plain.layer[0].tag, sc[k] & 0x10 ? COSEM_TAG_OK : COSEM_TAG_NONE);
            ck_assert_int_eq(plain.layer[0].freshness, COSEM_COUNTER_FRESH);
            ck_assert_str_eq(digits(wp_slice(plain.layer[0].title, 8)), SERVER);
        }
}
END_TEST

START_TEST(what_cannot_be_deciphered_says_why)
{
    key[0].title[0] ^= 1;
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 1, hex(PUSH))), "no-key");
    ck_assert_uint_eq(plain.layer[0].ic, 1);
    key[0].has_title = false;
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 1, hex(PUSH))), PUSH);
    ck_assert_str_eq(fed(seal(COSEM_GLO, SERVER, 0x30, 1, hex("C401C10006000003E8"))), "system-title");
    key[0].key[0] ^= 1;
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 2, hex(PUSH))), "auth-tag");
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x20, 2, hex(PUSH))), "decipher-failed");
    key[0].n_auth = 0;
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 2, hex(PUSH))), "decipher-failed");
    key[0].key[0] ^= 1;
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 2, hex(PUSH))), PUSH);
    ck_assert_int_eq(plain.layer[0].tag, COSEM_TAG_UNCHECKED);
    unit.keys = NULL;
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 2, hex(PUSH))), "no-key");
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x00, 2, hex(PUSH))), PUSH);
}
END_TEST

/* With any wrong key without a tag, no noise is ever taken for a value. */
START_TEST(noise_is_no_apdu)
{
    struct wp_slice good = seal(COSEM_GENERAL_GLO, SERVER, 0x20, 1, hex(PUSH));

    for (int i = 0; i < 5000; i++) {
        key[0].key[i % 16] = (uint8_t)(key[0].key[i % 16] + 1 + i / 16);
        ck_assert_str_eq(fed(good), "decipher-failed");
    }
}
END_TEST

/* A glo-set-response that holds a get-response: a wrong key, unless a tag says that it was meant so. */
START_TEST(a_shell_tells_what_is_in_it)
{
    const char *response = "C401C10006000003E8";
    uint8_t changed[128];

    for (int sc = 0x20; sc <= 0x30; sc += 0x10) {
        struct wp_slice sealed = seal(COSEM_GLO, SERVER, (uint8_t)sc, 1, hex(response));

        memcpy(changed, sealed.p, sealed.n);
        changed[0] = 0xCD;
        ck_assert_str_eq(fed(wp_slice(changed, sealed.n)), sc == 0x20 ? "decipher-failed" : response);
    }
}
END_TEST

START_TEST(blocks_inside_and_outside_of_a_shell)
{
    struct wp_slice whole = seal(COSEM_GENERAL_GLO, SERVER, 0x30, 9, hex(PUSH));

    for (uint16_t i = 1; i < 5; i++)
        ck_assert_str_eq(fed(block(whole, i)), "part");
    ck_assert_str_eq(fed(block(whole, 5)), PUSH);
    ck_assert_uint_eq(plain.n_layers, 1);
    ck_assert_uint_eq(plain.blocks, 5);
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 10, block(hex(PUSH), 1))), "part");
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 11, block(hex(PUSH), 2))), "part");
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 12, block(hex(PUSH), 3))), PUSH);
    ck_assert_uint_eq(plain.layer[0].ic, 12);
}
END_TEST

/* Nobody slips a block in clear between authenticated ones, whose tag would then speak for it. */
START_TEST(blocks_of_a_chain_are_protected_alike)
{
    struct wp_slice first = seal(COSEM_GENERAL_GLO, SERVER, 0x30, 1, block(hex(PUSH), 1));
    struct wp_slice third = seal(COSEM_GENERAL_GLO, SERVER, 0x30, 3, block(hex(PUSH), 3));

    ck_assert_str_eq(fed(first), "part");
    ck_assert_str_eq(fed(block(hex(PUSH), 2)), "downgrade");
    ck_assert_uint_eq(chains.n_free, CHAINS);
    ck_assert_str_eq(fed(third), "block-number");
    ck_assert_str_eq(fed(block(hex(PUSH), 1)), "part");
    ck_assert_str_eq(fed(block(hex(PUSH), 2)), "part");
    ck_assert_str_eq(fed(third), "downgrade");
    ck_assert_str_eq(fed(first), "part");
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x20, 2, block(hex(PUSH), 2))), "decipher-failed");
    ck_assert_str_eq(fed(first), "part");
    ck_assert_str_eq(fed(block(hex(PUSH), 1)), "part"); /* begins anew, in clear from now on */
    ck_assert_str_eq(fed(third), "downgrade");
}
END_TEST

START_TEST(nesting_has_a_limit)
{
    struct wp_slice one = seal(COSEM_GENERAL_GLO, SERVER, 0x30, 1, hex(PUSH));
    struct wp_slice two = seal(COSEM_GENERAL_DED, SERVER, 0x30, 2, one);

    ck_assert_str_eq(fed(two), PUSH);
    ck_assert_uint_eq(plain.n_layers, 2);
    ck_assert_uint_eq(plain.layer[0].apdu_tag, 0xDC);
    ck_assert_uint_eq(plain.layer[1].apdu_tag, 0xDB);
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 3, one)), "nesting");
    ck_assert_str_eq(digits(plain.apdu.bytes), digits(one));
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 3, two)), "nesting");
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 4,
                              seal(COSEM_GENERAL_DED, SERVER, 0x30, 2,
                                   seal(COSEM_GLO, SERVER, 0x30, 2, hex("C401C10006000003E8"))))),
                     "nesting");
    ck_assert_str_eq(fed(block(block(hex(PUSH), 1), 1)), "part");
    ck_assert_str_eq(fed(block(block(hex(PUSH), 1), 2)), "nesting");
    ck_assert_uint_eq(chains.n_free, CHAINS);
}
END_TEST

START_TEST(general_ciphering_with_a_known_key_is_read)
{
    const char *header = "080000000000000001"
                         "08" SERVER "08" CLIENT "0000";
    struct cosem_secret s = secret(SERVER);
    char text[512], content[256];
    uint8_t out[256];
    struct wp_writer w = wp_writer(out, sizeof out);

    s.header = hex(header);
    ck_assert(cosem_encipher(&cipher, &s, 0x30, 3, hex(PUSH), &w));
    snprintf(content, sizeof content, "%s", digits(wp_written(&w)));
    snprintf(text, sizeof text, "DD%s010000%02X%s", header, (unsigned)w.n, content);
    ck_assert_str_eq(fed_hex(text), PUSH);
    snprintf(text, sizeof text, "DD%s00%02X%s", header, (unsigned)w.n, content);
    ck_assert_str_eq(fed_hex(text), PUSH);
    text[5] = '1';
    ck_assert_str_eq(fed_hex(text), "auth-tag");
    snprintf(text, sizeof text, "DD%s01010002AABB%02X%s", header, (unsigned)w.n, content);
    ck_assert_str_eq(fed_hex(text), "unsupported");
}
END_TEST

START_TEST(broadcast_and_dedicated_keys_are_used)
{
    struct wp_slice sealed = seal(COSEM_GENERAL_GLO, SERVER, 0x70, 1, hex(PUSH));

    key[0].n_broadcast = 16;
    ck_assert_str_eq(fed(sealed), "auth-tag");
    memcpy(key[0].broadcast, hex(EK).p, 16);
    memset(key[0].key, 0, 16);
    ck_assert_str_eq(fed(sealed), PUSH);
    sealed = seal(COSEM_GENERAL_DED, SERVER, 0x30, 1, hex(PUSH));
    ck_assert_str_eq(fed(sealed), "auth-tag");
    cosem_unit_dedicate(&unit, hex(EK));
    ck_assert_str_eq(fed(sealed), PUSH);
    cosem_unit_dedicate(&unit, wp_slice(NULL, 0));
    ck_assert_str_eq(fed(sealed), "auth-tag");
}
END_TEST

/* source: Green Book, an AARQ with a ciphered initiate-request; u9n/dlms-cosem test_aarq.py */
START_TEST(an_association_brings_its_dedicated_key)
{
    const char *aarq =
        "6066A109060760857405080103A60A0408" SERVER "8A0207808B0760857405080201AC0A80083132333435363738BE34"
        "043221303001234567801302FF8A7874133D414CED25B42534D28DB0047720606B175BD52211BE6841DB204D39EE"
        "6FDB8E356855";
    const char *request = "C001C100080000010000FF0200";
    struct cosem_secret s = {hex("00112233445566778899AABBCCDDEEFF"), hex(AK), hex(SERVER),
                             wp_slice(NULL, 0)};
    uint8_t out[128];
    struct wp_writer w = wp_writer(out, sizeof out);

    ck_assert(cosem_seal(&w, &cipher, &s, COSEM_DED, 0x30, 1, hex(request)));
    ck_assert_str_eq(fed(wp_written(&w)), "auth-tag");
    ck_assert_str_eq(fed_hex(aarq), aarq);
    ck_assert_int_eq(plain.initiate_fault, WP_FAULT_NONE);
    ck_assert_uint_eq(plain.initiate.max_pdu, 1200);
    ck_assert_str_eq(fed(wp_written(&w)), request);
    ck_assert_int_eq(plain.layer[0].key, COSEM_KEY_DEDICATED);
    key[0].key[0] ^= 1; /* the association is told all the same, and what it agreed on is not known */
    ck_assert_str_eq(fed_hex(aarq), aarq);
    ck_assert_int_eq(plain.initiate_fault, WP_FAULT_AUTH_TAG);
    ck_assert_str_eq(fed(wp_written(&w)), "auth-tag");
}
END_TEST

static void associate(void)
{
    ck_assert_str_ne(fed_from(WP_SIDE_SERVER, hex("6029A109060760857405080103A60A0408" CLIENT
                                                  "BE10040E01000000065F1F0400001E1DFFFF")),
                     "auth-tag");
    ck_assert_int_eq(plain.apdu.form, COSEM_AARQ);
    fed_from(WP_SIDE_CLIENT, hex("6135A109060760857405080103A203020100A305A103020100A40A0408" SERVER
                                 "BE10040E0800065F1F0400001E1D04C80007"));
    ck_assert_int_eq(plain.apdu.form, COSEM_AARE);
}

/* A meter that dials in is the client of the connection, and the server of the association. */
START_TEST(titles_are_those_of_the_association)
{
    struct wp_slice by_client = seal(COSEM_GENERAL_GLO, CLIENT, 0x30, 1, hex("C001C100080000010000FF0200"));
    struct wp_slice by_server = seal(COSEM_GENERAL_GLO, SERVER, 0x30, 1, hex("C401C10006000003E8"));
    char untitled[2][128];

    snprintf(untitled[0], sizeof untitled[0], "DB00%s", digits(wp_slice_from(by_client, 10)));
    snprintf(untitled[1], sizeof untitled[1], "DB00%s", digits(wp_slice_from(by_server, 10)));
    associate();
    ck_assert_str_eq(fed_from(WP_SIDE_SERVER, hex(untitled[0])), "C001C100080000010000FF0200");
    ck_assert_int_eq(plain.layer[0].role, COSEM_CLIENT);
    ck_assert_str_eq(fed_from(WP_SIDE_CLIENT, hex(untitled[1])), "C401C10006000003E8");
    ck_assert_int_eq(plain.layer[0].role, COSEM_SERVER);
    ck_assert_str_eq(fed(by_client),
                     "C001C100080000010000FF0200"); /* by its title, under the server's keys */
    ck_assert_int_eq(plain.layer[0].role, COSEM_CLIENT);
    ck_assert_str_eq(fed(seal(COSEM_GLO, CLIENT, 0x30, 2, hex("C001C100080000010000FF0200"))),
                     "C001C100080000010000FF0200");
    ck_assert_str_eq(fed(seal(COSEM_GLO, SERVER, 0x30, 2, hex("C401C10006000003E8"))), "C401C10006000003E8");
    /* An AARQ without a title is another association. */
    fed_hex("601DA109060760857405080101BE10040E01000000065F1F0400001E1DFFFF");
    ck_assert(!unit.has_title[COSEM_CLIENT]);
    ck_assert(!unit.has_title[COSEM_SERVER]);
}
END_TEST

/* ---- policy ----------------------------------------------------------------------------------------- */

START_TEST(less_protection_than_demanded_is_a_downgrade)
{
    ck_assert_str_eq(fed_hex(PUSH), PUSH);
    unit.policy = COSEM_REFUSE_PLAIN;
    ck_assert_str_eq(fed_hex(PUSH), "downgrade");
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x00, 1, hex(PUSH))), "downgrade");
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x20, 1, hex(PUSH))), PUSH);
    ck_assert_str_eq(fed_hex("D80101"), "D80101");
    unit.policy = COSEM_REQUIRE_TAG;
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x20, 2, hex(PUSH))), "downgrade");
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 3, hex(PUSH))), PUSH);
    key[0].n_auth = 0;
    ck_assert_str_eq(fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 4, hex(PUSH))), "no-key");
    unit.policy = COSEM_REFUSE_PLAIN;
    keys.n = 0;
    ck_assert_str_eq(fed_hex(PUSH), PUSH);
}
END_TEST

/* An authenticated frame whose SC is changed to say that it is not. */
START_TEST(a_changed_security_control_is_found)
{
    struct wp_slice sealed = seal(COSEM_GENERAL_GLO, SERVER, 0x30, 6, hex(PUSH));
    uint8_t changed[128];

    memcpy(changed, sealed.p, sealed.n);
    changed[11] = 0x20;
    ck_assert_str_eq(fed(wp_slice(changed, sealed.n)), "decipher-failed");
    unit.policy = COSEM_REQUIRE_TAG;
    ck_assert_str_eq(fed(wp_slice(changed, sealed.n)), "downgrade");
}
END_TEST

START_TEST(counters_that_do_not_rise_are_told_or_refused)
{
    static const struct {
        uint32_t ic;
        enum cosem_freshness freshness;
    } turn[] = {
        {5, COSEM_COUNTER_FRESH}, {5, COSEM_COUNTER_REPEATED},
        {4, COSEM_COUNTER_LOWER}, {6, COSEM_COUNTER_FRESH},
        {0, COSEM_COUNTER_LOWER}, {UINT32_MAX, COSEM_COUNTER_SPENT},
        {7, COSEM_COUNTER_LOWER}, {UINT32_MAX, COSEM_COUNTER_REPEATED},
    };

    for (int is_strict = 0; is_strict < 2; is_strict++) {
        unit = (struct cosem_unit){.keys = &keys, .policy = is_strict ? COSEM_STRICT_COUNTER : 0};
        for (size_t i = 0; i < sizeof turn / sizeof turn[0]; i++) {
            const char *came = fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, turn[i].ic, hex(PUSH)));
            const bool is_late = is_strict && i >= 5; /* the spent one is refused, so it is not the highest */

            if (!is_late)
                ck_assert_int_eq(plain.layer[0].freshness, turn[i].freshness);
            if (is_strict && plain.layer[0].freshness != COSEM_COUNTER_FRESH)
                ck_assert_str_eq(came, "replayed-counter");
            else
                ck_assert_str_eq(came, PUSH);
        }
    }
    ck_assert_str_eq(cosem_freshness_text(COSEM_COUNTER_LOWER), "lower");
}
END_TEST

/* Who cannot make a tag cannot spend the counter of who can. */
START_TEST(a_forged_counter_is_not_remembered)
{
    struct wp_slice sealed = seal(COSEM_GENERAL_GLO, SERVER, 0x30, 6, hex(PUSH));
    uint8_t forged[128];

    memcpy(forged, sealed.p, sealed.n);
    memset(forged + 12, 0xFE, 4);
    ck_assert_str_eq(fed(wp_slice(forged, sealed.n)), "auth-tag");
    ck_assert_str_eq(fed(sealed), PUSH);
    ck_assert_int_eq(plain.layer[0].freshness, COSEM_COUNTER_FRESH);
}
END_TEST

START_TEST(each_title_and_key_has_a_counter)
{
    key[1] = key[0];
    memcpy(key[1].title, hex(CLIENT).p, COSEM_TITLE);
    keys.n = 2;
    fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 50, hex(PUSH)));
    fed(seal(COSEM_GENERAL_GLO, CLIENT, 0x30, 40, hex(PUSH)));
    ck_assert_int_eq(plain.layer[0].freshness, COSEM_COUNTER_FRESH);
    fed(seal(COSEM_GENERAL_DED, CLIENT, 0x30, 30, hex(PUSH)));
    ck_assert_int_eq(plain.layer[0].freshness, COSEM_COUNTER_FRESH);
    fed(seal(COSEM_GENERAL_GLO, SERVER, 0x30, 45, hex(PUSH)));
    ck_assert_int_eq(plain.layer[0].freshness, COSEM_COUNTER_LOWER);
    cosem_unit_dedicate(&unit, hex(EK)); /* a new association: counting may begin anew */
    fed(seal(COSEM_GENERAL_DED, CLIENT, 0x30, 1, hex(PUSH)));
    ck_assert_int_eq(plain.layer[0].freshness, COSEM_COUNTER_FRESH);
}
END_TEST

START_TEST(a_sender_stops_before_its_counter_is_spent)
{
    uint32_t last = UINT32_MAX - 2, ic = 0;

    ck_assert(cosem_counter_next(&last, &ic));
    ck_assert_uint_eq(ic, UINT32_MAX - 1);
    ck_assert(!cosem_counter_next(&last, &ic));
    ck_assert(!cosem_counter_next(&last, &ic));
}
END_TEST

/* seen: Elgama GAMA, Kaifa in Poland, behind the header of a DSMR telegram */
START_TEST(a_shell_without_its_tag_is_read_only_on_demand)
{
    struct wp_slice sealed = seal(COSEM_GENERAL_GLO, SERVER, 0x30, 6, hex(PUSH));
    char text[256];

    snprintf(text, sizeof text, "00%s", digits(wp_slice_from(sealed, 10)));
    ck_assert_str_eq(fed_hex(text), "apdu-tag");
    unit.policy = COSEM_HEADLESS;
    ck_assert_str_eq(fed_hex(text), PUSH);
    ck_assert_str_eq(fed_hex(PUSH), PUSH);
}
END_TEST

/* Every way of cutting a good frame short, and each octet of it changed, ends in a refusal. */
START_TEST(no_mutilation_of_a_frame_is_delivered)
{
    struct wp_slice sealed = seal(COSEM_GENERAL_GLO, SERVER, 0x30, 6, hex(PUSH));
    uint8_t changed[128];

    for (size_t n = 0; n < sealed.n; n++)
        ck_assert_str_ne(fed(wp_slice(sealed.p, n)), PUSH);
    unit.policy = COSEM_REQUIRE_TAG;
    for (size_t i = 0; i < sealed.n * 8; i++) {
        memcpy(changed, sealed.p, sealed.n);
        changed[i / 8] ^= (uint8_t)(1 << i % 8);
        cosem_unit_feed(&unit, &scratch, WP_SIDE_UNKNOWN, wp_slice(changed, sealed.n), &plain);
        /* A dedicated key that nobody told is the global one: DB and DC differ in nothing that is authenticated. */
        if (changed[0] == 0xDC)
            continue;
        ck_assert_int_ne(plain.fault, WP_FAULT_NONE);
    }
}
END_TEST

START_TEST(an_idle_unit_is_small)
{
    ck_assert_uint_le(sizeof unit, 320);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cosem_unit");
    TCase *t = tcase_create("cosem_unit");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, link_layer_octets_come_off);
    tcase_add_test(t, blocks_are_joined_in_borrowed_memory);
    tcase_add_test(t, both_sides_may_send_blocks);
    tcase_add_test(t, a_broken_chain_gives_its_memory_back);
    tcase_add_test(t, an_empty_pool_is_a_refusal);
    tcase_add_test(t, a_chain_has_an_end);
    tcase_add_test(t, every_shell_is_taken_off);
    tcase_add_test(t, what_cannot_be_deciphered_says_why);
    tcase_add_test(t, noise_is_no_apdu);
    tcase_add_test(t, a_shell_tells_what_is_in_it);
    tcase_add_test(t, blocks_inside_and_outside_of_a_shell);
    tcase_add_test(t, blocks_of_a_chain_are_protected_alike);
    tcase_add_test(t, nesting_has_a_limit);
    tcase_add_test(t, general_ciphering_with_a_known_key_is_read);
    tcase_add_test(t, broadcast_and_dedicated_keys_are_used);
    tcase_add_test(t, an_association_brings_its_dedicated_key);
    tcase_add_test(t, titles_are_those_of_the_association);
    tcase_add_test(t, less_protection_than_demanded_is_a_downgrade);
    tcase_add_test(t, a_changed_security_control_is_found);
    tcase_add_test(t, counters_that_do_not_rise_are_told_or_refused);
    tcase_add_test(t, a_forged_counter_is_not_remembered);
    tcase_add_test(t, each_title_and_key_has_a_counter);
    tcase_add_test(t, a_sender_stops_before_its_counter_is_spent);
    tcase_add_test(t, a_shell_without_its_tag_is_read_only_on_demand);
    tcase_add_test(t, no_mutilation_of_a_frame_is_delivered);
    tcase_add_test(t, an_idle_unit_is_small);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
