/* The live world's message bus: it is there when somebody needs it, strangers reach it, it ends with the world.
 * covers: live_bus_daemon, live_bus_port, live_bus_watch */
#include "tests/bus_puppet.h"

#include <stdlib.h>
#include <unistd.h>

static const struct wp_endpoint dials[] = {{"bus", WP_BUS, false, {0, 0}}};
static const struct wp_setup on_bus = {.name = "a", .endpoints = dials, .n_endpoints = 1};
static const struct wp_setup elsewhere = {.name = "b"};

static struct wp_world *world;
static struct wp_world *strangers; /* of a second world, on the bus of the first */
static struct wp_transcript transcript;
static struct trace trace;
static char plugin[512], text[1024];
static struct wp_world_setup setup_of_world; /* of the next one, what it has beside the usual */

static void take(struct wp_sink *sink, const struct wp_record *r)
{
    struct wp_record shown = *r;
    char line[1024];
    struct wp_writer w = wp_writer(line, sizeof line);

    (void)sink;
    if (r->kind == WP_REC_SEND || strcmp(r->machine, "broker") == 0)
        return;
    if (r->kind == WP_REC_RECEIPT) {
        bus_put_message(&w, r->bytes);
        shown.bytes = wp_written(&w);
    }
    trace_take(&trace.sink, &shown);
}

static struct wp_sink sink = {take};

static void start(const struct wp_setup *machine)
{
    const char *build = getenv("WATTPROOF_BUILD");
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_world_setup s = setup_of_world;

    setup_of_world = (struct wp_world_setup){0};
    s.seed = 1;
    s.transcript = &transcript;
    s.plugin = plugin;
    snprintf(plugin, sizeof plugin, "%s/wattproof_access.so", build ? build : "build/dev");
    trace = (struct trace){.sink = {trace_take}};
    transcript = (struct wp_transcript){0};
    wp_transcript_add(&transcript, &sink);
    world = world_live_new(&s, &why);
    ck_assert_msg(world != NULL, "%s", wp_put_end(&why));
    world_add(world, &puppet_class, machine, NULL);
    ck_assert_msg(world_start(world), "%s", world_error(world));
}

static void teardown(void)
{
    world_free(strangers);
    world_free(world);
    strangers = world = NULL;
}

/* Until the trace has it. */
static void await(const char *what)
{
    wp_us limit = world_now(world) + WP_SEC(10);

    while (!strstr(trace.text, what)) {
        ck_assert_msg(world_run(world, world_now(world) + WP_MS(5)) != WP_WORLD_ERROR, "%s",
                      world_error(world));
        ck_assert_msg(world_now(world) < limit, "no \"%s\" in\n%s", what, trace.text);
    }
}

static void dial(void)
{
    world_act(world, 0, &(struct wp_effect){.kind = WP_DIAL});
}

static void send_bytes(struct wp_slice bytes)
{
    world_act(world, 0,
              &(struct wp_effect){.kind = WP_SEND, .port = world_port(world, 0, "bus"), .bytes = bytes});
}

START_TEST(without_a_bus_endpoint_there_is_no_bus)
{
    start(&elsewhere);
    ck_assert_ptr_null(world_bus_address(world));
    world_restart_bus(world, 0);
}
END_TEST

START_TEST(a_stranger_calls_by_the_address)
{
    uint8_t bytes[256];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);
    char command[1024];

    start(&on_bus);
    dial();
    await("NameAcquired");
    ck_assert(dbus_put_request_name(&w, 5, wp_text("com.victronenergy.test"), 0));
    send_bytes(wp_written(&w));
    await("to 5 1");
    ck_assert_int_eq(strncmp(world_bus_address(world), "unix:path=/", 11), 0);
    snprintf(command, sizeof command,
             "dbus-send --bus=%s --dest=com.victronenergy.test / a.b.C string:hello 2>/dev/null",
             world_bus_address(world));
    ck_assert_int_eq(system(command), 0);
    await("receipt signal :1.1 > com.victronenergy.test / C hello");
    ck_assert_ptr_null(strstr(trace.text, "a-a receipt")); /* a stranger is nobody of ours */
}
END_TEST

START_TEST(a_killed_bus_comes_back)
{
    start(&on_bus);
    dial();
    await("NameAcquired");
    world_restart_bus(world, WP_MS(30));
    await("a-bus close reset");
    dial();
    await("a close refused");
    world_run(world, world_now(world) + WP_MS(100));
    trace.n = 0;
    trace.text[0] = 0;
    dial();
    await("> :1.0 /org/freedesktop/DBus NameAcquired :1.0");
}
END_TEST

/* More than dbus-daemon lets wait to be accepted. */
START_TEST(a_site_of_many_services_dials_at_once)
{
    enum { SERVICES = 250 };
    static char names[SERVICES][8];
    static struct wp_endpoint all[SERVICES];
    const struct wp_setup site = {.name = "a", .endpoints = all, .n_endpoints = SERVICES};
    wp_us limit;
    int n_open = 0;

    for (int i = 0; i < SERVICES; i++) {
        snprintf(names[i], sizeof names[i], "s%d", i);
        all[i] = (struct wp_endpoint){.name = names[i], .transport = WP_BUS};
    }
    start(&site);
    for (uint16_t i = 0; i < SERVICES; i++)
        world_act(world, 0, &(struct wp_effect){.kind = WP_DIAL, .endpoint = i});
    limit = world_now(world) + WP_SEC(10);
    while (n_open < SERVICES && world_now(world) < limit) {
        world_run(world, world_now(world) + WP_MS(5));
        for (n_open = 0; n_open < SERVICES && world_port(world, 0, names[n_open]);)
            n_open++;
    }
    ck_assert_int_eq(n_open, SERVICES);
}
END_TEST

/* Many messages at once, more than a read takes. */
START_TEST(a_burst_arrives_whole)
{
    enum { CALLS = 3000 };
    uint8_t bytes[256];

    start(&on_bus);
    dial();
    await("NameAcquired");
    for (uint32_t i = 1; i <= CALLS; i++) {
        struct wp_writer w = wp_writer(bytes, sizeof bytes);

        ck_assert(dbus_put_list_names(&w, i));
        send_bytes(wp_written(&w));
        if (trace.n > sizeof trace.text / 2)
            trace.n = 0;
    }
    trace.n = 0;
    for (int i = 0; i < 20000 && !strstr(trace.text, "to 3000 "); i++) {
        world_run(world, world_now(world) + WP_MS(1));
        if (trace.n > sizeof trace.text / 2 && !strstr(trace.text, "to 3000 "))
            trace.n = 0;
    }
    ck_assert_ptr_nonnull(strstr(trace.text, "to 3000 "));
}
END_TEST

/* A second world whose machines meet strangers: its bus is the first one's. */
START_TEST(a_system_under_test_is_called_by_its_name)
{
    const struct wp_world_guest guest = {.name = "gateway", .client_id = "", .is_on_bus = true};
    char command[1024];

    setup_of_world = (struct wp_world_setup){.guest = &guest, .has_bus = true};
    start(&elsewhere);
    ck_assert_ptr_nonnull(world_bus_address(world)); /* it is there before any machine of ours needs it */
    world_add(world, &puppet_class, &on_bus, NULL);
    world_act(world, 1, &(struct wp_effect){.kind = WP_DIAL});
    await("NameAcquired");
    snprintf(command, sizeof command, "dbus-send --bus=%s --dest=:1.0 / a.b.C string:hello 2>/dev/null",
             world_bus_address(world));
    ck_assert_int_eq(system(command), 0);
    await("a-gateway receipt signal :1.1 > :1.0 / C hello");
}
END_TEST

/* A world of its own on the bus of the one under test: nobody of ours there. */
static struct wp_world *enter_strangers(const struct wp_setup *first, const struct wp_setup *second)
{
    static struct wp_transcript theirs;
    static char address[200];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_world_setup s = {.seed = 1, .transcript = &theirs, .plugin = plugin, .bus = address};
    struct wp_world *other;

    theirs = (struct wp_transcript){0};
    snprintf(address, sizeof address, "%s", world_bus_address(world));
    other = world_live_new(&s, &why);
    ck_assert_msg(other != NULL, "%s", wp_put_end(&why));
    strangers = other;
    world_add(other, &puppet_class, first, NULL);
    world_add(other, &puppet_class, second, NULL);
    ck_assert_msg(world_start(other), "%s", world_error(other));
    for (wp_machine m = 0; m < 2; m++) {
        world_act(other, m, &(struct wp_effect){.kind = WP_DIAL});
        for (int i = 0; i < 2000 && !world_port(other, m, "bus"); i++)
            world_run(other, world_now(other) + WP_MS(5));
        ck_assert_uint_ne(world_port(other, m, "bus"), 0);
    }
    return other;
}

static void say(struct wp_world *whose, wp_machine m, struct wp_writer *w)
{
    ck_assert(!w->full);
    world_act(
        whose, m,
        &(struct wp_effect){.kind = WP_SEND, .port = world_port(whose, m, "bus"), .bytes = wp_written(w)});
    world_run(whose, world_now(whose) + WP_MS(20));
}

static void call(struct wp_world *whose, wp_machine m, uint32_t serial, const char *to)
{
    uint8_t bytes[256];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);
    struct dbus_out out;

    dbus_begin_call(&out, &w, serial, wp_text(to), wp_text("/p"), wp_text("a.B"), wp_text("Do"), "");
    ck_assert(dbus_end(&out));
    say(whose, m, &w);
}

static void tell_all(struct wp_world *whose, wp_machine m, uint32_t serial, const char *member)
{
    uint8_t bytes[256];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);
    struct dbus_out out;

    dbus_begin_signal(&out, &w, serial, wp_text("/p"), wp_text("a.B"), wp_text(member), "");
    ck_assert(dbus_end(&out));
    say(whose, m, &w);
}

static void ask(struct wp_world *whose, wp_machine m, uint32_t serial, const char *rule)
{
    uint8_t bytes[256];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);

    ck_assert(dbus_put_add_match(&w, serial, wp_text(rule)));
    say(whose, m, &w);
}

static void expect_times(const char *what, int times)
{
    int n = 0;

    for (const char *at = trace.text; (at = strstr(at, what)); at++)
        n++;
    ck_assert_msg(n == times, "%d times, not %d: %s\nin\n%s", n, times, what, trace.text);
}

static void forget(void)
{
    world_run(world, world_now(world) + WP_MS(20));
    trace.n = 0;
    trace.text[0] = 0;
}

static const struct wp_setup left = {.name = "left", .endpoints = dials, .n_endpoints = 1};
static const struct wp_setup right = {.name = "right", .endpoints = dials, .n_endpoints = 1};

/* :1.0 is the monitor, :1.1 ours, :1.2 and :1.3 are strangers. */
START_TEST(what_strangers_get_is_seen_once)
{
    uint8_t bytes[256];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);
    struct wp_world *other;

    setup_of_world.watches_bus = true;
    start(&on_bus);
    dial();
    await("NameAcquired");
    other = enter_strangers(&left, &right);
    ck_assert(dbus_put_request_name(&w, 5, wp_text("com.victronenergy.test"), 0));
    say(other, 0, &w);
    await("com.victronenergy.test-bus receipt method_return bus > :1.2 to 5");
    forget();

    call(world, 0, 7, "com.victronenergy.test"); /* ours to a stranger, and back */
    await("com.victronenergy.test-a receipt method_call :1.1 > com.victronenergy.test /p Do");
    call(other, 0, 8, ":1.1");
    call(other, 0, 9, ":1.3"); /* among themselves */
    await(":1.3-com.victronenergy.test receipt method_call :1.2 > :1.3 /p Do");
    call(other, 1, 10, "com.nobody.There");
    await("receipt error bus > :1.3 to 10");
    expect_times("receipt method_call :1.2 > :1.1 /p Do", 1); /* by ours alone */
    expect_times("receipt method_call :1.1 >", 1);
    expect_times("bus-:1.3 receipt method_call :1.3 > com.nobody.There", 1);
}
END_TEST

/* Who has asked for it, one by one; ours have records of their own. */
START_TEST(signals_reach_those_who_ask)
{
    struct wp_world *other;

    setup_of_world.watches_bus = true;
    start(&on_bus);
    dial();
    await("NameAcquired");
    other = enter_strangers(&left, &right);
    ask(world, 0, 2, "member='One'");
    ask(other, 0, 2, "type='signal',interface='a.B'");
    ask(other, 1, 2, "member='Two',sender='com.victronenergy.test'");
    forget();
    tell_all(world, 0, 3, "One");
    tell_all(other, 1, 4, "One");
    tell_all(other, 1, 5, "Two");
    await(":1.2-:1.3 receipt signal :1.3 >  /p Two");
    expect_times(":1.2-a receipt signal :1.1 >  /p One", 1);
    expect_times(":1.2-:1.3 receipt signal :1.3 >  /p One", 1);
    expect_times("One", 4); /* two of them ours have got, too */
    expect_times("Two", 1);
}
END_TEST

START_TEST(what_nobody_asks_for_stays_with_the_bus)
{
    struct wp_world *other;

    setup_of_world.watches_bus = true;
    start(&on_bus);
    dial();
    await("NameAcquired");
    other = enter_strangers(&left, &right);
    forget();
    tell_all(other, 0, 4, "Three");
    tell_all(world, 0, 4, "Four");
    await("bus-:1.2 receipt signal :1.2 >  /p Three");
    world_restart_bus(world, 0);
    await("bus close reset");
    expect_times("Four", 0);
    forget();
    dial();
    await("> :1.1 /org/freedesktop/DBus NameAcquired :1.1"); /* the monitor was there before */
}
END_TEST

START_TEST(a_bus_of_somebody_elses)
{
    static const struct wp_setup guest = {.name = "guest", .endpoints = dials, .n_endpoints = 1};
    struct wp_transcript transcript_there = {0};
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_world_setup s = {.seed = 1, .transcript = &transcript_there, .plugin = plugin};
    struct wp_world *other;
    char address[200];

    start(&on_bus);
    dial();
    await("NameAcquired");
    snprintf(address, sizeof address, "%s", world_bus_address(world));
    ck_assert_msg(world_try_bus(address, &why), "%s", wp_put_end(&why));
    s.bus = address;
    other = world_live_new(&s, &why);
    ck_assert_msg(other != NULL, "%s", wp_put_end(&why));
    world_add(other, &puppet_class, &guest, NULL);
    ck_assert_msg(world_start(other), "%s", world_error(other));
    ck_assert_str_eq(world_bus_address(other), address);
    world_restart_bus(other, 0); /* it is not this world's to kill */
    world_act(other, 0, &(struct wp_effect){.kind = WP_DIAL});
    for (int i = 0; i < 500 && !world_port(other, 0, "bus"); i++)
        world_run(other, world_now(other) + WP_MS(5));
    ck_assert_uint_ne(world_port(other, 0, "bus"), 0);
    world_restart_bus(world, WP_SEC(60));
    await("a-bus close reset");
    for (int i = 0; i < 500 && world_port(other, 0, "bus"); i++)
        world_run(other, world_now(other) + WP_MS(5));
    ck_assert_uint_eq(world_port(other, 0, "bus"), 0);
    ck_assert(!world_try_bus(address, &why));
    world_act(other, 0, &(struct wp_effect){.kind = WP_DIAL});
    world_run(other, world_now(other) + WP_MS(20));
    ck_assert_uint_eq(world_port(other, 0, "bus"), 0);
    world_free(other);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("live_bus");
    TCase *t = tcase_create("live_bus");
    SRunner *r;
    int failed;

    if (access("/usr/bin/dbus-daemon", X_OK) != 0) {
        puts("skipped: dbus-daemon is not installed");
        return 0;
    }
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, without_a_bus_endpoint_there_is_no_bus);
    tcase_add_test(t, a_stranger_calls_by_the_address);
    tcase_add_test(t, a_killed_bus_comes_back);
    tcase_add_test(t, a_site_of_many_services_dials_at_once);
    tcase_add_test(t, a_burst_arrives_whole);
    tcase_add_test(t, a_bus_of_somebody_elses);
    tcase_add_test(t, what_strangers_get_is_seen_once);
    tcase_add_test(t, signals_reach_those_who_ask);
    tcase_add_test(t, what_nobody_asks_for_stays_with_the_bus);
    tcase_add_test(t, a_system_under_test_is_called_by_its_name);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
