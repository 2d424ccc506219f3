/* Datagrams from end to end, in either world: a meter pushes frames to a hub that answers, its line loses one and
 * doubles one. The frames that are seen, the packets of the capture as tshark reads them, and what replay finds in it
 * are the same. */
#include "harness/pcap_synth.h"
#include "harness/record_file.h"
#include "harness/stream.h"
#include "tests/world_trace.h"

#include <stdlib.h>
#include <unistd.h>

#define METER 0x7F000201u /* 127.0.2.1 */
#define HUB   0x7F000101u /* 127.0.1.1 */

/* DL/T 645-2007: what is your address, and the answer. */
static const uint8_t ask[] = {0x68, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0x68, 0x13, 0x00, 0xDF, 0x16};
static const uint8_t tell[] = {0x68, 0x34, 0x12, 0,    0,    0,    0,    0x68, 0x93,
                               0x06, 0x67, 0x45, 0x33, 0x33, 0x33, 0x33, 0x27, 0x16};

enum { PUSHES = 4 };
#define EVERY WP_MS(20)

/* ---- the machines ----------------------------------------------------------------------------------- */

struct pusher {
    wp_port port;
    int left;
    wp_us next;
};

static size_t pusher_size(const struct wp_setup *setup)
{
    (void)setup;
    return sizeof(struct pusher);
}

static void pusher_init(const struct wp_setup *setup, void *memory)
{
    (void)setup;
    *(struct pusher *)memory = (struct pusher){.left = PUSHES, .next = WP_NEVER};
}

static void meter_step(void *memory, const struct wp_event *e, struct wp_outbox *out)
{
    struct pusher *p = memory;

    if (e->kind == WP_EV_START)
        wp_dial(out, 0);
    if (e->kind == WP_EV_OPEN) {
        p->port = e->port;
        p->next = e->now + EVERY;
    }
    if (e->kind == WP_EV_TIMER) {
        wp_send(out, p->port, wp_slice(tell, sizeof tell));
        p->next = --p->left > 0 ? p->next + EVERY : WP_NEVER;
    }
}

static void hub_step(void *memory, const struct wp_event *e, struct wp_outbox *out)
{
    (void)memory;
    if (e->kind == WP_EV_BYTES)
        wp_send(out, e->port, wp_slice(ask, sizeof ask));
}

static wp_us pusher_deadline(const void *memory)
{
    const struct pusher *p = memory;

    return p->next;
}

static const struct wp_class meter_class = {.name = "meter",
                                            .size = pusher_size,
                                            .init = pusher_init,
                                            .step = meter_step,
                                            .deadline = pusher_deadline};
static const struct wp_class hub_class = {
    .name = "hub", .size = pusher_size, .init = pusher_init, .step = hub_step, .deadline = pusher_deadline};

static const struct wp_endpoint listens[] = {{"pushes", WP_UDP, true, {HUB, 4059}}};
static const struct wp_endpoint dials[] = {{"hub", WP_UDP, false, {HUB, 4059}}};
static const struct wp_setup hub = {.name = "hub", .ip = HUB, .endpoints = listens, .n_endpoints = 1};
static const struct wp_setup meter = {.name = "m1", .ip = METER, .endpoints = dials, .n_endpoints = 1};

/* ---- a run ------------------------------------------------------------------------------------------ */

static char path[64];

static struct counts {
    struct wp_sink sink;
    unsigned from_meter, from_hub, udp_opens;
} counts;

static void take(struct wp_sink *sink, const struct wp_record *r)
{
    char text[1024];
    struct wp_writer w = wp_writer(text, sizeof text);

    (void)sink;
    if (r->kind == WP_REC_FRAME && r->frame.frame)
        *(strcmp(r->machine, "m1") == 0 ? &counts.from_meter : &counts.from_hub) += 1;
    if (r->kind == WP_REC_OPEN) {
        record_put_json(&w, r);
        counts.udp_opens += strstr(wp_put_end(&w), "\"transport\":\"udp\"") != NULL;
    }
}

/* NULL: there is no broker for a live one. */
static struct wp_world *new_world(bool is_live, struct wp_transcript *t)
{
    static char plugin[512], text[512];
    const char *build = getenv("WATTPROOF_BUILD");
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_world_setup setup = {.seed = 1, .transcript = t, .plugin = plugin};
    struct wp_world *w;

    setup.epoch_us = INT64_C(1705320000000000);
    snprintf(plugin, sizeof plugin, "%s/wattproof_access.so", build ? build : "build/dev");
    if (!is_live)
        return world_virtual_new(&setup);
    if (access("/usr/sbin/mosquitto", X_OK) != 0) {
        puts("skipped: mosquitto is not installed");
        return NULL;
    }
    w = world_live_new(&setup, &why);
    ck_assert_msg(w != NULL, "%s", wp_put_end(&why));
    return w;
}

static void strike(struct wp_world *w, wp_machine m, enum wp_link_fault_kind kind, uint32_t skip)
{
    const struct wp_link_fault f = {.kind = kind, .direction = WP_LINK_FROM, .times = 1, .skip = skip};

    world_fault(w, m, &f);
}

/* Of four pushes the second one is lost, the third one comes twice. false: skipped. */
static bool push_and_answer(bool is_live)
{
    char text[512];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct wp_transcript t = {0};
    struct wp_world *w = new_world(is_live, &t);
    struct stream_sink *frames;
    struct pcap_synth *pcap;
    wp_machine m;

    if (!w)
        return false;
    counts = (struct counts){.sink = {take}};
    pcap = pcap_synth_new(path, "/tmp/wattproof-no-bus.pcapng", "udp", INT64_C(1705320000000000), &why);
    ck_assert_msg(pcap != NULL, "%s", wp_put_end(&why));
    pcap_synth_set_world(pcap, w);
    frames = stream_sink_new(&t);
    wp_transcript_add(&t, &counts.sink);
    wp_transcript_add(&t, pcap_synth_sink(pcap));
    wp_transcript_add(&t, stream_sink(frames));
    world_add(w, &hub_class, &hub, NULL);
    m = world_add(w, &meter_class, &meter, NULL);
    ck_assert_msg(world_start(w), "%s", world_error(w));
    strike(w, m, WP_LINK_DROP, 1);
    strike(w, m, WP_LINK_DUPLICATE, 2);
    while (counts.from_hub < PUSHES && world_now(w) < WP_SEC(20))
        ck_assert(world_run(w, world_now(w) + WP_MS(5)) != WP_WORLD_ERROR);
    world_end(w);
    world_free(w);
    stream_sink_free(frames);
    ck_assert(pcap_synth_close(pcap));
    return true;
}

static const char *shell(const char *format, const char *program)
{
    static char out[16384];
    char command[1024];
    size_t n;
    FILE *p;

    snprintf(command, sizeof command, format, program, path);
    p = popen(command, "r");
    ck_assert_ptr_nonnull(p);
    n = fread(out, 1, sizeof out - 1, p);
    out[n] = 0;
    pclose(p);
    return out;
}

static const char *wattproof(void)
{
    static char program[600];
    const char *build = getenv("WATTPROOF_BUILD");

    snprintf(program, sizeof program, "%s/wattproof", build ? build : "build/dev");
    return program;
}

static void setup(void)
{
    int fd;

    strcpy(path, "/tmp/wattproof-udp-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    unlink(path);
}

static unsigned count(const char *text, const char *line)
{
    unsigned n = 0;

    for (; (text = strstr(text, line)); text += strlen(line))
        n++;
    return n;
}

/* Virtual, then live. */
START_TEST(datagrams_from_end_to_end)
{
    static const char command[] =
        "%s -n -r %s -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE -T fields -e ip.src -e udp.length "
        "-e udp.checksum.status -e ip.checksum.status -e _ws.malformed 2>/dev/null";
    const char *packets;

    if (!push_and_answer(_i == 1))
        return;
    ck_assert_uint_eq(counts.udp_opens, 2);
    ck_assert_uint_eq(counts.from_meter, PUSHES);
    ck_assert_uint_eq(counts.from_hub, PUSHES);
    ck_assert_ptr_nonnull(strstr(shell("%s replay %s", wattproof()), "\nframes dlt645 8\n"));
    if (system("command -v tshark >/dev/null") != 0) {
        puts("skipped: tshark is not installed");
        return;
    }
    packets = shell(command, "tshark");
    ck_assert_uint_eq(count(packets, "127.0.2.1\t26\t1\t1\t\n"), PUSHES);
    ck_assert_uint_eq(count(packets, "127.0.1.1\t20\t1\t1\t\n"), PUSHES);
    ck_assert_uint_eq(count(packets, "\n"), 2 * PUSHES);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("udp_capture");
    TCase *t = tcase_create("udp_capture");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, datagrams_from_end_to_end, 0, 2);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
