/* APDUs of DLMS/COSEM, read and built.
 * covers: cosem_take cosem_get cosem_set cosem_action cosem_event cosem_initiate cosem_access cosem_variables
 * cosem_general cosem_name cosem_apdu_fields cosem_acse */
#include "sim/codec/cosem_apdu.h"
#include "tests/dlms_vectors.h"

/* Does the vector's error name this fault, or is there nothing that a shape alone could refuse? */
static bool is_of_cipher(const char *error)
{
    static const char *const by_key[] = {"auth-tag", "compressed", "system-title"};

    for (size_t i = 0; i < sizeof by_key / sizeof by_key[0]; i++)
        if (strcmp(error, by_key[i]) == 0)
            return true;
    return false;
}

static struct wp_slice behind_llc(struct wp_slice in)
{
    return in.n > 3 && in.p[0] == 0xE6 && (in.p[1] == 0xE6 || in.p[1] == 0xE7) && in.p[2] == 0
               ? wp_slice_from(in, 3)
               : in;
}

/* Strict reading: what is valid reads to its end, what is not is refused for the stated reason. */
START_TEST(published_apdus_read_or_are_refused)
{
    int n = 0;

    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "dlms-apdu");) {
        struct cosem_apdu apdu;
        struct wp_slice in = behind_llc(v.bytes);
        struct wp_decode d = cosem_apdu_read(in, COSEM_STRICT, &apdu);

        if (cJSON_HasObjectItem(v.expect, "gmac"))
            continue;
        n++;
        if (v.is_valid)
            ck_assert_msg(d.status == WP_OK, "%s: %s at %zu", v.id, wp_fault_text(d.fault), d.at);
        else if (d.status == WP_OK)
            ck_assert_msg(v.has_key || is_of_cipher(v.error), "%s reads", v.id);
        else
            ck_assert_msg(strcmp(wp_fault_text(d.fault), v.error) == 0, "%s: %s, not %s", v.id,
                          wp_fault_text(d.fault), v.error);
    }
    if (dlms_vectors())
        ck_assert_int_eq(n, 167);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cosem_apdu");
    TCase *t = tcase_create("cosem_apdu");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, published_apdus_read_or_are_refused);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
