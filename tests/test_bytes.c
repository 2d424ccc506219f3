/* What text is made of: looked at in eights, and the same as octet by octet. */
#include "sim/core/bytes.h"

#include <check.h>

enum { LENGTH_MAX = 27 };

/* Every octet at every place of every length, with printable ones around it. */
START_TEST(one_octet_decides_what_is_printable)
{
    uint8_t text[LENGTH_MAX];

    for (size_t n = 1; n <= LENGTH_MAX; n++)
        for (size_t at = 0; at < n; at++)
            for (unsigned octet = 0; octet < 256; octet++) {
                for (size_t i = 0; i < n; i++)
                    text[i] = i % 2 ? 0x20 : 0x7E; /* at both ends of what is printable */
                text[at] = (uint8_t)octet;
                if (wp_slice_is_printable(wp_slice(text, n)) != (octet >= 0x20 && octet <= 0x7E))
                    ck_abort_msg("%02X at %zu of %zu", octet, at, n);
                if (wp_slice_is_utf8(wp_slice(text, n)) != (octet < 0x80))
                    ck_abort_msg("as UTF-8: %02X at %zu of %zu", octet, at, n);
            }
    ck_assert(wp_slice_is_printable(wp_slice(NULL, 0)));
    ck_assert(wp_slice_is_utf8(wp_slice(NULL, 0)));
}
END_TEST

/* Characters of two to four octets across every border of eight, whole and without their last octet. */
START_TEST(long_characters_stand_anywhere)
{
    static const char *const characters[] = {"\xC2\x80", "\xE2\x82\xAC", "\xEF\xBF\xBD", "\xF4\x8F\xBF\xBF"};
    uint8_t text[LENGTH_MAX];

    for (size_t c = 0; c < sizeof characters / sizeof characters[0]; c++) {
        const struct wp_slice character = wp_text(characters[c]);

        for (size_t at = 0; at + character.n <= LENGTH_MAX; at++) {
            memset(text, 'a', sizeof text);
            memcpy(text + at, character.p, character.n);
            ck_assert(wp_slice_is_utf8(wp_slice(text, sizeof text)));
            ck_assert(!wp_slice_is_printable(wp_slice(text, sizeof text)));
            text[at + character.n - 1] = 'a';
            ck_assert(!wp_slice_is_utf8(wp_slice(text, sizeof text)));
        }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bytes");
    TCase *t = tcase_create("bytes");
    SRunner *r;
    int failed;

    tcase_add_test(t, one_octet_decides_what_is_printable);
    tcase_add_test(t, long_characters_stand_anywhere);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
