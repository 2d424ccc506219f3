/* config.ini in the form of the document: what it becomes, and what is wrong with one.  covers: ini host_address */
#include "harness/service_ini.h"

#include <check.h>
#include <stdlib.h>

static struct arena arena;
static char said[600];

static const struct node *read_text(const char *text)
{
    struct wp_writer why = wp_writer(said, sizeof said);
    const struct node *root = service_ini_read(&arena, "config.ini", wp_text(text), &why);

    wp_put_end(&why);
    return root;
}

static void becomes(const char *text, const char *json)
{
    const struct node *root = read_text(text);

    ck_assert_msg(root != NULL, "%s", said);
    ck_assert_str_eq(node_json(&arena, root), json);
}

static void bad(const char *text, const char *sentence)
{
    ck_assert_ptr_null(read_text(text));
    ck_assert_str_eq(said, sentence);
}

#define LXP "[lxp]\nhost = 127.0.0.1\nport = 8000\nserial = 0000000001\ndatalog = BA00000001\n"

#define SET                                                                                                  \
    "\"lxp.host\":\"127.0.0.1\",\"lxp.port\":\"8000\",\"lxp.serial\":\"0000000001\",\"lxp.datalog\":"        \
    "\"BA00000001\""

/* OCT-003, OCT-004, OCT-005, OCT-007: the document's own section among those of the README. */
START_TEST(the_documents_form)
{
    becomes("[mqtt]\n# see https://github.com/mqtt/mqtt.github.io/wiki/URI-Scheme for URI help\n"
            "uri = mqtt://server:1883\n" LXP,
            "{\"north\":[\"octolux\"],\"south\":[\"lxp\"],\"broker\":{\"url\":\"mqtt://server:1883\"},"
            "\"set\":{" SET "}}");
    becomes("  [ mqtt ]  \r\n\turi=mqtt://server  \r\n" LXP
            "[octopus]\nproduct_code = X\n[rules]\nanything = 5\n"
            "[server]\nport = 4346\n",
            "{\"north\":[\"octolux\"],\"south\":[\"lxp\"],\"broker\":{\"url\":\"mqtt://server\"},"
            "\"set\":{" SET "}}");
}
END_TEST

/* OCT-B03 */
START_TEST(without_a_uri_there_is_no_mqtt)
{
    static const char none[] = "{\"north\":\"none\",\"south\":[\"lxp\"],\"set\":{" SET "}}";

    becomes(LXP, none);
    becomes("[mqtt]\nuri =\n" LXP, none);
}
END_TEST

START_TEST(comments_stand_anywhere)
{
    static const char plain[] = "{\"north\":[\"octolux\"],\"south\":[\"lxp\"],\"broker\":{\"url\":"
                                "\"mqtt://u:a%23b#c@h\"},\"set\":{" SET "}}";

    becomes(
        "# first\n; second\n[mqtt] # the broker\n   # indented\nuri = mqtt://u:a%23b#c@h ; behind it\n" LXP
        "batteries = 2 # is for people\n#last",
        plain);
}
END_TEST

START_TEST(further_inverters_have_sections)
{
    becomes("[mqtt]\nuri=mqtt://h\n" LXP "prefix = house\n"
            "[lxp garage]\nhost = 127.0.0.9\nserial = 0000000002\ndatalog = BA00000002\n"
            "[lxp  barn]\nhost = localhost\nport = 4711\nserial = 0000000003\ndatalog = BA00000003\n",
            "{\"north\":[\"octolux\"],\"south\":[\"lxp\"],\"broker\":{\"url\":\"mqtt://h\"},\"set\":{" SET
            ",\"octolux.prefix\":\"house\",\"lxp.more\":\"garage=0000000002:BA00000002@127.0.0.9:8000, "
            "barn=0000000003:BA00000003@127.0.0.1:4711\"}}");
}
END_TEST

START_TEST(options_go_by_their_full_names)
{
    becomes("[mqtt]\nuri = mqtts://h\nca_file = ca.pem\ninsecure = false\n" LXP
            "[gateway]\noctolux.accept_retained = true\nlxp.reconnect = \"5s\"\nlxp.silence =\n",
            "{\"north\":[\"octolux\"],\"south\":[\"lxp\"],\"broker\":{\"url\":\"mqtts://h\",\"ca_file\":"
            "\"ca.pem\",\"insecure\":\"false\"},\"set\":{" SET
            ",\"octolux.accept_retained\":\"true\",\"lxp.reconnect\":\"5s\"}}");
}
END_TEST

/* What is wrong later on is said with the place in this file. */
START_TEST(values_know_where_they_stand)
{
    const struct node *root = read_text("[mqtt]\n  uri =  mqtt://h\n" LXP), *url, *serial;

    ck_assert_ptr_nonnull(root);
    url = node_get(node_get(root, "broker"), "url");
    serial = node_get(node_get(root, "set"), "lxp.serial");
    ck_assert_int_eq(url->line, 2);
    ck_assert_int_eq(url->key_column, 3);
    ck_assert_int_eq(serial->line, 6);
    ck_assert(serial->quoted); /* digits, and no number: the zeros in front count */
}
END_TEST

START_TEST(what_is_wrong_is_named_with_its_place)
{
    bad("", "config.ini:1:1: there is no section [lxp], so no inverter");
    bad("uri = x\n", "config.ini:1:1: 'uri' stands before any section");
    bad("[mqtt\n", "config.ini:1:1: a section is written [name]");
    bad("[]\n", "config.ini:1:1: a section is written [name]");
    bad("[mqtt]\nuri\n", "config.ini:2:1: this is no section, no comment and no KEY = VALUE");
    bad("[mqtt]\nuri = a\n uri = b\n", "config.ini:3:2: key 'uri' stands in [mqtt] a second time");
    bad("[mqtt]\nurl = a\n" LXP, "config.ini:2:1: unknown key 'url' in [mqtt]: did you mean 'uri'?");
    bad("[mqt]\nuri = a\n" LXP, "config.ini:1:1: unknown section [mqt]: did you mean [mqtt]?");
    bad("[lxp]\nhots = a\n", "config.ini:2:1: unknown key 'hots' in [lxp]: did you mean 'host'?");
    bad(LXP "[lxp b]\nhost = 127.0.0.1\nserial = 0000000002\n", "config.ini:6:1: [lxp b] has no datalog");
    bad(LXP "[gateway]\nlxp.host = a\n", "config.ini:7:1: 'lxp.host' is said in [lxp] already");
}
END_TEST

START_TEST(a_host_that_is_none_is_named)
{
    static const char start[] = "config.ini:7:7: host 'no-such-host.invalid' has no IPv4 address: ";

    ck_assert_ptr_null(read_text(LXP "[lxp b]\nhost = no-such-host.invalid\nserial = 1\ndatalog = 2\n"));
    ck_assert_msg(strncmp(said, start, sizeof start - 1) == 0, "%s", said);
}
END_TEST

START_TEST(zero_bytes_are_refused)
{
    struct wp_writer why = wp_writer(said, sizeof said);

    ck_assert_ptr_null(service_ini_read(&arena, "config.ini", wp_slice("[lxp]\nhost=\0x\n", 14), &why));
    ck_assert_str_eq(wp_put_end(&why), "config.ini:2:1: a NUL character cannot stand in a settings file");
}
END_TEST

START_TEST(the_name_decides)
{
    ck_assert(service_ini_is("config.ini"));
    ck_assert(service_ini_is("/etc/x/octolux.ini"));
    ck_assert(!service_ini_is(".ini"));
    ck_assert(!service_ini_is("config.yaml"));
}
END_TEST

static void clean(void)
{
    arena_free(&arena);
}

int main(void)
{
    Suite *s = suite_create("service_ini");
    TCase *t = tcase_create("service_ini");
    SRunner *run;
    int failed;

    tcase_add_checked_fixture(t, NULL, clean);
    tcase_add_test(t, the_documents_form);
    tcase_add_test(t, without_a_uri_there_is_no_mqtt);
    tcase_add_test(t, comments_stand_anywhere);
    tcase_add_test(t, further_inverters_have_sections);
    tcase_add_test(t, options_go_by_their_full_names);
    tcase_add_test(t, values_know_where_they_stand);
    tcase_add_test(t, what_is_wrong_is_named_with_its_place);
    tcase_add_test(t, a_host_that_is_none_is_named);
    tcase_add_test(t, zero_bytes_are_refused);
    tcase_add_test(t, the_name_decides);
    suite_add_tcase(s, t);
    run = srunner_create(s);
    srunner_run_all(run, CK_NORMAL);
    failed = srunner_ntests_failed(run);
    srunner_free(run);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
