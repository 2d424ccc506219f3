/* The registers of a LuxPower inverter: which there are, what they are called, what they take. */
#include "sim/codec/lxp_register.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

/* ---- the tables --------------------------------------------------------------------------------------- */

/* "ac_charge_start_1": small letters, digits, single lines between them, and no unit at the end. */
static void check_name(const char *name)
{
    static const char *const unit[] = {"_pct", "_percent", "_volts",   "_watts",   "_amps",   "_kwh",
                                       "_hz",  "_ms",      "_seconds", "_minutes", "_degrees"};
    size_t n = strlen(name);

    ck_assert_msg(islower((unsigned char)name[0]), "%s", name);
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(islower((unsigned char)name[i]) || isdigit((unsigned char)name[i]) || name[i] == '_',
                      "%s", name);
        ck_assert_msg(name[i] != '_' || (name[i + 1] != '_' && name[i + 1] != 0), "%s", name);
    }
    for (size_t i = 0; i < sizeof unit / sizeof unit[0]; i++) {
        size_t end = strlen(unit[i]);

        ck_assert_msg(n <= end || strcmp(name + n - end, unit[i]) != 0, "%s ends with its unit", name);
    }
}

static void check_names_differ(const struct lxp_register *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            ck_assert_msg(strcmp(rows[i].name, rows[k].name) != 0, "%s of %u and %u", rows[i].name,
                          rows[i].number, rows[k].number);
}

static unsigned width_of(const struct lxp_register *row)
{
    switch ((enum lxp_form)row->form) {
    case LXP_U32: return 2;
    case LXP_SUM16: return 3;
    case LXP_SUM32: return 6;
    case LXP_TEXT: return row->registers;
    default: return 1;
    }
}

static bool is_sum(const struct lxp_register *row)
{
    return row->form == LXP_SUM16 || row->form == LXP_SUM32;
}

/* No register twice: only a sum stands above its parts, and a high byte beside its low byte. */
START_TEST(input_registers_ascend_and_none_stands_twice)
{
    uint32_t free_from = 0;

    for (size_t i = 0; i < lxp_n_inputs; i++) {
        const struct lxp_register *row = &lxp_inputs[i];

        check_name(row->name);
        ck_assert_msg(row->registers == width_of(row), "%s", row->name);
        ck_assert_msg(row->min < row->max, "%s", row->name);
        ck_assert_msg(row->exp10 <= 0 && row->exp10 >= -3, "%s", row->name);
        ck_assert_uint_eq(row->access, LXP_READ);
        if (is_sum(row)) {
            ck_assert_uint_eq(row->number, row[1].number);
            ck_assert_uint_eq(row->number + row->registers, row[3].number + row[3].registers);
            ck_assert_int_eq(row->exp10, row[1].exp10);
            continue;
        }
        if (row->form == LXP_HIGH) {
            ck_assert_uint_eq(row->number, row[-1].number);
            ck_assert_uint_eq(row[-1].form, LXP_LOW);
            continue;
        }
        ck_assert_msg(row->number >= free_from, "%s", row->name);
        free_from = row->number + row->registers;
    }
    ck_assert_uint_le(free_from, LXP_INPUTS);
    check_names_differ(lxp_inputs, lxp_n_inputs);
}
END_TEST

/* The tables of the specification, b.1 to b.3, typed off a second time. */
START_TEST(the_documented_keys_are_all_there_once_and_in_order)
{
    static const struct {
        unsigned set, number;
        const char *name, *unit;
        int exp10;
        enum lxp_form form;
    } key[] = {
        {1, 0, "status", "", 0, LXP_U16},
        {1, 4, "v_bat", "V", -1, LXP_U16},
        {1, 5, "soc", "%", 0, LXP_LOW},
        {1, 7, "p_pv", "W", 0, LXP_SUM16},
        {1, 10, "p_charge", "W", 0, LXP_U16},
        {1, 11, "p_discharge", "W", 0, LXP_U16},
        {1, 12, "v_acr", "V", -1, LXP_U16},
        {1, 15, "f_ac", "Hz", -2, LXP_U16},
        {1, 16, "p_inv", "W", 0, LXP_U16},
        {1, 17, "p_rec", "W", 0, LXP_U16},
        {1, 20, "v_eps", "V", -1, LXP_U16},
        {1, 23, "f_eps", "Hz", -2, LXP_U16},
        {1, 26, "p_to_grid", "W", 0, LXP_U16},
        {1, 27, "p_to_user", "W", 0, LXP_U16},
        {1, 28, "e_pv_day", "kWh", -1, LXP_SUM16},
        {1, 31, "e_inv_day", "kWh", -1, LXP_U16},
        {1, 32, "e_rec_day", "kWh", -1, LXP_U16},
        {1, 33, "e_chg_day", "kWh", -1, LXP_U16},
        {1, 34, "e_dischg_day", "kWh", -1, LXP_U16},
        {1, 35, "e_eps_day", "kWh", -1, LXP_U16},
        {1, 36, "e_to_grid_day", "kWh", -1, LXP_U16},
        {1, 37, "e_to_user_day", "kWh", -1, LXP_U16},
        {1, 38, "v_bus_1", "V", -1, LXP_U16},
        {1, 39, "v_bus_2", "V", -1, LXP_U16},
        {2, 40, "e_pv_all", "kWh", -1, LXP_SUM32},
        {2, 46, "e_inv_all", "kWh", -1, LXP_U32},
        {2, 48, "e_rec_all", "kWh", -1, LXP_U32},
        {2, 50, "e_chg_all", "kWh", -1, LXP_U32},
        {2, 52, "e_dischg_all", "kWh", -1, LXP_U32},
        {2, 54, "e_eps_all", "kWh", -1, LXP_U32},
        {2, 56, "e_to_grid_all", "kWh", -1, LXP_U32},
        {2, 58, "e_to_user_all", "kWh", -1, LXP_U32},
        {2, 64, "t_inner", "°C", 0, LXP_I16},
        {2, 65, "t_rad_1", "°C", 0, LXP_I16},
        {2, 66, "t_rad_2", "°C", 0, LXP_I16},
        {3, 81, "max_chg_curr", "A", -2, LXP_U16},
        {3, 82, "max_dischg_curr", "A", -2, LXP_U16},
        {3, 83, "charge_volt_ref", "V", -1, LXP_U16},
        {3, 84, "dischg_cut_volt", "V", -1, LXP_U16},
        {3, 85, "bat_status_0", "", 0, LXP_LOW},
        {3, 86, "bat_status_1", "", 0, LXP_LOW},
        {3, 87, "bat_status_2", "", 0, LXP_LOW},
        {3, 88, "bat_status_3", "", 0, LXP_LOW},
        {3, 89, "bat_status_4", "", 0, LXP_LOW},
        {3, 90, "bat_status_5", "", 0, LXP_LOW},
        {3, 91, "bat_status_6", "", 0, LXP_LOW},
        {3, 92, "bat_status_7", "", 0, LXP_LOW},
        {3, 93, "bat_status_8", "", 0, LXP_LOW},
        {3, 94, "bat_status_9", "", 0, LXP_LOW},
        {3, 95, "bat_status_inv", "", 0, LXP_LOW},
    };
    size_t n = 0;

    for (size_t i = 0; i < lxp_n_inputs; i++) {
        const struct lxp_register *row = &lxp_inputs[i];

        if (row->set == 0)
            continue;
        ck_assert_uint_lt(n, sizeof key / sizeof key[0]);
        ck_assert_str_eq(row->name, key[n].name);
        ck_assert_str_eq(row->unit, key[n].unit);
        ck_assert_uint_eq(row->number, key[n].number);
        ck_assert_uint_eq(row->set, key[n].set);
        ck_assert_int_eq(row->exp10, key[n].exp10);
        ck_assert_int_eq(row->form, (int)key[n].form);
        ck_assert_uint_eq(row->set, row->number / LXP_SET_REGISTERS + 1);
        n++;
    }
    ck_assert_uint_eq(n, sizeof key / sizeof key[0]);
}
END_TEST

START_TEST(hold_registers_ascend_and_their_ranges_are_sane)
{
    uint32_t free_from = 0;

    for (size_t i = 0; i < lxp_n_holds; i++) {
        const struct lxp_register *row = &lxp_holds[i];

        check_name(row->name);
        ck_assert_msg(row->number >= free_from, "%s", row->name);
        ck_assert_msg(row->min < row->max, "%s", row->name);
        ck_assert_msg(row->min >= (row->form == LXP_I16 ? INT16_MIN : 0), "%s", row->name);
        ck_assert_msg(row->max <= (row->form == LXP_I16 ? INT16_MAX : UINT16_MAX), "%s", row->name);
        ck_assert_uint_gt(row->registers, 0);
        ck_assert_uint_eq(row->set, 0);
        free_from = row->number + row->registers;
    }
    check_names_differ(lxp_holds, lxp_n_holds);
}
END_TEST

/* ---- looking up --------------------------------------------------------------------------------------- */

/* Against a walk over the table, for every number there is. */
/* Whose it is, by its number; the first row that is no sum. */
static void note_rows(const struct lxp_register *rows, size_t n, const struct lxp_register **of)
{
    for (size_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < rows[i].registers && !is_sum(&rows[i]); k++)
            if (!of[rows[i].number + k])
                of[rows[i].number + k] = &rows[i];
}

START_TEST(every_register_is_found_or_is_not_there)
{
    static const struct lxp_register *input[UINT16_MAX + 1], *hold[UINT16_MAX + 1];

    note_rows(lxp_inputs, lxp_n_inputs, input);
    note_rows(lxp_holds, lxp_n_holds, hold);
    for (uint32_t number = 0; number <= UINT16_MAX; number++)
        if (lxp_input_find((uint16_t)number) != input[number] ||
            lxp_hold_find((uint16_t)number) != hold[number])
            ck_abort_msg("register %u", number);
}
END_TEST

START_TEST(registers_of_the_api_are_known_by_name)
{
    ck_assert_str_eq(lxp_hold_find(64)->name, "charge_power");
    ck_assert_str_eq(lxp_hold_find(65)->name, "discharge_power");
    ck_assert_str_eq(lxp_hold_find(67)->name, "ac_charge_soc_limit");
    ck_assert_int_eq(LXP_HOLD_function_1, 21);
    ck_assert_int_eq(LXP_HOLD_ac_charge_soc_limit, 67);
    ck_assert_int_eq(LXP_INPUT_v_bat, 4);
    ck_assert_int_eq(LXP_INPUT_e_pv_all, 40);
    ck_assert_str_eq(lxp_input_find(5)->name, "soc");
    ck_assert_str_eq(lxp_input_find(47)->name, "e_inv_all");
    ck_assert_str_eq(lxp_input_find(119)->name, "serial");
    ck_assert_ptr_null(lxp_input_find(68));
    ck_assert_ptr_null(lxp_hold_find(17));
    ck_assert_ptr_null(lxp_hold_find(724));
}
END_TEST

/* ---- what may be written ------------------------------------------------------------------------------ */

START_TEST(a_register_takes_what_is_in_its_range)
{
    static const struct {
        uint16_t number, value;
        bool takes;
    } row[] = {
        {21, 62292, true},
        {21, 0, true},
        {65, 0, true},
        {65, 100, true},
        {65, 101, false},
        {65, 65535, false},
        {75, 101, true},
        {22, 899, false},
        {22, 900, true},
        {22, 5001, false},
        {106, 65336, true},
        {117, 65486, true} /* -50 W */,
        {68, 0x3B17, true},
        {68, 0x3C00, false},
        {68, 0x0018, false},
        {12, 0x0C18, true} /* December 2024 */,
        {12, 0x0D18, false},
        {12, 0x0018, false},
        {13, 0x171F, true},
        {13, 0x1700, false},
        {12, 0x0616, true},
        {13, 0x1413, true},
        {14, 0x2117, true},
        {14, 0x3B3B, true},
        {14, 0x3B3C, false},
        {2, 0x3535, false} /* read only */,
        {11, 128, false} /* restarts it */,
        {17, 0, false} /* unknown */,
        {500, 1, false} /* only whole days */,
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_msg(lxp_hold_takes(row[i].number, row[i].value) == row[i].takes, "%u to %u", row[i].value,
                      row[i].number);
}
END_TEST

/* ---- bits and codes ----------------------------------------------------------------------------------- */

START_TEST(bits_ascend_do_not_overlap_and_have_names_of_their_own)
{
    static const struct {
        uint16_t number;
        uint16_t covered;
    } row[] = {{21, 0xFFFF}, {110, 0xFFFF}, {120, 0x00FF}, {179, 0xFFFF}, {233, 0x07FF}};
    const char *seen[128];
    size_t n_seen = 0;

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        size_t n;
        const struct lxp_bit *bit = lxp_bits(row[i].number, &n);
        unsigned covered = 0, free_from = 0;

        ck_assert_uint_eq(lxp_hold_find(row[i].number)->form, LXP_BITS);
        for (size_t k = 0; k < n; k++) {
            check_name(bit[k].name);
            ck_assert_uint_ge(bit[k].first, free_from);
            ck_assert_uint_gt(bit[k].width, 0);
            free_from = bit[k].first + bit[k].width;
            covered |= ((1u << bit[k].width) - 1) << bit[k].first;
            for (size_t j = 0; j < n_seen; j++)
                ck_assert_str_ne(seen[j], bit[k].name);
            seen[n_seen++] = bit[k].name;
        }
        ck_assert_uint_eq(covered, row[i].covered);
    }
}
END_TEST

START_TEST(only_registers_of_bits_have_bits)
{
    for (size_t i = 0; i < lxp_n_holds; i++) {
        size_t n;

        ck_assert_int_eq(lxp_bits(lxp_holds[i].number, &n) != NULL, lxp_holds[i].form == LXP_BITS);
    }
}
END_TEST

/* Register 21 as the API's commands change it: 62292 is the sample of the specification, c.1. */
START_TEST(bits_of_register_21_are_where_the_commands_put_them)
{
    ck_assert_uint_eq(62292 | 1u << LXP_BIT_ac_charge, 62420);
    ck_assert_uint_eq(62292 | 1u << LXP_BIT_forced_discharge, 63316);
    ck_assert_uint_eq(62292 | 1u << LXP_BIT_ac_charge | 1u << LXP_BIT_forced_discharge, 63444);
    ck_assert_int_eq(LXP_BIT_charge_priority, 11);
}
END_TEST

START_TEST(a_group_of_bits_is_read_as_a_number)
{
    size_t n;
    const struct lxp_bit *bit = lxp_bits(120, &n);

    ck_assert_uint_eq(n, 5);
    ck_assert_str_eq(bit[1].name, "ac_charge_type");
    ck_assert_uint_eq(lxp_bit_of(&bit[1], 0x0096), 3);
    ck_assert_uint_eq(lxp_bit_of(&bit[2], 0x0096), 1);
    ck_assert_uint_eq(lxp_bit_of(&bit[4], 0x0096), 1);
}
END_TEST

static size_t count_texts(const char *(*text)(unsigned))
{
    size_t n = 0;

    for (unsigned bit = 0; bit < 32; bit++)
        n += text(bit) != NULL;
    ck_assert_ptr_null(text(32));
    return n;
}

START_TEST(codes_have_texts_and_unknown_ones_none)
{
    ck_assert_str_eq(lxp_status_text(0), "standby");
    ck_assert_str_eq(lxp_status_text(16), "battery on-grid");
    ck_assert_str_eq(lxp_status_text(32), "AC charge");
    ck_assert_str_eq(lxp_status_text(192), "PV and battery off-grid");
    ck_assert_ptr_null(lxp_status_text(3));
    ck_assert_ptr_null(lxp_status_text(65535));
    ck_assert_str_eq(lxp_fault_bit_text(14), "bus short circuit");
    ck_assert_ptr_null(lxp_fault_bit_text(4));
    ck_assert_str_eq(lxp_warning_bit_text(16), "grid lost");
    ck_assert_ptr_null(lxp_warning_bit_text(6));
    ck_assert_uint_eq(count_texts(lxp_fault_bit_text), 25);
    ck_assert_uint_eq(count_texts(lxp_warning_bit_text), 27);
    ck_assert_str_eq(lxp_exception_text(2), "illegal address");
    ck_assert_ptr_null(lxp_exception_text(0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lxp_register");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, input_registers_ascend_and_none_stands_twice);
    tcase_add_test(tcase, the_documented_keys_are_all_there_once_and_in_order);
    tcase_add_test(tcase, hold_registers_ascend_and_their_ranges_are_sane);
    tcase_add_test(tcase, every_register_is_found_or_is_not_there);
    tcase_add_test(tcase, registers_of_the_api_are_known_by_name);
    tcase_add_test(tcase, a_register_takes_what_is_in_its_range);
    tcase_add_test(tcase, bits_ascend_do_not_overlap_and_have_names_of_their_own);
    tcase_add_test(tcase, only_registers_of_bits_have_bits);
    tcase_add_test(tcase, bits_of_register_21_are_where_the_commands_put_them);
    tcase_add_test(tcase, a_group_of_bits_is_read_as_a_number);
    tcase_add_test(tcase, codes_have_texts_and_unknown_ones_none);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
