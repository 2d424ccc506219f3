/* The trees of Victron's services: sound in themselves, and all that the protocol's tables and the published paths know
 * of them. */
#include "sim/device/venus_profiles.h"

#include "sim/codec/dbus.h"
#include "sim/codec/venus_topic.h"
#include "tests/venus_vectors.h"

#include <math.h>

#define EACH_PROFILE(p)                                                                                      \
    for (const struct venus_profile *p = venus_profile_at(0);                                                \
         p < venus_profile_at(0) + venus_profile_count(); p++)
#define EACH_ROW(row, p) for (const struct venus_row *row = (p)->rows; row < (p)->rows + (p)->n; row++)

START_TEST(services_have_legal_names)
{
    char name[128];
    struct wp_slice type;

    ck_assert_uint_ge(venus_profile_count(), 16);
    EACH_PROFILE(p)
    {
        snprintf(name, sizeof name, "com.victronenergy.%s%s%s", p->type, *p->suffix ? "." : "", p->suffix);
        ck_assert_msg(dbus_is_well_known(wp_text(name)), "%s", name);
        ck_assert(venus_service_type(wp_text(name), &type));
        ck_assert(wp_slice_is(type, p->type));
        ck_assert_ptr_eq(venus_profile_find(type), p);
        ck_assert_uint_gt(strlen(p->name), 0);
        if (p > venus_profile_at(0))
            ck_assert_int_lt(strcmp(p[-1].type, p->type), 0);
    }
    ck_assert_ptr_null(venus_profile_find(wp_text("edge")));
}
END_TEST

/* In order means that each is there once. */
START_TEST(paths_are_legal_and_either_leaf_or_node)
{
    EACH_PROFILE(p)
    {
        EACH_ROW(row, p)
        {
            const struct wp_slice path = wp_text(row->path);
            char node[256];

            ck_assert_msg(dbus_is_path(path) && path.n > 1, "%s %s", p->type, row->path);
            ck_assert_ptr_eq(venus_profile_row(p, path), row);
            if (row > p->rows)
                ck_assert_msg(strcmp(row[-1].path, row->path) < 0, "%s %s", p->type, row->path);
            snprintf(node, sizeof node, "%s", row->path);
            for (char *slash = strrchr(node, '/'); slash > node; slash = strrchr(node, '/')) {
                *slash = 0;
                ck_assert_msg(!venus_profile_row(p, wp_text(node)), "%s %s", p->type, node);
            }
        }
        ck_assert_ptr_null(venus_profile_row(p, wp_text("/")));
        ck_assert_ptr_null(venus_profile_row(p, wp_text("/zzz")));
        ck_assert_ptr_null(venus_profile_row(p, wp_text("")));
    }
}
END_TEST

static bool fits(const struct venus_row *row, struct wp_value v)
{
    static const struct {
        char code;
        int64_t min, max;
    } range[] = {
        {'y', 0, UINT8_MAX},         {'n', INT16_MIN, INT16_MAX}, {'q', 0, UINT16_MAX},
        {'i', INT32_MIN, INT32_MAX}, {'u', 0, UINT32_MAX},        {'x', INT64_MIN, INT64_MAX},
    };

    switch (row->type[0]) {
    case 'd': return v.kind == WP_REAL;
    case 'b': return v.kind == WP_BOOL;
    case 's': return v.kind == WP_TEXT && dbus_is_string(v.bytes);
    default: break;
    }
    for (size_t i = 0; i < sizeof range / sizeof range[0]; i++)
        if (row->type[0] == range[i].code)
            return v.kind == WP_DECIMAL && v.exp10 == 0 && v.num >= range[i].min && v.num <= range[i].max;
    return false;
}

static void check_limits(const struct venus_row *row)
{
    const struct wp_value value = venus_row_value(row, row->value), min = venus_row_value(row, row->min),
                          max = venus_row_value(row, row->max), def = venus_row_value(row, row->def);

    ck_assert_msg(row->value == NULL || fits(row, value), "%s", row->path);
    ck_assert_msg(row->min == NULL || (row->is_writable && fits(row, min)), "%s", row->path);
    ck_assert_msg(row->max == NULL || (row->is_writable && fits(row, max)), "%s", row->path);
    ck_assert_msg(row->def == NULL || (row->is_writable && fits(row, def)), "%s", row->path);
    if (row->min && row->value)
        ck_assert_msg(wp_number_cmp(min, value) <= 0 && wp_number_cmp(min, max) < 0, "%s", row->path);
    if (row->max && row->value)
        ck_assert_msg(wp_number_cmp(value, max) <= 0, "%s", row->path);
    if (row->max && row->def)
        ck_assert_msg(wp_number_cmp(min, def) <= 0 && wp_number_cmp(def, max) <= 0, "%s", row->path);
}

START_TEST(values_are_of_their_types_and_within_their_limits)
{
    size_t rows = 0, writable = 0;

    EACH_PROFILE(p)
    {
        EACH_ROW(row, p)
        {
            ck_assert_msg(dbus_is_one_type(wp_text(row->type)), "%s", row->path);
            ck_assert_msg(row->type[0] != 'a' || row->value == NULL, "%s", row->path);
            ck_assert(wp_slice_is_utf8(wp_text(row->unit)));
            ck_assert_msg((row->min == NULL) == (row->max == NULL), "%s", row->path);
            if (row->type[0] == 's')
                ck_assert_msg(row->min == NULL, "%s", row->path);
            check_limits(row);
            rows++;
            writable += row->is_writable;
        }
    }
    ck_assert_uint_ge(rows, 1000);
    ck_assert_uint_ge(writable, 150);
}
END_TEST

START_TEST(rows_are_read_as_their_types_have_it)
{
    const struct venus_profile *settings = venus_profile_find(wp_text("settings")),
                               *tank = venus_profile_find(wp_text("tank"));
    const struct venus_row *gauge = venus_profile_row(settings, wp_text("/Settings/Gui/Gauges/Pv/Power/Max"));
    const struct venus_row *capacity = venus_profile_row(tank, wp_text("/Capacity"));

    ck_assert(isinf(venus_row_value(gauge, gauge->max).real));
    ck_assert_int_eq(venus_row_value(capacity, capacity->max).kind, WP_REAL);
    ck_assert_int_eq(venus_row_value(capacity, "x").kind, WP_NULL);
    ck_assert_int_eq(venus_row_value(capacity, NULL).kind, WP_NULL);
    ck_assert(wp_slice_is(venus_row_value(venus_profile_row(tank, wp_text("/RawUnit")), "\xCE\xA9").bytes,
                          "\xCE\xA9"));
}
END_TEST

/* Everything that one product says of itself. source: protocols/victron-dbus-and-vrm a.7 */
static const char *const mandatory[] = {"/Mgmt/ProcessName", "/Mgmt/ProcessVersion", "/Mgmt/Connection",
                                        "/DeviceInstance",   "/ProductId",           "/ProductName",
                                        "/FirmwareVersion",  "/HardwareVersion",     "/Connected"};

static bool is_mandatory(const char *path)
{
    for (size_t i = 0; i < sizeof mandatory / sizeof mandatory[0]; i++)
        if (strcmp(path, mandatory[i]) == 0)
            return true;
    return false;
}

START_TEST(products_have_what_all_have)
{
    EACH_PROFILE(p)
    {
        const struct venus_row *instance = venus_profile_row(p, wp_text("/DeviceInstance"));

        if (strcmp(p->type, "settings") == 0) {
            ck_assert_ptr_null(instance);
            continue;
        }
        ck_assert_int_eq(venus_row_value(instance, instance->value).num, p->instance);
        if (strcmp(p->type, "system") == 0 || strcmp(p->type, "platform") == 0)
            continue;
        for (size_t i = 0; i < sizeof mandatory / sizeof mandatory[0]; i++)
            ck_assert_msg(venus_profile_row(p, wp_text(mandatory[i])) != NULL, "%s %s", p->type,
                          mandatory[i]);
    }
}
END_TEST

/* ---- the published paths -------------------------------------------------------------------------------- */

/* What the protocol's tables have and the published trees do not. */
static bool is_of_the_tables(const char *type, const char *path)
{
    static const char *const more[] = {
        "vebus /Serial",
        "grid /Role",
        "genset /Ac/L1/VoltageLineToLine",
        "genset /Ac/L2/VoltageLineToLine",
        "genset /Ac/L3/VoltageLineToLine",
        "genset /Ac/N/Current",
        "genset /Ac/PENVoltage",
        "acload /Ac/Current",
        "acload /Ac/Voltage",
        "acload /DeviceType",
        "acload /Role",
        "evcharger /MinCurrent",
        "settings /Settings/Devices/cgwacs_BP2222222222/ClassAndVrmInstance", /* an invented serial */
        "platform /Device/UniqueId",
        "platform /Firmware/Installed/Version",
        "platform /Mqtt/Bridges/GXdbus/Connected",
        "platform /Mqtt/Bridges/GXdbus/ConnectionStatus",
        "platform /Security/Status",
    };
    char both[256];

    snprintf(both, sizeof both, "%s %s", type, path);
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        if (strcmp(both, more[i]) == 0)
            return true;
    return is_mandatory(path);
}

START_TEST(every_path_is_a_published_one)
{
    cJSON *file = vector_file("venus-paths.json");

    EACH_PROFILE(p)
    {
        const cJSON *tree = cJSON_GetObjectItemCaseSensitive(file, p->type);

        if (!file)
            break;
        ck_assert_msg(tree != NULL, "%s", p->type);
        EACH_ROW(row, p)
        {
            ck_assert_msg(cJSON_GetObjectItemCaseSensitive(tree, row->path) ||
                              is_of_the_tables(p->type, row->path),
                          "%s %s", p->type, row->path);
        }
    }
    cJSON_Delete(file);
}
END_TEST

/* ---- the protocol's tables ------------------------------------------------------------------------------ */

/* The path that a table's cell means: as it stands, or beside one of the nodes of the path before it. */
static const struct venus_row *meant(const struct venus_profile *p, const char *said, const char *before)
{
    char path[512];
    const struct venus_row *row = venus_profile_row(p, wp_text(said));
    size_t n = strlen(before);

    while (!row && n > 0) {
        while (before[--n] != '/')
            ;
        snprintf(path, sizeof path, "%.*s%s", (int)n, before, said);
        row = venus_profile_row(p, wp_text(path));
    }
    return row;
}

/* Cells that are written shorter than by whole elements, and one with somebody's serial. */
static bool is_shorthand(const char *said)
{
    static const char *const shorter[] = {
        "/Offline",
        "/BlockingCharge",
        "/Ac/ConsumptionOnInput/",
        "/Ac/ConsumptionOnOutput/",
        "/Ac/PvOnGrid",
        "/PvOnOutput",
        "/PvOnGenset",
        "/L1/Power",
        "/NumberOfPhases",
        "/Ac/Genset/",
        "/ServiceName",
        "/ServiceType",
        "/Source",
        "/Ac/In/1/",
        "/256",
        "/Control/",
        "/Ess/Sustain",
        "/Alarms/High/",
        "/Pv/3/",
    };

    for (size_t i = 0; i < sizeof shorter / sizeof shorter[0]; i++)
        if (strcmp(said, shorter[i]) == 0)
            return true;
    return strncmp(said, "/Settings/Devices/", 18) == 0;
}

/* The next path in the cell, of L1..3 the first; NULL: no more. */
static const char *next_path(const char *at, char *said, size_t cap)
{
    static const char legal[] = "/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    size_t n = 0;

    at = strchr(at, '/');
    while (at && *at && strchr(legal, *at) && n + 1 < cap) {
        said[n++] = *at++;
        if (strncmp(at, "..", 2) == 0 && at[2] && strchr("0123456789", at[2]))
            at += 3;
    }
    said[n] = 0;
    return at;
}

static int check_cell(const struct venus_profile *p, char *cell)
{
    char said[256], before[256] = "";
    int found = 0;

    *strchr(cell, '|') = 0;
    for (const char *at = cell; (at = next_path(at, said, sizeof said)) != NULL;) {
        const struct venus_row *row = meant(p, said, before);

        ck_assert_msg(row || is_shorthand(said), "%s %s", p->type, said);
        if (row)
            snprintf(before, sizeof before, "%s", row->path);
        found += row != NULL;
    }
    return found;
}

START_TEST(the_tables_rows_are_all_there)
{
    const char *folder = getenv("WATTPROOF_TESTDATA");
    const struct venus_profile *p = NULL;
    char path[1024], line[4096];
    int found = 0;
    FILE *in;

    snprintf(path, sizeof path, "%s/protocols/victron-dbus-and-vrm.md", folder ? folder : "../shared");
    in = fopen(path, "rb");
    if (!in) {
        printf("skipped: no test data at %s\n", path);
        return;
    }
    while (fgets(line, sizeof line, in)) {
        char *quote = strchr(line, '`');

        if (strncmp(line, "### e.", 6) == 0 && quote)
            p = venus_profile_find(wp_slice(quote + 1, strcspn(quote + 1, "`")));
        else if (line[0] == '#')
            p = NULL;
        if (p && strncmp(line, "| /", 3) == 0)
            found += check_cell(p, line + 2);
    }
    fclose(in);
    ck_assert_int_ge(found, 330);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("venus_profiles");
    TCase *t = tcase_create("trees");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, services_have_legal_names);
    tcase_add_test(t, paths_are_legal_and_either_leaf_or_node);
    tcase_add_test(t, values_are_of_their_types_and_within_their_limits);
    tcase_add_test(t, rows_are_read_as_their_types_have_it);
    tcase_add_test(t, products_have_what_all_have);
    tcase_add_test(t, every_path_is_a_published_one);
    tcase_add_test(t, the_tables_rows_are_all_there);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
