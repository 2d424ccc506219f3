/* AES-GCM through libcrypto, with contexts that are kept for their keys. */
#include "sim/codec/cosem_crypt.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { IV = 12, AAD_MAX = 1 + COSEM_KEY_MAX + COSEM_HEADER_MAX };

const char *cosem_tag_text(enum cosem_tag tag)
{
    static const char *const text[] = {
#define X(name, text) text,
        COSEM_TAGS(X)
#undef X
    };

    return text[tag];
}

/* ---- contexts --------------------------------------------------------------------------------------- */

void cosem_cipher_open(struct cosem_cipher *cipher)
{
    *cipher = (struct cosem_cipher){0};
}

void cosem_cipher_close(struct cosem_cipher *cipher)
{
    for (size_t i = 0; i < COSEM_CIPHER_SLOTS; i++)
        EVP_CIPHER_CTX_free(cipher->slot[i].ctx);
    OPENSSL_cleanse(cipher, sizeof *cipher);
}

struct cosem_cipher *cosem_cipher_shared(void)
{
    static struct cosem_cipher shared;

    return &shared;
}

static size_t slot_of(struct wp_slice key)
{
    uint64_t a, b;

    memcpy(&a, key.p, sizeof a);
    memcpy(&b, key.p + 8, sizeof b);
    return (size_t)(((a ^ b) * UINT64_C(0x9E3779B97F4A7C15)) >> 32) % COSEM_CIPHER_SLOTS;
}

/* Gives the slot its key. Our keys have the lengths that AES has, so a refusal is no memory, or a broken library. */
static void set_key(struct cosem_cipher_slot *slot, struct wp_slice key)
{
    const EVP_CIPHER *aes = key.n == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
    int is_set;

    if (!slot->ctx)
        slot->ctx = EVP_CIPHER_CTX_new();
    assert(slot->ctx);
    is_set = EVP_CipherInit_ex(slot->ctx, slot->n_key == key.n ? NULL : aes, NULL, key.p, NULL, 1);
    assert(is_set == 1);
    slot->n_key = (uint8_t)key.n;
    memcpy(slot->key, key.p, key.n);
}

static EVP_CIPHER_CTX *context(struct cosem_cipher *cipher, struct wp_slice key)
{
    struct cosem_cipher_slot *slot = &cipher->slot[slot_of(key)];

    if (slot->n_key != key.n || memcmp(slot->key, key.p, key.n) != 0)
        set_key(slot, key);
    return slot->ctx;
}

/* ---- one message ------------------------------------------------------------------------------------ */

static size_t key_length(uint8_t sc)
{
    return (sc & COSEM_SC_SUITE) == 2 ? 32 : 16;
}

static void begin(EVP_CIPHER_CTX *ctx, const struct cosem_secret *secret, uint32_t ic, int is_encryption)
{
    uint8_t iv[IV];
    int is_set;

    memcpy(iv, secret->title.p, COSEM_TITLE);
    for (int i = 0; i < 4; i++)
        iv[COSEM_TITLE + i] = (uint8_t)(ic >> (24 - 8 * i));
    is_set = EVP_CipherInit_ex(ctx, NULL, NULL, NULL, iv, is_encryption);
    assert(is_set == 1);
}

/* `to` NULL: the octets are authenticated only. */
static void run(EVP_CIPHER_CTX *ctx, uint8_t *to, struct wp_slice from)
{
    int n, is_done;

    if (from.n == 0)
        return;
    assert(from.n <= INT32_MAX);
    is_done = EVP_CipherUpdate(ctx, to, &n, from.p, (int)from.n);
    assert(is_done == 1);
}

/* SC | AK | header, what the tag is over besides the text. */
static void authenticate(EVP_CIPHER_CTX *ctx, const struct cosem_secret *secret, uint8_t sc)
{
    uint8_t aad[AAD_MAX];
    struct wp_writer w = wp_writer(aad, sizeof aad);

    wp_put_u8(&w, sc);
    wp_put_slice(&w, secret->auth);
    wp_put_slice(&w, secret->header);
    assert(!w.full);
    run(ctx, NULL, wp_written(&w));
}

/* Runs the text through a context that has begun: enciphered or deciphered to `to`, or authenticated only. */
static void run_text(EVP_CIPHER_CTX *ctx, const struct cosem_secret *secret, uint8_t sc, struct wp_slice text,
                     uint8_t *to)
{
    if (sc & COSEM_SC_AUTHENTICATED)
        authenticate(ctx, secret, sc);
    run(ctx, sc & COSEM_SC_ENCRYPTED ? to : NULL, text);
}

static bool is_tag(EVP_CIPHER_CTX *ctx, struct wp_slice tag)
{
    uint8_t expected[COSEM_TAG], end[16];
    int n;

    memcpy(expected, tag.p, COSEM_TAG); /* the call takes no const */
    return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, COSEM_TAG, expected) == 1 &&
           EVP_CipherFinal_ex(ctx, end, &n) == 1;
}

static void put_tag(EVP_CIPHER_CTX *ctx, uint8_t *tag)
{
    uint8_t end[16];
    int n, is_done;

    is_done = EVP_CipherFinal_ex(ctx, end, &n);
    assert(is_done == 1);
    is_done = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, COSEM_TAG, tag);
    assert(is_done == 1);
}

/* ---- deciphering ------------------------------------------------------------------------------------ */

struct wp_decode cosem_content_decode(struct wp_slice in, struct cosem_content *out)
{
    struct wp_reader r = wp_reader(in);
    uint8_t sc = wp_get_u8(&r);
    uint32_t ic = wp_get_u32be(&r);
    size_t n_tag = sc & COSEM_SC_AUTHENTICATED ? COSEM_TAG : 0;

    /* Asked before it is taken off: a length of less than 17 must not become a huge one. */
    if (r.ran_out || wp_left(&r) < n_tag)
        return wp_bad(WP_FAULT_CIPHER_LENGTH, 0, 1);
    out->sc = sc;
    out->ic = ic;
    out->text = wp_get_slice(&r, wp_left(&r) - n_tag);
    out->tag = wp_get_slice(&r, n_tag);
    return wp_ok(in.n);
}

static enum wp_fault refuse(const struct cosem_secret *secret, uint8_t sc)
{
    bool may_read = !(sc & COSEM_SC_ENCRYPTED) && secret->key.n == 0;

    if (sc & COSEM_SC_COMPRESSED)
        return WP_FAULT_COMPRESSED;
    if ((sc & COSEM_SC_SUITE) > 2)
        return WP_FAULT_UNSUPPORTED;
    if (secret->title.n != COSEM_TITLE && sc & (COSEM_SC_ENCRYPTED | COSEM_SC_AUTHENTICATED) && !may_read)
        return WP_FAULT_SYSTEM_TITLE;
    if (secret->key.n != key_length(sc) && sc & (COSEM_SC_ENCRYPTED | COSEM_SC_AUTHENTICATED) && !may_read)
        return WP_FAULT_NO_KEY;
    return WP_FAULT_NONE;
}

enum wp_fault cosem_decipher(struct cosem_cipher *cipher, const struct cosem_secret *secret,
                             const struct cosem_content *content, uint8_t *room, struct wp_slice *ret_text,
                             enum cosem_tag *ret_tag)
{
    const bool is_encrypted = content->sc & COSEM_SC_ENCRYPTED;
    const bool is_checked = content->tag.n > 0 && secret->key.n > 0 && secret->auth.n > 0;
    enum wp_fault fault = refuse(secret, content->sc);

    if (fault != WP_FAULT_NONE)
        return fault;
    if (is_encrypted || is_checked) {
        EVP_CIPHER_CTX *ctx = context(cipher, secret->key);

        begin(ctx, secret, content->ic, 0);
        run_text(ctx, secret, content->sc, content->text, room);
        if (is_checked && !is_tag(ctx, content->tag))
            return WP_FAULT_AUTH_TAG;
    }
    *ret_text = is_encrypted ? wp_slice(room, content->text.n) : content->text;
    *ret_tag = is_checked ? COSEM_TAG_OK : content->tag.n > 0 ? COSEM_TAG_UNCHECKED : COSEM_TAG_NONE;
    return WP_FAULT_NONE;
}

/* ---- enciphering ------------------------------------------------------------------------------------ */

static void assert_can_protect(const struct cosem_secret *secret, uint8_t sc)
{
    assert(!(sc & COSEM_SC_COMPRESSED));
    assert((sc & COSEM_SC_SUITE) <= 2);
    assert(secret->title.n == COSEM_TITLE);
    assert(secret->key.n == key_length(sc));
    assert(secret->auth.n == secret->key.n || !(sc & COSEM_SC_AUTHENTICATED));
}

bool cosem_encipher(struct cosem_cipher *cipher, const struct cosem_secret *secret, uint8_t sc, uint32_t ic,
                    struct wp_slice plain, struct wp_writer *out)
{
    const size_t n_tag = sc & COSEM_SC_AUTHENTICATED ? COSEM_TAG : 0;
    uint8_t *text;

    if (out->full || out->cap - out->n < COSEM_CONTENT_HEAD + plain.n + n_tag) {
        out->full = true;
        return false;
    }
    wp_put_u8(out, sc);
    wp_put_u32be(out, ic);
    text = out->p + out->n;
    wp_put_slice(out, plain);
    if (sc & (COSEM_SC_AUTHENTICATED | COSEM_SC_ENCRYPTED)) {
        EVP_CIPHER_CTX *ctx;

        assert_can_protect(secret, sc);
        ctx = context(cipher, secret->key);
        begin(ctx, secret, ic, 1);
        run_text(ctx, secret, sc, wp_slice(text, plain.n), text);
        if (n_tag > 0)
            put_tag(ctx, text + plain.n);
        out->n += n_tag;
    }
    return true;
}

/* ---- HLS mechanism 5 -------------------------------------------------------------------------------- */

void cosem_gmac(struct cosem_cipher *cipher, const struct cosem_secret *secret, uint32_t ic,
                struct wp_slice challenge, uint8_t out[COSEM_GMAC])
{
    const uint8_t sc = (uint8_t)(COSEM_SC_AUTHENTICATED | (secret->key.n == 32 ? 2 : 0));
    struct wp_writer w = wp_writer(out, COSEM_GMAC);
    EVP_CIPHER_CTX *ctx;

    assert_can_protect(secret, sc);
    wp_put_u8(&w, sc);
    wp_put_u32be(&w, ic);
    ctx = context(cipher, secret->key);
    begin(ctx, secret, ic, 1);
    run_text(ctx, secret, sc, challenge, NULL);
    put_tag(ctx, out + w.n);
}

enum wp_fault cosem_gmac_check(struct cosem_cipher *cipher, const struct cosem_secret *secret,
                               struct wp_slice challenge, struct wp_slice f, uint32_t *ret_ic)
{
    struct cosem_content content;
    enum cosem_tag tag;
    enum wp_fault fault;

    if (f.n != COSEM_GMAC || cosem_content_decode(f, &content).status != WP_OK)
        return WP_FAULT_CIPHER_LENGTH;
    if ((content.sc & ~COSEM_SC_SUITE) != COSEM_SC_AUTHENTICATED)
        return WP_FAULT_UNSUPPORTED;
    if (secret->key.n == 0 || secret->auth.n == 0)
        return WP_FAULT_NO_KEY;
    content.text = challenge;
    fault = cosem_decipher(cipher, secret, &content, NULL, &content.text, &tag);
    if (fault == WP_FAULT_NONE)
        *ret_ic = content.ic;
    return fault;
}
