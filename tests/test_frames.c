/* A finished input is cut into frames and gaps, byte for byte. */
#include "harness/frames.h"
#include "sim/catalog.h"

#include <check.h>
#include <stdlib.h>

#define GOOD "6834120000000068110433343435fb16"

struct list {
    char text[512];
    struct wp_writer w;
    size_t at;
};

/* "frame16 " or "gap3:no-start@0 ", and each part begins where the one before ended. */
static void note_part(void *ctx, const struct frames_part *part)
{
    struct list *l = ctx;

    ck_assert_uint_eq(part->at, l->at);
    ck_assert_uint_gt(part->n, 0);
    l->at += part->n;
    if (part->kind == FRAMES_FRAME)
        ck_assert_ptr_nonnull(part->frame);
    wp_put_text(&l->w, part->kind == FRAMES_FRAME ? "frame" : "gap");
    wp_put_uint(&l->w, part->n);
    if (part->kind == FRAMES_GAP) {
        wp_put_char(&l->w, ':');
        wp_put_text(&l->w, frames_gap_text(part));
        wp_put_char(&l->w, '@');
        wp_put_uint(&l->w, part->why.at);
    }
    wp_put_char(&l->w, ' ');
}

static const char *parts_of(struct wp_slice in)
{
    static struct list l;

    l.w = wp_writer(l.text, sizeof l.text);
    l.at = 0;
    frames_walk(wp_codec_find("dlt645"), WP_SIDE_UNKNOWN, in, note_part, &l);
    ck_assert_uint_eq(l.at, in.n);
    return wp_put_end(&l.w);
}

static const char *parts(const char *digits)
{
    uint8_t bytes[512];
    size_t n;

    ck_assert(wp_hex_read(wp_text(digits), bytes, sizeof bytes, &n));
    return parts_of(wp_slice(bytes, n));
}

START_TEST(the_most_telling_reason_speaks_for_a_gap)
{
    ck_assert_str_eq(parts(GOOD), "frame16 ");
    ck_assert_str_eq(parts(GOOD GOOD), "frame16 frame16 ");
    ck_assert_str_eq(parts("000102" GOOD "FF"), "gap3:no-start@0 frame16 gap1:no-start@19 ");
    ck_assert_str_eq(parts("0068010203040506FF" GOOD), "gap9:second-start@8 frame16 ");
    ck_assert_str_eq(parts("00 6834120000000068110433343435fc16 00" GOOD), "gap18:checksum@15 frame16 ");
    ck_assert_str_eq(parts("6834120000000068110433343435fb17"), "gap16:end@15 ");
    ck_assert_str_eq(parts("6834120000000068110433"), "gap11:truncated@0 ");
    ck_assert_str_eq(parts(GOOD "FEFE68"), "frame16 gap3:truncated@16 ");
    ck_assert_str_eq(parts(""), "");
}
END_TEST

/* A start whose end never comes hides no good frame behind it. */
START_TEST(a_false_start_hides_nothing)
{
    ck_assert_str_eq(parts("680102030405066811FF" GOOD), "gap10:truncated@0 frame16 ");
}
END_TEST

static void count_part(void *ctx, const struct frames_part *part)
{
    (void)part;
    ++*(size_t *)ctx;
}

/* How many parts; false: a chain is left open. */
static bool walk(const char *codec, const char *digits, size_t *ret_n)
{
    uint8_t bytes[512];
    size_t n;

    *ret_n = 0;
    ck_assert(wp_hex_read(wp_text(digits), bytes, sizeof bytes, &n));
    return frames_walk(wp_codec_find(codec), WP_SIDE_UNKNOWN, wp_slice(bytes, n), count_part, ret_n);
}

START_TEST(an_unfinished_chain_is_told)
{
    size_t n;

    ck_assert(walk("dlt645", GOOD, &n));
    ck_assert(!walk("hdlc", "7EA816CF02231314CEE6E7000F0000000700020209F8DC7E", &n));
    ck_assert_uint_eq(n, 1);
}
END_TEST

/* What looks like two releases (63 00) inside an association request that is not whole is none. */
START_TEST(an_unfinished_bare_frame_takes_what_is_left)
{
    size_t n;

    ck_assert(walk("cosem", "601DA10906076085740508010163006300", &n));
    ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(any_bytes_are_cut_whole)
{
    srand(1);
    for (int round = 0; round < 2000; round++) {
        uint8_t bytes[64];
        size_t n = (size_t)rand() % sizeof bytes;

        for (size_t i = 0; i < n; i++)
            bytes[i] = rand() % 3 ? (uint8_t)rand() : 0x68;
        parts_of(wp_slice(bytes, n));
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("frames");
    TCase *t = tcase_create("frames");
    SRunner *r;
    int failed;

    tcase_add_test(t, the_most_telling_reason_speaks_for_a_gap);
    tcase_add_test(t, a_false_start_hides_nothing);
    tcase_add_test(t, an_unfinished_chain_is_told);
    tcase_add_test(t, an_unfinished_bare_frame_takes_what_is_left);
    tcase_add_test(t, any_bytes_are_cut_whole);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
