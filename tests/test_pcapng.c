/* Files that we write: libpcap reads them back, and tshark finds nothing wrong. covers: pcap_tcp, pcap_synth
 * pcap_udp pcap_ip pcap_broker pcap_notes */
#include "harness/capture.h"
#include "harness/packet.h"
#include "harness/pcap_synth.h"
#include "harness/pcap_tcp.h"

#include <check.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[64];
static const char bus_path[] = "/tmp/wattproof-pcapng-no-bus"; /* none of these runs has one */
static char why_text[1024];

static void setup(void)
{
    int fd;

    strcpy(path, "/tmp/wattproof-pcapng-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    unlink(path);
}

static struct pcapng *new_file(void)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct pcapng *f = pcapng_new(path, "wattproof tests", &why);

    ck_assert_msg(f != NULL, "%s", wp_put_end(&why));
    return f;
}

static struct capture *open_file(void)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct capture *c = capture_open(path, &why);

    ck_assert_msg(c != NULL, "%s", wp_put_end(&why));
    return c;
}

START_TEST(packets_come_back_byte_for_byte)
{
    struct pcapng *f = new_file();
    uint32_t a = pcapng_interface(f, PCAPNG_ETHERNET, "first"), b = pcapng_interface(f, PCAPNG_ETHERNET, "");
    struct capture *c;
    struct capture_packet p;

    ck_assert_uint_eq(a, 0);
    ck_assert_uint_eq(b, 1);
    for (size_t n = 0; n <= 9; n++)
        pcapng_packet(f, n % 2 ? a : b, INT64_C(1700000000123456789) + (int64_t)n, wp_slice("123456789", n),
                      n % 3 ? "step 1: CONNECT \xE2\x86\x92" : NULL);
    ck_assert(pcapng_close(f));
    c = open_file();
    ck_assert_int_eq(capture_link(c), DLT_EN10MB);
    for (size_t n = 0; n <= 9; n++) {
        ck_assert_int_eq(capture_next(c, &p), CAPTURE_PACKET);
        ck_assert_int_eq(p.time_ns, INT64_C(1700000000123456789) + (int64_t)n);
        ck_assert_uint_eq(p.n_wire, n);
        ck_assert(wp_slice_eq(p.bytes, wp_slice("123456789", n)));
    }
    ck_assert_int_eq(capture_next(c, &p), CAPTURE_END);
    capture_free(c);
}
END_TEST

START_TEST(a_place_that_cannot_be_written_is_named)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);

    ck_assert_ptr_null(pcapng_new("/nowhere/x.pcapng", "", &why));
    ck_assert_str_eq(wp_put_end(&why), "/nowhere/x.pcapng: No such file or directory");
}
END_TEST

START_TEST(a_full_disk_is_noticed)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct pcapng *f = pcapng_new("/dev/full", "", &why);

    if (!f)
        return; /* no such device here */
    pcapng_packet(f, 0, 0, wp_text("x"), NULL);
    ck_assert(!pcapng_close(f));
}
END_TEST

/* ---- what tshark says ------------------------------------------------------------------------------- */

static bool has_tshark(void)
{
    if (system("command -v tshark >/dev/null") == 0)
        return true;
    puts("skipped: tshark is not installed");
    return false;
}

/* What tshark prints about our file with these arguments. */
static const char *tshark(const char *arguments)
{
    static char out[16384];
    char command[512];
    FILE *pipe;
    size_t n;

    snprintf(command, sizeof command, "tshark -n -r %s %s 2>/dev/null", path, arguments);
    pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    n = fread(out, 1, sizeof out - 1, pipe);
    out[n] = 0;
    ck_assert_msg(pclose(pipe) == 0, "%s", command);
    return out;
}

static void expect_no_complaint(void)
{
    ck_assert_str_eq(tshark("-o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE "
                            "-Y 'tcp.analysis.flags || _ws.malformed || tcp.checksum.status != 1 || "
                            "ip.checksum.status != 1'"),
                     "");
}

static const struct wp_addr meter = {0x7F000201, 40000}, gateway = {0x7F000101, 8899};

static void write_connection(uint16_t link)
{
    static uint8_t much[100000];
    struct pcapng *f = new_file();
    uint32_t interface = pcapng_interface(f, link, "made up");
    struct pcap_tcp t = pcap_tcp(f, interface, link, meter, gateway);

    pcap_tcp_open(&t, 1000000000, "m1 > gateway");
    pcap_tcp_send(&t, 0, 1000000001, wp_text("odd"), NULL);
    pcap_tcp_send(&t, 1, 1000000002, wp_text("even"), "the answer");
    pcap_tcp_send(&t, 0, 1000000003, wp_slice(much, sizeof much), NULL);
    pcap_tcp_fin(&t, 1, 1000000004, NULL);
    pcap_tcp_send(&t, 0, 1000000005, wp_text("half closed"), NULL);
    pcap_tcp_fin(&t, 0, 1000000006, NULL);
    t = pcap_tcp(f, interface, link, (struct wp_addr){meter.ip, 40001}, gateway);
    pcap_tcp_open(&t, 1000000007, NULL);
    pcap_tcp_send(&t, 1, 1000000008, wp_text("x"), NULL);
    pcap_tcp_reset(&t, 0, 1000000009, "pulled");
    ck_assert(pcapng_close(f));
}

START_TEST(a_made_up_connection_is_flawless)
{
    static const uint16_t links[] = {PCAPNG_ETHERNET, PCAPNG_RAW_IP};

    if (!has_tshark())
        return;
    for (size_t i = 0; i < 2; i++) {
        write_connection(links[i]);
        expect_no_complaint();
        ck_assert_str_eq(tshark("-Y 'frame.comment' -T fields -e frame.number -e frame.comment"),
                         "1\tm1 > gateway\n6\tthe answer\n23\tpulled\n");
        ck_assert_str_eq(tshark("-Y 'frame.number == 6' -T fields -e frame.time_epoch -e tcp.payload"),
                         "1.000000002\t6576656e\n");
    }
}
END_TEST

/* ---- a run's transcript ----------------------------------------------------------------------------- */

static struct wp_transcript transcript;

static void record_open(wp_us at, const char *machine, const char *peer, wp_port port, struct wp_addr own,
                        struct wp_addr far)
{
    struct wp_record r = {.kind = WP_REC_OPEN, .at = at, .machine = machine, .peer = peer, .port = port};

    r.open.own = own;
    r.open.peer = far;
    r.open.transport = WP_TCP;
    wp_transcript_write(&transcript, &r);
}

static void record_bytes(enum wp_record_kind kind, wp_us at, const char *machine, const char *peer,
                         wp_port port, const char *text)
{
    struct wp_record r = {.kind = kind, .at = at, .machine = machine, .peer = peer, .port = port};

    r.bytes = wp_text(text);
    wp_transcript_write(&transcript, &r);
}

static void record_close(wp_us at, const char *machine, const char *peer, wp_port port,
                         enum wp_close_reason reason)
{
    struct wp_record r = {.kind = WP_REC_CLOSE, .at = at, .machine = machine, .peer = peer, .port = port};

    r.close.reason = reason;
    wp_transcript_write(&transcript, &r);
}

static void record_step(wp_us at, int64_t number, const char *what, const char *text)
{
    struct wp_record r = {.kind = WP_REC_STEP, .at = at, .machine = "scenario"};

    r.note.what = what;
    r.note.text = wp_text(text);
    r.note.count = number;
    wp_transcript_write(&transcript, &r);
}

static struct pcap_synth *begin_run(void)
{
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct pcap_synth *s = pcap_synth_new(path, bus_path, "made-up", INT64_C(1705320000000000), &why);

    ck_assert_msg(s != NULL, "%s", wp_put_end(&why));
    memset(&transcript, 0, sizeof transcript);
    wp_transcript_add(&transcript, pcap_synth_sink(s));
    return s;
}

static void open_both(wp_us at, wp_port first, struct wp_addr client)
{
    record_open(at, "gateway", "m1", first, gateway, client);
    record_open(at + 50, "m1", "gateway", first + 1, client, gateway);
}

/* One line for each packet: time, ports, flags, length. */
static const char *packets(void)
{
    return tshark(
        "-T fields -e frame.time_relative -e tcp.srcport -e tcp.flags.str -e tcp.len -e frame.comment "
        "-E separator=' '");
}

START_TEST(a_run_becomes_a_capture)
{
    struct pcap_synth *s = begin_run();

    record_step(0, 1, "publish", "read voltageA");
    open_both(100, 1, meter);
    record_bytes(WP_REC_SEND, 200, "gateway", "m1", 1, "ask");
    record_bytes(WP_REC_RECEIPT, 1200, "m1", "gateway", 2, "ask");
    record_step(1300, 2, "expect", "");
    record_bytes(WP_REC_RECEIPT, 2000, "gateway", "m1", 1, "answer");
    record_close(3000, "m1", "gateway", 2, WP_CLOSE_OWN);
    record_bytes(WP_REC_RECEIPT, 3500, "gateway", "m1", 1, "last words");
    record_close(4000, "gateway", "m1", 1, WP_CLOSE_PEER);
    ck_assert(pcap_synth_close(s));
    if (!has_tshark())
        return;
    expect_no_complaint();
    ck_assert_str_eq(tshark("-Y 'frame.number == 1' -T fields -e frame.time_epoch -e ip.src -e ip.dst"),
                     "1705320000.000100000\t127.0.2.1\t127.0.1.1\n");
    ck_assert_str_eq(packets(), "0.000000000 40000 ··········S· 0 made-up: step 1 publish read voltageA\n"
                                "0.000000000 8899 ·······A··S· 0 \n"
                                "0.000000000 40000 ·······A···· 0 \n"
                                "0.001100000 8899 ·······AP··· 3 \n"
                                "0.001100000 40000 ·······A···· 0 \n"
                                "0.001900000 40000 ·······AP··· 6 made-up: step 2 expect\n"
                                "0.001900000 8899 ·······A···· 0 \n"
                                "0.003400000 40000 ·······AP··· 10 \n"
                                "0.003400000 8899 ·······A···· 0 \n"
                                "0.003900000 40000 ·······A···F 0 \n"
                                "0.003900000 8899 ·······A···· 0 \n"
                                "0.003900000 8899 ·······A···F 0 \n"
                                "0.003900000 40000 ·······A···· 0 \n");
}
END_TEST

/* Who breaks off is known from what the other side hears. */
START_TEST(a_break_is_a_reset)
{
    struct pcap_synth *s = begin_run();

    open_both(100, 1, meter);
    record_close(300, "m1", "gateway", 2, WP_CLOSE_OWN);
    record_close(400, "gateway", "m1", 1, WP_CLOSE_RESET);
    ck_assert(pcap_synth_close(s));
    if (!has_tshark())
        return;
    expect_no_complaint();
    ck_assert_str_eq(tshark("-Y tcp.flags.reset==1 -T fields -e frame.number -e tcp.srcport"), "4\t40000\n");
}
END_TEST

/* A gateway that is full hangs up before its client knows that it is connected. */
START_TEST(a_connection_that_is_turned_away)
{
    struct pcap_synth *s = begin_run();

    record_open(100, "gateway", "m1", 1, gateway, meter);
    record_close(100, "gateway", "m1", 1, WP_CLOSE_OWN);
    record_open(200, "m1", "gateway", 2, meter, gateway);
    record_close(300, "m1", "gateway", 2, WP_CLOSE_PEER);
    open_both(400, 3, (struct wp_addr){meter.ip, 40001});
    ck_assert(pcap_synth_close(s));
    if (!has_tshark())
        return;
    expect_no_complaint();
    ck_assert_str_eq(tshark("-Y 'tcp.flags.syn == 1 && tcp.flags.ack == 0' -T fields -e tcp.srcport"),
                     "40000\n40001\n");
    ck_assert_str_eq(tshark("-Y tcp.flags.fin==1 -T fields -e tcp.srcport"), "8899\n40000\n");
}
END_TEST

/* A stranger's side is not recorded: what we send and how we close is all there is. */
START_TEST(a_connection_with_a_stranger)
{
    struct pcap_synth *s = begin_run();

    record_open(100, "m1", NULL, 5, meter, gateway);
    record_bytes(WP_REC_RECEIPT, 200, "m1", NULL, 5, "ask");
    record_bytes(WP_REC_SEND, 300, "m1", NULL, 5, "answer");
    record_close(400, "m1", NULL, 5, WP_CLOSE_OWN);
    record_open(500, "m1", NULL, 6, meter, gateway); /* the same ports again */
    record_bytes(WP_REC_SEND, 600, "m1", NULL, 6, "again");
    ck_assert(pcap_synth_close(s));
    if (!has_tshark())
        return;
    ck_assert_str_eq(tshark("-Y 'tcp.len > 0' -T fields -e tcp.srcport -e tcp.len"),
                     "8899\t3\n40000\t6\n40000\t5\n");
    ck_assert_str_eq(tshark("-Y _ws.malformed"), "");
}
END_TEST

/* ---- datagrams -------------------------------------------------------------------------------------- */

static void record_udp(wp_us at, const char *machine, const char *peer, wp_port port, struct wp_addr own,
                       struct wp_addr far)
{
    struct wp_record r = {.kind = WP_REC_OPEN, .at = at, .machine = machine, .peer = peer, .port = port};

    r.open.own = own;
    r.open.peer = far;
    r.open.transport = WP_UDP;
    wp_transcript_write(&transcript, &r);
}

/* Each is one packet, an empty one and the longest too, where it was received; one to nobody where it was sent. A TCP
 * connection between the same addresses is another matter. */
START_TEST(datagrams_are_packets)
{
    static uint8_t much[WP_DATAGRAM_MAX];
    struct wp_record r = {.kind = WP_REC_RECEIPT, .at = 700, .machine = "gateway", .peer = "m1", .port = 2};
    struct pcap_synth *s = begin_run();

    record_step(0, 1, "wait", "");
    record_udp(100, "m1", "gateway", 1, meter, gateway);
    record_bytes(WP_REC_SEND, 100, "m1", "gateway", 1, "lost");
    record_bytes(WP_REC_SEND, 200, "m1", "gateway", 1, "push");
    record_udp(300, "gateway", "m1", 2, gateway, meter);
    record_bytes(WP_REC_RECEIPT, 300, "gateway", "m1", 2, "push");
    record_bytes(WP_REC_RECEIPT, 400, "m1", "gateway", 1, "odd");
    open_both(450, 8, meter);
    record_close(500, "m1", "gateway", 1, WP_CLOSE_OWN);
    record_bytes(WP_REC_SEND, 600, "gateway", NULL, 2, "nobody");
    r.bytes = wp_slice(much, sizeof much);
    wp_transcript_write(&transcript, &r);
    r.bytes.n = 0;
    wp_transcript_write(&transcript, &r);
    ck_assert(pcap_synth_close(s));
    if (!has_tshark())
        return;
    ck_assert_str_eq(tshark("-o udp.check_checksum:TRUE -o ip.check_checksum:TRUE -Y '_ws.malformed || "
                            "(udp && udp.checksum.status != 1) || ip.checksum.status != 1'"),
                     "");
    ck_assert_str_eq(tshark("-Y udp -T fields -e frame.time_relative -e ip.src -e udp.srcport -e ip.dst "
                            "-e udp.dstport -e udp.length -e frame.comment -E separator=' '"),
                     "0.000000000 127.0.2.1 40000 127.0.1.1 8899 12 made-up: step 1 wait\n"
                     "0.000100000 127.0.1.1 8899 127.0.2.1 40000 11 \n"
                     "0.000300000 127.0.1.1 8899 127.0.2.1 40000 14 \n"
                     "0.000400000 127.0.2.1 40000 127.0.1.1 8899 65515 \n"
                     "0.000400000 127.0.2.1 40000 127.0.1.1 8899 8 \n");
    ck_assert_str_eq(tshark("-Y tcp.flags.syn==1 -T fields -e frame.number"), "3\n4\n");
}
END_TEST

/* ---- broker sessions -------------------------------------------------------------------------------- */

static const struct wp_addr client = {0x7F000301, 40000}, broker = {0x7F000001, 1883};
static const char connect_packet[] = "\x10\x0D\0\x04MQTT\x04\x02\0\x3C\0\x01"
                                     "c";
static const char publish_packet[] = "\x30\x05\0\x01"
                                     "x"
                                     "on";

static void wire(wp_us at, wp_port port, struct wp_wire what)
{
    struct wp_record r = {.kind = WP_REC_WIRE, .at = at, .machine = "c", .peer = "broker", .port = port};

    what.id = 1;
    r.wire = what;
    wp_transcript_write(&transcript, &r);
}

static void wire_packet(wp_us at, bool down, const char *packet, size_t n, const char *topic)
{
    wire(at, 9,
         (struct wp_wire){.what = WP_WIRE_BYTES,
                          .down = down,
                          .bytes = wp_slice(packet, n),
                          .topic = topic ? wp_text(topic) : (struct wp_slice){NULL, 0}});
}

static uint64_t record_message(enum wp_record_kind kind, wp_us at, const char *topic)
{
    struct wp_record r = {.kind = kind, .at = at, .machine = "c", .peer = "broker", .port = 9};

    r.message.topic = wp_text(topic);
    wp_transcript_write(&transcript, &r);
    return r.seq;
}

static void record_check(wp_us at, uint64_t by, const char *title)
{
    struct wp_record r = {.kind = WP_REC_CHECK, .at = at, .machine = "judge"};

    r.check.by = by;
    r.check.title = wp_text(title);
    wp_transcript_write(&transcript, &r);
}

static void open_session(void)
{
    wire(100, 0, (struct wp_wire){.what = WP_WIRE_OPEN, .client = client, .broker = broker});
    wire_packet(100, false, connect_packet, sizeof connect_packet - 1, NULL);
    wire_packet(200, true, "\x20\x02\0\0", 4, NULL);
    wire(200, 9, (struct wp_wire){.what = WP_WIRE_NAMED});
}

/* A publish is judged before its packet is seen, a delivery when it has been; some checks take their time. */
START_TEST(a_check_stands_beside_the_packet_that_decided_it)
{
    struct pcap_synth *s = begin_run();
    uint64_t publish, deliver;

    open_session();
    record_step(250, 3, "publish", "");
    publish = record_message(WP_REC_PUBLISH, 300, "x");
    record_check(300, publish, "expect line 5 pass T-1 T-2");
    wire_packet(400, false, publish_packet, sizeof publish_packet - 1, "x");
    wire_packet(500, true, publish_packet, 3, NULL); /* in two pieces */
    wire_packet(500, true, publish_packet + 3, sizeof publish_packet - 4, "x");
    deliver = record_message(WP_REC_DELIVER, 500, "x");
    record_check(3000000, deliver, "expect line 9 fail T-3");
    record_check(3000000, 0, "none line 11 pass"); /* time decided it */
    record_check(3000000, publish, "always line 2 pass");
    wire(3000000, 9, (struct wp_wire){.what = WP_WIRE_FIN});
    wire(3000000, 9, (struct wp_wire){.what = WP_WIRE_FIN, .down = true});
    ck_assert(pcap_synth_close(s));
    if (!has_tshark())
        return;
    expect_no_complaint();
    ck_assert_str_eq(tshark("-Y 'frame.comment' -T fields -e tcp.len -e frame.comment"),
                     "7\tmade-up: step 3 publish\\nmade-up: expect line 5 pass T-1 T-2\\n"
                     "made-up: always line 2 pass\n"
                     "4\tmade-up: expect line 9 fail T-3\n");
    ck_assert_str_eq(tshark("-Y mqtt -T fields -e mqtt.msgtype -e mqtt.topic -e tcp.completeness"),
                     "1\t\t7\n2\t\t15\n3\tx\t15\n3\tx\t15\n");
    ck_assert_str_eq(tshark("-Y 'tcp.completeness == 31' -T fields -e frame.number"), "15\n16\n17\n");
}
END_TEST

/* A publish that the library refused is a record without a packet, and no other takes its comment. */
START_TEST(a_record_without_a_packet_is_nobodys)
{
    struct pcap_synth *s = begin_run();
    uint64_t refused, sent;

    open_session();
    refused = record_message(WP_REC_PUBLISH, 300, "x/+");
    record_check(300, refused, "never line 1 fail");
    sent = record_message(WP_REC_PUBLISH, 300, "x");
    wire_packet(400, false, publish_packet, sizeof publish_packet - 1, "x");
    record_check(500, sent, "expect line 5 pass");
    ck_assert(pcap_synth_close(s)); /* and with it the session */
    if (!has_tshark())
        return;
    expect_no_complaint();
    ck_assert_str_eq(tshark("-Y 'frame.comment' -T fields -e mqtt.topic -e frame.comment"),
                     "x\tmade-up: expect line 5 pass\n");
    ck_assert_str_eq(tshark("-Y 'tcp.flags.fin == 1' -T fields -e tcp.srcport"), "40000\n1883\n");
}
END_TEST

/* Only what may still be told of waits: the file of a long run grows while it lasts. */
START_TEST(packets_wait_within_a_bound)
{
    static uint8_t much[60000];
    struct pcap_synth *s = begin_run();
    uint64_t early, late;
    FILE *f;

    open_session();
    early = record_message(WP_REC_PUBLISH, 300, "x");
    wire_packet(300, false, publish_packet, sizeof publish_packet - 1, "x");
    for (int i = 0; i < 200; i++)
        wire(400, 9, (struct wp_wire){.what = WP_WIRE_BYTES, .bytes = wp_slice(much, sizeof much)});
    late = record_message(WP_REC_PUBLISH, 500, "x");
    wire_packet(500, false, publish_packet, sizeof publish_packet - 1, "x");
    record_check(600, early, "expect line 5 pass");
    record_check(600, late, "expect line 6 pass");
    f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    fseek(f, 0, SEEK_END);
    ck_assert_int_gt(ftell(f), 3 << 20);
    fclose(f);
    ck_assert(pcap_synth_close(s));
    if (has_tshark())
        ck_assert_str_eq(tshark("-Y 'frame.comment' -T fields -e frame.comment"),
                         "made-up: expect line 6 pass\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pcapng");
    TCase *t = tcase_create("pcapng");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60); /* tshark takes its time to start */
    tcase_add_test(t, packets_come_back_byte_for_byte);
    tcase_add_test(t, a_place_that_cannot_be_written_is_named);
    tcase_add_test(t, a_full_disk_is_noticed);
    tcase_add_test(t, a_made_up_connection_is_flawless);
    tcase_add_test(t, a_run_becomes_a_capture);
    tcase_add_test(t, a_break_is_a_reset);
    tcase_add_test(t, a_connection_that_is_turned_away);
    tcase_add_test(t, a_connection_with_a_stranger);
    tcase_add_test(t, datagrams_are_packets);
    tcase_add_test(t, a_check_stands_beside_the_packet_that_decided_it);
    tcase_add_test(t, a_record_without_a_packet_is_nobodys);
    tcase_add_test(t, packets_wait_within_a_bound);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
