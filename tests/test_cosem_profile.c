/* Makers that are known, and those that a user adds.
 * covers: cosem_profile_read */
#include "tests/push_said.h"

#include <stdio.h>

enum { MEMORY = 65536 };

static _Alignas(max_align_t) uint8_t memory[MEMORY];
static char error[512];
static struct cosem_profiles profiles;

static bool reads(const char *text)
{
    struct wp_writer w = wp_writer(error, sizeof error);
    bool ok;

    ck_assert_uint_le(cosem_profile_size(wp_text(text)), sizeof memory);
    ok = cosem_profile_read(wp_text(text), "acme.profile", memory, &profiles, &w);
    wp_put_end(&w);
    return ok;
}

static void map(const char *profile, const char *body)
{
    struct cosem_push_setup setup = {.profile = cosem_profile_find(&profiles, wp_text(profile)),
                                     .rows = true};

    ck_assert_ptr_nonnull(setup.profile);
    cosem_push_map(push_body(body), &setup, push_points, PUSH_POINTS, &push);
}

START_TEST(a_table_of_ones_own_says_what_stands_where)
{
    ck_assert_msg(reads("# a meter of Acme\n"
                        "profile acme like iskra   # scales as Iskra\n"
                        "scale voltage -2\n"
                        "scale 1-0:1.7.0.255 1 W\n"
                        "table acme-5\n"
                        "  text=AC  0-0:42.0.0.255\n"
                        "  u16      32.7.0\n"
                        "  u16      31.7.0\n"
                        "  u32      1.7.0\n"
                        "  u16      1.7.1  -1 V\n"
                        "  any      -\n"),
                  "%s", error);
    map("acme", "S6[os:41434D45 u16:23012 u16:512 u32:92 u16:7 n]");
    ck_assert_str_eq(cosem_shape_text(push.shape), "positional");
    ck_assert_str_eq(push.table->name, "acme-5");
    ck_assert_str_eq(push_said(), "0-0:42.0.0.255=ACME, 1-0:32.7.0.255=230.12 V, 1-0:31.7.0.255=5.12 A, "
                                  "1-0:1.7.0.255=920 W, 1-0:1.7.1.255=0.7 V");
    ck_assert_uint_eq(push_points[1].from, COSEM_SCALE_PROFILE);
    ck_assert_uint_eq(push_points[2].from, COSEM_SCALE_VENDOR);
    map("acme", "S6[os:42434D45 u16:23012 u16:512 u32:92 u16:7 n]"); /* another text */
    ck_assert_uint_eq(push.n_points, 0);
    ck_assert_uint_eq(push.n_unmapped, 6);
}
END_TEST

/* A null stands for the value of the row before; a clock that is not sent is not made up. */
START_TEST(a_profile_buffer_is_split_by_its_columns)
{
    ck_assert_msg(reads("profile acme\n"
                        "buffer 1-0:99.1.0.255\n"
                        "  clock   0-0:1.0.0.255\n"
                        "  number  1-0:1.8.0.255  0 Wh\n"
                        "  number  1-0:32.7.0.255 -1 V\n"),
                  "%s", error);
    map("acme", "S2[A2[S4[u16:40 os:0000190900FF i8:2 u16:0] S4[u16:7 os:0100630100FF i8:2 u16:0]] "
                "A3[S3[os:07EA010A060C000000014A00 u32:5 u16:2310] S3[n n u16:2320] S3[n u32:9 n]]]");
    ck_assert_str_eq(
        push_said(),
        "#1 0-0:1.0.0.255=2026-01-10T12:00:00-05:30, #1 1-0:1.8.0.255=5 Wh, #1 1-0:32.7.0.255=231.0 V, "
        "#2 1-0:1.8.0.255=5 Wh, #2 1-0:32.7.0.255=232.0 V, "
        "#3 1-0:1.8.0.255=9 Wh, #3 1-0:32.7.0.255=232.0 V");
    ck_assert_uint_eq(push.n_empty, 2);
}
END_TEST

/* The lines of sim/codec/README.md that a user copies. */
START_TEST(the_example_of_the_readme_reads)
{
    char text[8192], example[2048];
    struct wp_writer w = wp_writer(example, sizeof example);
    FILE *file = fopen("sim/codec/README.md", "rb");
    size_t n;

    ck_assert_ptr_nonnull(file);
    n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (strncmp(line, "    ", 4) == 0) {
            wp_put_text(&w, line);
            wp_put_char(&w, '\n');
        }
    ck_assert_msg(reads(wp_put_end(&w)), "%s", error);
    map("acme", "S4[os:41434D45 u16:23012 u32:500 n]");
    ck_assert_str_eq(push_said(), "0-0:42.0.0.255=ACME, 1-0:32.7.0.255=230.12 V, 1-0:1.8.0.255=500 Wh");
}
END_TEST

START_TEST(voltage_that_is_told_by_its_size)
{
    ck_assert_msg(reads("profile acme\nscale voltage auto\n"), "%s", error);
    map("acme", "S4[os:0100200700FF u16:236 os:0100340700FF u16:2357]");
    ck_assert_str_eq(push_said(), "1-0:32.7.0.255=236 V, 1-0:52.7.0.255=235.7 V");
}
END_TEST

START_TEST(what_does_not_read_is_said_with_its_line)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"table x\n", "acme.profile:1: the first line must be: profile NAME"},
        {"profile a\nprofile a\n", "acme.profile:2: there is a profile \"a\" already: choose another name"},
        {"profile kaifa\n", "acme.profile:1: there is a profile \"kaifa\" already: choose another name"},
        {"profile a like b\n", "acme.profile:1: no profile \"b\" is known, or stands above"},
        {"profile a as b\n", "acme.profile:1: write: profile NAME, or: profile NAME like NAME"},
        {"profile a\n\nscale current 13\n",
         "acme.profile:3: a scaler is a power of ten, -12 to 12, not \"13\""},
        {"profile a\nscale 1.8.0 0 kWh\n",
         "acme.profile:2: unknown unit \"kWh\"; as DLMS has them: W, Wh, var, varh, "
         "VA, VAh, V, A, Hz .."},
        {"profile a\nscale speed 0\n",
         "acme.profile:2: neither a quantity nor an OBIS code: \"speed\"; quantities: power reactive-power "
         "apparent-power current voltage power-factor frequency energy reactive-energy apparent-energy"},
        {"profile a\nscale current -2 A\n",
         "acme.profile:2: the unit of a quantity is DLMS's own; take away \"A\""},
        {"profile a\nallow all\n",
         "acme.profile:2: nothing called \"all\" can be allowed; untagged and swapped can"},
        {"profile a\nu16 1.8.0\n", "acme.profile:2: an element outside a table: write `table NAME` above"},
        {"profile a\ntable t\nu33 1.8.0\n", "acme.profile:3: neither a directive nor a type: \"u33\"; types: "
                                            "text clock u8 u16 u32 u64 counter number "
                                            "enum flag bits array any"},
        {"profile a\ntable t\nu32 1.8\n", "acme.profile:3: no OBIS code: \"1.8\"; write 1-0:1.8.0.255"},
        {"profile a\ntable t\nu32 1.8.0 0 Wh more\n", "acme.profile:3: more words than any line has"},
        {"profile a\ntable t\ntext=ninechars 1.8.0\n",
         "acme.profile:3: at most 8 characters of a text are compared: \"text=ninechars\""},
        {"profile a-name-of-more-than-thirty-one-letters\n",
         "acme.profile:1: a name has at most 31 characters: \"a-name-of-more-than-thirty-one-letters\""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(!reads(cases[i].text), "%s", cases[i].text);
        ck_assert_str_eq(error, cases[i].error);
    }
}
END_TEST

START_TEST(every_maker_is_found_by_name)
{
    static const char *const names[] = {
        "generic",  "kaifa",        "kamstrup",        "kamstrup-ct",     "kamstrup-se", "iskra",
        "sagemcom", "netz-noe",     "aidon",           "landis-gyr-e450", "in-15959",    "spodes",
        "em114070", "egd-untagged", "landis-gyr-e360", "zmf100-swapped"};
    size_t n;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_msg(cosem_profile_find(NULL, wp_text(names[i])) != NULL, "%s", names[i]);
    cosem_profiles_known(&n);
    ck_assert_uint_eq(n, sizeof names / sizeof names[0]);
    ck_assert_ptr_null(cosem_profile_find(NULL, wp_text("kaif")));
    ck_assert_str_eq(cosem_profile_of(wp_text("Kamstrup_V0001"), wp_text("6841131BN"))->name, "kamstrup");
    ck_assert_str_eq(cosem_profile_of(wp_text("Kamstrup_V0001"), wp_text("6851131BN"))->name, "kamstrup-ct");
    ck_assert_ptr_null(cosem_profile_of(wp_text(""), wp_text("")));
}
END_TEST

/* Groups A, C and D: what the number of an object is a number of. */
START_TEST(an_obis_code_tells_its_quantity)
{
    static const struct {
        const char *ln;
        enum cosem_quantity quantity;
    } cases[] = {
        {"1-0:1.7.0.255", COSEM_POWER},           {"1-1:62.7.0.255", COSEM_POWER},
        {"1-0:43.7.0.255", COSEM_REACTIVE},       {"1-0:9.7.0.255", COSEM_APPARENT},
        {"1-0:31.7.0.255", COSEM_CURRENT},        {"1-0:91.7.0.255", COSEM_CURRENT},
        {"1-0:72.7.0.255", COSEM_VOLTAGE},        {"1-0:33.7.0.255", COSEM_FACTOR},
        {"1-0:14.7.0.255", COSEM_FREQUENCY},      {"1-0:15.8.0.255", COSEM_ENERGY},
        {"1-0:1.8.4.255", COSEM_ENERGY},          {"1-0:4.8.0.255", COSEM_REACTIVE_ENERGY},
        {"1-0:9.8.0.255", COSEM_APPARENT_ENERGY}, {"1-0:1.6.0.255", COSEM_POWER},
        {"0-0:96.1.0.255", COSEM_NO_QUANTITY},    {"1-1:0.0.5.255", COSEM_NO_QUANTITY},
        {"1-0:31.8.0.255", COSEM_NO_QUANTITY},    {"7-0:3.1.0.255", COSEM_NO_QUANTITY},
        {"1-0:99.1.0.255", COSEM_NO_QUANTITY},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct obis ln;

        ck_assert(obis_read(wp_text(cases[i].ln), &ln));
        ck_assert_msg(cosem_quantity_of(ln) == cases[i].quantity, "%s", cases[i].ln);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cosem_profile");
    TCase *tcase = tcase_create("profile");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, a_table_of_ones_own_says_what_stands_where);
    tcase_add_test(tcase, a_profile_buffer_is_split_by_its_columns);
    tcase_add_test(tcase, the_example_of_the_readme_reads);
    tcase_add_test(tcase, voltage_that_is_told_by_its_size);
    tcase_add_test(tcase, what_does_not_read_is_said_with_its_line);
    tcase_add_test(tcase, every_maker_is_found_by_name);
    tcase_add_test(tcase, an_obis_code_tells_its_quantity);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
