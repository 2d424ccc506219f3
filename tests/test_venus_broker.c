/* The VRM broker of a portal ID: the worked examples, the API document's own code beside ours, and the command. */
#include "harness/cmd.h"
#include "harness/venus_broker.h"
#include "sim/core/random.h"
#include "tests/run_program.h"

static struct venus_broker found(const char *portal)
{
    char text[200];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct venus_broker b;

    ck_assert_msg(venus_broker_find(wp_text(portal), &b, &why), "'%s': %s", portal, wp_put_end(&why));
    return b;
}

/* VEN-157 to VEN-160; the sums were made by hand and with the code of the API document. */
START_TEST(the_worked_examples_come_out)
{
    static const struct {
        const char *portal;
        uint32_t sum, index;
    } worked[] = {
        {"c0619ab12345", 757, 117}, {"C0619AB12345", 757, 117}, {"  c0619AB12345\t\r\n", 757, 117},
        {"b827eb123456", 767, 127}, {"e0ff50a097c0", 858, 90},  {"48e7da87942f", 833, 65},
        {"d41243d303fd", 806, 38},  {"7c386655e76b", 783, 15},  {"a0f6fd5aa8c8", 961, 65},
        {"000000000000", 576, 64},  {"ffffffffffff", 1224, 72}, {"c0215ab12301", 741, 101},
    };

    for (size_t i = 0; i < sizeof worked / sizeof *worked; i++) {
        struct venus_broker b = found(worked[i].portal);

        ck_assert_uint_eq(b.sum, worked[i].sum);
        ck_assert_uint_eq(b.index, worked[i].index);
    }
    ck_assert_str_eq(found(" C0215AB12301 ").portal, "c0215ab12301");
    ck_assert_str_eq(found("c0215ab12301").mqtt, "mqtt101.victronenergy.com");
    ck_assert_str_eq(found("c0215ab12301").webmqtt, "webmqtt101.victronenergy.com");
    ck_assert_str_eq(found("000000000002").mqtt, "mqtt66.victronenergy.com");
}
END_TEST

/* VEN-152: no other index occurs, and more than 100 different ones do. */
START_TEST(every_id_has_one_of_128_brokers)
{
    struct wp_random random = wp_random(1);
    bool seen[VENUS_BROKERS] = {false};
    size_t n = 0;

    for (int i = 0; i < 10000; i++) {
        char id[13];
        struct venus_broker b;

        for (int k = 0; k < 12; k++)
            id[k] = "0123456789abcdef"[wp_random_below(&random, 16)];
        id[12] = 0;
        b = found(id);
        ck_assert_uint_lt(b.index, VENUS_BROKERS);
        n += !seen[b.index];
        seen[b.index] = true;
    }
    ck_assert_uint_gt(n, 100);
}
END_TEST

static void refused(const char *portal, const char *sentence)
{
    struct venus_broker b = {.sum = 7};
    char text[200];
    struct wp_writer why = wp_writer(text, sizeof text);

    ck_assert(!venus_broker_find(wp_text(portal), &b, &why));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&why), sentence));
    ck_assert_uint_eq(b.sum, 7);
}

START_TEST(what_is_no_id_is_refused)
{
    char longest[VENUS_PORTAL_MAX + 2];

    refused("", "the portal ID is empty");
    refused(" \t ", "the portal ID is empty");
    refused("c0619ab 12345", "no visible ASCII");
    refused("c0619\xC3\xA4", "no visible ASCII");
    memset(longest, '0', sizeof longest);
    longest[VENUS_PORTAL_MAX + 1] = 0;
    refused(longest, "longer than 64 characters");
    longest[VENUS_PORTAL_MAX] = 0;
    ck_assert_uint_eq(found(longest).sum, VENUS_PORTAL_MAX * '0');
}
END_TEST

/* VEN-161: the function of the API document as it is printed there, 1000 random IDs in mixed case with blanks around. */
START_TEST(the_documents_own_code_says_the_same)
{
    static const char program[] = "import sys\n"
                                  "class Site:\n"
                                  "    def __init__(self, id):\n"
                                  "        self._system_id = id\n"
                                  "    def _get_vrm_broker_url(self):\n"
                                  "        sum = 0\n"
                                  "        for character in self._system_id.lower().strip():\n"
                                  "            sum += ord(character)\n"
                                  "        broker_index = sum % 128\n"
                                  "        return \"mqtt{}.victronenergy.com\".format(broker_index)\n"
                                  "for line in open('ids'):\n"
                                  "    print(Site(line)._get_vrm_broker_url())\n";
    static char ids[40000], expected[40000];
    struct wp_writer in = wp_writer(ids, sizeof ids), out = wp_writer(expected, sizeof expected);
    struct wp_random random = wp_random(2);

    for (int i = 0; i < 1000; i++) {
        char id[24];
        size_t blanks = wp_random_below(&random, 4), n = 0;

        while (n < blanks)
            id[n++] = ' ';
        for (int k = 0; k < 12; k++)
            id[n++] = "0123456789abcdefABCDEF"[wp_random_below(&random, 22)];
        for (blanks = wp_random_below(&random, 4); blanks > 0; blanks--)
            id[n++] = ' ';
        id[n] = 0;
        wp_put_text(&in, id);
        wp_put_char(&in, '\n');
        wp_put_text(&out, found(id).mqtt);
        wp_put_char(&out, '\n');
    }
    write_file("ids", wp_put_end(&in));
    write_file("sample.py", program);
    if (shell("python3 --version >/dev/null 2>&1") != 0) {
        puts("skipped: python3 is not installed");
        return;
    }
    write_file("expected", wp_put_end(&out));
    ck_assert_int_eq(shell("python3 sample.py >came && cmp came expected"), 0);
}
END_TEST

START_TEST(the_command_prints_both_hosts)
{
    ck_assert_int_eq(WATTPROOF("spec venus-broker ' C0619AB12345'"), EXIT_AS_EXPECTED);
    ck_assert_str_eq(output, "portal id  c0619ab12345\n"
                             "sum        757\n"
                             "index      117\n"
                             "mqtt       mqtt117.victronenergy.com\n"
                             "webmqtt    webmqtt117.victronenergy.com\n");
    ck_assert_int_eq(WATTPROOF("spec venus-broker ''"), EXIT_USAGE);
    ck_assert_ptr_nonnull(strstr(output, "wattproof: the portal ID is empty; it is what stands behind N/"));
    ck_assert_int_eq(WATTPROOF("spec venus-broker"), EXIT_USAGE);
    ck_assert_ptr_nonnull(strstr(output, "spec venus-broker takes portal IDs"));
    ck_assert_int_eq(WATTPROOF("spec venus-broker c0619ab12345 b827eb123456"), EXIT_AS_EXPECTED);
    ck_assert_ptr_nonnull(
        strstr(output, "webmqtt    webmqtt117.victronenergy.com\nportal id  b827eb123456\n"));
    ck_assert_int_eq(WATTPROOF("spec venus-broker c0619ab12345 ''"), EXIT_USAGE);
    ck_assert_int_eq(WATTPROOF("spec --help"), EXIT_AS_EXPECTED);
    ck_assert_ptr_nonnull(strstr(output, "spec venus-broker ID"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("venus_broker");
    TCase *t = tcase_create("venus_broker");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, make_dir, remove_dir);
    tcase_add_test(t, the_worked_examples_come_out);
    tcase_add_test(t, every_id_has_one_of_128_brokers);
    tcase_add_test(t, what_is_no_id_is_refused);
    tcase_add_test(t, the_documents_own_code_says_the_same);
    tcase_add_test(t, the_command_prints_both_hosts);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
