/* Frames as lines, trees and objects: nesting, arrays, quoting. covers: fields_tree */
#include "harness/fields.h"

#include <check.h>

/* A codec whose "frame" is the list of fields to visit. */
struct list {
    const struct wp_field *field;
    size_t n;
};

static void list_fields(const void *frame, wp_visit *visit, void *ctx)
{
    const struct list *list = frame;

    for (size_t i = 0; i < list->n; i++)
        visit(ctx, &list->field[i]);
}

static const struct wp_codec codec = {.name = "list", .fields = list_fields};

static struct wp_field field(const char *path, struct wp_value value)
{
    return (struct wp_field){.path = path, .value = value, .unit = ""};
}

static struct wp_value text(const char *s)
{
    return wp_text_value(wp_text(s));
}

static void expect(const struct wp_field *fields, size_t n, const char *line, const char *json)
{
    char memory[1024];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct list list = {fields, n};

    fields_put_line(&w, &codec, &list);
    ck_assert_str_eq(wp_put_end(&w), line);
    w = wp_writer(memory, sizeof memory);
    fields_put_json(&w, &codec, &list);
    ck_assert_str_eq(wp_put_end(&w), json);
}

START_TEST(values_of_every_kind)
{
    const struct wp_field fields[] = {
        field("yes", wp_bool(true)),
        field("count", wp_int(-3)),
        field("value", wp_decimal(800000, -2)),
        field("real", wp_real(0.1)),
        field("bytes", wp_bytes_value(wp_slice("\x0A\xFF", 2))),
        field("none", wp_null()),
        field("empty", wp_bytes_value(wp_slice(NULL, 0))),
    };

    expect(fields, 7, "list yes=true count=-3 value=8000.00 real=0.1 bytes=0AFF none=null empty=",
           "{\"yes\":true,\"count\":-3,\"value\":8000.00,\"real\":0.1,\"bytes\":\"0AFF\",\"none\":null,"
           "\"empty\":\"\"}");
}
END_TEST

/* A text that could be read as something else is quoted in the line; in JSON it always is. */
START_TEST(text_is_quoted_where_it_must)
{
    const struct wp_field fields[] = {
        field("a", text("2024-01-15")), field("b", text("two words")),  field("c", text("")),
        field("d", text("x=1")),        field("e", text("say \"no\"")), field("f", text("\n")),
        field("g", text("1,2")),        field("h", text("\xC3\xA9")),
    };

    expect(fields, 8,
           "list a=2024-01-15 b=\"two words\" c=\"\" d=\"x=1\" e=\"say \\\"no\\\"\" f=\"\\n\" g=\"1,2\" "
           "h=\"\xC3\xA9\"",
           "{\"a\":\"2024-01-15\",\"b\":\"two words\",\"c\":\"\",\"d\":\"x=1\",\"e\":\"say \\\"no\\\"\","
           "\"f\":\"\\n\",\"g\":\"1,2\",\"h\":\"\xC3\xA9\"}");
}
END_TEST

START_TEST(dots_make_objects_and_brackets_arrays)
{
    const struct wp_field fields[] = {
        field("wrapper.version", wp_int(1)),
        field("wrapper.port", wp_int(2)),
        field("code", wp_int(3)),
        field("apdu.tag", wp_int(4)),
        field("apdu.data.type", wp_int(5)),
        field("apdu.data.value", wp_int(6)),
        field("apdu.end", wp_int(7)),
        field("list[]", wp_int(8)),
        field("list[]", wp_int(9)),
        field("other[]", wp_int(10)),
        field("last.deep.inner[]", text("a")),
    };

    expect(fields, 11,
           "list wrapper.version=1 wrapper.port=2 code=3 apdu.tag=4 apdu.data.type=5 apdu.data.value=6 "
           "apdu.end=7 list=8,9 other=10 last.deep.inner=a",
           "{\"wrapper\":{\"version\":1,\"port\":2},\"code\":3,\"apdu\":{\"tag\":4,\"data\":{\"type\":5,"
           "\"value\":6},\"end\":7},\"list\":[8,9],\"other\":[10],\"last\":{\"deep\":{\"inner\":[\"a\"]}}}");
}
END_TEST

/* The line shows the beginning of what is very long, in whole characters; the object has all of it. */
START_TEST(long_values_are_cut_in_the_line)
{
    static char long_text[FIELDS_LONG + 2], line[FIELDS_LONG * 4];
    struct wp_field field = {.path = "a", .unit = ""};
    struct fields_line l;
    struct wp_writer w = wp_writer(line, sizeof line);

    memset(long_text, 'x', sizeof long_text);
    long_text[FIELDS_SHOWN - 1] = '\xC3';
    long_text[FIELDS_SHOWN] = '\xA9';
    field.value = wp_text_value(wp_slice(long_text, FIELDS_LONG + 1));
    fields_line_begin(&l, &w, "list");
    fields_line_visit(&l, &field);
    ck_assert_uint_eq(w.n, strlen("list a=") + FIELDS_SHOWN - 1 + strlen("..."));
    field.value = wp_bytes_value(wp_slice(long_text, FIELDS_LONG));
    w = wp_writer(line, sizeof line);
    fields_line_begin(&l, &w, "list");
    fields_line_visit(&l, &field);
    ck_assert_uint_eq(w.n, strlen("list a=") + 2 * FIELDS_LONG);
}
END_TEST

/* What stands on the wire as a secret is printed as '*'. */
START_TEST(secrets_do_not_show_in_the_bytes)
{
    const struct wp_field fields[] = {
        {"user", wp_text_value(wp_text("u")), "", 1, 1, WP_ROLE_ID},
        {"password", wp_text_value(wp_text("***")), "", 3, 2, WP_ROLE_SECRET},
        {"key", wp_text_value(wp_text("***")), "", 6, 1, WP_ROLE_SECRET},
    };
    char memory[200];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct json_out out = json_out(&w);
    struct fields_json json;

    json_open_object(&out);
    json_key(&out, "frame");
    json_put_raw(&out, wp_text(""));
    fields_json_begin(&json, &w);
    for (size_t i = 0; i < 3; i++)
        fields_json_visit(&json, &fields[i]);
    fields_json_end(&json);
    fields_json_wire(&json, &out, wp_text("\x01u\x02pw\x01k."));
    json_close_object(&out);
    ck_assert_str_eq(wp_put_end(&w), "{\"frame\":{\"user\":\"u\",\"password\":\"***\",\"key\":\"***\"},"
                                     "\"wire\":\"0175022A2A012A2E\"}");
}
END_TEST

/* Objects of the frame have a line for each field; what stands deeper shares a line. */
START_TEST(a_tree_shows_what_belongs_together)
{
    const struct wp_field fields[] = {
        {"src", wp_int(1), "", 0, 0, WP_ROLE_FIELD},
        {"dst[]", wp_int(2), "", 0, 0, WP_ROLE_FIELD},
        {"dst[]", wp_int(3), "", 0, 0, WP_ROLE_FIELD},
        {"apdu.tag", wp_text_value(wp_text("0F")), "", 0, 0, WP_ROLE_FIELD},
        {"apdu.body.structure", wp_int(2), "", 0, 0, WP_ROLE_LENGTH},
        {"apdu.body.0.octet-string", wp_text_value(wp_text("a b")), "", 0, 0, WP_ROLE_VALUE},
        {"apdu.body.0.obis", wp_text_value(wp_text("1-0:32.7.0.255")), "", 0, 0, WP_ROLE_FIELD},
        {"apdu.body.1.structure", wp_int(1), "", 0, 0, WP_ROLE_LENGTH},
        {"apdu.body.1.0.unsigned", wp_int(7), "V", 0, 0, WP_ROLE_VALUE},
        {"apdu.body.hidden", wp_int(1), "", 0, 0, WP_ROLE_FIELD},
        {"fcs", wp_int(9), "", 0, 0, WP_ROLE_CHECKSUM},
    };
    const struct list list = {fields, sizeof fields / sizeof fields[0]};
    char memory[1000];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    fields_put_tree(&w, &codec, &list);
    ck_assert_str_eq(wp_put_end(&w), "list\n"
                                     "  src 1\n"
                                     "  dst 2,3\n"
                                     "  apdu\n"
                                     "    tag 0F\n"
                                     "    body  structure 2\n"
                                     "      0  octet-string \"a b\"  obis 1-0:32.7.0.255\n"
                                     "      1  structure 1\n"
                                     "        0  unsigned 7 V\n"
                                     "      hidden 1\n"
                                     "  fcs 9");
}
END_TEST

START_TEST(no_fields_are_an_empty_object)
{
    expect(NULL, 0, "list", "{}");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fields");
    TCase *t = tcase_create("fields");
    SRunner *r;
    int failed;

    tcase_add_test(t, values_of_every_kind);
    tcase_add_test(t, text_is_quoted_where_it_must);
    tcase_add_test(t, dots_make_objects_and_brackets_arrays);
    tcase_add_test(t, long_values_are_cut_in_the_line);
    tcase_add_test(t, secrets_do_not_show_in_the_bytes);
    tcase_add_test(t, a_tree_shows_what_belongs_together);
    tcase_add_test(t, no_fields_are_an_empty_object);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
