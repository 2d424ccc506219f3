/* Random messages, written by ours and read by libdbus, and the other way round; what libdbus refuses ours refuses, and
 * nothing else. */
#include "tests/dbus_rig.h"

enum { MESSAGES = 400, MUTATIONS = 40, LIBDBUS_FIELD = 10 }; /* a header field that libdbus alone knows */

static uint8_t memory[RIG_MESSAGE_MAX], again[RIG_MESSAGE_MAX];

static const struct dbus_head heads[] = {
    {.type = DBUS_CALL,
     .serial = 1,
     .path = {(const uint8_t *)"/Ac/Power", 9},
     .member = {(const uint8_t *)"GetValue", 8}},
    {.type = DBUS_SIGNAL,
     .flags = DBUS_NO_REPLY,
     .serial = 0xFFFFFFFF,
     .path = {(const uint8_t *)"/", 1},
     .interface = {(const uint8_t *)"com.victronenergy.BusItem", 25},
     .member = {(const uint8_t *)"ItemsChanged", 12},
     .sender = {(const uint8_t *)":1.42", 5}},
    {.type = DBUS_RETURN,
     .flags = DBUS_NO_REPLY | DBUS_NO_AUTO_START,
     .serial = 77,
     .reply_serial = 76,
     .destination = {(const uint8_t *)"com.victronenergy.system", 24}},
    {.type = DBUS_ERROR,
     .serial = 0x01020304,
     .reply_serial = 0x0A0B0C0D,
     .error_name = {(const uint8_t *)"org.freedesktop.DBus.Error.UnknownObject", 40}},
};

/* A message of a random signature; its bytes stand in `memory`. */
static struct wp_slice put_random(struct wp_random *r, char *signature, size_t i)
{
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct dbus_out out;

    rig_signature(r, signature, wp_random_below(r, 4));
    dbus_begin(&out, &w, &heads[i % (sizeof heads / sizeof heads[0])], signature);
    while (dbus_wants(&out))
        rig_put(r, &out, 0);
    ck_assert(dbus_end(&out));
    return wp_written(&w);
}

static void check_both(struct wp_slice bytes, const char *what)
{
    struct dbus_message m;
    DBusMessage *d = rig_demarshal(bytes);
    struct wp_decode answer = dbus_decode(bytes, &m);

    ck_assert_msg(answer.status == WP_OK, "%s: %s at %zu", what, wp_fault_text(answer.fault), answer.at);
    ck_assert_uint_eq(answer.used, bytes.n);
    ck_assert_msg(d != NULL, "%s: libdbus refuses it", what);
    rig_compare_messages(&m, d);
    dbus_message_unref(d);
}

START_TEST(libdbus_reads_what_we_write)
{
    char signature[DBUS_NAME_MAX + 1];
    struct wp_random r = wp_random(1);

    for (size_t i = 0; i < MESSAGES; i++) {
        struct wp_slice bytes = put_random(&r, signature, i);

        check_both(bytes, signature);
        rig_swap_message(memory, signature);
        check_both(bytes, signature);
    }
}
END_TEST

static DBusMessage *append_random(struct wp_random *r, const char *signature)
{
    DBusMessage *d = dbus_message_new_signal("/Ac/Power", "com.victronenergy.BusItem", "PropertiesChanged");
    DBusMessageIter to;
    DBusSignatureIter type;

    dbus_message_set_serial(d, 1 + (dbus_uint32_t)wp_random_below(r, 1000));
    if (wp_random_below(r, 2))
        dbus_message_set_sender(d, ":1.7");
    if (wp_random_below(r, 2))
        dbus_message_set_destination(d, "com.victronenergy.system");
    dbus_message_iter_init_append(d, &to);
    dbus_signature_iter_init(&type, signature);
    for (const char *left = signature; *left; dbus_signature_iter_next(&type)) {
        rig_append(r, &to, &type, 0);
        left += dbus_type_length(wp_text(left));
    }
    return d;
}

/* Copied value by value, the body has the same bytes again. */
static void check_copy(const struct dbus_message *m, const char *signature)
{
    const struct dbus_head head = {.type = m->type,
                                   .flags = m->flags,
                                   .serial = m->serial,
                                   .path = m->path,
                                   .interface = m->interface,
                                   .member = m->member};
    struct wp_writer w = wp_writer(again, sizeof again);
    struct dbus_message copy;
    struct dbus_out out;
    struct dbus_iter it;

    dbus_iter(&it, m);
    dbus_begin(&out, &w, &head, signature);
    while (dbus_wants(&out))
        dbus_put_copy(&out, &it);
    ck_assert(dbus_end(&out));
    ck_assert_int_eq(dbus_decode(wp_written(&w), &copy).status, WP_OK);
    ck_assert(wp_slice_eq(copy.body, m->body));
}

START_TEST(we_read_what_libdbus_writes)
{
    char signature[DBUS_NAME_MAX + 1];
    struct wp_random r = wp_random(2);

    for (size_t i = 0; i < MESSAGES; i++) {
        DBusMessage *d = append_random(&r, rig_signature(&r, signature, wp_random_below(&r, 4)));
        struct dbus_message m;
        char *bytes;
        int n;

        ck_assert(dbus_message_marshal(d, &bytes, &n));
        ck_assert_msg(dbus_decode(wp_slice(bytes, (size_t)n), &m).status == WP_OK, "%s", signature);
        ck_assert_uint_eq(m.whole.n, (size_t)n);
        ck_assert_uint_eq(dbus_length(m.whole), (size_t)dbus_message_demarshal_bytes_needed(bytes, n));
        rig_compare_messages(&m, d);
        check_copy(&m, signature);
        dbus_free(bytes);
        dbus_message_unref(d);
    }
}
END_TEST

/* Everything that is skipped and left halfway leads to the same place. */
START_TEST(what_is_not_read_is_skipped)
{
    char signature[DBUS_NAME_MAX + 1];
    struct wp_random r = wp_random(3);

    for (size_t i = 0; i < MESSAGES; i++) {
        struct dbus_message m;
        struct dbus_iter skipped, wandered;

        ck_assert_int_eq(dbus_decode(put_random(&r, signature, i), &m).status, WP_OK);
        dbus_iter(&skipped, &m);
        while (dbus_next_type(&skipped))
            dbus_skip(&skipped);
        ck_assert_uint_eq(skipped.at, m.whole.n);
        dbus_iter(&wandered, &m);
        while (dbus_next_type(&wandered) || wandered.depth > 0) {
            uint8_t code = dbus_next_type(&wandered);

            if (code && !dbus_is_basic(code) && wp_random_below(&r, 3))
                dbus_enter(&wandered);
            else if (wandered.depth > 0 && wp_random_below(&r, 4) == 0)
                dbus_leave(&wandered);
            else if (code)
                dbus_skip(&wandered);
            else
                dbus_leave(&wandered);
        }
        ck_assert_uint_eq(wandered.at, m.whole.n);
        ck_assert(!wandered.wrong);
    }
}
END_TEST

/* A tree is the same for the same value, and goes back to where it came from. */
START_TEST(trees_go_round)
{
    static uint8_t first[RIG_MESSAGE_MAX], second[RIG_MESSAGE_MAX];
    char signature[DBUS_NAME_MAX + 1];
    struct wp_random r = wp_random(4);

    for (size_t i = 0; i < MESSAGES; i++) {
        struct wp_writer one = wp_writer(first, sizeof first), two = wp_writer(second, sizeof second);
        struct wp_writer w = wp_writer(again, sizeof again);
        struct dbus_message m, back;
        struct wp_value v, v2;
        struct dbus_iter it;
        struct dbus_out out;

        ck_assert_int_eq(dbus_decode(put_random(&r, signature, i), &m).status, WP_OK);
        dbus_iter(&it, &m);
        if (!dbus_next_type(&it))
            continue;
        ck_assert(dbus_get_tree(&it, &one, &v));
        dbus_begin(&out, &w, &heads[0], "yv");
        dbus_put_uint(&out, 1);
        dbus_put_variant(&out, v);
        ck_assert(dbus_end(&out));
        check_both(wp_written(&w), signature);
        ck_assert_int_eq(dbus_decode(wp_written(&w), &back).status, WP_OK);
        dbus_iter(&it, &back);
        dbus_skip(&it);
        ck_assert(dbus_get_tree(&it, &two, &v2));
        ck_assert_int_eq(v.kind, v2.kind);
        if (v.kind == WP_TREE)
            ck_assert(wp_slice_eq(v.bytes, v2.bytes));
    }
}
END_TEST

/* Bytes changed at random: both refuse it, or both read the same. */
START_TEST(we_refuse_what_libdbus_refuses)
{
    char signature[DBUS_NAME_MAX + 1];
    struct wp_random r = wp_random(5);
    size_t refused = 0, taken = 0;

    for (size_t i = 0; i < MESSAGES; i++) {
        struct wp_slice bytes = put_random(&r, signature, i);

        for (size_t k = 0; k < MUTATIONS; k++) {
            size_t at = wp_random_below(&r, bytes.n);
            uint8_t before = memory[at];
            struct dbus_message m;
            struct wp_decode answer;
            DBusMessage *d = NULL;

            memory[at] = (uint8_t)wp_random_below(&r, wp_random_below(&r, 2) ? 4 : 256);
            if (memory[at] == LIBDBUS_FIELD)
                memory[at]++;
            answer = dbus_decode(bytes, &m);
            if (dbus_message_demarshal_bytes_needed((const char *)memory, (int)bytes.n) == (int)bytes.n)
                d = rig_demarshal(bytes);
            ck_assert_msg((answer.status == WP_OK && answer.used == bytes.n) == (d != NULL),
                          "message %zu (%s), byte %zu %02X -> %02X: ours %s at %zu, libdbus %s", i, signature,
                          at, before, memory[at], answer.status == WP_OK ? "OK" : wp_fault_text(answer.fault),
                          answer.at, d ? "takes it" : "refuses it");
            if (d) {
                rig_compare_messages(&m, d);
                dbus_message_unref(d);
                taken++;
            } else {
                refused++;
            }
            memory[at] = before;
        }
    }
    ck_assert_uint_gt(refused, 1000);
    ck_assert_uint_gt(taken, 1000);
}
END_TEST

START_TEST(every_prefix_waits_for_exactly_the_rest)
{
    char signature[DBUS_NAME_MAX + 1];
    struct wp_random r = wp_random(6);

    for (size_t i = 0; i < 40; i++) {
        struct wp_slice bytes = put_random(&r, signature, i);

        for (size_t n = 0; n < bytes.n; n++) {
            uint8_t *exact = malloc(n ? n : 1);
            struct dbus_message m;
            struct wp_decode answer;

            ck_assert_ptr_nonnull(exact);
            memcpy(exact, bytes.p, n);
            answer = dbus_decode(wp_slice(exact, n), &m);
            ck_assert_int_eq(answer.status, WP_MORE);
            ck_assert_uint_eq(answer.need, n < DBUS_FIXED ? DBUS_FIXED - n : bytes.n - n);
            free(exact);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dbus_random");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, libdbus_reads_what_we_write);
    tcase_add_test(tcase, we_read_what_libdbus_writes);
    tcase_add_test(tcase, what_is_not_read_is_skipped);
    tcase_add_test(tcase, trees_go_round);
    tcase_add_test(tcase, we_refuse_what_libdbus_refuses);
    tcase_add_test(tcase, every_prefix_waits_for_exactly_the_rest);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
