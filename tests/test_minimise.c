/* Captures made small: what must stay stays, what is left is whole.       covers: minimise, capture_cut, ddmin */
#include "harness/home.h"
#include "harness/minimise.h"
#include "sim/codec/mqtt.h"
#include "tests/replay_rig.h"

static char out_path[160], said[2048], why[2048];
static struct minimise_counts counts;

static enum minimise_end minimise_with(const char *in, struct minimise_setup more)
{
    struct wp_writer w = wp_writer(why, sizeof why);
    enum minimise_end end;

    snprintf(out_path, sizeof out_path, "%s/small", dir);
    more.in = in;
    more.out = out_path;
    memset(said, 0, sizeof said);
    more.said = fmemopen(said, sizeof said - 1, "w");
    end = minimise(&more, &counts, &w);
    fclose(more.said);
    wp_put_end(&w);
    return end;
}

/* Afterwards `text` and `sum` are of the small one. */
static void minimise_it(struct minimise_setup more)
{
    enum replay_end before, after;

    if (file)
        end_capture();
    before = replay((struct replay_file){.path = path});
    ck_assert_msg(minimise_with(path, more) == MINIMISE_DONE, "%s", why);
    after = replay((struct replay_file){.path = out_path});
    ck_assert_int_eq(before, after);
    ck_assert_uint_eq(sum.packets, counts.packets[1]);
    ck_assert_uint_eq(sum.n_frames, counts.frames[1]);
}

/* With the contracts, as the command does it. */
static void replay_judged(const char *in)
{
    struct judge_contracts *contracts = judge_contracts_new(home_dir());

    replay((struct replay_file){.path = in, .contracts = contracts});
    judge_contracts_free(contracts);
}

static struct pcap_tcp connection(uint16_t port)
{
    struct pcap_tcp t = pcap_tcp(file, 0, PCAPNG_RAW_IP, (struct wp_addr){0x7F000301, port}, gateway);

    pcap_tcp_open(&t, now_ns, NULL);
    return t;
}

static void exchanges(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        ask(METER, VOLTAGE);
        tell(METER, VOLTAGE);
    }
}

START_TEST(one_unanswered_question_of_many)
{
    struct pcap_tcp other = connection(50000);

    exchanges(20);
    ask(METER, CURRENT);
    exchanges(20);
    pcap_tcp_send(&other, 0, now_ns, wp_text("GET / HTTP/1.1"), NULL);
    hang_up();
    minimise_it((struct minimise_setup){0});
    ck_assert_uint_eq(sum.packets, 1);
    ck_assert_uint_eq(sum.n_frames, 1);
    ck_assert_uint_eq(sum.unanswered, 1);
    ck_assert_uint_eq(sum.gaps, 0);
    ck_assert_ptr_nonnull(strstr(said, "from 174 to 1 packets, 1 to 1 connections of ours, 81 to 1 frames"));
    ck_assert_ptr_nonnull(strstr(said, "the verdict is the same ("));
}
END_TEST

/* A question that is answered must not lose its answer, or it would be one more finding of a kind that was not there. */
/* The wrapper is good, the APDU in it ends too early. */
START_TEST(what_a_good_frame_carries_is_a_finding_that_stays)
{
    static const uint8_t good[] = {0, 1, 0, 1, 0, 1, 0, 7, 0xC4, 0x01, 0xC1, 0x00, 0x12, 0x08, 0xFE};
    static const uint8_t bad[] = {0, 1, 0, 1, 0, 1, 0, 6, 0xC4, 0x01, 0xC1, 0x00, 0x12, 0x08};

    for (int i = 0; i < 5; i++) {
        send_bytes(0, wp_slice(good, sizeof good));
        send_bytes(0, wp_slice(bad, i == 2 ? sizeof bad : 0));
    }
    minimise_it((struct minimise_setup){.keep = "wrapper refused truncated"});
    ck_assert_uint_eq(sum.n_frames, 2); /* a good one beside it tells whose the connection is */
    ck_assert_str_eq(lines_with("content refused"), "content refused in 1 frames: truncated 1\n");
}
END_TEST

START_TEST(no_new_kind_of_finding_appears)
{
    uint8_t bad[] = {0x68, 0x34, 0x12, 0, 0, 0, 0, 0x68, 0x11, 0, 0x00, 0x16};

    exchanges(5);
    send_bytes(0, wp_slice(bad, sizeof bad));
    exchanges(5);
    minimise_it((struct minimise_setup){0});
    ck_assert_uint_eq(sum.bad, 1);
    ck_assert_uint_eq(sum.unanswered, 0);
    ck_assert_uint_eq(sum.gaps, 0);
    ck_assert_uint_le(sum.n_frames, 1);
    ck_assert_ptr_nonnull(strstr(text, "bad checksum"));
}
END_TEST

/* A dongle's stream is cut by its frame lengths alone: of all that stands before and behind, what shows the wrong checksum
 * is little. */
START_TEST(a_wrong_checksum_in_a_dongles_stream)
{
    enum minimise_end end = minimise_with("captures/lxp/cloud.pcap", (struct minimise_setup){0});

    ck_assert_msg(end == MINIMISE_DONE, "%s", why);
    ck_assert_int_eq(replay((struct replay_file){.path = out_path}), REPLAY_FINDINGS);
    ck_assert_uint_le(sum.n_frames, 2);
    ck_assert_uint_eq(sum.ours, 1);
    ck_assert_ptr_nonnull(strstr(text, "lxp bad checksum at=115 bytes=117"));
    ck_assert_ptr_nonnull(strstr(text, "lxp bad no-start"));
    ck_assert_ptr_nonnull(strstr(said, "the verdict is the same ("));
}
END_TEST

START_TEST(of_several_findings_those_that_are_asked_for)
{
    uint8_t bad[] = {0x68, 0x34, 0x12, 0, 0, 0, 0, 0x68, 0x11, 0, 0x00, 0x16};

    exchanges(5);
    send_bytes(0, wp_slice(bad, sizeof bad));
    ask(METER, CURRENT);
    minimise_it((struct minimise_setup){.keep = "unanswered"});
    ck_assert_uint_eq(sum.bad, 0);
    ck_assert_uint_eq(sum.unanswered, 1);
    minimise_it((struct minimise_setup){0});
    ck_assert_uint_eq(sum.bad, 1);
    ck_assert_uint_eq(sum.unanswered, 1);
    ck_assert_int_eq(minimise_with(path, (struct minimise_setup){.keep = "timeout"}), MINIMISE_NOTHING);
    ck_assert_str_eq(why, "no finding of that name; there is 'dlt645 bad checksum', 'dlt645 unanswered'");
}
END_TEST

/* Frames in the middle of segments are cut out of them; what follows moves up. */
START_TEST(frames_leave_their_segments)
{
    uint8_t memory[4 * DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct dlt645_frame frame;

    dlt645_ask_read(&frame, METER, VOLTAGE);
    dlt645_encode(&w, &frame);
    for (int i = 0; i < 7; i++)
        wp_put_u8(&w, 0x11); /* garbage between two questions */
    dlt645_ask_read(&frame, METER, CURRENT);
    dlt645_encode(&w, &frame);
    send_bytes(1, wp_written(&w));
    tell(METER, VOLTAGE);
    tell(METER, CURRENT);
    minimise_it((struct minimise_setup){.keep = "bad"});
    ck_assert_uint_eq(sum.bad_bytes, 7);
    ck_assert_uint_eq(sum.n_frames, 1); /* without any the stream would be nobody's */
    ck_assert_uint_le(sum.packets, 2);
    ck_assert_uint_eq(sum.gaps + sum.unanswered, 0);
}
END_TEST

/* A gap is what matters: its place in the sequence numbers stays, whatever goes before it. */
START_TEST(a_gap_stays_a_gap)
{
    exchanges(6);
    tcp.seq[0] += 100;
    exchanges(6);
    minimise_it((struct minimise_setup){0});
    ck_assert_uint_eq(sum.gaps, 1);
    ck_assert_uint_eq(sum.gap_bytes, 100);
    ck_assert_uint_le(sum.packets, 3);
}
END_TEST

START_TEST(copies_go_together)
{
    exchanges(3);
    ask(METER, CURRENT);
    pcap_tcp_segment(&tcp, 1, now_ns, PACKET_ACK, tcp.seq[1] - 16, tcp.seq[0], wp_text(""), NULL);
    tell(METER, VOLTAGE);
    minimise_it((struct minimise_setup){0});
    ck_assert_uint_eq(sum.gaps, 0);
    ck_assert_uint_eq(sum.unanswered, 1);
    ck_assert_uint_eq(sum.n_frames, 1);
}
END_TEST

START_TEST(values_become_zero)
{
    uint8_t bad[] = {0x68, 0x34, 0x12, 0, 0, 0, 0, 0x68, 0x11, 0, 0x00, 0x16};

    tell(METER, VOLTAGE);
    send_bytes(0, wp_slice(bad, sizeof bad));
    minimise_it((struct minimise_setup){0});
    ck_assert_uint_eq(counts.values, 1);
    ck_assert_ptr_nonnull(strstr(text, "value=0.0 "));
}
END_TEST

static void publish(const char *topic, const char *payload)
{
    uint8_t memory[1024];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct mqtt_frame f = {
        .type = MQTT_PUBLISH, .version = MQTT_V311, .topic = wp_text(topic), .payload = wp_text(payload)};

    mqtt_encode(&w, &f);
    ck_assert(!w.full);
    send_bytes(0, wp_written(&w));
}

/* Members and values leave JSON as blanks, so that every length holds. */
START_TEST(json_loses_what_does_not_matter)
{
    uint8_t bad[] = {0x36, 0x03, 0x00, 0x01, 'x'}; /* QoS 3 */

    publish("plant/b", "{\"a\":1.25,\"b\":{\"c\":\"text\",\"d\":[1,22]},\"e\":null}");
    send_bytes(0, wp_slice(bad, sizeof bad));
    minimise_it((struct minimise_setup){0});
    ck_assert_ptr_nonnull(strstr(text, "mqtt bad qos"));
    ck_assert_msg(strstr(text, "payload=\"{ ") || sum.n_frames == 0 || !strstr(text, "1.25"), "%s", text);
    ck_assert(!strstr(text, "text") && !strstr(text, "22"));
}
END_TEST

static void publish_status(unsigned meter_number, bool has_time)
{
    char topic[64], payload[160];

    snprintf(topic, sizeof topic, "ivy/v1/meters/%012u/status", meter_number);
    snprintf(payload, sizeof payload, "{\"meterId\":\"%012u\",\"online\":true,%s\"ip\":\"10.0.0.7\"}",
             meter_number, has_time ? "\"timestamp\":1705320000000," : "");
    publish(topic, payload);
}

/* Of forty messages one lacks a member; nothing else about it may become wrong. */
START_TEST(one_message_that_does_not_keep_to_its_document)
{
    for (unsigned i = 1; i <= 20; i++)
        publish_status(i, true);
    publish_status(21, false);
    for (unsigned i = 22; i <= 40; i++)
        publish_status(i, true);
    end_capture();
    ck_assert_msg(minimise_with(path, (struct minimise_setup){.statement = "IVY-038"}) == MINIMISE_DONE, "%s",
                  why);
    replay_judged(out_path);
    ck_assert_uint_eq(sum.n_frames, 1);
    ck_assert_ptr_nonnull(strstr(text, "fail IVY-038 1 time: "));
    ck_assert_ptr_nonnull(strstr(text, "000000000021/status: the payload lacks the member \"timestamp\"\n"));
    ck_assert_ptr_null(strstr(text, "lacks the member \"online\""));
    ck_assert_int_eq(minimise_with(path, (struct minimise_setup){.statement = "IVY-040"}), MINIMISE_NOTHING);
    ck_assert_ptr_nonnull(
        strstr(why, "'IVY-038 ivy/v1/meters/{meterId}/status the payload lacks the member \"timestamp\"'"));
}
END_TEST

/* Somebody else's gateway: 1334 packets, one statement. */
START_TEST(one_statement_of_a_capture_from_the_field)
{
    const char *in = shared("dlt645/ivy-4g-gateway_5meters_dlt645_mqtt.pcap");

    if (!in)
        return;
    ck_assert_msg(minimise_with(in, (struct minimise_setup){.statement = "IVY-038"}) == MINIMISE_DONE, "%s",
                  why);
    replay_judged(out_path);
    ck_assert_uint_eq(sum.packets, 1);
    ck_assert_ptr_nonnull(strstr(text, "fail IVY-038 1 time"));
}
END_TEST

START_TEST(the_same_input_gives_the_same_result)
{
    char first[4096], again[4096];
    FILE *f;
    size_t n[2];

    exchanges(10);
    ask(METER, CURRENT);
    end_capture();
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(minimise_with(path, (struct minimise_setup){0}), MINIMISE_DONE);
        f = fopen(out_path, "rb");
        n[i] = fread(i ? again : first, 1, sizeof first, f);
        fclose(f);
    }
    ck_assert_uint_eq(n[0], n[1]);
    ck_assert_mem_eq(first, again, n[0]);
}
END_TEST

/* Enough is enough: what was reached until then is still good. */
START_TEST(tries_are_counted)
{
    exchanges(40);
    ask(METER, CURRENT);
    minimise_it((struct minimise_setup){.tries = 7});
    ck_assert_uint_eq(counts.tries, 7);
    ck_assert_uint_eq(sum.unanswered, 1);
}
END_TEST

START_TEST(a_clean_capture_keeps_what_was_heard)
{
    char own[512];

    snprintf(own, sizeof own, "%s/captures/dlt645/own-live-run.pcap", home_dir());
    ck_assert_int_eq(minimise_with(own, (struct minimise_setup){0}), MINIMISE_DONE);
    ck_assert_int_eq(replay((struct replay_file){.path = out_path}), REPLAY_CLEAN);
    ck_assert_uint_eq(sum.n_frames, 2);
    ck_assert_ptr_nonnull(strstr(text, "frames dlt645 1\nframes ivy 1\n"));
}
END_TEST

START_TEST(what_cannot_be_minimised)
{
    pcap_tcp_send(&tcp, 0, now_ns, wp_text("GET / HTTP/1.1"), NULL);
    end_capture();
    ck_assert_int_eq(minimise_with(path, (struct minimise_setup){0}), MINIMISE_NOTHING);
    ck_assert_str_eq(why, "nothing of ours in it: there is no verdict to keep");
    ck_assert_int_ne(access(out_path, F_OK), 0);
    ck_assert_int_eq(minimise_with("/nowhere/x", (struct minimise_setup){0}), MINIMISE_UNREADABLE);
    ck_assert_str_eq(why, "/nowhere/x: No such file or directory");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("minimise");
    TCase *t = tcase_create("minimise");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, one_unanswered_question_of_many);
    tcase_add_test(t, what_a_good_frame_carries_is_a_finding_that_stays);
    tcase_add_test(t, no_new_kind_of_finding_appears);
    tcase_add_test(t, a_wrong_checksum_in_a_dongles_stream);
    tcase_add_test(t, of_several_findings_those_that_are_asked_for);
    tcase_add_test(t, frames_leave_their_segments);
    tcase_add_test(t, a_gap_stays_a_gap);
    tcase_add_test(t, copies_go_together);
    tcase_add_test(t, values_become_zero);
    tcase_add_test(t, json_loses_what_does_not_matter);
    tcase_add_test(t, one_message_that_does_not_keep_to_its_document);
    tcase_add_test(t, one_statement_of_a_capture_from_the_field);
    tcase_add_test(t, the_same_input_gives_the_same_result);
    tcase_add_test(t, tries_are_counted);
    tcase_add_test(t, a_clean_capture_keeps_what_was_heard);
    tcase_add_test(t, what_cannot_be_minimised);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
