/* The broker of the live world: it comes and goes, and counts nobody but the scenario's clients. */
#include "tests/live_sessions.h"

#include <signal.h>

START_TEST(a_killed_broker_comes_back_empty)
{
    struct wp_addr before, after;

    open_clients(2, NULL);
    before = world_broker_addr(f.world, false);
    log_in(&f, 0, "alice");
    publish(&f, 0, "state", "on", 1, true);
    run_until(&f, &probes[0].acked, 1);
    world_restart_broker(f.world, false, WP_MS(100));
    run_until(&f, &probes[0].closes, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_RESET);
    log_in_with(0, (struct wp_login){.client_id = wp_text("alice"), .clean = true});
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_REFUSED);
    for (int i = 0; i < 100 && probes[0].opens < 2; i++) { /* how soon it is back is the machine's affair */
        run_for(&f, WP_MS(100));
        log_in_with(0, (struct wp_login){.client_id = wp_text("alice"), .clean = true});
    }
    ck_assert_uint_eq(probes[0].opens, 2);
    subscribe(&f, 0, "state", 0);
    run_for(&f, WP_MS(50));
    ck_assert_uint_eq(probes[0].messages, 0);
    after = world_broker_addr(f.world, false);
    ck_assert_uint_eq(before.port, after.port);
    fixture_close(&f);
}
END_TEST

/* As mosquitto does at SIGTERM; the plugin tells these wills from what was published before. */
START_TEST(a_broker_that_ends_in_good_order_publishes_the_wills)
{
    open_clients(2, NULL);
    log_in_with(0, mourned);
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "#", 1);
    publish(&f, 0, "last", "words", 0, false);
    run_until(&f, &probes[1].messages, 1);
    world_restart_broker(f.world, true, 0);
    run_until(&f, &probes[1].closes, 1);
    ck_assert(log_has(&f, "broker fault restart orderly 0\nc0-broker publish state=gone q1 retain will\n"));
    ck_assert(log_has(&f, "c1-broker deliver state=gone q1\n"));
    fixture_close(&f);
}
END_TEST

START_TEST(a_broker_that_dies_by_itself_is_an_error)
{
    struct live *w;

    open_clients(1, NULL);
    w = (struct live *)(void *)f.world;
    kill(w->house.daemon.pid, SIGKILL);
    ck_assert_int_eq(world_run(f.world, world_now(f.world) + WP_SEC(5)), WP_WORLD_ERROR);
    ck_assert_ptr_nonnull(strstr(world_error(f.world), "the broker has ended by itself: signal 9"));
    fixture_close(&f);
}
END_TEST

/* Nobody but the clients of the scenario counts as connected. */
START_TEST(the_harness_is_no_client)
{
    open_clients(2, NULL);
    log_in(&f, 0, "alice");
    log_in(&f, 1, "bob");
    subscribe(&f, 1, "$SYS/broker/clients/connected", 0);
    run_for(&f, WP_MS(2500));
    ck_assert_str_eq(probes[1].last, "2");
    fixture_close(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("live_house");
    TCase *t = tcase_create("live_house");
    SRunner *r;
    int failed;

    if (!has_mosquitto()) {
        puts("skipped: mosquitto is not installed");
        return 0;
    }
    tcase_set_timeout(t, 30);
    tcase_add_test(t, a_killed_broker_comes_back_empty);
    tcase_add_test(t, a_broker_that_ends_in_good_order_publishes_the_wills);
    tcase_add_test(t, a_broker_that_dies_by_itself_is_an_error);
    tcase_add_test(t, the_harness_is_no_client);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
