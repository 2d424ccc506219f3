/* The messages of a capture against the contracts: who is judged, what counts once, where the original gateway
 * deviates.       covers: copies places */
#include "harness/copies.h"
#include "harness/home.h"
#include "harness/places.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct judge_contracts *contracts;
static struct replay_judge *judge;
static struct judge_talk gateway, client, other;
static uint64_t packet;

static void setup(void)
{
    contracts = judge_contracts_new(home_dir());
    judge = replay_judge_new(contracts, NULL);
    memset(&gateway, 0, sizeof gateway);
    client = other = gateway;
    gateway.key = 1;
    client.key = 2;
    other.key = 3;
    packet = 0;
}

static void teardown(void)
{
    judge_talk_free(&gateway);
    judge_talk_free(&client);
    judge_talk_free(&other);
    replay_judge_free(judge);
    judge_contracts_free(contracts);
}

enum { RETAINED = 0x100, DUP = 0x200 }; /* beside the QoS */

static void message(struct judge_talk *t, enum wp_side from, unsigned how, const char *topic,
                    const char *payload)
{
    const struct wp_carried m = {
        .topic = wp_text(topic),
        .payload = wp_text(payload),
        .qos = how & 3,
        .retain = how & RETAINED,
        .dup = how & DUP,
    };
    const struct moment when = {(int64_t)++packet * 1000000000, packet};

    replay_judge_take(judge, t, from == WP_SIDE_SERVER, from, &m, &when, 1000000000);
}

static void publish(struct judge_talk *t, unsigned how, const char *topic, const char *payload)
{
    message(t, WP_SIDE_CLIENT, how, topic, payload);
}

static void deliver(struct judge_talk *t, unsigned how, const char *topic, const char *payload)
{
    message(t, WP_SIDE_SERVER, how, topic, payload);
}

static const struct judged *finish(void)
{
    char text[1000];
    struct wp_writer why = wp_writer(text, sizeof text);
    const struct judged *j = replay_judge_finish(judge, &why);

    ck_assert_msg(why.n == 0, "%s", wp_put_end(&why));
    return j;
}

static enum verdict verdict_of(const struct judged *j, const char *id)
{
    for (size_t i = 0; i < j->n_statements; i++)
        if (strcmp(j->statements[i].id, id) == 0)
            return j->statements[i].verdict;
    return VERDICT_ERROR;
}

static const struct judged_place *place_of(const struct judged *j, const char *id, const char *sentence)
{
    for (const struct judged_place *p = j->places; p; p = p->next)
        if ((id ? p->id && strcmp(p->id, id) == 0 : !p->id) && strstr(p->sentence, sentence))
            return p;
    return NULL;
}

static const char STATUS[] = "ivy/v1/meters/000000000001/status",
                  TELEMETRY[] = "ivy/v1/meters/000000000001/telemetry",
                  REQUEST[] = "ivy/v1/meters/000000000001/command/request";
static const char OFFLINE[] = "{\"meterId\":\"000000000001\",\"online\":false,\"timestamp\":1705320000000}";
static const char READING[] =
    "{\"meterId\":\"000000000001\",\"timestamp\":1705320000000,\"register\":{\"id\":\"00010000\",\"name\":"
    "\"totalActiveEnergy\",\"description\":\"Total Active Energy "
    "(Combined)\"},\"value\":12345.67,\"unit\":\"kWh\","
    "\"raw\":\"01234567\"}";
static const char WISH[] = "{\"requestId\":\"1\",\"command\":\"read\",\"register\":\"voltageA\"}";

/* ---- who is judged ---------------------------------------------------------------------------------- */

START_TEST(a_gateway_that_keeps_to_the_document_has_no_findings)
{
    const struct judged *j;

    publish(&gateway, RETAINED | 1, STATUS, OFFLINE);
    publish(&gateway, 1, TELEMETRY, READING);
    j = finish();
    ck_assert_uint_eq(j->published, 2);
    ck_assert_uint_eq(j->n_failed + j->n_undocumented, 0);
    ck_assert_ptr_null(j->places);
    ck_assert_str_eq(j->api, "ivy");
    ck_assert_int_eq(verdict_of(j, "IVY-B30"), VERDICT_PASS);
    ck_assert_int_eq(verdict_of(j, "IVY-001"), VERDICT_PASS);
    ck_assert_int_eq(verdict_of(j, "IVY-033"), VERDICT_PASS);
    ck_assert_int_eq(verdict_of(j, "IVY-016"), VERDICT_NONE);
}
END_TEST

/* A publication is judged as it was sent: with its QoS and its retain flag. */
START_TEST(a_publication_is_judged_true_to_its_bytes)
{
    const struct judged *j;

    publish(&gateway, 0, STATUS, OFFLINE);
    publish(&gateway, RETAINED | 1, TELEMETRY, READING);
    j = finish();
    ck_assert_int_eq(verdict_of(j, "IVY-B30"), VERDICT_FAIL);
    ck_assert_ptr_nonnull(place_of(j, "IVY-B30", "QoS 0, expected QoS 1 retained"));
    ck_assert_ptr_nonnull(place_of(j, "IVY-B30", "QoS 1 retained, expected QoS 1"));
    ck_assert_uint_eq(j->n_failed, 1);
}
END_TEST

/* Of a delivery nobody knows who sent it, nor with which flag; a QoS can only have become lower on the way. */
START_TEST(a_delivery_says_less)
{
    const struct judged *j;

    deliver(&client, 0, STATUS, OFFLINE);
    deliver(&client, 1, TELEMETRY, READING);
    j = finish();
    ck_assert_uint_eq(j->delivered, 2);
    ck_assert_uint_eq(j->n_failed, 0);
    ck_assert_int_eq(verdict_of(j, "IVY-B30"), VERDICT_INCONC);
    ck_assert_int_eq(verdict_of(j, "IVY-001"), VERDICT_INCONC);
}
END_TEST

START_TEST(a_delivery_says_something)
{
    const struct judged *j;

    deliver(&client, 2, STATUS, OFFLINE);
    deliver(&client, RETAINED, TELEMETRY, READING);
    j = finish();
    ck_assert_ptr_nonnull(place_of(j, "IVY-B30", "QoS 2, expected QoS 1 retained"));
    ck_assert_ptr_nonnull(place_of(j, "IVY-B30", "QoS 0 retained, expected QoS 1"));
}
END_TEST

START_TEST(a_client_asks_and_a_gateway_may_not)
{
    const struct judged *j;

    publish(&client, 1, REQUEST, WISH);
    publish(&gateway, 1, TELEMETRY, READING);
    publish(&gateway, 1, REQUEST, "{\"requestId\":\"2\"}");
    j = finish();
    ck_assert_uint_eq(j->requests, 1);
    ck_assert_uint_eq(j->published, 2);
    ck_assert_int_eq(verdict_of(j, "IVY-011"), VERDICT_FAIL);
    ck_assert_uint_eq(place_of(j, "IVY-011", "only clients may")->packets[0], 3);
}
END_TEST

START_TEST(undocumented_topics_are_told)
{
    const struct judged *j;

    publish(&client, 1, "ivy/v1/hello", "1");
    publish(&gateway, 1, TELEMETRY, READING);
    publish(&gateway, 1, "ivy/v1/meters/000000000001/alarm", "{}");
    publish(&gateway, 1, "ivy/v1/meters/000000000001/alarm", "{}");
    publish(&gateway, 1, "house/bulb", "on");
    j = finish();
    ck_assert_uint_eq(j->foreign, 1);
    ck_assert_uint_eq(j->n_undocumented, 2);
    ck_assert_str_eq(place_of(j, NULL, "is not in the document")->topic, "ivy/v1/hello");
    ck_assert_uint_eq(place_of(j, "IVY-001", "no such topic")->times,
                      2); /* the gateway's, not the client's */
}
END_TEST

START_TEST(nothing_of_ours_is_nothing_to_judge)
{
    publish(&gateway, 0, "house/bulbs/bulb1", "OFF");
    publish(&gateway, 0, "$SYS/broker/uptime", "1");
    ck_assert_ptr_null(finish());
}
END_TEST

/* ---- what counts once ------------------------------------------------------------------------------- */

START_TEST(what_was_published_is_not_counted_again_when_delivered)
{
    const struct judged *j;

    publish(&gateway, 1, TELEMETRY, READING);
    deliver(&client, 1, TELEMETRY, READING);
    deliver(&other, 1, TELEMETRY, READING);
    publish(&gateway, DUP | 1, TELEMETRY, READING);
    j = finish();
    ck_assert_uint_eq(j->published, 1);
    ck_assert_uint_eq(j->delivered, 0);
    ck_assert_uint_eq(j->copies, 3);
}
END_TEST

/* The same payload twice is two publications; that a second subscriber gets both makes no four. */
START_TEST(deliveries_stand_for_what_is_not_in_the_capture)
{
    const struct judged *j;

    deliver(&client, 0, TELEMETRY, READING);
    deliver(&client, 0, TELEMETRY, READING);
    deliver(&other, 0, TELEMETRY, READING);
    deliver(&other, 0, TELEMETRY, READING);
    deliver(&other, RETAINED | 1, STATUS, OFFLINE);
    deliver(&client, RETAINED | 1, STATUS, OFFLINE);
    j = finish();
    ck_assert_uint_eq(j->delivered, 3);
    ck_assert_uint_eq(j->copies, 3);
}
END_TEST

START_TEST(copies_are_told_by_topic_and_payload)
{
    struct copies *c = copies_new();
    uint64_t a = copies_hash(wp_text("a"), wp_text("b")), b = copies_hash(wp_text("ab"), wp_text(""));

    ck_assert_uint_ne(a, b);
    ck_assert(!copies_is_known(c, a));
    copies_published(c, a);
    ck_assert(copies_is_known(c, a));
    ck_assert(!copies_delivered(c, a, 1));
    ck_assert(!copies_delivered(c, a, 2));
    ck_assert(copies_delivered(c, a, 1));
    ck_assert(!copies_delivered(c, a, 2));
    ck_assert(copies_delivered(c, b, 2));
    copies_free(c);
}
END_TEST

/* ---- aliases ---------------------------------------------------------------------------------------- */

/* MQTT 5, 3.3.2.3.4: the alias is the direction's, and may be given anew. */
START_TEST(an_alias_stands_for_its_topic)
{
    const struct moment when = {0, 7};
    struct wp_carried m = {
        .topic = wp_text(STATUS), .payload = wp_text(OFFLINE), .alias = 3, .qos = 1, .retain = true};
    const struct judged *j;

    replay_judge_take(judge, &gateway, 0, WP_SIDE_CLIENT, &m, &when, 0);
    m.topic.n = 0;
    m.payload = wp_text("{\"meterId\":\"000000000001\",\"online\":false,\"timestamp\":1705320000001}");
    replay_judge_take(judge, &gateway, 0, WP_SIDE_CLIENT, &m, &when, 0);
    replay_judge_take(judge, &gateway, 1, WP_SIDE_SERVER, &m, &when, 0); /* nobody gave it there */
    m.topic = wp_text("house");
    replay_judge_take(judge, &gateway, 0, WP_SIDE_CLIENT, &m, &when, 0);
    m.topic.n = 0;
    replay_judge_take(judge, &gateway, 0, WP_SIDE_CLIENT, &m, &when, 0);
    for (unsigned i = 10; i < 200; i++) { /* more than are kept */
        m.topic = wp_text("house");
        m.alias = (uint16_t)i;
        replay_judge_take(judge, &gateway, 0, WP_SIDE_CLIENT, &m, &when, 0);
    }
    j = finish();
    ck_assert_uint_eq(j->published, 2);
    ck_assert_uint_eq(j->n_failed, 0);
    ck_assert_uint_eq(j->foreign, 3 + 190);
}
END_TEST

/* ---- findings --------------------------------------------------------------------------------------- */

START_TEST(many_messages_with_a_fault_are_one_finding)
{
    const struct judged_place *p;
    const struct judged *j;

    for (int i = 0; i < 100; i++)
        publish(&gateway, RETAINED | 1, STATUS,
                "{\"meterId\":\"000000000001\",\"online\":false,\"rssi\":-70}");
    j = finish();
    p = place_of(j, "IVY-038", "timestamp");
    ck_assert_uint_eq(p->times, 100);
    ck_assert_uint_eq(p->n_packets, JUDGED_PACKETS_MAX);
    for (size_t i = 0; i < JUDGED_PACKETS_MAX; i++)
        ck_assert_uint_eq(p->packets[i], i + 1);
    ck_assert_str_eq(p->topic, STATUS);
    ck_assert_str_eq(p->address, "ivy/v1/meters/{meterId}/status");
    p = place_of(j, NULL, "/rssi");
    ck_assert_uint_eq(p->times, 100);
    ck_assert_str_eq(p->where, "/rssi");
}
END_TEST

START_TEST(places_are_bounded)
{
    struct places *p = places_new();
    struct wp_record r = {.kind = WP_REC_PUBLISH};
    struct contract_fault f = {.address = "", .place = "", .rule = "topic", .sentence = "x", .record = &r};
    char topic[20];
    size_t n = 0;

    for (unsigned i = 0; i < JUDGED_PLACES_MAX + 5; i++) {
        snprintf(topic, sizeof topic, "t%u", i);
        r.message.topic = wp_text(topic);
        places_add(p, &f);
        places_add(p, &f);
    }
    for (const struct judged_place *at = places_first(p); at; at = at->next) {
        ck_assert_uint_eq(at->times, 2);
        n++;
    }
    ck_assert_uint_eq(n, JUDGED_PLACES_MAX);
    ck_assert_uint_eq(places_dropped(p), 10);
    ck_assert_uint_eq(places_undocumented(p), JUDGED_PLACES_MAX);
    places_free(p);
}
END_TEST

START_TEST(the_roots_are_known_without_the_contracts)
{
    char text[200];
    struct wp_writer w = wp_writer(text, sizeof text);

    ck_assert(contracts_roots(home_dir(), &w));
    ck_assert_str_eq(wp_put_end(&w), "ivy + octolux N R W");
    ck_assert(!contracts_roots("/nowhere", &w));
}
END_TEST

START_TEST(apis_are_known_by_name)
{
    char text[200];
    struct wp_writer w = wp_writer(text, sizeof text);

    ck_assert(judge_contracts_know(contracts, "ivy", &w));
    ck_assert(!judge_contracts_know(contracts, "ivory", &w));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&w), "there is no API 'ivory'; there are: ivy octolux venus"));
}
END_TEST

START_TEST(without_contracts_it_says_so)
{
    struct judge_contracts *none = judge_contracts_new("/nowhere");
    struct replay_judge *j = replay_judge_new(none, NULL);
    const struct wp_carried m = {.topic = wp_text(STATUS), .payload = wp_text(OFFLINE)};
    const struct moment when = {0, 1};
    char text[200];
    struct wp_writer w = wp_writer(text, sizeof text);

    replay_judge_take(j, &gateway, 0, WP_SIDE_CLIENT, &m, &when, 0);
    ck_assert_ptr_null(replay_judge_finish(j, &w));
    ck_assert_str_eq(wp_put_end(&w), "/nowhere/harness/contracts: the contracts are not there");
    replay_judge_free(j);
    judge_contracts_free(none);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("replay_judge");
    TCase *t = tcase_create("replay_judge");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_gateway_that_keeps_to_the_document_has_no_findings);
    tcase_add_test(t, a_publication_is_judged_true_to_its_bytes);
    tcase_add_test(t, a_delivery_says_less);
    tcase_add_test(t, a_delivery_says_something);
    tcase_add_test(t, a_client_asks_and_a_gateway_may_not);
    tcase_add_test(t, undocumented_topics_are_told);
    tcase_add_test(t, nothing_of_ours_is_nothing_to_judge);
    tcase_add_test(t, what_was_published_is_not_counted_again_when_delivered);
    tcase_add_test(t, deliveries_stand_for_what_is_not_in_the_capture);
    tcase_add_test(t, copies_are_told_by_topic_and_payload);
    tcase_add_test(t, an_alias_stands_for_its_topic);
    tcase_add_test(t, many_messages_with_a_fault_are_one_finding);
    tcase_add_test(t, places_are_bounded);
    tcase_add_test(t, the_roots_are_known_without_the_contracts);
    tcase_add_test(t, apis_are_known_by_name);
    tcase_add_test(t, without_contracts_it_says_so);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
