/* TCP of the live world: real sockets between probes, and with strangers.        covers: live_conn live_listen live_wire live_fault */
#include "tests/live_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>

#define METER 0x7F000201u /* 127.0.2.1 */
#define HUB   0x7F000101u /* 127.0.1.1 */

static const struct wp_endpoint listening[] = {{"in", WP_TCP, true, {HUB, 8899}}};
static const struct wp_endpoint dialling[] = {{"out", WP_TCP, false, {HUB, 8899}}};

static struct live_fixture f;

static void open_pair(const struct wp_link_setup *link)
{
    fixture_open(&f, (struct wp_world_setup){0});
    fixture_add(&f, "h0", HUB, listening, 1, NULL);
    fixture_add(&f, "m1", METER, dialling, 1, link);
    fixture_start(&f);
}

static void dial(wp_machine m)
{
    unsigned n = probes[m].opens + 1;

    act(&f, m, (struct wp_effect){.kind = WP_DIAL});
    run_until(&f, &probes[m].opens, n);
}

static void send_text(wp_machine m, const char *text)
{
    act(&f, m, (struct wp_effect){.kind = WP_SEND, .port = probes[m].port, .bytes = wp_text(text)});
}

static void hang_up(wp_machine m, bool abort)
{
    act(&f, m, (struct wp_effect){.kind = WP_HANG_UP, .port = probes[m].port, .abort = abort});
}

START_TEST(two_machines_talk_and_part)
{
    open_pair(NULL);
    probes[0].echo = true;
    dial(1);
    run_until(&f, &probes[0].opens, 1);
    send_text(1, "ping");
    run_until(&f, &probes[1].bytes_events, 1);
    ck_assert_str_eq(probes[1].last, "ping");
    hang_up(1, false);
    run_until(&f, &probes[0].closes, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_PEER);
    run_until(&f, &probes[1].closes, 1);
    ck_assert_int_eq(probes[1].reason, WP_CLOSE_OWN);
    ck_assert(log_has(&f, "m1-h0 send ping\nh0-m1 receipt ping\nh0-m1 send ping\nm1-h0 receipt ping\n"
                          "m1-h0 close own\nh0-m1 close peer\n"));
    fixture_close(&f);
}
END_TEST

/* The transcript speaks of the scenario's addresses, whatever ports the system gave. */
START_TEST(addresses_are_those_of_the_scenario)
{
    struct wp_addr hub = {HUB, 8899}, real;

    open_pair(NULL);
    dial(1);
    run_until(&f, &probes[0].opens, 1);
    ck_assert_uint_eq(probes[1].peer.ip, HUB);
    ck_assert_uint_eq(probes[1].peer.port, 8899);
    ck_assert_uint_eq(probes[0].own.port, 8899);
    ck_assert_uint_eq(probes[0].peer.ip, METER);
    ck_assert_uint_eq(probes[0].peer.port, probes[1].own.port);
    real = world_real_addr(f.world, hub);
    ck_assert_uint_eq(real.ip, HUB);
    ck_assert_uint_ne(real.port, 8899);
    fixture_close(&f);
}
END_TEST

START_TEST(a_dial_to_nobody_is_refused)
{
    open_pair(NULL);
    world_restart(f.world, 0, false, WP_MS(50));
    act(&f, 1, (struct wp_effect){.kind = WP_DIAL});
    run_until(&f, &probes[1].closes, 1);
    ck_assert_int_eq(probes[1].reason, WP_CLOSE_REFUSED);
    run_until(&f, &probes[0].starts, 2);
    dial(1); /* under the same address again */
    fixture_close(&f);
}
END_TEST

START_TEST(an_abort_resets)
{
    open_pair(NULL);
    dial(1);
    run_until(&f, &probes[0].opens, 1);
    hang_up(1, true);
    run_until(&f, &probes[0].closes, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_RESET);
    fixture_close(&f);
}
END_TEST

/* What was sent before the goodbye arrives, however much it is. */
START_TEST(a_mebibyte_arrives_before_the_goodbye)
{
    enum { SIZE = 1 << 20 };
    uint8_t *bytes = calloc(1, SIZE);

    open_pair(NULL);
    f.quiet = true;
    dial(1);
    act(&f, 1, (struct wp_effect){.kind = WP_SEND, .port = probes[1].port, .bytes = wp_slice(bytes, SIZE)});
    hang_up(1, false);
    run_until(&f, &probes[0].closes, 1);
    ck_assert_uint_eq(probes[0].bytes, SIZE);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_PEER);
    free(bytes);
    fixture_close(&f);
}
END_TEST

START_TEST(a_thousand_connections_stand)
{
    enum { MANY = 1000 };

    fixture_open(&f, (struct wp_world_setup){0});
    f.quiet = true;
    fixture_add(&f, "h0", HUB, listening, 1, NULL);
    for (unsigned i = 1; i <= MANY; i++) {
        char name[16];

        snprintf(name, sizeof name, "m%u", i);
        fixture_add(&f, name, METER + i, dialling, 1, NULL);
    }
    fixture_start(&f);
    for (wp_machine m = 1; m <= MANY; m++)
        act(&f, m, (struct wp_effect){.kind = WP_DIAL});
    run_until(&f, &probes[0].opens, MANY);
    ck_assert_uint_eq(f.count[WP_REC_OPEN], 2 * MANY);
    for (wp_machine m = 1; m <= MANY; m++)
        send_text(m, "x");
    run_until(&f, &probes[0].bytes_events, MANY);
    for (wp_machine m = 1; m <= MANY; m++)
        hang_up(m, false);
    run_until(&f, &probes[0].closes, MANY);
    fixture_close(&f);
}
END_TEST

START_TEST(a_link_delays_and_cuts_up)
{
    const struct wp_link_setup link = {.latency = WP_MS(30), .split = 3};
    wp_us sent;

    open_pair(&link);
    dial(1);
    run_until(&f, &probes[0].opens, 1);
    sent = world_now(f.world);
    send_text(1, "abcdefgh");
    run_until(&f, &probes[0].bytes_events, 1);
    ck_assert_int_ge(world_now(f.world) - sent, WP_MS(30));
    while (probes[0].bytes < 8)
        run_for(&f, WP_MS(1));
    hang_up(1, false);
    run_until(&f, &probes[0].closes, 1);
    fixture_close(&f);
}
END_TEST

START_TEST(faults_strike_between_effect_and_wire)
{
    const struct wp_link_fault drop = {
        .kind = WP_LINK_DROP, .direction = WP_LINK_FROM, .times = 1, .at = 1, .n = 2};
    const struct wp_link_fault flip = {
        .kind = WP_LINK_CORRUPT, .direction = WP_LINK_TO, .times = 1, .at = 0, .mask = 0x20};

    open_pair(NULL);
    probes[0].echo = true;
    dial(1);
    run_until(&f, &probes[0].opens, 1);
    world_fault(f.world, 1, &drop);
    world_fault(f.world, 1, &flip);
    send_text(1, "ABCD");
    run_until(&f, &probes[1].bytes_events, 1);
    ck_assert(log_has(&f, "m1-h0 send ABCD\n"));
    ck_assert(log_has(&f, "h0-m1 receipt AD\nh0-m1 send AD\n"));
    ck_assert_str_eq(probes[1].last, "aD");
    fixture_close(&f);
}
END_TEST

START_TEST(a_cut_resets_both_sides)
{
    const struct wp_link_fault cut = {.kind = WP_LINK_CUT, .direction = WP_LINK_BOTH, .times = 1};
    const struct wp_link_fault late = {.kind = WP_LINK_CUT, .direction = WP_LINK_FROM, .times = 1, .n = 2};

    open_pair(NULL);
    dial(1);
    run_until(&f, &probes[0].opens, 1);
    world_fault(f.world, 1, &cut);
    run_until(&f, &probes[0].closes, 1);
    run_until(&f, &probes[1].closes, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_RESET);
    ck_assert_int_eq(probes[1].reason, WP_CLOSE_RESET);
    dial(1);
    run_until(&f, &probes[0].opens, 2);
    world_fault(f.world, 1, &late);
    send_text(1, "ABCD");
    run_until(&f, &probes[0].closes, 2);
    run_until(&f, &probes[1].closes, 2);
    ck_assert_int_eq(probes[1].reason, WP_CLOSE_RESET);
    fixture_close(&f);
}
END_TEST

/* ---- with a stranger ------------------------------------------------------------------------------- */

static int connect_stranger(void)
{
    struct wp_addr real = world_real_addr(f.world, (struct wp_addr){HUB, 8899});
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(real.port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(real.ip);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

START_TEST(a_stranger_is_heard_through_the_link)
{
    const struct wp_link_setup link = {.latency = WP_MS(20)};
    const struct wp_link_fault drop = {
        .kind = WP_LINK_DROP, .direction = WP_LINK_TO, .times = 1, .at = 0, .n = 1};
    char reply[8] = "";
    int fd;

    fixture_open(&f, (struct wp_world_setup){0});
    fixture_add(&f, "h0", HUB, listening, 1, &link);
    fixture_start(&f);
    probes[0].echo = true;
    fd = connect_stranger();
    run_until(&f, &probes[0].opens, 1);
    world_fault(f.world, 0, &drop);
    ck_assert_int_eq(write(fd, "xyz", 3), 3);
    run_until(&f, &probes[0].bytes_events, 1);
    ck_assert_str_eq(probes[0].last, "yz");
    run_for(&f, WP_MS(30));
    ck_assert_int_eq(read(fd, reply, sizeof reply), 2);
    close(fd);
    run_until(&f, &probes[0].closes, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_PEER);
    ck_assert(log_has(&f, "h0 receipt yz"));
    fixture_close(&f);
}
END_TEST

/* Nobody reads: the machine's bytes pile up to a bound, then the connection is cut, with a note. */
START_TEST(a_peer_that_never_reads_is_cut_off)
{
    enum { PIECE = 1 << 20 };
    uint8_t *bytes = calloc(1, PIECE);
    int fd;

    fixture_open(&f, (struct wp_world_setup){0});
    fixture_add(&f, "h0", HUB, listening, 1, NULL);
    fixture_start(&f);
    fd = connect_stranger();
    run_until(&f, &probes[0].opens, 1);
    f.quiet = true;
    for (int i = 0; i < 40 && probes[0].closes == 0; i++) {
        act(&f, 0,
            (struct wp_effect){.kind = WP_SEND, .port = probes[0].port, .bytes = wp_slice(bytes, PIECE)});
        run_for(&f, WP_MS(1));
    }
    ck_assert_uint_eq(probes[0].closes, 1);
    ck_assert_int_eq(probes[0].reason, WP_CLOSE_RESET);
    ck_assert_uint_eq(f.count[WP_REC_NOTE], 1);
    close(fd);
    free(bytes);
    fixture_close(&f);
}
END_TEST

/* ---- with the world's guest ------------------------------------------------------------------------- */

/* A gateway of somebody else's, where a machine of ours finds it by the scenario's address. */
START_TEST(what_a_guest_shares_with_ours_is_recorded_in_its_name)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct wp_world_guest guest = {.name = "gw", .scenario = {HUB, 8899}};
    int listener = socket(AF_INET, SOCK_STREAM, 0), fd;
    socklen_t n = sizeof a;
    char got[5] = "";

    ck_assert(bind(listener, (struct sockaddr *)&a, sizeof a) == 0 && listen(listener, 1) == 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&a, &n), 0);
    guest.real = (struct wp_addr){INADDR_LOOPBACK, ntohs(a.sin_port)};
    fixture_open(&f, (struct wp_world_setup){.guest = &guest});
    fixture_add(&f, "m0", METER, dialling, 1, NULL);
    fixture_start(&f);
    dial(0);
    fd = accept(listener, NULL, NULL);
    ck_assert_uint_eq(probes[0].peer.ip, HUB);
    send_text(0, "ping");
    ck_assert_int_eq(recv(fd, got, 4, MSG_WAITALL), 4);
    ck_assert_str_eq(got, "ping");
    ck_assert_int_eq(write(fd, "pong", 4), 4);
    run_until(&f, &probes[0].bytes_events, 1);
    close(fd);
    run_until(&f, &probes[0].closes, 1);
    ck_assert(log_has(
        &f, "m0-gw send ping\ngw-m0 receipt ping\nm0-gw receipt pong\nm0-gw close peer\ngw-m0 close own\n"));
    fixture_close(&f);
    close(listener);
}
END_TEST

/* It dials a listener of ours at the place where it looks for us. */
START_TEST(a_guest_that_dials_finds_us_where_it_looks)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct wp_world_guest guest = {.name = "meter", .scenario = {HUB, 8899}, .dials = true};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t n = sizeof a;

    ck_assert(bind(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
              getsockname(fd, (struct sockaddr *)&a, &n) == 0);
    close(fd);
    guest.real = (struct wp_addr){INADDR_LOOPBACK, ntohs(a.sin_port)};
    fixture_open(&f, (struct wp_world_setup){.guest = &guest});
    fixture_add(&f, "h0", HUB, listening, 1, NULL);
    fixture_start(&f);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    run_until(&f, &probes[0].opens, 1);
    ck_assert_int_eq(write(fd, "ping", 4), 4);
    run_until(&f, &probes[0].bytes_events, 1);
    ck_assert(log_has(&f, "h0-meter receipt ping\n"));
    close(fd);
    run_until(&f, &probes[0].closes, 1);
    ck_assert(log_has(&f, "h0-meter close peer\nmeter-h0 close own\n"));
    fixture_close(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("live_tcp");
    TCase *t = tcase_create("live_tcp");
    SRunner *r;
    int failed;

    if (!has_mosquitto()) {
        puts("skipped: mosquitto is not installed");
        return 0;
    }
    tcase_set_timeout(t, 30);
    tcase_add_test(t, two_machines_talk_and_part);
    tcase_add_test(t, addresses_are_those_of_the_scenario);
    tcase_add_test(t, a_dial_to_nobody_is_refused);
    tcase_add_test(t, an_abort_resets);
    tcase_add_test(t, a_mebibyte_arrives_before_the_goodbye);
    tcase_add_test(t, a_thousand_connections_stand);
    tcase_add_test(t, a_link_delays_and_cuts_up);
    tcase_add_test(t, faults_strike_between_effect_and_wire);
    tcase_add_test(t, a_cut_resets_both_sides);
    tcase_add_test(t, a_stranger_is_heard_through_the_link);
    tcase_add_test(t, a_peer_that_never_reads_is_cut_off);
    tcase_add_test(t, what_a_guest_shares_with_ours_is_recorded_in_its_name);
    tcase_add_test(t, a_guest_that_dials_finds_us_where_it_looks);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
