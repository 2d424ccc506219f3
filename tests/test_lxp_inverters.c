/* Which inverters a gateway has: the first one's options, the list of further ones, and what is refused of them.
 * covers: list_text, text_series */
#include "sim/gateway/gateway.h"
#include "sim/gateway/lxp_inverters.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct wp_option_value given[16];
static struct wp_setup setup;

/* name, value, ..., NULL */
static void give(const char *name, ...)
{
    va_list list;

    setup = (struct wp_setup){.name = "gateway", .given = given};
    va_start(list, name);
    for (; name; name = va_arg(list, const char *)) {
        struct wp_option_value *v = &given[setup.n_given++];

        v->option = wp_option_find(gateway_options, GATEWAY_N_OPTIONS, wp_text(name));
        ck_assert_msg(v->option, "there is an option %s", name);
        ck_assert(wp_option_read(v->option, wp_text(va_arg(list, const char *)), &v->value, NULL));
    }
    va_end(list);
}

static const char *refusal(void)
{
    static char text[256];
    struct wp_writer w = wp_writer(text, sizeof text);

    if (lxp_inverters_check(&setup, &w))
        return "good";
    return wp_put_end(&w);
}

static void say_site(struct wp_writer *w, const struct lxp_inverter_site *site)
{
    wp_put_slice(w, lxp_inverter_prefix(site));
    wp_put_char(w, ' ');
    wp_put_slice(w, lxp_inverter_serial(site));
    wp_put_char(w, ' ');
    wp_put_slice(w, lxp_inverter_datalog(site));
    wp_put_char(w, ' ');
    wp_put_addr(w, site->addr);
    wp_put_char(w, '\n');
}

/* They are exactly these. */
static void expect(const char *lines)
{
    char text[2048];
    struct wp_writer w = wp_writer(text, sizeof text);
    struct lxp_inverter_walk walk = lxp_inverters_walk(&setup);
    struct lxp_inverter_site site;
    size_t n = 0;

    ck_assert_str_eq(refusal(), "good");
    for (; lxp_inverters_next(&walk, &site); n++)
        say_site(&w, &site);
    ck_assert_uint_eq(lxp_inverters_count(&setup), n);
    ck_assert_str_eq(wp_put_end(&w), lines);
}

#define FIRST "lxp.host", "127.0.2.1", "lxp.serial", "5555555555", "lxp.datalog", "BA55555555"

START_TEST(without_a_host_there_is_none)
{
    give(NULL);
    expect("");
    give("lxp.serial", "5555555555", "lxp.datalog", "BA55555555", NULL);
    expect("");
}
END_TEST

START_TEST(the_first_one_has_options_of_its_own)
{
    give(FIRST, NULL);
    expect("octolux 5555555555 BA55555555 127.0.2.1:8000\n");
    give(FIRST, "lxp.port", "4346", "octolux.prefix", "home/roof", NULL);
    expect("home/roof 5555555555 BA55555555 127.0.2.1:4346\n");
}
END_TEST

/* Serials are text: leading zeros stay. */
START_TEST(further_ones_stand_in_a_list)
{
    give(FIRST, "lxp.more",
         " garage=0000000001:BA00000001@127.0.2.2:8001 ,\n barn = AB12345678:CD12345678@10.0.0.9", NULL);
    expect("octolux 5555555555 BA55555555 127.0.2.1:8000\n"
           "garage 0000000001 BA00000001 127.0.2.2:8001\n"
           "barn AB12345678 CD12345678 10.0.0.9:8000\n");
    give("lxp.more", "garage=0000000001:BA00000001@127.0.2.2", "lxp.port", "99", NULL);
    expect("garage 0000000001 BA00000001 127.0.2.2:99\n");
}
END_TEST

START_TEST(a_number_behind_one_makes_many)
{
    give("lxp.more", "house9=0000000099:BA00000999@127.0.2.254:8000*3,x=5555555555:BA55555555@127.0.2.1",
         NULL);
    expect("house9 0000000099 BA00000999 127.0.2.254:8000\n"
           "house10 0000000100 BA00001000 127.0.2.255:8000\n"
           "house11 0000000101 BA00001001 127.0.3.0:8000\n"
           "x 5555555555 BA55555555 127.0.2.1:8000\n");
}
END_TEST

START_TEST(a_hundred_thousand_are_walked_and_counted)
{
    struct lxp_inverter_walk walk;
    struct lxp_inverter_site site;
    size_t n = 0;

    give("lxp.more", "h1=5555500000:BA55500000@127.1.0.1*100000", NULL);
    ck_assert_str_eq(refusal(), "good");
    ck_assert_uint_eq(lxp_inverters_count(&setup), 100000);
    walk = lxp_inverters_walk(&setup);
    while (lxp_inverters_next(&walk, &site))
        n++;
    ck_assert_uint_eq(n, 100000);
    ck_assert(wp_slice_is(lxp_inverter_serial(&site), "5555599999"));
    ck_assert(wp_slice_is(lxp_inverter_datalog(&site), "BA55599999"));
    ck_assert(wp_slice_is(lxp_inverter_prefix(&site), "h100000"));
    ck_assert_uint_eq(site.addr.ip, (127u << 24 | 1u << 16 | 1u) + 99999);
    give(FIRST, "lxp.more", "h1=5555400000:BA55500000@127.1.0.1*100000", NULL);
    ck_assert_str_eq(refusal(), "lxp.more makes more than 100000 inverters");
}
END_TEST

static void refused(const char *more, const char *sentence)
{
    give(FIRST, "lxp.more", more, NULL);
    ck_assert_str_eq(refusal(), sentence);
}

START_TEST(a_serial_is_known_whether_it_is_connected_or_not)
{
    give(FIRST, "lxp.more", "x=AB12345678:CD12345678@10.0.0.9,h1=1000000098:BA00000098@127.1.0.1*3", NULL);
    ck_assert(lxp_inverters_have(&setup, wp_text("5555555555")));
    ck_assert(lxp_inverters_have(&setup, wp_text("AB12345678")));
    ck_assert(lxp_inverters_have(&setup, wp_text("1000000100")));
    ck_assert(!lxp_inverters_have(&setup, wp_text("1000000101")));
    ck_assert(!lxp_inverters_have(&setup, wp_text("1000000097")));
    ck_assert(!lxp_inverters_have(&setup, wp_text("000000000001")));
    ck_assert(!lxp_inverters_have(&setup, wp_text("")));
    give(NULL);
    ck_assert(!lxp_inverters_have(&setup, wp_text("5555555555")));
}
END_TEST

START_TEST(serials_have_exactly_ten_characters)
{
    give("lxp.host", "127.0.2.1", NULL);
    ck_assert_str_eq(refusal(), "lxp.serial takes exactly 10 characters, and is needed with lxp.host");
    give("lxp.serial", "555555555", NULL);
    ck_assert_str_eq(refusal(), "lxp.serial takes exactly 10 characters, and has 9");
    give(FIRST, "lxp.datalog", "BA555555555", NULL);
    ck_assert_str_eq(refusal(), "lxp.datalog takes exactly 10 characters, and has 11");
    give("lxp.host", "127.0.2.1", "lxp.serial", "5555555555", NULL);
    ck_assert_str_eq(refusal(), "lxp.datalog takes exactly 10 characters, and is needed with lxp.host");
    refused("a=555555555:BA55555556@1.2.3.4",
            "lxp.more: entry 1 has a serial that is not exactly 10 characters");
    refused("a=5555555556:BA55555556@1.2.3.4,b=5555555557:BA@1.2.3.5",
            "lxp.more: entry 2 has a datalog that is not exactly 10 characters");
}
END_TEST

START_TEST(what_has_not_the_form_is_refused)
{
    const char *form = "lxp.more: entry 1 is not PREFIX=SERIAL:DATALOG@IP:PORT, or that with *N behind it";

    give(FIRST, "lxp.host", "inverter.example", NULL);
    ck_assert_str_eq(refusal(), "lxp.host takes an IPv4 address; its port is lxp.port");
    give(FIRST, "lxp.host", "127.0.2.1:8000", NULL);
    ck_assert_str_eq(refusal(), "lxp.host takes an IPv4 address; its port is lxp.port");
    give("octolux.prefix", "octolux/#", NULL);
    ck_assert_str_eq(refusal(),
                     "octolux.prefix takes topic levels such as octolux, without + and #, at most 64 bytes");
    refused("nonsense", form);
    refused(",", form);
    refused("a=5555555556:BA55555556@here", form);
    refused("a=5555555556:BA55555556@1.2.3.4*", form);
    refused("a=5555555556:BA55555556@1.2.3.4*0", form);
    refused("a=5555555556:BA55555556@1.2.3.4*-1", form);
    refused("a=5555555556:BA55555556@1.2.3.4*9999999", form);
    refused(
        "a/=5555555556:BA55555556@1.2.3.4",
        "lxp.more: entry 1 has a prefix that is no topic levels such as octolux, without + and #, at most 64 "
        "bytes");
}
END_TEST

START_TEST(what_cannot_count_up_is_refused)
{
    const char *digits = "lxp.more: entry 1 cannot count up: too few digits at the end of a name";

    refused("a=5555555556:BA55555556@1.2.3.4*2", digits);
    refused("a1=9999999999:BA55555556@1.2.3.4*2", digits);
    refused("a1=5555555556:BA55555599@1.2.3.4*9000", "good");
    refused("a1=5555555556:BA5555XX99@1.2.3.4*2", digits);
    refused("a1=5555555556:BA55555556@255.255.255.255*2", "lxp.more: entry 1 counts beyond 255.255.255.255");
}
END_TEST

START_TEST(no_two_are_the_same)
{
    refused("a=5555555555:BA55555556@1.2.3.4",
            "lxp: two inverters have the same serial: one of those from 5555555555 on");
    refused("octolux=5555555556:BA55555556@1.2.3.4",
            "lxp: two inverters have the same prefix: one of those from octolux on");
    refused("a=5555555556:BA55555556@127.0.2.1",
            "lxp: two inverters have the same address: one of those from 5555555556 on");
    refused("a=5555555556:BA55555556@127.0.2.1:8001", "good");
    refused("a=5555555556:BA55555555@1.2.3.4", "good"); /* one datalog may stand before several inverters */
}
END_TEST

START_TEST(nor_are_those_that_are_counted)
{
    refused("a1=5555555540:BA55555540@1.2.3.4*16",
            "lxp: two inverters have the same serial: one of those from 5555555540 on");
    refused("a1=5555555540:BA55555540@1.2.3.4*15", "good");
    refused("a1=1000000000:BA55555540@1.2.3.4*15,a10=2000000000:BA66666666@1.2.4.4",
            "lxp: two inverters have the same prefix: one of those from a10 on");
    refused("a1=1000000000:BA55555540@1.2.3.4*15,a05=2000000000:BA66666666@1.2.4.4*2", "good");
    refused("a1=1000000000:BA55555540@1.2.3.4*15,a09=2000000000:BA66666666@1.2.4.4*2",
            "lxp: two inverters have the same prefix: one of those from a09 on");
    refused("a1=1000000000:BA55555540@127.0.1.250*15",
            "lxp: two inverters have the same address: one of those from 1000000000 on");
}
END_TEST

START_TEST(a_list_has_at_most_a_thousand_entries)
{
    static char text[1 << 17];
    struct wp_writer w = wp_writer(text, sizeof text);
    char entry[64];

    for (unsigned i = 0; i < 1001; i++) {
        snprintf(entry, sizeof entry, "%sp%u=%010u:BA%08u@10.0.%u.%u", i ? "," : "", i, i, i, i / 256,
                 i % 256);
        wp_put_text(&w, entry);
        if (i == 999) {
            text[w.n] = 0;
            refused(text, "good");
        }
    }
    refused(wp_put_end(&w), "lxp.more takes at most 1000 entries; *N makes many of one");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("lxp_inverters");
    TCase *t = tcase_create("lxp_inverters");
    SRunner *r;
    int failed;

    tcase_add_test(t, without_a_host_there_is_none);
    tcase_add_test(t, the_first_one_has_options_of_its_own);
    tcase_add_test(t, further_ones_stand_in_a_list);
    tcase_add_test(t, a_number_behind_one_makes_many);
    tcase_add_test(t, a_hundred_thousand_are_walked_and_counted);
    tcase_add_test(t, a_serial_is_known_whether_it_is_connected_or_not);
    tcase_add_test(t, serials_have_exactly_ten_characters);
    tcase_add_test(t, what_has_not_the_form_is_refused);
    tcase_add_test(t, what_cannot_count_up_is_refused);
    tcase_add_test(t, no_two_are_the_same);
    tcase_add_test(t, nor_are_those_that_are_counted);
    tcase_add_test(t, a_list_has_at_most_a_thousand_entries);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
