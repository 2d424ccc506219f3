/* D-Bus messages whole: what their headers must be, and which fault says what they are not. covers: dbus_check
 *
 * The bytes are those that libdbus 1.14 makes; tests/test_dbus_random.c compares with it by the hundred. */
#include "tests/dbus_rig.h"

enum { AT_SIGNATURE = 141, AT_BODY = 144, SET_VALUE_BYTES = 152 };

/* dbus_message_new_method_call("com.victronenergy.grid", "/Ac/Power", "com.victronenergy.BusItem", "SetValue") of serial
 * 9, with the variant int32 5. */
static const char set_value[] = /* 0 */ "6C01000108000000090000007F000000"
                                        /* 16 */ "01016F00090000002F41632F506F77657200000000000000"
                                        /* 40 */ "0601730016000000636F6D2E766963747"
                                        "26F6E656E657267792E677269640000"
                                        /* 72 */ "0201730019000000636F6D2E766963747"
                                        "26F6E656E657267792E4275734974656D00000000000000"
                                        /* 112 */ "030173000800000053657456616C75650000000000000000"
                                        /* 136 */ "0801670001760000"
                                        /* 144 */ "0169000005000000";

static uint8_t p[4096];
static size_t n;

static void setup(void)
{
    ck_assert(wp_hex_read(wp_text(set_value), p, sizeof p, &n));
    ck_assert_uint_eq(n, SET_VALUE_BYTES);
}

static struct dbus_message decoded(void)
{
    struct dbus_message m;
    struct wp_decode d = dbus_decode(wp_slice(p, n), &m);

    ck_assert_msg(d.status == WP_OK, "%s at %zu", wp_fault_text(d.fault), d.at);
    ck_assert_uint_eq(d.used, n);
    return m;
}

static void check_refused(enum wp_fault fault, size_t at, const char *what)
{
    struct dbus_message m, untouched;
    struct wp_decode d;
    DBusMessage *theirs = NULL;

    memset(&m, 0xA5, sizeof m);
    untouched = m;
    d = dbus_decode(wp_slice(p, n), &m);
    ck_assert_msg(d.status == WP_BAD && d.fault == fault && d.at == at, "%s: %s at %zu", what,
                  d.status == WP_BAD ? wp_fault_text(d.fault) : "not bad", d.at);
    ck_assert(d.used >= 1 && d.used <= n);
    ck_assert(memcmp(&m, &untouched, sizeof m) == 0);
    if (dbus_message_demarshal_bytes_needed((const char *)p, (int)n) == (int)n)
        theirs = rig_demarshal(wp_slice(p, n));
    ck_assert_msg(theirs == NULL, "%s: libdbus takes it", what);
}

/* ---- the header ----------------------------------------------------------------------------------------- */

START_TEST(a_call_has_its_fields)
{
    const struct dbus_message m = decoded();
    struct dbus_iter it;
    struct wp_value v;

    ck_assert_int_eq(m.type, DBUS_CALL);
    ck_assert_int_eq(m.flags, 0);
    ck_assert_uint_eq(m.serial, 9);
    ck_assert_uint_eq(m.reply_serial, 0);
    ck_assert(!m.is_big_endian);
    ck_assert(wp_slice_is(m.path, "/Ac/Power"));
    ck_assert(wp_slice_is(m.interface, "com.victronenergy.BusItem"));
    ck_assert(wp_slice_is(m.member, "SetValue"));
    ck_assert(wp_slice_is(m.destination, "com.victronenergy.grid"));
    ck_assert(!m.sender.p && !m.error_name.p && m.n_fds == 0);
    ck_assert(wp_slice_is(m.signature, "v"));
    ck_assert_uint_eq(m.body.n, 8);
    dbus_iter(&it, &m);
    ck_assert(dbus_get_value(&it, &v));
    ck_assert(v.kind == WP_DECIMAL && v.num == 5);
    ck_assert_str_eq(dbus_type_text(m.type), "method_call");
    ck_assert_ptr_null(dbus_type_text(5));
}
END_TEST

START_TEST(each_wrong_byte_has_its_fault)
{
    static const struct {
        size_t where;
        uint8_t byte;
        enum wp_fault fault;
        size_t at;
        const char *what;
    } wrong[] = {
        {0, 'L', WP_FAULT_START, 0, "a byte order that is none"},
        {1, 0, WP_FAULT_TYPE, 1, "type 0"},
        {3, 2, WP_FAULT_VERSION, 3, "protocol version 2"},
        {7, 0x08, WP_FAULT_LENGTH, 4, "a body of 128 MiB and 8 bytes"},
        {15, 0x05, WP_FAULT_LENGTH, 4, "fields of more than 64 MiB"},
        {8, 0, WP_FAULT_SERIAL, 8, "serial 0"},
        {16, 0, WP_FAULT_HEADER_FIELD, 16, "field 0"},
        {16, 11, WP_FAULT_MISSING, 1, "a call without a path"},
        {18, 's', WP_FAULT_HEADER_FIELD, 16, "a path that is a string"},
        {18, '!', WP_FAULT_SIGNATURE, 18, "a field of no type"},
        {17, 0, WP_FAULT_END, 18, "a type of length 0 without its 0"},
        {24, 'x', WP_FAULT_OBJECT_PATH, 24, "a path without '/'"},
        {33, 'x', WP_FAULT_END, 33, "a path without its 0"},
        {36, 1, WP_FAULT_PADDING, 36, "padding between fields"},
        {40, 2, WP_FAULT_HEADER_FIELD, 72, "two interfaces"},
        {47, 0x10, WP_FAULT_COUNT, 44, "a name longer than the message"},
        {48, '1', WP_FAULT_NAME, 48, "a bus name that begins with a digit"},
        {80, '.', WP_FAULT_NAME, 80, "an interface that begins with a dot"},
        {112, 11, WP_FAULT_MISSING, 1, "a call without a member"},
        {120, '-', WP_FAULT_NAME, 120, "a member with a dash"},
        {139, 'x', WP_FAULT_END, 139, "a type without its 0"},
        {141, 'z', WP_FAULT_SIGNATURE, 141, "a signature of no type"},
        {141, 'y', WP_FAULT_EXTRA, 145, "a body of more than its signature"},
        {143, 1, WP_FAULT_PADDING, 143, "padding before the body"},
        {145, 'z', WP_FAULT_SIGNATURE, 145, "a variant of no type"},
        {145, 's', WP_FAULT_COUNT, 148, "a string longer than the body"},
        {145, 'b', WP_FAULT_BOOLEAN, 148, "boolean 5"},
        {145, 'x', WP_FAULT_PADDING, 148, "padding before a number"},
        {145, 'g', WP_FAULT_END, 148, "a signature without its 0"},
        {147, 1, WP_FAULT_PADDING, 147, "padding before a value"},
        {1, DBUS_RETURN, WP_FAULT_MISSING, 1, "a return that answers nothing"},
        {1, DBUS_ERROR, WP_FAULT_MISSING, 1, "an error that answers nothing"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t before = p[wrong[i].where];

        p[wrong[i].where] = wrong[i].byte;
        check_refused(wrong[i].fault, wrong[i].at, wrong[i].what);
        p[wrong[i].where] = before;
    }
}
END_TEST

START_TEST(what_is_not_known_is_no_fault)
{
    p[1] = 77;   /* a type */
    p[2] = 0xF8; /* flags */
    p[40] = 200; /* a field in the place of the destination */
    ck_assert(!decoded().destination.p);
    ck_assert_int_eq(decoded().type, 77);
    ck_assert_int_eq(decoded().flags, 0xF8);
}
END_TEST

START_TEST(what_libraries_tell_themselves_is_in_captures_alone)
{
    struct wp_writer w = wp_writer(p, sizeof p);
    struct dbus_message seen;
    struct dbus_out out;

    dbus_begin_signal(&out, &w, 1, wp_text("/org/freedesktop/DBus/Local"), wp_text("a.b"), wp_text("c"), "");
    ck_assert(dbus_end(&out));
    n = w.n;
    check_refused(WP_FAULT_HEADER_FIELD, 16, "the path of libraries");
    w.n = 0;
    dbus_begin_signal(&out, &w, 1, wp_text("/"), wp_text("org.freedesktop.DBus.Local"), wp_text("c"), "");
    ck_assert(dbus_end(&out));
    n = w.n;
    check_refused(WP_FAULT_HEADER_FIELD, 16, "the interface of libraries");
    memset(p + 8, 0, 4); /* its serial */
    ck_assert_int_eq(dbus_decode_seen(wp_slice(p, n), &seen).status, WP_OK);
    setup();
    p[8] = 0;
    ck_assert_int_eq(dbus_decode_seen(wp_slice(p, n), &seen).fault, WP_FAULT_SERIAL);
}
END_TEST

START_TEST(files_beside_a_message_are_counted)
{
    /* UNIX_FDS (9) uint32 3 in the place of the destination: 32 bytes of field, 8 of them needed. */
    static const uint8_t fds[] = {9, 1, 'u', 0, 3, 0, 0, 0};
    const size_t at = 40, old = 32;

    memcpy(p + at, fds, sizeof fds);
    memmove(p + at + sizeof fds, p + at + old, n - at - old);
    n -= old - sizeof fds;
    p[12] = (uint8_t)(p[12] - (old - sizeof fds));
    ck_assert_uint_eq(decoded().n_fds, 3);
    ck_assert_uint_eq(decoded().n_fds_at, at + 4);
}
END_TEST

/* ---- the body ------------------------------------------------------------------------------------------- */

/* These bytes as the body, whose signature is "v". */
static void give_body(const char *hex)
{
    size_t n_body;

    ck_assert(wp_hex_read(wp_text(hex), p + AT_BODY, sizeof p - AT_BODY, &n_body));
    p[4] = (uint8_t)n_body;
    p[5] = (uint8_t)(n_body >> 8);
    n = AT_BODY + n_body;
}

START_TEST(each_wrong_value_has_its_fault)
{
    static const struct {
        const char *body;
        enum wp_fault fault;
        size_t at;
        const char *what;
    } wrong[] = {
        {"", WP_FAULT_COUNT, 144, "no variant"},
        {"00 00", WP_FAULT_SIGNATURE, 145, "a variant of nothing"},
        {"02 69 69 00 01000000 02000000", WP_FAULT_SIGNATURE, 145, "a variant of two types"},
        {"02 61 69 00 05000000 0000000000", WP_FAULT_COUNT, 156, "an array of one number and a quarter"},
        {"02 61 79 00 01000004", WP_FAULT_LENGTH, 148, "an array of 64 MiB and one byte"},
        {"02 61 79 00 02000000 00", WP_FAULT_COUNT, 152, "an array longer than the body"},
        {"02 61 73 00 06000000 03000000 616263 00", WP_FAULT_COUNT, 152, "a string longer than its array"},
        {"02 61 62 00 04000000 02000000", WP_FAULT_BOOLEAN, 152, "boolean 2 in an array"},
        {"01 73 00 00 01000000 80 00", WP_FAULT_UTF8, 152, "no UTF-8"},
        {"01 73 00 00 02000000 61 00 00", WP_FAULT_UTF8, 152, "a 0 in a string"},
        {"01 6F 00 00 01000000 61 00", WP_FAULT_OBJECT_PATH, 152, "no path"},
        {"01 67 00 01 61 00", WP_FAULT_SIGNATURE, 148, "no signature"},
        {"01 73 00 00 01000000 61", WP_FAULT_COUNT, 148, "a string without room for its 0"},
        {"04 28 79 69 29 00 0000 01 000100 02000000", WP_FAULT_PADDING, 154, "padding in a structure"},
        {"04 28 79 69 29 00", WP_FAULT_COUNT, 150, "no structure at all"},
        {"01 78 00 00 00000000 00000000", WP_FAULT_COUNT, 152, "a number beyond the body"},
        {"01 79 00 07 00", WP_FAULT_EXTRA, 148, "a byte behind the value"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        give_body(wrong[i].body);
        check_refused(wrong[i].fault, wrong[i].at, wrong[i].what);
    }
}
END_TEST

/* Variants in variants, the innermost with a byte. */
static void nest(size_t variants)
{
    struct wp_writer w = wp_writer(p, sizeof p);

    w.n = AT_BODY;
    for (size_t i = 1; i < variants; i++)
        wp_put_slice(&w, wp_slice("\1v\0", 3));
    wp_put_slice(&w, wp_slice("\1y\0\7", 4));
    n = w.n;
    p[4] = (uint8_t)(n - AT_BODY);
    p[5] = (uint8_t)((n - AT_BODY) >> 8);
}

START_TEST(containers_have_a_deepest_one)
{
    struct dbus_message m;
    struct dbus_iter it;
    struct wp_value v;
    DBusMessage *d;

    nest(DBUS_DEPTH_MAX);
    m = decoded();
    d = rig_demarshal(m.whole);
    ck_assert_ptr_nonnull(d);
    dbus_message_unref(d);
    dbus_iter(&it, &m);
    ck_assert(dbus_get_value(&it, &v));
    ck_assert(v.num == 7 && it.depth == 0);
    nest(DBUS_DEPTH_MAX + 1);
    check_refused(WP_FAULT_DEPTH, AT_BODY + 3 * (DBUS_DEPTH_MAX + 1), "one variant too deep");
}
END_TEST

/* ---- in a stream ---------------------------------------------------------------------------------------- */

START_TEST(a_message_ends_where_the_next_begins)
{
    struct dbus_message m;
    struct wp_decode d;

    memcpy(p + n, p, n);
    d = dbus_decode(wp_slice(p, 2 * n), &m);
    ck_assert(d.status == WP_OK && d.used == n);
    d = dbus_decode(wp_slice(p + n, 20), &m);
    ck_assert(d.status == WP_MORE && d.need == n - 20);
    ck_assert_uint_eq(dbus_length(wp_slice(p, 16)), n);
    ck_assert_uint_eq(dbus_length(wp_slice(p, 15)), 0);
    ck_assert_uint_eq(dbus_length(wp_slice("X234567890123456", 16)), 0);
}
END_TEST

/* Behind what is no message the next place is looked for where one could begin. */
START_TEST(what_is_skipped_ends_where_a_message_could_begin)
{
    struct dbus_message m;
    struct wp_decode d;
    uint8_t stream[300] = "\0AUTH EXTERNAL 30\r\nBEGIN\r\n";
    const size_t junk = 27;

    memcpy(stream + junk, p, n);
    d = dbus_decode(wp_slice(stream, junk + n), &m);
    for (size_t at = d.used; d.status == WP_BAD; at += d.used) {
        ck_assert_uint_le(at, junk);
        d = dbus_decode(wp_slice(stream + at, junk + n - at), &m);
        if (d.status == WP_OK)
            ck_assert_uint_eq(at, junk);
    }
    ck_assert_int_eq(d.status, WP_OK);
    /* What is wrong inside leaves the length to be trusted. */
    p[AT_SIGNATURE] = 'z';
    memcpy(p + n, p, n);
    d = dbus_decode(wp_slice(p, 2 * n), &m);
    ck_assert(d.status == WP_BAD && d.used == n);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dbus");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_call_has_its_fields);
    tcase_add_test(tcase, each_wrong_byte_has_its_fault);
    tcase_add_test(tcase, what_is_not_known_is_no_fault);
    tcase_add_test(tcase, what_libraries_tell_themselves_is_in_captures_alone);
    tcase_add_test(tcase, files_beside_a_message_are_counted);
    tcase_add_test(tcase, each_wrong_value_has_its_fault);
    tcase_add_test(tcase, containers_have_a_deepest_one);
    tcase_add_test(tcase, a_message_ends_where_the_next_begins);
    tcase_add_test(tcase, what_is_skipped_ends_where_a_message_could_begin);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
