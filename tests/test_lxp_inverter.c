/* The inverter and its clients: who gets a place, and what it is made from.
 *
 * covers: lxp_inverter_link lxp_inverter_options lxp_inverter_profiles */
#include "tests/lxp_inverter_rig.h"

static struct rig f;

static void teardown(void)
{
    rig_free(&f);
}

/* ---- clients ------------------------------------------------------------------------------------------------- */

START_TEST(one_client_too_many_is_closed)
{
    rig_start(&f, "clients.max", "2", NULL);
    rig_connect(&f);
    rig_connect(&f);
    rig_connect(&f);
    rig_expect(&f, "[     0.000] 3 closed\n");
    rig_disconnect(&f, 1);
    rig_connect(&f);
    rig_expect(&f, "");
}
END_TEST

START_TEST(the_end_says_goodbye_to_all)
{
    rig_start(&f, NULL);
    rig_connect(&f);
    rig_connect(&f);
    rig_step(&f, (struct wp_event){.kind = WP_EV_STOP});
    rig_expect(&f, "[     0.000] 1 closed\n[     0.000] 2 closed\n");
    ck_assert_int_eq(lxp_inverter_class.deadline(f.machine), WP_NEVER);
}
END_TEST

/* ---- what it is made from ------------------------------------------------------------------------------------- */

START_TEST(what_cannot_be_is_said)
{
    ck_assert_str_eq(rig_check(&f, "serial", "555", NULL), "serial has 10 printable characters");
    ck_assert_str_eq(rig_check(&f, "datalog", "BA5555", NULL), "datalog has 10 printable characters");
    ck_assert_str_eq(rig_check(&f, "firmware", "AAABC", NULL), "firmware has 4 printable characters");
    ck_assert_str_eq(rig_check(&f, NULL), "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("lxp_inverter");
    TCase *t = tcase_create("class");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, one_client_too_many_is_closed);
    tcase_add_test(t, the_end_says_goodbye_to_all);
    tcase_add_test(t, what_cannot_be_is_said);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
