/* Decoding PUBLISHes, small and large, beside a copy of the same bytes and a bare loop that only hops from length to
 * length; and holding what they carry against the contracts. The contestants take turns in one run; medians are
 * printed. */
#include "harness/home.h"
#include "harness/replay_judge.h"
#include "sim/codec/mqtt.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STREAM_BYTES = 1 << 20, ROUNDS = 15, PASSES = 20, JUDGED = 20000 };

static const char TOPIC[] = "ivy/v1/meters/000000000001/telemetry";
static const char PAYLOAD[] =
    "{\"meterId\":\"000000000001\",\"timestamp\":1705320000000,\"register\":{\"id\":\"00010000\",\"name\":"
    "\"totalActiveEnergy\",\"description\":\"Total Active Energy "
    "(Combined)\"},\"value\":12345.67,\"unit\":\"kWh\","
    "\"raw\":\"01234567\"}";

static uint8_t stream[STREAM_BYTES], copy[STREAM_BYTES], large[40000];
static enum mqtt_version version;

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* As many as fit. Returns how many; *ret_n: their bytes. */
static size_t fill(struct wp_slice payload, size_t *ret_n)
{
    struct wp_writer w = wp_writer(stream, sizeof stream);
    struct mqtt_frame f = {.type = MQTT_PUBLISH,
                           .version = version,
                           .qos = 1,
                           .packet_id = 1,
                           .topic = wp_text(TOPIC),
                           .payload = payload};
    size_t n = 0;

    for (mqtt_encode(&w, &f); !w.full; mqtt_encode(&w, &f)) {
        *ret_n = w.n;
        n++;
    }
    return n;
}

/* ---- the contestants: each goes over its bytes once --------------------------------------------------- */

typedef uint64_t contestant(struct wp_slice in);

static uint64_t bare_copy(struct wp_slice in)
{
    memcpy(copy, in.p, in.n);
    return copy[in.n / 2];
}

static uint64_t bare_hops(struct wp_slice in)
{
    uint64_t sum = 0;

    while (in.n) {
        size_t length = 0, at = 1;

        for (unsigned shift = 0;; shift += 7) {
            length |= (size_t)(in.p[at] & 0x7F) << shift;
            if (!(in.p[at++] & 0x80))
                break;
        }
        sum += in.p[0];
        in = wp_slice(in.p + at + length, in.n - at - length);
    }
    return sum;
}

static uint64_t decode(struct wp_slice in)
{
    struct mqtt_state state = {.possible = (uint8_t)(1u << version), .is_introduced = true};
    uint64_t sum = 0;

    while (in.n) {
        struct mqtt_frame f;
        struct wp_decode d = mqtt_decode(&state, WP_SIDE_CLIENT, in, &f);

        assert(d.status == WP_OK);
        sum += f.payload.n;
        in = wp_slice(in.p + d.used, in.n - d.used);
    }
    return sum;
}

/* Joined later: each is read as every version that it could be. */
static uint64_t decode_unknown(struct wp_slice in)
{
    uint64_t sum = 0;

    while (in.n) {
        struct mqtt_state state = {0};
        struct mqtt_frame f;
        struct wp_decode d = mqtt_decode(&state, WP_SIDE_UNKNOWN, in, &f);

        assert(d.status == WP_OK);
        sum += f.payload.n;
        in = wp_slice(in.p + d.used, in.n - d.used);
    }
    return sum;
}

static uint64_t encode(struct wp_slice in)
{
    struct wp_writer w = wp_writer(copy, sizeof copy);
    struct mqtt_state state = {.possible = (uint8_t)(1u << version), .is_introduced = true};
    struct mqtt_frame f;

    mqtt_decode(&state, WP_SIDE_CLIENT, in, &f);
    while (!w.full && w.n < in.n)
        mqtt_encode(&w, &f);
    return w.n;
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

static void race(const char *title, struct wp_slice payload)
{
    struct entry entry[] = {{"copy", bare_copy, {0}},
                            {"length to length", bare_hops, {0}},
                            {"decode", decode, {0}},
                            {"decode, version unknown", decode_unknown, {0}},
                            {"encode", encode, {0}}};
    size_t n_bytes = 0, n = fill(payload, &n_bytes);

    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < 5; i++) {
            double start = seconds();

            for (int pass = 0; pass < PASSES; pass++)
                kept += entry[i].run(wp_slice(stream, n_bytes));
            entry[i].took[round] = (seconds() - start) / PASSES;
        }
    }
    printf("MQTT %s, %s: %zu PUBLISHes of %zu bytes\n", mqtt_version_text(version), title, n, n_bytes / n);
    for (size_t i = 0; i < 5; i++) {
        double median;

        qsort(entry[i].took, ROUNDS, sizeof entry[i].took[0], by_size);
        median = entry[i].took[ROUNDS / 2];
        printf("  %-24s %8.1f ns/message  %9.0f MB/s\n", entry[i].name, 1e9 * median / (double)n,
               1e-6 * (double)n_bytes / median);
    }
}

static void judge(void)
{
    struct judge_contracts *contracts = judge_contracts_new(home_dir());
    struct replay_judge *j = replay_judge_new(contracts, NULL);
    struct judge_talk talk = {.key = 1};
    struct wp_carried m = {.topic = wp_text(TOPIC), .payload = wp_text(PAYLOAD), .qos = 1};
    char why[500];
    struct wp_writer w = wp_writer(why, sizeof why);
    const struct judged *judged;
    double start;

    replay_judge_take(j, &talk, 0, WP_SIDE_CLIENT, &m, &(struct moment){0, 1}, 0); /* loads the contracts */
    start = seconds();
    for (unsigned i = 0; i < JUDGED; i++)
        replay_judge_take(j, &talk, 0, WP_SIDE_CLIENT, &m, &(struct moment){i, i + 2}, 0);
    start = (seconds() - start) / JUDGED;
    judged = replay_judge_finish(j, &w);
    assert(judged);
    assert(judged->n_failed == 0);
    printf("judging a telemetry message of %zu bytes: %.0f ns, %.0f messages/s\n", m.payload.n, 1e9 * start,
           1 / start);
    replay_judge_free(j);
    judge_contracts_free(contracts);
}

int main(void)
{
    memset(large, 'x', sizeof large);
    for (version = MQTT_V311; version <= MQTT_V5; version++) {
        race("JSON", wp_text(PAYLOAD));
        race("35 KB", wp_slice(large, 35000));
    }
    judge();
    return 0;
}
