/* Any topics and payloads from clients, any readings and presences from souths, a broker that comes and goes: the venus
 * north stands; what it publishes has one of its topics, QoS 0 and one of its forms; retained requests do nothing; no
 * second has more than three full publishes, and nobody is told a change when nobody is alive.
 *
 *     input: operations; a byte says which, then what it needs
 *     0 a request for one of our topics (which, length, payload)      1 any topic (length, topic, payload)
 *     2 a reading of any path and value     3 a service leaves with a path     4 a service comes or goes
 *     5 the broker goes     6 time passes     7 a write to one of the services (length, payload)
 *
 * The first byte says which options are given. */
#define RIG_WITHOUT_CHECK
#include "tests/venus_rig.h"

#include "sim/codec/venus_topic.h"

enum { SERVICES = 8, FULL_MAX = 3 };

static struct rig r;
static wp_us full_at[FULL_MAX],
    last_keep_alive; /* of the latest full publishes; of anything that may wake it */
static unsigned n_full;

static const char *const services[SERVICES] = {"system/0",  "settings/0", "pvinverter/20", "pvinverter/21",
                                               "vebus/257", "edge/-3",    "edge/a b",      "bad"};
static const char *const leaves[] = {"keepalive",
                                     "system/0/Serial",
                                     "settings/0/Settings/Services/AccessPointPassword",
                                     "pvinverter/20/",
                                     "pvinverter/20/Ac/Power",
                                     "vebus/257/Interfaces/Mk2/Tunnel",
                                     "edge/-3/A/",
                                     "heartbeat"};
static const char *const paths[] = {"/Serial",   "/Settings/Services/AccessPointPassword",
                                    "/Ac/Power", "/Interfaces/Mk2/Tunnel",
                                    "/",         "/a/B/c",
                                    "no path",   ""};

static void mirror(struct rig *rig, struct wp_slice device)
{
    const struct wp_point point = {.id = wp_text("/Mirrored"), .unit = "", .value = wp_int(1)};

    rig_reading(rig, device, WP_ASKED, NULL, &point, 1);
}

/* Of one published line, behind "publish ". */
static void check_line(const char *line, size_t n)
{
    struct venus_topic topic;
    const char *end;
    bool is_retained = n > 7 && memcmp(line, "retain ", 7) == 0;

    assert(n > 3 && memcmp(line, "q1 ", 3) != 0);
    line += is_retained ? 7 : 0;
    n -= is_retained ? 7 : 0;
    end = memchr(line, '{', n);                           /* an instance may have a blank, a topic no brace */
    end = end && end[-1] == ' ' ? end - 1 : line + n - 1; /* zero bytes behind the blank */
    if (n > 2 && line[n - 1] == '1' && line[n - 2] == ' ') /* of keepalive */
        end = line + n - 2;
    assert(venus_topic_read(wp_slice(line, (size_t)(end - line)), &topic) && topic.letter == VENUS_NOTIFY);
    assert(!is_retained || wp_slice_is(topic.path, "/Serial"));
    assert(!wp_slice_is(topic.path, "/Interfaces/Mk2/Tunnel") || !wp_slice_is(topic.type, "vebus"));
    if (end[1] == '{')
        assert(line[n - 1] == '}');
    if (wp_slice_is(topic.type, "settings") && wp_slice_is(topic.path, paths[1]))
        assert(!memchr(end, 'h', (size_t)(line + n - end)));
    if (topic.about == VENUS_COMPLETED) {
        assert(n_full < FULL_MAX || r.now - full_at[n_full % FULL_MAX] >= WP_SEC(1));
        full_at[n_full++ % FULL_MAX] = r.now;
    }
}

static void check_trace(void)
{
    const char *at = (const char *)r.w.p, *const behind = at + r.w.n, *end;

    assert(!r.w.full);
    for (; at < behind; at = end + 1) {
        end = memchr(at, '\n', (size_t)(behind - at));
        if (end - at > 8 && memcmp(at, "publish ", 8) == 0)
            check_line(at + 8, (size_t)(end - at - 8));
    }
    rig_clear(&r);
}

static struct wp_slice take(struct wp_reader *in)
{
    size_t n = wp_get_u8(in);

    return wp_get_slice(in, n < wp_left(in) ? n : wp_left(in));
}

static void send(char letter, const char *leaf, struct wp_slice payload, bool retain)
{
    char topic[128];

    snprintf(topic, sizeof topic, "%c/" RIG_PORTAL "/%s", letter, leaf);
    rig_message_with(&r, wp_text(topic), payload, retain);
    if (retain)
        assert(r.n_commands + r.n_publishes == 0);
    else if (letter == 'R')
        last_keep_alive = r.now;
}

static struct wp_value any_value(uint8_t kind, struct wp_slice bytes)
{
    double real;

    switch (kind % 6) {
    case 0: return wp_int((int64_t)bytes.n - 100);
    case 1: real = bytes.n > 0 ? bytes.p[0] * 0.1 : 0; return wp_real(real / (real - 1));
    case 2: return wp_text_value(wp_text(bytes.n & 16 ? "text\n\x01" : "hunter2"));
    case 3: return wp_bool(bytes.n & 1);
    case 4: return wp_uint(UINT64_MAX);
    default: return wp_null();
    }
}

/* A change is told to nobody when nobody is alive; only the serial may be. */
static void send_reading(uint8_t which, struct wp_slice bytes)
{
    const char *service = services[which % SERVICES], *path = paths[which / SERVICES % 8];
    struct wp_value value = any_value((uint8_t)bytes.n, bytes), limit = wp_int(which);
    const enum wp_reason reason = (enum wp_reason)(bytes.n % 3);
    struct wp_point point = {
        .id = wp_text(path), .unit = "", .value = value, .quality = which & 1 ? WP_GOOD : WP_NO_VALUE};

    if (bytes.n & 4)
        point.id = bytes; /* whatever the bus has */
    if (bytes.n & 8)
        point.min = point.max = &limit;
    rig_reading(&r, wp_text(service), reason, NULL, &point, 1);
    if (reason != WP_ASKED && r.now - last_keep_alive >= WP_SEC(60) && !wp_slice_is(point.id, "/Serial"))
        assert(r.n_publishes == 0);
    assert(r.n_publishes <= 1);
}

static void operate(struct wp_reader *in)
{
    uint8_t what = wp_get_u8(in), which = wp_get_u8(in);
    struct wp_slice bytes = take(in);

    switch (what % 8) {
    case 0: send(which & 0x40 ? 'W' : 'R', leaves[which % 8], bytes, (which & 0x80) != 0); break;
    case 1:
        last_keep_alive = r.now; /* it may be one */
        rig_message_with(&r, bytes, take(in), (which & 1) != 0);
        break;
    case 2: send_reading(which, bytes); break;
    case 3: rig_gone(&r, services[which % SERVICES], paths[which / SERVICES % 8]); break;
    case 4: rig_presence(&r, services[which % SERVICES], which < 160); break;
    case 5:
        if (r.broker)
            rig_lose_broker(&r);
        break;
    case 6: rig_run(&r, r.now + WP_MS(137) * which); break;
    default: send('W', leaves[which % 8], bytes, false); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wp_reader in = wp_reader(wp_slice(data, size < 4096 ? size : 4096));
    uint8_t options = wp_get_u8(&in);

    n_full = 0;
    last_keep_alive = -WP_SEC(60);
    rig_init(&r, "venus.retain_serial", options & 1 ? "true" : "false", "meters.max_connections",
             options & 2 ? "2" : "50", "venus.payload_max", "8192", NULL);
    r.own.mirror = mirror;
    r.own.is_whole = true;
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    rig_clear(&r);
    while (wp_left(&in) > 0) {
        operate(&in);
        check_trace();
    }
    rig_end(&r);
    return 0;
}
