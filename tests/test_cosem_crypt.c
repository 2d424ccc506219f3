/* AES-GCM of DLMS/COSEM against the published examples: both directions, every security control, wrong keys. */
#include "sim/codec/cosem_crypt.h"
#include "tests/dlms_vectors.h"

#define TITLE     "4D4D4D0000BC614E"
#define EK        "000102030405060708090A0B0C0D0E0F"
#define AK        "D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"
#define EK_256    EK "101112131415161718191A1B1C1D1E1F"
#define AK_256    AK "E0E1E2E3E4E5E6E7E8E9EAEBECEDEEEF"
#define GET_CLOCK "C0010000080000010000FF0200"

static struct cosem_cipher cipher;

static void open_cipher(void)
{
    cosem_cipher_open(&cipher);
}

static void close_cipher(void)
{
    cosem_cipher_close(&cipher);
}

/* Octets of hexadecimal digits; a few of them stay valid side by side. */
static struct wp_slice hex(const char *digits)
{
    static uint8_t memory[16][512];
    static unsigned turn;
    uint8_t *out = memory[turn++ % 16];
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), out, sizeof memory[0], &n), "%s", digits);
    return wp_slice(out, n);
}

static const char *digits(struct wp_slice octets)
{
    static char text[2048];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_hex(&w, octets);
    return wp_put_end(&w);
}

static struct cosem_secret secret(const char *key, const char *auth, const char *title)
{
    return (struct cosem_secret){.key = hex(key), .auth = hex(auth), .title = hex(title)};
}

/* The plain text of a content as digits, or the name of the fault; *ret_tag is what is known of its tag. */
static const char *opened(const struct cosem_secret *s, const char *content, enum cosem_tag *ret_tag)
{
    static uint8_t room[512];
    struct cosem_content c;
    struct wp_slice text;
    struct wp_decode d = cosem_content_decode(hex(content), &c);
    enum wp_fault fault = d.status == WP_OK ? cosem_decipher(&cipher, s, &c, room, &text, ret_tag) : d.fault;

    return fault == WP_FAULT_NONE ? digits(text) : wp_fault_text(fault);
}

static const char *sealed(const struct cosem_secret *s, uint8_t sc, uint32_t ic, const char *plain)
{
    static uint8_t out[512];
    struct wp_writer w = wp_writer(out, sizeof out);

    ck_assert(cosem_encipher(&cipher, s, sc, ic, hex(plain), &w));
    return digits(wp_written(&w));
}

/* source: Green Book, ciphering of a get-request; suite 2 computed with python3-cryptography 38.0.4 */
static const struct {
    const char *key, *auth;
    uint8_t sc;
    const char *content;
    enum cosem_tag tag;
} example[] = {
    {EK, AK, 0x10, "1001234567" GET_CLOCK "06725D910F9221D263877516", COSEM_TAG_OK},
    {EK, AK, 0x20, "2001234567411312FF935A47566827C467BC", COSEM_TAG_NONE},
    {EK, AK, 0x30, "3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B", COSEM_TAG_OK},
    {EK, AK, 0x21, "2101234567411312FF935A47566827C467BC", COSEM_TAG_NONE},
    {EK_256, AK_256, 0x32, "3201234567E82B2AD3EE8C12A6FB27038F08442193498C6A53DE55EEB9D2", COSEM_TAG_OK},
    {EK, AK, 0x00, "0001234567" GET_CLOCK, COSEM_TAG_NONE},
};

START_TEST(published_examples_are_enciphered_and_deciphered)
{
    for (size_t i = 0; i < sizeof example / sizeof example[0]; i++) {
        struct cosem_secret s = secret(example[i].key, example[i].auth, TITLE);
        enum cosem_tag tag;

        ck_assert_str_eq(sealed(&s, example[i].sc, 0x01234567, GET_CLOCK), example[i].content);
        ck_assert_str_eq(opened(&s, example[i].content, &tag), GET_CLOCK);
        ck_assert_int_eq(tag, example[i].tag);
    }
}
END_TEST

/* The tag is over the octet as it came: suite 1 in it makes another tag, under the same keys. */
START_TEST(the_security_control_is_authenticated_as_it_came)
{
    struct cosem_secret s = secret(EK, AK, TITLE);
    const char *content = sealed(&s, 0x31, 7, GET_CLOCK);
    char changed[512];
    enum cosem_tag tag;

    snprintf(changed, sizeof changed, "%s", content);
    ck_assert_str_eq(opened(&s, changed, &tag), GET_CLOCK);
    changed[1] = '0';
    ck_assert_str_eq(opened(&s, changed, &tag), "auth-tag");
}
END_TEST

/* What the key cannot be wrong about is refused; what it can be is said to be so. */
START_TEST(a_wrong_or_missing_key_has_a_name)
{
    const char *authenticated = "3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B";
    const char *plain_with_tag = "1001234567" GET_CLOCK "06725D910F9221D263877516";
    struct cosem_secret s = secret(EK, AK, TITLE);
    enum cosem_tag tag;

    s.key = hex(AK);
    ck_assert_str_eq(opened(&s, authenticated, &tag), "auth-tag");
    s = secret(EK, EK, TITLE);
    ck_assert_str_eq(opened(&s, authenticated, &tag), "auth-tag");
    s = secret(EK, AK, "4D4D4D0000BC614F");
    ck_assert_str_eq(opened(&s, authenticated, &tag), "auth-tag");
    s = secret(EK, AK, "");
    ck_assert_str_eq(opened(&s, authenticated, &tag), "system-title");
    s = secret("", AK, TITLE);
    ck_assert_str_eq(opened(&s, authenticated, &tag), "no-key");
    ck_assert_str_eq(opened(&s, plain_with_tag, &tag), GET_CLOCK);
    ck_assert_int_eq(tag, COSEM_TAG_UNCHECKED);
    s = secret(EK_256, AK_256, TITLE);
    ck_assert_str_eq(opened(&s, authenticated, &tag), "no-key");
    s = secret(EK, AK, TITLE);
    ck_assert_str_eq(opened(&s, "32012345670102030405060708090A0B0C0D", &tag), "no-key");
    ck_assert_str_eq(opened(&s, "33012345670102030405060708090A0B0C0D", &tag), "unsupported");
    ck_assert_str_eq(opened(&s, "B0012345670102030405060708090A0B0C0D", &tag), "compressed");
}
END_TEST

/* Without AK the text is read, and nobody is told that it was checked. */
START_TEST(without_the_authentication_key_the_tag_is_unchecked)
{
    struct cosem_secret s = secret(EK, "", TITLE);
    enum cosem_tag tag;

    ck_assert_str_eq(opened(&s, "3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B", &tag),
                     GET_CLOCK);
    ck_assert_int_eq(tag, COSEM_TAG_UNCHECKED);
    ck_assert_str_eq(cosem_tag_text(tag), "unchecked");
}
END_TEST

/* Every octet of SC, IC, text and tag counts. */
START_TEST(any_flipped_bit_is_refused)
{
    const struct wp_slice good = hex("3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B");
    struct cosem_secret s = secret(EK, AK, TITLE);

    for (size_t bit = 0; bit < good.n * 8; bit++) {
        uint8_t bad[64], room[64];
        struct cosem_content c;
        struct wp_slice text;
        enum cosem_tag tag;
        enum wp_fault fault;

        memcpy(bad, good.p, good.n);
        bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_int_eq(cosem_content_decode(wp_slice(bad, good.n), &c).status, WP_OK);
        fault = cosem_decipher(&cipher, &s, &c, room, &text, &tag);
        /* But for the bits that say that there is no tag, or no encryption. */
        if (bad[0] == 0x20 || bad[0] == 0x10)
            ck_assert(fault == WP_FAULT_AUTH_TAG || tag == COSEM_TAG_NONE);
        else
            ck_assert_msg(fault != WP_FAULT_NONE, "bit %zu", bit);
    }
}
END_TEST

/* Lengths below what SC needs do not wrap around. */
START_TEST(a_content_too_short_is_refused)
{
    static uint8_t octets[32];

    for (int sc = 0; sc < 256; sc++)
        for (size_t n = 0; n < sizeof octets; n++) {
            const size_t least = sc & 0x10 ? 17 : 5;
            struct cosem_content c;
            struct wp_decode d;

            octets[0] = (uint8_t)sc;
            d = cosem_content_decode(wp_slice(octets, n), &c);
            ck_assert_int_eq(d.status, n >= least ? WP_OK : WP_BAD);
            ck_assert(n >= least || d.fault == WP_FAULT_CIPHER_LENGTH);
            ck_assert(n < least || c.text.n == n - least);
        }
}
END_TEST

/* Keys that differ in two octets alone, and have the same place among the kept contexts. */
START_TEST(a_context_is_of_the_whole_key)
{
    struct cosem_secret one = secret(EK, AK, TITLE), other = one;
    uint8_t key[16];
    char by_one[256];
    enum cosem_tag tag;

    memcpy(key, one.key.p, sizeof key);
    key[7] ^= 0x55;
    key[15] ^= 0x55;
    other.key = wp_slice(key, sizeof key);
    for (int i = 0; i < 3; i++) {
        snprintf(by_one, sizeof by_one, "%s", sealed(&one, 0x30, 1, GET_CLOCK));
        ck_assert_str_ne(sealed(&other, 0x30, 1, GET_CLOCK), by_one);
        ck_assert_str_eq(opened(&other, by_one, &tag), "auth-tag");
        ck_assert_str_eq(opened(&one, by_one, &tag), GET_CLOCK);
    }
}
END_TEST

/* More keys than contexts are kept, of both lengths, both directions in turn: none takes another's place unnoticed. */
START_TEST(kept_contexts_do_not_mix_up_their_keys)
{
    enum { KEYS = 3 * COSEM_CIPHER_SLOTS };
    uint8_t key[KEYS][32], auth[32] = {0xA5};

    for (size_t i = 0; i < KEYS; i++)
        for (size_t k = 0; k < 32; k++)
            key[i][k] = (uint8_t)(i * 7 + k * 13 + i * k);
    for (size_t round = 0; round < 4 * KEYS; round++) {
        const size_t i = round * 29 % KEYS, n = i % 2 ? 32 : 16;
        const uint8_t sc = n == 32 ? 0x32 : 0x30;
        struct cosem_secret s = {wp_slice(key[i], n), wp_slice(auth, n), hex(TITLE), wp_slice(NULL, 0)};
        uint8_t fresh[64], kept[64];
        struct wp_writer a = wp_writer(fresh, sizeof fresh), b = wp_writer(kept, sizeof kept);
        struct cosem_cipher other;
        char content[256];
        enum cosem_tag tag;

        cosem_cipher_open(&other);
        ck_assert(cosem_encipher(&other, &s, sc, (uint32_t)round, hex(GET_CLOCK), &a));
        cosem_cipher_close(&other);
        ck_assert(cosem_encipher(&cipher, &s, sc, (uint32_t)round, hex(GET_CLOCK), &b));
        ck_assert(wp_slice_eq(wp_written(&a), wp_written(&b)));
        snprintf(content, sizeof content, "%s", digits(wp_written(&a)));
        ck_assert_str_eq(opened(&s, content, &tag), GET_CLOCK);
        ck_assert_int_eq(tag, COSEM_TAG_OK);
    }
}
END_TEST

/* Deciphering where the text stands gives the same. */
START_TEST(a_text_may_be_deciphered_in_place)
{
    uint8_t octets[64];
    struct wp_slice in = hex("3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B"), text;
    struct cosem_secret s = secret(EK, AK, TITLE);
    struct cosem_content c;
    enum cosem_tag tag;

    memcpy(octets, in.p, in.n);
    cosem_content_decode(wp_slice(octets, in.n), &c);
    ck_assert_int_eq(cosem_decipher(&cipher, &s, &c, octets + 5, &text, &tag), WP_FAULT_NONE);
    ck_assert_ptr_eq(text.p, octets + 5);
    ck_assert_str_eq(digits(text), GET_CLOCK);
}
END_TEST

START_TEST(what_does_not_fit_is_not_put)
{
    struct cosem_secret s = secret(EK, AK, TITLE);
    uint8_t out[30];

    for (size_t cap = 0; cap < sizeof out; cap++) {
        struct wp_writer w = wp_writer(out, cap);

        ck_assert(!cosem_encipher(&cipher, &s, 0x30, 1, hex(GET_CLOCK), &w));
        ck_assert(w.full);
        ck_assert_uint_eq(w.n, 0);
    }
}
END_TEST

/* The header of general-ciphering is under the tag. Computed with python3-cryptography 38.0.4. */
START_TEST(the_header_of_general_ciphering_is_authenticated)
{
    struct cosem_secret s = secret(EK, AK, TITLE);
    const char *content = "300000000374C35AB99D74613DD561535F573D287CEF24A1CD387486D47E8E50DF19119F4A53";
    enum cosem_tag tag;

    s.header = hex("080000000000000001084D4D4D0000BC614E084D4D4D00000000010000");
    ck_assert_str_eq(sealed(&s, 0x30, 3, "0F0000000700020209060100010700FF0600000123"), content);
    ck_assert_str_eq(opened(&s, content, &tag), "0F0000000700020209060100010700FF0600000123");
    s.header = hex("080000000000000002084D4D4D0000BC614E084D4D4D00000000010000");
    ck_assert_str_eq(opened(&s, content, &tag), "auth-tag");
}
END_TEST

/* HLS with GMAC as a Kaifa meter and its client answered each other. source: ViewWay/dlms-cosem test_hls_complete */
START_TEST(both_sides_answer_their_challenges)
{
    static const struct {
        const char *title, *challenge, *f;
        uint32_t ic;
    } turn[] = {
        {"0000000000000000", "E174F6ACA21F02245EF7911B54AF84D5", "1000004B37CB2C079B6BF3D817E8A4408B",
         0x4B37},
        {"4B464D6410000002", "7336554C55333736635A456F6179506C", "100000413B55175DD868AE07E0E1639C00",
         0x413B},
    };

    for (size_t i = 0; i < 2; i++) {
        struct cosem_secret s = secret(EK, AK, turn[i].title);
        uint8_t f[COSEM_GMAC];
        uint32_t ic = 0;

        cosem_gmac(&cipher, &s, turn[i].ic, hex(turn[i].challenge), f);
        ck_assert_str_eq(digits(wp_slice(f, sizeof f)), turn[i].f);
        ck_assert_int_eq(cosem_gmac_check(&cipher, &s, hex(turn[i].challenge), hex(turn[i].f), &ic),
                         WP_FAULT_NONE);
        ck_assert_uint_eq(ic, turn[i].ic);
        ck_assert_int_eq(cosem_gmac_check(&cipher, &s, hex(turn[!i].challenge), hex(turn[i].f), &ic),
                         WP_FAULT_AUTH_TAG);
        ck_assert_int_eq(cosem_gmac_check(&cipher, &s, hex(turn[i].challenge), wp_slice(f, 16), &ic),
                         WP_FAULT_CIPHER_LENGTH);
        f[0] = 0x30;
        ck_assert_int_eq(cosem_gmac_check(&cipher, &s, hex(turn[i].challenge), wp_slice(f, sizeof f), &ic),
                         WP_FAULT_UNSUPPORTED);
        s.auth = wp_slice(NULL, 0);
        ck_assert_int_eq(cosem_gmac_check(&cipher, &s, hex(turn[i].challenge), hex(turn[i].f), &ic),
                         WP_FAULT_NO_KEY);
    }
}
END_TEST

START_TEST(suite_two_answers_with_its_own_security_control)
{
    struct cosem_secret s = secret(EK_256, AK_256, TITLE);
    uint8_t f[COSEM_GMAC];
    uint32_t ic;

    cosem_gmac(&cipher, &s, 0x01234567, wp_text("challenge"), f);
    ck_assert_str_eq(digits(wp_slice(f, sizeof f)), "120123456729CBB6397F7507F0F243203F");
    ck_assert_int_eq(cosem_gmac_check(&cipher, &s, wp_text("challenge"), wp_slice(f, sizeof f), &ic),
                     WP_FAULT_NONE);
}
END_TEST

/* All examples of HLS among the vectors. */
START_TEST(published_challenges_verify)
{
    size_t n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "dlms-apdu");) {
        const cJSON *gmac = cJSON_GetObjectItemCaseSensitive(v.expect, "gmac");
        struct cosem_secret s = {
            .key = wp_slice(v.key.key, v.key.n_key),
            .auth = wp_slice(v.key.auth, v.key.n_auth),
            .title = wp_slice(v.key.title, COSEM_TITLE),
        };
        uint32_t ic;

        if (!gmac)
            continue;
        ck_assert_msg(cosem_gmac_check(&cipher, &s, hex(dlms_vector_text(gmac, "challenge")), v.bytes, &ic) ==
                          WP_FAULT_NONE,
                      "%s", v.id);
        n++;
    }
    ck_assert(n == 2 || !dlms_vectors());
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cosem_crypt");
    TCase *t = tcase_create("cosem_crypt");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, open_cipher, close_cipher);
    tcase_add_test(t, published_examples_are_enciphered_and_deciphered);
    tcase_add_test(t, the_security_control_is_authenticated_as_it_came);
    tcase_add_test(t, a_wrong_or_missing_key_has_a_name);
    tcase_add_test(t, without_the_authentication_key_the_tag_is_unchecked);
    tcase_add_test(t, any_flipped_bit_is_refused);
    tcase_add_test(t, a_content_too_short_is_refused);
    tcase_add_test(t, a_context_is_of_the_whole_key);
    tcase_add_test(t, kept_contexts_do_not_mix_up_their_keys);
    tcase_add_test(t, a_text_may_be_deciphered_in_place);
    tcase_add_test(t, what_does_not_fit_is_not_put);
    tcase_add_test(t, the_header_of_general_ciphering_is_authenticated);
    tcase_add_test(t, both_sides_answer_their_challenges);
    tcase_add_test(t, suite_two_answers_with_its_own_security_control);
    tcase_add_test(t, published_challenges_verify);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
