/* Datagrams of the live world: real sockets between probes, and with strangers.          covers: live_socket */
#include "tests/live_fixture.h"

#include <arpa/inet.h>
#include <sys/resource.h>

#define METER 0x7F000201u /* 127.0.2.1 */
#define HUB   0x7F000101u /* 127.0.1.1 */

static const struct wp_endpoint listening[] = {{"in", WP_UDP, true, {HUB, 4059}},
                                               {"stream", WP_TCP, true, {HUB, 4059}}};
static const struct wp_endpoint dialling[] = {{"out", WP_UDP, false, {HUB, 4059}}};

static struct live_fixture f;

static void open_pair(const struct wp_link_setup *link)
{
    fixture_open(&f, (struct wp_world_setup){0});
    fixture_add(&f, "h0", HUB, listening, 2, NULL);
    fixture_add(&f, "m1", METER, dialling, 1, link);
    fixture_start(&f);
}

static void dial(wp_machine m)
{
    unsigned n = probes[m].opens + 1;

    act(&f, m, (struct wp_effect){.kind = WP_DIAL});
    ck_assert_uint_eq(probes[m].opens, n); /* at once */
}

static void send_slice(wp_machine m, struct wp_slice bytes)
{
    act(&f, m, (struct wp_effect){.kind = WP_SEND, .port = probes[m].port, .bytes = bytes});
}

static void send_text(wp_machine m, const char *text)
{
    send_slice(m, wp_text(text));
}

static void hang_up(wp_machine m)
{
    act(&f, m, (struct wp_effect){.kind = WP_HANG_UP, .port = probes[m].port});
}

static void strike(wp_machine m, struct wp_link_fault fault)
{
    if (!fault.direction)
        fault.direction = WP_LINK_BOTH;
    world_fault(f.world, m, &fault);
}

START_TEST(two_machines_exchange_datagrams)
{
    open_pair(NULL);
    probes[0].echo = true;
    dial(1);
    send_text(1, "ping");
    run_until(&f, &probes[1].bytes_events, 1);
    ck_assert_str_eq(probes[1].last, "ping");
    send_text(1, "");
    run_until(&f, &probes[1].bytes_events, 2);
    ck_assert_str_eq(probes[1].last, "");
    ck_assert_uint_eq(probes[0].opens, 1);
    ck_assert(log_has(&f, "m1-h0 send ping\nh0-m1 open 127.0.1.1:4059 to 127.0.2.1:"));
    ck_assert(log_has(&f, "h0-m1 receipt ping\nh0-m1 send ping\nm1-h0 receipt ping\n"));
    fixture_close(&f);
}
END_TEST

/* The transcript speaks of the scenario's addresses; TCP and UDP at one of them have the same real port. */
START_TEST(addresses_are_those_of_the_scenario)
{
    struct wp_addr hub = {HUB, 4059}, real;

    open_pair(NULL);
    dial(1);
    send_text(1, "x");
    run_until(&f, &probes[0].bytes_events, 1);
    ck_assert_uint_eq(probes[1].peer.ip, HUB);
    ck_assert_uint_eq(probes[1].peer.port, 4059);
    ck_assert_uint_eq(probes[1].own.ip, METER);
    ck_assert_uint_eq(probes[0].own.port, 4059);
    ck_assert_uint_eq(probes[0].peer.ip, METER);
    ck_assert_uint_eq(probes[0].peer.port, probes[1].own.port);
    real = world_real_addr(f.world, hub);
    ck_assert_uint_eq(real.ip, HUB);
    ck_assert_uint_ne(real.port, 4059);
    fixture_close(&f);
}
END_TEST

/* Neither the sender nor anything else of the world minds. */
START_TEST(a_datagram_to_nobody_vanishes)
{
    open_pair(NULL);
    act(&f, 1, (struct wp_effect){.kind = WP_DIAL, .dial.to = {0x7F000909, 9}});
    send_text(1, "one");
    run_for(&f, WP_MS(20));
    send_text(1, "two");
    run_for(&f, WP_MS(20));
    ck_assert_uint_eq(probes[1].closes, 0);
    ck_assert(log_has(&f, "m1 send one\nm1 send two\n"));
    fixture_close(&f);
}
END_TEST

START_TEST(a_sender_that_has_hung_up_is_still_known)
{
    open_pair(NULL);
    dial(1);
    send_text(1, "last");
    hang_up(1);
    run_until(&f, &probes[0].bytes_events, 1);
    ck_assert(log_has(&f, "h0-m1 receipt last\n"));
    send_text(0, "too late");
    run_for(&f, WP_MS(300)); /* until its socket is gone */
    ck_assert(log_has(&f, "h0 send too late\n"));
    ck_assert_uint_eq(probes[1].bytes_events, 0);
    ck_assert_int_eq(probes[1].reason, WP_CLOSE_OWN);
    ck_assert_uint_eq(probes[0].closes, 0);
    fixture_close(&f);
}
END_TEST

START_TEST(a_listener_that_restarts_knows_nobody)
{
    open_pair(NULL);
    dial(1);
    send_text(1, "one");
    run_until(&f, &probes[0].bytes_events, 1);
    world_restart(f.world, 0, false, WP_MS(30));
    send_text(1, "lost");
    run_until(&f, &probes[0].starts, 2);
    send_text(1, "two");
    run_until(&f, &probes[0].bytes_events, 2);
    ck_assert_str_eq(probes[0].last, "two");
    ck_assert_uint_eq(probes[0].opens, 2);
    ck_assert(log_has(&f, "m1 send lost\n"));
    fixture_close(&f);
}
END_TEST

START_TEST(the_longest_datagram_arrives_and_a_longer_one_is_told)
{
    uint8_t *bytes = calloc(1, WP_DATAGRAM_MAX + 1);

    open_pair(NULL);
    f.quiet = true;
    dial(1);
    send_slice(1, wp_slice(bytes, WP_DATAGRAM_MAX + 1));
    send_slice(1, wp_slice(bytes, WP_DATAGRAM_MAX));
    run_until(&f, &probes[0].bytes_events, 1);
    ck_assert_uint_eq(probes[0].bytes, WP_DATAGRAM_MAX);
    ck_assert_uint_eq(f.count[WP_REC_NOTE], 1);
    free(bytes);
    fixture_close(&f);
}
END_TEST

/* At one instant, before any is read. */
START_TEST(many_meters_push_at_once)
{
    enum { MANY = 300 };

    fixture_open(&f, (struct wp_world_setup){0});
    f.quiet = true;
    fixture_add(&f, "h0", HUB, listening, 2, NULL);
    for (unsigned i = 1; i <= MANY; i++) {
        char name[16];

        snprintf(name, sizeof name, "m%u", i);
        fixture_add(&f, name, METER + i, dialling, 1, NULL);
    }
    fixture_start(&f);
    for (wp_machine m = 1; m <= MANY; m++) {
        dial(m);
        send_text(m, "push");
    }
    run_until(&f, &probes[0].bytes_events, MANY);
    ck_assert_uint_eq(probes[0].opens, MANY);
    fixture_close(&f);
}
END_TEST

/* Each is another socket of the dialler's. The first of all has spoken last, so the second one is forgotten. */
START_TEST(the_peer_that_is_silent_for_longest_is_forgotten)
{
    enum { AT_ONCE = 128 };
    struct rlimit limit;
    wp_port first;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < WP_DATAGRAM_PEERS_MAX + 200) {
        puts("skipped: too few open files are allowed");
        return;
    }
    open_pair(NULL);
    f.quiet = true;
    dial(1);
    first = probes[1].port;
    send_text(1, "x");
    for (unsigned i = 1; i < WP_DATAGRAM_PEERS_MAX; i++) {
        dial(1);
        send_text(1, "x");
        if (i % AT_ONCE == 0)
            run_until(&f, &probes[0].bytes_events, i + 1);
    }
    run_until(&f, &probes[0].opens, WP_DATAGRAM_PEERS_MAX);
    act(&f, 1, (struct wp_effect){.kind = WP_SEND, .port = first, .bytes = wp_text("x")});
    dial(1);
    send_text(1, "x");
    run_until(&f, &probes[0].opens, WP_DATAGRAM_PEERS_MAX + 1);
    ck_assert_uint_eq(probes[0].closes, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_TIMEOUT);
    act(&f, 1, (struct wp_effect){.kind = WP_SEND, .port = first, .bytes = wp_text("still known")});
    run_until(&f, &probes[0].bytes_events, WP_DATAGRAM_PEERS_MAX + 3);
    ck_assert_uint_eq(probes[0].opens, WP_DATAGRAM_PEERS_MAX + 1);
    fixture_close(&f);
}
END_TEST

/* ---- faults ----------------------------------------------------------------------------------------- */

START_TEST(faults_strike_datagrams_one_by_one)
{
    open_pair(NULL);
    dial(1);
    strike(1, (struct wp_link_fault){.kind = WP_LINK_DROP, .times = 1});
    send_text(1, "lost");
    strike(1, (struct wp_link_fault){.kind = WP_LINK_DELAY, .times = 1, .duration = WP_MS(50)});
    send_text(1, "slow");
    strike(1, (struct wp_link_fault){.kind = WP_LINK_DUPLICATE, .times = 1});
    send_text(1, "twice");
    run_until(&f, &probes[0].bytes_events, 3);
    ck_assert_str_eq(probes[0].last, "slow");
    ck_assert(log_has(&f, "h0-m1 receipt twice\nh0-m1 receipt twice\nh0-m1 receipt slow\n"));
    strike(1, (struct wp_link_fault){.kind = WP_LINK_CUT});
    strike(1, (struct wp_link_fault){.kind = WP_LINK_CLOSE});
    send_text(1, "uncut");
    run_until(&f, &probes[0].bytes_events, 4);
    ck_assert_uint_eq(probes[1].closes, 0);
    fixture_close(&f);
}
END_TEST

/* What is on its way when its sender hangs up gets there, also what is held back. */
START_TEST(the_line_still_delivers_after_a_hang_up)
{
    static const struct wp_link_setup slow = {.latency = WP_MS(30)};

    open_pair(&slow);
    dial(1);
    send_text(1, "under way");
    strike(1, (struct wp_link_fault){.kind = WP_LINK_MERGE, .times = 1});
    send_text(1, "held");
    hang_up(1);
    run_until(&f, &probes[0].bytes_events, 2);
    ck_assert(log_has(&f, "h0-m1 receipt under way\nh0-m1 receipt held\n"));
    fixture_close(&f);
}
END_TEST

/* ---- strangers -------------------------------------------------------------------------------------- */

static int stranger(struct wp_addr *ret_at)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t n = sizeof a;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    *ret_at = (struct wp_addr){INADDR_LOOPBACK, ntohs(a.sin_port)};
    return fd;
}

static void stranger_sends(int fd, struct wp_addr to, const char *text)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(to.port)};

    a.sin_addr.s_addr = htonl(to.ip);
    ck_assert_int_eq(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&a, sizeof a),
                     (ssize_t)strlen(text));
}

/* Its datagrams are struck on the way in, ours to it on the way out. */
START_TEST(a_stranger_is_answered_over_our_line)
{
    char got[16] = "";
    struct wp_addr at;
    int fd = stranger(&at);

    open_pair(NULL);
    probes[0].echo = true;
    strike(0,
           (struct wp_link_fault){.kind = WP_LINK_CORRUPT, .at = 0, .mask = 0x20, .direction = WP_LINK_TO});
    stranger_sends(fd, world_real_addr(f.world, (struct wp_addr){HUB, 4059}), "hello");
    run_until(&f, &probes[0].bytes_events, 1);
    ck_assert_uint_eq(probes[0].peer.ip, at.ip);
    ck_assert_uint_eq(probes[0].peer.port, at.port);
    run_for(&f, WP_MS(20));
    ck_assert_int_eq(recv(fd, got, sizeof got - 1, 0), 5);
    ck_assert_str_eq(got, "Hello");
    ck_assert(log_has(&f, "h0 receipt Hello\nh0 send Hello\n"));
    close(fd);
    fixture_close(&f);
}
END_TEST

/* From anybody but its peer a dialled port hears nothing. */
START_TEST(a_dialled_port_hears_its_peer_alone)
{
    struct wp_addr at;
    int fd = stranger(&at);

    open_pair(NULL);
    dial(1);
    stranger_sends(fd, probes[1].own, "psst");
    run_for(&f, WP_MS(20));
    ck_assert_uint_eq(probes[1].bytes_events, 0);
    close(fd);
    fixture_close(&f);
}
END_TEST

/* The world's guest is known by name, and what reaches it is recorded as its own. Another of its UDP ports is where it
 * is documented to be. */
START_TEST(a_guest_exchanges_datagrams)
{
    static struct wp_world_guest guest;
    static struct wp_endpoint to_guest[] = {{"out", WP_UDP, false, {HUB, 5000}}};
    char got[16] = "";
    int fd;

    guest = (struct wp_world_guest){.name = "gateway", .scenario = {HUB, 5000}};
    fd = stranger(&guest.real);
    to_guest[0].addr.port = 5000;
    if (_i == 1) {
        to_guest[0].addr.port = guest.real.port;
        guest.real.port = 1;
    }
    if (_i == 2) { /* or at a port of its own, wherever ours think that it is */
        to_guest[0].addr.port = 5001;
        guest.datagrams = guest.real.port;
        guest.real.port = 1;
    }
    fixture_open(&f, (struct wp_world_setup){.guest = &guest});
    fixture_add(&f, "m0", 0, to_guest, 1, NULL);
    fixture_start(&f);
    dial(0);
    send_text(0, "push");
    run_for(&f, WP_MS(20));
    ck_assert_int_eq(recv(fd, got, sizeof got - 1, 0), 4);
    stranger_sends(fd, probes[0].own, "thanks");
    run_until(&f, &probes[0].bytes_events, 1);
    hang_up(0);
    ck_assert(log_has(&f, "gateway-m0 open 127.0.1.1:"));
    ck_assert(log_has(&f, "m0-gateway send push\ngateway-m0 receipt push\nm0-gateway receipt thanks\n"
                          "m0-gateway close own\ngateway-m0 close peer\n"));
    close(fd);
    fixture_close(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("live_udp");
    TCase *t = tcase_create("live_udp");
    SRunner *r;
    int failed;

    if (!has_mosquitto()) {
        puts("skipped: mosquitto is not installed");
        return 0;
    }
    tcase_set_timeout(t, 120);
    tcase_add_test(t, two_machines_exchange_datagrams);
    tcase_add_test(t, addresses_are_those_of_the_scenario);
    tcase_add_test(t, a_datagram_to_nobody_vanishes);
    tcase_add_test(t, a_sender_that_has_hung_up_is_still_known);
    tcase_add_test(t, a_listener_that_restarts_knows_nobody);
    tcase_add_test(t, the_longest_datagram_arrives_and_a_longer_one_is_told);
    tcase_add_test(t, many_meters_push_at_once);
    tcase_add_test(t, the_peer_that_is_silent_for_longest_is_forgotten);
    tcase_add_test(t, faults_strike_datagrams_one_by_one);
    tcase_add_test(t, the_line_still_delivers_after_a_hang_up);
    tcase_add_test(t, a_stranger_is_answered_over_our_line);
    tcase_add_test(t, a_dialled_port_hears_its_peer_alone);
    tcase_add_loop_test(t, a_guest_exchanges_datagrams, 0, 3);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
