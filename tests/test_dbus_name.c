/* Names, paths, signatures and strings, each beside what libdbus says of it. */
#include "tests/dbus_rig.h"

enum { RANDOM_TEXTS = 20000 };

struct rule {
    const char *name;
    bool (*ours)(struct wp_slice text);
    dbus_bool_t (*theirs)(const char *text, DBusError *error);
    const char *alphabet; /* of random texts: few characters, so that some are valid */
};

static const struct rule rules[] = {
    {"path", dbus_is_path, dbus_validate_path, "//aZ_09.-"},
    {"interface", dbus_is_interface, dbus_validate_interface, "aZ_9..-"},
    {"error name", dbus_is_interface, dbus_validate_error_name, "aZ_9..-"},
    {"member", dbus_is_member, dbus_validate_member, "aZ_99.-"},
    {"bus name", dbus_is_bus_name, dbus_validate_bus_name, ":aZ_9..-"},
    {"signature", dbus_is_signature, dbus_signature_validate, "aa((){}sivyh"},
    {"one type", dbus_is_one_type, dbus_signature_validate_single, "aa((){}sivyh"},
    {"string", dbus_is_string, dbus_validate_utf8, "a\xC2\xB0\xE2\x82\xAC\xF0\x9F\x94\x8B\xED\xA0"},
};

enum { N_RULES = sizeof rules / sizeof rules[0] };

static bool theirs(const struct rule *rule, const char *text)
{
    DBusError error = DBUS_ERROR_INIT;
    bool is_valid = rule->theirs(text, &error);

    dbus_error_free(&error);
    return is_valid;
}

/* Of unique names libdbus does not look at the first element: it takes ":" and ":.1". */
static bool is_agreed(const struct rule *rule, const char *text)
{
    if (strcmp(text, ":") == 0 || strncmp(text, ":.", 2) == 0)
        return true;
    return rule->ours(wp_text(text)) == theirs(rule, text);
}

START_TEST(random_texts_are_judged_as_libdbus_does)
{
    struct wp_random r = wp_random(1);
    size_t valid[N_RULES] = {0};
    char text[12];

    for (size_t i = 0; i < RANDOM_TEXTS; i++) {
        const struct rule *rule = &rules[i % N_RULES];
        size_t n = wp_random_below(&r, sizeof text);

        for (size_t k = 0; k < n; k++)
            text[k] = rule->alphabet[wp_random_below(&r, strlen(rule->alphabet))];
        text[n] = 0;
        ck_assert_msg(is_agreed(rule, text), "%s: %s", rule->name, text);
        valid[i % N_RULES] += rule->ours(wp_text(text));
    }
    for (size_t i = 0; i < N_RULES; i++)
        ck_assert_msg(valid[i] > 10, "%s: %zu valid ones", rules[i].name, valid[i]);
}
END_TEST

/* `n` times the middle. */
static const char *made_of(const char *front, const char *middle, size_t n, const char *back)
{
    static char text[4096];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_text(&w, front);
    while (n-- > 0)
        wp_put_text(&w, middle);
    wp_put_text(&w, back);
    return wp_put_end(&w);
}

START_TEST(names_have_a_longest_one)
{
    for (size_t n = 240; n <= 260; n++) {
        for (size_t i = 1; i <= 4; i++)
            ck_assert(is_agreed(&rules[i], made_of(i == 3 ? "" : "a.", "b", n, "")));
        ck_assert(is_agreed(&rules[5], made_of("", "y", n, "")));
    }
    ck_assert(dbus_is_interface(wp_text(made_of("a.", "b", 253, ""))));
    ck_assert(!dbus_is_interface(wp_text(made_of("a.", "b", 254, ""))));
    ck_assert(dbus_is_path(wp_text(made_of("/", "b", 3000, ""))));
}
END_TEST

START_TEST(signatures_have_a_deepest_one)
{
    for (size_t n = 30; n <= 34; n++) {
        ck_assert(is_agreed(&rules[5], made_of("", "a", n, "i")));
        ck_assert(dbus_is_signature(wp_text(made_of("", "a", n, "i"))) == (n <= DBUS_NESTED_MAX));
    }
    ck_assert(is_agreed(&rules[5], "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                   "((((((((((((((((((((((((((((((((i))))))))))))))))))))))))))))))))"));
    ck_assert(
        dbus_is_signature(wp_text("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                  "((((((((((((((((((((((((((((((((i))))))))))))))))))))))))))))))))")));
}
END_TEST

/* As the specification has them. */
START_TEST(the_examples_are_what_they_are_said_to_be)
{
    static const char *const good[] = {"",      "i",       "ai",   "aai",      "(ii)",   "a{sv}",
                                       "a(ii)", "(i(ii))", "iiii", "a{s(ii)}", "aa{sv}v"};
    static const char *const bad[] = {"a",    "aa",      "(",    "(ii", "ii)", "()",  "{si}", "a{vs}",
                                      "a{s}", "a{sii}",  "a{a}", "(a)", "r",   "e",   "m",    "*",
                                      "?",    "a{(i)i}", "a{sv", "i}",  "z",   "\xC3"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(dbus_is_signature(wp_text(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!dbus_is_signature(wp_text(bad[i])), "%s", bad[i]);
    ck_assert(dbus_is_one_type(wp_text("a{s(ii)}")) && !dbus_is_one_type(wp_text("ii")));
    ck_assert(!dbus_is_one_type(wp_text("")) && dbus_is_one_type(wp_text("v")));
}
END_TEST

START_TEST(names_on_a_bus)
{
    ck_assert(dbus_is_bus_name(wp_text(":1.42")) && !dbus_is_well_known(wp_text(":1.42")));
    ck_assert(dbus_is_well_known(wp_text("com.victronenergy.tank.socketcan_can0_di1_uc69")));
    ck_assert(dbus_is_well_known(wp_text("com.victron-energy.grid")));
    ck_assert(!dbus_is_well_known(wp_text("com.victronenergy.1")));
    ck_assert(!dbus_is_interface(wp_text("com.victron-energy.grid")));
    ck_assert(!dbus_is_path(wp_text("/Ac/Power/")) && !dbus_is_path(wp_text("/Ac//Power")));
    ck_assert(!dbus_is_path(wp_text("Ac/Power")) && !dbus_is_path(wp_text("/Ac-Power")));
}
END_TEST

START_TEST(a_string_holds_no_zero)
{
    /* At every place, also where eight bytes are looked at at once. */
    for (size_t n = 1; n < 40; n++)
        for (size_t at = 0; at < n; at++) {
            char text[40];

            memset(text, 'x', sizeof text);
            ck_assert(dbus_is_string(wp_slice(text, n)));
            text[at] = 0;
            ck_assert(!dbus_is_string(wp_slice(text, n)));
            text[at] = (char)0x80;
            ck_assert(!dbus_is_string(wp_slice(text, n)));
        }
}
END_TEST

START_TEST(types_know_their_length_and_alignment)
{
    ck_assert_uint_eq(dbus_type_length(wp_text("a{s(ii)}s")), 8);
    ck_assert_uint_eq(dbus_type_length(wp_text("is")), 1);
    ck_assert_uint_eq(dbus_type_length(wp_text("aaii")), 3);
    ck_assert_uint_eq(dbus_type_length(wp_text("")), 0);
    ck_assert_uint_eq(dbus_alignment('x'), 8);
    ck_assert_uint_eq(dbus_alignment('g'), 1);
    ck_assert_uint_eq(dbus_alignment('z'), 0);
    ck_assert_uint_eq(dbus_alignment(0xE1), 0);
    ck_assert(dbus_is_basic('o') && dbus_is_basic('h') && !dbus_is_basic('v') && !dbus_is_basic('a'));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dbus_name");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, random_texts_are_judged_as_libdbus_does);
    tcase_add_test(tcase, names_have_a_longest_one);
    tcase_add_test(tcase, signatures_have_a_deepest_one);
    tcase_add_test(tcase, the_examples_are_what_they_are_said_to_be);
    tcase_add_test(tcase, names_on_a_bus);
    tcase_add_test(tcase, a_string_holds_no_zero);
    tcase_add_test(tcase, types_know_their_length_and_alignment);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
