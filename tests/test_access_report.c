/* The ring between the broker's plugin and the world. */
#include "sim/world/access_report.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct report_ring *ring;

static void set_up(void)
{
    ring = aligned_alloc(64, sizeof *ring);
    ck_assert_ptr_nonnull(ring);
    memset(ring, 0, sizeof *ring);
}

static void tear_down(void)
{
    free(ring);
}

static struct report publish(const char *topic, struct wp_slice payload)
{
    return (struct report){.kind = REPORT_PUBLISH,
                           .qos = 1,
                           .retain = true,
                           .client = wp_text("client"),
                           .address = wp_text("127.0.0.1"),
                           .topic = wp_text(topic),
                           .payload = payload};
}

START_TEST(a_report_comes_out_as_it_went_in)
{
    const struct report in = publish("a/b", wp_text("payload"));
    struct report out;

    ck_assert(!report_get(ring, &out));
    report_put(ring, &in);
    ck_assert(report_get(ring, &out));
    ck_assert_int_eq(out.kind, REPORT_PUBLISH);
    ck_assert_uint_eq(out.qos, 1);
    ck_assert(out.retain);
    ck_assert(wp_slice_is(out.client, "client"));
    ck_assert(wp_slice_is(out.address, "127.0.0.1"));
    ck_assert(wp_slice_is(out.topic, "a/b"));
    ck_assert(wp_slice_is(out.payload, "payload"));
    report_done(ring);
    ck_assert(!report_get(ring, &out));
}
END_TEST

/* The bell is for a world that sleeps, and rings once; and a world with something to read does not go to sleep. */
START_TEST(only_a_sleeper_is_woken)
{
    const struct report in = publish("t", wp_text("1"));
    struct report out;

    ck_assert(report_sleep(ring));
    ck_assert(report_put(ring, &in));
    ck_assert(!report_put(ring, &in));
    ck_assert(!report_sleep(ring));
    report_awake(ring);
    ck_assert(!report_put(ring, &in));
    for (int i = 0; i < 3; i++) {
        ck_assert(report_get(ring, &out));
        report_done(ring);
    }
    ck_assert(report_sleep(ring));
    ck_assert(report_put(ring, &in));
}
END_TEST

/* Many times round, with sizes that leave every kind of rest at the end. */
START_TEST(records_stay_whole_where_the_ring_ends)
{
    static uint8_t bytes[1 << 20];
    uint64_t put = 0, got = 0, state = 1;
    struct report out;

    while (got < 100) {
        size_t n = (size_t)((state = state * 6364136223846793005u + 1442695040888963407u) >> 44);
        char topic[32];
        struct report in;

        snprintf(topic, sizeof topic, "t/%llu", (unsigned long long)put);
        memset(bytes, (int)(put & 0xFF), n);
        in = publish(topic, wp_slice(bytes, n));
        if (put - got < 4) {
            report_put(ring, &in);
            ck_assert_uint_eq(ring->dropped, 0);
            put++;
            continue;
        }
        ck_assert(report_get(ring, &out));
        snprintf(topic, sizeof topic, "t/%llu", (unsigned long long)got);
        ck_assert(wp_slice_is(out.topic, topic));
        memset(bytes, (int)(got & 0xFF), out.payload.n);
        ck_assert_mem_eq(out.payload.p, bytes, out.payload.n);
        report_done(ring);
        got++;
    }
    ck_assert_uint_gt(ring->head, 4 * (uint64_t)REPORT_RING_BYTES);
}
END_TEST

START_TEST(what_does_not_fit_is_counted_and_lost)
{
    static uint8_t bytes[REPORT_BYTES_MAX];
    const struct report big = publish("big", wp_slice(bytes, sizeof bytes)),
                        half = publish("half", wp_slice(bytes, REPORT_BYTES_MAX - 1024));
    struct report out;

    report_put(ring, &big);
    ck_assert_uint_eq(ring->dropped, 1);
    report_put(ring, &half);
    report_put(ring, &half);
    ck_assert_uint_eq(ring->dropped, 1);
    report_put(ring, &half);
    ck_assert_uint_eq(ring->dropped, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert(report_get(ring, &out));
        ck_assert(wp_slice_is(out.topic, "half"));
        report_done(ring);
    }
    ck_assert(!report_get(ring, &out));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("access_report");
    TCase *t = tcase_create("access_report");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_report_comes_out_as_it_went_in);
    tcase_add_test(t, only_a_sleeper_is_woken);
    tcase_add_test(t, records_stay_whole_where_the_ring_ends);
    tcase_add_test(t, what_does_not_fit_is_counted_and_lost);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
