/* A read-input reply of 40 registers, from its bytes to the payload of set 1 (24 keys): frame, points, JSON, and all of it;
 * beside the same JSON through the general writer, and a push of 127 registers with its three sets. The contestants
 * take turns in one run; medians are printed. */
#include "sim/codec/lxp.h"
#include "sim/codec/lxp_input.h"
#include "sim/core/json_out.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 25, PASSES = 20000, TARGET_NS = 600 };

static uint8_t reply[LXP_FRAME_MAX], push[LXP_FRAME_MAX];
static size_t n_reply, n_push;
static struct lxp_frame frame;
static struct wp_point points[LXP_INPUT_POINTS_MAX];
static uint8_t text[LXP_SETS * LXP_INPUT_JSON_MAX];

static double nanoseconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return 1e9 * (double)ts.tv_sec + (double)ts.tv_nsec;
}

/* An inverter on a sunny day; numbers of the usual lengths. */
static size_t make(uint8_t *out, size_t registers)
{
    const struct lxp_head head = {
        .protocol = 2, .address = 1, .datalog = "BA55555555", .inverter = "5555555555"};
    struct wp_writer w = wp_writer(out, LXP_FRAME_MAX);
    uint8_t values[2 * LXP_COUNT_MAX];

    for (size_t i = 0; i < registers; i++) {
        unsigned value = i % 3 == 0 ? 32 : i % 3 == 1 ? 2473 : 550;

        values[2 * i] = (uint8_t)value;
        values[2 * i + 1] = (uint8_t)(value >> 8);
    }
    lxp_put_read_reply(&w, &head, LXP_READ_INPUT, 0, wp_slice(values, 2 * registers));
    assert(!w.full);
    return w.n;
}

/* ---- the contestants -------------------------------------------------------------------------------- */

static uint64_t decode(void)
{
    struct wp_decode d = lxp_decode(NULL, WP_SIDE_SERVER, wp_slice(reply, n_reply), &frame);

    assert(d.status == WP_OK);
    return frame.values.n;
}

static uint64_t take(void)
{
    return lxp_input_points(frame.first, frame.values, (struct lxp_input_options){0}, points);
}

static uint64_t print(void)
{
    struct wp_writer w = wp_writer(text, sizeof text);

    lxp_input_json(&w, 1, points);
    return w.n;
}

static uint64_t print_generally(void)
{
    struct wp_writer w = wp_writer(text, sizeof text);
    struct json_out j = json_out(&w);

    json_open_object(&j);
    for (size_t i = 0; i < LXP_SET_1_KEYS; i++)
        json_value_member(&j, points[i].name, points[i].value);
    json_close_object(&j);
    return w.n;
}

static uint64_t whole(void)
{
    return decode() + take() + print();
}

static uint64_t whole_push(void)
{
    struct wp_decode d = lxp_decode(NULL, WP_SIDE_SERVER, wp_slice(push, n_push), &frame);
    struct wp_writer w = wp_writer(text, sizeof text);
    size_t n = take(), at = 0;

    assert(d.status == WP_OK);
    for (unsigned set; at < n && (set = lxp_input_set_at(&points[at])) > 0; at += lxp_input_keys(set))
        lxp_input_json(&w, set, &points[at]);
    return w.n;
}

/* ---- the race --------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint64_t (*run)(void);
} contestant[] = {
    {"frame", decode},
    {"points", take},
    {"JSON", print},
    {"JSON, general writer", print_generally},
    {"frame, points, JSON", whole},
    {"push of 127, three payloads", whole_push},
};

enum { WHOLE = 4, CONTESTANTS = sizeof contestant / sizeof contestant[0] };

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static volatile uint64_t kept; /* so that no loop is thought away */

int main(void)
{
    static double took[CONTESTANTS][ROUNDS];

    n_reply = make(reply, LXP_SET_REGISTERS);
    n_push = make(push, LXP_COUNT_MAX);
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < CONTESTANTS; i++) {
            double start;

            whole(); /* the points are those of the reply again */
            start = nanoseconds();
            for (int k = 0; k < PASSES; k++)
                kept += contestant[i].run();
            took[i][round] = (nanoseconds() - start) / PASSES;
        }
    printf("LuxPower, reply of %zu bytes to the %d keys of set 1 (target %d ns)\n", n_reply, LXP_SET_1_KEYS,
           TARGET_NS);
    for (size_t i = 0; i < CONTESTANTS; i++)
        qsort(took[i], ROUNDS, sizeof took[i][0], by_value);
    for (size_t i = 0; i < CONTESTANTS; i++)
        printf("  %-30s %6.0f ns  %5.2f x frame, points, JSON\n", contestant[i].name, took[i][ROUNDS / 2],
               took[i][ROUNDS / 2] / took[WHOLE][ROUNDS / 2]);
    return 0;
}
