/* What goes over the message bus of a run, as a capture: each message once, with its sender, in both worlds; tshark and
 * replay read it. covers: bus_seen */
#include "harness/capture.h"
#include "harness/pcap_synth.h"
#include "sim/codec/dbus_out.h"
#include "tests/bus_puppet.h"
#include "tests/program_rig.h"

#include <pcap/dlt.h>

static const struct wp_endpoint dials[] = {{"bus", WP_BUS, false, {0, 0}}};
static const struct wp_setup pv = {.name = "pv", .endpoints = dials, .n_endpoints = 1};
static const struct wp_setup gateway = {.name = "gateway", .endpoints = dials, .n_endpoints = 1};

static struct wp_world *world;
static struct wp_transcript transcript;
static struct pcap_synth *capture;
static char run_file[100], bus_file[100], text[1024], plugin[512];
static uint32_t serial;
static uint64_t heard; /* number of the record in which the signal reached the gateway */

static void take(struct wp_sink *sink, const struct wp_record *r)
{
    struct dbus_message m;

    (void)sink;
    if (r->kind == WP_REC_RECEIPT && dbus_decode(r->bytes, &m).status == WP_OK &&
        dbus_is(&m, DBUS_SIGNAL, "com.victronenergy.BusItem", "ItemsChanged"))
        heard = r->seq;
}

static struct wp_sink sink = {take};

/* false: this machine has no such world. */
static bool begin(bool is_live)
{
    const char *build = getenv("WATTPROOF_BUILD");
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_world_setup s = {.seed = 1, .transcript = &transcript, .plugin = plugin};

    if (is_live && access("/usr/bin/dbus-daemon", X_OK) != 0) {
        puts("skipped: dbus-daemon is not installed");
        return false;
    }
    folder_made();
    snprintf(run_file, sizeof run_file, "%s/run.pcapng", dir);
    snprintf(bus_file, sizeof bus_file, "%s/bus.pcapng", dir);
    snprintf(plugin, sizeof plugin, "%s/wattproof_access.so", build ? build : "build/dev");
    transcript = (struct wp_transcript){0};
    serial = 0;
    heard = 0;
    capture = pcap_synth_new(run_file, bus_file, "made-up", INT64_C(1705320000000000), &why);
    ck_assert_msg(capture != NULL, "%s", wp_put_end(&why));
    wp_transcript_add(&transcript, pcap_synth_sink(capture));
    wp_transcript_add(&transcript, &sink);
    world = is_live ? world_live_new(&s, &why) : world_virtual_new(&s);
    ck_assert_msg(world != NULL, "%s", wp_put_end(&why));
    pcap_synth_set_world(capture, world);
    world_add(world, &puppet_class, &pv, NULL);
    world_add(world, &puppet_class, &gateway, NULL);
    ck_assert_msg(world_start(world), "%s", world_error(world));
    return true;
}

static void end(void)
{
    world_end(world);
    world_free(world);
    ck_assert(pcap_synth_close(capture));
}

static void wait_a_little(void)
{
    wp_us until = world_now(world) + WP_MS(100);

    while (world_now(world) < until && world_run(world, until) == WP_WORLD_UNTIL)
        continue;
}

static void dial(wp_machine m)
{
    world_act(world, m, &(struct wp_effect){.kind = WP_DIAL});
    wait_a_little();
}

static void send_from(wp_machine m, struct wp_writer *w)
{
    ck_assert(!w->full);
    world_act(
        world, m,
        &(struct wp_effect){.kind = WP_SEND, .port = world_port(world, m, "bus"), .bytes = wp_written(w)});
    wait_a_little();
}

static void record_step(int64_t number, const char *what)
{
    struct wp_record r = {.kind = WP_REC_STEP, .at = world_now(world), .machine = "scenario"};

    r.note.what = what;
    r.note.count = number;
    wp_transcript_write(&transcript, &r);
}

static void record_check(uint64_t by)
{
    struct wp_record r = {.kind = WP_REC_CHECK, .at = world_now(world), .machine = "judge"};

    r.check.by = by;
    r.check.title = wp_text("expect line 7 pass VEN-001");
    wp_transcript_write(&transcript, &r);
}

/* The service takes its name, the gateway listens, a signal goes out, a call of the gateway's is answered. */
static void play_story(void)
{
    uint8_t bytes[512];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);
    struct dbus_message call;
    struct dbus_out out;

    record_step(1, "start");
    dial(0);
    dial(1);
    dbus_put_request_name(&w, ++serial, wp_text("com.victronenergy.pvinverter.pv_20"), 0);
    send_from(0, &w);
    w.n = 0;
    dbus_put_add_match(&w, ++serial, wp_text("type='signal',interface='com.victronenergy.BusItem'"));
    send_from(1, &w);
    record_step(2, "value");
    w.n = 0;
    dbus_begin(&out, &w,
               &(struct dbus_head){.type = DBUS_SIGNAL,
                                   .serial = ++serial,
                                   .path = wp_text("/"),
                                   .interface = wp_text("com.victronenergy.BusItem"),
                                   .member = wp_text("ItemsChanged")},
               "s");
    dbus_put_text(&out, wp_text("nothing"));
    ck_assert(dbus_end(&out));
    send_from(0, &w);
    record_check(heard);
    w.n = 0;
    dbus_begin(&out, &w,
               &(struct dbus_head){.type = DBUS_CALL,
                                   .serial = ++serial,
                                   .path = wp_text("/"),
                                   .member = wp_text("GetItems"),
                                   .destination = wp_text("com.victronenergy.pvinverter.pv_20")},
               "");
    ck_assert(dbus_end(&out));
    send_from(1, &w);
    ck_assert_int_eq(dbus_decode(wp_written(&w), &call).status, WP_OK);
    call.sender = wp_text(":1.1");
    {
        uint8_t reply[256];
        struct wp_writer r = wp_writer(reply, sizeof reply);

        ck_assert(dbus_put_error(&r, ++serial, &call, "a.b.NotYet", wp_text("later")));
        send_from(0, &r);
    }
}

/* The bus numbers its clients from :1.0 and is asked by them in both worlds. */
static const char story[] =
    "signal bus > :1.0 /org/freedesktop/DBus NameAcquired :1.0\n"
    "signal bus > :1.1 /org/freedesktop/DBus NameAcquired :1.1\n"
    "method_call :1.0 > bus /org/freedesktop/DBus RequestName com.victronenergy.pvinverter.pv_20 0\n"
    "signal bus > :1.0 /org/freedesktop/DBus NameAcquired com.victronenergy.pvinverter.pv_20\n"
    "method_return bus > :1.0 to 1 1\n"
    "method_call :1.1 > bus /org/freedesktop/DBus AddMatch "
    "type='signal',interface='com.victronenergy.BusItem'\n"
    "method_return bus > :1.1 to 2\n"
    "signal :1.0 >  / ItemsChanged nothing\n"
    "method_call :1.1 > com.victronenergy.pvinverter.pv_20 / GetItems\n"
    "error :1.0 > :1.1 to 4 a.b.NotYet later\n";

static const char *told(void)
{
    static char all[8192];
    struct wp_writer w = wp_writer(all, sizeof all), why = wp_writer(text, sizeof text);
    struct capture *c = capture_open(bus_file, &why);
    struct capture_packet p;

    ck_assert_msg(c != NULL, "%s", wp_put_end(&why));
    ck_assert_int_eq(capture_link(c), DLT_DBUS);
    while (capture_next(c, &p) == CAPTURE_PACKET) {
        bus_put_message(&w, p.bytes);
        wp_put_char(&w, '\n');
    }
    capture_free(c);
    return wp_put_end(&w);
}

static const char *shell(const char *format)
{
    char command[600];
    FILE *p;

    snprintf(command, sizeof command, format, bus_file);
    p = popen(command, "r");
    ck_assert_ptr_nonnull(p);
    output[fread(output, 1, sizeof output - 1, p)] = 0;
    ck_assert_msg(pclose(p) == 0, "%s\n%s", command, output);
    return output;
}

START_TEST(each_message_stands_there_once)
{
    if (!begin(_i == 1))
        return;
    play_story();
    ck_assert_uint_gt(heard, 0);
    end();
    ck_assert_str_eq(told(), story);
    folder_removed();
}
END_TEST

START_TEST(tshark_and_replay_read_it)
{
    if (!begin(_i == 1))
        return;
    play_story();
    end();
    ck_assert_int_eq(wattproof("replay @/bus.pcapng"), 0);
    ck_assert_msg(strstr(output, "frames dbus 10\n") != NULL, "%s", output);
    ck_assert_int_eq(wattproof("capture info @/bus.pcapng"), 0);
    if (system("command -v tshark >/dev/null") != 0) {
        puts("skipped: tshark is not installed");
    } else {
        ck_assert_str_eq(
            shell("tshark -n -r %s -Y 'frame.comment' -T fields -e dbus.member -e frame.comment"),
            "NameAcquired\tmade-up: step 1 start\n"
            "ItemsChanged\tmade-up: step 2 value\\nmade-up: expect line 7 pass VEN-001\n");
        ck_assert_str_eq(shell("tshark -n -r %s -Y '_ws.malformed || !dbus' 2>/dev/null"), "");
    }
    folder_removed();
}
END_TEST

/* After the bus has died, its names and serials are given again: those are other messages. */
START_TEST(a_new_bus_begins_anew)
{
    const char *first, *second;

    if (!begin(_i == 1))
        return;
    dial(0);
    world_restart_bus(world, WP_MS(30));
    wait_a_little();
    wait_a_little();
    dial(0);
    end();
    first = strstr(told(), "NameAcquired :1.0");
    ck_assert_ptr_nonnull(first);
    second = strstr(first + 1, "NameAcquired :1.0");
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_null(strstr(second + 1, "NameAcquired"));
    folder_removed();
}
END_TEST

START_TEST(without_a_bus_there_is_no_file)
{
    if (!begin(false))
        return;
    write_file("bus.pcapng", "of an earlier run");
    end();
    ck_assert_int_eq(access(bus_file, F_OK), 0);
    capture = pcap_synth_new(run_file, bus_file, "again", 0, &(struct wp_writer){0});
    ck_assert(pcap_synth_close(capture));
    ck_assert_int_ne(access(bus_file, F_OK), 0);
    ck_assert_int_eq(access(run_file, F_OK), 0);
    folder_removed();
}
END_TEST

START_TEST(a_file_that_cannot_be_made_is_told)
{
    struct wp_writer why = wp_writer(text, sizeof text);

    if (!begin(false))
        return;
    ck_assert(pcap_synth_close(capture));
    snprintf(bus_file, sizeof bus_file, "%s/no/folder", dir);
    capture = pcap_synth_new(run_file, bus_file, "made-up", 0, &why);
    transcript.n_sinks = 0;
    wp_transcript_add(&transcript, pcap_synth_sink(capture));
    dial(0);
    world_end(world);
    world_free(world);
    ck_assert(!pcap_synth_close(capture));
    folder_removed();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pcap_bus");
    TCase *t = tcase_create("pcap_bus");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 120); /* tshark takes its time to start */
    tcase_add_loop_test(t, each_message_stands_there_once, 0, 2);
    tcase_add_loop_test(t, tshark_and_replay_read_it, 0, 2);
    tcase_add_loop_test(t, a_new_bus_begins_anew, 0, 2);
    tcase_add_test(t, without_a_bus_there_is_no_file);
    tcase_add_test(t, a_file_that_cannot_be_made_is_told);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
