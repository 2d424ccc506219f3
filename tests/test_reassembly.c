/* Segments to bytes: what is delivered, in which order, and what is called missing. covers: flows */
#include "harness/flows.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- one direction ---------------------------------------------------------------------------------- */

static struct {
    struct reassembly_out out; /* first */
    struct reassembly r;
    struct reassembly_budget budget;
    char log[4096];
    size_t n;
} f;

static void log_bytes(struct reassembly_out *out, struct wp_slice bytes)
{
    (void)out;
    f.n += (size_t)snprintf(f.log + f.n, sizeof f.log - f.n, "%s%.*s", f.n ? " " : "", WP_FMT(bytes));
}

static void log_gap(struct reassembly_out *out, uint64_t n)
{
    (void)out;
    f.n += (size_t)snprintf(f.log + f.n, sizeof f.log - f.n, "%sgap(%llu)", f.n ? " " : "",
                            (unsigned long long)n);
}

static void setup(void)
{
    memset(&f, 0, sizeof f);
    f.out = (struct reassembly_out){log_bytes, log_gap};
    f.budget = (struct reassembly_budget){.total = 1000, .per_stream = 100};
}

static void teardown(void)
{
    reassembly_drop(&f.r, &f.budget);
    ck_assert_uint_eq(f.budget.used, 0);
}

static void data(uint32_t seq, const char *text)
{
    reassembly_data(&f.r, &f.budget, seq, wp_text(text), &f.out);
}

static void ack(uint32_t seq)
{
    reassembly_ack(&f.r, &f.budget, seq, &f.out);
}

static void finish(void)
{
    reassembly_finish(&f.r, &f.budget, &f.out);
}

START_TEST(bytes_in_order_pass_at_once)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(103, "de");
    ck_assert_str_eq(f.log, "abc de");
}
END_TEST

START_TEST(a_retransmission_is_never_delivered_twice)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(100, "abc");
    data(101, "bc");
    ck_assert_str_eq(f.log, "abc");
    ck_assert_uint_eq(f.r.counts.retransmitted, 2);
}
END_TEST

START_TEST(only_the_new_part_of_an_overlap_is_delivered)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(102, "cde");
    ck_assert_str_eq(f.log, "abc de");
    ck_assert_uint_eq(f.r.counts.overlaps, 1);
}
END_TEST

START_TEST(what_comes_early_waits_for_what_comes_late)
{
    reassembly_syn(&f.r, 99);
    data(103, "d");
    data(106, "g");
    data(104, "ef");
    ck_assert_str_eq(f.log, "");
    data(100, "abc");
    ck_assert_str_eq(f.log, "abc d ef g");
    ck_assert_uint_eq(f.r.counts.reordered, 3);
    ck_assert_uint_eq(f.r.counts.gaps, 0);
}
END_TEST

/* A later segment covers several waiting ones: each byte once, those that came first. */
START_TEST(waiting_segments_do_not_overlap)
{
    reassembly_syn(&f.r, 99);
    data(102, "c");
    data(105, "f");
    data(101, "bCdefG");
    data(100, "a");
    ck_assert_str_eq(f.log, "a b c de f G");
    ck_assert_uint_eq(f.r.counts.conflicts, 1);
    data(102, "c");
    ck_assert_uint_eq(f.r.counts.retransmitted, 1);
}
END_TEST

START_TEST(an_acknowledged_hole_is_a_gap)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(108, "ij");
    ack(103);
    ck_assert_str_eq(f.log, "abc");
    ack(110);
    ck_assert_str_eq(f.log, "abc gap(5) ij");
    data(103, "defgh"); /* too late: it was called missing */
    ck_assert_str_eq(f.log, "abc gap(5) ij");
}
END_TEST

/* The acknowledgement may be captured before the segment that shows the hole. */
START_TEST(a_hole_that_was_acknowledged_before_is_a_gap_at_once)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    ack(108);
    data(103, "de"); /* merely captured late */
    data(108, "ij");
    ck_assert_str_eq(f.log, "abc de gap(3) ij");
}
END_TEST

START_TEST(the_end_tells_what_is_missing)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(105, "fg");
    reassembly_fin(&f.r, 109);
    ck_assert(!reassembly_is_complete(&f.r));
    finish();
    ck_assert_str_eq(f.log, "abc gap(2) fg gap(2)");
    ck_assert(reassembly_is_complete(&f.r));
}
END_TEST

START_TEST(what_was_acknowledged_and_never_seen_is_a_gap_at_the_end)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    ack(110);
    finish();
    ck_assert_str_eq(f.log, "abc gap(7)");
}
END_TEST

/* The acknowledgement of a FIN that was not captured counts one more than there are bytes. */
START_TEST(an_unseen_fin_is_no_gap)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    ack(104);
    finish();
    ck_assert_str_eq(f.log, "abc");
}
END_TEST

START_TEST(sequence_numbers_wrap_around)
{
    reassembly_syn(&f.r, UINT32_MAX - 3);
    data(UINT32_MAX - 2, "abc");
    data(3, "gh");
    data(0, "def");
    data(UINT32_MAX - 2, "abc");
    ck_assert_str_eq(f.log, "abc def gh");
    ck_assert_uint_eq(f.r.counts.retransmitted, 1);
    ck_assert_int_eq(f.r.offset, 8);
}
END_TEST

START_TEST(a_stream_may_begin_anywhere)
{
    data(5000, "abc");
    data(4990, "earlier");
    data(5003, "de");
    ck_assert_str_eq(f.log, "abc de");
}
END_TEST

/* A keep-alive repeats the last byte, or sends none. */
START_TEST(a_keep_alive_is_a_retransmission)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(102, "?");
    data(102, "");
    data(103, "d");
    ck_assert_str_eq(f.log, "abc d");
}
END_TEST

START_TEST(what_the_capture_cut_off_is_a_gap_at_once)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    reassembly_cut(&f.r, 103, 7, &f.out);
    data(110, "k");
    ck_assert_str_eq(f.log, "abc gap(7) k");
}
END_TEST

START_TEST(a_segment_far_off_is_none_of_this_connection)
{
    reassembly_syn(&f.r, 99);
    data(100, "abc");
    data(103 + 0x50000000u, "x");
    data(103, "d");
    ck_assert_str_eq(f.log, "abc d");
    ck_assert_uint_eq(f.r.counts.strays, 1);
}
END_TEST

/* When too much waits, the first hole is given up: named and counted, and nothing is lost that was captured. */
START_TEST(a_spent_budget_makes_the_first_hole_a_gap)
{
    f.budget.per_stream = 4;
    reassembly_syn(&f.r, 99);
    data(102, "cd");
    data(106, "gh");
    ck_assert_str_eq(f.log, "");
    data(110, "kl");
    ck_assert_str_eq(f.log, "gap(2) cd");
    data(104, "ef");
    ck_assert_str_eq(f.log, "gap(2) cd ef gh");
    data(120, "too long to wait");
    ck_assert_str_eq(f.log, "gap(2) cd ef gh gap(2) kl gap(8) too long to wait");
    ck_assert_uint_eq(f.r.counts.given_up, 3);
}
END_TEST

/* A segment before the first waiting one is not lost with the hole that it stands in. */
START_TEST(the_hole_given_up_is_the_one_before_the_segment)
{
    f.budget.per_stream = 4;
    reassembly_syn(&f.r, 99);
    data(110, "klm");
    data(104, "ef");
    ck_assert_str_eq(f.log, "gap(4) ef");
    finish();
    ck_assert_str_eq(f.log, "gap(4) ef gap(4) klm");
}
END_TEST

/* ---- any order gives the same bytes ------------------------------------------------------------------ */

static uint32_t random_state;

static uint32_t any(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

static uint8_t sent[400], got[400];
static size_t n_got;

static void keep_bytes(struct reassembly_out *out, struct wp_slice bytes)
{
    (void)out;
    ck_assert(n_got + bytes.n <= sizeof got);
    memcpy(got + n_got, bytes.p, bytes.n);
    n_got += bytes.n;
}

static void refuse_gap(struct reassembly_out *out, uint64_t n)
{
    (void)out;
    ck_abort_msg("a gap of %llu bytes although everything was sent", (unsigned long long)n);
}

/* Pieces of any size, sent in any order near their place and again, until all have been sent. */
static void send_shuffled(struct reassembly *r, struct reassembly_budget *budget, uint32_t seq,
                          struct reassembly_out *out)
{
    bool have[sizeof sent] = {0};
    size_t left = sizeof sent;

    while (left > 0) {
        size_t at = any(sizeof sent), n = 1 + any(60);

        n = at + n > sizeof sent ? sizeof sent - at : n;
        reassembly_data(r, budget, seq + (uint32_t)at, wp_slice(sent + at, n), out);
        for (size_t i = at; i < at + n; i++) {
            left -= !have[i];
            have[i] = true;
        }
    }
}

START_TEST(any_order_gives_the_same_bytes)
{
    struct reassembly_out out = {keep_bytes, refuse_gap};

    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)any(256);
    for (uint32_t seed = 1; seed <= 200; seed++) {
        struct reassembly r = {0};
        struct reassembly_budget budget = {.total = 1000, .per_stream = 1000};
        uint32_t seq = any(UINT32_MAX);

        random_state = seed;
        n_got = 0;
        reassembly_syn(&r, seq - 1);
        send_shuffled(&r, &budget, seq, &out);
        ck_assert_uint_eq(n_got, sizeof sent);
        ck_assert(memcmp(got, sent, sizeof sent) == 0);
        ck_assert_uint_eq(budget.used, 0);
        ck_assert_uint_eq(r.counts.conflicts, 0);
    }
}
END_TEST

/* ---- connections ------------------------------------------------------------------------------------ */

static struct {
    struct flows_out out; /* first */
    struct flows *flows;
    uint64_t number;
    char log[4096];
    size_t n;
} c;

static void note(const struct flow *flow, const char *what, struct wp_slice text)
{
    c.n += (size_t)snprintf(c.log + c.n, sizeof c.log - c.n, "%s%u:%s%.*s", c.n ? " " : "", flow->number,
                            what, WP_FMT(text));
}

static void on_open(struct flows_out *out, struct flow *flow, const struct moment *when)
{
    (void)out;
    (void)when;
    note(flow, flow->knows_client ? "open" : "midstream", wp_text(""));
}

static void on_bytes(struct flows_out *out, struct flow *flow, unsigned direction, struct wp_slice bytes,
                     const struct moment *when)
{
    (void)out;
    ck_assert_uint_eq(when->number, c.number);
    note(flow, direction == 0 ? ">" : "<", bytes);
}

static void on_gap(struct flows_out *out, struct flow *flow, unsigned direction, uint64_t n,
                   const struct moment *when)
{
    char text[32];

    (void)out;
    (void)direction;
    (void)when;
    snprintf(text, sizeof text, "(%llu)", (unsigned long long)n);
    note(flow, "gap", wp_text(text));
}

static void on_close(struct flows_out *out, struct flow *flow, const struct moment *when)
{
    (void)out;
    (void)when;
    note(flow, "close", wp_text(""));
}

static void setup_flows(void)
{
    struct flows_limits limits = {.flows = 3};

    memset(&c, 0, sizeof c);
    c.out = (struct flows_out){.open = on_open, .bytes = on_bytes, .gap = on_gap, .close = on_close};
    c.flows = flows_new(&limits, &c.out);
}

static void teardown_flows(void)
{
    const struct moment when = {0, c.number};

    flows_finish(c.flows, &when);
    flows_free(c.flows);
}

static struct packet_addr address(uint16_t port)
{
    return (struct packet_addr){.ip = {127, 0, 0, 1}, .port = port, .version = 4};
}

static void packet(uint16_t from, uint16_t to, uint8_t flags, uint32_t seq, uint32_t acked, const char *text)
{
    struct packet p = {
        .from = address(from),
        .to = address(to),
        .flags = flags,
        .seq = seq,
        .ack = acked,
        .payload = wp_text(text),
        .n_wire = strlen(text),
    };
    struct moment when = {0, ++c.number};

    flows_packet(c.flows, &p, FLOW_TCP, &when);
}

enum { SYN = PACKET_SYN, ACK = PACKET_ACK, FIN = PACKET_FIN, RST = PACKET_RST };

static void shake_hands(uint16_t client, uint32_t seq)
{
    packet(client, 80, SYN, seq, 0, "");
    packet(80, client, SYN | ACK, 500, seq + 1, "");
    packet(client, 80, ACK, seq + 1, 501, "");
}

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
    Suite *s = suite_create("reassembly");
    TCase *t = tcase_create("direction"), *u = tcase_create("flows");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, bytes_in_order_pass_at_once);
    tcase_add_test(t, a_retransmission_is_never_delivered_twice);
    tcase_add_test(t, only_the_new_part_of_an_overlap_is_delivered);
    tcase_add_test(t, what_comes_early_waits_for_what_comes_late);
    tcase_add_test(t, waiting_segments_do_not_overlap);
    tcase_add_test(t, an_acknowledged_hole_is_a_gap);
    tcase_add_test(t, a_hole_that_was_acknowledged_before_is_a_gap_at_once);
    tcase_add_test(t, the_end_tells_what_is_missing);
    tcase_add_test(t, what_was_acknowledged_and_never_seen_is_a_gap_at_the_end);
    tcase_add_test(t, an_unseen_fin_is_no_gap);
    tcase_add_test(t, sequence_numbers_wrap_around);
    tcase_add_test(t, a_stream_may_begin_anywhere);
    tcase_add_test(t, a_keep_alive_is_a_retransmission);
    tcase_add_test(t, what_the_capture_cut_off_is_a_gap_at_once);
    tcase_add_test(t, a_segment_far_off_is_none_of_this_connection);
    tcase_add_test(t, a_spent_budget_makes_the_first_hole_a_gap);
    tcase_add_test(t, the_hole_given_up_is_the_one_before_the_segment);
    tcase_add_test(t, any_order_gives_the_same_bytes);
    suite_add_tcase(s, t);
    tcase_add_checked_fixture(u, setup_flows, teardown_flows);
    tcase_add_test(u, a_connection_from_handshake_to_fin);
    tcase_add_test(u, each_segment_says_where_it_stands);
    tcase_add_test(u, the_server_may_be_seen_first);
    tcase_add_test(u, a_connection_may_be_under_way);
    tcase_add_test(u, ports_used_again_are_another_connection);
    tcase_add_test(u, a_reset_tells_what_is_missing);
    tcase_add_test(u, of_too_many_connections_the_quietest_ends);
    tcase_add_test(u, many_connections_at_once);
    tcase_add_test(u, the_end_of_the_capture_closes_in_the_order_of_numbers);
    tcase_add_test(u, datagrams_are_what_they_are);
    suite_add_tcase(s, u);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
