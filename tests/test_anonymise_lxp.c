/* Where a LuxPower dongle and those who listen to it say who they are: in every frame, in registers that hold the serial,
 * in parameters, and in what is published of those registers. */
#include "sim/codec/lxp.h"
#include "sim/codec/mqtt.h"
#include "tests/anonymise_rig.h"

#define DATALOG  "BX48120967"
#define INVERTER "7302915846"

enum { DONGLE = 1, GATEWAY = 0, SERIAL_HOLD = 2, SERIAL_INPUT = 115, BLOCK = 40 };

static const struct lxp_head head = {2, 1, DATALOG, INVERTER};

struct made {
    uint8_t memory[1024];
    struct wp_writer w;
};

static struct wp_writer *made(struct made *m)
{
    m->w = wp_writer(m->memory, sizeof m->memory);
    return &m->w;
}

/* 40 registers from `first` on, the serial among them where it stands. */
static void send_registers(uint8_t function, uint16_t first, uint16_t serial)
{
    uint8_t values[2 * BLOCK] = {0};
    struct made m;

    memcpy(values + 2 * (serial - first), INVERTER, LXP_SERIAL);
    lxp_put_read_reply(made(&m), &head, function, first, wp_slice(values, sizeof values));
    send_bytes(DONGLE, wp_written(&m.w));
}

static void send_param(uint16_t param, const char *value)
{
    struct made m;

    lxp_put_param_read_reply(made(&m), &head, param, wp_text(value));
    send_bytes(DONGLE, wp_written(&m.w));
}

static void expect_both_gone(void)
{
    char *bytes;
    size_t n = read_bytes(out_path, &bytes);

    ck_assert(!holds(bytes, n, DATALOG, LXP_SERIAL));
    ck_assert(!holds(bytes, n, INVERTER, LXP_SERIAL));
    free(bytes);
}

START_TEST(serials_in_frames_registers_and_params_are_the_same_ones)
{
    struct made m;
    char *bytes;
    size_t n;

    lxp_put_heartbeat(made(&m), 2, DATALOG, 0);
    send_bytes(DONGLE, wp_written(&m.w));
    lxp_put_read(made(&m), &head, LXP_READ_HOLD, 0, BLOCK);
    send_bytes(GATEWAY, wp_written(&m.w));
    send_registers(LXP_READ_HOLD, 0, SERIAL_HOLD);
    send_registers(LXP_READ_INPUT, 80, SERIAL_INPUT);
    lxp_put_write(made(&m), &head, 65, 50);
    send_bytes(GATEWAY, wp_written(&m.w));
    lxp_put_exception(made(&m), &head, LXP_WRITE_SINGLE, 65, 3);
    send_bytes(DONGLE, wp_written(&m.w));
    send_param(1, DATALOG);
    send_param(9, INVERTER);
    end_capture();
    anonymise_it(path);
    read_map();
    expect_both_gone();
    n = read_bytes(out_path, &bytes);
    for (size_t i = 0, places = 0; i + LXP_SERIAL <= n; i++) { /* header, registers, parameter */
        places += memcmp(bytes + i, becomes(INVERTER), LXP_SERIAL) == 0;
        if (i + LXP_SERIAL == n)
            ck_assert_uint_eq(places, 8);
    }
    free(bytes);
    ck_assert_ptr_nonnull(strstr(said, "lxp datalog "));
    ck_assert_ptr_nonnull(strstr(said, "lxp inverter "));
}
END_TEST

/* Who is not sure of a frame's checksum still reads who sent it. */
START_TEST(serials_of_broken_frames_go_too)
{
    struct made m;

    send_registers(LXP_READ_HOLD, 0, SERIAL_HOLD);
    lxp_put_write(made(&m), &head, 21, 62292);
    m.memory[m.w.n - 1] ^= 1;
    send_bytes(DONGLE, wp_written(&m.w));
    send_registers(LXP_READ_INPUT, 80, SERIAL_INPUT);
    end_capture();
    anonymise_it(path);
    expect_both_gone();
}
END_TEST

static void publish(const char *topic, const char *payload)
{
    struct made m;

    mqtt_encode(made(&m), &(struct mqtt_frame){.type = MQTT_PUBLISH,
                                               .version = MQTT_V311,
                                               .topic = wp_text(topic),
                                               .payload = wp_text(payload)});
    send_bytes(0, wp_written(&m.w));
}

/* octolux/hold/2 to 6: "73" is 13111. Other registers stay as they are, and so does the form of a number of 16 bits. */
START_TEST(published_registers_of_the_serial_go_too)
{
    struct made m;
    struct mqtt_frame connect = {.type = MQTT_CONNECT, .version = MQTT_V311};
    char *bytes;
    size_t n;

    connect.connect.client_id = wp_text("gw");
    mqtt_encode(made(&m), &connect);
    send_bytes(0, wp_written(&m.w));
    publish("octolux/hold/2", "13111");
    publish("octolux/hold/6", "13876");
    publish("garage/hold/4", "12601");
    publish("octolux/hold/21", "62292");
    publish("octolux/hold/7", "13111");
    end_capture();
    anonymise_it(path);
    n = read_bytes(out_path, &bytes);
    ck_assert(!holds(bytes, n, "hold/213111", 11));
    ck_assert(!holds(bytes, n, "hold/613876", 11));
    ck_assert(!holds(bytes, n, "hold/412601", 11));
    ck_assert(holds(bytes, n, "hold/2162292", 12));
    ck_assert(holds(bytes, n, "hold/713111", 11));
    ck_assert(holds(bytes, n, "hold/21", 7) && holds(bytes, n, "hold/61", 7) &&
              holds(bytes, n, "hold/41", 7));
    free(bytes);
}
END_TEST

/* Captures of others: what can be read of them is the same afterwards. */
START_TEST(captures_of_others)
{
    static const char *const names[] = {"luxpower/derived_lxp-bridge_fixtures.pcap",
                                        "luxpower/derived_lxp-bridge_fixtures_split7.pcap",
                                        "luxpower/derived_lxp-bridge_fixtures_coalesced.pcap"};
    const char *in = shared(names[_i]);

    if (!in)
        return;
    anonymise_it(in);
    expect_gone("9292006063", false); /* an input register's serial is another than the frame's */
}
END_TEST

START_TEST(captures_of_ours)
{
    static const char *const names[] = {"captures/lxp/own-live-run.pcapng", "captures/lxp/cloud.pcap"};

    anonymise_it(names[_i]);
    replay((struct replay_file){.path = out_path});
    ck_assert_uint_eq(sum.n_frames, _i == 0 ? 293 : 38);
    ck_assert_ptr_nonnull(strstr(said, "proven: "));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("anonymise_lxp");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, serials_in_frames_registers_and_params_are_the_same_ones);
    tcase_add_test(tc, serials_of_broken_frames_go_too);
    tcase_add_test(tc, published_registers_of_the_serial_go_too);
    tcase_add_loop_test(tc, captures_of_others, 0, 3);
    tcase_add_loop_test(tc, captures_of_ours, 0, 2);
    suite_add_tcase(s, tc);

    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}
