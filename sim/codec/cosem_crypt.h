/* AES-GCM as DLMS/COSEM uses it.                source: Green Book security suites 0 to 2, IEC 62056-5-3, 9.2.3
 *
 *     SC | IC 4 | text | tag 12, if authenticated        "ciphered content"
 *
 * - SC: bits 3..0 suite; 10 authenticated, 20 encrypted, 40 with the broadcast key, 80 compressed.
 *   Suites 0 and 1 have keys of 16 octets, suite 2 of 32.
 * - IC: invocation counter, high octet first. It rises with each message of a sender under one key.
 * - IV: system title of the sender (8) | IC (4). The tag is the first 12 octets of GCM's.
 *
 *     SC   text              authenticated besides             tag
 *     x0   plain             -                                 none
 *     1x   plain             SC | AK | header | the text       12
 *     2x   encrypted         -                                 none
 *     3x   encrypted         SC | AK | header (and the text)   12
 *
 * - header: of general-ciphering its first five octet-strings, each with its length octet; else nothing.
 *
 * This is the one place of the codecs that knows libcrypto. */
#ifndef WP_COSEM_CRYPT_H
#define WP_COSEM_CRYPT_H

#include "sim/core/decode.h"

enum {
    COSEM_SC_SUITE = 0x0F,
    COSEM_SC_AUTHENTICATED = 0x10,
    COSEM_SC_ENCRYPTED = 0x20,
    COSEM_SC_BROADCAST = 0x40,
    COSEM_SC_COMPRESSED = 0x80,
};

enum {
    COSEM_TITLE = 8,
    COSEM_TAG = 12,
    COSEM_KEY_MAX = 32,
    COSEM_CONTENT_HEAD = 5, /* SC and IC */
    COSEM_GMAC = 17,        /* of HLS mechanism 5: SC, IC, tag */
    COSEM_HEADER_MAX = 1024,
    COSEM_CIPHER_SLOTS = 32,
};

/* What is known of a tag. The text is part of the printed form. */
#define COSEM_TAGS(X)                                                                                        \
    X(NONE, "none")           /* there is none */                                                            \
    X(UNCHECKED, "unchecked") /* there is one, and the key that would tell is not known */                   \
    X(OK, "ok")

enum cosem_tag {
#define X(name, text) COSEM_TAG_##name,
    COSEM_TAGS(X)
#undef X
};

const char *cosem_tag_text(enum cosem_tag tag);

/* Contexts of libcrypto with their key schedules, found by key: a message under a key that was used before costs a
 * quarter of one under a new key. A cache: what is in it changes no result. Zeroed memory is an open, empty one. */
struct cosem_cipher {
    struct cosem_cipher_slot {
        void *ctx; /* NULL: never used */
        uint8_t n_key;
        uint8_t key[COSEM_KEY_MAX];
    } slot[COSEM_CIPHER_SLOTS];
};

void cosem_cipher_open(struct cosem_cipher *cipher);
/* Frees what libcrypto holds, and wipes the keys. */
void cosem_cipher_close(struct cosem_cipher *cipher);
/* The one of this process, never closed: for machines and codecs, which have no end of their own. */
struct cosem_cipher *cosem_cipher_shared(void);

/* With what one message is protected. Everything is borrowed.
 * key     16 or 32 octets; empty: not known
 * auth    AK, as long as the key; empty: not known
 * title   of the sender
 * header  above; empty but for general-ciphering, at most COSEM_HEADER_MAX */
struct cosem_secret {
    struct wp_slice key, auth, title, header;
};

/* Ciphered content, told apart. `text` and `tag` borrow from the input; tag.n is 12 or 0. */
struct cosem_content {
    uint8_t sc;
    uint32_t ic;
    struct wp_slice text, tag;
};

/* All of `in` as ciphered content. WP_BAD CIPHER_LENGTH: shorter than SC says. */
struct wp_decode cosem_content_decode(struct wp_slice in, struct cosem_content *out);

/* The plain text of a content.
 * room     for content->text.n octets, where an encrypted text is deciphered to; it may be the text itself
 * ret_text the plain text, in `room`, or where it stood if it is not encrypted; written with WP_FAULT_NONE only
 * ret_tag  likewise. UNCHECKED: AK is not known. NONE or UNCHECKED: with a wrong key the text is noise.
 * Faults: COMPRESSED, UNSUPPORTED (a suite above 2), SYSTEM_TITLE (none of 8 octets), NO_KEY (none, or of a length that
 * the suite does not have), AUTH_TAG. */
enum wp_fault cosem_decipher(struct cosem_cipher *cipher, const struct cosem_secret *secret,
                             const struct cosem_content *content, uint8_t *room, struct wp_slice *ret_text,
                             enum cosem_tag *ret_tag);

/* Put `plain` as ciphered content. The secret has a title, and the keys that `sc` needs, of the length of its suite
 * (asserted); sc is not compressed. false: it does not fit, nothing was put and `out` is full. */
bool cosem_encipher(struct cosem_cipher *cipher, const struct cosem_secret *secret, uint8_t sc, uint32_t ic,
                    struct wp_slice plain, struct wp_writer *out);

/* HLS mechanism 5: f(challenge) = 10 | IC | tag over SC | AK | challenge, by who has secret->title. */
void cosem_gmac(struct cosem_cipher *cipher, const struct cosem_secret *secret, uint32_t ic,
                struct wp_slice challenge, uint8_t out[COSEM_GMAC]);
/* Is f the answer of who has secret->title to `challenge`? *ret_ic is its counter (written with WP_FAULT_NONE).
 * Faults: CIPHER_LENGTH, UNSUPPORTED (SC is not 10 to 12), NO_KEY, SYSTEM_TITLE, AUTH_TAG. */
enum wp_fault cosem_gmac_check(struct cosem_cipher *cipher, const struct cosem_secret *secret,
                               struct wp_slice challenge, struct wp_slice f, uint32_t *ret_ic);

#endif
