/* Captures replayed: what is told of each frame, of questions without answers, and of what is wrong.
 * covers: exchange, replay_text, replay_print */
#include "sim/codec/ivy.h"
#include "tests/replay_rig.h"

START_TEST(every_question_finds_its_answer)
{
    tell(METER, VOLTAGE); /* of its own accord */
    ask(METER, VOLTAGE);
    tell(METER, VOLTAGE);
    ask(METER, CURRENT);
    refuse(METER);
    hang_up();
    ck_assert_int_eq(replay_it(), REPLAY_CLEAN);
    expect_text(
        "4 2024-01-15T12:00:00.010000Z 127.0.2.1:40000 > 127.0.1.1:8899 dlt645 preamble=0 "
        "address=000000001234 "
        "control=91 direction=meter-to-master function=read abnormal=false followUp=false length=6 "
        "di=02010100 "
        "quantity=\"voltage A\" unit=V payload=0522 value=220.5 text=220.5 data=000101020522 checksum=0A | "
        "unasked\n"
        "6 2024-01-15T12:00:00.020000Z 127.0.1.1:8899 > 127.0.2.1:40000 dlt645 preamble=0 "
        "address=000000001234 "
        "control=11 direction=master-to-meter function=read abnormal=false followUp=false length=4 "
        "di=02010100 "
        "data=00010102 checksum=FB\n"
        "8 2024-01-15T12:00:00.030000Z 127.0.2.1:40000 > 127.0.1.1:8899 dlt645 preamble=0 "
        "address=000000001234 "
        "control=91 direction=meter-to-master function=read abnormal=false followUp=false length=6 "
        "di=02010100 "
        "quantity=\"voltage A\" unit=V payload=0522 value=220.5 text=220.5 data=000101020522 checksum=0A "
        "| answers 6 after 0.010000 s\n"
        "10 2024-01-15T12:00:00.040000Z 127.0.1.1:8899 > 127.0.2.1:40000 dlt645 preamble=0 "
        "address=000000001234 "
        "control=11 direction=master-to-meter function=read abnormal=false followUp=false length=4 "
        "di=02020100 "
        "data=00010202 checksum=FC\n"
        "12 2024-01-15T12:00:00.050000Z 127.0.2.1:40000 > 127.0.1.1:8899 dlt645 preamble=0 "
        "address=000000001234 "
        "control=D1 direction=meter-to-master function=read abnormal=true followUp=false length=1 "
        "errorByte=02 "
        "errors=no-requested-data data=02 checksum=1D | answers 10 after 0.010000 s\n"
        "packets 17 in 0.050000 s: 17 TCP, 0 UDP, 0 other\n"
        "connections 1 TCP, 0 UDP: 1 ours, 0 foreign, 0 without data\n"
        "frames dlt645 5\n"
        "questions 2: 2 answered, 0 unanswered; 1 answers unasked\n"
        "bad 0 bytes in 0 places, gaps 0 of 0 bytes, retransmitted 0, reordered 0\n"
        "findings 0\n");
    ck_assert_str_eq(problems, "");
}
END_TEST

START_TEST(a_question_without_answer_is_a_finding)
{
    ask(METER, VOLTAGE); /* packet 4 */
    ask(METER, VOLTAGE); /* 6: asked again, so nobody will answer the first */
    tell(METER, VOLTAGE);
    ask(METER, CURRENT); /* 10: never answered */
    ck_assert_int_eq(replay_it(), REPLAY_FINDINGS);
    ck_assert_uint_eq(sum.unanswered, 2);
    ck_assert_uint_eq(replay_findings(&sum), 2);
    ck_assert_str_eq(
        lines_with("unanswered"),
        "6 2024-01-15T12:00:00.020000Z 127.0.1.1:8899 > 127.0.2.1:40000 dlt645 unanswered question=4\n"
        "11 2024-01-15T12:00:00.040000Z 127.0.1.1:8899 > 127.0.2.1:40000 dlt645 unanswered question=10\n"
        "questions 3: 1 answered, 2 unanswered; 0 answers unasked\n");
    ck_assert_ptr_nonnull(strstr(text, "| answers 6 after"));
}
END_TEST

/* A refusal names no register: it is to the question asked last. And nobody answers himself. */
START_TEST(a_refusal_answers_the_last_question)
{
    ask(METER, VOLTAGE); /* packet 4 */
    ask(METER, CURRENT); /* 6 */
    refuse(METER);
    ck_assert_int_eq(replay_it(), REPLAY_FINDINGS);
    ck_assert_ptr_nonnull(strstr(text, "| answers 6 after"));
    ck_assert_ptr_nonnull(strstr(text, "unanswered question=4\n"));
}
END_TEST

START_TEST(nobody_answers_himself)
{
    struct dlt645_frame question;

    dlt645_ask_read(&question, METER, VOLTAGE);
    send_frame(0, &question); /* an echo on the meter's side */
    tell(METER, VOLTAGE);
    ck_assert_int_eq(replay_it(), REPLAY_FINDINGS);
    ck_assert_uint_eq(sum.unasked, 1);
    ck_assert_uint_eq(sum.unanswered, 1);
}
END_TEST

/* More questions than are remembered: the oldest is given up, and named. */
START_TEST(questions_are_bounded)
{
    for (uint32_t i = 0; i <= EXCHANGE_OPEN_MAX; i++)
        ask(METER, i);
    tell(METER, 0);
    tell(METER, EXCHANGE_OPEN_MAX);
    replay_it();
    ck_assert_uint_eq(sum.questions, EXCHANGE_OPEN_MAX + 1);
    ck_assert_uint_eq(sum.answered, 1);
    ck_assert_uint_eq(sum.unasked, 1);
    ck_assert_uint_eq(sum.unanswered, EXCHANGE_OPEN_MAX);
}
END_TEST

START_TEST(bad_bytes_are_shown_with_their_fault)
{
    static const uint8_t damaged[] = {0x68, 0x34, 0x12, 0x00, 0x00, 0x00, 0x00, 0x68, 0x91,
                                      0x06, 0x33, 0x34, 0x34, 0x35, 0x38, 0x55, 0x0C, 0x16};

    ask(METER, VOLTAGE);
    send_bytes(0, wp_slice(damaged, sizeof damaged));
    tell(METER, VOLTAGE);
    ck_assert_int_eq(replay_it(), REPLAY_FINDINGS);
    ck_assert_str_eq(lines_with(" bad "),
                     "6 2024-01-15T12:00:00.020000Z 127.0.2.1:40000 > 127.0.1.1:8899 dlt645 bad "
                     "checksum at=16 bytes=18 hex=683412000000006891063334343538550C16\n");
    ck_assert_uint_eq(sum.bad_bytes, sizeof damaged);
}
END_TEST

/* The capture lacks a segment that the other side acknowledges. */
START_TEST(a_gap_is_a_finding_and_the_stream_goes_on)
{
    ask(METER, VOLTAGE);
    tell(METER, VOLTAGE);
    tcp.seq[0] += 18;
    ask(METER, CURRENT);
    tell(METER, CURRENT);
    ck_assert_int_eq(replay_it(), REPLAY_FINDINGS);
    ck_assert_uint_eq(sum.gaps, 1);
    ck_assert_uint_eq(sum.gap_bytes, 18);
    ck_assert_str_eq(lines_with(" gap "),
                     "10 2024-01-15T12:00:00.040000Z 127.0.2.1:40000 > 127.0.1.1:8899 gap bytes=18\n");
    ck_assert_uint_eq(sum.answered, 2);
}
END_TEST

/* Before the first frame nobody knows whose bytes they are; then what is missing of them is told. */
START_TEST(a_gap_before_the_first_frame_is_told_with_it)
{
    tcp.seq[0] += 26;
    tell(METER, VOLTAGE);
    ck_assert_int_eq(replay_it(), REPLAY_FINDINGS);
    ck_assert_uint_eq(sum.gap_bytes, 26);
    ck_assert_uint_eq(sum.n_frames, 1);
    ck_assert_ptr_nonnull(strstr(text, " gap bytes=26\n"));
}
END_TEST

START_TEST(a_retransmission_is_counted_and_not_decoded)
{
    uint32_t seq = tcp.seq[0];

    tell(METER, VOLTAGE);
    tcp.seq[0] = seq;
    tell(METER, VOLTAGE);
    ck_assert_int_eq(replay_it(), REPLAY_CLEAN);
    ck_assert_uint_eq(sum.n_frames, 1);
    ck_assert_uint_eq(sum.retransmitted, 1);
}
END_TEST

START_TEST(a_stream_that_is_not_ours_is_named)
{
    send_bytes(0, wp_text("GET / HTTP/1.1\r\n\r\n"));
    send_bytes(1, wp_text("HTTP/1.1 404 Not Found\r\n\r\n"));
    ck_assert_int_eq(replay_it(), REPLAY_NOTHING);
    ck_assert_str_eq(lines_with("foreign"),
                     "connections 1 TCP, 0 UDP: 0 ours, 1 foreign, 0 without data\n"
                     "foreign TCP 127.0.2.1:40000 > 127.0.1.1:8899: 18 bytes, 26 back\n");
}
END_TEST

/* A login, its answer, a DL/T 645 question and a heartbeat on one connection. */
START_TEST(sessions_and_frames_share_a_connection)
{
    const struct ivy_session login = ivy_session(IVY_LOGIN, IVY_DEVICE_METER, wp_text("000000001234"));
    uint8_t memory[64];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    ivy_encode_session(&w, 1, 1, &login);
    send_bytes(0, wp_written(&w));
    ask(METER, VOLTAGE);
    tell(METER, VOLTAGE);
    send_bytes(0, wp_written(&w));
    ck_assert_int_eq(replay_it(), REPLAY_CLEAN);
    ck_assert_str_eq(lines_with("frames"), "frames dlt645 2\nframes ivy 2\n");
    ck_assert_int_eq(replay((struct replay_file){.path = path, .codec = &ivy_codec}), REPLAY_FINDINGS);
    ck_assert_str_eq(lines_with("frames"), "frames ivy 2\n");
}
END_TEST

/* Datagrams are decoded each for itself; half a frame is not finished by the next one. */
START_TEST(datagrams_are_decoded)
{
    static const uint8_t datagram[] = {0x45, 0x00, 0x00, 0x28, 0x00, 0x01, 0x40, 0x00, 0x40, 0x11,
                                       0x00, 0x00, 0x7F, 0x00, 0x02, 0x01, 0x7F, 0x00, 0x01, 0x01,
                                       0x12, 0x24, 0x0F, 0xDB, 0x00, 0x14, 0x00, 0x00, 0x68, 0xAA,
                                       0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0x68, 0x13, 0x00, 0xDF, 0x16};
    uint8_t half[sizeof datagram];

    memcpy(half, datagram, sizeof half);
    half[3] = 0x22;
    half[25] = 0x0E;
    pcapng_packet(file, 0, now_ns, wp_slice(datagram, sizeof datagram), NULL);
    pcapng_packet(file, 0, now_ns, wp_slice(half, sizeof half - 6), NULL);
    pcapng_packet(file, 0, now_ns, wp_slice(half, sizeof half - 6), NULL);
    pcapng_packet(file, 0, now_ns, wp_slice(datagram, sizeof datagram), NULL);
    replay_it();
    ck_assert_uint_eq(sum.exchanges, 1);
    ck_assert_uint_eq(sum.n_frames, 2);
    ck_assert_uint_eq(sum.bad_bytes, 12);
}
END_TEST

START_TEST(links_that_cannot_be_read_are_named)
{
    char why_text[256];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);

    pcapng_close(file);
    file = pcapng_new(path, "", &why);
    pcapng_packet(file, pcapng_interface(file, 105, "wireless"), now_ns, wp_text("beacon"), NULL);
    end_capture();
    ck_assert_int_eq(replay((struct replay_file){.path = path}), REPLAY_UNREADABLE);
    ck_assert_msg(strstr(problems, "x.pcapng: packets of link type IEEE802_11 (105) cannot be taken apart"),
                  "%s", problems);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("replay");
    TCase *t = tcase_create("replay");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_question_finds_its_answer);
    tcase_add_test(t, a_question_without_answer_is_a_finding);
    tcase_add_test(t, a_refusal_answers_the_last_question);
    tcase_add_test(t, nobody_answers_himself);
    tcase_add_test(t, questions_are_bounded);
    tcase_add_test(t, bad_bytes_are_shown_with_their_fault);
    tcase_add_test(t, a_gap_is_a_finding_and_the_stream_goes_on);
    tcase_add_test(t, a_gap_before_the_first_frame_is_told_with_it);
    tcase_add_test(t, a_retransmission_is_counted_and_not_decoded);
    tcase_add_test(t, a_stream_that_is_not_ours_is_named);
    tcase_add_test(t, sessions_and_frames_share_a_connection);
    tcase_add_test(t, datagrams_are_decoded);
    tcase_add_test(t, links_that_cannot_be_read_are_named);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
