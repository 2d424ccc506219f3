/* Formats: a few good and bad ones of each; the official suite has the many.
 * covers: schema_format_time schema_format_uri schema_format_host schema_idna */
#include "harness/schema_format.h"

#include <check.h>

static bool fits(const char *name, const char *text)
{
    for (const struct schema_format *f = schema_formats; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f->check(wp_text(text));
    ck_abort_msg("there is no format %s", name);
}

static const struct {
    const char *name, *text;
    bool good;
} row[] = {
    {"date", "2024-02-29", true},
    {"date", "2023-02-29", false},
    {"date", "2024-2-29", false},
    {"date", "1900-02-29", false},
    {"time", "12:00:00Z", true},
    {"time", "12:00:00.123+08:00", true},
    {"time", "12:00:00", false},
    {"time", "23:59:60Z", true},
    {"time", "22:59:60-01:00", true},
    {"time", "22:59:60Z", false},
    {"time", "24:00:00Z", false},
    {"time", "12:00:00.Z", false},
    {"date-time", "2024-01-15T12:00:00.000Z", true},
    {"date-time", "2024-01-15t12:00:00z", true},
    {"date-time", "2024-01-15 12:00:00Z", false},
    {"duration", "P4DT12H30M5S", true},
    {"duration", "P2W", true},
    {"duration", "PT0S", true},
    {"duration", "P", false},
    {"duration", "P1YT", false},
    {"duration", "P1D2M", false},
    {"duration", "P1Y2W", false},
    {"email", "joe.bloggs@example.com", true},
    {"email", "\"joe bloggs\"@[IPv6:::1]", true},
    {"email", "joe..bloggs@example.com", false},
    {"email", "@example.com", false},
    {"idn-email", "\xEC\x8B\xA4\xEB\xA1\x80@\xEC\x8B\xA4\xEB\xA1\x80.kr", true},
    {"hostname", "meter-1.example.com", true},
    {"hostname", "-meter.example.com", false},
    {"hostname", "meter_1", false},
    {"hostname", "", false},
    {"hostname", "xn--9n2bp8q.xn--9t4b11yi5a", true},
    {"hostname", "xn--X", false},
    {"idn-hostname", "m\xC3\xBCnchen.de", true},
    {"idn-hostname",
     "a\xC2\xB7"
     "b",
     false},
    {"ipv4", "127.0.2.1", true},
    {"ipv4", "127.0.2.01", false},
    {"ipv4", "127.0.2.256", false},
    {"ipv4", "127.0.2", false},
    {"ipv4", "127.0.2.1 ", false},
    {"ipv6", "::1", true},
    {"ipv6", "::", true},
    {"ipv6", "1:2:3:4:5:6:7:8", true},
    {"ipv6", "1::8", true},
    {"ipv6", "::ffff:127.0.0.1", true},
    {"ipv6", "1:2:3:4:5:6:7", false},
    {"ipv6", "1::2::3", false},
    {"ipv6", "12345::", false},
    {"ipv6", "fe80::1%eth0", false},
    {"ipv6", ":1", false},
    {"uri", "mqtt://user@host:1883/a?b#c", true},
    {"uri", "urn:uuid:0-1", true},
    {"uri", "/relative", false},
    {"uri", "http://a b/", false},
    {"uri", "http://[::1]:80/", true},
    {"uri", "http://[1]/", false},
    {"uri", "http://a/%zz", false},
    {"uri-reference", "../a?b", true},
    {"uri-reference", "\\a", false},
    {"iri", "http://\xC3\xBC/\xE4\xB8\xAD", true},
    {"iri", "/\xE4\xB8\xAD", false},
    {"iri-reference", "/\xE4\xB8\xAD", true},
    {"uri-template", "http://x/{var}{?q*,r:3}", true},
    {"uri-template", "http://x/{var", false},
    {"uri-template", "http://x/{va r}", false},
    {"uuid", "2EB8AA08-AA98-11EA-B4AA-73B441D16380", true},
    {"uuid", "2eb8aa08aa9811eab4aa73b441d16380", false},
    {"json-pointer", "/a~0b/~1/0", true},
    {"json-pointer", "a", false},
    {"json-pointer", "/a~2", false},
    {"relative-json-pointer", "1/a", true},
    {"relative-json-pointer", "0#", true},
    {"relative-json-pointer", "01/a", false},
    {"regex", "^[0-9]+$", true},
    {"regex", "^(", false},
};

START_TEST(formats_are_told_apart)
{
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_msg(fits(row[i].name, row[i].text) == row[i].good, "%s: '%s'", row[i].name, row[i].text);
}
END_TEST

/* Nothing reads beyond a text, wherever it ends. */
START_TEST(every_prefix_is_looked_at_safely)
{
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        for (size_t n = 0; n < strlen(row[i].text); n++) {
            uint8_t copy[100];

            memcpy(copy, row[i].text, n);
            for (const struct schema_format *f = schema_formats; f->name; f++)
                f->check(wp_slice(copy, n));
        }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("schema_format");
    TCase *t = tcase_create("schema_format");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, formats_are_told_apart);
    tcase_add_test(t, every_prefix_is_looked_at_safely);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
