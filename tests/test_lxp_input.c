/* From the bytes of a reply to points, and to the payloads that the API documents. */
#include "sim/codec/lxp.h"
#include "sim/codec/lxp_input.h"
#include "tests/lxp_vectors.h"

#include <stdlib.h>

static struct wp_point points[LXP_INPUT_POINTS_MAX];
static size_t n_points;
static uint8_t bytes[2 * LXP_REPLY_REGISTERS];

static const struct lxp_input_options usual;

/* ---- making replies ----------------------------------------------------------------------------------- */

static void put(unsigned number, unsigned value)
{
    bytes[2 * number] = (uint8_t)value;
    bytes[2 * number + 1] = (uint8_t)(value >> 8);
}

static void clear(void)
{
    memset(bytes, 0, sizeof bytes);
}

/* The registers first .. first + count - 1 of `bytes`, as a reply of just them. */
static void take_with(unsigned first, unsigned count, struct lxp_input_options options)
{
    n_points = lxp_input_points((uint16_t)first, wp_slice(bytes + 2 * first, 2 * count), options, points);
}

static void take(unsigned first, unsigned count)
{
    take_with(first, count, usual);
}

static const struct wp_point *find(const char *id)
{
    for (size_t i = 0; i < n_points; i++)
        if (wp_slice_is(points[i].id, id))
            return &points[i];
    ck_abort_msg("no point '%s'", id);
    return NULL;
}

static const char *value_of(const char *id)
{
    static char text[8][64];
    static unsigned next;
    char *room = text[next++ % 8];
    struct wp_writer w = wp_writer(room, sizeof text[0]);

    wp_put_value(&w, find(id)->value);
    return wp_put_end(&w);
}

static const char *json_at(unsigned set, size_t at)
{
    static char text[LXP_INPUT_JSON_MAX + 1];
    struct wp_writer w = wp_writer(text, LXP_INPUT_JSON_MAX);

    ck_assert_uint_eq(lxp_input_set_at(&points[at]), set);
    lxp_input_json(&w, set, points + at);
    ck_assert(!w.full);
    text[w.n] = 0;
    return text;
}

/* ---- the document's samples --------------------------------------------------------------------------- */

/* api/octolux.md, Getting Inverter Status: from register numbers to the printed payload. */
START_TEST(the_document_s_set_1_comes_out_byte_for_byte)
{
    clear();
    put(0, 32), put(4, 494), put(5, 53), put(7, 550), put(10, 114), put(12, 2473), put(15, 4996);
    put(17, 116), put(20, 2473), put(23, 4996), put(28, 7), put(31, 20), put(32, 17), put(33, 19);
    put(34, 24), put(37, 39), put(38, 3799), put(39, 3005);
    take(0, 40);
    ck_assert_str_eq(
        json_at(1, 0),
        "{\"status\":32,\"v_bat\":49.4,\"soc\":53,\"p_pv\":550,\"p_charge\":114,\"p_discharge\":0,"
        "\"v_acr\":247.3,\"f_ac\":49.96,\"p_inv\":0,\"p_rec\":116,\"v_eps\":247.3,\"f_eps\":49.96,"
        "\"p_to_grid\":0,\"p_to_user\":0,\"e_pv_day\":0.7,\"e_inv_day\":2.0,\"e_rec_day\":1.7,"
        "\"e_chg_day\":1.9,\"e_dischg_day\":2.4,\"e_eps_day\":0.0,\"e_to_grid_day\":0.0,"
        "\"e_to_user_day\":3.9,\"v_bus_1\":379.9,\"v_bus_2\":300.5}");
}
END_TEST

START_TEST(the_document_s_set_2_comes_out_byte_for_byte)
{
    clear();
    put(40, 16756), put(46, 9439), put(48, 10993), put(50, 12512), put(52, 11516), put(56, 1240);
    put(58, 11158), put(64, 43), put(65, 30), put(66, 30);
    take(40, 40);
    ck_assert_str_eq(
        json_at(2, 0),
        "{\"e_pv_all\":1675.6,\"e_inv_all\":943.9,\"e_rec_all\":1099.3,\"e_chg_all\":1251.2,"
        "\"e_dischg_all\":1151.6,\"e_eps_all\":0.0,\"e_to_grid_all\":124.0,\"e_to_user_all\":1115.8,"
        "\"t_inner\":43,\"t_rad_1\":30,\"t_rad_2\":30}");
}
END_TEST

START_TEST(the_document_s_set_3_comes_out_byte_for_byte)
{
    clear();
    put(81, 10500), put(82, 15000), put(83, 532), put(84, 400), put(90, 192), put(95, 3);
    take(80, 40);
    ck_assert_str_eq(
        json_at(3, 0),
        "{\"max_chg_curr\":105.0,\"max_dischg_curr\":150.0,\"charge_volt_ref\":53.2,\"dischg_cut_volt\":40.0,"
        "\"bat_status_0\":0,\"bat_status_1\":0,\"bat_status_2\":0,\"bat_status_3\":0,\"bat_status_4\":0,"
        "\"bat_status_5\":192,\"bat_status_6\":0,\"bat_status_7\":0,\"bat_status_8\":0,\"bat_status_9\":0,"
        "\"bat_status_inv\":3}");
}
END_TEST

/* ---- published frames --------------------------------------------------------------------------------- */

static bool decode(const struct lxp_vector *v, struct lxp_frame *out)
{

    return lxp_decode(NULL, WP_SIDE_SERVER, v->bytes, out).status == WP_OK;
}

/* Every payload that vectors/lxp.json states for a frame. */
START_TEST(every_published_frame_gives_its_payloads)
{
    static const char *const member[] = {"seed_json_1", "seed_json_2", "seed_json_3"};
    size_t n_payloads = 0;

    for (struct lxp_vector v = {0}; lxp_vectors_next(&v);) {
        const char *alone = lxp_vector_text(v.expect, "seed_json");
        const char *first = lxp_vector_text(v.expect, "seed_json_1");
        struct lxp_frame f;
        size_t at = 0;

        if (*alone == 0 && *first == 0)
            continue;
        ck_assert(decode(&v, &f));
        n_points = lxp_input_points(f.first, f.values, usual, points);
        if (*alone) {
            ck_assert_msg(strcmp(json_at(f.first / LXP_SET_REGISTERS + 1u, 0), alone) == 0, "%s", v.id);
            n_payloads++;
        }
        for (unsigned set = 1; *first && set <= LXP_SETS; set++) {
            ck_assert_str_eq(json_at(set, at), lxp_vector_text(v.expect, member[set - 1]));
            at += lxp_input_keys(set);
            n_payloads++;
        }
    }
    ck_assert(!lxp_vectors() || n_payloads >= 26);
}
END_TEST

/* Each register and value that vectors/lxp.json lists for a frame. */
START_TEST(hold_registers_of_published_frames_are_what_they_are_said_to_be)
{
    for (struct lxp_vector v = {0}; lxp_vectors_next(&v);) {
        const cJSON *hold = cJSON_GetObjectItemCaseSensitive(v.expect, "hold"), *item;
        char memory[LXP_HOLD_IDS_MAX];
        struct wp_writer ids = wp_writer(memory, sizeof memory);
        struct lxp_frame f;
        size_t i = 0;

        if (!cJSON_IsObject(hold) || v.is_stream || !decode(&v, &f))
            continue;
        n_points = lxp_hold_points(f.first, f.values, &ids, points);
        cJSON_ArrayForEach(item, hold)
        {
            char id[16];

            snprintf(id, sizeof id, "hold %s", item->string);
            ck_assert_uint_lt(i, n_points);
            ck_assert_msg(wp_slice_is(points[i].id, id), "%s: %.*s is not %s", v.id, WP_FMT(points[i].id),
                          id);
            ck_assert_int_eq(points[i].value.num, item->valueint);
            i++;
        }
        ck_assert_uint_eq(i, n_points);
    }
}
END_TEST

/* What published frames write is in its range. */
START_TEST(what_published_frames_write_may_be_written)
{
    for (struct lxp_vector v = {0}; lxp_vectors_next(&v);) {
        struct lxp_frame f;

        if (v.is_valid && !v.is_stream && decode(&v, &f) && f.shape == LXP_IS_WRITE_SINGLE)
            ck_assert_msg(lxp_hold_takes(f.first, lxp_u16(f.values, 0)), "%s: %u = %u", v.id, f.first,
                          lxp_u16(f.values, 0));
    }
}
END_TEST

/* ---- numbers ------------------------------------------------------------------------------------------ */

/* Quotient and remainder, as the specification says it (b.5), for every value a register can have. */
START_TEST(every_number_is_exact_in_tenths_and_hundredths)
{
    clear();
    for (unsigned raw = 0; raw <= UINT16_MAX; raw++) {
        char tenths[16], hundredths[16], thousandths[16];
        size_t n;

        put(4, raw), put(15, raw), put(101, raw);
        snprintf(tenths, sizeof tenths, "%u.%u", raw / 10, raw % 10);
        n = (size_t)snprintf(hundredths, sizeof hundredths, "%u.%02u", raw / 100, raw % 100);
        if (hundredths[n - 1] == '0')
            hundredths[n - 1] = 0;
        n = (size_t)snprintf(thousandths, sizeof thousandths, "%u.%03u", raw / 1000, raw % 1000);
        for (int cut = 0; cut < 2 && thousandths[n - 1] == '0'; cut++)
            thousandths[--n] = 0;
        take(4, 12);
        ck_assert_str_eq(value_of("input 4"), tenths);
        ck_assert_str_eq(value_of("input 15"), hundredths);
        take(101, 1);
        ck_assert_str_eq(value_of("input 101"), thousandths);
    }
}
END_TEST

START_TEST(sums_and_pairs_do_not_wrap)
{
    memset(bytes, 0xFF, sizeof bytes);
    take(0, 120);
    ck_assert_str_eq(value_of("input 7+8+9"), "196605");
    ck_assert_str_eq(value_of("input 28+29+30"), "19660.5");
    ck_assert_str_eq(value_of("input 40+42+44"), "1288490188.5");
    ck_assert_str_eq(value_of("input 46"), "429496729.5");
    ck_assert_str_eq(value_of("input 58"), "429496729.5");
}
END_TEST

START_TEST(the_low_word_of_a_pair_comes_first)
{
    clear();
    put(46, 1), put(49, 1), put(40, 2), put(43, 1), put(44, 5);
    take(40, 40);
    ck_assert_str_eq(value_of("input 46"), "0.1");
    ck_assert_str_eq(value_of("input 48"), "6553.6");
    ck_assert_str_eq(value_of("input 40+42+44"), "6554.3");
    ck_assert_str_eq(value_of("input 42"), "6553.6");
}
END_TEST

START_TEST(temperatures_have_a_sign_and_powers_have_none)
{
    clear();
    put(64, 65535), put(65, 65506), put(66, 32768), put(16, 65535);
    take(0, 80);
    ck_assert_str_eq(value_of("input 64"), "-1");
    ck_assert_str_eq(value_of("input 65"), "-30");
    ck_assert_str_eq(value_of("input 66"), "-32768");
    ck_assert_str_eq(value_of("input 16"), "65535");
}
END_TEST

START_TEST(bytes_that_share_a_register_are_two_points)
{
    clear();
    put(5, 100 << 8 | 53), put(85, 0xAB01), put(95, 0xFF23);
    take(0, 120);
    ck_assert_str_eq(value_of("input 5"), "53");
    ck_assert_str_eq(value_of("input 5 high"), "100");
    ck_assert_str_eq(find("input 5 high")->name, "soh");
    ck_assert_str_eq(value_of("input 85"), "1");
    ck_assert_str_eq(value_of("input 95"), "35");
}
END_TEST

START_TEST(a_power_factor_above_1000_is_below_zero)
{
    static const struct {
        unsigned raw;
        const char *text;
    } row[] = {{0, "0.0"}, {999, "0.999"}, {1000, "1.0"}, {1001, "-0.001"}, {1950, "-0.95"}, {2000, "-1.0"}};

    clear();
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        put(19, row[i].raw);
        take(19, 1);
        ck_assert_str_eq(value_of("input 19"), row[i].text);
    }
}
END_TEST

START_TEST(a_serial_is_text_or_it_is_none)
{
    clear();
    take(115, 5);
    ck_assert_int_eq(find("input 115")->quality, WP_NO_VALUE);
    ck_assert_int_eq(find("input 115")->value.kind, WP_NULL);
    memcpy(bytes + 2 * 115, "5555555555", 10);
    take(115, 5);
    ck_assert_str_eq(value_of("input 115"), "5555555555");
    put(116, 0x0735);
    take(115, 5);
    ck_assert_int_eq(find("input 115")->quality, WP_INVALID);
    ck_assert_int_eq(find("input 115")->value.kind, WP_NULL);
}
END_TEST

/* ---- options ------------------------------------------------------------------------------------------ */

START_TEST(a_pv_sum_takes_the_strings_it_is_told_to)
{
    clear();
    put(7, 100), put(8, 200), put(9, 300), put(28, 1), put(29, 2), put(30, 4), put(40, 10), put(42, 20);
    put(44, 40);
    take_with(0, 80, (struct lxp_input_options){.pv_strings = 3});
    ck_assert_str_eq(value_of("input 7+8+9"), "600");
    take_with(0, 80, (struct lxp_input_options){.pv_strings = 2});
    ck_assert_str_eq(value_of("input 7+8"), "300");
    ck_assert_str_eq(value_of("input 28+29"), "0.3");
    ck_assert_str_eq(value_of("input 40+42"), "3.0");
    ck_assert_uint_eq(find("input 40+42")->raw.n, 8);
    take_with(0, 80, (struct lxp_input_options){.pv_strings = 1});
    ck_assert_ptr_eq(find("input 7")->name, lxp_input_key(1, 3));
    ck_assert_str_eq(value_of("input 7"), "100");
    ck_assert_str_eq(value_of("input 28"), "0.1");
    ck_assert_str_eq(value_of("input 40"), "1.0");
}
END_TEST

START_TEST(battery_currents_may_be_in_tenths)
{
    clear();
    put(81, 600), put(82, 605), put(98, 65531);
    take_with(80, 40, (struct lxp_input_options){.current_in_tenths = true});
    ck_assert_str_eq(value_of("input 81"), "60.0");
    ck_assert_str_eq(value_of("input 82"), "60.5");
    ck_assert_str_eq(value_of("input 98"), "-0.5");
    take(80, 40);
    ck_assert_str_eq(value_of("input 81"), "6.0");
    ck_assert_str_eq(value_of("input 82"), "6.05");
    ck_assert_str_eq(value_of("input 98"), "-0.05");
}
END_TEST

/* ---- which points there are --------------------------------------------------------------------------- */

/* Where each set begins among the points; SIZE_MAX: it is not there. */
static void find_sets(size_t at[LXP_SETS + 1])
{
    for (unsigned set = 1; set <= LXP_SETS; set++)
        at[set] = SIZE_MAX;
    for (size_t i = 0; i < n_points; i++) {
        unsigned set = lxp_input_set_at(&points[i]);

        if (set == 0)
            continue;
        ck_assert_uint_eq(at[set], SIZE_MAX);
        at[set] = i;
        for (size_t k = 0; k < lxp_input_keys(set); k++)
            ck_assert_ptr_eq(points[i + k].name, lxp_input_key(set, k));
    }
}

static bool is_within(unsigned set, unsigned first, unsigned count)
{
    return first <= 40 * (set - 1) && first + count >= 40 * set;
}

/* Registers that the points from `from` on stand for, which must ascend and lie in the reply. */
static size_t check_singles(size_t from, unsigned first, unsigned count)
{
    unsigned before = 0;

    for (size_t i = from; i < n_points; i++) {
        unsigned number = (unsigned)(points[i].raw.p - bytes) / 2;

        ck_assert_uint_ge(number, first);
        ck_assert_uint_le(number + points[i].raw.n / 2, first + count);
        ck_assert_uint_ge(number, before);
        ck_assert_uint_eq(lxp_input_set_at(&points[i]), 0);
        before = number;
    }
    return n_points - from;
}

/* How many single registers the table knows there, without those of whole sets and without sums. */
static size_t count_singles(unsigned first, unsigned count)
{
    size_t n = 0;

    for (size_t i = 0; i < lxp_n_inputs; i++) {
        const struct lxp_register *row = &lxp_inputs[i];

        if (row->form == LXP_SUM16 || row->form == LXP_SUM32 || row->number < first ||
            (unsigned)row->number + row->registers > first + count)
            continue;
        n += row->set == 0 || !is_within(row->set, first, count);
    }
    return n;
}

/* Every reply that there can be inside registers 0..126: whole sets first, in order, then the rest. */
START_TEST(every_block_gives_its_whole_sets_and_then_the_rest)
{
    clear();
    for (unsigned first = 0; first < LXP_REPLY_REGISTERS; first++)
        for (unsigned count = 0; first + count <= LXP_REPLY_REGISTERS; count++) {
            size_t at[LXP_SETS + 1], next = 0;

            take(first, count);
            find_sets(at);
            for (unsigned set = 1; set <= LXP_SETS; set++) {
                ck_assert_uint_eq(at[set], is_within(set, first, count) ? next : SIZE_MAX);
                next += at[set] == SIZE_MAX ? 0 : lxp_input_keys(set);
            }
            ck_assert_uint_eq(check_singles(next, first, count), count_singles(first, count));
        }
}
END_TEST

START_TEST(the_usual_replies_give_these_sets)
{
    static const struct {
        unsigned first, count;
        bool has[LXP_SETS + 1];
    } row[] = {
        {0, 40, {0, true, false, false}},  {40, 40, {0, false, true, false}},
        {80, 40, {0, false, false, true}}, {0, 127, {0, true, true, true}},
        {0, 125, {0, true, true, true}},   {0, 119, {0, true, true, false}},
        {0, 39, {0, false, false, false}}, {1, 40, {0, false, false, false}},
        {39, 80, {0, false, true, false}}, {40, 80, {0, false, true, true}},
    };

    clear();
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        size_t at[LXP_SETS + 1];

        take(row[i].first, row[i].count);
        find_sets(at);
        for (unsigned set = 1; set <= LXP_SETS; set++)
            ck_assert_msg((at[set] != SIZE_MAX) == row[i].has[set], "%u+%u set %u", row[i].first,
                          row[i].count, set);
    }
}
END_TEST

/* A single register of a documented name is no beginning of a set. */
START_TEST(a_part_of_a_set_is_single_registers)
{
    clear();
    put(0, 16), put(4, 505);
    take(0, 10);
    ck_assert_str_eq(points[0].name, "status");
    ck_assert_uint_eq(lxp_input_set_at(&points[0]), 0);
    ck_assert_str_eq(value_of("input 4"), "50.5");
    ck_assert_str_eq(find("input 4")->unit, "V");
    ck_assert_uint_eq(n_points, 11); /* ten registers, and register 5 is two */
    take(47, 2);
    ck_assert_uint_eq(n_points, 0); /* the ends of two pairs */
}
END_TEST

/* No reply gives more points than there is room for, wherever it begins; nothing is read beyond its bytes. */
START_TEST(no_reply_gives_more_than_its_room)
{
    size_t most = 0;

    for (unsigned first = 0; first <= 600; first++)
        for (unsigned count = 1; count <= LXP_REPLY_REGISTERS; count += count < 8 ? 1 : 17) {
            uint8_t *exact = (uint8_t *)calloc(count, 2);
            size_t n = lxp_input_points((uint16_t)first, wp_slice(exact, 2 * count), usual, points);

            for (size_t i = 0; i < n; i++)
                ck_assert(points[i].raw.p >= exact && points[i].raw.p + points[i].raw.n <= exact + 2 * count);
            most = n > most ? n : most;
            free(exact);
        }
    ck_assert_uint_le(most, LXP_INPUT_POINTS_MAX);
    ck_assert_uint_eq(lxp_input_points(65535, wp_slice(bytes, 254), usual, points), 0);
}
END_TEST

/* Without a length byte a reply can be as long as a frame: then everything that has a name comes at once. */
START_TEST(a_reply_of_every_register_gives_every_name_once)
{
    static uint8_t many[4 * LXP_SET_REGISTERS * 25];
    size_t n = lxp_input_points(0, wp_slice(many, sizeof many), usual, points);

    ck_assert_uint_eq(n, lxp_n_inputs);
    ck_assert_uint_le(n, LXP_INPUT_POINTS_MAX);
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            ck_assert_str_ne(points[i].name, points[k].name);
}
END_TEST

/* The room for a set is enough for the longest numbers. */
START_TEST(the_longest_payloads_fit_their_room)
{
    memset(bytes, 0xFF, sizeof bytes);
    take(0, 120);
    for (unsigned set = 1, at = 0; set <= LXP_SETS; at += (unsigned)lxp_input_keys(set), set++)
        ck_assert_uint_lt(strlen(json_at(set, at)), LXP_INPUT_JSON_MAX - 64);
}
END_TEST

/* ---- hold registers ----------------------------------------------------------------------------------- */

START_TEST(hold_registers_are_plain_numbers_ascending)
{
    uint8_t value[2 * 4] = {0x54, 0xF3, 0xFF, 0xFF, 0x00, 0x00, 0x64, 0x00};
    char memory[LXP_HOLD_IDS_MAX];
    struct wp_writer ids = wp_writer(memory, sizeof memory);

    ck_assert_uint_eq(lxp_hold_points(21, wp_slice(value, 8), &ids, points), 4);
    n_points = 4;
    ck_assert_str_eq(value_of("hold 21"), "62292");
    ck_assert_str_eq(value_of("hold 22"), "65535");
    ck_assert_str_eq(value_of("hold 24"), "100");
    ck_assert_str_eq(find("hold 21")->name, "function_1");
    ck_assert_ptr_eq(find("hold 22")->raw.p, value + 2);
    ck_assert_uint_eq(ids.n, 0);
}
END_TEST

/* Every register number there is has its id, in one block and alone. */
START_TEST(every_hold_register_has_its_id)
{
    clear();
    for (uint32_t first = 0; first <= UINT16_MAX; first += first < 1000 ? 1 : 127) {
        char memory[LXP_HOLD_IDS_MAX];
        struct wp_writer ids = wp_writer(memory, sizeof memory);
        size_t n = lxp_hold_points((uint16_t)first, wp_slice(bytes, sizeof bytes), &ids, points);

        ck_assert(!ids.full);
        ck_assert_uint_eq(n, first + 127 > 65536 ? 65536 - first : 127);
        for (size_t i = 0; i < n; i++) {
            const struct lxp_register *row = lxp_hold_find((uint16_t)(first + i));
            char id[16];

            snprintf(id, sizeof id, "hold %u", (unsigned)(first + i));
            ck_assert_msg(wp_slice_is(points[i].id, id), "%s", id);
            ck_assert_int_eq(points[i].name == NULL, row == NULL);
            if (row)
                ck_assert_str_eq(points[i].name, row->name);
        }
    }
}
END_TEST

static void add_numbers(TCase *tcase)
{
    tcase_add_test(tcase, every_number_is_exact_in_tenths_and_hundredths);
    tcase_add_test(tcase, sums_and_pairs_do_not_wrap);
    tcase_add_test(tcase, the_low_word_of_a_pair_comes_first);
    tcase_add_test(tcase, temperatures_have_a_sign_and_powers_have_none);
    tcase_add_test(tcase, bytes_that_share_a_register_are_two_points);
    tcase_add_test(tcase, a_power_factor_above_1000_is_below_zero);
    tcase_add_test(tcase, a_serial_is_text_or_it_is_none);
    tcase_add_test(tcase, a_pv_sum_takes_the_strings_it_is_told_to);
    tcase_add_test(tcase, battery_currents_may_be_in_tenths);
}

int main(void)
{
    Suite *suite = suite_create("lxp_input");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, the_document_s_set_1_comes_out_byte_for_byte);
    tcase_add_test(tcase, the_document_s_set_2_comes_out_byte_for_byte);
    tcase_add_test(tcase, the_document_s_set_3_comes_out_byte_for_byte);
    tcase_add_test(tcase, every_published_frame_gives_its_payloads);
    tcase_add_test(tcase, hold_registers_of_published_frames_are_what_they_are_said_to_be);
    tcase_add_test(tcase, what_published_frames_write_may_be_written);
    add_numbers(tcase);
    tcase_add_test(tcase, every_block_gives_its_whole_sets_and_then_the_rest);
    tcase_add_test(tcase, the_usual_replies_give_these_sets);
    tcase_add_test(tcase, a_part_of_a_set_is_single_registers);
    tcase_add_test(tcase, no_reply_gives_more_than_its_room);
    tcase_add_test(tcase, a_reply_of_every_register_gives_every_name_once);
    tcase_add_test(tcase, the_longest_payloads_fit_their_room);
    tcase_add_test(tcase, hold_registers_are_plain_numbers_ascending);
    tcase_add_test(tcase, every_hold_register_has_its_id);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
