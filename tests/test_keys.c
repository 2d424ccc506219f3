/* Keys of ciphered frames: read strictly, kept by sender, given to every state, never said. */
#include "harness/keys.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TITLE "4D4D4D0000BC614E"
#define OTHER "4142434445464748"
#define KEY   "000102030405060708090A0B0C0D0E0F"
#define AUTH  "D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"

static char path[] = "/tmp/wattproof-keys-XXXXXX";

static void setup(void)
{
    strcpy(path, "/tmp/wattproof-keys-XXXXXX");
    close(mkstemp(path));
    for (size_t i = 0; i < 5; i++)
        unsetenv((const char *const[]){"WATTPROOF_KEY", "WATTPROOF_AUTH_KEY", "WATTPROOF_BROADCAST_KEY",
                                       "WATTPROOF_SYSTEM_TITLE", "WATTPROOF_KEYS"}[i]);
}

static void teardown(void)
{
    unlink(path);
    keys_forget();
}

static void write_file(const char *text)
{
    FILE *f = fopen(path, "w");

    fputs(text, f);
    fclose(f);
}

/* "4D4D4D0000BC614E key=0001.. auth=D0D1..; * key=.." with 16 octets as their first two. */
static const char *ring(void)
{
    static char text[2048];
    struct wp_writer w = wp_writer(text, sizeof text);
    const struct wp_keys *keys = keys_given();

    for (size_t i = 0; i < keys->n; i++) {
        const struct wp_key *k = &keys->at[i];
        const struct {
            const char *name;
            const uint8_t *p;
            size_t n;
        } each[] = {{" key=", k->key, k->n_key},
                    {" auth=", k->auth, k->n_auth},
                    {" broadcast=", k->broadcast, k->n_broadcast}};

        wp_put_text(&w, i ? "; " : "");
        if (k->has_title)
            wp_put_hex(&w, wp_slice(k->title, 8));
        else
            wp_put_text(&w, "*");
        for (size_t j = 0; j < 3; j++) {
            if (each[j].n == 0)
                continue;
            wp_put_text(&w, each[j].name);
            wp_put_hex(&w, wp_slice(each[j].p, 2));
            wp_put_char(&w, '/');
            wp_put_uint(&w, each[j].n);
        }
    }
    return wp_put_end(&w);
}

START_TEST(options_in_any_order_name_a_sender)
{
    ck_assert(keys_take(KEYS_KEY, KEY));
    ck_assert(keys_take(KEYS_SYSTEM_TITLE, TITLE));
    ck_assert(keys_take(KEYS_AUTH_KEY, AUTH));
    ck_assert(keys_take(KEYS_SYSTEM_TITLE, OTHER)); /* again: the next one */
    ck_assert(keys_take(KEYS_KEY, AUTH AUTH));
    ck_assert_str_eq(ring(), TITLE " key=0001/16 auth=D0D1/16; " OTHER " key=D0D1/32");
}
END_TEST

START_TEST(a_key_alone_is_everybodys)
{
    ck_assert(keys_take(KEYS_KEY, "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"));
    ck_assert(keys_take(KEYS_BROADCAST_KEY, "ascii:0123456789abcdef"));
    ck_assert_str_eq(ring(), "* key=0001/16 broadcast=3031/16");
}
END_TEST

START_TEST(title_and_key_in_one)
{
    ck_assert(keys_take(KEYS_KEY, KEY));
    ck_assert(keys_take(KEYS_KEY, TITLE "=" KEY));
    ck_assert(keys_take(KEYS_AUTH_KEY, TITLE "=" AUTH));
    ck_assert(keys_take(KEYS_AUTH_KEY, OTHER "=" AUTH));
    ck_assert_str_eq(ring(), "* key=0001/16; " TITLE " key=0001/16 auth=D0D1/16; " OTHER " auth=D0D1/16");
}
END_TEST

START_TEST(a_secret_may_stand_in_a_file)
{
    char at[64];

    write_file("  " KEY "\n");
    snprintf(at, sizeof at, "@%s", path);
    ck_assert(keys_take(KEYS_KEY, at));
    ck_assert_str_eq(ring(), "* key=0001/16");
    ck_assert(!keys_take(KEYS_AUTH_KEY, "@/nowhere/at/all"));
}
END_TEST

/* Digits that are too few are no characters. */
START_TEST(what_is_no_key_is_refused)
{
    ck_assert(!keys_take(KEYS_KEY, "0123456789abcdef"));
    ck_assert(!keys_take(KEYS_KEY, KEY "00"));
    ck_assert(!keys_take(KEYS_KEY, ""));
    ck_assert(!keys_take(KEYS_KEY, "ascii:0123456789abcde"));
    ck_assert(!keys_take(KEYS_SYSTEM_TITLE, "4D4D4D"));
    ck_assert(!keys_take(KEYS_KEY, "4D4D4D=" KEY));
    ck_assert(!keys_take(KEYS_FILE, "/nowhere/at/all"));
}
END_TEST

START_TEST(a_file_has_a_line_for_each_sender)
{
    write_file("# the meters of the lab\n\n" TITLE " " KEY "\t" AUTH "   # two\n"
               "ascii:#BCDEFGH - - " AUTH "\n* ascii:0123456789abcde#\r\n");
    ck_assert(keys_take(KEYS_FILE, path));
    ck_assert_str_eq(ring(),
                     TITLE " key=0001/16 auth=D0D1/16; 2342434445464748 broadcast=D0D1/16; * key=3031/16");
}
END_TEST

static const struct {
    const char *text, *sentence;
} bad_files[] = {
    {TITLE "\n", ":1: a sender without a key: TITLE KEY [AUTH-KEY [BROADCAST-KEY]]"},
    {"\n\n4D4D " KEY,
     ":3: the first word is no system title: 8 octets as 16 hexadecimal digits, or ascii: and 8 characters"},
    {TITLE " " KEY " 00",
     ":1: the authentication key is no key: 16 octets (suite 2: 32) as 32 or 64 hexadecimal digits, "
     "or ascii: and 16 or 32 characters"},
    {"* " KEY "\n* " AUTH, ":2: this sender has keys already"},
    {"* - - - -", ":1: a line has a title and at most three keys"},
};

START_TEST(a_bad_line_is_told_by_its_number)
{
    char text[512], expected[512];
    struct wp_writer why = wp_writer(text, sizeof text);

    write_file(bad_files[_i].text);
    ck_assert(!keys_take_file(path, &why));
    snprintf(expected, sizeof expected, "%s%s", path, bad_files[_i].sentence);
    ck_assert_str_eq(wp_put_end(&why), expected);
}
END_TEST

START_TEST(the_environment_stands_in_where_no_option_does)
{
    setenv("WATTPROOF_KEY", KEY, 1);
    setenv("WATTPROOF_SYSTEM_TITLE", TITLE, 1);
    ck_assert(keys_take_environment());
    ck_assert_str_eq(ring(), TITLE " key=0001/16");
    keys_forget();
    ck_assert(keys_take(KEYS_KEY, AUTH));
    ck_assert(keys_take_environment());
    ck_assert_str_eq(ring(), "* key=D0D1/16");
    keys_forget();
    setenv("WATTPROOF_KEY", "secret", 1);
    ck_assert(!keys_take_environment());
}
END_TEST

static const struct wp_keys *unlocked;

static void unlock(void *state, const struct wp_keys *keys)
{
    ck_assert_uint_eq(*(uint8_t *)state, 0);
    unlocked = keys;
}

START_TEST(a_state_begins_zeroed_and_with_the_keys)
{
    const struct wp_codec codec = {.name = "locked", .state_size = 1, .unlock = unlock};
    const struct wp_codec plain = {.name = "plain", .state_size = 1};
    uint8_t state = 7;

    ck_assert(keys_take(KEYS_KEY, KEY));
    keys_begin_state(&codec, &state);
    ck_assert_ptr_eq(unlocked, keys_given());
    ck_assert_uint_eq(unlocked->n, 1);
    state = 7;
    keys_begin_state(&plain, &state);
    ck_assert_uint_eq(state, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("keys");
    TCase *t = tcase_create("keys");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, options_in_any_order_name_a_sender);
    tcase_add_test(t, a_key_alone_is_everybodys);
    tcase_add_test(t, title_and_key_in_one);
    tcase_add_test(t, a_secret_may_stand_in_a_file);
    tcase_add_test(t, what_is_no_key_is_refused);
    tcase_add_test(t, a_file_has_a_line_for_each_sender);
    tcase_add_loop_test(t, a_bad_line_is_told_by_its_number, 0, sizeof bad_files / sizeof bad_files[0]);
    tcase_add_test(t, the_environment_stands_in_where_no_option_does);
    tcase_add_test(t, a_state_begins_zeroed_and_with_the_keys);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
