/* Packets to connections: where they begin and end, whose segments are whose, and how many are kept. */
#include "tests/flows_rig.h"

static unsigned n_counted, n_checked;

static void count_flow(struct flows_out *out, struct flow *flow, const struct moment *when)
{
    (void)out;
    (void)flow;
    (void)when;
    n_counted++;
}

static void check_flow(struct flows_out *out, struct flow *flow, unsigned direction, struct wp_slice bytes,
                       const struct moment *when)
{
    (void)out;
    (void)when;
    ck_assert_uint_eq(flow->number, flow->addr[0].port);
    ck_assert(wp_slice_is(bytes, direction == 0 ? "a" : "b"));
    n_checked++;
}

START_TEST(a_connection_from_handshake_to_fin)
{
    shake_hands(1000, 100);
    packet(1000, 80, ACK, 101, 501, "ask");
    packet(80, 1000, ACK, 501, 104, "answer");
    packet(1000, 80, FIN | ACK, 104, 507, "");
    packet(80, 1000, FIN | ACK, 507, 105, "bye");
    packet(1000, 80, ACK, 105, 511, "");
    packet(80, 1000, FIN | ACK, 507, 105, "bye"); /* sent again: over is over */
    ck_assert_str_eq(c.log, "1:open 1:>ask 1:<answer 1:<bye 1:close");
    ck_assert_uint_eq(flows_counted(c.flows).late, 1);
}
END_TEST

static void on_segment(struct flows_out *out, struct flow *flow, unsigned direction, int64_t at,
                       const struct packet *p, const struct moment *when)
{
    char place[32];

    (void)out;
    ck_assert_uint_eq(direction, 0);
    ck_assert_uint_eq(when->number, c.number);
    snprintf(place, sizeof place, "at%lld:", (long long)at);
    note(flow, place, p->payload);
}

/* Who changes packets needs every copy of a byte: out of order, sent again, from before the capture began. */
START_TEST(each_segment_says_where_it_stands)
{
    c.out.segment = on_segment;
    packet(1000, 80, ACK, 100, 500, "ab");
    packet(1000, 80, ACK, 104, 500, "ef");
    packet(1000, 80, ACK, 100, 500, "abcd");
    packet(1000, 80, ACK, 98, 500, "yzab");
    packet(1000, 80, FIN | ACK, 106, 500, "");
    ck_assert_str_eq(c.log, "1:midstream 1:at0:ab 1:>ab 1:at4:ef 1:at0:abcd 1:>cd 1:>ef 1:at-2:yzab 1:at6:");
}
END_TEST

START_TEST(the_server_may_be_seen_first)
{
    packet(80, 1000, SYN | ACK, 500, 101, "");
    packet(80, 1000, ACK, 501, 101, "banner");
    packet(1000, 80, ACK, 101, 507, "thanks");
    ck_assert_str_eq(c.log, "1:open 1:<banner 1:>thanks");
}
END_TEST

START_TEST(a_connection_may_be_under_way)
{
    packet(80, 1000, ACK, 7000, 300, "middle");
    packet(1000, 80, ACK, 300, 7006, "of it");
    packet(80, 1000, RST | ACK, 7006, 305, "");
    ck_assert_str_eq(c.log, "1:midstream 1:>middle 1:<of it 1:close");
}
END_TEST

START_TEST(ports_used_again_are_another_connection)
{
    shake_hands(1000, 100);
    packet(1000, 80, SYN, 100, 0, ""); /* the same SYN again */
    packet(1000, 80, ACK, 101, 501, "one");
    packet(1000, 80, SYN, 90000, 0, "");
    packet(1000, 80, ACK, 90001, 0, "two");
    ck_assert_str_eq(c.log, "1:open 1:>one 1:close 2:open 2:>two");
}
END_TEST

START_TEST(a_reset_tells_what_is_missing)
{
    shake_hands(1000, 100);
    packet(1000, 80, ACK, 105, 501, "late");
    packet(80, 1000, RST, 501, 0, "");
    ck_assert_str_eq(c.log, "1:open 1:gap(4) 1:>late 1:close");
}
END_TEST

/* One side alone: nobody acknowledges what the capture lacks. */
START_TEST(a_hole_is_given_up_after_a_minute)
{
    c.now_ns = 1000;
    packet(1000, 80, ACK, 100, 1, "ab");
    packet(1000, 80, ACK, 104, 1, "ef");
    c.now_ns += INT64_C(60000000000);
    packet(1000, 80, ACK, 106, 1, "gh");
    ck_assert_str_eq(c.log, "1:midstream 1:>ab");
    c.now_ns += 1;
    packet(1000, 80, ACK, 108, 1, "ij");
    ck_assert_str_eq(c.log, "1:midstream 1:>ab 1:gap(2) 1:>ef 1:>gh 1:>ij");
    packet(1000, 80, ACK, 112, 1, "mn"); /* another hole has a minute of its own */
    c.now_ns += INT64_C(60000000000);
    packet(1000, 80, ACK, 110, 1, "kl");
    ck_assert_str_eq(c.log, "1:midstream 1:>ab 1:gap(2) 1:>ef 1:>gh 1:>ij 1:>kl 1:>mn");
}
END_TEST

START_TEST(of_too_many_connections_the_quietest_ends)
{
    shake_hands(1000, 100);
    shake_hands(1001, 100);
    shake_hands(1002, 100);
    packet(1000, 80, ACK, 101, 501, "a");
    shake_hands(1003, 100);
    ck_assert_str_eq(c.log, "1:open 2:open 3:open 1:>a 2:close 4:open");
    ck_assert_uint_eq(flows_counted(c.flows).evicted, 1);
}
END_TEST

/* Thousands at once: each packet still finds its connection. */
START_TEST(many_connections_at_once)
{
    struct flows_limits limits = {.flows = 5000};
    const struct moment when = {0, 0};

    flows_finish(c.flows, &when);
    flows_free(c.flows);
    c.out.open = c.out.close = count_flow;
    c.out.bytes = check_flow;
    c.flows = flows_new(&limits, &c.out);
    for (uint16_t port = 1; port <= 4000; port++)
        packet(port, 8899, ACK, 100, 1, "a");
    for (uint16_t port = 4000; port >= 1; port--)
        packet(8899, port, ACK, 1, 101, "b");
    ck_assert_uint_eq(n_counted, 4000);
    ck_assert_uint_eq(n_checked, 8000);
    ck_assert_uint_eq(flows_counted(c.flows).made[FLOW_TCP], 4000);
}
END_TEST

START_TEST(the_end_of_the_capture_closes_in_the_order_of_numbers)
{
    const struct moment when = {0, 0};

    shake_hands(1001, 100);
    shake_hands(1000, 100);
    packet(1001, 80, ACK, 101, 501, "x");
    flows_finish(c.flows, &when);
    ck_assert_str_eq(c.log, "1:open 2:open 1:>x 1:close 2:close");
}
END_TEST

START_TEST(datagrams_are_what_they_are)
{
    struct packet p = {.from = address(5000), .to = address(4059), .payload = wp_text("da"), .n_wire = 8};
    struct moment when = {0, ++c.number};

    flows_packet(c.flows, &p, FLOW_UDP, &when);
    ck_assert_str_eq(c.log, "1:midstream 1:>da 1:gap(6)");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("flows");
    TCase *t = tcase_create("flows");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup_flows, teardown_flows);
    tcase_add_test(t, a_connection_from_handshake_to_fin);
    tcase_add_test(t, each_segment_says_where_it_stands);
    tcase_add_test(t, the_server_may_be_seen_first);
    tcase_add_test(t, a_connection_may_be_under_way);
    tcase_add_test(t, ports_used_again_are_another_connection);
    tcase_add_test(t, a_reset_tells_what_is_missing);
    tcase_add_test(t, a_hole_is_given_up_after_a_minute);
    tcase_add_test(t, of_too_many_connections_the_quietest_ends);
    tcase_add_test(t, many_connections_at_once);
    tcase_add_test(t, the_end_of_the_capture_closes_in_the_order_of_numbers);
    tcase_add_test(t, datagrams_are_what_they_are);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
