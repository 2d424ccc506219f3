/* The live world when a broker takes less than a machine has to say. */
#include "tests/live_fixture.h"

#include "sim/world/live.h"

#include <signal.h>

enum { PIECE = 256 << 10, PIECES = 48, MANY = 20000 };

static struct live_fixture f;
static uint8_t bytes[PIECE];

static void say(struct wp_slice payload, uint8_t qos, uint32_t tag)
{
    act(&f, 0,
        (struct wp_effect){.kind = WP_PUBLISH,
                           .port = probes[0].port,
                           .publish = {.topic = wp_text("x"), .payload = payload, .qos = qos, .tag = tag}});
}

static const struct wp_endpoint both[] = {{"broker", WP_BROKER, false, {0, 0}},
                                          {"line", WP_TCP, true, {0x7F000301, 8899}},
                                          {"pushes", WP_UDP, true, {0x7F000301, 4059}}};

static struct live *open_speaker(void)
{
    struct live *w;

    fixture_open(&f, (struct wp_world_setup){0});
    fixture_add(&f, "c0", 0, both, 3, NULL);
    fixture_start(&f);
    f.quiet = true;
    log_in(&f, 0, "alice");
    w = (struct live *)(void *)f.world;
    kill(w->house.daemon.pid, SIGSTOP);
    return w;
}

/* Thousands that the socket has not taken stand behind one that the broker has not answered, and none is forgotten. */
START_TEST(whatever_waits_is_answered_in_the_end)
{
    struct live *w = open_speaker();

    say(wp_text("first"), 1, 1);
    for (uint32_t i = 0; i < MANY; i++)
        say(wp_slice(bytes, 200), i % 100 == 0, i + 2);
    ck_assert_uint_lt(probes[0].acked, MANY);
    kill(w->house.daemon.pid, SIGCONT);
    run_until(&f, &probes[0].acked, MANY + 1);
    ck_assert_uint_eq(probes[0].refused, 0);
    ck_assert_uint_eq(w->seat[0]->unsent, 0);
    fixture_close(&f);
}
END_TEST

/* A session that breaks refuses what waited in it. */
START_TEST(a_broken_session_refuses_what_waits)
{
    struct live *w = open_speaker();

    say(wp_text("first"), 1, 1);
    for (uint32_t i = 0; i < MANY; i++)
        say(wp_slice(bytes, 200), 0, i + 2);
    kill(w->house.daemon.pid, SIGCONT);
    act(&f, 0, (struct wp_effect){.kind = WP_HANG_UP, .port = probes[0].port, .abort = true});
    run_until(&f, &probes[0].closes, 1);
    ck_assert_uint_eq(probes[0].acked + probes[0].refused, MANY + 1);
    ck_assert_uint_ge(probes[0].refused, 1);
    ck_assert_uint_eq(w->seat[0]->unsent, 0);
    fixture_close(&f);
}
END_TEST

/* While it does not read, time stands still for a machine: what waits to be read is not late. */
START_TEST(a_choked_machine_is_never_late)
{
    struct live *w = open_speaker();
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct wp_addr real = world_real_addr(f.world, both[1].addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    unsigned ticks;

    to.sin_addr.s_addr = htonl(real.ip);
    to.sin_port = htons(real.port);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    run_until(&f, &probes[0].opens, 2);
    probes[0].port = world_port(f.world, 0, "broker");
    probes[0].tick = probes[0].next = WP_MS(1);
    for (unsigned i = 0; i < PIECES; i++)
        say(wp_slice(bytes, PIECE), 0, 1);
    ck_assert(w->seat[0]->choked);
    ticks = probes[0].ticks;
    ck_assert_int_eq(send(fd, "word", 4, 0), 4);
    real = world_real_addr(f.world, both[2].addr);
    to.sin_port = htons(real.port);
    ck_assert_int_eq(sendto(udp, "push", 4, 0, (struct sockaddr *)&to, sizeof to), 4);
    run_for(&f, WP_MS(50));
    ck_assert_uint_eq(probes[0].ticks, ticks);
    ck_assert_uint_eq(probes[0].bytes_events, 0);
    kill(w->house.daemon.pid, SIGCONT);
    run_until(&f, &probes[0].ticks, ticks + 1);
    ck_assert_uint_eq(probes[0].bytes_events, 2);
    ck_assert(!w->seat[0]->choked);
    close(fd);
    close(udp);
    fixture_close(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("live_overload");
    TCase *t = tcase_create("live_overload");
    SRunner *r = srunner_create(s);
    int failed;

    if (!has_mosquitto()) {
        puts("skipped: mosquitto is not installed");
        srunner_free(r);
        return 0;
    }
    tcase_set_timeout(t, 60);
    tcase_add_test(t, whatever_waits_is_answered_in_the_end);
    tcase_add_test(t, a_broken_session_refuses_what_waits);
    tcase_add_test(t, a_choked_machine_is_never_late);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
