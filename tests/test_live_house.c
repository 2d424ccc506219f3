/* The broker of the live world: it comes and goes, and counts nobody but the scenario's clients. */
#include "sim/world/certificate.h"
#include "tests/live_sessions.h"

#include <mosquitto.h>
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

static void note_connack(struct mosquitto *m, void *is_in, int code)
{
    (void)m;
    *(bool *)is_in = code == 0;
}

/* Does the broker let in who trusts this authority? The handshake goes on after connect has returned. */
static bool is_let_in(const char *ca, uint16_t port)
{
    bool is_in = false;
    struct mosquitto *m = mosquitto_new("stranger", true, &is_in);
    int result;

    ck_assert_ptr_nonnull(m);
    mosquitto_connect_callback_set(m, note_connack);
    ck_assert_int_eq(mosquitto_tls_set(m, ca, NULL, NULL, NULL, NULL), MOSQ_ERR_SUCCESS);
    result = mosquitto_connect(m, "127.0.0.1", port, 60);
    for (int i = 0; i < 50 && result == MOSQ_ERR_SUCCESS && !is_in; i++)
        result = mosquitto_loop(m, 100, 1);
    mosquitto_destroy(m);
    return is_in;
}

/* Under a certificate that the run has made, which is gone with it; and at the same address after a restart. */
START_TEST(a_broker_may_speak_tls_too)
{
    char ca[600], text[300], elsewhere[] = "/tmp/wattproof-house-XXXXXX", other[60];
    struct wp_writer why = wp_writer(text, sizeof text);
    const char *dir;
    struct wp_addr at, after;

    ck_assert_ptr_nonnull(mkdtemp(elsewhere));
    ck_assert_msg(certificate_make(elsewhere, &why), "%s", wp_put_end(&why));
    snprintf(other, sizeof other, "%s/ca.pem", elsewhere);
    open_world(1, (struct wp_world_setup){.broker_tls = true});
    log_in(&f, 0, "alice");
    dir = world_broker_tls(f.world, &at);
    ck_assert_ptr_nonnull(dir);
    snprintf(ca, sizeof ca, "%s/ca.pem", dir);
    ck_assert(is_let_in(ca, at.port));
    ck_assert(!is_let_in(other, at.port));
    world_restart_broker(f.world, true, WP_MS(100));
    run_until(&f, &probes[0].closes, 1);
    for (int i = 0; i < 100 && !is_let_in(ca, at.port); i++)
        run_for(&f, WP_MS(100)); /* how soon it is back is the machine's affair */
    ck_assert(is_let_in(ca, at.port));
    ck_assert_ptr_nonnull(world_broker_tls(f.world, &after));
    ck_assert_uint_eq(after.port, at.port);
    fixture_close(&f);
    ck_assert_int_ne(access(ca, F_OK), 0);
    certificate_remove(elsewhere);
    rmdir(elsewhere);
}
END_TEST

START_TEST(a_broker_speaks_no_tls_unasked)
{
    struct wp_addr at;

    open_clients(1, NULL);
    ck_assert_ptr_null(world_broker_tls(f.world, &at));
    ck_assert_uint_eq(at.port, 0);
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
    tcase_add_test(t, a_broker_may_speak_tls_too);
    tcase_add_test(t, a_broker_speaks_no_tls_unasked);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
