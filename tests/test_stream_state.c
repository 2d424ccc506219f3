/* What codecs remember of connections: all of it while something is unfinished, hardly anything else.
 * covers: stream_state */
#include "harness/stream.h"

#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 4096, CONNECTIONS = 3 };

/* 7B n gathers n, and 7B 00 tells the sum of what was gathered: "7B 00" is a frame of one that is empty. */
struct gathered {
    uint8_t frames, n; /* as much as counts while n is 0 */
    uint8_t room[ROOM];
};

static struct wp_decode gather_decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    struct gathered *g = state;
    struct wp_slice *told = frame;

    (void)from;
    if (in.p[0] != 0x7B)
        return wp_bad(WP_FAULT_START, 0, 1);
    if (in.n < 2)
        return wp_more(1);
    g->frames++;
    *told = wp_slice(g->room, 0);
    if (in.p[1] != 0) {
        g->room[g->n++] = in.p[1];
        return wp_ok(2);
    }
    *told = wp_slice(g->room, g->n); /* borrowed, as real codecs do */
    g->n = 0;
    return wp_ok(2);
}

static enum wp_probe gather_probe(struct wp_slice in)
{
    return in.p[0] == 0x7B ? WP_PROBE_YES : WP_PROBE_NO;
}

static bool gather_is_idle(const void *state)
{
    return ((const struct gathered *)state)->n == 0;
}

static void gather_give_up(void *state)
{
    ((struct gathered *)state)->n = 0;
}

static const struct wp_codec gathering = {.name = "gathering",
                                          .frame_size = sizeof(struct wp_slice),
                                          .state_size = sizeof(struct gathered),
                                          .probe = gather_probe,
                                          .decode = gather_decode,
                                          .idle_size = offsetof(struct gathered, room),
                                          .is_idle = gather_is_idle,
                                          .give_up = gather_give_up};

static struct {
    struct stream_decoder decoder;
    struct stream s[CONNECTIONS], other[CONNECTIONS];
    char log[4096];
    size_t n;
} f;

/* "0: 12, " for what connection 0 told. */
static void note(void *ctx, struct stream *s, const struct stream_part *part)
{
    const struct wp_slice *told = part->frame;
    size_t i = 0, sum = 0;

    (void)ctx;
    while (s != &f.s[i] && s != &f.other[i])
        i++;
    for (size_t k = 0; told && k < told->n; k++)
        sum += told->p[k];
    if (told && told->n)
        f.n += (size_t)snprintf(f.log + f.n, sizeof f.log - f.n, "%zu: %zu, ", i, sum);
}

static void setup(void)
{
    memset(&f, 0, sizeof f);
    stream_decoder_init(&f.decoder, NULL, note, NULL);
    stream_decoder_free(&f.decoder); /* a codec of our own needs another frame */
    f.decoder.frame = calloc(1, gathering.frame_size);
    f.decoder.codec[0] = &gathering;
    f.decoder.n_codecs = 1;
    f.decoder.family[0] = 1;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        stream_init(&f.s[i], &f.decoder, WP_SIDE_CLIENT, &f.other[i]);
        stream_init(&f.other[i], &f.decoder, WP_SIDE_SERVER, &f.s[i]);
    }
}

static void teardown(void)
{
    for (size_t i = 0; i < CONNECTIONS; i++) {
        stream_free(&f.s[i]);
        stream_free(&f.other[i]);
    }
    ck_assert_uint_eq(f.decoder.unfinished, 0);
    stream_decoder_free(&f.decoder);
}

static void say_to(struct stream *s, uint8_t n)
{
    const uint8_t bytes[] = {0x7B, n};

    stream_push(s, wp_slice(bytes, sizeof bytes), &(struct moment){0, 1});
}

static void say(size_t i, uint8_t n)
{
    say_to(&f.s[i], n);
}

/* However they take turns. */
START_TEST(connections_do_not_mix)
{
    say(0, 1);
    say(1, 10);
    say(0, 2);
    say(2, 100);
    say_to(&f.other[1], 20);
    say(0, 0);
    say(1, 3);
    say(2, 0);
    say(1, 0);
    say(0, 7);
    say(0, 0);
    ck_assert_str_eq(f.log, "0: 3, 2: 100, 1: 33, 0: 7, ");
    for (size_t i = 0; i < CONNECTIONS; i++)
        ck_assert_uint_eq(((const struct gathered *)stream_remembers(&f.s[i], &gathering))->n, 0);
    ck_assert_uint_eq(((const struct gathered *)stream_remembers(&f.s[0], &gathering))->frames, 5);
}
END_TEST

START_TEST(only_what_is_unfinished_costs_memory)
{
    say(0, 0);
    say(1, 0);
    ck_assert_uint_eq(f.decoder.unfinished, 0);
    say(1, 1);
    say(1, 2);
    ck_assert_uint_eq(f.decoder.unfinished, ROOM);
    say(0, 1);
    ck_assert_uint_eq(f.decoder.unfinished, 2 * ROOM);
    say(1, 0);
    say(0, 0);
    ck_assert_uint_eq(f.decoder.unfinished, 0);
}
END_TEST

/* What is beyond is lost, and counted; connections that are under way go on. */
START_TEST(what_is_unfinished_has_a_bound)
{
    f.decoder.unfinished_max = 2 * ROOM + ROOM / 2;
    say(0, 1);
    say(1, 10);
    say(2, 100);
    ck_assert_uint_eq(f.decoder.refused, 1);
    say(0, 2);
    say(0, 0);
    say(2, 50);
    say(1, 0);
    say(2, 0);
    ck_assert_str_eq(f.log, "0: 3, 1: 10, 2: 50, ");
    ck_assert_uint_eq(f.decoder.refused, 1);
}
END_TEST

/* Bytes of a frame that ends later, with a whole frame further on: the look ahead works in a copy. */
START_TEST(a_look_ahead_leaves_what_is_unfinished)
{
    static const uint8_t half = 0x7B;

    say(0, 5);
    stream_push(&f.s[0], wp_slice(&half, 1), &(struct moment){0, 1});
    stream_push(&f.s[0], wp_slice((const uint8_t[]){4}, 1), &(struct moment){INT64_C(9000000000), 2});
    say(0, 0);
    ck_assert_str_eq(f.log, "0: 9, ");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stream_state");
    TCase *t = tcase_create("stream_state");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, connections_do_not_mix);
    tcase_add_test(t, only_what_is_unfinished_costs_memory);
    tcase_add_test(t, what_is_unfinished_has_a_bound);
    tcase_add_test(t, a_look_ahead_leaves_what_is_unfinished);
    suite_add_tcase(suite, t);
    r = srunner_create(suite);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
