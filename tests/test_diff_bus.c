/* The virtual world's message bus against dbus-daemon: random operations, with the same records in either world. A
 * difference is shown with the step that set it off. WATTPROOF_DIFF_SEEDS="100 200" plays the seeds from 100 up to
 * 199. */
#include "tests/diff_bus.h"
#include "tests/diff_seeds.h"

#include <stdlib.h>
#include <unistd.h>

enum { SEEDS = 6, STEPS = 120, VIRTUAL_SEEDS = 30 };

static struct diff_bus virtual, live;

static void play_virtual(struct diff_bus *d, uint64_t seed)
{
    struct wp_world_setup setup = {.seed = seed, .transcript = &d->transcript};
    struct wp_world *w;

    diff_bus_init(d, seed);
    w = world_virtual_new(&setup);
    diff_bus_play(d, w, STEPS);
    world_free(w);
}

static void play_live(struct diff_bus *d, uint64_t seed)
{
    const char *build = getenv("WATTPROOF_BUILD");
    char plugin[512], text[512];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_world_setup setup = {.seed = seed, .transcript = &d->transcript, .plugin = plugin};
    struct wp_world *w;

    snprintf(plugin, sizeof plugin, "%s/wattproof_access.so", build ? build : "build/dev");
    diff_bus_init(d, seed);
    w = world_live_new(&setup, &why);
    ck_assert_msg(w != NULL, "%s", wp_put_end(&why));
    diff_bus_play(d, w, STEPS);
    world_free(w);
}

START_TEST(one_seed_is_heard_alike)
{
    play_virtual(&virtual, 5);
    play_virtual(&live, 5);
    ck_assert_str_eq(virtual.log, live.log);
    play_virtual(&live, 6);
    ck_assert_str_ne(virtual.log, live.log);
}
END_TEST

START_TEST(the_seeds_see_every_outcome)
{
    static const char *const outcomes[] = {
        "open :1.",
        "close own",
        "close reset",
        "bus-message-refused",
        "NameAcquired a.",
        "NameLost a.",
        "NameOwnerChanged a.",
        "Error.ServiceUnknown",
        "Error.NameHasNoOwner",
        "Error.NoReply",
        "Error.MatchRuleInvalid",
        "Error.MatchRuleNotFound",
        "Error.UnknownMethod",
        "Error.UnknownInterface",
        "Error.InvalidArgs",
        "Error.AccessDenied",
        "a.b.Wrong",
        "restart killed",
        "restart orderly",
        "GetValue",
        "Changed x",
        "true\n",
        "[ org.freedesktop.DBus",
    };
    bool seen[sizeof outcomes / sizeof *outcomes] = {false};

    for (uint64_t seed = 0; seed < VIRTUAL_SEEDS; seed++) {
        play_virtual(&virtual, seed);
        for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
            seen[i] |= strstr(virtual.log, outcomes[i]) != NULL;
    }
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        ck_assert_msg(seen[i], "never seen: %s", outcomes[i]);
}
END_TEST

START_TEST(a_real_bus_is_heard_like_the_virtual_one)
{
    uint64_t from, to;

    diff_seed_range(SEEDS, &from, &to);
    for (uint64_t seed = from; seed < to; seed++) {
        play_virtual(&virtual, seed);
        play_live(&live, seed);
        ck_assert_msg(strcmp(virtual.log, live.log) == 0, "seed %llu\n%s", (unsigned long long)seed,
                      diff_first(virtual.log, live.log));
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("diff_bus");
    TCase *t = tcase_create("diff_bus");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 250);
    tcase_add_test(t, one_seed_is_heard_alike);
    tcase_add_test(t, the_seeds_see_every_outcome);
    if (access("/usr/bin/dbus-daemon", X_OK) == 0)
        tcase_add_test(t, a_real_bus_is_heard_like_the_virtual_one);
    else
        puts("skipped: dbus-daemon is not installed");
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
