/* The original IVY gateway's own traffic against its own document: exactly where it deviates, statement by statement.
 *
 * The list below was made by reading, not by our validator: tshark's payloads of the capture (335 PUBLISHes), sorted by
 * another program into their eight forms, beside the document's "MQTT API Reference".
 *
 *       n  topic      form
 *     298  telemetry  {ts, meterId, dataId: "0x...", register: "TOTAL_ACTIVE_POSITIVE", value, rawValue, unit, source: "dlt645"}
 *      10  status     {ts, meterId, online: true, ip}
 *      10  status     {ts, meterId, online: false}
 *       5  events     {ts, meterId, event: "meter_connected", data: {meterId, remoteAddress}}
 *       5  events     {ts, meterId, event: "meter_disconnected", data: {meterId}}
 *       5  events     {ts, meterId, event: "alarm:communication_lost", data: {severity, lastSeen}}
 *       2  gateway    {ts, status, version, uptime: 0.422337762, name}
 *
 * The capture has a subscriber's connection only: nothing of it is a publication, and of the deliveries one is replayed
 * from what was retained. */
#include "tests/replay_rig.h"

#include "harness/home.h"

#include <cjson/cJSON.h>

static const struct deviation {
    const char *statement; /* NULL: the document does not know it */
    const char *channel;   /* the last level of it */
    const char *place;
    int times;
    unsigned packet; /* of the first one */
    const char *says;
    const char *why;
} expected[] = {
    {"IVY-024", "telemetry", "", 298, 41, "the payload lacks the member \"timestamp\"",
     "the time stands in ts"},
    {"IVY-024", "telemetry", "", 298, 41, "the payload lacks the member \"raw\"",
     "rawValue, a number, stands for it"},
    {"IVY-024", "telemetry", "/register", 298, 41,
     "/register is the string \"TOTAL_ACTIVE_POSITIVE\", expected an object",
     "a name alone, where id, name and description are documented"},
    {"IVY-024", "telemetry", "/source", 298, 41, "/source must not be there", "source is of DLMS telemetry"},
    {"IVY-159", "telemetry", "/source", 298, 41, "/source must not be there",
     "... where its value is dlms, not dlt645"},
    {NULL, "telemetry", "/ts", 298, 41, "/ts is a member that is not described", "for timestamp"},
    {NULL, "telemetry", "/dataId", 298, 41, "/dataId is a member that is not described", "for register.id"},
    {NULL, "telemetry", "/rawValue", 298, 41, "/rawValue is a member that is not described", "for raw"},

    {"IVY-038", "status", "", 20, 39, "the payload lacks the member \"timestamp\"", "the time stands in ts"},
    {NULL, "status", "/ts", 20, 39, "/ts is a member that is not described", "for timestamp"},

    {"IVY-045", "events", "", 15, 41, "the payload lacks the member \"timestamp\"", "the time stands in ts"},
    {"IVY-045", "events", "", 15, 41, "the payload lacks the member \"type\"",
     "an alarm is told by its name instead"},
    {"IVY-045", "events", "", 15, 41, "the payload lacks the member \"message\"", "there is no text"},
    {NULL, "events", "/ts", 15, 41, "/ts is a member that is not described", "for timestamp"},
    {"IVY-059", "events", "/data", 5, 41, "/data lacks the member \"ip\"", "it is called remoteAddress"},
    {NULL, "events", "/data/remoteAddress", 5, 41, "/data/remoteAddress is a member that is not described",
     "for ip"},
    {NULL, "events", "/data/meterId", 5, 41, "/data/meterId is a member that is not described", "said twice"},
    {"IVY-060", "events", "/data", 5, 1296, "/data has 1 members, expected at most 0", "the meterId again"},
    {NULL, "events", "/event", 5, 1298, "/event is the string \"alarm:communication_lost\", expected one of",
     "no event of the document"},

    {"IVY-085", "status", "", 2, 11, "the payload lacks the member \"timestamp\"", "the time stands in ts"},
    {"IVY-088", "status", "/uptime", 2, 11, "/uptime is the number 0.422337762, expected an integer",
     "seconds with a fraction, where milliseconds are documented"},
    {NULL, "status", "/ts", 2, 11, "/ts is a member that is not described", "for timestamp"},
};

enum { N_EXPECTED = sizeof expected / sizeof expected[0] };

/* What it does keep to: topics (012 013 014 017), meter ids and that they agree (019 028 039), value and unit of
 * telemetry (033 034), online and ip (040 042), the shape of meterId in events and their names' form (046 054), status,
 * version and name of the gateway (086 089 090), JSON in UTF-8 (107 119 B33), no event called get-response (173). */
static const char held[] =
    "held: IVY-012 IVY-013 IVY-014 IVY-017 IVY-019 IVY-028 IVY-033 IVY-034 IVY-039 IVY-040 IVY-042 "
    "IVY-046 IVY-054 IVY-086 IVY-089 IVY-090 IVY-107 IVY-119 IVY-173 IVY-B33\n";

static const char *text_of(const cJSON *object, const char *key)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));

    ck_assert_msg(value != NULL, "no %s", key);
    return value;
}

static bool ends_with(const char *whole, const char *end)
{
    return strlen(whole) >= strlen(end) && strcmp(whole + strlen(whole) - strlen(end), end) == 0;
}

static bool is_this(const struct deviation *d, const char *statement, const cJSON *place)
{
    return (d->statement ? statement && strcmp(d->statement, statement) == 0 : !statement) &&
           ends_with(text_of(place, "channel"), d->channel) &&
           strcmp(d->place, text_of(place, "place")) == 0 &&
           strncmp(text_of(place, "says"), d->says, strlen(d->says)) == 0 &&
           cJSON_GetNumberValue(cJSON_GetObjectItem(place, "times")) == d->times &&
           cJSON_GetNumberValue(cJSON_GetArrayItem(cJSON_GetObjectItem(place, "packets"), 0)) == d->packet;
}

/* Each place is on the list, and each entry of the list was met once. */
static void meet(int met[N_EXPECTED], const char *statement, const cJSON *place)
{
    for (size_t i = 0; i < N_EXPECTED; i++) {
        if (!is_this(&expected[i], statement, place))
            continue;
        met[i]++;
        return;
    }
    ck_abort_msg("not on the list: %s %s", statement ? statement : "undocumented",
                 cJSON_PrintUnformatted(place));
}

static void meet_line(int met[N_EXPECTED], const cJSON *line)
{
    const cJSON *place = cJSON_GetObjectItem(line, "undocumented");

    if (cJSON_IsObject(place))
        meet(met, NULL, place);
    cJSON_ArrayForEach(place, cJSON_GetObjectItem(line, "places"))
        meet(met, text_of(line, "statement"), place);
}

START_TEST(it_deviates_exactly_here)
{
    const char *name = shared("dlt645/ivy-4g-gateway_5meters_dlt645_mqtt.pcap");
    struct judge_contracts *contracts = judge_contracts_new(home_dir());
    int met[N_EXPECTED] = {0};

    if (name) {
        ck_assert_int_eq(replay((struct replay_file){.path = name, .contracts = contracts}), REPLAY_FINDINGS);
        ck_assert_str_eq(
            lines_with("contract ivy"),
            "contract ivy: 335 messages judged, 0 published and 335 delivered; 0 copies, 0 requests of "
            "clients, 0 on other topics\n");
        ck_assert_str_eq(lines_with("held:"), held);
        ck_assert_str_eq(lines_with("here: IVY"), "not visible from here: IVY-001 IVY-B30\n");
        for (char *line = strtok(json, "\n"); line; line = strtok(NULL, "\n")) {
            cJSON *object = cJSON_Parse(line);

            ck_assert_msg(object != NULL, "%s", line);
            meet_line(met, object);
            cJSON_Delete(object);
        }
        for (size_t i = 0; i < N_EXPECTED; i++)
            ck_assert_msg(met[i] == 1, "%s %s %s: met %d times",
                          expected[i].statement ? expected[i].statement : "undocumented", expected[i].channel,
                          expected[i].says, met[i]);
        ck_assert_uint_eq(sum.failed, 8);
        ck_assert_uint_eq(sum.undocumented, 9);
    }
    judge_contracts_free(contracts);
}
END_TEST

/* Strict: what the document does not know is a finding, too. */
START_TEST(undocumented_members_are_findings_when_strict)
{
    const char *name = shared("dlt645/ivy-4g-gateway_5meters_dlt645_mqtt.pcap");
    struct judge_contracts *contracts = judge_contracts_new(home_dir());

    if (name) {
        replay((struct replay_file){.path = name, .contracts = contracts, .strict = true, .api = "ivy"});
        ck_assert_uint_eq(replay_findings(&sum), 8 + 9);
    }
    judge_contracts_free(contracts);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("replay_original");
    TCase *t = tcase_create("replay_original");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, it_deviates_exactly_here);
    tcase_add_test(t, undocumented_members_are_findings_when_strict);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
