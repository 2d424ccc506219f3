/* Sessions of DLMS meters: every form of a push, who is meant, when it was, and what is refused.
 * covers: south_dlms_setup south_dlms_stream south_dlms_frame south_dlms_link south_dlms_unit south_dlms_push
 * south_dlms_identity south_dlms_reading south_dlms_time */
#include "tests/gateway_rig.h"

#include "sim/gateway/south_dlms.h"
#include "tests/dlms_vectors.h"

/* EM114070: 236.36 V, told as the raw number 23636. source: api/ivy.md, DLMS Telemetry; protocol notes 7.3 */
#define VOLTAGE   "C200000301000C0700FF02125C54"
#define LOGIN     "00010001000100120A020C303030303030303030303031000000"
#define WRAP(n)   "000100010001" n
#define TELEMETRY "[     0.000] reading 000000000001 pushed 1-0:12.7.0.255=23636\n"

static struct rig r;

static void start(const char *name, const char *value)
{
    rig_start(&r, "meters.ack", "silent", name, value, NULL);
    r.show = RIG_PARTS | RIG_SENDS;
}

static void setup(void)
{
    r.next_south = NULL;
    r.only_south = &south_dlms_class;
    start(NULL, NULL);
}

static void teardown(void)
{
    rig_end(&r);
}

/* A connection whose meter has logged in; nothing in the trace. */
static wp_port meter(void)
{
    wp_port port = rig_connect(&r, 1);

    rig_hex(&r, port, LOGIN);
    rig_clear(&r);
    return port;
}

START_TEST(a_login_is_online_and_a_push_is_a_reading)
{
    wp_port port = rig_connect(&r, 1);

    r.show |= RIG_PUBLISHES | RIG_TELEMETRY;
    rig_hex(&r, port, LOGIN);
    rig_clear(&r);
    rig_hex(&r, port, WRAP("000E") VOLTAGE);
    rig_expect(&r, TELEMETRY
               "[     0.000] publish ivy/v1/meters/000000000001/telemetry q1 "
               "{\"meterId\":\"000000000001\",\"timestamp\":1705320000000,\"source\":\"dlms\",\"readings\":{"
               "\"VOLTAGE_TOTAL\":{\"value\":236.36,\"unit\":\"V\",\"obis\":\"1-0:12.7.0.255\"}}}\n");
}
END_TEST

/* IVY-B37: one message with the same reading each. Date-times are an hour ago, told in local time with its deviation. */
START_TEST(all_forms_of_a_push_give_the_same_reading)
{
    static const char *const forms[] = {
        VOLTAGE,
        WRAP("000E") VOLTAGE,
        "E6E700" VOLTAGE,
        "900101" VOLTAGE,
        WRAP("001B") "C2010C07E8010F010C000000FFC480000301000C0700FF02125C54",
        "C2000301000C0700FF02125C54",
        "C200030601000C0700FF02125C54",
        WRAP("0013") "0F00000000000202090601000C0700FF125C54",
        "0F00000000000202090601000C0700FF125C54",
        "0F000000000C07E8010F010D000000FFC4800202090601000C0700FF125C54",
        "0F00000000090C07E8010F010D000000FFC4800202090601000C0700FF125C54",
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        wp_port port = meter();

        rig_hex(&r, port, forms[i]);
        ck_assert_msg(strcmp(rig_trace(&r), TELEMETRY) == 0, "%s: %s", forms[i], rig_trace(&r));
        rig_close(&r, port);
    }
}
END_TEST

/* ---- published frames ----------------------------------------------------------------------------- */

static size_t count_of(const char *word)
{
    size_t n = 0;

    for (const char *at = rig_trace(&r); (at = strstr(at, word)); at++)
        n++;
    return n;
}

/* What one connection tells of these bytes, given in pieces of `step`. */
static const char *told_of(struct wp_slice bytes, size_t step)
{
    wp_port port = meter();

    for (size_t i = 0; i < bytes.n; i += step)
        rig_bytes(&r, port, wp_slice(bytes.p + i, bytes.n - i < step ? bytes.n - i : step));
    return rig_trace(&r);
}

static size_t n_pushes(const struct dlms_vector *v)
{
    const cJSON *apdu;
    size_t n = 0;

    cJSON_ArrayForEach(apdu, cJSON_GetObjectItemCaseSensitive(v->expect, "apdus")) n +=
        strcmp(dlms_vector_text(apdu, "apdu"), "data-notification") == 0;
    return n;
}

static size_t n_deciphered(const struct dlms_vector *v)
{
    const cJSON *apdu;
    size_t n = 0;

    cJSON_ArrayForEach(apdu, cJSON_GetObjectItemCaseSensitive(v->expect, "apdus")) n +=
        strcmp(dlms_vector_text(cJSON_GetObjectItemCaseSensitive(apdu, "plain"), "apdu"),
               "data-notification") == 0;
    return n;
}

/* However a stream is cut, the same is told, once: readings, or an event where nothing is known. */
START_TEST(every_published_push_is_told_once)
{
    static const char *const protos[] = {"hdlc", "mbus", "dlms-wrapper", "dlms-apdu"};
    char *whole = malloc(1 << 16);
    size_t n = 0;

    for (size_t i = 0; i < 4; i++)
        for (struct dlms_vector v = {0}; dlms_vectors_next(&v, protos[i]);) {
            if (!v.is_valid || n_pushes(&v) == 0)
                continue;
            snprintf(whole, 1 << 16, "%s", told_of(v.bytes, v.bytes.n));
            ck_assert_msg(count_of("reading 000000000001 pushed") == n_pushes(&v), "%s: %s", v.id, whole);
            ck_assert_msg(!strstr(whole, "online"), "%s: %s", v.id, whole);
            ck_assert_msg(strcmp(told_of(v.bytes, 1), whole) == 0, "%s: %s", v.id, r.trace);
            n++;
        }
    ck_assert_msg(n > 50 || !dlms_vectors(), "%zu", n);
    free(whole);
}
END_TEST

static bool is_encrypted(const struct dlms_vector *v)
{
    const cJSON *apdu = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(v->expect, "apdus"), 0);
    uint8_t sc = 0;

    return dlms_vector_hex(apdu, "sc", &sc, 1) == 1 && sc & 0x20;
}

/* With its key, a ciphered push is told as if it were plain; with another one nothing is. */
START_TEST(ciphered_pushes_need_their_key)
{
    size_t n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);) {
        char keys[160];
        struct wp_writer w = wp_writer(keys, sizeof keys);

        if (!v.is_valid || !v.has_key || v.key.n_key != 16 || n_deciphered(&v) == 0)
            continue;
        for (int wrong = 0; wrong <= is_encrypted(&v); wrong++) {
            w.n = 0;
            wp_put_text(&w, "000000000001=");
            v.key.key[0] ^= (uint8_t)wrong;
            wp_put_hex(&w, wp_slice(v.key.key, v.key.n_key));
            wp_put_text(&w, v.key.n_auth ? ":" : "");
            wp_put_hex(&w, wp_slice(v.key.auth, v.key.n_auth));
            rig_end(&r);
            start("dlms.keys", wp_put_end(&w));
            (void)told_of(v.bytes, v.bytes.n);
            ck_assert_msg(count_of("pushed") == (wrong ? 0 : n_deciphered(&v)), "%s: %s", v.id, r.trace);
        }
        n++;
    }
    ck_assert_msg(n > 5 || !dlms_vectors(), "%zu", n);
}
END_TEST

/* ---- what is left over -------------------------------------------------------------------------------- */

/* Beginnings of frames, of segments and of blocks; more of them than there are cells of any pool. */
START_TEST(what_is_borrowed_is_given_back)
{
    static const char *const beginnings[] = {
        "00010001000103000F000000000901",
        "7EA8",
        "6806066853FF00016700BA16",
        "E04000010000"
        "03"
        "0F0000",
        "0F00000000000202",
    };

    rig_end(&r);
    start("meters.max_connections", "4");
    r.show |= RIG_NOTES;
    for (size_t i = 0; i < 2000; i++) {
        wp_port port = rig_connect(&r, 1);

        rig_hex(&r, port, beginnings[i % 5]);
        if (i % 3 == 0)
            rig_run(&r, r.now + WP_SEC(40));
        ck_assert_msg(!strstr(rig_trace(&r), "no-cell"), "%zu: %s", i, r.trace);
        rig_close(&r, port);
        rig_clear(&r);
    }
}
END_TEST

/* ---- behind DL/T 645 ---------------------------------------------------------------------------------- */

static void start_behind(const char *name, const char *value)
{
    rig_end(&r);
    r.only_south = NULL;
    r.next_south = &south_dlms_class;
    start(name, value);
}

/* The meter signs on where DL/T 645 is spoken; what it says then is handed on, and nobody hears it go. */
START_TEST(a_meter_comes_from_the_listener_of_dlt645)
{
    wp_port port;

    start_behind(NULL, NULL);
    port = rig_connect(&r, 1);
    rig_hex(&r, port, LOGIN);
    rig_expect(&r, "[     0.000] presence 000000000001 online\n");
    rig_hex(&r, port, WRAP("000E") VOLTAGE WRAP("000E") VOLTAGE);
    rig_expect(&r, "[     0.000] hand on 2\n[     0.000] presence 000000000001 online\n" TELEMETRY TELEMETRY);
    rig_hex(&r, port, VOLTAGE);
    rig_expect(&r, TELEMETRY);
    rig_close(&r, port);
    rig_expect(&r, "[     0.000] presence 000000000001 offline\n");
}
END_TEST

/* Each of the published pushes finds its way, from a meter that has not signed on too. */
START_TEST(every_published_push_comes_through)
{
    start_behind("dlms.identities", "127.0.2.1=000000000001");
    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);) {
        wp_port port;

        if (!v.is_valid || n_pushes(&v) == 0 || strcmp(v.proto, "axdr") == 0)
            continue;
        port = rig_connect(&r, 1);
        rig_clear(&r);
        rig_bytes(&r, port, v.bytes);
        ck_assert_msg(count_of("reading 000000000001 pushed") == n_pushes(&v), "%s: %s", v.id, r.trace);
        rig_close(&r, port);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("south_dlms");
    TCase *tc = tcase_create("south_dlms");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_login_is_online_and_a_push_is_a_reading);
    tcase_add_test(tc, all_forms_of_a_push_give_the_same_reading);
    tcase_add_test(tc, every_published_push_is_told_once);
    tcase_add_test(tc, ciphered_pushes_need_their_key);
    tcase_add_test(tc, what_is_borrowed_is_given_back);
    tcase_add_test(tc, a_meter_comes_from_the_listener_of_dlt645);
    tcase_add_test(tc, every_published_push_comes_through);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
