/* What ids become: of the same form, another one for each, the same in every order.       covers: anonymise_bytes anonymise_address */
#include "harness/anonymise_address.h"
#include "harness/anonymise_bytes.h"
#include "harness/anonymise_ids.h"

#include <arpa/inet.h>
#include <check.h>
#include <ctype.h>
#include <stdlib.h>

static struct anon_ids ids;
static struct anon_addresses addresses;
static size_t kind;

static void setup(void)
{
    memset(&ids, 0, sizeof ids);
    memset(&addresses, 0, sizeof addresses);
    anon_ids_key(&ids, wp_text("a key"));
    kind = anon_ids_kind(&ids, "test", "id");
}

static void teardown(void)
{
    anon_ids_free(&ids);
    anon_addresses_free(&addresses);
}

static void assign(const char *const *texts)
{
    char why_text[200];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);

    for (; *texts; texts++)
        anon_ids_add(&ids, wp_text(*texts), kind);
    ck_assert_msg(anon_ids_assign(&ids, &why), "%s", wp_put_end(&why));
}

static const char *becomes(const char *text)
{
    static char out[4][ANON_ID_MAX + 1];
    static int next;
    char *to = out[next++ % 4];
    const struct anon_id *id = anon_ids_find(&ids, wp_text(text));

    ck_assert_msg(id != NULL, "%s", text);
    ck_assert_uint_eq(id->becomes.n, strlen(text));
    memcpy(to, id->becomes.p, id->becomes.n);
    to[id->becomes.n] = 0;
    return to;
}

START_TEST(each_character_keeps_its_class)
{
    static const char *const texts[] = {"202401010007", "Meter-7a/B", "DEADBEEF01", "deadbeef02",
                                        "0012-34",      "Zähler №1",  NULL};

    assign(texts);
    for (int i = 0; texts[i]; i++) {
        const char *was = texts[i], *now = becomes(was);

        ck_assert_str_ne(was, now);
        for (size_t k = 0; was[k]; k++) {
            ck_assert_int_eq(!isdigit((unsigned char)was[k]), !isdigit((unsigned char)now[k]));
            ck_assert_int_eq(!isupper((unsigned char)was[k]), !isupper((unsigned char)now[k]));
            ck_assert_int_eq(!islower((unsigned char)was[k]), !islower((unsigned char)now[k]));
            if (ispunct((unsigned char)was[k]))
                ck_assert_int_eq(was[k], now[k]);
        }
        ck_assert(wp_slice_is_utf8(wp_text(now)));
    }
    ck_assert_int_ne(becomes("202401010007")[0], '0');
    ck_assert_uint_eq(strspn(becomes("DEADBEEF01"), "0123456789ABCDEF"), 10);
    ck_assert_uint_eq(strspn(becomes("deadbeef02"), "0123456789abcdef"), 10);
}
END_TEST

START_TEST(an_id_within_another_becomes_the_same)
{
    assign((const char *const[]){"gw-202401010007-x", "202401010007", "202401010007-2", NULL});
    ck_assert_ptr_nonnull(strstr(becomes("gw-202401010007-x"), becomes("202401010007")));
    ck_assert(strncmp(becomes("202401010007-2"), becomes("202401010007"), 12) == 0);
}
END_TEST

START_TEST(who_was_found_first_does_not_matter)
{
    char first[3][32];
    static const char *const texts[] = {"202401010007", "gw-202401010007", "alpha1234", NULL};
    static const char *const other[] = {"alpha1234", "gw-202401010007", "202401010007", NULL};

    assign(texts);
    for (int i = 0; i < 3; i++)
        strcpy(first[i], becomes(texts[i]));
    teardown();
    setup();
    assign(other);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(becomes(texts[i]), first[i]);
}
END_TEST

/* All but one of the numbers with six digits and the same beginning are in use; many more than can be drawn at once. */
START_TEST(no_two_become_the_same_and_none_what_was_there)
{
    static char text[9000][8];
    static const char *list[9001];
    struct texts seen = {0};

    for (unsigned i = 0; i < 9000; i++) {
        snprintf(text[i], sizeof text[i], "%06u", 100000 + i * 3);
        list[i] = text[i];
    }
    assign(list);
    for (unsigned i = 0; i < 9000; i++) {
        struct wp_slice now = anon_ids_find(&ids, wp_text(text[i]))->becomes;

        ck_assert_ptr_null(anon_ids_find(&ids, now));
        ck_assert_uint_eq(texts_add(&seen, now), i);
    }
    texts_free(&seen);
}
END_TEST

START_TEST(who_identifies_nobody_is_no_id)
{
    static const char *const nobody[] = {"", "999999999999", "AAAAAAAAAAAA", "000000000000", "--", "+", NULL};

    for (int i = 0; nobody[i]; i++)
        ck_assert_msg(!anon_is_id(wp_text(nobody[i])), "%s", nobody[i]);
    ck_assert(anon_is_id(wp_text("a")));
    ck_assert(anon_is_strong(wp_text("000000000001")));
    ck_assert(anon_is_strong(wp_text("gateway1")));
    ck_assert(!anon_is_strong(wp_text("gateway")));
    ck_assert(!anon_is_strong(wp_text("12345")));
}
END_TEST

START_TEST(a_piece_of_a_longer_number_is_another_number)
{
    const struct anon_id *id;

    anon_ids_fix(&ids, wp_text("10.0.0.1"), wp_text("10.5.7.9"), kind);
    assign((const char *const[]){"123456", NULL});
    id = anon_ids_find(&ids, wp_text("123456"));
    ck_assert(anon_ids_stands_alone(id, wp_text("a123456b"), 1));
    ck_assert(!anon_ids_stands_alone(id, wp_text("9123456"), 1));
    ck_assert(!anon_ids_stands_alone(id, wp_text("1234567"), 0));
    id = anon_ids_find(&ids, wp_text("10.0.0.1"));
    ck_assert_str_eq(becomes("10.0.0.1"), "10.5.7.9");
    ck_assert(anon_ids_stands_alone(id, wp_text("10.0.0.1:80"), 0));
    ck_assert(anon_ids_stands_alone(id, wp_text("at 10.0.0.1."), 3));
    ck_assert(!anon_ids_stands_alone(id, wp_text("10.0.0.12"), 0));
    ck_assert(!anon_ids_stands_alone(id, wp_text("10.0.0.1.5"), 0));
    ck_assert(!anon_ids_stands_alone(id, wp_text("1.10.0.0.1"), 2));
}
END_TEST

/* ---- addresses -------------------------------------------------------------------------------------- */

static void add_text(const char *text)
{
    uint8_t address[16];
    bool six = strchr(text, ':') != NULL;

    ck_assert_int_eq(inet_pton(six ? AF_INET6 : AF_INET, text, address), 1);
    anon_address_add(&addresses, six ? ANON_IPV6 : ANON_IPV4, address);
}

static const char *mapped(const char *text)
{
    static char out[4][INET6_ADDRSTRLEN];
    static int next;
    char *to = out[next++ % 4];
    uint8_t address[16];
    bool six = strchr(text, ':') != NULL;

    inet_pton(six ? AF_INET6 : AF_INET, text, address);
    anon_address_map(&addresses, six ? ANON_IPV6 : ANON_IPV4, address);
    inet_ntop(six ? AF_INET6 : AF_INET, address, to, INET6_ADDRSTRLEN);
    return to;
}

static void assign_addresses(const char *const *texts)
{
    char why_text[200];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);

    for (; *texts; texts++)
        add_text(*texts);
    ck_assert_msg(anon_addresses_assign(&addresses, &ids, &why), "%s", wp_put_end(&why));
}

static bool begin_alike(const char *a, const char *b, char until, int times)
{
    for (; *a == *b && times; a++, b++)
        times -= *a == until;
    return times == 0;
}

START_TEST(addresses_stay_in_their_block_and_subnet)
{
    static const char *const texts[] = {"192.168.1.17", "192.168.1.25", "192.168.7.17", "10.20.30.40",
                                        "172.16.5.1",   "8.8.4.4",      "127.0.2.1",    "fe80::12ab",
                                        "2001:db8::1",  "2001:db8::7",  "fd00:1::5",    NULL};

    assign_addresses(texts);
    for (int i = 0; texts[i]; i++) {
        ck_assert_str_ne(mapped(texts[i]), texts[i]);
        ck_assert_msg(strlen(mapped(texts[i])) == strlen(texts[i]), "%s became %s", texts[i],
                      mapped(texts[i]));
    }
    ck_assert(begin_alike(mapped("192.168.1.17"), "192.168.", '.', 2));
    ck_assert(begin_alike(mapped("192.168.1.17"), mapped("192.168.1.25"), '.', 3));
    ck_assert(!begin_alike(mapped("192.168.1.17"), mapped("192.168.7.17"), '.', 3));
    ck_assert(begin_alike(mapped("10.20.30.40"), "10.", '.', 1));
    ck_assert(begin_alike(mapped("172.16.5.1"), "172.", '.', 1));
    ck_assert(begin_alike(mapped("127.0.2.1"), "127.", '.', 1));
    ck_assert(begin_alike(mapped("fe80::12ab"), "fe80::", ':', 2));
    ck_assert(begin_alike(mapped("2001:db8::1"), mapped("2001:db8::7"), ':', 3));
    ck_assert_str_eq(becomes("192.168.1.17"), mapped("192.168.1.17"));
}
END_TEST

START_TEST(everybodys_addresses_stay)
{
    static const char *const texts[] = {"127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.251",
                                        "::",        "::1",     "ff02::fb",        NULL};

    assign_addresses(texts);
    for (int i = 0; texts[i]; i++)
        ck_assert_str_eq(mapped(texts[i]), texts[i]);
}
END_TEST

START_TEST(a_full_subnet_has_room)
{
    char text[254][16];
    const char *list[255] = {0};
    struct texts seen = {0};

    for (int i = 0; i < 254; i++) {
        snprintf(text[i], sizeof text[i], "192.168.1.%d", i + 1);
        list[i] = text[i];
    }
    assign_addresses(list);
    for (unsigned i = 0; i < 254; i++)
        ck_assert_uint_eq(texts_add(&seen, wp_text(mapped(text[i]))), i);
    texts_free(&seen);
}
END_TEST

START_TEST(ethernet_addresses_in_every_spelling)
{
    static const uint8_t mac[] = {0x24, 0xA2, 0xE1, 0xE6, 0xEE, 0x9B}, all[] = {255, 255, 255, 255, 255, 255};
    uint8_t now[6];
    char text[20], why_text[200];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);

    anon_address_add(&addresses, ANON_MAC, mac);
    anon_address_add(&addresses, ANON_MAC, all);
    ck_assert(anon_addresses_assign(&addresses, &ids, &why));
    ck_assert(anon_ids_assign(&ids, &why));
    memcpy(now, all, 6);
    ck_assert(!anon_address_map(&addresses, ANON_MAC, now));
    memcpy(now, mac, 6);
    ck_assert(anon_address_map(&addresses, ANON_MAC, now));
    ck_assert_uint_eq(now[0], 2);
    snprintf(text, sizeof text, "%02X-%02X-%02X-%02X-%02X-%02X", now[0], now[1], now[2], now[3], now[4],
             now[5]);
    ck_assert_str_eq(becomes("24-A2-E1-E6-EE-9B"), text);
    snprintf(text, sizeof text, "%02x%02x%02x%02x%02x%02x", now[0], now[1], now[2], now[3], now[4], now[5]);
    ck_assert_str_eq(becomes("24a2e1e6ee9b"), text);
}
END_TEST

/* ---- bytes of streams ------------------------------------------------------------------------------- */

START_TEST(copies_follow_the_first_one)
{
    struct anon_bytes b = {0};
    char copy[] = "??abXd";

    anon_bytes_put(&b, 1, 0, wp_text("abcdef"));
    anon_bytes_put(&b, 1, 3, wp_text("XYZ")); /* known already */
    anon_bytes_put(&b, 1, INT64_C(1) << 33, wp_text("far"));
    anon_bytes_decide(&b, 1, 0, wp_text("1234"));
    ck_assert_uint_eq(anon_bytes_apply(&b, 1, -2, (uint8_t *)copy, 6), 2);
    ck_assert_mem_eq(copy,
                     "\0\0"
                     "12"
                     "2"
                     "4",
                     6); /* another byte than the first one stays another one */
    memcpy(copy, "ef", 2);
    ck_assert_uint_eq(anon_bytes_apply(&b, 1, 4, (uint8_t *)copy, 2), 2);
    ck_assert_mem_eq(copy, "\0\0", 2);
    anon_bytes_was(&b, 1, 2, (uint8_t *)copy, 4);
    ck_assert_mem_eq(copy, "cdef", 4);
    anon_bytes_becomes(&b, 2, 0, (uint8_t *)copy, 4);
    ck_assert_mem_eq(copy, "\0\0\0\0", 4);
    anon_bytes_free(&b);
}
END_TEST

START_TEST(pages_do_not_show)
{
    static uint8_t was[10000], got[10000];
    struct anon_bytes b = {.keeps = true};

    for (size_t i = 0; i < sizeof was; i++)
        was[i] = (uint8_t)(i * 7 + i / 256);
    for (size_t at = 0; at < sizeof was; at += 333)
        anon_bytes_put(&b, 5, (int64_t)at, wp_slice(was + at, at + 333 < sizeof was ? 333 : sizeof was - at));
    anon_bytes_becomes(&b, 5, 0, got, sizeof got);
    ck_assert_mem_eq(got, was, sizeof was);
    anon_bytes_free(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("anonymise_ids");
    TCase *t = tcase_create("anonymise_ids");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, each_character_keeps_its_class);
    tcase_add_test(t, an_id_within_another_becomes_the_same);
    tcase_add_test(t, who_was_found_first_does_not_matter);
    tcase_add_test(t, no_two_become_the_same_and_none_what_was_there);
    tcase_add_test(t, who_identifies_nobody_is_no_id);
    tcase_add_test(t, a_piece_of_a_longer_number_is_another_number);
    tcase_add_test(t, addresses_stay_in_their_block_and_subnet);
    tcase_add_test(t, everybodys_addresses_stay);
    tcase_add_test(t, a_full_subnet_has_room);
    tcase_add_test(t, ethernet_addresses_in_every_spelling);
    tcase_add_test(t, copies_follow_the_first_one);
    tcase_add_test(t, pages_do_not_show);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
