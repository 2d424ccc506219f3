/* Keys that stand in a scenario open what its machines say, and are shown nowhere. */
#include "harness/scenario_keys.h"

#include "harness/keys.h"
#include "tests/program_rig.h"

#define EK     "101112131415161718191A1B1C1D1E1F"
#define AK     "404142434445464748494A4B4C4D4E4F"
#define GLOBAL "606162636465666768696A6B6C6D6E6F"

static const char text[] = "scenario: ciphered\n"
                           "purpose: what is ciphered is read\n"
                           "access: {open: true, users: {gw: hunter2, me: letmein},\n"
                           "         vrm: {users: {anna: {password: swordfish, tokens: [opensesame]}}}}\n"
                           "gateway:\n"
                           "  north: [ivy]\n"
                           "  set:\n"
                           "    polling.enabled: false\n"
                           "    ivy.user: gw\n"
                           "    ivy.password: hunter2\n"
                           "    dlms.keys: >-\n"
                           "      *=" GLOBAL ",\n"
                           "      5954480000000001=" EK ":" AK ",\n"
                           "      000000000002=" EK "\n"
                           "devices:\n"
                           "  m1: {model: dlms-meter, address: \"000000000001\", ip: 127.0.2.1,\n"
                           "       set: {title: \"5954480000000001\", ek: " EK ", ak: " AK ",\n"
                           "             security: auth-encrypt, push.interval: 0s}}\n"
                           "  f: {model: dlms-meter, address: \"000000000098\", ip: 127.0.2.2, count: 3,\n"
                           "      set: {ek: " EK ", security: auth-encrypt, push.interval: 2s}}\n"
                           "  old: {model: dlt645-meter, address: \"000000000007\", ip: 127.0.3.1}\n"
                           "clients:\n"
                           "  c: {subscribe: [\"ivy/v1/#\"], connect: {user: me, password: letmein}}\n"
                           "steps:\n"
                           "  - wait: 1s\n"
                           "  - set: {m1.push.now: true}\n"
                           "  - expect: {frame: wrapper, from: m1, to: gateway, fields: {plain.seal: ok}}\n"
                           "  - expect: {frame: wrapper, to: gateway, within: 5s,\n"
                           "             fields: {plain.seal: ok, plain.system_title: 59544C0000000064}}\n";

static struct scenario_list list;

static void setup(void)
{
    char sentence[1000];
    struct wp_writer why = wp_writer(sentence, sizeof sentence);

    setenv("WATTPROOF_HOME", ".", 0);
    list = (struct scenario_list){0};
    ck_assert_msg(scenario_load_text("x.yaml", wp_text(text), &list, &why), "%s", wp_put_end(&why));
}

static void teardown(void)
{
    scenario_list_free(&list);
    keys_forget();
}

/* "5954480000000001 1011 4041" */
static const char *entry(size_t i)
{
    static char line[100];
    struct wp_writer w = wp_writer(line, sizeof line);
    const struct wp_key *k = &keys_given()->at[i];

    if (k->has_title)
        wp_put_hex(&w, wp_slice(k->title, sizeof k->title));
    else
        wp_put_text(&w, "*");
    wp_put_text(&w, " ");
    wp_put_hex(&w, wp_slice(k->key, k->n_key ? 2 : 0));
    wp_put_text(&w, " ");
    wp_put_hex(&w, wp_slice(k->auth, k->n_auth ? 2 : 0));
    return wp_put_end(&w);
}

START_TEST(devices_tell_theirs_and_then_the_gateway)
{
    static const char *const expected[] = {
        "5954480000000001 1011 4041", /* m1 */
        "59544C0000000062 1011 D0D1", /* a fleet counts up, and so do its titles */
        "59544C0000000063 1011 D0D1", "59544C0000000064 1011 D0D1", "* 6061 ", /* the gateway's */
        "5954480000000001 1011 4041", /* of a meter's number nobody knows the title */
    };
    size_t n = sizeof expected / sizeof expected[0];

    ck_assert_uint_eq(scenario_keys_add(list.at[0]), 0);
    ck_assert_uint_eq(keys_given()->n, n);
    for (size_t i = 0; i < n; i++)
        ck_assert_str_eq(entry(i), expected[i]);
}
END_TEST

/* What the user gave stays, and comes first. */
START_TEST(they_are_taken_back)
{
    size_t before;

    ck_assert(keys_take(KEYS_KEY, "000102030405060708090A0B0C0D0E0F"));
    before = scenario_keys_add(list.at[0]);
    ck_assert_uint_eq(before, 1);
    ck_assert_uint_gt(keys_given()->n, 1);
    ck_assert_str_eq(entry(0), "* 0001 ");
    keys_keep(before);
    ck_assert_uint_eq(keys_given()->n, 1);
    ck_assert_str_eq(entry(0), "* 0001 ");
}
END_TEST

START_TEST(secrets_are_hidden_in_the_text)
{
    static const char *const secret[] = {EK, AK, GLOBAL, "hunter2", "letmein", "swordfish", "opensesame"};
    static const char *const open[] = {"\"000000000001\"", "5954480000000001=****", "      *=****",
                                       "000000000002=****", "password: *******}"};
    char copy[sizeof text];

    memcpy(copy, text, sizeof text);
    scenario_keys_hide(list.at[0], copy, sizeof text - 1);
    for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++)
        ck_assert_msg(!strstr(copy, secret[i]), "%s in %s", secret[i], copy);
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        ck_assert_msg(strstr(copy, open[i]), "no %s in %s", open[i], copy);
    ck_assert_uint_eq(strlen(copy), sizeof text - 1);
}
END_TEST

/* A scenario with a mistake in a key does not say the key. */
START_TEST(a_bad_key_is_not_repeated)
{
    static const char bad[] =
        "scenario: bad\n"
        "purpose: p\n"
        "devices:\n"
        "  m1: {model: dlms-meter, address: \"000000000001\", ip: 127.0.2.1, set: {ek: 10111213X}}\n"
        "steps: [{wait: 1s}]\n";
    char sentence[1000];
    struct wp_writer why = wp_writer(sentence, sizeof sentence);
    struct scenario_list none = {0};

    ck_assert(!scenario_load_text("bad.yaml", wp_text(bad), &none, &why));
    ck_assert_ptr_nonnull(strstr(wp_put_end(&why), "bad.yaml:4:"));
    ck_assert_ptr_nonnull(strstr(sentence, "hex digits"));
    ck_assert_ptr_null(strstr(sentence, "10111213X"));
    scenario_list_free(&none);
}
END_TEST

/* Neither as text nor as octets, in whatever a run writes; what they open is there. */
START_TEST(a_run_writes_no_secret)
{
    static const char *const words[] = {EK, AK, GLOBAL, "hunter2"};
    char command[400];

    folder_made();
    write_file("ciphered.yaml", text);
    ck_assert_msg(wattproof("run @/ciphered.yaml --world virtual -o @/out") == 0, "%s", output);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        ck_assert_ptr_null(strcasestr(output, words[i]));
        snprintf(command, sizeof command, "grep -rqai '%s' '%s/out'", words[i], dir);
        ck_assert_msg(system(command) != 0, "%s", words[i]);
    }
    snprintf(command, sizeof command,
             "LC_ALL=C grep -rqaP '\\x10\\x11\\x12\\x13\\x14\\x15\\x16\\x17' '%s/out'", dir);
    ck_assert_int_ne(system(command), 0);
    snprintf(command, sizeof command, "grep -rqa 'plain.seal=ok' '%s/out'", dir);
    ck_assert_int_eq(system(command), 0);
    folder_removed();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("scenario_keys");
    TCase *t = tcase_create("scenario_keys");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, devices_tell_theirs_and_then_the_gateway);
    tcase_add_test(t, they_are_taken_back);
    tcase_add_test(t, secrets_are_hidden_in_the_text);
    tcase_add_test(t, a_bad_key_is_not_repeated);
    tcase_add_test(t, a_run_writes_no_secret);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
