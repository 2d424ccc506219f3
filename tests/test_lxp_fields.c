/* What LuxPower frames say, field by field: the published facts, the API's own payloads, and no byte without a name.
 *                                                                                       covers: lxp_register_fields */
#include "harness/fields.h"
#include "sim/codec/lxp.h"
#include "tests/lxp_vectors.h"

#include <strings.h>

enum { TEXT_MAX = 1 << 17 };

static const struct lxp_head replies = {
    .protocol = 2, .address = 1, .datalog = "2222222222", .inverter = "5555555555"};

static uint8_t memory[LXP_FRAME_MAX];
static struct wp_writer w;
static char text[TEXT_MAX];

static void setup(void)
{
    w = wp_writer(memory, sizeof memory);
}

static const char *json_of(const struct lxp_frame *f)
{
    struct wp_writer out = wp_writer(text, sizeof text);

    fields_put_json(&out, &lxp_codec, f);
    ck_assert(!out.full);
    return wp_put_end(&out);
}

static struct lxp_frame decoded(enum wp_side from)
{
    struct lxp_frame f = {0};
    struct wp_decode d = lxp_decode(NULL, from, wp_written(&w), &f);

    ck_assert_msg(d.status == WP_OK, "%s", wp_fault_text(d.fault));
    return f;
}

static const char *line(enum wp_side from)
{
    struct lxp_frame f = decoded(from);
    struct wp_writer out = wp_writer(text, sizeof text);

    fields_put_line(&out, &lxp_codec, &f);
    ck_assert(!out.full);
    return wp_put_end(&out);
}

/* ---- the published entries ------------------------------------------------------------------------------ */

/* Facts that are no field: what topics say (below), what another decoder made of it, how many frames there are, and the
 * bytes of a heartbeat's or param's tail under a name that we do not use. */
static bool is_about_others(const char *name)
{
    return strncmp(name, "seed_", 5) == 0 || strcmp(name, "lxp_bridge_decoded") == 0 ||
           strcmp(name, "result_bytes") == 0 || strcmp(name, "data_len_mismatch") == 0 ||
           strcmp(name, "frames") == 0;
}

/* value_len: also of what has no length byte. */
static bool agrees(const cJSON *is, const cJSON *fact)
{
    if (cJSON_IsString(fact))
        return cJSON_IsString(is) && strcasecmp(is->valuestring, fact->valuestring) == 0;
    return cJSON_Compare(is, fact, true);
}

START_TEST(every_entry_prints_its_facts)
{
    size_t n = 0;

    for (struct lxp_vector v = {0}; lxp_vectors_next(&v);) {
        struct lxp_frame f;
        const cJSON *fact;
        cJSON *is;

        if (!v.is_valid || v.is_stream)
            continue;
        ck_assert_int_eq(lxp_decode(NULL, WP_SIDE_UNKNOWN, v.bytes, &f).status, WP_OK);
        is = cJSON_Parse(json_of(&f));
        ck_assert_ptr_nonnull(is);
        cJSON_ArrayForEach(fact, v.expect)
        {
            ck_assert_msg(is_about_others(fact->string) ||
                              agrees(cJSON_GetObjectItemCaseSensitive(is, fact->string), fact),
                          "%s: %s in %s", v.id, fact->string, text);
            n++;
        }
        cJSON_Delete(is);
    }
    ck_assert(n > 900 || !lxp_vectors());
}
END_TEST

/* The values of a set stand in the frame's `inputs` as the topic has them, character for character. */
static size_t check_payload(const struct lxp_vector *v, const char *name, const struct lxp_frame *f)
{
    char members[2048];
    const char *payload = lxp_vector_text(v->expect, name);
    size_t n = strlen(payload);

    if (n == 0)
        return 0;
    ck_assert_uint_lt(n, sizeof members);
    memcpy(members, payload + 1, n - 2); /* without the braces */
    members[n - 2] = 0;
    ck_assert_msg(strstr(json_of(f), members), "%s: %s\n%s", v->id, members, text);
    return 1;
}

START_TEST(inputs_are_those_of_the_topics)
{
    static const char *const names[] = {"seed_json", "seed_json_1", "seed_json_2", "seed_json_3"};
    size_t n = 0;

    for (struct lxp_vector v = {0}; lxp_vectors_next(&v);) {
        struct lxp_frame f;

        if (!v.is_valid || v.is_stream)
            continue;
        ck_assert_int_eq(lxp_decode(NULL, WP_SIDE_UNKNOWN, v.bytes, &f).status, WP_OK);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            n += check_payload(&v, names[i], &f);
    }
    ck_assert(n == 26 || !lxp_vectors());
}
END_TEST

/* ---- where fields stand --------------------------------------------------------------------------------- */

struct places {
    const struct lxp_frame *frame;
    uint8_t named[LXP_FRAME_MAX];
    unsigned ids;
};

static void note_place(void *ctx, const struct wp_field *field)
{
    struct places *p = ctx;

    ck_assert_msg(field->first + field->len <= p->frame->whole.n, "%s", field->path);
    for (size_t i = field->first; i < field->first + field->len; i++)
        p->named[i]++;
    p->ids += field->role == WP_ROLE_ID;
}

/* Only the mark and the byte that is always 01 are nobody's; and nobody shares one, but for the two halves of a
 * register that are two quantities. */
START_TEST(every_byte_has_its_field)
{
    for (struct lxp_vector v = {0}; lxp_vectors_next(&v);) {
        struct lxp_frame f;
        struct places p = {.frame = &f};

        if (!v.is_valid || v.is_stream)
            continue;
        ck_assert_int_eq(lxp_decode(NULL, WP_SIDE_SERVER, v.bytes, &f).status, WP_OK);
        lxp_fields(&f, note_place, &p);
        for (size_t i = 0; i < v.bytes.n; i++) {
            bool is_constant = i < 2 || i == 6;

            ck_assert_msg((p.named[i] > 0) == !is_constant, "%s: byte %zu has %d fields", v.id, i,
                          p.named[i]);
            ck_assert_msg(p.named[i] <= 2, "%s: byte %zu has %d fields", v.id, i, p.named[i]);
        }
        ck_assert_uint_ge(p.ids, f.function == LXP_DATA ? 2 : 1);
    }
}
END_TEST

struct ids {
    unsigned n;
    char path[4][64];
    size_t first[4], len[4];
};

static void note_id(void *ctx, const struct wp_field *field)
{
    struct ids *ids = ctx;

    if (field->role != WP_ROLE_ID || field->len == 0)
        return;
    ck_assert_uint_lt(ids->n, 4);
    strncpy(ids->path[ids->n], field->path, sizeof ids->path[0] - 1);
    ids->first[ids->n] = field->first;
    ids->len[ids->n++] = field->len;
}

static void expect_id(enum wp_side from, const char *path, size_t first, size_t len)
{
    struct lxp_frame f = decoded(from);
    struct ids ids = {0};
    bool is_found = false;

    lxp_fields(&f, note_id, &ids);
    for (unsigned i = 0; i < ids.n; i++)
        is_found |= strcmp(ids.path[i], path) == 0 && ids.first[i] == first && ids.len[i] == len;
    ck_assert_msg(is_found, "%s", path);
}

/* Serials also stand in registers, and in params: there they are ids as much as in the header. */
START_TEST(serials_are_ids_wherever_they_stand)
{
    const size_t at = LXP_AT_PAYLOAD + 1;

    lxp_put_read_reply(&w, &replies, LXP_READ_HOLD, 0,
                       wp_text("\1\2\3\4"
                               "5555555555"
                               "AAAB"));
    expect_id(WP_SIDE_SERVER, "datalog", 8, 10);
    expect_id(WP_SIDE_SERVER, "inverter", 22, 10);
    expect_id(WP_SIDE_SERVER, "settings.serial", at + 4, 10);
    ck_assert_ptr_nonnull(strstr(line(WP_SIDE_SERVER), " settings.serial=5555555555"));
    setup(); /* of a part that is all there is */
    lxp_put_read_reply(&w, &replies, LXP_READ_HOLD, 5, wp_text("5555"));
    expect_id(WP_SIDE_SERVER, "settings.serial", at, 4);
    setup();
    lxp_put_read_reply(&w, &replies, LXP_READ_INPUT, 114,
                       wp_text("\1\2"
                               "5555555555"));
    expect_id(WP_SIDE_SERVER, "inputs.serial", at + 2, 10);
    setup();
    lxp_put_read_reply(&w, &replies, LXP_READ_INPUT, 116, wp_text("55555555"));
    expect_id(WP_SIDE_SERVER, "inputs.serial", at, 8);
    setup();
    lxp_put_param_read_reply(&w, &replies, 1, wp_text("2222222222"));
    expect_id(WP_SIDE_SERVER, "value_ascii", 22, 10);
    setup();
    lxp_put_param_write(&w, &replies, 9, wp_text("5555555555"));
    expect_id(WP_SIDE_CLIENT, "value_ascii", 22, 10);
}
END_TEST

/* ---- registers by name ---------------------------------------------------------------------------------- */

START_TEST(a_write_says_which_setting)
{
    lxp_put_write(&w, &replies, 65, 50);
    ck_assert_str_eq(line(WP_SIDE_CLIENT),
                     "lxp protocol=2 frame_len=32 tcp_function=194 function=data shape=write-single "
                     "direction=gateway-to-dongle datalog=2222222222 data_len=18 address=1 device_function=6 "
                     "operation=write-single inverter=5555555555 register=65 value=50 hold.65=50 "
                     "settings.discharge_power=50 crc=7649");
}
END_TEST

START_TEST(bits_have_names)
{
    lxp_put_read_reply(&w, &replies, LXP_READ_HOLD, 21, wp_slice("\xD4\xF3", 2)); /* 62420 */
    line(WP_SIDE_SERVER);
    ck_assert_ptr_nonnull(strstr(text, " hold.21=62420 "));
    ck_assert_ptr_nonnull(strstr(text, " settings.function_1.ac_charge=true "));
    ck_assert_ptr_nonnull(strstr(text, " settings.function_1.forced_discharge=false "));
    for (uint16_t i = 0; i < 5; i++) {
        static const uint16_t numbers[] = {21, 110, 120, 179, 233};

        setup();
        lxp_put_write(&w, &replies, numbers[i], 0xFFFF);
        ck_assert_msg(strstr(line(WP_SIDE_SERVER), "=true"), "%d: %s", numbers[i], text);
    }
}
END_TEST

/* The hour stands low, the minute high; two numbers in one register are two. */
START_TEST(times_are_times)
{
    lxp_put_read_reply(&w, &replies, LXP_READ_HOLD, 68, wp_slice("\x17\x05", 2));
    ck_assert_ptr_nonnull(strstr(line(WP_SIDE_SERVER), " settings.ac_charge_start_1=23:05 "));
    setup();
    lxp_put_write_multi(&w, &replies, 12, wp_slice("\x16\x06\x13\x14\x17\x21", 6));
    ck_assert_ptr_nonnull(strstr(line(WP_SIDE_CLIENT), " settings.clock_year_month=22,6 "));
    setup();
    lxp_put_write(&w, &replies, 119, 0xFFFE);
    ck_assert_ptr_nonnull(strstr(line(WP_SIDE_CLIENT), "=-2 "));
}
END_TEST

START_TEST(codes_have_words)
{
    lxp_put_read_reply(&w, &replies, LXP_READ_INPUT, 0, wp_slice("\x20\0", 2));
    ck_assert_ptr_nonnull(strstr(line(WP_SIDE_SERVER), " status_text=\"AC charge\" "));
    setup();
    lxp_put_read_reply(&w, &replies, LXP_READ_INPUT, 60, wp_slice("\1\0\0\x80\0\0\1\0", 8));
    line(WP_SIDE_SERVER);
    ck_assert_ptr_nonnull(strstr(text, " faults="));
    ck_assert_ptr_nonnull(strstr(text, " warnings="));
    setup(); /* half of them is no code */
    lxp_put_read_reply(&w, &replies, LXP_READ_INPUT, 61, wp_slice("\1\0\0\x80", 4));
    line(WP_SIDE_SERVER);
    ck_assert(!strstr(text, " faults=") && !strstr(text, " warnings="));
    setup();
    lxp_put_exception(&w, &replies, LXP_WRITE_SINGLE, 21, 2);
    ck_assert_ptr_nonnull(strstr(line(WP_SIDE_SERVER), " error_code=2 error_text=\"illegal address\" "));
}
END_TEST

/* What nobody has named, and what lies beyond the last register, is told by number. */
START_TEST(registers_without_a_name_have_their_number)
{
    lxp_put_read_reply(&w, &replies, LXP_READ_INPUT, 380, wp_slice("\7\0\x08\0", 4));
    ck_assert_ptr_nonnull(strstr(line(WP_SIDE_SERVER), " inputs.380=7 inputs.381=8 "));
    setup();
    lxp_put_read_reply(&w, &replies, LXP_READ_HOLD, 65535, wp_slice("\7\0\x08\0", 4));
    ck_assert_ptr_nonnull(strstr(line(WP_SIDE_SERVER), " hold.65535=7 hold.65536=8 "));
    setup(); /* the high word of a number whose low one is not there */
    lxp_put_read_reply(&w, &replies, LXP_READ_INPUT, 47, wp_slice("\7\0", 2));
    ck_assert_ptr_nonnull(strstr(line(WP_SIDE_SERVER), " inputs.47=7 "));
}
END_TEST

/* Without a length byte a reply may be as long as a frame: more registers than there are, and no more than fit. */
START_TEST(the_longest_reply_is_said)
{
    const size_t count = (LXP_FRAME_MAX - LXP_AT_PAYLOAD - 2) / 2, n = LXP_AT_PAYLOAD + 2 * count + 2;

    lxp_put_read(&w, &replies, LXP_READ_INPUT, 0, 0);
    memset(memory + LXP_AT_PAYLOAD, 0, sizeof memory - LXP_AT_PAYLOAD);
    memory[2] = 1;
    memory[4] = (uint8_t)(n - LXP_HEADER);
    memory[5] = (uint8_t)((n - LXP_HEADER) >> 8);
    memory[LXP_AT_BODY] = (uint8_t)(n - LXP_AT_DATA);
    memory[LXP_AT_BODY + 1] = (uint8_t)((n - LXP_AT_DATA) >> 8);
    w.n = n;
    for (unsigned function = LXP_READ_HOLD; function <= LXP_READ_INPUT; function++) {
        char last[40];

        memory[21] = (uint8_t)function;
        ck_assert(lxp_repair(memory, n));
        ck_assert_uint_eq(decoded(WP_SIDE_SERVER).count, count);
        snprintf(last, sizeof last, "%s.%zu=0 ", function == LXP_READ_HOLD ? "hold" : "inputs", count - 1);
        ck_assert_msg(strstr(line(WP_SIDE_SERVER), last), "%s", last);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lxp_fields");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, every_entry_prints_its_facts);
    tcase_add_test(tcase, inputs_are_those_of_the_topics);
    tcase_add_test(tcase, every_byte_has_its_field);
    tcase_add_test(tcase, serials_are_ids_wherever_they_stand);
    tcase_add_test(tcase, a_write_says_which_setting);
    tcase_add_test(tcase, bits_have_names);
    tcase_add_test(tcase, times_are_times);
    tcase_add_test(tcase, codes_have_words);
    tcase_add_test(tcase, registers_without_a_name_have_their_number);
    tcase_add_test(tcase, the_longest_reply_is_said);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
