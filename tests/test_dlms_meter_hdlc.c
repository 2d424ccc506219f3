/* The simulated DLMS/COSEM meter on an HDLC link: sizes, numbers, segments, what was lost. */
#include "tests/dlms_meter_ask.h"

static const char *ask_hdlc(struct rig *r, const char *hex)
{
    rig_forget(r);
    rig_hex(r, hex);
    return listen_to(r);
}

/* The session of protocol notes, appendix A (u9n/dlms-cosem): SNRM, AARQ. */
START_TEST(a_link_is_set_up_as_in_a_published_session)
{
    struct hdlc_frame f;
    struct hdlc_parameters p;
    struct rig r;

    rig_start(&r, "profile", "iskra-at", "push.interval", "0s", NULL);
    ask_hdlc(&r, "7EA00802232193BD647E");
    ck_assert_int_eq(hdlc_decode(NULL, r.sends[0], &f).status, WP_OK);
    ck_assert_int_eq(f.type, HDLC_UA);
    ck_assert(hdlc_parameters_read(f.info, &p));
    ck_assert_uint_eq(p.info_transmit, 128);
    ck_assert_uint_eq(p.window_receive, 1);
    ask_hdlc(&r,
             "7EA02C02232110AF9FE6E600601DA109060760857405080101BE10040E01000000065F1F0400001E1DFFFFC5E47E");
    ck_assert_int_eq(hdlc_decode(NULL, r.sends[0], &f).status, WP_OK);
    ck_assert_uint_eq(f.control, 0x30);
    ck_assert_uint_eq(f.payload.p[0], 0x61);
    ck_assert_uint_eq(f.destination.upper, 16);
    rig_free(&r);
}
END_TEST

static struct wp_slice i_frame(uint8_t *memory, const char *apdu, unsigned ns, unsigned nr)
{
    uint8_t octets[512];
    struct wp_writer w = wp_writer(memory, 600);
    struct hdlc_frame f = {
        .destination = {1, 17, 2}, .source = {16, 0, 1}, .type = HDLC_I, .llc = HDLC_LLC_COMMAND};
    size_t n = 0;

    ck_assert(wp_hex_read(wp_text(apdu), octets, sizeof octets, &n));
    f.type = n > 0 ? HDLC_I : HDLC_RR;
    f.llc = n > 0 ? HDLC_LLC_COMMAND : HDLC_LLC_NONE;
    f.control = hdlc_control(f.type, ns, nr, true);
    f.payload = wp_slice(octets, n);
    hdlc_encode(&w, &f);
    return wp_written(&w);
}

/* A long answer: segments until RR has come for each, the same one again when it was lost. */
START_TEST(a_long_answer_comes_in_segments)
{
    uint8_t memory[600], joined[8192];
    struct hdlc_join join;
    struct hdlc_frame f;
    struct wp_slice whole = {NULL, 0};
    enum wp_fault fault;
    enum wp_status status = WP_MORE;
    unsigned segments = 0;
    struct rig r;

    hdlc_join_init(&join, joined, sizeof joined);
    rig_start(&r, "profile", "iskra-at", "push.interval", "0s", NULL);
    ask_hdlc(&r, "7EA00802232193BD647E");
    rig_bytes(&r, i_frame(memory, AARQ, 0, 0));
    rig_run(&r, r.now + WP_SEC(1));
    rig_forget(&r);
    rig_bytes(&r, i_frame(memory,
                          GET("000F"
                              "0000280000FF"
                              "02"),
                          1, 1));
    while (status == WP_MORE) {
        listen_to(&r);
        ck_assert_uint_eq(r.n_sends, 1);
        ck_assert_int_eq(hdlc_decode(NULL, r.sends[0], &f).status, WP_OK);
        ck_assert_uint_eq(hdlc_ns(f.control), (1 + segments) & 7);
        ck_assert_uint_le(f.info.n, 128);
        status = hdlc_join_add(&join, &f, &whole, &fault);
        segments++;
        rig_forget(&r);
        if (segments == 2) { /* lost: it is asked for once more */
            rig_bytes(&r, i_frame(memory, "", 0, segments));
            listen_to(&r);
            ck_assert_uint_eq(hdlc_ns(f.control), (segments)&7);
            rig_forget(&r);
        }
        rig_bytes(&r, i_frame(memory, "", 0, (1 + segments) & 7));
    }
    ck_assert_int_eq(status, WP_OK);
    ck_assert_uint_gt(segments, 5);
    ck_assert_uint_eq(whole.p[0], 0xC4);
    ck_assert_int_eq(axdr_decode_whole(wp_slice_from(whole, 4), NULL).status, WP_OK);
    rig_free(&r);
}
END_TEST

/* The client repeats what it heard no answer to: it is answered again, and executed once. */
START_TEST(a_repeated_request_is_not_executed_again)
{
    uint8_t memory[600], first[256];
    struct wp_slice set;
    struct rig r;
    size_t n;

    rig_start(&r, "push.interval", "0s", "transport", "hdlc", "login", "none", NULL);
    ask_hdlc(&r, "7EA00802232193BD647E");
    rig_bytes(&r, i_frame(memory, AARQ, 0, 0));
    rig_run(&r, r.now + WP_SEC(1));
    rig_forget(&r);
    set = i_frame(memory,
                  "C101C1"
                  "0001"
                  "0000600E00FF"
                  "0200"
                  "1102",
                  1, 1);
    rig_bytes(&r, set);
    listen_to(&r);
    n = r.sends[0].n;
    memcpy(first, r.sends[0].p, n);
    rig_set(&r, "tariff", "1", 0);
    rig_forget(&r);
    rig_bytes(&r, set);
    listen_to(&r);
    ck_assert_uint_eq(r.n_sends, 1);
    ck_assert(wp_slice_eq(r.sends[0], wp_slice(first, n)));
    ck_assert_uint_eq(rig_meter(&r)->tariff, 1);
    rig_free(&r);
}
END_TEST

START_TEST(without_a_link_there_is_dm)
{
    uint8_t memory[600];
    struct hdlc_frame f;
    struct rig r;

    rig_start(&r, "profile", "iskra-at", "push.interval", "0s", NULL);
    rig_bytes(&r, i_frame(memory, AARQ, 0, 0));
    listen_to(&r);
    ck_assert_int_eq(hdlc_decode(NULL, r.sends[0], &f).status, WP_OK);
    ck_assert_int_eq(f.type, HDLC_DM);
    rig_free(&r);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dlms_meter_hdlc");
    TCase *tcase = tcase_create("hdlc");

    tcase_add_test(tcase, a_link_is_set_up_as_in_a_published_session);
    tcase_add_test(tcase, a_long_answer_comes_in_segments);
    tcase_add_test(tcase, a_repeated_request_is_not_executed_again);
    tcase_add_test(tcase, without_a_link_there_is_dm);
    suite_add_tcase(s, tcase);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
