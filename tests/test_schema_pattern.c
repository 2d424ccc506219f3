/* Regular expressions of ECMA-262: what they match, what is refused; and our own loop agrees with PCRE2.
 * covers: schema_ecma schema_plain */
#include "harness/schema_pattern.h"

#include "sim/core/random.h"

#include <check.h>
#include <stdio.h>

static struct arena arena;
static char sentence[400];

static struct schema_pattern *compile(const char *text)
{
    struct wp_writer why = wp_writer(sentence, sizeof sentence);
    struct schema_pattern *p = schema_pattern_new(&arena, wp_text(arena_print(&arena, "%s", text)), &why);

    wp_put_end(&why);
    return p;
}

static bool matches(const char *pattern, struct wp_slice text)
{
    struct schema_pattern *p = compile(pattern);
    bool found;

    ck_assert_msg(p != NULL, "%s: %s", pattern, sentence);
    found = schema_pattern_matches(p, text);
    schema_pattern_free(p);
    return found;
}

START_TEST(patterns_match_as_ecma_262_says)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } row[] = {
        {"b", "abc", true},
        {"^b", "abc", false},
        {"^abc$", "abc\n", false},
        {"^a.c$", "a\nc", false},
        {"^a.c$",
         "a\xE2\x80\xA8"
         "c",
         false}, /* U+2028 ends a line */
        {"^a.c$",
         "a\xC2\x85"
         "c",
         true}, /* U+0085 does not */
        {"^a[^]c$", "a\nc", true},
        {"a[]c", "ac", false},
        {"^\\d$", "\xD9\xA1", false}, /* ARABIC-INDIC DIGIT ONE */
        {"^\\D$", "\xD9\xA1", true},
        {"^\\w$", "\xC3\xA9", false},
        {"^\\W$", "\xC3\xA9", true},
        {"^\\s$", "\xC2\xA0", true},
        {"^\\s$", "\xEF\xBB\xBF", true},
        {"^\\s$", "\xE1\xA0\x8E", false}, /* U+180E is no space since Unicode 6.3 */
        {"^\\S$", "\xC2\xA0", false},
        {"^[\\S]$", "x", true},
        {"^[^\\s]$", "\xE3\x80\x80", false},
        {"^\\cJ$", "\n", true},
        {"^\\u0041\\x42$", "AB", true},
        {"^\\u{1F600}$", "\xF0\x9F\x98\x80", true},
        {"^\\ud83d\\ude00$", "\xF0\x9F\x98\x80", true},
        {"^[\\ud83d\\ude00-\\ud83d\\ude02]$", "\xF0\x9F\x98\x81", true},
        {"^\\p{Letter}+$", "\xC3\xA9\xE4\xB8\xAD", true},
        {"^\\p{L}\\P{L}$", "a1", true},
        {"^\\p{Script=Greek}$", "\xCE\xB1", true},
        {"^\\p{gc=Nd}$", "\xD9\xA1", true},
        {"^\\p{Uppercase}$", "A", true},
        {"^[\\p{Lu}_]+$", "A_B", true},
        {"^(a)?\\1b$", "b", true}, /* a group that took no part matches nothing */
        {"^(?<x>a)\\k<x>$", "aa", true},
        {"(?<=a)b", "ab", true},
        {"(?<!a)b", "ab", false},
        {"^a{2,3}$", "aaaa", false},
        {"^a{,3}$", "a{,3}", true},
        {"^\\/\\-\\_$", "/-_", true},
        {"^[[:alpha:]$", ":", true}, /* no POSIX class: the characters [ : a l p h */
        {"^[a-]$", "-", true},
        {"^[-a]$", "-", true},
        {"^[\\b]$", "\b", true},
        {"^a#b c$", "a#b c", true},
        {"^\\$\\{$", "${", true},
        {"^x*?$", "xxx", true},
        {"", "anything", true},
        {"\\0", "a", false},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_msg(matches(row[i].pattern, wp_text(row[i].text)) == row[i].matches, "%s on %s",
                      row[i].pattern, row[i].text);
    ck_assert(matches("^\\0$", wp_slice("\0", 1)));
    ck_assert(matches("^a$|^$", wp_slice(NULL, 0)));
}
END_TEST

START_TEST(what_is_no_such_expression_is_refused)
{
    static const char *const bad[] = {
        "(",           ")",       "[",    "a**",           "a++",      "*a",      "(?i)a",
        "(?#x)",       "(*FAIL)", "\\A",  "\\Z",           "\\z",      "\\h",     "\\R",
        "\\Qa\\E",     "\\a",     "\\",   "\\c1",          "\\u12",    "\\x1",    "\\ud83d",
        "\\u{110000}", "\\p{",    "\\pL", "\\p{Nonsense}", "[b-a]",    "[a-\\d]", "\\8",
        "\\k<a>",      "\\01",    "^*",   "(?>a)",         "(?P<a>b)", "a{2}{3}", "(?<=a*)b",
        "(?<1>a)",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct schema_pattern *p = compile(bad[i]);

        ck_assert_msg(p == NULL, "%s was taken", bad[i]);
        ck_assert_msg(*sentence != 0, "%s: no reason", bad[i]);
    }
}
END_TEST

/* ---- our own loop ----------------------------------------------------------------------------------- */

static const char *const plain[] = {
    "^[0-9]{12}$",
    "^[0-9A-F]{8}$",
    "^(?:[0-9A-F]{2})+$",
    "^(?:[0-9A-F]{2}){1,3}$",
    "^(?:[0-9][A-F])*$",
    "^[0-9]{1,3}-[0-9]{1,3}:[0-9]{1,3}(?:\\.[0-9]{1,3}){3}$",
    "^x-",
    "^[a-f]*$",
    "^[a-f]+[0-9]?$",
    "^[A-F][0-9]{5}$",
    "^\\d+\\.\\d{2}$",
    "^a?b?c?$",
    "^[^/]+$",
    "^[^/]*/[^/]*$",
    "^a{0,2}",
    "^$",
    "^[A-Za-z_][-A-Za-z0-9._]*$",
};

static const char *const not_plain[] = {
    "[0-9]",     "^a|b$",          "^[a-f]+[c-z]$", "^a{0,2}b?a$",    "^(a)$",      "^.$",
    "^[^/]{3}$", "^\\w$",          "^a*?$",         "^(?:a+b){1,2}$", "^(?:ab)+c$", "^[\xC3\xA4]$",
    "^a{2}b{",   "^[a-f]+(?:f)+$", "^a\\b$",        "^\\cA$",
};

START_TEST(simple_patterns_need_no_pcre)
{
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        ck_assert_msg(schema_plain_new(&arena, wp_text(plain[i])) != NULL, "%s", plain[i]);
    for (size_t i = 0; i < sizeof not_plain / sizeof not_plain[0]; i++)
        ck_assert_msg(schema_plain_new(&arena, wp_text(not_plain[i])) == NULL, "%s", not_plain[i]);
}
END_TEST

static struct wp_slice random_text(struct wp_random *r, char *room)
{
    static const char *const piece[] = {"0", "1",  "9",        "A", "F",   "a",    "f",  "b",
                                        "c", "-",  ":",        ".", "/",   "x-",   "00", "1A",
                                        "G", "\n", "\xC3\xA4", "_", "123", "1.2.3"};
    struct wp_writer w = wp_writer(room, 100);

    for (uint64_t n = wp_random_below(r, 9); n > 0; n--)
        wp_put_text(&w, piece[wp_random_below(r, sizeof piece / sizeof piece[0])]);
    return wp_written(&w);
}

/* In a group the same pattern goes to PCRE2. */
START_TEST(both_ways_agree_on_random_texts)
{
    struct wp_random r = wp_random(645);

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        const struct schema_plain *own = schema_plain_new(&arena, wp_text(plain[i]));
        struct schema_pattern *other = compile(arena_print(&arena, "(?:%s)", plain[i]));
        unsigned found = 0;

        ck_assert_ptr_nonnull(other);
        for (int k = 0; k < 20000; k++) {
            char room[100];
            struct wp_slice text = random_text(&r, room);
            bool yes = schema_plain_matches(own, text);

            ck_assert_msg(yes == schema_pattern_matches(other, text), "%s on '%.*s'", plain[i], WP_FMT(text));
            found += yes;
        }
        schema_pattern_free(other);
        ck_assert_msg(found > 0 || i == 5 || i == 0, "%s never matched", plain[i]);
    }
    ck_assert(matches("^[0-9]{12}$", wp_text("000000000001")));
    ck_assert(matches(plain[5], wp_text("1-0:12.7.0.255")));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("schema_pattern");
    TCase *t = tcase_create("schema_pattern");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, patterns_match_as_ecma_262_says);
    tcase_add_test(t, what_is_no_such_expression_is_refused);
    tcase_add_test(t, simple_patterns_need_no_pcre);
    tcase_add_test(t, both_ways_agree_on_random_texts);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    arena_free(&arena);
    return failed ? 1 : 0;
}
