/* Registers of DL/T 645: which there are, what they are called, and their values.      covers: dlt645_value */
#include "sim/codec/dlt645_di.h"

#include <check.h>
#include <stdlib.h>

static const char *name_of(uint32_t di)
{
    static char text[4][96];
    static unsigned next;
    struct wp_writer w = wp_writer(text[next % 4], sizeof text[0]);

    next++;
    dlt645_di_put_name(&w, di);
    ck_assert(!w.full);
    return wp_put_end(&w);
}

/* The value of hexadecimal digits for a register, printed; "fill", "invalid" and "length" for what is none. */
static const char *value_of(uint32_t di, const char *digits)
{
    static const char *const none[] = {NULL, "fill", "invalid", "length"};
    static char printed[128];
    uint8_t bytes[64];
    char memory[DLT645_TEXT_MAX];
    struct wp_writer text = wp_writer(memory, sizeof memory), w = wp_writer(printed, sizeof printed);
    struct wp_value v;
    enum dlt645_quality quality;
    size_t n;

    ck_assert(wp_hex_read(wp_text(digits), bytes, sizeof bytes, &n));
    quality = dlt645_value_decode(dlt645_di_find(di), wp_slice(bytes, n), &text, &v);
    if (quality != DLT645_GOOD) {
        ck_assert_int_eq(v.kind, WP_NULL);
        return none[quality];
    }
    wp_put_value(&w, v);
    return wp_put_end(&w);
}

/* What a value is sent as; "no" when it cannot be. */
static const char *bytes_of(uint32_t di, struct wp_value v)
{
    static char printed[128];
    uint8_t bytes[64];
    struct wp_writer w = wp_writer(bytes, sizeof bytes), p = wp_writer(printed, sizeof printed);

    if (!dlt645_value_encode(dlt645_di_find(di), v, &w)) {
        ck_assert_uint_eq(w.n, 0);
        return "no";
    }
    wp_put_hex(&p, wp_written(&w));
    return wp_put_end(&p);
}

static struct wp_value text(const char *s)
{
    return wp_text_value(wp_text(s));
}

/* ---- the table ---------------------------------------------------------------------------------------- */

static unsigned wire_length(const struct dlt645_register *row)
{
    switch ((enum dlt645_form)row->form) {
    case DLT645_DATE: return 4;
    case DLT645_CLOCK: return 3;
    case DLT645_DATE_TIME: return 7;
    case DLT645_MINUTE: return 5;
    case DLT645_SECOND: return 6;
    case DLT645_DEMAND: return 8;
    default: return row->bytes;
    }
}

/* Ascending, named, and every row finds itself: the search relies on it. */
START_TEST(the_table_is_in_order)
{
    for (size_t i = 0; i < dlt645_n_registers; i++) {
        const struct dlt645_register *row = &dlt645_registers[i];

        ck_assert_msg(i == 0 || dlt645_registers[i - 1].di < row->di, "%08X", row->di);
        ck_assert_msg(dlt645_di_find(row->di) == row, "%08X", row->di);
        ck_assert_uint_eq(row->bytes, wire_length(row));
        ck_assert_msg(row->bytes || row->form == DLT645_OPAQUE, "%08X has no length", row->di);
        ck_assert_uint_gt(strlen(row->quantity), 0);
        ck_assert_uint_lt(strlen(name_of(row->di)), DLT645_TEXT_MAX);
        ck_assert_msg(strcmp(name_of(row->di), row->quantity) == 0 || row->family != DLT645_ONE, "%08X",
                      row->di);
    }
}
END_TEST

/* The registers of the API document, with the standard's names. */
START_TEST(the_documented_registers_are_known)
{
    static const struct {
        uint32_t di;
        const char *name, *unit;
        unsigned bytes, decimals;
    } row[] = {
        {0x00010000, "forward active energy total", "kWh", 4, 2},
        {0x00010100, "forward active energy tariff 1", "kWh", 4, 2},
        {0x00010200, "forward active energy tariff 2", "kWh", 4, 2},
        {0x00020000, "reverse active energy total", "kWh", 4, 2},
        {0x02010100, "voltage A", "V", 2, 1},
        {0x02010300, "voltage C", "V", 2, 1},
        {0x02020200, "current B", "A", 3, 3},
        {0x02030000, "active power total", "kW", 3, 4},
        {0x02030300, "active power C", "kW", 3, 4},
        {0x02040000, "reactive power total", "kvar", 3, 4},
        {0x02050000, "apparent power total", "kVA", 3, 4},
        {0x02060000, "power factor total", "", 2, 3},
        {0x02060100, "power factor A", "", 2, 3},
        {0x02800002, "grid frequency", "Hz", 2, 2},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        const struct dlt645_register *r = dlt645_di_find(row[i].di);

        ck_assert_ptr_nonnull(r);
        ck_assert_str_eq(name_of(row[i].di), row[i].name);
        ck_assert_str_eq(r->unit, row[i].unit);
        ck_assert_uint_eq(r->bytes, row[i].bytes);
        ck_assert_uint_eq(r->decimals, row[i].decimals);
    }
}
END_TEST

START_TEST(rows_stand_for_their_family)
{
    ck_assert_str_eq(name_of(0x00003F00), "combined active energy tariff 63");
    ck_assert_str_eq(name_of(0x0001000C), "forward active energy total, settlement day -12");
    ck_assert_str_eq(name_of(0x01010203), "forward active maximum demand tariff 2, settlement day -3");
    ck_assert_str_eq(name_of(0x00150001), "phase A forward active energy, settlement day -1");
    ck_assert_str_eq(name_of(0x020A0103), "voltage harmonic A order 3");
    ck_assert_str_eq(name_of(0x03300D02), "meter cover opening record -2");
    ck_assert_str_eq(name_of(0x05060001), "daily freeze time -1");
    ck_assert_str_eq(name_of(0x06010002), "load profile of voltage, current, frequency, latest");
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
    static const uint32_t none[] = {0x00004000, 0x0000000D, 0x000B0000, 0x02010000, 0x02010400, 0x02010101,
                                    0x02030400, 0x0280000B, 0x028000FF, 0x04000508, 0xFFFFFFFF, 0x33343233,
                                    0x00003333, 0x07000000, 0x020A0100, 0x020A0116, 0x06000003, 0x028022FF};

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        ck_assert_msg(!dlt645_di_find(none[i]), "%08X", none[i]);
    ck_assert_str_eq(name_of(0x33343233), "");
}
END_TEST

/* ---- blocks ------------------------------------------------------------------------------------------- */

static unsigned count_members(uint32_t block, uint32_t *first, uint32_t *last)
{
    uint32_t di = block;
    unsigned n = 0;

    while (dlt645_di_next(block, &di)) {
        ck_assert_ptr_nonnull(dlt645_di_find(di));
        *last = di;
        if (n++ == 0)
            *first = di;
    }
    ck_assert_uint_eq(di, n ? *last : block);
    return n;
}

START_TEST(blocks_list_their_members)
{
    static const struct {
        uint32_t block;
        unsigned n;
        uint32_t first, last;
        const char *name;
    } row[] = {
        {0x0001FF00, 64, 0x00010000, 0x00013F00, "energy block (total then tariffs)"},
        {0x0001FF01, 64, 0x00010001, 0x00013F01, "energy block (total then tariffs), settlement day -1"},
        {0x000100FF, 13, 0x00010000, 0x0001000C, "block from forward active energy total"},
        {0x0101FF00, 64, 0x01010000, 0x01013F00, "maximum demand block (total then tariffs)"},
        {0x0201FF00, 3, 0x02010100, 0x02010300, "voltage block (A, B, C)"},
        {0x0202FF00, 3, 0x02020100, 0x02020300, "current block (A, B, C)"},
        {0x0203FF00, 4, 0x02030000, 0x02030300, "active power block (total, A, B, C)"},
        {0x0206FF00, 4, 0x02060000, 0x02060300, "power factor block (total, A, B, C)"},
        {0x040005FF, 7, 0x04000501, 0x04000507, "block from status word 1"},
        {0x00FF0000, 41, 0x00000000, 0x00460000, "block from combined active energy total"},
    };
    uint32_t first = 0, last = 0;

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        ck_assert_msg(dlt645_di_is_block(row[i].block), "%08X", row[i].block);
        ck_assert_uint_eq(count_members(row[i].block, &first, &last), row[i].n);
        ck_assert_uint_eq(first, row[i].first);
        ck_assert_uint_eq(last, row[i].last);
        ck_assert_str_eq(name_of(row[i].block), row[i].name);
        ck_assert_ptr_null(dlt645_di_find(row[i].block));
    }
}
END_TEST

START_TEST(other_identifiers_are_no_blocks)
{
    static const uint32_t none[] = {0x02010100, 0xFFFFFFFF, 0x0201FFFF, 0xFF010000, 0x028022FF, 0x0001FF0D};

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        ck_assert_msg(!dlt645_di_is_block(none[i]), "%08X", none[i]);
}
END_TEST

/* ---- values ------------------------------------------------------------------------------------------- */

/* From gathered frames; the digits are the payload, low byte first. */
START_TEST(values_are_exact)
{
    static const struct {
        uint32_t di;
        const char *digits, *value;
    } row[] = {
        {0x00000000, "67452301", "12345.67"},   {0x00000000, "67452381", "-12345.67"},
        {0x00000000, "99999999", "-199999.99"}, {0x00010000, "78563412", "123456.78"},
        {0x00010000, "02000000", "0.02"},       {0x02010100, "9722", "229.7"},
        {0x02010100, "5022", "225.0"},          {0x02020100, "345200", "5.234"},
        {0x02020100, "342385", "-52.334"},      {0x02030000, "521180", "-0.1152"},
        {0x02030000, "000005", "5.0000"},       {0x02060000, "9709", "0.997"},
        {0x02060000, "9789", "-0.997"},         {0x02800002, "0350", "50.03"},
        {0x02800007, "3902", "23.9"},           {0x00900200, "56980100", "198.56"},
        {0x03300D00, "270000", "27"},           {0x0280000A, "00000000", "0"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_msg(strcmp(value_of(row[i].di, row[i].digits), row[i].value) == 0, "%08X %s is %s, not %s",
                      row[i].di, row[i].digits, value_of(row[i].di, row[i].digits), row[i].value);
}
END_TEST

START_TEST(texts_and_times)
{
    ck_assert_str_eq(value_of(0x04000101, "01150124"), "2024-01-15 1");
    ck_assert_str_eq(value_of(0x04000102, "555321"), "21:53:55");
    ck_assert_str_eq(value_of(0x0400010C, "00001201150124"), "2024-01-15 12:00:00 1");
    ck_assert_str_eq(value_of(0x05060001, "0000091015"), "2015-10-09 00:00");
    ck_assert_str_eq(value_of(0x04000402, "185560060000"), "000006605518");
    ck_assert_str_eq(value_of(0x04000404, "56302e303232"), "220.0V");
    ck_assert_str_eq(value_of(0x04000404, "005630323200"), "220V");
    ck_assert_str_eq(value_of(0x04000503, "1000"), "0010");
    ck_assert_str_eq(value_of(0x03300D01, "0102"), "0102");
    ck_assert_str_eq(value_of(0x01010000, "5634121530011524"), "12.3456");
}
END_TEST

START_TEST(what_is_no_value_is_null)
{
    ck_assert_str_eq(value_of(0x02010200, "FFFF"), "fill");
    ck_assert_str_eq(value_of(0x02020200, "FFFFFF"), "fill");
    ck_assert_str_eq(value_of(0x01010000, "FFFFFFFFFFFFFFFF"), "fill");
    ck_assert_str_eq(value_of(0x04000102, "FFFFFF"), "fill");
    ck_assert_str_eq(value_of(0x00010000, "00000e00"), "invalid");
    ck_assert_str_eq(value_of(0x00010000, "000000FF"), "invalid");
    ck_assert_str_eq(value_of(0x02020100, "0000FF"), "invalid");
    ck_assert_str_eq(value_of(0x04000102, "605321"), "invalid");
    ck_assert_str_eq(value_of(0x04000101, "01321324"), "invalid");
    ck_assert_str_eq(value_of(0x04000101, "07150124"), "invalid");
    ck_assert_str_eq(value_of(0x04000402, "1855600600AA"), "invalid");
    ck_assert_str_eq(value_of(0x04000404, "560730303232"), "invalid");
    ck_assert_str_eq(value_of(0x00000000, "00"), "length");
    ck_assert_str_eq(value_of(0x04000501, "00"), "length");
    ck_assert_str_eq(value_of(0x04000503, "FFFF"), "FFFF"); /* all bits set is a word too */
}
END_TEST

START_TEST(values_are_sent_as_they_are_read)
{
    ck_assert_str_eq(bytes_of(0x00010000, wp_decimal(1234567, -2)), "67452301");
    ck_assert_str_eq(bytes_of(0x00000000, wp_decimal(-1234567, -2)), "67452381");
    ck_assert_str_eq(bytes_of(0x02010100, wp_int(225)), "5022");
    ck_assert_str_eq(bytes_of(0x02020100, wp_decimal(-52334, -3)), "342385");
    ck_assert_str_eq(bytes_of(0x02010200, wp_null()), "FFFF");
    ck_assert_str_eq(bytes_of(0x01010000, wp_decimal(123456, -4)), "5634120000000000");
    ck_assert_str_eq(bytes_of(0x04000101, text("2024-01-15 1")), "01150124");
    ck_assert_str_eq(bytes_of(0x0400010C, text("2024-01-15 12:00:00 1")), "00001201150124");
    ck_assert_str_eq(bytes_of(0x04000402, text("000006605518")), "185560060000");
    ck_assert_str_eq(bytes_of(0x04000404, text("220.0V")), "56302E303232");
    ck_assert_str_eq(bytes_of(0x04000503, text("0010")), "1000");
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    ck_assert_str_eq(bytes_of(0x02010100, wp_int(1000)), "no");
    ck_assert_str_eq(bytes_of(0x02010100, wp_decimal(22051, -2)), "no"); /* one place too many */
    ck_assert_str_eq(bytes_of(0x02010100, wp_int(-1)), "no");            /* no sign bit */
    ck_assert_str_eq(bytes_of(0x02020100, wp_int(800)), "no");           /* the top bit is the sign */
    ck_assert_str_eq(bytes_of(0x02020100, wp_decimal(799999, -3)), "999979");
    ck_assert_str_eq(bytes_of(0x02010100, wp_real(220.5)), "no");
    ck_assert_str_eq(bytes_of(0x02010100, text("220.5")), "no");
    ck_assert_str_eq(bytes_of(0x04000101, text("2024-01-15")), "no");
    ck_assert_str_eq(bytes_of(0x04000101, text("2024-13-15 1")), "no");
    ck_assert_str_eq(bytes_of(0x04000101, text("1924-01-15 1")), "no");
    ck_assert_str_eq(bytes_of(0x04000402, text("12345")), "no");
    ck_assert_str_eq(bytes_of(0x04000404, text("2200.0V")), "no");
    ck_assert_str_eq(bytes_of(0x04000503, wp_null()), "no");
}
END_TEST

START_TEST(a_demand_has_its_minute)
{
    uint8_t bytes[8], *p = bytes;
    char memory[DLT645_TEXT_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct wp_value v;
    size_t n;

    ck_assert(wp_hex_read(wp_text("5634123010150124"), p, sizeof bytes, &n));
    ck_assert_int_eq(dlt645_demand_time(wp_slice(bytes, 8), &w, &v), DLT645_GOOD);
    ck_assert(wp_slice_is(v.bytes, "2024-01-15 10:30"));
    memset(bytes + 3, 0, 5);
    ck_assert_int_eq(dlt645_demand_time(wp_slice(bytes, 8), &w, &v), DLT645_FILL);
    ck_assert_int_eq(v.kind, WP_NULL);
    bytes[3] = 0x61;
    ck_assert_int_eq(dlt645_demand_time(wp_slice(bytes, 8), &w, &v), DLT645_INVALID);
    ck_assert_int_eq(dlt645_demand_time(wp_slice(bytes, 7), &w, &v), DLT645_LENGTH);
}
END_TEST

/* Whatever bytes a register may hold, reading and sending them again gives the same. */
START_TEST(every_register_comes_back)
{
    srand(2007);
    for (size_t i = 0; i < dlt645_n_registers; i++) {
        const struct dlt645_register *row = &dlt645_registers[i];
        size_t n = row->bytes ? row->bytes : 6;

        for (int round = 0; round < 200; round++) {
            uint8_t bytes[64], again[64];
            char memory[DLT645_TEXT_MAX];
            struct wp_writer t = wp_writer(memory, sizeof memory), w = wp_writer(again, sizeof again);
            struct wp_value v;

            for (size_t k = 0; k < n; k++) /* decimal digits, mostly */
                bytes[k] = (uint8_t)(rand() % 10 * 16 + rand() % (round % 10 ? 10 : 16));
            if (dlt645_value_decode(row, wp_slice(bytes, n), &t, &v) != DLT645_GOOD)
                continue;
            ck_assert_msg(dlt645_value_encode(row, v, &w), "%08X", row->di);
            if (row->form == DLT645_DEMAND)
                ck_assert_mem_eq(bytes, again, 3);
            else if (row->is_signed && v.kind == WP_DECIMAL && v.num == 0)
                continue; /* -0 comes back as 0 */
            else
                ck_assert_msg(w.n == n && memcmp(bytes, again, n) == 0, "%08X", row->di);
        }
    }
}
END_TEST

START_TEST(numbers_of_any_width)
{
    uint8_t bytes[16];
    int64_t num;

    for (unsigned n = 1; n <= 9; n++) {
        struct wp_writer w = wp_writer(bytes, sizeof bytes);
        int64_t most = 1;

        for (unsigned i = 0; i < 2 * n; i++)
            most *= 10;
        ck_assert(dlt645_bcd_write(&w, most - 1, n, false));
        ck_assert(dlt645_bcd_read(wp_written(&w), false, &num) && num == most - 1);
        ck_assert(!dlt645_bcd_write(&w, most, n, false));
        ck_assert(!dlt645_bcd_write(&w, most - 1, n, true));
        w = wp_writer(bytes, sizeof bytes);
        ck_assert(dlt645_bcd_write(&w, -(most / 10 * 8 - 1), n, true));
        ck_assert(dlt645_bcd_read(wp_written(&w), true, &num) && num == -(most / 10 * 8 - 1));
    }
    ck_assert(!dlt645_bcd_read(wp_slice(bytes, 10), false, &num));
    ck_assert(dlt645_bcd_read(wp_slice(bytes, 0), true, &num) && num == 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dlt645_di");
    TCase *t = tcase_create("registers");
    SRunner *r;
    int failed;

    tcase_add_test(t, the_table_is_in_order);
    tcase_add_test(t, the_documented_registers_are_known);
    tcase_add_test(t, rows_stand_for_their_family);
    tcase_add_test(t, what_is_not_there_is_not_found);
    tcase_add_test(t, blocks_list_their_members);
    tcase_add_test(t, other_identifiers_are_no_blocks);
    tcase_add_test(t, values_are_exact);
    tcase_add_test(t, texts_and_times);
    tcase_add_test(t, what_is_no_value_is_null);
    tcase_add_test(t, values_are_sent_as_they_are_read);
    tcase_add_test(t, what_does_not_fit_is_refused);
    tcase_add_test(t, a_demand_has_its_minute);
    tcase_add_test(t, every_register_comes_back);
    tcase_add_test(t, numbers_of_any_width);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
