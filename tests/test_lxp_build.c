/* Every builder of LuxPower frames gives the published bytes.     covers: lxp_build */
#include "sim/codec/lxp.h"
#include "tests/lxp_vectors.h"

static const struct lxp_head asks = {.protocol = 1, .datalog = "2222222222", .inverter = "5555555555"};
static const struct lxp_head asks_2 = {.protocol = 2, .datalog = "2222222222", .inverter = "5555555555"};
static const struct lxp_head replies = {
    .protocol = 2, .address = 1, .datalog = "2222222222", .inverter = "5555555555"};

static uint8_t memory[LXP_FRAME_MAX];
static struct wp_writer w;

static void setup(void)
{
    w = wp_writer(memory, sizeof memory);
}

/* What was built since the last time is the entry, byte for byte. */
static void expect(const char *id)
{
    struct lxp_vector v;
    char text[2 * LXP_VECTOR_MAX + 1];
    struct wp_writer hex = wp_writer(text, sizeof text);

    ck_assert(!w.full);
    wp_put_hex(&hex, wp_written(&w));
    if (lxp_vectors_find(&v, id))
        ck_assert_msg(wp_slice_eq(v.bytes, wp_written(&w)), "%s: came %s", id, wp_put_end(&hex));
    setup();
}

START_TEST(requests_are_the_published_ones)
{
    lxp_put_read(&w, &asks, LXP_READ_HOLD, 12, 3);
    expect("lxp-014");
    lxp_put_read(&w, &asks, LXP_READ_INPUT, 0, 40);
    expect("lxp-016");
    lxp_put_write(&w, &asks, 66, 100);
    expect("lxp-019");
    lxp_put_write_multi(&w, &asks_2, 12, wp_slice("\x16\x06\x13\x14\x17\x21", 6));
    expect("lxp-021");
    lxp_put_param_read(&w, &asks, 0);
    expect("lxp-009");
    lxp_put_param_read(&w, &asks_2, 7);
    expect("lxp-023");
    lxp_put_param_write(&w, &asks_2, 7, wp_slice("\0\3", 2));
    expect("lxp-025");
    lxp_put_param_write(&w, &asks, 6, wp_text("120.79.53.27,4346"));
    expect("lxp-074");
}
END_TEST

START_TEST(replies_are_the_published_ones)
{
    lxp_put_read_reply(&w, &replies, LXP_READ_HOLD, 12, wp_slice("\x16\x06\x14\x05\x10\x39", 6));
    expect("lxp-015");
    lxp_put_write(&w, &replies, 66, 100);
    expect("lxp-020");
    lxp_put_write_multi_reply(&w, &replies, 12, 3);
    expect("lxp-022");
    lxp_put_param_read_reply(&w, &replies, 0, wp_slice("\x2C\x01", 2));
    expect("lxp-024");
    lxp_put_param_write_reply(&w, &replies, 7, 3);
    expect("lxp-026");
    lxp_put_heartbeat(&w, 2, "2222222222", 0);
    expect("lxp-012");
}
END_TEST

/* Protocol 1 has no length byte, and the address is whatever the dongle sends. */
START_TEST(a_reply_in_protocol_1_has_no_length_byte)
{
    const struct lxp_head plain = {.protocol = 1, .datalog = "2222222222", .inverter = "5555555555"};

    lxp_put_read_reply(&w, &plain, LXP_READ_HOLD, 12, wp_slice("\x1E\x28", 2));
    expect("lxp-030");
}
END_TEST

/* Every frame of the file can be said again from what was decoded. */
static void build(const struct lxp_frame *f)
{
    const struct lxp_head head = {.protocol = f->protocol,
                                  .address = f->address,
                                  .datalog = (const char *)f->datalog.p,
                                  .inverter = (const char *)f->inverter.p};

    switch (f->shape) {
    case LXP_IS_HEARTBEAT: lxp_put_heartbeat(&w, f->protocol, head.datalog, f->tail); break;
    case LXP_IS_READ_REQUEST: lxp_put_read(&w, &head, f->device_function, f->first, f->count); break;
    case LXP_IS_READ_REPLY: lxp_put_read_reply(&w, &head, f->device_function, f->first, f->values); break;
    case LXP_IS_WRITE_SINGLE: lxp_put_write(&w, &head, f->first, lxp_u16(f->values, 0)); break;
    case LXP_IS_WRITE_MULTI_REQUEST: lxp_put_write_multi(&w, &head, f->first, f->values); break;
    case LXP_IS_WRITE_MULTI_REPLY: lxp_put_write_multi_reply(&w, &head, f->first, f->count); break;
    case LXP_IS_EXCEPTION:
        lxp_put_exception(&w, &head, lxp_device_function(f), f->first, f->error_code);
        break;
    case LXP_IS_PARAM_READ_REQUEST: lxp_put_param_read(&w, &head, f->param); break;
    case LXP_IS_PARAM_READ_REPLY: lxp_put_param_read_reply(&w, &head, f->param, f->values); break;
    case LXP_IS_PARAM_WRITE_REQUEST: lxp_put_param_write(&w, &head, f->param, f->values); break;
    case LXP_IS_PARAM_WRITE_REPLY: lxp_put_param_write_reply(&w, &head, f->param, f->status); break;
    default: ck_abort_msg("no builder for %s", lxp_shape_text((enum lxp_shape)f->shape));
    }
}

START_TEST(every_published_frame_is_built_again)
{
    size_t n = 0;

    for (struct lxp_vector v = {0}; lxp_vectors_next(&v);) {
        struct lxp_frame f;

        /* Its data length leaves out the CRC, as no builder of ours does. */
        if (!v.is_valid || v.is_stream || strcmp(v.id, "lxp-133") == 0)
            continue;
        ck_assert_int_eq(lxp_decode(NULL, WP_SIDE_UNKNOWN, v.bytes, &f).status, WP_OK);
        setup();
        build(&f);
        expect(v.id);
        n++;
    }
    ck_assert(n == 106 || !lxp_vectors());
}
END_TEST

/* A writer that is too small says so once, and nothing reaches beyond it. */
START_TEST(what_does_not_fit_is_said)
{
    uint8_t small[LXP_REQUEST_BYTES + 1];

    for (size_t cap = 0; cap < LXP_REQUEST_BYTES; cap++) {
        memset(small, 0xEE, sizeof small);
        w = wp_writer(small, cap);
        lxp_put_read(&w, &asks, LXP_READ_HOLD, 12, 3);
        ck_assert(w.full);
        ck_assert_uint_eq(small[cap], 0xEE);
    }
    w = wp_writer(small, LXP_REQUEST_BYTES);
    lxp_put_read(&w, &asks, LXP_READ_HOLD, 12, 3);
    ck_assert(!w.full);
}
END_TEST

/* Who changed values gets the CRC that they must have; what has none is left as it is. */
START_TEST(repair_gives_the_right_checksum)
{
    struct lxp_frame f;
    uint8_t beat[LXP_HEARTBEAT_BYTES];

    lxp_put_write(&w, &asks, 65, 50);
    memory[LXP_AT_PAYLOAD] = 51;
    ck_assert_int_eq(lxp_decode(NULL, WP_SIDE_CLIENT, wp_written(&w), &f).fault, WP_FAULT_CHECKSUM);
    ck_assert(lxp_repair(memory, w.n));
    ck_assert_int_eq(lxp_decode(NULL, WP_SIDE_CLIENT, wp_written(&w), &f).status, WP_OK);
    ck_assert_uint_eq(lxp_u16(f.values, 0), 51);
    ck_assert(!lxp_repair(memory, w.n - 1));
    w = wp_writer(beat, sizeof beat);
    lxp_put_heartbeat(&w, 2, "2222222222", 5);
    ck_assert(!lxp_repair(beat, w.n));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lxp_build");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, requests_are_the_published_ones);
    tcase_add_test(tcase, replies_are_the_published_ones);
    tcase_add_test(tcase, a_reply_in_protocol_1_has_no_length_byte);
    tcase_add_test(tcase, every_published_frame_is_built_again);
    tcase_add_test(tcase, what_does_not_fit_is_said);
    tcase_add_test(tcase, repair_gives_the_right_checksum);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
