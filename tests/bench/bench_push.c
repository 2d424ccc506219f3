/* Pushes from the octets of the wire to their readings: transport, ciphering, APDU, mapping. Beside them what libcrypto
 * alone takes for AES-128-GCM over 250 octets with a context that is kept for its key; each contestant is also told as a
 * ratio to that, because it is the same on a slow machine. They take turns in one run; medians are printed.
 *
 * The targets are times of a machine on which that call takes 134 ns: 280 ns for 25 objects in the wrapper, 400 in HDLC,
 * ciphered 1.5 times the call and 300 ns. */
#include "sim/codec/axdr.h"
#include "sim/codec/cosem_push.h"
#include "sim/codec/cosem_unit.h"
#include "sim/codec/hdlc.h"
#include "sim/codec/wrapper.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 31, PASSES = 10000, RAW = 250, FRAME_MAX = 2048, POINTS = 64, REFERENCE_NS = 134 };

static const uint8_t title[COSEM_TITLE] = {0x4C, 0x47, 0x5A, 0, 0, 0xBC, 0x61, 0x4E};
static const uint8_t iv[12] = {0x4C, 0x47, 0x5A, 0, 0, 0xBC, 0x61, 0x4E, 0, 0, 0, 7};
static uint8_t key[16], auth[16], raw_plain[RAW], raw_cipher[RAW], raw_tag[COSEM_TAG], room[FRAME_MAX];
static struct wp_key known = {.n_key = 16, .n_auth = 16};
static struct wp_keys keys = {&known, 1};
static struct cosem_unit unit = {.keys = &keys};
static struct cosem_cipher cipher;
static struct cosem_scratch scratch = {&cipher, room, sizeof room, NULL};
static EVP_CIPHER_CTX *kept;

static double nanoseconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return 1e9 * (double)ts.tv_sec + (double)ts.tv_nsec;
}

/* ---- pushes ------------------------------------------------------------------------------------------ */

/* As an E450 in Switzerland sends it: n values of which the first is the list, then a text, then registers. */
static void put_objects(struct wp_writer *w, uint32_t n)
{
    static const uint8_t list[6] = {0, 8, 25, 9, 0, 255}, serial[6] = {0, 0, 96, 1, 0, 255};

    axdr_put_structure(w, n);
    axdr_put_array(w, n);
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t ln[6] = {1, 0, (uint8_t)(1 + i * 10 % 80), (uint8_t)(i % 2 ? 7 : 8), 0, 255};

        axdr_put_structure(w, 4);
        axdr_put_u16(w, i == 0 ? 40 : i == 1 ? 1 : 3);
        axdr_put_octets(w, wp_slice(i == 0 ? list : i == 1 ? serial : ln, 6));
        axdr_put_i8(w, 2);
        axdr_put_u16(w, 0);
    }
    axdr_put_octets(w, wp_slice("63326413", 8));
    for (uint32_t i = 2; i < n; i++) {
        if (i % 3)
            axdr_put_u32(w, 100 * i);
        else
            axdr_put_u16(w, (uint16_t)(200 + i));
    }
}

/* Kaifa's list 2 of a meter with one phase: names of list, meter and type, four powers, current and voltage. */
static void put_kaifa(struct wp_writer *w, uint32_t n)
{
    axdr_put_structure(w, n);
    axdr_put_octets(w, wp_text("KFM_001"));
    axdr_put_octets(w, wp_text("6970631401753985"));
    axdr_put_octets(w, wp_text("MA105H2E"));
    for (uint32_t i = 3; i < n; i++)
        axdr_put_u32(w, 1000 + i);
}

struct push {
    uint8_t octets[FRAME_MAX];
    size_t n, n_apdu;
};

/* The plain APDU of a push. */
static struct wp_slice make_apdu(void (*put)(struct wp_writer *, uint32_t), uint32_t n,
                                 uint8_t out[FRAME_MAX])
{
    struct wp_writer w = wp_writer(out, FRAME_MAX);

    wp_put_u8(&w, 0x0F);
    wp_put_u32be(&w, 7);
    wp_put_u8(&w, 0);
    put(&w, n);
    assert(!w.full);
    return wp_written(&w);
}

static void make_wrapped(struct push *out, struct wp_slice apdu)
{
    struct wp_writer w = wp_writer(out->octets, sizeof out->octets);

    wrapper_encode(&w, &(struct wrapper_frame){1, 0x67, apdu});
    assert(!w.full);
    out->n = w.n;
    out->n_apdu = apdu.n;
}

static void make_hdlc(struct push *out, struct wp_slice apdu)
{
    struct wp_writer w = wp_writer(out->octets, sizeof out->octets);
    const struct hdlc_frame frame = {.destination = {1, 0, 1},
                                     .source = {1, 16, 2},
                                     .type = HDLC_UI,
                                     .control = 0x13,
                                     .llc = HDLC_LLC_RESPONSE,
                                     .payload = apdu};

    hdlc_encode(&w, &frame);
    assert(!w.full);
    out->n = w.n;
    out->n_apdu = apdu.n;
}

static struct push wrapped_25, wrapped_40, framed_25, framed_kaifa, ciphered;

static void make_pushes(void)
{
    const struct cosem_secret secret = {wp_slice(key, 16), wp_slice(auth, 16), wp_slice(title, COSEM_TITLE),
                                        wp_slice(NULL, 0)};
    uint8_t apdu[FRAME_MAX], sealed[FRAME_MAX];
    struct wp_writer w = wp_writer(sealed, sizeof sealed);

    make_wrapped(&wrapped_25, make_apdu(put_objects, 25, apdu));
    make_wrapped(&wrapped_40, make_apdu(put_objects, 40, apdu));
    make_hdlc(&framed_25, make_apdu(put_objects, 25, apdu));
    make_hdlc(&framed_kaifa, make_apdu(put_kaifa, 9, apdu));
    cosem_seal(&w, &cipher, &secret, COSEM_GENERAL_GLO, 0x30, 7, make_apdu(put_objects, 11, apdu));
    make_wrapped(&ciphered, wp_written(&w));
}

/* ---- the contestants ---------------------------------------------------------------------------------- */

static uint64_t map_payload(struct wp_slice payload)
{
    static struct cosem_point points[POINTS];
    struct cosem_plain plain;
    struct cosem_push push;

    if (cosem_unit_feed(&unit, &scratch, WP_SIDE_UNKNOWN, payload, &plain) != COSEM_UNIT_PLAIN)
        return 0;
    cosem_push_map(plain.apdu.notification.data, NULL, points, POINTS, &push);
    return push.n_points;
}

static uint64_t from_wrapper(const struct push *p)
{
    struct wrapper_frame frame;

    return wrapper_decode(wp_slice(p->octets, p->n), &frame).status == WP_OK ? map_payload(frame.payload) : 0;
}

static uint64_t from_hdlc(const struct push *p)
{
    struct hdlc_frame frame;

    return hdlc_decode(NULL, wp_slice(p->octets, p->n), &frame).status == WP_OK ? map_payload(frame.payload)
                                                                                : 0;
}

static uint64_t crypto_alone(const struct push *none)
{
    uint8_t aad[17] = {0x30}, plain[RAW], end[16];
    int n, is_good;

    (void)none;
    memcpy(aad + 1, auth, 16);
    is_good = EVP_DecryptInit_ex(kept, NULL, NULL, NULL, iv);
    is_good &= EVP_DecryptUpdate(kept, NULL, &n, aad, sizeof aad);
    is_good &= EVP_DecryptUpdate(kept, plain, &n, raw_cipher, RAW);
    is_good &= EVP_CIPHER_CTX_ctrl(kept, EVP_CTRL_GCM_SET_TAG, COSEM_TAG, raw_tag);
    is_good &= EVP_DecryptFinal_ex(kept, end, &n);
    return (uint64_t)is_good;
}

static void open_crypto(void)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t aad[17] = {0x30};
    int n, is_good;

    memcpy(aad + 1, auth, 16);
    is_good = EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, iv);
    is_good &= EVP_EncryptUpdate(ctx, NULL, &n, aad, sizeof aad);
    is_good &= EVP_EncryptUpdate(ctx, raw_cipher, &n, raw_plain, RAW);
    is_good &= EVP_EncryptFinal_ex(ctx, raw_cipher + n, &n);
    is_good &= EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, COSEM_TAG, raw_tag);
    EVP_CIPHER_CTX_free(ctx);
    kept = EVP_CIPHER_CTX_new();
    is_good &= EVP_DecryptInit_ex(kept, EVP_aes_128_gcm(), NULL, key, iv);
    assert(is_good == 1);
}

/* ---- the race ----------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint64_t (*run)(const struct push *p);
    const struct push *push;
    uint64_t points;
    double target_ns; /* of the machine of reference; 0: none was set */
} contestant[] = {
    {"libcrypto alone, 250 octets", crypto_alone, NULL, 1, REFERENCE_NS},
    {"wrapper, 25 objects", from_wrapper, &wrapped_25, 24, 280},
    {"wrapper, 40 objects", from_wrapper, &wrapped_40, 39, 0},
    {"HDLC, 25 objects", from_hdlc, &framed_25, 24, 400},
    {"HDLC, Kaifa with one phase", from_hdlc, &framed_kaifa, 9, 0},
    {"wrapper, general-glo, 11 objects", from_wrapper, &ciphered, 10, 1.5 * REFERENCE_NS + 300},
};

enum { CONTESTANTS = sizeof contestant / sizeof contestant[0] };

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double took[CONTESTANTS][ROUNDS];

static void race(void)
{
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < CONTESTANTS; i++) {
            const double start = nanoseconds();

            for (int k = 0; k < PASSES; k++)
                if (contestant[i].run(contestant[i].push) != contestant[i].points) {
                    fprintf(stderr, "bench_push: %s is not read as it was written\n", contestant[i].name);
                    exit(1);
                }
            took[i][round] = (nanoseconds() - start) / PASSES;
        }
}

int main(void)
{
    for (size_t i = 0; i < 16; i++) {
        key[i] = known.key[i] = (uint8_t)(i * 17);
        auth[i] = known.auth[i] = (uint8_t)(0xD0 + i);
    }
    open_crypto();
    make_pushes();
    race();
    for (size_t i = 0; i < CONTESTANTS; i++) {
        const struct push *p = contestant[i].push;
        double ratio;

        qsort(took[i], ROUNDS, sizeof took[i][0], by_value);
        ratio = took[i][ROUNDS / 2] / took[0][ROUNDS / 2];
        printf("push.%-33s %4zu octets %6.0f ns, ratio %.2f to libcrypto", contestant[i].name,
               p ? p->n : (size_t)RAW, took[i][ROUNDS / 2], ratio);
        if (p && contestant[i].target_ns > 0)
            printf(", target %.2f", contestant[i].target_ns / REFERENCE_NS);
        putchar('\n');
    }
    EVP_CIPHER_CTX_free(kept);
    cosem_cipher_close(&cipher);
    return 0;
}
