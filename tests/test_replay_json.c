/* Replay as JSON Lines: an object for each event, the summary last. */
#include "tests/replay_rig.h"

#include <cJSON.h>

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

int main(void)
{
    Suite *s = suite_create("replay_json");
    TCase *t = tcase_create("replay_json");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, an_object_for_each_event);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
