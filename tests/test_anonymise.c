/* Captures made fit to be shared: what was changed, what was not, and that it is proven.
 * covers: anonymise_edit, anonymise_frame, anonymise_proof, anonymise_say, capture_image */
#include "tests/anonymise_rig.h"

#include <sys/stat.h>

/* ---- captures of ours, and of somebody else's gateway ------------------------------------------------- */

START_TEST(a_live_capture_comes_out_the_same_but_for_its_ids)
{
    anonymise_it(own("own-live-run.pcap"));
    expect_same(own("own-live-run.pcap"));
    expect_gone("000000000001", false); /* 01 and zeros stand everywhere */
    ck_assert_ptr_nonnull(strstr(said, "dlt645 address                                1 in 54 places\n"));
    ck_assert_ptr_nonnull(strstr(said, "ivy address                                   1 in 12 places\n"));
    ck_assert_ptr_nonnull(strstr(said, "IPv4 addresses                                2 in 294 places\n"));
    ck_assert_ptr_nonnull(strstr(said, "proven: 147 packets, 67 frames and 0 findings decode as before"));
}
END_TEST

START_TEST(a_pcapng_stays_one)
{
    char *bytes;
    size_t n;

    anonymise_it(own("own-silent-meter.pcapng"));
    expect_same(own("own-silent-meter.pcapng"));
    n = read_bytes(out_path, &bytes);
    ck_assert(holds(bytes, 4, "\x0A\x0D\x0D\x0A", 4));
    ck_assert(!holds(bytes, n, "ivy-silent-meter", 16)); /* names and comments are left out */
    free(bytes);
}
END_TEST

START_TEST(a_gateways_messages_hide_the_same_meters)
{
    const char *in = shared("dlt645/ivy-4g-gateway_5meters_dlt645_mqtt.pcap");
    char address[16];

    if (!in)
        return;
    anonymise_it(in);
    expect_same(in);
    for (int i = 1; i <= 5; i++) {
        snprintf(address, sizeof address, "00000000123%d", i);
        expect_gone(address, true);
        ck_assert_uint_eq(strspn(becomes(address), "0123456789"), 12);
    }
    ck_assert_ptr_nonnull(strstr(said, "mqtt topic level                              5 in 333 places\n"));
    ck_assert_ptr_nonnull(strstr(said, "mqtt payload member meterId                   5 in "));
}
END_TEST

/* ---- the key ---------------------------------------------------------------------------------------- */

START_TEST(the_same_key_gives_the_same_file)
{
    char *first, *again, *other;
    size_t n[3];

    for (int i = 0; i < 3; i++) {
        struct anonymise_setup setup = {.key = wp_text(i < 2 ? "one" : "two")};

        ck_assert_int_eq(anonymise_with(own("own-live-run.pcap"), setup), ANONYMISE_DONE);
        n[i] = read_bytes(out_path, i == 0 ? &first : i == 1 ? &again : &other);
    }
    ck_assert_uint_eq(n[0], n[1]);
    ck_assert_uint_eq(n[0], n[2]);
    ck_assert_mem_eq(first, again, n[0]);
    ck_assert(memcmp(first, other, n[0]) != 0);
    free(first);
    free(again);
    free(other);
}
END_TEST

/* Two captures of the same meter tell of the same one afterwards. */
START_TEST(the_same_key_serves_many_captures)
{
    char first[32];

    anonymise_it(own("own-live-run.pcap"));
    read_map();
    snprintf(first, sizeof first, "%s", becomes("000000000001"));
    anonymise_it(own("own-follow-up.pcapng"));
    read_map();
    ck_assert_str_eq(becomes("000000000001"), first);
}
END_TEST

/* ---- where ids stand -------------------------------------------------------------------------------- */

enum { ADDRESS = 0x1234 };

static void ask_and_tell(uint64_t address)
{
    ask(address, VOLTAGE);
    tell(address, VOLTAGE);
}

/* Each byte in a segment of its own, and some of them sent twice. */
START_TEST(ids_span_segments_and_come_twice)
{
    uint8_t memory[DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct dlt645_frame frame;

    dlt645_ask_read(&frame, UINT64_C(0x202401010007), VOLTAGE);
    dlt645_encode(&w, &frame);
    for (size_t i = 0; i < w.n; i++)
        send_bytes(1, wp_slice(memory + i, 1));
    pcap_tcp_segment(&tcp, 1, now_ns, PACKET_ACK, tcp.seq[1] - 12, tcp.seq[0], wp_slice(memory + w.n - 12, 8),
                     NULL);
    pcap_tcp_segment(&tcp, 1, now_ns, PACKET_ACK, tcp.seq[1] - (uint32_t)w.n, tcp.seq[0], wp_written(&w),
                     NULL);
    end_capture();
    anonymise_it(path);
    expect_same(path);
    expect_gone("202401010007", true);
    ck_assert_uint_eq(sum.retransmitted, 2);
}
END_TEST

/* A segment comes twice, and the second time it names another meter: it is another copy still, and names nobody. */
START_TEST(copies_that_differ_still_do)
{
    uint8_t first[DLT645_FRAME_MAX], second[DLT645_FRAME_MAX];
    struct wp_writer a = wp_writer(first, sizeof first), b = wp_writer(second, sizeof second);
    struct dlt645_frame frame;
    uint32_t seq = tcp.seq[1];

    dlt645_ask_read(&frame, UINT64_C(0x202401010007), VOLTAGE);
    dlt645_encode(&a, &frame);
    dlt645_ask_read(&frame, UINT64_C(0x202409876548), VOLTAGE);
    dlt645_encode(&b, &frame);
    pcap_tcp_segment(&tcp, 1, now_ns, PACKET_ACK, seq + (uint32_t)a.n, tcp.seq[0], wp_written(&a), NULL);
    pcap_tcp_segment(&tcp, 1, now_ns, PACKET_ACK, seq + (uint32_t)a.n, tcp.seq[0], wp_written(&b), NULL);
    pcap_tcp_segment(&tcp, 1, now_ns, PACKET_ACK, seq, tcp.seq[0], wp_written(&a), NULL);
    end_capture();
    anonymise_it(path);
    expect_same(path);
    ck_assert_uint_eq(sum.conflicts, 5); /* four bytes of the address, and the checksum */
    expect_gone("202401010007", true);
    expect_gone("202409876548", true);
}
END_TEST

/* Cut by the capture in the middle of an address: what is there of it names the same meter. */
START_TEST(packets_may_be_cut)
{
    struct wp_writer w = wp_writer(why, sizeof why);
    struct capture_image image;

    ask_and_tell(UINT64_C(0x202401010007));
    end_capture();
    ck_assert(capture_image_load(&image, path, &w));
    for (size_t i = 3; i < image.n; i++)
        if (image.packet[i].n > 40 + 5)
            image.packet[i].n = 40 + 5;
    ck_assert(capture_image_save(&image, path, &w));
    capture_image_free(&image);
    ck_assert_int_eq(anonymise_with(path, (struct anonymise_setup){0}), ANONYMISE_DONE);
    replay((struct replay_file){.path = out_path});
    ck_assert_uint_eq(sum.cut, 2);
    expect_gone("202401010007", true);
}
END_TEST

/* What was sent before the capture began to see the stream cannot be decoded. */
START_TEST(what_stands_before_the_beginning_is_blank)
{
    char *bytes;
    size_t n;

    ask_and_tell(ADDRESS);
    pcap_tcp_segment(&tcp, 0, now_ns, PACKET_ACK, tcp.seq[0] - 500, tcp.seq[1], wp_text("owner 47110815"),
                     NULL);
    end_capture();
    anonymise_it(path);
    n = read_bytes(out_path, &bytes);
    ck_assert(!holds(bytes, n, "owner", 5));
    free(bytes);
}
END_TEST

START_TEST(addresses_in_data_are_the_same_meter)
{
    struct dlt645_frame frame;

    dlt645_reply_address(&frame, UINT64_C(0x202401010007));
    send_frame(0, &frame);
    ask_and_tell(UINT64_C(0x202401010007));
    end_capture();
    anonymise_it(path);
    expect_same(path);
    expect_gone("202401010007", true);
    ck_assert_ptr_nonnull(strstr(said, "dlt645 meterAddress                           1 in 1 places\n"));
}
END_TEST

/* The wildcard goes on meaning the meter that it meant, and the broadcast address nobody. */
START_TEST(wildcards_stay_wildcards)
{
    ask(UINT64_C(0xAAAAAAAA0007), VOLTAGE);
    tell(UINT64_C(0x202401010007), VOLTAGE);
    ask(DLT645_ADDRESS_ANY, VOLTAGE);
    tell(UINT64_C(0x202401010007), VOLTAGE);
    end_capture();
    anonymise_it(path);
    replay((struct replay_file){.path = out_path});
    read_map();
    ck_assert_uint_eq(sum.answered, 2);
    ck_assert(strncmp(becomes("AAAAAAAA0007"), "AAAAAAAA", 8) == 0);
    ck_assert_str_eq(becomes("AAAAAAAA0007") + 8, becomes("202401010007") + 8);
    ck_assert_ptr_nonnull(strstr(text, "address=AAAAAAAAAAAA "));
}
END_TEST

/* ---- what is wrong stays wrong ------------------------------------------------------------------------ */

static void send_broken(uint64_t address, size_t keep, size_t spoil)
{
    uint8_t memory[DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct dlt645_frame frame;

    dlt645_ask_read(&frame, address, VOLTAGE);
    dlt645_encode(&w, &frame);
    if (spoil < w.n)
        memory[spoil] ^= 0x55;
    send_bytes(1, wp_slice(memory, keep < w.n ? keep : w.n));
}

/* The only trace of a meter is a frame with a wrong checksum, one with a wrong end, one that is cut. */
START_TEST(broken_frames_are_read_all_the_same)
{
    static const struct {
        size_t keep, spoil;
        const char *fault;
    } table[] = {{99, 14, " bad checksum "}, {99, 15, " bad end "}, {9, 99, " bad truncated "}};

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (!file) {
            teardown();
            setup();
        }
        ask_and_tell(ADDRESS);
        send_broken(UINT64_C(0x202401010007), table[i].keep, table[i].spoil);
        end_capture();
        anonymise_it(path);
        expect_same(path);
        expect_gone("202401010007", true);
        ck_assert_msg(strstr(text, table[i].fault) != NULL, "%s", text);
        ck_assert_ptr_nonnull(strstr(said, "1 broken frames could be read all the same"));
    }
}
END_TEST

START_TEST(garbage_in_a_stream_of_ours_is_blank)
{
    char *bytes;
    size_t n;

    ask_and_tell(ADDRESS);
    send_bytes(1, wp_text("call 0170 1234567"));
    ask_and_tell(ADDRESS);
    end_capture();
    anonymise_it(path);
    expect_same(path);
    n = read_bytes(out_path, &bytes);
    ck_assert(!holds(bytes, n, "0170", 4));
    ck_assert(holds(bytes, n, "xxxxxxxxxxxxxxx", 15));
    free(bytes);
}
END_TEST

/* ---- what nobody decodes ---------------------------------------------------------------------------- */

START_TEST(foreign_streams_are_blank_unless_they_are_to_be_kept)
{
    struct pcap_tcp http = pcap_tcp(file, 0, PCAPNG_RAW_IP, (struct wp_addr){0x0A000005, 40001},
                                    (struct wp_addr){0x0A000006, 80});
    char *bytes;
    size_t n;

    ask_and_tell(UINT64_C(0x202401010007));
    pcap_tcp_send(&http, 0, now_ns, wp_text("GET /meters/202401010007?user=mueller"), NULL);
    end_capture();
    anonymise_it(path);
    n = read_bytes(out_path, &bytes);
    ck_assert(!holds(bytes, n, "GET", 3));
    ck_assert_ptr_nonnull(strstr(said, "37 bytes of streams that nobody decodes became 0\n"));
    free(bytes);
    ck_assert_int_eq(anonymise_with(path, (struct anonymise_setup){.keeps_foreign = true}), ANONYMISE_DONE);
    n = read_bytes(out_path, &bytes);
    ck_assert(holds(bytes, n, "?user=mueller", 13));
    ck_assert_ptr_nonnull(strstr(said, "37 bytes of streams that nobody decodes kept as they were"));
    free(bytes);
    expect_gone("202401010007", true); /* known ids are replaced there too */
}
END_TEST

/* ---- when it cannot be done ------------------------------------------------------------------------- */

/* The address of this meter is, packed, what stands in the middle of every read frame: 68 11 04 33 33 33. Replacing it
 * there breaks them; that is seen, and nothing is written. */
START_TEST(what_cannot_be_proven_is_not_written)
{
    struct stat stat_out;

    ask(UINT64_C(0x681104333333), 0x00000000);
    ask_and_tell(ADDRESS);
    end_capture();
    ck_assert_int_eq(anonymise_with(path, (struct anonymise_setup){0}), ANONYMISE_UNPROVEN);
    ck_assert_msg(strstr(why, "of the result decodes to something else than it should (") != NULL, "%s", why);
    ck_assert_int_ne(stat(out_path, &stat_out), 0);
    ck_assert_int_ne(stat(map_path, &stat_out), 0);
}
END_TEST

START_TEST(the_input_is_never_written_over)
{
    struct wp_writer w = wp_writer(why, sizeof why);
    struct anonymise_setup setup = {.in = path, .out = path, .key = wp_text("k")};
    char *before, *after;
    size_t n;

    ask_and_tell(ADDRESS);
    end_capture();
    n = read_bytes(path, &before);
    ck_assert_int_eq(anonymise(&setup, &w), ANONYMISE_UNREADABLE);
    ck_assert_ptr_nonnull(strstr(wp_put_end(&w), ": is the input, too; write to another file"));
    ck_assert_uint_eq(read_bytes(path, &after), n);
    ck_assert_mem_eq(before, after, n);
    free(before);
    free(after);
}
END_TEST

/* The meters of captures/dlms have a number that they push and a system title; in two of them all of it is ciphered. */
START_TEST(meters_of_dlms_hide_their_ids_on_every_transport)
{
    static const char *const names[] = {"captures/dlms/own-hdlc.pcap", "captures/dlms/own-wrapper.pcap",
                                        "captures/dlms/own-mbus.pcap", "captures/dlms/own-udp.pcap"};
    char *bytes;
    size_t n;

    anonymise_it(names[_i]);
    n = read_bytes(out_path, &bytes);
    ck_assert(!holds(bytes, n, "1234567890123456", 16));
    ck_assert(!holds(bytes, n, "WPT\0\0\0\0\1", 8));
    ck_assert_ptr_nonnull(strstr(said, "proven: "));
    free(bytes);
}
END_TEST

/* A serial stands in items, in replies that do not say of what, and perhaps in names. */
START_TEST(services_of_a_bus_hide_their_serials)
{
    char *bytes;
    size_t n;

    anonymise_it("captures/dbus/own-session.pcap");
    n = read_bytes(out_path, &bytes);
    ck_assert(!holds(bytes, n, "BP55555555555", 13));
    ck_assert(holds(bytes, n, "com.victronenergy.grid", 22));
    ck_assert_ptr_nonnull(strstr(said, "proven: 150 packets, 150 frames and 0 findings"));
    free(bytes);
}
END_TEST

/* What the codec tells of the bytes of what came in segments is no text that stands there. */
START_TEST(codes_and_times_of_joined_frames_are_no_ids)
{
    anonymise_it("captures/dlms/own-hdlc.pcap");
    read_map();
    replay((struct replay_file){.path = "captures/dlms/own-hdlc.pcap"});
    ck_assert_ptr_nonnull(strstr(text, " joined.dateTime=2024-01-15T12:00:00+01:00 "));
    ck_assert_ptr_nonnull(strstr(text, ".obis=1-0:1.8.0.255 "));
    for (size_t i = 0; i < n_pairs; i++) {
        ck_assert_msg(!strstr(pairs[i].kind, ".obis"), "%s %s", pairs[i].kind, pairs[i].was);
        ck_assert_msg(!strstr(pairs[i].kind, ".dateTime"), "%s %s", pairs[i].kind, pairs[i].was);
    }
}
END_TEST

/* Who has no key reads it all the same, so it is changed as other frames are. */
START_TEST(content_that_is_only_authenticated_is_not_blank)
{
    static const uint8_t push[] = "\0\1\0\1\0\1\0\x3E\xDB\x08WPT\0\0\0\0\1\x33\x10\0\0\0\1"
                                  "\x0F\0\0\0\0\0\x02\x02\x09\x06\1\0\1\7\0\xFF\x09\x10"
                                  "1234567890123456"
                                  "no seal of it";
    char *bytes;
    size_t n;

    send_bytes(0, wp_slice(push, 8 + 0x3E));
    send_bytes(0, wp_slice(push, 8 + 0x3E));
    end_capture();
    anonymise_it(path);
    n = read_bytes(out_path, &bytes);
    ck_assert(!holds(bytes, n, "1234567890123456", 16));
    ck_assert(!holds(bytes, n, "WPT\0\0\0\0\1", 8));
    ck_assert(holds(bytes, n, "\x0F\0\0\0\0\0\x02\x02\x09\x06\1\0\1\7\0\xFF\x09\x10", 18));
    free(bytes);
    ck_assert_int_eq(replay((struct replay_file){.path = out_path}), REPLAY_CLEAN);
    ck_assert_ptr_nonnull(strstr(text, " plain.data.0.obis=1-0:1.7.0.255 "));
}
END_TEST

START_TEST(ciphered_content_is_blank_unless_it_is_to_be_kept)
{
    const char *name = "captures/dlms/own-udp.pcap";

    anonymise_it(name);
    ck_assert_ptr_nonnull(
        strstr(said, "3 payloads that nobody can read, or that are ciphered, became blank\n"));
    ck_assert_int_eq(anonymise_with(name, (struct anonymise_setup){.keeps_foreign = true}), ANONYMISE_DONE);
    ck_assert_ptr_nonnull(strstr(said, "3 payloads that nobody can read, or that are ciphered, kept: who has "
                                       "the keys reads the ids in them\n"));
}
END_TEST

START_TEST(files_that_cannot_be_read_or_written)
{
    struct wp_writer w = wp_writer(why, sizeof why);
    struct anonymise_setup setup = {
        .in = own("own-live-run.pcap"), .out = "/nowhere/out.pcap", .key = wp_text("k")};

    ck_assert_int_eq(anonymise_with("/nowhere/in.pcap", (struct anonymise_setup){0}), ANONYMISE_UNREADABLE);
    ck_assert_str_eq(why, "/nowhere/in.pcap: No such file or directory");
    ck_assert_int_eq(anonymise(&setup, &w), ANONYMISE_UNREADABLE);
    ck_assert_str_eq(wp_put_end(&w), "/nowhere/out.pcap: No such file or directory");
    set_paths();
    setup.out = out_path;
    setup.map = "/nowhere/map.csv";
    w = wp_writer(why, sizeof why);
    ck_assert_int_eq(anonymise(&setup, &w), ANONYMISE_UNREADABLE);
    ck_assert_str_eq(wp_put_end(&w), "/nowhere/map.csv: No such file or directory");
    ck_assert_int_ne(access(out_path, F_OK), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("anonymise");
    TCase *t = tcase_create("anonymise");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_live_capture_comes_out_the_same_but_for_its_ids);
    tcase_add_test(t, a_pcapng_stays_one);
    tcase_add_test(t, a_gateways_messages_hide_the_same_meters);
    tcase_add_test(t, the_same_key_gives_the_same_file);
    tcase_add_test(t, the_same_key_serves_many_captures);
    tcase_add_test(t, ids_span_segments_and_come_twice);
    tcase_add_test(t, copies_that_differ_still_do);
    tcase_add_test(t, packets_may_be_cut);
    tcase_add_test(t, what_stands_before_the_beginning_is_blank);
    tcase_add_test(t, addresses_in_data_are_the_same_meter);
    tcase_add_test(t, wildcards_stay_wildcards);
    tcase_add_test(t, broken_frames_are_read_all_the_same);
    tcase_add_test(t, garbage_in_a_stream_of_ours_is_blank);
    tcase_add_test(t, foreign_streams_are_blank_unless_they_are_to_be_kept);
    tcase_add_loop_test(t, meters_of_dlms_hide_their_ids_on_every_transport, 0, 4);
    tcase_add_test(t, content_that_is_only_authenticated_is_not_blank);
    tcase_add_test(t, services_of_a_bus_hide_their_serials);
    tcase_add_test(t, codes_and_times_of_joined_frames_are_no_ids);
    tcase_add_test(t, ciphered_content_is_blank_unless_it_is_to_be_kept);
    tcase_add_test(t, what_cannot_be_proven_is_not_written);
    tcase_add_test(t, the_input_is_never_written_over);
    tcase_add_test(t, files_that_cannot_be_read_or_written);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
