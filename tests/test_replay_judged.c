/* What a replay says of a capture's messages, in text and JSON, and what it ends with. */
#include "sim/codec/mqtt.h"

#include "harness/home.h"
#include "tests/replay_rig.h"

#include <cjson/cJSON.h>

static struct judge_contracts *contracts;

static void setup_all(void)
{
    setup();
    contracts = judge_contracts_new(home_dir());
}

static void teardown_all(void)
{
    judge_contracts_free(contracts);
    teardown();
}

static void send_packet(unsigned side, const struct mqtt_frame *f)
{
    uint8_t memory[1024];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    mqtt_encode(&w, f);
    ck_assert(!w.full);
    send_bytes(side, wp_written(&w));
}

static void log_in(void)
{
    send_packet(0, &(struct mqtt_frame){.type = MQTT_CONNECT,
                                        .version = MQTT_V311,
                                        .connect = {.clean = true, .client_id = wp_text("gateway")}});
    send_packet(1, &(struct mqtt_frame){.type = MQTT_CONNACK, .version = MQTT_V311});
}

static void publish(unsigned side, const char *topic, const char *payload)
{
    send_packet(side, &(struct mqtt_frame){.type = MQTT_PUBLISH,
                                           .version = MQTT_V311,
                                           .topic = wp_text(topic),
                                           .payload = wp_text(payload)});
}

static void make_capture(void)
{
    log_in();
    publish(0, "ivy/v1/meters/000000000001/status",
            "{\"meterId\":\"000000000001\",\"online\":\"yes\",\"timestamp\":1705320000000,\"rssi\":-70}");
    publish(0, "ivy/v1/meters/000000000001/status",
            "{\"meterId\":\"000000000002\",\"online\":\"no\",\"timestamp\":1705320000000}");
    publish(0, "ivy/v1/meters/000000000001/alarm", "{}");
    publish(1, "ivy/v1/meters/000000000001/command/request", "{\"requestId\":\"1\"}");
    publish(0, "weather", "sunny");
    hang_up();
}

/* The lines of the contract, up to the list of what no message was about. */
static const char *contract_lines(void)
{
    static char out[8192];
    const char *from = strstr(text, "contract ivy"), *to = strstr(text, "no message was about");

    ck_assert_ptr_nonnull(from);
    ck_assert_ptr_nonnull(to);
    snprintf(out, sizeof out, "%.*s", (int)(to - from), from);
    return out;
}

START_TEST(findings_by_statement_with_packets)
{
    make_capture();
    end_capture();
    ck_assert_int_eq(replay((struct replay_file){.path = path, .contracts = contracts}), REPLAY_FINDINGS);
    ck_assert_str_eq(
        contract_lines(),
        "contract ivy: 3 messages judged, 3 published and 0 delivered; 0 copies, 1 requests of clients, 1 on "
        "other "
        "topics\n"
        "fail IVY-001 1 time: The document covers the MQTT topics and message formats the IVY 4G gateway "
        "uses.\n"
        "  1 time, packet 12: ivy/v1/meters/000000000001/alarm: the document has no such topic\n"
        "fail IVY-039 1 time: meterId is a string holding the meter address, 12 digits.\n"
        "  1 time, packet 10: ivy/v1/meters/000000000001/status: the payload names another one than the "
        "topic\n"
        "fail IVY-040 2 times: online is a boolean, the connection state.\n"
        "  2 times, packets 8 10: ivy/v1/meters/000000000001/status: /online is the string \"yes\", expected "
        "a "
        "boolean\n"
        "fail IVY-B30 2 times: State topics are retained, the others are not; QoS is 1 except statistics.\n"
        "  2 times, packets 8 10: ivy/v1/meters/000000000001/status: QoS 0, expected QoS 1 retained\n"
        "undocumented 1 time, packet 8: ivy/v1/meters/000000000001/status: /rssi is a member that is not "
        "described\n"
        "undocumented 1 time, packet 12: ivy/v1/meters/000000000001/alarm is not in the document\n");
    ck_assert_uint_eq(sum.failed, 4);
    ck_assert_uint_eq(sum.judged, 3);
}
END_TEST

START_TEST(json_has_an_object_for_each_statement)
{
    unsigned failed = 0, undocumented = 0, counted = 0;

    make_capture();
    end_capture();
    replay((struct replay_file){.path = path, .contracts = contracts});
    for (char *line = strtok(json, "\n"); line; line = strtok(NULL, "\n")) {
        cJSON *o = cJSON_Parse(line);
        const cJSON *contract = cJSON_GetObjectItem(o, "contract"),
                    *verdict = cJSON_GetObjectItem(o, "verdict");

        ck_assert_msg(o != NULL, "%s", line);
        if (verdict && strcmp(cJSON_GetStringValue(verdict), "fail") == 0) {
            failed++;
            ck_assert_int_gt(cJSON_GetArraySize(cJSON_GetObjectItem(o, "places")), 0);
        }
        undocumented += cJSON_HasObjectItem(o, "undocumented") && !contract;
        if (contract) {
            counted++;
            ck_assert_int_eq((int)cJSON_GetNumberValue(cJSON_GetObjectItem(contract, "failed")), (int)failed);
            ck_assert_int_eq((int)cJSON_GetNumberValue(cJSON_GetObjectItem(contract, "undocumented")),
                             (int)undocumented);
        }
        cJSON_Delete(o);
    }
    ck_assert_uint_eq(counted, 1);
    ck_assert_uint_gt(failed, 2);
    ck_assert_uint_eq(undocumented, 2);
}
END_TEST

START_TEST(a_capture_without_our_topics_is_not_judged)
{
    log_in();
    publish(0, "weather", "sunny");
    hang_up();
    end_capture();
    ck_assert_int_eq(replay((struct replay_file){.path = path, .contracts = contracts}), REPLAY_CLEAN);
    ck_assert_ptr_null(strstr(text, "contract"));
    ck_assert_int_eq(replay((struct replay_file){.path = path, .contracts = contracts, .api = "ivy"}),
                     REPLAY_NOTHING);
    ck_assert_ptr_nonnull(strstr(problems, "no message on a topic of ivy"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("replay_judged");
    TCase *t = tcase_create("replay_judged");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup_all, teardown_all);
    tcase_add_test(t, findings_by_statement_with_packets);
    tcase_add_test(t, json_has_an_object_for_each_statement);
    tcase_add_test(t, a_capture_without_our_topics_is_not_judged);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
