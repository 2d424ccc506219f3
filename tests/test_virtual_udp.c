/* Datagrams of the virtual world: who hears whom, what faults of the line make of them, restarts. */
#include "tests/world_trace.h"

#include <stdlib.h>

enum { A, B, C };

static const struct wp_endpoint dials[] = {{"line", WP_UDP, false, {0x7F000002, 4059}}};
static const struct wp_endpoint listens[] = {{"line", WP_UDP, true, {0, 4059}},
                                             {"stream", WP_TCP, true, {0, 4059}}};
static const struct wp_setup setups[] = {
    {.name = "a", .endpoints = dials, .n_endpoints = 1, .ip = 0x7F000001},
    {.name = "b", .endpoints = listens, .n_endpoints = 2, .ip = 0x7F000002},
    {.name = "c", .endpoints = dials, .n_endpoints = 1, .ip = 0x7F000003},
};

static struct wp_world *world;
static struct wp_transcript transcript;
static struct trace trace;

/* a and c dial, b listens; a's line is `link`. */
static void start(const struct wp_link_setup *link)
{
    struct wp_world_setup s = {.seed = 1, .transcript = &transcript};

    trace = (struct trace){.sink = {trace_take}, .with_times = true};
    transcript = (struct wp_transcript){0};
    wp_transcript_add(&transcript, &trace.sink);
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
    trace.text[trace.n] = 0;
    ck_assert_str_eq(trace.text, text);
    trace.n = 0;
}

static void dial(wp_machine m)
{
    world_act(world, m, &(struct wp_effect){.kind = WP_DIAL});
}

static void send_bytes(wp_machine m, struct wp_slice bytes)
{
    const struct wp_effect e = {.kind = WP_SEND, .port = world_port(world, m, "line"), .bytes = bytes};

    world_act(world, m, &e);
}

static void send(wp_machine m, const char *text)
{
    send_bytes(m, wp_text(text));
}

static void hang_up(wp_machine m)
{
    world_act(world, m, &(struct wp_effect){.kind = WP_HANG_UP, .port = world_port(world, m, "line")});
}

static void run(wp_us until)
{
    ck_assert_int_ne(world_run(world, until), WP_WORLD_ERROR);
}

static void fault(wp_machine m, struct wp_link_fault f)
{
    if (!f.direction)
        f.direction = WP_LINK_BOTH;
    world_fault(world, m, &f);
}

/* a has dialled b; nothing has been sent. */
static void start_dialled(const struct wp_link_setup *link)
{
    start(link);
    dial(A);
    trace.n = 0;
}

/* ---- who hears whom -------------------------------------------------------------------------------- */

START_TEST(a_dial_succeeds_at_once_and_the_first_datagram_opens_the_listener)
{
    start(NULL);
    dial(A);
    run(WP_MS(5));
    send(A, "!");
    run(WP_MS(10));
    send(A, "more");
    run(WP_MS(20));
    expect("[  0.000000] a-b open 127.0.0.1:40000 to 127.0.0.2:4059\n"
           "[  0.005000] a-b send !\n"
           "[  0.006000] b-a open 127.0.0.2:4059 to 127.0.0.1:40000\n"
           "[  0.006000] b-a receipt !\n"
           "[  0.006000] b-a send ok\n"
           "[  0.007000] a-b receipt ok\n"
           "[  0.010000] a-b send more\n"
           "[  0.011000] b-a receipt more\n");
}
END_TEST

START_TEST(each_peer_has_a_port_of_its_own)
{
    start(NULL);
    dial(A);
    dial(C);
    trace.n = 0;
    send(A, "!");
    send(C, "!");
    run(WP_MS(10));
    expect("[  0.000000] a-b send !\n"
           "[  0.000000] c-b send !\n"
           "[  0.001000] b-a open 127.0.0.2:4059 to 127.0.0.1:40000\n"
           "[  0.001000] b-a receipt !\n"
           "[  0.001000] b-a send ok\n"
           "[  0.001000] b-c open 127.0.0.2:4059 to 127.0.0.3:40000\n"
           "[  0.001000] b-c receipt !\n"
           "[  0.001000] b-c send ok\n"
           "[  0.002000] a-b receipt ok\n"
           "[  0.002000] c-b receipt ok\n");
}
END_TEST

START_TEST(a_datagram_to_nobody_vanishes)
{
    start(NULL);
    world_act(world, A, &(struct wp_effect){.kind = WP_DIAL, .dial.to = {0x7F000009, 1}});
    send(A, "anybody?");
    run(WP_SEC(1));
    expect("[  0.000000] a open 127.0.0.1:40000 to 127.0.0.9:1\n"
           "[  0.000000] a send anybody?\n");
}
END_TEST

START_TEST(a_peer_that_was_forgotten_opens_a_new_port)
{
    start_dialled(NULL);
    send(A, "one");
    run(WP_MS(10));
    hang_up(B);
    send(A, "two");
    run(WP_MS(20));
    expect("[  0.000000] a-b send one\n"
           "[  0.001000] b-a open 127.0.0.2:4059 to 127.0.0.1:40000\n"
           "[  0.001000] b-a receipt one\n"
           "[  0.010000] b-a close own\n"
           "[  0.010000] a-b send two\n"
           "[  0.011000] b-a open 127.0.0.2:4059 to 127.0.0.1:40000\n"
           "[  0.011000] b-a receipt two\n");
}
END_TEST

/* What is under way still gets there, and its sender is known; what comes back finds nobody. */
START_TEST(nobody_hears_of_a_hang_up)
{
    start_dialled(NULL);
    send(A, "!");
    hang_up(A);
    run(WP_MS(10));
    expect("[  0.000000] a-b send !\n"
           "[  0.000000] a-b close own\n"
           "[  0.001000] b-a open 127.0.0.2:4059 to 127.0.0.1:40000\n"
           "[  0.001000] b-a receipt !\n"
           "[  0.001000] b send ok\n");
}
END_TEST

START_TEST(an_empty_datagram_is_one)
{
    start_dialled(NULL);
    send(A, "");
    run(WP_MS(10));
    expect("[  0.000000] a-b send \n"
           "[  0.001000] b-a open 127.0.0.2:4059 to 127.0.0.1:40000\n"
           "[  0.001000] b-a receipt \n");
}
END_TEST

START_TEST(a_datagram_has_a_largest_size)
{
    static uint8_t bytes[WP_DATAGRAM_MAX + 1];

    start_dialled(NULL);
    trace.with_times = false;
    send_bytes(A, wp_slice(bytes, WP_DATAGRAM_MAX + 1));
    expect("a note datagram-too-long  65508\n");
    memset(bytes, 'x', sizeof bytes);
    send_bytes(A, wp_slice(bytes, WP_DATAGRAM_MAX));
    run(WP_MS(10));
    ck_assert_uint_gt(world_port(world, B, "line"), 0); /* the trace has no room for so many */
}
END_TEST

START_TEST(tcp_and_udp_share_an_address)
{
    static const struct wp_endpoint stream[] = {{"line", WP_TCP, false, {0x7F000002, 4059}}};
    static const struct wp_setup late = {
        .name = "d", .endpoints = stream, .n_endpoints = 1, .ip = 0x7F000004};

    start_dialled(NULL);
    dial(world_add(world, &puppet_class, &late, NULL));
    send(A, "x");
    run(WP_MS(10));
    expect("[  0.000000] d note start  0\n"
           "[  0.000000] a-b send x\n"
           "[  0.001000] b-d open 127.0.0.2:4059 to 127.0.0.4:40000\n"
           "[  0.001000] b-a open 127.0.0.2:4059 to 127.0.0.1:40000\n"
           "[  0.001000] b-a receipt x\n"
           "[  0.002000] d-b open 127.0.0.4:40000 to 127.0.0.2:4059\n");
}
END_TEST

/* 4096 peers are remembered. The one that is silent for longest makes room: not the first, which has spoken again. */
START_TEST(the_peer_that_is_silent_for_longest_is_forgotten)
{
    wp_port first, port;

    start(NULL);
    transcript.n_sinks = 0;
    dial(A);
    first = world_port(world, A, "line");
    send(A, "x");
    for (int i = 1; i < WP_DATAGRAM_PEERS_MAX; i++) {
        dial(A);
        send(A, "x");
    }
    run(WP_MS(10));
    world_act(world, A, &(struct wp_effect){.kind = WP_SEND, .port = first, .bytes = wp_text("x")});
    run(WP_MS(20));
    port = world_port(world, B, "line");
    transcript.n_sinks = 1;
    trace.n = 0;
    dial(C);
    send(C, "y");
    run(WP_MS(30));
    expect("[  0.020000] c-b open 127.0.0.3:40000 to 127.0.0.2:4059\n"
           "[  0.020000] c-b send y\n"
           "[  0.021000] b-a close timeout\n"
           "[  0.021000] b-c open 127.0.0.2:4059 to 127.0.0.3:40000\n"
           "[  0.021000] b-c receipt y\n");
    ck_assert_uint_gt(world_port(world, B, "line"), port);
    world_act(world, A, &(struct wp_effect){.kind = WP_SEND, .port = first, .bytes = wp_text("!")});
    run(WP_MS(40));
    expect("[  0.030000] a-b send !\n"
           "[  0.031000] b-a receipt !\n"
           "[  0.031000] b-a send ok\n"
           "[  0.032000] a-b receipt ok\n");
}
END_TEST

/* ---- faults ----------------------------------------------------------------------------------------- */

START_TEST(a_dropped_datagram_is_all_that_is_lost)
{
    start_dialled(NULL);
    fault(A, (struct wp_link_fault){.kind = WP_LINK_DROP, .times = 1, .direction = WP_LINK_FROM});
    send(A, "one");
    send(A, "two");
    run(WP_MS(10));
    expect("[  0.000000] a fault drop begins 0\n"
           "[  0.000000] a-b send one\n"
           "[  0.000000] a fault drop strikes 1\n"
           "[  0.000000] a fault drop ends 1\n"
           "[  0.000000] a-b send two\n"
           "[  0.001000] b-a open 127.0.0.2:4059 to 127.0.0.1:40000\n"
           "[  0.001000] b-a receipt two\n");
}
END_TEST

START_TEST(a_delayed_datagram_comes_after_those_behind_it)
{
    start_dialled(NULL);
    fault(A, (struct wp_link_fault){.kind = WP_LINK_DELAY, .times = 1, .duration = WP_MS(5)});
    trace.n = 0;
    send(A, "one");
    send(A, "two");
    run(WP_MS(10));
    expect("[  0.000000] a-b send one\n"
           "[  0.000000] a fault delay strikes 1\n"
           "[  0.000000] a fault delay ends 1\n"
           "[  0.000000] a-b send two\n"
           "[  0.001000] b-a open 127.0.0.2:4059 to 127.0.0.1:40000\n"
           "[  0.001000] b-a receipt two\n"
           "[  0.006000] b-a receipt one\n");
}
END_TEST

START_TEST(faults_strike_what_comes_back_too)
{
    start_dialled(NULL);
    fault(A, (struct wp_link_fault){.kind = WP_LINK_CORRUPT, .times = 1, .mask = 1, .direction = WP_LINK_TO});
    fault(A, (struct wp_link_fault){.kind = WP_LINK_DUPLICATE, .times = 1, .direction = WP_LINK_TO});
    send(A, "!");
    run(WP_MS(10));
    trace.text[trace.n] = 0;
    ck_assert_ptr_nonnull(strstr(trace.text, "[  0.002000] a-b receipt nk\n[  0.002000] a-b receipt nk\n"));
}
END_TEST

/* There is neither RST nor FIN. */
START_TEST(a_cut_line_ends_no_datagram_port)
{
    start_dialled(NULL);
    fault(A, (struct wp_link_fault){.kind = WP_LINK_CUT});
    fault(A, (struct wp_link_fault){.kind = WP_LINK_CLOSE});
    send(A, "x");
    run(WP_MS(10));
    expect("[  0.000000] a fault cut begins 0\n"
           "[  0.000000] a fault close begins 0\n"
           "[  0.000000] a-b send x\n"
           "[  0.001000] b-a open 127.0.0.2:4059 to 127.0.0.1:40000\n"
           "[  0.001000] b-a receipt x\n");
}
END_TEST

/* What is held back goes with an orderly hang-up and is lost with an abort. */
START_TEST(what_is_held_back_goes_when_its_sender_hangs_up)
{
    start_dialled(NULL);
    fault(A, (struct wp_link_fault){.kind = WP_LINK_MERGE, .times = 2});
    trace.n = 0;
    send(A, "held");
    hang_up(A);
    run(WP_MS(10));
    trace.text[trace.n] = 0;
    ck_assert_ptr_nonnull(strstr(trace.text, "[  0.001000] b-a receipt held\n"));
    trace.n = 0;
    dial(A);
    send(A, "lost");
    world_act(world, A,
              &(struct wp_effect){.kind = WP_HANG_UP, .port = world_port(world, A, "line"), .abort = true});
    run(WP_MS(20));
    trace.text[trace.n] = 0;
    ck_assert_ptr_null(strstr(trace.text, "receipt"));
}
END_TEST

START_TEST(a_line_of_its_own_delays_datagrams)
{
    start_dialled(&(struct wp_link_setup){.latency = WP_MS(3), .baud = 11000, .split = 1});
    send(A, "12345");
    run(WP_MS(20));
    expect("[  0.000000] a-b send 12345\n"
           "[  0.008000] b-a open 127.0.0.2:4059 to 127.0.0.1:40000\n"
           "[  0.008000] b-a receipt 12345\n");
}
END_TEST

/* ---- restarts and the end ---------------------------------------------------------------------------- */

START_TEST(a_listener_that_restarts_knows_nobody)
{
    start_dialled(NULL);
    send(A, "one");
    run(WP_MS(10));
    world_restart(world, B, false, WP_MS(10));
    send(A, "lost");
    run(WP_MS(30));
    send(A, "two");
    run(WP_MS(40));
    expect("[  0.000000] a-b send one\n"
           "[  0.001000] b-a open 127.0.0.2:4059 to 127.0.0.1:40000\n"
           "[  0.001000] b-a receipt one\n"
           "[  0.010000] b fault restart killed 10000\n"
           "[  0.010000] b-a close own\n"
           "[  0.010000] a send lost\n"
           "[  0.020000] b note start  0\n"
           "[  0.030000] a-b send two\n"
           "[  0.031000] b-a open 127.0.0.2:4059 to 127.0.0.1:40000\n"
           "[  0.031000] b-a receipt two\n");
}
END_TEST

START_TEST(a_dialler_that_restarts_hears_nothing_of_its_dial)
{
    start(NULL);
    dial(A);
    world_restart(world, A, false, 0);
    run(WP_MS(10));
    expect("[  0.000000] a-b open 127.0.0.1:40000 to 127.0.0.2:4059\n"
           "[  0.000000] a fault restart killed 0\n"
           "[  0.000000] a-b close own\n"
           "[  0.000000] a note start  0\n");
}
END_TEST

START_TEST(the_end_closes_what_is_open)
{
    start_dialled(NULL);
    send(A, "last");
    world_end(world);
    expect("[  0.000000] a-b send last\n"
           "[  0.000000] c note stop  0\n"
           "[  0.000000] b note stop  0\n"
           "[  0.000000] a note stop  0\n"
           "[  0.001000] b-a open 127.0.0.2:4059 to 127.0.0.1:40000\n"
           "[  0.001000] b-a receipt last\n"
           "[  0.100000] a-b close own\n"
           "[  0.100000] b close own\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("virtual_udp");
    TCase *t = tcase_create("virtual_udp");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, a_dial_succeeds_at_once_and_the_first_datagram_opens_the_listener);
    tcase_add_test(t, each_peer_has_a_port_of_its_own);
    tcase_add_test(t, a_datagram_to_nobody_vanishes);
    tcase_add_test(t, a_peer_that_was_forgotten_opens_a_new_port);
    tcase_add_test(t, nobody_hears_of_a_hang_up);
    tcase_add_test(t, an_empty_datagram_is_one);
    tcase_add_test(t, a_datagram_has_a_largest_size);
    tcase_add_test(t, tcp_and_udp_share_an_address);
    tcase_add_test(t, the_peer_that_is_silent_for_longest_is_forgotten);
    tcase_add_test(t, a_dropped_datagram_is_all_that_is_lost);
    tcase_add_test(t, a_delayed_datagram_comes_after_those_behind_it);
    tcase_add_test(t, faults_strike_what_comes_back_too);
    tcase_add_test(t, a_cut_line_ends_no_datagram_port);
    tcase_add_test(t, what_is_held_back_goes_when_its_sender_hangs_up);
    tcase_add_test(t, a_line_of_its_own_delays_datagrams);
    tcase_add_test(t, a_listener_that_restarts_knows_nobody);
    tcase_add_test(t, a_dialler_that_restarts_hears_nothing_of_its_dial);
    tcase_add_test(t, the_end_closes_what_is_open);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
