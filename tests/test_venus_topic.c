/* Topics: read, written, refused; services and their instances. */
#include "sim/codec/venus_topic.h"

#include "tests/venus_vectors.h"

static char text[1024];

static struct venus_topic topic(const char *said)
{
    struct venus_topic t;
    struct wp_writer w = wp_writer(text, sizeof text);

    ck_assert_msg(venus_topic_read(wp_text(said), &t), "%s is a topic", said);
    ck_assert(venus_put_topic(&w, &t));
    ck_assert_str_eq(wp_put_end(&w), said);
    return t;
}

static void refused(const char *said)
{
    struct venus_topic t;

    ck_assert_msg(!venus_topic_read(wp_text(said), &t), "%s is no topic", said);
}

START_TEST(an_item_has_five_levels_or_more)
{
    struct venus_topic t = topic("N/c0619ab12345/pvinverter/20/Ac/Power");

    ck_assert_int_eq(t.letter, VENUS_NOTIFY);
    ck_assert_int_eq(t.about, VENUS_ITEM);
    ck_assert(wp_slice_is(t.portal, "c0619ab12345"));
    ck_assert(wp_slice_is(t.type, "pvinverter"));
    ck_assert(wp_slice_is(t.instance, "20"));
    ck_assert(wp_slice_is(t.path, "/Ac/Power"));
    ck_assert_int_eq(topic("W/c0619ab12345/vebus/257/Hub4/L1/AcPowerSetpoint").letter, VENUS_WRITE);
    ck_assert(wp_slice_is(topic("R/c0619ab12345/edge/-3/V").instance, "-3"));
    ck_assert(wp_slice_is(topic("R/c0619ab12345/edge/abc_1/V").instance, "abc_1"));
    ck_assert(wp_slice_is(topic("R/c0619ab12345/edge/07/V").instance, "07"));
    ck_assert(wp_slice_is(topic("R/c0619ab12345/tank/20/").path, "/"));
    ck_assert_int_eq(topic("R/c0619ab12345/system/0/Serial").about, VENUS_ITEM);
}
END_TEST

START_TEST(what_is_no_item_has_three_levels)
{
    static const struct {
        const char *said;
        enum venus_about about;
    } row[] = {
        {"R/c0619ab12345/keepalive", VENUS_KEEPALIVE},
        {"N/c0619ab12345/keepalive", VENUS_KEEPALIVE},
        {"N/c0619ab12345/heartbeat", VENUS_HEARTBEAT},
        {"N/c0619ab12345/full_publish_completed", VENUS_COMPLETED},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const struct venus_topic t = topic(row[i].said);

        ck_assert_int_eq(t.about, row[i].about);
        ck_assert(wp_slice_is(t.portal, "c0619ab12345"));
        ck_assert_uint_eq(t.path.n, 0);
    }
}
END_TEST

START_TEST(everything_else_is_refused)
{
    static const char *const said[] = {
        "",
        "N",
        "N/",
        "N/a",
        "N/a/",
        "n/a/tank/20/Level",
        "NN/a/tank/20/Level",
        "P/a/in/1",
        "/N/a/tank/20/Level",
        "venus/R/a/tank/20/Level",
        "N//tank/20/Level",
        "N/a//20/Level",
        "N/a/tank//Level",
        "N/a/tank/20",
        "N/a/tank",
        "N/a/tank/20/Level/",
        "N/a/tank/20//Level",
        "N/a/tank/20/Le-vel",
        "N/a/tank/20/Le vel",
        "N/a/tank/20/a.b",
        "N/a/tank/20/\xC3\xA9",
        "N/a/tank/20/+",
        "N/a/tank/20/#",
        "N/a/tank/+/Level",
        "N/+/tank/20/Level",
        "N/#",
        "N/a/ta.nk/20/Level",
        "N/a/tank/2\xFF/Level",
        "N/a/tank/2\n/Level",
        "R/a/heartbeat",
        "R/a/full_publish_completed",
        "W/a/keepalive",
        "R/a/keepalive/",
        "R/a/Keepalive",
        "R/a/b/keepalive",
    };
    struct venus_topic t;

    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        refused(said[i]);
    ck_assert(!venus_topic_read(wp_slice("N/a\0/tank/20/Level", 18), &t));
}
END_TEST

/* What would be read as something else is not written. */
START_TEST(a_topic_that_cannot_be_is_not_written)
{
    const struct venus_topic good = {VENUS_NOTIFY,    VENUS_ITEM,    wp_text("a"),
                                     wp_text("tank"), wp_text("20"), wp_text("/Level")};
    struct venus_topic t = good;
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_text(&w, "before");
    t.instance = wp_text("2/0");
    ck_assert(!venus_put_topic(&w, &t));
    t = good;
    t.path = wp_text("Level");
    ck_assert(!venus_put_topic(&w, &t));
    t = good;
    t.portal = wp_text("#");
    ck_assert(!venus_put_topic(&w, &t));
    t = good;
    t.letter = VENUS_WRITE;
    t.about = VENUS_HEARTBEAT;
    ck_assert(!venus_put_topic(&w, &t));
    ck_assert_str_eq(wp_put_end(&w), "before");
    for (size_t cap = 0; cap <= 17; cap++) {
        w = wp_writer(text, cap);
        ck_assert_int_eq(venus_put_topic(&w, &good), cap == 17);
        ck_assert_uint_eq(w.n, cap == 17 ? 17 : 0);
    }
}
END_TEST

static const char *type_of(const char *name)
{
    struct wp_slice type;
    struct wp_writer w = wp_writer(text, sizeof text);

    if (!venus_service_type(wp_text(name), &type))
        return "none";
    wp_put_slice(&w, type);
    return wp_put_end(&w);
}

START_TEST(the_type_is_the_third_element)
{
    ck_assert_str_eq(type_of("com.victronenergy.pvinverter.cgwacs_ttyUSB0_di32_mb2"), "pvinverter");
    ck_assert_str_eq(type_of("com.victronenergy.settings"), "settings");
    ck_assert_str_eq(type_of("com.victronenergy.edge.a.b.c"), "edge");
    ck_assert_str_eq(type_of("com.victronenergy.edgex"), "edgex");
    ck_assert_str_eq(type_of("com.victronenergy"), "none");
    ck_assert_str_eq(type_of("com.victronenergy."), "none");
    ck_assert_str_eq(type_of("com.victronenergy..a"), "none");
    ck_assert_str_eq(type_of("com.victronenergyx.edge"), "none");
    ck_assert_str_eq(type_of("org.victronenergy.edge"), "none");
    ck_assert_str_eq(type_of(":1.42"), "none");
}
END_TEST

static const char *instance(const struct wp_value *device_instance, const struct wp_value *identifier)
{
    struct wp_writer w = wp_writer(text, sizeof text);

    venus_put_instance(&w, device_instance, identifier);
    return wp_put_end(&w);
}

START_TEST(the_instance_is_a_number_or_an_identifier)
{
    const struct wp_value twenty = wp_int(20), below = wp_int(-3), real = wp_real(12.9),
                          down = wp_real(-12.9), endless = wp_real((double)INFINITY),
                          none = wp_real((double)NAN), invalid = wp_null(),
                          quoted = wp_text_value(wp_text("12")), name = wp_text_value(wp_text("abc_1")),
                          levels = wp_text_value(wp_text("a/b")), empty = wp_text_value(wp_text(""));

    ck_assert_str_eq(instance(&twenty, NULL), "20");
    ck_assert_str_eq(instance(&below, NULL), "-3");
    ck_assert_str_eq(instance(&real, NULL), "12");
    ck_assert_str_eq(instance(&down, NULL), "-12");
    ck_assert_str_eq(instance(&endless, NULL), "0");
    ck_assert_str_eq(instance(&none, NULL), "0");
    ck_assert_str_eq(instance(&invalid, NULL), "0");
    ck_assert_str_eq(instance(&quoted, NULL), "0");
    ck_assert_str_eq(instance(NULL, NULL), "0");
    ck_assert_str_eq(instance(NULL, &name), "abc_1");
    ck_assert_str_eq(instance(&twenty, &name), "20");
    ck_assert_str_eq(instance(&invalid, &name), "0");
    ck_assert_str_eq(instance(NULL, &twenty), "0");
    ck_assert_str_eq(instance(NULL, &levels), "0");
    ck_assert_str_eq(instance(NULL, &empty), "0");
}
END_TEST

START_TEST(every_recorded_topic_is_one)
{
    cJSON *file = vector_file("venus-recordings.json");
    const cJSON *record;

    cJSON_ArrayForEach(record, file)
    {
        const struct venus_topic t = topic(venus_vector_text(record, "topic"));

        ck_assert_int_eq(t.letter, VENUS_NOTIFY);
        ck_assert(wp_slice_is(t.portal, "c0619ab12345"));
    }
    cJSON_Delete(file);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("venus_topic");
    TCase *t = tcase_create("topics");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, an_item_has_five_levels_or_more);
    tcase_add_test(t, what_is_no_item_has_three_levels);
    tcase_add_test(t, everything_else_is_refused);
    tcase_add_test(t, a_topic_that_cannot_be_is_not_written);
    tcase_add_test(t, the_type_is_the_third_element);
    tcase_add_test(t, the_instance_is_a_number_or_an_identifier);
    tcase_add_test(t, every_recorded_topic_is_one);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
