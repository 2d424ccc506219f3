/* The virtual broker against mosquitto: random operations, heard alike by every client in either world. A difference
 * is shown with the step that set it off. WATTPROOF_DIFF_SEEDS="100 200" plays the seeds from 100 up to 199. */
#include "tests/diff_broker.h"
#include "tests/diff_seeds.h"

#include <stdlib.h>
#include <unistd.h>

enum { SEEDS = 12, STEPS = 60 };

static struct diff_broker virtual, live;

static const char *tail(const struct diff_broker *d)
{
    return d->log + (d->n_log > 1500 ? d->n_log - 1500 : 0);
}

static void play_virtual(uint64_t seed)
{
    struct wp_world_setup setup = {.seed = seed};
    struct wp_world *w;

    diff_broker_init(&virtual, seed);
    setup.transcript = &virtual.transcript;
    setup.access = virtual.has_access ? &virtual.access : NULL;
    w = world_virtual_new(&setup);
    ck_assert_msg(diff_broker_play(&virtual, w, STEPS), "seed %llu: %s", (unsigned long long)seed,
                  tail(&virtual));
    world_free(w);
}

static void play_live(uint64_t seed)
{
    const char *build = getenv("WATTPROOF_BUILD");
    char plugin[512], text[512];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_world_setup setup = {.seed = seed, .plugin = plugin};
    struct wp_world *w;

    snprintf(plugin, sizeof plugin, "%s/wattproof_access.so", build ? build : "build/dev");
    diff_broker_init(&live, seed);
    setup.transcript = &live.transcript;
    setup.access = live.has_access ? &live.access : NULL;
    w = world_live_new(&setup, &why);
    ck_assert_msg(w != NULL, "%s", wp_put_end(&why));
    ck_assert_msg(diff_broker_play(&live, w, STEPS), "seed %llu: %s", (unsigned long long)seed, tail(&live));
    world_free(w);
}

START_TEST(mosquitto_is_heard_like_the_virtual_broker)
{
    uint64_t from, to;

    diff_seed_range(SEEDS, &from, &to);
    for (uint64_t seed = from; seed < to; seed++) {
        play_virtual(seed);
        play_live(seed);
        ck_assert_msg(strcmp(virtual.log, live.log) == 0, "seed %llu\n%s", (unsigned long long)seed,
                      diff_first(virtual.log, live.log));
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("diff_live");
    TCase *t = tcase_create("diff_live");
    SRunner *r;
    int failed;

    if (access("/usr/sbin/mosquitto", X_OK) != 0 && system("command -v mosquitto >/dev/null 2>&1") != 0) {
        puts("skipped: mosquitto is not installed");
        return 0;
    }
    tcase_set_timeout(t, 250);
    tcase_add_test(t, mosquitto_is_heard_like_the_virtual_broker);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
