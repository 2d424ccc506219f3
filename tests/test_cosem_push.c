/* What meters push becomes the readings that others read from the same octets.
 * covers: cosem_push_list cosem_push_obis cosem_push_take cosem_push_value cosem_push_raw cosem_push_scale
 * cosem_push_table cosem_profile */
#include "sim/codec/cosem_push.h"

#include "tests/axdr_canonical.h"
#include "tests/dlms_vectors.h"

enum { POINTS = 256 };

static struct cosem_point points[POINTS];
static struct cosem_push push;

static const char *printed(struct wp_value value)
{
    static char text[256];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_value(&w, value);
    return wp_put_end(&w);
}

static const char *obis_text(struct obis ln)
{
    static char text[OBIS_TEXT_MAX + 1];
    struct wp_writer w = wp_writer(text, sizeof text);

    obis_put(&w, ln);
    return wp_put_end(&w);
}

static struct wp_slice body_of(const char *canonical)
{
    static uint8_t octets[8192];
    struct wp_writer w = wp_writer(octets, sizeof octets);

    axdr_from_canonical(&w, canonical);
    ck_assert(!w.full);
    return wp_written(&w);
}

static int number_at(const cJSON *object, const char *key, int otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsNumber(item) ? item->valueint : otherwise;
}

static void check_reading(const char *id, const cJSON *reading, const struct cosem_point *point)
{
    static char raw[8192];
    struct wp_writer w = wp_writer(raw, sizeof raw);
    const char *scaled = dlms_vector_text(reading, "scaled");
    struct wp_value value;

    axdr_put_canonical(&w, point->raw);
    ck_assert_msg(strcmp(obis_text(point->ln), dlms_vector_text(reading, "obis")) == 0, "%s: %s, not %s", id,
                  obis_text(point->ln), dlms_vector_text(reading, "obis"));
    ck_assert_msg(strcmp(wp_put_end(&w), dlms_vector_text(reading, "value")) == 0, "%s: %s", id, raw);
    ck_assert_int_eq(point->class_id, number_at(reading, "class", point->class_id));
    ck_assert_int_eq(point->attribute, number_at(reading, "attr", 2));
    if (!*scaled)
        return;
    ck_assert(wp_number_read(wp_text(scaled), &value));
    ck_assert_msg(wp_value_eq(point->value, value), "%s: %s is %s, not %s", id, obis_text(point->ln),
                  printed(point->value), scaled);
    ck_assert_int_eq(point->from, COSEM_SCALE_PAYLOAD);
    ck_assert_int_eq(point->scaler, number_at(reading, "scaler", 99));
    ck_assert_int_eq(point->unit, number_at(reading, "unit", 999));
}

static size_t check_readings(const char *id, const cJSON *readings)
{
    const cJSON *reading;
    size_t n = 0;

    cJSON_ArrayForEach(reading, readings)
    {
        if (number_at(reading, "attr", 2) == 1)
            continue; /* a logical name is no reading */
        ck_assert_msg(n < push.n_points, "%s: %zu points", id, push.n_points);
        check_reading(id, reading, &points[n++]);
    }
    if (readings)
        ck_assert_msg(n == push.n_points, "%s: %zu points, %zu expected", id, push.n_points, n);
    return n;
}

/* Every data-notification inside `expect`, however deep. */
static void check_notifications(const char *id, const cJSON *expect, size_t *bodies, size_t *readings)
{
    const char *shape = dlms_vector_text(expect, "shape");
    const cJSON *child;

    if (strcmp(dlms_vector_text(expect, "apdu"), "data-notification") == 0) {
        cosem_push_map(body_of(dlms_vector_text(expect, "body")), NULL, points, POINTS, &push);
        ck_assert_msg(strcmp(*shape ? shape : "unmapped", cosem_shape_text(push.shape)) == 0,
                      "%s: %s, not %s", id, cosem_shape_text(push.shape), shape);
        *readings += check_readings(id, cJSON_GetObjectItemCaseSensitive(expect, "readings"));
        ++*bodies;
    }
    cJSON_ArrayForEach(child, expect) check_notifications(id, child, bodies, readings);
}

START_TEST(published_pushes_give_the_readings_that_others_found)
{
    size_t bodies = 0, readings = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);)
        if (v.is_valid)
            check_notifications(v.id, v.expect, &bodies, &readings);
    printf("%zu bodies, %zu readings\n", bodies, readings);
    if (dlms_vectors()) {
        ck_assert_uint_gt(bodies, 80);
        ck_assert_uint_gt(readings, 600);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cosem_push");
    TCase *tcase = tcase_create("push");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, published_pushes_give_the_readings_that_others_found);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
