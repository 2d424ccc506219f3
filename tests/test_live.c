/* The live world as a whole: time, stopping, ends good and bad.        covers: world live_clock live_seat live_daemon live_dir */
#include "tests/live_fixture.h"

#include "sim/world/live.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

static struct live_fixture f;

static void open_one(wp_us tick)
{
    fixture_open(&f, (struct wp_world_setup){0});
    fixture_client(&f, "c0");
    probes[0].tick = tick;
    fixture_start(&f);
}

/* ---- time ------------------------------------------------------------------------------------------ */

START_TEST(deadlines_are_kept)
{
    open_one(WP_MS(10));
    run_for(&f, WP_MS(205));
    ck_assert_uint_ge(probes[0].ticks, 15);
    ck_assert_uint_le(probes[0].ticks, 20);
    ck_assert_int_lt(world_lateness(f.world), WP_MS(50));
    ck_assert_int_eq(world_lateness(f.world), 0);
    fixture_close(&f);
}
END_TEST

START_TEST(a_run_ends_at_its_time)
{
    wp_us before;

    open_one(0);
    before = world_now(f.world);
    ck_assert_int_eq(world_run(f.world, before + WP_MS(50)), WP_WORLD_UNTIL);
    ck_assert_int_ge(world_now(f.world) - before, WP_MS(50));
    ck_assert_int_lt(world_now(f.world) - before, WP_MS(500));
    fixture_close(&f);
}
END_TEST

struct stopper {
    struct wp_sink sink;
    enum wp_record_kind at;
};

static void stop_at(struct wp_sink *sink, const struct wp_record *r)
{
    if (r->kind == ((struct stopper *)(void *)sink)->at)
        world_stop(f.world);
}

START_TEST(a_sink_stops_the_run)
{
    const struct wp_login login = {.client_id = wp_text("alice"), .clean = true};
    struct stopper stopper = {.sink = {stop_at}, .at = WP_REC_CONNACK};

    open_one(0);
    wp_transcript_add(&f.transcript, &stopper.sink);
    act(&f, 0, (struct wp_effect){.kind = WP_LOGIN, .login = &login});
    ck_assert_int_eq(world_run(f.world, world_now(f.world) + WP_SEC(5)), WP_WORLD_STOPPED);
    ck_assert(world_port(f.world, 0, "broker") != 0);
    fixture_close(&f);
}
END_TEST

/* From a signal handler: the run ends, and the harness can clean up. */
static void on_alarm(int signal)
{
    (void)signal;
    world_interrupt(f.world);
}

START_TEST(a_signal_ends_the_run)
{
    open_one(0);
    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {.tv_usec = 50000}}, NULL);
    ck_assert_int_eq(world_run(f.world, world_now(f.world) + WP_SEC(5)), WP_WORLD_STOPPED);
    ck_assert_int_lt(world_now(f.world), WP_SEC(4));
    signal(SIGALRM, SIG_DFL);
    fixture_close(&f);
}
END_TEST

/* ---- machines -------------------------------------------------------------------------------------- */

static const struct wp_option settable[] = {
    {.name = "kept", .type = WP_OPT_TEXT, .use = WP_USE_SET, .unit = "", .help = "", .kept = true}};

START_TEST(a_restart_is_a_new_life)
{
    const struct wp_event set = {
        .kind = WP_EV_SET,
        .set = {.option = settable, .value = {.kind = WP_TEXT, .bytes = wp_text("flash")}}};

    open_one(WP_MS(1));
    log_in(&f, 0, "alice");
    world_event(f.world, 0, &set);
    ck_assert_uint_eq(probes[0].sets, 1);
    world_restart(f.world, 0, false, WP_MS(50));
    probes[0].ticks = 0;
    run_for(&f, WP_MS(20));
    ck_assert_uint_eq(probes[0].ticks, 0);
    ck_assert_uint_eq(probes[0].closes, 0); /* the dead hear nothing */
    run_until(&f, &probes[0].starts, 2);
    ck_assert_uint_eq(probes[0].sets, 2);
    ck_assert_str_eq(probes[0].last, "flash");
    world_restart(f.world, 0, true, 0);
    ck_assert_uint_eq(probes[0].stops, 1);
    run_until(&f, &probes[0].starts, 3);
    fixture_close(&f);
}
END_TEST

START_TEST(the_end_is_told_to_all)
{
    fixture_open(&f, (struct wp_world_setup){0});
    fixture_client(&f, "c0");
    fixture_client(&f, "c1");
    fixture_start(&f);
    log_in(&f, 0, "alice");
    world_end(f.world);
    ck_assert_uint_eq(probes[0].stops, 1);
    ck_assert_uint_eq(probes[1].stops, 1);
    ck_assert_uint_eq(world_port(f.world, 0, "broker"), 0);
    fixture_close(&f);
}
END_TEST

START_TEST(one_that_comes_later_starts_at_once)
{
    open_one(0);
    ck_assert_int_eq(fixture_client(&f, "c1"), 1);
    ck_assert_uint_eq(probes[1].starts, 1);
    ck_assert_uint_gt(world_memory(f.world), 0);
    fixture_close(&f);
}
END_TEST

/* ---- the broker's process -------------------------------------------------------------------------- */

START_TEST(a_missing_broker_is_named)
{
    char text[256];
    struct wp_writer why = wp_writer(text, sizeof text);

    ck_assert_ptr_null(world_live_new(&(const struct wp_world_setup){.broker = "/nowhere/mosquitto"}, &why));
    ck_assert_str_eq(wp_put_end(&why), "cannot run the broker /nowhere/mosquitto: No such file or directory");
}
END_TEST

START_TEST(a_broker_that_does_not_start_is_quoted)
{
    fixture_open(&f, (struct wp_world_setup){.broker = "/bin/false"});
    ck_assert(!world_start(f.world));
    ck_assert_str_eq(world_error(f.world), "no broker: the broker does not start: exit code 1");
    fixture_close(&f);
}
END_TEST

START_TEST(a_port_in_use_is_named)
{
    struct wp_addr taken;
    char text[256];
    struct wp_writer why = wp_writer(text, sizeof text);

    open_one(0);
    taken = world_broker_addr(f.world, false);
    ck_assert_ptr_null(world_live_new(&(const struct wp_world_setup){.broker_listen = taken}, &why));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&why), "Address already in use"));
    fixture_close(&f);
}
END_TEST

static bool is_alive(pid_t pid)
{
    char path[64], state = 'Z';
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    if (!file)
        return false;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 'Z';
    fclose(file);
    return state != 'Z' && state != 'X';
}

/* The child of a crash test: a world with its broker, of which it tells, and then nothing more. */
static void live_and_wait(const char *parent, int told)
{
    static struct live_daemon daemon;
    char text[256];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct live_dir dir;

    if (!live_dir_make(&dir, parent, &why) ||
        !daemon_open(&daemon, &(const struct daemon_setup){.dir = dir.path}, &why) ||
        !daemon_spawn(&daemon, &why) || !daemon_wait_ready(&daemon, WP_SEC(5), &why))
        _exit(1);
    if (write(told, &daemon.pid, sizeof daemon.pid) < 0)
        _exit(1);
    pause();
    _exit(0);
}

START_TEST(a_crash_takes_the_broker_along_and_the_next_run_sweeps)
{
    char parent[] = "/tmp/wattproof_test_XXXXXX";
    pid_t child, broker = 0;
    int told[2], broker_fd;

    ck_assert_ptr_nonnull(mkdtemp(parent));
    ck_assert_int_eq(pipe(told), 0);
    child = fork();
    if (child == 0)
        live_and_wait(parent, told[1]);
    ck_assert_int_eq(read(told[0], &broker, sizeof broker), sizeof broker);
    ck_assert(is_alive(broker));
    broker_fd = (int)syscall(SYS_pidfd_open, broker, 0);
    ck_assert_int_ge(broker_fd, 0);
    ck_assert_uint_eq(live_sweep(parent), 0); /* its owner lives */
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    poll(&(struct pollfd){.fd = broker_fd, .events = POLLIN}, 1,
         1000); /* readable once the process has ended */
    close(broker_fd);
    ck_assert(!is_alive(broker));
    ck_assert_uint_eq(live_sweep(parent), 1);
    ck_assert_int_eq(rmdir(parent), 0);
    close(told[0]);
    close(told[1]);
}
END_TEST

START_TEST(nothing_is_left_behind)
{
    struct stat st;
    char path[600];

    open_one(0);
    snprintf(path, sizeof path, "%s", ((struct live *)(void *)f.world)->dir.path);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0700);
    fixture_close(&f);
    ck_assert_int_ne(stat(path, &st), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("live");
    TCase *t = tcase_create("live");
    SRunner *r;
    int failed;

    if (!has_mosquitto()) {
        puts("skipped: mosquitto is not installed");
        return 0;
    }
    tcase_set_timeout(t, 30);
    tcase_add_test(t, deadlines_are_kept);
    tcase_add_test(t, a_run_ends_at_its_time);
    tcase_add_test(t, a_sink_stops_the_run);
    tcase_add_test(t, a_signal_ends_the_run);
    tcase_add_test(t, a_restart_is_a_new_life);
    tcase_add_test(t, the_end_is_told_to_all);
    tcase_add_test(t, one_that_comes_later_starts_at_once);
    tcase_add_test(t, a_missing_broker_is_named);
    tcase_add_test(t, a_broker_that_does_not_start_is_quoted);
    tcase_add_test(t, a_port_in_use_is_named);
    tcase_add_test(t, a_crash_takes_the_broker_along_and_the_next_run_sweeps);
    tcase_add_test(t, nothing_is_left_behind);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
