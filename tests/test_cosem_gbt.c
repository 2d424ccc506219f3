/* General block transfer: what is cut is joined again, and nothing else is. */
#include "sim/codec/cosem_gbt.h"

#include <check.h>

enum { ROOM = 600 };

static uint8_t room[ROOM];
static struct cosem_gbt gbt;

static void setup(void)
{
    memset(&gbt, 0, sizeof gbt);
    cosem_gbt_lend(&gbt, room, sizeof room);
}

static struct cosem_transfer block(uint16_t number, const char *data, bool is_last)
{
    return (struct cosem_transfer){.block = number, .data = wp_text(data), .is_last = is_last};
}

static enum cosem_join join(uint16_t number, const char *data, bool is_last)
{
    struct cosem_transfer b = block(number, data, is_last);

    return cosem_gbt_join(&gbt, &b);
}

static const char *joined(void)
{
    static char text[ROOM + 1];
    struct wp_slice s = cosem_gbt_joined(&gbt);

    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    return text;
}

START_TEST(blocks_in_order_make_the_apdu)
{
    ck_assert_int_eq(join(1, "one ", false), COSEM_JOIN_MORE);
    ck_assert_int_eq(join(2, "two ", false), COSEM_JOIN_MORE);
    ck_assert_int_eq(join(3, "three", true), COSEM_JOIN_WHOLE);
    ck_assert_str_eq(joined(), "one two three");
    ck_assert_int_eq(join(1, "alone", true), COSEM_JOIN_WHOLE);
    ck_assert_str_eq(joined(), "alone");
}
END_TEST

/* A meter that lost power begins anew; what it had sent is void. */
START_TEST(block_one_begins_anew)
{
    join(1, "old ", false);
    join(2, "old ", false);
    ck_assert_int_eq(join(1, "new ", false), COSEM_JOIN_MORE);
    ck_assert_int_eq(join(2, "end", true), COSEM_JOIN_WHOLE);
    ck_assert_str_eq(joined(), "new end");
}
END_TEST

START_TEST(a_block_sent_twice_counts_once)
{
    join(1, "one ", false);
    join(2, "two ", false);
    ck_assert_int_eq(join(2, "two ", false), COSEM_JOIN_AGAIN);
    ck_assert_int_eq(join(3, "three", true), COSEM_JOIN_WHOLE);
    ck_assert_str_eq(joined(), "one two three");
    ck_assert_int_eq(join(3, "three", true), COSEM_JOIN_AGAIN);
    ck_assert_int_eq(join(3, "other", false), COSEM_JOIN_GAP);
}
END_TEST

/* The number of the last block with other data is no repetition. */
START_TEST(another_block_of_the_same_number_loses_the_chain)
{
    join(1, "one ", false);
    join(2, "two ", false);
    ck_assert_int_eq(join(2, "zwei", false), COSEM_JOIN_GAP);
    ck_assert_int_eq(join(3, "three", true), COSEM_JOIN_GAP);
}
END_TEST

START_TEST(a_gap_loses_the_chain_up_to_the_next_block_one)
{
    static const uint16_t wrong[] = {0, 3, 4, 5, 65535};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        join(1, "one ", false);
        ck_assert_int_eq(join(wrong[i], "x", true), COSEM_JOIN_GAP);
        ck_assert_int_eq(join(2, "two", true), COSEM_JOIN_GAP);
    }
    ck_assert_int_eq(join(1, "one ", false), COSEM_JOIN_MORE);
    ck_assert_int_eq(join(2, "two", true), COSEM_JOIN_WHOLE);
    ck_assert_str_eq(joined(), "one two");
}
END_TEST

/* Numbers do not begin again at 0, however long a chain is. */
START_TEST(the_number_65535_is_the_last_one)
{
    join(1, "one ", false);
    gbt.number = 65534;
    ck_assert_int_eq(join(65535, "x", false), COSEM_JOIN_MORE);
    ck_assert_int_eq(join(0, "y", true), COSEM_JOIN_GAP);
}
END_TEST

START_TEST(more_than_the_memory_holds_is_refused)
{
    char half[ROOM / 2 + 2];

    memset(half, 'x', sizeof half - 1);
    half[sizeof half - 1] = 0;
    ck_assert_int_eq(join(1, half, false), COSEM_JOIN_MORE);
    ck_assert_int_eq(join(2, half, false), COSEM_JOIN_TOO_LARGE);
    ck_assert_int_eq(join(3, "x", true), COSEM_JOIN_GAP);
    ck_assert_ptr_eq(cosem_gbt_take_back(&gbt), room);
    ck_assert_int_eq(join(1, "x", false), COSEM_JOIN_TOO_LARGE);
    ck_assert_int_eq(join(1, "", false), COSEM_JOIN_ACK);
}
END_TEST

START_TEST(a_block_without_data_acknowledges)
{
    struct cosem_transfer ack = {.block = 7, .acknowledged = 3};

    ck_assert_int_eq(cosem_gbt_join(&gbt, &ack), COSEM_JOIN_ACK);
    join(1, "one", false);
    ck_assert_int_eq(cosem_gbt_join(&gbt, &ack), COSEM_JOIN_ACK);
    ck_assert_int_eq(join(2, "", true), COSEM_JOIN_WHOLE); /* the next one, and the end */
    ck_assert_str_eq(joined(), "one");
}
END_TEST

/* Of a confirmed exchange with a window of three: after each third block, and after one that is not streamed. */
START_TEST(acknowledgements_follow_the_window)
{
    char due[16] = "";
    struct cosem_transfer ack;

    gbt.window = 3;
    for (uint16_t i = 1; i <= 9; i++) {
        struct cosem_transfer b = {
            .block = i, .is_streaming = i != 8, .is_last = i == 9, .data = wp_text("d")};

        cosem_gbt_join(&gbt, &b);
        if (!cosem_gbt_acknowledge(&gbt, &b, 5, &ack))
            continue;
        due[strlen(due)] = (char)('0' + i);
        ck_assert_uint_eq(ack.acknowledged, i);
        ck_assert_uint_eq(ack.block, 5);
        ck_assert_uint_eq(ack.window, 3);
        ck_assert_uint_eq(ack.data.n, 0);
    }
    ck_assert_str_eq(due, "368");
}
END_TEST

/* The last block came, streamed like the others, and the chain still lacks one: nothing more would come. */
START_TEST(the_end_of_a_chain_with_a_hole_is_acknowledged)
{
    struct cosem_transfer first = block(1, "one", false), last = block(3, "three", true), ack;

    gbt.window = 5;
    first.is_streaming = last.is_streaming = true;
    ck_assert_int_eq(cosem_gbt_join(&gbt, &first), COSEM_JOIN_MORE);
    ck_assert(!cosem_gbt_acknowledge(&gbt, &first, 1, &ack));
    ck_assert_int_eq(cosem_gbt_join(&gbt, &last), COSEM_JOIN_EARLY);
    ck_assert(cosem_gbt_acknowledge(&gbt, &last, 1, &ack));
    ck_assert_uint_eq(ack.acknowledged, 1);
    ck_assert_int_eq(join(1, "one", false), COSEM_JOIN_MORE); /* and if that was lost, it begins anew */
    ck_assert_int_eq(join(2, "two", false), COSEM_JOIN_MORE);
    ck_assert_int_eq(join(3, "three", true), COSEM_JOIN_WHOLE);
    ck_assert_str_eq(joined(), "onetwothree");
}
END_TEST

START_TEST(a_push_is_not_acknowledged)
{
    struct cosem_transfer b = block(1, "x", false), ack;

    cosem_gbt_join(&gbt, &b);
    ck_assert(!cosem_gbt_acknowledge(&gbt, &b, 1, &ack));
}
END_TEST

/* A sender that goes on behind what was acknowledged, over a line that loses each of the first `lost` blocks once. */
static size_t exchange(struct wp_slice apdu, size_t per_block, uint8_t window, uint32_t lost)
{
    const size_t blocks = cosem_gbt_blocks(apdu.n, per_block);
    size_t next = 1, sent = 0;
    struct cosem_transfer ack;

    gbt.window = window;
    for (size_t since = 1; sent < 200; since++) {
        struct cosem_transfer b = cosem_gbt_cut(apdu, per_block, (uint16_t)next);
        enum cosem_join result;

        sent++;
        b.window = window;
        b.is_streaming = since % window != 0 && !b.is_last;
        if (next < 32 && lost & UINT32_C(1) << next) {
            lost &= ~(UINT32_C(1) << next);
            if (b.is_streaming) { /* the sender does not know, and goes on */
                next++;
                continue;
            }
            since--; /* its time limit: what ends a window is sent once more */
            continue;
        }
        result = cosem_gbt_join(&gbt, &b);
        if (result == COSEM_JOIN_WHOLE)
            return sent;
        ck_assert_int_ne(result, COSEM_JOIN_GAP);
        next = next < blocks ? next + 1 : blocks;
        if (cosem_gbt_acknowledge(&gbt, &b, 1, &ack)) {
            next = ack.acknowledged + 1u;
            since = 0;
        }
    }
    return 0;
}

START_TEST(a_lost_block_is_asked_for_again)
{
    const struct wp_slice apdu =
        wp_text("A confirmed exchange brings all of it, whatever the line loses on the way.");

    ck_assert_uint_eq(exchange(apdu, 10, 3, 0), 8);
    for (uint8_t window = 1; window <= 5; window++)
        for (uint32_t lost = 0; lost < 512; lost += 2) {
            if (lost & 2)
                continue; /* of a lost first block the receiver knows nothing */
            setup();
            ck_assert_uint_ge(exchange(apdu, 10, window, lost), 8);
            ck_assert(wp_slice_eq(cosem_gbt_joined(&gbt), apdu));
        }
}
END_TEST

/* Every length around the edges of blocks, through the wire. */
START_TEST(what_is_cut_is_joined_again)
{
    uint8_t apdu[ROOM], wire[ROOM];

    for (size_t i = 0; i < sizeof apdu; i++)
        apdu[i] = (uint8_t)(i * 31 + i / 256);
    for (size_t per_block = 1; per_block <= 300; per_block += 13)
        for (size_t n = 1; n < 2 * per_block + 3 && n <= ROOM; n++) {
            const size_t blocks = cosem_gbt_blocks(n, per_block);

            for (size_t i = 1; i <= blocks; i++) {
                struct cosem_apdu out = {.form = COSEM_BLOCK_TRANSFER, .tag = 0xE0}, in;
                struct wp_writer w = wp_writer(wire, sizeof wire);

                out.transfer = cosem_gbt_cut(wp_slice(apdu, n), per_block, (uint16_t)i);
                out.transfer.is_streaming = true;
                cosem_apdu_encode(&w, &out);
                ck_assert_int_eq(cosem_apdu_read(wp_written(&w), COSEM_STRICT, &in).status, WP_OK);
                ck_assert_int_eq(cosem_gbt_join(&gbt, &in.transfer),
                                 i == blocks ? COSEM_JOIN_WHOLE : COSEM_JOIN_MORE);
            }
            ck_assert(wp_slice_eq(cosem_gbt_joined(&gbt), wp_slice(apdu, n)));
        }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cosem_gbt");
    TCase *t = tcase_create("cosem_gbt");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, blocks_in_order_make_the_apdu);
    tcase_add_test(t, block_one_begins_anew);
    tcase_add_test(t, a_block_sent_twice_counts_once);
    tcase_add_test(t, another_block_of_the_same_number_loses_the_chain);
    tcase_add_test(t, a_gap_loses_the_chain_up_to_the_next_block_one);
    tcase_add_test(t, the_number_65535_is_the_last_one);
    tcase_add_test(t, more_than_the_memory_holds_is_refused);
    tcase_add_test(t, a_block_without_data_acknowledges);
    tcase_add_test(t, acknowledgements_follow_the_window);
    tcase_add_test(t, the_end_of_a_chain_with_a_hole_is_acknowledged);
    tcase_add_test(t, a_push_is_not_acknowledged);
    tcase_add_test(t, a_lost_block_is_asked_for_again);
    tcase_add_test(t, what_is_cut_is_joined_again);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
