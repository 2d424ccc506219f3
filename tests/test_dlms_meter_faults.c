/* Each misbehaviour of the simulated DLMS/COSEM meter, seen by who reads what it sends.
 * covers: dlms_meter_faults dlms_meter_server */
#include "tests/dlms_meter_read.h"

#define AARQ                                                                                                 \
    "00010001"                                                                                               \
    "0001"                                                                                                   \
    "001F"                                                                                                   \
    "601DA109060760857405080101BE10040E01000000065F1F0400001E1DFFFF"
#define GET                                                                                                  \
    "00010001"                                                                                               \
    "0001"                                                                                                   \
    "000D"                                                                                                   \
    "C001C1"                                                                                                 \
    "0003"                                                                                                   \
    "01000C0700FF"                                                                                           \
    "0200"

/* A profile that pushes once with a fault on, and once without it. */
static void push_with(struct rig *r, const char *profile, const char *fault, const char *value)
{
    rig_start(r, "profile", profile, "address", "000000123456", "push.interval", "0s", NULL);
    rig_set(r, fault, value, 1);
    rig_push(r);
}

static const char *fault_of(struct rig *r)
{
    return read_back(r) == COSEM_UNIT_PLAIN ? "none" : wp_fault_text(plain.fault);
}

static void recovers(struct rig *r)
{
    rig_push(r);
    ck_assert_int_eq(read_back(r), COSEM_UNIT_PLAIN);
    rig_free(r);
}

START_TEST(a_wrong_key_fails_the_tag)
{
    struct rig r;

    push_with(&r, "kamstrup-dk", "fault.key", "true");
    ck_assert_str_eq(fault_of(&r), "auth-tag");
    recovers(&r);
}
END_TEST

START_TEST(a_counter_is_replayed)
{
    struct rig r;
    uint32_t before;

    rig_start(&r, "profile", "kamstrup-dk", "push.interval", "0s", "ic", "700", NULL);
    rig_push(&r);
    ck_assert_int_eq(read_back(&r), COSEM_UNIT_PLAIN);
    before = plain.layer[0].ic;
    ck_assert_uint_eq(before, 700);
    rig_set(&r, "fault.counter", "true", 1);
    rig_push(&r);
    ck_assert_int_eq(read_back(&r), COSEM_UNIT_PLAIN);
    ck_assert_uint_eq(plain.layer[0].ic, before);
    rig_push(&r);
    ck_assert_int_eq(read_back(&r), COSEM_UNIT_PLAIN);
    ck_assert_uint_eq(plain.layer[0].ic, before + 1);
    rig_free(&r);
}
END_TEST

START_TEST(a_restart_does_not_use_a_counter_again)
{
    uint32_t before;
    struct rig r;

    rig_start(&r, "profile", "kamstrup-dk", "push.interval", "500ms", NULL);
    rig_run(&r, WP_SEC(10));
    ck_assert_int_eq(read_back(&r), COSEM_UNIT_PLAIN);
    before = plain.layer[0].ic;
    dlms_meter_class.init(&r.setup, r.machine);
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    rig_run(&r, WP_SEC(10));
    rig_push(&r);
    ck_assert_int_eq(read_back(&r), COSEM_UNIT_PLAIN);
    ck_assert_uint_gt(plain.layer[0].ic, before);
    rig_free(&r);
}
END_TEST

START_TEST(a_spent_counter_silences_it)
{
    struct rig r;

    rig_start(&r, "profile", "kamstrup-dk", "push.interval", "0s", "ic", "4294967295", NULL);
    rig_push(&r);
    rig_expect(&r, "[     0.000] note counter-spent: nothing is sent any more under this key\n");
    rig_free(&r);
}
END_TEST

START_TEST(a_block_is_missing)
{
    struct rig r;

    push_with(&r, "lg-e450", "fault.block", "2");
    ck_assert_uint_eq(r.n_sends, 3);
    ck_assert_str_eq(fault_of(&r), "block-number");
    recovers(&r);
}
END_TEST

START_TEST(blocks_come_in_the_wrong_order)
{
    struct rig r;

    push_with(&r, "lg-e450", "fault.swap", "2");
    ck_assert_uint_eq(r.n_sends, 4);
    ck_assert_str_eq(fault_of(&r), "block-number");
    recovers(&r);
    push_with(&r, "lg-e450", "fault.swap", "4"); /* the last one: nothing is behind it */
    ck_assert_uint_eq(r.n_sends, 4);
    ck_assert_int_eq(read_back(&r), COSEM_UNIT_PLAIN);
    recovers(&r);
}
END_TEST

START_TEST(the_fcs_is_wrong)
{
    struct hdlc_frame f;
    struct rig r;

    push_with(&r, "kaifa-no-3p", "fault.fcs", "true");
    ck_assert_int_eq(hdlc_decode(NULL, r.sends[0], &f).fault, WP_FAULT_FCS);
    recovers(&r);
    push_with(&r, "netz-noe", "fault.fcs", "true");
    ck_assert_int_eq(mbus_decode(r.sends[0], &(struct mbus_frame){0}).fault, WP_FAULT_MBUS_CHECKSUM);
    recovers(&r);
}
END_TEST

START_TEST(scalers_are_wrong)
{
    char text[160];
    struct rig r;

    push_with(&r, "zmf100-swapped", "fault.scaler", "1");
    (void)shape_of(&r, "zmf100-swapped");
    ck_assert_str_eq(value_of(obis(1, 0, 1, 7, 0, 255), text), "16800");
    rig_free(&r);
}
END_TEST

START_TEST(half_an_apdu_comes_in_a_good_frame)
{
    struct rig r;

    push_with(&r, "em114070", "fault.half", "true");
    ck_assert_uint_eq(r.n_sends, 1);
    ck_assert_str_eq(fault_of(&r), "truncated");
    recovers(&r);
}
END_TEST

START_TEST(the_list_is_another_makers)
{
    struct rig r;

    push_with(&r, "kaifa-no-3p", "fault.shape", "aidon-no-3p");
    ck_assert_str_eq(shape_of(&r, "kaifa"), "array-of-obis-structs");
    recovers(&r);
}
END_TEST

START_TEST(deviations_have_the_other_sign)
{
    struct cosem_time t;
    struct rig r;

    rig_start(&r, "profile", "iskra-at", "push.interval", "0s", NULL);
    r.setup.utc_offset_s = 3600;
    rig_push(&r);
    ck_assert_int_eq(read_back(&r), COSEM_UNIT_PLAIN);
    ck_assert(cosem_time_read(plain.apdu.notification.time, &t));
    ck_assert_int_eq(t.deviation, -60);
    ck_assert_uint_eq(t.hour, 13);
    rig_set(&r, "fault.deviation", "true", 1);
    rig_push(&r);
    ck_assert_int_eq(read_back(&r), COSEM_UNIT_PLAIN);
    ck_assert(cosem_time_read(plain.apdu.notification.time, &t));
    ck_assert_int_eq(t.deviation, 60);
    rig_free(&r);
}
END_TEST

START_TEST(its_clock_stands_still)
{
    struct cosem_time t;
    struct rig r;

    rig_start(&r, "profile", "iskra-at", "push.interval", "0s", NULL);
    rig_set(&r, "fault.clock", "true", 0);
    rig_run(&r, WP_SEC(3600));
    rig_push(&r);
    ck_assert_int_eq(read_back(&r), COSEM_UNIT_PLAIN);
    ck_assert(cosem_time_read(plain.apdu.notification.time, &t));
    ck_assert_uint_eq(t.hour, 12);
    rig_set(&r, "fault.clock", NULL, 0);
    rig_push(&r);
    ck_assert_int_eq(read_back(&r), COSEM_UNIT_PLAIN);
    ck_assert(cosem_time_read(plain.apdu.notification.time, &t));
    ck_assert_uint_eq(t.hour, 13);
    rig_free(&r);
}
END_TEST

START_TEST(it_pauses_between_segments)
{
    struct rig r;

    push_with(&r, "iskra-at", "fault.stall", "12s");
    ck_assert_uint_eq(r.n_sends, 1);
    rig_set(&r, "push.now", "true", 0);
    ck_assert_uint_eq(r.n_sends, 1); /* the one that pauses is finished first */
    rig_run(&r, WP_SEC(12));
    ck_assert_uint_eq(r.n_sends, 3);
    ck_assert_int_eq(read_back(&r), COSEM_UNIT_PLAIN); /* its segments are of one moment */
    recovers(&r);
}
END_TEST

START_TEST(a_frame_is_dropped_doubled_cut_or_bent)
{
    struct hdlc_frame f;
    struct rig r;

    push_with(&r, "kaifa-no-3p", "fault.drop", "true");
    ck_assert_uint_eq(r.n_sends, 0);
    recovers(&r);
    push_with(&r, "kaifa-no-3p", "fault.duplicate", "2");
    ck_assert_uint_eq(r.n_sends, 3);
    ck_assert(wp_slice_eq(r.sends[0], r.sends[2]));
    recovers(&r);
    push_with(&r, "kaifa-no-3p", "fault.cut", "20");
    ck_assert_uint_eq(r.n_sends, 1);
    ck_assert_uint_eq(r.sends[0].n, 20);
    recovers(&r);
    push_with(&r, "kaifa-no-3p", "fault.flip", "200");
    ck_assert_int_eq(hdlc_decode(NULL, r.sends[0], &f).fault, WP_FAULT_FCS);
    recovers(&r);
    push_with(&r, "kaifa-no-3p", "fault.before", "DEADBEEF");
    ck_assert_uint_eq(r.sends[0].n, 4);
    recovers(&r);
}
END_TEST

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static const char *answer_with(struct rig *r, const char *fault, const char *value)
{
    static char text[256];
    struct wp_writer w = wp_writer(text, sizeof text);

    rig_start(r, "push.interval", "0s", NULL);
    rig_hex(r, AARQ);
    rig_run(r, r->now + WP_SEC(1));
    rig_forget(r);
    rig_set(r, fault, value, 1);
    rig_hex(r, GET);
    rig_run(r, r->now + WP_SEC(1));
    if (r->n_sends == 0)
        return "silence";
    wp_put_hex(&w, wp_slice_from(r->sends[0], 8));
    return wp_put_end(&w);
}

START_TEST(answers_misbehave)
{
    static const char *const known[][3] = {
        {"fault.exception", "0102", "D80102"},
        {"fault.invoke", "3", "C401C4000600005C54"},
        {"fault.result", "2", "C401C10102"},
        {"fault.scaler", "1", "C401C1000600005C54"},
        {"fault.silence", "get", "silence"},
        {"fault.silence", "any", "silence"},
        {"fault.silence", "aarq", "C401C1000600005C54"},
        {"fault.half", "true", "C401C100"},
        {"fault.late", "5s", "silence"},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct rig r;

        ck_assert_str_eq(answer_with(&r, known[i][0], known[i][1]), known[i][2]);
        rig_free(&r);
    }
}
END_TEST

START_TEST(an_aarq_is_rejected_or_left_alone)
{
    struct rig r;

    rig_start(&r, "push.interval", "0s", "fault.reject", "2", NULL);
    rig_hex(&r, AARQ);
    rig_run(&r, WP_SEC(1));
    ck_assert_uint_eq(r.sends[0].p[8], 0x61);
    ck_assert_uint_eq(r.sends[0].p[8 + 17], 1);
    rig_set(&r, "fault.reject", NULL, 0);
    rig_set(&r, "fault.silence", "aarq", 1);
    rig_forget(&r);
    rig_hex(&r, AARQ);
    rig_run(&r, WP_SEC(10));
    ck_assert_uint_eq(r.n_sends, 0);
    rig_hex(&r, AARQ);
    rig_run(&r, WP_SEC(11));
    ck_assert_uint_eq(r.n_sends, 1);
    rig_free(&r);
}
END_TEST

/* ---- the session -------------------------------------------------------------------------------------------------- */

START_TEST(power_fails_with_a_last_gasp)
{
    struct rig r;

    rig_start(&r, "push.interval", "0s", NULL);
    rig_set(&r, "fault.gasp", "10s", 0);
    ck_assert_uint_eq(r.sends[0].p[8], 0x0F); /* of IVY's session messages */
    ck_assert_uint_eq(r.sends[0].p[9], 0x02);
    rig_forget(&r);
    rig_run(&r, WP_SEC(9));
    ck_assert_uint_eq(r.n_sends, 0);
    rig_run(&r, WP_SEC(10));
    ck_assert_uint_eq(r.sends[0].p[8], 0x0A);
    rig_free(&r);
}
END_TEST

/* An Indian meter tells it by bit 85 of its event status word, and its return by bit 86. */
START_TEST(power_fails_with_an_alert)
{
    char text[160];
    struct rig r;

    rig_start(&r, "profile", "in-15959", "push.interval", "0s", NULL);
    rig_set(&r, "fault.gasp", "10s", 0);
    ck_assert_str_eq(shape_of(&r, "in-15959"), "is15959");
    ck_assert_int_eq(value_of(obis(0, 0, 94, 91, 18, 255), text)[85], '1');
    rig_forget(&r);
    rig_run(&r, WP_SEC(10));
    ck_assert_str_eq(shape_of(&r, "in-15959"), "is15959");
    ck_assert_int_eq(value_of(obis(0, 0, 94, 91, 18, 255), text)[86], '1');
    ck_assert_int_eq(value_of(obis(0, 0, 94, 91, 18, 255), text)[85], '0');
    rig_free(&r);
}
END_TEST

START_TEST(it_vanishes_and_comes_back)
{
    struct rig r;

    rig_start(&r, "push.interval", "1s", NULL);
    rig_set(&r, "fault.vanish", "true", 0);
    rig_run(&r, WP_SEC(30));
    ck_assert_uint_eq(r.n_sends, 0);
    rig_set(&r, "fault.vanish", NULL, 0);
    rig_run(&r, WP_SEC(31));
    ck_assert_uint_gt(r.n_sends, 0);
    rig_free(&r);
}
END_TEST

START_TEST(slots_are_few_and_told)
{
    struct rig r;

    rig_start(&r, "push.interval", "0s", "spare", "1", NULL);
    rig_set(&r, "fault.half", "true", 1);
    rig_set(&r, "fault.key", "true", 1);
    rig_expect(&r, "[     0.000] note memory-full: fault.key\n");
    rig_set(&r, "fault.half", NULL, 0);
    rig_set(&r, "fault.exception", "01", 1);
    rig_expect(&r, "[     0.000] note value-refused: fault.exception\n");
    rig_set(&r, "fault.exception", "0101", 1);
    rig_expect(&r, "");
    rig_free(&r);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dlms_meter_faults");
    TCase *tcase = tcase_create("faults");

    tcase_add_test(tcase, a_wrong_key_fails_the_tag);
    tcase_add_test(tcase, a_counter_is_replayed);
    tcase_add_test(tcase, a_restart_does_not_use_a_counter_again);
    tcase_add_test(tcase, a_spent_counter_silences_it);
    tcase_add_test(tcase, a_block_is_missing);
    tcase_add_test(tcase, blocks_come_in_the_wrong_order);
    tcase_add_test(tcase, the_fcs_is_wrong);
    tcase_add_test(tcase, scalers_are_wrong);
    tcase_add_test(tcase, half_an_apdu_comes_in_a_good_frame);
    tcase_add_test(tcase, the_list_is_another_makers);
    tcase_add_test(tcase, deviations_have_the_other_sign);
    tcase_add_test(tcase, its_clock_stands_still);
    tcase_add_test(tcase, it_pauses_between_segments);
    tcase_add_test(tcase, a_frame_is_dropped_doubled_cut_or_bent);
    tcase_add_test(tcase, answers_misbehave);
    tcase_add_test(tcase, an_aarq_is_rejected_or_left_alone);
    tcase_add_test(tcase, power_fails_with_a_last_gasp);
    tcase_add_test(tcase, power_fails_with_an_alert);
    tcase_add_test(tcase, it_vanishes_and_comes_back);
    tcase_add_test(tcase, slots_are_few_and_told);
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
