/* What an MQTT session tells of its client: names, passwords, topics, payloads. */
#include "sim/codec/mqtt.h"
#include "tests/anonymise_rig.h"

static void send_mqtt(unsigned side, const struct mqtt_frame *f)
{
    uint8_t memory[4096];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    mqtt_encode(&w, f);
    ck_assert(!w.full);
    send_bytes(side, wp_written(&w));
}

static void send_connect(const char *client, const char *user, const char *password)
{
    struct mqtt_frame f = {.type = MQTT_CONNECT, .version = MQTT_V311};

    f.connect.client_id = wp_text(client);
    f.connect.has_user = f.connect.has_password = true;
    f.connect.user = wp_text(user);
    f.connect.password = wp_text(password);
    f.connect.has_will = true;
    f.connect.will.topic = wp_text("ivy/v1/meters/202401010007/status");
    f.connect.will.payload = wp_text("{\"online\":false}");
    send_mqtt(0, &f);
    send_mqtt(1, &(struct mqtt_frame){.type = MQTT_CONNACK, .version = MQTT_V311});
}

static void publish(const char *topic, const char *payload)
{
    send_mqtt(0, &(struct mqtt_frame){.type = MQTT_PUBLISH,
                                      .version = MQTT_V311,
                                      .topic = wp_text(topic),
                                      .payload = wp_text(payload)});
}

static bool result_holds(const char *what)
{
    char *bytes;
    size_t n = read_bytes(out_path, &bytes);
    bool there = holds(bytes, n, what, strlen(what));

    free(bytes);
    return there;
}

/* The meter's address on the wire of the meter and in the gateway's messages is one id. */
START_TEST(the_same_meter_in_frames_topics_and_payloads)
{
    struct pcap_tcp line = pcap_tcp(file, 0, PCAPNG_RAW_IP, (struct wp_addr){0x0A000005, 40001},
                                    (struct wp_addr){0x0A000006, 8899});
    uint8_t memory[DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct dlt645_frame frame;
    char topic[64];

    dlt645_reply_address(&frame, UINT64_C(0x202401010007));
    dlt645_encode(&w, &frame);
    pcap_tcp_open(&line, now_ns, NULL);
    pcap_tcp_send(&line, 0, now_ns, wp_written(&w), NULL);
    send_connect("gw-202401010007", "operator-77", "s3cret-pass");
    publish("ivy/v1/meters/202401010007/telemetry", "{\"meterId\":\"202401010007\",\"ts\":1705320000000}");
    end_capture();
    anonymise_it(path);
    expect_same(path);
    expect_gone("202401010007", true);
    snprintf(topic, sizeof topic, "ivy/v1/meters/%s/telemetry", becomes("202401010007"));
    ck_assert(result_holds(topic));
    ck_assert_ptr_nonnull(strstr(becomes("gw-202401010007"), becomes("202401010007")));
    ck_assert(!result_holds("operator-77"));
    ck_assert(!result_holds("s3cret-pass"));
    ck_assert(result_holds("\"ts\":1705320000000}"));
    ck_assert_ptr_nonnull(strstr(said, "mqtt clientId "));
    ck_assert_ptr_nonnull(strstr(said, "mqtt user "));
    ck_assert_ptr_nonnull(strstr(said, "mqtt password "));
    ck_assert_ptr_nonnull(strstr(said, "mqtt willTopic level "));
}
END_TEST

START_TEST(addresses_in_payloads_are_those_of_packets)
{
    char *ip;

    publish("a/b",
            "{\"ip\":\"127.0.2.1\",\"peer\":\"127.0.1.1:8899\",\"not\":\"127.0.2.10\",\"lo\":\"127.0.0.1\"}");
    end_capture();
    anonymise_it(path);
    read_map();
    ck_assert(!result_holds("127.0.2.1\""));
    ck_assert(!result_holds("127.0.1.1:"));
    ck_assert(result_holds("\"not\":\"127.0.2.10\""));
    ck_assert(result_holds("\"lo\":\"127.0.0.1\""));
    replay((struct replay_file){.path = out_path});
    ip = strstr(text, becomes("127.0.2.1"));
    ck_assert_ptr_nonnull(ip); /* of the packet */
    ck_assert_ptr_nonnull(strstr(ip + 1, "\"ip"));
}
END_TEST

/* A message that tells of a frame's bytes tells of the address in them, low byte first. */
START_TEST(raw_bytes_in_text_hide_the_meter_too)
{
    publish("ivy/v1/meters/202401010007/telemetry", "{\"raw\":\"FE68070001012420689108\",\"rx\":\"68 07 00 "
                                                    "01 01 24 20 68 91\",\"a\":\"20 24 01 01 00 07\"}");
    end_capture();
    anonymise_it(path);
    ck_assert(!result_holds("070001012420"));
    ck_assert(!result_holds("07 00 01 01 24 20"));
    ck_assert(!result_holds("20 24 01 01 00 07"));
    ck_assert(result_holds("\"raw\":\"FE68"));
    ck_assert(result_holds("689108\",\"rx\":\"68 "));
}
END_TEST

START_TEST(payloads_that_nobody_can_read_are_blank)
{
    static const uint8_t picture[] = {0x89, 'P',  'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A,
                                      0xFF, 0x00, 'o', 'w', 'n',  'e',  'r'};
    struct mqtt_frame f = {.type = MQTT_PUBLISH,
                           .version = MQTT_V311,
                           .topic = wp_text("cam/1"),
                           .payload = wp_slice(picture, sizeof picture)};

    send_mqtt(0, &f);
    publish("cam/2", "on");
    publish("cam/3",
            "A text of a person that is too long to be a word of any protocol, and that may name anybody.");
    end_capture();
    anonymise_it(path);
    ck_assert(!result_holds("owner"));
    ck_assert(!result_holds("person"));
    ck_assert(result_holds("cam/2on"));
    ck_assert_ptr_nonnull(strstr(said, "2 payloads that nobody can read, or that are ciphered, became blank\n"));
    ck_assert_int_eq(anonymise_with(path, (struct anonymise_setup){.keeps_foreign = true}), ANONYMISE_DONE);
    ck_assert(result_holds("owner"));
    ck_assert(result_holds("person"));
}
END_TEST

/* Short names are replaced where they are names, and the word stays a word elsewhere. */
START_TEST(a_short_name_is_no_word)
{
    send_connect("ivy", "ivy", "ivy");
    publish("ivy/v1/gateway/status", "{\"status\":\"ivy\",\"user\":\"ivy\"}");
    end_capture();
    anonymise_it(path);
    ck_assert(result_holds("ivy/v1/gateway/status{\"status\":\"ivy\",\"user\":\""));
    ck_assert(!result_holds("\"user\":\"ivy\""));
    ck_assert_ptr_nonnull(strstr(said, "1 ids are too short to be looked for elsewhere"));
}
END_TEST

START_TEST(the_user_knows_which_members_hold_ids)
{
    const char *ids[] = {"place"}, *no_ids[] = {"token"};
    struct anonymise_setup more = {.ids = ids, .n_ids = 1, .no_ids = no_ids, .n_no_ids = 1};

    publish("a/b", "{\"place\":\"Hauptstrasse 7\",\"token\":\"abc\",\"name\":\"Hut\"}");
    end_capture();
    ck_assert_int_eq(anonymise_with(path, more), ANONYMISE_DONE);
    ck_assert(!result_holds("Hauptstrasse"));
    ck_assert(result_holds("\"token\":\"abc\",\"name\":\"Hut\""));
}
END_TEST

/* What the document says of ids is as true as before; a member that only looks like one is left alone on demand. */
START_TEST(documents_hold_as_before)
{
    const char *no_ids[] = {"meterId"}, *ids[] = {"online"};
    struct anonymise_setup more = {.ids = ids, .n_ids = 1};

    publish("ivy/v1/meters/202401010007/status",
            "{\"meterId\":\"202401010007\",\"online\":true,\"timestamp\":1705320000000,\"ip\":\"10.0.0.7\"}");
    publish("ivy/v1/meters/202401010007/status", "{\"meterId\":\"202401010007\",\"online\":\"yes, it "
                                                 "is\",\"timestamp\":1705320000000,\"ip\":\"10.0.0.7\"}");
    end_capture();
    anonymise_it(path);
    expect_gone("202401010007", true);
    ck_assert(!result_holds("10.0.0.7"));
    ck_assert_ptr_nonnull(strstr(said, " findings decode as before"));
    ck_assert_int_eq(anonymise_with(path, more), ANONYMISE_DONE);
    /* the level is one all the same, and what equals it follows */
    more = (struct anonymise_setup){.no_ids = no_ids, .n_no_ids = 1};
    ck_assert_int_eq(anonymise_with(path, more), ANONYMISE_DONE);
    expect_gone("202401010007", true);
}
END_TEST

/* The document lists what an event may be called; taken for an id it would be called something else. */
START_TEST(what_the_document_checks_is_no_id)
{
    const char *ids[] = {"event"};
    struct anonymise_setup more = {.ids = ids, .n_ids = 1};

    publish("ivy/v1/meters/202401010007/events",
            "{\"meterId\":\"202401010007\",\"timestamp\":1705320000000,\"type\":\"alarm\",\"event\":"
            "\"voltage_high\","
            "\"message\":\"Voltage high\",\"data\":{\"value\":260.5,\"unit\":\"V\",\"threshold\":253}}");
    end_capture();
    anonymise_it(path);
    ck_assert_int_eq(anonymise_with(path, more), ANONYMISE_UNPROVEN);
    ck_assert_msg(strstr(why, "--no-id NAME leaves it alone") || strstr(why, "other frames or findings"),
                  "%s", why);
}
END_TEST

/* The text of an id is cut by the end of a segment, and sent again whole. */
START_TEST(messages_span_segments)
{
    uint8_t memory[512];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct mqtt_frame f = {.type = MQTT_PUBLISH,
                           .version = MQTT_V311,
                           .topic = wp_text("ivy/v1/meters/202401010007/status"),
                           .payload = wp_text("{\"meterId\":\"202401010007\"}")};

    mqtt_encode(&w, &f);
    for (size_t at = 0; at < w.n; at += 5)
        send_bytes(0, wp_slice(memory + at, at + 5 < w.n ? 5 : w.n - at));
    pcap_tcp_segment(&tcp, 0, now_ns, PACKET_ACK, tcp.seq[0] - 30, tcp.seq[1],
                     wp_slice(memory + w.n - 30, 30), NULL);
    end_capture();
    anonymise_it(path);
    expect_same(path);
    expect_gone("202401010007", true);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("anonymise_mqtt");
    TCase *t = tcase_create("anonymise_mqtt");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_same_meter_in_frames_topics_and_payloads);
    tcase_add_test(t, addresses_in_payloads_are_those_of_packets);
    tcase_add_test(t, raw_bytes_in_text_hide_the_meter_too);
    tcase_add_test(t, payloads_that_nobody_can_read_are_blank);
    tcase_add_test(t, a_short_name_is_no_word);
    tcase_add_test(t, the_user_knows_which_members_hold_ids);
    tcase_add_test(t, documents_hold_as_before);
    tcase_add_test(t, what_the_document_checks_is_no_id);
    tcase_add_test(t, messages_span_segments);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
