/* What each maker's meter pushes, read back by the codecs: transport, protection, shape, values; and held against what
 * real ones sent.
 * covers: dlms_meter_profiles dlms_meter_shapes dlms_meter_values dlms_meter_physics dlms_meter_line dlms_meter_security
 * dlms_meter_objects */
#include "tests/dlms_meter_read.h"
#include "tests/dlms_vectors.h"

/* ---- every profile ---------------------------------------------------------------------------------------------- */

/* What one of each list says: its shape, how many frames and octets in the first one, readings, and some values. The
 * octets are those of real ones where vectors have the same list (named in the last column). */
static const struct {
    const char *profile, *list, *shape;
    size_t frames, first, points;
    const char *power, *voltage, *current, *energy;
} known[] = {
    {"em114070", "1", "flat-obis", 1, 139, 10, "118", "none", "none", "none"},
    {"aidon-no-3p", "1", "array-of-obis-structs", 1, 44, 1, "4014", "none", "none", "none"},       /* d0403 */
    {"aidon-no-3p", "2", "array-of-obis-structs", 1, 288, 13, "4014", "233.0", "5.8", "none"},     /* d0402 */
    {"aidon-no-3p", "3", "array-of-obis-structs", 1, 396, 18, "4014", "233.0", "5.8", "12345670"}, /* d0002 */
    {"kaifa-no-3p", "1", "positional-kaifa", 1, 41, 1, "4108", "none", "none", "none"},            /* d0044 */
    {"kaifa-no-3p", "2", "positional-kaifa", 1, 123, 13, "4108", "239.2", "5.754", "none"},        /* d0045 */
    {"kaifa-no-3p", "3", "positional-kaifa", 1, 157, 18, "4108", "239.2", "5.754", "12345670"},    /* d0047 */
    {"kaifa-no-1p", "1", "positional-kaifa", 1, 41, 1, "2803", "none", "none", "none"},
    {"kaifa-no-1p", "2", "positional-kaifa", 1, 103, 9, "2803", "233.7", "12.056", "none"},
    {"kaifa-no-1p", "3", "positional-kaifa", 1, 137, 14, "2803", "233.7", "12.056", "12345670"}, /* d0048 */
    {"kamstrup-no", "1", "flat-obis", 1, 228, 12, "6248", "232", "9.16", "none"},                /* d0059 */
    {"kamstrup-no", "2", "flat-obis", 1, 302, 17, "6248", "232", "9.16", "12345670"},            /* d0058 */
    {"kamstrup-dk", "1", "flat-obis", 1, 413, 26, "1033", "234", "1.60", "12345670"},
    {"iskra-ch", "1", "push-object-list", 3, 166, 13, "2899", "233.6", "4.20", "none"},
    {"iskra-at", "1", "structs-in-structure", 3, 166, 16, "2899", "233.6", "4.20", "12345670"}, /* d0400 */
    {"lg-e450", "1", "push-object-list", 4, 134, 12, "708", "none", "1.05", "12345670"},        /* d0109 */
    {"lg-e450", "2", "push-object-list", 3, 134, 12, "708", "234", "1.05", "12345670"},         /* d0110 */
    {"netz-noe", "1", "flat-obis", 2, 256, 11, "316", "233.4", "0.48", "12345670"},             /* d0050 */
    {"sagemcom-at", "1", "flat-obis", 2, 263, 11, "316", "233.4", "0.48", "12345670"},          /* d0116 */
    {"in-15959", "1", "is15959", 1, 117, 10, "none", "230.50", "5.17", "12345670"},
    {"spodes", "1", "push-object-list", 1, 404, 7, "none", "229.8", "3.40", "12345670"},
    {"egd-untagged", "1", "untagged-descriptor", 1, 314, 16, "1546", "none", "none", "12345670"},
    {"zmf100-swapped", "1", "array-of-obis-structs", 1, 387, 18, "1680", "233.0", "2.44", "none"},
};

/* Who scales its numbers, where they do not say so. */
static const char *maker_of(const char *profile)
{
    static const char *const makers[][2] = {
        {"kaifa", "kaifa"}, {"kamstrup", "kamstrup"}, {"iskra", "iskra"}, {"lg-", "landis-gyr-e450"}};

    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        if (strncmp(profile, makers[i][0], strlen(makers[i][0])) == 0)
            return makers[i][1];
    return profile;
}

START_TEST(every_list_is_read_as_its_makers)
{
    char text[160];
    struct rig r;

    rig_start(&r, "profile", known[_i].profile, "address", "000000123456", "push.list", known[_i].list, NULL);
    rig_push(&r);
    ck_assert_str_eq(shape_of(&r, maker_of(known[_i].profile)), known[_i].shape);
    ck_assert_uint_eq(r.n_sends, known[_i].frames);
    ck_assert_uint_eq(r.sends[0].n, known[_i].first);
    ck_assert_uint_eq(said.n_points, known[_i].points);
    ck_assert_uint_eq(said.n_unmapped, 0);
    ck_assert_str_eq(value_of(obis(1, 0, 1, 7, 0, 255), text), known[_i].power);
    ck_assert_str_eq(value_of(obis(1, 0, 32, 7, 0, 255), text), known[_i].voltage);
    ck_assert_str_eq(value_of(obis(1, 0, 31, 7, 0, 255), text), known[_i].current);
    ck_assert_str_eq(value_of(obis(1, 0, 1, 8, 0, 255), text), known[_i].energy);
    rig_free(&r);
}
END_TEST

/* The HDLC frames of a capture, as if they had been sent. */
static void keep_frames(struct rig *r, struct wp_slice in)
{
    struct hdlc_line line = {0};
    struct hdlc_frame f;

    while (in.n > 1) {
        struct wp_decode d = hdlc_decode(&line, in, &f);

        ck_assert_int_eq(d.status, WP_OK);
        rig_keep(r, wp_slice(in.p, d.used));
        in = wp_slice_from(in, d.used);
    }
}

/* ---- beside real ones -------------------------------------------------------------------------------------------- */

static const struct {
    const char *id, *profile, *list;
    size_t header; /* octets in front that are the same: up to the information, or the title */
} real[] = {
    {"d0403", "aidon-no-3p", "1", 8},  {"d0402", "aidon-no-3p", "2", 8},  {"d0002", "aidon-no-3p", "3", 8},
    {"d0044", "kaifa-no-3p", "1", 16}, {"d0045", "kaifa-no-3p", "2", 16}, {"d0059", "kamstrup-no", "1", 16},
    {"d0058", "kamstrup-no", "2", 16}, {"d0400", "iskra-at", "1", 12},    {"d0109", "lg-e450", "1", 20},
    {"d0050", "netz-noe", "1", 9},     {"d0116", "sagemcom-at", "1", 9},
};

static const char *vector_of(const char *id, uint8_t *out, size_t *ret_n)
{
    for (struct dlms_vector v = {0}; dlms_vectors_next(&v, NULL);)
        if (strcmp(v.id, id) == 0) {
            memcpy(out, v.bytes.p, v.bytes.n);
            *ret_n = v.bytes.n;
            return id;
        }
    return NULL;
}

/* Types of A-XDR of a body, one letter each. */
static void put_types(struct wp_writer *w, struct wp_slice body)
{
    struct axdr_cursor c;
    struct axdr_item item;

    axdr_open(&c, body, NULL);
    while (axdr_next(&c, &item)) {
        wp_put_hex(w, wp_slice(&item.tag, 1));
        wp_put_uint(w, item.count);
        wp_put_char(w, ' ');
    }
}

/* Header of the frame as that of the real one; where nothing is ciphered also the types of all elements and the length of
 * every text. */
START_TEST(it_looks_like_the_real_one)
{
    static uint8_t frame[DLMS_VECTOR_MAX];
    char ours[2048], theirs[2048];
    struct wp_writer o = wp_writer(ours, sizeof ours), t = wp_writer(theirs, sizeof theirs);
    struct rig r;
    size_t n = 0;

    if (!vector_of(real[_i].id, frame, &n))
        return;
    rig_start(&r, "profile", real[_i].profile, "push.list", real[_i].list, NULL);
    rig_push(&r);
    ck_assert_mem_eq(r.sends[0].p, frame, real[_i].header);
    put_types(&o, body_of(&r));
    if (plain.n_layers == 0) {
        rig_forget(&r);
        keep_frames(&r, wp_slice(frame, n));
        put_types(&t, body_of(&r));
        ck_assert_str_eq(wp_put_end(&o), wp_put_end(&t));
    }
    rig_free(&r);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dlms_meter_profiles");
    TCase *tcase = tcase_create("profiles");

    tcase_add_loop_test(tcase, every_list_is_read_as_its_makers, 0, sizeof known / sizeof known[0]);
    tcase_add_loop_test(tcase, it_looks_like_the_real_one, 0, sizeof real / sizeof real[0]);
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
