/* MQTT captures that others made (Suricata's and Zeek's test traffic), replayed: counts, faults, and tshark's word on
 * every packet. */
#include "harness/fields.h"
#include "harness/home.h"
#include "harness/stream.h"
#include "sim/catalog.h"
#include "sim/codec/mqtt.h"
#include "tests/replay_rig.h"

#include <cjson/cJSON.h>
#include <strings.h>

/* What INDEX.md says of each file, and what we say. A packet with a fault is a message there, and for us bad bytes of
 * that packet: INDEX is right about how many there are, we about what they are. */
static const struct {
    const char *name;
    unsigned messages, publishes; /* INDEX.md */
    const char *bad;              /* the packets with a fault: "capture packet: fault, bytes"; "" for none */
    bool bad_publish;             /* one of them is called a PUBLISH by INDEX.md */
} files[] = {
    {"OISF__mqtt-connect-rules_mqtt5_pub_jpeg", 4, 1, "", false},
    {"OISF__mqtt-events-invalid-qos", 4, 1, "8 qos 28", true}, /* 36: QoS 3 */
    {"OISF__mqtt-events-missing-connect", 21, 3, "", false},
    {"OISF__mqtt-events-unassigned-msgtype", 4, 0, "8 type 26", false}, /* 00 */
    {"OISF__mqtt-events-unintroduced", 2, 1, "", false},
    {"OISF__mqtt-frames-truncated", 2, 0, "",
     false}, /* cut by its capture: whole packets, and then no more */
    {"OISF__mqtt-limit-2", 12, 4, "", false},
    {"OISF__mqtt-midstream-split_mqtt-midstream-split", 3, 1, "", false},
    {"OISF__mqtt-ping", 2, 0, "", false},
    {"OISF__mqtt31-unsub-qos1", 9, 0, "", false},
    {"OISF__mqtt311-pub-qos1", 5, 1, "", false},
    {"OISF__mqtt311-pub-qos2", 7, 1, "", false},
    /* A CONNECT whose properties claim FF 21 bytes, 4351, in a packet of 49; tshark calls it malformed, too. */
    {"OISF__mqtt5-excessiveproplen", 4, 1, "4 length 49", false},
    {"OISF__mqtt5-pub-mosquittoprops", 5, 1, "", false},
    {"OISF__mqtt5-pub-qos2", 7, 1, "", false},
    {"OISF__mqtt5-sub-mosquittoprops", 5, 0, "", false},
    {"zeek__mqtt", 20, 3, "", false},
};

enum { N_FILES = sizeof files / sizeof files[0] };

static const char *capture_of(size_t i)
{
    char name[128];

    snprintf(name, sizeof name, "mqtt/%s.pcap", files[i].name);
    return shared(name);
}

static unsigned count(const char *word)
{
    unsigned n = 0;

    for (const char *p = text; (p = strstr(p, word)); p++)
        n++;
    return n;
}

/* "8 qos 28" of the line "8 2020-... mqtt bad qos at=0 bytes=28 hex=..." */
static const char *bad_parts(void)
{
    static char out[256];
    size_t n = 0;

    out[0] = 0;
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        const char *bad = strstr(line, " mqtt bad "), *bytes = bad ? strstr(bad, " bytes=") : NULL;

        if (bad && bad < line + strcspn(line, "\n"))
            n += (size_t)snprintf(out + n, sizeof out - n, "%s%d %.*s %d", n ? ", " : "", atoi(line),
                                  (int)strcspn(bad + 10, " "), bad + 10, atoi(bytes + 7));
    }
    return out;
}

START_TEST(the_counts_are_those_of_the_index)
{
    for (size_t i = 0; i < N_FILES; i++) {
        const char *name = capture_of(i);
        bool has_bad = files[i].bad[0];

        if (!name)
            return;
        replay((struct replay_file){.path = name});
        ck_assert_msg(sum.n_frames + has_bad == files[i].messages, "%s: %u messages", files[i].name,
                      (unsigned)sum.n_frames);
        ck_assert_msg(count(" mqtt type=PUBLISH ") + files[i].bad_publish == files[i].publishes,
                      "%s: PUBLISHes", files[i].name);
        ck_assert_msg(strcmp(bad_parts(), files[i].bad) == 0, "%s: %s", files[i].name, bad_parts());
        ck_assert_uint_eq(sum.bad, has_bad);
    }
}
END_TEST

/* ---- any split -------------------------------------------------------------------------------------- */

static char told[2][1 << 16];
static size_t n_told;
static unsigned which;

static void tell_part(void *ctx, struct stream *s, const struct stream_part *part)
{
    char *out = told[which] + n_told;
    struct wp_writer w = wp_writer(out, sizeof told[0] - n_told);

    (void)ctx;
    (void)s;
    if (part->frame)
        fields_put_line(&w, part->codec, part->frame);
    else
        wp_put_text(&w, wp_fault_text(part->bad.fault));
    wp_put_char(&w, '\n');
    wp_put_end(&w);
    n_told += w.n;
}

/* Both directions of a connection in pieces of `n` bytes, in turn. */
static void play(const struct wp_slice bytes[2], size_t n)
{
    struct stream_decoder decoder;
    struct stream stream[2];
    const struct moment when = {0, 1};
    size_t at[2] = {0, 0};

    n_told = 0;
    told[which][0] = 0;
    stream_decoder_init(&decoder, NULL, tell_part, NULL);
    for (unsigned d = 0; d < 2; d++)
        stream_init(&stream[d], &decoder, d ? WP_SIDE_SERVER : WP_SIDE_CLIENT, &stream[!d]);
    for (unsigned d = 0; d < 2; d++) {
        while (at[d] < bytes[d].n) {
            size_t piece = bytes[d].n - at[d] < n ? bytes[d].n - at[d] : n;

            stream_push(&stream[d], wp_slice(bytes[d].p + at[d], piece), &when);
            at[d] += piece;
        }
    }
    for (unsigned d = 0; d < 2; d++)
        stream_end(&stream[d], &when);
    for (unsigned d = 0; d < 2; d++)
        stream_free(&stream[d]);
    stream_decoder_free(&decoder);
}

/* The connections of a vector file of ours: lines from-client, each followed by its from-server. */
static void split_file(const char *name)
{
    static char line[16384];
    static uint8_t memory[2][8192];
    struct wp_slice bytes[2] = {{NULL, 0}, {NULL, 0}};
    char full[512];
    FILE *in;

    snprintf(full, sizeof full, "%s/captures/mqtt/%s", home_dir(), name);
    in = fopen(full, "r");
    ck_assert_msg(in != NULL, "%s", full);
    while (fgets(line, sizeof line, in)) {
        unsigned d = strncmp(line, "from-server ", 12) == 0;
        size_t n;

        if (strncmp(line, "from-", 5) != 0)
            continue;
        ck_assert(wp_hex_read(wp_text(line + 12), memory[d], sizeof memory[d], &n));
        bytes[d] = wp_slice(memory[d], n);
        if (d == 0)
            continue;
        which = 0;
        play(bytes, SIZE_MAX);
        which = 1;
        for (size_t piece = 1; piece < 50; piece++) {
            play(bytes, piece);
            ck_assert_msg(strcmp(told[0], told[1]) == 0, "%s in pieces of %zu bytes", name, piece);
        }
    }
    fclose(in);
}

START_TEST(any_split_gives_the_same_packets)
{
    split_file("session_v31.vec");
    split_file("session_v311.vec");
    split_file("session_v5.vec");
}
END_TEST

/* ---- payloads that look like packets ---------------------------------------------------------------- */

/* A PUBLISH of 300 000 bytes, every third of them the beginning of a ping, on a slow line: pauses of 3 s. */
static void play_large(bool has_hole)
{
    enum { SIZE = 300000, PIECE = 1460 };
    static uint8_t memory[SIZE + 64], payload[SIZE];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct stream_decoder decoder;
    struct stream stream[2];
    struct moment when = {0, 1};
    struct mqtt_frame f = {.type = MQTT_CONNECT, .version = MQTT_V311};

    for (size_t i = 0; i < SIZE; i++)
        payload[i] = (uint8_t) "\xC0\0A"[i % 3];
    mqtt_encode(&w, &f);
    f = (struct mqtt_frame){.type = MQTT_PUBLISH,
                            .version = MQTT_V311,
                            .topic = wp_text("a/b"),
                            .payload = wp_slice(payload, SIZE)};
    mqtt_encode(&w, &f);
    f = (struct mqtt_frame){.type = MQTT_PUBLISH, .version = MQTT_V311, .topic = wp_text("a/bc")};
    mqtt_encode(&w, &f);
    ck_assert(!w.full);
    n_told = 0;
    which = 0;
    stream_decoder_init(&decoder, NULL, tell_part, NULL);
    for (unsigned d = 0; d < 2; d++)
        stream_init(&stream[d], &decoder, d ? WP_SIDE_SERVER : WP_SIDE_CLIENT, &stream[!d]);
    for (size_t at = 0; at < w.n; at += PIECE) {
        size_t n = w.n - at < PIECE ? w.n - at : PIECE;

        if (at / PIECE % 50 == 49)
            when.ns += INT64_C(3000000000);
        if (has_hole && at / PIECE == 70)
            stream_gap(&stream[0], n, &when);
        else
            stream_push(&stream[0], wp_slice(memory + at, n), &when);
    }
    for (unsigned d = 0; d < 2; d++)
        stream_end(&stream[d], &when);
    for (unsigned d = 0; d < 2; d++)
        stream_free(&stream[d]);
    stream_decoder_free(&decoder);
}

START_TEST(a_slow_large_payload_is_one_packet)
{
    play_large(false);
    text = told[0];
    ck_assert_uint_eq(count("type=PUBLISH"), 2);
    ck_assert_uint_eq(count("type=PING"), 0);
}
END_TEST

/* Of the PUBLISH with a hole in it nothing is left; what follows it is found. */
START_TEST(the_rest_of_a_payload_is_no_packets)
{
    play_large(true);
    text = told[0];
    ck_assert_uint_eq(count("type=PUBLISH"), 1);
    ck_assert_uint_eq(count("topic=a/bc"), 1);
    ck_assert_uint_eq(count("type=PING"), 0);
}
END_TEST

/* ---- tshark's word ---------------------------------------------------------------------------------- */

/* A column: tshark's field, and what it is of our object. */
enum column { TYPE, LENGTH, TOPICS, ID, QOS, DUP, RETAIN, CLIENT, USER, KEEP_ALIVE, PAYLOAD, N_COLUMNS };

static const char *const fields[N_COLUMNS] = {
    "mqtt.msgtype", "mqtt.len",      "mqtt.topic",    "mqtt.msgid",  "mqtt.qos", "mqtt.dupflag",
    "mqtt.retain",  "mqtt.clientid", "mqtt.username", "mqtt.kalive", "mqtt.msg",
};

/* "41;3;16;..." of each capture packet, the values of several MQTT packets in it one behind the other. */
static char ours[1 << 21], theirs[1 << 21];

struct row {
    int packet;
    char column[N_COLUMNS][1 << 18];
};

static void add(struct row *row, enum column c, const char *value)
{
    size_t used = strlen(row->column[c]);

    if (value && value[0])
        snprintf(row->column[c] + used, sizeof row->column[c] - used, "%s%s", used ? "," : "", value);
}

static const char *number_of(const cJSON *frame, const char *key)
{
    static char out[32];
    const cJSON *item = cJSON_GetObjectItem(frame, key);

    out[0] = 0;
    if (cJSON_IsNumber(item))
        snprintf(out, sizeof out, "%.0f", item->valuedouble);
    if (cJSON_IsBool(item))
        snprintf(out, sizeof out, "%d", cJSON_IsTrue(item));
    return out;
}

static const char *type_number(const char *name)
{
    static const char *const names[] = {
#define X(name, number) [number] = #name,
        MQTT_TYPES(X)
#undef X
    };
    static char out[8];

    for (unsigned i = 1; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            snprintf(out, sizeof out, "%u", i);
    return out;
}

static void add_topics(struct row *row, const cJSON *frame)
{
    const cJSON *filter;

    add(row, TOPICS, cJSON_GetStringValue(cJSON_GetObjectItem(frame, "topic")));
    cJSON_ArrayForEach(filter, cJSON_GetObjectItem(frame, "filters"))
        add(row, TOPICS, cJSON_GetStringValue(filter));
}

/* A payload's bytes are the last ones of its packet. */
static void add_payload(struct row *row, const cJSON *line, const cJSON *frame)
{
    const char *wire = cJSON_GetStringValue(cJSON_GetObjectItem(line, "wire"));
    size_t n = (size_t)atoi(number_of(frame, "payloadLength")) * 2;

    add(row, PAYLOAD, wire + strlen(wire) - n);
}

/* 3.1 calls the bits QoS 1 that are simply reserved and 1 in the later ones, and so does tshark. */
static bool is_flagged_in_31(const cJSON *frame, const char *type)
{
    return strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(frame, "version")), "3.1") == 0 &&
           (strcmp(type, "SUBSCRIBE") == 0 || strcmp(type, "UNSUBSCRIBE") == 0 ||
            strcmp(type, "PUBREL") == 0);
}

static void add_frame(struct row *row, const cJSON *line)
{
    const cJSON *frame = cJSON_GetObjectItem(line, "frame");
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItem(frame, "type"));
    bool is_publish = strcmp(type, "PUBLISH") == 0;

    add(row, TYPE, type_number(type));
    add(row, LENGTH, number_of(frame, "remainingLength"));
    add_topics(row, frame);
    add(row, ID, number_of(frame, "packetId"));
    add(row, CLIENT, cJSON_GetStringValue(cJSON_GetObjectItem(frame, "clientId")));
    add(row, USER, cJSON_GetStringValue(cJSON_GetObjectItem(frame, "user")));
    add(row, KEEP_ALIVE, number_of(frame, "keepAlive"));
    if (is_flagged_in_31(frame, type)) {
        add(row, QOS, "1");
        add(row, DUP, cJSON_IsTrue(cJSON_GetObjectItem(frame, "dup")) ? "1" : "0");
    }
    if (!is_publish)
        return;
    add(row, QOS, number_of(frame, "qos"));
    add(row, DUP, number_of(frame, "dup"));
    add(row, RETAIN, number_of(frame, "retain"));
    add_payload(row, line, frame);
}

static void end_row(struct row *row)
{
    size_t used = strlen(ours);

    if (!row->packet)
        return;
    used += (size_t)snprintf(ours + used, sizeof ours - used, "%d", row->packet);
    for (size_t c = 0; c < N_COLUMNS; c++)
        used += (size_t)snprintf(ours + used, sizeof ours - used, ";%s", row->column[c]);
    snprintf(ours + used, sizeof ours - used, "\n");
    memset(row, 0, sizeof *row);
}

static void read_ours(void)
{
    struct row *row = calloc(1, sizeof *row);

    ours[0] = 0;
    for (char *line = strtok(json, "\n"); line; line = strtok(NULL, "\n")) {
        cJSON *object = cJSON_Parse(line);
        const char *codec = cJSON_GetStringValue(cJSON_GetObjectItem(object, "codec"));
        int packet = (int)cJSON_GetNumberValue(cJSON_GetObjectItem(object, "packet"));

        if (codec && strcmp(codec, "mqtt") == 0 && cJSON_GetObjectItem(object, "frame")) {
            if (packet != row->packet)
                end_row(row);
            row->packet = packet;
            add_frame(row, object);
        }
        cJSON_Delete(object);
    }
    end_row(row);
    free(row);
}

/* tshark's rows; the packets with a fault in them left out, for we have none there. */
static void read_theirs(const char *capture, int faulty)
{
    char command[2048];
    size_t n = (size_t)snprintf(
               command, sizeof command,
               "tshark -r '%s' -d tcp.port==1884,mqtt -d tcp.port==18830,mqtt -Y mqtt.msgtype -T fields "
               "-E separator=';' -E aggregator=, -e frame.number",
               capture),
           used = 0;
    static char line[1 << 19];
    FILE *in;

    for (size_t c = 0; c < N_COLUMNS; c++)
        n += (size_t)snprintf(command + n, sizeof command - n, " -e %s", fields[c]);
    snprintf(command + n, sizeof command - n, " 2>/dev/null");
    in = popen(command, "r");
    ck_assert_ptr_nonnull(in);
    theirs[0] = 0;
    while (fgets(line, sizeof line, in)) {
        char *missing = strstr(line, "<MISSING>"); /* an empty payload */

        if (missing)
            strcpy(missing, "\n");
        if (atoi(line) != faulty)
            used += (size_t)snprintf(theirs + used, sizeof theirs - used, "%s", line);
    }
    ck_assert_int_eq(pclose(in), 0);
}

static bool has_tshark(void)
{
    if (system("command -v tshark >/dev/null 2>&1") == 0)
        return true;
    printf("skipped: tshark is not installed\n");
    return false;
}

/* Length of the line up to that column. */
static int after_columns(const char *line, enum column c)
{
    const char *at = line;

    for (unsigned i = 0; i <= c; i++)
        at = strchr(at, ';') + 1;
    return (int)(at - line);
}

/* Our hexadecimal digits are upper case, tshark's lower case: only in payloads, and compared so. */
static void compare(const char *capture, int faulty)
{
    /* Its CONNECT is not in the capture. We learn from the CONNACK's properties that this is version 5, tshark does
     * not, and counts the empty properties of the PUBLISH to its payload: 00 before the FF D8 of a JPEG. */
    bool is_misread = strstr(capture, "mqtt-midstream-split") != NULL;
    const char *a = ours, *b = theirs;

    replay((struct replay_file){.path = capture, .codec = wp_codec_find("mqtt")});
    read_ours();
    read_theirs(capture, faulty);
    ck_assert_msg(ours[0] != 0, "%s: nothing of ours", capture);
    while (*a || *b) {
        int n = (int)strcspn(a, "\n"), m = (int)strcspn(b, "\n");

        if (is_misread && *a && *b && (m = after_columns(b, PAYLOAD)) > 0)
            n = after_columns(a, PAYLOAD);
        ck_assert_msg(n == m && strncasecmp(a, b, (size_t)n) == 0, "%s: ours '%.*s', tshark's '%.*s'",
                      capture, n < 300 ? n : 300, a, m < 300 ? m : 300, b);
        a += strcspn(a, "\n") + 1;
        b += strcspn(b, "\n") + 1;
    }
}

START_TEST(tshark_reads_the_same_in_others_captures)
{
    for (size_t i = 0; i < N_FILES && has_tshark(); i++) {
        const char *name = capture_of(i);

        if (!name)
            return;
        compare(name, atoi(files[i].bad));
    }
    if (has_tshark() && shared("dlt645/ivy-4g-gateway_5meters_dlt645_mqtt.pcap"))
        compare(shared("dlt645/ivy-4g-gateway_5meters_dlt645_mqtt.pcap"), 0);
}
END_TEST

START_TEST(tshark_reads_the_same_in_ours)
{
    static const char *const names[] = {"own-v31", "own-v311", "own-v5"};
    char full[512];

    for (size_t i = 0; i < 3 && has_tshark(); i++) {
        snprintf(full, sizeof full, "%s/captures/mqtt/%s.pcap", home_dir(), names[i]);
        compare(full, 0);
    }
}
END_TEST

/* Streams of other protocols stay whose they are. */
START_TEST(nothing_else_is_taken_for_mqtt)
{
    static const char *const names[] = {
        "dlms/htanwar922__Output.pcap",
        "luxpower/derived_lxp-bridge_fixtures.pcap",
        "luxpower/derived_lxp-bridge_fixtures_split7.pcap",
        "modbus/ITI__ModbusTCP.pcap",
        "modbus/ITI__mb2.pcap",
        "modbus/ITI__modbus_test_data_part2.pcap",
        "modbus/ITI__pcaps_bro_modbus_modbusBig.pcap",
        "modbus/zeek__modbus_modbus-and-non-modbus-p502.pcap",
        "negative/ITI__pcaps_IEC60870-5-104_090813_diverse.pcap",
        "negative/ITI__pcaps_IEC60870-5-104_JavaRMI_and_IEC_Misc.pcap",
        "negative/ITI__pcaps_IEC60870-5-104_TestDissectIec104.pcap",
        "negative/the-tcpdump-group__HDLC.pcap",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *name = shared(names[i]);

        if (!name)
            return;
        ck_assert_msg(replay((struct replay_file){.path = name, .codec = wp_codec_find("mqtt")}) ==
                          REPLAY_NOTHING,
                      "%s", names[i]);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mqtt_captures");
    TCase *t = tcase_create("mqtt_captures");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, the_counts_are_those_of_the_index);
    tcase_add_test(t, any_split_gives_the_same_packets);
    tcase_add_test(t, a_slow_large_payload_is_one_packet);
    tcase_add_test(t, the_rest_of_a_payload_is_no_packets);
    tcase_add_test(t, tshark_reads_the_same_in_others_captures);
    tcase_add_test(t, tshark_reads_the_same_in_ours);
    tcase_add_test(t, nothing_else_is_taken_for_mqtt);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
