/* A capture of a bus (DLT_DBUS, a message a packet, as dbus-monitor --pcap writes them): messages are frames, replies
 * answer their calls, and what is no message is told. */
#include "sim/codec/dbus_bus.h"
#include "tests/replay_rig.h"

#include <pcap/pcap.h>

static uint8_t memory[1024];
static struct wp_writer w;
static pcap_dumper_t *dump;
static unsigned packets;

static void begin_capture(void)
{
    pcap_t *dead = pcap_open_dead_with_tstamp_precision(DLT_DBUS, 1 << 27, PCAP_TSTAMP_PRECISION_MICRO);

    end_capture();
    dump = pcap_dump_open(dead, path);
    ck_assert_ptr_nonnull(dump);
    pcap_close(dead);
    packets = 0;
}

/* What the writer holds is one packet, a millisecond after the one before. */
static void captured(void)
{
    struct pcap_pkthdr head = {.caplen = (bpf_u_int32)w.n, .len = (bpf_u_int32)w.n};

    head.ts.tv_sec = 1705320000;
    head.ts.tv_usec = (suseconds_t)(1000 * packets++);
    pcap_dump((u_char *)dump, &head, memory);
    w = wp_writer(memory, sizeof memory);
}

static void put_call(const char *sender, uint32_t serial)
{
    const struct dbus_head head = {.type = DBUS_CALL,
                                   .serial = serial,
                                   .path = wp_text("/Ac/Power"),
                                   .interface = wp_text("com.victronenergy.BusItem"),
                                   .member = wp_text("GetValue"),
                                   .sender = wp_text(sender),
                                   .destination = wp_text("com.victronenergy.grid")};
    struct dbus_out out;

    w = wp_writer(memory, sizeof memory);
    dbus_begin(&out, &w, &head, "");
    ck_assert(dbus_end(&out));
    captured();
}

static void put_reply(const char *destination, uint32_t reply_serial, struct wp_value value)
{
    const struct dbus_head head = {.type = DBUS_RETURN,
                                   .flags = DBUS_NO_REPLY,
                                   .serial = 70,
                                   .reply_serial = reply_serial,
                                   .sender = wp_text(":1.9"),
                                   .destination = wp_text(destination)};
    struct dbus_out out;

    w = wp_writer(memory, sizeof memory);
    dbus_begin(&out, &w, &head, "v");
    dbus_put_variant(&out, value);
    ck_assert(dbus_end(&out));
    captured();
}

static enum replay_end replay_bus(void)
{
    pcap_dump_close(dump);
    return replay((struct replay_file){.path = path});
}

START_TEST(replies_answer_their_calls)
{
    begin_capture();
    put_call(":1.7", 3);
    put_call(":1.8", 3);
    put_reply(":1.8", 3, wp_real(936.0));
    put_reply(":1.7", 3, wp_null());
    ck_assert_int_eq(replay_bus(), REPLAY_CLEAN);
    ck_assert_uint_eq(sum.n_frames, 4);
    ck_assert_uint_eq(sum.messages, 4);
    ck_assert_uint_eq(sum.answered, 2);
    ck_assert_str_eq(
        lines_with("double"),
        "3 2024-01-15T12:00:00.002000Z bus > bus dbus type=method_return flags=1 no_reply_expected=true "
        "serial=70 reply_serial=3 sender=:1.9 destination=:1.8 signature=v body.0.double=936.0 | answers "
        "2 after 0.001000 s\n");
    ck_assert_ptr_nonnull(strstr(lines_with("body.0.array=0"), "| answers 1 after 0.003000 s"));
}
END_TEST

START_TEST(a_call_without_reply_is_a_finding)
{
    begin_capture();
    put_call(":1.7", 3);
    put_reply(":1.8", 3, wp_int(1));
    ck_assert_int_eq(replay_bus(), REPLAY_FINDINGS);
    ck_assert_uint_eq(sum.unanswered, 1);
    ck_assert_uint_eq(sum.unasked, 1);
}
END_TEST

/* What is wrong in one packet costs no other. */
START_TEST(a_broken_message_is_told_alone)
{
    begin_capture();
    put_call(":1.7", 3);
    ck_assert(dbus_put_hello(&w, 1));
    memory[w.n - 1] ^= 1;
    memory[0] = 'L';
    captured();
    put_reply(":1.7", 3, wp_int(1));
    ck_assert_int_eq(replay_bus(), REPLAY_FINDINGS);
    ck_assert_uint_eq(sum.n_frames, 2);
    ck_assert_uint_eq(sum.answered, 1);
    ck_assert_uint_eq(sum.bad, 1);
    ck_assert_ptr_nonnull(strstr(text, " dbus bad no-start at=0 "));
}
END_TEST

START_TEST(programs_are_told_in_json)
{
    begin_capture();
    put_call(":1.7", 3);
    put_reply(":1.7", 3, wp_text_value(wp_text("---")));
    ck_assert_int_eq(replay_bus(), REPLAY_CLEAN);
    ck_assert_ptr_nonnull(strstr(json, "\"member\":\"GetValue\""));
    ck_assert_ptr_nonnull(strstr(json, "\"body\":{\"0\":{\"string\":\"---\"}}"));
    ck_assert_ptr_nonnull(strstr(json, "\"dbus\":2"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay_dbus");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, replies_answer_their_calls);
    tcase_add_test(tcase, a_call_without_reply_is_a_finding);
    tcase_add_test(tcase, a_broken_message_is_told_alone);
    tcase_add_test(tcase, programs_are_told_in_json);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
