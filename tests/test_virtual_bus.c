/* The virtual world's message bus: names and their queues, who hears what, how connections end.
 * covers: bus, bus_names, bus_driver, live_process */
#include "tests/bus_puppet.h"

enum { A, B, C, N };

static const struct wp_endpoint dials[] = {{"bus", WP_BUS, false, {0, 0}}, {"second", WP_BUS, false, {0, 0}}};
static const struct wp_setup setups[N] = {
    {.name = "a", .endpoints = dials, .n_endpoints = 2},
    {.name = "b", .endpoints = dials, .n_endpoints = 2},
    {.name = "c", .endpoints = dials, .n_endpoints = 2},
};

static struct wp_world *world;
static struct wp_transcript transcript;
static struct trace trace;
static bool shows_sends;

/* "b-a :1.1 > ..." for a receipt; sends are not shown, they are what the test does. */
static void take(struct wp_sink *sink, const struct wp_record *r)
{
    struct wp_record shown = *r;
    static char text[4096];
    struct wp_writer w = wp_writer(text, sizeof text);

    (void)sink;
    if (r->kind == WP_REC_SEND && !shows_sends)
        return;
    if (r->kind == WP_REC_RECEIPT || r->kind == WP_REC_SEND) {
        bus_put_message(&w, r->bytes);
        shown.bytes = wp_written(&w);
    }
    if (r->kind == WP_REC_OPEN) {
        shown.kind = WP_REC_RECEIPT;
        wp_put_text(&w, "open ");
        wp_put_slice(&w, r->open.bus_name);
        shown.bytes = wp_written(&w);
    }
    trace_take(&trace.sink, &shown);
}

static struct wp_sink sink = {take};

static void expect(const char *text)
{
    trace.text[trace.n] = 0;
    ck_assert_str_eq(trace.text, text);
    trace.n = 0;
}

static void run(void)
{
    ck_assert(world_run(world, world_now(world) + WP_MS(5)) != WP_WORLD_ERROR);
}

static void act(wp_machine m, struct wp_effect e)
{
    world_act(world, m, &e);
}

static void dial(wp_machine m)
{
    act(m, (struct wp_effect){.kind = WP_DIAL});
    run();
}

/* All three are on the bus, as :1.0, :1.1 and :1.2. */
static void setup(void)
{
    struct wp_world_setup s = {.seed = 1, .transcript = &transcript};

    trace = (struct trace){.sink = {trace_take}};
    transcript = (struct wp_transcript){0};
    wp_transcript_add(&transcript, &sink);
    shows_sends = false;
    world = world_virtual_new(&s);
    for (int i = 0; i < N; i++)
        world_add(world, &puppet_class, &setups[i], NULL);
    ck_assert(world_start(world));
    for (int i = 0; i < N; i++)
        dial(i);
    trace.n = 0;
}

static void teardown(void)
{
    world_free(world);
    world = NULL;
}

/* ---- what the machines say -------------------------------------------------------------------------- */

static uint8_t message[4096];
static struct wp_writer w;
static struct dbus_out out;

static void send_from(wp_machine m, struct wp_slice bytes)
{
    act(m, (struct wp_effect){.kind = WP_SEND, .port = world_port(world, m, "bus"), .bytes = bytes});
    run();
}

static void begin(void)
{
    w = wp_writer(message, sizeof message);
}

static void request(wp_machine m, const char *name, uint32_t flags)
{
    begin();
    ck_assert(dbus_put_request_name(&w, 7, wp_text(name), flags));
    send_from(m, wp_written(&w));
}

static void release(wp_machine m, const char *name)
{
    begin();
    ck_assert(dbus_put_release_name(&w, 8, wp_text(name)));
    send_from(m, wp_written(&w));
}

static void match(wp_machine m, const char *rule)
{
    begin();
    ck_assert(dbus_put_add_match(&w, 9, wp_text(rule)));
    send_from(m, wp_written(&w));
}

static void unmatch(wp_machine m, const char *rule)
{
    begin();
    ck_assert(dbus_put_remove_match(&w, 10, wp_text(rule)));
    send_from(m, wp_written(&w));
}

static void call_with(wp_machine m, uint32_t serial, const char *to, const char *member, uint8_t flags)
{
    const struct dbus_head head = {.type = DBUS_CALL,
                                   .flags = flags,
                                   .serial = serial,
                                   .path = wp_text("/"),
                                   .member = wp_text(member),
                                   .destination = wp_text(to)};

    begin();
    dbus_begin(&out, &w, &head, "");
    ck_assert(dbus_end(&out));
    send_from(m, wp_written(&w));
}

static void call(wp_machine m, uint32_t serial, const char *to, const char *member)
{
    call_with(m, serial, to, member, 0);
}

/* A call to the bus with one text. */
static void ask(wp_machine m, const char *member, const char *text)
{
    begin();
    dbus_begin_call(&out, &w, 11, wp_text(DBUS_BUS), wp_text(DBUS_BUS_PATH), wp_text(DBUS_BUS),
                    wp_text(member), "s");
    dbus_put_text(&out, wp_text(text));
    ck_assert(dbus_end(&out));
    send_from(m, wp_written(&w));
}

static void reply(wp_machine m, const char *to, uint32_t serial, int64_t v)
{
    const struct dbus_head head = {
        .type = DBUS_RETURN, .serial = 12, .reply_serial = serial, .destination = wp_text(to)};

    begin();
    dbus_begin(&out, &w, &head, "i");
    dbus_put_int(&out, v);
    ck_assert(dbus_end(&out));
    send_from(m, wp_written(&w));
}

static void signal_to(wp_machine m, const char *to, const char *path)
{
    const struct dbus_head head = {.type = DBUS_SIGNAL,
                                   .serial = 13,
                                   .path = wp_text(path),
                                   .interface = wp_text("com.victronenergy.BusItem"),
                                   .member = wp_text("Changed"),
                                   .destination = wp_text(to)};

    begin();
    dbus_begin(&out, &w, &head, "s");
    dbus_put_text(&out, wp_text("x"));
    ck_assert(dbus_end(&out));
    send_from(m, wp_written(&w));
}

/* ---- connections -------------------------------------------------------------------------------------- */

START_TEST(a_dial_opens_with_the_unique_name)
{
    teardown();
    setup();
    act(A, (struct wp_effect){.kind = WP_HANG_UP, .port = world_port(world, A, "bus")});
    run();
    dial(A);
    act(A, (struct wp_effect){.kind = WP_DIAL, .endpoint = 1});
    run();
    expect("a-bus close own\n"
           "a-bus receipt open :1.3\n"
           "a-bus receipt signal bus > :1.3 /org/freedesktop/DBus NameAcquired :1.3\n"
           "a-bus receipt open :1.4\n"
           "a-bus receipt signal bus > :1.4 /org/freedesktop/DBus NameAcquired :1.4\n");
}
END_TEST

START_TEST(a_message_takes_a_hop_to_the_bus_and_one_from_it)
{
    trace.with_times = shows_sends = true;
    call(A, 5, ":1.1", "Ask");
    expect("[  0.015000] a-bus send method_call  > :1.1 / Ask\n"
           "[  0.015400] b-a receipt method_call :1.0 > :1.1 / Ask\n");
}
END_TEST

START_TEST(what_is_no_message_ends_the_connection)
{
    struct dbus_message m;

    send_from(A, wp_text("nonsense"));
    begin();
    ck_assert(dbus_put_list_names(&w, 1));
    message[w.n] = 0;
    send_from(B, wp_slice(message, w.n + 1));
    message[0] = 'B';
    ck_assert(dbus_decode(wp_written(&w), &m).status != WP_OK);
    send_from(C, wp_written(&w));
    run();
    ck_assert_uint_eq(world_port(world, A, "bus") + world_port(world, B, "bus") + world_port(world, C, "bus"),
                      0);
    ck_assert_ptr_nonnull(strstr(trace.text, "a-bus note bus-message-refused"));
    ck_assert_ptr_nonnull(
        strstr(trace.text, "b-bus note bus-message-refused more than one message 0\nb-bus close reset\n"));
    ck_assert_ptr_nonnull(strstr(trace.text, "c-bus close reset\n"));
}
END_TEST

START_TEST(a_dead_bus_closes_everything_and_refuses_until_it_is_back)
{
    request(A, "a.Name", 0);
    trace.n = 0;
    world_restart_bus(world, WP_MS(20));
    run();
    dial(A);
    expect("bus fault restart killed 20000\n"
           "c-bus close reset\n"
           "b-bus close reset\n"
           "a-bus close reset\n"
           "a close refused\n");
    world_run(world, world_now(world) + WP_MS(20));
    dial(B);
    expect("b-bus receipt open :1.0\n"
           "b-bus receipt signal bus > :1.0 /org/freedesktop/DBus NameAcquired :1.0\n");
    ask(B, "NameHasOwner", "a.Name");
    expect("b-bus receipt method_return bus > :1.0 to 11 false\n");
}
END_TEST

START_TEST(a_machine_that_restarts_loses_its_names)
{
    request(A, "a.Name", 0);
    match(B, "member='NameOwnerChanged'");
    trace.n = 0;
    world_restart(world, A, false, WP_MS(1));
    run();
    expect("a fault restart killed 1000\n"
           "a-bus close own\n"
           "b-bus receipt signal bus >  /org/freedesktop/DBus NameOwnerChanged a.Name :1.0 \n"
           "b-bus receipt signal bus >  /org/freedesktop/DBus NameOwnerChanged :1.0 :1.0 \n"
           "a note start  0\n");
}
END_TEST

START_TEST(a_cut_line_ends_its_connections)
{
    const struct wp_link_fault close = {.kind = WP_LINK_CLOSE};

    world_fault(world, A, &close);
    run();
    expect("a fault close begins 0\na-bus close peer\n");
}
END_TEST

/* ---- names ---------------------------------------------------------------------------------------------- */

START_TEST(a_free_name_is_told_to_its_owner_and_to_all_who_ask)
{
    match(C, "type='signal',member='NameOwnerChanged',arg0namespace='a'");
    trace.n = 0;
    request(A, "a.Name", 0);
    request(A, "a.Name", 0);
    release(A, "a.Name");
    release(A, "a.Name");
    expect("c-bus receipt signal bus >  /org/freedesktop/DBus NameOwnerChanged a.Name  :1.0\n"
           "a-bus receipt signal bus > :1.0 /org/freedesktop/DBus NameAcquired a.Name\n"
           "a-bus receipt method_return bus > :1.0 to 7 1\n"
           "a-bus receipt method_return bus > :1.0 to 7 4\n"
           "a-bus receipt signal bus > :1.0 /org/freedesktop/DBus NameLost a.Name\n"
           "c-bus receipt signal bus >  /org/freedesktop/DBus NameOwnerChanged a.Name :1.0 \n"
           "a-bus receipt method_return bus > :1.0 to 8 1\n"
           "a-bus receipt method_return bus > :1.0 to 8 2\n");
}
END_TEST

START_TEST(who_waits_gets_the_name_when_its_owner_goes)
{
    request(A, "a.Name", 0);
    request(B, "a.Name", 0);
    request(C, "a.Name", DBUS_NAME_DO_NOT_QUEUE);
    release(C, "a.Name");
    trace.n = 0;
    ask(C, "ListQueuedOwners", "a.Name");
    act(A, (struct wp_effect){.kind = WP_HANG_UP, .port = world_port(world, A, "bus")});
    run();
    ask(C, "GetNameOwner", "a.Name");
    expect("c-bus receipt method_return bus > :1.2 to 11 [ :1.0 :1.1 ]\n"
           "a-bus close own\n"
           "b-bus receipt signal bus > :1.1 /org/freedesktop/DBus NameAcquired a.Name\n"
           "c-bus receipt method_return bus > :1.2 to 11 :1.1\n");
}
END_TEST

START_TEST(an_owner_that_allows_it_is_replaced_and_waits)
{
    request(A, "a.Name", DBUS_NAME_ALLOW_REPLACEMENT);
    request(B, "a.Name", 0);
    trace.n = 0;
    request(C, "a.Name", DBUS_NAME_REPLACE_EXISTING);
    ask(C, "ListQueuedOwners", "a.Name");
    expect("a-bus receipt signal bus > :1.0 /org/freedesktop/DBus NameLost a.Name\n"
           "c-bus receipt signal bus > :1.2 /org/freedesktop/DBus NameAcquired a.Name\n"
           "c-bus receipt method_return bus > :1.2 to 7 1\n"
           "c-bus receipt method_return bus > :1.2 to 11 [ :1.2 :1.0 :1.1 ]\n");
}
END_TEST

START_TEST(names_that_nobody_may_have_are_refused)
{
    ask(A, "ReleaseName", "not a name");
    ask(A, "ReleaseName", ":1.0");
    ask(A, "ReleaseName", DBUS_BUS);
    ask(A, "GetNameOwner", "nobody.Here");
    ask(A, "NoSuchMethod", "");
    ask(A, "RequestName", "without.Flags");
    ask(A, "AddMatch", "member=");
    ask(A, "RemoveMatch", "member='X'");
    expect("a-bus receipt error bus > :1.0 to 11 org.freedesktop.DBus.Error.InvalidArgs\n"
           "a-bus receipt error bus > :1.0 to 11 org.freedesktop.DBus.Error.InvalidArgs\n"
           "a-bus receipt error bus > :1.0 to 11 org.freedesktop.DBus.Error.InvalidArgs\n"
           "a-bus receipt error bus > :1.0 to 11 org.freedesktop.DBus.Error.NameHasNoOwner\n"
           "a-bus receipt error bus > :1.0 to 11 org.freedesktop.DBus.Error.UnknownMethod\n"
           "a-bus receipt error bus > :1.0 to 11 org.freedesktop.DBus.Error.InvalidArgs\n"
           "a-bus receipt error bus > :1.0 to 11 org.freedesktop.DBus.Error.MatchRuleInvalid\n"
           "a-bus receipt error bus > :1.0 to 11 org.freedesktop.DBus.Error.MatchRuleNotFound\n");
}
END_TEST

START_TEST(a_very_long_name_is_refused_in_whole_characters)
{
    char name[1024];

    memset(name, 'x', sizeof name);
    for (int i = 1; i + 2 < (int)sizeof name; i += 2)
        memcpy(name + i, "\xC3\xA9", 2);
    name[sizeof name - 1] = 0;
    ask(A, "ReleaseName", name);
    expect("a-bus receipt error bus > :1.0 to 11 org.freedesktop.DBus.Error.InvalidArgs\n");
}
END_TEST

/* ---- messages ------------------------------------------------------------------------------------------- */

START_TEST(a_call_finds_a_name_and_its_reply_finds_back)
{
    request(B, "a.Name", 0);
    trace.n = 0;
    call(A, 5, "a.Name", "GetItems");
    reply(B, ":1.0", 5, -42);
    expect("b-a receipt method_call :1.0 > a.Name / GetItems\n"
           "a-b receipt method_return :1.1 > :1.0 to 5 -42\n");
}
END_TEST

START_TEST(a_call_to_nobody_is_refused)
{
    call(A, 5, "a.Name", "GetItems");
    call_with(A, 6, "a.Name", "GetItems", DBUS_NO_AUTO_START);
    call(A, 7, ":1.77", "GetItems");
    expect("a-bus receipt error bus > :1.0 to 5 org.freedesktop.DBus.Error.ServiceUnknown\n"
           "a-bus receipt error bus > :1.0 to 6 org.freedesktop.DBus.Error.NameHasNoOwner\n"
           "a-bus receipt error bus > :1.0 to 7 org.freedesktop.DBus.Error.ServiceUnknown\n");
}
END_TEST

START_TEST(who_dies_with_calls_to_answer_leaves_no_reply)
{
    call(A, 5, ":1.1", "GetItems");
    call(A, 6, ":1.1", "GetItems");
    call_with(A, 7, ":1.1", "SetValue", DBUS_NO_REPLY);
    reply(B, ":1.0", 6, 1);
    call(A, 5, ":1.1", "GetItems"); /* a serial that waits already */
    trace.n = 0;
    act(B, (struct wp_effect){.kind = WP_HANG_UP, .port = world_port(world, B, "bus"), .abort = true});
    run();
    expect("b-bus close own\n"
           "a-bus receipt error bus > :1.0 to 5 org.freedesktop.DBus.Error.NoReply\n");
}
END_TEST

START_TEST(signals_go_to_those_who_ask_for_them)
{
    match(A, "type='signal',interface='com.victronenergy.BusItem'");
    match(A, "path='/Ac/Power'");
    match(C, "path='/Dc',sender='a.Name'");
    trace.n = 0;
    signal_to(B, "", "/Ac/Power");
    signal_to(B, "", "/Dc");
    request(B, "a.Name", 0);
    trace.n = 0;
    signal_to(B, "", "/Dc");
    unmatch(A, "interface='com.victronenergy.BusItem',type='signal'");
    signal_to(B, "", "/Dc");
    expect("a-b receipt signal :1.1 >  /Dc Changed x\n"
           "c-b receipt signal :1.1 >  /Dc Changed x\n"
           "a-bus receipt method_return bus > :1.0 to 10\n"
           "c-b receipt signal :1.1 >  /Dc Changed x\n");
}
END_TEST

START_TEST(others_messages_are_for_those_who_eavesdrop)
{
    match(C, "type='signal',eavesdrop='true'");
    match(A, "type='signal'");
    trace.n = 0;
    signal_to(B, ":1.1", "/x");
    expect("b-b receipt signal :1.1 > :1.1 /x Changed x\n"
           "c-b receipt signal :1.1 > :1.1 /x Changed x\n");
}
END_TEST

START_TEST(the_bus_lists_names)
{
    request(B, "a.Name", 0);
    trace.n = 0;
    begin();
    ck_assert(dbus_put_list_names(&w, 3));
    send_from(A, wp_written(&w));
    call(A, 4, DBUS_BUS, "ListActivatableNames");
    call(A, 5, DBUS_BUS, "Hello");
    expect("a-bus receipt method_return bus > :1.0 to 3 [ org.freedesktop.DBus :1.0 :1.1 :1.2 a.Name ]\n"
           "a-bus receipt method_return bus > :1.0 to 4 [ org.freedesktop.DBus ]\n"
           "a-bus receipt error bus > :1.0 to 5 org.freedesktop.DBus.Error.Failed\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("virtual_bus");
    TCase *t = tcase_create("virtual_bus");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_dial_opens_with_the_unique_name);
    tcase_add_test(t, a_message_takes_a_hop_to_the_bus_and_one_from_it);
    tcase_add_test(t, what_is_no_message_ends_the_connection);
    tcase_add_test(t, a_dead_bus_closes_everything_and_refuses_until_it_is_back);
    tcase_add_test(t, a_machine_that_restarts_loses_its_names);
    tcase_add_test(t, a_cut_line_ends_its_connections);
    tcase_add_test(t, a_free_name_is_told_to_its_owner_and_to_all_who_ask);
    tcase_add_test(t, who_waits_gets_the_name_when_its_owner_goes);
    tcase_add_test(t, an_owner_that_allows_it_is_replaced_and_waits);
    tcase_add_test(t, names_that_nobody_may_have_are_refused);
    tcase_add_test(t, a_very_long_name_is_refused_in_whole_characters);
    tcase_add_test(t, a_call_finds_a_name_and_its_reply_finds_back);
    tcase_add_test(t, a_call_to_nobody_is_refused);
    tcase_add_test(t, who_dies_with_calls_to_answer_leaves_no_reply);
    tcase_add_test(t, signals_go_to_those_who_ask_for_them);
    tcase_add_test(t, others_messages_are_for_those_who_eavesdrop);
    tcase_add_test(t, the_bus_lists_names);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
