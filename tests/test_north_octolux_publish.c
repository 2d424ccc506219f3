/* Readings to messages: the sets of inputs byte for byte, hold registers one by one. */
#include "tests/octolux_rig.h"

static struct rig r;

static void setup(void)
{
    rig_start(&r, NULL);
}

static void teardown(void)
{
    rig_end(&r);
}

/* The registers of the document's sample situation, as the dongle sends them.
 * source: api/octolux.md; vectors lxp-144, lxp-145, lxp-146 */
#define SAMPLE_1                                                                                             \
    "2000000000000000ee013500000026020000000072000000a9090000000084130000740000000000a9090000000084130000"   \
    "0000000000000700000000001400110013001800000000002700d70ebd0b"
#define SAMPLE_2                                                                                             \
    "744100000000000000000000df240000f12a0000e0300000fc2c000000000000d8040000962b000000000000000000002b00"   \
    "1e001e000000000000000000000000000000000000000000000000000000"
#define SAMPLE_3                                                                                             \
    "00000429983a1402900100000000000000000000c0000000000000000000030000000000000000000000000000000000000000" \
    "0000000000000000000000000000000000000000000000000000000000"

#define INPUTS_1                                                                                             \
    "publish octolux/inputs/1 q1 {\"status\":32,\"v_bat\":49.4,\"soc\":53,\"p_pv\":550,\"p_charge\":114,"    \
    "\"p_discharge\":0,\"v_acr\":247.3,\"f_ac\":49.96,\"p_inv\":0,\"p_rec\":116,\"v_eps\":247.3,"            \
    "\"f_eps\":49.96,\"p_to_grid\":0,\"p_to_user\":0,\"e_pv_day\":0.7,\"e_inv_day\":2.0,\"e_rec_day\":1.7,"  \
    "\"e_chg_day\":1.9,\"e_dischg_day\":2.4,\"e_eps_day\":0.0,\"e_to_grid_day\":0.0,\"e_to_user_day\":3.9,"  \
    "\"v_bus_1\":379.9,\"v_bus_2\":300.5}\n"
#define INPUTS_2                                                                                             \
    "publish octolux/inputs/2 q1 {\"e_pv_all\":1675.6,\"e_inv_all\":943.9,\"e_rec_all\":1099.3,"             \
    "\"e_chg_all\":1251.2,\"e_dischg_all\":1151.6,\"e_eps_all\":0.0,\"e_to_grid_all\":124.0,"                \
    "\"e_to_user_all\":1115.8,\"t_inner\":43,\"t_rad_1\":30,\"t_rad_2\":30}\n"
#define INPUTS_3                                                                                             \
    "publish octolux/inputs/3 q1 {\"max_chg_curr\":105.0,\"max_dischg_curr\":150.0,"                         \
    "\"charge_volt_ref\":53.2,\"dischg_cut_volt\":40.0,\"bat_status_0\":0,\"bat_status_1\":0,"               \
    "\"bat_status_2\":0,\"bat_status_3\":0,\"bat_status_4\":0,\"bat_status_5\":192,\"bat_status_6\":0,"      \
    "\"bat_status_7\":0,\"bat_status_8\":0,\"bat_status_9\":0,\"bat_status_inv\":3}\n"

/* ---- inputs --------------------------------------------------------------------------------------- */

/* OCT-016 .. OCT-021, OCT-023 .. OCT-025, OCT-050, OCT-062: each frame one message, byte for byte the document's. */
START_TEST(the_samples_of_the_document_come_out)
{
    rig_inputs(&r, "5555555555", 0, SAMPLE_1);
    rig_expect(&r, INPUTS_1);
    rig_inputs(&r, "5555555555", 40, SAMPLE_2);
    rig_expect(&r, INPUTS_2);
    rig_inputs(&r, "5555555555", 80, SAMPLE_3);
    rig_expect(&r, INPUTS_3);
}
END_TEST

/* OCT-B22: a long block has all three, in this order. */
START_TEST(a_long_block_has_three_sets)
{
    rig_inputs(&r, "5555555555", 0, SAMPLE_1 SAMPLE_2 SAMPLE_3 "0000000000000000000000000000");
    rig_expect(&r, INPUTS_1 INPUTS_2 INPUTS_3);
    rig_inputs(&r, "5555555555", 40, SAMPLE_2 SAMPLE_3);
    rig_expect(&r, INPUTS_2 INPUTS_3);
    rig_inputs(&r, "5555555555", 3, SAMPLE_1 SAMPLE_1); /* 3 .. 82: the second set alone */
    ck_assert_uint_eq(r.n_publishes, 1);
    ck_assert_ptr_nonnull(strstr(wp_put_end(&r.w), "publish octolux/inputs/2 q1 {\"e_pv_all\":"));
}
END_TEST

/* OCT-B22: what covers no set whole is not published, and two halves are no whole. */
START_TEST(a_part_of_a_set_is_not_published)
{
    rig_inputs(&r, "5555555555", 0, "2000000000000000ee013500");
    rig_inputs(&r, "5555555555", 6, "26020000000072000000a9090000000084130000740000000000");
    rig_inputs(&r, "5555555555", 1, SAMPLE_1);
    rig_inputs(&r, "5555555555", 120, SAMPLE_1);
    rig_expect(&r, "");
}
END_TEST

/* OCT-024, OCT-051, OCT-059: the extremes, without a rounding. source: vectors lxp-161 .. lxp-163 */
START_TEST(the_largest_numbers_fit)
{
    char ones[161];

    memset(ones, 'f', sizeof ones - 1);
    ones[sizeof ones - 1] = 0;
    rig_inputs(&r, "5555555555", 0, ones);
    rig_expect(&r,
               "publish octolux/inputs/1 q1 {\"status\":65535,\"v_bat\":6553.5,\"soc\":255,\"p_pv\":196605,"
               "\"p_charge\":65535,\"p_discharge\":65535,\"v_acr\":6553.5,\"f_ac\":655.35,\"p_inv\":65535,"
               "\"p_rec\":65535,\"v_eps\":6553.5,\"f_eps\":655.35,\"p_to_grid\":65535,\"p_to_user\":65535,"
               "\"e_pv_day\":19660.5,\"e_inv_day\":6553.5,\"e_rec_day\":6553.5,\"e_chg_day\":6553.5,"
               "\"e_dischg_day\":6553.5,\"e_eps_day\":6553.5,\"e_to_grid_day\":6553.5,"
               "\"e_to_user_day\":6553.5,\"v_bus_1\":6553.5,\"v_bus_2\":6553.5}\n");
    rig_inputs(&r, "5555555555", 40, ones);
    rig_expect(&r, "publish octolux/inputs/2 q1 {\"e_pv_all\":1288490188.5,\"e_inv_all\":429496729.5,"
                   "\"e_rec_all\":429496729.5,\"e_chg_all\":429496729.5,\"e_dischg_all\":429496729.5,"
                   "\"e_eps_all\":429496729.5,\"e_to_grid_all\":429496729.5,\"e_to_user_all\":429496729.5,"
                   "\"t_inner\":-1,\"t_rad_1\":-1,\"t_rad_2\":-1}\n");
}
END_TEST

/* OCT-020: a hundred messages of other values have the same keys in the same order. */
START_TEST(the_keys_never_change)
{
    char hex[161], keys[1024] = "", other[1024];

    for (unsigned turn = 0; turn < 100; turn++) {
        size_t n = 0;
        bool inside = false;

        for (unsigned i = 0; i < 160; i++)
            hex[i] = "0123456789abcdef"[(turn * 7 + i * (turn + 3)) % 16];
        hex[160] = 0;
        rig_inputs(&r, "5555555555", 0, hex);
        for (const char *p = wp_put_end(&r.w); *p; p++) {
            inside ^= *p == '"';
            if (inside)
                other[n++] = *p;
        }
        other[n] = 0;
        if (turn == 0)
            memcpy(keys, other, n + 1);
        ck_assert_str_eq(other, keys);
        rig_clear(&r);
    }
}
END_TEST

/* OCT-B23: of devices that are none of ours nothing is published. */
START_TEST(other_devices_are_ignored)
{
    rig_inputs(&r, "2222222222", 0, SAMPLE_1);
    rig_hold(&r, "2222222222", WP_PUSHED, 65, 50);
    rig_hold(&r, "", WP_PUSHED, 65, 50);
    rig_hold(&r, "55555555555", WP_PUSHED, 65, 50);
    rig_expect(&r, "");
}
END_TEST

/* Points that are cut short, that have no value, or that are no registers of an inverter. */
START_TEST(what_is_no_register_is_not_published)
{
    struct wp_point points[LXP_INPUT_POINTS_MAX];
    uint8_t bytes[80] = {0};
    static const char *const ids[] = {"hold",        "hold ",   "hold x",  "hold 65536",
                                      "hold 123456", "hold -1", "00010000"};

    lxp_input_points(0, wp_slice(bytes, sizeof bytes), (struct lxp_input_options){0}, points);
    rig_reading(&r, wp_text("5555555555"), WP_PUSHED, NULL, points, 23);
    rig_reading(&r, wp_text("5555555555"), WP_PUSHED, NULL, points, 0);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        points[0] = (struct wp_point){.id = wp_text(ids[i]), .value = wp_int(5)};
        rig_reading(&r, wp_text("5555555555"), WP_PUSHED, NULL, points, 1);
    }
    points[0] = (struct wp_point){.id = wp_text("hold 65"), .value = wp_int(5), .quality = WP_INVALID};
    points[1] = (struct wp_point){.id = wp_text("hold 65"), .value = wp_int(65536)};
    points[2] = (struct wp_point){.id = wp_text("hold 65"), .value = wp_int(-1)};
    points[3] = (struct wp_point){.id = wp_text("hold 65"), .value = wp_text_value(wp_text("5"))};
    points[4] = (struct wp_point){.id = wp_text("hold 65"), .value = wp_decimal(5, -1)};
    rig_reading(&r, wp_text("5555555555"), WP_PUSHED, NULL, points, 5);
    rig_expect(&r, "");
}
END_TEST

/* ---- hold registers ------------------------------------------------------------------------------- */

/* OCT-148, OCT-154: one message for each register, ascending, unsigned, plain digits. */
START_TEST(each_register_has_a_message)
{
    static const uint16_t values[] = {62420, 0, 65535, 7};

    rig_holds(&r, "5555555555", WP_PUSHED, 21, values, 4);
    rig_hold(&r, "5555555555", WP_PUSHED, 0, 1);
    rig_hold(&r, "5555555555", WP_PUSHED, 65535, 2);
    rig_expect(&r, "publish octolux/hold/21 q1 62420\n"
                   "publish octolux/hold/22 q1 0\n"
                   "publish octolux/hold/23 q1 65535\n"
                   "publish octolux/hold/24 q1 7\n"
                   "publish octolux/hold/0 q1 1\n"
                   "publish octolux/hold/65535 q1 2\n");
}
END_TEST

/* OCT-153: every sighting counts; which ones there are is the south's affair (lxp.publish_hold). */
START_TEST(every_sighting_is_published)
{
    rig_hold(&r, "5555555555", WP_PUSHED, 65, 50);
    rig_hold(&r, "5555555555", WP_PUSHED, 65, 50);
    rig_expect(&r, "publish octolux/hold/65 q1 50\npublish octolux/hold/65 q1 50\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("north_octolux_publish");
    TCase *tc = tcase_create("publish");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_samples_of_the_document_come_out);
    tcase_add_test(tc, a_long_block_has_three_sets);
    tcase_add_test(tc, a_part_of_a_set_is_not_published);
    tcase_add_test(tc, the_largest_numbers_fit);
    tcase_add_test(tc, the_keys_never_change);
    tcase_add_test(tc, other_devices_are_ignored);
    tcase_add_test(tc, what_is_no_register_is_not_published);
    tcase_add_test(tc, each_register_has_a_message);
    tcase_add_test(tc, every_sighting_is_published);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
