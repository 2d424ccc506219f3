/* Decoding a DL/T 645 reply stream, and looking for frames in garbage, beside bare loops over the same bytes: a copy,
 * and a sum as a checksum needs it. The contestants take turns in one run; medians are printed. */
#include "harness/fields.h"
#include "sim/codec/dlt645.h"
#include "sim/codec/dlt645_di.h"
#include "sim/core/random.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STREAM_BYTES = 1 << 20, FRAME_BYTES = 20, ROUNDS = 15, PASSES = 20 };

static uint8_t replies[STREAM_BYTES], garbage[STREAM_BYTES], copy[STREAM_BYTES];
static size_t n_replies_bytes, n_replies;

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* ---- the bytes ---------------------------------------------------------------------------------------- */

static void fill_replies(void)
{
    struct wp_writer w = wp_writer(replies, sizeof replies);
    struct wp_random r = wp_random(645);

    while (w.n + FRAME_BYTES <= sizeof replies) {
        struct dlt645_frame f;
        uint8_t value[4];
        struct wp_writer v = wp_writer(value, sizeof value);

        dlt645_bcd_write(&v, (int64_t)wp_random_below(&r, 100000000), 4, false);
        dlt645_reply_read(&f, wp_random_below(&r, 0x9999), 0x00010000, wp_written(&v), false);
        dlt645_encode(&w, &f);
        n_replies++;
    }
    n_replies_bytes = w.n;
}

static void fill_garbage(void)
{
    struct wp_random r = wp_random(7);

    for (size_t i = 0; i < sizeof garbage; i++)
        garbage[i] = (uint8_t)wp_random_below(&r, 256);
}

/* ---- the contestants: each goes over its bytes once --------------------------------------------------- */

typedef uint64_t contestant(struct wp_slice in);

static uint64_t bare_copy(struct wp_slice in)
{
    memcpy(copy, in.p, in.n);
    return copy[in.n / 2];
}

static uint64_t bare_sum(struct wp_slice in)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < in.n; i++)
        sum += in.p[i];
    return sum;
}

static uint64_t decode(struct wp_slice in)
{
    uint64_t sum = 0;

    while (in.n) {
        struct dlt645_frame f;
        struct wp_decode d = dlt645_decode(in, &f);
        size_t used = d.status == WP_MORE ? 1 : d.used;

        if (d.status == WP_OK)
            sum += f.data[4];
        in = wp_slice(in.p + used, in.n - used);
    }
    return sum;
}

/* As a gateway reads it: whose reply, which register, what value. */
static uint64_t decode_value(struct wp_slice in)
{
    uint64_t sum = 0;

    while (in.n) {
        struct dlt645_frame f;
        struct dlt645_body body;
        struct wp_decode d = dlt645_decode(in, &f);
        const struct dlt645_register *row;
        struct wp_value value;

        assert(d.status == WP_OK);
        if (dlt645_body(&f, &body) && (row = dlt645_di_find(body.di)) != NULL) {
            struct wp_writer none = wp_writer(NULL, 0);

            if (dlt645_value_decode(row, body.payload, &none, &value) == DLT645_GOOD)
                sum += (uint64_t)value.num;
        }
        in = wp_slice(in.p + d.used, in.n - d.used);
    }
    return sum;
}

static uint64_t decode_line(struct wp_slice in)
{
    static char text[1024];
    uint64_t sum = 0;

    while (in.n) {
        struct dlt645_frame f;
        struct wp_decode d = dlt645_decode(in, &f);
        struct wp_writer w = wp_writer(text, sizeof text);

        assert(d.status == WP_OK);
        fields_put_line(&w, &dlt645_codec, &f);
        sum += w.n;
        in = wp_slice(in.p + d.used, in.n - d.used);
    }
    return sum;
}

/* ---- the race ------------------------------------------------------------------------------------------ */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct entry {
    const char *name;
    contestant *run;
    double took[ROUNDS]; /* seconds for one pass */
};

static volatile uint64_t kept; /* so that no loop is thought away */

static void race(struct entry *entry, size_t n, struct wp_slice in)
{
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < n; i++) {
            double start = seconds();

            for (int pass = 0; pass < PASSES; pass++)
                kept += entry[i].run(in);
            entry[i].took[round] = (seconds() - start) / PASSES;
        }
    }
    for (size_t i = 0; i < n; i++)
        qsort(entry[i].took, ROUNDS, sizeof entry[i].took[0], by_size);
}

static double median(const struct entry *e)
{
    return e->took[ROUNDS / 2];
}

int main(void)
{
    struct entry stream[] = {{"copy", bare_copy, {0}},
                             {"sum", bare_sum, {0}},
                             {"decode", decode, {0}},
                             {"decode, register, value", decode_value, {0}},
                             {"decode, printed line", decode_line, {0}}};
    struct entry noise[] = {{"copy", bare_copy, {0}}, {"sum", bare_sum, {0}}, {"decode", decode, {0}}};

    fill_replies();
    fill_garbage();
    printf("DL/T 645, stream of %zu replies of %d bytes (target 30 ns)\n", n_replies, FRAME_BYTES);
    race(stream, 5, wp_slice(replies, n_replies_bytes));
    for (size_t i = 0; i < 5; i++)
        printf("  %-24s %7.2f ns/frame  %6.2f x sum\n", stream[i].name,
               1e9 * median(&stream[i]) / (double)n_replies, median(&stream[i]) / median(&stream[1]));
    printf("DL/T 645, %d bytes of garbage (target 1 GB/s)\n", STREAM_BYTES);
    race(noise, 3, wp_slice(garbage, sizeof garbage));
    for (size_t i = 0; i < 3; i++)
        printf("  %-24s %7.2f GB/s      %6.2f x sum\n", noise[i].name,
               1e-9 * STREAM_BYTES / median(&noise[i]), median(&noise[i]) / median(&noise[1]));
    return 0;
}
