/* Registers: what the documented names, the parameters and the blocks answer; and what other people's meters
 * answered, given to this one, comes out with the same bytes.
 *
 * covers: dlt645_meter_parameters dlt645_meter_pins dlt645_meter_store
 * vectors/ivy-and-dlt645.json: replies of many meters. captures/dlt645: 335 exchanges of a gateway with five. */
#include "tests/dlt645_meter_rig.h"

#include <cjson/cJSON.h>
#include <pcap/pcap.h>

static struct rig f;

static void setup(void)
{
    rig_start(&f, "address", "000000001234", "login", "silent", NULL);
}

static void teardown(void)
{
    rig_free(&f);
}

/* ---- the 21 names of the MQTT API --------------------------------------------------------------------------- */

/* Values and raw digits of statements IVY-131 to IVY-151, data bytes as the meter sends them. */
START_TEST(every_documented_register_is_held_at_its_example)
{
    static const struct {
        const char *name, *value, *reply;
    } row[] = {
        {"totalActiveEnergy", "12345.67", "91 0000010067452301"},
        {"totalActiveEnergyForward", "8000.00", "91 0001010000008000"},
        {"totalActiveEnergyReverse", "3000", "91 0002010000003000"},
        {"totalReactiveEnergy", "230.93", "91 0000020093300200"},
        {"totalActivePower", "-0.1152", "91 00000302521180"},
        {"activePowerA", "1.2345", "91 00010302452301"},
        {"activePowerB", "0.2512", "91 00020302122500"},
        {"activePowerC", "5", "91 00030302000005"},
        {"totalReactivePower", "0.4331", "91 00000402314300"},
        {"totalApparentPower", "0.5006", "91 00000502065000"},
        {"voltageA", "245.5", "91 000101025524"},
        {"voltageB", "229.7", "91 000201029722"},
        {"voltageC", "231.9", "91 000301021923"},
        {"currentA", "5.234", "91 00010202345200"},
        {"currentB", "-52.334", "91 00020202342385"},
        {"currentC", "12.345", "91 00030202452301"},
        {"totalPowerFactor", "0.997", "91 000006029709"},
        {"powerFactorA", "1", "91 000106020010"},
        {"powerFactorB", "0.501", "91 000206020105"},
        {"powerFactorC", "-0.850", "91 000306025088"},
        {"frequency", "50.02", "91 020080020250"},
    };

    ck_assert_uint_eq(sizeof row / sizeof row[0], METER_FIRST_FAULT - METER_FIRST_PIN);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        unsigned di = 0;

        rig_set(&f, row[i].name, row[i].value, 0);
        ck_assert_int_eq(sscanf(row[i].reply + 3, "%8x", &di), 1);
        ck_assert_str_eq(rig_ask_di(&f, __builtin_bswap32(di)), row[i].reply);
    }
    ck_assert_str_eq(rig_ask_di(&f, 0x0201FF00), "91 00FF0102552497221923");
    ck_assert_str_eq(rig_ask_di(&f, 0x0202FF00), "91 00FF0202345200342385452301");
    ck_assert_str_eq(rig_ask_di(&f, 0x0203FF00), "91 00FF0302521180452301122500000005");
    ck_assert_str_eq(rig_ask_di(&f, 0x0206FF00), "91 00FF06029709001001055088");
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        rig_set(&f, row[i].name, NULL, 0);
    ck_assert_uint_eq(rig_meter(&f)->n_store, 0);
}
END_TEST

START_TEST(any_register_is_held_by_its_identifier)
{
    rig_set(&f, "register",
            "04000402=000000000042, 04000404=220.0V, 00900200=198.56,05060001=2015-10-09 00:00", 0);
    rig_set(&f, "register", "04000501=x00, 12345678=xABCD, 01010000=1.5", 0);
    ck_assert_str_eq(rig_ask_di(&f, 0x04000402), "91 02040004420000000000");
    ck_assert_str_eq(rig_ask_di(&f, 0x04000404), "91 04040004"
                                                 "56302E303232"); /* as (vectors) 04000404 of 006056551800 */
    ck_assert_str_eq(rig_ask_di(&f, 0x00900200), "91 0002900056980100");
    ck_assert_str_eq(rig_ask_di(&f, 0x05060001), "91 010006050000091015");
    ck_assert_str_eq(rig_ask_di(&f, 0x04000501),
                     "91 0105000400"); /* (vectors) one byte where the standard has two */
    ck_assert_str_eq(rig_ask_di(&f, 0x12345678), "91 78563412ABCD");
    ck_assert_str_eq(rig_ask_di(&f, 0x01010000), "91 000001010050010000000000");
    rig_set(&f, "register", "04000402=1", 0);
    rig_set(&f, "register", "02010100=300.12", 0);
    rig_expect(&f,
               "[420000.000] note value-refused: register 1\n[420000.000] note value-refused: register 1\n");
}
END_TEST

/* ---- parameters --------------------------------------------------------------------------------------------- */

START_TEST(parameters_say_what_was_given)
{
    teardown();
    rig_start(&f, "address", "000000001234", "login", "silent", "meter.number", "987654321098",
              "rated.voltage", "220V", "pulses.active", "1200", "settlement", "1506", "tariffs", "2", "slots",
              "08:00=1 20:30=2", "demand.period", "30", "mode.active", "09", "profile.interval", "15min",
              NULL);
    ck_assert_str_eq(rig_read(&f, 0x04000401), "000000001234");
    ck_assert_str_eq(rig_read(&f, 0x04000402), "987654321098");
    ck_assert_str_eq(rig_read(&f, 0x04000404), "220V");
    ck_assert_str_eq(rig_read(&f, 0x04000405), "5A");
    ck_assert_str_eq(rig_read(&f, 0x04000409), "1200");
    ck_assert_str_eq(rig_read(&f, 0x04000B01), "1506");
    ck_assert_str_eq(rig_read(&f, 0x04000B02), "9999");
    ck_assert_str_eq(rig_read(&f, 0x04000103), "30");
    ck_assert_str_eq(rig_read(&f, 0x04000204), "2");
    ck_assert_str_eq(rig_read(&f, 0x04000203), "2");
    ck_assert_str_eq(rig_read(&f, 0x04000601), "09");
    ck_assert_str_eq(rig_read(&f, 0x04000A02), "15");
    ck_assert_str_eq(rig_read(&f, 0x04000101), "2024-01-15 1");
    ck_assert_str_eq(rig_read(&f, 0x04000102), "12:00:00");
    ck_assert_str_eq(rig_read(&f, 0x0400040D), "DL/T 645-2007");
    ck_assert_str_eq(rig_read(&f, 0x04010001), "010008"
                                               "023020"
                                               "023020"
                                               "023020"
                                               "023020"
                                               "023020"
                                               "023020"
                                               "023020"
                                               "023020"
                                               "023020"
                                               "023020"
                                               "023020"
                                               "023020"
                                               "023020");
    ck_assert_str_eq(rig_read(&f, 0x04A20200), "none");
    ck_assert_str_eq(rig_read(&f, 0x03300D00), "0");
    ck_assert_str_eq(rig_read(&f, 0x03300D01), "none");
}
END_TEST

/* Whatever the table of the standard lists, the answer has the length that the table says. */
START_TEST(every_register_of_the_table_has_its_length)
{
    unsigned n_known = 0;

    teardown();
    rig_start(&f, "address", "000000001234", "login", "silent", "energy.phases", "true", NULL);
    f.now = WP_SEC(86400);
    dlt645_meter_settle(f.machine, f.now);
    for (size_t i = 0; i < dlt645_n_registers; i++) {
        const struct dlt645_register *row = &dlt645_registers[i];
        uint8_t bytes[256];
        struct wp_writer w = wp_writer(bytes, sizeof bytes);

        if (!dlt645_meter_read(f.machine, row->di, &w))
            continue;
        n_known++;
        if (row->bytes > 0 && row->family != DLT645_LAST_TARIFFS)
            ck_assert_msg(w.n == row->bytes, "%08X: %zu bytes", row->di, w.n);
    }
    ck_assert_uint_gt(n_known, 150);
}
END_TEST

START_TEST(grid_and_temperature_are_given)
{
    rig_set(&f, "load.temperature", "-10.5", 0);
    rig_set(&f, "load.frequency", "49.98", 0);
    ck_assert_str_eq(rig_ask_di(&f, 0x02800007), "91 070080020581");
    ck_assert_str_eq(rig_ask_di(&f, 0x02800002), "91 020080029849");
    rig_set(&f, "load.temperature", "23.95", 0);
    ck_assert_str_eq(rig_read(&f, 0x02800007), "24.0");
    rig_set(&f, "load.temperature", "-10.55", 0);
    ck_assert_str_eq(rig_read(&f, 0x02800007), "-10.6");
    ck_assert_str_eq(rig_ask_di(&f, 0x02800003), "91 03008002752703");
    ck_assert_str_eq(rig_ask_di(&f, 0x02800008), "91 080080026003");
}
END_TEST

START_TEST(blocks_fill_what_is_missing)
{
    rig_set(&f, "load.current", "0", 0);
    ck_assert_uint_eq(strlen(rig_ask_di(&f, 0x0001FF00)), 3 + 2 * (4 + 5 * 4));
    ck_assert_uint_eq(strlen(rig_ask_di(&f, 0x000100FF)),
                      3 + 2 * (4 + 13 * 4)); /* now and twelve settlements */
    ck_assert_uint_eq(strlen(rig_ask_di(&f, 0x040005FF)), 3 + 2 * (4 + 7 * 2)); /* seven status words */
    ck_assert_str_eq(rig_ask_di(&f, 0x0005FF00), "91 00FF050000201400FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
    ck_assert_str_eq(rig_ask_di(&f, 0x0099FF00), "D1 02");
}
END_TEST

/* ---- other people's meters ------------------------------------------------------------------------------------- */

static FILE *open_testdata(const char *name, char *path, size_t cap)
{
    const char *folder = getenv("WATTPROOF_TESTDATA");
    FILE *in;

    snprintf(path, cap, "%s/%s", folder ? folder : "../shared", name);
    in = fopen(path, "rb");
    if (!in)
        printf("skipped: no test data at %s\n", path);
    return in;
}

static cJSON *load_vectors(void)
{
    char path[1024];
    FILE *in = open_testdata("vectors/ivy-and-dlt645.json", path, sizeof path);
    cJSON *entries;
    char *text;
    long n;

    if (!in)
        return NULL;
    fseek(in, 0, SEEK_END);
    n = ftell(in);
    rewind(in);
    text = malloc((size_t)n);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(fread(text, 1, (size_t)n, in), (size_t)n);
    fclose(in);
    entries = cJSON_ParseWithLength(text, (size_t)n);
    ck_assert(cJSON_IsArray(entries));
    free(text);
    return entries;
}

static const char *member(const cJSON *entry, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, key));

    return text ? text : "";
}

static void upper(char *text)
{
    for (; *text; text++)
        if (*text >= 'a' && *text <= 'f')
            *text = (char)(*text - 'a' + 'A');
}

/* A meter of that address, sent the read request for that identifier, replies with exactly these bytes. */
static void gives(const char *address, const char *di, const char *value, unsigned preamble, const char *hex)
{
    char held[512], expected[1024], wakeup[8];
    struct dlt645_frame q;
    uint64_t own;
    unsigned number = 0;

    snprintf(held, sizeof held, "%s=%s", di, value);
    snprintf(wakeup, sizeof wakeup, "%u", preamble);
    snprintf(expected, sizeof expected, "[    50.000] > %s\n", hex);
    upper(expected + 15);
    teardown();
    rig_start(&f, "address", address, "login", "silent", "register", held, "preamble", wakeup, NULL);
    ck_assert(dlt645_address_read(wp_text(address), &own) && sscanf(di, "%8x", &number) == 1);
    dlt645_ask_read(&q, own, number);
    rig_frame(&f, &q);
    rig_run(&f, WP_SEC(1));
    ck_assert_msg(strcmp(wp_put_end(&f.w), expected) == 0, "%s\nis\n%s", expected, wp_put_end(&f.w));
}

START_TEST(published_replies_come_out_byte_for_byte)
{
    cJSON *entries = load_vectors(), *entry;
    unsigned n_bytes = 0, n_values = 0;

    cJSON_ArrayForEach(entry, entries)
    {
        const cJSON *x = cJSON_GetObjectItemCaseSensitive(entry, "expect");
        const cJSON *preamble = cJSON_GetObjectItemCaseSensitive(x, "preamble");
        const char *di = member(x, "di"), *address = member(x, "address"), *text = member(x, "text");
        char raw[512];

        if (strcmp(member(entry, "proto"), "dlt645") != 0 || strcmp(member(entry, "kind"), "valid") != 0 ||
            strcmp(member(x, "control"), "91") != 0 || !*di || !*member(x, "payload"))
            continue;
        if (strcmp(address, "999999999999") == 0 || cJSON_GetObjectItemCaseSensitive(x, "trailing"))
            continue; /* no meter's own address; noise behind the frame */
        snprintf(raw, sizeof raw, "x%s", member(x, "payload"));
        gives(address, di, raw, (unsigned)preamble->valuedouble, member(entry, "hex"));
        n_bytes++;
        if (!*text || cJSON_GetObjectItemCaseSensitive(x, "data_len_mismatch"))
            continue;
        gives(address, di, text, (unsigned)preamble->valuedouble, member(entry, "hex"));
        n_values++;
    }
    if (entries) {
        ck_assert_uint_ge(n_bytes, 75);
        ck_assert_uint_ge(n_values, 50);
    }
    cJSON_Delete(entries);
}
END_TEST

/* TCP payload of an Ethernet frame; empty when it has none. */
static struct wp_slice tcp_payload(const u_char *p, size_t n, unsigned *from, unsigned *to)
{
    size_t ip = 14, head, all, tcp;

    if (n < ip + 40 || p[12] != 8 || p[13] != 0 || p[ip + 9] != 6)
        return (struct wp_slice){NULL, 0};
    head = (p[ip] & 15u) * 4;
    all = (size_t)p[ip + 2] << 8 | p[ip + 3];
    tcp = ip + head;
    *from = (unsigned)p[tcp] << 8 | p[tcp + 1];
    *to = (unsigned)p[tcp + 2] << 8 | p[tcp + 3];
    return wp_slice(p + tcp + (p[tcp + 12] >> 4) * 4, all - head - (size_t)(p[tcp + 12] >> 4) * 4);
}

/* What a gateway asked the meters of the capture, asked of this one with their values, gives the same replies. */
START_TEST(captured_exchanges_are_repeated)
{
    static struct {
        unsigned port;
        char request[64];
    } pending[16];
    char path[1024], error[PCAP_ERRBUF_SIZE];
    FILE *in = open_testdata("captures/dlt645/ivy-4g-gateway_5meters_dlt645_mqtt.pcap", path, sizeof path);
    unsigned n_exchanges = 0, from, to;
    struct pcap_pkthdr *head;
    const u_char *data;
    pcap_t *pcap;

    if (!in)
        return;
    pcap = pcap_fopen_offline(in, error);
    ck_assert_msg(pcap, "%s", error);
    while (pcap_next_ex(pcap, &head, &data) == 1) {
        struct wp_slice payload = tcp_payload(data, head->caplen, &from, &to);
        struct dlt645_frame frame;
        char hex[256], address[16], di[16], value[256];
        struct wp_writer h = wp_writer(hex, sizeof hex), a = wp_writer(address, sizeof address),
                         v = wp_writer(value, sizeof value);

        if (payload.n == 0 || (from != 8899 && to != 8899) || dlt645_decode(payload, &frame).status != WP_OK)
            continue;
        wp_put_hex(&h, payload);
        if (from == 8899) {
            pending[to % 16].port = to;
            snprintf(pending[to % 16].request, sizeof pending[0].request, "%s", wp_put_end(&h));
            continue;
        }
        if (pending[from % 16].port != from || frame.control != 0x91)
            continue; /* the greeting of its own accord; a refusal of what our meter has */
        dlt645_put_address(&a, frame.address);
        snprintf(di, sizeof di, "%02X%02X%02X%02X", frame.data[3], frame.data[2], frame.data[1],
                 frame.data[0]);
        wp_put_char(&v, 'x');
        wp_put_hex(&v, wp_slice(frame.data + 4, frame.n_data - 4u));
        gives(wp_put_end(&a), di, wp_put_end(&v), 0, wp_put_end(&h));
        n_exchanges++;
    }
    pcap_close(pcap);
    ck_assert_uint_gt(n_exchanges, 250);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dlt645_meter_registers");
    TCase *t = tcase_create("registers");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_documented_register_is_held_at_its_example);
    tcase_add_test(t, any_register_is_held_by_its_identifier);
    tcase_add_test(t, parameters_say_what_was_given);
    tcase_add_test(t, every_register_of_the_table_has_its_length);
    tcase_add_test(t, grid_and_temperature_are_given);
    tcase_add_test(t, blocks_fill_what_is_missing);
    tcase_add_test(t, published_replies_come_out_byte_for_byte);
    tcase_add_test(t, captured_exchanges_are_repeated);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
