/* A ciphered push of 250 octets, from its payload to its plain APDU, beside what libcrypto alone takes for the same octets:
 * with a context that is kept for its key, and with a new one each time. The contestants take turns in one run; medians
 * are printed. */
#include "sim/codec/cosem_unit.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 25, PASSES = 20000, PLAIN = 250, METERS = 1024 };

static const uint8_t title[COSEM_TITLE] = {0x4D, 0x4D, 0x4D, 0, 0, 0xBC, 0x61, 0x4E};
static uint8_t key[16], auth[16], room[1024], push[PLAIN], plain_push[PLAIN], sealed[512];
static size_t n_sealed;
static struct wp_key known = {.n_key = 16, .n_auth = 16};
static struct wp_keys keys = {&known, 1};
static struct cosem_unit unit = {.keys = &keys, .policy = COSEM_REQUIRE_TAG};
static struct wp_key fleet_key[METERS];
static struct wp_keys fleet_keys[METERS];
static struct cosem_unit fleet[METERS];
static uint8_t fleet_sealed[METERS][512];
static struct cosem_cipher cipher;
static struct cosem_scratch scratch = {&cipher, room, sizeof room, NULL};
static struct cosem_secret secret;
static EVP_CIPHER_CTX *kept;

static double nanoseconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return 1e9 * (double)ts.tv_sec + (double)ts.tv_nsec;
}

/* A structure of numbers, 250 octets with its head. */
static void make_push(void)
{
    struct wp_writer w = wp_writer(push, sizeof push);

    wp_put_u8(&w, 0x0F);
    wp_put_u32be(&w, 7);
    wp_put_u8(&w, 0);
    wp_put_u8(&w, 0x02);
    wp_put_u8(&w, 49);
    for (uint32_t i = 0; i < 48; i++) {
        wp_put_u8(&w, 0x06);
        wp_put_u32be(&w, 1000 * i);
    }
    wp_put_u8(&w, 0x11);
    wp_put_u8(&w, 1);
    assert(!w.full && w.n == sizeof push);
}

/* ---- the contestants -------------------------------------------------------------------------------- */

static uint64_t run_evp(EVP_CIPHER_CTX *ctx, const uint8_t *with_key)
{
    static uint8_t aad[17] = {0x30};
    const uint8_t *content = sealed + n_sealed - PLAIN - COSEM_TAG;
    uint8_t iv[12], tag[COSEM_TAG], end[16];
    int n, is_good;

    memcpy(aad + 1, auth, 16);
    memcpy(iv, title, 8);
    memcpy(iv + 8, content - 4, 4);
    memcpy(tag, content + PLAIN, COSEM_TAG);
    is_good = EVP_DecryptInit_ex(ctx, with_key ? EVP_aes_128_gcm() : NULL, NULL, with_key, iv);
    is_good &= EVP_DecryptUpdate(ctx, NULL, &n, aad, sizeof aad);
    is_good &= EVP_DecryptUpdate(ctx, room, &n, content, PLAIN);
    is_good &= EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, COSEM_TAG, tag);
    is_good &= EVP_DecryptFinal_ex(ctx, end, &n);
    assert(is_good == 1);
    return room[PLAIN - 1];
}

static uint64_t kept_context(void)
{
    return run_evp(kept, NULL);
}

static uint64_t new_context(void)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint64_t sum = run_evp(ctx, key);

    EVP_CIPHER_CTX_free(ctx);
    return sum;
}

static uint64_t plain_unit(void)
{
    struct cosem_plain out;
    enum cosem_unit_result result =
        cosem_unit_feed(&unit, &scratch, WP_SIDE_UNKNOWN, wp_slice(plain_push, PLAIN), &out);

    assert(result == COSEM_UNIT_PLAIN);
    return out.apdu.bytes.n;
}

static uint64_t ciphered_unit(void)
{
    struct cosem_plain out;
    enum cosem_unit_result result =
        cosem_unit_feed(&unit, &scratch, WP_SIDE_UNKNOWN, wp_slice(sealed, n_sealed), &out);

    assert(result == COSEM_UNIT_PLAIN && out.layer[0].tag == COSEM_TAG_OK);
    return out.apdu.bytes.n;
}

static uint64_t enciphered(void)
{
    uint8_t out[512];
    struct wp_writer w = wp_writer(out, sizeof out);

    cosem_seal(&w, &cipher, &secret, COSEM_GENERAL_GLO, 0x30, 7, wp_slice(push, PLAIN));
    return w.n;
}

/* Each of more meters than contexts are kept, in turn, with a key of its own. */
static uint64_t fleet_unit(void)
{
    static size_t turn;
    struct cosem_plain out;
    const size_t i = turn++ % METERS;
    enum cosem_unit_result result =
        cosem_unit_feed(&fleet[i], &scratch, WP_SIDE_UNKNOWN, wp_slice(fleet_sealed[i], n_sealed), &out);

    assert(result == COSEM_UNIT_PLAIN);
    return out.apdu.bytes.n;
}

static void make_fleet(void)
{
    for (size_t i = 0; i < METERS; i++) {
        struct wp_writer w = wp_writer(fleet_sealed[i], sizeof fleet_sealed[i]);
        struct cosem_secret own = secret;

        fleet_key[i] = known;
        fleet_key[i].key[0] = (uint8_t)i;
        fleet_key[i].key[1] = (uint8_t)(i >> 8);
        fleet_keys[i] = (struct wp_keys){&fleet_key[i], 1};
        fleet[i] = (struct cosem_unit){.keys = &fleet_keys[i], .policy = COSEM_REQUIRE_TAG};
        own.key = wp_slice(fleet_key[i].key, 16);
        cosem_seal(&w, &cipher, &own, COSEM_GENERAL_GLO, 0x30, 7, wp_slice(push, PLAIN));
    }
}

/* ---- the race --------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint64_t (*run)(void);
} contestant[] = {
    {"libcrypto, context kept for its key", kept_context},
    {"libcrypto, new context", new_context},
    {"plain push, to its APDU", plain_unit},
    {"general-glo push, to its APDU", ciphered_unit},
    {"the same of 1024 keys in turn", fleet_unit},
    {"push enciphered", enciphered},
};

enum { CONTESTANTS = sizeof contestant / sizeof contestant[0] };

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(void)
{
    static double took[CONTESTANTS][ROUNDS];
    struct wp_writer w = wp_writer(sealed, sizeof sealed);
    volatile uint64_t sum = 0;

    for (size_t i = 0; i < 16; i++) {
        key[i] = known.key[i] = (uint8_t)(i * 17);
        auth[i] = known.auth[i] = (uint8_t)(0xD0 + i);
    }
    make_push();
    memcpy(plain_push, push, sizeof push);
    secret =
        (struct cosem_secret){wp_slice(key, 16), wp_slice(auth, 16), wp_slice(title, 8), wp_slice(NULL, 0)};
    cosem_seal(&w, &cipher, &secret, COSEM_GENERAL_GLO, 0x30, 7, wp_slice(push, PLAIN));
    n_sealed = w.n;
    make_fleet();
    kept = EVP_CIPHER_CTX_new();
    run_evp(kept, key);
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < CONTESTANTS; i++) {
            const double start = nanoseconds();

            for (int k = 0; k < PASSES; k++)
                sum += contestant[i].run();
            took[i][round] = (nanoseconds() - start) / PASSES;
        }
    printf("cosem_unit: %d octets, general-glo-ciphering SC 30\n", PLAIN);
    for (size_t i = 0; i < CONTESTANTS; i++) {
        qsort(took[i], ROUNDS, sizeof took[i][0], by_value);
        printf("  %-38s %7.0f ns\n", contestant[i].name, took[i][ROUNDS / 2]);
    }
    printf("  ciphered beside libcrypto alone %.2f times, and %.0f ns more than 1.5 times\n",
           took[3][ROUNDS / 2] / took[0][ROUNDS / 2], took[3][ROUNDS / 2] - 1.5 * took[0][ROUNDS / 2]);
    EVP_CIPHER_CTX_free(kept);
    cosem_cipher_close(&cipher);
    return 0;
}
