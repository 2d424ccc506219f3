/* Captures replayed: what is told of each frame, of questions without answers, and of what is wrong; goldens.
 * covers: exchange, golden, replay_text, replay_json, replay_print, replay_file */
#include "harness/golden.h"
#include "harness/pcap_tcp.h"
#include "sim/catalog.h"
#include "sim/codec/dlt645.h"
#include "sim/codec/ivy.h"

#include <cJSON.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { METER = 0x1234, VOLTAGE = 0x02010100, CURRENT = 0x02020100 };

static const struct wp_addr meter = {0x7F000201, 40000}, gateway = {0x7F000101, 8899};

static char dir[64], path[128], golden[160];

/* ---- captures made here ----------------------------------------------------------------------------- */

static struct pcapng *file;
static struct pcap_tcp tcp;
static int64_t now_ns;

static void setup(void)
{
    char why_text[256];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);

    strcpy(dir, "/tmp/wattproof-replay-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/x.pcapng", dir);
    snprintf(golden, sizeof golden, "%s.expect", path);
    file = pcapng_new(path, "wattproof tests", &why);
    ck_assert_msg(file != NULL, "%s", wp_put_end(&why));
    tcp = pcap_tcp(file, pcapng_interface(file, PCAPNG_RAW_IP, "made up"), PCAPNG_RAW_IP, meter, gateway);
    now_ns = INT64_C(1705320000000000000);
    pcap_tcp_open(&tcp, now_ns, NULL);
}

static void teardown(void)
{
    char command[160];

    if (file)
        pcapng_close(file);
    file = NULL;
    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

static void send_bytes(unsigned side, struct wp_slice bytes)
{
    now_ns += 10000000;
    pcap_tcp_send(&tcp, side, now_ns, bytes, NULL);
}

static void send_frame(unsigned side, const struct dlt645_frame *frame)
{
    uint8_t memory[DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    dlt645_encode(&w, frame);
    send_bytes(side, wp_written(&w));
}

static void ask(uint64_t address, uint32_t di)
{
    struct dlt645_frame frame;

    dlt645_ask_read(&frame, address, di);
    send_frame(1, &frame);
}

static void tell(uint64_t address, uint32_t di)
{
    static const uint8_t value[] = {0x05, 0x22};
    struct dlt645_frame frame;

    dlt645_reply_read(&frame, address, di, wp_slice(value, sizeof value), false);
    send_frame(0, &frame);
}

static void refuse(uint64_t address)
{
    struct dlt645_frame frame;

    dlt645_reply_error(&frame, address, DLT645_READ, DLT645_ERROR_NO_DATA);
    send_frame(0, &frame);
}

static void hang_up(void)
{
    pcap_tcp_fin(&tcp, 0, now_ns, NULL);
    pcap_tcp_fin(&tcp, 1, now_ns, NULL);
}

static void end_capture(void)
{
    ck_assert(pcapng_close(file));
    file = NULL;
}

/* ---- replaying them --------------------------------------------------------------------------------- */

static char *text, *json, *problems;
static struct replay_summary sum;

/* Everything that is printed stands in `text`, `json` and `problems` until the next replay. */
static enum replay_end replay(struct replay_file r)
{
    static char *owned[3];
    size_t n;
    FILE *out[3];
    enum replay_end end;

    for (int i = 0; i < 3; i++) {
        free(owned[i]);
        out[i] = open_memstream(&owned[i], &n);
    }
    r.text = out[0];
    r.json = out[1];
    end = replay_file(&r, &sum, out[2]);
    for (int i = 0; i < 3; i++)
        fclose(out[i]);
    text = owned[0];
    json = owned[1];
    problems = owned[2];
    return end;
}

static enum replay_end replay_it(void)
{
    end_capture();
    return replay((struct replay_file){.path = path});
}

/* Line by line: Check has no room for a whole text in a sentence. */
static void expect_text(const char *expected)
{
    const char *got = text;

    while (*expected || *got) {
        int n = (int)strcspn(expected, "\n"), m = (int)strcspn(got, "\n");

        ck_assert_msg(n == m && strncmp(expected, got, (size_t)n) == 0, "expected '%.*s', got '%.*s'", n,
                      expected, m, got);
        expected += n + (expected[n] == '\n');
        got += m + (got[m] == '\n');
    }
}

/* The lines that contain the word, without packet number, time and addresses. */
static const char *lines_with(const char *word)
{
    static char out[8192];
    size_t n = 0;

    out[0] = 0;
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        const char *hit = strstr(line, word);

        if (hit && hit < line + len)
            n += (size_t)snprintf(out + n, sizeof out - n, "%.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
    return out;
}

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

/* ---- JSON ------------------------------------------------------------------------------------------- */

static double number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    ck_assert_msg(cJSON_IsNumber(item), "no number %s", name);
    return item->valuedouble;
}

static const char *string(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    ck_assert_msg(cJSON_IsString(item), "no text %s", name);
    return item->valuestring;
}

/* The object in a line of `json`, counted from 0; freed by the next call. */
static const cJSON *json_line(unsigned i)
{
    static cJSON *owned;
    const char *line = json;

    for (; i > 0; i--)
        line = strchr(line, '\n') + 1;
    cJSON_Delete(owned);
    owned = cJSON_ParseWithLength(line, strcspn(line, "\n"));
    ck_assert_msg(owned != NULL, "%.*s", (int)strcspn(line, "\n"), line);
    return owned;
}

START_TEST(an_object_for_each_event)
{
    const cJSON *o;

    ask(METER, VOLTAGE);
    send_bytes(0, wp_text("???"));
    tell(METER, VOLTAGE);
    ask(METER, CURRENT);
    replay_it();
    o = json_line(0);
    ck_assert_str_eq(string(o, "time"), "2024-01-15T12:00:00.010000000Z");
    ck_assert_str_eq(string(o, "from"), "127.0.1.1:8899");
    ck_assert_str_eq(string(o, "codec"), "dlt645");
    ck_assert_str_eq(string(o, "wire"), "68341200000000681104333434"
                                        "35FB16");
    ck_assert_str_eq(string(cJSON_GetObjectItem(o, "frame"), "di"), "02010100");
    o = json_line(1);
    ck_assert_str_eq(string(o, "bad"), "no-start");
    ck_assert_str_eq(string(o, "wire"), "3F3F3F");
    ck_assert_double_eq(number(o, "offset"), 0);
    o = json_line(2);
    ck_assert_double_eq(number(o, "answers"), 4);
    ck_assert_double_eq_tol(number(o, "after"), 0.02, 1e-9);
    ck_assert_double_eq(number(o, "offset"), 3);
    ck_assert_double_eq(number(json_line(4), "unanswered"), 10);
    o = cJSON_GetObjectItem(json_line(5), "summary");
    ck_assert_double_eq(number(o, "findings"), 2);
    ck_assert_double_eq(number(cJSON_GetObjectItem(o, "frames"), "dlt645"), 3);
    json_line(0);
}
END_TEST

/* ---- goldens ---------------------------------------------------------------------------------------- */

static void write_text(const char *name, const char *content)
{
    FILE *f = fopen(name, "w");

    ck_assert_ptr_nonnull(f);
    fputs(content, f);
    fclose(f);
}

static char *read_text(const char *name)
{
    static char content[16384];
    FILE *f = fopen(name, "r");
    size_t n;

    ck_assert_ptr_nonnull(f);
    n = fread(content, 1, sizeof content - 1, f);
    content[n] = 0;
    fclose(f);
    return content;
}

static enum replay_end replay_golden(bool update)
{
    return replay((struct replay_file){.path = path, .golden = golden, .update = update});
}

START_TEST(a_golden_is_what_was_printed)
{
    ask(METER, VOLTAGE);
    end_capture();
    ck_assert_int_eq(replay_golden(true), REPLAY_FINDINGS);
    ck_assert_int_eq(strncmp(read_text(golden), "# wattproof replay 1, dlt645 1\n4 2024", 36), 0);
    expect_text(strchr(read_text(golden), '\n') + 1);
    ck_assert_int_eq(replay_golden(false), REPLAY_CLEAN); /* its findings are expected */
    ck_assert_str_eq(problems, "");
}
END_TEST

START_TEST(the_first_difference_is_told_with_its_line)
{
    char expected[512], *content;

    ask(METER, VOLTAGE);
    end_capture();
    replay_golden(true);
    content = read_text(golden);
    strstr(content, "frames dlt645 1")[14] = '2';
    write_text(golden, content);
    ck_assert_int_eq(replay_golden(false), REPLAY_FINDINGS);
    snprintf(expected, sizeof expected,
             "wattproof: %s:6: expected 'frames dlt645 2', got 'frames dlt645 1'\n", golden);
    ck_assert_str_eq(problems, expected);
    replay_golden(true);
    content = read_text(golden);
    strcat(content, "more\n");
    write_text(golden, content);
    ck_assert_int_eq(replay_golden(false), REPLAY_FINDINGS);
    ck_assert_ptr_nonnull(strstr(problems, ":10: expected 'more', got the end"));
    *strstr(content, "findings") = 0;
    write_text(golden, content);
    ck_assert_int_eq(replay_golden(false), REPLAY_FINDINGS);
    ck_assert_ptr_nonnull(strstr(problems, ":9: expected the end, got 'findings 1'"));
    replay_golden(true);
    content = read_text(golden);
    memcpy(strstr(content, "checksum=FB"), "CHECK", 5); /* far behind in a long line */
    write_text(golden, content);
    ck_assert_int_eq(replay_golden(false), REPLAY_FINDINGS);
    ck_assert_ptr_nonnull(strstr(problems, ":2: expected '..."));
    ck_assert_ptr_nonnull(strstr(problems, "CHECKsum=FB', got '..."));
    ck_assert_ptr_nonnull(strstr(problems, " checksum=FB'\n"));
}
END_TEST

START_TEST(a_golden_of_another_print_version_is_refused)
{
    static const char *const heads[] = {"# wattproof replay 1, dlt645 99\n",
                                        "# wattproof replay 99, dlt645 1\n",
                                        "# wattproof replay 1, no-such-codec 1\n",
                                        "# wattproof replay\n",
                                        "4 2024-01-15",
                                        ""};

    ask(METER, VOLTAGE);
    end_capture();
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        write_text(golden, heads[i]);
        ck_assert_int_eq(replay_golden(false), REPLAY_UNREADABLE);
        ck_assert_msg(strstr(problems, "--update writes it anew") != NULL, "%s", problems);
        ck_assert_str_eq(text, "");
    }
    ck_assert_int_eq(replay_golden(true), REPLAY_FINDINGS);
    ck_assert_int_eq(replay_golden(false), REPLAY_CLEAN);
}
END_TEST

START_TEST(a_broken_file_is_told_up_to_its_break)
{
    struct stat whole;

    ask(METER, VOLTAGE);
    tell(METER, VOLTAGE);
    end_capture();
    ck_assert_int_eq(stat(path, &whole), 0);
    ck_assert_int_eq(truncate(path, whole.st_size - 80), 0); /* in the reply, before its acknowledgement */
    ck_assert_int_eq(replay_golden(true), REPLAY_UNREADABLE);
    ck_assert_ptr_nonnull(strstr(problems, "x.pcapng: packet "));
    ck_assert_msg(strstr(problems, "truncated"), "%s", problems);
    ck_assert_uint_eq(sum.n_frames, 1);
    ck_assert_int_ne(access(golden, F_OK), 0); /* half a capture makes no golden */
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

START_TEST(a_folder_is_replayed_in_the_order_of_names)
{
    char name[160], *out = NULL;
    size_t n;
    FILE *stream = open_memstream(&out, &n);
    struct replay_counts counts;

    ask(METER, VOLTAGE);
    tell(METER, VOLTAGE);
    end_capture();
    replay_golden(true);
    snprintf(name, sizeof name, "%s/a", dir);
    ck_assert_int_eq(mkdir(name, 0755), 0);
    snprintf(name, sizeof name, "%s/a/broken.pcap", dir);
    write_text(name, "nothing of that kind");
    snprintf(name, sizeof name, "%s/y.pcapng", dir);
    ck_assert_int_eq(link(path, name), 0);
    snprintf(name, sizeof name, "%s/z.pcapng", dir);
    ck_assert_int_eq(link(path, name), 0);
    snprintf(name, sizeof name, "%s/z.pcapng.expect", dir);
    write_text(name, "# wattproof replay 1, dlt645 1\nsomething else\n");
    counts = replay_all(dir, stream);
    fclose(stream);
    ck_assert_uint_eq(counts.captures, 4);
    ck_assert_uint_eq(counts.unreadable, 1);
    ck_assert_uint_eq(counts.as_expected, 1);
    ck_assert_uint_eq(counts.without_golden, 1);
    ck_assert_uint_eq(counts.different, 1);
    ck_assert_uint_eq(counts.frames, 6);
    ck_assert_ptr_nonnull(strstr(out, "a/broken.pcap: unreadable\n"));
    ck_assert_ptr_nonnull(strstr(out, "\nx.pcapng: 2 frames, 0 findings, as expected\n"));
    ck_assert_ptr_nonnull(
        strstr(out, "\ny.pcapng: 2 frames, 0 findings; no golden, replay --update writes it\n"));
    ck_assert_ptr_nonnull(strstr(out, "\nz.pcapng: 2 frames, 0 findings, not as expected\n"));
    free(out);
    stream = fopen("/dev/null", "w");
    ck_assert_uint_eq(replay_all("/nowhere", stream).captures, 0);
    fclose(stream);
}
END_TEST

/* ---- others' captures ------------------------------------------------------------------------------- */

static const char *shared(const char *name)
{
    static char full[512];
    const char *folder = getenv("WATTPROOF_TESTDATA");

    snprintf(full, sizeof full, "%s/captures/%s", folder ? folder : "../shared", name);
    if (access(full, R_OK) == 0)
        return full;
    printf("skipped: no test data at %s\n", full);
    return NULL;
}

/* The original gateway and five meters. Counted by another program over tshark's payloads: 270 requests, 298 replies,
 * each request with its reply. */
START_TEST(the_original_gateways_capture_decodes_completely)
{
    const char *name = shared("dlt645/ivy-4g-gateway_5meters_dlt645_mqtt.pcap");

    if (!name)
        return;
    ck_assert_int_eq(replay((struct replay_file){.path = name}), REPLAY_CLEAN);
    ck_assert_uint_eq(sum.packets, 1334);
    ck_assert_uint_eq(sum.n_frames, 270 + 298);
    ck_assert_uint_eq(sum.questions, 270);
    ck_assert_uint_eq(sum.answered, 270);
    ck_assert_uint_eq(sum.unasked, 298 - 270);
    ck_assert_uint_eq(sum.bad + sum.gaps, 0);
    ck_assert_uint_eq(sum.ours, 5);
    ck_assert_str_eq(lines_with("foreign TCP"),
                     "foreign TCP 127.0.0.1:53578 > 127.0.0.1:1884: 33 bytes, 63855 back\n");
}
END_TEST

/* IEC 60870-5-104 begins with 68, too. Neither it nor anything else of other protocols is ours; counts of packets and
 * retransmissions as in INDEX.md. */
START_TEST(nothing_foreign_is_claimed)
{
    static const struct {
        const char *name;
        uint64_t packets, retransmitted;
    } row[] = {
        {"negative/ITI__pcaps_IEC60870-5-104_090813_diverse.pcap", 173, 0},
        {"negative/ITI__pcaps_IEC60870-5-104_JavaRMI_and_IEC_Misc.pcap", 357, 1},
        {"negative/ITI__pcaps_IEC60870-5-104_TestDissectIec104.pcap", 147, 0},
        {"negative/the-tcpdump-group__HDLC.pcap", 38, 0},
        {"modbus/ITI__ModbusTCP.pcap", 15387, 8},
        {"modbus/ITI__Modbus_modbus_test_2.pcap", 4901, 926},
        {"modbus/ITI__pcaps_bro_modbus_modbusBig.pcap", 13622, 0},
        {"mqtt/OISF__mqtt-limit-2.pcap", 37, 0},
        {"luxpower/derived_lxp-bridge_fixtures_split7.pcap", 93, 0},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const char *name = shared(row[i].name);

        if (!name)
            return;
        ck_assert_int_eq(replay((struct replay_file){.path = name}), REPLAY_NOTHING);
        ck_assert_uint_eq(sum.packets, row[i].packets);
        ck_assert_uint_eq(sum.n_frames, 0);
        ck_assert_uint_eq(sum.ours, 0);
        ck_assert_uint_eq(sum.retransmitted, row[i].retransmitted);
    }
}
END_TEST

/* DLMS in wrappers over TCP, on the loopback link: 266 of them (INDEX.md). */
START_TEST(wrappers_on_the_loopback_link)
{
    const char *name = shared("dlms/htanwar922__Output-Ciphered-HLS-AuthEnc.pcap");

    if (!name)
        return;
    ck_assert_int_eq(replay((struct replay_file){.path = name}), REPLAY_CLEAN);
    ck_assert_str_eq(lines_with("frames"), "frames ivy 266\n");
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
    tcase_add_test(t, a_retransmission_is_counted_and_not_decoded);
    tcase_add_test(t, a_stream_that_is_not_ours_is_named);
    tcase_add_test(t, sessions_and_frames_share_a_connection);
    tcase_add_test(t, datagrams_are_decoded);
    tcase_add_test(t, an_object_for_each_event);
    tcase_add_test(t, a_golden_is_what_was_printed);
    tcase_add_test(t, the_first_difference_is_told_with_its_line);
    tcase_add_test(t, a_golden_of_another_print_version_is_refused);
    tcase_add_test(t, a_broken_file_is_told_up_to_its_break);
    tcase_add_test(t, links_that_cannot_be_read_are_named);
    tcase_add_test(t, a_folder_is_replayed_in_the_order_of_names);
    tcase_add_test(t, the_original_gateways_capture_decodes_completely);
    tcase_add_test(t, nothing_foreign_is_claimed);
    tcase_add_test(t, wrappers_on_the_loopback_link);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
