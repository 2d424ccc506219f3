/* Match rules: what they are, what they ask for, and when two are the same. */
#include "sim/codec/dbus_match.h"
#include "tests/dbus_rig.h"

static uint8_t memory[4096], rule_memory[DBUS_MATCH_RULE_MAX];
static struct wp_writer w;
static struct dbus_message m;

/* :1.9 has com.victronenergy.grid. */
static struct wp_slice owner(const void *ctx, struct wp_slice name)
{
    (void)ctx;
    if (wp_slice_is(name, "com.victronenergy.grid"))
        return wp_text(":1.9");
    return name.n > 0 && name.p[0] == ':' ? name : wp_text("");
}

static const struct dbus_owners owners = {owner, NULL};

static bool read_rule(const char *text, struct dbus_match *out)
{
    struct wp_writer to = wp_writer(rule_memory, strlen(text) > sizeof rule_memory ? 0 : strlen(text));
    const char *why = NULL;
    bool is_rule = dbus_match_read(wp_text(text), &to, out, &why);

    ck_assert_msg(is_rule || why, "%s", text);
    ck_assert(is_rule || to.n == 0);
    return is_rule;
}

static bool takes(const char *text)
{
    struct dbus_match rule;

    ck_assert_msg(read_rule(text, &rule), "%s", text);
    return dbus_match_takes(&rule, &m, &owners);
}

/* A signal of :1.9 with the arguments s "com.victronenergy.grid", o "/aa/bb", s "/aa/", u 1, s "x". */
static void setup(void)
{
    const struct dbus_head head = {.type = DBUS_SIGNAL,
                                   .serial = 1,
                                   .path = wp_text("/Ac/L1/Power"),
                                   .interface = wp_text("com.victronenergy.BusItem"),
                                   .member = wp_text("PropertiesChanged"),
                                   .sender = wp_text(":1.9"),
                                   .destination = wp_text(":1.2")};
    struct dbus_out out;

    w = wp_writer(memory, sizeof memory);
    dbus_begin(&out, &w, &head, "sosus");
    dbus_put_text(&out, wp_text("com.victronenergy.grid"));
    dbus_put_text(&out, wp_text("/aa/bb"));
    dbus_put_text(&out, wp_text("/aa/"));
    dbus_put_uint(&out, 1);
    dbus_put_text(&out, wp_text("x"));
    ck_assert(dbus_end(&out));
    ck_assert_int_eq(dbus_decode(wp_written(&w), &m).status, WP_OK);
}

START_TEST(a_rule_asks_for_what_all_its_keys_say)
{
    static const char *const yes[] = {
        "",
        "type='signal'",
        "type='signal',interface='com.victronenergy.BusItem'",
        "type=signal,member=PropertiesChanged",
        " type ='signal'",
        "type='sig'nal",
        "sender=':1.9'",
        "sender='com.victronenergy.grid'",
        "destination=':1.2'",
        "path='/Ac/L1/Power'",
        "path_namespace='/Ac/L1'",
        "path_namespace='/Ac/L1/Power'",
        "path_namespace='/'",
        "arg0='com.victronenergy.grid'",
        "arg0namespace='com.victronenergy'",
        "arg0namespace='com'",
        "arg0namespace='com.victronenergy.grid'",
        "arg1path='/aa/bb'",
        "arg1path='/aa/'",
        "arg2path='/aa/bb/cc'",
        "arg2path='/'",
        "arg4='x',arg0='com.victronenergy.grid'",
        "eavesdrop='true',type='signal'",
        "type='signal',",
        "=type=red",
    };
    static const char *const no[] = {
        "type='method_call'",
        "interface='com.victronenergy.Settings'",
        "member='ItemsChanged'",
        "sender=':1.8'",
        "sender='com.victronenergy.system'",
        "destination=':1.9'",
        "path='/Ac/L1'",
        "path_namespace='/Ac/L'",
        "path_namespace='/Ac/L1/Power/Total'",
        "arg0='com.victronenergy'",
        "arg0namespace='com.victronenergy.gri'",
        "arg0namespace='com.victronenergy.grid.ttyO1'",
        "arg1='/aa/bb'",
        "arg1path='/aa'",
        "arg1path='/aa/b'",
        "arg3='1'",
        "arg5='y'",
        "arg4='x',arg0='y'",
        "arg63=''",
        "type='signal',member='ItemsChanged'",
    };

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        ck_assert_msg(takes(yes[i]), "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        ck_assert_msg(!takes(no[i]), "%s", no[i]);
}
END_TEST

START_TEST(what_is_no_rule_is_refused)
{
    static const char *const bad[] = {
        "type",
        "type='signal',type='error'",
        "type='sig'",
        "colour='red'",
        "type='signal",
        "sender='x'",
        "interface='x'",
        "member='a.b'",
        "path='x'",
        "path='/a',path_namespace='/'",
        "path_namespace='/a/'",
        "destination='1.2'",
        "eavesdrop='perhaps'",
        "arg='x'",
        "arg64='x'",
        "arg99999999999999999999='x'",
        "arg0='x',arg0='y'",
        "arg0='x',arg0path='/'",
        "arg1namespace='com'",
        "arg0namespace='1'",
        "arg0colour='x'",
        "type='signal',member",
        "type= 'signal'",
    };
    struct dbus_match rule;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!read_rule(bad[i], &rule), "%s", bad[i]);
}
END_TEST

START_TEST(a_rule_has_a_longest_one)
{
    static char text[DBUS_MATCH_RULE_MAX + 2];
    struct dbus_match rule;

    memset(text, 'x', sizeof text - 1);
    memcpy(text, "arg0='", 6);
    text[DBUS_MATCH_RULE_MAX - 1] = '\'';
    text[DBUS_MATCH_RULE_MAX] = 0;
    ck_assert(read_rule(text, &rule));
    text[DBUS_MATCH_RULE_MAX] = ',';
    ck_assert(!read_rule(text, &rule));
}
END_TEST

/* "What's up?" with an apostrophe outside of quotes, and a backslash that stays inside of them. */
START_TEST(quotes_are_taken_off)
{
    struct dbus_match rule;

    ck_assert(read_rule("arg0='it'\\''s'", &rule));
    ck_assert_uint_eq(rule.args.n, 4 + 4);
    ck_assert(memcmp(rule.args.p + 4, "it's", 4) == 0);
    ck_assert(read_rule("arg0='a\\b,c'", &rule));
    ck_assert(memcmp(rule.args.p + 4, "a\\b,c", 5) == 0);
}
END_TEST

START_TEST(the_same_rule_may_be_written_otherwise)
{
    static const struct {
        const char *a, *b;
        bool eq;
    } pairs[] = {
        {"type='signal',member='X'", "member=X,type=signal", true},
        {"arg0='a',arg1='b'", "arg1='b',arg0='a'", true},
        {"arg0='a',arg1='b'", "arg0='b',arg1='a'", false},
        {"arg0='a'", "arg0path='a'", false},
        {"arg0='a'", "arg0='a',arg1='b'", false},
        {"type='signal'", "", false},
        {"eavesdrop='true'", "eavesdrop='false'", false},
        {"path='/a'", "path_namespace='/a'", false},
        {"sender=':1.1'", "destination=':1.1'", false},
    };
    static uint8_t other[DBUS_MATCH_RULE_MAX];

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct wp_writer to = wp_writer(other, sizeof other);
        struct dbus_match a, b;
        const char *why;

        ck_assert(dbus_match_read(wp_text(pairs[i].a), &to, &a, &why));
        ck_assert(read_rule(pairs[i].b, &b));
        ck_assert_msg(dbus_match_eq(&a, &b) == pairs[i].eq, "%s and %s", pairs[i].a, pairs[i].b);
        ck_assert(dbus_match_eq(&b, &a) == pairs[i].eq && dbus_match_eq(&a, &a));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dbus_match");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_rule_asks_for_what_all_its_keys_say);
    tcase_add_test(tcase, what_is_no_rule_is_refused);
    tcase_add_test(tcase, a_rule_has_a_longest_one);
    tcase_add_test(tcase, quotes_are_taken_off);
    tcase_add_test(tcase, the_same_rule_may_be_written_otherwise);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
