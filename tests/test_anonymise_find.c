/* Where ids stand in topics, JSON and words. */
#include "harness/anonymise_find.h"

#include "harness/home.h"

#include <check.h>
#include <stdio.h>

static char log_text[1024];
static struct anon_finder finder;

static void take(void *ctx, struct wp_slice text, const char *what)
{
    size_t n = strlen(log_text);

    (void)ctx;
    snprintf(log_text + n, sizeof log_text - n, "%s%s=%.*s", n ? " " : "", what, WP_FMT(text));
}

static const struct anon_found found = {take, NULL};

static void setup(void)
{
    char why_text[512];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);

    memset(&finder, 0, sizeof finder);
    finder.contracts = contracts_load(home_dir(), &why);
    ck_assert_msg(finder.contracts != NULL, "%s", wp_put_end(&why));
    log_text[0] = 0;
}

static void teardown(void)
{
    contracts_free((struct contract_set *)(uintptr_t)finder.contracts);
    texts_free(&finder.names.ids);
    texts_free(&finder.names.no_ids);
}

static const char *in_json(const char *text)
{
    log_text[0] = 0;
    ck_assert_msg(anon_find_in_json(&finder, wp_text(text), &found), "%s", text);
    return log_text;
}

static const char *in_topic(const char *text)
{
    log_text[0] = 0;
    anon_find_in_topic(&finder, wp_text(text), &found);
    return log_text;
}

static const char *in_text(const char *text)
{
    log_text[0] = 0;
    anon_find_in_text(wp_text(text), &found);
    return log_text;
}

START_TEST(names_that_say_who)
{
    static const char *const yes[] = {"id",       "meterId", "meter_id", "MeterID",       "serialNumber",
                                      "SN",       "imei",    "ICCID",    "user.name",     "username",
                                      "clientId", "mac",     "password", "remoteAddress", "gateway-serial",
                                      "hostName", NULL};
    static const char *const no[] = {"",         "requestId", "registerId", "voltage", "idle",
                                     "valid",    "ts",        "event",      "data",    "message_id",
                                     "schemaId", "unit",      "errorToken", "name",    NULL};

    for (int i = 0; yes[i]; i++)
        ck_assert_msg(anon_is_id_name(&finder, wp_text(yes[i])), "%s", yes[i]);
    for (int i = 0; no[i]; i++)
        ck_assert_msg(!anon_is_id_name(&finder, wp_text(no[i])), "%s", no[i]);
    anon_name_add(&finder.names.ids, "Voltage");
    anon_name_add(&finder.names.no_ids, "meter_id");
    ck_assert(anon_is_id_name(&finder, wp_text("voltage")));
    ck_assert(!anon_is_id_name(&finder, wp_text("meterId")));
}
END_TEST

START_TEST(words_that_look_like_a_number_of_somebody)
{
    ck_assert_str_eq(in_text("meter 202401010007 is offline since 2024-01-15T12:00:00Z"),
                     "word=202401010007");
    ck_assert_str_eq(in_text("SN12345678/ABC, 867322040012345"), "word=SN12345678 word=867322040012345");
    ck_assert_str_eq(in_text("at 00:1a:2B:3c:4D:5e, or 00-1a-2B-3c-4D-5e."),
                     "word=00:1a:2B:3c:4D:5e word=00-1a-2B-3c-4D-5e");
    /* a moment, a date, numbers of protocols, versions, measurements */
    ck_assert_str_eq(
        in_text("1705320000000 1705320000 20240115 20240115120000 0x02010100 1.8.0.255 v1.20.300"), "");
    ck_assert_str_eq(in_text("FE68070001012420689108333334339016"), "");
    ck_assert_str_eq(in_text("12345.678 kWh 00:1a:2B:3c:4D:5efg"), "");
}
END_TEST

START_TEST(levels_of_topics)
{
    ck_assert_str_eq(in_topic("ivy/v1/meters/m7/telemetry"), "level=m7"); /* the contract says so */
    ck_assert_str_eq(in_topic("ivy/v1/meters/+/telemetry"), "");
    ck_assert_str_eq(in_topic("ivy/v1/gateway/status"), "");
    ck_assert_str_eq(in_topic("W/abcdefabcdef/hub4/0/AcPowerSetpoint"),
                     "level=abcdefabcdef"); /* of several, the portal */
    ck_assert_str_eq(in_topic("site/7/gw-123456/#"), "level=gw-123456");
    ck_assert_str_eq(in_topic(""), "");
}
END_TEST

START_TEST(members_of_json)
{
    ck_assert_str_eq(in_json("{\"meterId\":\"m7\",\"ts\":1705320000000,\"data\":{\"value\":12345.67}}"),
                     "member meterId=m7");
    ck_assert_str_eq(in_json("{\"serials\":[1],\"serial\":1234567,\"id\":12}"), "member serial=1234567");
    ck_assert_str_eq(in_json("{\"ids\":[\"a1\",\"a2\"],\"note\":\"see 867322040012345\"}"),
                     "member ids=a1 member ids=a2 word=867322040012345");
    ck_assert_str_eq(in_json("{\"202401010007\":{\"requestId\":\"req-1\"}}"), "word=202401010007");
    /* what has a name of its own is not numbered by somebody for somebody */
    ck_assert_str_eq(in_json("{\"register\":{\"id\":\"02010100\"},\"registers\":[{\"id\":\"02020100\"}]}"),
                     "");
    ck_assert_str_eq(in_json("{\"meter\":{\"id\":\"m7\"},\"meters\":[{\"id\":\"m8\"}]}"),
                     "member id=m7 member id=m8");
    ck_assert_str_eq(in_json("{\"raw\":\"002300230023\",\"note\":\"002300230023\"}"), "word=002300230023");
    ck_assert_str_eq(in_json("[[\"x\"],null,true]"), "");
    ck_assert(!anon_find_in_json(&finder, wp_text("{\"id\":"), &found));
    ck_assert(!anon_find_in_json(&finder, wp_text(""), &found));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("anonymise_find");
    TCase *t = tcase_create("anonymise_find");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, names_that_say_who);
    tcase_add_test(t, words_that_look_like_a_number_of_somebody);
    tcase_add_test(t, levels_of_topics);
    tcase_add_test(t, members_of_json);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
