/* OBIS codes: text forms, tables, names. */
#include "sim/codec/obis.h"

#include <check.h>
#include <stdlib.h>

static const char *printed(struct obis o)
{
    static char text[OBIS_TEXT_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);

    obis_put(&w, o);
    return wp_put_end(&w);
}

static const char *named(const char *code)
{
    static char text[OBIS_NAME_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct obis o;

    ck_assert_msg(obis_read(wp_text(code), &o), "%s", code);
    if (!obis_put_name(&w, o)) {
        ck_assert_uint_eq(w.n, 0);
        return "?";
    }
    return wp_put_end(&w);
}

START_TEST(every_form_of_text_is_read)
{
    static const char *const rows[][2] = {
        {"1-0:1.8.0.255", "1-0:1.8.0.255"},   {"1-0:1.8.0*255", "1-0:1.8.0.255"},
        {"1-1:32.7.0", "1-1:32.7.0.255"},     {"1.8.0", "1-0:1.8.0.255"},
        {"0.0.96.1.0.255", "0-0:96.1.0.255"}, {"255-255:255.255.255.255", "255-255:255.255.255.255"},
        {"1-0:1.8.0*12", "1-0:1.8.0.12"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct obis o;

        ck_assert_msg(obis_read(wp_text(rows[i][0]), &o), "%s", rows[i][0]);
        ck_assert_str_eq(printed(o), rows[i][1]);
    }
}
END_TEST

START_TEST(other_texts_are_none)
{
    static const char *const rows[] = {
        "",
        "1",
        "1.8",
        "1.8.0.255",
        "1-0:1.8",
        "1-0:1.8.0.",
        "1-0:1.8.0.256",
        "256-0:1.8.0.255",
        "1-0:1.8.0.255.1",
        "1-0.1.8.0.255",
        "a-0:1.8.0.255",
        "1-0:1.8.0.255 ",
        "1:0-1.8.0.255",
        "-1-0:1.8.0.255",
        "1-0:1.8.0.0255",
        "1.8.0*255",
        ".8.0",
        "1..0",
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct obis o = obis(9, 9, 9, 9, 9, 9);

        ck_assert_msg(!obis_read(wp_text(rows[i]), &o), "%s was taken", rows[i]);
        ck_assert(obis_eq(o, obis(9, 9, 9, 9, 9, 9)));
    }
}
END_TEST

START_TEST(codes_sort_as_their_octets)
{
    ck_assert(obis_cmp(obis(0, 0, 96, 1, 0, 255), obis(1, 0, 1, 8, 0, 255)) < 0);
    ck_assert(obis_cmp(obis(1, 0, 1, 8, 0, 255), obis(1, 0, 1, 8, 1, 0)) < 0);
    ck_assert(obis_cmp(obis(255, 0, 0, 0, 0, 0), obis(1, 255, 255, 255, 255, 255)) > 0);
    ck_assert(obis_cmp(obis(1, 0, 1, 8, 0, 255), obis(1, 0, 1, 8, 0, 255)) == 0);
}
END_TEST

/* Vendors differ in the channel for the same quantity; a row of that very channel goes first. */
START_TEST(a_table_is_searched_by_the_code_and_then_by_channel_0)
{
    const struct obis table[] = {obis(0, 0, 1, 0, 0, 255), obis(1, 0, 1, 7, 0, 255), obis(1, 0, 1, 8, 0, 255),
                                 obis(1, 1, 1, 8, 0, 255)};

    ck_assert_uint_eq(obis_find(obis(1, 0, 1, 8, 0, 255), table, 4), 2);
    ck_assert_uint_eq(obis_find(obis(1, 1, 1, 8, 0, 255), table, 4), 3);
    ck_assert_uint_eq(obis_find(obis(1, 1, 1, 7, 0, 255), table, 4), 1);
    ck_assert_uint_eq(obis_find(obis(1, 0, 2, 8, 0, 255), table, 4), 4);
    ck_assert_uint_eq(obis_find(obis(1, 0, 1, 8, 0, 255), table, 0), 0);
}
END_TEST

START_TEST(names_tell_quantity_processing_phase_and_tariff)
{
    static const char *const rows[][2] = {
        {"1.7.0", "Active power import (+P)"},
        {"2.8.0", "Active energy export (-A)"},
        {"1.8.4", "Active energy import (+A) tariff 4"},
        {"9.8.0", "Apparent energy import (+S)"},
        {"15.8.0", "Active energy (|+A|+|-A|)"},
        {"21.7.0", "Active power import (+P) L1"},
        {"42.7.0", "Active power export (-P) L2"},
        {"31.7.0", "Current L1"},
        {"52.7.0", "Voltage L2"},
        {"72.7.0", "Voltage L3"},
        {"12.7.0", "Voltage"},
        {"33.7.0", "Power factor L1"},
        {"14.7.0", "Frequency"},
        {"91.7.0", "Current neutral"},
        {"90.7.0", "Current, sum of all phases"},
        {"1.6.0", "Maximum demand: Active power import (+P)"},
        {"1.6.2", "Maximum demand: Active power import (+P) tariff 2"},
        {"31.7.124", "Current L1 total harmonic distortion"},
        {"0-0:1.0.0.255", "Clock"},
        {"0-0:96.1.0.255", "Serial number"},
        {"0-0:96.1.1.255", "Manufacturer identifier"},
        {"0-0:42.0.0.255", "Logical device name"},
        {"0-0:96.14.0.255", "Current tariff"},
        {"0-0:96.7.21.255", "Power failures, any phase"},
        {"0-0:96.7.9.255", "Long power failures, any phase"},
        {"1-0:99.97.0.255", "Power failure log"},
        {"0-0:96.3.10.255", "Disconnect control"},
        {"0-0:94.91.18.255", "Event status word"},
        {"0-0:25.9.0.255", "Push setup (instantaneous, connectivity)"},
        {"0-4:25.9.0.255", "Push setup (alert)"},
        {"0-9:25.9.0.255", "Push setup"},
        {"1-0:99.1.0.255", "Load profile 1"},
        {"1-1:1.8.0.255", "Active energy import (+A)"},
        {"1-1:0.2.129.255", "List identifier (OBIS list version)"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(strcmp(named(rows[i][0]), rows[i][1]) == 0, "%s is %s", rows[i][0], named(rows[i][0]));
}
END_TEST

/* All that the gateway's registry has a key for, and all that positional lists of vendors hold. */
START_TEST(what_meters_push_has_a_name)
{
    static const char *const rows[] = {
        "1.7.0",
        "2.7.0",
        "3.7.0",
        "4.7.0",
        "9.7.0",
        "11.7.0",
        "12.7.0",
        "13.7.0",
        "14.7.0",
        "15.8.0",
        "91.7.0",
        "90.7.0",
        "1.8.0",
        "1.8.1",
        "1.8.2",
        "1.8.3",
        "1.8.4",
        "2.8.0",
        "2.8.1",
        "2.8.2",
        "3.8.0",
        "3.8.1",
        "3.8.2",
        "4.8.0",
        "4.8.1",
        "4.8.2",
        "5.8.0",
        "6.8.0",
        "7.8.0",
        "8.8.0",
        "9.8.0",
        "1.6.0",
        "2.6.0",
        "21.7.0",
        "41.7.0",
        "61.7.0",
        "22.7.0",
        "42.7.0",
        "62.7.0",
        "31.7.0",
        "51.7.0",
        "71.7.0",
        "32.7.0",
        "52.7.0",
        "72.7.0",
        "33.7.0",
        "53.7.0",
        "73.7.0",
        "99.97.0",
        "0-0:96.14.0.255",
        "0-0:1.0.0.255",
        "0-0:96.1.0.255",
        "0-0:96.1.1.255",
        "0-0:96.1.2.255",
        "0-0:42.0.0.255",
        "0-0:96.7.21.255",
        "0-0:96.7.9.255",
        "0-0:96.7.19.255",
        "0-0:96.7.20.255",
        "0-0:96.3.10.255",
        "0-0:97.98.0.255",
        "0-0:97.98.20.255",
        "0-0:96.11.0.255",
        "0-0:99.98.0.255",
        "0-0:94.91.18.255",
        "0-0:94.91.26.255",
        "1-0:94.91.3.255",
        "1-0:94.91.4.255",
        "1-0:94.91.5.255",
        "1-0:94.91.6.255",
        "1-0:94.91.7.255",
        "0-0:25.9.0.255",
        "0-0:25.9.129.255",
        "0-4:25.9.0.255",
        "0-5:25.9.0.255",
        "0-6:25.9.0.255",
        "0-130:25.9.0.255",
        "0-132:25.9.0.255",
        "0-134:25.9.0.255",
        "1-1:0.2.129.255",
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(strcmp(named(rows[i]), "?") != 0, "%s has no name", rows[i]);
}
END_TEST

START_TEST(what_is_beyond_a_range_has_no_name)
{
    static const char *const rows[] = {"1.8.64",        "81.8.0",      "101.7.0",
                                       "1.7.125",       "12.8.0",      "7-0:1.8.0.255",
                                       "0-0:1.8.0.255", "255.255.255", "0.0.0.0.0.0"};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(strcmp(named(rows[i]), "?") == 0, "%s is %s", rows[i], named(rows[i]));
}
END_TEST

/* Every quantity and processing has a name that fits, or none. */
START_TEST(no_code_reaches_beyond_a_table)
{
    static const uint8_t tariffs[] = {0, 1, 63, 64, 255};
    char text[OBIS_NAME_MAX];
    bool is_full = false;

    for (unsigned c = 0; c < 256; c++)
        for (unsigned d = 0; d < 256; d++)
            for (size_t e = 0; e < sizeof tariffs; e++) {
                struct wp_writer w = wp_writer(text, sizeof text);

                obis_put_name(&w, obis(1, 0, (uint8_t)c, (uint8_t)d, tariffs[e], 255));
                is_full |= w.full;
            }
    ck_assert(!is_full);
}
END_TEST

START_TEST(a_key_of_six_octets_ends_in_ff)
{
    ck_assert(obis_is_likely(wp_slice("\x01\x00\x01\x08\x00\xFF", 6)));
    ck_assert(!obis_is_likely(wp_slice("160458", 6)));
    ck_assert(!obis_is_likely(wp_slice("\x80\x00\x01\x08\x00\xFF", 6)));
    ck_assert(!obis_is_likely(wp_slice("\x01\x00\x01\x08\xFF", 5)));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("obis");
    TCase *t = tcase_create("obis");
    SRunner *r;
    int failed;

    tcase_add_test(t, every_form_of_text_is_read);
    tcase_add_test(t, other_texts_are_none);
    tcase_add_test(t, codes_sort_as_their_octets);
    tcase_add_test(t, a_table_is_searched_by_the_code_and_then_by_channel_0);
    tcase_add_test(t, names_tell_quantity_processing_phase_and_tariff);
    tcase_add_test(t, what_meters_push_has_a_name);
    tcase_add_test(t, what_is_beyond_a_range_has_no_name);
    tcase_add_test(t, no_code_reaches_beyond_a_table);
    tcase_add_test(t, a_key_of_six_octets_ends_in_ff);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
