/* Bodies of pushes to readings: nanoseconds each, the best of rounds in time of the processor, beside a walk over the same octets by the A-XDR
 * cursor, which is what any reader of them must do at least. */
#include "sim/codec/axdr.h"
#include "sim/codec/cosem_push.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TURNS = 20000, ROUNDS = 25, POINTS = 128, BODY = 4096 };

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

/* As an E450 in Switzerland sends it: n values of which the first is the list, then a text, then registers. */
static void put_object_list(struct wp_writer *w, uint32_t n)
{
    axdr_put_structure(w, n);
    axdr_put_array(w, n);
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t list[6] = {0, 8, 25, 9, 0, 255}, serial[6] = {0, 0, 96, 1, 0, 255};
        uint8_t ln[6] = {1, 0, (uint8_t)(1 + i * 10 % 80), (uint8_t)(i % 2 ? 7 : 8), 0, 255};

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

/* As Aidon in Norway sends it. */
static void put_obis_structs(struct wp_writer *w, uint32_t n)
{
    axdr_put_array(w, n);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t ln[6] = {1, 0, (uint8_t)(1 + i % 80), 7, 0, 255};

        axdr_put_structure(w, 3);
        axdr_put_octets(w, wp_slice(ln, 6));
        axdr_put_u32(w, 100 * i);
        axdr_put_scaler_unit(w, -1, 35);
    }
}

/* As Kamstrup sends it. */
static void put_pairs(struct wp_writer *w, uint32_t n)
{
    axdr_put_structure(w, 2 * n + 1);
    axdr_put_visible(w, wp_text("Kamstrup_V0001"));
    for (uint32_t i = 0; i < n; i++) {
        uint8_t ln[6] = {1, 1, (uint8_t)(1 + i % 80), 7, 0, 255};

        axdr_put_octets(w, wp_slice(ln, 6));
        axdr_put_u32(w, 100 * i);
    }
}

static void map(struct wp_slice body)
{
    static struct cosem_point points[POINTS];
    struct cosem_push push;

    cosem_push_map(body, NULL, points, POINTS, &push);
    assert(push.n_points > 0);
}

static void walk(struct wp_slice body)
{
    assert(axdr_decode(body, NULL).status == WP_OK);
}

static double nanoseconds(void (*work)(struct wp_slice), struct wp_slice body)
{
    double rounds[ROUNDS];

    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds();

        for (int turn = 0; turn < TURNS; turn++)
            work(body);
        rounds[round] = (seconds() - start) * 1e9 / TURNS;
    }
    qsort(rounds, ROUNDS, sizeof rounds[0], by_size);
    return rounds[0];
}

static void compare(const char *name, void (*put)(struct wp_writer *, uint32_t), uint32_t n)
{
    uint8_t octets[BODY];
    struct wp_writer w = wp_writer(octets, sizeof octets);
    double mapped, walked;

    put(&w, n);
    assert(!w.full);
    mapped = nanoseconds(map, wp_written(&w));
    walked = nanoseconds(walk, wp_written(&w));
    printf(
        "push %-22s %2u elements %5zu octets: mapped in %5.0f ns, walked by the A-XDR cursor in %5.0f ns\n",
        name, n, wp_written(&w).n, mapped, walked);
}

int main(void)
{
    compare("push-object-list", put_object_list, 25);
    compare("push-object-list", put_object_list, 40);
    compare("array-of-obis-structs", put_obis_structs, 18);
    compare("flat-obis", put_pairs, 18);
    return 0;
}
