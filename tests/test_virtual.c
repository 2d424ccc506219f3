/* The virtual world: time, connections, faults, restarts.
 * covers: virtual_seat, virtual_tcp, virtual_listen, virtual_loop, virtual_port, virtual_conn, world, blocks, kept,
 * map_room */
#include "tests/world_trace.h"

#include <stdlib.h>

enum { A, B, C };

static const struct wp_endpoint dials[] = {{"line", WP_TCP, false, {0x7F000002, 8899}}};
static const struct wp_endpoint listens[] = {{"line", WP_TCP, true, {0, 8899}}};
static const struct wp_setup setups[] = {
    {.name = "a", .endpoints = dials, .n_endpoints = 1, .ip = 0x7F000001},
    {.name = "b", .endpoints = listens, .n_endpoints = 1, .ip = 0x7F000002},
    {.name = "c", .endpoints = dials, .n_endpoints = 1, .ip = 0x7F000003},
};

static struct wp_world *world;
static struct wp_transcript transcript;
static struct trace trace;

static struct wp_world_setup world_setup(void)
{
    trace = (struct trace){.sink = {trace_take}, .with_times = true};
    transcript = (struct wp_transcript){0};
    wp_transcript_add(&transcript, &trace.sink);
    return (struct wp_world_setup){.seed = 1, .transcript = &transcript};
}

/* a and c dial, b listens; a's line is `link`. */
static void start(const struct wp_link_setup *link)
{
    struct wp_world_setup s = world_setup();

    world = world_virtual_new(&s);
    for (int i = 0; i < 3; i++)
        world_add(world, &puppet_class, &setups[i], i == A ? link : NULL);
    ck_assert(world_start(world));
    trace.n = 0;
}

static void teardown(void)
{
    world_free(world);
    world = NULL;
}

static void expect(const char *text)
{
    ck_assert_str_eq(trace.text, text);
    trace.n = 0;
    trace.text[0] = 0;
}

static void dial(wp_machine m)
{
    const struct wp_effect e = {.kind = WP_DIAL};

    world_act(world, m, &e);
}

static void send(wp_machine m, const char *text)
{
    const struct wp_effect e = {
        .kind = WP_SEND, .port = world_port(world, m, "line"), .bytes = wp_text(text)};

    world_act(world, m, &e);
}

static void hang_up(wp_machine m, bool abort)
{
    const struct wp_effect e = {.kind = WP_HANG_UP, .port = world_port(world, m, "line"), .abort = abort};

    world_act(world, m, &e);
}

static void run(wp_us until)
{
    ck_assert_int_ne(world_run(world, until), WP_WORLD_ERROR);
}

static void set_level(wp_machine m, int64_t level)
{
    const struct wp_event e = {.kind = WP_EV_SET, .set = {.option = puppet_options, .value = wp_int(level)}};

    world_event(world, m, &e);
}

static void fault(wp_machine m, struct wp_link_fault f)
{
    if (!f.direction)
        f.direction = WP_LINK_BOTH;
    world_fault(world, m, &f);
}

/* a and b are connected at 10 ms. */
static void start_connected(const struct wp_link_setup *link)
{
    start(link);
    dial(A);
    run(WP_MS(10));
    trace.n = 0;
    trace.text[0] = 0;
}

/* One latency to the listener, one back to the dialler. What the listener answers comes after. */
START_TEST(a_dial_opens_the_listener_first)
{
    start(NULL);
    dial(A);
    run(WP_MS(5));
    send(A, "!");
    run(WP_MS(10));
    expect("[  0.001000] b-a open 127.0.0.2:8899 to 127.0.0.1:40000\n"
           "[  0.002000] a-b open 127.0.0.1:40000 to 127.0.0.2:8899\n"
           "[  0.005000] a-b send !\n"
           "[  0.006000] b-a receipt !\n"
           "[  0.006000] b-a send ok\n"
           "[  0.007000] a-b receipt ok\n");
}
END_TEST

START_TEST(a_dial_to_nobody_is_refused)
{
    const struct wp_effect e = {.kind = WP_DIAL, .dial.to = {0x7F000002, 1}};

    start(NULL);
    world_act(world, A, &e);
    run(WP_SEC(1));
    expect("[  0.002000] a close refused to 127.0.0.2:1\n");
}
END_TEST

START_TEST(each_client_of_a_listener_has_a_port_of_its_own)
{
    wp_port first;

    start(NULL);
    dial(A);
    run(WP_MS(2));
    first = world_port(world, B, "line");
    dial(C);
    dial(A);
    run(WP_MS(4));
    ck_assert_uint_ne(world_port(world, B, "line"), first);
    expect("[  0.001000] b-a open 127.0.0.2:8899 to 127.0.0.1:40000\n"
           "[  0.002000] a-b open 127.0.0.1:40000 to 127.0.0.2:8899\n"
           "[  0.003000] b-c open 127.0.0.2:8899 to 127.0.0.3:40000\n"
           "[  0.003000] b-a open 127.0.0.2:8899 to 127.0.0.1:40001\n"
           "[  0.004000] c-b open 127.0.0.3:40000 to 127.0.0.2:8899\n"
           "[  0.004000] a-b open 127.0.0.1:40001 to 127.0.0.2:8899\n");
}
END_TEST

/* Machines that share an address are one host: no two of their connections are between the same ports. */
START_TEST(a_shared_address_has_its_ports_once)
{
    static const struct wp_setup twin = {
        .name = "twin", .endpoints = dials, .n_endpoints = 1, .ip = 0x7F000001};
    wp_machine m;

    start(NULL);
    m = world_add(world, &puppet_class, &twin, NULL);
    trace.n = 0;
    dial(A);
    dial(m);
    dial(C);
    run(WP_MS(10));
    ck_assert_ptr_nonnull(strstr(trace.text, "a-b open 127.0.0.1:40000 to 127.0.0.2:8899\n"));
    ck_assert_ptr_nonnull(strstr(trace.text, "twin-b open 127.0.0.1:40001 to 127.0.0.2:8899\n"));
    ck_assert_ptr_nonnull(strstr(trace.text, "c-b open 127.0.0.3:40000 to 127.0.0.2:8899\n"));
}
END_TEST

START_TEST(one_send_is_one_receipt)
{
    start_connected(NULL);
    send(A, "one");
    send(A, "two");
    run(WP_MS(20));
    expect("[  0.010000] a-b send one\n[  0.010000] a-b send two\n"
           "[  0.011000] b-a receipt one\n[  0.011000] b-a receipt two\n");
}
END_TEST

START_TEST(a_hang_up_lets_what_is_under_way_arrive)
{
    start_connected(NULL);
    send(A, "bye");
    hang_up(A, false);
    send(B, "too late");
    run(WP_MS(20));
    expect("[  0.010000] a-b send bye\n"
           "[  0.010000] a-b close own\n"
           "[  0.010000] b-a send too late\n"
           "[  0.011000] b-a receipt bye\n"
           "[  0.011000] b-a close peer\n");
    ck_assert_uint_eq(world_port(world, A, "line"), 0);
    ck_assert_uint_eq(world_port(world, B, "line"), 0);
}
END_TEST

START_TEST(a_goodbye_does_not_overtake_what_is_delayed)
{
    start_connected(NULL);
    fault(A, (struct wp_link_fault){.kind = WP_LINK_DELAY, .duration = WP_MS(50), .times = 1});
    send(A, "late");
    hang_up(A, false);
    run(WP_MS(100));
    ck_assert_ptr_nonnull(strstr(trace.text, "[  0.061000] b-a receipt late\n[  0.061000] b-a close peer\n"));
}
END_TEST

START_TEST(an_abort_is_a_reset)
{
    start_connected(NULL);
    hang_up(B, true);
    run(WP_MS(20));
    expect("[  0.010000] b-a close own\n[  0.011000] a-b close reset\n");
}
END_TEST

START_TEST(a_send_on_a_closed_port_is_noted)
{
    start(NULL);
    send(A, "x");
    expect("[  0.000000] a note port-not-open  0\n");
}
END_TEST

/* 2400 baud: five bytes take 22.9 ms there, two back 9.2 ms. */
START_TEST(a_slow_line_takes_its_time)
{
    const struct wp_link_setup slow = {.latency = WP_MS(20), .baud = 2400};

    start(&slow);
    dial(A);
    run(WP_MS(100));
    trace.n = 0;
    send(A, "12345");
    run(WP_MS(150));
    send(B, "ok");
    run(WP_MS(200));
    expect("[  0.100000] a-b send 12345\n"
           "[  0.142917] b-a receipt 12345\n"
           "[  0.150000] b-a send ok\n"
           "[  0.179167] a-b receipt ok\n");
}
END_TEST

START_TEST(bytes_come_before_timers_of_the_same_instant)
{
    start_connected(NULL);
    set_level(B, -1000); /* wakes up at 11 ms */
    send(A, "x");
    run(WP_MS(20));
    expect("[  0.010000] b set level=-1000\n"
           "[  0.010000] a-b send x\n"
           "[  0.011000] b-a receipt x\n"
           "[  0.011000] b note timer  -1000\n");
}
END_TEST

START_TEST(a_fault_strikes_the_line_of_its_machine)
{
    start_connected(NULL);
    dial(C);
    run(WP_MS(12));
    trace.n = 0;
    fault(A, (struct wp_link_fault){.kind = WP_LINK_DROP, .times = 1, .direction = WP_LINK_FROM});
    send(C, "from c");
    send(A, "lost");
    send(A, "found");
    run(WP_MS(20));
    expect("[  0.012000] a fault drop begins 0\n"
           "[  0.012000] c-b send from c\n"
           "[  0.012000] a-b send lost\n"
           "[  0.012000] a fault drop strikes 1\n"
           "[  0.012000] a fault drop ends 1\n"
           "[  0.012000] a-b send found\n"
           "[  0.013000] b-c receipt from c\n"
           "[  0.013000] b-a receipt found\n");
}
END_TEST

START_TEST(a_cut_resets_both_sides)
{
    start_connected(NULL);
    fault(A, (struct wp_link_fault){.kind = WP_LINK_CUT, .n = 2, .times = 1, .direction = WP_LINK_TO});
    send(B, "answer");
    run(WP_MS(20));
    expect("[  0.010000] a fault cut begins 0\n"
           "[  0.010000] b-a send answer\n"
           "[  0.010000] a fault cut strikes 1\n"
           "[  0.010000] a fault cut ends 1\n"
           "[  0.010000] b-a close reset\n"
           "[  0.011000] a-b receipt an\n"
           "[  0.011000] a-b close reset\n");
}
END_TEST

START_TEST(a_cut_or_close_that_waits_for_nothing_strikes_at_once)
{
    start_connected(NULL);
    fault(A, (struct wp_link_fault){.kind = WP_LINK_CLOSE, .times = 1});
    run(WP_MS(20));
    expect("[  0.010000] a fault close begins 0\n"
           "[  0.010000] a-b close peer\n"
           "[  0.011000] b-a close peer\n");
}
END_TEST

START_TEST(a_stalled_reader_gets_one_receipt)
{
    start_connected(NULL);
    fault(A, (struct wp_link_fault){.kind = WP_LINK_STALL, .duration = WP_MS(50), .times = 1});
    send(A, "one ");
    run(WP_MS(20));
    send(A, "two");
    run(WP_MS(100));
    ck_assert_ptr_nonnull(strstr(trace.text, "[  0.060000] b-a receipt one two\n"));
}
END_TEST

START_TEST(a_killed_machine_resets_its_connections_and_comes_back)
{
    start_connected(NULL);
    set_level(B, 7);
    world_restart(world, B, false, WP_SEC(1));
    run(WP_MS(500));
    dial(A);
    run(WP_SEC(2));
    dial(A);
    run(WP_SEC(3));
    expect("[  0.010000] b set level=7\n"
           "[  0.010000] b fault restart killed 1000000\n"
           "[  0.010000] b-a close own\n"
           "[  0.011000] a-b close reset\n"
           "[  0.502000] a close refused to 127.0.0.2:8899\n"
           "[  1.010000] b note start  7\n"
           "[  2.001000] b-a open 127.0.0.2:8899 to 127.0.0.1:40002\n"
           "[  2.002000] a-b open 127.0.0.1:40002 to 127.0.0.2:8899\n");
}
END_TEST

START_TEST(an_orderly_restart_stops_and_hangs_up)
{
    start_connected(NULL);
    world_restart(world, B, true, 0);
    run(WP_MS(20));
    expect("[  0.010000] b fault restart orderly 0\n"
           "[  0.010000] b note stop  0\n"
           "[  0.010000] b-a close own\n"
           "[  0.010000] b note start  0\n"
           "[  0.011000] a-b close peer\n");
}
END_TEST

/* The listener has accepted; when the answer arrives, who dialled is somebody else. */
START_TEST(a_dialler_that_restarts_meanwhile_resets)
{
    start(NULL);
    dial(A);
    run(WP_MS(1));
    world_restart(world, A, false, 0);
    run(WP_MS(10));
    expect("[  0.001000] b-a open 127.0.0.2:8899 to 127.0.0.1:40000\n"
           "[  0.001000] a fault restart killed 0\n"
           "[  0.001000] a note start  0\n"
           "[  0.003000] b-a close reset\n");
}
END_TEST

START_TEST(a_machine_added_during_the_run_starts_at_once)
{
    static const struct wp_endpoint other[] = {{"line", WP_TCP, true, {0, 1}}};
    const struct wp_setup late = {.name = "late", .endpoints = other, .n_endpoints = 1, .ip = 0x7F000002};
    const struct wp_effect e = {.kind = WP_DIAL, .dial.to = {0x7F000002, 1}};

    start(NULL);
    run(WP_SEC(1));
    ck_assert_int_eq(world_add(world, &puppet_class, &late, NULL), 3);
    world_act(world, A, &e);
    run(WP_SEC(2));
    expect("[  1.000000] late note start  0\n"
           "[  1.001000] late-a open 127.0.0.2:1 to 127.0.0.1:40000\n"
           "[  1.002000] a-late open 127.0.0.1:40000 to 127.0.0.2:1\n");
}
END_TEST

START_TEST(the_end_stops_all_in_reverse_order_and_closes_what_is_open)
{
    start_connected(NULL);
    send(A, "last");
    world_end(world);
    expect("[  0.010000] a-b send last\n"
           "[  0.010000] c note stop  0\n"
           "[  0.010000] b note stop  0\n"
           "[  0.010000] a note stop  0\n"
           "[  0.011000] b-a receipt last\n"
           "[  0.110000] a-b close own\n"
           "[  0.110000] b-a close own\n");
}
END_TEST

START_TEST(a_run_ends_at_its_time_or_when_nothing_is_left)
{
    start(NULL);
    ck_assert_int_eq(world_run(world, WP_SEC(1)), WP_WORLD_IDLE);
    ck_assert_int_eq(world_now(world), WP_SEC(1));
    dial(A);
    ck_assert_int_eq(world_run(world, WP_SEC(1)), WP_WORLD_UNTIL);
    ck_assert_int_eq(world_run(world, WP_NEVER), WP_WORLD_IDLE);
    ck_assert_int_eq(world_now(world), WP_SEC(1) + WP_MS(2));
}
END_TEST

static struct stopper {
    struct wp_sink sink;
} stopper;

static void stop_at_open(struct wp_sink *sink, const struct wp_record *r)
{
    (void)sink;
    if (r->kind == WP_REC_OPEN)
        world_stop(world);
}

START_TEST(a_sink_may_stop_the_run)
{
    start(NULL);
    stopper.sink.take = stop_at_open;
    wp_transcript_add(&transcript, &stopper.sink);
    dial(A);
    ck_assert_int_eq(world_run(world, WP_SEC(1)), WP_WORLD_STOPPED);
    ck_assert_int_eq(world_now(world), WP_MS(1));
    ck_assert_int_eq(world_run(world, WP_SEC(1)), WP_WORLD_STOPPED);
    ck_assert_int_eq(world_run(world, WP_SEC(1)), WP_WORLD_IDLE);
}
END_TEST

START_TEST(an_endless_loop_is_an_error_that_names_the_machine)
{
    struct wp_world_setup s = world_setup();

    s.instant_max = 1000;
    world = world_virtual_new(&s);
    world_add(world, &puppet_class, &setups[A], NULL);
    ck_assert(world_start(world));
    set_level(0, -1);
    ck_assert_int_eq(world_run(world, WP_SEC(1)), WP_WORLD_ERROR);
    ck_assert_str_eq(world_error(world),
                     "1000 events at 0.000001 s and no end: an endless loop; active last: a");
}
END_TEST

START_TEST(a_run_has_a_bound)
{
    struct wp_world_setup s = world_setup();

    s.events_max = 3;
    world = world_virtual_new(&s);
    world_add(world, &puppet_class, &setups[A], NULL);
    world_add(world, &puppet_class, &setups[B], NULL);
    ck_assert(world_start(world));
    dial(A);
    run(WP_MS(2));
    send(A, "!");
    ck_assert_int_eq(world_run(world, WP_SEC(1)), WP_WORLD_ERROR);
    ck_assert_str_eq(world_error(world), "more than 3 events by 0.004000 s; active last: b, a");
}
END_TEST

START_TEST(two_listeners_cannot_share_an_address)
{
    struct wp_world_setup s = world_setup();
    struct wp_setup twin = setups[B];

    twin.name = "twin";
    world = world_virtual_new(&s);
    world_add(world, &puppet_class, &setups[B], NULL);
    world_add(world, &puppet_class, &twin, NULL);
    ck_assert(!world_start(world));
    ck_assert_str_eq(world_error(world),
                     "twin cannot listen at endpoint \"line\": b has the address already");
}
END_TEST

START_TEST(an_endpoint_that_it_cannot_carry_is_an_error)
{
    static const struct wp_endpoint bus[] = {{"bus", WP_BUS, true, {0, 0}}};
    const struct wp_setup setup = {.name = "site", .endpoints = bus, .n_endpoints = 1};
    struct wp_world_setup s = world_setup();

    world = world_virtual_new(&s);
    world_add(world, &puppet_class, &setup, NULL);
    ck_assert(!world_start(world));
    ck_assert_str_eq(world_error(world),
                     "site: endpoint \"bus\": nobody listens at the message bus, it is dialled");
}
END_TEST

/* Slow lines with jitter: the times follow from the seed alone. */
static void play(uint64_t seed, char *out, size_t n)
{
    static const struct wp_link_setup rough = {.latency = WP_MS(5), .jitter = WP_MS(20), .baud = 9600};
    struct wp_world_setup s = world_setup();

    s.seed = seed;
    world = world_virtual_new(&s);
    for (int i = 0; i < 3; i++)
        world_add(world, &puppet_class, &setups[i], &rough);
    ck_assert(world_start(world));
    dial(A);
    dial(C);
    run(WP_MS(200));
    for (int i = 0; i < 10; i++) {
        send(i % 2 ? A : C, "!");
        run(WP_MS(200 + i));
    }
    run(WP_SEC(1));
    ck_assert_uint_lt(strlen(trace.text), n);
    memcpy(out, trace.text, strlen(trace.text) + 1);
    teardown();
}

START_TEST(a_seed_gives_one_transcript)
{
    static char first[8192], again[8192], other[8192];

    play(1, first, sizeof first);
    play(1, again, sizeof again);
    play(2, other, sizeof other);
    ck_assert_str_eq(first, again);
    ck_assert_str_ne(first, other);
}
END_TEST

/* Bookkeeping of both ends of a connection and of the machine: 10 000 meters must fit in 1 KiB each. */
START_TEST(an_idle_machine_costs_little)
{
    enum { N = 2000 };
    static struct wp_setup many[N];
    static char name[N][8];
    struct wp_world_setup s = world_setup();
    size_t before, each;

    s.transcript = NULL;
    world = world_virtual_new(&s);
    world_add(world, &puppet_class, &setups[B], NULL);
    ck_assert(world_start(world));
    before = world_memory(world);
    for (int i = 0; i < N; i++) {
        snprintf(name[i], sizeof name[i], "m%d", i);
        many[i] = setups[A];
        many[i].name = name[i];
        world_add(world, &puppet_class, &many[i], NULL);
    }
    for (int i = 1; i <= N; i++) {
        dial(i);
        run(i * WP_MS(3));
    }
    each = (world_memory(world) - before) / N - sizeof(struct puppet);
    ck_assert_msg(each <= 400, "%zu bytes", each);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("virtual");
    TCase *t = tcase_create("virtual");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, a_dial_opens_the_listener_first);
    tcase_add_test(t, a_dial_to_nobody_is_refused);
    tcase_add_test(t, each_client_of_a_listener_has_a_port_of_its_own);
    tcase_add_test(t, a_shared_address_has_its_ports_once);
    tcase_add_test(t, one_send_is_one_receipt);
    tcase_add_test(t, a_hang_up_lets_what_is_under_way_arrive);
    tcase_add_test(t, a_goodbye_does_not_overtake_what_is_delayed);
    tcase_add_test(t, an_abort_is_a_reset);
    tcase_add_test(t, a_send_on_a_closed_port_is_noted);
    tcase_add_test(t, a_slow_line_takes_its_time);
    tcase_add_test(t, bytes_come_before_timers_of_the_same_instant);
    tcase_add_test(t, a_fault_strikes_the_line_of_its_machine);
    tcase_add_test(t, a_cut_resets_both_sides);
    tcase_add_test(t, a_cut_or_close_that_waits_for_nothing_strikes_at_once);
    tcase_add_test(t, a_stalled_reader_gets_one_receipt);
    tcase_add_test(t, a_killed_machine_resets_its_connections_and_comes_back);
    tcase_add_test(t, an_orderly_restart_stops_and_hangs_up);
    tcase_add_test(t, a_dialler_that_restarts_meanwhile_resets);
    tcase_add_test(t, a_machine_added_during_the_run_starts_at_once);
    tcase_add_test(t, the_end_stops_all_in_reverse_order_and_closes_what_is_open);
    tcase_add_test(t, a_run_ends_at_its_time_or_when_nothing_is_left);
    tcase_add_test(t, a_sink_may_stop_the_run);
    tcase_add_test(t, an_endless_loop_is_an_error_that_names_the_machine);
    tcase_add_test(t, a_run_has_a_bound);
    tcase_add_test(t, two_listeners_cannot_share_an_address);
    tcase_add_test(t, an_endpoint_that_it_cannot_carry_is_an_error);
    tcase_add_test(t, a_seed_gives_one_transcript);
    tcase_add_test(t, an_idle_machine_costs_little);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
