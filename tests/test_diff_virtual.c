/* Random broker operations in the virtual world: the same seed is heard alike, and the seeds together see every
 * outcome, so that a comparison with a real broker means something. */
#include "tests/diff_broker.h"

#include <stdlib.h>

enum { SEEDS = 30, STEPS = 120 };

static struct diff_broker one, two;

static void play(struct diff_broker *d, uint64_t seed)
{
    struct wp_world_setup setup = {.seed = seed};
    struct wp_world *w;

    diff_broker_init(d, seed);
    setup.transcript = &d->transcript;
    setup.access = d->has_access ? &d->access : NULL;
    w = world_virtual_new(&setup);
    ck_assert_msg(diff_broker_play(d, w, STEPS), "%s", d->log);
    world_free(w);
}

START_TEST(one_seed_is_heard_alike)
{
    play(&one, 5);
    play(&two, 5);
    ck_assert_str_eq(one.log, two.log);
    play(&two, 6);
    ck_assert_str_ne(one.log, two.log);
}
END_TEST

START_TEST(the_seeds_see_every_outcome)
{
    static const char *const outcomes[] = {
        "connack 0\n",
        "connack 0 present\n",
        "connack 2\n",
        "connack 5\n",
        "close\n",
        "close refused",
        "suback # q2",
        "suback # q128",
        "suback a/#/b q128",
        "q0 retain\n",
        "q1 retain\n",
        "q2 retain\n",
        " will\n",
        "note acked",
        "note refused",
        "deliver a//b",
        "deliver $own/x",
        "the broker restarts",
        "$share/g/a/# q1",
        "deliver will/x",
        "suback N/id1/# q1",
        "suback N/# q128",
        "suback R/id2/# q128",
        "deliver W/id2/a/0/P",
        "deliver R/id2/a/0/P",
        "suback $share/g/# q128",
        "suback N/id3/# q128",
        "suback N/id3/# q2",
    };
    bool seen[sizeof outcomes / sizeof *outcomes] = {false};

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        play(&one, seed);
        for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
            seen[i] |= strstr(one.log, outcomes[i]) != NULL;
    }
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        ck_assert_msg(seen[i], "never seen: %s", outcomes[i]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("diff_virtual");
    TCase *t = tcase_create("diff_virtual");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, one_seed_is_heard_alike);
    tcase_add_test(t, the_seeds_see_every_outcome);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
